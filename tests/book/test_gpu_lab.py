"""The worked numbers of the chapter on the GPU lab stand in it, and what it measures points the way that it says."""

from __future__ import annotations

import math
import re

import pytest
from bs4 import BeautifulSoup

PEAK, BANDWIDTH = 312e12, 2.039e12  # of an A100 with 80 GB
WIDTHS = {"shapes10": (12, 32, 48), "cifar10": (64, 256, 256)}


def intensity(batch: int, into: int, out: int, side: int, before: int, after: int) -> float:
    values = batch * into * before**2 + batch * out * after**2 + into * out * side**2
    return 2 * batch * after**2 * out * into * side**2 / (2 * values)


def parameters(widths: tuple[int, ...]) -> int:
    """Whitening layer with biases, two 3×3 convolutions and two normalisations a block, a linear layer."""
    count, into = 24 * 12 + 24, 24
    for out in widths:
        count += 9 * into * out + 9 * out * out + 4 * out
        into = out
    return count + 10 * into


def multiplications(widths: tuple[int, ...]) -> int:
    """The first convolution of a block works before the pooling, the second after it."""
    count, into, side = 31 * 31 * 24 * 12, 24, 31
    for out in widths:
        count += 9 * into * out * side**2
        side //= 2
        count += 9 * out * out * side**2
        into = out
    return count + 10 * into


LARGE = parameters(WIDTHS["cifar10"])
RUN = 2 * 3 * multiplications(WIDTHS["cifar10"]) * 50_000 * 10


@pytest.mark.parametrize(
    "words",
    [
        f"312,000/2,039 = {312_000 / 2_039:.0f} FLOPs for a byte",
        f"must do {4 * 312_000 / 2_039:.0f} operations",
        f"With 1,024 images the intensity is {intensity(1024, 256, 256, 3, 7, 7):,.0f},",
        f"the same layer has {intensity(1, 256, 256, 3, 7, 7):.0f},",
        f"at most {100 * intensity(1, 256, 256, 3, 7, 7) * BANDWIDTH / PEAK:.0f} % of the peak",
        f"with 3 channels, has {intensity(1024, 3, 24, 2, 32, 31):.1f}:",
        f"{2 * 9 / 4} FLOPs a byte; an activation",
        f"{parameters(WIDTHS['shapes10']):,} parameters for shapes10",
        f"{LARGE:,} for CIFAR-10",
        f"16 bytes for each parameter, {16 * LARGE / 2**20:.1f} MiB",
        "1/128 in bfloat16, 1/1,024 in float16",
        f"float16 ends at {(2 - 2**-10) * 2**15:,.0f}, and below 6.1·10⁻⁵ it loses digits until at 6.0·10⁻⁸",
        "1 + 0.0004 = 1 in float16",
        "256 + 1 is 256 in bfloat16",
        "as usual: (60, 20, 5, 1) (2, 3, 4, 5) channels last: (60, 1, 15, 3) (2, 3, 4, 5)",
        f"{50_000 * 3072 / 1e6:.1f} MB as bytes and {50_000 * 3072 * 4 / 1e6:.1f} MB as float32",
        f"take {100 * 7} ms with a wait in each and {3 + 100 * 4} ms without",
        f"it is {5 * 100 + 4} ms: now Python decides",
        f"5 / 0.1 ms = {5 / 0.0001:,.0f} a second; with waiting it is 5 / 10 ms = {5 / 0.010:.0f}",
        f"have the mean {(10.1 + 10.0 + 10.2 + 23.5 + 10.1) / 5:.2f} and the median 10.1",
        "two warm up: 0.45, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1",
        "the last step has 1/259 of the peak",
        "the target is 0.82 for the right class and 0.02 for each other",
        f"= {math.log(41):.3f}, and the loss is {-0.82 * math.log(0.82) - 0.18 * math.log(0.02):.3f}",
        "Plain momentum moves by 1.00 and −0.10, Nesterov’s by 1 + 0.9 = 1.90 and −1 + 0.9 · (−0.1) = −1.09",
        f"which is {0.05 / 1.95:.4f} for",
        "handed on: True new: (1, 2, 5, 5)",
        f"{multiplications(WIDTHS['cifar10']):,} multiply-accumulates for an image",
        f"{RUN / 1e14:.1f}·10¹⁴ FLOPs, {RUN / PEAK:.1f} s if every unit",
        f"That is {3.6e14 / 3.83 / 1e12:.0f}·10¹² a second, {100 * 3.6e14 / 3.83 / PEAK:.0f} % of the peak",
        f"32,768/640, {intensity(256, 64, 256, 1, 56, 56):.0f} FLOPs a byte",
        f"{20 * LARGE / 2**20:.1f} MiB and {4 * LARGE / 2**20:.1f} MiB more",
        f"1/(0.6/4 + 0.4) = {1 / 0.55:.2f} times; at most 1/0.4 = {1 / 0.4:.1f} times",
        f"For 0.02 it is {0.02 / 1.98:.4f}",
    ],
)
def test_worked_number_stands_in_the_text(text: str, words: str) -> None:
    assert words in text


