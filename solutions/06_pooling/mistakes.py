"""Known wrong answers of unit 06. Each docstring is the sentence that a learner reads."""

from __future__ import annotations

import numpy as np

from autograder.testing import Mistakes

mistake = Mistakes()


# -- right building blocks, from which the wrong answers are made -------------------------------------------------


def pair(option):
    return option if isinstance(option, tuple) else (option, option)


def swapped(option):
    return None if option is None else pair(option)[::-1]


def floats(a):
    return a.astype(a.dtype if a.dtype.kind == "f" else np.float64)


def counts(shape, k, stride=None, padding=0):
    if len(shape) != 4:
        raise ValueError(f"images have 4 axes, the shape given is {tuple(shape)}")
    found = []
    for n, size, step, border in zip(
        shape[2:], pair(k), pair(k if stride is None else stride), pair(padding), strict=True
    ):
        if 2 * border > size or size > n + 2 * border:
            raise ValueError(f"a window of {size} does not fit into {n} pixels with padding {border}")
        found.append((n + 2 * border - size) // step + 1)
    return tuple(found)


def cut(image, k, stride=None):
    sh, sw = pair(k if stride is None else stride)
    return np.lib.stride_tricks.sliding_window_view(image, pair(k), axis=(2, 3))[:, :, ::sh, ::sw]


def bordered(image, padding, fill=0.0):
    ph, pw = pair(padding)
    return np.pad(image, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=fill)


def windows(x, k, stride=None, padding=0, fill=0.0):
    counts(x.shape, k, stride, padding)
    return cut(bordered(floats(x), padding, fill), k, stride)  # (N, C, OH, OW, KH, KW)


def flat(view):
    return view.reshape(*view.shape[:4], -1)


def first_largest(values):
    return np.argmax(values, axis=-1)


def taken(values, places):
    return np.take_along_axis(values, places[..., None], axis=-1)[..., 0]


def pixels(x, k, stride=None, padding=0):
    plane = np.arange(x.shape[2] * x.shape[3]).reshape(1, 1, *x.shape[2:])
    numbers = flat(cut(bordered(plane, padding, -1), k, stride))
    return np.broadcast_to(numbers, (*x.shape[:2], *numbers.shape[2:]))


def pooled(x, k, stride=None, padding=0, fill=-np.inf, pick=first_largest):
    values = flat(windows(x, k, stride, padding, fill))
    places = pick(values)
    return taken(values, places), taken(pixels(x, k, stride, padding), places)


def rows_and_columns(x, k, stride=None, padding=0):
    idx = pooled(x, k, stride, padding)[1]
    return idx // x.shape[3], idx % x.shape[3]


def corners(x, k, stride=None, padding=0):
    oh, ow = counts(x.shape, k, stride, padding)
    (sh, sw), (ph, pw) = pair(k if stride is None else stride), pair(padding)
    return (sh * np.arange(oh) - ph)[:, None], sw * np.arange(ow) - pw


def to_multiples(x, k, stride, mode="constant", **options):
    (kh, kw), (sh, sw) = pair(k), pair(k if stride is None else stride)
    rows, columns = -(x.shape[2] - kh) % sh, -(x.shape[3] - kw) % sw
    return np.pad(floats(x), ((0, 0), (0, 0), (0, rows), (0, columns)), mode, **options)


# -- max_pool2d ---------------------------------------------------------------------------------------------------


@mistake("max-pool2d", family="values")
def smallest_kept(x, k, stride=None, padding=0):
    """The smallest value of each window was kept; max pooling keeps the largest."""
    out, idx = pooled(-floats(x), k, stride, padding)
    return -out, idx


@mistake("max-pool2d", family="values")
def mean_taken(x, k, stride=None, padding=0):
    """The values of each window were averaged. Max pooling keeps the largest and drops the others."""
    return windows(x, k, stride, padding).mean(axis=(4, 5)), pooled(x, k, stride, padding)[1]


@mistake("max-pool2d", family="values")
def window_summed(x, k, stride=None, padding=0):
    """The values of each window were added up. Max pooling keeps one of them, the largest."""
    return windows(x, k, stride, padding).sum(axis=(4, 5)), pooled(x, k, stride, padding)[1]


@mistake("max-pool2d", family="values")
def pooled_over_channels(x, k, stride=None, padding=0):
    """The largest value was taken over all channels at once. Each channel is pooled by itself, so the result has as
    many channels as x."""
    out, idx = pooled(x, k, stride, padding)
    return out.max(axis=1, keepdims=True), idx[:, :1]


@mistake("max-pool2d", family="values")
def largest_of_all_channels_in_each(x, k, stride=None, padding=0):
    """Every channel holds the largest value of all channels: the maximum went over axis 1 too. Only rows and columns
    of the window belong in it."""
    out, idx = pooled(x, k, stride, padding)
    return np.repeat(out.max(axis=1, keepdims=True), x.shape[1], axis=1), idx


@mistake("max-pool2d", family="values")
def pooled_over_images(x, k, stride=None, padding=0):
    """The largest value was taken over all images of the batch. Each image is pooled by itself."""
    out, idx = pooled(x, k, stride, padding)
    return np.repeat(out.max(axis=0, keepdims=True), len(x), axis=0), idx


@mistake("max-pool2d", family="values")
def first_channel_everywhere(x, k, stride=None, padding=0):
    """All channels hold the result of the first one: the window was cut from x[:, 0]."""
    out, idx = pooled(x, k, stride, padding)
    return np.repeat(out[:, :1], x.shape[1], axis=1), np.repeat(idx[:, :1], x.shape[1], axis=1)


@mistake("max-pool2d", family="values")
def first_image_only(x, k, stride=None, padding=0):
    """Only the first image was pooled, the others are left at 0: the loop over images is missing or returns early."""
    out, idx = pooled(x, k, stride, padding)
    out[1:], idx[1:] = 0, 0
    return out, idx


@mistake("max-pool2d", family="values")
def largest_magnitude(x, k, stride=None, padding=0):
    """The value farthest from zero was kept, of either sign. The largest value is meant: -5 is smaller than 1."""
    return pooled(x, k, stride, padding, 0.0, lambda values: np.argmax(np.abs(values), axis=-1))


@mistake("max-pool2d", family="values")
def search_starts_from_zero(x, k, stride=None, padding=0):
    """Windows of negative values give 0: the search for the largest value began at 0. Begin at the window's first
    value, or at -inf."""
    out, idx = pooled(x, k, stride, padding)
    return np.maximum(out, 0), np.where(out > 0, idx, 0)


@mistake("max-pool2d", family="values")
def rectified(x, k, stride=None, padding=0):
    """Negative results became 0, as if a ReLU stood after the layer. Pooling keeps negative values as they are."""
    out, idx = pooled(x, k, stride, padding)
    return np.maximum(out, 0), idx


@mistake("max-pool2d", family="values")
def height_and_width_of_window_swapped(x, k, stride=None, padding=0):
    """Rows and columns of the window were swapped: a pair k is (rows, columns)."""
    return pooled(x, swapped(k), swapped(k) if stride is None else stride, padding)


@mistake("max-pool2d", family="values")
def window_taken_as_square(x, k, stride=None, padding=0):
    """The window was taken as a square with the number of rows for both sides. A pair k is (rows, columns)."""
    k = pair(k)[0]
    return pooled(x, k, stride, padding if 2 * pair(padding)[1] <= k else (pair(padding)[0], 0))


@mistake("max-pool2d", family="values")
def result_transposed(x, k, stride=None, padding=0):
    """Rows and columns of the result are swapped: its shape is (N, C, OH, OW)."""
    out, idx = pooled(x, k, stride, padding)
    return out.swapaxes(2, 3), idx.swapaxes(2, 3)


@mistake("max-pool2d", family="values")
def leftovers_kept(x, k, stride=None, padding=0):
    """Rows or columns that do not fill a window got one of their own: the size was rounded up. Round it down and leave
    them out."""
    counts(x.shape, k, stride, padding)
    x = bordered(floats(x), padding, -np.inf)
    x = to_multiples(x, k, stride, constant_values=-np.inf)
    return pooled(x, k, stride)


@mistake("max-pool2d", family="values")
def leftovers_cut_at_the_start(x, k, stride=None, padding=0):
    """Where rows or columns are left over, the first ones were dropped. Windows begin at pixel 0, and what is left over
    is at the end."""
    (sh, sw), (kh, kw) = pair(k if stride is None else stride), pair(k)
    counts(x.shape, k, stride, padding)
    image = bordered(floats(x), padding, -np.inf)
    rows, columns = (image.shape[2] - kh) % sh, (image.shape[3] - kw) % sw
    return pooled(image[:, :, rows:, columns:], k, stride)[0], pooled(x, k, stride, padding)[1]


@mistake("max-pool2d", family="values")
def last_windows_skipped(x, k, stride=None, padding=0):
    """The last row and column of windows were left at 0: `+ 1` is missing from the number of windows, or the loop ends
    one too early."""
    out, idx = pooled(x, k, stride, padding)
    for result in (out, idx):
        result[:, :, -1], result[..., -1] = 0, 0
    return out, idx


@mistake("max-pool2d", family="values")
def windows_one_pixel_apart(x, k, stride=None, padding=0):
    """Without a stride, windows were set one pixel apart. stride=None means the size of the window, so that they lie
    side by side."""
    return pooled(x, k, 1 if stride is None else stride, padding)


@mistake("max-pool2d", family="values")
def last_row_of_window_left_out(x, k, stride=None, padding=0):
    """The last row of each window was not looked at. A slice's end is not part of it: i to i + kh, not i + kh - 1."""
    values = windows(x, k, stride, padding, -np.inf)[..., : max(1, pair(k)[0] - 1), :]
    places = first_largest(flat(values))
    return taken(flat(values), places), taken(pixels(x, k, stride, padding), places)


@mistake("max-pool2d", family="values")
def columns_of_window_not_compared(x, k, stride=None, padding=0):
    """The maximum went down the first column of each window only. Compare its columns too."""
    values = windows(x, k, stride, padding, -np.inf)[..., 0]
    places = first_largest(values) * pair(k)[1]
    return values.max(axis=-1), taken(pixels(x, k, stride, padding), places)


@mistake("max-pool2d", family="values")
def values_cut_to_integers(x, k, stride=None, padding=0):
    """The results lost their decimals: they were put into an array of integers. Give `out` the type of a float x."""
    out, idx = pooled(x, k, stride, padding)
    return np.trunc(out), idx


@mistake("max-pool2d", family="values")
def positions_returned_first(x, k, stride=None, padding=0):
    """The two results are in the wrong order: `out` comes first, then `idx`."""
    return pooled(x, k, stride, padding)[::-1]


@mistake("max-pool2d", family="positions")
def positions_not_returned(x, k, stride=None, padding=0):
    """Only the values were returned. The backward pass needs their positions too: return out, idx."""
    return pooled(x, k, stride, padding)[0]


@mistake("max-pool2d", family="positions")
def position_in_the_window(x, k, stride=None, padding=0):
    """Positions were counted within the window. Count them in the plane: add the row and the column where the window
    begins, then row * W + column."""
    values = flat(windows(x, k, stride, padding, -np.inf))
    return values.max(axis=-1), first_largest(values)


@mistake("max-pool2d", family="positions")
def position_counted_with_the_height(x, k, stride=None, padding=0):
    """Positions were counted as row * H + column. A row holds W pixels, so it is row * W + column."""
    row, column = rows_and_columns(x, k, stride, padding)
    return pooled(x, k, stride, padding)[0], row * x.shape[2] + column


@mistake("max-pool2d", family="positions")
def position_counted_down_the_columns(x, k, stride=None, padding=0):
    """Positions were counted down the columns, column * H + row. Planes are counted row by row: row * W + column."""
    row, column = rows_and_columns(x, k, stride, padding)
    return pooled(x, k, stride, padding)[0], column * x.shape[2] + row


@mistake("max-pool2d", family="positions")
def position_counted_with_the_results_width(x, k, stride=None, padding=0):
    """Positions were counted as row * OW + column, with the width of the result. They are pixels of the image, whose
    rows hold W."""
    row, column = rows_and_columns(x, k, stride, padding)
    return pooled(x, k, stride, padding)[0], row * counts(x.shape, k, stride, padding)[1] + column


@mistake("max-pool2d", family="positions")
def window_place_split_by_its_height(x, k, stride=None, padding=0):
    """The place in the window was split into row and column by kh. A row of the window holds kw values: divmod(place,
    kw)."""
    values = flat(windows(x, k, stride, padding, -np.inf))
    (rows, columns), place = corners(x, k, stride, padding), first_largest(values)
    return values.max(axis=-1), (rows + place // pair(k)[0]) * x.shape[3] + columns + place % pair(k)[0]


@mistake("max-pool2d", family="positions")
def position_without_the_step(x, k, stride=None, padding=0):
    """The window in row i was taken to begin at pixel row i. It begins at i * stride - padding, and so with columns."""
    values = flat(windows(x, k, stride, padding, -np.inf))
    place, (oh, ow) = first_largest(values), values.shape[2:4]
    row, column = np.arange(oh)[:, None] + place // pair(k)[1], np.arange(ow) + place % pair(k)[1]
    return values.max(axis=-1), row * x.shape[3] + column


@mistake("max-pool2d", family="positions")
def position_of_the_windows_corner(x, k, stride=None, padding=0):
    """The positions are those of the windows' first pixels. Asked for is the pixel that holds the largest value."""
    return pooled(x, k, stride, padding)[0], pooled(x, k, stride, padding, pick=nothing_sought)[1]


def nothing_sought(values):
    return np.zeros(values.shape[:4], np.int64)


@mistake("max-pool2d", family="positions")
def position_counted_through_the_batch(x, k, stride=None, padding=0):
    """Positions were counted through all planes of the batch. They begin at 0 again in each plane, whatever image and
    channel it belongs to."""
    out, idx = pooled(x, k, stride, padding)
    n, c, h, w = x.shape
    return out, idx + (h * w * np.arange(n * c)).reshape(n, c, 1, 1)


@mistake("max-pool2d", family="positions")
def position_counted_through_the_channels(x, k, stride=None, padding=0):
    """Positions were counted through all channels of an image. They begin at 0 again in each channel."""
    out, idx = pooled(x, k, stride, padding)
    return out, idx + (x.shape[2] * x.shape[3] * np.arange(x.shape[1]))[:, None, None]


@mistake("max-pool2d", family="positions")
def position_counted_from_one(x, k, stride=None, padding=0):
    """Positions were counted from 1. The first pixel of a plane is pixel 0."""
    out, idx = pooled(x, k, stride, padding)
    return out, idx + 1


@mistake("max-pool2d", family="positions")
def position_as_row_and_column(x, k, stride=None, padding=0):
    """Positions were given as pairs, row and column. One number for each is asked for: row * W + column."""
    return pooled(x, k, stride, padding)[0], np.stack(rows_and_columns(x, k, stride, padding), axis=-1)


@mistake("max-pool2d", family="stride and padding")
def stride_taken_as_size(x, k, stride=None, padding=0):
    """The stride was ignored: windows lie side by side, whatever it says."""
    return pooled(x, k, None, padding)


@mistake("max-pool2d", family="stride and padding")
def strides_swapped(x, k, stride=None, padding=0):
    """The strides of rows and columns were swapped: a pair is (rows, columns)."""
    return pooled(x, k, swapped(stride), padding)


@mistake("max-pool2d", family="stride and padding")
def row_stride_for_columns_too(x, k, stride=None, padding=0):
    """The first number of the stride was used for rows and columns. The second one is for the columns."""
    return pooled(x, k, None if stride is None else pair(stride)[0], padding)


@mistake("max-pool2d", family="stride and padding")
def position_stepped_by_the_size(x, k, stride=None, padding=0):
    """Values are right, but positions were counted as if windows lay side by side. The window in row i begins at i *
    stride, not at i * kh."""
    values = flat(windows(x, k, stride, padding, -np.inf))
    place, (oh, ow), (kh, kw), (ph, pw) = first_largest(values), values.shape[2:4], pair(k), pair(padding)
    row, column = kh * np.arange(oh)[:, None] - ph + place // kw, kw * np.arange(ow) - pw + place % kw
    return values.max(axis=-1), row * x.shape[3] + column


@mistake("max-pool2d", family="stride and padding")
def padded_with_zeros(x, k, stride=None, padding=0):
    """The border was filled with zeros, and a 0 wins against negative pixels. For the maximum, padding counts as
    -inf."""
    return pooled(x, k, stride, padding, 0.0)


@mistake("max-pool2d", family="stride and padding")
def padding_ignored(x, k, stride=None, padding=0):
    """The padding was ignored: no border was added, so windows begin at the first pixel."""
    counts(x.shape, k, stride, padding)
    return pooled(x, k, stride)


@mistake("max-pool2d", family="stride and padding")
def padded_at_the_start_only(x, k, stride=None, padding=0):
    """The border was added above and at the left only. Padding goes on all four sides."""
    counts(x.shape, k, stride, padding)
    ph, pw = pair(padding)
    image = bordered(floats(x), padding, -np.inf)[:, :, : ph + x.shape[2], : pw + x.shape[3]]
    oh, ow = counts(image.shape, k, stride)
    return pooled(image, k, stride)[0], pooled(x, k, stride, padding)[1][:, :, :oh, :ow]


@mistake("max-pool2d", family="stride and padding")
def paddings_swapped(x, k, stride=None, padding=0):
    """The paddings of rows and columns were swapped: a pair is (rows, columns)."""
    counts(x.shape, k, stride, padding)
    image, numbers = bordered(floats(x), swapped(padding), -np.inf), np.arange(x.shape[2] * x.shape[3])
    values = flat(cut(image, k, stride))
    plane = np.broadcast_to(bordered(numbers.reshape(1, 1, *x.shape[2:]), swapped(padding), -1), image.shape)
    places = first_largest(values)
    return taken(values, places), taken(flat(cut(plane, k, stride)), places)


@mistake("max-pool2d", family="stride and padding")
def position_in_the_padded_plane(x, k, stride=None, padding=0):
    """Positions were counted in the padded plane. Subtract the padding from row and column, and count with the W of
    x."""
    counts(x.shape, k, stride, padding)
    return pooled(bordered(floats(x), padding, -np.inf), k, stride)


@mistake("max-pool2d", family="stride and padding")
def position_with_the_padded_width(x, k, stride=None, padding=0):
    """Positions were counted as row * (W + 2 * padding) + column. Row and column are those of the unpadded plane, so
    its W counts."""
    row, column = rows_and_columns(x, k, stride, padding)
    return pooled(x, k, stride, padding)[0], row * (x.shape[3] + 2 * pair(padding)[1]) + column


@mistake("max-pool2d", family="ties and NaN")
def last_of_equal_values(x, k, stride=None, padding=0):
    """Of equal values the last one won, as `>=` has it. The first in row-major order wins: compare with `>`."""
    return pooled(x, k, stride, padding, pick=last_largest)


def last_largest(values):
    found = np.argmax(values[..., ::-1], axis=-1)
    return np.where(np.isnan(values).any(axis=-1), np.argmax(values, axis=-1), values.shape[-1] - 1 - found)


@mistake("max-pool2d", family="ties and NaN")
def first_of_equal_values_by_columns(x, k, stride=None, padding=0):
    """Of equal values the one further left won, even from a lower row. Row by row is the order: the upper one first,
    then the one further left."""
    view = windows(x, k, stride, padding, -np.inf)
    row = pixels(x, k, stride, padding).reshape(view.shape).swapaxes(4, 5)
    place = first_largest(flat(view.swapaxes(4, 5)))
    return taken(flat(view.swapaxes(4, 5)), place), taken(flat(row), place)


@mistake("max-pool2d", family="ties and NaN")
def last_of_equal_values_in_a_row(x, k, stride=None, padding=0):
    """Of equal values in one row of a window, the last one won. Further left goes before further right."""
    view = windows(x, k, stride, padding, -np.inf)[..., ::-1]
    row = pixels(x, k, stride, padding).reshape(view.shape)[..., ::-1]
    place = first_largest(flat(view))
    return taken(flat(view), place), taken(flat(row), place)


@mistake("max-pool2d", family="ties and NaN")
def looked_up_in_the_whole_plane(x, k, stride=None, padding=0):
    """The largest value was looked up in the whole plane, where an equal one may stand outside of its window. Search
    the window only."""
    out, idx = pooled(x, k, stride, padding)
    plane = floats(x).reshape(*x.shape[:2], 1, 1, -1)
    same = plane == out[..., None]
    return out, np.where(same.any(axis=-1), np.argmax(same, axis=-1), idx)


@mistake("max-pool2d", family="ties and NaN")
def nan_left_out(x, k, stride=None, padding=0):
    """Windows with a NaN give their largest number. A NaN must be passed on, so that an error in the network shows:
    np.max does, np.nanmax and comparisons do not."""
    return pooled(np.where(np.isnan(x), -np.inf, x).astype(x.dtype), k, stride, padding)


@mistake("max-pool2d", family="ties and NaN")
def nan_taken_for_zero(x, k, stride=None, padding=0):
    """NaN was replaced by 0. It must be passed on: the window's result is NaN."""
    return pooled(np.where(np.isnan(x), 0, x).astype(x.dtype), k, stride, padding)


@mistake("max-pool2d", family="ties and NaN")
def nan_has_no_position(x, k, stride=None, padding=0):
    """The value NaN was passed on, but the position is that of the largest number. It must be the NaN's own pixel."""
    return pooled(x, k, stride, padding)[0], nan_left_out(x, k, stride, padding)[1]


@mistake("max-pool2d", family="ties and NaN")
def nan_wins_in_the_first_place_only(x, k, stride=None, padding=0):
    """A NaN was passed on only where it is the window's first value. `value > best` is False for a NaN, so ask for
    np.isnan(value) too."""
    return pooled(x, k, stride, padding, pick=largest_by_comparison)


def largest_by_comparison(values):
    without = np.argmax(np.where(np.isnan(values), -np.inf, values), axis=-1)
    return np.where(np.isnan(values[..., 0]), 0, without)


@mistake("max-pool2d", family="contract")
def input_overwritten(x, k, stride=None, padding=0):
    """The array x was changed: the largest values were struck out in it. Work on a copy."""
    out, idx = pooled(x, k, stride, padding)
    x.reshape(*x.shape[:2], -1)[..., idx[0, 0, 0, 0]] = 0
    return out, idx


@mistake("max-pool2d", family="contract")
def image_itself_returned(x, k, stride=None, padding=0):
    """With windows of 1×1, the result uses the memory of x: who changes one changes the other. Return a copy."""
    out, idx = pooled(x, k, stride, padding)
    return (x if pair(k) == (1, 1) and out.shape == x.shape and out.dtype == x.dtype else out), idx


@mistake("max-pool2d", family="contract")
def always_float64(x, k, stride=None, padding=0):
    """float32 images gave a float64 result: np.zeros and np.empty make float64 unless told x.dtype."""
    return pooled(x.astype(np.float64), k, stride, padding)


@mistake("max-pool2d", family="contract")
def integers_kept(x, k, stride=None, padding=0):
    """Integer images gave an integer result, for which there is no -inf. Turn them into float64 first."""
    out, idx = pooled(x, k, stride, padding)
    return out.astype(x.dtype), idx


@mistake("max-pool2d", family="contract")
def positions_as_floats(x, k, stride=None, padding=0):
    """The positions came back as floats, and floats are no indices. Make idx an array of np.int64."""
    out, idx = pooled(x, k, stride, padding)
    return out, idx.astype(np.float64)


@mistake("max-pool2d", family="contract")
def positions_in_32_bits(x, k, stride=None, padding=0):
    """The positions came back as int32. The contract says np.int64."""
    out, idx = pooled(x, k, stride, padding)
    return out, idx.astype(np.int32)


@mistake("max-pool2d", family="contract")
def refused_with_assert(x, k, stride=None, padding=0):
    """Impossible arguments were refused with `assert`. Raise ValueError: an assert vanishes when Python runs with
    -O."""
    try:
        counts(x.shape, k, stride, padding)
    except ValueError as error:
        raise AssertionError(str(error)) from None
    return pooled(x, k, stride, padding)


@mistake("max-pool2d", family="contract")
def too_large_windows_accepted(x, k, stride=None, padding=0):
    """A window that is larger than the image was accepted and gave an empty result. Raise ValueError."""
    (kh, kw), (ph, pw) = pair(k), pair(padding)
    if x.ndim == 4 and (kh > x.shape[2] + 2 * ph or kw > x.shape[3] + 2 * pw):
        return np.empty((*x.shape[:2], 0, 0)), np.empty((*x.shape[:2], 0, 0), np.int64)
    return pooled(x, k, stride, padding)


@mistake("max-pool2d", family="contract")
def rank_not_checked(x, k, stride=None, padding=0):
    """Arrays of 3 or 5 axes were pooled along their last two. Images have 4 axes: raise ValueError for others."""
    out, idx = pooled(x.reshape(-1, 1, *x.shape[-2:]), k, stride, padding)
    return out.reshape(*x.shape[:-2], *out.shape[2:]), idx.reshape(*x.shape[:-2], *out.shape[2:])


@mistake("max-pool2d", family="contract")
def any_padding_accepted(x, k, stride=None, padding=0):
    """Padding of more than half a window was accepted: a window then may hold nothing but border. Raise ValueError."""
    counts(bordered(x[:0], padding).shape, k, stride)
    values = flat(cut(bordered(floats(x), padding, -np.inf), k, stride))
    places = first_largest(values)
    return taken(values, places), taken(pixels(x, k, stride, padding), places)


@mistake("max-pool2d", family="speed")
def one_window_at_a_time(x, k, stride=None, padding=0):
    """Four loops over images, channels, rows and columns are right but slow. Cut a window of all images and channels at
    once, or take one place of all windows at once."""
    out, idx = pooled(x, k, stride, padding)
    values, numbers = flat(windows(x, k, stride, padding, -np.inf)), pixels(x, k, stride, padding)
    for where in np.ndindex(*out.shape):
        place = np.argmax(values[where])
        out[where], idx[where] = values[where][place], numbers[where][place]
    return out, idx


# -- max_pool2d_backward ------------------------------------------------------------------------------------------


def refuse(dout, idx, x_shape):
    if len(x_shape) != 4 or dout.shape != idx.shape or dout.shape[:2] != tuple(x_shape[:2]):
        raise ValueError(f"dout of {dout.shape} and idx of {idx.shape} do not belong to {tuple(x_shape)}")
    if idx.min(initial=0) < 0 or idx.max(initial=0) >= x_shape[2] * x_shape[3]:
        raise ValueError(f"positions from {idx.min()} to {idx.max()} are not all in planes of {x_shape[2:]}")


def routed(dout, idx, x_shape, add=np.add.at):
    refuse(dout, idx, x_shape)
    return sent(floats(dout), idx, x_shape, add)


def sent(values, idx, x_shape, add=np.add.at):
    n, c = x_shape[:2]
    dx = np.zeros((n * c, x_shape[2] * x_shape[3]), values.dtype)
    add(dx, (np.arange(n * c)[:, None], idx.reshape(n * c, -1)), values.reshape(n * c, -1))
    return dx.reshape(x_shape)


def put(dx, index, values):
    dx[index] = values


def by_loops(dout, idx, x_shape, order):
    refuse(dout, idx, x_shape)
    dx = np.zeros((*x_shape[:2], x_shape[2] * x_shape[3]), floats(dout[:0]).dtype)
    for n, c in np.ndindex(*x_shape[:2]):
        for line in range(dout.shape[order]):
            dx[n, c, idx[n, c].take(line, order - 2)] += dout[n, c].take(line, order - 2)
    return dx.reshape(x_shape)


@mistake("max-pool2d-backward", family="overlap")
def later_windows_overwrite(dout, idx, x_shape):
    """A pixel that won several windows got the gradient of the last one only: `=`, or `dx[idx] += dout`, which adds
    once per position. Add up with `+=` in a loop or with np.add.at."""
    return routed(dout, idx, x_shape, put)


@mistake("max-pool2d-backward", family="overlap")
def first_window_kept(dout, idx, x_shape):
    """A pixel that won several windows got the gradient of the first one only. It gets the sum of all."""
    refuse(dout, idx, x_shape)
    values = floats(dout)[:, :, ::-1, ::-1]
    return sent(np.ascontiguousarray(values), idx[:, :, ::-1, ::-1], x_shape, put)


@mistake("max-pool2d-backward", family="overlap")
def repeats_within_a_row_lost(dout, idx, x_shape):
    """Where a pixel won several windows of one row, only one gradient arrived: `dx[idx[i]] += dout[i]` adds once per
    position. Use np.add.at, or a loop over columns too."""
    return by_loops(dout, idx, x_shape, 2)


@mistake("max-pool2d-backward", family="overlap")
def repeats_within_a_column_lost(dout, idx, x_shape):
    """Where a pixel won several windows of one column, only one gradient arrived: fancy indexing with `+=` adds once
    per position. Use np.add.at, or a loop over rows too."""
    return by_loops(dout, idx, x_shape, 3)


@mistake("max-pool2d-backward", family="overlap")
def gradients_of_a_pixel_averaged(dout, idx, x_shape):
    """The gradients of a pixel that won several windows were averaged. They must be added up."""
    return routed(dout, idx, x_shape) / np.maximum(sent(np.ones_like(floats(dout)), idx, x_shape), 1)


@mistake("max-pool2d-backward", family="overlap")
def largest_gradient_kept(dout, idx, x_shape):
    """Of several gradients that meet at a pixel only the one of greatest magnitude was kept. They must be added up."""
    refuse(dout, idx, x_shape)
    values = floats(dout)
    up = sent(np.maximum(values, 0), idx, x_shape, np.maximum.at)
    down = sent(np.minimum(values, 0), idx, x_shape, np.minimum.at)
    return np.where(up >= -down, up, down)


@mistake("max-pool2d-backward", family="one window per pixel")
def positions_not_offset_by_plane(dout, idx, x_shape):
    """All gradients went into the first plane: switches count within a plane. Add (n * C + c) * H * W before you index
    the flat array."""
    refuse(dout, idx, x_shape)
    dx = np.zeros(np.prod(x_shape), floats(dout[:0]).dtype)
    np.add.at(dx, idx.ravel(), dout.ravel())
    return dx.reshape(x_shape)


@mistake("max-pool2d-backward", family="one window per pixel")
def positions_not_offset_by_image(dout, idx, x_shape):
    """The gradients of all images went into the first one. Switches count within one plane of one image."""
    dx = routed(dout, idx, x_shape)
    dx[0] = dx.sum(axis=0)
    dx[1:] = 0
    return dx


@mistake("max-pool2d-backward", family="one window per pixel")
def positions_not_offset_by_channel(dout, idx, x_shape):
    """The gradients of all channels went into the first one. Switches begin at 0 again in every channel."""
    dx = routed(dout, idx, x_shape)
    dx[:, 0] = dx.sum(axis=1)
    dx[:, 1:] = 0
    return dx


@mistake("max-pool2d-backward", family="one window per pixel")
def plane_offset_by_the_results_size(dout, idx, x_shape):
    """Planes were taken to be OH * OW pixels apart, the size of the result. In dx they are H * W pixels apart."""
    refuse(dout, idx, x_shape)
    n, c, oh, ow = dout.shape
    dx = np.zeros(np.prod(x_shape), floats(dout[:0]).dtype)
    np.add.at(dx, (idx + (oh * ow * np.arange(n * c)).reshape(n, c, 1, 1)).ravel(), dout.ravel())
    return dx.reshape(x_shape)


@mistake("max-pool2d-backward", family="one window per pixel")
def position_split_by_the_height(dout, idx, x_shape):
    """Positions were split into row and column by H. A row holds W pixels: divmod(idx, W)."""
    refuse(dout, idx, x_shape)
    dx = np.zeros(x_shape, floats(dout[:0]).dtype)
    for a, b, i, j in np.ndindex(*dout.shape):
        row, column = divmod(idx[a, b, i, j], x_shape[2])
        dx[a, b, row, column] += dout[a, b, i, j]
    return dx


@mistake("max-pool2d-backward", family="one window per pixel")
def position_read_down_the_columns(dout, idx, x_shape):
    """Positions were read down the columns. Planes are counted row by row: the row is idx // W, the column idx % W."""
    n, c, h, w = x_shape if len(x_shape) == 4 else (0, 0, 0, 0)
    return np.ascontiguousarray(routed(dout, idx, x_shape).reshape(n, c, w, h).swapaxes(2, 3))


@mistake("max-pool2d-backward", family="one window per pixel")
def gradient_with_width_before_height(dout, idx, x_shape):
    """The gradient has the shape (N, C, W, H). x_shape says (N, C, H, W)."""
    n, c, h, w = x_shape if len(x_shape) == 4 else (0, 0, 0, 0)
    return routed(dout, idx, x_shape).reshape(n, c, w, h)


@mistake("max-pool2d-backward", family="one window per pixel")
def planes_left_flat(dout, idx, x_shape):
    """The gradient has the shape (N, C, H * W). Give it the shape of the images at the end: reshape(x_shape)."""
    return routed(dout, idx, x_shape).reshape(*dout.shape[:2], -1)


@mistake("max-pool2d-backward", family="one window per pixel")
def ones_for_upstream_gradient(dout, idx, x_shape):
    """Every winner got a 1. It gets the upstream gradient of its window, dout."""
    refuse(dout, idx, x_shape)
    return sent(np.ones_like(floats(dout)), idx, x_shape)


@mistake("max-pool2d-backward", family="one window per pixel")
def upstream_gradient_transposed(dout, idx, x_shape):
    """Rows and columns of dout were swapped: dout[n, c, i, j] belongs to idx[n, c, i, j]."""
    refuse(dout, idx, x_shape)
    return sent(np.ascontiguousarray(floats(dout).swapaxes(2, 3)), idx, x_shape)


@mistake("max-pool2d-backward", family="one window per pixel")
def negative_gradients_dropped(dout, idx, x_shape):
    """Negative upstream gradients were dropped, as a ReLU would do with negative inputs. Pooling hands all of them
    on."""
    refuse(dout, idx, x_shape)
    return sent(np.maximum(floats(dout), 0), idx, x_shape)


@mistake("max-pool2d-backward", family="one window per pixel")
def pixel_zero_forgotten(dout, idx, x_shape):
    """Pixel 0 got nothing: 0 counts as False in `if idx`. It is a position like all others."""
    refuse(dout, idx, x_shape)
    return sent(np.where(idx > 0, floats(dout), 0).astype(floats(dout[:0]).dtype), idx, x_shape)


@mistake("max-pool2d-backward", family="one window per pixel")
def positions_taken_from_one(dout, idx, x_shape):
    """All gradients are one pixel too far to the front: 1 was subtracted from idx. Positions count from 0."""
    refuse(dout, idx, x_shape)
    return sent(floats(dout), idx - 1, x_shape)


@mistake("max-pool2d-backward", family="one window per pixel")
def gradient_spread_over_the_plane(dout, idx, x_shape):
    """The gradient was spread evenly over all pixels. In max pooling, all of it goes to the winner of each window."""
    dx = routed(dout, idx, x_shape)
    return np.ascontiguousarray(np.broadcast_to(dx.mean(axis=(2, 3), keepdims=True), dx.shape))


@mistake("max-pool2d-backward", family="one window per pixel")
def divided_by_the_batch(dout, idx, x_shape):
    """The gradient was divided by the number of images. If the loss is a mean, dout already holds that division."""
    return routed(dout, idx, x_shape) / len(dout)


@mistake("max-pool2d-backward", family="one window per pixel")
def first_image_gets_gradient_only(dout, idx, x_shape):
    """Only the first image got a gradient: the loop over images is missing or returns early."""
    dx = routed(dout, idx, x_shape)
    dx[1:] = 0
    return dx


@mistake("max-pool2d-backward", family="contract")
def gradient_always_float64(dout, idx, x_shape):
    """A float32 dout gave a float64 gradient: np.zeros makes float64 unless told dout.dtype."""
    return routed(dout.astype(np.float64), idx, x_shape)


@mistake("max-pool2d-backward", family="contract")
def gradient_stays_integer(dout, idx, x_shape):
    """An integer dout gave an integer gradient. The result must be float64."""
    return routed(dout, idx, x_shape).astype(dout.dtype)


@mistake("max-pool2d-backward", family="contract")
def positions_shifted_in_place(dout, idx, x_shape):
    """The array idx was changed: `idx += ...` numbers the planes in the caller's own array. Write idx + ..., a new
    array."""
    dx = routed(dout, idx, x_shape)
    if idx.flags.writeable:
        idx += (x_shape[2] * x_shape[3] * np.arange(len(dout)))[:, None, None, None] + 1
    return dx


@mistake("max-pool2d-backward", family="contract")
def upstream_gradient_changed(dout, idx, x_shape):
    """The array dout was changed: it was used up while its values were handed on. Leave arguments as they are."""
    dx = routed(dout, idx, x_shape)
    dout[...] = 0
    return dx


@mistake("max-pool2d-backward", family="contract")
def upstream_gradient_returned(dout, idx, x_shape):
    """Where every pixel wins its own window, dout itself was returned. The result must have memory of its own."""
    dx = routed(dout, idx, x_shape)
    return dout if dx.shape == dout.shape and dx.dtype == dout.dtype and np.array_equal(dx, dout) else dx


@mistake("max-pool2d-backward", family="contract")
def negative_positions_accepted(dout, idx, x_shape):
    """Position -1 was accepted: to NumPy it is the last pixel. Raise ValueError for positions below 0."""
    refuse(dout, np.maximum(idx, 0), x_shape)
    return sent(floats(dout), idx, x_shape)


@mistake("max-pool2d-backward", family="contract")
def positions_beyond_the_plane_accepted(dout, idx, x_shape):
    """Positions beyond the last pixel of a plane were let through: they end in another plane or in an IndexError. Raise
    ValueError."""
    refuse(dout, np.minimum(idx, np.prod(x_shape[2:]) - 1), x_shape)
    return sent(floats(dout), idx, x_shape)


@mistake("max-pool2d-backward", family="contract")
def position_after_the_last_accepted(dout, idx, x_shape):
    """Position H * W was let through. Pixels count from 0, so the last one is H * W - 1: raise ValueError for H * W
    too."""
    refuse(dout, np.where(idx == np.prod(x_shape[2:]), 0, idx), x_shape)
    return sent(floats(dout), idx, x_shape)


@mistake("max-pool2d-backward", family="contract")
def shapes_not_compared(dout, idx, x_shape):
    """dout and idx of different shapes were accepted: zip and slices stop at the shorter one. Compare the shapes and
    raise ValueError."""
    return routed(dout[:, :, : idx.shape[2]], idx, x_shape)


@mistake("max-pool2d-backward", family="contract")
def images_and_channels_not_compared(dout, idx, x_shape):
    """dout for another number of images or channels than x_shape was accepted. Compare dout.shape[:2] with x_shape[:2]
    and raise ValueError."""
    if len(x_shape) == 4 and dout.shape[:2] != tuple(x_shape[:2]):
        return np.zeros(x_shape, floats(dout[:0]).dtype)
    return routed(dout, idx, x_shape)


@mistake("max-pool2d-backward", family="contract")
def gradient_refused_with_assert(dout, idx, x_shape):
    """What does not fit together was refused with `assert`. Raise ValueError: an assert vanishes when Python runs with
    -O."""
    try:
        return routed(dout, idx, x_shape)
    except ValueError as error:
        raise AssertionError(str(error)) from None


# -- avg_pool2d ---------------------------------------------------------------------------------------------------


def pixel_counts(shape, k, stride=None, padding=0):
    rows, columns = corners(np.empty(shape), k, stride, padding)
    (kh, kw), (h, w) = pair(k), shape[2:]
    inside_rows = np.minimum(rows + kh, h) - np.maximum(rows, 0)
    inside_columns = np.minimum(columns + kw, w) - np.maximum(columns, 0)
    return inside_rows, inside_columns  # (OH, 1) and (OW,)


def divisor(shape, k, stride=None, padding=0, include=True):
    if include:
        return float(np.prod(pair(k)))
    rows, columns = pixel_counts(shape, k, stride, padding)
    return (rows * columns).astype(np.float64)


def divided(sums, by):
    return (sums / by).astype(sums.dtype)


def summed(x, k, stride=None, padding=0):
    return windows(x, k, stride, padding).sum(axis=(4, 5))


def averaged(x, k, stride=None, padding=0, include=True):
    sums = summed(x, k, stride, padding)
    return divided(sums, divisor(x.shape, k, stride, padding, include))


@mistake("avg-pool2d", family="means")
def sum_not_divided(x, k, stride=None, padding=0, count_include_pad=True):
    """The values of each window were added up but not divided by their number."""
    return summed(x, k, stride, padding)


@mistake("avg-pool2d", family="means")
def divided_by_the_rows_only(x, k, stride=None, padding=0, count_include_pad=True):
    """The sum was divided by the number of rows of the window. It holds kh * kw values."""
    return averaged(x, k, stride, padding, count_include_pad) * pair(k)[1]


@mistake("avg-pool2d", family="means")
def divided_by_a_square(x, k, stride=None, padding=0, count_include_pad=True):
    """The sum was divided by kh * kh, as if the window were a square. It holds kh * kw values."""
    kh, kw = pair(k)
    return divided(averaged(x, k, stride, padding, count_include_pad) * kw, kh)


@mistake("avg-pool2d", family="means")
def maximum_for_mean(x, k, stride=None, padding=0, count_include_pad=True):
    """The largest value of each window was kept. Average pooling takes the mean."""
    return windows(x, k, stride, padding).max(axis=(4, 5))


@mistake("avg-pool2d", family="means")
def median_for_mean(x, k, stride=None, padding=0, count_include_pad=True):
    """The median of each window was taken. Average pooling takes the mean: the sum over the number."""
    return np.median(windows(x, k, stride, padding), axis=(4, 5))


@mistake("avg-pool2d", family="means")
def averaged_over_channels(x, k, stride=None, padding=0, count_include_pad=True):
    """The mean was taken over all channels too. Each channel is pooled by itself."""
    out = averaged(x, k, stride, padding, count_include_pad)
    return np.repeat(out.mean(axis=1, keepdims=True), x.shape[1], axis=1)


@mistake("avg-pool2d", family="means")
def averaged_over_images(x, k, stride=None, padding=0, count_include_pad=True):
    """The mean was taken over all images of the batch too. Each image is pooled by itself."""
    out = averaged(x, k, stride, padding, count_include_pad)
    return np.repeat(out.mean(axis=0, keepdims=True), len(x), axis=0)


@mistake("avg-pool2d", family="means")
def mean_of_swapped_window(x, k, stride=None, padding=0, count_include_pad=True):
    """Rows and columns of the window were swapped: a pair k is (rows, columns)."""
    return averaged(x, swapped(k), swapped(k) if stride is None else stride, padding, count_include_pad)


@mistake("avg-pool2d", family="means")
def means_transposed(x, k, stride=None, padding=0, count_include_pad=True):
    """Rows and columns of the result are swapped: its shape is (N, C, OH, OW)."""
    return np.ascontiguousarray(averaged(x, k, stride, padding, count_include_pad).swapaxes(2, 3))


@mistake("avg-pool2d", family="means")
def means_rounded_down(x, k, stride=None, padding=0, count_include_pad=True):
    """The means were rounded down: `//` divides without remainder. Divide with `/`."""
    return np.floor(averaged(x, k, stride, padding, count_include_pad))


@mistake("avg-pool2d", family="means")
def leftovers_averaged(x, k, stride=None, padding=0, count_include_pad=True):
    """Rows or columns that do not fill a window got one of their own. The size is rounded down, they are left out."""
    counts(x.shape, k, stride, padding)
    return averaged(to_multiples(bordered(floats(x), padding), k, stride), k, stride)


@mistake("avg-pool2d", family="means")
def means_one_pixel_apart(x, k, stride=None, padding=0, count_include_pad=True):
    """Without a stride, windows were set one pixel apart. stride=None means the size of the window."""
    return averaged(x, k, 1 if stride is None else stride, padding, count_include_pad)


@mistake("avg-pool2d", family="stride and padding")
def stride_of_means_ignored(x, k, stride=None, padding=0, count_include_pad=True):
    """The stride was ignored: windows lie side by side, whatever it says."""
    return averaged(x, k, None, padding, count_include_pad)


@mistake("avg-pool2d", family="stride and padding")
def strides_of_means_swapped(x, k, stride=None, padding=0, count_include_pad=True):
    """The strides of rows and columns were swapped: a pair is (rows, columns)."""
    return averaged(x, k, swapped(stride), padding, count_include_pad)


@mistake("avg-pool2d", family="stride and padding")
def row_stride_of_means_for_both(x, k, stride=None, padding=0, count_include_pad=True):
    """The first number of the stride was used for rows and columns. The second one is for the columns."""
    return averaged(x, k, None if stride is None else pair(stride)[0], padding, count_include_pad)


@mistake("avg-pool2d", family="stride and padding")
def padding_of_means_ignored(x, k, stride=None, padding=0, count_include_pad=True):
    """The padding was ignored: no border was added, so windows begin at the first pixel."""
    counts(x.shape, k, stride, padding)
    return averaged(x, k, stride)


@mistake("avg-pool2d", family="stride and padding")
def edge_repeated_in_the_border(x, k, stride=None, padding=0, count_include_pad=True):
    """The border repeats the outermost pixels. For average pooling it is filled with zeros."""
    counts(x.shape, k, stride, padding)
    if not count_include_pad:
        return averaged(x, k, stride, padding, False)
    (ph, pw) = pair(padding)
    return averaged(np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), "edge"), k, stride)


