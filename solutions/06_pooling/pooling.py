# %% [markdown]
r"""
# Pooling and invariance

**90 points, about 3 hours.** Goes with the chapter *Pooling and invariance* of the book.

A pooling layer replaces each window of a feature map by one number. It has no weights, it makes maps smaller, and it
is said to make a network indifferent to small shifts. You write every kind that the book names, the gradients of the
common ones, and then measure how much of that indifference is there.

NumPy is all you need. While your answers are graded, PyTorch and SciPy are out of reach.

**How to work.** Run the cells from the top. Write your code in place of each `raise NotImplementedError`, then run the
check below it: it tries the worked examples, and if no error comes, they are right. Hints open with a click. In a
terminal, `autograder check pooling.ipynb` runs all the tests and prints your points, and what went wrong and why.
"""

# %% setup="imports"
import numpy as np


def pair(option):
    """The (rows, columns) of an option that is one number for both, or a pair already."""
    return option if isinstance(option, tuple) else (option, option)


def count_windows(x_shape, k, stride=None, padding=0):
    """How many windows fit below each other and side by side, (OH, OW).

    Args:
        x_shape: The images' shape, (N, C, H, W).
        k: Size of a window: one number or (rows, columns).
        stride: Step between windows: one number or (rows, columns); None for the size of a window.
        padding: Rows and columns added on each side: one number or (rows, columns).

    Raises:
        ValueError: If the shape does not have 4 sizes; if no window fits; if the padding exceeds half a window; if a
            window or a step is below 1, or the padding below 0.
    """
    if len(x_shape) != 4:
        raise ValueError(f"images have 4 axes (N, C, H, W), but the shape given is {tuple(x_shape)}")
    counts = []
    steps = pair(k if stride is None else stride)
    for n, size, step, border in zip(x_shape[2:], pair(k), steps, pair(padding), strict=True):
        if size < 1 or step < 1 or border < 0:
            raise ValueError(f"windows of {size}, steps of {step}, padding {border}; expected 1, 1 and 0 at least")
        if 2 * border > size:
            raise ValueError(f"padding {border} exceeds half of the window's {size} pixels")
        if size > n + 2 * border:
            raise ValueError(f"a window of {size} pixels does not fit into {n} pixels with padding {border}")
        counts.append((n + 2 * border - size) // step + 1)
    return tuple(counts)


# %% [markdown]
r"""
## Conventions of the whole notebook

| | |
|---|---|
| images | `x`, shape `(N, C, H, W)`: number of images, channels, rows, columns |
| result | `out`, shape `(N, C, OH, OW)`: each channel is pooled by itself, so there are as many as before |
| options | `k` (size of a window), `stride`, `padding`: one number, or a pair `(rows, columns)` |
| upstream gradient | `dout`, of the shape of the result; backward functions turn it into `dx`, of the shape of `x` |

Windows are counted as in a convolution layer: $\lfloor (n + 2 \cdot \text{padding} - k) / \text{stride} \rfloor + 1$
along each axis, and rows and columns that do not fill a window are left out. The function `count_windows` above
computes this and raises the errors; you may use it in every exercise. Where `stride` is `None`, it is the size of the
window: windows then lie side by side.

Three rules hold for every function here, and each exercise gives a few points for keeping them:

1. Arguments stay as they are, and the result has memory of its own.
2. A float image gives a result of the same float type (`float32` stays `float32`); an integer image gives `float64`.
   For backward functions, `dout` decides.
3. What makes no layer raises `ValueError`, with a message that says what was given and what was expected.
"""

# %% setup="examples"
# Images of the examples that are worked by hand, all (1, 1, rows, columns).
FOUR = np.array([[[[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]]])
# Source: Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning", figures 1.5 and 1.6.
FIVE = np.array([[[[3.0, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]]]])
LINE = np.array([[[[2.0, 4.0, 9.0]]]])
SPARSE = np.array([[[[1.6, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 2.4]]]])
SIX = np.array([[[[5.0, 1.0, 2.0, 8.0, 3.0, 4.0]]]])
BLOCKS = np.array([[[[0.0, 16.0, 0.0], [32.0, 0.0, 16.0]]]])


def larger_of_pairs(x):
    """Max pooling with windows of 1×2, side by side; W is even."""
    return np.maximum(x[..., ::2], x[..., 1::2])


def mean_of_pairs(x):
    """Average pooling with windows of 1×2, side by side; W is even."""
    return (x[..., ::2] + x[..., 1::2]) / 2


# %% [markdown]
r"""
## 1. Max pooling (20 points)

Keep the largest value of each window. With windows of 2×2 side by side, three of four values are thrown away.
What the backward pass will need is *where* each value came from: its **switch**, the number of its pixel in the plane,
counted row by row from 0, `row * W + column`. Padding adds no pixel to that count, and it never wins: it counts as −∞.

**By hand.** Windows of 2×2 side by side; at the right, the switches (pixel 5 is the 6 in row 1, column 1):

$$\begin{pmatrix}1&1&2&4\\5&6&7&8\\3&2&1&0\\1&2&3&4\end{pmatrix}
\quad\longrightarrow\quad\begin{pmatrix}6&8\\3&4\end{pmatrix},\qquad\begin{pmatrix}5&7\\8&15\end{pmatrix}$$

**Ties.** Where the largest value occurs more than once, the first in row-major order wins: the upper row, and in it
the pixel further left. In `[[2, 7], [7, 7]]` that is pixel 1.
**NaN.** A window that contains a NaN gives NaN, so that an error in the network shows. Its switch is the NaN's pixel.

**Speed.** One of the 20 points asks for five times the speed of four loops over single values.
"""


# %% exercise="max-pool2d"
def max_pool2d(x, k, stride=None, padding=0):
    """The largest value of each window, and where it stands.

    Args:
        x: Images, shape (N, C, H, W).
        k: Size of a window: one number or (rows, columns).
        stride: Step between windows: one number or (rows, columns); None for the size of a window.
        padding: Rows and columns of -inf on each side, at most half a window: one number or (rows, columns).

    Returns:
        out: Shape (N, C, OH, OW), a new array: of x's dtype if that is a float type, else float64. NaN where the
            window holds a NaN.
        idx: Shape (N, C, OH, OW), int64: the position row * W + column of the value in its unpadded plane; of equal
            values the first in row-major order.

    Raises:
        ValueError: If x does not have 4 axes; if no window fits; if the padding exceeds half a window.
    """
    ### BEGIN SOLUTION
    oh, ow = count_windows(x.shape, k, stride, padding)
    (kh, kw), (sh, sw), (ph, pw) = pair(k), pair(k if stride is None else stride), pair(padding)
    h, w = x.shape[2:]
    top = sh * np.arange(oh, dtype=np.int32)[:, None] - ph  # where windows begin, below 0 in the padding
    left = sw * np.arange(ow, dtype=np.int32) - pw
    corners = top * w + left  # (OH, OW)
    inside = np.maximum(top, 0) * w + np.maximum(left, 0)  # the first pixel of each window

    planes = x.reshape(-1, h, w)  # (N*C, H, W)
    out = np.empty((len(planes), oh, ow), x.dtype if x.dtype.kind == "f" else np.float64)
    idx = np.empty(out.shape, np.int64)
    few = max(1, min(len(planes), 128_000 // (h * w)))  # so many planes at a time stay in the processor's cache
    framed = np.full((few, h + 2 * ph, w + 2 * pw), -np.inf, out.dtype)
    for first in range(0, len(planes), few):
        best = out[first : first + few]
        images = framed[: len(best)]
        images[:, ph : ph + h, pw : pw + w] = planes[first : first + few]
        best[...] = images[:, : sh * (oh - 1) + 1 : sh, : sw * (ow - 1) + 1 : sw]  # value 0 of all windows at once
        steps = np.empty(best.shape, np.int32)  # from the window's corner to the pixel that leads so far
        steps[...] = inside - corners
        for place in range(1, kh * kw):
            i, j = divmod(place, kw)
            values = images[:, i : i + sh * (oh - 1) + 1 : sh, j : j + sw * (ow - 1) + 1 : sw].copy()
            better = (values > best) | np.isnan(values)
            np.maximum(best, values, out=best)  # hands a NaN on
            np.maximum(steps, better * np.int32(i * w + j), out=steps)  # steps grow: the newest leader stays
        np.add(corners, steps, out=idx[first : first + few])
    return out.reshape(*x.shape[:2], oh, ow), idx.reshape(*x.shape[:2], oh, ow)
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: where to start</summary>

Two loops, over the rows and columns of the result. In them, cut the window of all images and channels at once, make it
`(N, C, kh * kw)` with `reshape`, and ask for `max` and `argmax` along the last axis. That is fast enough.

</details>
<details><summary>Hint: from the window to the plane</summary>

`argmax` gives a place in the *window*. `divmod(place, kw)` are its row and column there; add the row and column where
the window begins, without the padding. `argmax` already takes the first of equal values, and a NaN before all others.

</details>
<details><summary>Hint: padding</summary>

`np.pad(..., constant_values=-np.inf)` needs a float image. With zeros in place of −∞, a window of negative values at
the border would give 0, a value that is nowhere in the image.

</details>
"""

# %% points=20 tests="max-pool2d"
# The example above: 1, 1, 5, 6 -> 6, which is pixel 1·4 + 1 = 5.
out, idx = max_pool2d(FOUR, 2)
np.testing.assert_array_equal(out, [[[[6, 8], [3, 4]]]])
np.testing.assert_array_equal(idx, [[[[5, 7], [8, 15]]]])

# The 5×5 example: overlapping windows of 3×3. The first has three 3s, at pixels 0, 1 and 10: pixel 0 wins.
out, idx = max_pool2d(FIVE, 3, stride=1)
np.testing.assert_array_equal(out, [[[[3, 3, 3], [3, 3, 3], [3, 2, 3]]]])
np.testing.assert_array_equal(idx, [[[[0, 1, 8], [10, 8, 8], [10, 12, 14]]]])

# Every second of these windows: the same values, pixels still counted in rows of 5.
out, idx = max_pool2d(FIVE, 3, stride=2)
np.testing.assert_array_equal(idx, [[[[0, 8], [10, 14]]]])

# Stride 2 in 5 columns: the last row and column fill no window and are left out.
assert max_pool2d(FIVE, 2)[0].shape == (1, 1, 2, 2), f"the result has shape {max_pool2d(FIVE, 2)[0].shape}"

# Negative values and a border: the corner window holds three times -inf and one pixel, -1.
out, idx = max_pool2d(-FOUR, 2, padding=1)
np.testing.assert_array_equal(out, [[[[-1, -1, -4], [-3, -1, 0], [-1, -2, -4]]]])
np.testing.assert_array_equal(idx, [[[[0, 1, 3], [8, 10, 11], [12, 13, 15]]]])

# Ties: the first in row-major order.
out, idx = max_pool2d(np.array([[[[2.0, 7.0], [7.0, 7.0]]]]), 2)
assert idx[0, 0, 0, 0] == 1, f"of the three 7s, pixel 1 wins; yours is {idx[0, 0, 0, 0]}"

# %% [markdown]
r"""
## 2. Max pooling, backward (20 points)

If the largest value of a window grows a little, the result grows by as much. If another one grows, nothing happens.
So the whole gradient of a window goes to its winner, and 0 to all others. Windows that overlap may have the same
winner: then it gets the **sum** of their gradients.

**By hand.** One row, windows of 1×3, stride 2. The 9 wins both windows, so 10 and 7 meet at pixel 2:

$$x=(1\ \ 2\ \ 9\ \ 4\ \ 3),\quad \text{idx}=(2\ \ 2),\quad \text{dout}=(10\ \ 7)\quad\longrightarrow\quad
dx=(0\ \ 0\ \ 17\ \ 0\ \ 0)$$

Switches count within one plane: those of the second channel begin at 0 again, and so do those of the second image.
"""


# %% exercise="max-pool2d-backward"
def max_pool2d_backward(dout, idx, x_shape):
    """The gradient of max pooling with respect to its images.

    Args:
        dout: Upstream gradient, shape (N, C, OH, OW).
        idx: Winners' positions in their planes, row * W + column, as max_pool2d gives them, shape (N, C, OH, OW).
        x_shape: The images' shape, (N, C, H, W).

    Returns:
        Shape (N, C, H, W), a new array: of dout's dtype if that is a float type, else float64. A pixel that won
        several windows gets the sum of their gradients, one that won none gets 0.

    Raises:
        ValueError: If x_shape does not have 4 sizes; if dout and idx differ in shape; if their N and C are not those
            of x_shape; if a position lies outside of the plane, below 0 or above H * W - 1.
    """
    ### BEGIN SOLUTION
    if len(x_shape) != 4 or dout.shape != idx.shape or dout.shape[:2] != tuple(x_shape[:2]):
        raise ValueError(f"dout of {dout.shape} and idx of {idx.shape} do not belong to images of {tuple(x_shape)}")
    n, c, h, w = x_shape
    if idx.min(initial=0) < 0 or idx.max(initial=0) >= h * w:
        raise ValueError(f"positions from {idx.min()} to {idx.max()}, but a plane of {h}×{w} has 0 to {h * w - 1}")

    dx = np.zeros((n * c, h * w), dout.dtype if dout.dtype.kind == "f" else np.float64)
    plane = np.arange(n * c)[:, None]
    np.add.at(dx, (plane, idx.reshape(n * c, -1)), dout.reshape(n * c, -1))  # adds up where positions repeat
    return dx.reshape(n, c, h, w)
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: loops first</summary>

Start from zeros of shape `(N, C, H * W)`. For each `n`, `c` and each window, add its `dout` at the window's `idx`; one
`reshape` at the end.

</details>
<details><summary>Hint: without loops</summary>

`dx[idx] += dout` adds only once where a position occurs twice in `idx`. `np.add.at(dx, idx, dout)` adds every time.
Number the planes `0 … N·C − 1` and give each its own row, so that no position meets that of another plane.

</details>
"""

# %% points=20 tests="max-pool2d-backward"
# The example above: 10 + 7 = 17.
dx = max_pool2d_backward(np.array([[[[10.0, 7.0]]]]), np.array([[[[2, 2]]]]), (1, 1, 1, 5))
np.testing.assert_array_equal(dx, [[[[0, 0, 17, 0, 0]]]])

# The 4×4 example: pixels 5, 7, 8 and 15 won.
dx = max_pool2d_backward(np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), np.array([[[[5, 7], [8, 15]]]]), (1, 1, 4, 4))
np.testing.assert_array_equal(dx, [[[[0, 0, 0, 0], [0, 1, 0, 2], [3, 0, 0, 0], [0, 0, 0, 4]]]])

# The 5×5 example: pixel 8 won three windows (3 + 5 + 6 = 14), pixel 10 two (4 + 7 = 11). 1 + … + 9 = 45 arrives.
winners = np.array([[[[0, 1, 8], [10, 8, 8], [10, 12, 14]]]])
dx = max_pool2d_backward(np.arange(1.0, 10.0).reshape(1, 1, 3, 3), winners, (1, 1, 5, 5))
np.testing.assert_array_equal(dx.ravel()[[0, 1, 8, 10, 12, 14]], [1, 2, 14, 11, 8, 9])
assert dx.sum() == 45, f"no gradient gets lost: 45 came in, {dx.sum()} went out"

# Two channels: the switches of each count in its own plane.
dx = max_pool2d_backward(np.array([[[[5.0]], [[6.0]]]]), np.array([[[[1]], [[0]]]]), (1, 2, 1, 2))
np.testing.assert_array_equal(dx, [[[[0, 5]], [[6, 0]]]])

# %% [markdown]
r"""
## 3. Average pooling, forward and backward (20 points)

The mean of each window. Padding is zeros here, and there are two ways to count them: as values like all others, so
that the sum is always divided by `kh * kw` (`count_include_pad=True`, PyTorch's default), or not at all, so that the
sum is divided by the number of pixels that lie inside the image.

In the backward pass every pixel of a window has the same share in it: the window's gradient divided by what the sum
was divided by. Pixels in several windows add up their shares.

**By hand.** The row `[2 4 9]`, windows of 1×2, stride 1, one column of padding on each side:

| window | 0 2 | 2 4 | 4 9 | 9 0 |
|---|---|---|---|---|
| padding counts | 1 | 3 | 6.5 | 4.5 |
| padding does not | 2 | 3 | 6.5 | 9 |

With `dout` = `[1 10 100 1000]`, the middle pixel is in windows 1 and 2: (10 + 100) / 2 = 55. The first one is in
windows 0 and 1: 1/2 + 10/2 = 5.5 where padding counts, 1/1 + 10/2 = 6 where it does not.
"""


# %% exercise="avg-pool2d"
def avg_pool2d(x, k, stride=None, padding=0, count_include_pad=True):
    """The mean of each window.

    Args:
        x: Images, shape (N, C, H, W).
        k: Size of a window: one number or (rows, columns).
        stride: Step between windows: one number or (rows, columns); None for the size of a window.
        padding: Rows and columns of zeros on each side, at most half a window: one number or (rows, columns).
        count_include_pad: Whether the sum is divided by all values of the window, padding included, or only by the
            number of those inside the image.

    Returns:
        Shape (N, C, OH, OW), a new array: of x's dtype if that is a float type, else float64.

    Raises:
        ValueError: If x does not have 4 axes; if no window fits; if the padding exceeds half a window.
    """
    ### BEGIN SOLUTION
    oh, ow = count_windows(x.shape, k, stride, padding)
    (kh, kw), (sh, sw), (ph, pw) = pair(k), pair(k if stride is None else stride), pair(padding)
    image = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    inside = np.pad(np.ones(x.shape[2:]), ((ph, ph), (pw, pw)))  # 1 for a pixel, 0 for padding
    sums = np.zeros((*x.shape[:2], oh, ow), x.dtype if x.dtype.kind == "f" else np.float64)
    pixels = np.zeros((oh, ow), sums.dtype)
    for i in range(kh):
        for j in range(kw):
            rows, columns = slice(i, i + sh * (oh - 1) + 1, sh), slice(j, j + sw * (ow - 1) + 1, sw)
            sums += image[:, :, rows, columns]
            pixels += inside[rows, columns]
    return sums / (kh * kw if count_include_pad else pixels)
    ### END SOLUTION


def avg_pool2d_backward(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """The gradient of average pooling with respect to its images.

    Args:
        dout: Upstream gradient, shape (N, C, OH, OW).
        x_shape: The images' shape, (N, C, H, W).
        k: Size of a window: one number or (rows, columns).
        stride: Step between windows: one number or (rows, columns); None for the size of a window.
        padding: Rows and columns of zeros on each side, at most half a window: one number or (rows, columns).
        count_include_pad: As for avg_pool2d.

    Returns:
        Shape (N, C, H, W), a new array: of dout's dtype if that is a float type, else float64.

    Raises:
        ValueError: If x_shape does not have 4 sizes; if no window fits; if the padding exceeds half a window; if dout
            does not have the shape of the result for images of x_shape.
    """
    ### BEGIN SOLUTION
    oh, ow = count_windows(x_shape, k, stride, padding)
    n, c, h, w = x_shape
    if dout.shape != (n, c, oh, ow):
        raise ValueError(f"dout has shape {dout.shape}, but the result of pooling {x_shape} has {(n, c, oh, ow)}")
    (kh, kw), (sh, sw), (ph, pw) = pair(k), pair(k if stride is None else stride), pair(padding)
    shares = dout.astype(dout.dtype if dout.dtype.kind == "f" else np.float64)
    if count_include_pad:
        shares /= kh * kw
    else:
        top, left = sh * np.arange(oh) - ph, sw * np.arange(ow) - pw  # where windows begin, then how much is inside
        rows = np.minimum(top + kh, h) - np.maximum(top, 0)
        columns = np.minimum(left + kw, w) - np.maximum(left, 0)
        shares /= np.outer(rows, columns)
    dx = np.zeros((n, c, h + 2 * ph, w + 2 * pw), shares.dtype)
    for i in range(kh):
        for j in range(kw):
            dx[:, :, i : i + sh * (oh - 1) + 1 : sh, j : j + sw * (ow - 1) + 1 : sw] += shares
    return dx[:, :, ph : ph + h, pw : pw + w].copy()  # what went to the padding is dropped
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: how many pixels lie inside</summary>

Pool an image of ones, padded with zeros: the sum of each window is the number of its pixels.

</details>
<details><summary>Hint: backward</summary>

Make room for the padded image, go through the windows and add each one's share to all of its pixels, `+=`. Cut the
padding off at the end: `dx[..., ph : ph + H, pw : pw + W]`, which also works for a padding of 0, as `[ph:-ph]` does
not.

</details>
<details><summary>Hint: fewer loops</summary>

Loop over the `kh * kw` places in a window, not over the windows: a slice with a step holds the pixel at that place of
*all* windows. No two windows share it, so `+=` is safe.

</details>
"""

# %% points=20 tests="avg-pool2d"
# The table above.
np.testing.assert_allclose(avg_pool2d(LINE, (1, 2), 1, (0, 1)), [[[[1, 3, 6.5, 4.5]]]])
np.testing.assert_allclose(avg_pool2d(LINE, (1, 2), 1, (0, 1), count_include_pad=False), [[[[2, 3, 6.5, 9]]]])

# (1 + 1 + 5 + 6) / 4 = 3.25, (2 + 4 + 7 + 8) / 4 = 5.25.
np.testing.assert_allclose(avg_pool2d(FOUR, 2), [[[[3.25, 5.25], [2, 2]]]])

# The 5×5 example: 3 + 3 + 2 + 0 + 0 + 1 + 3 + 1 + 2 = 15 in the first window, 15 / 9 = 1.7.
np.testing.assert_allclose(avg_pool2d(FIVE, 3, stride=1) * 9, [[[[15, 15, 15], [9, 11, 16], [10, 7, 12]]]])

# Backward: (1 + 10) / 2 = 5.5 or 1/1 + 10/2 = 6; (100 + 1000) / 2 = 550 or 100/2 + 1000/1 = 1050.
dout = np.array([[[[1.0, 10.0, 100.0, 1000.0]]]])
np.testing.assert_allclose(avg_pool2d_backward(dout, (1, 1, 1, 3), (1, 2), 1, (0, 1)), [[[[5.5, 55, 550]]]])
dx = avg_pool2d_backward(dout, (1, 1, 1, 3), (1, 2), 1, (0, 1), count_include_pad=False)
np.testing.assert_allclose(dx, [[[[6, 55, 1050]]]])

# Windows side by side in 5 columns: every pixel gets a quarter, the last column is in no window and gets 0.
dx = avg_pool2d_backward(np.array([[[[4.0, 8.0]]]]), (1, 1, 2, 5), 2)
np.testing.assert_allclose(dx, [[[[1, 1, 2, 2, 0], [1, 1, 2, 2, 0]]]])

# %% [markdown]
r"""
## 4. Global average pooling, forward and backward (10 points)

One window as large as the plane: each feature map becomes one number, its mean. Since Network in Network and GoogLeNet
this stands between the last convolution and the classifier, in the place of large fully connected layers: it has no
weights, and it takes images of any size.

**By hand.** The plane `[[1, 2, 3], [4, 5, 9]]` gives 24 / 6 = 4. An upstream gradient of 12 gives 12 / 6 = 2 to each
of the six pixels.
"""


# %% exercise="global-avg-pool"
def global_avg_pool(x):
    """The mean of each feature map.

    Args:
        x: Images, shape (N, C, H, W).

    Returns:
        Shape (N, C), as a classifier takes it, a new array: of x's dtype if that is a float type, else float64.

    Raises:
        ValueError: If x does not have 4 axes.
    """
    ### BEGIN SOLUTION
    if x.ndim != 4:
        raise ValueError(f"x needs 4 axes (N, C, H, W), but has {x.ndim}")
    return x.mean(axis=(2, 3))
    ### END SOLUTION


def global_avg_pool_backward(dout, x_shape):
    """The gradient of global average pooling with respect to its images.

    Args:
        dout: Upstream gradient, shape (N, C).
        x_shape: The images' shape, (N, C, H, W).

    Returns:
        Shape (N, C, H, W), a new array: of dout's dtype if that is a float type, else float64.

    Raises:
        ValueError: If x_shape does not have 4 sizes; if dout does not have the shape (N, C).
    """
    ### BEGIN SOLUTION
    if len(x_shape) != 4 or dout.shape != tuple(x_shape[:2]):
        raise ValueError(f"dout of shape {dout.shape} does not belong to images of shape {tuple(x_shape)}")
    dx = np.empty(x_shape, dout.dtype if dout.dtype.kind == "f" else np.float64)
    dx[...] = dout[:, :, None, None] / (x_shape[2] * x_shape[3])
    return dx
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint</summary>

`axis` may be a pair of axes. In the backward pass, `dout[:, :, None, None]` has four axes and can be assigned to all
pixels at once. `np.broadcast_to` alone gives a view that cannot be written to, not an array of its own.

</details>
"""

# %% points=10 tests="global-avg-pool"
plane = np.array([[[[1.0, 2.0, 3.0], [4.0, 5.0, 9.0]]]])
np.testing.assert_allclose(global_avg_pool(plane), [[4]])  # 24 / 6
np.testing.assert_allclose(global_avg_pool_backward(np.array([[12.0]]), (1, 1, 2, 3)), np.full((1, 1, 2, 3), 2))

# Two images with three channels: six numbers, whatever the size of the planes.
y = global_avg_pool(np.arange(120).reshape(2, 3, 4, 5))
assert y.shape == (2, 3), f"the result has shape {y.shape}"
np.testing.assert_allclose(y, [[9.5, 29.5, 49.5], [69.5, 89.5, 109.5]])  # 0 … 19 have the mean 9.5

# %% [markdown]
r"""
## 5. L2 pooling (5 points)

The length of the window, taken as a vector: the square root of the sum of its squares. As in average pooling every
value counts, but large ones count for far more. It is the **sum** of the squares, not their mean.

**By hand.** The window `[[1, -2], [-2, 4]]` gives √(1 + 4 + 4 + 16) = 5. The sign of a value plays no part.
"""


# %% exercise="l2-pool"
def l2_pool(x, k, s):
    """The square root of the sum of squares of each window.

    Args:
        x: Images, shape (N, C, H, W).
        k: Size of a window: one number or (rows, columns).
        s: Step between windows: one number or (rows, columns).

    Returns:
        Shape (N, C, OH, OW), a new array: of x's dtype if that is a float type, else float64.

    Raises:
        ValueError: If x does not have 4 axes; if no window fits.
    """
    ### BEGIN SOLUTION
    oh, ow = count_windows(x.shape, k, s)
    (kh, kw), (sh, sw) = pair(k), pair(s)
    squares = x.astype(x.dtype if x.dtype.kind == "f" else np.float64) ** 2
    out = np.zeros((*x.shape[:2], oh, ow), squares.dtype)
    for i in range(kh):
        for j in range(kw):
            out += squares[:, :, i : i + sh * (oh - 1) + 1 : sh, j : j + sw * (ow - 1) + 1 : sw]
    return np.sqrt(out)
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint</summary>

Turn integers into floats first: 200² does not fit into a `uint8`.

</details>
"""

# %% points=5 tests="l2-pool"
np.testing.assert_allclose(l2_pool(np.array([[[[1.0, -2.0], [-2.0, 4.0]]]]), 2, 2), [[[[5]]]])
# The same values in another order: the length stays.
np.testing.assert_allclose(l2_pool(np.array([[[[1.0, -2.0], [4.0, -2.0]]]]), 2, 2), [[[[5]]]])
# 3² + 4² = 5², 4² + 0² = 4², 0² + 12² = 12²: windows of 1×2, stride 1.
np.testing.assert_allclose(l2_pool(np.array([[[[3, 4, 0, 12]]]]), (1, 2), 1), [[[[5, 4, 12]]]])
np.testing.assert_allclose(l2_pool(np.array([[[[200, 150]]]], np.uint8), (1, 2), 1), [[[[250]]]])

# %% [markdown]
r"""
## 6. Stochastic pooling (5 points)

Max pooling always takes the strongest activation. Stochastic pooling (Zeiler & Fergus 2013) draws one: in a window of
activations $a_i \ge 0$, value $i$ is taken with probability $p_i = a_i / \sum_j a_j$, anew for each window. Training
thereby sees the smaller activations too, which works against overfitting. At test time nothing is random: the result
is what would come out on average, $\sum_i p_i a_i$. A window of zeros gives 0 in both cases.

**By hand.** A window of 3×3 with the values 1.6 and 2.4 and seven zeros: the probabilities are 1.6/4 = 0.4 and
2.4/4 = 0.6. In training the result is 1.6 in four of ten draws, else 2.4; at test time 0.4·1.6 + 0.6·2.4 = 2.08.
"""


# %% exercise="stochastic-pool"
def stochastic_pool(x, k, s, rng, train):
    """One activation of each window, drawn by its size; or, at test time, their weighted mean.

    Source: Zeiler & Fergus 2013, "Stochastic pooling for regularization of deep convolutional neural networks".

    Args:
        x: Activations that are not negative, shape (N, C, H, W).
        k: Size of a window: one number or (rows, columns).
        s: Step between windows: one number or (rows, columns).
        rng: Random generator, as from np.random.default_rng: all randomness comes from it.
        train: True: draw one value of each window, with probability proportional to the value, each window by itself.
            False: the mean of the window's values, weighted by these probabilities.

    Returns:
        Shape (N, C, OH, OW), a new array: of x's dtype if that is a float type, else float64. A window of zeros
        gives 0.

    Raises:
        ValueError: If x does not have 4 axes or holds a negative value; if no window fits.
    """
    ### BEGIN SOLUTION
    oh, ow = count_windows(x.shape, k, s)
    if x.min(initial=0) < 0:
        raise ValueError(f"activations must not be negative, but the smallest is {x.min()}")
    image = x.astype(x.dtype if x.dtype.kind == "f" else np.float64)
    view = np.lib.stride_tricks.sliding_window_view(image, pair(k), axis=(2, 3))[:, :, :: pair(s)[0], :: pair(s)[1]]
    windows = view.reshape(*x.shape[:2], oh, ow, -1)  # (N, C, OH, OW, KH*KW)
    sums = windows.sum(axis=-1)
    if not train:
        return (windows**2).sum(axis=-1) / np.where(sums > 0, sums, 1)
    # A dart thrown at [0, sum): the values lie on it one after the other, each as long as it is large.
    ends = windows.cumsum(axis=-1)
    darts = (1 - rng.random(sums.shape)) * ends[..., -1]  # above 0, so that no zero is hit
    hit = np.argmax(ends >= darts[..., None], axis=-1)
    return np.take_along_axis(windows, hit[..., None], axis=-1)[..., 0]
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: loops are fine</summary>

For each image, channel and window: flatten the window, return 0 if its sum is 0, else
`rng.choice(window, p=window / window.sum())`.

</details>
<details><summary>Hint: without loops</summary>

Put the values of a window on a line one after the other, each as long as it is large (`np.cumsum`), and throw a dart
at the line. `rng.random(shape)` throws one for each window.

</details>
"""

# %% points=5 tests="stochastic-pool"
# The example above: 0.4·1.6 + 0.6·2.4 = 2.08 at test time.
rng = np.random.default_rng(0)
np.testing.assert_allclose(stochastic_pool(SPARSE, 3, 3, rng, train=False), [[[[2.08]]]])

# In training, 2,500 windows draw 2.4 about six times in ten, and never anything but 1.6 and 2.4.
drawn = stochastic_pool(np.tile(SPARSE, (5, 5, 10, 10)), 3, 3, rng, train=True)
assert drawn.shape == (5, 5, 10, 10), f"the result has shape {drawn.shape}"
assert set(drawn.ravel().tolist()) == {1.6, 2.4}, f"values {sorted(set(drawn.ravel().tolist()))}"
assert abs((drawn == 2.4).mean() - 0.6) < 0.05, f"2.4 was drawn in {(drawn == 2.4).mean():.0%} of the windows"

# A window of zeros has no probabilities; it gives 0.
for train in (True, False):
    y = stochastic_pool(np.zeros((1, 1, 2, 2)), 2, 2, rng, train=train)
    np.testing.assert_array_equal(y, [[[[0]]]], err_msg=f"a window of zeros, train={train}")

# %% [markdown]
r"""
## 7. How invariant is it? (5 points)

"If we move the image by a small amount, the values of most pooled outputs do not change." This sentence stands in
many lecture notes. You measure it: pool the image, move it by some columns, pool again, and count how many outputs
are *exactly* what they were at their place. Columns that leave at one side come back at the other (`np.roll`), so that
nothing gets lost.

**By hand.** Max pooling with windows of 1×2. The row `[5 1 2 8 3 4]` gives `[5 8 4]`. Moved by one column, it is
`[4 5 1 2 8 3]` and gives `[5 2 8]`. One of three outputs is unchanged: 0.333.

For noise there is an exact answer. Two windows of k×k that lie one column apart have k(k−1) pixels in common, of
k(k+1) in all. The largest of all is one of the common ones with probability (k−1)/(k+1): a third for 2×2, a half for
3×3. So much for "most".
"""


# %% exercise="unchanged-fraction"
def unchanged_fraction(pool, x, shift):
    """The fraction of pooled outputs that stay exactly the same when the images move sideways.

    Args:
        pool: A function that takes images and returns an array of outputs.
        x: Images, shape (N, C, H, W).
        shift: By how many columns they move to the right (to the left if negative); what leaves comes back on the
            other side.

    Returns:
        A float between 0 and 1: the number of outputs that are equal before and after, over the number of outputs.

    Raises:
        ValueError: If x does not have 4 axes.
    """
    ### BEGIN SOLUTION
    if x.ndim != 4:
        raise ValueError(f"x needs 4 axes (N, C, H, W), but has {x.ndim}")
    return float(np.mean(pool(x) == pool(np.roll(x, shift, axis=-1))))
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint</summary>

`np.roll` without `axis` rolls the flattened array: pixels move from one row into the next. The mean of an array of
truth values is the fraction of those that are true.

</details>
"""

# %% points=5 tests="unchanged-fraction"
# The example above, with windows of 1×2: one output of three.
np.testing.assert_allclose(unchanged_fraction(larger_of_pairs, SIX, 1), 1 / 3)
# Means of neighbours: 3, 5, 3.5 before, 4.5, 1.5, 5.5 after. None is what it was.
share = unchanged_fraction(mean_of_pairs, SIX, 1)
assert share == 0, f"means of neighbours: yours is {share}"
# Moved by its whole width, an image is what it was.
share = unchanged_fraction(mean_of_pairs, SIX, 6)
assert share == 1, f"moved by its whole width: yours is {share}"
# Noise: windows of 1×2 that lie one column apart have one pixel of three in common, so a third stays.
noise = np.random.default_rng(0).random((2, 3, 64, 64))
measured = unchanged_fraction(larger_of_pairs, noise, 1)
assert abs(measured - 1 / 3) < 0.03, f"about a third of the outputs stays; you measured {measured:.3f}"

# %% [markdown]
r"""
## 8. Blur before you leave out (5 points)

A stride above 1 keeps every second pixel of a map. Details finer than that do not vanish, they come back as something
else (**aliasing**), and the result depends on which pixels happen to be kept: this is why pooling is less invariant
than it could be. Signal processing blurs before it leaves out. BlurPool (Zhang 2019) does so with the kernel

$$\frac{1}{16}\begin{pmatrix}1\\2\\1\end{pmatrix}\begin{pmatrix}1&2&1\end{pmatrix}
=\frac{1}{16}\begin{pmatrix}1&2&1\\2&4&2\\1&2&1\end{pmatrix}$$

on each channel by itself. At the border the image is mirrored at its outermost pixels, which are not repeated
(`reflect`): `a b c` goes on as `b | a b c | b`. So the kernel's centre visits every pixel, and the stride then keeps
some of them.

**By hand.** $\begin{pmatrix}0&16&0\\32&0&16\end{pmatrix}$, stride 2. Down the columns, each row has the other one above
and below: (32 + 2·0 + 32)/4 = 16, then 8 and 8, in both rows. Along the row 16, 8, 8: (8 + 2·16 + 8)/4 = 12,
(16 + 2·8 + 8)/4 = 10, (8 + 2·8 + 8)/4 = 8. Of the rows 12, 10, 8, stride 2 keeps `[[12, 8]]`.
"""


# %% exercise="blur-pool"
def blur_pool(x, stride):
    """The images, blurred by [1, 2, 1] × [1, 2, 1] / 16 and then subsampled.

    Source: Zhang 2019, "Making convolutional networks shift-invariant again", Triangle-3.

    Args:
        x: Images, shape (N, C, H, W).
        stride: Which pixels of the blurred images are kept, from the first on: one number or (rows, columns).

    Returns:
        Shape (N, C, (H - 1) // rows + 1, (W - 1) // columns + 1), a new array: of x's dtype if that is a float type,
        else float64. Beyond the border, images are mirrored without repeating the outermost pixels (reflect).

    Raises:
        ValueError: If x does not have 4 axes; if H or W is below 2, so that nothing can be mirrored.
    """
    ### BEGIN SOLUTION
    if x.ndim != 4 or min(x.shape[2:]) < 2:
        raise ValueError(f"images need 4 axes and at least 2×2 pixels, but have shape {x.shape}")
    sh, sw = pair(stride)
    image = np.pad(
        x.astype(x.dtype if x.dtype.kind == "f" else np.float64), ((0, 0), (0, 0), (1, 1), (1, 1)), "reflect"
    )
    rows = (image[:, :, :-2] + 2 * image[:, :, 1:-1] + image[:, :, 2:])[:, :, ::sh]  # each axis by itself
    return (rows[..., :-2] + 2 * rows[..., 1:-1] + rows[..., 2:])[..., ::sw] / 16
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint</summary>

`np.pad(..., mode="reflect")` on the last two axes only. The kernel is separable: one step down, one step along.

</details>
"""

# %% points=5 tests="blur-pool"
# The example above: rows 12, 10, 8, twice.
np.testing.assert_allclose(blur_pool(BLOCKS, 1), [[[[12, 10, 8], [12, 10, 8]]]])
np.testing.assert_allclose(blur_pool(BLOCKS, 2), [[[[12, 8]]]])
# One pixel of 16 shows the kernel itself; stride 2 keeps every second row and column of it.
point = np.pad([[[[16.0]]]], ((0, 0), (0, 0), (2, 3), (2, 2)))
np.testing.assert_allclose(blur_pool(point, 1)[0, 0, 1:4, 1:4], [[1, 2, 1], [2, 4, 2], [1, 2, 1]])
np.testing.assert_allclose(blur_pool(point, 2), [[[[0, 0, 0], [0, 4, 0], [0, 0, 0]]]])
# A constant image stays what it is: the kernel's values add up to 1, at the border too.
np.testing.assert_allclose(blur_pool(np.full((1, 2, 5, 4), 3.0), (2, 3)), np.full((1, 2, 3, 2), 3))

# %% [markdown]
r"""
## What you have built

- Max pooling with switches, and the gradient that follows them back; average pooling with both ways to count a border.
- The relatives: global, L2 and stochastic pooling.
- A measure of invariance, and a layer that gives up detail in an orderly way.

Unit 07 puts pooling between convolutions and trains the whole. Nothing you wrote here is needed there.
"""
