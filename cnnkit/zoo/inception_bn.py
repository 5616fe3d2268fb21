"""Inception v2 (with batch normalisation, 2015) and v3 (with factorised kernels, 2016)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial

from torch import Tensor, nn

from cnnkit.zoo._layers import Branches, ConvBnRelu, ConvNet, kaiming, scaled
from cnnkit.zoo._registry import register

conv = partial(ConvBnRelu, eps=1e-3)  # the variance's addend in the authors' code

# 1×1, 3×3 reduce, 3×3, double 3×3 reduce, double 3×3, pooling, projection; a block without 1 × 1 maps has stride 2.
# Source: Ioffe & Szegedy 2015, figure 5.
V2_BLOCKS: dict[str, tuple[int, int, int, int, int, str, int]] = {
    "3a": (64, 64, 64, 64, 96, "avg", 32),
    "3b": (64, 64, 96, 64, 96, "avg", 64),
    "3c": (0, 128, 160, 64, 96, "max", 0),
    "4a": (224, 64, 96, 96, 128, "avg", 128),
    "4b": (192, 96, 128, 96, 128, "avg", 128),
    "4c": (160, 128, 160, 128, 160, "avg", 96),
    "4d": (96, 128, 192, 160, 192, "avg", 96),
    "4e": (0, 128, 192, 192, 256, "max", 0),
    "5a": (352, 192, 320, 160, 224, "avg", 128),
    "5b": (352, 192, 320, 192, 224, "max", 128),
}


def pooled(kind: str, in_channels: int, out_channels: int) -> nn.Sequential:
    """A 3 × 3 average or maximum at stride 1, then a 1 × 1 convolution."""
    pool = nn.AvgPool2d(3, 1, 1) if kind == "avg" else nn.MaxPool2d(3, 1, 1)
    return nn.Sequential(pool, conv(in_channels, out_channels, 1))


def double_inception(in_channels: int, c1: int, c3r: int, c3: int, d3r: int, d3: int, kind: str, pp: int) -> Branches:
    """An Inception block whose 5 × 5 kernels are two 3 × 3 ones; with c1 = 0 it has stride 2 and no projection."""
    step = 1 if c1 else 2
    branches = [
        nn.Sequential(conv(in_channels, c3r, 1), conv(c3r, c3, 3, step, 1)),
        nn.Sequential(conv(in_channels, d3r, 1), conv(d3r, d3, 3, 1, 1), conv(d3, d3, 3, step, 1)),
    ]
    if c1:
        return Branches(conv(in_channels, c1, 1), *branches, pooled(kind, in_channels, pp), label="Inception")
    return Branches(*branches, nn.MaxPool2d(3, 2, 1), label="Inception /2")


@register(
    "inception_v2",
    paper="Ioffe and Szegedy, Batch normalization: accelerating deep network training by reducing internal covariate "
    "shift, ICML",
    year=2015,
    input_shape=(3, 224, 224),
    parameters=11_194_984,
    published_parameters=13_600_000,
    result="25.2 % top-1 and 7.82 % top-5 error on ILSVRC-2012 validation",
    conditions="single network, one crop; 4.82 % top-5 error on the test set are 6 networks with 144 crops each",
    difference="The layers of the paper's own table sum to 11.2 million, its text says 13.6 million. Its first "
    "convolution is separable with 8 kernels a channel; ours is a full one. The name Inception v2 is also used for a "
    "network of Szegedy et al. 2016, table 1, of which the paper does not print the blocks' sizes.",
)
def inception_v2(num_classes: int = 1000, width: float = 1.0) -> ConvNet:
    """BN-Inception: GoogLeNet with batch normalisation, and with 3 × 3 kernels in place of 5 × 5."""
    c1, c2 = scaled(64, width), scaled(192, width)
    layers: dict[str, nn.Module] = {
        "conv1": conv(3, c1, 7, 2, 3),
        "pool1": nn.MaxPool2d(3, 2, 1),
        "reduce2": conv(c1, c1, 1),
        "conv2": conv(c1, c2, 3, 1, 1),
        "pool2": nn.MaxPool2d(3, 2, 1),
    }
    maps = c2
    for name, sizes in V2_BLOCKS.items():
        b1, b3r, b3, d3r, d3, pp = (scaled(n, width) if n else 0 for n in (*sizes[:5], sizes[6]))
        layers[name] = double_inception(maps, b1, b3r, b3, d3r, d3, sizes[5], pp)
        maps = b1 + b3 + d3 + (pp or maps)
    layers["avgpool"] = nn.AdaptiveAvgPool2d(1)
    network = ConvNet(nn.Sequential(OrderedDict(layers)), nn.Linear(maps, num_classes))
    kaiming(network)
    return network


class FactorisedInception(Branches):
    """An Inception block whose n × n kernels are a 1 × n and an n × 1 one; batch normalisation and ReLU after each.

    Branches: 1 × 1; 1 × 1, 1 × n and n × 1; 1 × 1 and twice (n × 1, 1 × n); average pooling and 1 × 1.

    Args:
        in_channels: Channels in.
        c1: Maps of the 1 × 1 branch, first in the output.
        cnr: Inner maps of the second branch.
        cn: Its maps out.
        dnr: Inner maps of the third branch.
        dn: Its maps out.
        pp: Maps of the pooling branch, last in the output.
        n: Side of the kernels, odd.
    """

    def __init__(self, in_channels: int, c1: int, cnr: int, cn: int, dnr: int, dn: int, pp: int, n: int = 7) -> None:
        row, column = ((1, n), (0, n // 2)), ((n, 1), (n // 2, 0))  # (kernel, padding)

        def step(i: int, out: int, shape: tuple[tuple[int, int], tuple[int, int]]) -> ConvBnRelu:
            return conv(i, out, shape[0], padding=shape[1])

        super().__init__(
            conv(in_channels, c1, 1),
            nn.Sequential(conv(in_channels, cnr, 1), step(cnr, cnr, row), step(cnr, cn, column)),
            nn.Sequential(
                conv(in_channels, dnr, 1),
                step(dnr, dnr, column),
                step(dnr, dnr, row),
                step(dnr, dnr, column),
                step(dnr, dn, row),
            ),
            pooled("avg", in_channels, pp),
        )


def _block_a(i: int, pp: int, c: Callable[[int], int]) -> Branches:
    return Branches(
        conv(i, c(64), 1),
        nn.Sequential(conv(i, c(48), 1), conv(c(48), c(64), 5, padding=2)),
        nn.Sequential(conv(i, c(64), 1), conv(c(64), c(96), 3, padding=1), conv(c(96), c(96), 3, padding=1)),
        pooled("avg", i, c(pp)),
        label="Inception A",
    )


def _block_b(i: int, c: Callable[[int], int]) -> Branches:
    return Branches(
        conv(i, c(384), 3, 2),
        nn.Sequential(conv(i, c(64), 1), conv(c(64), c(96), 3, padding=1), conv(c(96), c(96), 3, 2)),
        nn.MaxPool2d(3, 2),
        label="Inception B /2",
    )


def _block_d(i: int, c: Callable[[int], int]) -> Branches:
    m = c(192)
    return Branches(
        nn.Sequential(conv(i, m, 1), conv(m, c(320), 3, 2)),
        nn.Sequential(
            conv(i, m, 1), conv(m, m, (1, 7), padding=(0, 3)), conv(m, m, (7, 1), padding=(3, 0)), conv(m, m, 3, 2)
        ),
        nn.MaxPool2d(3, 2),
        label="Inception D /2",
    )


def _block_e(i: int, c: Callable[[int], int]) -> Branches:
    def fork() -> Branches:
        m = c(384)
        return Branches(conv(m, m, (1, 3), padding=(0, 1)), conv(m, m, (3, 1), padding=(1, 0)))

    return Branches(
        conv(i, c(320), 1),
        nn.Sequential(conv(i, c(384), 1), fork()),
        nn.Sequential(conv(i, c(448), 1), conv(c(448), c(384), 3, padding=1), fork()),
        pooled("avg", i, c(192)),
        label="Inception E",
    )


class InceptionV3(nn.Module):
    """Inception v3: the scores come from `forward`; with an auxiliary head, both from `with_auxiliary`.

    Args:
        num_classes: Classes of the output.
        auxiliary: Whether there is a head, with batch normalisation, on the last maps of 17 × 17 positions.
        width: Multiplies the channels.
    """

    def __init__(self, num_classes: int = 1000, auxiliary: bool = False, width: float = 1.0) -> None:
        super().__init__()

        def c(channels: int) -> int:
            return scaled(channels, width)

        self.stem = nn.Sequential(
            conv(3, c(32), 3, 2),
            conv(c(32), c(32), 3),
            conv(c(32), c(64), 3, padding=1),
            nn.MaxPool2d(3, 2),
            conv(c(64), c(80), 1),
            conv(c(80), c(192), 3),
            nn.MaxPool2d(3, 2),
        )
        a2, b1 = c(64) + c(64) + c(96) + c(32), c(64) + c(64) + c(96) + c(64)
        c1 = c(384) + c(96) + b1
        factorised = 4 * c(192)
        self.middle = nn.Sequential(
            _block_a(c(192), 32, c), _block_a(a2, 64, c), _block_a(b1, 64, c), _block_b(b1, c),
            *(
                FactorisedInception(maps, c(192), c(n), c(192), c(n), c(192), c(192))
                for maps, n in ((c1, 128), (factorised, 160), (factorised, 160), (factorised, 192))
            ),
        )  # fmt: skip
        e1, e2 = c(320) + c(192) + factorised, c(320) + 4 * c(384) + c(192)
        self.last = nn.Sequential(_block_d(factorised, c), _block_e(e1, c), _block_e(e2, c))
        self.auxiliary = nn.ModuleList()
        if auxiliary:
            pool = nn.Sequential(nn.AvgPool2d(5, 3), conv(factorised, c(128), 1), conv(c(128), c(768), 5))
            self.auxiliary.append(
                nn.Sequential(pool, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(c(768), num_classes))
            )
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.2)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(e2, num_classes)
        kaiming(self)

    def forward(self, x: Tensor) -> Tensor:
        """Class scores, shape (N, num_classes), of images of shape (N, 3, H, W)."""
        return self.with_auxiliary(x)[-1]

    def with_auxiliary(self, x: Tensor) -> list[Tensor]:
        """Class scores of the auxiliary head, if there is one, then those of the network, each (N, num_classes)."""
        y = self.middle(self.stem(x))
        scores: list[Tensor] = [head(y) for head in self.auxiliary]
        return [*scores, self.fc(self.flatten(self.dropout(self.avgpool(self.last(y)))))]


def _register(name: str, auxiliary: bool, parameters: int, difference: str) -> Callable[..., nn.Module]:
    return register(
        name,
        paper="Szegedy, Vanhoucke, Ioffe, Shlens and Wojna, Rethinking the Inception architecture, CVPR",
        year=2016,
        input_shape=(3, 299, 299),
        parameters=parameters,
        result="21.2 % top-1 and 5.6 % top-5 error on ILSVRC-2012 validation with one crop",
        conditions="single network; 17.2 % and 3.58 % are 4 networks with 144 crops each",
        difference='The paper prints a bound only, "less than 25 million", and "5 billion multiply-adds", where we '
        f"count 5.7. The sizes of the blocks are those of the authors' code.{difference}",
    )(partial(InceptionV3, auxiliary=auxiliary))


inception_v3 = _register("inception_v3", False, 23_834_568, "")
inception_v3_auxiliary = _register("inception_v3_auxiliary", True, 27_161_264, " The auxiliary head is included.")
