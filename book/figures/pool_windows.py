"""Max and average pooling of a 4×4 image with windows of 2×2 side by side; the winners are marked."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import BLUE, Ink, arrow, canvas, cell

IMAGE = ((1, 1, 2, 4), (5, 6, 7, 8), (3, 2, 1, 0), (1, 2, 3, 4))


def winners(image: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """The place of the largest number of each 2×2 window, of equal ones the first."""
    places = []
    for i in range(0, len(image), 2):
        for j in range(0, len(image[0]), 2):
            window = [(i + u, j + v) for u in range(2) for v in range(2)]
            places.append(max(window, key=lambda place: image[place[0]][place[1]]))
    return places


def window_borders(axes: Axes, x: float, y: float, side: int, ink: Ink) -> None:
    for k in range(0, side + 1, 2):
        axes.plot([x + k, x + k], [y, y + side], color=ink.text, linewidth=2.2, linestyle="-")
        axes.plot([x, x + side], [y + k, y + k], color=ink.text, linewidth=2.2, linestyle="-")


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(17.6, 6.6)
    words = {"ha": "center", "va": "center", "fontsize": 11, "color": ink.text}
    won = winners(IMAGE)
    for i, row in enumerate(IMAGE):
        for j, number in enumerate(row):
            chosen = (i, j) in won
            face, colour = (BLUE, "#ffffff") if chosen else (ink.faint, ink.text)
            cell(axes, 0.9 + j, 0.5 + i, str(number), face=face, edge=ink.line, ink=colour, size=12)
    window_borders(axes, 0.9, 0.5, 4, ink)
    axes.text(2.9, 5.1, "image, windows of 2×2", **words)
    panels = (
        ("max", 6.7, [str(IMAGE[i][j]) for i, j in won]),
        ("switches", 10.3, [str(4 * i + j) for i, j in won]),
        (
            "average",
            13.8,
            [f"{sum(IMAGE[i + u][j + v] for u in range(2) for v in range(2)) / 4:g}" for i in (0, 2) for j in (0, 2)],
        ),
    )
    for name, x, values in panels:
        for k, value in enumerate(values):
            cell(
                axes,
                x + 1.3 * (k % 2),
                1.35 + 1.3 * (k // 2),
                value,
                face=ink.paper,
                edge=BLUE if name != "average" else ink.line,
                ink=ink.text,
                size=10 if len(value) > 2 else 12,
            )
        axes.text(x + 1.15, 5.1, name, **words)
    arrow(axes, (5.2, 2.5), (6.3, 2.5), ink.line)
    axes.text(11.45, 6.0, "4 · row + column", **{**words, "fontsize": 10.5})
    return figure
