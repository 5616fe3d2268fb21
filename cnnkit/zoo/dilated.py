"""Dilated convolutions for one answer a pixel: the context network and its front end."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import nn

from cnnkit.zoo._layers import scaled
from cnnkit.zoo._registry import register

PAPER = "Yu and Koltun, Multi-scale context aggregation by dilated convolutions, ICLR"

# Dilation of the seven 3 × 3 layers, and the channels of all eight layers as multiples of the classes.
# Source: Yu & Koltun 2016, table 1.
DILATIONS = (1, 1, 2, 4, 8, 16, 1)
BASIC = (1, 1, 1, 1, 1, 1, 1, 1)
LARGE = (2, 2, 4, 8, 16, 32, 32, 1)


@torch.no_grad()
def identity_kernels(layer: nn.Conv2d, classes: int, noise: float = 0.01) -> None:
    """Set the kernels so that each group of maps passes its class on, with a little noise where a class has many maps.

    Source: Yu & Koltun 2016, section 3.
    """
    out, maps, middle = layer.out_channels, layer.in_channels, layer.kernel_size[0] // 2
    same = torch.arange(out)[:, None] * classes // out == torch.arange(maps) * classes // maps
    if maps == out == classes:
        layer.weight.zero_()
    else:
        layer.weight.normal_(std=noise)
    layer.weight[:, :, middle, middle] += same * classes / maps
    assert layer.bias is not None
    layer.bias.zero_()


def context(multiples: tuple[int, ...], num_classes: int = 21) -> nn.Sequential:
    """The context module: it takes and gives one map a class, at the same size, and sees 67 × 67 positions.

    Args:
        multiples: Channels of the eight layers, as multiples of the classes.
        num_classes: Maps in and out.
    """
    layers: list[nn.Module] = []
    maps = num_classes
    for multiple, dilation in zip(multiples, (*DILATIONS, 0), strict=True):
        out = multiple * num_classes
        if dilation:
            layers += [nn.Conv2d(maps, out, 3, padding=dilation, dilation=dilation), nn.ReLU(inplace=True)]
        else:
            layers.append(nn.Conv2d(maps, out, 1))
        identity_kernels(layers[-2] if dilation else layers[-1], num_classes)  # type: ignore[arg-type]
        maps = out
    return nn.Sequential(*layers)


def _register(
    name: str, multiples: tuple[int, ...], parameters: int, published: int | None, result: str
) -> Callable[..., nn.Module]:
    return register(
        name,
        paper=PAPER,
        year=2016,
        input_shape=(21, 64, 64),
        parameters=parameters,
        published_parameters=published,
        result=f"{result} mean IoU on VOC-2012 validation behind the front end, which alone has 69.8 %",
        conditions="single network, trained on VOC-2012 and Microsoft COCO, no conditional random field",
        difference="For the basic module the paper prints 64 C², without biases; here C = 21 classes.",
    )(partial(context, multiples=multiples))


context_basic = _register("context_basic", BASIC, 28_392, 64 * 21**2, "71.3 %")
context_large = _register("context_large", LARGE, 6_803_139, None, "72.1 %")


@register(
    "dilated_front_end",
    paper=PAPER,
    year=2016,
    input_shape=(3, 900, 900),
    parameters=134_346_581,
    result="67.6 % mean IoU on the VOC-2012 test set; 69.8 % on its validation set when trained on more images",
    conditions="single network, no conditional random field; the second with Microsoft COCO's images",
    difference="Nothing is padded: 900 pixels give 66 positions. The authors pad the image by reflection first.",
)
def dilated_front_end(num_classes: int = 21, width: float = 1.0) -> nn.Sequential:
    """VGG-16 without its last two poolings; the layers after them are dilated by 2 and 4 instead, and it slides."""
    layers: list[nn.Module] = []
    maps = 3
    for channels, count, dilation, pool in (
        (64, 2, 1, True),
        (128, 2, 1, True),
        (256, 3, 1, True),
        (512, 3, 1, False),
        (512, 3, 2, False),
    ):
        for _ in range(count):
            layers += [nn.Conv2d(maps, scaled(channels, width), 3, dilation=dilation), nn.ReLU(inplace=True)]
            maps = scaled(channels, width)
        if pool:
            layers.append(nn.MaxPool2d(2, 2))
    hidden = scaled(4096, width)
    layers += [nn.Conv2d(maps, hidden, 7, dilation=4), nn.ReLU(inplace=True), nn.Dropout(0.5)]
    layers += [nn.Conv2d(hidden, hidden, 1), nn.ReLU(inplace=True), nn.Dropout(0.5), nn.Conv2d(hidden, num_classes, 1)]
    return nn.Sequential(*layers)
