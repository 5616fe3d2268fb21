# %% [markdown]
r"""
# Kernels for images

**60 points, about 3 hours.** Goes with the chapter *Convolution mathematics* of the book.

Long before kernels were learnt they were designed: to blur, to sharpen, to find edges. A convolutional network starts
out with random kernels and often ends with some that look like these. You work out how large a result is and how much
padding keeps its size, write correlation and convolution for images, build the classical kernels, take a kernel apart
into a column and a row, and end with an edge detector.

NumPy is all you need. While your answers are graded, PyTorch, SciPy, `np.convolve` and `np.correlate` are out of
reach.

**How to work.** Run the cells from the top. Write your code in place of each `raise NotImplementedError`, then run the
check below it: it tries the worked examples, and if no error comes, they are right. Hints open with a click. In a
terminal, `autograder check filters_2d.ipynb` runs all the tests and prints your points, and what went wrong and why.
"""

# %% setup="imports"
import numpy as np

# %% [markdown]
r"""
## Conventions of the whole notebook

| | |
|---|---|
| image | `img` or `x`: rows from top to bottom, then columns from left to right, shape `(H, W)` |
| kernel | `k`, shape `(KH, KW)`; in the two exercises about sizes, `k` is its length along one axis |
| sizes along one axis | `n` pixels, kernel `k`, stride `s`, padding `p` on *each* side, dilation `d` (1 is dense) |
| sides of an image | `(top, bottom, left, right)` |

**Cross-correlation** takes the kernel as it stands, **convolution** turns it by 180°. The field calls both convolution;
in this notebook the two names mean two things.

Three rules hold for every function that is given an image or a kernel, and each exercise gives a few points for keeping
them:

1. Arguments stay as they are, and the result has memory of its own.
2. A float array gives a result of the same float type (`float32` stays `float32`); an integer array gives `float64`.
   Photographs come as `uint8`, whole numbers from 0 to 255, and 200 + 100 is 44 in `uint8`.
3. What makes no sense raises `ValueError`, with a message that says what was given and what was expected.
"""

# %% setup="examples"
# The 4×4 image and the 2×2 kernel that are worked by hand.
IMAGE = np.array([[1.0, 2.0, 0.0, 3.0], [4.0, 1.0, 2.0, 5.0], [0.0, 3.0, 6.0, 1.0], [2.0, 7.0, 1.0, 4.0]])
KERNEL = np.array([[1.0, 2.0], [0.0, -1.0]])
TWO_ROWS = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
# Each pixel is 2 brighter than its left neighbour and 3 brighter than the one above it.
RAMP = 2.0 * np.arange(5) + 3.0 * np.arange(4)[:, None]

# %% [markdown]
r"""
## 1. How large is the result? (10 points)

Along one axis, put windows of the kernel's length on the padded image, one at the very beginning and then every `s`
pixels. A kernel with dilation d reaches over $e=d\,(k-1)+1$ pixels. Windows that stick out at the end do not count,
which leaves $\lfloor(n+2p-e)/s\rfloor+1$ of them. What they do not reach is left over; frameworks drop it without a
word.

Pooling layers may ask for `ceil`: if something is left over, one more window is added that sticks out at the end.
PyTorch adds it only if it *begins* on the image or on the padding before it, at a place below n + p, since a window
that begins later would see nothing but padding.

**By hand.** n = 7, k = 3: (7 − 3) / 1 + 1 = 5 windows with stride 1, (7 − 3) / 2 + 1 = 3 with stride 2. n = 10, k = 3,
s = 2 does not divide: 7 / 2 = 3.5, so 3 + 1 = 4 windows, starting at 0, 2, 4, 6; the last pixel is left over. With
`ceil` there is a fifth one, at 8. For n = 5, k = 1, s = 3 the windows start at 0 and 3, and pixel 4 is left over; but
the next start would be 6, beyond the image, so `ceil` makes no difference.
"""


