"""The toy layer backward, asked from the other side: dx is a full convolution, dw a correlation."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import BLUE, ORANGE, Ink, canvas, cell

DASHES = ("-", (0, (4, 1.5)))


def fan(
    axes: Axes,
    x: float,
    numbers: Sequence[int],
    weights: Sequence[int],
    ink: Ink,
    *,
    dilation: int = 1,
    border: Sequence[int] = (),
) -> list[int]:
    """A row of numbers, and above it what a kernel of weights makes of each of its windows."""
    for j, number in enumerate(numbers):
        face = ink.paper if j in border else ink.faint
        cell(axes, x + j, 5.4, str(number), face=face, edge=ink.line, ink=ink.text)
    extent = dilation * (len(weights) - 1) + 1
    results = []
    for k in range(len(numbers) - extent + 1):
        colour, dash = (BLUE, ORANGE)[k % 2], DASHES[k % 2]
        centre = x + k + extent / 2
        for u, weight in enumerate(weights):
            foot = x + k + u * dilation + 0.5
            axes.plot([centre, foot], [3.0, 5.4], color=colour, linewidth=1.4, linestyle=dash)
            results.append(weight * numbers[k + u * dilation])
        value = sum(results.pop() for _ in weights)
        results.append(value)
        cell(axes, centre - 0.5, 2.0, str(value), face=ink.faint, edge=colour, ink=ink.text)
    return results


def kernel(axes: Axes, x: float, y: float, weights: Sequence[int], ink: Ink) -> None:
    for u, weight in enumerate(weights):
        cell(axes, x + u, y, str(weight), face=BLUE, edge=ink.paper, ink="#ffffff")


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(17.6, 8.6)
    words = {"ha": "center", "va": "center", "fontsize": 11, "color": ink.text}
    fan(axes, 1.6, (0, 1, 10, 100, 0), (2, 3), ink, border=(0, 4))
    axes.text(4.1, 1.4, "dx", **words)
    axes.text(4.1, 6.95, "dout, one zero at each end", **words)
    axes.text(3.4, 7.9, "kernel flipped", **words)
    kernel(axes, 5.6, 7.4, (2, 3), ink)
    fan(axes, 11.2, (1, 2, 4, 3), (1, 10, 100), ink)
    axes.text(13.2, 1.4, "dw", **words)
    axes.text(13.2, 6.95, "x", **words)
    axes.text(12.2, 7.9, "dout as kernel", **words)
    kernel(axes, 14.4, 7.4, (1, 10, 100), ink)
    axes.text(4.1, 0.5, "a full convolution", **{**words, "fontsize": 12})
    axes.text(13.2, 0.5, "a correlation", **{**words, "fontsize": 12})
    return figure
