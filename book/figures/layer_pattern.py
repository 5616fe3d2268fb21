"""The pattern of a plain network: convolutions, a pooling, repeated; then fully connected layers."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from . import BLUE, GREEN, ORANGE, Ink, arrow, canvas


def box(axes: Axes, x: float, y: float, width: float, text: str, edge: str, ink: Ink, height: float = 1.8) -> None:
    axes.add_patch(
        FancyBboxPatch(
            (x, y), width, height, boxstyle="round,pad=0,rounding_size=0.2", fc=ink.faint, ec=edge, linewidth=1.5
        )
    )
    axes.text(x + width / 2, y + height / 2, text, ha="center", va="center", fontsize=10.5, color=ink.text)


def frame(axes: Axes, x: float, y: float, width: float, height: float, label: str, ink: Ink) -> None:
    axes.add_patch(
        FancyBboxPatch(
            (x, y),
            width,
            height,
            boxstyle="round,pad=0,rounding_size=0.3",
            fc="none",
            ec=ink.line,
            linewidth=1.1,
            linestyle=(0, (4, 2)),
        )
    )
    axes.text(x + width - 0.2, y + height + 0.65, label, ha="right", va="center", fontsize=11.5, color=ink.text)


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(25, 9.6)
    axes.text(1.5, 3.3, "image", ha="center", va="center", fontsize=11, color=ink.text)
    frame(axes, 3.9, 1.7, 4.6, 3.0, "× N", ink)
    box(axes, 4.3, 2.4, 3.8, "convolution\nReLU", BLUE, ink)
    frame(axes, 3.3, 0.8, 10.2, 5.6, "× M", ink)
    box(axes, 9.6, 2.4, 3.4, "pooling", ORANGE, ink)
    frame(axes, 14.6, 1.7, 4.7, 3.0, "× K", ink)
    box(axes, 15.0, 2.4, 3.9, "fully conn.\nReLU", GREEN, ink)
    box(axes, 20.4, 2.4, 3.9, "fully conn.", GREEN, ink)
    for start, end in ((2.6, 4.3), (8.1, 9.6), (13.0, 15.0), (18.9, 20.4)):
        arrow(axes, (start, 3.3), (end, 3.3), ink.line)
    axes.text(22.35, 5.2, "logits", ha="center", va="center", fontsize=11, color=ink.text)
    arrow(axes, (22.35, 4.2), (22.35, 4.85), ink.line)
    axes.text(
        12.5, 8.7, "N = 0 … 3      M = 0 … 5      K = 0 … 2", ha="center", va="center", fontsize=11.5, color=ink.text
    )
    return figure