# %% exercise="out-size"
def out_size(n, k, s=1, p=0, d=1, ceil=False):
    """The number of windows along one axis.

    Args:
        n: Pixels along this axis, at least 1.
        k: Values of the kernel along this axis, at least 1.
        s: Stride, at least 1.
        p: Pixels of padding on each side, at least 0.
        d: Dilation, at least 1; 1 is the dense kernel.
        ceil: Whether a window that sticks out at the end is added where pixels are left over, if it begins before
            place n + p of the padded axis.

    Returns:
        An int.

    Raises:
        ValueError: If the kernel reaches over more than the n + 2 * p pixels of the padded axis.
    """
    ### BEGIN SOLUTION
    room = n + 2 * p - d * (k - 1) - 1  # how far the window can be moved from its first place
    if room < 0:
        raise ValueError(f"the kernel reaches over {d * (k - 1) + 1} pixels, there are {n} and {p} on each side")
    windows = room // s + 1
    if ceil and room % s and windows * s < n + p:
        windows += 1
    return windows
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint</summary>

`//` rounds down and keeps an integer an integer. Something is left over where `%` is not 0. Windows are numbered from
0, so if there are m of them, the next one begins at m·s.

</details>
"""

# %% points=10 tests="out-size"
assert out_size(7, 3) == 5, f"(7 - 3) / 1 + 1 = 5, yours is {out_size(7, 3)}"
assert out_size(7, 3, s=2) == 3, f"(7 - 3) / 2 + 1 = 3, yours is {out_size(7, 3, s=2)}"
assert out_size(10, 3, s=2) == 4, f"(10 - 3) // 2 + 1 = 4, yours is {out_size(10, 3, s=2)}"
assert isinstance(out_size(10, 3, s=2), int), "a number of windows is an int"
# AlexNet's first layer: (227 - 11) / 4 + 1 = 55; on 224 pixels with padding 2 too: (224 + 4 - 11) // 4 + 1 = 55.
assert out_size(227, 11, s=4) == out_size(224, 11, s=4, p=2) == 55, f"yours is {out_size(227, 11, s=4)}"
# Dilation 2: three values reach over 5 pixels, (7 - 5) / 1 + 1 = 3.
assert out_size(7, 3, d=2) == 3, f"2·(3 - 1) + 1 = 5 pixels, 3 windows; yours is {out_size(7, 3, d=2)}"
# ceil: a fifth window at 8 in the first case; in the second the next start, 6, is not below n + p = 5.
assert out_size(10, 3, s=2, ceil=True) == 5, f"yours is {out_size(10, 3, s=2, ceil=True)}"
assert out_size(5, 1, s=3, ceil=True) == 2, f"yours is {out_size(5, 1, s=3, ceil=True)}"

# %% [markdown]
r"""
## 2. Padding that keeps the size (5 points)

With stride 1 the result is shorter than the image by d·(k − 1) pixels. That much padding in all gives the image's size
back. If the number is odd, the two sides cannot be equal; like PyTorch, we put the smaller part first.

**By hand.** k = 3 needs 2 pixels, `(1, 1)`. k = 4 needs 3, `(1, 2)`. k = 3 with dilation 2 needs 4, `(2, 2)`; k = 2
with dilation 3 needs 3, `(1, 2)`.
"""


# %% exercise="same-padding"
def same_padding(k, d=1):
    """The padding before and behind an axis that keeps its size at stride 1.

    Args:
        k: Values of the kernel along this axis, at least 1.
        d: Dilation, at least 1; 1 is the dense kernel.

    Returns:
        The pair (lo, hi) of ints: pixels before the first and behind the last; hi is lo or lo + 1.
    """
    ### BEGIN SOLUTION
    total = d * (k - 1)
    return total // 2, total - total // 2
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint</summary>

Compute the sum of the two first. One side is half of it, rounded down; the other side is what is left.

</details>
"""

# %% points=5 tests="same-padding"
assert same_padding(3) == (1, 1), f"3 - 1 = 2 pixels, yours is {same_padding(3)}"
assert same_padding(4) == (1, 2), f"4 - 1 = 3 pixels, the smaller part first; yours is {same_padding(4)}"
assert same_padding(3, d=2) == (2, 2), f"2·(3 - 1) = 4 pixels, yours is {same_padding(3, d=2)}"
assert same_padding(2, d=3) == (1, 2), f"3·(2 - 1) = 3 pixels, yours is {same_padding(2, d=3)}"
assert all(isinstance(side, int | np.integer) for side in same_padding(4)), "a number of pixels is an int"

# %% [markdown]
r"""
## 3. Padding an image (10 points)

What lies beyond the border is a guess. **Zeros** are the habit of networks. **Edge** repeats the outermost pixel.
**Reflect** mirrors the image at its outermost pixel, which itself is not repeated; so there must be as many pixels
behind it as are asked for. Corners follow: pad the rows, then pad the columns of what you have got.

**By hand.** The row `[1 2 3]`, one pixel to the left and two to the right:

| mode | result |
|---|---|
| `'zero'` | `0`  `1 2 3`  `0 0` |
| `'edge'` | `1`  `1 2 3`  `3 3` |
| `'reflect'` | `2`  `1 2 3`  `2 1` |
"""


