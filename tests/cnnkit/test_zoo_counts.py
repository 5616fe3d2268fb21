"""cnnkit.zoo: multiply-adds and parameters against sums written out by hand, and torchvision's names."""

import itertools
from collections.abc import Iterator

import pytest
import torch

from cnnkit import zoo


def meta(name: str, **options: object) -> torch.nn.Module:
    with torch.device("meta"):
        return zoo.build(name, **options).to("meta")


# -- multiply-adds: kernel side² × channels in of a group × channels out × positions, layer by layer ----------------

ALEXNET_FULL = (9216 * 4096, 4096 * 4096, 4096 * 1000)
BY_HAND = {
    "alexnet": (
        11**2 * 3 * 96 * 55**2, 5**2 * 96 * 256 * 27**2, 3**2 * 256 * 384 * 13**2, 3**2 * 384 * 384 * 13**2,
        3**2 * 384 * 256 * 13**2, *ALEXNET_FULL,
    ),
    "alexnet_two_towers": (
        11**2 * 3 * 96 * 55**2, 5**2 * 48 * 256 * 27**2, 3**2 * 256 * 384 * 13**2, 3**2 * 192 * 384 * 13**2,
        3**2 * 192 * 256 * 13**2, *ALEXNET_FULL,
    ),
    "zfnet": (
        7**2 * 3 * 96 * 110**2, 5**2 * 96 * 256 * 26**2, 3**2 * 256 * 384 * 13**2, 3**2 * 384 * 384 * 13**2,
        3**2 * 384 * 256 * 13**2, *ALEXNET_FULL,
    ),
    "lenet5_modern": (25 * 6 * 28**2, 25 * 6 * 16 * 10**2, 400 * 120, 120 * 84, 84 * 10),
    "tdnn": (3 * 16 * 8 * 13, 5 * 8 * 3 * 9, 3 * 9),
    "context_basic": (7 * 9 * 21**2 * 64**2, 21**2 * 64**2),
    "p4_cnn": (
        9 * 10 * 4 * 26**2, *(9 * 40 * 10 * 4 * side**2 for side in (24, 10, 8, 6, 4)), 16 * 40 * 10 * 4,
    ),
    "neocognitron": (
        (24 + 1) * 25 * 16**2, 24 * 25 * 10**2, (24 + 1) * 24 * 25 * 8**2, 24 * 25 * 6**2, (24 + 1) * 24 * 25 * 2**2,
        24 * 4,
    ),
    # Each of the 127 paths but the first is filtered once, and each is averaged once, over 32 × 32 frequencies.
    "scattering2": (126 * 32**2, 127 * 32**2, 127 * 16 * 10),
}  # fmt: skip

# Multiply-adds that the papers, or others who counted, print, with their rounding.
PRINTED = {
    "alexnet_two_towers": (724e6, 1e6),  # often quoted of the reference network in Caffe
    "vgg_d": (15.5e9, 0.05e9),  # the same
    "vgg_e": (19.6e9, 0.1e9),  # He et al. 2016, figure 3
    "resnet18": (1.8e9, 0.05e9),  # He et al. 2016, table 1, this line and the next two
    "resnet34": (3.6e9, 0.1e9),
    "resnet50": (3.8e9, 0.3e9),  # with the stride in the 1 × 1 convolutions; ours is in the 3 × 3 ones: 4.1
    "resnext50_32x4d": (4.2e9, 0.1e9),  # Xie et al. 2017, table 1
    "mobilenet_v1": (569e6, 0.5e6),  # Howard et al. 2017, table 4
    "convnext_t": (4.5e9, 0.05e9),  # Liu et al. 2022, table 1
    "googlenet": (1.5e9, 0.1e9),  # Szegedy et al. 2015, section 1: "1.5 billion multiply-adds"
}


@pytest.mark.parametrize("name", BY_HAND)
def test_multiply_adds_are_the_sum_written_out_by_hand(name: str) -> None:
    assert zoo.summary(name).macs == sum(BY_HAND[name])


@pytest.mark.parametrize("name", PRINTED)
def test_multiply_adds_are_those_in_print(name: str) -> None:
    figure, rounding = PRINTED[name]
    assert abs(zoo.summary(name).macs - figure) <= rounding


def test_resnet50_of_the_paper_has_the_paper_s_multiply_adds() -> None:
    assert round(zoo.summary("resnet50", stride_first=True).macs / 1e9, 2) == 3.86


