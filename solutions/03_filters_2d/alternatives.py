"""Right answers of unit 03 in other styles than the reference's. Each must get full marks."""

from __future__ import annotations

import math

import numpy as np

from autograder.testing import Alternatives

alternative = Alternatives()


# -- out_size -----------------------------------------------------------------------------------------------------


def must_reach(n, k, p, d):
    extent = (k - 1) * d + 1
    if extent > n + 2 * p:
        raise ValueError(f"a kernel over {extent} pixels does not fit into {n} + 2·{p}")
    return extent


@alternative("out-size", style="enumeration of starts")
def starts_enumerated(n, k, s=1, p=0, d=1, ceil=False):
    extent = must_reach(n, k, p, d)
    if n > 10**6:
        return (n + 2 * p - extent) // s + 1
    starts = [start for start in range(0, n + 2 * p, s) if start + extent <= n + 2 * p]
    following = starts[-1] + s
    if ceil and starts[-1] + extent < n + 2 * p and following < n + p:
        starts.append(following)
    return len(starts)


@alternative("out-size", style="length of a range")
def length_of_a_range(n, k, s=1, p=0, d=1, ceil=False):
    extent = must_reach(n, k, p, d)
    last = n + 2 * p - extent
    size = len(range(0, last + 1, s))
    return size + 1 if ceil and last % s != 0 and size * s < n + p else size


@alternative("out-size", style="PyTorch's formula")
def rounded_up_then_corrected(n, k, s=1, p=0, d=1, ceil=False):
    must_reach(n, k, p, d)
    size = (n + 2 * p - d * (k - 1) - 1 + (s - 1 if ceil else 0)) // s + 1
    if ceil and (size - 1) * s >= n + p:
        size -= 1
    return size


@alternative("out-size", style="divmod")
def quotient_and_remainder(n, k, s=1, p=0, d=1, ceil=False):
    steps, rest = divmod(n + 2 * p - must_reach(n, k, p, d), s)
    return steps + 1 + int(bool(ceil) and rest > 0 and (steps + 1) * s < n + p)


@alternative("out-size", style="NumPy integer")
def numpy_integer(n, k, s=1, p=0, d=1, ceil=False):
    room = np.int64(n + 2 * p - must_reach(n, k, p, d))
    size = room // s + 1
    return size + np.int64(ceil and room % s != 0 and size * s < n + p)


# -- same_padding -------------------------------------------------------------------------------------------------


@alternative("same-padding", style="difference of sizes")
def lost_pixels(k, d=1):
    lost = 10**6 - (10**6 - (k - 1) * d)
    return lost // 2, (lost + 1) // 2


@alternative("same-padding", style="divmod")
def half_and_rest(k, d=1):
    half, rest = divmod(d * (k - 1), 2)
    return half, half + rest


@alternative("same-padding", style="middle of the kernel")
def around_the_middle(k, d=1):
    extent = d * (k - 1) + 1
    middle = (extent - 1) // 2
    return middle, extent - 1 - middle


@alternative("same-padding", style="search")
def smallest_that_keeps_the_size(k, d=1):
    lo = hi = 0
    while 10 * k * d + lo + hi - d * (k - 1) < 10 * k * d:
        lo, hi = (lo, hi + 1) if hi == lo else (lo + 1, hi)
    return [lo, hi]


@alternative("same-padding", style="ceil and floor")
def ceil_and_floor(k, d=1):
    return math.floor(d * (k - 1) / 2), math.ceil(d * (k - 1) / 2)


# -- pad2d --------------------------------------------------------------------------------------------------------


def check_border(x, p, mode):
    if x.ndim < 2:
        raise ValueError(f"x must be (..., H, W), got {x.shape}")
    if mode not in {"zero", "reflect", "edge"}:
        raise ValueError(f"no such mode: {mode!r}")
    sides = (p,) * 4 if isinstance(p, int) else p
    if len(sides) != 4 or any(side < 0 for side in sides):
        raise ValueError(f"p must be a number or four, 0 or above, got {p}")
    top, bottom, left, right = sides
    if mode == "reflect" and (max(top, bottom) >= x.shape[-2] or max(left, right) >= x.shape[-1]):
        raise ValueError(f"cannot mirror {x.shape[-2:]} over {sides}")
    return sides


def as_float(a):
    return a if np.issubdtype(a.dtype, np.floating) else a.astype(np.float64)


