"""The three stages of a layer on a row of numbers: convolution, detector, pooling."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import BLUE, GREEN, ORANGE, Ink, canvas, cell, minus

LINE, KERNEL = (0, 0, 3, 3, 3, 0, 1, 0), (-1, 1)


def convolved() -> list[int]:
    return [sum(a * b for a, b in zip(KERNEL, LINE[j : j + 2], strict=True)) for j in range(len(LINE) - 1)]


def row_of(axes: Axes, x: float, y: float, values: Sequence[int], colour: str, ink: Ink) -> None:
    for j, value in enumerate(values):
        cell(axes, x + j, y, minus(value), face=ink.faint, edge=colour, ink=ink.text)


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(17.6, 9.0)
    words = {"ha": "left", "va": "center", "fontsize": 11, "color": ink.text}
    x = 1.2
    edges = convolved()
    detected = [max(0, value) for value in edges]
    pooled = [max(detected[j : j + 3]) for j in range(0, len(detected) - 2, 2)]
    for y, start, values, colour, text in (
        (7.0, x, LINE, ink.line, "input"),
        (4.9, x + 0.5, edges, BLUE, "convolution stage: (\N{MINUS SIGN}1, 1)"),
        (2.8, x + 0.5, detected, ORANGE, "detector stage: ReLU"),
    ):
        row_of(axes, start, y, values, colour, ink)
        axes.text(x + 8.7, y + 0.5, text, **words)
    for k, value in enumerate(pooled):
        centre = x + 0.5 + 2 * k + 1.5
        cell(axes, centre - 0.5, 0.6, str(value), face=ink.faint, edge=GREEN, ink=ink.text)
        for j in range(3):
            axes.plot([centre, x + 1 + 2 * k + j], [1.65, 2.75], color=GREEN, linewidth=1.3, linestyle="-")
    axes.text(x + 8.7, 1.1, "pooling stage: max of 3, stride 2", **words)
    for j in range(len(edges)):
        axes.plot([x + 1 + j] * 2, [3.85, 4.85], color=ORANGE, linewidth=1.3, linestyle="-")
        for u in range(2):
            axes.plot([x + 1 + j, x + 0.5 + j + u], [5.95, 6.95], color=BLUE, linewidth=1.3, linestyle="-")
    return figure
