# %% [markdown]
r"""
# Receptive fields before learning

**50 points, about 2 hours.** Goes with the chapter *History* of the book.

In 1959 Hubel and Wiesel found cells in a cat's visual cortex that answer to bars of one orientation. You build such
cells with pencil-and-paper formulas, nothing learned, and end with the two layers of the Neocognitron (1980), the
network in which today's convolution and pooling layers first stood side by side.

NumPy is all you need. While your answers are graded, PyTorch, SciPy, `np.convolve` and `np.correlate` are out of
reach.

**How to work.** Run the cells from the top. Write your code in place of each `raise NotImplementedError`, then run the
check below it: it tries the worked examples, and if no error comes, they are right. Hints open with a click. In a
terminal, `autograder check history.ipynb` runs all the tests and prints your points, and what went wrong and why.
"""

# %% setup="imports"
import numpy as np

# %% [markdown]
r"""
## Conventions of the whole notebook

| | |
|---|---|
| images | one channel, shape `(H, W)`: rows, counted **downwards**, and columns, counted to the right |
| planes of cells | `x`, shape `(C, H, W)`: one plane for each feature |
| position in a kernel | column offset $x$ and row offset $y$ from the middle; $y$ grows downwards, as rows do |
| angles | `theta`, in radians, from the column axis (to the right) towards the row axis (downwards) |

An angle always tells the direction **across** the stripes or the bar, the direction in which brightness changes. On
the screen it turns clockwise:

| `theta` | brightness changes | stripes and bars stand |
|---|---|---|
| 0 | from left to right | upright, &#124; |
| π/4 | from the upper left to the lower right | rising to the right, / |
| π/2 | from top to bottom | level, — |
| 3π/4 | from the upper right to the lower left | falling to the right, &#92; |

Cells look at **windows**: pieces of the image as large as the kernel, one for each position at which the kernel fits
in. There is no padding, so a kernel of KH × KW makes (H − KH + 1) × (W − KW + 1) values. The kernel is not flipped.

Three rules hold for every function here, and each exercise gives a few points for keeping them:

1. Arguments stay as they are, and the result has memory of its own.
2. A float image gives a result of the same float type (`float32` stays `float32`); an integer image gives `float64`.
3. What makes no sense raises `ValueError`, with a message that says what was given and what was expected.
"""

# %% setup="bars"
SHADES = " .:-=+*#%@"


def bar(theta, size=15, width=3.0):
    """An image of a bar, shape (size, size), theta the direction across it: 1 on the bar, 0 beside it."""
    offset = np.arange(size) - (size - 1) / 2
    across = offset * np.cos(theta) + offset[:, None] * np.sin(theta)  # distance from the bar's middle line
    return np.clip((width + 1) / 2 - np.abs(across), 0.0, 1.0)


def sketch(image):
    """An image as text, from dark (blank) to bright (@)."""
    lowest, highest = float(image.min()), float(image.max())
    levels = (image - lowest) / ((highest - lowest) or 1.0) * (len(SHADES) - 1)
    return "\n".join("".join(2 * SHADES[round(level)] for level in row) for row in levels)


def upper_right_corner(image):
    """A cell that sees nothing but one pixel."""
    return float(image[0, -1])


# The examples that are worked by hand.
PATCH = np.array([[1.0, 2.0, 0.0], [0.0, 3.0, 1.0]])
PATCH_KERNEL = np.array([[2.0, -1.0], [-2.0, 1.0]])
PLANE = np.array([[[2.0, 1.0, 2.0], [0.0, 2.0, 4.0]]])
TEMPLATE = np.array([[[[2.0, 1.0], [0.0, 2.0]]]])
S_CELLS = np.array([[[1.0, 0.0, 0.0, 0.5], [0.0, 0.0, 0.25, 0.0]]])

# %%
# A bar at theta = π/4, as text. Use sketch for your kernels, too.
print(sketch(bar(np.pi / 4)))

