"""The same notebook gets the same verdict in a plain kernel and in the grader, for known answers of every unit.

ANSWERS=all tries every known answer (`make verdicts`); the usual run takes the reference and an even sample.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from autograder.course import Role, Unit
from autograder.engine import Engine, Job, Outcome
from autograder.plan import Step
from autograder.results import Exercise
from autograder.sandbox.policy import Policy
from autograder.testing import Answer, Suite, answer_source, seed_with, take_reports
from autograder.units import load_course

ROOT = Path(__file__).parents[1]
UNITS = load_course(ROOT)
SECRET = "the same in both places"
SAMPLE = 12  # of a unit's known answers
TIMED = "speed"  # a family whose message holds a time


def load_suite(unit: Unit, monkeypatch: pytest.MonkeyPatch) -> Suite:
    assert unit.tests is not None
    monkeypatch.syspath_prepend(str(unit.tests))
    monkeypatch.delitem(sys.modules, "hidden_tests", raising=False)
    suite = import_module("hidden_tests").suite
    assert isinstance(suite, Suite)
    return suite


def with_answer(unit: Unit, suite: Suite, answer: Answer | None) -> tuple[Step, ...]:
    """The reference's steps, with one answer in its place, and the tests of the exercises that it answers."""
    steps = []
    tested = None if answer is None else {f"test-{exercise}" for exercise in answer.exercises}
    for cell in unit.cells:
        if cell.role in (Role.PROSE, Role.WRITTEN, Role.CODE, Role.CHECK):
            continue
        if tested is not None and cell.role is Role.TESTS and cell.id not in tested:
            continue
        source = cell.source
        if answer is not None and cell.role is Role.ANSWER and cell.id in answer.exercises:
            name = answer.answers or suite.exercises[cell.id].functions[0]
            source += "\n\n" + answer_source(answer.function, name)
        steps.append(Step(cell.role, cell.id, source, cell.points))
    return tuple(steps)


def in_a_plain_kernel(steps: tuple[Step, ...], learner: str) -> list[Exercise]:
    """What the cells give when they are simply run, one after the other, in this process."""
    seed_with(SECRET, learner)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for step in steps:
        exec(compile(step.source, f"<{step.id}>", "exec"), namespace)
    return take_reports()


def without_times(exercises: list[Exercise]) -> list[tuple[str, str, float, str | None, str]]:
    return [
        (exercise.id, family.name, family.score, family.mistake, "" if family.name == TIMED else family.message)
        for exercise in exercises
        for family in exercise.families
    ]


@pytest.mark.filterwarnings("ignore")  # known mistakes may warn
@pytest.mark.parametrize("name", UNITS)
def test_known_answers_get_the_same_verdict_in_both_places(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    unit = UNITS[name]
    suite = load_suite(unit, monkeypatch)
    known = [*suite.alternatives, *suite.mistakes]
    step = 1 if os.environ.get("ANSWERS") == "all" else -(-len(known) // SAMPLE)
    answers: list[Answer | None] = [None, *known[::step]]
    learners = ["reference" if answer is None else answer.name for answer in answers]
    steps = [with_answer(unit, suite, answer) for answer in answers]
    workers = os.cpu_count() or 1
    with Engine({name: unit}, Policy(), SECRET) as engine, ThreadPoolExecutor(workers) as pool:
        jobs = (Job(learner, name, own) for learner, own in zip(learners, steps, strict=True))
        outcomes: list[Outcome] = list(pool.map(engine.run, jobs))
    different = []
    for learner, own, outcome in zip(learners, steps, outcomes, strict=True):
        here = without_times(in_a_plain_kernel(own, learner))
        tested = {exercise for exercise, *_ in here}
        there = [family for family in without_times(outcome.exercises) if family[0] in tested]
        different += [(learner, a, b) for a, b in zip(here, there, strict=True) if a != b]
    assert not different
    assert outcomes[0].status == "ok"
    assert [exercise.score for exercise in outcomes[0].exercises] == [e.points for e in outcomes[0].exercises]
