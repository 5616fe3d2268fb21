"""The trusted side's view of a learner's process: calls, proxies, in-place changes, hangs, deaths."""

from __future__ import annotations

import operator
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder.testing import LearnerCrashed, LearnerTimeout
from autograder.trusted.proxy import fetch
from autograder.trusted.session import Session, learner_exception

NewSession = Callable[[str], Session]


def function(session: Session, name: str = "f") -> Any:
    session.begin_step()
    return fetch(session, name)


def test_a_call_gives_what_it_would_give_here(new_session: NewSession) -> None:
    f = function(new_session("def f(x, *, k=2): return x * k, {'k': k}, 'text', None, True"))
    product, *rest = f(np.arange(3.0), k=4)
    assert np.array_equal(product, [0.0, 4.0, 8.0])
    assert rest == [{"k": 4}, "text", None, True]


def test_changes_in_place_show_in_the_arguments(new_session: NewSession) -> None:
    f = function(
        new_session("def f(x, d, k, rng):\n    x += 1\n    d['new'] = x.sum()\n    k.append(d)\n    rng.random()")
    )
    x, d, k, rng = np.zeros(3), {"old": 1}, [1], np.random.default_rng(0)
    assert f(x, d, k, rng) is None
    assert x.tolist() == [1.0, 1.0, 1.0]
    assert d == {"old": 1, "new": 3.0}
    assert k[1] is d
    twin = np.random.default_rng(0)
    twin.random()
    assert rng.random() == twin.random()


def test_a_view_of_an_argument_is_seen_as_one(new_session: NewSession) -> None:
    f = function(new_session("def f(x): return x[1:], x + 1, x"))
    x = np.arange(4.0)
    view, copy, same = f(x)
    assert np.shares_memory(view, x)
    assert not np.shares_memory(copy, x)
    assert same is x


def test_a_read_only_argument_is_read_only_there_too(new_session: NewSession) -> None:
    f = function(new_session("def f(x):\n    x[0] = 1"))
    x = np.zeros(2)
    x.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        f(x)


def test_exceptions_keep_their_class_and_message_and_tell_where(new_session: NewSession) -> None:
    f = function(new_session("class Odd(KeyError): pass\ndef f(x): raise Odd('no 3 channels')"))
    with pytest.raises(KeyError, match="no 3 channels") as caught:
        f(1)
    assert "raise Odd" in caught.value.learner_traceback  # type: ignore[attr-defined]
    assert "worker.py" not in caught.value.learner_traceback  # type: ignore[attr-defined]


@pytest.mark.parametrize("error", [FileNotFoundError, TimeoutError, ConnectionResetError, BrokenPipeError])
def test_an_error_of_a_learners_own_files_or_waits_is_no_death(new_session: NewSession, error: type[Exception]) -> None:
    session = new_session(f"def f(x):\n    raise {error.__name__}('no such thing')\ndef g(x): return x")
    f = function(session)
    g = fetch(session, "g")
    for _ in range(2):
        with pytest.raises(error, match="no such thing"):
            f(1)
    assert g(3) == 3
    assert session.deaths == []


@pytest.mark.parametrize("name", ["SystemExit", "KeyboardInterrupt", "os.system", "BaseException", "object", "print"])
def test_only_built_in_exceptions_can_be_raised_here(name: str) -> None:
    assert type(learner_exception(name, "text", "")) is RuntimeError


def test_a_tests_own_function_can_be_passed_and_is_called_back(new_session: NewSession) -> None:
    f = function(new_session("def f(g, x): return (g(x + 1e-6) - g(x - 1e-6)) / 2e-6"))
    assert f(lambda x: float((x**2).sum()), np.ones(1)) == pytest.approx(2.0)


def test_an_exception_of_a_callback_reaches_the_learners_code(new_session: NewSession) -> None:
    f = function(new_session("def f(g):\n    try: g()\n    except ValueError as e: return str(e)"))

    def refuses() -> None:
        raise ValueError("not today")

    assert f(refuses) == "not today"


