"""What test authors import: checks, messages, reports, and the naming of mistakes, on a unit of two functions."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shifting_unit import lost, shift, total, write_unit

from autograder.testing import (
    GradingStopped,
    LearnerCrashed,
    LearnerTimeout,
    Suite,
    Trial,
    answer_source,
    clock_with,
    seed_with,
    take_reports,
)
from autograder.testing.suite import load_suite

pytestmark = pytest.mark.usefixtures("fresh_reports")


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    return load_suite(write_unit(tmp_path_factory.mktemp("course")))


def message(check: Callable[[Trial], Any], function: Callable[..., Any], signature: str = "f(x, n)") -> str:
    """The message of a family of one check; empty where it passes."""
    suite = Suite(folder=Path("nowhere"))
    suite.exercise("f", 1, signature).family("only", 1)(check)
    (family,) = suite.report("f", function).families
    assert (family.score == 1) == (family.message == "")
    return family.message


# -- grading -------------------------------------------------------------------------------------------------------


def test_right_answers_earn_everything(suite: Suite) -> None:
    assert suite.grade("shift", shift, total) == 6
    (report,) = take_reports()
    assert (report.id, report.score, report.points) == ("shift", 6, 6)
    assert [(f.name, f.score, f.message, f.mistake) for f in report.families] == [
        ("values", 3, "", None), ("sums", 2, "", None), ("contract", 1, "", None),
    ]  # fmt: skip


def test_a_family_is_earned_as_a_whole_or_not_at_all(suite: Suite) -> None:
    report = suite.report("shift", lambda x, by: x + by if by > 0 else x, total)
    assert set(lost(report)) == {"values", "contract"}
    assert report.score == 2


def test_reports_are_taken_once_and_grading_again_replaces_them(suite: Suite) -> None:
    suite.grade("shift", lambda x, by: None, total)
    suite.grade("shift", shift, total)
    assert [report.score for report in take_reports()] == [6]
    assert take_reports() == []


def test_a_plain_kernel_prints_the_messages(suite: Suite, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = suite.mistakes.of("shift")[0].function
    suite.grade("shift", wrong, total)
    assert capsys.readouterr().out == ""
    seed_with("", "")
    suite.grade("shift", wrong, total)
    printed = capsys.readouterr()
    assert "values: shift(x of shape (2, 1), by=2)" in printed.out
    assert "The number was subtracted." in printed.out
    assert printed.err == ""


def test_what_is_no_function_earns_nothing(suite: Suite) -> None:
    report = suite.report("shift", 3, total)  # type: ignore[arg-type]
    assert set(lost(report).values()) == {"shift is not a function."}


def test_tests_depend_on_secret_learner_and_family_and_on_nothing_else() -> None:
    seen: list[float] = []
    suite = Suite(folder=Path("nowhere"))
    exercise = suite.exercise("f", 2, "f(x)")
    for name in ("one", "two"):

        def remember(t: Trial) -> None:
            seen.append(t.rng.random())
            t.true(True, "")

        exercise.family(name, 1)(remember)
    for secret, learner in (("s", "ada"), ("s", "ada"), ("s", "bob"), ("t", "ada")):
        seed_with(secret, learner)
        suite.report("f", abs)
    assert seen[:2] == seen[2:4]
    assert len(set(seen)) == 6


def test_errors_of_a_test_itself_are_no_learners_fault() -> None:
    with pytest.raises(ZeroDivisionError):
        message(lambda t: 1 / 0, abs)
    with pytest.raises(ValueError, match="checks nothing"):
        message(lambda t: None, abs)


def test_a_test_that_trips_over_a_result_is_a_failure() -> None:
    said = message(lambda t: t.call(np.ones(2), 1)["key"], lambda x, n: x)
    assert "could not be used" in said


# -- checks --------------------------------------------------------------------------------------------------------


def test_checks_go_on_after_a_failure_but_not_after_a_call_that_failed() -> None:
    calls: list[float] = []

    def record(x: float) -> float:
        calls.append(x)
        raise KeyError("gone")

    message(lambda t: [t.equal(n, n) for n in range(3)], record, "f(x)")
    assert calls == [0, 1, 2]
    assert "raised KeyError" in message(lambda t: [t.call(n) for n in range(3)], record, "f(x)")
    assert calls == [0, 1, 2, 0]


def test_messages_give_the_configuration_the_place_and_the_learners_value() -> None:
    expected = np.array([[1.0, 2.0], [3.0, 4.25]])
    said = message(lambda t: t.equal(expected, np.zeros((2, 3)), n=(2, 1)), lambda x, n: np.array([[1, 2], [3, 7.5]]))
    assert said == (
        "f(x of shape (2, 3), n=(2, 1)): 1 of 4 values are wrong, the first at index (1, 1), where yours is 7.5."
    )
    assert "4.25" not in said


def test_messages_give_arrays_within_arguments_by_their_shape() -> None:
    value = {"w": np.ones((2, 3)), "rest": [np.zeros(1, np.float32), (1,)]}
    said = message(lambda t: t.equal(1, value), lambda x: 2, "f(params)")
    assert said == (
        "f(params={'w': array of shape (2, 3), 'rest': [array of shape (1,) and type float32, (1,)]}): yours is 2."
    )
    said = message(lambda t: t.equal(1, list(range(100))), lambda x: 2, "f(x)")
    assert said == f"f(x={str(list(range(100)))[:120]}…): yours is 2."
    said = message(lambda t: t.equal(1, dict.fromkeys(["w", "b"], 30 * [0.5])), lambda x: 2, "f(params)")
    assert said == "f(params with 'w', 'b'): yours is 2."
    said = message(lambda t: t.equal(1, dict.fromkeys(range(50), 0)), lambda x: 2, "f(counts)")
    assert said == "f(counts with 50 keys): yours is 2."


def test_a_tuple_with_names_is_a_tuple_as_it_is_in_another_process() -> None:
    said = message(lambda t: t.equal(np.ones(2), 0), lambda x: np.linalg.slogdet(np.eye(2)), "f(x)")
    assert said == "f(x=0): returned a tuple of 2 where an array of shape (2,) is expected."


@pytest.mark.parametrize(
    ("value", "said"), [("float64", "the text 'float64'"), ("x" * 100, "a long text"), ({"a": 1}, "a dict of 1")]
)
def test_what_came_in_place_of_an_array_is_told(value: Any, said: str) -> None:
    assert f"returned {said} where" in message(lambda t: t.equal(np.ones(2), 0), lambda x: value, "f(x)")


def test_what_a_family_that_passed_measured_is_kept() -> None:
    suite = Suite(folder=Path("nowhere"))
    tests = suite.exercise("f", 2, "f(x)")

    @tests.family("right", 1)
    def right(t: Trial) -> None:
        t.measure("seconds", 2)
        t.equal(1, 1)

    @tests.family("wrong", 1)
    def wrong(t: Trial) -> None:
        t.measure("bytes", 3)
        t.equal(2, 1)

    assert suite.report("f", lambda x: x).measures == {"seconds": 2.0}


def test_messages_through_an_adapter_name_the_arguments_that_it_passes_on() -> None:
    def twice(f: Any, *arguments: Any, **options: Any) -> Any:
        """Twice f."""
        return 2 * f(*arguments, **options)

    said = message(lambda t: t.through(twice).equal(1, 3, 4), lambda x, n: 2, "f(x, n)")
    assert said == "Twice f (x=3, n=4): yours is 4."


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (None, "returned None where an array of shape (2,) is expected"),
        ([1.0, 2.0], "returned a list of 2"),
        (3.0, "returned the number 3"),
        (np.ones((2, 1)), "has shape (2, 1) where (2,) is expected"),
        (np.array([1.0, np.nan]), "index (1,), where yours is nan"),
        (np.array([1.0, 2.0 + 1e-6]), "index (1,)"),
        (np.array([1, 2], dtype=complex), "has type complex128"),
        (np.array(["1", "2"]), "plain arrays, tensors and numbers are expected"),
        (np.ones(2).view(np.recarray), "a value of class recarray"),
        (np.ma.array([1.0, 2.0]), "a value of class MaskedArray"),
    ],
)
def test_arrays_that_are_not_the_expected_one(result: Any, words: str) -> None:
    assert words in message(lambda t: t.equal(np.array([1.0, 2.0]), 0), lambda x: result, "f(x)")


def test_results_are_never_asked_whether_they_are_right() -> None:
    class Yes(np.ndarray):
        def __eq__(self, other: object) -> Any:
            return True

        def __array_ufunc__(self, *args: Any, **kwargs: Any) -> Any:
            return True

    class Anything:
        __hash__ = None  # type: ignore[assignment]

        def __eq__(self, other: object) -> bool:
            return True

    for value in (np.zeros(2).view(Yes), Anything(), [Anything()]):
        for expected in (np.ones(2), 1, 1.0, (1, 2), None, "text", True, {"a": 1}):
            assert message(lambda t, e=expected: t.equal(e, 0), lambda x, v=value: v, "f(x)")


def test_right_results_of_every_kind() -> None:
    right: list[tuple[Any, Any]] = [
        (np.array([1.0, np.nan, np.inf]), np.array([1.0, np.nan, np.inf])),
        (np.array([1.0, 2.0]), np.array([1, 2])),
        (3, np.int64(3)),
        (0.5, np.float32(0.5)),
        (2.0, 2),
        ((np.ones(2), 1.0), [np.ones(2), 1.0]),
        ({"w": np.ones(2)}, {"w": np.ones(2)}),
        (None, None),
        (True, np.True_),
        ("full", "full"),
    ]
    for expected, value in right:
        assert message(lambda t, e=expected: t.equal(e, 0), lambda x, v=value: v, "f(x)") == ""
    wrong: list[tuple[Any, Any, str]] = [
        (3, 3.0, "returned 3.0 where an integer is expected"),
        (3, True, "returned True where a number is expected"),
        (3, 4, "yours is 4"),
        (0.5, 0.25, "yours is 0.25"),
        ((1, 2), (1, 3), "result 2 of 2 is wrong: yours is 3"),
        ((1, 2), (1,), "returned a tuple of 1 where 2 results are expected"),
        ({"w": 1}, {"w": 2}, "['w']: yours is 2"),
        ({"w": 1}, [], "returned a list of 0 where a dict with the keys w is expected"),
        (dict.fromkeys("abcde", 1), {"a": 1, "z": 1}, "a dict without 'b', 'c', 'd', … and with an unexpected 'z'"),
        ({"a b": 1, "all is well": True}, {"a b": 1, "all is well": False}, "this is not so: all is well"),
        ({"all is lost": False}, {"all is lost": True}, "this should not be so: all is lost"),
        (None, 0, "returned the number 0"),
        (True, False, "returned False"),
    ]
    for expected, value, words in wrong:
        assert words in message(lambda t, e=expected: t.equal(e, 0), lambda x, v=value: v, "f(x)")


def test_single_precision_and_chosen_tolerances() -> None:
    x = np.ones(3, np.float32)
    off = np.float32(1) + np.float32(2e-5)
    assert message(lambda t: t.equal(x, x), lambda x: x * off, "f(x)") == ""
    assert message(lambda t: t.equal(x, x.astype(float)), lambda x: x * off, "f(x)") != ""
    assert message(lambda t: t.within(1e-3).equal(x, x.astype(float)), lambda x: x * off, "f(x)") == ""


def test_arguments_are_protected_and_changes_are_seen() -> None:
    x = np.arange(6.0).reshape(2, 3)

    def spoil(x: Any) -> Any:
        x[...] = 0
        return x + 1

    def check(t: Trial) -> None:
        t.preserves(x.T)
        t.equal(np.ones((3, 2)), x.T)

    assert message(check, spoil, "f(x)").startswith("f(x of shape (3, 2)): the call changed x;")
    assert x[0, 1] == 1
    assert "shares its memory with x" in message(lambda t: t.preserves(x), lambda x: x[:, ::2], "f(x)")
    assert "shares its memory" in message(lambda t: t.preserves(x), lambda x: (1, x), "f(x)")
    assert "the call changed params" in message(
        lambda t: t.preserves({"w": [x]}), lambda p: p["w"].append(1) or 1, "f(params)"
    )
    assert (
        message(lambda t: t.preserves(x, [1, x], np.random.default_rng(0)), lambda x, n, r: r.random(), "f(x, n, r)")
        == ""
    )


def test_exceptions() -> None:
    def check(t: Trial) -> None:
        t.case("n is negative").raises(ValueError, np.ones(2), -1)

    def refuses(kind: type[Exception]) -> Callable[..., Any]:
        def function(x: Any, n: int) -> None:
            raise kind("no")

        return function

    class Own(ValueError):
        pass

    assert message(check, refuses(ValueError)) == message(check, refuses(Own)) == ""
    assert message(check, refuses(TypeError)) == (
        "f(x of shape (2,), n=-1) (n is negative): raised TypeError where ValueError is expected."
    )
    assert "returned a result where ValueError is expected" in message(check, lambda x, n: x)
    assert "not written yet" in message(check, refuses(NotImplementedError))
    assert "not written yet" in message(lambda t: t.equal(1, 0, 0), refuses(NotImplementedError))
    assert "raised SystemExit" in message(lambda t: t.equal(1, 0, 0), lambda x, n: exit())


def test_types_shapes_conditions_and_agreement() -> None:
    x = np.ones(3, np.float32)
    assert "type float64 where float32 is expected" in message(
        lambda t: t.dtype(np.float32, x), lambda x: x + 1.0 * x.astype(float), "f(x)"
    )
    assert "where a NumPy array is expected" in message(lambda t: t.dtype(np.float32, x), lambda x: 1.0, "f(x)")
    assert message(lambda t: t.array((3,), x)[0], lambda x: x.copy(), "f(x)") == ""
    assert "shape (3,) where (4,) is expected" in message(lambda t: t.array((4,), x), lambda x: x.copy(), "f(x)")
    assert message(lambda t: t.true(t.call(x)[0] > 2, "too small"), lambda x: x, "f(x)") == "too small"
    assert message(lambda t: t.agree(x + 1, t.call(x), "shifted"), lambda x: x, "f(x)").startswith("shifted: 3 of 3")


def test_speed_is_a_ratio_and_needs_a_right_result() -> None:
    def slowly(x: Any) -> Any:
        return sum((np.full(1, value) for value in x), np.zeros(1))

    x = np.arange(2000.0)
    assert message(lambda t: t.faster(slowly, 10, x), lambda x: x.sum(keepdims=True), "f(x)") == ""
    assert "times as fast as plain loops; 10 is asked" in message(lambda t: t.faster(slowly, 10, x), slowly, "f(x)")
    assert "the value is wrong" in message(lambda t: t.faster(slowly, 10, x), lambda x: x[:1] + 1, "f(x)")
    assert "raised TypeError" in message(lambda t: t.faster(slowly, 10, x), lambda: None, "f(x)")


@pytest.mark.parametrize("kind", [LearnerTimeout, LearnerCrashed])
def test_a_hang_or_a_crash_ends_its_family_only(suite: Suite, kind: type[Exception]) -> None:
    calls = []

    def hangs(x: Any, by: float) -> Any:
        calls.append(by)
        if len(x.shape) == 2:
            raise kind("did not finish within 10 s")
        return shift(x, by)

    report = suite.report("shift", hangs, total)
    assert lost(report) == {"values": "shift(x of shape (2, 1), by=2): did not finish within 10 s."}
    assert calls.count(2) == 1


def test_the_end_of_the_sandbox_passes_through(suite: Suite) -> None:
    def gone(x: Any, by: float) -> Any:
        raise GradingStopped("the jail is gone")

    with pytest.raises(GradingStopped):
        suite.report("shift", gone, total)


def test_what_a_function_prints_and_warns_stays_out(capfd: pytest.CaptureFixture[str]) -> None:
    def noisy(x: Any, n: int) -> Any:
        print("debug")
        np.log(np.zeros(1))
        import warnings

        warnings.warn("old", DeprecationWarning, stacklevel=1)
        return x.copy()

    assert message(lambda t: t.equal(np.ones(2), np.ones(2), 1), noisy) == ""
    assert capfd.readouterr() == ("", "")


def test_a_family_can_ask_what_passed_before() -> None:
    asked = []
    suite = Suite(folder=Path("nowhere"))
    exercise = suite.exercise("f", 3, "f(x)")
    exercise.family("one", 1)(lambda t: t.equal(1, 0))
    exercise.family("two", 1)(lambda t: t.equal(2, 0))

    @exercise.family("three", 1)
    def three(t: Trial) -> None:
        asked.extend([t.passed("one"), t.on("f").passed("two")])
        t.true(True, "")

    suite.report("f", lambda x: 2)
    assert asked == [False, True]


def test_time_is_the_processors_or_that_of_a_clock_that_was_set() -> None:
    def waits(x: Any) -> Any:
        time.sleep(0.003)  # as long as another program might keep the core
        return np.zeros(1)

    def works(x: Any) -> Any:
        return np.zeros(1) * sum(range(500_000))

    assert message(lambda t: t.faster(works, 5, np.ones(1)), waits, "f(x)") == ""
    clock_with(time.perf_counter)
    assert "50 is asked" in message(lambda t: t.faster(works, 50, np.ones(1)), waits, "f(x)")


def test_the_work_of_another_process_counts() -> None:
    def slowly(x: Any) -> Any:
        return sum((np.full(1, value) for value in x), np.zeros(1))

    def in_a_child(x: Any) -> Any:
        answer, told = os.pipe()
        if not (child := os.fork()):
            os.write(told, slowly(x).tobytes())
            os._exit(0)
        os.waitpid(child, 0)
        result = np.frombuffer(os.read(answer, 8)).copy()
        os.close(answer)
        os.close(told)
        return result

    assert "5 is asked" in message(lambda t: t.faster(slowly, 5, np.arange(40_000.0)), in_a_child, "f(x)")


class Counter:
    """What a learner could write for an exercise that asks for a class."""

    def __init__(self, start: int) -> None:
        self.value = start

    def add(self, step: int) -> None:
        self.value += step


def two_steps(counter: Any, start: int, step: int) -> Any:
    """The value after two steps."""
    it = counter(start)
    it.add(step)
    it.add(step)
    return it.value


def counting() -> Suite:
    suite = Suite(folder=Path("nowhere"))
    exercise = suite.exercise("counter", 3, "Counter(start)", "reset(counter)")
    exercise.family("steps", 2)(lambda t: t.through(two_steps).equal(7, 3, 2))
    exercise.family("reset", 1)(lambda t: t.on("reset").equal(0, 5))
    return suite


def test_an_adapter_tests_what_one_call_with_data_cannot() -> None:
    class Overwrites(Counter):
        def add(self, step: int) -> None:
            self.value = step

    suite = counting()
    assert suite.report("counter", Counter, lambda counter: 0).score == 3
    family = suite.report("counter", Overwrites, lambda counter: 0).families[0]
    assert family.message == "Counter, the value after two steps (start=3, step=2): yours is 2."
    family = suite.report("counter", lambda start: None, lambda counter: 0).families[0]
    assert "raised AttributeError" in family.message


def test_a_mistake_that_is_a_class_is_recognised(tmp_path: Path) -> None:
    (tmp_path / "mistakes.py").write_text(
        "from autograder.testing import Mistakes\nmistake = Mistakes()\nSTEP = 1\n\n"
        '@mistake("counter", family="steps")\nclass StepIgnored:\n    """Your add counts 1 instead of the step."""\n\n'
        "    def __init__(self, start):\n        self.value = start\n\n"
        "    def add(self, step):\n        self.value += STEP\n"
    )
    suite = counting()
    suite.folder = tmp_path
    suite.validate()
    (known,) = suite.mistakes
    family = suite.report("counter", known.function, lambda counter: 0).families[0]
    assert (family.mistake, family.score) == ("step-ignored", 0)
    source = answer_source(known.function, "Counter")
    assert "class Counter:" in source and "STEP = 1" in source and "instead" not in source


def test_what_is_not_written_yet_is_no_mistake(suite: Suite) -> None:
    def stub(x: Any, by: Any) -> Any:
        raise NotImplementedError

    assert {family.mistake for family in suite.report("shift", stub, total).families} == {None}


def test_a_time_is_told_as_a_ratio() -> None:
    def slow(x: float) -> float:
        ends = time.process_time() + 0.03
        while time.process_time() < ends:
            pass
        return x

    assert "times as long as the course's own; at most 2 is asked" in message(lambda t: t.faster(abs, 1 / 2, 1.0), slow)
