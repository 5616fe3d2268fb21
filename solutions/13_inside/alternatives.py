"""Right answers of unit 13 in other styles than the reference's. Each must get full marks."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import nn
from torch.func import functional_call, grad, vmap
from torch.nn import functional

from autograder.testing import Alternatives

alternative = Alternatives()


# -- what several answers share ------------------------------------------------------------------------------------


def fit(x, classes):
    if x.ndim != 4:
        raise ValueError(f"x must be (N, C, H, W), got {tuple(x.shape)}")
    if classes.shape != (len(x),):
        raise ValueError(f"{len(x)} images, but classes are {tuple(classes.shape)}")


def known(classes, count):
    if any(not 0 <= int(k) < count for k in classes):
        raise ValueError(f"classes are {classes.tolist()}, the network has {count}")


def start(net):
    modes = [(part, part.training) for part in net.modules()]
    for part, _ in modes:
        part.training = False
    return modes


def restore(modes):
    for part, mode in modes:
        part.training = mode


# -- saliency ------------------------------------------------------------------------------------------------------


@alternative("saliency", style="image by image")
def one_image_at_a_time(net, x, classes):
    fit(x, classes)
    modes = start(net)
    maps = []
    try:
        for i in range(len(x)):
            pixels = x[i : i + 1].detach().clone().requires_grad_(True)
            scores = net(pixels)
            known(classes, scores.shape[1])
            (slope,) = torch.autograd.grad(scores[0, int(classes[i])], [pixels])
            maps.append(slope[0].abs().max(dim=0).values)
    finally:
        restore(modes)
    return torch.stack(maps)


@alternative("saliency", style="backward on a copy of the parameters")
def backward_with_frozen_parameters(net, x, classes):
    fit(x, classes)
    modes, flags = start(net), [p.requires_grad for p in net.parameters()]
    pixels = x.detach().clone().requires_grad_(True)
    try:
        net.requires_grad_(False)
        scores = net(pixels)
        known(classes, scores.shape[1])
        scores.gather(1, classes[:, None]).sum().backward()
    finally:
        restore(modes)
        for p, flag in zip(net.parameters(), flags, strict=True):
            p.requires_grad_(flag)
    return pixels.grad.abs().amax(dim=1)


@alternative("saliency", style="a gradient for one-hot upstream values")
def one_hot_upstream(net, x, classes):
    fit(x, classes)
    modes = start(net)
    pixels = x.detach().clone().requires_grad_(True)
    try:
        scores = net(pixels)
    finally:
        restore(modes)
    known(classes, scores.shape[1])
    upstream = functional.one_hot(classes, scores.shape[1]).to(scores.dtype)
    (slope,) = torch.autograd.grad(scores, pixels, upstream)
    return torch.maximum(slope.amax(1), (-slope).amax(1))


@alternative("saliency", style="torch.func: grad and vmap")
def functional_gradient(net, x, classes):
    fit(x, classes)
    modes = start(net)
    state = {name: v.detach() for name, v in [*net.named_parameters(), *net.named_buffers()]}

    def score(image, k):
        return functional_call(net, state, (image[None],))[0].gather(0, k[None])[0]

    try:
        with torch.no_grad():
            known(classes, net(x.clone()).shape[1])
        slopes = vmap(grad(score))(x.detach().clone(), classes)
    finally:
        restore(modes)
    return slopes.abs().amax(1).detach()


# -- occlusion -----------------------------------------------------------------------------------------------------


def score_of(net, x, classes):
    with torch.no_grad():
        scores = net(x.clone())
    known(classes, scores.shape[1])
    return scores.gather(1, classes[:, None])[:, 0].detach()


def places(x, size, stride):
    h, w = x.shape[2:]
    if size > h or size > w:
        raise ValueError(f"a square of {size} does not fit into {h}×{w} pixels")
    return [i * stride for i in range((h - size) // stride + 1)], [j * stride for j in range((w - size) // stride + 1)]


@alternative("occlusion-map", style="masks and torch.where")
def masked(net, x, classes, size, stride=1, value=0.0):
    fit(x, classes)
    rows, columns = places(x, size, stride)
    row, column = torch.arange(x.shape[2])[:, None], torch.arange(x.shape[3])[None]
    modes = start(net)
    try:
        whole = score_of(net, x, classes)
        drops = []
        for top in rows:
            for left in columns:
                hidden = (row >= top) & (row < top + size) & (column >= left) & (column < left + size)
                drops.append(whole - score_of(net, x.masked_fill(hidden, value), classes))
    finally:
        restore(modes)
    return torch.stack(drops, 1).reshape(len(x), len(rows), len(columns))


@alternative("occlusion-map", style="all places in one batch")
def one_large_batch(net, x, classes, size, stride=1, value=0.0):
    fit(x, classes)
    rows, columns = places(x, size, stride)
    batch = x[:, None].repeat(1, len(rows) * len(columns), 1, 1, 1)
    for p, (top, left) in enumerate((top, left) for top in rows for left in columns):
        batch[:, p, :, top : top + size, left : left + size] = value
    modes = start(net)
    try:
        whole = score_of(net, x, classes)
        covered = score_of(net, batch.flatten(0, 1), classes.repeat_interleave(batch.shape[1]))
    finally:
        restore(modes)
    return (whole[:, None] - covered.view(len(x), -1)).view(len(x), len(rows), len(columns))


@alternative("occlusion-map", style="cover, look, uncover")
def covered_and_put_back(net, x, classes, size, stride=1, value=0.0):
    fit(x, classes)
    rows, columns = places(x, size, stride)
    work = x.detach().clone()
    modes = start(net)
    try:
        whole = score_of(net, work, classes)
        drops = torch.zeros(len(x), len(rows), len(columns), dtype=x.dtype)
        for i, top in enumerate(rows):
            for j, left in enumerate(columns):
                window = (slice(None), slice(None), slice(top, top + size), slice(left, left + size))
                kept = work[window].clone()
                work[window] = value
                drops[:, i, j] = whole - score_of(net, work, classes)
                work[window] = kept
    finally:
        restore(modes)
    return drops


@alternative("occlusion-map", style="image by image, in NumPy")
def numpy_images(net, x, classes, size, stride=1, value=0.0):
    fit(x, classes)
    rows, columns = places(x, size, stride)
    pictures = x.detach().numpy()
    modes = start(net)
    try:
        result = np.zeros((len(x), len(rows), len(columns)), pictures.dtype)
        for n, i, j in np.ndindex(*result.shape):
            picture = np.array(pictures[n : n + 1])
            picture[..., rows[i] : rows[i] + size, columns[j] : columns[j] + size] = value
            before, after = (score_of(net, torch.from_numpy(np.array(a)), classes[n : n + 1])
                             for a in (pictures[n : n + 1], picture))  # fmt: skip
            result[n, i, j] = float(before) - float(after)
    finally:
        restore(modes)
    return torch.from_numpy(result)


# -- Grad-CAM ------------------------------------------------------------------------------------------------------


def part_of(net, layer):
    parts = dict(net.named_modules())
    if layer not in parts:
        raise ValueError(f"no part is called {layer!r}; there are {', '.join(map(repr, parts))}")
    return parts[layer]


@alternative("grad-cam", style="forward hook, gradient kept by retain_grad")
def kept_gradient(net, x, classes, layer):
    fit(x, classes)
    part, modes, flags = part_of(net, layer), start(net), [p.requires_grad for p in net.parameters()]
    kept = {}

    def keep(module, given, maps):
        maps.retain_grad()
        kept["maps"] = maps

    handle = part.register_forward_hook(keep)
    try:
        net.requires_grad_(False)
        scores = net(x.detach().clone().requires_grad_(True))
        known(classes, scores.shape[1])
        scores.gather(1, classes[:, None]).sum().backward()
    finally:
        handle.remove()
        restore(modes)
        for p, flag in zip(net.parameters(), flags, strict=True):
            p.requires_grad_(flag)
    maps = kept["maps"]
    alpha = maps.grad.mean((2, 3))
    small = torch.einsum("nm,nmij->nij", alpha, maps.detach()).clamp(min=0)
    return functional.interpolate(small[:, None], x.shape[2:], mode="bilinear", align_corners=False).squeeze(1)


@alternative("grad-cam", style="forward and backward hooks")
def two_hooks(net, x, classes, layer):
    fit(x, classes)
    part, modes = part_of(net, layer), start(net)
    kept = {}
    handles = [
        part.register_forward_hook(lambda module, given, maps: kept.update(maps=maps.detach())),
        part.register_full_backward_hook(lambda module, into, out: kept.update(gradient=out[0].detach())),
    ]
    try:
        pixels = x.detach().clone().requires_grad_(True)
        scores = net(pixels)
        known(classes, scores.shape[1])
        upstream = functional.one_hot(classes, scores.shape[1]).to(scores.dtype)
        torch.autograd.grad(scores, pixels, upstream)
    finally:
        for handle in handles:
            handle.remove()
        restore(modes)
    small = (kept["gradient"].mean((2, 3), keepdim=True) * kept["maps"]).sum(1, keepdim=True).relu()
    return functional.interpolate(small, x.shape[2:], mode="bilinear")[:, 0]


@alternative("grad-cam", style="the maps are replaced by a leaf")
def replaced_by_a_leaf(net, x, classes, layer):
    fit(x, classes)
    part, modes = part_of(net, layer), start(net)
    leaves = []

    def replace(module, given, maps):
        leaves.append(maps.detach().clone().requires_grad_(True))
        return leaves[0]

    handle = part.register_forward_hook(replace)
    try:
        scores = net(x.clone())
    finally:
        handle.remove()
        restore(modes)
    known(classes, scores.shape[1])
    total = sum(scores[i, int(k)] for i, k in enumerate(classes))
    (slope,) = torch.autograd.grad(total, leaves[0])
    small = torch.stack(
        [sum(a.mean() * m for a, m in zip(s, f, strict=True)) for s, f in zip(slope, leaves[0], strict=True)]
    )
    return functional.interpolate(small.detach().clamp(min=0)[:, None], x.shape[2:], mode="bilinear")[:, 0]


@alternative("grad-cam", style="image by image")
def cam_image_by_image(net, x, classes, layer):
    fit(x, classes)
    part, modes = part_of(net, layer), start(net)
    kept, result = [], []
    handle = part.register_forward_hook(lambda module, given, maps: kept.append(maps))
    try:
        for i in range(len(x)):
            kept.clear()
            scores = net(x[i : i + 1].detach().clone().requires_grad_(True))
            known(classes, scores.shape[1])
            (slope,) = torch.autograd.grad(scores[0, int(classes[i])], kept[0])
            alpha = slope.flatten(2).mean(2)[0]
            small = torch.tensordot(alpha, kept[0].detach()[0], dims=1).relu()
            result.append(functional.interpolate(small[None, None], x.shape[2:], mode="bilinear")[0, 0])
    finally:
        handle.remove()
        restore(modes)
    return torch.stack(result)


# -- the way back --------------------------------------------------------------------------------------------------


def check_layer(features, x, layer):
    if x.ndim != 4 or x.shape[0] != 1:
        raise ValueError(f"one image is expected, x is {tuple(x.shape)}")
    if layer not in range(len(features)):
        raise ValueError(f"there are {len(features)} layers, none has the number {layer}")


def check_channel(maps, channel):
    if channel not in range(maps.shape[1]):
        raise ValueError(f"there are {maps.shape[1]} maps, none has the number {channel}")


def only_strongest(maps, channel):
    row, column = divmod(int(maps[0, channel].argmax()), maps.shape[3])
    back = torch.zeros_like(maps)
    back[0, channel, row, column] = maps[0, channel, row, column]
    return back


@alternative("deconv-patch", style="recursion")
def recursive(features, x, layer, channel):
    check_layer(features, x, layer)
    with torch.no_grad():
        return down(list(features), x.clone(), layer, channel)


def down(parts, maps, left, channel):
    part = parts[0]
    after = part(maps.clone())
    if left == 0:
        check_channel(after, channel)
        back = only_strongest(after, channel)
    else:
        back = down(parts[1:], after, left - 1, channel)
    if isinstance(part, nn.ReLU):
        return back.clamp(min=0)
    if isinstance(part, nn.MaxPool2d):
        switches = functional.max_pool2d(maps, part.kernel_size, part.stride, part.padding, return_indices=True)[1]
        plane = torch.zeros(maps.shape[1], maps.shape[2] * maps.shape[3], dtype=maps.dtype)
        return plane.scatter_add(1, switches[0].flatten(1), back[0].flatten(1)).view(maps.shape)
    sizes = zip(maps.shape[2:], back.shape[2:], part.stride, part.padding, part.kernel_size, strict=True)
    missing = [n - ((m - 1) * s - 2 * p + k) for n, m, s, p, k in sizes]
    return functional.conv_transpose2d(back, part.weight, None, part.stride, part.padding, missing)


@alternative("deconv-patch", style="max_unpool2d and a cut to size")
def unpooled_by_torch(features, x, layer, channel):
    check_layer(features, x, layer)
    with torch.no_grad():
        return there_and_back(features, x, layer, channel)


def there_and_back(features, x, layer, channel):
    ways, maps = [], x.clone()
    for part in features[: layer + 1]:
        size = maps.shape[2:]
        if isinstance(part, nn.MaxPool2d):
            options = part.kernel_size, part.stride, part.padding
            maps, switches = functional.max_pool2d(maps, *options, return_indices=True)
            ways.append(lambda y, s=switches, o=options, n=size: functional.max_unpool2d(y, s, *o, output_size=n))
        elif isinstance(part, nn.ReLU):
            maps = functional.relu(maps)
            ways.append(functional.relu)
        else:
            maps = part(maps)
            ways.append(lambda y, c=part, n=size: put_down(y, c, n))
    check_channel(maps, channel)
    back = only_strongest(maps, channel)
    for way in reversed(ways):
        back = way(back)
    return back.clone()


def put_down(y, conv, size):
    """Transposed convolution on the padded plane, cut to the input's size."""
    (h, w), (ph, pw) = size, conv.padding
    plane = torch.zeros(1, conv.in_channels, h + 2 * ph, w + 2 * pw, dtype=y.dtype)
    full = functional.conv_transpose2d(y, conv.weight, stride=conv.stride)
    plane[:, :, : full.shape[2], : full.shape[3]] = full
    return plane[:, :, ph : ph + h, pw : pw + w]


