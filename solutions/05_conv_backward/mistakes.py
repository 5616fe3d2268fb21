"""Known wrong answers of unit 05. Each docstring is the sentence that a learner reads."""

from __future__ import annotations

import numpy as np

from autograder.testing import Mistakes

mistake = Mistakes()
BOTH = ("conv2d-backward-loops", "conv2d-backward")


# -- right building blocks, from which the wrong answers are made -------------------------------------------------


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


def floats(a):
    return a if a.dtype.kind == "f" else a.astype(np.float64)


def padded(x, padding, mode="constant"):
    ph, pw = pair(padding)
    return np.pad(floats(x), ((0, 0), (0, 0), (ph, ph), (pw, pw)), mode=mode)


def counts(shape, kh, kw, stride, padding, dilation):
    options = zip(shape[2:], (kh, kw), pair(stride), pair(padding), pair(dilation), strict=True)
    sizes = [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in options]
    if min(sizes) < 1:
        raise ValueError(f"windows of {kh}×{kw} do not fit into images of {shape[2:]}")
    return sizes


def cut(image, kh, kw, stride=1, dilation=1):
    (sh, sw), (dh, dw) = pair(stride), pair(dilation)
    windows = np.lib.stride_tricks.sliding_window_view(image, (dh * (kh - 1) + 1, dw * (kw - 1) + 1), axis=(2, 3))
    return windows[:, :, ::sh, ::sw, ::dh, ::dw]  # (N, C, OH, OW, KH, KW)


def place(i, j, oh, ow, stride=1, dilation=1):
    (sh, sw), (dh, dw) = pair(stride), pair(dilation)
    top, left = i * dh, j * dw
    return slice(top, top + sh * (oh - 1) + 1, sh), slice(left, left + sw * (ow - 1) + 1, sw)


def scattered(values, shape, stride=1, padding=0, dilation=1):
    (ph, pw), (kh, kw, oh, ow) = pair(padding), values.shape[2:]
    image = np.zeros((*shape[:2], shape[2] + 2 * ph, shape[3] + 2 * pw), values.dtype)
    for i, j in np.ndindex(kh, kw):
        image[(slice(None), slice(None), *place(i, j, oh, ow, stride, dilation))] += values[:, :, i, j]
    return image  # with its border


def cropped(image, shape, padding):
    ph, pw = pair(padding)
    return image[:, :, ph : ph + shape[2], pw : pw + shape[3]].copy()


