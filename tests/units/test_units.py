"""Every unit of the course: the reference and other right answers earn everything, stubs nothing, and every known
mistake costs its own family and is recognised. `make stable` tries the same with many seeds.
"""

from __future__ import annotations

import functools
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from autograder import marks
from autograder.notebooks import read_percent
from autograder.suites import read_suite
from autograder.testing import answer_source, seed_with
from autograder.testing.matrix import Row, Unit

SOLUTIONS = Path(__file__).resolve().parents[2] / "solutions"
FOLDERS = sorted(path.parent for path in SOLUTIONS.glob("*/hidden_tests.py"))
GROUPS = {folder: pytest.mark.xdist_group(folder.name) for folder in FOLDERS}  # who computed a matrix uses it again
UNITS = [pytest.param(folder, id=folder.name, marks=GROUPS[folder]) for folder in FOLDERS]
EXERCISES = [
    pytest.param(folder, name, id=f"{folder.name}-{name}", marks=GROUPS[folder])
    for folder in FOLDERS
    for name in read_suite(folder).exercises
]


@functools.cache
def load(folder: Path) -> Unit:
    return Unit.load(folder)


@functools.cache
def matrix(folder: Path, exercise: str) -> list[Row]:
    unit = load(folder)
    seed_with("tests of the course", "0")
    return list(unit.rows(unit.suite.exercises[exercise]))


@pytest.mark.parametrize(("folder", "exercise"), EXERCISES)
def test_right_answers_earn_everything(folder: Path, exercise: str) -> None:
    seed_with("tests of the course", "0")
    assert load(folder).wronged(exercise) == []


@pytest.mark.parametrize("folder", UNITS)
def test_every_exercise_has_alternatives_in_four_styles(folder: Path) -> None:
    unit = load(folder)
    for tests in unit.suite.exercises.values():
        assert len({answer.style for answer in unit.suite.alternatives.of(tests.id)}) >= 4, tests.id


@pytest.mark.parametrize("folder", UNITS)
def test_stubs_earn_nothing(folder: Path) -> None:
    unit = load(folder)
    namespace: dict[str, Any] = {}
    for cell in read_percent((folder / f"{folder.name[3:]}.py").read_text(encoding="utf-8")):
        if cell.metadata.keys() & {"setup", "exercise"}:
            exec(marks.replaced(cell.source, marks.SOLUTION, marks.CODE_STUB), namespace)
    for tests in unit.suite.exercises.values():
        report = unit.suite.report(tests.id, *(namespace[name] for name in tests.functions))
        assert report.score == 0
        assert report.points == tests.points
        assert "not written yet" in report.families[0].message
        assert all(family.mistake is None for family in report.families)


@pytest.mark.parametrize(("folder", "exercise"), EXERCISES)
def test_every_mistake_costs_its_own_family(folder: Path, exercise: str) -> None:
    survivors = [row.mistake.name for row in matrix(folder, exercise) if not row.caught]
    assert survivors == []


@pytest.mark.parametrize(("folder", "exercise"), EXERCISES)
def test_every_mistake_is_named(folder: Path, exercise: str) -> None:
    rows = matrix(folder, exercise)
    assert [row.mistake.name for row in rows if row.mistake.name not in row.named] == []
    assert sum(row.unique for row in rows) >= 0.9 * len(rows)


@pytest.mark.parametrize("folder", UNITS)
def test_every_family_of_tests_catches_a_mistake_that_no_other_catches(folder: Path) -> None:
    unit = load(folder)
    for tests in unit.suite.exercises.values():
        rows = matrix(folder, tests.id)
        needed = {row.lost[0] for row in rows if len(row.lost) == 1}
        first = tests.families[0].name  # what fails here fails nearly everywhere
        assert {family.name for family in tests.families} - needed <= {first}, tests.id


@pytest.mark.parametrize("folder", UNITS)
def test_points_add_up_and_names_fit(folder: Path) -> None:
    unit = load(folder)
    unit.suite.validate()
    facts = read_suite(folder)
    assert {name: e.points for name, e in facts.exercises.items()} == {
        name: e.points for name, e in unit.suite.exercises.items()
    }
    assert facts.without == unit.suite.without


@pytest.mark.parametrize("folder", UNITS)
def test_sentences_say_something_of_their_own(folder: Path) -> None:
    mistakes = load(folder).suite.mistakes
    for mistake in mistakes:
        assert mistake.sentence.endswith("."), mistake.name
        assert 40 <= len(mistake.sentence) <= 260, mistake.name
        assert not any(words in mistake.sentence for words in ("did not finish", "the process")), mistake.name
    repeated = Counter((exercise, mistake.sentence) for mistake in mistakes for exercise in mistake.exercises)
    twins = {sentence for (_, sentence), count in repeated.items() if count > 1}
    for sentence in twins:  # only where an exercise has several functions that can go wrong in the same way
        functions = [mistake.answers for mistake in mistakes if mistake.sentence == sentence]
        assert len(set(functions)) == len(functions), sentence


@pytest.mark.parametrize("folder", UNITS)
def test_known_answers_can_be_pasted_into_a_notebook(folder: Path) -> None:
    unit = load(folder)
    for answer in (*unit.suite.mistakes, *unit.suite.alternatives):
        tests = unit.suite.exercises[answer.exercises[0]]
        name = answer.answers or tests.functions[0]
        source = answer_source(answer.function, name)
        assert answer.sentence[:30] not in source or not answer.sentence, answer.name
        namespace: dict[str, Any] = {}
        exec(compile(source, answer.name, "exec"), namespace)
        assert callable(namespace[name]), answer.name


@pytest.mark.parametrize("folder", UNITS)
def test_notebook_runs_with_its_own_solution_and_without_the_withheld(folder: Path) -> None:
    unit = load(folder)
    path = folder / f"{folder.name[3:]}.py"
    text = path.read_text(encoding="utf-8")
    exec(compile(text, str(path), "exec"), {"__name__": path.stem})
    code = "\n".join(cell.source for cell in read_percent(text) if cell.kind == "code")
    assert [name for name in unit.suite.without if name.replace("numpy", "np") in code or name in code] == []
