# %% [markdown]
r"""
# Convolution in one dimension

**50 points, about 3 hours.** Goes with the chapter *Convolution mathematics* of the book.

Everything that a convolution layer does to images it does to a row of numbers already: a small kernel slides along
and makes one number at each stop. In one dimension every step fits on a line and can be checked by hand. You write
correlation and convolution, turn them into a matrix, send a gradient back through them, compute them with the Fourier
transform, and measure for which operations it does not matter where in the signal something happens.

NumPy is all you need. While your answers are graded, PyTorch, SciPy, `np.convolve` and `np.correlate` are out of
reach.

**How to work.** Run the cells from the top. Write your code in place of each `raise NotImplementedError`, then run the
check below it: it tries the worked examples, and if no error comes, they are right. Hints open with a click. In a
terminal, `autograder check convolution_1d.ipynb` runs all the tests and prints your points, and what went wrong and
why.
"""

# %% setup="imports"
import numpy as np

# %% [markdown]
r"""
## Conventions of the whole notebook

| | |
|---|---|
| signal | `x`, shape `(L,)` |
| kernel | `w`, shape `(K,)` |
| result | `y`, shape `(Lo,)` |
| `stride` | step between windows, 1 for every position |
| `padding` | zeros that are put on *each* side of the signal |
| `dilation` | distance of neighbouring kernel values, 1 for the dense kernel |
| upstream gradient | `dout`, as long as `y`: how the loss changes with each value of `y` |

**Cross-correlation** multiplies kernel and window as they stand; **convolution** reads the kernel backwards. The layers
of a convolutional network compute the first, and the field calls it by the name of the second. In this notebook the
two names mean two things.

Three rules hold for every function here, and each exercise gives a few points for keeping them:

1. Arguments stay as they are, and the result has memory of its own.
2. A float signal gives a result of the same float type (`float32` stays `float32`); an integer signal gives `float64`.
3. What makes no sense raises `ValueError`, with a message that says what was given and what was expected.
"""

# %% setup="examples"
# Signals and kernels of the examples that are worked by hand.
SIGNAL = np.array([1.0, 2.0, -1.0, 1.0, -3.0])
EDGE = np.array([1.0, 0.0, -1.0])
TENS = np.array([1.0, 10.0])


def ring_difference(x):
    """Each value minus the one before it; before the first one stands the last."""
    return x - np.roll(x, 1)


def double_first(x):
    """The signal with its first value doubled."""
    return np.concatenate([2 * x[:1], x[1:]])


# %% [markdown]
r"""
## 1. Cross-correlation (12 points)

A **window** of K values of the signal is multiplied by the kernel, value by value, and added up: that is one value of
the result. The first window stands at the very beginning, the next one `stride` places further on. Before that,
`padding` zeros are put on each side. With `dilation` d the kernel is spread: its values meet signal values that lie d
apart, so that it reaches over $d\,(K-1)+1$ of them. Windows that stick out at the end are left out, which leaves

$$L_o=\left\lfloor\frac{L+2\cdot\text{padding}-\text{dilation}\cdot(K-1)-1}{\text{stride}}\right\rfloor+1 .$$

**By hand.** The signal `[1 2 −1 1 −3]`, the kernel `[1 0 −1]`, padding 1. The padded signal is `[0 1 2 −1 1 −3 0]`, and

| window | times `[1 0 −1]` | sum |
|---|---|---|
| `0  1  2` | 0 − 2 | −2 |
| `1  2 −1` | 1 + 1 | 2 |
| `2 −1  1` | 2 − 1 | 1 |
| `−1  1 −3` | −1 + 3 | 2 |
| `1 −3  0` | 1 − 0 | 1 |

Five values: (5 + 2 − 3) / 1 + 1. With stride 2 every other window is left out, `[−2 1 1]`: (5 + 2 − 3) / 2 + 1 = 3.
"""


