"""GoogLeNet: the Inception block of 2014, and the network of nine of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from cnnkit.zoo._layers import Branches, conv_relu, kaiming, scaled
from cnnkit.zoo._registry import register

PAPER = "Szegedy et al., Going deeper with convolutions, CVPR"

# in, 1×1, 3×3 reduce, 3×3, 5×5 reduce, 5×5, pool projection. Source: Szegedy et al. 2015, table 1.
BLOCKS: dict[str, tuple[int, int, int, int, int, int, int]] = {
    "3a": (192, 64, 96, 128, 16, 32, 32),
    "3b": (256, 128, 128, 192, 32, 96, 64),
    "4a": (480, 192, 96, 208, 16, 48, 64),
    "4b": (512, 160, 112, 224, 24, 64, 64),
    "4c": (512, 128, 128, 256, 24, 64, 64),
    "4d": (512, 112, 144, 288, 32, 64, 64),
    "4e": (528, 256, 160, 320, 32, 128, 128),
    "5a": (832, 256, 160, 320, 32, 128, 128),
    "5b": (832, 384, 192, 384, 48, 128, 128),
}


class Inception(Branches):
    """Four branches side by side: 1 × 1; 1 × 1 and 3 × 3; 1 × 1 and 5 × 5; pooling and 1 × 1. ReLU after each kernel.

    Args:
        in_channels: Channels in.
        c1: Maps of the 1 × 1 branch, first in the output.
        c3r: Maps of the reduction before the 3 × 3 kernels.
        c3: Maps of the 3 × 3 branch, second in the output.
        c5r: Maps of the reduction before the 5 × 5 kernels.
        c5: Maps of the 5 × 5 branch, third in the output.
        pp: Maps of the pooling branch, last in the output.
    """

    def __init__(self, in_channels: int, c1: int, c3r: int, c3: int, c5r: int, c5: int, pp: int) -> None:
        super().__init__(
            nn.Sequential(*conv_relu(in_channels, c1, 1)),
            nn.Sequential(*conv_relu(in_channels, c3r, 1), *conv_relu(c3r, c3, 3, padding=1)),
            nn.Sequential(*conv_relu(in_channels, c5r, 1), *conv_relu(c5r, c5, 5, padding=2)),
            nn.Sequential(nn.MaxPool2d(3, 1, 1), *conv_relu(in_channels, pp, 1)),
        )


class AuxiliaryHead(nn.Module):
    """A small classifier on inner maps, for training only: 5 × 5 average at stride 3, 1 × 1, two linear layers.

    Args:
        in_channels: Channels of the maps.
        num_classes: Classes of the output.
        size: Side of the maps: 14 for images of 224 pixels.
        width: Multiplies the inner channels.
    """

    def __init__(self, in_channels: int, num_classes: int, size: int = 14, width: float = 1.0) -> None:
        super().__init__()
        reduced, hidden = scaled(128, width), scaled(1024, width)
        self.pool = nn.AvgPool2d(5, 3)
        self.conv = nn.Conv2d(in_channels, reduced, 1)
        self.flatten = nn.Flatten()
        self.fc1 = nn.Linear(reduced * ((size - 5) // 3 + 1) ** 2, hidden)
        self.fc2 = nn.Linear(hidden, num_classes)
        self.dropout = nn.Dropout(0.7)

    def forward(self, x: Tensor) -> Tensor:
        """Class scores, shape (N, num_classes), of maps of shape (N, in_channels, size, size)."""
        y = self.flatten(torch.relu(self.conv(self.pool(x))))
        scores: Tensor = self.fc2(self.dropout(torch.relu(self.fc1(y))))
        return scores


class GoogLeNet(nn.Module):
    """GoogLeNet as published: biases, two response normalisations, no batch normalisation.

    The scores come from `forward`; with auxiliary heads, all three from `with_auxiliary`, of which training adds the
    losses of the inner two with weight 0.3.

    Args:
        num_classes: Classes of the output.
        auxiliary: Whether there are heads on blocks 4a and 4d.
        width: Multiplies the channels.
        image_size: Side of the images; only the auxiliary heads depend on it.

    Raises:
        ValueError: If the images are too small for auxiliary heads.
    """

    def __init__(
        self, num_classes: int = 1000, auxiliary: bool = False, width: float = 1.0, image_size: int = 224
    ) -> None:
        super().__init__()
        channels = {name: tuple(scaled(c, width) for c in block) for name, block in BLOCKS.items()}
        c1, c2 = scaled(64, width), scaled(192, width)
        self.stem = nn.Sequential(
            *conv_relu(3, c1, 7, 2, 3),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            nn.LocalResponseNorm(5),
            *conv_relu(c1, c1, 1),
            *conv_relu(c1, c2, 3, padding=1),
            nn.LocalResponseNorm(5),
            nn.MaxPool2d(3, 2, ceil_mode=True),
        )
        self.blocks = nn.ModuleDict()
        maps = c2
        for name, (_, b1, b3r, b3, b5r, b5, pp) in channels.items():
            self.blocks[name] = Inception(maps, b1, b3r, b3, b5r, b5, pp)
            maps = b1 + b3 + b5 + pp
        self.pools = nn.ModuleDict({name: nn.MaxPool2d(3, 2, ceil_mode=True) for name in ("3b", "4e")})
        self.auxiliary = nn.ModuleDict()
        if auxiliary:
            size = -(-image_size // 16)
            if size < 5:
                raise ValueError(f"image_size is {image_size}, expected at least 65: the heads average 5 × 5 positions")
            for name in ("4a", "4d"):
                _, b1, _, b3, _, b5, pp = channels[name]
                self.auxiliary[name] = AuxiliaryHead(b1 + b3 + b5 + pp, num_classes, size, width)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.dropout = nn.Dropout(0.4)
        self.fc = nn.Linear(maps, num_classes)
        kaiming(self)

    def forward(self, x: Tensor) -> Tensor:
        """Class scores, shape (N, num_classes), of images of shape (N, 3, H, W)."""
        return self.with_auxiliary(x)[-1]

    def with_auxiliary(self, x: Tensor) -> list[Tensor]:
        """Class scores of each auxiliary head from the input on, then those of the network, each (N, num_classes)."""
        scores = []
        y: Tensor = self.stem(x)
        for name, block in self.blocks.items():
            y = block(y)
            if name in self.auxiliary:
                scores.append(self.auxiliary[name](y))
            if name in self.pools:
                y = self.pools[name](y)
        return [*scores, self.fc(self.dropout(self.flatten(self.avgpool(y))))]


def _register(name: str, auxiliary: bool, parameters: int, difference: str) -> Callable[..., nn.Module]:
    builder = partial(GoogLeNet, auxiliary=auxiliary)
    return register(
        name,
        paper=PAPER,
        year=2015,
        input_shape=(3, 224, 224),
        parameters=parameters,
        result="10.07 % top-5 error on ILSVRC-2014 validation with one crop, 7.89 % with 144 crops",
        conditions="single network; the 6.67 % of the contest are 7 networks with 144 crops each",
        difference=difference,
    )(builder)


TABLE = (
    'The paper prints no total, but "12 times fewer" than AlexNet. The column of its table 1 sums to 6.8 million: it '
    "gives 2.7 K for the first layer, which has 9,472 parameters, and leaves biases out."
)
googlenet = _register("googlenet", False, 6_998_552, TABLE)
googlenet_auxiliary = _register("googlenet_auxiliary", True, 13_378_280, f"{TABLE} Two auxiliary heads included.")
