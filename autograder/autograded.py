"""The graded notebooks that nbgrader goes on from: OUT/autograded/<learner>/<unit>/<notebook>.ipynb.

With them and the gradebook OUT is a course of nbgrader's: formgrader shows it, `generate_feedback` and `export` work.

These notebooks are shown in browsers by programs that believe them, so all that comes from a learner is made plain:
cells keep their kind and text and nothing else, outputs are ours and only text, and prose cannot hold HTML or links.
Set-up and test cells have the released text: no hidden test is in any of these files, nor in what is made of them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder import feedback, marks, release
from autograder.course import Cell, Role, Unit
from autograder.engine import CellReport
from autograder.errors import AutograderError
from autograder.notebooks import METADATA, NotebookCell, Unreadable, read_ipynb
from autograder.pages import number
from autograder.plan import LOCKED, Alignment, LearnerCell, exercise_id, normal
from autograder.printable import printable_lines
from autograder.records import MAX_OUTPUT, Record, head, student_id, tail, write_whole
from autograder.results import Exercise

FOLDER = "autograded"
CONFIG = "nbgrader_config.py"
MAX_TEXT = 100_000  # characters of one cell
MAX_FOLDER = 255  # bytes of a folder's name
MARK_SCHEME = ("BEGIN MARK SCHEME", "END MARK SCHEME")
TEXT_STUB = "YOUR ANSWER HERE"
CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
NO_WIDTH = "\u200b"  # a space that no one sees
# What begins HTML, a link, an image, the target of a reference or a diagram; such a space after it takes its meaning.
ACTIVE = re.compile(r"<|\](?=[(:\[])|mermai(?=d)", re.IGNORECASE)
NOTES = "# What the grader noted"
CONFIG_TEXT = '''"""Lets nbgrader's programs work on what `autograder grade` wrote: run them in this folder.

nbgrader formgrader: put this folder's settings in reach by starting `jupyter lab` or `jupyter notebook` here.
"""

from pathlib import Path

c = get_config()  # noqa: F821
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
'''


# -- a unit's released notebook ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Released:
    """One cell as learners get it."""

    cell: NotebookCell  # its text as released
    grade: Mapping[str, Any] = field(hash=False)  # nbgrader's metadata, checksum included; empty for other cells

    @property
    def kept(self) -> bool:
        """Whether nbgrader must find the cell: it has a score or a comment."""
        return any(self.grade.get(key) for key in ("grade", "solution", "task"))

    @property
    def restored(self) -> bool:
        """Whether the text is the instructor's whatever the learner did."""
        open_ones = self.grade.get("solution") or self.grade.get("task")
        return not open_ones and bool(self.grade.get("grade") or self.grade.get("locked"))


@dataclass(frozen=True)
class Template:
    """A unit's released cells by the ids of its cells, in order."""

    unit: Unit
    cells: Mapping[str, Released]
    prose: frozenset[str]  # the instructor's own, which may hold HTML

    @classmethod
    def read(cls, unit: Unit, sources: Path) -> Template:
        """The template that the source notebook in nbgrader's source folder gives.

        Raises:
            AutograderError: If it cannot be read.
        """
        path = sources / unit.name / f"{unit.notebook}.ipynb"
        try:
            cells = read_ipynb(path.read_bytes())
        except (OSError, Unreadable) as error:
            raise AutograderError(f"cannot read the source notebook {path}: {error}") from error
        found: dict[str, Released] = {}
        for place, cell in enumerate(cells, 1):
            ident = cell.grade_id if cell.grade and cell.grade_id else cell.id or f"cell-{place}"
            found[ident] = released(cell)
        prose = frozenset(normal(entry.cell.source) for entry in found.values() if entry.cell.kind == "markdown")
        return cls(unit, found, prose)


def released(cell: NotebookCell) -> Released:
    """A source cell without solution, hidden tests and mark scheme, with nbgrader's checksum of that."""
    grade = dict(cell.grade)
    text = cell.source
    if grade.get("solution"):
        stub = marks.CODE_STUB if cell.kind == "code" else TEXT_STUB
        text = marks.replaced(text, marks.SOLUTION, stub) if marks.SOLUTION[0] in text else stub
    text = marks.replaced(marks.replaced(text, marks.HIDDEN_TESTS), MARK_SCHEME)
    if grade.get("grade_id"):
        if not (grade.get("grade") or grade.get("task")):
            grade.pop("points", None)
        grade |= {"cell_type": cell.kind, "checksum": checksum(cell.kind, text, grade)}
    return Released(replace(cell, source=text), grade)


