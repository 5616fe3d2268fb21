"""Trains the zoo's networks at reduced width on shapes10 and draws accuracy and time; plain against residual networks.

python -m cnnkit.zoo.compare --out results

Ctrl-C keeps what is done; the same command with --resume does the rest. How each network is trained, and how its
learning rate was chosen, is in `cnnkit.zoo._recipes`. `book/_assets/comparison.json` is a results.json of this program.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import multiprocessing
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from cnnkit._results import this_machine, write_whole
from cnnkit.data import CLASSES, shapes10
from cnnkit.zoo._recipes import DEPTHS, FAMILIES, Entrant, built, optimizer_of
from cnnkit.zoo._trace import layer_rows

BLUE, ORANGE = "#0072B2", "#D55E00"
STYLE: dict[Any, Any] = {
    "font.size": 10, "axes.labelsize": 10, "xtick.labelsize": 10, "ytick.labelsize": 10, "legend.fontsize": 10,
    "axes.spines.top": False, "axes.spines.right": False, "svg.hashsalt": "cnnkit", "savefig.facecolor": "white",
}  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """How much the networks are trained: all alike.

    Attributes:
        steps: Batches.
        batch: Images of a batch, each seen once.
        tests: Images of the test.
        seconds: Processor time after which a network's training stops; the learning rate falls to 0 until then.
        level: Level of shapes10.
        seed: Of the images and the weights.
        seeds: How many seeds, from `seed` on, the plain and residual networks are trained with.
        rate: Highest learning rate of every network; 0 for that of its recipe.
    """

    steps: int = 400
    batch: int = 32
    tests: int = 1000
    seconds: float = 60.0
    level: str = "easy"
    seed: int = 0
    seeds: int = 2
    rate: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """What came of one network.

    Attributes:
        family: What the plot calls it.
        name: Its name in the zoo.
        options: Those it was built with.
        rate: Highest learning rate.
        seed: Of its images and weights.
        parameters: Trained parameters.
        macs: Multiply-adds for one image.
        steps: Batches that it was trained on.
        stopped: Whether it ran out of time before the last of them.
        seconds: Processor time of its training.
        losses: Mean training loss of each tenth part of its steps.
        errors: Share of training images that it got wrong, when it first saw them, in each tenth part.
        accuracy: Share of test images that it got right.
    """

    family: str
    name: str
    options: dict[str, Any]
    rate: float
    seed: int
    parameters: int
    macs: int
    steps: int
    stopped: bool
    seconds: float
    losses: list[float]
    errors: list[float]
    accuracy: float


@functools.lru_cache(1)
def drawn(count: int, seed: int, level: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """The images of a run, once in each process: those of the test come first."""
    return shapes10(count, seed, level)


def images_for(entrant: Entrant, part: slice, settings: Settings) -> tuple[Tensor, Tensor]:
    """Images as a network wants them, each channel of each image with mean 0 and variance 1, and their labels."""
    count = settings.tests + settings.steps * settings.batch
    pixels, labels = drawn(count, settings.seed, settings.level)
    x = torch.from_numpy(pixels[part]).float()
    x = (x - x.mean((2, 3), keepdim=True)) / x.std((2, 3), keepdim=True)
    if entrant.channels == 1:
        x = x.mean(1, keepdim=True)
    if entrant.side != x.shape[-1]:
        x = functional.interpolate(x, size=entrant.side, mode="bilinear", antialias=True)
    return x.contiguous(memory_format=torch.channels_last), torch.from_numpy(labels[part])


def train(entrant: Entrant, settings: Settings) -> Outcome:
    """Build, train and test one network on one thread; the same settings give the same accuracy."""
    torch.set_num_threads(1)
    torch.manual_seed(settings.seed)
    network, rate = built(entrant), settings.rate or entrant.recipe.rate
    optimizer = optimizer_of(entrant, network)
    parameters = list(network.parameters())
    losses: list[float] = []
    errors: list[float] = []
    seconds = 0.0
    while len(losses) < settings.steps and seconds < settings.seconds:
        share = max((len(losses) + 0.5) / settings.steps, seconds / settings.seconds)
        for group in optimizer.param_groups:
            group["lr"] = rate * one_cycle(share)
        first = settings.tests + len(losses) * settings.batch
        x, y = images_for(entrant, slice(first, first + settings.batch), settings)
        began = time.process_time()
        scores = network(x)
        loss = functional.cross_entropy(scores, y)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        if not entrant.recipe.momentum:
            nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        losses.append(loss.item())
        errors.append(float((scores.argmax(1) != y).float().mean()))
        seconds += time.process_time() - began
    return Outcome(
        entrant.family, entrant.name, entrant.options, rate, settings.seed, sum(p.numel() for p in parameters),
        macs(entrant), len(losses), len(losses) < settings.steps, round(seconds, 2), tenths(losses), tenths(errors),
        round(accuracy(network, entrant, settings), 4),
    )  # fmt: skip


def one_cycle(share: float) -> float:
    """The learning rate after a share of the steps: up in the first fifth, then down to 0, in straight lines."""
    return min(share / 0.2, (1 - share) / 0.8)


def tenths(values: Sequence[float]) -> list[float]:
    """Means of ten parts one after another, or the values themselves if there are fewer than ten."""
    return [round(float(part.mean()), 4) for part in np.array_split(values, min(10, len(values)))]


def macs(entrant: Entrant) -> int:
    """Multiply-adds for one image."""
    with torch.device("meta"):
        network = built(entrant).to("meta")
    return sum(row.macs for row in layer_rows(network, (entrant.channels, entrant.side, entrant.side)))


@torch.no_grad()
def accuracy(network: nn.Module, entrant: Entrant, settings: Settings) -> float:
    """Share of the test images that a network gets right."""
    network.eval()
    right = 0
    for start in range(0, settings.tests, 100):
        x, y = images_for(entrant, slice(start, min(start + 100, settings.tests)), settings)
        right += int((network(x).argmax(1) == y).sum())
    return right / settings.tests


Job = tuple[Entrant, Settings]


def jobs_of(settings: Settings, only: set[str]) -> list[Job]:
    """The networks to be trained, all of them or those of some names, with the settings of each."""
    once = [(entrant, settings) for entrant in FAMILIES]
    seeds = range(settings.seed, settings.seed + settings.seeds)
    again = [(entrant, replace(settings, seed=seed)) for seed in seeds for entrant in DEPTHS]
    return [job for job in (*again, *once) if not only or job[0].name in only]


@contextlib.contextmanager
def ctrl_c_held_back() -> Iterator[None]:
    """Let processes be started that never see Ctrl-C, which a terminal sends to all; this one answers it afterwards."""
    came: list[int] = []
    answer = signal.signal(signal.SIGINT, lambda number, _: came.append(number))  # another thread may get it
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # what is started inherits this
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        signal.signal(signal.SIGINT, answer)
    if came and callable(answer):  # not where Ctrl-C is ignored, as in a shell's background
        answer(came[0], None)


def run(jobs: Sequence[Job], processes: int) -> Iterator[Outcome]:
    """The outcomes, as they come: in this process if there is one only."""
    if processes == 1:
        yield from (train(*job) for job in jobs)
        return
    pool = ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"))
    try:
        with ctrl_c_held_back():
            futures = [pool.submit(train, *job) for job in jobs]
        for future in as_completed(futures):
            yield future.result()
    except BaseException:
        for process in pool._processes.values():
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


# -- what is written and read ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Results:
    """A comparison: its settings, the machine, the outcomes of the families and of the two depths."""

    settings: Settings
    machine: dict[str, Any]
    families: list[Outcome]
    depths: list[Outcome]


def read(path: Path) -> Results:
    """A comparison from the file that `write` wrote."""
    found = json.loads(path.read_text(encoding="utf-8"))
    families, depths = ([Outcome(**outcome) for outcome in found[part]] for part in ("families", "depths"))
    return Results(Settings(**found["settings"]), found["machine"], families, depths)


def write(path: Path, results: Results) -> None:
    """Put a comparison into a file, which is there whole or not at all; the same results give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(asdict(results), indent=1, ensure_ascii=False) + "\n")


