"""Known wrong answers of unit 11. Each docstring is the sentence that a learner reads."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from autograder.testing import Mistakes
from cnnkit.ops import conv2d, conv2d_backward, relu, relu_backward

mistake = Mistakes()


# -- the NumPy block: right building blocks -----------------------------------------------------------------------


def changes(x, params, stride):
    return stride != 1 or len(params["w1"]) != x.shape[1]


def refuse(x, params, option):
    if option not in ("A", "B"):
        raise ValueError(f"option is {option!r}")
    if option == "A" and len(params["w1"]) < x.shape[1]:
        raise ValueError(f"{x.shape[1]} channels in, {len(params['w1'])} out")


def padded(x, params, stride):
    added = len(params["w1"]) - x.shape[1]
    return np.pad(x[:, :, ::stride, ::stride], ((0, 0), (0, added), (0, 0), (0, 0)))


def skip(x, params, stride, option):
    if not changes(x, params, stride):
        return x
    if option == "B":
        return conv2d(x, params["ws"], params["bs"], stride)
    return padded(x, params, stride)


def inner(x, params, stride):
    return relu(conv2d(x, params["w1"], params["b1"], stride, 1))


def branch(x, params, stride):
    return conv2d(inner(x, params, stride), params["w2"], params["b2"], 1, 1)


def forward(x, params, stride, option):
    refuse(x, params, option)
    return relu(branch(x, params, stride) + skip(x, params, stride, option))


def branch_backward(dtotal, x, params, stride):
    first = conv2d(x, params["w1"], params["b1"], stride, 1)
    grads = {}
    dinner, grads["w2"], grads["b2"] = conv2d_backward(dtotal, relu(first), params["w2"], 1, 1)
    dx, grads["w1"], grads["b1"] = conv2d_backward(relu_backward(dinner, first), x, params["w1"], stride, 1)
    return dx, grads


def skip_backward(dtotal, x, params, stride, option):
    if not changes(x, params, stride):
        return dtotal, {}
    if option == "B":
        dx, dw, db = conv2d_backward(dtotal, x, params["ws"], stride, 0)
        return dx, {"ws": dw, "bs": db}
    dx = np.zeros_like(x)
    dx[:, :, ::stride, ::stride] = dtotal[:, : x.shape[1]]
    return dx, {}


def total(x, params, stride, option):
    refuse(x, params, option)
    return branch(x, params, stride) + skip(x, params, stride, option)


def backward(dout, x, params, stride, option):
    dtotal = relu_backward(dout, total(x, params, stride, option))
    dx, grads = branch_backward(dtotal, x, params, stride)
    dskip, more = skip_backward(dtotal, x, params, stride, option)
    return dx + dskip, {**grads, **more}


# -- residual_forward ---------------------------------------------------------------------------------------------


@mistake("residual-forward", family="forward")
def added_after_relu(x, params, stride=1, option="A"):
    """The shortcut was added after the last ReLU. It is added before: the ReLU sees the sum."""
    refuse(x, params, option)
    return relu(branch(x, params, stride)) + skip(x, params, stride, option)


@mistake("residual-forward", family="forward")
def relu_before_and_after(x, params, stride=1, option="A"):
    """There is a ReLU at the end of the branch too. Then the branch could only add; the ReLU comes after the sum."""
    refuse(x, params, option)
    return relu(relu(branch(x, params, stride)) + skip(x, params, stride, option))


@mistake("residual-forward", family="forward")
def relu_in_the_shortcut(x, params, stride=1, option="A"):
    """A ReLU was applied inside the shortcut. The shortcut hands x on as it is, negative values too."""
    refuse(x, params, option)
    return relu(branch(x, params, stride) + relu(skip(x, params, stride, option)))


@mistake("residual-forward", family="forward")
def shortcut_forgotten(x, params, stride=1, option="A"):
    """The shortcut was not added. Without it, these are two plain layers."""
    refuse(x, params, option)
    return relu(branch(x, params, stride))


@mistake("residual-forward", family="forward")
def last_relu_forgotten(x, params, stride=1, option="A"):
    """There is no ReLU after the sum. This block has one; leaving it out came with pre-activation."""
    return total(x, params, stride, option)


@mistake("residual-forward", family="forward")
def inner_relu_forgotten(x, params, stride=1, option="A"):
    """There is no ReLU between the two convolutions. Without it, they are one linear map."""
    refuse(x, params, option)
    y = conv2d(conv2d(x, params["w1"], params["b1"], stride, 1), params["w2"], params["b2"], 1, 1)
    return relu(y + skip(x, params, stride, option))


@mistake("residual-forward", family="forward")
def second_bias_forgotten(x, params, stride=1, option="A"):
    """The bias b2 was not added. Both convolutions have one."""
    refuse(x, params, option)
    y = conv2d(inner(x, params, stride), params["w2"], None, 1, 1)
    return relu(y + skip(x, params, stride, option))


@mistake("residual-forward", family="forward")
def first_bias_forgotten(x, params, stride=1, option="A"):
    """The bias b1 was not added. Both convolutions have one."""
    refuse(x, params, option)
    y = conv2d(relu(conv2d(x, params["w1"], None, stride, 1)), params["w2"], params["b2"], 1, 1)
    return relu(y + skip(x, params, stride, option))


@mistake("residual-forward", family="forward")
def second_kernel_only(x, params, stride=1, option="A"):
    """The first kernel was used twice. The second convolution has its own, w2."""
    refuse(x, params, option)
    if params["w1"].shape != params["w2"].shape:
        return forward(x, params, stride, option)
    y = conv2d(inner(x, params, stride), params["w1"], params["b1"], 1, 1)
    return relu(y + skip(x, params, stride, option))


@mistake("residual-forward", family="forward")
def shortcut_from_the_inner_maps(x, params, stride=1, option="A"):
    """What was added is the result of the first convolution. The shortcut leads around the whole branch: add x."""
    refuse(x, params, option)
    return relu(branch(x, params, stride) + inner(x, params, stride))


@mistake("residual-forward", family="forward")
def shortcut_subtracted(x, params, stride=1, option="A"):
    """The shortcut was subtracted. The block gives F(x) + x."""
    refuse(x, params, option)
    return relu(branch(x, params, stride) - skip(x, params, stride, option))


@mistake("residual-forward", family="forward")
def branch_and_shortcut_averaged(x, params, stride=1, option="A"):
    """The sum was halved. Branch and shortcut are added, nothing is divided."""
    return relu(total(x, params, stride, option) / 2)


@mistake("residual-forward", family="forward")
def always_projected(x, params, stride=1, option="A"):
    """Under option "B" a convolution is looked for in the shortcut even where the shape does not change. There x is
    added as it is, and params has no ws."""
    refuse(x, params, option)
    shortcut = conv2d(x, params["ws"], params["bs"], stride) if option == "B" else skip(x, params, stride, option)
    return relu(branch(x, params, stride) + shortcut)


@mistake("residual-forward", family="shortcuts")
def zeros_before_the_channels(x, params, stride=1, option="A"):
    """The channels of zeros were put before those of x. They come behind them."""
    refuse(x, params, option)
    if option == "B" or not changes(x, params, stride):
        return forward(x, params, stride, option)
    added = len(params["w1"]) - x.shape[1]
    shortcut = np.pad(x[:, :, ::stride, ::stride], ((0, 0), (added, 0), (0, 0), (0, 0)))
    return relu(branch(x, params, stride) + shortcut)


@mistake("residual-forward", family="shortcuts")
def zeros_on_both_sides(x, params, stride=1, option="A"):
    """The channels of zeros were put half before and half behind those of x. In this course they all come behind."""
    refuse(x, params, option)
    if option == "B" or not changes(x, params, stride):
        return forward(x, params, stride, option)
    added = len(params["w1"]) - x.shape[1]
    sides = (added // 2, added - added // 2)
    return relu(branch(x, params, stride) + np.pad(x[:, :, ::stride, ::stride], ((0, 0), sides, (0, 0), (0, 0))))


@mistake("residual-forward", family="shortcuts")
def channels_repeated(x, params, stride=1, option="A"):
    """The missing channels were filled with copies of those of x. Option A fills them with zeros."""
    refuse(x, params, option)
    if option == "B" or not changes(x, params, stride):
        return forward(x, params, stride, option)
    channels = np.arange(len(params["w1"])) % x.shape[1]
    return relu(branch(x, params, stride) + x[:, channels, ::stride, ::stride])


@mistake("residual-forward", family="shortcuts")
def last_pixels_of_each_step(x, params, stride=1, option="A"):
    """Option A took the last row and column of each step. It takes every stride-th from the first one on."""
    refuse(x, params, option)
    if option == "B" or not changes(x, params, stride):
        return forward(x, params, stride, option)
    return relu(branch(x, params, stride) + padded(x[:, :, stride - 1 :: stride, stride - 1 :: stride], params, 1))


@mistake("residual-forward", family="shortcuts")
def images_padded(x, params, stride=1, option="A"):
    """The zeros of option A were put at the wrong axis, the images. The channels, axis 1, are padded."""
    refuse(x, params, option)
    if option == "B" or not changes(x, params, stride):
        return forward(x, params, stride, option)
    added = len(params["w1"]) - x.shape[1]
    return relu(branch(x, params, stride) + np.pad(x[:, :, ::stride, ::stride], ((0, added), (0, 0), (0, 0), (0, 0))))


@mistake("residual-forward", family="shortcuts")
def averaged_pixels(x, params, stride=1, option="A"):
    """Option A averaged the pixels of each step. It takes every stride-th pixel and leaves the others out."""
    refuse(x, params, option)
    if option == "B" or not changes(x, params, stride):
        return forward(x, params, stride, option)
    n, c, h, w = x.shape
    oh, ow = -(-h // stride), -(-w // stride)
    edged = np.pad(x, ((0, 0), (0, 0), (0, oh * stride - h), (0, ow * stride - w)), mode="edge")
    small = edged.reshape(n, c, oh, stride, ow, stride).mean((3, 5))
    return relu(branch(x, params, stride) + padded(small, params, 1))


@mistake("residual-forward", family="shortcuts")
def first_pixels_of_the_image(x, params, stride=1, option="A"):
    """Option A took the upper left part of the maps. It takes every stride-th row and column: x[:, :, ::s, ::s]."""
    refuse(x, params, option)
    if option == "B" or not changes(x, params, stride):
        return forward(x, params, stride, option)
    y = branch(x, params, stride)
    return relu(y + padded(x[:, :, : y.shape[2], : y.shape[3]], params, 1))


@mistake("residual-forward", family="shortcuts")
def stride_in_both_convolutions(x, params, stride=1, option="A"):
    """Both convolutions of the branch have the stride, so that the maps shrink twice. Only the first has it."""
    refuse(x, params, option)
    y = conv2d(inner(x, params, stride), params["w2"], params["b2"], stride, 1)
    return relu(y + skip(x, params, stride, option))


@mistake("residual-forward", family="shortcuts")
def stride_in_the_second_convolution(x, params, stride=1, option="A"):
    """The second convolution has the stride. The first one has it: what is skipped need not be computed."""
    refuse(x, params, option)
    y = conv2d(inner(x, params, 1), params["w2"], params["b2"], stride, 1)
    return relu(y + skip(x, params, stride, option))


@mistake("residual-forward", family="shortcuts")
def option_ignored(x, params, stride=1, option="A"):
    """Option "A" was used whatever the argument says. "B" has a 1×1 convolution in the shortcut."""
    refuse(x, params, option)
    if option == "B" and len(params["w1"]) < x.shape[1]:
        return forward(x, params, stride, option)
    shortcut = padded(x, params, stride) if changes(x, params, stride) else x
    return relu(branch(x, params, stride) + shortcut)


@mistake("residual-forward", family="shortcuts")
def shortcut_bias_forgotten(x, params, stride=1, option="A"):
    """The bias bs of the shortcut was not added. The 1×1 convolution of option B has one."""
    refuse(x, params, option)
    if option == "A" or not changes(x, params, stride):
        return forward(x, params, stride, option)
    return relu(branch(x, params, stride) + conv2d(x, params["ws"], None, stride))


@mistake("residual-forward", family="shortcuts")
def projected_with_relu(x, params, stride=1, option="A"):
    """A ReLU was applied to the 1×1 convolution of the shortcut. Nothing comes between it and the sum."""
    refuse(x, params, option)
    if option == "A" or not changes(x, params, stride):
        return forward(x, params, stride, option)
    return relu(branch(x, params, stride) + relu(skip(x, params, stride, option)))


@mistake("residual-forward", family="shortcuts")
def projected_only_with_a_stride(x, params, stride=1, option="A"):
    """The shortcut changes only where the stride is not 1. It must also where the number of channels changes."""
    refuse(x, params, option)
    shortcut = x if stride == 1 else skip(x, params, stride, option)
    return relu(branch(x, params, stride) + shortcut)


@mistake("residual-forward", family="contract")
def input_changed(x, params, stride=1, option="A"):
    """x was changed in place (x += …). Whoever called may still need it: compute a new array."""
    y = forward(x, params, stride, option)
    if not changes(x, params, stride):
        x += branch(x, params, stride)
    return y


@mistake("residual-forward", family="contract")
def option_not_checked(x, params, stride=1, option="A"):
    """An option that is neither "A" nor "B" was taken for "B". Raise ValueError."""
    refuse(x, params, "A" if option == "A" else "B")
    return relu(branch(x, params, stride) + skip(x, params, stride, "A" if option == "A" else "B"))


@mistake("residual-forward", family="contract")
def channels_cut_off(x, params, stride=1, option="A"):
    """Where fewer channels go out than come in, option A cut some off. It can only add channels: raise ValueError."""
    if option not in ("A", "B"):
        raise ValueError(option)
    if option == "A" and len(params["w1"]) < x.shape[1]:
        return relu(branch(x, params, stride) + x[:, : len(params["w1"]), ::stride, ::stride])
    return forward(x, params, stride, option)


@mistake("residual-forward", family="contract")
def always_float64(x, params, stride=1, option="A"):
    """The result is float64 whatever x has. It keeps the type of x, float32 too."""
    return forward(x, params, stride, option).astype(np.float64)


# -- residual_backward --------------------------------------------------------------------------------------------


def with_dx(change, dout, x, params, stride, option):
    dtotal = relu_backward(dout, total(x, params, stride, option))
    dx, grads = branch_backward(dtotal, x, params, stride)
    dskip, more = skip_backward(dtotal, x, params, stride, option)
    return change(dx, dskip), {**grads, **more}


@mistake("residual-forward", family="gradient of x", function="residual_backward")
def skip_gradient_forgotten(dout, x, params, stride=1, option="A"):
    """The gradient through the shortcut was forgotten. x goes into the branch and into the shortcut: both gradients add
    up."""
    return with_dx(lambda dx, _: dx, dout, x, params, stride, option)


@mistake("residual-forward", family="gradient of x", function="residual_backward")
def branch_gradient_forgotten(dout, x, params, stride=1, option="A"):
    """The gradient of x is that of the shortcut alone. What comes through the branch must be added."""
    return with_dx(lambda _, dskip: dskip.copy(), dout, x, params, stride, option)


@mistake("residual-forward", family="gradient of x", function="residual_backward")
def upstream_through_the_shortcut(dout, x, params, stride=1, option="A"):
    """dout went through the shortcut as it came. The last ReLU lies after the sum: its slope counts there too."""
    dtotal = relu_backward(dout, total(x, params, stride, option))
    dx, grads = branch_backward(dtotal, x, params, stride)
    _, more = skip_backward(dtotal, x, params, stride, option)
    return dx + skip_backward(dout, x, params, stride, option)[0], {**grads, **more}


@mistake("residual-forward", family="gradient of x", function="residual_backward")
def ways_averaged(dout, x, params, stride=1, option="A"):
    """The gradients of branch and shortcut were averaged. They add up, nothing is divided."""
    return with_dx(lambda dx, dskip: (dx + dskip) / 2, dout, x, params, stride, option)


@mistake("residual-forward", family="gradient of x", function="residual_backward")
def skip_gradient_only_without_change(dout, x, params, stride=1, option="A"):
    """Where the shape changes, no gradient comes through the shortcut. It does under both options."""
    same = not changes(x, params, stride)
    return with_dx(lambda dx, dskip: dx + dskip if same else dx, dout, x, params, stride, option)


@mistake("residual-forward", family="gradient of x", function="residual_backward")
def overwritten_by_the_shortcut(dout, x, params, stride=1, option="A"):
    """Under option A, the pixels that the shortcut took got its gradient in place of the branch's (= for +=)."""
    dx, grads = backward(dout, x, params, stride, option)
    if option == "A" and changes(x, params, stride):
        dtotal = relu_backward(dout, total(x, params, stride, option))
        dx[:, :, ::stride, ::stride] = dtotal[:, : x.shape[1]]
    return dx, grads


