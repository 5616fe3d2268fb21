"""Hidden tests of unit 05. PyTorch's backward pass is the oracle; it is out of the learner's reach."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as nn

from autograder.testing import Suite, Trial

Array = np.ndarray[Any, Any]

suite = Suite(
    without=("torch", "scipy", "numpy.convolve", "numpy.correlate"),
    serves={"cnnkit.ops": ("conv2d", "im2col")},
)

measured = suite.exercise("numerical-gradient", 10, "numerical_gradient(f, x, dout, eps)")
loops = suite.exercise("conv2d-backward-loops", 40, "conv2d_backward_loops(dout, x, w, stride, padding)")
images = suite.exercise("col2im", 20, "col2im(cols, x_shape, kh, kw, stride, padding, dilation)")
fast = suite.exercise("conv2d-backward", 30, "conv2d_backward(dout, x, w, stride, padding, dilation, groups)")
transposed = suite.exercise("conv-transpose2d", 20, "conv_transpose2d(x, w, stride, padding, output_padding)")
full = suite.exercise("dx-as-full-convolution", 10, "dx_as_full_convolution(dout, w)")

# (N, C, H, W, F, KH, KW). No two sizes of a case agree by accident; results of one row or one column are among them.
SHAPES = [
    (2, 3, 6, 5, 4, 3, 2),
    (1, 1, 5, 4, 1, 2, 3),
    (3, 2, 3, 4, 5, 1, 1),
    (1, 4, 4, 5, 2, 4, 3),
    (2, 1, 5, 6, 3, 2, 4),
    (2, 2, 4, 4, 3, 3, 3),
]
STRIDES_AND_PADDINGS: list[tuple[Any, Any]] = [
    (2, 0),
    (3, 0),
    (1, 1),
    (2, 1),
    ((2, 1), 0),
    ((1, 3), (1, 0)),
    ((3, 2), (0, 2)),
    (1, (2, 1)),
]


# -- arguments and oracles ----------------------------------------------------------------------------------------


def random_shape(rng: np.random.Generator, dilation: tuple[int, int] = (1, 1), groups: int = 1) -> tuple[int, ...]:
    """Sizes at random, the image large enough for the kernel."""
    n, c, f, kh, kw = rng.integers((1, 1, 1, 1, 1), (3, 4, 4, 4, 4))
    h, w = rng.integers(0, 4, 2) + np.multiply(dilation, (kh - 1, kw - 1)) + 1
    return tuple(int(size) for size in (n, c * groups, h, w, f * groups, kh, kw))


def random_layer(rng: np.random.Generator, shape: tuple[int, ...], **options: Any) -> tuple[Array, Array, Array]:
    """Upstream gradient, images and kernels without any symmetry."""
    n, c, h, width, f, kh, kw = shape
    x = rng.standard_normal((n, c, h, width))
    w = rng.standard_normal((f, c // options.get("groups", 1), kh, kw))
    with torch.no_grad():
        y = nn.conv2d(torch.from_numpy(x), torch.from_numpy(w), **options)
    return rng.standard_normal(tuple(y.shape)), x, w


def gradient(result: int, dout: Array, x: Array, w: Array, **options: Any) -> Array:
    """dx, dw or db (result 0, 1, 2) by PyTorch's backward pass, in float64 unless x is float32. No graph is built."""
    dtype = torch.float32 if x.dtype == np.float32 else torch.float64
    d, images, kernels = (torch.from_numpy(a.astype(a.dtype)).to(dtype) for a in (dout, x, w))
    if result == 0:
        found = torch.nn.grad.conv2d_input(x.shape, kernels, d, **options)
    elif result == 1:
        found = torch.nn.grad.conv2d_weight(images, w.shape, d, **options)
    else:
        found = d.sum(dim=(0, 2, 3))
    array: Array = found.numpy()
    return array


def dx_and_dw(dout: Array, x: Array, w: Array, **options: Any) -> tuple[Array, Array]:
    """Both at once."""
    return gradient(0, dout, x, w, **options), gradient(1, dout, x, w, **options)


