"""Right answers of unit 02 in other styles than the reference's. Each must get full marks."""

from __future__ import annotations

import numpy as np

from autograder.testing import Alternatives

alternative = Alternatives()


# -- what several answers share: checks and sizes -----------------------------------------------------------------


def as_float(a):
    return a if np.issubdtype(a.dtype, np.floating) else a.astype(np.float64)


def one_axis(**arrays):
    for name, a in arrays.items():
        if a.ndim != 1:
            raise ValueError(f"{name} must have 1 axis, got shape {a.shape}")


def count(length, size, stride=1, padding=0, dilation=1):
    windows = (length + 2 * padding - dilation * (size - 1) - 1) // stride + 1
    if windows < 1:
        raise ValueError(f"a kernel of {size} (dilation {dilation}) does not fit into {length} (padding {padding})")
    return windows


def with_zeros(x, padding):
    return np.concatenate([np.zeros(padding, as_float(x[:0]).dtype), as_float(x), np.zeros(padding, as_float(x).dtype)])


# -- correlate1d --------------------------------------------------------------------------------------------------


@alternative("correlate1d", style="loops over single values, no padded copy")
def two_loops_with_bounds(x, w, stride=1, padding=0, dilation=1):
    one_axis(x=x, w=w)
    y = np.zeros(count(len(x), len(w), stride, padding, dilation), as_float(x).dtype)
    for i in range(len(y)):
        total = 0.0
        for j in range(len(w)):
            place = i * stride + j * dilation - padding
            if 0 <= place < len(x):
                total += float(x[place]) * float(w[j])
        y[i] = total
    return y


@alternative("correlate1d", style="sliding window view")
def view_times_kernel(x, w, stride=1, padding=0, dilation=1):
    one_axis(x=x, w=w)
    count(len(x), len(w), stride, padding, dilation)
    signal = with_zeros(x, padding)
    windows = np.lib.stride_tricks.sliding_window_view(signal, dilation * (len(w) - 1) + 1)
    return windows[::stride, ::dilation] @ w.astype(signal.dtype)


@alternative("correlate1d", style="strides")
def strided_einsum(x, w, stride=1, padding=0, dilation=1):
    one_axis(x=x, w=w)
    size = count(len(x), len(w), stride, padding, dilation)
    signal = with_zeros(x, padding)
    steps = (signal.strides[0] * stride, signal.strides[0] * dilation)
    windows = np.lib.stride_tricks.as_strided(signal, (size, len(w)), steps)
    return np.einsum("ij,j->i", windows, w.astype(signal.dtype))


@alternative("correlate1d", style="index array")
def gathered_windows(x, w, stride=1, padding=0, dilation=1):
    one_axis(x=x, w=w)
    starts = stride * np.arange(count(len(x), len(w), stride, padding, dilation))
    signal = with_zeros(x, padding)
    return (signal[starts[:, None] + dilation * np.arange(len(w))] * w.astype(signal.dtype)).sum(axis=1)


@alternative("correlate1d", style="sum of shifted slices")
def one_slice_per_kernel_value(x, w, stride=1, padding=0, dilation=1):
    one_axis(x=x, w=w)
    size = count(len(x), len(w), stride, padding, dilation)
    signal = with_zeros(x, padding)
    y = np.zeros(size, signal.dtype)
    for j in range(len(w)):
        y += signal.dtype.type(w[j]) * signal[j * dilation :: stride][:size]
    return y


@alternative("correlate1d", style="matrix")
def matrix_times_signal(x, w, stride=1, padding=0, dilation=1):
    one_axis(x=x, w=w)
    size = count(len(x), len(w), stride, padding, dilation)
    signal = with_zeros(x, padding)
    matrix = np.zeros((size, len(signal)), signal.dtype)
    rows = np.arange(size)[:, None]
    matrix[rows, stride * rows + dilation * np.arange(len(w))] = w
    return matrix @ signal


@alternative("correlate1d", style="FFT")
def spectrum_with_conjugate(x, w, stride=1, padding=0, dilation=1):
    one_axis(x=x, w=w)
    size = count(len(x), len(w), stride, padding, dilation)
    signal = with_zeros(x, padding)
    spread = np.zeros(len(signal))
    spread[: dilation * len(w) : dilation][: len(w)] = w
    y = np.fft.ifft(np.fft.fft(signal) * np.conj(np.fft.fft(spread))).real
    return y[::stride][:size].astype(signal.dtype)


