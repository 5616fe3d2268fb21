"""Known wrong answers of unit 07. Each docstring is the sentence that a learner reads."""

from __future__ import annotations

import numpy as np

from autograder.testing import Mistakes
from cnnkit.ops import conv2d, conv2d_backward, max_pool2d, max_pool2d_backward

mistake = Mistakes()


def floats(x):
    return x if x.dtype.kind == "f" else x.astype(np.float64)


# -- relu ---------------------------------------------------------------------------------------------------------


@mistake("relu", family="relu")
def absolute_value(x):
    """Negative values were made positive. ReLU sets them to 0."""
    return np.abs(floats(x))


@mistake("relu", family="relu")
def negative_part(x):
    """The negative values were kept and the positive ones cut. ReLU is max(0, x), it keeps the positive ones."""
    return np.minimum(floats(x), 0)


@mistake("relu", family="relu")
def relu_of_minus_x(x):
    """The sign was turned: max(0, -x). ReLU keeps positive values as they are."""
    return np.maximum(-floats(x), 0)


@mistake("relu", family="relu")
def nothing_cut(x):
    """The values were returned as they are. ReLU sets the negative ones to 0."""
    return floats(x).copy()


@mistake("relu", family="relu")
def step_function(x):
    """1 was returned for every positive value. That is the slope of ReLU, its value is x itself."""
    return (x > 0).astype(floats(x).dtype)


@mistake("relu", family="relu")
def cut_at_six(x):
    """Values above 6 were cut off. That is ReLU6; ReLU has no upper bound."""
    return np.clip(floats(x), 0, 6)


@mistake("relu", family="relu")
def negatives_removed(x):
    """The negative values were taken out of the array. ReLU sets them to 0 and keeps the shape."""
    return floats(x)[x > 0]


@mistake("relu", family="relu")
def softplus(x):
    """A smooth curve, ln(1 + exp(x)), was returned. ReLU has a kink at 0 and is exactly x above it."""
    return np.logaddexp(0, floats(x))


@mistake("relu", family="relu", function="relu_backward")
def slope_from_upstream(dout, x):
    """The slope was taken from the upstream gradient: where dout is positive. It is 1 where the input x is."""
    return dout * (dout > 0)


@mistake("relu", family="relu", function="relu_backward")
def slope_one_at_zero(dout, x):
    """The gradient passed where x is 0 (x >= 0). At the kink this course, like PyTorch, takes the slope 0."""
    return dout * (x >= 0)


@mistake("relu", family="relu", function="relu_backward")
def slope_inverted(dout, x):
    """The gradient passed where the input was cut. It passes where x is positive and nowhere else."""
    return dout * (x < 0)


@mistake("relu", family="relu", function="relu_backward")
def relu_slope_without_upstream(dout, x):
    """The slope alone was returned. The chain rule multiplies it by the upstream gradient dout."""
    return (x > 0).astype(floats(x).dtype)


@mistake("relu", family="relu", function="relu_backward")
def relu_gradient_unchanged(dout, x):
    """The upstream gradient was handed on everywhere. Where ReLU cut a value, nothing comes back."""
    return floats(dout).copy()


@mistake("relu", family="relu", function="relu_backward")
def times_the_value(dout, x):
    """The upstream gradient was multiplied by the value of ReLU. The factor is its slope, 0 or 1."""
    return dout * np.maximum(floats(x), 0)


@mistake("relu", family="leaky relu and elu", function="leaky_relu")
def no_leak(x, slope=0.01):
    """Negative values became 0, as in the plain ReLU. The leaky one multiplies them by the slope."""
    return np.maximum(floats(x), 0)


@mistake("relu", family="leaky relu and elu", function="leaky_relu")
def slope_on_the_positive_side(x, slope=0.01):
    """Positive values were multiplied by the slope and negative ones kept. It is the other way round."""
    return np.where(x > 0, slope * floats(x), floats(x))


@mistake("relu", family="leaky relu and elu", function="leaky_relu")
def slope_hard_coded(x, slope=0.01):
    """The slope was always 0.01. It is an argument, and 0.01 only its default."""
    return np.where(x > 0, floats(x), 0.01 * floats(x))


@mistake("relu", family="leaky relu and elu", function="leaky_relu")
def other_default_slope(x, slope=0.2):
    """The slope was 0.2 where none was given. The default of this course, like PyTorch's, is 0.01."""
    return np.where(x > 0, floats(x), slope * floats(x))


@mistake("relu", family="leaky relu and elu", function="leaky_relu")
def slope_for_value(x, slope=0.01):
    """Negative values were replaced by the slope. They are multiplied by it."""
    return np.where(x > 0, floats(x), slope)


@mistake("relu", family="leaky relu and elu", function="leaky_relu")
def leak_turned_positive(x, slope=0.01):
    """Negative values became positive: slope times |x|. The leak keeps their sign."""
    return np.where(x > 0, floats(x), slope * np.abs(floats(x)))


@mistake("relu", family="leaky relu and elu", function="leaky_relu_backward")
def no_gradient_leaks(dout, x, slope=0.01):
    """No gradient came back from negative inputs. There the slope of the leaky ReLU is `slope`, not 0."""
    return dout * (x > 0)


@mistake("relu", family="leaky relu and elu", function="leaky_relu_backward")
def leaky_slope_one_at_zero(dout, x, slope=0.01):
    """At x = 0 the slope 1 was taken (x >= 0). It is 1 above 0 only, and `slope` elsewhere."""
    return dout * np.where(x >= 0, 1, slope).astype(floats(x).dtype)


@mistake("relu", family="leaky relu and elu", function="leaky_relu_backward")
def leaky_slope_from_upstream(dout, x, slope=0.01):
    """The slope was chosen by the sign of dout. The sign of the input x decides."""
    return dout * np.where(dout > 0, 1, slope).astype(floats(x).dtype)


@mistake("relu", family="leaky relu and elu", function="leaky_relu_backward")
def leaky_slope_without_upstream(dout, x, slope=0.01):
    """The slopes alone were returned. The chain rule multiplies them by the upstream gradient dout."""
    return np.where(x > 0, 1.0, slope).astype(floats(x).dtype)


@mistake("relu", family="leaky relu and elu", function="leaky_relu_backward")
def backward_slope_hard_coded(dout, x, slope=0.01):
    """The gradient leaks with 0.01 whatever the argument says. The slope is that of the forward pass."""
    return dout * np.where(x > 0, 1, 0.01).astype(floats(x).dtype)


@mistake("relu", family="leaky relu and elu", function="elu")
def minus_one_missing(x, alpha=1.0):
    """Negative values became alpha * exp(x), without the minus one. The curve must pass through 0 at x = 0."""
    return np.where(x > 0, floats(x), alpha * np.exp(np.minimum(floats(x), 0)))


@mistake("relu", family="leaky relu and elu", function="elu")
def minus_one_outside(x, alpha=1.0):
    """The one was subtracted after the product with alpha. It belongs in the bracket: alpha * (exp(x) - 1)."""
    return np.where(x > 0, floats(x), alpha * np.exp(np.minimum(floats(x), 0)) - 1)


@mistake("relu", family="leaky relu and elu", function="elu")
def alpha_ignored(x, alpha=1.0):
    """alpha was left out. It is the depth to which the curve falls on the negative side."""
    return np.where(x > 0, floats(x), np.expm1(np.minimum(floats(x), 0)))


@mistake("relu", family="leaky relu and elu", function="elu")
def alpha_in_the_exponent(x, alpha=1.0):
    """alpha stood in the exponent. It is a factor in front of the bracket."""
    return np.where(x > 0, floats(x), np.expm1(alpha * np.minimum(floats(x), 0)))


@mistake("relu", family="leaky relu and elu", function="elu")
def infinity_times_zero(x, alpha=1.0):
    """The two sides were multiplied by 0 or 1 and added. exp(1000) is infinite, and infinite times 0 is no number:
    choose with np.where and keep the exponent below 0."""
    x = floats(x)
    return x * (x > 0) + alpha * (np.exp(x) - 1) * (x <= 0)


@mistake("relu", family="leaky relu and elu", function="elu")
def alpha_on_both_sides(x, alpha=1.0):
    """Positive values were multiplied by alpha too. That is SELU's way; ELU leaves them as they are."""
    return alpha * np.where(x > 0, floats(x), np.expm1(np.minimum(floats(x), 0)))


@mistake("relu", family="leaky relu and elu", function="elu_backward")
def elu_value_for_slope(dout, x, alpha=1.0):
    """On the negative side dout was multiplied by alpha * (exp(x) - 1), the value. The slope is alpha * exp(x)."""
    return dout * np.where(x > 0, 1, alpha * np.expm1(np.minimum(floats(x), 0)))


@mistake("relu", family="leaky relu and elu", function="elu_backward")
def elu_slope_without_alpha(dout, x, alpha=1.0):
    """alpha was left out of the slope. The derivative of alpha * (exp(x) - 1) is alpha * exp(x)."""
    return dout * np.where(x > 0, 1, np.exp(np.minimum(floats(x), 0)))


@mistake("relu", family="leaky relu and elu", function="elu_backward")
def elu_slope_at_zero(dout, x, alpha=1.0):
    """At x = 0 the slope 1 was taken. It is 1 above 0 only; at 0 it is alpha * exp(0) = alpha."""
    return dout * np.where(x >= 0, 1, alpha * np.exp(np.minimum(floats(x), 0)))


@mistake("relu", family="leaky relu and elu", function="elu_backward")
def elu_slope_without_upstream(dout, x, alpha=1.0):
    """The slope of ELU alone was returned. The chain rule multiplies it by the upstream gradient dout."""
    return np.where(x > 0, 1.0, alpha * np.exp(np.minimum(floats(x), 0)))


@mistake("relu", family="leaky relu and elu", function="elu_backward")
def infinite_slope_times_zero(dout, x, alpha=1.0):
    """The slopes of both sides were multiplied by 0 or 1 and added. exp(1000) is infinite, and infinite times 0 is no
    number: choose with np.where and keep the exponent below 0."""
    x = floats(x)
    return dout * ((x > 0) + alpha * np.exp(x) * (x <= 0))


def logistic(x):
    small = np.exp(-np.abs(floats(x)))
    return np.where(x >= 0, 1, small) / (1 + small)


@mistake("relu", family="sigmoid and tanh", function="sigmoid")
def minus_forgotten(x):
    """The exponent lost its minus sign: 1 / (1 + exp(x)) falls from 1 to 0. The sigmoid rises, with exp(-x)."""
    return logistic(-floats(x))


@mistake("relu", family="sigmoid and tanh", function="sigmoid")
def infinite_by_infinite(x):
    """exp(x) / (1 + exp(x)) is infinite by infinite at x = 1000, no number. Only exponents below 0 are safe."""
    e = np.exp(floats(x))
    return e / (1 + e)


@mistake("relu", family="sigmoid and tanh", function="sigmoid")
def hyperbolic_for_logistic(x):
    """The tanh was returned, which goes from -1 to 1. The sigmoid goes from 0 to 1."""
    return np.tanh(floats(x))


@mistake("relu", family="sigmoid and tanh", function="sigmoid")
def straight_line_sigmoid(x):
    """A straight line from 0 to 1 was returned, the hard sigmoid. The sigmoid is 1 / (1 + exp(-x))."""
    return np.clip(floats(x) / 6 + 0.5, 0, 1)


@mistake("relu", family="sigmoid and tanh", function="sigmoid")
def exponent_clipped(x):
    """x was clipped to a small range against overflow, and values at its ends are off. Take exp(-|x|), which never
    overflows, instead."""
    return logistic(np.clip(floats(x), -10, 10))


@mistake("relu", family="sigmoid and tanh", function="sigmoid_backward")
def input_for_output(dout, x):
    """The slope was taken as x(1 - x) with the input. It is s(1 - s) with s = sigmoid(x), the output."""
    return dout * (x * (1 - floats(x)))


@mistake("relu", family="sigmoid and tanh", function="sigmoid_backward")
def logistic_slope_without_upstream(dout, x):
    """The slope of the sigmoid alone was returned. The chain rule multiplies it by the upstream gradient dout."""
    s = logistic(x)
    return s * (1 - s)


@mistake("relu", family="sigmoid and tanh", function="sigmoid_backward")
def half_of_the_slope(dout, x):
    """The factor 1 - s was left out. The slope of the sigmoid is s(1 - s), at most 1/4."""
    return dout * logistic(x)


@mistake("relu", family="sigmoid and tanh", function="sigmoid_backward")
def other_half_of_the_slope(dout, x):
    """The factor s was left out. The slope of the sigmoid is s(1 - s), at most 1/4."""
    return dout * (1 - logistic(x))


@mistake("relu", family="sigmoid and tanh", function="sigmoid_backward")
def slope_of_the_upstream(dout, x):
    """The slope was taken at dout in place of x. It belongs to the input of the forward pass."""
    s = logistic(dout)
    return dout * (s * (1 - s))


@mistake("relu", family="sigmoid and tanh", function="sigmoid_backward")
def slope_of_the_slope(dout, x):
    """The sigmoid was applied twice: the slope was taken at sigmoid(x). It is taken at x."""
    s = logistic(logistic(x))
    return dout * (s * (1 - s))


@mistake("relu", family="sigmoid and tanh", function="tanh")
def logistic_for_hyperbolic(x):
    """The sigmoid was returned, which goes from 0 to 1. The tanh goes from -1 to 1."""
    return logistic(x)


@mistake("relu", family="sigmoid and tanh", function="tanh")
def tanh_of_half(x):
    """2 * sigmoid(x) - 1 is the tanh of x/2. The tanh of x is 2 * sigmoid(2x) - 1."""
    return 2 * logistic(x) - 1


@mistake("relu", family="sigmoid and tanh", function="tanh")
def quotient_of_infinities(x):
    """The quotient of exponentials is infinite by infinite at x = 1000, no number. np.tanh is safe everywhere."""
    up, down = np.exp(floats(x)), np.exp(-floats(x))
    return (up - down) / (up + down)


@mistake("relu", family="sigmoid and tanh", function="tanh")
def clipped_line(x):
    """A straight line from -1 to 1 was returned. The tanh bends smoothly: only near 0 is it close to x."""
    return np.clip(floats(x), -1, 1)


