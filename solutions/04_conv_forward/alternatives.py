"""Right answers of unit 04 in other styles than the reference's. Each must get full marks."""

from __future__ import annotations

import itertools

import numpy as np

from autograder.testing import Alternatives

alternative = Alternatives()


# -- what several answers share: checks and sizes -----------------------------------------------------------------


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


def check(x, w, b, groups):
    if x.ndim != 4:
        raise ValueError(f"x must be (N, C, H, W), got {x.shape}")
    if w.ndim != 4:
        raise ValueError(f"w must be (F, C // groups, KH, KW), got {w.shape}")
    if x.shape[1] % groups or w.shape[0] % groups:
        raise ValueError(f"{groups} groups divide neither {x.shape[1]} channels nor {w.shape[0]} kernels")
    if w.shape[1] * groups != x.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, w expects {w.shape[1] * groups}")
    if b is not None and b.shape != (w.shape[0],):
        raise ValueError(f"b must be ({w.shape[0]},), got {b.shape}")


def output_size(n, k, s, p, d):
    size = (n + 2 * p - d * (k - 1) - 1) // s + 1
    if size < 1:
        raise ValueError(f"a kernel of {k} (dilation {d}) does not fit into {n} pixels (padding {p})")
    return size


def sizes(shape, kh, kw, stride, padding, dilation):
    rows, columns = zip(pair(stride), pair(padding), pair(dilation), strict=True)
    return output_size(shape[2], kh, *rows), output_size(shape[3], kw, *columns)


def as_float(a):
    return a if np.issubdtype(a.dtype, np.floating) else a.astype(np.float64)


def with_border(x, padding):
    ph, pw = pair(padding)
    y = np.zeros((*x.shape[:2], x.shape[2] + 2 * ph, x.shape[3] + 2 * pw), as_float(x[:0]).dtype)
    y[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]] = x
    return y


# -- conv2d_loops and conv2d --------------------------------------------------------------------------------------


