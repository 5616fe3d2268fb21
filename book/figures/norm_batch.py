"""Batch normalisation on four values: three paths from a value to the output."""

from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

from . import BLUE, GREEN, ORANGE, Ink, arrow, canvas, minus


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(24, 10.6)

    def values(x: float, numbers: tuple[float, ...], title: str) -> None:
        for i, number in enumerate(numbers):
            axes.add_patch(
                Rectangle((x - 0.35, 1.4 + 1.1 * i), 1.7, 1, facecolor=ink.faint, edgecolor=ink.line, linewidth=1)
            )
            axes.text(x + 0.5, 1.93 + 1.1 * i, minus(number), ha="center", va="center", fontsize=10.5, color=ink.text)
        axes.text(x + 0.5, 0.6, title, ha="center", va="center", fontsize=11.5, color=ink.text)

    def box(x: float, y: float, width: float, text: str, colour: str) -> None:
        axes.add_patch(
            FancyBboxPatch(
                (x, y), width, 1.7, boxstyle="round,pad=0,rounding_size=0.25", fc=ink.paper, ec=colour, linewidth=1.6
            )
        )
        axes.text(x + width / 2, y + 0.87, text, ha="center", va="center", fontsize=11, color=ink.text)

    values(0.4, (1, 2, 3, 6), "x")
    box(8.4, 2.75, 4.0, "(x − 3) / 2", ink.line)
    values(14.0, (-1, -0.5, 0, 1.5), "x̂")
    box(16.7, 2.75, 3.9, "2·x̂ + 1", ink.line)
    values(22.3, (-1, 0, 1, 4), "y")
    arrow(axes, (1.9, 3.6), (8.4, 3.6), BLUE, 1.8)
    axes.text(4.9, 3.05, "straight", ha="center", va="center", fontsize=11, color=ink.text)
    for start, end in (((12.4, 3.6), (13.6, 3.6)), ((15.4, 3.6), (16.7, 3.6)), ((20.6, 3.6), (21.9, 3.6))):
        arrow(axes, start, end, ink.line)
    box(3.2, 6.0, 4.2, "mean 3", ORANGE)
    box(3.2, 8.5, 8.4, "variance 3.5, root 2", GREEN)
    axes.plot([0.9, 0.9, 3.2], [5.9, 6.85, 6.85], color=ORANGE, linestyle=(0, (5, 1.5)), linewidth=1.6)
    axes.plot([0.9, 0.9, 3.2], [6.85, 9.35, 9.35], color=GREEN, linestyle=(0, (3, 1.2, 1, 1.2)), linewidth=1.6)
    axes.plot([7.4, 9.6, 9.6], [6.85, 6.85, 5.2], color=ORANGE, linestyle=(0, (5, 1.5)), linewidth=1.6)
    arrow(axes, (9.6, 5.3), (9.6, 4.5), ORANGE, 1.6)
    axes.plot([11.6, 12.1, 12.1], [9.35, 9.35, 5.2], color=GREEN, linestyle=(0, (3, 1.2, 1, 1.2)), linewidth=1.6)
    arrow(axes, (12.1, 5.3), (12.1, 4.5), GREEN, 1.6)
    return figure
