"""Every erratum of the curriculum stands on its page, with the right value and the chapter that explains it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from bs4 import BeautifulSoup, Tag

from cnnkit import zoo

CONV1 = 96 * (11 * 11 * 3 + 1)
VOLUMES = 3 * 224 * 224 * 64


@pytest.fixture(scope="module")
def article(pages: dict[str, BeautifulSoup]) -> Tag:
    found = pages["errata.html"].find("article")
    assert isinstance(found, Tag)
    return found


def counted(name: str) -> int:
    return sum(p.numel() for p in zoo.build(name).parameters())


@pytest.mark.parametrize(
    "words",
    [
        f"3·3·3 + 1 = {3 * 3 * 3 + 1}, and 100 of them have {100 * 28:,}",
        f"{CONV1 - 96:,} are the weights; with 96 biases it has {CONV1:,}",
        "62,378,344 − 9,192 = 62,369,152",
        "or 15.2 million values, and 61 MB",
        f"3·224·224·64 = {VOLUMES:,}, or 9.6 million; twice that at four bytes is {VOLUMES * 8 / 2**20:.1f} MiB",
        "H100 of 2022 has 80 GB",
        f"the formula gives {(10 - 3) / 2 + 1}, PyTorch gives {(10 - 3) // 2 + 1}",
        "which takes 5×5 to 3×3 with a 3×3 kernel",
        "ten kernels of 5×5×3 give depth 10",
        "7×7×512 after 5 poolings is VGG-16. AlexNet ends in 6×6×256 after 3",
        "linear: 13 and 16. The paper has 6 variants, and 1×1 kernels stand in C only",
        "22 layers with weights and 5 poolings, which makes 27 layers",
        f"5×5 with stride 2. From 55×55 that gives 26×26, as in the paper’s figure; stride 1 would give {55 - 4}×51",
        f"0 % of the outputs differ without padding, {100 * (1 - 15**2 / 31**2):.0f} % with zero padding",
        "After one layer with stride 2, a shift by one pixel leaves no point in common: 100 %",
        "dx = 3, 32, 320, 200 (the full convolution) and dw = 421, 342",
        "ResNet-50 has 53 batch normalisations for 53 convolutions",
        "the factor is still 10, after a local one with windows of 9×9 it is 1",
        "Waibel, Hanazawa, Hinton, Shikano and Lang, 1989",
        "He, Zhang, Ren and Sun",
        "7.3 % belongs to 7 networks, 3.57 % to 6",
        f"have {1.2e6 * 256**2 / 1e9:.0f} billion, ten to the power of 10.9",
    ],
)
def test_right_value_stands_on_the_page(text: str, words: str) -> None:
    assert words in text


@pytest.mark.parametrize("name", ["alexnet", "alexnet_two_towers", "googlenet"])
def test_parameters_are_those_of_the_built_network(text: str, name: str) -> None:
    assert f"{counted(name):,}" in text


def test_values_of_vgg_16_are_the_sum_of_its_volumes(text: str) -> None:
    sides = ((224, (64, 64)), (112, (64, 128, 128)), (56, (128, *3 * (256,))), (28, (256, *3 * (512,))))
    values = 224**2 * 3 + sum(side**2 * sum(depths) for side, depths in sides)
    values += 14**2 * 4 * 512 + 7**2 * 512 + 4096 + 4096 + 1000
    assert f"it is {values:,}, or" in text


def test_pooled_outputs_that_stay_are_at_most_half(text: str) -> None:
    found = re.search(r"between (\d+) and (\d+) % of max-pooled outputs", text)
    assert found
    assert 20 <= int(found[1]) < int(found[2]) <= 50


def test_crops_and_one_pass_differ_with_padding(text: str) -> None:
    found = re.search(r"scores differ by up to ([\d.]+), (\d+) % of their range", text)
    assert found
    assert float(found[1]) > 0.1
    assert int(found[2]) > 5


def test_response_normalisation_leaves_a_flat_map_and_contrast_normalisation_does_not(text: str) -> None:
    lrn = 3 / (2 + 1e-4 * 5 * 3**2) ** 0.75
    assert f"LRN makes {lrn:.2f}, contrast normalisation 0" in text


def test_first_layer_of_a_deep_plain_network_has_the_longer_gradient(text: str) -> None:
    found = re.search(r"of the first has length ([\d.e-]+) and that of the last ([\d.e-]+):", text)
    assert found
    assert float(found[1]) > float(found[2]) > 0


def test_message_for_dilation_0_is_that_of_torch(text: str) -> None:
    with pytest.raises(RuntimeError) as error:
        torch.nn.functional.conv2d(torch.zeros(1, 1, 5, 5), torch.zeros(1, 1, 3, 3), dilation=0)
    assert str(error.value).splitlines()[0] in text


def test_every_erratum_names_the_chapter_that_explains_it(article: Tag) -> None:
    claims, answers = article.select("dl.simple > dt, dl.docutils > dt"), article.select("dl > dd")
    assert len(claims) == len(answers) >= 26
    for answer in answers:
        assert answer.select_one("a.internal[href$='.html']"), answer


def test_every_erratum_of_a_chapter_is_on_the_page(text: str) -> None:
    """Titles of the boxes are worded freely; their numbers are not."""
    chapters = Path(__file__).resolve().parents[2].joinpath("book").glob("*.md")
    titles = [t for c in chapters for t in re.findall(r"admonition\} Erratum: (.*)", c.read_text(encoding="utf-8"))]
    plain = [title for title in titles if "{" not in title]
    numbers = {number for title in plain for number in re.findall(r"\d[\d,.]*\d", title)}
    assert len(titles) >= 20
    assert {number for number in numbers if number not in text} == set()
