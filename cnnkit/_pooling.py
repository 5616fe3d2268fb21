"""Pooling layers of unit 06, computed by torch: NumPy arrays in, NumPy arrays out."""

from __future__ import annotations

import numpy as np

from cnnkit._arrays import (
    Array,
    Option,
    array,
    float_type,
    pair,
    tensor,
    window_counts,
    with_axes,
    with_shape,
    working_type,
)


def pooling_options(
    shape: tuple[int, ...], k: Option, stride: Option | None, padding: Option
) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int], tuple[int, int]]:
    """Window, step, padding and number of windows, each (rows, columns).

    Raises:
        ValueError: If an option is malformed, more than half a window is padding, or no window fits.
    """
    window, border = pair("k", k, 1), pair("padding", padding)
    step = window if stride is None else pair("stride", stride, 1)
    if any(2 * p > n for p, n in zip(border, window, strict=True)):
        raise ValueError(f"padding is {padding!r}, expected at most half of the window, {k!r}")
    return window, step, border, window_counts(shape, window, step, border)


def max_pool2d(x: Array, k: Option, stride: Option | None = None, padding: Option = 0) -> tuple[Array, Array]:
    """The largest value of each window, and where it was.

    Args:
        x: Feature maps, shape (N, C, H, W).
        k: Size of the window, in pixels: one number or (rows, columns).
        stride: Step between windows, in pixels: one number or (rows, columns); None for the window's size.
        padding: Rows and columns on each side that never win: one number or (rows, columns), at most half a window.

    Returns:
        (out, idx), new arrays of shape (N, C, OH, OW). out has x's dtype if that is a float type, else float64. idx,
        int64, is the winner's flat position in its image without padding: row * W + column. Of equal values the first
        in row-major order wins; NaN wins over numbers.

    Raises:
        ValueError: If x does not have 4 axes, an option is malformed, or no window fits.
    """
    import torch

    with_axes("x", x, 4)
    window, step, border, _ = pooling_options(x.shape, k, stride, padding)
    images = tensor(x, working_type(x))
    out, idx = torch.nn.functional.max_pool2d(images, window, step, border, return_indices=True)
    return array(out, float_type(x)), array(idx, np.dtype(np.int64))


def max_pool2d_backward(dout: Array, idx: Array, x_shape: tuple[int, int, int, int]) -> Array:
    """The gradient of `max_pool2d`: each upstream value goes to the pixel that won, and adds up there.

    Args:
        dout: Upstream gradient, shape (N, C, OH, OW).
        idx: Winners from the forward pass, of the same shape: flat positions in an image.
        x_shape: Shape of the feature maps, (N, C, H, W).

    Returns:
        Shape x_shape, a new array: of dout's dtype if that is a float type, else float64.

    Raises:
        ValueError: If shapes do not fit together, or a position lies outside of the image.
    """
    import torch

    if len(x_shape) != 4 or with_axes("dout", dout, 4).shape[:2] != tuple(x_shape[:2]):
        raise ValueError(f"x_shape is {x_shape}, dout has shape {dout.shape}: (N, C, H, W) with the same N, C expected")
    n, c, h, w = x_shape
    with_shape("idx", idx, dout.shape)
    if idx.dtype.kind not in "iu" or (idx.size and not 0 <= idx.min() <= idx.max() < h * w):
        raise ValueError(f"idx must hold whole numbers from 0 to {h * w - 1}, positions in an image of {h}×{w}")
    dx = torch.zeros((n, c, h * w), dtype=tensor(dout[:0], working_type(dout)).dtype)
    positions = tensor(idx.reshape(n, c, -1), np.dtype(np.int64))
    dx.scatter_add_(2, positions, tensor(dout.reshape(n, c, -1), working_type(dout)))
    return array(dx.reshape(n, c, h, w), float_type(dout))


def avg_pool2d(
    x: Array, k: Option, stride: Option | None = None, padding: Option = 0, count_include_pad: bool = True
) -> Array:
    """The mean of each window.

    Args:
        x: Feature maps, shape (N, C, H, W).
        k: Size of the window, in pixels: one number or (rows, columns).
        stride: Step between windows, in pixels: one number or (rows, columns); None for the window's size.
        padding: Rows and columns of zeros on each side: one number or (rows, columns), at most half a window.
        count_include_pad: Whether padding counts in the divisor.

    Returns:
        Shape (N, C, OH, OW), a new array: of x's dtype if that is a float type, else float64.

    Raises:
        ValueError: If x does not have 4 axes, an option is malformed, or no window fits.
    """
    import torch

    with_axes("x", x, 4)
    window, step, border, _ = pooling_options(x.shape, k, stride, padding)
    images = tensor(x, working_type(x))
    out = torch.nn.functional.avg_pool2d(images, window, step, border, count_include_pad=count_include_pad)
    return array(out, float_type(x))


def avg_pool2d_backward(
    dout: Array,
    x_shape: tuple[int, int, int, int],
    k: Option,
    stride: Option | None = None,
    padding: Option = 0,
    count_include_pad: bool = True,
) -> Array:
    """The gradient of `avg_pool2d`.

    Args:
        dout: Upstream gradient, shape (N, C, OH, OW).
        x_shape: Shape of the feature maps, (N, C, H, W).
        k: As in the forward pass.
        stride: As in the forward pass.
        padding: As in the forward pass.
        count_include_pad: As in the forward pass.

    Returns:
        Shape x_shape, a new array: of dout's dtype if that is a float type, else float64.

    Raises:
        ValueError: If x_shape does not have 4 sizes, an option is malformed, or dout does not have the shape of the
            output.
    """
    import torch

    if len(x_shape) != 4:
        raise ValueError(f"x_shape is {x_shape}, expected (N, C, H, W)")
    window, step, border, size = pooling_options(x_shape, k, stride, padding)
    with_shape("dout", dout, (*x_shape[:2], *size))
    upstream = tensor(dout, working_type(dout))
    images = torch.empty(tuple(x_shape), dtype=upstream.dtype)
    options = (window, step, border, False, count_include_pad, None)
    return array(torch.ops.aten.avg_pool2d_backward(upstream, images, *options), float_type(dout))


def global_avg_pool(x: Array) -> Array:
    """The mean of each feature map.

    Args:
        x: Feature maps, shape (N, C, H, W).

    Returns:
        Shape (N, C), a new array: of x's dtype if that is a float type, else float64.

    Raises:
        ValueError: If x does not have 4 axes, or its feature maps are empty.
    """
    if 0 in with_axes("x", x, 4).shape[2:]:
        raise ValueError(f"x has shape {x.shape}, expected at least one pixel")
    return array(tensor(x, working_type(x)).mean(dim=(2, 3)), float_type(x))


def global_avg_pool_backward(dout: Array, x_shape: tuple[int, int, int, int]) -> Array:
    """The gradient of `global_avg_pool`: each upstream value, shared out evenly over its feature map.

    Args:
        dout: Upstream gradient, shape (N, C).
        x_shape: Shape of the feature maps, (N, C, H, W).

    Returns:
        Shape x_shape, a new array: of dout's dtype if that is a float type, else float64.

    Raises:
        ValueError: If x_shape does not have 4 sizes, or dout is not (N, C).
    """
    if len(x_shape) != 4:
        raise ValueError(f"x_shape is {x_shape}, expected (N, C, H, W)")
    n, c, h, w = x_shape
    with_shape("dout", dout, (n, c))
    share = tensor(dout, working_type(dout)) / (h * w)
    return array(share[:, :, None, None].expand(n, c, h, w), float_type(dout))