# %% exercise="pad2d"
def pad2d(x, p, mode="zero"):
    """Images with a border around them.

    Args:
        x: Images, shape (..., H, W): any number of axes before the last two, which are padded.
        p: Pixels on each of the four sides: one number for all, or a tuple (top, bottom, left, right).
        mode: 'zero', 'reflect' (the outermost pixel is not repeated) or 'edge' (it is repeated).

    Returns:
        Shape (..., top + H + bottom, left + W + right), a new array: of x's dtype if that is a float type, else
        float64.

    Raises:
        ValueError: If x has less than 2 axes; if a number of pixels is negative; if p is a tuple of another length than
            4; if mode is none of the three; if mode is 'reflect' and top or bottom is above H - 1, or left or right
            above W - 1.
    """
    ### BEGIN SOLUTION
    if x.ndim < 2:
        raise ValueError(f"x needs 2 axes or more, but has {x.ndim}")
    if mode not in ("zero", "reflect", "edge"):
        raise ValueError(f"mode is {mode!r}, expected 'zero', 'reflect' or 'edge'")
    sides = p if isinstance(p, tuple) else (p, p, p, p)
    if len(sides) != 4 or min(sides) < 0:
        raise ValueError(f"p is {p!r}, expected a number or (top, bottom, left, right), none of them negative")
    top, bottom, left, right = sides
    h, w = x.shape[-2:]
    if mode == "reflect" and (max(top, bottom) > h - 1 or max(left, right) > w - 1):
        raise ValueError(f"an image of {h}×{w} cannot be mirrored over {sides} pixels")

    # The rows and columns of x that the result shows; numbers outside of x stand for the border.
    rows, columns = np.arange(-top, h + bottom), np.arange(-left, w + right)
    if mode == "reflect":
        rows, columns = h - 1 - abs(h - 1 - abs(rows)), w - 1 - abs(w - 1 - abs(columns))
    inside = ((rows >= 0) & (rows < h))[:, None] & ((columns >= 0) & (columns < w))
    rows, columns = np.clip(rows, 0, h - 1), np.clip(columns, 0, w - 1)
    y = x[..., rows[:, None], columns].astype(x.dtype if x.dtype.kind == "f" else np.float64)
    return np.where(inside, y, y.dtype.type(0)) if mode == "zero" else y
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: zeros first</summary>

Create an array of zeros of the right shape and write `x` into its middle: `y[..., top:top + H, left:left + W] = x`.

</details>
<details><summary>Hint: edge and reflect</summary>

`np.pad` knows both modes; it takes one pair of numbers for *each* axis, and `(0, 0)` for those that stay. Which of its
modes repeats the outermost pixel and which does not? And what does it do where the image is too small to be mirrored?

</details>
"""

# %% points=10 tests="pad2d"
y = pad2d(TWO_ROWS, 1)
expected = [[0, 0, 0, 0, 0], [0, 1, 2, 3, 0], [0, 4, 5, 6, 0], [0, 0, 0, 0, 0]]
np.testing.assert_array_equal(y, expected, err_msg="one row or column of zeros on each side")

# Nothing above and below, one to the left, two to the right.
y = pad2d(TWO_ROWS, (0, 0, 1, 2))
np.testing.assert_array_equal(y, [[0, 1, 2, 3, 0, 0], [0, 4, 5, 6, 0, 0]], err_msg="(top, bottom, left, right)")
y = pad2d(TWO_ROWS, (0, 0, 1, 2), "edge")
np.testing.assert_array_equal(y, [[1, 1, 2, 3, 3, 3], [4, 4, 5, 6, 6, 6]], err_msg="edge repeats the outermost pixel")
y = pad2d(TWO_ROWS, (0, 0, 1, 2), "reflect")
np.testing.assert_array_equal(y, [[2, 1, 2, 3, 2, 1], [5, 4, 5, 6, 5, 4]], err_msg="reflect does not repeat it")

# Two images at once: only the last two axes grow.
shape = pad2d(np.ones((2, 3, 4, 5)), (1, 0, 0, 2)).shape
assert shape == (2, 3, 5, 7), f"the result has shape {shape}"

# %% [markdown]
r"""
## 4. Cross-correlation (10 points)

