"""One call of a function that is not trusted: what goes in is copied, what comes out is plain data or an exception.

The function may be the learner's own, a proxy of one in another process, or a known mistake.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import inspect
import io
import time
import types
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder.wire import tensors

Function = Callable[..., Any]
Clock = Callable[[], float]
NUMERIC = "biufc"
SINGLES = ("float32", "float16", "bfloat16")
PLAIN = (int, float, str, bool, complex, bytes, type(None))  # of which there are no copies and no parts
MAX_DEPTH = 4
LONGEST_ARGUMENT = 120  # characters of one in a message
STRETCH = 4  # times that other work on the machine may make a call longer; beyond that, another process did its work
_clock: Clock | None = None


class LearnerTimeout(Exception):
    """A call of the learner's function did not come back in time."""


class LearnerCrashed(Exception):
    """The learner's process died during a call."""


class GradingStopped(Exception):
    """Nothing more can be asked of this learner's functions: passes through every test. Graders derive from it."""


@dataclass(frozen=True)
class Signature:
    """A function's name and the names of its arguments, for messages."""

    name: str
    arguments: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Signature:
        """From the form `name(first, second)`.

        Raises:
            ValueError: If it has another form.
        """
        name, opening, rest = text.partition("(")
        arguments = tuple(part.strip() for part in rest.removesuffix(")").split(",") if part.strip())
        if not opening or not rest.endswith(")") or not all(part.isidentifier() for part in (name, *arguments)):
            raise ValueError(f"a signature looks like 'name(first, second)', not {text!r}")
        return cls(name, arguments)


@dataclass(frozen=True)
class Call:
    """A function and its arguments; nobody changes them.

    Attributes:
        adapter: The tests' own code, called as `adapter(function, *args, **kwargs)` in the function's place.
    """

    signature: Signature
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    adapter: Function | None = None

    def __str__(self) -> str:
        pairs = [*zip(self.names, self.args, strict=False), *self.kwargs.items()]
        arguments = ", ".join(described(name, value) for name, value in pairs)
        if self.adapter is None:
            return f"{self.signature.name}({arguments})"
        what = purpose(self.adapter)
        about = what if self.signature.name in what else f"{self.signature.name}, {what[:1].lower()}{what[1:]}"
        return f"{about} ({arguments})" if arguments else about

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the positional arguments, as far as they have any."""
        known = (parameters(self.adapter) if self.adapter else None) or self.signature.arguments
        return (*known, *(f"argument {i}" for i in range(len(known), len(self.args))))

    def single_precision(self) -> bool:
        """Whether an array among the arguments has less than double precision."""
        values = [*self.args, *self.kwargs.values()]
        return any(is_single(getattr(v, "dtype", None)) for v in values)


@dataclass(frozen=True)
class Outcome:
    """What became of a call."""

    value: Any = None
    error: str | None = None  # name of the built-in class of the exception
    message: str = ""
    changed: tuple[str, ...] = ()  # arguments that hold something else than before
    shared: tuple[str, ...] = ()  # arguments whose memory the result uses
    seconds: float = field(default=0.0, compare=False)


def run(function: Function, call: Call, clock: Clock = time.perf_counter) -> Outcome:
    """Call a function with copies of the arguments; what it prints is not caught, see `quiet`.

    Args:
        function: The learner's, or a known answer.
        call: What to call it with.
        clock: Tells the outcome's seconds, which are at least the time that went by divided by `STRETCH`.

    Raises:
        LearnerTimeout: If it did not come back.
        LearnerCrashed: If its process died.
        GradingStopped: If there is nothing left to call.
    """
    args = tuple(copied(value) for value in call.args)
    kwargs = {name: copied(value) for name, value in call.kwargs.items()}
    target = function if call.adapter is None else functools.partial(call.adapter, function)
    try:
        began, started = time.perf_counter(), clock()
        value = target(*args, **kwargs)
        seconds = max(clock() - started, (time.perf_counter() - began) / STRETCH)
    except (LearnerTimeout, LearnerCrashed, GradingStopped):
        raise
    except (Exception, SystemExit) as error:
        return Outcome(error=builtin_name(error), message=str(error)[:300])
    names = [*call.names[: len(args)], *kwargs]
    before = [*call.args, *call.kwargs.values()]
    after = [*args, *kwargs.values()]
    changed = [name for name, old, new in zip(names, before, after, strict=True) if not unchanged(old, new)]
    shared = [name for name, new in zip(names, after, strict=True) if shares_memory(value, new)]
    return Outcome(copied(value), changed=tuple(changed), shared=tuple(shared), seconds=seconds)


def clock_with(clock: Clock | None) -> None:
    """Measure learners' calls by this clock, which tells the processor time of whatever runs them, in seconds."""
    global _clock
    _clock = clock


def clock_of(function: Function) -> Clock:
    """The clock for calls of a function: one of processor time if possible, since a busy machine does not stretch it.

    A proxy's work is done elsewhere: without a clock that was set, only the time that goes by can be known.
    """
    return _clock or (time.process_time if isinstance(function, types.FunctionType) else time.perf_counter)


