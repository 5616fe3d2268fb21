"""DenseNet: each layer sees the maps of all layers before it in its block."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from cnnkit.zoo._layers import ConvNet, kaiming
from cnnkit.zoo._registry import register

PAPER = "Huang, Liu, van der Maaten and Weinberger, Densely connected convolutional networks, CVPR"


class DenseLayer(nn.Module):
    """Gives its input and `growth` new maps: BN, ReLU, 1 × 1, then BN, ReLU, 3 × 3.

    Args:
        in_channels: Channels in.
        growth: New maps, last in the output.
        bottleneck: Maps of the 1 × 1 convolution as a multiple of `growth`; 0 for none, and then BN, ReLU, 3 × 3 only.
        dropout: Share of the new maps' values set to zero in training.
    """

    def __init__(self, in_channels: int, growth: int, bottleneck: int = 4, dropout: float = 0.0) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(in_channels)
        self.relu1 = nn.ReLU(inplace=True)
        if bottleneck:
            self.conv1 = nn.Conv2d(in_channels, bottleneck * growth, 1, bias=False)
            self.norm2 = nn.BatchNorm2d(bottleneck * growth)
            self.relu2 = nn.ReLU(inplace=True)
            self.conv2 = nn.Conv2d(bottleneck * growth, growth, 3, padding=1, bias=False)
        else:
            self.conv1 = nn.Conv2d(in_channels, growth, 3, padding=1, bias=False)
        self.bottleneck = bool(bottleneck)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Feature maps, shape (N, in_channels + growth, H, W), of maps of shape (N, in_channels, H, W)."""
        y = self.conv1(self.relu1(self.norm1(x)))
        if self.bottleneck:
            y = self.conv2(self.relu2(self.norm2(y)))
        return torch.cat([x, self.dropout(y)], dim=1)


class Transition(nn.Sequential):
    """Between two blocks: BN, ReLU, 1 × 1 convolution, average of each 2 × 2 pixels."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        parts: list[tuple[str, nn.Module]] = [
            ("norm", nn.BatchNorm2d(in_channels)),
            ("relu", nn.ReLU(inplace=True)),
            ("conv", nn.Conv2d(in_channels, out_channels, 1, bias=False)),
            ("pool", nn.AvgPool2d(2, 2)),
        ]
        super().__init__(OrderedDict(parts))


def densenet(
    counts: Sequence[int],
    growth: int,
    stem: int,
    large: bool,
    bottleneck: int = 4,
    compression: float = 0.5,
    dropout: float = 0.0,
    num_classes: int = 1000,
) -> ConvNet:
    """A DenseNet with torchvision's parameter names.

    Args:
        counts: Layers of each block.
        growth: New maps of each layer.
        stem: Maps of the first convolution.
        large: Whether the stem shrinks the image by 4 (ImageNet) or keeps its size (CIFAR).
        bottleneck: See `DenseLayer`.
        compression: Share of the maps that a transition keeps.
        dropout: See `DenseLayer`.
        num_classes: Classes of the output.
    """
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    if large:
        parts["conv0"] = nn.Conv2d(3, stem, 7, 2, 3, bias=False)
        parts.update(norm0=nn.BatchNorm2d(stem), relu0=nn.ReLU(inplace=True), pool0=nn.MaxPool2d(3, 2, 1))
    else:
        parts["conv0"] = nn.Conv2d(3, stem, 3, 1, 1, bias=False)
    maps = stem
    for i, count in enumerate(counts):
        layers = [
            (f"denselayer{j + 1}", DenseLayer(maps + j * growth, growth, bottleneck, dropout)) for j in range(count)
        ]
        parts[f"denseblock{i + 1}"] = nn.Sequential(OrderedDict(layers))
        maps += count * growth
        if i + 1 < len(counts):
            parts[f"transition{i + 1}"] = Transition(maps, int(maps * compression))
            maps = int(maps * compression)
    last = len(counts) + 1
    parts[f"norm{last}"] = nn.BatchNorm2d(maps)
    parts[f"relu{last}"] = nn.ReLU(inplace=True)
    parts["avgpool"] = nn.AdaptiveAvgPool2d(1)
    network = ConvNet(nn.Sequential(parts), nn.Linear(maps, num_classes))
    kaiming(network)
    return network


def _imagenet(name: str, counts: Sequence[int], growth: int, parameters: int, result: str) -> Callable[..., nn.Module]:
    return register(
        name,
        paper=PAPER,
        year=2017,
        input_shape=(3, 224, 224),
        parameters=parameters,
        result=result,
        conditions="ILSVRC-2012 validation, single network, one crop",
        difference="The paper prints no count for ImageNet.",
    )(partial(densenet, counts=counts, growth=growth, stem=2 * growth, large=True))


densenet121 = _imagenet("densenet121", (6, 12, 24, 16), 32, 7_978_856, "25.02 % top-1 and 7.71 % top-5 error")
densenet169 = _imagenet("densenet169", (6, 12, 32, 32), 32, 14_149_480, "23.80 % top-1 and 6.85 % top-5 error")
densenet201 = _imagenet("densenet201", (6, 12, 48, 32), 32, 20_013_928, "22.58 % top-1 and 6.34 % top-5 error")

densenet40 = register(
    "densenet40",
    paper=PAPER,
    year=2017,
    input_shape=(3, 32, 32),
    parameters=1_019_722,
    published_parameters=1_000_000,
    result="5.24 % test error on CIFAR-10 with shifted and flipped training images, 7.00 % without",
    conditions="single network, L = 40, k = 12",
)(
    partial(
        densenet, counts=(12, 12, 12), growth=12, stem=16, large=False, bottleneck=0, compression=1.0, num_classes=10
    )
)

densenet_bc100 = register(
    "densenet_bc100",
    paper=PAPER,
    year=2017,
    input_shape=(3, 32, 32),
    parameters=769_162,
    published_parameters=800_000,
    result="4.51 % test error on CIFAR-10 with shifted and flipped training images, 5.92 % without",
    conditions="single network, L = 100, k = 12",
)(partial(densenet, counts=(16, 16, 16), growth=12, stem=24, large=False, num_classes=10))
