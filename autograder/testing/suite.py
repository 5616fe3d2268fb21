"""The hidden tests of a unit: exercises, their families, and how they are graded."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.results import Exercise, Family
from autograder.testing import reports
from autograder.testing.answers import Alternatives, Answers, Mistakes
from autograder.testing.calls import Function, GradingStopped, Signature, quiet
from autograder.testing.naming import Namer, Replays
from autograder.testing.trial import FamilyEnds, Log, Trial

Check = Callable[[Trial], None]
PATIENCE = ("call", "step", "cell", "total")
UNWRITTEN = ("NotImplementedError", "NameError")  # what a function raises that is not there yet: no mistake to look for


@dataclass(frozen=True)
class FamilyTests:
    """One family: all of its points or none."""

    name: str
    points: float
    check: Check


@dataclass
class ExerciseTests:
    """The hidden tests of one exercise."""

    id: str
    points: float
    signatures: tuple[Signature, ...]
    families: list[FamilyTests] = field(default_factory=list)

    @property
    def functions(self) -> tuple[str, ...]:
        """The names of the learner's functions, in the order in which `Suite.grade` takes them."""
        return tuple(signature.name for signature in self.signatures)

    def family(self, name: str, points: float) -> Callable[[Check], Check]:
        """Register the decorated function as a family of this exercise.

        Raises:
            ValueError: If the exercise has a family of this name.
        """

        def register(check: Check) -> Check:
            if any(family.name == name for family in self.families):
                raise ValueError(f"{self.id} has two families called {name!r}")
            self.families.append(FamilyTests(name, points, check))
            return check

        return register


class Suite:
    """The hidden tests of the unit whose `hidden_tests.py` creates this.

    Args:
        without: Modules and dotted functions that are out of the learner's reach while this unit is graded.
        serves: Modules and those of their functions that the learner's code may call although the module is not in
            its process: the tests' side computes them, from data to data.
        patience: Seconds by kind, where the usual ones are too short: "call" (one call of a learner's function, 10),
            "step" (all calls of one exercise's tests, 60), "cell" (one cell, 60), "total" (the notebook, 600).
        folder: Where mistakes.py and alternatives.py are; by default beside the calling file.
        gpu: Whether its tests can use a GPU, where the grader was given one: then `on_gpu` says so.
    """

    def __init__(
        self,
        without: tuple[str, ...] = (),
        serves: Mapping[str, tuple[str, ...]] | None = None,
        patience: Mapping[str, float] | None = None,
        folder: Path | None = None,
        gpu: bool = False,
    ) -> None:
        self.gpu = gpu
        self.without = without
        self.serves = dict(serves or {})
        self.patience = dict(patience or {})
        unknown = self.patience.keys() - PATIENCE
        if unknown:
            raise ValueError(f"a suite's patience is for {', '.join(PATIENCE)}, not for {', '.join(sorted(unknown))}")
        self.exercises: dict[str, ExerciseTests] = {}
        self.folder = folder or Path(sys._getframe(1).f_globals["__file__"]).resolve().parent
        self._known: dict[str, Answers] = {}

    def exercise(self, exercise: str, points: float, *signatures: str) -> ExerciseTests:
        """Add an exercise.

        Args:
            exercise: Its id: the first function's name in kebab-case.
            points: What it is worth; its families add up to this.
            signatures: One per function, `name(first, second)`: names for messages.

        Raises:
            ValueError: If the id is taken, is not that of the first function, or a signature is malformed.
        """
        parsed = tuple(Signature.parse(text) for text in signatures)
        if not parsed or not names_function(exercise, parsed[0].name) or exercise in self.exercises:
            raise ValueError(f"{exercise!r} is taken, or is not the first function's name in kebab-case")
        self.exercises[exercise] = ExerciseTests(exercise, points, parsed)
        return self.exercises[exercise]

    @property
    def mistakes(self) -> Mistakes:
        """What mistakes.py registers; loaded when first needed."""
        found: Mistakes = self._load("mistakes", Mistakes)
        return found

    @property
    def alternatives(self) -> Alternatives:
        """What alternatives.py registers; loaded when first needed."""
        found: Alternatives = self._load("alternatives", Alternatives)
        return found

    def validate(self) -> None:
        """Check what the unit's files say of each other.

        Raises:
            ValueError: If points do not add up, or a mistake names an exercise, family or function there is not.
        """
        for exercise in self.exercises.values():
            total = sum(family.points for family in exercise.families)
            if abs(total - exercise.points) > 1e-9:
                raise ValueError(f"{exercise.id}: {exercise.points:g} points, but its families have {total:g}")
        for answer in (*self.mistakes, *self.alternatives):
            for name in answer.exercises:
                tests = self.exercises.get(name)
                if tests is None or (answer.answers is not None and answer.answers not in tests.functions):
                    raise ValueError(f"{answer.name}: there is no {answer.answers or 'function'} in exercise {name!r}")
                if answer.family and answer.family not in [family.name for family in tests.families]:
                    raise ValueError(f"{answer.name}: {name} has no family {answer.family!r}")

    def grade(self, exercise: str, *functions: Function) -> float:
        """Run all families of an exercise against a learner's functions.

        Returns:
            The points earned; nbgrader takes a cell's number as partial credit. The full report is kept for
            `take_reports`; where no grader takes it, its messages are printed.
        """
        report = self.report(exercise, *functions)
        reports.add_report(report)
        if not reports.supervised():
            for family in report.families:
                if family.message:
                    print(f"{family.name}: {family.message}")
        return report.score

    def report(self, exercise: str, *functions: Function) -> Exercise:
        """What `grade` finds, without keeping it."""
        tests = self.exercises[exercise]
        missing = [name for name, f in zip(tests.functions, functions, strict=True) if not callable(f)]
        if missing:
            message = f"{' and '.join(missing)} is not a function."
            found: list[tuple[str, str | None]] = [(message, None)] * len(tests.families)
            measures: dict[str, float] = {}
        else:
            logs = self.run(exercise, *functions)
            namer = self.namer(exercise, logs)
            found = [explain(log, namer) for log in logs]
            measures = {name: value for log in logs if not log.faults for name, value in log.measures.items()}
        families = [
            Family(family.name, 0.0 if message else float(family.points), float(family.points), message, mistake)
            for family, (message, mistake) in zip(tests.families, found, strict=True)
        ]
        return Exercise(exercise, sum(f.score for f in families), float(tests.points), tuple(families), measures)

    def run(self, exercise: str, *functions: Function, verdict_on: str | None = None) -> list[Log]:
        """The logs of all families of an exercise, in order.

        Args:
            exercise: Its id.
            functions: The learner's, or those of known answers.
            verdict_on: A family whose verdict is all that is asked for: the logs end with its own, each with its first
                fault.
        """
        tests = self.exercises[exercise]
        named = dict(zip(tests.functions, functions, strict=True))
        logs: list[Log] = []
        with quiet():
            for family in tests.families:
                passed = frozenset(log.family for log in logs if not log.faults)
                logs.append(run_family(tests, family, named, passed, verdict_on is not None))
                if family.name == verdict_on:
                    break
        return logs

    def namer(self, exercise: str, logs: list[Log], replays: Replays | None = None) -> Namer:
        """What tells the mistakes behind these logs; see `Namer`."""
        known = self.mistakes.of(exercise) if any(log.faults for log in logs) else []
        return Namer(logs, known, self.exercises[exercise].functions[0], replays)

    def _load(self, name: str, kind: type[Any]) -> Any:
        if name not in self._known:
            path = self.folder / f"{name}.py"
            self._known[name] = load_answers(path, kind) if path.exists() else kind()
        return self._known[name]


