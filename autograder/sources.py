"""A unit's percent source, its cell options expanded to nbgrader's cells.

| option in the source | nbgrader cells |
|---|---|
| `setup="imports"` | read-only code "imports" |
| `exercise="mean"` | solution cell "mean" |
| `points=3 tests="mean"` | read-only code "check-mean" with the visible tests, test cell "test-mean" that grades |
| `[markdown] answer="why" points=1` | written answer "why", graded by hand |

Visible and hidden tests stand in two cells so that a failing visible test does not cost the hidden tests' points.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder.errors import AutograderError
from autograder.notebooks import NotebookCell, Unreadable, read_percent
from autograder.suites import MODULE, ExerciseFacts, SuiteFacts, read_suite

UNIT_NAME = re.compile(r"\d\d_(?P<notebook>\w+)")
CELL_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
OPTIONS = {"code": [{"setup"}, {"exercise"}, {"points", "tests"}, set()], "markdown": [{"answer", "points"}, set()]}
HIDDEN_TESTS = """\
# {facts}
### BEGIN HIDDEN TESTS
from hidden_tests import suite; suite.grade("{exercise}", {functions})
### END HIDDEN TESTS"""


class CourseError(AutograderError):
    """The course's own files are not right; one line for each fault, with its place."""


@dataclass(frozen=True, eq=False)
class Source:
    """One unit as its author wrote it."""

    path: Path  # of the percent text
    cells: tuple[NotebookCell, ...]
    facts: SuiteFacts

    @property
    def unit(self) -> str:
        """The unit's name, that of its folder."""
        return self.path.parent.name

    @property
    def notebook(self) -> str:
        """The notebook's name without its suffix."""
        return self.path.stem

    def fault(self, cell: NotebookCell, what: str) -> str:
        """One line that says where something is wrong."""
        return f"{self.path}:{cell.line}: {label(cell)}: {what}"


def label(cell: NotebookCell) -> str:
    """A cell's options in short, for messages."""
    names = [
        f'{key}="{cell.metadata[key]}"' for key in ("setup", "exercise", "tests", "answer") if key in cell.metadata
    ]
    return names[0] if names else f"{cell.kind} cell"


def source_folders(course: Path) -> list[Path]:
    """The folders of a course's units that are written as percent text, in order."""
    folders = (folder for folder in (course / "solutions").glob("*") if UNIT_NAME.fullmatch(folder.name))
    return sorted(folder for folder in folders if any(folder.glob("*.py")))


def read_source(folder: Path) -> Source:
    """Read a unit's percent text and the facts of its hidden tests.

    Raises:
        CourseError: If the text is missing or is no percent text.
        SuiteBroken: If the hidden tests cannot be read.
    """
    match = UNIT_NAME.fullmatch(folder.name)
    if match is None:
        raise CourseError(f"{folder}: a unit's folder is two digits, an underscore and a name")
    path = folder / f"{match['notebook']}.py"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CourseError(f"{path}: missing; a unit's notebook has the name of its folder") from None
    tests = folder / f"{MODULE}.py"
    return _source(path, text, tests.stat().st_mtime_ns if tests.exists() else 0)


@functools.lru_cache(maxsize=256)  # one command reads a unit several times
def _source(path: Path, text: str, tests_changed: int) -> Source:
    try:
        cells = read_percent(text)
    except Unreadable as error:
        raise CourseError(f"{path}: {error}") from None
    return Source(path, cells, read_suite(path.parent))


@functools.cache
def expand(source: Source) -> tuple[NotebookCell, ...]:
    """The cells of nbgrader's source notebook.

    Raises:
        CourseError: If options, names or points do not fit together.
    """
    faults = [*_option_faults(source), *_name_faults(source), *_exercise_faults(source)]
    if faults:
        raise CourseError("\n".join(faults))
    cells = [new for cell in source.cells for new in _expand_cell(cell, source.facts)]
    return tuple(_with_ids(cells))


def _expand_cell(cell: NotebookCell, facts: SuiteFacts) -> list[NotebookCell]:
    match dict(cell.metadata):
        case {"setup": str(name)}:
            return [_nbgrader(cell, name, locked=True)]
        case {"exercise": str(name)}:
            return [_nbgrader(cell, name, solution=True)]
        case {"tests": str(name), "points": int() | float() as points}:
            hidden = replace(cell, source=hidden_tests(name, facts.exercises[name]))
            tests = _nbgrader(hidden, f"test-{name}", grade=True, locked=True, points=points)
            return [_nbgrader(cell, f"check-{name}", locked=True), tests] if cell.source else [tests]
        case {"answer": str(name), "points": int() | float() as points}:
            return [_nbgrader(cell, name, grade=True, solution=True, points=points)]
    return [replace(cell, metadata={})]


def hidden_tests(exercise: str, facts: ExerciseFacts) -> str:
    """The text of the cell that grades an exercise."""
    return HIDDEN_TESTS.format(facts=facts, exercise=exercise, functions=", ".join(facts.functions))


