"""Hubel and Wiesel's model: round fields in a row make a simple cell, simple cells side by side make a complex cell."""

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle

from . import BLUE, ORANGE, Ink, arrow, canvas


def sign(axes: Axes, x: float, y: float, plus: bool, size: float = 0.16) -> None:
    """A plus or a minus drawn with lines."""
    colour = ORANGE if plus else BLUE
    axes.plot([x - size, x + size], [y, y], color=colour, linewidth=1.6, linestyle="-")
    if plus:
        axes.plot([x, x], [y - size, y + size], color=colour, linewidth=1.6, linestyle="-")


def round_field(axes: Axes, x: float, y: float, ink: Ink) -> None:
    """Excited in its middle, inhibited around it."""
    axes.add_patch(Circle((x, y), 0.66, facecolor=ink.paper, edgecolor=ink.line, linewidth=1))
    axes.add_patch(Circle((x, y), 0.3, facecolor=ink.paper, edgecolor=ink.line, linewidth=1))
    sign(axes, x, y, True, 0.13)
    for k in range(6):
        angle = math.pi * k / 3
        sign(axes, x + 0.48 * math.cos(angle), y + 0.48 * math.sin(angle), False, 0.07)


def striped_field(axes: Axes, x: float, y: float, ink: Ink, half: float = 1.5) -> None:
    """Excited along a line, inhibited on both sides of it."""
    axes.add_patch(Rectangle((x - 1, y - half), 2, 2 * half, facecolor=ink.paper, edgecolor=ink.line, linewidth=1))
    axes.add_patch(
        Rectangle((x - 0.33, y - half), 0.66, 2 * half, facecolor=ink.paper, edgecolor=ink.line, linewidth=1)
    )
    steps = 5 if half > 1 else 3
    for k in range(steps):
        height = y - half + (k + 0.5) * 2 * half / steps
        for across, plus in ((-0.66, False), (0, True), (0.66, False)):
            sign(axes, x + across, height, plus, 0.13)


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(18, 9.4)
    label = {"ha": "center", "va": "center", "fontsize": 11, "color": ink.text}
    for k in range(4):
        y = 2.6 + 1.35 * k
        round_field(axes, 2.4, y, ink)
        axes.plot([3.2, 5.9], [y, 4.6], color=ink.line, linewidth=1, linestyle="-")
    striped_field(axes, 7.2, 4.6, ink, 2.0)
    for k in range(3):
        y = 2.2 + 2.4 * k
        striped_field(axes, 11.4 + 0.45 * (k - 1), y, ink, 0.95)
        axes.plot([12.6 + 0.45 * (k - 1), 14.6], [y, 4.6], color=ink.line, linewidth=1, linestyle="-")
    axes.add_patch(Rectangle((14.7, 2.9), 2.6, 3.4, facecolor=ink.faint, edgecolor=ink.line, linewidth=1))
    for k in range(3):
        axes.plot([15.3 + 0.7 * k] * 2, [3.4, 5.8], color=ORANGE, linewidth=2, linestyle=(0, (3, 1.5)))
    arrow(axes, (8.5, 4.6), (9.8, 4.6), ink.line)
    for x, name in ((2.4, "LGN cells"), (7.2, "simple cell"), (11.4, "simple cells"), (16.0, "complex cell")):
        axes.text(x, 0.6, name, ha="center", va="center", fontsize=12, color=ink.text)
    for x, text in (
        (2.4, "round fields\nin a row"), (7.2, "a line at\none place"),
        (11.4, "the same line,\nside by side"), (16.0, "the line\nat any of them"),
    ):  # fmt: skip
        axes.text(x, 8.7, text, **label)
    return figure