@mistake("residual-forward", family="gradient of x", function="residual_backward")
def gradient_of_the_last_channels(dout, x, params, stride=1, option="A"):
    """Under option A, the gradient of the channels of zeros was handed to x. The channels of x are the first ones."""
    if option == "B" or not changes(x, params, stride):
        return backward(dout, x, params, stride, option)
    dtotal = relu_backward(dout, total(x, params, stride, option))
    dx, grads = branch_backward(dtotal, x, params, stride)
    dx[:, :, ::stride, ::stride] += dtotal[:, -x.shape[1] :]
    return dx, grads


@mistake("residual-forward", family="gradient of x", function="residual_backward")
def gradient_in_the_corner(dout, x, params, stride=1, option="A"):
    """Under option A, the gradient was added in the upper left part. It belongs to every stride-th row and column."""
    if option == "B" or not changes(x, params, stride):
        return backward(dout, x, params, stride, option)
    dtotal = relu_backward(dout, total(x, params, stride, option))
    dx, grads = branch_backward(dtotal, x, params, stride)
    dx[:, :, : dtotal.shape[2], : dtotal.shape[3]] += dtotal[:, : x.shape[1]]
    return dx, grads


@mistake("residual-forward", family="gradient of x", function="residual_backward")
def inner_relu_ignored(dout, x, params, stride=1, option="A"):
    """The gradient of x skipped the inner ReLU. It passes where the first convolution gave something positive."""
    dtotal = relu_backward(dout, total(x, params, stride, option))
    _, grads = branch_backward(dtotal, x, params, stride)
    dinner, _, _ = conv2d_backward(dtotal, inner(x, params, stride), params["w2"], 1, 1)
    dx, _, _ = conv2d_backward(dinner, x, params["w1"], stride, 1)
    dskip, more = skip_backward(dtotal, x, params, stride, option)
    return dx + dskip, {**grads, **more}


