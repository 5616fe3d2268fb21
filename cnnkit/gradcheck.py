"""Are my gradients right? Compares them with central differences and says where they differ most."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def numerical_gradient(f: Callable[[Array], Array | float], x: Array, dout: Array | float, eps: float = 1e-5) -> Array:
    """The gradient of sum(dout * f(x)) with respect to x, by central differences.

    Args:
        f: Function of an array. It is called with x itself, two times for each value, one value changed by eps.
        x: Where the gradient is wanted, a float64 array. It is restored after each call, whatever happens.
        dout: Upstream gradient, of the shape of f(x).
        eps: Half of the distance between the two points.

    Returns:
        Shape of x, float64.

    Raises:
        ValueError: If x is not float64: the differences of lower precision are mostly rounding.
    """
    if not isinstance(x, np.ndarray) or x.dtype != np.float64:
        raise ValueError(f"x is {x.dtype if isinstance(x, np.ndarray) else type(x).__name__}, expected a float64 array")
    gradient = np.empty_like(x)
    for index in np.ndindex(*x.shape):
        value = x[index]
        try:
            x[index] = value + eps
            above = np.array(f(x), np.float64)
            x[index] = value - eps
            below = np.array(f(x), np.float64)
        finally:
            x[index] = value
        gradient[index] = np.sum((above - below) * dout) / (2 * eps)
    return gradient


@dataclass(frozen=True)
class Comparison:
    """A gradient beside its central differences.

    Attributes:
        ok: Whether they agree everywhere.
        worst: Index of the value where they differ most.
        yours: The gradient there.
        numerical: The central difference there.
        error: Largest difference, divided by the largest magnitude of both gradients or 1, whichever is more.
        wrong: How many values differ by more than the tolerance.
        size: How many values there are.
    """

    ok: bool
    worst: tuple[int, ...]
    yours: float
    numerical: float
    error: float
    wrong: int
    size: int

    def __str__(self) -> str:
        verdict = "the gradient agrees" if self.ok else f"{self.wrong} of {self.size} values differ"
        place = f"at {self.worst} it is {self.yours:.6g}, by central differences {self.numerical:.6g}"
        return f"{verdict}; worst {place} (error {self.error:.1e})"


def check_gradient(
    f: Callable[[Array], Array | float],
    x: Array,
    dx: Array,
    dout: Array | float = 1.0,
    eps: float = 1e-5,
    tolerance: float = 1e-6,
) -> Comparison:
    """Compare a gradient with central differences, value by value.

    Args:
        f: Function of an array.
        x: Where the gradient was taken, a float64 array.
        dx: The gradient in question, of x's shape.
        dout: Upstream gradient, of the shape of f(x). Make it random: one of ones hides mistakes.
        eps: Half of the distance between the two points.
        tolerance: Largest error of one value that counts as rounding.

    Returns:
        The comparison; print it to see the worst value.

    Raises:
        ValueError: If x is not a float64 array with values, or dx does not have its shape.
    """
    if np.shape(dx) != np.shape(x) or not np.size(x):
        raise ValueError(f"the gradient has shape {np.shape(dx)}, x has {np.shape(x)}; expected the same, not empty")
    numerical = numerical_gradient(f, x, dout, eps)
    scale = max(1.0, float(np.abs(numerical).max()), float(np.nan_to_num(np.abs(dx)).max()))
    errors = np.nan_to_num(np.abs(np.asarray(dx, np.float64) - numerical) / scale, nan=np.inf)
    worst = tuple(int(i) for i in np.unravel_index(int(errors.argmax()), x.shape))
    wrong = int(np.count_nonzero(errors > tolerance))
    pair = float(dx[worst]), float(numerical[worst])
    return Comparison(wrong == 0, worst, *pair, float(errors[worst]), wrong, x.size)
