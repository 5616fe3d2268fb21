# %% [markdown]
r"""
# Normalisation

**90 points, about 4 hours.** Goes with the chapter *Normalisation and initialisation* of the book.

A layer learns best when its inputs keep a steady scale. You write the ways in which convolutional networks have seen
to that, from AlexNet's (2012) to those in use today, and their gradients: the part that is easy to get nearly right.

NumPy is all you need. While your answers are graded, PyTorch, SciPy, `np.convolve` and `np.correlate` are out of
reach.

**How to work.** Run the cells from the top. Write your code in place of each `raise NotImplementedError`, then run the
check below it: it tries the worked examples, and if no error comes, they are right. Hints open with a click. In a
terminal, `autograder check normalisation.ipynb` runs all the tests and prints your points, and what went wrong and why.
"""

# %% setup="imports"
import numpy as np


def as_float(x):
    """The array itself if it is of a float type, else its values in float64."""
    return x if x.dtype.kind == "f" else x.astype(np.float64)


# %% [markdown]
r"""
## Conventions of the whole notebook

| | |
|---|---|
| feature maps | `x`, shape `(N, C, H, W)`: number of images, channels, rows, columns |
| scales and shifts | `gamma` and `beta`, shape `(C,)`: one of each for a channel |
| upstream gradient | `dout`, the shape of the result: the derivatives of the loss with respect to it |
| gradients | in the order of the forward function's arguments: `dx`, `dgamma`, `dbeta` |
| variance | the mean of the squared distances from the mean, unless *unbiased* is said |

What the layers average over:

| | one mean and variance for each | averaged over |
|---|---|---|
| local contrast normalisation | pixel of each channel | a window of rows and columns |
| batch normalisation | channel | images, rows, columns: N·H·W values |
| group normalisation | image and group of channels | the group's channels, rows, columns: (C/G)·H·W values |

Three rules hold for every function here, and each exercise gives a few points for keeping them:

1. Arguments stay as they are, and the result has memory of its own. One exception: `state` of batch normalisation.
2. A float `x` gives a result of the same float type (`float32` stays `float32`); an integer `x` gives `float64`.
   `as_float` above does half of that. Mind that it returns a float array itself, not a copy.
3. What makes no layer raises `ValueError`, with a message that says what was given and what was expected.
"""

# %% setup="examples"
# The examples that are worked by hand. Axes: images, channels, rows, columns.
FOUR_CHANNELS = np.array([1.0, 3.0, 2.0, 0.0]).reshape(1, 4, 1, 1)
LINE = np.array([[[[1.0, 2.0, 6.0]]]])
TWO_IMAGES = np.array([[[[1.0, 2.0]]], [[[3.0, 6.0]]]])  # one channel: mean 3, variance 14/4
TWO_IMAGES_DOUT = np.array([[[[4.0, 0.0]]], [[[0.0, 8.0]]]])
TWO_GROUPS = np.array([[[[1.0, 2.0]], [[3.0, 6.0]], [[8.0, 7.0]], [[8.0, 1.0]]]])


def fresh_state(channels):
    """Running statistics as they are before the first step of training."""
    return {"running_mean": np.zeros(channels), "running_var": np.ones(channels)}


# %% [markdown]
r"""
## 1. Local response normalisation (12 points)

AlexNet lets the channels at one pixel compete: a value is divided by more if its neighbours *in the channels* are
large, whatever their sign.

$$b_c = a_c \Big/ \Big(k + \alpha \sum_{j} a_j^2\Big)^{\beta}$$

The sum runs over n channels at the same pixel, c among them: n//2 before c and (n−1)//2 after it, as far as there
are such channels. AlexNet has n = 5, k = 2, α = 10⁻⁴, β = 0.75. Two years later VGG found that it brought nothing,
and it was dropped.

**A trap.** In the paper α multiplies the *sum*. PyTorch's `LocalResponseNorm` divides α by n first: to get the same
values there, pass it n·α. This notebook follows the paper.

**By hand.** Four channels of one pixel, `1 3 2 0`, with n = 3, k = 2, α = 0.5, β = 1:

$$\frac{1}{2+0.5\,(1+9)}=\frac17,\quad \frac{3}{2+0.5\,(1+9+4)}=\frac13,\quad
\frac{2}{2+0.5\,(9+4+0)}=\frac{4}{17},\quad 0$$
"""


