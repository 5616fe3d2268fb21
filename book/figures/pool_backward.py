"""Max pooling backward: two windows that overlap have the same winner, which gets both gradients."""

from matplotlib.figure import Figure

from . import BLUE, ORANGE, Ink, arrow, canvas, cell

LINE, DOUT, SIZE, STRIDE = (1, 2, 9, 4, 3), (10, 7), 3, 2


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(17.6, 8.4)
    words = {"ha": "center", "va": "center", "fontsize": 11, "color": ink.text}
    for x, title, backward in ((1.2, "forward", False), (10.6, "backward", True)):
        gradient = [0] * len(LINE)
        winners = []
        for k in range(len(DOUT)):
            window = range(k * STRIDE, k * STRIDE + SIZE)
            winner = max(window, key=lambda place: LINE[place])
            winners.append(winner)
            gradient[winner] += DOUT[k]
        for j, value in enumerate(gradient if backward else LINE):
            won = j in winners
            cell(
                axes,
                x + j,
                5.2,
                str(value),
                face=(ORANGE if backward else BLUE) if won else ink.faint,
                edge=ink.line,
                ink="#ffffff" if won else ink.text,
                size=12,
            )
        for k, winner in enumerate(winners):
            centre = x + k * STRIDE + SIZE / 2
            colour = (BLUE, ORANGE)[k % 2]
            y = 4.65 - 0.4 * k
            axes.plot(
                [x + k * STRIDE + 0.1, x + k * STRIDE + SIZE - 0.1],
                [y, y],
                color=colour,
                linewidth=4,
                linestyle="-",
                solid_capstyle="butt",
            )
            cell(
                axes,
                centre - 0.5,
                1.4,
                str(DOUT[k] if backward else LINE[winner]),
                face=ink.paper,
                edge=colour,
                ink=ink.text,
                size=12,
            )
            foot = (x + winner + 0.5 + (0.18 if k else -0.18), 5.1)
            ends = ((centre, 2.5), foot) if backward else (foot, (centre, 2.5))
            arrow(axes, *ends, ink.line)
        axes.text(x + 2.5, 0.6, title, **{**words, "fontsize": 12})
        axes.text(x + 2.5, 6.8, "dx" if backward else "x", **words)
        axes.text(x - 0.5, 1.9, "dout" if backward else "y", **words)
    axes.text(8.8, 7.8, "windows of 3, stride 2: both contain the 9", **words)
    return figure
