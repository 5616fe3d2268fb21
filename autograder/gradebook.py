"""Writes results into nbgrader's own gradebook, from where formgrader, export and feedback go on.

The gradebook holds afterwards what `nbgrader generate_assignment` and `nbgrader autograde` would have written. They
commit each object by itself; here a whole class is one transaction: all of it is written or nothing. What a person
entered (scores, extra credit, comments) is never touched. A cell with such a score is marked for another look when its
submission was graded anew, as nbgrader does. To know that, one table of our own keeps the fingerprint of each.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from autograder import marks
from autograder.course import Unit
from autograder.database import insert, nbgrader_api, opened, update
from autograder.errors import AutograderError
from autograder.plan import exercise_id
from autograder.records import Record, student_id

FILE = "gradebook.db"
NO_RESPONSE = "No response."  # nbgrader's words for an answer cell that is as it was released

OURS = sa.Table(
    "autograder_submission",
    sa.MetaData(),
    sa.Column("id", sa.String(32), primary_key=True),  # of nbgrader's submitted_notebook
    sa.Column("fingerprint", sa.String(64), nullable=False),
)


def default_url(out: Path) -> sa.URL:
    """The gradebook that is used where none is named: SQLite, OUT/gradebook.db."""
    return sa.URL.create("sqlite", database=str((out / FILE).resolve()))


def write(
    db_url: str | sa.URL,
    units: Iterable[Unit],
    source: Path,
    records: Sequence[Record],
    course_id: str = "default_course",
) -> None:
    """Bring a gradebook up to date; one that does not exist is created.

    Args:
        db_url: Where it is, as SQLAlchemy writes it.
        units: The units of the records.
        source: nbgrader's source folder, which has SOURCE/<unit>/<notebook>.ipynb with solutions and hidden tests.
        records: All that is to be written; of earlier ones nothing is removed.
        course_id: nbgrader's name of the course.

    Raises:
        AutograderError: If the gradebook cannot be read or written, or if a cell that the source no longer has was
            graded by hand. The gradebook is then as it was.
    """
    with opened(db_url, course_id) as session:
        OURS.create(session.connection(), checkfirst=True)
        _add_students(session, {student_id(record.result.learner) for record in records})
        for unit in units:
            notebook = _with_checksums(source / unit.name / f"{unit.notebook}.ipynb")
            structure = _structure(session, unit, notebook, course_id)
            _write_unit(session, structure, [record for record in records if record.result.unit == unit.name])
        session.commit()


def warm_up() -> None:
    """Import what `write` needs, which takes half a second that can pass while something else is waited for."""
    nbgrader_api()


# -- what the instructor wrote -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Structure:
    """A unit as the gradebook knows it: ids by name."""

    unit: Unit
    assignment: str
    notebook: str
    graded: Mapping[str, str]  # cells that have a score
    commented: Mapping[str, str]  # cells that have a comment
    by_hand: Collection[str]  # names of cells that a person grades
    stubs: Mapping[str, str]  # the released text of each answer


def _with_checksums(path: Path) -> Any:
    """A source notebook as nbgrader records it: solutions taken out, hidden tests left in, checksums put in.

    Raises:
        AutograderError: If it cannot be read.
    """
    nbgrader_api()
    import nbformat
    from nbgrader.preprocessors import ClearSolutions, ComputeChecksums, LockCells

    try:
        notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
        for step in (LockCells(), ClearSolutions(code_stub={"python": marks.CODE_STUB}), ComputeChecksums()):
            notebook, _ = step.preprocess(notebook, {})
    except (OSError, ValueError, RuntimeError) as error:
        raise AutograderError(f"cannot read the source notebook {path}: {error}") from error
    return notebook


def _structure(session: Session, unit: Unit, notebook: Any, course_id: str) -> _Structure:
    """Record a unit's assignment, notebook and cells."""
    api = nbgrader_api()
    assignment = session.scalar(sa.select(api.Assignment.id).filter_by(name=unit.name))
    if assignment is None:
        assignment = uuid4().hex
        insert(session, api.Assignment, [{"id": assignment, "name": unit.name, "course_id": course_id}])
    notebook_id = _notebook(session, unit, assignment, notebook.metadata.get("kernelspec", {}))
    wanted = _wanted(notebook)
    ids = {model: _sync(session, unit, notebook_id, model, rows) for model, rows in wanted.items()}
    by_hand = {
        name
        for name, row in wanted[api.GradeCell].items()
        if name in ids[api.SolutionCell] or row["cell_type"] != "code"
    }
    return _Structure(
        unit,
        assignment,
        notebook_id,
        graded=ids[api.GradeCell] | ids[api.TaskCell],
        commented=ids[api.SolutionCell] | ids[api.TaskCell],
        by_hand=by_hand | set(ids[api.TaskCell]),
        stubs={name: wanted[api.SourceCell][name]["source"] for name in ids[api.SolutionCell]},
    )