# %% exercise="correlate1d"
def correlate1d(x, w, stride=1, padding=0, dilation=1):
    """The cross-correlation of a signal with a kernel, window by window.

    Args:
        x: Signal, shape (L,).
        w: Kernel, shape (K,). It is not flipped.
        stride: Step between windows.
        padding: Number of zeros on each side of the signal.
        dilation: Distance of neighbouring kernel values, 1 for dense.

    Returns:
        Shape (Lo,), a new array: of x's dtype if that is a float type, else float64.

    Raises:
        ValueError: If x or w does not have 1 axis; if the kernel reaches over more values than the padded signal has.
    """
    ### BEGIN SOLUTION
    if x.ndim != 1 or w.ndim != 1:
        raise ValueError(f"x and w need 1 axis, but have {x.ndim} and {w.ndim}")
    extent = dilation * (len(w) - 1) + 1
    signal = np.pad(x, padding).astype(x.dtype if x.dtype.kind == "f" else np.float64)
    if extent > len(signal):
        raise ValueError(f"the kernel reaches over {extent} values, the padded signal has {len(signal)}")
    y = np.empty((len(signal) - extent) // stride + 1, signal.dtype)
    for i in range(len(y)):
        window = signal[i * stride : i * stride + extent : dilation]
        y[i] = np.sum(window * w)
    return y
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: where to start</summary>

Forget the options at first. How many windows of K values does a signal of L values have? A loop over their starts, in
it a slice, a product and a sum.

</details>
<details><summary>Hint: the options</summary>

`np.pad(x, 2)` puts two zeros on each side. A slice has a step: `a[3:8:2]` takes the values 3, 5 and 7, which is the
window of a kernel of three values with dilation 2 that begins at place 3.

</details>
"""

# %% points=12 tests="correlate1d"
# The example above: 0·1 + 1·0 + 2·(-1) = -2, and so on.
y = correlate1d(SIGNAL, EDGE, padding=1)
assert y.shape == (5,), f"5 + 2·1 - 3 + 1 = 5 windows, the result has shape {y.shape}"
np.testing.assert_allclose(y, [-2, 2, 1, 2, 1], err_msg="is the kernel flipped, or the padding on one side only?")

# Stride 2: (5 + 2 - 3) // 2 + 1 = 3 windows, which start at 0, 2 and 4 of the padded signal.
y = correlate1d(SIGNAL, EDGE, stride=2, padding=1)
assert y.shape == (3,), f"(5 + 2·1 - 3) // 2 + 1 = 3 windows, the result has shape {y.shape}"
np.testing.assert_allclose(y, [-2, 1, 1], err_msg="window i starts at place i·stride")

# Dilation 2: the kernel [1, 10] meets values that lie two apart: 1·1 + 10·(-1) = -9, 1·2 + 10·1 = 12, -1 - 30 = -31.
y = correlate1d(SIGNAL, TENS, dilation=2)
np.testing.assert_allclose(y, [-9, 12, -31], err_msg="kernel value j meets the signal's value i + j·dilation")

# %% [markdown]
r"""
## 2. Convolution (8 points)

Convolution slides the *flipped* kernel: $y_n=\sum_j w_j\,x_{n-j}$. That is how coefficients behave when polynomials are
multiplied, and unlike correlation it does not care which factor is called the kernel. There are three habits of where
to stop at the ends:

- `'full'`: every place where signal and kernel overlap at all, L + K − 1 values;
- `'same'`: the middle L values of these; if K is even, the middle is half a place off, and we start at value
  (K − 1) // 2 of the full result, which is `np.convolve`'s habit;
- `'valid'`: only where the kernel lies inside the signal entirely, L − K + 1 values.

**By hand.** $(1+2t+3t^2)(4+5t)=4+(5+8)\,t+(10+12)\,t^2+15\,t^3$. So `[1 2 3]` and `[4 5]` give `[4 13 22 15]` in full,
`[4 13 22]` for `'same'` (start at (2 − 1) // 2 = 0) and `[13 22]` for `'valid'`. Correlation would begin with
1·4 + 2·5 = 14 instead of 1·5 + 2·4 = 13.
"""


# %% exercise="convolve1d"
def convolve1d(x, w, mode="full"):
    """The convolution of a signal with a kernel, which is flipped.

    Args:
        x: Signal, shape (L,).
        w: Kernel, shape (K,).
        mode: 'full', 'same' or 'valid'.

    Returns:
        'full': shape (L + K - 1,), all places of overlap; either of x and w may be the longer one.
        'same': shape (L,), the full result from place (K - 1) // 2 on.
        'valid': shape (L - K + 1,), the places where the kernel lies inside the signal.
        A new array: of x's dtype if that is a float type, else float64.

    Raises:
        ValueError: If x or w does not have 1 axis; if mode is none of the three; if mode is 'valid' and the kernel is
            longer than the signal.
    """
    ### BEGIN SOLUTION
    if x.ndim != 1 or w.ndim != 1:
        raise ValueError(f"x and w need 1 axis, but have {x.ndim} and {w.ndim}")
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"mode is {mode!r}, expected 'full', 'same' or 'valid'")
    if mode == "valid" and len(w) > len(x):
        raise ValueError(f"a kernel of {len(w)} values does not fit into a signal of {len(x)}")
    full = np.zeros(len(x) + len(w) - 1, x.dtype if x.dtype.kind == "f" else np.float64)
    for j, weight in enumerate(w):
        full[j : j + len(x)] += weight * x.astype(full.dtype)  # each kernel value adds a shifted copy of the signal
    if mode == "same":
        start = (len(w) - 1) // 2
        return full[start : start + len(x)].copy()
    return full[len(w) - 1 : len(x)].copy() if mode == "valid" else full
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: two ways to the full result</summary>

Either pad the signal with K − 1 zeros on each side and slide the flipped kernel `w[::-1]` over it; or begin with zeros
and let each kernel value add a copy of the whole signal, scaled and shifted.

</details>
<details><summary>Hint: the other modes</summary>

Both are slices of the full result. Which is the first place where the kernel does not stick out on the left?

</details>
"""

# %% points=8 tests="convolve1d"
# (1 + 2t + 3t²)(4 + 5t) = 4 + 13t + 22t² + 15t³
a, b = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0])
np.testing.assert_allclose(
    convolve1d(a, b), [4, 13, 22, 15], err_msg="full: 3 + 2 - 1 = 4 values, the second 1·5 + 2·4"
)
np.testing.assert_allclose(convolve1d(b, a), [4, 13, 22, 15], err_msg="the order of the factors does not matter")

