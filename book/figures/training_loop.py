"""The training loop, and the held-out pictures that stand beside it."""

import math

from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from . import BLUE, ORANGE, Ink, arrow, canvas

STEPS = ("next batch,\nshuffled", "forward:\nlogits", "loss", "backward:\ngradients", "step:\nparameters")
CENTRE, RADIUS = (7.2, 6.6), (4.9, 4.7)
WIDTH, HEIGHT = 4.1, 1.7


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(22, 13.2)
    places = []
    for i in range(len(STEPS)):
        angle = -math.pi / 2 + 2 * math.pi * i / len(STEPS)
        places.append((CENTRE[0] + RADIUS[0] * math.cos(angle), CENTRE[1] + RADIUS[1] * math.sin(angle)))

    def box(x: float, y: float, text: str, edge: str) -> None:
        axes.add_patch(
            FancyBboxPatch(
                (x - WIDTH / 2, y - HEIGHT / 2),
                WIDTH,
                HEIGHT,
                boxstyle="round,pad=0,rounding_size=0.25",
                fc=ink.faint,
                ec=edge,
                linewidth=1.5,
                zorder=3,
            )
        )
        axes.text(x, y, text, ha="center", va="center", fontsize=10.5, color=ink.text, zorder=4)

    ends = (
        ((2.1, 0.6), (-0.4, -0.95)),
        ((-0.3, 0.95), (0.6, -0.95)),
        ((-2.1, 0.0), (2.1, 0.0)),
        ((-0.6, -0.95), (0.3, 0.95)),
        ((0.4, -0.95), (-2.1, 0.6)),
    )
    for i, (leave, reach) in enumerate(ends):
        x, y = places[i]
        u, v = places[(i + 1) % len(places)]
        arrow(axes, (x + leave[0], y + leave[1]), (u + reach[0], v + reach[1]), BLUE, 1.6)
    for (x, y), text in zip(places, STEPS, strict=True):
        box(x, y, text, BLUE)
    box(18.9, 3.3, "held-out\npictures", ORANGE)
    box(18.9, 9.3, "accuracy", ORANGE)
    arrow(axes, (18.9, 4.2), (18.9, 8.4), ORANGE, 1.6)
    axes.text(18.4, 6.3, "forward\nonly", ha="right", va="center", fontsize=10.5, color=ink.text)
    return figure
