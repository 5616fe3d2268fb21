"""Hidden tests of unit 02. PyTorch, np.convolve and closed forms are the oracles, out of the learner's reach."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as nn
import torch.nn.grad as differentiated

from autograder.testing import Suite, Trial

Array = np.ndarray[Any, Any]
Backward = Callable[..., Any]

suite = Suite(without=("torch", "scipy", "numpy.convolve", "numpy.correlate"))

correlation = suite.exercise("correlate1d", 12, "correlate1d(x, w, stride, padding, dilation)")
convolution = suite.exercise("convolve1d", 8, "convolve1d(x, w, mode)")
matrix = suite.exercise("conv-matrix1d", 8, "conv_matrix1d(w, L, stride, padding)")
backward = suite.exercise("correlate1d-backward", 12, "correlate1d_backward(dout, x, w, stride, padding)")
circular = suite.exercise("circular-convolve-fft", 5, "circular_convolve_fft(x, w)")
shifts = suite.exercise("commutes-with-shift", 5, "commutes_with_shift(f, x, k)")

SHAPES = [(7, 3), (5, 2), (6, 1), (4, 4), (9, 5), (8, 4), (1, 1), (10, 3)]  # (L, K)
STRIDES_AND_PADDINGS = [(2, 0), (3, 0), (1, 1), (2, 1), (1, 3), (3, 2), (2, 3), (4, 1)]


def random_pair(rng: np.random.Generator, length: int, size: int) -> tuple[Array, Array]:
    """A signal and a kernel without any symmetry; no value of the kernel is near 0."""
    return rng.standard_normal(length), rng.choice((-1.0, 1.0), size) * rng.uniform(0.5, 2.0, size)


def random_sizes(rng: np.random.Generator, dilation: int = 1) -> tuple[int, int]:
    """Lengths of a signal and of a kernel that fits into it."""
    size = int(rng.integers(1, 6))
    return int(rng.integers(0, 8)) + dilation * (size - 1) + 1, size


def tensor(a: Array) -> torch.Tensor:
    """In float64 unless it is float32."""
    return torch.from_numpy(a.astype(np.float32 if a.dtype == np.float32 else np.float64))


def correlated(x: Array, w: Array, **options: int) -> Array:
    """PyTorch's layer on one channel."""
    y: Array = nn.conv1d(tensor(x)[None, None], tensor(w)[None, None], **options)[0, 0].numpy()
    return y


def matrix_of(w: Array, length: int, **options: int) -> Array:
    """Column by column: what the layer makes of the signals that are 1 at one place."""
    columns = nn.conv1d(torch.eye(length, dtype=torch.float64)[:, None], tensor(w)[None, None], **options)
    result: Array = columns[:, 0].numpy().T.copy()
    return result


def gradients(dout: Array, x: Array, w: Array, stride: int = 1, padding: int = 0) -> tuple[Array, Array]:
    """What PyTorch's automatic differentiation computes, without its engine, which takes 0.4 s to start."""
    upstream, signal, kernel = (tensor(a)[None, None] for a in (dout, x, w))
    dx = differentiated.conv1d_input(signal.shape, kernel, upstream, stride, padding)
    dw = differentiated.conv1d_weight(signal, kernel.shape, upstream, stride, padding)
    return dx[0, 0].numpy(), dw[0, 0].numpy()


def on_the_ring(x: Array, w: Array) -> Array:
    """The sum in the definition."""
    places = np.arange(len(x))
    total: Array = sum(weight * x[(places - j) % len(x)] for j, weight in enumerate(w)) + np.zeros(len(x))
    return total


# -- correlate1d --------------------------------------------------------------------------------------------------


@correlation.family("values", 4)
def window_by_window(t: Trial) -> None:
    """Every window in its order, the kernel as it stands."""
    for length, size in [*SHAPES, *(random_sizes(t.rng) for _ in range(6))]:
        x, w = random_pair(t.rng, length, size)
        t.equal(correlated(x, w), x, w)
    impulse, w = np.zeros(9), t.rng.standard_normal(4)
    impulse[4] = 1.0
    t.case("one value is 1, all others are 0").equal(np.array([0.0, *w[::-1], 0.0]), impulse, w)
    x, w = random_pair(t.rng, 8, 3)
    first, second, both = (t.array((6,), signal, w) for signal in (x, x**2, 2 * x - 3 * x**2))
    t.agree(2 * first - 3 * second, both, "the correlation of 2·x - 3·x² is not that of x and x² taken together")