@alternative("deconv-patch", style="autograd for everything but the ReLU")
def by_autograd(features, x, layer, channel):
    check_layer(features, x, layer)
    steps, maps = [], x.detach().clone()
    for part in features[: layer + 1]:
        given = maps.detach().clone().requires_grad_(True)
        out = functional.relu(given) if isinstance(part, nn.ReLU) else part(given)
        steps.append((part, given, out))
        maps = out.detach()
    check_channel(maps, channel)
    back = only_strongest(maps, channel)
    for part, given, out in reversed(steps):
        back = back.relu() if isinstance(part, nn.ReLU) else torch.autograd.grad(out, given, back)[0]
    return back.detach()


@alternative("deconv-patch", style="loops over windows, in NumPy")
def numpy_windows(features, x, layer, channel):
    check_layer(features, x, layer)
    values = [x.detach().clone()]
    with torch.no_grad():
        for part in features[: layer + 1]:
            values.append(part(values[-1].clone()))
    check_channel(values[-1], channel)
    back = only_strongest(values[-1], channel).numpy()[0]
    for number in range(layer, -1, -1):
        part, before = features[number], values[number].numpy()[0]
        if isinstance(part, nn.ReLU):
            back = np.maximum(back, 0)
        elif isinstance(part, nn.MaxPool2d):
            back = put_back(part, before, back)
        else:
            back = stamp(part, before.shape, back)
    return torch.from_numpy(np.ascontiguousarray(back))[None]