@mistake("avg-pool2d", family="stride and padding")
def padding_of_means_at_the_start_only(x, k, stride=None, padding=0, count_include_pad=True):
    """The border was added above and at the left only. Padding goes on all four sides."""
    counts(x.shape, k, stride, padding)
    (ph, pw), out = pair(padding), averaged(x, k, stride, padding, count_include_pad)
    oh, ow = counts((*x.shape[:2], ph + x.shape[2], pw + x.shape[3]), k, stride)
    return out[:, :, :oh, :ow]


@mistake("avg-pool2d", family="stride and padding")
def border_never_counted(x, k, stride=None, padding=0, count_include_pad=True):
    """The sum was always divided by the number of pixels inside the image. Unless count_include_pad is False, padding
    counts: divide by kh * kw."""
    return averaged(x, k, stride, padding, False)


@mistake("avg-pool2d", family="stride and padding")
def meaning_of_flag_reversed(x, k, stride=None, padding=0, count_include_pad=True):
    """count_include_pad is the wrong way round: True divides by kh * kw, False by the number of pixels inside."""
    return averaged(x, k, stride, padding, not count_include_pad)


@mistake("avg-pool2d", family="border not counted")
def border_always_counted(x, k, stride=None, padding=0, count_include_pad=True):
    """count_include_pad=False changed nothing. Where padding does not count, divide each sum by the number of its
    window's pixels that lie inside the image."""
    return averaged(x, k, stride, padding)


