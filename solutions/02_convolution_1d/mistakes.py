"""Known wrong answers of unit 02. Each docstring is the sentence that a learner reads."""

from __future__ import annotations

import numpy as np

from autograder.testing import Mistakes

mistake = Mistakes()


# -- right building blocks, from which the wrong answers are made -------------------------------------------------


def floats(a):
    return a if a.dtype.kind == "f" else a.astype(np.float64)


def one_axis(*arrays):
    if any(a.ndim != 1 for a in arrays):
        raise ValueError(f"1 axis is expected, given were {[a.ndim for a in arrays]}")


def extent_of(w, dilation=1):
    return dilation * (len(w) - 1) + 1


def fits(x, w, padding=0, dilation=1):
    one_axis(x, w)
    if extent_of(w, dilation) > len(x) + 2 * padding:
        raise ValueError(f"a kernel over {extent_of(w, dilation)} values exceeds {len(x) + 2 * padding}")


def windows_of(x, size, stride=1, dilation=1):
    extent = dilation * (size - 1) + 1
    if len(x) < extent:
        raise ValueError(f"a kernel over {extent} values exceeds {len(x)}")
    return np.lib.stride_tricks.sliding_window_view(x, extent)[::stride, ::dilation]


def right(x, w, stride=1, padding=0, dilation=1):
    fits(x, w, padding, dilation)
    signal = np.pad(floats(x), padding)
    return windows_of(signal, len(w), stride, dilation) @ w.astype(signal.dtype)


def resized(y, size):
    result = np.zeros(max(size, 0), y.dtype)
    part = y[: max(size, 0)]
    result[: len(part)] = part
    return result


def room(x, w, padding=0, dilation=1):
    return len(x) + 2 * padding - extent_of(w, dilation)


# -- correlate1d: values ------------------------------------------------------------------------------------------


@mistake("correlate1d", family="values")
def flipped_kernel(x, w, stride=1, padding=0, dilation=1):
    """The kernel was flipped before it was applied. That is convolution; cross-correlation takes the kernel as it
    stands."""
    one_axis(w)
    return right(x, w[::-1], stride, padding, dilation)


@mistake("correlate1d", family="values")
def signal_flipped(x, w, stride=1, padding=0, dilation=1):
    """The signal was read backwards. Windows go from its first value to its last."""
    one_axis(x)
    return right(x[::-1], w, stride, padding, dilation)


@mistake("correlate1d", family="values")
def result_backwards(x, w, stride=1, padding=0, dilation=1):
    """The result is in reverse order: its first value belongs to the first window."""
    return right(x, w, stride, padding, dilation)[::-1].copy()


@mistake("correlate1d", family="values")
def size_without_plus_one(x, w, stride=1, padding=0, dilation=1):
    """The last window is missing: L - K counts the steps between windows, and there is one window more than steps."""
    return right(x, w, stride, padding, dilation)[:-1].copy()


@mistake("correlate1d", family="values")
def one_window_too_many(x, w, stride=1, padding=0, dilation=1):
    """The result has one value too many: a window that sticks out at the end does not count. L - K + 1 windows fit."""
    y = right(x, w, stride, padding, dilation)
    return resized(y, len(y) + 1)


@mistake("correlate1d", family="values")
def last_value_left_at_zero(x, w, stride=1, padding=0, dilation=1):
    """The last value of the result was never computed: the loop ends one step too early."""
    y = right(x, w, stride, padding, dilation)
    y[-1] = 0
    return y


@mistake("correlate1d", family="values")
def first_value_left_at_zero(x, w, stride=1, padding=0, dilation=1):
    """The first value of the result was never computed: Python counts from 0, and so must the loop over windows."""
    y = right(x, w, stride, padding, dilation)
    y[0] = 0
    return y


@mistake("correlate1d", family="values")
def last_product_only(x, w, stride=1, padding=0, dilation=1):
    """Each product replaced the one before it, so that only the window's last one is left: write += for =."""
    one_axis(w)
    return right(x, np.concatenate([np.zeros_like(w[:-1]), w[-1:]]), stride, padding, dilation)


@mistake("correlate1d", family="values")
def first_product_only(x, w, stride=1, padding=0, dilation=1):
    """Only the first product of each window was taken: a return, or an assignment, stands inside the loop over the
    kernel."""
    one_axis(w)
    return right(x, np.concatenate([w[:1], np.zeros_like(w[1:])]), stride, padding, dilation)


@mistake("correlate1d", family="values")
def first_kernel_value_left_out(x, w, stride=1, padding=0, dilation=1):
    """The first kernel value takes no part: the loop over the kernel must begin at 0."""
    one_axis(w)
    return right(x, np.concatenate([np.zeros_like(w[:1]), w[1:]]), stride, padding, dilation)


@mistake("correlate1d", family="values")
def last_kernel_value_left_out(x, w, stride=1, padding=0, dilation=1):
    """The last kernel value takes no part: the loop over the kernel ends one step too early."""
    one_axis(w)
    return right(x, np.concatenate([w[:-1], np.zeros_like(w[-1:])]), stride, padding, dilation)


@mistake("correlate1d", family="values")
def window_mean(x, w, stride=1, padding=0, dilation=1):
    """The products of each window were averaged. Correlation takes their sum."""
    return right(x, w, stride, padding, dilation) / x.dtype.type(len(w))


@mistake("correlate1d", family="values")
def window_maximum(x, w, stride=1, padding=0, dilation=1):
    """The largest product of each window was kept. Correlation takes their sum."""
    fits(x, w, padding, dilation)
    signal = np.pad(floats(x), padding)
    return (windows_of(signal, len(w), stride, dilation) * w.astype(signal.dtype)).max(axis=1)


@mistake("correlate1d", family="values")
def window_sum_times_kernel_sum(x, w, stride=1, padding=0, dilation=1):
    """Window and kernel were summed first and then multiplied. Multiply value by value, then add up the products."""
    return right(x, np.ones_like(w) * w.sum(), stride, padding, dilation)


@mistake("correlate1d", family="values")
def products_not_added_up(x, w, stride=1, padding=0, dilation=1):
    """The result has a row of products for each window: the sum over the kernel is missing."""
    fits(x, w, padding, dilation)
    signal = np.pad(floats(x), padding)
    return windows_of(signal, len(w), stride, dilation) * w.astype(signal.dtype)


@mistake("correlate1d", family="values")
def sums_run_on(x, w, stride=1, padding=0, dilation=1):
    """The sum ran on from one window to the next: set it back to zero for each window."""
    return np.cumsum(right(x, w, stride, padding, dilation))


@mistake("correlate1d", family="values")
def absolute_values(x, w, stride=1, padding=0, dilation=1):
    """The sign of the result was dropped. Correlation is linear: a signal turned around gives a negative value."""
    return np.abs(right(x, w, stride, padding, dilation))


@mistake("correlate1d", family="values")
def negative_values_cut(x, w, stride=1, padding=0, dilation=1):
    """Negative values were set to zero. The activation is a step of its own; this one is linear."""
    return np.maximum(right(x, w, stride, padding, dilation), 0)


@mistake("correlate1d", family="values")
def kernel_divided_by_its_sum(x, w, stride=1, padding=0, dilation=1):
    """The kernel was divided by the sum of its values, as smoothing kernels are. Here it is used as it is."""
    return right(x, floats(w) / w.sum(), stride, padding, dilation)


@mistake("correlate1d", family="values")
def mean_of_the_signal_removed(x, w, stride=1, padding=0, dilation=1):
    """The mean of the signal was subtracted, as statistics does in its correlation. Here the values are used as they
    are."""
    return right(floats(x) - floats(x).mean(), w, stride, padding, dilation)


