"""Networks without linear layers: Network in Network and the All-Convolutional Net."""

from __future__ import annotations

from torch import nn

from cnnkit.zoo._layers import ConvNet, conv_relu, kaiming, scaled
from cnnkit.zoo._registry import register


class NiNBlock(nn.Sequential):
    """A k × k convolution and two 1 × 1 convolutions, ReLU after each: a small network that slides over the image.

    Args:
        in_channels: Channels in.
        out_channels: Channels of each convolution.
        k: Side of the first kernel.
        s: Its stride.
        p: Its padding.
        mixed: Channels of the two 1 × 1 convolutions, where they differ from `out_channels`.
    """

    def __init__(
        self, in_channels: int, out_channels: int, k: int, s: int = 1, p: int = 0, mixed: tuple[int, int] | None = None
    ) -> None:
        first, second = mixed or (out_channels, out_channels)
        super().__init__(
            *conv_relu(in_channels, out_channels, k, s, p),
            *conv_relu(out_channels, first, 1),
            *conv_relu(first, second, 1),
        )


@register(
    "nin",  # codespell:ignore nin
    paper="Lin, Chen and Yan, Network in network, ICLR",
    year=2014,
    input_shape=(3, 32, 32),
    parameters=966_986,
    result="10.41 % test error on CIFAR-10, 8.81 % with shifted and flipped training images",
    conditions="single network",
    difference="The paper does not print the sizes of its layers: these are those of the authors' definition for "
    "CIFAR-10. Windows that reach over the border are counted (ceil_mode), as in Caffe.",
)
def network_in_network(num_classes: int = 10, width: float = 1.0) -> ConvNet:
    """Network in Network for CIFAR-10: three blocks, the last with one map a class, each map averaged to one score."""
    c1, m1, m2, c2 = (scaled(c, width) for c in (192, 160, 96, 192))
    features = nn.Sequential(
        NiNBlock(3, c1, 5, 1, 2, mixed=(m1, m2)),
        nn.MaxPool2d(3, 2, ceil_mode=True),
        nn.Dropout(0.5),
        NiNBlock(m2, c2, 5, 1, 2),
        nn.AvgPool2d(3, 2, ceil_mode=True),
        nn.Dropout(0.5),
        NiNBlock(c2, c2, 3, 1, 1, mixed=(c2, num_classes)),
        nn.AdaptiveAvgPool2d(1),
    )
    network = ConvNet(features, nn.Identity())
    kaiming(network)
    return network


@register(
    "all_cnn_c",
    paper="Springenberg, Dosovitskiy, Brox and Riedmiller, Striving for simplicity: the all convolutional net, "
    "ICLR workshop",
    year=2015,
    input_shape=(3, 32, 32),
    parameters=1_369_738,
    published_parameters=1_400_000,
    result="9.08 % test error on CIFAR-10, 7.25 % with shifted and flipped training images",
    conditions="single network",
)
def all_cnn_c(num_classes: int = 10, width: float = 1.0) -> ConvNet:
    """All-CNN-C: pooling replaced by convolutions of stride 2, and no linear layer."""
    c1, c2 = scaled(96, width), scaled(192, width)
    features = nn.Sequential(
        nn.Dropout(0.2),
        *conv_relu(3, c1, 3, padding=1),
        *conv_relu(c1, c1, 3, padding=1),
        *conv_relu(c1, c1, 3, 2, 1),
        nn.Dropout(0.5),
        *conv_relu(c1, c2, 3, padding=1),
        *conv_relu(c2, c2, 3, padding=1),
        *conv_relu(c2, c2, 3, 2, 1),
        nn.Dropout(0.5),
        *conv_relu(c2, c2, 3),
        *conv_relu(c2, c2, 1),
        *conv_relu(c2, num_classes, 1),
        nn.AdaptiveAvgPool2d(1),
    )
    network = ConvNet(features, nn.Identity())
    kaiming(network)
    return network
