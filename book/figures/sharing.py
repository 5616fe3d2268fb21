"""Five inputs, five outputs: fully connected, locally connected, shared. Equal colours are equal weights."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import BLUE, GREEN, ORANGE, PINK, Ink, canvas

COLOURS, STYLES = (BLUE, ORANGE, GREEN, PINK), ("-", (0, (5, 1.5)), (0, (3, 1.2, 1, 1.2)), (0, (1, 1)))


def panel(axes: Axes, x: float, title: str, weights: dict[tuple[int, int], int | None], count: int, ink: Ink) -> None:
    for (source, target), shared in weights.items():
        colour, style = (ink.line, "-") if shared is None else (COLOURS[shared], STYLES[shared])
        axes.plot(
            [x + source, x + target],
            [4.2, 1.2],
            color=colour,
            linestyle=style,
            linewidth=0.9 if shared is None else 1.8,
        )
    for i in range(5):
        for y in (1.2, 4.2):
            axes.plot([x + i], [y], "o", markersize=11, color=ink.faint, markeredgecolor=ink.line, linestyle="none")
    axes.text(x + 2, 0.3, title, ha="center", va="center", fontsize=11.5, color=ink.text)
    axes.text(x + 2, 5.25, f"{count} weights", ha="center", va="center", fontsize=11.5, color=ink.text)


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(17, 5.7)
    everywhere = {(i, j): None for i in range(5) for j in range(5)}
    local = {(i, j): i - j + 1 for i in range(5) for j in range(5) if abs(i - j) <= 1}
    panel(axes, 0.7, "fully connected", dict(everywhere), len(everywhere), ink)
    panel(axes, 6.5, "locally connected", dict.fromkeys(local), len(local), ink)
    panel(axes, 12.3, "convolution", dict(local), len(set(local.values())), ink)
    return figure
