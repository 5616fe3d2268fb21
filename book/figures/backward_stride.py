"""The toy layer with stride 2 backward: zeros between the gradients for dx, dout dilated by 2 for dw."""

from matplotlib.figure import Figure

from . import Ink, canvas, cell
from .backward_pixels import fan, kernel


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(17.6, 8.6)
    words = {"ha": "center", "va": "center", "fontsize": 11, "color": ink.text}
    fan(axes, 1.2, (0, 1, 0, 10, 0), (2, 3), ink, border=(0, 2, 4))
    cell(axes, 5.7, 2.0, "0", face=ink.paper, edge=ink.line, ink=ink.text)
    axes.text(6.9, 2.5, "left over", **{**words, "ha": "left"})
    axes.text(4.2, 1.4, "dx", **words)
    axes.text(3.7, 6.95, "dout, spread by zeros", **words)
    axes.text(3.0, 7.9, "kernel flipped", **words)
    kernel(axes, 5.2, 7.4, (2, 3), ink)
    fan(axes, 11.2, (1, 2, 4, 3), (1, 10), ink, dilation=2)
    cell(axes, 15.2, 5.4, "6", face=ink.paper, edge=ink.line, ink=ink.text)
    axes.text(13.2, 1.4, "dw", **words)
    axes.text(13.7, 6.95, "x; the 6 is left over", **words)
    axes.text(12.4, 7.9, "dout, dilation 2", **words)
    kernel(axes, 14.8, 7.4, (1, 10), ink)
    axes.text(3.7, 0.5, "stride becomes zeros", **{**words, "fontsize": 12})
    axes.text(13.2, 0.5, "stride becomes dilation", **{**words, "fontsize": 12})
    return figure
