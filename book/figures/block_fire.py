"""SqueezeNet's first Fire block, drawn from the zoo."""

from matplotlib.figure import Figure

from . import Ink
from ._networks import block


def draw(ink: Ink) -> Figure:
    return block(ink, "squeezenet", "features.3")