Lay the kernel on the image at every place where it fits entirely, multiply pixel by kernel value, add up. An image of
H×W and a kernel of KH×KW make a result of (H − KH + 1)×(W − KW + 1).

**By hand.** A 4×4 image and a 2×2 kernel make a 3×3 result:

$$
\begin{pmatrix}1&2&0&3\\4&1&2&5\\0&3&6&1\\2&7&1&4\end{pmatrix}\star
\begin{pmatrix}1&2\\0&-1\end{pmatrix}=
\begin{pmatrix}4&0&1\\3&-1&11\\-1&14&4\end{pmatrix}
$$

The first value is 1·1 + 2·2 + 0·4 − 1·1 = 4. The one below it is 1·4 + 2·1 + 0·0 − 1·3 = 3.
"""


# %% exercise="correlate2d"
def correlate2d(img, k):
    """The cross-correlation of an image with a kernel, without padding.

    Args:
        img: Image, shape (H, W).
        k: Kernel, shape (KH, KW). It is not flipped.

    Returns:
        Shape (H - KH + 1, W - KW + 1), a new array: of img's dtype if that is a float type, else float64.

    Raises:
        ValueError: If img or k does not have 2 axes; if the kernel does not fit into the image.
    """
    ### BEGIN SOLUTION
    if img.ndim != 2 or k.ndim != 2:
        raise ValueError(f"img and k need 2 axes, but have {img.ndim} and {k.ndim}")
    (h, w), (kh, kw) = img.shape, k.shape
    if kh > h or kw > w:
        raise ValueError(f"a kernel of {kh}×{kw} does not fit into an image of {h}×{w}")
    pixels = img.astype(img.dtype if img.dtype.kind == "f" else np.float64)
    y = np.empty((h - kh + 1, w - kw + 1), pixels.dtype)
    for i in range(y.shape[0]):
        for j in range(y.shape[1]):
            y[i, j] = np.sum(pixels[i : i + kh, j : j + kw] * k)
    return y
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint</summary>

Two loops over the result, in them a window `img[i:i + KH, j:j + KW]` and the sum of its product with `k`. Convert
the image to a float type before the first multiplication.

</details>
<details><summary>Hint: without a loop over pixels</summary>

Loop over the kernel's values instead: each adds a shifted copy of the image, cut to the size of the result.

</details>
"""

# %% points=10 tests="correlate2d"
y = correlate2d(IMAGE, KERNEL)
assert y.shape == (3, 3), f"4 - 2 + 1 = 3 rows and columns, yours has shape {y.shape}"
# 1·1 + 2·2 + 0·4 - 1·1 = 4 in the corner, 1·4 + 2·1 + 0·0 - 1·3 = 3 below it, 1·2 + 2·0 + 0·1 - 1·2 = 0 beside it.
np.testing.assert_allclose(y, [[4, 0, 1], [3, -1, 11], [-1, 14, 4]], err_msg="is the kernel flipped or transposed?")

# An image of 2×3 and a kernel of 1×2: 10·1 + 1·2 = 12, 10·2 + 1·3 = 23, and in the second row 45 and 56.
y = correlate2d(TWO_ROWS, np.array([[10.0, 1.0]]))
np.testing.assert_allclose(y, [[12, 23], [45, 56]], err_msg="rows and columns are different things")

# A photograph: 200 + 100 = 300, which uint8 cannot hold.
y = correlate2d(np.array([[200, 100, 7]], np.uint8), np.array([[1, 1]], np.uint8))
np.testing.assert_allclose(y, [[300, 107]], err_msg="convert to float64 before you multiply and add")

# %% [markdown]
r"""
## 5. Convolution (5 points)

Convolution lays the kernel on the image turned by 180°, which is a flip of its rows *and* a flip of its columns. With
that, a single bright pixel leaves a print of the kernel as it stands.

**By hand.** The same image and the same kernel, turned to $\begin{pmatrix}-1&0\\2&1\end{pmatrix}$, give

$$\begin{pmatrix}8&2&9\\-1&11&11\\11&12&0\end{pmatrix}$$

The first value is −1·1 + 0·2 + 2·4 + 1·1 = 8.
"""


