"""The gradebook: what nbgrader would have written, and what a person entered stays."""

from __future__ import annotations

import csv
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sample_records import record

from autograder import gradebook
from autograder.course import Unit
from autograder.errors import AutograderError
from autograder.notebooks import NotebookCell, to_ipynb
from autograder.records import Answer, Record, student_id
from autograder.units import load_unit

UNIT = "ps1"
LAYOUT = {"squares": {"values": 3.0, "contract": 1.0}, "cubes": {"values": 2.0}}
PLAIN = {"grade": False, "locked": False, "solution": False, "task": False, "schema_version": 3}
STUB = "def squares(n):\n    raise NotImplementedError"


def cell(name: str, source: str, kind: str = "code", **flags: Any) -> NotebookCell:
    return NotebookCell(kind, source, name, {"nbgrader": {**PLAIN, "grade_id": name, **flags}})


def answer(name: str) -> NotebookCell:
    body = f"def {name}(n):\n    ### BEGIN SOLUTION\n    return [i * i for i in range(n)]\n    ### END SOLUTION"
    return cell(name, body, solution=True)


def graded_cell(name: str, points: float) -> NotebookCell:
    hidden = f"### BEGIN HIDDEN TESTS\nassert {name}(3) == [0, 1, 4]\n### END HIDDEN TESTS"
    return cell(f"test-{name}", f"# {points:g} points\n{hidden}", grade=True, locked=True, points=points)


CELLS = (
    NotebookCell("markdown", "# Powers", "title"),
    cell("imports", "import math", locked=True),
    answer("squares"),
    graded_cell("squares", 4),
    answer("cubes"),
    graded_cell("cubes", 2),
    cell("why", "YOUR ANSWER HERE", "markdown", grade=True, solution=True, points=3),
)


def course(folder: Path, *cells: NotebookCell) -> tuple[list[Unit], Path]:
    """A course of one unit in nbgrader's layout."""
    path = folder / "source" / UNIT / "powers.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(to_ipynb(cells or CELLS))
    return [load_unit(path.parent)], folder / "source"


def graded(
    learner: str, *wrong: str, source: str = "def squares(n): ...", why: str = "Because.", **more: Any
) -> Record:
    faults = {(name, "values"): ("no", None) for name in wrong}
    answers = {"squares": Answer(source), "why": Answer(why)}
    return record(learner, faults, unit=UNIT, layout=LAYOUT, answers=answers, **more)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """Writes records into the test's gradebook and gives its URL."""

    def write(*records: Record, cells: tuple[NotebookCell, ...] = CELLS, query: str = "") -> str:
        units, source = course(tmp_path, *cells)
        url = f"sqlite:///{tmp_path / 'gradebook.db'}{query}"
        gradebook.write(url, units, source, records)
        return url

    return write


def nbgrader(folder: Path, *arguments: str) -> None:
    """Run nbgrader's own command, which in turn calls alembic by name."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = [sys.executable, "-m", "nbgrader", *arguments]
    subprocess.run(command, check=True, capture_output=True, env=environment, cwd=folder)


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The gradebook that nbgrader's generate_assignment makes."""
    folder = tmp_path_factory.mktemp("theirs")
    course(folder)
    (folder / "nbgrader_config.py").write_text("c.ClearSolutions.code_stub = {'python': 'raise NotImplementedError'}")
    nbgrader(folder, "generate_assignment", UNIT)
    return folder / "gradebook.db"


@contextmanager
def opened(url: str) -> Iterator[Any]:
    from nbgrader.api import Gradebook

    with Gradebook(url) as book:
        yield book


def grade(url: str, learner: str, name: str) -> dict[str, Any]:
    with opened(url) as book:
        found: dict[str, Any] = book.find_grade(name, "powers", UNIT, learner).to_dict()
        return found


def enter(url: str, learner: str, name: str, score: float) -> None:
    """Score a cell by hand, as formgrader does."""
    with opened(url) as book:
        entry = book.find_grade(name, "powers", UNIT, learner)
        entry.manual_score, entry.needs_manual_grade = score, False
        book.db.commit()


def dump(database: Path, *tables: str) -> list[tuple[Any, ...]]:
    """What tables hold apart from random ids."""
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        rows = [(t, dict(row)) for t in tables for row in connection.execute(f"SELECT * FROM {t}")]
    return sorted(
        ((table, *((key, row[key]) for key in row if key != "id" and not key.endswith("_id"))) for table, row in rows),
        key=repr,
    )


def test_nbgraders_own_api_reads_scores_and_maxima(write: Callable[..., str]) -> None:
    url = write(graded("ada"), graded("bob", "squares"))
    with opened(url) as book:
        assert book.find_assignment(UNIT).max_score == 9
        submission = book.find_submission(UNIT, "bob")
        assert (submission.score, submission.needs_manual_grade) == (3, True)
        grades = {entry.name: (entry.auto_score, entry.needs_manual_grade) for entry in submission.notebooks[0].grades}
    assert grades == {"test-squares": (1, False), "test-cubes": (2, False), "why": (None, True)}


