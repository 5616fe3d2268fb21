"""Volumes: a window of the input gives one depth column of the output; one kernel fills one depth slice."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import BLUE, ORANGE, Ink, canvas, polygon

SLANT_X, SLANT_Y = 0.30, -0.21  # how far one step in depth goes to the right and up


def corner(x: float, y: float, depth: float) -> tuple[float, float]:
    return x + SLANT_X * depth, y + SLANT_Y * depth


def box(
    axes: Axes, x: float, y: float, width: float, height: float, depth: tuple[float, float], face: str, edge: str
) -> None:
    """A block of which front, top and right side are seen; `depth` runs away from the reader."""
    near, far = depth
    front = [corner(a, b, near) for a, b in ((x, y), (x + width, y), (x + width, y + height), (x, y + height))]
    back = [corner(a, b, far) for a, b in ((x, y), (x + width, y), (x + width, y + height), (x, y + height))]
    options = {"linewidth": 1.1, "joinstyle": "round"}
    polygon(axes, front, face, edge, **options)
    polygon(axes, [front[0], front[1], back[1], back[0]], face, edge, **options)
    polygon(axes, [front[1], front[2], back[2], back[1]], face, edge, **options)


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(20, 10.2)
    # input 32 x 32 x 3
    box(axes, 1.3, 2.9, 5.6, 5.6, (0, 3), ink.faint, ink.line)
    window = (4.6, 4.4)
    box(axes, *window, 1.1, 1.1, (0, 3), BLUE, ink.paper)
    # output 28 x 28 x 10: the far slices first, then the named one, then the near ones
    x, y, side = 11.0, 2.9, 4.9
    box(axes, x, y, side, side, (7.2, 10), ink.faint, ink.line)
    box(axes, x, y, side, side, (6.2, 7.2), ORANGE, ink.paper)
    box(axes, x, y, side, side, (0, 6.2), ink.faint, ink.line)
    spot = (x + 2.0, y + 1.8)
    for edge in (0, 1.1):
        axes.plot([window[0] + 1.1, spot[0]], [window[1] + edge, spot[1]], color=BLUE, linewidth=1, linestyle="-")
    # the depth column goes through all ten slices, seen as if the block were of glass
    for k in range(9, -1, -1):
        px, py = corner(*spot, k)
        size = 8 if k == 0 else 5.5
        axes.plot([px], [py], marker="o", markersize=size, color=BLUE, markeredgecolor=ink.paper, linestyle="none")
    label = {"fontsize": 11, "color": ink.text, "va": "center"}
    axes.text(4.1, 9.0, "32", ha="center", **label)
    axes.text(0.7, 5.7, "32", ha="center", **label)
    axes.text(1.35, 2.35, "3", ha="center", **label)
    axes.text(4.1, 6.35, "window 5×5×3", ha="center", **label)
    axes.text(4.1, 9.8, "input volume", ha="center", **label)
    axes.text(13.45, 8.4, "28", ha="center", **label)
    axes.text(10.4, 6.7, "28", ha="center", **label)
    axes.text(12.0, 1.5, "10", ha="center", **label)
    axes.text(13.45, 9.2, "output volume", ha="center", **label)
    line = {"arrowstyle": "-", "color": ink.line, "linewidth": 1}
    words = {"ha": "center", "fontsize": 11, "color": ink.text}
    axes.annotate("depth column", corner(*spot, 3), (13.45, 6.9), arrowprops=line, **words)
    axes.annotate("depth slice", corner(x + side, y + 4.2, 6.7), (18.2, 9.3), arrowprops=line, **words)
    return figure
