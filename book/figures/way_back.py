"""Forwards through convolution, ReLU and pooling, and backwards from the strongest value."""

from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import BLUE, ORANGE, Ink, arrow, canvas, cell, minus

IMAGE, KERNEL = (1, 3, 0, 2, 5), (2, -1)
CONVOLVED = tuple(KERNEL[0] * a + KERNEL[1] * b for a, b in pairwise(IMAGE))
RECTIFIED = tuple(max(value, 0) for value in CONVOLVED)
POOLED = tuple(max(RECTIFIED[i : i + 2]) for i in (0, 2))
PLACE = RECTIFIED.index(max(POOLED))
PATTERN = tuple(max(POOLED) * (KERNEL[i - PLACE] if 0 <= i - PLACE < 2 else 0) for i in range(5))


def row(axes: Axes, middle: float, y: float, numbers: tuple[int, ...], ink: Ink, colour: str) -> None:
    for i, number in enumerate(numbers):
        face, text = (colour, "#ffffff") if number else (ink.faint, ink.text)
        cell(axes, middle - len(numbers) / 2 + i, y, minus(number), face=face, edge=ink.line, ink=text, size=12)


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(16, 10.4)
    label = {"ha": "center", "va": "center", "fontsize": 11, "color": ink.text}
    unpooled = tuple(value if i == PLACE else 0 for i, value in enumerate(RECTIFIED))
    forwards, backwards = (IMAGE, CONVOLVED, RECTIFIED, POOLED), (PATTERN, unpooled, unpooled, (max(POOLED), 0))
    heights = (8.6, 6.1, 3.6, 1.1)
    for numbers, back, y in zip(forwards, backwards, heights, strict=True):
        row(axes, 3.2, y, numbers, ink, BLUE)
        row(axes, 12.8, y, back, ink, ORANGE)
    for y, text, other in (
        (7.85, "convolution\nkernel 2 −1", "transposed\nconvolution"),
        (5.35, "ReLU", "ReLU"),
        (2.85, "max of pairs", "to the place\nof the maximum"),
    ):
        arrow(axes, (3.2, y + 0.65), (3.2, y - 0.65), ink.line)
        arrow(axes, (12.8, y - 0.65), (12.8, y + 0.65), ORANGE)
        axes.text(6.3, y, text, **label)
        axes.text(9.7, y, other, **label)
    axes.text(3.2, 0.5, "forwards", **label)
    axes.text(12.8, 0.5, "the way back", **label)
    arrow(axes, (6.0, 1.6), (10.0, 1.6), ink.line)
    return figure
