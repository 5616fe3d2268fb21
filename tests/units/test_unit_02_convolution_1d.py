"""Unit 02: what the curriculum asks of it, and its numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from autograder.testing.matrix import Unit
from autograder.testing.suite import load_suite

FOLDER = Path(__file__).resolve().parents[2] / "solutions" / "02_convolution_1d"
POINTS = {
    "correlate1d": 12,
    "convolve1d": 8,
    "conv-matrix1d": 8,
    "correlate1d-backward": 12,
    "circular-convolve-fft": 5,
    "commutes-with-shift": 5,
}


def test_points_are_those_of_the_curriculum(unit: Unit) -> None:
    assert {name: tests.points for name, tests in unit.suite.exercises.items()} == POINTS
    assert sum(POINTS.values()) == 50


def test_torch_scipy_and_numpys_convolutions_are_withheld(unit: Unit) -> None:
    assert unit.suite.without == ("torch", "scipy", "numpy.convolve", "numpy.correlate")


def test_mistakes_of_the_curriculum_are_known(unit: Unit) -> None:
    asked = """flipped-kernel kernel-not-flipped same-off-by-one-for-even-kernels stride-on-the-index-only
    stride-for-the-size-only extent-is-kernel-times-dilation signal-gradient-overwritten linear-for-circular
    complex-output matrix-of-the-flipped-kernel kernel-gradient-flipped cropped-with-a-negative-end
    invariance-for-equivariance"""
    assert set(asked.split()) <= {mistake.name for mistake in unit.suite.mistakes}
    assert len(unit.suite.mistakes) >= 100


def test_numbers_of_the_lecture(answers: dict[str, Any]) -> None:
    signal, edge = np.array([1.0, 2.0, -1.0, 1.0, -3.0]), np.array([1.0, 0.0, -1.0])
    for stride, expected in ((1, [-2, 2, 1, 2, 1]), (2, [-2, 1, 1])):
        assert answers["correlate1d"](signal, edge, stride, 1).tolist() == expected
        assert (answers["conv_matrix1d"](edge, 5, stride, 1) @ signal).tolist() == expected


def test_full_convolution_multiplies_polynomials_and_correlation_does_not_commute(answers: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal(5), rng.standard_normal(3)
    product = np.polynomial.polynomial.polymul(a, b)
    np.testing.assert_allclose(answers["convolve1d"](a, b), product)
    np.testing.assert_allclose(answers["convolve1d"](b, a), product)
    one, other = answers["correlate1d"](a, b, padding=2), answers["correlate1d"](b, a, padding=4)
    assert one.shape == other.shape == (7,)
    assert np.abs(one - other).max() > 0.1
    np.testing.assert_allclose(one, other[::-1])


def test_convolution_theorem_and_the_ring_are_equivariant_where_zero_padding_is_not(answers: dict[str, Any]) -> None:
    rng = np.random.default_rng(1)
    x, w = rng.standard_normal(9), rng.standard_normal(3)
    y = answers["circular_convolve_fft"](x, w)
    np.testing.assert_allclose(np.fft.fft(y), np.fft.fft(x) * np.fft.fft(w, 9))
    measure = answers["commutes_with_shift"]
    assert measure(lambda signal: answers["circular_convolve_fft"](signal, w), x, 4) < 1e-12
    assert measure(lambda signal: answers["correlate1d"](signal, w, padding=1), x, 4) > 0.1
    assert measure(lambda signal: answers["correlate1d"](signal, w, stride=2, padding=1), x, 2) > 0.1


def test_a_mistake_in_another_style_is_recognised() -> None:
    suite = load_suite(FOLDER)

    def without_adding(dout, x, w, stride=1, padding=0):  # type: ignore[no-untyped-def]
        if not dout.ndim == x.ndim == w.ndim == 1 or (len(x) + 2 * padding - len(w)) // stride + 1 != len(dout):
            raise ValueError("shapes")
        dx, dw = {}, np.zeros(len(w), w.dtype if w.dtype.kind == "f" else float)
        for i in range(len(dout)):
            for j in range(len(w)):
                place = i * stride + j - padding
                dx[place] = dout[i] * w[j]
                dw[j] += dout[i] * (x[place] if 0 <= place < len(x) else 0)
        return np.array([dx.get(i, 0) for i in range(len(x))], x.dtype if x.dtype.kind == "f" else float), dw

    families = {family.name: family for family in suite.report("correlate1d-backward", without_adding).families}
    assert families["dx"].mistake == "signal-gradient-overwritten"
    assert "write += for =" in families["dx"].message
    assert families["dw"].score == 4
    assert families["contract"].score == 2


def test_messages_hold_no_expected_value(unit: Unit) -> None:
    for exercise in unit.suite.exercises.values():
        for mistake in unit.suite.mistakes.of(exercise.id)[:4]:
            for log in unit.suite.run(exercise.id, *unit.functions(exercise, mistake)):
                assert all("array(" not in fault and len(fault) < 400 for fault in log.faults)