@alternative("conv2d-loops", style="loops over single values")
def seven_loops(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    check(x, w, b, groups)
    (n, _, h, width), (f, c, kh, kw) = x.shape, w.shape
    oh, ow = sizes(x.shape, kh, kw, stride, padding, dilation)
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    x, w = as_float(x), as_float(w)
    y = np.zeros((n, f, oh, ow), x.dtype)
    for image, kernel, i, j in itertools.product(range(n), range(f), range(oh), range(ow)):
        total = 0.0 if b is None else float(b[kernel])
        for channel, u, v in itertools.product(range(c), range(kh), range(kw)):
            row, column = i * sh + u * dh - ph, j * sw + v * dw - pw
            if 0 <= row < h and 0 <= column < width:
                source = kernel // (f // groups) * c + channel
                total += float(x[image, source, row, column]) * float(w[kernel, channel, u, v])
        y[image, kernel, i, j] = total
    return y


@alternative("conv2d-loops", style="loops over windows, starting with the bias")
def positions_then_kernels(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    check(x, w, b, groups)
    f, c, kh, kw = w.shape
    oh, ow = sizes(x.shape, kh, kw, stride, padding, dilation)
    (sh, sw), (dh, dw) = pair(stride), pair(dilation)
    xp = with_border(x, padding)
    y = np.zeros((len(x), f, oh, ow), xp.dtype)
    if b is not None:
        y += b[:, None, None].astype(y.dtype)
    for i in range(oh):
        for j in range(ow):
            window = xp[:, :, i * sh :, j * sw :][:, :, : dh * (kh - 1) + 1 : dh, : dw * (kw - 1) + 1 : dw]
            for k in range(f):
                g = k // (f // groups)
                y[:, k, i, j] += (window[:, g * c : (g + 1) * c] * w[k]).sum(axis=(1, 2, 3))
    return y


@alternative("conv2d-loops", "conv2d", style="einsum over a sliding window view")
def einsum_of_windows(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    check(x, w, b, groups)
    f, c, kh, kw = w.shape
    oh, ow = sizes(x.shape, kh, kw, stride, padding, dilation)
    (sh, sw), (dh, dw) = pair(stride), pair(dilation)
    extent = (dh * (kh - 1) + 1, dw * (kw - 1) + 1)
    view = np.lib.stride_tricks.sliding_window_view(with_border(x, padding), extent, axis=(2, 3))
    view = view[:, :, ::sh, ::sw, ::dh, ::dw].reshape(len(x), groups, c, oh, ow, kh, kw)
    kernels = w.reshape(groups, f // groups, c, kh, kw).astype(view.dtype)
    y = np.einsum("ngchwij,gfcij->ngfhw", view, kernels, optimize=True).reshape(len(x), f, oh, ow)
    return y if b is None else y + b.astype(y.dtype)[:, None, None]


@alternative("conv2d-loops", "conv2d", style="plain einsum over strides")
def einsum_over_strides(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    check(x, w, b, groups)
    f, c, kh, kw = w.shape
    oh, ow = sizes(x.shape, kh, kw, stride, padding, dilation)
    (sh, sw), (dh, dw) = pair(stride), pair(dilation)
    xp = with_border(x, padding)
    bytes_n, bytes_c, bytes_h, bytes_w = xp.strides
    windows = np.lib.stride_tricks.as_strided(
        xp,
        (len(x), groups, c, oh, ow, kh, kw),
        (bytes_n, bytes_c * c, bytes_c, bytes_h * sh, bytes_w * sw, bytes_h * dh, bytes_w * dw),
        writeable=False,
    )
    y = np.einsum("ngchwij,gfcij->ngfhw", windows, as_float(w).reshape(groups, f // groups, c, kh, kw))
    y = np.ascontiguousarray(y, dtype=xp.dtype).reshape(len(x), f, oh, ow)
    if b is not None:
        y += b.reshape(1, f, 1, 1).astype(y.dtype)
    return y


@alternative("conv2d-loops", "conv2d", style="tensordot, group by group")
def tensordot_by_group(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    check(x, w, b, groups)
    f, c, kh, kw = w.shape
    sizes(x.shape, kh, kw, stride, padding, dilation)
    (sh, sw), (dh, dw) = pair(stride), pair(dilation)
    extent = (dh * (kh - 1) + 1, dw * (kw - 1) + 1)
    xp = with_border(x, padding)
    parts = []
    for g in range(groups):
        part = xp[:, g * c : (g + 1) * c]
        view = np.lib.stride_tricks.sliding_window_view(part, extent, axis=(2, 3))[:, :, ::sh, ::sw, ::dh, ::dw]
        kernels = w[g * (f // groups) : (g + 1) * (f // groups)].astype(xp.dtype)
        parts.append(np.tensordot(view, kernels, axes=((1, 4, 5), (1, 2, 3))))  # (N, OH, OW, F/groups)
    y = np.concatenate(parts, axis=-1).transpose(0, 3, 1, 2)
    return np.ascontiguousarray(y if b is None else y + b.reshape(-1, 1, 1).astype(y.dtype))


@alternative("conv2d-loops", "conv2d", style="sum over kernel offsets")
def sum_over_offsets(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    check(x, w, b, groups)
    f, c, kh, kw = w.shape
    oh, ow = sizes(x.shape, kh, kw, stride, padding, dilation)
    (sh, sw), (dh, dw) = pair(stride), pair(dilation)
    xp = with_border(x, padding)
    kernels = w.reshape(groups, f // groups, c, kh, kw).astype(xp.dtype)
    y = np.zeros((len(x), groups, f // groups, oh * ow), xp.dtype)
    for i in range(kh):
        for j in range(kw):
            shifted = xp[:, :, i * dh :, j * dw :][:, :, : sh * (oh - 1) + 1 : sh, : sw * (ow - 1) + 1 : sw]
            y += kernels[..., i, j] @ shifted.reshape(len(x), groups, c, oh * ow)
    y = y.reshape(len(x), f, oh, ow)
    return y if b is None else y + b.reshape(f, 1, 1).astype(y.dtype)


@alternative("conv2d-loops", "conv2d", style="im2col by index arrays")
def indexed_columns_times_kernels(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    check(x, w, b, groups)
    f, c, kh, kw = w.shape
    oh, ow = sizes(x.shape, kh, kw, stride, padding, dilation)
    (sh, sw), (dh, dw) = pair(stride), pair(dilation)
    rows = sh * np.arange(oh)[:, None] + dh * np.arange(kh)  # (OH, KH)
    columns = sw * np.arange(ow)[:, None] + dw * np.arange(kw)  # (OW, KW)
    windows = with_border(x, padding)[:, :, rows[:, None, :, None], columns[None, :, None, :]]
    cols = windows.reshape(len(x), groups, c, oh * ow, kh * kw).transpose(1, 0, 3, 2, 4)
    cols = cols.reshape(groups, len(x) * oh * ow, c * kh * kw)
    kernels = as_float(w).reshape(groups, f // groups, -1).swapaxes(1, 2).astype(cols.dtype)
    y = (cols @ kernels).reshape(groups, len(x), oh, ow, f // groups)
    y = y.transpose(1, 0, 4, 2, 3).reshape(len(x), f, oh, ow)
    return y if b is None else y + b.reshape(1, f, 1, 1).astype(y.dtype)


@alternative("conv2d-loops", "conv2d", style="groups by recursion")
def one_call_per_group(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    check(x, w, b, groups)
    if groups > 1:
        biases = [None] * groups if b is None else np.split(b, groups)
        blocks = zip(np.split(x, groups, axis=1), np.split(w, groups), biases, strict=True)
        layers = [one_call_per_group(*block, stride, padding, dilation) for block in blocks]
        return np.concatenate(layers, axis=1)
    f, _, kh, kw = w.shape
    oh, ow = sizes(x.shape, kh, kw, stride, padding, dilation)
    cols = offsets_first(x, kh, kw, stride, padding, dilation)
    y = (w.reshape(f, -1).astype(cols.dtype) @ cols).reshape(len(x), f, oh, ow)
    return y if b is None else y + np.asarray(b, y.dtype).reshape(-1, 1, 1)


@alternative("conv2d-loops", "conv2d", style="dilated kernel written out with zeros, stride by leaving out")
def dense_kernel_then_subsample(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    check(x, w, b, groups)
    f, c, kh, kw = w.shape
    sizes(x.shape, kh, kw, stride, padding, dilation)
    (sh, sw), (dh, dw) = pair(stride), pair(dilation)
    xp = with_border(x, padding)
    spread = np.zeros((f, groups * c, dh * (kh - 1) + 1, dw * (kw - 1) + 1), xp.dtype)
    for k in range(f):  # a grouped kernel is a full one with zeros for the other groups' channels
        g = k // (f // groups)
        spread[k, g * c : (g + 1) * c, ::dh, ::dw] = w[k]
    view = np.lib.stride_tricks.sliding_window_view(xp, spread.shape[2:], axis=(2, 3))[:, :, ::sh, ::sw]
    y = np.moveaxis(np.tensordot(view, spread, axes=((1, 4, 5), (1, 2, 3))), -1, 1).copy()
    return y if b is None else y + b.reshape(f, 1, 1).astype(y.dtype)


@alternative("conv2d-loops", "conv2d", style="FFT")
def product_of_spectra(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    check(x, w, b, groups)
    f, c, kh, kw = w.shape
    oh, ow = sizes(x.shape, kh, kw, stride, padding, dilation)
    (sh, sw), (dh, dw) = pair(stride), pair(dilation)
    xp = with_border(x, padding).astype(np.float64)
    spread = np.zeros((f, c, dh * (kh - 1) + 1, dw * (kw - 1) + 1))
    spread[:, :, ::dh, ::dw] = w
    image = np.fft.rfft2(xp).reshape(len(x), groups, c, *xp.shape[2:-1], -1)
    kernel = np.conj(np.fft.rfft2(spread, xp.shape[2:])).reshape(groups, f // groups, c, *xp.shape[2:-1], -1)
    spectrum = np.einsum("ngchw,gfchw->ngfhw", image, kernel)
    y = np.fft.irfft2(spectrum, xp.shape[2:]).reshape(len(x), f, *xp.shape[2:])
    y = y[:, :, : sh * (oh - 1) + 1 : sh, : sw * (ow - 1) + 1 : sw]
    y = y if b is None else y + b.reshape(f, 1, 1)
    return y.astype(as_float(x[:0]).dtype)


# -- im2col -------------------------------------------------------------------------------------------------------


def check_images(x):
    if x.ndim != 4:
        raise ValueError(f"x must be (N, C, H, W), got {x.shape}")


@alternative("im2col", style="loops over windows")
def one_window_at_a_time(x, kh, kw, stride=1, padding=0, dilation=1):
    check_images(x)
    oh, ow = sizes(x.shape, kh, kw, stride, padding, dilation)
    (sh, sw), (dh, dw) = pair(stride), pair(dilation)
    xp = with_border(x, padding)
    cols = np.zeros((len(x), x.shape[1] * kh * kw, oh * ow), xp.dtype)
    for n in range(len(x)):
        for i in range(oh):
            for j in range(ow):
                rows = slice(i * sh, i * sh + dh * (kh - 1) + 1, dh)
                columns = slice(j * sw, j * sw + dw * (kw - 1) + 1, dw)
                cols[n, :, i * ow + j] = xp[n, :, rows, columns].ravel()
    return cols


@alternative("im2col", style="slices by kernel offset, stacked")
def offsets_first(x, kh, kw, stride=1, padding=0, dilation=1):
    check_images(x)
    oh, ow = sizes(x.shape, kh, kw, stride, padding, dilation)
    (sh, sw), (dh, dw) = pair(stride), pair(dilation)
    xp = with_border(x, padding)
    slices = [
        xp[:, :, i * dh : i * dh + sh * (oh - 1) + 1 : sh, j * dw : j * dw + sw * (ow - 1) + 1 : sw]
        for i in range(kh)
        for j in range(kw)
    ]
    return np.stack(slices, axis=2).reshape(len(x), -1, oh * ow)


@alternative("im2col", style="sliding window view")
def view_of_windows(x, kh, kw, stride=1, padding=0, dilation=1):
    check_images(x)
    oh, ow = sizes(x.shape, kh, kw, stride, padding, dilation)
    (sh, sw), (dh, dw) = pair(stride), pair(dilation)
    extent = (dh * (kh - 1) + 1, dw * (kw - 1) + 1)
    windows = np.lib.stride_tricks.sliding_window_view(with_border(x, padding), extent, axis=(2, 3))
    windows = windows[:, :, ::sh, ::sw, ::dh, ::dw]
    return np.einsum("nchwij->ncijhw", windows).reshape(len(x), -1, oh * ow).copy()


@alternative("im2col", style="strides")
def strided_windows(x, kh, kw, stride=1, padding=0, dilation=1):
    check_images(x)
    oh, ow = sizes(x.shape, kh, kw, stride, padding, dilation)
    (sh, sw), (dh, dw) = pair(stride), pair(dilation)
    xp = with_border(x, padding)
    bytes_n, bytes_c, bytes_h, bytes_w = xp.strides
    steps = (bytes_n, bytes_c, bytes_h * dh, bytes_w * dw, bytes_h * sh, bytes_w * sw)
    windows = np.lib.stride_tricks.as_strided(xp, (*x.shape[:2], kh, kw, oh, ow), steps)
    return np.array(windows).reshape(len(x), -1, oh * ow)


@alternative("im2col", style="index arrays")
def gathered_by_indices(x, kh, kw, stride=1, padding=0, dilation=1):
    check_images(x)
    oh, ow = sizes(x.shape, kh, kw, stride, padding, dilation)
    (sh, sw), (dh, dw) = pair(stride), pair(dilation)
    c = x.shape[1]
    channel = np.repeat(np.arange(c), kh * kw)[:, None]
    row = np.tile(np.repeat(dh * np.arange(kh), kw), c)[:, None] + sh * np.repeat(np.arange(oh), ow)
    column = np.tile(dw * np.arange(kw), c * kh)[:, None] + sw * np.tile(np.arange(ow), oh)
    return with_border(x, padding)[:, channel, row, column]


# -- depthwise_separable ------------------------------------------------------------------------------------------


def check_separable(x, wd, wp):
    if not (x.ndim == wd.ndim == wp.ndim == 4):
        raise ValueError("x, wd and wp must have 4 axes")
    if not (x.shape[1] == wd.shape[0] == wp.shape[1]):
        raise ValueError(f"{x.shape[1]} channels, but wd is for {wd.shape[0]} and wp for {wp.shape[1]}")
    return sizes(x.shape, *wd.shape[2:], 1, 0, 1)


@alternative("depthwise-separable", style="loops")
def channel_by_channel(x, wd, wp):
    oh, ow = check_separable(x, wd, wp)
    x, wd, wp = as_float(x), as_float(wd), as_float(wp)
    kh, kw = wd.shape[2:]
    depth = np.zeros((*x.shape[:2], oh, ow), x.dtype)
    for c, i, j in np.ndindex(x.shape[1], oh, ow):
        depth[:, c, i, j] = (x[:, c, i : i + kh, j : j + kw] * wd[c, 0]).sum(axis=(1, 2))
    y = np.zeros((len(x), len(wp), oh, ow), x.dtype)
    for f, c in np.ndindex(*wp.shape[:2]):
        y[:, f] += wp[f, c, 0, 0] * depth[:, c]
    return y


@alternative("depthwise-separable", style="two grouped layers")
def two_layers(x, wd, wp):
    check_separable(x, wd, wp)
    return one_call_per_group(one_call_per_group(x, wd, groups=x.shape[1]), wp)


@alternative("depthwise-separable", style="one full kernel, multiplied out")
def multiplied_out(x, wd, wp):
    check_separable(x, wd, wp)
    return tensordot_by_group(x, as_float(wp) * as_float(wd)[:, 0])  # (F, C, 1, 1) * (C, KH, KW) -> (F, C, KH, KW)


@alternative("depthwise-separable", style="one einsum")
def one_einsum(x, wd, wp):
    check_separable(x, wd, wp)
    x, wd, wp = as_float(x), as_float(wd), as_float(wp)
    windows = np.lib.stride_tricks.sliding_window_view(x, wd.shape[2:], axis=(2, 3))
    return np.einsum("nchwij,cij,fc->nfhw", windows, wd[:, 0], wp[:, :, 0, 0], optimize=True)


@alternative("depthwise-separable", style="sum over offsets, tensordot over channels")
def offsets_and_tensordot(x, wd, wp):
    oh, ow = check_separable(x, wd, wp)
    x, wd, wp = as_float(x), as_float(wd), as_float(wp)
    offsets = itertools.product(range(wd.shape[2]), range(wd.shape[3]))
    depth = sum(x[:, :, i : i + oh, j : j + ow] * wd[:, :, i, j, None] for i, j in offsets)
    return np.moveaxis(np.tensordot(depth, wp[:, :, 0, 0], axes=(1, 1)), -1, 1)


# -- conv_params and conv_macs ------------------------------------------------------------------------------------


def must_divide(C, F, groups):
    if any(number % groups for number in (C, F)):
        raise ValueError(f"{C} channels and {F} kernels do not split into {groups} groups")


@alternative("conv-params", style="size of an array's shape")
def shape_of_the_kernels(C, F, k, groups=1, bias=True):
    must_divide(C, F, groups)
    return int(np.prod([F, C // groups, *pair(k)])) + F * int(bias)


@alternative("conv-params", style="one kernel at a time")
def kernels_one_by_one(C, F, k, groups=1, bias=True):
    must_divide(C, F, groups)
    rows, columns = (k, k) if isinstance(k, int) else k
    return sum(rows * columns * (C // groups) + (1 if bias else 0) for _ in range(F))


@alternative("conv-params", style="group by group")
def groups_one_by_one(C, F, k, groups=1, bias=True):
    must_divide(C, F, groups)
    one = (C // groups) * (F // groups) * pair(k)[0] * pair(k)[1]
    return groups * one + (F if bias else 0)


@alternative("conv-params", style="NumPy integer")
def numpy_integer(C, F, k, groups=1, bias=True):
    must_divide(C, F, groups)
    return np.int64(F) * (C // groups) * np.prod(pair(k)) + np.int64(F * bias)


@alternative("conv-params", style="values of the output times values of a window", function="conv_macs")
def outputs_times_window(C, F, k, out_size, groups=1):
    must_divide(C, F, groups)
    (kh, kw), (oh, ow) = pair(k), pair(out_size)
    return (F * oh * ow) * (C // groups * kh * kw)


@alternative("conv-params", style="size of two arrays' shapes", function="conv_macs")
def product_of_shapes(C, F, k, out_size, groups=1):
    must_divide(C, F, groups)
    return int(np.prod([F, C, *pair(k), *pair(out_size)], dtype=np.int64)) // groups


# -- locally_connected --------------------------------------------------------------------------------------------


def check_local(x, w):
    if x.ndim != 4 or w.ndim != 6:
        raise ValueError(f"x must have 4 axes and w 6, got {x.ndim} and {w.ndim}")
    if x.shape[1] != w.shape[3]:
        raise ValueError(f"x has {x.shape[1]} channels, w expects {w.shape[3]}")
    if w.shape[:2] != sizes(x.shape, *w.shape[4:], 1, 0, 1):
        raise ValueError(f"w is for {w.shape[:2]} positions, the image has another number")


@alternative("locally-connected", style="loops")
def loops_with_own_kernels(x, w):
    check_local(x, w)
    x, w = as_float(x), as_float(w)
    oh, ow, f, _, kh, kw = w.shape
    y = np.zeros((len(x), f, oh, ow), x.dtype)
    for n, k, i, j in np.ndindex(*y.shape):
        y[n, k, i, j] = np.vdot(x[n, :, i : i + kh, j : j + kw], w[i, j, k])
    return y


@alternative("locally-connected", style="einsum over a sliding window view")
def einsum_with_positions(x, w):
    check_local(x, w)
    windows = np.lib.stride_tricks.sliding_window_view(as_float(x), w.shape[4:], axis=(2, 3))
    return np.einsum("nchwij,hwfcij->nfhw", windows, as_float(w))


@alternative("locally-connected", style="batched matrix product over columns")
def one_product_per_column(x, w):
    check_local(x, w)
    oh, ow, f, _, kh, kw = w.shape
    cols = offsets_first(x, kh, kw).transpose(2, 1, 0)  # (OH*OW, C*KH*KW, N)
    y = as_float(w).reshape(oh * ow, f, -1) @ cols  # (OH*OW, F, N)
    return np.ascontiguousarray(y.transpose(2, 1, 0)).reshape(len(x), f, oh, ow)


@alternative("locally-connected", style="tensordot at each position")
def tensordot_at_each_position(x, w):
    check_local(x, w)
    x, w = as_float(x), as_float(w)
    kh, kw = w.shape[4:]
    rows = [
        [np.tensordot(x[:, :, i : i + kh, j : j + kw], w[i, j], axes=((1, 2, 3), (1, 2, 3))) for j in range(w.shape[1])]
        for i in range(w.shape[0])
    ]
    return np.array(rows).transpose(2, 3, 0, 1).copy()


@alternative("locally-connected", style="sum over kernel offsets")
def products_added_by_offset(x, w):
    check_local(x, w)
    x, w = as_float(x), as_float(w)
    oh, ow, f, _, kh, kw = w.shape
    y = np.zeros((len(x), f, oh, ow), x.dtype)
    for i, j in np.ndindex(kh, kw):
        part = x[:, :, i : i + oh, j : j + ow]
        y += np.einsum("nchw,hwfc->nfhw", part, w[..., i, j])
    return y
