"""A submission is laid beside its unit: the instructor's text for set-up and tests, the learner's for the rest."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder import marks
from autograder.commands import neutralised
from autograder.course import Role, Unit
from autograder.intake import Submission
from autograder.notebooks import NotebookCell
from autograder.plan import FOREIGN, Plan, Step, belongs_to, plan
from autograder.units import load_course

UNITS = load_course(Path(__file__).parent / "toy_course")
WORDS = UNITS["01_words"]
AVERAGES = UNITS["02_averages"]
ORDER = [
    "imports", "is-palindrome", "check-is-palindrome", "test-is-palindrome", "encode", "check-encode", "test-encode",
]  # fmt: skip
GOOD = "def is_palindrome(text):\n    return True"
CODE = (Role.SETUP, Role.CODE, Role.ANSWER, Role.CHECK, Role.TESTS)


def released(unit: Unit = WORDS, solved: bool = False) -> list[NotebookCell]:
    """The unit as a learner gets it, or with the instructor's solutions."""
    cells = []
    for cell in unit.cells:
        if not cell.released:
            continue
        source = marks.replaced(cell.source, marks.HIDDEN_TESTS)
        if cell.role is Role.ANSWER and not solved:
            source = marks.replaced(source, marks.SOLUTION, marks.CODE_STUB)
        grade = {} if cell.role in (Role.PROSE, Role.CODE) else {"nbgrader": {"grade_id": cell.id}}
        cells.append(NotebookCell("code" if cell.role in CODE else "markdown", source, cell.id, grade))
    return cells


def lay(cells: Sequence[NotebookCell], unit: Unit = WORDS) -> Plan:
    return plan(unit, Submission("ada", unit.name, tuple(cells), "digest"))


def place(cells: Sequence[NotebookCell], name: str) -> int:
    return next(index for index, cell in enumerate(cells) if cell.id == name)


def code(source: str) -> NotebookCell:
    return NotebookCell("code", source, "a1b2c3")


def ids(laid: Plan) -> list[str]:
    return [step.id for step in laid.steps]


def text(laid: Plan, ident: str) -> str:
    return next(step.source for step in laid.steps if step.id == ident)


def changed(name: str, **changes: object) -> list[NotebookCell]:
    cells = released(solved=True)
    index = place(cells, name)
    cells[index] = replace(cells[index], **changes)  # type: ignore[arg-type]
    return cells


def stripped(cells: Sequence[NotebookCell]) -> list[NotebookCell]:
    return [replace(cell, id="", metadata={}) for cell in cells]


# -- the ordinary case -------------------------------------------------------------------------------------------


def test_a_notebook_runs_as_it_stands() -> None:
    laid = lay(released(solved=True))
    assert [(step.role, step.id) for step in laid.steps][:4] == [
        (Role.SETUP, "imports"),
        (Role.ANSWER, "is-palindrome"),
        (Role.CHECK, "check-is-palindrome"),
        (Role.TESTS, "test-is-palindrome"),
    ]
    assert [step.id for step in laid.steps if step.role is not Role.CODE] == ORDER
    assert [step.points for step in laid.steps if step.role is Role.TESTS] == [4, 3]
    assert "suite.grade" in text(laid, "test-encode")
    assert set(laid.answers) == {"is-palindrome", "encode", "keys"}


def test_the_untouched_notebook_needs_no_remark() -> None:
    laid = lay(released())
    assert [note for note in laid.notes if "Jupyter only" not in note] == []
    assert marks.CODE_STUB in text(laid, "encode")


@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
def test_solutions_of_the_instructor_run_too(unit: Unit) -> None:
    laid = lay(released(unit, solved=True), unit)
    namespace: dict[str, object] = {}
    for step in laid.steps:
        if step.role in (Role.SETUP, Role.ANSWER, Role.CHECK):
            exec(step.source, namespace)


