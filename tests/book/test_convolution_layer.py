"""The worked numbers and errata of the curriculum stand in the chapter on the convolution layer."""

from __future__ import annotations

import re

import pytest
import torch
from bs4 import BeautifulSoup

NEURONS, WINDOW = 55 * 55 * 96, 11 * 11 * 3
SIZES = [  # width, kernel, stride, padding
    *((7, 3, 1, 0), (7, 3, 2, 0), (5, 3, 2, 1), (32, 5, 1, 0), (28, 5, 1, 0), (32, 5, 1, 2)),
    *((227, 11, 4, 0), (7, 3, 3, 0), (10, 3, 2, 0), (224, 11, 4, 0)),
]


@pytest.mark.parametrize(
    "words",
    [
        f"200×200 pixels is {200 * 200 * 3:,} numbers",
        f"whole 32×32×3 image would have {32 * 32 * 3:,}",
        f"per channel: [ 308 -498 164] with the bias 1: {308 - 498 + 164 + 1}",
        "5·5·3 = 75 weights, not 25, and with its bias 75 + 1 = 76 parameters",
        f"3·3·20 = {3 * 3 * 20} weights",
        f"3·3·3 + 1 = 28, and 100 such kernels have 28·100 = {28 * 100:,}",
        f"have 76·10 = {76 * 10} parameters",
        "ten kernels of 5×5×3: 760",
        "100 kernels of 3×3×3: 2800",
        f"32→{32 - 4}→{32 - 4 - 4}",
        f"(224 − 11)/4 + 1 = {(224 - 11) / 4 + 1}",
        "output is 55×55: that takes an input of 227×227",
        f"55·55·96 = {NEURONS:,} outputs",
        f"11·11·3 = {WINDOW} numbers, so with its bias it has {WINDOW + 1} parameters",
        f"{NEURONS:,}·{WINDOW + 1} = {NEURONS * (WINDOW + 1):,} parameters shrink to {96 * (WINDOW + 1):,}",
        f"11·11·3·96 = {96 * WINDOW:,} counts the weights only",
        f"{NEURONS * WINDOW:,} for one image",
        "(11 − 5)/2 + 1 = 4, so the output volume V has shape (4, 4, 2)",
        "V[2, 3, 1] = np.sum(X[4:9, 6:11, :] * W1) + b1",
        "three layers, dilation 1, 1, 1: 7 inputs three layers, dilation 1, 2, 4: 15 inputs",
        f"{256 * (48 * 25 + 1):,} parameters in two groups, and would have {256 * (96 * 25 + 1):,} without",
        "depthwise: 576 pointwise: 8192",
        "rows (96, 363), columns (363, 3025)",
        "gives 4, without a warning",
        "CS231n’s notes count the gaps between the taps and call the ordinary, dense kernel dilation 0",
    ],
)
def test_worked_number_stands_in_the_text(text: str, words: str) -> None:
    assert words in text


@pytest.mark.parametrize(("width", "kernel", "stride", "padding"), SIZES)
def test_size_stands_in_the_table_with_the_formula(
    text: str, width: int, kernel: int, stride: int, padding: int
) -> None:
    formula = (width + 2 * padding - kernel) / stride + 1
    assert f" {width} {kernel} {stride} {padding} | {formula:.2f} {int(formula)} " in text


def test_slices_and_torch_agree(text: str) -> None:
    numbers = re.findall(r"\[ *-?\d+\. [^\]]*\] \[[^\]]*\] -?\d+\.0", text)
    assert len(numbers) == 2
    assert numbers[0] == numbers[1]


def test_224_with_padding_2_gives_55() -> None:
    layer = torch.nn.Conv2d(3, 96, kernel_size=11, stride=4, padding=2)
    assert layer(torch.zeros(1, 3, 224, 224)).shape == (1, 96, 55, 55)


def test_dilation_of_zero_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="dilation"):
        torch.nn.functional.conv2d(torch.zeros(1, 1, 5, 5), torch.zeros(1, 1, 3, 3), dilation=0)


def test_notebook_is_offered_with_points_download_and_colab(pages: dict[str, BeautifulSoup]) -> None:
    for name in ("index.html", "convolution_layer.html"):
        card = pages[name].select_one(".notebook-card")
        assert card
        assert "110 points" in card.get_text()
        assert card.select_one("a.download[href$='conv_forward.ipynb']")
        colab = card.select_one("a[href^='https://colab.research.google.com/github/']")
        assert colab
        assert str(colab["href"]).endswith("/exercises/04_conv_forward/conv_forward.ipynb")


def test_every_exercise_of_the_notebook_is_met_in_the_chapter(pages: dict[str, BeautifulSoup]) -> None:
    named = {line.select_one("code").get_text() for line in pages["convolution_layer.html"].select(".practise")}  # type: ignore[union-attr]
    assert named == {"conv_params", "conv2d_loops", "locally_connected", "depthwise_separable", "im2col", "conv2d"}
