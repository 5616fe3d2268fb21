"""A processor that asks and a device that works: with a wait after every step, and without."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from . import BLUE, ORANGE, Ink, arrow, canvas

ASK, WORK = 3.0, 4.0  # milliseconds of a step
STEPS = 3
LEFT, UNIT = 2.6, 0.86


def bar(axes: Axes, start: float, length: float, y: float, text: str, colour: str, hatch: str, ink: Ink) -> None:
    box = (LEFT + UNIT * start, y)
    axes.add_patch(
        Rectangle(box, UNIT * length, 1.1, facecolor=colour, edgecolor=ink.paper, linewidth=1.5, hatch=hatch)
    )
    axes.text(
        box[0] + UNIT * length / 2, y + 0.58, text, ha="center", va="center", fontsize=10.5, color="#ffffff",
        weight="bold",
    )  # fmt: skip


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(22, 12.4)
    words = {"va": "center", "fontsize": 10.5, "color": ink.text}
    for top, waits in ((1.5, True), (6.6, False)):
        name = "with a wait after every step" if waits else "with one wait at the end"
        axes.text(LEFT, top - 0.75, name, ha="left", weight="bold", **words)
        axes.text(LEFT - 0.3, top + 0.55, "Python", ha="right", **words)
        axes.text(LEFT - 0.3, top + 2.15, "device", ha="right", **words)
        asked = worked = 0.0
        for step in range(STEPS):
            bar(axes, asked, ASK, top, f"ask {step + 1}", BLUE, "", ink)
            asked += ASK
            begun = max(worked, asked)
            arrow(axes, (LEFT + UNIT * asked, top + 1.1), (LEFT + UNIT * begun, top + 1.65), ink.line)
            worked = begun + WORK
            bar(axes, begun, WORK, top + 1.6, f"work {step + 1}", ORANGE, "", ink)
            if waits:
                asked = worked
                arrow(axes, (LEFT + UNIT * worked, top + 1.6), (LEFT + UNIT * worked, top + 1.0), ink.line)
        end = LEFT + UNIT * worked
        axes.plot([end, end], [top - 0.2, top + 3.0], color=ink.text, linewidth=1.2, linestyle="--")
        axes.text(end - 0.2, top - 0.75, f"{worked:g} ms", ha="right", **words)
    arrow(axes, (LEFT, 11.0), (LEFT + 21.6 * UNIT, 11.0), ink.line)
    axes.text(LEFT + 10.5 * UNIT, 11.7, "time", ha="center", **words)
    return figure
