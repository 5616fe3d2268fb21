"""GoogLeNet's block 3a, drawn from the zoo."""

from matplotlib.figure import Figure

from . import Ink
from ._networks import block


def draw(ink: Ink) -> Figure:
    return block(ink, "googlenet", "blocks.3a")
