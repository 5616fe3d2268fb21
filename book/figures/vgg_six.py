"""The six networks of VGG's table, a column each, read from the zoo."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from cnnkit import zoo

from . import BLUE, GREEN, ORANGE, Ink
from ._networks import sheet, short, words

NAMES = ("vgg_a", "vgg_a_lrn", "vgg_b", "vgg_c", "vgg_d", "vgg_e")
WIDTH, HEIGHT = 2.55, 0.8


def parts(name: str) -> list[list[str]]:
    """The kinds of layers of each stage, up to each pooling; last, the linear ones."""
    stages: list[list[str]] = [[]]
    for row in zoo.layers(name)[1:]:
        if row.kind.startswith("MaxPool"):
            stages.append([])
        else:
            stages[-1].append(row.kind)
    return stages


def layer(axes: Axes, x: float, y: float, kind: str, ink: Ink) -> None:
    text = {"Linear": "linear", "LocalResponseNorm": "norm"}.get(kind, words(kind).removeprefix("conv "))
    tint = {"1×1": ORANGE, "norm": GREEN, "linear": ink.line}.get(text, BLUE)
    style = "--" if text == "1×1" else "-"
    axes.add_patch(
        Rectangle(
            (x, y), WIDTH - 0.3, HEIGHT - 0.14, facecolor=ink.faint, edgecolor=tint, linewidth=1.6, linestyle=style
        )
    )
    axes.text(x + (WIDTH - 0.3) / 2, y + 0.34, text, ha="center", va="center", fontsize=10.5, color=ink.text)


def draw(ink: Ink) -> Figure:
    columns = {name: parts(name) for name in NAMES}
    maps = [row.output_shape for row in zoo.layers("vgg_e") if row.kind.startswith("MaxPool")]
    tallest = [max(len(stages[i]) for stages in columns.values()) for i in range(6)]
    height = 1.5 + sum(HEIGHT * n + 0.5 for n in tallest) + 1.9
    figure, axes = sheet(20, height)
    text = {"va": "center", "fontsize": 10.5, "color": ink.text}
    left = [4.55 + WIDTH * i for i in range(len(NAMES))]
    for x, name in zip(left, NAMES, strict=True):
        title = name.removeprefix("vgg_").upper().replace("_", "-")
        axes.text(x + (WIDTH - 0.3) / 2, 0.7, title, ha="center", weight="bold", **text)
    y = 1.4
    for i, rows in enumerate(tallest):
        if i < 5:
            axes.text(0.2, y + HEIGHT * rows / 2 - 0.1, f"{maps[i][0]} maps,", ha="left", **text)
            axes.text(0.2, y + HEIGHT * rows / 2 + 0.65, f"{2 * maps[i][1]}×{2 * maps[i][2]}", ha="left", **text)
        for x, name in zip(left, NAMES, strict=True):
            for k, kind in enumerate(columns[name][i]):
                layer(axes, x, y + HEIGHT * k, kind, ink)
        y += HEIGHT * rows + 0.5
        if i < 5:
            axes.plot([0.2, 19.8], [y - 0.31, y - 0.31], color=ink.line, linewidth=1.2, linestyle=":")
    axes.text(0.2, y + 0.1, "weight layers", ha="left", **text)
    axes.text(0.2, y + 0.95, "parameters", ha="left", **text)
    for x, name in zip(left, NAMES, strict=True):
        table = zoo.summary(name)
        layers = sum(row.parameters > 0 for row in table.rows)
        axes.text(x + (WIDTH - 0.3) / 2, y + 0.1, str(layers), ha="center", **text)
        axes.text(x + (WIDTH - 0.3) / 2, y + 0.95, short(table.parameters), ha="center", **text)
    return figure