def central_differences(dout: Array, x: Array, w: Array, eps: float = 1e-5) -> tuple[Array, Array]:
    """dx and dw of one image by definition: moved images make a batch, moved kernels are more kernels."""
    size, (f, k) = x.size, w.reshape(len(w), -1).shape
    moves = eps * np.concatenate([np.eye(size), -np.eye(size)]).reshape(2 * size, *x.shape[1:])
    y = nn.conv2d(torch.from_numpy(x + moves), torch.from_numpy(w)).numpy()
    dx = np.sum((y[:size] - y[size:]) * dout, axis=(1, 2, 3)) / (2 * eps)
    steps = eps * np.concatenate([np.eye(k), -np.eye(k)]).reshape(2 * k, 1, *w.shape[1:])
    moved = (w[None] + steps).reshape(2 * k * f, *w.shape[1:])
    y = nn.conv2d(torch.from_numpy(x), torch.from_numpy(moved)).numpy().reshape(2, k, f, *dout.shape[2:])
    dw = np.sum((y[0] - y[1]) * dout, axis=(2, 3)).T / (2 * eps)  # (F, K)
    return dx.reshape(x.shape), dw.reshape(w.shape)


def forward(x: Array, w: Array, **options: Any) -> Array:
    """PyTorch's layer, without biases."""
    y: Array = nn.conv2d(torch.from_numpy(x), torch.from_numpy(w), **options).numpy()
    return y


def options_at_random(rng: np.random.Generator) -> dict[str, tuple[int, ...]]:
    """A stride and a padding, both pairs."""
    return {name: tuple(map(int, rng.integers(low, 4, 2))) for name, low in (("stride", 1), ("padding", 0))}


# -- how the tests use learners' functions ------------------------------------------------------------------------


def dx_of(backward: Callable[..., Any], dout: Array, x: Array, w: Array, **options: Any) -> Any:
    """The first result, dx."""
    return three(backward(dout, x, w, **options))[0]


def dw_of(backward: Callable[..., Any], dout: Array, x: Array, w: Array, **options: Any) -> Any:
    """The second result, dw."""
    return three(backward(dout, x, w, **options))[1]


def db_of(backward: Callable[..., Any], dout: Array, x: Array, w: Array, **options: Any) -> Any:
    """The third result, db."""
    return three(backward(dout, x, w, **options))[2]


def dx_and_dw_of(backward: Callable[..., Any], dout: Array, x: Array, w: Array, **options: Any) -> Any:
    """The first two results, dx and dw."""
    return three(backward(dout, x, w, **options))[:2]


def number_of_results(backward: Callable[..., Any], dout: Array, x: Array, w: Array, **options: Any) -> int:
    """How many results there are."""
    results = backward(dout, x, w, **options)
    return len(results) if isinstance(results, tuple | list) else 1


def arguments_after(backward: Callable[..., Any], dout: Array, x: Array, w: Array) -> Any:
    """What dout, x and w hold after a call."""
    backward(dout, x, w)
    return dout.copy(), x.copy(), w.copy()


def three(results: Any) -> Any:
    """The results, if they are three."""
    if not isinstance(results, tuple | list) or len(results) != 3:
        raise TypeError("three results are expected: (dx, dw, db)")
    return results


def after_an_error(numerical_gradient: Callable[..., Any], f: Any, x: Array, dout: Array) -> Array:
    """What x holds after f has raised an error."""
    with contextlib.suppress(ZeroDivisionError):
        numerical_gradient(f, x, dout)
    return x.copy()


# -- numerical_gradient -------------------------------------------------------------------------------------------


def square(x: Array) -> Array:
    return x**2


def cube(x: Array) -> Array:
    return x**3


def sine(x: Array) -> Array:
    result: Array = np.sin(3 * x)
    return result


def product_and_sum(x: Array) -> Array:
    """All values at once, so that a value that was not put back shows."""
    return np.array([np.prod(x), np.sum(x)])


def outer_product(x: Array) -> Array:
    """A result with more axes than x."""
    result: Array = np.multiply.outer(x, x)
    return result


@measured.family("values", 5)
def differences_to_both_sides(t: Trial) -> None:
    """Closed forms. With large steps, central differences of a cube are off by eps², exactly."""
    near = t.within(1e-7)
    for shape in ((4,), (2, 3), (3, 1, 2), (1, 2, 1, 2)):
        x, dout = t.rng.uniform(0.5, 2, (2, *shape))
        near.equal(2 * x * dout, square, x, dout)
        near.equal((3 * x**2 + 0.25) * dout, cube, x, dout, 0.5)
    x, dout = t.rng.uniform(0.5, 2, (2, 5))
    near.equal(3 * np.cos(3 * x) * dout, sine, x, dout)
    x, (a, b) = t.rng.uniform(1, 2, (2, 2)), t.rng.standard_normal(2)
    near.equal(a * np.prod(x) / x + b, product_and_sum, x, np.array([a, b]))
    near.equal(a * np.prod(x) / x + b, product_and_sum, x, np.array([a, b]), 0.5)
    x, dout = t.rng.uniform(1, 2, 3), t.rng.standard_normal((3, 3))
    near.equal((dout + dout.T) @ x, outer_product, x, dout)