@mistake("relu", family="sigmoid and tanh", function="tanh_backward")
def square_forgotten(dout, x):
    """The slope was taken as 1 - tanh(x). The tanh is squared in it: 1 - tanh(x)²."""
    return dout * (1 - np.tanh(floats(x)))


@mistake("relu", family="sigmoid and tanh", function="tanh_backward")
def input_squared(dout, x):
    """The slope was taken as 1 - x² with the input. It is 1 - tanh(x)², with the output."""
    return dout * (1 - floats(x) ** 2)


@mistake("relu", family="sigmoid and tanh", function="tanh_backward")
def one_minus_missing(dout, x):
    """The slope was taken as tanh(x)². It is one minus that: steepest at 0, flat far out."""
    return dout * np.tanh(floats(x)) ** 2


@mistake("relu", family="sigmoid and tanh", function="tanh_backward")
def slope_of_the_sigmoid(dout, x):
    """The slope was taken as t(1 - t) with t = tanh(x). That rule is the sigmoid's; here it is 1 - t²."""
    t = np.tanh(floats(x))
    return dout * (t * (1 - t))


@mistake("relu", family="sigmoid and tanh", function="tanh_backward")
def tanh_slope_without_upstream(dout, x):
    """The slope of the tanh alone was returned. The chain rule multiplies it by the upstream gradient dout."""
    return 1 - np.tanh(floats(x)) ** 2


def competitors(x, k):
    if x.shape[1] % k:
        raise ValueError(f"{x.shape[1]} channels do not split into groups of {k}")
    return floats(x).reshape(len(x), -1, k, *x.shape[2:])


def to_winners(winners, dout, x):
    return (winners.astype(dout.dtype) * np.expand_dims(dout, 2)).reshape(x.shape)


@mistake("relu", family="maxout", function="maxout")
def neighbours_far_apart(x, k):
    """Channels m, m + M, m + 2M, … competed. The k channels of a group are neighbours: m·k to m·k + k - 1."""
    competitors(x, k)
    return floats(x).reshape(len(x), k, -1, *x.shape[2:]).max(axis=1)


@mistake("relu", family="maxout", function="maxout")
def smallest_wins(x, k):
    """The smallest of the k channels was kept. Maxout keeps the largest."""
    return competitors(x, k).min(axis=2)


@mistake("relu", family="maxout", function="maxout")
def mean_of_competitors(x, k):
    """The k channels were averaged. Maxout keeps the largest and drops the others."""
    return competitors(x, k).mean(axis=2)


@mistake("relu", family="maxout", function="maxout")
def sum_of_competitors(x, k):
    """The k channels were added up. Maxout keeps the largest and drops the others."""
    return competitors(x, k).sum(axis=2)


@mistake("relu", family="maxout", function="maxout")
def largest_magnitude(x, k):
    """The value with the largest magnitude was kept, whatever its sign. Maxout compares the values themselves."""
    groups = competitors(x, k)
    return np.take_along_axis(groups, np.abs(groups).argmax(axis=2, keepdims=True), 2)[:, :, 0]


@mistake("relu", family="maxout", function="maxout")
def zero_competes(x, k):
    """Negative maxima became 0. There is no ReLU in maxout: the largest channel wins even if it is negative."""
    return np.maximum(competitors(x, k).max(axis=2), 0)


@mistake("relu", family="maxout", function="maxout")
def winners_number(x, k):
    """The number of the winning channel was returned. Maxout returns its value."""
    groups = competitors(x, k)
    return groups.argmax(axis=2).astype(groups.dtype)


@mistake("relu", family="maxout", function="maxout")
def k_groups(x, k):
    """The channels were split into k groups. k is the size of a group; there are C / k of them."""
    competitors(x, k)
    return floats(x).reshape(len(x), k, -1, *x.shape[2:]).max(axis=2)


