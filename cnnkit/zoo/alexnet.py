"""AlexNet in its three forms, and ZFNet."""

from __future__ import annotations

from torch import nn

from cnnkit.zoo._layers import ConvNet, conv_relu, head, scaled, values_out
from cnnkit.zoo._registry import register

PAPER = "Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional neural networks, NIPS"
INPUT = (
    "The paper says 224 × 224 pixels, but only 227 give its 55 × 55 positions without padding: (227 − 11) / 4 + 1 = 55."
)


def response_norm() -> nn.LocalResponseNorm:
    """Local response normalisation with AlexNet's constants: n = 5, k = 2, α = 1e-4, β = 0.75.

    torch divides α by n, the paper does not: hence 5e-4.
    """
    return nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2)


def _alexnet(num_classes: int, width: float, image_size: int, towers: int) -> ConvNet:
    c1, c2, c3, c4, c5 = (scaled(c, width, towers) for c in (96, 256, 384, 384, 256))
    features = nn.Sequential(
        *conv_relu(3, c1, 11, 4),
        response_norm(),
        nn.MaxPool2d(3, 2),
        nn.Conv2d(c1, c2, 5, padding=2, groups=towers),
        nn.ReLU(inplace=True),
        response_norm(),
        nn.MaxPool2d(3, 2),
        *conv_relu(c2, c3, 3, padding=1),
        nn.Conv2d(c3, c4, 3, padding=1, groups=towers),
        nn.ReLU(inplace=True),
        nn.Conv2d(c4, c5, 3, padding=1, groups=towers),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, 2),
    )
    values = values_out(features, (3, image_size, image_size))
    return ConvNet(features, head(values, scaled(4096, width), num_classes))


@register(
    "alexnet",
    paper=PAPER,
    year=2012,
    input_shape=(3, 227, 227),
    parameters=62_378_344,
    difference=f"One tower: every kernel sees all maps. The paper trained two towers, see alexnet_two_towers. {INPUT}",
)
def alexnet(num_classes: int = 1000, width: float = 1.0, image_size: int = 227) -> ConvNet:
    """AlexNet on one device: no groups. `width` multiplies the channels."""
    return _alexnet(num_classes, width, image_size, towers=1)


@register(
    "alexnet_two_towers",
    paper=PAPER,
    year=2012,
    input_shape=(3, 227, 227),
    parameters=60_965_224,
    published_parameters=60_000_000,
    result="37.5 % top-1 and 17.0 % top-5 error on ILSVRC-2010; 40.7 % and 18.2 % on ILSVRC-2012 validation",
    conditions="single network, 10 crops. The 15.3 % of the contest are 7 networks, two of them trained on more images",
    difference=f'The paper says "60 million". {INPUT}',
)
def alexnet_two_towers(num_classes: int = 1000, width: float = 1.0, image_size: int = 227) -> ConvNet:
    """AlexNet as published: convolutions 2, 4 and 5 in two groups, one for each device."""
    return _alexnet(num_classes, width, image_size, towers=2)


@register(
    "alexnet_owt",
    paper="Krizhevsky, One weird trick for parallelizing convolutional neural networks, arXiv:1404.5997",
    year=2014,
    input_shape=(3, 224, 224),
    parameters=61_100_840,
    difference="The form that torchvision calls alexnet: no response normalisation, 64 and 192 kernels first.",
)
def alexnet_owt(num_classes: int = 1000, width: float = 1.0, image_size: int = 224) -> ConvNet:
    """torchvision's AlexNet, parameter names included."""
    c1, c2, c3, c4 = (scaled(c, width) for c in (64, 192, 384, 256))
    features = nn.Sequential(
        *conv_relu(3, c1, 11, 4, 2),
        nn.MaxPool2d(3, 2),
        *conv_relu(c1, c2, 5, padding=2),
        nn.MaxPool2d(3, 2),
        *conv_relu(c2, c3, 3, padding=1),
        *conv_relu(c3, c4, 3, padding=1),
        *conv_relu(c4, c4, 3, padding=1),
        nn.MaxPool2d(3, 2),
    )
    values = values_out(features, (3, image_size, image_size))
    return ConvNet(features, head(values, scaled(4096, width), num_classes))


@register(
    "zfnet",
    paper="Zeiler and Fergus, Visualizing and understanding convolutional networks, ECCV",
    year=2014,
    input_shape=(3, 224, 224),
    parameters=62_357_608,
    result="38.4 % top-1 and 16.5 % top-5 error on ILSVRC-2012 validation; 14.8 % top-5 on its test set",
    conditions="single network, 10 crops, for the validation figures; 6 networks for the test figure",
    difference="The contrast normalisation across maps is AlexNet's; the paper gives no formula. One padded pixel in "
    "the first layer and windows rounded up give the paper's 110, 55, 26, 13, 13, 13 and 6 positions.",
)
def zfnet(num_classes: int = 1000, width: float = 1.0, image_size: int = 224) -> ConvNet:
    """ZFNet: AlexNet with 7 × 7 kernels at stride 2, then 5 × 5 at stride 2; pooling before normalisation."""
    c1, c2, c3, c4, c5 = (scaled(c, width) for c in (96, 256, 384, 384, 256))
    features = nn.Sequential(
        *conv_relu(3, c1, 7, 2, 1),
        nn.MaxPool2d(3, 2, ceil_mode=True),
        response_norm(),
        *conv_relu(c1, c2, 5, 2),
        nn.MaxPool2d(3, 2, ceil_mode=True),
        response_norm(),
        *conv_relu(c2, c3, 3, padding=1),
        *conv_relu(c3, c4, 3, padding=1),
        *conv_relu(c4, c5, 3, padding=1),
        nn.MaxPool2d(3, 2),
    )
    values = values_out(features, (3, image_size, image_size))
    return ConvNet(features, head(values, scaled(4096, width), num_classes))