# %% exercise="lrn"
def lrn(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """Each value divided by a power of its neighbours' strength, in the convention of the AlexNet paper.

    Source: Krizhevsky et al. 2012, section 3.3.

    Args:
        x: Feature maps, shape (N, C, H, W).
        n: Number of neighbouring channels in the sum, the value's own included: n // 2 before it, (n - 1) // 2 after
            it. Channels that do not exist add nothing.
        k: Added to the sum, before the power.
        alpha: Weight of the sum of squares. It is not divided by n.
        beta: The power.

    Returns:
        Shape (N, C, H, W), a new array: of x's dtype if that is a float type, else float64.

    Raises:
        ValueError: If x does not have 4 axes or n is less than 1.
    """
    ### BEGIN SOLUTION
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected 4 axes (N, C, H, W)")
    if n < 1:
        raise ValueError(f"n is {n}, expected at least 1 channel")
    x = as_float(x)
    squares = np.pad(x**2, ((0, 0), (n // 2, (n - 1) // 2), (0, 0), (0, 0)))
    total = np.zeros_like(x)
    for offset in range(n):
        total += squares[:, offset : offset + x.shape[1]]
    return x / (k + alpha * total) ** beta
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: the sum without a loop over channels</summary>

Pad the squares with zeros along the axis of the channels. Then n slices of C channels each, one channel apart, add up
to the sums of all channels at once.

</details>
<details><summary>Hint: the borders</summary>

Channel 0 has no channel before it. Zeros in its place leave the sum as it is.

</details>
"""

# %% points=12 tests="lrn"
# The example above: 1/7, 3/9, 2/8.5, 0.
y = lrn(FOUR_CHANNELS, n=3, k=2.0, alpha=0.5, beta=1.0)
assert y.shape == (1, 4, 1, 1), f"the result has shape {y.shape}"
np.testing.assert_allclose(y.ravel(), [1 / 7, 1 / 3, 4 / 17, 0], err_msg="n = 3")

# n = 1: every value stands alone. 3 / (2 + 0.5 · 9) = 3 / 6.5, and 6.5 to the power 0.5 is its root.
y = lrn(FOUR_CHANNELS, n=1, k=2.0, alpha=0.5, beta=0.5)
np.testing.assert_allclose(y[0, 1, 0, 0], 3 / np.sqrt(6.5), err_msg="n = 1: the value's own square only")

# n = 2: the channel before and the own one. 2 / (2 + 0.5 · (9 + 4)) = 4/17.
y = lrn(FOUR_CHANNELS, n=2, k=2.0, alpha=0.5, beta=1.0)
np.testing.assert_allclose(y.ravel(), [1 / 2.5, 3 / 7, 4 / 17, 0], err_msg="n = 2")

# The paper's constants: 1 / (2 + 0.0001 · (1 + 9 + 4)) ** 0.75.
np.testing.assert_allclose(lrn(FOUR_CHANNELS)[0, 0, 0, 0], 1 / 2.0014**0.75, err_msg="n = 5: two channels on each side")

# %% [markdown]
r"""
## 2. Local contrast normalisation (8 points)

Another old idea, often mistaken for the first one: within *one* channel, take the local brightness away and divide by
the local contrast. With ⟨·⟩ for the plain mean over the size × size window around a pixel:

$$v = x - \langle x \rangle, \qquad \sigma = \sqrt{\langle v^2 \rangle}, \qquad y = v \,/\, \max(\sigma, \text{floor})$$

Both means are taken on maps that are continued beyond their border by repeating the nearest pixel: `x` for the first,
`v` for the second. The floor keeps flat places, where σ is 0, from being blown up. (Jarrett et al. 2009 weight the
window by a Gaussian, sum over all channels, and have the mean of σ as their floor.)

**By hand.** One row, `1 2 6`, windows of 3×3. The row is continued to `1 1 2 6 6`, and the rows above and below are
the same: means 4/3, 3, 14/3, so `v = −1/3, −1, 4/3`, continued to `−1/3 −1/3 −1 4/3 4/3`. Its mean squares are
11/27, 26/27 and 41/27. The result is `−0.5222 −1.0190 1.0820`: −1/3 / √(11/27) = −0.5222.
"""


# %% exercise="local-contrast-norm"
def local_contrast_norm(x, size, floor=1e-4):
    """Each channel's pixels less the mean of their window, divided by the root of the windows' mean squares.

    The two steps: v = x - mean(x), then v / max(sqrt(mean(v * v)), floor). Each mean is over the size × size pixels
    around a pixel, in its own channel; beyond the border the nearest pixel of x, or of v, is repeated.

    Args:
        x: Feature maps, shape (N, C, H, W).
        size: Side of the square window, in pixels: odd.
        floor: Least value by which v is divided.

    Returns:
        Shape (N, C, H, W), a new array: of x's dtype if that is a float type, else float64.

    Raises:
        ValueError: If x does not have 4 axes, or size is even or less than 1.
    """
    ### BEGIN SOLUTION
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected 4 axes (N, C, H, W)")
    if size < 1 or size % 2 == 0:
        raise ValueError(f"size is {size}, expected an odd number of pixels")

    def window_mean(maps):
        border = size // 2
        padded = np.pad(maps, ((0, 0), (0, 0), (border, border), (border, border)), mode="edge")
        windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(2, 3))
        return windows.mean(axis=(4, 5))  # (N, C, H, W, size, size) -> (N, C, H, W)

    x = as_float(x)
    v = x - window_mean(x)
    return v / np.maximum(np.sqrt(window_mean(v**2)), floor)
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: one function, used twice</summary>

Write a function inside that returns the windows' means of a map, and call it on `x` and on `v**2`. Since a square of
a repeated pixel is the repeated square, it does not matter whether you square before or after the continuation.

</details>
<details><summary>Hint: the windows' means</summary>

`np.pad(..., mode="edge")` repeats the border. The padded map, shifted by 0 … size − 1 rows and columns, gives
size² arrays of the shape of `x`: their mean is what you want.

</details>
"""

# %% points=8 tests="local-contrast-norm"
y = local_contrast_norm(LINE, 3)
assert y.shape == LINE.shape, f"the result has shape {y.shape}"
# -1/3 / √(11/27), -1 / √(26/27), 4/3 / √(41/27)
by_hand = [-1 / 3 / np.sqrt(11 / 27), -1 / np.sqrt(26 / 27), 4 / 3 / np.sqrt(41 / 27)]
np.testing.assert_allclose(y.ravel(), by_hand, err_msg="the row 1 2 6")

# Brightness and contrast of the image do not matter.
np.testing.assert_allclose(local_contrast_norm(40 * LINE + 7, 3), y, err_msg="a brighter image with more contrast")

# A flat image has nothing to show: 0 / floor = 0. With a floor of 2, above every σ here, v is halved: 4/3 / 2 = 2/3.
flat = local_contrast_norm(np.full((1, 2, 3, 4), 5.0), 3)
np.testing.assert_allclose(flat, np.zeros((1, 2, 3, 4)), atol=1e-9, err_msg="a flat image")
np.testing.assert_allclose(local_contrast_norm(LINE, 3, floor=2.0).ravel(), [-1 / 6, -1 / 2, 2 / 3], err_msg="floor 2")

# %% [markdown]
r"""
## 3. Batch normalisation, forward (22 points)

In training, each channel is brought to mean 0 and variance 1 over the batch, then scaled and shifted by what the
network learns:

$$\hat x = \frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}}, \qquad y = \gamma\,\hat x + \beta$$

μ and σ² are those of the channel's m = N·H·W values. A network in use may get one image at a time, so during training
running statistics are kept, and in evaluation they stand in for μ and σ²:

$$\text{running} \leftarrow (1 - \text{momentum}) \cdot \text{running} + \text{momentum} \cdot \text{batch}$$

Two details, as in PyTorch: the running variance is fed with the **unbiased** variance of the batch (the sum of squares
divided by m − 1), while the normaliser has the ordinary one (divided by m). And momentum is the weight of the *new*
value. Arrays at once, not value by value: at least 5 times as fast as plain loops (2 of the 22 points).

**By hand.** One channel, two images `1 2` and `3 6`: μ = 3, σ² = (4 + 1 + 0 + 9) / 4 = 3.5. With ε = 0.5 the root is
√4 = 2, and with γ = 2, β = 1 we get y = 2·(x − 3)/2 + 1 = x − 2: `−1 0` and `1 4`. The running mean goes from 0 to
0.9·0 + 0.1·3 = 0.3, the running variance from 1 to 0.9·1 + 0.1·14/3 = 1.3667.
"""


# %% exercise="batchnorm2d-forward"
def batchnorm2d_forward(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """The channels normalised over the batch, then scaled by gamma and shifted by beta.

    Source: Ioffe & Szegedy 2015, algorithm 1; the details are those of PyTorch's BatchNorm2d.

    Args:
        x: Feature maps, shape (N, C, H, W).
        gamma: Scales, shape (C,).
        beta: Shifts, shape (C,).
        state: Dict of the arrays "running_mean" and "running_var", shape (C,). In training both are updated in place,
            the arrays stay the same objects: (1 - momentum) * running + momentum * batch, where the variance of the
            batch is the unbiased one. No other argument is ever changed, and in evaluation this one neither.
        train: Whether to normalise by mean and (biased) variance of the batch, or by the running ones.
        eps: Added to the variance, under the root.
        momentum: Weight of the batch in the running statistics.

    Returns:
        Shape (N, C, H, W), a new array: of x's dtype if that is a float type, else float64.

    Raises:
        ValueError: If x does not have 4 axes; if gamma, beta or an array of the state does not have C values; in
            training, if there is only one value per channel, which has no unbiased variance.
    """
    ### BEGIN SOLUTION
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected 4 axes (N, C, H, W)")
    c = x.shape[1]
    running_mean, running_var = state["running_mean"], state["running_var"]
    arrays = {"gamma": gamma, "beta": beta, "running_mean": running_mean, "running_var": running_var}
    for name, values in arrays.items():
        if values.shape != (c,):
            raise ValueError(f"{name} has shape {values.shape}, but x has {c} channels")
    m = x.size // c
    if train and m < 2:
        raise ValueError(f"x of shape {x.shape} has one value per channel, training needs at least 2")

    x = as_float(x)
    mean, var = running_mean, running_var
    if train:
        mean, var = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))
        running_mean[...] = (1 - momentum) * running_mean + momentum * mean
        running_var[...] = (1 - momentum) * running_var + momentum * var * m / (m - 1)
    mean, std, scale, shift = (values[:, None, None] for values in (mean, np.sqrt(var + eps), gamma, beta))
    y = scale * (x - mean) / std + shift
    return y.astype(x.dtype)
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: lining up the axes</summary>

NumPy lines up the last axes: an array of shape `(C,)` would go along the columns. `gamma[:, None, None]` has the
shape `(C, 1, 1)` and goes along the channels.

</details>
<details><summary>Hint: which mean</summary>

`x.mean(axis=(0, 2, 3))` averages over images, rows and columns at once and leaves `(C,)`. `x.var` takes the same
argument; the unbiased variance is m / (m − 1) times the ordinary one.

</details>
<details><summary>Hint: small variances</summary>

The mean of the squares less the square of the mean is the variance on paper. On a computer the difference of two
large, nearly equal numbers keeps few digits: subtract the mean first.

</details>
"""

# %% points=22 tests="batchnorm2d-forward"
# The example above: x - 2.
state = fresh_state(1)
held = state["running_mean"]
y = batchnorm2d_forward(TWO_IMAGES, np.array([2.0]), np.array([1.0]), state, eps=0.5)
np.testing.assert_allclose(y, TWO_IMAGES - 2, err_msg="in training")

# Running statistics: 0.9·0 + 0.1·3 = 0.3 and 0.9·1 + 0.1·14/3, the sum of squares 14 divided by 4 - 1.
np.testing.assert_allclose(state["running_mean"], [0.3], err_msg="running mean")
np.testing.assert_allclose(held, [0.3], err_msg="running mean, in the array that was there before the call")
np.testing.assert_allclose(state["running_var"], [0.9 + 1.4 / 3], err_msg="running variance, unbiased")

# In evaluation they stand in for those of the batch: 2·(1 - 0.3) / √(1.3667 + 0.5) + 1 = 2.0247. They stay as they are.
y = batchnorm2d_forward(TWO_IMAGES, np.array([2.0]), np.array([1.0]), state, train=False, eps=0.5)
np.testing.assert_allclose(y[0, 0, 0, 0], 2 * 0.7 / np.sqrt(0.9 + 1.4 / 3 + 0.5) + 1, err_msg="in evaluation")
np.testing.assert_allclose(state["running_mean"], [0.3], err_msg="evaluation must not change the state")

# Each channel for itself: the second has ten times the values and loses nothing by it.
both = np.concatenate([TWO_IMAGES, 10 * TWO_IMAGES], axis=1)
y = batchnorm2d_forward(both, np.array([1.0, 2.0]), np.array([0.0, 3.0]), fresh_state(2), eps=0.0)
np.testing.assert_allclose(y[:, 1], 2 * y[:, 0] + 3, err_msg="channel 1 is channel 0 times 10: gamma 2, beta 3")

# %% [markdown]
r"""
## 4. Batch normalisation, backward (20 points)

In training, μ and σ² depend on every value of the channel, so each value moves all results of its channel. Following
all paths, with sums and means over the channel's m values (derive it once on paper: the hint shows the steps):

$$d\beta = \sum dout, \qquad d\gamma = \sum dout \cdot \hat x, \qquad
dx = \frac{\gamma}{\sqrt{\sigma^2 + \varepsilon}}
\Big(dout - \overline{dout} - \hat x \cdot \overline{dout \cdot \hat x}\Big)$$

The two subtracted terms are the paths through μ and through σ². In evaluation the statistics are constants: both
paths vanish, and $\hat x$ is made with the running ones.

**By hand.** The example of exercise 3 again: γ = 2, root 2, $\hat x$ = `−1 −0.5` and `0 1.5`. With dout = `4 0` and
`0 8`: dβ = 12, mean 3; dout·$\hat x$ = `−4 0` and `0 12`, so dγ = 8, mean 2. Then dx = 2/2 · (dout − 3 − 2·$\hat x$):
`4−3+2 0−3+1` and `0−3−0 8−3−3`, which is `3 −2` and `−3 2`. They add up to 0: shifting a whole channel changes
nothing.
"""


# %% exercise="batchnorm2d-backward"
def batchnorm2d_backward(dout, x, gamma, state=None, train=True, eps=1e-5):
    """The gradients of batchnorm2d_forward. It stands alone: what it needs of the forward pass it computes anew.

    Args:
        dout: Upstream gradient, shape (N, C, H, W).
        x: The feature maps that went in, shape (N, C, H, W).
        gamma: Scales, shape (C,).
        state: Dict of "running_mean" and "running_var", shape (C,), for evaluation. Not needed in training and never
            changed.
        train: Whether the forward pass normalised by the statistics of the batch, or by the running ones.
        eps: Added to the variance, under the root.

    Returns:
        (dx, dgamma, dbeta), shapes (N, C, H, W), (C,) and (C,), new arrays: of x's dtype if that is a float type,
        else float64.

    Raises:
        ValueError: If x does not have 4 axes; if dout does not have x's shape; if gamma does not have C values; in
            evaluation, if there is no state.
    """
    ### BEGIN SOLUTION
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected 4 axes (N, C, H, W)")
    if dout.shape != x.shape:
        raise ValueError(f"dout has shape {dout.shape}, x has {x.shape}: expected the same")
    if gamma.shape != (x.shape[1],):
        raise ValueError(f"gamma has shape {gamma.shape}, but x has {x.shape[1]} channels")
    if not train and state is None:
        raise ValueError("state is None: in evaluation the running statistics are needed")

    x, over = as_float(x), (0, 2, 3)
    mean, var = (x.mean(axis=over), x.var(axis=over)) if train else (state["running_mean"], state["running_var"])
    std = np.sqrt(var + eps)[:, None, None]
    normalised = (x - mean[:, None, None]) / std
    dbeta, dgamma = dout.sum(axis=over), (dout * normalised).sum(axis=over)
    dx = dout * gamma[:, None, None] / std
    if train:  # the paths through mean and variance of the batch
        m = x.size // x.shape[1]
        through = (dbeta[:, None, None] + normalised * dgamma[:, None, None]) / m
        dx = dx - through * gamma[:, None, None] / std
    return dx.astype(x.dtype), dgamma.astype(x.dtype), dbeta.astype(x.dtype)
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: the derivation</summary>

Let s be the root, and $d\hat x = \gamma \cdot dout$. From $\hat x_i = (x_i - \mu)/s$, with three ways in which
$x_j$ acts on $\hat x_i$:

- directly, for $i = j$: $d\hat x_j / s$;
- through μ, where $\partial\mu/\partial x_j = 1/m$: $-\frac{1}{m s}\sum_i d\hat x_i$;
- through s, where $\partial s/\partial x_j = \hat x_j/m$: $-\frac{\hat x_j}{m s}\sum_i d\hat x_i \hat x_i$.

</details>
<details><summary>Hint: check yourself</summary>

Change one value of `x` by ±10⁻⁵, and see how `(batchnorm2d_forward(x, ...) * dout).sum()` changes. Divided by
2·10⁻⁵, that is one value of `dx`. Use a random `dout`: with ones, `dx` is 0 everywhere and wrong answers look right.

</details>
"""

# %% points=20 tests="batchnorm2d-backward"
# The example above: γ / root = 1, means 3 and 2.
dx, dgamma, dbeta = batchnorm2d_backward(TWO_IMAGES_DOUT, TWO_IMAGES, np.array([2.0]), eps=0.5)
np.testing.assert_allclose(dbeta, [12], err_msg="dbeta: 4 + 8")
np.testing.assert_allclose(dgamma, [8], err_msg="dgamma: 4·(-1) + 8·1.5")
np.testing.assert_allclose(dx, [[[[3, -2]]], [[[-3, 2]]]], err_msg="dx")

# A constant upstream gradient: raising all results alike cannot be had by changing x, so dx is 0.
dx, dgamma, dbeta = batchnorm2d_backward(np.ones((2, 1, 1, 2)), TWO_IMAGES, np.array([2.0]), eps=0.5)
np.testing.assert_allclose(dx, np.zeros((2, 1, 1, 2)), atol=1e-12, err_msg="dx for a constant dout")

# In evaluation: running mean 1, running variance 3.5, so the root is 2 again and dx = dout · 2 / 2.
running = {"running_mean": np.array([1.0]), "running_var": np.array([3.5])}
dx, dgamma, dbeta = batchnorm2d_backward(TWO_IMAGES_DOUT, TWO_IMAGES, np.array([2.0]), running, train=False, eps=0.5)
np.testing.assert_allclose(dx, TWO_IMAGES_DOUT, err_msg="dx in evaluation")
np.testing.assert_allclose(dgamma, [20], err_msg="dgamma in evaluation: 4·(1 - 1)/2 + 8·(6 - 1)/2")

# %% [markdown]
r"""
## 5. Group normalisation (15 points)

Batch normalisation needs large batches. Group normalisation has the same formula but averages within one image: the C
channels are split into G groups that stand together (channels 0 … C/G − 1 are the first), and each group of each
image has a mean and a variance of its own. γ and β still belong to single channels. There are no running statistics:
training and evaluation are the same. G = 1 is layer normalisation, G = C instance normalisation.

**By hand.** One image, four channels `1 2`, `3 6`, `8 7`, `8 1`, two groups, ε = 0.5. First group: mean 3, variance
3.5, root 2: $\hat x$ = `−1 −0.5`, `0 1.5`. Second group: mean 6, variance (4 + 1 + 4 + 25)/4 = 8.5, root 3:
$\hat x$ = `2/3 1/3`, `2/3 −5/3`. With γ = (2, 1, 3, 6), β = (0, 0, 1, −1): `−2 −1`, `0 1.5`, `3 2`, `3 −11`.

Backward, the formula of exercise 4 holds with two changes. Means are over a group's values, and since γ now differs
*within* a group, it goes inside: dx = (g − mean(g) − $\hat x$ · mean(g · $\hat x$)) / root with g = γ · dout.
"""


# %% exercise="groupnorm"
def groupnorm(x, G, gamma, beta, eps=1e-5):
    """The feature maps normalised over each image's groups of channels, then scaled by gamma and shifted by beta.

    Source: Wu & He 2018, section 3.

    Args:
        x: Feature maps, shape (N, C, H, W).
        G: Number of groups: blocks of C // G channels that stand together.
        gamma: Scales, shape (C,).
        beta: Shifts, shape (C,).
        eps: Added to the (biased) variance, under the root.

    Returns:
        Shape (N, C, H, W), a new array: of x's dtype if that is a float type, else float64.

    Raises:
        ValueError: If x does not have 4 axes; if C does not split evenly into G groups; if gamma or beta does not
            have C values.
    """
    ### BEGIN SOLUTION
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected 4 axes (N, C, H, W)")
    n, c = x.shape[:2]
    if G < 1 or c % G:
        raise ValueError(f"{c} channels do not split into {G} groups")
    if gamma.shape != (c,) or beta.shape != (c,):
        raise ValueError(f"gamma and beta have shapes {gamma.shape} and {beta.shape}, but x has {c} channels")
    x = as_float(x)
    groups = x.reshape(n, G, -1)  # (N, C, H, W) -> (N, G, C/G*H*W)
    std = np.sqrt(groups.var(axis=2, keepdims=True) + eps)
    normalised = ((groups - groups.mean(axis=2, keepdims=True)) / std).reshape(x.shape)
    return (gamma[:, None, None] * normalised + beta[:, None, None]).astype(x.dtype)
    ### END SOLUTION


def groupnorm_backward(dout, x, G, gamma, eps=1e-5):
    """The gradients of groupnorm. It stands alone: what it needs of the forward pass it computes anew.

    Args:
        dout: Upstream gradient, shape (N, C, H, W).
        x: The feature maps that went in, shape (N, C, H, W).
        G: Number of groups.
        gamma: Scales, shape (C,).
        eps: Added to the (biased) variance, under the root.

    Returns:
        (dx, dgamma, dbeta), shapes (N, C, H, W), (C,) and (C,), new arrays: of x's dtype if that is a float type,
        else float64.

    Raises:
        ValueError: If x does not have 4 axes; if dout does not have x's shape; if C does not split evenly into G
            groups; if gamma does not have C values.
    """
    ### BEGIN SOLUTION
    normalised = groupnorm(x, G, np.ones_like(gamma), np.zeros_like(gamma), eps)  # checks x, G and gamma as well
    if dout.shape != x.shape:
        raise ValueError(f"dout has shape {dout.shape}, x has {x.shape}: expected the same")
    dtype, by_group = normalised.dtype, (x.shape[0], G, -1)
    dgamma, dbeta = (dout * normalised).sum(axis=(0, 2, 3)), dout.sum(axis=(0, 2, 3))
    g, hat = (dout * gamma[:, None, None]).reshape(by_group), normalised.reshape(by_group)
    std = np.sqrt(as_float(x).reshape(by_group).var(axis=2, keepdims=True) + eps)
    dx = (g - g.mean(axis=2, keepdims=True) - hat * (g * hat).mean(axis=2, keepdims=True)) / std
    return dx.reshape(x.shape).astype(dtype), dgamma.astype(dtype), dbeta.astype(dtype)
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: groups are a reshape</summary>

Channels of a group stand together in memory: `x.reshape(N, G, -1)` has one row for each group, and `keepdims=True`
keeps the means in a shape that lines up with it.

</details>
<details><summary>Hint: why γ goes inside</summary>

In batch normalisation, γ is the same for all values that share a mean, so it can be taken out of the means. Here a
mean runs over several channels, each with its own γ.

</details>
"""

# %% points=15 tests="groupnorm"
# The example above: roots 2 and 3.
gamma, beta = np.array([2.0, 1.0, 3.0, 6.0]), np.array([0.0, 0.0, 1.0, -1.0])
y = groupnorm(TWO_GROUPS, 2, gamma, beta, eps=0.5)
np.testing.assert_allclose(y, [[[[-2, -1]], [[0, 1.5]], [[3, 2]], [[3, -11]]]], atol=1e-12)

# Shifting and stretching the second group changes nothing; an image of its own has groups of its own.
moved = TWO_GROUPS * np.array([1, 1, 5, 5]).reshape(4, 1, 1) + np.array([0, 0, 9, 9]).reshape(4, 1, 1)
y = groupnorm(np.concatenate([TWO_GROUPS, moved]), 2, gamma, beta, eps=0.0)
np.testing.assert_allclose(y[1], y[0], err_msg="the second group times 5 plus 9")

# dout is 6 at one pixel of channel 0, else 0. With γ = 2: g = 12, mean 3; g times the normalised x is -12, mean -3.
# dx = (12 - 3 - 3)/2 = 3, then (0 - 3 - 1.5)/2, (0 - 3 + 0)/2, (0 - 3 + 4.5)/2; the second group has no gradient.
dout = np.zeros((1, 4, 1, 2))
dout[0, 0, 0, 0] = 6
dx, dgamma, dbeta = groupnorm_backward(dout, TWO_GROUPS, 2, gamma, eps=0.5)
np.testing.assert_allclose(dx, [[[[3, -2.25]], [[-1.5, 0.75]], [[0, 0]], [[0, 0]]]], atol=1e-12)
np.testing.assert_allclose(dgamma, [-6, 0, 0, 0], err_msg="dgamma: 6 · (-1)")
np.testing.assert_allclose(dbeta, [6, 0, 0, 0], err_msg="dbeta")

# %% [markdown]
r"""
## 6. Dropout (13 points)

In training, each value is set to 0 with probability p, independently of all others; the network cannot lean on any
single one. What is kept is divided by 1 − p, so that the expected value stays what it was. In evaluation nothing is
dropped and nothing is scaled. (This is **inverted** dropout. AlexNet, in 2012, left training unscaled and multiplied
by 1 − p in evaluation instead.)

**By hand.** `3 6 9` with p = 0.25, where the second value is dropped: the mask is `True False True`, the result
3/0.75 = 4, 0 and 9/0.75 = 12. An upstream gradient of `1 2 3` becomes 1/0.75 = 4/3, 0 and 3/0.75 = 4.
"""


# %% exercise="dropout"
def dropout(x, p, rng, train=True):
    """The values of x, each dropped with probability p and scaled by 1 / (1 - p) otherwise; and which were kept.

    Source: Srivastava et al. 2014, section 10, in its inverted form.

    Args:
        x: An array of any shape.
        p: Probability of dropping a value, at least 0 and less than 1.
        rng: A np.random.Generator, the only source of chance.
        train: Whether to drop at all.

    Returns:
        (y, mask), new arrays of x's shape. y is of x's dtype if that is a float type, else float64; mask is of type
        bool, True where a value was kept. In evaluation y is a copy of x and mask is None.

    Raises:
        ValueError: If p is less than 0, or 1 or more.
    """
    ### BEGIN SOLUTION
    if not 0 <= p < 1:
        raise ValueError(f"p is {p}, expected 0 <= p < 1")
    y = np.array(x, dtype=as_float(x).dtype)
    if not train:
        return y, None
    mask = rng.random(x.shape) >= p
    return y * mask / (1 - p), mask
    ### END SOLUTION


def dropout_backward(dout, mask, p):
    """The gradient of dropout with respect to x.

    Args:
        dout: Upstream gradient, of the shape of the forward result.
        mask: The mask that dropout returned: of type bool and dout's shape, or None from evaluation.
        p: The probability that dropout was called with.

    Returns:
        An array of dout's shape, new: of dout's dtype if that is a float type, else float64.

    Raises:
        ValueError: If mask does not have dout's shape.
    """
    ### BEGIN SOLUTION
    dx = np.array(dout, dtype=as_float(dout).dtype)
    if mask is None:
        return dx
    if mask.shape != dout.shape:
        raise ValueError(f"mask has shape {mask.shape}, dout has {dout.shape}: expected the same")
    return dx * mask / (1 - p)
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: a coin for each value</summary>

`rng.random(x.shape)` gives a number between 0 and 1 for each value. With which comparison is it True with
probability 1 − p?

</details>
<details><summary>Hint: evaluation</summary>

Nothing is dropped, and since training has scaled already, nothing is scaled. Return a copy, so that whoever changes
the result does not change `x`.

</details>
"""

# %% points=13 tests="dropout"
x = np.arange(1.0, 20_001.0).reshape(4, 5, 1000)
y, mask = dropout(x, 0.25, np.random.default_rng(0))
assert mask.shape == x.shape and mask.dtype == bool, f"the mask has shape {mask.shape} and type {mask.dtype}"
np.testing.assert_allclose(y[mask], x[mask] / 0.75, err_msg="what is kept is divided by 1 - p")
assert not y[~mask].any(), "what is dropped is 0"
assert 0.73 < mask.mean() < 0.77, f"of 20,000 values, {mask.mean():.1%} were kept; p = 0.25 drops a quarter"
assert (mask[0] != mask[1]).any(), "each row of the batch draws its own mask"

# In evaluation nothing happens.
y, mask = dropout(x, 0.25, np.random.default_rng(0), train=False)
assert mask is None, "in evaluation there is no mask"
np.testing.assert_array_equal(y, x)

# 1/0.75 = 4/3, 0, 3/0.75 = 4
dx = dropout_backward(np.array([1.0, 2.0, 3.0]), np.array([True, False, True]), 0.25)
np.testing.assert_allclose(dx, [4 / 3, 0, 4])

# %% [markdown]
r"""
## What you have built

- Two normalisations of the past, each with its own axis: LRN across channels, contrast normalisation across space.
- Batch and group normalisation with gradients that follow every path, and the difference between training and use.
- Dropout that costs nothing in evaluation.

Unit 11 stacks residual blocks on batch normalisation. Nothing you wrote here is needed there.
"""
