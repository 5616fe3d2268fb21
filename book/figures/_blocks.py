"""Draws residual blocks of the zoo: their layers in the order in which they run, and the shortcut around them."""

from __future__ import annotations

import torch
from matplotlib.axes import Axes
from torch import nn

from . import BLUE, GREEN, ORANGE, PINK, Ink, arrow
from ._networks import box

TINTS = {"Conv2d": BLUE, "BatchNorm2d": GREEN, "ReLU": PINK}
PITCH, WIDTH = 1.32, 3.2


def order(block: nn.Module, channels: int) -> tuple[list[tuple[str, str]], list[str]]:
    """What runs in a block, each a class and a label: its branch with what follows the sum, and its shortcut."""
    ran: list[tuple[str, nn.Module]] = []
    handles = [
        module.register_forward_hook(lambda m, x, y, name=name: ran.append((name, m)))
        for name, module in block.named_modules()
        if isinstance(module, nn.Conv2d | nn.BatchNorm2d | nn.ReLU)
    ]
    block.eval()(torch.zeros(1, channels, 8, 8))
    for handle in handles:
        handle.remove()
    inside = [(type(m).__name__, label(m), name) for name, m in ran if not name.startswith("downsample")]
    last = max(i for i, part in enumerate(inside) if part[0] != "ReLU")
    steps = [part[:2] for part in inside]
    skip = [label(m) for name, m in ran if name.startswith("downsample")]
    return [*steps[: last + 1], ("add", "+"), *steps[last + 1 :]], skip


def label(module: nn.Module) -> str:
    if isinstance(module, nn.Conv2d):
        stride = f" /{module.stride[0]}" if module.stride[0] > 1 else ""
        return f"{module.kernel_size[0]}×{module.kernel_size[1]}{stride}: {module.out_channels}"
    return {"BatchNorm2d": "norm", "ReLU": "ReLU"}[type(module).__name__]


def residual(axes: Axes, x: float, title: str, block: nn.Module, channels: int, ink: Ink) -> None:
    """One block around x, from the top down."""
    steps, skip = order(block, channels)
    text = {"ha": "center", "va": "center", "fontsize": 10.5, "color": ink.text}
    axes.text(x, 0.5, title, weight="bold", **text)
    axes.text(x, 1.35, f"{channels} maps", **text)
    y, fork = 2.6, 2.0
    aside = x + WIDTH / 2 + (2.0 if skip else 0.45)
    arrow(axes, (x, 1.7), (x, y - 0.48), ink.line)
    for kind, words in steps:
        if kind == "add":
            axes.plot(
                [x], [y], "o", markersize=15, markerfacecolor=ink.faint, markeredgecolor=ORANGE, markeredgewidth=1.8
            )
            axes.text(x, y, "+", ha="center", va="center", fontsize=12, color=ink.text)
            axes.plot([x, aside, aside], [fork, fork, y], color=ORANGE, linewidth=1.8, linestyle="-")
            arrow(axes, (aside, y), (x + 0.42, y), ORANGE, 1.8)
            for k, words_skip in enumerate(skip):
                box(axes, aside, (fork + y) / 2 - 0.65 + PITCH * k, 3.1, words_skip, ORANGE, ink, 0.85)
        else:
            box(axes, x, y, WIDTH, words, TINTS[kind], ink, 0.85)
        arrow(axes, (x, y + 0.43), (x, y + PITCH - 0.44), ink.line)
        y += PITCH
