"""Convolution layers of units 03 to 05, computed by torch: NumPy arrays in, NumPy arrays out."""

from __future__ import annotations

from typing import Any

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

PAD_MODES = {"zero": "constant", "reflect": "reflect", "edge": "edge"}


def out_size(n: int, k: int, s: int = 1, p: int = 0, d: int = 1, ceil: bool = False) -> int:
    """Number of windows along one axis.

    Args:
        n: Pixels of the axis.
        k: Values of the kernel along it.
        s: Step between windows, in pixels.
        p: Zeros put on each side.
        d: Distance of neighbouring kernel values, 1 for dense.
        ceil: Count a last window that reaches beyond the padded axis too, if it starts inside the image or the
            padding before it, as PyTorch's ceil_mode does.

    Raises:
        ValueError: If an argument is out of its range, or no window fits.
    """
    if n < 1 or k < 1 or s < 1 or p < 0 or d < 1:
        raise ValueError(f"n={n}, k={k}, s={s}, p={p}, d={d}: n, k, s and d are at least 1, p is at least 0")
    room = n + 2 * p - d * (k - 1) - 1
    if room < 0:
        raise ValueError(f"a window of {d * (k - 1) + 1} does not fit into {n} + 2·{p} = {n + 2 * p} pixels")
    steps = room // s
    if ceil and room % s and (steps + 1) * s < n + p:
        steps += 1
    return steps + 1


def pad2d(x: Array, p: int | tuple[int, int, int, int], mode: str = "zero") -> Array:
    """Images with a border.

    Args:
        x: Images, shape (..., H, W).
        p: Width of the border in pixels: one number, or (top, bottom, left, right).
        mode: What the border holds: "zero"; "reflect", the image mirrored at its outermost pixels, which are not
            repeated; "edge", the outermost pixels repeated.

    Returns:
        Shape (..., H + top + bottom, W + left + right), a new array: of x's dtype if that is a float type, else
        float64.

    Raises:
        ValueError: If x has fewer than 2 axes, p is malformed or negative, the mode is unknown, or an image is too
            small to be mirrored.
    """
    if x.ndim < 2:
        raise ValueError(f"x has shape {x.shape}, expected at least 2 axes")
    sides: tuple[int, ...] = tuple(p) if isinstance(p, tuple | list) else (p, p, p, p)
    if len(sides) != 4 or min(sides) < 0:
        raise ValueError(f"p is {p!r}, expected one number or (top, bottom, left, right), none below 0")
    if mode not in PAD_MODES:
        raise ValueError(f"mode is {mode!r}, expected one of {', '.join(PAD_MODES)}")
    top, bottom, left, right = sides
    if mode == "reflect" and (max(top, bottom) >= x.shape[-2] or max(left, right) >= x.shape[-1]):
        raise ValueError(f"an image of {x.shape[-2:]} cannot be mirrored over a border of {sides}")
    widths = [(0, 0)] * (x.ndim - 2) + [(top, bottom), (left, right)]
    modes: Any = PAD_MODES[mode]
    padded: Array = np.pad(x.astype(float_type(x)), widths, modes)
    return padded


def correlate2d(img: Array, k: Array) -> Array:
    """Cross-correlation of one image with one kernel, where the kernel fits: the kernel is not flipped.

    Args:
        img: Image, shape (H, W).
        k: Kernel, shape (KH, KW).

    Returns:
        Shape (H - KH + 1, W - KW + 1), a new array: of img's dtype if that is a float type, else float64.

    Raises:
        ValueError: If an argument does not have 2 axes, or the kernel exceeds the image.
    """
    with_axes("img", img, 2)
    with_axes("k", k, 2)
    feature_map: Array = conv2d(img[None, None], k[None, None])[0, 0].copy()
    return feature_map


