"""Which values share a mean: batch, layer, instance and group normalisation."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import BLUE, Ink, canvas, cell

IMAGES, CHANNELS = 3, 6


def panel(axes: Axes, x: float, y: float, title: str, lit: set[tuple[int, int]], ink: Ink) -> None:
    for image in range(IMAGES):
        for channel in range(CHANNELS):
            face = BLUE if (image, channel) in lit else ink.faint
            cell(axes, x + channel, y + image, face=face, edge=ink.line, ink=ink.text)
    axes.text(x + CHANNELS / 2, y - 0.7, title, ha="center", va="center", fontsize=12, color=ink.text)
    axes.text(x + CHANNELS / 2, y + 3.6, "channels", ha="center", va="center", fontsize=10.5, color=ink.text)
    axes.text(x - 0.5, y + 1.5, "images", ha="center", va="center", fontsize=10.5, color=ink.text, rotation=90)


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(18, 11.6)
    panel(axes, 1.6, 1.5, "batch", {(i, 1) for i in range(IMAGES)}, ink)
    panel(axes, 10.6, 1.5, "layer", {(1, c) for c in range(CHANNELS)}, ink)
    panel(axes, 1.6, 7.4, "instance", {(1, 1)}, ink)
    panel(axes, 10.6, 7.4, "group, G = 2", {(1, c) for c in range(CHANNELS // 2)}, ink)
    return figure
