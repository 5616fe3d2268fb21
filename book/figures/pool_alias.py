"""Every second number of an alternating row, before and after a shift; and the same after a blur."""

from matplotlib.figure import Figure

from . import BLUE, ORANGE, Ink, canvas, cell

ROW = (0, 4, 0, 4, 0, 4, 0, 4)


def blurred(row: tuple[int, ...]) -> tuple[int, ...]:
    n = len(row)
    return tuple((row[(j - 1) % n] + 2 * row[j] + row[(j + 1) % n]) // 4 for j in range(n))


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(19.6, 9.4)
    words = {"ha": "center", "va": "center", "fontsize": 11, "color": ink.text}
    shifted = ROW[-1:] + ROW[:-1]
    for x, title, change in (
        (2.4, "every second number", lambda row: row),
        (11.2, "blurred by (1 2 1)/4 first", blurred),
    ):
        axes.text(x + 4, 0.5, title, **{**words, "fontsize": 12})
        for k, (row, colour) in enumerate(((ROW, BLUE), (shifted, ORANGE))):
            y = 1.3 + 4.1 * k
            values = change(row)
            for j, value in enumerate(values):
                kept = j % 2 == 0
                cell(
                    axes,
                    x + j,
                    y,
                    str(value),
                    face=colour if kept else ink.faint,
                    edge=ink.line,
                    ink="#ffffff" if kept else ink.text,
                )
                if kept:
                    axes.plot([x + j + 0.5] * 2, [y + 1.05, y + 1.75], color=colour, linewidth=1.4, linestyle="-")
                    cell(axes, x + j, y + 1.8, str(value), face=ink.paper, edge=colour, ink=ink.text)
    for y, text in ((1.8, "row"), (3.6, "kept"), (5.9, "moved"), (7.7, "kept")):
        axes.text(2.1, y, text, **{**words, "ha": "right"})
    return figure
