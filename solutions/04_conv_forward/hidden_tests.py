"""Hidden tests of unit 04. PyTorch is the oracle; it is out of the learner's reach."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as nn

from autograder.testing import Suite, Trial

Array = np.ndarray[Any, Any]

suite = Suite(without=("torch", "scipy", "numpy.convolve", "numpy.correlate"))

loops = suite.exercise("conv2d-loops", 30, "conv2d_loops(x, w, b, stride, padding, dilation, groups)")
columns = suite.exercise("im2col", 25, "im2col(x, kh, kw, stride, padding, dilation)")
fast = suite.exercise("conv2d", 30, "conv2d(x, w, b, stride, padding, dilation, groups)")
separable = suite.exercise("depthwise-separable", 10, "depthwise_separable(x, wd, wp)")
counts = suite.exercise("conv-params", 7, "conv_params(C, F, k, groups, bias)", "conv_macs(C, F, k, out_size, groups)")
local = suite.exercise("locally-connected", 8, "locally_connected(x, w)")

# (N, C, H, W, F, KH, KW). No two sizes of a case agree by accident; outputs of one row or one column are among them.
SHAPES = [
    (2, 3, 7, 5, 4, 3, 2),
    (1, 1, 6, 4, 1, 2, 3),
    (3, 2, 4, 6, 5, 1, 1),
    (1, 4, 4, 6, 2, 4, 3),
    (2, 1, 9, 4, 3, 2, 4),
    (2, 2, 6, 6, 3, 3, 3),
]


def oracle(x: Array, w: Array, b: Array | None = None, **options: Any) -> Array:
    """PyTorch's layer, in float64 unless x is float32."""
    dtype = torch.float32 if x.dtype == np.float32 else torch.float64
    tensors = [None if a is None else torch.from_numpy(a.astype(a.dtype)).to(dtype) for a in (x, w, b)]
    y: Array = nn.conv2d(*tensors, **options).numpy()
    return y


