"""Unit 10: what the curriculum asks of it, and its numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from autograder.testing.matrix import Unit
from autograder.testing.suite import load_suite

FOLDER = Path(__file__).resolve().parents[2] / "solutions" / "10_blocks"
POINTS = {
    "nin-block": 8,
    "inception": 18,
    "factorised-inception": 8,
    "fire": 8,
    "separable-conv": 8,
    "fc-to-conv": 15,
    "slide": 5,
    "crops-agree": 10,
}


def test_points_are_those_of_the_curriculum(unit: Unit) -> None:
    assert {name: tests.points for name, tests in unit.suite.exercises.items()} == POINTS
    assert sum(POINTS.values()) == 80
    families = [(family.name, family.points) for family in unit.suite.exercises["inception"].families]
    assert families == [("layers", 4), ("values", 10), ("gradients", 4)]


def test_libraries_that_have_these_blocks_are_withheld(unit: Unit) -> None:
    assert unit.suite.without == ("cnnkit", "torchvision", "timm")
    assert unit.suite.serves == {}


def test_mistakes_of_the_curriculum_are_known(unit: Unit) -> None:
    assert len(unit.suite.mistakes) >= 150
    asked = """stacked-along-the-batch stacked-along-rows stacked-along-columns branches-in-reverse five-before-three
    pooling-branch-first no-relu-after-reductions no-relu-after-the-first-reduction no-relu-after-the-second-reduction
    pooling-without-padding channels-last columns-before-rows"""
    assert set(asked.split()) <= {mistake.name for mistake in unit.suite.mistakes}


def test_numbers_of_the_papers(answers: dict[str, Any]) -> None:
    count = answers["count"]
    assert count(answers["Inception"](192, 64, 96, 128, 16, 32, 32)) == 163_696
    assert count(answers["NiNBlock"](3, 192, 5, 1, 2)) == 14_592 + 2 * 37_056
    assert count(answers["Fire"](96, 16, 64, 64)) == 11_920
    assert count(answers["SeparableConv"](64, 128)) == 64 * 9 + 64 * 128 + 2 * 64 + 2 * 128
    blocks = [  # GoogLeNet's table: all nine blocks together
        (192, 64, 96, 128, 16, 32, 32), (256, 128, 128, 192, 32, 96, 64), (480, 192, 96, 208, 16, 48, 64),
        (512, 160, 112, 224, 24, 64, 64), (512, 128, 128, 256, 24, 64, 64), (512, 112, 144, 288, 32, 64, 64),
        (528, 256, 160, 320, 32, 128, 128), (832, 256, 160, 320, 32, 128, 128), (832, 384, 192, 384, 48, 128, 128),
    ]  # fmt: skip
    stem = 64 * 147 + 64 + 64 * 64 + 64 + 192 * 64 * 9 + 192
    assert stem + sum(count(answers["Inception"](*block)) for block in blocks) + 1024 * 1000 + 1000 == 6_998_552


def test_crops_agree_without_padding_and_not_with_it(answers: dict[str, Any]) -> None:
    assert answers["slide"](answers["classifier"](0), answers["IMAGE"]).shape[2:] == (6, 6)
    without, with_zeros = (
        answers["crops_agree"](answers["classifier"](padding), answers["IMAGE"], 14, 4) for padding in (0, 1)
    )
    assert without < 1e-12
    assert with_zeros == pytest.approx(0.8123, abs=1e-4)


def test_first_linear_layer_of_alexnet_is_a_convolution(answers: dict[str, Any]) -> None:
    conv = answers["fc_to_conv"](nn.Linear(256 * 6 * 6, 4), 256, 6, 6)
    assert conv(torch.zeros(1, 256, 12, 11)).shape == (1, 4, 7, 6)


@pytest.mark.parametrize(("name", "sizes"), [("Fire", (5, 2, 3, 4)), ("FactorisedInception", (3, 2, 3, 4, 2, 5, 2))])
def test_state_dict_loads_into_the_librarys_block(name: str, sizes: tuple[int, ...], answers: dict[str, Any]) -> None:
    from cnnkit import zoo

    ours, theirs = answers[name](*sizes).eval(), getattr(zoo, name)(*sizes).eval()
    state = {key.replace("branch4.", "branch4.1."): values for key, values in ours.state_dict().items()}
    theirs.load_state_dict(state)
    x = torch.randn(2, sizes[0], 6, 5)
    torch.testing.assert_close(ours(x), theirs(x), rtol=1e-2, atol=1e-2)  # the library's addend to variances differs


def test_a_mistake_in_another_style_is_recognised() -> None:
    suite = load_suite(FOLDER)

    class Fire(nn.Module):
        def __init__(self, in_channels, s, e1, e3):  # type: ignore[no-untyped-def]
            super().__init__()
            self.squeeze = nn.Conv2d(in_channels, s, 1)
            self.expand1x1 = nn.Conv2d(s, e1, 1)
            self.expand3x3 = nn.Conv2d(s, e3, 3, padding="same")
            self.relu = nn.ReLU()

        def forward(self, x):  # type: ignore[no-untyped-def]
            x = self.relu(self.squeeze(x))
            return self.relu(torch.hstack((self.expand3x3(x), self.expand1x1(x))))

    layers, values, gradients = suite.report("fire", Fire).families
    assert (layers.mistake, values.mistake, gradients.mistake) == (None, "three-by-three-first", None)
    assert (layers.score, values.score, gradients.score) == (2, 0, 2)
    assert "The order is 1×1, then 3×3" in values.message


def test_messages_hold_no_expected_value(unit: Unit) -> None:
    tests = unit.suite.exercises["fire"]
    for mistake in unit.suite.mistakes.of("fire")[:10]:
        for log in unit.suite.run("fire", *unit.functions(tests, mistake)):
            assert all("tensor(" not in fault and len(fault) < 700 for fault in log.faults)
