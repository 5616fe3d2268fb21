"""Eighteen years on a scale of years: data, machines and networks from 2006 to 2023."""

from collections.abc import Iterable

from matplotlib.figure import Figure

from . import BLUE, GREEN, ORANGE, Ink, canvas

Event = tuple[float, float, str, str]  # year, where its text stands, colour, text
MARKS = {BLUE: "s", ORANGE: "o", GREEN: "^"}
KINDS = {BLUE: "cells", ORANGE: "networks", GREEN: "data and machines"}

EVENTS = (
    (2006, 2005.3, GREEN, "a CNN on a graphics card (Chellapilla et al.)"),
    (2006, 2006.5, ORANGE, "deep belief nets (Hinton et al.)"),
    (2009, 2008.6, GREEN, "ImageNet (Deng et al.)"),
    (2010, 2010.0, GREEN, "first ILSVRC: 28.2 % wrong"),
    (2011, 2011.3, ORANGE, "traffic signs, better than people (Cireşan)"),
    (2012, 2012.6, ORANGE, "AlexNet: 16.4 %"),
    (2014, 2013.9, ORANGE, "GoogLeNet 6.7 %, VGG 7.3 %"),
    (2015, 2015.2, ORANGE, "batch normalisation; ResNet 3.57 %"),
    (2017, 2016.9, GREEN, "last ILSVRC: 2.25 %"),
    (2020, 2019.8, ORANGE, "vision transformer (Dosovitskiy et al.)"),
    (2022, 2021.4, ORANGE, "ConvNeXt (Liu et al.)"),
    (2023, 2023.0, ORANGE, "CNNs level again at scale (Smith et al.)"),
)


def timeline(
    ink: Ink, events: Iterable[Event], span: tuple[float, float], ticks: Iterable[int], height: float
) -> Figure:
    """Years downwards, true to scale; a line leads from each event's year to its text."""
    figure, axes = canvas(15, height)
    top, bottom = 1.3, height - 0.5

    def down(year: float) -> float:
        return top + (year - span[0]) / (span[1] - span[0]) * (bottom - top)

    axes.plot([2.2, 2.2], [top, bottom], color=ink.line, linewidth=2, linestyle="-")
    for year in ticks:
        axes.plot([2.0, 2.4], [down(year)] * 2, color=ink.line, linewidth=1.5, linestyle="-")
        axes.text(1.8, down(year), str(year), ha="right", va="center", fontsize=11, color=ink.text)
    used: list[str] = []
    last = 0.0
    for year, place, colour, text in events:
        used.append(colour)
        beside = 0.32 if year == last else 0.0  # so that the second mark of a year does not hide the first
        last = year
        axes.plot(
            [2.2 + beside, 3.1, 3.5], [down(year), down(place), down(place)], color=colour, linewidth=1.3, linestyle="-"
        )
        axes.plot([2.2 + beside], [down(year)], marker=MARKS[colour], markersize=8, color=colour, linestyle="none")
        axes.text(3.7, down(place), f"{year}  {text}", ha="left", va="center", fontsize=11, color=ink.text)
    for k, colour in enumerate(colour for colour in KINDS if colour in used):
        axes.plot([2.2 + 3.6 * k], [0.5], marker=MARKS[colour], markersize=8, color=colour, linestyle="none")
        axes.text(2.6 + 3.6 * k, 0.5, KINDS[colour], ha="left", va="center", fontsize=11, color=ink.text)
    return figure


def draw(ink: Ink) -> Figure:
    return timeline(ink, EVENTS, (2004, 2024), range(2005, 2025, 5), 12.4)
