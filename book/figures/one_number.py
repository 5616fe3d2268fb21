"""One output number: three windows times three kernel slices, summed, plus the bias."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import BLUE, GREEN, ORANGE, Ink, canvas, cell, minus

CHANNELS = (
    ("red", ORANGE, ((0, 0, 0), (0, 156, 155), (0, 153, 154)), ((-1, -1, 1), (0, 1, -1), (0, 1, 1))),
    ("green", GREEN, ((0, 0, 0), (0, 167, 166), (0, 164, 165)), ((1, 0, 0), (1, -1, -1), (1, 0, -1))),
    ("blue", BLUE, ((0, 0, 0), (0, 163, 162), (0, 160, 161)), ((0, 1, 1), (0, 1, 0), (1, -1, 1))),
)
BIAS = 1
ROW = 3.7  # from one channel to the next


def product(window: tuple[tuple[int, ...], ...], kernel: tuple[tuple[int, ...], ...]) -> int:
    return sum(a * b for row, weights in zip(window, kernel, strict=True) for a, b in zip(row, weights, strict=True))


def grid(axes: Axes, x: float, y: float, numbers: tuple[tuple[int, ...], ...], colour: str, ink: Ink) -> None:
    for i, row in enumerate(numbers):
        for j, number in enumerate(row):
            cell(axes, x + j, y + i, minus(number), face=ink.faint, edge=colour, ink=ink.text)


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(16.4, 13.6)
    for k, (name, colour, window, kernel) in enumerate(CHANNELS):
        y = 0.9 + ROW * k
        axes.text(0.3, y + 1.5, name, ha="left", va="center", fontsize=12, color=ink.text)
        grid(axes, 2.6, y, window, colour, ink)
        axes.text(6.35, y + 1.5, "·", ha="center", va="center", fontsize=18, color=ink.text)
        grid(axes, 7.1, y, kernel, colour, ink)
        axes.text(10.9, y + 1.5, "=", ha="center", va="center", fontsize=14, color=ink.text)
        axes.text(14.2, y + 1.5, minus(product(window, kernel)), ha="right", va="center", fontsize=14, color=ink.text)
    axes.text(4.1, 0.45, "window of x", ha="center", va="center", fontsize=11, color=ink.text)
    axes.text(8.6, 0.45, "kernel w", ha="center", va="center", fontsize=11, color=ink.text)
    axes.text(14.2, 11.85, f"+{BIAS}", ha="right", va="center", fontsize=14, color=ink.text)
    axes.text(11.2, 11.85, "bias b", ha="center", va="center", fontsize=11, color=ink.text)
    axes.plot([12.3, 14.4], [12.4, 12.4], color=ink.line, linewidth=1.2, linestyle="-")
    answer = sum(product(window, kernel) for _, _, window, kernel in CHANNELS) + BIAS
    axes.text(14.2, 13.05, minus(answer), ha="right", va="center", fontsize=15, weight="bold", color=ink.text)
    axes.text(11.2, 13.05, "output y", ha="center", va="center", fontsize=11, color=ink.text)
    return figure
