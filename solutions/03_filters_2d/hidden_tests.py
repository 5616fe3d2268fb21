"""Hidden tests of unit 03. PyTorch, enumeration and closed forms are the oracles, out of the learner's reach."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as nn

from autograder.testing import Suite, Trial

Array = np.ndarray[Any, Any]

suite = Suite(without=("torch", "scipy", "numpy.convolve", "numpy.correlate"))

sizes = suite.exercise("out-size", 10, "out_size(n, k, s, p, d, ceil)")
same = suite.exercise("same-padding", 5, "same_padding(k, d)")
padding = suite.exercise("pad2d", 10, "pad2d(x, p, mode)")
correlation = suite.exercise("correlate2d", 10, "correlate2d(img, k)")
convolution = suite.exercise("convolve2d", 5, "convolve2d(img, k)")
classics = suite.exercise("named-kernel", 8, "named_kernel(name)")
products = suite.exercise("separable", 7, "separable(k)")
edges = suite.exercise("edge-magnitude", 5, "edge_magnitude(img)")

SHAPES = [
    (7, 5, 3, 2),
    (4, 9, 2, 3),
    (5, 8, 1, 4),
    (8, 6, 4, 1),
    (6, 7, 5, 2),
    (3, 10, 3, 4),
    (5, 6, 1, 1),
    (6, 4, 6, 4),
]


# -- out_size -----------------------------------------------------------------------------------------------------


def enumerated(n: int, k: int, s: int, p: int, d: int, ceil: bool = False) -> int:
    """Count the windows one by one."""
    end, extent = n + 2 * p, d * (k - 1) + 1
    count, start = 0, 0
    while start + extent <= end:
        count, start = count + 1, start + s
    left_over = end - (start - s + extent)
    return count + bool(ceil and left_over > 0 and start < n + p)


def random_axes(
    rng: np.random.Generator, number: int, dilated: bool = False, stepped: bool = True
) -> list[tuple[int, ...]]:
    """Sizes (n, k, s, p, d) up to 8 where at least one window fits, half of them with more than one."""
    lows = (1, 1, 1, 0, 2 if dilated else 1)
    highs = (9, 9, 9 if stepped else 2, 9 if stepped else 1, 9 if dilated else 2)
    n, k, s, p, d = rng.integers(lows, highs, (40 * number, 5)).T
    room = n + 2 * p - d * (k - 1) - 1
    order = np.concatenate(
        [np.flatnonzero(room >= s)[: number // 2], np.flatnonzero(room >= 0)[: number - number // 2]]
    )
    return [tuple(map(int, row)) for row in np.stack([n, k, s, p, d], axis=1)[order]]


@sizes.family("floor", 4)
def windows_are_counted(t: Trial) -> None:
    """Dense kernels: enumeration of window starts."""
    for n, k, s, p, _ in random_axes(t.rng, 90):
        t.equal(enumerated(n, k, s, p, 1), n, k, s, p)
    for n, k, s, p in ((7, 3, 1, 0), (7, 3, 2, 0), (10, 3, 2, 0), (5, 5, 3, 0), (1, 1, 1, 0), (227, 11, 4, 0)):
        t.equal(enumerated(n, k, s, p, 1), n, k, s=s, p=p)
    t.equal(6, 8, 3)


@sizes.family("dilation", 2)
def spread_kernels_reach_further(t: Trial) -> None:
    """Dilation; with stride and padding where these work alone."""
    for n, k, s, p, d in random_axes(t.rng, 70, dilated=True, stepped=t.passed("floor")):
        t.equal(enumerated(n, k, s, p, d), n, k, s, p, d)
    for n, k, d in ((7, 3, 3), (8, 2, 7), (8, 3, 2), (5, 1, 4)):
        t.equal(enumerated(n, k, 1, 0, d), n, k, d=d)


@sizes.family("ceil", 2)
def one_more_window_where_pixels_are_left_over(t: Trial) -> None:
    """Enumeration again; windows that would begin beyond the image are among them."""
    for n, k, s, p, d in random_axes(t.rng, 90) + random_axes(t.rng, 40, dilated=True) * t.passed("dilation"):
        if p <= d * (k - 1) and (p == 0 or t.passed("floor")):  # as PyTorch: no window sees padding only
            t.equal(enumerated(n, k, s, p, d, True), n, k, s, p, d, True)
    beyond = [(5, 1, 3, 0), (3, 3, 4, 2), (2, 2, 3, 1), (4, 2, 5, 1), (7, 2, 6, 0), (6, 3, 4, 2)]
    little = [(8, 4, 3, 0), (11, 6, 4, 0), (6, 4, 3, 1)]  # one pixel is left over, less than half a step
    within = [(10, 3, 2, 0), (7, 3, 2, 0), (6, 3, 2, 0), (4, 3, 4, 1), (5, 2, 8, 0), (6, 2, 3, 1)]
    for n, k, s, p in [*beyond, *little, *within]:
        if p == 0 or t.passed("floor"):
            t.equal(enumerated(n, k, s, p, 1, True), n, k, s, p, ceil=True)


@sizes.family("contract", 2)
def at_least_one_window(t: Trial) -> None:
    """ValueError where the first window does not fit; integers however long the axis is."""
    for n, k, s, p in ((3, 5, 1, 0), (4, 5, 2, 0), (4, 5, 8, 0), (2, 5, 1, 1), (1, 8, 3, 3), (6, 8, 5, 0)):
        t.raises(ValueError, n, k, s, p)
    t.raises(ValueError, 2, 5, 1, 0, 1, True)
    if t.passed("dilation"):
        for n, k, s, p, d in ((4, 3, 1, 0, 2), (5, 3, 4, 0, 3), (8, 4, 1, 1, 4), (6, 2, 2, 0, 6)):
            t.raises(ValueError, n, k, s, p, d)
    if t.passed("floor"):
        t.case("a very long axis").equal((10**17 + 1) // 3 + 1, 10**17 + 3, 3, 3)


# -- same_padding -------------------------------------------------------------------------------------------------


@same.family("odd kernels", 2)
def both_sides_alike(t: Trial) -> None:
    """Kernels of odd length."""
    for k in (1, 3, 5, 7, 9, 11, 2 * int(t.rng.integers(6, 50)) + 1):
        t.equal((k // 2, k // 2), k)


@same.family("even kernels", 2)
def the_smaller_part_first(t: Trial) -> None:
    """Kernels of even length."""
    for half in (1, 2, 3, 4, 5, 6, int(t.rng.integers(7, 50))):
        t.equal((half - 1, half), 2 * half)


@same.family("dilation", 1)
def spread_kernels_need_more(t: Trial) -> None:
    """As much in all as PyTorch needs; odd sums where even kernels work."""
    for k in range(1, 8):
        for d in (2, 3, 4, 5):
            total = enumerated(100, 1, 1, 0, 1) - enumerated(100, k, 1, 0, d)
            if total % 2 == 0 or t.passed("even kernels"):
                t.equal((total // 2, (total + 1) // 2), k, d)


# -- pad2d --------------------------------------------------------------------------------------------------------


def framed(x: Array, sides: tuple[int, int, int, int], mode: str = "constant") -> Array:
    """PyTorch's border, in float64 unless x is float32."""
    top, bottom, left, right = sides
    images = torch.from_numpy(x.astype(np.float32 if x.dtype == np.float32 else np.float64))
    images = images.reshape(1, -1, *x.shape[-2:])
    y: Array = nn.pad(images, (left, right, top, bottom), mode=mode).numpy()
    return y.reshape(*x.shape[:-2], *y.shape[-2:])