def random_layer(rng: np.random.Generator, shape: tuple[int, ...], groups: int = 1) -> tuple[Array, Array, Array]:
    """Input, kernels and biases without any symmetry."""
    n, c, h, width, f, kh, kw = shape
    x, w = rng.standard_normal((n, c, h, width)), rng.standard_normal((f, c // groups, kh, kw))
    return x, w, 1 + rng.random(f)


def random_shape(rng: np.random.Generator, dilation: tuple[int, int] = (1, 1), groups: int = 1) -> tuple[int, ...]:
    """Sizes at random, the image large enough for the kernel."""
    n, c, f, kh, kw = rng.integers((1, 1, 1, 1, 1), (4, 4, 5, 4, 5))
    h, w = rng.integers(0, 5, 2) + np.multiply(dilation, (kh - 1, kw - 1)) + 1
    return tuple(int(size) for size in (n, c * groups, h, w, f * groups, kh, kw))


@loops.family("basic", 10)
@fast.family("basic", 8)
def basic(t: Trial) -> None:
    """No options: values, with and without biases, and two cases that can be worked by hand."""
    for index, shape in enumerate([*SHAPES, *(random_shape(t.rng) for _ in range(4))]):
        x, w, b = random_layer(t.rng, shape)
        t.equal(oracle(x, w, b), x, w, b)
        if index % 3 == 0:
            t.equal(oracle(x, w), x, w, None)
    kernel = t.rng.standard_normal((1, 3, 2, 4))
    t.case("the image is the kernel itself").equal(np.array([[[[np.sum(kernel**2)]]]]), kernel, kernel, None)
    impulse = np.zeros((1, 1, 5, 7))
    impulse[0, 0, 2, 3] = 1.0
    w = t.rng.standard_normal((2, 1, 3, 4))
    t.case("one pixel is 1, all others are 0").equal(oracle(impulse, w), impulse, w, None)


STRIDES_AND_PADDINGS: list[tuple[Any, Any]] = [
    (2, 0),
    (3, 0),
    (1, 1),
    (2, 1),
    ((2, 1), 0),
    ((1, 3), (1, 0)),
    ((3, 2), (0, 2)),
    (1, (2, 1)),
    (2, 3),
]


@loops.family("stride and padding", 8)
@fast.family("stride and padding", 7)
def stride_and_padding(t: Trial) -> None:
    """Steps that leave rows over, paddings wider than the kernel, pairs; and a shift of the input by one stride."""
    for index, (stride, padding) in enumerate(STRIDES_AND_PADDINGS):
        x, w, b = random_layer(t.rng, (1 + index % 2, 2, 6, 7, 3, *((3, 2), (2, 3), (3, 3))[index % 3]))
        t.equal(oracle(x, w, b, stride=stride, padding=padding), x, w, b, stride=stride, padding=padding)
    for _ in range(8):
        options = {name: tuple(map(int, t.rng.integers(low, 4, 2))) for name, low in (("stride", 1), ("padding", 0))}
        x, w, b = random_layer(t.rng, random_shape(t.rng))
        t.equal(oracle(x, w, b, **options), x, w, b, **options)
    x, w, _ = random_layer(t.rng, (1, 2, 11, 10, 2, 3, 2))
    still, moved = (t.array((1, 2, 5, 3), image, w, None, (2, 3)) for image in (x, np.roll(x, (2, 3), (2, 3))))
    message = "an image moved by one stride must move the feature map by one place"
    t.agree(still[:, :, :-1, :-1], moved[:, :, 1:, 1:], message)


DILATIONS_AND_GROUPS: list[tuple[tuple[int, ...], dict[str, Any]]] = [
    ((2, 2, 8, 9, 3, 3, 2), {"dilation": 2}),
    ((1, 2, 7, 11, 2, 3, 3), {"dilation": (1, 3)}),
    ((1, 1, 11, 6, 3, 4, 2), {"dilation": (3, 2)}),
    ((2, 4, 6, 5, 6, 3, 2), {"groups": 2}),
    ((1, 6, 5, 6, 6, 2, 2), {"groups": 3}),
    ((2, 3, 6, 5, 3, 3, 2), {"groups": 3}),
    ((1, 3, 5, 6, 6, 2, 3), {"groups": 3}),
    ((2, 4, 7, 8, 2, 2, 3), {"groups": 2, "dilation": (2, 1)}),
]
TOGETHER: list[tuple[tuple[int, ...], dict[str, Any]]] = [
    ((2, 2, 9, 8, 2, 2, 3), {"dilation": (2, 1), "stride": (1, 2), "padding": (1, 2)}),
    ((1, 1, 8, 7, 2, 3, 2), {"dilation": 3, "stride": 2, "padding": 2}),
    ((1, 4, 7, 6, 6, 3, 2), {"groups": 2, "stride": (2, 1), "padding": 1}),
    ((2, 4, 8, 9, 4, 2, 3), {"groups": 2, "dilation": (2, 3), "stride": (2, 1), "padding": (0, 1)}),
]


@loops.family("dilation and groups", 8)
@fast.family("dilation and groups", 7)
def dilation_and_groups(t: Trial) -> None:
    """Spread kernels, grouped and depthwise layers; all options together where stride and padding work alone."""
    for shape, options in DILATIONS_AND_GROUPS + TOGETHER * t.passed("stride and padding"):
        x, w, b = random_layer(t.rng, shape, options.get("groups", 1))
        t.equal(oracle(x, w, b, **options), x, w, b, **options)
    for _ in range(8):
        groups, dilation = int(t.rng.integers(1, 4)), tuple(map(int, t.rng.integers(1, 4, 2)))
        x, w, b = random_layer(t.rng, random_shape(t.rng, dilation, groups), groups)
        t.equal(oracle(x, w, b, dilation=dilation, groups=groups), x, w, b, dilation=dilation, groups=groups)


@loops.family("contract", 4)
@fast.family("contract", 4)
def contract(t: Trial) -> None:
    """Inputs untouched, element types, errors."""
    x, w, b = random_layer(t.rng, (1, 3, 5, 4, 4, 3, 2))
    t.preserves(x, w, b)
    t.preserves(x, w, b, padding=1)
    t.preserves(x, w[:, :, :1, :1], None)
    t.dtype(np.float64, x, w, b)
    single = [a.astype(np.float32) for a in (x, w, b)]
    t.dtype(np.float32, *single)
    whole = [t.rng.integers(100, 200, a.shape) for a in (x, w, b)]
    t.dtype(np.float64, *whole)
    if t.passed("basic"):
        t.equal(oracle(*single), *single)
        t.equal(oracle(*whole), *whole)
        small = [a.astype(np.uint8) for a in whole]
        t.case("sums exceed what uint8 holds").equal(oracle(*small), *small)
    rejects(t, x, w, b)


def rejects(t: Trial, x: Array, w: Array, b: Array) -> None:
    """ValueError for what makes no layer."""
    t.case("x has 3 channels, w expects 2").raises(ValueError, x, w[:, :2], b)
    t.case("x has 1 channel, w expects 3").raises(ValueError, x[:, :1], w, b)
    t.case("3 channels do not split into 2 groups").raises(ValueError, x, w[:, :1], b, groups=2)
    t.case("4 kernels do not split into 3 groups").raises(ValueError, x, w[:, :1], b, groups=3)
    t.case("the kernel is taller than the image").raises(ValueError, x[:, :, :2], w, b)
    t.case("the kernel is wider than the image").raises(ValueError, x[..., :1], w, b)
    if t.passed("dilation and groups"):
        t.case("the dilated kernel is taller than the padded image").raises(ValueError, x, w, b, padding=1, dilation=4)
    t.case("x has 3 axes").raises(ValueError, x[0], w, b)
    t.case("w has 3 axes").raises(ValueError, x, w[0], b)
    t.case("4 kernels, 1 bias").raises(ValueError, x, w, b[:1])


def plain_loops(x: Array, w: Array) -> Array:
    """The layer by four loops: what the vectorised one is timed against."""
    n, _, h, width = x.shape
    f, _, kh, kw = w.shape
    y = np.empty((n, f, h - kh + 1, width - kw + 1))
    for image, kernel, i, j in np.ndindex(*y.shape):
        y[image, kernel, i, j] = np.sum(x[image, :, i : i + kh, j : j + kw] * w[kernel])
    return y


def one_map_by_loops(x: Array, w: Array) -> Array:
    """The first of the feature maps by plain loops, the others at once: enough to know how long all would take."""
    return np.concatenate((plain_loops(x, w[:1]), oracle(x, w[1:])), axis=1)


def unfolded(x: Array, kh: int, kw: int, **options: Any) -> Array:
    """PyTorch's layout."""
    result: Array = nn.unfold(torch.from_numpy(np.array(x)), (kh, kw), **options).numpy()
    return result


@columns.family("layout", 9)
def windows_stand_in_columns(t: Trial) -> None:
    for shape in [*SHAPES, *(random_shape(t.rng) for _ in range(4))]:
        x, w, _ = random_layer(t.rng, shape)
        kh, kw = w.shape[2:]
        t.equal(unfolded(x, kh, kw), x, kh, kw)


@columns.family("stride and padding", 7)
def windows_step_over_a_padded_image(t: Trial) -> None:
    for index, (stride, padding) in enumerate(STRIDES_AND_PADDINGS):
        kh, kw = ((3, 2), (2, 3), (3, 3))[index % 3]
        x = t.rng.standard_normal((1 + index % 2, 2, 8, 9))
        t.equal(unfolded(x, kh, kw, stride=stride, padding=padding), x, kh, kw, stride, padding)
    for _ in range(8):
        options = {name: tuple(map(int, t.rng.integers(low, 4, 2))) for name, low in (("stride", 1), ("padding", 0))}
        x, w, _ = random_layer(t.rng, random_shape(t.rng))
        t.equal(unfolded(x, *w.shape[2:], **options), x, *w.shape[2:], **options)


@columns.family("dilation", 5)
def windows_spread(t: Trial) -> None:
    for shape, options in DILATIONS_AND_GROUPS + TOGETHER * t.passed("stride and padding"):
        if "dilation" in options:
            x, w, _ = random_layer(t.rng, shape)
            options = {name: value for name, value in options.items() if name != "groups"}
            t.equal(unfolded(x, *w.shape[2:], **options), x, *w.shape[2:], **options)
    for _ in range(8):
        dilation = tuple(map(int, t.rng.integers(1, 4, 2)))
        x, w, _ = random_layer(t.rng, random_shape(t.rng, dilation))
        t.equal(unfolded(x, *w.shape[2:], dilation=dilation), x, *w.shape[2:], dilation=dilation)


@columns.family("contract", 4)
def columns_are_a_copy_of_their_own_type(t: Trial) -> None:
    x = t.rng.standard_normal((2, 3, 6, 5))
    t.preserves(x, 3, 2)
    t.preserves(x, 3, 2, 1, 1)
    t.case("with a 1×1 window the columns are the image in another shape").preserves(x, 1, 1)
    t.dtype(np.float64, x, 2, 3)
    t.dtype(np.float32, x.astype(np.float32), 2, 3)
    whole = t.rng.integers(0, 256, x.shape)
    t.dtype(np.float64, whole, 2, 3)
    t.dtype(np.float64, whole.astype(np.uint8), 2, 3, padding=1)
    if t.passed("layout"):
        t.equal(unfolded(whole.astype(float), 2, 3), whole, 2, 3)
    t.case("the window is taller than the image").raises(ValueError, x, 7, 2)
    t.case("the window is wider than the image").raises(ValueError, x, 2, 6)
    if t.passed("dilation"):
        t.case("the dilated window is taller than the padded image").raises(ValueError, x, 3, 2, padding=1, dilation=4)
    t.case("x has 3 axes").raises(ValueError, x[0], 2, 2)


@fast.family("speed", 4)
def no_loop_over_positions(t: Trial) -> None:
    t.true(t.passed("basic"), "Speed counts once the values are right: see the family 'basic'.")
    if t.passed("basic"):
        x, w, _ = random_layer(t.rng, (1, 3, 32, 40, 4, 3, 3))
        t.faster(one_map_by_loops, 20, x, w, share=1 / 4)


@separable.family("values", 8)
def a_grouped_layer_and_a_1x1_layer(t: Trial) -> None:
    for n, c, h, w, f, kh, kw in [*SHAPES, *(random_shape(t.rng) for _ in range(4))]:
        x, wd, _ = random_layer(t.rng, (n, c, h, w, c, kh, kw), c)
        wp = t.rng.standard_normal((f, c, 1, 1))
        t.equal(oracle(oracle(x, wd, groups=c), wp), x, wd, wp)


@separable.family("contract", 2)
def separable_contract(t: Trial) -> None:
    x, wd, _ = random_layer(t.rng, (2, 3, 6, 5, 3, 3, 2), 3)
    wp = t.rng.standard_normal((4, 3, 1, 1))
    t.preserves(x, wd, wp)
    t.dtype(np.float64, x, wd, wp)
    t.dtype(np.float32, *(a.astype(np.float32) for a in (x, wd, wp)))
    whole = [t.rng.integers(10, 20, a.shape) for a in (x, wd, wp)]
    t.dtype(np.float64, *whole)
    if t.passed("values"):
        t.equal(oracle(oracle(whole[0], whole[1], groups=3), whole[2]), *whole)
    t.case("x has 3 channels, wd has 2").raises(ValueError, x, wd[:2], wp)
    t.case("x has 3 channels, wd has 1").raises(ValueError, x, wd[:1], wp)
    t.case("x has 3 channels, wp expects 2").raises(ValueError, x, wd, wp[:, :2])
    t.case("the kernel is taller than the image").raises(ValueError, x[:, :, :2], wd, wp)
    t.case("x has 3 axes").raises(ValueError, x[0], wd, wp)


@counts.family("parameters", 3)
def parameters_are_those_of_torch(t: Trial) -> None:
    for k in (1, 3, (3, 2), (1, 5)):
        for groups in (1, 2, 3):
            c, f = (groups * int(t.rng.integers(1, 9)) for _ in range(2))
            layer = torch.nn.Conv2d(c, f, k, groups=groups)
            t.equal(sum(p.numel() for p in layer.parameters()), c, f, k, groups=groups, bias=True)
            t.equal(layer.weight.numel(), c, f, k, groups=groups, bias=False)
    t.equal(34_944, 3, 96, 11)


@counts.family("multiplications", 3)
def multiplications_are_those_of_the_loops(t: Trial) -> None:
    macs = t.on("conv_macs")
    for k, (kh, kw) in ((1, (1, 1)), (3, (3, 3)), ((3, 2), (3, 2)), ((1, 5), (1, 5))):
        for groups in (1, 2, 3):
            c, f, oh, ow = (int(t.rng.integers(1, 9)) for _ in range(4))
            expected = f * groups * c * kh * kw
            macs.equal(expected * oh * ow, c * groups, f * groups, k, (oh, ow), groups=groups)
            macs.equal(expected * oh * oh, c * groups, f * groups, k, oh, groups=groups)
    macs.equal(105_415_200, 3, 96, 11, 55)


@counts.family("contract", 1)
def counts_refuse_groups_that_do_not_divide(t: Trial) -> None:
    t.case("3 channels do not split into 2 groups").raises(ValueError, 3, 4, 3, groups=2)
    t.case("4 kernels do not split into 3 groups").raises(ValueError, 3, 4, 3, groups=3)
    t.on("conv_macs").case("3 channels do not split into 2 groups").raises(ValueError, 3, 4, 3, 5, groups=2)
    t.on("conv_macs").case("4 kernels do not split into 3 groups").raises(ValueError, 3, 4, 3, 5, groups=3)


def one_kernel_per_position(x: Array, w: Array) -> Array:
    """By PyTorch's unfold: column l meets kernel l."""
    oh, ow, f, _, kh, kw = w.shape
    cols = unfolded(x, kh, kw)  # (N, C*KH*KW, OH*OW)
    y: Array = np.einsum("nkl,lfk->nfl", cols, w.reshape(oh * ow, f, -1)).reshape(len(x), f, oh, ow)
    return y


@local.family("values", 6)
def each_position_has_its_kernels(t: Trial) -> None:
    for n, c, h, width, f, kh, kw in [*SHAPES, *(random_shape(t.rng) for _ in range(4))]:
        x = t.rng.standard_normal((n, c, h, width))
        w = t.rng.standard_normal((h - kh + 1, width - kw + 1, f, c, kh, kw))
        t.equal(one_kernel_per_position(x, w), x, w)
    x, w, _ = random_layer(t.rng, (2, 2, 6, 5, 3, 3, 2))
    shared = np.tile(w, (4, 4, 1, 1, 1, 1))
    t.case("the same kernels everywhere: an ordinary layer").equal(oracle(x, w), x, shared)


@local.family("contract", 2)
def local_contract(t: Trial) -> None:
    x, w = t.rng.standard_normal((2, 3, 6, 5)), t.rng.standard_normal((4, 4, 2, 3, 3, 2))
    t.preserves(x, w)
    t.dtype(np.float64, x, w)
    t.dtype(np.float32, x.astype(np.float32), w.astype(np.float32))
    whole = [t.rng.integers(10, 20, a.shape) for a in (x, w)]
    t.dtype(np.float64, *whole)
    if t.passed("values"):
        t.equal(one_kernel_per_position(*(a.astype(float) for a in whole)), *whole)
    t.case("w has kernels for 3×4 positions, the output has 4×4").raises(ValueError, x, w[:3])
    t.case("w has kernels for 4×3 positions, the output has 4×4").raises(ValueError, x, w[:, :3])
    t.case("x has 3 channels, w expects 2").raises(ValueError, x, w[:, :, :, :2])
    t.case("x has 3 axes").raises(ValueError, x[0], w)