@alternative("pad2d", style="np.pad")
def by_numpy(x, p, mode="zero"):
    top, bottom, left, right = check_border(x, p, mode)
    widths = [(0, 0)] * (x.ndim - 2) + [(top, bottom), (left, right)]
    return np.pad(as_float(x), widths, mode="constant" if mode == "zero" else mode)


@alternative("pad2d", style="concatenation, rows then columns")
def concatenated(x, p, mode="zero"):
    top, bottom, left, right = check_border(x, p, mode)

    def extended(a, before, behind):
        n = a.shape[-1]
        if mode == "zero":
            parts = [np.zeros((*a.shape[:-1], before), a.dtype), a, np.zeros((*a.shape[:-1], behind), a.dtype)]
        elif mode == "edge":
            parts = [np.repeat(a[..., :1], before, axis=-1), a, np.repeat(a[..., -1:], behind, axis=-1)]
        else:
            parts = [a[..., 1 : before + 1][..., ::-1], a, a[..., n - 1 - behind : n - 1][..., ::-1]]
        return np.concatenate(parts, axis=-1)

    rows = extended(as_float(x).swapaxes(-1, -2), top, bottom).swapaxes(-1, -2)
    return extended(rows, left, right).copy()


@alternative("pad2d", style="loops over the border")
def pixel_by_pixel(x, p, mode="zero"):
    top, bottom, left, right = check_border(x, p, mode)
    h, w = x.shape[-2:]

    def source(place, n):
        if 0 <= place < n:
            return place
        if mode == "edge":
            return 0 if place < 0 else n - 1
        return -place if place < 0 else 2 * (n - 1) - place

    y = np.zeros((*x.shape[:-2], top + h + bottom, left + w + right), as_float(x).dtype)
    for i in range(y.shape[-2]):
        for j in range(y.shape[-1]):
            inside = 0 <= i - top < h and 0 <= j - left < w
            if inside or mode != "zero":
                y[..., i, j] = x[..., source(i - top, h), source(j - left, w)]
    return y


@alternative("pad2d", style="zeros, then slices for the border")
def slices_into_zeros(x, p, mode="zero"):
    top, bottom, left, right = check_border(x, p, mode)
    h, w = x.shape[-2:]
    y = np.zeros((*x.shape[:-2], top + h + bottom, left + w + right), as_float(x).dtype)
    y[..., top : top + h, left : left + w] = x
    for i in range(1, top + 1) if mode != "zero" else ():
        y[..., top - i, :] = y[..., top + (i if mode == "reflect" else 0), :]
    for i in range(1, bottom + 1) if mode != "zero" else ():
        y[..., top + h - 1 + i, :] = y[..., top + h - 1 - (i if mode == "reflect" else 0), :]
    for j in range(1, left + 1) if mode != "zero" else ():
        y[..., left - j] = y[..., left + (j if mode == "reflect" else 0)]
    for j in range(1, right + 1) if mode != "zero" else ():
        y[..., left + w - 1 + j] = y[..., left + w - 1 - (j if mode == "reflect" else 0)]
    return y


@alternative("pad2d", style="selection matrices")
def selection_matrices(x, p, mode="zero"):
    top, bottom, left, right = check_border(x, p, mode)

    def selection(n, before, behind):
        places = np.arange(-before, n + behind)
        if mode == "edge":
            places = np.clip(places, 0, n - 1)
        if mode == "reflect":
            places = np.abs(places)
            places = np.where(places > n - 1, 2 * (n - 1) - places, places)
        return (places[:, None] == np.arange(n)).astype(as_float(x).dtype)

    rows, columns = selection(x.shape[-2], top, bottom), selection(x.shape[-1], left, right)
    return rows @ as_float(x) @ columns.T


# -- correlate2d and convolve2d -----------------------------------------------------------------------------------


def check_pair(img, k):
    if img.ndim != 2 or k.ndim != 2:
        raise ValueError(f"img and k must have 2 axes, got {img.shape} and {k.shape}")
    if k.shape[0] > img.shape[0] or k.shape[1] > img.shape[1]:
        raise ValueError(f"{k.shape} does not fit into {img.shape}")
    return img.shape[0] - k.shape[0] + 1, img.shape[1] - k.shape[1] + 1


@alternative("correlate2d", style="four loops")
def four_loops(img, k):
    rows, columns = check_pair(img, k)
    y = np.zeros((rows, columns), as_float(img).dtype)
    for i in range(rows):
        for j in range(columns):
            total = 0.0
            for u in range(k.shape[0]):
                for v in range(k.shape[1]):
                    total += float(img[i + u, j + v]) * float(k[u, v])
            y[i, j] = total
    return y


