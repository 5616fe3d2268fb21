"""Right answers of unit 01 in other styles than the reference's. Each must get full marks."""

from __future__ import annotations

import cmath
import math

import numpy as np

from autograder.testing import Alternatives

alternative = Alternatives()


def as_floats(a):
    return a if np.issubdtype(a.dtype, np.floating) else a.astype(np.float64)


# -- gabor --------------------------------------------------------------------------------------------------------


def check_field(size, wavelength, sigma):
    if size < 2:
        raise ValueError(f"size must be 2 or more, got {size}")
    if not (wavelength > 0 and sigma > 0):
        raise ValueError(f"wavelength and sigma must be positive, got {wavelength} and {sigma}")


@alternative("gabor", style="loops over single values")
def gabor_in_loops(size, theta, wavelength, sigma, phase=0.0):
    check_field(size, wavelength, sigma)
    middle = (size - 1) / 2
    kernel = np.zeros((size, size))
    for row in range(size):
        for column in range(size):
            x, y = column - middle, row - middle
            u = x * math.cos(theta) + y * math.sin(theta)
            bell = math.exp(-(x * x + y * y) / (2 * sigma * sigma))
            kernel[row, column] = bell * math.cos(2 * math.pi * u / wavelength + phase)
    kernel -= kernel.sum() / size**2
    return kernel / math.sqrt((kernel * kernel).sum())


@alternative("gabor", style="meshgrid and norm")
def gabor_on_a_grid(size, theta, wavelength, sigma, phase=0.0):
    check_field(size, wavelength, sigma)
    axis = np.linspace(-(size - 1) / 2, (size - 1) / 2, size)
    x, y = np.meshgrid(axis, axis)
    u = np.cos(theta) * x + np.sin(theta) * y
    kernel = np.exp(-0.5 * (x**2 + y**2) / sigma**2) * np.cos(2 * np.pi / wavelength * u + phase)
    centred = kernel - np.mean(kernel)
    return centred / np.linalg.norm(centred)


@alternative("gabor", style="complex wave, separable in rows and columns")
def gabor_from_outer_product(size, theta, wavelength, sigma, phase=0.0):
    check_field(size, wavelength, sigma)
    offset = np.arange(size) - (size - 1) / 2
    bell = np.exp(-(offset**2) / (2 * sigma**2))
    columns = bell * np.exp(2j * np.pi / wavelength * np.cos(theta) * offset)
    rows = bell * np.exp(2j * np.pi / wavelength * np.sin(theta) * offset)
    kernel = (cmath.exp(1j * phase) * np.outer(rows, columns)).real
    kernel = kernel - kernel.mean()
    return kernel / np.sqrt(np.einsum("ij,ij->", kernel, kernel))


@alternative("gabor", style="rotation matrix")
def gabor_by_rotation(size, theta, wavelength, sigma, phase=0.0):
    check_field(size, wavelength, sigma)
    rotation = np.array([[np.cos(theta), np.sin(theta)], [-np.sin(theta), np.cos(theta)]])
    points = np.stack(np.meshgrid(*2 * [np.arange(size) - (size - 1) / 2])).reshape(2, -1)  # x, then y
    along, across = rotation @ points
    kernel = np.exp(-(along**2 + across**2) / (2 * sigma**2)) * np.cos(2 * np.pi * along / wavelength + phase)
    kernel = (kernel - kernel.mean()).reshape(size, size)
    return kernel / (kernel**2).sum() ** 0.5


@alternative("gabor", style="addition theorem: an even and an odd wave, mixed")
def gabor_from_even_and_odd(size, theta, wavelength, sigma, phase=0.0):
    check_field(size, wavelength, sigma)
    rows, columns = np.indices((size, size)) - (size - 1) / 2
    angle = (columns * np.cos(theta) + rows * np.sin(theta)) * (2 * np.pi / wavelength)
    bell = np.exp(-(rows**2 + columns**2) / 2 / sigma**2)
    kernel = bell * np.cos(angle) * np.cos(phase) - bell * np.sin(angle) * np.sin(phase)
    kernel -= np.average(kernel)
    kernel /= np.linalg.norm(kernel.ravel())
    return kernel


# -- simple_cell --------------------------------------------------------------------------------------------------


def check_image(image, kernel):
    if image.ndim != 2:
        raise ValueError(f"the image must be (H, W), got {image.shape}")
    if kernel.ndim != 2:
        raise ValueError(f"the kernel must be (KH, KW), got {kernel.shape}")
    if any(k > n for k, n in zip(kernel.shape, image.shape, strict=True)):
        raise ValueError(f"a kernel of {kernel.shape} does not fit into an image of {image.shape}")
    return as_floats(image)