def test_structure_is_what_generate_assignment_writes(write: Callable[..., str], tmp_path: Path, theirs: Path) -> None:
    write()
    tables = "assignment", "notebook", "base_cell", "grade_cells", "solution_cells", "source_cell", "alembic_version"
    assert dump(tmp_path / "gradebook.db", *tables) == dump(theirs, *tables)


def test_nbgrader_export_has_the_scores(write: Callable[..., str], tmp_path: Path) -> None:
    url = write(graded("ada"), graded("bob", "squares", "cubes"))
    nbgrader(tmp_path, "export", f"--CourseDirectory.db_url={url}", "--to=grades.csv")
    rows = list(csv.DictReader((tmp_path / "grades.csv").read_text().splitlines()))
    assert [(row["student_id"], float(row["score"]), float(row["max_score"])) for row in rows] == [
        ("ada", 6, 9),
        ("bob", 1, 9),
    ]


def test_writing_again_changes_nothing(write: Callable[..., str], tmp_path: Path) -> None:
    tables = "submitted_assignment", "submitted_notebook", "grade", "comment", "student", "autograder_submission"
    records = graded("ada", source=STUB), graded("bob", "squares")
    url = write(*records)
    enter(url, "bob", "why", 2.5)
    enter(url, "bob", "test-squares", 3)
    before = dump(tmp_path / "gradebook.db", *tables)
    write(*records)
    assert dump(tmp_path / "gradebook.db", *tables) == before


def test_scores_by_hand_survive_a_regrade_and_ask_for_another_look(write: Callable[..., str]) -> None:
    url = write(graded("ada", "squares"), graded("bob"))
    for learner in ("ada", "bob"):
        enter(url, learner, "why", 2.5)
    enter(url, "ada", "test-squares", 3)
    write(replace(graded("ada"), fingerprint="another"), graded("bob"))
    again = grade(url, "ada", "test-squares")
    assert (again["auto_score"], again["manual_score"], again["needs_manual_grade"]) == (4, 3, True)
    assert grade(url, "ada", "why")["manual_score"] == 2.5
    assert grade(url, "ada", "why")["needs_manual_grade"]
    assert not grade(url, "bob", "why")["needs_manual_grade"]


def test_comments_by_hand_survive_a_regrade(write: Callable[..., str]) -> None:
    url = write(graded("ada", source=STUB))
    with opened(url) as book:
        comment = book.find_comment("squares", "powers", UNIT, "ada")
        assert comment.auto_comment == "No response."
        comment.manual_comment = "See me."
        book.db.commit()
    write(replace(graded("ada"), fingerprint="another"))
    with opened(url) as book:
        comment = book.find_comment("squares", "powers", UNIT, "ada")
        assert (comment.auto_comment, comment.comment) == (None, "See me.")


@pytest.mark.parametrize("why", ["", "YOUR ANSWER HERE"])
def test_missing_written_answer_is_an_ordinary_zero(write: Callable[..., str], why: str) -> None:
    found = grade(write(graded("ada", why=why)), "ada", "why")
    assert (found["auto_score"], found["needs_manual_grade"]) == (0, False)


def test_rejected_submission_has_nothing_to_grade_by_hand_until_a_better_one_comes(write: Callable[..., str]) -> None:
    url = write(replace(graded("ada", status="rejected"), answers={}))
    with opened(url) as book:
        submission = book.find_submission(UNIT, "ada")
        assert (submission.score, submission.needs_manual_grade) == (0, False)
    write(graded("ada"))
    found = grade(url, "ada", "why")
    assert (found["auto_score"], found["needs_manual_grade"]) == (None, True)


def test_new_cell_joins_a_gradebook_in_use(write: Callable[..., str]) -> None:
    write(graded("ada"), graded("bob"))
    more = {**LAYOUT, "roots": {"values": 5.0}}
    url = write(record("ada", unit=UNIT, layout=more), cells=(*CELLS, answer("roots"), graded_cell("roots", 5)))
    with opened(url) as book:
        assert book.find_submission(UNIT, "ada").score == 11
        assert book.find_submission(UNIT, "bob").score == 6
        assert book.find_assignment(UNIT).max_score == 14


def test_cell_that_is_gone_takes_its_automatic_scores_along(write: Callable[..., str]) -> None:
    write(graded("ada"))
    url = write(graded("ada"), cells=CELLS[:4])
    with opened(url) as book:
        assert book.find_submission(UNIT, "ada").score == 4
        assert book.find_assignment(UNIT).max_score == 4


