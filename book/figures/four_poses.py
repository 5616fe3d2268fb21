"""One kernel in four poses on an image and on the image turned: the same four numbers, one pose further."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from . import BLUE, GREEN, ORANGE, PINK, Ink, arrow, canvas, cell

IMAGE, KERNEL = np.array([[1, 0], [2, 5]]), np.array([[1, 2], [3, 4]])
COLOURS = (BLUE, ORANGE, GREEN, PINK)


def square(axes: Axes, x: float, y: float, numbers: np.ndarray, ink: Ink, edge: str) -> None:
    for i in range(2):
        for j in range(2):
            cell(axes, x + j, y + i, str(numbers[i, j]), face=ink.faint, edge=edge, ink=ink.text, size=12)


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(17, 10.2)
    label = {"ha": "center", "va": "center", "fontsize": 11, "color": ink.text}
    results = [int(np.sum(np.rot90(KERNEL, r) * IMAGE)) for r in range(4)]
    axes.text(2.2, 1.9, "kernel", **label)
    for r in range(4):
        square(axes, 5 + 3 * r, 0.9, np.rot90(KERNEL, r), ink, COLOURS[r])
        axes.text(6 + 3 * r, 0.4, f"{r} turns" if r != 1 else "1 turn", **label)
    for y, turns, text in ((4.0, 0, "image"), (7.4, 1, "turned")):
        axes.text(2.2, y - 0.45, text, **label)
        square(axes, 1.2, y, np.rot90(IMAGE, turns), ink, ink.line)
        for r in range(4):
            number = int(np.sum(np.rot90(KERNEL, r) * np.rot90(IMAGE, turns)))
            colour = COLOURS[results.index(number)]
            axes.add_patch(Rectangle((5.4 + 3 * r, y + 0.4), 1.2, 1.2, color=colour))
            axes.text(6 + 3 * r, y + 1.02, str(number), ha="center", va="center", fontsize=13, color="#ffffff")
    for r in range(3):
        arrow(axes, (6.7 + 3 * r, 5.8), (8.3 + 3 * r, 7.6), ink.line)
    return figure