def test_a_plan_is_quick() -> None:
    cells = released(solved=True) * 20
    lay(cells)
    start = time.process_time()
    lay(cells)
    assert time.process_time() - start < 0.1  # 5 ms for 260 cells


# -- the instructor's cells --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind"),
    [("imports", "set-up cell"), ("check-encode", "visible test cell"), ("test-encode", "test cell")],
)
def test_locked_cells_are_always_the_instructors(name: str, kind: str) -> None:
    original = lay(released(solved=True))
    edited = lay(changed(name, source="import os; os._exit(0)"))
    assert [step for step in edited.steps if step.role is not Role.CODE] == [
        step for step in original.steps if step.role is not Role.CODE
    ]
    assert f"the {kind} {name} was edited: the original was used" in edited.notes
    cells = released(solved=True)
    del cells[place(cells, name)]
    deleted = lay(cells)
    assert [(step.role, step.source) for step in deleted.steps] == [(step.role, step.source) for step in original.steps]
    assert f"the {kind} {name} was deleted: put back" in deleted.notes


def test_blanks_at_the_ends_of_lines_are_no_edit() -> None:
    cells = released(solved=True)
    cells[place(cells, "check-encode")] = changed("check-encode")[place(cells, "check-encode")]
    index = place(cells, "check-encode")
    cells[index] = replace(cells[index], source=cells[index].source.replace("\n", "  \n") + "\n\n")
    assert lay(cells).notes == lay(released(solved=True)).notes


def test_a_copied_test_cell_runs_once() -> None:
    cells = released(solved=True)
    cells.append(cells[place(cells, "test-encode")])
    laid = lay(cells)
    assert ids(laid).count("test-encode") == 1
    assert laid.notes == lay(released(solved=True)).notes


def test_forged_roles_are_not_believed() -> None:
    forged = {"grade_id": "encode", "grade": True, "locked": True, "points": 1000}
    cells = changed("encode", metadata={"nbgrader": forged})
    cells.append(NotebookCell("code", "raise SystemExit", "x", {"nbgrader": {"grade_id": "test-x", "grade": True}}))
    laid = lay(cells)
    assert [step.role for step in laid.steps if step.id == "encode"] == [Role.ANSWER]
    assert sum(step.points for step in laid.steps) == 7
    assert laid.steps[-1].role is Role.CODE and laid.steps[-1].id == f"cell {len(cells)}"


def test_set_up_comes_before_and_tests_come_after_the_answers_wherever_they_are() -> None:
    cells = released(solved=True)
    cells.append(cells.pop(place(cells, "imports")))
    cells.insert(0, cells.pop(place(cells, "test-encode")))
    cells.append(cells.pop(place(cells, "is-palindrome")))
    order = ids(lay(cells))
    assert order.index("imports") < order.index("encode") < order.index("test-encode")
    assert order.index("is-palindrome") < order.index("check-is-palindrome") < order.index("test-is-palindrome")


# -- the learner's answers ---------------------------------------------------------------------------------------


def test_a_missing_answer_is_an_ordinary_zero() -> None:
    cells = released(solved=True)
    del cells[place(cells, "encode")]
    laid = lay(cells)
    assert "the answer cell encode is missing" in laid.notes
    assert "encode" not in ids(laid) and "test-encode" in ids(laid)
    assert laid.answers["encode"] == ""


def renamed(cells: list[NotebookCell]) -> list[NotebookCell]:
    grade = {"nbgrader": {"grade_id": "something-else"}}
    return [replace(cell, metadata=grade if cell.metadata else {}) for cell in cells]


def without_notebook_ids(cells: list[NotebookCell]) -> list[NotebookCell]:
    return [replace(cell, id=f"x{number}") for number, cell in enumerate(cells)]


@pytest.mark.parametrize("damage", [renamed, without_notebook_ids, stripped])
def test_answers_are_found_whatever_became_of_their_ids(
    damage: Callable[[list[NotebookCell]], list[NotebookCell]],
) -> None:
    original = lay(released(solved=True))
    laid = lay(damage(released(solved=True)))
    assert [(s.role, s.source) for s in laid.steps] == [(s.role, s.source) for s in original.steps]
    assert laid.answers == original.answers
    assert not any("missing" in note or "deleted" in note for note in laid.notes)


