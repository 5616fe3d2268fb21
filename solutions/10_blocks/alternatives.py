"""Right answers of unit 10 in other styles than the reference's. Each must get full marks."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional

from autograder.testing import Alternatives

alternative = Alternatives()


class ConvBnRelu(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, groups=1):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        return torch.relu(self.bn(self.conv(x)))


# -- NiNBlock -----------------------------------------------------------------------------------------------------


@alternative("nin-block", style="modules for ReLU")
class NinWithModules(nn.Module):
    def __init__(self, in_channels, out_channels, k, s=1, p=0):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, kernel_size=k, stride=s, padding=p)
        self.relu1 = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(out_channels, out_channels, kernel_size=1)
        self.relu2 = nn.ReLU(inplace=True)
        self.conv3 = nn.Conv2d(out_channels, out_channels, kernel_size=1)
        self.relu3 = nn.ReLU(inplace=True)

    def forward(self, x):
        x = self.relu1(self.conv1(x))
        x = self.relu2(self.conv2(x))
        return self.relu3(self.conv3(x))


@alternative("nin-block", style="a Sequential with names")
class NinSequential(nn.Sequential):
    def __init__(self, in_channels, out_channels, k, s=1, p=0):
        super().__init__()
        self.add_module("conv1", nn.Conv2d(in_channels, out_channels, k, s, p))
        self.add_module("relu1", nn.ReLU())
        self.add_module("conv2", nn.Conv2d(out_channels, out_channels, 1))
        self.add_module("relu2", nn.ReLU())
        self.add_module("conv3", nn.Conv2d(out_channels, out_channels, 1))
        self.add_module("relu3", nn.ReLU())


@alternative("nin-block", style="1×1 convolutions as matrix products")
class NinMatrices(nn.Module):
    def __init__(self, in_channels, out_channels, k, s=1, p=0):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, k, s, p)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 1)
        self.conv3 = nn.Conv2d(out_channels, out_channels, 1)

    def forward(self, x):
        y = self.conv1(x).clamp(min=0)
        for layer in (self.conv2, self.conv3):
            y = torch.einsum("fc,nchw->nfhw", layer.weight[:, :, 0, 0], y) + layer.bias.view(-1, 1, 1)
            y = y.clamp(min=0)
        return y


@alternative("nin-block", style="windows by unfold")
class NinUnfolded(nn.Module):
    def __init__(self, in_channels, out_channels, k, s=1, p=0):
        super().__init__()
        self.k, self.s, self.p = k, s, p
        self.conv1 = nn.Conv2d(in_channels, out_channels, k)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 1)
        self.conv3 = nn.Conv2d(out_channels, out_channels, 1)

    def forward(self, x):
        h, w = ((size + 2 * self.p - self.k) // self.s + 1 for size in x.shape[2:])
        y = functional.unfold(x, self.k, padding=self.p, stride=self.s)
        for layer in (self.conv1, self.conv2, self.conv3):
            y = functional.relu(layer.weight.flatten(1) @ y + layer.bias[:, None])
        return y.reshape(len(x), -1, h, w)


# -- Inception ----------------------------------------------------------------------------------------------------


@alternative("inception", style="modules for everything")
class InceptionModules(nn.Module):
    def __init__(self, in_channels, c1, c3r, c3, c5r, c5, pp):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, c1, kernel_size=1)
        self.reduce3 = nn.Conv2d(in_channels, c3r, kernel_size=1)
        self.conv3 = nn.Conv2d(c3r, c3, kernel_size=3, padding=1)
        self.reduce5 = nn.Conv2d(in_channels, c5r, kernel_size=1)
        self.conv5 = nn.Conv2d(c5r, c5, kernel_size=5, padding=2)
        self.pool = nn.MaxPool2d(kernel_size=3, stride=1, padding=1)
        self.project = nn.Conv2d(in_channels, pp, kernel_size=1)
        self.relu = nn.ReLU()

    def forward(self, x):
        first = self.relu(self.conv1(x))
        second = self.relu(self.conv3(self.relu(self.reduce3(x))))
        third = self.relu(self.conv5(self.relu(self.reduce5(x))))
        fourth = self.relu(self.project(self.pool(x)))
        return torch.cat((first, second, third, fourth), dim=1)


@alternative("inception", style="the three 1×1 convolutions of x in one")
class InceptionOneProduct(nn.Module):
    def __init__(self, in_channels, c1, c3r, c3, c5r, c5, pp):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, c1, 1)
        self.reduce3 = nn.Conv2d(in_channels, c3r, 1)
        self.conv3 = nn.Conv2d(c3r, c3, 3, padding="same")
        self.reduce5 = nn.Conv2d(in_channels, c5r, 1)
        self.conv5 = nn.Conv2d(c5r, c5, 5, padding="same")
        self.project = nn.Conv2d(in_channels, pp, 1)

    def forward(self, x):
        heads = (self.conv1, self.reduce3, self.reduce5)
        weight = torch.cat([1 * head.weight for head in heads])
        bias = torch.cat([1 * head.bias for head in heads])
        parts = functional.conv2d(x, weight, bias).relu().split([len(head.weight) for head in heads], dim=1)
        pooled = functional.max_pool2d(x, 3, stride=1, padding=1)
        return torch.cat([parts[0], self.conv3(parts[1]), self.conv5(parts[2]), self.project(pooled)], 1).relu()


@alternative("inception", style="writes into one result")
class InceptionPreallocated(nn.Module):
    def __init__(self, in_channels, c1, c3r, c3, c5r, c5, pp):
        super().__init__()
        self.ends = [0, c1, c1 + c3, c1 + c3 + c5, c1 + c3 + c5 + pp]
        self.conv1 = nn.Conv2d(in_channels, c1, 1)
        self.reduce3, self.conv3 = nn.Conv2d(in_channels, c3r, 1), nn.Conv2d(c3r, c3, 3, 1, 1)
        self.reduce5, self.conv5 = nn.Conv2d(in_channels, c5r, 1), nn.Conv2d(c5r, c5, 5, 1, 2)
        self.project = nn.Conv2d(in_channels, pp, 1)

    def forward(self, x):
        y = x.new_zeros(len(x), self.ends[-1], *x.shape[2:])
        padded = functional.pad(x, (1, 1, 1, 1), value=-math.inf)
        pooled = padded.unfold(2, 3, 1).unfold(3, 3, 1).amax((-2, -1))
        parts = [
            self.conv1(x),
            self.conv3(self.reduce3(x).relu()),
            self.conv5(self.reduce5(x).relu()),
            self.project(pooled),
        ]
        for low, high, part in zip(self.ends, self.ends[1:], parts, strict=False):
            y[:, low:high] = part
        return torch.relu(y)


@alternative("inception", style="lists of layers run by a loop")
class InceptionTable(nn.Module):
    def __init__(self, in_channels, c1, c3r, c3, c5r, c5, pp):
        super().__init__()
        table = {"conv1": (in_channels, c1, 1), "reduce3": (in_channels, c3r, 1), "conv3": (c3r, c3, 3)}
        table |= {"reduce5": (in_channels, c5r, 1), "conv5": (c5r, c5, 5), "project": (in_channels, pp, 1)}
        for name, (into, out, k) in table.items():
            setattr(self, name, nn.Conv2d(into, out, k, padding=(k - 1) // 2))

    def forward(self, x):
        results = []
        for names in (["conv1"], ["reduce3", "conv3"], ["reduce5", "conv5"], ["pool", "project"]):
            y = x
            for name in names:
                y = functional.max_pool2d(y, 3, 1, 1) if name == "pool" else getattr(self, name)(y).relu()
            results.append(y)
        return torch.concat(results, dim=-3)


# -- FactorisedInception ------------------------------------------------------------------------------------------


@alternative("factorised-inception", style="a helper that makes a branch of a table")
class FactorisedTable(nn.Module):
    def __init__(self, in_channels, c1, cnr, cn, dnr, dn, pp, n=7):
        super().__init__()

        def branch(*layers):
            channels, made = in_channels, []
            for out, kh, kw in layers:
                made.append(ConvBnRelu(channels, out, (kh, kw), padding=(kh // 2, kw // 2)))
                channels = out
            return nn.Sequential(*made)

        self.branch1 = branch((c1, 1, 1))[0]
        self.branch2 = branch((cnr, 1, 1), (cnr, 1, n), (cn, n, 1))
        self.branch3 = branch((dnr, 1, 1), (dnr, n, 1), (dnr, 1, n), (dnr, n, 1), (dn, 1, n))
        self.branch4 = branch((pp, 1, 1))[0]
        self.pool = nn.AvgPool2d(3, stride=1, padding=1)

    def forward(self, x):
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(self.pool(x))], 1)


@alternative("factorised-inception", style="padding='same' and lists of modules")
class FactorisedLists(nn.Module):
    def __init__(self, in_channels, c1, cnr, cn, dnr, dn, pp, n=7):
        super().__init__()
        self.branch1 = ConvBnRelu(in_channels, c1, 1)
        self.branch2 = nn.ModuleList(
            [
                ConvBnRelu(in_channels, cnr, 1),
                ConvBnRelu(cnr, cnr, (1, n), padding="same"),
                ConvBnRelu(cnr, cn, (n, 1), padding="same"),
            ]
        )
        shapes = [(dnr, (n, 1)), (dnr, (1, n)), (dnr, (n, 1)), (dn, (1, n))]
        self.branch3 = nn.ModuleList([ConvBnRelu(in_channels, dnr, 1)])
        self.branch3.extend(ConvBnRelu(dnr, out, shape, padding="same") for out, shape in shapes)
        self.branch4 = ConvBnRelu(in_channels, pp, 1)

    def forward(self, x):
        second = third = x
        for layer in self.branch2:
            second = layer(second)
        for layer in self.branch3:
            third = layer(third)
        pooled = functional.avg_pool2d(x, kernel_size=3, stride=1, padding=1, count_include_pad=True)
        return torch.cat([self.branch1(x), second, third, self.branch4(pooled)], dim=1)


class Averaged(ConvBnRelu):
    def forward(self, x):
        padded = functional.pad(x, (1, 1, 1, 1))
        h, w = x.shape[2:]
        total = sum(padded[:, :, i : i + h, j : j + w] for i in range(3) for j in range(3))
        return super().forward(total / 9)


@alternative("factorised-inception", style="averages by shifted sums, inside the last branch")
class FactorisedShifts(nn.Module):
    def __init__(self, in_channels, c1, cnr, cn, dnr, dn, pp, n=7):
        super().__init__()
        p = (n - 1) // 2
        self.branch1 = ConvBnRelu(in_channels, c1, 1)
        self.branch2 = nn.Sequential(ConvBnRelu(in_channels, cnr, 1))
        self.branch2.append(ConvBnRelu(cnr, cnr, (1, n), 1, (0, p)))
        self.branch2.append(ConvBnRelu(cnr, cn, (n, 1), 1, (p, 0)))
        self.branch3 = nn.Sequential(ConvBnRelu(in_channels, dnr, 1))
        for i in range(4):
            down = i % 2 == 0
            out = dn if i == 3 else dnr
            self.branch3.append(ConvBnRelu(dnr, out, (n, 1) if down else (1, n), 1, (p, 0) if down else (0, p)))
        self.branch4 = Averaged(in_channels, pp, 1)

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.children()], dim=1)


@alternative("factorised-inception", style="functions of the parameters alone")
class FactorisedFunctional(nn.Module):
    def __init__(self, in_channels, c1, cnr, cn, dnr, dn, pp, n=7):
        super().__init__()
        self.half = n // 2
        self.branch1, self.branch4 = ConvBnRelu(in_channels, c1, 1), ConvBnRelu(in_channels, pp, 1)
        second = (ConvBnRelu(in_channels, cnr, 1), ConvBnRelu(cnr, cnr, (1, n)), ConvBnRelu(cnr, cn, (n, 1)))
        third = [ConvBnRelu(in_channels, dnr, 1)]
        third += [ConvBnRelu(dnr, dn if i == 3 else dnr, (n, 1) if i % 2 == 0 else (1, n)) for i in range(4)]
        self.branch2, self.branch3 = nn.Sequential(*second), nn.Sequential(*third)

    def apply_to(self, x, layers):
        for layer in layers:
            kh, kw = layer.conv.weight.shape[2:]
            x = functional.conv2d(functional.pad(x, (kw // 2, kw // 2, kh // 2, kh // 2)), layer.conv.weight)
            x = layer.bn(x).relu()
        return x

    def forward(self, x):
        pooled = functional.avg_pool2d(functional.pad(x, (1, 1, 1, 1)), 3, 1)
        pairs = [(x, [self.branch1]), (x, self.branch2), (x, self.branch3), (pooled, [self.branch4])]
        return torch.cat([self.apply_to(y, layers) for y, layers in pairs], 1)


# -- Fire ---------------------------------------------------------------------------------------------------------


@alternative("fire", style="modules for ReLU")
class FireModules(nn.Module):
    def __init__(self, in_channels, s, e1, e3):
        super().__init__()
        self.squeeze = nn.Conv2d(in_channels, s, kernel_size=1)
        self.squeeze_activation = nn.ReLU(inplace=True)
        self.expand1x1 = nn.Conv2d(s, e1, kernel_size=1)
        self.expand3x3 = nn.Conv2d(s, e3, kernel_size=3, padding=1)
        self.activation = nn.ReLU(inplace=True)

    def forward(self, x):
        x = self.squeeze_activation(self.squeeze(x))
        return torch.cat([self.activation(self.expand1x1(x)), self.activation(self.expand3x3(x))], 1)


@alternative("fire", style="one 3×3 convolution for both expansions")
class FireInOne(nn.Module):
    def __init__(self, in_channels, s, e1, e3):
        super().__init__()
        self.squeeze = nn.Conv2d(in_channels, s, 1)
        self.expand1x1 = nn.Conv2d(s, e1, 1)
        self.expand3x3 = nn.Conv2d(s, e3, 3, padding=1)

    def forward(self, x):
        y = functional.relu(self.squeeze(x))
        weight = torch.cat([functional.pad(self.expand1x1.weight, (1, 1, 1, 1)), 1 * self.expand3x3.weight])
        bias = torch.cat([1 * self.expand1x1.bias, 1 * self.expand3x3.bias])
        return functional.relu(functional.conv2d(y, weight, bias, padding=1))


@alternative("fire", style="1×1 by einsum, 3×3 by unfold")
class FireUnfolded(nn.Module):
    def __init__(self, in_channels, s, e1, e3):
        super().__init__()
        self.squeeze = nn.Conv2d(in_channels, s, 1)
        self.expand1x1 = nn.Conv2d(s, e1, 1)
        self.expand3x3 = nn.Conv2d(s, e3, 3)

    def forward(self, x):
        y = torch.einsum("fcij,nchw->nfhw", self.squeeze.weight, x) + self.squeeze.bias.view(-1, 1, 1)
        y = torch.where(y > 0, y, torch.zeros_like(y))
        first = torch.einsum("fcij,nchw->nfhw", self.expand1x1.weight, y) + self.expand1x1.bias.view(-1, 1, 1)
        cols = functional.unfold(y, 3, padding=1)
        second = (self.expand3x3.weight.flatten(1) @ cols).unflatten(2, x.shape[2:]) + self.expand3x3.bias.view(
            -1, 1, 1
        )
        return torch.cat([first, second], 1).clamp_min(0)


@alternative("fire", style="a generator of branches")
class FireBranches(nn.Module):
    def __init__(self, in_channels, s, e1, e3):
        super().__init__()
        for name, sizes in {"squeeze": (in_channels, s, 1), "expand1x1": (s, e1, 1), "expand3x3": (s, e3, 3)}.items():
            self.add_module(name, nn.Conv2d(*sizes, padding=sizes[2] // 2))

    def forward(self, x):
        squeeze, *expansions = self.children()
        squeezed = squeeze(x).relu_()
        return torch.hstack([expand(squeezed).relu_() for expand in expansions])


# -- SeparableConv ------------------------------------------------------------------------------------------------


@alternative("separable-conv", style="a Sequential with names")
class SeparableSequential(nn.Sequential):
    def __init__(self, in_channels, out_channels, k=3, stride=1):
        super().__init__()
        self.depthwise = ConvBnRelu(in_channels, in_channels, k, stride, (k - 1) // 2, in_channels)
        self.pointwise = ConvBnRelu(in_channels, out_channels, 1)


class Parts(nn.Module):
    def __init__(self, conv, channels):
        super().__init__()
        self.conv, self.bn = conv, nn.BatchNorm2d(channels)


@alternative("separable-conv", style="own layers, functions in forward")
class SeparableByHand(nn.Module):
    def __init__(self, in_channels, out_channels, k=3, stride=1):
        super().__init__()
        conv = nn.Conv2d(in_channels, in_channels, k, stride, k // 2, groups=in_channels, bias=False)
        self.depthwise = Parts(conv, in_channels)
        self.pointwise = Parts(nn.Conv2d(in_channels, out_channels, 1, bias=False), out_channels)

    def forward(self, x):
        for part in (self.depthwise, self.pointwise):
            x = functional.relu(part.bn(part.conv(x)), inplace=True)
        return x


@alternative("separable-conv", style="channel by channel")
class SeparableByChannel(nn.Module):
    def __init__(self, in_channels, out_channels, k=3, stride=1):
        super().__init__()
        self.options = {"stride": stride, "padding": k // 2}
        self.depthwise = ConvBnRelu(in_channels, in_channels, k, groups=in_channels)
        self.pointwise = ConvBnRelu(in_channels, out_channels, 1)

    def forward(self, x):
        kernels = self.depthwise.conv.weight
        channels = [functional.conv2d(x[:, [i]], kernels[[i]], **self.options) for i in range(x.shape[1])]
        return self.pointwise(self.depthwise.bn(torch.cat(channels, 1)).relu())


@alternative("separable-conv", style="windows by unfold, channels by a matrix product")
class SeparableUnfolded(nn.Module):
    def __init__(self, in_channels, out_channels, k=3, stride=1):
        super().__init__()
        self.k, self.stride = k, stride
        self.depthwise = ConvBnRelu(in_channels, in_channels, k, groups=in_channels)
        self.pointwise = ConvBnRelu(in_channels, out_channels, 1)

    def forward(self, x):
        p = self.k // 2
        windows = functional.pad(x, (p, p, p, p)).unfold(2, self.k, self.stride).unfold(3, self.k, self.stride)
        y = torch.einsum("nchwij,cij->nchw", windows, self.depthwise.conv.weight[:, 0])
        y = functional.relu(self.depthwise.bn(y))
        y = torch.tensordot(self.pointwise.conv.weight[:, :, 0, 0], y, dims=([1], [1])).transpose(0, 1)
        return functional.relu(self.pointwise.bn(y))


# -- fc_to_conv ---------------------------------------------------------------------------------------------------


def check(linear, C, H, W):
    if linear.in_features != C * H * W:
        raise ValueError(f"{linear.in_features} inputs, expected {C}·{H}·{W} = {C * H * W}")


@alternative("fc-to-conv", style="load_state_dict")
def by_state_dict(linear, C, H, W):
    check(linear, C, H, W)
    state = {name: values.clone() for name, values in linear.state_dict().items()}
    state["weight"] = state["weight"].reshape(-1, C, H, W)
    conv = nn.Conv2d(C, linear.out_features, (H, W), bias="bias" in state).to(state["weight"].dtype)
    conv.load_state_dict(state)
    return conv


@alternative("fc-to-conv", style="new parameters")
def new_parameters(linear, C, H, W):
    check(linear, C, H, W)
    conv = nn.Conv2d(C, linear.out_features, (H, W), bias=linear.bias is not None)
    conv.weight = nn.Parameter(linear.weight.detach().clone().unflatten(1, (C, H, W)))
    if linear.bias is not None:
        conv.bias = nn.Parameter(linear.bias.detach().clone())
    return conv


@alternative("fc-to-conv", style="data assigned")
def by_data(linear, C, H, W):
    check(linear, C, H, W)
    conv = nn.Conv2d(C, len(linear.weight), kernel_size=(H, W), bias=linear.bias is not None).type(linear.weight.dtype)
    conv.weight.data = linear.weight.data.view(conv.weight.shape).clone()
    if conv.bias is not None:
        conv.bias.data = linear.bias.data.clone()
    return conv


@alternative("fc-to-conv", style="value by value")
def value_by_value(linear, C, H, W):
    check(linear, C, H, W)
    conv = nn.Conv2d(C, linear.out_features, (H, W), bias=linear.bias is not None, dtype=linear.weight.dtype)
    with torch.no_grad():
        for c in range(C):
            for i in range(H):
                for j in range(W):
                    conv.weight[:, c, i, j] = linear.weight[:, (c * H + i) * W + j]
        if linear.bias is not None:
            conv.bias[:] = linear.bias
    return conv


# -- slide --------------------------------------------------------------------------------------------------------


def split(net):
    layers = list(net)
    flat = next(i for i, layer in enumerate(layers) if isinstance(layer, nn.Flatten))
    return layers[:flat], layers[flat + 1 :]


def side_of(head, maps):
    inputs = next(layer.in_features for layer in head if isinstance(layer, nn.Linear))
    return math.isqrt(inputs // maps.shape[1])


@alternative("slide", style="a new network of convolutions")
def new_network(net, img):
    body, head = split(net)
    layers, maps = list(body), nn.Sequential(*body)(img)
    side, channels = side_of(head, maps), maps.shape[1]
    for layer in head:
        if isinstance(layer, nn.Linear):
            layer = by_state_dict(layer, channels, side, side)
            side, channels = 1, layer.out_channels
        layers.append(layer)
    return nn.Sequential(*layers)(img)


@alternative("slide", style="windows by unfold")
def windows_of_maps(net, img):
    body, head = split(net)
    maps = nn.Sequential(*body)(img)
    side = side_of(head, maps)
    h, w = maps.shape[2] - side + 1, maps.shape[3] - side + 1
    y = functional.unfold(maps, side).transpose(1, 2)  # (N, positions, C·H·W)
    for layer in head:
        y = layer(y)
    return y.transpose(1, 2).unflatten(2, (h, w))


@alternative("slide", style="a loop over positions")
def position_by_position(net, img):
    body, head = split(net)
    maps = nn.Sequential(*body)(img)
    side = side_of(head, maps)
    rows = []
    for i in range(maps.shape[2] - side + 1):
        row = [maps[:, :, i : i + side, j : j + side].flatten(1) for j in range(maps.shape[3] - side + 1)]
        rows.append(torch.stack([nn.Sequential(*head)(window) for window in row], dim=2))
    return torch.stack(rows, dim=2)


@alternative("slide", style="functional convolutions")
def functional_convolutions(net, img):
    maps, before = img, True
    for layer in net:
        if isinstance(layer, nn.Flatten):
            continue
        if isinstance(layer, nn.Linear):
            side = int(math.sqrt(layer.in_features // maps.shape[1])) if before else 1
            before = False
            weight = layer.weight.view(layer.out_features, maps.shape[1], side, side)
            maps = functional.conv2d(maps, weight, layer.bias)
        else:
            maps = layer(maps)
    return maps


# -- crops_agree --------------------------------------------------------------------------------------------------


def refuse(found, expected):
    if tuple(found) != tuple(expected):
        raise ValueError(f"{tuple(found)} positions, {tuple(expected)} crops")


@alternative("crops-agree", style="all crops in one batch")
def one_batch(net, img, crop, step):
    slid = functional_convolutions(net, img)
    crops = img.unfold(2, crop, step).unfold(3, crop, step)  # (N, C, h, w, crop, crop)
    n, c, h, w = crops.shape[:4]
    refuse(slid.shape[2:], (h, w))
    single = net(crops.permute(0, 2, 3, 1, 4, 5).reshape(n * h * w, c, crop, crop))
    return float((single.reshape(n, h, w, -1).permute(0, 3, 1, 2) - slid).abs().max())


@alternative("crops-agree", style="a list of differences")
def list_of_differences(net, img, crop, step):
    with torch.no_grad():
        slid = new_network(net, img)
        tops, lefts = ([*range(0, n - crop + 1, step)] for n in img.shape[2:])
        refuse(slid.shape[2:], (len(tops), len(lefts)))
        return max(
            torch.max(torch.abs(net(img[..., i : i + crop, j : j + crop]) - slid[..., a, b])).item()
            for a, i in enumerate(tops)
            for b, j in enumerate(lefts)
        )


@alternative("crops-agree", style="by counts of positions")
def by_counts(net, img, crop, step):
    slid = windows_of_maps(net, img).detach()
    h, w = ((size - crop) // step + 1 for size in img.shape[2:])
    refuse(slid.shape[2:], (h, w))
    worst = torch.zeros((), dtype=slid.dtype)
    for i in range(h):
        for j in range(w):
            y = net(img[:, :, i * step :, j * step :][:, :, :crop, :crop]).detach()
            worst = torch.maximum(worst, (y - slid[:, :, i, j]).abs().amax())
    return worst.item()


@alternative("crops-agree", style="NumPy")
def with_numpy(net, img, crop, step):
    slid = position_by_position(net, img).detach().numpy()
    tops, lefts = (range(0, n - crop + 1, step) for n in img.shape[2:])
    refuse(slid.shape[2:], (len(tops), len(lefts)))
    difference = 0.0
    for i, top in enumerate(tops):
        for j, left in enumerate(lefts):
            single = net(img[:, :, top : top + crop, left : left + crop]).detach().numpy()
            difference = max(difference, float(abs(single - slid[:, :, i, j]).max()))
    return difference
