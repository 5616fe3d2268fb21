# %% [markdown]
r"""
# The convolution layer, forward

**110 points, about 4 hours.** Goes with the chapter *The convolution layer* of the book.

You write the layer twice, first with loops that say what it does, then without them so that it is fast. In between
you build the trick that makes it fast, and at the end you count what a layer costs.

NumPy is all you need. While your answers are graded, PyTorch, SciPy, `np.convolve` and `np.correlate` are out of
reach.

**How to work.** Run the cells from the top. Write your code in place of each `raise NotImplementedError`, then run the
check below it: it tries the worked examples, and if no error comes, they are right. Hints open with a click. In a
terminal, `autograder check conv_forward.ipynb` runs all the tests and prints your points, and what went wrong and why.
"""

# %% setup="imports"
import numpy as np


def pair(option):
    """The (rows, columns) of an option that is one number for both, or a pair already."""
    return option if isinstance(option, tuple) else (option, option)


# %% [markdown]
r"""
## Conventions of the whole notebook

| | |
|---|---|
| images | `x`, shape `(N, C, H, W)`: number of images, channels, rows, columns |
| kernels | `w`, shape `(F, C / groups, KH, KW)`: number of kernels, channels, rows, columns |
| biases | `b`, shape `(F,)`, or `None` |
| result | `y`, shape `(N, F, OH, OW)`: one **feature map** for each kernel |
| options | `stride`, `padding`, `dilation`: one number, or a pair `(rows, columns)` |

The layer computes a **cross-correlation**, which the field calls convolution: the kernel is not flipped. Three rules
hold for every function here, and each exercise gives a few points for keeping them:

1. Arguments stay as they are, and the result has memory of its own.
2. A float image gives a result of the same float type (`float32` stays `float32`); an integer image gives `float64`.
3. What makes no layer raises `ValueError`, with a message that says what was given and what was expected.
"""