@mistake("residual-forward", family="gradients of parameters", function="residual_backward")
def last_relu_ignored(dout, x, params, stride=1, option="A"):
    """The last ReLU was skipped on the way back. The gradient passes where the sum was positive."""
    total(x, params, stride, option)
    dx, grads = branch_backward(dout, x, params, stride)
    dskip, more = skip_backward(dout, x, params, stride, option)
    return dx + dskip, {**grads, **more}


@mistake("residual-forward", family="gradients of parameters", function="residual_backward")
def last_relu_by_the_branch(dout, x, params, stride=1, option="A"):
    """The slope of the last ReLU was taken where the branch is positive. It saw the sum of branch and shortcut."""
    refuse(x, params, option)
    dtotal = relu_backward(dout, branch(x, params, stride))
    dx, grads = branch_backward(dtotal, x, params, stride)
    dskip, more = skip_backward(dtotal, x, params, stride, option)
    return dx + dskip, {**grads, **more}


@mistake("residual-forward", family="gradients of parameters", function="residual_backward")
def parameters_without_the_inner_relu(dout, x, params, stride=1, option="A"):
    """The inner ReLU was skipped on the way back to w1 and b1. The gradient passes where its input was positive."""
    dx, grads = backward(dout, x, params, stride, option)
    dtotal = relu_backward(dout, total(x, params, stride, option))
    dinner, _, _ = conv2d_backward(dtotal, inner(x, params, stride), params["w2"], 1, 1)
    _, grads["w1"], grads["b1"] = conv2d_backward(dinner, x, params["w1"], stride, 1)
    return dx, grads


@mistake("residual-forward", family="gradients of parameters", function="residual_backward")
def second_kernel_sees_values_before_relu(dout, x, params, stride=1, option="A"):
    """The gradient of w2 was computed from the values before the inner ReLU. Its input were the values after it."""
    dx, grads = backward(dout, x, params, stride, option)
    dtotal = relu_backward(dout, total(x, params, stride, option))
    first = conv2d(x, params["w1"], params["b1"], stride, 1)
    grads["w2"] = conv2d_backward(dtotal, first, params["w2"], 1, 1)[1]
    return dx, grads


@mistake("residual-forward", family="gradients of parameters", function="residual_backward")
def shortcut_parameters_forgotten(dout, x, params, stride=1, option="A"):
    """The gradients of ws and bs are missing. Under option B the shortcut learns too."""
    dx, grads = backward(dout, x, params, stride, option)
    return dx, {name: grads[name] for name in ("w1", "b1", "w2", "b2")}


@mistake("residual-forward", family="gradients of parameters", function="residual_backward")
def biases_averaged(dout, x, params, stride=1, option="A"):
    """The gradients of the biases were averaged over the images. They are sums over images and positions."""
    dx, grads = backward(dout, x, params, stride, option)
    return dx, {name: g / len(x) if name.startswith("b") else g for name, g in grads.items()}


@mistake("residual-forward", family="gradients of parameters", function="residual_backward")
def gradients_averaged(dout, x, params, stride=1, option="A"):
    """The gradients of the parameters were divided by the number of images. The loss divides, not the block."""
    dx, grads = backward(dout, x, params, stride, option)
    return dx, {name: g / len(x) for name, g in grads.items()}


@mistake("residual-forward", family="gradients of parameters", function="residual_backward")
def kernels_exchanged(dout, x, params, stride=1, option="A"):
    """The gradients of w1 and w2 were exchanged. Each stands under the name of its parameter."""
    dx, grads = backward(dout, x, params, stride, option)
    return dx, {**grads, "w1": grads["w2"], "w2": grads["w1"]}


@mistake("residual-forward", family="gradients of parameters", function="residual_backward")
def pair_exchanged(dout, x, params, stride=1, option="A"):
    """The two results were exchanged. The gradient of x comes first, the dict of the parameters' gradients second."""
    return backward(dout, x, params, stride, option)[::-1]


@mistake("residual-forward", family="contract", function="residual_backward")
def upstream_changed(dout, x, params, stride=1, option="A"):
    """dout was changed in place by the last ReLU's slope. Arguments stay as they are."""
    found = backward(dout, x, params, stride, option)
    dout *= total(x, params, stride, option) > 0
    return found


@mistake("residual-forward", family="contract", function="residual_backward")
def gradients_written_into_params(dout, x, params, stride=1, option="A"):
    """The gradients were written into params. They are a dict of their own, and params stays as it is."""
    dx, grads = backward(dout, x, params, stride, option)
    for name, values in grads.items():
        params[name] = values
    return dx, grads


@mistake("residual-forward", family="contract", function="residual_backward")
def gradients_in_float64(dout, x, params, stride=1, option="A"):
    """The gradients are float64 whatever x has. They keep its type, float32 too."""
    dx, grads = backward(dout, x, params, stride, option)
    return dx.astype(np.float64), {name: g.astype(np.float64) for name, g in grads.items()}


# -- the torch blocks: right building blocks ----------------------------------------------------------------------


def conv(into, out, k, stride=1, bias=False):
    return nn.Conv2d(into, out, k, stride, k // 2, bias=bias)


class Pad(nn.Module):
    def __init__(self, added, stride):
        super().__init__()
        self.added, self.stride = added, stride

    def forward(self, x):
        return functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.added))


def make_skip(into, out, stride, option):
    if stride == 1 and into == out:
        return nn.Identity()
    if option == "A":
        return Pad(out - into, stride)
    return nn.Sequential(conv(into, out, 1, stride), nn.BatchNorm2d(out))


class Basic(nn.Module):
    expansion = 1

    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__()
        self.conv1, self.bn1 = conv(in_channels, channels, 3, stride), nn.BatchNorm2d(channels)
        self.conv2, self.bn2 = conv(channels, channels, 3), nn.BatchNorm2d(channels)
        self.downsample = make_skip(in_channels, channels, stride, option)

    def branch(self, x):
        return self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))

    def forward(self, x):
        return (self.branch(x) + self.downsample(x)).relu()


class Narrow(nn.Module):
    expansion = 4

    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__()
        self.conv1, self.bn1 = conv(in_channels, channels, 1), nn.BatchNorm2d(channels)
        self.conv2, self.bn2 = conv(channels, channels, 3, stride), nn.BatchNorm2d(channels)
        self.conv3, self.bn3 = conv(channels, 4 * channels, 1), nn.BatchNorm2d(4 * channels)
        self.downsample = make_skip(in_channels, 4 * channels, stride, option)

    def branch(self, x):
        y = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu())).relu()
        return self.bn3(self.conv3(y))

    def forward(self, x):
        return (self.branch(x) + self.downsample(x)).relu()


class Before(nn.Module):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(in_channels), conv(in_channels, channels, 3, stride)
        self.bn2, self.conv2 = nn.BatchNorm2d(channels), conv(channels, channels, 3)
        same = stride == 1 and in_channels == channels
        self.downsample = None if same else conv(in_channels, channels, 1, stride)

    def branch(self, active):
        return self.conv2(self.bn2(self.conv1(active)).relu())

    def skip(self, x, active):
        return x if self.downsample is None else self.downsample(active)

    def forward(self, x):
        active = self.bn1(x).relu()
        return self.branch(active) + self.skip(x, active)


