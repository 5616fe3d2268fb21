"""The worked numbers and errata of the curriculum stand in the chapter on normalisation and initialisation."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from bs4 import BeautifulSoup

VALUES = np.array([1.0, 2.0, 3.0, 6.0])
HAT = (VALUES - VALUES.mean()) / math.sqrt(VALUES.var() + 0.5)
DOUT = np.array([4.0, 0.0, 0.0, 8.0])
BACK = DOUT - DOUT.mean() - HAT * (DOUT * HAT).mean()
SECOND = np.array([8.0, 7.0, 8.0, 1.0])
SECOND_HAT = (SECOND - SECOND.mean()) / math.sqrt(SECOND.var() + 0.5)


def row(numbers: np.ndarray) -> str:
    """Numbers as the text lists them."""
    return ", ".join(f"{number:g}".replace("-", "−") for number in np.round(numbers, 4))


@pytest.mark.parametrize(
    "words",
    [
        f"fan-in 32·9 = {32 * 9}",
        f"= {math.sqrt(288 / 2) * 0.01:.2f} in every layer; after 24 of them 8·10⁻²³ is left",
        f"the factor is {math.sqrt(288 / 2) * 0.12:.2f}, and after 24 layers the values are {1.44**24:,.0f} times",
        f"= {math.sqrt(2 / 25):.3f}; for a linear layer",
        f"= {math.sqrt(2 / 400):.4f}; for VGG",
        f"= {math.sqrt(2 / 576):.4f}.",
        f"1/(2 + 0.5·(1 + 9)) = 1/7 = {1 / 7:.4f}",
        f"3/(2 + 0.5·(1 + 9 + 4)) = 3/9 = {1 / 3:.4f}",
        f"2/(2 + 0.5·(9 + 4 + 0)) = 2/8.5 = {4 / 17:.4f}",
        "alpha = 0.0001: as in the paper: False alpha = 0.0005: as in the paper: True",
        "29.7 % top-1 error with it and 29.6 % without",
        f"from {9_116_136:,} to {12_327_400:,}",
        f"= {(2 + 5e-4) ** 0.75:.3f}, and with values of 0 it is {2**0.75:.3f}",
        f"does it reach {(2 + 1e-4 * 5 * 2500) ** 0.75:.3f}",
        "= −0.3333, −1.0000, 1.3333",
        "and the result is −0.5222, −1.0190, 1.0820",
        "LRN is not local contrast normalisation",
        "Erratum: a global formula for local contrast",
        "Erratum: “normalisation layers contribute little, if anything”",
        "The mean is 3, the variance (4 + 1 + 0 + 9)/4 = 3.5",
        f"= {row(HAT)}",
        f"= {row(2 * HAT + 1)}.",
        f"the sum is {(BACK * HAT).sum():g}.",
        f"0.9·0 + 0.1·3 = {0.1 * 3:.1f}",
        f"0.9·1 + 0.1·14/3 = {0.9 + 0.1 * 14 / 3:.4f}",
        "training: other answer in use: same answer",
        f"= {DOUT.sum():g}, so the mean is 3",
        f"= {(DOUT * HAT).sum():g} and the mean is 2",
        f"= {row(BACK)}.",
        "weights times 10, same output: True gradient shorter by a factor of 10.0",
        f"(4 + 1 + 4 + 25)/4 = {SECOND.var():g}, root 3",
        f"= {row(SECOND_HAT[:2])} and {row(SECOND_HAT[2:])}",
        "become −2, −1 · 0, 1.5 · 3, 2 · 3, −11",
        "where the second value falls: 4, 0, 12",
        "comes back as 1.333, 0, 4",
        f"= 1/{2**15:,}",
        "= 44",
        "53,120",
    ],
)
def test_worked_number_stands_in_the_text(text: str, words: str) -> None:
    assert words in text


def test_batch_normalisation_by_hand_agrees_with_torch() -> None:
    x = torch.tensor(VALUES).view(2, 1, 1, 2).requires_grad_()
    y = torch.nn.functional.batch_norm(x, None, None, torch.tensor([2.0]).double(), training=True, eps=0.5)
    y.backward(torch.tensor(DOUT).view_as(y))  # type: ignore[no-untyped-call]
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.numpy().ravel(), BACK, atol=1e-12)


def test_batch_normalisation_gets_further_than_plain_training(pages: dict[str, BeautifulSoup]) -> None:
    table = pages["normalisation.html"].find("td", string="no normalisation")
    assert table
    body = table.find_parent("tbody")
    assert body
    rows = [[float(cell.get_text()) for cell in line.select("td")[1:]] for line in body.select("tr")]
    plain, batch, _ = rows
    assert min(batch) < min(plain)


def test_folding_into_the_convolution_is_exact() -> None:
    torch.manual_seed(0)
    conv, norm = torch.nn.Conv2d(2, 3, 3), torch.nn.BatchNorm2d(3).eval()
    with torch.no_grad():
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.5, 2)
        ratio = norm.weight / (norm.running_var + norm.eps).sqrt()  # type: ignore[operator]
        folded = torch.nn.Conv2d(2, 3, 3)
        folded.weight[:] = conv.weight * ratio[:, None, None, None]
        assert conv.bias is not None
        assert folded.bias is not None
        folded.bias[:] = norm.bias + ratio * (conv.bias - norm.running_mean)  # type: ignore[operator]
        x = torch.randn(1, 2, 6, 6)
        torch.testing.assert_close(folded(x), norm(conv(x)))


def test_every_exercise_of_the_notebook_is_met_in_the_chapter(pages: dict[str, BeautifulSoup]) -> None:
    page = pages["normalisation.html"]
    named = {line.select_one("code").get_text() for line in page.select(".practise")}  # type: ignore[union-attr]
    assert named == {
        *("lrn", "local_contrast_norm", "batchnorm2d_forward", "batchnorm2d_backward", "groupnorm", "dropout"),
    }
    card = page.select_one(".notebook-card")
    assert card
    assert "90 points" in card.get_text()
