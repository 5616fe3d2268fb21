"""MobileNet v1: a depthwise and a 1 × 1 convolution in place of each full one."""

from __future__ import annotations

from torch import nn

from cnnkit.zoo._layers import ConvBnRelu, ConvNet, kaiming, scaled
from cnnkit.zoo._registry import register

# Output channels and stride of the 13 separable convolutions. Source: Howard et al. 2017, table 1.
BLOCKS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *((512, 1),) * 5, (1024, 2), (1024, 1))


class SeparableConv(nn.Sequential):
    """One k × k kernel for each map, then a 1 × 1 convolution across maps; batch normalisation and ReLU after both.

    Args:
        in_channels: Channels in.
        out_channels: Channels out.
        k: Side of the depthwise kernels, odd.
        stride: Their stride; the padding keeps the size at stride 1.
    """

    def __init__(self, in_channels: int, out_channels: int, k: int = 3, stride: int = 1) -> None:
        super().__init__(
            ConvBnRelu(in_channels, in_channels, k, stride, k // 2, groups=in_channels),
            ConvBnRelu(in_channels, out_channels, 1),
        )


@register(
    "mobilenet_v1",
    paper="Howard et al., MobileNets: efficient convolutional neural networks for mobile vision applications, "
    "arXiv:1704.04861",
    year=2017,
    input_shape=(3, 224, 224),
    parameters=4_231_976,
    published_parameters=4_200_000,
    result="70.6 % top-1 right on ImageNet (29.4 % error)",
    conditions="single network of width 1.0 at 224 pixels; 569 million multiply-adds",
    difference="The paper's table gives the last depthwise convolution stride 2 with an output of the same size; it "
    "has stride 1 here, as in the authors' code.",
)
def mobilenet_v1(num_classes: int = 1000, width: float = 1.0) -> ConvNet:
    """MobileNet v1. `width` is the paper's width multiplier α."""
    channels = scaled(32, width)
    layers: list[nn.Module] = [ConvBnRelu(3, channels, 3, 2, 1)]
    for out, stride in BLOCKS:
        layers.append(SeparableConv(channels, scaled(out, width), 3, stride))
        channels = scaled(out, width)
    network = ConvNet(nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1)), nn.Linear(channels, num_classes))
    kaiming(network)
    return network