@correlation.family("stride and padding", 3)
def windows_step_over_a_padded_signal(t: Trial) -> None:
    """Steps that leave values over, paddings wider than the kernel."""
    for index, (stride, padding) in enumerate(STRIDES_AND_PADDINGS):
        x, w = random_pair(t.rng, 9 + index % 2, (3, 2, 4)[index % 3])
        t.equal(correlated(x, w, stride=stride, padding=padding), x, w, stride=stride, padding=padding)
    for _ in range(8):
        x, w = random_pair(t.rng, *random_sizes(t.rng))
        stride, padding = int(t.rng.integers(1, 5)), int(t.rng.integers(0, 4))
        t.equal(correlated(x, w, stride=stride, padding=padding), x, w, stride, padding)
    x, w = random_pair(t.rng, 3, 5)
    t.case("the kernel fits into the padded signal only").equal(correlated(x, w, padding=1), x, w, 1, 1)


@correlation.family("dilation", 3)
def the_kernel_is_spread(t: Trial) -> None:
    """Values `dilation` apart; with stride and padding where these work alone."""
    for length, size, dilation in ((9, 3, 2), (10, 2, 4), (7, 4, 2), (11, 3, 3), (6, 1, 3), (9, 2, 3)):
        x, w = random_pair(t.rng, length, size)
        t.equal(correlated(x, w, dilation=dilation), x, w, dilation=dilation)
    for _ in range(8):
        dilation = int(t.rng.integers(2, 5))
        x, w = random_pair(t.rng, *random_sizes(t.rng, dilation))
        t.equal(correlated(x, w, dilation=dilation), x, w, dilation=dilation)
    for stride, padding, dilation in ((2, 1, 3), (3, 2, 2), (2, 3, 4)) * t.passed("stride and padding"):
        x, w = random_pair(t.rng, 12, 3)
        options = {"stride": stride, "padding": padding, "dilation": dilation}
        t.equal(correlated(x, w, **options), x, w, **options)


@correlation.family("contract", 2)
def correlation_keeps_the_rules(t: Trial) -> None:
    """Inputs untouched, element types, errors."""
    x, w = random_pair(t.rng, 9, 3)
    t.preserves(x, w)
    t.preserves(x, w, 2, 1)
    t.case("the kernel [1] gives the signal itself").preserves(x, np.ones(1))
    numbers_keep_their_type(t, x, w)
    whole = [t.rng.integers(100, 200, a.shape) for a in (x, w)]
    if t.passed("values"):
        t.equal(correlated(*whole), *whole)
        small = [a.astype(np.uint8) for a in whole]
        t.case("sums exceed what uint8 holds").equal(correlated(*small), *small)
    t.case("x has 2 axes").raises(ValueError, x.reshape(3, 3), w)
    t.case("w has 2 axes").raises(ValueError, x, w[None])
    t.case("the kernel is longer than the signal").raises(ValueError, w, x)
    t.case("the kernel is longer than the padded signal by one").raises(ValueError, x[:4], x[:7], 1, 1)
    if t.passed("dilation"):
        t.case("the dilated kernel is longer than the padded signal").raises(ValueError, x, w, padding=1, dilation=6)


def numbers_keep_their_type(t: Trial, x: Array, w: Array) -> None:
    """Float types stay, integers become float64."""
    t.dtype(np.float64, x, w)
    t.dtype(np.float32, x.astype(np.float32), w.astype(np.float32))
    whole = [t.rng.integers(100, 200, a.shape) for a in (x, w)]
    t.dtype(np.float64, *whole)
    t.dtype(np.float64, *(a.astype(np.uint8) for a in whole))


# -- convolve1d ---------------------------------------------------------------------------------------------------