@alternative("simple-cell", style="loops over single values")
def four_loops(image, kernel):
    image = check_image(image, kernel)
    kh, kw = kernel.shape
    answers = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1), image.dtype)
    for i, j in np.ndindex(*answers.shape):
        total = 0.0
        for u in range(kh):
            for v in range(kw):
                total += float(image[i + u, j + v]) * float(kernel[u, v])
        answers[i, j] = total if total > 0 else 0.0
    return answers


@alternative("simple-cell", style="einsum over a sliding window view")
def einsum_of_views(image, kernel):
    image = check_image(image, kernel)
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return np.einsum("ijuv,uv->ij", windows, kernel.astype(image.dtype)).clip(min=0)


@alternative("simple-cell", style="sum over kernel offsets")
def sum_of_shifts(image, kernel):
    image = check_image(image, kernel)
    rows, columns = image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1
    answers = np.zeros((rows, columns), image.dtype)
    for (u, v), weight in np.ndenumerate(kernel):
        answers += image[u : u + rows, v : v + columns] * image.dtype.type(weight)
    answers[answers < 0] = 0
    return answers


@alternative("simple-cell", style="windows as rows of a matrix")
def matrix_times_vector(image, kernel):
    image = check_image(image, kernel)
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    answers = windows.reshape(-1, kernel.size) @ kernel.reshape(-1).astype(image.dtype)
    return np.maximum(answers, 0).reshape(windows.shape[:2])


@alternative("simple-cell", style="FFT")
def product_of_spectra(image, kernel):
    values = check_image(image, kernel)
    spectrum = np.fft.rfft2(values.astype(np.float64)) * np.conj(np.fft.rfft2(kernel, image.shape))
    answers = np.fft.irfft2(spectrum, image.shape)
    answers = answers[: image.shape[0] - kernel.shape[0] + 1, : image.shape[1] - kernel.shape[1] + 1]
    return np.where(answers > 0, answers, 0).astype(values.dtype)


@alternative("simple-cell", style="strides, rectified by the magnitude")
def strided_and_halved(image, kernel):
    image = check_image(image, kernel)
    shape = (image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1, *kernel.shape)
    windows = np.lib.stride_tricks.as_strided(image, shape, image.strides * 2, writeable=False)
    total = np.tensordot(windows, kernel.astype(image.dtype), axes=2)
    return (total + np.abs(total)) / 2


# -- complex_cell -------------------------------------------------------------------------------------------------


def check_scene(image, size, wavelength, sigma):
    check_field(size, wavelength, sigma)
    if image.ndim != 2 or min(image.shape) < size:
        raise ValueError(f"the image must be (H, W) and at least {size}×{size}, got {image.shape}")
    return as_floats(image)


@alternative("complex-cell", style="squares of two sums")
def squares_of_two_sums(image, theta, size=15, wavelength=5.0, sigma=2.5):
    values = check_scene(image, size, wavelength, sigma)
    windows = np.lib.stride_tricks.sliding_window_view(values.astype(np.float64), (size, size))
    even = np.einsum("ijuv,uv->ij", windows, gabor_on_a_grid(size, theta, wavelength, sigma))
    odd = np.einsum("ijuv,uv->ij", windows, gabor_on_a_grid(size, theta, wavelength, sigma, np.pi / 2))
    return (np.square(even) + np.square(odd)).astype(values.dtype)


@alternative("complex-cell", style="magnitude of a complex receptive field")
def complex_receptive_field(image, theta, size=15, wavelength=5.0, sigma=2.5):
    values = check_scene(image, size, wavelength, sigma)
    field = gabor_in_loops(size, theta, wavelength, sigma) + 1j * gabor_in_loops(
        size, theta, wavelength, sigma, -np.pi / 2
    )
    windows = np.lib.stride_tricks.sliding_window_view(values, (size, size))
    sums = np.tensordot(windows, field, axes=2)
    return (sums * sums.conj()).real.astype(values.dtype)


@alternative("complex-cell", style="four rectified simple cells")
def four_simple_cells(image, theta, size=15, wavelength=5.0, sigma=2.5):
    values = check_scene(image, size, wavelength, sigma)
    energy = np.zeros((values.shape[0] - size + 1, values.shape[1] - size + 1), values.dtype)
    for quarter in range(4):
        kernel = gabor_from_outer_product(size, theta, wavelength, sigma, quarter * np.pi / 2)
        energy += sum_of_shifts(values, kernel) ** 2
    return energy