def test_objects_and_iterators_stay_there_and_answer(new_session: NewSession) -> None:
    source = (
        "class Net:\n    def __init__(self, k): self.k = k\n    def forward(self, x): return x * self.k\n"
        "    def __len__(self): return 7\ndef f(n):\n    yield from range(n)"
    )
    session = new_session(source)
    assert list(function(session)(3)) == [0, 1, 2]
    net = fetch(session, "Net")(3)
    assert net.forward(2) == 6
    net.k = 5
    assert net.forward(2) == 10
    assert len(net) == 7


def test_comparison_truth_and_hash_never_run_learner_code(new_session: NewSession) -> None:
    source = (
        "import os\nclass f:\n    def __eq__(self, other): os._exit(1)\n    def __bool__(self): os._exit(1)\n"
        "    def __hash__(self): os._exit(1)\n    def __array__(self): os._exit(1)\n    alive = True"
    )
    thing = function(new_session(source))()
    assert thing == thing
    assert thing != 3
    assert bool(thing)
    assert hash(thing) == hash(thing)
    with pytest.raises(TypeError, match="is not data"):
        np.asarray(thing)
    with pytest.raises(TypeError):
        operator.add(thing, 1)
    assert thing.alive is True


def test_what_a_function_changed_before_it_raised_is_seen(new_session: NewSession) -> None:
    f = function(new_session("def f(x, names):\n    x[0] = 7\n    names.append(f)\n    raise KeyError('late')"))
    x, names = np.zeros(2), ["a"]
    with pytest.raises(KeyError, match="late"):
        f(x, names)
    assert x.tolist() == [7, 0]
    assert names[0] == "a" and repr(names[1]) == "<the learner's f>"


def test_dunder_attributes_are_out_of_reach(new_session: NewSession) -> None:
    f = function(new_session("def f(): pass"))
    with pytest.raises(AttributeError, match="out of the tests' reach"):
        _ = f.__globals__


def test_a_name_that_no_cell_defines_is_not_there(new_session: NewSession) -> None:
    with pytest.raises(NameError, match="'g' is not defined"):
        function(new_session("def f(): pass"), "g")


@pytest.mark.parametrize(
    ("body", "error", "words"),
    [
        ("while True: pass", LearnerTimeout, "did not finish within 2 s"),
        ("import time; time.sleep(100)", LearnerTimeout, "did not finish"),
        (
            "import signal\n    for s in (2, 15): signal.signal(s, lambda *_: None)\n    while True: pass",
            LearnerTimeout,
            "did not finish",
        ),
        ("import os; os._exit(3)", LearnerCrashed, "ended itself with exit code 3"),
        ("import os; os.kill(os.getpid(), 11)", LearnerCrashed, "died of signal 11"),
        ("import sys; sys.exit()", RuntimeError, "ended the process by SystemExit"),
        ("a = []\n    while True: a.append(bytearray(1 << 24))", MemoryError, "^$"),
        ("return f()", RecursionError, "recursion"),
        ("return object", None, ""),
    ],
)
def test_a_hang_or_crash_costs_one_call_only(
    new_session: NewSession, body: str, error: type[Exception] | None, words: str
) -> None:
    session = new_session(f"def f():\n    {body}\ndef good(): return 5")
    f = function(session)
    good = fetch(session, "good")
    if error is None:
        f()
    else:
        with pytest.raises(error, match=words):
            f()
    assert good() == 5
    session.begin_step()
    assert fetch(session, "good")() == 5


def test_cells_that_die_leave_the_others_in_place(new_session: NewSession) -> None:
    session = new_session("a = 1")
    assert session.run("hangs", "b = 2\nwhile True: pass").died == "timeout"
    assert session.run("dies", "c = 3\nimport os\nos._exit(4)").died == "crashed"
    assert session.run("fine", "d = a + 1").error is None
    session.begin_step()
    assert fetch(session, "d") == 2
    with pytest.raises(NameError):
        fetch(session, "b")
    assert session.deaths == ["timeout", "crashed"]


