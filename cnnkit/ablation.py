"""What each trick of `cnnkit.lab` is worth: runs with all of them, without one at a time, with none, and with Muon.

Usage: python -m cnnkit.ablation --out FOLDER [--data shapes10|cifar10] [--device D] [--epochs N] [--seeds N]

It prints a table and writes ablation.json after every run; Ctrl-C keeps the runs that are done, and the same command
does the rest. `book/_assets/ablation.json` is a file that it wrote.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

import torch

from cnnkit._results import this_machine, write_whole
from cnnkit._run import TASKS, Run, load
from cnnkit._tricks import TRICKS
from cnnkit.lab import Record, finish, lacks

EVERYTHING, NOTHING, MUON = "all tricks", "no tricks", "all tricks, Muon"


@dataclass(frozen=True)
class Settings:
    """What the runs have in common; they differ in their tricks and their seeds.

    Attributes:
        images: Training images of shapes10; a third as many are held out.
        seeds: How many, from 0 on: each draws its own images, weights, orders and shifts.
    """

    data: str = "shapes10"
    device: str = "cpu"
    epochs: int = 3
    images: int = 6_000
    seeds: int = 3


@dataclass(frozen=True)
class Trained:
    """One run.

    Attributes:
        accuracy: Share of the images held out that were right after each epoch.
        seconds: Spent on training.
    """

    recipe: str
    seed: int
    accuracy: list[float]
    seconds: float


@dataclass
class Ablation:
    """All runs so far, and where they were made."""

    settings: Settings
    machine: dict[str, Any]
    runs: list[Trained] = field(default_factory=list)

    def ends(self, recipe: str) -> dict[int, float]:
        """The accuracy at the end of each run of a recipe, by seed."""
        return {run.seed: run.accuracy[-1] for run in self.runs if run.recipe == recipe}

    def changes(self, recipe: str) -> dict[int, float]:
        """By seed, how much more a recipe found at the end than all tricks did with the same images and weights."""
        whole = self.ends(EVERYTHING)
        return {seed: end - whole[seed] for seed, end in self.ends(recipe).items() if seed in whole}


def recipes(data: str) -> dict[str, tuple[frozenset[str], bool]]:
    """By name, the tricks of a recipe and whether it uses Muon."""
    tricks = frozenset(TRICKS) if TASKS[data].flips else frozenset(TRICKS) - {"flip"}
    ordered = [name for name in TRICKS if name in tricks]
    single = {f"without {name}": (tricks - {name}, False) for name in ordered}
    return {EVERYTHING: (tricks, False), **single, NOTHING: (frozenset(), False), MUON: (tricks, True)}


def train(settings: Settings, recipe: str, seed: int, out: TextIO) -> Trained:
    """Train by a recipe."""
    tricks, muon = recipes(settings.data)[recipe]
    images = load(settings.data, seed, settings.images)
    run = Run(images, TASKS[settings.data], tricks, settings.device, settings.epochs, seed, muon)
    record = Record({})
    finish(run, record, out, lambda: False, lambda: None)
    return Trained(recipe, seed, record.accuracy, round(record.seconds, 2))


def missing(ablation: Ablation) -> Iterator[tuple[str, int]]:
    """The runs that are still to be made, seed by seed."""
    done = {(run.recipe, run.seed) for run in ablation.runs}
    for seed in range(ablation.settings.seeds):
        yield from ((recipe, seed) for recipe in recipes(ablation.settings.data) if (recipe, seed) not in done)


def table(ablation: Ablation) -> str:
    """Each recipe's mean accuracy at the end, and its change against all tricks in points, seed by seed; best first."""
    reached = {recipe: list(ablation.ends(recipe).values()) for recipe in recipes(ablation.settings.data)}
    found = {recipe: ends for recipe, ends in reached.items() if ends}
    lines = [f"{'':17}  mean  change by seed"]
    for name, ends in sorted(found.items(), key=lambda item: -statistics.mean(item[1])):
        changes = "".join(f"{100 * change:+6.1f}" for change in ablation.changes(name).values() if name != EVERYTHING)
        lines.append(f"{name:17} {statistics.mean(ends):5.1%} {changes}".rstrip())
    return "\n".join(lines)


def read(path: Path) -> Ablation:
    """An ablation from the file that `write` wrote."""
    found = json.loads(path.read_text(encoding="utf-8"))
    return Ablation(Settings(**found["settings"]), found["machine"], [Trained(**run) for run in found["runs"]])


def write(path: Path, ablation: Ablation) -> None:
    """Put an ablation into a file, which is there whole or not at all."""
    write_whole(path, json.dumps(asdict(ablation), indent=1) + "\n")


def begun(path: Path, settings: Settings) -> Ablation:
    """The ablation in a file, if it has these settings; else a new one.

    Raises:
        ValueError: If the file holds one with other settings.
    """
    device = torch.cuda.get_device_name(settings.device) if settings.device.startswith("cuda") else "cpu"
    if not path.exists():
        return Ablation(settings, this_machine() | {"device": device, "threads": torch.get_num_threads()})
    found = read(path)
    if found.settings != settings:
        raise ValueError(f"{path} has other settings: {found.settings}; name another folder")
    return found


def main(arguments: Sequence[str] | None = None, out: TextIO = sys.stderr) -> int:
    """Train, print, write; 2 if the folder holds other runs, 130 if stopped."""
    parser = argparse.ArgumentParser(prog="python -m cnnkit.ablation", description=(__doc__ or "").split("\n")[0])
    usual = Settings()
    parser.add_argument("--out", type=Path, required=True, help="folder for ablation.json")
    parser.add_argument("--data", choices=TASKS, default=usual.data, help="(default: %(default)s)")
    parser.add_argument("--device", default=usual.device, help="cpu or cuda (default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=usual.epochs, help="of each run (default: %(default)s)")
    parser.add_argument("--images", type=int, default=usual.images, help="of shapes10 (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=usual.seeds, help="runs of each recipe (default: %(default)s)")
    options = parser.parse_args(arguments)
    if fault := lacks(options.device):
        parser.error(fault)
    if min(options.epochs, options.seeds) < 1 or options.images < TASKS["shapes10"].batch:
        parser.error(f"at least one epoch, one seed and {TASKS['shapes10'].batch} images are needed")
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / "ablation.json"
    settings = Settings(options.data, options.device, options.epochs, options.images, options.seeds)
    try:
        ablation = begun(path, settings)
        for number, (recipe, seed) in enumerate(todo := list(missing(ablation)), 1):
            out.write(f"{number}/{len(todo)}  {recipe}, seed {seed}\n")
            ablation.runs.append(train(settings, recipe, seed, out))
            write(path, ablation)
    except ValueError as error:
        out.write(f"error: {error}\n")
        return 2
    except KeyboardInterrupt:
        out.write(f"\nstopped; {path} holds the runs that are done, and the same command does the rest\n")
        return 130
    out.write(f"{table(ablation)}\n{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