@alternative("correlate2d", style="sum of shifted images")
def shifted_images(img, k):
    rows, columns = check_pair(img, k)
    image = as_float(img)
    y = np.zeros((rows, columns), image.dtype)
    for (u, v), weight in np.ndenumerate(k):
        y += image.dtype.type(weight) * image[u : u + rows, v : v + columns]
    return y


@alternative("correlate2d", style="einsum over a sliding window view")
def einsum_over_windows(img, k):
    check_pair(img, k)
    windows = np.lib.stride_tricks.sliding_window_view(as_float(img), k.shape)
    return np.einsum("ijuv,uv->ij", windows, k.astype(windows.dtype))


@alternative("correlate2d", style="columns times kernel")
def columns_times_kernel(img, k):
    rows, columns = check_pair(img, k)
    image = as_float(img)
    first = np.arange(rows)[:, None, None, None] + np.arange(k.shape[0])[:, None]
    second = np.arange(columns)[:, None, None] + np.arange(k.shape[1])
    windows = image[first, second].reshape(rows * columns, k.size)
    return (windows @ k.ravel().astype(image.dtype)).reshape(rows, columns)


@alternative("correlate2d", style="FFT")
def product_of_spectra(img, k):
    rows, columns = check_pair(img, k)
    spectrum = np.fft.rfft2(img) * np.conj(np.fft.rfft2(k, img.shape))
    return np.fft.irfft2(spectrum, img.shape)[:rows, :columns].astype(as_float(img).dtype)


@alternative("correlate2d", style="banded matrices, row by row of the kernel")
def banded_matrices(img, k):
    rows, columns = check_pair(img, k)
    image = as_float(img)
    y = np.zeros((rows, columns), image.dtype)
    for u in range(k.shape[0]):
        band = sum(np.eye(img.shape[1], columns, k=-v) * float(k[u, v]) for v in range(k.shape[1]))
        y += image[u : u + rows] @ band.astype(image.dtype)
    return y


@alternative("convolve2d", style="loops with reversed indices")
def reversed_indices(img, k):
    rows, columns = check_pair(img, k)
    kh, kw = k.shape
    y = np.zeros((rows, columns), as_float(img).dtype)
    for i, j in np.ndindex(rows, columns):
        y[i, j] = sum(float(k[u, v]) * float(img[i + kh - 1 - u, j + kw - 1 - v]) for u in range(kh) for v in range(kw))
    return y


@alternative("convolve2d", style="rot90, then windows")
def turned_by_rot90(img, k):
    check_pair(img, k)
    windows = np.lib.stride_tricks.sliding_window_view(as_float(img), k.shape)
    return np.tensordot(windows, np.rot90(k, 2).astype(windows.dtype), axes=2)


@alternative("convolve2d", style="pixels spread by the kernel, then cut")
def spread_and_cut(img, k):
    rows, columns = check_pair(img, k)
    (h, w), (kh, kw) = img.shape, k.shape
    image = as_float(img)
    full = np.zeros((h + kh - 1, w + kw - 1), image.dtype)
    for (u, v), weight in np.ndenumerate(k):
        full[u : u + h, v : v + w] += image.dtype.type(weight) * image
    return full[kh - 1 : kh - 1 + rows, kw - 1 : kw - 1 + columns].copy()


@alternative("convolve2d", style="FFT")
def product_without_conjugate(img, k):
    check_pair(img, k)
    around = np.fft.irfft2(np.fft.rfft2(img) * np.fft.rfft2(k, img.shape), img.shape)
    return around[k.shape[0] - 1 :, k.shape[1] - 1 :].astype(as_float(img).dtype)


@alternative("convolve2d", style="image and result turned")
def image_and_result_turned(img, k):
    check_pair(img, k)
    return four_loops(img[::-1, ::-1], k)[::-1, ::-1].copy()


# -- named_kernel -------------------------------------------------------------------------------------------------


def given(parameters, **defaults):
    if set(parameters) - set(defaults):
        raise ValueError(f"unknown parameters {set(parameters) - set(defaults)}")
    values = {**defaults, **parameters}
    if any(value <= 0 for value in values.values()):
        raise ValueError(f"{values} must be above 0")
    return values