def sides(option):
    return option if isinstance(option, tuple) else (option, option)


def put_back(part, before, back):
    (kh, kw), (sh, sw) = sides(part.kernel_size), sides(part.stride)
    y = np.zeros_like(before)
    for c, i, j in np.ndindex(*back.shape):
        window = before[c, i * sh : i * sh + kh, j * sw : j * sw + kw]
        u, v = divmod(int(window.argmax()), window.shape[1])
        y[c, i * sh + u, j * sw + v] = back[c, i, j]
    return y


def stamp(part, shape, back):
    weight = part.weight.detach().numpy()
    (ph, pw), (sh, sw), (kh, kw) = part.padding, part.stride, part.kernel_size
    plane = np.zeros((shape[0], shape[1] + 2 * ph, shape[2] + 2 * pw), weight.dtype)
    for f, i, j in zip(*np.nonzero(back), strict=True):
        plane[:, i * sh : i * sh + kh, j * sw : j * sw + kw] += back[f, i, j] * weight[f]
    return plane[:, ph : ph + shape[1], pw : pw + shape[2]]


# -- p4 ------------------------------------------------------------------------------------------------------------


def check_kernels(x, w, b):
    if x.ndim != 4 or w.ndim != 4:
        raise ValueError("x and w must have 4 axes")
    (_, c, _, _), (f, depth, kh, kw) = x.shape, w.shape
    if kh != kw or c != depth or (b is not None and tuple(b.shape) != (f,)):
        raise ValueError(f"{c} channels, kernels of {depth} channels and {kh}×{kw}, biases {b}")


