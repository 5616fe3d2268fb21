"""The drawn diagrams of the book: one module a diagram, each with a function `draw(ink)`.

A diagram has two versions, for the light page and for the dark one; the same module always gives the same bytes.
`python -m figures FOLDER` in the folder above writes them all.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from functools import cache
from importlib import import_module
from io import BytesIO
from pathlib import Path

import matplotlib
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Polygon, Rectangle

STYLE = Path(__file__).parents[1] / "_assets" / "course.mplstyle"
BLUE, ORANGE, GREEN, PINK = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
WIDTH = 6.0  # inches


@dataclass(frozen=True)
class Ink:
    """The colours that change with the page."""

    text: str
    line: str
    faint: str
    paper: str


THEMES = {
    "light": Ink(text="#1f2328", line="#57606a", faint="#eaeef2", paper="#ffffff"),
    "dark": Ink(text="#e6e9ed", line="#9aa4af", faint="#2b3036", paper="#121212"),
}
PLACES = Ink(text="#010203", line="#040506", faint="#070809", paper="#0a0b0c")  # drawn with; no diagram has them itself


def names() -> list[str]:
    """Names of all diagrams, in the alphabet's order."""
    return sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_"))


def svg(name: str, theme: str) -> bytes:
    """SVG of one diagram for the "light" or the "dark" page."""
    text = drawn(name)
    for place, colour in zip(astuple(PLACES), astuple(THEMES[theme]), strict=True):
        text = text.replace(place, colour)
    return text.encode()


@cache
def drawn(name: str) -> str:
    """SVG of one diagram, with `PLACES` where the themes have their colours."""
    module = import_module(f"{__name__}.{name}")
    buffer = BytesIO()
    with style.context(["default", STYLE]), matplotlib.rc_context({"text.color": PLACES.text}):
        figure = module.draw(PLACES)
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return buffer.getvalue().decode()


def canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """An empty drawing as wide as the column, width × height in its own units, y downwards."""
    figure = Figure(figsize=(WIDTH, WIDTH * height / width), layout="none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0), aspect="equal")
    axes.axis("off")
    return figure, axes


def cell(axes: Axes, x: float, y: float, text: str = "", *, face: str, edge: str, ink: str, size: float = 11) -> None:
    """One square with side 1 whose upper left corner is (x, y), and a text in it."""
    axes.add_patch(Rectangle((x, y), 1, 1, facecolor=face, edgecolor=edge, linewidth=1))
    axes.text(x + 0.5, y + 0.53, text, ha="center", va="center", fontsize=size, color=ink)


def arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], colour: str, width: float = 1.2) -> None:
    """An arrow from start to end."""
    axes.add_patch(
        FancyArrowPatch(
            start, end, arrowstyle="-|>", mutation_scale=11, color=colour, linewidth=width, shrinkA=0, shrinkB=0
        )
    )


def polygon(axes: Axes, corners: list[tuple[float, float]], face: str, edge: str, **options: object) -> None:
    """A filled polygon."""
    axes.add_patch(Polygon(corners, closed=True, facecolor=face, edgecolor=edge, **options))


def minus(number: int) -> str:
    """A number with the true minus sign."""
    return str(number).replace("-", "\N{MINUS SIGN}")
