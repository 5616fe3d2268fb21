"""Known wrong answers of unit 13. Each docstring is the sentence that a learner reads."""

from __future__ import annotations

import contextlib
import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from autograder.testing import Mistakes

mistake = Mistakes()


# -- right building blocks, from which the wrong answers are made -------------------------------------------------


@contextlib.contextmanager
def evaluating(net):
    modes = {part: part.training for part in net.modules()}
    net.eval()
    try:
        yield
    finally:
        for part, mode in modes.items():
            part.training = mode


def refuse(x, classes):
    if x.ndim != 4 or classes.shape != (len(x),):
        raise ValueError(
            f"x has shape {tuple(x.shape)}, classes {tuple(classes.shape)}; expected (N, C, H, W) and (N,)"
        )


def chosen(scores, classes):
    if classes.min() < 0 or classes.max() >= scores.shape[1]:
        raise ValueError(f"classes are {classes.tolist()}, expected numbers below {scores.shape[1]}")
    return scores[torch.arange(len(scores)), classes]


def derivative(net, x, classes, of=chosen):
    refuse(x, classes)
    pixels = x.detach().clone().requires_grad_()
    with evaluating(net):
        total = of(net(pixels), classes).sum()
    return torch.autograd.grad(total, pixels)[0]


def drop_map(net, x, classes, size, stride=1, value=0.0, cover=None, steps=None, compare=None, of=chosen):
    refuse(x, classes)
    n, _, h, w = x.shape
    if size > min(h, w):
        raise ValueError(f"the square's side is {size}, but images have {h}×{w} pixels")
    rows, columns = (steps or steps_within)(h, w, size, stride)
    with evaluating(net), torch.no_grad():
        whole = of(net(x.clone()), classes)
        drops = torch.empty((n, len(rows), len(columns)), dtype=x.dtype)
        for i, top in enumerate(rows):
            for j, left in enumerate(columns):
                seen = of(net((cover or put_over)(x, top, left, size, value)), classes)
                drops[:, i, j] = whole - seen if compare is None else compare(whole, seen)
    return drops


def steps_within(h, w, size, stride):
    return range(0, h - size + 1, stride), range(0, w - size + 1, stride)


def put_over(x, top, left, size, value):
    y = x.clone()
    y[:, :, top : top + size, left : left + size] = value
    return y


def inner(net, x, classes, layer, of=chosen):
    refuse(x, classes)
    if layer not in dict(net.named_modules()):
        raise ValueError(f"there is no part {layer!r}, only {', '.join(dict(net.named_modules()))}")
    seen = []
    hook = net.get_submodule(layer).register_forward_hook(lambda part, given, maps: seen.append(maps))
    try:
        with evaluating(net):
            total = of(net(x.detach().clone().requires_grad_()), classes).sum()
            return seen[0].detach(), torch.autograd.grad(total, seen[0])[0]
    finally:
        hook.remove()


def resized(cam, x, **options):
    return functional.interpolate(cam[:, None], size=x.shape[2:], **(options or {"mode": "bilinear"}))[:, 0]


def weighed(maps, gradient):
    return (gradient.mean((2, 3), keepdim=True) * maps).sum(1)


def forwards(features, x, layer, channel):
    if x.ndim != 4 or len(x) != 1:
        raise ValueError(f"x has shape {tuple(x.shape)}, expected one image, (1, C, H, W)")
    if not 0 <= layer < len(features):
        raise ValueError(f"layer is {layer}, expected a number below {len(features)}")
    values = [x.clone()]
    with torch.no_grad():
        for part in features[: layer + 1]:
            values.append(part(values[-1].clone()))
    if not 0 <= channel < values[-1].shape[1]:
        raise ValueError(f"channel is {channel}, expected a number below {values[-1].shape[1]}")
    return values


def strongest(maps, channel):
    back = torch.zeros_like(maps)
    place = maps[0, channel].argmax()
    back[0, channel].view(-1)[place] = maps[0, channel].flatten()[place]
    return back


def unrelu(part, before, after, back):
    return torch.relu(back)


def unpool(part, before, after, back):
    switches = functional.max_pool2d(before, part.kernel_size, part.stride, part.padding, return_indices=True)[1]
    return torch.zeros_like(before).flatten(2).scatter(2, switches.flatten(2), back.flatten(2)).view_as(before)


def unconv(part, before, after, back):
    return torch.nn.grad.conv2d_input(before.shape, part.weight, back, part.stride, part.padding)


def backwards(features, x, layer, channel, start=strongest, relu=unrelu, pool=unpool, conv=unconv):
    values = forwards(features, x, layer, channel)
    with torch.no_grad():
        back = start(values[-1], channel)
        for number in range(layer, -1, -1):
            part = features[number]
            way = relu if isinstance(part, nn.ReLU) else pool if isinstance(part, nn.MaxPool2d) else conv
            back = way(part, values[number], values[number + 1], back)
    return back


def refuse_kernels(x, w, b=None):
    if x.ndim != 4 or w.ndim != 4:
        raise ValueError(f"x and w need 4 axes, but have {x.ndim} and {w.ndim}")
    if w.shape[2] != w.shape[3]:
        raise ValueError(f"kernels are {w.shape[2]}×{w.shape[3]}, but must be square to be turned")
    if w.shape[1] != x.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels but w expects {w.shape[1]}")
    if b is not None and b.shape != w.shape[:1]:
        raise ValueError(f"b has shape {tuple(b.shape)}, but there are {len(w)} kernels")


def turned(w, r):
    return torch.rot90(w, r, (2, 3))


def lift(x, w, b=None, padding=0, pose=turned, conv=functional.conv2d, axis=2):
    refuse_kernels(x, w, b)
    return torch.stack([conv(x, pose(w, r), b, padding=padding) for r in range(4)], dim=axis)


def bump(height, width, sigma, centre, theta, slant):
    v = 2 * math.pi * torch.fft.fftfreq(height, dtype=torch.float64)[:, None]
    u = 2 * math.pi * torch.fft.fftfreq(width, dtype=torch.float64)[None, :]
    total = torch.zeros(height, width, dtype=torch.float64)
    for i in (-1, 0, 1):
        for j in (-1, 0, 1):
            y, x = v + 2 * math.pi * i, u + 2 * math.pi * j
            along = math.cos(theta) * x + math.sin(theta) * y - centre
            across = (math.cos(theta) * y - math.sin(theta) * x) / slant
            total += torch.exp(-(sigma**2) / 2 * (along**2 + across**2))
    return total


def wavelets(height, width, scales, angles):
    bank = []
    for scale in range(scales):
        for k in range(angles):
            shape = (0.8 * 2**scale, 0.75 * math.pi / 2**scale, math.pi * k / angles, 4 / angles)
            wave, envelope = bump(height, width, *shape), bump(height, width, shape[0], 0.0, *shape[2:])
            bank.append(wave - wave[0, 0] / envelope[0, 0] * envelope)
    return torch.stack(bank)


def low_pass(height, width, scales):
    average = bump(height, width, 0.4 * 2**scales, 0.0, 0.0, 1.0)
    return average / average[0, 0]


def modulus(z):
    return z.abs()


def averaged(layers, scales):
    h, w = layers.shape[-2:]
    return torch.fft.ifft2(torch.fft.fft2(layers) * low_pass(h, w, scales)).real


def thinned(smooth, step):
    return smooth[..., ::step, ::step]


def refuse_images(x, scales):
    if x.ndim != 4:
        raise ValueError(f"x needs 4 axes, but has {x.ndim}")
    if x.shape[2] % 2**scales or x.shape[3] % 2**scales:
        raise ValueError(f"images have {x.shape[2]}×{x.shape[3]} pixels, expected multiples of {2**scales}")


def scatter(x, scales=2, angles=4, bend=modulus, average=averaged, thin=thinned, bank=wavelets):
    refuse_images(x, scales)
    images = x[:, :, None].double()
    bands = bend(torch.fft.ifft2(torch.fft.fft2(images) * bank(*x.shape[2:], scales, angles)))
    return thin(average(torch.cat([images, bands], 2), scales), 2**scales).to(x.dtype)


def error_of(f, x, g, g_out=None):
    first, second = f(g(x)), (g_out or g)(f(x))
    if first.shape != second.shape:
        raise ValueError(f"f(g(x)) has shape {tuple(first.shape)}, g_out(f(x)) has {tuple(second.shape)}")
    return first, second


def ratio(error, size):
    error, size = float(error), float(size)
    if size == 0:
        return 0.0 if error == 0 else math.inf
    return error / size


# -- saliency ------------------------------------------------------------------------------------------------------


@mistake("saliency", family="linear score")
def signed_gradient(net, x, classes):
    """The largest derivative was taken, not the largest magnitude: a pixel that lowers the score matters as much as
    one that raises it, so take abs() before the maximum over channels."""
    return derivative(net, x, classes).amax(1)


@mistake("saliency", family="linear score")
def magnitude_after_maximum(net, x, classes):
    """abs() was applied after the maximum over channels. A large negative derivative is lost there: first the
    magnitudes, then the maximum."""
    return derivative(net, x, classes).amax(1).abs()


@mistake("saliency", family="linear score")
def maximum_with_its_indices(net, x, classes):
    """max(dim=…) gives a pair, the values and their indices, and the pair was returned. Only the values are asked for:
    amax, or .values of the pair."""
    return derivative(net, x, classes).abs().max(dim=1)


@mistake("saliency", family="linear score")
def sum_over_channels(net, x, classes):
    """The magnitudes of a pixel's channels were added. The saliency of a pixel is the largest of them."""
    return derivative(net, x, classes).abs().sum(1)


@mistake("saliency", family="linear score")
def mean_over_channels(net, x, classes):
    """The magnitudes of a pixel's channels were averaged. The saliency of a pixel is the largest of them."""
    return derivative(net, x, classes).abs().mean(1)


@mistake("saliency", family="linear score")
def magnitude_of_the_channel_sum(net, x, classes):
    """The derivatives of a pixel's channels were added before their magnitude was taken, so that red and green can
    cancel. Take the largest magnitude."""
    return derivative(net, x, classes).sum(1).abs()


@mistake("saliency", family="linear score")
def norm_over_channels(net, x, classes):
    """The Euclidean norm over channels was taken. The saliency of a pixel is the largest magnitude of its channels."""
    return derivative(net, x, classes).norm(dim=1)


