"""SqueezeNet, drawn from the zoo."""

from matplotlib.figure import Figure

from . import Ink
from ._networks import network


def draw(ink: Ink) -> Figure:
    return network(ink, "squeezenet")
