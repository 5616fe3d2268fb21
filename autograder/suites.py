"""What a unit's hidden tests say of themselves: exercises, their functions and points, what is withheld.

These facts have one home, the unit's hidden_tests.py. They are read from its text where they stand there as literals,
which costs a millisecond and imports nothing; else the module is imported (torch alone would cost seconds).
"""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.errors import AutograderError

MODULE = "hidden_tests"


class SuiteBroken(AutograderError):
    """The hidden tests cannot be read."""


@dataclass(frozen=True)
class ExerciseFacts:
    """One exercise as the hidden tests know it."""

    points: float
    functions: tuple[str, ...]
    families: tuple[tuple[str, float], ...]

    def __str__(self) -> str:
        """Points in words, as learners see them: "4 points, …: basic 3, empty input 1."."""
        unit = "point" if self.points == 1 else "points"
        families = ", ".join(f"{name} {points:g}" for name, points in self.families)
        return f"{self.points:g} {unit}, graded when you hand in: {families}."


@dataclass(frozen=True)
class SuiteFacts:
    """What can be known of a unit's suite without running it."""

    exercises: dict[str, ExerciseFacts] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    serves: dict[str, tuple[str, ...]] = field(default_factory=dict)
    patience: dict[str, float] = field(default_factory=dict)
    gpu: bool = False


def read_suite(folder: Path) -> SuiteFacts:
    """The facts of the suite in a unit's folder; empty ones where it has no hidden_tests.py.

    Raises:
        SuiteBroken: If the file is no Python or fails on import.
    """
    path = folder / f"{MODULE}.py"
    if not path.is_file():
        return SuiteFacts()
    try:
        facts = from_text(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError) as error:
        raise SuiteBroken(f"{path}: {error}") from None
    return facts or from_import(path)


def from_text(text: str) -> SuiteFacts | None:
    """The facts as literals in the module's text; None where some are computed.

    Raises:
        SyntaxError: If the text is no Python.
    """
    tree = ast.parse(text)
    known: set[ast.Call] = set()
    exercises: dict[str, ExerciseFacts] = {}
    names: dict[str, str] = {}  # variable -> exercise id
    options: dict[str, Any] | None = None
    try:
        for node in tree.body:
            match node:
                case ast.Assign(targets=[ast.Name("suite")], value=ast.Call(args=[], keywords=keywords)):
                    options = {str(k.arg): ast.literal_eval(k.value) for k in keywords if k.arg != "folder"}
                case ast.Assign(
                    targets=[ast.Name(variable)],
                    value=ast.Call(ast.Attribute(ast.Name("suite"), "exercise"), args, []) as call,
                ):
                    name, points, *signatures = (ast.literal_eval(arg) for arg in args)
                    exercises[name] = ExerciseFacts(float(points), tuple(map(function_name, signatures)), ())
                    names[variable] = name
                    known.add(call)
                case ast.FunctionDef(decorator_list=decorators):
                    for exercise, family, call in _families(decorators, names):
                        old = exercises[exercise]
                        exercises[exercise] = ExerciseFacts(old.points, old.functions, (*old.families, family))
                        known.add(call)
    except ValueError:  # something is not a literal
        return None
    calls = {node for node in ast.walk(tree) if isinstance(node, ast.Call) and _declares(node)}
    if calls != known or options is None:
        return None
    serves = {module: tuple(names) for module, names in options.get("serves", {}).items()}
    patience, gpu = options.get("patience") or {}, bool(options.get("gpu"))
    return SuiteFacts(exercises, tuple(options.get("without", ())), serves, patience, gpu)


def _families(decorators: list[ast.expr], names: dict[str, str]) -> Iterator[tuple[str, tuple[str, float], ast.Call]]:
    for decorator in reversed(decorators):  # as Python applies them
        match decorator:
            case ast.Call(ast.Attribute(ast.Name(variable), "family"), args, []) if variable in names:
                family, points = (ast.literal_eval(arg) for arg in args)
                yield names[variable], (family, float(points)), decorator


def _declares(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in ("exercise", "family")


def function_name(signature: str) -> str:
    """The function that a signature such as "conv2d(x, w)" belongs to."""
    return signature.partition("(")[0].strip()


def from_import(path: Path) -> SuiteFacts:
    """The facts of the module's suite, imported under a private name; nothing of it stays importable.

    Raises:
        SuiteBroken: If the import fails or the module has no suite.
    """
    before = set(sys.modules)
    sys.path.insert(0, str(path.parent))
    try:
        spec = importlib.util.spec_from_file_location(f"_{MODULE}_of_{path.parent.name}", path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[module.__name__] = module
        spec.loader.exec_module(module)
        suite: Any = module.suite
    except Exception as error:
        raise SuiteBroken(f"{path}: {type(error).__name__}: {error}") from None
    finally:
        sys.path.remove(str(path.parent))
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], "__file__", None)).startswith(f"{path.parent}/"):
                del sys.modules[name]
    exercises = {
        name: ExerciseFacts(
            float(exercise.points),
            tuple(function_name(str(function)) for function in exercise.functions),
            tuple((str(family.name), float(family.points)) for family in exercise.families),
        )
        for name, exercise in suite.exercises.items()
    }
    return SuiteFacts(exercises, tuple(suite.without), dict(suite.serves), dict(suite.patience), bool(suite.gpu))
