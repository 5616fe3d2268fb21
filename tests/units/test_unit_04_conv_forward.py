"""Unit 04: what the curriculum asks of it, and its numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from autograder.testing.matrix import Unit
from autograder.testing.suite import load_suite

FOLDER = Path(__file__).resolve().parents[2] / "solutions" / "04_conv_forward"
POINTS = {
    "conv2d-loops": 30,
    "im2col": 25,
    "conv2d": 30,
    "depthwise-separable": 10,
    "conv-params": 7,
    "locally-connected": 8,
}


def test_points_are_those_of_the_curriculum(unit: Unit) -> None:
    assert {name: tests.points for name, tests in unit.suite.exercises.items()} == POINTS
    assert sum(POINTS.values()) == 110
    families = [(family.name, family.points) for family in unit.suite.exercises["conv2d-loops"].families]
    assert families == [("basic", 10), ("stride and padding", 8), ("dilation and groups", 8), ("contract", 4)]


def test_torch_scipy_and_numpys_convolutions_are_withheld(unit: Unit) -> None:
    assert unit.suite.without == ("torch", "scipy", "numpy.convolve", "numpy.correlate")


def test_mistakes_of_the_curriculum_are_known(unit: Unit) -> None:
    assert len(unit.suite.mistakes) >= 40
    asked = """flipped-kernel transposed-kernel channel-mean first-channel-only channels-reversed bias-missing
    first-bias-for-all bias-once-per-channel padding-of-rows-only padding-repeats-the-edge padding-at-the-end-only
    row-stride-for-columns square-output-assumed size-rounded-up only-first-image last-row-left-at-zero relu-added
    float32-sums integer-result transposed-output hard-coded-stride-and-padding channels-interleaved-among-groups
    channels-of-a-group-counted-in-kernels dilation-added-to-the-padding extent-is-kernel-times-dilation"""
    assert set(asked.split()) <= {mistake.name for mistake in unit.suite.mistakes}


def test_numbers_of_the_lecture(answers: dict[str, Any]) -> None:
    red, green, blue = answers["RGB"][0]
    kernels = answers["RGB_KERNEL"][0]
    sums = [
        int(np.sum(np.pad(channel, 1)[:3, :3] * kernel))
        for channel, kernel in zip((red, green, blue), kernels, strict=True)
    ]
    assert sums == [308, -498, 164]
    for function in (answers["conv2d_loops"], answers["conv2d"]):
        assert function(answers["RGB"], answers["RGB_KERNEL"], np.array([1]), padding=1)[0, 0, 0, 0] == -25
        assert function(np.ones((1, 4, 11, 11)), np.ones((1, 4, 5, 5)), stride=2).shape == (1, 1, 4, 4)
    assert answers["im2col"](np.zeros((1, 3, 227, 227)), 11, 11, stride=4).shape == (1, 363, 3025)
    counts = [answers["conv_params"](3, kernels, k) for kernels, k in ((10, 5), (100, 3), (96, 11))]
    assert counts == [760, 2_800, 34_944]
    assert answers["conv_macs"](3, 96, 11, 55) == 105_415_200
    assert answers["conv_params"](3, 55 * 55 * 96, 11) == 105_705_600  # what the layer would need without sharing


def test_a_mistake_in_another_style_is_recognised() -> None:
    suite = load_suite(FOLDER)

    def flipped_by_index(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):  # type: ignore[no-untyped-def]
        if stride != 1 or padding != 0 or dilation != 1 or groups != 1:
            raise RuntimeError("no options yet")
        (n, _, h, width), (f, _, kh, kw) = x.shape, w.shape
        y = np.zeros((n, f, h - kh + 1, width - kw + 1), x.dtype)
        for i, j, u, v in np.ndindex(*y.shape[2:], kh, kw):
            y[:, :, i, j] += x[:, :, i + u, j + v] @ w[:, :, kh - 1 - u, kw - 1 - v].T
        return y if b is None else y + b[None, :, None, None]

    basic, *others = suite.report("conv2d-loops", flipped_by_index).families
    assert basic.mistake == "flipped-kernel"
    assert "rotated by 180°" in basic.message
    assert all(family.mistake is None for family in others)


def test_messages_hold_no_expected_value(unit: Unit) -> None:
    tests = unit.suite.exercises["conv2d"]
    for mistake in unit.suite.mistakes.of("conv2d")[:10]:
        for log in unit.suite.run("conv2d", *unit.functions(tests, mistake)):
            assert all("array(" not in fault and len(fault) < 400 for fault in log.faults)