def test_cell_that_is_gone_but_graded_by_hand_stops_everything(write: Callable[..., str]) -> None:
    url = write(graded("ada"))
    enter(url, "ada", "why", 2.5)
    with pytest.raises(AutograderError, match=r"no longer has the cell why, .*by hand"):
        write(graded("ada", "squares"), cells=CELLS[:6])
    assert grade(url, "ada", "why")["manual_score"] == 2.5
    assert grade(url, "ada", "test-squares")["auto_score"] == 4


def test_notebook_of_another_name_is_refused(write: Callable[..., str], tmp_path: Path) -> None:
    url = write(graded("ada"))
    units, source = course(tmp_path)
    (source / UNIT / "powers.ipynb").rename(source / UNIT / "other.ipynb")
    with pytest.raises(AutograderError, match="has the notebook powers, in the course other"):
        gradebook.write(url, [replace(units[0], notebook="other")], source, [])


def test_gradebook_made_by_nbgrader_is_taken_over(write: Callable[..., str], tmp_path: Path, theirs: Path) -> None:
    shutil.copy(theirs, tmp_path / "gradebook.db")
    with opened(f"sqlite:///{tmp_path / 'gradebook.db'}") as book:
        book.add_student("ada", first_name="Ada", last_name="Lovelace")
        book.update_or_create_assignment(UNIT, duedate="2026-12-01")
    before = dump(theirs, "base_cell", "source_cell", "notebook")
    url = write(graded("ada"))
    with opened(url) as book:
        assert (book.find_student("ada").last_name, book.find_submission(UNIT, "ada").score) == ("Lovelace", 6)
        assert book.find_assignment(UNIT).duedate is not None
    assert dump(tmp_path / "gradebook.db", "base_cell", "source_cell", "notebook") == before


@pytest.mark.parametrize(
    "name", ["two\nlines", "\udcff\udcfe.bytes", "\x1b[31mred", "'; DROP TABLE grade; --", "Ünïcødé 李"]
)
def test_odd_names_are_kept_apart_and_printable(write: Callable[..., str], name: str) -> None:
    url = write(graded(name), graded(name + "\u202e", "squares"))
    with opened(url) as book:
        students = [student.id for student in book.students]
        assert len(students) == 2 and all(student.isprintable() for student in students)
        assert book.find_submission(UNIT, student_id(name)).score == 6


def test_locked_database_is_one_clear_line(write: Callable[..., str], tmp_path: Path) -> None:
    write(graded("ada"))
    other = sqlite3.connect(tmp_path / "gradebook.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(AutograderError, match=r"gradebook\.db.*locked: another program") as caught:
        write(graded("ada", "squares"), query="?timeout=0.05")
    other.close()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("course_id", ["default_course", "a course that is not in it"])
def test_read_only_database_is_one_clear_line(write: Callable[..., str], tmp_path: Path, course_id: str) -> None:
    write(graded("ada"))
    units, source = course(tmp_path)
    url = f"sqlite:///file:{tmp_path / 'gradebook.db'}?mode=ro&uri=true"
    with pytest.raises(AutograderError, match="readonly database: allow writing"):
        gradebook.write(url, units, source, [graded("bob")], course_id)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("gradebook.db", "is no database: expected the form"),
        ("nosuch://host/name", "knows no database of that kind"),
        ("sqlite:////nosuch/folder/gradebook.db", "unable to open database file"),
        ("postgresql+psycopg2://user:secret@host/name", r"user:\*\*\*@host/name needs the Python package psycopg2"),
    ],
)
def test_wrong_url_is_one_clear_line(tmp_path: Path, url: str, message: str) -> None:
    units, source = course(tmp_path)
    with pytest.raises(AutograderError, match=message) as caught:
        gradebook.write(url, units, source, [])
    assert "secret" not in str(caught.value)


def test_file_that_is_no_database_stays_as_it_is(write: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "gradebook.db").write_text("my thesis\n" * 100)
    with pytest.raises(AutograderError, match="file is not a database"):
        write(graded("ada"))
    assert (tmp_path / "gradebook.db").read_text() == "my thesis\n" * 100


def test_default_is_a_file_in_out(tmp_path: Path) -> None:
    units, source = course(tmp_path)
    out = tmp_path / "a name?with #odd%20 signs"
    out.mkdir()
    gradebook.write(gradebook.default_url(out), units, source, [graded("ada")])
    assert [path.name for path in out.iterdir()] == ["gradebook.db"]


def test_class_of_500_costs_less_than_20_ms_each(write: Callable[..., str]) -> None:
    write(graded("warm"))
    started = time.process_time()
    write(*(graded(f"learner-{number}", "squares") for number in range(500)))
    assert (time.process_time() - started) / 500 < 0.020  # measured: 0.2 ms
