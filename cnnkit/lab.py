"""The course's own training run: a small network, all tricks of the CIFAR-10 speed records, each with a switch.

Usage: python -m cnnkit.lab [--data shapes10|cifar10] [--device D] [--epochs N] [--out FOLDER] [--without TRICK ...]

It writes figures.json, four plots (loss, accuracy, throughput, memory) and run.pt, with which a run that was stopped
goes on (--resume), to the folder.
"""

from __future__ import annotations

import argparse
import json
import signal
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

import torch

from cnnkit._run import TASKS, Run, load, matrix_product
from cnnkit._tricks import TRICKS

COLOUR = "#0072B2"
DRAWN_EVERY = 0.2  # seconds between two states of the progress line


@dataclass
class Record:
    """What a run says of itself, one value for each epoch in the lists.

    Attributes:
        throughput: Training images per second.
        memory: Peak so far, in MiB: of the device's memory, or of the process on a CPU.
        seconds: Spent on training; held-out images are looked at while the clock stands.
        reached: Seconds of training after which the target was reached, None if it was not.
        arithmetic: FLOPs for one image and step; FLOPs per second of the device's own product of large matrices,
            measured after the run; and the share of them that the median epoch reached.
    """

    settings: dict[str, Any]
    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    throughput: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    seconds: float = 0.0
    reached: float | None = None
    arithmetic: dict[str, float] = field(default_factory=dict)


class LabError(Exception):
    """A run cannot begin or go on; the message says why."""


class Interrupt:
    """Ctrl-C as a question: the first one is answered between two steps, the second one at once."""

    def __init__(self) -> None:
        self.asked = False

    def __enter__(self) -> Interrupt:
        self.before = signal.signal(signal.SIGINT, self.ask)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self.before)

    def ask(self, number: int, frame: FrameType | None) -> None:
        """Note that the run is to stop."""
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    def __call__(self) -> bool:
        return self.asked


def finish(run: Run, record: Record, out: TextIO, stopped: Callable[[], bool], keep: Callable[[], None]) -> None:
    """Train to the end, or until told to stop, with a line that tells how far the run is.

    Args:
        run: The run.
        record: Gets the figures of each epoch.
        out: Where the line is drawn.
        stopped: Asked after each step.
        keep: Called after each epoch.
    """
    live, drawn = out.isatty(), 0.0
    while run.done < run.total and not stopped():
        before, started = run.seconds, time.perf_counter()
        for loss in run.rest_of_epoch():
            now = time.perf_counter()
            run.seconds = before + now - started
            if live and now - drawn > DRAWN_EVERY:
                drawn = now
                out.write(f"\r\x1b[K{progress(run, float(loss))}")
                out.flush()
            if stopped():
                break
        run.wait()
        run.seconds = before + time.perf_counter() - started
        if run.done % run.per_epoch == 0:
            close_epoch(run, record)
            out.write(("\r\x1b[K" if live else "") + line(record, run.epochs) + "\n")
            out.flush()
            keep()


def close_epoch(run: Run, record: Record) -> None:
    """Add an epoch's figures to the record."""
    record.seconds += run.seconds
    record.loss.append(float(torch.stack(run.losses).mean()))
    record.throughput.append(run.per_epoch * run.task.batch / run.seconds)
    record.accuracy.append(run.accuracy())
    record.memory.append(run.memory())
    if record.reached is None and record.accuracy[-1] >= run.task.target:
        record.reached = record.seconds
    run.losses, run.seconds = [], 0.0


def arithmetic(run: Run, record: Record) -> dict[str, float]:
    """How much of the device's arithmetic a run used; see `Record`."""
    flops, product = run.operations(), matrix_product(run.device)
    share = flops * statistics.median(record.throughput) / product
    return {"flops_per_image": flops, "matrix_product": product, "share": share}