@mistake("saliency", family="linear score")
def first_channel_only(net, x, classes):
    """Only the first channel was looked at. The saliency of a pixel is the largest magnitude of all its channels."""
    return derivative(net, x, classes)[:, 0].abs()


@mistake("saliency", family="linear score")
def channels_kept(net, x, classes):
    """The result still has the axis of the channels. One map for each image is asked for, (N, H, W): the largest
    magnitude over channels."""
    return derivative(net, x, classes).abs()


@mistake("saliency", family="linear score")
def axis_of_one_kept(net, x, classes):
    """The maximum over channels was taken with keepdim: the result is (N, 1, H, W) where (N, H, W) is asked for."""
    return derivative(net, x, classes).abs().amax(1, keepdim=True)


@mistake("saliency", family="linear score")
def probability_instead_of_score(net, x, classes):
    """The derivative of the probability after softmax was taken. It depends on all scores; this one is about the score
    of the class alone."""
    return derivative(net, x, classes, lambda scores, k: chosen(scores.softmax(1), k)).abs().amax(1)


@mistake("saliency", family="linear score")
def log_probability_instead_of_score(net, x, classes):
    """The derivative of the loss or of the log-probability was taken, which depends on all scores. Take the score of
    the class itself, before any softmax."""
    return derivative(net, x, classes, lambda scores, k: chosen(scores.log_softmax(1), k)).abs().amax(1)


@mistake("saliency", family="linear score")
def largest_score(net, x, classes):
    """The largest score was differentiated, whichever class it belongs to. The argument classes says which score is
    meant."""

    def of(scores, k):
        chosen(scores, k)
        return scores.amax(1)

    return derivative(net, x, classes, of).abs().amax(1)


@mistake("saliency", family="linear score")
def all_scores_at_once(net, x, classes):
    """The sum of all scores was differentiated. Only the score of the image's own class is meant."""

    def of(scores, k):
        chosen(scores, k)
        return scores.sum(1)

    return derivative(net, x, classes, of).abs().amax(1)


@mistake("saliency", family="linear score")
def gradient_times_image(net, x, classes):
    """The derivative was multiplied by the pixel. That is another method, gradient × input; the saliency is the
    derivative's magnitude alone."""
    return (derivative(net, x, classes) * x).abs().amax(1)


@mistake("saliency", family="linear score")
def scaled_to_one(net, x, classes):
    """The map was divided by its largest value. That is for drawing; the values themselves are asked for."""
    y = derivative(net, x, classes).abs().amax(1)
    return y / y.amax((1, 2), keepdim=True)


@mistake("saliency", family="linear score")
def squared_derivative(net, x, classes):
    """The derivative was squared. Its magnitude is asked for: abs()."""
    return derivative(net, x, classes).square().amax(1)


@mistake("saliency", family="networks")
def mean_over_the_batch(net, x, classes):
    """The mean over images of the scores was differentiated, so every derivative is N times too small. Take the sum:
    images do not influence each other."""
    return derivative(net, x, classes).abs().amax(1) / len(x)


@mistake("saliency", family="networks")
def first_class_for_all(net, x, classes):
    """The class of the first image was used for all images. scores[torch.arange(N), classes] takes each image's own."""

    def of(scores, k):
        chosen(scores, k)
        return scores[:, k[0]]

    return derivative(net, x, classes, of).abs().amax(1)


@mistake("saliency", family="networks")
def every_class_of_the_batch(net, x, classes):
    """scores[:, classes] takes the scores of all these classes for every image. With torch.arange(N) as the first
    index, each image gets its own."""

    def of(scores, k):
        chosen(scores, k)
        return scores[:, k]

    return derivative(net, x, classes, of).abs().amax(1)


@mistake("saliency", family="networks")
def first_image_only(net, x, classes):
    """Only the first image was worked on. The result has one map for each image."""
    return derivative(net, x, classes)[:1].abs().amax(1)


@mistake("saliency", family="evaluation mode")
def mode_left_as_it_is(net, x, classes):
    """The network ran in the mode in which it came. In training mode, dropout and batch statistics change the scores:
    use `with evaluating(net)`."""
    refuse(x, classes)
    pixels = x.detach().clone().requires_grad_()
    total = chosen(net(pixels), classes).sum()
    return torch.autograd.grad(total, pixels)[0].abs().amax(1)


@mistake("saliency", family="hands off")
def left_in_evaluation_mode(net, x, classes):
    """The network was put into evaluation mode and left there. Its owner may be training it: use
    `with evaluating(net)`, which puts every part back."""
    net.eval()
    return derivative(net, x, classes).abs().amax(1)


@mistake("saliency", family="hands off")
def put_into_training_mode(net, x, classes):
    """The network was put into training mode at the end, whatever mode it came in. Each part must be in the mode in
    which it was."""
    y = derivative(net, x, classes).abs().amax(1)
    net.train()
    return y


@mistake("saliency", family="hands off")
def mode_of_the_whole_only(net, x, classes):
    """net.train(mode) set all parts to the mode of the network itself, but parts can be in different modes, such as a
    frozen normalisation. Keep the mode of each part."""
    mode = net.training
    y = derivative(net, x, classes).abs().amax(1)
    net.train(mode)
    return y


@mistake("saliency", family="hands off")
def gradients_left_in_the_network(net, x, classes):
    """backward() adds to the .grad of all parameters, and the next training step would use it.
    torch.autograd.grad(score, pixels) writes nothing."""
    refuse(x, classes)
    pixels = x.detach().clone().requires_grad_()
    with evaluating(net):
        chosen(net(pixels), classes).sum().backward()
    return pixels.grad.abs().amax(1)


@mistake("saliency", family="hands off")
def parameters_frozen(net, x, classes):
    """requires_grad_(False) froze the parameters and nobody thawed them: the network can no longer be trained."""
    y = derivative(net, x, classes).abs().amax(1)
    net.requires_grad_(False)
    return y


@mistake("saliency", family="hands off")
def parameters_thawed(net, x, classes):
    """requires_grad was set to True for all parameters, also for those that their owner had frozen."""
    y = derivative(net, x, classes).abs().amax(1)
    net.requires_grad_(True)
    return y


@mistake("saliency", family="hands off")
def graph_kept(net, x, classes):
    """The result still carries a gradient (create_graph=True, or no detach), which keeps the computation in memory."""
    refuse(x, classes)
    pixels = x.detach().clone().requires_grad_()
    with evaluating(net):
        total = chosen(net(pixels), classes).sum()
    return torch.autograd.grad(total, pixels)[0].abs().amax(1).requires_grad_()


@mistake("saliency", family="hands off")
def always_float64(net, x, classes):
    """The result is float64 where the images are float32. It must be of the images' type."""
    return derivative(net, x, classes).abs().amax(1).double()


@mistake("saliency", family="hands off")
def negative_class_counted_from_the_end(net, x, classes):
    """A negative class was taken as Python takes indices, from the end. There is no class −1: raise ValueError."""
    refuse(x, classes)
    return derivative(net, x, classes, lambda scores, k: chosen(scores, k % scores.shape[1])).abs().amax(1)


@mistake("saliency", family="hands off")
def index_error_for_no_class(net, x, classes):
    """A class that the network does not have ended in an IndexError deep inside. ValueError is asked for, with the
    number of classes there are."""
    refuse(x, classes)
    return derivative(net, x, classes, lambda scores, k: scores[torch.arange(len(scores)), k]).abs().amax(1)


@mistake("saliency", family="hands off")
def one_class_stretched(net, x, classes):
    """One class for two images was taken to mean both. There must be one class for each image, else ValueError."""
    return derivative(net, x, classes.expand(len(x)) if len(classes) == 1 else classes).abs().amax(1)


# -- occlusion -----------------------------------------------------------------------------------------------------


@mistake("occlusion-map", family="linear score")
def rise_instead_of_drop(net, x, classes, size, stride=1, value=0.0):
    """The sign is the other way round: the drop is the score of the whole image minus that of the covered one."""
    return drop_map(net, x, classes, size, stride, value, compare=lambda whole, seen: seen - whole)


@mistake("occlusion-map", family="linear score")
def covered_score(net, x, classes, size, stride=1, value=0.0):
    """The score of the covered image was returned. The drop is asked for: the score of the whole image minus this."""
    return drop_map(net, x, classes, size, stride, value, compare=lambda whole, seen: seen)


@mistake("occlusion-map", family="linear score")
def size_of_the_drop(net, x, classes, size, stride=1, value=0.0):
    """The magnitude of the drop was taken. Where the score rises, the drop is negative, and that is worth knowing."""
    return drop_map(net, x, classes, size, stride, value, compare=lambda whole, seen: (whole - seen).abs())


@mistake("occlusion-map", family="linear score")
def drop_cut_at_zero(net, x, classes, size, stride=1, value=0.0):
    """Negative drops were set to 0. Where the score rises, the drop is negative, and that is worth knowing."""
    return drop_map(net, x, classes, size, stride, value, compare=lambda whole, seen: (whole - seen).clamp(min=0))


@mistake("occlusion-map", family="linear score")
def relative_drop(net, x, classes, size, stride=1, value=0.0):
    """The drop was divided by the score of the whole image. The drop itself is asked for; a score can be 0."""
    return drop_map(net, x, classes, size, stride, value, compare=lambda whole, seen: (whole - seen) / whole)


@mistake("occlusion-map", family="linear score")
def drop_of_the_probability(net, x, classes, size, stride=1, value=0.0):
    """The drop of the probability after softmax was measured. Take the score, as the network gives it."""
    return drop_map(net, x, classes, size, stride, value, of=lambda scores, k: chosen(scores.softmax(1), k))


@mistake("occlusion-map", family="linear score")
def drop_of_the_largest_score(net, x, classes, size, stride=1, value=0.0):
    """The largest scores were compared, whichever class they belong to. The argument classes says which score is
    meant."""

    def of(scores, k):
        chosen(scores, k)
        return scores.amax(1)

    return drop_map(net, x, classes, size, stride, value, of=of)


@mistake("occlusion-map", family="linear score")
def all_but_the_square_covered(net, x, classes, size, stride=1, value=0.0):
    """All of the image but the square was covered. Cover the square, and leave the rest."""

    def cover(x, top, left, size, value):
        y = torch.full_like(x, value)
        y[:, :, top : top + size, left : left + size] = x[:, :, top : top + size, left : left + size]
        return y

    return drop_map(net, x, classes, size, stride, value, cover=cover)