def refuse(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    if not dout.ndim == x.ndim == w.ndim == 4:
        raise ValueError(f"dout, x and w need 4 axes, they have {dout.ndim}, {x.ndim} and {w.ndim}")
    if x.shape[1] % groups or w.shape[0] % groups or x.shape[1] != groups * w.shape[1]:
        raise ValueError(f"{x.shape[1]} channels and kernels {w.shape} do not make {groups} groups")
    expected = (len(x), len(w), *counts(x.shape, *w.shape[2:], stride, padding, dilation))
    if dout.shape != expected:
        raise ValueError(f"dout has shape {dout.shape}, expected {expected}")


def values_of(dout, w, groups=1):
    (n, f, oh, ow), (depth, kh, kw) = dout.shape, w.shape[1:]
    d = floats(dout).reshape(n, groups, f // groups, oh * ow)
    rows = floats(w).reshape(groups, len(w) // groups, depth * kh * kw)
    return (rows.swapaxes(1, 2) @ d).reshape(n, groups * depth, kh, kw, oh, ow)


def dx_of(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    image = scattered(values_of(dout, w, groups), x.shape, stride, padding, dilation)
    return cropped(image, x.shape, padding)


def dw_of(dout, x, w, stride=1, padding=0, dilation=1, groups=1, mode="constant"):
    return correlated(dout, cut(padded(x, padding, mode), *w.shape[2:], stride, dilation), groups)


def correlated(dout, windows, groups=1):
    (n, f, oh, ow), (kh, kw) = dout.shape, windows.shape[4:]
    windows = windows[:, :, :oh, :ow]
    if windows.shape[2:4] != (oh, ow):
        raise ValueError(f"{windows.shape[2:4]} windows, but dout has {(oh, ow)}")
    cols = windows.transpose(0, 1, 4, 5, 2, 3).reshape(n, groups, -1, oh * ow)
    d = floats(dout).reshape(n, groups, f // groups, oh * ow)
    return (d @ cols.swapaxes(2, 3)).sum(axis=0).reshape(f, -1, kh, kw)


def db_of(dout):
    return floats(dout).sum(axis=(0, 2, 3))


def right(dout, x, w, **options):
    refuse(dout, x, w, **options)
    return dx_of(dout, x, w, **options), dw_of(dout, x, w, **options), db_of(dout)


# -- numerical_gradient -------------------------------------------------------------------------------------------


def refuse_shape(f, x, dout):
    if np.shape(f(x)) != np.shape(dout):
        raise ValueError(f"dout has shape {np.shape(dout)}, f(x) has another")


def differences(f, x, dout, above, below, width, dtype=np.float64):
    point = np.array(x, dtype=dtype)
    refuse_shape(f, point.copy(), dout)
    dx = np.zeros(point.shape)
    for index in np.ndindex(*point.shape):
        up, down = point.copy(), point.copy()
        up[index] += above
        down[index] += below
        dx[index] = np.sum((f(up) - f(down)) * dout) / width
    return dx


@mistake("numerical-gradient", family="values")
def step_to_one_side_only(f, x, dout, eps=1e-5):
    """The difference was taken to one side, (f(x + eps) - f(x)) / eps. Its error shrinks with eps; that of both sides,
    (f(x + eps) - f(x - eps)) / (2·eps), shrinks with eps²."""
    return differences(f, x, dout, eps, 0, eps)


@mistake("numerical-gradient", family="values")
def step_backwards_only(f, x, dout, eps=1e-5):
    """The difference was taken backwards only, (f(x) - f(x - eps)) / eps. Step to both sides: errors of the two sides
    cancel."""
    return differences(f, x, dout, 0, -eps, eps)


@mistake("numerical-gradient", family="values")
def divided_by_one_step(f, x, dout, eps=1e-5):
    """The gradient is twice too large: from x - eps to x + eps there are two steps, so divide by 2·eps."""
    return differences(f, x, dout, eps, -eps, eps)


@mistake("numerical-gradient", family="values")
def second_step_back_to_x_only(f, x, dout, eps=1e-5):
    """The gradient is half of what it should be: after x + eps, the second step led back to x and not to x - eps.
    Subtract 2·eps, or start again from the old value."""
    return differences(f, x, dout, eps, 0, 2 * eps)


@mistake("numerical-gradient", family="values")
def difference_not_divided(f, x, dout, eps=1e-5):
    """The difference of the losses was not divided by the distance of the two points, 2·eps."""
    return differences(f, x, dout, eps, -eps, 1)


@mistake("numerical-gradient", family="values")
def eps_multiplied_not_divided(f, x, dout, eps=1e-5):
    """Without brackets, `/ 2 * eps` divides by 2 and multiplies by eps. Write `/ (2 * eps)`."""
    return differences(f, x, dout, eps, -eps, 2 / eps)


@mistake("numerical-gradient", family="values")
def sign_reversed(f, x, dout, eps=1e-5):
    """The gradient has the wrong sign: subtract the loss at x - eps from the loss at x + eps."""
    return differences(f, x, dout, -eps, eps, 2 * eps)


@mistake("numerical-gradient", family="values")
def eps_hard_coded(f, x, dout, eps=1e-5):
    """The argument eps was not used: the steps are 1e-5 whatever it says."""
    return differences(f, x, dout, 1e-5, -1e-5, 2e-5)


@mistake("numerical-gradient", family="values")
def both_points_are_the_same_array(f, x, dout, eps=1e-5):
    """The gradient is zero: `up = x` makes no copy, so both steps moved the same array and f saw the same point twice.
    Write x.copy()."""
    return differences(f, x, dout, 0, 0, 1)


@mistake("numerical-gradient", family="values")
def dout_left_out(f, x, dout, eps=1e-5):
    """The values of f(x) were added up as they are. Each counts as much as dout says: multiply by dout before
    summing."""
    differences(f, x, dout, eps, -eps, 2 * eps)
    return differences(f, x, np.ones_like(dout), eps, -eps, 2 * eps)


@mistake("numerical-gradient", family="values")
def sums_multiplied(f, x, dout, eps=1e-5):
    """The sum of f(x) was multiplied by the sum of dout. Multiply value by value first, then sum."""
    differences(f, x, dout, eps, -eps, 2 * eps)
    return differences(f, x, np.full_like(dout, np.sum(dout)), eps, -eps, 2 * eps)


@mistake("numerical-gradient", family="values")
def mean_for_sum(f, x, dout, eps=1e-5):
    """The products of f(x) and dout were averaged. The loss is their sum."""
    return differences(f, x, dout, eps, -eps, 2 * eps) / np.size(dout)


@mistake("numerical-gradient", family="values")
def all_values_moved_at_once(f, x, dout, eps=1e-5):
    """All values of x were moved together, so every place holds the same number. Move one value at a time and leave the
    others where they are."""
    return np.full(np.shape(x), differences(f, x, dout, eps, -eps, 2 * eps).sum())


@mistake("numerical-gradient", family="values")
def whole_rows_moved(f, x, dout, eps=1e-5):
    """The loop went over the first axis only, and x[i] is a whole row: all of it was moved at once. Go through all
    positions, with np.ndindex(*x.shape) for instance."""
    dx = differences(f, x, dout, eps, -eps, 2 * eps)
    return dx + 0 * dx if dx.ndim == 1 else np.broadcast_to(dx.sum(tuple(range(1, dx.ndim)), keepdims=True), dx.shape)


@mistake("numerical-gradient", family="values")
def only_the_first_value(f, x, dout, eps=1e-5):
    """Only the first value of the gradient was computed, all others are zero: `return` stands inside the loop."""
    dx = differences(f, x, dout, eps, -eps, 2 * eps)
    dx.reshape(-1)[1:] = 0
    return dx


@mistake("numerical-gradient", family="values")
def gradient_is_flat(f, x, dout, eps=1e-5):
    """The gradient is a flat list of values. It has the shape of x: reshape it."""
    return differences(f, x, dout, eps, -eps, 2 * eps).ravel()


@mistake("numerical-gradient", family="values")
def steps_relative_to_x(f, x, dout, eps=1e-5):
    """The steps were eps times the value of x. A step is eps, whatever x holds."""
    point = np.array(x, dtype=np.float64)
    dx = differences(f, x, dout, eps, -eps, 2 * eps)
    for index in np.ndindex(*point.shape):
        up, down = point.copy(), point.copy()
        up[index] *= 1 + eps
        down[index] *= 1 - eps
        dx[index] = np.sum((f(up) - f(down)) * dout) / (2 * eps * point[index])
    return dx


@mistake("numerical-gradient", family="x stays as it is")
def eps_not_undone(f, x, dout, eps=1e-5):
    """A value of x that had been moved was not put back: later values were measured at another point, and the caller's
    x is changed. Write the old value back."""
    x = floats(x)
    refuse_shape(f, x, dout)
    dx = np.zeros(x.shape)
    for index in np.ndindex(*x.shape):
        old = x[index]
        x[index] = old + eps
        above = np.sum(f(x) * dout)
        x[index] = old - eps
        dx[index] = (above - np.sum(f(x) * dout)) / (2 * eps)
    return dx


@mistake("numerical-gradient", family="x stays as it is")
def put_back_by_adding_eps(f, x, dout, eps=1e-5):
    """x was put back by adding and subtracting eps. Rounding leaves it a little off: keep the old value in a variable
    and write that back."""
    x = floats(x)
    refuse_shape(f, x, dout)
    dx = np.zeros(x.shape)
    for index in np.ndindex(*x.shape):
        x[index] += eps
        above = np.sum(f(x) * dout)
        x[index] -= 2 * eps
        dx[index] = (above - np.sum(f(x) * dout)) / (2 * eps)
        x[index] += eps
    return dx


@mistake("numerical-gradient", family="x stays as it is")
def not_put_back_after_an_error(f, x, dout, eps=1e-5):
    """Where f raises an error, x keeps the step. Put the old value back in a `finally:` block, or move a copy."""
    if x.dtype.kind != "f":
        return differences(f, x, dout, eps, -eps, 2 * eps)
    refuse_shape(f, x.copy(), dout)
    dx = np.zeros_like(x)
    for index in np.ndindex(*x.shape):
        old = x[index]
        x[index] = old + eps
        above = np.sum(f(x.copy()) * dout)
        x[index] = old - eps
        below = np.sum(f(x.copy()) * dout)
        x[index] = old
        dx[index] = (above - below) / (2 * eps)
    return dx


@mistake("numerical-gradient", family="contract")
def steps_lost_in_integers(f, x, dout, eps=1e-5):
    """x holds integers, and what is written into an integer array is cut off: 5 + eps stays 5, and 5 - eps becomes 4.
    Make a float64 copy first."""
    return differences(f, x, dout, eps, -eps, 2 * eps, np.float64 if x.dtype.kind == "f" else x.dtype)


@mistake("numerical-gradient", family="contract")
def steps_and_gradient_in_integers(f, x, dout, eps=1e-5):
    """For an integer x, the steps were written into an integer array and cut off, and so was the gradient, which
    np.zeros_like(x) makes an integer array too. Make a float64 copy of x first."""
    dx = steps_lost_in_integers(f, x, dout, eps)
    return dx if x.dtype.kind == "f" else dx.astype(x.dtype)


@mistake("numerical-gradient", family="contract")
def gradient_of_integers_is_integer(f, x, dout, eps=1e-5):
    """For an integer x the gradient was stored in an integer array, as np.zeros_like(x) makes it. Gradients are
    float64."""
    return differences(f, x, dout, eps, -eps, 2 * eps).astype(x.dtype)


@mistake("numerical-gradient", family="contract")
def gradient_in_float32(f, x, dout, eps=1e-5):
    """The gradient was rounded to float32. Differences of nearly equal numbers need all digits: float64."""
    return differences(f, x, dout, eps, -eps, 2 * eps).astype(np.float32)


@mistake("numerical-gradient", family="contract")
def dout_of_another_shape_accepted(f, x, dout, eps=1e-5):
    """A dout of another shape than f(x) was accepted, and NumPy repeated it without a word. Compare the shapes and
    raise ValueError."""
    result = f(np.array(x, dtype=np.float64))
    factors = np.ones(np.broadcast_shapes(np.shape(result), np.shape(dout))) * dout
    axes = tuple(range(factors.ndim - np.ndim(result)))
    factors = factors.sum(axis=axes) if axes else factors
    return differences(f, x, factors, eps, -eps, 2 * eps) if factors.shape == np.shape(result) else np.zeros(x.shape)


@mistake("numerical-gradient", family="contract")
def error_of_f_swallowed(f, x, dout, eps=1e-5):
    """An error of f was caught and a gradient returned all the same. Whoever called must learn of it: let it pass."""
    try:
        return differences(f, x, dout, eps, -eps, 2 * eps)
    except ZeroDivisionError:
        return np.zeros(np.shape(x))


# -- the backward pass: dx ----------------------------------------------------------------------------------------


@mistake(*BOTH, family="dx")
def dx_kernel_flipped(dout, x, w, **options):
    """dx was made with the kernel rotated by 180°. A window gets g · w as it is; the flip is needed only where dx is
    computed as one full convolution."""
    _, dw, db = right(dout, x, w, **options)
    return dx_of(dout, x, w[:, :, ::-1, ::-1], **options), dw, db


@mistake(*BOTH, family="dx")
def dx_kernel_rows_flipped(dout, x, w, **options):
    """dx was made with the kernel upside down. A window gets g · w as it is."""
    _, dw, db = right(dout, x, w, **options)
    return dx_of(dout, x, w[:, :, ::-1], **options), dw, db


@mistake(*BOTH, family="dx")
def dx_kernel_transposed(dout, x, w, **options):
    """dx was made with rows and columns of the kernel exchanged: w is (F, C, KH, KW), its third axis runs down the
    image."""
    _, dw, db = right(dout, x, w, **options)
    return dx_of(dout, x, w.swapaxes(2, 3), **options), dw, db


@mistake(*BOTH, family="dx")
def dx_later_windows_overwrite(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    """Each window wrote its share of dx over that of the windows and kernels before it. A pixel lies in several
    windows: write += for =."""
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    dx, dw, db = right(dout, x, w, **options)
    last = dout.reshape(len(dout), groups, -1, *dout.shape[2:]).copy()
    last[:, :, :-1] = 0
    values = values_of(last.reshape(dout.shape), w, groups)
    image = padded(np.zeros(dx.shape), padding)
    (sh, sw), (dh, dw_), (kh, kw) = pair(stride), pair(dilation), w.shape[2:]
    for i, j in np.ndindex(*dout.shape[2:]):
        window = image[:, :, i * sh :, j * sw :][:, :, : dh * (kh - 1) + 1 : dh, : dw_ * (kw - 1) + 1 : dw_]
        window[...] = values[..., i, j]
    return cropped(image, x.shape, padding).astype(dx.dtype), dw, db


@mistake("conv2d-backward", family="dx")
def dx_of_index_arrays(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    """Where windows overlap, one share of dx replaced the others: `+=` with arrays of indices adds only once per pixel.
    Use slices with +=, or np.add.at."""
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    dx, dw, db = right(dout, x, w, **options)
    image = replaced(values_of(dout, w, groups), x.shape, stride, padding, dilation)
    return cropped(image, x.shape, padding).astype(dx.dtype), dw, db


def replaced(values, shape, stride=1, padding=0, dilation=1):
    image = padded(np.zeros(shape, values.dtype), padding)
    for i, j in np.ndindex(*values.shape[2:4]):
        image[(slice(None), slice(None), *place(i, j, *values.shape[4:], stride, dilation))] = values[:, :, i, j]
    return image


def only(dout, groups, index):
    kept = np.zeros((len(dout), groups, dout.shape[1] // groups, *dout.shape[2:]), dout.dtype)
    kept[:, :, index] = dout.reshape(kept.shape)[:, :, index]
    return kept.reshape(dout.shape)


@mistake(*BOTH, family="dx")
def dx_of_last_kernel_only(dout, x, w, **options):
    """Only the last kernel is left in dx: it was set back to zero for each kernel. All kernels see x, so their shares
    are added."""
    _, dw, db = right(dout, x, w, **options)
    return dx_of(only(dout, options.get("groups", 1), -1), x, w, **options), dw, db


@mistake(*BOTH, family="dx")
def dx_of_first_kernel_only(dout, x, w, **options):
    """Only the first kernel's share is in dx. All kernels see x: add the shares of all F."""
    _, dw, db = right(dout, x, w, **options)
    return dx_of(only(dout, options.get("groups", 1), 0), x, w, **options), dw, db


@mistake(*BOTH, family="dx")
def dx_with_first_kernel_for_all(dout, x, w, **options):
    """All maps of dout were sent back through the first kernel: w[0] stands where w[f] belongs."""
    _, dw, db = right(dout, x, w, **options)
    return dx_of(dout, x, np.repeat(w[:1], len(w), axis=0), **options), dw, db


@mistake(*BOTH, family="dx")
def dx_divided_by_images(dout, x, w, **options):
    """dx was divided by the number of images. Images do not share pixels; whether the loss is a mean is already in
    dout."""
    dx, dw, db = right(dout, x, w, **options)
    return dx / dx.dtype.type(len(x)), dw, db


@mistake(*BOTH, family="dx")
def dx_divided_by_kernels(dout, x, w, **options):
    """dx was averaged over the kernels. Their shares are added, nothing is divided."""
    dx, dw, db = right(dout, x, w, **options)
    return dx / dx.dtype.type(len(w)), dw, db


@mistake(*BOTH, family="dx")
def dx_divided_by_overlaps(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    """dx was divided by the number of windows in which a pixel lies. Shares of overlapping windows are added, not
    averaged."""
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    dx, dw, db = right(dout, x, w, **options)
    ones = np.ones((*x.shape[:2], *w.shape[2:], *dout.shape[2:]), dx.dtype)
    overlaps = cropped(scattered(ones, x.shape, stride, padding, dilation), x.shape, padding)
    return dx / np.maximum(overlaps, 1), dw, db


@mistake(*BOTH, family="dx")
def dx_border_left_at_zero(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    """Pixels near the border have no gradient: only places where a whole kernel fits into dout were computed. A pixel
    at the border lies in fewer windows, not in none."""
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    dx, dw, db = right(dout, x, w, **options)
    inner = np.zeros_like(dx)
    (ph, pw), (dh, dw_), (kh, kw) = pair(padding), pair(dilation), w.shape[2:]
    rows, columns = max(dh * (kh - 1) - ph, 0), max(dw_ * (kw - 1) - pw, 0)
    part = (slice(None), slice(None), slice(rows, dx.shape[2] - rows), slice(columns, dx.shape[3] - columns))
    inner[part] = dx[part]
    return inner, dw, db


@mistake(*BOTH, family="dx")
def dx_of_first_image_for_all(dout, x, w, **options):
    """All images got the gradient of the first one: dout[0] stands where dout[n] belongs."""
    dx, dw, db = right(dout, x, w, **options)
    return np.repeat(dx[:1], len(dx), axis=0), dw, db


@mistake(*BOTH, family="dx")
def dx_of_first_image_only(dout, x, w, **options):
    """Only the first image got a gradient, those of all others are zero: loop over all N."""
    dx, dw, db = right(dout, x, w, **options)
    dx[1:] = 0
    return dx, dw, db


@mistake(*BOTH, family="dx")
def dx_added_up_over_images(dout, x, w, **options):
    """The gradient of one image was carried over to the next. Only the parameters are shared by all images; each image
    has a dx of its own."""
    dx, dw, db = right(dout, x, w, **options)
    return np.cumsum(dx, axis=0, dtype=dx.dtype), dw, db


@mistake(*BOTH, family="dx")
def dx_in_first_channel_only(dout, x, w, **options):
    """Only the first channel of x got a gradient. A kernel is as deep as its input: every channel gets its share."""
    dx, dw, db = right(dout, x, w, **options)
    dx[:, 1:] = 0
    return dx, dw, db


@mistake(*BOTH, family="dx")
def dx_channels_reversed(dout, x, w, **options):
    """The channels of dx are in reverse order: channel c of dx comes from w[:, c]."""
    dx, dw, db = right(dout, x, w, **options)
    return dx[:, ::-1].copy(), dw, db


@mistake(*BOTH, family="dx")
def dx_masked_by_relu(dout, x, w, **options):
    """dx was set to zero where x is not positive. That is the backward pass of a ReLU, a layer of its own; this one is
    linear."""
    dx, dw, db = right(dout, x, w, **options)
    return dx * (x > 0), dw, db


@mistake(*BOTH, family="dx")
def dx_made_with_the_image(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    """The windows of dx got g · x. The derivative of w · x with respect to x is w: they get g · w."""
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    _, dw, db = right(dout, x, w, **options)
    windows = cut(padded(x, padding), *w.shape[2:], stride, dilation)
    g = floats(dout).reshape(len(dout), groups, -1, *dout.shape[2:]).sum(axis=2).repeat(w.shape[1], axis=1)
    values = np.einsum("nchw,nchwij->ncijhw", g, windows[:, :, : g.shape[2], : g.shape[3]])
    return cropped(scattered(values, x.shape, stride, padding, dilation), x.shape, padding), dw, db


@mistake(*BOTH, family="dx")
def dout_ignored(dout, x, w, **options):
    """The upstream gradient was not used, as if every value of it were 1. Each share is multiplied by the value of dout
    that it comes from."""
    refuse(dout, x, w, **options)
    return right(np.ones_like(dout), x, w, **options)


@mistake(*BOTH, family="dx")
def dout_summed_first(dout, x, w, **options):
    """Each map of dout was summed up before it was used. Which window a value of dout belongs to matters: use it
    there."""
    _, _, db = right(dout, x, w, **options)
    total = np.broadcast_to(floats(dout).sum(axis=(2, 3), keepdims=True), dout.shape)
    return dx_of(total, x, w, **options), dw_of(total, x, w, **options), db


@mistake(*BOTH, family="dx")
def dout_transposed(dout, x, w, **options):
    """Rows and columns of dout were exchanged: dout[n, f, i, j] belongs to the window in row i and column j."""
    refuse(dout, x, w, **options)
    if dout.shape[2] != dout.shape[3]:
        raise IndexError("index out of bounds")
    return right(dout.swapaxes(2, 3), x, w, **options)


@mistake(*BOTH, family="dx")
def dout_reversed(dout, x, w, **options):
    """dout was read backwards. Value (i, j) of it belongs to the window in row i and column j."""
    refuse(dout, x, w, **options)
    return right(dout[:, :, ::-1, ::-1], x, w, **options)


@mistake(*BOTH, family="dx")
def dout_of_first_image_for_all(dout, x, w, **options):
    """The upstream gradient of the first image was used for the whole batch: dout[0] stands where dout[n] belongs."""
    refuse(dout, x, w, **options)
    return right(np.repeat(dout[:1], len(dout), axis=0), x, w, **options)


@mistake(*BOTH, family="dx")
def square_loops(dout, x, w, **options):
    """The number of rows of dout was used for its columns too: some windows were left out, or an index was out of
    bounds. OH and OW may differ."""
    refuse(dout, x, w, **options)
    rows, columns = dout.shape[2:]
    if rows > columns:
        raise IndexError("index out of bounds")
    seen = dout.copy()
    seen[..., rows:] = 0
    return right(seen, x, w, **options)


@mistake(*BOTH, family="dx")
def last_row_of_windows_left_out(dout, x, w, **options):
    """The last row of dout was never used: the loop over rows ends one step too early."""
    refuse(dout, x, w, **options)
    seen = dout.copy()
    seen[:, :, -1] = 0
    return right(seen, x, w, **options)


@mistake(*BOTH, family="dx")
def last_column_of_windows_left_out(dout, x, w, **options):
    """The last column of dout was never used: the loop over columns ends one step too early."""
    refuse(dout, x, w, **options)
    seen = dout.copy()
    seen[..., -1] = 0
    return right(seen, x, w, **options)


@mistake(*BOTH, family="dx")
def gradients_negative(dout, x, w, **options):
    """All gradients have the wrong sign. The step of the optimiser goes against the gradient; the gradient itself is
    not turned round."""
    return tuple(-gradient for gradient in right(dout, x, w, **options))


@mistake(*BOTH, family="dx")
def dw_returned_first(dout, x, w, **options):
    """The results are (dw, dx, db). Gradients come in the order of the forward arguments: (dx, dw, db)."""
    dx, dw, db = right(dout, x, w, **options)
    return dw, dx, db


@mistake(*BOTH, family="dx")
def dx_returned_last(dout, x, w, **options):
    """The results are (dw, db, dx). Gradients come in the order of the forward arguments x, w, b: return dx first."""
    dx, dw, db = right(dout, x, w, **options)
    return dw, db, dx


@mistake(*BOTH, family="dx")
def results_in_reverse(dout, x, w, **options):
    """The results are (db, dw, dx). Gradients come in the order of the forward arguments x, w, b, the first one
    first."""
    return right(dout, x, w, **options)[::-1]


@mistake(*BOTH, family="dw")
def dw_returned_last(dout, x, w, **options):
    """The results are (dx, db, dw). Gradients come in the order of the forward arguments x, w, b: dw is the second."""
    dx, dw, db = right(dout, x, w, **options)
    return dx, db, dw


@mistake(*BOTH, family="dx")
def cropped_with_minus_padding(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    """The border was cut off with [p:-p], which is empty for p = 0, since -0 is 0 and not the end. Cut
    [p : p + H]."""
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    dx, dw, db = right(dout, x, w, **options)
    ph, pw = pair(padding)
    return dx[:, :, : None if ph else 0, : None if pw else 0].copy(), dw, db


@mistake(*BOTH, family="dx")
def gradients_in_float32(dout, x, w, **options):
    """The sums were made in float32. With float64 inputs, that loses half of the digits: create results with the
    input's dtype."""
    refuse(dout, x, w, **options)
    single = right(*(a.astype(np.float32) for a in (dout, x, w)), **options)
    return tuple(gradient.astype(floats(x).dtype) for gradient in single)


@mistake("conv2d-backward", family="dx")
def dout_reshaped_not_transposed(dout, x, w, **options):
    """dout was reshaped to (F, N·OH·OW). Reshaping keeps the order of the values, and the images stand first: transpose
    to (F, N, OH, OW) before."""
    refuse(dout, x, w, **options)
    mixed = dout.reshape(dout.shape[1], len(dout), *dout.shape[2:]).swapaxes(0, 1)
    return right(mixed, x, w, **options)


@mistake("conv2d-backward", family="dx")
def dx_kernels_reshaped_not_transposed(dout, x, w, **options):
    """w.reshape(-1, F) was used for the transposed kernels, which mixes values of different kernels. Reshape to (F, -1)
    first, then transpose."""
    _, dw, db = right(dout, x, w, **options)
    return dx_of(dout, x, w.reshape(-1, len(w)).T.reshape(w.shape), **options), dw, db


@mistake("conv2d-backward", family="dx")
def dx_columns_in_another_order(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    """The columns of dx have the channels first, but were taken apart as if channels were last: reshape them to
    (N, C, KH, KW, OH, OW)."""
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    _, dw, db = right(dout, x, w, **options)
    values = values_of(dout, w, groups)
    n, c, kh, kw, oh, ow = values.shape
    values = np.moveaxis(values.reshape(n, kh, kw, c, oh, ow), 3, 1)
    return cropped(scattered(values, x.shape, stride, padding, dilation), x.shape, padding), dw, db


# -- the backward pass: dw ----------------------------------------------------------------------------------------


@mistake(*BOTH, family="dw")
def dw_flipped(dout, x, w, **options):
    """dw is rotated by 180°. The layer does not flip the kernel, so its gradient is not flipped either: it is a
    correlation of x with dout."""
    dx, dw, db = right(dout, x, w, **options)
    return dx, dw[:, :, ::-1, ::-1].copy(), db


@mistake(*BOTH, family="dw")
def dw_transposed(dout, x, w, **options):
    """Rows and columns of dw were exchanged: it has the shape of w, (F, C, KH, KW)."""
    dx, dw, db = right(dout, x, w, **options)
    return dx, dw.swapaxes(2, 3).copy(), db


@mistake(*BOTH, family="dw")
def dw_channels_before_kernels(dout, x, w, **options):
    """The first two axes of dw were exchanged: kernels come first, then channels, (F, C, KH, KW)."""
    dx, dw, db = right(dout, x, w, **options)
    return dx, dw.swapaxes(0, 1).copy(), db


@mistake(*BOTH, family="dw")
def dw_batch_mean(dout, x, w, **options):
    """dw was averaged over the images. All images use the same kernels, so their shares are added; whether the loss
    is a mean is already in dout."""
    dx, dw, db = right(dout, x, w, **options)
    return dx, dw / dw.dtype.type(len(x)), db


@mistake(*BOTH, family="dw")
def dw_position_mean(dout, x, w, **options):
    """dw was averaged over the positions. A kernel is used at all of them: their shares are added."""
    dx, dw, db = right(dout, x, w, **options)
    return dx, dw / dw.dtype.type(dout[0, 0].size), db


@mistake(*BOTH, family="dw")
def dw_mean_over_all(dout, x, w, **options):
    """dw was averaged over images and positions. All shares are added, nothing is divided."""
    dx, dw, db = right(dout, x, w, **options)
    return dx, dw / dw.dtype.type(dout[:, 0].size), db


@mistake(*BOTH, family="dw")
def dw_of_last_image_only(dout, x, w, **options):
    """Only the last image is left in dw: it was set anew for each image. Create dw before the loop over images and
    write +=."""
    dx, _, db = right(dout, x, w, **options)
    return dx, dw_of(dout[-1:], x[-1:], w, **options), db


@mistake(*BOTH, family="dw")
def dw_of_first_image_only(dout, x, w, **options):
    """Only the first image is in dw. All images use the same kernels: add up the shares of all N."""
    dx, _, db = right(dout, x, w, **options)
    return dx, dw_of(dout[:1], x[:1], w, **options), db


@mistake(*BOTH, family="dw")
def dw_with_first_image_for_all(dout, x, w, **options):
    """Every image's dout was multiplied by windows of the first image: x[0] stands where x[n] belongs."""
    dx, _, db = right(dout, x, w, **options)
    return dx, dw_of(dout, np.repeat(x[:1], len(x), axis=0), w, **options), db


@mistake(*BOTH, family="dw")
def dw_overwritten(dout, x, w, **options):
    """Only the last window of the last image is in dw: each one replaced what was there. Write += for =."""
    dx, _, db = right(dout, x, w, **options)
    last = np.zeros_like(dout)
    last[-1, :, -1, -1] = dout[-1, :, -1, -1]
    return dx, dw_of(last, x, w, **options), db


@mistake(*BOTH, family="dw")
def dw_channels_added(dout, x, w, **options):
    """The channels of the windows were added up, so that all channels of dw are the same. The forward pass sums over
    channels; going back, each channel keeps its own."""
    dx, dw, db = right(dout, x, w, **options)
    return dx, np.repeat(dw.sum(axis=1, keepdims=True), dw.shape[1], axis=1), db


@mistake(*BOTH, family="dw")
def dw_of_first_channel_for_all(dout, x, w, **options):
    """All channels of dw were made with the first channel of x: use channel c for dw[:, c]."""
    dx, dw, db = right(dout, x, w, **options)
    return dx, np.repeat(dw[:, :1], dw.shape[1], axis=1), db


@mistake(*BOTH, family="dw")
def dw_the_same_for_all_kernels(dout, x, w, **options):
    """The maps of dout were added up, so that all kernels get the same gradient. Kernel f gets what dout[:, f] says."""
    dx, dw, db = right(dout, x, w, **options)
    return dx, np.repeat(dw.sum(axis=0, keepdims=True), len(dw), axis=0), db


@mistake(*BOTH, family="dw")
def dw_made_with_the_kernel(dout, x, w, **options):
    """dw got g · w. The derivative of w · x with respect to w is x: it gets g times the window."""
    dx, _, db = right(dout, x, w, **options)
    return dx, floats(w) * db.reshape(-1, 1, 1, 1), db


@mistake(*BOTH, family="dw")
def dw_with_weight_decay(dout, x, w, **options):
    """The kernels themselves were added to dw, as weight decay does. That is the optimiser's task, with a factor of its
    own."""
    dx, dw, db = right(dout, x, w, **options)
    return dx, dw + floats(w), db


@mistake("conv2d-backward", family="dw")
def dw_product_reshaped_not_transposed(dout, x, w, **options):
    """A product of shape (C·KH·KW, F) was reshaped to the shape of w. Reshaping keeps the order of the values:
    transpose it first."""
    dx, dw, db = right(dout, x, w, **options)
    return dx, dw.reshape(len(dw), -1).T.reshape(dw.shape), db


@mistake("conv2d-backward", family="dw")
def dw_not_summed_over_images(dout, x, w, **options):
    """dw has an axis of the images: `@` multiplies image by image. All images use the same kernels, so sum over
    them."""
    dx, _, db = right(dout, x, w, **options)
    images = [dw_of(dout[i : i + 1], x[i : i + 1], w, **options) for i in range(len(x))]
    return dx, np.stack(images), db


@mistake("conv2d-backward", family="dw")
def dw_left_flat(dout, x, w, **options):
    """dw was left as a matrix (F, C·KH·KW). It has the shape of w: reshape it."""
    dx, dw, db = right(dout, x, w, **options)
    return dx, dw.reshape(len(dw), -1), db


# -- the backward pass: db ----------------------------------------------------------------------------------------


@mistake(*BOTH, family="db")
def db_mean(dout, x, w, **options):
    """db is the mean of dout. A bias is added at every position of every image: its gradient is the sum."""
    dx, dw, _ = right(dout, x, w, **options)
    return dx, dw, floats(dout).mean(axis=(0, 2, 3))


@mistake(*BOTH, family="db")
def db_batch_mean(dout, x, w, **options):
    """db was averaged over the images. All images use the same biases: add up; whether the loss is a mean is already in
    dout."""
    dx, dw, db = right(dout, x, w, **options)
    return dx, dw, db / db.dtype.type(len(x))


@mistake(*BOTH, family="db")
def db_position_mean(dout, x, w, **options):
    """db was averaged over the positions. A bias is added at every position: its gradient is the sum."""
    dx, dw, db = right(dout, x, w, **options)
    return dx, dw, db / db.dtype.type(dout[0, 0].size)


@mistake(*BOTH, family="db")
def db_of_last_image_only(dout, x, w, **options):
    """Only the last image is left in db: it was set anew for each image. Write += for =."""
    dx, dw, _ = right(dout, x, w, **options)
    return dx, dw, db_of(dout[-1:])


@mistake(*BOTH, family="db")
def db_of_first_image_only(dout, x, w, **options):
    """Only the first image is in db. All images use the same biases: add up the shares of all N."""
    dx, dw, _ = right(dout, x, w, **options)
    return dx, dw, db_of(dout[:1])


@mistake(*BOTH, family="db")
def db_overwritten(dout, x, w, **options):
    """Only the last value of dout is in db: each one replaced what was there. Write += for =."""
    dx, dw, _ = right(dout, x, w, **options)
    return dx, dw, floats(dout)[-1, :, -1, -1].copy()


@mistake(*BOTH, family="db")
def db_for_each_image(dout, x, w, **options):
    """db has a row for each image, shape (N, F). All images use the same biases: sum over the images too."""
    dx, dw, _ = right(dout, x, w, **options)
    return dx, dw, floats(dout).sum(axis=(2, 3))


@mistake(*BOTH, family="db")
def db_for_each_position(dout, x, w, **options):
    """db was summed over the images only. A bias is the same at all positions: sum over rows and columns too."""
    dx, dw, _ = right(dout, x, w, **options)
    return dx, dw, floats(dout).sum(axis=0)


@mistake(*BOTH, family="db")
def db_one_number(dout, x, w, **options):
    """db is one number, the sum of all of dout. Each of the F kernels has a bias of its own: keep that axis."""
    dx, dw, db = right(dout, x, w, **options)
    return dx, dw, db.sum()


@mistake(*BOTH, family="db")
def db_keeps_its_axes(dout, x, w, **options):
    """db has four axes, shape (1, F, 1, 1). It has the shape of the biases, (F,)."""
    dx, dw, db = right(dout, x, w, **options)
    return dx, dw, db.reshape(1, -1, 1, 1)


@mistake(*BOTH, family="db")
def db_ones(dout, x, w, **options):
    """db is 1 for every bias. That is how one value of y follows b; the loss follows by the sum of dout over all
    values."""
    dx, dw, db = right(dout, x, w, **options)
    return dx, dw, np.ones_like(db)


@mistake(*BOTH, family="db")
def db_number_of_positions(dout, x, w, **options):
    """db counts the values of a feature map. Each of them counts as much as dout says: sum dout."""
    dx, dw, db = right(dout, x, w, **options)
    return dx, dw, np.full_like(db, dout[:, 0].size)


@mistake(*BOTH, family="db")
def db_missing(dout, x, w, **options):
    """Only two results were returned. The layer has biases too: return (dx, dw, db), also if you do not need db."""
    return right(dout, x, w, **options)[:2]


@mistake(*BOTH, family="db")
def one_result_only(dout, x, w, **options):
    """Only one result was returned. Three are expected: the gradients of x, of w and of the biases, (dx, dw, db)."""
    return right(dout, x, w, **options)[0]


@mistake(*BOTH, family="db")
def db_none(dout, x, w, **options):
    """db is None. The layer's biases have a gradient even though their values do not matter for it: sum dout."""
    dx, dw, _ = right(dout, x, w, **options)
    return dx, dw, None


@mistake(*BOTH, family="db")
def db_by_channels_of_the_image(dout, x, w, **options):
    """db was summed from x. The bias is added to y: its gradient is the sum of dout alone."""
    dx, dw, _ = right(dout, x, w, **options)
    return dx, dw, floats(x).sum(axis=(0, 2, 3))


# -- the backward pass: stride and padding ------------------------------------------------------------------------


def dx_with(dout, x, w, options, **others):
    """dx with other options than were given: places outside of the image are dropped, missing ones are zero."""
    chosen = {"stride": 1, "padding": 0, "dilation": 1, **options, **others}
    values = values_of(dout, w, chosen.pop("groups", 1))
    rows, columns = (room + 9 * max(values.shape[2:]) + 40 for room in x.shape[2:])
    large = scattered(values, (*x.shape[:2], rows, columns), **chosen)
    return cropped(large, x.shape, chosen["padding"])


def dw_with(dout, x, w, options, **others):
    """dw with other options than were given: zeros stand where a window leaves the image."""
    chosen = {"stride": 1, "padding": 0, "dilation": 1, **options, **others}
    groups = chosen.pop("groups", 1)
    image = np.pad(padded(x, chosen.pop("padding")), ((0, 0), (0, 0), (0, 60), (0, 60)))
    return correlated(dout, cut(image, *w.shape[2:], chosen["stride"], chosen["dilation"]), groups)


@mistake(*BOTH, family="dx with stride and padding")
def dx_ignores_stride(dout, x, w, **options):
    """The windows of dx start one pixel apart. Window (i, j) starts at row i·stride, as in the forward pass."""
    _, dw, db = right(dout, x, w, **options)
    return dx_with(dout, x, w, options, stride=1), dw, db


@mistake(*BOTH, family="dx with stride and padding")
def dx_strides_swapped(dout, x, w, **options):
    """The two strides were exchanged in dx: a pair is (rows, columns)."""
    _, dw, db = right(dout, x, w, **options)
    return dx_with(dout, x, w, options, stride=pair(options.get("stride", 1))[::-1]), dw, db


@mistake(*BOTH, family="dx with stride and padding")
def dx_row_stride_for_columns(dout, x, w, **options):
    """The stride of the rows was used for the columns of dx too: `stride` may be a pair (rows, columns)."""
    _, dw, db = right(dout, x, w, **options)
    return dx_with(dout, x, w, options, stride=pair(options.get("stride", 1))[0]), dw, db


def by_windows(dout, x, w, stride, padding):
    (sh, sw), (kh, kw) = stride, w.shape[2:]
    image, kernels, d = padded(x, padding), floats(w), floats(dout)
    dimage, dw = np.zeros_like(image), np.zeros(w.shape, image.dtype)
    for n, f, i, j in np.ndindex(*dout.shape):
        window = n, slice(None), slice(i * sh, i * sh + kh), slice(j * sw, j * sw + kw)
        dimage[window] += d[n, f, i, j] * kernels[f]  # raises ValueError where the window is cut off
        dw[f] += d[n, f, i, j] * image[window]
    return cropped(dimage, x.shape, padding), dw, db_of(dout).astype(image.dtype)


@mistake("conv2d-backward-loops", family="dx with stride and padding")
def windows_at_row_strides(dout, x, w, stride=1, padding=0):
    """The stride of the rows was used for the columns of the windows too, so that some lie elsewhere or stick out of
    the image: `stride` may be a pair (rows, columns)."""
    refuse(dout, x, w, stride, padding)
    return by_windows(dout, x, w, (pair(stride)[0], pair(stride)[0]), padding)


@mistake("conv2d-backward-loops", family="dx with stride and padding")
def windows_at_swapped_strides(dout, x, w, stride=1, padding=0):
    """The two strides were exchanged where the windows are cut, so that some lie elsewhere or stick out of the image: a
    pair is (rows, columns)."""
    refuse(dout, x, w, stride, padding)
    return by_windows(dout, x, w, pair(stride)[::-1], padding)


@mistake(*BOTH, family="dx with stride and padding")
def dx_stride_on_rows_only(dout, x, w, **options):
    """The stride was applied to the rows of dx only; along the columns its windows start one pixel apart."""
    _, dw, db = right(dout, x, w, **options)
    return dx_with(dout, x, w, options, stride=(pair(options.get("stride", 1))[0], 1)), dw, db


@mistake(*BOTH, family="dx with stride and padding")
def dx_of_repeated_dout(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    """For the stride, each value of dout was repeated. Between values of dout belong zeros: the windows in between were
    skipped and have no gradient."""
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    _, dw, db = right(dout, x, w, **options)
    sh, sw = pair(stride)
    repeated = dout.repeat(sh, axis=2).repeat(sw, axis=3)
    return dx_with(repeated, x, w, options, stride=1), dw, db


@mistake(*BOTH, family="dx with stride and padding")
def dx_without_left_over_pixels(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    """dx ends with the last window. Pixels that no window reaches belong to x all the same: dx has the shape of x, with
    zeros there."""
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    dx, dw, db = right(dout, x, w, **options)
    reach = [
        s * (n - 1) + d * (k - 1) + 1 - 2 * p
        for s, n, d, k, p in zip(pair(stride), dout.shape[2:], pair(dilation), w.shape[2:], pair(padding), strict=True)
    ]
    return dx[:, :, : max(reach[0], 0), : max(reach[1], 0)].copy(), dw, db


@mistake(*BOTH, family="dx with stride and padding")
def dx_left_over_pixels_at_the_start(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    """Pixels that no window reaches were left at the top and left. Windows start at the top left; what is left over
    lies at the bottom and right."""
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    _, dw, db = right(dout, x, w, **options)
    image = scattered(values_of(dout, w, groups), x.shape, stride, padding, dilation)
    rest = [
        size - (s * (n - 1) + d * (k - 1) + 1)
        for size, s, n, d, k in zip(
            image.shape[2:], pair(stride), dout.shape[2:], pair(dilation), w.shape[2:], strict=True
        )
    ]
    return cropped(np.roll(image, rest, (2, 3)), x.shape, padding), dw, db


@mistake(*BOTH, family="dx with stride and padding")
def dx_divided_by_stride(dout, x, w, **options):
    """dx was divided by the strides. Fewer windows mean fewer shares, and that is all: nothing is divided."""
    dx, dw, db = right(dout, x, w, **options)
    return dx / dx.dtype.type(np.prod(pair(options.get("stride", 1)))), dw, db


@mistake(*BOTH, family="dx with stride and padding")
def dx_border_not_cut_off(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    """dx still has the border that the padding added. It has the shape of x: cut `padding` rows and columns off each
    side."""
    refuse(dout, x, w, stride, padding, dilation, groups)
    image = scattered(values_of(dout, w, groups), x.shape, stride, padding, dilation)
    return image, dw_of(dout, x, w, stride, padding, dilation, groups), db_of(dout)


@mistake(*BOTH, family="dx with stride and padding")
def dx_cut_off_at_the_end(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    """The whole border was cut off at the bottom and right: [:H]. The image begins `padding` rows below the top of the
    padded one: [p : p + H]."""
    refuse(dout, x, w, stride, padding, dilation, groups)
    image = scattered(values_of(dout, w, groups), x.shape, stride, padding, dilation)
    dx = image[:, :, : x.shape[2], : x.shape[3]].copy()
    return dx, dw_of(dout, x, w, stride, padding, dilation, groups), db_of(dout)


@mistake(*BOTH, family="dx with stride and padding")
def dx_cut_off_at_the_start(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    """The whole border was cut off at the top and left: [2p:]. `padding` rows and columns lie on each side:
    [p : p + H]."""
    refuse(dout, x, w, stride, padding, dilation, groups)
    image = scattered(values_of(dout, w, groups), x.shape, stride, padding, dilation)
    dx = image[:, :, image.shape[2] - x.shape[2] :, image.shape[3] - x.shape[3] :].copy()
    return dx, dw_of(dout, x, w, stride, padding, dilation, groups), db_of(dout)


@mistake(*BOTH, family="dx with stride and padding")
def dx_cut_off_rows_only(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    """The border was cut off above and below, but not left and right."""
    refuse(dout, x, w, stride, padding, dilation, groups)
    image = scattered(values_of(dout, w, groups), x.shape, stride, padding, dilation)
    dx = image[:, :, pair(padding)[0] :][:, :, : x.shape[2]].copy()
    return dx, dw_of(dout, x, w, stride, padding, dilation, groups), db_of(dout)


@mistake(*BOTH, family="dx with stride and padding")
def dx_paddings_swapped(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    """The two paddings were exchanged where the border of dx is cut off: a pair is (rows, columns)."""
    refuse(dout, x, w, stride, padding, dilation, groups)
    image = scattered(values_of(dout, w, groups), x.shape, stride, padding, dilation)
    ph, pw = pair(padding)[::-1]
    dx = image[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]].copy()
    return dx, dw_of(dout, x, w, stride, padding, dilation, groups), db_of(dout)


@mistake(*BOTH, family="dx with stride and padding")
def dx_row_padding_for_columns(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    """The padding of the rows was cut off the columns of dx too: `padding` may be a pair (rows, columns)."""
    refuse(dout, x, w, stride, padding, dilation, groups)
    image = scattered(values_of(dout, w, groups), x.shape, stride, padding, dilation)
    p = pair(padding)[0]
    dx = image[:, :, p : p + x.shape[2], p : p + x.shape[3]].copy()
    return dx, dw_of(dout, x, w, stride, padding, dilation, groups), db_of(dout)


@mistake(*BOTH, family="dx with stride and padding")
def dx_border_added_to_the_edge(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    """The gradient of the border was added to the outermost pixels. The border is zeros that depend on nothing: throw
    its gradient away."""
    refuse(dout, x, w, stride, padding, dilation, groups)
    image = scattered(values_of(dout, w, groups), x.shape, stride, padding, dilation)
    (ph, pw), dx = pair(padding), np.zeros(x.shape, image.dtype)
    rows = np.clip(np.arange(image.shape[2]) - ph, 0, x.shape[2] - 1)
    columns = np.clip(np.arange(image.shape[3]) - pw, 0, x.shape[3] - 1)
    np.add.at(dx, (slice(None), slice(None), rows[:, None], columns), image)
    return dx, dw_of(dout, x, w, stride, padding, dilation, groups), db_of(dout)


@mistake(*BOTH, family="dw with stride and padding")
def dw_ignores_stride(dout, x, w, **options):
    """The windows for dw start one pixel apart. dout[..., i, j] belongs to the window that starts at row i·stride."""
    dx, _, db = right(dout, x, w, **options)
    return dx, dw_with(dout, x, w, options, stride=1), db


@mistake(*BOTH, family="dw with stride and padding")
def dw_strides_swapped(dout, x, w, **options):
    """The two strides were exchanged in dw: a pair is (rows, columns)."""
    dx, _, db = right(dout, x, w, **options)
    return dx, dw_with(dout, x, w, options, stride=pair(options.get("stride", 1))[::-1]), db


@mistake(*BOTH, family="dw with stride and padding")
def dw_row_stride_for_columns(dout, x, w, **options):
    """The stride of the rows was used for the columns in dw too: `stride` may be a pair (rows, columns)."""
    dx, _, db = right(dout, x, w, **options)
    return dx, dw_with(dout, x, w, options, stride=pair(options.get("stride", 1))[0]), db


@mistake(*BOTH, family="dw with stride and padding")
def dw_stride_on_rows_only(dout, x, w, **options):
    """The stride was applied to the rows in dw only; along the columns its windows start one pixel apart."""
    dx, _, db = right(dout, x, w, **options)
    return dx, dw_with(dout, x, w, options, stride=(pair(options.get("stride", 1))[0], 1)), db


@mistake(*BOTH, family="dw with stride and padding")
def dw_strides_over_the_kernel(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    """dw was computed as a correlation of x with dout that moves by the stride. The stride lies between the values of
    dout (it dilates dout); from one value of dw to the next it is one pixel."""
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    dx, _, db = right(dout, x, w, **options)
    return dx, dw_with(dout, x, w, options, stride=1, dilation=stride), db


@mistake(*BOTH, family="dw with stride and padding")
def dw_with_rows_left_over(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    """Where the stride leaves rows over, dw became larger than w: it was computed as a correlation that goes on over
    the rest of the image. Keep the first KH rows and KW columns."""
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    dx, dw, db = right(dout, x, w, **options)
    rest = [
        (size + 2 * p - d * (k - 1) - 1) % s // d
        for size, p, d, k, s in zip(x.shape[2:], pair(padding), pair(dilation), w.shape[2:], pair(stride), strict=True)
    ]
    large = np.zeros((*w.shape[:2], w.shape[2] + rest[0], w.shape[3] + rest[1]))
    return dx, dw_with(dout, x, large, options).astype(dw.dtype), db


@mistake(*BOTH, family="dw with stride and padding")
def dw_last_rows_kept(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    """Where the stride leaves rows over, the correlation for dw is larger than w, and its last rows were kept. The
    first KH rows and KW columns are the right ones."""
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    dx, large, db = dw_with_rows_left_over(dout, x, w, **options)
    return dx, large[:, :, large.shape[2] - w.shape[2] :, large.shape[3] - w.shape[3] :].copy(), db


@mistake(*BOTH, family="dw with stride and padding")
def dw_without_padding(dout, x, w, **options):
    """dw was made with windows of the image without its padding: every window lies too far down and right. Pad x as the
    forward pass does."""
    dx, _, db = right(dout, x, w, **options)
    return dx, dw_with(dout, x, w, options, padding=0), db


@mistake(*BOTH, family="dw with stride and padding")
def dw_padding_at_the_start_only(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    """For dw, all zeros were put above and left of the image. `padding` rows and columns belong on each side."""
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    dx, _, db = right(dout, x, w, **options)
    ph, pw = pair(padding)
    image = np.pad(x, ((0, 0), (0, 0), (2 * ph, 0), (2 * pw, 0)))
    return dx, dw_with(dout, image, w, options, padding=0), db


@mistake(*BOTH, family="dw with stride and padding")
def dw_padding_repeats_the_edge(dout, x, w, **options):
    """For dw, the border was filled with copies of the nearest pixels. The forward pass pads with zeros."""
    dx, _, db = right(dout, x, w, **options)
    return dx, dw_of(dout, x, w, **options, mode="edge"), db


@mistake(*BOTH, family="dw with stride and padding")
def dw_padding_of_rows_only(dout, x, w, **options):
    """For dw, zeros were put above and below the image, but not left and right."""
    dx, _, db = right(dout, x, w, **options)
    return dx, dw_with(dout, x, w, options, padding=(pair(options.get("padding", 0))[0], 0)), db


@mistake(*BOTH, family="dw with stride and padding")
def dw_paddings_swapped(dout, x, w, **options):
    """The two paddings were exchanged for dw: a pair is (rows, columns)."""
    dx, _, db = right(dout, x, w, **options)
    return dx, dw_with(dout, x, w, options, padding=pair(options.get("padding", 0))[::-1]), db


@mistake(*BOTH, family="dw with stride and padding")
def dw_row_padding_for_columns(dout, x, w, **options):
    """The padding of the rows was used for the columns in dw too: `padding` may be a pair (rows, columns)."""
    dx, _, db = right(dout, x, w, **options)
    return dx, dw_with(dout, x, w, options, padding=pair(options.get("padding", 0))[0]), db


# -- the backward pass: dilation and groups -----------------------------------------------------------------------


@mistake("conv2d-backward", family="dilation and groups")
def backward_ignores_dilation(dout, x, w, **options):
    """The dilation was ignored: value (i, j) of a kernel meets the pixel i·dilation rows and j·dilation columns
    further."""
    _, _, db = right(dout, x, w, **options)
    return dx_with(dout, x, w, options, dilation=1), dw_with(dout, x, w, options, dilation=1), db


@mistake("conv2d-backward", family="dilation and groups")
def dx_ignores_dilation(dout, x, w, **options):
    """The dilation was used for dw but not for dx: the shares of a window lie `dilation` pixels apart."""
    _, dw, db = right(dout, x, w, **options)
    return dx_with(dout, x, w, options, dilation=1), dw, db


@mistake("conv2d-backward", family="dilation and groups")
def dw_ignores_dilation(dout, x, w, **options):
    """The dilation was used for dx but not for dw: the pixels of a window lie `dilation` apart."""
    dx, _, db = right(dout, x, w, **options)
    return dx, dw_with(dout, x, w, options, dilation=1), db


@mistake("conv2d-backward", family="dilation and groups")
def backward_dilations_swapped(dout, x, w, **options):
    """The two dilations were exchanged: a pair is (rows, columns)."""
    _, _, db = right(dout, x, w, **options)
    swapped = pair(options.get("dilation", 1))[::-1]
    return dx_with(dout, x, w, options, dilation=swapped), dw_with(dout, x, w, options, dilation=swapped), db


@mistake("conv2d-backward", family="dilation and groups")
def backward_row_dilation_for_columns(dout, x, w, **options):
    """The dilation of the rows was used for the columns too: `dilation` may be a pair (rows, columns)."""
    _, _, db = right(dout, x, w, **options)
    rows = pair(options.get("dilation", 1))[0]
    return dx_with(dout, x, w, options, dilation=rows), dw_with(dout, x, w, options, dilation=rows), db


@mistake("conv2d-backward", family="dilation and groups")
def backward_dilation_counts_the_gaps(dout, x, w, **options):
    """The dilation was taken as the number of pixels that are skipped. It is the distance between neighbours:
    dilation 1 is the dense kernel."""
    _, _, db = right(dout, x, w, **options)
    dh, dw = pair(options.get("dilation", 1))
    wider = (dh + 1, dw + 1) if max(dh, dw) > 1 else 1
    return dx_with(dout, x, w, options, dilation=wider), dw_with(dout, x, w, options, dilation=wider), db


@mistake("conv2d-backward", family="dilation and groups")
def dx_channels_interleaved(dout, x, w, **options):
    """The shares of the groups in dx were shuffled together. Groups are blocks: all channels of the first group come
    first, then those of the second."""
    dx, dw, db = right(dout, x, w, **options)
    groups = options.get("groups", 1)
    return dx.reshape(len(dx), groups, -1, *dx.shape[2:]).swapaxes(1, 2).reshape(dx.shape), dw, db


@mistake("conv2d-backward", family="dilation and groups")
def dw_channels_interleaved(dout, x, w, **options):
    """For dw, group g took every channel of x whose number leaves the remainder g. Groups are blocks of C/groups
    channels that stand together."""
    dx, _, db = right(dout, x, w, **options)
    order = np.arange(x.shape[1]).reshape(-1, options.get("groups", 1)).T.ravel()
    return dx, dw_of(dout, x[:, order], w, **options), db


@mistake("conv2d-backward", family="dilation and groups")
def dout_interleaved_among_groups(dout, x, w, **options):
    """Map f of dout was given to group f % groups. Groups are blocks: map f belongs to group f // (F/groups)."""
    _, _, db = right(dout, x, w, **options)
    order = np.arange(len(w)).reshape(-1, options.get("groups", 1)).T.ravel()
    dw = np.empty_like(floats(w))
    dw[order] = dw_of(dout[:, order], x, w, **options)
    return dx_of(dout[:, order], x, w[order], **options), dw, db


@mistake("conv2d-backward", family="dilation and groups")
def dx_of_first_group_only(dout, x, w, **options):
    """Only the channels of the first group got a gradient. Each group sends its share to channels of its own."""
    dx, dw, db = right(dout, x, w, **options)
    dx[:, w.shape[1] :] = 0
    return dx, dw, db


@mistake("conv2d-backward", family="dilation and groups")
def dx_of_all_groups_in_the_first(dout, x, w, **options):
    """The shares of all groups were added to the channels of the first one. Group g has channels of its own, from
    g·C/groups on."""
    dx, dw, db = right(dout, x, w, **options)
    first = np.zeros_like(dx)
    first[:, : w.shape[1]] = dx.reshape(len(dx), -1, *w.shape[1:2], *dx.shape[2:]).sum(axis=1)
    return first, dw, db


@mistake("conv2d-backward", family="dilation and groups")
def dx_of_groups_added_everywhere(dout, x, w, **options):
    """Every channel got the shares of all groups. A kernel sends its share to the channels of its own group only."""
    dx, dw, db = right(dout, x, w, **options)
    total = dx.reshape(len(dx), -1, *w.shape[1:2], *dx.shape[2:]).sum(axis=1)
    return np.tile(total, (1, x.shape[1] // w.shape[1], 1, 1)), dw, db


@mistake("conv2d-backward", family="dilation and groups")
def dw_with_first_group_for_all(dout, x, w, **options):
    """For dw, all kernels met the first C/groups channels of x. Each group of kernels has channels of its own."""
    dx, _, db = right(dout, x, w, **options)
    first = np.tile(x[:, : w.shape[1]], (1, x.shape[1] // w.shape[1], 1, 1))
    return dx, dw_of(dout, first, w, **options), db


@mistake("conv2d-backward", family="dilation and groups")
def dw_of_first_group_only(dout, x, w, **options):
    """Only the kernels of the first group got a gradient, those of all others are zero: loop over all groups."""
    dx, dw, db = right(dout, x, w, **options)
    dw[len(w) // options.get("groups", 1) :] = 0
    return dx, dw, db


@mistake("conv2d-backward", family="dilation and groups")
def dx_kernels_restart_in_each_group(dout, x, w, **options):
    """For dx, every group began with w[0] again. There are F kernels over all groups: group g starts at kernel
    g·F/groups."""
    _, dw, db = right(dout, x, w, **options)
    groups = options.get("groups", 1)
    return dx_of(dout, x, np.tile(w[: len(w) // groups], (groups, 1, 1, 1)), **options), dw, db


@mistake("conv2d-backward", family="dilation and groups")
def backward_stride_and_padding_lost_in_groups(dout, x, w, **options):
    """With more than one group, stride and padding were lost: hand all options on to the layers of the groups."""
    dx, dw, db = right(dout, x, w, **options)
    if options.get("groups", 1) == 1:
        return dx, dw, db
    plain = {"stride": 1, "padding": 0}
    return dx_with(dout, x, w, options, **plain), dw_with(dout, x, w, options, **plain), db


@mistake("conv2d-backward", family="dilation and groups")
def groups_refused(dout, x, w, **options):
    """The kernels' channels were compared with all channels of x, so that layers with groups were refused. A kernel of
    such a layer has C // groups channels."""
    refuse(dout, x, w, **options)
    if options.get("groups", 1) > 1:
        raise ValueError("x and w have different numbers of channels")
    return right(dout, x, w, **options)


# -- the backward pass: contract ----------------------------------------------------------------------------------


@mistake(*BOTH, family="contract")
def image_overwritten_by_dx(dout, x, w, **options):
    """dx was written into the caller's x. An argument belongs to the caller: create an array of your own."""
    dx, dw, db = right(dout, x, w, **options)
    x[...] = dx.astype(x.dtype)
    return dx, dw, db


@mistake(*BOTH, family="contract")
def kernels_flipped_in_place(dout, x, w, **options):
    """The caller's w was overwritten. An argument belongs to the caller: work on a copy."""
    gradients = right(dout, x, w, **options)
    w[...] = w[::-1, :, ::-1, ::-1].copy() + 1
    return gradients


@mistake(*BOTH, family="contract")
def dout_changed_in_place(dout, x, w, **options):
    """The caller's dout was overwritten. Other layers may still need it: work on a copy."""
    gradients = right(dout, x, w, **options)
    dout *= 0
    return gradients


@mistake(*BOTH, family="contract")
def gradients_always_float64(dout, x, w, **options):
    """The gradients are float64 whatever came in, as np.zeros makes them. Float32 in, float32 out: pass the dtype."""
    return tuple(gradient.astype(np.float64) for gradient in right(dout, x, w, **options))


@mistake(*BOTH, family="contract")
def gradients_of_integers_are_integers(dout, x, w, **options):
    """Integer arguments gave integer gradients, as np.zeros_like makes them. Integers in, float64 out."""
    return tuple(gradient.astype(x.dtype) for gradient in right(dout, x, w, **options))


@mistake(*BOTH, family="contract")
def products_overflow(dout, x, w, **options):
    """The products were made in the arguments' integer type and wrapped around: 200 · 2 is 144 in uint8. Convert to
    float64 first."""
    gradients = right(dout, x, w, **options)
    if x.dtype.kind == "f":
        return gradients
    return tuple(g.astype(np.int64).astype(x.dtype).astype(np.float64) for g in gradients)


@mistake(*BOTH, family="contract")
def channels_not_compared(dout, x, w, **options):
    """Images and kernels with different numbers of channels were accepted, and the channels in excess left out. That
    hides an error of the caller: raise ValueError."""
    if dout.ndim == x.ndim == w.ndim == 4 and options.get("groups", 1) == 1:
        c = min(x.shape[1], w.shape[1])
        x, w = x[:, :c], w[:, :c]
    return right(dout, x, w, **options)


@mistake(*BOTH, family="contract")
def size_of_dout_not_compared(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    """A dout of another size than the layer's result was accepted: the loops went over what was there. Compute the size
    of the result, compare, and raise ValueError."""
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    if dout.ndim == x.ndim == w.ndim == 4 and min(x.shape[2:]) >= max(w.shape[2:]):
        (oh, ow), given = counts(x.shape, *w.shape[2:], stride, padding, dilation), dout
        dout = np.zeros((*given.shape[:2], oh, ow), given.dtype)
        part = given[:, :, :oh, :ow]
        dout[:, :, : part.shape[2], : part.shape[3]] = part
    return right(dout, x, w, **options)


@mistake(*BOTH, family="contract")
def dout_repeated_to_fit(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    """A dout with one image, map or column was accepted where there are several: NumPy repeated it without a word.
    Compare its shape with that of the result and raise ValueError."""
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    if dout.ndim == x.ndim == w.ndim == 4 and min(x.shape[2:]) >= max(w.shape[2:]):
        expected = (len(x), len(w), *counts(x.shape, *w.shape[2:], stride, padding, dilation))
        fits = all(a in (1, b) for a, b in zip(dout.shape, expected, strict=True))
        dout = np.broadcast_to(dout, expected) if fits else dout
    return right(dout, x, w, **options)


@mistake(*BOTH, family="contract")
def zeros_for_kernels_that_do_not_fit(dout, x, w, **options):
    """Kernels larger than the image gave gradients of zero. There is no such layer: raise ValueError."""
    if dout.ndim == x.ndim == w.ndim == 4 and w.shape[2] > x.shape[2] + 2 * pair(options.get("padding", 0))[0]:
        return np.zeros(x.shape), np.zeros(w.shape), np.zeros(len(w))
    return right(dout, x, w, **options)


@mistake(*BOTH, family="contract")
def axes_added_where_missing(dout, x, w, **options):
    """An argument without its first axis was accepted and got one. The contract asks for four axes: raise ValueError
    for another number."""
    return right(*(a[None] if a.ndim == 3 else a for a in (dout, x, w)), **options) if dout.ndim == 4 else (0, 0, 0)


@mistake(*BOTH, family="contract")
def assertion_in_place_of_value_error(dout, x, w, **options):
    """Bad arguments were met with `assert`. Assertions are for tests and vanish under python -O: raise ValueError."""
    try:
        return right(dout, x, w, **options)
    except ValueError as error:
        raise AssertionError(str(error)) from None


@mistake(*BOTH, family="contract")
def none_in_place_of_value_error(dout, x, w, **options):
    """Bad arguments were met with a message and None. The caller goes on with None and fails later, somewhere else:
    raise ValueError."""
    try:
        return right(dout, x, w, **options)
    except ValueError:
        return None


@mistake("conv2d-backward", family="contract")
def uneven_groups_accepted(dout, x, w, **options):
    """Channels or kernels that do not split evenly into groups were accepted. There is no such layer: raise
    ValueError."""
    groups = options.get("groups", 1)
    if dout.ndim == x.ndim == w.ndim == 4 and (x.shape[1] % groups or len(w) % groups):
        return np.zeros(x.shape), np.zeros(w.shape), np.zeros(len(w))
    return right(dout, x, w, **options)


@mistake("conv2d-backward", family="speed")
def loop_over_all_positions(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    """The result is right, but a Python loop visits every position of dout. Let NumPy do the work: two matrix products
    with im2col's columns, or a loop over the KH·KW kernel positions only."""
    refuse(dout, x, w, stride, padding, dilation, groups)
    image = padded(x, padding)
    dimage, dw = np.zeros_like(image), np.zeros_like(floats(w))
    (sh, sw), (dh, dwide), (kh, kw) = pair(stride), pair(dilation), w.shape[2:]
    one, depth = len(w) // groups, w.shape[1]
    for n, f, i, j in np.ndindex(*dout.shape):
        rows = slice(i * sh, i * sh + dh * (kh - 1) + 1, dh)
        columns = slice(j * sw, j * sw + dwide * (kw - 1) + 1, dwide)
        channels = slice(f // one * depth, (f // one + 1) * depth)
        g = floats(dout[n, f, i, j])
        dimage[n, channels, rows, columns] += g * w[f]
        dw[f] += g * image[n, channels, rows, columns]
    return cropped(dimage, x.shape, padding), dw, db_of(dout)


# -- col2im -------------------------------------------------------------------------------------------------------


def values_in(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    oh, ow = counts(x_shape, kh, kw, stride, padding, dilation)
    if cols.shape != (x_shape[0], x_shape[1] * kh * kw, oh * ow):
        raise ValueError(f"cols has shape {cols.shape}, which does not fit images of {x_shape}")
    return floats(cols).reshape(*x_shape[:2], kh, kw, oh, ow)


def bordered(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    return scattered(values_in(cols, x_shape, kh, kw, stride, padding, dilation), x_shape, stride, padding, dilation)


def folded(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    return cropped(bordered(cols, x_shape, kh, kw, stride, padding, dilation), x_shape, padding)


def folded_with(cols, x_shape, kh, kw, given, **others):
    """With other options than were given: places outside of the image are dropped."""
    values = values_in(cols, x_shape, kh, kw, *given)
    chosen = {**dict(zip(("stride", "padding", "dilation"), given, strict=True)), **others}
    large = scattered(values, (*x_shape[:2], x_shape[2] + 60, x_shape[3] + 60), **chosen)
    return cropped(large, x_shape, chosen["padding"])


@mistake("col2im", family="sums")
def overlaps_replaced(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """Where windows overlap, one value replaced the others: `=` in a loop over the window does that, and so does `+=`
    with arrays of indices, which adds once per pixel. Use slices with +=, or np.add.at."""
    values = values_in(cols, x_shape, kh, kw, stride, padding, dilation)
    return cropped(replaced(values, x_shape, stride, padding, dilation), x_shape, padding)


@mistake("col2im", family="sums")
def later_windows_replace(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """Each window was written over those before it. A pixel lies in several windows: write += for =."""
    values = values_in(cols, x_shape, kh, kw, stride, padding, dilation)
    image = padded(np.zeros(x_shape, values.dtype), padding)
    (sh, sw), (dh, dw) = pair(stride), pair(dilation)
    for i, j in np.ndindex(*values.shape[4:]):
        window = image[:, :, i * sh :, j * sw :][:, :, : dh * (kh - 1) + 1 : dh, : dw * (kw - 1) + 1 : dw]
        window[...] = values[..., i, j]
    return cropped(image, x_shape, padding)


@mistake("col2im", family="sums")
def overlaps_averaged(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """The values that meet at a pixel were averaged, so that im2col is undone. col2im is the adjoint of im2col, not its
    inverse: add them up."""
    image = folded(cols, x_shape, kh, kw, stride, padding, dilation)
    meeting = folded(np.ones_like(cols), x_shape, kh, kw, stride, padding, dilation)
    return image / np.maximum(meeting, 1)


@mistake("col2im", family="sums")
def largest_value_kept(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """The largest of the values that meet at a pixel was kept. Add them all up."""
    values = values_in(cols, x_shape, kh, kw, stride, padding, dilation)
    image = padded(np.full(x_shape, -np.inf, values.dtype), padding)
    for i, j in np.ndindex(kh, kw):
        part = image[(slice(None), slice(None), *place(i, j, *values.shape[4:], stride, dilation))]
        np.maximum(part, values[:, :, i, j], out=part)
    return np.where(np.isneginf(image := cropped(image, x_shape, padding)), 0, image)


@mistake("col2im", family="sums")
def values_only_counted(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """Every pixel holds the number of windows in which it lies, whatever cols holds. Add the values themselves."""
    return folded(np.ones_like(cols), x_shape, kh, kw, stride, padding, dilation)


@mistake("col2im", family="sums")
def rows_taken_for_windows(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """Each row of cols was taken for a window. Windows stand in columns: cols is (N, C·kh·kw, OH·OW)."""
    values_in(cols, x_shape, kh, kw, stride, padding, dilation)
    turned = cols.reshape(len(cols), cols.shape[2], cols.shape[1]).swapaxes(1, 2)
    return folded(turned, x_shape, kh, kw, stride, padding, dilation)


@mistake("col2im", family="sums")
def channels_taken_as_last(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """The values of a column were read as if the channels of a pixel stood together. The order is that of im2col:
    channels, then rows, then columns of the window."""
    values = values_in(cols, x_shape, kh, kw, stride, padding, dilation)
    n, c, _, _, oh, ow = values.shape
    values = np.moveaxis(values.reshape(n, kh, kw, c, oh, ow), 3, 1)
    return cropped(scattered(values, x_shape, stride, padding, dilation), x_shape, padding)


@mistake("col2im", family="sums")
def windows_read_column_by_column(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """Within a column the window was read column by column. The order is that of im2col: row by row."""
    values = values_in(cols, x_shape, kh, kw, stride, padding, dilation)
    values = values.reshape(*values.shape[:2], kw, kh, *values.shape[4:]).swapaxes(2, 3)
    return cropped(scattered(values, x_shape, stride, padding, dilation), x_shape, padding)


@mistake("col2im", family="sums")
def positions_read_column_by_column(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """The windows were read down the image first. They stand in the order of im2col: row by row of the result."""
    values = values_in(cols, x_shape, kh, kw, stride, padding, dilation)
    oh, ow = values.shape[4:]
    values = values.reshape(*values.shape[:4], ow, oh).swapaxes(4, 5)
    return cropped(scattered(values, x_shape, stride, padding, dilation), x_shape, padding)


@mistake("col2im", family="sums")
def windows_put_in_upside_down(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """Every window was rotated by 180° before it was added. Nothing is flipped: value (i, j) of a window goes to pixel
    (i, j) of its place."""
    values = values_in(cols, x_shape, kh, kw, stride, padding, dilation)[:, :, ::-1, ::-1]
    return cropped(scattered(values, x_shape, stride, padding, dilation), x_shape, padding)


@mistake("col2im", family="sums")
def images_of_first_columns(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """The columns of the first image were used for the whole batch: cols[0] stands where cols[n] belongs."""
    image = folded(cols, x_shape, kh, kw, stride, padding, dilation)
    return np.repeat(image[:1], len(image), axis=0)


@mistake("col2im", family="sums")
def one_image_runs_into_the_next(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """The sums ran on from one image to the next: begin each image with zeros."""
    image = folded(cols, x_shape, kh, kw, stride, padding, dilation)
    return np.cumsum(image, axis=0, dtype=image.dtype)


@mistake("col2im", family="sums")
def channels_of_the_image_added_up(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """The values of all channels were added to every channel. Each channel has rows of its own in cols."""
    image = folded(cols, x_shape, kh, kw, stride, padding, dilation)
    return np.repeat(image.sum(axis=1, keepdims=True), image.shape[1], axis=1)


@mistake("col2im", family="sums")
def last_window_not_added(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """The last window was not added: the loop over windows ends one step too early."""
    values_in(cols, x_shape, kh, kw, stride, padding, dilation)
    seen = cols.copy()
    seen[:, :, -1] = 0
    return folded(seen, x_shape, kh, kw, stride, padding, dilation)


@mistake("col2im", family="sums")
def first_value_of_windows_only(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """Only the upper left value of each window was added. All kh·kw values of a window go back, each to its pixel."""
    values = values_in(cols, x_shape, kh, kw, stride, padding, dilation).copy()
    values[:, :, 0, 0], first = 0, values[:, :, 0, 0].copy()
    values[...] = 0
    values[:, :, 0, 0] = first
    return cropped(scattered(values, x_shape, stride, padding, dilation), x_shape, padding)


@mistake("col2im", family="sums")
def columns_split_in_the_wrong_order(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """cols was reshaped to (N, C, OH, OW, kh, kw). Reshaping keeps the order of the values: reshape to
    (N, C, kh, kw, OH, OW), then move axes."""
    values = values_in(cols, x_shape, kh, kw, stride, padding, dilation)
    oh, ow = values.shape[4:]
    values = values.reshape(*values.shape[:2], oh, ow, kh, kw).transpose(0, 1, 4, 5, 2, 3)
    return cropped(scattered(values, x_shape, stride, padding, dilation), x_shape, padding)


@mistake("col2im", family="sums")
def square_result_of_windows(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """As many columns of windows as rows were expected. An image that is not square has OH and OW of its own."""
    oh, ow = values_in(cols, x_shape, kh, kw, stride, padding, dilation).shape[4:]
    if oh != ow:
        raise ValueError("cannot reshape the columns")
    return folded(cols, x_shape, kh, kw, stride, padding, dilation)


@mistake("col2im", family="sums")
def border_cut_with_minus_padding(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """The border was cut off with [p:-p], which is empty for p = 0, since -0 is 0 and not the end. Cut
    [p : p + H]."""
    image, (ph, pw) = folded(cols, x_shape, kh, kw, stride, padding, dilation), pair(padding)
    return image[:, :, : None if ph else 0, : None if pw else 0].copy()


@mistake("col2im", family="stride and padding")
def windows_put_back_without_stride(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """The windows were put back one pixel apart. Window i begins at row i·stride."""
    return folded_with(cols, x_shape, kh, kw, (stride, padding, dilation), stride=1)


@mistake("col2im", family="stride and padding")
def put_back_with_strides_swapped(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """The two strides were exchanged: a pair is (rows, columns)."""
    return folded_with(cols, x_shape, kh, kw, (stride, padding, dilation), stride=pair(stride)[::-1])


@mistake("col2im", family="stride and padding")
def put_back_with_one_stride(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """The stride of the rows was used for the columns too: `stride` may be a pair (rows, columns)."""
    return folded_with(cols, x_shape, kh, kw, (stride, padding, dilation), stride=pair(stride)[0])


@mistake("col2im", family="stride and padding")
def put_back_side_by_side(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """With a stride, the windows were put side by side, a window's size apart. They lie `stride` apart and may
    overlap."""
    step = 1 if pair(stride) == (1, 1) else (kh, kw)
    return folded_with(cols, x_shape, kh, kw, (stride, padding, dilation), stride=step)


@mistake("col2im", family="stride and padding")
def image_ends_with_last_window(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """The image ends with the last window. Pixels that no window reaches belong to it too, with zeros: the result has
    the shape x_shape."""
    image = folded(cols, x_shape, kh, kw, stride, padding, dilation)
    sizes = zip(counts(x_shape, kh, kw, stride, padding, dilation), (kh, kw), strict=True)
    options = zip(pair(stride), pair(padding), pair(dilation), strict=True)
    reach = [s * (n - 1) + d * (k - 1) + 1 - 2 * p for (n, k), (s, p, d) in zip(sizes, options, strict=True)]
    return image[:, :, : max(reach[0], 0), : max(reach[1], 0)].copy()


@mistake("col2im", family="stride and padding")
def border_kept(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """The result still has the border of the padding. It has the shape x_shape: cut `padding` rows and columns off each
    side."""
    return bordered(cols, x_shape, kh, kw, stride, padding, dilation)


@mistake("col2im", family="stride and padding")
def border_cut_at_the_end(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """The whole border was cut off at the bottom and right: [:H]. The image begins `padding` rows below the top:
    [p : p + H]."""
    return bordered(cols, x_shape, kh, kw, stride, padding, dilation)[:, :, : x_shape[2], : x_shape[3]].copy()


@mistake("col2im", family="stride and padding")
def border_cut_at_the_start(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """The whole border was cut off at the top and left: [2p:]. `padding` rows and columns lie on each side:
    [p : p + H]."""
    image, (ph, pw) = bordered(cols, x_shape, kh, kw, stride, padding, dilation), pair(padding)
    return image[:, :, 2 * ph :, 2 * pw :].copy()


@mistake("col2im", family="stride and padding")
def border_cut_from_rows_only(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """The border was cut off above and below, but not left and right."""
    image, ph = bordered(cols, x_shape, kh, kw, stride, padding, dilation), pair(padding)[0]
    return image[:, :, ph : ph + x_shape[2]].copy()


@mistake("col2im", family="stride and padding")
def border_with_paddings_swapped(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """The two paddings were exchanged where the border is cut off: a pair is (rows, columns)."""
    image, (pw, ph) = bordered(cols, x_shape, kh, kw, stride, padding, dilation), pair(padding)
    return image[:, :, ph : ph + x_shape[2], pw : pw + x_shape[3]].copy()


@mistake("col2im", family="stride and padding")
def border_added_to_the_edge(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """What belongs to the padding was added to the outermost pixels. It came from no pixel: throw it away."""
    image, (ph, pw) = bordered(cols, x_shape, kh, kw, stride, padding, dilation), pair(padding)
    result = np.zeros(x_shape, image.dtype)
    rows = np.clip(np.arange(image.shape[2]) - ph, 0, x_shape[2] - 1)
    columns = np.clip(np.arange(image.shape[3]) - pw, 0, x_shape[3] - 1)
    np.add.at(result, (slice(None), slice(None), rows[:, None], columns), image)
    return result


@mistake("col2im", family="stride and padding")
def border_wraps_around(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """What belongs to the padding was added at the opposite edge: indices below zero count from the end. It came from
    no pixel: throw it away."""
    image, (ph, pw) = bordered(cols, x_shape, kh, kw, stride, padding, dilation), pair(padding)
    result = np.zeros(x_shape, image.dtype)
    rows = (np.arange(image.shape[2]) - ph) % x_shape[2]
    columns = (np.arange(image.shape[3]) - pw) % x_shape[3]
    np.add.at(result, (slice(None), slice(None), rows[:, None], columns), image)
    return result


@mistake("col2im", family="dilation")
def put_back_without_dilation(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """The windows were put back dense: value (i, j) of a window belongs i·dilation rows and j·dilation columns
    further."""
    return folded_with(cols, x_shape, kh, kw, (stride, padding, dilation), dilation=1)


@mistake("col2im", family="dilation")
def put_back_with_dilations_swapped(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """The two dilations were exchanged: a pair is (rows, columns)."""
    return folded_with(cols, x_shape, kh, kw, (stride, padding, dilation), dilation=pair(dilation)[::-1])


@mistake("col2im", family="dilation")
def put_back_with_one_dilation(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """The dilation of the rows was used for the columns too: `dilation` may be a pair (rows, columns)."""
    return folded_with(cols, x_shape, kh, kw, (stride, padding, dilation), dilation=pair(dilation)[0])


@mistake("col2im", family="dilation")
def put_back_with_gaps_counted(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """The dilation was taken as the number of pixels between neighbours. It is their distance: dilation 1 is dense."""
    dh, dw = pair(dilation)
    wider = (dh + 1, dw + 1) if max(dh, dw) > 1 else 1
    return folded_with(cols, x_shape, kh, kw, (stride, padding, dilation), dilation=wider)


@mistake("col2im", family="dilation")
def extent_taken_as_kernel_times_dilation(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """A dilated window was taken to reach over k·dilation pixels, so that the number of windows did not fit. Between k
    values there are k - 1 gaps: dilation·(k - 1) + 1."""
    values_in(cols, x_shape, kh, kw, stride, padding, dilation)
    dh, dw = pair(dilation)
    (sh, sw), (ph, pw) = pair(stride), pair(padding)
    windows = ((x_shape[2] + 2 * ph - kh * dh) // sh + 1) * ((x_shape[3] + 2 * pw - kw * dw) // sw + 1)
    if windows != cols.shape[2]:
        raise ValueError("cols does not fit x_shape")
    return folded(cols, x_shape, kh, kw, stride, padding, dilation)


@mistake("col2im", family="contract")
def image_always_float64(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """The result is float64 whatever came in, as np.zeros makes it. Float32 in, float32 out: pass the dtype."""
    return folded(cols, x_shape, kh, kw, stride, padding, dilation).astype(np.float64)


@mistake("col2im", family="contract")
def image_of_integers(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """Integer columns gave an integer image. Integers in, float64 out."""
    return folded(cols, x_shape, kh, kw, stride, padding, dilation).astype(cols.dtype)


@mistake("col2im", family="contract")
def image_sums_overflow(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """The sums were made in the columns' integer type and wrapped around: 200 + 200 is 144 in uint8. Create the image
    with a float type."""
    image = folded(cols, x_shape, kh, kw, stride, padding, dilation)
    return image if cols.dtype.kind == "f" else image.astype(np.int64).astype(cols.dtype).astype(np.float64)


@mistake("col2im", family="contract")
def columns_returned_for_1x1_windows(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """For windows of 1×1 the columns were returned in another shape, in the same memory. Whoever changes the image then
    changes cols: return a copy."""
    image = folded(cols, x_shape, kh, kw, stride, padding, dilation)
    plain = kh == kw == 1 and pair(stride) == (1, 1) and pair(padding) == (0, 0) and cols.dtype.kind == "f"
    return cols.reshape(x_shape) if plain else image


@mistake("col2im", family="contract")
def columns_cleared(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """The caller's cols was overwritten. An argument belongs to the caller: work on a copy."""
    image = folded(cols, x_shape, kh, kw, stride, padding, dilation)
    cols *= 0
    return image


@mistake("col2im", family="contract")
def one_column_repeated(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """One column was accepted where there are several windows, or one image where there are several: NumPy repeated it
    without a word. Compare the shape of cols with what x_shape needs and raise ValueError."""
    oh, ow = counts(x_shape, kh, kw, stride, padding, dilation)
    if cols.ndim == 3 and cols.shape[1] == x_shape[1] * kh * kw and cols.shape[2] in (1, oh * ow):
        cols = np.broadcast_to(cols, (x_shape[0], cols.shape[1], oh * ow))
    return folded(cols, x_shape, kh, kw, stride, padding, dilation)


@mistake("col2im", family="contract")
def missing_columns_taken_as_zero(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """Too few columns were accepted, as if the rest were zero. That hides an error of the caller: raise ValueError."""
    oh, ow = counts(x_shape, kh, kw, stride, padding, dilation)
    if cols.ndim == 3 and cols.shape[2] < oh * ow:
        cols = np.pad(cols, ((0, 0), (0, 0), (0, oh * ow - cols.shape[2])))
    return folded(cols, x_shape, kh, kw, stride, padding, dilation)


@mistake("col2im", family="contract")
def shape_of_columns_not_compared(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """Columns of fewer channels or images than x_shape says were accepted. Compare the shape of cols with what x_shape
    needs and raise ValueError."""
    if cols.ndim == 3 and cols.shape[0] <= x_shape[0] and cols.shape[1] < x_shape[1] * kh * kw:
        x_shape = (len(cols), cols.shape[1] // (kh * kw), *x_shape[2:])
    return folded(cols, x_shape, kh, kw, stride, padding, dilation)


@mistake("col2im", family="contract")
def columns_of_one_image_accepted(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """Columns without the axis of the images were accepted. The contract asks for (N, C·kh·kw, OH·OW): raise ValueError
    for another number of axes."""
    if cols.ndim == 2:
        return folded(cols[None], (1, *x_shape[1:]), kh, kw, stride, padding, dilation)
    return folded(cols, x_shape, kh, kw, stride, padding, dilation)


@mistake("col2im", family="contract")
def zeros_where_no_window_fits(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """Windows larger than the image gave an image of zeros. No columns belong to it: raise ValueError."""
    if kh > x_shape[2] + 2 * pair(padding)[0]:
        return np.zeros(x_shape)
    return folded(cols, x_shape, kh, kw, stride, padding, dilation)


@mistake("col2im", family="contract")
def assertion_about_columns(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """Bad arguments were met with `assert`. Assertions are for tests and vanish under python -O: raise ValueError."""
    try:
        return folded(cols, x_shape, kh, kw, stride, padding, dilation)
    except ValueError as error:
        raise AssertionError(str(error)) from None


# -- conv_transpose2d ---------------------------------------------------------------------------------------------


def check_stamps(x, w, stride=1, padding=0, output_padding=0):
    if x.ndim != 4 or w.ndim != 4 or x.shape[1] != len(w):
        raise ValueError(f"x {x.shape} and w {w.shape} do not fit together")
    if any(more >= s for more, s in zip(pair(output_padding), pair(stride), strict=True)):
        raise ValueError(f"output_padding {output_padding} must be smaller than the stride {stride}")
    options = zip(x.shape[2:], w.shape[2:], pair(stride), pair(padding), pair(output_padding), strict=True)
    sizes = [(n - 1) * s - 2 * p + k + more for n, k, s, p, more in options]
    if min(sizes) < 1:
        raise ValueError(f"nothing is left: {sizes}")
    return sizes


def stamps_of(x, w):
    return np.einsum("nchw,cfij->nfijhw", floats(x), floats(w))


def all_stamps(stamps, stride=1):
    """Everything that is stamped, nothing cut off."""
    (sh, sw), (n, f, kh, kw, h, width) = pair(stride), stamps.shape
    return scattered(stamps, (n, f, (h - 1) * sh + kh, (width - 1) * sw + kw), stride)


def window_of(image, top, left, rows, columns):
    """A part of an image; zeros where it leaves the image."""
    large = np.pad(image, ((0, 0), (0, 0), (60, 60), (60, 60)))
    return large[:, :, 60 + top : 60 + top + rows, 60 + left : 60 + left + columns].copy()


def stamped(x, w, stride=1, padding=0, output_padding=0, **others):
    """The right result, or one in which some options are others than the size says."""
    rows, columns = check_stamps(x, w, stride, padding, output_padding)
    top, left = pair(others.get("cut", padding))
    return window_of(all_stamps(stamps_of(x, w), others.get("step", stride)), top, left, rows, columns)


@mistake("conv-transpose2d", family="stamps")
def stamps_flipped(x, w, stride=1, padding=0, output_padding=0):
    """The stamps are rotated by 180°. The kernel is stamped as it is; it is flipped only if the stamps are made by an
    ordinary convolution."""
    check_stamps(x, w, stride, padding, output_padding)
    return stamped(x, w[:, :, ::-1, ::-1], stride, padding, output_padding)


@mistake("conv-transpose2d", family="stamps")
def stamps_transposed(x, w, stride=1, padding=0, output_padding=0):
    """Rows and columns of the kernels were exchanged: "transposed" is the matrix of the layer, not the kernel."""
    check_stamps(x, w, stride, padding, output_padding)
    return stamped(x, w.swapaxes(2, 3), stride, padding, output_padding)


@mistake("conv-transpose2d", family="stamps")
def ordinary_convolution(x, w, stride=1, padding=0, output_padding=0):
    """The kernels were slid over x as in an ordinary convolution, which makes the image smaller. Here every value of x
    stamps a whole kernel, which makes it larger."""
    check_stamps(x, w, stride, padding, output_padding)
    if any(k > n + 2 * p for k, n, p in zip(w.shape[2:], x.shape[2:], pair(padding), strict=True)):
        raise ValueError("the kernel exceeds the image")
    return np.einsum("nchwij,cfij->nfhw", cut(padded(x, padding), *w.shape[2:], stride), floats(w))


@mistake("conv-transpose2d", family="stamps")
def kernels_first_in_w(x, w, stride=1, padding=0, output_padding=0):
    """The first axis of w was taken for the kernels, as in conv2d. Here w is (C, F, KH, KW): channels of x first, since
    that is what the layer whose backward pass this is would have."""
    check_stamps(x, w, stride, padding, output_padding)
    return stamped(x, w.swapaxes(0, 1), stride, padding, output_padding)


@mistake("conv-transpose2d", family="stamps")
def kernels_mixed_by_reshape(x, w, stride=1, padding=0, output_padding=0):
    """w was reshaped to (F·KH·KW, C). Reshaping keeps the order of the values, and the channels stand first: reshape to
    (C, F·KH·KW), then transpose."""
    check_stamps(x, w, stride, padding, output_padding)
    return stamped(x, w.reshape(-1, len(w)).T.reshape(w.shape), stride, padding, output_padding)


@mistake("conv-transpose2d", family="stamps")
def later_stamps_replace(x, w, stride=1, padding=0, output_padding=0):
    """Where stamps overlap, the later one replaced the earlier ones: write += for =."""
    rows, columns = check_stamps(x, w, stride, padding, output_padding)
    stamps, (sh, sw), (kh, kw) = stamps_of(x, w), pair(stride), w.shape[2:]
    image = np.zeros_like(all_stamps(stamps, stride))
    for i, j in np.ndindex(*x.shape[2:]):
        image[:, :, i * sh : i * sh + kh, j * sw : j * sw + kw] = stamps[..., i, j]
    return window_of(image, *pair(padding), rows, columns)


@mistake("conv-transpose2d", family="stamps")
def kernel_places_replace(x, w, stride=1, padding=0, output_padding=0):
    """Where stamps overlap, one place of the kernel replaced the others: in a loop over the places of the kernel, write
    += for =."""
    rows, columns = check_stamps(x, w, stride, padding, output_padding)
    stamps = stamps_of(x, w)
    image = replaced(stamps, all_stamps(stamps, stride).shape, stride)
    return window_of(image, *pair(padding), rows, columns)


@mistake("conv-transpose2d", family="stamps")
def stamps_averaged(x, w, stride=1, padding=0, output_padding=0):
    """Overlapping stamps were averaged. They are added; that makes the checkerboard patterns which generators are known
    for."""
    y = stamped(x, w, stride, padding, output_padding)
    ones = stamped(np.ones_like(floats(x[:1, :1])), np.ones_like(floats(w[:1, :1])), stride, padding, output_padding)
    return y / np.maximum(ones, 1)


@mistake("conv-transpose2d", family="stamps")
def stamps_channel_mean(x, w, stride=1, padding=0, output_padding=0):
    """The stamps of the channels were averaged. They are added, nothing is divided."""
    y = stamped(x, w, stride, padding, output_padding)
    return y / y.dtype.type(len(w))


@mistake("conv-transpose2d", family="stamps")
def stamps_of_last_channel(x, w, stride=1, padding=0, output_padding=0):
    """Each channel replaced the stamps of the channels before it, so that only the last one is left: write += for =."""
    check_stamps(x, w, stride, padding, output_padding)
    return stamped(x[:, -1:], w[-1:], stride, padding, output_padding)


@mistake("conv-transpose2d", family="stamps")
def stamps_of_first_channel(x, w, stride=1, padding=0, output_padding=0):
    """Only the first channel of x was stamped. Add up the stamps of all channels."""
    check_stamps(x, w, stride, padding, output_padding)
    return stamped(x[:, :1], w[:1], stride, padding, output_padding)


@mistake("conv-transpose2d", family="stamps")
def first_kernel_stamped_for_all(x, w, stride=1, padding=0, output_padding=0):
    """All maps of the result were made with the first kernel: w[:, 0] stands where w[:, f] belongs."""
    y = stamped(x, w, stride, padding, output_padding)
    return np.repeat(y[:, :1], y.shape[1], axis=1)


@mistake("conv-transpose2d", family="stamps")
def first_image_stamped_for_all(x, w, stride=1, padding=0, output_padding=0):
    """The first image was used for the whole batch: x[0] stands where x[n] belongs."""
    y = stamped(x, w, stride, padding, output_padding)
    return np.repeat(y[:1], len(y), axis=0)


@mistake("conv-transpose2d", family="stamps")
def stamps_run_into_next_image(x, w, stride=1, padding=0, output_padding=0):
    """The stamps of one image were carried over to the next: begin each image with zeros."""
    y = stamped(x, w, stride, padding, output_padding)
    return np.cumsum(y, axis=0, dtype=y.dtype)


@mistake("conv-transpose2d", family="stamps")
def last_row_not_stamped(x, w, stride=1, padding=0, output_padding=0):
    """The last row of x was not stamped: the loop over rows ends one step too early."""
    check_stamps(x, w, stride, padding, output_padding)
    seen = x.copy()
    seen[:, :, -1] = 0
    return stamped(seen, w, stride, padding, output_padding)


@mistake("conv-transpose2d", family="stamps")
def square_maps_stamped(x, w, stride=1, padding=0, output_padding=0):
    """The number of rows of x was used for its columns too: some values were not stamped, or an index was out of
    bounds. H and W may differ."""
    check_stamps(x, w, stride, padding, output_padding)
    if x.shape[2] > x.shape[3]:
        raise IndexError("index out of bounds")
    seen = x.copy()
    seen[..., x.shape[2] :] = 0
    return stamped(seen, w, stride, padding, output_padding)


@mistake("conv-transpose2d", family="stamps")
def result_one_too_large(x, w, stride=1, padding=0, output_padding=0):
    """The result is one row and one column too large: H stamps lie H - 1 steps apart, so the size is
    (H - 1)·stride + KH."""
    rows, columns = check_stamps(x, w, stride, padding, output_padding)
    return window_of(all_stamps(stamps_of(x, w), stride), *pair(padding), rows + 1, columns + 1)


@mistake("conv-transpose2d", family="stamps")
def result_without_the_kernels_reach(x, w, stride=1, padding=0, output_padding=0):
    """The result has stride·H rows: the last stamp reaches further than that. The size is (H - 1)·stride + KH, less
    2·padding."""
    check_stamps(x, w, stride, padding, output_padding)
    rows, columns = (n * s for n, s in zip(x.shape[2:], pair(stride), strict=True))
    return window_of(all_stamps(stamps_of(x, w), stride), *pair(padding), rows, columns)


@mistake("conv-transpose2d", family="stamps")
def maps_transposed(x, w, stride=1, padding=0, output_padding=0):
    """Rows and columns of the result were exchanged: it must be (N, F, OH, OW)."""
    return stamped(x, w, stride, padding, output_padding).swapaxes(2, 3).copy()


@mistake("conv-transpose2d", family="stride and padding")
def stamps_one_pixel_apart(x, w, stride=1, padding=0, output_padding=0):
    """The size is right, but the stamps lie one pixel apart: the stamp of row i begins at row i·stride."""
    return stamped(x, w, stride, padding, output_padding, step=1)


@mistake("conv-transpose2d", family="stride and padding")
def transposed_stride_ignored(x, w, stride=1, padding=0, output_padding=0):
    """The stride was ignored: stamps lie `stride` pixels apart, and the result grows with it."""
    check_stamps(x, w, stride, padding, output_padding)
    return stamped(x, w, 1, padding, 0)


@mistake("conv-transpose2d", family="stride and padding")
def stride_makes_it_smaller(x, w, stride=1, padding=0, output_padding=0):
    """The stride left values out, as in a convolution. Here it goes the other way: stamps lie `stride` pixels apart."""
    check_stamps(x, w, stride, padding, output_padding)
    sh, sw = pair(stride)
    return stamped(x[:, :, ::sh, ::sw], w, 1, padding, 0)


@mistake("conv-transpose2d", family="stride and padding")
def stamp_strides_swapped(x, w, stride=1, padding=0, output_padding=0):
    """The two strides were exchanged: a pair is (rows, columns)."""
    check_stamps(x, w, stride, padding, output_padding)
    return stamped(x, w, pair(stride)[::-1], padding, 0)


@mistake("conv-transpose2d", family="stride and padding")
def stamp_row_stride_for_columns(x, w, stride=1, padding=0, output_padding=0):
    """The stride of the rows was used for the columns too: `stride` may be a pair (rows, columns)."""
    check_stamps(x, w, stride, padding, output_padding)
    return stamped(x, w, pair(stride)[0], padding, 0)


@mistake("conv-transpose2d", family="stride and padding")
def values_repeated_by_stride(x, w, stride=1, padding=0, output_padding=0):
    """For the stride, each value of x was repeated. Between the values belong zeros: each value stamps once."""
    rows, columns = check_stamps(x, w, stride, padding, output_padding)
    sh, sw = pair(stride)
    image = all_stamps(stamps_of(x.repeat(sh, axis=2).repeat(sw, axis=3), w))
    return window_of(image, *pair(padding), rows, columns)


@mistake("conv-transpose2d", family="stride and padding")
def one_zero_too_many_between(x, w, stride=1, padding=0, output_padding=0):
    """`stride` zeros were put between the values. Values that lie `stride` apart have stride - 1 zeros between them."""
    check_stamps(x, w, stride, padding, output_padding)
    sh, sw = pair(stride)
    return stamped(x, w, (sh + (sh > 1), sw + (sw > 1)), padding, output_padding)


@mistake("conv-transpose2d", family="stride and padding")
def zeros_after_the_last_value(x, w, stride=1, padding=0, output_padding=0):
    """Zeros were put after the last value too, so that the result is stride - 1 rows and columns too large. They belong
    between the values; output_padding is for more."""
    rows, columns = check_stamps(x, w, stride, padding, output_padding)
    sh, sw = pair(stride)
    return window_of(all_stamps(stamps_of(x, w), stride), *pair(padding), rows + sh - 1, columns + sw - 1)


@mistake("conv-transpose2d", family="stride and padding")
def stamps_side_by_side(x, w, stride=1, padding=0, output_padding=0):
    """With a stride, the stamps were put side by side, a kernel's size apart. They lie `stride` apart and may
    overlap."""
    check_stamps(x, w, stride, padding, output_padding)
    return stamped(x, w, 1 if pair(stride) == (1, 1) else tuple(w.shape[2:]), padding, 0)


@mistake("conv-transpose2d", family="stride and padding")
def transposed_padding_ignored(x, w, stride=1, padding=0, output_padding=0):
    """The padding was ignored: so many rows and columns are cut off each side of the result."""
    check_stamps(x, w, stride, padding, output_padding)
    return stamped(x, w, stride, 0, output_padding)


@mistake("conv-transpose2d", family="stride and padding")
def padding_makes_it_larger(x, w, stride=1, padding=0, output_padding=0):
    """Rows and columns of zeros were added to the result. It is the padding of the layer whose backward pass this is:
    here it cuts them off."""
    rows, columns = check_stamps(x, w, stride, padding, output_padding)
    ph, pw = pair(padding)
    return window_of(all_stamps(stamps_of(x, w), stride), -ph, -pw, rows + 4 * ph, columns + 4 * pw)


@mistake("conv-transpose2d", family="stride and padding")
def image_padded_first(x, w, stride=1, padding=0, output_padding=0):
    """x was padded with zeros, as in a convolution. Here the padding cuts rows and columns off the result."""
    check_stamps(x, w, stride, padding, output_padding)
    return stamped(padded(x, padding), w, stride, 0, output_padding)


@mistake("conv-transpose2d", family="stride and padding")
def padding_cut_at_the_end(x, w, stride=1, padding=0, output_padding=0):
    """All of the padding was cut off at the bottom and right. `padding` rows and columns go from each side."""
    return stamped(x, w, stride, padding, output_padding, cut=0)


@mistake("conv-transpose2d", family="stride and padding")
def padding_cut_at_the_start(x, w, stride=1, padding=0, output_padding=0):
    """All of the padding was cut off at the top and left. `padding` rows and columns go from each side."""
    ph, pw = pair(padding)
    return stamped(x, w, stride, padding, output_padding, cut=(2 * ph, 2 * pw))


@mistake("conv-transpose2d", family="stride and padding")
def padding_cut_once(x, w, stride=1, padding=0, output_padding=0):
    """Padding was cut off the top and left only, so that the result is too large. It goes from each side."""
    rows, columns = check_stamps(x, w, stride, padding, output_padding)
    ph, pw = pair(padding)
    return window_of(all_stamps(stamps_of(x, w), stride), ph, pw, rows + ph, columns + pw)


@mistake("conv-transpose2d", family="stride and padding")
def transposed_paddings_swapped(x, w, stride=1, padding=0, output_padding=0):
    """The two paddings were exchanged: a pair is (rows, columns)."""
    check_stamps(x, w, stride, padding, output_padding)
    return stamped(x, w, stride, pair(padding)[::-1], output_padding)


@mistake("conv-transpose2d", family="stride and padding")
def padding_cut_from_rows_only(x, w, stride=1, padding=0, output_padding=0):
    """The padding was cut off above and below, but not left and right."""
    check_stamps(x, w, stride, padding, output_padding)
    return stamped(x, w, stride, (pair(padding)[0], 0), output_padding)


@mistake("conv-transpose2d", family="stride and padding")
def wide_padding_refused(x, w, stride=1, padding=0, output_padding=0):
    """A padding as large as the kernel raised an error: computed as a convolution, it would need a negative padding
    k - 1 - p. Such a layer exists; cut the result instead."""
    check_stamps(x, w, stride, padding, output_padding)
    if any(p > k - 1 for p, k in zip(pair(padding), w.shape[2:], strict=True)):
        raise ValueError("index can't contain negative values")
    return stamped(x, w, stride, padding, output_padding)


@mistake("conv-transpose2d", family="output padding")
def output_padding_ignored(x, w, stride=1, padding=0, output_padding=0):
    """output_padding was ignored: the result gets so many rows at the bottom and columns at the right."""
    check_stamps(x, w, stride, padding, output_padding)
    return stamped(x, w, stride, padding, 0)


@mistake("conv-transpose2d", family="output padding")
def output_padding_at_the_start(x, w, stride=1, padding=0, output_padding=0):
    """The rows and columns of output_padding were added at the top and left. They belong at the bottom and right, where
    a stride leaves pixels over."""
    rows, columns = check_stamps(x, w, stride, padding, output_padding)
    top, left = (p - more for p, more in zip(pair(padding), pair(output_padding), strict=True))
    return window_of(all_stamps(stamps_of(x, w), stride), top, left, rows, columns)


@mistake("conv-transpose2d", family="output padding")
def output_padding_on_both_sides(x, w, stride=1, padding=0, output_padding=0):
    """The rows and columns of output_padding were added on each side. They belong at the bottom and right only."""
    rows, columns = check_stamps(x, w, stride, padding, output_padding)
    (ph, pw), (eh, ew) = pair(padding), pair(output_padding)
    return window_of(all_stamps(stamps_of(x, w), stride), ph - eh, pw - ew, rows + eh, columns + ew)


@mistake("conv-transpose2d", family="output padding")
def output_padding_of_zeros(x, w, stride=1, padding=0, output_padding=0):
    """The rows and columns of output_padding were filled with zeros after the padding had been cut off. What stamps
    left there belongs to the result: cut less, in place of adding zeros."""
    check_stamps(x, w, stride, padding, output_padding)
    eh, ew = pair(output_padding)
    return np.pad(stamped(x, w, stride, padding, 0), ((0, 0), (0, 0), (0, eh), (0, ew)))


@mistake("conv-transpose2d", family="output padding")
def output_padding_repeats_the_edge(x, w, stride=1, padding=0, output_padding=0):
    """The rows and columns of output_padding are copies of the last ones. They hold what stamps left there, or
    zeros."""
    check_stamps(x, w, stride, padding, output_padding)
    eh, ew = pair(output_padding)
    return np.pad(stamped(x, w, stride, padding, 0), ((0, 0), (0, 0), (0, eh), (0, ew)), mode="edge")


@mistake("conv-transpose2d", family="output padding")
def output_paddings_swapped(x, w, stride=1, padding=0, output_padding=0):
    """The two output paddings were exchanged: a pair is (rows, columns)."""
    rows, columns = check_stamps(x, w, stride, padding, output_padding)
    eh, ew = pair(output_padding)
    return window_of(all_stamps(stamps_of(x, w), stride), *pair(padding), rows - eh + ew, columns - ew + eh)


@mistake("conv-transpose2d", family="output padding")
def output_padding_of_rows_for_columns(x, w, stride=1, padding=0, output_padding=0):
    """The output padding of the rows was used for the columns too: it may be a pair (rows, columns)."""
    rows, columns = check_stamps(x, w, stride, padding, output_padding)
    eh, ew = pair(output_padding)
    return window_of(all_stamps(stamps_of(x, w), stride), *pair(padding), rows, columns - ew + eh)


@mistake("conv-transpose2d", family="output padding")
def output_padding_cut_off(x, w, stride=1, padding=0, output_padding=0):
    """The rows and columns of output_padding were cut off. They are rows and columns more, not fewer."""
    rows, columns = check_stamps(x, w, stride, padding, output_padding)
    eh, ew = pair(output_padding)
    full = all_stamps(stamps_of(x, w), stride)
    return window_of(full, *pair(padding), max(rows - 2 * eh, 0), max(columns - 2 * ew, 0))


@mistake("conv-transpose2d", family="output padding")
def output_padding_in_place_of_padding(x, w, stride=1, padding=0, output_padding=0):
    """output_padding was subtracted from what the padding cuts off each side, so that the result is too large and
    shifted. It adds rows and columns once, at the end."""
    rows, columns = check_stamps(x, w, stride, padding, output_padding)
    (ph, pw), (eh, ew) = pair(padding), pair(output_padding)
    top, left = max(ph - eh, 0), max(pw - ew, 0)
    more = (rows - eh + 2 * (ph - top), columns - ew + 2 * (pw - left))
    return window_of(all_stamps(stamps_of(x, w), stride), top, left, *more)


@mistake("conv-transpose2d", family="contract")
def stamps_always_float64(x, w, stride=1, padding=0, output_padding=0):
    """The result is float64 whatever came in, as np.zeros makes it. Float32 in, float32 out: pass the dtype."""
    return stamped(x, w, stride, padding, output_padding).astype(np.float64)


@mistake("conv-transpose2d", family="contract")
def stamps_stay_integers(x, w, stride=1, padding=0, output_padding=0):
    """Integer arguments gave an integer result. Integers in, float64 out."""
    return stamped(x, w, stride, padding, output_padding).astype(x.dtype)


@mistake("conv-transpose2d", family="contract")
def stamps_overflow(x, w, stride=1, padding=0, output_padding=0):
    """The products were made in the arguments' integer type and wrapped around: 200 · 2 is 144 in uint8. Convert to
    float64 first."""
    y = stamped(x, w, stride, padding, output_padding)
    return y if x.dtype.kind == "f" else y.astype(np.int64).astype(x.dtype).astype(np.float64)


@mistake("conv-transpose2d", family="contract")
def stamps_change_x(x, w, stride=1, padding=0, output_padding=0):
    """The caller's x was overwritten. An argument belongs to the caller: work on a copy."""
    y = stamped(x, w, stride, padding, output_padding)
    x *= 0
    return y


@mistake("conv-transpose2d", family="contract")
def kernels_for_other_channels_accepted(x, w, stride=1, padding=0, output_padding=0):
    """Feature maps and kernels with different numbers of channels were accepted, and those in excess left out: raise
    ValueError."""
    c = min(x.shape[1], len(w)) if x.ndim == w.ndim == 4 else None
    return stamped(x[:, :c] if c else x, w[:c], stride, padding, output_padding)


@mistake("conv-transpose2d", family="contract")
def one_channel_stamped_by_all(x, w, stride=1, padding=0, output_padding=0):
    """One channel was accepted for kernels of several: NumPy repeated it without a word. Compare the numbers of
    channels and raise ValueError."""
    if x.ndim == w.ndim == 4 and 1 in (x.shape[1], len(w)):
        c = max(x.shape[1], len(w))
        x, w = np.broadcast_to(x, (len(x), c, *x.shape[2:])), np.broadcast_to(w, (c, *w.shape[1:]))
    return stamped(x, w, stride, padding, output_padding)


@mistake("conv-transpose2d", family="contract")
def output_padding_not_limited(x, w, stride=1, padding=0, output_padding=0):
    """An output padding as large as the stride was accepted. No image of that size gives x under the convolution that
    this belongs to: raise ValueError."""
    if x.ndim == w.ndim == 4 and x.shape[1] == len(w):
        options = zip(x.shape[2:], w.shape[2:], pair(stride), pair(padding), pair(output_padding), strict=True)
        sizes = [(n - 1) * s - 2 * p + k + more for n, k, s, p, more in options]
        if min(sizes) > 0:
            return window_of(all_stamps(stamps_of(x, w), stride), *pair(padding), *sizes)
    return stamped(x, w, stride, padding, output_padding)


@mistake("conv-transpose2d", family="contract")
def empty_result_returned(x, w, stride=1, padding=0, output_padding=0):
    """A padding that leaves nothing gave an empty result. Nothing useful can follow from it: raise ValueError."""
    if x.ndim == w.ndim == 4 and x.shape[1] == len(w):
        options = zip(x.shape[2:], w.shape[2:], pair(stride), pair(padding), strict=True)
        sizes = [(n - 1) * s - 2 * p + k for n, k, s, p in options]
        if min(sizes) < 1:
            return np.zeros((len(x), w.shape[1], max(sizes[0], 0), max(sizes[1], 0)))
    return stamped(x, w, stride, padding, output_padding)


@mistake("conv-transpose2d", family="contract")
def single_map_accepted(x, w, stride=1, padding=0, output_padding=0):
    """Feature maps without the axis of the batch were accepted. The contract asks for (N, C, H, W): raise ValueError
    for another number of axes."""
    return stamped(x[None] if x.ndim == 3 else x, w, stride, padding, output_padding)


@mistake("conv-transpose2d", family="contract")
def assertion_about_stamps(x, w, stride=1, padding=0, output_padding=0):
    """Bad arguments were met with `assert`. Assertions are for tests and vanish under python -O: raise ValueError."""
    try:
        return stamped(x, w, stride, padding, output_padding)
    except ValueError as error:
        raise AssertionError(str(error)) from None


# -- dx_as_full_convolution ---------------------------------------------------------------------------------------


def fits(dout, w):
    if dout.ndim != 4 or w.ndim != 4 or dout.shape[1] != len(w):
        raise ValueError(f"dout {dout.shape} and w {w.shape} do not fit together")


def correlated_with(dout, kernels, padding):
    """The layer of unit 04, kernels (C, F, KH, KW), whatever they are."""
    if kernels.shape[1] != dout.shape[1]:
        raise ValueError(f"dout has {dout.shape[1]} maps but the kernels expect {kernels.shape[1]}")
    image = padded(dout, padding)
    if image.shape[2] < kernels.shape[2] or image.shape[3] < kernels.shape[3]:
        raise ValueError("the kernel exceeds the image")
    return np.einsum("nfhwij,cfij->nchw", cut(image, *kernels.shape[2:]), floats(kernels))


def turned(w):
    return w[:, :, ::-1, ::-1].swapaxes(0, 1)


def full(dout, w):
    fits(dout, w)
    return correlated_with(dout, turned(w), (w.shape[2] - 1, w.shape[3] - 1))


@mistake("dx-as-full-convolution", family="values")
def kernels_not_flipped(dout, w):
    """The kernels were not flipped. Pixel i met w[k] in window i - k: going back, the kernel is read backwards."""
    fits(dout, w)
    return correlated_with(dout, w.swapaxes(0, 1), (w.shape[2] - 1, w.shape[3] - 1))


@mistake("dx-as-full-convolution", family="values")
def only_rows_flipped(dout, w):
    """Only the rows of the kernels were flipped: flip rows and columns, a rotation by 180°."""
    fits(dout, w)
    return correlated_with(dout, w[:, :, ::-1].swapaxes(0, 1), (w.shape[2] - 1, w.shape[3] - 1))


@mistake("dx-as-full-convolution", family="values")
def only_columns_flipped(dout, w):
    """Only the columns of the kernels were flipped: flip rows and columns, a rotation by 180°."""
    fits(dout, w)
    return correlated_with(dout, w[..., ::-1].swapaxes(0, 1), (w.shape[2] - 1, w.shape[3] - 1))


@mistake("dx-as-full-convolution", family="values")
def all_axes_flipped(dout, w):
    """All four axes of w were flipped, as w[::-1, ::-1, ::-1, ::-1] does. Kernels and channels keep their order; only
    rows and columns are flipped."""
    return full(dout[:, ::-1] if dout.ndim == 4 else dout, w[:, ::-1] if w.ndim == 4 else w)


@mistake("dx-as-full-convolution", family="values")
def kernels_transposed_not_flipped(dout, w):
    """Rows and columns of the kernels were exchanged. They are flipped: the last row comes first, the last column
    first."""
    fits(dout, w)
    return correlated_with(dout, w.transpose(1, 0, 3, 2), (w.shape[2] - 1, w.shape[3] - 1))


@mistake("dx-as-full-convolution", family="values")
def kernels_and_channels_not_exchanged(dout, w):
    """The first two axes of w were left as they are. dout has F maps and dx has C channels: exchange them."""
    fits(dout, w)
    return correlated_with(dout, w[:, :, ::-1, ::-1], (w.shape[2] - 1, w.shape[3] - 1))


@mistake("dx-as-full-convolution", family="values")
def kernels_reshaped_not_exchanged(dout, w):
    """w was reshaped to (C, F, KH, KW). Reshaping keeps the order of the values: exchange the axes with swapaxes."""
    fits(dout, w)
    kernels = w[:, :, ::-1, ::-1].reshape(w.shape[1], w.shape[0], *w.shape[2:])
    return correlated_with(dout, kernels, (w.shape[2] - 1, w.shape[3] - 1))


@mistake("dx-as-full-convolution", family="values")
def no_padding_at_all(dout, w):
    """dout was not padded. Pixels at the border lie in windows too: KH - 1 rows and KW - 1 columns of zeros belong on
    each side."""
    fits(dout, w)
    return correlated_with(dout, turned(w), 0)


@mistake("dx-as-full-convolution", family="values")
def padded_by_half_a_kernel(dout, w):
    """dout was padded by half a kernel, which keeps its size. dx is larger than dout: KH - 1 rows and KW - 1 columns of
    zeros belong on each side."""
    fits(dout, w)
    return correlated_with(dout, turned(w), (w.shape[2] // 2, w.shape[3] // 2))


@mistake("dx-as-full-convolution", family="values")
def padded_by_a_whole_kernel(dout, w):
    """dout was padded by KH rows and KW columns, one too many on each side: a window must still meet one value of
    dout."""
    fits(dout, w)
    return correlated_with(dout, turned(w), tuple(w.shape[2:]))


@mistake("dx-as-full-convolution", family="values")
def padding_sides_swapped(dout, w):
    """KW - 1 rows and KH - 1 columns of zeros were put around dout: rows belong to KH, columns to KW."""
    fits(dout, w)
    return correlated_with(dout, turned(w), (w.shape[3] - 1, w.shape[2] - 1))


@mistake("dx-as-full-convolution", family="values")
def square_padding(dout, w):
    """KH - 1 was used as the padding of the columns too. Kernels need not be square: KW - 1."""
    fits(dout, w)
    return correlated_with(dout, turned(w), w.shape[2] - 1)


@mistake("dx-as-full-convolution", family="values")
def padding_at_one_side(dout, w):
    """All zeros were put before dout, above and left. KH - 1 rows and KW - 1 columns belong on each side."""
    fits(dout, w)
    kh, kw = w.shape[2:]
    image = np.pad(floats(dout), ((0, 0), (0, 0), (2 * (kh - 1), 0), (2 * (kw - 1), 0)))
    return correlated_with(image, turned(w), 0)


@mistake("dx-as-full-convolution", family="values")
def padded_with_the_edge(dout, w):
    """dout was padded with copies of its outermost values. Beyond it there are no windows: pad with zeros."""
    fits(dout, w)
    return correlated_with(padded(dout, (w.shape[2] - 1, w.shape[3] - 1), "edge"), turned(w), 0)


@mistake("dx-as-full-convolution", family="values")
def dout_flipped_too(dout, w):
    """dout was flipped as well. Flip the kernels only."""
    fits(dout, w)
    return full(dout[:, :, ::-1, ::-1], w)


@mistake("dx-as-full-convolution", family="values")
def dout_flipped_in_place_of_the_kernels(dout, w):
    """dout was flipped in place of the kernels: the result is dx upside down and mirrored."""
    return full(dout, w)[:, :, ::-1, ::-1].copy()


@mistake("dx-as-full-convolution", family="values")
def mean_over_kernels(dout, w):
    """The shares of the kernels were averaged. They are added up."""
    dx = full(dout, w)
    return dx / dx.dtype.type(len(w))


@mistake("dx-as-full-convolution", family="values")
def first_kernel_only(dout, w):
    """Only the first kernel was used. All F kernels see x: their shares are added."""
    fits(dout, w)
    return full(dout[:, :1], w[:1])


@mistake("dx-as-full-convolution", family="values")
def last_kernel_only(dout, w):
    """Each kernel replaced the share of the kernels before it, so that only the last one is left: write += for =."""
    fits(dout, w)
    return full(dout[:, -1:], w[-1:])


@mistake("dx-as-full-convolution", family="values")
def first_image_only_sent_back(dout, w):
    """The first image was used for the whole batch: dout[0] stands where dout[n] belongs."""
    dx = full(dout, w)
    return np.repeat(dx[:1], len(dx), axis=0)


@mistake("dx-as-full-convolution", family="contract")
def full_always_float64(dout, w):
    """The result is float64 whatever came in. Float32 in, float32 out: pass the dtype."""
    return full(dout, w).astype(np.float64)


@mistake("dx-as-full-convolution", family="contract")
def full_stays_integer(dout, w):
    """Integer arguments gave an integer result. Integers in, float64 out."""
    return full(dout, w).astype(dout.dtype)


@mistake("dx-as-full-convolution", family="contract")
def full_overflows(dout, w):
    """The sums were made in the arguments' integer type and wrapped around: 200 · 2 is 144 in uint8. Convert to float64
    first."""
    dx = full(dout, w)
    return dx if dout.dtype.kind == "f" else dx.astype(np.int64).astype(dout.dtype).astype(np.float64)


@mistake("dx-as-full-convolution", family="contract")
def kernels_of_the_caller_flipped(dout, w):
    """The caller's w was flipped in place. An argument belongs to the caller: work on a copy."""
    dx = full(dout, w)
    w[...] = w[:, :, ::-1, ::-1].copy()
    return dx


@mistake("dx-as-full-convolution", family="contract")
def number_of_maps_not_compared(dout, w):
    """dout with another number of maps than there are kernels was accepted, and those in excess left out: raise
    ValueError."""
    f = min(dout.shape[1], len(w)) if dout.ndim == w.ndim == 4 else None
    return full(dout[:, :f] if f else dout, w[:f])


@mistake("dx-as-full-convolution", family="contract")
def one_map_repeated(dout, w):
    """One map of dout was accepted for several kernels: NumPy repeated it without a word. Compare the numbers and raise
    ValueError."""
    if dout.ndim == w.ndim == 4 and dout.shape[1] == 1:
        dout = np.repeat(dout, len(w), axis=1)
    return full(dout, w)


@mistake("dx-as-full-convolution", family="contract")
def gradient_of_one_image_accepted(dout, w):
    """dout without the axis of the images was accepted. The contract asks for (N, F, OH, OW): raise ValueError for
    another number of axes."""
    return full(dout[None] if dout.ndim == 3 else dout, w)
