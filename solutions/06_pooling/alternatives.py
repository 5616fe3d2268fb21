"""Right answers of unit 06 in other styles than the reference's. Each must get full marks."""

from __future__ import annotations

import math

import numpy as np

from autograder.testing import Alternatives

alternative = Alternatives()


# -- what several answers share: checks and sizes -----------------------------------------------------------------


def pair(option):
    return option if isinstance(option, tuple) else (option, option)


def as_float(a):
    return a if np.issubdtype(a.dtype, np.floating) else a.astype(np.float64)


def sizes(shape, k, stride=None, padding=0):
    if len(shape) != 4:
        raise ValueError(f"images must have 4 axes, got {tuple(shape)}")
    steps = pair(k if stride is None else stride)
    found = []
    for n, size, step, border in zip(shape[2:], pair(k), steps, pair(padding), strict=True):
        if border > size / 2 or n + 2 * border < size:
            raise ValueError(f"a window of {size} with padding {border} does not fit into {n}")
        found.append((n + 2 * border - size) // step + 1)
    return (*found, *pair(k), *steps, *pair(padding))  # OH, OW, KH, KW, SH, SW, PH, PW


def with_border(x, ph, pw, fill):
    image = np.full((*x.shape[:2], x.shape[2] + 2 * ph, x.shape[3] + 2 * pw), fill, as_float(x[:0]).dtype)
    image[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]] = x
    return image


def view_of(image, kh, kw, sh, sw):
    return np.lib.stride_tricks.sliding_window_view(image, (kh, kw), axis=(2, 3))[:, :, ::sh, ::sw]


def bounds(i, step, border, size, n):
    return max(i * step - border, 0), min(i * step - border + size, n)  # of the part inside the image


def band(n, count, size, step, border):
    """Which pixels (columns) are in which window (rows)."""
    first = step * np.arange(count)[:, None] - border
    return ((np.arange(n) >= first) & (np.arange(n) < first + size)).astype(np.float64)


# -- max_pool2d ---------------------------------------------------------------------------------------------------


@alternative("max-pool2d", style="sliding_window_view and argmax")
def largest_in_views(x, k, stride=None, padding=0):
    oh, ow, kh, kw, sh, sw, ph, pw = sizes(x.shape, k, stride, padding)
    values = view_of(with_border(x, ph, pw, -np.inf), kh, kw, sh, sw).reshape(*x.shape[:2], oh, ow, -1)
    place = values.argmax(axis=-1)
    row, column = np.divmod(place, kw)
    row += (sh * np.arange(oh) - ph)[:, None]
    column += sw * np.arange(ow) - pw
    out = np.take_along_axis(values, place[..., None], axis=-1)[..., 0]
    return out, (row * x.shape[3] + column).astype(np.int64)


@alternative("max-pool2d", style="two loops over windows")
def largest_by_window(x, k, stride=None, padding=0):
    oh, ow, kh, kw, sh, sw, ph, pw = sizes(x.shape, k, stride, padding)
    image = with_border(x, ph, pw, -np.inf)
    out = np.zeros((*x.shape[:2], oh, ow), image.dtype)
    idx = np.zeros(out.shape, np.int64)
    for i in range(oh):
        for j in range(ow):
            window = image[:, :, i * sh : i * sh + kh, j * sw : j * sw + kw].reshape(*x.shape[:2], kh * kw)
            row, column = np.divmod(window.argmax(axis=-1), kw)
            out[:, :, i, j] = window.max(axis=-1)
            idx[:, :, i, j] = (i * sh + row - ph) * x.shape[3] + j * sw + column - pw
    return out, idx


