"""Two polynomials multiplied: a table of products whose diagonals, added up, are the convolution."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import BLUE, GREEN, ORANGE, PINK, Ink, canvas, cell

FIRST, SECOND = (1, 2, 3), (4, 5)
COLOURS = (BLUE, ORANGE, GREEN, PINK)
POWERS = ("1", "t", "t²", "t³")


def sums() -> list[int]:
    result = [0] * (len(FIRST) + len(SECOND) - 1)
    for i, a in enumerate(FIRST):
        for j, b in enumerate(SECOND):
            result[i + j] += a * b
    return result


def diagonal(axes: Axes, ink: Ink, n: int, total: int) -> None:
    """The cells of one diagonal, and where their sum goes."""
    for i, a in enumerate(FIRST):
        j = n - i
        if 0 <= j < len(SECOND):
            cell(axes, 3.2 + i, 1.7 + j, str(a * SECOND[j]), face=COLOURS[n], edge=ink.paper, ink="#ffffff", size=13)
    cell(axes, 9.4 + n, 2.2, str(total), face=COLOURS[n], edge=ink.paper, ink="#ffffff", size=13)
    axes.text(9.9 + n, 3.75, POWERS[n], ha="center", va="center", fontsize=11, color=ink.text)


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(14.6, 4.6)
    label = {"ha": "center", "va": "center", "fontsize": 11, "color": ink.text}
    for i, a in enumerate(FIRST):
        cell(axes, 3.2 + i, 0.5, str(a), face=ink.faint, edge=ink.line, ink=ink.text, size=13)
    for j, b in enumerate(SECOND):
        cell(axes, 2.0, 1.7 + j, str(b), face=ink.faint, edge=ink.line, ink=ink.text, size=13)
        axes.text(1.5, 2.25 + j, POWERS[j], **label)
    for n, total in enumerate(sums()):
        diagonal(axes, ink, n, total)
    axes.text(4.7, 4.2, "products", **label)
    axes.text(7.8, 2.65, "add up each\ndiagonal", **label)
    axes.text(11.4, 1.6, "convolution", **label)
    return figure