@convolution.family("full", 3)
def products_of_polynomials(t: Trial) -> None:
    """All places of overlap, the kernel flipped, either factor the longer one."""
    for length, size in [*SHAPES, *(random_sizes(t.rng) for _ in range(6))]:
        x, w = random_pair(t.rng, length, size)
        t.equal(np.convolve(x, w), x, w, "full")
    x, w = random_pair(t.rng, 3, 7)
    t.case("the kernel is longer than the signal").equal(np.convolve(x, w), x, w, "full")
    t.case("no mode is given").equal(np.convolve(w, x), w, x)
    t.agree(t.array((9,), x, w), t.array((9,), w, x), "x and w exchanged do not give the same")
    a, b, at = t.rng.integers(-4, 5, 4).astype(float), t.rng.integers(1, 5, 3).astype(float), 1.5
    product = t.array((6,), a, b, "full")
    values = [float(np.polynomial.polynomial.polyval(at, c)) for c in (a, b, product)]
    message = "the result, as a polynomial, is not the product of the factors"
    t.agree(values[0] * values[1], values[2], message)


@convolution.family("same and valid", 3)
def parts_of_the_full_result(t: Trial) -> None:
    """Even and odd kernels, signals of even and odd length."""
    for length, size in [*SHAPES, *(random_sizes(t.rng) for _ in range(8))]:
        x, w = random_pair(t.rng, length, size)
        for mode in ("same", "valid"):
            t.equal(np.convolve(x, w, mode), x, w, mode)
    for length, size in ((3, 6), (2, 5), (4, 5)):
        x, w = random_pair(t.rng, length, size)
        start = (size - 1) // 2
        t.case("the kernel is longer").equal(np.convolve(x, w)[start : start + length].copy(), x, w, "same")


@convolution.family("contract", 2)
def convolution_keeps_the_rules(t: Trial) -> None:
    """Inputs untouched, element types, errors."""
    x, w = random_pair(t.rng, 9, 3)
    for mode in ("full", "same", "valid"):
        t.preserves(x, w, mode)
        t.case("the kernel [1] gives the signal itself").preserves(x, np.ones(1), mode)
    numbers_keep_their_type(t, x, w)
    t.dtype(np.float32, x.astype(np.float32), w.astype(np.float32), "same")
    t.dtype(np.float64, t.rng.integers(0, 9, 7), t.rng.integers(0, 9, 3), "valid")
    if t.passed("full"):
        small = [t.rng.integers(100, 200, a.shape).astype(np.uint8) for a in (x, w)]
        t.case("sums exceed what uint8 holds").equal(np.convolve(*(a.astype(float) for a in small)), *small, "full")
    t.case("x has 2 axes").raises(ValueError, x.reshape(3, 3), w)
    t.case("w has 2 axes").raises(ValueError, x, w[None])
    t.case("there is no such mode").raises(ValueError, x, w, "whole")
    t.case("the kernel is longer than the signal").raises(ValueError, w, x, "valid")


# -- conv_matrix1d ------------------------------------------------------------------------------------------------


@matrix.family("band", 4)
def the_kernel_in_every_row(t: Trial) -> None:
    """The matrix itself, and its product with a signal."""
    for length, size in [*SHAPES, *(random_sizes(t.rng) for _ in range(6))]:
        x, w = random_pair(t.rng, length, size)
        t.equal(matrix_of(w, length), w, length)
        found = t.array((length - size + 1, length), w, length)
        t.agree(correlated(x, w), found @ x, "the matrix times a signal is not the correlation of the two")
    found = t.array((8, 11), t.rng.uniform(1, 2, 4), 11)
    rows, columns = np.nonzero(found)
    band = len(rows) == 32 and bool(np.all((columns >= rows) & (columns < rows + 4)))
    t.true(band, "With 4 kernel values, row i may be other than 0 in the columns i to i + 3 only, and must be there.")