def random_sides(rng: np.random.Generator, highs: tuple[int, int] = (4, 4)) -> tuple[int, int, int, int]:
    """Four widths of a border: above and below less than the first bound, left and right less than the second."""
    top, bottom = (int(side) for side in rng.integers(0, highs[0], 2))
    left, right = (int(side) for side in rng.integers(0, highs[1], 2))
    return top, bottom, left, right


@padding.family("zero", 3)
def zeros_all_around(t: Trial) -> None:
    """The same number of zeros on all sides, with none, one and two axes before the image."""
    for shape in ((3, 4), (2, 5), (4, 1), (2, 3, 4), (2, 3, 2, 5)):
        x = 1 + t.rng.random(shape)
        for p in (1, 2, 0):
            t.equal(framed(x, (p, p, p, p)), x, p)
    x = 1 + t.rng.random((3, 2))
    t.equal(framed(x, (3, 3, 3, 3)), x, 3, "zero")


@padding.family("four sides", 2)
def every_side_its_own(t: Trial) -> None:
    """(top, bottom, left, right), all different."""
    for sides in ((1, 2, 3, 4), (1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1), (4, 1, 2, 0), (0, 0, 0, 0)):
        x = 1 + t.rng.random((3, 5))
        t.equal(framed(x, sides), x, sides)
    for shape in ((2, 4, 3), (2, 2, 3, 4)):
        x, sides = 1 + t.rng.random(shape), random_sides(t.rng)
        t.equal(framed(x, sides), x, sides, "zero")


