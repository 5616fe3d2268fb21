"""Known wrong answers of unit 04. Each docstring is the sentence that a learner reads."""

from __future__ import annotations

import numpy as np

from autograder.testing import Mistakes

mistake = Mistakes()


# -- right building blocks, from which the wrong answers are made -------------------------------------------------


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


def floats(x):
    return x if x.dtype.kind == "f" else x.astype(np.float64)


def padded(x, padding, mode="constant"):
    (ph, pw) = pair(padding)
    return np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), mode=mode)


def cut(x, kh, kw, stride=1, dilation=1):
    (sh, sw), (dh, dw) = pair(stride), pair(dilation)
    extent = (dh * (kh - 1) + 1, dw * (kw - 1) + 1)
    if x.shape[2] < extent[0] or x.shape[3] < extent[1]:
        raise ValueError(f"a kernel of extent {extent} does not fit into an image of {x.shape[2:]}")
    windows = np.lib.stride_tricks.sliding_window_view(x, extent, axis=(2, 3))
    return windows[:, :, ::sh, ::sw, ::dh, ::dw]  # (N, C, OH, OW, KH, KW)


def weighted(windows, w, groups=1):
    n, c, oh, ow, kh, kw = windows.shape
    cols = windows.transpose(0, 1, 4, 5, 2, 3).reshape(n, groups, c // groups * kh * kw, oh * ow)
    rows = floats(w).reshape(groups, len(w) // groups, -1)
    return (rows @ cols).reshape(n, len(w), oh, ow)


def with_bias(y, b):
    return y if b is None else y + b.astype(y.dtype).reshape(1, -1, 1, 1)


def refuse(x, w, b=None, groups=1):
    if x.ndim != 4 or w.ndim != 4:
        raise ValueError(f"x and w need 4 axes, they have {x.ndim} and {w.ndim}")
    if x.shape[1] % groups or w.shape[0] % groups:
        raise ValueError(f"{x.shape[1]} channels and {w.shape[0]} kernels do not split into {groups} groups")
    if x.shape[1] != groups * w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels but w expects {groups * w.shape[1]}")
    if b is not None and b.shape != (len(w),):
        raise ValueError(f"b has shape {b.shape}, expected {(len(w),)}")


def layer(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    refuse(x, w, b, groups)
    windows = cut(padded(floats(x), padding), w.shape[2], w.shape[3], stride, dilation)
    return with_bias(weighted(windows, w, groups), b)


def resized(y, oh, ow):
    result = np.zeros((*y.shape[:2], max(oh, 0), max(ow, 0)), y.dtype)
    part = y[:, :, : max(oh, 0), : max(ow, 0)]
    result[:, :, : part.shape[2], : part.shape[3]] = part
    return result


def slack(x, w, padding=0, dilation=1):
    (ph, pw), (dh, dw) = pair(padding), pair(dilation)
    (h, width), (kh, kw) = x.shape[2:], w.shape[2:]
    return h + 2 * ph - dh * (kh - 1) - 1, width + 2 * pw - dw * (kw - 1) - 1


# -- conv2d: values without options -------------------------------------------------------------------------------


@mistake("conv2d-loops", "conv2d", family="basic")
def flipped_kernel(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The kernel was rotated by 180° before it was applied. That is mathematical convolution; the layer computes
    cross-correlation, in which the kernel stays as it is."""
    refuse(x, w, b, groups)
    return layer(x, w[:, :, ::-1, ::-1], b, stride, padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="basic")
def kernel_rows_flipped(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The kernel was applied upside down: its rows must meet the rows of the window in the same order."""
    refuse(x, w, b, groups)
    return layer(x, w[:, :, ::-1], b, stride, padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="basic")
def kernel_columns_flipped(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The kernel was mirrored from left to right: its columns must meet the columns of the window in the same order."""
    refuse(x, w, b, groups)
    return layer(x, w[..., ::-1], b, stride, padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="basic")
def transposed_kernel(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Rows and columns of the kernel were exchanged: w is (F, C, KH, KW), its third axis runs down the image."""
    refuse(x, w, b, groups)
    return layer(x, w.swapaxes(2, 3), b, stride, padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="basic")
def transposed_image(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Rows and columns of the image were exchanged: x is (N, C, H, W), its third axis runs down the image."""
    refuse(x, w, b, groups)
    return layer(x.swapaxes(2, 3), w, b, stride, padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="basic")
def transposed_output(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Rows and columns of the result were exchanged: it must be (N, F, OH, OW)."""
    return layer(x, w, b, stride, padding, dilation, groups).swapaxes(2, 3).copy()


@mistake("conv2d-loops", "conv2d", family="basic")
def feature_maps_last(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The result is (N, OH, OW, F), the feature maps on the last axis. This course, like PyTorch, has them on the
    second: (N, F, OH, OW)."""
    return np.moveaxis(layer(x, w, b, stride, padding, dilation, groups), 1, 3).copy()


@mistake("conv2d-loops", "conv2d", family="basic")
def kernels_before_images(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The first two axes of the result were exchanged: the images come first, then the kernels, (N, F, OH, OW)."""
    return layer(x, w, b, stride, padding, dilation, groups).swapaxes(0, 1).copy()


@mistake("conv2d-loops", "conv2d", family="basic")
def batch_axis_dropped(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Only the result of the first image was returned, without the axis of the images. The result must be
    (N, F, OH, OW), also for N = 1."""
    return layer(x, w, b, stride, padding, dilation, groups)[0].copy()


@mistake("conv2d-loops", "conv2d", family="basic")
def channel_mean(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The channels were averaged. A kernel adds up its products over all channels; nothing is divided."""
    refuse(x, w, b, groups)
    return with_bias(layer(x, w, None, stride, padding, dilation, groups) / w.shape[1], b)


@mistake("conv2d-loops", "conv2d", family="basic")
def window_mean(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The products of each window were averaged. The layer takes their sum."""
    refuse(x, w, b, groups)
    return with_bias(layer(x, w, None, stride, padding, dilation, groups) / w[0].size, b)


@mistake("conv2d-loops", "conv2d", family="basic")
def window_maximum(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The sums of the channels were compared and the largest was kept, as in pooling. The layer adds the channels
    up."""
    refuse(x, w, b, groups)
    windows = cut(padded(floats(x), padding), w.shape[2], w.shape[3], stride, dilation)
    share = windows.reshape(len(x), groups, 1, w.shape[1], *windows.shape[2:])
    kernels = floats(w).reshape(1, groups, -1, w.shape[1], 1, 1, *w.shape[2:])
    y = (share * kernels).sum(axis=(-2, -1)).max(axis=3)
    return with_bias(y.reshape(len(x), len(w), *y.shape[3:]), b)


@mistake("conv2d-loops", "conv2d", family="basic")
def first_channel_only(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Only the first channel of each window was used. A kernel is as deep as its input and sums over all channels."""
    refuse(x, w, b, groups)
    kernel = w.copy()
    kernel[:, 1:] = 0
    return layer(x, kernel, b, stride, padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="basic")
def last_channel_only(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Each channel replaced the sum of the channels before it, so that only the last one is left: write += for =."""
    refuse(x, w, b, groups)
    kernel = w.copy()
    kernel[:, :-1] = 0
    return layer(x, kernel, b, stride, padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="basic")
def last_product_only(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Each product replaced the one before it, so that only the window's last one is left: write += for =."""
    refuse(x, w, b, groups)
    kernel = np.zeros_like(w)
    kernel[:, -1, -1, -1] = w[:, -1, -1, -1]
    return layer(x, kernel, b, stride, padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="basic")
def channels_reversed(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The first channel of the kernel met the last channel of the image: reverse neither, channel c meets channel c."""
    refuse(x, w, b, groups)
    return layer(x, w[:, ::-1], b, stride, padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="basic")
def bias_missing(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The bias was not added. Where b is given, b[f] belongs to every value of feature map f."""
    refuse(x, w, b, groups)
    return layer(x, w, None, stride, padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="basic")
def first_bias_for_all(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The first bias was added to all feature maps. Each kernel has its own: b[f] for feature map f."""
    y = bias_missing(x, w, b, stride, padding, dilation, groups)
    return y if b is None else y + y.dtype.type(b[0])


@mistake("conv2d-loops", "conv2d", family="basic")
def bias_once_per_channel(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The bias was added once for each channel, inside the loop over channels. It belongs once to each sum."""
    refuse(x, w, b, groups)
    return layer(x, w, None if b is None else b * w.shape[1], stride, padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="basic")
def bias_once_per_product(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The bias was added to every product of the window. It belongs once to their sum."""
    refuse(x, w, b, groups)
    return layer(x, w, None if b is None else floats(b) * w[0].size, stride, padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="basic")
def bias_subtracted(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The bias was subtracted. The layer adds it."""
    refuse(x, w, b, groups)
    return layer(x, w, None if b is None else -floats(b), stride, padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="basic")
def bias_along_columns(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The bias was added as it is, and NumPy lines up last axes: it went along the columns. Give it the shape
    (F, 1, 1), so that it goes along the feature maps."""
    y = bias_missing(x, w, b, stride, padding, dilation, groups)
    return y if b is None else y + b.astype(y.dtype)


@mistake("conv2d-loops", "conv2d", family="basic")
def bias_added_in_place_along_columns(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The bias was added with `y += b`, and NumPy lines up last axes: it went along the columns, or did not fit there.
    Give it the shape (F, 1, 1), so that it goes along the feature maps."""
    y = bias_missing(x, w, b, stride, padding, dilation, groups)
    if b is not None:
        y += b.astype(y.dtype)
    return y


@mistake("conv2d-loops", family="basic")
def bias_once_per_position(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The bias was added to the whole feature map at each position, inside the loops over rows and columns. Add it to
    the map once, after them, or to the one value at hand."""
    y = bias_missing(x, w, b, stride, padding, dilation, groups)
    if b is None:
        return y
    oh, ow = y.shape[2:]
    times = np.arange(oh * ow, 0, -1).reshape(oh, ow)  # a value is written at its turn: what came before is lost
    return y + times.astype(y.dtype) * b.astype(y.dtype).reshape(1, -1, 1, 1)


@mistake("conv2d-loops", "conv2d", family="basic")
def bias_multiplied(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The result was multiplied by the bias. The layer adds it."""
    y = bias_missing(x, w, b, stride, padding, dilation, groups)
    return y if b is None else y * b.astype(y.dtype).reshape(1, -1, 1, 1)


@mistake("conv2d-loops", "conv2d", family="basic")
def square_output_assumed(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The number of output rows was used for the columns too. An image that is not square has OH and OW of its own."""
    y = layer(x, w, b, stride, padding, dilation, groups)
    return resized(y, y.shape[2], y.shape[2])


@mistake("conv2d-loops", "conv2d", family="basic")
def square_kernel_assumed(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Windows of KH×KH were cut, as if kernels were square. A kernel has KH rows and KW columns."""
    refuse(x, w, b, groups)
    windows = cut(padded(floats(x), padding), w.shape[2], w.shape[2], stride, dilation)
    return with_bias(weighted(windows, w, groups), b)


@mistake("conv2d-loops", "conv2d", family="basic")
def size_without_plus_one(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The result is one row and one column too small: n - k counts the steps between windows; there is one window
    more than steps."""
    y = layer(x, w, b, stride, padding, dilation, groups)
    return y[:, :, :-1, :-1].copy()


@mistake("conv2d-loops", "conv2d", family="basic")
def last_row_left_at_zero(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The last row of the result was never computed: the loop over rows ends one step too early."""
    y = layer(x, w, b, stride, padding, dilation, groups)
    y[:, :, -1] = 0
    return y


@mistake("conv2d-loops", "conv2d", family="basic")
def last_column_left_at_zero(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The last column of the result was never computed: the loop over columns ends one step too early."""
    y = layer(x, w, b, stride, padding, dilation, groups)
    y[..., -1] = 0
    return y


@mistake("conv2d-loops", "conv2d", family="basic")
def padded_to_the_same_size(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Half a kernel of zeros was added around the image without being asked, so that the result is as large as the
    image. The amount of padding is what `padding` says."""
    refuse(x, w, b, groups)
    (ph, pw) = pair(padding)
    return layer(x, w, b, stride, (ph + w.shape[2] // 2, pw + w.shape[3] // 2), dilation, groups)


@mistake("conv2d-loops", "conv2d", family="basic")
def hard_coded_stride_and_padding(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Stride 2 and padding 1 were used whatever the arguments said."""
    refuse(x, w, b, groups)
    return layer(x, w, b, 2, 1, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="basic")
def windows_do_not_overlap(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The windows lie side by side, a kernel's size apart. They start `stride` pixels apart and may overlap."""
    refuse(x, w, b, groups)
    return layer(x, w, b, (w.shape[2], w.shape[3]), padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="basic")
def windows_start_before_the_image(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Windows were centred on the output's position, and indices below zero took pixels from the opposite edge. A
    window begins at its position."""
    refuse(x, w, b, groups)
    return layer(np.roll(x, (w.shape[2] // 2, w.shape[3] // 2), (-2, -1)), w, b, stride, padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="basic")
def relu_added(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Negative values were set to zero. The activation is a layer of its own; this one is linear."""
    return np.maximum(layer(x, w, b, stride, padding, dilation, groups), 0)


@mistake("conv2d-loops", "conv2d", family="basic")
def only_first_image(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Only the first image of the batch was computed, all others are zero: loop over all N."""
    y = layer(x, w, b, stride, padding, dilation, groups)
    y[1:] = 0
    return y


@mistake("conv2d-loops", "conv2d", family="basic")
def first_image_for_all(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The first image was used for the whole batch: x[0] stands where x[n] belongs."""
    y = layer(x, w, b, stride, padding, dilation, groups)
    y[1:] = y[:1]
    return y


@mistake("conv2d-loops", "conv2d", family="basic")
def images_added_up(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The sum ran on from one image to the next: set it back to zero for each image."""
    refuse(x, w, b, groups)
    return with_bias(np.cumsum(layer(x, w, None, stride, padding, dilation, groups), axis=0), b)


@mistake("conv2d-loops", "conv2d", family="basic")
def first_kernel_for_all(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """All feature maps were made with the first kernel: w[0] stands where w[f] belongs."""
    refuse(x, w, b, groups)
    kernels = w.copy()
    kernels[1:] = w[:1]
    return layer(x, kernels, b, stride, padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="basic")
def float32_sums(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The sums were made in float32. With float64 inputs, that loses half of the digits: create the result with the
    input's dtype."""
    refuse(x, w, b, groups)
    y = layer(x.astype(np.float32), w.astype(np.float32), b, stride, padding, dilation, groups)
    return y.astype(floats(x).dtype)


@mistake("conv2d-loops", "conv2d", family="basic")
def integer_result(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The result was stored as integers, which cuts off all that stands behind the point: create it with a float
    dtype."""
    y = layer(x, w, b, stride, padding, dilation, groups)
    return np.trunc(y)


@mistake("conv2d-loops", "conv2d", family="basic")
def kernel_divided_by_its_sum(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Each kernel was divided by the sum of its values, as smoothing filters are. A learned kernel is used as it is."""
    refuse(x, w, b, groups)
    return layer(x, w / w.sum(axis=(1, 2, 3), keepdims=True), b, stride, padding, dilation, groups)


@mistake("conv2d", family="basic")
def product_reshaped_not_transposed(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """A matrix of shape (N·OH·OW, F) was reshaped to (N, F, OH, OW). Reshaping keeps the order of the values: reshape
    to (N, OH, OW, F), then transpose."""
    y = layer(x, w, b, stride, padding, dilation, groups)
    return np.moveaxis(y, 1, 3).reshape(y.shape).copy()


@mistake("conv2d", family="basic")
def images_and_maps_reshaped_not_transposed(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """A matrix of shape (F, N·OH·OW) was reshaped to (N, F, OH, OW). Reshaping keeps the order of the values: reshape
    to (F, N, OH, OW), then exchange the first two axes."""
    y = layer(x, w, b, stride, padding, dilation, groups)
    return y.swapaxes(0, 1).reshape(y.shape).copy()


@mistake("conv2d", family="basic")
def kernels_reshaped_not_transposed(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """w.reshape(-1, F) mixes values of different kernels. Reshape to (F, -1) first, then transpose."""
    refuse(x, w, b, groups)
    kernels = w.reshape(-1, w.shape[0]).T.reshape(w.shape)
    return layer(x, kernels, b, stride, padding, dilation, groups)


@mistake("conv2d", family="basic")
def view_of_windows_reshaped_not_transposed(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Windows of shape (C, OH, OW, KH, KW) were reshaped to a matrix at once. Reshaping keeps the order of the values:
    bring the window's axes before those of the output first."""
    refuse(x, w, b, groups)
    windows = cut(padded(floats(x), padding), w.shape[2], w.shape[3], stride, dilation)
    n, c, oh, ow, kh, kw = windows.shape
    mixed = windows.reshape(n, c, kh, kw, oh, ow).transpose(0, 1, 4, 5, 2, 3)
    return with_bias(weighted(mixed, w, groups), b)


@mistake("conv2d", family="basic")
def columns_in_another_order_than_kernels(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The columns hold a window with its channels last, the kernels' rows hold it with the channels first: products
    were made of values that do not belong together."""
    refuse(x, w, b, groups)
    kernels = np.moveaxis(w.reshape(w.shape[0], *w.shape[2:], w.shape[1]), -1, 1)
    return layer(x, kernels, b, stride, padding, dilation, groups)


# -- conv2d: stride and padding -----------------------------------------------------------------------------------


@mistake("conv2d-loops", "conv2d", family="stride and padding")
def stride_ignored(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The stride was ignored: the windows start one pixel apart."""
    return layer(x, w, b, 1, padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="stride and padding")
def stride_for_size_only(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The result has the right size, but its windows start one pixel apart: position i begins at row i·stride."""
    _, _, oh, ow = layer(x, w, b, stride, padding, dilation, groups).shape
    return layer(x, w, b, 1, padding, dilation, groups)[:, :, :oh, :ow].copy()


@mistake("conv2d-loops", "conv2d", family="stride and padding")
def row_stride_for_columns(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The stride of the rows was used for the columns too: `stride` may be a pair (rows, columns)."""
    return layer(x, w, b, pair(stride)[0], padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="stride and padding")
def column_stride_for_rows(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The stride of the columns was used for the rows too: `stride` may be a pair (rows, columns)."""
    return layer(x, w, b, pair(stride)[1], padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="stride and padding")
def strides_swapped(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The two strides were exchanged: a pair is (rows, columns)."""
    return layer(x, w, b, pair(stride)[::-1], padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="stride and padding")
def rows_and_columns_of_all_options_swapped(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The two numbers of stride, padding and dilation were exchanged: each pair is (rows, columns)."""
    swapped = (pair(option)[::-1] for option in (stride, padding, dilation))
    return layer(x, w, b, *swapped, groups)


@mistake("conv2d-loops", "conv2d", family="stride and padding")
def stride_on_rows_only(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The stride was applied to the rows only; along the columns the windows start one pixel apart."""
    return layer(x, w, b, (pair(stride)[0], 1), padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="stride and padding")
def size_rounded_up(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Where the stride does not divide, the size was rounded up, which adds windows that stick out of the image. The
    layer leaves out rows and columns that do not fill a window."""
    y = layer(x, w, b, stride, padding, dilation, groups)
    rest = slack(x, w, padding, dilation)
    oh, ow = (-(-room // step) + 1 for room, step in zip(rest, pair(stride), strict=True))
    return resized(y, oh, ow)


@mistake("conv2d-loops", "conv2d", family="stride and padding")
def size_rounded_to_nearest(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The size was rounded to the nearest whole number. Rows and columns that do not fill a window are left out: round
    down."""
    y = layer(x, w, b, stride, padding, dilation, groups)
    rest = slack(x, w, padding, dilation)
    oh, ow = (round(room / step) + 1 for room, step in zip(rest, pair(stride), strict=True))
    return resized(y, oh, ow)


@mistake("conv2d-loops", "conv2d", family="stride and padding")
def plus_one_before_the_division(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The size was computed as (n - k + 1) // stride. The first window is there whatever the stride: (n - k) // stride
    + 1."""
    y = layer(x, w, b, stride, padding, dilation, groups)
    rest = slack(x, w, padding, dilation)
    oh, ow = ((room + 1) // step for room, step in zip(rest, pair(stride), strict=True))
    return resized(y, oh, ow)


@mistake("conv2d-loops", "conv2d", family="stride and padding")
def padding_ignored(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The padding was ignored: `padding` rows and columns of zeros belong on each side of the image."""
    return layer(x, w, b, stride, 0, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="stride and padding")
def padding_of_rows_only(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Zeros were added above and below, but not left and right."""
    return layer(x, w, b, stride, (pair(padding)[0], 0), dilation, groups)


@mistake("conv2d-loops", "conv2d", family="stride and padding")
def padding_of_columns_only(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Zeros were added left and right, but not above and below."""
    return layer(x, w, b, stride, (0, pair(padding)[1]), dilation, groups)


@mistake("conv2d-loops", "conv2d", family="stride and padding")
def row_padding_for_columns(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The padding of the rows was used for the columns too: `padding` may be a pair (rows, columns)."""
    return layer(x, w, b, stride, pair(padding)[0], dilation, groups)


@mistake("conv2d-loops", "conv2d", family="stride and padding")
def paddings_swapped(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The two paddings were exchanged: a pair is (rows, columns)."""
    return layer(x, w, b, stride, pair(padding)[::-1], dilation, groups)


@mistake("conv2d-loops", "conv2d", family="stride and padding")
def padding_repeats_the_edge(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The border was filled with copies of the nearest pixels. Padding is zeros."""
    refuse(x, w, b, groups)
    return layer(padded(x, padding, "edge"), w, b, stride, 0, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="stride and padding")
def padding_mirrors_the_image(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The border was filled with a mirror image. Padding is zeros."""
    refuse(x, w, b, groups)
    return layer(padded(x, padding, "reflect"), w, b, stride, 0, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="stride and padding")
def padding_wraps_around(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Windows that reach over the border took pixels from the opposite edge. Padding is zeros."""
    refuse(x, w, b, groups)
    return layer(padded(x, padding, "wrap"), w, b, stride, 0, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="stride and padding")
def padding_of_ones(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The border was filled with ones. Padding is zeros."""
    refuse(x, w, b, groups)
    border = padded(np.ones_like(x), padding) == 0
    return layer(padded(x, padding) + border.astype(x.dtype), w, b, stride, 0, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="stride and padding")
def padding_at_the_end_only(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """All zeros were added below and right of the image. `padding` rows and columns belong on each side."""
    refuse(x, w, b, groups)
    (ph, pw) = pair(padding)
    return layer(np.pad(x, ((0, 0), (0, 0), (0, 2 * ph), (0, 2 * pw))), w, b, stride, 0, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="stride and padding")
def padding_at_the_start_only(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """All zeros were added above and left of the image. `padding` rows and columns belong on each side."""
    refuse(x, w, b, groups)
    (ph, pw) = pair(padding)
    return layer(np.pad(x, ((0, 0), (0, 0), (2 * ph, 0), (2 * pw, 0))), w, b, stride, 0, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="stride and padding")
def padding_counted_once(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The size was computed with n + padding. Zeros are added on both sides, which makes n + 2·padding."""
    y = layer(x, w, b, stride, padding, dilation, groups)
    rest = (room - p for room, p in zip(slack(x, w, padding, dilation), pair(padding), strict=True))
    oh, ow = (room // step + 1 for room, step in zip(rest, pair(stride), strict=True))
    return resized(y, oh, ow)


@mistake("conv2d-loops", "conv2d", family="stride and padding")
def size_without_padding(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The image was padded, but the size of the result was computed from the image without padding."""
    y = layer(x, w, b, stride, padding, dilation, groups)
    oh, ow = (room // step + 1 for room, step in zip(slack(x, w, 0, dilation), pair(stride), strict=True))
    return resized(y, oh, ow)


@mistake("conv2d-loops", "conv2d", family="stride and padding")
def padding_on_every_axis(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """np.pad(x, padding) adds zeros to all four axes, images and channels included. Only rows and columns are
    padded: ((0, 0), (0, 0), (rows, rows), (columns, columns))."""
    refuse(x, w, b, groups)
    (ph, pw) = pair(padding)
    image = np.pad(x, ((ph, ph), (ph, ph), (ph, ph), (pw, pw)))[: len(x), : x.shape[1]]
    return layer(image, w, b, stride, 0, dilation, groups)


# -- conv2d: dilation and groups ----------------------------------------------------------------------------------


@mistake("conv2d-loops", "conv2d", family="dilation and groups")
def dilation_ignored(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The dilation was ignored: neighbouring kernel values must meet pixels that lie `dilation` apart."""
    return layer(x, w, b, stride, padding, 1, groups)


@mistake("conv2d-loops", "conv2d", family="dilation and groups")
def dilation_for_size_only(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The result has the right size, but its windows are dense: kernel value i meets the pixel i·dilation further."""
    _, _, oh, ow = layer(x, w, b, stride, padding, dilation, groups).shape
    return layer(x, w, b, stride, padding, 1, groups)[:, :, :oh, :ow].copy()


@mistake("conv2d-loops", "conv2d", family="dilation and groups")
def extent_is_kernel_times_dilation(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """A dilated kernel was taken to reach over k·dilation pixels. Between k values there are k - 1 gaps:
    dilation·(k - 1) + 1."""
    y = layer(x, w, b, stride, padding, dilation, groups)
    rest = (room - d + 1 for room, d in zip(slack(x, w, padding, dilation), pair(dilation), strict=True))
    oh, ow = (room // step + 1 for room, step in zip(rest, pair(stride), strict=True))
    if oh < 1 or ow < 1:  # by the wrong extent, though it fits
        raise ValueError("the kernel exceeds the image")
    return resized(y, oh, ow)


@mistake("conv2d-loops", "conv2d", family="dilation and groups")
def dilation_counts_the_gaps(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The dilation was taken as the number of pixels that are skipped. It is the distance between neighbours:
    dilation 1 is the dense kernel."""
    (dh, dw) = pair(dilation)
    return layer(x, w, b, stride, padding, (dh + 1, dw + 1), groups)


@mistake("conv2d-loops", "conv2d", family="dilation and groups")
def dilation_added_to_the_padding(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The padding was enlarged because of the dilation. Each option stands for itself: `padding` zeros, no more."""
    (ph, pw), (dh, dw) = pair(padding), pair(dilation)
    return layer(x, w, b, stride, (ph + dh - 1, pw + dw - 1), dilation, groups)


@mistake("conv2d-loops", "conv2d", family="dilation and groups")
def row_dilation_for_columns(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The dilation of the rows was used for the columns too: `dilation` may be a pair (rows, columns)."""
    return layer(x, w, b, stride, padding, pair(dilation)[0], groups)


@mistake("conv2d-loops", "conv2d", family="dilation and groups")
def dilations_swapped(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The two dilations were exchanged: a pair is (rows, columns)."""
    return layer(x, w, b, stride, padding, pair(dilation)[::-1], groups)


@mistake("conv2d-loops", "conv2d", family="dilation and groups")
def image_thinned_out(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Rows and columns of the image were left out, as if the dilation were a stride, and a dense kernel was applied to
    the rest. Dilation spreads the kernel; its positions stay as they are."""
    refuse(x, w, b, groups)
    (dh, dw) = pair(dilation)
    return layer(padded(x, padding)[:, :, ::dh, ::dw], w, b, stride, 0, 1, groups)


@mistake("conv2d-loops", "conv2d", family="dilation and groups")
def first_group_for_all(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """All kernels were applied to the first C/groups channels. Each group of kernels has channels of its own."""
    refuse(x, w, b, groups)
    return layer(x[:, : w.shape[1]], w, b, stride, padding, dilation)


@mistake("conv2d-loops", "conv2d", family="dilation and groups")
def channels_interleaved_among_groups(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Group g took every channel whose number leaves the remainder g. Groups are blocks: C/groups channels that stand
    together."""
    refuse(x, w, b, groups)
    order = np.arange(x.shape[1]).reshape(-1, groups).T.ravel()
    return layer(x[:, order], w, b, stride, padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="dilation and groups")
def kernels_interleaved_among_groups(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Kernel f was given to group f % groups. Groups are blocks: kernel f belongs to group f // (F/groups)."""
    refuse(x, w, b, groups)
    order = np.arange(len(w)).reshape(-1, groups).T.ravel()
    y = np.empty_like(layer(x, w, b, stride, padding, dilation, groups))
    y[:, order] = layer(x, w[order], None if b is None else b[order], stride, padding, dilation, groups)
    return y


@mistake("conv2d-loops", "conv2d", family="dilation and groups")
def channels_of_a_group_counted_in_kernels(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The channels of group g were taken from g·F/groups on. The input has C channels: start at g·C/groups."""
    refuse(x, w, b, groups)
    start = [min(g * (len(w) // groups), x.shape[1] - w.shape[1]) for g in range(groups)]
    image = np.concatenate([x[:, s : s + w.shape[1]] for s in start], axis=1)
    return layer(image, w, b, stride, padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="dilation and groups")
def feature_maps_of_groups_interleaved(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The feature maps of the groups were shuffled together. All maps of the first group come first, then those of the
    second: concatenate them."""
    y = layer(x, w, None, stride, padding, dilation, groups)
    refuse(x, w, b, groups)
    shuffled = y.reshape(len(x), groups, -1, *y.shape[2:]).swapaxes(1, 2).reshape(y.shape)
    return with_bias(shuffled, b)


@mistake("conv2d-loops", "conv2d", family="dilation and groups")
def groups_added_up(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Each kernel was applied to the channels of all groups. It sees those of its own group only."""
    refuse(x, w, b, groups)
    return layer(x, np.tile(w, (1, groups, 1, 1)), b, stride, padding, dilation)


@mistake("conv2d-loops", "conv2d", family="dilation and groups")
def groups_in_reverse(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The first group of kernels met the last group of channels. Group g of the kernels meets group g of the
    channels."""
    refuse(x, w, b, groups)
    image = x.reshape(len(x), groups, -1, *x.shape[2:])[:, ::-1].reshape(x.shape)
    return layer(image, w, b, stride, padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="dilation and groups")
def only_first_group_computed(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Only the first group of feature maps was computed, the others hold nothing but the bias."""
    refuse(x, w, b, groups)
    kernels = w.copy()
    kernels[len(w) // groups :] = 0
    return layer(x, kernels, b, stride, padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="dilation and groups")
def bias_restarts_in_each_group(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Every group began with b[0] again. There are F biases, one for each feature map over all groups."""
    refuse(x, w, b, groups)
    biases = None if b is None else np.tile(b[: len(w) // groups], groups)
    return layer(x, w, biases, stride, padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="dilation and groups")
def kernels_restart_in_each_group(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Every group began with w[0] again. There are F kernels over all groups: group g starts at kernel g·F/groups."""
    refuse(x, w, b, groups)
    return layer(x, np.tile(w[: len(w) // groups], (groups, 1, 1, 1)), b, stride, padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="dilation and groups")
def stride_and_padding_lost_in_groups(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """With more than one group, stride and padding were lost: hand all options on to the layers of the groups."""
    if groups > 1:
        stride, padding = 1, 0
    return layer(x, w, b, stride, padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="dilation and groups")
def dilation_lost_in_groups(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """With more than one group, the dilation was lost: hand all options on to the layers of the groups."""
    return layer(x, w, b, stride, padding, dilation if groups == 1 else 1, groups)


# -- conv2d: contract ---------------------------------------------------------------------------------------------


@mistake("conv2d-loops", "conv2d", family="contract")
def kernel_flipped_in_place(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The caller's w was overwritten. An argument belongs to the caller: work on a copy."""
    y = layer(x, w, b, stride, padding, dilation, groups)
    w[...] = w[:, :, ::-1, ::-1].copy()
    return y


@mistake("conv2d-loops", "conv2d", family="contract")
def image_changed_in_place(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The caller's x was overwritten. An argument belongs to the caller: work on a copy."""
    y = layer(x, w, b, stride, padding, dilation, groups)
    x *= 0
    return y


@mistake("conv2d-loops", "conv2d", family="contract")
def always_float64(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The result is float64 whatever came in, as np.zeros makes it. Float32 in, float32 out: pass the dtype."""
    return layer(x, w, b, stride, padding, dilation, groups).astype(np.float64)


@mistake("conv2d-loops", "conv2d", family="contract")
def integers_stay_integers(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """An integer image gave an integer result. Integers in, float64 out."""
    return layer(x, w, b, stride, padding, dilation, groups).astype(x.dtype)


@mistake("conv2d-loops", "conv2d", family="contract")
def sums_overflow(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The sums were made in the integer type of the image and wrapped around: 200 · 2 is 144 in uint8. Convert to
    float64 first."""
    y = layer(x, w, b, stride, padding, dilation, groups)
    return y if x.dtype.kind == "f" else y.astype(np.int64).astype(x.dtype).astype(np.float64)


@mistake("conv2d-loops", "conv2d", family="contract")
def missing_channels_accepted(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Image and kernels with different numbers of channels were accepted, and the channels in excess left out. That
    hides an error of the caller: raise ValueError."""
    if x.ndim == 4 and w.ndim == 4 and groups == 1:
        c = min(x.shape[1], w.shape[1])
        x, w = x[:, :c], w[:, :c]
    return layer(x, w, b, stride, padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="contract")
def one_channel_repeated(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """An image of one channel was accepted for kernels of several: NumPy repeated the channel without a word. Compare
    the numbers of channels and raise ValueError."""
    if x.ndim == 4 and w.ndim == 4 and groups == 1 and x.shape[1] == 1:
        x = np.repeat(x, w.shape[1], axis=1)
    return layer(x, w, b, stride, padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="contract")
def groups_that_do_not_divide_accepted(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Channels or kernels that do not split evenly into groups were accepted, and the rest left out. Raise
    ValueError."""
    if x.ndim == 4 and w.ndim == 4 and groups > 1:
        x = x[:, : x.shape[1] // groups * groups]
        w = w[: len(w) // groups * groups]
        b = b if b is None else b[: len(w)]
    return layer(x, w, b, stride, padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="contract")
def empty_output_returned(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """A kernel larger than the padded image gave an empty result. Nothing useful can follow from it: raise
    ValueError."""
    refuse(x, w, b, groups)
    rest = slack(x, w, padding, dilation)
    if min(rest) < 0:
        oh, ow = (max(room // step + 1, 0) for room, step in zip(rest, pair(stride), strict=True))
        return np.zeros((len(x), len(w), oh, ow), floats(x).dtype)
    return layer(x, w, b, stride, padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="contract")
def single_image_accepted(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """An image without the axis of the batch was accepted. The contract asks for (N, C, H, W): raise ValueError for
    another number of axes."""
    return layer(x[None] if x.ndim == 3 else x, w, b, stride, padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="contract")
def single_kernel_accepted(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """A kernel without the axis of the kernels was accepted. The contract asks for (F, C/groups, KH, KW): raise
    ValueError for another number of axes."""
    w = w[None] if w.ndim == 3 else w
    return layer(x, w, None if b is None else b[: len(w)] if len(w) == 1 else b, stride, padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="contract")
def one_bias_accepted(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """One bias was accepted for several kernels: NumPy repeated it without a word. Compare len(b) with F and raise
    ValueError."""
    if b is not None and b.shape == (1,):
        b = np.repeat(b, len(w))
    return layer(x, w, b, stride, padding, dilation, groups)


@mistake("conv2d-loops", "conv2d", family="contract")
def assertion_for_value_error(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Bad arguments were met with `assert`. Assertions are for tests and vanish under python -O: raise ValueError."""
    try:
        return layer(x, w, b, stride, padding, dilation, groups)
    except ValueError as error:
        raise AssertionError(str(error)) from None


@mistake("conv2d-loops", "conv2d", family="contract")
def none_for_value_error(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Bad arguments were met with a message and None. The caller goes on with None and fails later, somewhere else:
    raise ValueError."""
    try:
        return layer(x, w, b, stride, padding, dilation, groups)
    except ValueError:
        return None


@mistake("conv2d", family="speed")
def loop_over_positions(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """The result is right, but a Python loop visits every position of the output. Let NumPy do the work: one matrix
    product over im2col's columns, or a loop over the KH·KW kernel positions only."""
    refuse(x, w, b, groups)
    windows = cut(padded(floats(x), padding), w.shape[2], w.shape[3], stride, dilation)
    y = np.empty((len(x), len(w), *windows.shape[2:4]), windows.dtype)
    for i, j in np.ndindex(*y.shape[2:]):
        y[:, :, i : i + 1, j : j + 1] = weighted(windows[:, :, i : i + 1, j : j + 1], w, groups)
    return with_bias(y, b)


# -- im2col -------------------------------------------------------------------------------------------------------


def columns(x, kh, kw, stride=1, padding=0, dilation=1):
    if x.ndim != 4:
        raise ValueError(f"x needs 4 axes, it has {x.ndim}")
    windows = cut(padded(floats(x), padding), kh, kw, stride, dilation)
    n, c, oh, ow = windows.shape[:4]
    return windows.transpose(0, 1, 4, 5, 2, 3).reshape(n, c * kh * kw, oh * ow).copy()


def shaped(x, kh, kw, stride=1, padding=0, dilation=1):
    if x.ndim != 4:
        raise ValueError(f"x needs 4 axes, it has {x.ndim}")
    return cut(padded(floats(x), padding), kh, kw, stride, dilation)  # (N, C, OH, OW, KH, KW)


def flattened(windows, oh, ow):
    n, c, kh, kw = windows.shape[0], windows.shape[1], windows.shape[4], windows.shape[5]
    flat = windows.transpose(0, 1, 4, 5, 2, 3).reshape(n, c * kh * kw, *windows.shape[2:4])
    return resized(flat, oh, ow).reshape(n, c * kh * kw, -1)


def room(x, kh, kw, padding=0, dilation=1):
    (ph, pw), (dh, dw) = pair(padding), pair(dilation)
    return x.shape[2] + 2 * ph - dh * (kh - 1) - 1, x.shape[3] + 2 * pw - dw * (kw - 1) - 1


@mistake("im2col", family="layout")
def windows_as_rows(x, kh, kw, stride=1, padding=0, dilation=1):
    """Each window became a row. It must be a column: (N, C·KH·KW, OH·OW), so that kernels times columns is the
    layer."""
    return columns(x, kh, kw, stride, padding, dilation).swapaxes(1, 2).copy()


@mistake("im2col", family="layout")
def channels_last_in_columns(x, kh, kw, stride=1, padding=0, dilation=1):
    """Within a column the channels of a pixel stand together. The order must be that of w.reshape(F, -1): channels,
    then rows, then columns of the window."""
    windows = shaped(x, kh, kw, stride, padding, dilation)
    return windows.transpose(0, 4, 5, 1, 2, 3).reshape(len(x), windows.shape[1] * kh * kw, -1)


@mistake("im2col", family="layout")
def windows_column_by_column(x, kh, kw, stride=1, padding=0, dilation=1):
    """Within a column the window was read column by column. The order must be that of w.reshape(F, -1): row by row."""
    windows = shaped(x, kh, kw, stride, padding, dilation)
    return windows.transpose(0, 1, 5, 4, 2, 3).reshape(len(x), windows.shape[1] * kh * kw, -1)


@mistake("im2col", family="layout")
def positions_column_by_column(x, kh, kw, stride=1, padding=0, dilation=1):
    """The windows were visited down the image first. Columns follow the output row by row, so that they reshape to
    (OH, OW)."""
    windows = shaped(x, kh, kw, stride, padding, dilation)
    return windows.transpose(0, 1, 4, 5, 3, 2).reshape(len(x), windows.shape[1] * kh * kw, -1)


@mistake("im2col", family="layout")
def windows_reshaped_not_transposed(x, kh, kw, stride=1, padding=0, dilation=1):
    """Windows of shape (N, C, OH, OW, KH, KW) were reshaped at once. Reshaping keeps the order of the values: bring
    the window's axes before those of the output first."""
    windows = shaped(x, kh, kw, stride, padding, dilation)
    return windows.reshape(len(x), windows.shape[1] * kh * kw, -1)


@mistake("im2col", family="layout")
def images_side_by_side(x, kh, kw, stride=1, padding=0, dilation=1):
    """The columns of all images stand side by side in one matrix. Each image keeps its own: (N, C·KH·KW, OH·OW)."""
    return np.concatenate(list(columns(x, kh, kw, stride, padding, dilation)), axis=1)


@mistake("im2col", family="layout")
def output_axes_kept(x, kh, kw, stride=1, padding=0, dilation=1):
    """The positions were left as two axes. Join them: (N, C·KH·KW, OH·OW)."""
    windows = shaped(x, kh, kw, stride, padding, dilation)
    return windows.transpose(0, 1, 4, 5, 2, 3).reshape(len(x), -1, *windows.shape[2:4])


@mistake("im2col", family="layout")
def columns_upside_down(x, kh, kw, stride=1, padding=0, dilation=1):
    """Every window was rotated by 180°. Nothing is flipped in cross-correlation: copy the window as it is."""
    windows = shaped(x, kh, kw, stride, padding, dilation)[..., ::-1, ::-1]
    return windows.transpose(0, 1, 4, 5, 2, 3).reshape(len(x), windows.shape[1] * kh * kw, -1)


@mistake("im2col", family="layout")
def columns_of_first_image(x, kh, kw, stride=1, padding=0, dilation=1):
    """The columns of the first image were used for the whole batch: x[0] stands where x[n] belongs."""
    cols = columns(x, kh, kw, stride, padding, dilation)
    cols[1:] = cols[:1]
    return cols


@mistake("im2col", family="layout")
def columns_of_last_channel(x, kh, kw, stride=1, padding=0, dilation=1):
    """Each channel overwrote the one before it: only the last one is left, in all places."""
    return columns(np.repeat(x[:, -1:], x.shape[1], axis=1), kh, kw, stride, padding, dilation)


@mistake("im2col", family="layout")
def columns_do_not_overlap(x, kh, kw, stride=1, padding=0, dilation=1):
    """The windows lie side by side, a kernel's size apart. They start `stride` pixels apart and may overlap."""
    return columns(x, kh, kw, (kh, kw), padding, dilation)


@mistake("im2col", family="layout")
def too_few_columns(x, kh, kw, stride=1, padding=0, dilation=1):
    """The last row and the last column of windows are missing: n - k counts the steps between windows; there is one
    window more than steps."""
    windows = shaped(x, kh, kw, stride, padding, dilation)
    return flattened(windows, windows.shape[2] - 1, windows.shape[3] - 1)


@mistake("im2col", family="layout")
def last_window_left_at_zero(x, kh, kw, stride=1, padding=0, dilation=1):
    """The last row of windows was never filled in: the loop over rows ends one step too early."""
    windows = shaped(x, kh, kw, stride, padding, dilation)
    short = flattened(windows[:, :, :-1], windows.shape[2], windows.shape[3])
    return short.reshape(len(x), windows.shape[1] * kh * kw, -1)


@mistake("im2col", family="layout")
def window_sides_swapped(x, kh, kw, stride=1, padding=0, dilation=1):
    """kh and kw were exchanged: kh counts the rows of a window, kw its columns."""
    return columns(x, kw, kh, stride, padding, dilation)


@mistake("im2col", family="layout")
def square_map_of_columns(x, kh, kw, stride=1, padding=0, dilation=1):
    """The number of output rows was used for the columns too. An image that is not square has OH and OW of its own."""
    windows = shaped(x, kh, kw, stride, padding, dilation)
    return flattened(windows, windows.shape[2], windows.shape[2])


@mistake("im2col", family="stride and padding")
def columns_ignore_stride(x, kh, kw, stride=1, padding=0, dilation=1):
    """The stride was ignored: the windows start one pixel apart."""
    return columns(x, kh, kw, 1, padding, dilation)


@mistake("im2col", family="stride and padding")
def columns_stride_for_size_only(x, kh, kw, stride=1, padding=0, dilation=1):
    """The number of columns is right, but the windows start one pixel apart: window i begins at row i·stride."""
    windows = shaped(x, kh, kw, stride, padding, dilation)
    return flattened(shaped(x, kh, kw, 1, padding, dilation), windows.shape[2], windows.shape[3])


@mistake("im2col", family="stride and padding")
def columns_row_stride_for_both(x, kh, kw, stride=1, padding=0, dilation=1):
    """The stride of the rows was used for the columns too: `stride` may be a pair (rows, columns)."""
    return columns(x, kh, kw, pair(stride)[0], padding, dilation)


@mistake("im2col", family="stride and padding")
def columns_strides_swapped(x, kh, kw, stride=1, padding=0, dilation=1):
    """The two strides were exchanged: a pair is (rows, columns)."""
    return columns(x, kh, kw, pair(stride)[::-1], padding, dilation)


@mistake("im2col", family="stride and padding")
def columns_rounded_up(x, kh, kw, stride=1, padding=0, dilation=1):
    """Where the stride does not divide, the size was rounded up, which adds windows that stick out of the image. Rows
    and columns that do not fill a window are left out."""
    windows = shaped(x, kh, kw, stride, padding, dilation)
    rest = room(x, kh, kw, padding, dilation)
    return flattened(windows, *(-(-free // step) + 1 for free, step in zip(rest, pair(stride), strict=True)))


@mistake("im2col", family="stride and padding")
def columns_plus_one_before_the_division(x, kh, kw, stride=1, padding=0, dilation=1):
    """The size was computed as (n - k + 1) // stride. The first window is there whatever the stride: (n - k) // stride
    + 1."""
    windows = shaped(x, kh, kw, stride, padding, dilation)
    rest = room(x, kh, kw, padding, dilation)
    return flattened(windows, *((free + 1) // step for free, step in zip(rest, pair(stride), strict=True)))


@mistake("im2col", family="stride and padding")
def columns_ignore_padding(x, kh, kw, stride=1, padding=0, dilation=1):
    """The padding was ignored: `padding` rows and columns of zeros belong on each side of the image."""
    return columns(x, kh, kw, stride, 0, dilation)


@mistake("im2col", family="stride and padding")
def columns_padded_above_and_below_only(x, kh, kw, stride=1, padding=0, dilation=1):
    """Zeros were added above and below, but not left and right."""
    return columns(x, kh, kw, stride, (pair(padding)[0], 0), dilation)


@mistake("im2col", family="stride and padding")
def columns_paddings_swapped(x, kh, kw, stride=1, padding=0, dilation=1):
    """The two paddings were exchanged: a pair is (rows, columns)."""
    return columns(x, kh, kw, stride, pair(padding)[::-1], dilation)


@mistake("im2col", family="stride and padding")
def columns_padded_with_the_edge(x, kh, kw, stride=1, padding=0, dilation=1):
    """The border was filled with copies of the nearest pixels. Padding is zeros."""
    return columns(padded(x, padding, "edge") if x.ndim == 4 else x, kh, kw, stride, 0, dilation)


@mistake("im2col", family="stride and padding")
def columns_padded_at_the_end_only(x, kh, kw, stride=1, padding=0, dilation=1):
    """All zeros were added below and right of the image. `padding` rows and columns belong on each side."""
    (ph, pw) = pair(padding)
    image = np.pad(x, ((0, 0), (0, 0), (0, 2 * ph), (0, 2 * pw))) if x.ndim == 4 else x
    return columns(image, kh, kw, stride, 0, dilation)


@mistake("im2col", family="dilation")
def columns_ignore_dilation(x, kh, kw, stride=1, padding=0, dilation=1):
    """The dilation was ignored: neighbours in a window must lie `dilation` pixels apart."""
    return columns(x, kh, kw, stride, padding, 1)


@mistake("im2col", family="dilation")
def columns_dilation_for_size_only(x, kh, kw, stride=1, padding=0, dilation=1):
    """The number of columns is right, but the windows are dense: value i of a window lies i·dilation further."""
    windows = shaped(x, kh, kw, stride, padding, dilation)
    return flattened(shaped(x, kh, kw, stride, padding, 1), windows.shape[2], windows.shape[3])


@mistake("im2col", family="dilation")
def columns_extent_is_size_times_dilation(x, kh, kw, stride=1, padding=0, dilation=1):
    """A dilated window was taken to reach over k·dilation pixels. Between k values there are k - 1 gaps:
    dilation·(k - 1) + 1."""
    windows = shaped(x, kh, kw, stride, padding, dilation)
    rest = (free - d + 1 for free, d in zip(room(x, kh, kw, padding, dilation), pair(dilation), strict=True))
    oh, ow = (free // step + 1 for free, step in zip(rest, pair(stride), strict=True))
    if oh < 1 or ow < 1:  # by the wrong extent, though it fits
        raise ValueError("the window exceeds the image")
    return flattened(windows, oh, ow)


@mistake("im2col", family="dilation")
def columns_row_dilation_for_both(x, kh, kw, stride=1, padding=0, dilation=1):
    """The dilation of the rows was used for the columns too: `dilation` may be a pair (rows, columns)."""
    return columns(x, kh, kw, stride, padding, pair(dilation)[0])


@mistake("im2col", family="dilation")
def columns_dilations_swapped(x, kh, kw, stride=1, padding=0, dilation=1):
    """The two dilations were exchanged: a pair is (rows, columns)."""
    return columns(x, kh, kw, stride, padding, pair(dilation)[::-1])


@mistake("im2col", family="dilation")
def columns_dilation_added_to_padding(x, kh, kw, stride=1, padding=0, dilation=1):
    """The padding was enlarged because of the dilation. Each option stands for itself: `padding` zeros, no more."""
    (ph, pw), (dh, dw) = pair(padding), pair(dilation)
    return columns(x, kh, kw, stride, (ph + dh - 1, pw + dw - 1), dilation)


@mistake("im2col", family="contract")
def view_of_the_image(x, kh, kw, stride=1, padding=0, dilation=1):
    """With a 1×1 window the result is a view: whoever writes into it writes into the image. Return a copy."""
    if (kh, kw, stride, padding) == (1, 1, 1, 0) and x.ndim == 4:
        return x.reshape(*x.shape[:2], -1)
    return columns(x, kh, kw, stride, padding, dilation)


@mistake("im2col", family="contract")
def columns_always_float64(x, kh, kw, stride=1, padding=0, dilation=1):
    """The columns are float64 whatever came in, as np.zeros makes them. Float32 in, float32 out: pass the dtype."""
    return columns(x, kh, kw, stride, padding, dilation).astype(np.float64)


@mistake("im2col", family="contract")
def columns_stay_integers(x, kh, kw, stride=1, padding=0, dilation=1):
    """An integer image gave integer columns. Integers in, float64 out, as everywhere in this course."""
    return columns(x, kh, kw, stride, padding, dilation).astype(x.dtype)


@mistake("im2col", family="contract")
def no_columns_returned(x, kh, kw, stride=1, padding=0, dilation=1):
    """A window larger than the padded image gave an empty result. Nothing useful can follow from it: raise
    ValueError."""
    if x.ndim == 4 and min(room(x, kh, kw, padding, dilation)) < 0:
        return np.zeros((len(x), x.shape[1] * kh * kw, 0), floats(x).dtype)
    return columns(x, kh, kw, stride, padding, dilation)


@mistake("im2col", family="contract")
def columns_of_single_image(x, kh, kw, stride=1, padding=0, dilation=1):
    """An image without the axis of the batch was accepted. The contract asks for (N, C, H, W): raise ValueError for
    another number of axes."""
    return columns(x[None] if x.ndim == 3 else x, kh, kw, stride, padding, dilation)


# -- depthwise_separable ------------------------------------------------------------------------------------------


def separable(x, wd, wp):
    return layer(layer(x, wd, groups=x.shape[1] if x.ndim == 4 else 1), wp)


@mistake("depthwise-separable", family="values")
def pointwise_forgotten(x, wd, wp):
    """The depthwise result was returned. The 1×1 kernels wp, which mix its channels, are missing."""
    separable(x, wd, wp)
    return layer(x, wd, groups=x.shape[1])


@mistake("depthwise-separable", family="values")
def depthwise_forgotten(x, wd, wp):
    """Only the 1×1 kernels were applied, to the image itself. The depthwise step comes first."""
    separable(x, wd, wp)
    return layer(x, wp)


@mistake("depthwise-separable", family="values")
def pointwise_first(x, wd, wp):
    """The 1×1 kernels were applied before the depthwise ones. Depthwise comes first, while there are C channels."""
    separable(x, wd, wp)
    return separable(layer(x, wp), wd, np.eye(len(wp)).reshape(len(wp), -1, 1, 1))


@mistake("depthwise-separable", family="values")
def one_depthwise_kernel_for_all(x, wd, wp):
    """All channels got the first depthwise kernel: wd[0] stands where wd[c] belongs."""
    separable(x, wd, wp)
    return separable(x, np.repeat(wd[:1], len(wd), axis=0), wp)


@mistake("depthwise-separable", family="values")
def channels_added_before_pointwise(x, wd, wp):
    """The channels were added up in the depthwise step, so that all kernels of wp saw the same sum. Channel c of the
    result comes from channel c alone."""
    separable(x, wd, wp)
    total = layer(x, wd, groups=x.shape[1]).sum(axis=1, keepdims=True)
    return layer(np.repeat(total, x.shape[1], axis=1), wp)


@mistake("depthwise-separable", family="values")
def depthwise_kernel_flipped(x, wd, wp):
    """The depthwise kernels were rotated by 180°. The layer computes cross-correlation: the kernel stays as it is."""
    return separable(x, wd[..., ::-1, ::-1], wp)


@mistake("depthwise-separable", family="values")
def relu_between(x, wd, wp):
    """Negative values were set to zero between the two steps. This layer has no activation; both steps are linear."""
    separable(x, wd, wp)
    return layer(np.maximum(layer(x, wd, groups=x.shape[1]), 0), wp)


@mistake("depthwise-separable", family="values")
def pointwise_reshaped_not_transposed(x, wd, wp):
    """wp was reshaped to (C, F), which mixes values of different kernels. It is (F, C): transpose it."""
    separable(x, wd, wp)
    return separable(x, wd, wp.reshape(wp.shape[1], wp.shape[0]).T[..., None, None])


@mistake("depthwise-separable", family="values")
def depthwise_channels_reversed(x, wd, wp):
    """Depthwise kernel 0 met the last channel. Kernel c belongs to channel c."""
    return separable(x, wd[::-1], wp)


@mistake("depthwise-separable", family="values")
def depthwise_padded_to_same_size(x, wd, wp):
    """The image was padded so that the result keeps its size. This layer has no padding: (H - KH + 1, W - KW + 1)."""
    separable(x, wd, wp)
    return separable(padded(x, (wd.shape[2] // 2, wd.shape[3] // 2)), wd, wp)


@mistake("depthwise-separable", family="contract")
def separable_always_float64(x, wd, wp):
    """The result is float64 whatever came in. Float32 in, float32 out: pass the dtype."""
    return separable(x, wd, wp).astype(np.float64)


@mistake("depthwise-separable", family="contract")
def separable_stays_integer(x, wd, wp):
    """An integer image gave an integer result. Integers in, float64 out."""
    return separable(x, wd, wp).astype(x.dtype)


@mistake("depthwise-separable", family="contract")
def one_depthwise_kernel_repeated(x, wd, wp):
    """One depthwise kernel was accepted for three channels: NumPy repeated it without a word. Compare the numbers of
    channels and raise ValueError."""
    if x.ndim == 4 and len(wd) == 1:
        wd = np.repeat(wd, x.shape[1], axis=0)
    return separable(x, wd, wp)


@mistake("depthwise-separable", family="contract")
def separable_of_single_image(x, wd, wp):
    """An image without the axis of the batch was accepted. The contract asks for (N, C, H, W): raise ValueError for
    another number of axes."""
    return separable(x[None] if x.ndim == 3 else x, wd, wp)


@mistake("depthwise-separable", family="contract")
def separable_changes_the_image(x, wd, wp):
    """The caller's x was overwritten. An argument belongs to the caller: work on a copy."""
    y = separable(x, wd, wp)
    x *= 0
    return y


# -- conv_params and conv_macs ------------------------------------------------------------------------------------


def weights(C, F, k, groups=1):
    if C % groups or F % groups:
        raise ValueError(f"{C} channels and {F} kernels do not split into {groups} groups")
    return F * (C // groups) * pair(k)[0] * pair(k)[1]


def area(size):
    return pair(size)[0] * pair(size)[1]


@mistake("conv-params", family="parameters")
def biases_not_counted(C, F, k, groups=1, bias=True):
    """The biases were left out. Each kernel has one, unless `bias` is False."""
    return weights(C, F, k, groups)


@mistake("conv-params", family="parameters")
def biases_always_counted(C, F, k, groups=1, bias=True):
    """The biases were counted although `bias` is False."""
    return weights(C, F, k, groups) + F


@mistake("conv-params", family="parameters")
def one_bias_counted(C, F, k, groups=1, bias=True):
    """One bias was counted for the whole layer. Each of the F kernels has its own."""
    return weights(C, F, k, groups) + bool(bias)


@mistake("conv-params", family="parameters")
def one_bias_per_channel_counted(C, F, k, groups=1, bias=True):
    """One bias was counted for each input channel. Each of the F kernels has one, however deep it is."""
    return weights(C, F, k, groups) + C * bool(bias)


@mistake("conv-params", family="parameters")
def one_bias_per_slice_counted(C, F, k, groups=1, bias=True):
    """One bias was counted for each channel of each kernel. A kernel has one bias for all of its channels."""
    return weights(C, F, k, groups) + F * (C // groups) * bool(bias)


@mistake("conv-params", family="parameters")
def depth_of_kernels_forgotten(C, F, k, groups=1, bias=True):
    """Kernels were counted as flat, k·k values each. A kernel is as deep as the channels of its group."""
    return weights(C, F, k, groups) * groups // C + F * bool(bias)


@mistake("conv-params", family="parameters")
def groups_not_divided(C, F, k, groups=1, bias=True):
    """`groups` was ignored. A kernel of a grouped layer sees C/groups channels only."""
    weights(C, F, k, groups)
    return weights(C, F, k) + F * bool(bias)


@mistake("conv-params", family="parameters")
def kernels_divided_among_groups(C, F, k, groups=1, bias=True):
    """Both C and F were divided by `groups`, which counts one group only. The layer has `groups` of them."""
    return weights(C, F, k, groups) // groups + F * bool(bias)


@mistake("conv-params", family="parameters")
def biases_divided_among_groups(C, F, k, groups=1, bias=True):
    """The biases were divided by `groups`. Grouping makes kernels shallower; each of the F keeps its bias."""
    return weights(C, F, k, groups) + F // groups * bool(bias)


@mistake("conv-params", family="parameters")
def rows_of_the_kernel_squared(C, F, k, groups=1, bias=True):
    """A kernel given as a pair was taken as a square of its rows. It has rows · columns values."""
    return weights(C, F, pair(k)[0], groups) + F * bool(bias)


@mistake("conv-params", family="parameters")
def parameters_as_a_float(C, F, k, groups=1, bias=True):
    """The count is a float, because `/` always gives one. Parameters are counted in whole numbers: use `//`."""
    return float(weights(C, F, k, groups) + F * bool(bias))


@mistake("conv-params", family="contract")
def parameters_of_uneven_groups(C, F, k, groups=1, bias=True):
    """Channels or kernels that do not split evenly into groups were counted, rounded down. There is no such layer:
    raise ValueError."""
    return F * (C // groups) * area(k) + F * bool(bias)


@mistake("conv-params", family="multiplications", function="conv_macs")
def additions_counted_too(C, F, k, out_size, groups=1):
    """Multiplications and additions were counted one by one. A multiply-accumulate is one of both: do not double."""
    return 2 * weights(C, F, k, groups) * area(out_size)


@mistake("conv-params", family="multiplications", function="conv_macs")
def biases_counted_as_multiplications(C, F, k, out_size, groups=1):
    """The biases were counted. They are added, not multiplied."""
    return (weights(C, F, k, groups) + F) * area(out_size)


@mistake("conv-params", family="multiplications", function="conv_macs")
def positions_not_counted(C, F, k, out_size, groups=1):
    """The multiplications of one position were counted. Every kernel is applied at OH·OW positions."""
    return weights(C, F, k, groups)


@mistake("conv-params", family="multiplications", function="conv_macs")
def one_side_of_the_output_counted(C, F, k, out_size, groups=1):
    """Only the rows of the output were counted. There are rows · columns positions."""
    return weights(C, F, k, groups) * pair(out_size)[0]


@mistake("conv-params", family="multiplications", function="conv_macs")
def rows_of_the_output_squared(C, F, k, out_size, groups=1):
    """An output size given as a pair was taken as a square of its rows. There are rows · columns positions."""
    return weights(C, F, k, groups) * pair(out_size)[0] ** 2


@mistake("conv-params", family="multiplications", function="conv_macs")
def multiplications_ignore_groups(C, F, k, out_size, groups=1):
    """`groups` was ignored. A kernel of a grouped layer sees C/groups channels only."""
    weights(C, F, k, groups)
    return weights(C, F, k) * area(out_size)


@mistake("conv-params", family="multiplications", function="conv_macs")
def multiplications_of_one_group(C, F, k, out_size, groups=1):
    """Both C and F were divided by `groups`, which counts one group only. The layer has `groups` of them."""
    return weights(C, F, k, groups) // groups * area(out_size)


@mistake("conv-params", family="multiplications", function="conv_macs")
def multiplications_of_flat_kernels(C, F, k, out_size, groups=1):
    """Kernels were counted as flat, k·k products at each position. A kernel is as deep as the channels of its group."""
    return weights(C, F, k, groups) * groups // C * area(out_size)


@mistake("conv-params", family="multiplications", function="conv_macs")
def kernel_rows_squared_in_multiplications(C, F, k, out_size, groups=1):
    """A kernel given as a pair was taken as a square of its rows. It has rows · columns values."""
    return weights(C, F, pair(k)[0], groups) * area(out_size)


@mistake("conv-params", family="multiplications", function="conv_macs")
def multiplications_as_a_float(C, F, k, out_size, groups=1):
    """The count is a float, because `/` always gives one. Multiplications are counted in whole numbers: use `//`."""
    return float(weights(C, F, k, groups) * area(out_size))


@mistake("conv-params", family="contract", function="conv_macs")
def multiplications_of_uneven_groups(C, F, k, out_size, groups=1):
    """Channels or kernels that do not split evenly into groups were counted, rounded down. There is no such layer:
    raise ValueError."""
    return F * (C // groups) * area(k) * area(out_size)


# -- locally_connected --------------------------------------------------------------------------------------------


def local(x, w, order="nchwij,hwfcij->nfhw"):
    if x.ndim != 4 or w.ndim != 6:
        raise ValueError(f"x and w need 4 and 6 axes, they have {x.ndim} and {w.ndim}")
    windows = cut(floats(x), w.shape[4], w.shape[5])
    if (w.shape[3], *w.shape[:2]) != windows.shape[1:4]:
        raise ValueError(f"w is for (C, OH, OW) = {(w.shape[3], *w.shape[:2])}, x gives {windows.shape[1:4]}")
    return np.einsum(order, windows, w.astype(windows.dtype))


@mistake("locally-connected", family="values")
def kernels_shared_after_all(x, w):
    """The kernels of the first position were used everywhere. That is the ordinary layer; here position (i, j) has
    kernels of its own, w[i, j]."""
    local(x, w)
    return layer(x, w[0, 0])


@mistake("locally-connected", family="values")
def kernels_averaged_over_positions(x, w):
    """The kernels of all positions were averaged. Position (i, j) has kernels of its own, w[i, j]."""
    local(x, w)
    return layer(x, w.mean(axis=(0, 1)))


@mistake("locally-connected", family="values")
def kernels_added_over_positions(x, w):
    """The products were summed over the kernels of all positions. Position (i, j) uses w[i, j] alone."""
    local(x, w)
    return layer(x, w.sum(axis=(0, 1)))


@mistake("locally-connected", family="values")
def positions_of_kernels_swapped(x, w):
    """w[j, i] was used at row i and column j. The first axis of w counts the rows of the output."""
    local(x, w)
    return local(x, w.swapaxes(0, 1))


@mistake("locally-connected", family="values")
def positions_of_kernels_reversed(x, w):
    """The kernels were counted from the end: position (0, 0) belongs to w[0, 0]."""
    return local(x, w[::-1, ::-1])


@mistake("locally-connected", family="values")
def one_row_of_kernels(x, w):
    """The kernels of the first column were used for the whole row: w[i, 0] stands where w[i, j] belongs."""
    return local(x, np.repeat(w[:, :1], w.shape[1], axis=1))


@mistake("locally-connected", family="values")
def local_kernels_flipped(x, w):
    """The kernels were rotated by 180°. The layer computes cross-correlation: they stay as they are."""
    return local(x, w[..., ::-1, ::-1])


@mistake("locally-connected", family="values")
def local_kernels_transposed(x, w):
    """Rows and columns of the kernels were exchanged: w is (OH, OW, F, C, KH, KW)."""
    local(x, w)
    return local(x, w.swapaxes(4, 5))


@mistake("locally-connected", family="values")
def local_kernels_reshaped_not_transposed(x, w):
    """w[i, j].reshape(-1, F) mixes values of different kernels. Reshape to (F, -1) first, then transpose."""
    local(x, w)
    flat = w.reshape(*w.shape[:2], -1, w.shape[2])
    return local(x, flat.swapaxes(2, 3).reshape(w.shape))


@mistake("locally-connected", family="values")
def local_channel_mean(x, w):
    """The channels were averaged. A kernel adds up its products over all channels."""
    return local(x, w) / w.shape[3]


@mistake("locally-connected", family="values")
def local_last_channel_only(x, w):
    """Each channel replaced the sum of the channels before it, so that only the last one is left: write += for =."""
    kernels = w.copy()
    kernels[:, :, :, :-1] = 0
    return local(x, kernels)


@mistake("locally-connected", family="values")
def local_first_image_for_all(x, w):
    """The first image was used for the whole batch: x[0] stands where x[n] belongs."""
    y = local(x, w)
    y[1:] = y[:1]
    return y


@mistake("locally-connected", family="values")
def local_feature_maps_last(x, w):
    """The result is (N, OH, OW, F). This course has the feature maps on the second axis: (N, F, OH, OW)."""
    return local(x, w, "nchwij,hwfcij->nhwf")


@mistake("locally-connected", family="values")
def local_transposed_output(x, w):
    """Rows and columns of the result were exchanged: it must be (N, F, OH, OW)."""
    return local(x, w, "nchwij,hwfcij->nfwh").copy()


@mistake("locally-connected", family="contract")
def local_always_float64(x, w):
    """The result is float64 whatever came in, as np.zeros makes it. Float32 in, float32 out: pass the dtype."""
    return local(x, w).astype(np.float64)


@mistake("locally-connected", family="contract")
def local_stays_integer(x, w):
    """An integer image gave an integer result. Integers in, float64 out."""
    return local(x, w).astype(x.dtype)


@mistake("locally-connected", family="contract")
def output_follows_the_kernels(x, w):
    """Kernels for fewer positions than the output has were accepted, and the other positions left out. Compare
    w.shape[:2] with the size of the output and raise ValueError."""
    if x.ndim == 4:
        x = x[:, :, : w.shape[0] + w.shape[4] - 1, : w.shape[1] + w.shape[5] - 1]
    return local(x, w)


@mistake("locally-connected", family="contract")
def local_missing_channels_accepted(x, w):
    """Image and kernels with different numbers of channels were accepted, and the channels in excess left out: raise
    ValueError."""
    return local(x[:, : w.shape[3]] if x.ndim == 4 else x, w)


@mistake("locally-connected", family="contract")
def local_changes_the_image(x, w):
    """The caller's x was overwritten. An argument belongs to the caller: work on a copy."""
    y = local(x, w)
    x *= 0
    return y


@mistake("locally-connected", family="contract")
def local_single_image_accepted(x, w):
    """An image without the axis of the batch was accepted. The contract asks for (N, C, H, W): raise ValueError for
    another number of axes."""
    return local(x[None] if x.ndim == 3 else x, w)
