"""Hidden tests of unit 06. PyTorch is the oracle; it is out of the learner's reach."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as nn

from autograder.testing import Suite, Trial

Array = np.ndarray[Any, Any]
Pool = Callable[..., Any]

suite = Suite(without=("torch", "scipy", "numpy.convolve", "numpy.correlate"))

largest = suite.exercise("max-pool2d", 20, "max_pool2d(x, k, stride, padding)")
switches = suite.exercise("max-pool2d-backward", 20, "max_pool2d_backward(dout, idx, x_shape)")
means = suite.exercise(
    "avg-pool2d",
    20,
    "avg_pool2d(x, k, stride, padding, count_include_pad)",
    "avg_pool2d_backward(dout, x_shape, k, stride, padding, count_include_pad)",
)
globally = suite.exercise("global-avg-pool", 10, "global_avg_pool(x)", "global_avg_pool_backward(dout, x_shape)")
lengths = suite.exercise("l2-pool", 5, "l2_pool(x, k, s)")
drawn = suite.exercise("stochastic-pool", 5, "stochastic_pool(x, k, s, rng, train)")
measured = suite.exercise("unchanged-fraction", 5, "unchanged_fraction(pool, x, shift)")
blurred = suite.exercise("blur-pool", 5, "blur_pool(x, stride)")

# Shape of the images and size of the windows: rows or columns left over, windows that fill the plane, 1×1, N or C = 1.
SIDE_BY_SIDE: list[tuple[tuple[int, ...], Any]] = [
    ((2, 3, 6, 8), 2),
    ((1, 1, 7, 5), 2),
    ((3, 2, 5, 9), (2, 3)),
    ((1, 4, 8, 5), (3, 1)),
    ((2, 1, 4, 6), (1, 4)),
    ((2, 2, 3, 5), (3, 5)),
    ((1, 3, 2, 4), 1),
]
# Size, stride and padding of windows that overlap, or leave pixels out between them, or reach over the border.
STRIDES: list[tuple[Any, Any, Any]] = [
    (3, 2, 0),
    ((2, 3), 1, 0),
    (2, 3, 0),
    ((3, 2), (1, 3), 0),
    ((1, 3), (2, 1), 0),
    (3, 1, (1, 0)),
]
BORDERS: list[tuple[Any, Any, Any]] = [
    (2, 2, 1),
    (3, 2, 1),
    ((3, 4), (2, 1), (1, 2)),
    ((2, 3), (3, 2), (0, 1)),
    ((4, 2), (3, 2), (2, 0)),
    (3, 1, 1),
]


def sizes(rng: np.random.Generator, k: Any = 1) -> tuple[int, ...]:
    """The shape of some images, large enough for a window."""
    n, c = rng.integers(1, 4, 2)
    h, w = np.add(k, rng.integers(0, 6, 2))
    return int(n), int(c), int(h), int(w)


def window(rng: np.random.Generator) -> tuple[int, int]:
    """The size of a window."""
    kh, kw = map(int, rng.integers(1, 5, 2))
    return kh, kw


def options(rng: np.random.Generator) -> tuple[Any, Any, Any]:
    """A window, a stride and a padding that goes with the window."""
    kh, kw = window(rng)
    sh, sw = map(int, rng.integers(1, 4, 2))
    return (kh, kw), (sh, sw), (int(rng.integers(0, kh // 2 + 1)), int(rng.integers(0, kw // 2 + 1)))


def tensor(x: Array) -> torch.Tensor:
    """In float64 unless x is float32."""
    return torch.tensor(x, dtype=torch.float32 if x.dtype == np.float32 else torch.float64)


def pairs(option: Any) -> tuple[int, int]:
    """(rows, columns) of an option that may be one number."""
    rows, columns = option if isinstance(option, tuple) else (option, option)
    return int(rows), int(columns)


AUTOGRAD_USES = torch.ops.aten  # without autograd around it, whose first use costs as much as all other tests


# -- max_pool2d ---------------------------------------------------------------------------------------------------


def oracle(x: Array, k: Any, stride: Any = None, padding: Any = 0) -> tuple[Array, Array]:
    """PyTorch's maxima and their positions."""
    out, idx = nn.max_pool2d(tensor(x), k, stride, padding, return_indices=True)
    return out.numpy(), idx.numpy()


def maxima(pool: Pool, x: Array, k: Any, stride: Any = None, padding: Any = 0) -> Any:
    """The first result of max_pool2d, out."""
    result = pool(x, k, stride, padding)
    return result[0] if isinstance(result, tuple) and len(result) == 2 else result


def positions(pool: Pool, x: Array, k: Any, stride: Any = None, padding: Any = 0) -> Any:
    """The second result of max_pool2d, idx."""
    result = pool(x, k, stride, padding)
    return result[1] if isinstance(result, tuple) and len(result) == 2 else result


def positions_of_right_values(pool: Pool, x: Array, k: Any, stride: Any = None, padding: Any = 0) -> Any:
    """The second result of max_pool2d, idx."""
    result, right = pool(x, k, stride, padding), oracle(x, k, stride, padding)[0]
    if not isinstance(result, tuple) or len(result) != 2:
        return result
    if any(not isinstance(part, np.ndarray) or part.shape != right.shape for part in result):
        return result[1]
    return np.where(np.abs(result[0] - right) < 1e-9, result[1], -1)  # where a wrong value stands tells nothing


