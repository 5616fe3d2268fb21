"""Trains the zoo's networks at reduced width on shapes10 and draws accuracy and time; plain against residual networks.

python -m cnnkit.zoo.compare --out results
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import matplotlib as mpl
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.nn import functional

from cnnkit.data import CLASSES, shapes10
from cnnkit.zoo import _registry
from cnnkit.zoo._trace import layer_rows

BLUE, ORANGE = "#0072B2", "#D55E00"
STYLE: dict[Any, Any] = {"font.size": 10, "svg.hashsalt": "cnnkit", "svg.fonttype": "none", "axes.spines.top": False}


@dataclass(frozen=True)
class Entrant:
    """A network of the comparison.

    Attributes:
        family: What the plot calls it.
        name: Its name in the zoo.
        options: Those of `build`: a reduced width, mostly.
        side: Images are resized to this many pixels, for networks that shrink them at once.
        channels: 1 for grey images.
    """

    family: str
    name: str
    options: dict[str, Any] = field(default_factory=dict)
    side: int = 32
    channels: int = 3


FAMILIES = (
    Entrant("LeNet-5", "lenet5_modern", {"in_channels": 3}),
    Entrant("AlexNet", "alexnet", {"width": 0.25, "image_size": 67}, 67),
    Entrant("AlexNet, 2 towers", "alexnet_two_towers", {"width": 0.25, "image_size": 67}, 67),
    Entrant("ZFNet", "zfnet", {"width": 0.25, "image_size": 64}, 64),
    Entrant("VGG A", "vgg_a", {"width": 0.25, "image_size": 32}),
    Entrant("VGG D", "vgg_d", {"width": 0.25, "image_size": 32}),
    Entrant("NiN", "nin", {"width": 0.25}),  # codespell:ignore nin
    Entrant("GoogLeNet", "googlenet", {"width": 0.25, "image_size": 64}, 64),
    Entrant("Inception v2", "inception_v2", {"width": 0.25}, 64),
    Entrant("Inception v3", "inception_v3", {"width": 0.125}, 75),
    Entrant("SqueezeNet", "squeezenet", {"width": 0.5}, 64),
    Entrant("All-CNN-C", "all_cnn_c", {"width": 0.25}),
    Entrant("ResNet-18", "resnet18", {"width": 0.25}, 64),
    Entrant("ResNet-50", "resnet50", {"width": 0.125}, 64),
    Entrant("ResNet-20, shortcuts A", "resnet20", {"width": 0.5}),
    Entrant("ResNet-20, shortcuts B", "resnet20", {"width": 0.5, "option": "B"}),
    Entrant("Pre-activation 20", "preact_resnet110", {"depth": 20, "width": 0.5}),
    Entrant("Wide ResNet 10-1", "wide_resnet28_10", {"depth": 10, "width": 1}),
    Entrant("ResNeXt-50", "resnext50_32x4d", {"width": 0.125}, 64),
    Entrant("Stochastic depth 20", "resnet110_stochastic_depth", {"depth": 20, "width": 0.5}),
    Entrant("DenseNet-BC 22", "densenet_bc100", {"counts": (3, 3, 3), "stem": 16, "growth": 8}),
    Entrant("FractalNet", "fractalnet", {"width": 0.125}),
    Entrant("MobileNet v1", "mobilenet_v1", {"width": 0.25}, 64),
    Entrant("ConvNeXt", "convnext_t", {"width": 0.25, "counts": (2, 2, 2, 2)}, 64),
    Entrant("Scattering, order 2", "scattering2", {"scales": 2, "angles": 4}, channels=1),
    Entrant("p4", "p4_cnn", {"channels": 6}, 28, 1),
    Entrant("p4m", "p4m_cnn", {"channels": 4}, 28, 1),
)
DEPTHS = tuple(
    Entrant(f"{kind} {depth}", name, {"depth": depth, "width": 0.5, "option": option}, 16)
    for kind, name, option in (("plain", "plain20", "none"), ("residual", "resnet20", "A"))
    for depth in (20, 56)
)


@dataclass(frozen=True)
class Settings:
    """How the networks are trained: all alike, with AdamW and one cycle of the learning rate.

    Attributes:
        steps: Batches.
        batch: Images of a batch, each seen once.
        tests: Images of the test.
        seconds: Processor time after which a network's training stops; the learning rate falls to 0 until then.
        level: Level of shapes10.
        lr: Highest learning rate.
        seed: Of the images and the weights.
    """

    steps: int = 400
    batch: int = 32
    tests: int = 1000
    seconds: float = 40.0
    level: str = "easy"
    lr: float = 1e-3
    seed: int = 0


@dataclass(frozen=True)
class Outcome:
    """What came of one network.

    Attributes:
        family: What the plot calls it.
        name: Its name in the zoo.
        options: Those it was built with.
        parameters: Trained parameters.
        macs: Multiply-adds for one image.
        steps: Batches that it was trained on.
        stopped: Whether it ran out of time before the last of them.
        seconds: Processor time of its training.
        losses: Mean training loss of each tenth part of its steps.
        accuracy: Share of test images that it got right.
    """

    family: str
    name: str
    options: dict[str, Any]
    parameters: int
    macs: int
    steps: int
    stopped: bool
    seconds: float
    losses: list[float]
    accuracy: float


def images_for(entrant: Entrant, count: int, settings: Settings, start: int) -> tuple[Tensor, Tensor]:
    """Images as a network wants them, float32 of about unit variance, and their labels."""
    pixels, labels = shapes10(count, settings.seed, settings.level, start)
    x = torch.from_numpy(pixels).float().sub(127.5).div(64)
    if entrant.channels == 1:
        x = x.mean(1, keepdim=True)
    if entrant.side != x.shape[-1]:
        x = functional.interpolate(x, size=entrant.side, mode="bilinear", antialias=True)
    return x, torch.from_numpy(labels)


def train(entrant: Entrant, settings: Settings) -> Outcome:
    """Build, train and test one network on one thread; the same settings give the same accuracy."""
    torch.set_num_threads(1)
    torch.manual_seed(settings.seed)
    network = build(entrant)
    parameters = list(network.parameters())
    optimizer = torch.optim.AdamW(parameters, settings.lr, weight_decay=0.01)
    losses: list[float] = []
    seconds, step = 0.0, 0
    while step < settings.steps and seconds < settings.seconds:
        for group in optimizer.param_groups:
            group["lr"] = settings.lr * one_cycle(max((step + 0.5) / settings.steps, seconds / settings.seconds))
        x, y = images_for(entrant, settings.batch, settings, settings.tests + step * settings.batch)
        began = time.process_time()
        loss = functional.cross_entropy(network(x), y)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        losses.append(loss.item())
        seconds += time.process_time() - began
        step += 1
    tenth = max(1, len(losses) // 10)
    means = [sum(part) / len(part) for part in (losses[i : i + tenth] for i in range(0, len(losses), tenth))]
    return Outcome(
        entrant.family, entrant.name, entrant.options, sum(p.numel() for p in parameters), macs(entrant), step,
        step < settings.steps, round(seconds, 2), [round(mean, 4) for mean in means],
        round(accuracy(network, entrant, settings), 4),
    )  # fmt: skip


def build(entrant: Entrant) -> nn.Module:
    """The network for ten classes."""
    return _registry.build(entrant.name, num_classes=len(CLASSES), **entrant.options)


def one_cycle(share: float) -> float:
    """The learning rate after a share of the steps: up in the first fifth, then down to 0, in straight lines."""
    return min(share / 0.2, (1 - share) / 0.8)


def macs(entrant: Entrant) -> int:
    """Multiply-adds for one image."""
    with torch.device("meta"):
        network = build(entrant).to("meta")
    return sum(row.macs for row in layer_rows(network, (entrant.channels, entrant.side, entrant.side)))


@torch.no_grad()
def accuracy(network: nn.Module, entrant: Entrant, settings: Settings) -> float:
    """Share of the test images that a network gets right."""
    network.eval()
    right = 0
    for start in range(0, settings.tests, 100):
        x, y = images_for(entrant, min(100, settings.tests - start), settings, start)
        right += int((network(x).argmax(1) == y).sum())
    return right / settings.tests


def run(entrants: Sequence[Entrant], settings: Settings, jobs: int) -> Iterator[Outcome]:
    """The outcomes, as they come: one process a job, or in this process if there is one job only."""
    if jobs == 1:
        yield from (train(entrant, settings) for entrant in entrants)
        return
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        for future in as_completed([pool.submit(train, entrant, settings) for entrant in entrants]):
            yield future.result()


def draw_families(outcomes: Sequence[Outcome]) -> Figure:
    """Accuracy and training time of each family, a row each, in the order in which they are given."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(6, 1 + 0.24 * len(outcomes)), layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True)
        rows = range(len(outcomes))
        left.barh(rows, [100 * outcome.accuracy for outcome in outcomes], color=BLUE)
        left.axvline(100 / len(CLASSES), color="black", linestyle=":")
        left.set(xlabel="test accuracy (%)", xlim=(0, 100), yticks=rows)
        left.set_yticklabels([outcome.family for outcome in outcomes])
        left.invert_yaxis()
        right.barh(rows, [outcome.seconds for outcome in outcomes], color=ORANGE, hatch="//", edgecolor="white")
        right.set(xlabel="training (processor s)")
    return figure