@contextlib.contextmanager
def quiet() -> Any:
    """Keep what a function prints and warns away from the tests' own output: nbgrader gives 0 for any of it."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        with contextlib.redirect_stderr(io.StringIO()), np.errstate(all="ignore"):
            yield


def copied(value: Any) -> Any:
    """A copy that shares no memory; arrays become contiguous, as they do on their way to another process."""
    if type(value) in PLAIN:
        return value
    if type(value) is np.ndarray:
        return np.array(value, order="C")
    if type(value) is list:
        return [copied(item) for item in value]
    if isinstance(value, tuple):
        return tuple(copied(item) for item in value)  # also of a kind with names, as on the way to another process
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    if tensors.is_tensor(value):
        return value.detach().clone(memory_format=tensors.torch().contiguous_format).requires_grad_(value.requires_grad)
    if tensors.is_generator(value):
        return tensors.generator(tensors.state(value), None)
    return copy.deepcopy(value) if isinstance(value, np.random.Generator) or tensors.is_module(value) else value


def unchanged(before: Any, after: Any) -> bool:
    """Whether an argument still holds what it held."""
    if type(before) in PLAIN:
        return True
    if isinstance(before, np.ndarray):
        same_kind = type(after) is np.ndarray and before.dtype == after.dtype and before.shape == after.shape
        return same_kind and before.tobytes() == after.tobytes()
    if tensors.is_tensor(before):
        same_kind = tensors.is_tensor(after) and tensors.describe(before)[:3] == tensors.describe(after)[:3]
        return same_kind and (before.is_meta or tensors.data(before) == tensors.data(after))
    if isinstance(before, list | tuple):
        return len(before) == len(after) and all(map(unchanged, before, after))
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(unchanged(before[key], after[key]) for key in before)
    return True


def shares_memory(result: Any, argument: Any) -> bool:
    """Whether an array result, or one in a tuple of results, uses the memory of an argument."""
    if type(argument) in PLAIN:
        return False
    if type(result) in (tuple, list):
        return any(shares_memory(item, argument) for item in result)
    if tensors.is_tensor(result) and tensors.is_tensor(argument):
        return tensors.share_memory(argument, result)
    both = isinstance(result, np.ndarray) and isinstance(argument, np.ndarray)
    return both and bool(np.may_share_memory(result, argument))


def is_data(value: Any, depth: int = 0) -> bool:
    """Whether a value is numbers, text, plain arrays or tensors of numbers, or tuples, lists and dicts of such."""
    kind = type(value)
    if kind is np.ndarray:
        return value.dtype.kind in NUMERIC
    if kind is dict:
        return all(type(key) in (str, int) for key in value) and is_data(list(value.values()), depth)
    if kind in (tuple, list):
        return depth < MAX_DEPTH and all(is_data(item, depth + 1) for item in value)
    return (
        value is None or tensors.is_tensor(value) or kind in (bool, int, float, complex, str) or is_numpy_number(value)
    )


def is_numpy_number(value: Any) -> bool:
    """Whether a value is one of NumPy's own scalar numbers."""
    return type(value).__module__ == "numpy" and issubclass(type(value), np.number | np.bool_)


@functools.cache
def is_single(dtype: Any) -> bool:
    """Whether an element type, NumPy's or torch's, has less than double precision."""
    return str(dtype).removeprefix("torch.") in SINGLES


@functools.cache
def parameters(adapter: Function) -> tuple[str, ...] | None:
    """The names of what an adapter takes beside the learner's function; None where it passes all on to that."""
    _, *rest = inspect.signature(adapter).parameters.values()
    return None if any(one.kind is one.VAR_POSITIONAL for one in rest) else tuple(one.name for one in rest)


@functools.cache
def purpose(adapter: Function) -> str:
    """What an adapter does, in the words of its docstring's first line."""
    return (inspect.getdoc(adapter) or adapter.__name__).partition("\n")[0].rstrip(".")


def builtin_name(error: BaseException) -> str:
    """The name of the nearest built-in class of an exception."""
    return next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins")


def described(name: str, value: Any) -> str:
    """An argument for a message: arrays by their shape, everything else by its value."""
    if isinstance(value, np.ndarray) or tensors.is_tensor(value):
        return f"{name} {shape_of(value)}"
    if tensors.is_module(value) or tensors.is_generator(value) or isinstance(value, np.random.Generator):
        return f"{name}, a {type(value).__name__}"
    text = shown(value)
    if len(text) < LONGEST_ARGUMENT:
        return f"{name}={text}"
    if type(value) is dict:
        keys = ", ".join(map(repr, value))
        return f"{name} with {keys if len(keys) < LONGEST_ARGUMENT else f'{len(value)} keys'}"
    return f"{name}={text[:LONGEST_ARGUMENT]}…"


def shown(value: Any) -> str:
    """A value as Python writes it, but arrays in it by their shape."""
    if isinstance(value, np.ndarray) or tensors.is_tensor(value):
        return f"array {shape_of(value)}"
    if type(value) is dict:
        return "{" + ", ".join(f"{key!r}: {shown(item)}" for key, item in value.items()) + "}"
    if type(value) is list:
        return "[" + ", ".join(map(shown, value)) + "]"
    if type(value) is tuple:
        return "(" + ", ".join(map(shown, value)) + ("," if len(value) == 1 else "") + ")"
    return getattr(value, "__name__", None) or repr(value)


def shape_of(value: Any) -> str:
    """The shape of an array or tensor in words, with its type where that is not the usual one."""
    if isinstance(value, np.ndarray):
        return f"of shape {value.shape}" + ("" if value.dtype == np.float64 else f" and type {value.dtype}")
    return f"of shape {tuple(value.shape)}" + ("" if value.dtype.is_floating_point else f" and {value.dtype}")