@alternative("correlate1d", style="recursion over the kernel")
def kernel_value_by_kernel_value(x, w, stride=1, padding=0, dilation=1):
    one_axis(x=x, w=w)
    size = count(len(x), len(w), stride, padding, dilation)
    signal = with_zeros(x, padding)
    first = signal[::stride][:size] * signal.dtype.type(w[0])
    if len(w) == 1:
        return first.copy()
    return first + kernel_value_by_kernel_value(signal[dilation:], w[1:], stride, 0, dilation)[:size]


# -- convolve1d ---------------------------------------------------------------------------------------------------


def check_mode(x, w, mode):
    one_axis(x=x, w=w)
    if mode not in {"full", "same", "valid"}:
        raise ValueError(f"mode must be full, same or valid, got {mode!r}")
    if mode == "valid" and w.size > x.size:
        raise ValueError(f"w has {w.size} values, x only {x.size}")


def chosen(full, length, size, mode):
    first, number = {
        "full": (0, len(full)),
        "same": ((size - 1) // 2, length),
        "valid": (size - 1, length - size + 1),
    }[mode]
    return np.array(full[first : first + number])


@alternative("convolve1d", style="loops over the definition")
def sum_of_the_definition(x, w, mode="full"):
    check_mode(x, w, mode)
    full = np.zeros(len(x) + len(w) - 1, as_float(x).dtype)
    for n in range(len(full)):
        for j in range(max(0, n - len(x) + 1), min(len(w), n + 1)):
            full[n] += float(w[j]) * float(x[n - j])
    return chosen(full, len(x), len(w), mode)


@alternative("convolve1d", style="flipped windows of the padded signal")
def flipped_windows(x, w, mode="full"):
    check_mode(x, w, mode)
    signal = with_zeros(x, len(w) - 1)
    windows = np.lib.stride_tricks.sliding_window_view(signal, len(w))
    return chosen(windows @ w[::-1].astype(signal.dtype), len(x), len(w), mode)


@alternative("convolve1d", style="outer product, sums along its diagonals")
def diagonals_of_the_outer_product(x, w, mode="full"):
    check_mode(x, w, mode)
    products = np.outer(as_float(x), w.astype(as_float(x).dtype))
    sheared = np.zeros((len(x), len(x) + len(w)), products.dtype)
    sheared[:, : len(w)] = products  # rows of L + K, read as rows of L + K - 1: each moves one place to the right
    full = sheared.reshape(-1)[: len(x) * (len(x) + len(w) - 1)].reshape(len(x), -1).sum(axis=0)
    return chosen(full, len(x), len(w), mode)


@alternative("convolve1d", style="FFT")
def padded_spectra(x, w, mode="full"):
    check_mode(x, w, mode)
    n = len(x) + len(w) - 1
    full = np.fft.irfft(np.fft.rfft(x, n) * np.fft.rfft(w, n), n).astype(as_float(x).dtype)
    return chosen(full, len(x), len(w), mode)


@alternative("convolve1d", style="Toeplitz matrix by indices")
def toeplitz_by_indices(x, w, mode="full"):
    check_mode(x, w, mode)
    n = np.arange(len(x) + len(w) - 1)[:, None]
    place = n - np.arange(len(w))
    signal = as_float(x)
    matrix = np.where((place >= 0) & (place < len(x)), signal[place % len(x)], 0).astype(signal.dtype)
    return chosen(matrix @ w.astype(signal.dtype), len(x), len(w), mode)


@alternative("convolve1d", style="polynomials, split in halves")
def halves_of_the_kernel(x, w, mode="full"):
    check_mode(x, w, mode)
    signal = as_float(x)
    if len(w) == 1:
        full = signal * signal.dtype.type(w[0])
    else:
        half = len(w) // 2
        full = np.zeros(len(x) + len(w) - 1, signal.dtype)
        full[: len(x) + half - 1] += halves_of_the_kernel(x, w[:half])
        full[half:] += halves_of_the_kernel(x, w[half:])
    return chosen(full, len(x), len(w), mode)


# -- conv_matrix1d ------------------------------------------------------------------------------------------------


@alternative("conv-matrix1d", style="loops over entries")
def entry_by_entry(w, L, stride=1, padding=0):
    one_axis(w=w)
    matrix = np.zeros((count(L, len(w), stride, padding), L), as_float(w).dtype)
    for i in range(matrix.shape[0]):
        for p in range(L):
            j = p + padding - i * stride
            if 0 <= j < len(w):
                matrix[i, p] = w[j]
    return matrix


@alternative("conv-matrix1d", style="difference of indices")
def kernel_by_index_table(w, L, stride=1, padding=0):
    one_axis(w=w)
    rows = np.arange(count(L, len(w), stride, padding))[:, None]
    j = np.arange(L) + padding - stride * rows
    inside = (j >= 0) & (j < len(w))
    return np.where(inside, as_float(w)[np.clip(j, 0, len(w) - 1)], 0).astype(as_float(w).dtype)


@alternative("conv-matrix1d", style="columns as correlations of unit vectors")
def unit_vector_by_unit_vector(w, L, stride=1, padding=0):
    one_axis(w=w)
    size = count(L, len(w), stride, padding)
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(np.eye(L), ((0, 0), (padding, padding))), len(w), axis=1)
    kernel = as_float(w)
    return (windows[:, ::stride].astype(kernel.dtype) @ kernel).T[:size].copy()


