"""Draws any network of the zoo in one style, from the zoo's data alone: nothing of a network is written down here.

`network` draws a network as a list of its stages, `block` draws what is inside one of its blocks.
"""

from __future__ import annotations

import re
from itertools import pairwise

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

from cnnkit import zoo

from . import BLUE, GREEN, ORANGE, PINK, Ink, arrow, canvas

WORDS = {  # what a class of layers is called, and its colour
    "input": ("input", None),
    "Conv2d": ("conv", BLUE),
    "TableConv2d": ("conv by table", BLUE),
    "MaxPool2d": ("max pool", ORANGE),
    "AvgPool2d": ("avg pool", ORANGE),
    "AdaptiveAvgPool2d": ("average of all", ORANGE),
    "Subsampling": ("subsample", ORANGE),
    "LocalResponseNorm": ("response norm", GREEN),
    "BatchNorm2d": ("batch norm", GREEN),
    "ChannelNorm": ("layer norm", GREEN),
    "Linear": ("linear", PINK),
    "RadialBasis": ("radial basis", PINK),
    "SeparableConv": ("separable", BLUE),
    "FactorisedInception": ("Inception 1×7, 7×1", BLUE),
    "Transition": ("transition", ORANGE),
    "DenseLayer": ("dense layer", BLUE),
    "BasicBlock": ("basic block", BLUE),
    "PlainBlock": ("plain block", BLUE),
    "PreActBlock": ("pre-act. block", BLUE),
    "FractalBlock": ("fractal block", BLUE),
    "ConvNeXtBlock": ("ConvNeXt block", BLUE),
    "NiNBlock": ("NiN block", BLUE),  # codespell:ignore nin
    "Bottleneck": ("bottleneck", BLUE),
    "Fire": ("Fire", BLUE),
}
MIDDLE, WIDEST = 8.2, 4.3  # of the silhouettes
OUTPUT, PARAMETERS, MACS = 13.75, 14.3, 17.55  # right edge of the sizes, left edges of the costs
BAR = 2.3  # longest bar
TOP, STEP = 1.55, 1.0


def sheet(width: float, height: float) -> tuple[Figure, Axes]:
    """A canvas whose drawing keeps letters as text: as outlines, the drawings of a page of networks weigh too much.

    The setting lasts as long as the caller's `rc_context`, in which a drawing is made and saved.
    """
    matplotlib.rcParams.update({"svg.fonttype": "none", "font.family": ["DejaVu Sans", "sans-serif"]})
    return canvas(width, height)


def words(kind: str) -> str:
    """A kind of the zoo as a label: "Conv2d 3×3 /2" becomes "conv 3×3, stride 2"."""
    name, _, rest = kind.partition(" ")
    label = WORDS.get(name, (name, BLUE))[0]
    if name == "AdaptiveAvgPool2d":
        return label
    rest = re.sub(r" groups (\d+)", lambda m: ", depthwise" if int(m[1]) > 32 else f", {m[1]} groups", rest)
    return f"{label} {re.sub(r' ?/', ', stride ', rest)}".replace(" , stride", ", stride").strip()


def colour(kind: str, ink: Ink) -> str:
    return WORDS.get(kind.partition(" ")[0], ("", BLUE))[1] or ink.line


def short(count: int) -> str:
    """Three digits and K, M or G."""
    for scale, unit in ((10**9, " G"), (10**6, " M"), (10**3, " K")):
        if count >= scale:
            value = count / scale
            return f"{value:.{0 if value >= 99.5 else 1 if value >= 9.95 else 2}f}{unit}"
    return str(count)


def by(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))


def strips(stage: zoo.Stage) -> list[float]:
    """The shares of the parts that a stage's maps come from: branches that are stacked, or groups."""
    block = stage.blocks[-1]
    last = block.rows[-1]
    if last.kind == "concat" and all(block.branches) and stage.kind != "FractalBlock":
        maps = [branch[-1].output_shape[0] for branch in block.branches]
        return [m / sum(maps) for m in maps]
    groups = re.search(r"groups (\d+)", stage.kind)
    count = int(groups[1]) if groups and int(groups[1]) <= 4 else 1
    return [1 / count] * count


