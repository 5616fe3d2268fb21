"""The facts, worked numbers and errata of the curriculum stand in the chapter on history."""

from __future__ import annotations

import math
import re

import pytest
from bs4 import BeautifulSoup

PAGE = "history.html"
MNIST, IMAGENET = 60_000 * 28 * 28, 1_200_000 * 256 * 256  # pixels
# LeCun et al. 1989: cells, inputs of each, kernels
ZIP_CODES = ((12 * 64, 25, 12), (12 * 16, 200, 12), (30, 192, 30), (10, 30, 10))
CONNECTIONS = sum(cells * (inputs + 1) for cells, inputs, _ in ZIP_CODES)
PARAMETERS = sum(kernels * inputs + cells for cells, inputs, kernels in ZIP_CODES)
LENET = 6 * 26 + 6 * 2 + (25 * (6 * 3 + 9 * 4 + 6) + 16) + 16 * 2 + 120 * 401 + 84 * 121
ERRORS = {2010: 28.2, 2011: 25.8, 2012: 16.4, 2013: 11.7, 2014: 6.7, 2015: 3.57, 2016: 2.99, 2017: 2.25}


@pytest.mark.parametrize(
    "words",
    [
        f"{2012 - 1959} years lie between the two",
        "lateral geniculate nucleus (LGN)",
        "These are simple cells",
        "complex cells",
        "hypercomplex cells",
        "cosine [1. 0.8]",
        "beyond 0.6, as a share of 0.4: [1. 0.5]",
        f"15 frames -> {15 - 3 + 1} steps -> {15 - 3 + 1 - 5 + 1} steps",
        f"{8 * 49 + 3 * 41} shared weights and biases",
        f"{256 + sum(cells for cells, _, _ in ZIP_CODES):,} units, {CONNECTIONS:,} connections",
        f"{PARAMETERS:,} free parameters",
        f"fully connected, would have had {768 * 257:,}",
        f"together {LENET:,}",
        f"{MNIST:,}",
        f"{IMAGENET / 1e9:.0f} billion",
        f"{round(IMAGENET / MNIST):,} times as many pixels, not ten million times",
        f"{3.0e9 / 6.8e6:.0f} times as many in one chip",
        "1,000 classes, 1.2 million training images, 50,000 for validation, 100,000 for the test",
        "the average of seven networks",
        "the average of six, of which only two had 152 layers",
        "ResNet is by Kaiming He, Xiangyu Zhang, Shaoqing Ren and Jian Sun",
        "Erratum: the TDNN is by Waibel et al.",
        f"12·25 weights and 768 biases make {300 + 768:,}",
        f"would have {12 * 26 + 12 * 201 + 30 * 193 + 10 * 31:,} in place of {PARAMETERS:,}",
        f"{13 * 8 * 49 + 9 * 3 * 41:,}",
        f"{math.log2(3.0e9 / 6.8e6):.1f} doublings in 14 years",
        f"{round(1.2e6 * 5 / 3600):,} hours",
    ],
)
def test_fact_or_worked_number_stands_in_the_text(text: str, words: str) -> None:
    assert words in text


def test_the_counts_of_1989_and_1998_are_those_of_the_papers() -> None:
    assert (CONNECTIONS, PARAMETERS, LENET) == (64_660, 9_760, 60_000)


def test_powers_of_ten_of_the_comparison_are_right(pages: dict[str, BeautifulSoup]) -> None:
    formulas = ["".join(tag.get_text().split()) for tag in pages[PAGE].select("math semantics > mrow")]
    for count in (MNIST, IMAGENET, 90 * IMAGENET, 2048 * IMAGENET):
        assert f"10{math.log10(count):.1f}" in formulas
    assert {"106", "109", "107", "1014"} <= set(formulas)  # the slide's


@pytest.mark.parametrize(("year", "error"), ERRORS.items())
def test_each_winner_stands_in_the_table_with_its_source(
    pages: dict[str, BeautifulSoup], year: int, error: float
) -> None:
    rows = [[cell.get_text() for cell in row.select("td")] for row in pages[PAGE].select("table tr")]
    (row,) = [row for row in rows if row and row[0] == str(year)]
    assert row[2] == f"{error:g}\N{NO-BREAK SPACE}%"
    assert re.search(r"\[.* et al\., 20\d\d|\[.*organisers, 2016", row[1])


@pytest.mark.parametrize(
    "source",
    [
        *("Hubel and Wiesel, 1959", "Hubel and Wiesel, 1962", "Hubel and Wiesel, 1965", "Hubel and Wiesel, 1968"),
        *("Fukushima, 1980", "Waibel et al., 1989", "LeCun et al., 1989", "LeCun et al., 1998", "Hinton et al., 2006"),
        *("Miller, 1995", "Deng et al., 2009", "Russakovsky et al., 2015", "Krizhevsky et al., 2012"),
        *("Ioffe and Szegedy, 2015", "Liu et al., 2022", "Dosovitskiy et al., 2021"),
    ],
)
def test_primary_source_is_in_the_references(pages: dict[str, BeautifulSoup], source: str) -> None:
    labels = [tag.get_text().strip("[] \n") for tag in pages[PAGE].select(".citation .label")]
    assert source in labels


def test_the_notebook_is_offered_and_each_of_its_exercises_is_met(pages: dict[str, BeautifulSoup]) -> None:
    card = pages[PAGE].select_one(".notebook-card")
    assert card
    assert "50 points" in card.get_text()
    named = {line.select_one("code").get_text() for line in pages[PAGE].select(".practise > p")}  # type: ignore[union-attr]
    assert named == {"gabor", "simple_cell", "complex_cell", "orientation_tuning", "s_layer"}