@measured.family("x stays as it is", 3)
def x_is_put_back(t: Trial) -> None:
    """Bit for bit, whatever f does."""
    x, dout = t.rng.uniform(0.5, 2, (2, 2, 3))
    t.preserves(square, x, dout)
    t.preserves(cube, x, dout, 0.1)
    t.preserves(product_and_sum, x, np.array([1.0, 2.0]))
    last = float(x[-1, -1])

    def fails_at_the_end(moved: Array) -> Array:
        if moved[-1, -1] != last:
            raise ZeroDivisionError("f fails where the last value was moved")
        return moved**2

    t.through(after_an_error).equal(x, fails_at_the_end, x, dout)


@measured.family("contract", 2)
def numerical_contract(t: Trial) -> None:
    """Whole numbers, shapes that do not fit, errors of f."""
    x, dout = t.rng.uniform(0.5, 2, (2, 2, 3))
    whole = t.rng.integers(1, 9, (2, 3))
    t.dtype(np.float64, square, x, dout)
    t.dtype(np.float64, square, whole, dout)
    if t.passed("values"):
        t.within(1e-6).equal(2.0 * whole * dout, square, whole, dout)
    t.case("f(x) has shape (2, 3), dout has (1, 3)").raises(ValueError, square, x, dout[:1])
    t.case("f(x) has shape (3,), dout has (3, 1)").raises(ValueError, square, x[0], dout[0][:, None])

    def fails(_: Array) -> Array:
        raise ZeroDivisionError("f cannot be computed")

    t.case("f raises an error").raises(ZeroDivisionError, fails, x, dout)


# -- the backward pass, in loops and without ----------------------------------------------------------------------


@loops.family("dx", 10)
@fast.family("dx", 5)
def gradient_of_the_images(t: Trial) -> None:
    """PyTorch, central differences, the adjoint; and one value of dout, which shows the kernel itself."""
    dx = t.through(dx_of)
    for shape in [*SHAPES, *(random_shape(t.rng) for _ in range(4))]:
        layer = random_layer(t.rng, shape)
        dx.equal(gradient(0, *layer), *layer)
    t.through(number_of_results).equal(3, *layer)
    dout, x, w = random_layer(t.rng, (1, 2, 4, 3, 2, 2, 3))
    dx.within(1e-7).equal(central_differences(dout, x, w)[0], dout, x, w)
    found = dx.array(x.shape, dout, x, w)
    off = abs(np.sum(forward(x, w) * dout) - np.sum(x * found))
    t.true(off < 1e-9, "the sum of y · dout must be the sum of x · dx: the backward pass is the forward pass's adjoint")
    one, blank = np.zeros((1, 1, 3, 4)), np.zeros((1, 2, 4, 6))
    one[0, 0, 1, 2] = 1.0
    w = t.rng.standard_normal((1, 2, 2, 3))
    dx.case("one value of dout is 1, all others are 0").equal(gradient(0, one, blank, w), one, blank, w)


@loops.family("dw", 8)
@fast.family("dw", 5)
def gradient_of_the_kernels(t: Trial) -> None:
    dw = t.through(dw_of)
    for shape in [*SHAPES, *(random_shape(t.rng) for _ in range(4))]:
        layer = random_layer(t.rng, shape)
        dw.equal(gradient(1, *layer), *layer)
    t.through(number_of_results).equal(3, *layer)
    dout, x, w = random_layer(t.rng, (1, 2, 4, 3, 2, 2, 3))
    dw.within(1e-7).equal(central_differences(dout, x, w)[1], dout, x, w)
    found = dw.array(w.shape, dout, x, w)
    off = abs(np.sum(forward(x, w) * dout) - np.sum(w * found))
    t.true(off < 1e-9, "the sum of y · dout must be the sum of w · dw: y is linear in w as it is in x")


