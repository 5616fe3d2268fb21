"""The Neocognitron: planes of S-cells and C-cells in turn, fewer cells in each plane, until one cell is left."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import BLUE, ORANGE, Ink, canvas, polygon

LAYERS = (  # name, cells along the side of a plane, planes, colour
    ("input", 16, 1, None),
    ("S", 16, 24, BLUE), ("C", 10, 24, ORANGE),
    ("S", 8, 24, BLUE), ("C", 6, 24, ORANGE),
    ("S", 2, 24, BLUE), ("C", 1, 24, ORANGE),
)  # fmt: skip
SHOWN = 4  # planes drawn of the 24


def plane(axes: Axes, x: float, y: float, side: float, face: str, edge: str) -> None:
    corners = [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
    polygon(axes, corners, face, edge, linewidth=1.2)


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(20, 7.4)
    label = {"ha": "center", "va": "center", "color": ink.text}
    x = 0.5
    for name, cells, planes, colour in LAYERS:
        side = 0.35 + 0.115 * cells
        shown = 1 if planes == 1 else SHOWN
        for k in range(shown - 1, -1, -1):
            plane(axes, x + 0.28 * k, 3.6 - side / 2 - 0.28 * k, side, ink.faint, colour or ink.line)
        middle = x + (side + 0.28 * (shown - 1)) / 2
        axes.text(middle, 0.8, name, fontsize=13, **label)
        axes.text(middle, 6.0, f"{cells}×{cells}" if cells > 1 else "1", fontsize=11, **label)
        x += side + 0.28 * (shown - 1) + 0.62
    axes.text(11.5, 6.9, "24 planes in each of these layers", fontsize=11, **label)
    return figure