# same: 3 values from place (2 - 1) // 2 = 0 on; valid: 3 - 2 + 1 = 2 values, the first at place 2 - 1 = 1.
np.testing.assert_allclose(convolve1d(a, b, "same"), [4, 13, 22], err_msg="same: as long as x, from (K - 1) // 2 on")
np.testing.assert_allclose(convolve1d(a, b, "valid"), [13, 22], err_msg="valid: no zeros beyond the ends take part")

# Kernel [1, 0, -1]: flipped, it takes the next value minus the one before: 2 - 0 = 2, -1 - 1 = -2, 1 - 2 = -1, ...
np.testing.assert_allclose(convolve1d(SIGNAL, EDGE, "same"), [2, -2, -1, -2, -1], err_msg="same: start at place 1")

# %% [markdown]
r"""
## 3. A matrix (8 points)

Correlation is linear in the signal, so there is a matrix that does it: `conv_matrix1d(w, L) @ x`. Each row holds the
kernel at the place of one window and zeros elsewhere; from row to row it moves on by the stride. Of the Lo·L weights
of a fully connected layer, only K differ from each other and from zero. With padding, the first and last rows lose the
kernel values that would meet the added zeros: the matrix has columns for the signal only.

**By hand.** The kernel `[1 2 4]`, L = 5, stride 2, padding 1: the windows start at −1, 1 and 3.

$$\begin{pmatrix}2&4&0&0&0\\0&1&2&4&0\\0&0&0&1&2\end{pmatrix}$$
"""


# %% exercise="conv-matrix1d"
def conv_matrix1d(w, L, stride=1, padding=0):
    """The matrix that cross-correlates signals of length L with a kernel.

    Args:
        w: Kernel, shape (K,).
        L: Length of the signal.
        stride: Step between windows.
        padding: Number of zeros on each side of the signal.

    Returns:
        Shape (Lo, L), a new array: its product with a signal x of L values is their cross-correlation with this stride
        and padding. Of w's dtype if that is a float type, else float64.

    Raises:
        ValueError: If w does not have 1 axis; if the kernel is longer than the padded signal.
    """
    ### BEGIN SOLUTION
    if w.ndim != 1:
        raise ValueError(f"w needs 1 axis, but has {w.ndim}")
    if len(w) > L + 2 * padding:
        raise ValueError(f"a kernel of {len(w)} values exceeds a padded signal of {L + 2 * padding}")
    size = (L + 2 * padding - len(w)) // stride + 1
    matrix = np.zeros((size, L + 2 * padding), w.dtype if w.dtype.kind == "f" else np.float64)
    for i in range(size):
        matrix[i, i * stride : i * stride + len(w)] = w
    return matrix[:, padding : padding + L].copy()  # what meets the added zeros adds nothing
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint</summary>

