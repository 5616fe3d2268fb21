"""Known wrong answers of unit 01. Each docstring is the sentence that a learner reads."""

from __future__ import annotations

import numpy as np

from autograder.testing import Mistakes

mistake = Mistakes()


# -- right building blocks, from which the wrong answers are made -------------------------------------------------


def floats(x):
    return x if x.dtype.kind == "f" else x.astype(np.float64)


def sensible(size, wavelength, sigma):
    if size < 2 or wavelength <= 0 or sigma <= 0:
        raise ValueError(f"size {size}, wavelength {wavelength}, sigma {sigma}")


def offsets(size):
    offset = np.arange(size) - (size - 1) / 2
    return offset[None, :], offset[:, None]  # columns, rows


def bell(size, sigma):
    x, y = offsets(size)
    return np.exp(-(x**2 + y**2) / (2 * sigma**2))


def stripes(size, theta, wavelength, phase):
    x, y = offsets(size)
    return np.cos(2 * np.pi * (x * np.cos(theta) + y * np.sin(theta)) / wavelength + phase)


def finished(kernel):
    kernel = kernel - kernel.mean()
    return kernel / np.sqrt(np.sum(kernel**2))


def right_gabor(size, theta, wavelength, sigma, phase=0.0):
    sensible(size, wavelength, sigma)
    return finished(bell(size, sigma) * stripes(size, theta, wavelength, phase))


# -- gabor --------------------------------------------------------------------------------------------------------


@mistake("gabor", family="wave")
def sine_for_cosine(size, theta, wavelength, sigma, phase=0.0):
    """The wave is a sine. With phase 0 the formula has a crest in the middle: a cosine."""
    return right_gabor(size, theta, wavelength, sigma, phase - np.pi / 2)


@mistake("gabor", family="wave")
def phase_ignored(size, theta, wavelength, sigma, phase=0.0):
    """The phase was ignored: it is added to 2πu / wavelength."""
    return right_gabor(size, theta, wavelength, sigma)


@mistake("gabor", family="wave")
def phase_subtracted(size, theta, wavelength, sigma, phase=0.0):
    """The phase was subtracted. It is added to 2πu / wavelength."""
    return right_gabor(size, theta, wavelength, sigma, -phase)


@mistake("gabor", family="wave")
def phase_in_degrees(size, theta, wavelength, sigma, phase=0.0):
    """The phase was taken in degrees. It comes in radians."""
    return right_gabor(size, theta, wavelength, sigma, np.deg2rad(phase))


@mistake("gabor", family="wave")
def phase_shifts_the_position(size, theta, wavelength, sigma, phase=0.0):
    """The phase was added to u before the multiplication by 2π / wavelength. It is an angle already: add it after."""
    return right_gabor(size, theta, wavelength, sigma, 2 * np.pi * phase / wavelength)


@mistake("gabor", family="wave")
def no_two_pi(size, theta, wavelength, sigma, phase=0.0):
    """2π is missing: cos(u / wavelength) repeats only after 2π wavelengths."""
    sensible(size, wavelength, sigma)
    return right_gabor(size, theta, 2 * np.pi * wavelength, sigma, phase)


@mistake("gabor", family="wave")
def pi_for_two_pi(size, theta, wavelength, sigma, phase=0.0):
    """The wave has π where 2π belongs: its crests are two wavelengths apart."""
    return right_gabor(size, theta, 2 * wavelength, sigma, phase)


@mistake("gabor", family="wave")
def wavelength_taken_for_frequency(size, theta, wavelength, sigma, phase=0.0):
    """u was multiplied by the wavelength, as if it were a frequency. Divide: one wave is `wavelength` pixels long."""
    sensible(size, wavelength, sigma)
    return right_gabor(size, theta, 1 / wavelength, sigma, phase)


@mistake("gabor", family="wave")
def bell_left_out(size, theta, wavelength, sigma, phase=0.0):
    """The wave does not fade out: the factor exp(-(x² + y²) / (2σ²)) is missing."""
    sensible(size, wavelength, sigma)
    return finished(stripes(size, theta, wavelength, phase))


@mistake("gabor", family="wave")
def wave_left_out(size, theta, wavelength, sigma, phase=0.0):
    """The kernel is a bell without a wave: the factor cos(2πu / wavelength + phase) is missing."""
    sensible(size, wavelength, sigma)
    return finished(bell(size, sigma))


@mistake("gabor", family="wave")
def bell_without_factor_two(size, theta, wavelength, sigma, phase=0.0):
    """The bell is exp(-(x² + y²) / σ²). The 2 is missing: exp(-(x² + y²) / (2σ²))."""
    sensible(size, wavelength, sigma)
    return right_gabor(size, theta, wavelength, sigma / np.sqrt(2), phase)


@mistake("gabor", family="wave")
def bell_with_plain_sigma(size, theta, wavelength, sigma, phase=0.0):
    """σ was not squared in the bell: exp(-(x² + y²) / (2σ²))."""
    sensible(size, wavelength, sigma)
    return right_gabor(size, theta, wavelength, np.sqrt(sigma), phase)


@mistake("gabor", family="wave")
def bell_of_the_distance(size, theta, wavelength, sigma, phase=0.0):
    """The bell falls with the distance, not with its square: exp(-(x² + y²) / (2σ²)), without a root."""
    sensible(size, wavelength, sigma)
    x, y = offsets(size)
    return finished(np.exp(-np.hypot(x, y) / (2 * sigma**2)) * stripes(size, theta, wavelength, phase))


@mistake("gabor", family="wave")
def bell_along_the_wave_only(size, theta, wavelength, sigma, phase=0.0):
    """The bell falls off along the wave only. It falls off in all directions: x² + y²."""
    sensible(size, wavelength, sigma)
    x, y = offsets(size)
    along = x * np.cos(theta) + y * np.sin(theta)
    return finished(np.exp(-(along**2) / (2 * sigma**2)) * stripes(size, theta, wavelength, phase))


@mistake("gabor", family="wave")
def bell_turned_upside_down(size, theta, wavelength, sigma, phase=0.0):
    """The minus sign of the bell's exponent is missing: the kernel grows towards its corners."""
    sensible(size, wavelength, sigma)
    return finished(stripes(size, theta, wavelength, phase) / bell(size, sigma))


@mistake("gabor", family="wave")
def bell_added(size, theta, wavelength, sigma, phase=0.0):
    """The bell was added to the wave. The two are multiplied."""
    sensible(size, wavelength, sigma)
    return finished(stripes(size, theta, wavelength, phase) + bell(size, sigma))


@mistake("gabor", family="wave")
def sigma_and_wavelength_exchanged(size, theta, wavelength, sigma, phase=0.0):
    """sigma and wavelength were exchanged: the wavelength belongs to the cosine, sigma to the bell."""
    return right_gabor(size, theta, sigma, wavelength, phase)


@mistake("gabor", family="wave")
def middle_off_by_half_a_pixel(size, theta, wavelength, sigma, phase=0.0):
    """For an even size the middle was put at size // 2. It lies between two pixels, at (size - 1) / 2."""
    sensible(size, wavelength, sigma)
    offset = np.arange(size) - size // 2
    x, y = offset[None, :], offset[:, None]
    u = x * np.cos(theta) + y * np.sin(theta)
    return finished(np.exp(-(x**2 + y**2) / (2 * sigma**2)) * np.cos(2 * np.pi * u / wavelength + phase))


@mistake("gabor", family="wave")
def middle_in_the_corner(size, theta, wavelength, sigma, phase=0.0):
    """x and y were counted from the upper left corner. They are offsets from the middle: subtract (size - 1) / 2."""
    sensible(size, wavelength, sigma)
    x, y = np.arange(size)[None, :], np.arange(size)[:, None]
    u = x * np.cos(theta) + y * np.sin(theta)
    return finished(np.exp(-(x**2 + y**2) / (2 * sigma**2)) * np.cos(2 * np.pi * u / wavelength + phase))


@mistake("gabor", family="wave")
def offsets_from_minus_one_to_one(size, theta, wavelength, sigma, phase=0.0):
    """x and y run from -1 to 1. They are in pixels, as wavelength and sigma are."""
    sensible(size, wavelength, sigma)
    half = (size - 1) / 2
    return right_gabor(size, theta, wavelength * half, sigma * half, phase)