@alternative("named-kernel", style="branches")
def one_branch_per_name(name, **parameters):
    if name == "box":
        size = given(parameters, size=3)["size"]
        return np.ones((size, size)) / (size * size)
    if name == "gaussian":
        sigma = given(parameters, sigma=1.0)["sigma"]
        r = math.ceil(3 * sigma)
        rows = [[math.exp(-(i * i + j * j) / (2 * sigma * sigma)) for j in range(-r, r + 1)] for i in range(-r, r + 1)]
        total = sum(map(sum, rows))
        return np.array(rows) / total
    given(parameters)
    if name == "sobel_x":
        return np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    if name == "sobel_y":
        return np.array([[-1.0, -2.0, -1.0], [0.0, 0.0, 0.0], [1.0, 2.0, 1.0]])
    if name == "outline":
        return np.array([[-1.0, -1.0, -1.0], [-1.0, 8.0, -1.0], [-1.0, -1.0, -1.0]])
    if name == "emboss":
        return np.array([[-2.0, -1.0, 0.0], [-1.0, 1.0, 1.0], [0.0, 1.0, 2.0]])
    raise ValueError(f"no kernel is called {name!r}")


@alternative("named-kernel", style="outer products")
def outer_products(name, **parameters):
    smooth, slope = np.array([1.0, 2.0, 1.0]), np.array([-1.0, 0.0, 1.0])
    spot = np.outer([0.0, 1.0, 0.0], [0.0, 1.0, 0.0])
    fixed = {
        "sobel_x": np.outer(smooth, slope),
        "sobel_y": np.outer(slope, smooth),
        "outline": 9 * spot - np.ones((3, 3)),
        "emboss": slope[:, None] + slope + spot,
    }
    if name in fixed:
        given(parameters)
        return fixed[name]
    if name == "box":
        row = np.full(given(parameters, size=3)["size"], 1.0)
        return np.outer(row / len(row), row / len(row))
    if name == "gaussian":
        sigma = given(parameters, sigma=1.0)["sigma"]
        radius = int(np.ceil(3 * sigma))
        row = np.exp(-0.5 * (np.linspace(-radius, radius, 2 * radius + 1) / sigma) ** 2)
        return np.outer(row / row.sum(), row / row.sum())
    raise ValueError(name)


@alternative("named-kernel", style="text")
def read_from_text(name, **parameters):
    texts = {
        "sobel_x": "-1 0 1 -2 0 2 -1 0 1",
        "sobel_y": "-1 -2 -1 0 0 0 1 2 1",
        "outline": "-1 -1 -1 -1 8 -1 -1 -1 -1",
        "emboss": "-2 -1 0 -1 1 1 0 1 2",
    }
    if name in texts:
        given(parameters)
        return np.array(texts[name].split(), np.float64).reshape(3, 3)
    if name not in ("box", "gaussian"):
        raise ValueError(f"unknown: {name}")
    return one_branch_per_name(name, **parameters)


