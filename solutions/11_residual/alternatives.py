"""Right answers of unit 11 in other styles than the reference's. Each must get full marks."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from autograder.testing import Alternatives
from cnnkit.ops import conv2d, conv2d_backward, relu, relu_backward

alternative = Alternatives()


# -- residual_forward and residual_backward -----------------------------------------------------------------------


def check(x, params, option):
    if option not in {"A", "B"}:
        raise ValueError(f"option must be 'A' or 'B', got {option!r}")
    if option == "A" and params["w1"].shape[0] < x.shape[1]:
        raise ValueError(f"{x.shape[1]} channels cannot become {params['w1'].shape[0]}")


def selection(x, f):
    """The 1×1 kernels that hand on the channels of x and give zeros behind them."""
    return np.eye(f, x.shape[1], dtype=x.dtype)[:, :, None, None]


@alternative("residual-forward", style="option A as a convolution with ones and zeros")
def selecting_kernels(x, params, stride=1, option="A"):
    check(x, params, option)
    f, c = params["w1"].shape[:2]
    y = conv2d(x, params["w1"], params["b1"], stride=stride, padding=1)
    y = conv2d(np.where(y > 0, y, 0), params["w2"], params["b2"], padding=1)
    if option == "A" or (stride == 1 and f == c):
        y = y + conv2d(x, selection(x, f), None, stride)
    else:
        y = y + conv2d(x, params["ws"], params["bs"], stride)
    return np.where(y > 0, y, 0).astype(x.dtype)


@alternative("residual-forward", style="adds to a part of the channels")
def partial_sum(x, params, stride=1, option="A"):
    check(x, params, option)
    y = conv2d(relu(conv2d(x, params["w1"], params["b1"], stride, 1)), params["w2"], params["b2"], 1, 1)
    if option == "B" and "ws" in params:
        y += conv2d(x, params["ws"], params["bs"], stride)
    else:
        y[:, : x.shape[1]] += x[:, :, ::stride, ::stride]
    return np.maximum(y, 0)


@alternative("residual-forward", style="windows and einsum")
def windows(x, params, stride=1, option="A"):
    check(x, params, option)

    def layer(values, w, b, step):
        framed = np.pad(values, ((0, 0), (0, 0), (1, 1), (1, 1)))
        cut = np.lib.stride_tricks.sliding_window_view(framed, (3, 3), axis=(2, 3))[:, :, ::step, ::step]
        return np.einsum("nchwij,fcij->nfhw", cut, w) + b[:, None, None]

    small = x[:, :, ::stride, ::stride]
    f = len(params["w1"])
    if stride == 1 and f == x.shape[1]:
        shortcut = x
    elif option == "A":
        shortcut = np.concatenate([small, np.zeros((len(x), f - x.shape[1], *small.shape[2:]), x.dtype)], axis=1)
    else:
        shortcut = np.einsum("nchw,fc->nfhw", small, params["ws"][:, :, 0, 0]) + params["bs"][:, None, None]
    inner = np.maximum(layer(x, params["w1"], params["b1"], stride), 0)
    return np.maximum(layer(inner, params["w2"], params["b2"], 1) + shortcut, 0).astype(x.dtype)


@alternative("residual-forward", style="torch")
def by_torch(x, params, stride=1, option="A"):
    check(x, params, option)
    p = {name: torch.from_numpy(np.array(values)) for name, values in params.items()}
    return torch_block(torch.from_numpy(np.array(x)), p, stride, option).numpy()


def torch_block(x, p, stride, option):
    y = functional.conv2d(x, p["w1"], p["b1"], stride, 1).relu()
    y = functional.conv2d(y, p["w2"], p["b2"], padding=1)
    if stride == 1 and y.shape[1] == x.shape[1]:
        return (y + x).relu()
    if option == "B":
        return (y + functional.conv2d(x, p["ws"], p["bs"], stride)).relu()
    zeros = (0, 0, 0, 0, 0, y.shape[1] - x.shape[1])
    return (y + functional.pad(x[:, :, ::stride, ::stride], zeros)).relu()


@alternative("residual-forward", style="autograd", function="residual_backward")
def by_autograd(dout, x, params, stride=1, option="A"):
    check(x, params, option)
    p = {name: torch.tensor(values, requires_grad=True) for name, values in params.items()}
    source = torch.tensor(x, requires_grad=True)
    (torch_block(source, p, stride, option) * torch.tensor(dout)).sum().backward()
    return source.grad.numpy(), {name: values.grad.numpy() for name, values in p.items()}


@alternative("residual-forward", style="masks, option A as a convolution", function="residual_backward")
def masks_and_selection(dout, x, params, stride=1, option="A"):
    check(x, params, option)
    f, c = params["w1"].shape[:2]
    projected = option == "B" and (stride != 1 or f != c)
    ws, bs = (params["ws"], params["bs"]) if projected else (selection(x, f), None)
    hidden = conv2d(x, params["w1"], params["b1"], stride, 1)
    active = np.maximum(hidden, 0)
    summed = conv2d(active, params["w2"], params["b2"], 1, 1) + conv2d(x, ws, bs, stride)
    d = dout * (summed > 0)
    dactive, dw2, db2 = conv2d_backward(d, active, params["w2"], 1, 1)
    dx, dw1, db1 = conv2d_backward(dactive * (hidden > 0), x, params["w1"], stride, 1)
    dskip, dws, dbs = conv2d_backward(d, x, ws, stride)
    grads = {"w1": dw1, "b1": db1, "w2": dw2, "b2": db2}
    if projected:
        grads.update(ws=dws, bs=dbs)
    return dx + dskip, grads


@alternative("residual-forward", style="cases one after the other", function="residual_backward")
def case_by_case(dout, x, params, stride=1, option="A"):
    check(x, params, option)
    first = conv2d(x, params["w1"], params["b1"], stride, 1)
    second = conv2d(relu(first), params["w2"], params["b2"], 1, 1)
    changed = stride > 1 or second.shape[1] != x.shape[1]
    grads = {}
    if not changed:
        d = relu_backward(dout, second + x)
        dskip = d
    elif option == "A":
        missing = second.shape[1] - x.shape[1]
        skip = np.pad(x[:, :, ::stride, ::stride], ((0, 0), (0, missing), (0, 0), (0, 0)))
        d = relu_backward(dout, second + skip)
        dskip = np.zeros(x.shape, x.dtype)
        for i in range(d.shape[2]):
            for j in range(d.shape[3]):
                dskip[:, :, i * stride, j * stride] = d[:, : x.shape[1], i, j]
    else:
        d = relu_backward(dout, second + conv2d(x, params["ws"], params["bs"], stride))
        dskip, grads["ws"], grads["bs"] = conv2d_backward(d, x, params["ws"], stride, 0)
    dinner, grads["w2"], grads["b2"] = conv2d_backward(d, relu(first), params["w2"], 1, 1)
    dx, grads["w1"], grads["b1"] = conv2d_backward(relu_backward(dinner, first), x, params["w1"], stride, 1)
    return np.add(dx, dskip), grads


# -- BasicBlock ---------------------------------------------------------------------------------------------------


def projection(into, out, stride):
    return nn.Sequential(nn.Conv2d(into, out, 1, stride, bias=False), nn.BatchNorm2d(out))


@alternative("basic-block", style="downsample or None, ReLU modules")
class BasicWithNone(nn.Module):
    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.stride, self.added = stride, channels - in_channels
        self.changes = stride != 1 or in_channels != channels
        self.downsample = projection(in_channels, channels, stride) if self.changes and option == "B" else None

    def forward(self, x):
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        identity = x
        if self.downsample is not None:
            identity = self.downsample(x)
        elif self.changes:
            small = x[:, :, :: self.stride, :: self.stride]
            identity = torch.cat([small, small.new_zeros(len(x), self.added, *small.shape[2:])], 1)
        out += identity
        return self.relu(out)


class Padded(nn.Module):
    def __init__(self, channels, stride):
        super().__init__()
        self.channels, self.stride = channels, stride

    def forward(self, x):
        small = functional.max_pool2d(x, 1, self.stride)
        y = x.new_zeros(len(x), self.channels, *small.shape[2:])
        y[:, : x.shape[1]] = small
        return y


@alternative("basic-block", style="a Sequential in the shortcut, pooling for the pixels")
class BasicPooled(nn.Module):
    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, 1, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(channels), nn.BatchNorm2d(channels)
        self.downsample = nn.Sequential()
        if (stride, in_channels) != (1, channels):
            self.downsample = projection(in_channels, channels, stride) if option == "B" else Padded(channels, stride)

    def forward(self, x):
        y = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.downsample(x) + self.bn2(self.conv2(y)))


@alternative("basic-block", style="a loop over pairs of layers")
class BasicLoop(nn.Module):
    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__()
        self.settings = in_channels, channels, stride
        for i, (into, step) in enumerate([(in_channels, stride), (channels, 1)], 1):
            setattr(self, f"conv{i}", nn.Conv2d(into, channels, 3, step, 1, bias=False))
            setattr(self, f"bn{i}", nn.BatchNorm2d(channels))
        if option == "B" and (stride > 1 or in_channels != channels):
            self.downsample = projection(in_channels, channels, stride)

    def forward(self, x):
        into, out, stride = self.settings
        skip = x
        if hasattr(self, "downsample"):
            skip = self.downsample(x)
        elif stride > 1 or into != out:
            kernel = torch.eye(out, into, dtype=x.dtype)[:, :, None, None]
            skip = functional.conv2d(x, kernel, stride=stride)
        y = self.bn1(self.conv1(x)).clamp(min=0)
        return (self.bn2(self.conv2(y)) + skip).clamp(min=0)


@alternative("basic-block", style="functions of the parameters")
class BasicFunctional(nn.Module):
    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__()
        self.stride, self.added = stride, channels - in_channels
        self.conv1, self.bn1 = nn.Conv2d(in_channels, channels, 3, bias=False), nn.BatchNorm2d(channels)
        self.conv2, self.bn2 = nn.Conv2d(channels, channels, 3, bias=False), nn.BatchNorm2d(channels)
        self.option = "none" if stride == 1 and in_channels == channels else option
        if self.option == "B":
            self.downsample = projection(in_channels, channels, stride)

    def shortcut(self, x):
        match self.option:
            case "B":
                return self.downsample(x)
            case "A":
                rows, columns = (torch.arange(0, n, self.stride) for n in x.shape[2:])
                small = x.index_select(2, rows).index_select(3, columns)
                return functional.pad(small, [0, 0, 0, 0, 0, self.added])
        return x

    def forward(self, x):
        y = functional.conv2d(x, self.conv1.weight, stride=self.stride, padding=1)
        y = functional.conv2d(torch.relu(self.bn1(y)), self.conv2.weight, padding=1)
        return torch.relu(torch.add(self.bn2(y), self.shortcut(x)))


# -- Bottleneck ---------------------------------------------------------------------------------------------------


def shortcut_of(into, out, stride, option):
    if stride == 1 and into == out:
        return nn.Identity()
    return projection(into, out, stride) if option == "B" else Padded(out, stride)


@alternative("bottleneck", style="ReLU modules in place")
class BottleneckInPlace(nn.Module):
    expansion = 4

    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__()
        out = channels * self.expansion
        self.conv1 = nn.Conv2d(in_channels, channels, kernel_size=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, out, kernel_size=1, bias=False)
        self.bn3 = nn.BatchNorm2d(out)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = shortcut_of(in_channels, out, stride, option)

    def forward(self, x):
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        out += self.downsample(x)
        return self.relu(out)


@alternative("bottleneck", style="a loop over three layers")
class BottleneckLoop(nn.Module):
    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__()
        layers = [(in_channels, channels, 1, 1), (channels, channels, 3, stride), (channels, 4 * channels, 1, 1)]
        for i, (into, out, k, s) in enumerate(layers):
            self.add_module(f"conv{i + 1}", nn.Conv2d(into, out, k, s, k // 2, bias=False))
            self.add_module(f"bn{i + 1}", nn.BatchNorm2d(out))
        self.downsample = shortcut_of(in_channels, 4 * channels, stride, option)

    def forward(self, x):
        y = x
        for i in (1, 2, 3):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            y = y.relu() if i < 3 else y + self.downsample(x)
        return y.relu()


@alternative("bottleneck", style="1×1 convolutions as matrix products")
class BottleneckMatrices(nn.Module):
    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(in_channels, channels, 1, bias=False), nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3, self.bn3 = nn.Conv2d(channels, 4 * channels, 1, bias=False), nn.BatchNorm2d(4 * channels)
        self.downsample = shortcut_of(in_channels, 4 * channels, stride, option)

    def forward(self, x):
        y = torch.einsum("fc,nchw->nfhw", self.conv1.weight.flatten(1), x)
        y = self.bn2(self.conv2(torch.relu(self.bn1(y)))).relu()
        y = torch.einsum("fc,nchw->nfhw", self.conv3.weight.flatten(1), y)
        return torch.relu(self.bn3(y) + self.downsample(x))


@alternative("bottleneck", style="the branch as a list")
class BottleneckList(nn.Module):
    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(in_channels, channels, 1, 1, 0, bias=False), nn.BatchNorm2d(channels)
        self.conv2, self.bn2 = nn.Conv2d(channels, channels, 3, stride, 1, bias=False), nn.BatchNorm2d(channels)
        self.conv3, self.bn3 = nn.Conv2d(channels, 4 * channels, 1, 1, 0, bias=False), nn.BatchNorm2d(4 * channels)
        self.downsample = None
        if stride != 1 or in_channels != 4 * channels:
            self.downsample = shortcut_of(in_channels, 4 * channels, stride, option)

    def forward(self, x):
        steps = [self.conv1, self.bn1, torch.relu, self.conv2, self.bn2, torch.relu, self.conv3, self.bn3]
        y = x
        for step in steps:
            y = step(y)
        return functional.relu(y + x if self.downsample is None else y + self.downsample(x))


# -- PreActBlock --------------------------------------------------------------------------------------------------


@alternative("pre-act-block", style="downsample only where it is needed")
class PreActOptional(nn.Module):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride=1, padding=1, bias=False)
        if stride != 1 or in_channels != channels:
            self.downsample = nn.Conv2d(in_channels, channels, 1, stride, bias=False)

    def forward(self, x):
        out = functional.relu(self.bn1(x))
        shortcut = self.downsample(out) if hasattr(self, "downsample") else x
        out = self.conv1(out)
        out = self.conv2(functional.relu(self.bn2(out)))
        out += shortcut
        return out


@alternative("pre-act-block", style="ReLU modules in place")
class PreActInPlace(nn.Module):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        self.bn1, self.bn2 = nn.BatchNorm2d(in_channels), nn.BatchNorm2d(channels)
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, 1, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.relu = nn.ReLU(inplace=True)
        same = stride == 1 and in_channels == channels
        self.downsample = nn.Identity() if same else nn.Conv2d(in_channels, channels, 1, stride, bias=False)

    def forward(self, x):
        active = self.relu(self.bn1(x))
        skip = self.downsample(x if isinstance(self.downsample, nn.Identity) else active)
        return skip + self.conv2(self.relu(self.bn2(self.conv1(active))))


@alternative("pre-act-block", style="functions of the parameters")
class PreActFunctional(nn.Module):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        self.stride = stride
        self.bn1, self.conv1 = nn.BatchNorm2d(in_channels), nn.Conv2d(in_channels, channels, 3, bias=False)
        self.bn2, self.conv2 = nn.BatchNorm2d(channels), nn.Conv2d(channels, channels, 3, bias=False)
        self.downsample = None
        if stride > 1 or in_channels != channels:
            self.downsample = nn.Conv2d(in_channels, channels, 1, bias=False)

    def forward(self, x):
        a = self.bn1(x).clamp_min(0)
        y = functional.conv2d(a, self.conv1.weight, None, self.stride, 1)
        y = functional.conv2d(self.bn2(y).clamp_min(0), self.conv2.weight, None, 1, 1)
        if self.downsample is None:
            return x + y
        return y + functional.conv2d(a, self.downsample.weight, None, self.stride)


@alternative("pre-act-block", style="two halves in a loop")
class PreActLoop(nn.Module):
    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        for i, (into, step) in enumerate(((in_channels, stride), (channels, 1))):
            self.add_module(f"bn{i + 1}", nn.BatchNorm2d(into))
            self.add_module(f"conv{i + 1}", nn.Conv2d(into, channels, 3, step, 1, bias=False))
        if not (stride == 1 and in_channels == channels):
            self.add_module("downsample", nn.Conv2d(in_channels, channels, 1, stride, bias=False))

    def forward(self, x):
        parts = dict(self.named_children())
        y, skip = x, x
        for i in "12":
            y = torch.relu(parts["bn" + i](y))
            if i == "1" and "downsample" in parts:
                skip = parts["downsample"](y)
            y = parts["conv" + i](y)
        return torch.add(y, skip)


# -- make_resnet --------------------------------------------------------------------------------------------------


COUNTS = {18: [2, 2, 2, 2], 34: [3, 4, 6, 3], 50: [3, 4, 6, 3], 101: [3, 4, 23, 3], 152: [3, 8, 36, 3]}


def look_up(depth, width):
    """Whether it is one of ImageNet's, the numbers of blocks, the channels of the first stage."""
    if depth in COUNTS:
        return True, COUNTS[depth], max(round(64 * width), 1)
    n, rest = divmod(depth - 2, 6)
    if rest or n < 1:
        raise ValueError(f"no network has {depth} layers")
    return False, [n] * 3, max(round(16 * width), 1)