@padding.family("reflect and edge", 3)
def borders_from_the_image(t: Trial) -> None:
    """Both modes, up to the widest border that can be mirrored; four sides where these work with zeros."""
    for shape in ((4, 5), (3, 6), (2, 4, 3), (2, 1, 3, 4)):
        x = t.rng.standard_normal(shape)
        for p in (1, 2):
            t.equal(framed(x, (p, p, p, p), "reflect"), x, p, "reflect")
            t.equal(framed(x, (p, p, p, p), "replicate"), x, p, "edge")
    for _ in range(4 * t.passed("four sides")):
        h, w = (int(size) for size in t.rng.integers(2, 7, 2))
        x = t.rng.standard_normal((h, w))
        sides = random_sides(t.rng, (h, w))
        t.equal(framed(x, sides, "reflect"), x, sides, "reflect")
        sides = random_sides(t.rng, (6, 6))
        t.equal(framed(x, sides, "replicate"), x, sides, "edge")
    x = t.rng.standard_normal((3, 5))
    t.case("as wide as can be mirrored").equal(framed(x, (2, 2, 2, 2), "reflect"), x, 2, "reflect")
    x = t.rng.standard_normal((1, 4))
    t.case("wider than the image").equal(framed(x, (3, 3, 3, 3), "replicate"), x, 3, "edge")


@padding.family("contract", 2)
def padding_keeps_the_rules(t: Trial) -> None:
    """Inputs untouched, element types, errors."""
    x = t.rng.standard_normal((2, 3, 4))
    for mode in ("zero", "reflect", "edge"):
        t.preserves(x, 1, mode)
        t.case("no padding at all").preserves(x, 0, mode)
        t.dtype(np.float64, x, 1, mode)
        t.dtype(np.float32, x.astype(np.float32), 1, mode)
        t.dtype(np.float64, t.rng.integers(0, 256, x.shape).astype(np.uint8), 1, mode)
    t.dtype(np.float64, t.rng.integers(0, 256, x.shape), 2)
    image = x[0]
    t.case("there is no such mode").raises(ValueError, image, 1, "wrap")
    t.case("x has 1 axis").raises(ValueError, image[0], 1)
    t.case("a negative number").raises(ValueError, image, -1)
    t.case("a negative number").raises(ValueError, image, (0, 1, 0, -1))
    t.case("three numbers").raises(ValueError, image, (1, 1, 1))
    t.case("two numbers").raises(ValueError, image, (1, 2))
    t.case("3 rows cannot be mirrored over 3").raises(ValueError, image, (3, 0, 0, 0), "reflect")
    t.case("3 rows cannot be mirrored over 4").raises(ValueError, image, (0, 4, 0, 0), "reflect")
    t.case("4 columns cannot be mirrored over 4").raises(ValueError, image, (0, 0, 0, 4), "reflect")


