"""The worked numbers and errata of the curriculum stand in the chapter of case studies."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from bs4 import BeautifulSoup
from torch import nn

from cnnkit import zoo

PAGE = "case_studies.html"
NETWORKS = (
    *("net_lenet5", "net_alexnet", "net_zfnet", "net_vgg16", "net_nin", "net_googlenet", "net_inception_v3"),
    *("net_inception_v2", "net_squeezenet", "net_all_cnn"),
)
ALEXNET = ((3, 96, 11, 1), (96, 256, 5, 2), (256, 384, 3, 1), (384, 384, 3, 2), (384, 256, 3, 2))  # in, out, k, groups
HEAD = ((9216, 4096), (4096, 4096), (4096, 1000))
VGG16 = (3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512)
BLOCKS = (  # Szegedy et al. 2015, table 1: channels in, 1×1, 3×3 reduced, 3×3, 5×5 reduced, 5×5, pool projection
    *((192, 64, 96, 128, 16, 32, 32), (256, 128, 128, 192, 32, 96, 64), (480, 192, 96, 208, 16, 48, 64)),
    *((512, 160, 112, 224, 24, 64, 64), (512, 128, 128, 256, 24, 64, 64), (512, 112, 144, 288, 32, 64, 64)),
    *((528, 256, 160, 320, 32, 128, 128), (832, 256, 160, 320, 32, 128, 128), (832, 384, 192, 384, 48, 128, 128)),
)


def inception(i: int, c1: int, c3r: int, c3: int, c5r: int, c5: int, pp: int) -> int:
    reduced = (c3r * 9 + 1) * c3 + (c5r * 25 + 1) * c5
    return (i + 1) * (c1 + c3r + c5r + pp) + reduced


def alexnet(towers: bool) -> int:
    convolutions = sum((i * k * k // (g if towers else 1) + 1) * o for i, o, k, g in ALEXNET)
    return convolutions + sum((i + 1) * o for i, o in HEAD)


VGG_HEAD = sum((i + 1) * o for i, o in ((25088, 4096), (4096, 4096), (4096, 1000)))
VGG = sum((i * 9 + 1) * o for i, o in pairwise(VGG16)) + VGG_HEAD
GOOGLENET = (3 * 49 + 1) * 64 + 65 * 64 + (64 * 9 + 1) * 192 + sum(inception(*b) for b in BLOCKS) + 1025 * 1000
THREE_A = 192 * (64 + 96 + 16) + 96 * 128 * 9 + 16 * 32 * 25  # weights of the first three branches of block 3a


@pytest.mark.parametrize(
    "words",
    [
        "60·25 + 16 = 1,516 parameters, where all 96 kernels would have 16·(6·25 + 1) = 2,416",
        "with 61,706 parameters",
        f"The network of the paper, two towers, has {alexnet(True):,} parameters",
        f"without groups, it has {alexnet(False):,}",
        f"{alexnet(False):,} − {4096 + 4096 + 1000:,} = {alexnet(False) - 9192:,}",
        "number 62,369,152 that circulates",
        f"The first convolution has {96 * (11 * 11 * 3 + 1):,} parameters with its biases",
        "AlexNet ends in 6×6×256, after 3 poolings",
        "7×7×512 after 5 poolings",
        "VGG’s 7.3 % are 7 networks together, and ResNet’s 3.57 % are 6; AlexNet’s 15.3 % are 7, GoogLeNet’s 6.67 %",
        "10.07 % with one crop, 7.89 % with 144 crops, and 6.67 % with 7 networks",
        f"7·144 = {7 * 144:,} passes",
        "became 7×7, stride 2",
        "It is 5×5, stride 2: without it",
        "ratio 10.5 global left 1.39 right 0.13 ratio 10.5 local left 0.99 right 0.99 ratio 1.0",
        "13 and 16 convolutions, six networks",
        "1×1 kernels stand in C only",
        f"D, “VGG-16” 13 16 {VGG:,}",
        f"for 64 channels {27 * 64 * 64:,} and {49 * 64 * 64:,}",
        f"(5·5·3 + 1)·192 = {76 * 192:,} and twice (192 + 1)·192 = {193 * 192:,} parameters, together 88,704",
        f"512·1,000 + 1,000 = {513_000:,} parameters in place of {VGG_HEAD:,}",
        f"have {THREE_A:,} weights; without the reductions they would have {192 * (64 + 9 * 128 + 25 * 32):,}",
        f"the block has {inception(*BLOCKS[0]):,} parameters, and 64 + 128 + 32 + 32 = 256 maps",
        f"it has {GOOGLENET:,}, {alexnet(True) / GOOGLENET:.1f} times fewer",
        "has 22 layers with weights and 5 poolings, together 27",
        f"768·192 + 7·192² + 7·192² = {768 * 192 + 14 * 192**2:,} weights",
        f"768·192 + 49·192² = {768 * 192 + 49 * 192**2:,}",
        f"{97 * 16:,} + {17 * 64:,} + {145 * 64:,} = {97 * 16 + 17 * 64 + 145 * 64:,} parameters",
        f"64·128·9 = {64 * 128 * 9:,} weights, and the pair 64·9 + 64·128 = {64 * 9 + 64 * 128:,}, or 9,152 with",
        "1 + 0 + 0 + 4 + 0.5 = 5.5 and 0 + 4 + 3 + 4 + 0.5 = 11.5",
        "tensor([[[[ 5.5000, 11.5000]]]])",
        "windows: 121",
        "11·11 = 121 windows",
    ],
)
def test_worked_number_stands_in_the_text(text: str, words: str) -> None:
    assert words in text


def test_whole_table_of_googlenet_is_on_the_page(text: str) -> None:
    for name, sizes in zip(("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"), BLOCKS, strict=True):
        row = " ".join(map(str, sizes[1:]))
        out = sizes[1] + sizes[3] + sizes[5] + sizes[6]
        assert re.search(rf"Inception {name} {out}×(28×28|14×14|7×7) {row} {inception(*sizes):,} ", text), name
    assert re.search(rf"together {GOOGLENET:,} ", text)


def test_six_networks_of_vgg_are_in_the_table(text: str) -> None:
    for name in "abcde":
        assert f"{zoo.entry(f'vgg_{name}').parameters:,}" in text
    assert "A-LRN 8 11 132,863,336" in text


@pytest.mark.parametrize("padding", [0, 1])
def test_crops_and_pass_differ_by_what_the_page_says(text: str, padding: int) -> None:
    torch.manual_seed(2)
    side = 2 + padding
    net = nn.Sequential(
        *(nn.Conv2d(1, 4, 3, padding=padding), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(4, 6, 3, padding=padding), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(6 * side * side, 8), nn.ReLU(), nn.Linear(8, 3)),
    )
    for layer in net:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight)
    net = net.double()
    image = torch.rand(1, 1, 34, 34, dtype=torch.float64, generator=torch.Generator().manual_seed(7))
    maps = net[:6](image)
    worst = 0.0
    with torch.no_grad():
        for i in range(6):
            for j in range(6):
                crop = net(image[..., 4 * i : 4 * i + 14, 4 * j : 4 * j + 14])
                passed = net[6:](maps[..., i : i + side, j : j + side])
                worst = max(worst, (crop - passed).abs().max().item())
    if padding:
        assert abs(worst - 0.8123) < 1e-3  # the notebook's number
        assert f"padding 1: (6, 6, 3), largest difference {worst:.2g}" in text
        assert f"the largest difference above is {worst:.2f}" in text
    else:
        assert worst < 1e-12
        found = re.search(r"padding 0: \(6, 6, 3\), largest difference ([\d.e-]+)", text)
        assert found
        assert float(found[1]) < 1e-12


def test_stride_trick_and_dilation_give_the_crops_at_half_the_step(text: str) -> None:
    trick = re.search(r"largest difference from crops at step 2: ([\d.e-]+)", text)
    dilated = re.search(r"\(11, 11, 3\) largest difference: ([\d.e-]+)", text)
    assert trick
    assert dilated
    assert float(trick[1]) < 1e-12
    assert float(dilated[1]) < 1e-12


def test_sliding_vgg_saves_what_the_page_says(text: str) -> None:
    with torch.device("meta"):
        features = zoo.build("vgg_d").features
    linear = sum(row.macs for row in zoo.layers("vgg_d") if row.kind == "Linear")
    crops = 36 * zoo.summary("vgg_d").macs
    once = sum(row.macs for row in zoo.layer_rows(features, (3, 384, 384))) + 36 * linear
    assert f"take {crops / 1e9:.0f} billion multiply-adds, the one pass {once / 1e9:.1f} billion" in text


def test_every_network_is_drawn_with_its_layer_table(pages: dict[str, BeautifulSoup], text: str) -> None:
    drawn = {Path(str(image["src"])).stem for image in pages[PAGE].select("figure.drawing img.only-light")}
    assert {f"{name}-light" for name in NETWORKS} <= drawn
    for name in ("lenet5", "alexnet_two_towers", "zfnet", "vgg_d", "googlenet", "squeezenet", "all_cnn_c"):
        table = zoo.summary(name)
        assert f"total {name} {table.parameters:,} {table.activations:,} {table.macs:,}" in text


def test_conditions_of_each_score_are_said(text: str) -> None:
    for name in ("lenet5", "alexnet_two_towers", "zfnet", "googlenet", "squeezenet", "inception_v2", "inception_v3"):
        known = zoo.entry(name)
        assert known.result
        assert known.result in text
        assert known.conditions in text


def test_every_exercise_of_the_notebook_is_met_in_the_chapter(pages: dict[str, BeautifulSoup]) -> None:
    named = {line.select_one("code").get_text() for line in pages[PAGE].select(".practise")}  # type: ignore[union-attr]
    assert named == {"nin_block", "inception", "factorised_inception", "fire", "separable_conv", "fc_to_conv"} | {
        "slide",
        "crops_agree",
    }
