"""Unit 06: what the curriculum asks of it, and its numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.testing.matrix import Unit
from autograder.testing.suite import load_suite

FOLDER = Path(__file__).resolve().parents[2] / "solutions" / "06_pooling"
POINTS = {
    "max-pool2d": 20,
    "max-pool2d-backward": 20,
    "avg-pool2d": 20,
    "global-avg-pool": 10,
    "l2-pool": 5,
    "stochastic-pool": 5,
    "unchanged-fraction": 5,
    "blur-pool": 5,
}


def test_points_are_those_of_the_curriculum(unit: Unit) -> None:
    assert {name: tests.points for name, tests in unit.suite.exercises.items()} == POINTS
    assert sum(POINTS.values()) == 90
    speed = [family.points for family in unit.suite.exercises["max-pool2d"].families if family.name == "speed"]
    assert speed == [1]  # the notebook says so


def test_torch_scipy_and_numpys_convolutions_are_withheld(unit: Unit) -> None:
    assert unit.suite.without == ("torch", "scipy", "numpy.convolve", "numpy.correlate")
    assert not unit.suite.serves


def test_mistakes_of_the_curriculum_are_known(unit: Unit) -> None:
    asked = """later-windows-overwrite later-shares-overwrite stride-taken-as-size stride-of-means-ignored
    stride-of-gradient-ignored height-and-width-of-window-swapped mean-of-swapped-window padded-with-zeros
    border-never-counted gradient-never-counts-the-border pooled-over-channels position-in-the-window
    positions-not-offset-by-image positions-not-offset-by-plane last-of-equal-values first-of-equal-values-by-columns
    last-of-equal-values-in-a-row"""
    assert set(asked.split()) <= {mistake.name for mistake in unit.suite.mistakes}
    assert all(len(unit.suite.mistakes.of(exercise)) >= 15 for exercise in POINTS)


def test_maxima_and_switches_of_the_lecture(answers: dict[str, Any]) -> None:
    pool, backward = answers["max_pool2d"], answers["max_pool2d_backward"]
    out, idx = pool(answers["FOUR"], 2)
    assert (out.ravel().tolist(), idx.ravel().tolist()) == ([6, 8, 3, 4], [5, 7, 8, 15])
    out, idx = pool(answers["FIVE"], 3, stride=1)
    assert out.ravel().tolist() == [3, 3, 3, 3, 3, 3, 3, 2, 3]
    assert idx.ravel().tolist() == [0, 1, 8, 10, 8, 8, 10, 12, 14]
    dx = backward(np.arange(1.0, 10.0).reshape(1, 1, 3, 3), idx, (1, 1, 5, 5)).ravel()
    assert {int(i): dx[i] for i in np.flatnonzero(dx)} == {0: 1, 1: 2, 8: 14, 10: 11, 12: 8, 14: 9}
    ties, switch = pool(np.array([[[[2.0, 7.0], [7.0, 7.0]]]]), 2)
    assert (ties.item(), switch.item()) == (7, 1)
    dx = backward(np.array([[[[10.0, 7.0]]]]), np.array([[[[2, 2]]]]), (1, 1, 1, 5))
    assert dx.ravel().tolist() == [0, 0, 17, 0, 0]


def test_means_of_the_lecture(answers: dict[str, Any]) -> None:
    pool, backward, options = answers["avg_pool2d"], answers["avg_pool2d_backward"], ((1, 2), 1, (0, 1))
    assert pool(answers["LINE"], *options).ravel().tolist() == [1, 3, 6.5, 4.5]
    assert pool(answers["LINE"], *options, count_include_pad=False).ravel().tolist() == [2, 3, 6.5, 9]
    dout = np.array([[[[1.0, 10.0, 100.0, 1000.0]]]])
    assert backward(dout, (1, 1, 1, 3), *options).ravel().tolist() == [5.5, 55, 550]
    assert backward(dout, (1, 1, 1, 3), *options, count_include_pad=False).ravel().tolist() == [6, 55, 1050]
    plane = np.array([[[[1.0, 2.0, 3.0], [4.0, 5.0, 9.0]]]])
    assert answers["global_avg_pool"](plane).tolist() == [[4]]
    assert answers["global_avg_pool_backward"](np.array([[12.0]]), plane.shape).ravel().tolist() == [2] * 6


def test_numbers_of_the_relatives(answers: dict[str, Any]) -> None:
    assert answers["l2_pool"](np.array([[[[1.0, -2.0], [-2.0, 4.0]]]]), 2, 2).item() == 5
    rng = np.random.default_rng(6)
    assert answers["stochastic_pool"](answers["SPARSE"], 3, 3, rng, train=False).item() == pytest.approx(2.08)
    drawn = answers["stochastic_pool"](np.tile(answers["SPARSE"], (10, 10, 10, 10)), 3, 3, rng, train=True)
    assert np.mean(drawn == 2.4) == pytest.approx(0.6, abs=0.025)  # 10,000 draws: five standard deviations
    assert answers["unchanged_fraction"](answers["larger_of_pairs"], answers["SIX"], 1) == pytest.approx(1 / 3)
    assert answers["blur_pool"](answers["BLOCKS"], 2).ravel().tolist() == [12, 8]


@pytest.mark.parametrize(("k", "stride", "stays"), [(2, 2, 1 / 3), (3, 2, 1 / 2)])
def test_a_third_or_half_of_the_outputs_stays(answers: dict[str, Any], k: int, stride: int, stays: float) -> None:
    noise = np.random.default_rng(6).random((4, 4, 64, 64))
    found = answers["unchanged_fraction"](lambda x: answers["max_pool2d"](x, k, stride)[0], noise, 1)
    assert found == pytest.approx(stays, abs=0.03)


@pytest.mark.parametrize("options", [(2, None, 0), (3, 2, 0), (3, 1, 1), ((3, 2), (2, 1), (1, 0))])
def test_backward_passes_are_adjoints(answers: dict[str, Any], options: tuple[Any, ...]) -> None:
    rng = np.random.default_rng(6)
    x = rng.standard_normal((5, 2, 7, 8))
    out, idx = answers["max_pool2d"](x, *options)
    dout = rng.standard_normal(out.shape)
    dx = answers["max_pool2d_backward"](dout, idx, x.shape)
    assert np.sum(dx * x) == pytest.approx(np.sum(dout * out))
    for include in (True, False):
        means = answers["avg_pool2d"](x, *options, include)
        dx = answers["avg_pool2d_backward"](dout, x.shape, *options, include)
        assert np.sum(dx * x) == pytest.approx(np.sum(dout * means))


def test_a_mistake_in_another_style_is_recognised() -> None:
    suite = load_suite(FOLDER)

    def fancy_plus_equals(dout, idx, x_shape):  # type: ignore[no-untyped-def]
        dx = np.zeros((*x_shape[:2], x_shape[2] * x_shape[3]), dout.dtype)
        for n, c in np.ndindex(*x_shape[:2]):
            dx[n, c, idx[n, c]] += dout[n, c]
        return dx.reshape(x_shape)

    families = {family.name: family for family in suite.report("max-pool2d-backward", fancy_plus_equals).families}
    assert families["one window per pixel"].message == ""
    assert families["overlap"].mistake == "later-windows-overwrite"
    assert "adds once per position" in families["overlap"].message


def test_draws_at_test_time_are_recognised() -> None:
    """Replayed with generators in the state that the learner's calls found them in."""
    suite = load_suite(FOLDER)
    (wrong,) = (mistake for mistake in suite.mistakes if mistake.name == "drawn-at-test-time")
    families = {family.name: family for family in suite.report("stochastic-pool", wrong.function).families}
    assert families["training"].message == ""
    assert families["test mode"].mistake == "drawn-at-test-time"


def test_messages_hold_no_expected_value(unit: Unit) -> None:
    for exercise in ("max-pool2d", "avg-pool2d", "stochastic-pool"):
        tests = unit.suite.exercises[exercise]
        for mistake in unit.suite.mistakes.of(exercise)[::8]:
            for log in unit.suite.run(exercise, *unit.functions(tests, mistake)):
                assert all("array(" not in fault and len(fault) < 400 for fault in log.faults)