def progress(run: Run, loss: float) -> str:
    """How far an epoch is, in one line."""
    epoch, place = divmod(run.done - 1, run.per_epoch)
    filled = 20 * (place + 1) // run.per_epoch
    speed = len(run.losses) * run.task.batch / max(run.seconds, 1e-9)
    return (
        f"epoch {epoch + 1}/{run.epochs} [{'#' * filled}{'.' * (20 - filled)}] step {place + 1}/{run.per_epoch}  "
        f"loss {loss:.3f}  {speed:,.0f} images/s"
    )


def line(record: Record, epochs: int) -> str:
    """What an epoch brought, in one line."""
    return (
        f"epoch {len(record.loss)}/{epochs}  loss {record.loss[-1]:.3f}  held out {record.accuracy[-1]:.2%}  "
        f"{record.throughput[-1]:,.0f} images/s  {record.memory[-1]:,.0f} MiB  {record.seconds:.1f} s"
    )


# -- what is written and read ---------------------------------------------------------------------------------------


def save(path: Path, run: Run, record: Record) -> None:
    """Keep a run in a file, which is there whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    torch.save({"run": run.state_dict(), "record": asdict(record)}, part)
    part.replace(path)


def resume(path: Path, run: Run, record: Record) -> None:
    """Take a run and its record from a file.

    Raises:
        LabError: If there is none, or it is of a run with other settings.
    """
    try:
        kept = torch.load(path, map_location=run.device, weights_only=True)
        settings = kept["record"]["settings"]
    except FileNotFoundError:
        raise LabError(f"{path} is not there: no run to go on with; leave --resume out to begin one") from None
    except Exception as error:  # bytes that torch.load has not written raise whatever comes
        raise LabError(f"{path} is no run of this program ({type(error).__name__})") from None
    here = {"device": record.settings["device"], "threads": record.settings["threads"]}  # these may change
    if different := [name for name, value in record.settings.items() if (settings | here).get(name) != value]:
        pairs = (f"{name} {settings.get(name)}, now {record.settings[name]}" for name in different)
        raise LabError(f"{path} is of a run with other settings: {'; '.join(pairs)}")
    run.load_state_dict(kept["run"])
    vars(record).update({**kept["record"], "settings": record.settings})


def write(record: Record, out: Path) -> list[Path]:
    """figures.json and, if an epoch has ended, the four plots; the files written."""
    figures = out / "figures.json"
    figures.write_text(json.dumps(asdict(record), indent=1) + "\n", encoding="utf-8")
    plots = (
        ("loss", record.loss, "mean loss of the epoch"),
        ("accuracy", record.accuracy, "share of held-out images right"),
        ("throughput", record.throughput, "training images per second"),
        ("memory", record.memory, "peak memory (MiB)"),
    )
    return [figures, *(plot(out / f"{name}.svg", values, label) for name, values, label in plots if values)]


def plot(path: Path, values: Sequence[float], label: str) -> Path:
    """One curve over the epochs, as SVG: the same values, the same bytes."""
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    with matplotlib.rc_context({"svg.hashsalt": "cnnkit", "font.size": 10}):
        figure = Figure(figsize=(6, 3), layout="constrained")
        axes = figure.subplots()
        axes.plot(range(1, len(values) + 1), values, color=COLOUR, marker="o")
        axes.set(xlabel="epoch", ylabel=label, ylim=(0, None))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        figure.savefig(path, metadata={"Date": None})
    return path


# -- command line ---------------------------------------------------------------------------------------------------


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options of the command line."""
    tricks = "\n".join(f"  {name:11} {what}" for name, what in TRICKS.items())
    parser = argparse.ArgumentParser(
        prog="python -m cnnkit.lab",
        description="Train the course's network with the tricks of the speed records. Ctrl-C stops it between two\n"
        "steps and keeps everything: the same command with --resume goes on from there.",
        epilog=f"tricks that --without switches off:\n{tricks}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--data", choices=TASKS, default="shapes10", help="what to learn; cifar10 is downloaded once, 170 MB "
        "(default: shapes10)")  # fmt: skip
    add("--device", default=None, help="cpu or cuda (default: cuda where there is one)")
    add("--epochs", type=int, default=None, help="default: 7 for shapes10, 10 for cifar10")
    add("--optimizer", choices=("momentum", "muon"), default="momentum", help="for convolutions (default: momentum)")
    add("--out", type=Path, default=Path("_build/lab"), help="folder for figures (default: _build/lab)")
    add("--seed", type=int, default=0, help="decides weights, orders, shifts, and the images of shapes10 (default: 0)")
    add("--images", type=int, default=6_000, help="training images of shapes10 (default: 6000)")
    add("--without", nargs="*", choices=TRICKS, default=[], metavar="TRICK", help="see below")
    add("--resume", action="store_true", help="go on with the run whose run.pt is in the folder")
    options = parser.parse_args(arguments)
    if options.epochs is not None and options.epochs < 1:
        parser.error(f"--epochs is {options.epochs}, at least 1 is needed")
    if options.data == "shapes10" and options.images < TASKS["shapes10"].batch:
        parser.error(f"--images is {options.images}, a batch has {TASKS['shapes10'].batch}")
    if not 0 <= options.seed < 2**63:
        parser.error(f"--seed is {options.seed}, it must be a whole number from 0 to 2^63 - 1")
    if fault := lacks(options.device):
        parser.error(fault)
    return options