@mistake("avg-pool2d", family="border not counted")
def border_counted_in_the_columns(x, k, stride=None, padding=0, count_include_pad=True):
    """With count_include_pad=False, only rows of the padding were left out of the count. Columns of it do not count
    either."""
    by = pair(k)[1] * pixel_counts(x.shape, k, stride, padding)[0]
    return averaged(x, k, stride, padding) if count_include_pad else divided(summed(x, k, stride, padding), by)


@mistake("avg-pool2d", family="border not counted")
def border_counted_in_the_rows(x, k, stride=None, padding=0, count_include_pad=True):
    """With count_include_pad=False, only columns of the padding were left out of the count. Rows of it do not count
    either."""
    by = pair(k)[0] * pixel_counts(x.shape, k, stride, padding)[1]
    return averaged(x, k, stride, padding) if count_include_pad else divided(summed(x, k, stride, padding), by)


@mistake("avg-pool2d", family="border not counted")
def same_count_for_all_windows(x, k, stride=None, padding=0, count_include_pad=True):
    """With count_include_pad=False, all sums were divided by the count of the corner window. Windows inside the image
    hold more pixels than those at its border: count for each."""
    by = divisor(x.shape, k, stride, padding, False)[:1, :1]
    return averaged(x, k, stride, padding) if count_include_pad else divided(summed(x, k, stride, padding), by)


