"""The worked numbers and errata of the curriculum stand in the chapter on pooling."""

from __future__ import annotations

import re

import numpy as np
import pytest
from bs4 import BeautifulSoup

from cnnkit.data import shapes10

FOUR = np.array([[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]])
FIVE = np.array([[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]])
TABLE = r" (\d+)% (\d+)% (\d+)% (\d+)%"  # max 2×2, max 3×3, average, none


def windows(image: np.ndarray, k: int, stride: int) -> np.ndarray:
    """Shape (..., OH, OW, k, k)."""
    view = np.lib.stride_tricks.sliding_window_view(image, (k, k), axis=(-2, -1))
    return view[..., ::stride, ::stride, :, :]


def pooled(image: np.ndarray, k: int, stride: int) -> np.ndarray:
    return windows(image, k, stride).max(axis=(-2, -1))


@pytest.mark.parametrize(
    "words",
    [
        f"max {[float(v) for v in pooled(FOUR, 2, 2).flat]} switches [5, 7, 8, 15] average [3.25, 5.25, 2.0, 2.0]",
        "75 % of the activations are discarded",
        "224×224, window 2, stride 2: 112×112, 75.0% discarded",
        f"55×55, window 3, stride 2: 27×27, {1 - 27**2 / 55**2:.1%} discarded",
        f"5×5, window 2, stride 2: 2×2, {1 - 4 / 25:.1%} discarded",
        " ".join(f"[{' '.join(map(str, row))}]" for row in pooled(FIVE, 3, 1)),
        "[[ 0 1 8] [10 8 8] [10 12 14]]",
        f"equal: True - ReLUs computed: {4 * 8 * 32 * 32} or {4 * 8 * 16 * 16}",
        "count_include_pad=True: [1.0, 3.0, 6.5, 4.5]",
        "count_include_pad=False: [2.0, 3.0, 6.5, 9.0]",
        f"0.4·1.6 + 0.6·2.4 = {0.4 * 1.6 + 0.6 * 2.4:.2f}",
        f"7·7·512·4096 = {7 * 7 * 512 * 4096:,} weights",
        f"512·1000 = {512 * 1000:,}",
        "overlap: [0.0, 0.0, 17.0, 0.0, 0.0]",
        "in: 45.0 out: 45.0",
        "14 0",
        "circular padding: largest change 0.000",
        "55→27→13→6",
        "224→112→56→28→14→7",
        "PyTorch says: True",
        "Every second pixel: 12 8.",
        f"64·(9·64 + 1) = {64 * (9 * 64 + 1):,}",
        "91.31 % of cases in place of 89.20 %",
        "As the last layer before the classifier, global average pooling has become the rule",
    ],
)
def test_worked_number_stands_in_the_text(text: str, words: str) -> None:
    assert words in text.replace("[[3 3 3]", "[3 3 3]").replace("[3 2 3]]", "[3 2 3]")


def test_row_of_six_keeps_one_output_of_three(text: str) -> None:
    row = np.array([5, 1, 2, 8, 3, 4])
    before, after = (np.maximum(r[::2], r[1::2]) for r in (row, np.roll(row, 1)))
    assert f"({' '.join(map(str, before))})" in text
    assert f"({' '.join(map(str, after))})" in text
    assert (before == after).sum() == 1


def test_unchanged_share_of_noise_is_that_of_the_formula(text: str) -> None:
    found = re.search("noise" + TABLE, text)
    assert found
    for measured, k in zip(found.groups(), (2, 3), strict=False):
        assert abs(int(measured) - 100 * (k - 1) / (k + 1)) <= 1


def test_unchanged_share_of_pictures_is_measured_again(text: str) -> None:
    found = re.search(" pictures" + TABLE, text)
    assert found
    images = shapes10(64, seed=0)[0][:, 1]
    for measured, (k, stride) in zip(found.groups(), ((2, 2), (3, 2)), strict=False):
        same = pooled(images, k, stride) == pooled(np.roll(images, 1, axis=-1), k, stride)
        assert abs(int(measured) - 100 * same.mean()) <= 0.6


def test_erratum_gives_the_range_that_was_measured(text: str) -> None:
    found = re.search(r"between (\d+) % and (\d+) % of the max-pooled outputs on this page keep their value", text)
    assert found
    low, high = int(found[1]), int(found[2])
    assert 21 <= low < high <= 50
    rows = re.findall(r"(?:noise|pictures|random kernels|edges|ReLU, not 0)" + TABLE, text)
    assert len(rows) == 6
    shares = [int(share) for row in rows for share in row[:2]]
    assert (min(shares), max(shares)) == (low, high)


def test_prior_helps_with_what_and_ruins_where(text: str) -> None:
    accuracy = {
        (task, pool): (int(train), int(test))
        for task, pool, train, test in re.findall(r"(what|where) (none|2×2|global) (\d+)% (\d+)%", text)
    }
    assert len(accuracy) == 6
    assert accuracy["what", "global"][1] >= 95
    assert accuracy["what", "none"][1] <= 65
    assert accuracy["what", "2×2"][1] <= 65
    assert accuracy["where", "none"][1] >= 95
    assert accuracy["where", "global"][0] <= 60


def test_blur_keeps_max_pooling_on_track(text: str) -> None:
    errors = {
        name: (float(pictures), float(maps))
        for name, pictures, maps in re.findall(
            r"(every 2nd pixel|max 2×2|average 2×2|blur|max, blur) \| (0\.\d\d) \| (0\.\d\d)", text
        )
    }
    assert len(errors) == 5
    for kind in (0, 1):
        assert errors["max, blur"][kind] < errors["average 2×2"][kind] < errors["max 2×2"][kind]
        assert max(error[kind] for error in errors.values()) == errors["every 2nd pixel"][kind]
    words = [f"falls from {errors['max 2×2'][k]:.2f} to {errors['max, blur'][k]:.2f} on the" for k in (0, 1)]
    assert words[0] in text
    assert words[1].replace("falls ", "") in text


def test_notebook_is_offered(pages: dict[str, BeautifulSoup]) -> None:
    card = pages["pooling.html"].select_one(".notebook-card")
    assert card
    assert "90 points" in card.get_text()
    assert card.select_one("a.download[href$='pooling.ipynb']")


def test_every_exercise_of_the_notebook_is_met_in_the_chapter(pages: dict[str, BeautifulSoup]) -> None:
    named = {line.select_one("code").get_text() for line in pages["pooling.html"].select(".practise")}  # type: ignore[union-attr]
    assert named == {
        *("max_pool2d", "max_pool2d_backward", "avg_pool2d", "global_avg_pool"),
        *("l2_pool", "stochastic_pool", "unchanged_fraction", "blur_pool"),
    }


def test_drawings_come_in_pairs_for_light_and_dark(pages: dict[str, BeautifulSoup]) -> None:
    drawings = pages["pooling.html"].select("figure.drawing")
    assert len(drawings) >= 3
    for drawing in drawings:
        assert [str(image["class"][0]) for image in drawing.select("img")] == ["only-light", "only-dark"]
