"""The worked numbers and errata of the curriculum stand in the chapter of residual networks."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from bs4 import BeautifulSoup

from cnnkit import zoo

PAGE = "residual_networks.html"
IMAGENET = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
NETWORKS = ("resnet50", "resnet20", "wide_resnet", "resnext50", "densenet121", "mobilenet", "convnext")


def norm(channels: int) -> int:
    return 2 * channels


def resnet(depth: int) -> int:
    """Parameters of ImageNet's ResNet, from the paper's table alone."""
    total, into = 3 * 64 * 49 + norm(64), 64
    for stage, count in enumerate(IMAGENET[depth]):
        c = 64 * 2**stage
        out = c if depth < 50 else 4 * c
        for block in range(count):
            if depth < 50:
                total += 9 * into * c + 9 * c * c + 2 * norm(c)
            else:
                total += into * c + 9 * c * c + c * out + 2 * norm(c) + norm(out)
            if block == 0 and into != out:
                total += into * out + norm(out)
            into = out
    return total + (into + 1) * 1000


def cifar(depth: int, option: str = "A") -> int:
    """Parameters of CIFAR's ResNet of 6n + 2 layers."""
    n, total, into = (depth - 2) // 6, 3 * 16 * 9 + norm(16), 16
    for c in (16, 32, 64):
        for _ in range(n):
            total += 9 * into * c + 9 * c * c + 2 * norm(c)
            if option == "B" and into != c:
                total += into * c + norm(c)
            into = c
    return total + 65 * 10


@pytest.mark.parametrize(
    "words",
    [
        "18 layers had 27.94 % errors and the one of 34 had 28.54 %",
        "y [3. 0.] dx [3. 1.]",
        "2 + 1 = 3 and 1 − 2 = −1",
        f"{64 * 128 * 9 + 128 * 128 * 9 + 64 * 128:,} weights and 3·2·128 = 768",
        f"together 230,144. With option A {64 * 128 * 9 + 128 * 128 * 9 + 512:,}",
        "ResNet-34 has 25.03 % top-1 errors with A and 24.52 % with B, single network and ten crops",
        f"256·64 + 64·64·9 + 64·256 = {2 * 256 * 64 + 9 * 64 * 64:,} weights",
        f"for normalisation, {2 * 256 * 64 + 9 * 64 * 64 + 768:,} parameters",
        f"would have {2 * 9 * 256 * 256:,} weights",
        "and 75,008 parameters",
        "464 + 14,016 + 51,072 + 203,520 + 650 = 269,722 parameters; the paper says 0.27 million",
        "1,202 layers (n = 200, 19.4 million parameters)",
        "BasicBlock [0. 2.] PreActBlock [-3. 2.]",
        f"of the 54 blocks of ResNet-110 there are {sum(1 - (i + 1) / 108 for i in range(54)):.2f} on average",
        f"256·128 + 128·128·9/32 + 128·256 = {256 * 128:,} + {128 * 4 * 9:,} + {128 * 256:,} = 70,144 weights",
        f"64·128 + 128·32·9 = {64 * 128 + 128 * 32 * 9:,} weights and 2·64 + 2·128 = 384 for normalisation, 45,440",
        "ResNet is the work of Kaiming He, Xiangyu Zhang, Shaoqing Ren and Jian Sun",
        "Of degradation the paper says the opposite",
        "“3.57 %” is the top-5 test error of an ensemble of six networks",
        f"16·32 + 2·32 = 576 and 32·64 + 2·64 = 2,176, together {576 + 2176:,}, which makes {cifar(20, 'B'):,}",
        "1 + 2·(3 + 4 + 6 + 3) + 1 = 34 and 1 + 3·(3 + 4 + 6 + 3) + 1 = 50",
        f"0.9⁵⁰ = {0.9**50:.4f} and 1.1⁵⁰ = {1.1**50:.0f}",
    ],
)
def test_worked_number_stands_in_the_text(text: str, words: str) -> None:
    assert words in text


@pytest.mark.parametrize("depth", IMAGENET)
def test_imagenet_s_family_is_in_the_table(text: str, depth: int) -> None:
    blocks = ", ".join(map(str, IMAGENET[depth]))
    kind = "basic" if depth < 50 else "bottlenecks"
    assert f"ResNet-{depth} {blocks} {kind} {resnet(depth):,} " in text


@pytest.mark.parametrize("depth", [20, 32, 44, 56, 110])
def test_cifar_s_family_is_in_the_table(text: str, depth: int) -> None:
    published = zoo.entry(f"resnet{depth}").published
    assert f"ResNet-{depth} {(depth - 2) // 6} {cifar(depth):,} {published} " in text


def test_smallest_case_is_right() -> None:
    x, w1, w2 = np.array([1.0, -2.0]), np.array([0.0, 1.0, 1.0]), np.array([0.0, 2.0, -1.0])
    inner = np.maximum(np.correlate(np.pad(x, 1), w1) + 3, 0)
    total = np.correlate(np.pad(inner, 1), w2) - 1 + x
    assert inner.tolist() == [2, 1]
    assert np.maximum(total, 0).tolist() == [3, 0]


def test_training_shows_degradation(text: str) -> None:
    found = re.search(
        r"plain networks have losses of (\d\.\d+) \((\d+) layers\) and (\d\.\d+) \((\d+) layers\), "
        r"those with shortcuts (\d\.\d+) and (\d\.\d+)",
        text,
    )
    assert found
    plain, plain_deep, _, deep = (float(found[i]) for i in (1, 3, 5, 6))
    assert int(found[2]) < int(found[4])
    assert plain_deep > plain + 0.1
    assert deep < plain_deep - 0.2


def test_gradients_do_not_vanish_with_normalisation() -> None:
    torch.manual_seed(1)
    network = zoo.build("plain56", width=0.25)
    norms = zoo.gradient_norms(network, (torch.randn(16, 3, 16, 16), torch.randint(10, (16,))))
    assert len(norms) == 55
    assert min(norms.values()) > 1e-3


def test_every_network_is_drawn(pages: dict[str, BeautifulSoup]) -> None:
    drawn = {Path(str(image["src"])).stem for image in pages[PAGE].select("figure.drawing img.only-light")}
    assert {f"net_{name}-light" for name in NETWORKS} <= drawn


def test_each_score_comes_with_its_conditions(text: str) -> None:
    for name in ("wide_resnet28_10", "resnext50_32x4d", "densenet121", "fractalnet", "mobilenet_v1", "convnext_t"):
        known = zoo.entry(name)
        assert known.result
        assert f"{known.result} ({known.conditions})" in text


def test_every_exercise_of_the_notebook_is_met_in_the_chapter(pages: dict[str, BeautifulSoup]) -> None:
    named = {line.select_one("code").get_text() for line in pages[PAGE].select(".practise")}  # type: ignore[union-attr]
    assert named == {"residual_forward", "basic_block", "bottleneck", "pre_act_block", "make_resnet", "dense_layer"} | {
        "stochastic_depth",
        "gradient_norms",
    }