@alternative("complex-cell", style="loops over positions, norm of a pair")
def norm_of_a_pair(image, theta, size=15, wavelength=5.0, sigma=2.5):
    values = check_scene(image, size, wavelength, sigma)
    pair = np.stack([gabor_by_rotation(size, theta, wavelength, sigma, p).ravel() for p in (0, np.pi / 2)])
    energy = np.empty((values.shape[0] - size + 1, values.shape[1] - size + 1), values.dtype)
    for i, j in np.ndindex(*energy.shape):
        both = pair @ values[i : i + size, j : j + size].ravel()
        energy[i, j] = both @ both
    return energy


@alternative("complex-cell", style="FFT")
def energy_by_fft(image, theta, size=15, wavelength=5.0, sigma=2.5):
    values = check_scene(image, size, wavelength, sigma)
    spectrum = np.fft.fft2(values.astype(np.float64))
    energy = 0
    for phase in (0.0, np.pi / 2):
        kernel = gabor_from_even_and_odd(size, theta, wavelength, sigma, phase)
        energy = energy + np.fft.ifft2(spectrum * np.conj(np.fft.fft2(kernel, values.shape))).real ** 2
    rows, columns = values.shape[0] - size + 1, values.shape[1] - size + 1
    return energy[:rows, :columns].astype(values.dtype)


# -- orientation_tuning -------------------------------------------------------------------------------------------


def check_angles(thetas):
    if thetas.ndim != 1 or thetas.size == 0:
        raise ValueError(f"thetas must be (K,) with K at least 1, got {thetas.shape}")


def bar_again(theta, size=15, width=3.0):
    axis = np.arange(size) - (size - 1) / 2
    across = axis[None, :] * np.cos(theta) + axis[:, None] * np.sin(theta)
    return np.clip((width + 1) / 2 - np.abs(across), 0.0, 1.0)


@alternative("orientation-tuning", style="loop into an array")
def filled_in(response, thetas):
    check_angles(thetas)
    curve = np.zeros(len(thetas))
    for i, theta in enumerate(thetas):
        curve[i] = response(bar_again(theta))
    return curve


@alternative("orientation-tuning", style="fromiter and map")
def mapped(response, thetas):
    check_angles(thetas)
    return np.fromiter(map(response, map(bar_again, thetas)), np.float64, len(thetas))


@alternative("orientation-tuning", style="all bars drawn at once")
def bars_in_a_stack(response, thetas):
    check_angles(thetas)
    axis = np.arange(15) - 7.0
    along_columns, along_rows = (f(thetas)[:, None, None] for f in (np.cos, np.sin))
    bars = np.clip(2.0 - np.abs(axis * along_columns + axis[:, None] * along_rows), 0.0, 1.0)
    return np.asarray([response(image) for image in bars]).astype(float)


@alternative("orientation-tuning", style="recursion")
def one_angle_and_the_rest(response, thetas):
    check_angles(thetas)
    first = [float(response(bar_again(float(thetas[0]))))]
    return np.array(first if len(thetas) == 1 else first + one_angle_and_the_rest(response, thetas[1:]).tolist())


@alternative("orientation-tuning", style="vectorize")
def vectorised(response, thetas):
    check_angles(thetas)
    return np.vectorize(lambda theta: response(bar_again(theta)), otypes=[np.float64])(thetas)


# -- s_layer and c_layer ------------------------------------------------------------------------------------------


def check_templates(x, templates, threshold):
    if x.ndim != 3:
        raise ValueError(f"x must be (C, H, W), got {x.shape}")
    if templates.ndim != 4:
        raise ValueError(f"templates must be (F, C, k, k), got {templates.shape}")
    if templates.shape[1] != x.shape[0]:
        raise ValueError(f"x has {x.shape[0]} planes, templates are for {templates.shape[1]}")
    if templates.shape[2] > x.shape[1] or templates.shape[3] > x.shape[2]:
        raise ValueError(f"templates of {templates.shape[2:]} do not fit into planes of {x.shape[1:]}")
    if threshold < 0 or threshold >= 1:
        raise ValueError(f"threshold must be in [0, 1), got {threshold}")
    return as_floats(x)


@alternative("s-layer", style="loops, cell by cell")
def cell_by_cell(x, templates, threshold):
    x = check_templates(x, templates, threshold)
    f, _, k, _ = templates.shape
    answers = np.zeros((f, x.shape[1] - k + 1, x.shape[2] - k + 1), x.dtype)
    for kind, i, j in np.ndindex(*answers.shape):
        window = x[:, i : i + k, j : j + k].astype(np.float64)
        length = math.sqrt((window**2).sum()) * math.sqrt((templates[kind].astype(np.float64) ** 2).sum())
        cosine = float((window * templates[kind]).sum()) / length if length > 0 else 0.0
        if cosine > threshold:
            answers[kind, i, j] = (cosine - threshold) / (1 - threshold)
    return answers


