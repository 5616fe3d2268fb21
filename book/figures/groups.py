"""Which kernel sees which input channel: all of them, those of its group, or one."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import BLUE, Ink, canvas, cell

CHANNELS = 4


def panel(axes: Axes, x: float, title: str, groups: int, ink: Ink) -> None:
    size = CHANNELS // groups
    seen = 0
    for f in range(CHANNELS):
        for c in range(CHANNELS):
            connected = f // size == c // size
            seen += connected
            mark = "w" if connected else ""
            cell(
                axes, x + c, 1.5 + f, mark, face=BLUE if connected else ink.paper, edge=ink.line, ink="#ffffff", size=12
            )
    axes.text(x + 2, 0.5, title, ha="center", va="center", fontsize=12, color=ink.text)
    axes.text(x + 2, 6.35, f"{seen} kernel slices", ha="center", va="center", fontsize=11, color=ink.text)


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(17.6, 7.6)
    panel(axes, 1.6, "groups = 1", 1, ink)
    panel(axes, 7.3, "groups = 2", 2, ink)
    panel(axes, 13.0, "depthwise", 4, ink)
    axes.text(0.8, 3.5, "kernels", ha="center", va="center", rotation=90, fontsize=11, color=ink.text)
    axes.text(9.3, 7.2, "input channels, left to right", ha="center", va="center", fontsize=11, color=ink.text)
    return figure