def test_lenet5_has_the_paper_s_connections() -> None:
    """The paper counts a connection for each weight and each bias at each position, and five for each subsampling."""
    rows = {row.name: row for row in zoo.layers("lenet5")}
    connections = {n: rows[n].macs + rows[n].activations for n in ("c1", "c3", "c5", "f6")}
    connections |= {n: 5 * rows[n].activations for n in ("s2", "s4")}
    assert connections == {"c1": 122_304, "s2": 5_880, "c3": 151_600, "s4": 2_000, "c5": 48_120, "f6": 10_164}


def test_one_fractal_block_has_three_first_and_four_inner_convolutions() -> None:
    sizes = [3, 64, 128, 256, 512, 512]
    pairs = list(itertools.pairwise(sizes))
    convolutions = sum(9 * (3 * i * out + 4 * out * out) for i, out in pairs)
    norms = sum(2 * 7 * out for _, out in pairs)
    assert zoo.entry("fractalnet").parameters == convolutions + norms + 512 * 10 + 10


@pytest.mark.parametrize(("depth", "option", "count"), [(20, "B", 272_474), (56, "B", 855_770), (110, "B", 1_730_714)])
def test_cifar_networks_with_shortcuts_b(depth: int, option: str, count: int) -> None:
    assert sum(p.numel() for p in zoo.make_resnet(depth, option=option).parameters()) == count


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("alexnet", 62_378_344), ("alexnet_two_towers", 60_965_224), ("googlenet", 6_998_552), ("vgg_a", 132_863_336),
        ("vgg_b", 133_047_848), ("vgg_d", 138_357_544), ("vgg_e", 143_667_240), ("resnet18", 11_689_512),
        ("resnet34", 21_797_672), ("resnet50", 25_557_032), ("resnet101", 44_549_160), ("resnet152", 60_192_808),
        ("wide_resnet50_2", 68_883_240), ("resnext50_32x4d", 25_028_904), ("densenet121", 7_978_856),
        ("densenet169", 14_149_480), ("densenet201", 20_013_928), ("squeezenet", 1_248_424),
        ("inception_v3_auxiliary", 27_161_264), ("alexnet_owt", 61_100_840), ("convnext_t", 28_589_128),
        ("mobilenet_v1", 4_231_976), ("wide_resnet28_10", 36_479_194), ("lenet5", 60_000),
    ],
)  # fmt: skip
def test_counts_that_others_published(name: str, count: int) -> None:
    """What the course's errata and torchvision's documentation print; `test_zoo` compares entries with networks."""
    assert zoo.entry(name).parameters == count


# -- names and shapes of torchvision's state dicts, written out anew -------------------------------------------------

Layout = Iterator[tuple[str, tuple[int, ...]]]


def with_bias(name: str, *shape: int) -> Layout:
    yield f"{name}.weight", shape
    yield f"{name}.bias", shape[:1]


def norm(name: str, channels: int) -> Layout:
    for part in ("weight", "bias", "running_mean", "running_var"):
        yield f"{name}.{part}", (channels,)
    yield f"{name}.num_batches_tracked", ()


def alexnet_layout() -> Layout:
    yield from with_bias("features.0", 64, 3, 11, 11)
    yield from with_bias("features.3", 192, 64, 5, 5)
    yield from with_bias("features.6", 384, 192, 3, 3)
    yield from with_bias("features.8", 256, 384, 3, 3)
    yield from with_bias("features.10", 256, 256, 3, 3)
    yield from with_bias("classifier.1", 4096, 9216)
    yield from with_bias("classifier.4", 4096, 4096)
    yield from with_bias("classifier.6", 1000, 4096)


def vgg_layout(plan: str) -> Layout:
    """`plan`: a letter for each convolution (a to d: 64 to 512 maps), M for a pooling."""
    index, maps = 0, 3
    for letter in plan:
        if letter == "M":
            index += 1
            continue
        out = {"a": 64, "b": 128, "c": 256, "d": 512}[letter]
        yield from with_bias(f"features.{index}", out, maps, 3, 3)
        index, maps = index + 2, out
    yield from with_bias("classifier.0", 4096, 25088)
    yield from with_bias("classifier.3", 4096, 4096)
    yield from with_bias("classifier.6", 1000, 4096)


