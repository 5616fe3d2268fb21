"""What the modules behind `cnnkit.ops` share: checks of arguments, and the way between NumPy arrays and torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

Array = NDArray[Any]
Option = int | Sequence[int]  # one number for rows and columns, or a (rows, columns) pair


def pair(name: str, option: Option, least: int = 0) -> tuple[int, int]:
    """The (rows, columns) of an option.

    Raises:
        ValueError: If it is neither a whole number nor a pair of them, or one is less than `least`.
    """
    sizes = np.broadcast_to(option, 2) if np.ndim(option) == 0 else np.asarray(option)
    if sizes.shape != (2,) or sizes.dtype.kind not in "iu":
        raise ValueError(f"{name} is {option!r}, expected a whole number or a (rows, columns) pair")
    rows, columns = (int(size) for size in sizes)
    if min(rows, columns) < least:
        raise ValueError(f"{name} is {option!r}, expected at least {least}")
    return rows, columns


def with_axes(name: str, values: Array, axes: int) -> Array:
    """The array itself.

    Raises:
        ValueError: If it is no array of real numbers with this many axes.
    """
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "biuf":
        raise ValueError(f"{name} is {kind_of(values)}, expected a NumPy array of real numbers")
    if values.ndim != axes:
        raise ValueError(f"{name} has {values.ndim} axes, shape {values.shape}, expected {axes}")
    return values


def with_shape(name: str, values: Array, shape: tuple[int, ...]) -> Array:
    """The array itself.

    Raises:
        ValueError: If it has another shape.
    """
    if with_axes(name, values, len(shape)).shape != shape:
        raise ValueError(f"{name} has shape {values.shape}, expected {shape}")
    return values


def kind_of(values: object) -> str:
    """What somebody gave in place of an array, in words."""
    return f"an array of {values.dtype}" if isinstance(values, np.ndarray) else f"a {type(values).__name__}"


def float_type(values: Array) -> np.dtype[Any]:
    """The element type of what is computed from an array: its own where it is a float type, else float64."""
    return values.dtype if values.dtype.kind == "f" else np.dtype(np.float64)


def working_type(values: Array) -> np.dtype[Any]:
    """The element type that torch computes in: float32 for at most four bytes, else float64."""
    return np.dtype(np.float32 if float_type(values).itemsize <= 4 else np.float64)


def tensor(values: Array, dtype: np.dtype[Any]) -> torch.Tensor:
    """A tensor of an array's values; it may share the array's memory and is not to be written to."""
    import torch

    contiguous = np.ascontiguousarray(values, dtype)
    return torch.from_numpy(contiguous if contiguous.flags.writeable else contiguous.copy())


def array(values: torch.Tensor, dtype: np.dtype[Any]) -> Array:
    """An array of a tensor's values, of the given type."""
    result: Array = values.contiguous().numpy().astype(dtype, copy=False)
    return result


def window_count(size: int, kernel: int, stride: int, padding: int, dilation: int, what: str) -> int:
    """How many windows fit along one axis.

    Raises:
        ValueError: If none does; `what` names the axis.
    """
    extent = dilation * (kernel - 1) + 1
    if size + 2 * padding < extent:
        padded = f"{size} + 2·{padding} = {size + 2 * padding}" if padding else str(size)
        raise ValueError(f"a window of {extent} {what} does not fit into {padded} {what}")
    return (size + 2 * padding - extent) // stride + 1


def window_counts(
    shape: tuple[int, ...], k: tuple[int, int], stride: Option, padding: Option, dilation: Option = 1
) -> tuple[int, int]:
    """(OH, OW) of windows of k over images whose last two axes are (H, W).

    Raises:
        ValueError: If an option is malformed or no window fits.
    """
    options = (pair("stride", stride, 1), pair("padding", padding), pair("dilation", dilation, 1))
    (sh, sw), (ph, pw), (dh, dw) = options
    rows = window_count(shape[-2], k[0], sh, ph, dh, "rows")
    return rows, window_count(shape[-1], k[1], sw, pw, dw, "columns")