@matrix.family("stride and padding", 3)
def the_band_steps(t: Trial) -> None:
    """From row to row by the stride; what would meet the padding is left out."""
    for index, (stride, padding) in enumerate(STRIDES_AND_PADDINGS):
        length, size = 9 + index % 2, (3, 2, 4)[index % 3]
        _, w = random_pair(t.rng, length, size)
        t.equal(matrix_of(w, length, stride=stride, padding=padding), w, length, stride=stride, padding=padding)
    for _ in range(8):
        length, size = random_sizes(t.rng)
        _, w = random_pair(t.rng, length, size)
        stride, padding = int(t.rng.integers(1, 5)), int(t.rng.integers(0, 4))
        t.equal(matrix_of(w, length, stride=stride, padding=padding), w, length, stride, padding)
    _, w = random_pair(t.rng, 3, 5)
    t.case("the kernel fits into the padded signal only").equal(matrix_of(w, 3, padding=1), w, 3, 1, 1)


@matrix.family("contract", 1)
def the_matrix_keeps_the_rules(t: Trial) -> None:
    """Inputs untouched, element types, errors."""
    _, w = random_pair(t.rng, 9, 3)
    t.preserves(w, 3)
    t.preserves(w, 6, 2, 1)
    t.case("as long as the signal").preserves(w, 3)
    t.dtype(np.float64, w, 6)
    t.dtype(np.float32, w.astype(np.float32), 6)
    t.dtype(np.float64, np.array([3, 1, 2]), 6, 2, 1)
    t.dtype(np.float64, np.array([3, 1, 2], np.uint8), 6)
    t.case("w has 2 axes").raises(ValueError, w[None], 6)
    t.case("the kernel is longer than the signal").raises(ValueError, w, 2)
    t.case("the kernel is longer than the padded signal").raises(ValueError, t.rng.standard_normal(7), 4, 1, 1)


# -- correlate1d_backward -----------------------------------------------------------------------------------------


def gradient_of_the_signal(
    function: Backward, dout: Array, x: Array, w: Array, stride: int = 1, padding: int = 0
) -> Any:
    """The first result, dx."""
    return pair_of(function(dout, x, w, stride, padding))[0]


def gradient_of_the_kernel(
    function: Backward, dout: Array, x: Array, w: Array, stride: int = 1, padding: int = 0
) -> Any:
    """The second result, dw."""
    return pair_of(function(dout, x, w, stride, padding))[1]


def pair_of(results: Any) -> tuple[Any, Any]:
    """The two results.

    Raises:
        TypeError: If there are not two.
    """
    if type(results) not in (tuple, list) or len(results) != 2:
        raise TypeError("the pair (dx, dw) is expected")
    return results[0], results[1]


@backward.family("dx", 4)
def signals_get_what_each_window_sends(t: Trial) -> None:
    """Stride 1, no padding: every coordinate, and <dout, y> = <dx, x>."""
    dx = t.through(gradient_of_the_signal)
    for length, size in [*SHAPES, *(random_sizes(t.rng) for _ in range(6))]:
        x, w = random_pair(t.rng, length, size)
        dout = t.rng.standard_normal(length - size + 1)
        dx.equal(gradients(dout, x, w)[0], dout, x, w)
    x, w = random_pair(t.rng, 9, 4)
    dout = t.rng.standard_normal(6)
    message = "the sum of dx·x is not the sum of dout·y, as it must be for an operation that is linear in x"
    t.agree(float(dout @ correlated(x, w)), float(dx.array((9,), dout, x, w) @ x), message)


@backward.family("dw", 4)
def kernels_get_every_window(t: Trial) -> None:
    """Stride 1, no padding: every coordinate, and central differences."""
    dw = t.through(gradient_of_the_kernel)
    for length, size in [*SHAPES, *(random_sizes(t.rng) for _ in range(6))]:
        x, w = random_pair(t.rng, length, size)
        dout = t.rng.standard_normal(length - size + 1)
        dw.equal(gradients(dout, x, w)[1], dout, x, w)
    x, w = random_pair(t.rng, 8, 3)
    dout, step = t.rng.standard_normal(6), 1e-5 * np.eye(3)
    slopes = [float(dout @ (correlated(x, w + s) - correlated(x, w - s))) / 2e-5 for s in step]
    dw.within(1e-7).case("against central differences").equal(np.array(slopes), dout, x, w)