def names_function(exercise: str, function: str) -> bool:
    """Whether an exercise's id is the kebab-case of a function's name: conv2d-loops, basic-block of BasicBlock."""
    plain = function.replace("_", "-")
    return exercise == plain or (exercise == exercise.lower() and exercise.replace("-", "") == plain.lower())


def run_family(
    tests: ExerciseTests,
    family: FamilyTests,
    functions: dict[str, Function],
    passed: frozenset[str],
    to_first_fault: bool = False,
) -> Log:
    """Run one family, others having passed before; everything that went wrong, or the first of it, is in the log."""
    log = Log(family.name, to_first_fault=to_first_fault)
    trial = Trial(log, functions, tests.signatures, reports.generator(tests.id, family.name), passed)
    try:
        family.check(trial)
    except FamilyEnds:
        return log
    except GradingStopped:
        raise
    except Exception as error:
        if not log.records:  # the learner's functions had no part in it
            raise
        log.faults.append(f"A result could not be used ({type(error).__name__}: {error}).")
    if not log.checks:
        raise ValueError(f"{tests.id}: the family {family.name!r} checks nothing")
    return log


def explain(log: Log, namer: Namer) -> tuple[str, str | None]:
    """The message of a family and the name of the mistake, where one is recognised; ("", None) if all is well."""
    if not log.faults:
        return "", None
    unwritten = any(record.outcome.error in UNWRITTEN for record in log.records)
    matching = [] if unwritten else namer.name(log)
    sentences = " Or: ".join(mistake.sentence for mistake in matching[:2])
    return "\n".join(filter(None, (log.faults[0], sentences))), matching[0].name if matching else None


def load_answers(path: Path, kind: type[Any]) -> Any:
    """The registry that a file of known answers creates.

    Raises:
        ValueError: If it creates none.
    """
    registry = next((value for value in vars(load_module(path)).values() if isinstance(value, kind)), None)
    if registry is None:
        raise ValueError(f"{path} creates no {kind.__name__}()")
    return registry


def load_suite(folder: Path) -> Suite:
    """The suite of a unit's hidden_tests.py, checked.

    Raises:
        ValueError: If the unit's files do not fit together.
    """
    suite: Suite = load_module(folder / "hidden_tests.py").suite
    suite.validate()
    return suite


def load_module(path: Path) -> Any:
    """The module in a file, under a name of its own."""
    name = f"{path.resolve().parent.name}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