class Dense(nn.Module):
    def __init__(self, in_channels, growth):
        super().__init__()
        self.norm1, self.conv1 = nn.BatchNorm2d(in_channels), conv(in_channels, 4 * growth, 1)
        self.norm2, self.conv2 = nn.BatchNorm2d(4 * growth), conv(4 * growth, growth, 3)

    def new(self, x):
        return self.conv2(self.norm2(self.conv1(self.norm1(x).relu())).relu())

    def forward(self, x):
        return torch.cat([x, self.new(x)], 1)


# -- BasicBlock ---------------------------------------------------------------------------------------------------


@mistake("basic-block", family="layers")
class NeedlessDownsample(Basic):
    """There is a convolution in the shortcut where the shape does not change. There the shortcut is x itself."""

    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__(in_channels, channels, stride, option)
        if option == "B":
            self.downsample = nn.Sequential(conv(in_channels, channels, 1, stride), nn.BatchNorm2d(channels))


@mistake("basic-block", family="layers")
class BiasWithNormalisation(Basic):
    """The convolutions have biases. Batch normalisation subtracts the mean, and a bias with it: it would do nothing."""

    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__(in_channels, channels, stride, option)
        self.conv1, self.conv2 = conv(in_channels, channels, 3, stride, True), conv(channels, channels, 3, 1, True)


@mistake("basic-block", family="layers")
class SharedNormalisation(Basic):
    """One batch normalisation is used in both places. Each has its own parameters and its own statistics."""

    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__(in_channels, channels, stride, option)
        self.bn2 = self.bn1


@mistake("basic-block", family="layers")
class OptionAIgnored(Basic):
    """Under option "A" there is a convolution in the shortcut. Option A has no parameters: pixels and zeros."""

    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__(in_channels, channels, stride, "B")


@mistake("basic-block", family="layers")
class OptionAByDefault(Basic):
    """Option "A" is used where none is given. The default is "B"."""

    def __init__(self, in_channels, channels, stride=1, option="A"):
        super().__init__(in_channels, channels, stride, option)


@mistake("basic-block", family="layers")
class DownsampleWithoutNormalisation(Basic):
    """There is no batch normalisation in the shortcut. Under option B it follows the 1×1 convolution."""

    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__(in_channels, channels, stride, option)
        if isinstance(self.downsample, nn.Sequential):
            self.downsample = nn.Sequential(conv(in_channels, channels, 1, stride))


@mistake("basic-block", family="layers")
class DownsampleThreeByThree(Basic):
    """The shortcut has a 3×3 convolution. It is a 1×1 convolution: it only changes the shape."""

    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__(in_channels, channels, stride, option)
        if isinstance(self.downsample, nn.Sequential):
            self.downsample[0] = conv(in_channels, channels, 3, stride)


@mistake("basic-block", family="layers")
class DownsampleOnlyWithAStride(Basic):
    """The shortcut has its convolution only where the stride is not 1. It needs one where the channels change, too."""

    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__(in_channels, channels, stride, option)
        if stride == 1:
            self.downsample = nn.Identity()


@mistake("basic-block", family="layers")
class DownsampleOnlyWithMoreChannels(Basic):
    """The shortcut has its convolution only where the channels change. It needs one where the stride is not 1, too."""

    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__(in_channels, channels, stride, option)
        if in_channels == channels:
            self.downsample = nn.Identity()


@mistake("basic-block", family="values")
class SumAfterRelu(Basic):
    """The shortcut was added after the last ReLU. It is added before: the ReLU sees the sum."""

    def forward(self, x):
        return self.branch(x).relu() + self.downsample(x)


@mistake("basic-block", family="values")
class ReluAtTheEndOfTheBranch(Basic):
    """There is a ReLU at the end of the branch, before the sum. Then the branch could only add: it comes after."""

    def forward(self, x):
        return (self.branch(x).relu() + self.downsample(x)).relu()


@mistake("basic-block", family="values")
class ReluInsideTheSkip(Basic):
    """A ReLU was applied inside the shortcut. It hands on negative values too."""

    def forward(self, x):
        return (self.branch(x) + self.downsample(x).relu()).relu()


@mistake("basic-block", family="values")
class ShortcutNotAdded(Basic):
    """The shortcut was not added. Without it, these are two plain layers."""

    def forward(self, x):
        return self.branch(x).relu() + 0 * self.downsample(x)


@mistake("basic-block", family="values")
class NoReluAfterTheSum(Basic):
    """There is no ReLU after the sum. This block has one; leaving it out came with pre-activation."""

    def forward(self, x):
        return self.branch(x) + self.downsample(x)


@mistake("basic-block", family="values")
class NoReluInTheBranch(Basic):
    """There is no ReLU between the two convolutions of the branch."""

    def branch(self, x):
        return self.bn2(self.conv2(self.bn1(self.conv1(x))))


@mistake("basic-block", family="values")
class AddedToTheInput(Basic):
    """The branch was added to x in place (x += …), which changes the maps for everyone who holds them."""

    def forward(self, x):
        y = super().forward(x)
        x += 1.0
        return y


@mistake("basic-block", family="values")
class BothConvolutionsStride(Basic):
    """Both convolutions have the stride, so that the branch shrinks twice. Only the first has it."""

    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__(in_channels, channels, stride, option)
        self.conv2.stride = (stride, stride)


@mistake("basic-block", family="values")
class SecondConvolutionStrides(Basic):
    """The second convolution has the stride. The first one has it."""

    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__(in_channels, channels, stride, option)
        self.conv1.stride, self.conv2.stride = (1, 1), (stride, stride)


@mistake("basic-block", family="values")
class NoStrideAtAll(Basic):
    """The stride was left out. The first convolution has it, and the shortcut."""

    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__(in_channels, channels, 1, option)
        if in_channels == channels and stride != 1 and option == "B":
            self.downsample = nn.Sequential(conv(in_channels, channels, 1), nn.BatchNorm2d(channels))


@mistake("basic-block", family="values")
class ReluBeforeNormalisation(Basic):
    """ReLU comes before batch normalisation. The order is convolution, normalisation, ReLU."""

    def branch(self, x):
        return self.bn2(self.conv2(self.bn1(self.conv1(x).relu())))


@mistake("basic-block", family="values")
class ZerosInFront(Basic):
    """Under option A, the channels of zeros were put before those of x. They come behind them."""

    def forward(self, x):
        y, skip = self.branch(x), self.downsample(x)
        if isinstance(self.downsample, Pad):
            skip = skip.roll(self.downsample.added, 1)
        return (y + skip).relu()


@mistake("basic-block", family="values")
class AlwaysInTrainMode(Basic):
    """Batch normalisation uses the statistics of the batch in eval mode too. In eval mode it uses the running ones."""

    def forward(self, x):
        self.train()
        return super().forward(x)


@mistake("basic-block", family="values")
class BranchComputedTwice(Basic):
    """The branch was computed twice in a forward pass, so that the running statistics moved twice."""

    def forward(self, x):
        self.branch(x)
        return super().forward(x)


@mistake("basic-block", family="gradients")
class ShortcutDetached(Basic):
    """The shortcut was detached. It is there so that gradients have a way back: nothing may cut it."""

    def forward(self, x):
        return (self.branch(x) + self.downsample(x).detach()).relu()


@mistake("basic-block", family="gradients")
class BranchDetached(Basic):
    """The branch was detached: its convolutions never learn."""

    def forward(self, x):
        return (self.branch(x).detach() + self.downsample(x)).relu()


@mistake("basic-block", family="gradients")
class BasicWithoutGradients(Basic):
    """forward runs under torch.no_grad(). Then nothing is recorded and the block cannot be trained."""

    def forward(self, x):
        with torch.no_grad():
            return super().forward(x)


# -- Bottleneck ---------------------------------------------------------------------------------------------------


@mistake("bottleneck", family="layers")
class NotExpanded(nn.Module):
    """As many channels come out as the inner convolutions have. The last 1×1 convolution makes 4 times as many."""

    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__()
        self.conv1, self.bn1 = conv(in_channels, channels, 1), nn.BatchNorm2d(channels)
        self.conv2, self.bn2 = conv(channels, channels, 3, stride), nn.BatchNorm2d(channels)
        self.conv3, self.bn3 = conv(channels, channels, 1), nn.BatchNorm2d(channels)
        self.downsample = make_skip(in_channels, channels, stride, option)

    def forward(self, x):
        y = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu())).relu()
        return (self.bn3(self.conv3(y)) + self.downsample(x)).relu()


