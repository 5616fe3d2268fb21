"""Unit 13: what the curriculum asks of it, and its numbers."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from autograder.testing.matrix import Unit

FOLDER = Path(__file__).resolve().parents[2] / "solutions" / "13_inside"
POINTS = {
    "saliency": 8,
    "occlusion-map": 8,
    "grad-cam": 8,
    "deconv-patch": 8,
    "p4-lift-conv": 10,
    "scattering1": 4,
    "equivariance-error": 4,
}


def test_points_are_those_of_the_curriculum(unit: Unit) -> None:
    assert {name: tests.points for name, tests in unit.suite.exercises.items()} == POINTS
    assert sum(POINTS.values()) == 50


def test_torch_is_in_reach_and_the_library_is_not(unit: Unit) -> None:
    assert "torch" not in unit.suite.without
    assert "cnnkit" in unit.suite.without


def test_mistakes_are_many_and_cover_every_exercise(unit: Unit) -> None:
    assert len(unit.suite.mistakes) >= 150
    assert all(len(unit.suite.mistakes.of(name)) >= 20 for name in POINTS)
    asked = """left-in-evaluation-mode gradients-left-in-the-network hook-left-behind gradient-through-relu
    guided-backpropagation turned-to-the-right modulus-forgotten not-relative"""
    assert set(asked.split()) <= {mistake.name for mistake in unit.suite.mistakes}


def test_turning_the_image_turns_the_maps_and_moves_the_poses(answers: dict[str, Any]) -> None:
    rng = torch.Generator().manual_seed(1)
    x, w = torch.rand(2, 3, 9, 7, generator=rng), torch.rand(4, 3, 5, 5, generator=rng) - 0.5
    error = answers["equivariance_error"](
        lambda images: answers["p4_lift_conv"](images, w, padding=2),
        x,
        lambda images: torch.rot90(images, 1, (2, 3)),
        lambda maps: torch.rot90(maps, 1, (3, 4)).roll(1, 2),
    )
    assert error < 1e-6
    plain = answers["equivariance_error"](
        lambda images: nn.functional.conv2d(images, w, padding=2), x, lambda y: torch.rot90(y, 1, (2, 3))
    )
    assert plain > 0.3


def test_a_planted_object_is_found(answers: dict[str, Any]) -> None:
    thing = torch.tensor([[1.0, 0.2, 0.7], [0.1, 0.9, 0.3], [0.8, 0.4, 1.1]])
    net = nn.Sequential(
        nn.Conv2d(1, 1, 3, padding=1), nn.ReLU(), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(1, 1)
    )
    with torch.no_grad():
        net[0].weight.copy_(thing)
        net[4].weight.fill_(1.0)
    x = torch.zeros(1, 1, 12, 10)
    x[0, 0, 7:10, 2:5] = thing
    classes = torch.tensor([0])
    drops = answers["occlusion_map"](net, x, classes, 3)[0]
    assert divmod(int(drops.argmax()), drops.shape[1]) == (7, 2)
    cam = answers["grad_cam"](net, x, classes, "1")[0]
    assert divmod(int(cam.argmax()), cam.shape[1]) == (8, 3)
    pixels = torch.nonzero(answers["saliency"](net, x, classes)[0])
    assert pixels.amin(0).tolist() == [7, 2] and pixels.amax(0).tolist() == [9, 4]
    pattern = answers["deconv_patch"](net[:2], x, 1, 0)[0, 0, 7:10, 2:5]
    torch.testing.assert_close(pattern / pattern[0, 0], thing / thing[0, 0])


def test_numbers_worked_by_hand(answers: dict[str, Any]) -> None:
    tensor = answers["tensor"]
    image = tensor([[[[7, 1]], [[2, 4]]]])
    assert answers["saliency"](answers["TWO_PIXELS"], image, torch.tensor([1])).tolist() == [[[5, 2]]]
    drops = answers["occlusion_map"](answers["SIX_PIXELS"], answers["SIX_VALUES"], torch.tensor([0]), 2)
    assert drops.tolist() == [[[1, -9]]]
    assert answers["SIX_PIXELS"](answers["SIX_VALUES"]).item() == -3
    cam = answers["grad_cam"](answers["TWO_MAPS"], tensor([[[[1, 4]]]]), torch.tensor([0]), "0")
    assert cam.tolist() == [[[0, 2.5]]]
    pattern = answers["deconv_patch"](answers["ROW"], answers["ROW_VALUES"], 2, 0)
    assert pattern.tolist() == [[[[0, 12, -6, 0, 0]]]]
    y = answers["p4_lift_conv"](tensor([[[[1, 0], [2, 5]]]]), tensor([[[[1, 2], [3, 4]]]]))
    assert y.flatten().tolist() == [27, 19, 13, 21]
    error = answers["equivariance_error"](
        lambda x: x * tensor([1, 2, 3]), tensor([1, 4, 2]), lambda x: torch.roll(x, 1, -1)
    )
    assert error == pytest.approx(math.sqrt(33 / 101)) and round(error, 4) == 0.5716


def test_first_order_scattering_is_that_of_the_library_but_for_a_factor(answers: dict[str, Any]) -> None:
    from cnnkit.zoo import Scattering

    x = torch.rand(1, 1, 16, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    theirs = Scattering(16, scales=2, angles=4, order=1).double()(x)[0]
    ours = answers["scattering1"](x)[0, 0]
    factor = float(theirs[1].mean() / ours[1].mean())
    torch.testing.assert_close(theirs[0], ours[0], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(theirs[1:], factor * ours[1:], atol=1e-4, rtol=1e-4)
