"""Forty years on a scale of years: cells, models and machines from 1958 to 1998."""

from matplotlib.figure import Figure

from . import BLUE, GREEN, ORANGE, Ink
from .history_from_2004 import timeline

EVENTS = (
    (1959, 1958.6, BLUE, "simple cells in the cat (Hubel, Wiesel)"),
    (1962, 1962.0, BLUE, "complex cells, the model in two steps"),
    (1965, 1964.8, BLUE, "hypercomplex cells"),
    (1968, 1967.4, BLUE, "monkey: columns of cells"),
    (1969, 1970.0, ORANGE, "kernels and rectification (Fukushima)"),
    (1980, 1980.0, ORANGE, "Neocognitron (Fukushima)"),
    (1986, 1985.4, ORANGE, "backpropagation, well known from now on"),
    (1989, 1988.2, ORANGE, "TDNN (Waibel et al.)"),
    (1989, 1990.8, ORANGE, "zip codes, trained (LeCun et al.)"),
    (1995, 1994.8, GREEN, "WordNet described (Miller)"),
    (1998, 1998.2, ORANGE, "LeNet-5 (LeCun et al.)"),
)


def draw(ink: Ink) -> Figure:
    return timeline(ink, EVENTS, (1957, 2000), range(1960, 2001, 10), 12.4)