@alternative("conv-matrix1d", style="sum of shifted identities")
def one_diagonal_per_kernel_value(w, L, stride=1, padding=0):
    one_axis(w=w)
    count(L, len(w), stride, padding)
    rows = L + 2 * padding - len(w) + 1
    dtype = as_float(w).dtype
    matrix = sum(value * np.eye(rows, L, k=j - padding, dtype=dtype) for j, value in enumerate(w.astype(dtype)))
    return np.array(matrix[::stride])


@alternative("conv-matrix1d", style="strides over one padded row")
def one_row_read_with_strides(w, L, stride=1, padding=0):
    one_axis(w=w)
    size = count(L, len(w), stride, padding)
    row = np.zeros(2 * (L + 2 * padding) * (stride + 1), as_float(w).dtype)
    offset = size * stride + padding
    row[offset - padding : offset - padding + len(w)] = w
    step = row.strides[0]
    start = row[offset:]
    return np.lib.stride_tricks.as_strided(start, (size, L), (-step * stride, step)).copy()


# -- correlate1d_backward -----------------------------------------------------------------------------------------


def check_backward(dout, x, w, stride, padding):
    one_axis(dout=dout, x=x, w=w)
    size = count(len(x), len(w), stride, padding)
    if len(dout) != size:
        raise ValueError(f"dout has {len(dout)} values, expected {size}")


@alternative("correlate1d-backward", style="loops over single products")
def product_by_product(dout, x, w, stride=1, padding=0):
    check_backward(dout, x, w, stride, padding)
    dx, dw = np.zeros(len(x), as_float(x).dtype), np.zeros(len(w), as_float(w).dtype)
    for i in range(len(dout)):
        for j in range(len(w)):
            place = i * stride + j - padding
            if 0 <= place < len(x):
                dx[place] += float(dout[i]) * float(w[j])
                dw[j] += float(dout[i]) * float(x[place])
    return dx, dw


@alternative("correlate1d-backward", style="transposed matrix")
def transposed_matrix(dout, x, w, stride=1, padding=0):
    check_backward(dout, x, w, stride, padding)
    upstream = as_float(dout)
    dx = entry_by_entry(w, len(x), stride, padding).T @ upstream
    signal = with_zeros(x, padding)
    rows = signal[stride * np.arange(len(dout))[:, None] + np.arange(len(w))]
    return dx.astype(as_float(x).dtype), (rows.T @ upstream).astype(as_float(w).dtype)


@alternative("correlate1d-backward", style="full convolution with a spread dout")
def full_convolution_of_spread_dout(dout, x, w, stride=1, padding=0):
    check_backward(dout, x, w, stride, padding)
    spread = np.zeros(len(x) + 2 * padding - len(w) + 1)
    spread[::stride][: len(dout)] = dout
    wide = sum_of_the_definition(spread, as_float(w))
    dw = [float(spread @ with_zeros(x, padding)[j : j + len(spread)]) for j in range(len(w))]
    return wide[padding : padding + len(x)].astype(as_float(x).dtype), np.array(dw, as_float(w).dtype)


