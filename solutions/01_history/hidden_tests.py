"""Hidden tests of unit 01. Closed forms and PyTorch are the oracles; PyTorch is out of the learner's reach."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as nn

from autograder.testing import Suite, Trial

Array = np.ndarray[Any, Any]
Learners = Callable[..., Any]

suite = Suite(without=("torch", "scipy", "numpy.convolve", "numpy.correlate"))

fields = suite.exercise("gabor", 10, "gabor(size, theta, wavelength, sigma, phase)")
simple = suite.exercise("simple-cell", 10, "simple_cell(image, kernel)")
complexes = suite.exercise("complex-cell", 10, "complex_cell(image, theta, size, wavelength, sigma)")
tuning = suite.exercise("orientation-tuning", 5, "orientation_tuning(response, thetas)")
layers = suite.exercise("s-layer", 15, "s_layer(x, templates, threshold)", "c_layer(x, k, stride, alpha)")

# (H, W, KH, KW): square and not, one window, one row, one column, 1×1.
SHAPES = [(7, 5, 3, 2), (4, 9, 2, 4), (6, 6, 3, 3), (5, 4, 1, 1), (3, 4, 3, 4), (8, 3, 5, 1), (2, 7, 2, 3)]


def random_shape(rng: np.random.Generator) -> tuple[int, ...]:
    """Sizes at random, the image large enough for the kernel."""
    kh, kw = (int(size) for size in rng.integers(1, 5, 2))
    rows, columns = (int(rest) for rest in rng.integers(0, 5, 2))
    return kh + rows, kw + columns, kh, kw


# -- gabor --------------------------------------------------------------------------------------------------------


def wave(size: int, theta: float, wavelength: float, sigma: float, phase: float = 0.0) -> Array:
    """The real part of a complex wave under a bell, by polar coordinates; mean 0, norm 1."""
    row, column = np.mgrid[:size, :size] - (size - 1) / 2
    radius, angle = np.hypot(row, column), np.arctan2(row, column)
    along = radius * np.cos(angle - theta)
    kernel = np.real(np.exp(-0.5 * (radius / sigma) ** 2 + 1j * (2 * np.pi / wavelength * along + phase)))
    kernel = kernel - kernel.mean()
    result: Array = kernel / np.linalg.norm(kernel)
    return result


def brought_to_mean_0_and_norm_1(f: Learners, *arguments: Any, **options: Any) -> Array:
    """The kernel of gabor, its mean subtracted and its norm divided out by the tests."""
    kernel = np.asarray(f(*arguments, **options))
    centred = kernel - kernel.mean()
    result: Array = centred / np.linalg.norm(centred)
    return result


def mean_and_norm(f: Learners, size: int, theta: float, wavelength: float, sigma: float, phase: float) -> Any:
    """The mean and the norm of the kernel of gabor."""
    kernel = np.asarray(f(size, theta, wavelength, sigma, phase))
    return float(kernel.mean()), float(np.linalg.norm(kernel))


def parameters(rng: np.random.Generator) -> tuple[int, float, float, float]:
    """Size, wavelength, sigma and phase; no wave falls between the pixels."""
    wavelength, sigma, phase = (float(value) for value in rng.uniform((2.6, 1.2, 0.2), (7.0, 3.0, 6.0)))
    return int(rng.integers(4, 12)), wavelength, sigma, phase


@fields.family("wave", 4)
def upright_stripes_under_a_bell(t: Trial) -> None:
    """theta = 0; mean and norm do not matter yet."""
    trial = t.through(brought_to_mean_0_and_norm_1)
    for size in (5, 8, 11):
        trial.equal(wave(size, 0.0, 4.0, 2.0), size, 0.0, 4.0, 2.0)
    for _ in range(8):
        size, wavelength, sigma, phase = parameters(t.rng)
        expected = wave(size, 0.0, wavelength, sigma, phase)
        trial.equal(expected, size, 0.0, wavelength, sigma, phase)


@fields.family("orientation", 3)
def stripes_turn_with_theta(t: Trial) -> None:
    """All directions, negative angles and more than a turn among them."""
    trial = t.through(brought_to_mean_0_and_norm_1)
    turned = t.rng.uniform((-3.0, -3.0, 3.4, 3.4), (-0.2, -0.2, 6.1, 6.1))  # there the wave runs up or to the left
    for theta in (np.pi / 4, np.pi / 2, 3 * np.pi / 4, *turned, *t.rng.uniform(-4.0, 8.0, 5)):
        size, wavelength, sigma, phase = parameters(t.rng)
        expected = wave(size, theta, wavelength, sigma, phase)
        trial.equal(expected, size, float(theta), wavelength, sigma, phase)


@fields.family("normalisation", 2)
def mean_0_and_norm_1(t: Trial) -> None:
    for _ in range(8):
        size, wavelength, sigma, phase = parameters(t.rng)
        t.through(mean_and_norm).equal((0.0, 1.0), size, float(t.rng.uniform(0, 3)), wavelength, sigma, phase)


@fields.family("contract", 1)
def gabor_contract(t: Trial) -> None:
    t.dtype(np.float64, 7, 0.4, 4.0, 2.0)
    t.array((7, 7), 7, 0.4, 4.0, 2.0, 0.3)
    t.array((2, 2), 2, 0.4, 4.0, 2.0, 0.3)
    t.case("a wave without length").raises(ValueError, 7, 0.4, 0.0, 2.0)
    t.case("a negative wavelength").raises(ValueError, 7, 0.4, -4.0, 2.0)
    t.case("a bell without width").raises(ValueError, 7, 0.4, 4.0, 0.0)
    t.case("a negative sigma").raises(ValueError, 7, 0.4, 4.0, -2.0)
    t.case("one pixel less its mean is 0").raises(ValueError, 1, 0.4, 4.0, 2.0)
    t.case("no pixel").raises(ValueError, 0, 0.4, 4.0, 2.0)


# -- simple_cell --------------------------------------------------------------------------------------------------


def correlation(image: Array, kernel: Array) -> Array:
    """PyTorch's layer, in float64 unless the image is float32."""
    dtype = torch.float32 if image.dtype == np.float32 else torch.float64
    x, w = (torch.from_numpy(a.astype(a.dtype)).to(dtype)[None, None] for a in (image, kernel))
    y: Array = nn.conv2d(x, w)[0, 0].numpy()
    return y