def silhouette(axes: Axes, y: float, stage: zoo.Stage, widest: int, ink: Ink) -> None:
    """The maps seen from above: as wide as their side (root scale), as thick as they are many (log scale)."""
    shape = stage.output_shape
    width = WIDEST * (shape[-1] / widest) ** 0.5 if len(shape) == 3 else WIDEST * (1 / widest) ** 0.5
    height = 0.12 + 0.065 * (shape[0].bit_length() - 1)
    parts, gap = strips(stage), 0.09
    x, room = MIDDLE - width / 2, width - gap * (len(parts) - 1)
    for part in parts:
        axes.add_patch(
            Rectangle((x, y - height / 2), room * part, height, facecolor=colour(stage.kind, ink), edgecolor="none")
        )
        x += room * part + gap
    if stage.blocks[-1].rows[-1].kind == "add" and len(stage.blocks[-1].branches) == 2:
        right = MIDDLE + width / 2
        axes.plot(
            [MIDDLE, right + 0.25, right + 0.25, MIDDLE], [y - 0.46, y - 0.46, y + 0.46, y + 0.46],
            color=ink.line, linewidth=1.3, linestyle="-", solid_joinstyle="round",
        )  # fmt: skip


def cost(axes: Axes, x: float, y: float, count: int, most: int, ink: Ink, tint: str) -> None:
    if count == 0:
        return
    axes.text(x, y - 0.13, short(count), ha="left", va="center", fontsize=10.5, color=ink.text)
    axes.add_patch(Rectangle((x, y + 0.26), max(BAR * count / most, 0.03), 0.14, facecolor=tint, edgecolor="none"))


def network(ink: Ink, name: str, **options: object) -> Figure:
    """A network of the zoo from its input to its scores, a line for each stage."""
    stages = zoo.stages(name, **options)
    figure, axes = sheet(20, TOP + STEP * len(stages) + 1.0)
    text = {"va": "center", "fontsize": 10.5, "color": ink.text}
    for x, title, side in (
        (0.2, "layers", "left"), (MIDDLE, "maps", "center"), (OUTPUT, "output", "right"),
        (PARAMETERS, "parameters", "left"), (MACS, "MACs", "left"),
    ):  # fmt: skip
        axes.text(x, 0.5, title, ha=side, **text)
    axes.plot([0.2, 19.8], [0.95, 0.95], color=ink.line, linewidth=0.8, linestyle="-")
    widest = max(stage.output_shape[-1] for stage in stages if len(stage.output_shape) == 3)
    bottom = TOP + STEP * (len(stages) - 1)
    axes.plot([MIDDLE, MIDDLE], [TOP, bottom], color=ink.line, linewidth=1.2, linestyle="-", zorder=0)
    most = [max(getattr(stage, field) for stage in stages) for field in ("parameters", "macs")]
    for i, stage in enumerate(stages):
        y = TOP + STEP * i
        times = f"{stage.count} × " if stage.count > 1 else ""
        label = words(stage.kind)
        inner = re.search(r"\.(\d[a-e])$", stage.name)
        if inner and "pool" not in label:
            name, comma, options = label.partition(",")
            label = f"{name} {inner[1]}{comma}{options}"
        axes.text(0.2, y, times + label, ha="left", **text)
        silhouette(axes, y, stage, widest, ink)
        axes.text(OUTPUT, y, by(stage.output_shape), ha="right", **text)
        cost(axes, PARAMETERS, y, stage.parameters, most[0], ink, ORANGE)
        cost(axes, MACS, y, stage.macs, most[1], ink, BLUE)
    y = bottom + STEP
    axes.plot([0.2, 19.8], [y - 0.45, y - 0.45], color=ink.line, linewidth=0.8, linestyle="-")
    axes.text(0.2, y + 0.05, "together", ha="left", **text)
    for x, field in ((PARAMETERS, "parameters"), (MACS, "macs")):
        total = sum(getattr(stage, field) for stage in stages)
        axes.text(x, y + 0.05, short(total), ha="left", weight="bold", **text)
    return figure


