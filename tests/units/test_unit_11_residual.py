"""Unit 11: what the curriculum asks of it, and its numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from autograder.testing.matrix import Unit
from autograder.testing.suite import load_suite

FOLDER = Path(__file__).resolve().parents[2] / "solutions" / "11_residual"
POINTS = {
    "residual-forward": 28,
    "basic-block": 12,
    "bottleneck": 10,
    "pre-act-block": 8,
    "make-resnet": 16,
    "dense-layer": 6,
    "stochastic-depth": 5,
    "gradient-norms": 5,
}


def test_points_are_those_of_the_curriculum(unit: Unit) -> None:
    assert {name: tests.points for name, tests in unit.suite.exercises.items()} == POINTS
    assert sum(POINTS.values()) == 90
    families = [(family.name, family.points) for family in unit.suite.exercises["basic-block"].families]
    assert families == [("layers", 3), ("values", 6), ("gradients", 3)]


def test_of_the_library_only_layers_are_served(unit: Unit) -> None:
    assert unit.suite.serves == {"cnnkit.ops": ("conv2d", "conv2d_backward", "relu", "relu_backward")}
    assert unit.suite.without == ("torchvision", "timm")


def test_mistakes_of_the_curriculum_are_known(unit: Unit) -> None:
    assert len(unit.suite.mistakes) >= 150
    asked = """skip-gradient-forgotten added-after-relu relu-in-the-shortcut needless-downsample
    stride-in-both-convolutions both-convolutions-stride images-padded bias-with-normalisation shared-normalisation
    input-changed added-to-the-input survival-probability"""
    assert set(asked.split()) <= {mistake.name for mistake in unit.suite.mistakes}


@pytest.mark.parametrize(
    ("depth", "option", "parameters"),
    [
        (18, "B", 11_689_512),
        (34, "B", 21_797_672),
        (50, "B", 25_557_032),
        (101, "B", 44_549_160),
        (152, "B", 60_192_808),
        (20, "A", 269_722),
        (32, "A", 464_154),
        (44, "A", 658_586),
        (56, "A", 853_018),
        (110, "A", 1_727_962),
    ],
)
def test_parameters_of_the_papers_networks(depth: int, option: str, parameters: int, answers: dict[str, Any]) -> None:
    with torch.device("meta"):
        network = answers["make_resnet"](depth, option=option)
    assert sum(p.numel() for p in network.parameters()) == parameters


def test_numbers_of_the_notebook(answers: dict[str, Any]) -> None:
    count = answers["count"]
    assert count(answers["BasicBlock"](64, 128, 2)) == 230_144
    assert count(answers["Bottleneck"](256, 64)) == 70_400
    assert count(answers["DenseLayer"](64, 32)) == 45_440
    dx, grads = answers["residual_backward"](np.ones((1, 1, 1, 2)), answers["PIXELS"], answers["PARAMS"])
    assert dx.tolist() == [[[[3, 1]]]]
    assert (grads["b1"][0], grads["b2"][0]) == (1, 1)


def test_a_block_whose_last_scale_is_zero_is_relu(answers: dict[str, Any]) -> None:
    block, x = answers["BasicBlock"](3, 3), torch.randn(2, 3, 4, 5)
    nn.init.zeros_(block.bn2.weight)
    torch.testing.assert_close(block(x), x.relu())


@pytest.mark.parametrize(("depth", "option"), [(18, "B"), (50, "A"), (20, "A")])
def test_state_dict_loads_into_the_librarys_network(depth: int, option: str, answers: dict[str, Any]) -> None:
    from cnnkit import zoo

    ours = answers["make_resnet"](depth, 1 / 16, option).eval()
    theirs = zoo.make_resnet(depth, 1 / 16, option).eval()
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(1, 3, 40, 36)
    torch.testing.assert_close(ours(x), theirs(x))


def test_a_mistake_in_another_style_is_recognised() -> None:
    suite = load_suite(FOLDER)

    class DenseLayer(nn.Module):
        def __init__(self, in_channels, growth):  # type: ignore[no-untyped-def]
            super().__init__()
            self.norm1, self.norm2 = nn.BatchNorm2d(in_channels), nn.BatchNorm2d(4 * growth)
            self.conv1 = nn.Conv2d(in_channels, 4 * growth, 1, bias=False)
            self.conv2 = nn.Conv2d(4 * growth, growth, 3, padding="same", bias=False)

        def forward(self, x):  # type: ignore[no-untyped-def]
            y = nn.functional.relu(self.norm2(self.conv1(nn.functional.relu(self.norm1(x)))))
            return torch.hstack([self.conv2(y), x])

    layers, values, gradients = suite.report("dense-layer", DenseLayer).families
    assert (layers.mistake, values.mistake, gradients.mistake) == (None, "new-maps-first", None)
    assert (layers.score, values.score, gradients.score) == (2, 0, 1)
    assert "come first" in values.message


def test_messages_hold_no_expected_value(unit: Unit) -> None:
    tests = unit.suite.exercises["dense-layer"]
    for mistake in unit.suite.mistakes.of("dense-layer")[:10]:
        for log in unit.suite.run("dense-layer", *unit.functions(tests, mistake)):
            assert all("tensor(" not in fault and len(fault) < 800 for fault in log.faults)
