"""Two polynomials multiplied: a table of products whose diagonals, added up, are the convolution."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import BLUE, GREEN, ORANGE, PINK, Ink, canvas, cell

FIRST, SECOND = (1, 2, 3), (4, 5)
COLOURS = (BLUE, ORANGE, GREEN, PINK)
LETTERS = ("#ffffff", "#000000", "#000000", "#000000")  # that can be read on them
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
            cell(axes, 3.2 + i, 2.1 + j, str(a * SECOND[j]), face=COLOURS[n], edge=ink.paper, ink=LETTERS[n], size=13)
    cell(axes, 9.4 + n, 2.6, str(total), face=COLOURS[n], edge=ink.paper, ink=LETTERS[n], size=13)
    axes.text(9.9 + n, 4.15, POWERS[n], ha="center", va="center", fontsize=11, color=ink.text)


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(14.6, 5.0)
    label = {"ha": "center", "va": "center", "fontsize": 11, "color": ink.text}
    for i, a in enumerate(FIRST):
        axes.text(3.7 + i, 0.4, POWERS[i], **label)
        cell(axes, 3.2 + i, 0.9, str(a), face=ink.faint, edge=ink.line, ink=ink.text, size=13)
    for j, b in enumerate(SECOND):
        cell(axes, 2.0, 2.1 + j, str(b), face=ink.faint, edge=ink.line, ink=ink.text, size=13)
        axes.text(1.5, 2.65 + j, POWERS[j], **label)
    for n, total in enumerate(sums()):
        diagonal(axes, ink, n, total)
    axes.text(4.7, 4.6, "products", **label)
    axes.text(7.8, 3.05, "add up each\ndiagonal", **label)
    axes.text(11.4, 2.0, "convolution", **label)
    return figure