def test_stripped_answers_that_do_not_compile_are_found_by_their_function() -> None:
    cells = stripped(changed("encode", source="def encode(text, shift):\n    return ((\n"))
    laid = lay(cells)
    assert text(laid, "encode").endswith("((\n")
    assert any(note.startswith("the answer encode was found in cell ") for note in laid.notes)


def test_an_answer_in_a_new_cell_counts_and_the_stub_does_not_undo_it() -> None:
    for index in (0, 3, 99):
        cells = released()
        cells.insert(index, code(GOOD))
        laid = lay(cells)
        assert text(laid, "is-palindrome") == GOOD
        assert sum("def is_palindrome" in step.source for step in laid.steps) == 1
        order = ids(laid)
        assert order.index("imports") < order.index("is-palindrome") < order.index("test-is-palindrome")


def test_an_answer_may_be_spread_over_cells() -> None:
    cells = changed("encode", source="def encode(text, shift):\n    return text")
    cells.append(code("def decode(text, shift):\n    return text"))
    laid = lay(cells)
    order = ids(laid)
    assert order.index("encode") < order.index("test-encode")
    assert sum("def encode" in step.source or "def decode" in step.source for step in laid.steps) == 2
    assert "def encode" in laid.answers["encode"] and "def decode" in laid.answers["encode"]


@pytest.mark.parametrize("first", [True, False])
def test_of_two_copies_the_one_that_was_worked_on_counts(first: bool) -> None:
    cells = released()
    index = place(cells, "is-palindrome")
    worked = replace(cells[index], source=GOOD)
    cells[index : index + 1] = [worked, cells[index]] if first else [cells[index], worked]
    laid = lay(cells)
    assert text(laid, "is-palindrome") == GOOD
    assert "the cell is-palindrome stands twice: the last one that was worked on counts" in laid.notes
    assert sum("def is_palindrome" in step.source for step in laid.steps) == 1


def test_of_two_worked_copies_the_last_one_counts() -> None:
    cells = released()
    index = place(cells, "is-palindrome")
    cells[index] = replace(cells[index], source=GOOD)
    cells.append(replace(cells[index], source=GOOD.replace("True", "False")))
    laid = lay(cells)
    assert "False" in text(laid, "is-palindrome")
    order = ids(laid)
    assert order.index("is-palindrome") < order.index("test-is-palindrome")
    assert order.index(f"cell {index + 1}") < order.index("is-palindrome")


@pytest.mark.parametrize("kind", ["markdown", "raw"])
def test_an_answer_that_became_text_is_run_as_code(kind: str) -> None:
    laid = lay(changed("is-palindrome", kind=kind))
    assert laid.steps[1].id == "is-palindrome" and "def is_palindrome" in laid.steps[1].source
    assert "the cell is-palindrome was no code cell any more: it was run as code" in laid.notes


def test_prose_in_the_place_of_an_answer_is_not_run() -> None:
    laid = lay(changed("is-palindrome", kind="markdown", source="I do not know."))
    assert "is-palindrome" not in ids(laid)


def test_an_answer_in_a_locked_cell_is_not_lost() -> None:
    cells = released()
    index = place(cells, "check-is-palindrome")
    cells[index] = replace(cells[index], source=GOOD)
    laid = lay(cells)
    assert text(laid, "is-palindrome") == GOOD
    assert "assert is_palindrome" in text(laid, "check-is-palindrome")


def test_own_cells_run_where_they_stand() -> None:
    cells = released(solved=True)
    cells.insert(place(cells, "encode"), code("helper = 1"))
    laid = lay(cells)
    order = ids(laid)
    at = order.index(f"cell {place(cells, 'encode')}")  # counted from 1: the cell before
    assert laid.steps[at] == Step(Role.CODE, order[at], "helper = 1")
    assert order.index("test-is-palindrome") < at < order.index("encode")


