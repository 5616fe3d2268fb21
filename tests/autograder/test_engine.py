"""Jobs end to end: a unit, a learner's cells, what each exercise earned. Any subject will do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.course import Cell, Role, Unit
from autograder.engine import CourseBroken, Engine, Job, Outcome, answered
from autograder.plan import Step
from autograder.sandbox.policy import Level, Policy
from autograder.trusted.session import Patience

PATIENCE = Patience(call=2.0, cell=2.0, step=20.0, total=60.0, after_timeout=1.0)
HIDDEN_TESTS = """
from autograder.testing import Suite, Trial

suite = Suite(without=("json",))
words = suite.exercise("count-words", 4, "count_words(text)")


@words.family("plain", 3)
def plain(t: Trial) -> None:
    for text in ("", "one", "one two", "a b c d"):
        t.equal(len(text.split()), text)


@words.family("odd spaces", 1)
def odd_spaces(t: Trial) -> None:
    t.equal(2, " one   two ")
"""
MISTAKES = '''
from autograder.testing import Mistakes

mistake = Mistakes()


@mistake("count-words", family="odd spaces")
def counts_spaces(text):
    """You counted the spaces and added one."""
    return text.count(" ") + 1 if text else 0
'''
CELLS = (
    Cell("imports", Role.SETUP, "import math"),
    Cell("count-words", Role.ANSWER, "def count_words(text):\n    return len(text.split())"),
    Cell("check-count-words", Role.CHECK, 'assert count_words("a b") == 2'),
    Cell("test-count-words", Role.TESTS, 'from hidden_tests import suite; suite.grade("count-words", count_words)', 4),
    Cell("double", Role.ANSWER, "def double(x):\n    return 2 * x"),
    Cell("test-double", Role.TESTS, "assert double(3) == 6\nassert math.isclose(double(0.5), 1.0)", 2),
)
RIGHT = {cell.id: cell.source for cell in CELLS if cell.role is Role.ANSWER}


@pytest.fixture(scope="module")
def unit(tmp_path_factory: pytest.TempPathFactory) -> Unit:
    folder = tmp_path_factory.mktemp("unit")
    (folder / "hidden_tests.py").write_text(HIDDEN_TESTS)
    (folder / "mistakes.py").write_text(MISTAKES)
    return Unit("01_words", "words", CELLS, folder, without=("json",))


@pytest.fixture(scope="module")
def engine(unit: Unit) -> Iterator[Engine]:
    with Engine({unit.name: unit}, Policy(), "secret", PATIENCE) as engine:
        yield engine


def job(**answers: str) -> Job:
    """A submission with these answers, the right ones elsewhere."""
    written = RIGHT | {name.replace("_", "-"): text for name, text in answers.items()}
    steps = tuple(Step(cell.role, cell.id, written.get(cell.id, cell.source), cell.points) for cell in CELLS)
    return Job("ada", "01_words", steps)


def scores(outcome: Outcome) -> dict[str, float]:
    return {exercise.id: exercise.score for exercise in outcome.exercises}


def test_right_answers_get_full_marks(engine: Engine) -> None:
    outcome = engine.run(job())
    assert scores(outcome) == {"count-words": 4, "double": 2}
    assert (outcome.status, outcome.message) == ("ok", "")
    assert [cell.error for cell in outcome.cells] == [None] * 4


def test_a_known_mistake_costs_its_family_and_is_named(engine: Engine) -> None:
    outcome = engine.run(job(count_words="def count_words(text):\n    return text.count(' ') + 1 if text else 0"))
    assert scores(outcome) == {"count-words": 3, "double": 2}
    plain, odd = outcome.exercises[0].families
    assert (plain.message, plain.mistake) == ("", None)
    assert odd.mistake == "counts-spaces"
    assert "You counted the spaces" in odd.message
    assert "' one   two '" in odd.message


def test_a_visible_test_that_fails_is_reported_and_costs_nothing(engine: Engine) -> None:
    outcome = engine.run(job(count_words="def count_words(text):\n    return 7"))
    check = next(cell for cell in outcome.cells if cell.role is Role.CHECK)
    assert (check.error or "").startswith("AssertionError")
    assert scores(outcome)["count-words"] == 0


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("raise NotImplementedError", "ok"),
        ("def count_words(text) return 3", "ok"),
        ("", "ok"),
        ("count_words = 5", "ok"),
        ("import json\ndef count_words(text): return len(text.split())", "ok"),
        ("def count_words(text):\n    while True: pass", "timeout"),
        ("while True: pass", "timeout"),
        ("import os\nos._exit(0)", "crashed"),
        ("def count_words(text):\n    import os\n    os.kill(os.getpid(), 9)", "crashed"),
        ("import sys\nsys.exit()", "ok"),
    ],
)
def test_what_is_wrong_with_one_answer_costs_that_answer(engine: Engine, answer: str, status: str) -> None:
    outcome = engine.run(job(count_words=answer))
    assert scores(outcome) == {"count-words": 0, "double": 2}
    assert outcome.status == status
    assert (status == "ok") == (outcome.message == "")


def test_a_unit_that_needs_longer_gets_longer(unit: Unit) -> None:
    slow = "import time\ndef count_words(text):\n    time.sleep(0.3)\n    return len(text.split())"
    patience = replace(PATIENCE, call=0.2, after_timeout=0.2)
    with Engine({unit.name: unit}, Policy(), "secret", patience) as engine:
        assert scores(engine.run(job(count_words=slow)))["count-words"] == 0
    slower = replace(unit, patience={"call": 2.0})
    with Engine({unit.name: slower}, Policy(), "secret", patience) as engine:
        assert scores(engine.run(job(count_words=slow)))["count-words"] == 4


def test_what_is_withheld_says_so(engine: Engine) -> None:
    outcome = engine.run(job(count_words="def count_words(text):\n    import json\n    return 1"))
    assert "json is out of reach while this unit is graded" in outcome.exercises[0].families[0].message


CHEATS = {
    "patched equality": (
        "class Yes(int):\n    def __eq__(self, other): return True\ndef count_words(text): return Yes(7)"
    ),
    "patched testing": (
        "import numpy.testing\nnumpy.testing.assert_equal = lambda *a: None\ndef count_words(text): return 7"
    ),
    "frame walk": (
        "import sys\ndef count_words(text):\n    frame = sys._getframe()\n    while frame:\n"
        "        if 'expected' in frame.f_locals: return frame.f_locals['expected']\n        frame = frame.f_back"
    ),
    "exit code": "import atexit, os\natexit.register(lambda: os._exit(0))\ndef count_words(text): return 7",
    "fake suite": (
        "import sys, types\nm = types.ModuleType('hidden_tests')\nm.suite = type('S', (), {'grade': lambda *a: 4})\n"
        "sys.modules['hidden_tests'] = m\ndef count_words(text): return 7"
    ),
    "reads the tests": (
        "import pathlib\ndef count_words(text):\n"
        "    return next(pathlib.Path('/').rglob('hidden_tests.py')).read_text().count('equal')"
    ),
    "forged frames": (
        "import os, msgpack\nfor fd in range(3, 9):\n    try: os.write(fd, bytes(12))\n    except OSError: pass\n"
        "def count_words(text): return 7"
    ),
}


@pytest.mark.parametrize("name", CHEATS)
def test_cheats_earn_nothing_and_harm_no_one(engine: Engine, name: str) -> None:
    assert scores(engine.run(job(count_words=CHEATS[name])))["count-words"] == 0
    assert scores(engine.run(job())) == {"count-words": 4, "double": 2}


@pytest.mark.parametrize("level", ["B", "C", "unsafe"])
def test_the_other_levels_grade_alike(unit: Unit, level: Level) -> None:
    with Engine({unit.name: unit}, Policy(level), "secret", PATIENCE) as engine:
        assert scores(engine.run(job())) == {"count-words": 4, "double": 2}
        outcome = engine.run(job(count_words="import os\nif os.fork() == 0:\n    while True: pass\nwhile True: pass"))
        assert (scores(outcome), outcome.status) == ({"count-words": 0, "double": 2}, "timeout")


@pytest.mark.parametrize("level", ["A", "B", "C"])
def test_no_level_shows_the_course_or_the_network(unit: Unit, level: Level) -> None:
    here = Path(__file__).parents[2]
    looks = (
        f"import os, socket\nfor place in [{str(unit.tests)!r}, {str(here / 'solutions')!r}, '/etc/shadow']:\n"
        "    try: print('seen', os.listdir(place) if os.path.isdir(place) else open(place).read())\n"
        "    except OSError: pass\n"
        "try: socket.create_connection(('127.0.0.1', 22), 1)\nexcept PermissionError: print('refused')"
    )
    with Engine({unit.name: unit}, Policy(level), "secret", PATIENCE) as engine:
        outcome = engine.run(job(double=looks))
    assert next(cell for cell in outcome.cells if cell.id == "double").output == "refused\n"


def test_a_template_that_died_is_replaced_and_the_job_run_again(unit: Unit) -> None:
    with Engine({unit.name: unit}, Policy(), "secret", PATIENCE) as engine:
        engine.run(job())
        engine.room(unit.name).learner.process.kill()
        assert scores(engine.run(job())) == {"count-words": 4, "double": 2}


def test_broken_tests_blame_the_course_and_no_learner(unit: Unit, tmp_path: Path) -> None:
    (tmp_path / "hidden_tests.py").write_text("import nothing_like_this")
    broken = Unit(unit.name, unit.notebook, unit.cells, tmp_path)
    with (
        Engine({unit.name: broken}, Policy(), "secret") as engine,
        pytest.raises(CourseBroken, match="nothing_like_this"),
    ):
        engine.run(job())


def test_tests_fetch_what_answers_define_and_never_what_they_import() -> None:
    text = "import math\nfrom json import loads as f\n\n\ndef g():\n    h = 1\n\n\nif True:\n    x, y = 1, 2\n"
    assert answered(Unit("u", "u", (Cell("g", Role.ANSWER, text),))) == {"g", "x", "y"}
