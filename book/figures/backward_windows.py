"""The toy layer backward, window by window: what each gives to dx and to dw, and the sums."""

from matplotlib.figure import Figure

from . import BLUE, ORANGE, Ink, canvas, cell

LINE, KERNEL, DOUT = (1, 2, 4, 3), (3, 2), (1, 10, 100)
WINDOWS, PIXELS, UPSTREAM, WEIGHTS = 1.0, 8.7, 6.3, 14.6  # where the columns begin


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(17.6, 8.4)
    words = {"ha": "center", "va": "center", "fontsize": 11, "color": ink.text}
    for x, text in ((3.0, "window of x"), (6.8, "dout"), (10.7, "to dx: dout · w"), (15.6, "to dw: dout · x")):
        axes.text(x, 0.45, text, **words)
    dx, dw = [0] * len(LINE), [0] * len(KERNEL)
    for i, g in enumerate(DOUT):
        y = 1.2 + 1.6 * i
        for j, value in enumerate(LINE):
            inside = i <= j < i + len(KERNEL)
            cell(
                axes,
                WINDOWS + j,
                y,
                str(value),
                face=BLUE if inside else ink.paper,
                edge=ink.line,
                ink="#ffffff" if inside else ink.text,
            )
            given = g * KERNEL[j - i] if inside else 0
            dx[j] += given
            cell(
                axes,
                PIXELS + j,
                y,
                str(given) if inside else "",
                face=ink.faint if inside else ink.paper,
                edge=ink.line,
                ink=ink.text,
            )
        cell(axes, UPSTREAM, y, str(g), face=ORANGE, edge=ink.line, ink="#ffffff")
        for u in range(len(KERNEL)):
            dw[u] += g * LINE[i + u]
            cell(axes, WEIGHTS + u, y, str(g * LINE[i + u]), face=ink.faint, edge=ink.line, ink=ink.text)
    axes.plot([UPSTREAM - 0.3, WEIGHTS + 2.3], [6.1, 6.1], color=ink.line, linewidth=1.2, linestyle="-")
    for x, values in ((UPSTREAM, [sum(DOUT)]), (PIXELS, dx), (WEIGHTS, dw)):
        for j, value in enumerate(values):
            cell(axes, x + j, 6.5, str(value), face=ink.paper, edge=ink.text, ink=ink.text)
    for x, text in ((3.0, "sums"), (6.8, "db"), (10.7, "dx"), (15.6, "dw")):
        axes.text(x, 7.0 if text == "sums" else 8.0, text, **words)
    return figure