@mistake("bottleneck", family="layers")
class ChannelsAreThoseOut(Narrow):
    """`channels` was taken for the channels that come out. They are those inside; 4 times as many come out."""

    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__(in_channels, max(channels // 4, 1), stride, option)


@mistake("bottleneck", family="layers")
class ShortcutComparesInnerChannels(Narrow):
    """Whether the shape changes was decided by `channels`. 4 · channels come out: compare these with in_channels."""

    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__(in_channels, channels, stride, option)
        if stride == 1 and in_channels == 4 * channels and option == "B":
            self.downsample = nn.Sequential(conv(in_channels, 4 * channels, 1), nn.BatchNorm2d(4 * channels))


@mistake("bottleneck", family="layers")
class BottleneckBiases(Narrow):
    """The convolutions have biases. Batch normalisation follows each: a bias would do nothing."""

    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__(in_channels, channels, stride, option)
        self.conv1, self.conv3 = conv(in_channels, channels, 1, 1, True), conv(channels, 4 * channels, 1, 1, True)


@mistake("bottleneck", family="layers")
class BottleneckSharedNormalisation(Narrow):
    """The first two normalisations are one and the same. Each has its own parameters and statistics."""

    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__(in_channels, channels, stride, option)
        self.bn2 = self.bn1


@mistake("bottleneck", family="layers")
class BottleneckOptionIgnored(Narrow):
    """Under option "A" there is a convolution in the shortcut. Option A has no parameters: pixels and zeros."""

    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__(in_channels, channels, stride, "B")


@mistake("bottleneck", family="values")
class StrideInTheFirst(Narrow):
    """The stride is in the first 1×1 convolution, as in the paper of 2015. Here the 3×3 convolution has it, so that no
    pixel is thrown away unseen."""

    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__(in_channels, channels, stride, option)
        self.conv1.stride, self.conv2.stride = (stride, stride), (1, 1)


@mistake("bottleneck", family="values")
class StrideInTheLast(Narrow):
    """The stride is in the last 1×1 convolution. The 3×3 convolution has it."""

    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__(in_channels, channels, stride, option)
        self.conv3.stride, self.conv2.stride = (stride, stride), (1, 1)


@mistake("bottleneck", family="values")
class StrideTwice(Narrow):
    """Two convolutions have the stride, so that the branch shrinks twice. Only the 3×3 convolution has it."""

    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__(in_channels, channels, stride, option)
        self.conv1.stride = (stride, stride)


@mistake("bottleneck", family="values")
class NoReluAfterTheFirst(Narrow):
    """There is no ReLU after the first normalisation. One comes after the first and after the second."""

    def branch(self, x):
        return self.bn3(self.conv3(self.bn2(self.conv2(self.bn1(self.conv1(x)))).relu()))


@mistake("bottleneck", family="values")
class NoReluAfterTheSecond(Narrow):
    """There is no ReLU after the second normalisation. One comes after the first and after the second."""

    def branch(self, x):
        return self.bn3(self.conv3(self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))))


@mistake("bottleneck", family="values")
class ReluAfterTheThird(Narrow):
    """There is a ReLU after the third normalisation, before the sum. Then the branch could only add."""

    def branch(self, x):
        return super().branch(x).relu()


@mistake("bottleneck", family="values")
class BottleneckAddedAfterRelu(Narrow):
    """The shortcut was added after the last ReLU. It is added before: the ReLU sees the sum."""

    def forward(self, x):
        return self.branch(x).relu() + self.downsample(x)


@mistake("bottleneck", family="values")
class BottleneckWithoutLastRelu(Narrow):
    """There is no ReLU after the sum. This block has one."""

    def forward(self, x):
        return self.branch(x) + self.downsample(x)


@mistake("bottleneck", family="values")
class BottleneckReluInTheSkip(Narrow):
    """A ReLU was applied inside the shortcut. It hands on negative values too."""

    def forward(self, x):
        return (self.branch(x) + self.downsample(x).relu()).relu()


@mistake("bottleneck", family="values")
class BottleneckInputChanged(Narrow):
    """The maps that go in were changed in place. Whoever called may still need them."""

    def forward(self, x):
        y = super().forward(x)
        x.relu_()
        return y


@mistake("bottleneck", family="gradients")
class BottleneckShortcutDetached(Narrow):
    """The shortcut was detached. It is there so that gradients have a way back: nothing may cut it."""

    def forward(self, x):
        return (self.branch(x) + self.downsample(x).detach()).relu()


@mistake("bottleneck", family="gradients")
class BottleneckBranchDetached(Narrow):
    """The branch was detached: its convolutions never learn."""

    def forward(self, x):
        return (self.branch(x).detach() + self.downsample(x)).relu()


# -- PreActBlock --------------------------------------------------------------------------------------------------


@mistake("pre-act-block", family="layers")
class FirstNormalisationForTheChannelsOut(Before):
    """The first normalisation has as many channels as come out. It sees the maps that come in: in_channels."""

    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        self.bn1 = nn.BatchNorm2d(channels)


@mistake("pre-act-block", family="layers")
class PreActNeedlessDownsample(Before):
    """There is a convolution in the shortcut where the shape does not change. There the shortcut is x itself."""

    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        self.downsample = conv(in_channels, channels, 1, stride)


@mistake("pre-act-block", family="layers")
class PreActNormalisedShortcut(Before):
    """There is batch normalisation in the shortcut. In this block its convolution stands alone."""

    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        if self.downsample is not None:
            self.downsample = nn.Sequential(self.downsample, nn.BatchNorm2d(channels))


@mistake("pre-act-block", family="layers")
class PreActBiases(Before):
    """The convolutions have biases. No convolution of this block has one."""

    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        self.conv1, self.conv2 = conv(in_channels, channels, 3, stride, True), conv(channels, channels, 3, 1, True)


@mistake("pre-act-block", family="values")
class ReluAfterAll(Before):
    """There is a ReLU after the sum. In this block nothing comes after it: that is its point."""

    def forward(self, x):
        return super().forward(x).relu()


@mistake("pre-act-block", family="values")
class ShortcutOfTheActive(Before):
    """Where the shape does not change, the maps after ReLU were added. There the shortcut is x itself, negative values
    too."""

    def skip(self, x, active):
        return active if self.downsample is None else self.downsample(active)


@mistake("pre-act-block", family="values")
class DownsampleOfTheInput(Before):
    """The convolution of the shortcut sees x. It sees the maps after the first normalisation and ReLU."""

    def skip(self, x, active):
        return x if self.downsample is None else self.downsample(x)


@mistake("pre-act-block", family="values")
class PreActWithoutFirstRelu(Before):
    """There is no ReLU after the first normalisation. The order is normalisation, ReLU, convolution, twice."""

    def forward(self, x):
        active = self.bn1(x)
        return self.branch(active) + self.skip(x, active)


@mistake("pre-act-block", family="values")
class PreActWithoutSecondRelu(Before):
    """There is no ReLU after the second normalisation. The order is normalisation, ReLU, convolution, twice."""

    def branch(self, active):
        return self.conv2(self.bn2(self.conv1(active)))


@mistake("pre-act-block", family="values")
class PreActWithoutShortcut(Before):
    """The shortcut was not added. The block gives the branch plus the shortcut."""

    def forward(self, x):
        active = self.bn1(x).relu()
        return self.branch(active) + 0 * self.skip(x, active)


@mistake("pre-act-block", family="values")
class PreActStrideInTheSecond(Before):
    """The second convolution has the stride. The first one has it, and the shortcut."""

    def __init__(self, in_channels, channels, stride=1):
        super().__init__(in_channels, channels, stride)
        self.conv1.stride, self.conv2.stride = (1, 1), (stride, stride)


@mistake("pre-act-block", family="values")
class PreActInputOverwritten(Before):
    """The maps that go in were changed in place. Whoever called may still need them."""

    def forward(self, x):
        y = super().forward(x)
        x.relu_()
        return y


@mistake("pre-act-block", family="gradients")
class PreActShortcutDetached(Before):
    """The shortcut was detached. It is there so that gradients have a way back: nothing may cut it."""

    def skip(self, x, active):
        return super().skip(x, active).detach()


@mistake("pre-act-block", family="gradients")
class PreActBranchDetached(Before):
    """The branch was detached: its convolutions never learn."""

    def branch(self, active):
        return super().branch(active).detach()


# -- make_resnet --------------------------------------------------------------------------------------------------


BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


