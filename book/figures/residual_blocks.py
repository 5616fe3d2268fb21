"""Four residual blocks of the zoo side by side."""

from matplotlib.figure import Figure

from cnnkit.zoo import BasicBlock, Bottleneck, PreActBlock

from . import Ink
from ._blocks import residual
from ._networks import sheet


def draw(ink: Ink) -> Figure:
    figure, axes = sheet(20, 16.1)
    residual(axes, 1.75, "basic", BasicBlock(64, 64), 64, ink)
    residual(axes, 5.9, "basic, stride 2", BasicBlock(64, 128, 2), 64, ink)
    residual(axes, 13.3, "bottleneck", Bottleneck(256, 64), 256, ink)
    residual(axes, 17.75, "pre-activation", PreActBlock(64, 64), 64, ink)
    return figure