@alternative("p4-lift-conv", style="one convolution with 4 F kernels")
def one_convolution(x, w, b=None, padding=0):
    check_kernels(x, w, b)
    bank = torch.stack([torch.rot90(w, r, (-2, -1)) for r in range(4)], 1).flatten(0, 1)
    y = functional.conv2d(x, bank, None if b is None else b.repeat_interleave(4), padding=padding)
    return y.unflatten(1, (len(w), 4))


@alternative("p4-lift-conv", style="flips and transpositions")
def flips_and_transpositions(x, w, b=None, padding=0):
    check_kernels(x, w, b)
    left = w.transpose(2, 3).flip(2)
    poses = (w, left, w.flip((2, 3)), left.flip((2, 3)))
    return torch.stack([nn.functional.conv2d(x, p, b, 1, padding) for p in poses], dim=2)


@alternative("p4-lift-conv", style="turn the image, turn the map back")
def turned_image(x, w, b=None, padding=0):
    check_kernels(x, w, b)
    maps = []
    for r in range(4):
        y = functional.conv2d(x.rot90(-r, (2, 3)), w, b, padding=padding)
        maps.append(y.rot90(r, (2, 3))[:, :, None])
    return torch.cat(maps, dim=2)


@alternative("p4-lift-conv", style="unfold and einsum")
def windows_and_einsum(x, w, b=None, padding=0):
    check_kernels(x, w, b)
    k = w.shape[2]
    windows = functional.pad(x, (padding,) * 4).unfold(2, k, 1).unfold(3, k, 1)  # (N, C, OH, OW, K, K)
    bank = torch.stack([w, w.rot90(1, (2, 3)), w.rot90(2, (2, 3)), w.rot90(3, (2, 3))])
    y = torch.einsum("nchwij,rfcij->nfrhw", windows, bank)
    return y if b is None else y + b[:, None, None, None]


