"""A shape walks through a small network: what each layer leaves behind."""

from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from . import BLUE, ORANGE, Ink, arrow, canvas

STATIONS = [
    ("input", "2×7×6", "", "", "84"),
    ("convolution\n3×2, ReLU", "4×4×5", "52", "960", "80"),
    ("pooling\n2×2", "4×2×2", "0", "0", "16"),
    ("flatten", "16", "0", "0", "0"),
    ("linear", "3", "51", "48", "3"),
]


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(21.6, 10.6)
    for y, title in ((6.5, "parameters"), (7.9, "MACs"), (9.3, "values")):
        axes.text(0.2, y, title, ha="left", va="center", fontsize=11, color=ink.text)
    axes.plot([0.2, 21.3], [5.6, 5.6], color=ink.line, linewidth=0.8, linestyle="-")
    for i, (name, shape, *counts) in enumerate(STATIONS):
        x = 5.2 + 3.65 * i
        box = FancyBboxPatch(
            (x - 1.25, 2.9),
            2.5,
            1.5,
            boxstyle="round,pad=0,rounding_size=0.25",
            facecolor=ink.faint,
            edgecolor=ink.line,
        )
        axes.add_patch(box)
        axes.text(x, 3.65, shape, ha="center", va="center", fontsize=11, color=ink.text)
        axes.text(x, 1.4, name, ha="center", va="center", fontsize=10.5, color=ink.text)
        if i:
            arrow(axes, (x - 2.4, 3.65), (x - 1.25, 3.65), BLUE if i in (1, 4) else ink.line)
        for y, count in zip((6.5, 7.9, 9.3), counts, strict=True):
            weighty = count not in ("", "0")
            axes.text(
                x,
                y,
                count or "–",
                ha="center",
                va="center",
                fontsize=11,
                color=ink.text if weighty else ink.line,
                weight="bold" if weighty else "normal",
            )
    axes.plot([8.85 - 1.25, 8.85 + 1.25], [4.75, 4.75], color=ORANGE, linewidth=2.5, linestyle="-")
    axes.plot([19.8 - 1.25, 19.8 + 1.25], [4.75, 4.75], color=ORANGE, linewidth=2.5, linestyle="-")
    axes.text(14.3, 5.0, "with weights", ha="center", va="center", fontsize=10.5, color=ink.text)
    axes.plot([11.6, 10.4], [5.0, 4.8], color=ORANGE, linewidth=1, linestyle="-")
    axes.plot([17.0, 18.3], [5.0, 4.8], color=ORANGE, linewidth=1, linestyle="-")
    return figure
