"""A kernel of three weights on five numbers with one zero at each end: stride 1 gives five outputs, stride 2 three."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import BLUE, ORANGE, Ink, canvas, cell, minus

PADDED = (0, 1, 2, -1, 1, -3, 0)
KERNEL = (1, 0, -1)


def outputs(stride: int) -> list[int]:
    starts = range(0, len(PADDED) - len(KERNEL) + 1, stride)
    return [sum(a * b for a, b in zip(KERNEL, PADDED[start:], strict=False)) for start in starts]


def panel(axes: Axes, x: float, stride: int, ink: Ink) -> None:
    for i, number in enumerate(PADDED):
        zero = i in (0, len(PADDED) - 1)
        cell(axes, x + i, 4, minus(number), face=ink.paper if zero else ink.faint, edge=ink.line, ink=ink.text)
    for k, number in enumerate(outputs(stride)):
        centre = x + k * stride + 1
        colour = (BLUE, ORANGE)[k % 2]
        for tap in range(3):
            axes.plot(
                [centre + 0.5, x + k * stride + tap + 0.5], [1.9, 4], color=colour, linewidth=1.4,
                linestyle="-" if k % 2 == 0 else (0, (4, 1.5)),
            )  # fmt: skip
        cell(axes, centre, 0.9, minus(number), face=ink.faint, edge=colour, ink=ink.text)
    axes.text(x + 3.5, 0.4, f"stride {stride}", ha="center", va="center", fontsize=12, color=ink.text)


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(16.4, 6.1)
    panel(axes, 0.4, 1, ink)
    panel(axes, 9.0, 2, ink)
    for x in (3.9, 12.5):
        axes.text(x, 5.55, "five numbers, padding 1", ha="center", va="center", fontsize=11, color=ink.text)
    return figure