def checksum(kind: str, text: str, grade: Mapping[str, Any]) -> str:
    """nbgrader's checksum of a cell."""
    is_grade, is_solution = bool(grade.get("grade")), bool(grade.get("solution"))
    is_locked = not is_solution and (is_grade or bool(grade.get("locked")))
    parts = [text, kind, str(is_grade), str(is_solution), str(is_locked), str(grade["grade_id"])]
    if is_grade:
        parts.append(str(float(grade["points"])))
    return hashlib.md5("".join(parts).encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


# -- a submission laid out -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    """One cell of the graded notebook, and which step of the run its outputs are those of."""

    kind: str
    source: str
    role: Role
    step: str = ""
    ident: str = ""  # the unit's cell whose metadata it has


def slim(cells: Iterable[NotebookCell]) -> tuple[NotebookCell, ...]:
    """The cells without metadata that nothing here needs, to be kept until they are graded."""
    return tuple(replace(c, metadata={"nbgrader": {"grade_id": c.grade_id}} if c.grade_id else {}) for c in cells)


def lay_out(template: Template, submitted: Sequence[NotebookCell]) -> list[Shown]:
    """The submission's cells in their order, the instructor's where they ran; what nbgrader needs is put back."""
    cells = [LearnerCell(cell, place) for place, cell in enumerate(submitted, 1)]
    pairs = Alignment(template.unit, cells)
    standing = _standing(template, pairs)
    shown = []
    for entry in _woven(pairs):
        if isinstance(entry, Cell):
            if entry.released:
                shown.append(_locked(template, entry.id, entry.role))
        else:
            shown.append(_learners(template, pairs, entry, standing.get(entry.number, "")))
    return _completed(template, shown)


def _standing(template: Template, pairs: Alignment) -> dict[int, str]:
    """The submitted cells that take the place, and the metadata, of a cell of the unit."""
    result = {n: part[1] for n, part in pairs.part.items() if part is not None and part[0] is Role.ANSWER}
    for cell in template.unit.cells:
        found = pairs.places[cell.id]
        if found and cell.role in (Role.WRITTEN, Role.PROSE, Role.CODE):
            text = normal(template.cells[cell.id].cell.source)
            worked = [learner for learner in found if normal(learner.cell.source) != text]
            result.setdefault((worked or found)[-1].number, cell.id)
    return result


def _woven(pairs: Alignment) -> Iterator[Cell | LearnerCell]:
    """All that ran, in its order, and between it what did not run, where the learner had it."""
    order = pairs.order()
    known = {entry.number for entry in order if isinstance(entry, LearnerCell)}
    known |= {n.number for cell in pairs.unit.cells if cell.role in LOCKED for n in pairs.places[cell.id]}
    others = [learner for learner in pairs.cells if learner.number not in known]
    ahead = len(pairs.cells) + 1  # the place of the learner's next own cell
    places = []
    for entry in reversed(order):
        if isinstance(entry, LearnerCell):
            ahead = entry.number
            places.append(ahead)
        else:
            found = pairs.places[entry.id]
            places.append(min(found[0].number, ahead) if found else 0)
    for entry, place in zip(order, reversed(places), strict=True):
        while others and others[0].number < place:
            yield others.pop(0)
        yield entry
    yield from others


def _locked(template: Template, ident: str, role: Role) -> Shown:
    cell = template.cells[ident].cell
    return Shown(cell.kind, cell.source, role, ident, ident)


def _learners(template: Template, pairs: Alignment, learner: LearnerCell, ident: str) -> Shown:
    part = pairs.part.get(learner.number)
    if ident and template.cells[ident].restored:
        return _locked(template, ident, Role.PROSE)
    role, step = part or (Role.PROSE, "")
    kind = "code" if part else learner.cell.kind
    return Shown(*plain(kind, learner.cell.source, template.prose), role, step, ident)


def plain(kind: str, source: str, instructors: frozenset[str] = frozenset()) -> tuple[str, str]:
    """Kind and text of a learner's cell such that a browser shows it and does nothing else."""
    if kind == "markdown" and normal(source) in instructors:
        return kind, source
    if kind == "code":
        return kind, head(printable_lines(source), MAX_TEXT)
    text = head(printable_lines(source.replace(NO_WIDTH, "")), MAX_TEXT)
    text = ACTIVE.sub(lambda match: match[0] + NO_WIDTH, text)
    if kind == "raw":  # browsers get raw cells as they are
        text = "\n".join(f"    {line}" for line in text.split("\n"))
    return "markdown", text


def _completed(template: Template, shown: list[Shown]) -> list[Shown]:
    """With the cells that nbgrader looks for and the learner deleted, as they were released."""
    result = list(shown)
    place = 0
    for ident, entry in template.cells.items():
        found = next((index for index, cell in enumerate(result) if cell.ident == ident), None)
        if found is None and entry.kept:
            result.insert(place, Shown(entry.cell.kind, entry.cell.source, Role.PROSE, "", ident))
            found = place
        place = place if found is None else found + 1
    return result


# -- what is shown of the run --------------------------------------------------------------------------------------


def reports_of(record: Record) -> list[CellReport]:
    """What a record alone keeps of the cells' run."""
    reports = []
    for exercise, answer in record.answers.items():
        error = answer.error.strip().rpartition("\n")[2] or None
        reports.append(CellReport(exercise, Role.ANSWER, error, answer.output, answer.error))
        if answer.check:
            reports.append(CellReport(f"check-{exercise}", Role.CHECK, answer.check))
    return reports


def to_json(template: Template, submitted: Sequence[NotebookCell], record: Record, reports: list[CellReport]) -> str:
    """The graded notebook's file."""
    if record.result.status == "rejected":
        submitted = [replace(entry.cell, metadata={"nbgrader": entry.grade}) for entry in template.cells.values()]
    ran = {(report.role, report.id): report for report in reports}
    tests = test_outputs(record)
    cells = [_notes(record)]
    taken = {"autograder-notes"}
    for place, shown in enumerate(lay_out(template, submitted), 1):
        outputs = _outputs(shown, ran, tests) if shown.kind == "code" else []
        cells.append(_as_json(template, shown, _cell_id(template, shown, place, taken), outputs))
    content = {"cells": [cell for cell in cells if cell], "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(content, sort_keys=True) + "\n"  # with an indent it takes ten times as long


def _cell_id(template: Template, shown: Shown, place: int, taken: set[str]) -> str:
    own = template.cells[shown.ident].cell.id if shown.ident else ""
    ident = own if CELL_ID.fullmatch(own) and own not in taken else f"cell-{place}"
    while ident in taken:
        ident += "x"
    taken.add(ident)
    return ident


def _as_json(template: Template, shown: Shown, ident: str, outputs: list[dict[str, Any]]) -> dict[str, Any]:
    metadata: dict[str, Any] = {}
    if shown.ident and template.cells[shown.ident].grade:
        entry = template.cells[shown.ident]
        metadata = {"nbgrader": {**entry.grade, "cell_type": shown.kind}}
        if entry.kept or entry.restored:
            metadata["deletable"] = False
        if entry.restored:
            metadata["editable"] = False
    only_code: dict[str, Any] = {"execution_count": None, "outputs": outputs} if shown.kind == "code" else {}
    source = shown.source.splitlines(keepends=True)
    return {"cell_type": shown.kind, "id": ident, "metadata": metadata, "source": source, **only_code}


def _outputs(
    shown: Shown, ran: Mapping[tuple[Role, str], CellReport], tests: Mapping[str, list[dict[str, Any]]]
) -> list[dict[str, Any]]:
    if shown.role is Role.TESTS:
        return tests.get(exercise_id(shown.step)) or [_error("not graded")]
    report = ran.get((shown.role, shown.step)) if shown.step else None
    if report is None:
        return []
    printed = [_stream(report.output)] if report.output else []
    error = report.traceback or report.error
    if not error and report.died:
        error = f"the code {feedback.STATUS_WORDS['timeout' if report.died == 'timeout' else 'crashed']}"
    return printed + ([_error(error, report.error or "")] if error else [])


def test_outputs(record: Record) -> dict[str, list[dict[str, Any]]]:
    """What each exercise's test cell shows, such that nbgrader reads the exercise's score from it."""
    exercises = record.result.exercises
    view = feedback.view(record)
    texts = map(_told, view.exercises) if view.exercises else (view.trouble for _ in exercises)
    return {e.id: _scored(e, f"{_score(e)}\n{text}".strip()) for e, text in zip(exercises, texts, strict=True)}


def _score(exercise: Exercise | feedback.ExerciseView | feedback.FamilyView) -> str:
    return f"{number(exercise.score)} of {number(exercise.points)} points"


def _scored(exercise: Exercise, text: str) -> list[dict[str, Any]]:
    """An error gives nothing, a number gives itself, anything else gives all points."""
    if exercise.score >= exercise.points:
        return [_stream(text)]
    if exercise.score <= 0:
        return [_stream(text), _error(f"{exercise.id}: {_score(exercise)}")]
    data = {"text/plain": [repr(float(exercise.score))]}
    result = {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": None}
    return [_stream(text), result]


def _told(exercise: feedback.ExerciseView) -> str:
    lines = []
    for family in exercise.families:
        again = f", {family.again}" if family.again else ""
        lines.append(f"{'✓' if family.passed else '✗'} {family.name}: {_score(family)}{again}")
        texts = [family.call, family.fault]
        if family.mistake:
            texts.append(f"{feedback.LOOKS_LIKE}, {family.mistake}" + (f": {family.why}" if family.why else "."))
        lines += [f"    {line}" for text in texts if text for line in text.split("\n")]
    return "\n".join(lines)


def _notes(record: Record) -> dict[str, Any]:
    """A cell of ours on top, where there is something to say of the submission as a whole."""
    view = feedback.view(record)
    notes = [text for text in (view.trouble, view.unsafe, *view.notes) if text]
    if not notes:
        return {}
    outputs = [_stream("\n".join(notes))]
    cell = {"cell_type": "code", "id": "autograder-notes", "metadata": {}, "source": [NOTES]}
    return {**cell, "execution_count": None, "outputs": outputs}


def _stream(text: str) -> dict[str, Any]:
    shown = tail(printable_lines(text).strip("\n"), MAX_OUTPUT)
    return {"output_type": "stream", "name": "stdout", "text": f"{shown}\n".splitlines(keepends=True)}


def _error(text: str, line: str = "") -> dict[str, Any]:
    shown = tail(printable_lines(text).strip("\n"), MAX_OUTPUT)
    name, _, value = printable_lines(line or shown).partition(": ")
    name = name if name.isidentifier() else "Error"
    return {"output_type": "error", "ename": name, "evalue": head(value, 300), "traceback": shown.split("\n")}


# -- files ---------------------------------------------------------------------------------------------------------


def path(out: Path, unit: Unit, learner: str) -> Path | None:
    """Where a graded notebook is; None where the learner's name is too long for nbgrader."""
    folder = student_id(learner)
    if len(os.fsencode(folder)) > MAX_FOLDER:
        return None
    return out / FOLDER / folder / unit.name / f"{unit.notebook}.ipynb"


def copy(part: Path, out: Path, unit: Unit, learner: str) -> None:
    """Copy one graded notebook from a folder to another, as it is.

    Raises:
        AutograderError: If it cannot be written.
    """
    old, new = path(part, unit, learner), path(out, unit, learner)
    if old is not None and new is not None and old.is_file():
        write_whole(new, old.read_text(encoding="utf-8"))


class Writer:
    """Writes the graded notebooks of a class.

    Args:
        root: The course.
        out: The folder that becomes a course of nbgrader's.
    """

    def __init__(self, root: Path, out: Path) -> None:
        self.root = root
        self.out = out
        self.templates: dict[str, Template] = {}

    def template(self, unit: Unit) -> Template:
        """The unit's template, read once."""
        if unit.name not in self.templates:
            self.templates[unit.name] = Template.read(unit, release.build_sources(self.root, [unit.name]))
        return self.templates[unit.name]

    def write(
        self, unit: Unit, cells: Sequence[NotebookCell], record: Record, reports: list[CellReport] | None = None
    ) -> None:
        """Write one graded notebook; without reports it shows what the record keeps and one that is there stays.

        Raises:
            AutograderError: If it cannot be written.
        """
        place = path(self.out, unit, record.result.learner)
        if place is None or (reports is None and place.is_file()):
            return
        reports = reports_of(record) if reports is None else reports
        write_whole(place, to_json(self.template(unit), cells, record, reports))

    def configure(self, db: str | None = None) -> None:
        """Write nbgrader's settings, unless there are some.

        Raises:
            AutograderError: If they cannot be written.
        """
        place = self.out / CONFIG
        if not place.exists():
            named = f"c.CourseDirectory.db_url = {db!r}\n" if db and "@" not in db else ""  # no password in a file
            write_whole(place, CONFIG_TEXT + named)
