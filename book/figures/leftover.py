"""Ten columns, a kernel of three, stride 2: four windows fit and the last column is in none of them."""

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from . import BLUE, ORANGE, Ink, canvas, cell


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(12.2, 4.7)
    for i in range(10):
        last = i == 9
        cell(axes, 1 + i, 0.2, str(i), face=ink.paper if last else ink.faint, edge=ink.line, ink=ink.text, size=12)
    for k in range(4):
        y, colour = 1.75 + 0.62 * k, (BLUE, ORANGE)[k % 2]
        axes.plot([1.1 + 2 * k, 3.9 + 2 * k], [y, y], color=colour, linewidth=6, solid_capstyle="butt", linestyle="-")
        axes.text(0.8, y, f"y{k}", ha="right", va="center", fontsize=11, color=ink.text)
    axes.add_patch(Rectangle((11, 0.2), 1, 1, fill=False, edgecolor=ink.line, linestyle=(0, (2, 2)), linewidth=1))
    axes.text(11.5, 0.73, "?", ha="center", va="center", fontsize=12, color=ink.text)
    axes.plot([9.1, 11.9], [4.23, 4.23], color=ink.line, linewidth=6, linestyle=(0, (0.5, 0.4)), dash_capstyle="butt")
    axes.text(8.9, 4.23, "a fifth window would need a column 10", ha="right", va="center", fontsize=11, color=ink.text)
    return figure
