"""What a layer gets and gives: forward x, w and b to y; backward dout to dx, dw and db."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from . import BLUE, ORANGE, Ink, arrow, canvas


def box(axes: Axes, x: float, y: float, width: float, height: float, text: str, ink: Ink) -> None:
    axes.add_patch(Rectangle((x, y), width, height, facecolor=ink.faint, edgecolor=ink.line, linewidth=1.1))
    axes.text(x + width / 2, y + height / 2, text, ha="center", va="center", fontsize=11.5, color=ink.text)


def both_ways(axes: Axes, x: float, y: float, length: float, forward: str, backward: str, ink: Ink) -> None:
    """A blue arrow to the right with its name above, and an orange one back with its name below."""
    arrow(axes, (x, y - 0.45), (x + length, y - 0.45), BLUE, 1.8)
    arrow(axes, (x + length, y + 0.45), (x, y + 0.45), ORANGE, 1.8)
    words = {"ha": "center", "va": "center", "fontsize": 12, "color": ink.text}
    axes.text(x + length / 2, y - 1.1, forward, **words)
    axes.text(x + length / 2, y + 1.15, backward, **words)


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(20, 8.2)
    middle = 3.0
    both_ways(axes, 0.4, middle, 2.6, "x", "dx", ink)
    box(axes, 3.2, middle - 1.2, 4.4, 2.4, "the layer", ink)
    both_ways(axes, 7.8, middle, 2.6, "y", "dout", ink)
    box(axes, 10.6, middle - 1.2, 5.0, 2.4, "all later layers", ink)
    arrow(axes, (15.8, middle - 0.45), (18.2, middle - 0.45), BLUE, 1.8)
    arrow(axes, (18.2, middle + 0.45), (15.8, middle + 0.45), ORANGE, 1.8)
    words = {"ha": "center", "va": "center", "fontsize": 12, "color": ink.text}
    axes.text(19.1, middle, "loss", **words)
    arrow(axes, (4.5, 6.2), (4.5, middle + 1.35), BLUE, 1.8)
    arrow(axes, (6.3, middle + 1.35), (6.3, 6.2), ORANGE, 1.8)
    axes.text(4.5, 6.75, "w, b", **words)
    axes.text(6.9, 6.75, "dw, db", **words)
    for x, y, colour, text in ((10.6, 5.9, BLUE, "forward: values"), (10.6, 6.9, ORANGE, "backward: gradients")):
        axes.plot([x, x + 1.1], [y, y], color=colour, linewidth=2.5, linestyle="-")
        axes.text(x + 1.5, y, text, ha="left", va="center", fontsize=11, color=ink.text)
    return figure