# -- correlate2d and convolve2d -----------------------------------------------------------------------------------


def correlated(img: Array, k: Array) -> Array:
    """PyTorch's layer on one channel, in float64 unless the image is float32."""
    dtype = np.float32 if img.dtype == np.float32 else np.float64
    image, kernel = (torch.from_numpy(np.array(a, dtype))[None, None] for a in (img, k))
    y: Array = nn.conv2d(image, kernel)[0, 0].numpy()
    return y


def turned(k: Array) -> Array:
    """The kernel turned by 180°."""
    return k[::-1, ::-1].copy()


def random_shape(rng: np.random.Generator) -> tuple[int, int, int, int]:
    """Sizes of an image and of a kernel that fits into it, neither of them square."""
    kh, kw = (int(size) for size in rng.choice(5, 2, replace=False) + 1)
    h = kh + int(rng.integers(0, 6))
    w = kw + int(rng.integers(0, 6))
    return h, w + (h == w), kh, kw


@correlation.family("values", 4)
def square_images_and_kernels(t: Trial) -> None:
    """Square kernels on square images; a single bright pixel; linearity; a shift of the image."""
    for size, extent in ((4, 2), (5, 3), (6, 2), (7, 4), (8, 3), (3, 1), (4, 4), (9, 5)):
        img, k = t.rng.standard_normal((size, size)), t.rng.standard_normal((extent, extent))
        t.equal(correlated(img, k), img, k)
    spot, k = np.zeros((7, 7)), t.rng.standard_normal((3, 3))
    spot[3, 3] = 1.0
    t.case("one pixel is 1, all others are 0").equal(np.pad(turned(k), 1), spot, k)
    img = t.rng.standard_normal((7, 7))
    first, second, both = (t.array((5, 5), image, k) for image in (img, img**2, 3 * img - 2 * img**2))
    t.agree(3 * first - 2 * second, both, "the correlation of 3·a - 2·b is not that of a and b taken together")
    moved = t.array((5, 5), np.roll(img, (1, 2), (0, 1)), k)
    t.agree(first[:-1, :-2], moved[1:, 2:], "an image moved by (1, 2) must move the result by (1, 2)")


@correlation.family("not square", 3)
def rows_are_not_columns(t: Trial) -> None:
    """Four different lengths."""
    for h, w, kh, kw in [*SHAPES, *(random_shape(t.rng) for _ in range(8))]:
        img, k = t.rng.standard_normal((h, w)), t.rng.standard_normal((kh, kw))
        t.equal(correlated(img, k), img, k)


@correlation.family("contract", 3)
def correlation_keeps_the_rules(t: Trial) -> None:
    """Inputs untouched, element types, no overflow, errors."""
    images_keep_the_rules(t, correlated)


def images_keep_the_rules(t: Trial, oracle: Callable[[Array, Array], Array]) -> None:
    """What the two functions of an image and a kernel have in common."""
    img, k = t.rng.standard_normal((6, 6)), t.rng.standard_normal((3, 3))
    t.preserves(img, k)
    t.case("the kernel [[1]] gives the image itself").preserves(img, np.ones((1, 1)))
    t.dtype(np.float64, img, k)
    t.dtype(np.float32, img.astype(np.float32), k.astype(np.float32))
    photograph, whole = t.rng.integers(100, 256, (6, 6)), t.rng.integers(1, 4, (3, 3))
    t.dtype(np.float64, photograph, whole)
    t.dtype(np.float64, photograph.astype(np.uint8), k)
    if t.passed("values"):
        t.case("real kernel values").equal(oracle(photograph, k), photograph, k)
        photograph, whole = photograph.astype(np.uint8), whole.astype(np.uint8)
        t.case("sums exceed what uint8 holds").equal(oracle(photograph, whole), photograph, whole)
    t.case("img has 3 axes").raises(ValueError, img[None], k)
    t.case("img has 1 axis").raises(ValueError, img[0], k)
    t.case("k has 1 axis").raises(ValueError, img, k[0])
    t.case("k has 3 axes").raises(ValueError, img, k[None])
    t.case("the kernel is taller than the image").raises(ValueError, img[:2], k)
    t.case("the kernel is wider than the image").raises(ValueError, img[:, :2], k)
    t.case("the kernel is larger than the image").raises(ValueError, img[:2, :2], k)