# %% exercise="convolve2d"
def convolve2d(img, k):
    """The convolution of an image with a kernel, which is turned by 180°, without padding.

    Args:
        img: Image, shape (H, W).
        k: Kernel, shape (KH, KW).

    Returns:
        Shape (H - KH + 1, W - KW + 1), a new array: of img's dtype if that is a float type, else float64.

    Raises:
        ValueError: If img or k does not have 2 axes; if the kernel does not fit into the image.
    """
    ### BEGIN SOLUTION
    if k.ndim != 2:
        raise ValueError(f"k needs 2 axes, but has {k.ndim}")
    return correlate2d(img, k[::-1, ::-1])
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint</summary>

`a[::-1]` is an array with its rows in reverse order. Your answer to exercise 4 does the rest, once the axes of `k` are
checked.

</details>
"""

# %% points=5 tests="convolve2d"
# The turned kernel is [[-1, 0], [2, 1]]: -1·1 + 0·2 + 2·4 + 1·1 = 8 in the corner.
y = convolve2d(IMAGE, KERNEL)
np.testing.assert_allclose(y, [[8, 2, 9], [-1, 11, 11], [11, 12, 0]], err_msg="flip rows and columns of the kernel")

# One bright pixel in the middle of 3×3 leaves a print of the kernel.
spot = np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
np.testing.assert_allclose(convolve2d(spot, KERNEL), KERNEL, err_msg="the print of a single pixel is the kernel itself")

# %% [markdown]
r"""
## 6. The classical kernels (8 points)

| name | kernel | what it does in a correlation |
|---|---|---|
| `'box'` | `size`×`size` values 1 / `size`² | mean of a window: blurs |
| `'gaussian'` | $e^{-(i^2+j^2)/2\sigma^2}$ around its middle, divided by the sum | blurs without the box's hard edges |
| `'sobel_x'` | `[-1 0 1]`, `[-2 0 2]`, `[-1 0 1]` | positive where it gets brighter to the right |
| `'sobel_y'` | `[-1 -2 -1]`, `[0 0 0]`, `[1 2 1]` | positive where it gets brighter downwards |
| `'outline'` | 8 in the middle, −1 around it | 0 on even areas, large at spots and edges |
| `'emboss'` | `[-2 -1 0]`, `[-1 1 1]`, `[0 1 2]` | a relief, lit from one corner |

The values of box and Gaussian add up to 1, so that an even area stays as bright as it is; those of Sobel and outline
add up to 0. A Gaussian has no end; we cut it at 3σ: its rows and columns are numbered from −r to r with r = ⌈3σ⌉.

**By hand.** σ = 0.3 gives r = ⌈0.9⌉ = 1, a 3×3 kernel. The middle is 1 before the division, its direct neighbours are
$e^{-1/0.18}=0.003866$ and the corners $e^{-2/0.18}=0.00001494$. The sum is 1 + 4·0.003866 + 4·0.00001494 = 1.015524,
and the middle becomes 1 / 1.015524 = 0.984714.
"""


# %% exercise="named-kernel"
def named_kernel(name, **parameters):
    """A classical kernel.

    Args:
        name: 'box', 'sobel_x', 'sobel_y', 'outline', 'emboss' or 'gaussian'.
        parameters: For 'box', size: its number of rows and columns, 3 if not given. For 'gaussian', sigma: its width in
            pixels, 1.0 if not given; it has 2 * ceil(3 * sigma) + 1 rows and columns. None for the others.

    Returns:
        A new array of type float64; 3×3 unless a parameter says otherwise. The values are those of the table above,
        not normalised except for box and Gaussian.

    Raises:
        ValueError: If there is no kernel of this name; if it has no parameter of the name that is given; if size is
            less than 1 or sigma is not above 0.
    """
    ### BEGIN SOLUTION
    fixed = {
        "sobel_x": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
        "sobel_y": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
        "outline": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
        "emboss": [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
    }
    known = {"box": {"size"}, "gaussian": {"sigma"}, **{key: set() for key in fixed}}
    if name not in known:
        raise ValueError(f"there is no kernel {name!r}, only {', '.join(known)}")
    if not parameters.keys() <= known[name]:
        raise ValueError(f"{name} has the parameters {known[name] or 'none'}, given were {set(parameters)}")
    if min(parameters.values(), default=1) <= 0:
        raise ValueError(f"parameters must be above 0, given were {parameters}")
    if name == "box":
        size = parameters.get("size", 3)
        return np.full((size, size), 1 / size**2)
    if name == "gaussian":
        sigma = parameters.get("sigma", 1.0)
        radius = int(np.ceil(3 * sigma))
        bell = np.exp(-(np.arange(-radius, radius + 1) ** 2) / (2 * sigma**2))
        kernel = bell[:, None] * bell
        return kernel / kernel.sum()
    return np.array(fixed[name], np.float64)
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: parameters</summary>

Inside the function, `parameters` is a dict of what was given: `named_kernel('box', size=5)` makes it `{'size': 5}`, and
`parameters.get('size', 3)` is 5 then and 3 otherwise.

</details>
<details><summary>Hint: the Gaussian</summary>

`np.arange(-r, r + 1)` are the numbers of the rows and of the columns. As a column, `i[:, None] ** 2 + i ** 2` is the
squared distance of every place from the middle.

</details>
"""