def collected(settings: Settings, outcomes: Sequence[Outcome]) -> Results:
    """The outcomes in the order of the lists."""
    order = {entrant.family: i for i, entrant in enumerate((*FAMILIES, *DEPTHS))}
    ordered = sorted(outcomes, key=lambda outcome: (order[outcome.family], outcome.seed))
    deep = {entrant.family for entrant in DEPTHS}
    return Results(
        settings, this_machine(), [o for o in ordered if o.family not in deep], [o for o in ordered if o.family in deep]
    )


def draw_families(outcomes: Sequence[Outcome]) -> Figure:
    """Accuracy and training time of each family, a row each, in the order in which they are given."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(6, 1 + 0.24 * len(outcomes)), layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True)
        rows = range(len(outcomes))
        left.barh(rows, [100 * outcome.accuracy for outcome in outcomes], color=BLUE)
        left.axvline(100 / len(CLASSES), color="black", linestyle=":")
        left.text(100 / len(CLASSES), -0.7, "chance", ha="center", va="bottom")
        left.set(xlabel="test accuracy (%)", xlim=(0, 100), yticks=rows)
        left.set_yticklabels([outcome.family for outcome in outcomes])
        left.set_ylim(len(outcomes) - 0.4, -0.6)
        right.barh(rows, [outcome.seconds for outcome in outcomes], color=ORANGE, hatch="//", edgecolor="white")
        right.set(xlabel="training (processor s)")
        right.tick_params(left=False)
    return figure


def draw_depths(outcomes: Sequence[Outcome]) -> Figure:
    """Training error of plain and residual networks of two depths, a line for each seed."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(6, 3.2), layout="constrained")
        axes = figure.subplots()
        deepest = max(outcome.options["depth"] for outcome in outcomes)
        named: set[str] = set()
        for outcome in outcomes:
            parts, plain = len(outcome.errors), outcome.options["option"] == "none"
            axes.plot(
                [outcome.steps * (i + 0.5) / parts for i in range(parts)],
                [100 * error for error in outcome.errors],
                color=ORANGE if plain else BLUE,
                marker="" if plain else "o",
                markersize=4,
                linestyle="-" if outcome.options["depth"] == deepest else "--",
                linewidth=1.5,
                label=None if outcome.family in named else f"{outcome.family} layers",
            )
            named.add(outcome.family)
        axes.set(xlabel="step", ylabel="training error (%)", ylim=(0, 100), xlim=(0, None))
        axes.legend(frameon=False, loc="lower left")
    return figure