@mistake("gabor", family="wave")
def rectified_kernel(size, theta, wavelength, sigma, phase=0.0):
    """Negative values of the kernel were cut off. A receptive field has inhibition, too; cells are rectified, not
    kernels."""
    sensible(size, wavelength, sigma)
    return finished(np.maximum(bell(size, sigma) * stripes(size, theta, wavelength, phase), 0))


@mistake("gabor", family="orientation")
def rows_and_columns_exchanged(size, theta, wavelength, sigma, phase=0.0):
    """Rows and columns were exchanged: x, which goes with cos θ, is the column, y the row. At θ = 0 the columns
    differ."""
    return right_gabor(size, np.pi / 2 - theta, wavelength, sigma, phase)


@mistake("gabor", family="orientation")
def theta_ignored(size, theta, wavelength, sigma, phase=0.0):
    """theta was ignored: the wave always runs along the columns."""
    return right_gabor(size, 0.0, wavelength, sigma, phase)


@mistake("gabor", family="orientation")
def theta_turns_the_other_way(size, theta, wavelength, sigma, phase=0.0):
    """theta turns the wave the wrong way. Rows grow downwards here, so u = x cos θ + y sin θ with a plus, and θ turns
    clockwise on the screen."""
    return right_gabor(size, -theta, wavelength, sigma, phase)


@mistake("gabor", family="orientation")
def theta_along_the_stripes(size, theta, wavelength, sigma, phase=0.0):
    """theta was taken as the direction of the stripes. It is the direction across them, in which the wave runs."""
    return right_gabor(size, theta + np.pi / 2, wavelength, sigma, phase)


@mistake("gabor", family="orientation")
def theta_in_degrees(size, theta, wavelength, sigma, phase=0.0):
    """theta was taken in degrees. It comes in radians."""
    return right_gabor(size, np.deg2rad(theta), wavelength, sigma, phase)


@mistake("gabor", family="orientation")
def theta_doubled(size, theta, wavelength, sigma, phase=0.0):
    """theta was doubled. The wave runs in the direction θ itself."""
    return right_gabor(size, 2 * theta, wavelength, sigma, phase)


@mistake("gabor", family="orientation")
def tangent_for_the_direction(size, theta, wavelength, sigma, phase=0.0):
    """u was made without normalising the direction, x + y tan θ: that shortens the waves. u = x cos θ + y sin θ."""
    sensible(size, wavelength, sigma)
    return (
        right_gabor(size, theta, wavelength * np.cos(theta), sigma, phase)
        if np.cos(theta) > 0
        else right_gabor(size, theta + np.pi, -wavelength * np.cos(theta), sigma, phase)
    )


@mistake("gabor", family="orientation")
def only_half_turned(size, theta, wavelength, sigma, phase=0.0):
    """u lacks its second part: x cos θ alone stretches the wave. u = x cos θ + y sin θ."""
    sensible(size, wavelength, sigma)
    x, _ = offsets(size)
    return finished(bell(size, sigma) * np.cos(2 * np.pi * x * np.cos(theta) / wavelength + phase))


@mistake("gabor", family="orientation")
def theta_taken_modulo_half_a_turn(size, theta, wavelength, sigma, phase=0.0):
    """theta was reduced to less than half a turn. At θ + π the wave runs the other way, which matters where the phase
    is not 0."""
    return right_gabor(size, theta % np.pi, wavelength, sigma, phase)


@mistake("gabor", family="normalisation")
def mean_not_zero(size, theta, wavelength, sigma, phase=0.0):
    """The mean was not subtracted: an evenly lit field would excite the cell."""
    sensible(size, wavelength, sigma)
    kernel = bell(size, sigma) * stripes(size, theta, wavelength, phase)
    return kernel / np.linalg.norm(kernel)


@mistake("gabor", family="normalisation")
def mean_subtracted_last(size, theta, wavelength, sigma, phase=0.0):
    """The mean was subtracted after the division, which changes the norm. Subtract it first."""
    sensible(size, wavelength, sigma)
    kernel = bell(size, sigma) * stripes(size, theta, wavelength, phase)
    kernel = kernel / np.linalg.norm(kernel)
    return kernel - kernel.mean()


@mistake("gabor", family="normalisation")
def norm_not_one(size, theta, wavelength, sigma, phase=0.0):
    """The kernel was not divided by the root of its sum of squares."""
    sensible(size, wavelength, sigma)
    kernel = bell(size, sigma) * stripes(size, theta, wavelength, phase)
    return kernel - kernel.mean()


@mistake("gabor", family="normalisation")
def divided_by_the_sum_of_squares(size, theta, wavelength, sigma, phase=0.0):
    """The kernel was divided by its sum of squares. The norm is the root of that."""
    kernel = norm_not_one(size, theta, wavelength, sigma, phase)
    return kernel / np.sum(kernel**2)


@mistake("gabor", family="normalisation")
def divided_by_the_sum_of_magnitudes(size, theta, wavelength, sigma, phase=0.0):
    """The kernel was divided by the sum of its magnitudes. Here the norm is the root of the sum of squares."""
    kernel = right_gabor(size, theta, wavelength, sigma, phase)
    return kernel / np.abs(kernel).sum()


@mistake("gabor", family="normalisation")
def divided_by_the_largest_value(size, theta, wavelength, sigma, phase=0.0):
    """The kernel was divided by its largest magnitude. The norm is the root of the sum of squares."""
    kernel = right_gabor(size, theta, wavelength, sigma, phase)
    return kernel / np.abs(kernel).max()


@mistake("gabor", family="normalisation")
def divided_by_the_standard_deviation(size, theta, wavelength, sigma, phase=0.0):
    """The kernel was divided by its standard deviation, which takes the mean of the squares. The norm takes their
    sum."""
    kernel = right_gabor(size, theta, wavelength, sigma, phase)
    return kernel / kernel.std()


@mistake("gabor", family="normalisation")
def matrix_norm(size, theta, wavelength, sigma, phase=0.0):
    """The kernel was divided by its largest singular value, np.linalg.norm(kernel, 2). The norm is the root of the sum
    of squares, np.linalg.norm(kernel)."""
    kernel = right_gabor(size, theta, wavelength, sigma, phase)
    return kernel / np.linalg.norm(kernel, 2)


@mistake("gabor", family="normalisation")
def divided_by_the_sum(size, theta, wavelength, sigma, phase=0.0):
    """The kernel was divided by the sum of its values, as smoothing kernels are. Less its mean, that sum would be 0;
    the norm is the root of the sum of squares."""
    sensible(size, wavelength, sigma)
    kernel = bell(size, sigma) * stripes(size, theta, wavelength, phase)
    return kernel / kernel.sum()


@mistake("gabor", family="contract")
def waves_without_length_accepted(size, theta, wavelength, sigma, phase=0.0):
    """A wavelength of 0 or less was accepted: raise ValueError."""
    return right_gabor(size, theta, abs(wavelength) or 1.0, sigma, phase)


@mistake("gabor", family="contract")
def bells_without_width_accepted(size, theta, wavelength, sigma, phase=0.0):
    """A sigma of 0 or less was accepted: raise ValueError."""
    return right_gabor(size, theta, wavelength, abs(sigma) or 1.0, phase)


@mistake("gabor", family="contract")
def single_pixels_accepted(size, theta, wavelength, sigma, phase=0.0):
    """A size below 2 was accepted. One pixel less its mean is 0 and has no norm: raise ValueError."""
    if size < 2:
        return np.zeros((max(size, 0), max(size, 0)))
    return right_gabor(size, theta, wavelength, sigma, phase)


@mistake("gabor", family="contract")
def kernel_of_float32(size, theta, wavelength, sigma, phase=0.0):
    """The kernel was returned as float32. The contract asks for float64."""
    return right_gabor(size, theta, wavelength, sigma, phase).astype(np.float32)


# -- simple_cell --------------------------------------------------------------------------------------------------


def fitting(image, kernel):
    if image.ndim != 2 or kernel.ndim != 2:
        raise ValueError(f"2 axes expected, got {image.ndim} and {kernel.ndim}")
    if kernel.shape[0] > image.shape[0] or kernel.shape[1] > image.shape[1]:
        raise ValueError(f"{kernel.shape} does not fit into {image.shape}")


def sums(image, kernel):
    fitting(image, kernel)
    image = floats(image)
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return np.einsum("ijuv,uv->ij", windows, kernel.astype(image.dtype))


def right_simple(image, kernel):
    return np.maximum(sums(image, kernel), 0)