class Net(nn.Module):
    def __init__(
        self, block, counts, channels, stem, classes, option, growth=2, first_stride=1, pool=True, steps=2, later=1
    ):
        super().__init__()
        self.large = len(counts) == 4
        self.pool = pool and self.large
        self.conv1 = conv(3, stem, 7, 2) if self.large else conv(3, stem, 3)
        self.bn1 = nn.BatchNorm2d(stem)
        self.names, before = [], stem
        for i, number in enumerate(counts):
            made = []
            for j in range(number):
                stride = (steps if i else first_stride) if j == 0 else later if i else 1
                made.append(block(before, channels, stride, option))
                before = channels * block.expansion
            self.names.append(f"layer{i + 1}")
            self.add_module(self.names[-1], nn.Sequential(*made))
            channels *= growth
        self.fc = nn.Linear(before, classes)

    def start(self, x):
        y = self.bn1(self.conv1(x)).relu()
        return functional.max_pool2d(y, 3, 2, 1) if self.pool else y

    def end(self, y):
        return self.fc(y.mean((2, 3)))

    def forward(self, x):
        y = self.start(x)
        for name in self.names:
            y = self.get_submodule(name)(y)
        return self.end(y)


def plan(depth, width, option):
    if depth in BLOCKS:
        return Basic if depth < 50 else Narrow, BLOCKS[depth], max(1, round(64 * width)), 64, 1000, option
    if depth < 8 or depth % 6 != 2:
        raise ValueError(f"depth is {depth}")
    return Basic, (depth // 6,) * 3, max(1, round(16 * width)), 16, 10, option


@mistake("make-resnet", family="layers")
def bottlenecks_from_34_on(depth, width=1, option="B"):
    """ResNet-34 was made of bottlenecks. It has basic blocks, as ResNet-18; bottlenecks begin with 50."""
    block, *rest = plan(depth, width, option)
    return Net(Narrow if depth == 34 else block, *rest)


@mistake("make-resnet", family="layers")
def basic_blocks_only(depth, width=1, option="B"):
    """All networks were made of basic blocks. From 50 layers on they have bottlenecks."""
    _, *rest = plan(depth, width, option)
    return Net(Basic, *rest)


@mistake("make-resnet", family="layers")
def blocks_counted_as_layers(depth, width=1, option="B"):
    """CIFAR's networks have (depth − 2) / 3 blocks in a stage. A block has two layers: it is (depth − 2) / 6."""
    block, counts, *rest = plan(depth, width, option)
    return Net(block, counts if depth in BLOCKS else tuple(2 * n for n in counts), *rest)


@mistake("make-resnet", family="layers")
def fifty_for_cifar(depth, width=1, option="B"):
    """50 and 152 were taken for CIFAR's family, since they are 6n + 2. They are ImageNet's networks."""
    if depth in (50, 152):
        return Net(Basic, (depth // 6,) * 3, max(1, round(16 * width)), 16, 10, option)
    return Net(*plan(depth, width, option))


@mistake("make-resnet", family="layers")
def channels_do_not_double(depth, width=1, option="B"):
    """The channels stay the same in all stages. They double from stage to stage."""
    return Net(*plan(depth, width, option), growth=1)


@mistake("make-resnet", family="layers")
def a_thousand_classes_for_all(depth, width=1, option="B"):
    """CIFAR's networks have 1000 classes. CIFAR has 10."""
    block, counts, channels, stem, _, option = plan(depth, width, option)
    return Net(block, counts, channels, stem, 1000, option)


@mistake("make-resnet", family="layers")
def downsampling_first_stage(depth, width=1, option="B"):
    """The first stage has stride 2 too. It keeps the size; the stages after it begin with stride 2."""
    return Net(*plan(depth, width, option), first_stride=2)


@mistake("make-resnet", family="layers")
def stride_in_every_block(depth, width=1, option="B"):
    """Every block of a stage has stride 2. Only the first block of a stage has it, from the second stage on."""
    return Net(*plan(depth, width, option), later=2)


@mistake("make-resnet", family="layers")
def option_never_handed_on(depth, width=1, option="B"):
    """The option was not handed on: the blocks have option B always. Each block gets the option."""
    return Net(*plan(depth, width, "B"))


@mistake("make-resnet", family="layers")
def bias_in_the_first_convolution(depth, width=1, option="B"):
    """The first convolution has a bias. Batch normalisation follows it: no bias."""
    net = Net(*plan(depth, width, option))
    first = net.conv1
    net.conv1 = nn.Conv2d(3, first.out_channels, first.kernel_size, first.stride, first.padding)
    return net


@mistake("make-resnet", family="layers")
def large_kernel_for_cifar(depth, width=1, option="B"):
    """CIFAR's networks begin with a 7×7 convolution. On images of 32×32 pixels it is 3×3, with stride 1."""
    net = Net(*plan(depth, width, option))
    net.conv1 = conv(3, net.conv1.out_channels, 7, 2)
    return net


@mistake("make-resnet", family="layers")
def hundred_and_one_as_fifty(depth, width=1, option="B"):
    """The third stage of ResNet-101 has 22 blocks. It has 23: 1 + 3 · (3 + 4 + 23 + 3) + 1 = 101."""
    block, counts, *rest = plan(depth, width, option)
    return Net(block, (3, 4, 22, 3) if depth == 101 else counts, *rest)


@mistake("make-resnet", family="layers")
def stages_of_152_exchanged(depth, width=1, option="B"):
    """The second and third stage of ResNet-152 were exchanged. They have 8 and 36 blocks."""
    block, counts, *rest = plan(depth, width, option)
    return Net(block, (3, 36, 8, 3) if depth == 152 else counts, *rest)


@mistake("make-resnet", family="widths and options")
def width_for_the_stem_too(depth, width=1, option="B"):
    """The first convolution was made wider too. `width` is for the channels of the blocks only."""
    block, counts, channels, _, classes, option = plan(depth, width, option)
    return Net(block, counts, channels, channels, classes, option)


@mistake("make-resnet", family="widths and options")
def width_ignored(depth, width=1, option="B"):
    """The width was left out. It multiplies the channels of all blocks."""
    return Net(*plan(depth, 1 / 16 if width < 1 / 8 else width if width <= 1 else 1, option))


@mistake("make-resnet", family="widths and options")
def widths_cut_off(depth, width=1, option="B"):
    """The channels were cut off (int) where they are rounded: 64 · 0.11 = 7.04, but 16 · 1.3 = 20.8 makes 21."""
    block, counts, _, stem, classes, option = plan(depth, width, option)
    return Net(block, counts, max(1, int(stem * width)), stem, classes, option)


@mistake("make-resnet", family="widths and options")
def widths_cut_off_to_nothing(depth, width=1, option="B"):
    """The channels were cut off (int) where they are rounded, and very small widths give none. 16 · 1.3 = 20.8 makes
    21, and at least one is left."""
    block, counts, _, stem, classes, option = plan(depth, width, option)
    return Net(block, counts, int(stem * width), stem, classes, option)


@mistake("make-resnet", family="widths and options")
def no_least_width(depth, width=1, option="B"):
    """Very small widths give no channels at all. At least one is left: max(1, …)."""
    block, counts, _, stem, classes, option = plan(depth, width, option)
    if round(stem * width) < 1:
        raise ValueError("a convolution without channels")
    return Net(block, counts, round(stem * width), stem, classes, option)


@mistake("make-resnet", family="widths and options")
def option_for_no_block(depth, width=1, option="B"):
    """The option was not handed on: ImageNet's networks have option B always. All blocks get the option."""
    return Net(*plan(depth, width, "B" if depth in BLOCKS else option))


@mistake("make-resnet", family="values")
def no_pooling_after_the_stem(depth, width=1, option="B"):
    """There is no pooling after the first convolution. ImageNet's networks have a 3×3 maximum there."""
    return Net(*plan(depth, width, option), pool=False)


@mistake("make-resnet", family="values")
def stages_keep_the_size(depth, width=1, option="B"):
    """No stage has stride 2. From the second on, the first block of each stage has it."""
    return Net(*plan(depth, width, option), steps=1)


@mistake("make-resnet", family="values")
def stages_in_steps_of_three(depth, width=1, option="B"):
    """The stages begin with stride 3. From the second on, it is 2."""
    return Net(*plan(depth, width, option), steps=3)


class SummedMaps(Net):
    def end(self, y):
        return self.fc(y.sum((2, 3)))


@mistake("make-resnet", family="values")
def maps_summed(depth, width=1, option="B"):
    """The maps were added up before the linear layer. Each is averaged."""
    return SummedMaps(*plan(depth, width, option))


class LargestOfMaps(Net):
    def end(self, y):
        return self.fc(y.amax((2, 3)))


@mistake("make-resnet", family="values")
def largest_of_maps(depth, width=1, option="B"):
    """The largest value of each map was taken before the linear layer. Each map is averaged."""
    return LargestOfMaps(*plan(depth, width, option))


class Probabilities(Net):
    def end(self, y):
        return super().end(y).softmax(1)


@mistake("make-resnet", family="values")
def probabilities_returned(depth, width=1, option="B"):
    """A softmax was applied. The scores are returned; the loss does the rest."""
    return Probabilities(*plan(depth, width, option))


class StemWithoutRelu(Net):
    def start(self, x):
        y = self.bn1(self.conv1(x))
        return functional.max_pool2d(y, 3, 2, 1) if self.pool else y


@mistake("make-resnet", family="values")
def no_relu_after_the_stem(depth, width=1, option="B"):
    """There is no ReLU after the first normalisation. It comes before the pooling and the first stage."""
    return StemWithoutRelu(*plan(depth, width, option))


class AveragedStem(Net):
    def start(self, x):
        y = self.bn1(self.conv1(x)).relu()
        return functional.avg_pool2d(y, 3, 2, 1) if self.pool else y


@mistake("make-resnet", family="values")
def stem_averaged(depth, width=1, option="B"):
    """The pooling after the first convolution averages. It takes the maximum."""
    return AveragedStem(*plan(depth, width, option))


@mistake("make-resnet", family="values")
def padding_of_the_stem_forgotten(depth, width=1, option="B"):
    """The first convolution has no padding. It needs 3 for 7×7 and 1 for 3×3."""
    net = Net(*plan(depth, width, option))
    net.conv1.padding = (0, 0)
    return net


@mistake("make-resnet", family="contract")
def any_depth_accepted(depth, width=1, option="B"):
    """A depth that no network has was rounded down to one. Raise ValueError, and say which there are."""
    depth = depth if depth in BLOCKS else max(8, depth - (depth - 2) % 6)
    return Net(*plan(depth if depth in BLOCKS or depth % 6 == 2 else 8, width, option))


@mistake("make-resnet", family="contract")
def error_of_the_dict(depth, width=1, option="B"):
    """A depth that no network has raises KeyError, from the dict. Raise ValueError, and say which there are."""
    try:
        return Net(*plan(depth, width, option))
    except ValueError as error:
        raise KeyError(depth) from error


@mistake("make-resnet", family="contract")
def stages_without_blocks(depth, width=1, option="B"):
    """Depth 2 was accepted, a network without blocks. n is at least 1: the least depth is 8."""
    if depth == 2:
        return Net(Basic, (0, 0, 0), 16, 16, 10, option)
    return Net(*plan(depth, width, option))


# -- DenseLayer ---------------------------------------------------------------------------------------------------


@mistake("dense-layer", family="layers")
class NoBottleneck(Dense):
    """The 3×3 convolution sees all channels. A 1×1 convolution to 4 · growth channels comes before it."""

    def __init__(self, in_channels, growth):
        super().__init__(in_channels, growth)
        self.conv1 = conv(in_channels, growth, 3)
        del self.norm2, self.conv2

    def new(self, x):
        return self.conv1(self.norm1(x).relu())


@mistake("dense-layer", family="layers")
class BottleneckOfGrowth(Dense):
    """The 1×1 convolution makes `growth` channels. It makes 4 · growth, the 3×3 makes growth of them."""

    def __init__(self, in_channels, growth):
        super().__init__(in_channels, growth)
        self.conv1, self.norm2 = conv(in_channels, growth, 1), nn.BatchNorm2d(growth)
        self.conv2 = conv(growth, growth, 3)


@mistake("dense-layer", family="layers")
class NormalisationAfterConvolution(Dense):
    """Normalisation comes after each convolution. In this layer it comes before: it sees the channels that go in."""

    def __init__(self, in_channels, growth):
        super().__init__(in_channels, growth)
        self.norm1, self.norm2 = nn.BatchNorm2d(4 * growth), nn.BatchNorm2d(growth)

    def new(self, x):
        return self.norm2(self.conv2(self.norm1(self.conv1(x)).relu())).relu()


@mistake("dense-layer", family="layers")
class DenseBiases(Dense):
    """The convolutions have biases. No convolution of this layer has one."""

    def __init__(self, in_channels, growth):
        super().__init__(in_channels, growth)
        self.conv1, self.conv2 = conv(in_channels, 4 * growth, 1, 1, True), conv(4 * growth, growth, 3, 1, True)


@mistake("dense-layer", family="values")
class NewMapsFirst(Dense):
    """The new maps were put first. The maps that go in come first, the new ones behind them."""

    def forward(self, x):
        return torch.cat([self.new(x), x], 1)


@mistake("dense-layer", family="values")
class NewMapsOnly(Dense):
    """Only the new maps came out. The maps that go in come out too, before them."""

    def forward(self, x):
        return self.new(x)


@mistake("dense-layer", family="values")
class InputChangedByRelu(Dense):
    """An inplace ReLU changed the maps that are handed on. What goes in comes out as it was, negative values too."""

    def forward(self, x):
        y = self.new(x)
        return torch.cat([x.relu_(), y], 1)


@mistake("dense-layer", family="values")
class ReluOfAll(Dense):
    """A ReLU was applied to what comes out. The next layer normalises first; nothing is cut before."""

    def forward(self, x):
        return super().forward(x).relu()


@mistake("dense-layer", family="values")
class NormalisedMapsHandedOn(Dense):
    """The maps were handed on after normalisation and ReLU. What goes in comes out as it was."""

    def forward(self, x):
        active = self.norm1(x).relu()
        return torch.cat([active, self.conv2(self.norm2(self.conv1(active)).relu())], 1)


@mistake("dense-layer", family="values")
class DenseWithoutFirstRelu(Dense):
    """There is no ReLU before the 1×1 convolution. Normalisation and ReLU come before each of the two."""

    def new(self, x):
        return self.conv2(self.norm2(self.conv1(self.norm1(x))).relu())


@mistake("dense-layer", family="values")
class DenseWithoutSecondRelu(Dense):
    """There is no ReLU before the 3×3 convolution. Normalisation and ReLU come before each of the two."""

    def new(self, x):
        return self.conv2(self.norm2(self.conv1(self.norm1(x).relu())))


@mistake("dense-layer", family="gradients")
class HandedOnDetached(Dense):
    """The maps that are handed on were detached. Their gradient is what keeps early layers learning."""

    def forward(self, x):
        return torch.cat([x.detach(), self.new(x)], 1)


@mistake("dense-layer", family="gradients")
class NewMapsDetached(Dense):
    """The new maps were detached: the convolutions of this layer never learn."""

    def forward(self, x):
        return torch.cat([x, self.new(x).detach()], 1)


# -- StochasticDepth ----------------------------------------------------------------------------------------------


class Drop(nn.Module):
    def __init__(self, p):
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError(f"p is {p}")
        self.p = p

    def draws(self, x):
        return (torch.rand(len(x), *[1] * (x.dim() - 1)) >= self.p).to(x.dtype)

    def forward(self, x):
        return x * self.draws(x) / (1 - self.p) if self.training else x


@mistake("stochastic-depth", family="training")
class SurvivalProbability(Drop):
    """p was taken for the probability to survive, as in the paper. Here it is the probability to drop."""

    def forward(self, x):
        if not self.training:
            return x
        return x * (torch.rand(len(x), *[1] * (x.dim() - 1)) < self.p) / self.p


@mistake("stochastic-depth", family="training")
class KeptWithProbabilityP(Drop):
    """Images were kept with probability p (rand < p). p is the probability to drop: an image survives with 1 − p."""

    def draws(self, x):
        return (torch.rand(len(x), *[1] * (x.dim() - 1)) < self.p).to(x.dtype)


@mistake("stochastic-depth", family="training")
class FourAxesAlways(Drop):
    """The draws have four axes whatever the maps have, and other maps came out with more axes. The draws need as many
    axes as the maps."""

    def draws(self, x):
        return (torch.rand(len(x), 1, 1, 1) >= self.p).to(x.dtype)


@mistake("stochastic-depth", family="training")
class NotScaled(Drop):
    """What survives was not divided by 1 − p. Then the mean is smaller in training than in eval mode."""

    def forward(self, x):
        return x * self.draws(x) if self.training else x


@mistake("stochastic-depth", family="training")
class DividedByP(Drop):
    """What survives was divided by p. The share that survives is 1 − p: divide by that."""

    def forward(self, x):
        return x * self.draws(x) / (self.p or 1) if self.training else x


@mistake("stochastic-depth", family="training")
class MultipliedInTraining(Drop):
    """What survives was multiplied by 1 − p. It is divided, so that the mean stays the same."""

    def forward(self, x):
        return x * self.draws(x) * (1 - self.p) if self.training else x


@mistake("stochastic-depth", family="training")
class EachValueDropped(Drop):
    """Each value was drawn on its own. That is dropout; here all values of an image have the same fate."""

    def draws(self, x):
        return (torch.rand_like(x) >= self.p).to(x.dtype)


@mistake("stochastic-depth", family="training")
class EachMapDropped(Drop):
    """Each channel was drawn on its own. Here all values of an image have the same fate."""

    def draws(self, x):
        return (torch.rand(*x.shape[:2], *[1] * (x.dim() - 2)) >= self.p).to(x.dtype)


@mistake("stochastic-depth", family="training")
class WholeBatchDropped(Drop):
    """One draw was made for the whole batch. Each image is drawn on its own."""

    def draws(self, x):
        return (torch.rand([1] * x.dim()) >= self.p).to(x.dtype)


@mistake("stochastic-depth", family="training")
class NeverDropped(Drop):
    """Nothing was dropped in training mode. With probability p, an image's maps become 0."""

    def forward(self, x):
        return x.clone()


@mistake("stochastic-depth", family="training")
class DrawnOnce(Drop):
    """The draw was made once and kept. Each call draws anew."""

    def draws(self, x):
        if getattr(self, "kept", None) is None or len(self.kept) != len(x):
            self.kept = torch.rand(len(x))
        return (self.kept >= self.p).to(x.dtype).view(-1, *[1] * (x.dim() - 1))


@mistake("stochastic-depth", family="training")
class DropsTheGradient(Drop):
    """What came out was detached: no gradient goes back through a branch that survived."""

    def forward(self, x):
        return x + (super().forward(x) - x).detach() if self.training else x


@mistake("stochastic-depth", family="eval")
class DropsInEvalMode(Drop):
    """Images were dropped in eval mode too. There the maps come out as they are."""

    def forward(self, x):
        return x * self.draws(x) / (1 - self.p)


@mistake("stochastic-depth", family="eval")
class ScaledInEvalMode(Drop):
    """The maps were multiplied by 1 − p in eval mode, as in the paper. Here training divides: eval does nothing."""

    def forward(self, x):
        return super().forward(x) if self.training else x * (1 - self.p)


@mistake("stochastic-depth", family="contract")
class ProbabilityNotChecked(Drop):
    """A p below 0, or of 1 or more, was accepted. Raise ValueError."""

    def __init__(self, p):
        super().__init__(0)
        self.p = p


@mistake("stochastic-depth", family="contract")
class OneAccepted(Drop):
    """p = 1 was accepted. It would divide by 0: p is below 1."""

    def __init__(self, p):
        super().__init__(p if p != 1 else 0)
        self.p = p


@mistake("stochastic-depth", family="contract")
class ZeroRefused(Drop):
    """p = 0 was refused. It drops nothing, and that is allowed."""

    def __init__(self, p):
        super().__init__(p)
        if p == 0:
            raise ValueError("p is 0")


# -- gradient_norms -----------------------------------------------------------------------------------------------


def kernels_of(model):
    return {name: part.weight for name, part in model.named_modules() if isinstance(part, nn.Conv2d)}


def gradients_of(model, batch, reduction="mean"):
    images, labels = batch
    loss = functional.cross_entropy(model(images), labels, reduction=reduction)
    return torch.autograd.grad(loss, list(kernels_of(model).values()))


def named(model, values):
    return dict(zip(kernels_of(model), values, strict=True))


@mistake("gradient-norms", family="lengths")
def squared_lengths(model, batch):
    """The sums of squares were returned. The length is their square root."""
    return named(model, [float((g**2).sum()) for g in gradients_of(model, batch)])


@mistake("gradient-norms", family="lengths")
def sums_of_magnitudes(model, batch):
    """The magnitudes were added up. The length is the square root of the sum of squares."""
    return named(model, [float(g.abs().sum()) for g in gradients_of(model, batch)])


@mistake("gradient-norms", family="lengths")
def largest_magnitudes(model, batch):
    """The largest magnitudes were returned. The length is the square root of the sum of squares."""
    return named(model, [float(g.abs().max()) for g in gradients_of(model, batch)])


@mistake("gradient-norms", family="lengths")
def mean_squares(model, batch):
    """The mean of the squares was taken. Their sum makes the length."""
    return named(model, [float((g**2).mean().sqrt()) for g in gradients_of(model, batch)])


@mistake("gradient-norms", family="lengths")
def summed_loss(model, batch):
    """The loss was added up over the images. It is their mean."""
    return named(model, [float(g.norm()) for g in gradients_of(model, batch, "sum")])


@mistake("gradient-norms", family="lengths")
def norms_of_the_kernels(model, batch):
    """The lengths of the kernels were returned. Those of their gradients are asked for."""
    gradients_of(model, batch)
    return named(model, [float(w.norm()) for w in kernels_of(model).values()])


@mistake("gradient-norms", family="lengths")
def top_level_only(model, batch):
    """Only convolutions at the top of the model were found. named_modules() looks into its parts too."""
    found = named(model, [float(g.norm()) for g in gradients_of(model, batch)])
    return {name: value for name, value in found.items() if "." not in name}


@mistake("gradient-norms", family="lengths")
def names_of_parameters(model, batch):
    """The names are those of the parameters ("0.weight"). Those of the convolutions are asked for ("0")."""
    found = named(model, [float(g.norm()) for g in gradients_of(model, batch)])
    return {f"{name}.weight": value for name, value in found.items()}


@mistake("gradient-norms", family="lengths")
def from_the_output_on(model, batch):
    """The layers are in reverse, from the output on. They are in the order of named_modules()."""
    found = named(model, [float(g.norm()) for g in gradients_of(model, batch)])
    return dict(reversed(found.items()))


@mistake("gradient-norms", family="lengths")
def linear_layers_too(model, batch):
    """Linear layers are among the results. Only convolutions are asked for."""
    images, labels = batch
    parts = {n: m.weight for n, m in model.named_modules() if isinstance(m, nn.Conv2d | nn.Linear)}
    found = torch.autograd.grad(functional.cross_entropy(model(images), labels), list(parts.values()))
    return {name: float(g.norm()) for name, g in zip(parts, found, strict=True)}


@mistake("gradient-norms", family="lengths")
def tensors_returned(model, batch):
    """The lengths are tensors. Numbers are asked for: tensor.item() gives one."""
    return named(model, [g.norm() for g in gradients_of(model, batch)])


@mistake("gradient-norms", family="lengths")
def in_eval_mode(model, batch):
    """The gradients were computed in eval mode. The model is used in the mode that it is in."""
    mode = model.training
    found = named(model, [float(g.norm()) for g in gradients_of(model.eval(), batch)])
    model.train(mode)
    return found


@mistake("gradient-norms", family="contract")
def gradients_left_behind(model, batch):
    """loss.backward() left gradients in the model, which the next step of training would add to. Use
    torch.autograd.grad."""
    images, labels = batch
    functional.cross_entropy(model(images), labels).backward()
    return {name: float(w.grad.norm()) for name, w in kernels_of(model).items()}


@mistake("gradient-norms", family="contract")
def gradients_zeroed(model, batch):
    """The gradients were zeroed and left so. A .grad that was None before must be None after."""
    found = gradients_left_behind(model, batch)
    model.zero_grad(set_to_none=False)
    return found


@mistake("gradient-norms", family="contract")
def a_step_was_made(model, batch):
    """The parameters were changed: a step of training was made. Only look at the gradients."""
    found = named(model, [float(g.norm()) for g in gradients_of(model, batch)])
    with torch.no_grad():
        for w, g in zip(kernels_of(model).values(), gradients_of(model, batch), strict=True):
            w -= 0.1 * g
    return found


@mistake("gradient-norms", family="contract")
def hooks_left_behind(model, batch):
    """Hooks were left on the model's layers, and would run with every later call. Remove them, or use
    torch.autograd.grad."""
    found = named(model, [float(g.norm()) for g in gradients_of(model, batch)])
    for part in model.modules():
        part.register_forward_hook(do_nothing)
    return found


def do_nothing(*_):
    return None


@mistake("gradient-norms", family="contract")
def left_in_train_mode(model, batch):
    """The model was left in another mode than before. It is used in the mode that it is in, and stays in it."""
    found = named(model, [float(g.norm()) for g in gradients_of(model, batch)])
    model.train(not model.training)
    return found
