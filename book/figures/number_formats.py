"""The bits of float32, bfloat16 and float16: sign, exponent, fraction."""

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from . import BLUE, GREEN, ORANGE, Ink, canvas

FORMATS = (("float32", 8, 23), ("bfloat16", 8, 7), ("float16", 5, 10))
LEFT, BIT = 3.5, 0.55


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(22, 8.4)
    words = {"va": "center", "fontsize": 10.5, "color": ink.text}
    for row, (name, exponent, fraction) in enumerate(FORMATS):
        y = 1.0 + 2.5 * row
        axes.text(LEFT - 0.4, y + 0.5, name, ha="right", **words)
        start = 0
        for bits, colour, what in ((1, GREEN, ""), (exponent, BLUE, "exponent"), (fraction, ORANGE, "fraction")):
            for bit in range(start, start + bits):
                axes.add_patch(
                    Rectangle((LEFT + BIT * bit, y), BIT, 1.0, facecolor=colour, edgecolor=ink.paper, linewidth=1)
                )
            if what:
                axes.text(LEFT + BIT * (start + bits / 2), y + 1.5, f"{bits} {what}", ha="center", **words)
            start += bits
        if row == 0:
            axes.text(LEFT + BIT / 2, y - 0.45, "sign", ha="center", **words)
    return figure