@alternative("named-kernel", style="a function for each name")
def table_of_functions(name, **parameters):
    def box(size=3):
        return np.tile(1 / size**2, (size, size))

    def gaussian(sigma=1.0):
        radius = -int(-3 * sigma // 1)
        i, j = np.mgrid[-radius : radius + 1, -radius : radius + 1]
        values = np.exp(-(i**2 + j**2) / (2.0 * sigma**2))
        return values / np.sum(values)

    makers = {"box": (box, {"size"}), "gaussian": (gaussian, {"sigma"})}
    for fixed in ("sobel_x", "sobel_y", "outline", "emboss"):
        makers[fixed] = (lambda fixed=fixed: read_from_text(fixed), set())
    if name not in makers:
        raise ValueError(f"{name!r} is none of {sorted(makers)}")
    maker, allowed = makers[name]
    if not allowed.issuperset(parameters) or any(value <= 0 for value in parameters.values()):
        raise ValueError(f"{name} cannot be made with {parameters}")
    return maker(**parameters)


# -- separable ----------------------------------------------------------------------------------------------------


def check_kernel(k):
    if k.ndim != 2:
        raise ValueError(f"k must be (KH, KW), got {k.shape}")
    return as_float(k)


@alternative("separable", style="singular values")
def by_singular_values(k):
    values = check_kernel(k)
    u, s, v = np.linalg.svd(values, full_matrices=False)
    if len(s) > 1 and s[1] > 1e-6 * s[0]:
        return None
    root = np.sqrt(s[0])
    return u[:, 0] * root, v[0] * root


@alternative("separable", style="loops over ratios of rows")
def multiples_of_one_row(k):
    values = check_kernel(k)
    largest = np.abs(values).max()
    if largest == 0:
        return np.zeros(k.shape[0], values.dtype), np.zeros(k.shape[1], values.dtype)
    i = int(np.abs(values).max(axis=1).argmax())
    j = int(np.abs(values[i]).argmax())
    u, v = np.zeros(k.shape[0], values.dtype), values[i].copy()
    for row in range(k.shape[0]):
        u[row] = values[row, j] / v[j]
        if np.abs(values[row] - u[row] * v).max() > 1e-6 * largest:
            return None
    return u, v


@alternative("separable", style="determinants of 2×2 minors")
def vanishing_minors(k):
    values = check_kernel(k)
    largest = np.abs(values).max()
    if largest == 0:
        return values[:, 0].copy(), values[0].copy()
    i, j = (int(index) for index in np.argwhere(np.abs(values) == largest)[0])
    scaled = values / largest
    minors = scaled * scaled[i, j] - np.outer(scaled[:, j], scaled[i])
    if np.abs(minors).max() > 1e-6:
        return None
    return values[:, j].copy(), scaled[i] / scaled[i, j]


@alternative("separable", style="matrix_rank and projection")
def rank_then_projection(k):
    values = check_kernel(k)
    if np.linalg.matrix_rank(values, rtol=1e-6) > 1:
        return None
    v = values[int(np.linalg.norm(values, axis=1).argmax())].copy()
    square = float(v @ v)
    return [(values @ v / square if square else values[:, 0] * 0).astype(values.dtype), v]


@alternative("separable", style="power iteration")
def power_iteration(k):
    values = check_kernel(k)
    scale = np.abs(values).max()
    if scale == 0:
        return values[:, 0] * 0, values[0] * 0
    scaled = values / scale
    v = scaled[int(np.abs(scaled).sum(axis=1).argmax())].copy()
    for _ in range(5):
        u = scaled @ v / (v @ v)
        v = scaled.T @ u / (u @ u)
    if np.abs(np.outer(u, v) - scaled).max() > 1e-6:
        return None
    return u, v * scale


# -- edge_magnitude -----------------------------------------------------------------------------------------------


def check_image(img):
    if img.ndim != 2 or min(img.shape) < 3:
        raise ValueError(f"img must be (H, W), 3×3 or more, got {img.shape}")
    return as_float(img)


@alternative("edge-magnitude", style="loops")
def window_by_window(img):
    image = check_image(img)
    y = np.zeros((img.shape[0] - 2, img.shape[1] - 2), image.dtype)
    for i, j in np.ndindex(*y.shape):
        a = image[i : i + 3, j : j + 3].astype(float)
        across = a[0, 2] + 2 * a[1, 2] + a[2, 2] - a[0, 0] - 2 * a[1, 0] - a[2, 0]
        down = a[2, 0] + 2 * a[2, 1] + a[2, 2] - a[0, 0] - 2 * a[0, 1] - a[0, 2]
        y[i, j] = math.sqrt(across * across + down * down)
    return y


@alternative("edge-magnitude", style="separable passes")
def smoothed_then_subtracted(img):
    image = check_image(img)

    def smooth(a):
        return a[:-2] + 2 * a[1:-1] + a[2:]

    across = smooth(image)[:, 2:] - smooth(image)[:, :-2]
    down = (smooth(image.T)[:, 2:] - smooth(image.T)[:, :-2]).T
    return np.hypot(across, down)


@alternative("edge-magnitude", style="complex kernel")
def absolute_value_of_a_complex_answer(img):
    image = check_image(img)
    across = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    windows = np.lib.stride_tricks.sliding_window_view(image, (3, 3))
    return np.abs(np.einsum("ijuv,uv->ij", windows, across + 1j * across.T)).astype(image.dtype)


@alternative("edge-magnitude", style="FFT")
def spectra_of_both_kernels(img):
    image = check_image(img)
    across = np.outer([1, 2, 1], [-1, 0, 1])
    spectrum = np.fft.fft2(image)
    sides = [np.fft.ifft2(spectrum * np.conj(np.fft.fft2(k, img.shape))).real for k in (across, across.T)]
    return np.linalg.norm(sides, axis=0)[: img.shape[0] - 2, : img.shape[1] - 2].astype(image.dtype)
