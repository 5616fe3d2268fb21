"""Two windows one column apart: which pixels they share, and where the largest of all must lie."""

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from . import BLUE, ORANGE, PINK, Ink, canvas, cell


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(15.2, 7.2)
    words = {"ha": "center", "va": "center", "fontsize": 11, "color": ink.text}
    for x, k in ((2.4, 2), (9.0, 3)):
        top = 1.4 + (3 - k) / 2
        for i in range(k):
            for j in range(k + 1):
                common = 0 < j < k
                cell(
                    axes,
                    x + j,
                    top + i,
                    "both" if common else "",
                    face=PINK if common else ink.faint,
                    edge=ink.line,
                    ink="#000000",
                    size=9,
                )
        for shift, colour, dash in ((0, BLUE, "-"), (1, ORANGE, (0, (4, 1.5)))):
            axes.add_patch(
                Rectangle(
                    (x + shift - 0.07, top - 0.18 + 0.1 * shift),
                    k + 0.14,
                    k + 0.36 - 0.2 * shift,
                    fill=False,
                    edgecolor=colour,
                    linewidth=2.6,
                    linestyle=dash,
                )
            )
        axes.text(x + (k + 1) / 2, 0.5, f"windows of {k}×{k}", **{**words, "fontsize": 12})
        axes.text(x + (k + 1) / 2, 5.4, f"{k * (k - 1)} of {k * (k + 1)} pixels in both:", **words)
        share = {2: "1/3", 3: "1/2"}[k]
        axes.text(x + (k + 1) / 2, 6.3, f"unchanged with probability {share}", **words)
    return figure
