# %% [markdown]
r"""
# The convolution layer, backward

**130 points, about 5 hours.** Goes with the chapter *Backpropagation* of the book.

Training asks one question of every layer: if the result should change by this much, how should the input and the
parameters change? You answer it for the convolution layer, first with loops that say why, then without them so that it
is fast. On the way you build the tool that tells right gradients from wrong ones, and at the end you meet the backward
pass again as a layer of its own: the transposed convolution.

While your answers are graded, PyTorch, SciPy, `np.convolve` and `np.correlate` are out of reach. What unit 04 taught
is ready to use.

**How to work.** Run the cells from the top. Write your code in place of each `raise NotImplementedError`, then run the
check below it: it tries the worked examples, and if no error comes, they are right. Hints open with a click. In a
terminal, `autograder check conv_backward.ipynb` runs all the tests and prints your points, and what went wrong and why.
"""

# %% setup="imports"
import numpy as np

from cnnkit.ops import conv2d, im2col


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
| result of the layer | `y`, shape `(N, F, OH, OW)` |
| upstream gradient | `dout`, shape of `y`: how fast the loss grows with each value of `y` |
| gradients | `dx`, `dw`, `db`: how fast the loss grows with each value of `x`, `w`, `b`; shapes of `x`, `w`, `b` |
| options | `stride`, `padding`, `dilation`: one number, or a pair `(rows, columns)`; dilation 1 is the dense kernel |

The forward pass is that of unit 04: `conv2d(x, w, b=None, stride=1, padding=0, dilation=1, groups=1)` computes it and
`im2col(x, kh, kw, stride=1, padding=0, dilation=1)` copies its windows into columns. Both are imported above.
What it computes is a cross-correlation, no kernel is flipped; the field calls it convolution, and so do we.

To see what a gradient is of, imagine the loss $L = \sum y \cdot \text{dout}$, all values multiplied one by one and
added up. Whatever the real loss is, its gradients are those of this sum. Three rules hold for every function here, and
most exercises give a few points for keeping them:

1. Arguments stay as they are, and results have memory of their own.
2. Float arguments give results of the same float type (`float32` stays `float32`); integers give `float64`.
3. What does not fit together raises `ValueError`, with a message that says what was given and what was expected.
"""

# %% setup="examples"
# The examples that are worked by hand: one image of one row, one channel, one kernel.
KERNEL = np.array([[[[3.0, 2.0]]]])
LINE = np.array([[[[1.0, 2.0, 4.0, 3.0]]]])
LINE_DOUT = np.array([[[[1.0, 10.0, 100.0]]]])
LEFT_OVER = np.array([[[[1.0, 2.0, 4.0, 3.0, 6.0]]]])
SHORT = np.array([[[[1.0, 2.0, 4.0]]]])
SHORT_DOUT = np.array([[[[1.0, 10.0, 100.0, 1000.0]]]])

# %% [markdown]
r"""
## 1. Asking for the gradient (10 points)

A gradient can be measured: move one value of `x` a little up, then a little down, and see how the loss follows. That
costs two forward passes for every value, far too many for training, and is all one needs to check a formula. For each
position $i$, with $e_i$ one at that position and zero elsewhere:

$$\text{dx}_i = \frac{L(x + \varepsilon\, e_i) - L(x - \varepsilon\, e_i)}{2\,\varepsilon},
\qquad L(x) = \sum f(x) \cdot \text{dout}$$

**By hand.** $f(x) = x^2$, value by value, at `x = [1 3]` with `dout = [10 1]` and a large step, $\varepsilon = 0.5$:

$$\text{dx}_0 = \frac{1.5^2 - 0.5^2}{1}\cdot 10 = 20, \qquad \text{dx}_1 = \frac{3.5^2 - 2.5^2}{1}\cdot 1 = 6.$$

