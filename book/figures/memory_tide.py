"""Memory during one step of training: values pile up forward, and are cleared away backward."""

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from . import BLUE, GREEN, ORANGE, Ink, arrow, canvas

VALUES = (1.0, 2.2, 1.5, 1.0, 0.6)  # of the input and of four layers
FLOOR = 11.2
BASE = 1.1


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(21, 15)
    moments = [(n + 1, None) for n in range(5)] + [(layer + 1, layer) for layer in (4, 3, 2, 1)]
    for i, (kept, layer) in enumerate(moments):
        x, y = 1.0 + 2.2 * i, FLOOR
        for j in range(kept):
            y -= VALUES[j]
            axes.add_patch(Rectangle((x, y), 1.7, VALUES[j], facecolor=BLUE, edgecolor=ink.paper, linewidth=1))
        if layer is not None:
            gradients = [VALUES[layer], *([VALUES[layer - 1]] if layer > 1 else [])]
            for height in gradients:
                y -= height
                axes.add_patch(
                    Rectangle((x, y), 1.7, height, facecolor=ORANGE, edgecolor=ink.paper, linewidth=1, hatch="//")
                )
        name = "input" if i == 0 else str(kept - 1)
        axes.text(x + 0.85, FLOOR + BASE + 0.55, name, ha="center", va="center", fontsize=10.5, color=ink.text)
    axes.add_patch(Rectangle((1.0, FLOOR), 19.3, BASE, facecolor=GREEN, edgecolor=ink.paper, linewidth=1))
    axes.text(
        10.65,
        FLOOR + BASE / 2,
        "parameters, their gradients, the optimiser's values",
        ha="center",
        va="center",
        fontsize=11,
        color="#1f2328",
        weight="bold",
    )
    axes.text(10.6, FLOOR + BASE + 1.45, "layer at work", ha="center", va="center", fontsize=10.5, color=ink.text)
    arrow(axes, (1.0, 14.6), (11.6, 14.6), ink.line)
    arrow(axes, (12.0, 14.6), (20.3, 14.6), ink.line)
    label = {"ha": "center", "va": "center", "fontsize": 11, "color": ink.text}
    axes.text(6.2, 14.15, "forward", **label)
    axes.text(16.1, 14.15, "backward", **label)
    axes.add_patch(Rectangle((1.0, 0.4), 0.8, 0.8, facecolor=BLUE, edgecolor=ink.paper))
    axes.text(2.1, 0.83, "values that the backward pass needs", fontsize=11, color=ink.text, va="center")
    axes.add_patch(Rectangle((1.0, 1.6), 0.8, 0.8, facecolor=ORANGE, edgecolor=ink.paper, hatch="//"))
    axes.text(2.1, 2.03, "gradients of the layer's output and input", fontsize=11, color=ink.text, va="center")
    return figure
