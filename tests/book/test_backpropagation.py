"""The worked numbers and errata of the curriculum stand in the chapter on backpropagation."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from bs4 import BeautifulSoup

X, W, DOUT = np.array([1, 2, 4, 3]), np.array([3, 2]), np.array([1, 10, 100])
DX = np.convolve(DOUT, W)
DW = np.correlate(X, DOUT)
Y = np.correlate(X, W)
VGG_16 = 138_357_544


def floats(values: np.ndarray) -> str:
    return str([float(value) for value in values])


@pytest.mark.parametrize(
    "words",
    [
        f"VGG-16 has {VGG_16:,} parameters",
        f"{2 * VGG_16:,} forward passes for one step of training, {2 * VGG_16 / 100 / 86400:.0f} days",
        f"y {floats(Y)} dx {floats(DX)} dw {floats(DW)} db [{float(DOUT.sum())}]",
        "slope: 32.0",
        "dx [ 3 32 320 200] dw [421 342]",
        f"flipping there would give {np.correlate(X, DOUT[::-1])[0]} and {np.correlate(X, DOUT[::-1])[1]} in place of",
        "A = [[3 2 0 0] [0 3 2 0] [0 0 3 2]]",
        f"<y, dout> = {Y @ DOUT} <x, dx> = {X @ DX} <w, dw> = {W @ DW}",
        "dx [32.0, 320.0, 3200.0] dw [4210.0, 421.0]",
        "dw: (4, 3, 3, 4) for kernels of (4, 3, 2, 3) its first 2×3: True dx: (2, 3, 9, 11) True",
        "dW = [[421 342]] dX = [[ 3 30 300] [ 2 20 200]]",
        "4 + 30 + 200 + 1000",
        "padding 0, output padding 0: [3.0, 2.0, 34.0, 20.0, 40.0]",
        "padding 1, output padding 0: [2.0, 34.0, 20.0]",
        "padding 1, output padding 1: [2.0, 34.0, 20.0, 40.0]",
        "7×7 becomes (4, 4) 8×8 becomes (4, 4)",
        f"the measured slope is {(1e-6 + 1e-5) / 2e-5:.2f}",
        "dout turned round | - | - | caught | caught",
        "dout of image 0 | - | - | caught | caught",
        "kernel flipped | - | caught | caught | caught",
        "border forgotten | - | caught | caught | caught",
        "dout ignored | - | - | caught | caught",
        "none: it is right | - | - | - | -",
        f"128·{55 * 55:,} = {128 * 55 * 55:,}",
        "this is true of dx, and at stride 1",
        "It is not true of dw, which is a correlation of the input with dout",
    ],
)
def test_worked_number_stands_in_the_text(text: str, words: str) -> None:
    assert words in text


def test_toy_agrees_with_autograd() -> None:
    x, w = (torch.tensor(a[None, None], dtype=torch.float64, requires_grad=True) for a in (X, W))
    torch.nn.functional.conv1d(x, w).backward(torch.tensor(DOUT[None, None], dtype=torch.float64))
    assert x.grad is not None
    assert w.grad is not None
    np.testing.assert_array_equal(x.grad.flatten(), DX)
    np.testing.assert_array_equal(w.grad.flatten(), DW)


@pytest.mark.parametrize(
    ("numbers", "options", "dout", "dx", "dw"),
    [
        ([1, 2, 4, 3, 6], {"stride": 2}, [1, 10], [3, 2, 30, 20, 0], [41, 32]),
        ([1, 2, 4, 3], {"dilation": 2}, [1, 10], [3, 30, 2, 20], [21, 34]),
    ],
)
def test_toy_with_stride_and_with_dilation(
    text: str, numbers: list[int], options: dict[str, int], dout: list[int], dx: list[int], dw: list[int]
) -> None:
    x = torch.tensor([[numbers]], dtype=torch.float64, requires_grad=True)
    w = torch.tensor(W[None, None], dtype=torch.float64, requires_grad=True)
    torch.nn.functional.conv1d(x, w, **options).backward(torch.tensor([[dout]], dtype=torch.float64))
    assert x.grad is not None
    assert w.grad is not None
    assert x.grad.flatten().tolist() == dx
    assert w.grad.flatten().tolist() == dw
    if "dilation" in options:
        assert f"({' '.join(map(str, dx))})" in text
        assert f"({' '.join(map(str, dw))})" in text


def test_backward_costs_twice_the_forward_pass_less_dx_of_the_first_layer(text: str) -> None:
    layers = [(3, 32, 32), (32, 64, 16), (64, 64, 16)]  # channels in, kernels, width of the output
    forward = sum(2 * 9 * c * f * side * side for c, f, side in layers)
    backward = 2 * forward - 2 * 9 * 3 * 32 * 32 * 32
    assert f"forward {forward:,} backward {backward:,} twice forward" in text


def test_notebook_is_offered(pages: dict[str, BeautifulSoup]) -> None:
    card = pages["backpropagation.html"].select_one(".notebook-card")
    assert card
    assert "130 points" in card.get_text()
    assert card.select_one("a.download[href$='conv_backward.ipynb']")


def test_every_exercise_of_the_notebook_is_met_in_the_chapter(pages: dict[str, BeautifulSoup]) -> None:
    named = {line.select_one("code").get_text() for line in pages["backpropagation.html"].select(".practise")}  # type: ignore[union-attr]
    assert named == {
        *("numerical_gradient", "conv2d_backward_loops", "col2im"),
        *("conv2d_backward", "conv_transpose2d", "dx_as_full_convolution"),
    }


def test_drawings_come_in_pairs_for_light_and_dark(pages: dict[str, BeautifulSoup]) -> None:
    drawings = pages["backpropagation.html"].select("figure.drawing")
    assert len(drawings) >= 3
    for drawing in drawings:
        assert [str(image["class"][0]) for image in drawing.select("img")] == ["only-light", "only-dark"]