@mistake("avg-pool2d", family="border not counted")
def window_without_padding_counted(x, k, stride=None, padding=0, count_include_pad=True):
    """With count_include_pad=False, windows that touch no padding were divided by too little: padding was subtracted
    from kh and kw everywhere. Count for each window what lies inside."""
    (kh, kw), (ph, pw) = pair(k), pair(padding)
    by = max(1, kh - ph) * max(1, kw - pw)
    return averaged(x, k, stride, padding) if count_include_pad else divided(summed(x, k, stride, padding), by)


@mistake("avg-pool2d", family="border not counted")
def divided_twice(x, k, stride=None, padding=0, count_include_pad=True):
    """With count_include_pad=False, the mean over kh * kw was divided again by the number of pixels. Divide the sum,
    and once."""
    out = averaged(x, k, stride, padding)
    return out if count_include_pad else divided(out, divisor(x.shape, k, stride, padding, False))


@mistake("avg-pool2d", family="contract")
def means_always_float64(x, k, stride=None, padding=0, count_include_pad=True):
    """float32 images gave float64 means: np.zeros makes float64 unless told x.dtype."""
    return averaged(x.astype(np.float64), k, stride, padding, count_include_pad)


@mistake("avg-pool2d", family="contract")
def means_of_integers_stay_integers(x, k, stride=None, padding=0, count_include_pad=True):
    """Integer images gave integer means, without their decimals. The result must be float64."""
    return averaged(x, k, stride, padding, count_include_pad).astype(x.dtype)


@mistake("avg-pool2d", family="contract")
def sums_overflow(x, k, stride=None, padding=0, count_include_pad=True):
    """Sums of uint8 values ran over: 200 + 100 is 44 there. Turn integers into float64 before you add."""
    out = averaged(x, k, stride, padding, count_include_pad)
    return summed(x, k, stride, padding) % 256 / np.prod(pair(k)) if x.dtype == np.uint8 else out


@mistake("avg-pool2d", family="contract")
def image_returned_for_its_means(x, k, stride=None, padding=0, count_include_pad=True):
    """With windows of 1×1, x itself was returned. The result must have memory of its own: return a copy."""
    out = averaged(x, k, stride, padding, count_include_pad)
    return x if pair(k) == (1, 1) and out.shape == x.shape and out.dtype == x.dtype else out


@mistake("avg-pool2d", family="contract")
def image_divided_in_place(x, k, stride=None, padding=0, count_include_pad=True):
    """The array x was changed: `x /= kh * kw` divides the caller's own pixels. Divide the sums instead."""
    out = averaged(x, k, stride, padding, count_include_pad)
    if x.dtype.kind == "f":
        x /= np.prod(pair(k)) + 1
    return out


@mistake("avg-pool2d", family="contract")
def means_of_too_large_windows(x, k, stride=None, padding=0, count_include_pad=True):
    """A window that is larger than the image was accepted and gave an empty result. Raise ValueError."""
    try:
        return averaged(x, k, stride, padding, count_include_pad)
    except ValueError:
        if x.ndim != 4 or 2 * max(pair(padding)) > min(pair(k)):
            raise
        return np.empty((*x.shape[:2], 0, 0))


@mistake("avg-pool2d", family="contract")
def rank_of_images_not_checked(x, k, stride=None, padding=0, count_include_pad=True):
    """Arrays of 3 or 5 axes were averaged along their last two. Images have 4 axes: raise ValueError for others."""
    out = averaged(x.reshape(-1, 1, *x.shape[-2:]), k, stride, padding, count_include_pad)
    return out.reshape(*x.shape[:-2], *out.shape[2:])


# -- avg_pool2d_backward ------------------------------------------------------------------------------------------


def refuse_gradient(dout, x_shape, k, stride=None, padding=0):
    expected = (*x_shape[:2], *counts(x_shape, k, stride, padding))
    if dout.shape != expected:
        raise ValueError(f"dout has shape {dout.shape}, expected {expected}")


def scattered(values, x_shape, k, stride=None, padding=0, add=True):
    (kh, kw), (sh, sw), (ph, pw) = pair(k), pair(k if stride is None else stride), pair(padding)
    oh, ow = values.shape[2:4]
    height = max(x_shape[2] + 2 * ph, sh * (oh - 1) + kh)
    width = max(x_shape[3] + 2 * pw, sw * (ow - 1) + kw)
    image = np.zeros((*values.shape[:2], height, width), values.dtype)
    for i, j in np.ndindex(oh, ow):
        part = image[:, :, i * sh : i * sh + kh, j * sw : j * sw + kw]
        part[...] = values[:, :, i, j, None, None] + (part if add else 0)
    return image  # with its border


def cropped(image, x_shape, padding):
    ph, pw = pair(padding)
    return image[:, :, ph : ph + x_shape[2], pw : pw + x_shape[3]].copy()


def shared_by(by, dout, x_shape, k, stride=None, padding=0, add=True):
    refuse_gradient(dout, x_shape, k, stride, padding)
    shares = divided(floats(dout), by)
    return cropped(scattered(shares, x_shape, k, stride, padding, add), x_shape, padding)


def spread(dout, x_shape, k, stride=None, padding=0, include=True, add=True):
    refuse_gradient(dout, x_shape, k, stride, padding)
    return shared_by(divisor(x_shape, k, stride, padding, include), dout, x_shape, k, stride, padding, add)