class Network(nn.Module):
    def __init__(self, large, counts, channels, block, option):
        super().__init__()
        before = 64 if large else 16
        self.conv1 = nn.Conv2d(3, before, 7 if large else 3, 2 if large else 1, 3 if large else 1, bias=False)
        self.bn1 = nn.BatchNorm2d(before)
        self.maxpool = nn.MaxPool2d(3, 2, 1) if large else nn.Identity()
        self.names = []
        for number, count in enumerate(counts, 1):
            stage = nn.Sequential()
            for i in range(count):
                stage.append(block(before, channels, 2 if number > 1 and i == 0 else 1, option))
                before = channels * getattr(block, "expansion", 1)
            self.add_module(f"layer{number}", stage)
            self.names.append(f"layer{number}")
            channels *= 2
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(before, 1000 if large else 10)

    def forward(self, x):
        x = self.maxpool(functional.relu(self.bn1(self.conv1(x))))
        for name in self.names:
            x = getattr(self, name)(x)
        return self.fc(torch.flatten(self.avgpool(x), 1))


@alternative("make-resnet", style="a class with a list of stages")
def network_of_stages(depth, width=1, option="B"):
    large, counts, channels = look_up(depth, width)
    return Network(large, counts, channels, BottleneckInPlace if depth >= 50 and large else BasicWithNone, option)