@convolution.family("values", 3)
def kernels_are_turned(t: Trial) -> None:
    """Square and not square; the print of a single pixel."""
    for h, w, kh, kw in [(5, 5, 2, 2), (6, 6, 3, 3), *SHAPES, *(random_shape(t.rng) for _ in range(6))]:
        img, k = t.rng.standard_normal((h, w)), t.rng.standard_normal((kh, kw))
        t.equal(correlated(img, turned(k)), img, k)
    spot, k = np.zeros((5, 7)), t.rng.standard_normal((3, 4))
    spot[2, 3] = 1.0
    t.case("one pixel is 1, all others are 0").equal(k, spot, k)


@convolution.family("contract", 2)
def convolution_keeps_the_rules(t: Trial) -> None:
    """Inputs untouched, element types, no overflow, errors."""
    images_keep_the_rules(t, lambda img, k: correlated(img, turned(k)))


# -- named_kernel -------------------------------------------------------------------------------------------------

FIXED = {
    "sobel_x": np.outer([1.0, 2.0, 1.0], [-1.0, 0.0, 1.0]),
    "sobel_y": np.outer([-1.0, 0.0, 1.0], [1.0, 2.0, 1.0]),
    "outline": 9.0 * np.eye(9)[4].reshape(3, 3) - 1.0,
    "emboss": np.add.outer(np.arange(-1.0, 2.0), np.arange(-1.0, 2.0)) + np.eye(9)[4].reshape(3, 3),
}


def bell(sigma: float) -> Array:
    """Value by value, divided by the sum."""
    radius = 1
    while radius < 3 * sigma:
        radius += 1
    places = np.arange(-radius, radius + 1.0)
    values: Array = np.exp(-0.5 * (np.hypot(places[:, None], places) / sigma) ** 2)
    return values / values.sum()


@classics.family("fixed kernels", 4)
def kernels_without_parameters(t: Trial) -> None:
    """Sobel, outline and emboss, value by value."""
    for name, kernel in FIXED.items():
        t.equal(kernel, name)


@classics.family("box and Gaussian", 3)
def blurs_of_any_width(t: Trial) -> None:
    """With and without a parameter; the values add up to 1."""
    t.equal(np.full((3, 3), 1 / 9), "box")
    for size in (1, 2, 3, 4, 5, 8):
        t.equal(np.full((size, size), 1 / size**2), "box", size=size)
    t.equal(bell(1.0), "gaussian")
    for sigma in (2, 0.5, 0.2, 1.1, *(round(float(width), 3) for width in t.rng.uniform(0.3, 2.5, 5))):
        t.equal(bell(sigma), "gaussian", sigma=sigma)


@classics.family("contract", 1)
def kernels_are_floats_and_names_are_known(t: Trial) -> None:
    """Element type, unknown names, parameters that make no sense."""
    for name in ("box", "gaussian", *FIXED):
        t.dtype(np.float64, name)
    t.case("there is no such kernel").raises(ValueError, "sobel")
    t.case("there is no such kernel").raises(ValueError, "blur", size=3)
    t.case("a Gaussian of no width").raises(ValueError, "gaussian", sigma=0.0)
    t.case("a Gaussian of negative width").raises(ValueError, "gaussian", sigma=-1.0)
    t.case("a box without pixels").raises(ValueError, "box", size=0)
    t.case("a box has no sigma").raises(ValueError, "box", sigma=1.0)
    t.case("sobel_x has no size").raises(ValueError, "sobel_x", size=5)