def _notebook(session: Session, unit: Unit, assignment: str, kernelspec: Mapping[str, str]) -> str:
    """The id of the unit's notebook."""
    api = nbgrader_api()
    query = sa.select(api.Notebook.name, api.Notebook.id).filter_by(assignment_id=assignment)
    known: dict[str, str] = {name: ident for name, ident in session.execute(query)}
    if others := sorted(set(known) - {unit.notebook}):
        raise AutograderError(
            f"in this gradebook {unit.name} has the notebook {', '.join(others)}, in the course {unit.notebook}: "
            "choose another gradebook with --db"
        )
    row = {"name": unit.notebook, "assignment_id": assignment, "kernelspec": json.dumps(kernelspec)}
    if not known:
        known[unit.notebook] = uuid4().hex
        insert(session, api.Notebook, [{"id": known[unit.notebook], **row}])
    return known[unit.notebook]


def _wanted(notebook: Any) -> dict[Any, dict[str, dict[str, Any]]]:
    """The rows of each kind of cell, by name, as nbgrader's SaveCells makes them."""
    api = nbgrader_api()
    from nbgrader import utils

    rows: dict[Any, dict[str, dict[str, Any]]] = {
        model: {} for model in (api.GradeCell, api.SolutionCell, api.TaskCell, api.SourceCell)
    }
    for cell in notebook.cells:
        grade = cell.metadata.get("nbgrader", {})
        name = grade.get("grade_id")
        kinds = {api.GradeCell: utils.is_grade(cell), api.TaskCell: utils.is_task(cell)}
        for model in (model for model, is_so in kinds.items() if is_so):
            rows[model][name] = {"max_score": float(grade["points"]), "cell_type": cell.cell_type}
        if utils.is_solution(cell):
            rows[api.SolutionCell][name] = {}
        if any(kinds.values()) or utils.is_solution(cell) or utils.is_locked(cell):
            rows[api.SourceCell][name] = {
                "cell_type": cell.cell_type,
                "locked": utils.is_locked(cell),
                "source": cell.source,
                "checksum": grade.get("checksum"),
            }
    return rows


def _sync(
    session: Session, unit: Unit, notebook: str, model: Any, wanted: Mapping[str, Mapping[str, Any]]
) -> dict[str, str]:
    """Make a notebook's cells of one kind those that are wanted; their ids by name."""
    known = {row.name: row for row in session.scalars(sa.select(model).filter_by(notebook_id=notebook))}
    for name in set(known) - set(wanted):
        if model is not nbgrader_api().SourceCell:
            _forget_grades(session, unit, name, known[name].id)
        session.delete(known.pop(name))
    for name, values in wanted.items():
        if name not in known:
            known[name] = model(id=uuid4().hex, name=name, notebook_id=notebook, **values)
            session.add(known[name])
        else:
            for key, value in values.items():
                setattr(known[name], key, value)
    session.flush()
    return {name: str(row.id) for name, row in known.items()}


def _forget_grades(session: Session, unit: Unit, name: str, cell: str) -> None:
    """Remove what the grader alone said of a cell that is no more.

    Raises:
        AutograderError: If a person said something.
    """
    api = nbgrader_api()
    by_hand = (
        (api.Grade, api.Grade.manual_score.is_not(None) | api.Grade.extra_credit.is_not(None)),
        (api.Comment, api.Comment.manual_comment.is_not(None)),
    )
    for model, entered in by_hand:
        if session.scalar(sa.select(model.id).where(model.cell_id == cell, entered).limit(1)):
            raise AutograderError(
                f"{unit.name} no longer has the cell {name}, for which this gradebook has scores or comments given by "
                "hand: put the cell back, or choose another gradebook with --db"
            )
        session.execute(sa.delete(model).where(model.cell_id == cell))


# -- what the learners earned --------------------------------------------------------------------------------------


def _add_students(session: Session, students: Collection[str]) -> None:
    api = nbgrader_api()
    known = set(session.scalars(sa.select(api.Student.id)))
    insert(session, api.Student, [{"id": student} for student in sorted(set(students) - known)])


def _write_unit(session: Session, structure: _Structure, records: Sequence[Record]) -> None:
    """Write all submissions of one unit."""
    submitted = _submissions(session, structure, [student_id(record.result.learner) for record in records])
    _add_grades_and_comments(session, structure)
    known = {ident: old for ident, old in session.execute(sa.select(OURS.c.id, OURS.c.fingerprint))}
    by_id = {submitted[student_id(record.result.learner)]: record for record in records}
    fresh = {ident for ident, record in by_id.items() if known.get(ident) != record.fingerprint}
    _update_grades(session, structure, by_id, fresh)
    _update_comments(session, structure, by_id)
    session.execute(sa.delete(OURS).where(OURS.c.id.in_(fresh & set(known))))
    rows = [{"id": ident, "fingerprint": by_id[ident].fingerprint} for ident in sorted(fresh)]
    if rows:
        session.execute(sa.insert(OURS), rows)