These are the exact derivatives, $2x \cdot \text{dout}$. A step to one side only would give
$(1.5^2 - 1^2)/0.5 \cdot 10 = 25$: errors of the two sides cancel, so always step to both.
"""


# %% exercise="numerical-gradient"
def numerical_gradient(f, x, dout, eps=1e-5):
    """The gradient of sum(f(x) * dout) with respect to x, by central differences.

    Args:
        f: Function of one array, which it does not change; gives an array.
        x: Where the gradient is taken: any shape. Integers are taken as float64.
        dout: Upstream gradient, of the shape of f(x).
        eps: Size of the steps to both sides.

    Returns:
        float64, of x's shape. x holds exactly what it held before, also if f raises an error, which is handed on.

    Raises:
        ValueError: If dout does not have the shape of f(x).
    """
    ### BEGIN SOLUTION
    point = np.array(x, dtype=np.float64)  # a copy: whatever happens, x stays as it is
    if np.shape(f(point.copy())) != np.shape(dout):
        raise ValueError(f"dout has shape {np.shape(dout)}, but f(x) has {np.shape(f(point.copy()))}")
    dx = np.zeros_like(point)
    for position in np.ndindex(*point.shape):
        losses = []
        for step in (eps, -eps):
            moved = point.copy()
            moved[position] += step
            losses.append(np.sum(f(moved) * dout))
        dx[position] = (losses[0] - losses[1]) / (2 * eps)
    return dx
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: all positions of any shape</summary>

`for position in np.ndindex(*x.shape):` gives tuples such as `(0, 2, 1)`, and `x[position]` is that value.

</details>
<details><summary>Hint: leaving x as it was</summary>

The safest way is to move a copy. If you move `x` itself, keep the old value in a variable and write it back in a
`finally:` block: adding and subtracting eps does not always lead back to the same number.

</details>
"""


# %% points=10 tests="numerical-gradient"
def square(x):
    return x**2


# The example above: 10 · (2.25 - 0.25) / 1 = 20 and 1 · (12.25 - 6.25) / 1 = 6.
x, dout = np.array([1.0, 3.0]), np.array([10.0, 1.0])
dx = numerical_gradient(square, x, dout, eps=0.5)
np.testing.assert_allclose(dx, [20, 6], err_msg="the gradient of the example by hand")
np.testing.assert_array_equal(x, [1, 3], err_msg="x must hold what it held before")
np.testing.assert_allclose(numerical_gradient(square, x, dout), [20, 6], atol=1e-6)

# y0 = a·b and y1 = a + b at (a, b) = (2, 5): da = b·100 + 1·1 = 501, db = a·100 + 1·1 = 201.
dx = numerical_gradient(lambda v: np.array([v[0] * v[1], v[0] + v[1]]), np.array([2.0, 5.0]), np.array([100.0, 1.0]))
np.testing.assert_allclose(dx, [501, 201], atol=1e-5, err_msg="f(x) may have another shape than x")

# The layer itself, seen as a function of its kernel; exercise 2 explains the numbers.
dw = numerical_gradient(lambda w: conv2d(LINE, w), KERNEL, LINE_DOUT)
np.testing.assert_allclose(dw, [[[[421, 342]]]], atol=1e-5)

# %% [markdown]
r"""
## 2. The backward pass in loops (40 points)

In the forward pass, each value of the result is a window times a kernel. Take one of them: $y = \sum w \cdot x$ over
the window. If its upstream gradient is $g$, then every $x$ of the window gets $g \cdot w$, every $w$ gets $g \cdot x$
and the bias gets $g$. A pixel lies in several windows, a kernel meets all windows of all images: **what arrives is
added up.** The padding takes part like pixels; its gradient is thrown away in the end.

**By hand.** `x = [1 2 4 3]`, kernel `[3 2]`, upstream gradient `[1 10 100]`. The windows are `[1 2]`, `[2 4]`, `[4 3]`.

$$
\begin{aligned}
\text{dw} &= 1\cdot[1\ \ 2] + 10\cdot[2\ \ 4] + 100\cdot[4\ \ 3] = [421\ \ 342], \qquad \text{db} = 1+10+100 = 111\\
\text{dx} &= [3\ \ 2\ \ 0\ \ 0] + [0\ \ 30\ \ 20\ \ 0] + [0\ \ 0\ \ 300\ \ 200] = [3\ \ 32\ \ 320\ \ 200]
\end{aligned}
$$

**Stride 2** on `[1 2 4 3 6]` with `dout = [1 10]`: the windows are `[1 2]` and `[4 3]`, the 6 is in none. So
`dx = [3 2 30 20 0]` and `dw = 1·[1 2] + 10·[4 3] = [41 32]`.
"""


