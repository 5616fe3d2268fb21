"""Which maps of S2 each map of LeNet-5's C3 sees, read from the zoo's network."""

from matplotlib.figure import Figure

from cnnkit import zoo

from . import BLUE, Ink, cell
from ._networks import sheet


def draw(ink: Ink) -> Figure:
    layer = zoo.build("lenet5").c3
    pairs = set(zip(layer.outputs, layer.inputs, strict=True))
    figure, axes = sheet(20, 9.6)
    text = {"va": "center", "fontsize": 10.5, "color": ink.text}
    for out in range(16):
        axes.text(3.9 + out, 1.35, str(out), ha="center", **text)
        for source in range(6):
            seen = (out, source) in pairs
            cell(
                axes, 3.4 + out, 1.8 + source, "×" if seen else "",
                face=ink.faint if seen else ink.paper, edge=BLUE if seen else ink.faint, ink=ink.text,
            )  # fmt: skip
        count = sum((out, source) in pairs for source in range(6))
        axes.text(3.9 + out, 8.4, str(count), ha="center", **text)
    for source in range(6):
        axes.text(3.1, 2.33 + source, str(source), ha="right", **text)
    axes.text(11.4, 0.5, "map of C3", ha="center", **text)
    axes.text(0.2, 4.8, "map of S2", ha="left", **text)
    axes.text(0.2, 8.4, "seen", ha="left", **text)
    axes.text(11.4, 9.2, f"{len(pairs)} of {6 * 16} kernels of 5×5", ha="center", **text)
    return figure