def _nbgrader(cell: NotebookCell, name: str, **what: Any) -> NotebookCell:
    flags = {"grade": False, "locked": False, "solution": False, "task": False}
    grade = {**flags, **what, "grade_id": name, "schema_version": 3}
    return replace(cell, id=name, metadata={"nbgrader": grade})


def _with_ids(cells: Sequence[NotebookCell]) -> Iterator[NotebookCell]:
    """Give cells without a name the hash of their text, which stays the same from build to build."""
    taken = {cell.id for cell in cells}
    for cell in cells:
        if cell.id:
            yield cell
            continue
        stem = hashlib.sha256(f"{cell.kind}\n{cell.source}".encode()).hexdigest()[:8]
        copies = (f"{stem}-{number}" for number in range(2, len(cells) + 2))
        name = stem if stem not in taken else next(copy for copy in copies if copy not in taken)
        taken.add(name)
        yield replace(cell, id=name)


def _option_faults(source: Source) -> Iterator[str]:
    known = set().union(*(options for kind in OPTIONS.values() for options in kind))
    for cell in source.cells:
        given = set(cell.metadata)
        if unknown := sorted(given - known):
            yield source.fault(cell, f"unknown option {', '.join(unknown)}; known are {', '.join(sorted(known))}")
        elif given not in OPTIONS[cell.kind]:
            yield source.fault(cell, f"a {cell.kind} cell cannot have the options {', '.join(sorted(given))}")
        for option, value in cell.metadata.items():
            if option == "points" and (isinstance(value, str) or value <= 0):
                yield source.fault(cell, f"points are a number above 0, not {value!r}")
            elif option != "points" and option in known and not CELL_NAME.fullmatch(str(value)):
                yield source.fault(cell, f"{option}={value!r} is no name in kebab-case")


def _name_faults(source: Source) -> Iterator[str]:
    """Names that nbgrader's gradebook could not tell apart."""
    taken: set[str] = set()
    for cell in source.cells:
        names = [str(cell.metadata[key]) for key in ("setup", "exercise", "answer") if key in cell.metadata]
        if "tests" in cell.metadata:
            names = [f"{kind}-{cell.metadata['tests']}" for kind in ("check", "test")]
        for name in names:
            if name in taken:
                yield source.fault(cell, f"the id {name} is taken by an earlier cell")
            taken.add(name)


def _exercise_faults(source: Source) -> Iterator[str]:
    """Exercises, visible tests and hidden tests that do not fit together."""
    suite = source.facts.exercises
    exercises = {cell.metadata["exercise"]: cell for cell in source.cells if "exercise" in cell.metadata}
    tests = {cell.metadata["tests"]: cell for cell in source.cells if "tests" in cell.metadata}
    for name, cell in exercises.items():
        if name not in tests:
            yield source.fault(cell, f'no tests: a cell with tests="{name}" must follow')
    for name, cell in tests.items():
        if name not in exercises:
            yield source.fault(cell, f'no exercise: a cell with exercise="{name}" must come before')
        elif exercises[name].line > cell.line:
            yield source.fault(cell, "the tests stand before their exercise")
        elif name not in suite:
            yield source.fault(cell, "no hidden tests: the suite in hidden_tests.py does not have this exercise")
        else:
            yield from _suite_faults(source, cell, exercises[name], suite[name])
    for name in suite.keys() - tests.keys():
        yield f"{source.path}: hidden_tests.py grades {name}, which no cell of the notebook has"


def _suite_faults(source: Source, cell: NotebookCell, answer: NotebookCell, facts: ExerciseFacts) -> Iterator[str]:
    total = sum(points for _, points in facts.families)
    given = cell.metadata.get("points")
    if not given == facts.points == total:
        yield source.fault(
            cell,
            f"{given} points here, {facts.points:g} in hidden_tests.py, whose families add up to {total:g}",
        )
    if missing := [name for name in facts.functions if name not in defined(answer.source)]:
        yield source.fault(answer, f"the hidden tests call {', '.join(missing)}, which the solution does not define")


@functools.cache  # a class has one course, and every job asks
def defined(code: str, imports: bool = True) -> frozenset[str]:
    """The names that an instructor's code binds at its top level, by imports too or not; none if it is no Python."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return frozenset()
    return frozenset(name for node in tree.body for name in bound(node, imports))


def bound(node: ast.AST, imports: bool = True) -> set[str]:
    """The names that a statement binds, without those inside functions and classes it defines."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.partition(".")[0] for alias in node.names} if imports else set()
    if isinstance(node, ast.Name):
        return {node.id} if isinstance(node.ctx, ast.Store) else set()
    here = {node.name} if isinstance(node, ast.ExceptHandler) and node.name else set()
    return here.union(*(bound(child, imports) for child in ast.iter_child_nodes(node)))