def resnet_layout(counts: tuple[int, ...], bottleneck: bool, inner: int = 1, groups: int = 1) -> Layout:
    yield "conv1.weight", (64, 3, 7, 7)
    yield from norm("bn1", 64)
    maps = 64
    for i, count in enumerate(counts):
        for j in range(count):
            block, planes = f"layer{i + 1}.{j}", 64 * 2**i
            wide, out = planes * inner, planes * (4 if bottleneck else 1)
            if bottleneck:
                shapes = [(wide, maps, 1, 1), (wide, wide // groups, 3, 3), (out, wide, 1, 1)]
            else:
                shapes = [(out, maps, 3, 3), (out, out, 3, 3)]
            for k, shape in enumerate(shapes, 1):
                yield f"{block}.conv{k}.weight", shape
                yield from norm(f"{block}.bn{k}", shape[0])
            if maps != out:
                yield f"{block}.downsample.0.weight", (out, maps, 1, 1)
                yield from norm(f"{block}.downsample.1", out)
            maps = out
    yield from with_bias("fc", 1000, maps)


def densenet_layout(counts: tuple[int, ...]) -> Layout:
    yield "features.conv0.weight", (64, 3, 7, 7)
    yield from norm("features.norm0", 64)
    maps = 64
    for i, count in enumerate(counts, 1):
        for j in range(1, count + 1):
            layer = f"features.denseblock{i}.denselayer{j}"
            yield from norm(f"{layer}.norm1", maps)
            yield f"{layer}.conv1.weight", (128, maps, 1, 1)
            yield from norm(f"{layer}.norm2", 128)
            yield f"{layer}.conv2.weight", (32, 128, 3, 3)
            maps += 32
        if i < len(counts):
            yield from norm(f"features.transition{i}.norm", maps)
            yield f"features.transition{i}.conv.weight", (maps // 2, maps, 1, 1)
            maps //= 2
    yield from norm("features.norm5", maps)
    yield from with_bias("classifier", 1000, maps)


LAYOUTS = {
    "alexnet_owt": alexnet_layout,
    "vgg_a": lambda: vgg_layout("aMbMccMddMddM"),
    "vgg_b": lambda: vgg_layout("aaMbbMccMddMddM"),
    "vgg_d": lambda: vgg_layout("aaMbbMcccMdddMdddM"),
    "vgg_e": lambda: vgg_layout("aaMbbMccccMddddMddddM"),
    "resnet18": lambda: resnet_layout((2, 2, 2, 2), False),
    "resnet34": lambda: resnet_layout((3, 4, 6, 3), False),
    "resnet50": lambda: resnet_layout((3, 4, 6, 3), True),
    "resnet152": lambda: resnet_layout((3, 8, 36, 3), True),
    "wide_resnet50_2": lambda: resnet_layout((3, 4, 6, 3), True, 2),
    "resnext50_32x4d": lambda: resnet_layout((3, 4, 6, 3), True, 2, 32),
    "densenet121": lambda: densenet_layout((6, 12, 24, 16)),
    "densenet169": lambda: densenet_layout((6, 12, 32, 32)),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_names_and_shapes_are_torchvision_s(name: str) -> None:
    state = {key: tuple(tensor.shape) for key, tensor in meta(name).state_dict().items()}
    assert state == dict(LAYOUTS[name]())


@pytest.mark.parametrize("old", [False, True], ids=["names of today", "names of the files"])
def test_weights_of_a_file_reach_the_network(old: bool) -> None:
    options = {"counts": (2, 2), "growth": 4, "num_classes": 3}
    source, target = (zoo.build("densenet_bc100", **options).eval() for _ in range(2))
    state = dict(source.state_dict())
    if old:
        for n in "12":
            state = {
                k.replace(f"norm{n}.", f"norm.{n}.").replace(f"conv{n}.", f"conv.{n}."): v for k, v in state.items()
            }
        state = {k.replace("transition.", "transition1."): v for k, v in state.items() if not k.endswith("tracked")}
        assert "features.denseblock1.denselayer2.norm.1.weight" in state
    x = torch.randn(2, 3, 16, 16)
    assert not torch.equal(source(x), target(x))
    zoo.load_torchvision(target, state)
    assert torch.equal(source(x), target(x))


def test_weights_that_do_not_fit_are_refused_by_name() -> None:
    network = zoo.build("lenet5_modern")
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    with pytest.raises(ValueError, match=r"features.0.weight has shape \(2,\), expected \(6, 1, 5, 5\)"):
        zoo.load_torchvision(network, {**before, "features.0.weight": torch.zeros(2)})
    with pytest.raises(ValueError, match=r"missing none, unknown head.weight"):
        zoo.load_torchvision(network, {**before, "head.weight": torch.zeros(2)})
    with pytest.raises(
        ValueError, match=r"missing classifier.0.bias, classifier.0.weight, .* and 6 more, unknown none"
    ):
        zoo.load_torchvision(network, {})
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())