@simple.family("correlation", 5)
def windows_times_kernel(t: Trial) -> None:
    """Nothing is negative, so nothing is cut off."""
    for h, w, kh, kw in [*SHAPES, *(random_shape(t.rng) for _ in range(4))]:
        image, kernel = t.rng.random((h, w)) + 0.1, t.rng.random((kh, kw)) + 0.1
        t.equal(correlation(image, kernel), image, kernel)
    impulse = np.zeros((6, 7))
    impulse[3, 2] = 1.0
    kernel = t.rng.random((3, 4)) + 0.1
    t.case("one pixel is 1, all others are 0").equal(correlation(impulse, kernel), impulse, kernel)


@simple.family("rectification", 3)
def no_cell_fires_less_than_not_at_all(t: Trial) -> None:
    for h, w, kh, kw in [*SHAPES, *(random_shape(t.rng) for _ in range(4))]:
        image, kernel = t.rng.standard_normal((h, w)), t.rng.standard_normal((kh, kw))
        t.equal(np.maximum(correlation(image, kernel), 0), image, kernel)
    image, kernel = t.rng.random((5, 6)) + 0.1, -t.rng.random((2, 3)) - 0.1
    t.case("all sums are negative").equal(np.zeros((4, 4)), image, kernel)


@simple.family("contract", 2)
def simple_contract(t: Trial) -> None:
    """Inputs untouched, element types, errors."""
    image, kernel = t.rng.random((6, 5)), t.rng.random((3, 2))
    t.preserves(image, kernel)
    t.case("a kernel of one pixel").preserves(image, np.ones((1, 1)))
    t.dtype(np.float64, image, kernel)
    t.dtype(np.float32, image.astype(np.float32), kernel.astype(np.float32))
    t.dtype(np.float32, image.astype(np.float32), kernel)
    whole = t.rng.integers(100, 256, image.shape).astype(np.uint8)
    t.dtype(np.float64, whole, kernel)
    t.dtype(np.float64, whole.astype(np.int64), kernel)
    if t.passed("correlation"):
        t.equal(correlation(whole, kernel), whole, kernel)
        narrow = t.rng.integers(1, 9, kernel.shape).astype(np.uint8)
        t.case("sums exceed what uint8 holds").equal(correlation(whole, narrow), whole, narrow)
    t.case("the kernel is taller than the image").raises(ValueError, image[:2], kernel)
    t.case("the kernel is wider than the image").raises(ValueError, image[:, :1], kernel)
    t.case("the image has 3 axes").raises(ValueError, image[None], kernel)
    t.case("the kernel has 1 axis").raises(ValueError, image, kernel[0])
    t.case("the kernel has 3 axes").raises(ValueError, image, kernel[None])


