"""im2col: each 2×2 window of a 3×3 image becomes one column; the kernel becomes one row."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import BLUE, ORANGE, Ink, arrow, canvas, cell

IMAGE = ((1, 2, 3), (4, 5, 6), (7, 8, 9))
WINDOWS = ((1, 2, 4, 5), (2, 3, 5, 6), (4, 5, 7, 8), (5, 6, 8, 9))


def number(axes: Axes, x: float, y: float, text: str, first: bool, ink: Ink) -> None:
    """A cell, marked where it belongs to the first window."""
    face, colour = (BLUE, "#ffffff") if first else (ink.faint, ink.text)
    cell(axes, x, y, text, face=face, edge=ink.line, ink=colour, size=12)


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(17.4, 10.6)
    label = {"ha": "center", "va": "center", "fontsize": 11, "color": ink.text}
    sign = {**label, "fontsize": 18}
    for i, row in enumerate(IMAGE):
        for j, value in enumerate(row):
            number(axes, 7.8 + j, 0.3 + i, str(value), value in WINDOWS[0], ink)
    axes.text(6.6, 1.8, "image", **label)
    arrow(axes, (9.3, 3.5), (9.3, 4.9), ink.line)
    axes.text(10.6, 4.2, "im2col", **label)
    for k, letter in enumerate("abcd"):
        cell(axes, 1.4 + k, 6.6, letter, face=ORANGE, edge=ink.paper, ink="#ffffff", size=12)
    axes.text(3.4, 9.8, "kernel as a row", **label)
    axes.text(6.35, 7.1, "·", **sign)
    for column, window in enumerate(WINDOWS):
        for row, value in enumerate(window):
            number(axes, 7.3 + column, 5.1 + row, str(value), column == 0, ink)
    axes.text(9.3, 9.8, "one column per window", **label)
    axes.text(12.3, 7.1, "=", **sign)
    for k in range(4):
        number(axes, 13.2 + k % 2, 6.1 + k // 2, f"y{k}", k == 0, ink)
    axes.text(14.2, 9.8, "output", **label)
    return figure
