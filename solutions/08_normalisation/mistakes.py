"""Known wrong answers of unit 08. Each docstring is the sentence that a learner reads."""

from __future__ import annotations

import numpy as np

from autograder.testing import Mistakes

mistake = Mistakes()


# -- right building blocks, from which the wrong answers are made -------------------------------------------------


def floats(x):
    return x if x.dtype.kind == "f" else x.astype(np.float64)


def along_channels(values):
    return values[:, None, None]


def four_axes(x):
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, C, H, W)")


# -- lrn ----------------------------------------------------------------------------------------------------------


def checked(x, n):
    four_axes(x)
    if n < 1:
        raise ValueError(f"n is {n}, expected at least 1")
    return floats(x)


def shifted(squares, offset, mode="constant"):
    width = ((0, 0), (max(-offset, 0), max(offset, 0)), (0, 0), (0, 0))
    padded = np.pad(squares, width, mode=mode)
    return padded[:, max(offset, 0) :][:, : squares.shape[1]]


def summed(squares, n, first=None, last=None, mode="constant"):
    first = -(n // 2) if first is None else first
    last = (n - 1) // 2 if last is None else last
    total = np.zeros_like(squares)
    for offset in range(first, last + 1):
        total += shifted(squares, offset, mode)
    return total


def neighbourhood(x, n):
    return summed(x**2, n)


def responses(x, total, k=2.0, alpha=1e-4, beta=0.75):
    return x / (k + alpha * total) ** beta


def right_lrn(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    x = checked(x, n)
    return responses(x, neighbourhood(x, n), k, alpha, beta)


@mistake("lrn", family="formula")
def k_left_out(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """k was left out. It belongs to the sum before the power is taken, and keeps small values from being blown up."""
    x = checked(x, n)
    return responses(x, neighbourhood(x, n), 0.0, alpha, beta)


@mistake("lrn", family="formula")
def k_of_one(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """k was taken as 1, PyTorch's default, whatever was given."""
    x = checked(x, n)
    return responses(x, neighbourhood(x, n), 1.0, alpha, beta)


@mistake("lrn", family="formula")
def alpha_times_k_too(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """alpha was multiplied by k and the sum: α·(k + Σ). It weighs the sum of squares alone: k + α·Σ."""
    x = checked(x, n)
    return x / (alpha * (k + neighbourhood(x, n))) ** beta


@mistake("lrn", family="formula")
def k_after_the_power(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """k was added after the power was taken: k + (α·Σ)^β. The power is that of the whole bracket: (k + α·Σ)^β."""
    x = checked(x, n)
    return x / (k + (alpha * neighbourhood(x, n)) ** beta)


@mistake("lrn", family="formula")
def power_of_the_sum_alone(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """The power was taken of the sum of squares alone: k + α·Σ^β. It is that of the whole bracket: (k + α·Σ)^β."""
    x = checked(x, n)
    return x / (k + alpha * neighbourhood(x, n) ** beta)


@mistake("lrn", family="formula")
def weight_left_out(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """alpha was left out: the sum of squares is multiplied by it."""
    x = checked(x, n)
    return responses(x, neighbourhood(x, n), k, 1.0, beta)


@mistake("lrn", family="formula")
def power_left_out(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """beta was left out: the bracket is raised to this power before it divides."""
    x = checked(x, n)
    return responses(x, neighbourhood(x, n), k, alpha, 1.0)


@mistake("lrn", family="formula")
def square_root_for_beta(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """A square root was taken in the place of the power beta, as if this were a standard deviation."""
    x = checked(x, n)
    return responses(x, neighbourhood(x, n), k, alpha, 0.5)


@mistake("lrn", family="formula")
def multiplied_by_beta(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """The bracket was multiplied by beta. beta is an exponent: in Python, `**`."""
    x = checked(x, n)
    return x / ((k + alpha * neighbourhood(x, n)) * beta)


@mistake("lrn", family="formula")
def alpha_and_beta_exchanged(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """alpha and beta were exchanged: alpha weighs the sum, beta is the power."""
    x = checked(x, n)
    return responses(x, neighbourhood(x, n), k, beta, alpha)


@mistake("lrn", family="formula")
def constants_of_the_paper_fixed(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """AlexNet's constants were used whatever the arguments said."""
    x = checked(x, n)
    return responses(x, neighbourhood(x, n))


@mistake("lrn", family="formula")
def values_not_squared(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """The values were added as they are. It is their squares that are added, so that negative ones count as well."""
    x = checked(x, n)
    return responses(x, summed(x, n), k, alpha, beta)


@mistake("lrn", family="formula")
def magnitudes_not_squares(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """The magnitudes |a| were added. The formula adds the squares."""
    x = checked(x, n)
    return responses(x, summed(np.abs(x), n), k, alpha, beta)


@mistake("lrn", family="formula")
def multiplied_for_divided(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """The values were multiplied by the power of the bracket. They are divided: strong neighbours weaken a value."""
    x = checked(x, n)
    return x * (k + alpha * neighbourhood(x, n)) ** beta


@mistake("lrn", family="formula")
def divisor_returned(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """What was returned is the power of the bracket, the divisor. The result is x divided by it."""
    x = checked(x, n)
    return (k + alpha * neighbourhood(x, n)) ** beta


@mistake("lrn", family="formula")
def own_square_left_out(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """The value's own square was left out of the sum. A channel is one of its own n neighbours."""
    x = checked(x, n)
    return responses(x, neighbourhood(x, n) - x**2, k, alpha, beta)


@mistake("lrn", family="formula")
def sign_lost(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """The result has lost its signs: the magnitude of x was divided where x itself is."""
    return np.abs(right_lrn(x, n, k, alpha, beta))


@mistake("lrn", family="formula")
def root_of_the_sum(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """The square root of the sum of squares was taken before alpha. There is no root in the formula; beta does it."""
    x = checked(x, n)
    return responses(x, np.sqrt(neighbourhood(x, n)), k, alpha, beta)


@mistake("lrn", family="formula")
def sums_in_float32(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """The sums were made in float32. With float64 inputs, that loses half of the digits."""
    y = right_lrn(x, n, k, alpha, beta)
    return right_lrn(x.astype(np.float32), n, k, alpha, beta).astype(y.dtype)


@mistake("lrn", family="neighbours")
def alpha_divided_by_n(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """alpha was divided by n, as PyTorch does. In the paper, and here, it weighs the sum itself."""
    x = checked(x, n)
    return responses(x, neighbourhood(x, n) / n, k, alpha, beta)


@mistake("lrn", family="neighbours")
def alpha_times_n(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """alpha was multiplied by n. That is what PyTorch must be given to agree with the paper; here alpha is the
    paper's own."""
    x = checked(x, n)
    return responses(x, neighbourhood(x, n) * n, k, alpha, beta)


@mistake("lrn", family="neighbours")
def mean_over_existing_channels(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """The squares were averaged over the channels that exist. The formula has their sum."""
    x = checked(x, n)
    return responses(x, neighbourhood(x, n) / summed(np.ones_like(x), n), k, alpha, beta)


@mistake("lrn", family="neighbours")
def within_a_channel(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """The sum ran over an n×n window of rows and columns within a channel. Here the neighbours are channels, at the
    same pixel."""
    x = checked(x, n)
    rows = summed((x**2).swapaxes(1, 2), n).swapaxes(1, 2)
    return responses(x, summed(rows.swapaxes(1, 3), n).swapaxes(1, 3), k, alpha, beta)


@mistake("lrn", family="neighbours")
def along_the_rows(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """The sum ran along the axis of the rows. Neighbours are channels: the second axis, axis 1."""
    x = checked(x, n)
    return responses(x, summed((x**2).swapaxes(1, 2), n).swapaxes(1, 2), k, alpha, beta)


@mistake("lrn", family="neighbours")
def along_the_columns(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """The sum ran along the last axis, the columns. Neighbours are channels: the second axis, axis 1."""
    x = checked(x, n)
    return responses(x, summed((x**2).swapaxes(1, 3), n).swapaxes(1, 3), k, alpha, beta)


@mistake("lrn", family="neighbours")
def along_the_images(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """The sum ran over the images of the batch. Neighbours are channels of the same image: the second axis, axis 1."""
    x = checked(x, n)
    return responses(x, summed((x**2).swapaxes(0, 1), n).swapaxes(0, 1), k, alpha, beta)


@mistake("lrn", family="neighbours")
def sum_over_all_channels(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """The sum ran over all channels. It runs over n of them, around the value's own."""
    x = checked(x, n)
    total = (x**2).sum(axis=1, keepdims=True) if n > 1 else x**2
    return responses(x, total, k, alpha, beta)


@mistake("lrn", family="neighbours")
def n_channels_on_each_side(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """n - 1 channels on each side were added. n counts all channels of the sum: n // 2 before, (n - 1) // 2 after."""
    x = checked(x, n)
    return responses(x, summed(x**2, n, 1 - n, n - 1), k, alpha, beta)


@mistake("lrn", family="neighbours")
def only_channels_before(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """The n channels up to the value's own were added. The value's own stands in the middle: n // 2 before it,
    (n - 1) // 2 after."""
    x = checked(x, n)
    return responses(x, summed(x**2, n, 1 - n, 0), k, alpha, beta)


@mistake("lrn", family="neighbours")
def only_channels_after(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """The n channels from the value's own on were added. The value's own stands in the middle: n // 2 before it,
    (n - 1) // 2 after."""
    x = checked(x, n)
    return responses(x, summed(x**2, n, 0, n - 1), k, alpha, beta)


@mistake("lrn", family="neighbours")
def last_neighbour_missed(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """The last channel of the sum was missed: the end of a slice or a range is not part of it, so add 1."""
    x = checked(x, n)
    return responses(x, summed(x**2, n, None, (n - 1) // 2 - 1), k, alpha, beta)


@mistake("lrn", family="neighbours")
def one_neighbour_too_many(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """For an even n, n + 1 channels were added: n // 2 on both sides. There are n // 2 before the value's own and
    (n - 1) // 2 after it."""
    x = checked(x, n)
    return responses(x, summed(x**2, n, -(n // 2), n // 2), k, alpha, beta)


@mistake("lrn", family="neighbours")
def even_window_on_the_other_side(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """For an even n, the channel in excess was taken after the value's own: n // 2 stand before it, (n - 1) // 2
    after."""
    x = checked(x, n)
    return responses(x, summed(x**2, n, -((n - 1) // 2), n // 2), k, alpha, beta)


@mistake("lrn", family="neighbours")
def even_window_made_odd(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """For an even n, n - 1 channels were added: (n - 1) // 2 on both sides. There are n // 2 before the value's own."""
    x = checked(x, n)
    return responses(x, summed(x**2, n, -((n - 1) // 2), (n - 1) // 2), k, alpha, beta)


@mistake("lrn", family="neighbours")
def channels_wrap_around(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """Beyond the first and the last channel the sum went on at the other end, as negative indices and np.roll do.
    Channels that do not exist add nothing."""
    x = checked(x, n)
    offsets = range(-(n // 2), (n - 1) // 2 + 1)
    return responses(x, sum(np.roll(x**2, -offset, axis=1) for offset in offsets), k, alpha, beta)


@mistake("lrn", family="neighbours")
def end_channels_repeated(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """Beyond the first and the last channel, these were added again. Channels that do not exist add nothing."""
    x = checked(x, n)
    return responses(x, summed(x**2, n, mode="edge"), k, alpha, beta)


@mistake("lrn", family="neighbours")
def normalised_neighbours_added(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """Channels were overwritten one after the other, so that later ones met neighbours that had been divided already.
    All sums are those of the input: write to a new array."""
    y = checked(x, n).copy()
    for c in range(y.shape[1]):
        near = y[:, max(0, c - n // 2) : c + (n - 1) // 2 + 1]
        y[:, c] = responses(y[:, c], (near**2).sum(axis=1), k, alpha, beta)
    return y


@mistake("lrn", family="neighbours")
def sum_squared(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """The neighbours were added first and the sum was squared. The squares are added."""
    x = checked(x, n)
    return responses(x, summed(x, n) ** 2, k, alpha, beta)


@mistake("lrn", family="neighbours")
def strongest_neighbour_only(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """Only the largest square among the neighbours was used. The formula adds all of them."""
    x = checked(x, n)
    offsets = range(-(n // 2), (n - 1) // 2 + 1)
    return responses(x, np.max([shifted(x**2, offset) for offset in offsets], axis=0), k, alpha, beta)


@mistake("lrn", family="neighbours")
def five_neighbours_fixed(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """Five neighbouring channels were added whatever n said."""
    x = checked(x, n)
    return responses(x, neighbourhood(x, 5 if n > 1 else 1), k, alpha, beta)


@mistake("lrn", family="contract")
def lrn_in_place(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """The caller's x was overwritten. An argument belongs to the caller: work on a copy."""
    y = right_lrn(x, n, k, alpha, beta)
    x[...] = y
    return y


@mistake("lrn", family="contract")
def lrn_always_float64(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """The result is float64 whatever came in. Float32 in, float32 out: make sums with x's dtype."""
    return right_lrn(x, n, k, alpha, beta).astype(np.float64)


@mistake("lrn", family="contract")
def lrn_stays_integer(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """Integers in gave integers out, which cuts off all that stands behind the point. Integers in, float64 out."""
    return right_lrn(x, n, k, alpha, beta).astype(x.dtype)


@mistake("lrn", family="contract")
def squares_overflow(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """Squares of small integers were made in their own type, where large ones overflow: 20² does not fit into uint8.
    Convert x first."""
    values = checked(x, n)
    return responses(values, summed(floats(x**2), n), k, alpha, beta)


@mistake("lrn", family="contract")
def lrn_of_any_rank(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """Arrays without exactly four axes were accepted. The contract asks for (N, C, H, W): raise ValueError for
    another number of axes."""
    if x.ndim == 3:
        return right_lrn(x[None], n, k, alpha, beta)[0]
    if x.ndim == 5:
        return right_lrn(x.reshape(-1, *x.shape[2:]), n, k, alpha, beta).reshape(x.shape)
    return right_lrn(x, n, k, alpha, beta)


@mistake("lrn", family="contract")
def lrn_without_neighbours_accepted(x, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """n less than 1 was accepted. A sum has at least the value's own channel: raise ValueError."""
    four_axes(x)
    return right_lrn(x, n, k, alpha, beta) if n > 0 else floats(x) / k**beta


# -- local_contrast_norm ------------------------------------------------------------------------------------------


def odd(x, size):
    four_axes(x)
    if size < 1 or size % 2 == 0:
        raise ValueError(f"size is {size}, expected an odd number")
    return floats(x)


def windows_of(x, size, mode="edge", axis=(2, 3)):
    border = size // 2
    width = [(border, border) if i in axis else (0, 0) for i in range(4)]
    padded = np.pad(x, width, mode=mode)
    return np.lib.stride_tricks.sliding_window_view(padded, (size,) * len(axis), axis=axis)


def local(x, size, mode="edge"):
    return windows_of(x, size, mode).mean(axis=(4, 5))


def contrasted(v, size, floor, mode="edge"):
    return v / np.maximum(np.sqrt(local(v**2, size, mode)), floor)


def right_contrast(x, size, floor=1e-4):
    x = odd(x, size)
    return contrasted(x - local(x, size), size, floor)


@mistake("local-contrast-norm", family="inside")
def means_of_the_whole_image(x, size, floor=1e-4):
    """Mean and contrast of the whole channel were used. Local means: those of the window around each pixel."""
    x = odd(x, size)
    v = x - x.mean(axis=(2, 3), keepdims=True)
    return v / np.maximum(np.sqrt((v**2).mean(axis=(2, 3), keepdims=True)), floor)


@mistake("local-contrast-norm", family="inside")
def contrast_of_the_whole_image(x, size, floor=1e-4):
    """The local mean was subtracted, but the contrast is that of the whole channel. Both are those of the window."""
    x = odd(x, size)
    v = x - local(x, size)
    return v / np.maximum(np.sqrt((v**2).mean(axis=(2, 3), keepdims=True)), floor)


@mistake("local-contrast-norm", family="inside")
def mean_not_subtracted(x, size, floor=1e-4):
    """The local mean was not subtracted: that is the first of the two steps."""
    return contrasted(odd(x, size), size, floor)


@mistake("local-contrast-norm", family="inside")
def contrast_not_divided(x, size, floor=1e-4):
    """The local mean was subtracted, but nothing was divided by: the second step is missing."""
    x = odd(x, size)
    return x - local(x, size)


@mistake("local-contrast-norm", family="inside")
def divided_by_the_mean_square(x, size, floor=1e-4):
    """v was divided by the mean of its squares. The contrast is the root of that."""
    x = odd(x, size)
    v = x - local(x, size)
    return v / np.maximum(local(v**2, size), floor)


@mistake("local-contrast-norm", family="inside")
def x_divided_not_v(x, size, floor=1e-4):
    """x itself was divided by the contrast. What is divided is v, from which the mean has been taken away."""
    x = odd(x, size)
    return x / np.maximum(np.sqrt(local((x - local(x, size)) ** 2, size)), floor)


@mistake("local-contrast-norm", family="inside")
def contrast_of_x(x, size, floor=1e-4):
    """The contrast was made from x. It is the root of the mean of v², after the local mean has been taken away."""
    x = odd(x, size)
    return (x - local(x, size)) / np.maximum(np.sqrt(local(x**2, size)), floor)


@mistake("local-contrast-norm", family="inside")
def variance_within_the_window(x, size, floor=1e-4):
    """The standard deviation of x within each window was used, all less the same mean. Here each pixel is less its
    own window's mean before the squares are averaged."""
    x = odd(x, size)
    return (x - local(x, size)) / np.maximum(windows_of(x, size).std(axis=(4, 5)), floor)


@mistake("local-contrast-norm", family="inside")
def mean_of_v_subtracted_again(x, size, floor=1e-4):
    """The contrast is the standard deviation of v within the window. The formula has the root of the mean of v², no
    second mean is subtracted."""
    x = odd(x, size)
    v = x - local(x, size)
    return v / np.maximum(windows_of(v, size).std(axis=(4, 5)), floor)


@mistake("local-contrast-norm", family="inside")
def windows_over_all_channels(x, size, floor=1e-4):
    """The means were taken over all channels. Each channel stands for itself."""
    x = odd(x, size)
    v = x - local(x, size).mean(axis=1, keepdims=True)
    return v / np.maximum(np.sqrt(local(v**2, size).mean(axis=1, keepdims=True)), floor)


@mistake("local-contrast-norm", family="inside")
def windows_over_all_images(x, size, floor=1e-4):
    """The means were taken over all images of the batch. Each image stands for itself."""
    x = odd(x, size)
    v = x - local(x, size).mean(axis=0, keepdims=True)
    return v / np.maximum(np.sqrt(local(v**2, size).mean(axis=0, keepdims=True)), floor)


@mistake("local-contrast-norm", family="inside")
def mean_across_channels(x, size, floor=1e-4):
    """The windows ran over neighbouring channels, as in local response normalisation. Here they run over rows and
    columns of one channel."""
    x = odd(x, size)
    v = x - windows_of(x, size, axis=(1,)).mean(axis=4)
    return v / np.maximum(np.sqrt(windows_of(v**2, size, axis=(1,)).mean(axis=4)), floor)


@mistake("local-contrast-norm", family="inside")
def windows_of_one_row(x, size, floor=1e-4):
    """The windows have one row only. They are size × size."""
    x = odd(x, size)
    v = x - windows_of(x, size, axis=(3,)).mean(axis=4)
    return v / np.maximum(np.sqrt(windows_of(v**2, size, axis=(3,)).mean(axis=4)), floor)


@mistake("local-contrast-norm", family="inside")
def windows_of_one_column(x, size, floor=1e-4):
    """The windows have one column only. They are size × size."""
    x = odd(x, size)
    v = x - windows_of(x, size, axis=(2,)).mean(axis=4)
    return v / np.maximum(np.sqrt(windows_of(v**2, size, axis=(2,)).mean(axis=4)), floor)


@mistake("local-contrast-norm", family="inside")
def sums_not_means(x, size, floor=1e-4):
    """The windows' sums were used. Divide by the number of pixels, size · size."""
    x = odd(x, size)
    v = x - local(x, size) * size**2
    return v / np.maximum(np.sqrt(local(v**2, size) * size**2), floor)


@mistake("local-contrast-norm", family="inside")
def sum_of_squares_not_mean(x, size, floor=1e-4):
    """The squares of a window were added but not divided by their number, size · size."""
    x = odd(x, size)
    v = x - local(x, size)
    return v / np.maximum(np.sqrt(local(v**2, size) * size**2), floor)


@mistake("local-contrast-norm", family="inside")
def unbiased_contrast(x, size, floor=1e-4):
    """The sum of squares was divided by size² - 1. The contrast has the plain mean: divide by size²."""
    x = odd(x, size)
    v = x - local(x, size)
    return v / np.maximum(np.sqrt(local(v**2, size) * size**2 / max(size**2 - 1, 1)), floor)


@mistake("local-contrast-norm", family="inside")
def size_taken_as_radius(x, size, floor=1e-4):
    """The windows reach size pixels in each direction. size is the whole side: size // 2 in each direction."""
    odd(x, size)
    return right_contrast(x, 2 * size + 1, floor)


@mistake("local-contrast-norm", family="inside")
def mean_magnitude_for_contrast(x, size, floor=1e-4):
    """v was divided by the mean of its magnitudes. The contrast is the root of the mean of its squares."""
    x = odd(x, size)
    v = x - local(x, size)
    return v / np.maximum(local(np.abs(v), size), floor)


@mistake("local-contrast-norm", family="inside")
def floor_of_the_paper(x, size, floor=1e-4):
    """The mean of σ over the channel was used as the floor, as in Jarrett et al. 2009. Here the floor is the number
    that is given."""
    x = odd(x, size)
    v = x - local(x, size)
    sigma = np.sqrt(local(v**2, size))
    return v / np.maximum(sigma, np.maximum(sigma.mean(axis=(2, 3), keepdims=True), floor))


@mistake("local-contrast-norm", family="inside")
def medians_not_means(x, size, floor=1e-4):
    """The windows' medians were subtracted. The formula has their means."""
    x = odd(x, size)
    return contrasted(x - np.median(windows_of(x, size), axis=(4, 5)), size, floor)


@mistake("local-contrast-norm", family="borders")
def borders_of_zeros(x, size, floor=1e-4):
    """The maps were continued by zeros, which darkens every border. Repeat the nearest pixel."""
    x = odd(x, size)
    return contrasted(x - local(x, size, "constant"), size, floor, "constant")


@mistake("local-contrast-norm", family="borders")
def v_continued_by_zeros(x, size, floor=1e-4):
    """x was continued by its nearest pixels, but v by zeros. Repeat the nearest pixel both times."""
    x = odd(x, size)
    return contrasted(x - local(x, size), size, floor, "constant")


@mistake("local-contrast-norm", family="borders")
def borders_mirrored(x, size, floor=1e-4):
    """The maps were continued by their mirror image. Repeat the nearest pixel."""
    x = odd(x, size)
    if size // 2 >= min(x.shape[2:]):
        raise IndexError("the mirror image is too small")
    return contrasted(x - local(x, size, "reflect"), size, floor, "reflect")


@mistake("local-contrast-norm", family="borders")
def borders_wrap_around(x, size, floor=1e-4):
    """The maps were continued from the opposite border. Repeat the nearest pixel."""
    x = odd(x, size)
    return contrasted(x - local(x, size, "wrap"), size, floor, "wrap")


@mistake("local-contrast-norm", family="borders")
def windows_cut_at_the_border(x, size, floor=1e-4):
    """Windows were cut at the border and averaged over the pixels that are left. Here they keep their size, and the
    nearest pixel is repeated."""
    x = odd(x, size)
    share = local(np.ones_like(x), size, "constant")
    v = x - local(x, size, "constant") / share
    return v / np.maximum(np.sqrt(local(v**2, size, "constant") / share), floor)


@mistake("local-contrast-norm", family="borders")
def v_of_the_continued_map(x, size, floor=1e-4):
    """v was computed beyond the border from a wider continuation of x. It is computed within the image, and there its
    nearest values are repeated."""
    x = odd(x, size)
    border = size // 2
    wide = np.pad(x, ((0, 0), (0, 0), (border, border), (border, border)), mode="edge")
    inner = slice(border, -border or None)
    return contrasted(wide - local(wide, size), size, floor)[:, :, inner, inner].copy()


@mistake("local-contrast-norm", family="borders")
def border_left_at_zero(x, size, floor=1e-4):
    """Pixels whose window reaches over the border were left at 0. They have values too: repeat the nearest pixel."""
    y = np.zeros_like(odd(x, size))
    border = size // 2
    inner = slice(border, -border or None)
    y[:, :, inner, inner] = right_contrast(x, size, floor)[:, :, inner, inner]
    return y


@mistake("local-contrast-norm", family="flat places")
def nothing_against_zero(x, size, floor=1e-4):
    """Nothing keeps the divisor from 0: flat places give 0/0, which is nan, or blow up noise. Take the larger of σ
    and the floor."""
    x = odd(x, size)
    v = x - local(x, size)
    return v / np.sqrt(local(v**2, size))


@mistake("local-contrast-norm", family="flat places")
def floor_added(x, size, floor=1e-4):
    """The floor was added to σ, which changes every value. It counts only where σ is less: np.maximum(σ, floor)."""
    x = odd(x, size)
    v = x - local(x, size)
    return v / (np.sqrt(local(v**2, size)) + floor)


@mistake("local-contrast-norm", family="flat places")
def floor_under_the_root(x, size, floor=1e-4):
    """The floor was added under the root, as in batch normalisation. It is the least divisor: np.maximum(σ, floor)."""
    x = odd(x, size)
    v = x - local(x, size)
    return v / np.sqrt(local(v**2, size) + floor)


@mistake("local-contrast-norm", family="flat places")
def floor_compared_under_the_root(x, size, floor=1e-4):
    """The mean of squares was compared with the floor before the root. The floor is for σ: take the root first."""
    x = odd(x, size)
    v = x - local(x, size)
    return v / np.sqrt(np.maximum(local(v**2, size), floor))


@mistake("local-contrast-norm", family="flat places")
def one_where_flat(x, size, floor=1e-4):
    """Where σ is less than the floor, v was divided by 1. It is divided by the floor there."""
    x = odd(x, size)
    v = x - local(x, size)
    sigma = np.sqrt(local(v**2, size))
    return v / np.where(sigma < floor, 1.0, sigma)


@mistake("local-contrast-norm", family="flat places")
def floor_fixed(x, size, floor=1e-4):
    """The floor was 1e-4 whatever the argument said."""
    return right_contrast(x, size)


@mistake("local-contrast-norm", family="flat places")
def smaller_of_contrast_and_floor(x, size, floor=1e-4):
    """The smaller of σ and the floor was taken. The floor is the least that v is divided by: np.maximum."""
    x = odd(x, size)
    v = x - local(x, size)
    return v / np.minimum(np.sqrt(local(v**2, size)), floor)


@mistake("local-contrast-norm", family="contract")
def contrast_in_place(x, size, floor=1e-4):
    """The caller's x was overwritten, as `x -= mean` does. An argument belongs to the caller: work on a copy."""
    y = right_contrast(x, size, floor)
    x[...] = y
    return y


@mistake("local-contrast-norm", family="contract")
def contrast_always_float64(x, size, floor=1e-4):
    """The result is float64 whatever came in. Float32 in, float32 out."""
    return right_contrast(x, size, floor).astype(np.float64)


@mistake("local-contrast-norm", family="contract")
def contrast_stays_integer(x, size, floor=1e-4):
    """Integers in gave integers out, which cuts off all that stands behind the point. Integers in, float64 out."""
    return right_contrast(x, size, floor).astype(x.dtype)


@mistake("local-contrast-norm", family="contract")
def even_windows_accepted(x, size, floor=1e-4):
    """An even size was accepted. Such a window has no pixel in its middle: raise ValueError."""
    return right_contrast(x, size + 1 if size > 1 and size % 2 == 0 else size, floor)


@mistake("local-contrast-norm", family="contract")
def contrast_of_any_rank(x, size, floor=1e-4):
    """Arrays without exactly four axes were accepted. The contract asks for (N, C, H, W): raise ValueError for
    another number of axes."""
    shape = (1,) * (4 - x.ndim) + x.shape
    return right_contrast(x.reshape(shape), size, floor).reshape(x.shape)


@mistake("local-contrast-norm", family="contract")
def windows_without_pixels_accepted(x, size, floor=1e-4):
    """A size below 1 was accepted. A window has at least one pixel: raise ValueError."""
    return right_contrast(x, size, floor) if size > 0 else odd(x, 1).copy()


# -- batchnorm2d_forward ------------------------------------------------------------------------------------------

OVER = (0, 2, 3)


def fitting(x, state, **arrays):
    four_axes(x)
    for name, values in {**arrays, **state}.items():
        if values.shape != (x.shape[1],):
            raise ValueError(f"{name} has shape {values.shape}, x has {x.shape[1]} channels")


def prepared(x, gamma, beta, state, train):
    fitting(x, state, gamma=gamma, beta=beta)
    if train and x.size == x.shape[1]:
        raise ValueError("one value per channel")
    return floats(x)


def unbiased(x):
    return x.var(axis=OVER, ddof=1)


def mix(state, momentum, mean, var):
    for name, batch in (("running_mean", mean), ("running_var", var)):
        state[name][...] = (1 - momentum) * state[name] + momentum * batch


def apart(state):
    return {name: values.copy() for name, values in state.items()}


def remember(x, state, train, momentum):
    if train:
        mix(state, momentum, x.mean(axis=OVER), unbiased(x))


def used(x, state, train):
    if train:
        return x.mean(axis=OVER), x.var(axis=OVER)
    return state["running_mean"], state["running_var"]


def scaled(x, mean, std, gamma, beta):
    y = along_channels(gamma) * (x - along_channels(mean)) / along_channels(std) + along_channels(beta)
    return y.astype(x.dtype)


def right_forward(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    x = prepared(x, gamma, beta, state, train)
    mean, var = used(x, state, train)
    remember(x, state, train, momentum)
    return scaled(x, mean, np.sqrt(var + eps), gamma, beta)


@mistake("batchnorm2d-forward", family="training")
def eps_outside_the_root(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """eps was added to the standard deviation. It is added to the variance, under the root: √(σ² + ε)."""
    x = prepared(x, gamma, beta, state, train)
    mean, var = used(x, state, train)
    remember(x, state, train, momentum)
    return scaled(x, mean, np.sqrt(var) + eps, gamma, beta)


@mistake("batchnorm2d-forward", family="training")
def eps_left_out(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """eps was left out. Added to the variance, it keeps channels that hardly vary from being blown up."""
    return right_forward(x, gamma, beta, state, train, 0.0, momentum)


@mistake("batchnorm2d-forward", family="training")
def eps_squared(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """The square of eps was added to the variance. It is eps itself that is added."""
    return right_forward(x, gamma, beta, state, train, eps**2, momentum)


@mistake("batchnorm2d-forward", family="training")
def eps_fixed(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """eps was 1e-5 whatever the argument said."""
    return right_forward(x, gamma, beta, state, train, 1e-5, momentum)


@mistake("batchnorm2d-forward", family="training")
def variance_at_least_eps(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """The larger of variance and eps was used. eps is added to the variance."""
    x = prepared(x, gamma, beta, state, train)
    mean, var = used(x, state, train)
    remember(x, state, train, momentum)
    return scaled(x, mean, np.sqrt(np.maximum(var, eps)), gamma, beta)


@mistake("batchnorm2d-forward", family="training")
def divided_by_the_variance(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """The values were divided by the variance. It is its root, the standard deviation, that brings them to variance
    1."""
    x = prepared(x, gamma, beta, state, train)
    mean, var = used(x, state, train)
    remember(x, state, train, momentum)
    return scaled(x, mean, var + eps, gamma, beta)


@mistake("batchnorm2d-forward", family="training")
def unbiased_normaliser(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """The batch was normalised by its unbiased variance (m - 1). The normaliser has the ordinary one (m); only the
    running variance is fed with the unbiased one."""
    x = prepared(x, gamma, beta, state, train)
    mean, var = used(x, state, train)
    remember(x, state, train, momentum)
    return scaled(x, mean, np.sqrt((unbiased(x) if train else var) + eps), gamma, beta)


def normalised_over(x, axes, eps):
    return (x - x.mean(axis=axes, keepdims=True)) / np.sqrt(x.var(axis=axes, keepdims=True) + eps)


def over_other_axes(axes, x, gamma, beta, state, train, eps, momentum):
    y = right_forward(x, gamma, beta, state, train, eps, momentum)
    if not train:
        return y
    normalised = normalised_over(floats(x), axes, eps)
    return (along_channels(gamma) * normalised + along_channels(beta)).astype(y.dtype)


@mistake("batchnorm2d-forward", family="training")
def every_image_for_itself(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """Each image was normalised for itself. That is instance normalisation; here mean and variance of a channel are
    those over all images: axis=(0, 2, 3)."""
    return over_other_axes((2, 3), x, gamma, beta, state, train, eps, momentum)


@mistake("batchnorm2d-forward", family="training")
def every_pixel_for_itself(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """Each position of the map got a mean and a variance of its own. A channel has one of each, over images, rows and
    columns: axis=(0, 2, 3)."""
    return over_other_axes((0,), x, gamma, beta, state, train, eps, momentum)


@mistake("batchnorm2d-forward", family="training")
def all_channels_together(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """All channels shared one mean and one variance. Each channel has its own: axis=(0, 2, 3)."""
    return over_other_axes((0, 1, 2, 3), x, gamma, beta, state, train, eps, momentum)


@mistake("batchnorm2d-forward", family="training")
def over_the_channels(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """The mean ran over the channels of each image. That is layer normalisation; here it runs over images, rows and
    columns of each channel: axis=(0, 2, 3)."""
    return over_other_axes((1, 2, 3), x, gamma, beta, state, train, eps, momentum)


@mistake("batchnorm2d-forward", family="training")
def columns_taken_for_channels(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """The last axis was taken for that of the channels: axis=(0, 1, 2) leaves the columns. Here the channels are the
    second axis: average over (0, 2, 3)."""
    return over_other_axes((0, 1, 2), x, gamma, beta, state, train, eps, momentum)


@mistake("batchnorm2d-forward", family="training")
def first_image_for_all(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """Mean and variance of the first image were used for the whole batch. They are those over all images."""
    y = right_forward(x, gamma, beta, state, train, eps, momentum)
    if not train:
        return y
    mean, var = floats(x)[:1].mean(axis=OVER), floats(x)[:1].var(axis=OVER)
    return scaled(floats(x), mean, np.sqrt(var + eps), gamma, beta)


@mistake("batchnorm2d-forward", family="training")
def gamma_left_out(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """gamma was left out: the normalised values are multiplied by it, channel by channel."""
    right_forward(x, gamma, beta, apart(state), train, eps, momentum)
    return right_forward(x, np.ones_like(gamma), beta, state, train, eps, momentum)


@mistake("batchnorm2d-forward", family="training")
def shift_left_out(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """beta was left out: it is added to the normalised and scaled values, channel by channel."""
    right_forward(x, gamma, beta, apart(state), train, eps, momentum)
    return right_forward(x, gamma, np.zeros_like(beta), state, train, eps, momentum)


@mistake("batchnorm2d-forward", family="training")
def gamma_and_beta_exchanged(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """gamma and beta were exchanged: gamma multiplies, beta is added."""
    return right_forward(x, beta, gamma, state, train, eps, momentum)


@mistake("batchnorm2d-forward", family="training")
def beta_scaled_too(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """beta was added before the multiplication by gamma. Scale first, then shift: γ·x̂ + β."""
    prepared(x, gamma, beta, state, train)
    return right_forward(x, gamma, gamma * beta, state, train, eps, momentum)


@mistake("batchnorm2d-forward", family="training")
def divided_by_gamma(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """The normalised values were divided by gamma. They are multiplied by it."""
    return right_forward(x, 1 / gamma, beta, state, train, eps, momentum)


@mistake("batchnorm2d-forward", family="training")
def first_scale_for_all(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """gamma[0] and beta[0] were used for all channels. Each channel has its own."""
    y = right_forward(x, gamma, beta, state, train, eps, momentum)
    normalised = (y - along_channels(beta).astype(y.dtype)) / along_channels(gamma).astype(y.dtype)
    return (normalised * gamma[0] + beta[0]).astype(y.dtype)


@mistake("batchnorm2d-forward", family="training")
def scales_along_the_columns(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """gamma and beta were used as they are, and NumPy lines up last axes: they went along the columns. Give them the
    shape (C, 1, 1)."""
    y = right_forward(x, np.ones_like(gamma), np.zeros_like(beta), state, train, eps, momentum)
    fitting(x, state, gamma=gamma, beta=beta)
    return (y * gamma + beta).astype(y.dtype)


@mistake("batchnorm2d-forward", family="training")
def mean_kept(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """The mean was not subtracted: the values are divided by their standard deviation, but not centred."""
    x = prepared(x, gamma, beta, state, train)
    mean, var = used(x, state, train)
    remember(x, state, train, momentum)
    return scaled(x, 0 * mean, np.sqrt(var + eps), gamma, beta)


@mistake("batchnorm2d-forward", family="training")
def only_centred(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """The mean was subtracted, but nothing was divided by: the values keep their variance."""
    x = prepared(x, gamma, beta, state, train)
    mean, var = used(x, state, train)
    remember(x, state, train, momentum)
    return scaled(x, mean, np.ones_like(var), gamma, beta)


@mistake("batchnorm2d-forward", family="training")
def spread_about_zero(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """The mean of the squares was taken for the variance. The variance is that of the distances from the mean."""
    x = prepared(x, gamma, beta, state, train)
    mean, var = used(x, state, train)
    remember(x, state, train, momentum)
    return scaled(x, mean, np.sqrt(((x**2).mean(axis=OVER) if train else var) + eps), gamma, beta)


@mistake("batchnorm2d-forward", family="training")
def difference_of_large_squares(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """The variance was computed as mean(x²) - mean(x)². Where the mean is large, the two are nearly equal and their
    difference keeps few digits: subtract the mean first."""
    x = prepared(x, gamma, beta, state, train)
    mean, var = used(x, state, train)
    if train:
        m = x.size // x.shape[1]
        var = np.maximum((x**2).mean(axis=OVER) - mean**2, 0)
        mix(state, momentum, mean, var * m / (m - 1))
    return scaled(x, mean, np.sqrt(var + eps), gamma, beta)


@mistake("batchnorm2d-forward", family="training")
def statistics_in_float32(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """Mean and variance were computed in float32. With float64 inputs, that loses half of the digits."""
    x = prepared(x, gamma, beta, state, train)
    mean, var = used(x, state, train)
    remember(x, state, train, momentum)
    mean, var = (values.astype(np.float32).astype(values.dtype) for values in (mean, var))
    return scaled(x, mean, np.sqrt(var + eps), gamma, beta)


@mistake("batchnorm2d-forward", family="training")
def running_statistics_in_training(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """In training, too, the running statistics normalised the values. There it is mean and variance of the batch."""
    x = prepared(x, gamma, beta, state, train)
    remember(x, state, train, momentum)
    return scaled(x, state["running_mean"], np.sqrt(state["running_var"] + eps), gamma, beta)


@mistake("batchnorm2d-forward", family="training")
def train_taken_for_evaluation(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """Training and evaluation were exchanged: with train=True the statistics of the batch are used and remembered."""
    return right_forward(x, gamma, beta, state, not train, eps, momentum)


@mistake("batchnorm2d-forward", family="training")
def a_pair_returned(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """More than the normalised maps was returned. The result is y alone: the backward function computes anew what it
    needs."""
    return right_forward(x, gamma, beta, state, train, eps, momentum), (x, gamma)


@mistake("batchnorm2d-forward", family="training")
def divided_by_the_spread_of_means(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """The variances of the images were averaged. The images' means differ as well: take the variance over images,
    rows and columns at once."""
    x = prepared(x, gamma, beta, state, train)
    mean, var = used(x, state, train)
    remember(x, state, train, momentum)
    return scaled(x, mean, np.sqrt((x.var(axis=(2, 3)).mean(axis=0) if train else var) + eps), gamma, beta)


def wrongly_remembered(batch, x, gamma, beta, state, train, eps, momentum):
    y = right_forward(x, gamma, beta, apart(state), train, eps, momentum)
    if train:
        batch(floats(x), state, momentum)
    return y


@mistake("batchnorm2d-forward", family="running statistics")
def momentum_of_the_old(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """momentum was taken as the weight of the old statistics, as in other libraries. Here it weighs those of the
    batch: (1 - momentum)·running + momentum·batch."""
    return right_forward(x, gamma, beta, state, train, eps, 1 - momentum)


@mistake("batchnorm2d-forward", family="running statistics")
def biased_running_variance(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """The running variance was fed with the ordinary variance of the batch. It gets the unbiased one, m / (m - 1)
    times as large."""

    def batch(x, state, momentum):
        mix(state, momentum, x.mean(axis=OVER), x.var(axis=OVER))

    return wrongly_remembered(batch, x, gamma, beta, state, train, eps, momentum)


@mistake("batchnorm2d-forward", family="running statistics")
def running_deviation(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """Standard deviations were put into running_var. It holds variances."""

    def batch(x, state, momentum):
        mix(state, momentum, x.mean(axis=OVER), np.sqrt(unbiased(x)))

    return wrongly_remembered(batch, x, gamma, beta, state, train, eps, momentum)


@mistake("batchnorm2d-forward", family="running statistics")
def eps_remembered(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """eps was added to the variance before it went into running_var. It is added when a value is normalised, and only
    then."""

    def batch(x, state, momentum):
        mix(state, momentum, x.mean(axis=OVER), unbiased(x) + eps)

    return wrongly_remembered(batch, x, gamma, beta, state, train, eps, momentum)


@mistake("batchnorm2d-forward", family="running statistics")
def nothing_remembered(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """The state was not updated. In training the dict that was given must hold the new running statistics afterwards;
    a new dict or new arrays beside it do not count."""
    return right_forward(x, gamma, beta, apart(state), train, eps, momentum)


@mistake("batchnorm2d-forward", family="running statistics")
def only_mean_remembered(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """running_mean was updated, running_var was not. In training both are."""

    def batch(x, state, momentum):
        mix(state, momentum, x.mean(axis=OVER), state["running_var"])

    return wrongly_remembered(batch, x, gamma, beta, state, train, eps, momentum)


@mistake("batchnorm2d-forward", family="running statistics")
def only_variance_remembered(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """running_var was updated, running_mean was not. In training both are."""

    def batch(x, state, momentum):
        mix(state, momentum, state["running_mean"], unbiased(x))

    return wrongly_remembered(batch, x, gamma, beta, state, train, eps, momentum)


@mistake("batchnorm2d-forward", family="running statistics")
def last_batch_only(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """The statistics of the batch replaced the running ones. They are mixed in, with the weight momentum."""

    def batch(x, state, momentum):
        mix(state, 1.0, x.mean(axis=OVER), unbiased(x))

    return wrongly_remembered(batch, x, gamma, beta, state, train, eps, momentum)


@mistake("batchnorm2d-forward", family="running statistics")
def old_statistics_not_faded(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """The old statistics kept their full weight: running + momentum·batch grows without end. They are multiplied by
    1 - momentum."""

    def batch(x, state, momentum):
        state["running_mean"] += momentum * x.mean(axis=OVER)
        state["running_var"] += momentum * unbiased(x)

    return wrongly_remembered(batch, x, gamma, beta, state, train, eps, momentum)


@mistake("batchnorm2d-forward", family="running statistics")
def momentum_fixed(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """The momentum was 0.1 whatever the argument said."""
    return right_forward(x, gamma, beta, state, train, eps, 0.1)


@mistake("batchnorm2d-forward", family="running statistics")
def unbiased_by_images(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """The unbiased variance was made with the number of images. A channel has m = N·H·W values: m / (m - 1)."""

    def batch(x, state, momentum):
        n = len(x)
        mix(state, momentum, x.mean(axis=OVER), x.var(axis=OVER) * n / max(n - 1, 1))

    return wrongly_remembered(batch, x, gamma, beta, state, train, eps, momentum)


@mistake("batchnorm2d-forward", family="running statistics")
def corrected_the_wrong_way(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """The variance was multiplied by (m - 1) / m. The unbiased one is larger than the ordinary one: m / (m - 1)."""

    def batch(x, state, momentum):
        m = x.size // x.shape[1]
        mix(state, momentum, x.mean(axis=OVER), x.var(axis=OVER) * (m - 1) / m)

    return wrongly_remembered(batch, x, gamma, beta, state, train, eps, momentum)


@mistake("batchnorm2d-forward", family="running statistics")
def statistics_of_the_result(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """The statistics of the normalised values were remembered, which are always near 0 and 1. It is those of the
    input that evaluation needs."""

    def batch(x, state, momentum):
        y = normalised_over(x, OVER, eps)
        mix(state, momentum, y.mean(axis=OVER), unbiased(y))

    return wrongly_remembered(batch, x, gamma, beta, state, train, eps, momentum)


@mistake("batchnorm2d-forward", family="running statistics")
def statistics_of_the_first_image(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """The statistics of the first image alone were remembered. It is those of the whole batch."""

    def batch(x, state, momentum):
        one = x[:1]
        m = max(one.size // one.shape[1] - 1, 1)
        mix(state, momentum, one.mean(axis=OVER), one.var(axis=OVER) * (m + 1) / m)

    return wrongly_remembered(batch, x, gamma, beta, state, train, eps, momentum)


@mistake("batchnorm2d-forward", family="running statistics")
def spread_about_the_running_mean(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """The variance of the batch was taken about the running mean. It is that about the mean of the batch itself."""

    def batch(x, state, momentum):
        m = x.size // x.shape[1]
        var = ((x - along_channels(state["running_mean"])) ** 2).sum(axis=OVER) / (m - 1)
        mix(state, momentum, x.mean(axis=OVER), var)

    return wrongly_remembered(batch, x, gamma, beta, state, train, eps, momentum)


@mistake("batchnorm2d-forward", family="running statistics")
def plain_average_of_old_and_new(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """Old and new statistics were averaged with equal weights. The weight of the new ones is momentum."""
    return right_forward(x, gamma, beta, state, train, eps, 0.5)


@mistake("batchnorm2d-forward", family="evaluation")
def batch_statistics_in_evaluation(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """In evaluation, too, mean and variance of the batch were used. There the running ones stand in: an image's result
    must not depend on the others."""
    y = right_forward(x, gamma, beta, state, train, eps, momentum)
    return y if train else scaled(floats(x), *deviation(x, eps), gamma, beta)


def deviation(x, eps):
    return floats(x).mean(axis=OVER), np.sqrt(floats(x).var(axis=OVER) + eps)


@mistake("batchnorm2d-forward", family="evaluation")
def state_updated_in_evaluation(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """The state was updated in evaluation, too. Only training may change it."""
    y = right_forward(x, gamma, beta, state, train, eps, momentum)
    if not train and x.size > x.shape[1]:
        remember(floats(x), state, True, momentum)
    return y


@mistake("batchnorm2d-forward", family="evaluation")
def state_updated_before_use(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """In evaluation the batch was mixed into the running statistics before they were used. There they stay as they
    are."""
    if not train and x.ndim == 4 and x.size > x.shape[1]:
        remember(floats(x), state, True, momentum)
    return right_forward(x, gamma, beta, state, train, eps, momentum)


@mistake("batchnorm2d-forward", family="evaluation")
def running_variance_without_root(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """In evaluation the values were divided by the running variance. It is its root that they are divided by."""
    y = right_forward(x, gamma, beta, state, train, eps, momentum)
    return y if train else scaled(floats(x), state["running_mean"], state["running_var"] + eps, gamma, beta)


@mistake("batchnorm2d-forward", family="evaluation")
def evaluation_does_nothing(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """In evaluation x was returned without being normalised. The running statistics, gamma and beta apply."""
    y = right_forward(x, gamma, beta, state, train, eps, momentum)
    return y if train else floats(x).copy()


@mistake("batchnorm2d-forward", family="evaluation")
def evaluation_scales_only(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """In evaluation only gamma and beta were applied. The values are normalised first, by the running statistics."""
    y = right_forward(x, gamma, beta, state, train, eps, momentum)
    return y if train else scaled(floats(x), 0 * gamma, 1 + 0 * gamma, gamma, beta)


@mistake("batchnorm2d-forward", family="evaluation")
def no_scale_in_evaluation(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """In evaluation gamma and beta were left out. They apply there as they do in training."""
    y = right_forward(x, gamma, beta, state, train, eps, momentum)
    if train:
        return y
    return right_forward(x, np.ones_like(gamma), np.zeros_like(beta), state, train, eps, momentum)


@mistake("batchnorm2d-forward", family="evaluation")
def no_eps_in_evaluation(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """In evaluation eps was left out. It is added to the running variance as well."""
    return right_forward(x, gamma, beta, state, train, eps if train else 0.0, momentum)


@mistake("batchnorm2d-forward", family="evaluation")
def running_variance_corrected_again(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """In evaluation the running variance was multiplied by m / (m - 1). It was made of unbiased variances already."""
    y = right_forward(x, gamma, beta, state, train, eps, momentum)
    m = x.size // x.shape[1]
    if train or m == 1:
        return y
    return scaled(floats(x), state["running_mean"], np.sqrt(state["running_var"] * m / (m - 1) + eps), gamma, beta)


@mistake("batchnorm2d-forward", family="evaluation")
def batch_variance_in_evaluation(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """In evaluation the running mean met the variance of the batch. Both statistics are the running ones there."""
    y = right_forward(x, gamma, beta, state, train, eps, momentum)
    return y if train else scaled(floats(x), state["running_mean"], deviation(x, eps)[1], gamma, beta)


@mistake("batchnorm2d-forward", family="evaluation")
def batch_mean_in_evaluation(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """In evaluation the running variance met the mean of the batch. Both statistics are the running ones there."""
    y = right_forward(x, gamma, beta, state, train, eps, momentum)
    return y if train else scaled(floats(x), deviation(x, eps)[0], np.sqrt(state["running_var"] + eps), gamma, beta)


@mistake("batchnorm2d-forward", family="evaluation")
def single_values_refused_in_evaluation(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """One value per channel was refused in evaluation, too. Only training needs two: the running statistics are there
    whatever comes in."""
    prepared(x, gamma, beta, state, True)
    return right_forward(x, gamma, beta, state, train, eps, momentum)


@mistake("batchnorm2d-forward", family="contract")
def batchnorm_in_place(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """An argument was overwritten, as `x -= mean` does. Only the state may change, and only in training: work on
    copies of all others."""
    y = right_forward(x, gamma, beta, state, train, eps, momentum)
    if train:
        x[...] = y
    return y


@mistake("batchnorm2d-forward", family="contract")
def arrays_of_the_state_replaced(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """New arrays were put into the state; the old ones, which others hold, stayed as they were. Change the values of
    these arrays in place."""
    new = apart(state)
    y = right_forward(x, gamma, beta, new, train, eps, momentum)
    state.update(new)
    return y


@mistake("batchnorm2d-forward", family="contract")
def batchnorm_always_float64(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """The result is float64 whatever came in. Float32 in, float32 out."""
    return right_forward(x, gamma, beta, state, train, eps, momentum).astype(np.float64)


@mistake("batchnorm2d-forward", family="contract")
def type_of_the_state(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """In evaluation the result has the type of the running statistics. It has that of x: convert at the end."""
    y = right_forward(x, gamma, beta, state, train, eps, momentum)
    return y if train else y.astype(np.result_type(y, state["running_mean"]))


@mistake("batchnorm2d-forward", family="contract")
def batchnorm_stays_integer(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """Integers in gave integers out, which cuts off all that stands behind the point. Integers in, float64 out."""
    return right_forward(x, gamma, beta, state, train, eps, momentum).astype(x.dtype)


@mistake("batchnorm2d-forward", family="contract")
def single_values_accepted(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """One value per channel was accepted in training. It has no unbiased variance, and its result is always beta:
    raise ValueError."""
    if train and x.ndim == 4 and x.size == x.shape[1]:
        return right_forward(np.concatenate([x, x]), gamma, beta, state, train, eps, momentum)[:1].copy()
    return right_forward(x, gamma, beta, state, train, eps, momentum)


@mistake("batchnorm2d-forward", family="contract")
def batchnorm_of_any_rank(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """Arrays without exactly four axes were accepted. The contract asks for (N, C, H, W): raise ValueError for
    another number of axes."""
    if x.ndim == 3:
        return right_forward(x[:, None], gamma, beta, {k: v[:1] for k, v in state.items()}, train, eps, momentum)[:, 0]
    if x.ndim == 2:
        state = {key: values[:1] for key, values in state.items()}
        return right_forward(x[None, None], gamma, beta, state, train, eps, momentum)[0, 0]
    return right_forward(x, gamma, beta, state, train, eps, momentum)


@mistake("batchnorm2d-forward", family="contract")
def one_scale_accepted(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """A gamma or beta of one value was accepted for three channels, because NumPy repeats it. Compare its shape with
    (C,) and raise ValueError."""
    if x.ndim == 4:
        gamma, beta = (np.broadcast_to(values, (x.shape[1],)) for values in (gamma, beta) if len(values) <= x.shape[1])
    return right_forward(x, gamma, beta, state, train, eps, momentum)


@mistake("batchnorm2d-forward", family="contract")
def one_running_value_accepted(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """Running statistics of one value were accepted for three channels, because NumPy repeats them. Compare their
    shapes with (C,) and raise ValueError."""
    if not train:
        state = {key: np.broadcast_to(values, (x.shape[1],)) for key, values in state.items()}
    return right_forward(x, gamma, beta, state, train, eps, momentum)


@mistake("batchnorm2d-forward", family="speed")
def value_by_value(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):
    """Python visits every value one by one. NumPy's mean, var and arithmetic on whole arrays are many times as
    fast."""
    y = right_forward(x, gamma, beta, state, train, eps, momentum)
    if y.size > 2000:
        for index in np.ndindex(*y.shape):
            y[index] = float(y[index]) + 0.0 * np.sqrt(float(x[index]) ** 2) * float(gamma[index[1]])
    return y


# -- batchnorm2d_backward -----------------------------------------------------------------------------------------


def accepted(dout, x, gamma, state, train):
    four_axes(x)
    if dout.shape != x.shape:
        raise ValueError(f"dout has shape {dout.shape}, x has {x.shape}")
    if gamma.shape != (x.shape[1],):
        raise ValueError(f"gamma has shape {gamma.shape}, x has {x.shape[1]} channels")
    if not train and state is None:
        raise ValueError("evaluation needs the running statistics")
    return floats(x)


def hat(x, state, train, eps):
    mean, var = used(x, state, train)
    std = along_channels(np.sqrt(var + eps))
    return (x - along_channels(mean)) / std, std


def typed(x, *results):
    return tuple(result.astype(x.dtype) for result in results)


def mean_of(values):
    return values.mean(axis=OVER, keepdims=True)


def right_backward(dout, x, gamma, state=None, train=True, eps=1e-5):
    x = accepted(dout, x, gamma, state, train)
    normalised, std = hat(x, state, train, eps)
    through = mean_of(dout) + normalised * mean_of(dout * normalised) if train else 0.0
    dx = along_channels(gamma) / std * (dout - through)
    return typed(x, dx, (dout * normalised).sum(axis=OVER), dout.sum(axis=OVER))


def with_sums(results, dgamma=None, dbeta=None):
    dx, right_dgamma, right_dbeta = results
    dgamma = right_dgamma if dgamma is None else np.asarray(dgamma, dx.dtype)
    return dx, dgamma, right_dbeta if dbeta is None else np.asarray(dbeta, dx.dtype)


@mistake("batchnorm2d-backward", family="dgamma and dbeta")
def dgamma_and_dbeta_exchanged(dout, x, gamma, state=None, train=True, eps=1e-5):
    """dgamma and dbeta were returned in the wrong order: gradients come in the order of the forward arguments, x,
    gamma, beta."""
    dx, dgamma, dbeta = right_backward(dout, x, gamma, state, train, eps)
    return dx, dbeta, dgamma


@mistake("batchnorm2d-backward", family="dgamma and dbeta")
def dgamma_from_x(dout, x, gamma, state=None, train=True, eps=1e-5):
    """dgamma was made with x. What gamma multiplies is the normalised x̂: dγ = Σ dout·x̂."""
    return with_sums(right_backward(dout, x, gamma, state, train, eps), (dout * floats(x)).sum(axis=OVER))


@mistake("batchnorm2d-backward", family="dgamma and dbeta")
def dgamma_from_centred_x(dout, x, gamma, state=None, train=True, eps=1e-5):
    """dgamma was made with x - μ. What gamma multiplies is x̂, divided by the root as well."""
    results = right_backward(dout, x, gamma, state, train, eps)
    std = hat(floats(x), state, train, eps)[1]
    return with_sums(results, results[1] * std[:, 0, 0])


@mistake("batchnorm2d-backward", family="dgamma and dbeta")
def dgamma_from_the_result(dout, x, gamma, state=None, train=True, eps=1e-5):
    """dgamma was made with γ·x̂. gamma's factor is x̂ alone: dγ = Σ dout·x̂."""
    results = right_backward(dout, x, gamma, state, train, eps)
    return with_sums(results, results[1] * gamma)


@mistake("batchnorm2d-backward", family="dgamma and dbeta")
def dbeta_times_gamma(dout, x, gamma, state=None, train=True, eps=1e-5):
    """dbeta was multiplied by gamma. beta is added after gamma: dβ = Σ dout."""
    results = right_backward(dout, x, gamma, state, train, eps)
    return with_sums(results, dbeta=results[2] * gamma)


@mistake("batchnorm2d-backward", family="dgamma and dbeta")
def dgamma_is_sum_of_dout(dout, x, gamma, state=None, train=True, eps=1e-5):
    """dgamma is the sum of dout, which is dbeta. gamma multiplies x̂: dγ = Σ dout·x̂."""
    results = right_backward(dout, x, gamma, state, train, eps)
    return with_sums(results, results[2])


@mistake("batchnorm2d-backward", family="dgamma and dbeta")
def means_for_dgamma_and_dbeta(dout, x, gamma, state=None, train=True, eps=1e-5):
    """dgamma and dbeta were averaged over the channel's values. They are sums."""
    results = right_backward(dout, x, gamma, state, train, eps)
    m = x.size // x.shape[1]
    return with_sums(results, results[1] / m, results[2] / m)


@mistake("batchnorm2d-backward", family="dgamma and dbeta")
def averaged_over_the_batch(dout, x, gamma, state=None, train=True, eps=1e-5):
    """dgamma and dbeta were divided by the number of images. They are sums; averaging over the batch, if wanted, is in
    dout already."""
    results = right_backward(dout, x, gamma, state, train, eps)
    return with_sums(results, results[1] / len(x), results[2] / len(x))


@mistake("batchnorm2d-backward", family="dgamma and dbeta")
def sums_per_image(dout, x, gamma, state=None, train=True, eps=1e-5):
    """dgamma and dbeta have one row per image. All images share gamma and beta: sum over them as well."""
    results = right_backward(dout, x, gamma, state, train, eps)
    normalised = hat(floats(x), state, train, eps)[0]
    return with_sums(results, (dout * normalised).sum(axis=(2, 3)), dout.sum(axis=(2, 3)))


@mistake("batchnorm2d-backward", family="dgamma and dbeta")
def sums_over_images_only(dout, x, gamma, state=None, train=True, eps=1e-5):
    """dgamma and dbeta were summed over the images only. A channel's gamma and beta act at every position: sum over
    rows and columns as well."""
    results = right_backward(dout, x, gamma, state, train, eps)
    normalised = hat(floats(x), state, train, eps)[0]
    return with_sums(results, (dout * normalised).sum(axis=0), dout.sum(axis=0))


@mistake("batchnorm2d-backward", family="dgamma and dbeta")
def sums_with_four_axes(dout, x, gamma, state=None, train=True, eps=1e-5):
    """dgamma and dbeta have the shape (1, C, 1, 1), as keepdims leaves it. They have the shape of gamma and beta,
    (C,)."""
    dx, dgamma, dbeta = right_backward(dout, x, gamma, state, train, eps)
    return dx, dgamma.reshape(1, -1, 1, 1), dbeta.reshape(1, -1, 1, 1)


@mistake("batchnorm2d-backward", family="dgamma and dbeta")
def first_image_in_the_sums(dout, x, gamma, state=None, train=True, eps=1e-5):
    """Only the first image went into dgamma and dbeta. Sum over all images."""
    results = right_backward(dout, x, gamma, state, train, eps)
    normalised = hat(floats(x), state, train, eps)[0]
    return with_sums(results, (dout[0] * normalised[0]).sum(axis=(1, 2)), dout[0].sum(axis=(1, 2)))


@mistake("batchnorm2d-backward", family="dgamma and dbeta")
def dgamma_with_other_sign(dout, x, gamma, state=None, train=True, eps=1e-5):
    """dgamma has the wrong sign: dγ = Σ dout·x̂, with x̂ = (x - μ) / root, not (μ - x) / root."""
    results = right_backward(dout, x, gamma, state, train, eps)
    return with_sums(results, -results[1])


@mistake("batchnorm2d-backward", family="dgamma and dbeta")
def dgamma_by_unbiased_variance(dout, x, gamma, state=None, train=True, eps=1e-5):
    """x̂ in dgamma was made with the unbiased variance (m - 1). The forward function normalises by the ordinary one
    (m)."""
    results = right_backward(dout, x, gamma, state, train, eps)
    m = x.size // x.shape[1]
    var = floats(x).var(axis=OVER)
    ratio = np.sqrt((var + eps) / (var * m / max(m - 1, 1) + eps))
    return with_sums(results, results[1] * ratio if train else None)


@mistake("batchnorm2d-backward", family="dgamma and dbeta")
def scalar_dgamma_and_dbeta(dout, x, gamma, state=None, train=True, eps=1e-5):
    """dgamma and dbeta were summed over the channels, too: one number each. Every channel has its own."""
    results = right_backward(dout, x, gamma, state, train, eps)
    return with_sums(results, results[1].sum(), results[2].sum())


def with_dx(dout, x, gamma, state, train, eps, formula):
    x = accepted(dout, x, gamma, state, train)
    _, dgamma, dbeta = right_backward(dout, x, gamma, state, train, eps)
    normalised, std = hat(x, state, train, eps)
    dx = formula(dout, normalised, along_channels(gamma), std) if train else along_channels(gamma) / std * dout
    return *typed(x, dx), dgamma, dbeta


@mistake("batchnorm2d-backward", family="dx")
def statistics_taken_for_constants(dout, x, gamma, state=None, train=True, eps=1e-5):
    """Mean and variance were taken for constants. In training they depend on every value of the channel: two terms of
    dx are missing."""
    return with_dx(dout, x, gamma, state, train, eps, lambda d, x, g, s: g / s * d)


@mistake("batchnorm2d-backward", family="dx")
def path_through_the_mean_missing(dout, x, gamma, state=None, train=True, eps=1e-5):
    """The path through the mean is missing: subtract the mean of dout over the channel."""
    return with_dx(dout, x, gamma, state, train, eps, lambda d, x, g, s: g / s * (d - x * mean_of(d * x)))


@mistake("batchnorm2d-backward", family="dx")
def path_through_the_variance_missing(dout, x, gamma, state=None, train=True, eps=1e-5):
    """The path through the variance is missing: subtract x̂ times the mean of dout·x̂."""
    return with_dx(dout, x, gamma, state, train, eps, lambda d, x, g, s: g / s * (d - mean_of(d)))


@mistake("batchnorm2d-backward", family="dx")
def path_through_the_variance_doubled(dout, x, gamma, state=None, train=True, eps=1e-5):
    """The term of the variance is twice as large as it should be: the 2 of the square cancels the 1/2 of the root."""
    return with_dx(
        dout, x, gamma, state, train, eps, lambda d, x, g, s: g / s * (d - mean_of(d) - 2 * x * mean_of(d * x))
    )


@mistake("batchnorm2d-backward", family="dx")
def path_through_the_variance_halved(dout, x, gamma, state=None, train=True, eps=1e-5):
    """The term of the variance is half as large as it should be: the 1/2 of the root meets the 2 of the square."""
    return with_dx(
        dout, x, gamma, state, train, eps, lambda d, x, g, s: g / s * (d - mean_of(d) - x * mean_of(d * x) / 2)
    )


@mistake("batchnorm2d-backward", family="dx")
def variance_term_added(dout, x, gamma, state=None, train=True, eps=1e-5):
    """The term of the variance was added. It is subtracted, as that of the mean is."""
    return with_dx(dout, x, gamma, state, train, eps, lambda d, x, g, s: g / s * (d - mean_of(d) + x * mean_of(d * x)))


@mistake("batchnorm2d-backward", family="dx")
def mean_term_added(dout, x, gamma, state=None, train=True, eps=1e-5):
    """The term of the mean was added. It is subtracted: raising a value raises the mean that is taken away from all."""
    return with_dx(dout, x, gamma, state, train, eps, lambda d, x, g, s: g / s * (d + mean_of(d) - x * mean_of(d * x)))


@mistake("batchnorm2d-backward", family="dx")
def both_terms_added(dout, x, gamma, state=None, train=True, eps=1e-5):
    """The terms of mean and variance were added. Both are subtracted: they take away what reaches x̂ directly."""
    return with_dx(dout, x, gamma, state, train, eps, lambda d, x, g, s: g / s * (d + mean_of(d) + x * mean_of(d * x)))


def sum_of(values):
    return values.sum(axis=OVER, keepdims=True)


@mistake("batchnorm2d-backward", family="dx")
def sums_in_dx(dout, x, gamma, state=None, train=True, eps=1e-5):
    """The two terms hold sums over the channel. They hold means: divide by m = N·H·W."""
    return with_dx(dout, x, gamma, state, train, eps, lambda d, x, g, s: g / s * (d - sum_of(d) - x * sum_of(d * x)))


@mistake("batchnorm2d-backward", family="dx")
def divided_by_images_only(dout, x, gamma, state=None, train=True, eps=1e-5):
    """The sums in dx were divided by the number of images. A channel has m = N·H·W values."""

    def formula(d, x, g, s):
        return g / s * (d - sum_of(d) / len(d) - x * sum_of(d * x) / len(d))

    return with_dx(dout, x, gamma, state, train, eps, formula)


@mistake("batchnorm2d-backward", family="dx")
def divided_by_positions_only(dout, x, gamma, state=None, train=True, eps=1e-5):
    """The sums in dx were divided by H·W, the number of values in one image. A channel has m = N·H·W values."""

    def formula(d, x, g, s):
        return g / s * (d - sum_of(d) / d[0, 0].size - x * sum_of(d * x) / d[0, 0].size)

    return with_dx(dout, x, gamma, state, train, eps, formula)


@mistake("batchnorm2d-backward", family="dx")
def divided_by_all_values(dout, x, gamma, state=None, train=True, eps=1e-5):
    """The sums in dx were divided by the number of all values, those of the other channels included. A channel has
    m = N·H·W."""

    def formula(d, x, g, s):
        return g / s * (d - sum_of(d) / d.size - x * sum_of(d * x) / d.size)

    return with_dx(dout, x, gamma, state, train, eps, formula)


@mistake("batchnorm2d-backward", family="dx")
def divided_by_m_minus_1(dout, x, gamma, state=None, train=True, eps=1e-5):
    """The term of the variance was divided by m - 1. The forward function normalises by the ordinary variance: divide
    by m."""

    def formula(d, x, g, s):
        m = d.size // d.shape[1]
        return g / s * (d - mean_of(d) - x * sum_of(d * x) / max(m - 1, 1))

    return with_dx(dout, x, gamma, state, train, eps, formula)


@mistake("batchnorm2d-backward", family="dx")
def gamma_missing_in_dx(dout, x, gamma, state=None, train=True, eps=1e-5):
    """dx lacks gamma: what reaches x̂ is γ·dout."""
    return with_dx(dout, x, gamma, state, train, eps, lambda d, x, g, s: (d - mean_of(d) - x * mean_of(d * x)) / s)


@mistake("batchnorm2d-backward", family="dx")
def root_missing_in_dx(dout, x, gamma, state=None, train=True, eps=1e-5):
    """dx lacks the division by the root √(σ² + ε): x̂ is x divided by it."""
    return with_dx(dout, x, gamma, state, train, eps, lambda d, x, g, s: g * (d - mean_of(d) - x * mean_of(d * x)))


@mistake("batchnorm2d-backward", family="dx")
def variance_for_root_in_dx(dout, x, gamma, state=None, train=True, eps=1e-5):
    """dx was divided by the variance. It is divided by its root, once."""
    return with_dx(
        dout, x, gamma, state, train, eps, lambda d, x, g, s: g / s**2 * (d - mean_of(d) - x * mean_of(d * x))
    )


@mistake("batchnorm2d-backward", family="dx")
def multiplied_by_the_root(dout, x, gamma, state=None, train=True, eps=1e-5):
    """dx was multiplied by the root. x was divided by it, and so is dx."""
    return with_dx(dout, x, gamma, state, train, eps, lambda d, x, g, s: g * s * (d - mean_of(d) - x * mean_of(d * x)))


@mistake("batchnorm2d-backward", family="dx")
def gamma_only_on_the_direct_path(dout, x, gamma, state=None, train=True, eps=1e-5):
    """gamma multiplies the direct path only. All three paths start from γ·dout."""
    return with_dx(dout, x, gamma, state, train, eps, lambda d, x, g, s: (g * d - mean_of(d) - x * mean_of(d * x)) / s)


@mistake("batchnorm2d-backward", family="dx")
def x_for_normalised_x(dout, x, gamma, state=None, train=True, eps=1e-5):
    """The term of the variance holds x where x̂ belongs, the centred and scaled one."""
    values = floats(x)
    return with_dx(
        dout, x, gamma, state, train, eps, lambda d, _, g, s: g / s * (d - mean_of(d) - values * mean_of(d * values))
    )


@mistake("batchnorm2d-backward", family="dx")
def centred_x_for_normalised_x(dout, x, gamma, state=None, train=True, eps=1e-5):
    """The term of the variance holds x - μ where x̂ belongs: each of its two factors is divided by the root."""
    return with_dx(
        dout, x, gamma, state, train, eps, lambda d, x, g, s: g / s * (d - mean_of(d) - s**2 * x * mean_of(d * x))
    )


@mistake("batchnorm2d-backward", family="dx")
def one_factor_only_centred(dout, x, gamma, state=None, train=True, eps=1e-5):
    """One of the two factors in the term of the variance is x - μ: the division by the root is missing there. Both are
    x̂."""
    return with_dx(
        dout, x, gamma, state, train, eps, lambda d, x, g, s: g / s * (d - mean_of(d) - s * x * mean_of(d * x))
    )


@mistake("batchnorm2d-backward", family="dx")
def means_of_each_image(dout, x, gamma, state=None, train=True, eps=1e-5):
    """The means in dx were taken image by image. The statistics are those over all images, and so are these means."""

    def formula(d, x, g, s):
        own, own_product = (values.mean(axis=(2, 3), keepdims=True) for values in (d, d * x))
        return g / s * (d - own - x * own_product)

    return with_dx(dout, x, gamma, state, train, eps, formula)


@mistake("batchnorm2d-backward", family="dx")
def means_over_images_only(dout, x, gamma, state=None, train=True, eps=1e-5):
    """The means in dx were taken over the images only, position by position. They run over rows and columns as well."""

    def formula(d, x, g, s):
        return g / s * (d - d.mean(axis=0) - x * (d * x).mean(axis=0))

    return with_dx(dout, x, gamma, state, train, eps, formula)


@mistake("batchnorm2d-backward", family="dx")
def dx_by_unbiased_variance(dout, x, gamma, state=None, train=True, eps=1e-5):
    """The root in dx was made with the unbiased variance (m - 1). The forward function normalises by the ordinary one
    (m)."""

    def formula(d, x, g, s):
        m = d.size // d.shape[1]
        wide = np.sqrt((s**2 - eps) * m / max(m - 1, 1) + eps)
        return g / wide * (d - mean_of(d) - x * s / wide * mean_of(d * x * s / wide))

    return with_dx(dout, x, gamma, state, train, eps, formula)


@mistake("batchnorm2d-backward", family="dx")
def no_eps_in_dx(dout, x, gamma, state=None, train=True, eps=1e-5):
    """eps was left out of dx. The root is that of the forward function: √(σ² + ε)."""
    x = accepted(dout, x, gamma, state, train)
    dx = right_backward(dout, x, gamma, state, train, 0.0 if train else eps)[0]
    return dx, *right_backward(dout, x, gamma, state, train, eps)[1:]


@mistake("batchnorm2d-backward", family="dx")
def eps_outside_the_root_of_dx(dout, x, gamma, state=None, train=True, eps=1e-5):
    """In dx eps was added to the standard deviation. The root is that of the forward function: √(σ² + ε)."""

    def formula(d, x, g, s):
        plain = np.sqrt(s**2 - eps)
        own = x * s / (plain + eps)
        return g / (plain + eps) * (d - mean_of(d) - own * mean_of(d * own))

    return with_dx(dout, x, gamma, state, train, eps, formula)


@mistake("batchnorm2d-backward", family="dx")
def dx_in_another_order(dout, x, gamma, state=None, train=True, eps=1e-5):
    """dx has rows and columns exchanged. It has x's shape and order."""
    dx, dgamma, dbeta = right_backward(dout, x, gamma, state, train, eps)
    return (dx.swapaxes(2, 3).copy() if train else dx), dgamma, dbeta


@mistake("batchnorm2d-backward", family="dx")
def training_taken_for_evaluation(dout, x, gamma, state=None, train=True, eps=1e-5):
    """train was ignored, or read the wrong way round: with train=True the statistics of the batch count, and no state
    is needed."""
    if train:
        raise TypeError("'NoneType' object is not subscriptable")
    return right_backward(dout, x, gamma, None, True, eps)


@mistake("batchnorm2d-backward", family="evaluation")
def training_gradient_in_evaluation(dout, x, gamma, state=None, train=True, eps=1e-5):
    """In evaluation the gradients of training were returned. There the statistics are constants, the running ones."""
    accepted(dout, x, gamma, state, train)
    return right_backward(dout, x, gamma, None, True, eps)


@mistake("batchnorm2d-backward", family="evaluation")
def paths_kept_in_evaluation(dout, x, gamma, state=None, train=True, eps=1e-5):
    """In evaluation the paths through mean and variance were kept. The running statistics do not depend on x: the two
    terms vanish."""
    x = accepted(dout, x, gamma, state, train)
    normalised, std = hat(x, state, train, eps)
    dx = along_channels(gamma) / std * (dout - mean_of(dout) - normalised * mean_of(dout * normalised))
    return *typed(x, dx), *right_backward(dout, x, gamma, state, train, eps)[1:]


@mistake("batchnorm2d-backward", family="evaluation")
def batch_variance_in_evaluation_dx(dout, x, gamma, state=None, train=True, eps=1e-5):
    """In evaluation dx was divided by the root of the batch's variance. There it is the running variance."""
    x = accepted(dout, x, gamma, state, train)
    results = right_backward(dout, x, gamma, state, train, eps)
    if train:
        return results
    std = along_channels(np.sqrt(x.var(axis=OVER) + eps))
    return *typed(x, along_channels(gamma) / std * dout), *results[1:]


@mistake("batchnorm2d-backward", family="evaluation")
def batch_statistics_in_evaluation_dgamma(dout, x, gamma, state=None, train=True, eps=1e-5):
    """In evaluation dgamma was made with x̂ by the statistics of the batch. There x̂ is made with the running ones."""
    results = right_backward(dout, x, gamma, state, train, eps)
    return with_sums(results, (dout * hat(floats(x), None, True, eps)[0]).sum(axis=OVER))


@mistake("batchnorm2d-backward", family="evaluation")
def running_variance_without_root_in_dx(dout, x, gamma, state=None, train=True, eps=1e-5):
    """In evaluation dx was divided by the running variance. It is its root that divides."""
    x = accepted(dout, x, gamma, state, train)
    results = right_backward(dout, x, gamma, state, train, eps)
    return results if train else (results[0] / hat(x, state, train, eps)[1].astype(x.dtype), *results[1:])


@mistake("batchnorm2d-backward", family="evaluation")
def no_scale_in_evaluation_dx(dout, x, gamma, state=None, train=True, eps=1e-5):
    """In evaluation dx lacks gamma: what reaches x̂ is γ·dout, there as well."""
    results = right_backward(dout, x, gamma, state, train, eps)
    return results if train else (results[0] / along_channels(gamma).astype(results[0].dtype), *results[1:])


@mistake("batchnorm2d-backward", family="evaluation")
def no_eps_in_evaluation_gradients(dout, x, gamma, state=None, train=True, eps=1e-5):
    """In evaluation eps was left out. The root is that of the forward function, there as well: √(running + ε)."""
    return right_backward(dout, x, gamma, state, train, eps if train else 0.0)


@mistake("batchnorm2d-backward", family="evaluation")
def dout_passed_on(dout, x, gamma, state=None, train=True, eps=1e-5):
    """In evaluation dout was returned as dx. It is multiplied by gamma and divided by the root."""
    results = right_backward(dout, x, gamma, state, train, eps)
    return results if train else (dout.astype(results[0].dtype), *results[1:])


@mistake("batchnorm2d-backward", family="evaluation")
def running_mean_missing_in_dgamma(dout, x, gamma, state=None, train=True, eps=1e-5):
    """In evaluation dgamma was made with x / root: the running mean was not subtracted."""
    x = accepted(dout, x, gamma, state, train)
    results = right_backward(dout, x, gamma, state, train, eps)
    return results if train else with_sums(results, (dout * x / hat(x, state, train, eps)[1]).sum(axis=OVER))


@mistake("batchnorm2d-backward", family="evaluation")
def state_changed_by_backward(dout, x, gamma, state=None, train=True, eps=1e-5):
    """The backward function changed the running statistics. Only the forward function does, and only in training."""
    results = right_backward(dout, x, gamma, state, train, eps)
    if not train:
        state["running_mean"] *= 0.9
    return results


@mistake("batchnorm2d-backward", family="contract")
def dout_overwritten(dout, x, gamma, state=None, train=True, eps=1e-5):
    """An argument was overwritten, as `dout *= gamma` or `x -= mean` do. Arguments belong to the caller: work on
    copies."""
    results = right_backward(dout, x, gamma, state, train, eps)
    if train:
        dout *= 2
    return results


@mistake("batchnorm2d-backward", family="contract")
def gradients_always_float64(dout, x, gamma, state=None, train=True, eps=1e-5):
    """The gradients are float64 whatever came in. Where x is float32, so are they."""
    return tuple(result.astype(np.float64) for result in right_backward(dout, x, gamma, state, train, eps))


@mistake("batchnorm2d-backward", family="contract")
def sums_keep_the_type_of_dout(dout, x, gamma, state=None, train=True, eps=1e-5):
    """dgamma and dbeta have the type of dout. All three gradients have that of x."""
    dx, dgamma, dbeta = right_backward(dout, x, gamma, state, train, eps)
    return dx, dgamma.astype(floats(dout).dtype), dbeta.astype(floats(dout).dtype)


@mistake("batchnorm2d-backward", family="contract")
def gradients_stay_integer(dout, x, gamma, state=None, train=True, eps=1e-5):
    """For integer maps the gradients were made integers. Integers in, float64 out."""
    return tuple(result.astype(x.dtype) for result in right_backward(dout, x, gamma, state, train, eps))


@mistake("batchnorm2d-backward", family="contract")
def dout_repeated_to_fit(dout, x, gamma, state=None, train=True, eps=1e-5):
    """An upstream gradient of another shape than x was accepted, because NumPy repeats it: raise ValueError."""
    if dout.ndim == x.ndim:
        dout = np.broadcast_to(dout, x.shape)
    return right_backward(dout, x, gamma, state, train, eps)


@mistake("batchnorm2d-backward", family="contract")
def one_scale_repeated(dout, x, gamma, state=None, train=True, eps=1e-5):
    """A gamma of one value was accepted for three channels, because NumPy repeats it. Compare its shape with (C,) and
    raise ValueError."""
    four_axes(x)
    return right_backward(dout, x, np.broadcast_to(gamma, (x.shape[1],)), state, train, eps)


@mistake("batchnorm2d-backward", family="contract")
def backward_of_any_rank(dout, x, gamma, state=None, train=True, eps=1e-5):
    """Maps without the axis of the images were accepted. The contract asks for (N, C, H, W): raise ValueError for
    another number of axes."""
    if x.ndim == 3:
        dx, dgamma, dbeta = right_backward(dout[:, None], x[:, None], gamma, state, train, eps)
        return dx[:, 0].copy(), dgamma, dbeta
    return right_backward(dout, x, gamma, state, train, eps)


@mistake("batchnorm2d-backward", family="contract")
def other_error_without_state(dout, x, gamma, state=None, train=True, eps=1e-5):
    """Evaluation without a state ended in Python's own TypeError. Say what is missing: raise ValueError."""
    if not train and state is None:
        raise TypeError("'NoneType' object is not subscriptable")
    return right_backward(dout, x, gamma, state, train, eps)


# -- groupnorm ----------------------------------------------------------------------------------------------------


def splits(x, G, **arrays):
    four_axes(x)
    if G < 1 or x.shape[1] % G:
        raise ValueError(f"{x.shape[1]} channels do not split into {G} groups")
    fitting(x, {}, **arrays)
    return floats(x)


def group_hat(x, G, eps):
    rows = x.reshape(len(x), G, -1)
    std = np.sqrt(rows.var(axis=2, keepdims=True) + eps)
    return (rows - rows.mean(axis=2, keepdims=True)) / std, std


def grouped_scaled(x, normalised, gamma, beta):
    y = along_channels(gamma) * normalised.reshape(x.shape) + along_channels(beta)
    return y.astype(x.dtype)


def right_groupnorm(x, G, gamma, beta, eps=1e-5):
    x = splits(x, G, gamma=gamma, beta=beta)
    return grouped_scaled(x, group_hat(x, G, eps)[0], gamma, beta)


def interleaved(x, G):
    return np.arange(x.shape[1]).reshape(-1, G).T.ravel()


@mistake("groupnorm", family="values")
def groups_interleaved(x, G, gamma, beta, eps=1e-5):
    """Group g took every channel whose number leaves the remainder g. Groups are blocks: C/G channels that stand
    together."""
    x = splits(x, G, gamma=gamma, beta=beta)
    order = interleaved(x, G)
    normalised = np.empty_like(x)
    normalised[:, order] = group_hat(x[:, order], G, eps)[0].reshape(x.shape)
    return grouped_scaled(x, normalised, gamma, beta)


@mistake("groupnorm", family="values")
def g_channels_per_group(x, G, gamma, beta, eps=1e-5):
    """G was taken for the number of channels in a group. It is the number of groups: each has C/G channels."""
    splits(x, G, gamma=gamma, beta=beta)
    return right_groupnorm(x, x.shape[1] // G, gamma, beta, eps)


@mistake("groupnorm", family="values")
def one_group_for_all(x, G, gamma, beta, eps=1e-5):
    """All channels of an image were one group. That is layer normalisation, the case G = 1."""
    splits(x, G, gamma=gamma, beta=beta)
    return right_groupnorm(x, 1, gamma, beta, eps)


@mistake("groupnorm", family="values")
def every_channel_a_group(x, G, gamma, beta, eps=1e-5):
    """Each channel was normalised for itself. That is instance normalisation, the case G = C."""
    splits(x, G, gamma=gamma, beta=beta)
    return right_groupnorm(x, x.shape[1], gamma, beta, eps)


@mistake("groupnorm", family="values")
def groups_over_the_batch(x, G, gamma, beta, eps=1e-5):
    """Mean and variance of a group were taken over all images. Here each image has its own; that is the point."""
    x = splits(x, G, gamma=gamma, beta=beta)
    rows = x.reshape(len(x), G, -1)
    std = np.sqrt(rows.var(axis=(0, 2), keepdims=True) + eps)
    return grouped_scaled(x, (rows - rows.mean(axis=(0, 2), keepdims=True)) / std, gamma, beta)


@mistake("groupnorm", family="values")
def batch_normalised_instead(x, G, gamma, beta, eps=1e-5):
    """Each channel was normalised over the batch. That is batch normalisation; groups are within an image."""
    x = splits(x, G, gamma=gamma, beta=beta)
    return grouped_scaled(x, normalised_over(x, OVER, eps), gamma, beta)


@mistake("groupnorm", family="values")
def groups_at_each_pixel(x, G, gamma, beta, eps=1e-5):
    """Mean and variance were taken over a group's channels at each pixel. They run over rows and columns as well."""
    x = splits(x, G, gamma=gamma, beta=beta)
    rows = x.reshape(len(x), G, -1, *x.shape[2:])
    return grouped_scaled(x, normalised_over(rows, (2,), eps), gamma, beta)


@mistake("groupnorm", family="values")
def group_eps_outside_the_root(x, G, gamma, beta, eps=1e-5):
    """eps was added to the standard deviation. It is added to the variance, under the root: √(σ² + ε)."""
    x = splits(x, G, gamma=gamma, beta=beta)
    rows = x.reshape(len(x), G, -1)
    std = rows.std(axis=2, keepdims=True) + eps
    return grouped_scaled(x, (rows - rows.mean(axis=2, keepdims=True)) / std, gamma, beta)


@mistake("groupnorm", family="values")
def group_eps_left_out(x, G, gamma, beta, eps=1e-5):
    """eps was left out. Added to the variance, it keeps groups that hardly vary from being blown up."""
    return right_groupnorm(x, G, gamma, beta, 0.0)


@mistake("groupnorm", family="values")
def group_eps_fixed(x, G, gamma, beta, eps=1e-5):
    """eps was 1e-5 whatever the argument said."""
    return right_groupnorm(x, G, gamma, beta)


@mistake("groupnorm", family="values")
def group_variance_without_root(x, G, gamma, beta, eps=1e-5):
    """The values were divided by the variance. It is its root, the standard deviation, that they are divided by."""
    x = splits(x, G, gamma=gamma, beta=beta)
    normalised, std = group_hat(x, G, eps)
    return grouped_scaled(x, normalised / std, gamma, beta)


@mistake("groupnorm", family="values")
def group_unbiased_variance(x, G, gamma, beta, eps=1e-5):
    """The values were divided by the root of the unbiased variance. Here it is the ordinary one: the mean of the
    squared distances."""
    x = splits(x, G, gamma=gamma, beta=beta)
    rows = x.reshape(len(x), G, -1)
    m = rows.shape[2]
    std = np.sqrt(rows.var(axis=2, keepdims=True) * m / max(m - 1, 1) + eps)
    return grouped_scaled(x, (rows - rows.mean(axis=2, keepdims=True)) / std, gamma, beta)


@mistake("groupnorm", family="values")
def group_mean_kept(x, G, gamma, beta, eps=1e-5):
    """The mean was not subtracted: the values are divided by their standard deviation, but not centred."""
    x = splits(x, G, gamma=gamma, beta=beta)
    return grouped_scaled(x, x.reshape(len(x), G, -1) / group_hat(x, G, eps)[1], gamma, beta)


@mistake("groupnorm", family="values")
def group_only_centred(x, G, gamma, beta, eps=1e-5):
    """The mean was subtracted, but nothing was divided by: the groups keep their variance."""
    x = splits(x, G, gamma=gamma, beta=beta)
    normalised, std = group_hat(x, G, eps)
    return grouped_scaled(x, normalised * std, gamma, beta)


@mistake("groupnorm", family="values")
def group_scale_left_out(x, G, gamma, beta, eps=1e-5):
    """gamma was left out: the normalised values are multiplied by it, channel by channel."""
    splits(x, G, gamma=gamma, beta=beta)
    return right_groupnorm(x, G, np.ones_like(gamma), beta, eps)


@mistake("groupnorm", family="values")
def group_shift_left_out(x, G, gamma, beta, eps=1e-5):
    """beta was left out: it is added to the normalised and scaled values, channel by channel."""
    splits(x, G, gamma=gamma, beta=beta)
    return right_groupnorm(x, G, gamma, np.zeros_like(beta), eps)


@mistake("groupnorm", family="values")
def group_scale_and_shift_exchanged(x, G, gamma, beta, eps=1e-5):
    """gamma and beta were exchanged: gamma multiplies, beta is added."""
    return right_groupnorm(x, G, beta, gamma, eps)


@mistake("groupnorm", family="values")
def group_shift_scaled_too(x, G, gamma, beta, eps=1e-5):
    """beta was added before the multiplication by gamma. Scale first, then shift: γ·x̂ + β."""
    splits(x, G, gamma=gamma, beta=beta)
    return right_groupnorm(x, G, gamma, gamma * beta, eps)


@mistake("groupnorm", family="values")
def one_scale_per_group(x, G, gamma, beta, eps=1e-5):
    """All channels of a group got the scale and shift of its first channel. Each channel has its own."""
    x = splits(x, G, gamma=gamma, beta=beta)
    first = np.arange(x.shape[1]) // (x.shape[1] // G) * (x.shape[1] // G)
    return right_groupnorm(x, G, gamma[first], beta[first], eps)


@mistake("groupnorm", family="values")
def scale_counted_by_groups(x, G, gamma, beta, eps=1e-5):
    """Group g got gamma[g] and beta[g]. They belong to channels: channel c has gamma[c] and beta[c]."""
    x = splits(x, G, gamma=gamma, beta=beta)
    index = np.arange(x.shape[1]) // (x.shape[1] // G)
    return right_groupnorm(x, G, gamma[index], beta[index], eps)


@mistake("groupnorm", family="values")
def group_statistics_in_float32(x, G, gamma, beta, eps=1e-5):
    """The values were normalised in float32. With float64 inputs, that loses half of the digits."""
    y = right_groupnorm(x, G, gamma, beta, eps)
    return right_groupnorm(x.astype(np.float32), G, gamma, beta, eps).astype(y.dtype)


def right_group_backward(dout, x, G, gamma, eps=1e-5):
    x = splits(x, G, gamma=gamma)
    if dout.shape != x.shape:
        raise ValueError(f"dout has shape {dout.shape}, x has {x.shape}")
    normalised, std = group_hat(x, G, eps)
    g = (dout * along_channels(gamma)).reshape(normalised.shape)
    dx = (g - g.mean(axis=2, keepdims=True) - normalised * (g * normalised).mean(axis=2, keepdims=True)) / std
    sums = (dout * normalised.reshape(x.shape)).sum(axis=OVER), dout.sum(axis=OVER)
    return typed(x, dx.reshape(x.shape), *sums)


@mistake("groupnorm", family="dgamma and dbeta", function="groupnorm_backward")
def group_sums_exchanged(dout, x, G, gamma, eps=1e-5):
    """dgamma and dbeta were returned in the wrong order: gradients come in the order of the forward arguments, x,
    gamma, beta."""
    dx, dgamma, dbeta = right_group_backward(dout, x, G, gamma, eps)
    return dx, dbeta, dgamma


@mistake("groupnorm", family="dgamma and dbeta", function="groupnorm_backward")
def group_dgamma_from_x(dout, x, G, gamma, eps=1e-5):
    """dgamma was made with x. What gamma multiplies is the normalised x̂: dγ = Σ dout·x̂."""
    return with_sums(right_group_backward(dout, x, G, gamma, eps), (dout * floats(x)).sum(axis=OVER))


@mistake("groupnorm", family="dgamma and dbeta", function="groupnorm_backward")
def group_dgamma_from_the_result(dout, x, G, gamma, eps=1e-5):
    """dgamma was made with γ·x̂. gamma's factor is x̂ alone: dγ = Σ dout·x̂."""
    results = right_group_backward(dout, x, G, gamma, eps)
    return with_sums(results, results[1] * gamma)


@mistake("groupnorm", family="dgamma and dbeta", function="groupnorm_backward")
def group_dbeta_times_gamma(dout, x, G, gamma, eps=1e-5):
    """dbeta was multiplied by gamma. beta is added after gamma: dβ = Σ dout."""
    results = right_group_backward(dout, x, G, gamma, eps)
    return with_sums(results, dbeta=results[2] * gamma)


@mistake("groupnorm", family="dgamma and dbeta", function="groupnorm_backward")
def group_sums_per_group(dout, x, G, gamma, eps=1e-5):
    """dgamma and dbeta were summed over the channels of each group. gamma and beta belong to single channels."""
    results = right_group_backward(dout, x, G, gamma, eps)
    return with_sums(results, *(values.reshape(G, -1).sum(axis=1) for values in results[1:]))


@mistake("groupnorm", family="dgamma and dbeta", function="groupnorm_backward")
def group_sums_per_image(dout, x, G, gamma, eps=1e-5):
    """dgamma and dbeta have one row per image. All images share gamma and beta: sum over them as well."""
    results = right_group_backward(dout, x, G, gamma, eps)
    normalised = group_hat(floats(x), G, eps)[0].reshape(x.shape)
    return with_sums(results, (dout * normalised).sum(axis=(2, 3)), dout.sum(axis=(2, 3)))


@mistake("groupnorm", family="dgamma and dbeta", function="groupnorm_backward")
def group_sums_averaged(dout, x, G, gamma, eps=1e-5):
    """dgamma and dbeta were averaged over images and positions. They are sums."""
    results = right_group_backward(dout, x, G, gamma, eps)
    m = x.size // x.shape[1]
    return with_sums(results, results[1] / m, results[2] / m)


@mistake("groupnorm", family="dgamma and dbeta", function="groupnorm_backward")
def dgamma_of_batch_normalisation(dout, x, G, gamma, eps=1e-5):
    """dgamma was made with x̂ of batch normalisation. Here x̂ is that of the groups of each image."""
    results = right_group_backward(dout, x, G, gamma, eps)
    return with_sums(results, (dout * normalised_over(floats(x), OVER, eps)).sum(axis=OVER))


@mistake("groupnorm", family="dgamma and dbeta", function="groupnorm_backward")
def dgamma_of_interleaved_groups(dout, x, G, gamma, eps=1e-5):
    """dgamma was made with x̂ of interleaved groups. Groups are blocks: C/G channels that stand together."""
    results = right_group_backward(dout, x, G, gamma, eps)
    order = interleaved(x, G)
    normalised = np.empty_like(floats(x))
    normalised[:, order] = group_hat(floats(x)[:, order], G, eps)[0].reshape(x.shape)
    return with_sums(results, (dout * normalised).sum(axis=OVER))


def group_dx_by(dout, x, G, gamma, eps, formula):
    x = splits(x, G, gamma=gamma)
    results = right_group_backward(dout, x, G, gamma, eps)
    normalised, std = group_hat(x, G, eps)
    rows, scale = dout.reshape(normalised.shape), np.broadcast_to(along_channels(gamma), x.shape)
    dx = formula(rows, scale.reshape(normalised.shape), normalised, std)
    return *typed(x, dx.reshape(x.shape)), *results[1:]


def row_mean(values):
    return values.mean(axis=2, keepdims=True)


@mistake("groupnorm", family="dx", function="groupnorm_backward")
def gamma_outside_the_means(dout, x, G, gamma, eps=1e-5):
    """gamma was taken out of the means, as in batch normalisation. Here a mean runs over channels with different
    scales: gamma belongs inside."""
    return group_dx_by(dout, x, G, gamma, eps, lambda d, g, x, s: g / s * (d - row_mean(d) - x * row_mean(d * x)))


@mistake("groupnorm", family="dx", function="groupnorm_backward")
def group_gamma_missing_in_dx(dout, x, G, gamma, eps=1e-5):
    """dx lacks gamma: what reaches x̂ is γ·dout."""
    return group_dx_by(dout, x, G, gamma, eps, lambda d, g, x, s: (d - row_mean(d) - x * row_mean(d * x)) / s)


@mistake("groupnorm", family="dx", function="groupnorm_backward")
def group_statistics_taken_for_constants(dout, x, G, gamma, eps=1e-5):
    """Mean and variance were taken for constants. They depend on every value of the group: two terms of dx are
    missing."""
    return group_dx_by(dout, x, G, gamma, eps, lambda d, g, x, s: g * d / s)


@mistake("groupnorm", family="dx", function="groupnorm_backward")
def group_path_through_the_mean_missing(dout, x, G, gamma, eps=1e-5):
    """The path through the mean is missing: subtract the mean of γ·dout over the group."""
    return group_dx_by(dout, x, G, gamma, eps, lambda d, g, x, s: (g * d - x * row_mean(g * d * x)) / s)


@mistake("groupnorm", family="dx", function="groupnorm_backward")
def group_path_through_the_variance_missing(dout, x, G, gamma, eps=1e-5):
    """The path through the variance is missing: subtract x̂ times the mean of γ·dout·x̂."""
    return group_dx_by(dout, x, G, gamma, eps, lambda d, g, x, s: (g * d - row_mean(g * d)) / s)


@mistake("groupnorm", family="dx", function="groupnorm_backward")
def group_sums_in_dx(dout, x, G, gamma, eps=1e-5):
    """The two terms hold sums over the group. They hold means: divide by (C/G)·H·W."""

    def formula(d, g, x, s):
        total, product = ((g * d * factor).sum(axis=2, keepdims=True) for factor in (1.0, x))
        return (g * d - total - x * product) / s

    return group_dx_by(dout, x, G, gamma, eps, formula)


@mistake("groupnorm", family="dx", function="groupnorm_backward")
def group_root_missing_in_dx(dout, x, G, gamma, eps=1e-5):
    """dx lacks the division by the root √(σ² + ε): x̂ is x divided by it."""
    return group_dx_by(dout, x, G, gamma, eps, lambda d, g, x, s: g * d - row_mean(g * d) - x * row_mean(g * d * x))


@mistake("groupnorm", family="dx", function="groupnorm_backward")
def group_variance_term_added(dout, x, G, gamma, eps=1e-5):
    """The term of the variance was added. It is subtracted, as that of the mean is."""
    return group_dx_by(
        dout, x, G, gamma, eps, lambda d, g, x, s: (g * d - row_mean(g * d) + x * row_mean(g * d * x)) / s
    )


@mistake("groupnorm", family="dx", function="groupnorm_backward")
def group_no_eps_in_dx(dout, x, G, gamma, eps=1e-5):
    """eps was left out of the gradients. The root is that of the forward function: √(σ² + ε)."""
    dx = right_group_backward(dout, x, G, gamma, 0.0)[0]
    return dx, *right_group_backward(dout, x, G, gamma, eps)[1:]


@mistake("groupnorm", family="dx", function="groupnorm_backward")
def dx_of_batch_normalisation(dout, x, G, gamma, eps=1e-5):
    """dx is that of batch normalisation, with means over images. Here they run over a group of one image."""
    results = right_group_backward(dout, x, G, gamma, eps)
    return right_backward(dout, x, gamma, None, True, eps)[0], *results[1:]


@mistake("groupnorm", family="dx", function="groupnorm_backward")
def dx_of_one_group(dout, x, G, gamma, eps=1e-5):
    """dx was made as if all channels were one group. The means run over the C/G channels of a value's own group."""
    results = right_group_backward(dout, x, G, gamma, eps)
    return right_group_backward(dout, x, 1, gamma, eps)[0], *results[1:]


@mistake("groupnorm", family="dx", function="groupnorm_backward")
def dx_of_single_channels(dout, x, G, gamma, eps=1e-5):
    """dx was made as if each channel were a group. The means run over all C/G channels of a group."""
    results = right_group_backward(dout, x, G, gamma, eps)
    return right_group_backward(dout, x, x.shape[1], gamma, eps)[0], *results[1:]


@mistake("groupnorm", family="dx", function="groupnorm_backward")
def dx_of_interleaved_groups(dout, x, G, gamma, eps=1e-5):
    """dx was made with interleaved groups. Groups are blocks: C/G channels that stand together."""
    results = right_group_backward(dout, x, G, gamma, eps)
    order, dx = interleaved(x, G), np.empty_like(results[0])
    dx[:, order] = right_group_backward(dout[:, order], x[:, order], G, gamma[order], eps)[0]
    return dx, *results[1:]


@mistake("groupnorm", family="contract")
def groupnorm_in_place(x, G, gamma, beta, eps=1e-5):
    """The caller's x was overwritten. An argument belongs to the caller; a reshape of x is a view of it."""
    y = right_groupnorm(x, G, gamma, beta, eps)
    x[...] = y
    return y


@mistake("groupnorm", family="contract")
def groupnorm_always_float64(x, G, gamma, beta, eps=1e-5):
    """The result is float64 whatever came in, or because gamma is. Float32 x in, float32 out."""
    return right_groupnorm(x, G, gamma, beta, eps).astype(np.float64)


@mistake("groupnorm", family="contract")
def type_of_the_scales(x, G, gamma, beta, eps=1e-5):
    """The result has the type of gamma where that is the wider one. It has that of x: convert at the end."""
    y = right_groupnorm(x, G, gamma, beta, eps)
    return y.astype(np.result_type(y, gamma))


@mistake("groupnorm", family="contract")
def groupnorm_stays_integer(x, G, gamma, beta, eps=1e-5):
    """Integers in gave integers out, which cuts off all that stands behind the point. Integers in, float64 out."""
    return right_groupnorm(x, G, gamma, beta, eps).astype(x.dtype)


@mistake("groupnorm", family="contract")
def uneven_groups_accepted(x, G, gamma, beta, eps=1e-5):
    """A number of groups that does not divide the channels was accepted: raise ValueError."""
    if x.ndim == 4 and x.shape[1] % G:
        G = 1
    return right_groupnorm(x, G, gamma, beta, eps)


@mistake("groupnorm", family="contract")
def group_of_one_scale_accepted(x, G, gamma, beta, eps=1e-5):
    """A gamma or beta of one value was accepted for six channels, because NumPy repeats it. Compare its shape with
    (C,) and raise ValueError."""
    if x.ndim == 4:
        gamma, beta = (np.broadcast_to(values, (x.shape[1],)) for values in (gamma, beta))
    return right_groupnorm(x, G, gamma, beta, eps)


@mistake("groupnorm", family="contract")
def groupnorm_of_any_rank(x, G, gamma, beta, eps=1e-5):
    """Maps without the axis of the images were accepted. The contract asks for (N, C, H, W): raise ValueError for
    another number of axes."""
    if x.ndim == 3:
        return right_groupnorm(x[:, :, None], G, *(v[: x.shape[1]] for v in (gamma, beta)), eps)[:, :, 0].copy()
    return right_groupnorm(x, G, gamma, beta, eps)


@mistake("groupnorm", family="dx", function="groupnorm_backward")
def group_gradients_not_returned(dout, x, G, gamma, eps=1e-5):
    """The backward function returned nothing. Its result is (dx, dgamma, dbeta): look for a `return` left out."""
    right_group_backward(dout, x, G, gamma, eps)


@mistake("groupnorm", family="contract", function="groupnorm_backward")
def group_dout_overwritten(dout, x, G, gamma, eps=1e-5):
    """The caller's dout was overwritten, as `dout *= gamma` does. An argument belongs to the caller: work on a copy."""
    results = right_group_backward(dout, x, G, gamma, eps)
    dout *= 2
    return results


@mistake("groupnorm", family="contract", function="groupnorm_backward")
def group_gradients_always_float64(dout, x, G, gamma, eps=1e-5):
    """The gradients are float64 whatever came in. Where x is float32, so are they."""
    return tuple(result.astype(np.float64) for result in right_group_backward(dout, x, G, gamma, eps))


@mistake("groupnorm", family="contract", function="groupnorm_backward")
def group_dout_repeated_to_fit(dout, x, G, gamma, eps=1e-5):
    """An upstream gradient of another shape than x was accepted, because NumPy repeats it: raise ValueError."""
    if dout.ndim == x.ndim:
        dout = np.broadcast_to(dout, x.shape)
    return right_group_backward(dout, x, G, gamma, eps)


@mistake("groupnorm", family="contract", function="groupnorm_backward")
def uneven_groups_accepted_backward(dout, x, G, gamma, eps=1e-5):
    """A number of groups that does not divide the channels was accepted: raise ValueError."""
    if x.ndim == 4 and x.shape[1] % G:
        G = 1
    return right_group_backward(dout, x, G, gamma, eps)


# -- dropout ------------------------------------------------------------------------------------------------------


def probability(p):
    if not 0 <= p < 1:
        raise ValueError(f"p is {p}, expected 0 <= p < 1")


def thrown(x, p, mask):
    return (floats(x) * mask / (1 - p)).astype(floats(x).dtype)


def right_dropout(x, p, rng, train=True):
    probability(p)
    if not train:
        return floats(x).copy(), None
    mask = rng.random(x.shape) >= p
    return thrown(x, p, mask), mask


@mistake("dropout", family="training")
def kept_values_not_scaled(x, p, rng, train=True):
    """What was kept is not scaled. Inverted dropout divides it by 1 - p, so that the expected value stays."""
    y, mask = right_dropout(x, p, rng, train)
    return (y if mask is None else thrown(x, 0.0, mask)), mask


@mistake("dropout", family="training")
def multiplied_by_the_share(x, p, rng, train=True):
    """What was kept was multiplied by 1 - p. It is divided, to make up for what was dropped."""
    y, mask = right_dropout(x, p, rng, train)
    return (y if mask is None else floats(x) * mask * floats(x).dtype.type(1 - p)), mask


@mistake("dropout", family="training")
def divided_by_p(x, p, rng, train=True):
    """What was kept was divided by p, the probability of being dropped. The share that is kept is 1 - p."""
    y, mask = right_dropout(x, p, rng, train)
    return (y if mask is None else floats(x) * mask / floats(x).dtype.type(p)), mask


@mistake("dropout", family="training")
def scaled_mask_returned(x, p, rng, train=True):
    """The mask holds 1 / (1 - p) where a value was kept. It is of type bool: True where a value was kept."""
    y, mask = right_dropout(x, p, rng, train)
    return y, None if mask is None else mask / (1 - p)


@mistake("dropout", family="training")
def mask_of_floats(x, p, rng, train=True):
    """The mask holds the numbers 0 and 1. It is of type bool."""
    y, mask = right_dropout(x, p, rng, train)
    return y, None if mask is None else mask.astype(np.float64)


@mistake("dropout", family="training")
def mask_of_the_dropped(x, p, rng, train=True):
    """The mask is True where a value was dropped. It is True where one was kept."""
    y, mask = right_dropout(x, p, rng, train)
    return y, None if mask is None else ~mask


@mistake("dropout", family="training")
def new_mask_returned(x, p, rng, train=True):
    """The mask that was returned is not the one that was used: it was drawn a second time."""
    y, mask = right_dropout(x, p, rng, train)
    return y, None if mask is None else rng.random(x.shape) >= p


@mistake("dropout", family="training")
def mask_not_returned(x, p, rng, train=True):
    """Only y was returned. The backward function needs the mask: return (y, mask)."""
    return right_dropout(x, p, rng, train)[0]


@mistake("dropout", family="training")
def mask_returned_first(x, p, rng, train=True):
    """Result and mask were returned in the wrong order: (y, mask)."""
    return right_dropout(x, p, rng, train)[::-1]


@mistake("dropout", family="training")
def kept_values_shifted(x, p, rng, train=True):
    """The result was shifted to keep its mean. Inverted dropout divides what is kept by 1 - p, nothing else."""
    y, mask = right_dropout(x, p, rng, train)
    return (y if mask is None else (thrown(x, 0.0, mask) + p * floats(x).mean()).astype(y.dtype)), mask


@mistake("dropout", family="training")
def nothing_dropped_in_training(x, p, rng, train=True):
    """Nothing was dropped in training, or training and evaluation were exchanged: with train=True values are
    dropped."""
    return right_dropout(x, p, rng, not train)


@mistake("dropout", family="training")
def noise_for_dropout(x, p, rng, train=True):
    """Values were multiplied by random numbers between 0 and 1. A value is either dropped or kept."""
    y, mask = right_dropout(x, p, rng, train)
    return (y if mask is None else (floats(x) * rng.random(x.shape) / (1 - p)).astype(y.dtype)), mask


@mistake("dropout", family="chance")
def p_taken_for_keeping(x, p, rng, train=True):
    """p was taken as the probability of keeping a value. It is that of dropping one."""
    probability(p)
    if not train:
        return floats(x).copy(), None
    mask = rng.random(x.shape) < (p or 1.0)
    return thrown(x, p, mask), mask


@mistake("dropout", family="chance")
def always_one_half(x, p, rng, train=True):
    """Half of the values were dropped whatever p said."""
    probability(p)
    if not train:
        return floats(x).copy(), None
    mask = rng.random(x.shape) >= 0.5
    return thrown(x, p, mask), mask


def one_draw_along(axes, x, p, rng, train):
    probability(p)
    if not train:
        return floats(x).copy(), None
    shape = [1 if axis - x.ndim in axes or axis in axes else length for axis, length in enumerate(x.shape)]
    mask = np.array(np.broadcast_to(rng.random(shape) >= p, x.shape))
    return thrown(x, p, mask), mask


@mistake("dropout", family="chance")
def one_mask_for_all_images(x, p, rng, train=True):
    """One mask was used for all images of the batch. Each value has a draw of its own: rng.random(x.shape)."""
    return one_draw_along((0,), x, p, rng, train)


@mistake("dropout", family="chance")
def one_mask_for_all_channels(x, p, rng, train=True):
    """One mask was used for all channels. Each value has a draw of its own: rng.random(x.shape)."""
    return one_draw_along((1,), x, p, rng, train)


@mistake("dropout", family="chance")
def whole_channels_dropped(x, p, rng, train=True):
    """Whole channels were dropped, as Dropout2d does. Here each value has a draw of its own: rng.random(x.shape)."""
    return one_draw_along((2, 3), x, p, rng, train)


@mistake("dropout", family="chance")
def whole_rows_dropped(x, p, rng, train=True):
    """All values of a row were dropped together. Each value has a draw of its own: rng.random(x.shape)."""
    return one_draw_along((-1,), x, p, rng, train)


@mistake("dropout", family="chance")
def whole_images_dropped(x, p, rng, train=True):
    """Whole images were dropped. Each value has a draw of its own: rng.random(x.shape)."""
    return one_draw_along((1, 2, 3), x, p, rng, train)


@mistake("dropout", family="chance")
def generator_of_its_own(x, p, rng, train=True):
    """A new generator with a fixed seed was made inside: every call drops the same values. Draw from rng."""
    return right_dropout(x, p, np.random.default_rng(0), train)


@mistake("dropout", family="chance")
def global_generator(x, p, rng, train=True):
    """The draws came from np.random, not from rng: with the same seed, other values were dropped."""
    return right_dropout(x, p, np.random, train)


@mistake("dropout", family="chance")
def always_the_same_number(x, p, rng, train=True):
    """Every call dropped the same number of values, p times all of them. Each value has a draw of its own, so that
    the number varies from call to call."""
    probability(p)
    if not train:
        return floats(x).copy(), None
    mask = np.ones(x.size, bool)
    mask[rng.permutation(x.size)[: round(p * x.size)]] = False
    mask = mask.reshape(x.shape)
    return thrown(x, p, mask), mask


@mistake("dropout", family="chance")
def smallest_values_dropped(x, p, rng, train=True):
    """The smallest values were dropped. Which ones are dropped is a matter of chance: draw from rng."""
    probability(p)
    if not train:
        return floats(x).copy(), None
    mask = np.abs(x) >= np.quantile(np.abs(x), p)
    return thrown(x, p, mask), mask


@mistake("dropout", family="chance")
def generator_copied(x, p, rng, train=True):
    """A copy of rng was used, so that every call drops the same values. Draw from rng itself."""
    state = rng.bit_generator.state
    result = right_dropout(x, p, rng, train)
    rng.bit_generator.state = state
    return result


@mistake("dropout", family="evaluation")
def scaled_in_evaluation(x, p, rng, train=True):
    """Values were scaled in evaluation, by 1 - p, and not in training: that is dropout of 2012. Inverted dropout
    scales in training and leaves evaluation alone."""
    y, mask = right_dropout(x, p, rng, train)
    return (y * y.dtype.type(1 - p) if mask is None else thrown(x, 0.0, mask)), mask


@mistake("dropout", family="evaluation")
def scaled_twice(x, p, rng, train=True):
    """Values were multiplied by 1 - p in evaluation although training had scaled them already."""
    y, mask = right_dropout(x, p, rng, train)
    return (y * y.dtype.type(1 - p) if mask is None else y), mask


@mistake("dropout", family="evaluation")
def divided_in_evaluation(x, p, rng, train=True):
    """Values were divided by 1 - p in evaluation. Nothing is dropped there, so nothing has to be made up for."""
    y, mask = right_dropout(x, p, rng, train)
    return (y / y.dtype.type(1 - p) if mask is None else y), mask


@mistake("dropout", family="evaluation")
def dropped_in_evaluation(x, p, rng, train=True):
    """Values were dropped in evaluation, too. There x comes back as it is."""
    return right_dropout(x, p, rng, True)


@mistake("dropout", family="evaluation")
def mask_in_evaluation(x, p, rng, train=True):
    """A mask was returned in evaluation. There is none: return None, so that the backward function does not scale."""
    y, mask = right_dropout(x, p, rng, train)
    return y, np.ones(x.shape, bool) if mask is None else mask


@mistake("dropout", family="evaluation")
def no_pair_in_evaluation(x, p, rng, train=True):
    """In evaluation y alone was returned. The result is always a pair: (y, None)."""
    y, mask = right_dropout(x, p, rng, train)
    return y if mask is None else (y, mask)


@mistake("dropout", family="evaluation")
def x_itself_in_evaluation(x, p, rng, train=True):
    """In evaluation x itself was returned. Whoever changes the result would change the caller's x: return a copy."""
    y, mask = right_dropout(x, p, rng, train)
    return (floats(x) if mask is None else y), mask


def right_dropout_backward(dout, mask, p):
    if mask is None:
        return floats(dout).copy()
    if mask.shape != dout.shape:
        raise ValueError(f"mask has shape {mask.shape}, dout has {dout.shape}")
    return thrown(dout, p, mask)


@mistake("dropout", family="gradient", function="dropout_backward")
def gradient_not_scaled(dout, mask, p):
    """The gradient was not divided by 1 - p. The forward function scales by 1 / (1 - p), and so does the gradient."""
    return right_dropout_backward(dout, mask, 0.0)


@mistake("dropout", family="gradient", function="dropout_backward")
def gradient_multiplied_by_the_share(dout, mask, p):
    """The gradient was multiplied by 1 - p. The forward function divides by it, and so does the gradient."""
    right = right_dropout_backward(dout, mask, 0.0)
    return right if mask is None else right * right.dtype.type(1 - p)


@mistake("dropout", family="gradient", function="dropout_backward")
def gradient_scaled_twice(dout, mask, p):
    """The gradient was divided by 1 - p twice. The forward function scales once, and so does the gradient."""
    right = right_dropout_backward(dout, mask, p)
    return right if mask is None else right / right.dtype.type(1 - p)


@mistake("dropout", family="gradient", function="dropout_backward")
def gradient_divided_by_p(dout, mask, p):
    """The gradient was divided by p, the probability of being dropped. It is divided by 1 - p."""
    right = right_dropout_backward(dout, mask, 0.0)
    return right if mask is None else right / right.dtype.type(p)


@mistake("dropout", family="gradient", function="dropout_backward")
def gradient_not_masked(dout, mask, p):
    """The gradient was not masked. A value that was dropped has no influence on the result: its gradient is 0."""
    right = right_dropout_backward(dout, mask, p)
    return right if mask is None else floats(dout) / right.dtype.type(1 - p)


@mistake("dropout", family="gradient", function="dropout_backward")
def gradient_passed_on(dout, mask, p):
    """dout was returned as it is. It is masked and divided by 1 - p, as the values were."""
    right = right_dropout_backward(dout, mask, p)
    return right if mask is None else floats(dout).copy()


@mistake("dropout", family="gradient", function="dropout_backward")
def gradient_where_dropped(dout, mask, p):
    """The gradient passes where values were dropped. The mask is True where a value was kept."""
    return right_dropout_backward(dout, None if mask is None else ~mask, p)


@mistake("dropout", family="gradient", function="dropout_backward")
def no_mask_fails(dout, mask, p):
    """A mask of None was not expected. It comes from evaluation, where dout passes as it is."""
    if mask is None:
        raise TypeError("unsupported operand type(s) for *: 'float' and 'NoneType'")
    return right_dropout_backward(dout, mask, p)


@mistake("dropout", family="gradient", function="dropout_backward")
def scaled_without_mask(dout, mask, p):
    """Without a mask the gradient was divided by 1 - p. None comes from evaluation, where nothing was scaled."""
    right = right_dropout_backward(dout, mask, p)
    return right / right.dtype.type(1 - p) if mask is None else right


@mistake("dropout", family="contract")
def dropout_in_place(x, p, rng, train=True):
    """The caller's x was overwritten, as `x *= mask` does. An argument belongs to the caller: work on a copy."""
    y, mask = right_dropout(x, p, rng, train)
    if train and x.dtype.kind == "f":
        x[...] = y
    return y, mask


@mistake("dropout", family="contract")
def dropout_always_float64(x, p, rng, train=True):
    """The result is float64 whatever came in. Float32 in, float32 out."""
    y, mask = right_dropout(x, p, rng, train)
    return y.astype(np.float64), mask


@mistake("dropout", family="contract")
def dropout_stays_integer(x, p, rng, train=True):
    """Integers in gave integers out, which cuts off all that stands behind the point. Integers in, float64 out."""
    y, mask = right_dropout(x, p, rng, train)
    return y.astype(x.dtype), mask


@mistake("dropout", family="contract")
def any_p_accepted(x, p, rng, train=True):
    """A p below 0, or of 1 or more, was accepted. It is a probability, and 1 - p divides: raise ValueError."""
    return right_dropout(x, min(max(p, 0.0), 0.999), rng, train)


@mistake("dropout", family="contract")
def p_of_one_accepted(x, p, rng, train=True):
    """p = 1 was accepted. Nothing is kept then and 1 / (1 - p) does not exist: raise ValueError."""
    if p == 1:
        return np.zeros_like(floats(x)), np.zeros(x.shape, bool)
    return right_dropout(x, p, rng, train)


@mistake("dropout", family="contract")
def negative_p_accepted(x, p, rng, train=True):
    """A negative p was accepted. It is a probability: raise ValueError."""
    return right_dropout(x, max(p, 0.0), rng, train)


@mistake("dropout", family="contract", function="dropout_backward")
def gradient_overwritten(dout, mask, p):
    """The caller's dout was overwritten, as `dout *= mask` does. An argument belongs to the caller: work on a copy."""
    right = right_dropout_backward(dout, mask, p)
    if mask is not None and dout.dtype.kind == "f":
        dout[...] = right
    return right


@mistake("dropout", family="contract", function="dropout_backward")
def dout_itself_without_mask(dout, mask, p):
    """Without a mask dout itself was returned. Whoever changes the result would change the caller's dout: return a
    copy."""
    return dout if mask is None else right_dropout_backward(dout, mask, p)


@mistake("dropout", family="contract", function="dropout_backward")
def gradient_always_float64(dout, mask, p):
    """The gradient is float64 whatever came in. Float32 in, float32 out."""
    return right_dropout_backward(dout, mask, p).astype(np.float64)


@mistake("dropout", family="contract", function="dropout_backward")
def mask_repeated_to_fit(dout, mask, p):
    """A mask of another shape than dout was accepted, because NumPy repeats it: raise ValueError."""
    return right_dropout_backward(dout, None if mask is None else np.broadcast_to(mask, dout.shape), p)