# -- complex_cell -------------------------------------------------------------------------------------------------


def energy(image: Array, theta: float, size: int = 15, wavelength: float = 5.0, sigma: float = 2.5) -> Array:
    """The squared magnitudes of a quadrature pair's sums."""
    even, odd = (correlation(image, wave(size, theta, wavelength, sigma, phase)) for phase in (0.0, np.pi / 2))
    result: Array = even**2 + odd**2
    return result


def grating(theta: float, phase: float, wavelength: float = 5.0, size: int = 15) -> Array:
    """Stripes that fill an image."""
    row, column = np.mgrid[:size, :size] - (size - 1) / 2
    result: Array = np.cos(2 * np.pi / wavelength * (column * np.cos(theta) + row * np.sin(theta)) + phase)
    return result


def spread(answers: list[float]) -> float:
    """By how much the answers differ, as a share of the largest."""
    return float((max(answers) - min(answers)) / max(answers)) if max(answers) > 0 else np.inf


def minds_phase_less(f: Learners, theta: float) -> bool:
    """Whether the answers of complex_cell to moving stripes vary by less than a tenth of a simple cell's."""
    stripes = [grating(theta, phase) for phase in np.linspace(0, 2 * np.pi, 8, endpoint=False)]
    kernel = wave(15, theta, 5.0, 2.5)
    simple_answers = [max(0.0, float((stripe * kernel).sum())) for stripe in stripes]
    return spread([float(f(stripe, theta)[0, 0]) for stripe in stripes]) < 0.1 * spread(simple_answers)


def preferred(f: Learners, thetas: Array, which: int) -> int:
    """Which of several bars excites complex_cell most."""
    return int(np.argmax([float(f(drawn_bar(theta), float(thetas[which]))[0, 0]) for theta in thetas]))


SETTINGS = [(15, 5.0, 2.5), (7, 4.0, 2.0), (4, 3.3, 1.5), (9, 6.0, 2.2), (6, 2.7, 2.0)]


@complexes.family("energy", 4)
def squares_of_a_pair(t: Trial) -> None:
    """theta = 0: upright stripes."""
    for size, wavelength, sigma in SETTINGS:
        h, w = (int(rest) + size for rest in t.rng.integers(0, 4, 2))
        image = t.rng.standard_normal((h, w))
        t.equal(energy(image, 0.0, size, wavelength, sigma), image, 0.0, size, wavelength, sigma)
    for _ in range(4):
        size = int(t.rng.integers(4, 9))
        wavelength, sigma = (float(value) for value in t.rng.uniform((2.6, 1.2), (6.0, 2.5)))
        image = t.rng.standard_normal((size + 2, size + 1))
        t.equal(energy(image, 0.0, size, wavelength, sigma), image, 0.0, size, wavelength, sigma)
    image = t.rng.standard_normal((17, 16))
    t.case("the receptive fields of the default").equal(energy(image, 0.0), image, 0.0)
    t.case("an evenly lit field").equal(np.zeros((2, 3)), np.full((16, 17), 2.0), 0.0)