# %% exercise="conv2d-backward-loops"
def conv2d_backward_loops(dout, x, w, stride=1, padding=0):
    """The gradients of the layer conv2d(x, w, b, stride, padding), computed window by window.

    Args:
        dout: Upstream gradient, shape (N, F, OH, OW): that of the layer's result.
        x: Images, shape (N, C, H, W).
        w: Kernels, shape (F, C, KH, KW).
        stride: Step between windows, in pixels: one number or (rows, columns).
        padding: Rows and columns of zeros on each side: one number or (rows, columns).

    Returns:
        (dx, dw, db): the gradients of x, w and the biases, shapes (N, C, H, W), (F, C, KH, KW) and (F,). New arrays, of
        x's dtype if that is a float type, else float64.

    Raises:
        ValueError: If dout, x or w does not have 4 axes; if x and w do not have the same number of channels; if no
            window fits into the padded image; if dout does not have the shape of the layer's result.
    """
    ### BEGIN SOLUTION
    if not dout.ndim == x.ndim == w.ndim == 4:
        raise ValueError(f"dout, x and w need 4 axes, but have {dout.ndim}, {x.ndim} and {w.ndim}")
    (n, c, h, width), (f, depth, kh, kw) = x.shape, w.shape
    if c != depth:
        raise ValueError(f"x has {c} channels but w expects {depth}")
    (sh, sw), (ph, pw) = pair(stride), pair(padding)
    oh, ow = (h + 2 * ph - kh) // sh + 1, (width + 2 * pw - kw) // sw + 1
    if oh < 1 or ow < 1:
        raise ValueError(f"kernels of {kh}×{kw} exceed images of {h}×{width}, padding {padding}")
    if dout.shape != (n, f, oh, ow):
        raise ValueError(f"dout has shape {dout.shape}, but the layer's result has {(n, f, oh, ow)}")

    dtype = x.dtype if x.dtype.kind == "f" else np.float64
    dout, kernels = dout.astype(dtype), w.astype(dtype)
    image = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw))).astype(dtype)
    dimage, dw, db = np.zeros_like(image), np.zeros(w.shape, dtype), np.zeros(f, dtype)
    for i in range(n):
        for kernel in range(f):
            for row in range(oh):
                for column in range(ow):
                    rows = slice(row * sh, row * sh + kh)
                    columns = slice(column * sw, column * sw + kw)
                    g = dout[i, kernel, row, column]
                    dimage[i, :, rows, columns] += g * kernels[kernel]
                    dw[kernel] += g * image[i, :, rows, columns]
                    db[kernel] += g
    return dimage[:, :, ph : ph + h, pw : pw + width].copy(), dw, db
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: where to start</summary>

Write the four loops of the forward pass, over images, kernels, rows and columns of `dout`, and cut the same window.
Where the forward pass read a window, the backward pass adds to one: `dx[i, :, rows, columns] += …`.

</details>
<details><summary>Hint: padding</summary>

Work with a padded image and a gradient of the same padded size. At the end, cut the border off the gradient:
`[ph : ph + H]`. The slice `[p:-p]` looks the same, but is empty for `p = 0`.

</details>
<details><summary>Hint: is it right?</summary>

Exercise 1 tells you: compare `dx` with `numerical_gradient(lambda x: conv2d(x, w, None, stride, padding), x, dout)` on
random arrays. Take sizes that are all different, and an upstream gradient that is random too.

</details>
"""

# %% points=40 tests="conv2d-backward-loops"
# The example above.
dx, dw, db = conv2d_backward_loops(LINE_DOUT, LINE, KERNEL)
np.testing.assert_allclose(dx, [[[[3, 32, 320, 200]]]], err_msg="dx: 10·2 and 100·3 meet at the third pixel")
np.testing.assert_allclose(dw, [[[[421, 342]]]], err_msg="dw: 1·1 + 10·2 + 100·4 and 1·2 + 10·4 + 100·3")
np.testing.assert_allclose(db, [111], err_msg="db: 1 + 10 + 100")

# Stride 2: no window reaches the last pixel.
dx, dw, db = conv2d_backward_loops(np.array([[[[1.0, 10.0]]]]), LEFT_OVER, KERNEL, stride=2)
np.testing.assert_allclose(dx, [[[[3, 2, 30, 20, 0]]]], err_msg="dx with stride 2")
np.testing.assert_allclose(dw, [[[[41, 32]]]], err_msg="dw with stride 2: 1·1 + 10·4 and 1·2 + 10·3")
dx, dw, db = conv2d_backward_loops(np.array([[[[1.0, 10.0]]]]), LEFT_OVER, KERNEL, stride=(1, 2))
np.testing.assert_allclose(dx, [[[[3, 2, 30, 20, 0]]]], err_msg="dx with stride 2 for the columns only")

# Padding 1 left and right: [0 1 2 4 0] has four windows. With its border, dx is [3 32 320 3200 2000].
dx, dw, db = conv2d_backward_loops(SHORT_DOUT, SHORT, KERNEL, padding=(0, 1))
np.testing.assert_allclose(dx, [[[[32, 320, 3200]]]], err_msg="dx with padding: the border's gradient is cut off")
np.testing.assert_allclose(dw, [[[[4210, 421]]]], err_msg="dw: 10·1 + 100·2 + 1000·4 and 1·1 + 10·2 + 100·4")

# Two images, two kernels, three channels, 4×5 pixels: against exercise 1, with a random upstream gradient.
rng = np.random.default_rng(0)
x, w, dout = rng.standard_normal((2, 3, 4, 5)), rng.standard_normal((2, 3, 3, 2)), rng.standard_normal((2, 2, 2, 4))
dx, dw, db = conv2d_backward_loops(dout, x, w)
measured = numerical_gradient(lambda moved: conv2d(moved, w), x, dout)
np.testing.assert_allclose(dx, measured, atol=1e-7, err_msg="dx against numerical_gradient")
measured = numerical_gradient(lambda moved: conv2d(x, moved), w, dout)
np.testing.assert_allclose(dw, measured, atol=1e-7, err_msg="dw against numerical_gradient")

# %% [markdown]
r"""
## 3. Columns back into images (20 points)

