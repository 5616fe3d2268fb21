"""Windows of 224 pixels on an image of 384: one score for each position, and what lies around a crop."""

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from . import BLUE, GREEN, ORANGE, Ink, arrow, cell
from ._networks import sheet

IMAGE, CROP, STEP = 384, 224, 32
COUNT = (IMAGE - CROP) // STEP + 1
SCALE = 8.6 / IMAGE
WINDOWS = ((0, 0, BLUE, "-"), (2, 3, ORANGE, "--"), (5, 5, GREEN, "-."))


def draw(ink: Ink) -> Figure:
    figure, axes = sheet(20, 11.2)
    x, y = 0.5, 1.2
    text = {"ha": "center", "va": "center", "fontsize": 10.5, "color": ink.text}
    axes.add_patch(Rectangle((x, y), IMAGE * SCALE, IMAGE * SCALE, facecolor=ink.faint, edgecolor=ink.line))
    for row in range(COUNT):
        for column in range(COUNT):
            axes.plot([x + column * STEP * SCALE], [y + row * STEP * SCALE], "o", markersize=3, color=ink.line)
    for row, column, tint, line in WINDOWS:
        corner = (x + column * STEP * SCALE, y + row * STEP * SCALE)
        axes.add_patch(
            Rectangle(corner, CROP * SCALE, CROP * SCALE, fill=False, edgecolor=tint, linewidth=2.2, linestyle=line)
        )
    axes.text(x + IMAGE * SCALE / 2, 0.6, f"image, {IMAGE}×{IMAGE}", **text)
    axes.text(x + IMAGE * SCALE / 2, y + IMAGE * SCALE + 0.7, f"windows of {CROP}×{CROP}, {STEP} pixels apart", **text)
    arrow(axes, (9.6, 5.5), (11.4, 5.5), ink.line)
    left, top = 12.1, 2.5
    tints = {(row, column): (tint, k) for k, (row, column, tint, _) in enumerate(WINDOWS)}
    for row in range(COUNT):
        for column in range(COUNT):
            tint, k = tints.get((row, column), (ink.line, None))
            cell(axes, left + column, top + row, "" if k is None else "abc"[k], face=ink.faint, edge=tint, ink=ink.text)
    for (row, column), (tint, k) in tints.items():
        axes.add_patch(Rectangle((left + column, top + row), 1, 1, fill=False, edgecolor=tint, linewidth=2.4))
        place = (x + (column * STEP + CROP - 14) * SCALE, y + (row * STEP + 16) * SCALE)
        axes.text(*place, "abc"[k], **text)
    axes.text(left + 3, 1.9, f"scores of a class, {COUNT}×{COUNT}", **text)
    return figure