Make the matrix for the padded signal first; it has L + 2·padding columns, and every row holds the whole kernel. Which
columns belong to the zeros?

</details>
"""

# %% points=8 tests="conv-matrix1d"
A = conv_matrix1d(np.array([1.0, 2.0, 4.0]), 5, stride=2, padding=1)
assert A.shape == (3, 5), f"3 windows, 5 values in the signal: yours has shape {A.shape}"
np.testing.assert_allclose(A, [[2, 4, 0, 0, 0], [0, 1, 2, 4, 0], [0, 0, 0, 1, 2]], err_msg="windows start at -1, 1, 3")

# Without padding there are 5 - 3 + 1 = 3 windows, and still a column for each of the 5 values.
A = conv_matrix1d(EDGE, 5)
assert A.shape == (3, 5), f"3 windows, 5 values in the signal: without padding, yours has shape {A.shape}"

# The matrix times the signal is the correlation of exercise 1: for stride 1 five values, for stride 2 three.
np.testing.assert_allclose(conv_matrix1d(EDGE, 5, padding=1) @ SIGNAL, [-2, 2, 1, 2, 1])
np.testing.assert_allclose(conv_matrix1d(EDGE, 5, stride=2, padding=1) @ SIGNAL, [-2, 1, 1])

# %% [markdown]
r"""
## 4. The way back (12 points)

Training needs to know how a loss changes with each signal value and each kernel value, given how it changes with each
result: `dout`. Look at one product of the forward pass: `y[i]` contains `x[p]·w[j]`, with p = i·stride + j − padding.
So `dout[i]` sends `dout[i]·w[j]` to `dx[p]` and `dout[i]·x[p]` to `dw[j]`, and whatever arrives at the same place is
**added up**. In the language of exercise 3: if y = A x, then dx = Aᵀ dout.

**By hand.** x = `[1 2 3]`, w = `[10 1]`, dout = `[1 100]`. The windows are `[1 2]` and `[2 3]`.

- dx: the first window gets 1·`[10 1]`, the second 100·`[10 1]`; in the middle they meet: `[10, 1 + 1000, 100]`.
- dw: 1·`[1 2]` + 100·`[2 3]` = `[201 302]`.

If windows leave the end of the signal untouched, its gradient there is 0. What arrives at the padding is dropped.
"""


# %% exercise="correlate1d-backward"
def correlate1d_backward(dout, x, w, stride=1, padding=0):
    """The gradients of a cross-correlation with respect to its signal and its kernel.

    Args:
        dout: Upstream gradient, shape (Lo,).
        x: Signal of the forward pass, shape (L,).
        w: Kernel of the forward pass, shape (K,).
        stride: Step between windows.
        padding: Number of zeros on each side of the signal.

    Returns:
        The pair (dx, dw) of new arrays, shapes (L,) and (K,): dx of x's dtype, dw of w's, if that is a float type,
        else float64.

    Raises:
        ValueError: If dout, x or w does not have 1 axis; if the kernel is longer than the padded signal; if dout does
            not have one value for each window.
    """
    ### BEGIN SOLUTION
    if not dout.ndim == x.ndim == w.ndim == 1:
        raise ValueError(f"dout, x and w need 1 axis, but have {dout.ndim}, {x.ndim} and {w.ndim}")
    signal = np.pad(x, padding).astype(x.dtype if x.dtype.kind == "f" else np.float64)
    if len(w) > len(signal):
        raise ValueError(f"a kernel of {len(w)} values exceeds a padded signal of {len(signal)}")
    size = (len(signal) - len(w)) // stride + 1
    if len(dout) != size:
        raise ValueError(f"dout has {len(dout)} values, the forward pass makes {size}")
    dsignal = np.zeros_like(signal)
    dw = np.zeros(len(w), w.dtype if w.dtype.kind == "f" else np.float64)
    for i in range(size):
        window = slice(i * stride, i * stride + len(w))
        dsignal[window] += dout[i] * w
        dw += dout[i] * signal[window]
    return dsignal[padding : padding + len(x)].copy(), dw
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: where to start</summary>

The loop of exercise 1 once more, over the windows. In place of reading a sum out of each window, write two things: into
the window's part of `dx`, and into `dw`.

</details>
<details><summary>Hint: padding</summary>

Work with the padded signal, and with a gradient as long as the padded signal. Cut the gradient at the end. A slice
`[padding:-padding]` is empty when padding is 0; `[padding:padding + L]` is not.

</details>
"""

