"""Known answers: how mistakes are named, pasted into notebooks and counted in the kill matrix."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shifting_unit import HIDDEN_TESTS, MISTAKES, shift, total, write_unit

from autograder.testing import (
    Alternatives,
    Mistakes,
    Suite,
    answer_source,
    naming,
)
from autograder.testing.calls import Signature
from autograder.testing.matrix import Unit
from autograder.testing.matrix import main as matrix_main
from autograder.testing.stability import main as stability_main
from autograder.testing.suite import load_suite

pytestmark = pytest.mark.usefixtures("fresh_reports")


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    return load_suite(write_unit(tmp_path_factory.mktemp("course")))


# -- naming --------------------------------------------------------------------------------------------------------


def test_a_known_mistake_is_named_with_its_sentence(suite: Suite) -> None:
    report = suite.report("shift", lambda x, by: shift(x, -by), total)
    values = report.families[0]
    assert values.mistake == "subtracts"
    assert values.message.endswith("\nThe number was subtracted. Shifting to the right adds it.")


def test_a_mistake_of_a_second_function_is_named(suite: Suite) -> None:
    report = suite.report("shift", shift, lambda x: float(np.average(x)))
    assert [family.mistake for family in report.families] == [None, "mean-for-total", None]


def test_two_mistakes_are_named_family_by_family(suite: Suite) -> None:
    report = suite.report("shift", lambda x, by: x - np.asarray(by, x.dtype), lambda x: float(np.mean(x)))
    assert [family.mistake for family in report.families] == ["subtracts", "mean-for-total", None]
    changes = suite.report("shift", suite.mistakes.of("shift")[3].function, total)
    assert [family.mistake for family in changes.families] == [None, None, "in-place"]


def test_what_no_mistake_explains_is_not_named(suite: Suite) -> None:
    report = suite.report("shift", lambda x, by: shift(x, by) * 1.01, total)
    assert report.families[0].mistake is None
    assert "\n" not in report.families[0].message


def test_mistakes_that_look_the_same_are_both_told() -> None:
    suite = Suite(folder=Path("nowhere"))
    suite.exercise("f", 1, "f(x)").family("only", 1)(lambda t: t.equal(1, 0))
    suite.mistakes("f", family="only")(documented(lambda x: 2, "one", "Here is one."))
    suite.mistakes("f", family="only")(documented(lambda x: 2, "other", "Here is the other."))
    (family,) = suite.report("f", lambda x: 2).families
    assert family.mistake == "one"
    assert family.message.endswith("Here is one. Or: Here is the other.")


def test_a_mistake_whose_own_family_passed_was_not_made() -> None:
    """An answer fails the second family only; a mistake that fails the first as well would look the same there."""
    suite = Suite(folder=Path("nowhere"))
    tests = suite.exercise("f", 2, "f(x)")
    tests.family("zero", 1)(lambda t: t.equal(1, 0))
    tests.family("one", 1)(lambda t: t.equal(1, 1))
    suite.mistakes("f", family="zero")(documented(lambda x: 2, "everywhere", "It is two everywhere."))
    families = suite.report("f", lambda x: 1 + x).families
    assert [(family.score, family.mistake) for family in families] == [(1, None), (0, None)]
    suite.mistakes("f", family="one")(documented(lambda x: 3 - x, "there", "It is two there."))
    assert [family.mistake for family in suite.report("f", lambda x: 1 + x).families] == [None, "there"]


def test_errors_that_torch_raises_for_anything_are_told_apart_by_their_words() -> None:
    def refuses(message: str) -> Callable[[int], int]:
        def f(x: int) -> int:
            raise RuntimeError(message)

        return f

    suite = Suite(folder=Path("nowhere"))
    suite.exercise("f", 1, "f(x)").family("only", 1)(lambda t: t.equal(1, 0))
    suite.mistakes("f", family="only")(documented(refuses("expected 3 channels, got 5"), "channels", "The channels."))
    named = [suite.report("f", refuses(m)).families[0].mistake for m in ("expected 8 channels, got 5", "no gradient")]
    assert named == ["channels", None]


def documented(function: Callable[..., Any], name: str, sentence: str) -> Callable[..., Any]:
    function.__name__, function.__doc__ = name, sentence
    return function


def test_naming_takes_a_bounded_time(monkeypatch: pytest.MonkeyPatch, suite: Suite) -> None:
    monkeypatch.setattr(naming, "SECONDS", 0.0)
    assert suite.report("shift", lambda x, by: shift(x, -by), total).families[0].mistake is None


# -- known answers -------------------------------------------------------------------------------------------------


def test_known_answers_are_registered_and_found(suite: Suite) -> None:
    assert [mistake.name for mistake in suite.mistakes] == [
        "subtracts", "adds-twice", "accepts-nothing", "in-place", "mean-for-total",
    ]  # fmt: skip
    assert [(a.name, a.style, a.answers) for a in suite.alternatives.of("shift")] == [
        ("python-sum", "built-in sum", "total")
    ]
    assert suite.mistakes.of("other") == []


def test_a_mistake_needs_a_sentence_and_a_name_of_its_own() -> None:
    mistake, alternative = Mistakes(), Alternatives()
    with pytest.raises(ValueError, match="no sentence"):
        mistake("f", family="values")(lambda x: x)
    mistake("f", family="values")(documented(lambda x: x, "same", "A sentence."))
    with pytest.raises(ValueError, match="two answers"):
        mistake("f", family="values")(documented(lambda x: x, "same", "A sentence."))
    alternative("f", style="loops")(shift)
    assert len(alternative) == 1


def test_source_of_an_answer_stands_alone(suite: Suite) -> None:
    twice = suite.mistakes.of("shift")[1].function
    source = answer_source(twice, "shift")
    assert source == textwrap.dedent("""\
        import numpy as np


        TWICE = 2


        @np.errstate(all='ignore')
        def checked(x):
            if not x.size:
                raise ValueError('empty')
            return x


        def shift(x, by):
            return checked(x) + TWICE * by
        """)
    accepts = answer_source(suite.mistakes.of("shift")[2].function, "shift")
    assert accepts.startswith("import numpy as np\n")
    with pytest.raises(ValueError, match="no function or class at the top level"):
        answer_source(lambda x: x, "shift")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"values", 3', '"values", 4', "6 points, but its families have 7"),
        ('"values", 3', '"other", 3', "has no family 'values'"),
        ('"sums", 2', '"values", 2', "two families called 'values'"),
        ('"shift", 6', '"move", 6', "'move' is taken, or is not the first function's name"),
        (', "total(x)"', "", "there is no total in exercise 'shift'"),
        ("shift(x, by)", "shift", "a signature looks like"),
    ],
)
def test_units_whose_files_do_not_fit_together_are_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    (tmp_path / "mistakes.py").write_text(MISTAKES)
    (tmp_path / "hidden_tests.py").write_text(HIDDEN_TESTS.replace(old, new))
    with pytest.raises(ValueError, match=words):
        load_suite(tmp_path)


def test_a_file_of_mistakes_must_register_them_somewhere(tmp_path: Path) -> None:
    (tmp_path / "mistakes.py").write_text("x = 1\n")
    with pytest.raises(ValueError, match="creates no Mistakes"):
        len(Suite(folder=tmp_path).mistakes)


def test_signatures() -> None:
    assert Signature.parse("f(x, kh)") == Signature("f", ("x", "kh"))
    assert Signature.parse("f()") == Signature("f", ())


@pytest.fixture
def one_unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A course with one unit, and this process where it is."""
    write_unit(tmp_path / "solutions")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


