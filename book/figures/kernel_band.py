"""The matrix of a correlation: a band on a line, a band that comes back at the other side on a ring."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import BLUE, GREEN, ORANGE, Ink, canvas, cell

KERNEL = (1, 2, 4)
COLOURS = (BLUE, ORANGE, GREEN)
LENGTH = 7


def panel(axes: Axes, x: float, rows: int, name: str, ink: Ink) -> None:
    axes.text(x + LENGTH / 2, 0.5, name, ha="center", va="center", fontsize=12, color=ink.text)
    for i in range(rows):
        for j in range(LENGTH):
            tap = (j - i) % LENGTH
            inside = tap < len(KERNEL)
            face, text = (COLOURS[tap], "#ffffff") if inside else (ink.faint, ink.line)
            number = str(KERNEL[tap]) if inside else "0"
            cell(axes, x + j, 1.1 + i, number, face=face, edge=ink.paper, ink=text, size=11)


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(16.6, 8.5)
    panel(axes, 0.5, LENGTH - len(KERNEL) + 1, "on a line: 5×7, banded", ink)
    panel(axes, 9.1, LENGTH, "on a ring: 7×7, circulant", ink)
    axes.text(
        4.0, 7.3, "3 different numbers,\n15 of 35 places in use", ha="center", va="center", fontsize=11, color=ink.text
    )
    return figure
