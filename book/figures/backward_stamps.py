"""A transposed convolution with stride 2: two stamps, their sum, and what padding cuts off."""

from matplotlib.figure import Figure

from . import BLUE, ORANGE, Ink, canvas, cell

X, KERNEL, STRIDE = (1, 10), (3, 2, 4), 2
LEFT = 8.4


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(17.6, 10.6)
    words = {"ha": "right", "va": "center", "fontsize": 11, "color": ink.text}
    size = STRIDE * (len(X) - 1) + len(KERNEL)
    total = [0] * size
    for k, (value, colour) in enumerate(zip(X, (BLUE, ORANGE), strict=True)):
        y = 0.4 + 1.5 * k
        axes.text(LEFT - 0.5, y + 0.5, f"x{k} = {value}: stamp {value} · w at {k * STRIDE}", **words)
        for j in range(size):
            u = j - STRIDE * k
            inside = 0 <= u < len(KERNEL)
            number = value * KERNEL[u] if inside else 0
            total[j] += number
            cell(
                axes,
                LEFT + j,
                y,
                str(number) if inside else "",
                face=colour if inside else ink.paper,
                edge=ink.line,
                ink="#ffffff",
            )
    axes.plot([LEFT - 0.2, LEFT + size + 0.2], [3.45, 3.45], color=ink.line, linewidth=1.2, linestyle="-")
    rows = (
        ("padding 0", range(size)),
        ("padding 1", range(1, size - 1)),
        ("padding 1, output padding 1", range(1, size)),
    )
    for k, (name, kept) in enumerate(rows):
        y = 3.9 + 2.0 * k
        axes.text(LEFT - 0.5, y + 0.5, name, **words)
        for j, number in enumerate(total):
            inside = j in kept
            cell(
                axes,
                LEFT + j,
                y,
                str(number) if inside else "",
                face=ink.faint if inside else "none",
                edge=ink.text if inside else "none",
                ink=ink.text,
            )
        axes.text(LEFT + size + 0.5, y + 0.5, f"{len(kept)} values", **{**words, "ha": "left"})
    axes.text(
        LEFT + size / 2,
        10.1,
        "size = (2 \N{MINUS SIGN} 1)·2 \N{MINUS SIGN} 2·padding + 3 + output padding",
        **{**words, "ha": "center"},
    )
    return figure