def draw_depths(outcomes: Sequence[Outcome]) -> Figure:
    """Training loss of plain and residual networks of two depths."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(6, 3.2), layout="constrained")
        axes = figure.subplots()
        for outcome in outcomes:
            shares = [10 * (i + 0.5) * 10 / len(outcome.losses) for i in range(len(outcome.losses))]
            deep = outcome.options["depth"] == max(o.options["depth"] for o in outcomes)
            axes.plot(
                shares,
                outcome.losses,
                color=ORANGE if outcome.options["option"] == "none" else BLUE,
                linestyle="-" if deep else "--",
                label=f"{outcome.family} layers: {outcome.accuracy:.1%} of test images right",
            )
        axes.set(xlabel="share of the training steps (%)", ylabel="training loss")
        axes.legend(frameon=False)
    return figure


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line's options."""
    defaults = Settings()
    parser = argparse.ArgumentParser(prog="python -m cnnkit.zoo.compare", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for results.json, families.svg, depths.svg")
    parser.add_argument("--only", default="", help="names of the zoo, with commas between: train these only")
    parser.add_argument("--jobs", type=int, default=2, help="processes, one thread each (%(default)s)")
    for name, text in (
        ("steps", "batches for each network"),
        ("batch", "images of a batch"),
        ("tests", "test images"),
        ("seconds", "processor time after which a network's training stops"),
        ("seed", "of images and weights"),
    ):
        value = getattr(defaults, name)
        parser.add_argument(f"--{name}", type=type(value), default=value, help=f"{text} (%(default)s)")
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None, say: Callable[[str], object] = sys.stderr.write) -> int:
    """Train, report on one line, and write the results."""
    options = arguments(words)
    settings = Settings(
        steps=options.steps, batch=options.batch, tests=options.tests, seconds=options.seconds, seed=options.seed
    )
    wanted = set(filter(None, options.only.split(",")))
    entrants = [e for e in (*FAMILIES, *DEPTHS) if not wanted or e.name in wanted]
    if unknown := wanted - {e.name for e in entrants}:
        say(f"not in the comparison: {', '.join(sorted(unknown))}; there are: {', '.join(e.name for e in FAMILIES)}\n")
        return 2
    bound = len(entrants) * settings.seconds / options.jobs / 60
    say(f"{len(entrants)} networks, {settings.steps} steps each, {bound:.0f} minutes at most\n")
    began = time.monotonic()
    found: dict[str, Outcome] = {}
    for outcome in run(entrants, settings, options.jobs):
        found[outcome.family] = outcome
        spent = time.monotonic() - began
        rest = spent / len(found) * (len(entrants) - len(found))
        line = f"{len(found)}/{len(entrants)}  {outcome.family}: {outcome.accuracy:.1%} in {outcome.seconds:.0f} s"
        say(f"\r\x1b[K{line}; about {rest:.0f} s left")
        write(
            options.out,
            settings,
            *([found[e.family] for e in part if e.family in found] for part in (FAMILIES, DEPTHS)),
        )
    say("\n")
    say(f"{options.out}/results.json\n")
    return 0


def write(folder: Path, settings: Settings, families: Sequence[Outcome], depths: Sequence[Outcome]) -> None:
    """Put the results and the plots into a folder; the same results give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    results = {
        "settings": asdict(settings),
        "families": [asdict(outcome) for outcome in families],
        "depths": [asdict(outcome) for outcome in depths],
    }
    (folder / "results.json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for name, outcomes, draw in (("families", families, draw_families), ("depths", depths, draw_depths)):
        if outcomes:
            with mpl.rc_context(STYLE):
                draw(outcomes).savefig(folder / f"{name}.svg", metadata={"Date": None})


if __name__ == "__main__":
    raise SystemExit(main())