@loops.family("db", 4)
@fast.family("db", 2)
def gradient_of_the_biases(t: Trial) -> None:
    db = t.through(db_of)
    for shape in [*SHAPES, *(random_shape(t.rng) for _ in range(4))]:
        layer = random_layer(t.rng, shape)
        db.equal(gradient(2, *layer), *layer)
    t.through(number_of_results).equal(3, *layer)


def with_stride_and_padding(t: Trial, result: int) -> None:
    """Steps that leave rows over, paddings wider than the kernel, pairs; several images where they work alone."""
    trial, several = t.through((dx_of, dw_of)[result]), t.passed(("dx", "dw")[result])
    for index, (stride, padding) in enumerate(STRIDES_AND_PADDINGS):
        options = {"stride": stride, "padding": padding}
        shape = (1 + several * index % 2, 2, 6, 7, 2, *((3, 2), (2, 3), (3, 3))[index % 3])
        layer = random_layer(t.rng, shape, **options)
        trial.equal(gradient(result, *layer, **options), *layer, **options)
    for _ in range(6):
        options = options_at_random(t.rng)
        layer = random_layer(t.rng, (1, *random_shape(t.rng)[1:]), **options)
        trial.equal(gradient(result, *layer, **options), *layer, **options)
    t.through(number_of_results).equal(3, *layer, **options)


@loops.family("dx with stride and padding", 8)
@fast.family("dx with stride and padding", 4)
def images_under_stride_and_padding(t: Trial) -> None:
    with_stride_and_padding(t, 0)


@loops.family("dw with stride and padding", 6)
@fast.family("dw with stride and padding", 4)
def kernels_under_stride_and_padding(t: Trial) -> None:
    with_stride_and_padding(t, 1)


DILATIONS_AND_GROUPS: list[tuple[tuple[int, ...], dict[str, Any]]] = [
    ((2, 2, 7, 8, 3, 3, 2), {"dilation": 2}),
    ((1, 2, 5, 9, 2, 3, 3), {"dilation": (1, 3)}),
    ((1, 1, 11, 5, 3, 4, 2), {"dilation": (3, 2)}),
    ((2, 4, 5, 4, 6, 3, 2), {"groups": 2}),
    ((1, 6, 4, 5, 6, 2, 2), {"groups": 3}),
    ((2, 3, 5, 4, 3, 3, 2), {"groups": 3}),
    ((1, 3, 4, 5, 6, 2, 3), {"groups": 3}),
    ((2, 4, 6, 7, 2, 2, 3), {"groups": 2, "dilation": (2, 1)}),
]
TOGETHER: list[tuple[tuple[int, ...], dict[str, Any]]] = [
    ((2, 2, 8, 7, 2, 2, 3), {"dilation": (2, 1), "stride": (1, 2), "padding": (1, 2)}),
    ((1, 1, 8, 7, 2, 3, 2), {"dilation": 3, "stride": 2, "padding": 2}),
    ((1, 4, 7, 6, 6, 3, 2), {"groups": 2, "stride": (2, 1), "padding": 1}),
    ((2, 4, 8, 9, 4, 2, 3), {"groups": 2, "dilation": (2, 3), "stride": (2, 1), "padding": (0, 1)}),
]


@fast.family("dilation and groups", 5)
def dilation_and_groups(t: Trial) -> None:
    """Spread kernels, grouped and depthwise layers; all options together where stride and padding work alone."""
    together = t.passed("dx with stride and padding") and t.passed("dw with stride and padding")
    both, several = t.through(dx_and_dw_of), t.passed("dx") and t.passed("dw")
    for shape, options in DILATIONS_AND_GROUPS + TOGETHER * together:
        layer = random_layer(t.rng, shape if several else (1, *shape[1:]), **options)
        both.equal(dx_and_dw(*layer, **options), *layer, **options)
    for _ in range(6):
        groups, dilation = int(t.rng.integers(1, 4)), tuple(map(int, t.rng.integers(1, 4, 2)))
        options = {"dilation": dilation, "groups": groups}
        layer = random_layer(t.rng, (1, *random_shape(t.rng, dilation, groups)[1:]), **options)
        both.equal(dx_and_dw(*layer, **options), *layer, **options)
    t.through(number_of_results).equal(3, *layer, **options)


