"""LRN compares channels at one pixel; local contrast normalisation compares pixels of one channel."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import BLUE, ORANGE, Ink, canvas, polygon

CHANNELS, SIDE = 4, 5
UP, SLANT_X, SLANT_Y = 2.3, 0.45, -0.32  # between channels; how far a row of pixels goes right and up


def sheet(axes: Axes, x: float, y: float, lit: dict[tuple[int, int], str], ink: Ink) -> None:
    """One feature map, lying flat; `lit` gives pixels their colours."""
    for row in range(SIDE):
        for column in range(SIDE):
            corners = [
                (x + column + a + SLANT_X * 2 * (row + b), y + SLANT_Y * (row + b))
                for a, b in ((0, 0), (1, 0), (1, 1), (0, 1))
            ]
            face = lit.get((row, column), ink.faint)
            polygon(axes, corners, face, ink.line, linewidth=0.6)


def panel(axes: Axes, x: float, title: str, below: str, across: bool, ink: Ink) -> None:
    for channel in range(CHANNELS):
        y = 10.2 - UP * channel
        lit = {}
        if across and channel > 0:
            lit = {(2, 2): BLUE}
        elif not across and channel == 2:
            lit = {(r, c): BLUE for r in (1, 2, 3) for c in (1, 2, 3)}
        if channel == 2:
            lit[2, 2] = ORANGE
        sheet(axes, x, y, lit, ink)
    axes.text(x + 4.6, 0.5, title, ha="center", va="center", fontsize=11.5, color=ink.text)
    axes.text(x + 4.6, 11.3, below, ha="center", va="center", fontsize=11, color=ink.text)


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(25, 12)
    panel(axes, 3.0, "local response", "across channels", True, ink)
    panel(axes, 14.5, "local contrast", "across pixels", False, ink)
    axes.text(1.3, 5.7, "channels", ha="center", va="center", fontsize=11, color=ink.text, rotation=90)
    axes.annotate(
        "",
        (2.3, 2.4),
        (2.3, 9.8),
        arrowprops={"arrowstyle": "-|>", "color": ink.line, "linewidth": 1, "shrinkA": 0, "shrinkB": 0},
    )
    return figure
