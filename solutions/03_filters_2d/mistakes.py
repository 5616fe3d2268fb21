"""Known wrong answers of unit 03. Each docstring is the sentence that a learner reads."""

from __future__ import annotations

import numpy as np

from autograder.testing import Mistakes

mistake = Mistakes()


# -- out_size -----------------------------------------------------------------------------------------------------


def slack(n, k, s=1, p=0, d=1):
    room = n + 2 * p - d * (k - 1) - 1
    if room < 0:
        raise ValueError(f"a kernel over {d * (k - 1) + 1} pixels exceeds {n + 2 * p}")
    return room


def counted(n, k, s=1, p=0, d=1, ceil=False):
    room = slack(n, k, s, p, d)
    windows = room // s + 1
    return windows + int(ceil and room % s > 0 and windows * s < n + p)


def one_more(n, k, s, p, d, ceil):
    """What ceil adds to the size rounded down."""
    return counted(n, k, s, p, d, ceil) - counted(n, k, s, p, d)


@mistake("out-size", family="floor")
def rounded_up(n, k, s=1, p=0, d=1, ceil=False):
    """The size was rounded up. A window that sticks out does not count unless `ceil` asks for it: round down."""
    return -(-slack(n, k, s, p, d) // s) + 1


@mistake("out-size", family="floor")
def rounded_to_nearest(n, k, s=1, p=0, d=1, ceil=False):
    """The size was rounded to the nearest whole number. A window that sticks out does not count: round down."""
    return round(slack(n, k, s, p, d) / s) + 1 + one_more(n, k, s, p, d, ceil)


@mistake("out-size", family="floor")
def fraction_returned(n, k, s=1, p=0, d=1, ceil=False):
    """The result of a division with / is a float, even 5.0, and 4.5 windows there cannot be. Divide with //."""
    return slack(n, k, s, p, d) / s + 1 + one_more(n, k, s, p, d, ceil)


@mistake("out-size", family="floor")
def float_after_rounding(n, k, s=1, p=0, d=1, ceil=False):
    """The size is right but is a float, as np.floor gives it. A number of windows is an int: divide with //."""
    return float(counted(n, k, s, p, d, ceil))


@mistake("out-size", family="floor")
def plus_one_missing(n, k, s=1, p=0, d=1, ceil=False):
    """The steps between windows were counted, (n - k) // s. There is one window more than steps: + 1."""
    return counted(n, k, s, p, d, ceil) - 1


@mistake("out-size", family="floor")
def plus_one_before_the_division(n, k, s=1, p=0, d=1, ceil=False):
    """The 1 was added before the division, (n - k + 1) // s. The first window is there whatever the stride:
    (n - k) // s + 1."""
    return (slack(n, k, s, p, d) + 1) // s + one_more(n, k, s, p, d, ceil)


@mistake("out-size", family="floor")
def padding_counted_once(n, k, s=1, p=0, d=1, ceil=False):
    """The padding was added once. `p` is the number of pixels on *each* side: n + 2·p."""
    room = slack(n, k, s, p, d)
    return (room - p) // s + 1 + one_more(n, k, s, p, d, ceil)


@mistake("out-size", family="floor")
def padding_ignored(n, k, s=1, p=0, d=1, ceil=False):
    """The padding was left out: the windows lie on n + 2·p pixels."""
    return (slack(n, k, s, p, d) - 2 * p) // s + 1 + one_more(n, k, s, p, d, ceil)


@mistake("out-size", family="floor")
def padding_subtracted(n, k, s=1, p=0, d=1, ceil=False):
    """The padding was subtracted. It makes the axis longer: n + 2·p."""
    return (slack(n, k, s, p, d) - 4 * p) // s + 1 + one_more(n, k, s, p, d, ceil)


@mistake("out-size", family="floor")
def padding_not_divided(n, k, s=1, p=0, d=1, ceil=False):
    """The padding was added after the division by the stride. It belongs to the axis: divide n + 2·p - k."""
    return (slack(n, k, s, p, d) - 2 * p) // s + 2 * p + 1 + one_more(n, k, s, p, d, ceil)


@mistake("out-size", family="floor")
def stride_ignored(n, k, s=1, p=0, d=1, ceil=False):
    """The stride was left out: windows start s pixels apart, so divide by s."""
    return slack(n, k, s, p, d) + 1


@mistake("out-size", family="floor")
def stride_multiplied(n, k, s=1, p=0, d=1, ceil=False):
    """The room for the window was multiplied by the stride. A larger step makes fewer windows: divide."""
    return slack(n, k, s, p, d) * s + 1


@mistake("out-size", family="floor")
def kernel_ignored(n, k, s=1, p=0, d=1, ceil=False):
    """The kernel's length was left out, (n + 2·p) // s. The last window must still fit: subtract k."""
    slack(n, k, s, p, d)
    return (n + 2 * p) // s + one_more(n, k, s, p, d, ceil)


@mistake("out-size", family="floor")
def pixels_divided_up(n, k, s=1, p=0, d=1, ceil=False):
    """The size is n / s rounded up, as for padding that keeps the size. The padding is what `p` says."""
    slack(n, k, s, p, d)
    return -(-n // s)


@mistake("out-size", family="floor")
def half_a_kernel_on_each_side(n, k, s=1, p=0, d=1, ceil=False):
    """Twice half a kernel was subtracted, 2·(k // 2), which is wrong for kernels of even length. A window takes k - 1
    pixels more than its first."""
    room = slack(n, k, s, p, d)
    return room // s + 1 + one_more(n, k, s, p, d, ceil) if k % 2 else (room - 1) // s + 1


@mistake("out-size", family="floor")
def whole_kernel_without_its_first(n, k, s=1, p=0, d=1, ceil=False):
    """The kernel was taken to reach one pixel further than it does: (n - k - 1) // s + 1. The kernel has k pixels, its
    first one included."""
    return (slack(n, k, s, p, d) - 1) // s + 1 + one_more(n, k, s, p, d, ceil)


@mistake("out-size", family="floor")
def windows_side_by_side(n, k, s=1, p=0, d=1, ceil=False):
    """The windows were counted side by side, (n + 2·p) // k. They start s pixels apart and may overlap."""
    slack(n, k, s, p, d)
    return (n + 2 * p) // k


@mistake("out-size", family="floor")
def sizes_that_do_not_divide_refused(n, k, s=1, p=0, d=1, ceil=False):
    """Sizes that the stride does not divide were refused. Frameworks take them and drop what is left over: round
    down."""
    if slack(n, k, s, p, d) % s and not ceil:
        raise ValueError("the stride does not divide")
    return counted(n, k, s, p, d, ceil)


@mistake("out-size", family="floor")
def left_over_pixels_counted_as_windows(n, k, s=1, p=0, d=1, ceil=False):
    """The pixels that are left over were added to the number of windows. They are dropped."""
    room = slack(n, k, s, p, d)
    return room // s + room % s + 1


@mistake("out-size", family="floor")
def dilation_zero_is_dense(n, k, s=1, p=0, d=1, ceil=False):
    """The dilation was taken as the number of pixels between neighbours, so that 1 spreads the kernel. Some notes count
    like that; here, as in PyTorch, 1 is dense."""
    return counted(n, k, s, p, d + 1, ceil) if n + 2 * p > (d + 1) * (k - 1) else 0


@mistake("out-size", family="floor")
def ceil_is_the_default(n, k, s=1, p=0, d=1, ceil=True):
    """Without `ceil`, the window that sticks out was counted. The default of ceil is False."""
    return counted(n, k, s, p, d, ceil)


@mistake("out-size", family="dilation")
def dilation_ignored(n, k, s=1, p=0, d=1, ceil=False):
    """The dilation was left out: k values that lie d apart reach over d·(k - 1) + 1 pixels."""
    slack(n, k, s, p, d)
    return counted(n, k, s, p, 1, ceil)


@mistake("out-size", family="dilation")
def extent_is_kernel_times_dilation(n, k, s=1, p=0, d=1, ceil=False):
    """A dilated kernel was taken to reach over k·d pixels. Between k values there are k - 1 gaps: d·(k - 1) + 1."""
    room = slack(n, k, s, p, d) - (d - 1)
    return room // s + 1 + one_more(n, k, s, p, d, ceil)


@mistake("out-size", family="dilation")
def extent_without_plus_one(n, k, s=1, p=0, d=1, ceil=False):
    """A dilated kernel was taken to reach over d·(k - 1) pixels. The first value needs a pixel too: d·(k - 1) + 1."""
    room = slack(n, k, s, p, d) + (d > 1)
    return room // s + 1 + one_more(n, k, s, p, d, ceil)


@mistake("out-size", family="dilation")
def dilation_added_to_the_kernel(n, k, s=1, p=0, d=1, ceil=False):
    """The dilation was added to the kernel's length. It stretches each of its k - 1 gaps: d·(k - 1) + 1."""
    slack(n, k, s, p, d)
    return (n + 2 * p - (k + d - 1)) // s + 1 + one_more(n, k, s, p, d, ceil)


@mistake("out-size", family="dilation")
def dilation_counts_the_gaps(n, k, s=1, p=0, d=1, ceil=False):
    """For d above 1, neighbours were put d + 1 pixels apart, with d pixels between them. They lie d apart."""
    slack(n, k, s, p, d)
    room = n + 2 * p - (d + (d > 1)) * (k - 1) - 1
    return room // s + 1 + one_more(n, k, s, p, d, ceil)


@mistake("out-size", family="dilation")
def dilation_as_a_step(n, k, s=1, p=0, d=1, ceil=False):
    """The number of windows was divided by the dilation. It spreads the kernel; windows still start s pixels apart."""
    slack(n, k, s, p, d)
    return (n + 2 * p - k) // (s * d) + 1 + one_more(n, k, s, p, d, ceil)


@mistake("out-size", family="dilation")
def dilation_enlarges_the_padding(n, k, s=1, p=0, d=1, ceil=False):
    """The padding was multiplied by the dilation. Each option stands for itself: `p` pixels on each side, no more."""
    room = slack(n, k, s, p, d) + 2 * (d - 1) * max(p, 1)
    return room // s + 1 + one_more(n, k, s, p, d, ceil)


@mistake("out-size", family="dilation")
def kernel_and_dilation_exchanged(n, k, s=1, p=0, d=1, ceil=False):
    """Kernel and dilation were exchanged in k·(d - 1) + 1, or so. The k values have k - 1 gaps of d: d·(k - 1) + 1."""
    room = slack(n, k, s, p, d)
    return room // s + 1 + one_more(n, k, s, p, d, ceil) if d == 1 else (n + 2 * p - k * (d - 1) - 1) // s + 1


@mistake("out-size", family="ceil")
def ceil_ignored(n, k, s=1, p=0, d=1, ceil=False):
    """`ceil` was ignored: where pixels are left over, it adds a window that sticks out at the end."""
    return counted(n, k, s, p, d)


@mistake("out-size", family="ceil")
def ceil_always_adds_one(n, k, s=1, p=0, d=1, ceil=False):
    """With `ceil`, a window was added even where nothing is left over. Add it only if the division has a remainder."""
    windows = counted(n, k, s, p, d)
    return windows + int(ceil and windows * s < n + p)


@mistake("out-size", family="ceil")
def window_beyond_the_image_counted(n, k, s=1, p=0, d=1, ceil=False):
    """With `ceil`, a window was added that begins beyond the image, where it sees nothing but padding. It must begin
    at a place below n + p."""
    return -(-slack(n, k, s, p, d) // s) + 1 if ceil else counted(n, k, s, p, d)


@mistake("out-size", family="ceil")
def begins_within_the_padding_behind(n, k, s=1, p=0, d=1, ceil=False):
    """With `ceil`, a window was added that begins on the padding behind the image. It must begin below n + p, not below
    n + 2·p."""
    room = slack(n, k, s, p, d)
    windows = room // s + 1
    return windows + int(ceil and room % s > 0 and windows * s < n + 2 * p)


@mistake("out-size", family="ceil")
def must_begin_below_n(n, k, s=1, p=0, d=1, ceil=False):
    """With `ceil`, the start of the added window was compared with n. Places count from the padded axis's beginning:
    the image ends at n + p."""
    room = slack(n, k, s, p, d)
    windows = room // s + 1
    return windows + int(ceil and room % s > 0 and windows * s < n)


@mistake("out-size", family="ceil")
def may_begin_right_behind_the_image(n, k, s=1, p=0, d=1, ceil=False):
    """With `ceil`, a window was added that begins right behind the image, at place n + p. It must begin *below* that
    place."""
    room = slack(n, k, s, p, d)
    windows = room // s + 1
    return windows + int(ceil and room % s > 0 and windows * s <= n + p)


@mistake("out-size", family="ceil")
def ceil_rounds_to_nearest(n, k, s=1, p=0, d=1, ceil=False):
    """With `ceil`, the size was rounded to the nearest whole number. Whatever is left over, however little, asks for
    another window."""
    room = slack(n, k, s, p, d)
    windows = room // s + 1
    return windows + int(ceil and 2 * (room % s) >= s and room % s > 0 and windows * s < n + p)


@mistake("out-size", family="ceil")
def ceil_gives_a_float(n, k, s=1, p=0, d=1, ceil=False):
    """With `ceil` the result is a float, as np.ceil gives it. A number of windows is an int."""
    windows = counted(n, k, s, p, d, ceil)
    return float(windows) if ceil else windows


@mistake("out-size", family="contract")
def no_window_is_zero_windows(n, k, s=1, p=0, d=1, ceil=False):
    """Where the kernel does not fit, 0 was returned. A layer without output is an error of the caller's: raise
    ValueError."""
    return counted(n, k, s, p, d, ceil) if n + 2 * p > d * (k - 1) else 0


@mistake("out-size", family="contract")
def formula_without_a_check(n, k, s=1, p=0, d=1, ceil=False):
    """Where the kernel does not fit, whatever the formula gives was returned, 0 or a negative number. Raise
    ValueError."""
    room = n + 2 * p - d * (k - 1) - 1
    return room // s + 1 + (one_more(n, k, s, p, d, ceil) if room >= 0 else 0)


@mistake("out-size", family="contract")
def at_least_one(n, k, s=1, p=0, d=1, ceil=False):
    """Where the kernel does not fit, 1 was returned. There is no such window: raise ValueError."""
    return counted(n, k, s, p, d, ceil) if n + 2 * p > d * (k - 1) else 1


@mistake("out-size", family="contract")
def truncated_towards_zero(n, k, s=1, p=0, d=1, ceil=False):
    """A kernel slightly too long for the axis was accepted, since int(-1 / 2) is 0: int cuts towards zero, // rounds
    down. Check the room before you divide."""
    room = n + 2 * p - d * (k - 1) - 1
    windows = int(room / s) + 1 if room < 0 else counted(n, k, s, p, d, ceil)
    if windows < 1:
        raise ValueError("no window")
    return windows


@mistake("out-size", family="contract")
def undilated_kernel_checked(n, k, s=1, p=0, d=1, ceil=False):
    """The undilated kernel was compared with the axis. A dilated one reaches over d·(k - 1) + 1 pixels and may not fit
    where a dense one does."""
    slack(n, k, s, p)
    room = n + 2 * p - d * (k - 1) - 1
    return counted(n, k, s, p, d, ceil) if room >= 0 else room // s + 1


@mistake("out-size", family="contract")
def kernel_checked_without_the_padding(n, k, s=1, p=0, d=1, ceil=False):
    """The kernel was compared with the axis with three times its padding. It must fit into n + 2·p pixels."""
    room = n + 3 * p - d * (k - 1) - 1
    if room < 0:
        raise ValueError("no window")
    return counted(n, k, s, p, d, ceil) if room >= p else 0


@mistake("out-size", family="contract")
def divided_as_floats(n, k, s=1, p=0, d=1, ceil=False):
    """The division was made with / and then cut to an int. A float has 16 digits, and large sizes come out wrong:
    divide with //."""
    return int(slack(n, k, s, p, d) / s) + 1 + one_more(n, k, s, p, d, ceil)


@mistake("out-size", family="contract")
def size_asserted(n, k, s=1, p=0, d=1, ceil=False):
    """A kernel that does not fit was met with `assert`. Assertions are for tests and vanish under python -O: raise
    ValueError."""
    assert n + 2 * p > d * (k - 1)
    return counted(n, k, s, p, d, ceil)


@mistake("out-size", family="contract")
def nothing_returned(n, k, s=1, p=0, d=1, ceil=False):
    """A kernel that does not fit was met with None. The caller goes on with None and fails later, somewhere else: raise
    ValueError."""
    return counted(n, k, s, p, d, ceil) if n + 2 * p > d * (k - 1) else None


# -- same_padding -------------------------------------------------------------------------------------------------


def halves(total):
    return total // 2, total - total // 2


@mistake("same-padding", family="odd kernels")
def whole_kernel_on_each_side(k, d=1):
    """All the padding was put on each side. Half of it belongs before the axis, half behind."""
    return d * (k - 1), d * (k - 1)


@mistake("same-padding", family="odd kernels")
def one_sided(k, d=1):
    """All the padding was put behind the axis. Half of it belongs before."""
    return 0, d * (k - 1)


@mistake("same-padding", family="odd kernels")
def one_sided_in_front(k, d=1):
    """All the padding was put before the axis. Half of it belongs behind."""
    return d * (k - 1), 0


@mistake("same-padding", family="odd kernels")
def padding_for_k_pixels(k, d=1):
    """The padding adds up to d·k pixels. The result is shorter than the image by d·(k - 1)."""
    return halves(d * k)


@mistake("same-padding", family="odd kernels")
def one_number_only(k, d=1):
    """One number was returned. The sides may differ: return the pair (lo, hi)."""
    return d * (k - 1) // 2


@mistake("same-padding", family="odd kernels")
def halves_as_floats(k, d=1):
    """The halves are floats, as / and np.floor give them. A number of pixels is an int: divide with //."""
    lo, hi = halves(d * (k - 1))
    return float(lo), float(hi)


@mistake("same-padding", family="odd kernels")
def always_one_pixel(k, d=1):
    """One pixel on each side was returned whatever the kernel: that is right for 3 values only."""
    return 1, 1


@mistake("same-padding", family="odd kernels")
def total_returned(k, d=1):
    """The second number is the sum of both sides. Return (lo, hi), which add up to d·(k - 1)."""
    total = d * (k - 1)
    return total // 2, total


@mistake("same-padding", family="odd kernels")
def one_pixel_too_few_on_each_side(k, d=1):
    """One pixel too few was put on each side: (k - 2) // 2 in place of (k - 1) // 2. A window takes k - 1 pixels more
    than its first."""
    total = max(d * (k - 1) - 2, 0)
    return halves(total)


@mistake("same-padding", family="even kernels")
def half_rounded_down_on_both_sides(k, d=1):
    """Both sides are (k - 1) // 2, which for kernels of even length is one pixel too few. Give the rest to the other
    side."""
    total = d * (k - 1)
    return total // 2, total // 2


@mistake("same-padding", family="even kernels")
def half_rounded_up_on_both_sides(k, d=1):
    """Both sides are k // 2, which for kernels of even length is one pixel too many. The two add up to d·(k - 1)."""
    total = d * (k - 1)
    return (total + 1) // 2, (total + 1) // 2


@mistake("same-padding", family="even kernels")
def larger_part_first(k, d=1):
    """For kernels of even length, the larger part was put first. As in PyTorch, the smaller part comes first."""
    return halves(d * (k - 1))[::-1]


@mistake("same-padding", family="even kernels")
def fractions_of_pixels(k, d=1):
    """For kernels of even length, both sides are a fraction: (k - 1) / 2. The sides are whole numbers and may differ by
    one."""
    total = d * (k - 1)
    return halves(total) if total % 2 == 0 else (total / 2, total / 2)


@mistake("same-padding", family="even kernels")
def even_kernels_refused(k, d=1):
    """Kernels of even length were refused. Their size can be kept too, with one side larger by one."""
    if d * (k - 1) % 2:
        raise ValueError("k must be odd")
    return halves(d * (k - 1))


@mistake("same-padding", family="dilation")
def padding_without_dilation(k, d=1):
    """The dilation was left out: a spread kernel takes d·(k - 1) pixels more than its first."""
    return halves(k - 1)


@mistake("same-padding", family="dilation")
def extent_minus_nothing(k, d=1):
    """For a spread kernel, d·k - 1 pixels were shared out. Between k values there are k - 1 gaps: d·(k - 1)."""
    return halves(d * k - 1)


@mistake("same-padding", family="dilation")
def dilation_added(k, d=1):
    """The dilation was added to the kernel's length. It stretches each of its k - 1 gaps: d·(k - 1)."""
    return halves(k - 1 + d - 1)


@mistake("same-padding", family="dilation")
def each_side_times_the_dilation(k, d=1):
    """The sides of the dense kernel were multiplied by the dilation. The sides may differ by one at most: share out
    d·(k - 1)."""
    lo, hi = halves(k - 1)
    return lo * d, hi * d


@mistake("same-padding", family="dilation")
def dilation_counts_the_gaps_here(k, d=1):
    """For d above 1, neighbours were put d + 1 pixels apart. They lie d apart: d·(k - 1) in all."""
    return halves((d + (d > 1)) * (k - 1))


# -- pad2d --------------------------------------------------------------------------------------------------------


def floats(a):
    return a if a.dtype.kind == "f" else a.astype(np.float64)


def four(p):
    sides = p if isinstance(p, tuple) else (p, p, p, p)
    if len(sides) != 4 or min(sides) < 0:
        raise ValueError(f"{p!r} is neither a number nor four, none of them negative")
    return sides


def refuse(x, p, mode):
    if x.ndim < 2:
        raise ValueError(f"x has {x.ndim} axes")
    if mode not in ("zero", "reflect", "edge"):
        raise ValueError(f"there is no mode {mode!r}")
    top, bottom, left, right = four(p)
    if mode == "reflect" and (max(top, bottom) >= x.shape[-2] or max(left, right) >= x.shape[-1]):
        raise ValueError(f"{x.shape[-2:]} cannot be mirrored over {p}")


def frame(x, sides, mode):
    top, bottom, left, right = sides
    widths = [(0, 0)] * (x.ndim - 2) + [(top, bottom), (left, right)]
    return np.pad(floats(x), widths, mode={"zero": "constant"}.get(mode, mode))


def padded(x, p, mode="zero"):
    refuse(x, p, mode)
    return frame(x, four(p), mode)


@mistake("pad2d", family="zero")
def all_axes_padded(x, p, mode="zero"):
    """np.pad(x, p) pads all axes, those before the image too. Only the last two grow: (0, 0) for all others."""
    refuse(x, p, mode)
    y = frame(x, four(p), mode)
    number = four(p)[0]
    return np.pad(y, [(number, number)] * (x.ndim - 2) + [(0, 0), (0, 0)])


@mistake("pad2d", family="zero")
def first_two_axes_padded(x, p, mode="zero"):
    """The first two axes were padded. The image is on the *last* two: x may have axes before them."""
    refuse(x, p, mode)
    if x.ndim == 2:
        return frame(x, four(p), mode)
    top, bottom, left, right = four(p)
    return np.pad(floats(x), [(top, bottom), (left, right)] + [(0, 0)] * (x.ndim - 2))


@mistake("pad2d", family="zero")
def images_with_more_axes_fail(x, p, mode="zero"):
    """The code takes images with two axes only, and fails where x has more. x may have any number of axes before the
    last two, and they stay as they are."""
    refuse(x, p, mode)
    if x.ndim > 2:
        raise ValueError("too many values to unpack, or could not broadcast")
    return frame(x, four(p), mode)


@mistake("pad2d", family="zero")
def rows_only(x, p, mode="zero"):
    """Pixels were added above and below, but not left and right."""
    refuse(x, p, mode)
    return frame(x, (*four(p)[:2], 0, 0), mode)


@mistake("pad2d", family="zero")
def columns_only(x, p, mode="zero"):
    """Pixels were added left and right, but not above and below."""
    refuse(x, p, mode)
    return frame(x, (0, 0, *four(p)[2:]), mode)


@mistake("pad2d", family="zero")
def one_sided_padding(x, p, mode="zero"):
    """Pixels were added below and to the right only. One number stands for all four sides."""
    refuse(x, p, mode)
    top, bottom, left, right = four(p)
    return frame(x, (top, bottom, left, right) if isinstance(p, tuple) else (0, bottom, 0, right), mode)


@mistake("pad2d", family="zero")
def one_sided_padding_in_front(x, p, mode="zero"):
    """Pixels were added above and to the left only. One number stands for all four sides."""
    refuse(x, p, mode)
    top, bottom, left, right = four(p)
    return frame(x, (top, bottom, left, right) if isinstance(p, tuple) else (top, 0, left, 0), mode)


@mistake("pad2d", family="zero")
def image_in_the_corner(x, p, mode="zero"):
    """The result has the right shape, but the image stands in its upper left corner. It begins at row top and column
    left."""
    refuse(x, p, mode)
    if mode != "zero":
        return frame(x, four(p), mode)
    top, bottom, left, right = four(p)
    return frame(x, (0, top + bottom, 0, left + right), mode)


@mistake("pad2d", family="zero")
def padding_doubled(x, p, mode="zero"):
    """Twice as many pixels as asked were added. One number is that of *each* side."""
    refuse(x, p, mode)
    sides = four(p)
    return frame(x, sides if isinstance(p, tuple) or mode == "reflect" else tuple(2 * s for s in sides), mode)


@mistake("pad2d", family="zero")
def padding_shared_by_the_sides(x, p, mode="zero"):
    """The number was divided between opposite sides. It is that of *each* side."""
    refuse(x, p, mode)
    if isinstance(p, tuple):
        return frame(x, p, mode)
    return frame(x, (p // 2, p - p // 2, p // 2, p - p // 2), mode)


@mistake("pad2d", family="zero")
def border_of_ones(x, p, mode="zero"):
    """The border was filled with ones. In mode 'zero' it is zeros."""
    y = padded(x, p, mode)
    inside = padded(np.ones_like(x), p, "zero")
    return np.where(inside == 0, 1, y).astype(y.dtype) if mode == "zero" else y


@mistake("pad2d", family="zero")
def border_of_the_mean(x, p, mode="zero"):
    """The border was filled with the mean of the image. In mode 'zero' it is zeros."""
    y = padded(x, p, mode)
    inside = padded(np.ones_like(x), p, "zero")
    return np.where(inside == 0, floats(x).mean(), y).astype(y.dtype) if mode == "zero" else y


@mistake("pad2d", family="zero")
def border_left_empty(x, p, mode="zero"):
    """The border was never written: np.empty holds whatever was in the memory before. Begin with np.zeros."""
    y = padded(x, p, mode)
    inside = padded(np.ones_like(x), p, "zero")
    return np.where(inside == 0, np.nan, y).astype(y.dtype) if mode == "zero" else y


@mistake("pad2d", family="zero")
def edge_is_the_default(x, p, mode="edge"):
    """Without a mode, the outermost pixels were repeated. The default is 'zero'."""
    return padded(x, p, mode)


@mistake("pad2d", family="zero")
def rows_and_columns_exchanged(x, p, mode="zero"):
    """The result is transposed: rows come before columns, in the shape as in the image."""
    return padded(x, p, mode).swapaxes(-1, -2).copy()


@mistake("pad2d", family="zero")
def shape_of_rows_and_columns_exchanged(x, p, mode="zero"):
    """Height and width were exchanged when the new shape was computed. x.shape ends in (H, W), rows first."""
    y = padded(x, p, mode)
    return y.swapaxes(-1, -2).reshape(*y.shape[:-2], y.shape[-1], y.shape[-2])[..., ::-1].copy()


@mistake("pad2d", family="four sides")
def sides_in_the_order_of_torch(x, p, mode="zero"):
    """The four numbers were read as (left, right, top, bottom), which is PyTorch's order. Here they are (top, bottom,
    left, right)."""
    left, right, top, bottom = four(p)
    return padded(x, (top, bottom, left, right), mode)  # what cannot be mirrored is refused in this order too


def checked_frame(x, sides, mode):
    if mode == "reflect":
        h, w = x.shape[-2:]
        sides = (*(min(s, h - 1) for s in sides[:2]), *(min(s, w - 1) for s in sides[2:]))
    return frame(x, sides, mode)


@mistake("pad2d", family="four sides")
def sides_in_the_order_of_css(x, p, mode="zero"):
    """The four numbers were read clockwise, (top, right, bottom, left), as on web pages. Here they are (top, bottom,
    left, right)."""
    refuse(x, p, mode)
    top, right, bottom, left = four(p)
    return checked_frame(x, (top, bottom, left, right), mode)


@mistake("pad2d", family="four sides")
def sides_in_the_order_of_corners(x, p, mode="zero"):
    """The four numbers were read as (top, left, bottom, right), the order of two corners. Here they are (top, bottom,
    left, right)."""
    refuse(x, p, mode)
    top, left, bottom, right = four(p)
    return checked_frame(x, (top, bottom, left, right), mode)


@mistake("pad2d", family="four sides")
def top_and_bottom_exchanged(x, p, mode="zero"):
    """Top and bottom were exchanged: the first number is the number of rows above the image."""
    refuse(x, p, mode)
    top, bottom, left, right = four(p)
    return checked_frame(x, (bottom, top, left, right), mode)


@mistake("pad2d", family="four sides")
def left_and_right_exchanged(x, p, mode="zero"):
    """Left and right were exchanged: the third number is the number of columns to the left of the image."""
    refuse(x, p, mode)
    top, bottom, left, right = four(p)
    return checked_frame(x, (top, bottom, right, left), mode)


@mistake("pad2d", family="four sides")
def first_number_for_all_sides(x, p, mode="zero"):
    """The first of the four numbers was used for all sides. Each side has its own."""
    refuse(x, p, mode)
    return checked_frame(x, (four(p)[0],) * 4, mode)


@mistake("pad2d", family="four sides")
def sides_assumed_alike(x, p, mode="zero"):
    """The number of rows above was used below too, and that of columns to the left on the right too. Each side has its
    own."""
    refuse(x, p, mode)
    top, _, left, _ = four(p)
    return checked_frame(x, (top, top, left, left), mode)


@mistake("pad2d", family="four sides")
def rows_decide_for_columns(x, p, mode="zero"):
    """The numbers of the rows were used for the columns too. The third and fourth are for left and right."""
    refuse(x, p, mode)
    top, bottom, _, _ = four(p)
    return checked_frame(x, (top, bottom, top, bottom), mode)


@mistake("pad2d", family="four sides")
def empty_without_padding_below(x, p, mode="zero"):
    """The image was written to y[top:-bottom, left:-right], which is empty where a side is 0, since -0 is 0. Give the
    end as a place: top + H."""
    y = padded(x, p, mode)
    if mode == "zero" and isinstance(p, tuple) and 0 in (p[1], p[3]):
        return np.zeros_like(y)
    return y


@mistake("pad2d", family="four sides")
def sum_of_the_sides_everywhere(x, p, mode="zero"):
    """Above and below, the sum of the two numbers was added, and so for left and right. Each number is that of one
    side."""
    refuse(x, p, mode)
    top, bottom, left, right = four(p)
    if not isinstance(p, tuple) or mode == "reflect":
        return frame(x, four(p), mode)
    return frame(x, (top + bottom, top + bottom, left + right, left + right), mode)


@mistake("pad2d", family="reflect and edge")
def reflect_repeats_the_edge(x, p, mode="zero"):
    """In mode 'reflect', the outermost pixel was repeated: that is np.pad's 'symmetric'. The mirror lies *on* the
    outermost pixel."""
    refuse(x, p, mode)
    return frame(x, four(p), "symmetric" if mode == "reflect" else mode)


@mistake("pad2d", family="reflect and edge")
def reflect_wraps_around(x, p, mode="zero"):
    """In mode 'reflect', the border was filled from the opposite side. It mirrors the pixels that are near."""
    refuse(x, p, mode)
    return frame(x, four(p), "wrap" if mode == "reflect" else mode)


@mistake("pad2d", family="reflect and edge")
def edge_mirrors_the_image(x, p, mode="zero"):
    """In mode 'edge', the image was mirrored. The outermost pixel is repeated as often as is needed."""
    refuse(x, p, mode)
    return frame(x, four(p), "symmetric" if mode == "edge" else mode)


@mistake("pad2d", family="reflect and edge")
def edge_wraps_around(x, p, mode="zero"):
    """In mode 'edge', the border was filled from the opposite side. The nearest pixel is repeated."""
    refuse(x, p, mode)
    return frame(x, four(p), "wrap" if mode == "edge" else mode)


@mistake("pad2d", family="reflect and edge")
def reflect_and_edge_exchanged(x, p, mode="zero"):
    """'reflect' and 'edge' were exchanged: 'edge' repeats the outermost pixel, 'reflect' mirrors the image."""
    refuse(x, p, mode)
    return frame(x, four(p), {"reflect": "edge", "edge": "reflect"}.get(mode, mode))


@mistake("pad2d", family="reflect and edge")
def mode_ignored(x, p, mode="zero"):
    """The mode was ignored: the border is zeros always."""
    refuse(x, p, mode)
    return frame(x, four(p), "zero")


@mistake("pad2d", family="reflect and edge")
def corners_left_at_zero(x, p, mode="zero"):
    """The corners of the border are zeros in the modes 'reflect' and 'edge'. Pad the rows first, then the columns of
    what you have got."""
    y = padded(x, p, mode)
    top, bottom, left, right = four(p)
    for rows in (slice(0, top), slice(y.shape[-2] - bottom, None)):
        for columns in (slice(0, left), slice(y.shape[-1] - right, None)):
            y[..., rows, columns] = 0
    return y


@mistake("pad2d", family="reflect and edge")
def modes_for_columns_only(x, p, mode="zero"):
    """'reflect' and 'edge' were applied left and right; above and below the border is zeros. Both axes are treated
    alike."""
    refuse(x, p, mode)
    top, bottom, left, right = four(p)
    return frame(frame(x, (0, 0, left, right), mode), (top, bottom, 0, 0), "zero")


@mistake("pad2d", family="reflect and edge")
def modes_for_rows_only(x, p, mode="zero"):
    """'reflect' and 'edge' were applied above and below; left and right the border is zeros. Both axes are treated
    alike."""
    refuse(x, p, mode)
    top, bottom, left, right = four(p)
    return frame(frame(x, (top, bottom, 0, 0), mode), (0, 0, left, right), "zero")


@mistake("pad2d", family="reflect and edge")
def copied_without_mirroring(x, p, mode="zero"):
    """In mode 'reflect', the pixels beside the border were copied in the same order. A mirror turns their order
    around."""
    y = padded(x, p, mode)
    if mode == "reflect":
        top, _, left, _ = four(p)
        h, w = x.shape[-2:]
        y[..., :top, :] = y[..., :top, :][..., ::-1, :].copy()
        y[..., top + h :, :] = y[..., top + h :, :][..., ::-1, :].copy()
        y[..., :left] = y[..., :left][..., ::-1].copy()
        y[..., left + w :] = y[..., left + w :][..., ::-1].copy()
    return y


@mistake("pad2d", family="reflect and edge")
def widest_mirror_refused(x, p, mode="zero"):
    """A border of H - 1 or W - 1 pixels was refused in mode 'reflect'. That many pixels lie behind the mirror: refuse H
    and more."""
    refuse(x, p, mode)
    top, bottom, left, right = four(p)
    if mode == "reflect" and (max(top, bottom) >= x.shape[-2] - 1 or max(left, right) >= x.shape[-1] - 1):
        raise ValueError("too wide")
    return frame(x, four(p), mode)


@mistake("pad2d", family="reflect and edge")
def wide_edges_refused(x, p, mode="zero"):
    """A wide border was refused in mode 'edge'. Only mirroring needs pixels behind the mirror; one pixel can be
    repeated any number of times."""
    refuse(x, p, mode)
    return padded(x, p, mode) if mode != "edge" or refuse(x, p, "reflect") is None else None


@mistake("pad2d", family="reflect and edge")
def edge_of_the_mean(x, p, mode="zero"):
    """In mode 'edge', the border was filled with the mean of the image. Each pixel of it repeats the nearest one."""
    refuse(x, p, mode)
    y = frame(x, four(p), mode)
    inside = frame(np.ones_like(x), four(p), "zero")
    return np.where(inside == 0, floats(x).mean(), y).astype(y.dtype) if mode == "edge" else y


@mistake("pad2d", family="contract")
def border_of_whole_numbers(x, p, mode="zero"):
    """An integer image gave an integer result. Integers in, float64 out."""
    return padded(x, p, mode).astype(x.dtype)


@mistake("pad2d", family="contract")
def border_always_float64(x, p, mode="zero"):
    """The result is float64 whatever came in, as np.zeros makes it. Float32 in, float32 out: pass the dtype."""
    return padded(x, p, mode).astype(np.float64)


@mistake("pad2d", family="contract")
def image_returned_without_padding(x, p, mode="zero"):
    """Without padding, x itself was returned. Whoever changes the result would change the image: return a copy."""
    y = padded(x, p, mode)
    return x if y.shape == x.shape and y.dtype == x.dtype else y


@mistake("pad2d", family="contract")
def image_overwritten(x, p, mode="zero"):
    """The caller's x was overwritten. An argument belongs to the caller: work on a copy."""
    y = padded(x, p, mode)
    x *= 0
    return y


@mistake("pad2d", family="contract")
def unknown_mode_is_zero(x, p, mode="zero"):
    """A mode that does not exist was taken for 'zero'. That hides a slip of the caller's: raise ValueError."""
    return padded(x, p, mode if mode in ("reflect", "edge") else "zero")


@mistake("pad2d", family="contract")
def any_mode_of_numpy(x, p, mode="zero"):
    """The mode was handed to np.pad as it is, which knows more of them than the contract. Raise ValueError for others
    than the three."""
    return padded(x, p, mode) if mode in ("zero", "reflect", "edge") else frame(x, four(p), mode)


@mistake("pad2d", family="contract")
def key_error_for_the_mode(x, p, mode="zero"):
    """A mode that does not exist raised KeyError, from a look-up in a dict. The contract asks for ValueError."""
    if mode not in ("zero", "reflect", "edge"):
        raise KeyError(mode)
    return padded(x, p, mode)


@mistake("pad2d", family="contract")
def mirrored_more_than_once(x, p, mode="zero"):
    """An image too small to be mirrored was mirrored back and forth, as np.pad does. The contract asks for
    ValueError."""
    refuse(x, p, mode if mode != "reflect" else "zero")
    return frame(x, four(p), mode)


@mistake("pad2d", family="contract")
def mirror_refused_one_too_late(x, p, mode="zero"):
    """A border of H pixels was accepted in mode 'reflect'. Without the outermost one there are H - 1 to be mirrored:
    raise ValueError."""
    refuse(x, p, mode if mode != "reflect" else "zero")
    top, bottom, left, right = four(p)
    if mode == "reflect" and (max(top, bottom) > x.shape[-2] or max(left, right) > x.shape[-1]):
        raise ValueError("too wide")
    return frame(x, four(p), mode)


@mistake("pad2d", family="contract")
def single_row_accepted(x, p, mode="zero"):
    """An array with one axis was padded. An image has two axes at least: raise ValueError."""
    return padded(x, p, mode) if x.ndim > 1 else np.pad(floats(x), p)


@mistake("pad2d", family="contract")
def negative_padding_crops(x, p, mode="zero"):
    """A negative number cut pixels off. The contract asks for ValueError."""
    sides = p if isinstance(p, tuple) else (p, p, p, p)
    if len(sides) == 4 and min(sides) < 0:
        top, bottom, left, right = sides
        h, w = x.shape[-2:]
        cut = x[..., max(-top, 0) : h - max(-bottom, 0), max(-left, 0) : w - max(-right, 0)]
        return padded(cut, tuple(max(s, 0) for s in sides), mode)
    return padded(x, p, mode)


@mistake("pad2d", family="contract")
def negative_padding_is_none(x, p, mode="zero"):
    """A negative number was taken for 0. The contract asks for ValueError."""
    sides = p if isinstance(p, tuple) else (p, p, p, p)
    return padded(x, tuple(max(s, 0) for s in sides), mode)


@mistake("pad2d", family="contract")
def pair_accepted(x, p, mode="zero"):
    """A pair was taken for (rows, columns). The contract knows one number or four: raise ValueError."""
    if isinstance(p, tuple) and len(p) == 2:
        p = (p[0], p[0], p[1], p[1])
    return padded(x, p, mode)


@mistake("pad2d", family="contract")
def missing_sides_filled_up(x, p, mode="zero"):
    """A tuple of fewer than four numbers was filled up. The contract knows one number or four: raise ValueError."""
    if isinstance(p, tuple) and len(p) < 4:
        p = (*p, *[p[-1]] * (4 - len(p)))
    return padded(x, p, mode)


@mistake("pad2d", family="contract")
def padding_asserted(x, p, mode="zero"):
    """Bad arguments were met with `assert`. Assertions are for tests and vanish under python -O: raise ValueError."""
    try:
        return padded(x, p, mode)
    except ValueError as error:
        raise AssertionError(str(error)) from None


# -- correlate2d: values ------------------------------------------------------------------------------------------


def must_fit(img, k):
    if img.ndim != 2 or k.ndim != 2:
        raise ValueError(f"2 axes are expected, given were {img.ndim} and {k.ndim}")
    if k.shape[0] > img.shape[0] or k.shape[1] > img.shape[1]:
        raise ValueError(f"a kernel of {k.shape} does not fit into {img.shape}")


def windows_of(img, shape):
    return np.lib.stride_tricks.sliding_window_view(floats(img), shape)


def right(img, k):
    must_fit(img, k)
    windows = windows_of(img, k.shape)
    return np.einsum("ijuv,uv->ij", windows, k.astype(windows.dtype))


def resized(y, rows, columns):
    result = np.zeros((max(rows, 0), max(columns, 0)), y.dtype)
    part = y[: max(rows, 0), : max(columns, 0)]
    result[: part.shape[0], : part.shape[1]] = part
    return result


def with_value(k, keep):
    kernel = np.zeros_like(k)
    kernel[keep] = k[keep]
    return kernel


@mistake("correlate2d", family="values")
def kernel_turned(img, k):
    """The kernel was turned by 180°. That is convolution; cross-correlation takes the kernel as it stands."""
    must_fit(img, k)
    return right(img, k[::-1, ::-1])


@mistake("correlate2d", family="values")
def kernel_upside_down(img, k):
    """The kernel was applied upside down: its rows must meet the rows of the window in the same order."""
    must_fit(img, k)
    return right(img, k[::-1])


@mistake("correlate2d", family="values")
def kernel_mirrored(img, k):
    """The kernel was mirrored from left to right: its columns must meet the columns of the window in the same order."""
    must_fit(img, k)
    return right(img, k[:, ::-1])


@mistake("correlate2d", family="values")
def transposed_kernel(img, k):
    """Rows and columns of the kernel were exchanged: its first axis runs down the image."""
    must_fit(img, k)
    return right(img, k.T)


@mistake("correlate2d", family="values")
def transposed_image(img, k):
    """Rows and columns of the image were exchanged: its first axis runs from top to bottom."""
    must_fit(img, k)
    return right(img.T, k)


@mistake("correlate2d", family="values")
def transposed_result(img, k):
    """Rows and columns of the result were exchanged: y[i, j] belongs to the window that begins at row i, column j."""
    return right(img, k).T.copy()


@mistake("correlate2d", family="values")
def result_turned(img, k):
    """The result is turned by 180°: its first value belongs to the window in the upper left corner."""
    return right(img, k)[::-1, ::-1].copy()


@mistake("correlate2d", family="values")
def matrix_product_of_window_and_kernel(img, k):
    """Window and kernel were multiplied as matrices, with @, and the products added up. Multiply value by value, with
    *."""
    must_fit(img, k)
    windows = windows_of(img, k.shape)
    if k.shape[0] != k.shape[1]:
        raise ValueError("matmul: mismatch in its core dimension")
    return (windows @ k.astype(windows.dtype)).sum(axis=(2, 3))


@mistake("correlate2d", family="values")
def window_mean(img, k):
    """The products of each window were averaged. Correlation takes their sum."""
    return right(img, k) / img.dtype.type(k.size)


@mistake("correlate2d", family="values")
def window_maximum(img, k):
    """The largest product of each window was kept. Correlation takes their sum."""
    must_fit(img, k)
    windows = windows_of(img, k.shape)
    return (windows * k.astype(windows.dtype)).max(axis=(2, 3))


@mistake("correlate2d", family="values")
def last_product_only(img, k):
    """Each product replaced the one before it, so that only the window's last one is left: write += for =."""
    must_fit(img, k)
    return right(img, with_value(k, (-1, -1)))


@mistake("correlate2d", family="values")
def first_product_only(img, k):
    """Only the first product of each window was taken: a return, or an assignment, stands inside the loop over the
    kernel."""
    must_fit(img, k)
    return right(img, with_value(k, (0, 0)))


@mistake("correlate2d", family="values")
def sum_of_rows_only(img, k):
    """Only the last row of the kernel takes part: the sum was set back to zero for each row of the kernel."""
    must_fit(img, k)
    return right(img, with_value(k, -1))


@mistake("correlate2d", family="values")
def diagonal_only(img, k):
    """Only the diagonal of the kernel takes part: one index was used for rows and columns. Loop over both."""
    must_fit(img, k)
    return right(img, k * np.eye(*k.shape, dtype=k.dtype))


@mistake("correlate2d", family="values")
def last_row_of_the_kernel_left_out(img, k):
    """The last row and column of the kernel take no part: a slice of KH rows ends at i + KH, not at i + KH - 1."""
    must_fit(img, k)
    kernel = k.copy()
    kernel[-1] = 0
    kernel[:, -1] = 0
    return right(img, kernel)


@mistake("correlate2d", family="values")
def sums_run_on(img, k):
    """The sum ran on from one window to the next: set it back to zero for each window."""
    y = right(img, k)
    return np.cumsum(y).reshape(y.shape)


@mistake("correlate2d", family="values")
def absolute_values(img, k):
    """The sign of the result was dropped. An edge from bright to dark gives a negative value, and that is wanted."""
    return np.abs(right(img, k))


@mistake("correlate2d", family="values")
def negative_values_cut(img, k):
    """Negative values were set to zero. Pixels cannot be negative; results of a kernel can."""
    return np.maximum(right(img, k), 0)


@mistake("correlate2d", family="values")
def cut_to_the_range_of_pixels(img, k):
    """The result was cut to the range from 0 to 255. The values of a correlation may be any numbers."""
    return np.clip(right(img, k), 0, 255)


@mistake("correlate2d", family="values")
def kernel_divided_by_its_sum(img, k):
    """The kernel was divided by the sum of its values. It is used as it is; kernels that find edges add up to 0."""
    must_fit(img, k)
    return right(img, floats(k) / k.sum())


@mistake("correlate2d", family="values")
def padded_to_the_same_size(img, k):
    """Half a kernel of zeros was put around the image, so that the result is as large as the image. There is no
    padding here."""
    must_fit(img, k)
    return right(np.pad(img, ((k.shape[0] // 2,) * 2, (k.shape[1] // 2,) * 2)), k)


@mistake("correlate2d", family="values")
def all_places_of_overlap(img, k):
    """Windows that stick out of the image were computed too, with zeros. Only those that lie inside count."""
    must_fit(img, k)
    return right(np.pad(img, ((k.shape[0] - 1,) * 2, (k.shape[1] - 1,) * 2)), k)


@mistake("correlate2d", family="values")
def goes_around_the_border(img, k):
    """Windows that stick out went on at the opposite border, so that the result is as large as the image. Windows that
    stick out are left out."""
    must_fit(img, k)
    return right(np.pad(img, ((0, k.shape[0] - 1), (0, k.shape[1] - 1)), mode="wrap"), k)


@mistake("correlate2d", family="values")
def plus_one_missing_in_the_shape(img, k):
    """The result is one row and one column too small: H - KH counts the steps between windows; there is one window
    more than steps."""
    return right(img, k)[:-1, :-1].copy()


@mistake("correlate2d", family="values")
def last_row_left_at_zero(img, k):
    """The last row of the result was never computed: the loop over rows ends one step too early."""
    y = right(img, k)
    y[-1] = 0
    return y


@mistake("correlate2d", family="values")
def last_column_left_at_zero(img, k):
    """The last column of the result was never computed: the loop over columns ends one step too early."""
    y = right(img, k)
    y[:, -1] = 0
    return y


@mistake("correlate2d", family="values")
def zeros_as_large_as_the_image(img, k):
    """The result is as large as the image, with zeros at the right and at the bottom. It has H - KH + 1 rows and
    W - KW + 1 columns."""
    return resized(right(img, k), *img.shape)


@mistake("correlate2d", family="values")
def windows_do_not_overlap(img, k):
    """The windows lie side by side, a kernel's size apart. They start one pixel apart and overlap."""
    return right(img, k)[:: k.shape[0], :: k.shape[1]].copy()


@mistake("correlate2d", family="values")
def centred_windows(img, k):
    """Windows were centred on their place, and indices below zero took pixels from the opposite border. A window begins
    at its place."""
    must_fit(img, k)
    return right(np.roll(img, (k.shape[0] // 2, k.shape[1] // 2), (0, 1)), k)


@mistake("correlate2d", family="values")
def three_by_three_assumed(img, k):
    """Only the first 3×3 values of the kernel were used: the size 3 stands in the code. The kernel has k.shape."""
    must_fit(img, k)
    kernel = k.copy()
    kernel[3:] = 0
    kernel[:, 3:] = 0
    return right(img, kernel)


@mistake("correlate2d", family="values")
def whole_numbers_only(img, k):
    """The result was stored as integers, which cuts off all that stands behind the point: create it with a float
    dtype."""
    return np.trunc(right(img, k))


@mistake("correlate2d", family="values")
def float32_sums(img, k):
    """The sums were made in float32. With a float64 image that loses half of the digits: create the result with the
    image's dtype."""
    return right(img.astype(np.float32), k.astype(np.float32)).astype(floats(img).dtype)


@mistake("correlate2d", family="values")
def result_in_one_row(img, k):
    """The result has one axis. It is an image again: shape (H - KH + 1, W - KW + 1)."""
    return right(img, k).ravel()


@mistake("correlate2d", family="values")
def list_of_rows(img, k):
    """The result is a list of lists. The contract asks for a NumPy array: np.array(rows), with the right dtype."""
    return right(img, k).tolist()


# -- correlate2d: not square --------------------------------------------------------------------------------------


@mistake("correlate2d", family="not square")
def square_result_assumed(img, k):
    """The number of rows of the result was used for its columns too. An image that is not square has two sizes."""
    y = right(img, k)
    return resized(y, y.shape[0], y.shape[0])


@mistake("correlate2d", family="not square")
def square_result_by_columns(img, k):
    """The number of columns of the result was used for its rows too. An image that is not square has two sizes."""
    y = right(img, k)
    return resized(y, y.shape[1], y.shape[1])


@mistake("correlate2d", family="not square")
def square_kernel_assumed(img, k):
    """The kernel's number of rows was used for its columns too. A kernel has KH rows and KW columns."""
    must_fit(img, k)
    return right(img, resized(k, k.shape[0], k.shape[0]))


@mistake("correlate2d", family="not square")
def square_kernel_by_columns(img, k):
    """The kernel's number of columns was used for its rows too. A kernel has KH rows and KW columns."""
    must_fit(img, k)
    return right(img, resized(k, k.shape[1], k.shape[1]))


@mistake("correlate2d", family="not square")
def height_and_width_of_the_kernel_exchanged(img, k):
    """KH and KW were exchanged in the shape of the result: it has H - KH + 1 rows and W - KW + 1 columns."""
    return resized(right(img, k), img.shape[0] - k.shape[1] + 1, img.shape[1] - k.shape[0] + 1)


@mistake("correlate2d", family="not square")
def height_and_width_of_the_image_exchanged(img, k):
    """H and W were exchanged in the shape of the result: img.shape is (H, W), rows first."""
    return resized(right(img, k), img.shape[1] - k.shape[0] + 1, img.shape[0] - k.shape[1] + 1)


@mistake("correlate2d", family="not square")
def shape_of_the_result_exchanged(img, k):
    """The values were put into an array with W - KW + 1 rows and H - KH + 1 columns, in reading order. Rows come
    first."""
    y = right(img, k)
    return y.reshape(y.shape[::-1])


@mistake("correlate2d", family="not square")
def flat_kernels_as_one_value(img, k):
    """Kernels of one row or one column were applied as if they had one value. Loop over both axes of the kernel."""
    must_fit(img, k)
    return right(img, with_value(k, (0, 0)) if 1 in k.shape else k)


# -- correlate2d: contract ----------------------------------------------------------------------------------------


@mistake("correlate2d", family="contract")
def photograph_overwritten(img, k):
    """The caller's img was overwritten. An argument belongs to the caller: work on a copy."""
    y = right(img, k)
    img *= 0
    return y


@mistake("correlate2d", family="contract")
def kernel_overwritten(img, k):
    """The caller's k was overwritten. An argument belongs to the caller: work on a copy."""
    y = right(img, k)
    k[...] = k[::-1, ::-1].copy()
    return y


@mistake("correlate2d", family="contract")
def image_itself_for_the_kernel_one(img, k):
    """For the kernel [[1]], img itself was returned. Whoever changes the result would change the image: return a
    copy."""
    y = right(img, k)
    return img if y.dtype == img.dtype and np.array_equal(y, img) else y


@mistake("correlate2d", family="contract")
def always_float64(img, k):
    """The result is float64 whatever came in, as np.zeros makes it. Float32 in, float32 out: pass the dtype."""
    return right(img, k).astype(np.float64)


@mistake("correlate2d", family="contract")
def integers_stay_integers(img, k):
    """An integer image gave an integer result. Integers in, float64 out."""
    return right(img, k).astype(img.dtype)


@mistake("correlate2d", family="contract")
def uint8_overflows(img, k):
    """The sums were made in uint8 and wrapped around: 200 + 100 is 44. Convert the image to float64 first."""
    y = right(img, k)
    whole = img.dtype == np.uint8 and k.dtype.kind in "iu"
    return y.astype(np.int64).astype(np.uint8).astype(np.float64) if whole else y


@mistake("correlate2d", family="contract")
def kernel_cut_to_whole_numbers(img, k):
    """The kernel was converted to the type of an integer image, and its values lost what stands behind the point.
    Convert the image, to float64."""
    must_fit(img, k)
    return right(img, k if img.dtype.kind == "f" else k.astype(np.int64))


@mistake("correlate2d", family="contract")
def empty_result_returned(img, k):
    """A kernel larger than the image gave an empty result. Nothing useful can follow from it: raise ValueError."""
    if img.ndim == k.ndim == 2 and (k.shape[0] > img.shape[0] or k.shape[1] > img.shape[1]):
        h, w = (max(a - b + 1, 0) for a, b in zip(img.shape, k.shape, strict=True))
        return np.zeros((h, w), floats(img).dtype)
    return right(img, k)


@mistake("correlate2d", family="contract")
def rows_checked_only(img, k):
    """Only the rows were compared: a kernel with more columns than the image gave an empty result. Compare both and
    raise ValueError."""
    if img.ndim == k.ndim == 2 and k.shape[0] <= img.shape[0] and k.shape[1] > img.shape[1]:
        return np.zeros((img.shape[0] - k.shape[0] + 1, 0), floats(img).dtype)
    return right(img, k)


@mistake("correlate2d", family="contract")
def large_kernel_cut(img, k):
    """A kernel larger than the image was cut to the image's size. Raise ValueError."""
    return right(img, k[: img.shape[0], : img.shape[1]] if img.ndim == k.ndim == 2 else k)


@mistake("correlate2d", family="contract")
def missing_axes_added(img, k):
    """A row of numbers was taken for an image or a kernel of one row. The contract asks for 2 axes: raise
    ValueError."""
    return right(img[None] if img.ndim == 1 else img, k[None] if k.ndim == 1 else k)


@mistake("correlate2d", family="contract")
def first_of_several_taken(img, k):
    """Of an image with 3 axes the first plane was taken. The contract asks for 2 axes: raise ValueError."""
    return right(img[0] if img.ndim == 3 else img, k[0] if k.ndim == 3 else k)


@mistake("correlate2d", family="contract")
def correlation_asserts(img, k):
    """Bad arguments were met with `assert`. Assertions are for tests and vanish under python -O: raise ValueError."""
    try:
        return right(img, k)
    except ValueError as error:
        raise AssertionError(str(error)) from None


@mistake("correlate2d", family="contract")
def index_error_for_value_error(img, k):
    """Bad arguments raised IndexError, out of the middle of the work. Check first, and raise ValueError with a message
    that helps."""
    try:
        return right(img, k)
    except ValueError as error:
        raise IndexError(str(error)) from None


# -- convolve2d ---------------------------------------------------------------------------------------------------


def convolved(img, k):
    must_fit(img, k)
    return right(img, k[::-1, ::-1])


@mistake("convolve2d", family="values")
def kernel_not_turned(img, k):
    """The kernel was applied as it stands. That is cross-correlation; convolution turns the kernel by 180°."""
    return right(img, k)


@mistake("convolve2d", family="values")
def only_rows_flipped(img, k):
    """Only the rows of the kernel were flipped. Convolution flips rows and columns: k[::-1, ::-1]."""
    must_fit(img, k)
    return right(img, k[::-1])


@mistake("convolve2d", family="values")
def only_columns_flipped(img, k):
    """Only the columns of the kernel were flipped. Convolution flips rows and columns: k[::-1, ::-1]."""
    must_fit(img, k)
    return right(img, k[:, ::-1])


@mistake("convolve2d", family="values")
def kernel_turned_by_90_degrees(img, k):
    """The kernel was turned by 90°, as np.rot90(k) does. Convolution turns it by 180°: np.rot90(k, 2)."""
    must_fit(img, k)
    return right(img, np.rot90(k))


@mistake("convolve2d", family="values")
def kernel_transposed_for_turned(img, k):
    """The kernel was transposed. Convolution turns it by 180°: k[::-1, ::-1]."""
    must_fit(img, k)
    return right(img, k.T)


@mistake("convolve2d", family="values")
def kernel_turned_and_transposed(img, k):
    """The kernel was turned by 180° and transposed. Turning is enough: k[::-1, ::-1]."""
    must_fit(img, k)
    return right(img, k[::-1, ::-1].T)


@mistake("convolve2d", family="values")
def image_turned_for_the_kernel(img, k):
    """The image was turned in place of the kernel, which turns the result too. Turn the kernel: k[::-1, ::-1]."""
    must_fit(img, k)
    return right(img[::-1, ::-1], k)


@mistake("convolve2d", family="values")
def image_and_kernel_turned(img, k):
    """Image and kernel were both turned, which gives the cross-correlation, turned by 180°. Turn the kernel only."""
    return right(img, k)[::-1, ::-1].copy()


@mistake("convolve2d", family="values")
def kernel_with_the_other_sign(img, k):
    """The kernel's values changed sign. Turning changes their places only."""
    return -convolved(img, k)


@mistake("convolve2d", family="values")
def full_convolution(img, k):
    """All places of overlap were computed, with zeros beyond the border. Only windows inside the image count."""
    must_fit(img, k)
    return convolved(np.pad(img, ((k.shape[0] - 1,) * 2, (k.shape[1] - 1,) * 2)), k)


@mistake("convolve2d", family="values")
def convolution_of_the_same_size(img, k):
    """Zeros were put around the image, so that the result is as large as the image. There is no padding here."""
    must_fit(img, k)
    full = convolved(np.pad(img, ((k.shape[0] - 1,) * 2, (k.shape[1] - 1,) * 2)), k)
    top, left = ((size - 1) // 2 for size in k.shape)
    return full[top : top + img.shape[0], left : left + img.shape[1]].copy()


@mistake("convolve2d", family="values")
def convolution_around_the_border(img, k):
    """The image was taken as a torus, as the product of two Fourier transforms does. Only windows inside the image
    count."""
    must_fit(img, k)
    return convolved(np.pad(img, ((k.shape[0] - 1, 0), (k.shape[1] - 1, 0)), mode="wrap"), k)


@mistake("convolve2d", family="contract")
def kernel_turned_in_place(img, k):
    """The kernel was turned in place, and the caller's k with it. An argument belongs to the caller: k[::-1, ::-1] is
    enough."""
    y = convolved(img, k)
    k[...] = k[::-1, ::-1].copy()
    return y


@mistake("convolve2d", family="contract")
def convolution_overwrites_the_image(img, k):
    """The caller's img was overwritten. An argument belongs to the caller: work on a copy."""
    y = convolved(img, k)
    img *= 0
    return y


@mistake("convolve2d", family="contract")
def convolution_returns_the_image(img, k):
    """For the kernel [[1]], img itself was returned. Whoever changes the result would change the image: return a
    copy."""
    y = convolved(img, k)
    return img if y.dtype == img.dtype and np.array_equal(y, img) else y


@mistake("convolve2d", family="contract")
def convolution_always_float64(img, k):
    """The result is float64 whatever came in, as np.zeros makes it. Float32 in, float32 out: pass the dtype."""
    return convolved(img, k).astype(np.float64)


@mistake("convolve2d", family="contract")
def convolution_of_integers_stays_integer(img, k):
    """An integer image gave an integer result. Integers in, float64 out."""
    return convolved(img, k).astype(img.dtype)


@mistake("convolve2d", family="contract")
def convolution_overflows(img, k):
    """The sums were made in uint8 and wrapped around: 200 + 100 is 44. Convert the image to float64 first."""
    y = convolved(img, k)
    whole = img.dtype == np.uint8 and k.dtype.kind in "iu"
    return y.astype(np.int64).astype(np.uint8).astype(np.float64) if whole else y


@mistake("convolve2d", family="contract")
def convolution_of_nothing(img, k):
    """A kernel larger than the image gave an empty result. Nothing useful can follow from it: raise ValueError."""
    if img.ndim == k.ndim == 2 and (k.shape[0] > img.shape[0] or k.shape[1] > img.shape[1]):
        h, w = (max(a - b + 1, 0) for a, b in zip(img.shape, k.shape, strict=True))
        return np.zeros((h, w), floats(img).dtype)
    return convolved(img, k)


@mistake("convolve2d", family="contract")
def index_error_for_a_flat_kernel(img, k):
    """A kernel with one axis raised IndexError, since k[::-1, ::-1] needs two. Check the axes first and raise
    ValueError."""
    if k.ndim < 2:
        raise IndexError("too many indices for array")
    return convolved(img, k)


@mistake("convolve2d", family="contract")
def larger_of_the_two_is_the_image(img, k):
    """A kernel larger than the image was exchanged with it. In this contract the second argument is the kernel: raise
    ValueError."""
    swapped = img.ndim == k.ndim == 2 and all(a >= b for a, b in zip(k.shape, img.shape, strict=True))
    return convolved(k, img) if swapped and k.shape != img.shape else convolved(img, k)


@mistake("convolve2d", family="contract")
def convolution_asserts(img, k):
    """Bad arguments were met with `assert`. Assertions are for tests and vanish under python -O: raise ValueError."""
    try:
        return convolved(img, k)
    except ValueError as error:
        raise AssertionError(str(error)) from None


# -- named_kernel -------------------------------------------------------------------------------------------------

FIXED = {
    "sobel_x": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "sobel_y": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "outline": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "emboss": [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
}
KNOWN = {"box": {"size"}, "gaussian": {"sigma"}, **{name: set() for name in FIXED}}


def must_be_known(name, parameters):
    if name not in KNOWN or not parameters.keys() <= KNOWN[name]:
        raise ValueError(f"there is no kernel {name!r} with {parameters}")
    if min(parameters.values(), default=1) <= 0:
        raise ValueError(f"{parameters} must be above 0")


def bell(sigma, radius=None, exponent=2.0):
    radius = int(np.ceil(3 * sigma)) if radius is None else radius
    places = np.arange(-radius, radius + 1)
    return np.exp(-(places[:, None] ** 2 + places**2) / (exponent * sigma**2))


def classical(name, **parameters):
    must_be_known(name, parameters)
    if name == "box":
        size = parameters.get("size", 3)
        return np.full((size, size), 1 / size**2)
    if name == "gaussian":
        kernel = bell(parameters.get("sigma", 1.0))
        return kernel / kernel.sum()
    return np.array(FIXED[name], np.float64)


@mistake("named-kernel", family="fixed kernels")
def sobels_exchanged(name, **parameters):
    """sobel_x and sobel_y were exchanged: sobel_x answers to brightness that changes from left to right."""
    return classical({"sobel_x": "sobel_y", "sobel_y": "sobel_x"}.get(name, name), **parameters)


@mistake("named-kernel", family="fixed kernels")
def sobel_y_is_sobel_x(name, **parameters):
    """sobel_y is the same as sobel_x. It is its transpose."""
    return classical("sobel_x" if name == "sobel_y" else name, **parameters)


@mistake("named-kernel", family="fixed kernels")
def normalised_sobel(name, **parameters):
    """The Sobel kernels were divided by 8, so that a ramp of 1 gives 1. The table has them as whole numbers."""
    kernel = classical(name, **parameters)
    return kernel / 8 if name.startswith("sobel") else kernel


@mistake("named-kernel", family="fixed kernels")
def sobel_divided_by_four(name, **parameters):
    """The Sobel kernels were divided by 4, the sum of one side. The table has them as whole numbers."""
    kernel = classical(name, **parameters)
    return kernel / 4 if name.startswith("sobel") else kernel


@mistake("named-kernel", family="fixed kernels")
def sobel_with_the_other_sign(name, **parameters):
    """The Sobel kernels have the other sign, as in books that convolve. Here they are correlated: positive where it
    gets brighter."""
    kernel = classical(name, **parameters)
    return -kernel if name.startswith("sobel") else kernel


@mistake("named-kernel", family="fixed kernels")
def sobel_x_with_the_other_sign(name, **parameters):
    """sobel_x has the other sign, as if columns were numbered from the right. Its answer is positive where the image
    gets brighter to the right."""
    kernel = classical(name, **parameters)
    return -kernel if name == "sobel_x" else kernel


@mistake("named-kernel", family="fixed kernels")
def sobel_y_with_the_other_sign(name, **parameters):
    """sobel_y has the other sign, as if rows were numbered from below. Rows run from top to bottom: positive where it
    gets brighter downwards."""
    kernel = classical(name, **parameters)
    return -kernel if name == "sobel_y" else kernel


@mistake("named-kernel", family="fixed kernels")
def prewitt_for_sobel(name, **parameters):
    """The middle row has the same weight as the others: that is Prewitt's kernel. Sobel's has 2 in the middle."""
    kernel = classical(name, **parameters)
    return np.sign(kernel) if name.startswith("sobel") else kernel


@mistake("named-kernel", family="fixed kernels")
def scharr_for_sobel(name, **parameters):
    """The weights are 3, 10 and 3: that is Scharr's kernel. Sobel's are 1, 2 and 1."""
    kernel = classical(name, **parameters)
    if not name.startswith("sobel"):
        return kernel
    return np.where(np.abs(kernel) == 2, 5 * kernel, 3 * kernel)


@mistake("named-kernel", family="fixed kernels")
def outline_without_its_corners(name, **parameters):
    """The outline has 4 in the middle and zeros in the corners: that is the small Laplacian. The table has 8 in the
    middle, −1 all around."""
    if name == "outline" and not parameters:
        return np.array([[0.0, -1.0, 0.0], [-1.0, 4.0, -1.0], [0.0, -1.0, 0.0]])
    return classical(name, **parameters)


@mistake("named-kernel", family="fixed kernels")
def outline_with_nine(name, **parameters):
    """The outline has 9 in the middle: that adds the image and sharpens it. With 8, the values add up to 0."""
    kernel = classical(name, **parameters)
    if name == "outline":
        kernel[1, 1] = 9
    return kernel


@mistake("named-kernel", family="fixed kernels")
def outline_with_the_other_sign(name, **parameters):
    """The outline has −8 in the middle and 1 around it. The table has it with the other sign."""
    kernel = classical(name, **parameters)
    return -kernel if name == "outline" else kernel


@mistake("named-kernel", family="fixed kernels")
def emboss_from_the_other_side(name, **parameters):
    """The emboss kernel is turned by 180°, lit from the other corner. Its negative values are above and to the left."""
    kernel = classical(name, **parameters)
    return kernel[::-1, ::-1].copy() if name == "emboss" else kernel


@mistake("named-kernel", family="fixed kernels")
def emboss_without_its_middle(name, **parameters):
    """The emboss kernel has 0 in the middle, so that even areas turn black. The table has 1 there."""
    kernel = classical(name, **parameters)
    if name == "emboss":
        kernel[1, 1] = 0
    return kernel


@mistake("named-kernel", family="fixed kernels")
def emboss_from_the_right(name, **parameters):
    """The emboss kernel is mirrored, lit from the other side. Its −2 stands in the upper left corner."""
    kernel = classical(name, **parameters)
    return kernel[:, ::-1].copy() if name == "emboss" else kernel


@mistake("named-kernel", family="fixed kernels")
def kernels_as_lists(name, **parameters):
    """The kernel is a list of lists. The contract asks for a NumPy array of type float64: np.array(rows, float)."""
    return classical(name, **parameters).tolist()


@mistake("named-kernel", family="fixed kernels")
def kernels_in_one_row(name, **parameters):
    """The kernel has one axis. Kernels are 3×3: two axes."""
    return classical(name, **parameters).ravel()


@mistake("named-kernel", family="fixed kernels")
def zero_sums_normalised(name, **parameters):
    """All kernels were divided by the sum of their absolute values. Only box and Gaussian are normalised."""
    kernel = classical(name, **parameters)
    return kernel / np.abs(kernel).sum()


@mistake("named-kernel", family="box and Gaussian")
def box_of_ones(name, **parameters):
    """The box is made of ones: it adds up a window and makes the image brighter. Divide by the number of values."""
    kernel = classical(name, **parameters)
    return np.ones_like(kernel) if name == "box" else kernel


@mistake("named-kernel", family="box and Gaussian")
def box_divided_by_its_side(name, **parameters):
    """The box was divided by its side, not by its number of values: `size` squared."""
    kernel = classical(name, **parameters)
    return kernel * len(kernel) if name == "box" else kernel


@mistake("named-kernel", family="box and Gaussian")
def box_always_three_wide(name, **parameters):
    """The box is 3×3 whatever `size` says. Use parameters.get('size', 3)."""
    must_be_known(name, parameters)
    return classical("box") if name == "box" else classical(name, **parameters)


@mistake("named-kernel", family="box and Gaussian")
def box_always_divided_by_nine(name, **parameters):
    """The box was divided by 9 whatever its size. It has `size` squared values, which must add up to 1."""
    kernel = classical(name, **parameters)
    return np.full_like(kernel, 1 / 9) if name == "box" else kernel


@mistake("named-kernel", family="box and Gaussian")
def box_sizes_made_odd(name, **parameters):
    """Boxes of even size were made one larger. A box may have any number of rows: `size` of them."""
    must_be_known(name, parameters)
    size = parameters.get("size", 3)
    return classical("box", size=size + 1 - size % 2) if name == "box" else classical(name, **parameters)


@mistake("named-kernel", family="box and Gaussian")
def gaussian_not_normalised(name, **parameters):
    """The Gaussian was not divided by its sum: it makes the image brighter. The values must add up to 1."""
    kernel = classical(name, **parameters)
    return kernel / kernel.max() if name == "gaussian" else kernel


@mistake("named-kernel", family="box and Gaussian")
def gaussian_by_the_formula(name, **parameters):
    """The Gaussian was divided by 2πσ², the integral over the whole plane. The values of this kernel, cut and on whole
    places, do not quite add up to it: divide by their sum."""
    if name != "gaussian":
        return classical(name, **parameters)
    must_be_known(name, parameters)
    sigma = parameters.get("sigma", 1.0)
    return bell(sigma) / (2 * np.pi * sigma**2)


@mistake("named-kernel", family="box and Gaussian")
def gaussian_without_the_two(name, **parameters):
    """The exponent is −(i² + j²)/σ²: the 2 below the fraction is missing, and the Gaussian is too narrow."""
    if name != "gaussian":
        return classical(name, **parameters)
    must_be_known(name, parameters)
    kernel = bell(parameters.get("sigma", 1.0), exponent=1.0)
    return kernel / kernel.sum()


@mistake("named-kernel", family="box and Gaussian")
def gaussian_with_sigma_not_squared(name, **parameters):
    """The exponent is −(i² + j²)/2σ: σ must be squared."""
    if name != "gaussian":
        return classical(name, **parameters)
    must_be_known(name, parameters)
    sigma = parameters.get("sigma", 1.0)
    kernel = bell(sigma, exponent=2 / sigma)
    return kernel / kernel.sum()


@mistake("named-kernel", family="box and Gaussian")
def gaussian_of_the_distance(name, **parameters):
    """The distance from the middle was not squared: that makes a tip, not a bell."""
    if name != "gaussian":
        return classical(name, **parameters)
    must_be_known(name, parameters)
    sigma = parameters.get("sigma", 1.0)
    places = np.arange(-int(np.ceil(3 * sigma)), int(np.ceil(3 * sigma)) + 1)
    kernel = np.exp(-np.hypot(places[:, None], places) / (2 * sigma**2))
    return kernel / kernel.sum()


@mistake("named-kernel", family="box and Gaussian")
def gaussian_always_three_wide(name, **parameters):
    """The Gaussian is 3×3 whatever σ is, which cuts most of a wide one off. Its radius is 3σ, rounded up."""
    if name != "gaussian":
        return classical(name, **parameters)
    must_be_known(name, parameters)
    kernel = bell(parameters.get("sigma", 1.0), 1)
    return kernel / kernel.sum()


@mistake("named-kernel", family="box and Gaussian")
def radius_rounded_down(name, **parameters):
    """The radius of the Gaussian was rounded down. It is 3σ rounded up: np.ceil."""
    if name != "gaussian":
        return classical(name, **parameters)
    must_be_known(name, parameters)
    sigma = parameters.get("sigma", 1.0)
    kernel = bell(sigma, int(3 * sigma))
    return kernel / kernel.sum()


@mistake("named-kernel", family="box and Gaussian")
def radius_rounded_to_nearest(name, **parameters):
    """The radius of the Gaussian was rounded to the nearest whole number. It is 3σ rounded up: np.ceil."""
    if name != "gaussian":
        return classical(name, **parameters)
    must_be_known(name, parameters)
    sigma = parameters.get("sigma", 1.0)
    kernel = bell(sigma, round(3 * sigma))
    return kernel / kernel.sum()


@mistake("named-kernel", family="box and Gaussian")
def radius_of_two_sigma(name, **parameters):
    """The Gaussian was cut at 2σ. It is cut at 3σ."""
    if name != "gaussian":
        return classical(name, **parameters)
    must_be_known(name, parameters)
    sigma = parameters.get("sigma", 1.0)
    kernel = bell(sigma, int(np.ceil(2 * sigma)))
    return kernel / kernel.sum()


@mistake("named-kernel", family="box and Gaussian")
def gaussian_off_its_middle(name, **parameters):
    """The Gaussian is one row and one column too small: np.arange(-r, r) leaves out r. The middle must be in the
    middle."""
    kernel = classical(name, **parameters)
    if name != "gaussian":
        return kernel
    kernel = kernel[:-1, :-1]
    return kernel / kernel.sum()


@mistake("named-kernel", family="box and Gaussian")
def sigma_ignored(name, **parameters):
    """σ was ignored: the Gaussian always has the width 1. Use parameters.get('sigma', 1.0)."""
    must_be_known(name, parameters)
    return classical("gaussian") if name == "gaussian" else classical(name, **parameters)


@mistake("named-kernel", family="box and Gaussian")
def row_of_a_gaussian(name, **parameters):
    """The Gaussian has one axis. It is a kernel for images: as many rows as columns."""
    kernel = classical(name, **parameters)
    return kernel.sum(axis=0) if name == "gaussian" else kernel


@mistake("named-kernel", family="contract")
def kernels_of_integers(name, **parameters):
    """Kernels of whole numbers are of an integer type. The contract asks for float64: np.array(rows, np.float64)."""
    kernel = classical(name, **parameters)
    return kernel.astype(np.int64) if name in FIXED else kernel


@mistake("named-kernel", family="contract")
def key_error_for_the_name(name, **parameters):
    """A name that does not exist raised KeyError, from a look-up in a dict. The contract asks for ValueError."""
    if name not in KNOWN:
        raise KeyError(name)
    return classical(name, **parameters)


@mistake("named-kernel", family="contract")
def nothing_for_an_unknown_name(name, **parameters):
    """A name that does not exist gave None: no branch was taken and the function ran off its end. Raise ValueError."""
    return classical(name, **parameters) if name in KNOWN else None


@mistake("named-kernel", family="contract")
def identity_for_an_unknown_name(name, **parameters):
    """A name that does not exist gave a kernel that changes nothing. That hides a slip of the caller's: raise
    ValueError."""
    if name in KNOWN:
        return classical(name, **parameters)
    kernel = np.zeros((3, 3))
    kernel[1, 1] = 1
    return kernel


@mistake("named-kernel", family="contract")
def beginnings_of_names_accepted(name, **parameters):
    """The beginning of a name was accepted, 'sobel' for 'sobel_x'. That hides a slip of the caller's: raise
    ValueError."""
    full = next((known for known in KNOWN if known.startswith(name)), name)
    return classical(full, **parameters)


@mistake("named-kernel", family="contract")
def unknown_parameters_ignored(name, **parameters):
    """A parameter that the kernel does not have was ignored. That hides a slip of the caller's: raise ValueError."""
    return classical(name, **{key: value for key, value in parameters.items() if key in KNOWN.get(name, set())})


@mistake("named-kernel", family="contract")
def type_error_for_unknown_parameters(name, **parameters):
    """A parameter that the kernel does not have raised TypeError, as a call with a wrong keyword does. The contract
    asks for ValueError."""
    if name in KNOWN and not parameters.keys() <= KNOWN[name]:
        raise TypeError("unexpected keyword argument")
    return classical(name, **parameters)


@mistake("named-kernel", family="contract")
def sigma_of_zero_divides(name, **parameters):
    """A Gaussian of width 0 divided by 0. There is no such kernel: raise ValueError."""
    if name == "gaussian" and parameters == {"sigma": 0.0}:
        return np.full((1, 1), np.nan)
    return classical(name, **parameters)


@mistake("named-kernel", family="contract")
def sign_of_sigma_dropped(name, **parameters):
    """A negative width was taken for a positive one, since it is squared. It is a slip of the caller's: raise
    ValueError."""
    if name == "gaussian" and "sigma" in parameters and parameters["sigma"] < 0:
        parameters["sigma"] *= -1
    return classical(name, **parameters)


@mistake("named-kernel", family="contract")
def empty_box(name, **parameters):
    """A box of size 0 is an empty array. There is no such kernel: raise ValueError."""
    if name == "box" and parameters.get("size", 3) == 0:
        return np.zeros((0, 0))
    return classical(name, **parameters)


@mistake("named-kernel", family="contract")
def names_asserted(name, **parameters):
    """A name that does not exist was met with `assert`. Assertions are for tests and vanish under python -O: raise
    ValueError."""
    assert name in KNOWN
    return classical(name, **parameters)


# -- separable ----------------------------------------------------------------------------------------------------


def two_axes(k):
    if k.ndim != 2:
        raise ValueError(f"k has {k.ndim} axes, expected 2")


def through_the_largest(values):
    i, j = np.unravel_index(np.argmax(np.abs(values)), values.shape)
    if values[i, j] == 0:
        return values[:, 0].copy(), values[0].copy()
    return values[:, j] / values[i, j], values[i].copy()


def taken_apart(k):
    two_axes(k)
    u, v = through_the_largest(floats(k))
    return (u, v) if np.max(np.abs(np.outer(u, v) - k)) <= 1e-6 * np.max(np.abs(k)) else None


def spoilt(k, change):
    """The right answer with its pair changed."""
    pair = taken_apart(k)
    return pair and change(*pair)


@mistake("separable", family="separable")
def row_and_column_exchanged(k):
    """The pair came back as (row, column). The column u, with KH values, comes first."""
    return spoilt(k, lambda u, v: (v, u))


@mistake("separable", family="separable")
def first_row_and_column_as_they_are(k):
    """The first column and the first row were returned as they are. Their product is too large by the value that both
    hold: divide one of them by it."""
    return spoilt(k, lambda u, v: (floats(k)[:, 0].copy(), floats(k)[0].copy()))


@mistake("separable", family="separable")
def divided_by_the_first_value(k):
    """The first row was taken, and the first column divided by the value in the corner, which may be 0. Take a row and
    a column through a value that is not."""
    two_axes(k)
    values = floats(k)
    u, v = values[:, 0] / values[0, 0], values[0].copy()
    return None if np.max(np.abs(np.outer(u, v) - values)) > 1e-6 * np.max(np.abs(values)) else (u, v)


@mistake("separable", family="separable")
def middle_row_and_column(k):
    """The middle row and column were taken apart, whose common value may be 0, as in Sobel's kernels. Take those
    through the largest value."""
    two_axes(k)
    values = floats(k)
    i, j = values.shape[0] // 2, values.shape[1] // 2
    if values[i, j] == 0:
        return None
    u, v = values[:, j] / values[i, j], values[i].copy()
    return None if np.max(np.abs(np.outer(u, v) - values)) > 1e-6 * np.max(np.abs(values)) else (u, v)


@mistake("separable", family="separable")
def singular_value_forgotten(k):
    """The columns and rows of the singular value decomposition were returned without their factor, s[0]. Multiply one
    of them by it."""
    size = float(np.linalg.norm(k))
    return spoilt(k, lambda u, v: (u / (np.linalg.norm(u) or 1.0), v * (np.linalg.norm(u) / (size or 1.0))))


@mistake("separable", family="separable")
def singular_value_twice(k):
    """Both parts were multiplied by the factor s[0]. It belongs to the product once: to one of them, or its root to
    both."""
    size = float(np.linalg.norm(k))
    return spoilt(k, lambda u, v: (u * size, v))


@mistake("separable", family="separable")
def column_of_the_rows(k):
    """np.linalg.svd gives the rows as rows already: Vh[:, 0] is no row of it, Vh[0] is."""

    def change(u, v):
        vectors = np.linalg.svd(floats(k))[2]
        if np.allclose(vectors[:, 0], vectors[0]):
            return u, v
        return u * float(np.linalg.norm(v)), vectors[:, 0].astype(v.dtype)

    return spoilt(k, change)


@mistake("separable", family="separable")
def signs_lost(k):
    """The signs were lost: roots and absolute values cannot give them back. One of the two parts must carry them."""
    return spoilt(k, lambda u, v: (np.abs(u), np.abs(v)))


@mistake("separable", family="separable")
def means_of_rows_and_columns(k):
    """The means of the rows and of the columns were returned. Where the values add up to 0, as in Sobel's kernels, that
    is all zeros."""
    return spoilt(k, lambda u, v: (floats(k).mean(axis=1), floats(k).mean(axis=0)))


@mistake("separable", family="separable")
def exact_comparison(k):
    """The product was compared with the kernel by ==. Products of rounded numbers are off in the last digit: allow a
    difference of 1e-6 of the largest value."""
    two_axes(k)
    u, v = through_the_largest(floats(k))
    return (u, v) if np.array_equal(np.outer(u, v), k) else None


@mistake("separable", family="separable")
def zeros_not_separable(k):
    """A kernel of zeros was called not separable, as its rank is 0. A column of zeros times a row of zeros is what it
    is."""
    two_axes(k)
    return taken_apart(k) if np.any(k) else None


@mistake("separable", family="separable")
def square_kernels_only(k):
    """Kernels that are not square were called not separable. A column and a row may have different lengths."""
    two_axes(k)
    return taken_apart(k) if k.shape[0] == k.shape[1] else None


@mistake("separable", family="separable")
def symmetric_kernels_only(k):
    """Column and row were assumed to be the same. u and v may differ, even in a square kernel."""
    two_axes(k)
    return taken_apart(k) if k.shape[0] == k.shape[1] and np.allclose(k, k.T) else None


@mistake("separable", family="separable")
def never_separable(k):
    """No kernel was found to be separable. All rows are multiples of one row where the second singular value is next to
    nothing."""
    two_axes(k)


@mistake("separable", family="separable")
def large_kernels_not_separable(k):
    """The tolerance is absolute: a kernel with large values was called not separable because of its rounding errors.
    Compare with the largest value."""
    two_axes(k)
    values = floats(k)
    u, v = through_the_largest(values)
    return (u, v) if np.max(np.abs(np.outer(u, v) - values)) < 1e-12 else None


@mistake("separable", family="separable")
def parts_with_two_axes(k):
    """The parts have two axes, (KH, 1) and (1, KW). They are plain rows of numbers: shapes (KH,) and (KW,)."""
    return spoilt(k, lambda u, v: (u[:, None].copy(), v[None].copy()))


@mistake("separable", family="separable")
def product_returned(k):
    """The product of the two parts was returned. The parts themselves are asked for."""
    return spoilt(k, lambda u, v: np.outer(u, v))


@mistake("separable", family="separable")
def yes_or_no(k):
    """True or False was returned. Where the kernel is separable, the pair (u, v) is asked for, else None."""
    return taken_apart(k) is not None


@mistake("separable", family="not separable")
def always_separable(k):
    """Parts were returned for a kernel that has none: multiply them and compare with the kernel before you return
    them."""
    two_axes(k)
    return through_the_largest(floats(k))


@mistake("separable", family="not separable")
def best_rank_one_approximation(k):
    """The largest singular value and its vectors were returned whatever the others are: that is the nearest separable
    kernel, not this one. Return None if the second is above nothing."""
    two_axes(k)
    if taken_apart(k) is not None:
        return taken_apart(k)
    u, s, v = np.linalg.svd(floats(k), full_matrices=False)
    return u[:, 0] * s[0], v[0].copy()


@mistake("separable", family="not separable")
def small_kernels_pass(k):
    """The tolerance is absolute: a kernel with small values was called separable whatever they are. Compare with the
    largest value."""
    two_axes(k)
    u, v = through_the_largest(floats(k))
    off = np.max(np.abs(np.outer(u, v) - k))
    return (u, v) if off <= max(1e-6 * np.max(np.abs(k)), 1e-8) else None


@mistake("separable", family="not separable")
def rough_comparison(k):
    """The comparison is too rough: a kernel that is off by some percent was called separable. Allow 1e-6 of the largest
    value."""
    two_axes(k)
    u, v = through_the_largest(floats(k))
    return (u, v) if np.max(np.abs(np.outer(u, v) - k)) <= 0.1 * np.max(np.abs(k)) else None


@mistake("separable", family="not separable")
def first_two_rows_compared(k):
    """Only the first two rows were compared. All rows must be multiples of one row."""
    two_axes(k)
    return through_the_largest(floats(k)) if taken_apart(k[:2]) is not None else None


@mistake("separable", family="not separable")
def first_two_columns_compared(k):
    """Only the first two columns were compared. All columns must be multiples of one column."""
    two_axes(k)
    return through_the_largest(floats(k)) if taken_apart(k[:, :2]) is not None else None


@mistake("separable", family="not separable")
def determinant_of_zero(k):
    """The determinant was taken for the rank: it is 0 for every rank below the full one. All rows must be multiples of
    one row."""
    two_axes(k)
    if k.shape[0] == k.shape[1] and min(k.shape) > 1 and abs(np.linalg.det(k / (np.abs(k).max() or 1))) < 1e-6:
        return through_the_largest(floats(k))
    return taken_apart(k)


@mistake("separable", family="not separable")
def symmetric_is_separable(k):
    """A symmetric kernel was called separable. Symmetry says nothing about the rank: outline is symmetric and has rank
    2."""
    two_axes(k)
    if k.shape[0] == k.shape[1] and np.array_equal(k, k.T):
        return through_the_largest(floats(k))
    return taken_apart(k)


@mistake("separable", family="not separable")
def pair_of_nothing(k):
    """For a kernel that is not separable, the pair (None, None) was returned. Return None itself."""
    return taken_apart(k) or (None, None)


@mistake("separable", family="not separable")
def error_for_a_kernel_that_is_not(k):
    """For a kernel that is not separable, an exception was raised. That is an ordinary answer: return None."""
    pair = taken_apart(k)
    if pair is None:
        raise ValueError("not separable")
    return pair


@mistake("separable", family="not separable")
def false_for_none(k):
    """For a kernel that is not separable, False was returned. Return None."""
    return taken_apart(k) or False


@mistake("separable", family="contract")
def kernel_overwritten_by_its_parts(k):
    """The caller's k was overwritten. An argument belongs to the caller: work on a copy."""
    pair = taken_apart(k)
    k[...] = 0
    return pair


@mistake("separable", family="contract")
def row_of_the_kernel_returned(k):
    """The row is a view of the kernel: whoever changes it changes the kernel. Return a copy."""
    pair = taken_apart(k)
    if pair is None or k.dtype.kind != "f":
        return pair
    return pair[0], k[int(np.argmax(np.max(np.abs(k), axis=1)))]


@mistake("separable", family="contract")
def parts_always_float64(k):
    """The parts are float64 whatever came in. Float32 in, float32 out."""
    return spoilt(k, lambda u, v: (u.astype(np.float64), v.astype(np.float64)))


@mistake("separable", family="contract")
def column_always_float64(k):
    """The column is float64 whatever came in. Both parts have the type of a float kernel."""
    return spoilt(k, lambda u, v: (u.astype(np.float64), v))


@mistake("separable", family="contract")
def row_of_integers(k):
    """The row of an integer kernel is of an integer type. Integers in, float64 out, for both parts."""
    return spoilt(k, lambda u, v: (u, v.astype(k.dtype)))


@mistake("separable", family="contract")
def parts_divided_as_integers(k):
    """The multiples were divided as integers, and 1/2 became 0. Convert to float64 first."""
    pair = taken_apart(k)
    if pair is None or k.dtype.kind == "f":
        return pair
    return np.floor(pair[0]), pair[1]


@mistake("separable", family="contract")
def row_accepted_as_a_kernel(k):
    """A row of numbers was accepted. A kernel has 2 axes: raise ValueError."""
    return taken_apart(k[None] if k.ndim == 1 else k)


@mistake("separable", family="contract")
def several_kernels_accepted(k):
    """Of several kernels the first was taken apart. The contract asks for 2 axes: raise ValueError."""
    return taken_apart(k[0] if k.ndim == 3 else k)


@mistake("separable", family="contract")
def none_for_other_axes(k):
    """An array that does not have 2 axes was called not separable. It is no kernel: raise ValueError."""
    return taken_apart(k) if k.ndim == 2 else None


@mistake("separable", family="contract")
def axes_asserted(k):
    """An array that does not have 2 axes was met with `assert`. Assertions are for tests and vanish under python -O:
    raise ValueError."""
    assert k.ndim == 2
    return taken_apart(k)


# -- edge_magnitude -----------------------------------------------------------------------------------------------

SOBEL_X = np.array(FIXED["sobel_x"], np.float64)
SOBEL_Y = np.array(FIXED["sobel_y"], np.float64)


def slopes(img, across=SOBEL_X, down=SOBEL_Y):
    if img.ndim != 2 or min(img.shape) < 3:
        raise ValueError(f"an image of {img.shape} has no window of 3×3")
    return right(img, across), right(img, down)


def length(img):
    across, down = slopes(img)
    return np.sqrt(across**2 + down**2)


@mistake("edge-magnitude", family="values")
def sum_of_absolute_values(img):
    """The absolute values of the two answers were added up. The length of a gradient is the root of the sum of
    squares."""
    across, down = slopes(img)
    return np.abs(across) + np.abs(down)


@mistake("edge-magnitude", family="values")
def sum_of_both(img):
    """The two answers were added up as they are: edges of opposite signs cancel. Take the root of the sum of
    squares."""
    across, down = slopes(img)
    return across + down


@mistake("edge-magnitude", family="values")
def root_forgotten(img):
    """The root is missing: the sum of squares is the square of the length."""
    return length(img) ** 2


@mistake("edge-magnitude", family="values")
def larger_of_the_two(img):
    """The larger of the two answers was kept. An edge that runs at an angle has a part of each: the root of the sum of
    squares."""
    across, down = slopes(img)
    return np.maximum(np.abs(across), np.abs(down))


@mistake("edge-magnitude", family="values")
def mean_of_squares(img):
    """The mean of the squares was taken, a factor of the root of 2 too small. Add the squares up."""
    return length(img) / img.dtype.type(np.sqrt(2))


@mistake("edge-magnitude", family="values")
def vertical_edges_only(img):
    """Only sobel_x was used: edges that run from left to right do not show."""
    return np.abs(slopes(img)[0])


@mistake("edge-magnitude", family="values")
def horizontal_edges_only(img):
    """Only sobel_y was used: edges that run from top to bottom do not show."""
    return np.abs(slopes(img)[1])


@mistake("edge-magnitude", family="values")
def same_kernel_twice(img):
    """sobel_x was used twice: the second answer must come from sobel_y."""
    return np.abs(slopes(img)[0]) * img.dtype.type(np.sqrt(2))


@mistake("edge-magnitude", family="values")
def normalised_gradient(img):
    """The result was divided by 8, so that a ramp of 1 gives 1. The Sobel kernels are used as they are in the table."""
    return length(img) / 8


@mistake("edge-magnitude", family="values")
def prewitt_edges(img):
    """The kernels have the same weight in all rows: they are Prewitt's. Sobel's have 2 in the middle."""
    across, down = slopes(img, np.sign(SOBEL_X), np.sign(SOBEL_Y))
    return np.sqrt(across**2 + down**2)


@mistake("edge-magnitude", family="values")
def central_differences(img):
    """Differences of neighbours were taken, as np.gradient does. Sobel's kernels add up three rows with the weights
    1, 2 and 1."""
    across, down = slopes(img, SOBEL_X * [[0], [1], [0]] / 4, SOBEL_Y * [[0, 1, 0]] / 4)
    return np.sqrt(across**2 + down**2)


@mistake("edge-magnitude", family="values")
def scaled_to_one(img):
    """The result was divided by its largest value. The strength of an edge does not depend on other edges."""
    y = length(img)
    return y / (y.max() or 1)


@mistake("edge-magnitude", family="values")
def thresholded(img):
    """Weak edges were set to zero. All strengths are asked for."""
    y = length(img)
    return np.where(y > y.mean(), y, 0).astype(y.dtype)


@mistake("edge-magnitude", family="values")
def angle_of_the_gradient(img):
    """The direction of the gradient was returned. Its length is asked for."""
    across, down = slopes(img)
    return np.arctan2(down, across)


@mistake("edge-magnitude", family="values")
def border_of_zeros(img):
    """The image was padded with zeros, so that the result is as large as the image and its border is all edge. There
    is no padding here."""
    return length(np.pad(img, 1)) if img.ndim == 2 and min(img.shape) > 2 else length(img)


@mistake("edge-magnitude", family="values")
def border_repeated(img):
    """The image's border was repeated, so that the result is as large as the image. There is no padding here."""
    return length(np.pad(img, 1, mode="edge")) if img.ndim == 2 and min(img.shape) > 2 else length(img)


@mistake("edge-magnitude", family="values")
def result_transposed(img):
    """Rows and columns of the result were exchanged."""
    return length(img).T.copy()


@mistake("edge-magnitude", family="values")
def negative_slopes_cut(img):
    """Negative answers were set to zero before they were squared: edges from bright to dark do not show."""
    across, down = (np.maximum(slope, 0) for slope in slopes(img))
    return np.sqrt(across**2 + down**2)


@mistake("edge-magnitude", family="values")
def cut_to_255(img):
    """The result was cut to whole numbers from 0 to 255, to make a picture of it. The values themselves are asked
    for."""
    return np.clip(np.floor(length(img)), 0, 255)


@mistake("edge-magnitude", family="values")
def outline_for_edges(img):
    """The outline kernel was used. It answers to spots and to both sides of an edge, not to the slope."""
    slopes(img)
    return np.abs(right(img, np.array(FIXED["outline"], np.float64)))


@mistake("edge-magnitude", family="contract")
def edges_of_uint8_wrap_around(img):
    """The slopes were computed in uint8, which has no negative numbers and none above 255. Convert the image to float64
    first."""
    if img.dtype != np.uint8:
        return length(img)
    across, down = (slope.astype(np.int64).astype(np.uint8).astype(np.float64) for slope in slopes(img))
    return np.sqrt(across**2 + down**2)


@mistake("edge-magnitude", family="contract")
def squares_of_uint8_wrap_around(img):
    """The squares were computed in uint8 and wrapped around. Convert the image to float64 first."""
    if img.dtype != np.uint8:
        return length(img)
    across, down = (slope.astype(np.int64) for slope in slopes(img))
    return np.sqrt((across**2 + down**2).astype(np.uint8).astype(np.float64))


@mistake("edge-magnitude", family="contract")
def edges_always_float64(img):
    """The result is float64 whatever came in, as the kernels are. Float32 in, float32 out."""
    return length(img).astype(np.float64)


@mistake("edge-magnitude", family="contract")
def edges_of_integers_stay_integers(img):
    """An integer image gave an integer result. Integers in, float64 out."""
    return length(img).astype(img.dtype)


@mistake("edge-magnitude", family="contract")
def edges_overwrite_the_image(img):
    """The caller's img was overwritten. An argument belongs to the caller: work on a copy."""
    y = length(img)
    img[1:-1, 1:-1] = y
    return y


@mistake("edge-magnitude", family="contract")
def no_edges_in_a_small_image(img):
    """An image without a window of 3×3 gave an empty result. Nothing useful can follow from it: raise ValueError."""
    if img.ndim == 2 and min(img.shape) < 3:
        return np.zeros((max(img.shape[0] - 2, 0), max(img.shape[1] - 2, 0)))
    return length(img)


@mistake("edge-magnitude", family="contract")
def edges_plane_by_plane(img):
    """An image with 3 axes was accepted, and each plane treated. The contract asks for 2 axes: raise ValueError."""
    return np.stack([length(plane) for plane in img]) if img.ndim == 3 else length(img)


@mistake("edge-magnitude", family="contract")
def edges_of_a_row(img):
    """A row of numbers was accepted. An image has 2 axes: raise ValueError."""
    return np.abs(img[2:] - img[:-2]) if img.ndim == 1 else length(img)


@mistake("edge-magnitude", family="contract")
def edges_assert(img):
    """Bad arguments were met with `assert`. Assertions are for tests and vanish under python -O: raise ValueError."""
    try:
        return length(img)
    except ValueError as error:
        raise AssertionError(str(error)) from None