def backward_contract(t: Trial) -> tuple[Array, Array, Array]:
    """Arguments untouched, element types, errors. Gives the layer that was used."""
    dout, x, w = random_layer(t.rng, (2, 3, 5, 4, 2, 3, 2))
    t.preserves(dout, x, w)
    t.through(arguments_after).equal((dout, x, w), dout, x, w)
    t.case("kernels and result of 1×1").preserves(*random_layer(t.rng, (1, 2, 1, 1, 2, 1, 1)))
    t.preserves(*random_layer(t.rng, (1, 3, 5, 4, 2, 3, 2), padding=1), padding=1)
    double, single = (dout, x, w), tuple(a.astype(np.float32) for a in (dout, x, w))
    whole = tuple(t.rng.integers(100, 200, a.shape) for a in (dout, x, w))
    for adapter in (dx_of, dw_of, db_of):
        for dtype, layer in ((np.float64, double), (np.float32, single), (np.float64, whole)):
            t.through(adapter).dtype(dtype, *layer)
    for result, (name, adapter) in enumerate((("dx", dx_of), ("dw", dw_of), ("db", db_of))):
        if t.passed(name):
            t.through(adapter).equal(gradient(result, *whole), *whole)
            small = tuple(a.astype(np.uint8) for a in whole)
            t.through(adapter).case("sums exceed what uint8 holds").equal(gradient(result, *small), *small)
            t.through(adapter).equal(gradient(result, *single), *single)
    t.case("x has 3 channels, w expects 2").raises(ValueError, dout, x, w[:, :2])
    t.case("x has 1 channel, w expects 3").raises(ValueError, dout, x[:, :1], w)
    t.case("dout has one row less than the result").raises(ValueError, dout[:, :, 1:], x, w)
    t.case("dout has one column, the result has 3").raises(ValueError, dout[..., :1], x, w)
    t.case("dout is of 1 image, x of 2").raises(ValueError, dout[:1], x, w)
    t.case("dout has 1 map, there are 2 kernels").raises(ValueError, dout[:, :1], x, w)
    t.case("dout has the size of stride 1").raises(ValueError, dout, x, w, stride=2)
    t.case("the kernel is taller than the image").raises(ValueError, dout[:, :, :1], x[:, :, :2], w)
    t.case("x has 3 axes").raises(ValueError, dout, x[0], w)
    t.case("w has 3 axes").raises(ValueError, dout, x, w[0])
    t.case("dout has 3 axes").raises(ValueError, dout[0], x, w)
    return dout, x, w


@loops.family("contract", 4)
def loops_contract(t: Trial) -> None:
    backward_contract(t)


@fast.family("contract", 2)
def fast_contract(t: Trial) -> None:
    dout, x, w = backward_contract(t)
    t.case("3 channels do not split into 2 groups").raises(ValueError, dout, x, w[:, :1], groups=2)
    t.case("2 kernels do not split into 3 groups").raises(ValueError, dout, x, w[:, :1], groups=3)


def plain_loops(dout: Array, x: Array, w: Array) -> tuple[Array, Array, Array]:
    """The backward pass by four loops: what the vectorised one is timed against."""
    kh, kw = w.shape[2:]
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros(len(w))
    for image, kernel, i, j in np.ndindex(*dout.shape):
        g = dout[image, kernel, i, j]
        dx[image, :, i : i + kh, j : j + kw] += g * w[kernel]
        dw[kernel] += g * x[image, :, i : i + kh, j : j + kw]
        db[kernel] += g
    return dx, dw, db


@fast.family("speed", 3)
def no_loop_over_positions(t: Trial) -> None:
    right = [result for result, name in enumerate(("dx", "dw")) if t.passed(name)]
    t.true(right, "Speed counts once dx or dw is right: see the families 'dx' and 'dw'.")
    if right:
        result = right[0]
        layer = random_layer(t.rng, (1, 2, 14, 18, 16, 3, 3))  # many kernels: dear for loops alone
        t.through((dx_of, dw_of)[result]).faster(lambda *args: plain_loops(*args)[result], 20, *layer)


# -- col2im -------------------------------------------------------------------------------------------------------


def folded(cols: Array, x_shape: tuple[int, ...], kh: int, kw: int, **options: Any) -> Array:
    """PyTorch's fold, which adds up as col2im does."""
    values = torch.from_numpy(cols.astype(np.float64 if cols.dtype.kind != "f" else cols.dtype))
    result: Array = nn.fold(values, x_shape[2:], (kh, kw), **options).numpy()
    return result