# -- the kill matrix -----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("one_unit")
def test_matrix_shows_which_family_catches_which_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert matrix_main(["--seeds", "2"]) == 0
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[:7] == [
        "shift: 5 mistakes",
        "                 values  sums  contract",
        "subtracts          X      ·       ·",
        "adds-twice         X      ·       ·",
        "accepts-nothing    ·      ·       X",
        "in-place           ·      ·       X",
        "mean-for-total     ·      X       ·",
    ]
    assert lines[-1].startswith("99_shifting, seed 1: 5 of 5 mistakes lose their own family, 5 no other; 5 are recog")


def test_matrix_fails_where_a_mistake_survives(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weak = HIDDEN_TESTS.replace("t.equal(x + 2, x, 2)", "t.call(x, 2)").replace("t.equal(x - 1.5, x, by=-1.5)", "")
    unit = write_unit(tmp_path, weak)
    assert matrix_main([str(unit)]) == 1
    out = capsys.readouterr().out
    assert "SURVIVES" in out
    assert "survive: shift/subtracts, shift/adds-twice" in out


# -- stable verdicts -----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("one_unit")
def test_verdicts_that_are_the_same_with_every_seed(capsys: pytest.CaptureFixture[str]) -> None:
    assert stability_main(["--seeds", "3", "--processes", "1"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "99_shifting: 3 of 3 seeds tried, 0 wrong verdicts"


def test_verdicts_that_depend_on_the_seed_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lucky = HIDDEN_TESTS.replace("x = t.rng.standard_normal(5)", "x = t.rng.standard_normal(5) * t.rng.integers(2)")
    strict = lucky.replace("    t.preserves(x, 1)", "    t.equal(x, x, t.rng.integers(2))\n    t.preserves(x, 1)")
    unit = write_unit(tmp_path, strict)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert stability_main(["--first", "1", "--seeds", "8", "--processes", "1", str(unit)]) == 1
    *told, last = capsys.readouterr().out.splitlines()
    survivals = [line for line in told if line.endswith("shift: mean-for-total survives")]
    losses = [line for line in told if ": shift: reference: contract: shift(" in line]
    assert 0 < len(survivals) < 8
    assert 0 < len(losses) < 8
    assert last.startswith("99_shifting: 8 of 8 seeds tried, ")


def test_survivors_are_those_of_the_matrix(tmp_path: Path) -> None:
    weak = HIDDEN_TESTS.replace("t.equal(x + 2, x, 2)", "t.call(x, 2)").replace("t.equal(x - 1.5, x, by=-1.5)", "")
    unit = Unit.load(write_unit(tmp_path, weak))
    rows = unit.rows(unit.suite.exercises["shift"])
    assert unit.survivors() == [f"shift: {row.mistake.name} survives" for row in rows if not row.caught] != []