@mistake("correlate1d", family="values")
def padded_to_the_same_size(x, w, stride=1, padding=0, dilation=1):
    """Half a kernel of zeros was added on each side without being asked, so that the result is as long as the signal.
    The amount of padding is what `padding` says."""
    return right(x, w, stride, padding + len(w) // 2, dilation)


@mistake("correlate1d", family="values")
def all_places_of_overlap(x, w, stride=1, padding=0, dilation=1):
    """K - 1 zeros were added on each side without being asked, which is the habit 'full'. The amount of padding is what
    `padding` says."""
    return right(x, w, stride, padding + len(w) - 1, dilation)


@mistake("correlate1d", family="values")
def goes_around_the_end(x, w, stride=1, padding=0, dilation=1):
    """Windows that stick out at the end went on at the beginning, so that the result is as long as the signal. Windows
    that stick out are left out."""
    fits(x, w, padding, dilation)
    signal = np.pad(floats(x), padding)
    return right(np.concatenate([signal, signal[: extent_of(w, dilation) - 1]]), w, stride, 0, dilation)


@mistake("correlate1d", family="values")
def centred_windows(x, w, stride=1, padding=0, dilation=1):
    """Windows were centred on their place, and indices below zero took values from the end of the signal. A window
    begins at its place."""
    one_axis(x, w)
    return right(np.roll(x, len(w) // 2), w, stride, padding, dilation)


@mistake("correlate1d", family="values")
def windows_do_not_overlap(x, w, stride=1, padding=0, dilation=1):
    """The windows lie side by side, a kernel's length apart. They start `stride` places apart and may overlap."""
    return right(x, w, len(w), padding, dilation)


@mistake("correlate1d", family="values")
def hard_coded_stride_and_padding(x, w, stride=1, padding=0, dilation=1):
    """Stride 2 and padding 1 were used whatever the arguments said."""
    return right(x, w, 2, 1, dilation)


@mistake("correlate1d", family="values")
def always_padding_one(x, w, stride=1, padding=0, dilation=1):
    """Padding 1 was used where none was asked for. Its default is 0."""
    return right(x, w, stride, padding or 1, dilation)


@mistake("correlate1d", family="values")
def three_kernel_values_assumed(x, w, stride=1, padding=0, dilation=1):
    """Only the first three kernel values were used: the size 3 of the example stands in the code. The kernel has
    len(w) values."""
    one_axis(w)
    kernel = floats(w).copy()
    kernel[3:] = 0
    return right(x, kernel, stride, padding, dilation)


@mistake("correlate1d", family="values")
def whole_numbers_only(x, w, stride=1, padding=0, dilation=1):
    """The result was stored as integers, which cuts off all that stands behind the point: create it with a float
    dtype."""
    return np.trunc(right(x, w, stride, padding, dilation))


@mistake("correlate1d", family="values")
def float32_sums(x, w, stride=1, padding=0, dilation=1):
    """The sums were made in float32. With float64 inputs that loses half of the digits: create the result with the
    signal's dtype."""
    y = right(x.astype(np.float32), w.astype(np.float32), stride, padding, dilation)
    return y.astype(floats(x).dtype)


@mistake("correlate1d", family="values")
def one_row_of_results(x, w, stride=1, padding=0, dilation=1):
    """The result has two axes, (1, Lo). One axis in, one axis out: the shape is (Lo,)."""
    return right(x, w, stride, padding, dilation)[None].copy()


@mistake("correlate1d", family="values")
def list_of_results(x, w, stride=1, padding=0, dilation=1):
    """The result is a Python list. The contract asks for a NumPy array: np.array(values), with the right dtype."""
    return right(x, w, stride, padding, dilation).tolist()


# -- correlate1d: stride and padding ------------------------------------------------------------------------------


@mistake("correlate1d", family="stride and padding")
def stride_ignored(x, w, stride=1, padding=0, dilation=1):
    """The stride was ignored: the windows start one place apart."""
    return right(x, w, 1, padding, dilation)


@mistake("correlate1d", family="stride and padding")
def stride_for_the_size_only(x, w, stride=1, padding=0, dilation=1):
    """The result has the right length, but its windows start one place apart: window i begins at i·stride."""
    size = len(right(x, w, stride, padding, dilation))
    return right(x, w, 1, padding, dilation)[:size].copy()


@mistake("correlate1d", family="stride and padding")
def stride_on_the_index_only(x, w, stride=1, padding=0, dilation=1):
    """The windows step by the stride, but the result is as long as for stride 1, with zeros at its end: divide by the
    stride in the length too."""
    return resized(right(x, w, stride, padding, dilation), room(x, w, padding, dilation) + 1)


@mistake("correlate1d", family="stride and padding")
def size_rounded_up(x, w, stride=1, padding=0, dilation=1):
    """Where the stride does not divide, the length was rounded up, which adds a window that sticks out. Such a window
    is left out: round down."""
    y = right(x, w, stride, padding, dilation)
    return resized(y, -(-room(x, w, padding, dilation) // stride) + 1)


@mistake("correlate1d", family="stride and padding")
def size_rounded_to_nearest(x, w, stride=1, padding=0, dilation=1):
    """The length was rounded to the nearest whole number. A window that sticks out is left out: round down."""
    y = right(x, w, stride, padding, dilation)
    return resized(y, round(room(x, w, padding, dilation) / stride) + 1)


@mistake("correlate1d", family="stride and padding")
def plus_one_before_the_division(x, w, stride=1, padding=0, dilation=1):
    """The length was computed as (L - K + 1) // stride. The first window is there whatever the stride:
    (L - K) // stride + 1."""
    y = right(x, w, stride, padding, dilation)
    return resized(y, (room(x, w, padding, dilation) + 1) // stride)


@mistake("correlate1d", family="stride and padding")
def signal_divided_by_the_stride(x, w, stride=1, padding=0, dilation=1):
    """The length was computed as L // stride: the kernel's length is missing in it, (L + 2·padding - K) // stride
    + 1."""
    y = right(x, w, stride, padding, dilation)
    return resized(y, (len(x) + 2 * padding) // stride if stride > 1 else len(y))


@mistake("correlate1d", family="stride and padding")
def signal_thinned_out_by_the_stride(x, w, stride=1, padding=0, dilation=1):
    """Values of the signal were left out before the kernel was applied. The stride leaves out windows; each window
    still holds neighbouring values."""
    fits(x, w, padding, dilation)
    signal = np.pad(floats(x), padding)[::stride]
    kernel = w.astype(signal.dtype)
    if len(signal) < len(w):
        return np.zeros(0, signal.dtype)
    return right(signal, kernel, 1, 0, dilation) if dilation == 1 else right(x, w, stride, padding, dilation)


@mistake("correlate1d", family="stride and padding")
def stride_begins_at_the_second_window(x, w, stride=1, padding=0, dilation=1):
    """The first window was left out where the stride is above 1. Steps are counted from the first window, at place
    0."""
    return right(x, w, 1, padding, dilation)[stride - 1 :: stride].copy()


@mistake("correlate1d", family="stride and padding")
def padding_ignored(x, w, stride=1, padding=0, dilation=1):
    """The padding was ignored: `padding` zeros belong on each side of the signal."""
    return right(x, w, stride, 0, dilation)


@mistake("correlate1d", family="stride and padding")
def padding_on_the_left_only(x, w, stride=1, padding=0, dilation=1):
    """Zeros were added at the beginning only. `padding` zeros belong on each side."""
    one_axis(x)
    return right(np.pad(x, (padding, 0)), w, stride, 0, dilation)


@mistake("correlate1d", family="stride and padding")
def padding_on_the_right_only(x, w, stride=1, padding=0, dilation=1):
    """Zeros were added at the end only. `padding` zeros belong on each side."""
    one_axis(x)
    return right(np.pad(x, (0, padding)), w, stride, 0, dilation)


@mistake("correlate1d", family="stride and padding")
def all_padding_at_the_end(x, w, stride=1, padding=0, dilation=1):
    """All 2·padding zeros were added at the end. Half of them belong at the beginning."""
    one_axis(x)
    return right(np.pad(x, (0, 2 * padding)), w, stride, 0, dilation)


@mistake("correlate1d", family="stride and padding")
def all_padding_at_the_beginning(x, w, stride=1, padding=0, dilation=1):
    """All 2·padding zeros were added at the beginning. Half of them belong at the end."""
    one_axis(x)
    return right(np.pad(x, (2 * padding, 0)), w, stride, 0, dilation)


@mistake("correlate1d", family="stride and padding")
def padding_shared_by_the_sides(x, w, stride=1, padding=0, dilation=1):
    """The zeros were divided between the two sides. `padding` counts those on *each* side."""
    one_axis(x)
    return right(np.pad(x, (padding // 2, padding - padding // 2)), w, stride, 0, dilation)


@mistake("correlate1d", family="stride and padding")
def padding_doubled(x, w, stride=1, padding=0, dilation=1):
    """Twice as many zeros as asked were added. `padding` is the number on each side, 2·padding that on both."""
    return right(x, w, stride, 2 * padding, dilation)


@mistake("correlate1d", family="stride and padding")
def padding_repeats_the_ends(x, w, stride=1, padding=0, dilation=1):
    """The padding was filled with copies of the first and last value. Padding is zeros."""
    one_axis(x)
    return right(np.pad(x, padding, mode="edge"), w, stride, 0, dilation)


@mistake("correlate1d", family="stride and padding")
def padding_mirrors_the_signal(x, w, stride=1, padding=0, dilation=1):
    """The padding was filled with a mirror image of the signal. Padding is zeros."""
    one_axis(x)
    return right(np.pad(x, padding, mode="reflect"), w, stride, 0, dilation)


@mistake("correlate1d", family="stride and padding")
def padding_goes_around(x, w, stride=1, padding=0, dilation=1):
    """The padding was filled with values from the other end of the signal. Padding is zeros."""
    one_axis(x)
    return right(np.pad(x, padding, mode="wrap"), w, stride, 0, dilation)


@mistake("correlate1d", family="stride and padding")
def padding_of_ones(x, w, stride=1, padding=0, dilation=1):
    """The padding was filled with ones. Padding is zeros."""
    one_axis(x)
    return right(np.pad(x, padding, constant_values=1), w, stride, 0, dilation)


@mistake("correlate1d", family="stride and padding")
def padding_counted_once(x, w, stride=1, padding=0, dilation=1):
    """The length was computed with L + padding. Zeros are added on both sides, which makes L + 2·padding."""
    y = right(x, w, stride, padding, dilation)
    return resized(y, (room(x, w, padding, dilation) - padding) // stride + 1)


@mistake("correlate1d", family="stride and padding")
def length_without_the_padding(x, w, stride=1, padding=0, dilation=1):
    """The signal was padded, but the length of the result was computed from the signal without padding."""
    y = right(x, w, stride, padding, dilation)
    return resized(y, room(x, w, 0, dilation) // stride + 1)


@mistake("correlate1d", family="stride and padding")
def padding_around_the_result(x, w, stride=1, padding=0, dilation=1):
    """The zeros were put around the result. They belong around the signal, before the kernel meets it."""
    return np.pad(right(x, w, stride, 0, dilation), padding)


@mistake("correlate1d", family="stride and padding")
def stride_and_padding_exchanged(x, w, stride=1, padding=0, dilation=1):
    """Stride and padding were exchanged. Their order is stride, padding, dilation."""
    return right(x, w, stride, padding, dilation) if padding == 0 else right(x, w, padding, stride, dilation)


# -- correlate1d: dilation ----------------------------------------------------------------------------------------


@mistake("correlate1d", family="dilation")
def dilation_ignored(x, w, stride=1, padding=0, dilation=1):
    """The dilation was ignored: neighbouring kernel values must meet signal values that lie `dilation` apart."""
    return right(x, w, stride, padding, 1)


@mistake("correlate1d", family="dilation")
def dilation_for_the_size_only(x, w, stride=1, padding=0, dilation=1):
    """The result has the right length, but its windows are dense: kernel value j meets the signal's value
    i + j·dilation."""
    size = len(right(x, w, stride, padding, dilation))
    return right(x, w, stride, padding, 1)[:size].copy()


@mistake("correlate1d", family="dilation")
def extent_is_kernel_times_dilation(x, w, stride=1, padding=0, dilation=1):
    """A spread kernel was taken to reach over K·dilation values. Between K values there are K - 1 gaps:
    dilation·(K - 1) + 1."""
    y = right(x, w, stride, padding, dilation)
    slack = len(x) + 2 * padding - len(w) * dilation
    if slack < 0:
        raise ValueError(f"a kernel over {len(w) * dilation} values exceeds {len(x) + 2 * padding}")
    return resized(y, slack // stride + 1)


@mistake("correlate1d", family="dilation")
def extent_without_plus_one(x, w, stride=1, padding=0, dilation=1):
    """A spread kernel was taken to reach over dilation·(K - 1) values, which makes room for a window that sticks out.
    It reaches over one value more."""
    y = right(x, w, stride, padding, dilation)
    return y if dilation == 1 else resized(y, (room(x, w, padding, dilation) + 1) // stride + 1)


@mistake("correlate1d", family="dilation")
def size_without_the_dilation(x, w, stride=1, padding=0, dilation=1):
    """The kernel was spread, but the result is as long as for a dense one: use dilation·(K - 1) + 1 for the kernel's
    length."""
    return resized(right(x, w, stride, padding, dilation), room(x, w, padding) // stride + 1)


@mistake("correlate1d", family="dilation")
def dilation_counts_the_gaps(x, w, stride=1, padding=0, dilation=1):
    """The dilation was taken as the number of values that are skipped, and 1 as well as 0 as dense. It is the distance
    of neighbours: dilation 2 skips one value."""
    return right(x, w, stride, padding, dilation if dilation == 1 else dilation + 1)


@mistake("correlate1d", family="dilation")
def dilation_added_to_the_padding(x, w, stride=1, padding=0, dilation=1):
    """The padding was enlarged because of the dilation. Each option stands for itself: `padding` zeros, no more."""
    return right(x, w, stride, padding + dilation - 1, dilation)


@mistake("correlate1d", family="dilation")
def signal_thinned_out(x, w, stride=1, padding=0, dilation=1):
    """Values of the signal were left out, as if the dilation were a stride, and a dense kernel was applied to the rest.
    Dilation spreads the kernel; windows still start at every place."""
    fits(x, w, padding, dilation)
    return right(np.pad(x, padding)[::dilation], w, stride, 0, 1)


@mistake("correlate1d", family="dilation")
def dilation_taken_for_the_stride(x, w, stride=1, padding=0, dilation=1):
    """The dilation was used as the step between windows. It is the step inside a window."""
    return right(x, w, stride * dilation, padding, 1)


@mistake("correlate1d", family="dilation")
def kernel_values_repeated(x, w, stride=1, padding=0, dilation=1):
    """Each kernel value was repeated `dilation` times. Between spread values there are gaps, which count as zeros."""
    fits(x, w, padding, dilation)
    kernel = np.repeat(w, dilation)[: extent_of(w, dilation)]
    return right(x, kernel, stride, padding, 1)


# -- correlate1d: contract ----------------------------------------------------------------------------------------


@mistake("correlate1d", family="contract")
def signal_overwritten(x, w, stride=1, padding=0, dilation=1):
    """The caller's x was overwritten. An argument belongs to the caller: work on a copy."""
    y = right(x, w, stride, padding, dilation)
    x[: len(y)] = y[: len(x)]
    return y


@mistake("correlate1d", family="contract")
def kernel_overwritten(x, w, stride=1, padding=0, dilation=1):
    """The caller's w was overwritten. An argument belongs to the caller: work on a copy."""
    y = right(x, w, stride, padding, dilation)
    w[...] = w[::-1].copy()
    return y


@mistake("correlate1d", family="contract")
def signal_returned_for_the_kernel_one(x, w, stride=1, padding=0, dilation=1):
    """For the kernel [1], x itself was returned. Whoever changes the result would change the signal: return a copy."""
    y = right(x, w, stride, padding, dilation)
    return x if y.dtype == x.dtype and np.array_equal(y, x) else y


@mistake("correlate1d", family="contract")
def always_float64(x, w, stride=1, padding=0, dilation=1):
    """The result is float64 whatever came in, as np.zeros makes it. Float32 in, float32 out: pass the dtype."""
    return right(x, w, stride, padding, dilation).astype(np.float64)


@mistake("correlate1d", family="contract")
def integers_stay_integers(x, w, stride=1, padding=0, dilation=1):
    """An integer signal gave an integer result. Integers in, float64 out."""
    return right(x, w, stride, padding, dilation).astype(x.dtype)


@mistake("correlate1d", family="contract")
def sums_overflow(x, w, stride=1, padding=0, dilation=1):
    """The sums were made in the integer type of the signal and wrapped around: 200 · 2 is 144 in uint8. Convert to
    float64 first."""
    y = right(x, w, stride, padding, dilation)
    return y if x.dtype.kind == "f" else y.astype(np.int64).astype(x.dtype).astype(np.float64)


@mistake("correlate1d", family="contract")
def empty_result_returned(x, w, stride=1, padding=0, dilation=1):
    """A kernel longer than the padded signal gave an empty result. Nothing useful can follow from it: raise
    ValueError."""
    one_axis(x, w)
    if room(x, w, padding, dilation) < 0:
        return np.zeros(0, floats(x).dtype)
    return right(x, w, stride, padding, dilation)


@mistake("correlate1d", family="contract")
def length_checked_without_the_dilation(x, w, stride=1, padding=0, dilation=1):
    """The dense kernel's length was compared with the signal's, and a spread kernel that does not fit gave an empty
    result. It reaches over dilation·(K - 1) + 1 values."""
    fits(x, w, padding)
    if room(x, w, padding, dilation) < 0:
        return np.zeros(0, floats(x).dtype)
    return right(x, w, stride, padding, dilation)


@mistake("correlate1d", family="contract")
def longer_kernel_exchanged_with_the_signal(x, w, stride=1, padding=0, dilation=1):
    """A kernel longer than the signal was exchanged with it. Correlation is not symmetric: raise ValueError."""
    one_axis(x, w)
    if room(x, w, padding, dilation) < 0 and len(w) >= extent_of(x, dilation):
        return right(w, x, stride, 0, dilation)
    return right(x, w, stride, padding, dilation)


@mistake("correlate1d", family="contract")
def two_axes_flattened(x, w, stride=1, padding=0, dilation=1):
    """A signal or kernel with two axes was flattened. The contract asks for one axis: raise ValueError for another
    number."""
    return right(x.ravel(), w.ravel(), stride, padding, dilation)


@mistake("correlate1d", family="contract")
def kernel_axes_unchecked(x, w, stride=1, padding=0, dilation=1):
    """Only the axes of x were counted: a kernel of shape (1, K) was accepted. Raise ValueError unless w.ndim is 1."""
    return right(x, w.ravel(), stride, padding, dilation)


@mistake("correlate1d", family="contract")
def assertion_for_value_error(x, w, stride=1, padding=0, dilation=1):
    """Bad arguments were met with `assert`. Assertions are for tests and vanish under python -O: raise ValueError."""
    try:
        return right(x, w, stride, padding, dilation)
    except ValueError as error:
        raise AssertionError(str(error)) from None


@mistake("correlate1d", family="contract")
def none_for_value_error(x, w, stride=1, padding=0, dilation=1):
    """Bad arguments were met with a message and None. The caller goes on with None and fails later, somewhere else:
    raise ValueError."""
    try:
        return right(x, w, stride, padding, dilation)
    except ValueError:
        return None


# -- convolve1d ---------------------------------------------------------------------------------------------------


def whole(x, w):
    one_axis(x, w)
    full = np.zeros(len(x) + len(w) - 1, floats(x).dtype)
    for j in range(len(w)):
        full[j : j + len(x)] += x.astype(full.dtype) * full.dtype.type(w[j])
    return full


def must_know(mode, x, w):
    one_axis(x, w)
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"there is no mode {mode!r}")
    if mode == "valid" and len(w) > len(x):
        raise ValueError(f"{len(w)} kernel values, {len(x)} in the signal")


def part(full, x, w, mode):
    if mode == "same":
        return full[(len(w) - 1) // 2 :][: len(x)].copy()
    return full[len(w) - 1 : len(x)].copy() if mode == "valid" else full


def convolved(x, w, mode="full"):
    must_know(mode, x, w)
    return part(whole(x, w), x, w, mode)


@mistake("convolve1d", family="full")
def kernel_not_flipped(x, w, mode="full"):
    """The kernel was applied as it stands. That is cross-correlation; convolution flips the kernel."""
    must_know(mode, x, w)
    return part(whole(x, w[::-1]), x, w, mode)


@mistake("convolve1d", family="full")
def full_result_backwards(x, w, mode="full"):
    """The result is in reverse order, as it is if the signal is flipped in place of the kernel. Flip the kernel."""
    must_know(mode, x, w)
    return part(whole(x, w)[::-1].copy(), x, w, mode)


@mistake("convolve1d", family="full")
def signal_and_kernel_flipped(x, w, mode="full"):
    """Signal and kernel were both flipped, which gives the cross-correlation in reverse order. Flip the kernel
    only."""
    must_know(mode, x, w)
    return part(whole(x[::-1], w), x, w, mode)


@mistake("convolve1d", family="full")
def full_one_too_short(x, w, mode="full"):
    """The full result is one value too short: the last place where signal and kernel overlap counts, L + K - 1 in
    all."""
    y = convolved(x, w, mode)
    return y[:-1].copy() if mode == "full" else y


@mistake("convolve1d", family="full")
def full_one_too_long(x, w, mode="full"):
    """The full result has L + K values, the last of them 0. Signal and kernel overlap at L + K - 1 places."""
    y = convolved(x, w, mode)
    return resized(y, len(y) + 1) if mode == "full" else y


@mistake("convolve1d", family="full")
def full_is_as_long_as_the_signal(x, w, mode="full"):
    """In mode 'full' the result is as long as the signal. It must hold all L + K - 1 places of overlap."""
    return convolved(x, w, "same" if mode == "full" else mode)


@mistake("convolve1d", family="full")
def full_without_the_ends(x, w, mode="full"):
    """In mode 'full' only the places were computed where the kernel lies inside the signal: pad with K - 1 zeros on
    each side."""
    return convolved(x, w, "valid" if mode == "full" else mode)


@mistake("convolve1d", family="full")
def convolved_around_the_end(x, w, mode="full"):
    """Values that belong behind the end of the signal were added at its beginning: that is circular convolution. The
    full result has L + K - 1 places."""
    y = convolved(x, w, mode)
    if mode != "full" or len(w) > len(x):
        return y
    y[: len(w) - 1] += y[len(x) :]
    return y[: len(x)].copy()


@mistake("convolve1d", family="full")
def full_padded_by_k(x, w, mode="full"):
    """The signal was padded with K zeros on each side, which puts a 0 before and behind the result. K - 1 are
    enough."""
    y = convolved(x, w, mode)
    return np.pad(y, 1) if mode == "full" else y


@mistake("convolve1d", family="full")
def full_overwrites(x, w, mode="full"):
    """Each shifted copy of the signal replaced what was there: contributions that meet at one place are added, write +=
    for =."""
    must_know(mode, x, w)
    full = np.zeros(len(x) + len(w) - 1, floats(x).dtype)
    for j in range(len(w)):
        full[j : j + len(x)] = x.astype(full.dtype) * full.dtype.type(w[j])
    return part(full, x, w, mode)


@mistake("convolve1d", family="full")
def convolution_averaged(x, w, mode="full"):
    """The sum was divided by the kernel's length. Convolution adds up its products."""
    return convolved(x, floats(w) / len(w), mode)


@mistake("convolve1d", family="full")
def longer_kernel_refused(x, w, mode="full"):
    """A kernel longer than the signal was refused. In mode 'full' either may be the longer one."""
    must_know(mode, x, w)
    if len(w) > len(x):
        raise ValueError("the kernel is longer than the signal")
    return convolved(x, w, mode)


@mistake("convolve1d", family="full")
def longer_kernel_cut_off(x, w, mode="full"):
    """A kernel longer than the signal was cut to the signal's length: some loop runs over L where it should run over
    K."""
    must_know(mode, x, w)
    kernel = w.copy()
    kernel[len(x) :] = 0
    return part(whole(x, kernel), x, w, mode)


@mistake("convolve1d", family="full")
def same_is_the_default(x, w, mode="same"):
    """Without a mode, the result is that of 'same'. The default is 'full'."""
    return convolved(x, w, mode)


@mistake("convolve1d", family="full")
def valid_is_the_default(x, w, mode="valid"):
    """Without a mode, the result is that of 'valid'. The default is 'full'."""
    return convolved(x, w, mode)


@mistake("convolve1d", family="full")
def leading_zeros_dropped(x, w, mode="full"):
    """Small values at the ends were dropped, as a routine for polynomials may do. Every place of overlap counts."""
    y = convolved(x, w, mode)
    return y[np.abs(y) > 0.5].copy()


@mistake("convolve1d", family="same and valid")
def mode_ignored(x, w, mode="full"):
    """The mode was ignored: the full result came back. 'same' and 'valid' are parts of it."""
    must_know(mode, x, w)
    return whole(x, w)


@mistake("convolve1d", family="same and valid")
def same_off_by_one_for_even_kernels(x, w, mode="full"):
    """For kernels of even length, 'same' begins one place too late: begin at (K - 1) // 2 of the full result, not at
    K // 2."""
    y = convolved(x, w, mode)
    return whole(x, w)[len(w) // 2 :][: len(x)].copy() if mode == "same" else y


@mistake("convolve1d", family="same and valid")
def same_is_the_beginning(x, w, mode="full"):
    """'same' is the first L values of the full result. It must be the middle ones, from (K - 1) // 2 on."""
    y = convolved(x, w, mode)
    return whole(x, w)[: len(x)].copy() if mode == "same" else y


@mistake("convolve1d", family="same and valid")
def same_is_the_end(x, w, mode="full"):
    """'same' is the last L values of the full result. It must be the middle ones, from (K - 1) // 2 on."""
    y = convolved(x, w, mode)
    return whole(x, w)[len(w) - 1 :].copy() if mode == "same" else y


@mistake("convolve1d", family="same and valid")
def same_as_long_as_the_longer(x, w, mode="full"):
    """With a kernel longer than the signal, 'same' is as long as the kernel. Here it is always as long as x."""
    must_know(mode, x, w)
    return convolved(w, x, mode) if mode == "same" and len(w) > len(x) else convolved(x, w, mode)


@mistake("convolve1d", family="same and valid")
def same_one_too_short_for_even_kernels(x, w, mode="full"):
    """For kernels of even length, 'same' is one value too short: K // 2 values were cut at both ends. K - 1 values are
    cut in all."""
    y = convolved(x, w, mode)
    if mode != "same" or len(w) % 2:
        return y
    return y[1:].copy()


@mistake("convolve1d", family="same and valid")
def same_one_too_long_for_even_kernels(x, w, mode="full"):
    """For kernels of even length, 'same' is one value too long: (K - 1) // 2 values were cut at both ends. K - 1 values
    are cut in all."""
    y = convolved(x, w, mode)
    if mode != "same" or len(w) % 2:
        return y
    start = (len(w) - 1) // 2
    return whole(x, w)[start : start + len(x) + 1].copy()


@mistake("convolve1d", family="same and valid")
def same_and_valid_exchanged(x, w, mode="full"):
    """'same' and 'valid' were exchanged: 'same' is as long as the signal, 'valid' shorter."""
    must_know(mode, x, w)
    if len(w) > len(x):
        return convolved(x, w, mode)
    return convolved(x, w, {"same": "valid", "valid": "same"}.get(mode, mode))


@mistake("convolve1d", family="same and valid")
def valid_one_too_short(x, w, mode="full"):
    """'valid' is one value too short: the kernel lies inside the signal at L - K + 1 places."""
    y = convolved(x, w, mode)
    return y[:-1].copy() if mode == "valid" else y


@mistake("convolve1d", family="same and valid")
def valid_begins_at_k(x, w, mode="full"):
    """'valid' begins one place too late: the kernel first lies inside the signal at place K - 1 of the full result."""
    y = convolved(x, w, mode)
    return whole(x, w)[len(w) : len(x) + 1].copy() if mode == "valid" else y


@mistake("convolve1d", family="same and valid")
def valid_is_the_beginning(x, w, mode="full"):
    """'valid' has the right length but is the beginning of the full result, where zeros took part. Begin at place
    K - 1."""
    y = convolved(x, w, mode)
    return whole(x, w)[: len(y)].copy() if mode == "valid" else y


@mistake("convolve1d", family="same and valid")
def valid_cut_at_one_end(x, w, mode="full"):
    """'valid' was cut at the beginning only and runs to the end of the full result. K - 1 values go at each end."""
    y = convolved(x, w, mode)
    return whole(x, w)[len(w) - 1 :].copy() if mode == "valid" else y


@mistake("convolve1d", family="same and valid")
def not_flipped_unless_full(x, w, mode="full"):
    """In the modes 'same' and 'valid' the kernel was not flipped. All modes are parts of the same convolution."""
    must_know(mode, x, w)
    return convolved(x, w if mode == "full" else w[::-1], mode)


@mistake("convolve1d", family="same and valid")
def valid_by_negative_index(x, w, mode="full"):
    """'valid' was cut with full[K-1:-(K-1)], which is empty for a kernel of one value, since -0 is 0. Give the end as
    a place: full[K-1:L]."""
    y = convolved(x, w, mode)
    return whole(x, w)[len(w) - 1 : -(len(w) - 1)].copy() if mode == "valid" else y


@mistake("convolve1d", family="contract")
def signal_overwritten_by_the_convolution(x, w, mode="full"):
    """The caller's x was overwritten. An argument belongs to the caller: work on a copy."""
    y = convolved(x, w, mode)
    x *= 0
    return y


@mistake("convolve1d", family="contract")
def kernel_flipped_in_place(x, w, mode="full"):
    """The kernel was flipped in place, and the caller's w with it. An argument belongs to the caller: w[::-1] is
    enough."""
    y = convolved(x, w, mode)
    w[...] = w[::-1].copy()
    return y


@mistake("convolve1d", family="contract")
def convolution_returns_the_signal(x, w, mode="full"):
    """For the kernel [1], x itself was returned. Whoever changes the result would change the signal: return a copy."""
    y = convolved(x, w, mode)
    return x if y.dtype == x.dtype and np.array_equal(y, x) else y


@mistake("convolve1d", family="contract")
def convolution_always_float64(x, w, mode="full"):
    """The result is float64 whatever came in, as np.zeros makes it. Float32 in, float32 out: pass the dtype."""
    return convolved(x, w, mode).astype(np.float64)


@mistake("convolve1d", family="contract")
def convolution_of_integers_stays_integer(x, w, mode="full"):
    """An integer signal gave an integer result. Integers in, float64 out."""
    return convolved(x, w, mode).astype(x.dtype)


@mistake("convolve1d", family="contract")
def convolution_overflows(x, w, mode="full"):
    """The sums were made in the integer type of the signal and wrapped around: 200 · 2 is 144 in uint8. Convert to
    float64 first."""
    y = convolved(x, w, mode)
    return y if x.dtype.kind == "f" else y.astype(np.int64).astype(x.dtype).astype(np.float64)


@mistake("convolve1d", family="contract")
def any_mode_is_full(x, w, mode="full"):
    """A mode that does not exist was taken for 'full'. That hides a slip of the caller's: raise ValueError."""
    return convolved(x, w, mode if mode in ("same", "valid") else "full")


@mistake("convolve1d", family="contract")
def key_error_for_the_mode(x, w, mode="full"):
    """A mode that does not exist raised KeyError, from a look-up in a dict. The contract asks for ValueError."""
    if mode not in ("full", "same", "valid"):
        raise KeyError(mode)
    return convolved(x, w, mode)


@mistake("convolve1d", family="contract")
def nothing_for_an_unknown_mode(x, w, mode="full"):
    """A mode that does not exist gave None: no branch was taken and the function ran off its end. Raise ValueError."""
    return convolved(x, w, mode) if mode in ("full", "same", "valid") else None


@mistake("convolve1d", family="contract")
def valid_exchanges_the_two(x, w, mode="full"):
    """In mode 'valid', a kernel longer than the signal was exchanged with it. The kernel does not fit: raise
    ValueError."""
    return convolved(w, x, mode) if mode == "valid" and len(w) > len(x) else convolved(x, w, mode)


@mistake("convolve1d", family="contract")
def valid_may_be_empty(x, w, mode="full"):
    """In mode 'valid', a kernel longer than the signal gave an empty result. Nothing useful can follow from it: raise
    ValueError."""
    if mode == "valid" and len(w) > len(x):
        return np.zeros(0, floats(x).dtype)
    return convolved(x, w, mode)


@mistake("convolve1d", family="contract")
def convolution_flattens(x, w, mode="full"):
    """A signal or kernel with two axes was flattened. The contract asks for one axis: raise ValueError for another
    number."""
    return convolved(x.ravel(), w.ravel(), mode)


@mistake("convolve1d", family="contract")
def convolution_asserts(x, w, mode="full"):
    """Bad arguments were met with `assert`. Assertions are for tests and vanish under python -O: raise ValueError."""
    try:
        return convolved(x, w, mode)
    except ValueError as error:
        raise AssertionError(str(error)) from None


# -- conv_matrix1d ------------------------------------------------------------------------------------------------


def room_for(w, L, padding=0):
    if w.ndim != 1:
        raise ValueError(f"w needs 1 axis, it has {w.ndim}")
    if len(w) > L + 2 * padding:
        raise ValueError(f"{len(w)} kernel values exceed {L + 2 * padding}")


def wide_band(w, L, stride=1, padding=0):
    room_for(w, L, padding)
    rows = (L + 2 * padding - len(w)) // stride + 1
    matrix = np.zeros((rows, L + 2 * padding), floats(w).dtype)
    for i in range(rows):
        matrix[i, i * stride :][: len(w)] = w
    return matrix


def band(w, L, stride=1, padding=0):
    return wide_band(w, L, stride, padding)[:, padding:][:, :L].copy()


@mistake("conv-matrix1d", family="band")
def matrix_of_the_flipped_kernel(w, L, stride=1, padding=0):
    """The rows hold the kernel backwards: that is the matrix of convolution. Correlation takes the kernel as it
    stands."""
    room_for(w, L, padding)
    return band(w[::-1], L, stride, padding)


@mistake("conv-matrix1d", family="band")
def matrix_transposed(w, L, stride=1, padding=0):
    """Rows and columns were exchanged: the matrix has Lo rows, one for each window, and L columns, one for each value
    of the signal."""
    return band(w, L, stride, padding).T.copy()


@mistake("conv-matrix1d", family="band")
def kernel_in_the_columns(w, L, stride=1, padding=0):
    """The kernel stands in the columns: the matrix has L + K - 1 rows and does a full convolution. Each *row* holds
    the kernel once."""
    room_for(w, L, padding)
    return (
        wide_band(w, L + len(w) - 1, 1, 0)[:L].T.copy() if stride == 1 and padding == 0 else band(w, L, stride, padding)
    )


@mistake("conv-matrix1d", family="band")
def all_rows_alike(w, L, stride=1, padding=0):
    """Every row holds the kernel at the beginning. From row to row it must move on by the stride."""
    matrix = band(w, L, stride, padding)
    matrix[1:] = matrix[:1]
    return matrix


@mistake("conv-matrix1d", family="band")
def only_the_first_row(w, L, stride=1, padding=0):
    """Only the first row was filled: each of the Lo windows has its row."""
    matrix = band(w, L, stride, padding)
    matrix[1:] = 0
    return matrix


@mistake("conv-matrix1d", family="band")
def last_row_left_at_zero(w, L, stride=1, padding=0):
    """The last row was never filled: the loop over the windows ends one step too early."""
    matrix = band(w, L, stride, padding)
    matrix[-1] = 0
    return matrix


@mistake("conv-matrix1d", family="band")
def one_row_too_few(w, L, stride=1, padding=0):
    """The last row is missing: L - K counts the steps between windows, and there is one window more than steps."""
    return band(w, L, stride, padding)[:-1].copy()


@mistake("conv-matrix1d", family="band")
def one_row_too_many(w, L, stride=1, padding=0):
    """There is one row too many: the last one belongs to a window that sticks out of the signal."""
    matrix = band(w, L, stride, padding)
    return np.concatenate([matrix, np.zeros_like(matrix[:1])])


@mistake("conv-matrix1d", family="band")
def square_with_zero_rows(w, L, stride=1, padding=0):
    """The matrix is square, with rows of zeros at the end. It has one row for each window, fewer than L without
    padding."""
    matrix = band(w, L, stride, padding)
    square = np.zeros((max(L, len(matrix)), L), matrix.dtype)
    square[: len(matrix)] = matrix
    return square


@mistake("conv-matrix1d", family="band")
def rows_go_around_the_end(w, L, stride=1, padding=0):
    """Rows whose kernel sticks out at the end go on at the beginning: that is the matrix of the ring. Such rows are
    left out."""
    room_for(w, L, padding)
    first = np.zeros(L, floats(w).dtype)
    first[: min(len(w), L)] = w[:L]
    ring = np.stack([np.roll(first, i) for i in range(L)])
    return ring if stride == 1 and padding == 0 else band(w, L, stride, padding)


@mistake("conv-matrix1d", family="band")
def rows_in_reverse(w, L, stride=1, padding=0):
    """The rows are in reverse order: the first row belongs to the first window."""
    return band(w, L, stride, padding)[::-1].copy()


@mistake("conv-matrix1d", family="band")
def columns_in_reverse(w, L, stride=1, padding=0):
    """The columns are in reverse order: column p belongs to the signal's value p."""
    return band(w, L, stride, padding)[:, ::-1].copy()


@mistake("conv-matrix1d", family="band")
def first_kernel_value_for_all(w, L, stride=1, padding=0):
    """The whole band holds w[0]. Within a row, the kernel's values follow each other: w[j] stands at the window's value
    j."""
    room_for(w, L, padding)
    return band(np.full_like(w, w[0]), L, stride, padding)


@mistake("conv-matrix1d", family="band")
def last_kernel_value_missing(w, L, stride=1, padding=0):
    """The last kernel value is missing in every row: a slice of K values ends at start + K."""
    room_for(w, L, padding)
    return band(np.concatenate([w[:-1], np.zeros_like(w[-1:])]), L, stride, padding)


@mistake("conv-matrix1d", family="band")
def kernel_divided_by_its_length(w, L, stride=1, padding=0):
    """The rows hold the kernel divided by its length. They hold the kernel itself."""
    return band(w, L, stride, padding) / w.dtype.type(len(w))


@mistake("conv-matrix1d", family="band")
def matrix_of_integers(w, L, stride=1, padding=0):
    """The matrix was stored as integers, which cuts off all that stands behind the point: create it with a float
    dtype."""
    return np.trunc(band(w, L, stride, padding))


@mistake("conv-matrix1d", family="stride and padding")
def matrix_ignores_the_stride(w, L, stride=1, padding=0):
    """The stride was ignored: from row to row the kernel must move on by `stride` columns."""
    return band(w, L, 1, padding)


@mistake("conv-matrix1d", family="stride and padding")
def stride_for_the_rows_only(w, L, stride=1, padding=0):
    """There are as many rows as the stride asks, but the kernel moves on by one column: row i begins at i·stride."""
    rows = len(band(w, L, stride, padding))
    return band(w, L, 1, padding)[:rows].copy()


@mistake("conv-matrix1d", family="stride and padding")
def stride_for_the_columns_only(w, L, stride=1, padding=0):
    """The kernel moves on by the stride, but there are as many rows as for stride 1, with zeros at the end: divide by
    the stride in the number of rows too."""
    matrix = np.zeros_like(band(w, L, 1, padding))
    steps = band(w, L, stride, padding)
    matrix[: len(steps)] = steps
    return matrix


@mistake("conv-matrix1d", family="stride and padding")
def rows_rounded_up(w, L, stride=1, padding=0):
    """Where the stride does not divide, a row was added for a window that sticks out of the padded signal. Round
    down."""
    matrix = band(w, L, stride, padding)
    rest = (L + 2 * padding - len(w)) % stride
    return np.concatenate([matrix, np.zeros_like(matrix[:1])]) if rest else matrix


@mistake("conv-matrix1d", family="stride and padding")
def cut_window_added(w, L, stride=1, padding=0):
    """Where the stride does not divide, a last row holds a kernel that is cut off at the end. Windows that stick out of
    the padded signal are left out."""
    room_for(w, L, padding)
    rest = (L + 2 * padding - len(w)) % stride
    more = stride - rest if rest else 0
    return wide_band(w, L + 2 * padding + more, stride, 0)[:, padding:][:, :L].copy()


@mistake("conv-matrix1d", family="stride and padding")
def rows_divided_without_plus_one(w, L, stride=1, padding=0):
    """The number of rows was computed as (L - K + 1) // stride. The first window is there whatever the stride:
    (L - K) // stride + 1."""
    matrix = band(w, L, stride, padding)
    return matrix[: (L + 2 * padding - len(w) + 1) // stride].copy()


@mistake("conv-matrix1d", family="stride and padding")
def matrix_ignores_the_padding(w, L, stride=1, padding=0):
    """The padding was ignored: the first window begins `padding` places before the signal."""
    return band(w, L, stride, 0)


@mistake("conv-matrix1d", family="stride and padding")
def columns_for_the_padding_kept(w, L, stride=1, padding=0):
    """The matrix has columns for the added zeros too, L + 2·padding. It is to be multiplied by the signal: L
    columns."""
    return wide_band(w, L, stride, padding)


@mistake("conv-matrix1d", family="stride and padding")
def first_columns_kept(w, L, stride=1, padding=0):
    """The first L columns of the padded matrix were kept. The signal begins behind the padding: columns padding to
    padding + L."""
    return wide_band(w, L, stride, padding)[:, :L].copy()


@mistake("conv-matrix1d", family="stride and padding")
def last_columns_kept(w, L, stride=1, padding=0):
    """The last L columns of the padded matrix were kept. The signal ends before the padding: columns padding to
    padding + L."""
    return wide_band(w, L, stride, padding)[:, 2 * padding :].copy()


@mistake("conv-matrix1d", family="stride and padding")
def cut_with_a_negative_end(w, L, stride=1, padding=0):
    """The columns were cut with [p:-p], which is empty for padding 0, since -0 is 0. Count the end from the left: the
    signal has L columns."""
    return wide_band(w, L, stride, padding)[:, padding:-padding].copy()


@mistake("conv-matrix1d", family="stride and padding")
def padding_goes_around_the_matrix(w, L, stride=1, padding=0):
    """Kernel values that stick out at one end were written at the other, as negative indices do. What meets the
    padding is left out."""
    wide = wide_band(w, L, stride, padding)
    matrix = band(w, L, stride, padding)
    for column in range(padding):
        matrix[:, (column - padding) % L] += wide[:, column]
        matrix[:, column % L] += wide[:, padding + L + column]
    return matrix


@mistake("conv-matrix1d", family="stride and padding")
def padding_added_to_the_ends(w, L, stride=1, padding=0):
    """Kernel values that stick out were added to the first and last column, as if the signal's ends were repeated.
    Padding is zeros: what meets it is left out."""
    wide = wide_band(w, L, stride, padding)
    matrix = band(w, L, stride, padding)
    matrix[:, 0] += wide[:, :padding].sum(axis=1)
    matrix[:, -1] += wide[:, padding + L :].sum(axis=1)
    return matrix


@mistake("conv-matrix1d", family="stride and padding")
def matrix_padded_on_the_left_only(w, L, stride=1, padding=0):
    """There are rows for zeros at the beginning only. `padding` zeros belong on each side."""
    room_for(w, L, padding)
    return wide_band(w, L + padding, stride, 0)[:, padding:].copy()


@mistake("conv-matrix1d", family="stride and padding")
def matrix_padded_on_the_right_only(w, L, stride=1, padding=0):
    """There are rows for zeros at the end only: the first row must begin `padding` places before the signal."""
    room_for(w, L, padding)
    return wide_band(w, L + padding, stride, 0)[:, :L].copy()


@mistake("conv-matrix1d", family="contract")
def matrix_always_float64(w, L, stride=1, padding=0):
    """The matrix is float64 whatever came in, as np.zeros makes it. Float32 in, float32 out: pass the dtype."""
    return band(w, L, stride, padding).astype(np.float64)


@mistake("conv-matrix1d", family="contract")
def matrix_of_the_kernels_integers(w, L, stride=1, padding=0):
    """An integer kernel gave an integer matrix. Integers in, float64 out."""
    return band(w, L, stride, padding).astype(w.dtype)


@mistake("conv-matrix1d", family="contract")
def kernel_flipped_for_the_caller(w, L, stride=1, padding=0):
    """The caller's w was overwritten. An argument belongs to the caller: work on a copy."""
    matrix = band(w, L, stride, padding)
    w[...] = w[::-1].copy()
    return matrix


@mistake("conv-matrix1d", family="contract")
def kernel_seen_through_the_matrix(w, L, stride=1, padding=0):
    """A kernel as long as the signal came back as a view of itself. Whoever changes the matrix would change the kernel:
    return a copy."""
    matrix = band(w, L, stride, padding)
    return w[None] if len(w) == L and padding == 0 and matrix.dtype == w.dtype else matrix


@mistake("conv-matrix1d", family="contract")
def matrix_without_rows(w, L, stride=1, padding=0):
    """A kernel longer than the padded signal gave a matrix without rows. Nothing useful can follow from it: raise
    ValueError."""
    if w.ndim == 1 and len(w) > L + 2 * padding:
        return np.zeros((0, L), floats(w).dtype)
    return band(w, L, stride, padding)


@mistake("conv-matrix1d", family="contract")
def matrix_of_a_flattened_kernel(w, L, stride=1, padding=0):
    """A kernel with two axes was flattened. The contract asks for one axis: raise ValueError for another number."""
    return band(w.ravel(), L, stride, padding)


@mistake("conv-matrix1d", family="contract")
def matrix_asserts(w, L, stride=1, padding=0):
    """Bad arguments were met with `assert`. Assertions are for tests and vanish under python -O: raise ValueError."""
    try:
        return band(w, L, stride, padding)
    except ValueError as error:
        raise AssertionError(str(error)) from None


# -- correlate1d_backward -----------------------------------------------------------------------------------------


def agreed(dout, x, w, stride=1, padding=0):
    one_axis(dout, x, w)
    fits(x, w, padding)
    windows = room(x, w, padding) // stride + 1
    if len(dout) != windows:
        raise ValueError(f"dout has {len(dout)} values, there are {windows} windows")


def to_the_signal(dout, x, w, stride=1, padding=0):
    """The gradient of the padded signal."""
    wide = wide_band(w, len(x), stride, padding).astype(floats(x).dtype)
    return wide.T @ dout.astype(wide.dtype)


def to_the_kernel(dout, x, w, stride=1, padding=0):
    windows = windows_of(np.pad(floats(x), padding), len(w), stride).astype(floats(w).dtype)
    return windows.T @ dout.astype(windows.dtype)


def both(dout, x, w, stride=1, padding=0):
    agreed(dout, x, w, stride, padding)
    dx = to_the_signal(dout, x, w, stride, padding)[padding:][: len(x)].copy()
    return dx, to_the_kernel(dout, x, w, stride, padding)


@mistake("correlate1d-backward", family="dx")
def signal_gets_the_flipped_kernel(dout, x, w, stride=1, padding=0):
    """dx was made with the flipped kernel: each window must get its kernel values in the order in which they were
    used."""
    agreed(dout, x, w, stride, padding)
    return both(dout, x, w[::-1].copy(), stride, padding)[0], both(dout, x, w, stride, padding)[1]


@mistake("correlate1d-backward", family="dx")
def signal_gradient_overwritten(dout, x, w, stride=1, padding=0):
    """Each window replaced what the windows before it had put into dx: gradients that meet at one place are added,
    write += for =."""
    _, dw = both(dout, x, w, stride, padding)
    wide = np.zeros(len(x) + 2 * padding, floats(x).dtype)
    for i, value in enumerate(dout):
        wide[i * stride : i * stride + len(w)] = wide.dtype.type(value) * w.astype(wide.dtype)
    return wide[padding:][: len(x)].copy(), dw


@mistake("correlate1d-backward", family="dx")
def signal_gets_the_first_product_only(dout, x, w, stride=1, padding=0):
    """Each upstream value was sent to the first value of its window only. It goes to all K of them, each times its
    kernel value."""
    agreed(dout, x, w, stride, padding)
    kernel = np.zeros_like(w)
    kernel[0] = w[0]
    return both(dout, x, kernel, stride, padding)[0], both(dout, x, w, stride, padding)[1]


@mistake("correlate1d-backward", family="dx")
def ends_of_the_signal_left_at_zero(dout, x, w, stride=1, padding=0):
    """The first and last K - 1 values of dx were left at 0. They are in fewer windows, but they are in some."""
    dx, dw = both(dout, x, w, stride, padding)
    dx[: len(w) - 1] = 0
    dx[max(len(dx) - len(w) + 1, 0) :] = 0
    return dx, dw


@mistake("correlate1d-backward", family="dx")
def last_window_sends_nothing(dout, x, w, stride=1, padding=0):
    """The last window sent nothing to the signal: the loop for dx ends one step too early."""
    agreed(dout, x, w, stride, padding)
    upstream = dout.copy()
    upstream[-1] = 0
    return both(upstream, x, w, stride, padding)[0], both(dout, x, w, stride, padding)[1]


@mistake("correlate1d-backward", family="dx")
def upstream_ignored_for_the_signal(dout, x, w, stride=1, padding=0):
    """dx was made without dout, as if every upstream value were 1. Each window's contribution is multiplied by its
    own."""
    agreed(dout, x, w, stride, padding)
    return both(np.ones_like(dout), x, w, stride, padding)[0], both(dout, x, w, stride, padding)[1]


@mistake("correlate1d-backward", family="dx")
def upstream_reversed_for_the_signal(dout, x, w, stride=1, padding=0):
    """dx was made with dout in reverse order. Flipping belongs to the kernel alone where dx is written as a
    correlation."""
    agreed(dout, x, w, stride, padding)
    return both(dout[::-1].copy(), x, w, stride, padding)[0], both(dout, x, w, stride, padding)[1]


@mistake("correlate1d-backward", family="dx")
def signal_gradient_times_the_signal(dout, x, w, stride=1, padding=0):
    """dx was multiplied by x. The derivative of x·w with respect to x is w: the signal itself does not appear in dx."""
    dx, dw = both(dout, x, w, stride, padding)
    return dx * x.astype(dx.dtype), dw


@mistake("correlate1d-backward", family="dx")
def signal_gradient_averaged(dout, x, w, stride=1, padding=0):
    """dx was divided by the number of windows that a value is in. Gradients that meet at one place are added, not
    averaged."""
    dx, dw = both(dout, x, w, stride, padding)
    covered = np.maximum(to_the_signal(np.ones_like(dout), x, np.ones_like(w), stride, padding), 1)
    return dx / covered[padding:][: len(x)], dw


@mistake("correlate1d-backward", family="dx")
def signal_gradient_is_short(dout, x, w, stride=1, padding=0):
    """dx is only as long as the places where the kernel fits into dout. Every value of the signal has a gradient: its
    shape is that of x."""
    dx, dw = both(dout, x, w, stride, padding)
    return dx[len(w) - 1 : len(x) - len(w) + 1].copy(), dw


@mistake("correlate1d-backward", family="dx")
def signal_gradient_by_the_kernels_sum(dout, x, w, stride=1, padding=0):
    """Each upstream value was sent with the sum of the kernel. Each value of the window gets its own kernel value."""
    agreed(dout, x, w, stride, padding)
    return both(dout, x, np.full_like(w, w.sum()), stride, padding)[0], both(dout, x, w, stride, padding)[1]


@mistake("correlate1d-backward", family="dx")
def cropped_with_a_negative_end(dout, x, w, stride=1, padding=0):
    """dx was cut with [padding:-padding], which is empty when padding is 0, since -0 is 0. Cut with
    [padding:padding + L]."""
    _, dw = both(dout, x, w, stride, padding)
    return to_the_signal(dout, x, w, stride, padding)[padding:-padding].copy(), dw


@mistake("correlate1d-backward", family="dx")
def gradients_in_the_other_order(dout, x, w, stride=1, padding=0):
    """The gradients were returned as (dw, dx). They come in the order of the forward arguments: (dx, dw)."""
    return both(dout, x, w, stride, padding)[::-1]


@mistake("correlate1d-backward", family="dx")
def only_the_signal_gradient(dout, x, w, stride=1, padding=0):
    """Only dx was returned. Two gradients are asked for: return the pair (dx, dw)."""
    return both(dout, x, w, stride, padding)[0]


@mistake("correlate1d-backward", family="dx")
def signal_gradient_has_the_other_sign(dout, x, w, stride=1, padding=0):
    """dx has the wrong sign, as if the step of gradient descent were part of it. A gradient points uphill."""
    dx, dw = both(dout, x, w, stride, padding)
    return -dx, dw


@mistake("correlate1d-backward", family="dw")
def kernel_gradient_flipped(dout, x, w, stride=1, padding=0):
    """dw is in reverse order. The gradient of the kernel is a correlation of the signal with dout; nothing is
    flipped."""
    dx, dw = both(dout, x, w, stride, padding)
    return dx, dw[::-1].copy()


@mistake("correlate1d-backward", family="dw")
def last_window_only(dout, x, w, stride=1, padding=0):
    """dw holds the last window's contribution only: every window adds to the same kernel, write += for =."""
    dx, _ = both(dout, x, w, stride, padding)
    upstream = np.zeros_like(dout)
    upstream[-1] = dout[-1]
    return dx, to_the_kernel(upstream, x, w, stride, padding)


@mistake("correlate1d-backward", family="dw")
def first_window_only(dout, x, w, stride=1, padding=0):
    """dw holds the first window's contribution only. The same kernel is used by every window: add all of them up."""
    dx, _ = both(dout, x, w, stride, padding)
    upstream = np.zeros_like(dout)
    upstream[0] = dout[0]
    return dx, to_the_kernel(upstream, x, w, stride, padding)


@mistake("correlate1d-backward", family="dw")
def last_window_left_out(dout, x, w, stride=1, padding=0):
    """The last window is missing in dw: the loop for dw ends one step too early."""
    dx, _ = both(dout, x, w, stride, padding)
    upstream = dout.copy()
    upstream[-1] = 0
    return dx, to_the_kernel(upstream, x, w, stride, padding)


@mistake("correlate1d-backward", family="dw")
def kernel_gradient_averaged(dout, x, w, stride=1, padding=0):
    """dw was divided by the number of windows. The kernel is shared by them, and their contributions are added."""
    dx, dw = both(dout, x, w, stride, padding)
    return dx, dw / dw.dtype.type(len(dout))


@mistake("correlate1d-backward", family="dw")
def upstream_ignored_for_the_kernel(dout, x, w, stride=1, padding=0):
    """dw was made without dout, as if every upstream value were 1. Each window is multiplied by its own."""
    dx, _ = both(dout, x, w, stride, padding)
    return dx, to_the_kernel(np.ones_like(dout), x, w, stride, padding)


@mistake("correlate1d-backward", family="dw")
def upstream_reversed_for_the_kernel(dout, x, w, stride=1, padding=0):
    """dw was made with dout in reverse order: the first upstream value belongs to the first window."""
    dx, _ = both(dout, x, w, stride, padding)
    return dx, to_the_kernel(dout[::-1].copy(), x, w, stride, padding)


@mistake("correlate1d-backward", family="dw")
def kernel_gradient_times_the_kernel(dout, x, w, stride=1, padding=0):
    """dw was multiplied by w. The derivative of x·w with respect to w is x: the kernel itself does not appear in dw."""
    dx, dw = both(dout, x, w, stride, padding)
    return dx, dw * w.astype(dw.dtype)


@mistake("correlate1d-backward", family="dw")
def signal_flipped_for_the_kernel_gradient(dout, x, w, stride=1, padding=0):
    """dw was made from the signal read backwards. Its windows are those of the forward pass, as they stand."""
    dx, _ = both(dout, x, w, stride, padding)
    return dx, to_the_kernel(dout, x[::-1].copy(), w, stride, padding)


@mistake("correlate1d-backward", family="dw")
def windows_summed_for_the_kernel(dout, x, w, stride=1, padding=0):
    """All values of dw are the same: windows were summed before they were multiplied. Value j of dw sees value j of
    each window."""
    dx, dw = both(dout, x, w, stride, padding)
    return dx, np.full_like(dw, dw.sum())


@mistake("correlate1d-backward", family="dw")
def kernel_gradient_has_the_other_sign(dout, x, w, stride=1, padding=0):
    """dw has the wrong sign, as if the step of gradient descent were part of it. A gradient points uphill."""
    dx, dw = both(dout, x, w, stride, padding)
    return dx, -dw


@mistake("correlate1d-backward", family="dw")
def kernel_gradient_is_full(dout, x, w, stride=1, padding=0):
    """dw has a value for every overlap of the signal with dout. The kernel has K values: take only the places where
    dout fits into the signal."""
    dx, dw = both(dout, x, w, stride, padding)
    return dx, np.pad(dw, len(dout))


@mistake("correlate1d-backward", family="stride and padding")
def stride_ignored_for_the_signal(dout, x, w, stride=1, padding=0):
    """dx was made as for stride 1: upstream value i belongs to the window that begins at i·stride."""
    _, dw = both(dout, x, w, stride, padding)
    wide = np.zeros(len(x) + 2 * padding, floats(x).dtype)
    for i, value in enumerate(dout):
        wide[i : i + len(w)] += wide.dtype.type(value) * w.astype(wide.dtype)
    return wide[padding:][: len(x)].copy(), dw


@mistake("correlate1d-backward", family="stride and padding")
def stride_ignored_for_the_kernel(dout, x, w, stride=1, padding=0):
    """dw was made from windows that start one place apart: window i begins at i·stride."""
    dx, dw = both(dout, x, w, stride, padding)
    dense = windows_of(np.pad(floats(x), padding), len(w))[: len(dout)]
    return dx, dense.astype(dw.dtype).T @ dout.astype(dw.dtype)


@mistake("correlate1d-backward", family="stride and padding")
def stride_ignored_on_the_way_back(dout, x, w, stride=1, padding=0):
    """Both gradients were made as for stride 1: upstream value i belongs to the window that begins at i·stride."""
    _, dw = stride_ignored_for_the_kernel(dout, x, w, stride, padding)
    return stride_ignored_for_the_signal(dout, x, w, stride, padding)[0], dw


@mistake("correlate1d-backward", family="stride and padding")
def padding_not_cut_off(dout, x, w, stride=1, padding=0):
    """dx is the gradient of the padded signal, L + 2·padding values. What arrives at the padding is dropped: cut it
    off."""
    _, dw = both(dout, x, w, stride, padding)
    return to_the_signal(dout, x, w, stride, padding), dw


@mistake("correlate1d-backward", family="stride and padding")
def cut_off_at_the_end_only(dout, x, w, stride=1, padding=0):
    """dx is the beginning of the padded signal's gradient. The signal begins behind the padding: cut off `padding`
    values at each end."""
    _, dw = both(dout, x, w, stride, padding)
    return to_the_signal(dout, x, w, stride, padding)[: len(x)].copy(), dw


@mistake("correlate1d-backward", family="stride and padding")
def cut_off_at_the_beginning_only(dout, x, w, stride=1, padding=0):
    """dx is the end of the padded signal's gradient. The signal ends before the padding: cut off `padding` values at
    each end."""
    _, dw = both(dout, x, w, stride, padding)
    return to_the_signal(dout, x, w, stride, padding)[2 * padding :].copy(), dw


@mistake("correlate1d-backward", family="stride and padding")
def padding_folded_back(dout, x, w, stride=1, padding=0):
    """What arrives at the padding was added to the first and last value of dx. The padding is no part of the signal:
    drop it."""
    dx, dw = both(dout, x, w, stride, padding)
    wide = to_the_signal(dout, x, w, stride, padding)
    dx[0] += wide[:padding].sum()
    dx[-1] += wide[padding + len(x) :].sum()
    return dx, dw


@mistake("correlate1d-backward", family="stride and padding")
def windows_without_the_padding(dout, x, w, stride=1, padding=0):
    """dw was made from the signal with all zeros at its end. The windows are those of the padded signal: `padding`
    zeros on each side."""
    dx, _ = both(dout, x, w, stride, padding)
    signal = np.pad(x, (0, 2 * padding))
    return dx, to_the_kernel(dout, signal, w, stride, 0)


@mistake("correlate1d-backward", family="stride and padding")
def padding_repeats_the_ends_for_the_kernel(dout, x, w, stride=1, padding=0):
    """dw was made from a signal whose ends are repeated. The forward pass put zeros there."""
    dx, _ = both(dout, x, w, stride, padding)
    return dx, to_the_kernel(dout, np.pad(x, padding, mode="edge"), w, stride, 0)


@mistake("correlate1d-backward", family="stride and padding")
def untouched_end_cut_off(dout, x, w, stride=1, padding=0):
    """dx ends with the last window, so that it is too short where the stride leaves values over. Their gradient is 0,
    and dx is as long as x."""
    dx, dw = both(dout, x, w, stride, padding)
    end = (len(dout) - 1) * stride + len(w) - padding
    return dx[:end].copy(), dw


@mistake("correlate1d-backward", family="stride and padding")
def untouched_end_not_zero(dout, x, w, stride=1, padding=0):
    """dx has garbage where the stride leaves values of the signal over, as np.empty does. No window saw them: their
    gradient is 0."""
    dx, dw = both(dout, x, w, stride, padding)
    dx[max((len(dout) - 1) * stride + len(w) - padding, 0) :] = 1
    return dx, dw


@mistake("correlate1d-backward", family="stride and padding")
def upstream_spread_by_the_stride_only(dout, x, w, stride=1, padding=0):
    """dout was spread with `stride` zeros between its values. Neighbours end up `stride` places apart, which is
    stride - 1 zeros between them."""
    dx, dw = both(dout, x, w, stride, padding)
    if stride > 1:
        wide = np.zeros(len(x) + 2 * padding + len(dout) + len(w), floats(x).dtype)
        for i, value in enumerate(dout):
            wide[i * (stride + 1) : i * (stride + 1) + len(w)] += wide.dtype.type(value) * w.astype(wide.dtype)
        dx = wide[padding:][: len(x)].copy()
    return dx, dw


@mistake("correlate1d-backward", family="contract")
def gradients_always_float64(dout, x, w, stride=1, padding=0):
    """The gradients are float64 whatever came in, as np.zeros makes them. Float32 in, float32 out: pass the dtype."""
    return tuple(gradient.astype(np.float64) for gradient in both(dout, x, w, stride, padding))


@mistake("correlate1d-backward", family="contract")
def gradients_stay_integers(dout, x, w, stride=1, padding=0):
    """Integer arguments gave integer gradients, as np.zeros_like makes them. Integers in, float64 out."""
    dx, dw = both(dout, x, w, stride, padding)
    return dx.astype(x.dtype), dw.astype(w.dtype)


@mistake("correlate1d-backward", family="contract")
def kernel_gradient_stays_integer(dout, x, w, stride=1, padding=0):
    """An integer kernel gave integer gradients for the kernel, as np.zeros_like(w) makes them. Integers in, float64
    out."""
    dx, dw = both(dout, x, w, stride, padding)
    return dx, dw.astype(w.dtype)


@mistake("correlate1d-backward", family="contract")
def upstream_overwritten(dout, x, w, stride=1, padding=0):
    """The caller's dout was overwritten. An argument belongs to the caller: work on a copy."""
    gradients = both(dout, x, w, stride, padding)
    dout *= 2
    return gradients


@mistake("correlate1d-backward", family="contract")
def signal_updated(dout, x, w, stride=1, padding=0):
    """The caller's x was overwritten with its gradient. Return the gradient in an array of its own."""
    dx, dw = both(dout, x, w, stride, padding)
    x[...] = dx.astype(x.dtype)
    return dx, dw


@mistake("correlate1d-backward", family="contract")
def kernel_updated(dout, x, w, stride=1, padding=0):
    """The caller's w was changed, as if the step of gradient descent belonged here. Return the gradient; the optimiser
    takes the step."""
    dx, dw = both(dout, x, w, stride, padding)
    w -= (0.1 * dw).astype(w.dtype)
    return dx, dw


@mistake("correlate1d-backward", family="contract")
def upstream_returned(dout, x, w, stride=1, padding=0):
    """For the kernel [1], dout itself was returned as dx. Whoever changes the gradient would change dout: return a
    copy."""
    dx, dw = both(dout, x, w, stride, padding)
    return (dout, dw) if dx.dtype == dout.dtype and np.array_equal(dx, dout) else (dx, dw)


@mistake("correlate1d-backward", family="contract")
def any_length_of_dout(dout, x, w, stride=1, padding=0):
    """A dout that does not have one value for each window was accepted. That hides an error of the caller's: raise
    ValueError."""
    if dout.ndim == x.ndim == w.ndim == 1 and len(x) + 2 * padding >= len(w):
        dout = resized(dout, room(x, w, padding) // stride + 1)
    return both(dout, x, w, stride, padding)


@mistake("correlate1d-backward", family="contract")
def short_dout_repeated(dout, x, w, stride=1, padding=0):
    """A dout of one value was accepted for several windows: NumPy repeated it without a word. Compare its length with
    the number of windows and raise ValueError."""
    if dout.shape == (1,) and x.ndim == w.ndim == 1:
        dout = np.repeat(dout, room(x, w, padding) // stride + 1)
    return both(dout, x, w, stride, padding)


@mistake("correlate1d-backward", family="contract")
def backward_flattens(dout, x, w, stride=1, padding=0):
    """Arguments with two axes were flattened. The contract asks for one axis: raise ValueError for another number."""
    return both(dout.ravel(), x.ravel(), w.ravel(), stride, padding)


@mistake("correlate1d-backward", family="contract")
def zero_gradients_for_a_long_kernel(dout, x, w, stride=1, padding=0):
    """A kernel longer than the padded signal gave gradients of zeros. No forward pass can have come before: raise
    ValueError."""
    if dout.ndim == x.ndim == w.ndim == 1 and len(w) > len(x) + 2 * padding:
        return np.zeros(len(x)), np.zeros(len(w))
    return both(dout, x, w, stride, padding)


@mistake("correlate1d-backward", family="contract")
def backward_asserts(dout, x, w, stride=1, padding=0):
    """Bad arguments were met with `assert`. Assertions are for tests and vanish under python -O: raise ValueError."""
    try:
        return both(dout, x, w, stride, padding)
    except ValueError as error:
        raise AssertionError(str(error)) from None


# -- circular_convolve_fft ----------------------------------------------------------------------------------------


def on_one_ring(x, w):
    one_axis(x, w)
    if len(w) > len(x):
        raise ValueError(f"{len(w)} kernel values do not fit on a ring of {len(x)}")


def spectra(x, w):
    on_one_ring(x, w)
    return np.fft.fft(x), np.fft.fft(w, len(x))


def ring(x, w):
    signal, kernel = spectra(x, w)
    return np.fft.ifft(signal * kernel).real.astype(floats(x).dtype)


@mistake("circular-convolve-fft", family="values")
def linear_for_circular(x, w):
    """Signal and kernel were filled up with zeros to L + K - 1: that is ordinary convolution. On the ring, the length
    stays L."""
    on_one_ring(x, w)
    return whole(x, w)


@mistake("circular-convolve-fft", family="values")
def linear_and_cut(x, w):
    """This is the beginning of the ordinary convolution: what goes beyond the end was cut off. On the ring it is added
    at the beginning."""
    on_one_ring(x, w)
    return whole(x, w)[: len(x)].copy()


@mistake("circular-convolve-fft", family="values")
def complex_output(x, w):
    """The result is complex: np.fft.ifft always gives complex numbers. Take the real part, or use rfft and irfft."""
    signal, kernel = spectra(x, w)
    return np.fft.ifft(signal * kernel)


@mistake("circular-convolve-fft", family="values")
def magnitude_for_the_real_part(x, w):
    """The absolute value was taken to get rid of the complex numbers, and the signs are lost. Take the real part."""
    return np.abs(ring(x, w))


@mistake("circular-convolve-fft", family="values")
def circular_correlation(x, w):
    """The kernel's spectrum was conjugated: that is circular cross-correlation. For convolution, multiply the spectra
    as they are."""
    signal, kernel = spectra(x, w)
    return np.fft.ifft(signal * np.conj(kernel)).real.astype(floats(x).dtype)


@mistake("circular-convolve-fft", family="values")
def signal_spectrum_conjugated(x, w):
    """The signal's spectrum was conjugated instead of none. For convolution, multiply the spectra as they are."""
    signal, kernel = spectra(x, w)
    return np.fft.ifft(np.conj(signal) * kernel).real.astype(floats(x).dtype)


@mistake("circular-convolve-fft", family="values")
def kernel_flipped_on_the_ring(x, w):
    """The kernel was flipped before its transform. The product of the spectra flips already: transform w as it
    stands."""
    one_axis(w)
    return ring(x, w[::-1])


@mistake("circular-convolve-fft", family="values")
def odd_length_lost(x, w):
    """np.fft.irfft was not told the length and gave an even number of values. 4 and 5 values have the same number of
    frequencies: pass n."""
    on_one_ring(x, w)
    return np.fft.irfft(np.fft.rfft(x) * np.fft.rfft(w, len(x))).astype(floats(x).dtype)  # for L = 1 it raises


@mistake("circular-convolve-fft", family="values")
def spectrum_returned(x, w):
    """The product of the spectra was returned. The inverse transform is missing."""
    signal, kernel = spectra(x, w)
    return signal * kernel


@mistake("circular-convolve-fft", family="values")
def real_parts_multiplied(x, w):
    """Only the real parts of the spectra were multiplied. They are complex numbers; take the real part at the very
    end."""
    signal, kernel = spectra(x, w)
    return np.fft.ifft(signal.real * kernel.real).real.astype(floats(x).dtype)


@mistake("circular-convolve-fft", family="values")
def forward_twice(x, w):
    """The forward transform was used for the way back: the result is backwards and L times too large. Use the inverse
    one."""
    signal, kernel = spectra(x, w)
    return np.fft.fft(signal * kernel).real.astype(floats(x).dtype)


@mistake("circular-convolve-fft", family="values")
def divided_by_the_length_again(x, w):
    """The result was divided by L once more. np.fft.ifft has done that already."""
    return ring(x, w) / x.dtype.type(len(x))


@mistake("circular-convolve-fft", family="values")
def unitary_transforms(x, w):
    """Transforms with norm='ortho' were used throughout: the result is too small by the square root of L. The theorem
    in this form holds for the default norm."""
    return (ring(x, w) / np.sqrt(len(x))).astype(floats(x).dtype)


@mistake("circular-convolve-fft", family="values")
def kernel_repeated_around_the_ring(x, w):
    """A kernel shorter than the signal was repeated until it fills the ring. It is filled up with zeros."""
    on_one_ring(x, w)
    return ring(x, np.resize(w, len(x)))


@mistake("circular-convolve-fft", family="values")
def kernel_padded_in_front(x, w):
    """Zeros were put before the kernel, which turns the result around the ring. They belong at its end."""
    on_one_ring(x, w)
    return ring(x, np.pad(w, (len(x) - len(w), 0)))


@mistake("circular-convolve-fft", family="values")
def kernel_padded_on_both_sides(x, w):
    """Zeros were put on both sides of the kernel, which turns the result around the ring. They belong at its end."""
    on_one_ring(x, w)
    spare = len(x) - len(w)
    return ring(x, np.pad(w, (spare // 2, spare - spare // 2)))


@mistake("circular-convolve-fft", family="values")
def kernel_centred_on_the_ring(x, w):
    """The kernel's middle was put at place 0, as for image filters. Here kernel value j meets x[n - j], so that w[0]
    stands at place 0."""
    return np.roll(ring(x, w), -(len(w) // 2))


@mistake("circular-convolve-fft", family="values")
def signal_cut_to_the_kernel(x, w):
    """The signal was cut to the kernel's length, to make the spectra fit. Fill the kernel up with zeros instead."""
    on_one_ring(x, w)
    return ring(x[: len(w)], w)


@mistake("circular-convolve-fft", family="values")
def values_multiplied(x, w):
    """Signal and kernel were multiplied value by value. That is done with their spectra."""
    on_one_ring(x, w)
    signal = floats(x)
    return signal * np.pad(w, (0, len(x) - len(w))).astype(signal.dtype)


@mistake("circular-convolve-fft", family="values")
def result_rounded(x, w):
    """The result was rounded to get rid of the noise of the transform. Real numbers have digits behind the point; noise
    of 1e-16 does no harm."""
    return np.round(ring(x, w), 4)


@mistake("circular-convolve-fft", family="contract")
def ring_always_float64(x, w):
    """The result is float64 whatever came in. Float32 in, float32 out: convert at the end."""
    return ring(x, w).astype(np.float64)


@mistake("circular-convolve-fft", family="contract")
def ring_of_integers(x, w):
    """An integer signal gave an integer result. Integers in, float64 out."""
    y = ring(x, w)
    return y if x.dtype.kind == "f" else np.rint(y).astype(x.dtype)


@mistake("circular-convolve-fft", family="contract")
def long_kernel_cut_off(x, w):
    """A kernel longer than the signal was cut off without a word, as np.fft.fft(w, n) does. Compare the lengths and
    raise ValueError."""
    return ring(x, w[: len(x)] if x.ndim == w.ndim == 1 else w)


@mistake("circular-convolve-fft", family="contract")
def ring_enlarged_for_the_kernel(x, w):
    """For a kernel longer than the signal, the signal was filled up with zeros. The ring has the length of x: raise
    ValueError."""
    if x.ndim == w.ndim == 1 and len(w) > len(x):
        x = np.pad(x, (0, len(w) - len(x)))
    return ring(x, w)


@mistake("circular-convolve-fft", family="contract")
def long_kernel_laid_around(x, w):
    """A kernel longer than the signal was laid around the ring more than once. The contract asks for ValueError."""
    if x.ndim == w.ndim == 1 and len(w) > len(x):
        kernel = np.zeros(len(x))
        np.add.at(kernel, np.arange(len(w)) % len(x), w)
        w = kernel
    return ring(x, w)


@mistake("circular-convolve-fft", family="contract")
def ring_along_the_last_axis(x, w):
    """Arrays with two axes were transformed along their last axis. The contract asks for one axis: raise ValueError for
    another number."""
    if x.ndim == 1 and w.ndim == 1:
        return ring(x, w)
    n = x.shape[-1]
    return np.fft.ifft(np.fft.fft(x) * np.fft.fft(w, n)).real


@mistake("circular-convolve-fft", family="contract")
def signal_overwritten_on_the_ring(x, w):
    """The caller's x was overwritten with the result. An argument belongs to the caller: work on a copy."""
    y = ring(x, w)
    x[...] = y.astype(x.dtype)
    return y


@mistake("circular-convolve-fft", family="contract")
def ring_returns_the_signal(x, w):
    """For the kernel [1], x itself was returned. Whoever changes the result would change the signal: return a copy."""
    y = ring(x, w)
    return x if np.array_equal(w, [1]) and x.dtype == y.dtype else y


@mistake("circular-convolve-fft", family="contract")
def ring_asserts(x, w):
    """Bad arguments were met with `assert`. Assertions are for tests and vanish under python -O: raise ValueError."""
    try:
        return ring(x, w)
    except ValueError as error:
        raise AssertionError(str(error)) from None


# -- commutes_with_shift ------------------------------------------------------------------------------------------


def two_orders(f, x, k):
    one_axis(x)
    return f(np.roll(x, k)).astype(np.float64), np.roll(f(x), k).astype(np.float64)


@mistake("commutes-with-shift", family="values")
def largest_signed_difference(f, x, k):
    """The largest difference was taken with its sign, so that negative ones do not count. Take absolute values
    first."""
    before, after = two_orders(f, x, k)
    return float(np.max(before - after))


@mistake("commutes-with-shift", family="values")
def absolute_value_of_the_maximum(f, x, k):
    """The absolute value was taken of the maximum. Take the maximum of the absolute values."""
    before, after = two_orders(f, x, k)
    return float(np.abs(np.max(before - after)))


@mistake("commutes-with-shift", family="values")
def mean_difference(f, x, k):
    """The differences were averaged. The largest one is asked for."""
    before, after = two_orders(f, x, k)
    return float(np.mean(np.abs(before - after)))


@mistake("commutes-with-shift", family="values")
def sum_of_differences(f, x, k):
    """The differences were added up. The largest one is asked for."""
    before, after = two_orders(f, x, k)
    return float(np.sum(np.abs(before - after)))


@mistake("commutes-with-shift", family="values")
def euclidean_difference(f, x, k):
    """The Euclidean length of the difference was taken. The largest absolute value is asked for."""
    before, after = two_orders(f, x, k)
    return float(np.linalg.norm(before - after))


@mistake("commutes-with-shift", family="values")
def largest_square(f, x, k):
    """The largest squared difference was taken. The largest absolute difference is asked for."""
    before, after = two_orders(f, x, k)
    return float(np.max((before - after) ** 2))


@mistake("commutes-with-shift", family="values")
def relative_difference(f, x, k):
    """The difference was divided by the size of the result. The absolute difference is asked for."""
    before, after = two_orders(f, x, k)
    return float(np.max(np.abs(before - after)) / (np.max(np.abs(after)) or 1.0))


@mistake("commutes-with-shift", family="values")
def difference_of_the_maxima(f, x, k):
    """The maxima of the two results were compared. Compare the results value by value, then take the maximum."""
    before, after = two_orders(f, x, k)
    return float(abs(np.max(before) - np.max(after)))


@mistake("commutes-with-shift", family="values")
def invariance_for_equivariance(f, x, k):
    """f of the shifted signal was compared with f of the signal: that is invariance. For equivariance, the result is
    shifted too."""
    before, after = two_orders(f, x, k)
    return float(np.max(np.abs(before - np.roll(after, -k))))


@mistake("commutes-with-shift", family="values")
def shifted_back(f, x, k):
    """The result was shifted to the other side than the signal. Both shifts are by k."""
    before, after = two_orders(f, x, k)
    return float(np.max(np.abs(before - np.roll(after, -2 * k))))


@mistake("commutes-with-shift", family="values")
def always_by_one_place(f, x, k):
    """The shift is one place whatever k is. Pass k to np.roll."""
    before, after = two_orders(f, x, 1)
    return float(np.max(np.abs(before - after)))


@mistake("commutes-with-shift", family="values")
def shifts_to_the_right_only(f, x, k):
    """The sign of k was dropped. A negative k shifts to the left."""
    before, after = two_orders(f, x, abs(k))
    return float(np.max(np.abs(before - after)))


@mistake("commutes-with-shift", family="values")
def shifted_to_the_left(f, x, k):
    """The signal was shifted to the left. A positive k shifts to the right: np.roll(x, k)."""
    before, after = two_orders(f, x, -k)
    return float(np.max(np.abs(before - after)))


@mistake("commutes-with-shift", family="values")
def zeros_shifted_in(f, x, k):
    """The shift filled with zeros what it had left. Shifts go around the ring: what leaves at the end comes in at the
    beginning."""
    one_axis(x)

    def moved(a):
        y = np.roll(a, k)
        step = min(abs(k), len(a))
        y[:step] = 0 if k > 0 else y[:step]
        y[len(a) - step :] = 0 if k < 0 else y[len(a) - step :]
        return y

    return float(np.max(np.abs(f(moved(x)).astype(np.float64) - moved(f(x)).astype(np.float64))))


@mistake("commutes-with-shift", family="values")
def ends_left_out(f, x, k):
    """The first and last |k| places were left out of the comparison. There the trouble is: all places count."""
    before, after = two_orders(f, x, k)
    step = abs(k) % len(before)
    inner = np.abs(before - after)[step : len(before) - step]
    return float(np.max(inner, initial=0.0))


@mistake("commutes-with-shift", family="values")
def signals_compared(f, x, k):
    """The shifted signal was compared with the signal; f has no part in it."""
    one_axis(x)
    return float(np.max(np.abs(np.roll(x, k) - x)))


@mistake("commutes-with-shift", family="values")
def compared_with_itself(f, x, k):
    """f of the shifted signal was compared with itself, which gives 0 always. The other side is the shifted f(x)."""
    before, _ = two_orders(f, x, k)
    return float(np.max(np.abs(before - before)))


@mistake("commutes-with-shift", family="values")
def yes_or_no(f, x, k):
    """True or False was returned. The size of the largest difference is asked for, a float."""
    before, after = two_orders(f, x, k)
    return bool(np.allclose(before, after))


@mistake("commutes-with-shift", family="values")
def array_of_differences(f, x, k):
    """All differences were returned. Only the largest one is asked for, a float."""
    before, after = two_orders(f, x, k)
    return np.abs(before - after)


@mistake("commutes-with-shift", family="values")
def counts_the_differing_places(f, x, k):
    """The places that differ were counted. The size of the largest difference is asked for."""
    before, after = two_orders(f, x, k)
    return float(np.sum(~np.isclose(before, after)))


@mistake("commutes-with-shift", family="contract")
def signal_shifted_in_place(f, x, k):
    """The caller's x was shifted in place. An argument belongs to the caller: np.roll makes a copy."""
    before, after = two_orders(f, x, k)
    x[...] = np.roll(x, k)
    return float(np.max(np.abs(before - after)))


@mistake("commutes-with-shift", family="contract")
def signal_lost_its_values(f, x, k):
    """The caller's x was overwritten with f(x). An argument belongs to the caller: work on a copy."""
    before, after = two_orders(f, x, k)
    x[...] = f(x)
    return float(np.max(np.abs(before - after)))


@mistake("commutes-with-shift", family="contract")
def differences_wrap_around(f, x, k):
    """The results were subtracted in their own integer type and wrapped around: 0 - 200 is 56 in uint8. Convert to
    float64 before you subtract."""
    one_axis(x)
    return float(np.max(np.abs(f(np.roll(x, k)) - np.roll(f(x), k))))


@mistake("commutes-with-shift", family="contract")
def rows_shifted_too(f, x, k):
    """A signal with two axes was accepted. The contract asks for one axis: raise ValueError for another number."""
    before, after = f(np.roll(x, k)), np.roll(f(x), k)
    return float(np.max(np.abs(before.astype(np.float64) - after)))


@mistake("commutes-with-shift", family="contract")
def axes_asserted(f, x, k):
    """A signal with two axes was met with `assert`. Assertions are for tests and vanish under python -O: raise
    ValueError."""
    assert x.ndim == 1
    before, after = two_orders(f, x, k)
    return float(np.max(np.abs(before - after)))