# %% points=12 tests="correlate1d-backward"
# The example above: dx = [10, 1 + 1000, 100], dw = 1·[1, 2] + 100·[2, 3].
dx, dw = correlate1d_backward(np.array([1.0, 100.0]), np.array([1.0, 2.0, 3.0]), np.array([10.0, 1.0]))
np.testing.assert_allclose(dx, [10, 1001, 100], err_msg="dx: gradients that meet at one place are added up")
np.testing.assert_allclose(dw, [201, 302], err_msg="dw: every window times its upstream value")

# Stride 2, padding 1: windows [0, 1, 2], [2, -1, 1], [1, -3, 0] of the padded signal, upstream values 1, 10, 100.
dx, dw = correlate1d_backward(np.array([1.0, 10.0, 100.0]), SIGNAL, EDGE, stride=2, padding=1)
# Place 1 of the signal gets 1·(-1) + 10·1 = 9, place 3 gets 10·(-1) + 100·1 = 90; the others meet the kernel's 0.
np.testing.assert_allclose(dx, [0, 9, 0, 90, 0], err_msg="dx: (L,), without the padding")
# 1·[0, 1, 2] + 10·[2, -1, 1] + 100·[1, -3, 0] = [120, -309, 12]
np.testing.assert_allclose(dw, [120, -309, 12], err_msg="dw: the windows are those of the padded signal")

# %% [markdown]
r"""
## 5. On a ring, by Fourier (5 points)

Bend the signal into a ring: after the last value comes the first again. **Circular convolution** is
$y_n=\sum_j w_j\,x_{(n-j)\bmod L}$, and it has no ends and hence no modes. The convolution theorem says that the
discrete Fourier transform turns it into a product, frequency by frequency: $\hat y_m=\hat w_m\,\hat x_m$. The fast
transform makes that O(L log L) steps where the sum takes O(L·K). A kernel shorter than the ring is filled up with zeros
at its end.

**By hand.** x = `[1 2 3 4]`, w = `[1 10]`: each value plus ten times the one before it on the ring,
`[1 + 40, 2 + 10, 3 + 20, 4 + 30]` = `[41 12 23 34]`. The ordinary convolution is `[1 12 23 34 40]`: on the ring its
last value falls on the first.
"""


# %% exercise="circular-convolve-fft"
def circular_convolve_fft(x, w):
    """The circular convolution of a signal with a kernel, by the fast Fourier transform.

    Args:
        x: Signal, shape (L,).
        w: Kernel, shape (K,), K at most L; it counts as filled up with zeros to length L.

    Returns:
        Shape (L,), a new array of real numbers: of x's dtype if that is a float type, else float64.

    Raises:
        ValueError: If x or w does not have 1 axis; if the kernel is longer than the signal.
    """
    ### BEGIN SOLUTION
    if x.ndim != 1 or w.ndim != 1:
        raise ValueError(f"x and w need 1 axis, but have {x.ndim} and {w.ndim}")
    if len(w) > len(x):
        raise ValueError(f"a kernel of {len(w)} values does not fit on a ring of {len(x)}")
    product = np.fft.rfft(x) * np.fft.rfft(w, n=len(x))  # rfft fills w up with zeros
    return np.fft.irfft(product, n=len(x)).astype(x.dtype if x.dtype.kind == "f" else np.float64)
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint</summary>

`np.fft.fft(w, n)` fills `w` up with zeros to `n` values. The result of `np.fft.ifft` is complex even where its
imaginary part is rounding noise; `np.fft.rfft` and `np.fft.irfft` stay real, but `irfft` must be told the length, since
4 and 5 values have the same number of frequencies.

