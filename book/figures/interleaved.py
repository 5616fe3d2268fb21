"""Four passes over shifted images, interleaved: score maps of step 4 become one of step 2."""

from matplotlib.figure import Figure

from . import BLUE, GREEN, ORANGE, PINK, Ink, arrow, cell
from ._networks import sheet

PASSES = (("a", BLUE, 0, 0), ("b", ORANGE, 0, 1), ("c", GREEN, 1, 0), ("d", PINK, 1, 1))
SIZE = 5  # positions of the interleaved map drawn here


def draw(ink: Ink) -> Figure:
    figure, axes = sheet(20, 9.4)
    text = {"ha": "center", "va": "center", "fontsize": 10.5, "color": ink.text}
    for k, (letter, tint, down, right) in enumerate(PASSES):
        x, y = (0.6, 6.0)[k % 2] - 0.0, (1.3, 5.9)[k // 2]
        shift = f"{2 * right} right, {2 * down} down"
        rows, columns = len(range(down, SIZE, 2)), len(range(right, SIZE, 2))
        axes.text(x + 1.7, y - 0.55, f"{letter}: {shift}", **text)
        for i in range(rows):
            for j in range(columns):
                cell(axes, x + 0.2 + j, y + i, letter, face=ink.faint, edge=tint, ink=ink.text)
    arrow(axes, (10.4, 4.7), (12.2, 4.7), ink.line)
    for i in range(SIZE):
        for j in range(SIZE):
            letter, tint, *_ = PASSES[2 * (i % 2) + j % 2]
            cell(axes, 13.4 + j, 2.2 + i, letter, face=ink.faint, edge=tint, ink=ink.text)
    axes.text(15.9, 1.5, "interleaved", **text)
    return figure