@mistake("simple-cell", family="correlation")
def kernel_flipped(image, kernel):
    """The kernel was rotated by 180°. That is mathematical convolution; here the kernel stays as it is."""
    fitting(image, kernel)
    return right_simple(image, kernel[::-1, ::-1])


@mistake("simple-cell", family="correlation")
def kernel_upside_down(image, kernel):
    """The kernel was applied upside down: its rows must meet the rows of the window in the same order."""
    fitting(image, kernel)
    return right_simple(image, kernel[::-1])


@mistake("simple-cell", family="correlation")
def kernel_mirrored(image, kernel):
    """The kernel was mirrored from left to right: its columns must meet the window's in the same order."""
    fitting(image, kernel)
    return right_simple(image, kernel[:, ::-1])


@mistake("simple-cell", family="correlation")
def kernel_transposed(image, kernel):
    """Rows and columns of the kernel were exchanged: its first axis runs down the image."""
    fitting(image, kernel)
    return right_simple(image, kernel.T)


@mistake("simple-cell", family="correlation")
def image_transposed(image, kernel):
    """Rows and columns of the image were exchanged: its first axis counts the rows."""
    fitting(image, kernel)
    return right_simple(image.T, kernel)


@mistake("simple-cell", family="correlation")
def answers_transposed(image, kernel):
    """Rows and columns of the result were exchanged: position (i, j) belongs to the window at row i, column j."""
    return right_simple(image, kernel).T.copy()


@mistake("simple-cell", family="correlation")
def mean_of_the_window(image, kernel):
    """The products were averaged. A simple cell adds them up."""
    return right_simple(image, kernel) / kernel.size


@mistake("simple-cell", family="correlation")
def largest_product(image, kernel):
    """The largest product of each window was kept. A simple cell adds them up."""
    fitting(image, kernel)
    windows = np.lib.stride_tricks.sliding_window_view(floats(image), kernel.shape)
    return np.maximum((windows * kernel).max(axis=(2, 3)), 0).astype(floats(image).dtype)


@mistake("simple-cell", family="correlation")
def last_window_missed(image, kernel):
    """The last row and column of windows were missed: there are H - KH + 1 rows of them, one more than H - KH."""
    return right_simple(image, kernel)[:-1, :-1].copy()


@mistake("simple-cell", family="correlation")
def padded_to_the_image(image, kernel):
    """The image was continued by zeros, so that the result is as large as the image. There is no padding: only windows
    that fit in count."""
    fitting(image, kernel)
    kh, kw = kernel.shape
    top, left = kh // 2, kw // 2
    return right_simple(np.pad(image, ((top, kh - 1 - top), (left, kw - 1 - left))), kernel)


@mistake("simple-cell", family="correlation")
def square_kernels_only(image, kernel):
    """The number of the kernel's rows was used for its columns too. A kernel has KH rows and KW columns."""
    fitting(image, kernel)
    k = len(kernel)
    windows = np.lib.stride_tricks.sliding_window_view(floats(image), (k, k))
    return np.maximum(np.einsum("ijuv,uv->ij", windows, kernel), 0)


@mistake("simple-cell", family="correlation")
def square_images_only(image, kernel):
    """The number of the result's rows was used for its columns too. An image has H rows and W columns."""
    answers = right_simple(image, kernel)
    result = np.zeros((len(answers), len(answers)), answers.dtype)
    width = min(answers.shape)
    result[:, :width] = answers[:, :width]
    return result


@mistake("simple-cell", family="correlation")
def windows_side_by_side(image, kernel):
    """The windows lie side by side. They start one pixel apart and overlap."""
    return right_simple(image, kernel)[:: kernel.shape[0], :: kernel.shape[1]].copy()


@mistake("simple-cell", family="correlation")
def only_the_first_window(image, kernel):
    """Only one window was answered. There is a cell at every position at which the kernel fits in."""
    return right_simple(image[: kernel.shape[0], : kernel.shape[1]], kernel) if image.ndim == 2 else sums(image, kernel)


@mistake("simple-cell", family="correlation")
def contrast_normalised(image, kernel):
    """Each window was divided by its norm. A simple cell's answer grows with the light; S-cells, later, are another
    matter."""
    fitting(image, kernel)
    squares = sums(floats(image) ** 2, np.ones_like(kernel))
    return right_simple(image, kernel) / np.sqrt(squares)


@mistake("simple-cell", family="correlation")
def wrapped_around(image, kernel):
    """Windows went on at the opposite edge, so that the result is as large as the image. Only windows that fit in
    count."""
    fitting(image, kernel)
    kh, kw = kernel.shape
    return right_simple(np.pad(image, ((0, kh - 1), (0, kw - 1)), mode="wrap"), kernel)


@mistake("simple-cell", family="rectification")
def not_rectified(image, kernel):
    """Negative sums were returned. A cell cannot fire less than not at all: 0 in their place."""
    return sums(image, kernel)


@mistake("simple-cell", family="rectification")
def magnitudes_returned(image, kernel):
    """The magnitude of the sum was returned (full-wave rectification). Half-wave rectification gives 0 where the sum is
    negative."""
    return np.abs(sums(image, kernel))


@mistake("simple-cell", family="rectification")
def negatives_kept(image, kernel):
    """Positive sums were cut off and negative ones kept: np.maximum(sum, 0), not np.minimum."""
    answers = sums(image, kernel)
    return np.where(answers > 0, answers, 0) if (answers > 0).all() else np.minimum(answers, 0)


@mistake("simple-cell", family="rectification")
def products_rectified(image, kernel):
    """Negative products were cut off one by one. The sum is made first, and then rectified."""
    fitting(image, kernel)
    image = floats(image)
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return np.maximum(windows * kernel.astype(image.dtype), 0).sum(axis=(2, 3))


@mistake("simple-cell", family="rectification")
def kernel_rectified(image, kernel):
    """Negative values of the kernel were cut off. Inhibition belongs to the receptive field; it is the sum that is
    rectified."""
    return right_simple(image, np.maximum(kernel, 0))


@mistake("simple-cell", family="rectification")
def image_rectified(image, kernel):
    """Negative values of the image were cut off. It is the sum that is rectified."""
    return right_simple(np.maximum(image, 0), kernel)


@mistake("simple-cell", family="rectification")
def leaky_rectification(image, kernel):
    """Negative sums were replaced by a small share of themselves. Half-wave rectification gives 0."""
    answers = sums(image, kernel)
    return np.where(answers > 0, answers, answers * answers.dtype.type(0.01))


@mistake("simple-cell", family="contract")
def image_overwritten(image, kernel):
    """The caller's image was overwritten. An argument belongs to the caller: work on a copy."""
    answers = right_simple(image, kernel)
    image[...] = image[::-1].copy()
    return answers


@mistake("simple-cell", family="contract")
def answers_always_float64(image, kernel):
    """The result is float64 whatever came in, as np.zeros makes it. Float32 image in, float32 out."""
    return right_simple(image, kernel).astype(np.float64)


@mistake("simple-cell", family="contract")
def answers_of_the_kernels_type(image, kernel):
    """The result has the wider type of image and kernel. It has that of the image: convert at the end."""
    answers = right_simple(image, kernel)
    return answers.astype(np.result_type(answers, kernel))


@mistake("simple-cell", family="contract")
def answers_stay_integer(image, kernel):
    """An integer image gave an integer result, which cuts off all that stands behind the point. Integers in, float64
    out."""
    return right_simple(image, kernel).astype(image.dtype)


@mistake("simple-cell", family="contract")
def products_overflow(image, kernel):
    """Products of small integers were made in their own type, where they overflow: 200·2 does not fit into uint8.
    Convert the image first."""
    fitting(image, kernel)
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    products = windows * (kernel if image.dtype == kernel.dtype == np.uint8 else kernel.astype(floats(image).dtype))
    return np.maximum(products.sum(axis=(2, 3)), 0).astype(floats(image).dtype)


@mistake("simple-cell", family="contract")
def empty_results_returned(image, kernel):
    """A kernel that does not fit into the image gave an empty result. Raise ValueError, and say both sizes."""
    if image.ndim == kernel.ndim == 2 and (np.array(kernel.shape) > image.shape).any():
        return np.zeros((max(0, 1 + len(image) - len(kernel)), max(0, 1 + image.shape[1] - kernel.shape[1])))
    return right_simple(image, kernel)


