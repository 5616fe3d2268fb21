"""Right answers of unit 05 in other styles than the reference's. Each must get full marks."""

from __future__ import annotations

import itertools

import numpy as np

from autograder.testing import Alternatives
from cnnkit.ops import conv2d, im2col

alternative = Alternatives()
BOTH = ("conv2d-backward-loops", "conv2d-backward")


# -- what several answers share: checks and sizes -----------------------------------------------------------------


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


def as_float(a):
    return a if np.issubdtype(a.dtype, np.floating) else a.astype(np.float64)


def sizes(shape, kh, kw, stride, padding, dilation):
    options = zip(shape[2:], (kh, kw), pair(stride), pair(padding), pair(dilation), strict=True)
    oh, ow = ((n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in options)
    if oh < 1 or ow < 1:
        raise ValueError(f"a window of {kh}×{kw} does not fit into {shape[2:]}")
    return oh, ow


def check(dout, x, w, stride, padding, dilation=1, groups=1):
    for name, a in (("dout", dout), ("x", x), ("w", w)):
        if a.ndim != 4:
            raise ValueError(f"{name} must have 4 axes, got {a.shape}")
    if x.shape[1] % groups or len(w) % groups or w.shape[1] * groups != x.shape[1]:
        raise ValueError(f"x {x.shape} and w {w.shape} do not fit {groups} groups")
    oh, ow = sizes(x.shape, *w.shape[2:], stride, padding, dilation)
    if dout.shape != (len(x), len(w), oh, ow):
        raise ValueError(f"dout must be {(len(x), len(w), oh, ow)}, got {dout.shape}")
    return oh, ow


def with_border(x, padding):
    ph, pw = pair(padding)
    y = np.zeros((*x.shape[:2], x.shape[2] + 2 * ph, x.shape[3] + 2 * pw), as_float(x[:0]).dtype)
    y[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]] = x
    return y


def without_border(image, shape, padding):
    ph, pw = pair(padding)
    return np.array(image[:, :, ph : ph + shape[2], pw : pw + shape[3]])


def slices(i, j, oh, ow, stride, dilation):
    (sh, sw), (dh, dw) = pair(stride), pair(dilation)
    rows = slice(i * dh, i * dh + sh * (oh - 1) + 1, sh)
    return (..., rows, slice(j * dw, j * dw + sw * (ow - 1) + 1, sw))


def view_of(image, kh, kw, stride, dilation):
    (sh, sw), (dh, dw) = pair(stride), pair(dilation)
    extent = (dh * (kh - 1) + 1, dw * (kw - 1) + 1)
    return np.lib.stride_tricks.sliding_window_view(image, extent, axis=(2, 3))[:, :, ::sh, ::sw, ::dh, ::dw]


# -- numerical_gradient -------------------------------------------------------------------------------------------


def check_dout(f, x, dout):
    shape = np.shape(f(np.array(x, np.float64)))
    if shape != np.shape(dout):
        raise ValueError(f"dout must be {shape}, got {np.shape(dout)}")


@alternative("numerical-gradient", style="in place, with finally")
def moved_and_put_back(f, x, dout, eps=1e-5):
    check_dout(f, x, dout)
    if x.dtype != np.float64:
        x = x.astype(np.float64)
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        old = x[index]
        try:
            x[index] = old + eps
            above = np.array(f(x))
            x[index] = old - eps
            below = np.array(f(x))
        finally:
            x[index] = old
        gradient[index] = np.sum((above - below) * dout) / (2 * eps)
    return gradient


@alternative("numerical-gradient", style="np.nditer, in place")
def with_nditer(f, x, dout, eps=1e-5):
    check_dout(f, x, dout)
    point = np.array(x, dtype=float)
    gradient = np.zeros_like(point)
    it = np.nditer(point, flags=["multi_index"], op_flags=["readwrite"])
    while not it.finished:
        index = it.multi_index
        old = point[index]
        point[index] = old + eps
        above = f(point).copy()
        point[index] = old - eps
        below = f(point).copy()
        point[index] = old
        gradient[index] = np.sum((above - below) * dout) / (2 * eps)
        it.iternext()
    return gradient


