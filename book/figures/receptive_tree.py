"""What one unit sees through a convolution with stride 2, a wide convolution and a pooling: size and jump."""

from matplotlib.figure import Figure

from . import BLUE, GREEN, ORANGE, Ink, canvas

# name, taps, stride, padding, colour, line style, from the lowest layer up
LAYERS = [
    ("kernel 3, stride 2", 3, 2, 1, BLUE, "-"),
    ("kernel 5", 5, 1, 2, ORANGE, (0, (5, 1.5))),
    ("pooling 2, stride 2", 2, 2, 0, GREEN, (0, (3, 1.2, 1, 1.2))),
]
PIXELS, STEP, UNIT = 21, 3.0, 3


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(36.5, 14.2)
    sizes, jumps, starts = [1], [1], [0]
    for _, kernel, stride, padding, *_ in LAYERS:
        sizes.append(sizes[-1] + (kernel - 1) * jumps[-1])
        starts.append(starts[-1] - padding * jumps[-1])
        jumps.append(jumps[-1] * stride)
    rows = [12.2 - STEP * level for level in range(4)]
    counts = [PIXELS]
    for _, kernel, stride, padding, *_ in LAYERS:
        counts.append((counts[-1] + 2 * padding - kernel) // stride + 1)

    def place(level: int, i: int) -> float:
        return 1.2 + starts[level] + i * jumps[level] + (sizes[level] - 1) / 2

    lit = {UNIT}
    for level in (3, 2, 1, 0):
        for i in range(counts[level]):
            face = ink.text if i in lit else ink.paper
            axes.plot(
                [place(level, i)],
                [rows[level]],
                "o",
                markersize=6.5,
                color=face,
                markeredgecolor=ink.line,
                linestyle="none",
                zorder=3,
            )
        axes.text(
            32.4, rows[level], str(sizes[level]), ha="center", va="center", fontsize=11.5, color=ink.text, weight="bold"
        )
        axes.text(35.4, rows[level], str(jumps[level]), ha="center", va="center", fontsize=11.5, color=ink.text)
        if level:
            name, kernel, stride, padding, colour, style = LAYERS[level - 1]
            below = set()
            for i in lit:
                for tap in range(kernel):
                    j = i * stride - padding + tap
                    if 0 <= j < counts[level - 1]:
                        axes.plot(
                            [place(level, i), place(level - 1, j)],
                            [rows[level], rows[level - 1]],
                            color=colour,
                            linestyle=style,
                            linewidth=1.3,
                            zorder=2,
                        )
                        below.add(j)
            axes.text(22.8, rows[level] + STEP / 2, name, ha="left", va="center", fontsize=11, color=ink.text)
            lit = below
    axes.text(32.4, 1.2, "size", ha="center", va="center", fontsize=11, color=ink.text)
    axes.text(35.4, 1.2, "jump", ha="center", va="center", fontsize=11, color=ink.text)
    axes.text(11.2, 13.5, "image", ha="center", va="center", fontsize=11, color=ink.text)
    return figure