# -- separable ----------------------------------------------------------------------------------------------------

TINY, HUGE = "all values around 1e-9", "all values around 1e9"


def product_of_both(function: Callable[..., Any], k: Array) -> Any:
    """The column times the row."""
    result = function(k)
    if result is None:
        return None
    u, v = pair_of(result)
    if np.shape(u) != k.shape[:1] or np.shape(v) != k.shape[1:]:
        raise ValueError(f"u and v have the shapes {np.shape(u)} and {np.shape(v)}, the kernel {k.shape}")
    return np.outer(u, v)


def product_of_any_pair(function: Callable[..., Any], k: Array) -> Any:
    """The column times the row."""
    result = function(k)
    shapes = [np.shape(part) for part in result] if type(result) in (tuple, list) else []
    return np.outer(*result) if shapes == [k.shape[:1], k.shape[1:]] else result


def column_alone(function: Callable[..., Any], k: Array) -> Any:
    """The first result, u."""
    return pair_of(function(k))[0]


def row_alone(function: Callable[..., Any], k: Array) -> Any:
    """The second result, v."""
    return pair_of(function(k))[1]


def pair_of(results: Any) -> tuple[Any, Any]:
    """The two results.

    Raises:
        TypeError: If there are not two.
    """
    if type(results) not in (tuple, list) or len(results) != 2:
        raise TypeError("the pair (u, v) is expected")
    return results[0], results[1]


@products.family("separable", 4)
def products_are_taken_apart(t: Trial) -> None:
    """Any split will do; zeros in any place, values of any size."""
    whole = t.through(product_of_both).within(0.0, 1e-6)
    kernels = [FIXED["sobel_x"], FIXED["sobel_y"], bell(1.0), np.full((3, 3), 1 / 9), np.full((2, 4), -2.0)]
    for kh, kw in ((3, 3), (2, 5), (4, 2), (1, 4), (3, 1), (1, 1), (5, 5)):
        kernels.append(np.outer(t.rng.standard_normal(kh), t.rng.standard_normal(kw)))
    with_zeros = np.outer([0.0, 0.0, 2.0, -3.0], [0.0, 1.5, 0.0])
    scaled = np.outer(t.rng.standard_normal(3), t.rng.standard_normal(4))
    for k in [*kernels, with_zeros, with_zeros.T.copy()]:
        whole.equal(k, k)
    for case, k in ((TINY, 1e-9 * scaled), (HUGE, 1e9 * scaled), ("a kernel of zeros", np.zeros((2, 3)))):
        whole.case(case).equal(k, k)
    noise = 1e-10 * t.rng.standard_normal(scaled.shape)
    whole.case("rounding errors").equal(scaled, scaled + np.abs(scaled).max() * noise)


@products.family("not separable", 2)
def other_kernels_are_told(t: Trial) -> None:
    """Rank 2 and above, by much and by little, at any scale."""
    two = [np.outer(t.rng.standard_normal(4), t.rng.standard_normal(3)) for _ in range(2)]
    near = two[0].copy()
    near[2, 1] += 0.01 * np.abs(near).max()
    third = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 0.0, 2.0]])
    kernels = [FIXED["outline"], FIXED["emboss"], np.eye(2), np.eye(3), t.rng.standard_normal((3, 5)), sum(two)]
    kernels += [near, third, third.T.copy(), np.array([[0.0, 1.0], [1.0, 0.0]])]
    kernels += [np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 2.0], [0.0, 3.0, 4.0]]), np.array([[1.0, 2.0], [2.0, 1.0]])]
    whole = t.through(product_of_any_pair)  # whichever of the many pairs it is
    for k in kernels:
        whole.equal(None, np.asarray(k))
    for case, k in ((TINY, 1e-9 * np.add(*two)), (HUGE, 1e9 * near)):
        whole.case(case).equal(None, k)