`im2col` copies pixels into columns, one pixel into many places. `col2im` goes the other way: every value of the columns
is **added** to the pixel that it would have come from. It does not undo `im2col`, since a pixel in three windows comes
back three times. It is its *adjoint*: for all images $x$ and columns $c$,

$$\langle \text{im2col}(x), c \rangle = \langle x, \text{col2im}(c) \rangle,$$

where $\langle a, b \rangle$ is the sum of the products of all values. A backward pass is always the adjoint of its
forward pass.

**By hand.** An image of three pixels, windows of 1×2: two windows. From columns to pixels:

$$\begin{pmatrix}1&2\\10&20\end{pmatrix} \longrightarrow [1\ \ 10\ \ 0] + [0\ \ 2\ \ 20] = [1\ \ 12\ \ 20].$$

Columns of ones count in how many windows each pixel lies. For five pixels and windows of three: `[1 2 3 2 1]`.
"""


# %% exercise="col2im"
def col2im(cols, x_shape, kh, kw, stride=1, padding=0, dilation=1):
    """Images in which every value of the columns is added to the pixel that im2col would have copied it from.

    Args:
        cols: Columns, shape (N, C * kh * kw, OH * OW), in the order of im2col.
        x_shape: Shape of the images, (N, C, H, W).
        kh: Rows of a window.
        kw: Columns of a window.
        stride: Step between windows, in pixels: one number or (rows, columns).
        padding: Rows and columns on each side that belong to windows but not to the image: one number or a pair.
        dilation: Distance of neighbours in a window, 1 for dense: one number or (rows, columns).

    Returns:
        Shape x_shape, a new array: of the dtype of cols if that is a float type, else float64.

    Raises:
        ValueError: If no window fits into the padded image, or if cols does not have the shape that im2col gives for
            images of x_shape.
    """
    ### BEGIN SOLUTION
    n, c, h, width = x_shape
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    oh = (h + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    ow = (width + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    if oh < 1 or ow < 1:
        raise ValueError(f"windows of {kh}×{kw}, dilation {dilation}, exceed images of {h}×{width}, padding {padding}")
    if cols.shape != (n, c * kh * kw, oh * ow):
        raise ValueError(f"cols has shape {cols.shape}, expected {(n, c * kh * kw, oh * ow)}")

    values = cols.reshape(n, c, kh, kw, oh, ow)
    image = np.zeros((n, c, h + 2 * ph, width + 2 * pw), cols.dtype if cols.dtype.kind == "f" else np.float64)
    for i in range(kh):
        for j in range(kw):
            top, left = i * dh, j * dw  # where value (i, j) of the first window lies
            rows = slice(top, top + sh * (oh - 1) + 1, sh)
            columns = slice(left, left + sw * (ow - 1) + 1, sw)
            image[:, :, rows, columns] += values[:, :, i, j]  # no pixel twice: += adds them all
    return image[:, :, ph : ph + h, pw : pw + width].copy()
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: the loop of im2col</summary>

`im2col` loops over the positions `(i, j)` in a window and copies one slice of the padded image, with a step, for all
windows at once. Take that loop and turn the assignment around.

</details>
<details><summary>Hint: index arrays</summary>

`image[..., rows, columns] += values` with arrays of indices adds only once where an index repeats. Slices never repeat
a pixel; for arrays of indices there is `np.add.at`.

</details>
"""

# %% points=20 tests="col2im"
cols = np.array([[[1.0, 2.0], [10.0, 20.0]]])
image = col2im(cols, (1, 1, 1, 3), 1, 2)
np.testing.assert_allclose(image, [[[[1, 12, 20]]]], err_msg="the middle pixel gets 10 and 2")