def unfolded(x: Array, kh: int, kw: int, **options: Any) -> Array:
    """PyTorch's im2col."""
    result: Array = nn.unfold(torch.from_numpy(x), (kh, kw), **options).numpy()
    return result


def random_columns(
    rng: np.random.Generator, shape: tuple[int, ...], **options: Any
) -> tuple[Array, tuple[int, ...], int, int]:
    """Columns without any symmetry, the images' shape and the window's."""
    n, c, h, w, _, kh, kw = shape
    cols = unfolded(np.zeros((n, c, h, w)), kh, kw, **options)
    return rng.standard_normal(cols.shape), (n, c, h, w), kh, kw


@images.family("sums", 8)
def values_are_added_where_they_came_from(t: Trial) -> None:
    for shape in [*SHAPES, *(random_shape(t.rng) for _ in range(4))]:
        arguments = random_columns(t.rng, shape)
        t.equal(folded(*arguments), *arguments)
    x = np.ones((1, 2, 4, 5))
    counts = np.multiply.outer([1.0, 2.0, 2.0, 1.0], [1.0, 2.0, 3.0, 2.0, 1.0])
    message = "columns of ones: in how many windows each pixel lies"
    t.case(message).equal(np.stack([[counts, counts]]), unfolded(x, 2, 3), x.shape, 2, 3)
    x, c = t.rng.standard_normal((2, 3, 5, 4)), t.rng.standard_normal((2, 18, 12))
    found = t.array(x.shape, c, x.shape, 3, 2) if c.shape == unfolded(x, 3, 2).shape else None
    if found is not None:
        off = abs(np.sum(unfolded(x, 3, 2) * c) - np.sum(x * found))
        t.true(off < 1e-9, "the sum of im2col(x) · cols must be the sum of x · col2im(cols)")


@images.family("stride and padding", 6)
def windows_stepped_over_a_padded_image(t: Trial) -> None:
    for index, (stride, padding) in enumerate(STRIDES_AND_PADDINGS):
        options = {"stride": stride, "padding": padding}
        shape = (1 + index % 2, 2, 6, 7, 1, *((3, 2), (2, 3), (3, 3))[index % 3])
        arguments = random_columns(t.rng, shape, **options)
        t.equal(folded(*arguments, **options), *arguments, **options)
    for _ in range(8):
        options = options_at_random(t.rng)
        arguments = random_columns(t.rng, random_shape(t.rng), **options)
        t.equal(folded(*arguments, **options), *arguments, **options)


@images.family("dilation", 3)
def windows_were_spread(t: Trial) -> None:
    for shape, options in DILATIONS_AND_GROUPS + TOGETHER * t.passed("stride and padding"):
        if "dilation" in options:
            options = {name: value for name, value in options.items() if name != "groups"}
            arguments = random_columns(t.rng, shape, **options)
            t.equal(folded(*arguments, **options), *arguments, **options)
    for _ in range(6):
        dilation = tuple(map(int, t.rng.integers(1, 4, 2)))
        arguments = random_columns(t.rng, random_shape(t.rng, dilation), dilation=dilation)
        t.equal(folded(*arguments, dilation=dilation), *arguments, dilation=dilation)


@images.family("contract", 3)
def images_are_new_arrays_of_their_own_type(t: Trial) -> None:
    cols, x_shape, kh, kw = random_columns(t.rng, (2, 3, 5, 4, 1, 3, 2))
    t.preserves(cols, x_shape, kh, kw)
    t.preserves(cols[:, :, :4], (2, 3, 2, 2), kh, kw, (1, 2), 1)
    t.case("with a 1×1 window the columns are the image in another shape").preserves(cols[:, :3], (2, 3, 3, 3), 1, 1)
    t.dtype(np.float64, cols, x_shape, kh, kw)
    t.dtype(np.float32, cols.astype(np.float32), x_shape, kh, kw)
    whole = t.rng.integers(100, 200, cols.shape)
    t.dtype(np.float64, whole, x_shape, kh, kw)
    t.dtype(np.float64, whole.astype(np.uint8), x_shape, kh, kw)
    if t.passed("sums"):
        t.equal(folded(whole, x_shape, kh, kw), whole, x_shape, kh, kw)
        small = whole.astype(np.uint8)
        t.case("sums exceed what uint8 holds").equal(folded(whole, x_shape, kh, kw), small, x_shape, kh, kw)
    t.case("one column too few").raises(ValueError, cols[:, :, 1:], x_shape, kh, kw)
    t.case("columns of one window, the image has 9").raises(ValueError, cols[:, :, :1], x_shape, kh, kw)
    t.case("columns of 2 channels, the images have 3").raises(ValueError, cols[:, :12], x_shape, kh, kw)
    t.case("columns of 1 image, there are 2").raises(ValueError, cols[:1], x_shape, kh, kw)
    t.case("cols has 2 axes").raises(ValueError, cols[0], x_shape, kh, kw)
    t.case("the window is taller than the image").raises(ValueError, cols, (2, 3, 2, 4), kh, kw)


