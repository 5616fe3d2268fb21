"""The worked numbers of the curriculum stand in the chapter on the mathematics of convolution."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from bs4 import BeautifulSoup

IMAGE = torch.tensor([[1, 2, 0, 3], [4, 1, 2, 5], [0, 3, 6, 1], [2, 7, 1, 4]])
KERNEL = torch.tensor([[1, 2], [0, -1]])
PAGE = "convolution_mathematics.html"
INPUTS, OUTPUTS = 320 * 280, 319 * 280


def slid(kernel: torch.Tensor) -> list[list[int]]:
    result: list[list[int]] = torch.nn.functional.conv2d(IMAGE[None, None], kernel[None, None])[0, 0].tolist()
    return result


def differing(layers: int) -> int:
    """Per cent of 31×31 common points that are within reach of a border after some layers of 3×3 kernels."""
    return round(100 * (1 - (31 - 2 * layers) ** 2 / 31**2))


@pytest.mark.parametrize(
    "words",
    [
        f"{200 * 200:,} numbers",
        f"a matrix with {(200 * 200) ** 2:,} entries",
        f"{np.convolve([1, 2, 3], [4, 5])}",
        "cross-correlation [-2 2 1 2 1] convolution [ 2 -2 -1 -2 -1]",
        "three outputs remain of the five: −2, 1, 1",
        "full [ 4 13 22 15] same [ 4 13 22] valid [13 22]",
        f"cross-correlation {slid(KERNEL)} convolution {slid(KERNEL.rot90(2))}",
        "1·1 + 2·2 + 0·4 − 1·1 = 4 above, −1·1 + 0·2 + 2·4 + 1·1 = 8 below",
        "5 outputs with stride 1 and 3 with stride 2",
        "constant [0 1 2 3 0 0] edge [1 1 2 3 3 3] reflect [2 1 2 3 2 1]",
        f"right 16, down 24, length {8 * 13**0.5:.2f}",
        f"{13 * 13} become {13 + 13}",
        "outline has rank 2 and emboss rank 3",
        "[[2 4 0 0 0] [0 1 2 4 0] [0 0 0 1 2]]",
        f"sliding: {OUTPUTS * 3:,} operations, 2 numbers to store",
        f"dense: {2 * INPUTS * OUTPUTS:,} operations, {INPUTS * OUTPUTS:,} numbers to store",
        f"all but {2 * OUTPUTS:,} are zero; at four bytes each they would fill {4 * INPUTS * OUTPUTS / 1e9:.0f} GB",
        "[10.0, 1001.0, 100.0]",
        "[41 12 23 34]",
        "[41.0, 12.0, 23.0, 34.0]",
        f"costs {4 * (3 * 8 + 1)} multiplications for each pixel and wins from kernels of about 10×10 on",
        "is a convolution: True",
        "1 layer, no padding: 0% 8 layers, no padding: 0%",
        f"1 layer, zero padding: {differing(1)}% 8 layers, zero padding: {differing(8)}%",
        "1 layer, stride 2, moved by 1: 100% 1 layer, stride 2, moved by 2: 0%",
        f"after eight layers of 3×3 kernels {differing(8)} % of a 32×32 map lie near the border",
        "Gaussian largest difference 0.00 outline largest difference 0.00 Sobel largest difference",
    ],
)
def test_worked_number_stands_in_the_text(text: str, words: str) -> None:
    assert words in text


def test_the_example_is_that_of_the_notebook() -> None:
    assert slid(KERNEL) == [[4, 0, 1], [3, -1, 11], [-1, 14, 4]]
    assert slid(KERNEL.rot90(2)) == [[8, 2, 9], [-1, 11, 11], [11, 12, 0]]


def test_ranks_of_the_kernels_are_those_of_the_text() -> None:
    outline, emboss = [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]
    assert [np.linalg.matrix_rank(kernel) for kernel in (outline, emboss)] == [2, 3]


@pytest.mark.parametrize("sign", ["f∘g=f∗g−", "x⋆w=x∗w−"])
def test_correlation_is_convolution_with_the_reversed_kernel(pages: dict[str, BeautifulSoup], sign: str) -> None:
    formulas = ["".join(tag.get_text().split()) for tag in pages[PAGE].select("math semantics > mrow")]
    assert any(sign in formula for formula in formulas)


def test_solutions_of_the_exercises_are_right(text: str) -> None:
    for kernel in ([1, 1], [1, -1]):
        assert " ".join(map(str, np.convolve([1, 2, 3], kernel))) in text
        assert " ".join(map(str, np.correlate([1, 2, 3], kernel, "full"))) in text
    assert "1 2 3 2 1. The kernel is the product of this column with this row, 5×5, divided by 81" in text
    assert "19 13 22: on a ring of three places" in text
    assert "up to four places before transforming: 4 13 22 15" in text


def test_both_notebooks_are_offered_and_each_of_their_exercises_is_met(pages: dict[str, BeautifulSoup]) -> None:
    cards = [card.get_text() for card in pages[PAGE].select(".notebook-card")]
    assert ["50 points" in cards[0], "60 points" in cards[1]] == [True, True]
    named = {line.select_one("code").get_text() for line in pages[PAGE].select(".practise > p")}  # type: ignore[union-attr]
    assert named == {
        *("correlate1d", "convolve1d", "conv_matrix1d", "correlate1d_backward", "circular_convolve_fft"),
        *("commutes_with_shift", "out_size", "same_padding", "pad2d", "correlate2d", "convolve2d", "named_kernel"),
        *("separable", "edge_magnitude"),
    }