# How many windows is a pixel in? Windows of three on five pixels, and with stride 2: windows at 0 and 2.
ones = np.ones((1, 1, 1, 5))
np.testing.assert_allclose(col2im(im2col(ones, 1, 3), ones.shape, 1, 3), [[[[1, 2, 3, 2, 1]]]])
np.testing.assert_allclose(col2im(im2col(ones, 1, 3, 2), ones.shape, 1, 3, stride=2), [[[[1, 1, 2, 1, 1]]]])

# The adjoint, with every option: both sums must be the same number.
rng = np.random.default_rng(1)
x, options = rng.standard_normal((2, 3, 7, 6)), {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2)}
columns = im2col(x, 3, 2, **options)
c = rng.standard_normal(columns.shape)
left, right = np.sum(columns * c), np.sum(x * col2im(c, x.shape, 3, 2, **options))
assert abs(left - right) < 1e-9, f"<im2col(x), c> is {left}, but <x, col2im(c)> is {right}"

# %% [markdown]
r"""
## 4. The backward pass without loops (30 points)

With columns, the layer of one image is a matrix product, $Y = W X$: kernels as rows times windows as columns. The
backward pass of a product is two products. With $D$ the upstream gradient as a matrix $(F,\ OH \cdot OW)$,

$$dW = D X^\top, \qquad dX = W^\top D,$$

and `col2im` adds the columns $dX$ up to an image. $dW$ is summed over the images. With groups, each block of channels
and kernels is a layer of its own. At least 20 times as fast as the loops (3 of the 30 points).

**By hand.** The line of exercise 2, kernel `[3 2]`, `D = [1 10 100]`:

$$X = \begin{pmatrix}1&2&4\\2&4&3\end{pmatrix},\quad D X^\top = [421\ \ 342],\quad
W^\top D = \begin{pmatrix}3&30&300\\2&20&200\end{pmatrix}
\longrightarrow [3\ \ 32\ \ 320\ \ 200].$$
"""


