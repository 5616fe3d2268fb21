"""What adapters use where data is not enough: torch's modules and gradients, beside the learner's code.

Each function takes something of the learner's first, a function, a class or an object. If that is a proxy, the work is
done in the learner's process, else here: the same test runs in a notebook and in the grader.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

from autograder.sandbox import instruments


def lend(near: Any, value: Any) -> Any:
    """A copy of a module (or other value) that lives beside the learner's code, to be passed to it, and seen after.

    Args:
        near: A function or class of the learner's.
        value: One of torch's modules, of a class that the learner's side can import or that a set-up cell defines.
    """
    return _work("lend", near)(near, copy.deepcopy(value))


def seed(near: Any, number: int) -> None:
    """Seed the random generators that the learner's code uses when it is given none."""
    _work("seed", near)(near, number)


def reveal_gpu(near: Any) -> None:
    """Let the learner's code use the GPU from here on, until the end of the exercise; only where `on_gpu` says so."""
    _work("reveal_gpu", near)(near)


def vjp(function: Any, inputs: Sequence[Any], dout: Any) -> dict[str, Any]:
    """Output of a learner's function or module, and the gradients of <output, dout>.

    Args:
        function: Called with the inputs.
        inputs: Its arguments; gradients are computed for tensors of real numbers.
        dout: The upstream gradient, of the output's shape.

    Returns:
        "out"; "inputs", a list of gradients, None where the output does not depend on one; "parameters", gradients
        by name if the function is a module.
    """
    done: dict[str, Any] = _work("vjp", function)(function, list(inputs), dout)
    return done


def examine(module: Any) -> dict[str, Any]:
    """What a module's values do not show.

    Returns:
        "training" of each part by name; "gradients" and "requires_grad" of each parameter by name; "hooks", how many
        are registered.
    """
    seen: dict[str, Any] = _work("examine", module)(module)
    return seen


def operations(function: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
    """The "result" of a call, and "counts" of torch's operations in it by name."""
    seen: dict[str, Any] = _work("operations", function)(function, *args, **kwargs)
    return seen


def _work(name: str, near: Any) -> Callable[..., Any]:
    remote = getattr(type(near), "measured", None)
    if remote is None:
        return instruments.ALL[name]
    return lambda target, *args, **kwargs: remote(target, name, *args, **kwargs)
