"""A square of four rows of numbers: shifting first and correlating first end in the same row."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import BLUE, ORANGE, Ink, arrow, canvas, cell, minus

SIGNAL = (0, 3, 5, 0, 0, 0)


def rolled(x: tuple[int, ...]) -> tuple[int, ...]:
    return (x[-1], *x[:-1])


def difference(x: tuple[int, ...]) -> tuple[int, ...]:
    """Each number minus the one before it on the ring."""
    return tuple(a - b for a, b in zip(x, rolled(x), strict=True))


def row(axes: Axes, x: float, y: float, numbers: tuple[int, ...], ink: Ink, colour: str) -> None:
    for i, number in enumerate(numbers):
        face, text = (colour, "#ffffff") if number else (ink.faint, ink.text)
        cell(axes, x + i, y, minus(number), face=face, edge=ink.line, ink=text, size=12)


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(17.4, 7.2)
    left, right, top, bottom = 0.8, 10.6, 1.2, 4.9
    row(axes, left, top, SIGNAL, ink, BLUE)
    row(axes, right, top, rolled(SIGNAL), ink, BLUE)
    row(axes, left, bottom, difference(SIGNAL), ink, ORANGE)
    row(axes, right, bottom, difference(rolled(SIGNAL)), ink, ORANGE)
    label = {"va": "center", "fontsize": 11, "color": ink.text}
    for y in (top, bottom):
        arrow(axes, (left + 6.4, y + 0.5), (right - 0.4, y + 0.5), ink.line)
        axes.text((left + 6 + right) / 2, y - 0.15, "shift", ha="center", **label)
    for x in (left, right):
        arrow(axes, (x + 3, top + 1.3), (x + 3, bottom - 0.3), ink.line)
        axes.text(x + 3.3, 3.55, "difference", ha="left", **label)
    axes.text(left + 3, 0.6, "signal", ha="center", **label)
    axes.text(right + 3, 6.5, "both ways end here", ha="center", **label)
    return figure