@alternative("max-pool2d", style="no border: windows cut at the rim")
def largest_of_cut_windows(x, k, stride=None, padding=0):
    oh, ow, kh, kw, sh, sw, ph, pw = sizes(x.shape, k, stride, padding)
    h, w = x.shape[2:]
    planes = as_float(x).reshape(-1, h, w)
    out = np.empty((len(planes), oh, ow), planes.dtype)
    idx = np.empty(out.shape, np.int64)
    for i, j in np.ndindex(oh, ow):
        (top, bottom), (left, right) = bounds(i, sh, ph, kh, h), bounds(j, sw, pw, kw, w)
        part = planes[:, top:bottom, left:right].reshape(len(planes), -1)
        place = np.argmax(part, axis=1)
        out[:, i, j] = part[np.arange(len(planes)), place]
        idx[:, i, j] = (top + place // (right - left)) * w + left + place % (right - left)
    return out.reshape(*x.shape[:2], oh, ow), idx.reshape(*x.shape[:2], oh, ow)


@alternative("max-pool2d", style="as_strided")
def largest_by_strides(x, k, stride=None, padding=0):
    oh, ow, kh, kw, sh, sw, ph, pw = sizes(x.shape, k, stride, padding)
    image = with_border(x, ph, pw, -np.inf)
    n, c, down, along = image.strides
    values = np.lib.stride_tricks.as_strided(
        image, (*x.shape[:2], oh, ow, kh, kw), (n, c, sh * down, sw * along, down, along)
    ).reshape(*x.shape[:2], oh, ow, kh * kw)
    numbers = np.pad(np.arange(x.shape[2] * x.shape[3]).reshape(x.shape[2:]), ((ph, ph), (pw, pw)))
    numbers = view_of(numbers[None, None], kh, kw, sh, sw).reshape(1, 1, oh, ow, kh * kw)
    place = np.argmax(values, axis=-1)[..., None]
    idx = np.take_along_axis(np.broadcast_to(numbers, values.shape), place, axis=-1)[..., 0]
    return np.take_along_axis(values, place, axis=-1)[..., 0], idx


@alternative("max-pool2d", style="index arrays, as in im2col")
def largest_by_index_arrays(x, k, stride=None, padding=0):
    oh, ow, kh, kw, sh, sw, ph, pw = sizes(x.shape, k, stride, padding)
    rows = (sh * np.arange(oh)[:, None] + np.arange(kh))[:, None, :, None]
    columns = (sw * np.arange(ow)[:, None] + np.arange(kw))[None, :, None, :]
    values = with_border(x, ph, pw, -np.inf)[:, :, rows, columns].reshape(*x.shape[:2], oh, ow, -1)
    numbers = ((rows - ph) * x.shape[3] + columns - pw).reshape(oh, ow, -1)
    place = values.argmax(axis=-1)
    i, j = np.ogrid[:oh, :ow]
    return values.max(axis=-1), numbers[i, j, place].astype(np.int64)


@alternative("max-pool2d", style="one place of all windows at a time, from the last to the first")
def largest_from_the_last_place(x, k, stride=None, padding=0):
    oh, ow, kh, kw, sh, sw, ph, pw = sizes(x.shape, k, stride, padding)
    image = with_border(x, ph, pw, -np.inf)
    out = np.full((*x.shape[:2], oh, ow), -np.inf, image.dtype)
    idx = np.zeros(out.shape, np.int64)
    top, left = sh * np.arange(oh)[:, None] - ph, sw * np.arange(ow) - pw
    for i in reversed(range(kh)):
        for j in reversed(range(kw)):
            values = image[:, :, i : i + sh * (oh - 1) + 1 : sh, j : j + sw * (ow - 1) + 1 : sw]
            wins = ~(values < out) & ~(np.isnan(out) & ~np.isnan(values))
            idx = np.where(wins, (top + i) * x.shape[3] + left + j, idx)
            out = np.where(wins, values, out)
    return out, idx


@alternative("max-pool2d", style="separable: along the rows, then down the columns")
def largest_of_rows_then_columns(x, k, stride=None, padding=0):
    oh, ow, kh, kw, sh, sw, ph, pw = sizes(x.shape, k, stride, padding)
    image = with_border(x, ph, pw, -np.inf)
    along = np.lib.stride_tricks.sliding_window_view(image, kw, axis=3)[:, :, :, ::sw]
    column = along.argmax(axis=-1)
    best = np.take_along_axis(along, column[..., None], -1)[..., 0]
    column = column + sw * np.arange(ow) - pw
    down = np.lib.stride_tricks.sliding_window_view(best, kh, axis=2)[:, :, ::sh]
    columns = np.lib.stride_tricks.sliding_window_view(column, kh, axis=2)[:, :, ::sh]
    row = down.argmax(axis=-1)[..., None]
    out, column = np.take_along_axis(down, row, -1)[..., 0], np.take_along_axis(columns, row, -1)[..., 0]
    return out, (row[..., 0] + sh * np.arange(oh)[:, None] - ph) * x.shape[3] + column


def better(first, second):
    wins = (second[0] > first[0]) | (np.isnan(second[0]) & ~np.isnan(first[0]))
    return np.where(wins, second[0], first[0]), np.where(wins, second[1], first[1])


def best_of(candidates):
    if len(candidates) == 1:
        return candidates[0]
    half = len(candidates) // 2
    return better(best_of(candidates[:half]), best_of(candidates[half:]))


@alternative("max-pool2d", style="recursion: halves of the window")
def largest_by_halves(x, k, stride=None, padding=0):
    oh, ow, kh, kw, sh, sw, ph, pw = sizes(x.shape, k, stride, padding)
    image = with_border(x, ph, pw, -np.inf)
    numbers = np.arange(-ph, x.shape[2] + ph)[:, None] * x.shape[3] + np.arange(-pw, x.shape[3] + pw)
    numbers = np.broadcast_to(numbers, image.shape)
    places = [(slice(i, i + sh * (oh - 1) + 1, sh), slice(j, j + sw * (ow - 1) + 1, sw)) for i, j in np.ndindex(kh, kw)]
    out, idx = best_of([(image[(..., *place)], numbers[(..., *place)]) for place in places])
    return np.array(out), np.array(idx, np.int64)


# -- max_pool2d_backward ------------------------------------------------------------------------------------------


def check_switches(dout, idx, x_shape):
    if len(x_shape) != 4:
        raise ValueError(f"x_shape must have 4 sizes, got {x_shape}")
    if dout.shape != idx.shape or dout.ndim != 4 or dout.shape[:2] != tuple(x_shape[:2]):
        raise ValueError(f"dout {dout.shape} and idx {idx.shape} do not fit {x_shape}")
    if idx.size and not 0 <= idx.min() <= idx.max() < x_shape[2] * x_shape[3]:
        raise ValueError(f"idx must lie in a plane of {x_shape[2]}×{x_shape[3]}")
    return as_float(dout)


@alternative("max-pool2d-backward", style="four loops")
def switched_by_loops(dout, idx, x_shape):
    values = check_switches(dout, idx, x_shape)
    dx = np.zeros(x_shape, values.dtype)
    for n, c, i, j in np.ndindex(*dout.shape):
        row, column = divmod(int(idx[n, c, i, j]), x_shape[3])
        dx[n, c, row, column] += values[n, c, i, j]
    return dx


@alternative("max-pool2d-backward", style="np.bincount")
def switched_by_bincount(dout, idx, x_shape):
    values = check_switches(dout, idx, x_shape)
    n, c, h, w = x_shape
    places = idx + h * w * np.arange(n * c).reshape(n, c, 1, 1)
    dx = np.bincount(places.ravel(), values.ravel(), minlength=n * c * h * w)
    return dx.reshape(x_shape).astype(values.dtype)


@alternative("max-pool2d-backward", style="one-hot matrix and einsum")
def switched_by_one_hot(dout, idx, x_shape):
    values = check_switches(dout, idx, x_shape)
    one_hot = idx[..., None] == np.arange(x_shape[2] * x_shape[3])  # (N, C, OH, OW, H*W)
    return np.einsum("ncij,ncijp->ncp", values, one_hot.astype(values.dtype)).reshape(x_shape)


@alternative("max-pool2d-backward", style="one window of all planes at a time")
def switched_window_by_window(dout, idx, x_shape):
    values = check_switches(dout, idx, x_shape)
    n, c, oh, ow = dout.shape
    dx = np.zeros((n, c, x_shape[2] * x_shape[3]), values.dtype)
    image, channel = np.ogrid[:n, :c]
    for i in range(oh):
        for j in range(ow):
            dx[image, channel, idx[:, :, i, j]] += values[:, :, i, j]  # no position twice
    return dx.reshape(x_shape)


@alternative("max-pool2d-backward", style="sorted positions and reduceat")
def switched_by_sorting(dout, idx, x_shape):
    values = check_switches(dout, idx, x_shape)
    n, c, h, w = x_shape
    places = (idx.reshape(n * c, -1) + h * w * np.arange(n * c)[:, None]).ravel()
    order = np.argsort(places, kind="stable")
    found, first = np.unique(places[order], return_index=True)
    dx = np.zeros(n * c * h * w, values.dtype)
    dx[found] = np.add.reduceat(values.ravel()[order], first)
    return dx.reshape(x_shape)


@alternative("max-pool2d-backward", style="np.add.at with rows and columns")
def switched_by_add_at(dout, idx, x_shape):
    values = check_switches(dout, idx, x_shape)
    row, column = np.unravel_index(idx, x_shape[2:])
    dx = np.zeros(x_shape, values.dtype)
    n, c = np.indices(dout.shape)[:2]
    np.add.at(dx, (n, c, row, column), values)
    return dx


# -- avg_pool2d ---------------------------------------------------------------------------------------------------


def mean_bands(shape, k, stride, padding):
    oh, ow, kh, kw, sh, sw, ph, pw = sizes(shape, k, stride, padding)
    return band(shape[2], oh, kh, sh, ph), band(shape[3], ow, kw, sw, pw)


def divisors(down, along, k, include):
    return np.prod(pair(k)) if include else np.outer(down.sum(axis=1), along.sum(axis=1))


@alternative("avg-pool2d", style="matrix form: two bands")
def means_by_matrices(x, k, stride=None, padding=0, count_include_pad=True):
    down, along = mean_bands(x.shape, k, stride, padding)
    means = down @ x @ along.T / divisors(down, along, k, count_include_pad)
    return means.astype(as_float(x[:0]).dtype)


@alternative("avg-pool2d", style="sliding_window_view and mean")
def means_of_views(x, k, stride=None, padding=0, count_include_pad=True):
    _, _, kh, kw, sh, sw, ph, pw = sizes(x.shape, k, stride, padding)
    if count_include_pad:
        return view_of(with_border(x, ph, pw, 0), kh, kw, sh, sw).mean(axis=(4, 5))
    return np.nanmean(view_of(with_border(x, ph, pw, np.nan), kh, kw, sh, sw), axis=(4, 5))


@alternative("avg-pool2d", style="loops, windows cut at the rim")
def means_of_cut_windows(x, k, stride=None, padding=0, count_include_pad=True):
    oh, ow, kh, kw, sh, sw, ph, pw = sizes(x.shape, k, stride, padding)
    values = as_float(x)
    out = np.zeros((*x.shape[:2], oh, ow), values.dtype)
    for i, j in np.ndindex(oh, ow):
        (top, bottom), (left, right) = bounds(i, sh, ph, kh, x.shape[2]), bounds(j, sw, pw, kw, x.shape[3])
        number = kh * kw if count_include_pad else (bottom - top) * (right - left)
        out[:, :, i, j] = values[:, :, top:bottom, left:right].sum(axis=(2, 3)) / number
    return out


@alternative("avg-pool2d", style="integral image")
def means_by_integral_image(x, k, stride=None, padding=0, count_include_pad=True):
    oh, ow, kh, kw, sh, sw, ph, pw = sizes(x.shape, k, stride, padding)
    h, w = x.shape[2:]
    table = np.zeros((*x.shape[:2], h + 1, w + 1))
    table[:, :, 1:, 1:] = x.astype(np.float64).cumsum(axis=2).cumsum(axis=3)
    first_row, first_column = sh * np.arange(oh) - ph, sw * np.arange(ow) - pw
    top, bottom = np.clip(first_row, 0, h)[:, None], np.clip(first_row + kh, 0, h)[:, None]
    left, right = np.clip(first_column, 0, w), np.clip(first_column + kw, 0, w)
    sums = table[:, :, bottom, right] - table[:, :, top, right] - table[:, :, bottom, left] + table[:, :, top, left]
    number = kh * kw if count_include_pad else (bottom - top) * (right - left)
    return (sums / number).astype(as_float(x[:0]).dtype)


def shares_of(dout, x_shape, k, stride, padding, include):
    down, along = mean_bands(x_shape, k, stride, padding)
    if dout.shape != (*x_shape[:2], len(down), len(along)):
        raise ValueError(f"dout must be {(*x_shape[:2], len(down), len(along))}, got {dout.shape}")
    return (dout / divisors(down, along, k, include)).astype(as_float(dout[:0]).dtype)


@alternative("avg-pool2d", style="matrix form: the bands transposed", function="avg_pool2d_backward")
def shares_by_matrices(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    down, along = mean_bands(x_shape, k, stride, padding)
    shares = shares_of(dout, x_shape, k, stride, padding, count_include_pad)
    return np.einsum("ih,ncij,jw->nchw", down, shares, along, optimize=True).astype(shares.dtype)


@alternative("avg-pool2d", style="loops over windows, cut at the rim", function="avg_pool2d_backward")
def shares_window_by_window(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    shares = shares_of(dout, x_shape, k, stride, padding, count_include_pad)
    oh, ow, kh, kw, sh, sw, ph, pw = sizes(x_shape, k, stride, padding)
    dx = np.zeros(x_shape, shares.dtype)
    for i, j in np.ndindex(oh, ow):
        (top, bottom), (left, right) = bounds(i, sh, ph, kh, x_shape[2]), bounds(j, sw, pw, kw, x_shape[3])
        dx[:, :, top:bottom, left:right] += shares[:, :, i, j, None, None]
    return dx


@alternative("avg-pool2d", style="np.add.at into the padded image", function="avg_pool2d_backward")
def shares_by_add_at(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    shares = shares_of(dout, x_shape, k, stride, padding, count_include_pad)
    oh, ow, kh, kw, sh, sw, ph, pw = sizes(x_shape, k, stride, padding)
    n, c, h, w = x_shape
    rows = (sh * np.arange(oh)[:, None] + np.arange(kh))[:, None, :, None]
    columns = (sw * np.arange(ow)[:, None] + np.arange(kw))[None, :, None, :]
    image = np.zeros((h + 2 * ph, w + 2 * pw, n, c), shares.dtype)
    np.add.at(image, (rows, columns), shares.transpose(2, 3, 0, 1)[:, :, None, None])
    return image[ph : ph + h, pw : pw + w].transpose(2, 3, 0, 1).copy()


@alternative("avg-pool2d", style="marks at the windows' corners, then running sums", function="avg_pool2d_backward")
def shares_by_running_sums(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    shares = shares_of(dout, x_shape, k, stride, padding, count_include_pad)
    oh, ow, kh, kw, sh, sw, ph, pw = sizes(x_shape, k, stride, padding)
    h, w = x_shape[2:]
    marks = np.zeros((*x_shape[:2], h + 2 * ph + 1, w + 2 * pw + 1))
    for i, j, sign in ((0, 0, 1), (kh, 0, -1), (0, kw, -1), (kh, kw, 1)):
        marks[:, :, i : i + sh * (oh - 1) + 1 : sh, j : j + sw * (ow - 1) + 1 : sw] += sign * shares
    dx = marks.cumsum(axis=2).cumsum(axis=3)[:, :, ph : ph + h, pw : pw + w]
    return dx.astype(shares.dtype)


# -- global_avg_pool ----------------------------------------------------------------------------------------------


def four_axes(x):
    if x.ndim != 4:
        raise ValueError(f"x must have 4 axes, got {x.shape}")
    return as_float(x)


@alternative("global-avg-pool", style="flattened planes")
def means_of_flat_planes(x):
    return four_axes(x).reshape(*x.shape[:2], -1).mean(axis=-1)


@alternative("global-avg-pool", style="sum over number")
def sums_over_number(x):
    return four_axes(x).sum(axis=3).sum(axis=2) / (x.shape[2] * x.shape[3])


@alternative("global-avg-pool", style="einsum")
def means_by_einsum(x):
    return np.einsum("nchw->nc", four_axes(x)) / math.prod(x.shape[2:])


@alternative("global-avg-pool", style="matrix product")
def means_by_product(x):
    planes = four_axes(x).reshape(*x.shape[:2], -1)
    return planes @ np.full(planes.shape[2], 1 / planes.shape[2], planes.dtype)


@alternative("global-avg-pool", style="loops")
def means_by_loops(x):
    values = four_axes(x)
    out = np.empty(x.shape[:2], values.dtype)
    for n, c in np.ndindex(*out.shape):
        out[n, c] = np.average(values[n, c])
    return out


def plane_shares(dout, x_shape):
    if len(x_shape) != 4 or dout.shape != (x_shape[0], x_shape[1]):
        raise ValueError(f"dout must be {tuple(x_shape[:2])}, got {dout.shape}")
    return as_float(dout) / math.prod(x_shape[2:])


@alternative("global-avg-pool", style="broadcast and copy", function="global_avg_pool_backward")
def shares_by_broadcast(dout, x_shape):
    return np.array(np.broadcast_to(plane_shares(dout, x_shape)[:, :, None, None], x_shape))


@alternative("global-avg-pool", style="np.repeat", function="global_avg_pool_backward")
def shares_by_repeat(dout, x_shape):
    return np.repeat(plane_shares(dout, x_shape), x_shape[2] * x_shape[3]).reshape(x_shape)


@alternative("global-avg-pool", style="times ones", function="global_avg_pool_backward")
def shares_times_ones(dout, x_shape):
    shares = plane_shares(dout, x_shape)
    return np.ones(x_shape, shares.dtype) * shares[..., np.newaxis, np.newaxis]


@alternative("global-avg-pool", style="einsum with ones", function="global_avg_pool_backward")
def shares_by_einsum(dout, x_shape):
    shares = plane_shares(dout, x_shape)
    return np.einsum("nc,hw->nchw", shares, np.ones(x_shape[2:], shares.dtype))


@alternative("global-avg-pool", style="loops over planes", function="global_avg_pool_backward")
def shares_plane_by_plane(dout, x_shape):
    shares = plane_shares(dout, x_shape)
    dx = np.empty(x_shape, shares.dtype)
    for n, c in np.ndindex(*dout.shape):
        dx[n, c] = shares[n, c]
    return dx


# -- l2_pool ------------------------------------------------------------------------------------------------------


@alternative("l2-pool", style="np.linalg.norm of views")
def lengths_by_norm(x, k, s):
    oh, ow, kh, kw, sh, sw, _, _ = sizes(x.shape, k, s)
    return np.linalg.norm(view_of(as_float(x), kh, kw, sh, sw).reshape(*x.shape[:2], oh, ow, -1), axis=-1)


@alternative("l2-pool", style="einsum")
def lengths_by_einsum(x, k, s):
    _, _, kh, kw, sh, sw, _, _ = sizes(x.shape, k, s)
    view = view_of(as_float(x), kh, kw, sh, sw)
    return np.sqrt(np.einsum("ncijkl,ncijkl->ncij", view, view))


@alternative("l2-pool", style="matrix form: two bands")
def lengths_by_matrices(x, k, s):
    oh, ow, kh, kw, sh, sw, _, _ = sizes(x.shape, k, s)
    down, along = band(x.shape[2], oh, kh, sh, 0), band(x.shape[3], ow, kw, sw, 0)
    return np.sqrt(down @ as_float(x) ** 2 @ along.T).astype(as_float(x[:0]).dtype)


@alternative("l2-pool", style="loops over windows")
def lengths_by_loops(x, k, s):
    oh, ow, kh, kw, sh, sw, _, _ = sizes(x.shape, k, s)
    values = as_float(x)
    out = np.zeros((*x.shape[:2], oh, ow), values.dtype)
    for i, j in np.ndindex(oh, ow):
        window = values[:, :, i * sh : i * sh + kh, j * sw : j * sw + kw]
        out[:, :, i, j] = np.sqrt((window * window).sum(axis=(2, 3)))
    return out


@alternative("l2-pool", style="np.hypot, place by place")
def lengths_by_hypot(x, k, s):
    oh, ow, kh, kw, sh, sw, _, _ = sizes(x.shape, k, s)
    values = as_float(x)
    out = np.zeros((*x.shape[:2], oh, ow), values.dtype)
    for i, j in np.ndindex(kh, kw):
        out = np.hypot(out, values[:, :, i : i + sh * (oh - 1) + 1 : sh, j : j + sw * (ow - 1) + 1 : sw])
    return out


# -- stochastic_pool ----------------------------------------------------------------------------------------------


def activations(x, k, s):
    oh, ow, kh, kw, sh, sw, _, _ = sizes(x.shape, k, s)
    if (x < 0).any():
        raise ValueError("activations must be 0 or more")
    return view_of(as_float(x), kh, kw, sh, sw).reshape(*x.shape[:2], oh, ow, kh * kw)


def expected(values):
    sums = values.sum(axis=-1, keepdims=True)
    shares = np.divide(values, sums, out=np.zeros_like(values), where=sums > 0)
    return (shares * values).sum(axis=-1)


@alternative("stochastic-pool", style="loops with rng.choice")
def drawn_by_choice(x, k, s, rng, train):
    values = activations(x, k, s)
    out = np.zeros(values.shape[:4], values.dtype)
    for where in np.ndindex(*out.shape):
        window = values[where].astype(np.float64)
        if window.sum() == 0:
            continue
        p = window / window.sum()
        out[where] = rng.choice(window, p=p) if train else np.dot(p, window)
    return out


@alternative("stochastic-pool", style="exponential race")
def drawn_by_race(x, k, s, rng, train):
    values = activations(x, k, s)
    if not train:
        return expected(values)
    times = np.full(values.shape, np.inf)
    np.divide(rng.exponential(size=values.shape), values, out=times, where=values > 0)
    return np.take_along_axis(values, times.argmin(axis=-1)[..., None], axis=-1)[..., 0]


@alternative("stochastic-pool", style="Gumbel noise on logarithms")
def drawn_by_gumbel(x, k, s, rng, train):
    values = activations(x, k, s)
    if not train:
        sums = values.sum(axis=-1)
        return np.einsum("...k,...k->...", values, values) / np.where(sums == 0, 1, sums)
    with np.errstate(divide="ignore"):
        scores = np.log(values) + rng.gumbel(size=values.shape)
    return np.take_along_axis(values, scores.argmax(axis=-1)[..., None], axis=-1)[..., 0]


@alternative("stochastic-pool", style="rng.multinomial")
def drawn_by_multinomial(x, k, s, rng, train):
    values = activations(x, k, s)
    if not train:
        return expected(values)
    wide = values.astype(np.float64) + (values.sum(axis=-1, keepdims=True) == 0)  # zeros: whichever, it is 0
    tickets = rng.multinomial(1, wide / wide.sum(axis=-1, keepdims=True))
    return (tickets * values).sum(axis=-1).astype(values.dtype)


@alternative("stochastic-pool", style="running sum and a dart for each window, one place at a time")
def drawn_place_by_place(x, k, s, rng, train):
    values = activations(x, k, s)
    if not train:
        return expected(values)
    left = (1 - rng.random(values.shape[:4])) * values.sum(axis=-1, dtype=np.float64)
    out = np.zeros(values.shape[:4], values.dtype)
    found = np.zeros(out.shape, bool)
    for place in range(values.shape[-1]):
        value = values[..., place]
        hit = ~found & (value > 0) & (left <= value)
        out[hit] = value[hit]
        found |= hit
        left = left - value
    return np.where(found, out, values.max(axis=-1))  # where rounding let the dart fall behind the end


# -- unchanged_fraction -------------------------------------------------------------------------------------------


@alternative("unchanged-fraction", style="two slices put together")
def fraction_by_slices(pool, x, shift):
    if x.ndim != 4:
        raise ValueError(f"x must have 4 axes, got {x.shape}")
    cut = (-shift) % x.shape[3]
    same = pool(x) == pool(np.concatenate([x[..., cut:], x[..., :cut]], axis=3))
    return float(same.sum() / same.size)


@alternative("unchanged-fraction", style="np.take with wrapped columns")
def fraction_by_take(pool, x, shift):
    _, _, _, w = x.shape
    moved = x.take((np.arange(w) - shift) % w, axis=-1)
    return 1.0 - float(np.count_nonzero(pool(x) - pool(moved))) / np.size(pool(x))


@alternative("unchanged-fraction", style="loops over outputs")
def fraction_by_loops(pool, x, shift):
    if len(x.shape) != 4:
        raise ValueError(f"x must have 4 axes, got {x.shape}")
    before, after = pool(x), pool(np.roll(x, shift, 3))
    equal = 0
    for a, b in zip(before.ravel().tolist(), after.ravel().tolist(), strict=True):
        equal += a == b
    return equal / before.size


@alternative("unchanged-fraction", style="permutation matrix")
def fraction_by_permutation(pool, x, shift):
    if x.ndim != 4:
        raise ValueError(f"x must have 4 axes, got {x.shape}")
    move = np.roll(np.eye(x.shape[3]), shift, axis=1)
    return float(np.equal(pool(x), pool(x @ move)).mean())


@alternative("unchanged-fraction", style="column by column")
def fraction_column_by_column(pool, x, shift):
    if x.ndim != 4:
        raise ValueError(f"x must have 4 axes, got {x.shape}")
    moved = np.empty_like(x)
    for column in range(x.shape[3]):
        moved[..., (column + shift) % x.shape[3]] = x[..., column]
    return float(np.mean(np.where(pool(x) == pool(moved), 1.0, 0.0)))


# -- blur_pool ----------------------------------------------------------------------------------------------------


def mirrored(x):
    if x.ndim != 4 or x.shape[2] < 2 or x.shape[3] < 2:
        raise ValueError(f"x must have 4 axes and 2×2 pixels or more, got {x.shape}")
    return np.pad(as_float(x), ((0, 0), (0, 0), (1, 1), (1, 1)), mode="reflect")


@alternative("blur-pool", style="einsum with the 3×3 kernel")
def blurred_by_einsum(x, stride):
    image = mirrored(x)
    kernel = np.outer([1, 2, 1], [1, 2, 1]).astype(image.dtype) / 16
    return np.einsum("ncijkl,kl->ncij", view_of(image, 3, 3, *pair(stride)), kernel)


@alternative("blur-pool", style="loops over pixels")
def blurred_by_loops(x, stride):
    image, (sh, sw) = mirrored(x), pair(stride)
    kernel = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]], image.dtype)
    out = np.zeros((*x.shape[:2], (x.shape[2] - 1) // sh + 1, (x.shape[3] - 1) // sw + 1), image.dtype)
    for i, j in np.ndindex(*out.shape[2:]):
        out[:, :, i, j] = (image[:, :, i * sh : i * sh + 3, j * sw : j * sw + 3] * kernel).sum(axis=(2, 3)) / 16
    return out


def blur_matrix(n, step):
    places = np.arange(n)
    matrix = np.zeros((n, n))
    for offset, weight in ((-1, 0.25), (0, 0.5), (1, 0.25)):
        source = n - 1 - np.abs(n - 1 - np.abs(places + offset))  # mirrored at both ends
        np.add.at(matrix, (places, source), weight)
    return matrix[::step]


@alternative("blur-pool", style="matrix form")
def blurred_by_matrices(x, stride):
    kind = mirrored(x).dtype
    down, along = blur_matrix(x.shape[2], pair(stride)[0]), blur_matrix(x.shape[3], pair(stride)[1])
    return (down @ x @ along.T).astype(kind)


@alternative("blur-pool", style="means of neighbours, twice")
def blurred_by_means_of_two(x, stride):
    image, (sh, sw) = mirrored(x), pair(stride)
    for _ in range(2):
        image = (image[:, :, 1:] + image[:, :, :-1]) / 2
        image = (image[..., 1:] + image[..., :-1]) / 2
    return image[:, :, ::sh, ::sw].copy()


@alternative("blur-pool", style="FFT of the mirrored image")
def blurred_by_fft(x, stride):
    kind, (h, w) = mirrored(x).dtype, x.shape[2:]
    whole = np.concatenate([x, x[:, :, h - 2 : 0 : -1]], axis=2).astype(np.float64)  # 2H - 2 rows, one period
    whole = np.concatenate([whole, whole[..., w - 2 : 0 : -1]], axis=3)
    down, along = (0.5 + 0.5 * np.cos(2 * np.pi * np.fft.fftfreq(n)) for n in whole.shape[2:])
    smooth = np.fft.ifft2(np.fft.fft2(whole) * np.outer(down, along)).real
    return smooth[:, :, : h : pair(stride)[0], : w : pair(stride)[1]].astype(kind)
