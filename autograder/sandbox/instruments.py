"""What tests have done where the learner's code is, because it takes more than data to do it: gradients, seeds, counts.

`autograder.testing.instruments` has the same functions for authors of tests. They run in the learner's process, so
what they report is the learner's word, as a returned value is: compare it with what must come out, never trust it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from autograder.sandbox import gpu


def lend(_: Any, value: Any) -> Any:
    """The value itself, which stays here."""
    return value


def seed(_: Any, number: int) -> None:
    """Seed the random generators that code uses when it is given none."""
    import random

    import numpy as np
    import torch

    random.seed(number)
    np.random.seed(number)
    torch.manual_seed(number)


def reveal_gpu(_: Any) -> None:
    """Let CUDA into this copy of the process, for good; it must not have been used before."""
    os.environ.pop(gpu.VISIBLE, None)


def vjp(function: Callable[..., Any], inputs: Sequence[Any], dout: Any) -> dict[str, Any]:
    """Output of a function or module, and the gradients of <output, dout>.

    Returns:
        "out"; "inputs", a list with a gradient for each floating-point tensor among the inputs, None where there is
        none; "parameters", gradients by name if the function is a module.
    """
    import torch

    leaves = [x.detach().clone().requires_grad_() if wants_gradient(x) else x for x in inputs]
    out = function(*leaves)
    named = dict(function.named_parameters()) if isinstance(function, torch.nn.Module) else {}
    wanted = [x for x in leaves if wants_gradient(x)]
    if out.shape != dout.shape:
        raise ValueError(f"the output has shape {tuple(out.shape)}, not {tuple(dout.shape)}")
    product = (out * dout).sum()  # grad with `grad_outputs` imports 487 modules first, in each copy of a process anew
    gradients = list(torch.autograd.grad(product, [*wanted, *named.values()], allow_unused=True))
    return {
        "out": out.detach(),
        "inputs": gradients[: len(wanted)],
        "parameters": dict(zip(named, gradients[len(wanted) :], strict=True)),
    }


def wants_gradient(value: Any) -> bool:
    """Whether a value is a tensor of real numbers."""
    import torch

    return isinstance(value, torch.Tensor) and value.is_floating_point()


def examine(module: Any) -> dict[str, Any]:
    """State of a module that a copy of its parameters does not show.

    Returns:
        "training" of each part by name; "gradients" of each parameter by name, None where there is none;
        "requires_grad" by name; "hooks", how many are registered in all.
    """
    parts = dict(module.named_modules())
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return {
        "training": {name: part.training for name, part in parts.items()},
        "gradients": {name: p.grad for name, p in module.named_parameters()},
        "requires_grad": {name: p.requires_grad for name, p in module.named_parameters()},
        "hooks": sum(len(getattr(part, kind)) for part in parts.values() for kind in kinds),
    }


def operations(function: Callable[..., Any], *args: Any, **kwargs: Any) -> dict[str, Any]:
    """Result of a call and the operations of torch in it, by name: on a GPU each is at least one kernel launch."""
    from torch.utils._python_dispatch import TorchDispatchMode

    counts: dict[str, int] = {}

    class Counting(TorchDispatchMode):  # type: ignore[no-untyped-call]
        def __torch_dispatch__(self, operation: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            name = str(operation)
            counts[name] = counts.get(name, 0) + 1
            return operation(*args, **(kwargs or {}))

    with Counting():  # type: ignore[no-untyped-call]
        result = function(*args, **kwargs)
    return {"result": result, "counts": counts}


ALL: dict[str, Callable[..., Any]] = {f.__name__: f for f in (lend, seed, reveal_gpu, vjp, examine, operations)}
