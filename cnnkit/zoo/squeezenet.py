"""SqueezeNet: AlexNet's accuracy with a fiftieth of its parameters."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnnkit.zoo._layers import ConvNet, conv_relu, kaiming, scaled
from cnnkit.zoo._registry import register

# Maps of the squeeze and of each expansion. Source: Iandola et al. 2016, table 1.
FIRES = ((16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256))


def pool() -> nn.MaxPool2d:
    """3 × 3 at stride 2; windows may reach over the border, as in Caffe."""
    return nn.MaxPool2d(3, 2, ceil_mode=True)


class Fire(nn.Module):
    """A 1 × 1 convolution to few maps, then 1 × 1 and 3 × 3 convolutions side by side, ReLU after each.

    Args:
        in_channels: Channels in.
        s: Maps of the squeeze.
        e1: Maps of the 1 × 1 expansion, first in the output.
        e3: Maps of the 3 × 3 expansion.
    """

    def __init__(self, in_channels: int, s: int, e1: int, e3: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(in_channels, s, 1)
        self.expand1x1 = nn.Conv2d(s, e1, 1)
        self.expand3x3 = nn.Conv2d(s, e3, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Feature maps, shape (N, e1 + e3, H, W), of maps of shape (N, in_channels, H, W)."""
        y = self.relu(self.squeeze(x))
        return torch.cat([self.relu(self.expand1x1(y)), self.relu(self.expand3x3(y))], dim=1)


@register(
    "squeezenet",
    paper="Iandola, Han, Moskewicz, Ashraf, Dally and Keutzer, SqueezeNet, arXiv:1602.07360",
    year=2016,
    input_shape=(3, 224, 224),
    parameters=1_248_424,
    published_parameters=1_248_424,
    result="42.5 % top-1 and 19.7 % top-5 error on ILSVRC-2012 validation (the paper: 57.5 % and 80.3 % right)",
    conditions="single network, before pruning and compression",
    difference="The paper's first maps have 111 × 111 positions; 224 pixels without padding give 109.",
)
def squeezenet(num_classes: int = 1000, width: float = 1.0) -> ConvNet:
    """SqueezeNet 1.0 with torchvision's parameter names."""

    maps = scaled(96, width)
    layers: list[nn.Module] = [*conv_relu(3, maps, 7, 2), pool()]
    for i, (squeeze, expand) in enumerate(FIRES):
        s, e = scaled(squeeze, width), scaled(expand, width)
        layers.append(Fire(maps, s, e, e))
        maps = 2 * e
        if i in (2, 6):
            layers.append(pool())
    features = nn.Sequential(*layers)
    classifier = nn.Sequential(nn.Dropout(0.5), *conv_relu(maps, num_classes, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    network = FullyConvolutional(features, classifier)
    kaiming(network)
    return network


class FullyConvolutional(ConvNet):
    """`features`, then a `classifier` that takes maps, not values in a row."""

    def __init__(self, features: nn.Module, classifier: nn.Module) -> None:
        super().__init__(features, classifier)
        self.flatten = nn.Identity()  # type: ignore[assignment]