@complexes.family("orientations", 4)
def every_direction(t: Trial) -> None:
    """Values for other angles; indifference to the phase; the bar that is preferred."""
    for index, theta in enumerate((np.pi / 4, np.pi / 2, 3 * np.pi / 4, *t.rng.uniform(0.1, 3.0, 6))):
        size, wavelength, sigma = SETTINGS[index % len(SETTINGS)]
        image = t.rng.standard_normal((size + 1, size + 2))
        expected = energy(image, float(theta), size, wavelength, sigma)
        t.equal(expected, image, float(theta), size, wavelength, sigma)
    for theta in t.rng.uniform(0.1, 3.0, 2):
        t.through(minds_phase_less).equal(True, float(theta))
    thetas = np.arange(8) * np.pi / 8
    for which in (1, 3, 6):
        t.through(preferred).equal(which, thetas, which)


@complexes.family("contract", 2)
def complex_contract(t: Trial) -> None:
    """Inputs untouched, element types, errors."""
    image = t.rng.standard_normal((8, 9))
    t.preserves(image, 0.4, 7, 4.0, 2.0)
    t.dtype(np.float64, image, 0.4, 7, 4.0, 2.0)
    t.dtype(np.float32, image.astype(np.float32), 0.4, 7, 4.0, 2.0)
    whole = t.rng.integers(0, 256, image.shape)
    t.dtype(np.float64, whole, 0.4, 7, 4.0, 2.0)
    t.dtype(np.float64, whole.astype(np.uint8), 0.4, 7, 4.0, 2.0)
    t.case("the image is smaller than the receptive fields").raises(ValueError, image, 0.4, 10)
    t.case("the image has too few rows").raises(ValueError, image[:6], 0.4, 7)
    t.case("the image has 3 axes").raises(ValueError, image[None], 0.4, 7)
    t.case("a wave without length").raises(ValueError, image, 0.4, 7, 0.0)
    t.case("a bell without width").raises(ValueError, image, 0.4, 7, 4.0, 0.0)
    t.case("one pixel").raises(ValueError, image, 0.4, 1)


# -- orientation_tuning -------------------------------------------------------------------------------------------


def drawn_bar(theta: float) -> Array:
    """The notebook's bar, 15×15."""
    row, column = np.mgrid[:15, :15] - 7.0
    across = np.abs(column * np.cos(theta) + row * np.sin(theta))
    result: Array = np.clip(2.0 - across, 0.0, 1.0)
    return result


def a_cell(kernel: Array) -> Callable[[Array], float]:
    """A cell that weighs the image with a kernel; its answers may be negative."""

    def weighted_sum(image: Array) -> float:
        return float((np.asarray(image) * kernel).sum())

    return weighted_sum


def count_of_bright_pixels(image: Array) -> int:
    """A cell that answers with a whole number."""
    return int((np.asarray(image)[:, :7] > 0.5).sum())


@tuning.family("curve", 4)
def answers_in_order(t: Trial) -> None:
    """Cells of all kinds, angles in any order; the peak is where the cell's own bar is."""
    for count in (1, 2, 5, 8):
        cell, thetas = a_cell(t.rng.standard_normal((15, 15))), t.rng.uniform(-3.0, 6.0, count)
        t.equal(np.array([cell(drawn_bar(theta)) for theta in thetas]), cell, thetas)
    thetas = np.arange(12) * np.pi / 12
    for own in (2, 5, 9):
        cell = a_cell(wave(15, thetas[own], 7.0, 4.0))
        expected = np.array([cell(drawn_bar(theta)) for theta in thetas])
        assert expected.argmax() == own
        t.case("the peak is at the cell's own angle").equal(expected, cell, thetas)
    thetas = np.array([1.0, 0.2, 1.0, 2.5])
    cell = a_cell(t.rng.standard_normal((15, 15)))
    t.case("one angle twice").equal(np.array([cell(drawn_bar(theta)) for theta in thetas]), cell, thetas)