@alternative("s-layer", style="einsum over a sliding window view")
def einsum_of_planes(x, templates, threshold):
    x = check_templates(x, templates, threshold)
    k = templates.shape[2]
    windows = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(1, 2))
    weights = templates.astype(x.dtype)
    above = np.einsum("chwij,fcij->fhw", windows, weights)
    squares = (
        np.einsum("chwij,chwij->hw", windows, windows) * np.einsum("fcij,fcij->f", weights, weights)[:, None, None]
    )
    cosine = np.divide(above, np.sqrt(squares), out=np.zeros_like(above), where=squares > 0)
    return np.maximum(cosine - threshold, 0) / (1 - threshold)


@alternative("s-layer", style="unit vectors and one matrix product")
def unit_vectors(x, templates, threshold):
    x = check_templates(x, templates, threshold)
    f, c, k, _ = templates.shape
    rows, columns = x.shape[1] - k + 1, x.shape[2] - k + 1
    parts = [x[:, i : i + rows, j : j + columns] for i in range(k) for j in range(k)]
    cols = np.stack(parts, axis=1).reshape(c * k * k, rows * columns)

    def unit(vectors, axis):
        norm = np.linalg.norm(vectors, axis=axis, keepdims=True)
        norm[norm == 0] = 1
        return vectors / norm

    cosine = unit(templates.reshape(f, -1).astype(x.dtype), 1) @ unit(cols, 0)
    return ((cosine - threshold) / (1 - threshold)).clip(0).reshape(f, rows, columns)


@alternative("s-layer", style="rectification of a scaled cosine, sum over offsets")
def offsets_added_up(x, templates, threshold):
    x = check_templates(x, templates, threshold)
    f, _, k, _ = templates.shape
    rows, columns = x.shape[1] - k + 1, x.shape[2] - k + 1
    above, squares = np.zeros((f, rows, columns), x.dtype), np.zeros((rows, columns), x.dtype)
    for i, j in np.ndindex(k, k):
        part = x[:, i : i + rows, j : j + columns]
        above += np.tensordot(templates[:, :, i, j].astype(x.dtype), part, axes=1)
        squares += (part * part).sum(axis=0)
    below = np.sqrt(squares) * np.sqrt((templates**2).sum(axis=(1, 2, 3))).astype(x.dtype)[:, None, None]
    dark = below == 0
    cosine = np.where(dark, 0, above / (below + dark))
    return np.where(cosine > threshold, (cosine - threshold) / (1 - threshold), x.dtype.type(0))


def check_planes(x, k):
    if x.ndim != 3:
        raise ValueError(f"x must be (F, H, W), got {x.shape}")
    if min(x.shape[1:]) < k:
        raise ValueError(f"windows of {k}×{k} do not fit into planes of {x.shape[1:]}")
    return as_floats(x)


@alternative("s-layer", style="loops, cell by cell", function="c_layer")
def c_cell_by_cell(x, k, stride, alpha=0.5):
    x = check_planes(x, k)
    answers = np.zeros((len(x), (x.shape[1] - k) // stride + 1, (x.shape[2] - k) // stride + 1), x.dtype)
    for f, i, j in np.ndindex(*answers.shape):
        total = 0.0
        for u, v in np.ndindex(k, k):
            total += float(x[f, i * stride + u, j * stride + v])
        answers[f, i, j] = total / (alpha + total)
    return answers


@alternative("s-layer", style="sliding window view", function="c_layer")
def sums_of_views(x, k, stride, alpha=0.5):
    x = check_planes(x, k)
    windows = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(1, 2))[:, ::stride, ::stride]
    total = windows.sum(axis=(-1, -2))
    return 1 - alpha / (alpha + total)


@alternative("s-layer", style="sum over offsets", function="c_layer")
def sums_of_slices(x, k, stride, alpha=0.5):
    x = check_planes(x, k)
    rows, columns = ((length - k) // stride + 1 for length in x.shape[1:])
    total = np.zeros((len(x), rows, columns), x.dtype)
    for i, j in np.ndindex(k, k):
        total += x[:, i::stride, j::stride][:, :rows, :columns]
    return total / (total + alpha)


@alternative("s-layer", style="rows of a matrix on both sides", function="c_layer")
def box_matrices(x, k, stride, alpha=0.5):
    x = check_planes(x, k)

    def boxes(n):
        starts = stride * np.arange((n - k) // stride + 1)[:, None]
        return ((np.arange(n) >= starts) & (np.arange(n) < starts + k)).astype(x.dtype)

    total = boxes(x.shape[1]) @ x @ boxes(x.shape[2]).T
    return np.divide(total, alpha + total)