# %% exercise="conv2d-backward"
def conv2d_backward(dout, x, w, stride=1, padding=0, dilation=1, groups=1):
    """The gradients of the layer conv2d(x, w, b, stride, padding, dilation, groups), without a loop over positions.

    Args:
        dout: Upstream gradient, shape (N, F, OH, OW): that of the layer's result.
        x: Images, shape (N, C, H, W).
        w: Kernels, shape (F, C // groups, KH, KW).
        stride: Step between windows, in pixels: one number or (rows, columns).
        padding: Rows and columns of zeros on each side: one number or (rows, columns).
        dilation: Distance of neighbouring kernel values, 1 for dense: one number or (rows, columns).
        groups: Number of blocks into which channels and kernels are split.

    Returns:
        (dx, dw, db): the gradients of x, w and the biases, of the shapes of x, w and (F,). New arrays, of x's dtype if
        that is a float type, else float64.

    Raises:
        ValueError: If dout, x or w does not have 4 axes; if C or F does not split evenly into groups; if w does not
            have C // groups channels; if no window fits into the padded image; if dout does not have the shape of the
            layer's result.
    """
    ### BEGIN SOLUTION
    if not dout.ndim == x.ndim == w.ndim == 4:
        raise ValueError(f"dout, x and w need 4 axes, but have {dout.ndim}, {x.ndim} and {w.ndim}")
    (n, c, h, width), (f, depth, kh, kw) = x.shape, w.shape
    if c % groups or f % groups or c != groups * depth:
        raise ValueError(f"{c} channels and {f} kernels of {depth} channels do not make {groups} groups")
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    extent = (dh * (kh - 1) + 1, dw * (kw - 1) + 1)
    if extent[0] > h + 2 * ph or extent[1] > width + 2 * pw:
        raise ValueError(f"kernels reach over {extent} pixels, images of {h}×{width}, padding {padding}, are smaller")
    image = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw))).astype(x.dtype if x.dtype.kind == "f" else np.float64)
    windows = np.lib.stride_tricks.sliding_window_view(image, extent, axis=(2, 3))  # a view: nothing is copied yet
    windows = windows[:, :, ::sh, ::sw, ::dh, ::dw].transpose(0, 1, 4, 5, 2, 3)  # (N, C, KH, KW, OH, OW)
    if dout.shape != (n, f, *windows.shape[4:]):
        raise ValueError(f"dout has shape {dout.shape}, but the layer's result has {(n, f, *windows.shape[4:])}")

    size, positions = depth * kh * kw, windows.shape[4] * windows.shape[5]
    rows = w.reshape(groups, f // groups, size).astype(image.dtype)
    d = dout.reshape(n, groups, f // groups, positions).astype(image.dtype)
    dx, drows = np.empty(x.shape, image.dtype), np.zeros_like(rows)
    step = max(1, 2**20 // (c * kh * kw * positions * image.itemsize))  # so many images' columns stay in the cache
    for i in range(0, n, step):
        some = slice(i, i + step)
        cols = windows[some].reshape(-1, groups, size, positions)  # im2col
        drows += np.sum(d[some] @ cols.swapaxes(2, 3), axis=0)
        dcols = rows.swapaxes(1, 2) @ d[some]
        dx[some] = col2im(dcols.reshape(len(cols), -1, positions), x[some].shape, kh, kw, stride, padding, dilation)
    return dx, drows.reshape(w.shape), np.sum(d, axis=(0, 3)).reshape(f)
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: the shapes</summary>

`D` is `dout.reshape(N, F, -1)`: no axis needs to be moved. `im2col` gives `X` for all images at once, and `@`
multiplies image by image: `(N, F, OH·OW) @ (N, OH·OW, C·KH·KW)`. What is left is a sum over the images.

</details>
<details><summary>Hint: groups</summary>

Give the groups an axis of their own: `dout.reshape(N, groups, F // groups, -1)`, and likewise the columns and `w`. `@`
treats it like the images' axis.

</details>
<details><summary>Hint: faster still</summary>

The columns of a whole batch do not fit into the processor's cache, and each of the products reads all of them from
memory. The same three lines for a few images at a time, so that their columns take about 1 MiB, are faster.

</details>
"""

# %% points=30 tests="conv2d-backward"
# The examples of exercise 2.
dx, dw, db = conv2d_backward(LINE_DOUT, LINE, KERNEL)
np.testing.assert_allclose(dx, [[[[3, 32, 320, 200]]]], err_msg="dx: 10·2 and 100·3 meet at the third pixel")
np.testing.assert_allclose(dw, [[[[421, 342]]]], err_msg="dw: 1·1 + 10·2 + 100·4 and 1·2 + 10·4 + 100·3")
np.testing.assert_allclose(db, [111], err_msg="db: 1 + 10 + 100")

# The line twice, the second time with twice the upstream gradient: one and two make three.
dx, dw, db = conv2d_backward(np.vstack([LINE_DOUT, 2 * LINE_DOUT]), np.vstack([LINE, LINE]), KERNEL)
np.testing.assert_allclose(dx, [[[[3, 32, 320, 200]]], [[[6, 64, 640, 400]]]], err_msg="dx of two images")
np.testing.assert_allclose(dw, [[[[3 * 421, 3 * 342]]]], err_msg="dw of two images")
np.testing.assert_allclose(db, [3 * 111], err_msg="db of two images")

# Stride 2 and padding 1, as in exercise 2.
dx, dw, db = conv2d_backward(np.array([[[[1.0, 10.0]]]]), LEFT_OVER, KERNEL, stride=2)
np.testing.assert_allclose(dx, [[[[3, 2, 30, 20, 0]]]], err_msg="dx with stride 2")
dx, dw, db = conv2d_backward(SHORT_DOUT, SHORT, KERNEL, padding=(0, 1))
np.testing.assert_allclose(dx, [[[[32, 320, 3200]]]], err_msg="dx with padding")

# Dilation 2: the windows of [1 2 4 3] are (1, 4) and (2, 3). dx = [3 0 2 0] + [0 30 0 20].
dx, dw, db = conv2d_backward(np.array([[[[1.0, 10.0]]]]), LINE, KERNEL, dilation=(1, 2))
np.testing.assert_allclose(dx, [[[[3, 30, 2, 20]]]], err_msg="dx with dilation 2")
np.testing.assert_allclose(dw, [[[[21, 34]]]], err_msg="dw with dilation 2: 1·1 + 10·2 and 1·4 + 10·3")

# Two groups: each kernel sees its own channel, and its gradient goes to that channel alone.
x, w = np.array([[[[1.0, 2.0]], [[3.0, 4.0]]]]), np.array([[[[5.0]]], [[[7.0]]]])
dx, dw, db = conv2d_backward(np.array([[[[1.0, 10.0]], [[2.0, 20.0]]]]), x, w, groups=2)
np.testing.assert_allclose(dx, [[[[5, 50]], [[14, 140]]]], err_msg="dx of two groups")
np.testing.assert_allclose(dw, [[[[21]]], [[[86]]]], err_msg="dw of two groups: 1·1 + 10·2 and 2·3 + 20·4")

# %% [markdown]
r"""
## 5. Transposed convolution (20 points)

The map from `dout` to `dx` is a layer in its own right. It makes images larger where the convolution made them smaller,
so decoders and generators use it forward: the **transposed convolution**. Each pixel of `x` stamps the kernel onto the
result, times its value; stamps start `stride` apart and are added where they overlap. Then `padding` rows and columns
are cut off each side.

With a stride, images of several sizes give the same feature map. `output_padding` says which one is meant: so many rows
and columns more at the **end** (bottom, right), to be filled with what the stamps left there. Along each axis,

$$\text{size} = (n - 1)\cdot\text{stride} - 2\cdot\text{padding} + k + \text{output\_padding}, \qquad
\text{output\_padding} < \text{stride}.$$

**By hand.** `x = [1 10]`, kernel `[3 2 4]`, stride 2: `[3 2 4 0 0] + [0 0 30 20 40] = [3 2 34 20 40]`. With padding 1,
both ends go: `[2 34 20]`. With output padding 1 in addition, one more pixel is kept at the end: `[2 34 20 40]`.
"""


# %% exercise="conv-transpose2d"
def conv_transpose2d(x, w, stride=1, padding=0, output_padding=0):
    """The transposed convolution of a batch of feature maps: each value of x stamps a kernel onto the result.

    Args:
        x: Feature maps, shape (N, C, H, W).
        w: Kernels, shape (C, F, KH, KW): channels of x first.
        stride: Step between stamps, in pixels: one number or (rows, columns).
        padding: Rows and columns cut off each side: one number or (rows, columns).
        output_padding: Further rows at the bottom and columns at the right: one number or (rows, columns).

    Returns:
        Shape (N, F, OH, OW), where OH = (H - 1) * stride - 2 * padding + KH + output_padding and likewise OW: a new
        array, of x's dtype if that is a float type, else float64.

    Raises:
        ValueError: If x or w does not have 4 axes; if they do not have the same number of channels; if output_padding
            is not smaller than the stride; if the result would be empty.
    """
    ### BEGIN SOLUTION
    if x.ndim != 4 or w.ndim != 4:
        raise ValueError(f"x and w need 4 axes, but have {x.ndim} and {w.ndim}")
    (n, c, h, width), (channels, f, kh, kw) = x.shape, w.shape
    if c != channels:
        raise ValueError(f"x has {c} channels but w expects {channels}")
    (sh, sw), (ph, pw), (extra_h, extra_w) = pair(stride), pair(padding), pair(output_padding)
    if extra_h >= sh or extra_w >= sw:
        raise ValueError(f"output_padding {output_padding} must be smaller than the stride {stride}")
    oh, ow = (h - 1) * sh - 2 * ph + kh + extra_h, (width - 1) * sw - 2 * pw + kw + extra_w
    if oh < 1 or ow < 1:
        raise ValueError(f"the result would have {oh}×{ow} pixels")

    values = x.reshape(n, c, h * width).astype(x.dtype if x.dtype.kind == "f" else np.float64)
    stamps = w.reshape(c, f * kh * kw).T.astype(values.dtype) @ values  # (N, F*KH*KW, H*W)
    return col2im(stamps, (n, f, oh, ow), kh, kw, stride, padding)
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: start without padding</summary>

Make a result of zeros of size `(H − 1)·stride + KH` plus the output padding. For each position `(i, j)` of the kernel,
one slice of it with a step of `stride` gets `w[:, :, i, j]` times all of `x`. Cut `padding` off at the end.

</details>
<details><summary>Hint: with what you have</summary>

Kernels as rows, transposed, times `x` as a matrix: the stamps stand in columns, and `col2im` adds them up.

</details>
"""

# %% points=20 tests="conv-transpose2d"
x, stamp = np.array([[[[1.0, 10.0]]]]), np.array([[[[3.0, 2.0, 4.0]]]])
np.testing.assert_allclose(conv_transpose2d(x, stamp), [[[[3, 32, 24, 40]]]], err_msg="[3 2 4 0] + [0 30 20 40]")
y = conv_transpose2d(x, stamp, stride=(1, 2))
np.testing.assert_allclose(y, [[[[3, 2, 34, 20, 40]]]], err_msg="stride 2: 4 and 30 meet in the middle")
y = conv_transpose2d(x, stamp, stride=(1, 2), padding=(0, 1))
np.testing.assert_allclose(y, [[[[2, 34, 20]]]], err_msg="padding 1 cuts one pixel off each end")
y = conv_transpose2d(x, stamp, stride=(1, 2), padding=(0, 1), output_padding=(0, 1))
np.testing.assert_allclose(y, [[[[2, 34, 20, 40]]]], err_msg="output padding 1 keeps one pixel more at the end")

# Images of 7×7 and of 8×8 both give 4×4 with kernels of 3×3, stride 2 and padding 1; output padding tells them apart.
maps = np.ones((1, 1, 4, 4))
for size, extra in ((7, 0), (8, 1)):
    shape = conv2d(np.ones((1, 1, size, size)), np.ones((1, 1, 3, 3)), None, 2, 1).shape
    assert shape == (1, 1, 4, 4), f"{size}×{size} became {shape}"
    shape = conv_transpose2d(maps, np.ones((1, 1, 3, 3)), 2, 1, extra).shape
    assert shape == (1, 1, size, size), f"output padding {extra}: the result has shape {shape}"

# Two channels, one kernel value each: 1·10 + 2·3 = 16.
np.testing.assert_allclose(conv_transpose2d(np.array([[[[1.0]], [[2.0]]]]), np.array([[[[10.0]]], [[[3.0]]]])), 16)

# %% [markdown]
r"""
## 6. One convolution more (10 points)

"The backward pass of a convolution is a convolution with flipped kernels": that is true of `dx`, and for stride 1. Look
at one pixel of exercise 2: it got $10\cdot 2 + 100 \cdot 3$, neighbours of `dout` times the kernel **read backwards**.
At the ends, windows of `dout` reach beyond it: put `KH − 1` rows and `KW − 1` columns of zeros around. This is called a
full convolution. Since `dx` has C channels and `dout` has F, the kernels' first two axes change places.
(`dw` is no such thing: it is a correlation of `x` with `dout`, nothing flipped.)

**By hand.** `dout = [1 10 100]` with one zero on each side, kernel `[3 2]` flipped to `[2 3]`:

$$[0\ \ 1\ \ 10\ \ 100\ \ 0] \star [2\ \ 3] = [3\ \ 2{+}30\ \ 20{+}300\ \ 200] = [3\ \ 32\ \ 320\ \ 200].$$
"""


# %% exercise="dx-as-full-convolution"
def dx_as_full_convolution(dout, w):
    """The gradient of the images for a layer with stride 1 and no padding, as one convolution of dout.

    Args:
        dout: Upstream gradient, shape (N, F, OH, OW).
        w: Kernels of the layer, shape (F, C, KH, KW).

    Returns:
        dx, shape (N, C, OH + KH - 1, OW + KW - 1): a new array, of dout's dtype if that is a float type, else float64.

    Raises:
        ValueError: If dout or w does not have 4 axes, or if dout does not have a map for each kernel.
    """
    ### BEGIN SOLUTION
    if dout.ndim != 4 or w.ndim != 4:
        raise ValueError(f"dout and w need 4 axes, but have {dout.ndim} and {w.ndim}")
    if dout.shape[1] != w.shape[0]:
        raise ValueError(f"dout has {dout.shape[1]} maps, but there are {w.shape[0]} kernels")
    kh, kw = w.shape[2:]
    flipped = w[:, :, ::-1, ::-1].swapaxes(0, 1).copy()  # (C, F, KH, KW)
    return conv2d(dout, flipped, padding=(kh - 1, kw - 1))
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint</summary>

`conv2d` of unit 04 is imported and pads by itself. `w[:, :, ::-1, ::-1]` flips rows and columns; `swapaxes(0, 1)` makes
`(C, F, KH, KW)`: kernels for F channels that make C feature maps.

</details>
"""

# %% points=10 tests="dx-as-full-convolution"
dx = dx_as_full_convolution(LINE_DOUT, KERNEL)
assert dx.shape == (1, 1, 1, 4), f"dx has shape {dx.shape}: 3 values of dout and kernels of 2 belong to 4 pixels"
np.testing.assert_allclose(dx, [[[[3, 32, 320, 200]]]], err_msg="the example of exercise 2")

# One value of dout, two kernels of two channels: dx is 1·w[0] + 10·w[1], nothing flipped in the end.
w = np.arange(8.0).reshape(2, 2, 1, 2)
dx = dx_as_full_convolution(np.array([[[[1.0]], [[10.0]]]]), w)
np.testing.assert_allclose(dx, [[[[40, 51]], [[62, 73]]]], err_msg="0 + 10·4, 1 + 10·5, 2 + 10·6, 3 + 10·7")

# %% [markdown]
r"""
## What you have built

- A measurement, `numerical_gradient`, that any backward pass of this course can be checked with.
- The backward pass of the layer three times over: window by window, as two matrix products, and as a convolution.
- The adjoint of `im2col`, and with it the transposed convolution.

Unit 06 does the same for pooling. Nothing you wrote here is needed there.
"""
