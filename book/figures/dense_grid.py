"""Three layers on 16 inputs: with stride 2 few outputs are left, with dilation each place has one, seeing as far."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import BLUE, ORANGE, Ink, canvas

LEVELS = (8.6, 6.4, 4.2, 2.0)
COUNT = 17


def layers(strided: bool) -> tuple[list[list[int]], list[tuple[int, int, int]]]:
    """Places of the values of each level, and the lines below the middle output: (level, from, to)."""
    places, lines, step = [list(range(COUNT))], [], 1
    for level in range(3):
        places.append([p for p in range(COUNT) if not strided or p % (2 * step) == 0])
        for below in (-step, 0, step):
            lines.append((level, 8, 8 + below))
        step *= 2
    return places, lines


def panel(axes: Axes, x: float, name: str, strided: bool, ink: Ink, colour: str) -> None:
    places, _ = layers(strided)
    scale = 0.44
    axes.text(x + scale * 8, 0.6, name, ha="center", va="center", fontsize=12, color=ink.text)
    reached, step = {8}, 4
    for level in (3, 2, 1):
        after = set()
        for p in reached:
            for q in (p - step, p, p + step):
                if 0 <= q < COUNT:
                    axes.plot([x + scale * p, x + scale * q], [LEVELS[level], LEVELS[level - 1]], color=colour, lw=0.8)
                    after.add(q)
        for p in places[level]:
            axes.plot(x + scale * p, LEVELS[level], "o", ms=6, color=colour if p in reached else ink.line, zorder=3)
        reached, step = after, step // 2
    for p in places[0]:
        axes.plot(x + scale * p, LEVELS[0], "o", ms=6, color=colour if p in reached else ink.line, zorder=3)


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(17, 9.4)
    panel(axes, 1.0, "stride 2, 2, 2", True, ink, ORANGE)
    panel(axes, 9.4, "dilation 1, 2, 4", False, ink, BLUE)
    return figure
