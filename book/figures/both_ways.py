"""A 4×4 image and a 2×2 kernel: the kernel as it stands, and turned by 180°."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import BLUE, ORANGE, Ink, arrow, canvas, cell, minus

IMAGE = ((1, 2, 0, 3), (4, 1, 2, 5), (0, 3, 6, 1), (2, 7, 1, 4))
KERNEL = ((1, 2), (0, -1))

Grid = tuple[tuple[int, ...], ...]


def turned(kernel: Grid) -> Grid:
    return tuple(tuple(row[::-1]) for row in kernel[::-1])


def slide(kernel: Grid) -> Grid:
    return tuple(
        tuple(sum(kernel[u][v] * IMAGE[i + u][j + v] for u in range(2) for v in range(2)) for j in range(3))
        for i in range(3)
    )


def grid(axes: Axes, x: float, y: float, numbers: Grid, ink: Ink, marks: dict[tuple[int, int], str]) -> None:
    for i, row in enumerate(numbers):
        for j, number in enumerate(row):
            colour = marks.get((i, j))
            face, text = (colour, "#ffffff") if colour else (ink.faint, ink.text)
            text = ink.paper if face == ink.line else text
            cell(axes, x + j, y + i, minus(number), face=face, edge=ink.line, ink=text, size=12)


def way(axes: Axes, y: float, name: str, kernel: Grid, ink: Ink, colour: str) -> None:
    every = {(i, j): colour for i in range(2) for j in range(2)}
    axes.text(10.4, y - 0.5, name, ha="center", va="center", fontsize=12, color=ink.text)
    grid(axes, 7.0, y + 0.5, kernel, ink, every)
    arrow(axes, (9.5, y + 1.5), (10.9, y + 1.5), ink.line)
    grid(axes, 11.4, y, slide(kernel), ink, {(0, 0): colour})


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(15.4, 9.3)
    grid(axes, 0.8, 2.9, IMAGE, ink, {(i, j): ink.line for i in range(2) for j in range(2)})
    axes.text(2.8, 2.3, "image", ha="center", va="center", fontsize=12, color=ink.text)
    for y in (2.6, 7.0):
        arrow(axes, (5.0, 4.9), (6.7, y), ink.line)
    way(axes, 1.1, "cross-correlation: as it stands", KERNEL, ink, ORANGE)
    way(axes, 5.7, "convolution: turned by 180°", turned(KERNEL), ink, BLUE)
    return figure
