"""FractalNet's block with its columns, read from the zoo."""

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from cnnkit import zoo

from . import BLUE, Ink, arrow
from ._networks import box, sheet

LEVEL = 2.0


def draw(ink: Ink) -> Figure:
    block = zoo.build("fractalnet", width=0.125).blocks[0]
    counts = [len(column) for column in block.columns]
    depth = max(counts)
    figure, axes = sheet(20, 3.4 + LEVEL * depth)
    centre = [4.5 + 5.5 * j for j in range(len(counts))]
    box(axes, 10, 0.7, 5, "maps in", ink.line, ink)
    top = 2.3
    for j, count in enumerate(counts):
        span = depth // count
        for i in range(count):
            start, end = top + LEVEL * span * i, top + LEVEL * span * (i + 1)
            middle = (start + end) / 2 - 0.25
            before = (10, 1.2) if i == 0 else (centre[j], start - 0.25)
            arrow(axes, before, (centre[j], middle - 0.45), ink.line)
            box(axes, centre[j], middle, 3.6, "conv 3×3", BLUE, ink, 0.85)
            arrow(axes, (centre[j], middle + 0.43), (centre[j], end - 0.55), ink.line)
    for level in range(1, depth + 1):
        ending = [j for j, count in enumerate(counts) if level % (depth // count) == 0]
        if len(ending) < 2:
            j = ending[0]
            axes.plot(
                [centre[j]] * 2,
                [top + LEVEL * level - 0.56, top + LEVEL * level - 0.2],
                color=ink.line,
                linewidth=1.2,
                linestyle="-",
            )
            continue
        left, right = centre[ending[0]] - 2, centre[ending[-1]] + 2
        y = top + LEVEL * level
        axes.add_patch(Rectangle((left, y - 0.55), right - left, 0.36, facecolor=ink.line, edgecolor="none"))
    for j, count in enumerate(counts):
        axes.text(
            centre[j],
            top + LEVEL * depth + 0.45,
            f"{count} deep",
            ha="center",
            va="center",
            fontsize=10.5,
            color=ink.text,
        )
    return figure