# -- scattering ----------------------------------------------------------------------------------------------------


def bell(height, width, sigma, centre, theta, slant):
    y0 = 2 * np.pi * np.fft.fftfreq(height)
    x0 = 2 * np.pi * np.fft.fftfreq(width)
    total = np.zeros((height, width))
    for y in (y0 - 2 * np.pi, y0, y0 + 2 * np.pi):
        for x in (x0 - 2 * np.pi, x0, x0 + 2 * np.pi):
            along = np.cos(theta) * x[None] + np.sin(theta) * y[:, None] - centre
            across = (np.cos(theta) * y[:, None] - np.sin(theta) * x[None]) / slant
            total += np.exp(-(sigma**2) / 2 * (along**2 + across**2))
    return total


def bank_of(height, width, scales, angles):
    bank = []
    for j, k in np.ndindex(scales, angles):
        theta, slant = np.pi * k / angles, 4 / angles
        wave = bell(height, width, 0.8 * 2**j, 0.75 * np.pi / 2**j, theta, slant)
        envelope = bell(height, width, 0.8 * 2**j, 0.0, theta, slant)
        bank.append(wave - envelope * (wave[0, 0] / envelope[0, 0]))
    average = bell(height, width, 0.4 * 2**scales, 0.0, 0.0, 1.0)
    return np.array(bank), average / average[0, 0]


def check_images(x, scales):
    if x.ndim != 4 or any(side % 2**scales for side in x.shape[2:]):
        raise ValueError(f"x is {tuple(x.shape)}, expected (N, C, H, W) and sides that are multiples of {2**scales}")


@alternative("scattering1", style="NumPy")
def scattering_in_numpy(x, scales=2, angles=4):
    check_images(x, scales)
    bank, average = bank_of(*x.shape[2:], scales, angles)
    images = x.numpy().astype(np.float64)
    layers = [images] + [np.abs(np.fft.ifft2(np.fft.fft2(images) * wave)) for wave in bank]
    smooth = np.fft.ifft2(np.fft.fft2(np.stack(layers, 2)) * average).real
    return torch.from_numpy(smooth[..., :: 2**scales, :: 2**scales].copy()).to(x.dtype)


