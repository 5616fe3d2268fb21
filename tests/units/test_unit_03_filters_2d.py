"""Unit 03: what the curriculum asks of it, and its numbers."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from autograder.testing.matrix import Unit
from autograder.testing.suite import load_module, load_suite

FOLDER = Path(__file__).resolve().parents[2] / "solutions" / "03_filters_2d"
POINTS = {
    "out-size": 10,
    "same-padding": 5,
    "pad2d": 10,
    "correlate2d": 10,
    "convolve2d": 5,
    "named-kernel": 8,
    "separable": 7,
    "edge-magnitude": 5,
}


def test_points_are_those_of_the_curriculum(unit: Unit) -> None:
    assert {name: tests.points for name, tests in unit.suite.exercises.items()} == POINTS
    assert sum(POINTS.values()) == 60


def test_torch_scipy_and_numpys_convolutions_are_withheld(unit: Unit) -> None:
    assert unit.suite.without == ("torch", "scipy", "numpy.convolve", "numpy.correlate")


def test_mistakes_of_the_curriculum_are_known(unit: Unit) -> None:
    asked = """transposed-kernel height-and-width-of-the-image-exchanged height-and-width-of-the-kernel-exchanged
    rounded-to-nearest half-rounded-down-on-both-sides half-rounded-up-on-both-sides one-sided one-sided-padding
    uint8-overflows edges-of-uint8-wrap-around normalised-sobel reflect-repeats-the-edge kernel-turned
    kernel-not-turned extent-is-kernel-times-dilation"""
    assert set(asked.split()) <= {mistake.name for mistake in unit.suite.mistakes}
    assert len(unit.suite.mistakes) >= 100


def test_numbers_of_the_lecture(answers: dict[str, Any]) -> None:
    image, kernel = answers["IMAGE"], answers["KERNEL"]
    assert image.shape == (4, 4)
    assert kernel.shape == (2, 2)
    assert answers["correlate2d"](image, kernel).tolist() == [[4, 0, 1], [3, -1, 11], [-1, 14, 4]]
    assert answers["convolve2d"](image, kernel).tolist() == [[8, 2, 9], [-1, 11, 11], [11, 12, 0]]
    size = answers["out_size"]
    assert [size(7, 3), size(7, 3, 2), size(10, 3, 2), size(10, 3, 2, ceil=True)] == [5, 3, 4, 5]
    assert (10 - 3) % 2 == 1  # W = 10, F = 3, S = 2 does not divide


def test_sizes_are_those_of_an_enumeration_for_all_arguments_up_to_8(answers: dict[str, Any]) -> None:
    size, wrong = answers["out_size"], []
    places = np.arange(8 + 2 * 8)
    for n, k, s, p, d in itertools.product(range(1, 9), range(1, 9), range(1, 9), range(9), range(1, 9)):
        end = n + 2 * p
        starts = places[: end - d * (k - 1) : s] if end > d * (k - 1) else places[:0]
        try:
            found = size(n, k, s, p, d)
        except ValueError:
            found = 0
        if found != len(starts):
            wrong.append((n, k, s, p, d))
    assert wrong == []


def test_ceil_is_that_of_torch_wherever_a_window_fits(answers: dict[str, Any]) -> None:
    for n, k, s, p, d in itertools.product(range(1, 8), range(1, 5), range(1, 7), range(3), range(1, 4)):
        if 2 * p <= k and n + 2 * p > d * (k - 1):
            pooled = torch.nn.functional.max_pool1d(torch.zeros(1, 1, n), k, s, p, d, ceil_mode=True)
            assert answers["out_size"](n, k, s, p, d, ceil=True) == pooled.shape[-1], (n, k, s, p, d)


def test_enumeration_of_the_hidden_tests_agrees(answers: dict[str, Any]) -> None:
    enumerated = load_module(FOLDER / "hidden_tests.py").enumerated
    for n, k, s, p, d in itertools.product(range(1, 6), range(1, 5), range(1, 5), range(4), range(1, 4)):
        if n + 2 * p > d * (k - 1):
            for ceil in (False, True):
                assert enumerated(n, k, s, p, d, ceil) == answers["out_size"](n, k, s, p, d, ceil)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_same_padding_is_that_of_torch(answers: dict[str, Any]) -> None:
    x = torch.randn(1, 1, 11, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for k, d in itertools.product(range(1, 6), range(1, 4)):
        w = torch.arange(1.0, k + 1, dtype=torch.float64)[None, None]
        lo, hi = answers["same_padding"](k, d)
        by_hand = torch.nn.functional.conv1d(torch.nn.functional.pad(x, (lo, hi)), w, dilation=d)
        layer = torch.nn.Conv1d(1, 1, k, padding="same", dilation=d, bias=False, dtype=torch.float64)
        layer.weight.data = w
        assert torch.equal(by_hand.round(decimals=9), layer(x).detach().round(decimals=9))


def test_classical_kernels_do_what_the_table_says(answers: dict[str, Any]) -> None:
    kernel, correlate = answers["named_kernel"], answers["correlate2d"]
    assert [float(kernel(name).sum()) for name in ("sobel_x", "sobel_y", "outline", "emboss")] == [0, 0, 0, 1]
    for blur in (kernel("box", size=4), kernel("gaussian", sigma=0.7)):
        assert abs(blur.sum() - 1) < 1e-12
    ramp = answers["RAMP"]
    assert correlate(ramp, kernel("sobel_x")).tolist() == [[16.0] * 3] * 2
    assert correlate(ramp, kernel("sobel_y")).tolist() == [[24.0] * 3] * 2
    separable = {name: answers["separable"](kernel(name)) is not None for name in ("box", "gaussian", "sobel_x")}
    assert all(separable.values())
    assert answers["separable"](kernel("emboss")) is None


def test_a_mistake_in_another_style_is_recognised() -> None:
    suite = load_suite(FOLDER)

    def sobel_in_bytes(img):  # type: ignore[no-untyped-def]
        if img.ndim != 2 or min(img.shape) < 3:
            raise ValueError("not an image of 3×3 or more")
        a = img if img.dtype.kind in "fu" else img.astype(float)
        across = a[:-2, 2:] - a[:-2, :-2] + a[2:, 2:] - a[2:, :-2] + 2 * (a[1:-1, 2:] - a[1:-1, :-2])
        down = a[2:, :-2] - a[:-2, :-2] + a[2:, 2:] - a[:-2, 2:] + 2 * (a[2:, 1:-1] - a[:-2, 1:-1])
        across, down = (side if side.dtype.kind == "f" else side.astype(float) for side in (across, down))
        return np.sqrt(across**2 + down**2)

    values, contract = suite.report("edge-magnitude", sobel_in_bytes).families
    assert values.score == 3
    assert contract.mistake == "edges-of-uint8-wrap-around"


def test_messages_hold_no_expected_value(unit: Unit) -> None:
    for exercise in unit.suite.exercises.values():
        for mistake in unit.suite.mistakes.of(exercise.id)[:4]:
            for log in unit.suite.run(exercise.id, *unit.functions(exercise, mistake)):
                assert all("array(" not in fault and len(fault) < 400 for fault in log.faults)