@alternative("correlate1d-backward", style="scatter with np.add.at")
def scattered(dout, x, w, stride=1, padding=0):
    check_backward(dout, x, w, stride, padding)
    places = stride * np.arange(len(dout))[:, None] + np.arange(len(w))
    signal = with_zeros(x, padding)
    wide = np.zeros_like(signal)
    np.add.at(wide, places, np.outer(as_float(dout), as_float(w)))
    dw = np.einsum("i,ij->j", as_float(dout), signal[places]).astype(as_float(w).dtype)
    return wide[padding : padding + len(x)].copy(), dw


@alternative("correlate1d-backward", style="one kernel value at a time")
def slices_by_kernel_value(dout, x, w, stride=1, padding=0):
    check_backward(dout, x, w, stride, padding)
    signal = with_zeros(x, padding)
    wide, dw = np.zeros_like(signal), np.zeros(len(w), as_float(w).dtype)
    last = stride * (len(dout) - 1) + 1
    upstream = dout.astype(signal.dtype)
    for j in range(len(w)):
        wide[j : j + last : stride] += upstream * signal.dtype.type(w[j])
        dw[j] = np.dot(upstream, signal[j : j + last : stride])
    return [wide[padding:][: len(x)].copy(), dw]


# -- circular_convolve_fft ----------------------------------------------------------------------------------------


def check_ring(x, w):
    one_axis(x=x, w=w)
    if len(w) > len(x):
        raise ValueError(f"w has {len(w)} values, the ring only {len(x)}")


@alternative("circular-convolve-fft", style="complex transforms")
def complex_transforms(x, w):
    check_ring(x, w)
    spectrum = np.fft.fft(x) * np.fft.fft(w, len(x))
    return np.fft.ifft(spectrum).real.astype(as_float(x).dtype)


@alternative("circular-convolve-fft", style="sum of rolled signals")
def rolled_signals(x, w):
    check_ring(x, w)
    signal = as_float(x)
    return sum(signal.dtype.type(value) * np.roll(signal, j) for j, value in enumerate(w))


@alternative("circular-convolve-fft", style="circulant matrix")
def circulant_matrix(x, w):
    check_ring(x, w)
    signal = as_float(x)
    places = (np.arange(len(x))[:, None] - np.arange(len(w))) % len(x)
    return signal[places] @ w.astype(signal.dtype)


@alternative("circular-convolve-fft", style="transform as a matrix")
def transform_as_a_matrix(x, w):
    check_ring(x, w)
    n = np.arange(len(x))
    fourier = np.exp(-2j * np.pi * np.outer(n, n) / len(x))
    kernel = np.zeros(len(x))
    kernel[: len(w)] = w
    y = np.conj(fourier) @ ((fourier @ x) * (fourier @ kernel)) / len(x)
    return y.real.astype(as_float(x).dtype)


@alternative("circular-convolve-fft", style="ordinary convolution folded around the ring")
def folded_convolution(x, w):
    check_ring(x, w)
    full = sum_of_the_definition(x, w)
    y = full[: len(x)].copy()
    y[: len(w) - 1] += full[len(x) :]
    return y


# -- commutes_with_shift ------------------------------------------------------------------------------------------


@alternative("commutes-with-shift", style="loops")
def compared_place_by_place(f, x, k):
    one_axis(x=x)
    moved = np.array([x[(i - k) % len(x)] for i in range(len(x))], x.dtype)
    before, after = f(moved), f(x)
    worst = 0.0
    for i in range(len(after)):
        worst = max(worst, abs(float(before[i]) - float(after[(i - k) % len(after)])))
    return worst


@alternative("commutes-with-shift", style="infinity norm")
def infinity_norm(f, x, k):
    one_axis(x=x)
    before, after = (np.asarray(y, np.float64) for y in (f(np.roll(x, k)), np.roll(f(x), k)))
    return np.linalg.norm(before - after, np.inf)


@alternative("commutes-with-shift", style="concatenated slices")
def shifted_by_slices(f, x, k):
    one_axis(x=x)

    def shift(a):
        cut = (-k) % len(a)
        return np.concatenate([a[cut:], a[:cut]])

    return float(max(abs(a - b) for a, b in zip(f(shift(x)).tolist(), shift(f(x)).tolist(), strict=True)))


@alternative("commutes-with-shift", style="result shifted back")
def shifted_back_again(f, x, k):
    one_axis(x=x)
    gap = np.roll(f(np.roll(x, k)), -k).astype(float) - f(x).astype(float)
    return max(gap.max(), -gap.min())