@products.family("contract", 1)
def taking_apart_keeps_the_rules(t: Trial) -> None:
    """The kernel untouched, element types, errors."""
    k = np.outer([1.0, 2.0, 4.0], [1.0, 2.0, 4.0])
    t.preserves(k)
    t.case("a single row").preserves(k[:1].copy())
    t.case("a single column").preserves(k[:, :1].copy())
    t.case("the first row is [1, ...]").preserves(np.outer([1.0, 2.0], [1.0, 3.0]))
    for part in (t.through(column_alone), t.through(row_alone)):
        part.dtype(np.float64, k)
        part.dtype(np.float32, k.astype(np.float32))
        part.dtype(np.float64, np.array([[1, 2], [2, 4]]))
    if t.passed("separable"):
        t.through(product_of_both).equal(np.array([[2.0, 4.0], [3.0, 6.0]]), np.array([[2, 4], [3, 6]]))
        small = np.array([[100, 200], [50, 100]], np.uint8)
        t.through(product_of_both).equal(small.astype(float), small)
    t.case("k has 1 axis").raises(ValueError, k[0])
    t.case("k has 3 axes").raises(ValueError, k[None])


# -- edge_magnitude -----------------------------------------------------------------------------------------------


def strength(img: Array) -> Array:
    """By differences of shifted sums, without a kernel."""
    image = img.astype(np.float64)
    rows = image[:-2] + 2 * image[1:-1] + image[2:]
    columns = image[:, :-2] + 2 * image[:, 1:-1] + image[:, 2:]
    return np.hypot(rows[:, 2:] - rows[:, :-2], columns[2:] - columns[:-2])


@edges.family("values", 3)
def the_length_of_the_gradient(t: Trial) -> None:
    """Random images, ramps in any direction, images turned and transposed."""
    for h, w in ((3, 3), (4, 7), (8, 5), (3, 6), (5, 3), (6, 6), (7, 4), (9, 8)):
        img = t.rng.standard_normal((h, w))
        t.equal(strength(img), img)
    for _ in range(3):
        right, down = t.rng.uniform(-3, 3, 2)
        ramp = right * np.arange(5.0) + down * np.arange(6.0)[:, None]
        t.case("a ramp").equal(np.full((4, 3), 8 * np.hypot(right, down)), ramp)
    img = t.rng.standard_normal((5, 8))
    still = t.array((3, 6), img)
    t.agree(still.T, t.array((6, 3), img.T.copy()), "the transposed image must give the transposed result")
    t.agree(
        np.rot90(still), t.array((6, 3), np.rot90(img).copy()), "the image turned by 90° must give the result turned"
    )
    t.agree(still, t.array((3, 6), 5 - img), "the negative of an image has the same edges")


@edges.family("contract", 2)
def edges_keep_the_rules(t: Trial) -> None:
    """The image untouched, element types, no overflow, errors."""
    img = t.rng.standard_normal((5, 6))
    t.preserves(img)
    t.dtype(np.float64, img)
    t.dtype(np.float32, img.astype(np.float32))
    photograph = t.rng.integers(0, 256, (7, 6))
    t.dtype(np.float64, photograph)
    t.dtype(np.float64, photograph.astype(np.uint8))
    if t.passed("values"):
        t.equal(strength(photograph), photograph)
        t.case("differences and squares exceed what uint8 holds").equal(
            strength(photograph), photograph.astype(np.uint8)
        )
    t.case("img has 1 axis").raises(ValueError, img[0])
    t.case("img has 3 axes").raises(ValueError, img[None])
    t.case("2 rows").raises(ValueError, img[:2])
    t.case("2 columns").raises(ValueError, img[:, :2])
