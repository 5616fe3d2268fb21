"""Which family of hidden tests catches which known mistake: the kill matrix, printed by `make matrix`.

Usage: python -m autograder.testing.matrix [--seeds N] [solutions/NN_unit ...]
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.testing.answers import Answer
from autograder.testing.calls import Function
from autograder.testing.naming import Replays
from autograder.testing.reference import reference_functions
from autograder.testing.reports import seed_with
from autograder.testing.suite import ExerciseTests, Suite, load_suite


@dataclass(frozen=True)
class Row:
    """What became of one mistake in one exercise.

    Attributes:
        lost: The families that it lost.
        named: The mistakes that its own family was explained by; best if it is the only one.
    """

    exercise: str
    mistake: Answer
    lost: tuple[str, ...]
    named: tuple[str, ...]

    @property
    def caught(self) -> bool:
        """Whether it cost the family that it must cost."""
        return self.mistake.family in self.lost

    @property
    def unique(self) -> bool:
        """Whether it was recognised as itself and nothing else."""
        return self.named == (self.mistake.name,)


@dataclass(frozen=True)
class Unit:
    """A unit's hidden tests and its own solution."""

    name: str
    suite: Suite
    reference: dict[str, Any]

    @classmethod
    def load(cls, folder: Path) -> Unit:
        """Read a unit's folder."""
        folder = folder.resolve()
        return cls(folder.name, load_suite(folder), reference_functions(folder))

    def functions(self, tests: ExerciseTests, answer: Answer | None = None) -> list[Function]:
        """The functions of an exercise: the reference's, but for the one that an answer stands for."""
        functions = [self.reference[name] for name in tests.functions]
        if answer is not None:
            functions[tests.functions.index(answer.answers or tests.functions[0])] = answer.function
        return functions

    def rows(self, tests: ExerciseTests) -> Iterator[Row]:
        """The kill matrix of an exercise."""
        replays: Replays = {}
        for mistake in self.suite.mistakes.of(tests.id):
            logs = self.suite.run(tests.id, *self.functions(tests, mistake))
            namer = self.suite.namer(tests.id, logs, replays)
            own = next(log for log in logs if log.family == mistake.family)
            named = tuple(found.name for found in namer.name(own, all_of_them=True)) if own.faults else ()
            yield Row(tests.id, mistake, tuple(log.family for log in logs if log.faults), named)

    def wronged(self, *exercises: str) -> list[str]:
        """Right answers of these exercises, or of all, that do not get full marks, and why: none, one hopes."""
        found = []
        for tests in (self.suite.exercises[name] for name in exercises or self.suite.exercises):
            for answer in (None, *self.suite.alternatives.of(tests.id)):
                report = self.suite.report(tests.id, *self.functions(tests, answer))
                messages = [f"{f.name}: {f.message}" for f in report.families if f.message]
                found += [f"{tests.id}: {answer.name if answer else 'reference'}: {message}" for message in messages]
        return found

    def survivors(self, *exercises: str) -> list[str]:
        """Mistakes in these exercises, or in all, that do not lose their own family: as `rows` has it, in less time."""
        return [
            f"{tests.id}: {mistake.name} survives"
            for tests in (self.suite.exercises[name] for name in exercises or self.suite.exercises)
            for mistake in self.suite.mistakes.of(tests.id)
            if not self.suite.run(tests.id, *self.functions(tests, mistake), verdict_on=mistake.family)[-1].faults
        ]


def table(tests: ExerciseTests, rows: Sequence[Row]) -> str:
    """An exercise's matrix as text: X the mistake's own family, x another one that it costs too."""
    width = max((len(row.mistake.name) for row in rows), default=0)
    names = [family.name for family in tests.families]
    lines = [f"{tests.id}: {len(rows)} mistakes", f"{'':{width}}  {'  '.join(names)}"]
    for row in rows:
        signs = [("X" if name == row.mistake.family else "x") if name in row.lost else "·" for name in names]
        cells = "  ".join(sign.center(len(name)) for sign, name in zip(signs, names, strict=True))
        remark = "" if row.unique else f"  named {', '.join(row.named) or 'not at all'}"
        lines.append(f"{row.mistake.name:{width}}  {cells}{remark if row.caught else '  SURVIVES'}")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print all matrices; 1 if a mistake survives or a right answer loses points."""
    parser = argparse.ArgumentParser(prog="python -m autograder.testing.matrix", description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, help="units (default: all in solutions/)")
    parser.add_argument("--seeds", type=int, default=1, help="how many random tests to try (default: 1)")
    options = parser.parse_args(arguments)
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # before a unit imports its oracle: ten times as fast on small arrays
    folders = options.folders or sorted(path.parent for path in Path("solutions").glob("*/hidden_tests.py"))
    if not folders:
        parser.error("no unit: name its folder, or run this where solutions/ is")
    bad = 0
    for folder in folders:
        unit = Unit.load(folder)
        for seed in range(options.seeds):
            seed_with("matrix", str(seed))
            wronged = unit.wronged()
            matrices = {tests.id: list(unit.rows(tests)) for tests in unit.suite.exercises.values()}
            if seed == 0:
                print("\n\n".join(table(unit.suite.exercises[name], rows) for name, rows in matrices.items()), "\n")
            rows = [row for rows in matrices.values() for row in rows]
            bad += len(wronged) + sum(not row.caught for row in rows)
            print("\n".join([summary(unit.name, seed, rows), *wronged]), flush=True)
    return min(bad, 1)


def summary(unit: str, seed: int, rows: Sequence[Row]) -> str:
    """One line on one run."""
    caught, unique = sum(row.caught for row in rows), sum(row.unique for row in rows)
    alone = sum(row.lost == (row.mistake.family,) for row in rows)
    missed = ", ".join(f"{row.exercise}/{row.mistake.name}" for row in rows if not row.caught)
    return (
        f"{unit}, seed {seed}: {caught} of {len(rows)} mistakes lose their own family, {alone} no other; "
        f"{unique} are recognised and taken for nothing else" + (f"; survive: {missed}" if missed else "")
    )


if __name__ == "__main__":
    sys.exit(main())