def conv2d(
    x: Array,
    w: Array,
    b: Array | None = None,
    stride: Option = 1,
    padding: Option = 0,
    dilation: Option = 1,
    groups: int = 1,
) -> Array:
    """The feature maps of a batch of images: a cross-correlation, which the field calls convolution.

    Args:
        x: Images, shape (N, C, H, W).
        w: Kernels, shape (F, C // groups, KH, KW).
        b: Biases, shape (F,), or None for none.
        stride: Step between windows, in pixels: one number or (rows, columns).
        padding: Rows and columns of zeros on each side: one number or (rows, columns).
        dilation: Distance of neighbouring kernel values, 1 for dense: one number or (rows, columns).
        groups: Number of blocks into which channels and kernels are split.

    Returns:
        Shape (N, F, OH, OW), a new array: of x's dtype if that is a float type, else float64.

    Raises:
        ValueError: If x or w does not have 4 axes; if C or F does not split evenly into groups; if w does not have
            C // groups channels; if b does not have F values; if no window fits into the padded image.
    """
    import torch

    check_layer(x, w, b, groups)
    window_counts(x.shape, w.shape[2:], stride, padding, dilation)
    work = working_type(x)
    y = torch.nn.functional.conv2d(
        tensor(x, work),
        tensor(w, work),
        None if b is None else tensor(b, work),
        pair("stride", stride),
        pair("padding", padding),
        pair("dilation", dilation),
        groups,
    )
    return array(y, float_type(x))


def conv2d_backward(
    dout: Array,
    x: Array,
    w: Array,
    stride: Option = 1,
    padding: Option = 0,
    dilation: Option = 1,
    groups: int = 1,
) -> tuple[Array, Array, Array]:
    """The gradients of `conv2d`.

    Args:
        dout: Upstream gradient, shape (N, F, OH, OW).
        x: Images, shape (N, C, H, W).
        w: Kernels, shape (F, C // groups, KH, KW).
        stride: As in the forward pass.
        padding: As in the forward pass.
        dilation: As in the forward pass.
        groups: As in the forward pass.

    Returns:
        (dx, dw, db) of the shapes of x, w and (F,), new arrays: of x's dtype if that is a float type, else float64.

    Raises:
        ValueError: If x and w make no layer, or dout does not have the shape of its output.
    """
    import torch

    check_layer(x, w, None, groups)
    size = window_counts(x.shape, w.shape[2:], stride, padding, dilation)
    with_shape("dout", dout, (len(x), len(w), *size))
    work, result = working_type(x), float_type(x)
    gradients = torch.ops.aten.convolution_backward(
        tensor(dout, work),
        tensor(x, work),
        tensor(w, work),
        [len(w)],
        pair("stride", stride),
        pair("padding", padding),
        pair("dilation", dilation),
        False,
        (0, 0),
        groups,
        (True, True, True),
    )
    dx, dw, db = (array(gradient, result) for gradient in gradients)
    return dx, dw, db


def check_layer(x: Array, w: Array, b: Array | None, groups: int) -> None:
    """Refuse images, kernels and biases that make no layer.

    Raises:
        ValueError: If ranks, channels, groups or biases do not fit together.
    """
    (_, c, _, _), (f, depth, _, _) = with_axes("x", x, 4).shape, with_axes("w", w, 4).shape
    if groups < 1 or c % groups or f % groups:
        raise ValueError(f"{c} channels and {f} kernels do not split into {groups} groups")
    if c != groups * depth:
        raise ValueError(f"x has {c} channels but w expects {groups * depth}")
    if b is not None:
        with_shape("b", b, (f,))


def im2col(x: Array, kh: int, kw: int, stride: Option = 1, padding: Option = 0, dilation: Option = 1) -> Array:
    """The windows of each image as the columns of a matrix.

    Args:
        x: Images, shape (N, C, H, W).
        kh: Rows of a window.
        kw: Columns of a window.
        stride: Step between windows, in pixels: one number or (rows, columns).
        padding: Rows and columns of zeros on each side: one number or (rows, columns).
        dilation: Distance of neighbours in a window, 1 for dense: one number or (rows, columns).

    Returns:
        Shape (N, C * kh * kw, OH * OW), a new array: of x's dtype if that is a float type, else float64. Columns are
        in the order of the windows row by row, values in a column in the order (C, kh, kw).

    Raises:
        ValueError: If x does not have 4 axes or if no window fits into the padded image.
    """
    import torch

    with_axes("x", x, 4)
    window = pair("window", (kh, kw), 1)
    window_counts(x.shape, window, stride, padding, dilation)
    options = (pair("dilation", dilation), pair("padding", padding), pair("stride", stride))
    return array(torch.nn.functional.unfold(tensor(x, working_type(x)), window, *options), float_type(x))