@tuning.family("contract", 1)
def tuning_contract(t: Trial) -> None:
    thetas = t.rng.uniform(0.0, 3.0, 4)
    t.preserves(a_cell(np.eye(15)), thetas)
    t.case("the cell's answers are whole numbers").dtype(np.float64, count_of_bright_pixels, thetas)
    t.case("no angle").raises(ValueError, count_of_bright_pixels, thetas[:0])
    t.case("two axes").raises(ValueError, count_of_bright_pixels, thetas.reshape(2, 2))


# -- s_layer and c_layer ------------------------------------------------------------------------------------------

# (C, H, W, F, k)
PLANES = [(1, 5, 4, 1, 2), (2, 4, 6, 3, 3), (3, 5, 5, 2, 1), (2, 3, 7, 4, 3), (4, 6, 3, 2, 2), (1, 3, 3, 2, 3)]


def planes(rng: np.random.Generator) -> list[tuple[int, ...]]:
    """The fixed shapes and some at random."""
    cases = list(PLANES)
    for _ in range(4):
        c, rows, columns, f, k = (int(size) for size in rng.integers((1, 0, 0, 1, 2), (4, 4, 4, 4, 4)))
        cases.append((c, k + rows, k + columns, f, k))
    return cases


def matches(x: Array, templates: Array, threshold: float) -> Array:
    """Cosines by two correlations, less the threshold."""
    values, kernels = (torch.from_numpy(a.astype(np.float64)) for a in (x, templates))
    products = nn.conv2d(values[None], kernels)[0]
    squares = nn.conv2d(values[None] ** 2, torch.ones_like(kernels[:1]))[0]
    lengths = squares.clamp_min(0).sqrt() * kernels.flatten(1).norm(dim=1)[:, None, None]
    cosines = torch.where(lengths > 0, products / lengths, torch.zeros_like(products))
    answers: Array = ((cosines - threshold).clamp_min(0) / (1 - threshold)).numpy()
    return answers


def saturated(x: Array, k: int, stride: int, alpha: float = 0.5) -> Array:
    """Sums by average pooling."""
    sums = nn.avg_pool2d(torch.from_numpy(x.astype(np.float64))[None], k, stride)[0] * k * k
    answers: Array = (sums / (alpha + sums)).numpy()
    return answers


@layers.family("matching", 4)
def cosines_of_windows_and_templates(t: Trial) -> None:
    """Without a threshold: both signs, and nothing but positive values."""
    for index, (c, h, w, f, k) in enumerate(planes(t.rng)):
        x, templates = t.rng.standard_normal((c, h, w)), t.rng.standard_normal((f, c, k, k))
        if index % 2:
            x, templates = np.abs(x), np.abs(templates)
        t.equal(matches(x, templates, 0.0), x, templates, 0.0)
    x, templates = t.rng.random((2, 5, 6)) + 0.1, t.rng.random((3, 2, 3, 3)) + 0.1
    t.case("a faint image").equal(matches(x, templates, 0.0), 1e-3 * x, templates, 0.0)
    night = x.copy()
    night[:, :4, :4] = 0
    t.case("some windows are dark").equal(matches(night, templates, 0.0), night, templates, 0.0)
    blank = templates * np.array([1.0, 0.0, 1.0]).reshape(3, 1, 1, 1)
    t.case("a template is dark").equal(matches(x, blank, 0.0), x, blank, 0.0)


@layers.family("threshold", 3)
def what_exceeds_the_threshold(t: Trial) -> None:
    """Two pixels, or one: the cosine needs no more; the rest where matching is right."""
    for threshold in (0.3, 0.6, 0.85, *(float(value) for value in t.rng.uniform(0.1, 0.9, 5))):
        x, template = t.rng.random((1, 4, 5)) + 0.1, t.rng.random((2, 1, 2, 2)) + 0.1
        cosines = t.through(cosines_then_answers).case("by the cosines that it gives itself without a threshold")
        cosines.equal(np.zeros((2, 3, 4)), x, template, threshold)
        if t.passed("matching"):
            t.equal(matches(x, template, threshold), x, template, threshold)
    template = t.rng.standard_normal((1, 2, 3, 3))
    if t.passed("matching"):
        t.case("the image is the template").equal(np.ones((1, 1, 1)), template[0], template, 0.7)


