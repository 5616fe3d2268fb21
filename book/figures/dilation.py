"""Three layers of kernels with three taps: what one output sees with dilation 1, 1, 1 and with 1, 2, 4."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import BLUE, GREEN, ORANGE, Ink, canvas

INPUTS = 15
STEP = 2.0  # between layers


def panel(axes: Axes, top: float, dilations: tuple[int, int, int], ink: Ink) -> None:
    rows = [top + STEP * level for level in range(4)]
    seen = {INPUTS // 2}
    lit = [set(seen)]
    for level, (dilation, colour) in enumerate(zip(reversed(dilations), (GREEN, ORANGE, BLUE), strict=True)):
        below = set()
        for i in sorted(seen):
            for tap in (-dilation, 0, dilation):
                axes.plot(
                    [1.6 + i, 1.6 + i + tap], [rows[level], rows[level + 1]], color=colour, linewidth=1.2, linestyle="-"
                )
                below.add(i + tap)
        seen = below
        lit.append(set(seen))
        axes.text(
            17.0, rows[level] + STEP / 2, f"dilation {dilation}", ha="left", va="center", fontsize=11, color=ink.text
        )
    for row, active in zip(rows, lit, strict=True):
        for i in range(INPUTS):
            face = ink.text if i in active else ink.paper
            axes.plot([1.6 + i], [row], "o", markersize=7, color=face, markeredgecolor=ink.line, linestyle="none")
    axes.text(
        8.6,
        rows[3] + 0.95,
        f"one output sees {len(seen)} inputs",
        ha="center",
        va="center",
        fontsize=11.5,
        color=ink.text,
    )


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(20.6, 16.6)
    panel(axes, 0.7, (1, 1, 1), ink)
    panel(axes, 9.0, (1, 2, 4), ink)
    return figure
