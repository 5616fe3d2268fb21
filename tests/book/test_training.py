"""The worked numbers of the curriculum stand in the chapter on building and training, and its network learns."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from bs4 import BeautifulSoup


def softmax(scores: list[float]) -> np.ndarray:
    powers: np.ndarray = np.exp(np.array(scores) - max(scores))
    return powers / powers.sum()


@pytest.mark.parametrize(
    "words",
    [
        "an input −3 becomes −3 and 3, then 0 and 3, then 3; an input 2 becomes 2 and −2, then 2 and 0, then 2",
        "gives −0.2 and sends back 0.3",
        f"= −{1 - math.exp(-2):.4f} and sends back",
        f"= {3 * math.exp(-2):.4f}",
        f"the sigmoid is 3/4 = {3 / 4:.2f}, its slope 3/16 = {3 / 16:.4f}",
        "= 0.6, its slope 1 − 0.36 = 0.64",
        f"at least 4¹⁰ = {4**10:,}",
        f"= ({1 - 3 + 10}, {2 + 2 + 20})",
        f"= ({1 + 20}, {0 + 10}, {-1 + 0})".replace("-", "−"),
        f"= {math.log(4):.4f}. Logits",
        f"= {math.log(5 / 3):.4f}. The mean is {(math.log(4) + math.log(5 / 3)) / 2:.4f}",
        "first row is (1, −6, 5)/16",
        f"{math.log(10):.4f} for ten classes, {math.log(1000):.2f} for a thousand",
        "as written: [nan 0. 0.] shifted: [1. 0. 0.]",
        f"(3 − 2 + 1) + 0 = 2, where the cross-entropy is {-math.log(softmax([2, 3, -1])[0]):.4f}",
        f"the cross-entropy, {-math.log(softmax([9, 3, -1])[0]):.4f}, still wants",
        f"{27 * 64**2:,} against {49 * 64**2:,}: the large kernel has {100 * (49 / 27 - 1):.0f} % more",
        "= 9.89. Second step",
        f"= {9.89 - 0.1 * (0.99 + 1.0989):.5f}",
        "= 2.0889",
        f"are {1_200_000 // 128:,} steps for each time through, an epoch, and 90 epochs are {90 * 9375:,} steps",
        f"0.01 divided by 10 three times is {0.01 / 1000:.5f}",
        f"2·32² = {2 * 32**2:,}",
        f"2·33² = {2 * 33**2:,} pictures",
        "first loss 2.3",
        f"ln 10 {math.log(10):.3f}",
        f"7·7·3·64 = {7 * 7 * 3 * 64:,} weights, and the stack 3·3·3·64 + 2·9·64·64 = {27 * 64 + 18 * 64**2:,}",
        f"1024·64 + 64 = {1024 * 64 + 64:,}",
    ],
)
def test_worked_number_stands_in_the_text(text: str, words: str) -> None:
    assert words in text


@pytest.mark.parametrize(
    "words",
    [
        "batch | 128 images",
        "momentum | 0.9",
        "weight decay | 0.0005",
        "learning rate | 0.01, divided by 10",
        "dropout 0.5 in the first two fully connected layers",
        "random crops of 224×224 from 256×256, horizontal flips",
    ],
)
def test_recipe_of_alexnet_stands_in_the_table(pages: dict[str, BeautifulSoup], words: str) -> None:
    rows = [" | ".join(cell.get_text() for cell in row.select("td")) for row in pages["training.html"].select("tr")]
    assert any(words in row for row in rows)


def test_gradient_through_sigmoids_is_the_smallest(text: str) -> None:
    found = {name: float(value) for name, value in re.findall(r"(Sigmoid|Tanh|ReLU)\(\) +(\d\.\d+)", text)}
    assert found["Sigmoid"] < 1e-5 < found["ReLU"]
    assert found["Sigmoid"] < 4**-10 * 30
    assert found["Tanh"] > 1000 * found["Sigmoid"]


def test_network_on_the_page_learns_and_beats_the_linear_classifier(text: str) -> None:
    linear = re.search(r"linear classifier: (\d+\.\d)%", text)
    network = re.search(r"our network: (\d+\.\d)%", text)
    assert linear
    assert network
    assert float(linear[1]) < 40
    assert float(network[1]) > 70


def test_one_batch_is_learnt_by_heart(text: str) -> None:
    found = re.search(r"step 60: loss (\d\.\d+)", text)
    assert found
    assert float(found[1]) < 0.5


def test_every_exercise_of_the_notebook_is_met_in_the_chapter(pages: dict[str, BeautifulSoup]) -> None:
    page = pages["training.html"]
    named = {line.select_one("code").get_text() for line in page.select(".practise")}  # type: ignore[union-attr]
    assert named == {
        *("relu", "linear", "softmax_cross_entropy", "kaiming_normal"),
        *("sgd_momentum_step", "lenet", "accuracy", "train"),
    }
    card = page.select_one(".notebook-card")
    assert card
    assert "110 points" in card.get_text()