def col2im(
    cols: Array,
    x_shape: tuple[int, int, int, int],
    kh: int,
    kw: int,
    stride: Option = 1,
    padding: Option = 0,
    dilation: Option = 1,
) -> Array:
    """Columns added up where their windows lie in the images: the adjoint of `im2col`.

    Args:
        cols: Columns, shape (N, C * kh * kw, OH * OW), in the order of `im2col`.
        x_shape: Shape of the images, (N, C, H, W).
        kh: Rows of a window.
        kw: Columns of a window.
        stride: As in `im2col`.
        padding: As in `im2col`.
        dilation: As in `im2col`.

    Returns:
        Shape x_shape, a new array: of the dtype of cols if that is a float type, else float64.

    Raises:
        ValueError: If x_shape does not have 4 sizes, no window fits, or cols does not have the shape that `im2col`
            gives for such images.
    """
    import torch

    if len(x_shape) != 4:
        raise ValueError(f"x_shape is {x_shape}, expected (N, C, H, W)")
    window = pair("window", (kh, kw), 1)
    oh, ow = window_counts(x_shape, window, stride, padding, dilation)
    with_shape("cols", cols, (x_shape[0], x_shape[1] * window[0] * window[1], oh * ow))
    options = (pair("dilation", dilation), pair("padding", padding), pair("stride", stride))
    image = torch.nn.functional.fold(tensor(cols, working_type(cols)), tuple(x_shape[2:]), window, *options)
    return array(image, float_type(cols))


def conv_transpose2d(x: Array, w: Array, stride: Option = 1, padding: Option = 0, output_padding: Option = 0) -> Array:
    """The transposed convolution: what the backward pass of a convolution layer does to its upstream gradient.

    Args:
        x: Feature maps, shape (N, C, H, W).
        w: Kernels, shape (C, F, KH, KW).
        stride: Step between the kernel's copies in the result, in pixels: one number or (rows, columns).
        padding: Rows and columns cut off on each side: one number or (rows, columns).
        output_padding: Rows and columns that the result has more, below and to the right: one number or (rows,
            columns), less than the stride.

    Returns:
        Shape (N, F, (H - 1) * stride - 2 * padding + KH + output_padding, likewise for W), a new array: of x's dtype
        if that is a float type, else float64.

    Raises:
        ValueError: If x or w does not have 4 axes; if their channels differ; if output_padding is not less than the
            stride; if the result would be empty.
    """
    import torch

    channels, expected = with_axes("x", x, 4).shape[1], with_axes("w", w, 4).shape[0]
    if channels != expected:
        raise ValueError(f"x has {channels} channels but w expects {expected}")
    steps, cut, more = pair("stride", stride, 1), pair("padding", padding), pair("output_padding", output_padding)
    if any(extra >= step for extra, step in zip(more, steps, strict=True)):
        raise ValueError(f"output_padding is {output_padding!r}, expected less than the stride, {stride!r}")
    size = [
        (n - 1) * s - 2 * p + k + e for n, s, p, k, e in zip(x.shape[2:], steps, cut, w.shape[2:], more, strict=True)
    ]
    if min(size) < 1:
        raise ValueError(f"the result would have {size[0]}×{size[1]} pixels: padding {padding!r} cuts everything off")
    work = working_type(x)
    y = torch.nn.functional.conv_transpose2d(tensor(x, work), tensor(w, work), None, steps, cut, more)
    return array(y, float_type(x))