@mistake("simple-cell", family="contract")
def images_of_any_rank(image, kernel):
    """Image or kernel without exactly two axes were accepted: raise ValueError."""
    return right_simple(image.reshape(image.shape[-2:]), np.atleast_2d(kernel).reshape((1, *kernel.shape)[-2:]))


# -- complex_cell -------------------------------------------------------------------------------------------------


def pair(image, theta, size, wavelength, sigma):
    even, odd = (right_gabor(size, theta, wavelength, sigma, phase) for phase in (0.0, np.pi / 2))
    return sums(image, even), sums(image, odd)


def right_complex(image, theta, size=15, wavelength=5.0, sigma=2.5):
    even, odd = pair(image, theta, size, wavelength, sigma)
    return even**2 + odd**2


@mistake("complex-cell", family="energy")
def sum_without_squares(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """The two sums were added as they are. They are squared first: a² + b²."""
    even, odd = pair(image, theta, size, wavelength, sigma)
    return even + odd


@mistake("complex-cell", family="energy")
def sum_of_magnitudes(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """The magnitudes of the two sums were added. They are squared first: a² + b²."""
    even, odd = pair(image, theta, size, wavelength, sigma)
    return np.abs(even) + np.abs(odd)


@mistake("complex-cell", family="energy")
def root_of_the_energy(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """The root of the energy was returned. Here it is a² + b² itself."""
    return np.sqrt(right_complex(image, theta, size, wavelength, sigma))


@mistake("complex-cell", family="energy")
def square_of_the_sum(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """The two sums were added first, then squared. Square each: a² + b²."""
    even, odd = pair(image, theta, size, wavelength, sigma)
    return (even + odd) ** 2


@mistake("complex-cell", family="energy")
def difference_of_squares(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """The squares were subtracted. They are added: a² + b²."""
    even, odd = pair(image, theta, size, wavelength, sigma)
    return even**2 - odd**2


@mistake("complex-cell", family="energy")
def mean_of_the_squares(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """The squares were averaged. They are added: a² + b²."""
    return right_complex(image, theta, size, wavelength, sigma) / 2


@mistake("complex-cell", family="energy")
def product_of_the_pair(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """The two sums were multiplied. They are squared and added: a² + b²."""
    even, odd = pair(image, theta, size, wavelength, sigma)
    return even * odd


@mistake("complex-cell", family="energy")
def larger_of_the_squares(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """The larger of the two squares was kept. They are added: a² + b²."""
    even, odd = pair(image, theta, size, wavelength, sigma)
    return np.maximum(even**2, odd**2)


@mistake("complex-cell", family="energy")
def rectified_before_squaring(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """The two sums were rectified before they were squared, so that negative ones are lost. Square them as they are."""
    even, odd = pair(image, theta, size, wavelength, sigma)
    return np.maximum(even, 0) ** 2 + np.maximum(odd, 0) ** 2


@mistake("complex-cell", family="energy")
def phase_zero_only(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """Only the receptive field with phase 0 was used. The pair's other one has the phase π/2."""
    return pair(image, theta, size, wavelength, sigma)[0] ** 2


@mistake("complex-cell", family="energy")
def phase_quarter_only(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """Only the receptive field with phase π/2 was used. The pair's other one has the phase 0."""
    return pair(image, theta, size, wavelength, sigma)[1] ** 2


@mistake("complex-cell", family="energy")
def opposite_phases(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """The pair has the phases 0 and π, half a wave apart: both say the same. A quadrature pair is a quarter of a wave
    apart, π/2."""
    return 2 * pair(image, theta, size, wavelength, sigma)[0] ** 2


@mistake("complex-cell", family="energy")
def phases_an_eighth_apart(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """The pair has the phases 0 and π/4, an eighth of a wave apart. A quadrature pair is a quarter of a wave apart,
    π/2."""
    kernel = right_gabor(size, theta, wavelength, sigma, np.pi / 4)
    return pair(image, theta, size, wavelength, sigma)[0] ** 2 + sums(image, kernel) ** 2


@mistake("complex-cell", family="energy")
def pair_at_right_angles(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """The pair's second receptive field was turned by a right angle. Both have the same theta; it is the phase that
    differs."""
    kernel = right_gabor(size, theta + np.pi / 2, wavelength, sigma)
    return pair(image, theta, size, wavelength, sigma)[0] ** 2 + sums(image, kernel) ** 2


@mistake("complex-cell", family="energy")
def opposite_pairs_counted_twice(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """Four phases were squared without rectification, which counts everything twice: phases 0 and π/2 will do."""
    return 2 * right_complex(image, theta, size, wavelength, sigma)


@mistake("complex-cell", family="energy")
def defaults_fixed(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """Wavelength and sigma of the default were used whatever was given."""
    right_complex(image, theta, size, wavelength, sigma)
    return right_complex(image, theta, size)


@mistake("complex-cell", family="energy")
def wavelength_and_sigma_exchanged(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """Wavelength and sigma were handed to gabor in the wrong order: gabor(size, theta, wavelength, sigma, phase)."""
    return right_complex(image, theta, size, sigma, wavelength)


@mistake("complex-cell", family="energy")
def sine_without_bell(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """The receptive fields do not fade out: use gabor for both."""
    sensible(size, wavelength, sigma)
    kernels = [finished(stripes(size, theta, wavelength, phase)) for phase in (0.0, np.pi / 2)]
    return sum(sums(image, kernel) ** 2 for kernel in kernels)


@mistake("complex-cell", family="energy")
def mean_of_the_fields_kept(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """The receptive fields have a mean other than 0: an evenly lit field excites the cell. Use gabor, which subtracts
    it."""
    return sum(sums(image, mean_not_zero(size, theta, wavelength, sigma, p)) ** 2 for p in (0.0, np.pi / 2))


@mistake("complex-cell", family="energy")
def pooled_over_positions(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """The energies of all positions were added up. There is one complex cell for each position."""
    energies = right_complex(image, theta, size, wavelength, sigma)
    return np.full_like(energies, energies.sum())


@mistake("complex-cell", family="orientations")
def complex_theta_ignored(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """theta was ignored: the receptive fields are upright whatever it says."""
    return right_complex(image, 0.0, size, wavelength, sigma)


@mistake("complex-cell", family="orientations")
def complex_theta_turns_the_other_way(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """theta turns the receptive fields the wrong way: rows grow downwards, and θ turns clockwise on the screen."""
    return right_complex(image, -theta, size, wavelength, sigma)


@mistake("complex-cell", family="orientations")
def complex_rows_and_columns_exchanged(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """Rows and columns were exchanged: the receptive fields prefer π/2 - θ. At θ = 0 the columns differ."""
    return right_complex(image, np.pi / 2 - theta, size, wavelength, sigma)


@mistake("complex-cell", family="orientations")
def complex_theta_along_the_stripes(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """theta was taken as the direction of the stripes. It is the direction across them."""
    return right_complex(image, theta + np.pi / 2, size, wavelength, sigma)


@mistake("complex-cell", family="orientations")
def only_one_field_turned(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """The receptive field with phase π/2 was not turned by theta. Both of the pair have the same orientation."""
    odd = right_gabor(size, 0.0, wavelength, sigma, np.pi / 2)
    return pair(image, theta, size, wavelength, sigma)[0] ** 2 + sums(image, odd) ** 2


@mistake("complex-cell", family="orientations")
def complex_theta_in_degrees(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """theta was taken in degrees. It comes in radians."""
    return right_complex(image, np.deg2rad(theta), size, wavelength, sigma)


@mistake("complex-cell", family="contract")
def complex_always_float64(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """The result is float64 whatever came in, because the kernels are. Float32 image in, float32 out."""
    return right_complex(image, theta, size, wavelength, sigma).astype(np.float64)


@mistake("complex-cell", family="contract")
def complex_stays_integer(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """An integer image gave an integer result, which cuts off all that stands behind the point. Integers in, float64
    out."""
    return right_complex(image, theta, size, wavelength, sigma).astype(image.dtype)


@mistake("complex-cell", family="contract")
def complex_overwrites(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """The caller's image was overwritten, as `image -= image.mean()` does. Work on a copy."""
    energies = right_complex(image, theta, size, wavelength, sigma)
    image[...] = image - image.mean()
    return energies


@mistake("complex-cell", family="contract")
def complex_small_images_accepted(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """An image smaller than the receptive fields gave a result. Raise ValueError, and say both sizes."""
    if image.ndim == 2 and min(image.shape) < size:
        return np.zeros((max(0, image.shape[0] - size + 1), max(0, image.shape[1] - size + 1)))
    return right_complex(image, theta, size, wavelength, sigma)


@mistake("complex-cell", family="contract")
def complex_images_of_any_rank(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """An image with three axes was accepted. The contract asks for (H, W): raise ValueError."""
    return right_complex(image.reshape(image.shape[-2:]), theta, size, wavelength, sigma)


@mistake("complex-cell", family="contract")
def complex_senseless_fields_accepted(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """A wavelength or sigma of 0, or a size below 2, was accepted: there is no such receptive field. Raise
    ValueError."""
    if size < 2 and image.ndim == 2:
        return np.zeros(image.shape)
    return right_complex(image, theta, size, wavelength or 1.0, sigma or 1.0)


# -- orientation_tuning -------------------------------------------------------------------------------------------


def drawn(theta, size=15, width=3.0):
    x, y = offsets(size)
    return np.clip((width + 1) / 2 - np.abs(x * np.cos(theta) + y * np.sin(theta)), 0.0, 1.0)


def angles(thetas):
    if thetas.ndim != 1 or len(thetas) == 0:
        raise ValueError(f"thetas has shape {thetas.shape}")
    return thetas


def right_tuning(response, thetas):
    return np.array([response(drawn(theta)) for theta in angles(thetas)], dtype=np.float64)


@mistake("orientation-tuning", family="curve")
def bars_turned_the_other_way(response, thetas):
    """The bars were turned the other way round. bar(theta) takes the angle as it is."""
    return right_tuning(response, -thetas)


@mistake("orientation-tuning", family="curve")
def bars_along_theta(response, thetas):
    """The bars were drawn at a right angle: theta is the direction across the bar, which bar(theta) expects as it
    is."""
    return right_tuning(response, thetas + np.pi / 2)


@mistake("orientation-tuning", family="curve")
def bars_in_degrees(response, thetas):
    """The angles were converted as if they came in degrees. They are in radians, as bar expects them."""
    return right_tuning(response, np.deg2rad(thetas))


@mistake("orientation-tuning", family="curve")
def bars_transposed(response, thetas):
    """The bars were shown with rows and columns exchanged. The cell sees bar(theta) as it is."""
    return right_tuning(response, np.pi / 2 - thetas)


@mistake("orientation-tuning", family="curve")
def curve_scaled_to_one(response, thetas):
    """The curve was divided by its largest value. Return the answers as the cell gives them."""
    curve = right_tuning(response, thetas)
    return curve / curve.max()


@mistake("orientation-tuning", family="curve")
def curve_rectified(response, thetas):
    """Negative answers were set to 0. Return the answers as the cell gives them; rectifying is its own business."""
    return np.maximum(right_tuning(response, thetas), 0)


@mistake("orientation-tuning", family="curve")
def curve_of_magnitudes(response, thetas):
    """The magnitudes of the answers were returned. Return the answers as the cell gives them."""
    return np.abs(right_tuning(response, thetas))


@mistake("orientation-tuning", family="curve")
def curve_centred(response, thetas):
    """The mean of the curve was subtracted. Return the answers as the cell gives them."""
    curve = right_tuning(response, thetas)
    return curve - curve.mean()


@mistake("orientation-tuning", family="curve")
def angles_sorted_first(response, thetas):
    """The angles were sorted. The answers come in the order of thetas."""
    return right_tuning(response, np.sort(thetas))


@mistake("orientation-tuning", family="curve")
def answers_sorted(response, thetas):
    """The answers were sorted. They come in the order of thetas."""
    return np.sort(right_tuning(response, thetas))


@mistake("orientation-tuning", family="curve")
def answers_reversed(response, thetas):
    """The answers come in reverse. They come in the order of thetas."""
    return right_tuning(response, thetas)[::-1].copy()


@mistake("orientation-tuning", family="curve")
def repeated_angles_dropped(response, thetas):
    """Angles that occur twice were answered once, as a dict or np.unique does. There is one answer for each of
    thetas."""
    return right_tuning(response, np.array(list(dict.fromkeys(angles(thetas).tolist()))))


@mistake("orientation-tuning", family="curve")
def preferred_angle_returned(response, thetas):
    """The angle of the strongest answer was returned. The tuning curve is all answers."""
    return thetas[np.argmax(right_tuning(response, thetas))]


@mistake("orientation-tuning", family="curve")
def strongest_answer_returned(response, thetas):
    """Only the strongest answer was returned. The tuning curve is all answers."""
    return right_tuning(response, thetas).max()


@mistake("orientation-tuning", family="curve")
def last_angle_missed(response, thetas):
    """The last angle was left out: its answer is still 0."""
    curve = right_tuning(response, thetas)
    curve[-1] = 0
    return curve


@mistake("orientation-tuning", family="curve")
def first_angle_for_all(response, thetas):
    """The bar of the first angle was shown every time. Draw a new one for each angle."""
    return np.full(thetas.shape, right_tuning(response, thetas)[0])


@mistake("orientation-tuning", family="curve")
def answers_in_a_list(response, thetas):
    """The answers were returned as a list. Return a NumPy array."""
    return right_tuning(response, thetas).tolist()


@mistake("orientation-tuning", family="curve")
def answers_in_pairs(response, thetas):
    """Angles were returned beside the answers. The result has the shape (K,): answers alone."""
    return np.stack([thetas, right_tuning(response, thetas)])


@mistake("orientation-tuning", family="curve")
def answers_truncated(response, thetas):
    """The answers were cut off to whole numbers. Return them as the cell gives them."""
    return np.trunc(right_tuning(response, thetas))


@mistake("orientation-tuning", family="curve")
def bars_of_another_width(response, thetas):
    """The bars are one pixel wide. Use bar(theta) with its default width of 3."""
    return np.array([response(drawn(theta, width=1.0)) for theta in angles(thetas)], dtype=np.float64)


@mistake("orientation-tuning", family="curve")
def dark_bars(response, thetas):
    """Dark bars on a bright ground were shown: 1 - bar(theta). The cell sees bar(theta) as it is."""
    return np.array([response(1 - drawn(theta)) for theta in angles(thetas)], dtype=np.float64)


@mistake("orientation-tuning", family="curve")
def answers_added_up(response, thetas):
    """Each answer was added to those before it. There is one answer for each angle, by itself."""
    return np.cumsum(right_tuning(response, thetas))


@mistake("orientation-tuning", family="contract")
def tuning_stays_integer(response, thetas):
    """Where the cell answers with whole numbers, the curve was made of integers. The result is float64."""
    curve = [response(drawn(theta)) for theta in angles(thetas)]
    return np.array(curve)


@mistake("orientation-tuning", family="contract")
def no_angles_accepted(response, thetas):
    """An empty thetas gave an empty curve. Raise ValueError."""
    return right_tuning(response, thetas) if thetas.size else np.zeros(0)


@mistake("orientation-tuning", family="contract")
def angles_of_any_rank(response, thetas):
    """An array of angles with two axes was accepted. The contract asks for (K,): raise ValueError."""
    if thetas.size == 0:
        return right_tuning(response, thetas)
    return right_tuning(response, thetas.ravel()).reshape(thetas.shape)


@mistake("orientation-tuning", family="contract")
def angles_overwritten(response, thetas):
    """The caller's thetas were overwritten, as `thetas[i] = response(...)` does. Make a new array for the answers."""
    curve = right_tuning(response, thetas)
    thetas[...] = curve
    return curve


# -- s_layer ------------------------------------------------------------------------------------------------------


def acceptable(x, templates, threshold):
    if x.ndim != 3 or templates.ndim != 4:
        raise ValueError(f"3 and 4 axes expected, got {x.ndim} and {templates.ndim}")
    if x.shape[0] != templates.shape[1]:
        raise ValueError(f"x has {x.shape[0]} planes, templates are for {templates.shape[1]}")
    if templates.shape[2] > x.shape[1] or templates.shape[3] > x.shape[2]:
        raise ValueError(f"templates of {templates.shape[2:]} do not fit into {x.shape[1:]}")
    if not 0 <= threshold < 1:
        raise ValueError(f"threshold is {threshold}")


def planewise(x, k):
    return np.lib.stride_tricks.sliding_window_view(floats(x), (k, k), axis=(1, 2))  # (C, OH, OW, k, k)


def products(x, templates):
    windows = planewise(x, templates.shape[2])
    return np.einsum("chwij,fcij->fhw", windows, templates.astype(windows.dtype))


def lengths(x, templates):
    windows = planewise(x, templates.shape[2])
    return np.sqrt(np.einsum("chwij,chwij->hw", windows, windows)), np.sqrt(
        (floats(templates) ** 2).sum(axis=(1, 2, 3))
    )


def ratio(above, below):
    return np.where(below > 0, above / np.where(below > 0, below, 1), 0)


def cosines(x, templates):
    window, template = lengths(x, templates)
    return ratio(products(x, templates), window * template[:, None, None])


def fired(similarity, threshold, x):
    return (np.maximum(similarity - threshold, 0) / (1 - threshold)).astype(floats(x).dtype)


def right_s(x, templates, threshold):
    acceptable(x, templates, threshold)
    return fired(cosines(x, templates), threshold, x)


@mistake("s-layer", family="matching")
def product_without_lengths(x, templates, threshold):
    """Window and template were multiplied but not divided by their lengths: a bright window seems to match better than
    a good one."""
    acceptable(x, templates, threshold)
    return fired(products(x, templates), threshold, x)


@mistake("s-layer", family="matching")
def window_length_missing(x, templates, threshold):
    """The length of the window is missing: divide by both, that of the template and that of the window."""
    acceptable(x, templates, threshold)
    template = lengths(x, templates)[1][:, None, None]
    return fired(ratio(products(x, templates), template), threshold, x)


@mistake("s-layer", family="matching")
def template_length_missing(x, templates, threshold):
    """The length of the template is missing: divide by both, that of the window and that of the template."""
    acceptable(x, templates, threshold)
    return fired(ratio(products(x, templates), lengths(x, templates)[0]), threshold, x)


@mistake("s-layer", family="matching")
def squared_lengths(x, templates, threshold):
    """The product was divided by sums of squares. A length is the root of one."""
    acceptable(x, templates, threshold)
    window, template = lengths(x, templates)
    return fired(ratio(products(x, templates), window**2 * template[:, None, None] ** 2), threshold, x)


@mistake("s-layer", family="matching")
def distance_for_cosine(x, templates, threshold):
    """Window and template were compared by 1 - their distance. The similarity is the cosine: product over lengths."""
    acceptable(x, templates, threshold)
    window, template = lengths(x, templates)
    squares = window**2 + template[:, None, None] ** 2 - 2 * products(x, templates)
    return fired(1 - np.sqrt(np.maximum(squares, 0)), threshold, x)


@mistake("s-layer", family="matching")
def sums_of_magnitudes_for_lengths(x, templates, threshold):
    """Sums of magnitudes were taken for the lengths. A length is the root of the sum of squares."""
    acceptable(x, templates, threshold)
    window = np.abs(planewise(x, templates.shape[2])).sum(axis=(0, 3, 4))
    template = np.abs(floats(templates)).sum(axis=(1, 2, 3))
    return fired(ratio(products(x, templates), window * template[:, None, None]), threshold, x)


@mistake("s-layer", family="matching")
def means_subtracted(x, templates, threshold):
    """Window and template were centred first, which gives the correlation coefficient. The cosine is made of the values
    as they are."""
    acceptable(x, templates, threshold)
    windows = planewise(x, templates.shape[2])
    windows = windows - windows.mean(axis=(0, 3, 4), keepdims=True)
    centred = templates - templates.mean(axis=(1, 2, 3), keepdims=True)
    above = np.einsum("chwij,fcij->fhw", windows, centred)
    window = np.sqrt((windows**2).sum(axis=(0, 3, 4)))
    return fired(ratio(above, window * np.sqrt((centred**2).sum(axis=(1, 2, 3)))[:, None, None]), threshold, x)


@mistake("s-layer", family="matching")
def cosine_of_each_plane(x, templates, threshold):
    """A cosine was made for each plane and averaged. Window and template are one long vector each, over all planes."""
    acceptable(x, templates, threshold)
    parts = [cosines(x[c : c + 1], templates[:, c : c + 1]) for c in range(len(x))]
    return fired(np.mean(parts, axis=0), threshold, x)


@mistake("s-layer", family="matching")
def first_plane_only(x, templates, threshold):
    """Only the first plane of the input was looked at. A template spans all of them."""
    acceptable(x, templates, threshold)
    return fired(cosines(x[:1], templates[:, :1]), threshold, x)


@mistake("s-layer", family="matching")
def last_plane_only(x, templates, threshold):
    """Each plane replaced the sum of those before it, so that only the last one is left: write += for =."""
    acceptable(x, templates, threshold)
    return fired(cosines(x[-1:], templates[:, -1:]), threshold, x)


@mistake("s-layer", family="matching")
def planes_reversed(x, templates, threshold):
    """The first plane of the template met the last plane of the input: plane c meets plane c."""
    acceptable(x, templates, threshold)
    return right_s(x[::-1], templates, threshold)


@mistake("s-layer", family="matching")
def templates_flipped(x, templates, threshold):
    """The templates were rotated by 180°. They stay as they are: this is correlation."""
    acceptable(x, templates, threshold)
    return right_s(x, templates[..., ::-1, ::-1], threshold)


@mistake("s-layer", family="matching")
def templates_transposed(x, templates, threshold):
    """Rows and columns of the templates were exchanged: templates are (F, C, k, k), rows before columns."""
    acceptable(x, templates, threshold)
    return right_s(x, templates.swapaxes(2, 3), threshold)


@mistake("s-layer", family="matching")
def first_template_for_all(x, templates, threshold):
    """The first template was used for all kinds of S-cells: templates[0] stands where templates[f] belongs."""
    acceptable(x, templates, threshold)
    return right_s(x, np.repeat(templates[:1], len(templates), axis=0), threshold)


@mistake("s-layer", family="matching")
def features_last(x, templates, threshold):
    """The result is (H', W', F). Planes come first: (F, H', W')."""
    return np.moveaxis(right_s(x, templates, threshold), 0, -1).copy()


@mistake("s-layer", family="matching")
def s_planes_transposed(x, templates, threshold):
    """Rows and columns of the result were exchanged: it is (F, H', W')."""
    return right_s(x, templates, threshold).swapaxes(1, 2).copy()


@mistake("s-layer", family="matching")
def strongest_feature_only(x, templates, threshold):
    """The strongest answer of all templates was returned. Each kind of S-cell has a plane of its own."""
    return right_s(x, templates, threshold).max(axis=0, keepdims=True)


@mistake("s-layer", family="matching")
def features_added_up(x, templates, threshold):
    """The answers of all templates were added. Each kind of S-cell has a plane of its own."""
    return right_s(x, templates, threshold).sum(axis=0, keepdims=True)


@mistake("s-layer", family="matching")
def negative_cosines_kept(x, templates, threshold):
    """Negative answers were returned. A cell cannot fire less than not at all: max(0, s - θ)."""
    acceptable(x, templates, threshold)
    answers = ((cosines(x, templates) - threshold) / (1 - threshold)).astype(floats(x).dtype)
    return answers if threshold == 0 else np.maximum(answers, 0)


@mistake("s-layer", family="matching")
def magnitude_of_the_cosine(x, templates, threshold):
    """The magnitude of the cosine was used: the negative of a template is no match."""
    acceptable(x, templates, threshold)
    return fired(np.abs(cosines(x, templates)), threshold, x)


@mistake("s-layer", family="matching")
def cosine_squared(x, templates, threshold):
    """The square of the cosine was used. The similarity is the cosine itself."""
    acceptable(x, templates, threshold)
    similarity = cosines(x, templates)
    return fired(similarity * np.abs(similarity), threshold, x)


@mistake("s-layer", family="matching")
def angle_for_cosine(x, templates, threshold):
    """The similarity was made of the angle between window and template. It is the angle's cosine."""
    acceptable(x, templates, threshold)
    return fired(1 - 2 / np.pi * np.arccos(np.clip(cosines(x, templates), -1, 1)), threshold, x)


@mistake("s-layer", family="matching")
def dark_windows_give_nan(x, templates, threshold):
    """Dark windows or templates gave nan, which is 0/0. Where a length is 0, the answer is 0."""
    acceptable(x, templates, threshold)
    window, template = lengths(x, templates)
    return fired(products(x, templates) / (window * template[:, None, None]), threshold, x)


@mistake("s-layer", family="matching")
def small_number_added_to_the_lengths(x, templates, threshold):
    """A small number was added to the lengths, which makes faint windows seem to match less. Treat 0 by itself."""
    acceptable(x, templates, threshold)
    window, template = lengths(x, templates)
    return fired(products(x, templates) / (window * template[:, None, None] + 1e-6), threshold, x)


@mistake("s-layer", family="matching")
def brightest_window_sets_the_scale(x, templates, threshold):
    """The products were divided by the largest one. The similarity is made for each window by itself: product over
    lengths."""
    acceptable(x, templates, threshold)
    above = products(x, templates)
    return fired(above / max(np.abs(above).max(), 1e-300), threshold, x)


@mistake("s-layer", family="matching")
def s_last_window_missed(x, templates, threshold):
    """The last row and column of windows were missed: there are H - k + 1 rows of them, one more than H - k."""
    return right_s(x, templates, threshold)[:, :-1, :-1].copy()


@mistake("s-layer", family="matching")
def length_of_the_whole_input(x, templates, threshold):
    """The length of the whole input was used for every window. Each window has its own."""
    acceptable(x, templates, threshold)
    whole = np.sqrt((floats(x) ** 2).sum())
    template = lengths(x, templates)[1][:, None, None]
    return fired(ratio(products(x, templates), whole * template), threshold, x)


@mistake("s-layer", family="threshold")
def threshold_ignored(x, templates, threshold):
    """The threshold was ignored: the answer is max(0, s - θ) / (1 - θ)."""
    acceptable(x, templates, threshold)
    return fired(cosines(x, templates), 0.0, x)


@mistake("s-layer", family="threshold")
def not_brought_back_to_one(x, templates, threshold):
    """The division by 1 - θ is missing: a perfect match gives 1 whatever the threshold."""
    acceptable(x, templates, threshold)
    return np.maximum(cosines(x, templates) - threshold, 0).astype(floats(x).dtype)


@mistake("s-layer", family="threshold")
def cosines_above_the_threshold_kept(x, templates, threshold):
    """Cosines above the threshold were returned as they are. The threshold is subtracted: (s - θ) / (1 - θ)."""
    acceptable(x, templates, threshold)
    similarity = np.maximum(cosines(x, templates), 0).astype(floats(x).dtype)
    return np.where(similarity > threshold, similarity, 0)


@mistake("s-layer", family="threshold")
def all_or_nothing(x, templates, threshold):
    """Every cosine above the threshold gave 1. The answer tells by how much it is exceeded: (s - θ) / (1 - θ)."""
    answers = right_s(x, templates, threshold)
    return answers if threshold == 0 else (answers > 0).astype(answers.dtype)


@mistake("s-layer", family="threshold")
def threshold_before_the_division(x, templates, threshold):
    """The threshold was subtracted from the product, before the division by the lengths. It belongs to the cosine."""
    acceptable(x, templates, threshold)
    window, template = lengths(x, templates)
    above = np.maximum(products(x, templates) - threshold, 0)
    return (ratio(above, window * template[:, None, None]) / (1 - threshold)).astype(floats(x).dtype)


@mistake("s-layer", family="threshold")
def divided_by_the_threshold(x, templates, threshold):
    """The answer was divided by θ. It is divided by 1 - θ, which is what a perfect match leaves over."""
    acceptable(x, templates, threshold)
    return (np.maximum(cosines(x, templates) - threshold, 0) / (threshold or 1)).astype(floats(x).dtype)


@mistake("s-layer", family="threshold")
def multiplied_by_the_rest(x, templates, threshold):
    """The answer was multiplied by 1 - θ. It is divided by it, so that a perfect match gives 1."""
    acceptable(x, templates, threshold)
    return (np.maximum(cosines(x, templates) - threshold, 0) * (1 - threshold)).astype(floats(x).dtype)


@mistake("s-layer", family="threshold")
def divided_by_one_plus_threshold(x, templates, threshold):
    """The answer was divided by 1 + θ. It is divided by 1 - θ, which is what a perfect match leaves over."""
    acceptable(x, templates, threshold)
    return (np.maximum(cosines(x, templates) - threshold, 0) / (1 + threshold)).astype(floats(x).dtype)


@mistake("s-layer", family="threshold")
def threshold_added(x, templates, threshold):
    """The threshold was added to the cosine. It is subtracted: only what exceeds it makes the cell fire."""
    acceptable(x, templates, threshold)
    return fired(cosines(x, templates), -threshold, x) * floats(x).dtype.type((1 + threshold) / (1 - threshold))


@mistake("s-layer", family="threshold")
def negative_answers_below_the_threshold(x, templates, threshold):
    """Cosines below the threshold gave negative answers. Rectify after the subtraction: max(0, s - θ)."""
    acceptable(x, templates, threshold)
    similarity = np.maximum(cosines(x, templates), 0)
    return ((similarity - threshold) / (1 - threshold)).astype(floats(x).dtype)


# -- c_layer ------------------------------------------------------------------------------------------------------


def accepted_planes(x, k):
    if x.ndim != 3:
        raise ValueError(f"3 axes expected, got {x.shape}")
    if k > x.shape[1] or k > x.shape[2]:
        raise ValueError(f"windows of {k}×{k} do not fit into {x.shape[1:]}")


def totals(x, k, stride):
    accepted_planes(x, k)
    return planewise(x, k)[:, ::stride, ::stride].sum(axis=(3, 4))


def squashed(total, alpha):
    return total / (alpha + total)


def right_c(x, k, stride, alpha=0.5):
    return squashed(totals(x, k, stride), alpha)


@mistake("s-layer", family="C layer", function="c_layer")
def pooled_over_features(x, k, stride, alpha=0.5):
    """The windows were summed over the features, too. A C-cell looks at one plane: the result has as many planes as
    the input."""
    return squashed(totals(x, k, stride).sum(axis=0, keepdims=True), alpha)


@mistake("s-layer", family="C layer", function="c_layer")
def features_mixed(x, k, stride, alpha=0.5):
    """Every C-cell got the sum over all planes. It looks at the plane of its own feature alone."""
    total = totals(x, k, stride)
    return squashed(np.broadcast_to(total.sum(axis=0), total.shape).copy(), alpha)


@mistake("s-layer", family="C layer", function="c_layer")
def largest_feature(x, k, stride, alpha=0.5):
    """The largest answer among the features was kept. A C-cell looks at one plane: the result has as many planes as
    the input."""
    return right_c(x, k, stride, alpha).max(axis=0, keepdims=True)


@mistake("s-layer", family="C layer", function="c_layer")
def not_saturated(x, k, stride, alpha=0.5):
    """The sums were returned as they are. They saturate: t / (α + t)."""
    return totals(x, k, stride)


@mistake("s-layer", family="C layer", function="c_layer")
def means_returned(x, k, stride, alpha=0.5):
    """The windows' means were returned, as average pooling does. A C-cell adds up and saturates: t / (α + t)."""
    return totals(x, k, stride) / k**2


@mistake("s-layer", family="C layer", function="c_layer")
def means_saturated(x, k, stride, alpha=0.5):
    """The windows' means were saturated. It is their sums: t / (α + t)."""
    return squashed(totals(x, k, stride) / k**2, alpha)


@mistake("s-layer", family="C layer", function="c_layer")
def largest_of_the_window(x, k, stride, alpha=0.5):
    """The largest value of each window was returned. That is max pooling, which came later; a C-cell adds up and
    saturates."""
    accepted_planes(x, k)
    return planewise(x, k)[:, ::stride, ::stride].max(axis=(3, 4))


@mistake("s-layer", family="C layer", function="c_layer")
def largest_saturated(x, k, stride, alpha=0.5):
    """The largest value of each window was saturated. It is the sum: t / (α + t)."""
    return squashed(largest_of_the_window(x, k, stride), alpha)


@mistake("s-layer", family="C layer", function="c_layer")
def saturated_before_adding(x, k, stride, alpha=0.5):
    """Each S-cell's answer was saturated before the sum. It is the sum that saturates: t / (α + t)."""
    return totals(squashed(floats(x), alpha), k, stride)


@mistake("s-layer", family="C layer", function="c_layer")
def saturated_at_alpha(x, k, stride, alpha=0.5):
    """The sums were cut off: min(1, t / α). They approach 1 smoothly: t / (α + t)."""
    return np.minimum(totals(x, k, stride) / alpha, 1)


@mistake("s-layer", family="C layer", function="c_layer")
def saturated_by_tanh(x, k, stride, alpha=0.5):
    """The sums were saturated by tanh. Here it is t / (α + t)."""
    return np.tanh(totals(x, k, stride))


@mistake("s-layer", family="C layer", function="c_layer")
def saturated_by_one(x, k, stride, alpha=0.5):
    """The sums were saturated as t / (1 + t), whatever alpha said: t / (α + t)."""
    return squashed(totals(x, k, stride), 1.0)


@mistake("s-layer", family="C layer", function="c_layer")
def alpha_fixed(x, k, stride, alpha=0.5):
    """alpha was 0.5 whatever was given. The answer is t / (α + t) with the α of the argument."""
    return right_c(x, k, stride)


@mistake("s-layer", family="C layer", function="c_layer")
def alpha_in_the_numerator(x, k, stride, alpha=0.5):
    """The answer is α / (α + t), which falls where more S-cells fire. It is t / (α + t)."""
    return 1 - right_c(x, k, stride, alpha)


@mistake("s-layer", family="C layer", function="c_layer")
def c_stride_ignored(x, k, stride, alpha=0.5):
    """The stride was ignored: the windows start one cell apart."""
    return right_c(x, k, 1, alpha)


@mistake("s-layer", family="C layer", function="c_layer")
def stride_of_the_window(x, k, stride, alpha=0.5):
    """The windows lie side by side, k cells apart. They start `stride` cells apart and may overlap."""
    return right_c(x, k, k, alpha)


@mistake("s-layer", family="C layer", function="c_layer")
def stride_on_rows_only(x, k, stride, alpha=0.5):
    """The stride was applied to the rows only; along the columns the windows start one cell apart."""
    return right_c(x, k, 1, alpha)[:, ::stride].copy()


@mistake("s-layer", family="C layer", function="c_layer")
def window_and_stride_exchanged(x, k, stride, alpha=0.5):
    """Window and stride were exchanged: c_layer(x, k, stride)."""
    accepted_planes(x, k)
    return right_c(x, min(stride, *x.shape[1:]), k, alpha)


@mistake("s-layer", family="C layer", function="c_layer")
def incomplete_windows_kept(x, k, stride, alpha=0.5):
    """Rows and columns that do not fill a window got one, too. They are left out: (H - k) // stride + 1."""
    accepted_planes(x, k)
    extra = [-(length - k) % stride for length in x.shape[1:]]
    return right_c(np.pad(x, ((0, 0), (0, extra[0]), (0, extra[1]))), k, stride, alpha)


@mistake("s-layer", family="C layer", function="c_layer")
def rows_of_a_window_only(x, k, stride, alpha=0.5):
    """The windows have one row only. They are k × k."""
    accepted_planes(x, k)
    return squashed(planewise(x, k)[:, ::stride, ::stride, 0].sum(axis=3), alpha)


@mistake("s-layer", family="C layer", function="c_layer")
def c_planes_transposed(x, k, stride, alpha=0.5):
    """Rows and columns of the result were exchanged: it is (F, H', W')."""
    return right_c(x, k, stride, alpha).swapaxes(1, 2).copy()


@mistake("s-layer", family="C layer", function="c_layer")
def roots_of_sums_of_squares(x, k, stride, alpha=0.5):
    """The root of the windows' sums of squares was saturated. It is the plain sum: t / (α + t)."""
    return squashed(np.sqrt(totals(floats(x) ** 2, k, stride)), alpha)


# -- s_layer and c_layer: contract --------------------------------------------------------------------------------


@mistake("s-layer", family="contract")
def s_always_float64(x, templates, threshold):
    """The result is float64 whatever came in. Float32 planes in, float32 out."""
    return right_s(x, templates, threshold).astype(np.float64)


@mistake("s-layer", family="contract")
def s_type_of_the_templates(x, templates, threshold):
    """The result has the wider type of planes and templates. It has that of x: convert at the end."""
    answers = right_s(x, templates, threshold)
    return answers.astype(np.result_type(answers, templates))


@mistake("s-layer", family="contract")
def s_stays_integer(x, templates, threshold):
    """Integer planes gave integer answers, which cuts off all that stands behind the point. Integers in, float64
    out."""
    return right_s(x, templates, threshold).astype(x.dtype)


@mistake("s-layer", family="contract")
def s_squares_overflow(x, templates, threshold):
    """Squares of small integers were made in their own type, where they overflow: 200² does not fit into uint8. Convert
    the planes first."""
    acceptable(x, templates, threshold)
    template = lengths(x, templates)[1]
    window = np.sqrt(planewise(x**2, templates.shape[2]).sum(axis=(0, 3, 4)))
    return fired(ratio(products(x, templates), window * template[:, None, None]), threshold, x)


@mistake("s-layer", family="contract")
def s_missing_planes_accepted(x, templates, threshold):
    """Planes and templates that do not belong together were accepted, and what is in excess left out: raise
    ValueError."""
    c = min(len(x), templates.shape[1]) if templates.ndim == 4 and x.ndim == 3 else None
    return right_s(x[:c], templates[:, :c], threshold)


@mistake("s-layer", family="contract")
def s_any_threshold_accepted(x, templates, threshold):
    """A threshold below 0, or of 1 or more, was accepted. 1 - θ divides: raise ValueError."""
    return right_s(x, templates, min(max(threshold, 0.0), 0.999))


@mistake("s-layer", family="contract")
def s_threshold_of_one_accepted(x, templates, threshold):
    """A threshold of 1 was accepted. Nothing can exceed it, and 1 - θ divides: raise ValueError."""
    return right_s(x, templates, 0.999 if threshold == 1 else threshold)


@mistake("s-layer", family="contract")
def s_empty_results_returned(x, templates, threshold):
    """Templates larger than the planes gave an empty result. Raise ValueError, and say both sizes."""
    if x.ndim == 3 and templates.ndim == 4 and templates.shape[2] > min(x.shape[1:]):
        return np.zeros((len(templates), *(max(0, length - templates.shape[2] + 1) for length in x.shape[1:])))
    return right_s(x, templates, threshold)


@mistake("s-layer", family="contract")
def s_planes_of_any_rank(x, templates, threshold):
    """Planes without exactly three axes, or templates without four, were accepted: raise ValueError."""
    x = x[None] if x.ndim == 2 else x
    return right_s(x, templates[None] if templates.ndim == 3 else templates, threshold)


@mistake("s-layer", family="contract")
def s_overwrites(x, templates, threshold):
    """An argument was overwritten, as `templates /= length` does. Arguments belong to the caller: work on copies."""
    answers = right_s(x, templates, threshold)
    templates *= 2
    return answers


@mistake("s-layer", family="contract", function="c_layer")
def c_always_float64(x, k, stride, alpha=0.5):
    """The result is float64 whatever came in. Float32 planes in, float32 out."""
    return right_c(x, k, stride, alpha).astype(np.float64)


@mistake("s-layer", family="contract", function="c_layer")
def c_stays_integer(x, k, stride, alpha=0.5):
    """Integer planes gave integer answers, which cuts off all that stands behind the point. Integers in, float64
    out."""
    return right_c(x, k, stride, alpha).astype(x.dtype)


@mistake("s-layer", family="contract", function="c_layer")
def c_sums_overflow(x, k, stride, alpha=0.5):
    """Small integers were added in their own type, where sums overflow. Convert the planes first."""
    accepted_planes(x, k)
    windows = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(1, 2))[:, ::stride, ::stride]
    total = windows.sum(axis=(3, 4), dtype=x.dtype)
    return squashed(total.astype(floats(x).dtype), alpha)


@mistake("s-layer", family="contract", function="c_layer")
def c_empty_results_returned(x, k, stride, alpha=0.5):
    """Windows larger than the planes gave an empty result. Raise ValueError, and say both sizes."""
    if x.ndim == 3 and k > min(x.shape[1:]):
        return np.zeros((len(x), 0, 0))
    return right_c(x, k, stride, alpha)


@mistake("s-layer", family="contract", function="c_layer")
def c_planes_of_any_rank(x, k, stride, alpha=0.5):
    """A single plane without the axis of the features was accepted. The contract asks for (F, H, W): raise
    ValueError."""
    return right_c(x[None], k, stride, alpha)[0] if x.ndim == 2 else right_c(x, k, stride, alpha)


@mistake("s-layer", family="contract", function="c_layer")
def c_overwrites(x, k, stride, alpha=0.5):
    """The caller's planes were overwritten. An argument belongs to the caller: work on a copy."""
    answers = right_c(x, k, stride, alpha)
    x[...] = 0
    return answers
