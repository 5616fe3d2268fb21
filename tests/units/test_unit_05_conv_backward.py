"""Unit 05: what the curriculum asks of it, and its numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from autograder.testing.matrix import Unit
from autograder.testing.suite import load_suite

FOLDER = Path(__file__).resolve().parents[2] / "solutions" / "05_conv_backward"
POINTS = {
    "numerical-gradient": 10,
    "conv2d-backward-loops": 40,
    "col2im": 20,
    "conv2d-backward": 30,
    "conv-transpose2d": 20,
    "dx-as-full-convolution": 10,
}


def test_points_are_those_of_the_curriculum(unit: Unit) -> None:
    assert {name: tests.points for name, tests in unit.suite.exercises.items()} == POINTS
    assert sum(POINTS.values()) == 130
    speed = [family.points for family in unit.suite.exercises["conv2d-backward"].families if family.name == "speed"]
    assert speed == [3]  # the notebook says so


def test_torch_scipy_and_numpys_convolutions_are_withheld_and_unit_04_is_served(unit: Unit) -> None:
    assert unit.suite.without == ("torch", "scipy", "numpy.convolve", "numpy.correlate")
    assert unit.suite.serves == {"cnnkit.ops": ("conv2d", "im2col")}


def test_mistakes_of_the_curriculum_are_known(unit: Unit) -> None:
    assert len(unit.suite.mistakes) >= 150
    asked = """cropped-with-minus-padding dx-cut-off-at-the-end dx-cut-off-at-the-start dx-ignores-stride
    dw-ignores-stride dx-later-windows-overwrite dw-overwritten db-overwritten dw-flipped dx-kernel-flipped
    dx-kernel-transposed dw-transposed square-loops db-mean db-batch-mean dw-batch-mean dw-of-last-image-only
    dw-without-padding dw-padding-at-the-start-only dw-padding-repeats-the-edge dout-ignored dout-transposed
    step-to-one-side-only eps-not-undone overlaps-replaced dx-of-index-arrays border-cut-with-minus-padding"""
    assert set(asked.split()) <= {mistake.name for mistake in unit.suite.mistakes}


def test_numbers_of_the_lecture(answers: dict[str, Any]) -> None:
    line, dout, kernel = answers["LINE"], answers["LINE_DOUT"], answers["KERNEL"]
    for backward in (answers["conv2d_backward_loops"], answers["conv2d_backward"]):
        dx, dw, db = backward(dout, line, kernel)
        assert (dx.ravel().tolist(), dw.ravel().tolist(), db.tolist()) == ([3, 32, 320, 200], [421, 342], [111])
        dx, dw, _ = backward(np.array([[[[1.0, 10.0]]]]), answers["LEFT_OVER"], kernel, stride=2)
        assert (dx.ravel().tolist(), dw.ravel().tolist()) == ([3, 2, 30, 20, 0], [41, 32])
        dx, dw, _ = backward(answers["SHORT_DOUT"], answers["SHORT"], kernel, padding=(0, 1))
        assert (dx.ravel().tolist(), dw.ravel().tolist()) == ([32, 320, 3200], [4210, 421])
    assert answers["dx_as_full_convolution"](dout, kernel).ravel().tolist() == [3, 32, 320, 200]
    stamp, values = np.array([[[[3.0, 2.0, 4.0]]]]), np.array([[[[1.0, 10.0]]]])
    transposed = answers["conv_transpose2d"]
    assert transposed(values, stamp, (1, 2)).ravel().tolist() == [3, 2, 34, 20, 40]
    assert transposed(values, stamp, (1, 2), (0, 1)).ravel().tolist() == [2, 34, 20]
    assert transposed(values, stamp, (1, 2), (0, 1), (0, 1)).ravel().tolist() == [2, 34, 20, 40]


def test_the_two_backward_passes_agree_with_the_measured_gradient(answers: dict[str, Any]) -> None:
    rng = np.random.default_rng(5)
    x, w, dout = (rng.standard_normal(shape) for shape in ((2, 2, 5, 4), (3, 2, 3, 2), (2, 3, 3, 3)))
    options = {"stride": (2, 1), "padding": (1, 0)}
    conv2d = answers["conv2d"]
    dx = answers["numerical_gradient"](lambda moved: conv2d(moved, w, **options), x, dout)
    dw = answers["numerical_gradient"](lambda moved: conv2d(x, moved, **options), w, dout)
    for backward in (answers["conv2d_backward_loops"], answers["conv2d_backward"]):
        found = backward(dout, x, w, **options)
        np.testing.assert_allclose(found[0], dx, atol=1e-8)  # float64 central differences of a linear function
        np.testing.assert_allclose(found[1], dw, atol=1e-8)


def test_chunks_give_what_the_whole_batch_gives(answers: dict[str, Any]) -> None:
    rng = np.random.default_rng(6)
    x, w = rng.standard_normal((7, 4, 30, 31)), rng.standard_normal((6, 2, 3, 3))  # 2.1 MB of columns an image: chunks
    dout = rng.standard_normal((7, 6, 30, 31))
    whole = answers["conv2d_backward"](dout, x, w, padding=1, groups=2)
    ones = [answers["conv2d_backward"](dout[i : i + 1], x[i : i + 1], w, padding=1, groups=2) for i in range(7)]
    np.testing.assert_allclose(whole[0], np.concatenate([dx for dx, _, _ in ones]), atol=1e-12)
    np.testing.assert_allclose(whole[1], sum(dw for _, dw, _ in ones), atol=1e-10)
    np.testing.assert_allclose(whole[2], sum(db for _, _, db in ones), atol=1e-10)


def test_a_mistake_in_another_style_is_recognised() -> None:
    suite = load_suite(FOLDER)

    def flipped_by_index(dout, x, w, stride=1, padding=0):  # type: ignore[no-untyped-def]
        if stride != 1 or padding != 0:
            raise RuntimeError("no options yet")
        dx, dw, (kh, kw) = np.zeros_like(x), np.zeros_like(w), w.shape[2:]
        for n, f, i, j in np.ndindex(*dout.shape):
            dx[n, :, i : i + kh, j : j + kw] += dout[n, f, i, j] * w[f]
            for u, v in np.ndindex(kh, kw):
                dw[f, :, kh - 1 - u, kw - 1 - v] += dout[n, f, i, j] * x[n, :, i + u, j + v]
        return dx, dw, dout.sum(axis=(0, 2, 3))

    families = {family.name: family for family in suite.report("conv2d-backward-loops", flipped_by_index).families}
    assert families["dx"].message == families["db"].message == ""
    assert families["dw"].mistake == "dw-flipped"
    assert "correlation of x with dout" in families["dw"].message


def test_messages_hold_no_expected_value(unit: Unit) -> None:
    tests = unit.suite.exercises["conv2d-backward"]
    for mistake in unit.suite.mistakes.of("conv2d-backward")[::6]:
        for log in unit.suite.run("conv2d-backward", *unit.functions(tests, mistake)):
            assert all("array(" not in fault and len(fault) < 400 for fault in log.faults)
