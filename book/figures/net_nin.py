"""Network in Network for CIFAR-10, drawn from the zoo."""

from matplotlib.figure import Figure

from . import Ink
from ._networks import network


def draw(ink: Ink) -> Figure:
    return network(ink, "nin")  # codespell:ignore nin