def test_a_syntax_error_stays_in_its_cell() -> None:
    cells = [*changed("is-palindrome", source="def is_palindrome(text:\n"), code("1 +"), code("\0")]
    laid = lay(cells)
    assert [step.id for step in laid.steps if step.role is not Role.CODE] == ORDER


# -- the rest ----------------------------------------------------------------------------------------------------


def test_written_answers_are_found_after_their_question() -> None:
    cells = stripped(changed("keys", source="Too few."))
    laid = lay(cells)
    assert laid.answers["keys"] == "Too few."
    assert "the written answer keys is missing" in lay(cells[:-1]).notes


def test_another_units_notebook_is_recognised() -> None:
    laid = lay(released(AVERAGES, solved=True))
    assert laid.notes[0] == FOREIGN
    assert [step.id for step in laid.steps if step.role is Role.TESTS] == ["test-is-palindrome", "test-encode"]
    assert belongs_to(Submission("a", "?", tuple(released(AVERAGES)), ""), UNITS) == "02_averages"
    assert belongs_to(Submission("a", "?", tuple(stripped(released(WORDS))), ""), UNITS) == "01_words"
    assert belongs_to(Submission("a", "?", (code("1"),), ""), UNITS) is None


def test_an_empty_notebook_has_the_instructors_steps() -> None:
    laid = lay([])
    assert [step.role for step in laid.steps] == [Role.SETUP, Role.CHECK, Role.TESTS, Role.CHECK, Role.TESTS]
    assert laid.notes == (FOREIGN,)


def test_plain_courses_get_the_imports_of_their_tests_and_run_the_learners_too() -> None:
    cells = released(AVERAGES, solved=True)
    cells[1] = replace(cells[1], source="import math, cmath")
    laid = lay(cells, AVERAGES)
    assert [(step.role, step.id) for step in laid.steps[:4]] == [
        (Role.SETUP, "averages-1-trusted"),
        (Role.CODE, "averages-1"),
        (Role.ANSWER, "mean_solution"),
        (Role.TESTS, "mean_tests"),
    ]
    assert "statistics" in laid.steps[0].source and "cmath" in laid.steps[1].source
    assert laid.notes == ()
    assert set(laid.answers) == {"mean_tests", "median_tests", "robust"}
    assert "def median" in laid.answers["median_tests"]


def test_nbgraders_own_stub_is_known() -> None:
    cells = released(AVERAGES)
    index = place(cells, "mean_solution")
    stub = cells[index].source.replace("raise NotImpl", "# YOUR CODE HERE\n    raise NotImpl") + "()"
    cells[index] = replace(cells[index], source=stub)
    cells.insert(index, code("def mean(numbers):\n    return 3"))
    assert text(lay(cells, AVERAGES), "mean_solution").endswith("return 3")


ODD = st.builds(
    NotebookCell,
    st.sampled_from(["code", "markdown", "raw"]),
    st.sampled_from([cell.source for cell in released(solved=True)])
    | st.sampled_from([GOOD, "%x", "1 +", ""])
    | st.text(),
    st.sampled_from([*ORDER, "keys", "", "x"]),
    st.sampled_from([{}, *({"nbgrader": {"grade_id": name}} for name in (*ORDER, "x"))]),
)


@given(st.lists(ODD, max_size=12))
def test_any_notebook_keeps_the_instructors_cells_and_their_order(cells: list[NotebookCell]) -> None:
    laid = lay(cells)
    fixed = {cell.id: cell.source for cell in WORDS.cells if cell.role in (Role.SETUP, Role.CHECK, Role.TESTS)}
    seen = [step for step in laid.steps if step.role in (Role.SETUP, Role.CHECK, Role.TESTS)]
    assert {step.id: step.source for step in seen} == fixed and len(seen) == len(fixed)
    for exercise in ("is-palindrome", "encode"):
        if exercise in ids(laid):
            order = ids(laid)
            assert order.index("imports") < order.index(exercise) < order.index(f"test-{exercise}")
    own = [step.id for step in laid.steps if step.role in (Role.CODE, Role.ANSWER)]
    assert len(own) == len(set(own)) <= len(cells)