@mistake("occlusion-map", family="linear score")
def first_channel_covered(net, x, classes, size, stride=1, value=0.0):
    """Only the first channel was covered. The square hides the pixels in all channels."""

    def cover(x, top, left, size, value):
        y = x.clone()
        y[:, 0, top : top + size, left : left + size] = value
        return y

    return drop_map(net, x, classes, size, stride, value, cover=cover)


@mistake("occlusion-map", family="linear score")
def covers_add_up(net, x, classes, size, stride=1, value=0.0):
    """The squares of earlier places stayed on the image. Start from the whole image each time: x.clone()."""
    kept = x.clone()

    def cover(x, top, left, size, value):
        kept[:, :, top : top + size, left : left + size] = value
        return kept.clone()

    return drop_map(net, x, classes, size, stride, value, cover=cover)


@mistake("occlusion-map", family="linear score")
def square_around_its_place(net, x, classes, size, stride=1, value=0.0):
    """The square was centred on its place. Its upper left corner is at row i·stride, column j·stride, so that all of it
    lies within the image."""

    def cover(x, top, left, size, value):
        y = x.clone()
        rows = slice(max(0, top - size // 2), top - size // 2 + size)
        y[:, :, rows, max(0, left - size // 2) : left - size // 2 + size] = value
        return y

    return drop_map(net, x, classes, size, stride, value, cover=cover)


@mistake("occlusion-map", family="linear score")
def rows_and_columns_exchanged(net, x, classes, size, stride=1, value=0.0):
    """Rows and columns of the map were exchanged: its second axis runs down the image, its third to the right."""
    return drop_map(net, x, classes, size, stride, value).transpose(1, 2).contiguous()


@mistake("occlusion-map", family="linear score")
def last_place_missing(net, x, classes, size, stride=1, value=0.0):
    """range(0, H − size, stride) leaves out the last place. The corner can be at row H − size too: add 1."""
    return drop_map(
        net, x, classes, size, stride, value,
        steps=lambda h, w, size, stride: (range(0, h - size, stride), range(0, w - size, stride)),
    )  # fmt: skip


@mistake("occlusion-map", family="linear score")
def square_hangs_over(net, x, classes, size, stride=1, value=0.0):
    """The square was moved until its corner left the image, so that it hangs over the border. All of it must lie
    within the image."""
    return drop_map(
        net, x, classes, size, stride, value,
        steps=lambda h, w, size, stride: (range(0, h, stride), range(0, w, stride)),
    )  # fmt: skip


@mistake("occlusion-map", family="linear score")
def stride_ignored(net, x, classes, size, stride=1, value=0.0):
    """The square moved pixel by pixel. Its places are stride pixels apart."""
    return drop_map(net, x, classes, size, 1, value)


@mistake("occlusion-map", family="linear score")
def stride_is_the_size(net, x, classes, size, stride=1, value=0.0):
    """The square moved by its own side each time. Its places are stride pixels apart, and they may overlap."""
    return drop_map(net, x, classes, size, size, value)


@mistake("occlusion-map", family="linear score")
def square_one_pixel_too_large(net, x, classes, size, stride=1, value=0.0):
    """The square covers one row and one column too many: a slice from top to top + size has size rows already."""
    return drop_map(
        net, x, classes, size, stride, value,
        cover=lambda x, top, left, size, value: put_over(x, top, left, size + 1, value),
    )  # fmt: skip


@mistake("occlusion-map", family="linear score")
def map_as_large_as_the_image(net, x, classes, size, stride=1, value=0.0):
    """The map was resized to the image. One value for each place of the square is asked for."""
    y = drop_map(net, x, classes, size, stride, value)
    return functional.interpolate(y[:, None], size=x.shape[2:])[:, 0]


@mistake("occlusion-map", family="networks")
def always_black(net, x, classes, size, stride=1, value=0.0):
    """The square was always black. Covered pixels become value."""
    return drop_map(net, x, classes, size, stride, 0.0)


@mistake("occlusion-map", family="networks")
def value_added(net, x, classes, size, stride=1, value=0.0):
    """The covered pixels became 0 for value 0, but else value was added to them. They become value, whatever they
    were."""

    def cover(x, top, left, size, value):
        if value == 0:
            return put_over(x, top, left, size, value)
        y = x.clone()
        y[:, :, top : top + size, left : left + size] += value
        return y

    return drop_map(net, x, classes, size, stride, value, cover=cover)


@mistake("occlusion-map", family="networks")
def first_class_occluded_in_all(net, x, classes, size, stride=1, value=0.0):
    """The class of the first image was used for all images. scores[torch.arange(N), classes] takes each image's own."""

    def of(scores, k):
        chosen(scores, k)
        return scores[:, k[0]]

    return drop_map(net, x, classes, size, stride, value, of=of)


@mistake("occlusion-map", family="networks")
def mean_drop_of_the_batch(net, x, classes, size, stride=1, value=0.0):
    """The drops were averaged over the images. The result has one map for each image."""
    y = drop_map(net, x, classes, size, stride, value)
    return y.mean(0, keepdim=True).expand(y.shape).clone()


@mistake("occlusion-map", family="networks")
def only_first_image_covered(net, x, classes, size, stride=1, value=0.0):
    """Only the first image was covered, so the others never drop. Cover all images: x[:, :, rows, columns]."""

    def cover(x, top, left, size, value):
        y = x.clone()
        y[0, :, top : top + size, left : left + size] = value
        return y

    return drop_map(net, x, classes, size, stride, value, cover=cover)


@mistake("occlusion-map", family="evaluation mode")
def occluded_in_its_own_mode(net, x, classes, size, stride=1, value=0.0):
    """The network ran in the mode in which it came. In training mode, dropout and batch statistics change the scores
    from one call to the next: use `with evaluating(net)`."""
    refuse(x, classes)
    if size > min(x.shape[2:]):
        raise ValueError("the square is larger than the image")
    rows, columns = steps_within(*x.shape[2:], size, stride)
    with torch.no_grad():
        kept = {name: v.clone() for name, v in net.state_dict().items()}
        whole = chosen(net(x.clone()), classes)
        drops = [whole - chosen(net(put_over(x, i, j, size, value)), classes) for i in rows for j in columns]
        net.load_state_dict(kept)
    return torch.stack(drops, 1).view(len(x), len(rows), len(columns))


@mistake("occlusion-map", family="hands off")
def occlusion_leaves_evaluation_mode(net, x, classes, size, stride=1, value=0.0):
    """The network was put into evaluation mode and left there. Its owner may be training it: use
    `with evaluating(net)`, which puts every part back."""
    net.eval()
    return drop_map(net, x, classes, size, stride, value)


@mistake("occlusion-map", family="hands off")
def occlusion_sets_one_mode(net, x, classes, size, stride=1, value=0.0):
    """net.train(mode) set all parts to the mode of the network itself, but parts can be in different modes, such as a
    frozen normalisation. Keep the mode of each part."""
    mode = net.training
    y = drop_map(net, x, classes, size, stride, value)
    net.train(mode)
    return y


@mistake("occlusion-map", family="hands off")
def occlusion_records_gradients(net, x, classes, size, stride=1, value=0.0):
    """The result carries a gradient, and with it all passes through the network. Work within torch.no_grad()."""
    return drop_map(net, x, classes, size, stride, value).requires_grad_()


@mistake("occlusion-map", family="hands off")
def image_left_covered(net, x, classes, size, stride=1, value=0.0):
    """The square was put onto the images themselves and stayed there. Work on a copy: x.clone()."""
    y = drop_map(net, x, classes, size, stride, value)
    x[:, :, :size, :size] = value
    return y


@mistake("occlusion-map", family="hands off")
def empty_map_for_a_large_square(net, x, classes, size, stride=1, value=0.0):
    """A square larger than the image gave an empty map, or one that hangs over. There is no place for it: raise
    ValueError."""
    if size > min(x.shape[2:]):
        return torch.zeros(len(x), 0, 0, dtype=x.dtype)
    return drop_map(net, x, classes, size, stride, value)


@mistake("occlusion-map", family="hands off")
def width_not_checked(net, x, classes, size, stride=1, value=0.0):
    """Only the image's height was compared with the square. It can be wider than the image too: raise ValueError."""
    if x.ndim == 4 and x.shape[3] < size <= x.shape[2]:
        return torch.zeros(len(x), 1, 0, dtype=x.dtype)
    return drop_map(net, x, classes, size, stride, value)


@mistake("occlusion-map", family="hands off")
def occlusion_in_float64(net, x, classes, size, stride=1, value=0.0):
    """The map is float64 where the images are float32. It must be of the images' type."""
    return drop_map(net, x, classes, size, stride, value).double()


@mistake("occlusion-map", family="hands off")
def occlusion_wraps_negative_classes(net, x, classes, size, stride=1, value=0.0):
    """A negative class was taken as Python takes indices, from the end. There is no class −1: raise ValueError."""
    return drop_map(net, x, classes, size, stride, value, of=lambda scores, k: chosen(scores, k % scores.shape[1]))


# -- Grad-CAM ------------------------------------------------------------------------------------------------------


@mistake("grad-cam", family="maps")
def not_cut_off(net, x, classes, layer):
    """What speaks against the class was not cut off: the sum of the weighed maps goes through a ReLU."""
    return resized(weighed(*inner(net, x, classes, layer)), x)


@mistake("grad-cam", family="maps")
def magnitude_instead_of_relu(net, x, classes, layer):
    """The magnitude of the sum was taken, so that what speaks against the class looks as if it spoke for it. Use a
    ReLU."""
    return resized(weighed(*inner(net, x, classes, layer)).abs(), x)


@mistake("grad-cam", family="maps")
def each_map_cut_off(net, x, classes, layer):
    """The ReLU came before the sum over maps. Maps for and against the class are added first, then what is negative is
    cut off."""
    maps, gradient = inner(net, x, classes, layer)
    return resized((gradient.mean((2, 3), keepdim=True) * maps).relu().sum(1), x)


@mistake("grad-cam", family="maps")
def weights_cut_off(net, x, classes, layer):
    """Negative weights were set to 0. A map may speak against the class: only the sum is cut off."""
    maps, gradient = inner(net, x, classes, layer)
    return resized((gradient.mean((2, 3), keepdim=True).relu() * maps).sum(1).relu(), x)


@mistake("grad-cam", family="maps")
def gradients_cut_off(net, x, classes, layer):
    """Negative gradients were set to 0 before their mean was taken. The weight is the mean of all of them."""
    maps, gradient = inner(net, x, classes, layer)
    return resized(weighed(maps, gradient.relu()).relu(), x)


@mistake("grad-cam", family="maps")
def magnitudes_of_gradients(net, x, classes, layer):
    """The gradients' magnitudes were averaged. A map that lowers the score must have a negative weight."""
    maps, gradient = inner(net, x, classes, layer)
    return resized(weighed(maps, gradient.abs()).relu(), x)


@mistake("grad-cam", family="maps")
def weights_are_sums(net, x, classes, layer):
    """The weight of a map is the mean of its gradients over all places, not their sum: the result is too large by the
    number of places."""
    maps, gradient = inner(net, x, classes, layer)
    return resized((gradient.sum((2, 3), keepdim=True) * maps).sum(1).relu(), x)


@mistake("grad-cam", family="maps")
def weights_are_maxima(net, x, classes, layer):
    """The weight of a map is the mean of its gradients, not the largest of them."""
    maps, gradient = inner(net, x, classes, layer)
    return resized((gradient.amax((2, 3), keepdim=True) * maps).sum(1).relu(), x)


@mistake("grad-cam", family="maps")
def gradient_of_each_place(net, x, classes, layer):
    """Each place was weighed by its own gradient. Grad-CAM averages the gradients over all places first: one weight a
    map."""
    maps, gradient = inner(net, x, classes, layer)
    return resized((gradient * maps).sum(1).relu(), x)


@mistake("grad-cam", family="maps")
def gradients_alone(net, x, classes, layer):
    """The maps themselves were left out. Their mean gradients are weights; the maps are what is weighed."""
    _, gradient = inner(net, x, classes, layer)
    return resized(gradient.sum(1).relu(), x)


@mistake("grad-cam", family="maps")
def maps_alone(net, x, classes, layer):
    """The maps were added up without weights, so the class plays no part."""
    maps, _ = inner(net, x, classes, layer)
    return resized(maps.sum(1).relu(), x)


@mistake("grad-cam", family="maps")
def mean_of_the_maps(net, x, classes, layer):
    """The weighed maps were averaged. Grad-CAM adds them up; code by others that takes a mean is only meant for a
    picture."""
    maps, gradient = inner(net, x, classes, layer)
    return resized((gradient.mean((2, 3), keepdim=True) * maps).mean(1).relu(), x)


@mistake("grad-cam", family="maps")
def largest_map(net, x, classes, layer):
    """The largest of the weighed maps was taken at each place. They are added up."""
    maps, gradient = inner(net, x, classes, layer)
    return resized((gradient.mean((2, 3), keepdim=True) * maps).amax(1).relu(), x)


@mistake("grad-cam", family="maps")
def cam_scaled_to_one(net, x, classes, layer):
    """The map was divided by its largest value. That is for drawing; the values themselves are asked for."""
    cam = resized(weighed(*inner(net, x, classes, layer)).relu(), x)
    return cam / cam.amax((1, 2), keepdim=True).clamp(min=1e-12)


@mistake("grad-cam", family="maps")
def cam_of_the_probability(net, x, classes, layer):
    """The probability after softmax was differentiated. It depends on all scores; take the score of the class."""
    maps, gradient = inner(net, x, classes, layer, lambda scores, k: chosen(scores.softmax(1), k))
    return resized(weighed(maps, gradient).relu(), x)


@mistake("grad-cam", family="maps")
def cam_of_the_largest_score(net, x, classes, layer):
    """The largest score was differentiated, whichever class it belongs to. The argument classes says which is meant."""

    def of(scores, k):
        chosen(scores, k)
        return scores.amax(1)

    return resized(weighed(*inner(net, x, classes, layer, of)).relu(), x)


@mistake("grad-cam", family="maps")
def cam_of_all_scores(net, x, classes, layer):
    """The sum of all scores was differentiated. Only the score of the image's own class is meant."""

    def of(scores, k):
        chosen(scores, k)
        return scores.sum(1)

    return resized(weighed(*inner(net, x, classes, layer, of)).relu(), x)


@mistake("grad-cam", family="maps")
def class_of_the_first_image(net, x, classes, layer):
    """The class of the first image was used for all images. scores[torch.arange(N), classes] takes each image's own."""

    def of(scores, k):
        chosen(scores, k)
        return scores[:, k[0]]

    return resized(weighed(*inner(net, x, classes, layer, of)).relu(), x)


@mistake("grad-cam", family="maps")
def weights_shared_by_the_batch(net, x, classes, layer):
    """The gradients were averaged over the images too. Each image has weights of its own."""
    maps, gradient = inner(net, x, classes, layer)
    return resized((gradient.mean((0, 2, 3), keepdim=True) * maps).sum(1).relu(), x)


@mistake("grad-cam", family="maps")
def score_averaged_over_the_batch(net, x, classes, layer):
    """The mean over images of the scores was differentiated, so all gradients are N times too small. Take the sum."""
    maps, gradient = inner(net, x, classes, layer)
    return resized(weighed(maps, gradient / len(x)).relu(), x)


@mistake("grad-cam", family="maps")
def input_of_the_layer(net, x, classes, layer):
    """The maps that go into the layer were taken. Those that it gives are meant: a forward hook gets (part, inputs,
    output)."""
    refuse(x, classes)
    if layer not in dict(net.named_modules()):
        raise ValueError(f"there is no part {layer!r}")
    number = int(layer)
    if number == 0:
        pixels = x.detach().clone().requires_grad_()
        with evaluating(net):
            total = chosen(net(pixels), classes).sum()
        return resized(weighed(x, torch.autograd.grad(total, pixels)[0]).relu(), x)
    return resized(weighed(*inner(net, x, classes, str(number - 1))).relu(), x)


@mistake("grad-cam", family="maps")
def always_the_last_maps(net, x, classes, layer):
    """The last layer that gives maps was taken, whatever layer was asked for."""
    inner(net, x, classes, layer)
    last = [name for name, part in net.named_children() if not isinstance(part, nn.Flatten | nn.Linear)][-1]
    return resized(weighed(*inner(net, x, classes, last)).relu(), x)


@mistake("grad-cam", family="resizing")
def not_resized(net, x, classes, layer):
    """The map has the size of the layer's maps. It must be resized to the image."""
    return weighed(*inner(net, x, classes, layer)).relu()


@mistake("grad-cam", family="resizing")
def nearest_values(net, x, classes, layer):
    """The map was resized by repeating values, interpolate's default. mode="bilinear" is asked for."""
    return resized(weighed(*inner(net, x, classes, layer)).relu(), x, mode="nearest")


@mistake("grad-cam", family="resizing")
def corners_aligned(net, x, classes, layer):
    """The map was resized with align_corners=True, so the corner pixels' middles lie on each other. The notebook asks
    for the default, in which the corners themselves do."""
    return resized(weighed(*inner(net, x, classes, layer)).relu(), x, mode="bilinear", align_corners=True)


@mistake("grad-cam", family="resizing")
def bicubic_values(net, x, classes, layer):
    """The map was resized with mode="bicubic", which can become negative. mode="bilinear" is asked for."""
    return resized(weighed(*inner(net, x, classes, layer)).relu(), x, mode="bicubic")


@mistake("grad-cam", family="resizing")
def cut_off_after_resizing(net, x, classes, layer):
    """The ReLU came after the resizing, where positive and negative values are mixed already. First the ReLU."""
    return resized(weighed(*inner(net, x, classes, layer)), x).relu()


@mistake("grad-cam", family="evaluation mode")
def cam_in_its_own_mode(net, x, classes, layer):
    """The network ran in the mode in which it came. In training mode, dropout and batch statistics change the scores:
    use `with evaluating(net)`."""
    refuse(x, classes)
    if layer not in dict(net.named_modules()):
        raise ValueError(f"there is no part {layer!r}")
    seen = []
    hook = net.get_submodule(layer).register_forward_hook(lambda part, given, maps: seen.append(maps))
    try:
        total = chosen(net(x.clone().requires_grad_()), classes).sum()
    finally:
        hook.remove()
    return resized(weighed(seen[0].detach(), torch.autograd.grad(total, seen[0])[0]).relu(), x)


@mistake("grad-cam", family="hands off")
def hook_left_behind(net, x, classes, layer):
    """The hook was never removed: it runs in every later pass and keeps its maps in memory. Call handle.remove() in a
    finally."""
    if layer in dict(net.named_modules()):
        net.get_submodule(layer).register_forward_hook(looks_on)
    return resized(weighed(*inner(net, x, classes, layer)).relu(), x)


def looks_on(part, given, maps):
    return None


@mistake("grad-cam", family="hands off")
def hook_left_after_an_error(net, x, classes, layer):
    """The hook stays in the network where the call raises an error, for a class that there is not. Call handle.remove()
    in a finally, which runs in any case."""
    try:
        return resized(weighed(*inner(net, x, classes, layer)).relu(), x)
    except ValueError:
        if layer in dict(net.named_modules()):
            net.get_submodule(layer).register_forward_hook(looks_on)
        raise


@mistake("grad-cam", family="hands off")
def cam_leaves_evaluation_mode(net, x, classes, layer):
    """The network was put into evaluation mode and left there. Its owner may be training it: use
    `with evaluating(net)`, which puts every part back."""
    net.eval()
    return resized(weighed(*inner(net, x, classes, layer)).relu(), x)


@mistake("grad-cam", family="hands off")
def cam_sets_one_mode(net, x, classes, layer):
    """net.train(mode) set all parts to the mode of the network itself, but parts can be in different modes, such as a
    frozen normalisation. Keep the mode of each part."""
    mode = net.training
    y = resized(weighed(*inner(net, x, classes, layer)).relu(), x)
    net.train(mode)
    return y


@mistake("grad-cam", family="hands off")
def cam_leaves_gradients(net, x, classes, layer):
    """backward() adds to the .grad of all parameters, and the next training step would use it.
    torch.autograd.grad(score, maps) writes nothing."""
    y = resized(weighed(*inner(net, x, classes, layer)).relu(), x)
    with evaluating(net):
        chosen(net(x.clone().requires_grad_()), classes).sum().backward()
    return y


@mistake("grad-cam", family="hands off")
def cam_thaws_parameters(net, x, classes, layer):
    """requires_grad was set to True for all parameters, so that gradients flow, and left so. Let a copy of the images
    require a gradient instead."""
    net.requires_grad_(True)
    return resized(weighed(*inner(net, x, classes, layer)).relu(), x)


@mistake("grad-cam", family="hands off")
def nothing_recorded_when_frozen(net, x, classes, layer):
    """With all parameters frozen, autograd records nothing and the gradient fails. Pass a copy of the images that
    requires a gradient."""
    refuse(x, classes)
    if layer not in dict(net.named_modules()):
        raise ValueError(f"there is no part {layer!r}")
    seen = []
    hook = net.get_submodule(layer).register_forward_hook(lambda part, given, maps: seen.append(maps))
    try:
        with evaluating(net):
            total = chosen(net(x.clone()), classes).sum()
    finally:
        hook.remove()
    return resized(weighed(seen[0].detach(), torch.autograd.grad(total, seen[0])[0]).relu(), x)


@mistake("grad-cam", family="hands off")
def cam_carries_a_gradient(net, x, classes, layer):
    """The result carries a gradient: the maps were not detached, so the whole computation stays in memory."""
    return resized(weighed(*inner(net, x, classes, layer)).relu(), x).requires_grad_()


@mistake("grad-cam", family="hands off")
def attribute_error_for_no_part(net, x, classes, layer):
    """A name that the network does not have ended in an AttributeError. ValueError is asked for, with the names there
    are."""
    net.get_submodule(layer)
    return resized(weighed(*inner(net, x, classes, layer)).relu(), x)


@mistake("grad-cam", family="hands off")
def cam_wraps_negative_classes(net, x, classes, layer):
    """A negative class was taken as Python takes indices, from the end. There is no class −1: raise ValueError."""
    maps, gradient = inner(net, x, classes, layer, lambda scores, k: chosen(scores, k % scores.shape[1]))
    return resized(weighed(maps, gradient).relu(), x)


# -- the way back --------------------------------------------------------------------------------------------------


@mistake("deconv-patch", family="one convolution")
def whole_map_sent_back(features, x, layer, channel):
    """All values of the map were sent back. Only its strongest value starts the way back, the others are set to 0."""

    def start(maps, channel):
        back = torch.zeros_like(maps)
        back[0, channel] = maps[0, channel]
        return back

    return backwards(features, x, layer, channel, start=start)


@mistake("deconv-patch", family="one convolution")
def all_maps_sent_back(features, x, layer, channel):
    """All maps were sent back. Only the strongest value of the one map that channel names starts the way back."""
    return backwards(features, x, layer, channel, start=lambda maps, channel: maps)


@mistake("deconv-patch", family="one convolution")
def one_instead_of_the_value(features, x, layer, channel):
    """The way back began with 1. It begins with the strongest value itself."""
    return backwards(
        features, x, layer, channel, start=lambda maps, channel: (strongest(maps, channel) != 0).to(x.dtype)
    )


@mistake("deconv-patch", family="one convolution")
def strongest_of_all_maps(features, x, layer, channel):
    """The strongest value of all maps was sent back. The argument channel says which map is meant."""
    return backwards(
        features, x, layer, channel, start=lambda maps, channel: strongest(maps, int(maps[0].amax((1, 2)).argmax()))
    )


@mistake("deconv-patch", family="one convolution")
def strongest_magnitude(features, x, layer, channel):
    """The value of the largest magnitude was sent back. The strongest value is the largest one, with its sign."""

    def start(maps, channel):
        place = maps[0, channel].abs().argmax()
        back = torch.zeros_like(maps)
        back[0, channel].view(-1)[place] = maps[0, channel].flatten()[place]
        return back

    return backwards(features, x, layer, channel, start=start)


@mistake("deconv-patch", family="one convolution")
def value_in_the_neighbouring_map(features, x, layer, channel):
    """The value was put into another map than the one it comes from: the last one counts as −1, not the next."""
    return backwards(features, x, layer, channel, start=lambda maps, channel: strongest(maps, channel).roll(1, 1))


@mistake("deconv-patch", family="one convolution")
def kernels_not_turned(features, x, layer, channel):
    """The way back turned the kernels twice. A transposed convolution puts each kernel down as it is; conv2d on the way
    back needs it rotated by 180°, conv_transpose2d does not."""

    def conv(part, before, after, back):
        return torch.nn.grad.conv2d_input(before.shape, part.weight.flip(2, 3), back, part.stride, part.padding)

    return backwards(features, x, layer, channel, conv=conv)


@mistake("deconv-patch", family="one convolution")
def bias_subtracted(features, x, layer, channel):
    """The bias was subtracted on the way back. Zeiler and Fergus leave it out."""

    def conv(part, before, after, back):
        shift = part.bias.view(1, -1, 1, 1) if part.bias is not None else 0.0
        return unconv(part, before, after, (back - shift) * (back != 0))

    return backwards(features, x, layer, channel, conv=conv)


@mistake("deconv-patch", family="one convolution")
def bias_added_again(features, x, layer, channel):
    """A bias was added on the way back. The transposed convolution has none."""

    def conv(part, before, after, back):
        shift = part.bias.view(1, -1, 1, 1) if part.bias is not None else 0.0
        return unconv(part, before, after, back + shift)

    return backwards(features, x, layer, channel, conv=conv)


@mistake("deconv-patch", family="one convolution")
def padding_forgotten(features, x, layer, channel):
    """The padding was forgotten on the way back: the pattern lies too far right and down by as many pixels."""

    def conv(part, before, after, back):
        (h, w), (ph, pw) = before.shape[2:], part.padding
        larger = (*before.shape[:2], h + 2 * ph, w + 2 * pw)
        return torch.nn.grad.conv2d_input(larger, part.weight, back, part.stride)[:, :, :h, :w].contiguous()

    return backwards(features, x, layer, channel, conv=conv)


@mistake("deconv-patch", family="one convolution")
def leftover_rows_missing(features, x, layer, channel):
    """Rows or columns that the stride left over are missing in the pattern. conv_transpose2d needs output_padding to
    reach the size of the layer's input."""

    def conv(part, before, after, back):
        return functional.conv_transpose2d(back, part.weight, None, part.stride, part.padding)

    return backwards(features, x, layer, channel, conv=conv)


@mistake("deconv-patch", family="one convolution")
def cut_to_the_window(features, x, layer, channel):
    """The pattern was cut to the window that is not 0. It must have the image's size, to show where it lies."""
    y = backwards(features, x, layer, channel)
    _, _, rows, columns = torch.nonzero(y, as_tuple=True)
    if not len(rows):
        return y
    return y[:, :, rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].clone()


@mistake("deconv-patch", family="one convolution")
def picture_of_the_window(features, x, layer, channel):
    """The image's own pixels were returned. The pattern is made of kernels, on the way back; the image plays its part
    through switches and the value alone."""
    return x * (backwards(features, x, layer, channel) != 0)


@mistake("deconv-patch", family="one convolution")
def batch_axis_lost(features, x, layer, channel):
    """The axis of the images is missing in the result: it has the shape of x, (1, C, H, W)."""
    return backwards(features, x, layer, channel)[0]


@mistake("deconv-patch", family="switches and ReLU")
def gradient_through_relu(features, x, layer, channel):
    """The ReLU's gradient was taken: stop where the forward value was negative. Zeiler and Fergus cut off what is
    negative on the way back, whatever the forward value was."""
    return backwards(features, x, layer, channel, relu=lambda part, before, after, back: back * (before > 0))


@mistake("deconv-patch", family="switches and ReLU")
def guided_backpropagation(features, x, layer, channel):
    """The ReLU cut off what is negative on the way back and where the forward value was negative too. That is guided
    backpropagation; here only the first is meant."""
    return backwards(
        features, x, layer, channel, relu=lambda part, before, after, back: torch.relu(back) * (before > 0)
    )


@mistake("deconv-patch", family="switches and ReLU")
def relu_skipped(features, x, layer, channel):
    """The ReLU was left out on the way back. What is negative there is cut off."""
    return backwards(features, x, layer, channel, relu=lambda part, before, after, back: back)


@mistake("deconv-patch", family="switches and ReLU")
def relu_after_each_layer(features, x, layer, channel):
    """What is negative was cut off after every layer, the pixels too. Only a ReLU in the network cuts on its way back;
    a pattern has negative pixels."""
    return (
        backwards(
            features, x, layer, channel, conv=lambda part, before, after, back: unconv(part, before, after, back).relu()
        )
        if layer
        else backwards(features, x, layer, channel)
    )


@mistake("deconv-patch", family="switches and ReLU")
def spread_over_the_window(features, x, layer, channel):
    """The value was spread over its pooling window. It goes to the one place the maximum came from: the switch."""

    def pool(part, before, after, back):
        sides = part.kernel_size if isinstance(part.kernel_size, tuple) else (part.kernel_size,) * 2
        wide = back.repeat_interleave(sides[0], 2).repeat_interleave(sides[1], 3)
        h, w = before.shape[2:]
        return functional.pad(wide, (0, w - wide.shape[3], 0, h - wide.shape[2]))

    return backwards(features, x, layer, channel, pool=pool)


@mistake("deconv-patch", family="switches and ReLU")
def corner_of_the_window(features, x, layer, channel):
    """The value was put into the upper left corner of its pooling window. It goes to the place the maximum came from:
    the switch."""

    def pool(part, before, after, back):
        sides = part.kernel_size if isinstance(part.kernel_size, tuple) else (part.kernel_size,) * 2
        y = torch.zeros_like(before)
        rows, columns = back.shape[2] * sides[0], back.shape[3] * sides[1]
        y[:, :, : rows : sides[0], : columns : sides[1]] = back
        return y

    return backwards(features, x, layer, channel, pool=pool)


@mistake("deconv-patch", family="switches and ReLU")
def switches_of_the_first_map(features, x, layer, channel):
    """The switches of the first map were used for all maps. Each map has switches of its own."""

    def pool(part, before, after, back):
        options = part.kernel_size, part.stride, part.padding
        switches = functional.max_pool2d(before, *options, return_indices=True)[1][:, :1].expand(back.shape)
        return torch.zeros_like(before).flatten(2).scatter(2, switches.flatten(2), back.flatten(2)).view_as(before)

    return backwards(features, x, layer, channel, pool=pool)


@mistake("deconv-patch", family="switches and ReLU")
def all_layers_used(features, x, layer, channel):
    """The whole network was run, whatever layer was asked for. The layers behind number `layer` play no part."""
    forwards(features, x, layer, channel)
    last = len(features) - 1
    return backwards(features, x, last, min(channel, forwards(features, x, last, 0)[-1].shape[1] - 1))


@mistake("deconv-patch", family="switches and ReLU")
def one_layer_too_few(features, x, layer, channel):
    """The layers before number `layer` were run, but not that one itself. Its own output is the map that is meant."""
    values = forwards(features, x, layer, channel)
    if layer == 0:
        return backwards(features, x, 0, channel)
    return backwards(features, x, layer - 1, min(channel, values[layer].shape[1] - 1))


@mistake("deconv-patch", family="hands off")
def image_changed_by_a_relu(features, x, layer, channel):
    """The image went into a ReLU that works in place, and is not what it was. Pass copies: x.clone()."""
    y = backwards(features, x, layer, channel)
    if isinstance(features[0], nn.ReLU) and features[0].inplace:
        x.relu_()
    return y


@mistake("deconv-patch", family="hands off")
def pattern_carries_a_gradient(features, x, layer, channel):
    """The result carries a gradient to the kernels, and with it all passes. Work within torch.no_grad()."""
    return backwards(features, x, layer, channel).requires_grad_()


@mistake("deconv-patch", family="hands off")
def way_back_leaves_evaluation_mode(features, x, layer, channel):
    """The network was put into evaluation mode and left there. Every part must be in the mode in which it was."""
    features.eval()
    return backwards(features, x, layer, channel)


@mistake("deconv-patch", family="hands off")
def way_back_leaves_hooks(features, x, layer, channel):
    """The hooks that kept inputs and switches were never removed. Call remove() on each, or call the layers one by
    one."""
    features[0].register_forward_hook(looks_on)
    return backwards(features, x, layer, channel)


@mistake("deconv-patch", family="hands off")
def all_equal_maxima(features, x, layer, channel):
    """Where several values are the largest, all of them were sent back. Only the first one, row by row, is meant."""

    def start(maps, channel):
        back = torch.zeros_like(maps)
        back[0, channel] = maps[0, channel] * (maps[0, channel] == maps[0, channel].max())
        return back

    return backwards(features, x, layer, channel, start=start)


@mistake("deconv-patch", family="hands off")
def last_of_equal_maxima(features, x, layer, channel):
    """Of several largest values the last was sent back. The first one, row by row, is meant."""

    def start(maps, channel):
        plane = maps[0, channel].flatten()
        place = int(torch.nonzero(plane == plane.max())[-1])
        back = torch.zeros_like(maps)
        back[0, channel].view(-1)[place] = plane[place]
        return back

    return backwards(features, x, layer, channel, start=start)


@mistake("deconv-patch", family="hands off")
def first_of_two_images(features, x, layer, channel):
    """Of two images the first was taken without a word. One image is expected: raise ValueError."""
    return backwards(features, x[:1], layer, channel)


@mistake("deconv-patch", family="hands off")
def index_error_for_no_layer(features, x, layer, channel):
    """A layer that there is not ended in an IndexError. ValueError is asked for, with the number of layers."""
    if layer >= len(features):
        return features[layer]
    return backwards(features, x, layer, channel)


@mistake("deconv-patch", family="hands off")
def index_error_for_no_map(features, x, layer, channel):
    """A map that there is not ended in an IndexError. ValueError is asked for, with the number of maps."""
    maps = forwards(features, x, layer, 0)[-1]
    return backwards(features, x, layer, channel) if channel < maps.shape[1] else maps[0, channel]


# -- p4 ------------------------------------------------------------------------------------------------------------


@mistake("p4-lift-conv", family="poses")
def turned_to_the_right(x, w, b=None, padding=0):
    """The kernels were turned to the right. Pose r is r quarter turns to the left, as torch.rot90 turns."""
    return lift(x, w, b, padding, lambda w, r: turned(w, -r))


@mistake("p4-lift-conv", family="poses")
def never_turned(x, w, b=None, padding=0):
    """All four poses have the kernel as it is. Pose r is the kernel turned by r quarter turns."""
    return lift(x, w, b, padding, lambda w, r: w)


@mistake("p4-lift-conv", family="poses")
def half_turns(x, w, b=None, padding=0):
    """The poses are half turns apart, so two of them are the same. They are quarter turns apart."""
    return lift(x, w, b, padding, lambda w, r: turned(w, 2 * r))


@mistake("p4-lift-conv", family="poses")
def mirrored_poses(x, w, b=None, padding=0):
    """The poses are mirror images of the kernel. A quarter turn is not a mirror, nor made of flips along both axes."""
    flips = ((), (2,), (3,), (2, 3))
    return lift(x, w, b, padding, lambda w, r: w.flip(flips[r]))


@mistake("p4-lift-conv", family="poses")
def transposed_poses(x, w, b=None, padding=0):
    """A quarter turn was written as a transposition of the kernel. That is a mirror on the diagonal: flip one axis
    too."""
    return lift(
        x, w, b, padding, lambda w, r: (w if r < 2 else w.flip(2, 3)).transpose(2, 3) if r % 2 else turned(w, r)
    )


@mistake("p4-lift-conv", family="poses")
def poses_begin_turned(x, w, b=None, padding=0):
    """The first pose is turned already: pose 0 is the kernel as it is, pose r is r quarter turns on."""
    return lift(x, w, b, padding, lambda w, r: turned(w, r + 1))


@mistake("p4-lift-conv", family="poses")
def turned_over_the_channels(x, w, b=None, padding=0):
    """The kernels were turned in the plane of channels and rows, or kernels and channels. Say which axes turn:
    torch.rot90(w, r, (2, 3))."""
    refuse_kernels(x, w, b)
    flat = w.flatten(2)
    return lift(x, w, b, padding, lambda w, r: flat.roll(r, 2).view_as(w))


@mistake("p4-lift-conv", family="poses")
def flipped_kernels(x, w, b=None, padding=0):
    """The kernels were rotated by 180° as well, as in mathematical convolution. The layer is a cross-correlation: pose
    0 is conv2d with the kernel as it is."""
    return lift(x, w.flip(2, 3) if w.ndim == 4 else w, b, padding)


@mistake("p4-lift-conv", family="poses")
def images_turned_instead(x, w, b=None, padding=0):
    """The images, or the maps, were turned instead of the kernels. Then rows and columns of two poses are exchanged,
    and the poses do not stack: turn the kernels."""
    refuse_kernels(x, w, b)
    return torch.stack([functional.conv2d(turned(x, r), w, b, padding=padding) for r in range(4)], 2)


@mistake("p4-lift-conv", family="poses")
def maps_turned_instead(x, w, b=None, padding=0):
    """The map of the kernel at rest was turned. Turning the result is not the same as turning the kernel."""
    refuse_kernels(x, w, b)
    y = functional.conv2d(x, w, b, padding=padding)
    turns = [torch.rot90(y, r, (2, 3)) for r in range(4)]
    if turns[0].shape != turns[1].shape:
        turns = [turns[0], turns[1].transpose(2, 3), turns[2], turns[3].transpose(2, 3)]
    return torch.stack(turns, 2)


@mistake("p4-lift-conv", family="poses")
def poses_before_kernels(x, w, b=None, padding=0):
    """The axis of the poses stands before that of the kernels: (N, 4, F, OH, OW). (N, F, 4, OH, OW) is asked for."""
    return lift(x, w, b, padding, axis=1)


@mistake("p4-lift-conv", family="poses")
def poses_as_channels(x, w, b=None, padding=0):
    """Poses and kernels share one axis, (N, 4·F, OH, OW). The poses have an axis of their own: (N, F, 4, OH, OW)."""
    return lift(x, w, b, padding).flatten(1, 2)


@mistake("p4-lift-conv", family="poses")
def poses_last(x, w, b=None, padding=0):
    """The poses are on the last axis. They are on the third: (N, F, 4, OH, OW)."""
    return lift(x, w, b, padding, axis=4)


@mistake("p4-lift-conv", family="poses")
def poses_and_kernels_mixed(x, w, b=None, padding=0):
    """The kernels of all poses were stacked pose by pose and read kernel by kernel: stack on axis 1 of the kernels, or
    reshape to (N, 4, F, …) and exchange the two axes."""
    y = lift(x, w, b, padding, axis=1)
    n, _, f, oh, ow = y.shape
    return y.reshape(n, f, 4, oh, ow)


@mistake("p4-lift-conv", family="poses")
def largest_pose_only(x, w, b=None, padding=0):
    """The largest of the four poses was returned. That throws the angle away; a later layer needs all four."""
    return lift(x, w, b, padding).amax(2)


@mistake("p4-lift-conv", family="poses")
def mean_of_the_poses(x, w, b=None, padding=0):
    """The kernels of the four poses were averaged: what is left looks the same from all sides. Each pose has maps of
    its own."""
    refuse_kernels(x, w, b)
    mean = sum(turned(w, r) for r in range(4)) / 4
    return lift(x, mean, b, padding)


@mistake("p4-lift-conv", family="poses")
def bias_missing(x, w, b=None, padding=0):
    """The biases were not added. Each kernel has one, the same for its four poses."""
    refuse_kernels(x, w, b)
    return lift(x, w, None, padding)


@mistake("p4-lift-conv", family="poses")
def bias_in_the_first_pose_only(x, w, b=None, padding=0):
    """The biases were added to the first pose only. They are the same for all four poses of a kernel."""
    refuse_kernels(x, w, b)
    y = lift(x, w, None, padding)
    if b is not None:
        y = torch.cat([y[:, :, :1] + b.view(1, -1, 1, 1, 1), y[:, :, 1:]], 2)
    return y


@mistake("p4-lift-conv", family="poses")
def relu_added(x, w, b=None, padding=0):
    """A ReLU was added. The layer gives the sums as they are."""
    return lift(x, w, b, padding).relu()


@mistake("p4-lift-conv", family="poses")
def three_poses(x, w, b=None, padding=0):
    """There are fewer than four poses: r runs over 0, 1, 2 and 3."""
    return lift(x, w, b, padding)[:, :, :3].clone()


@mistake("p4-lift-conv", family="padding")
def padding_ignored(x, w, b=None, padding=0):
    """The padding was ignored: padding rows and columns of zeros belong on each side of the image."""
    return lift(x, w, b, 0)


@mistake("p4-lift-conv", family="padding")
def padding_only_in_the_first_pose(x, w, b=None, padding=0):
    """Only the first pose saw the padding; in the others the border of the maps is 0 instead. All four see the same
    padded image."""
    y = lift(x, w, b, 0)
    wide = functional.pad(y, (padding,) * 4)
    return torch.cat([functional.conv2d(x, w, b, padding=padding)[:, :, None], wide[:, :, 1:]], 2)


@mistake("p4-lift-conv", family="padding")
def padding_at_the_end(x, w, b=None, padding=0):
    """All padding went to the right and below. Half of it belongs above and on the left, else a turn moves the maps."""
    refuse_kernels(x, w, b)
    return lift(functional.pad(x, (0, 2 * padding, 0, 2 * padding)), w, b)


@mistake("p4-lift-conv", family="padding")
def border_repeated(x, w, b=None, padding=0):
    """The border was repeated into the padding. The padding is zeros."""
    refuse_kernels(x, w, b)
    return lift(functional.pad(x, (padding,) * 4, mode="replicate") if padding else x, w, b)


@mistake("p4-lift-conv", family="padding")
def always_same_size(x, w, b=None, padding=0):
    """Where padding was asked for, K // 2 was used whatever its number. The argument says how much."""
    return lift(x, w, b, w.shape[-1] // 2 if padding else 0)


@mistake("p4-lift-conv", family="gradients")
def kernels_through_numpy(x, w, b=None, padding=0):
    """The kernels were turned by NumPy, or detached: no gradient flows to them, and the layer could not learn. Turn
    them by torch.rot90."""
    return lift(x, w, b, padding, lambda w, r: torch.from_numpy(np.rot90(w.detach().numpy(), r, (2, 3)).copy()))


@mistake("p4-lift-conv", family="gradients")
def only_the_first_pose_learns(x, w, b=None, padding=0):
    """Only the first pose passes a gradient to the kernels; the others use detached copies. All four poses are the
    same kernel, so the gradients of all four meet in it."""
    return lift(x, w, b, padding, lambda w, r: turned(w.detach(), r) if r else w)


@mistake("p4-lift-conv", family="gradients")
def images_detached(x, w, b=None, padding=0):
    """No gradient flows to the images: they were detached. Layers before this one could not learn."""
    return lift(x.detach(), w, b, padding)


@mistake("p4-lift-conv", family="gradients")
def biases_detached(x, w, b=None, padding=0):
    """No gradient flows to the biases: they were detached, or passed on as plain numbers."""
    return lift(x, w, None if b is None else b.detach(), padding)


@mistake("p4-lift-conv", family="gradients")
def nothing_recorded(x, w, b=None, padding=0):
    """The layer ran within torch.no_grad(), so no gradient flows to anything. A layer must be able to learn."""
    with torch.no_grad():
        return lift(x, w, b, padding)


@mistake("p4-lift-conv", family="contract")
def kernels_not_square(x, w, b=None, padding=0):
    """Kernels that are not square were turned and cut or padded to fit. That is not the same kernel in four poses:
    raise ValueError."""
    if w.ndim == 4 and w.shape[2] != w.shape[3]:
        side = max(w.shape[2:])
        w = functional.pad(w, (0, side - w.shape[3], 0, side - w.shape[2]))
    return lift(x, w, b, padding)


@mistake("p4-lift-conv", family="contract")
def runtime_error_for_channels(x, w, b=None, padding=0):
    """A wrong number of channels ended in PyTorch's RuntimeError. ValueError is asked for, with both numbers."""
    if x.ndim == 4 and w.ndim == 4 and x.shape[1] != w.shape[1]:
        return functional.conv2d(x, w, b)
    return lift(x, w, b, padding)


@mistake("p4-lift-conv", family="contract")
def one_image_without_its_axis(x, w, b=None, padding=0):
    """An image without the axis of the images was taken as a batch of one. x must have 4 axes: raise ValueError."""
    return lift(x[None] if x.ndim == 3 else x, w, b, padding)


@mistake("p4-lift-conv", family="contract")
def number_of_biases_not_checked(x, w, b=None, padding=0):
    """A wrong number of biases ended in PyTorch's RuntimeError. ValueError is asked for, with both numbers."""
    if b is not None and len(b) != len(w):
        return functional.conv2d(x, w, b)
    return lift(x, w, b, padding)


@mistake("p4-lift-conv", family="contract")
def lifted_in_float64(x, w, b=None, padding=0):
    """The result is float64 where the images are float32. It must be of the images' type."""
    return lift(x, w, b, padding).double()


@mistake("p4-lift-conv", family="contract")
def kernels_turned_in_place(x, w, b=None, padding=0):
    """The kernels themselves were turned and are not what they were. torch.rot90 gives new ones; do not copy them back
    into w."""
    y = lift(x, w, b, padding)
    w.copy_(turned(w.clone(), 3))
    return y


# -- scattering ----------------------------------------------------------------------------------------------------


def real_part(z):
    return z.real


def magnitude_of_the_real_part(z):
    return z.real.abs()


def square(z):
    return z.abs() ** 2


@mistake("scattering1", family="values")
def modulus_forgotten(x, scales=2, angles=4):
    """The real part of the wavelet transform was averaged. Without the modulus, waves average to almost nothing."""
    return scatter(x, scales, angles, bend=real_part)


@mistake("scattering1", family="values")
def modulus_of_the_real_part(x, scales=2, angles=4):
    """The magnitude of the real part was taken. The wavelet transform is complex: its modulus uses both parts, and so
    does not swing."""
    return scatter(x, scales, angles, bend=magnitude_of_the_real_part)


@mistake("scattering1", family="values")
def modulus_squared(x, scales=2, angles=4):
    """The modulus was squared. Scattering averages the modulus itself."""
    return scatter(x, scales, angles, bend=square)


@mistake("scattering1", family="values")
def relu_of_the_real_part(x, scales=2, angles=4):
    """The real part went through a ReLU. The modulus of the complex values is asked for."""
    return scatter(x, scales, angles, bend=rectified)


def rectified(z):
    return z.real.relu()


@mistake("scattering1", family="values")
def averaged_before_the_modulus(x, scales=2, angles=4):
    """The average came before the modulus, so the waves were averaged away. First the modulus, then the average."""
    refuse_images(x, scales)
    h, w = x.shape[2:]
    images = torch.fft.fft2(x[:, :, None].double())
    low = low_pass(h, w, scales)
    bands = torch.fft.ifft2(images * wavelets(h, w, scales, angles) * low).abs()
    layers = torch.cat([torch.fft.ifft2(images * low).real, bands], 2)
    return thinned(layers, 2**scales).to(x.dtype)


@mistake("scattering1", family="values")
def never_averaged(x, scales=2, angles=4):
    """The moduli were not averaged: every fourth of them was kept as it is. The low-pass comes before the thinning."""
    return scatter(x, scales, angles, average=untouched)


def untouched(layers, scales):
    return layers


@mistake("scattering1", family="values")
def images_not_averaged(x, scales=2, angles=4):
    """The images themselves, layer 0, were not averaged. The low-pass is for them as well."""
    y = scatter(x, scales, angles)
    return torch.cat([thinned(x[:, :, None], 2**scales), y[:, :, 1:]], 2)


@mistake("scattering1", family="values")
def averaged_by_blocks(x, scales=2, angles=4):
    """Blocks of pixels were averaged by avg_pool2d. The low-pass of the notebook overlaps its neighbours and is
    smooth."""
    return scatter(x, scales, angles, average=untouched, thin=block_means)


def block_means(layers, step):
    return functional.avg_pool2d(layers.flatten(1, 2), step).unflatten(1, layers.shape[1:3])


@mistake("scattering1", family="values")
def not_thinned(x, scales=2, angles=4):
    """All rows and columns were kept. After the average every 2^scales-th is enough, from the first."""
    return scatter(x, scales, angles, thin=lambda smooth, step: smooth)


@mistake("scattering1", family="values")
def thinned_by_two(x, scales=2, angles=4):
    """Every second row and column was kept, whatever scales is. It is every 2^scales-th."""
    return scatter(x, scales, angles, thin=lambda smooth, step: smooth[..., ::2, ::2])


@mistake("scattering1", family="values")
def thinned_from_the_middle(x, scales=2, angles=4):
    """The rows and columns that were kept begin in the middle of a block. They begin with the first."""
    return scatter(x, scales, angles, thin=lambda smooth, step: smooth[..., step // 2 :: step, step // 2 :: step])


@mistake("scattering1", family="values")
def average_of_the_image_missing(x, scales=2, angles=4):
    """The average of the image itself is missing: it is the first of the 1 + J L maps."""
    return scatter(x, scales, angles)[:, :, 1:].clone()


@mistake("scattering1", family="values")
def average_of_the_image_last(x, scales=2, angles=4):
    """The average of the image stands last. It is the first of the 1 + J L maps."""
    return scatter(x, scales, angles).roll(-1, 2)


@mistake("scattering1", family="values")
def angles_before_scales(x, scales=2, angles=4):
    """The maps are in the order of the angles first. They are in the order of wavelets(…): all angles of the shortest
    waves, then the next scale."""

    def bank(h, w, scales, angles):
        return wavelets(h, w, scales, angles).unflatten(0, (scales, angles)).transpose(0, 1).flatten(0, 1)

    return scatter(x, scales, angles, bank=bank)


@mistake("scattering1", family="values")
def wavelets_turned_by_half(x, scales=2, angles=4):
    """Rows and columns of the wavelets' transforms were exchanged, which exchanges their directions."""

    def bank(h, w, scales, angles):
        return wavelets(w, h, scales, angles).transpose(1, 2)

    return scatter(x, scales, angles, bank=bank)


@mistake("scattering1", family="values")
def wavelets_taken_for_space(x, scales=2, angles=4):
    """The wavelets' transforms were transformed once more. They are given as Fourier transforms already: multiply by
    them."""

    def bank(h, w, scales, angles):
        return torch.fft.fft2(wavelets(h, w, scales, angles))

    return scatter(x, scales, angles, bank=bank)


@mistake("scattering1", family="values")
def transform_not_undone(x, scales=2, angles=4):
    """The modulus was taken of the Fourier transform. Go back to the pixels by ifft2 first."""
    refuse_images(x, scales)
    images = x[:, :, None].double()
    bands = (torch.fft.fft2(images) * wavelets(*x.shape[2:], scales, angles)).abs()
    return thinned(averaged(torch.cat([images, bands], 2), scales), 2**scales).to(x.dtype)


@mistake("scattering1", family="values")
def channels_added(x, scales=2, angles=4):
    """The channels of an image were added. Each channel has its own 1 + J L maps."""
    return scatter(x, scales, angles).sum(1, keepdim=True)


@mistake("scattering1", family="values")
def maps_and_channels_in_one_axis(x, scales=2, angles=4):
    """Channels and maps share one axis. The result has an axis for each: (N, C, 1 + J L, H / 2^J, W / 2^J)."""
    return scatter(x, scales, angles).flatten(1, 2)


@mistake("scattering1", family="values")
def defaults_only(x, scales=2, angles=4):
    """scales and angles were ignored: two scales and four angles, whatever was asked for."""
    return scatter(x)


@mistake("scattering1", family="contract")
def scattering_in_float64(x, scales=2, angles=4):
    """The result is float64 where the images are float32. It must be of the images' type."""
    refuse_images(x, scales)
    return scatter(x.double(), scales, angles)


@mistake("scattering1", family="contract")
def leftover_rows_cut(x, scales=2, angles=4):
    """Images whose sides are no multiples of 2^scales were taken as they are. Their last block is incomplete: raise
    ValueError."""
    if x.ndim != 4:
        raise ValueError("x needs 4 axes")
    step = 2**scales
    h, w = (max(side - side % step, step) for side in x.shape[2:])
    wide = functional.pad(x, (0, max(0, w - x.shape[3]), 0, max(0, h - x.shape[2])))
    return scatter(wide[:, :, :h, :w], scales, angles)


@mistake("scattering1", family="contract")
def columns_not_checked(x, scales=2, angles=4):
    """Only the rows were checked. The columns must be a multiple of 2^scales as well: raise ValueError."""
    if x.ndim == 4 and x.shape[3] % 2**scales:
        return x.clone()
    return scatter(x, scales, angles)


@mistake("scattering1", family="contract")
def images_without_channels(x, scales=2, angles=4):
    """Images without the axis of the channels, or of the images, were taken. x must have 4 axes: raise ValueError."""
    return scatter(x[None] if x.ndim == 3 else x, scales, angles)


@mistake("scattering1", family="contract")
def images_replaced(x, scales=2, angles=4):
    """The images themselves were overwritten. Work on a copy."""
    y = scatter(x, scales, angles)
    x.copy_(x.abs())
    return y


# -- equivariance --------------------------------------------------------------------------------------------------


@mistake("equivariance-error", family="same action")
def not_relative(f, x, g, g_out=None):
    """The norm of the difference was returned as it is. Divide it by the norm of g(f(x))."""
    first, second = error_of(f, x, g, g_out)
    if not second.norm():
        return ratio((first - second).norm(), 0)
    return float((first - second).norm())


@mistake("equivariance-error", family="same action")
def relative_to_f_of_g(f, x, g, g_out=None):
    """The difference was divided by the norm of f(g(x)). The denominator is the norm of g(f(x))."""
    first, second = error_of(f, x, g, g_out)
    if not second.norm():
        return ratio((first - second).norm(), 0)
    return ratio((first - second).norm(), first.norm())


@mistake("equivariance-error", family="same action")
def relative_to_the_input(f, x, g, g_out=None):
    """The difference was divided by the norm of x. The denominator is the norm of g(f(x)), the output."""
    first, second = error_of(f, x, g, g_out)
    if not second.norm():
        return ratio((first - second).norm(), 0)
    return ratio((first - second).norm(), x.norm())


@mistake("equivariance-error", family="same action")
def compared_with_f_of_x(f, x, g, g_out=None):
    """f(g(x)) was compared with f(x). That is invariance; equivariance compares it with g(f(x))."""
    first, second = error_of(f, x, g, g_out)
    if g_out is not None or not second.norm():
        return ratio((first - second).norm(), second.norm())
    return ratio((first - f(x)).norm(), f(x).norm())


@mistake("equivariance-error", family="same action")
def difference_of_norms(f, x, g, g_out=None):
    """The norms of the two were subtracted. Take the norm of the difference: two outputs can be equally large and
    quite different."""
    first, second = error_of(f, x, g, g_out)
    if not second.norm():
        return ratio((first - second).norm(), 0)
    return ratio((first.norm() - second.norm()).abs(), second.norm())


@mistake("equivariance-error", family="same action")
def largest_difference(f, x, g, g_out=None):
    """The largest difference was divided by the largest value. The norm, the root of the sum of squares, is asked
    for."""
    first, second = error_of(f, x, g, g_out)
    return ratio((first - second).abs().amax(), second.abs().amax())


@mistake("equivariance-error", family="same action")
def sum_of_magnitudes(f, x, g, g_out=None):
    """The magnitudes were added up. The norm, the root of the sum of squares, is asked for."""
    first, second = error_of(f, x, g, g_out)
    return ratio((first - second).abs().sum(), second.abs().sum())


@mistake("equivariance-error", family="same action")
def squares_without_root(f, x, g, g_out=None):
    """The sums of squares were divided, and the root is missing."""
    first, second = error_of(f, x, g, g_out)
    return ratio((first - second).square().sum(), second.square().sum())


@mistake("equivariance-error", family="same action")
def mean_of_ratios(f, x, g, g_out=None):
    """Each difference was divided by its own value, and the ratios were averaged. There is one ratio, of two norms."""
    first, second = error_of(f, x, g, g_out)
    if not second.norm():
        return ratio((first - second).norm(), 0)
    return float(((first - second).abs() / second.abs().clamp(min=1e-12)).mean())


@mistake("equivariance-error", family="same action")
def percent(f, x, g, g_out=None):
    """The error was returned in percent. It is a ratio, 1 for 100 %."""
    first, second = error_of(f, x, g, g_out)
    return 100 * ratio((first - second).norm(), second.norm())


@mistake("equivariance-error", family="same action")
def tensor_instead_of_a_number(f, x, g, g_out=None):
    """A tensor was returned. A float is asked for: .item()."""
    first, second = error_of(f, x, g, g_out)
    return torch.tensor(ratio((first - second).norm(), second.norm()))


@mistake("equivariance-error", family="action on outputs")
def same_action_on_outputs(f, x, g, g_out=None):
    """g_out was ignored and g applied to the outputs. Where g_out is given, it is what happens to them."""
    if g_out is None:
        return ratio(*norms(*error_of(f, x, g)))
    first, second = f(g(x)), f(x)
    moved = g(second)
    if first.shape != g_out(second).shape:
        raise ValueError("the shapes differ")
    if first.shape != moved.shape:
        return math.inf
    return ratio(*norms(first, moved))


def norms(first, second):
    return (first - second).norm(), second.norm()


@mistake("equivariance-error", family="action on outputs")
def action_on_outputs_for_inputs(f, x, g, g_out=None):
    """g_out was applied to the input and g to the output: f(g(x)) is compared with g_out(f(x)), not the other way
    round."""
    error_of(f, x, g, g_out)
    if g_out is None:
        return ratio(*norms(*error_of(f, x, g)))
    first, second = f(g_out(x)), g(f(x))
    return ratio(*norms(first, second)) if first.shape == second.shape else math.inf


@mistake("equivariance-error", family="action on outputs")
def both_actions_on_outputs(f, x, g, g_out=None):
    """Both g and g_out were applied to the output. g_out stands in the place of g there."""
    first, second = error_of(f, x, g, g_out)
    if g_out is not None:
        second = g_out(g(f(x)))
    return ratio(*norms(first, second)) if first.shape == second.shape else math.inf


@mistake("equivariance-error", family="contract")
def not_a_number_for_zero(f, x, g, g_out=None):
    """0 divided by 0 gave NaN. Where both norms are 0, nothing is broken and the error is 0."""
    first, second = error_of(f, x, g, g_out)
    return float((first - second).norm() / second.norm())


@mistake("equivariance-error", family="contract")
def zero_for_every_zero(f, x, g, g_out=None):
    """The error was 0 wherever g(f(x)) is 0, even if f(g(x)) is not. There it is infinite."""
    first, second = error_of(f, x, g, g_out)
    return ratio(*norms(first, second)) if float(second.norm()) else 0.0


@mistake("equivariance-error", family="contract")
def small_number_in_the_denominator(f, x, g, g_out=None):
    """A small number was added to the denominator, so that a large but finite error comes out where it is infinite."""
    first, second = error_of(f, x, g, g_out)
    error, size = norms(first, second)
    return float(error / (size + 1e-12))


@mistake("equivariance-error", family="contract")
def division_by_zero(f, x, g, g_out=None):
    """Python's division raised ZeroDivisionError where g(f(x)) is 0. There the error is 0 or infinite."""
    error, size = norms(*error_of(f, x, g, g_out))
    return float(error) / float(size)


@mistake("equivariance-error", family="contract")
def shapes_stretched(f, x, g, g_out=None):
    """Outputs of different shapes were stretched to each other by broadcasting and compared. Raise ValueError."""
    first, second = f(g(x)), (g_out or g)(f(x))
    try:
        torch.broadcast_shapes(first.shape, second.shape)
    except RuntimeError:
        raise ValueError("the shapes differ") from None
    return ratio((first - second).norm(), second.norm())


@mistake("equivariance-error", family="contract")
def runtime_error_for_shapes(f, x, g, g_out=None):
    """Outputs of different shapes ended in PyTorch's RuntimeError. ValueError is asked for, with both shapes."""
    first, second = f(g(x)), (g_out or g)(f(x))
    if first.shape != second.shape:
        raise RuntimeError("the shapes differ")
    return ratio((first - second).norm(), second.norm())


@mistake("equivariance-error", family="contract")
def input_transformed_in_place(f, x, g, g_out=None):
    """x itself was transformed. Apply g to it without writing the result back."""
    value = ratio(*norms(*error_of(f, x, g, g_out)))
    x.copy_(g(x.clone()))
    return value