@alternative("scattering1", style="loops over wavelets")
def wavelet_by_wavelet(x, scales=2, angles=4):
    check_images(x, scales)
    bank, average = (torch.from_numpy(a) for a in bank_of(*x.shape[2:], scales, angles))
    spectrum, step = torch.fft.fft2(x.double()), 2**scales
    maps = [torch.fft.ifft2(spectrum * average).real[:, :, ::step, ::step]]
    for wave in bank:
        band = torch.fft.ifft2(spectrum * wave)
        size = (band.real**2 + band.imag**2).sqrt()
        maps.append(torch.fft.ifft2(torch.fft.fft2(size) * average).real[:, :, ::step, ::step])
    return torch.stack(maps, dim=2).to(x.dtype)


@alternative("scattering1", style="matrices of the Fourier transform")
def fourier_matrices(x, scales=2, angles=4):
    check_images(x, scales)
    bank, average = (torch.from_numpy(a).to(torch.complex128) for a in bank_of(*x.shape[2:], scales, angles))
    rows, columns = (torch.fft.fft(torch.eye(n, dtype=torch.complex128)) for n in x.shape[2:])

    def forward(a):
        return rows @ a @ columns

    def inverse(a):
        return rows.conj() @ a @ columns.conj() / (len(rows) * len(columns))

    images = x[:, :, None].to(torch.complex128)
    bands = inverse(forward(images) * bank).abs().to(torch.complex128)
    smooth = inverse(forward(torch.cat([images, bands], 2)) * average).real
    return smooth[..., :: 2**scales, :: 2**scales].to(x.dtype).clone()


@alternative("scattering1", style="sums over shifted images")
def shifted_images(x, scales=2, angles=4):
    check_images(x, scales)
    h, w = x.shape[2:]
    bank, average = bank_of(h, w, scales, angles)
    images = x.double()
    bands = torch.zeros(*x.shape[:2], len(bank), h, w, dtype=torch.complex128)
    kernels = torch.from_numpy(np.fft.ifft2(bank))
    for i in range(h):
        for j in range(w):
            bands += kernels[:, i, j, None, None] * images.roll((i, j), (2, 3))[:, :, None]
    layers = torch.cat([images[:, :, None], bands.abs()], 2)
    smooth, low = torch.zeros_like(layers), np.fft.ifft2(average).real
    for i in range(h):
        for j in range(w):
            smooth += float(low[i, j]) * layers.roll((i, j), (3, 4))
    return smooth[..., :: 2**scales, :: 2**scales].to(x.dtype).clone()


# -- equivariance --------------------------------------------------------------------------------------------------


@alternative("equivariance-error", style="math.dist on lists")
def distance_of_lists(f, x, g, g_out=None):
    here, there = f(g(x)), (g if g_out is None else g_out)(f(x))
    if tuple(here.shape) != tuple(there.shape):
        raise ValueError(f"{tuple(here.shape)} against {tuple(there.shape)}")
    error, size = math.dist(here.flatten().tolist(), there.flatten().tolist()), math.hypot(*there.flatten().tolist())
    return error / size if size else (math.inf if error else 0.0)


@alternative("equivariance-error", style="NumPy's norm")
def norm_by_numpy(f, x, g, g_out=None):
    here = f(g(x)).detach().numpy()
    there = (g_out or g)(f(x)).detach().numpy()
    if here.shape != there.shape:
        raise ValueError(f"{here.shape} against {there.shape}")
    error, size = np.linalg.norm((here - there).ravel()), np.linalg.norm(there.ravel())
    if size == 0:
        return float("inf") if error > 0 else 0.0
    return float(error / size)


@alternative("equivariance-error", style="sums of squares")
def sums_of_squares(f, x, g, g_out=None):
    second = f(x)
    second = g(second) if g_out is None else g_out(second)
    first = f(g(x))
    if first.shape != second.shape:
        raise ValueError("the two orders give different shapes")
    error, size = ((first - second) ** 2).sum().item(), (second**2).sum().item()
    if error == 0:
        return 0.0
    return math.sqrt(error / size) if size else math.inf


@alternative("equivariance-error", style="torch.linalg and an exception")
def by_linalg(f, x, g, g_out=None):
    first, second = f(g(x.clone())), (g_out or g)(f(x.clone()))
    if first.shape != second.shape:
        raise ValueError(f"shapes {first.shape} and {second.shape}")
    error = torch.linalg.vector_norm(first - second).item()
    size = torch.linalg.vector_norm(second).item()
    try:
        return error / size
    except ZeroDivisionError:
        return math.inf if error else 0.0