# %% points=8 tests="named-kernel"
np.testing.assert_allclose(named_kernel("box"), np.full((3, 3), 1 / 9), err_msg="nine values of 1/9")
assert named_kernel("box", size=5).shape == (5, 5), f"yours has shape {named_kernel('box', size=5).shape}"
np.testing.assert_array_equal(named_kernel("sobel_x"), [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
np.testing.assert_array_equal(named_kernel("sobel_y"), named_kernel("sobel_x").T, err_msg="sobel_y: sobel_x transposed")
np.testing.assert_array_equal(named_kernel("outline"), [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]])
np.testing.assert_array_equal(named_kernel("emboss"), [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]])

# σ = 0.3: radius ⌈0.9⌉ = 1; the middle is 1 / (1 + 4·0.003866 + 4·0.00001494) = 0.984714.
narrow = named_kernel("gaussian", sigma=0.3)
assert narrow.shape == (3, 3), f"⌈3·0.3⌉ = 1 on each side of the middle, yours has shape {narrow.shape}"
np.testing.assert_allclose(narrow[1, 1], 0.984714, rtol=1e-5, err_msg="the values must add up to 1")
assert named_kernel("gaussian", sigma=1.5).shape == (11, 11), "⌈3·1.5⌉ = 5 on each side of the middle"

# %% [markdown]
r"""
## 7. A column times a row (7 points)

A kernel of KH×KW costs KH·KW multiplications for each pixel. If it is the product of a column and a row,
k[i, j] = u[i]·v[j], it is **separable**: correlate with the column, then with the row, and pay KH + KW. Then all its
rows are multiples of one row, or in the language of matrices, its rank is at most 1.

**By hand.** sobel_x: its rows are 1, 2 and 1 times `[-1 0 1]`, so u = `[1 2 1]` and v = `[-1 0 1]`. Any other split,
`[2 4 2]` and `[-0.5 0 0.5]`, does as well. Outline: `[-1 -1 -1]` and `[-1 8 -1]` are no multiples of each other, so
there is none.
"""


# %% exercise="separable"
def separable(k):
    """A column and a row whose product is a kernel, where there are such.

    Args:
        k: Kernel, shape (KH, KW).

    Returns:
        The pair (u, v) of new arrays, shapes (KH,) and (KW,), with k[i, j] = u[i] * v[j] up to rounding: of k's dtype
        if that is a float type, else float64. None if there is no such pair, that is, if for every choice some value
        is off by more than 1e-6 of the largest absolute value of k. A kernel of zeros is separable.

    Raises:
        ValueError: If k does not have 2 axes.
    """
    ### BEGIN SOLUTION
    if k.ndim != 2:
        raise ValueError(f"k needs 2 axes, but has {k.ndim}")
    values = k.astype(k.dtype if k.dtype.kind == "f" else np.float64)
    i, j = np.unravel_index(np.argmax(np.abs(values)), values.shape)  # its row and column are surely not all zeros
    if values[i, j] == 0:
        return values[:, 0].copy(), values[0].copy()
    u, v = values[:, j] / values[i, j], values[i].copy()
    off = np.max(np.abs(np.outer(u, v) - values))
    return (u, v) if off <= 1e-6 * np.abs(values[i, j]) else None
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: by rows</summary>

If every row is a multiple of one row, then v is that row, and u tells the multiples. Take a row and a column that go
through a value other than 0, the largest one best, and compare their product with the kernel.

</details>
<details><summary>Hint: by singular values</summary>

`np.linalg.svd(k)` gives columns, factors and rows, the largest factor first. The kernel is separable if the second
factor is next to nothing *compared with the first*; a kernel's values may all be small.