def _submissions(session: Session, structure: _Structure, students: Iterable[str]) -> dict[str, str]:
    """The ids of the submitted notebooks by student, created where there are none."""
    api = nbgrader_api()
    assigned, submitted = api.SubmittedAssignment, api.SubmittedNotebook
    query = sa.select(assigned.student_id, assigned.id).filter_by(assignment_id=structure.assignment)
    assignments: dict[str, str] = {student: ident for student, ident in session.execute(query)}
    new = [
        {"id": uuid4().hex, "assignment_id": structure.assignment, "student_id": student}
        for student in students
        if student not in assignments
    ]
    insert(session, assigned, new)
    assignments |= {row["student_id"]: row["id"] for row in new}
    query = sa.select(submitted.assignment_id, submitted.id).filter_by(notebook_id=structure.notebook)
    notebooks: dict[str, str] = {assignment: ident for assignment, ident in session.execute(query)}
    rows = [
        {"id": uuid4().hex, "assignment_id": assignment, "notebook_id": structure.notebook}
        for assignment in assignments.values()
        if assignment not in notebooks
    ]
    insert(session, submitted, rows)
    notebooks |= {row["assignment_id"]: row["id"] for row in rows}
    return {student: notebooks[assignment] for student, assignment in assignments.items()}


def _of_notebook(model: Any, structure: _Structure, *columns: Any) -> Any:
    """A query for grades or comments of all submissions of a notebook: submission, cell and more columns."""
    submitted = nbgrader_api().SubmittedNotebook
    query = sa.select(model.notebook_id, model.cell_id, *columns)
    return query.join(submitted, submitted.id == model.notebook_id).where(submitted.notebook_id == structure.notebook)


def _add_grades_and_comments(session: Session, structure: _Structure) -> None:
    """Give every submission a grade and a comment for every cell that has one."""
    api = nbgrader_api()
    query = sa.select(api.SubmittedNotebook.id).filter_by(notebook_id=structure.notebook)
    submitted = list(session.scalars(query))
    for model, cells in ((api.Grade, structure.graded), (api.Comment, structure.commented)):
        known = {(notebook, cell) for notebook, cell in session.execute(_of_notebook(model, structure))}
        rows = [
            {"id": uuid4().hex, "notebook_id": notebook, "cell_id": cell}
            for notebook in submitted
            for cell in cells.values()
            if (notebook, cell) not in known
        ]
        insert(session, model, rows)


def _update_grades(
    session: Session, structure: _Structure, records: Mapping[str, Record], fresh: Collection[str]
) -> None:
    """Write the automatic scores; flag what a person must look at."""
    grade = nbgrader_api().Grade
    names = {cell: name for name, cell in structure.graded.items()}
    scores = {notebook: _scores(structure, record) for notebook, record in records.items()}
    columns = (grade.id, grade.auto_score, grade.manual_score, grade.needs_manual_grade)
    rows = []
    for notebook, cell, ident, auto, manual, flag in session.execute(_of_notebook(grade, structure, *columns)):
        if notebook not in records:
            continue
        score = scores[notebook][names[cell]]
        needed = score is None if manual is None else flag or notebook in fresh
        if (auto, flag) != (score, needed):
            rows.append({"id": ident, "auto_score": score, "needs_manual_grade": needed})
    update(session, grade, rows)


def _scores(structure: _Structure, record: Record) -> dict[str, float | None]:
    """The automatic score of each graded cell; None where a person has to give one."""
    earned = {exercise.id: exercise.score for exercise in record.result.exercises}
    scores: dict[str, float | None] = {}
    for name in structure.graded:
        if name not in structure.by_hand:
            scores[name] = earned.get(exercise_id(name), 0.0)
        elif record.result.status == "rejected" or _unanswered(structure, record, name):
            scores[name] = 0.0
        else:
            scores[name] = None
    return scores


def _unanswered(structure: _Structure, record: Record, name: str) -> bool:
    """Whether an answer is known to be missing or as it was released."""
    answer, stub = record.answers.get(name), structure.stubs.get(name)
    return answer is not None and stub is not None and answer.source.strip() in ("", stub.strip())


def _update_comments(session: Session, structure: _Structure, records: Mapping[str, Record]) -> None:
    """Write the automatic comments."""
    comment = nbgrader_api().Comment
    names = {cell: name for name, cell in structure.commented.items()}
    rows = []
    for notebook, cell, ident, auto in session.execute(
        _of_notebook(comment, structure, comment.id, comment.auto_comment)
    ):
        if notebook in records:
            text = NO_RESPONSE if _unanswered(structure, records[notebook], names[cell]) else None
            if auto != text:
                rows.append({"id": ident, "auto_comment": text})
    update(session, comment, rows)