@alternative("make-resnet", style="a Sequential with names")
def one_sequential(depth, width=1, option="B"):
    large, counts, channels = look_up(depth, width)
    block, expansion = (BottleneckLoop, 4) if large and depth >= 50 else (BasicPooled, 1)
    net, before = nn.Sequential(), 64 if large else 16
    first = (3, before, 7, 2, 3) if large else (3, before, 3, 1, 1)
    net.add_module("conv1", nn.Conv2d(*first, bias=False))
    net.add_module("bn1", nn.BatchNorm2d(before))
    net.add_module("relu", nn.ReLU(inplace=True))
    if large:
        net.add_module("maxpool", nn.MaxPool2d(kernel_size=3, stride=2, padding=1))
    for i, count in enumerate(counts):
        out = channels * 2**i
        strides = [1 if i == 0 else 2] + [1] * (count - 1)
        into = [before] + [out * expansion] * (count - 1)
        blocks = [block(c, out, s, option) for c, s in zip(into, strides, strict=True)]
        net.add_module(f"layer{i + 1}", nn.Sequential(*blocks))
        before = out * expansion
    net.add_module("avgpool", nn.AdaptiveAvgPool2d((1, 1)))
    net.add_module("flatten", nn.Flatten())
    net.add_module("fc", nn.Linear(before, 1000 if large else 10))
    return net


