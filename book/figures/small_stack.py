"""Three layers of 3×3 and one of 7×7 see the same seven pixels."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import BLUE, GREEN, ORANGE, Ink, canvas

COLOURS, STYLES = (GREEN, ORANGE, BLUE), ((0, (3, 1.2, 1, 1.2)), (0, (5, 1.5)), "-")


def tree(axes: Axes, left: float, rows: list[float], reach: int, ink: Ink) -> None:
    """Rows of dots from the top down; each dot sees `reach` dots to either side in the row below."""
    middle, width = left + 3, 0
    for level, y in enumerate(rows):
        if level:
            for i in range(-width, width + 1):
                for j in range(i - reach, i + reach + 1):
                    axes.plot(
                        [middle + i, middle + j],
                        [rows[level - 1], y],
                        color=COLOURS[level - 1 if len(rows) > 2 else 2],
                        linestyle=STYLES[level - 1 if len(rows) > 2 else 2],
                        linewidth=1.2,
                    )
            width += reach
        for i in range(-width, width + 1):
            axes.plot([middle + i], [y], "o", markersize=8, color=ink.text, markeredgecolor=ink.line, zorder=3)


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(20, 10.4)
    tree(axes, 1.2, [1.6, 3.9, 6.2, 8.5], 1, ink)
    tree(axes, 11.8, [1.6, 8.5], 3, ink)
    for x, title, below in ((4.2, "three layers of 3×3", "3·9 C² = 27 C²"), (14.8, "one layer of 7×7", "49 C²")):
        axes.text(x, 0.5, title, ha="center", va="center", fontsize=11.5, color=ink.text)
        axes.text(x, 9.7, below, ha="center", va="center", fontsize=11.5, color=ink.text)
    return figure