def box(axes: Axes, x: float, y: float, width: float, text: str, tint: str, ink: Ink, height: float = 0.95) -> None:
    """A rounded box around (x, y) with a text."""
    axes.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - height / 2), width, height, boxstyle="round,pad=0,rounding_size=0.18",
            facecolor=ink.paper, edgecolor=tint, linewidth=1.8, zorder=2.5,  # above the lines that run through
        )
    )  # fmt: skip
    axes.text(x, y, text, ha="center", va="center", fontsize=10.5, color=ink.text)


def layer_text(row: zoo.Row) -> str:
    return f"{words(row.kind)}: {row.output_shape[0]}" if row.parameters else words(row.kind)


def block(ink: Ink, name: str, stage: str, index: int = 0, **options: object) -> Figure:
    """The branches of one block side by side, from what they share to where they meet; norms are left out."""
    found = next(s for s in zoo.stages(name, **options) if s.name == stage)
    part = found.blocks[index]
    branches = [[row for row in branch if "Norm" not in row.kind] for branch in part.branches]
    inside = {row.name for branch in part.branches for row in branch}
    shared = [row for row in part.rows[:-1] if row.name not in inside and "Norm" not in row.kind]
    rows = max(map(len, branches))
    pitch, top = 20 / len(branches), 2.2 + 1.7 * len(shared)
    width = min(pitch - 0.5, 5.6)
    bottom = top + 1.6 * rows + 0.5
    figure, axes = sheet(20, bottom + 2.6)
    centre = [pitch * (i + 0.5) for i in range(len(branches))]
    box(axes, 10, 0.7, 6.5, f"in: {by(part.input_shape)}", ink.line, ink)
    y = 0.7
    for row in shared:
        arrow(axes, (10, y + 0.5), (10, y + 1.2), ink.line)
        y += 1.7
        box(axes, 10, y, width + 1, layer_text(row), colour(row.kind, ink), ink)
    for x, branch in zip(centre, branches, strict=True):
        previous = (10.0, y + 0.5)
        for k, row in enumerate(branch):
            place = top + 0.6 + 1.6 * k
            arrow(axes, previous, (x, place - 0.5), ink.line)
            box(axes, x, place, width, layer_text(row), colour(row.kind, ink), ink)
            previous = (x, place + 0.5)
        if not branch:
            axes.plot([previous[0], x], [previous[1], top + 0.1], color=ink.line, linewidth=1.2, linestyle="-")
            previous = (x, top + 0.1)
        arrow(axes, previous, (x, bottom + 0.1), ink.line)
    meeting(axes, part, centre, bottom + 0.1, ink)
    return figure


def meeting(axes: Axes, part: zoo.Block, centre: list[float], y: float, ink: Ink) -> None:
    """Where branches meet: stacked, a bar with a piece for each; added, one bar."""
    last = part.rows[-1]
    axes.add_patch(Rectangle((0.3, y), 19.4, 0.85, facecolor=ink.faint, edgecolor=ink.line, linewidth=1))
    if last.kind == "concat":
        before = {row.name: row for row in part.rows}
        maps = [before[source].output_shape[0] for source in last.inputs if source in before]
        for x, count in zip(centre, maps, strict=False):
            axes.text(x, y + 0.44, f"{count} maps", ha="center", va="center", fontsize=10.5, color=ink.text)
        for left, right in pairwise(centre):
            axes.text((left + right) / 2, y + 0.42, "+", ha="center", va="center", fontsize=12, color=ink.text)
        words_out = f"stacked: {by(part.output_shape)}"
    else:
        axes.text(10, y + 0.44, "+", ha="center", va="center", fontsize=13, color=ink.text)
        words_out = f"added: {by(part.output_shape)}"
    axes.text(10, y + 1.5, words_out, ha="center", va="center", fontsize=10.5, color=ink.text)