# %% [markdown]
r"""
## 1. The receptive field of a simple cell (10 points)

Where light excites a simple cell and where it inhibits it can be mapped with a small spot. The maps look like a wave
that fades out: a **Gabor function**. With the offsets $x$ (columns) and $y$ (rows, downwards) from the middle of a
size × size kernel, which lies at (size − 1)/2 in both directions:

$$u = x\cos\theta + y\sin\theta, \qquad
g = \exp\Big(-\frac{x^2+y^2}{2\sigma^2}\Big)\,\cos\Big(\frac{2\pi u}{\text{wavelength}} + \text{phase}\Big)$$

Then two steps: subtract the mean of all values, so that an evenly lit field gives no answer; divide by the root of
the sum of squares, so that all kernels are equally strong.

**By hand.** Size 3, wavelength 4, σ = 1, phase π/2. At θ = 0 the wave is cos(πx/2 + π/2): 1, 0, −1 in the columns
x = −1, 0, 1. The bell is e⁻¹ = 0.368 in the corners and e⁻⁰·⁵ = 0.607 beside the middle. The mean is 0 already, the
sum of squares 4·0.368² + 2·0.607² = 1.277, its root 1.130:

$$\theta=0:\ \begin{pmatrix}0.326&0&-0.326\\0.537&0&-0.537\\0.326&0&-0.326\end{pmatrix}\qquad
\theta=\tfrac{\pi}{2}:\ \begin{pmatrix}0.326&0.537&0.326\\0&0&0\\-0.326&-0.537&-0.326\end{pmatrix}$$

At θ = π/2 it is the rows that differ: u = y.
"""


# %% exercise="gabor"
def gabor(size, theta, wavelength, sigma, phase=0.0):
    """A wave that fades out from the middle of a square kernel, with mean 0 and norm 1.

    exp(-(x² + y²) / (2 sigma²)) · cos(2π (x cos theta + y sin theta) / wavelength + phase), where x is the column and
    y the row (downwards) less (size - 1) / 2; then less its mean; then divided by the root of its sum of squares.

    Args:
        size: Side of the kernel, in pixels, at least 2; odd or even.
        theta: Direction in which the wave runs, in radians from the column axis towards the row axis.
        wavelength: Distance between two crests, in pixels.
        sigma: Standard deviation of the bell, in pixels, the same in all directions.
        phase: Shift of the wave against the middle, in radians.

    Returns:
        Shape (size, size), float64.

    Raises:
        ValueError: If size is less than 2, or wavelength or sigma is not above 0.
    """
    ### BEGIN SOLUTION
    if size < 2:
        raise ValueError(f"size is {size}, expected at least 2 pixels")
    if wavelength <= 0 or sigma <= 0:
        raise ValueError(f"wavelength is {wavelength} and sigma {sigma}, expected both above 0")
    x = np.arange(size) - (size - 1) / 2  # columns, along the last axis
    y = x[:, None]  # rows, along the first
    u = x * np.cos(theta) + y * np.sin(theta)
    kernel = np.exp(-(x**2 + y**2) / (2 * sigma**2)) * np.cos(2 * np.pi * u / wavelength + phase)
    kernel -= kernel.mean()
    return kernel / np.sqrt(np.sum(kernel**2))
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: two axes at once</summary>

`offset = np.arange(size) - (size - 1) / 2` has the shape `(size,)`, `offset[:, None]` the shape `(size, 1)`. Added
together they make `(size, size)`: the first changes along the columns, the second along the rows.

</details>
<details><summary>Hint: the order of the last two steps</summary>

Subtracting a mean changes the norm; dividing by a norm keeps a mean of 0. So the mean goes first.

</details>
"""

# %% points=10 tests="gabor"
kernel = gabor(3, 0.0, 4.0, 1.0, np.pi / 2)
assert kernel.shape == (3, 3), f"the kernel has shape {kernel.shape}"
# The example above: e⁻¹ / √(4 e⁻² + 2 e⁻¹) = 0.326 and e⁻⁰·⁵ / 1.130 = 0.537.
side, middle = np.exp([-1.0, -0.5]) / np.sqrt(4 * np.exp(-2) + 2 * np.exp(-1))
by_hand = np.array([[side, 0, -side], [middle, 0, -middle], [side, 0, -side]])
np.testing.assert_allclose(kernel, by_hand, atol=1e-12, err_msg="theta = 0: the columns differ")
np.testing.assert_allclose(gabor(3, np.pi / 2, 4.0, 1.0, np.pi / 2), by_hand.T, atol=1e-12, err_msg="theta = π/2")

# θ = π/4: the wave runs from the upper left to the lower right. Along the other diagonal it only fades.
kernel = gabor(9, np.pi / 4, 5.0, 2.0, np.pi / 2)
np.testing.assert_allclose(kernel, kernel.T, atol=1e-12, err_msg="theta = π/4 treats rows and columns alike")
np.testing.assert_allclose(np.diag(kernel[:, ::-1]), np.zeros(9), atol=1e-12, err_msg="cos(π/2) = 0 where u = 0")

kernel = gabor(8, 1.0, 4.0, 2.0, 0.3)
assert abs(kernel.mean()) < 1e-12, f"the mean is {kernel.mean()}"
assert abs(np.sum(kernel**2) - 1) < 1e-12, f"the sum of squares is {np.sum(kernel**2)}"

# %% [markdown]
r"""
## 2. A simple cell (10 points)

