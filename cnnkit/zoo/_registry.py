"""The list of the systems: what is known of each, and how to build it by name."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from torch import nn

Builder = Callable[..., nn.Module]
B = TypeVar("B", bound=Builder)


@dataclass(frozen=True)
class Entry:
    """What is known of one system.

    Attributes:
        name: The name that `build` takes.
        paper: Authors, title and place.
        year: Year of the version that is cited.
        input_shape: One input of the published network, without the batch axis: (C, H, W), or (C, L) for sound.
        parameters: Trained parameters of the network that `build(name)` returns.
        published_parameters: The number that the paper prints, with its rounding; None if it prints none.
        result: The paper's headline result for this network, or None if there is none.
        conditions: What the result was measured on and how: single network or ensemble, number of crops.
        difference: What our network does otherwise, and why our count is not the published one.
        builder: Makes the network; its keyword arguments are the options of `build`.
    """

    name: str
    paper: str
    year: int
    input_shape: tuple[int, ...]
    parameters: int
    builder: Builder = field(repr=False)
    published_parameters: int | None = None
    result: str | None = None
    conditions: str = ""
    difference: str = ""

    @property
    def published(self) -> str:
        """The published parameter count as text, or "not published"."""
        return "not published" if self.published_parameters is None else f"{self.published_parameters:,}"


_ENTRIES: dict[str, Entry] = {}


def register(
    name: str,
    *,
    paper: str,
    year: int,
    input_shape: tuple[int, ...],
    parameters: int,
    published_parameters: int | None = None,
    result: str | None = None,
    conditions: str = "",
    difference: str = "",
) -> Callable[[B], B]:
    """A decorator that puts a builder on the list under a name. The arguments are the fields of `Entry`."""

    def put(builder: B) -> B:
        if name in _ENTRIES:
            raise ValueError(f"two networks are called {name!r}")
        _ENTRIES[name] = Entry(
            name=name,
            paper=paper,
            year=year,
            input_shape=input_shape,
            parameters=parameters,
            builder=builder,
            published_parameters=published_parameters,
            result=result,
            conditions=conditions,
            difference=difference,
        )
        return builder

    return put


def names() -> list[str]:
    """All names that `build` takes, sorted."""
    return sorted(_ENTRIES)


def entry(name: str) -> Entry:
    """What is known of the network of this name.

    Raises:
        ValueError: If there is none; the message lists the nearest names.
    """
    if name not in _ENTRIES:
        near = difflib.get_close_matches(name, _ENTRIES, n=5, cutoff=0.5)
        listing = f"near it: {', '.join(near)}" if near else f"there are: {', '.join(names())}"
        raise ValueError(f"no network is called {name!r}; {listing}")
    return _ENTRIES[name]


def build(name: str, **options: object) -> nn.Module:
    """A new network with random weights.

    Args:
        name: One of `names()`.
        options: Keyword arguments of its builder. All take `num_classes`; the others are in the builder's docstring.

    Raises:
        ValueError: If no network has this name.
    """
    return entry(name).builder(**options)
