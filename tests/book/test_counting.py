"""The worked numbers and errata of the curriculum stand in the chapter on counting."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
import torch
from bs4 import BeautifulSoup
from torch import nn

from cnnkit import zoo

ROOT = Path(__file__).resolve().parents[2]

STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))


def vgg16() -> list[tuple[str, str, int, int, int]]:
    """Name, shape, values, parameters and MACs of each row of VGG-16, counted here anew."""
    rows = [("input", "3×224×224", 3 * 224**2, 0, 0)]
    channels, side = 3, 224
    for stage, (width, number) in enumerate(STAGES, 1):
        for i in range(1, number + 1):
            weights = 9 * channels * width
            shape = f"{width}×{side}×{side}"
            rows.append((f"conv{stage}-{i}", shape, width * side**2, weights + width, weights * side**2))
            channels = width
        side //= 2
        rows.append((f"pool{stage}", f"{channels}×{side}×{side}", channels * side**2, 0, 0))
    inputs = channels * side**2
    for name, outputs in (("fc6", 4096), ("fc7", 4096), ("fc8", 1000)):
        rows.append((name, str(outputs), outputs, outputs * (inputs + 1), outputs * inputs))
        inputs = outputs
    return rows


VGG = vgg16()
VALUES, PARAMS, MACS = (sum(row[i] for row in VGG) for i in (2, 3, 4))
VOLUMES = 3 * 224 * 224 * 64
POOLED = sum(row[2] for row in VGG if row[0].startswith("pool"))
IMAGE = 2 * VALUES - VGG[0][2]


def test_the_sums_are_those_of_the_curriculum() -> None:
    assert (VALUES, PARAMS, MACS) == (15_237_608, 138_357_544, 15_470_264_320)


@pytest.mark.parametrize("row", VGG, ids=[row[0] for row in VGG])
def test_row_of_vgg_stands_in_the_table(text: str, row: tuple[str, str, int, int, int]) -> None:
    name, shape, values, params, macs = row
    assert f" {name} {shape} {values:,} {params:,} {macs:,} " in text


@pytest.mark.parametrize(
    "words",
    [
        f"total {VALUES:,} {PARAMS:,} {MACS:,}",
        f"64·(64·9 + 1) = {64 * (64 * 9 + 1):,} parameters, and uses its {64 * 64 * 9:,} weights",
        f"(25,088 + 1)·4,096 = {25089 * 4096:,} parameters",
        f"4·(12 + 1) = {4 * 13}",
        f"4·12 weights is used once at each of the 4·5 positions: {4 * 12 * 20}",
        "input (2, 7, 6) 0 0 84 Conv2d 3×2 /2 (4, 4, 5) 52 960 80 ",
        "MaxPool2d 2×2 /2 (4, 2, 2) 0 0 16 Linear (3,) 51 48 3",
        f"has {52 + 51} parameters, costs {960 + 48:,} multiplications and leaves {84 + 80 + 16 + 3} values",
        f"4·(10·{2 * 183 - 84} + 3·103) = {4 * (10 * (2 * 183 - 84) + 3 * 103):,} bytes",
        f"3·3·3 + 1 = {28} parameters and not 27; a layer of 100 of them has {2800:,}, and not 2,700, let alone 270",
        f"has {96 * (363 + 1):,} parameters and not {96 * 363:,}",
        f"The sum of the lines is {VALUES:,}, the input included",
        f"they take {VALUES * 4 / 1e6:.1f} MB, or {VALUES * 4 / 2**20:.1f} MiB",
        "Erratum: 15.2 million values, not 24 million",
        f"3·224·224·64 = {VOLUMES:,} values, 9.6 million",
        f"{VOLUMES * 8 / 2**20:.1f} MiB, which are {VOLUMES * 8 / 1e6:.1f} MB",
        f"2·{VALUES:,} − {224 * 224 * 3:,} = {IMAGE:,} values, {IMAGE * 4 / 2**20:.1f} MiB",
        f"momentum {3 * 4 * PARAMS / 2**30:.2f} GiB, with Adam {4 * 4 * PARAMS / 2**30:.2f} GiB",
        f"put aside: {4 * VALUES + 8 * POOLED - 4000:,} bytes",
        f"{4 * VALUES:,} + {8 * POOLED:,} − 4,000 = {4 * VALUES + 8 * POOLED - 4000:,}",
        "AlexNet has 62,378,344 parameters",
        "62,378,344 − 9,192 = 62,369,152",
        "linear layers: 62,378,344",
        "fifth convolutions: 60,965,224 parameters",
        "AlexNet has three poolings, and its last volume is 6×6×256, 9,216 numbers",
        "table of layers gives 6,998,552 parameters",
        "training only, it has 13,378,280",
        "unit 6 sees 13 pixels: 19 to 31 expected: 13 pixels from −5 + 6·4 = 19 on",
        "AlexNet has size 195, jump 32, start −64; VGG-16 has 212, 32 and −90",
        f"pixels from {-90 + 6 * 32} to {-90 + 6 * 32 + 211}, of which those beyond 223",
        "Three layers of 3×3 see 7 pixels",
        "after the first of them they see 12",
        "156 + 2,416 + 48,120 + 10,164 + 850 = 61,706 parameters",
        "which leaves 133,638,952",
    ],
)
def test_worked_number_stands_in_the_text(text: str, words: str) -> None:
    assert words in text


def test_the_batches_are_the_largest_that_fit(pages: dict[str, BeautifulSoup]) -> None:
    cells = pages["counting.html"].find("td", string="VGG-16")
    assert cells
    batches = [int(cell.get_text().replace(",", "")) for cell in cells.find_next_siblings("td")[2:]]
    for gib, batch in zip((4, 8, 24, 80), batches, strict=True):
        needs = [4 * (n * IMAGE + 3 * PARAMS) for n in (batch, batch + 1)]
        assert needs[0] <= gib * 2**30 < needs[1]


def test_the_live_figure_has_the_counts_of_the_zoo() -> None:
    script = (ROOT / "book" / "widgets" / "memory-fit.js").read_text(encoding="utf-8")
    found = re.findall(r'"([\w-]+)": \[(\d+), (\d+), (\d+)\]', script)
    names = {
        **{"AlexNet": "alexnet", "VGG-16": "vgg_d", "GoogLeNet": "googlenet"},
        **{"ResNet-50": "resnet50", "SqueezeNet": "squeezenet"},
    }
    assert len(found) == len(names)
    for name, *numbers in found:
        table = zoo.summary(names[name])
        assert [int(number) for number in numbers] == [table.activations, table.rows[0].activations, table.parameters]
    assert len(gzip.compress(script.encode())) < 5 * 1024


def test_receptive_field_of_vgg_is_what_a_gradient_finds() -> None:
    layers: list[nn.Module] = []
    for _, number in STAGES:
        layers += [nn.Conv1d(1, 1, 3, padding=1) for _ in range(number)] + [nn.AvgPool1d(2)]
    network = nn.Sequential(*layers).double()
    for parameter in network.parameters():
        nn.init.ones_(parameter)
    line = torch.ones(1, 1, 448, dtype=torch.float64, requires_grad=True)
    network(line)[0, 0, 6].backward()
    assert line.grad is not None
    seen = line.grad[0, 0].nonzero().ravel()
    assert (int(seen[0]), len(seen)) == (-90 + 6 * 32, 212)


def test_every_exercise_of_the_notebook_is_met_in_the_chapter(pages: dict[str, BeautifulSoup]) -> None:
    named = {line.select_one("code").get_text() for line in pages["counting.html"].select(".practise")}  # type: ignore[union-attr]
    assert named == {"summarize", "total", "receptive_field", "training_memory", "spec", "audit"}
    card = pages["counting.html"].select_one(".notebook-card")
    assert card
    assert "80 points" in card.get_text()