A simple cell weighs the light in its window with its receptive field and adds up. It cannot fire less than not at
all: a negative sum gives 0 (**half-wave rectification**, today's ReLU). One cell of the same kind sits at every
position; together they make a plane.

**By hand.** The image on the left, the kernel in the middle; there are two windows, side by side:

$$\begin{pmatrix}1&2&0\\0&3&1\end{pmatrix},\quad \begin{pmatrix}2&-1\\-2&1\end{pmatrix}:\qquad
\begin{aligned}2\cdot1-1\cdot2-2\cdot0+1\cdot3&=3\\2\cdot2-1\cdot0-2\cdot3+1\cdot1&=-1\ \to\ 0\end{aligned}$$
"""


# %% exercise="simple-cell"
def simple_cell(image, kernel):
    """The answers of simple cells at all positions: window times kernel, added up; 0 where that is negative.

    Args:
        image: Shape (H, W).
        kernel: The receptive field, shape (KH, KW). It is not flipped.

    Returns:
        Shape (H - KH + 1, W - KW + 1), a new array: of the image's dtype if that is a float type, else float64.

    Raises:
        ValueError: If image or kernel does not have 2 axes, or the kernel is larger than the image.
    """
    ### BEGIN SOLUTION
    if image.ndim != 2 or kernel.ndim != 2:
        raise ValueError(f"image and kernel need 2 axes, but have {image.ndim} and {kernel.ndim}")
    kh, kw = kernel.shape
    rows, columns = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    if rows < 1 or columns < 1:
        raise ValueError(f"a kernel of {kernel.shape} does not fit into an image of {image.shape}")
    image = image.astype(image.dtype if image.dtype.kind == "f" else np.float64)
    answers = np.zeros((rows, columns), image.dtype)
    for i in range(rows):
        for j in range(columns):
            total = np.sum(image[i : i + kh, j : j + kw] * kernel)
            answers[i, j] = max(total, 0)
    return answers
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint</summary>

Two loops, over the rows and columns of the result. The window at (i, j) is `image[i : i + KH, j : j + KW]`.

</details>
"""

# %% points=10 tests="simple-cell"
# The example above: 2 - 2 - 0 + 3 = 3, and 4 - 0 - 6 + 1 = -1 gives 0.
np.testing.assert_allclose(simple_cell(PATCH, PATCH_KERNEL), [[3, 0]])
# The opposite receptive field answers where the first was silent.
np.testing.assert_allclose(simple_cell(PATCH, -PATCH_KERNEL), [[0, 1]])
# A kernel of 1×2 has (2 - 1 + 1) × (3 - 2 + 1) windows. The first value is 10·1 + 1·2 = 12.
np.testing.assert_allclose(simple_cell(PATCH, np.array([[10.0, 1.0]])), [[12, 20], [3, 31]])

# %% [markdown]
r"""
## 3. A complex cell (10 points)

Move a striped pattern across a simple cell, and it fires and falls silent in turn: it answers to *where* the stripes
are. Complex cells, Hubel and Wiesel's other discovery, answer to the orientation alone. The **energy model** makes
one of two receptive fields of the same orientation, a quarter of a wave apart (a *quadrature pair*):

$$E = a^2 + b^2, \qquad a: \text{phase } 0, \quad b: \text{phase } \tfrac{\pi}{2}$$

where $a$ and $b$ are the sums of window times `gabor`, **before** rectification. If the stripes give
$a = A\cos\varphi$ and $b = A\sin\varphi$, the energy is $A^2$ wherever they are.

**By hand.** A window that gives a = 3 and b = −4 has the energy 9 + 16 = 25. So has one with a = −5 and b = 0.
"""


# %% exercise="complex-cell"
def complex_cell(image, theta, size=15, wavelength=5.0, sigma=2.5):
    """The energies of complex cells at all positions: the squared answers of a quadrature pair, added up.

    The pair is gabor(size, theta, wavelength, sigma, phase) with phase 0 and phase π/2. Their sums are squared as
    they are, negative ones too, and added; no root is taken. Source: Adelson & Bergen 1985.

    Args:
        image: Shape (H, W).
        theta: Preferred direction across the stripes, in radians from the column axis towards the row axis.
        size: Side of the receptive fields, in pixels.
        wavelength: Distance between two crests, in pixels.
        sigma: Standard deviation of the bell, in pixels.

    Returns:
        Shape (H - size + 1, W - size + 1), a new array: of the image's dtype if that is a float type, else float64.

    Raises:
        ValueError: If the image does not have 2 axes or is smaller than the receptive fields; if size is less than 2;
            if wavelength or sigma is not above 0.
    """
    ### BEGIN SOLUTION
    # Two simple cells with opposite receptive fields share the work of one sum: one of the two is always 0.
    energy = 0
    for phase in (0.0, np.pi / 2):
        kernel = gabor(size, theta, wavelength, sigma, phase)
        energy = energy + simple_cell(image, kernel) ** 2 + simple_cell(image, -kernel) ** 2
    return energy
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: the sums before rectification</summary>

`simple_cell` cuts negative sums off. What does it give for the kernel with all signs changed? Either write the loops
anew, or use `simple_cell` four times.

</details>
<details><summary>Hint: the type</summary>

The kernels are float64. If you compute with them directly, convert the result for a float32 image.

</details>
"""

# %% points=10 tests="complex-cell"
# A window that is itself a wave at the right angle: whatever its phase, the energy is close to 1.
energies = [complex_cell(gabor(15, 0.4, 5.0, 2.5, phase), 0.4)[0, 0] for phase in (0.0, 0.7, 1.6, 2.9, 4.4)]
assert max(energies) < 1.02 and min(energies) > 0.98, f"the energies are {np.round(energies, 3)}"

# A simple cell falls silent at some of these phases.
answers = [simple_cell(gabor(15, 0.4, 5.0, 2.5, phase), gabor(15, 0.4, 5.0, 2.5))[0, 0] for phase in (0.0, 0.7, 1.6)]
assert answers[0] > 0.99 and answers[2] < 0.01, f"the simple cell's answers are {np.round(answers, 3)}"

# At a right angle to the stripes there is next to nothing, and in an evenly lit field nothing at all.
energy = complex_cell(gabor(15, 0.4, 5.0, 2.5), 0.4 + np.pi / 2)[0, 0]
assert energy < 0.01, f"at a right angle yours is {energy:.3f}"
energy = complex_cell(np.full((20, 17), 3.0), 0.4)
assert energy.shape == (6, 3), f"20 - 15 + 1 = 6 rows and 17 - 15 + 1 = 3 columns; yours is {energy.shape}"
np.testing.assert_allclose(energy, np.zeros((6, 3)), atol=1e-12)

# %% [markdown]
r"""
## 4. Orientation tuning (5 points)

Hubel and Wiesel turned a bar of light in front of the animal and counted how often a cell fired. The curve of answers
over angles, with one peak, is the cell's **tuning curve**.

`bar(theta)` from the set-up draws the bar, 15 × 15 pixels. A cell is any function that takes an image and returns a
number, such as `upper_right_corner`, which returns one pixel.

**By hand.** At θ = π/4 the bar rises to the right and covers that corner: 1. At θ = 0 (upright), π/2 (level) and
3π/4 (falling) it does not: 0.
"""


# %% exercise="orientation-tuning"
def orientation_tuning(response, thetas):
    """A cell's answers to bars of different orientations.

    Args:
        response: The cell: a function that takes an image of shape (15, 15) and returns a number.
        thetas: Directions across the bars, in radians, shape (K,), K at least 1, in any order. The bars are
            bar(theta), with the default size and width.

    Returns:
        Shape (K,), float64: the answers in the order of thetas, as the cell gives them.

    Raises:
        ValueError: If thetas does not have one axis or is empty.
    """
    ### BEGIN SOLUTION
    if thetas.ndim != 1 or len(thetas) == 0:
        raise ValueError(f"thetas has shape {thetas.shape}, expected (K,) with at least one angle")
    return np.array([response(bar(theta)) for theta in thetas], dtype=np.float64)
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint</summary>

Draw a bar for each angle, show it to the cell, and write down the answer. Nothing else: no scaling, no sorting.

</details>
"""

# %% points=5 tests="orientation-tuning"
curve = orientation_tuning(upper_right_corner, np.array([0.0, np.pi / 4, np.pi / 2, 3 * np.pi / 4]))
assert isinstance(curve, np.ndarray), f"expected an array, not {type(curve).__name__}"
np.testing.assert_allclose(curve, [0, 1, 0, 0], atol=1e-12, err_msg="the corner is on the bar at π/4 only")

# The number of bright pixels in the middle row: an upright bar is 3 pixels wide, a level one fills the row.
curve = orientation_tuning(lambda image: image[7].sum(), np.array([0.0, np.pi / 2]))
np.testing.assert_allclose(curve, [3, 15], err_msg="the sum over the middle row")

# %% [markdown]
r"""
## 5. The Neocognitron's two layers (15 points)

Fukushima (1980) stacked Hubel and Wiesel's cells: layers of **S-cells** (simple) that look for features, followed by
layers of **C-cells** (complex) that do not mind where exactly a feature is. Today's words: convolution and pooling.

**S.** Each kind of S-cell, $f$, has a template over all C planes of its input. It compares window $x$ and template
$w$ by the cosine of the angle between them, both read as long vectors, and fires if that exceeds a threshold θ:

$$s = \frac{x \cdot w}{\lVert x \rVert\,\lVert w \rVert}, \qquad
\text{answer} = \frac{\max(0,\ s-\theta)}{1-\theta}$$

A perfect match gives 1, however faint it is. A window or a template without any light gives s = 0. (Fukushima's
formula has the excitation over the inhibition, which is the window's root mean square; for strong inputs it becomes
this one, up to constants.)

**C.** Each C-cell adds up a k × k window of S-cells *of one plane*, and saturates: one S-cell that fires is nearly
enough, wherever it is. With the window's sum $t$: answer = t / (α + t), where α = 0.5.

**By hand, S.** One plane, one template of length √(4 + 1 + 0 + 4) = 3, θ = 0.6. The first window is the template
itself: s = 1, answer 1. The second has the length √(1 + 4 + 4 + 16) = 5 and the product 2·1 + 1·2 + 0·2 + 2·4 = 12:
s = 12/15 = 0.8, answer 0.2/0.4 = 0.5.

$$\begin{pmatrix}2&1&2\\0&2&4\end{pmatrix},\quad\begin{pmatrix}2&1\\0&2\end{pmatrix}
\quad\longrightarrow\quad\begin{pmatrix}1&0.5\end{pmatrix}$$

**By hand, C.** Windows of 2×2, stride 2: the sums are 1 and 0.75, the answers 1/1.5 = 0.667 and 0.75/1.25 = 0.6.

$$\begin{pmatrix}1&0&0&0.5\\0&0&0.25&0\end{pmatrix}\quad\longrightarrow\quad\begin{pmatrix}0.667&0.6\end{pmatrix}$$
"""


# %% exercise="s-layer"
def s_layer(x, templates, threshold):
    """The answers of S-cells: how far the cosine of window and template exceeds a threshold, 1 for a perfect match.

    max(0, s - threshold) / (1 - threshold), where s is the sum of products of window and template over all planes,
    divided by the root of the window's sum of squares and that of the template's; 0 if either is 0.

    Source: Fukushima 1980, in the limit of strong inputs.

    Args:
        x: Planes of cells, shape (C, H, W).
        templates: One for each kind of S-cell, shape (F, C, k, k). They are not flipped.
        threshold: At least 0 and less than 1.

    Returns:
        Shape (F, H - k + 1, W - k + 1), a new array: of x's dtype if that is a float type, else float64.

    Raises:
        ValueError: If x does not have 3 axes or templates 4; if they are not for the same number of planes; if the
            templates are larger than the planes; if threshold is less than 0, or 1 or more.
    """
    ### BEGIN SOLUTION
    if x.ndim != 3 or templates.ndim != 4:
        raise ValueError(f"x and templates need 3 and 4 axes, but have {x.ndim} and {templates.ndim}")
    f, c, k = templates.shape[:3]
    if x.shape[0] != c:
        raise ValueError(f"x has {x.shape[0]} planes but templates are for {c}")
    if not 0 <= threshold < 1:
        raise ValueError(f"threshold is {threshold}, expected 0 <= threshold < 1")
    rows, columns = x.shape[1] - k + 1, x.shape[2] - k + 1
    if rows < 1 or columns < 1:
        raise ValueError(f"templates of {k}×{k} do not fit into planes of {x.shape[1:]}")

    answers = np.zeros((f, rows, columns), x.dtype if x.dtype.kind == "f" else np.float64)
    flat = templates.reshape(f, -1).astype(answers.dtype)
    lengths = np.sqrt(np.sum(flat**2, axis=1))
    for i in range(rows):
        for j in range(columns):
            window = x[:, i : i + k, j : j + k].reshape(-1).astype(answers.dtype)
            product = lengths * np.sqrt(np.sum(window**2))
            cosine = np.where(product > 0, flat @ window / np.where(product > 0, product, 1), 0)  # (F,)
            answers[:, i, j] = np.maximum(0, cosine - threshold) / (1 - threshold)
    return answers
    ### END SOLUTION


def c_layer(x, k, stride, alpha=0.5):
    """The answers of C-cells: the sum t of a window within one plane, saturated to t / (alpha + t).

    Source: Fukushima 1980, with equal weights and without lateral inhibition.

    Args:
        x: Answers of S-cells, none below 0, shape (F, H, W).
        k: Side of a window, in cells.
        stride: Step between windows, in cells.
        alpha: The sum at which a C-cell gives one half.

    Returns:
        Shape (F, (H - k) // stride + 1, (W - k) // stride + 1), a new array: of x's dtype if that is a float type,
        else float64. Rows and columns that do not fill a window are left out.

    Raises:
        ValueError: If x does not have 3 axes or the window is larger than the planes.
    """
    ### BEGIN SOLUTION
    if x.ndim != 3:
        raise ValueError(f"x has shape {x.shape}, expected 3 axes (F, H, W)")
    f, h, w = x.shape
    if k > h or k > w:
        raise ValueError(f"windows of {k}×{k} do not fit into planes of {h}×{w}")
    answers = np.zeros(
        (f, (h - k) // stride + 1, (w - k) // stride + 1), x.dtype if x.dtype.kind == "f" else np.float64
    )
    for i in range(answers.shape[1]):
        for j in range(answers.shape[2]):
            top, left = i * stride, j * stride
            total = x[:, top : top + k, left : left + k].sum(axis=(1, 2), dtype=answers.dtype)  # (F,)
            answers[:, i, j] = total / (alpha + total)
    return answers
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: the cosine</summary>

For one window: `window = x[:, i : i + k, j : j + k]`. The sum of `window * templates[f]` is the product, the root of
the sum of `window**2` the length. Dark windows need an `if`, or else 0/0 gives `nan`.

</details>
<details><summary>Hint: one plane at a time</summary>

A C-cell never mixes features: sum over the rows and columns of the window, not over the first axis.

</details>
"""

# %% points=15 tests="s-layer"
# The example above: the template itself, then (12/15 - 0.6) / (1 - 0.6) = 0.5.
np.testing.assert_allclose(s_layer(PLANE, TEMPLATE, 0.6), [[[1, 0.5]]])
# Ten times as faint: the same answers. A dark image: none, and no nan.
np.testing.assert_allclose(s_layer(PLANE / 10, TEMPLATE, 0.6), [[[1, 0.5]]], err_msg="a faint image")
np.testing.assert_array_equal(s_layer(0 * PLANE, TEMPLATE, 0.6), np.zeros((1, 1, 2)))
# Without a threshold, what points the other way is still 0: the cosines are -1 and -0.8.
np.testing.assert_array_equal(s_layer(PLANE, -TEMPLATE, 0.0), np.zeros((1, 1, 2)))

# 1 / (0.5 + 1) and 0.75 / (0.5 + 0.75).
np.testing.assert_allclose(c_layer(S_CELLS, 2, 2), [[[1 / 1.5, 0.6]]])
# Stride 1: the window in between holds 0 + 0 + 0 + 0.25, and 0.25 / 0.75 = 1/3.
np.testing.assert_allclose(c_layer(S_CELLS, 2, 1), [[[1 / 1.5, 1 / 3, 0.6]]])
# A feature that moves within the window changes nothing; planes stay apart.
two_planes = np.concatenate([S_CELLS[:, :, ::-1], 0 * S_CELLS])
np.testing.assert_allclose(c_layer(two_planes, 2, 2), [[[0.6, 1 / 1.5]], [[0, 0]]])

# %% [markdown]
r"""
## What you have built

- Receptive fields as kernels, and the reason why one is written as an array that slides over an image.
- A cell that answers to orientation and place, and one that gives up the place to keep the orientation.
- The alternation of S and C, forty years before this course: what was missing was a way to learn the templates from
  the error at the end.

Unit 02 takes the sliding sum apart in one dimension. Nothing you wrote here is needed there.
"""
