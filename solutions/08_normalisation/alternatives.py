"""Right answers of unit 08 in other styles than the reference's. Each must get full marks."""

from __future__ import annotations

import math

import numpy as np

from autograder.testing import Alternatives

alternative = Alternatives()


# -- what several answers share -----------------------------------------------------------------------------------


def as_floats(a):
    return a if np.issubdtype(a.dtype, np.floating) else a.astype(np.float64)


def images(x):
    if x.ndim != 4:
        raise ValueError(f"x must be (N, C, H, W), got {x.shape}")
    return as_floats(x)


def per_channel(x, **arrays):
    for name, values in arrays.items():
        if values.shape != (x.shape[1],):
            raise ValueError(f"{name} must be ({x.shape[1]},), got {values.shape}")


# -- lrn ----------------------------------------------------------------------------------------------------------


def check_window(x, n):
    if n < 1:
        raise ValueError(f"n must be 1 or more, got {n}")
    return images(x)


@alternative("lrn", style="loops over single values")
def every_value_of_every_channel(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    x = check_window(x, n)
    y = np.empty_like(x)
    for i, c, row, column in np.ndindex(*x.shape):
        total = 0.0
        for j in range(max(0, c - n // 2), min(x.shape[1], c + (n - 1) // 2 + 1)):
            total += float(x[i, j, row, column]) ** 2
        y[i, c, row, column] = float(x[i, c, row, column]) / (k + alpha * total) ** beta
    return y


@alternative("lrn", style="loop over channels")
def slices_of_channels(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    x = check_window(x, n)
    planes = []
    for c in range(x.shape[1]):
        near = x[:, max(0, c - n // 2) : c + (n + 1) // 2]
        planes.append(x[:, c] / (k + alpha * np.square(near).sum(axis=1)) ** beta)
    return np.stack(planes, axis=1)


@alternative("lrn", style="banded matrix times squares")
def matrix_of_neighbours(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    x = check_window(x, n)
    distance = np.arange(x.shape[1]) - np.arange(x.shape[1])[:, None]
    band = ((distance >= -(n // 2)) & (distance <= (n - 1) // 2)).astype(x.dtype)
    return x * np.power(k + alpha * np.einsum("cj,njhw->nchw", band, x * x), -beta)


@alternative("lrn", style="differences of cumulative sums")
def cumulative_sums(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    x = check_window(x, n)
    c = x.shape[1]
    sums = np.concatenate([np.zeros_like(x[:, :1]), np.cumsum(x**2, axis=1)], axis=1)
    last = np.minimum(np.arange(c) + (n + 1) // 2, c)
    first = np.maximum(np.arange(c) - n // 2, 0)
    return x / (k + alpha * (sums[:, last] - sums[:, first])) ** beta


@alternative("lrn", style="sliding window view")
def view_along_channels(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    x = check_window(x, n)
    padded = np.pad(x, ((0, 0), (n // 2, (n - 1) // 2), (0, 0), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, n, axis=1)
    return x / (k + alpha * np.einsum("nchwj,nchwj->nchw", windows, windows)) ** beta


@alternative("lrn", style="torch-like: alpha times n, mean of squares")
def average_of_squares(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    x = check_window(x, n)
    padded = np.pad(np.square(x), ((0, 0), (n // 2, (n - 1) // 2), (0, 0), (0, 0)))
    mean = np.mean([padded[:, j : j + x.shape[1]] for j in range(n)], axis=0, dtype=x.dtype)
    return x / (mean * (n * alpha) + k) ** beta


# -- local_contrast_norm ------------------------------------------------------------------------------------------


def check_size(x, size):
    if size < 1 or size % 2 != 1:
        raise ValueError(f"size must be odd and positive, got {size}")
    return images(x)


@alternative("local-contrast-norm", style="loops over single values")
def window_by_window(x, size, floor=1e-4):
    x = check_size(x, size)
    r = size // 2
    height, width = x.shape[2:]

    def means(a):
        result = np.empty_like(a)
        for row in range(height):
            for column in range(width):
                rows = [min(max(i, 0), height - 1) for i in range(row - r, row + r + 1)]
                columns = [min(max(j, 0), width - 1) for j in range(column - r, column + r + 1)]
                result[:, :, row, column] = a[:, :, rows][:, :, :, columns].sum(axis=(2, 3)) / size**2
        return result

    v = x - means(x)
    deviation = np.sqrt(means(v * v))
    deviation[deviation < floor] = floor
    return v / deviation


@alternative("local-contrast-norm", style="sum over shifts")
def shifted_copies(x, size, floor=1e-4):
    x = check_size(x, size)
    r, (h, w) = size // 2, x.shape[2:]

    def blur(a):
        padded = np.pad(a, ((0, 0), (0, 0), (r, r), (r, r)), mode="edge")
        return sum(padded[:, :, i : i + h, j : j + w] for i in range(size) for j in range(size)) / (size * size)

    centred = x - blur(x)
    return centred / np.maximum(blur(centred**2) ** 0.5, floor)


@alternative("local-contrast-norm", style="rows first, then columns")
def separable_means(x, size, floor=1e-4):
    x = check_size(x, size)
    r = size // 2

    def one_axis(a, axis):
        index = np.clip(np.arange(a.shape[axis])[:, None] + np.arange(-r, r + 1), 0, a.shape[axis] - 1)
        return np.take(a, index, axis).mean(axis=axis + 1)

    def blur(a):
        return one_axis(one_axis(a, 2), 3)

    centred = x - blur(x)
    return np.divide(centred, np.clip(np.sqrt(blur(centred * centred)), floor, None))


@alternative("local-contrast-norm", style="matrices that average rows and columns")
def averaging_matrices(x, size, floor=1e-4):
    x = check_size(x, size)

    def averaging(n):
        matrix = np.zeros((n, n), x.dtype)
        for i in range(n):
            for j in range(i - size // 2, i + size // 2 + 1):
                matrix[i, min(max(j, 0), n - 1)] += 1 / size
        return matrix

    rows, columns = averaging(x.shape[2]), averaging(x.shape[3]).T
    v = x - rows @ x @ columns
    return v / np.maximum(np.sqrt(rows @ (v * v) @ columns), floor)


@alternative("local-contrast-norm", style="FFT")
def means_by_fft(x, size, floor=1e-4):
    values = check_size(x, size).astype(np.float64)
    r = size // 2

    def blur(a):
        padded = np.pad(a, ((0, 0), (0, 0), (r, r), (r, r)), mode="edge")
        box = np.zeros(padded.shape[2:])
        box[:size, :size] = 1 / size**2
        full = np.fft.irfft2(np.fft.rfft2(padded) * np.fft.rfft2(box), padded.shape[2:])
        return full[:, :, 2 * r :, 2 * r :]

    v = values - blur(values)
    v[np.abs(v) < 1e-13] = 0
    return (v / np.maximum(np.sqrt(np.maximum(blur(v**2), 0)), floor)).astype(as_floats(x[:0]).dtype)


@alternative("local-contrast-norm", style="strides and where")
def strided_windows(x, size, floor=1e-4):
    x = check_size(x, size)
    r = size // 2

    def windows(a):
        padded = np.pad(a, ((0, 0), (0, 0), (r, r), (r, r)), "edge")
        shape, steps = (*a.shape, size, size), (*padded.strides, *padded.strides[2:])
        return np.lib.stride_tricks.as_strided(padded, shape, steps, writeable=False)

    v = x - np.einsum("nchwij->nchw", windows(x)) / size**2
    view = windows(v)
    sigma = np.sqrt(np.einsum("nchwij,nchwij->nchw", view, view) / size**2)
    return v / np.where(sigma > floor, sigma, sigma.dtype.type(floor))


# -- batchnorm2d_forward ------------------------------------------------------------------------------------------


def check_batch(x, gamma, beta, state, train):
    values = images(x)
    per_channel(x, gamma=gamma, beta=beta, **state)
    if train and x.size <= x.shape[1]:
        raise ValueError(f"more than one value per channel is needed in training, got {x.shape}")
    return values


@alternative("batchnorm2d-forward", style="loop over channels")
def channel_after_channel(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    x = check_batch(x, gamma, beta, state, train)
    y = np.empty_like(x)
    for c in range(x.shape[1]):
        values = x[:, c]
        mean, var = state["running_mean"][c], state["running_var"][c]
        if train:
            mean, var = values.mean(), values.var()
            state["running_mean"][c] += momentum * (mean - state["running_mean"][c])
            state["running_var"][c] += momentum * (values.var(ddof=1) - state["running_var"][c])
        y[:, c] = (values - mean) / math.sqrt(var + eps) * gamma[c] + beta[c]
    return y


@alternative("batchnorm2d-forward", style="channels as rows of a matrix")
def rows_of_a_matrix(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    x = check_batch(x, gamma, beta, state, train)
    n, c, h, w = x.shape
    rows = x.transpose(1, 0, 2, 3).reshape(c, -1)
    if train:
        mu = rows.mean(axis=1, keepdims=True)
        var = ((rows - mu) ** 2).mean(axis=1, keepdims=True)
        m = rows.shape[1]
        state["running_mean"][...] = state["running_mean"] * (1 - momentum) + mu[:, 0] * momentum
        state["running_var"][...] = state["running_var"] * (1 - momentum) + var[:, 0] * momentum * m / (m - 1)
    else:
        mu, var = state["running_mean"].reshape(c, 1), state["running_var"].reshape(c, 1)
    y = gamma.reshape(c, 1) * (rows - mu) / np.sqrt(var + eps) + beta.reshape(c, 1)
    return np.ascontiguousarray(y.reshape(c, n, h, w).transpose(1, 0, 2, 3), dtype=x.dtype)


@alternative("batchnorm2d-forward", style="einsum")
def sums_by_einsum(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    x = check_batch(x, gamma, beta, state, train)
    m = x.size // x.shape[1]
    mean, var = state["running_mean"], state["running_var"]
    if train:
        mean = np.einsum("nchw->c", x) / m
        centred = x - mean.reshape(1, -1, 1, 1)
        squares = np.einsum("nchw,nchw->c", centred, centred)
        var = squares / m
        state["running_mean"] += momentum * (mean - state["running_mean"])
        state["running_var"] += momentum * (squares / (m - 1) - state["running_var"])
    y = np.einsum("nchw,c->nchw", x - mean.reshape(-1, 1, 1), gamma / np.sqrt(var + eps))
    return (y + beta.reshape(-1, 1, 1)).astype(x.dtype)


@alternative("batchnorm2d-forward", style="channels moved to the last axis")
def channels_last(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    x = check_batch(x, gamma, beta, state, train)
    last = np.moveaxis(x, 1, -1)
    if train:
        flat = last.reshape(-1, x.shape[1])
        mean, var = flat.mean(0), flat.var(0)
        for name, new in (("running_mean", mean), ("running_var", flat.var(0, ddof=1))):
            np.copyto(state[name], momentum * new + (1.0 - momentum) * state[name])
    else:
        mean, var = state["running_mean"].copy(), state["running_var"].copy()
    y = (last - mean) * (gamma * (var + eps) ** -0.5) + beta
    return np.array(np.moveaxis(y, -1, 1), dtype=x.dtype, order="C")


@alternative("batchnorm2d-forward", style="statistics of the images, pooled")
def pooled_over_images(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    x = check_batch(x, gamma, beta, state, train)
    mean, var = state["running_mean"], state["running_var"]
    if train:
        m = x.size // x.shape[1]
        means = x.mean(axis=(2, 3))  # (N, C)
        mean = means.mean(axis=0)
        var = x.var(axis=(2, 3)).mean(axis=0) + means.var(axis=0)  # within the images and between them
        state["running_mean"][:] = (1 - momentum) * state["running_mean"] + momentum * mean
        state["running_var"][:] = (1 - momentum) * state["running_var"] + momentum * var * (m / (m - 1))
    std = np.sqrt(var + eps)[None, :, None, None]
    y = (x - mean[None, :, None, None]) / std * gamma[None, :, None, None] + beta[None, :, None, None]
    return y.astype(x.dtype)


# -- batchnorm2d_backward -----------------------------------------------------------------------------------------


def check_backward(dout, x, gamma, state, train):
    values = images(x)
    per_channel(x, gamma=gamma)
    if dout.shape != x.shape:
        raise ValueError(f"dout must be {x.shape}, got {dout.shape}")
    if not train and state is None:
        raise ValueError("the running statistics are missing")
    return values


def as_type(dtype, *results):
    return tuple(np.asarray(result, dtype) for result in results)


@alternative("batchnorm2d-backward", style="step by step through the computation")
def staged_chain_rule(dout, x, gamma, state=None, train=True, eps=1e-5):
    x = check_backward(dout, x, gamma, state, train)
    axes, m = (0, 2, 3), x.size // x.shape[1]
    mean = x.mean(axis=axes, keepdims=True) if train else state["running_mean"].reshape(1, -1, 1, 1)
    centred = x - mean
    var = (centred**2).mean(axis=axes, keepdims=True) if train else state["running_var"].reshape(1, -1, 1, 1)
    inverse = 1 / np.sqrt(var + eps)
    dhat = dout * gamma.reshape(1, -1, 1, 1)
    dgamma, dbeta = (dout * centred * inverse).sum(axis=axes), dout.sum(axis=axes)
    if not train:
        return as_type(x.dtype, dhat * inverse, dgamma, dbeta)
    dvar = (dhat * centred).sum(axis=axes, keepdims=True) * -0.5 * inverse**3
    dmean = -(dhat * inverse).sum(axis=axes, keepdims=True) - 2 * dvar * centred.mean(axis=axes, keepdims=True)
    dx = dhat * inverse + 2 * dvar * centred / m + dmean / m
    return as_type(x.dtype, dx, dgamma, dbeta)


@alternative("batchnorm2d-backward", style="loop over channels")
def gradients_of_one_channel_at_a_time(dout, x, gamma, state=None, train=True, eps=1e-5):
    x = check_backward(dout, x, gamma, state, train)
    dx, dgamma, dbeta = np.empty_like(x), np.empty_like(x[0, :, 0, 0]), np.empty_like(x[0, :, 0, 0])
    for c in range(x.shape[1]):
        values, upstream = x[:, c], dout[:, c]
        mean, var = (values.mean(), values.var()) if train else (state["running_mean"][c], state["running_var"][c])
        std = math.sqrt(var + eps)
        hat = (values - mean) / std
        dbeta[c], dgamma[c] = upstream.sum(), (upstream * hat).sum()
        rest = upstream - upstream.mean() - hat * (upstream * hat).mean() if train else upstream
        dx[:, c] = gamma[c] / std * rest
    return dx, dgamma, dbeta


@alternative("batchnorm2d-backward", style="Jacobian matrix of each channel")
def jacobian_of_a_channel(dout, x, gamma, state=None, train=True, eps=1e-5):
    x = check_backward(dout, x, gamma, state, train)
    n, c, h, w = x.shape
    rows, upstream = (np.moveaxis(a, 1, 0).reshape(c, -1) for a in (x, dout))
    m = rows.shape[1]
    mean, var = (rows.mean(1), rows.var(1)) if train else (state["running_mean"], state["running_var"])
    std = np.sqrt(var + eps)
    hat = (rows - mean[:, None]) / std[:, None]
    gradients = np.empty_like(rows)
    for channel in range(c):
        jacobian = np.eye(m)
        if train:
            jacobian -= 1 / m + np.outer(hat[channel], hat[channel]) / m
        gradients[channel] = gamma[channel] / std[channel] * (jacobian @ upstream[channel])
    dx = np.moveaxis(gradients.reshape(c, n, h, w), 0, 1).copy()
    return as_type(x.dtype, dx, (upstream * hat).sum(1), upstream.sum(1))


@alternative("batchnorm2d-backward", style="one formula with sums, as in frameworks")
def fused_formula(dout, x, gamma, state=None, train=True, eps=1e-5):
    x = check_backward(dout, x, gamma, state, train)
    shape = (1, -1, 1, 1)
    if train:
        m = x.size // x.shape[1]
        mean, var = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))
    else:
        mean, var = state["running_mean"], state["running_var"]
    inverse = (var + eps) ** -0.5
    hat = (x - mean.reshape(shape)) * inverse.reshape(shape)
    dbeta = np.einsum("nchw->c", dout)
    dgamma = np.einsum("nchw,nchw->c", dout, hat)
    if not train:
        return as_type(x.dtype, dout * (gamma * inverse).reshape(shape), dgamma, dbeta)
    dx = (gamma * inverse / m).reshape(shape) * (m * dout - dbeta.reshape(shape) - hat * dgamma.reshape(shape))
    return as_type(x.dtype, dx, dgamma, dbeta)


@alternative("batchnorm2d-backward", style="projection onto what normalisation leaves free")
def projected(dout, x, gamma, state=None, train=True, eps=1e-5):
    x = check_backward(dout, x, gamma, state, train)
    last, upstream = np.moveaxis(x, 1, -1), np.moveaxis(dout, 1, -1)  # (N, H, W, C)
    over = (0, 1, 2)
    mean, var = (last.mean(over), last.var(over)) if train else (state["running_mean"], state["running_var"])
    std = np.sqrt(var + eps)
    hat = (last - mean) / std
    g = upstream * gamma
    if train:
        g = g - g.mean(over)
        g = g - hat * (g * hat).mean(over)
    dx = np.array(np.moveaxis(g / std, -1, 1))
    return as_type(x.dtype, dx, (upstream * hat).sum(over), upstream.sum(over))


# -- groupnorm ----------------------------------------------------------------------------------------------------


def check_groups(x, G, **arrays):
    values = images(x)
    if G <= 0 or x.shape[1] % G != 0:
        raise ValueError(f"{G} groups do not divide {x.shape[1]} channels")
    per_channel(x, **arrays)
    return values


@alternative("groupnorm", style="loops over images and groups")
def group_after_group(x, G, gamma, beta, eps=1e-5):
    x = check_groups(x, G, gamma=gamma, beta=beta)
    size = x.shape[1] // G
    y = np.empty_like(x)
    for i in range(len(x)):
        for g in range(G):
            block = x[i, g * size : (g + 1) * size]
            y[i, g * size : (g + 1) * size] = (block - block.mean()) / math.sqrt(block.var() + eps)
        for c in range(x.shape[1]):
            y[i, c] = gamma[c] * y[i, c] + beta[c]
    return y


@alternative("groupnorm", style="five axes")
def five_axes(x, G, gamma, beta, eps=1e-5):
    x = check_groups(x, G, gamma=gamma, beta=beta)
    n, c, h, w = x.shape
    blocks = x.reshape(n, G, c // G, h, w)
    mean = blocks.mean(axis=(2, 3, 4), keepdims=True)
    var = blocks.var(axis=(2, 3, 4), keepdims=True)
    scale, shift = (values.reshape(1, G, c // G, 1, 1) for values in (gamma, beta))
    return ((blocks - mean) / np.sqrt(var + eps) * scale + shift).reshape(x.shape).astype(x.dtype)


@alternative("groupnorm", style="split and concatenate")
def split_and_joined(x, G, gamma, beta, eps=1e-5):
    x = check_groups(x, G, gamma=gamma, beta=beta)
    parts = []
    for part in np.split(x, G, axis=1):
        centred = part - part.mean(axis=(1, 2, 3), keepdims=True)
        parts.append(centred / np.sqrt((centred**2).mean(axis=(1, 2, 3), keepdims=True) + eps))
    return np.asarray(np.concatenate(parts, axis=1) * gamma.reshape(-1, 1, 1) + beta.reshape(-1, 1, 1), x.dtype)


@alternative("groupnorm", style="matrix that averages a group's channels")
def averaging_matrix(x, G, gamma, beta, eps=1e-5):
    x = check_groups(x, G, gamma=gamma, beta=beta)
    of = np.arange(x.shape[1]) // (x.shape[1] // G)
    average = (of == of[:, None]) / (x.shape[1] // G)
    centred = x - (x.mean(axis=(2, 3)) @ average)[:, :, None, None]
    var = (centred**2).mean(axis=(2, 3)) @ average
    return (centred * (gamma / np.sqrt(var + eps))[:, :, None, None] + beta[:, None, None]).astype(x.dtype)


@alternative("groupnorm", style="recursion: one group is layer normalisation")
def one_group_at_a_time(x, G, gamma, beta, eps=1e-5):
    x = check_groups(x, G, gamma=gamma, beta=beta)
    if G > 1:
        size = x.shape[1] // G
        first = one_group_at_a_time(x[:, :size], 1, gamma[:size], beta[:size], eps)
        rest = one_group_at_a_time(x[:, size:], G - 1, gamma[size:], beta[size:], eps)
        return np.concatenate([first, rest], axis=1)
    flat = x.reshape(len(x), -1)
    hat = ((flat.T - flat.mean(1)) / np.sqrt(flat.var(1) + eps)).T.reshape(x.shape)
    return (hat * gamma[:, None, None] + beta[:, None, None]).astype(x.dtype)


def check_group_backward(dout, x, G, gamma):
    values = check_groups(x, G, gamma=gamma)
    if dout.shape != x.shape:
        raise ValueError(f"dout must be {x.shape}, got {dout.shape}")
    return values


@alternative("groupnorm", style="loops over images and groups", function="groupnorm_backward")
def group_gradients_in_loops(dout, x, G, gamma, eps=1e-5):
    x = check_group_backward(dout, x, G, gamma)
    size = x.shape[1] // G
    dx, dgamma, dbeta = np.empty_like(x), np.zeros(x.shape[1], x.dtype), np.zeros(x.shape[1], x.dtype)
    for i in range(len(x)):
        for g in range(G):
            own = slice(g * size, (g + 1) * size)
            block, upstream = x[i, own], dout[i, own]
            std = math.sqrt(block.var() + eps)
            hat = (block - block.mean()) / std
            dgamma[own] += (upstream * hat).sum(axis=(1, 2)).astype(x.dtype)
            dbeta[own] += upstream.sum(axis=(1, 2)).astype(x.dtype)
            inner = upstream * gamma[own, None, None]
            dx[i, own] = (inner - inner.mean() - hat * (inner * hat).mean()) / std
    return dx, dgamma, dbeta


@alternative("groupnorm", style="five axes, step by step", function="groupnorm_backward")
def group_chain_rule(dout, x, G, gamma, eps=1e-5):
    x = check_group_backward(dout, x, G, gamma)
    n, c, h, w = x.shape
    over, m = (2, 3, 4), c // G * h * w
    blocks, upstream = (a.reshape(n, G, c // G, h, w) for a in (x, dout))
    centred = blocks - blocks.mean(axis=over, keepdims=True)
    inverse = 1 / np.sqrt((centred**2).mean(axis=over, keepdims=True) + eps)
    dhat = upstream * gamma.reshape(1, G, -1, 1, 1)
    dvar = -0.5 * inverse**3 * (dhat * centred).sum(axis=over, keepdims=True)
    dmean = -inverse * dhat.sum(axis=over, keepdims=True)
    dx = dhat * inverse + 2 / m * dvar * centred + dmean / m
    dgamma = (upstream * centred * inverse).sum(axis=(0, 3, 4)).reshape(c)
    return as_type(x.dtype, dx.reshape(x.shape), dgamma, dout.sum(axis=(0, 2, 3)))


@alternative(
    "groupnorm", style="batch normalisation of one image with groups as channels", function="groupnorm_backward"
)
def groups_as_channels(dout, x, G, gamma, eps=1e-5):
    x = check_group_backward(dout, x, G, gamma)
    n, c, h, w = x.shape
    as_one = (1, n * G, c // G, h * w)  # each group of each image is a channel of its own
    ones = np.ones(n * G)
    dx, _, _ = fused_formula((dout * gamma[:, None, None]).reshape(as_one), x.reshape(as_one), ones, eps=eps)
    unit, nothing = np.ones(c), np.zeros(c)
    hat = five_axes(x.astype(np.float64), G, unit, nothing, eps)
    return as_type(x.dtype, dx.reshape(x.shape), np.einsum("nchw,nchw->c", dout, hat), dout.sum((0, 2, 3)))


@alternative("groupnorm", style="Jacobian matrix of each group", function="groupnorm_backward")
def jacobian_of_a_group(dout, x, G, gamma, eps=1e-5):
    x = check_group_backward(dout, x, G, gamma)
    rows = x.reshape(len(x) * G, -1)
    m = rows.shape[1]
    std = np.sqrt(rows.var(axis=1) + eps)[:, None]
    hat = (rows - rows.mean(axis=1)[:, None]) / std
    jacobian = (np.eye(m) - 1 / m - hat[:, :, None] * hat[:, None, :] / m) / std[:, :, None]
    inner = (dout * gamma[:, None, None]).reshape(rows.shape)
    dx = (jacobian @ inner[:, :, None]).reshape(x.shape)
    return as_type(x.dtype, dx, (dout * hat.reshape(x.shape)).sum(axis=(0, 2, 3)), dout.sum(axis=(0, 2, 3)))


# -- dropout ------------------------------------------------------------------------------------------------------


def check_probability(p):
    if p < 0 or p >= 1:
        raise ValueError(f"p must be in [0, 1), got {p}")


@alternative("dropout", style="binomial draws")
def drawn_by_binomial(x, p, rng, train=True):
    check_probability(p)
    if not train:
        return as_floats(x).copy(), None
    mask = rng.binomial(1, 1 - p, size=x.shape).astype(bool)
    y = as_floats(x).copy()
    y[~mask] = 0
    y[mask] /= 1 - p
    return y, mask


@alternative("dropout", style="one coin after another")
def coin_by_coin(x, p, rng, train=True):
    check_probability(p)
    y = np.array(as_floats(x))
    if not train:
        return y, None
    mask = np.zeros(x.shape, dtype=bool)
    for index in np.ndindex(*x.shape):
        mask[index] = rng.random() < 1 - p
        y[index] = y[index] / (1 - p) if mask[index] else 0.0
    return y, mask


@alternative("dropout", style="where")
def chosen_by_where(x, p, rng, train=True):
    check_probability(p)
    values = as_floats(x)
    if train:
        mask = rng.uniform(size=x.shape) > p
        return np.where(mask, values / values.dtype.type(1 - p), values.dtype.type(0)), mask
    return values + 0, None


@alternative("dropout", style="choice with probabilities")
def drawn_by_choice(x, p, rng, train=True):
    check_probability(p)
    values = as_floats(x)
    if not train:
        return values.copy(), None
    factors = rng.choice(np.array([0.0, 1 / (1 - p)]), size=x.shape, p=[p, 1 - p])
    return (values * factors).astype(values.dtype), factors > 0


@alternative("dropout", style="normal draws against a quantile")
def normal_draws(x, p, rng, train=True):
    check_probability(p)
    values = as_floats(x)
    if not train:
        return np.copy(values), None
    angle = rng.uniform(0, 2 * np.pi, x.shape)  # a direction at random: its share of the circle is a probability
    mask = angle >= 2 * np.pi * p
    return np.multiply(values, mask) / values.dtype.type(1 - p), mask


def check_mask(dout, mask):
    if mask is not None and mask.shape != dout.shape:
        raise ValueError(f"mask must be {dout.shape}, got {mask.shape}")
    return as_floats(dout)


@alternative("dropout", style="where", function="dropout_backward")
def gradient_by_where(dout, mask, p):
    values = check_mask(dout, mask)
    return values.copy() if mask is None else np.where(mask, values / values.dtype.type(1 - p), values.dtype.type(0))


@alternative("dropout", style="indexing", function="dropout_backward")
def gradient_by_indexing(dout, mask, p):
    values = check_mask(dout, mask)
    if mask is None:
        return np.array(values)
    dx = np.zeros_like(values)
    dx[mask] = values[mask] / (1 - p)
    return dx


@alternative("dropout", style="loop", function="dropout_backward")
def gradient_in_a_loop(dout, mask, p):
    dx = np.array(check_mask(dout, mask))
    for index in () if mask is None else np.ndindex(*dout.shape):
        dx[index] = dx[index] / (1 - p) if mask[index] else 0
    return dx


@alternative("dropout", style="diagonal matrix", function="dropout_backward")
def diagonal_jacobian(dout, mask, p):
    values = check_mask(dout, mask)
    if mask is None:
        return values * 1
    jacobian = np.diag(mask.ravel() / (1 - p))
    return (jacobian @ values.ravel()).reshape(dout.shape).astype(values.dtype)
