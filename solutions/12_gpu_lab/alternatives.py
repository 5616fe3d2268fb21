"""Other right answers of unit 12, in other styles than the reference's."""

from __future__ import annotations

import math
import time
from collections import OrderedDict

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from autograder.testing import Alternatives

alternative = Alternatives()

MEAN = (0.4914, 0.4822, 0.4465)
STD = (0.2470, 0.2435, 0.2616)


# -- prepare ------------------------------------------------------------------------------------------------------


def checked(images_u8):
    images = images_u8 if isinstance(images_u8, torch.Tensor) else torch.from_numpy(np.ascontiguousarray(images_u8))
    if images.dtype != torch.uint8 or images.dim() != 4:
        raise ValueError(f"bytes (N, 3, H, W) are expected, not {images.dtype} of shape {tuple(images.shape)}")
    return images


@alternative("prepare", style="one multiplication and one addition")
def scale_and_shift(images_u8, device):
    std = torch.tensor(STD, device=device).reshape(1, 3, 1, 1)
    shift = -torch.tensor(MEAN, device=device).reshape(1, 3, 1, 1) / std
    x = checked(images_u8).to(device).float().contiguous(memory_format=torch.channels_last)
    return x * (1 / (255 * std)) + shift


@alternative("prepare", style="channel by channel")
def channel_by_channel(images_u8, device):
    x = checked(images_u8).to(device).float() / 255
    channels = [(x[:, i] - MEAN[i]) / STD[i] for i in range(3)]
    return torch.stack(channels, 1).to(memory_format=torch.channels_last)


@alternative("prepare", style="a table of all bytes")
def table_of_bytes(images_u8, device):
    levels = torch.arange(256, device=device).div(255)
    table = torch.stack([(levels - mean) / std for mean, std in zip(MEAN, STD, strict=True)])
    indices = checked(images_u8).to(device).long()
    return table[torch.arange(3, device=device).view(3, 1, 1), indices].contiguous(memory_format=torch.channels_last)


@alternative("prepare", style="in place, on channels-last views")
def in_place(images_u8, device):
    x = checked(images_u8).to(device).permute(0, 2, 3, 1).contiguous().float()  # (N, H, W, C)
    x.div_(255).sub_(torch.tensor(MEAN, device=device)).div_(torch.tensor(STD, device=device))
    return x.permute(0, 3, 1, 2)


def ready(images_u8, device):
    return scale_and_shift(images_u8, device)


# -- augment ------------------------------------------------------------------------------------------------------


def drawn(n, pad, generator, device):
    places = torch.randint(2 * pad + 1, (n, 2), generator=generator, device=generator.device)
    return places.to(device).unbind(1)


@alternative("augment", style="gather along rows, then columns")
def gathered(x, generator, pad=2):
    n, c, h, w = x.shape
    top, left = drawn(n, pad, generator, x.device)
    around = functional.pad(x, (pad,) * 4)
    rows = (top[:, None] + torch.arange(h, device=x.device))[:, None, :, None].expand(n, c, h, w + 2 * pad)
    columns = (left[:, None] + torch.arange(w, device=x.device))[:, None, None, :].expand(n, c, h, w)
    return around.gather(2, rows).gather(3, columns)


@alternative("augment", style="a view of all windows")
def windows_by_strides(x, generator, pad=2):
    n, _, h, w = x.shape
    top, left = drawn(n, pad, generator, x.device)
    windows = functional.pad(x, (pad,) * 4).unfold(2, h, 1).unfold(3, w, 1)  # (N, C, rows, columns, H, W), no copy
    return windows[torch.arange(n, device=x.device), :, top, left]


@alternative("augment", style="indices into flat images")
def flat_indices(x, generator, pad=2):
    n, c, h, w = x.shape
    top, left = drawn(n, pad, generator, x.device)
    wide = w + 2 * pad
    rows, columns = torch.arange(h, device=x.device), torch.arange(w, device=x.device)
    start = top * wide + left
    index = start[:, None] + (rows[:, None] * wide + columns).flatten()
    flat = functional.pad(x, (pad,) * 4).flatten(2)
    return flat.gather(2, index[:, None].expand(n, c, h * w)).reshape(n, c, h, w)


@alternative("augment", style="permutation matrices")
def matrices(x, generator, pad=2):
    n, _, h, w = x.shape
    top, left = drawn(n, pad, generator, x.device)

    def shift(place, size):
        wanted = place[:, None] + torch.arange(size, device=x.device) - pad
        return (wanted[:, :, None] == torch.arange(size, device=x.device)).to(x.dtype)  # (N, size, size)

    return shift(top, h)[:, None] @ x @ shift(left, w)[:, None].transpose(2, 3)