# %% setup="examples"
# Images and kernels of the examples that are worked by hand, all (1, channels, rows, columns).
RGB = np.array(
    [
        [
            [[156, 155, 156], [153, 154, 157]],
            [[167, 166, 167], [164, 165, 168]],
            [[163, 162, 163], [160, 161, 164]],
        ]
    ]
)
RGB_KERNEL = np.array(
    [
        [
            [[-1, -1, 1], [0, 1, -1], [0, 1, 1]],
            [[1, 0, 0], [1, -1, -1], [1, 0, -1]],
            [[0, 1, 1], [0, 1, 0], [1, -1, 1]],
        ]
    ]
)
TENS = np.array([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[10.0, 20.0, 30.0], [40.0, 50.0, 60.0]]]])
TENS_KERNELS = np.array([np.ones((2, 2, 2)), [[[1.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]]])
LINE = np.arange(5.0).reshape(1, 1, 1, 5)
SPREAD_KERNEL = np.array([[[[1.0, 10.0]]]])
TWO_CHANNELS = np.array([[[[1.0, 2.0]], [[3.0, 4.0]]]])
GROUP_KERNELS = np.array([[[[1.0]]], [[[10.0]]]])

# %% [markdown]
r"""
## 1. The layer in loops (30 points)

One value of a feature map comes from one **window** of the image: multiply the window by the kernel, value by value
over all channels, add everything up, add the bias. Windows start `stride` pixels apart. Before that, `padding` rows
and columns of zeros are put on each side of the image. Along each axis there are

$$\left\lfloor \frac{n + 2 \cdot \text{padding} - \text{dilation} \cdot (k - 1) - 1}{\text{stride}} \right\rfloor + 1$$

windows: rows and columns that do not fill a window are left out.

With `dilation` d, neighbouring kernel values meet pixels that lie d apart; 1 is the dense kernel. With `groups` g,
channels and kernels are split into g blocks in order, and the kernels of a block see the channels of that block only.

**By hand.** A colour image of 2×3 pixels, one kernel, padding 1, bias 1. The first window reaches one row and one
column into the padding. Times the kernel, channel by channel (· multiplies value by value and adds up):

$$
\begin{aligned}
\text{red:}\quad&\begin{pmatrix}0&0&0\\0&156&155\\0&153&154\end{pmatrix}\cdot
\begin{pmatrix}-1&-1&1\\0&1&-1\\0&1&1\end{pmatrix}=156-155+153+154=308\\
\text{green:}\quad&\begin{pmatrix}0&0&0\\0&167&166\\0&164&165\end{pmatrix}\cdot
\begin{pmatrix}1&0&0\\1&-1&-1\\1&0&-1\end{pmatrix}=-167-166-165=-498\\
\text{blue:}\quad&\begin{pmatrix}0&0&0\\0&163&162\\0&160&161\end{pmatrix}\cdot
\begin{pmatrix}0&1&1\\0&1&0\\1&-1&1\end{pmatrix}=163-160+161=164
\end{aligned}
$$

The first value of the feature map is 308 − 498 + 164 + 1 = −25.
"""


# %% exercise="conv2d-loops"
def conv2d_loops(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The feature maps of a batch of images, computed window by window.

    Args:
        x: Images, shape (N, C, H, W).
        w: Kernels, shape (F, C // groups, KH, KW).
        b: Biases, shape (F,), or None for none.
        stride: Step between windows, in pixels: one number or (rows, columns).
        padding: Rows and columns of zeros on each side: one number or (rows, columns).
        dilation: Distance of neighbouring kernel values, 1 for dense: one number or (rows, columns).
        groups: Number of blocks into which channels and kernels are split.

    Returns:
        Shape (N, F, OH, OW), a new array: of x's dtype if that is a float type, else float64.

    Raises:
        ValueError: If x or w does not have 4 axes; if C or F does not split evenly into groups; if w does not have
            C // groups channels; if b does not have F values; if no window fits into the padded image.
    """
    ### BEGIN SOLUTION
    if x.ndim != 4 or w.ndim != 4:
        raise ValueError(f"x and w need 4 axes, but have {x.ndim} and {w.ndim}")
    (n, c, h, width), (f, depth, kh, kw) = x.shape, w.shape
    if c % groups or f % groups:
        raise ValueError(f"{c} channels and {f} kernels do not split into {groups} groups")
    if c != groups * depth:
        raise ValueError(f"x has {c} channels but w expects {groups * depth}")
    if b is not None and b.shape != (f,):
        raise ValueError(f"b has shape {b.shape}, but there are {f} kernels")
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    oh = (h + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    ow = (width + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    if oh < 1 or ow < 1:
        raise ValueError(f"kernels of {kh}×{kw}, dilation {dilation}, exceed images of {h}×{width}, padding {padding}")

    image = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw))).astype(x.dtype if x.dtype.kind == "f" else np.float64)
    y = np.zeros((n, f, oh, ow), image.dtype)
    for i in range(n):
        for kernel in range(f):
            first = kernel // (f // groups) * depth  # first channel of the kernel's group
            for row in range(oh):
                for column in range(ow):
                    top, left = row * sh, column * sw
                    rows = slice(top, top + dh * (kh - 1) + 1, dh)
                    columns = slice(left, left + dw * (kw - 1) + 1, dw)
                    window = image[i, first : first + depth, rows, columns]
                    y[i, kernel, row, column] = np.sum(window * w[kernel])
            if b is not None:
                y[i, kernel] += b[kernel]
    return y
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: where to start</summary>

Forget dilation, groups and padding at first. Four loops, over images, kernels, rows and columns of the result; in the
innermost one, cut a window of shape `(C, KH, KW)` with slices and sum its product with `w[f]`.

</details>
<details><summary>Hint: padding and dilation</summary>

`np.pad` takes one pair per axis; only the last two axes get zeros. A slice has a step: `a[0:5:2]` takes the values 0,
2 and 4, which is a kernel of three values with dilation 2.

</details>
<details><summary>Hint: groups</summary>

Each group has `F // groups` kernels, so kernel `f` is in group `f // (F // groups)`. Where do the channels of that
group begin?

</details>
"""

# %% points=30 tests="conv2d-loops"
# The example above: 308 - 498 + 164 + 1 = -25.
y = conv2d_loops(RGB, RGB_KERNEL, np.array([1]), padding=1)
assert y.shape == (1, 1, 2, 3), f"the result has shape {y.shape}"
assert y[0, 0, 0, 0] == -25, f"the first value is {y[0, 0, 0, 0]}"

# 0·0 + 1·1 + 3·2 + 4·3 = 19: nothing is flipped.
y = conv2d_loops(np.arange(9.0).reshape(1, 1, 3, 3), np.arange(4.0).reshape(1, 1, 2, 2))
np.testing.assert_allclose(y, [[[[19, 25], [37, 43]]]])

# An input of 11×11×4, kernels of 5×5, stride 2: four windows along each side, and (11 - 5) / 2 + 1 = 4.
y = conv2d_loops(np.ones((1, 4, 11, 11)), np.ones((2, 4, 5, 5)), stride=2)
np.testing.assert_allclose(y, np.full((1, 2, 4, 4), 4 * 5 * 5))

# Dilation 2: the kernel [1, 10] meets pixels that lie two apart.
y = conv2d_loops(LINE, SPREAD_KERNEL, dilation=(1, 2))
np.testing.assert_allclose(y, [[[[20, 31, 42]]]])

# Two groups: the first kernel sees the first channel only, the second kernel the second.
y = conv2d_loops(TWO_CHANNELS, GROUP_KERNELS, groups=2)
np.testing.assert_allclose(y, [[[[1, 2]], [[30, 40]]]])

# %% [markdown]
r"""
## 2. Windows as columns (25 points)

`im2col` copies every window of an image into a column of a matrix. A kernel, written as a row, times this matrix is a
whole feature map: the layer becomes one matrix product, and matrix products are what computers do best. The price is
memory, since windows overlap and a pixel is copied into many columns.

**By hand.** An image with two channels and 2×3 pixels, windows of 2×2: there are two of them, side by side.

$$\begin{pmatrix}1&2&3\\4&5&6\end{pmatrix},\ \begin{pmatrix}10&20&30\\40&50&60\end{pmatrix}
\quad\longrightarrow\quad
\begin{pmatrix}1&2\\2&3\\4&5\\5&6\\10&20\\20&30\\40&50\\50&60\end{pmatrix}$$

Down a column: the channels one after the other, each row by row. Along a row: the windows, row by row of the result.
This is the layout of PyTorch's `F.unfold`.
"""


# %% exercise="im2col"
def im2col(x, kh, kw, stride=1, padding=0, dilation=1):
    """The windows of each image as the columns of a matrix.

    Args:
        x: Images, shape (N, C, H, W).
        kh: Rows of a window.
        kw: Columns of a window.
        stride: Step between windows, in pixels: one number or (rows, columns).
        padding: Rows and columns of zeros on each side: one number or (rows, columns).
        dilation: Distance of neighbours in a window, 1 for dense: one number or (rows, columns).

    Returns:
        Shape (N, C * kh * kw, OH * OW), a new array: of x's dtype if that is a float type, else float64. Columns are
        in the order of the windows row by row, values in a column in the order (C, kh, kw).

    Raises:
        ValueError: If x does not have 4 axes or if no window fits into the padded image.
    """
    ### BEGIN SOLUTION
    if x.ndim != 4:
        raise ValueError(f"x needs 4 axes, but has {x.ndim}")
    n, c, h, width = x.shape
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    oh = (h + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    ow = (width + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    if oh < 1 or ow < 1:
        raise ValueError(f"windows of {kh}×{kw}, dilation {dilation}, exceed images of {h}×{width}, padding {padding}")

    image = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    cols = np.empty((n, c, kh, kw, oh, ow), x.dtype if x.dtype.kind == "f" else np.float64)
    for i in range(kh):
        for j in range(kw):
            top, left = i * dh, j * dw  # where value (i, j) of the first window lies
            rows = slice(top, top + sh * (oh - 1) + 1, sh)
            columns = slice(left, left + sw * (ow - 1) + 1, sw)
            cols[:, :, i, j] = image[:, :, rows, columns]
    return cols.reshape(n, c * kh * kw, oh * ow)
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: fewer loops than windows</summary>

Loop over the positions in a window, not over the windows: there are only `kh * kw` of them. For each, one slice of the
padded image, with a step, holds that value of *all* windows at once.

</details>
<details><summary>Hint: the order</summary>

Fill an array of shape `(N, C, kh, kw, OH, OW)`. A single `reshape` at the end then gives the right order.

</details>
"""

# %% points=25 tests="im2col"
by_hand = [[1, 2], [2, 3], [4, 5], [5, 6], [10, 20], [20, 30], [40, 50], [50, 60]]
np.testing.assert_array_equal(im2col(TENS, 2, 2), [by_hand])

# An image of 3×3 has four windows of 2×2, two in each row of the result.
four = [[0, 1, 3, 4], [1, 2, 4, 5], [3, 4, 6, 7], [4, 5, 7, 8]]
np.testing.assert_array_equal(im2col(np.arange(9.0).reshape(1, 1, 3, 3), 2, 2), [four])

# Stride (1, 2) leaves the second window out; padding 1 below and above makes two more rows of windows.
np.testing.assert_array_equal(im2col(TENS, 2, 2, stride=(1, 2)), np.array([by_hand])[:, :, :1])
shape = im2col(TENS, 2, 2, padding=(1, 0)).shape
assert shape == (1, 8, 6), f"with padding the result has shape {shape}"
np.testing.assert_array_equal(im2col(TENS, 2, 2, padding=(1, 0))[0, :4, 0], [0, 0, 1, 2])

# Dilation (1, 2): the two columns of a window lie two pixels apart.
np.testing.assert_array_equal(im2col(TENS, 1, 2, dilation=(1, 2))[0, :2], [[1, 4], [3, 6]])

# AlexNet's first layer: 11·11·3 = 363 values in a window, 55·55 = 3025 windows.
shape = im2col(np.ones((1, 3, 227, 227), np.float32), 11, 11, stride=4).shape
assert shape == (1, 363, 3025), f"for AlexNet's first layer the result has shape {shape}"

# %% [markdown]
r"""
## 3. The layer without loops (30 points)

The same layer, the same contract, and at least 20 times as fast as the loops (4 of the 30 points). Use your `im2col`
or any other way that does not visit the positions one by one in Python.

**By hand.** Two kernels for the image of exercise 2: every value 1, and a single 1 in the first channel's upper left
corner. As rows they are `[1 1 1 1 1 1 1 1]` and `[1 0 0 0 0 0 0 0]`; times the matrix above, that gives the feature
maps `[132 176]` and `[1 2]`: 1 + 2 + 4 + 5 + 10 + 20 + 40 + 50 = 132.
"""


# %% exercise="conv2d"
def conv2d(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The feature maps of a batch of images, computed without a loop over positions.

    Args:
        x: Images, shape (N, C, H, W).
        w: Kernels, shape (F, C // groups, KH, KW).
        b: Biases, shape (F,), or None for none.
        stride: Step between windows, in pixels: one number or (rows, columns).
        padding: Rows and columns of zeros on each side: one number or (rows, columns).
        dilation: Distance of neighbouring kernel values, 1 for dense: one number or (rows, columns).
        groups: Number of blocks into which channels and kernels are split.

    Returns:
        Shape (N, F, OH, OW), a new array: of x's dtype if that is a float type, else float64.

    Raises:
        ValueError: If x or w does not have 4 axes; if C or F does not split evenly into groups; if w does not have
            C // groups channels; if b does not have F values; if no window fits into the padded image.
    """
    ### BEGIN SOLUTION
    if x.ndim != 4 or w.ndim != 4:
        raise ValueError(f"x and w need 4 axes, but have {x.ndim} and {w.ndim}")
    (n, c, h, width), (f, depth, kh, kw) = x.shape, w.shape
    if c % groups or f % groups:
        raise ValueError(f"{c} channels and {f} kernels do not split into {groups} groups")
    if c != groups * depth:
        raise ValueError(f"x has {c} channels but w expects {groups * depth}")
    if b is not None and b.shape != (f,):
        raise ValueError(f"b has shape {b.shape}, but there are {f} kernels")
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    extent = (dh * (kh - 1) + 1, dw * (kw - 1) + 1)
    if extent[0] > h + 2 * ph or extent[1] > width + 2 * pw:
        raise ValueError(f"kernels reach over {extent} pixels, images of {h}×{width}, padding {padding}, are smaller")

    image = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw))).astype(x.dtype if x.dtype.kind == "f" else np.float64)
    windows = np.lib.stride_tricks.sliding_window_view(image, extent, axis=(2, 3))  # a view: nothing is copied yet
    windows = windows[:, :, ::sh, ::sw, ::dh, ::dw]  # (N, C, OH, OW, KH, KW)
    oh, ow = windows.shape[2:4]
    rows = w.reshape(groups, f // groups, depth * kh * kw).astype(image.dtype)
    y = np.empty((n, groups, f // groups, oh * ow), image.dtype)
    for one, out in zip(windows, y, strict=True):  # image by image: the columns of one stay in the processor's cache
        # im2col: (C, OH, OW, KH, KW) -> (groups, C/groups*KH*KW, OH*OW)
        cols = one.transpose(0, 3, 4, 1, 2).reshape(groups, depth * kh * kw, oh * ow)
        np.matmul(rows, cols, out=out)
    y = y.reshape(n, f, oh, ow)
    if b is not None:
        y += b.reshape(f, 1, 1).astype(y.dtype)
    return y
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: the shapes</summary>

`(F, C·KH·KW) @ (N, C·KH·KW, OH·OW)` is `(N, F, OH·OW)`: NumPy multiplies the matrix by each image's columns. Only a
reshape is left. No axis needs to be moved.

</details>
<details><summary>Hint: groups</summary>

The rows of the columns' matrix are in the order of the channels, so those of a group stand together. Reshape both
factors so that the groups have an axis of their own; `@` treats it like the images' axis.

</details>
"""

# %% points=30 tests="conv2d"
np.testing.assert_allclose(conv2d(TENS, TENS_KERNELS), [[[[132, 176]], [[1, 2]]]])
np.testing.assert_allclose(conv2d(TENS, TENS_KERNELS, np.array([0.5, -1.0])), [[[[132.5, 176.5]], [[0, 1]]]])

# The colour example of exercise 1.
y = conv2d(RGB, RGB_KERNEL, np.array([1]), padding=1)
assert y.shape == (1, 1, 2, 3), f"the result has shape {y.shape}"
assert y[0, 0, 0, 0] == -25, f"the first value is {y[0, 0, 0, 0]}"

# The sizes of exercise 1, with a stride, a dilation and groups.
np.testing.assert_allclose(conv2d(np.ones((1, 4, 11, 11)), np.ones((2, 4, 5, 5)), stride=2), np.full((1, 2, 4, 4), 100))
y = conv2d(LINE, SPREAD_KERNEL, dilation=(1, 2))
np.testing.assert_allclose(y, [[[[20, 31, 42]]]])
y = conv2d(TWO_CHANNELS, GROUP_KERNELS, groups=2)
np.testing.assert_allclose(y, [[[[1, 2]], [[30, 40]]]])

# %% [markdown]
r"""
## 4. Depthwise separable (10 points)

A full kernel looks at space and mixes channels in one step. A **depthwise separable** layer takes two: first each
channel gets a kernel of its own (depthwise), then 1×1 kernels mix the channels (pointwise). No padding, stride 1, no
biases, nothing in between.

**By hand.** Two channels `[1 2 3]` and `[4 5 6]`, depthwise kernels `[1 −1]` and `[1 1]`: the depthwise step gives
`[−1 −1]` and `[9 11]`. The 1×1 kernel `(10, 1)` mixes them to `[−10+9 −10+11]` = `[−1 1]`.
"""


# %% exercise="depthwise-separable"
def depthwise_separable(x, wd, wp):
    """The feature maps of a depthwise step followed by a pointwise one.

    Args:
        x: Images, shape (N, C, H, W).
        wd: Depthwise kernels, one for each channel, shape (C, 1, KH, KW).
        wp: Pointwise kernels, shape (F, C, 1, 1).

    Returns:
        Shape (N, F, H - KH + 1, W - KW + 1), a new array: of x's dtype if that is a float type, else float64.

    Raises:
        ValueError: If x, wd or wp does not have 4 axes; if x, wd and wp are not for the same number of channels; if
            the kernels do not fit into the image.
    """
    ### BEGIN SOLUTION
    if not x.ndim == wd.ndim == wp.ndim == 4:
        raise ValueError(f"x, wd and wp need 4 axes, but have {x.ndim}, {wd.ndim} and {wp.ndim}")
    if not x.shape[1] == wd.shape[0] == wp.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels, wd is for {wd.shape[0]}, wp for {wp.shape[1]}")
    if wd.shape[2] > x.shape[2] or wd.shape[3] > x.shape[3]:
        raise ValueError(f"kernels of {wd.shape[2:]} exceed images of {x.shape[2:]}")
    x = x.astype(x.dtype if x.dtype.kind == "f" else np.float64)
    windows = np.lib.stride_tricks.sliding_window_view(x, wd.shape[2:], axis=(2, 3))  # (N, C, OH, OW, KH, KW)
    maps = np.einsum("nchwij,cij->nchw", windows, wd[:, 0].astype(x.dtype))
    return np.einsum("nchw,fc->nfhw", maps, wp[:, :, 0, 0].astype(x.dtype))
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint</summary>

A depthwise layer is an ordinary one with as many groups as channels. If your `conv2d` does groups, two calls will do;
if it does not, loop over the channels.

</details>
"""

# %% points=10 tests="depthwise-separable"
two_rows = np.array([[[[1.0, 2.0, 3.0]], [[4.0, 5.0, 6.0]]]])
depthwise = np.array([[[[1.0, -1.0]]], [[[1.0, 1.0]]]])
pointwise = np.array([[[[10.0]], [[1.0]]]])
np.testing.assert_allclose(depthwise_separable(two_rows, depthwise, pointwise), [[[[-1, 1]]]])

# Three pointwise kernels make three feature maps; one that picks a channel shows the depthwise step alone.
pointwise = np.array([[[[1.0]], [[0.0]]], [[[0.0]], [[1.0]]], [[[1.0]], [[1.0]]]])
np.testing.assert_allclose(depthwise_separable(two_rows, depthwise, pointwise), [[[[-1, -1]], [[9, 11]], [[8, 10]]]])

# %% [markdown]
r"""
## 5. What a layer costs (7 points)

The parameters of a layer are the values of its kernels and its biases; they do not depend on the size of the image.
Its work is counted in **multiply-accumulates**: one multiplication of a pixel by a kernel value, added to the sum.
Biases are not counted as work.

**By hand.** Ten kernels of 5×5 on a colour image: (5·5·3 + 1) · 10 = 760 parameters. A hundred kernels of 3×3×3:
28 · 100 = 2,800. AlexNet's first layer, 96 kernels of 11×11×3: 364 · 96 = 34,944. On its 55×55 positions, each kernel
makes 363 multiplications: 363 · 96 · 3025 = 105,415,200 multiply-accumulates.
"""


# %% exercise="conv-params"
def conv_params(C, F, k, groups=1, bias=True):
    """The number of parameters of a convolution layer.

    Args:
        C: Channels of the input.
        F: Number of kernels.
        k: Size of a kernel: one number for a square, or (rows, columns).
        groups: Number of blocks into which channels and kernels are split.
        bias: Whether each kernel has a bias.

    Returns:
        An int.

    Raises:
        ValueError: If C or F does not split evenly into groups.
    """
    ### BEGIN SOLUTION
    kh, kw = pair(k)
    if C % groups or F % groups:
        raise ValueError(f"{C} channels and {F} kernels do not split into {groups} groups")
    weights = F * (C // groups) * kh * kw
    return weights + F if bias else weights
    ### END SOLUTION


def conv_macs(C, F, k, out_size, groups=1):
    """The number of multiply-accumulates of a convolution layer, for one image.

    Args:
        C: Channels of the input.
        F: Number of kernels.
        k: Size of a kernel: one number for a square, or (rows, columns).
        out_size: Size of a feature map: one number for a square, or (rows, columns).
        groups: Number of blocks into which channels and kernels are split.

    Returns:
        An int. Biases are not counted.

    Raises:
        ValueError: If C or F does not split evenly into groups.
    """
    ### BEGIN SOLUTION
    oh, ow = pair(out_size)
    return conv_params(C, F, k, groups, bias=False) * oh * ow  # every weight is used once at every position
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint</summary>

Where does `groups` enter? It makes kernels shallower, not fewer. Use `//`: `/` always gives a float.

</details>
"""

# %% points=7 tests="conv-params"
assert conv_params(3, 10, 5) == 760, f"10 kernels of 5×5×3: yours is {conv_params(3, 10, 5)}"
assert conv_params(3, 100, 3) == 2_800, f"100 kernels of 3×3×3: yours is {conv_params(3, 100, 3)}"
assert conv_params(3, 96, 11) == 34_944, f"96 kernels of 11×11×3: yours is {conv_params(3, 96, 11)}"
number = conv_params(4, 6, (3, 1), groups=2, bias=False)
assert number == 36, f"6 kernels of 3×1×2 in two groups, no bias: yours is {number}"
assert isinstance(number, int | np.integer), f"a number of parameters is an int: yours is {number}"
assert conv_macs(3, 96, 11, 55) == 105_415_200, f"AlexNet's first layer: yours is {conv_macs(3, 96, 11, 55)}"
number = conv_macs(4, 6, (3, 1), (5, 7), groups=2)
assert number == 36 * 35, f"36 weights at 5·7 places: yours is {number}"
assert isinstance(number, int | np.integer), f"a number of multiply-accumulates is an int: yours is {number}"

# %% [markdown]
r"""
## 6. A kernel for each position (8 points)

The convolution layer uses the same kernels everywhere. A **locally connected** layer has the same windows, but each
position of the result has kernels of its own: nothing is shared. AlexNet's first layer would need 290,400 · 364 =
105,705,600 parameters that way, in place of 34,944. Stride 1, no padding, no biases.

**By hand.** The image `[1 2 3]`, windows of 1×2. Position 0 has the kernel `[1 1]`, position 1 has `[10 1]`: the
result is `[1·1 + 2·1, 2·10 + 3·1]` = `[3 23]`.
"""


# %% exercise="locally-connected"
def locally_connected(x, w):
    """The feature maps of a layer whose kernels differ from position to position.

    Args:
        x: Images, shape (N, C, H, W).
        w: Kernels, shape (OH, OW, F, C, KH, KW): w[i, j] are those of position (i, j).

    Returns:
        Shape (N, F, OH, OW), a new array: of x's dtype if that is a float type, else float64.

    Raises:
        ValueError: If x does not have 4 axes or w does not have 6; if they are not for the same number of channels;
            if (OH, OW) is not (H - KH + 1, W - KW + 1).
    """
    ### BEGIN SOLUTION
    if x.ndim != 4 or w.ndim != 6:
        raise ValueError(f"x and w need 4 and 6 axes, but have {x.ndim} and {w.ndim}")
    (n, c, h, width), (oh, ow, f, channels, kh, kw) = x.shape, w.shape
    if c != channels:
        raise ValueError(f"x has {c} channels but w expects {channels}")
    if (oh, ow) != (h - kh + 1, width - kw + 1):
        raise ValueError(f"w has kernels for {oh}×{ow} positions, the image has {h - kh + 1}×{width - kw + 1}")
    y = np.empty((n, f, oh, ow), x.dtype if x.dtype.kind == "f" else np.float64)
    for i in range(oh):
        for j in range(ow):
            windows = x[:, :, i : i + kh, j : j + kw].reshape(n, -1).astype(y.dtype)  # (N, C*KH*KW)
            y[:, :, i, j] = windows @ w[i, j].reshape(f, -1).T
    return y
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint</summary>

Begin with your loops from exercise 1. What changes is one line: `w[i, j, f]` stands where `w[f]` stood.

</details>
"""

# %% points=8 tests="locally-connected"
own_kernels = np.array([[[[[[1.0, 1.0]]]], [[[[10.0, 1.0]]]]]])  # (1, 2, 1, 1, 1, 2)
y = locally_connected(np.array([[[[1.0, 2.0, 3.0]]]]), own_kernels)
np.testing.assert_allclose(y, [[[[3, 23]]]])

# The same kernels at every position: the ordinary layer.
shared = np.stack([TENS_KERNELS, TENS_KERNELS])[None]  # (1, 2, 2, 2, 2, 2)
np.testing.assert_allclose(locally_connected(TENS, shared), [[[[132, 176]], [[1, 2]]]])

# %% [markdown]
r"""
## What you have built

- The layer as a definition (loops) and as a matrix product (`im2col`), with every option that PyTorch's has.
- Its cost in parameters and multiply-accumulates, and what sharing kernels saves.

Unit 05 sends gradients back through this layer. Nothing you wrote here is needed there.
"""