@mistake("relu", family="maxout", function="maxout")
def left_over_channels_dropped(x, k):
    """Channels that do not fill a group were dropped in silence. That makes no maxout layer: raise ValueError."""
    return competitors(x[:, : x.shape[1] // k * k], k).max(axis=2)


@mistake("relu", family="maxout", function="maxout_backward")
def all_ties_win(dout, x, k):
    """Every channel that equals the largest got the whole gradient. Of equal ones the first alone gets it."""
    groups = competitors(x, k)
    return to_winners(groups == groups.max(axis=2, keepdims=True), dout, x)


@mistake("relu", family="maxout", function="maxout_backward")
def last_tie_wins(dout, x, k):
    """Of equal channels the last got the gradient. In this course the first does."""
    groups = competitors(x, k)[:, :, ::-1]
    winners = np.zeros(groups.shape)
    np.put_along_axis(winners, groups.argmax(axis=2, keepdims=True), 1, 2)
    return to_winners(winners[:, :, ::-1], dout, x)


@mistake("relu", family="maxout", function="maxout_backward")
def ties_share(dout, x, k):
    """Equal channels shared the gradient. In this course the first gets all of it."""
    groups = competitors(x, k)
    winners = groups == groups.max(axis=2, keepdims=True)
    return to_winners(winners / winners.sum(axis=2, keepdims=True), dout, x)


@mistake("relu", family="maxout", function="maxout_backward")
def losers_too(dout, x, k):
    """All k channels got the gradient. Only the winner's value went on, so only the winner gets it."""
    return to_winners(np.ones(competitors(x, k).shape), dout, x)


@mistake("relu", family="maxout", function="maxout_backward")
def gradient_shared_out(dout, x, k):
    """The gradient was shared out evenly over the k channels. That is the backward pass of a mean; the winner gets
    all of it."""
    return to_winners(np.ones(competitors(x, k).shape) / k, dout, x)


@mistake("relu", family="maxout", function="maxout_backward")
def winners_without_upstream(dout, x, k):
    """A 1 was written where a channel won. The gradient there is the upstream gradient dout."""
    return all_ties_win(np.ones_like(dout), x, k)


@mistake("relu", family="maxout", function="maxout_backward")
def winners_far_apart(dout, x, k):
    """Channels m, m + M, m + 2M, … competed in the backward pass. The k channels of a group are neighbours."""
    groups = floats(x).reshape(len(x), k, -1, *x.shape[2:])
    winners = np.zeros(groups.shape)
    np.put_along_axis(winners, groups.argmax(axis=1, keepdims=True), 1, 1)
    return (winners.astype(dout.dtype) * dout[:, None]).reshape(x.shape)


@mistake("relu", family="contract")
def relu_in_place(x):
    """The negative values were set to 0 in the argument itself. Work on a copy: others still need x."""
    x[x < 0] = 0
    return x


@mistake("relu", family="contract")
def relu_always_float64(x):
    """The result is always float64. A float32 array must give a float32 result."""
    return np.maximum(x.astype(np.float64), 0)


@mistake("relu", family="contract")
def relu_keeps_whole_numbers(x):
    """Whole numbers gave whole numbers. They must give float64, so that the next layer can go on with them."""
    return np.maximum(x, 0)


@mistake("relu", family="contract")
def same_array_if_nothing_is_cut(x):
    """Where nothing was negative the argument itself was returned. The result must have memory of its own."""
    return floats(x) if (x >= 0).all() else np.maximum(floats(x), 0)


@mistake("relu", family="contract", function="relu_backward")
def upstream_changed(dout, x):
    """dout was set to 0 in place. It belongs to the caller: multiply, or work on a copy."""
    dout[x <= 0] = 0
    return dout


@mistake("relu", family="contract", function="relu_backward")
def relu_gradient_float64(dout, x):
    """The gradient is always float64. For a float32 input it must be float32."""
    return dout * (x > 0).astype(np.float64)


@mistake("relu", family="contract", function="leaky_relu")
def leak_in_place(x, slope=0.01):
    """The negative values were multiplied in the argument itself. Work on a copy: others still need x."""
    x = floats(x)
    x[x < 0] *= slope
    return x


@mistake("relu", family="contract", function="leaky_relu_backward")
def leaky_gradient_float64(dout, x, slope=0.01):
    """The gradient is always float64, since np.where makes float64 of two Python numbers. Convert the slopes."""
    return dout * np.where(x > 0, 1.0, slope)


@mistake("relu", family="contract", function="sigmoid")
def sigmoid_always_float64(x):
    """The sigmoid is always float64. A float32 array must give a float32 result."""
    return logistic(x.astype(np.float64))


@mistake("relu", family="contract", function="maxout")
def view_of_the_only_channel(x, k):
    """With one channel in a group the result was x in another shape, a view of the argument. Return a copy."""
    return competitors(x, k)[:, :, 0] if k == 1 else competitors(x, k).max(axis=2)


@mistake("relu", family="contract", function="maxout_backward")
def maxout_gradient_float64(dout, x, k):
    """The gradient of maxout is always float64. For float32 it must be float32: make zeros of x's type."""
    winners = np.zeros(competitors(x, k).shape)
    np.put_along_axis(winners, competitors(x, k).argmax(axis=2, keepdims=True), 1, 2)
    return to_winners(winners, dout.astype(np.float64), x)


# -- linear -------------------------------------------------------------------------------------------------------


def check_linear(x, w, b):
    if x.ndim != 2 or w.ndim != 2:
        raise ValueError(f"x and w need 2 axes, they have {x.ndim} and {w.ndim}")
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x has {x.shape[1]} values a row, w expects {w.shape[1]}")
    if b.shape != (len(w),):
        raise ValueError(f"b has shape {b.shape}, expected {(len(w),)}")


def weighted(x, w, b):
    check_linear(x, w, b)
    return (floats(x) @ w.T + b).astype(floats(x).dtype)


@mistake("linear", family="values")
def bias_missing(x, w, b):
    """The bias was not added. b[m] belongs to output m of every row."""
    check_linear(x, w, b)
    return (floats(x) @ w.T).astype(floats(x).dtype)


@mistake("linear", family="values")
def bias_subtracted(x, w, b):
    """The bias was subtracted. The layer adds it."""
    return weighted(x, w, -b)


@mistake("linear", family="values")
def bias_in_every_product(x, w, b):
    """The bias was added to every product of the sum. It belongs once to each sum."""
    check_linear(x, w, b)
    return weighted(x, w, b * x.shape[1])


@mistake("linear", family="values")
def first_bias_for_all_outputs(x, w, b):
    """The first bias was added to all outputs. Each output has its own: b[m]."""
    return weighted(x, w, np.full_like(b, b[0]))


@mistake("linear", family="values")
def mean_of_products(x, w, b):
    """The products were averaged. The layer takes their sum."""
    check_linear(x, w, b)
    return (floats(x) @ w.T / x.shape[1] + b).astype(floats(x).dtype)


@mistake("linear", family="values")
def weights_not_transposed(x, w, b):
    """x was multiplied by w itself. The rows of w belong to the outputs, so that it is w transposed: x @ w.T."""
    return floats(x) @ w + b


@mistake("linear", family="values")
def outputs_before_images(x, w, b):
    """The result was (M, N), outputs first. Each row belongs to an image: (N, M)."""
    return weighted(x, w, b).T.copy()


@mistake("linear", family="values")
def relu_added(x, w, b):
    """Negative results were set to 0. The activation is a function of its own; this layer is linear."""
    return np.maximum(weighted(x, w, b), 0)


@mistake("linear", family="values")
def only_the_first_row(x, w, b):
    """Only the first image was computed and repeated. Each row of x gives its own row."""
    return np.repeat(weighted(x, w, b)[:1], len(x), axis=0)


def backward(dout, x, w):
    if dout.shape != (len(x), len(w)):
        raise ValueError(f"dout has shape {dout.shape}, expected {(len(x), len(w))}")
    dtype = floats(x).dtype
    return (dout @ w).astype(dtype), (dout.T @ x).astype(dtype), dout.sum(axis=0).astype(dtype)


@mistake("linear", family="gradients", function="linear_backward")
def weights_gradient_transposed(dout, x, w):
    """dw was (D, M). It has the shape of w, (M, D): dout.T @ x."""
    dx, dw, db = backward(dout, x, w)
    return dx, dw.T.copy(), db


@mistake("linear", family="gradients", function="linear_backward")
def weights_gradient_averaged(dout, x, w):
    """dw was divided by the number of images. The gradient adds them up; the mean is in the loss already."""
    dx, dw, db = backward(dout, x, w)
    return dx, dw / dw.dtype.type(len(x)), db


@mistake("linear", family="gradients", function="linear_backward")
def bias_gradient_averaged(dout, x, w):
    """db was the mean over the images. The bias is added to each of them, so that its gradient is the sum."""
    dx, dw, db = backward(dout, x, w)
    return dx, dw, db / db.dtype.type(len(x))


@mistake("linear", family="gradients", function="linear_backward")
def bias_gradient_for_each_image(dout, x, w):
    """db was dout itself, one row for each image. The bias is shared by all images: add the rows up."""
    dx, dw, _ = backward(dout, x, w)
    return dx, dw, dout.copy()


@mistake("linear", family="gradients", function="linear_backward")
def bias_gradient_over_outputs(dout, x, w):
    """db was summed over the outputs. The sum runs over the images: axis 0."""
    dx, dw, _ = backward(dout, x, w)
    return dx, dw, dout.sum(axis=1)


@mistake("linear", family="gradients", function="linear_backward")
def bias_gradient_is_one_number(dout, x, w):
    """db was summed over everything. It has one value for each output: sum over the images only."""
    dx, dw, db = backward(dout, x, w)
    return dx, dw, np.full_like(db, db.sum())


@mistake("linear", family="gradients", function="linear_backward")
def bias_gradient_of_ones(dout, x, w):
    """db was 1 everywhere. That is the slope; the chain rule multiplies it by dout and adds up the images."""
    dx, dw, db = backward(dout, x, w)
    return dx, dw, np.ones_like(db)


@mistake("linear", family="gradients", function="linear_backward")
def order_of_gradients(dout, x, w):
    """The gradients came in another order. It is that of the forward arguments: dx, dw, db."""
    dx, dw, db = backward(dout, x, w)
    return dw, dx, db


@mistake("linear", family="gradients", function="linear_backward")
def upstream_ignored(dout, x, w):
    """dout was taken as ones. Every output has its own upstream gradient, which multiplies what goes back."""
    return backward(np.ones_like(dout), x, w)


@mistake("linear", family="gradients", function="linear_backward")
def last_images_weights(dout, x, w):
    """dw came from the last image alone: each image replaced the one before it. Write += for =."""
    dx, _, db = backward(dout, x, w)
    return dx, np.outer(dout[-1], x[-1]).astype(dx.dtype), db


@mistake("linear", family="gradients", function="linear_backward")
def input_gradient_from_first_output(dout, x, w):
    """dx came from the first output alone. An input feeds all outputs: add up what comes back from each."""
    _, dw, db = backward(dout, x, w)
    return dout[:, :1] * w[:1], dw, db


@mistake("linear", family="gradients", function="linear_backward")
def input_gradient_without_weights(dout, x, w):
    """dx was the sum of dout, without the weights. Each output sends its gradient back times its weight."""
    dx, dw, db = backward(dout, x, w)
    return np.repeat(dout.sum(axis=1, keepdims=True), x.shape[1], axis=1).astype(dx.dtype), dw, db


@mistake("linear", family="contract")
def linear_always_float64(x, w, b):
    """The result is always float64. Float32 inputs must give a float32 result."""
    return weighted(x, w, b).astype(np.float64)


@mistake("linear", family="contract")
def linear_keeps_whole_numbers(x, w, b):
    """Whole numbers gave whole numbers. They must give float64."""
    check_linear(x, w, b)
    return x @ w.T + b


@mistake("linear", family="contract")
def one_bias_broadcast(x, w, b):
    """A single bias was accepted for all outputs: NumPy stretches it in silence. Check the shape of b."""
    if b.shape == (1,):
        return weighted(x, w, np.full(len(w), b[0], b.dtype))
    return weighted(x, w, b)


@mistake("linear", family="contract")
def row_of_one_broadcast(x, w, b):
    """A single value a row was accepted and used for all weights: NumPy stretches it in silence. Check the shapes."""
    return weighted(np.repeat(x, w.shape[1], axis=1), w, b) if x.ndim == 2 and x.shape[1] == 1 else weighted(x, w, b)


@mistake("linear", family="contract")
def single_image_accepted(x, w, b):
    """An x with one axis was accepted. Rows of images are asked for, (N, D): raise ValueError."""
    return weighted(np.atleast_2d(x), w, b)


@mistake("linear", family="contract")
def wrong_error(x, w, b):
    """What does not fit raised another exception than ValueError (an assert, most likely)."""
    try:
        return weighted(x, w, b)
    except ValueError as error:
        raise AssertionError(str(error)) from None


@mistake("linear", family="contract", function="linear_backward")
def gradients_always_float64(dout, x, w):
    """The gradients are always float64. Float32 inputs must give float32 gradients."""
    return tuple(gradient.astype(np.float64) for gradient in backward(dout, x, w))


@mistake("linear", family="contract", function="linear_backward")
def upstream_of_one_image_broadcast(dout, x, w):
    """An upstream gradient of one row was used for all images: NumPy stretches it in silence. Check its shape."""
    return backward(np.broadcast_to(dout, (len(x), len(w))).copy(), x, w)


# -- softmax_cross_entropy ------------------------------------------------------------------------------------------


def check_classes(logits, y):
    if logits.ndim != 2 or y.shape != logits.shape[:1]:
        raise ValueError(f"logits have shape {logits.shape}, y has {y.shape}")
    if y.min() < 0 or y.max() >= logits.shape[1]:
        raise ValueError(f"classes from {y.min()} to {y.max()}, expected 0 to {logits.shape[1] - 1}")


def log_softmax(logits, axis=1):
    shifted = floats(logits) - logits.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def one_hot(logits, y):
    chosen = np.zeros(logits.shape, floats(logits).dtype)
    chosen[np.arange(len(y)), y] = 1
    return chosen


def right_loss(logits, y):
    check_classes(logits, y)
    return float(-(log_softmax(logits) * one_hot(logits, y)).sum() / len(y))


def right_gradient(logits, y):
    check_classes(logits, y)
    return (np.exp(log_softmax(logits)) - one_hot(logits, y)) / len(y)


@mistake("softmax-cross-entropy", family="loss")
def sum_over_images(logits, y):
    """The loss was summed over the images. It is their mean: divide by N."""
    return right_loss(logits, y) * len(y), right_gradient(logits, y)


@mistake("softmax-cross-entropy", family="loss")
def gradient_returned_first(logits, y):
    """Loss and gradient were returned in the wrong order. The loss comes first: (loss, dlogits)."""
    return right_gradient(logits, y), right_loss(logits, y)


@mistake("softmax-cross-entropy", family="loss")
def loss_divided_twice(logits, y):
    """The loss was divided by N two times. Once is enough: by np.mean or by / N."""
    return right_loss(logits, y) / len(y), right_gradient(logits, y)


@mistake("softmax-cross-entropy", family="loss")
def mean_over_all_entries(logits, y):
    """The mean was taken over all N·K entries, most of which are 0. Divide by the number of images, N."""
    return right_loss(logits, y) / logits.shape[1], right_gradient(logits, y)


@mistake("softmax-cross-entropy", family="loss")
def loss_with_wrong_sign(logits, y):
    """The minus sign was forgotten: the logarithm of a probability is negative, the loss is not."""
    return -right_loss(logits, y), right_gradient(logits, y)


@mistake("softmax-cross-entropy", family="loss")
def decimal_logarithm(logits, y):
    """The decimal logarithm was taken. The loss is with the natural one, np.log."""
    return right_loss(logits, y) / float(np.log(10)), right_gradient(logits, y)


@mistake("softmax-cross-entropy", family="loss")
def binary_logarithm(logits, y):
    """The binary logarithm was taken. The loss is with the natural one, np.log."""
    return right_loss(logits, y) / float(np.log(2)), right_gradient(logits, y)


@mistake("softmax-cross-entropy", family="loss")
def probability_for_logarithm(logits, y):
    """The logarithm was left out: one minus the right class's probability was averaged."""
    check_classes(logits, y)
    p = np.exp(log_softmax(logits))
    return float(np.mean(1 - p[np.arange(len(y)), y])), right_gradient(logits, y)


@mistake("softmax-cross-entropy", family="loss")
def softmax_over_images(logits, y):
    """The softmax in the loss ran over the images. The probabilities of one image's classes add up to 1: axis 1."""
    check_classes(logits, y)
    return float(-(log_softmax(logits, 0) * one_hot(logits, y)).sum() / len(y)), right_gradient(logits, y)


@mistake("softmax-cross-entropy", family="loss")
def likeliest_class(logits, y):
    """The loss took the likeliest class's probability. It takes that of the right class, y."""
    check_classes(logits, y)
    return float(-log_softmax(logits).max(axis=1).mean()), right_gradient(logits, y)


@mistake("softmax-cross-entropy", family="loss")
def first_class_of_all(logits, y):
    """The loss took the first class's probability in every row. It takes that of the right class, y."""
    check_classes(logits, y)
    return float(-log_softmax(logits)[:, 0].mean()), right_gradient(logits, y)


@mistake("softmax-cross-entropy", family="loss")
def entropy(logits, y):
    """The entropy of the probabilities was returned, which does not look at y. The loss is -ln of the right class's."""
    check_classes(logits, y)
    log_p = log_softmax(logits)
    return float(-(np.exp(log_p) * log_p).sum(axis=1).mean()), right_gradient(logits, y)


@mistake("softmax-cross-entropy", family="loss")
def squared_error(logits, y):
    """The squared distance of the probabilities from the right ones was returned. Cross-entropy is -ln p of the
    right class."""
    check_classes(logits, y)
    p = np.exp(log_softmax(logits))
    return float(((p - one_hot(logits, y)) ** 2).sum(axis=1).mean()), right_gradient(logits, y)


@mistake("softmax-cross-entropy", family="loss")
def loss_of_logits(logits, y):
    """The right class's logit itself was averaged, without the softmax: ln of the sum of exponentials is missing."""
    check_classes(logits, y)
    return float(-floats(logits)[np.arange(len(y)), y].mean()), right_gradient(logits, y)


@mistake("softmax-cross-entropy", family="loss")
def every_row_with_every_class(logits, y):
    """p[:, y] takes all the classes in y for every row. Row i has class y[i]: index with np.arange(N) and y."""
    check_classes(logits, y)
    return float(-log_softmax(logits)[:, y].mean()), right_gradient(logits, y)


@mistake("softmax-cross-entropy", family="loss")
def last_image_only(logits, y):
    """The loss of the last image was returned. It is the mean over all of them."""
    check_classes(logits, y)
    return float(-log_softmax(logits)[-1, y[-1]]), right_gradient(logits, y)


@mistake("softmax-cross-entropy", family="loss")
def classes_from_one(logits, y):
    """Classes were counted from 1: the column before the right one was taken. They are counted from 0."""
    check_classes(logits, y)
    return float(-log_softmax(logits)[np.arange(len(y)), y - 1].mean()), right_gradient(logits, y)


@mistake("softmax-cross-entropy", family="gradient")
def gradient_not_divided(logits, y):
    """The gradient was not divided by N. The loss is a mean, and so is its gradient."""
    return right_loss(logits, y), right_gradient(logits, y) * len(y)


@mistake("softmax-cross-entropy", family="gradient")
def gradient_divided_twice(logits, y):
    """The gradient was divided by N two times. The loss is one mean."""
    return right_loss(logits, y), right_gradient(logits, y) / len(y)


@mistake("softmax-cross-entropy", family="gradient")
def gradient_divided_by_entries(logits, y):
    """The gradient was divided by N·K. The loss is a mean over the N images only."""
    return right_loss(logits, y), right_gradient(logits, y) / logits.shape[1]


@mistake("softmax-cross-entropy", family="gradient")
def gradient_with_wrong_sign(logits, y):
    """The sign is turned: the gradient is p minus 1 for the right class. A step against it makes p larger there."""
    return right_loss(logits, y), -right_gradient(logits, y)


@mistake("softmax-cross-entropy", family="gradient")
def right_class_not_subtracted(logits, y):
    """The probabilities themselves were returned. The gradient has one less at the right class of each row."""
    return right_loss(logits, y), np.exp(log_softmax(logits)) / len(y)


@mistake("softmax-cross-entropy", family="gradient")
def right_class_only(logits, y):
    """Only the right class's column was filled. The other classes' logits raise the loss too: their gradient is p."""
    return right_loss(logits, y), right_gradient(logits, y) * one_hot(logits, y)


@mistake("softmax-cross-entropy", family="gradient")
def one_subtracted_everywhere(logits, y):
    """1 was subtracted from all probabilities. It is subtracted at the right class only."""
    return right_loss(logits, y), (np.exp(log_softmax(logits)) - 1) / len(y)


@mistake("softmax-cross-entropy", family="gradient")
def all_classes_of_the_batch(logits, y):
    """p[:, y] -= 1 changes the columns of all classes in y in every row. Row i has class y[i]: index with
    np.arange(N) and y."""
    check_classes(logits, y)
    p = np.exp(log_softmax(logits))
    p[:, np.unique(y)] -= 1
    return right_loss(logits, y), p / len(y)


@mistake("softmax-cross-entropy", family="gradient")
def class_number_subtracted(logits, y):
    """The class's number was subtracted from the probabilities of its row. Subtract 1, at the right class."""
    p = np.exp(log_softmax(logits))
    return right_loss(logits, y), (p - y[:, None].astype(p.dtype)) / len(y)


@mistake("softmax-cross-entropy", family="gradient")
def gradient_over_images(logits, y):
    """The softmax in the gradient ran over the images. The probabilities of one image's classes add up to 1: axis 1."""
    return right_loss(logits, y), (np.exp(log_softmax(logits, 0)) - one_hot(logits, y)) / len(y)


@mistake("softmax-cross-entropy", family="gradient")
def slope_p_times_one_minus_p(logits, y):
    """p(1 - p) was returned, the slope of one probability. The loss's gradient is p minus 1 for the right class."""
    p = np.exp(log_softmax(logits))
    return right_loss(logits, y), p * (1 - p) / len(y)


@mistake("softmax-cross-entropy", family="gradient")
def gradient_of_the_logarithm_only(logits, y):
    """The gradient is that for the probabilities, -1/p at the right class. Go on through the softmax: p minus 1."""
    p = np.exp(log_softmax(logits))
    return right_loss(logits, y), -one_hot(logits, y) / p / len(y)


@mistake("softmax-cross-entropy", family="gradient")
def gradient_from_logits(logits, y):
    """1 was subtracted from the logits. It is subtracted from the probabilities, after the softmax."""
    return right_loss(logits, y), (floats(logits) - one_hot(logits, y)) / len(y)


@mistake("softmax-cross-entropy", family="gradient")
def gradient_summed_over_images(logits, y):
    """The gradient was added up over the images. Every row of the logits has a gradient of its own: (N, K)."""
    return right_loss(logits, y), right_gradient(logits, y).sum(axis=0)


def by_probabilities(p, logits, y):
    check_classes(logits, y)
    loss = -np.log(p[np.arange(len(y)), y]).mean()
    return float(loss), (p - one_hot(logits, y)) / len(y)


@mistake("softmax-cross-entropy", family="stability")
def no_maximum_subtracted(logits, y):
    """exp(1000) is infinite, and infinite by infinite is no number. Subtract each row's largest logit first."""
    check_classes(logits, y)
    e = np.exp(floats(logits))
    return by_probabilities(e / e.sum(axis=1, keepdims=True), logits, y)


@mistake("softmax-cross-entropy", family="stability")
def largest_of_all_rows(logits, y):
    """The largest logit of all rows was subtracted from each. In a row far below it all exponentials are 0, and 0 by
    0 is no number: subtract each row's own largest."""
    check_classes(logits, y)
    e = np.exp(floats(logits) - logits.max())
    return by_probabilities(e / e.sum(axis=1, keepdims=True), logits, y)


@mistake("softmax-cross-entropy", family="stability")
def logarithm_below_the_largest_of_all(logits, y):
    """The largest logit of all rows was subtracted from each. In a row far below it all exponentials are 0, and the
    logarithm of their sum is infinite: subtract each row's own largest."""
    check_classes(logits, y)
    z = floats(logits) - logits.max()
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return float(-log_p[np.arange(len(y)), y].mean()), (np.exp(log_p) - one_hot(logits, y)) / len(y)


@mistake("softmax-cross-entropy", family="stability")
def logarithm_of_zero(logits, y):
    """The logarithm of a probability that had become 0 was taken: infinite. Take the logit minus the logarithm of the
    sum, which stays finite."""
    return by_probabilities(np.exp(log_softmax(logits)), logits, y)


@mistake("softmax-cross-entropy", family="stability")
def probability_held_above_zero(logits, y):
    """The probability was held above a tiny number before the logarithm. That caps the loss at about 35, where 1000
    is right: take the logit minus the logarithm of the sum."""
    check_classes(logits, y)
    return by_probabilities(np.maximum(np.exp(log_softmax(logits)), 1e-15), logits, y)


@mistake("softmax-cross-entropy", family="stability")
def tiny_number_added(logits, y):
    """A tiny number was added to the probability before the logarithm. That caps the loss where 1000 is right: take
    the logit minus the logarithm of the sum."""
    check_classes(logits, y)
    loss = -np.log(np.exp(log_softmax(logits))[np.arange(len(y)), y] + 1e-30).mean()
    return float(loss), right_gradient(logits, y)


@mistake("softmax-cross-entropy", family="stability")
def logits_clipped(logits, y):
    """The logits were clipped against overflow, so that large differences were lost. Subtract each row's largest
    logit instead: that changes no probability."""
    clipped = np.clip(floats(logits), -500, 500)
    return right_loss(clipped, y), right_gradient(clipped, y)


@mistake("softmax-cross-entropy", family="stability")
def smallest_subtracted(logits, y):
    """The smallest logit of each row was subtracted: the largest exponent is still as large as before. Subtract the
    largest, so that no exponent is above 0."""
    check_classes(logits, y)
    e = np.exp(floats(logits) - logits.min(axis=1, keepdims=True))
    return by_probabilities(e / e.sum(axis=1, keepdims=True), logits, y)


@mistake("softmax-cross-entropy", family="contract")
def logits_changed(logits, y):
    """The largest logit was subtracted in place, in the argument itself. Write logits - m, not logits -= m."""
    check_classes(logits, y)
    if logits.dtype.kind == "f":
        logits -= logits.max(axis=1, keepdims=True)
    return right_loss(logits, y), right_gradient(logits, y)


@mistake("softmax-cross-entropy", family="contract")
def gradient_always_float64(logits, y):
    """The gradient is always float64. Float32 logits must give a float32 gradient."""
    return right_loss(logits, y), right_gradient(logits, y).astype(np.float64)


@mistake("softmax-cross-entropy", family="contract")
def loss_is_an_array(logits, y):
    """The loss is an array of one value. It must be a number: float(loss)."""
    return np.array([right_loss(logits, y)]), right_gradient(logits, y)


@mistake("softmax-cross-entropy", family="contract")
def classes_wrap_around(logits, y):
    """Class -1 was accepted: NumPy counts it from the end. Classes are from 0 to K - 1: raise ValueError."""
    check_classes(logits, np.abs(y))
    y = y % logits.shape[1]
    return right_loss(logits, y), right_gradient(logits, y)


@mistake("softmax-cross-entropy", family="contract")
def index_error(logits, y):
    """A class that does not exist raised IndexError. ValueError is asked for, with a message that says which."""
    if len(y) == len(logits) and y.max() >= logits.shape[1]:
        raise IndexError("index out of bounds")
    return right_loss(logits, y), right_gradient(logits, y)


@mistake("softmax-cross-entropy", family="contract")
def one_class_for_all_rows(logits, y):
    """A single class was accepted for all rows: NumPy stretches it in silence. Check that y is (N,)."""
    y = np.repeat(y, len(logits)) if y.shape == (1,) else y
    return right_loss(logits, y), right_gradient(logits, y)


@mistake("softmax-cross-entropy", family="contract")
def one_row_accepted(logits, y):
    """Logits with one axis were accepted. They are (N, K): raise ValueError."""
    if logits.ndim == 1:
        return 0.0, np.zeros(logits.shape)
    return right_loss(logits, y), right_gradient(logits, y)


# -- kaiming_normal -------------------------------------------------------------------------------------------------


def checked(shape):
    if len(shape) < 2:
        raise ValueError(f"shape {shape} has no inputs")
    return shape


def fan_in(shape):
    return int(np.prod(checked(shape)[1:]))


@mistake("kaiming-normal", family="spread")
def root_forgotten(shape, rng):
    """2 / fan_in was taken as standard deviation. That is the variance; the standard deviation is its root."""
    return rng.standard_normal(shape) * 2 / fan_in(shape)


@mistake("kaiming-normal", family="spread")
def fan_out_for_fan_in(shape, rng):
    """fan_out was used: the number of outputs that an input feeds. The rule asked for here has fan_in, the number of
    inputs of one output."""
    return rng.standard_normal(shape) * np.sqrt(2 / (shape[0] * fan_in(shape) / checked(shape)[1]))


@mistake("kaiming-normal", family="spread")
def outputs_for_inputs(shape, rng):
    """The first axis was taken for fan_in. It counts the outputs; the inputs of one output are all other axes."""
    return rng.standard_normal(checked(shape)) * np.sqrt(2 / shape[0])


@mistake("kaiming-normal", family="spread")
def one_for_two(shape, rng):
    """The standard deviation was √(1 / fan_in). The ReLU behind the layer drops half of the values: √(2 / fan_in)."""
    return rng.standard_normal(shape) * np.sqrt(1 / fan_in(shape))


@mistake("kaiming-normal", family="spread")
def mean_of_both_fans(shape, rng):
    """The rule of Glorot was used, √(2 / (fan_in + fan_out)). Kaiming's has fan_in alone."""
    return rng.standard_normal(shape) * np.sqrt(2 / (fan_in(shape) + shape[0] * fan_in(shape) / shape[1]))


@mistake("kaiming-normal", family="spread")
def channels_only(shape, rng):
    """fan_in was the number of channels. A kernel has KH·KW inputs in each of them: C·KH·KW."""
    return rng.standard_normal(checked(shape)) * np.sqrt(2 / shape[1])


@mistake("kaiming-normal", family="spread")
def last_axis_only(shape, rng):
    """fan_in was the last axis alone. Of a kernel it is C·KH·KW: all axes but the first."""
    return rng.standard_normal(checked(shape)) * np.sqrt(2 / shape[-1])


@mistake("kaiming-normal", family="spread")
def all_weights_counted(shape, rng):
    """All weights were counted, those of all outputs. fan_in is the number of inputs of one output."""
    return rng.standard_normal(checked(shape)) * np.sqrt(2 / np.prod(shape))


@mistake("kaiming-normal", family="spread")
def not_scaled(shape, rng):
    """The weights have standard deviation 1. Scale them by √(2 / fan_in)."""
    return rng.standard_normal(checked(shape))


@mistake("kaiming-normal", family="spread")
def divided_by_the_deviation(shape, rng):
    """The weights were divided by √(2 / fan_in). Multiply by it: the more inputs, the smaller the weights."""
    return rng.standard_normal(shape) / np.sqrt(2 / fan_in(shape))


@mistake("kaiming-normal", family="spread")
def small_constant(shape, rng):
    """The weights have standard deviation 0.01, whatever their shape. It depends on fan_in: √(2 / fan_in)."""
    return rng.standard_normal(checked(shape)) * 0.01


@mistake("kaiming-normal", family="spread")
def positive_weights(shape, rng):
    """All weights are positive. They are normal with mean 0: half of them are negative."""
    return np.abs(rng.standard_normal(shape)) * np.sqrt(2 / fan_in(shape))


@mistake("kaiming-normal", family="spread")
def uniform_within_the_deviation(shape, rng):
    """The weights are uniform between plus and minus √(2 / fan_in). They are normal, with that standard deviation."""
    return rng.uniform(-1, 1, shape) * np.sqrt(2 / fan_in(shape))


@mistake("kaiming-normal", family="spread")
def one_axis_accepted(shape, rng):
    """A shape of one axis was accepted. It has no inputs to count: raise ValueError."""
    return rng.standard_normal(shape) * np.sqrt(2 / np.prod(shape[1:]))


@mistake("kaiming-normal", family="spread")
def shape_turned_round(shape, rng):
    """The result has its axes in the opposite order. It must have the shape that was asked for."""
    return (rng.standard_normal(shape) * np.sqrt(2 / fan_in(shape))).T.copy()


@mistake("kaiming-normal", family="randomness")
def uniform_of_the_same_deviation(shape, rng):
    """The weights are uniform, with the right standard deviation. They must be normal: rng.standard_normal."""
    return rng.uniform(-1, 1, shape) * np.sqrt(3) * np.sqrt(2 / fan_in(shape))


@mistake("kaiming-normal", family="randomness")
def generator_of_its_own(shape, rng):
    """A new generator with a fixed seed was made at each call, so that all layers begin alike. Draw from rng."""
    return np.random.default_rng(0).standard_normal(shape) * np.sqrt(2 / fan_in(shape))


@mistake("kaiming-normal", family="randomness")
def unseeded_generator(shape, rng):
    """The weights do not come from rng: the same seed gave other weights. Draw from rng only, or nobody can repeat
    your training."""
    return np.random.default_rng().standard_normal(shape) * np.sqrt(2 / fan_in(shape))


@mistake("kaiming-normal", family="randomness")
def all_outputs_alike(shape, rng):
    """All outputs have the same weights: they would learn the same for ever. Draw the whole shape."""
    one = rng.standard_normal(checked(shape)[1:]) * np.sqrt(2 / fan_in(shape))
    return np.repeat(one[None], shape[0], axis=0)


@mistake("kaiming-normal", family="randomness")
def ends_cut_off(shape, rng):
    """Weights further out than two standard deviations were drawn again (a truncated normal). Keep them."""
    values = rng.standard_normal(shape)
    while (far := np.abs(values) > 2).any():
        values[far] = rng.standard_normal(int(far.sum()))
    return values / 0.8796 * np.sqrt(2 / fan_in(shape))


# -- sgd_momentum_step ----------------------------------------------------------------------------------------------


def check_names(params, grads):
    shapes = [{name: array.shape for name, array in arrays.items()} for arrays in (params, grads)]
    if shapes[0] != shapes[1]:
        raise ValueError(f"parameters {shapes[0]}, gradients {shapes[1]}")


def decayed(p, g, wd):
    return g + wd * p if p.ndim > 1 else g.copy()


@mistake("sgd-momentum-step", family="momentum")
def uphill(params, grads, state, lr, mu=0.9, wd=0.0):
    """The velocity was added to the parameters. The gradient points uphill: subtract lr times the velocity."""
    check_names(params, grads)
    for name, p in params.items():
        state[name] = mu * state.get(name, 0) + decayed(p, grads[name], wd)
        p += lr * state[name]


@mistake("sgd-momentum-step", family="momentum")
def velocity_with_wrong_sign(params, grads, state, lr, mu=0.9, wd=0.0):
    """The gradient was subtracted from the velocity and the velocity from the parameters: uphill. One minus sign is
    enough: v = mu * v + g, p -= lr * v."""
    check_names(params, grads)
    for name, p in params.items():
        state[name] = mu * state.get(name, 0) - decayed(p, grads[name], wd)
        p -= lr * state[name]


@mistake("sgd-momentum-step", family="momentum")
def momentum_brakes(params, grads, state, lr, mu=0.9, wd=0.0):
    """The old velocity was subtracted: v = g - mu * v. Momentum keeps the direction: v = mu * v + g."""
    check_names(params, grads)
    for name, p in params.items():
        state[name] = decayed(p, grads[name], wd) - mu * state.get(name, 0)
        p -= lr * state[name]


@mistake("sgd-momentum-step", family="momentum")
def no_momentum(params, grads, state, lr, mu=0.9, wd=0.0):
    """The old velocity was not used: each step is the gradient's alone. v = mu * v + g."""
    check_names(params, grads)
    for name, p in params.items():
        state[name] = decayed(p, grads[name], wd)
        p -= lr * state[name]


@mistake("sgd-momentum-step", family="momentum")
def velocity_not_kept(params, grads, state, lr, mu=0.9, wd=0.0):
    """The new velocity was not written to the state after the first step. Every step begins with the last one's."""
    check_names(params, grads)
    for name, p in params.items():
        v = mu * state.get(name, 0) + decayed(p, grads[name], wd)
        state.setdefault(name, v)
        p -= lr * v


@mistake("sgd-momentum-step", family="momentum")
def running_mean_of_gradients(params, grads, state, lr, mu=0.9, wd=0.0):
    """The gradient was multiplied by 1 - mu. In this rule it comes in whole: v = mu * v + g."""
    check_names(params, grads)
    for name, p in params.items():
        state[name] = mu * state.get(name, 0) + (1 - mu) * decayed(p, grads[name], wd)
        p -= lr * state[name]


@mistake("sgd-momentum-step", family="momentum")
def velocity_never_forgets(params, grads, state, lr, mu=0.9, wd=0.0):
    """The old velocity was added whole. mu makes it fade: v = mu * v + g."""
    check_names(params, grads)
    for name, p in params.items():
        state[name] = state.get(name, 0) + decayed(p, grads[name], wd)
        p -= lr * state[name]


@mistake("sgd-momentum-step", family="momentum")
def momentum_on_the_new_gradient(params, grads, state, lr, mu=0.9, wd=0.0):
    """mu multiplied the sum of both: v = mu * (v + g). It multiplies the old velocity only."""
    check_names(params, grads)
    for name, p in params.items():
        state[name] = mu * (state.get(name, 0) + decayed(p, grads[name], wd))
        p -= lr * state[name]


@mistake("sgd-momentum-step", family="momentum")
def step_size_in_the_velocity(params, grads, state, lr, mu=0.9, wd=0.0):
    """The step size was put into the velocity: v = mu * v + lr * g. When lr changes, old gradients keep their old
    size. Here, as in PyTorch, v = mu * v + g and p -= lr * v."""
    check_names(params, grads)
    for name, p in params.items():
        state[name] = mu * state.get(name, 0) + lr * decayed(p, grads[name], wd)
        p -= state[name]


@mistake("sgd-momentum-step", family="momentum")
def step_size_and_sign_in_the_velocity(params, grads, state, lr, mu=0.9, wd=0.0):
    """Step size and sign were put into the velocity: v = mu * v - lr * g, p += v. When lr changes, old gradients keep
    their old size. Here v = mu * v + g and p -= lr * v."""
    check_names(params, grads)
    for name, p in params.items():
        state[name] = mu * state.get(name, 0) - lr * decayed(p, grads[name], wd)
        p += state[name]


@mistake("sgd-momentum-step", family="momentum")
def looking_ahead(params, grads, state, lr, mu=0.9, wd=0.0):
    """Nesterov's form was used: the step is g + mu * v. The plain rule steps along v itself."""
    check_names(params, grads)
    for name, p in params.items():
        g = decayed(p, grads[name], wd)
        state[name] = mu * state.get(name, 0) + g
        p -= lr * (g + mu * state[name])


@mistake("sgd-momentum-step", family="momentum")
def old_velocity_used(params, grads, state, lr, mu=0.9, wd=0.0):
    """The step was made with the velocity from before: the new gradient comes one step late."""
    check_names(params, grads)
    for name, p in params.items():
        p -= lr * state.get(name, 0)
        state[name] = mu * state.get(name, 0) + decayed(p, grads[name], wd)


@mistake("sgd-momentum-step", family="momentum")
def momentum_hard_coded(params, grads, state, lr, mu=0.9, wd=0.0):
    """The momentum was always 0.9. It is an argument, and 0.9 only its default."""
    check_names(params, grads)
    for name, p in params.items():
        state[name] = 0.9 * state.get(name, 0) + decayed(p, grads[name], wd)
        p -= lr * state[name]


@mistake("sgd-momentum-step", family="momentum")
def one_velocity_for_all(params, grads, state, lr, mu=0.9, wd=0.0):
    """The velocities of all parameters were mixed to one number. Each array has a velocity of its own shape."""
    check_names(params, grads)
    for name, p in params.items():
        state[name] = mu * np.mean(state.get(name, 0)) + decayed(p, grads[name], wd)
        p -= lr * state[name]


@mistake("sgd-momentum-step", family="momentum")
def step_twice(params, grads, state, lr, mu=0.9, wd=0.0):
    """The gradient was counted two times: once by itself and once in the velocity. The velocity has it already."""
    check_names(params, grads)
    for name, p in params.items():
        g = decayed(p, grads[name], wd)
        state[name] = mu * state.get(name, 0) + g
        p -= lr * (state[name] + g)


@mistake("sgd-momentum-step", family="momentum")
def biases_not_moved(params, grads, state, lr, mu=0.9, wd=0.0):
    """Arrays with one axis, the biases, were not changed. They learn like the others and are left out of decay only."""
    check_names(params, grads)
    for name, p in params.items():
        state[name] = mu * state.get(name, 0) + decayed(p, grads[name], wd)
        p -= lr * state[name] * (p.ndim > 1)


def stepped(params, grads, state, lr, mu, gradient):
    check_names(params, grads)
    for name, p in params.items():
        state[name] = mu * state.get(name, 0) + gradient(p, grads[name])
        p -= lr * state[name]


@mistake("sgd-momentum-step", family="decay")
def biases_decay(params, grads, state, lr, mu=0.9, wd=0.0):
    """Biases were decayed too. Decay is for arrays with two axes or more."""
    stepped(params, grads, state, lr, mu, lambda p, g: g + wd * p)


@mistake("sgd-momentum-step", family="decay")
def nothing_decays(params, grads, state, lr, mu=0.9, wd=0.0):
    """wd was not used. It adds wd * p to the gradient of arrays with two axes or more."""
    stepped(params, grads, state, lr, mu, lambda p, g: g)


@mistake("sgd-momentum-step", family="decay")
def only_biases_decay(params, grads, state, lr, mu=0.9, wd=0.0):
    """Biases were decayed and weights were not. It is the other way round."""
    stepped(params, grads, state, lr, mu, lambda p, g: g + wd * p * (p.ndim == 1))


@mistake("sgd-momentum-step", family="decay")
def weights_grow(params, grads, state, lr, mu=0.9, wd=0.0):
    """wd * p was subtracted from the gradient, which drives weights away from 0. It is added."""
    stepped(params, grads, state, lr, mu, lambda p, g: g - wd * p * (p.ndim > 1))


@mistake("sgd-momentum-step", family="decay")
def decay_doubled(params, grads, state, lr, mu=0.9, wd=0.0):
    """2 * wd * p was added to the gradient. In this rule the decay is wd * p."""
    stepped(params, grads, state, lr, mu, lambda p, g: g + 2 * wd * p * (p.ndim > 1))


@mistake("sgd-momentum-step", family="decay")
def decay_by_sign(params, grads, state, lr, mu=0.9, wd=0.0):
    """wd times the sign of the weights was added, the gradient of their magnitude. Decay adds wd * p."""
    stepped(params, grads, state, lr, mu, lambda p, g: g + wd * np.sign(p) * (p.ndim > 1))


@mistake("sgd-momentum-step", family="decay")
def biases_told_by_their_names(params, grads, state, lr, mu=0.9, wd=0.0):
    """The name decided which arrays decay. The number of axes decides: two or more, whatever the name."""
    check_names(params, grads)
    for name, p in params.items():
        g = grads[name] if name.endswith("b") else grads[name] + wd * p
        state[name] = mu * state.get(name, 0) + g
        p -= lr * state[name]


@mistake("sgd-momentum-step", family="decay")
def only_kernels_decay(params, grads, state, lr, mu=0.9, wd=0.0):
    """Only arrays with four axes were decayed. The weights of linear layers, with two axes, decay too."""
    stepped(params, grads, state, lr, mu, lambda p, g: g + wd * p * (p.ndim == 4))


@mistake("sgd-momentum-step", family="decay")
def gradient_replaced_by_decay(params, grads, state, lr, mu=0.9, wd=0.0):
    """With decay, the gradient itself was left out. Decay is added to it."""
    stepped(params, grads, state, lr, mu, lambda p, g: wd * p if wd and p.ndim > 1 else g)


@mistake("sgd-momentum-step", family="decay")
def decay_without_step_size(params, grads, state, lr, mu=0.9, wd=0.0):
    """The weights were made smaller by wd * p at once. Decay is part of the gradient, so that lr multiplies it."""
    shrunk = {name: wd * p * (p.ndim > 1) for name, p in params.items()}
    stepped(params, grads, state, lr, mu, lambda p, g: g)
    for name, p in params.items():
        p -= shrunk[name]


@mistake("sgd-momentum-step", family="decay")
def decay_beside_the_velocity(params, grads, state, lr, mu=0.9, wd=0.0):
    """The decay was applied beside the velocity (decoupled, as in AdamW). Here wd * p is part of the gradient and
    goes into the velocity."""
    shrunk = {name: lr * wd * p * (p.ndim > 1) for name, p in params.items()}
    stepped(params, grads, state, lr, mu, lambda p, g: g)
    for name, p in params.items():
        p -= shrunk[name]


@mistake("sgd-momentum-step", family="decay")
def decay_after_the_step(params, grads, state, lr, mu=0.9, wd=0.0):
    """The decay was a step of its own, after that of the velocity: p -= lr * wd * p. Here wd * p is part of the
    gradient and goes into the velocity."""
    stepped(params, grads, state, lr, mu, lambda p, g: g)
    for p in params.values():
        p -= lr * wd * p * (p.ndim > 1)


@mistake("sgd-momentum-step", family="in place")
def new_arrays(params, grads, state, lr, mu=0.9, wd=0.0):
    """New arrays were put into params; the old ones, which others hold, stayed as they were. Change them in place:
    p -= lr * v."""
    check_names(params, grads)
    for name in list(params):
        state[name] = mu * state.get(name, 0) + decayed(params[name], grads[name], wd)
        params[name] = params[name] - lr * state[name]


@mistake("sgd-momentum-step", family="in place")
def gradients_decayed_in_place(params, grads, state, lr, mu=0.9, wd=0.0):
    """The decay was added to the arrays of grads themselves. They belong to the caller: compute a new array."""
    check_names(params, grads)
    for name, p in params.items():
        if p.ndim > 1:
            grads[name] += (wd * p).astype(p.dtype)
        state[name] = mu * state.get(name, 0) + grads[name]
        p -= lr * state[name]


@mistake("sgd-momentum-step", family="in place")
def velocity_is_the_gradient(params, grads, state, lr, mu=0.9, wd=0.0):
    """At the first step the gradient itself became the velocity: the same array. When the caller reuses it, the
    velocity changes. Store a copy."""
    check_names(params, grads)
    for name, p in params.items():
        if name in state:
            state[name] = mu * state[name] + decayed(p, grads[name], wd)
        else:
            state[name] = grads[name] + wd * p if p.ndim > 1 and wd else grads[name]
        p -= lr * state[name]


@mistake("sgd-momentum-step", family="in place")
def names_not_compared(params, grads, state, lr, mu=0.9, wd=0.0):
    """Parameters without a gradient were passed over in silence. Raise ValueError: such a parameter never learns."""
    check_names({name: params[name] for name in grads}, grads)
    for name, g in grads.items():
        state[name] = mu * state.get(name, 0) + decayed(params[name], g, wd)
        params[name] -= lr * state[name]


@mistake("sgd-momentum-step", family="in place")
def shapes_not_compared(params, grads, state, lr, mu=0.9, wd=0.0):
    """A gradient of another shape was stretched by NumPy in silence. Compare the shapes and raise ValueError."""
    if params.keys() != grads.keys():
        raise ValueError(f"parameters {sorted(params)}, gradients {sorted(grads)}")
    for name, p in params.items():
        state[name] = mu * state.get(name, 0) + decayed(p, grads[name], wd)
        p -= lr * state[name]


@mistake("sgd-momentum-step", family="in place")
def key_error(params, grads, state, lr, mu=0.9, wd=0.0):
    """A missing gradient raised KeyError. ValueError is asked for, before anything is changed."""
    if params.keys() - grads.keys():
        raise KeyError(min(params.keys() - grads.keys()))
    check_names(params, grads)
    stepped(params, grads, state, lr, mu, lambda p, g: decayed(p, g, wd))


# -- LeNet ------------------------------------------------------------------------------------------------------------


LAYERS = ("conv1", "conv2", "fc1", "fc2", "fc3")


def layer_shapes(in_shape, n_classes):
    channels, rows, columns = in_shape
    rows, columns = ((size // 2 - 4) // 2 for size in (rows, columns))
    if rows < 1 or columns < 1:
        raise ValueError(f"images of {in_shape} are too small")
    return [(6, channels, 5, 5), (16, 6, 5, 5), (120, 16 * rows * columns), (84, 120), (n_classes, 84)]


def kaiming(shape, rng):
    return rng.standard_normal(shape) * np.sqrt(2 / np.prod(shape[1:]))


class Net:
    """LeNet with faults."""

    def __init__(self, in_shape, n_classes, rng, fault="", weights=kaiming, biases=np.zeros, shapes=layer_shapes):
        self.fault = fault
        self.params = {}
        for name, shape in zip(LAYERS, shapes(in_shape, n_classes), strict=True):
            self.params[f"{name}_w"] = weights(shape, rng)
            self.params[f"{name}_b"] = biases(shape[0])
        self.first = dict(self.params)
        self.sums = {}
        self.buffers = {name: np.zeros_like(p) for name, p in self.params.items()}
        self.images = None

    def cut(self, name, z):
        return z.copy() if self.fault == f"no relu after {name}" else np.maximum(z, 0)

    def run(self, x):
        fault, kept = self.fault, {}
        p = self.first if fault == "first params" else self.params
        if fault == "images centred in place":
            x -= x.mean()
        for name, padding in (("conv1", 2), ("conv2", 0)):
            w, b = p[f"{name}_w"], p[f"{name}_b"]
            if fault == "kernels flipped":
                w = w[:, :, ::-1, ::-1]
            if fault == f"no bias in {name}":
                b = np.zeros_like(b)
            z = conv2d(x, w, b, 1, padding)
            a = self.cut(name, z)
            out, idx = max_pool2d(a, 2)
            if fault == "mean pooling":
                out = sum(a[:, :, i : i // 2 * 2 + out.shape[2] * 2 : 2, j:][..., : out.shape[3] * 2 : 2]
                          for i in (0, 1) for j in (0, 1)) / 4  # fmt: skip
            kept[name] = x, z, idx
            x = out
        kept["shape"] = x.shape
        x = np.moveaxis(x, 1, 3) if fault == "channels last" else x
        x = x.reshape(len(x), -1)
        for name in ("fc1", "fc2"):
            b = p[f"{name}_b"] * (fault != f"no bias in {name}")
            z = x @ p[f"{name}_w"].T + b
            kept[name] = x, z
            x = self.cut(name, z)
        kept["fc3"] = x
        logits = x @ p["fc3_w"].T + p["fc3_b"] * (fault != "no bias in fc3")
        return logits, kept

    def forward(self, x):
        logits, _ = self.run(x)
        if self.fault == "probabilities":
            return np.exp(log_softmax(logits))
        if self.fault == "relu after fc3":
            return np.maximum(logits, 0)
        if self.fault == "classes":
            return logits.argmax(axis=1)
        if self.fault == "first image":
            return logits[0]
        return logits

    def slope(self, name, d, z, value):
        if self.fault == f"no relu gradient in {name}":
            return d
        if self.fault == "relu from the upstream gradient":
            return d * (d > 0)
        return d * (z > 0)

    def loss(self, x, y):
        fault, p = self.fault, self.params
        if fault == "images of the first call":
            self.images = x.copy() if self.images is None else self.images
        logits, kept = self.run(x)
        loss, d = right_loss(logits, y), right_gradient(logits, y)
        if fault == "loss summed":
            loss, d = loss * len(y), d * len(y)
        if fault == "gradient not divided":
            d = d * len(y)
        if fault == "gradient divided twice":
            d = d / len(y)
        grads = {}
        for name in ("fc3", "fc2", "fc1"):
            x_in = kept[name] if name == "fc3" else kept[name][0]
            if name != "fc3":
                d = self.slope(name, d, kept[name][1], None)
            grads[f"{name}_w"], grads[f"{name}_b"] = d.T @ x_in, d.sum(axis=0)
            d = d @ p[f"{name}_w"]
        if fault == "channels last in the gradient":
            n, c, h, w = kept["shape"]
            d = np.moveaxis(d.reshape(n, h, w, c), 3, 1)
        d = d.reshape(kept["shape"])
        for name, padding in (("conv2", 0), ("conv1", 2)):
            x_in, z, idx = kept[name]
            d = self.unpooled(d, idx, z)
            d = self.slope(name, d, z, None)
            kernels = p[f"{name}_w"]
            if fault == "kernels flipped in the gradient":
                kernels = kernels[:, :, ::-1, ::-1]
            d, grads[f"{name}_w"], grads[f"{name}_b"] = conv2d_backward(d, x_in, kernels, 1, padding)
        return self.reported(loss, grads)

    def unpooled(self, d, idx, z):
        if self.fault == "gradient to all four":
            spread = np.zeros(z.shape)
            big = d.repeat(2, axis=2).repeat(2, axis=3)
            spread[:, :, : big.shape[2], : big.shape[3]] = big
            return spread
        return max_pool2d_backward(d, idx, z.shape)

    def reported(self, loss, grads):
        fault = self.fault
        grads = {name: grads[name] for name in self.params}
        if fault == "bias gradients averaged":
            grads |= {f"{name}_b": grads[f"{name}_b"] / 3 for name in ("conv1", "conv2")}
        if fault == "no bias gradients":
            grads = {name: g for name, g in grads.items() if name.endswith("w")}
        if fault == "decay in the gradient":
            grads = {name: g + 5e-4 * self.params[name] for name, g in grads.items()}
        if fault == "conv1 without gradient":
            grads["conv1_w"] = np.zeros_like(grads["conv1_w"])
        if fault == "turned gradients":
            grads = {name: -g for name, g in grads.items()}
        if fault == "gradients pile up":
            grads = self.sums = {name: g + self.sums.get(name, 0) for name, g in grads.items()}
        if fault == "same arrays":
            for name, g in grads.items():
                self.buffers[name][...] = g
                self.buffers[name] *= 1 + 1e-3 * self.calls()
            grads = self.buffers
        if fault == "step in loss":
            for name, g in grads.items():
                self.params[name] -= 0.01 * g
        return (grads, loss) if fault == "grads first" else (loss, grads)

    def calls(self):
        self.sums["calls"] = self.sums.get("calls", -1) + 1
        return self.sums["calls"]


@mistake("lenet", family="parameters")
def deviation_without_root(in_shape, n_classes, rng):
    """The weights have standard deviation 2 / fan_in. That is the variance: take the root."""
    return Net(in_shape, n_classes, rng, weights=lambda s, rng: rng.standard_normal(s) * 2 / np.prod(s[1:]))


@mistake("lenet", family="parameters")
def weights_of_size_one(in_shape, n_classes, rng):
    """The weights have standard deviation 1: the logits explode. Scale them by kaiming_normal's √(2 / fan_in)."""
    return Net(in_shape, n_classes, rng, weights=lambda s, rng: rng.standard_normal(s))


@mistake("lenet", family="parameters")
def tiny_weights(in_shape, n_classes, rng):
    """The weights have standard deviation 0.01: hardly anything reaches the last layer. Use kaiming_normal."""
    return Net(in_shape, n_classes, rng, weights=lambda s, rng: 0.01 * rng.standard_normal(s))


@mistake("lenet", family="parameters")
def deviation_by_outputs(in_shape, n_classes, rng):
    """The standard deviation came from the number of outputs. kaiming_normal takes the inputs: √(2 / fan_in)."""
    return Net(in_shape, n_classes, rng, weights=lambda s, rng: rng.standard_normal(s) * np.sqrt(2 / s[0]))


@mistake("lenet", family="parameters")
def all_weights_zero(in_shape, n_classes, rng):
    """All weights begin at 0. Then all kernels stay alike for ever: draw them with kaiming_normal."""
    return Net(in_shape, n_classes, rng, weights=lambda s, rng: np.zeros(s))


@mistake("lenet", family="parameters")
def random_biases(in_shape, n_classes, rng):
    """The biases are random. They begin at 0; only the weights are drawn."""
    return Net(in_shape, n_classes, rng, biases=lambda size: np.random.default_rng(5).standard_normal(size))


@mistake("lenet", family="parameters")
def biases_of_one(in_shape, n_classes, rng):
    """The biases begin at 1. In this net they begin at 0."""
    return Net(in_shape, n_classes, rng, biases=np.ones)


@mistake("lenet", family="parameters")
def own_generator(in_shape, n_classes, rng):
    """The weights come from a generator of the net's own: every seed gives the same net. Draw from rng."""
    return Net(in_shape, n_classes, np.random.default_rng(0))


@mistake("lenet", family="parameters")
def generator_without_seed(in_shape, n_classes, rng):
    """The weights do not come from rng: the same seed gives another net each time. Nobody can repeat such a
    training."""
    return Net(in_shape, n_classes, np.random.default_rng())


@mistake("lenet", family="parameters")
def single_precision(in_shape, n_classes, rng):
    """The parameters are float32. Here they are float64, so that gradients can be checked by differences."""
    return Net(in_shape, n_classes, rng, weights=lambda s, rng: kaiming(s, rng).astype(np.float32))


@mistake("lenet", family="parameters")
def inputs_first(in_shape, n_classes, rng):
    """The weights of the linear layers are (inputs, outputs). Outputs come first: (M, D)."""
    net = Net(in_shape, n_classes, rng)
    for name in ("fc1_w", "fc2_w", "fc3_w"):
        net.params[name] = net.params[name].T.copy()
    return net


@mistake("lenet", family="parameters")
def images_taken_for_square(in_shape, n_classes, rng):
    """The size after pooling was computed from the rows alone. Columns have a size of their own."""
    return Net(in_shape, n_classes, rng, shapes=lambda i, n: layer_shapes((i[0], i[1], i[1]), n))


@mistake("lenet", family="parameters")
def one_channel_taken_for_granted(in_shape, n_classes, rng):
    """The first kernels have one channel. They have as many as the images: in_shape[0]."""
    return Net(in_shape, n_classes, rng, shapes=lambda i, n: layer_shapes((1, *i[1:]), n))


@mistake("lenet", family="parameters")
def ten_classes(in_shape, n_classes, rng):
    """The last layer has ten outputs whatever n_classes says."""
    return Net(in_shape, n_classes, rng, shapes=lambda i, n: layer_shapes(i, 10))


@mistake("lenet", family="parameters")
def sizes_of_the_linear_layers_exchanged(in_shape, n_classes, rng):
    """The linear layers have 84 and 120 outputs. The first has 120, the second 84."""

    def shapes(in_shape, n_classes):
        a, b, (_, flat), _, (classes, _) = layer_shapes(in_shape, n_classes)
        return [a, b, (84, flat), (120, 84), (classes, 120)]

    return Net(in_shape, n_classes, rng, shapes=shapes)


@mistake("lenet", family="parameters")
def sixteen_then_six(in_shape, n_classes, rng):
    """The first convolution has 16 kernels and the second 6. It is 6, then 16."""

    def shapes(in_shape, n_classes):
        _, _, (_, flat), *others = layer_shapes(in_shape, n_classes)
        return [(16, in_shape[0], 5, 5), (6, 16, 5, 5), (120, flat // 16 * 6), *others]

    return Net(in_shape, n_classes, rng, shapes=shapes)


@mistake("lenet", family="parameters")
def second_convolution_padded(in_shape, n_classes, rng):
    """The size of fc1 is that of a second convolution with padding. It has none: 14×14 becomes 10×10."""

    def shapes(in_shape, n_classes):
        a, b, _, *others = layer_shapes(in_shape, n_classes)
        rows, columns = (size // 4 for size in in_shape[1:])
        return [a, b, (120, 16 * rows * columns), *others]

    return Net(in_shape, n_classes, rng, shapes=shapes)


@mistake("lenet", family="parameters")
def other_names(in_shape, n_classes, rng):
    """The parameters have other names. They are conv1_w, conv1_b, conv2_w, …, fc3_b; the tests look for these."""
    net = Net(in_shape, n_classes, rng)
    net.params = {f"{name[-1].upper()}{number // 2 + 1}": p for number, (name, p) in enumerate(net.params.items())}
    return net


@mistake("lenet", family="parameters")
def biases_not_in_params(in_shape, n_classes, rng):
    """params has no biases. Each layer has one for each kernel or output: conv1_b to fc3_b."""
    net = Net(in_shape, n_classes, rng)
    net.params = {name: p for name, p in net.params.items() if name.endswith("w")}
    return net


@mistake("lenet", family="forward")
def no_relu_after_conv1(in_shape, n_classes, rng):
    """There is no ReLU after the first convolution. One follows each layer but the last."""
    return Net(in_shape, n_classes, rng, "no relu after conv1")


@mistake("lenet", family="forward")
def no_relu_after_conv2(in_shape, n_classes, rng):
    """There is no ReLU after the second convolution. One follows each layer but the last."""
    return Net(in_shape, n_classes, rng, "no relu after conv2")


@mistake("lenet", family="forward")
def no_relu_after_fc1(in_shape, n_classes, rng):
    """There is no ReLU after the first linear layer: with the second it makes one single linear layer."""
    return Net(in_shape, n_classes, rng, "no relu after fc1")


@mistake("lenet", family="forward")
def no_relu_after_fc2(in_shape, n_classes, rng):
    """There is no ReLU after the second linear layer: with the third it makes one single linear layer."""
    return Net(in_shape, n_classes, rng, "no relu after fc2")


@mistake("lenet", family="forward")
def relu_on_the_logits(in_shape, n_classes, rng):
    """The logits went through a ReLU. The last layer has none: negative scores are needed."""
    return Net(in_shape, n_classes, rng, "relu after fc3")


@mistake("lenet", family="forward")
def probabilities_for_logits(in_shape, n_classes, rng):
    """forward returned probabilities. It returns logits; the softmax is part of the loss."""
    return Net(in_shape, n_classes, rng, "probabilities")


@mistake("lenet", family="forward")
def classes_for_logits(in_shape, n_classes, rng):
    """forward returned the likeliest class of each image. It returns the logits, one for each class."""
    return Net(in_shape, n_classes, rng, "classes")


@mistake("lenet", family="forward")
def logits_of_the_first_image(in_shape, n_classes, rng):
    """forward returned the logits of the first image only. It returns a row for each image: (N, n_classes)."""
    return Net(in_shape, n_classes, rng, "first image")


@mistake("lenet", family="forward")
def averages_for_maxima(in_shape, n_classes, rng):
    """The windows were averaged. This LeNet takes their maxima: max_pool2d."""
    return Net(in_shape, n_classes, rng, "mean pooling")


@mistake("lenet", family="forward")
def flattened_channels_last(in_shape, n_classes, rng):
    """The feature maps were flattened with the channels last. Flatten (C, H, W) as it is: x.reshape(N, -1)."""
    return Net(in_shape, n_classes, rng, "channels last")


@mistake("lenet", family="forward")
def convolutions_flipped(in_shape, n_classes, rng):
    """The kernels were flipped before the convolution. The layer is a cross-correlation: they stay as they are."""
    return Net(in_shape, n_classes, rng, "kernels flipped")


@mistake("lenet", family="forward")
def no_bias_in_conv1(in_shape, n_classes, rng):
    """The first convolution was computed without its bias: conv1_b changes nothing."""
    return Net(in_shape, n_classes, rng, "no bias in conv1")


@mistake("lenet", family="forward")
def no_bias_in_conv2(in_shape, n_classes, rng):
    """The second convolution was computed without its bias: conv2_b changes nothing."""
    return Net(in_shape, n_classes, rng, "no bias in conv2")


@mistake("lenet", family="forward")
def no_bias_in_fc1(in_shape, n_classes, rng):
    """The first linear layer was computed without its bias: fc1_b changes nothing."""
    return Net(in_shape, n_classes, rng, "no bias in fc1")


@mistake("lenet", family="forward")
def no_bias_in_fc3(in_shape, n_classes, rng):
    """The last layer was computed without its bias: fc3_b changes nothing."""
    return Net(in_shape, n_classes, rng, "no bias in fc3")


@mistake("lenet", family="forward")
def params_of_the_beginning(in_shape, n_classes, rng):
    """The net went on with the arrays that it began with. Every call uses what params holds then; or else no
    training reaches it."""
    return Net(in_shape, n_classes, rng, "first params")


@mistake("lenet", family="loss and gradients")
def relu_gradient_from_upstream(in_shape, n_classes, rng):
    """The slope of the ReLUs was taken from the upstream gradient: where it is positive. It is taken from the
    layer's input, where that is positive."""
    return Net(in_shape, n_classes, rng, "relu from the upstream gradient")


@mistake("lenet", family="loss and gradients")
def no_relu_gradient_in_fc1(in_shape, n_classes, rng):
    """On the way back the ReLU after the first linear layer was left out: its slope is 0 where the input was cut."""
    return Net(in_shape, n_classes, rng, "no relu gradient in fc1")


@mistake("lenet", family="loss and gradients")
def no_relu_gradient_in_fc2(in_shape, n_classes, rng):
    """On the way back the ReLU after the second linear layer was left out: its slope is 0 where the input was cut."""
    return Net(in_shape, n_classes, rng, "no relu gradient in fc2")


@mistake("lenet", family="loss and gradients")
def no_relu_gradient_in_conv2(in_shape, n_classes, rng):
    """On the way back the ReLU after the second convolution was left out: its slope is 0 where the input was cut."""
    return Net(in_shape, n_classes, rng, "no relu gradient in conv2")


@mistake("lenet", family="loss and gradients")
def no_relu_gradient_in_conv1(in_shape, n_classes, rng):
    """On the way back the ReLU after the first convolution was left out: its slope is 0 where the input was cut."""
    return Net(in_shape, n_classes, rng, "no relu gradient in conv1")


@mistake("lenet", family="loss and gradients")
def gradient_to_the_whole_window(in_shape, n_classes, rng):
    """Max pooling sent the gradient to all four pixels of a window. Only the winner gets it: max_pool2d_backward."""
    return Net(in_shape, n_classes, rng, "gradient to all four")


@mistake("lenet", family="loss and gradients")
def loss_added_up(in_shape, n_classes, rng):
    """The loss was added up over the images. It is their mean, and so are its gradients."""
    return Net(in_shape, n_classes, rng, "loss summed")


@mistake("lenet", family="loss and gradients")
def gradients_not_divided(in_shape, n_classes, rng):
    """The loss is a mean, but its gradients are those of the sum. Divide the gradient of the logits by N."""
    return Net(in_shape, n_classes, rng, "gradient not divided")


@mistake("lenet", family="loss and gradients")
def gradients_divided_twice(in_shape, n_classes, rng):
    """The gradients were divided by N two times. softmax_cross_entropy has done it already."""
    return Net(in_shape, n_classes, rng, "gradient divided twice")


@mistake("lenet", family="loss and gradients")
def gradient_unflattened_channels_last(in_shape, n_classes, rng):
    """The gradient of the flat features got its shape back with the channels last. Use the shape from before the
    flattening, (N, C, H, W)."""
    return Net(in_shape, n_classes, rng, "channels last in the gradient")


@mistake("lenet", family="loss and gradients")
def gradient_with_flipped_kernels(in_shape, n_classes, rng):
    """The kernels were flipped before the backward pass of the convolution. conv2d_backward takes them as they are."""
    return Net(in_shape, n_classes, rng, "kernels flipped in the gradient")


@mistake("lenet", family="loss and gradients")
def bias_gradients_averaged(in_shape, n_classes, rng):
    """The gradients of the convolutions' biases were divided. They are sums over images and positions."""
    return Net(in_shape, n_classes, rng, "bias gradients averaged")


@mistake("lenet", family="loss and gradients")
def biases_without_gradient(in_shape, n_classes, rng):
    """grads has no gradients of the biases. It has the names of params, all of them."""
    return Net(in_shape, n_classes, rng, "no bias gradients")


@mistake("lenet", family="loss and gradients")
def decay_in_the_gradients(in_shape, n_classes, rng):
    """The weight decay was added to the gradients. It is the step's task: loss returns the gradients of the loss."""
    return Net(in_shape, n_classes, rng, "decay in the gradient")


@mistake("lenet", family="loss and gradients")
def first_layer_forgotten(in_shape, n_classes, rng):
    """The gradient of conv1_w is 0: the way back ended one layer too early."""
    return Net(in_shape, n_classes, rng, "conv1 without gradient")


@mistake("lenet", family="loss and gradients")
def gradients_downhill(in_shape, n_classes, rng):
    """The gradients have the opposite sign. They point uphill; it is the step that goes the other way."""
    return Net(in_shape, n_classes, rng, "turned gradients")


@mistake("lenet", family="loss and gradients")
def gradients_before_the_loss(in_shape, n_classes, rng):
    """The results came in the opposite order. It is (loss, grads)."""
    return Net(in_shape, n_classes, rng, "grads first")


@mistake("lenet", family="contract")
def gradients_pile_up(in_shape, n_classes, rng):
    """Gradients were added to those of the calls before. Every call returns the gradients of its own batch."""
    return Net(in_shape, n_classes, rng, "gradients pile up")


@mistake("lenet", family="contract")
def gradients_overwritten(in_shape, n_classes, rng):
    """All calls wrote to the same gradient arrays, so that earlier gradients changed. Return new arrays."""
    return Net(in_shape, n_classes, rng, "same arrays")


@mistake("lenet", family="contract")
def images_centred_in_place(in_shape, n_classes, rng):
    """The images were changed in place. They belong to the caller, who shows them again in the next epoch."""
    net = Net(in_shape, n_classes, rng)
    net.loss = Meddling(net, "images").loss
    return net


@mistake("lenet", family="contract")
def loss_makes_a_step(in_shape, n_classes, rng):
    """loss changed the parameters. It only measures; the step is for sgd_momentum_step."""
    return Net(in_shape, n_classes, rng, "step in loss")


class Meddling:
    """A net's loss that changes its arguments afterwards."""

    def __init__(self, net, what):
        self.right = net.loss
        self.what = what

    def loss(self, x, y):
        result = self.right(x, y)
        x -= 0.5
        return result


@mistake("lenet", family="contract")
def small_images_accepted(in_shape, n_classes, rng):
    """Images of which no pixel is left after the second pooling were accepted. Raise ValueError, or the error comes
    from deep inside later."""

    def shapes(in_shape, n_classes):
        rows, columns = (max((size // 2 - 4) // 2, 0) for size in in_shape[1:])
        return [(6, in_shape[0], 5, 5), (16, 6, 5, 5), (120, 16 * rows * columns), (84, 120), (n_classes, 84)]

    def weights(shape, rng):
        return kaiming(shape, rng) if shape[1] else np.zeros(shape)

    return Net(in_shape, n_classes, rng, shapes=shapes, weights=weights)


# -- accuracy ---------------------------------------------------------------------------------------------------------


def check_rows(logits, y):
    if logits.ndim != 2 or y.shape != logits.shape[:1]:
        raise ValueError(f"logits have shape {logits.shape}, y has {y.shape}")


@mistake("accuracy", family="values")
def per_cent(logits, y):
    """The accuracy was given in per cent. It is a share from 0 to 1."""
    check_rows(logits, y)
    return 100 * float(np.mean(logits.argmax(axis=1) == y))


@mistake("accuracy", family="values")
def number_of_right_ones(logits, y):
    """The right rows were counted. Accuracy is their share: divide by N."""
    check_rows(logits, y)
    return float(np.sum(logits.argmax(axis=1) == y))


@mistake("accuracy", family="values")
def error_rate(logits, y):
    """The share of wrong rows was returned. Accuracy is the share of right ones."""
    check_rows(logits, y)
    return float(np.mean(logits.argmax(axis=1) != y))


@mistake("accuracy", family="values")
def least_likely_class(logits, y):
    """The smallest logit was taken for the choice. The largest is."""
    check_rows(logits, y)
    return float(np.mean(logits.argmin(axis=1) == y))


@mistake("accuracy", family="values")
def best_of_two(logits, y):
    """A row counted as right if the class is among its two largest logits. Only the largest counts."""
    check_rows(logits, y)
    return float(np.mean((np.argsort(-logits, axis=1, kind="stable")[:, :2] == y[:, None]).any(axis=1)))


@mistake("accuracy", family="values")
def last_of_equal_ones(logits, y):
    """Of equal logits the last was taken. The first counts as the largest, as argmax has it."""
    check_rows(logits, y)
    return float(np.mean(logits.shape[1] - 1 - logits[:, ::-1].argmax(axis=1) == y))


@mistake("accuracy", family="values")
def equal_ones_are_all_right(logits, y):
    """Of equal logits all counted as chosen. The first counts as the largest, as argmax has it."""
    check_rows(logits, y)
    return float(np.mean(logits[np.arange(len(y)), y] == logits.max(axis=1)))


@mistake("accuracy", family="values")
def class_numbers_rounded(logits, y):
    """The largest logit itself was compared with the class. Compare its place: argmax."""
    check_rows(logits, y)
    return float(np.mean(np.rint(logits.max(axis=1)) == y))


@mistake("accuracy", family="values")
def sign_for_choice(logits, y):
    """A row counted as right if its right class has a positive logit. The largest logit chooses, whatever its sign."""
    check_rows(logits, y)
    return float(np.mean(logits[np.arange(len(y)), y] > 0))


@mistake("accuracy", family="values")
def divided_by_classes(logits, y):
    """The right rows were divided by the number of classes. Divide by the number of rows."""
    check_rows(logits, y)
    return float(np.sum(logits.argmax(axis=1) == y) / logits.shape[1])


@mistake("accuracy", family="contract")
def one_class_stretched(logits, y):
    """A single class was compared with all rows: NumPy stretches it in silence. Check that y is (N,)."""
    if y.shape != (1,):
        check_rows(logits, y)
    return float(np.mean(logits.argmax(axis=1) == y))


@mistake("accuracy", family="contract")
def rows_left_out(logits, y):
    """Rows without a class were left out in silence (zip stops at the shorter one). Raise ValueError."""
    if logits.ndim != 2:
        raise ValueError("logits need 2 axes")
    n = min(len(logits), len(y)) if len(y) > 1 else len(logits)
    check_rows(logits[:n], y[:n])
    return float(np.mean(logits[:n].argmax(axis=1) == y[:n]))


@mistake("accuracy", family="contract")
def classes_counted_in_place(logits, y):
    """The classes were changed in place for the comparison. They belong to the caller."""
    check_rows(logits, y)
    y -= logits.argmax(axis=1)
    return float(np.mean(y == 0))


# -- train ------------------------------------------------------------------------------------------------------------


def trained(
    params, function, data, epochs, batch, lr, mu, wd, rng, order=None, batches=None, step=None, tell=None, pairs=None
):
    """train_parts, of whose pieces each can be replaced by a wrong one."""
    x, y = data
    state, history = {}, {"loss": [], "epoch_loss": []}
    for epoch in range(epochs):
        permutation = order(rng, len(x), epoch) if order else rng.permutation(len(x))
        starts = batches(len(x), batch) if batches else range(0, len(x), batch)
        total = 0.0
        for first in starts:
            chosen = permutation[first : first + batch]
            images, classes = pairs(x, y, chosen) if pairs else (x[chosen], y[chosen])
            loss, grads = function(params, images, classes)
            (step or plain_step)(params, grads, state, lr, mu, wd)
            history["loss"].append(float(loss))
            total += float(loss) * len(chosen)
        history["epoch_loss"].append(total / len(x))
    return (tell(history, len(x), batch) if tell else history), params


def plain_step(params, grads, state, lr, mu, wd):
    for name, p in params.items():
        state[name] = mu * state.get(name, 0) + decayed(p, grads[name], wd)
        p -= lr * state[name]


@mistake("train", family="epochs", function="train_parts")
def last_batch_dropped(params, function, data, epochs, batch, lr, mu, wd, rng):
    """The last batch of an epoch was dropped because it is smaller. Its images would never be seen: take what is
    left."""
    return trained(params, function, data, epochs, batch, lr, mu, wd, rng, batches=lambda n, b: range(0, n - b + 1, b))


@mistake("train", family="epochs", function="train_parts")
def classes_not_shuffled(params, function, data, epochs, batch, lr, mu, wd, rng):
    """The images were shuffled and the classes were not: each image came with another one's class."""
    start = {"at": 0}

    def pairs(x, y, chosen):
        here, start["at"] = start["at"] % len(y), start["at"] + len(chosen)
        return x[chosen], y[here : here + len(chosen)]

    return trained(params, function, data, epochs, batch, lr, mu, wd, rng, pairs=pairs)


@mistake("train", family="epochs", function="train_parts")
def shuffled_apart(params, function, data, epochs, batch, lr, mu, wd, rng):
    """Images and classes were shuffled one after the other, each in its own order. Take one permutation for both."""
    x, y = data
    return trained(params, function, (x, y[rng.permutation(len(y))]), epochs, batch, lr, mu, wd, rng)


@mistake("train", family="epochs", function="train_parts")
def drawn_with_replacement(params, function, data, epochs, batch, lr, mu, wd, rng):
    """Images were drawn at random with replacement: some came twice in an epoch, others not at all. Use a
    permutation."""
    return trained(
        params, function, data, epochs, batch, lr, mu, wd, rng, order=lambda rng, n, epoch: rng.integers(0, n, n)
    )


@mistake("train", family="epochs", function="train_parts")
def all_images_in_one_batch(params, function, data, epochs, batch, lr, mu, wd, rng):
    """Every step saw all the images. The batch size was not used."""
    return trained(params, function, data, epochs, len(data[0]), lr, mu, wd, rng)


@mistake("train", family="epochs", function="train_parts")
def single_images(params, function, data, epochs, batch, lr, mu, wd, rng):
    """Every step saw a single image. The batch size was not used."""
    return trained(params, function, data, epochs, 1, lr, mu, wd, rng)


@mistake("train", family="epochs", function="train_parts")
def one_step_an_epoch(params, function, data, epochs, batch, lr, mu, wd, rng):
    """Each epoch made a single step, with one batch. An epoch shows every image once."""
    return trained(params, function, data, epochs, batch, lr, mu, wd, rng, batches=lambda n, b: [0])


@mistake("train", family="epochs", function="train_parts")
def one_epoch_only(params, function, data, epochs, batch, lr, mu, wd, rng):
    """Training ended after one epoch. It shows every image `epochs` times."""
    return trained(params, function, data, min(epochs, 1), batch, lr, mu, wd, rng)


@mistake("train", family="epochs", function="train_parts")
def one_epoch_too_many(params, function, data, epochs, batch, lr, mu, wd, rng):
    """Training went on for one epoch more than asked."""
    return trained(params, function, data, epochs + 1, batch, lr, mu, wd, rng)


@mistake("train", family="epochs", function="train_parts")
def last_image_left_out(params, function, data, epochs, batch, lr, mu, wd, rng):
    """One image of each batch was left out: a slice ends before its second number, so that no minus one is needed."""
    return trained(params, function, data, epochs, batch, lr, mu, wd, rng, pairs=lambda x, y, i: (x[i[:-1]], y[i[:-1]]))


@mistake("train", family="epochs", function="train_parts")
def last_batch_filled_up(params, function, data, epochs, batch, lr, mu, wd, rng):
    """The last batch was filled up with images from the beginning, which were then seen twice in the epoch."""

    def order(rng, n, epoch):
        permutation = rng.permutation(n)
        return np.concatenate([permutation, np.resize(permutation, -n % batch)])

    return trained(params, function, data, epochs, batch, lr, mu, wd, rng, order=order)


@mistake("train", family="epochs", function="train_parts")
def asked_again_for_the_history(params, function, data, epochs, batch, lr, mu, wd, rng):
    """The model was asked again after each step, for the history. Its loss is called once for each step: keep what
    it gave."""

    def twice(params, x, y):
        function(params, x, y)
        return function(params, x, y)

    return trained(params, twice, data, epochs, batch, lr, mu, wd, rng)


@mistake("train", family="epochs", function="train_parts")
def tail_added_to_the_last_batch(params, function, data, epochs, batch, lr, mu, wd, rng):
    """What was left over was added to the last full batch. It makes a step of its own, smaller."""
    n = len(data[0])
    steps = max(n // batch, 1)

    def pairs(x, y, chosen):
        return x[chosen], y[chosen]

    x, y = data
    state, history = {}, {"loss": [], "epoch_loss": []}
    for _ in range(epochs):
        permutation, total = rng.permutation(n), 0.0
        for number in range(steps):
            last = n if number == steps - 1 else (number + 1) * batch
            chosen = permutation[number * batch : last]
            loss, grads = function(params, *pairs(x, y, chosen))
            plain_step(params, grads, state, lr, mu, wd)
            history["loss"].append(float(loss))
            total += float(loss) * len(chosen)
        history["epoch_loss"].append(total / n)
    return history, params


@mistake("train", family="shuffling", function="train_parts")
def never_shuffled(params, function, data, epochs, batch, lr, mu, wd, rng):
    """The images were never shuffled. Sorted data then shows one class after the other, and the net forgets the
    first."""
    return trained(params, function, data, epochs, batch, lr, mu, wd, rng, order=lambda rng, n, epoch: np.arange(n))


@mistake("train", family="shuffling", function="train_parts")
def shuffled_once(params, function, data, epochs, batch, lr, mu, wd, rng):
    """The images were shuffled once, before the first epoch. Shuffle anew in each epoch."""
    once = rng.permutation(len(data[0]))
    return trained(params, function, data, epochs, batch, lr, mu, wd, rng, order=lambda rng, n, epoch: once)


@mistake("train", family="shuffling", function="train_parts")
def same_seed_each_epoch(params, function, data, epochs, batch, lr, mu, wd, rng):
    """A new generator with the same seed shuffled each epoch: the order is always the same. Draw from rng."""
    return trained(
        params, function, data, epochs, batch, lr, mu, wd, rng,
        order=lambda rng, n, epoch: np.random.default_rng(0).permutation(n),
    )  # fmt: skip


@mistake("train", family="shuffling", function="train_parts")
def seed_by_epoch(params, function, data, epochs, batch, lr, mu, wd, rng):
    """The order came from the epoch's number, not from rng: another seed gives the same order."""
    return trained(
        params, function, data, epochs, batch, lr, mu, wd, rng,
        order=lambda rng, n, epoch: np.random.default_rng(epoch).permutation(n),
    )  # fmt: skip


@mistake("train", family="shuffling", function="train_parts")
def shuffled_without_seed(params, function, data, epochs, batch, lr, mu, wd, rng):
    """The order does not come from rng: the same seed gave another order, and nobody can repeat the training."""
    return trained(
        params, function, data, epochs, batch, lr, mu, wd, rng,
        order=lambda rng, n, epoch: np.random.default_rng().permutation(n),
    )  # fmt: skip


@mistake("train", family="shuffling", function="train_parts")
def only_batches_shuffled(params, function, data, epochs, batch, lr, mu, wd, rng):
    """The batches came in random order, but the same images were always together. Shuffle the images."""

    def order(rng, n, epoch):
        starts = np.arange(0, n - n % batch, batch)
        mixed = [np.arange(first, first + batch) for first in rng.permutation(starts)]
        return np.concatenate([*mixed, np.arange(n - n % batch, n)]).astype(int)

    return trained(params, function, data, epochs, batch, lr, mu, wd, rng, order=order)


@mistake("train", family="shuffling", function="train_parts")
def first_epoch_in_order(params, function, data, epochs, batch, lr, mu, wd, rng):
    """The first epoch was not shuffled: the permutation was drawn at the end of the loop. Shuffle before each epoch."""
    return trained(
        params, function, data, epochs, batch, lr, mu, wd, rng,
        order=lambda rng, n, epoch: rng.permutation(n) if epoch else np.arange(n),
    )  # fmt: skip


@mistake("train", family="steps", function="train_parts")
def velocity_begins_anew_each_epoch(params, function, data, epochs, batch, lr, mu, wd, rng):
    """The velocities were set to 0 at the beginning of each epoch. They live through the whole training."""
    steps = -(-len(data[0]) // batch)
    count = {"steps": 0}

    def step(params, grads, state, lr, mu, wd):
        if count["steps"] % steps == 0:
            state.clear()
        count["steps"] += 1
        plain_step(params, grads, state, lr, mu, wd)

    return trained(params, function, data, epochs, batch, lr, mu, wd, rng, step=step)


@mistake("train", family="steps", function="train_parts")
def velocity_begins_anew_each_step(params, function, data, epochs, batch, lr, mu, wd, rng):
    """Each step got an empty state, so that there was no momentum. Make the state once, before the first epoch."""

    def step(params, grads, state, lr, mu, wd):
        plain_step(params, grads, {}, lr, mu, wd)

    return trained(params, function, data, epochs, batch, lr, mu, wd, rng, step=step)


@mistake("train", family="steps", function="train_parts")
def gradients_accumulate(params, function, data, epochs, batch, lr, mu, wd, rng):
    """The gradients of all steps so far were added up. Each step uses those of its own batch."""
    sums = {}

    def step(params, grads, state, lr, mu, wd):
        for name, g in grads.items():
            sums[name] = sums.get(name, 0) + g
        plain_step(params, sums, state, lr, mu, wd)

    return trained(params, function, data, epochs, batch, lr, mu, wd, rng, step=step)


@mistake("train", family="steps", function="train_parts")
def one_step_behind(params, function, data, epochs, batch, lr, mu, wd, rng):
    """The gradients were applied one step late, after those of the next batch had been computed."""
    late = {}

    def step(params, grads, state, lr, mu, wd):
        if late:
            plain_step(params, dict(late), state, lr, mu, wd)
        late.update(grads)

    return trained(params, function, data, epochs, batch, lr, mu, wd, rng, step=step)


@mistake("train", family="steps", function="train_parts")
def no_step(params, function, data, epochs, batch, lr, mu, wd, rng):
    """The parameters never changed: no step was made, or on copies of them."""
    return trained(params, function, data, epochs, batch, lr, mu, wd, rng, step=lambda *arguments: None)


@mistake("train", family="steps", function="train_parts")
def step_once_an_epoch(params, function, data, epochs, batch, lr, mu, wd, rng):
    """The parameters changed only at the end of an epoch. Every batch makes a step."""
    steps = -(-len(data[0]) // batch)
    count = {"steps": 0}

    def step(params, grads, state, lr, mu, wd):
        count["steps"] += 1
        if count["steps"] % steps == 0:
            plain_step(params, grads, state, lr, mu, wd)

    return trained(params, function, data, epochs, batch, lr, mu, wd, rng, step=step)


@mistake("train", family="steps", function="train_parts")
def settings_not_handed_on(params, function, data, epochs, batch, lr, mu, wd, rng):
    """Momentum and decay were not handed on to the step: its defaults were used."""
    return trained(
        params, function, data, epochs, batch, lr, mu, wd, rng,
        step=lambda p, g, s, lr, mu, wd: plain_step(p, g, s, lr, 0.9, 0.0),
    )  # fmt: skip


@mistake("train", family="steps", function="train_parts")
def decay_not_handed_on(params, function, data, epochs, batch, lr, mu, wd, rng):
    """The weight decay was not handed on to the step: wd made no difference."""
    return trained(params, function, data, epochs, batch, lr, mu, 0.0, rng)


@mistake("train", family="steps", function="train_parts")
def momentum_and_decay_exchanged(params, function, data, epochs, batch, lr, mu, wd, rng):
    """Momentum and weight decay were handed on in the wrong order: lr, mu, wd."""
    return trained(params, function, data, epochs, batch, lr, wd, mu, rng)


@mistake("train", family="steps", function="train_parts")
def step_size_by_batch(params, function, data, epochs, batch, lr, mu, wd, rng):
    """The step size was divided by the batch size. The loss is a mean already."""
    return trained(params, function, data, epochs, batch, lr / batch, mu, wd, rng)


@mistake("train", family="steps", function="train_parts")
def step_size_shrinks(params, function, data, epochs, batch, lr, mu, wd, rng):
    """The step size became smaller from step to step. Here it stays lr."""
    count = {"steps": 0}

    def step(params, grads, state, lr, mu, wd):
        plain_step(params, grads, state, lr / (1 + count["steps"]), mu, wd)
        count["steps"] += 1

    return trained(params, function, data, epochs, batch, lr, mu, wd, rng, step=step)


@mistake("train", family="steps", function="train_parts")
def uphill_training(params, function, data, epochs, batch, lr, mu, wd, rng):
    """The steps went uphill: the loss grows. Subtract the velocity."""
    return trained(params, function, data, epochs, batch, -lr, mu, wd, rng)


def telling(name, change):
    def tell(history, n, batch):
        return {**history, name: change(history, n, batch)}

    return tell


def epoch_parts(history, n, batch):
    steps = -(-n // batch)
    return [history["loss"][first : first + steps] for first in range(0, len(history["loss"]), steps)]


@mistake("train", family="history", function="train_parts")
def batches_weigh_the_same(params, function, data, epochs, batch, lr, mu, wd, rng):
    """epoch_loss is the mean over the batches, in which the smaller last one weighs too much. Take the mean over the
    images."""
    tell = telling("epoch_loss", lambda h, n, b: [float(np.mean(part)) for part in epoch_parts(h, n, b)])
    return trained(params, function, data, epochs, batch, lr, mu, wd, rng, tell=tell)


@mistake("train", family="history", function="train_parts")
def last_loss_of_the_epoch(params, function, data, epochs, batch, lr, mu, wd, rng):
    """epoch_loss is the loss of the epoch's last batch. It is the mean over the epoch's images."""
    tell = telling("epoch_loss", lambda h, n, b: [part[-1] for part in epoch_parts(h, n, b)])
    return trained(params, function, data, epochs, batch, lr, mu, wd, rng, tell=tell)


@mistake("train", family="history", function="train_parts")
def sum_of_the_epoch(params, function, data, epochs, batch, lr, mu, wd, rng):
    """epoch_loss is the sum over the batches. It is the mean over the epoch's images."""
    tell = telling("epoch_loss", lambda h, n, b: [float(np.sum(part)) for part in epoch_parts(h, n, b)])
    return trained(params, function, data, epochs, batch, lr, mu, wd, rng, tell=tell)


@mistake("train", family="history", function="train_parts")
def divided_by_full_batches(params, function, data, epochs, batch, lr, mu, wd, rng):
    """epoch_loss took all batches for full ones. The last may be smaller: weigh each loss by its number of images."""
    tell = telling("epoch_loss", lambda h, n, b: [float(np.sum(part)) * b / n for part in epoch_parts(h, n, b)])
    return trained(params, function, data, epochs, batch, lr, mu, wd, rng, tell=tell)


@mistake("train", family="history", function="train_parts")
def only_the_last_epoch(params, function, data, epochs, batch, lr, mu, wd, rng):
    """ "loss" has the steps of the last epoch only: the list was made anew in each epoch."""
    tell = telling("loss", lambda h, n, b: epoch_parts(h, n, b)[-1])
    return trained(params, function, data, epochs, batch, lr, mu, wd, rng, tell=tell)


@mistake("train", family="history", function="train_parts")
def losses_times_images(params, function, data, epochs, batch, lr, mu, wd, rng):
    """ "loss" has each loss times its number of images. It has the loss of each step as the model gave it."""

    def change(history, n, batch):
        sizes = [min(batch, n - first) for first in range(0, n, batch)]
        return [loss * sizes[i % len(sizes)] for i, loss in enumerate(history["loss"])]

    return trained(params, function, data, epochs, batch, lr, mu, wd, rng, tell=telling("loss", change))


@mistake("train", family="history", function="train_parts")
def one_loss_an_epoch(params, function, data, epochs, batch, lr, mu, wd, rng):
    """ "loss" has one value for each epoch. It has one for each step; "epoch_loss" has those of the epochs."""
    tell = telling("loss", lambda h, n, b: h["epoch_loss"])
    return trained(params, function, data, epochs, batch, lr, mu, wd, rng, tell=tell)


@mistake("train", family="history", function="train_parts")
def running_average(params, function, data, epochs, batch, lr, mu, wd, rng):
    """ "loss" was smoothed. It has the loss of each step as the model gave it; smooth when you plot it."""

    def change(history, n, batch):
        return [float(np.mean(history["loss"][: i + 1])) for i in range(len(history["loss"]))]

    return trained(params, function, data, epochs, batch, lr, mu, wd, rng, tell=telling("loss", change))


@mistake("train", family="history", function="train_parts")
def history_other_names(params, function, data, epochs, batch, lr, mu, wd, rng):
    """The history has other names than "loss" and "epoch_loss". Whoever plots it looks for these."""
    return trained(
        params, function, data, epochs, batch, lr, mu, wd, rng,
        tell=lambda h, n, b: {"losses": h["loss"], "epoch_losses": h["epoch_loss"]},
    )  # fmt: skip


def lenet_for(data, rng):
    x, y = data
    return Net(x.shape[1:], int(y.max()) + 1, rng)


def fitted(data, rng, epochs=6, **pieces):
    net = lenet_for(data, rng)
    trained(net.params, lambda params, x, y: net.loss(x, y), data, epochs, 16, 0.01, 0.9, 5e-4, rng, **pieces)
    return net


@mistake("train", family="accuracy", function="train_lenet")
def classes_of_the_training_images(data, x_new, rng):
    """The classes of the training images were returned. The new images are to be classified: on known ones a net
    that has learnt them by heart looks good too."""
    return lenet_for(data, rng).forward(data[0]).argmax(axis=1)


@mistake("train", family="accuracy", function="train_lenet")
def untrained_net(data, x_new, rng):
    """The net that classified the new images was not trained: a new one was made, or the training worked on a copy."""
    return lenet_for(data, rng).forward(x_new).argmax(axis=1)


@mistake("train", family="accuracy", function="train_lenet")
def worst_class(data, x_new, rng):
    """The class with the smallest logit was chosen. The largest is the net's answer."""
    return fitted(data, rng).forward(x_new).argmin(axis=1)


@mistake("train", family="accuracy", function="train_lenet")
def logits_for_classes(data, x_new, rng):
    """The logits were returned. The result is one class for each new image: argmax over the classes."""
    return lenet_for(data, rng).forward(x_new)


@mistake("train", family="accuracy", function="train_lenet")
def learnt_from_mixed_up_classes(data, x_new, rng):
    """The net learnt from images with other images' classes, and new images are right by chance only. Shuffle both
    together."""
    x, y = data
    return fitted((x, y[rng.permutation(len(y))]), rng, epochs=1).forward(x_new).argmax(axis=1)


@mistake("train", family="accuracy", function="train_lenet")
def largest_over_the_images(data, x_new, rng):
    """The largest logit was looked for over the images. It is looked for over the classes: axis 1."""
    return lenet_for(data, rng).forward(x_new).argmax(axis=0)


@mistake("train", family="accuracy", function="train_lenet")
def likeliest_class_of_the_training_set(data, x_new, rng):
    """Every new image got the most frequent class. The net's answer is different for each image."""
    return np.full(len(x_new), np.bincount(data[1]).argmax())