# -- conv_transpose2d ---------------------------------------------------------------------------------------------


def stamped(x: Array, w: Array, **options: Any) -> Array:
    """PyTorch's layer, in float64 unless x is float32."""
    dtype = torch.float32 if x.dtype == np.float32 else torch.float64
    tensors = [torch.from_numpy(a.astype(a.dtype)).to(dtype) for a in (x, w)]
    y: Array = nn.conv_transpose2d(*tensors, **options).numpy()
    return y


def random_maps(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[Array, Array]:
    """Feature maps and kernels, channels of the maps first."""
    n, c, h, width, f, kh, kw = shape
    return rng.standard_normal((n, c, h, width)), rng.standard_normal((c, f, kh, kw))


SMALL_MAPS = [(2, 3, 4, 3, 2, 3, 2), (1, 1, 2, 4, 1, 2, 3), (3, 2, 1, 3, 4, 1, 1), (1, 4, 3, 1, 2, 4, 3)]


@transposed.family("stamps", 7)
def every_value_stamps_a_kernel(t: Trial) -> None:
    for shape in [*SMALL_MAPS, *(random_shape(t.rng) for _ in range(5))]:
        x, w = random_maps(t.rng, shape)
        t.equal(stamped(x, w), x, w)
    x, w = np.zeros((1, 1, 3, 4)), t.rng.standard_normal((1, 2, 2, 3))
    x[0, 0, 1, 2] = 1.0
    t.case("one value of x is 1, all others are 0: the kernel itself").equal(stamped(x, w), x, w)
    y, w = t.rng.standard_normal((2, 3, 3, 2)), t.rng.standard_normal((3, 2, 2, 4))
    image = t.rng.standard_normal((2, 2, 4, 5))
    off = abs(np.sum(forward(image, w) * y) - np.sum(image * t.array(image.shape, y, w)))
    t.true(off < 1e-9, "the sum of conv2d(x, w) · y must be the sum of x · conv_transpose2d(y, w)")


@transposed.family("stride and padding", 6)
def stamps_apart_and_cut(t: Trial) -> None:
    cases: list[tuple[Any, Any]] = [(2, 0), (3, 0), (1, 1), (2, 1), ((2, 1), 0), ((1, 3), (1, 0)), ((3, 2), (0, 2))]
    for index, (stride, padding) in enumerate(cases):
        x, w = random_maps(t.rng, (1 + index % 2, 2, 4, 3, 3, *((3, 2), (2, 3), (3, 3))[index % 3]))
        t.equal(stamped(x, w, stride=stride, padding=padding), x, w, stride, padding)
    for _ in range(6):
        n, c, f, kh, kw = (int(size) for size in t.rng.integers((1, 1, 1, 2, 2), (3, 4, 4, 5, 5)))
        x, w = random_maps(t.rng, (n, c, 3, 4, f, kh, kw))
        stride, padding = (tuple(map(int, t.rng.integers(low, high, 2))) for low, high in ((1, 5), (0, 2)))
        t.equal(stamped(x, w, stride=stride, padding=padding), x, w, stride, padding)


@transposed.family("output padding", 4)
def more_at_the_end(t: Trial) -> None:
    """The size, and what stands there: stamps that the padding would have cut, or zeros."""
    cases: list[tuple[Any, Any, Any]] = [
        (2, 1, 1),
        (3, 0, 2),
        (3, 2, 1),
        ((2, 3), 1, (1, 0)),
        ((2, 3), (0, 2), (0, 2)),
        ((3, 4), (1, 0), (2, 3)),
    ]
    for index, (stride, padding, more) in enumerate(cases):
        x, w = random_maps(t.rng, (1 + index % 2, 2, 3, 4, 3, *((3, 2), (2, 3), (4, 3))[index % 3]))
        options = {"stride": stride, "padding": padding, "output_padding": more}
        t.equal(stamped(x, w, **options), x, w, **options)
    for height in (7, 8, 9):  # all of them become three rows under a kernel of 3 rows and stride 3, padding 1
        x, w = random_maps(t.rng, (1, 1, 3, 2, 2, 3, 3))
        options = {"stride": (3, 1), "padding": (1, 0), "output_padding": (height - 7, 0)}
        t.case(f"back to {height} rows").equal(stamped(x, w, **options), x, w, **options)


@transposed.family("contract", 3)
def transposed_contract(t: Trial) -> None:
    x, w = random_maps(t.rng, (2, 3, 4, 3, 2, 3, 2))
    t.preserves(x, w)
    t.preserves(x, w, 2, 1, 1)
    t.case("kernels of 1×1").preserves(x[:, :1], w[:1, :1, :1, :1])
    t.dtype(np.float64, x, w)
    single = [a.astype(np.float32) for a in (x, w)]
    t.dtype(np.float32, *single)
    whole = [t.rng.integers(100, 200, a.shape) for a in (x, w)]
    t.dtype(np.float64, *whole)
    if t.passed("stamps"):
        t.equal(stamped(*single), *single)
        t.equal(stamped(*whole), *whole)
        small = [a.astype(np.uint8) for a in whole]
        t.case("sums exceed what uint8 holds").equal(stamped(*small), *small)
    t.case("x has 3 channels, w is for 2").raises(ValueError, x, w[:2])
    t.case("x has 3 channels, w is for 1").raises(ValueError, x, w[:1])
    t.case("x has 1 channel, w is for 3").raises(ValueError, x[:, :1], w)
    t.case("x has 3 axes").raises(ValueError, x[0], w)
    t.case("w has 3 axes").raises(ValueError, x, w[0])
    t.case("output padding as large as the stride").raises(ValueError, x, w, 2, 0, 2)
    t.case("output padding 1 with stride 1 along the columns").raises(ValueError, x, w, (2, 1), 0, (0, 1))
    t.case("nothing is left of 6 rows with 3 cut off each side").raises(ValueError, x, w, 1, (3, 0))


# -- dx_as_full_convolution ---------------------------------------------------------------------------------------


def dx_by_torch(dout: Array, w: Array) -> Array:
    """The gradient of images of the size that fits."""
    shape = (len(dout), w.shape[1], dout.shape[2] + w.shape[2] - 1, dout.shape[3] + w.shape[3] - 1)
    return gradient(0, dout, np.zeros(shape, dout.dtype), w)


@full.family("values", 8)
def one_convolution_gives_dx(t: Trial) -> None:
    for shape in [*SHAPES, *(random_shape(t.rng) for _ in range(4))]:
        dout, _, w = random_layer(t.rng, shape)
        t.equal(dx_by_torch(dout, w), dout, w)
    one, w = np.zeros((1, 1, 3, 4)), t.rng.standard_normal((1, 2, 2, 3))
    one[0, 0, 1, 2] = 1.0
    t.case("one value of dout is 1, all others are 0: the kernel itself").equal(dx_by_torch(one, w), one, w)


@full.family("contract", 2)
def full_contract(t: Trial) -> None:
    dout, _, w = random_layer(t.rng, (2, 3, 5, 4, 2, 3, 2))
    t.preserves(dout, w)
    t.case("kernels of 1×1").preserves(dout[:, :1], w[:1, :1, :1, :1])
    t.dtype(np.float64, dout, w)
    t.dtype(np.float32, dout.astype(np.float32), w.astype(np.float32))
    whole = [t.rng.integers(100, 200, a.shape) for a in (dout, w)]
    t.dtype(np.float64, *whole)
    if t.passed("values"):
        t.equal(dx_by_torch(*whole), *whole)
        small = [a.astype(np.uint8) for a in whole]
        t.case("sums exceed what uint8 holds").equal(dx_by_torch(*whole), *small)
    t.case("dout has 2 maps, there is 1 kernel").raises(ValueError, dout, w[:1])
    t.case("dout has 1 map, there are 2 kernels").raises(ValueError, dout[:, :1], w)
    t.case("dout has 3 axes").raises(ValueError, dout[0], w)
    t.case("w has 3 axes").raises(ValueError, dout, w[0])