def test_a_cell_error_keeps_what_came_before_it(new_session: NewSession) -> None:
    session = new_session("a = 1")
    outcome = session.run("fails", "b = 2\nprint('shown')\nraise ValueError('oh')")
    assert (outcome.error, outcome.output, outcome.died) == ("ValueError: oh", "shown\n", None)
    assert 'File "<fails>", line 3' in outcome.traceback
    session.begin_step()
    assert fetch(session, "b") == 2


def test_after_a_timeout_the_same_tests_wait_less(new_session: NewSession) -> None:
    f = function(new_session("def f():\n    while True: pass"))
    with pytest.raises(LearnerTimeout):
        f()
    started = time.monotonic()
    with pytest.raises(LearnerTimeout, match="1 s"):
        f()
    assert time.monotonic() - started < 1.9


def test_what_a_test_did_is_gone_in_the_next(new_session: NewSession) -> None:
    session = new_session("calls = []\ndef f():\n    calls.append(1)\n    return len(calls)")
    f = function(session)
    assert (f(), f()) == (1, 2)
    assert function(session)() == 1


def test_answers_that_are_no_answers_are_crashes(new_session: NewSession) -> None:
    forged = (
        "import os\ndef f():\n    for fd in range(3, 64):\n"
        "        try: os.write(fd, b'x' * 99)\n        except OSError: pass"
    )
    session = new_session(forged)
    with pytest.raises(LearnerCrashed):
        function(session)()


def test_a_small_call_costs_well_under_a_millisecond(new_session: NewSession) -> None:
    f = function(new_session("def f(x): return x"))
    x = np.zeros((2, 3, 8, 8))
    times = []
    for _ in range(50):
        started = time.perf_counter()
        f(x)
        times.append(time.perf_counter() - started)
    assert sorted(times)[25] < 2e-3  # 0.1 to 0.2 ms on an idle core


def test_processor_time_is_read_from_outside(new_session: NewSession) -> None:
    session = new_session("def f(n):\n    total = 0\n    for i in range(n): total += i\n    return total\nimport time")
    f, sleep = function(session), fetch(session, "time").sleep
    started, wall = session.processor_time(), time.monotonic()
    sleep(0.3)
    assert session.processor_time() - started < 0.1
    assert time.monotonic() - wall >= 0.3
    started, here = session.processor_time(), time.process_time()
    f(3_000_000)
    assert session.processor_time() - started > 0.02
    assert time.process_time() - here < 0.02


def test_a_process_that_is_gone_has_no_processor_time(new_session: NewSession) -> None:
    session = new_session("def f(): __import__('os')._exit(3)")
    f = function(session)
    before = session.processor_time()
    with pytest.raises(LearnerCrashed):
        f()
    assert session.processor_time() < before + 1  # a fresh copy's


def test_served_functions_are_computed_on_this_side(new_session: NewSession) -> None:
    imports = "from course.ops import double\nimport course\n"
    session = new_session(imports + "x = double(np.ones(2))\ndef f(y): return double(y) + course.ops.double(1)")
    assert function(session)(np.array([3.0])).tolist() == [8.0]
    assert fetch(session, "x").tolist() == [2.0, 2.0]


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("def f(): from course.ops import triple", ImportError, "course.ops.triple is out of reach"),
        ("import course\ndef f(): return course.data", ImportError, "course.data is out of reach"),
        ("from course.ops import double\ndef f(): return double(double)", Exception, "a function is not data"),
        ("from course.ops import double\ndef f(): return double('a', 'b')", TypeError, "positional"),
        ("from course.ops import double as d\ndef f(): d.__globals__['ask']('os.system', 'true')", RuntimeError, "."),
    ],
)
def test_nothing_else_is_served(new_session: NewSession, text: str, error: type[Exception], says: str) -> None:
    session = new_session(text)
    with pytest.raises((error, LearnerCrashed), match=says):
        function(session)()


def test_a_missing_name_fails_where_it_is_used(new_session: NewSession) -> None:
    session = new_session("def f(): return 1")
    with pytest.raises(NameError):
        function(session, "g")
    later = fetch(session, "g", lazily=True)
    with pytest.raises(NameError, match="'g' is not defined"):
        later(1)
