"""VGG: the six networks A, A-LRN, B, C, D (VGG-16) and E (VGG-19) of one table."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from torch import nn

from cnnkit.zoo._layers import ConvNet, conv_relu, kaiming, scaled, values_out
from cnnkit.zoo._registry import register
from cnnkit.zoo.alexnet import response_norm

PAPER = "Simonyan and Zisserman, Very deep convolutional networks for large-scale image recognition, ICLR"

# Five stages of convolutions, each (side of the kernel, output channels), with a pooling after each stage; "LRN" is a
# response normalisation. Source: Simonyan & Zisserman 2015, table 1.
Stage = tuple[tuple[int, int] | str, ...]


def _stages(counts: tuple[int, ...], last_is_1x1: bool = False) -> tuple[Stage, ...]:
    channels = (64, 128, 256, 512, 512)
    stages = [((3, c),) * n for c, n in zip(channels, counts, strict=True)]
    if last_is_1x1:
        stages[2:] = [(*stage[:-1], (1, stage[0][1])) for stage in stages[2:]]
    return tuple(stages)


CONFIGURATIONS: dict[str, tuple[Stage, ...]] = {
    "a": _stages((1, 1, 2, 2, 2)),
    "a_lrn": (((3, 64), "LRN"), *_stages((1, 1, 2, 2, 2))[1:]),
    "b": _stages((2, 2, 2, 2, 2)),
    "c": _stages((2, 2, 3, 3, 3), last_is_1x1=True),
    "d": _stages((2, 2, 3, 3, 3)),
    "e": _stages((2, 2, 4, 4, 4)),
}


def vgg(configuration: str, num_classes: int = 1000, width: float = 1.0, image_size: int = 224) -> ConvNet:
    """A network of the table, with torchvision's parameter names where torchvision has it (A, B, D and E).

    Args:
        configuration: "a", "a_lrn", "b", "c", "d" or "e".
        num_classes: Classes of the output.
        width: Multiplies the channels.
        image_size: Side of the images, at least 32.
    """
    layers: list[nn.Module] = []
    channels = 3
    for stage in CONFIGURATIONS[configuration]:
        for part in stage:
            if isinstance(part, str):
                layers.append(response_norm())
                continue
            size, out = part[0], scaled(part[1], width)
            layers += conv_relu(channels, out, size, padding=size // 2)
            channels = out
        layers.append(nn.MaxPool2d(2, 2))
    features = nn.Sequential(*layers)
    values = values_out(features, (3, image_size, image_size))
    hidden = scaled(4096, width)
    classifier = nn.Sequential(
        nn.Linear(values, hidden),
        nn.ReLU(inplace=True),
        nn.Dropout(0.5),
        nn.Linear(hidden, hidden),
        nn.ReLU(inplace=True),
        nn.Dropout(0.5),
        nn.Linear(hidden, num_classes),
    )
    network = ConvNet(features, classifier)
    kaiming(network)
    return network


def _register(
    configuration: str, parameters: int, millions: int, result: str, conditions: str
) -> Callable[..., nn.Module]:
    builder = partial(vgg, configuration)
    return register(
        f"vgg_{configuration}",
        paper=PAPER,
        year=2015,
        input_shape=(3, 224, 224),
        parameters=parameters,
        published_parameters=millions * 1_000_000,
        result=result,
        conditions=f"ILSVRC-2012 validation, single network, one test scale{conditions}",
    )(builder)


ONE_SCALE = ", whole image, trained at scale 256"
MANY_SCALES = ", whole image of 384 pixels, trained at scales 256 to 512; the 7.3 % of the contest are 7 networks"
vgg_a = _register("a", 132_863_336, 133, "29.6 % top-1 and 10.4 % top-5 error", ONE_SCALE)
vgg_a_lrn = _register("a_lrn", 132_863_336, 133, "29.7 % top-1 and 10.5 % top-5 error", ONE_SCALE)
vgg_b = _register("b", 133_047_848, 133, "28.7 % top-1 and 9.9 % top-5 error", ONE_SCALE)
vgg_c = _register("c", 133_638_952, 134, "27.3 % top-1 and 8.8 % top-5 error", MANY_SCALES)
vgg_d = _register("d", 138_357_544, 138, "25.6 % top-1 and 8.1 % top-5 error", MANY_SCALES)
vgg_e = _register("e", 143_667_240, 144, "25.5 % top-1 and 8.0 % top-5 error", MANY_SCALES)