class Stages(nn.Module):
    def __init__(self):
        super().__init__()
        self.order = []

    def append(self, name, part):
        self.add_module(name, part)
        self.order.append(part)

    def forward(self, x):
        for part in self.order:
            x = part(x)
        return self.fc(x.flatten(2).mean(2))


@alternative("make-resnet", style="parts appended to an empty module")
def appended_parts(depth, width=1, option="B"):
    large, counts, channels = look_up(depth, width)
    block = BottleneckMatrices if large and depth > 34 else BasicFunctional
    net, before = Stages(), 64 if large else 16
    net.append("conv1", nn.Conv2d(3, before, *((7, 2, 3) if large else (3, 1, 1)), bias=False))
    net.append("bn1", nn.BatchNorm2d(before))
    net.order.append(torch.relu)
    if large:
        net.order.append(nn.MaxPool2d(3, 2, 1))
    for number, count in enumerate(counts):
        blocks = []
        for i in range(count):
            blocks.append(block(before, channels << number, 2 if i == 0 < number else 1, option))
            before = (channels << number) * (4 if block is BottleneckMatrices else 1)
        net.append(f"layer{number + 1}", nn.Sequential(*blocks))
    net.fc = nn.Linear(before, 1000 if large else 10)
    return net


def stage_of(block, before, channels, count, stride, option):
    first = block(before, channels, stride, option)
    rest = (block(channels * block.expansion, channels, 1, option) for _ in range(1, count))
    return nn.Sequential(first, *rest)