@alternative("numerical-gradient", style="unit vectors")
def along_unit_vectors(f, x, dout, eps=1e-5):
    check_dout(f, x, dout)
    directions = np.eye(x.size).reshape(x.size, *x.shape)
    return np.array([np.vdot(f(x + eps * e) - f(x - eps * e), dout) / (2 * eps) for e in directions]).reshape(x.shape)


@alternative("numerical-gradient", style="flat index, losses apart")
def by_flat_index(f, x, dout, eps=1e-5):
    check_dout(f, x, dout)

    def loss(position, step):
        values = np.array(x, np.float64).ravel()
        values[position] += step
        return np.sum(f(values.reshape(x.shape)) * dout)

    gradient = np.empty(x.size)
    for position in range(x.size):
        gradient[position] = (loss(position, eps) - loss(position, -eps)) / (2 * eps)
    return gradient.reshape(x.shape)


@alternative("numerical-gradient", style="recursion over axes")
def row_by_row(f, x, dout, eps=1e-5):
    check_dout(f, x, dout)
    x = np.array(x, np.float64)
    if x.ndim == 0:
        return np.sum((f(x + eps) - f(x - eps)) * dout) / (2 * eps)

    def with_row(i):
        def g(row):
            moved = x.copy()
            moved[i] = row
            return f(moved)

        return g

    return np.stack([np.asarray(row_by_row(with_row(i), x[i], dout, eps)) for i in range(len(x))])


# -- conv2d_backward_loops and conv2d_backward --------------------------------------------------------------------


@alternative("conv2d-backward-loops", style="loops over single values")
def seven_loops(dout, x, w, stride=1, padding=0):
    check(dout, x, w, stride, padding)
    (sh, sw), (ph, pw) = pair(stride), pair(padding)
    dx, dw = np.zeros(x.shape, as_float(x[:0]).dtype), np.zeros(w.shape, as_float(x[:0]).dtype)
    db = np.zeros(len(w), dx.dtype)
    for n, f, i, j in np.ndindex(*dout.shape):
        g = float(dout[n, f, i, j])
        db[f] += g
        for c, u, v in np.ndindex(*w.shape[1:]):
            row, column = i * sh + u - ph, j * sw + v - pw
            if 0 <= row < x.shape[2] and 0 <= column < x.shape[3]:
                dx[n, c, row, column] += g * float(w[f, c, u, v])
                dw[f, c, u, v] += g * float(x[n, c, row, column])
    return dx, dw, db


@alternative("conv2d-backward-loops", style="loops over positions, all images and kernels at once")
def position_by_position(dout, x, w, stride=1, padding=0):
    oh, ow = check(dout, x, w, stride, padding)
    (sh, sw), (kh, kw) = pair(stride), w.shape[2:]
    image = with_border(x, padding)
    d, kernels = dout.astype(image.dtype), w.astype(image.dtype)
    dimage, dw = np.zeros_like(image), np.zeros_like(kernels)
    for i in range(oh):
        for j in range(ow):
            part = (..., slice(i * sh, i * sh + kh), slice(j * sw, j * sw + kw))
            dimage[part] += np.tensordot(d[:, :, i, j], kernels, axes=1)
            dw += np.tensordot(d[:, :, i, j], image[part], axes=(0, 0))
    return without_border(dimage, x.shape, padding), dw, d.sum((0, 2, 3))


@alternative("conv2d-backward-loops", style="the whole layer as one matrix")
def matrix_of_the_layer(dout, x, w, stride=1, padding=0):
    check(dout, x, w, stride, padding)
    dtype = as_float(x[:0]).dtype
    pixels = np.eye(x[0].size, dtype=dtype).reshape(-1, *x.shape[1:])
    matrix = conv2d(pixels, w, None, stride, padding).reshape(len(pixels), -1)  # (C*H*W, F*OH*OW)
    dx = (dout.reshape(len(x), -1).astype(dtype) @ matrix.T).reshape(x.shape)
    ones = np.eye(w[0].size, dtype=dtype).reshape(-1, *w.shape[1:])
    windows = conv2d(x, ones, None, stride, padding)  # (N, C*KH*KW, OH, OW): a value of each window
    dw = np.einsum("nfhw,nkhw->fk", dout.astype(dtype), windows).reshape(w.shape)
    return dx, dw, dout.astype(dtype).sum(axis=(0, 2, 3))


