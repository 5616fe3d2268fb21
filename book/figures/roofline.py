"""The roofline of a graphics card, and where five layers stand under it."""

import math

from matplotlib.figure import Figure

from . import BLUE, GREEN, ORANGE, PINK, Ink, canvas

PEAK, SLOW, BANDWIDTH = 312e12, 19.5e12, 2.039e12  # of an A100 with 80 GB: bfloat16, float32, bytes a second
LEFT, BASE = 2.9, 11.2  # place of 1 FLOP per byte and of 1 TFLOP per second
RIGHT, UP = 4.4, 3.7  # units for each factor of ten


def convolution(batch: int, into: int, out: int, side: int, before: int, after: int) -> float:
    """FLOPs per byte of a convolution in bfloat16: each value is read or written once."""
    work = 2 * batch * after * after * out * into * side * side
    values = batch * (into * before * before + out * after * after) + out * into * side * side
    return work / (2 * values)


POINTS = (
    ("GELU", 2.0, ORANGE, "s", (0.45, 0.05)),
    ("depthwise 3×3", 4.5, PINK, "D", (0.45, 0.05)),
    ("2×2, 3→24", convolution(1024, 3, 24, 2, 32, 31), GREEN, "^", (0.45, 0.65)),
    ("3×3, 256→256,\nbatch 1", convolution(1, 256, 256, 3, 7, 7), BLUE, "v", (0.45, 0.35)),
    ("batch 1,024", convolution(1024, 256, 256, 3, 7, 7), BLUE, "o", (-0.2, 0.75)),
)


def place(intensity: float, speed: float) -> tuple[float, float]:
    return LEFT + RIGHT * math.log10(intensity), BASE - UP * math.log10(speed / 1e12)


def draw(ink: Ink) -> Figure:
    figure, axes = canvas(21, 14)
    words = {"fontsize": 10.5, "color": ink.text}
    ends = (1.0, 1e4)
    for power in range(4):
        x, _ = place(10.0**power, 1e12)
        axes.plot([x, x], [BASE, 1.2], color=ink.faint, linewidth=1, linestyle="-", zorder=0)
        axes.text(x, BASE + 0.6, f"{10**power:,}", ha="center", va="center", **words)
    for power in range(3):
        _, y = place(1, 10.0**power * 1e12)
        axes.plot([LEFT, LEFT + 4 * RIGHT], [y, y], color=ink.faint, linewidth=1, linestyle="-", zorder=0)
        axes.text(LEFT - 0.3, y, f"{10**power:,}", ha="right", va="center", **words)
    axes.text(LEFT + 2 * RIGHT, BASE + 1.6, "arithmetic intensity (FLOPs per byte)", ha="center", va="center", **words)
    axes.text(0.6, 6.3, "TFLOPs per second", ha="center", va="center", rotation=90, **words)
    for peak, colour, style in ((PEAK, ink.text, "-"), (SLOW, ink.line, "--")):
        corner = peak / BANDWIDTH
        xs, ys = zip(place(corner, peak), place(ends[1], peak), strict=True)
        axes.plot(xs, ys, color=colour, linestyle=style, linewidth=2)
    xs, ys = zip(place(ends[0], BANDWIDTH * ends[0]), place(PEAK / BANDWIDTH, PEAK), strict=True)
    axes.plot(xs, ys, color=ink.text, linewidth=2, linestyle="-")
    x, y = place(1e4, PEAK)
    axes.text(x, y - 0.55, "312: bfloat16, matrix units", ha="right", va="center", **words)
    x, y = place(1e4, SLOW)
    axes.text(x, y - 0.55, "19.5: float32, plain units", ha="right", va="center", **words)
    x, y = place(9, 9 * BANDWIDTH)
    axes.text(
        x - 0.5, y - 0.5, "2,039 GB per second", ha="center", va="center", rotation=math.degrees(math.atan(UP / RIGHT)),
        **words,
    )  # fmt: skip
    for name, intensity, colour, marker, (right, down) in POINTS:
        x, y = place(intensity, min(PEAK, BANDWIDTH * intensity))
        axes.plot(x, y, marker=marker, color=colour, markersize=8, linestyle="none", zorder=3)
        axes.text(x + right, y + down, name, ha="left", va="center", **words)
    return figure