def draw(results: Results, folder: Path) -> None:
    """Write the plots; the same results give the same bytes."""
    plots = (("families", results.families, draw_families), ("depths", results.depths, draw_depths))
    for name, outcomes, plot in plots:
        if outcomes:
            with mpl.rc_context(STYLE):
                plot(outcomes).savefig(folder / f"{name}.svg", metadata={"Date": None, "Creator": None})


# -- the command ----------------------------------------------------------------------------------------------------


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line's options."""
    defaults = Settings()
    parser = argparse.ArgumentParser(
        prog="python -m cnnkit.zoo.compare",
        description=(__doc__ or "").splitlines()[0],
        epilog="Ctrl-C keeps what is done.",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for results.json, families.svg, depths.svg")
    parser.add_argument("--only", default="", help="names of the zoo, with commas between: train these only")
    parser.add_argument("--jobs", type=int, default=2, help="processes, one thread each (%(default)s)")
    parser.add_argument(
        "--resume", action="store_true", help="keep the outcomes in results.json that have these settings"
    )
    for name, text in (
        ("steps", "batches for each network"),
        ("batch", "images of a batch"),
        ("tests", "test images"),
        ("seconds", "processor time after which a network's training stops"),
        ("seed", "of images and weights"),
        ("seeds", "how many seeds for the plain and residual networks of two depths"),
        ("rate", "highest learning rate of all networks; 0: that of each one's recipe"),
    ):
        value = getattr(defaults, name)
        parser.add_argument(f"--{name}", type=type(value), default=value, help=f"{text} (%(default)s)")
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None, say: Callable[[str], object] = sys.stderr.write) -> int:
    """Train, report each network on a line, and write the results: after each one, and the plots at the end."""
    options = arguments(words)
    settings = Settings(**{name: value for name, value in vars(options).items() if hasattr(Settings, name)})
    only = set(filter(None, options.only.split(",")))
    jobs = jobs_of(settings, only)
    if unknown := only - {entrant.name for entrant, _ in jobs}:
        say(f"not in the comparison: {', '.join(sorted(unknown))}; there are: {', '.join(e.name for e in FAMILIES)}\n")
        return 2
    path = options.out / "results.json"
    outcomes: list[Outcome] = []
    if options.resume and path.exists():
        before = read(path)
        if before.settings != settings:
            say(f"{path} has other settings, and is not resumed: {before.settings}\n")
            return 2
        outcomes = [*before.families, *before.depths]
        done = {(outcome.family, outcome.seed) for outcome in outcomes}
        jobs = [job for job in jobs if (job[0].family, job[1].seed) not in done]
    bound = len(jobs) * settings.seconds / options.jobs / 60
    say(f"{len(jobs)} networks, {bound:.0f} minutes at most\n")
    began = time.monotonic()
    try:
        for number, outcome in enumerate(run(jobs, options.jobs), 1):
            outcomes.append(outcome)
            write(path, collected(settings, outcomes))
            rest = (time.monotonic() - began) / number * (len(jobs) - number)
            score = f"{outcome.accuracy:.1%} right after {outcome.seconds:.0f} s"
            say(f"{number}/{len(jobs)}  {outcome.family}: {score}; about {rest:.0f} s left\n")
    except KeyboardInterrupt:
        say(f"stopped; {len(outcomes)} networks are in {path}, and --resume goes on from there\n")
        return 130
    finally:
        if outcomes:
            draw(collected(settings, outcomes), options.out)
    say(f"{path}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
