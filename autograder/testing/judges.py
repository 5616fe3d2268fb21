"""What the tests expect of an outcome. A judge gives None where it is right, else the fault in words for the learner.

Faults name the first wrong place and the learner's value there, never the expected one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.testing.calls import NUMERIC, Outcome, is_data, is_numpy_number
from autograder.wire import tensors

Judge = Callable[[Outcome], str | None]


@dataclass(frozen=True)
class Tolerance:
    """How far a value may be off: absolutely, or relative to the largest expected magnitude."""

    absolute: float
    relative: float

    def of(self, expected: Any) -> float:
        """The distance allowed from an expected array or number."""
        sizes = np.abs(expected)
        largest = float(sizes.max(initial=0.0))
        if not math.isfinite(largest):
            largest = float(sizes[np.isfinite(sizes)].max(initial=0.0))
        return max(self.absolute, self.relative * largest)


DOUBLE = Tolerance(1e-9, 1e-12)  # sums of some thousand terms in float64 are off by about 1e-13 of the largest
SINGLE = Tolerance(1e-6, 1e-4)  # float32 holds seven digits
LONGEST_TEXT = 80  # characters of one in a message
NOT_WRITTEN = "not written yet (it raises NotImplementedError)"
LOOSE = Tolerance(1e-6, 1e-6)  # the same mistake written in another order, float32 on the way included


def returned(outcome: Outcome) -> str | None:
    """Expect that the call came back with plain data."""
    if outcome.error == "NotImplementedError":
        return NOT_WRITTEN
    if outcome.error:
        return f"raised {outcome.error}" + (f": {outcome.message}" if outcome.message else "")
    if not is_data(outcome.value):
        return f"returned {kind_of(outcome.value)}; plain arrays, tensors and numbers are expected"
    return None


def equals(expected: Any, tolerance: Tolerance) -> Judge:
    """Expect a value."""
    return lambda outcome: returned(outcome) or difference(expected, outcome.value, tolerance)


def has_shape(shape: tuple[int, ...]) -> Judge:
    """Expect an array of a shape."""
    return lambda outcome: returned(outcome) or shape_fault(shape, outcome.value)


def has_dtype(dtype: np.dtype[Any]) -> Judge:
    """Expect an array of an element type."""

    def judge(outcome: Outcome) -> str | None:
        fault = returned(outcome)
        if fault is None and type(outcome.value) is not np.ndarray:
            fault = f"returned {kind_of(outcome.value)} where a NumPy array is expected"
        if fault is None and outcome.value.dtype != dtype:
            fault = f"the result has type {outcome.value.dtype} where {dtype} is expected"
        return fault

    return judge


def leaves_arguments(outcome: Outcome) -> str | None:
    """Expect that no argument was changed and that the result has memory of its own."""
    if fault := returned(outcome):
        return fault
    if outcome.changed:
        return f"the call changed {' and '.join(outcome.changed)}; arguments must stay as they are"
    if outcome.shared:
        return f"the result shares its memory with {' and '.join(outcome.shared)}; return a copy"
    return None


def raised(kind: type[Exception]) -> Judge:
    """Expect an exception."""

    def judge(outcome: Outcome) -> str | None:
        if outcome.error == kind.__name__:
            return None
        if outcome.error == "NotImplementedError":
            return NOT_WRITTEN
        did = f"raised {outcome.error}" if outcome.error else "returned a result"
        return f"{did} where {kind.__name__} is expected"

    return judge


def difference(expected: Any, value: Any, tolerance: Tolerance) -> str | None:
    """How a value, known to be data, differs from the expected one."""
    if tensors.is_tensor(expected):
        return tensor_difference(expected, value, tolerance)
    if isinstance(expected, np.ndarray):
        return shape_fault(expected.shape, value) or array_difference(expected, value, tolerance)
    if isinstance(expected, tuple | list):
        if type(value) not in (tuple, list) or len(value) != len(expected):
            return f"returned {kind_of(value)} where {len(expected)} results are expected"
        faults = (difference(e, v, tolerance) for e, v in zip(expected, value, strict=True))
        return next((f"result {i} of {len(expected)} is wrong: {f}" for i, f in enumerate(faults, 1) if f), None)
    if isinstance(expected, dict):
        if type(value) is not dict:
            return f"returned {kind_of(value)} where a dict with the keys {', '.join(map(str, expected))} is expected"
        if value.keys() != expected.keys():
            return keys_fault(expected, value)
        faults = (fault_at(key, e, value[key], tolerance) for key, e in expected.items())
        return next((fault for fault in faults if fault), None)
    if isinstance(expected, bool | np.bool_ | str) or expected is None:
        same = (type(value) is type(expected) or isinstance(value, np.bool_)) and bool(value == expected)
        return None if same else f"returned {kind_of(value)}"
    return number_difference(expected, value, tolerance)


def keys_fault(expected: dict[Any, Any], value: dict[Any, Any]) -> str:
    """Which keys of a dict are missing, and which are there that should not be."""
    missing, extra = listed(expected.keys() - value.keys()), listed(value.keys() - expected.keys())
    parts = (missing and f"without {missing}", extra and f"with an unexpected {extra}")
    return f"returned a dict {' and '.join(filter(None, parts))}"


def listed(keys: set[Any]) -> str:
    """The first three of some keys, in order."""
    names = sorted(repr(key)[:60] for key in keys)
    return ", ".join([*names[:3], "…"] if len(names) > 3 else names)


def fault_at(key: Any, expected: Any, value: Any, tolerance: Tolerance) -> str | None:
    """How a value in a dict differs; a key in words is taken for a statement, which is to be true or false."""
    fault = difference(expected, value, tolerance)
    if fault and isinstance(expected, bool) and isinstance(value, bool | np.bool_) and " " in str(key):
        return f"this {'is not so' if expected else 'should not be so'}: {key}"
    return fault and f"[{key!r}]: {fault}"


def shape_fault(shape: tuple[int, ...], value: Any) -> str | None:
    """How a value is not an array of real numbers of this shape."""
    if type(value) is not np.ndarray:
        return f"returned {kind_of(value)} where an array of shape {shape} is expected"
    if value.shape != shape:
        return f"the result has shape {value.shape} where {shape} is expected"
    return None


def array_difference(expected: np.ndarray[Any, Any], value: np.ndarray[Any, Any], tolerance: Tolerance) -> str | None:
    """Where an array of the right shape differs first."""
    if value.dtype.kind not in NUMERIC or (value.dtype.kind == "c") != (expected.dtype.kind == "c"):
        return f"the result has type {value.dtype}"
    allowed = tolerance.of(expected)
    with np.errstate(all="ignore"):
        right = np.abs(np.subtract(value, expected, dtype=np.result_type(value, expected, 0.0))) <= allowed
    if right.all():
        return None
    right |= (expected == value) | ((expected != expected) & (value != value))  # infinities, and what is no number
    if right.all():
        return None
    first = tuple(int(i) for i in np.argwhere(~right)[0])
    wrong = right.size - int(np.count_nonzero(right))
    counted = f"{wrong} of {right.size} values are wrong, the first" if right.size > 1 else "the value is wrong,"
    return f"{counted} at index {first}, where yours is {short(value[first])}"


def tensor_difference(expected: Any, value: Any, tolerance: Tolerance) -> str | None:
    """How a value is not this tensor: its shape, its element type, where it differs first."""
    if not tensors.is_tensor(value):
        return f"returned {kind_of(value)} where a tensor of shape {tuple(expected.shape)} is expected"
    if value.shape != expected.shape:
        return f"the result has shape {tuple(value.shape)} where {tuple(expected.shape)} is expected"
    if value.dtype != expected.dtype or value.device != expected.device:
        return f"the result is {value.dtype} on {value.device} where {expected.dtype} on {expected.device} is expected"
    if value.is_meta:
        return None
    return array_difference(tensors.array(expected), tensors.array(value), tolerance)


def number_difference(expected: Any, value: Any, tolerance: Tolerance) -> str | None:
    """How a value differs from an expected number."""
    if type(value) not in (int, float, complex) and not (is_numpy_number(value) and not isinstance(value, np.bool_)):
        return f"returned {kind_of(value)} where a number is expected"
    if isinstance(expected, int | np.integer):
        if not isinstance(value, int | np.integer):
            return f"returned {short(value)} where an integer is expected"
        return None if int(value) == int(expected) else f"yours is {value}"
    right = bool(expected != expected and value != value) or bool(abs(value - expected) <= tolerance.of(expected))
    return None if right or expected == value else f"yours is {short(value)}"


def kind_of(value: Any) -> str:
    """What kind of thing a learner returned, in words."""
    if value is None:
        return "None"
    if type(value) is np.ndarray:
        return f"an array of shape {value.shape}" if value.dtype.kind in NUMERIC else f"an array of {value.dtype}"
    if tensors.is_tensor(value):
        return f"a tensor of shape {tuple(value.shape)}"
    if isinstance(value, bool | np.bool_):
        return str(value)
    if type(value) in (int, float) or is_numpy_number(value):
        return f"the number {short(value)}"
    if type(value) in (tuple, list):
        return f"a {type(value).__name__} of {len(value)}"
    if type(value) is str:
        return f"the text {value!r}" if len(value) < LONGEST_TEXT else "a long text"
    if type(value) is dict:
        return f"a dict of {len(value)}"
    return f"a value of class {type(value).__name__}"


def short(value: Any) -> str:
    """A number with six digits."""
    return f"{value:.6g}" if isinstance(value, float | np.floating) and value != int_or_nan(value) else str(value)


def int_or_nan(value: Any) -> float:
    """The value itself where it is a small whole number, else something that equals nothing."""
    return float(int(value)) if np.isfinite(value) and abs(value) < 1e6 else float("nan")