class Stack(nn.Module):
    def __init__(self, block, large, counts, channels, option):
        super().__init__()
        self.large = large
        stem, classes = (64, 1000) if large else (16, 10)
        self.conv1 = nn.Conv2d(3, stem, 7, 2, 3, bias=False) if large else nn.Conv2d(3, stem, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(stem)
        widths = [stem] + [channels * 2**i * block.expansion for i in range(len(counts))]
        for i, count in enumerate(counts):
            stride = 1 + (i > 0)
            setattr(self, f"layer{i + 1}", stage_of(block, widths[i], channels * 2**i, count, stride, option))
        self.fc = nn.Linear(widths[-1], classes)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        if self.large:
            x = functional.max_pool2d(x, kernel_size=3, stride=2, padding=1)
        x = self.layer3(self.layer2(self.layer1(x)))
        if self.large:
            x = self.layer4(x)
        return self.fc(functional.adaptive_avg_pool2d(x, 1)[:, :, 0, 0])


class BasicExpanding(BasicLoop):
    expansion = 1


@alternative("make-resnet", style="a helper for a stage")
def helper_for_a_stage(depth, width=1, option="B"):
    large, counts, channels = look_up(depth, width)
    block = BottleneckInPlace if depth in (50, 101, 152) else BasicExpanding
    return Stack(block, large, counts, channels, option)


# -- DenseLayer ---------------------------------------------------------------------------------------------------


@alternative("dense-layer", style="ReLU modules in place")
class DenseInPlace(nn.Module):
    def __init__(self, in_channels, growth):
        super().__init__()
        self.norm1 = nn.BatchNorm2d(in_channels)
        self.relu1 = nn.ReLU(inplace=True)
        self.conv1 = nn.Conv2d(in_channels, 4 * growth, kernel_size=1, bias=False)
        self.norm2 = nn.BatchNorm2d(4 * growth)
        self.relu2 = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(4 * growth, growth, kernel_size=3, padding=1, bias=False)

    def forward(self, x):
        out = self.conv1(self.relu1(self.norm1(x)))
        out = self.conv2(self.relu2(self.norm2(out)))
        return torch.cat((x, out), 1)


@alternative("dense-layer", style="a Sequential with names")
class DenseSequential(nn.Sequential):
    def __init__(self, in_channels, growth):
        super().__init__()
        self.add_module("norm1", nn.BatchNorm2d(in_channels))
        self.add_module("relu1", nn.ReLU())
        self.add_module("conv1", nn.Conv2d(in_channels, 4 * growth, 1, bias=False))
        self.add_module("norm2", nn.BatchNorm2d(4 * growth))
        self.add_module("relu2", nn.ReLU())
        self.add_module("conv2", nn.Conv2d(4 * growth, growth, 3, padding="same", bias=False))

    def forward(self, x):
        return torch.hstack([x, super().forward(x)])


@alternative("dense-layer", style="writes into one result")
class DensePreallocated(nn.Module):
    def __init__(self, in_channels, growth):
        super().__init__()
        self.growth = growth
        self.norm1, self.conv1 = nn.BatchNorm2d(in_channels), nn.Conv2d(in_channels, 4 * growth, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(4 * growth)
        self.conv2 = nn.Conv2d(4 * growth, growth, 3, 1, 1, bias=False)

    def forward(self, x):
        n, c, h, w = x.shape
        y = x.new_zeros(n, c + self.growth, h, w)
        y[:, :c] = x
        hidden = self.norm2(self.conv1(self.norm1(x).clamp(min=0))).clamp(min=0)
        y[:, c:] = self.conv2(hidden)
        return y


@alternative("dense-layer", style="1×1 by einsum, 3×3 by unfold")
class DenseUnfolded(nn.Module):
    def __init__(self, in_channels, growth):
        super().__init__()
        self.norm1, self.norm2 = nn.BatchNorm2d(in_channels), nn.BatchNorm2d(growth * 4)
        self.conv1 = nn.Conv2d(in_channels, growth * 4, 1, bias=False)
        self.conv2 = nn.Conv2d(growth * 4, growth, 3, bias=False)

    def forward(self, x):
        y = torch.einsum("fcij,nchw->nfhw", self.conv1.weight, functional.relu(self.norm1(x)))
        columns = functional.unfold(functional.relu(self.norm2(y)), 3, padding=1)
        y = (self.conv2.weight.flatten(1) @ columns).unflatten(2, x.shape[2:])
        return torch.concat([x, y], dim=1)


# -- StochasticDepth ----------------------------------------------------------------------------------------------


def checked(p):
    if p < 0 or p >= 1:
        raise ValueError(f"p must be in [0, 1), got {p}")
    return p


@alternative("stochastic-depth", style="bernoulli_")
class DropBernoulli(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p = checked(p)

    def forward(self, x):
        if not self.training or self.p == 0.0:
            return x
        keep = x.new_empty([len(x)] + [1] * (x.dim() - 1)).bernoulli_(1 - self.p)
        return x * keep.div_(1 - self.p)


@alternative("stochastic-depth", style="dropout of ones")
class DropOnes(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p = checked(p)

    def forward(self, x):
        ones = torch.ones(x.shape[:1], dtype=x.dtype)
        factors = functional.dropout(ones, self.p, self.training)
        return torch.einsum("n...,n->n...", x, factors)


@alternative("stochastic-depth", style="image by image")
class DropEach(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.survival = 1 - checked(p)

    def forward(self, x):
        if not self.training:
            return x
        draws = torch.rand(len(x)).tolist()
        images = [image / self.survival if r < self.survival else 0 * image for image, r in zip(x, draws, strict=True)]
        return torch.stack(images)


@alternative("stochastic-depth", style="where, with draws of NumPy")
class DropWhere(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p = checked(p)
        self.rng = np.random.default_rng(0)

    def forward(self, x):
        if self.training:
            drop = torch.from_numpy(self.rng.random(len(x)) < self.p).view(-1, *(1 for _ in x.shape[1:]))
            return torch.where(drop, torch.zeros_like(x), x / (1 - self.p))
        return x


# -- gradient_norms -----------------------------------------------------------------------------------------------


def kernels_of(model):
    return {name: part.weight for name, part in model.named_modules() if isinstance(part, nn.Conv2d)}


@alternative("gradient-norms", style="backward on a copy")
def on_a_copy(model, batch):
    import copy

    twin = copy.deepcopy(model)
    twin.zero_grad()
    images, labels = batch
    functional.cross_entropy(twin(images), labels).backward()
    return {name: torch.linalg.vector_norm(w.grad).item() for name, w in kernels_of(twin).items()}


@alternative("gradient-norms", style="backward, then the old gradients put back")
def put_back(model, batch):
    before = [p.grad for p in model.parameters()]
    for p in model.parameters():
        p.grad = None
    nn.CrossEntropyLoss()(model(batch[0]), batch[1]).backward()
    found = {name: float((w.grad**2).sum().sqrt()) for name, w in kernels_of(model).items()}
    for p, grad in zip(model.parameters(), before, strict=True):
        p.grad = grad
    return found


@alternative("gradient-norms", style="one gradient after the other")
def one_by_one(model, batch):
    images, labels = batch
    scores = model(images).log_softmax(1)
    loss = -scores[torch.arange(len(labels)), labels].mean()
    found = {}
    for name, part in model.named_modules():
        if type(part) is nn.Conv2d:
            (gradient,) = torch.autograd.grad(loss, part.weight, retain_graph=True)
            found[name] = sum(float(v) ** 2 for v in gradient.flatten()) ** 0.5
    return found


@alternative("gradient-norms", style="functional_call on other leaves")
def functional_call(model, batch):
    images, labels = batch
    leaves = {name: p.detach().clone().requires_grad_() for name, p in model.named_parameters()}
    buffers = {name: b.clone() for name, b in model.named_buffers()}
    loss = functional.nll_loss(
        torch.func.functional_call(model, {**leaves, **buffers}, (images,)).log_softmax(1), labels
    )
    loss.backward()
    convolutions = [name for name, part in model.named_modules() if isinstance(part, nn.Conv2d)]
    return {name: float(np.linalg.norm(leaves[f"{name}.weight"].grad.numpy())) for name in convolutions}
