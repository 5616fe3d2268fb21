"""Libraries that learner code may call but not hold: their functions are computed on the trusted side.

A course's library may be built on what a unit puts out of reach. Here its modules are empty but for the functions that
the unit serves, and these send their arguments to the tester, which computes them, from data to data.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn


def ask(function: int | str, /, *args: Any, **kwargs: Any) -> Any:
    """Replaced by the worker, which has a tester to ask."""
    raise RuntimeError(f"{function} can be called from a notebook only")


def install(serves: Mapping[str, Sequence[str]]) -> None:
    """Make modules of these names importable that have these functions and nothing else."""
    for name, functions in serves.items():
        module = _module(name)
        for function in functions:
            setattr(module, function, _stub(name, function))


def _module(name: str) -> types.ModuleType:
    if name not in sys.modules:
        module = types.ModuleType(name, "Served by the tests' side while this unit is graded.")
        module.__path__ = []
        module.__getattr__ = lambda attribute: _refuse(name, attribute)  # type: ignore[method-assign]
        sys.modules[name] = module
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(_module(parent), child, module)
    return sys.modules[name]


def _stub(module: str, function: str) -> Callable[..., Any]:
    def stub(*args: Any, **kwargs: Any) -> Any:
        return ask(f"{module}.{function}", *args, **kwargs)

    stub.__name__ = stub.__qualname__ = function
    stub.__module__ = module
    return stub


def _refuse(module: str, attribute: str) -> NoReturn:
    if attribute.startswith("__"):
        raise AttributeError(attribute)
    raise ImportError(f"{module}.{attribute} is out of reach while this unit is graded")