@backward.family("stride and padding", 2)
def gradients_through_steps_and_padding(t: Trial) -> None:
    """Steps that leave values over; what arrives at the padding is dropped."""
    sides = [t.through(side) for side in (gradient_of_the_signal, gradient_of_the_kernel)]
    checked = [index for index, family in enumerate(("dx", "dw")) if t.passed(family)]
    t.true(checked, "Stride and padding count once dx or dw is right without them.")
    options = [*STRIDES_AND_PADDINGS, *((int(t.rng.integers(1, 5)), int(t.rng.integers(0, 4))) for _ in range(8))]
    for index, (stride, padding) in enumerate(options):
        x, w = random_pair(t.rng, 8 + index % 3, (3, 2, 4)[index % 3])
        dout = t.rng.standard_normal((len(x) + 2 * padding - len(w)) // stride + 1)
        expected = gradients(dout, x, w, stride=stride, padding=padding)
        for side in checked:
            sides[side].equal(expected[side], dout, x, w, stride, padding)


@backward.family("contract", 2)
def gradients_keep_the_rules(t: Trial) -> None:
    """Inputs untouched, element types, errors."""
    x, w = random_pair(t.rng, 9, 3)
    dout = t.rng.standard_normal(7)
    t.preserves(dout, x, w)
    t.preserves(t.rng.standard_normal(5), x, w, 2, 1)
    t.case("the kernel is [1]").preserves(x**2, x, np.ones(1))
    t.case("one value each").preserves(np.ones(1), np.ones(1), np.ones(1))
    for side in (gradient_of_the_signal, gradient_of_the_kernel):
        part = t.through(side)
        numbers = (dout, x, w)
        part.dtype(np.float64, *numbers)
        part.dtype(np.float32, *(a.astype(np.float32) for a in numbers))
        part.dtype(np.float64, *(t.rng.integers(100, 200, a.shape) for a in numbers))
        part.dtype(np.float64, *(t.rng.integers(100, 200, a.shape).astype(np.uint8) for a in numbers))
    t.case("dout has 2 axes").raises(ValueError, dout[None], x, w)
    t.case("x has 2 axes").raises(ValueError, dout, x.reshape(3, 3), w)
    t.case("w has 2 axes").raises(ValueError, dout, x, w[None])
    t.case("the kernel is longer than the signal").raises(ValueError, dout, w, x)
    t.case("dout has 6 values, there are 7 windows").raises(ValueError, dout[:6], x, w)
    t.case("dout has 7 values, there are 4 windows").raises(ValueError, dout, x, w, 2)
    t.case("dout has 1 value, there are 7 windows").raises(ValueError, dout[:1], x, w)


# -- circular_convolve_fft ----------------------------------------------------------------------------------------


@circular.family("values", 3)
def after_the_last_comes_the_first(t: Trial) -> None:
    """Even and odd lengths, kernels as long as the signal and shorter."""
    for length, size in [*SHAPES, (6, 6), (5, 5), *(random_sizes(t.rng) for _ in range(6))]:
        x, w = random_pair(t.rng, length, size)
        t.equal(on_the_ring(x, w), x, w)
    x, w = random_pair(t.rng, 101, 7)
    t.equal(on_the_ring(x, w), x, w)
    one = np.array([0.0, 0.0, 1.0])
    t.case("the kernel [0, 0, 1] shifts by two places").equal(np.roll(x, 2), x, one)
    moved, still = t.array((101,), np.roll(x, 5), w), t.array((101,), x, w)
    t.agree(np.roll(still, 5), moved, "a signal shifted around the ring must give the result shifted around the ring")


@circular.family("contract", 2)
def the_ring_keeps_the_rules(t: Trial) -> None:
    """Inputs untouched, element types, errors."""
    x, w = random_pair(t.rng, 9, 4)
    t.preserves(x, w)
    t.preserves(x, x[::-1].copy())
    t.case("the kernel [1] gives the signal itself").preserves(x, np.ones(1))
    numbers_keep_their_type(t, x, w)
    if t.passed("values"):
        whole = [t.rng.integers(100, 200, a.shape) for a in (x, w)]
        t.within(1e-6).equal(on_the_ring(*(a.astype(float) for a in whole)), *whole)
    t.case("x has 2 axes").raises(ValueError, x.reshape(3, 3), w)
    t.case("w has 2 axes").raises(ValueError, x, w[None])
    t.case("the kernel is longer than the signal").raises(ValueError, w, x)


# -- commutes_with_shift ------------------------------------------------------------------------------------------


def negative_part(x: Array) -> Array:
    """Treats every value alike."""
    return np.minimum(x, 0)


def difference_on_the_ring(x: Array) -> Array:
    """Treats every place alike."""
    return 2 * x - np.roll(x, 1)


def difference_with_zero_before(x: Array) -> Array:
    """Breaks at the first place only."""
    return np.concatenate([x[:1], x[1:] - x[:-1]])


def difference_inside(x: Array) -> Array:
    """One value shorter than its argument."""
    return x[1:] - x[:-1]


def every_second(x: Array) -> Array:
    """A stride of 2."""
    return x[::2].copy()


def ramp_weights(x: Array) -> Array:
    """A weight of its own for each place."""
    return x * np.arange(1.0, len(x) + 1)


def last_place_cleared(x: Array) -> Array:
    """Only the last place is treated in another way."""
    return np.concatenate([x[:-1], np.zeros(1)])


def running_sum(x: Array) -> Array:
    """Everything before a place counts."""
    return np.cumsum(x)


def bytes_without_the_first(x: Array) -> Array:
    """Small integers, whose differences do not fit their type."""
    y = np.clip(x, 0, 255).astype(np.uint8)
    y[0] = 0
    return y


EQUIVARIANT = (negative_part, difference_on_the_ring)
OTHERS = (
    difference_with_zero_before,
    difference_inside,
    every_second,
    ramp_weights,
    last_place_cleared,
    running_sum,
)


def gap(f: Callable[[Array], Array], x: Array, k: int) -> float:
    """By indices: place i of the shifted result comes from place i - k."""
    places = np.arange(len(x))
    before, after = f(x[(places - k) % len(x)]).tolist(), f(x).tolist()
    return float(max(abs(before[i] - after[(i - k) % len(after)]) for i in range(len(after))))


@shifts.family("values", 3)
def shifted_before_or_after(t: Trial) -> None:
    """Functions that commute with shifts and functions that do not; shifts to both sides, by nothing, all around."""
    for f in EQUIVARIANT:
        for k in (1, -2, 5):
            t.equal(0.0, f, t.rng.standard_normal(7 + k % 2), k)
    for f in OTHERS:
        for k in (1, 2, -1, 3, -4):
            x = t.rng.standard_normal(int(t.rng.integers(7, 12)))
            t.equal(gap(f, x, k), f, x, k)
    x = t.rng.standard_normal(8)
    t.case("a shift by nothing").equal(0.0, ramp_weights, x, 0)
    t.case("once around the ring").equal(0.0, ramp_weights, x, 8)
    t.case("more than once around the ring").equal(gap(ramp_weights, x, 3), ramp_weights, x, 11)
    for sign in (1.0, -1.0):
        t.equal(6.0, last_place_cleared, sign * np.array([1.0, 2.0, 6.0, 3.0]), 1)


@shifts.family("contract", 2)
def the_measure_keeps_the_rules(t: Trial) -> None:
    """A float, the signal untouched, no overflow, errors."""
    x = t.rng.standard_normal(7)
    t.preserves(ramp_weights, x, 2)
    t.case("a shift by nothing").preserves(ramp_weights, x, 0)
    t.equal(0.0, difference_on_the_ring, np.array([3, 1, 4, 1, 5]), 2)
    if t.passed("values"):
        t.equal(8.0, ramp_weights, np.array([3, 1, 4, 1, 2]), 1)
        measured = np.sort(t.rng.integers(130, 240, 9)) + np.arange(9)  # so that the largest difference is negative
        expected = gap(bytes_without_the_first, measured, 2)
        t.case("the results are uint8").equal(expected, bytes_without_the_first, measured, 2)
    t.case("x has 2 axes").raises(ValueError, negative_part, x[None], 1)