</details>
"""

# %% points=7 tests="separable"
column, row = separable(np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]))
assert column.shape == row.shape == (3,), f"yours have the shapes {column.shape} and {row.shape}"
# [1, 2, 1] times [-1, 0, 1], or any other split.
np.testing.assert_allclose(np.outer(column, row), [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], atol=1e-12)

# The first value is 0, and still the rows are multiples of [0, 1, 3].
column, row = separable(np.array([[0.0, 2.0, 6.0], [0.0, 1.0, 3.0]]))
np.testing.assert_allclose(np.outer(column, row), [[0, 2, 6], [0, 1, 3]], atol=1e-12)

# The rows [-1, -1, -1] and [-1, 8, -1] are no multiples of each other.
found = separable(np.array([[-1.0, -1.0, -1.0], [-1.0, 8.0, -1.0], [-1.0, -1.0, -1.0]]))
assert found is None, f"this kernel has no such pair, yours is {found}"

# %% [markdown]
r"""
## 8. Edges in every direction (5 points)

sobel_x measures how fast the image gets brighter to the right, sobel_y how fast it gets brighter downwards. The two are
the sides of a right-angled triangle; its long side, $\sqrt{g_x^2+g_y^2}$, is the strength of the edge, in whatever
direction it runs.

**By hand.** On a ramp where each pixel is 2 brighter than its left neighbour, sobel_x adds up 1·4 + 2·4 + 1·4 = 16,
since two columns apart the difference is 4. If it is also 3 brighter than the pixel above, sobel_y gives 8·3 = 24, and
the strength is $\sqrt{16^2+24^2}=8\sqrt{13}=28.84$ everywhere.
"""


# %% exercise="edge-magnitude"
def edge_magnitude(img):
    """The strength of the edges in an image: the length of the gradient by the two Sobel kernels.

    Args:
        img: Image, shape (H, W).

    Returns:
        Shape (H - 2, W - 2), a new array: of img's dtype if that is a float type, else float64.

    Raises:
        ValueError: If img does not have 2 axes; if it has less than 3 rows or columns.
    """
    ### BEGIN SOLUTION
    across = correlate2d(img, named_kernel("sobel_x"))
    down = correlate2d(img, named_kernel("sobel_y"))
    return np.sqrt(across**2 + down**2)
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint</summary>

Your answers to exercises 4 and 6 do nearly everything, the checks of the arguments included.

</details>
"""

# %% points=5 tests="edge-magnitude"
# 2 brighter to the right, 3 brighter downwards: the square root of (8·2)² + (8·3)² is 28.844410.
y = edge_magnitude(RAMP)
assert y.shape == (2, 3), f"a 4×5 image has 2×3 windows of 3×3, yours has shape {y.shape}"
np.testing.assert_allclose(y, np.full((2, 3), 8 * np.sqrt(13.0)), err_msg="sqrt(gx² + gy²), nothing normalised")

# A dark half beside a bright half, as a photograph: 1·200 + 2·200 + 1·200 = 800 along the border, 0 elsewhere.
y = edge_magnitude(np.array([[0, 0, 0, 200, 200, 200]] * 3, np.uint8))
np.testing.assert_allclose(y, [[0, 800, 800, 0]], err_msg="uint8 cannot hold 800, nor a negative difference")

# %% [markdown]
r"""
## Try it

See what the kernels do, without any plotting: dark is empty, bright is dense. Run this once all exercises are done,
then change the kernel, or draw something else.

```python
def show(img):
    levels = (img - img.min()) / (img.max() - img.min() or 1) * 9.99
    for row in levels:
        print("".join(" .:-=+*#%@"[int(level)] * 2 for level in row))
    print()

rows, columns = np.mgrid[-10:11, -10:11]
disc = (rows**2 + columns**2 < 50).astype(float)
show(disc)
show(correlate2d(pad2d(disc, 3, "edge"), named_kernel("gaussian", sigma=1.0)))
show(correlate2d(disc, named_kernel("emboss")))
show(edge_magnitude(disc))
```

## What you have built

- Sizes: how many windows fit, how much padding keeps the size, and three guesses of what lies beyond the border.
- Correlation and convolution for images, and the classical kernels.
- Two thoughts that networks use too: a large kernel as a product of small ones, and an edge as the answer of two
  kernels together.

Unit 04 adds channels, many kernels and many images: the convolution layer. Nothing you wrote here is needed there.
"""