</details>
"""

# %% points=5 tests="circular-convolve-fft"
# Each value plus ten times the one before it: 1 + 10·4 = 41, 2 + 10·1 = 12, 3 + 10·2 = 23, 4 + 10·3 = 34.
y = circular_convolve_fft(np.array([1.0, 2.0, 3.0, 4.0]), TENS)
assert y.dtype == np.float64, f"the result is of type {y.dtype}: take the real part"
np.testing.assert_allclose(y, [41, 12, 23, 34], atol=1e-9, err_msg="after the last value comes the first")

# An odd length: 1 + 10·(-3) = -29, 2 + 10·1 = 12, -1 + 10·2 = 19, 1 + 10·(-1) = -9, -3 + 10·1 = 7.
np.testing.assert_allclose(circular_convolve_fft(SIGNAL, TENS), [-29, 12, 19, -9, 7], atol=1e-9)

# %% [markdown]
r"""
## 6. Does the place matter? (5 points)

An operation is **equivariant** to shifts if shifting before it and shifting after it give the same:
$f(\text{shift}(x))=\text{shift}(f(x))$. Convolution on a ring is, and so is everything that treats each value alike.
Zero padding and a stride break it, and you can measure by how much: shift around the ring (`np.roll`), before and
after, and take the largest absolute difference. 0 means that the two agree.

**By hand.** f doubles the first value, x = `[1 2 3 4]`, k = 1. Shifted first: `[4 1 2 3]`, then `[8 1 2 3]`. Shifted
last: `[2 2 3 4]`, then `[4 2 2 3]`. The differences are 4, −1, 0, 0: the answer is 4.0. For the difference to the value
before on the ring, it is 0.0.
"""


# %% exercise="commutes-with-shift"
def commutes_with_shift(f, x, k):
    """The largest absolute difference between f of the shifted signal and the shifted f of the signal.

    Args:
        f: A function of an array of shape (L,) that returns an array with 1 axis, of any length and any number type.
        x: Signal, shape (L,).
        k: Number of places to shift to the right around the ring; negative for left.

    Returns:
        A float: the largest |f(shift(x)) - shift(f(x))|, computed in float64. It is 0 where f is equivariant.

    Raises:
        ValueError: If x does not have 1 axis.
    """
    ### BEGIN SOLUTION
    if x.ndim != 1:
        raise ValueError(f"x needs 1 axis, but has {x.ndim}")
    before = f(np.roll(x, k)).astype(np.float64)
    after = np.roll(f(x), k).astype(np.float64)
    return float(np.max(np.abs(before - after)))
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint</summary>

`np.roll(x, 1)` moves every value one place to the right and the last to the front. The largest difference may be a
negative one.

</details>
"""

# %% points=5 tests="commutes-with-shift"
ring = np.array([1.0, 2.0, 3.0, 4.0])
# f([4, 1, 2, 3]) = [8, 1, 2, 3] against the shifted [2, 2, 3, 4], which is [4, 2, 2, 3]: |8 - 4| = 4.
assert commutes_with_shift(double_first, ring, 1) == 4.0, f"yours is {commutes_with_shift(double_first, ring, 1)}"
# Two places to the left: f([3, 4, 1, 2]) = [6, 4, 1, 2] against [3, 4, 2, 2]: |6 - 3| = 3.
assert commutes_with_shift(double_first, ring, -2) == 3.0, f"yours is {commutes_with_shift(double_first, ring, -2)}"
# On the ring every value is treated alike.
assert commutes_with_shift(ring_difference, ring, 3) == 0.0, "the difference on the ring is equivariant"

# %% [markdown]
r"""
## Try it

Which of your own functions commute with a shift? Run this once all six exercises are done, then change the shift.

```python
signal = np.sin(np.arange(12.0) ** 2)
operations = {
    "on the ring": lambda x: circular_convolve_fft(x, EDGE),
    "zero padding": lambda x: correlate1d(x, EDGE, padding=1),
    "stride 2": lambda x: correlate1d(x, EDGE, stride=2, padding=1),
    "maximum with 0": lambda x: np.maximum(x, 0),
}
for name, operation in operations.items():
    print(f"{name:15} {commutes_with_shift(operation, signal, 2):.3f}")
```

The ring and the maximum give 0 up to rounding. Zero padding does not, since the ends of the signal travel to the
middle; a stride does not either, since a shift by 2 before it is a shift by 1 after it.

## What you have built

- Correlation with stride, padding and dilation, and convolution in its three modes.
- The same operation as a banded matrix, whose transpose is the way back, and as a product of spectra.
- A number that says how far an operation is from treating all places alike.

Unit 03 takes kernels to two dimensions. Nothing you wrote here is needed there.
"""
