"""Inception v3's block with 1×7 and 7×1 kernels, drawn from the zoo."""

from matplotlib.figure import Figure

from . import Ink
from ._networks import block


def draw(ink: Ink) -> Figure:
    return block(ink, "inception_v3", "middle.7")