def pixels_at_positions(pool: Pool, x: Array, k: Any) -> Any:
    """The pixels of x that stand where max_pool2d's idx says."""
    idx = positions(pool, x, k)
    if not isinstance(idx, np.ndarray) or idx.ndim != 4:
        return idx
    planes, places = x.reshape(*x.shape[:2], -1), idx.reshape(*idx.shape[:2], -1)
    return np.take_along_axis(planes, places, axis=-1).reshape(idx.shape)


@largest.family("values", 7)
def largest_values(t: Trial) -> None:
    """Windows side by side: rows and columns left over, windows that are not square, negative values."""
    t = t.through(maxima)
    for shape, k in SIDE_BY_SIDE:
        x = t.rng.standard_normal(shape)
        t.equal(oracle(x, k)[0], x, k)
    for _ in range(6):
        k = window(t.rng)
        x = t.rng.standard_normal(sizes(t.rng, k)) - 2
        t.equal(oracle(x, k)[0], x, k)
    x = -1 - t.rng.random((2, 2, 5, 6))
    t.case("all values are negative").equal(oracle(x, 2)[0], x, 2)


@largest.family("positions", 4)
def positions_of_largest_values(t: Trial) -> None:
    """Flat positions in each plane, without ties."""
    t = t.through(positions)
    for shape, k in SIDE_BY_SIDE:
        x = t.rng.standard_normal(shape)
        t.equal(oracle(x, k)[1], x, k)
    for _ in range(6):
        k = window(t.rng)
        x = t.rng.standard_normal(sizes(t.rng, k)) - 2
        t.equal(oracle(x, k)[1], x, k)


@largest.family("stride and padding", 4)
def windows_overlap_and_reach_over_the_border(t: Trial) -> None:
    """Out everywhere; idx too where it is right without options."""
    for index, (k, stride, padding) in enumerate(
        [*STRIDES, *BORDERS, (2, None, 1), *(options(t.rng) for _ in range(8))]
    ):
        x = t.rng.standard_normal((1 + index % 2, 2, 7 + index % 3, 8)) - 3 * (index % 2)
        out, idx = oracle(x, k, stride, padding)
        t.through(maxima).equal(out, x, k, stride, padding)
        if t.passed("positions"):
            t.through(positions_of_right_values).equal(idx, x, k, stride, padding)


@largest.family("ties and NaN", 2)
def ties_and_nan(t: Trial) -> None:
    """The first of equal values wins; a NaN is passed on."""
    for index, (k, stride, padding) in enumerate([(2, None, 0), ((2, 3), None, 0), (3, None, 0), (3, 2, 0), (3, 2, 1)]):
        x = t.rng.integers(-2, 1, (2, 2, 8, 9)).astype(float)
        if t.passed("positions") and (index < 3 or t.passed("stride and padding")):
            ties = t.case("many values are equal").through(positions)
            ties.equal(oracle(x, k, stride, padding)[1], x, k, stride, padding)
    x = t.rng.standard_normal((2, 2, 8, 9))
    for n, c in np.ndindex(2, 2):  # in no window more than one
        x[n, c, t.rng.integers(0, 2), t.rng.integers(0, 3)] = x[n, c, t.rng.integers(6, 8), t.rng.integers(6, 9)] = (
            np.nan
        )
    for k in (2, (2, 3), (3, 2)):
        out, idx = oracle(x, k)
        t.case("some values are NaN").through(maxima).equal(out, x, k)
        if t.passed("positions"):
            t.case("some values are NaN").through(positions).equal(idx, x, k)


@largest.family("contract", 2)
def largest_contract(t: Trial) -> None:
    """Inputs untouched, element types, errors."""
    x = t.rng.standard_normal((2, 3, 6, 5))
    t.preserves(x, 2)
    t.preserves(x, 3, 2, 1)
    t.case("with 1×1 windows the result is the image").preserves(x, 1)
    out, idx = t.through(maxima), t.through(positions)
    out.dtype(np.float64, x, 2)
    out.dtype(np.float32, x.astype(np.float32), 2)
    out.dtype(np.float32, x.astype(np.float32), 2, None, 1)
    idx.dtype(np.int64, x, 2)
    if t.passed("positions"):
        t.through(pixels_at_positions).equal(oracle(x, 2)[0], x, 2)
    whole = t.rng.integers(0, 256, x.shape)
    out.dtype(np.float64, whole, 2)
    out.dtype(np.float64, whole.astype(np.uint8), 3, 2, 1)
    if t.passed("stride and padding"):
        out.equal(oracle(whole, 3, 2, 1)[0], whole.astype(np.uint8), 3, 2, 1)
    rejects(t, x)
    t.case("padding 2 exceeds half of 3").raises(ValueError, x, 3, 1, 2)
    t.case("padding of the columns exceeds half of 2").raises(ValueError, x, (4, 2), 1, (2, 2))