def cosines_then_answers(f: Learners, x: Array, templates: Array, threshold: float) -> Array:
    """The answers of s_layer less those that follow from its own answers at threshold 0."""
    cosines, answers = np.asarray(f(x, templates, 0.0)), np.asarray(f(x, templates, threshold))
    result: Array = answers - np.maximum(cosines - threshold, 0) / (1 - threshold)
    return result


@layers.family("C layer", 5)
def sums_that_saturate(t: Trial) -> None:
    trial = t.on("c_layer")
    steps = [(2, 2), (2, 1), (3, 2), (1, 1), (3, 3), (2, 3), (3, 1), (1, 2)]
    for k, stride in steps:
        f, rows, columns = (int(size) for size in t.rng.integers((1, 0, 0), (4, 6, 6)))
        x = t.rng.random((f, k + rows, k + columns)) * (t.rng.random((f, k + rows, k + columns)) < 0.6)
        trial.equal(saturated(x, k, stride), x, k, stride)
    x = t.rng.random((3, 7, 8))
    trial.case("rows and columns are left over").equal(saturated(x, 2, 2), x, 2, 2)
    trial.case("rows and columns are left over").equal(saturated(x, 3, 3), x, 3, 3)
    for alpha in (1.0, 3.5):
        trial.equal(saturated(x, 2, 2, alpha), x, 2, 2, alpha)


@layers.family("contract", 3)
def layers_contract(t: Trial) -> None:
    """Inputs untouched, element types, errors; both functions."""
    x, templates = t.rng.random((2, 5, 4)) + 0.1, t.rng.random((3, 2, 2, 2)) + 0.1
    t.preserves(x, templates, 0.5)
    t.dtype(np.float64, x, templates, 0.5)
    t.dtype(np.float32, x.astype(np.float32), templates.astype(np.float32), 0.5)
    t.dtype(np.float32, x.astype(np.float32), templates, 0.5)
    whole = t.rng.integers(100, 256, x.shape)
    t.dtype(np.float64, whole, templates, 0.5)
    if t.passed("matching"):
        small = whole.astype(np.uint8)
        t.case("squares exceed what uint8 holds").equal(matches(small, templates, 0.0), small, templates, 0.0)
    t.case("x has 2 planes, the templates are for 3").raises(ValueError, x, t.rng.random((3, 3, 2, 2)), 0.5)
    t.case("x has 2 planes, the templates are for 1").raises(ValueError, x, templates[:, :1], 0.5)
    t.case("the templates are taller than the planes").raises(ValueError, x[:, :1], templates, 0.5)
    t.case("the templates are wider than the planes").raises(ValueError, x[:, :, :1], templates, 0.5)
    t.case("x has 2 axes").raises(ValueError, x[0], templates[:, :1], 0.5)
    t.case("templates has 3 axes").raises(ValueError, x, templates[0], 0.5)
    for threshold in (1.0, 1.5, -0.2):
        t.case("no such threshold").raises(ValueError, x, templates, threshold)
    cells = t.on("c_layer")
    cells.preserves(x, 2, 2)
    cells.case("windows of one cell").preserves(x, 1, 1)
    cells.dtype(np.float64, x, 2, 2)
    cells.dtype(np.float32, x.astype(np.float32), 2, 2)
    cells.dtype(np.float64, whole, 2, 2)
    if t.passed("C layer"):
        small = whole.astype(np.uint8)
        cells.case("sums exceed what uint8 holds").equal(saturated(small, 2, 1), small, 2, 1)
    cells.case("the window is taller than the planes").raises(ValueError, x[:, :1], 2, 1)
    cells.case("the window is wider than the planes").raises(ValueError, x[:, :, :1], 2, 1)
    cells.case("x has 2 axes").raises(ValueError, x[0], 2, 2)
