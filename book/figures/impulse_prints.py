"""One 1 in a row of zeros: convolution prints the kernel, cross-correlation prints it backwards."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import BLUE, ORANGE, Ink, arrow, canvas, cell

SIGNAL, KERNEL = (0, 0, 1, 0, 0), (1, 2, 4)


def slide(weights: tuple[int, ...]) -> list[int]:
    """Weights slid along the signal, which has one zero more at each end."""
    padded = (0, *SIGNAL, 0)
    return [sum(w * x for w, x in zip(weights, padded[i:], strict=False)) for i in range(len(SIGNAL))]


def row(axes: Axes, x: float, y: float, numbers: list[int] | tuple[int, ...], ink: Ink, colour: str) -> None:
    for i, number in enumerate(numbers):
        marked = number != 0
        face, text = (colour, "#ffffff") if marked else (ink.faint, ink.text)
        text = ink.paper if face == ink.line else text
        cell(axes, x + i, y, str(number), face=face, edge=ink.line, ink=text, size=13)


def panel(axes: Axes, x: float, name: str, weights: tuple[int, ...], ink: Ink, colour: str) -> None:
    label = {"ha": "center", "va": "center", "fontsize": 11, "color": ink.text}
    axes.text(x + 2.5, 0.5, name, ha="center", va="center", fontsize=12, color=ink.text)
    row(axes, x, 1.1, SIGNAL, ink, ink.line)
    axes.text(x + 2.5, 2.65, "slide, multiply, add", **label)
    row(axes, x + 1, 3.2, weights, ink, colour)
    arrow(axes, (x + 2.5, 4.4), (x + 2.5, 5.2), ink.line)
    row(axes, x, 5.4, slide(weights), ink, colour)


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(16.4, 6.8)
    panel(axes, 3.4, "cross-correlation", KERNEL, ink, ORANGE)
    panel(axes, 10.6, "convolution", KERNEL[::-1], ink, BLUE)
    for y, text in ((1.6, "signal"), (3.7, "kernel as\nit is laid"), (5.9, "result")):
        axes.text(1.6, y, text, ha="center", va="center", fontsize=11, color=ink.text)
    return figure
