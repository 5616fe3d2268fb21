"""col2im: four columns, each a 2×2 window, are laid back onto a 3×3 image and added up."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from . import BLUE, Ink, arrow, canvas

KERNEL, DOUT = ((1, 2), (3, 4)), ((1, 10), (100, 1000))
SIDE = 1.45


def grid(axes: Axes, x: float, y: float, numbers: list[list[int]], ink: Ink, marked: set[tuple[int, int]]) -> None:
    for i, row in enumerate(numbers):
        for j, number in enumerate(row):
            face, colour = (BLUE, "#ffffff") if (i, j) in marked else (ink.faint if not marked else ink.paper, ink.text)
            axes.add_patch(
                Rectangle((x + SIDE * j, y + SIDE * i), SIDE, SIDE, facecolor=face, edgecolor=ink.line, linewidth=1)
            )
            text = str(number) if not marked or (i, j) in marked else ""
            axes.text(
                x + SIDE * (j + 0.5),
                y + SIDE * (i + 0.53),
                text,
                ha="center",
                va="center",
                fontsize=10.5,
                color=colour,
            )


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(20.4, 13.2)
    words = {"ha": "center", "va": "center", "fontsize": 11, "color": ink.text}
    total = [[0] * 3 for _ in range(3)]
    for k in range(4):
        top, left = divmod(k, 2)
        stamp = [[0] * 3 for _ in range(3)]
        for u in range(2):
            for v in range(2):
                stamp[top + u][left + v] = DOUT[top][left] * KERNEL[u][v]
                total[top + u][left + v] += stamp[top + u][left + v]
        x = 0.4 + 5.1 * k
        grid(axes, x, 1.3, stamp, ink, {(top + u, left + v) for u in range(2) for v in range(2)})
        axes.text(x + 1.5 * SIDE, 0.6, f"{DOUT[top][left]} · w", **words)
        if k < 3:
            axes.text(x + 3 * SIDE + 0.38, 3.5, "+", **{**words, "fontsize": 16})
    arrow(axes, (10.2, 6.0), (10.2, 7.3), ink.line)
    axes.text(11.2, 6.6, "sum", **{**words, "ha": "left"})
    grid(axes, 10.2 - 1.5 * SIDE, 7.6, total, ink, set())
    axes.text(10.2, 12.6, "dx", **words)
    return figure