@alternative(*BOTH, style="im2col of the whole batch, with the course's im2col")
def whole_batch(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    check(dout, x, w, stride, padding, dilation, groups)
    kh, kw = w.shape[2:]
    cols = im2col(x, kh, kw, stride, padding, dilation)
    cols = cols.reshape(len(x), groups, -1, cols.shape[2])
    d = dout.reshape(len(x), groups, len(w) // groups, -1).astype(cols.dtype)
    rows = w.reshape(groups, len(w) // groups, -1).astype(cols.dtype)
    dw = (d @ cols.swapaxes(2, 3)).sum(axis=0).reshape(w.shape)
    dcols = (rows.swapaxes(1, 2) @ d).reshape(len(x), -1, cols.shape[3])
    dx = added_by_slices(dcols, x.shape, kh, kw, stride, padding, dilation)
    return dx, dw, dout.astype(cols.dtype).sum(axis=(0, 2, 3))


@alternative("conv2d-backward", style="chunked: one image at a time")
def image_by_image(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    check(dout, x, w, stride, padding, dilation, groups)
    gradients = [
        whole_batch(dout[i : i + 1], x[i : i + 1], w, stride, padding, dilation, groups) for i in range(len(x))
    ]
    dx, dw, db = zip(*gradients, strict=True)
    return np.concatenate(dx), sum(dw), sum(db)


@alternative("conv2d-backward", style="chunked: columns of some images in a buffer")
def chunks_in_one_buffer(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    oh, ow = check(dout, x, w, stride, padding, dilation, groups)
    (n, c), (f, depth, kh, kw) = x.shape[:2], w.shape
    image = with_border(x, padding)
    d = dout.reshape(n, groups, f // groups, oh * ow).astype(image.dtype)
    rows = w.reshape(groups, f // groups, depth * kh * kw).astype(image.dtype)
    dimage, dw = np.zeros_like(image), np.zeros_like(rows)
    step = min(n, max(1, 2**20 // (c * kh * kw * oh * ow * image.itemsize)))
    buffer = np.empty((step, c, kh, kw, oh, ow), image.dtype)
    for first in range(0, n, step):
        part = slice(first, min(first + step, n))
        cols = buffer[: part.stop - first]
        for i, j in itertools.product(range(kh), range(kw)):
            cols[:, :, i, j] = image[part][slices(i, j, oh, ow, stride, dilation)]
        flat = cols.reshape(len(cols), groups, -1, oh * ow)
        for one, g in zip(flat, d[part], strict=True):
            dw += g @ one.swapaxes(1, 2)
        np.matmul(rows.swapaxes(1, 2), d[part], out=flat)
        for i, j in itertools.product(range(kh), range(kw)):
            dimage[part][slices(i, j, oh, ow, stride, dilation)] += cols[:, :, i, j]
    return without_border(dimage, x.shape, padding), dw.reshape(w.shape), d.sum(axis=(0, 3)).ravel()


@alternative(*BOTH, style="einsum over a sliding window view")
def einsum_both_ways(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    oh, ow = check(dout, x, w, stride, padding, dilation, groups)
    image = with_border(x, padding)
    view = view_of(image, *w.shape[2:], stride, dilation).reshape(len(x), groups, -1, oh, ow, *w.shape[2:])
    d = dout.reshape(len(x), groups, -1, oh, ow).astype(image.dtype)
    kernels = w.reshape(groups, -1, *w.shape[1:]).astype(image.dtype)
    dw = np.einsum("ngfhw,ngchwij->gfcij", d, view, optimize=True).reshape(w.shape)
    values = np.einsum("ngfhw,gfcij->ngcijhw", d, kernels, optimize=True)
    dimage = np.zeros_like(image).reshape(len(x), groups, -1, *image.shape[2:])
    for i, j in np.ndindex(*w.shape[2:]):
        dimage[slices(i, j, oh, ow, stride, dilation)] += values[..., i, j, :, :]
    return without_border(dimage.reshape(image.shape), x.shape, padding), dw, np.einsum("ngfhw->gf", d).ravel()


@alternative(*BOTH, style="einsum that writes through a strided view")
def sum_into_a_view(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    check(dout, x, w, stride, padding, dilation, groups)
    image = with_border(x, padding)
    dimage = np.zeros_like(image)
    bytes_n, bytes_c, bytes_h, bytes_w = dimage.strides
    (sh, sw), (dh, dw_), (f, depth, kh, kw) = pair(stride), pair(dilation), w.shape
    steps = (bytes_n, bytes_c, bytes_h * sh, bytes_w * sw, bytes_h * dh, bytes_w * dw_)
    windows = np.lib.stride_tricks.as_strided(dimage, (*x.shape[:2], *dout.shape[2:], kh, kw), steps)
    view = view_of(image, kh, kw, stride, dilation)
    dw = np.zeros(w.shape, image.dtype)
    d, kernels = dout.astype(image.dtype), w.astype(image.dtype)
    for g in range(groups):
        maps = slice(g * (f // groups), (g + 1) * (f // groups))
        channels = slice(g * depth, (g + 1) * depth)
        dw[maps] = np.tensordot(d[:, maps], view[:, channels], axes=((0, 2, 3), (0, 2, 3)))
        for i, j in np.ndindex(kh, kw):  # one offset of the view never meets a pixel twice
            share = np.tensordot(kernels[maps, :, i, j], d[:, maps], axes=(0, 1)).swapaxes(0, 1)
            windows[:, channels, :, :, i, j] += share
    return without_border(dimage, x.shape, padding), dw, d.sum(axis=(0, 2, 3))


@alternative(*BOTH, style="np.add.at with index arrays")
def scattered_by_indices(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    oh, ow = check(dout, x, w, stride, padding, dilation, groups)
    (sh, sw), (dh, dw_), (kh, kw) = pair(stride), pair(dilation), w.shape[2:]
    rows = (sh * np.arange(oh) + dh * np.arange(kh)[:, None])[:, None, :, None]  # (KH, 1, OH, 1)
    columns = (sw * np.arange(ow) + dw_ * np.arange(kw)[:, None])[None, :, None, :]
    image = with_border(x, padding)
    cols = image[:, :, rows, columns].reshape(len(x), groups, -1, oh * ow)
    d = dout.reshape(len(x), groups, -1, oh * ow).astype(image.dtype)
    kernels = w.reshape(groups, len(w) // groups, -1).astype(image.dtype)
    dw = np.einsum("ngfl,ngkl->gfk", d, cols, optimize=True).reshape(w.shape)
    values = np.matmul(kernels.swapaxes(1, 2), d).reshape(*x.shape[:2], kh, kw, oh, ow)
    dimage = np.zeros_like(image)
    np.add.at(dimage, (slice(None), slice(None), rows, columns), values)
    return without_border(dimage, x.shape, padding), dw, d.sum(axis=(0, 3)).reshape(-1)


@alternative(*BOTH, style="a matrix product for each kernel offset")
def offset_by_offset(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    oh, ow = check(dout, x, w, stride, padding, dilation, groups)
    image = with_border(x, padding)
    d = dout.reshape(len(x), groups, -1, oh * ow).astype(image.dtype)
    kernels = w.reshape(groups, len(w) // groups, *w.shape[1:]).astype(image.dtype)
    dimage, dw = np.zeros_like(image), np.empty_like(kernels)
    for i, j in np.ndindex(*w.shape[2:]):
        place = slices(i, j, oh, ow, stride, dilation)
        pixels = image[place].reshape(len(x), groups, -1, oh * ow)
        dw[..., i, j] = (d @ pixels.swapaxes(2, 3)).sum(axis=0)
        dimage[place] += (kernels[..., i, j].swapaxes(1, 2) @ d).reshape(*x.shape[:2], oh, ow)
    return without_border(dimage, x.shape, padding), dw.reshape(w.shape), dout.astype(image.dtype).sum((0, 2, 3))


@alternative(*BOTH, style="both gradients as convolutions, stride and dilation exchanged")
def two_convolutions(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    check(dout, x, w, stride, padding, dilation, groups)
    dtype = as_float(x[:0]).dtype
    d, parts = dout.astype(dtype), []
    for g in range(groups):
        maps = slice(g * (len(w) // groups), (g + 1) * (len(w) // groups))
        channels = slice(g * w.shape[1], (g + 1) * w.shape[1])
        dx = transposed_by_stuffing(d[:, maps], w[maps].astype(dtype), x.shape[2:], stride, padding, dilation)
        flat = np.ascontiguousarray(x[:, channels].swapaxes(0, 1)).astype(dtype)  # images as channels
        kernels = np.ascontiguousarray(d[:, maps].swapaxes(0, 1))
        dw = conv2d(flat, kernels, None, pair(dilation), pair(padding), pair(stride))
        parts.append((dx, dw[:, :, : w.shape[2], : w.shape[3]].swapaxes(0, 1)))
    dx, dw = (
        np.concatenate(gradients, axis=axis) for gradients, axis in zip(zip(*parts, strict=True), (1, 0), strict=True)
    )
    return dx, dw, d.sum(axis=(0, 2, 3))


def transposed_by_stuffing(d, w, size, stride, padding, dilation):
    """dx as a dense convolution: zeros between the values of d and of w, kernels flipped."""
    (sh, sw), (dh, dw), (ph, pw) = pair(stride), pair(dilation), pair(padding)
    (n, _, oh, ow), (f, c, kh, kw) = d.shape, w.shape
    spread = np.zeros((c, f, dh * (kh - 1) + 1, dw * (kw - 1) + 1), d.dtype)
    spread[:, :, ::dh, ::dw] = w[:, :, ::-1, ::-1].swapaxes(0, 1)
    eh, ew = spread.shape[2] - 1, spread.shape[3] - 1
    stuffed = np.zeros((n, f, size[0] + 2 * ph + eh, size[1] + 2 * pw + ew), d.dtype)
    stuffed[:, :, eh : eh + sh * (oh - 1) + 1 : sh, ew : ew + sw * (ow - 1) + 1 : sw] = d
    return conv2d(stuffed, spread)[:, :, ph : ph + size[0], pw : pw + size[1]].copy()


@alternative("conv2d-backward", style="groups by recursion")
def one_call_per_group(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    check(dout, x, w, stride, padding, dilation, groups)
    if groups == 1:
        return offset_by_offset(dout, x, w, stride, padding, dilation)
    blocks = zip(np.split(dout, groups, 1), np.split(x, groups, 1), np.split(w, groups), strict=True)
    dx, dw, db = zip(*(one_call_per_group(*block, stride, padding, dilation) for block in blocks), strict=True)
    return np.concatenate(dx, axis=1), np.concatenate(dw), np.concatenate(db)


@alternative("conv2d-backward", style="columns of all images side by side")
def one_wide_product(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    oh, ow = check(dout, x, w, stride, padding, dilation, groups)
    (n, _), (f, depth, kh, kw) = x.shape[:2], w.shape
    image = with_border(x, padding)
    view = view_of(image, kh, kw, stride, dilation).reshape(n, groups, depth, oh, ow, kh, kw)
    wide = view.transpose(1, 2, 5, 6, 0, 3, 4).reshape(groups, depth * kh * kw, n * oh * ow)
    d = dout.reshape(n, groups, f // groups, oh, ow).transpose(1, 2, 0, 3, 4).reshape(groups, f // groups, -1)
    d = d.astype(image.dtype)
    dw = d @ wide.swapaxes(1, 2)
    dwide = w.reshape(groups, f // groups, -1).astype(image.dtype).swapaxes(1, 2) @ d
    values = dwide.reshape(groups * depth, kh, kw, n, oh, ow).transpose(3, 0, 1, 2, 4, 5)
    dx = added_by_slices(values.reshape(n, -1, oh * ow), x.shape, kh, kw, stride, padding, dilation)
    return dx, dw.reshape(w.shape), d.sum(axis=2).ravel()


# -- col2im -------------------------------------------------------------------------------------------------------


def check_columns(cols, x_shape, kh, kw, stride, padding, dilation):
    oh, ow = sizes(x_shape, kh, kw, stride, padding, dilation)
    if cols.shape != (x_shape[0], x_shape[1] * kh * kw, oh * ow):
        raise ValueError(f"cols must be {(x_shape[0], x_shape[1] * kh * kw, oh * ow)}, got {cols.shape}")
    return oh, ow


def blank(cols, x_shape, padding):
    return with_border(np.zeros(x_shape, as_float(cols[:0]).dtype), padding)


@alternative("col2im", style="slices by kernel offset")
def added_by_slices(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    oh, ow = check_columns(cols, x_shape, kh, kw, stride, padding, dilation)
    image = blank(cols, x_shape, padding)
    for k, (i, j) in enumerate(itertools.product(range(kh), range(kw))):
        image[slices(i, j, oh, ow, stride, dilation)] += cols[:, k :: kh * kw].reshape(*x_shape[:2], oh, ow)
    return without_border(image, x_shape, padding)


@alternative("col2im", style="loops over windows")
def window_after_window(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    _, ow = check_columns(cols, x_shape, kh, kw, stride, padding, dilation)
    (sh, sw), (dh, dw) = pair(stride), pair(dilation)
    image = blank(cols, x_shape, padding)
    for n in range(x_shape[0]):
        for position in range(cols.shape[2]):
            top, left = position // ow * sh, position % ow * sw
            rows = slice(top, top + dh * (kh - 1) + 1, dh)
            columns = slice(left, left + dw * (kw - 1) + 1, dw)
            image[n, :, rows, columns] += cols[n, :, position].reshape(x_shape[1], kh, kw)
    return without_border(image, x_shape, padding)


def flat_targets(x_shape, kh, kw, oh, ow, stride, padding, dilation):
    """Where each value of one image's columns goes in the flat padded image; shape (C*kh*kw, OH*OW)."""
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    rows = (dh * np.arange(kh)[:, None] + sh * np.arange(oh)).reshape(1, kh, 1, oh, 1)
    columns = (dw * np.arange(kw)[:, None] + sw * np.arange(ow)).reshape(1, 1, kw, 1, ow)
    height, width = x_shape[2] + 2 * ph, x_shape[3] + 2 * pw
    channels = np.arange(x_shape[1]).reshape(-1, 1, 1, 1, 1)
    return ((channels * height + rows) * width + columns).reshape(-1, oh * ow)


@alternative("col2im", style="np.add.at")
def added_at_indices(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    oh, ow = check_columns(cols, x_shape, kh, kw, stride, padding, dilation)
    image = blank(cols, x_shape, padding)
    targets = flat_targets(x_shape, kh, kw, oh, ow, stride, padding, dilation)
    flat = image.reshape(len(image), -1)
    np.add.at(flat, (slice(None), targets), cols)
    return without_border(image, x_shape, padding)


@alternative("col2im", style="np.bincount")
def counted_with_weights(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    oh, ow = check_columns(cols, x_shape, kh, kw, stride, padding, dilation)
    image = blank(cols, x_shape, padding)
    targets = flat_targets(x_shape, kh, kw, oh, ow, stride, padding, dilation).ravel()
    for n in range(len(image)):
        sums = np.bincount(targets, cols[n].ravel(), minlength=image[n].size)
        image[n] = sums.reshape(image[n].shape)
    return without_border(image, x_shape, padding)


@alternative("col2im", style="matrices of zeros and ones")
def placed_by_matrices(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    oh, ow = check_columns(cols, x_shape, kh, kw, stride, padding, dilation)
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    dtype = as_float(cols[:0]).dtype
    row = (dh * np.arange(kh)[:, None] + sh * np.arange(oh))[..., None] == ph + np.arange(x_shape[2])
    column = (dw * np.arange(kw)[:, None] + sw * np.arange(ow))[..., None] == pw + np.arange(x_shape[3])
    values = cols.reshape(*x_shape[:2], kh, kw, oh, ow).astype(dtype)
    return np.einsum("ncijhw,ihr,jws->ncrs", values, row.astype(dtype), column.astype(dtype), optimize=True)


@alternative("col2im", style="adjoint of im2col, as a matrix")
def adjoint_matrix(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    check_columns(cols, x_shape, kh, kw, stride, padding, dilation)
    _, c, h, width = x_shape
    pixels = np.eye(h * width).reshape(-1, 1, h, width)
    matrix = im2col(pixels, kh, kw, stride, padding, dilation).reshape(h * width, -1)
    image = as_float(cols).reshape(x_shape[0] * c, -1) @ matrix.T.astype(as_float(cols[:0]).dtype)
    return image.reshape(x_shape)


# -- conv_transpose2d ---------------------------------------------------------------------------------------------


def check_maps(x, w, stride, padding, output_padding):
    if x.ndim != 4 or w.ndim != 4:
        raise ValueError(f"x and w must have 4 axes, got {x.shape} and {w.shape}")
    if x.shape[1] != w.shape[0]:
        raise ValueError(f"x has {x.shape[1]} channels, w is for {w.shape[0]}")
    options = zip(x.shape[2:], w.shape[2:], pair(stride), pair(padding), pair(output_padding), strict=True)
    result = []
    for n, k, s, p, more in options:
        if more >= s:
            raise ValueError(f"output_padding {more} must be below the stride {s}")
        result.append((n - 1) * s - 2 * p + k + more)
    if min(result) < 1:
        raise ValueError(f"no pixel is left: {result}")
    return result


@alternative("conv-transpose2d", style="loops: stamp by stamp")
def stamp_by_stamp(x, w, stride=1, padding=0, output_padding=0):
    oh, ow = check_maps(x, w, stride, padding, output_padding)
    (sh, sw), (ph, pw), (kh, kw) = pair(stride), pair(padding), w.shape[2:]
    x, w = as_float(x), w.astype(as_float(x[:0]).dtype)
    y = np.zeros((len(x), w.shape[1], oh + 2 * ph, ow + 2 * pw), x.dtype)
    for n, c, i, j in np.ndindex(*x.shape):
        y[n, :, i * sh : i * sh + kh, j * sw : j * sw + kw] += x[n, c, i, j] * w[c]
    return y[:, :, ph : ph + oh, pw : pw + ow].copy()


@alternative("conv-transpose2d", style="slices by kernel offset")
def stamped_by_offset(x, w, stride=1, padding=0, output_padding=0):
    oh, ow = check_maps(x, w, stride, padding, output_padding)
    x = as_float(x)
    y = with_border(np.zeros((len(x), w.shape[1], oh, ow), x.dtype), padding)
    for i, j in np.ndindex(*w.shape[2:]):
        share = np.einsum("nchw,cf->nfhw", x, w[:, :, i, j].astype(x.dtype))
        y[slices(i, j, *x.shape[2:], stride, 1)] += share
    return without_border(y, (*y.shape[:2], oh, ow), padding)


@alternative("conv-transpose2d", style="convolution of a map with zeros between its values")
def zeros_between(x, w, stride=1, padding=0, output_padding=0):
    size = check_maps(x, w, stride, padding, output_padding)
    dtype = as_float(x[:0]).dtype
    return transposed_by_stuffing(x.astype(dtype), w.astype(dtype), size, stride, padding, 1)


@alternative("conv-transpose2d", style="product and np.add.at")
def product_then_scatter(x, w, stride=1, padding=0, output_padding=0):
    oh, ow = check_maps(x, w, stride, padding, output_padding)
    x = as_float(x)
    rows = w.reshape(len(w), -1).astype(x.dtype)
    cols = np.einsum("ncl,ck->nkl", x.reshape(*x.shape[:2], -1), rows)
    return added_at_indices(cols, (len(x), w.shape[1], oh, ow), *w.shape[2:], stride, padding)


@alternative("conv-transpose2d", style="matrices of zeros and ones")
def stamped_by_matrices(x, w, stride=1, padding=0, output_padding=0):
    sides = check_maps(x, w, stride, padding, output_padding)
    x = as_float(x)
    options = zip(w.shape[2:], x.shape[2:], pair(stride), pair(padding), sides, strict=True)
    row, column = (
        ((np.arange(k)[:, None] + s * np.arange(n))[..., None] == p + np.arange(size)).astype(x.dtype)
        for k, n, s, p, size in options
    )
    return np.einsum("nchw,cfij,ihr,jws->nfrs", x, w.astype(x.dtype), row, column, optimize=True)


@alternative("conv-transpose2d", style="FFT")
def product_of_spectra(x, w, stride=1, padding=0, output_padding=0):
    oh, ow = check_maps(x, w, stride, padding, output_padding)
    (sh, sw), (ph, pw) = pair(stride), pair(padding)
    size = (oh + 2 * ph, ow + 2 * pw)
    stuffed = np.zeros((*x.shape[:2], *size))
    stuffed[:, :, : sh * (x.shape[2] - 1) + 1 : sh, : sw * (x.shape[3] - 1) + 1 : sw] = x
    spectrum = np.einsum("nchw,cfhw->nfhw", np.fft.rfft2(stuffed), np.fft.rfft2(w.astype(float), size))
    y = np.fft.irfft2(spectrum, size)[:, :, ph : ph + oh, pw : pw + ow]
    return y.astype(as_float(x[:0]).dtype)


# -- dx_as_full_convolution ---------------------------------------------------------------------------------------


def check_full(dout, w):
    if dout.ndim != 4 or w.ndim != 4:
        raise ValueError(f"dout and w must have 4 axes, got {dout.shape} and {w.shape}")
    if dout.shape[1] != len(w):
        raise ValueError(f"dout has {dout.shape[1]} maps, w {len(w)} kernels")
    return as_float(dout), w.astype(as_float(dout[:0]).dtype)


@alternative("dx-as-full-convolution", style="padded by hand, kernels rotated by np.rot90")
def rotated_kernels(dout, w):
    d, w = check_full(dout, w)
    kh, kw = w.shape[2:]
    border = np.pad(d, ((0, 0), (0, 0), (kh - 1, kh - 1), (kw - 1, kw - 1)))
    kernels = np.rot90(w, 2, axes=(2, 3)).transpose(1, 0, 2, 3)
    return conv2d(border, np.array(kernels))


@alternative("dx-as-full-convolution", style="einsum over a sliding window view")
def einsum_of_flipped(dout, w):
    d, w = check_full(dout, w)
    kh, kw = w.shape[2:]
    windows = view_of(with_border(d, (kh - 1, kw - 1)), kh, kw, 1, 1)
    return np.einsum("nfhwij,fcij->nchw", windows, w[:, :, ::-1, ::-1])


@alternative("dx-as-full-convolution", style="loops")
def pixel_by_pixel(dout, w):
    d, w = check_full(dout, w)
    (n, _, oh, ow), (_, c, kh, kw) = d.shape, w.shape
    border = with_border(d, (kh - 1, kw - 1))
    dx = np.zeros((n, c, oh + kh - 1, ow + kw - 1), d.dtype)
    for image, channel, i, j in np.ndindex(*dx.shape):
        window = border[image, :, i : i + kh, j : j + kw]
        dx[image, channel, i, j] = np.sum(window * w[:, channel, ::-1, ::-1])
    return dx


@alternative("dx-as-full-convolution", style="shifted and added")
def shifted_and_added(dout, w):
    d, w = check_full(dout, w)
    (n, _, oh, ow), (_, c, kh, kw) = d.shape, w.shape
    dx = np.zeros((n, c, oh + kh - 1, ow + kw - 1), d.dtype)
    for i, j in np.ndindex(kh, kw):
        dx[:, :, i : i + oh, j : j + ow] += np.einsum("nfhw,fc->nchw", d, w[:, :, i, j])
    return dx


@alternative("dx-as-full-convolution", style="FFT")
def full_by_spectra(dout, w):
    d, w = check_full(dout, w)
    size = (d.shape[2] + w.shape[2] - 1, d.shape[3] + w.shape[3] - 1)
    spectrum = np.einsum("nfhw,fchw->nchw", np.fft.rfft2(d, size), np.fft.rfft2(w, size))
    return np.fft.irfft2(spectrum, size).astype(d.dtype)


@alternative("dx-as-full-convolution", style="transposed convolution")
def as_transposed(dout, w):
    check_full(dout, w)
    return stamped_by_offset(dout, w)
