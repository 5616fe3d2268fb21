"""The worked numbers of the chapter on the inside of networks and symmetry stand in its text."""

from __future__ import annotations

import math
import re

import pytest

DILATIONS = (1, 1, 2, 4, 8, 16, 1)
SIDES = [1 + 2 * sum(DILATIONS[: i + 1]) for i in range(7)]


@pytest.mark.parametrize(
    "words",
    [
        "same scores: True",
        "layer 1: sees 5×5 pixels, steps of 1",
        "layer 2: sees 10×10 pixels, steps of 2",
        "layer 3: sees 20×20 pixels, steps of 4",
        "layer 4: sees 28×28 pixels, steps of 4",
        str([0.0, 6.0 * 2, 6.0 * -1, 0.0, 0.0]),
        str([max(3, 5), max(1, 2)]),
        f"score: {6 - 5 + 2 - 6} drops: [{6 - 5}, {-5 + 2 - 6}]",
        "weights: [1.0, -1.5]",
        f"sum: [{1 - 1.5 * 4}, {4 - 1.5}] cut off: [0.0, {4 - 1.5}]",
        f"{math.sqrt(33 / 101):.4f}",
        "[27, 19, 13, 21] [21, 27, 19, 13]",
        "lifting to p4, below 1e-6: True",
        "largest difference below 1e-4: True parameters: 24,610",
        "same kernel: True",
        f"maps: {3 * 0 + 1 + 2 * 8 + 8 * 8} = 1 + 16 + 64",
        str([*SIDES, SIDES[-1]]),
        "parameters: 28,392 size kept: (1, 21, 64, 64)",
        f"67×67 pixels with 28,392 parameters; seven ordinary 3×3 layers of the same cost would see {1 + 2 * 7}×15",
        "dilation 2, 2: ....x.x.x.x.x.... dilation 1, 2, 4: .xxxxxxxxxxxxxxx.",
        f"= {1 + 18 + 36 * 3}. With J",
        f"{7 * 7} + 1",
        f"= {(67 - 1) // 2}.",
    ],
)
def test_worked_number_stands_in_the_text(text: str, words: str) -> None:
    assert words in text


def test_the_network_has_learnt(text: str) -> None:
    found = re.search(r"right on held-out images: (\d+) %", text)
    assert found
    assert 85 <= int(found[1]) <= 100


def test_guided_backpropagation_keeps_more_of_its_map_than_the_gradient(text: str) -> None:
    found = re.search(r"random last layer: gradient (\d\.\d+), guided (\d\.\d+)", text)
    assert found
    assert float(found[1]) < float(found[2])


def test_averages_of_moduli_move_less_than_pixels(text: str) -> None:
    found = re.search(r"pixels change by (\d\.\d+), averages by (\d\.\d+)", text)
    assert found
    assert float(found[2]) < float(found[1]) / 2