def rejects(t: Trial, x: Array) -> None:
    """ValueError where no window fits, or for a wrong rank; x is (2, 3, 6, 5)."""
    t.case("the window is taller than the image").raises(ValueError, x, (7, 2), 1)
    t.case("the window is wider than the image").raises(ValueError, x, (2, 6), 1)
    t.case("x has 3 axes").raises(ValueError, x[0], 2, 2)
    t.case("x has 5 axes").raises(ValueError, x[None], 2, 2)


def plain_loops(x: Array, k: int) -> Array:
    """Max pooling by four loops, positions included: what the learner's is timed against."""
    n, c, h, w = x.shape
    out = np.empty((n, c, h // k, w // k))
    idx = np.empty(out.shape, np.int64)
    for where in np.ndindex(*out.shape):
        image, channel, i, j = where
        part = x[image, channel, i * k : (i + 1) * k, j * k : (j + 1) * k]
        row, column = divmod(int(np.argmax(part)), k)
        out[where] = part[row, column]
        idx[where] = (i * k + row) * w + j * k + column
    return out


@largest.family("speed", 1)
def not_one_value_at_a_time(t: Trial) -> None:
    """Five times as fast as four loops; wrong positions cost their own family only."""
    right = t.passed("values")
    t.true(right, "Speed counts once the values are right: see the family 'values'.")
    if right:
        t.through(maxima).faster(plain_loops, 5, t.rng.standard_normal((6, 16, 16, 14)), 2)


# -- max_pool2d_backward ------------------------------------------------------------------------------------------


def routed(rng: np.random.Generator, x: Array, k: Any, stride: Any = None, padding: Any = 0) -> tuple[Array, ...]:
    """PyTorch's gradient, with a random upstream gradient and the winners it belongs to."""
    image, options = tensor(x), (pairs(k), pairs(k if stride is None else stride), pairs(padding))
    out, idx = nn.max_pool2d(image, *options, return_indices=True)
    dout = rng.standard_normal(out.shape)
    dx = AUTOGRAD_USES.max_pool2d_with_indices_backward(tensor(dout), image, *options, (1, 1), False, idx)
    return dx.numpy(), dout, idx.numpy()


@switches.family("one window per pixel", 8)
def each_winner_gets_its_gradient(t: Trial) -> None:
    """Windows side by side or apart: no pixel wins twice."""
    for shape, k in SIDE_BY_SIDE:
        dx, dout, idx = routed(t.rng, t.rng.standard_normal(shape), k)
        t.equal(dx, dout, idx, shape)
    for _ in range(6):
        k = window(t.rng)
        shape = sizes(t.rng, k)
        dx, dout, idx = routed(
            t.rng, t.rng.standard_normal(shape), k, tuple(np.add(k, t.rng.integers(0, 2, 2)).tolist())
        )
        t.equal(dx, dout, idx, shape)


@switches.family("overlap", 8)
def gradients_of_a_pixel_add_up(t: Trial) -> None:
    """Windows that overlap, with and without padding; the sum of the gradient; central differences."""
    for index, (k, stride, padding) in enumerate([*STRIDES, *BORDERS, *(options(t.rng) for _ in range(4))]):
        shape = (1 + index % 2, 2, 7, 8 + index % 2)
        dx, dout, idx = routed(t.rng, t.rng.standard_normal(shape), k, stride, padding)
        t.equal(dx, dout, idx, shape)
    dout = t.rng.standard_normal((2, 3, 3, 2))
    winners = np.broadcast_to(t.rng.integers(0, 20, (2, 3, 1, 1)), dout.shape)
    dx = t.case("one pixel of each plane wins all windows").array((2, 3, 4, 5), dout, winners, (2, 3, 4, 5))
    t.agree(dout.sum(axis=(2, 3)), dx.sum(axis=(2, 3)), "what comes into a plane must go out of it")
    x = t.rng.permutation(2 * 6 * 5).reshape(1, 2, 6, 5) / 10.0  # no two values closer than 0.1
    dout, idx = t.rng.standard_normal((1, 2, 2, 2)), oracle(x, 3, 2)[1]
    t.within(1e-8).equal(central_differences(x, dout), dout, idx, x.shape)


def central_differences(x: Array, dout: Array, eps: float = 1e-5) -> Array:
    """Of the sum of max_pool2d(x, 3, 2) times dout, at every pixel; the maxima by comparing shifted slices."""
    moved = x[None] + eps * np.concatenate([np.eye(x.size), -np.eye(x.size)]).reshape(-1, *x.shape)
    h, w = x.shape[2:]
    slices = [moved[..., i : i + h - 2 : 2, j : j + w - 2 : 2] for i, j in np.ndindex(3, 3)]
    sums = (np.max(slices, axis=0) * dout).sum(axis=(1, 2, 3, 4))
    difference: Array = (sums[: x.size] - sums[x.size :]) / (2 * eps)
    return difference.reshape(x.shape)


@switches.family("contract", 4)
def switches_contract(t: Trial) -> None:
    """Inputs untouched, element types, errors."""
    shape = (2, 3, 6, 5)
    dx, dout, idx = routed(t.rng, t.rng.standard_normal(shape), 2)
    t.preserves(dout, idx, shape)
    every = np.broadcast_to(np.arange(30).reshape(6, 5), shape)
    t.case("every pixel is the winner of its own window").preserves(t.rng.standard_normal(shape), every, shape)
    t.dtype(np.float64, dout, idx, shape)
    t.dtype(np.float32, dout.astype(np.float32), idx, shape)
    whole = t.rng.integers(-9, 10, dout.shape)
    t.dtype(np.float64, whole, idx, shape)
    if t.passed("one window per pixel"):
        t.equal(dx.astype(np.float32), dout.astype(np.float32), idx, shape)
    t.case("dout is for 3×2 windows, idx for 2×2").raises(ValueError, dout, idx[:, :, :2], shape)
    t.case("dout and idx are for 2 images, x_shape is for 1").raises(ValueError, dout, idx, (1, 3, 6, 5))
    t.case("dout and idx are for 3 channels, x_shape is for 4").raises(ValueError, dout, idx, (2, 4, 6, 5))
    t.case("x_shape has 3 sizes").raises(ValueError, dout, idx, shape[1:])
    t.case("positions up to 29 or so in a plane of 10 pixels").raises(ValueError, dout, idx + 10, (2, 3, 2, 5))
    beyond = idx.copy()
    beyond[-1, -1, -1, -1] = 30
    t.case("a position is 30 in a plane of 30 pixels").raises(ValueError, dout, beyond, shape)
    t.case("a position is -1").raises(ValueError, dout, np.where(idx == idx.min(), -1, idx), shape)


# -- avg_pool2d ---------------------------------------------------------------------------------------------------


def averaged(
    rng: np.random.Generator, x: Array, k: Any, stride: Any = None, padding: Any = 0, include: bool = True
) -> tuple[Array, Array, Array]:
    """PyTorch's means, a random upstream gradient, and PyTorch's gradient."""
    image, options = tensor(x), (pairs(k), pairs(k if stride is None else stride), pairs(padding))
    out = nn.avg_pool2d(image, *options, count_include_pad=include)
    dout = rng.standard_normal(out.shape)
    dx = AUTOGRAD_USES.avg_pool2d_backward(tensor(dout), image, *options, False, include, None)
    return out.numpy(), dout, dx.numpy()


@means.family("means", 4)
def means_of_windows(t: Trial) -> None:
    """Windows side by side."""
    for shape, k in SIDE_BY_SIDE:
        x = t.rng.standard_normal(shape)
        t.equal(averaged(t.rng, x, k)[0], x, k)
    for _ in range(6):
        k = window(t.rng)
        x = t.rng.standard_normal(sizes(t.rng, k)) + 1
        t.equal(averaged(t.rng, x, k)[0], x, k)


@means.family("stride and padding", 3)
def means_of_windows_that_overlap(t: Trial) -> None:
    """The border counts unless one says otherwise."""
    for index, (k, stride, padding) in enumerate(
        [*STRIDES, *BORDERS, (2, None, 1), *(options(t.rng) for _ in range(5))]
    ):
        x = t.rng.standard_normal((1 + index % 2, 2, 7 + index % 3, 8)) + 1
        t.equal(averaged(t.rng, x, k, stride, padding)[0], x, k, stride, padding)


@means.family("border not counted", 2)
def means_of_pixels_only(t: Trial) -> None:
    """count_include_pad=False; without padding it changes nothing."""
    cases = [*BORDERS, *(options(t.rng) for _ in range(5))] if t.passed("stride and padding") else [(2, None, 1)]
    for index, (k, stride, padding) in enumerate(cases):
        x = t.rng.standard_normal((1 + index % 2, 2, 7 + index % 3, 8)) + 1
        t.equal(averaged(t.rng, x, k, stride, padding, False)[0], x, k, stride, padding, count_include_pad=False)
    x = t.rng.standard_normal((2, 1, 5, 6))
    t.equal(averaged(t.rng, x, 2)[0], x, 2, None, 0, False)


@means.family("gradient", 4)
def gradient_of_means(t: Trial) -> None:
    """Windows side by side: leftovers get nothing."""
    t = t.on("avg_pool2d_backward")
    for shape, k in SIDE_BY_SIDE:
        _, dout, dx = averaged(t.rng, np.zeros(shape), k)
        t.equal(dx, dout, shape, k)
    for _ in range(6):
        k = window(t.rng)
        shape = sizes(t.rng, k)
        _, dout, dx = averaged(t.rng, np.zeros(shape), k)
        t.equal(dx, dout, shape, k)


@means.family("gradient with stride and padding", 3)
def gradient_of_means_that_overlap(t: Trial) -> None:
    """Shares add up; what goes to the padding is dropped."""
    t = t.on("avg_pool2d_backward")
    for index, (k, stride, padding) in enumerate([*STRIDES, *BORDERS, *(options(t.rng) for _ in range(5))]):
        shape = (1 + index % 2, 2, 7 + index % 3, 8)
        _, dout, dx = averaged(t.rng, np.zeros(shape), k, stride, padding)
        t.equal(dx, dout, shape, k, stride, padding)


@means.family("gradient, border not counted", 2)
def gradient_of_means_of_pixels_only(t: Trial) -> None:
    """count_include_pad=False; without padding it changes nothing."""
    t = t.on("avg_pool2d_backward")
    some = t.passed("gradient with stride and padding")
    for index, (k, stride, padding) in enumerate(
        [*BORDERS, *(options(t.rng) for _ in range(5))] if some else BORDERS[:1]
    ):
        shape = (1 + index % 2, 2, 7 + index % 3, 8)
        _, dout, dx = averaged(t.rng, np.zeros(shape), k, stride, padding, False)
        t.equal(dx, dout, shape, k, stride, padding, count_include_pad=False)
    _, dout, dx = averaged(t.rng, np.zeros((2, 1, 5, 6)), 2)
    t.equal(dx, dout, (2, 1, 5, 6), 2, 2, 0, False)


@means.family("contract", 2)
def means_contract(t: Trial) -> None:
    """Inputs untouched, element types, errors; both functions."""
    x, shape = t.rng.standard_normal((2, 3, 6, 5)), (2, 3, 6, 5)
    back = t.on("avg_pool2d_backward")
    for include in (True, False):
        t.preserves(x, 3, 2, 1, include)
        back.preserves(averaged(t.rng, x, 3, 2, 1)[1], shape, 3, 2, 1, include)
    single = x.astype(np.float32)
    for case, image, gradient in (
        ("padding 0", (2, 2), averaged(t.rng, x, 2)[1]),
        ("padding 1", (3, 2, 1, False), averaged(t.rng, x, 3, 2, 1)[1]),
    ):
        t.case(case).dtype(np.float64, x, *image)
        t.case(case).dtype(np.float32, single, *image)
        back.case(case).dtype(np.float64, gradient, shape, *image)
        back.case(case).dtype(np.float32, gradient.astype(np.float32), shape, *image)
        back.case(case).dtype(np.float64, np.round(gradient * 9).astype(np.int64), shape, *image)
    t.case("with 1×1 windows the result is the image").preserves(x, 1)
    back.case("with 1×1 windows the result is dout").preserves(x, shape, 1)
    whole = t.rng.integers(100, 256, shape).astype(np.uint8)
    t.dtype(np.float64, whole, 2)
    if t.passed("means"):
        t.case("sums exceed what uint8 holds").equal(averaged(t.rng, whole, 2)[0], whole, 2)
    if t.passed("gradient"):
        dout = averaged(t.rng, x, 2)[1]
        whole = np.round(9 * dout).astype(np.int64)
        back.equal(averaged_backward(whole, shape), whole, shape, 2)
    rejects(t, x)
    t.case("padding 2 exceeds half of 3").raises(ValueError, x, 3, 1, 2)
    dout = t.rng.standard_normal((2, 3, 3, 2))
    back.case("x_shape has 3 sizes").raises(ValueError, dout, shape[1:], 2)
    back.case("dout is for 3×2 windows, there are 6×5").raises(ValueError, dout, shape, 1)
    back.case("dout is for 3 channels, x_shape for 4").raises(ValueError, dout, (2, 4, 6, 5), 2)
    back.case("dout is for 2 images, x_shape for 1").raises(ValueError, dout, (1, 3, 6, 5), 2)


def averaged_backward(dout: Array, shape: tuple[int, ...]) -> Array:
    """For windows of 2×2 side by side, in closed form."""
    dx = np.zeros(shape)
    spread = np.kron(dout, np.full((1, 1, 2, 2), 0.25))
    dx[:, :, : spread.shape[2], : spread.shape[3]] = spread
    return dx


# -- global_avg_pool ----------------------------------------------------------------------------------------------

PLANES = [(2, 3, 4, 5), (1, 1, 6, 2), (3, 1, 1, 7), (1, 4, 5, 1), (2, 5, 1, 1), (3, 2, 4, 4)]


@globally.family("means", 4)
def means_of_planes(t: Trial) -> None:
    """Planes of all kinds; the answer of PyTorch's adaptive layer."""
    for shape in [*PLANES, *(sizes(t.rng) for _ in range(5))]:
        x = t.rng.standard_normal(shape) + 1
        t.equal(nn.adaptive_avg_pool2d(tensor(x), 1)[:, :, 0, 0].numpy(), x)


@globally.family("gradient", 4)
def gradient_of_planes(t: Trial) -> None:
    """In closed form."""
    for shape in [*PLANES, *(sizes(t.rng) for _ in range(5))]:
        dout = t.rng.standard_normal(shape[:2])
        share = torch.ones(shape, dtype=torch.float64) / (shape[2] * shape[3])
        t.on("global_avg_pool_backward").equal((share * tensor(dout)[:, :, None, None]).numpy(), dout, shape)


def own_array(back: Pool, dout: Array, x_shape: tuple[int, ...]) -> Any:
    """Whether the result of global_avg_pool_backward is an array of its own."""
    result = back(dout, x_shape)
    return {"the result can be written to": result.flags.writeable} if isinstance(result, np.ndarray) else result


@globally.family("contract", 2)
def planes_contract(t: Trial) -> None:
    """Inputs untouched, element types, errors; both functions."""
    x, dout, shape = t.rng.standard_normal((2, 3, 6, 5)), t.rng.standard_normal((2, 3)), (2, 3, 6, 5)
    back = t.on("global_avg_pool_backward")
    t.preserves(x)
    t.case("planes of one pixel").preserves(x[:, :, :1, :1])
    back.preserves(dout, shape)
    back.case("planes of one pixel").preserves(dout, (2, 3, 1, 1))
    back.through(own_array).equal({"the result can be written to": True}, dout, shape)
    t.dtype(np.float64, x)
    t.dtype(np.float32, x.astype(np.float32))
    back.dtype(np.float64, dout, shape)
    back.dtype(np.float32, dout.astype(np.float32), shape)
    whole = t.rng.integers(100, 256, x.shape).astype(np.uint8)
    t.dtype(np.float64, whole)
    back.dtype(np.float64, whole[:, :, 0, 0], shape)
    if t.passed("means"):
        t.case("sums exceed what uint8 holds").equal(whole.astype(float).mean((2, 3)), whole)
    if t.passed("gradient"):
        back.equal(np.repeat(whole[:, :, :1, :1] / 30, 30, axis=3).reshape(shape), whole[:, :, 0, 0], shape)
    t.case("x has 3 axes").raises(ValueError, x[0])
    t.case("x has 5 axes").raises(ValueError, x[None])
    back.case("x_shape has 3 sizes").raises(ValueError, dout, shape[1:])
    back.case("dout is for 3 channels, x_shape for 4").raises(ValueError, dout, (2, 4, 6, 5))
    back.case("dout is for 2 images, x_shape for 1").raises(ValueError, dout, (1, 3, 6, 5))


# -- l2_pool ------------------------------------------------------------------------------------------------------


@lengths.family("values", 4)
def lengths_of_windows(t: Trial) -> None:
    """PyTorch's power-average pooling with power 2; values of both signs."""
    cases = [((2, 2, 7, 8), k, k if stride is None else stride) for k, stride, _ in (*STRIDES, (2, 2, 0), (1, 1, 0))]
    for _ in range(6):
        k, stride, _ = options(t.rng)
        cases.append((sizes(t.rng, k), k, stride))
    for shape, k, stride in cases:
        x = t.rng.standard_normal(shape)
        t.equal(nn.lp_pool2d(tensor(x), 2, k, stride).numpy(), x, k, stride)


@lengths.family("contract", 1)
def lengths_contract(t: Trial) -> None:
    """Inputs untouched, element types, errors."""
    x = t.rng.standard_normal((2, 3, 6, 5))
    t.preserves(x, 2, 2)
    t.preserves(np.abs(x), 1, 1)
    t.dtype(np.float64, x, 2, 2)
    t.dtype(np.float32, x.astype(np.float32), 2, 2)
    whole = t.rng.integers(100, 256, x.shape).astype(np.uint8)
    t.dtype(np.float64, whole, 3, 2)
    if t.passed("values"):
        squares = nn.lp_pool2d(tensor(whole), 2, 3, 2).numpy()
        t.case("squares exceed what uint8 holds").equal(squares, whole, 3, 2)
    rejects(t, x)


# -- stochastic_pool ----------------------------------------------------------------------------------------------

# Values of a window, as so many eighths of their sum that neither the right shares nor likely wrong ones lie near a
# limit of rounding: 4,096 draws are off by less than 0.07 eighths (one standard deviation).
EIGHTHS = [
    np.array([[1.0, 2.0], [5.0, 0.0]]),
    np.array([[0.0, 6.0, 3.0], [12.0, 0.0, 3.00001]]) / 3,
    np.array([[40.0], [10.0], [30.0]]),
]


def shares(pool: Pool, values: Array, seed: int) -> Any:
    """The share of each of a window's values in 4,096 draws of stochastic_pool, in eighths, rounded."""
    result = pool(np.tile(values, (4, 4, 16, 16)), values.shape, values.shape, np.random.default_rng(seed), True)
    if not isinstance(result, np.ndarray) or result.shape != (4, 4, 16, 16):
        return result
    return np.array([np.rint(8 * np.mean(result == value)) for value in values.ravel()])


def from_their_windows(pool: Pool, x: Array, k: Any, s: Any, seed: int) -> Any:
    """Whether each result of stochastic_pool is a positive value of its window."""
    result = pool(x, k, s, np.random.default_rng(seed), True)
    windows = np.lib.stride_tricks.sliding_window_view(x, k, axis=(2, 3))[:, :, :: s[0], :: s[1]]
    if not isinstance(result, np.ndarray) or result.shape != windows.shape[:4]:
        return result
    return bool(np.all(np.any(windows == result[..., None, None], axis=(4, 5)) & (result > 0)))


def axes_that_differ(pool: Pool, seed: int) -> Any:
    """Whether draws differ between images, channels, rows and columns of windows."""
    result = pool(np.tile([[1.0, 2.0], [3.0, 4.0]], (3, 3, 4, 4)), 2, 2, np.random.default_rng(seed), True)
    if not isinstance(result, np.ndarray) or result.shape != (3, 3, 4, 4):
        return result
    return tuple(bool(np.any(result != result.take([0], axis))) for axis in range(4))


def repeated(pool: Pool, x: Array, seed: int) -> Any:
    """Whether two generators of one seed give the same draws, and a second call of one of them others."""
    rng, same = np.random.default_rng(seed), np.random.default_rng(seed)
    first, again, further = pool(x, 2, 2, rng, True), pool(x, 2, 2, same, True), pool(x, 2, 2, rng, True)
    return bool(np.array_equal(first, again)), not np.array_equal(first, further)


def seeded(pool: Pool, x: Array, k: Any, s: Any, seed: int, train: bool) -> Any:
    """stochastic_pool with rng = np.random.default_rng(seed)."""
    return pool(x, k, s, np.random.default_rng(seed), train)


def seed(t: Trial) -> int:
    """Of a call's own generator: a message can say it."""
    return int(t.rng.integers(2**32))


@drawn.family("training", 3)
def draws_by_size(t: Trial) -> None:
    """Where one value is positive the draw is sure; else frequencies, membership, independence, reproducibility."""
    for shape, k, s in (((2, 2, 7, 9), (2, 3), (2, 3)), ((1, 3, 8, 7), (3, 2), (4, 2)), ((2, 1, 6, 6), (2, 2), (2, 3))):
        x = np.zeros(shape)
        rows, columns = ((n - size) // step + 1 for n, size, step in zip(shape[2:], k, s, strict=True))
        for n, c, i, j in np.ndindex(*shape[:2], rows, columns):
            place = i * s[0] + t.rng.integers(k[0]), j * s[1] + t.rng.integers(k[1])
            x[n, c, *place] = (n + i + j) % 4 and 1 + t.rng.random()
        sure = t.through(seeded).case("each window has at most one positive value")
        sure.equal(oracle(x, k, s)[0], x, k, s, seed(t), True)
    t.through(seeded).case("all values are 0").equal(
        np.zeros((1, 2, 3, 2)), np.zeros((1, 2, 3, 3)), (1, 2), 1, seed(t), True
    )
    for values in EIGHTHS:
        t.through(shares).equal(np.rint(8 * values.ravel() / values.sum()), values, seed(t))
    x = t.rng.random((2, 3, 8, 9)) * (t.rng.random((2, 3, 8, 9)) > 0.3) + 0.001
    member = t.through(from_their_windows).call(x, (3, 2), (2, 1), seed(t))
    t.true(member is True, "each result must be one of the positive values of its own window")
    differ = t.through(axes_that_differ).call(seed(t))
    t.true(differ == (True,) * 4, "every window of every image and channel must draw by itself")
    same = t.through(repeated).call(x, seed(t))
    t.true(same == (True, True), "all randomness must come from rng: same seed, same draws; another call, other draws")


def weighted(x: Array, k: Any, stride: Any) -> Array:
    """Sum of squares over sum, by PyTorch's average pooling; 0 where the sum is."""
    sums, squares = (nn.avg_pool2d(tensor(a), k, stride).numpy() for a in (x, x**2))
    ratio: Array = np.divide(squares, sums, out=np.zeros_like(sums), where=sums > 0)
    return ratio


@drawn.family("test mode", 1)
def weighted_means(t: Trial) -> None:
    """Values in closed form; windows of zeros among them."""
    cases = [((2, 2, 7, 8), k, k if stride is None else stride) for k, stride, _ in (*STRIDES, (2, 2, 0))]
    for _ in range(5):
        k, stride, _ = options(t.rng)
        cases.append((sizes(t.rng, k), k, stride))
    for shape, k, stride in cases:
        x = np.maximum(t.rng.standard_normal(shape), 0)
        t.through(seeded).equal(weighted(x, k, stride), x, k, stride, seed(t), False)
    t.through(seeded).case("all values are 0").equal(
        np.zeros((1, 2, 2, 2)), np.zeros((1, 2, 4, 5)), 2, 2, seed(t), False
    )


@drawn.family("contract", 1)
def draws_contract(t: Trial) -> None:
    """Inputs untouched, element types, errors; both modes."""
    x = t.rng.random((2, 3, 6, 5))
    t = t.through(seeded)
    whole = t.rng.integers(100, 256, x.shape).astype(np.uint8)
    for train in (True, False):
        t.preserves(x, 2, 2, seed(t), train)
        t.case("with 1×1 windows the result is the image").preserves(x, 1, 1, seed(t), train)
        t.dtype(np.float64, x, 2, 2, seed(t), train)
        t.dtype(np.float32, x.astype(np.float32), 2, 2, seed(t), train)
        t.dtype(np.float64, whole, 2, 2, seed(t), train)
        negative = np.where(x == x.max(), -0.1, x)
        t.case("one value is negative").raises(ValueError, negative, 2, 2, seed(t), train)
        t.case("the window is taller than the image").raises(ValueError, x, (7, 2), 1, seed(t), train)
        t.case("the window is wider than the image").raises(ValueError, x, (2, 6), 1, seed(t), train)
        t.case("x has 3 axes").raises(ValueError, x[0], 2, 2, seed(t), train)
    if t.passed("test mode"):
        t.case("squares exceed what uint8 holds").equal(
            weighted(whole.astype(float), 2, 2), whole, 2, 2, seed(t), False
        )


# -- unchanged_fraction -------------------------------------------------------------------------------------------


def largest_of_2x2(x: Array) -> Array:
    """Max pooling, windows side by side."""
    return oracle(x, 2)[0]


def largest_of_3x3(x: Array) -> Array:
    """Max pooling, windows that overlap."""
    return oracle(x, 3, 2)[0]


def mean_of_2x2(x: Array) -> Array:
    """Average pooling, windows side by side."""
    return nn.avg_pool2d(tensor(x), 2).numpy()


def largest_of_each_plane(x: Array) -> Array:
    """Global max pooling: shape (N, C)."""
    largest: Array = x.max(axis=(2, 3))
    return largest


def first_column(x: Array) -> Array:
    """No pooling at all, and a result of few values."""
    return x[..., 0]


POOLS = (largest_of_2x2, largest_of_3x3, mean_of_2x2, largest_of_each_plane, first_column)


@measured.family("fractions", 4)
def fractions_of_equal_outputs(t: Trial) -> None:
    """Images of few grey values, so that fractions differ; shifts in both directions; noise in closed form."""
    for index in range(10):
        shape = (2, 1 + index % 3, 6 + index % 2, 8 + index % 3)
        x = t.rng.integers(0, 3 + index % 4, shape).astype(float)
        for shift in (int(t.rng.integers(1, 4)), -int(t.rng.integers(1, 4))):
            pool = POOLS[index % len(POOLS)]
            before, after = (torch.from_numpy(pool(image)) for image in (x, torch.roll(tensor(x), shift, 3).numpy()))
            t.equal(float(torch.eq(before, after).double().mean()), pool, x, shift)
    x = t.rng.standard_normal((2, 2, 6, 8))
    t.case("moved by nothing").equal(1.0, mean_of_2x2, x, 0)
    t.case("moved by the whole width").equal(1.0, mean_of_2x2, x, 8)
    t.case("no value is twice in the image").equal(0.0, mean_of_2x2, x, 1)
    flat = np.full((1, 1, 4, 6), 5.0)
    flat[..., 2] += 1e-12
    t.case("values that are nearly equal are not equal").equal(0.0, first_column, flat, -2)
    noise = t.rng.random((2, 2, 62, 64))
    for pool, third in ((largest_of_2x2, 1 / 3), (largest_of_3x3, 1 / 2)):
        t.case("noise").within(0.06).equal(third, pool, noise, 1)  # off by at most 0.011, one standard deviation


@measured.family("contract", 1)
def fractions_contract(t: Trial) -> None:
    """Inputs untouched, errors."""
    x = t.rng.standard_normal((2, 2, 6, 8))
    t.preserves(largest_of_2x2, x, 1)
    t.preserves(first_column, x, -3)
    t.case("x has 3 axes").raises(ValueError, first_column, x[0], 1)
    t.case("x has 2 axes").raises(ValueError, first_column, x[0, 0], 1)


# -- blur_pool ----------------------------------------------------------------------------------------------------


def smooth(x: Array, stride: Any) -> Array:
    """PyTorch's depthwise convolution of a mirrored image."""
    row = torch.tensor([1.0, 2.0, 1.0], dtype=tensor(x).dtype)
    kernel = torch.outer(row, row).expand(x.shape[1], 1, 3, 3) / 16
    y: Array = nn.conv2d(nn.pad(tensor(x), (1, 1, 1, 1), "reflect"), kernel, stride=stride, groups=x.shape[1]).numpy()
    return y


@blurred.family("values", 4)
def blurred_images(t: Trial) -> None:
    """Strides that leave pixels over, pairs, images of 2×2."""
    cases: list[tuple[tuple[int, ...], Any]] = [
        ((2, 3, 6, 8), 2),
        ((1, 2, 7, 5), 1),
        ((2, 1, 5, 9), (2, 3)),
        ((1, 4, 8, 5), (3, 1)),
        ((1, 1, 2, 2), 1),
        ((2, 2, 3, 2), (1, 2)),
        ((1, 2, 9, 10), 3),
    ]
    cases += [(sizes(t.rng, 2), tuple(map(int, t.rng.integers(1, 4, 2)))) for _ in range(5)]
    for shape, stride in cases:
        x = t.rng.standard_normal(shape) + 1
        t.equal(smooth(x, stride), x, stride)
    flat = np.full((1, 2, 5, 6), 1 + t.rng.random())
    t.case("a constant image").equal(flat[:, :, :3, :3], flat, 2)


@blurred.family("contract", 1)
def blurred_contract(t: Trial) -> None:
    """Inputs untouched, element types, errors."""
    x = t.rng.standard_normal((2, 3, 6, 5))
    t.preserves(x, 2)
    t.preserves(x, 1)
    t.dtype(np.float64, x, 2)
    t.dtype(np.float32, x.astype(np.float32), 2)
    whole = t.rng.integers(100, 256, x.shape).astype(np.uint8)
    t.dtype(np.float64, whole, 2)
    if t.passed("values"):
        t.case("sums exceed what uint8 holds").equal(smooth(whole, 2), whole, 2)
    t.case("one row cannot be mirrored").raises(ValueError, x[:, :, :1], 2)
    t.case("one column cannot be mirrored").raises(ValueError, x[..., :1], 2)
    t.case("x has 3 axes").raises(ValueError, x[0], 2)
    t.case("x has 5 axes").raises(ValueError, x[None], 2)
