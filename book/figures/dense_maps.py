"""What each layer of DenseNet-121's first dense block sees: all maps before it, read from the zoo."""

from itertools import pairwise

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from cnnkit import zoo

from . import BLUE, GREEN, ORANGE, PINK, Ink
from ._networks import sheet

TINTS = (BLUE, ORANGE, GREEN, PINK)


def draw(ink: Ink) -> Figure:
    stage = next(s for s in zoo.stages("densenet121") if s.kind == "DenseLayer")
    first = stage.input_shape[0]
    seen = [block.input_shape[0] for block in stage.blocks] + [stage.output_shape[0]]
    figure, axes = sheet(20, 1.6 + 1.05 * len(seen))
    text = {"va": "center", "fontsize": 10.5, "color": ink.text}
    scale = 12.4 / seen[-1]
    axes.text(0.2, 0.6, "sees", ha="left", **text)
    axes.text(4.6, 0.6, "maps", ha="left", **text)
    for i, count in enumerate(seen):
        y = 1.2 + 1.05 * i
        name = f"layer {i + 1}" if i < len(seen) - 1 else "after the block"
        axes.text(0.2, y + 0.38, name, ha="left", **text)
        edges = [0, first, *seen[1 : i + 1]]
        for k, (left, right) in enumerate(pairwise(edges)):
            tint = ink.faint if k == 0 else TINTS[(k - 1) % 4]
            axes.add_patch(
                Rectangle(
                    (4.6 + scale * left, y), scale * (right - left), 0.76,
                    facecolor=ink.faint, edgecolor=ink.line if k == 0 else tint, linewidth=1.6,
                )
            )  # fmt: skip
            words = f"{first} maps" if k == 0 else str(k)
            axes.text(4.6 + scale * (left + right) / 2, y + 0.4, words, ha="center", **text)
        axes.text(17.4, y + 0.38, f"{count} maps", ha="left", **text)
    return figure