def uncropped(dout, x_shape, k, stride=None, padding=0, include=True):
    refuse_gradient(dout, x_shape, k, stride, padding)
    shares = divided(floats(dout), divisor(x_shape, k, stride, padding, include))
    (ph, pw), (h, w) = pair(padding), x_shape[2:]
    return scattered(shares, x_shape, k, stride, padding)[:, :, : h + 2 * ph, : w + 2 * pw]


@mistake("avg-pool2d", family="gradient", function="avg_pool2d_backward")
def gradient_not_divided(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """Every pixel got the whole gradient of its window. It gets a share: the gradient divided by what the sum was
    divided by."""
    refuse_gradient(dout, x_shape, k, stride, padding)
    return shared_by(1, dout, x_shape, k, stride, padding)


@mistake("avg-pool2d", family="gradient", function="avg_pool2d_backward")
def gradient_divided_by_the_rows(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """The gradient was divided by the number of rows of the window. It is shared by kh * kw values."""
    return spread(dout, x_shape, k, stride, padding, count_include_pad) * pair(k)[1]


@mistake("avg-pool2d", family="gradient", function="avg_pool2d_backward")
def gradient_divided_by_a_square(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """The gradient was divided by kh * kh, as if the window were a square. It is shared by kh * kw values."""
    kh, kw = pair(k)
    return divided(spread(dout, x_shape, k, stride, padding, count_include_pad) * kw, kh)


@mistake("avg-pool2d", family="gradient", function="avg_pool2d_backward")
def gradient_divided_by_the_number_of_windows(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """The gradient was divided by the number of windows. Divide by the number of values in one window."""
    refuse_gradient(dout, x_shape, k, stride, padding)
    return shared_by(float(np.prod(dout.shape[2:])), dout, x_shape, k, stride, padding)


@mistake("avg-pool2d", family="gradient", function="avg_pool2d_backward")
def whole_gradient_to_the_first_pixel(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """The whole gradient went to the first pixel of each window. In average pooling all pixels of the window share
    it."""
    refuse_gradient(dout, x_shape, k, stride, padding)
    return cropped(scattered(floats(dout), x_shape, 1, k if stride is None else stride, padding), x_shape, padding)


@mistake("avg-pool2d", family="gradient", function="avg_pool2d_backward")
def gradient_of_swapped_window(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """Shares went to windows with rows and columns swapped: a pair k is (rows, columns)."""
    refuse_gradient(dout, x_shape, k, stride, padding)
    shares = divided(floats(dout), divisor(x_shape, k, stride, padding, count_include_pad))
    steps = swapped(k) if stride is None else stride
    return cropped(scattered(shares, x_shape, swapped(k), steps, padding), x_shape, padding)


@mistake("avg-pool2d", family="gradient", function="avg_pool2d_backward")
def leftovers_get_a_share(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """Rows and columns that are in no window got a gradient, that of the nearest pixel. They have no part in the
    result: theirs is 0."""
    dx = spread(dout, x_shape, k, stride, padding, count_include_pad)
    (kh, kw), (ph, pw) = pair(k), pair(padding)
    sh, sw = pair(k if stride is None else stride)
    rows, columns = sh * (dout.shape[2] - 1) + kh - ph, sw * (dout.shape[3] - 1) + kw - pw
    dx[:, :, rows:] = dx[:, :, rows - 1 : rows]
    dx[..., columns:] = dx[..., columns - 1 : columns]
    return dx


@mistake("avg-pool2d", family="gradient", function="avg_pool2d_backward")
def gradient_of_size_of_the_windows(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """The gradient ends where the last window ends. It needs the shape of x: rows and columns left over get 0."""
    dx = spread(dout, x_shape, k, stride, padding, count_include_pad)
    (kh, kw), (ph, pw) = pair(k), pair(padding)
    sh, sw = pair(k if stride is None else stride)
    return dx[:, :, : sh * (dout.shape[2] - 1) + kh - ph, : sw * (dout.shape[3] - 1) + kw - pw]


@mistake("avg-pool2d", family="gradient", function="avg_pool2d_backward")
def upstream_ones_shared(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """Every window shared out a 1. It shares out its upstream gradient, dout."""
    refuse_gradient(dout, x_shape, k, stride, padding)
    return spread(np.ones_like(floats(dout)), x_shape, k, stride, padding, count_include_pad)


@mistake("avg-pool2d", family="gradient", function="avg_pool2d_backward")
def shared_among_channels(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """The gradient was shared among all channels. Each channel was pooled by itself and gets its own."""
    dx = spread(dout, x_shape, k, stride, padding, count_include_pad)
    return np.repeat(dx.mean(axis=1, keepdims=True), x_shape[1], axis=1)


@mistake("avg-pool2d", family="gradient", function="avg_pool2d_backward")
def shared_among_images(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """The gradient was divided by the number of images. If the loss is a mean, dout already holds that division."""
    return spread(dout, x_shape, k, stride, padding, count_include_pad) / len(dout)


@mistake("avg-pool2d", family="gradient", function="avg_pool2d_backward")
def cropped_with_minus_padding(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """The border was cut off with `[p:-p]`, which is empty for p = 0. Write `[p : p + H]`."""
    (ph, pw), image = pair(padding), uncropped(dout, x_shape, k, stride, padding, count_include_pad)
    return image[:, :, ph:-ph, pw:-pw].copy()


@mistake("avg-pool2d", family="gradient", function="avg_pool2d_backward")
def shares_one_pixel_apart(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """Without a stride, shares went to windows one pixel apart. stride=None means the size of the window."""
    refuse_gradient(dout, x_shape, k, stride, padding)
    shares = divided(floats(dout), divisor(x_shape, k, stride, padding, count_include_pad))
    return cropped(scattered(shares, x_shape, k, 1 if stride is None else stride, padding), x_shape, padding)


@mistake("avg-pool2d", family="gradient with stride and padding", function="avg_pool2d_backward")
def later_shares_overwrite(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """A pixel in several windows got the share of the last one only: `=` where `+=` is needed. Shares add up."""
    return spread(dout, x_shape, k, stride, padding, count_include_pad, add=False)


@mistake("avg-pool2d", family="gradient with stride and padding", function="avg_pool2d_backward")
def later_places_overwrite(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """A pixel in several windows got the share of one window only: the loop over the places of a window has `=` where
    `+=` is needed. Shares add up."""
    refuse_gradient(dout, x_shape, k, stride, padding)
    shares = divided(floats(dout), divisor(x_shape, k, stride, padding, count_include_pad))
    (kh, kw), (sh, sw), (ph, pw) = pair(k), pair(k if stride is None else stride), pair(padding)
    image = np.zeros((*x_shape[:2], x_shape[2] + 2 * ph, x_shape[3] + 2 * pw), shares.dtype)
    for i, j in np.ndindex(kh, kw):
        image[:, :, i : i + sh * dout.shape[2] : sh, j : j + sw * dout.shape[3] : sw] = shares
    return cropped(image, x_shape, padding)


@mistake("avg-pool2d", family="gradient with stride and padding", function="avg_pool2d_backward")
def shares_of_a_pixel_averaged(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """The sum of a pixel's shares was divided by the number of its windows. Shares add up, and that is all."""
    dx = spread(dout, x_shape, k, stride, padding, count_include_pad)
    overlaps = shared_by(1, np.ones(dout.shape), x_shape, k, stride, padding)
    return divided(dx, np.maximum(overlaps, 1))


@mistake("avg-pool2d", family="gradient with stride and padding", function="avg_pool2d_backward")
def stride_of_gradient_ignored(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """The stride was ignored: shares were handed out as if windows lay side by side."""
    refuse_gradient(dout, x_shape, k, stride, padding)
    shares = divided(floats(dout), divisor(x_shape, k, stride, padding, count_include_pad))
    return cropped(scattered(shares, x_shape, k, None, padding), x_shape, padding)


@mistake("avg-pool2d", family="gradient with stride and padding", function="avg_pool2d_backward")
def strides_of_gradient_swapped(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """Shares went to windows with the two strides swapped: a pair is (rows, columns)."""
    refuse_gradient(dout, x_shape, k, stride, padding)
    shares = divided(floats(dout), divisor(x_shape, k, stride, padding, count_include_pad))
    return cropped(scattered(shares, x_shape, k, swapped(stride), padding), x_shape, padding)


@mistake("avg-pool2d", family="gradient with stride and padding", function="avg_pool2d_backward")
def row_stride_of_gradient_for_both(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """Shares went to windows set by the first number of the stride along both axes. The second is for the columns."""
    refuse_gradient(dout, x_shape, k, stride, padding)
    shares = divided(floats(dout), divisor(x_shape, k, stride, padding, count_include_pad))
    steps = None if stride is None else pair(stride)[0]
    return cropped(scattered(shares, x_shape, k, steps, padding), x_shape, padding)


@mistake("avg-pool2d", family="gradient with stride and padding", function="avg_pool2d_backward")
def border_left_on(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """The gradient still has the border of the padded image. Cut it off: what went to the padding is dropped."""
    return uncropped(dout, x_shape, k, stride, padding, count_include_pad)


@mistake("avg-pool2d", family="gradient with stride and padding", function="avg_pool2d_backward")
def border_cut_off_at_the_end(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """The border was cut off at the end only: `[:H, :W]` keeps the padding at the start. Write `[p : p + H]`."""
    return uncropped(dout, x_shape, k, stride, padding, count_include_pad)[:, :, : x_shape[2], : x_shape[3]].copy()


@mistake("avg-pool2d", family="gradient with stride and padding", function="avg_pool2d_backward")
def border_cut_off_at_the_start(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """The border was cut off at the start only, twice as much as there is. Write `[p : p + H]`."""
    (ph, pw), image = pair(padding), uncropped(dout, x_shape, k, stride, padding, count_include_pad)
    return image[:, :, 2 * ph :, 2 * pw :].copy()


@mistake("avg-pool2d", family="gradient with stride and padding", function="avg_pool2d_backward")
def gradient_never_counts_the_border(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """The gradient was always divided by the number of pixels inside the image. Unless count_include_pad is False,
    divide by kh * kw; the padding's share is lost."""
    return spread(dout, x_shape, k, stride, padding, False)


@mistake("avg-pool2d", family="gradient, border not counted", function="avg_pool2d_backward")
def gradient_always_counts_the_border(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """count_include_pad=False changed nothing. Divide each window's gradient by the number of its pixels that lie
    inside the image."""
    return spread(dout, x_shape, k, stride, padding)


@mistake("avg-pool2d", family="gradient, border not counted", function="avg_pool2d_backward")
def gradient_counts_border_columns(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """With count_include_pad=False, only rows of the padding were left out of the count. Columns of it do not count
    either."""
    refuse_gradient(dout, x_shape, k, stride, padding)
    by = pair(k)[1] * pixel_counts(x_shape, k, stride, padding)[0]
    by = divisor(x_shape, k) if count_include_pad else by
    return shared_by(by, dout, x_shape, k, stride, padding)


@mistake("avg-pool2d", family="gradient, border not counted", function="avg_pool2d_backward")
def gradient_counts_border_rows(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """With count_include_pad=False, only columns of the padding were left out of the count. Rows of it do not count
    either."""
    refuse_gradient(dout, x_shape, k, stride, padding)
    by = pair(k)[0] * pixel_counts(x_shape, k, stride, padding)[1]
    by = divisor(x_shape, k) if count_include_pad else by
    return shared_by(by, dout, x_shape, k, stride, padding)


@mistake("avg-pool2d", family="gradient, border not counted", function="avg_pool2d_backward")
def count_of_the_corner_for_all_gradients(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """With count_include_pad=False, all gradients were divided by the count of the corner window. Windows inside the
    image hold more pixels: count for each."""
    refuse_gradient(dout, x_shape, k, stride, padding)
    by = divisor(x_shape, k, stride, padding, count_include_pad)
    return shared_by(by if count_include_pad else by[:1, :1], dout, x_shape, k, stride, padding)


@mistake("avg-pool2d", family="contract", function="avg_pool2d_backward")
def shares_always_float64(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """A float32 dout gave a float64 gradient: np.zeros makes float64 unless told dout.dtype."""
    return spread(dout.astype(np.float64), x_shape, k, stride, padding, count_include_pad)


@mistake("avg-pool2d", family="contract", function="avg_pool2d_backward")
def shares_of_integers_cut(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """An integer dout gave an integer gradient, and the shares lost their decimals. The result must be float64."""
    return spread(dout, x_shape, k, stride, padding, count_include_pad).astype(dout.dtype)


@mistake("avg-pool2d", family="contract", function="avg_pool2d_backward")
def upstream_gradient_divided_in_place(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """The array dout was changed: `dout /= kh * kw` divides the caller's own values. Write dout / (kh * kw), a new
    array."""
    dx = spread(dout, x_shape, k, stride, padding, count_include_pad)
    if dout.dtype.kind == "f":
        dout /= np.prod(pair(k)) + 1
    return dx


@mistake("avg-pool2d", family="contract", function="avg_pool2d_backward")
def upstream_gradient_itself_returned(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """With windows of 1×1, dout itself was returned. The result must have memory of its own: return a copy."""
    dx = spread(dout, x_shape, k, stride, padding, count_include_pad)
    return dout if pair(k) == (1, 1) and dx.shape == dout.shape and dx.dtype == dout.dtype else dx


@mistake("avg-pool2d", family="contract", function="avg_pool2d_backward")
def shape_of_upstream_gradient_not_checked(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """A dout that does not have the shape of the result was accepted. Compare it with (N, C, OH, OW) and raise
    ValueError."""
    oh, ow = counts(x_shape, k, stride, padding)
    if dout.shape != (*x_shape[:2], oh, ow):
        return np.zeros(x_shape)
    return spread(dout, x_shape, k, stride, padding, count_include_pad)


@mistake("avg-pool2d", family="contract", function="avg_pool2d_backward")
def gradient_of_means_refused_with_assert(dout, x_shape, k, stride=None, padding=0, count_include_pad=True):
    """What does not fit together was refused with `assert`. Raise ValueError: an assert vanishes when Python runs with
    -O."""
    try:
        return spread(dout, x_shape, k, stride, padding, count_include_pad)
    except ValueError as error:
        raise AssertionError(str(error)) from None


# -- global_avg_pool ----------------------------------------------------------------------------------------------


def refuse_rank(x):
    if x.ndim != 4:
        raise ValueError(f"x needs 4 axes, but has shape {x.shape}")


def plane_means(x):
    refuse_rank(x)
    return floats(x).mean(axis=(2, 3))


def shared_out(dout, x_shape, by=None):
    if len(x_shape) != 4 or dout.shape != tuple(x_shape[:2]):
        raise ValueError(f"dout of {dout.shape} does not belong to {tuple(x_shape)}")
    shares = divided(floats(dout), np.prod(x_shape[2:]) if by is None else by)
    return np.broadcast_to(shares[:, :, None, None], x_shape).copy()


@mistake("global-avg-pool", family="means")
def plane_summed(x):
    """The pixels of each plane were added up but not divided by their number, H * W."""
    refuse_rank(x)
    return floats(x).sum(axis=(2, 3))


@mistake("global-avg-pool", family="means")
def largest_of_plane(x):
    """The largest value of each plane was kept. Global average pooling takes the mean."""
    refuse_rank(x)
    return floats(x).max(axis=(2, 3))


@mistake("global-avg-pool", family="means")
def mean_over_channels(x):
    """The mean was taken over the channels, axis 1. It goes over rows and columns: axes 2 and 3."""
    refuse_rank(x)
    return floats(x).mean(axis=1)


@mistake("global-avg-pool", family="means")
def mean_along_rows_only(x):
    """The mean was taken along the last axis only. It goes over rows and columns: axes 2 and 3."""
    refuse_rank(x)
    return floats(x).mean(axis=3)


@mistake("global-avg-pool", family="means")
def mean_of_each_image(x):
    """The mean was taken over the channels too, which leaves one number per image. Each channel has its own."""
    refuse_rank(x)
    return floats(x).mean(axis=(1, 2, 3))


@mistake("global-avg-pool", family="means")
def mean_of_all_images(x):
    """The mean was taken over the images too, which leaves one number per channel. Each image has its own."""
    refuse_rank(x)
    return floats(x).mean(axis=(0, 2, 3))


@mistake("global-avg-pool", family="means")
def axes_of_size_one_kept(x):
    """The result has the shape (N, C, 1, 1). A classifier takes (N, C): leave out keepdims, or reshape."""
    return plane_means(x)[:, :, None, None]


@mistake("global-avg-pool", family="means")
def images_and_channels_swapped(x):
    """The result has the shape (C, N). Images come first: (N, C)."""
    return plane_means(x).T.copy()


@mistake("global-avg-pool", family="means")
def divided_by_height_squared(x):
    """The sum was divided by H * H, as if planes were squares. They hold H * W pixels."""
    return divided(plane_means(x) * x.shape[3], x.shape[2])


@mistake("global-avg-pool", family="contract")
def plane_means_always_float64(x):
    """float32 images gave float64 means. A float x keeps its type."""
    return plane_means(x.astype(np.float64))


@mistake("global-avg-pool", family="contract")
def plane_means_cut_to_integers(x):
    """Integer images gave integer means, without their decimals. The result must be float64."""
    return plane_means(x).astype(x.dtype)


@mistake("global-avg-pool", family="contract")
def plane_sums_overflow(x):
    """Sums of uint8 values ran over: 200 + 100 is 44 there. Turn integers into float64 before you add."""
    means = plane_means(x)
    size = x.shape[2] * x.shape[3]
    return np.rint(means * size) % 256 / size if x.dtype == np.uint8 else means


@mistake("global-avg-pool", family="contract")
def plane_of_one_pixel_returned(x):
    """Where planes hold one pixel, the result uses the memory of x. Return a copy."""
    means = plane_means(x)
    return x.reshape(means.shape) if x.shape[2:] == (1, 1) and means.dtype == x.dtype else means


@mistake("global-avg-pool", family="contract")
def last_two_axes_of_anything(x):
    """Arrays of 3 or 5 axes were averaged along their last two. Images have 4 axes: raise ValueError for others."""
    return floats(x).mean(axis=(-2, -1))


@mistake("global-avg-pool", family="gradient", function="global_avg_pool_backward")
def plane_gradient_not_divided(dout, x_shape):
    """Every pixel got the whole gradient of its plane. Its share is that gradient divided by H * W."""
    return shared_out(dout, x_shape, 1)


@mistake("global-avg-pool", family="gradient", function="global_avg_pool_backward")
def plane_gradient_divided_by_height(dout, x_shape):
    """The gradient was divided by the number of rows. H * W pixels share it."""
    return shared_out(dout, x_shape, x_shape[2])


@mistake("global-avg-pool", family="gradient", function="global_avg_pool_backward")
def plane_gradient_divided_by_width(dout, x_shape):
    """The gradient was divided by the number of columns. H * W pixels share it."""
    return shared_out(dout, x_shape, x_shape[-1])


@mistake("global-avg-pool", family="gradient", function="global_avg_pool_backward")
def divided_by_the_whole_batch(dout, x_shape):
    """The gradient was divided by N * C * H * W, the size of x. Only the H * W pixels of one plane share it."""
    return shared_out(dout, x_shape, np.prod(x_shape))


@mistake("global-avg-pool", family="gradient", function="global_avg_pool_backward")
def multiplied_by_plane_size(dout, x_shape):
    """The gradient was multiplied by H * W. The mean divides by it, and so does its gradient."""
    return shared_out(dout, x_shape, 1 / np.prod(x_shape[2:]))


@mistake("global-avg-pool", family="gradient", function="global_avg_pool_backward")
def first_pixel_gets_it_all(dout, x_shape):
    """The whole gradient went to the first pixel of each plane. All pixels share it."""
    dx = shared_out(dout, x_shape, 1)
    dx[:, :, 1:], dx[..., 1:] = 0, 0
    return dx


@mistake("global-avg-pool", family="gradient", function="global_avg_pool_backward")
def plane_gradient_left_small(dout, x_shape):
    """The gradient has the shape (N, C, 1, 1). Every pixel needs its share: give it the shape of x."""
    return shared_out(dout, x_shape)[:, :, :1, :1].copy()


@mistake("global-avg-pool", family="gradient", function="global_avg_pool_backward")
def plane_gradient_with_width_first(dout, x_shape):
    """The gradient has the shape (N, C, W, H). x_shape says (N, C, H, W)."""
    return shared_out(dout, x_shape).swapaxes(2, 3).copy()


@mistake("global-avg-pool", family="contract", function="global_avg_pool_backward")
def plane_gradient_always_float64(dout, x_shape):
    """A float32 dout gave a float64 gradient: np.zeros and np.ones make float64 unless told dout.dtype."""
    return shared_out(dout.astype(np.float64), x_shape)


@mistake("global-avg-pool", family="contract", function="global_avg_pool_backward")
def plane_gradient_cut_to_integers(dout, x_shape):
    """An integer dout gave an integer gradient, and the shares lost their decimals. The result must be float64."""
    return shared_out(dout, x_shape).astype(dout.dtype)


@mistake("global-avg-pool", family="contract", function="global_avg_pool_backward")
def plane_gradient_divided_in_place(dout, x_shape):
    """The array dout was changed: `dout /= H * W` divides the caller's own values. Write dout / (H * W), a new
    array."""
    dx = shared_out(dout, x_shape)
    if dout.dtype.kind == "f":
        dout /= np.prod(x_shape[2:]) + 1
    return dx


@mistake("global-avg-pool", family="contract", function="global_avg_pool_backward")
def plane_gradient_is_a_view(dout, x_shape):
    """Where planes hold one pixel, the gradient uses the memory of dout. Return a copy."""
    dx = shared_out(dout, x_shape)
    return dout.reshape(dx.shape) if dx.shape[2:] == (1, 1) and dx.dtype == dout.dtype else dx


@mistake("global-avg-pool", family="contract", function="global_avg_pool_backward")
def plane_gradient_cannot_be_written_to(dout, x_shape):
    """The gradient is what np.broadcast_to gives: all pixels of a plane share one number in memory, and it cannot be
    written to. Return a copy."""
    return np.broadcast_to(shared_out(dout, x_shape)[:, :, :1, :1], x_shape)


@mistake("global-avg-pool", family="contract", function="global_avg_pool_backward")
def plane_gradient_not_compared(dout, x_shape):
    """A dout for another number of images or channels than x_shape was accepted. Compare dout.shape with (N, C) and
    raise ValueError."""
    if len(x_shape) == 4 and dout.shape != tuple(x_shape[:2]):
        return np.zeros(x_shape)
    return shared_out(dout, x_shape)


# -- l2_pool ------------------------------------------------------------------------------------------------------


def norms(x, k, s):
    return np.sqrt((windows(x, k, s) ** 2).sum(axis=(4, 5)))


@mistake("l2-pool", family="values")
def root_not_taken(x, k, s):
    """The squares were added up, but the square root is missing."""
    return norms(x, k, s) ** 2


@mistake("l2-pool", family="values")
def root_of_the_mean_square(x, k, s):
    """The squares were averaged before the root. The length of a window is the root of the sum of squares."""
    return np.sqrt((windows(x, k, s) ** 2).mean(axis=(4, 5)))


@mistake("l2-pool", family="values")
def magnitudes_added(x, k, s):
    """The magnitudes were added up, which is the L1 norm. Square the values, add, take the root."""
    return np.abs(windows(x, k, s)).sum(axis=(4, 5))


@mistake("l2-pool", family="values")
def square_of_the_sum(x, k, s):
    """The values were added before they were squared, so that those of different sign cancel. Square first, then
    add."""
    return np.abs(windows(x, k, s).sum(axis=(4, 5)))


@mistake("l2-pool", family="values")
def largest_magnitude_for_length(x, k, s):
    """The largest magnitude was kept. All values of the window count: the root of the sum of their squares."""
    return np.abs(windows(x, k, s)).max(axis=(4, 5))


@mistake("l2-pool", family="values")
def largest_singular_value(x, k, s):
    """The length was taken of a matrix: np.linalg.norm(..., 2) of two axes is the largest singular value. Take the
    window as one vector."""
    return np.linalg.norm(windows(x, k, s), 2, axis=(4, 5))


@mistake("l2-pool", family="values")
def negative_values_left_out(x, k, s):
    """Negative values were left out. Their squares count like all others."""
    return norms(np.maximum(floats(x), 0), k, s)


@mistake("l2-pool", family="values")
def lengths_side_by_side(x, k, s):
    """The stride s was ignored: windows lie side by side, whatever it says."""
    counts(x.shape, k, s)
    return norms(x, k, k)


@mistake("l2-pool", family="values")
def lengths_with_strides_swapped(x, k, s):
    """The strides of rows and columns were swapped: a pair is (rows, columns)."""
    return norms(x, k, swapped(s))


@mistake("l2-pool", family="values")
def lengths_of_swapped_windows(x, k, s):
    """Rows and columns of the window were swapped: a pair k is (rows, columns)."""
    return norms(x, swapped(k), s)


@mistake("l2-pool", family="values")
def length_over_all_channels(x, k, s):
    """The squares of all channels were added up. Each channel is pooled by itself."""
    return np.repeat(np.sqrt((norms(x, k, s) ** 2).sum(axis=1, keepdims=True)), x.shape[1], axis=1)


@mistake("l2-pool", family="values")
def leftovers_measured(x, k, s):
    """Rows or columns that do not fill a window got one of their own. The size is rounded down, they are left out."""
    counts(x.shape, k, s)
    return norms(to_multiples(x, k, s), k, s)


@mistake("l2-pool", family="contract")
def squares_overflow(x, k, s):
    """Squares of uint8 values ran over: 20 * 20 is 144 there. Turn integers into float64 before you square."""
    return norms(x, k, s) if x.dtype != np.uint8 else np.sqrt((windows(x**2, k, s)).sum(axis=(4, 5)))


@mistake("l2-pool", family="contract")
def lengths_always_float64(x, k, s):
    """float32 images gave float64 lengths. A float x keeps its type."""
    return norms(x.astype(np.float64), k, s)


@mistake("l2-pool", family="contract")
def image_squared_in_place(x, k, s):
    """The array x was changed: `x **= 2` squares the caller's own pixels. Write x**2, a new array."""
    out = norms(x, k, s)
    x *= x
    return out


@mistake("l2-pool", family="contract")
def image_returned_for_its_lengths(x, k, s):
    """With windows of 1×1, x itself was returned. The result must have memory of its own: return a copy."""
    out = norms(x, k, s)
    return x if pair(k) == (1, 1) and out.dtype == x.dtype and np.array_equal(out, x) else out


@mistake("l2-pool", family="contract")
def lengths_of_any_rank(x, k, s):
    """Arrays of 3 or 5 axes were pooled along their last two. Images have 4 axes: raise ValueError for others."""
    out = norms(x.reshape(-1, 1, *x.shape[-2:]), k, s)
    return out.reshape(*x.shape[:-2], *out.shape[2:])


@mistake("l2-pool", family="contract")
def lengths_of_too_large_windows(x, k, s):
    """A window that is larger than the image was accepted and gave an empty result. Raise ValueError."""
    if x.ndim == 4 and (pair(k)[0] > x.shape[2] or pair(k)[1] > x.shape[3]):
        return np.empty((*x.shape[:2], 0, 0))
    return norms(x, k, s)


# -- stochastic_pool ----------------------------------------------------------------------------------------------


def refuse_negative(x, k, s):
    counts(x.shape, k, s)
    if x.min(initial=0) < 0:
        raise ValueError(f"activations must not be negative, the smallest is {x.min()}")


def activations(x, k, s):
    refuse_negative(x, k, s)
    return flat(windows(x, k, s))


def weighted(values, weights=None):
    weights = values if weights is None else weights
    sums = weights.sum(axis=-1)
    return (weights * values).sum(axis=-1) / np.where(sums > 0, sums, 1).astype(values.dtype)


def hit(values, darts, weights=None):
    ends = np.cumsum(values if weights is None else weights, axis=-1)
    return taken(values, np.argmax(ends >= (darts * ends[..., -1])[..., None], axis=-1))


def darts_of(rng, shape):
    return 1 - rng.random(shape)  # above 0


def drawn(x, k, s, rng, train, weigh=None):
    values = activations(x, k, s)
    if not train:
        return weighted(values)
    return hit(values, darts_of(rng, values.shape[:4]), None if weigh is None else weigh(values))


@mistake("stochastic-pool", family="training")
def strongest_always_taken(x, k, s, rng, train):
    """In training the largest value was always taken, as in max pooling. Draw one, with probability proportional to its
    size."""
    values = activations(x, k, s)
    return values.max(axis=-1) if train else weighted(values)


@mistake("stochastic-pool", family="training")
def all_equally_likely(x, k, s, rng, train):
    """All values of a window were equally likely. The probability of each is its size over the window's sum: pass p= to
    rng.choice."""
    return drawn(x, k, s, rng, train, np.ones_like)


@mistake("stochastic-pool", family="training")
def positive_ones_equally_likely(x, k, s, rng, train):
    """All positive values of a window were equally likely. The probability of each is its size over the window's
    sum."""
    return drawn(x, k, s, rng, train, np.sign)


@mistake("stochastic-pool", family="training")
def probabilities_by_softmax(x, k, s, rng, train):
    """The probabilities came from a softmax, which gives zeros a chance too. Each is the value itself over the window's
    sum."""
    return drawn(x, k, s, rng, train, np.exp)


@mistake("stochastic-pool", family="training")
def probabilities_by_squares(x, k, s, rng, train):
    """The probabilities are proportional to the squares of the values. They are proportional to the values."""
    return drawn(x, k, s, rng, train, np.square)


@mistake("stochastic-pool", family="training")
def small_values_more_likely(x, k, s, rng, train):
    """Small values were drawn more often than large ones. The probability of each is its size over the window's sum."""
    return drawn(x, k, s, rng, train, distance_to_the_sum)


def distance_to_the_sum(values):
    return values.sum(axis=-1, keepdims=True) - values


@mistake("stochastic-pool", family="training")
def neighbour_of_the_hit_taken(x, k, s, rng, train):
    """The value after the one that the dart hit was taken. Value i lies between sum i - 1 and sum i: take the first
    whose sum reaches the dart."""
    values = activations(x, k, s)
    if not train:
        return weighted(values)
    return hit(values, darts_of(rng, values.shape[:4]), np.roll(values, -1, axis=-1))


@mistake("stochastic-pool", family="training")
def dart_not_scaled(x, k, s, rng, train):
    """The dart was thrown between 0 and 1, but the values of a window add up to something else. Divide them by their
    sum, or multiply the dart by it."""
    values = activations(x, k, s)
    if not train:
        return weighted(values)
    ends = np.cumsum(values, axis=-1)
    return taken(values, np.argmax(ends >= darts_of(rng, values.shape[:4])[..., None], axis=-1))


@mistake("stochastic-pool", family="training")
def probability_returned(x, k, s, rng, train):
    """The probability of the value that was drawn was returned. The value itself is asked for."""
    values = activations(x, k, s)
    out = drawn(x, k, s, rng, train)
    sums = values.sum(axis=-1)
    return out / np.where(sums > 0, sums, 1).astype(out.dtype) if train else out


@mistake("stochastic-pool", family="training")
def one_dart_for_all(x, k, s, rng, train):
    """One random number decided in all windows. Each window draws by itself."""
    values = activations(x, k, s)
    return hit(values, np.full(values.shape[:4], darts_of(rng, None))) if train else weighted(values)


@mistake("stochastic-pool", family="training")
def one_dart_for_all_images(x, k, s, rng, train):
    """The same random numbers decided in all images. Each window of each image draws by itself."""
    values = activations(x, k, s)
    darts = np.broadcast_to(darts_of(rng, values.shape[1:4]) if train else 0, values.shape[:4])
    return hit(values, darts) if train else weighted(values)


@mistake("stochastic-pool", family="training")
def one_dart_for_all_channels(x, k, s, rng, train):
    """The same random numbers decided in all channels. Each window of each channel draws by itself."""
    values = activations(x, k, s)
    if not train:
        return weighted(values)
    darts = darts_of(rng, (len(values), 1, *values.shape[2:4]))
    return hit(values, np.broadcast_to(darts, values.shape[:4]))


@mistake("stochastic-pool", family="training")
def one_dart_for_each_row(x, k, s, rng, train):
    """One random number decided in all windows of a row. Each window draws by itself."""
    values = activations(x, k, s)
    if not train:
        return weighted(values)
    return hit(values, np.broadcast_to(darts_of(rng, (*values.shape[:3], 1)), values.shape[:4]))


@mistake("stochastic-pool", family="training")
def generator_made_anew(x, k, s, rng, train):
    """The argument rng was not used: a generator with a fixed seed draws the same values in every call. All randomness
    must come from rng."""
    return drawn(x, k, s, np.random.default_rng(0), train)


@mistake("stochastic-pool", family="training")
def drawn_windows_side_by_side(x, k, s, rng, train):
    """In training the stride s was ignored: windows lie side by side, whatever it says."""
    refuse_negative(x, k, s)
    return drawn(x, k, k, rng, True) if train else drawn(x, k, s, rng, False)


@mistake("stochastic-pool", family="training")
def zeros_become_nan_in_training(x, k, s, rng, train):
    """In training a window of zeros gave NaN: its probabilities are 0 / 0. Such a window gives 0."""
    out = drawn(x, k, s, rng, train)
    return np.where(activations(x, k, s).sum(axis=-1) == 0, np.nan, out).astype(out.dtype) if train else out


@mistake("stochastic-pool", family="training")
def zeros_refused_in_training(x, k, s, rng, train):
    """In training a window of zeros raised an error: probabilities of 0 / 0 do not sum to 1. Such a window gives 0."""
    out = drawn(x, k, s, rng, train)
    if train and (activations(x, k, s).sum(axis=-1) == 0).any():
        raise ValueError("probabilities do not sum to 1")
    return out


@mistake("stochastic-pool", family="training")
def mean_in_training(x, k, s, rng, train):
    """The weighted mean was computed in training too: `train` changes nothing. In training, draw one value of each
    window."""
    return weighted(activations(x, k, s))


@mistake("stochastic-pool", family="test mode")
def drawn_at_test_time(x, k, s, rng, train):
    """Values were drawn at test time too: `train` changes nothing. At test time, compute the mean, weighted by the
    probabilities."""
    return drawn(x, k, s, rng, True)


@mistake("stochastic-pool", family="test mode")
def modes_swapped(x, k, s, rng, train):
    """The modes are swapped: train=True draws a value, train=False computes the weighted mean."""
    return drawn(x, k, s, rng, not train)


@mistake("stochastic-pool", family="test mode")
def plain_mean_at_test_time(x, k, s, rng, train):
    """At test time the plain mean was computed. Weight each value by its probability: the sum of squares over the
    sum."""
    return drawn(x, k, s, rng, True) if train else activations(x, k, s).mean(axis=-1)


@mistake("stochastic-pool", family="test mode")
def maximum_at_test_time(x, k, s, rng, train):
    """At test time the largest value was taken. Asked for is the mean, weighted by the probabilities."""
    return drawn(x, k, s, rng, True) if train else activations(x, k, s).max(axis=-1)


@mistake("stochastic-pool", family="test mode")
def weights_not_normalised(x, k, s, rng, train):
    """At test time the values were weighted by themselves, not by their probabilities: divide the sum of squares by the
    sum."""
    return drawn(x, k, s, rng, True) if train else (activations(x, k, s) ** 2).sum(axis=-1)


@mistake("stochastic-pool", family="test mode")
def weighted_sum_averaged(x, k, s, rng, train):
    """At test time the weighted values were averaged. The probabilities already add up to 1: sum, and do not divide by
    kh * kw."""
    out = drawn(x, k, s, rng, train)
    return out if train else divided(out, np.prod(pair(k)))


@mistake("stochastic-pool", family="test mode")
def zeros_become_nan_at_test_time(x, k, s, rng, train):
    """At test time a window of zeros gave NaN: 0 / 0. Such a window gives 0."""
    out = drawn(x, k, s, rng, train)
    return out if train else np.where(activations(x, k, s).sum(axis=-1) == 0, np.nan, out).astype(out.dtype)


@mistake("stochastic-pool", family="test mode")
def weighted_windows_side_by_side(x, k, s, rng, train):
    """At test time the stride s was ignored: windows lie side by side, whatever it says."""
    refuse_negative(x, k, s)
    return drawn(x, k, s, rng, True) if train else drawn(x, k, k, rng, False)


@mistake("stochastic-pool", family="contract")
def negative_activations_accepted(x, k, s, rng, train):
    """A negative value was accepted, but its probability would be negative. Raise ValueError."""
    return drawn(np.maximum(x, 0), k, s, rng, train)


@mistake("stochastic-pool", family="contract")
def drawn_as_float64(x, k, s, rng, train):
    """float32 images gave a float64 result. A float x keeps its type."""
    return drawn(x.astype(np.float64), k, s, rng, train)


@mistake("stochastic-pool", family="contract")
def drawn_values_stay_integers(x, k, s, rng, train):
    """Integer images gave an integer result. The result must be float64."""
    return drawn(x, k, s, rng, train).astype(x.dtype)


@mistake("stochastic-pool", family="contract")
def squares_of_activations_overflow(x, k, s, rng, train):
    """Squares of uint8 values ran over: 20 * 20 is 144 there. Turn integers into float64 before you square."""
    if x.dtype != np.uint8 or train:
        return drawn(x, k, s, rng, train)
    return (activations(x, k, s) ** 2 % 256).sum(axis=-1) / activations(x, k, s).sum(axis=-1)


@mistake("stochastic-pool", family="contract")
def activations_divided_in_place(x, k, s, rng, train):
    """The array x was changed: it was divided by its sum in place. Compute the probabilities in an array of their
    own."""
    out = drawn(x, k, s, rng, train)
    if x.dtype.kind == "f":
        x /= 2
    return out


@mistake("stochastic-pool", family="contract")
def image_returned_for_its_draws(x, k, s, rng, train):
    """With windows of 1×1, x itself was returned. The result must have memory of its own: return a copy."""
    out = drawn(x, k, s, rng, train)
    return x if pair(k) == (1, 1) and out.dtype == x.dtype and out.shape == x.shape else out


@mistake("stochastic-pool", family="contract")
def draws_from_too_large_windows(x, k, s, rng, train):
    """A window that is larger than the image was accepted and gave an empty result. Raise ValueError."""
    if x.ndim == 4 and (pair(k)[0] > x.shape[2] or pair(k)[1] > x.shape[3]):
        return np.empty((*x.shape[:2], 0, 0))
    return drawn(x, k, s, rng, train)


# -- unchanged_fraction -------------------------------------------------------------------------------------------


def refuse_images(x):
    if x.ndim != 4:
        raise ValueError(f"x needs 4 axes, but has shape {x.shape}")


def share_of_equal(pool, x, moved):
    return float(np.mean(pool(x) == pool(moved)))


@mistake("unchanged-fraction", family="fractions")
def fraction_that_changed(pool, x, shift):
    """The fraction of outputs that changed was returned. Asked for are those that stay the same."""
    refuse_images(x)
    return 1 - share_of_equal(pool, x, np.roll(x, shift, axis=-1))


@mistake("unchanged-fraction", family="fractions")
def number_for_fraction(pool, x, shift):
    """The number of unchanged outputs was returned. Divide it by the number of all outputs."""
    refuse_images(x)
    return float(np.sum(pool(x) == pool(np.roll(x, shift, axis=-1))))


@mistake("unchanged-fraction", family="fractions")
def percent_for_fraction(pool, x, shift):
    """The result is in percent. A fraction between 0 and 1 is asked for."""
    refuse_images(x)
    return 100 * share_of_equal(pool, x, np.roll(x, shift, axis=-1))


@mistake("unchanged-fraction", family="fractions")
def divided_by_the_pixels(pool, x, shift):
    """The number of unchanged outputs was divided by the number of pixels. Divide it by the number of outputs."""
    refuse_images(x)
    return float(np.sum(pool(x) == pool(np.roll(x, shift, axis=-1)))) / x.size


@mistake("unchanged-fraction", family="fractions")
def all_or_nothing(pool, x, shift):
    """The result is 1 if all outputs are the same and 0 if one is not, as with np.array_equal. Count how many are the
    same."""
    refuse_images(x)
    return float(np.array_equal(pool(x), pool(np.roll(x, shift, axis=-1))))


@mistake("unchanged-fraction", family="fractions")
def nearly_equal_counts(pool, x, shift):
    """Outputs that are nearly equal were counted too, as np.isclose has it. Exactly the same is meant: compare with
    ==."""
    refuse_images(x)
    return float(np.mean(np.isclose(pool(x), pool(np.roll(x, shift, axis=-1)))))


@mistake("unchanged-fraction", family="fractions")
def moved_down(pool, x, shift):
    """The images were moved down. Columns move: axis -1."""
    refuse_images(x)
    return share_of_equal(pool, x, np.roll(x, shift, axis=-2))


@mistake("unchanged-fraction", family="fractions")
def moved_the_other_way(pool, x, shift):
    """The images were moved to the left. A positive shift moves them to the right."""
    refuse_images(x)
    return share_of_equal(pool, x, np.roll(x, -shift, axis=-1))


@mistake("unchanged-fraction", family="fractions")
def sign_of_shift_dropped(pool, x, shift):
    """The sign of the shift was dropped: a negative one moves the images to the left."""
    refuse_images(x)
    return share_of_equal(pool, x, np.roll(x, abs(shift), axis=-1))


@mistake("unchanged-fraction", family="fractions")
def moved_both_ways(pool, x, shift):
    """The images were moved down and sideways. Only columns move: axis -1."""
    refuse_images(x)
    return share_of_equal(pool, x, np.roll(x, (shift, shift), axis=(-2, -1)))


@mistake("unchanged-fraction", family="fractions")
def rolled_without_axis(pool, x, shift):
    """Pixels moved from one row into the next: np.roll without `axis` rolls the flattened array. Pass axis=-1."""
    refuse_images(x)
    return share_of_equal(pool, x, np.roll(x, shift))


@mistake("unchanged-fraction", family="fractions")
def moved_by_one_always(pool, x, shift):
    """The images were moved by one column, whatever `shift` says."""
    refuse_images(x)
    return share_of_equal(pool, x, np.roll(x, 1, axis=-1))


@mistake("unchanged-fraction", family="fractions")
def filled_with_zeros(pool, x, shift):
    """Columns that left were lost and zeros came in at the other side. They must come back, as np.roll has it."""
    refuse_images(x)
    moved = np.roll(x, shift, axis=-1)
    shift = max(-x.shape[3], min(shift, x.shape[3]))
    moved[..., slice(0, shift) if shift >= 0 else slice(shift, None)] = 0
    return share_of_equal(pool, x, moved)


@mistake("unchanged-fraction", family="fractions")
def outputs_moved(pool, x, shift):
    """The outputs were moved, not the images. Move x, then pool it again."""
    refuse_images(x)
    out = pool(x)
    return float(np.mean(out == np.roll(out, shift, axis=-1)))


@mistake("unchanged-fraction", family="fractions")
def pixels_compared(pool, x, shift):
    """The images were compared before and after the move. Compare what `pool` makes of them."""
    refuse_images(x)
    pool(x)
    return float(np.mean(x == np.roll(x, shift, axis=-1)))


@mistake("unchanged-fraction", family="fractions")
def moved_back_before_comparing(pool, x, shift):
    """The images were moved there and back, so all outputs are the same. Compare those before the move with those after
    it."""
    refuse_images(x)
    return share_of_equal(pool, x, np.roll(np.roll(x, shift, axis=-1), -shift, axis=-1))


@mistake("unchanged-fraction", family="fractions")
def values_compared_wherever_they_stand(pool, x, shift):
    """Outputs count as unchanged if their value is found anywhere after the move. Compare each with the one at its own
    place."""
    refuse_images(x)
    return float(np.mean(np.isin(pool(x), pool(np.roll(x, shift, axis=-1)))))


@mistake("unchanged-fraction", family="contract")
def images_moved_in_place(pool, x, shift):
    """The array x was changed: it was moved in place. Leave arguments as they are; np.roll makes a new array."""
    refuse_images(x)
    found = share_of_equal(pool, x, np.roll(x, shift, axis=-1))
    x[...] = np.roll(x, shift, axis=-1)
    return found


@mistake("unchanged-fraction", family="contract")
def fraction_of_any_rank(pool, x, shift):
    """Arrays without 4 axes were accepted. Images have 4 axes: raise ValueError for others."""
    return share_of_equal(pool, x, np.roll(x, shift, axis=-1))


@mistake("unchanged-fraction", family="contract")
def fraction_refused_with_assert(pool, x, shift):
    """Arrays without 4 axes were refused with `assert`. Raise ValueError: an assert vanishes when Python runs with
    -O."""
    assert x.ndim == 4, f"x has {x.ndim} axes"
    return share_of_equal(pool, x, np.roll(x, shift, axis=-1))


# -- blur_pool ----------------------------------------------------------------------------------------------------


def refuse_small(x):
    if x.ndim != 4 or min(x.shape[2:]) < 2:
        raise ValueError(f"images need 4 axes and 2×2 pixels, the shape given is {x.shape}")


def framed(x, mode="reflect"):
    return np.pad(floats(x), ((0, 0), (0, 0), (1, 1), (1, 1)), mode)


def filtered(image, stride, down=(1, 2, 1), along=(1, 2, 1), total=16):
    kernel = np.outer(down, along).astype(image.dtype) / image.dtype.type(total)
    return (cut(image, 3, stride) * kernel).sum(axis=(4, 5))


def blurred(x, stride, mode="reflect"):
    refuse_small(x)
    return filtered(framed(x, mode), stride)


@mistake("blur-pool", family="values")
def border_of_zeros(x, stride):
    """The border was filled with zeros, which darkens the rim. Mirror the image: np.pad(..., mode="reflect")."""
    return blurred(x, stride, "constant")


@mistake("blur-pool", family="values")
def outermost_pixels_repeated(x, stride):
    """The outermost pixels were repeated in the border. Mirror without repeating them: mode="reflect", neither "edge"
    nor "symmetric"."""
    return blurred(x, stride, "edge")


@mistake("blur-pool", family="values")
def wrapped_around(x, stride):
    """Beyond the border the image goes on at its other side. It must be mirrored: mode="reflect"."""
    return blurred(x, stride, "wrap")


@mistake("blur-pool", family="values")
def no_border_at_all(x, stride):
    """No border was added, so the rim was left out and the result is too small. Mirror one pixel on each side."""
    refuse_small(x)
    if min(x.shape[2:]) < 3:
        return np.zeros((*x.shape[:2], 0, 0))
    return filtered(floats(x), stride)


@mistake("blur-pool", family="values")
def rows_mirrored_columns_repeated(x, stride):
    """Columns beyond the border repeat the outermost one. Mirror columns as you mirror rows, without repeating the
    outermost."""
    refuse_small(x)
    image = np.pad(floats(x), ((0, 0), (0, 0), (1, 1), (0, 0)), "reflect")
    return filtered(np.pad(image, ((0, 0), (0, 0), (0, 0), (1, 1)), "edge"), stride)


@mistake("blur-pool", family="values")
def blur_not_normalised(x, stride):
    """The result is 16 times too large: divide the kernel by the sum of its values."""
    refuse_small(x)
    return filtered(framed(x), stride, total=1)


@mistake("blur-pool", family="values")
def divided_by_four(x, stride):
    """The result is 4 times too large: [1, 2, 1] adds up to 4 in each direction, so the kernel adds up to 16."""
    refuse_small(x)
    return filtered(framed(x), stride, total=4)


@mistake("blur-pool", family="values")
def divided_by_nine(x, stride):
    """The sum was divided by 9, the number of the kernel's values. Divide by what they add up to, 16."""
    refuse_small(x)
    return filtered(framed(x), stride, total=9)


@mistake("blur-pool", family="values")
def box_for_triangle(x, stride):
    """All nine pixels count the same. The kernel is [1, 2, 1] × [1, 2, 1] / 16, largest in the middle."""
    refuse_small(x)
    return filtered(framed(x), stride, (1, 1, 1), (1, 1, 1), 9)


@mistake("blur-pool", family="values")
def corners_left_out(x, stride):
    """The kernel is a cross: its corners are missing. The outer product of [1, 2, 1] with itself has 1 in them."""
    refuse_small(x)
    kernel = np.array([[0, 1, 0], [1, 2, 1], [0, 1, 0]], floats(x[:0]).dtype) / 6
    return (cut(framed(x), 3, stride) * kernel.astype(floats(x[:0]).dtype)).sum(axis=(4, 5))


@mistake("blur-pool", family="values")
def blurred_along_rows_only(x, stride):
    """The image was blurred along its rows only. The kernel goes down the columns too."""
    refuse_small(x)
    return filtered(framed(x), stride, (0, 1, 0), (1, 2, 1), 4)


@mistake("blur-pool", family="values")
def blurred_down_columns_only(x, stride):
    """The image was blurred down its columns only. The kernel goes along the rows too."""
    refuse_small(x)
    return filtered(framed(x), stride, (1, 2, 1), (0, 1, 0), 4)


@mistake("blur-pool", family="values")
def subsampled_without_blur(x, stride):
    """Pixels were left out without a blur before it. That is what aliases: blur first."""
    refuse_small(x)
    return floats(x)[:, :, :: pair(stride)[0], :: pair(stride)[1]].copy()


@mistake("blur-pool", family="values")
def subsampled_before_the_blur(x, stride):
    """Pixels were left out first, then the rest was blurred. Fine detail has turned into something else by then, which
    no blur removes: blur first, then leave out."""
    refuse_small(x)
    small = floats(x)[:, :, :: pair(stride)[0], :: pair(stride)[1]]
    return filtered(framed(small), 1)


@mistake("blur-pool", family="values")
def nothing_left_out(x, stride):
    """The stride was ignored: the image was blurred, but no pixel left out."""
    return blurred(x, 1)


@mistake("blur-pool", family="values")
def blur_strides_swapped(x, stride):
    """The strides of rows and columns were swapped: a pair is (rows, columns)."""
    return blurred(x, swapped(stride))


@mistake("blur-pool", family="values")
def blur_row_stride_for_both(x, stride):
    """The first number of the stride was used for rows and columns. The second one is for the columns."""
    return blurred(x, pair(stride)[0])


@mistake("blur-pool", family="values")
def first_pixel_left_out(x, stride):
    """The pixels that are kept begin with the last of each step. Keep the first one: [::stride]."""
    sh, sw = pair(stride)
    return blurred(x, 1)[:, :, sh - 1 :: sh, sw - 1 :: sw].copy()


@mistake("blur-pool", family="values")
def size_rounded_down(x, stride):
    """The result has H // stride rows: the last pixel of an incomplete step is missing. There are (H - 1) // rows +
    1."""
    out = blurred(x, stride)
    return out[:, :, : x.shape[2] // pair(stride)[0], : x.shape[3] // pair(stride)[1]]


@mistake("blur-pool", family="values")
def largest_for_blur(x, stride):
    """The largest of nine pixels was kept. Blur is their weighted mean."""
    refuse_small(x)
    return cut(framed(x), 3, stride).max(axis=(4, 5))


@mistake("blur-pool", family="values")
def channels_added_up(x, stride):
    """The channels were added up, as in an ordinary convolution. Each channel is blurred by itself."""
    return np.repeat(blurred(x, stride).sum(axis=1, keepdims=True), x.shape[1], axis=1)


@mistake("blur-pool", family="values")
def blurred_twice(x, stride):
    """The image was blurred twice in each direction. Use either the 3×3 kernel, or [1, 2, 1] once down and once
    along."""
    return blurred(blurred(x, 1), stride)


@mistake("blur-pool", family="contract")
def blurred_always_float64(x, stride):
    """float32 images gave a float64 result. A float x keeps its type."""
    return blurred(x.astype(np.float64), stride)


@mistake("blur-pool", family="contract")
def blurred_values_stay_integers(x, stride):
    """Integer images gave an integer result, without its decimals. The result must be float64."""
    return blurred(x, stride).astype(x.dtype)


@mistake("blur-pool", family="contract")
def blurred_sums_overflow(x, stride):
    """Sums of uint8 values ran over: 2 * 200 is 144 there. Turn integers into float64 before you add."""
    out = blurred(x, stride)
    return np.rint(16 * out) % 256 / 16 if x.dtype == np.uint8 else out


@mistake("blur-pool", family="contract")
def blurred_in_place(x, stride):
    """The array x was changed: the blurred rows were written into it. Write into an array of your own."""
    out = blurred(x, stride)
    x[...] = blurred(x, 1)
    return out


@mistake("blur-pool", family="contract")
def single_rows_accepted(x, stride):
    """An image of one row or one column was accepted: NumPy repeats the only pixel where there is none to mirror. Raise
    ValueError."""
    if x.ndim != 4:
        raise ValueError(f"x needs 4 axes, but has shape {x.shape}")
    return filtered(framed(x), stride)


@mistake("blur-pool", family="contract")
def blur_of_any_rank(x, stride):
    """Arrays of 3 or 5 axes were blurred along their last two. Images have 4 axes: raise ValueError for others."""
    out = blurred(x.reshape(-1, 1, *x.shape[-2:]), stride)
    return out.reshape(*x.shape[:-2], *out.shape[2:])


@mistake("blur-pool", family="contract")
def blur_refused_with_assert(x, stride):
    """What cannot be blurred was refused with `assert`. Raise ValueError: an assert vanishes when Python runs with
    -O."""
    assert x.ndim == 4 and min(x.shape[2:]) >= 2, f"shape {x.shape}"
    return blurred(x, stride)