def test_smallest_batch_right_of_the_ridge(text: str) -> None:
    found = re.search(r"from N ?= ?(\d+) on|from .{0,10}N.{0,10} = (\d+) on", text)
    assert found
    batch = int(found[1] or found[2])
    ridge = PEAK / BANDWIDTH
    assert intensity(batch - 1, 256, 256, 3, 7, 7) < ridge <= intensity(batch, 256, 256, 3, 7, 7)


def test_page_says_that_no_figure_of_a_gpu_is_its_own(text: str) -> None:
    assert "It has not been run on a GPU yet, so no GPU figure on this page is ours." in text
    assert "Runs on a GPU are missing from this table." in text


def test_loss_scale_saves_gradients(text: str) -> None:
    lost = [float(share) for share in re.findall(r"scale +[\d,]+: +(\d+\.\d+)% become 0", text)]
    assert len(lost) == 5
    assert lost[0] > 1 > 0.01 > lost[-1]
    assert lost == sorted(lost, reverse=True)


def test_sixteen_bits_save_less_than_half_of_the_activations(text: str) -> None:
    found = re.search(r"is ([\d,]+) MiB, \d+ times as much. In bfloat16 it is ([\d,]+) MiB, (\d+) % less", text)
    assert found
    full, half = (int(found[i].replace(",", "")) for i in (1, 2))
    assert full / 2 < half < 0.7 * full
    assert int(found[3]) == round(100 * (1 - half / full))


def test_whitening_and_muon_make_directions_alike(text: str) -> None:
    spread = re.search(r"is (\d+) times as strong as the weakest, behind the whitened ones (\d\.\d+) times", text)
    assert spread
    assert float(spread[2]) < 1.1 < 20 < float(spread[1])
    rounds = {int(n): values.split() for n, values in re.findall(r"(\d) rounds: ((?:\d\.\d\d ?)+)", text)}
    ratios = [float(values[0]) / float(values[-1]) for _, values in sorted(rounds.items())]
    assert sorted(rounds) == [0, 1, 3]
    assert ratios[0] > ratios[1] > ratios[2]
    assert ratios[2] < 3


def test_muon_starts_faster(text: str) -> None:
    found = re.search(r"with tricks \((\d+) %\) or without \((\d+) %\); with Muon it has (\d+) %", text)
    assert found
    assert int(found[3]) > 5 + max(int(found[1]), int(found[2]))


def test_every_exercise_of_the_notebook_is_met_in_the_chapter(pages: dict[str, BeautifulSoup]) -> None:
    page = pages["gpu_lab.html"]
    named = {line.select_one("code").get_text() for line in page.select(".practise")}  # type: ignore[union-attr]
    assert named == {"prepare", "augment", "lr_at", "param_groups", "throughput", "trainer", "net"}
    card = page.select_one(".notebook-card")
    assert card
    assert "60 points" in card.get_text()
