"""The units of a course, from percent sources (solutions/) or from notebooks in nbgrader's layout (source/).

Both become nbgrader's cells first; a cell's role follows from its nbgrader metadata and from the names it uses.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from autograder.course import Cell, Role, Unit
from autograder.errors import AutograderError
from autograder.notebooks import NotebookCell, Unreadable, read_ipynb
from autograder.sources import CourseError, defined, expand, read_source, source_folders

FOLDERS = ("solutions", "source")


class UnknownUnit(AutograderError):
    """There is no unit of that name; the message names those that come near."""


def find_course(start: Path) -> Path:
    """The folder itself or the nearest one above it that holds a course.

    Raises:
        CourseError: If none does.
    """
    for folder in (start.resolve(), *start.resolve().parents):
        if source_folders(folder) or notebook_folders(folder):
            return folder
    raise CourseError(f"no course in {start} or above: expected solutions/<NN_unit>/ or source/<assignment>/*.ipynb")


class Course(Mapping[str, Unit]):
    """The units of a course by name, in order; each is read when it is first asked for.

    Asking raises CourseError if the unit is faulty.
    """

    def __init__(self, folders: Mapping[str, Path]) -> None:
        self._folders = folders
        self._units: dict[str, Unit] = {}

    def __getitem__(self, name: str) -> Unit:
        if name not in self._units:
            self._units[name] = load_unit(self._folders[name])
        return self._units[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._folders)

    def __len__(self) -> int:
        return len(self._folders)


def load_course(root: Path, only: Collection[str] = ()) -> Course:
    """The units of a course by name, in order; where `only` is given, those.

    Raises:
        CourseError: If there is no course at `root`.
        UnknownUnit: If `only` names a unit that the course does not have.
    """
    folders = {folder.name: folder for folder in notebook_folders(root)}
    for folder in source_folders(root):
        if folder.name in folders:
            raise CourseError(f"{folder.name}: stands in solutions/ and in source/, one of them must go")
        folders[folder.name] = folder
    if not folders:
        raise CourseError(f"no course in {root}: expected solutions/<NN_unit>/ or source/<assignment>/*.ipynb")
    names = sorted(folders)
    if only:
        names = [check_name(name, names) for name in sorted(only)]
    return Course({name: folders[name] for name in names})


def check_name(name: str, known: Iterable[str]) -> str:
    """The name, if a unit has it.

    Raises:
        UnknownUnit: If none has; says which come near, else which there are.
    """
    known = list(known)
    if name in known:
        return name
    near = difflib.get_close_matches(name, known, 3, 0.5) or [other for other in known if name and name in other]
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}"
    raise UnknownUnit(f"no unit {name!r}: {hint}")


def notebook_folders(course: Path) -> list[Path]:
    """The assignments of a course in nbgrader's layout, in order."""
    return sorted(folder for folder in (course / "source").glob("*") if any(folder.glob("*.ipynb")))


def load_unit(folder: Path) -> Unit:
    """The unit in a folder of solutions/ or of source/.

    Raises:
        CourseError: If it is faulty.
    """
    if folder.parent.name == "solutions":
        source = read_source(folder)
        unit = from_nbgrader(source.unit, source.notebook, expand(source))
        facts = source.facts
        tests = folder if facts.exercises else None
        return replace(
            unit,
            tests=tests,
            without=facts.without,
            serves=facts.serves,
            patience=facts.patience,
            gpu=facts.gpu,
        )
    path, *others = sorted(folder.glob("*.ipynb"))
    if others:
        raise CourseError(f"{folder}: {1 + len(others)} notebooks; an assignment of one notebook is expected")
    try:
        cells = read_ipynb(path.read_bytes())
    except Unreadable as error:
        raise CourseError(f"{path}: {error}") from None
    unit = from_nbgrader(folder.name, path.stem, cells)
    if not unit.exercises:
        raise CourseError(f"{path}: no cell is graded, according to its nbgrader metadata")
    return with_imports(unit)


def from_nbgrader(name: str, notebook: str, cells: Sequence[NotebookCell]) -> Unit:
    """A unit whose cells have their roles; read-only code that mentions a learner's name is a visible test.

    Raises:
        CourseError: If two cells have the same id.
    """
    learners: set[str] = set()  # names that only the learner's side has
    result: list[Cell] = []
    for number, cell in enumerate(cells, 1):
        role, points = role_of(cell)
        if role is Role.ANSWER:
            learners |= defined(cell.source)
        elif role is Role.SETUP and (cell.grade_id.startswith("check-") or mentioned(cell.source) & learners):
            role = Role.CHECK
        ident = cell.grade_id if cell.grade and cell.grade_id else cell.id or f"cell-{number}"
        if role is not Role.PROSE and any(ident == other.id for other in result):
            raise CourseError(f"{name}: two cells have the id {ident}")
        result.append(Cell(ident, role, cell.source, points))
    return Unit(name, notebook, tuple(result))


def role_of(cell: NotebookCell) -> tuple[Role, float]:
    """What nbgrader's metadata say a cell is for, and its points."""
    grade = cell.grade
    points = grade.get("points")
    worth = float(points) if isinstance(points, int | float) else 0.0
    if grade.get("task") or (grade.get("grade") and grade.get("solution")):
        return Role.WRITTEN, worth
    if cell.kind != "code":
        return Role.PROSE, 0.0
    if grade.get("grade"):
        return Role.TESTS, worth
    if grade.get("solution"):
        return Role.ANSWER, 0.0
    return (Role.SETUP if grade.get("locked") else Role.CODE), 0.0


def mentioned(code: str) -> set[str]:
    """The names that an instructor's code looks up; none if it is no Python."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return set()
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def with_imports(unit: Unit) -> Unit:
    """The unit with the ordinary cells that its tests stand on made part of the set-up.

    nbgrader's courses often import NumPy in a cell that is not read-only. The learner's version of such a cell runs
    on the learner's side as before; the trusted side needs the instructor's.
    """
    learners: set[str] = set()
    for cell in unit.cells:
        if cell.role is Role.ANSWER:
            learners |= defined(cell.source)
    needed = {
        name
        for cell in unit.cells
        if cell.role in (Role.TESTS, Role.CHECK, Role.SETUP)
        for name in mentioned(cell.source) - defined(cell.source)
    }
    cells: list[Cell] = []
    for cell in reversed(unit.cells):
        names = mentioned(cell.source)
        cells.append(cell)
        if cell.role is Role.CODE and defined(cell.source) & needed and not names & learners:
            needed |= names
            cells.append(Cell(f"{cell.id}-trusted", Role.SETUP, cell.source, released=False))
    return replace(unit, cells=tuple(reversed(cells)))


def course_root(course: Path | None) -> Path:
    """The course that was named, else the one around this folder, else the one that this program came with.

    Raises:
        AutograderError: If there is none.
    """
    if course is not None:
        return find_course(course)
    try:
        return find_course(Path.cwd())
    except AutograderError:
        with suppress(AutograderError):
            return find_course(Path(__file__).parent)
        raise