def lacks(device: str | None) -> str:
    """What is wrong with a device's name here; empty if nothing is."""
    kind, _, number = (device or "cpu").partition(":")
    if kind not in ("cpu", "cuda") or not (number or "0").isdigit():
        return f"--device is {device}, expected cpu, cuda, or cuda:1 and so on"
    count = torch.cuda.device_count()
    if kind == "cuda" and int(number or 0) >= count:
        seen = f"{count} CUDA devices" if count else "no CUDA device"
        return f"--device is {device}, but PyTorch {torch.__version__} sees {seen} here; --device cpu works everywhere"
    return ""


def main(arguments: Sequence[str] | None = None, out: TextIO = sys.stderr) -> int:
    """Train, write, say where; 1 if the run cannot begin or go on, 130 if it was stopped."""
    options = parse(arguments)
    try:
        return train(options, out)
    except (LabError, OSError, torch.OutOfMemoryError) as error:  # no mirror of CIFAR-10 among them
        out.write(f"\nerror: {error}\n")
        return 1
    except KeyboardInterrupt:
        out.write("\nstopped; what was trained since the last epoch ended is lost\n")
        return 130


def train(options: argparse.Namespace, out: TextIO) -> int:
    """One run, as the command line wants it."""
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / "run.pt"
    task = TASKS[options.data]
    device = options.device or ("cuda" if torch.cuda.is_available() else "cpu")
    epochs = options.epochs or task.epochs
    tricks = frozenset(TRICKS) - frozenset(options.without)
    record = Record(
        {
            "data": options.data, "images": options.images if options.data == "shapes10" else 50_000,
            "epochs": epochs, "seed": options.seed, "optimizer": options.optimizer, "tricks": sorted(tricks),
            "device": torch.cuda.get_device_name(device) if device.startswith("cuda") else device,
            "threads": torch.get_num_threads(),
        }
    )  # fmt: skip
    images = load(options.data, options.seed, options.images)
    run = Run(images, task, tricks, device, epochs, options.seed, options.optimizer == "muon")
    if options.resume:
        resume(path, run, record)
    out.write(f"{options.data} on {record.settings['device']}: {run.total} steps in {epochs} epochs\n")
    with Interrupt() as stopped:
        finish(run, record, out, stopped, lambda: save(path, run, record))
    if record.throughput:
        record.arithmetic = arithmetic(run, record)
    save(path, run, record)
    for written in write(record, options.out):
        out.write(f"{written}\n")
    if run.done < run.total:
        out.write(f"stopped after step {run.done} of {run.total}; the same command with --resume goes on from there\n")
        return 130
    share, product = record.arithmetic["share"], record.arithmetic["matrix_product"]
    out.write(f"{share:.1%} of the {product / 1e9:,.0f} GFLOP/s that a product of large matrices reaches here\n")
    reached = "was not reached" if record.reached is None else f"was reached after {record.reached:.1f} s of training"
    out.write(f"{task.target:.0%} {reached}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