# -- lines that only Jupyter understands -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected", "taken"),
    [
        ("x = 1", "x = 1", ()),
        ("!pip install x\nx = 1", "pass\nx = 1", (1,)),
        ("%matplotlib inline\nx = 1", "pass\nx = 1", (1,)),
        ("if x:\n    !ls\n    %pwd", "if x:\n    pass\n    pass", (2, 3)),
        ("%%time\nx = 1", "pass\nx = 1", (1,)),
        ("\n%%capture out\nx = 1", "\npass\nx = 1", (2,)),
        ("%%bash\nrm -rf x\nls", "\n\n", (1, 2, 3)),
        ("%time x = f(1)", "x = f(1)", (1,)),
        ("%timeit -n 3 f(1)", "pass", (1,)),
        ("files = !ls\na, b = %x y", "files = None\na, b = None", (1, 2)),
        ("!echo a \\\n  b\nx = 1", "pass\n\nx = 1", (1, 2)),
        ("?print\nprint?\nnp.sum??", "pass\npass\npass", (1, 2, 3)),
        ("pip install numpy\nconda install x", "pass\npass", (1, 2)),
        ("get_ipython().system('ls')", "pass", (1,)),
        ("x = (7\n% 4)", "x = (7\n% 4)", ()),
        ("x = 7 \\\n  % y", "x = 7 \\\n  % y", ()),
        ('"""\n%magic\n!ls\n"""\n!ls', '"""\n%magic\n!ls\n"""\npass', (5,)),
        ("f(')', '''\n!a\n''',\n!b\n)", "f(')', '''\n!a\n''',\n!b\n)", ()),
        ("# why?\nx = '%s' % 1  # = !a?", "# why?\nx = '%s' % 1  # = !a?", ()),
        ("x == !y", "x == !y", ()),
        ("'unclosed\n!ls", "'unclosed\npass", (2,)),
    ],
)
def test_commands_are_taken_out(source: str, expected: str, taken: tuple[int, ...]) -> None:
    assert neutralised(source) == (expected, taken)


def test_commands_in_a_cell_are_noted_once() -> None:
    laid = lay(changed("is-palindrome", source=f"!pip install x\n%load_ext y\n{GOOD}"))
    assert "cell is-palindrome: lines 1, 2 are for Jupyter only (%magic, !command, help?): not run" in laid.notes
    assert text(laid, "is-palindrome") == f"pass\npass\n{GOOD}"
    assert laid.answers["is-palindrome"].startswith("!pip")


@given(st.text(alphabet="ab=%!?\\ \n\t'\"#([{)]}", max_size=60))
def test_neutralised_code_keeps_its_lines_and_python_stays_as_it_is(source: str) -> None:
    plain, taken = neutralised(source)
    assert plain.count("\n") == source.count("\n")
    untouched = [line for number, line in enumerate(source.split("\n"), 1) if number not in taken]
    assert untouched == [line for number, line in enumerate(plain.split("\n"), 1) if number not in taken]
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return
    assert taken == ()


@pytest.mark.parametrize(
    "hostile",
    [
        "a" * 150_000 + "?",
        " " * 150_000 + "?",
        "!" + "(" * 150_000,
        '!\n"""' + "\\a" * 70_000,
        "a = " * 40_000 + "!",
        "\n!" * 90_000,
    ],
)
def test_hostile_text_takes_no_time(hostile: str) -> None:
    cells = [code(hostile), code(hostile * 10)]
    start = time.process_time()
    lay(cells)
    assert time.process_time() - start < 1  # 0.1 s; quadratic time would be minutes