# -- lr_at --------------------------------------------------------------------------------------------------------


def refuse(step, total):
    if step < 0 or total < 1:
        raise ValueError(f"no step {step} in a run of {total}")


@alternative("lr-at", style="the lower of two lines")
def lower_of_two(step, total, peak):
    refuse(step, total)
    warm = max(1, total // 5)
    return peak * max(0.0, min((step + 1) / warm, (total - step) / (total - warm + 1)))


@alternative("lr-at", style="interpolation")
def interpolated(step, total, peak):
    refuse(step, total)
    top = max(1, total // 5) - 1
    return float(np.interp(step, [-1, top, total], [0.0, peak, 0.0]))


@alternative("lr-at", style="distance from the highest point")
def distance(step, total, peak):
    refuse(step, total)
    warm = max(1, total // 5)
    away = step - (warm - 1)
    slope = -1 / warm if away < 0 else 1 / (total - warm + 1)
    return max(0.0, peak - peak * away * slope)


@alternative("lr-at", style="three branches")
def three_branches(step, total, peak):
    refuse(step, total)
    warm = math.floor(total / 5) or 1
    if step >= total:
        return 0.0
    if step + 1 <= warm:
        return peak / warm * (step + 1)
    return peak * (1 - (step + 1 - warm) / (total + 1 - warm))


# -- param_groups -------------------------------------------------------------------------------------------------


def pair(kernels, others, weight_decay):
    return [{"params": kernels, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]


@alternative("param-groups", style="a loop that sorts")
def loop(model, weight_decay):
    kernels, others = [], []
    for p in model.parameters():
        if p.requires_grad:
            (kernels if p.ndim >= 2 else others).append(p)
    return pair(kernels, others, weight_decay)


@alternative("param-groups", style="by names")
def by_names(model, weight_decay):
    learning = {name: p for name, p in model.named_parameters() if p.requires_grad}
    flat = {name for name, p in learning.items() if len(p.shape) <= 1}
    return pair([p for n, p in learning.items() if n not in flat], [learning[n] for n in learning if n in flat],
                weight_decay)  # fmt: skip


@alternative("param-groups", style="filters")
def filters(model, weight_decay):
    learning = list(filter(lambda p: p.requires_grad, model.parameters()))
    decays = list(map(lambda p: p.dim() > 1, learning))
    kernels = [p for p, yes in zip(learning, decays, strict=True) if yes]
    return pair(kernels, [p for p, yes in zip(learning, decays, strict=True) if not yes], weight_decay)


@alternative("param-groups", style="module by module")
def module_by_module(model, weight_decay):
    found = {id(p): p for m in model.modules() for p in m.parameters(recurse=False) if p.requires_grad}
    kernels = [p for p in found.values() if p.dim() > 1]
    return pair(kernels, [p for p in found.values() if p.dim() < 2], weight_decay)


# -- throughput ---------------------------------------------------------------------------------------------------


def wait(device):
    if callable(device):
        device()
    elif str(device).startswith("cuda"):
        torch.cuda.synchronize(device)


def counted(warmup, iters):
    if iters < 1 or warmup < 0:
        raise ValueError(f"{warmup} and {iters} calls: at least 0 and 1 are needed")


@alternative("throughput", style="nanoseconds")
def nanoseconds(fn, warmup, iters, device):
    counted(warmup, iters)
    for _ in range(warmup):
        fn()
    wait(device)
    began = time.perf_counter_ns()
    for _ in range(iters):
        fn()
    wait(device)
    return iters * 1e9 / (time.perf_counter_ns() - began)


@alternative("throughput", style="one function for both rounds")
def rounds(fn, warmup, iters, device):
    counted(warmup, iters)

    def lap(calls):
        began = time.perf_counter()
        for _ in range(calls):
            fn()
        wait(device)
        return time.perf_counter() - began

    lap(warmup)
    return iters / lap(iters)


@alternative("throughput", style="one loop, the clock set in between")
def one_loop(fn, warmup, iters, device):
    counted(warmup, iters)
    for number in range(warmup + iters):
        if number == warmup:
            wait(device)
            began = time.perf_counter()
        fn()
    wait(device)
    return iters / (time.perf_counter() - began)


@alternative("throughput", style="while loops and a monotonic clock")
def while_loops(fn, warmup, iters, device):
    counted(warmup, iters)
    left = warmup
    while left:
        fn()
        left -= 1
    wait(device)
    end, left = -time.monotonic(), iters
    while left:
        fn()
        left -= 1
    wait(device)
    return iters / (end + time.monotonic())


# -- the trainer --------------------------------------------------------------------------------------------------


class Base:
    """What all these trainers have in common."""

    def __init__(self, net, total, peak=0.01, weight_decay=0.05, batch=128, pad=2, seed=0, device="cpu", autocast=True):
        self.device, self.half = torch.device(device), autocast
        self.net = net.to(self.device).to(memory_format=torch.channels_last)
        self.total, self.peak, self.batch, self.pad, self.seed = total, peak, batch, pad, seed
        self.optimizer = torch.optim.AdamW(loop(net, weight_decay), lr=peak)
        self.made = 0
        self.begin()

    def begin(self):
        pass

    def forward(self, x):
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
            return self.net(x.to(memory_format=torch.channels_last)).float()

    def step(self, x, y):
        self.net.train()
        self.optimizer.param_groups[0]["lr"] = lower_of_two(self.made, self.total, self.peak)
        self.optimizer.param_groups[1]["lr"] = self.optimizer.param_groups[0]["lr"]
        self.net.zero_grad()
        loss = functional.cross_entropy(self.forward(x), y)
        loss.backward()
        self.optimizer.step()
        self.made += 1
        with torch.no_grad():
            return loss.clone()

    def predict(self, images_u8):
        images, mode = torch.as_tensor(images_u8), self.net.training
        self.net.eval()
        with torch.no_grad():
            found = [self.forward(ready(images[i : i + 500], self.device)) for i in range(0, len(images), 500)]
        self.net.train(mode)
        return torch.cat(found).max(1).indices.numpy(force=True)

    def fit(self, images, labels, until):
        images, labels = torch.as_tensor(images).to(self.device), torch.as_tensor(labels).to(self.device)
        losses = [self.one(images, labels) for _ in range(self.made, until)]
        return torch.stack(losses).cpu() if losses else torch.zeros(0)

    def common(self):
        net = {name: values.clone() for name, values in self.net.state_dict().items()}
        optimizer = self.optimizer.state_dict()
        slots = {i: {k: v.clone() for k, v in slot.items()} for i, slot in optimizer["state"].items()}
        return {"net": net, "slots": slots, "groups": optimizer["param_groups"], "made": self.made}

    def take_common(self, state):
        self.net.load_state_dict(state["net"])
        slots = {i: {k: v.clone() for k, v in slot.items()} for i, slot in state["slots"].items()}
        self.optimizer.load_state_dict({"state": slots, "param_groups": state["groups"]})
        self.made = state["made"]


@alternative("trainer", style="one generator, whose state is saved with the order")
class OneGenerator(Base):
    def begin(self):
        self.generator = torch.Generator().manual_seed(self.seed)
        self.order = torch.empty(0, dtype=torch.int64)

    def one(self, images, labels):
        if len(self.order) < self.batch:
            self.order = torch.randperm(len(images), generator=self.generator)
        now, self.order = self.order[: self.batch], self.order[self.batch :]
        x = gathered(ready(images[now], self.device), self.generator, self.pad)
        return self.step(x, labels[now])

    def state_dict(self):
        return self.common() | {"generator": self.generator.get_state(), "order": self.order.clone()}

    def load_state_dict(self, state):
        self.take_common(state)
        self.generator.set_state(state["generator"])
        self.order = state["order"].clone()


@alternative("trainer", style="NumPy draws the orders")
class OrdersByNumPy(Base):
    def one(self, images, labels):
        per_epoch = len(images) // self.batch
        epoch, place = self.made // per_epoch, self.made % per_epoch
        order = np.random.default_rng([self.seed, epoch]).permutation(len(images))
        now = torch.from_numpy(order[place * self.batch :][: self.batch])
        shifts = torch.Generator().manual_seed(1_000_003 * self.seed + self.made)
        x = windows_by_strides(ready(images[now], self.device), shifts, self.pad)
        return self.step(x, labels[now])

    def state_dict(self):
        return self.common()

    def load_state_dict(self, state):
        self.take_common(state)


@alternative("trainer", style="the run is replayed to resume")
class Replayed(Base):
    def begin(self):
        self.generator = torch.Generator().manual_seed(self.seed + 17)
        self.skip = 0

    def one(self, images, labels):
        while self.skip:  # draw what the interrupted run has drawn
            self.draw(images, self.made - self.skip)
            self.skip -= 1
        now, shifts = self.draw(images, self.made)
        return self.step(flat_indices(ready(images[now], self.device), shifts, self.pad), labels[now])

    def draw(self, images, step):
        per_epoch = len(images) // self.batch
        if step % per_epoch == 0:
            self.order = torch.rand(len(images), generator=self.generator).argsort()
        shifts = torch.Generator().manual_seed(int(torch.randint(2**31, (1,), generator=self.generator)))
        return self.order.view(-1)[step % per_epoch * self.batch :][: self.batch], shifts

    def state_dict(self):
        return self.common()

    def load_state_dict(self, state):
        self.take_common(state)
        self.begin()
        self.skip = self.made


@alternative("trainer", style="a list of batches for each epoch")
class ListOfBatches(Base):
    def begin(self):
        self.rng = np.random.default_rng(self.seed)
        self.waiting = []

    def one(self, images, labels):
        if not self.waiting:
            order = self.rng.permutation(len(images)).tolist()
            starts = range(0, len(order) - self.batch + 1, self.batch)
            self.waiting = [(order[i : i + self.batch], int(self.rng.integers(2**31))) for i in starts]
        now, seed = self.waiting.pop(0)
        x = gathered(ready(images[now], self.device), torch.Generator().manual_seed(seed), self.pad)
        return self.step(x, labels[now])

    def state_dict(self):
        inner = self.rng.bit_generator.state
        numbers = {key: str(value) for key, value in inner["state"].items()}  # 128 bits each
        rest = {"has": inner["has_uint32"], "kept": inner["uinteger"]}
        waiting = [[list(numbers), seed] for numbers, seed in self.waiting]
        return self.common() | {"rng": {**numbers, **rest}, "waiting": waiting}

    def load_state_dict(self, state):
        self.take_common(state)
        saved = state["rng"]
        numbers = {"state": int(saved["state"]), "inc": int(saved["inc"])}
        self.rng.bit_generator.state = {
            "bit_generator": "PCG64", "state": numbers, "has_uint32": saved["has"], "uinteger": saved["kept"]
        }  # fmt: skip
        self.waiting = [(numbers, seed) for numbers, seed in state["waiting"]]


# -- the network --------------------------------------------------------------------------------------------------
# With the reference's recipe, each of these gets more than 98 % of the images held out right.


@alternative("net", style="a subclass of Sequential")
class Chain(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Conv2d(3, 16, 5, stride=2, padding=2, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
            nn.Conv2d(16, 48, 3, padding=1, bias=False), nn.BatchNorm2d(48), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(48, 96, 3, padding=1, bias=False), nn.BatchNorm2d(96), nn.ReLU(), nn.AdaptiveMaxPool2d(1),
            nn.Flatten(), nn.Linear(96, 10),
        )  # fmt: skip


@alternative("net", style="functions in forward")
class Functional(nn.Module):
    def __init__(self):
        super().__init__()
        self.kernels = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in ((3, 12), (12, 32), (32, 64)))
        self.norms = nn.ModuleList(nn.BatchNorm2d(c) for c in (12, 32, 64))
        self.last, self.classes = nn.Conv2d(64, 96, 3), nn.Linear(96, 10)

    def forward(self, x):
        for kernel, norm in zip(self.kernels, self.norms, strict=True):
            x = functional.leaky_relu(norm(functional.max_pool2d(kernel(x), 2)), 0.1)
        return self.classes(functional.relu(self.last(x).amax((2, 3))))


class Step(nn.Module):
    """x + f(x), at half the size and twice the channels."""

    def __init__(self, into):
        super().__init__()
        self.shortcut = nn.Conv2d(into, 2 * into, 1, bias=False)
        self.way = nn.Sequential(nn.BatchNorm2d(into), nn.ReLU(), nn.Conv2d(into, 2 * into, 3, padding=1, bias=False))

    def forward(self, x):
        x = functional.max_pool2d(x, 2)
        return self.shortcut(x) + self.way(x)


@alternative("net", style="residual blocks")
class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 12, 3, padding=1)
        self.blocks = nn.Sequential(Step(12), Step(24), Step(48))
        self.norm, self.classes = nn.BatchNorm2d(96), nn.Linear(96, 10)

    def forward(self, x):
        return self.classes(self.norm(self.blocks(self.stem(x))).relu().amax((2, 3)))


@alternative("net", style="depthwise separable, layers by name")
class Separable(nn.Module):
    def __init__(self):
        super().__init__()
        layers = OrderedDict(stem=nn.Conv2d(3, 24, 4, stride=2, padding=1))
        into = 24
        for i, out in enumerate((64, 128, 128)):
            layers[f"norm{i}"], layers[f"bend{i}"] = nn.BatchNorm2d(into), nn.ReLU()
            layers[f"depthwise{i}"] = nn.Conv2d(into, into, 3, padding=1, groups=into, bias=False)
            layers[f"pointwise{i}"] = nn.Conv2d(into, out, 1, bias=False)
            if i < 2:
                layers[f"pool{i}"] = nn.MaxPool2d(2)
            into = out
        self.layers = nn.Sequential(layers)
        self.classes = nn.Sequential(nn.BatchNorm2d(into), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(into, 10))

    def forward(self, x):
        return self.classes(self.layers(x))
