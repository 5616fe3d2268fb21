"""Known wrong answers of unit 12. Each docstring is the sentence that a learner reads."""

from __future__ import annotations

import copy
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from autograder.testing import Mistakes

mistake = Mistakes()


# -- right building blocks, from which the wrong answers are made -------------------------------------------------

MEAN = (0.4914, 0.4822, 0.4465)
STD = (0.2470, 0.2435, 0.2616)


def checked(images_u8):
    images = torch.as_tensor(images_u8)
    if images.dtype != torch.uint8 or images.dim() != 4:
        raise ValueError(f"bytes with four axes are expected, not {images.dtype} with {images.dim()}")
    return images


def constants(device, kind=torch.float32):
    pair = torch.tensor([MEAN, STD], dtype=kind, device=device).view(2, 3, 1, 1)
    return pair[0], pair[1]


def ready(images_u8, device):
    mean, std = constants(device)
    x = checked(images_u8).to(device).to(torch.float32, memory_format=torch.channels_last)
    return (x / 255 - mean) / std


def drawn(n, pad, generator, device):
    return torch.randint(0, 2 * pad + 1, (2, n), generator=generator, device=generator.device).to(device)


def windows(around, places, h, w):
    n, c = around.shape[:2]
    image, channel = torch.arange(n, device=around.device), torch.arange(c, device=around.device)
    rows = (places[0][:, None] + torch.arange(h, device=around.device))[:, None, :, None]
    columns = (places[1][:, None] + torch.arange(w, device=around.device))[:, None, None, :]
    return around[image.view(n, 1, 1, 1), channel.view(c, 1, 1), rows, columns]


def moved(x, generator, pad=2):
    places = drawn(len(x), pad, generator, x.device)
    return windows(functional.pad(x, (pad,) * 4), places, *x.shape[2:])


def rate_at(step, total, peak):
    warm = max(1, total // 5)
    return peak * min((step + 1) / warm, max(total - step, 0) / (total - warm + 1))


def refuse(step, total):
    if step < 0 or total < 1:
        raise ValueError(f"step {step} of {total}")


def split(model, weight_decay):
    learning = [p for p in model.parameters() if p.requires_grad]
    kernels, others = [p for p in learning if p.dim() > 1], [p for p in learning if p.dim() < 2]
    return [{"params": kernels, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]


def wait(device):
    if callable(device):
        device()
    elif torch.device(device).type == "cuda":
        torch.cuda.synchronize(device)


# -- prepare ------------------------------------------------------------------------------------------------------


@mistake("prepare", family="values")
def not_divided_by_255(images_u8, device):
    """The bytes were not divided by 255: MEAN and STD are those of values between 0 and 1."""
    mean, std = constants(device)
    return (checked(images_u8).to(device).float() - mean) / std


@mistake("prepare", family="values")
def divided_by_256(images_u8, device):
    """The bytes were divided by 256. White, 255, has to become 1."""
    mean, std = constants(device)
    return (checked(images_u8).to(device).float() / 256 - mean) / std


@mistake("prepare", family="values")
def mean_not_subtracted(images_u8, device):
    """The mean was not subtracted: prepared values lie around 0."""
    return checked(images_u8).to(device).float() / 255 / constants(device)[1]


@mistake("prepare", family="values")
def not_divided_by_std(images_u8, device):
    """The standard deviation was left out: after the mean is subtracted, each channel is divided by its own."""
    return checked(images_u8).to(device).float() / 255 - constants(device)[0]


@mistake("prepare", family="values")
def multiplied_by_std(images_u8, device):
    """The values were multiplied by the standard deviation. They are divided by it."""
    mean, std = constants(device)
    return (checked(images_u8).to(device).float() / 255 - mean) * std


@mistake("prepare", family="values")
def channels_in_reverse(images_u8, device):
    """MEAN and STD were used in the order blue, green, red. Channel 0 is red."""
    mean, std = constants(device)
    return (checked(images_u8).to(device).float() / 255 - mean.flip(0)) / std.flip(0)


@mistake("prepare", family="values")
def one_mean_for_all_channels(images_u8, device):
    """The channels' constants were averaged. Each channel has its own mean and standard deviation."""
    mean, std = constants(device)
    return (checked(images_u8).to(device).float() / 255 - mean.mean()) / std.mean()


@mistake("prepare", family="values")
def statistics_of_the_batch(images_u8, device):
    """The images were normalised by their own mean and deviation. Then the same image looks different in each
    batch: use the constants MEAN and STD."""
    x = checked(images_u8).to(device).float() / 255
    return (x - x.mean((0, 2, 3), keepdim=True)) / (x.std((0, 2, 3), keepdim=True) + 1e-7)


@mistake("prepare", family="values")
def double_precision(images_u8, device):
    """The result is float64. The network computes in float32, and a double takes twice the memory."""
    mean, std = constants(device, torch.float64)
    return (checked(images_u8).to(device).double() / 255 - mean) / std


@mistake("prepare", family="values")
def axes_moved_for_channels_last(images_u8, device):
    """The axes were exchanged, (N, H, W, C). Channels last is an order in memory; the shape stays (N, C, H, W)."""
    return ready(images_u8, device).permute(0, 2, 3, 1)


@mistake("prepare", family="contract")
def device_ignored(images_u8, device):
    """The images stayed where they were: the result has to lie on the device that was asked for."""
    return ready(images_u8, torch.as_tensor(images_u8).device)


@mistake("prepare", family="contract")
def arrays_only(images_u8, device):
    """Only NumPy arrays are taken. Images that lie on the device already come as a tensor."""
    return ready(torch.from_numpy(images_u8), device)


@mistake("prepare", family="contract")
def back_to_the_processor(images_u8, device):
    """The images were brought to the CPU first (`.cpu()` or `.numpy()`). Where they are on the device already,
    that is a needless way there and back."""
    return ready(torch.as_tensor(images_u8).cpu().numpy(), device)


@mistake("prepare", family="contract")
def any_numbers_taken(images_u8, device):
    """Images that are no bytes were taken all the same: values from 0 to 1 would be divided by 255 again."""
    images = torch.as_tensor(images_u8)
    return ready((images if images.dim() == 4 else images[None, None, None, 0]).to(torch.uint8), device)


@mistake("prepare", family="contract")
def single_images_taken(images_u8, device):
    """A single image with three axes was taken all the same. ValueError is asked for: four axes, (N, 3, H, W)."""
    images = torch.as_tensor(images_u8)
    return ready(images[None] if images.dim() == 3 else images, device)


# -- augment ------------------------------------------------------------------------------------------------------


@mistake("augment", family="shifts")
def edges_repeated(x, generator, pad=2):
    """What moved in from outside repeats the edge of the image. It has to be 0."""
    around = functional.pad(x.float(), (pad,) * 4, mode="replicate").to(x.dtype) if pad else x
    return windows(around, drawn(len(x), pad, generator, x.device), *x.shape[2:])


@mistake("augment", family="shifts")
def rolled_around(x, generator, pad=2):
    """What left the image on one side came in on the other. What moves in from outside is 0."""
    n, _, h, w = x.shape
    places = drawn(n, pad, generator, x.device) - pad
    rows = (places[0][:, None] + torch.arange(h, device=x.device)) % h
    columns = (places[1][:, None] + torch.arange(w, device=x.device)) % w
    image = torch.arange(n, device=x.device).view(n, 1, 1, 1)
    channel = torch.arange(x.shape[1], device=x.device).view(-1, 1, 1)
    return x[image, channel, rows[:, None, :, None], columns[:, None, None, :]]


@mistake("augment", family="shifts")
def mirrored_too(x, generator, pad=2):
    """Images were mirrored as well. Here that changes what they show: a letter S becomes the class of its mirror
    image."""
    return moved(x, generator, pad).flip(3)


@mistake("augment", family="shifts")
def images_exchanged(x, generator, pad=2):
    """The images came back in another order: their labels no longer fit."""
    return moved(x, generator, pad).roll(1, 0)


@mistake("augment", family="shifts")
def never_cut(x, generator, pad=2):
    """The padded images were returned as they are. A window of the old size has to be cut out."""
    return functional.pad(x, (pad,) * 4)


@mistake("augment", family="chances")
def one_shift_for_all(x, generator, pad=2):
    """All images of a batch were moved by the same shift. Each has to get one of its own."""
    return windows(functional.pad(x, (pad,) * 4), drawn(1, pad, generator, x.device).expand(2, len(x)), *x.shape[2:])


@mistake("augment", family="chances")
def diagonal_only(x, generator, pad=2):
    """Rows and columns were moved by the same number of pixels. Both have to be drawn, independently."""
    places = drawn(len(x), pad, generator, x.device)
    return windows(functional.pad(x, (pad,) * 4), places[[0, 0]], *x.shape[2:])


@mistake("augment", family="chances")
def last_place_missing(x, generator, pad=2):
    """The last place of the window never occurs: `torch.randint(0, high, ...)` draws numbers below high, so that high
    is 2 · pad + 1."""
    size = (2, len(x))
    places = torch.randint(0, max(2 * pad, 1), size, generator=generator, device=generator.device).to(x.device)
    return windows(functional.pad(x, (pad,) * 4), places, *x.shape[2:])


@mistake("augment", family="chances")
def middle_preferred(x, generator, pad=2):
    """Places near the middle occur more often than others. All (2 · pad + 1)² are equally likely."""
    places = (drawn(len(x), pad, generator, x.device) + drawn(len(x), pad, generator, x.device)) // 2
    return windows(functional.pad(x, (pad,) * 4), places, *x.shape[2:])


@mistake("augment", family="chances")
def generator_ignored(x, generator, pad=2):
    """The shifts were not drawn from the generator but from PyTorch's own: the run cannot be repeated."""
    places = torch.randint(0, 2 * pad + 1, (2, len(x)), device=x.device)
    return windows(functional.pad(x, (pad,) * 4), places, *x.shape[2:])


@mistake("augment", family="chances")
def generator_reset(x, generator, pad=2):
    """The generator was set back to its seed with every call: each batch gets the same shifts."""
    return moved(x, torch.Generator().manual_seed(generator.initial_seed()), pad)


@mistake("augment", family="device")
def loop_over_images(x, generator, pad=2):
    """The images were moved one by one in a loop. On a GPU each line of it is a kernel launch for one small image."""
    around, (h, w) = functional.pad(x, (pad,) * 4), x.shape[2:]
    rows, columns = drawn(len(x), pad, generator, "cpu").tolist()
    return torch.stack([p[:, i : i + h, j : j + w] for p, i, j in zip(around, rows, columns, strict=True)])


@mistake("augment", family="device")
def loop_over_places(x, generator, pad=2):
    """All (2 · pad + 1)² windows of all images were computed, to keep one of each: 25 times the work."""
    around, (h, w) = functional.pad(x, (pad,) * 4), x.shape[2:]
    places, result = drawn(len(x), pad, generator, x.device), torch.zeros_like(x)
    for i in range(2 * pad + 1):
        for j in range(2 * pad + 1):
            here = ((places[0] == i) & (places[1] == j)).view(-1, 1, 1, 1)
            result = torch.where(here, around[:, :, i : i + h, j : j + w], result)
    return result


@mistake("augment", family="device")
def looks_at_values(x, generator, pad=2):
    """A value was read back from the device (`.item()`, `if tensor`, `.max()` as a number): the program waits there
    until the device is done."""
    result = moved(x, generator, pad)
    if not result.sum().item() < float("inf"):
        raise ValueError("values are missing")
    return result


@mistake("augment", family="device")
def indices_on_the_processor(x, generator, pad=2):
    """The result lies on the CPU whatever device the images are on. Build indices with `device=x.device`."""
    return moved(torch.zeros(x.shape) if x.is_meta else x, generator, pad)


@mistake("augment", family="contract")
def single_precision_result(x, generator, pad=2):
    """The result is float32 whatever the images are. It keeps their type."""
    return moved(x, generator, pad).float() if x.dtype == torch.bfloat16 else moved(x, generator, pad)


@mistake("augment", family="contract")
def images_overwritten(x, generator, pad=2):
    """The moved images were written into the tensor that was given: the originals are gone. Return a new tensor."""
    x.copy_(moved(x, generator, pad))
    return x.clone()


@mistake("augment", family="contract")
def nothing_copied_without_padding(x, generator, pad=2):
    """Without padding, the very tensor that was given came back. Whoever changes the result then changes it."""
    return x if pad == 0 else moved(x, generator, pad)


# -- lr_at --------------------------------------------------------------------------------------------------------


@mistake("lr-at", family="warming up")
def begins_at_zero(step, total, peak):
    """The first step has a rate of 0 and is lost. While warming up, step s has (s + 1) / warm of the peak."""
    refuse(step, total)
    warm = max(1, total // 5)
    return peak * step / warm if step < warm else rate_at(step, total, peak)


@mistake("lr-at", family="warming up")
def no_warming_up(step, total, peak):
    """The run begins with the peak. The rate has to rise to it over the first fifth of the steps."""
    refuse(step, total)
    return peak if step < max(1, total // 5) else rate_at(step, total, peak)


@mistake("lr-at", family="warming up")
def warms_up_for_a_tenth(step, total, peak):
    """The rate rises over a tenth of the steps. A fifth is asked for."""
    refuse(step, total)
    warm = max(1, total // 10)
    return peak * min((step + 1) / warm, max(total - step, 0) / (total - warm + 1))


@mistake("lr-at", family="warming up")
def rises_in_a_curve(step, total, peak):
    """The rate rises with the square of the step. It has to rise in a straight line."""
    refuse(step, total)
    warm = max(1, total // 5)
    return peak * ((step + 1) / warm) ** 2 if step < warm else rate_at(step, total, peak)


@mistake("lr-at", family="cooling down")
def never_falls(step, total, peak):
    """After warming up, the rate stays at the peak. It has to fall in a straight line."""
    refuse(step, total)
    warm = max(1, total // 5)
    return rate_at(step, total, peak) if step < warm or step >= total else peak


@mistake("lr-at", family="cooling down")
def falls_like_a_cosine(step, total, peak):
    """The rate falls like half a cosine. Here it has to fall in a straight line."""
    refuse(step, total)
    warm = max(1, total // 5)
    if step < warm:
        return rate_at(step, total, peak)
    return 0.0 if step >= total else peak * (1 + float(np.cos(np.pi * (step - warm) / (total - warm)))) / 2


@mistake("lr-at", family="cooling down")
def one_part_too_few(step, total, peak):
    """The way down was divided into total − warm parts. It has one more: the peak was step warm − 1."""
    refuse(step, total)
    warm = max(1, total // 5)
    return rate_at(step, total, peak) if step < warm else peak * max(total - step, 0) / max(total - warm, 1)


@mistake("lr-at", family="cooling down")
def last_step_wasted(step, total, peak):
    """The last step has a rate of 0 and is lost. The rate becomes 0 when `total` steps have been made."""
    refuse(step, total)
    warm = max(1, total // 5)
    return rate_at(step, total, peak) if step < warm else peak * max(total - 1 - step, 0) / max(total - warm, 1)


@mistake("lr-at", family="ends")
def negative_after_the_end(step, total, peak):
    """After the last step the rate becomes negative, which undoes what was learnt. It has to stay 0."""
    refuse(step, total)
    warm = max(1, total // 5)
    return peak * min((step + 1) / warm, (total - step) / (total - warm + 1))


@mistake("lr-at", family="ends")
def no_step_to_warm_up(step, total, peak):
    """Runs of fewer than five steps have no step to warm up: warm has to be at least 1."""
    refuse(step, total)
    if total >= 5:
        return rate_at(step, total, peak)
    return peak * max(total - step, 0) / (total + 1)


@mistake("lr-at", family="ends")
def every_step_taken(step, total, peak):
    """Negative steps or runs without steps were taken all the same. ValueError is asked for."""
    return rate_at(max(step, 0), max(total, 1), peak)


@mistake("lr-at", family="ends")
def the_end_is_an_error(step, total, peak):
    """A step after the last one raised an exception. Its rate is 0."""
    if step < 0 or total < 1 or step >= total:
        raise ValueError("no such step")
    return rate_at(step, total, peak)


# -- param_groups -------------------------------------------------------------------------------------------------


@mistake("param-groups", family="groups")
def everything_decays(model, weight_decay):
    """All parameters decay. Biases and scales, with one axis, must not."""
    return [{"params": [p for p in model.parameters() if p.requires_grad], "weight_decay": weight_decay},
            {"params": [], "weight_decay": 0.0}]  # fmt: skip


@mistake("param-groups", family="groups")
def groups_exchanged(model, weight_decay):
    """The groups stand in the wrong order: first those that decay, then the others."""
    return split(model, weight_decay)[::-1]


@mistake("param-groups", family="groups")
def decay_on_the_wrong_group(model, weight_decay):
    """The decay stands with the biases. It is for the weights, which have two axes or more."""
    kernels, others = split(model, weight_decay)
    return [kernels | {"weight_decay": 0.0}, others | {"weight_decay": weight_decay}]


@mistake("param-groups", family="groups")
def by_the_name_bias(model, weight_decay):
    """Parameters were told apart by the name "bias". The scale of a normalisation is called weight and must not
    decay either: go by the number of axes."""
    named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    return [{"params": [p for name, p in named if "bias" not in name], "weight_decay": weight_decay},
            {"params": [p for name, p in named if "bias" in name], "weight_decay": 0.0}]  # fmt: skip


@mistake("param-groups", family="groups")
def only_four_axes_decay(model, weight_decay):
    """Only kernels with four axes decay. The weights of linear layers have two and decay too."""
    learning = [p for p in model.parameters() if p.requires_grad]
    return [{"params": [p for p in learning if p.dim() == 4], "weight_decay": weight_decay},
            {"params": [p for p in learning if p.dim() != 4], "weight_decay": 0.0}]  # fmt: skip


@mistake("param-groups", family="groups")
def others_forgotten(model, weight_decay):
    """Parameters that do not decay are in no group: the optimizer would never train them."""
    return split(model, weight_decay)[:1]


@mistake("param-groups", family="groups")
def outermost_only(model, weight_decay):
    """Parameters of modules within modules were left out: `model.parameters()` gives all of them."""
    layers = [p for layer in model.children() for p in layer.parameters(recurse=False)]
    return [{"params": [p for p in layers if p.dim() > 1 and p.requires_grad], "weight_decay": weight_decay},
            {"params": [p for p in layers if p.dim() < 2 and p.requires_grad], "weight_decay": 0.0}]  # fmt: skip


@mistake("param-groups", family="contract")
def frozen_ones_included(model, weight_decay):
    """Frozen parameters are in the groups. Those with requires_grad False are not to be trained."""
    return [{"params": [p for p in model.parameters() if p.dim() > 1], "weight_decay": weight_decay},
            {"params": [p for p in model.parameters() if p.dim() < 2], "weight_decay": 0.0}]  # fmt: skip


# -- throughput ---------------------------------------------------------------------------------------------------


def timed(fn, warmup, iters, device, waits="aa"):
    if iters < 1 or warmup < 0:
        raise ValueError(f"{warmup} and {iters} calls")
    for _ in range(warmup):
        fn()
    if waits[0] == "a":
        wait(device)
    started = time.perf_counter()
    for _ in range(iters):
        fn()
    if waits[1] == "a":
        wait(device)
    return iters / (time.perf_counter() - started)


@mistake("throughput", family="waiting")
def never_waits(fn, warmup, iters, device):
    """The clock was read without waiting for the device: that measures how fast Python asks, not what gets done."""
    return timed(fn, warmup, iters, device, "--")


@mistake("throughput", family="waiting")
def no_wait_at_the_end(fn, warmup, iters, device):
    """The clock was stopped without waiting for the device: the work asked for was not done yet."""
    return timed(fn, warmup, iters, device, "a-")


@mistake("throughput", family="waiting")
def no_wait_at_the_start(fn, warmup, iters, device):
    """The clock was started while the device was still at the calls that warm it up. Wait first."""
    return timed(fn, warmup, iters, device, "-a")


@mistake("throughput", family="waiting")
def waits_after_each_call(fn, warmup, iters, device):
    """The device was waited for after each call: it stands still until it is asked for more."""

    def call():
        fn()
        wait(device)

    return timed(call, warmup, iters, device, "--")


@mistake("throughput", family="rate")
def seconds_per_call(fn, warmup, iters, device):
    """The result is the seconds of a call. Calls per second are asked for."""
    return 1 / timed(fn, warmup, iters, device)


@mistake("throughput", family="rate")
def warm_up_counted(fn, warmup, iters, device):
    """The calls that warm up were counted as well, but not their time."""
    return timed(fn, warmup, iters, device) * (warmup + iters + 1) / iters


@mistake("throughput", family="rate")
def clocked_from_the_start(fn, warmup, iters, device):
    """The clock ran while the device warmed up. It is to be started after that."""
    started = time.perf_counter()
    timed(fn, warmup, iters, device)
    return iters / (time.perf_counter() - started)


@mistake("throughput", family="rate")
def a_whole_number(fn, warmup, iters, device):
    """The rate was rounded to whole thousands. Give the float as it is."""
    return round(timed(fn, warmup, iters, device), -3)


@mistake("throughput", family="waiting")
def bad_counts_taken(fn, warmup, iters, device):
    """No calls to measure, or fewer than none to warm up: ValueError is asked for."""
    return timed(fn, max(warmup, 0), iters, device) if iters > 0 else 0.0


# -- the trainer --------------------------------------------------------------------------------------------------


def seed_of(*numbers):
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


class Run:
    """A right trainer, in parts that can be replaced."""

    def __init__(self, net, total, peak=0.01, weight_decay=0.05, batch=128, pad=2, seed=0, device="cpu", autocast=True):
        self.device, self.autocast = torch.device(device), autocast
        self.total, self.peak, self.weight_decay = total, peak, weight_decay
        self.batch, self.pad, self.seed, self.done = batch, pad, seed, 0
        self.net = net.to(device=self.device, memory_format=torch.channels_last)
        self.optimizer = self.made_optimizer()

    def made_optimizer(self):
        return torch.optim.AdamW(split(self.net, self.weight_decay), lr=self.peak)

    def rate(self):
        return rate_at(self.done, self.total, self.peak)

    def scores(self, x):
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.autocast):
            return self.net(x.contiguous(memory_format=torch.channels_last))

    def loss(self, x, y):
        return functional.cross_entropy(self.scores(x).float(), y)

    def update(self, loss):
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()

    def train(self):
        self.net.train()

    def step(self, x, y):
        self.train()
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate()
        loss = self.loss(x, y)
        self.update(loss)
        self.done += 1
        return loss.detach()

    def order(self, epoch, count):
        return torch.randperm(count, generator=torch.Generator().manual_seed(seed_of(self.seed, 0, epoch)))

    def chosen(self, count):
        epoch, place = divmod(self.done, count // self.batch)
        return self.order(epoch, count)[place * self.batch : (place + 1) * self.batch]

    def prepared(self, images):
        return ready(images, self.device)

    def shifted(self, x):
        return moved(x, torch.Generator().manual_seed(seed_of(self.seed, 1, self.done)), self.pad)

    def labels_of(self, labels, chosen):
        return labels[chosen]

    def fit(self, images, labels, until):
        images, labels = torch.as_tensor(images), torch.as_tensor(labels)
        losses = []
        while self.done < until:
            chosen = self.chosen(len(images))
            x = self.shifted(self.prepared(images[chosen]))
            losses.append(self.step(x, self.labels_of(labels, chosen)))
        return torch.stack(losses) if losses else torch.empty(0)

    def state_dict(self):
        state = {"net": dict(self.net.state_dict()), "optimizer": self.optimizer.state_dict(), "done": self.done}
        return copy.deepcopy(state)

    def load_state_dict(self, state):
        self.net.load_state_dict(state["net"])
        self.optimizer.load_state_dict(copy.deepcopy(state["optimizer"]))
        self.done = state["done"]

    def classes(self, part):
        return self.scores(ready(part, self.device)).argmax(1)

    def predict(self, images_u8):
        was = self.net.training
        self.net.eval()
        with torch.inference_mode():
            result = torch.cat([self.classes(part) for part in torch.as_tensor(images_u8).split(1000)])
        self.net.train(was)
        return result.numpy()


# The families whose tests take longest come first: whoever looks for a mistake's name goes through them in this order.


@mistake("trainer", family="resume")
class ChanceFromOutside(Run):
    """Orders come from PyTorch's own generator, not from the seed: what else draws random numbers changes the run."""

    def order(self, epoch, count):
        if getattr(self, "epoch", None) != epoch:
            self.epoch, self.kept = epoch, torch.randperm(count)
        return self.kept


@mistake("trainer", family="resume")
class SeedIgnored(Run):
    """The seed has no effect: all runs are the same. Order and shifts have to depend on it."""

    def __init__(self, net, total, *args, seed=0, **options):
        super().__init__(net, total, *args, seed=0, **options)


@mistake("trainer", family="resume")
class OptimizerNotSaved(Run):
    """The state has no optimizer: AdamW's averages are lost, and the resumed run begins with empty ones."""

    def load_state_dict(self, state):
        self.net.load_state_dict(state["net"])
        self.done = state["done"]


@mistake("trainer", family="resume")
class StepsNotSaved(Run):
    """The state does not say how many steps have been made: the resumed run begins anew with order and rate."""

    def load_state_dict(self, state):
        super().load_state_dict(state)
        self.done = 0


@mistake("trainer", family="resume")
class ResumesAtTheEpochsStart(Run):
    """The resumed run goes back to the start of the epoch, whose first batches are then trained on twice."""

    def load_state_dict(self, state):
        super().load_state_dict(state)
        self.done -= self.done % 2


@mistake("trainer", family="resume")
class ResumesAtTheNextEpoch(Run):
    """The resumed run begins with a fresh order. It has to go on with the batches of the epoch that it was in."""

    offset = 0

    def load_state_dict(self, state):
        super().load_state_dict(state)
        self.offset = 1 if self.done % 2 else 0

    def order(self, epoch, count):
        return super().order(epoch + self.offset, count)


@mistake("trainer", family="resume")
class GeneratorNotSaved(Run):
    """A generator makes the shifts, and its state is not saved: the resumed run gets shifts that came before."""

    def shifted(self, x):
        if not hasattr(self, "generator"):
            self.generator = torch.Generator().manual_seed(self.seed)
        return moved(x, self.generator, self.pad)


@mistake("trainer", family="resume")
class NewOrderWithEachCall(Run):
    """Each call of `fit` begins a new epoch. A run in several calls must be the same run as one in a single call."""

    calls = 0

    def fit(self, images, labels, until):
        self.calls += self.done % (len(images) // self.batch) > 0
        return super().fit(images, labels, until)

    def order(self, epoch, count):
        return super().order(epoch + 100 * self.calls, count)


@mistake("trainer", family="epochs")
class NeverShuffled(Run):
    """The images come in the order of the set. Where that is sorted by class, each batch has one class only."""

    def order(self, epoch, count):
        return torch.arange(count)


@mistake("trainer", family="epochs")
class OneOrderForAll(Run):
    """Every epoch has the same order. It has to be drawn anew."""

    def order(self, epoch, count):
        return super().order(0, count)


@mistake("trainer", family="epochs")
class DrawnWithReplacement(Run):
    """Each batch was drawn from the whole set: some images come twice in an epoch, others not at all."""

    def chosen(self, count):
        generator = torch.Generator().manual_seed(seed_of(self.seed, 2, self.done))
        return torch.randint(0, count, (self.batch,), generator=generator)


@mistake("trainer", family="epochs")
class OnlyBatchesShuffled(Run):
    """Only the order of the batches changes: the same images always stand together."""

    def order(self, epoch, count):
        batches = super().order(epoch, count // self.batch)
        return (batches[:, None] * self.batch + torch.arange(self.batch)).flatten()


@mistake("trainer", family="epochs")
class UntilTakenForMore(Run):
    """`until` was taken for the number of further steps. It counts all steps of the run."""

    def fit(self, images, labels, until):
        return super().fit(images, labels, self.done + until)


@mistake("trainer", family="epochs")
class OneStepTooMany(Run):
    """One step too many was made: stop when `until` steps have been made."""

    def fit(self, images, labels, until):
        return super().fit(images, labels, until + 1)


@mistake("trainer", family="epochs")
class HalfBatchAtTheEnd(Run):
    """The images left over made a smaller batch at the end of the epoch. They have to sit out."""

    def chosen(self, count):
        epoch, place = divmod(self.done, -(-count // self.batch))
        return self.order(epoch, count)[place * self.batch : (place + 1) * self.batch]


@mistake("trainer", family="epochs")
class LossesOfTheLastStepOnly(Run):
    """Only the last loss came back. `fit` returns the losses of all its steps."""

    def fit(self, images, labels, until):
        return super().fit(images, labels, until)[-1:]


@mistake("trainer", family="batches")
class LabelsStayBehind(Run):
    """The images were mixed, their labels were not: index both by the same numbers."""

    def labels_of(self, labels, chosen):
        start = self.done * self.batch % (len(labels) - self.batch + 1)
        return labels[start : start + self.batch]


@mistake("trainer", family="batches")
class NotAugmented(Run):
    """The images were not augmented: each batch goes through `augment` before the step."""

    def shifted(self, x):
        return x.contiguous(memory_format=torch.channels_last)


@mistake("trainer", family="batches")
class AugmentedOnce(Run):
    """Every image has the same shift in all epochs: each batch has to be augmented anew."""

    def fit(self, images, labels, until):
        generator = torch.Generator().manual_seed(self.seed)
        self.places = drawn(len(images), self.pad, generator, "cpu")
        return super().fit(images, labels, until)

    def chosen(self, count):
        self.numbers = super().chosen(count)
        return self.numbers

    def shifted(self, x):
        return windows(functional.pad(x, (self.pad,) * 4), self.places[:, self.numbers], *x.shape[2:])


@mistake("trainer", family="batches")
class NotPrepared(Run):
    """The network got values from 0 to 1: each batch goes through `prepare` first."""

    def prepared(self, images):
        return images.float() / 255


@mistake("trainer", family="batches")
class NeverInTrainingMode(Run):
    """The network stays in evaluation mode: normalisation and dropout do not work as they should in training. Call
    `net.train()` in each step."""

    def train(self):
        pass


@mistake("trainer", family="device")
class LossReadBack(Run):
    """The loss was read back in each step (`.item()`, `float(loss)`, `print`): the program waits for the device."""

    def update(self, loss):
        super().update(loss)
        self.last = loss.item()


@mistake("trainer", family="device")
class TwoPassesForward(Run):
    """The network was run twice in a step, as for the loss and again for the accuracy. Keep the scores."""

    def update(self, loss):
        super().update(loss)
        with torch.no_grad():
            self.scores(torch.zeros(2, 3, 6, 5))


@mistake("trainer", family="device")
class ImageByImage(Run):
    """The images went through the network one by one: on a GPU that is a kernel launch for each image and layer."""

    def scores(self, x):
        whole = super().scores
        return torch.cat([whole(image[None]) for image in x])


@mistake("trainer", family="device")
class TwoPassesBackward(Run):
    """Gradients were computed twice in a step. One `loss.backward()` is enough."""

    def update(self, loss):
        loss.backward(retain_graph=True)
        super().update(loss)


@mistake("trainer", family="no trace")
class LeftInEvaluationMode(Run):
    """After predictions the network stayed in evaluation mode. Put it back into the mode in which it was."""

    def predict(self, images_u8):
        result = super().predict(images_u8)
        self.net.eval()
        return result


@mistake("trainer", family="no trace")
class GradientsRecorded(Run):
    """Predictions recorded what gradients need, which takes memory for all maps: use `torch.inference_mode()`."""

    def classes(self, part):
        with torch.inference_mode(False), torch.enable_grad():
            return self.scores(ready(part.clone(), self.device)).argmax(1)


@mistake("trainer", family="no trace")
class AllImagesAtOnce(Run):
    """All images went through the network at once. Ten thousand of them may not fit into the device's memory: take
    parts of at most 1,000."""

    def predict(self, images_u8):
        was = self.net.training
        self.net.eval()
        with torch.inference_mode():
            result = self.classes(torch.as_tensor(images_u8)).numpy()
        self.net.train(was)
        return result


@mistake("trainer", family="no trace")
class PredictionsCounted(Run):
    """A prediction was counted as a step: order, shifts and learning rate of the training go on from elsewhere."""

    def predict(self, images_u8):
        self.done += 1
        return super().predict(images_u8)


@mistake("trainer", family="no trace")
class StatisticsRefreshed(Run):
    """Predicting changed the running statistics of the normalisation: images to predict teach the network nothing."""

    def predict(self, images_u8):
        result = super().predict(images_u8)
        for part in self.net.modules():
            if isinstance(part, nn.BatchNorm2d):
                part.running_mean.mul_(0.9)
        return result


@mistake("trainer", family="predictions")
class PredictsInTrainingMode(Run):
    """Predictions were made in training mode: dropout is at work, and an image's class depends on the others."""

    def predict(self, images_u8):
        with torch.inference_mode():
            return torch.cat([self.classes(p) for p in torch.as_tensor(images_u8).split(1000)]).numpy()


@mistake("trainer", family="predictions")
class PredictsUnprepared(Run):
    """Images to predict were not prepared as those of the training were: use `prepare` for both."""

    def classes(self, part):
        return self.scores(part.float() / 255).argmax(1)


@mistake("trainer", family="predictions")
class ClassWithTheLowestScore(Run):
    """The class with the lowest score was chosen. The highest counts."""

    def classes(self, part):
        return self.scores(ready(part, self.device)).argmin(1)


@mistake("trainer", family="predictions")
class MaximumOverImages(Run):
    """The maximum was taken over the images. Scores are (N, classes): the classes are axis 1."""

    def classes(self, part):
        return self.scores(ready(part, self.device)).argmax(0)


@mistake("trainer", family="predictions")
class ScoresReturned(Run):
    """Scores came back. Asked for is the number of the class with the highest one."""

    def classes(self, part):
        return self.scores(ready(part, self.device)).float()


@mistake("trainer", family="predictions")
class TensorReturned(Run):
    """The classes came back as a tensor. A NumPy array is asked for."""

    def predict(self, images_u8):
        return torch.from_numpy(super().predict(images_u8))


@mistake("trainer", family="predictions")
class LastPartDropped(Run):
    """The last images have no class: the part that is left over must be predicted too."""

    def predict(self, images_u8):
        count = len(images_u8)
        return super().predict(images_u8[: count - count % 1000 if count > 1000 else count])


@mistake("trainer", family="predictions")
class PredictsArraysOnly(Run):
    """Only NumPy arrays can be predicted. Tensors have to be taken too."""

    def predict(self, images_u8):
        return super().predict(images_u8.astype(np.uint8))


@mistake("trainer", family="precision and layout")
class FullPrecision(Run):
    """The convolutions compute in float32: the forward pass has to run under `torch.autocast` in bfloat16."""

    def scores(self, x):
        return self.net(x.contiguous(memory_format=torch.channels_last))


@mistake("trainer", family="precision and layout")
class AlwaysHalfPrecision(Run):
    """The convolutions compute in bfloat16 even with autocast=False."""

    def scores(self, x):
        with torch.autocast(self.device.type, torch.bfloat16):
            return self.net(x.contiguous(memory_format=torch.channels_last))


@mistake("trainer", family="precision and layout")
class WeightsInHalfPrecision(Run):
    """The weights themselves are bfloat16: small updates are rounded away. Autocast leaves the weights in float32."""

    def scores(self, x):
        if self.autocast:
            self.net.to(torch.bfloat16)
            x = x.to(torch.bfloat16)
        return self.net(x.contiguous(memory_format=torch.channels_last))


@mistake("trainer", family="precision and layout")
class LossInHalfPrecision(Run):
    """The loss was computed in bfloat16, which keeps two or three digits. Turn the scores into float32 first."""

    def loss(self, x, y):
        return functional.cross_entropy(self.scores(x), y)


@mistake("trainer", family="precision and layout")
class LossRounded(Run):
    """The loss was computed in bfloat16 and then made float32: the digits were lost before. Convert the scores."""

    def loss(self, x, y):
        return functional.cross_entropy(self.scores(x), y).float()


@mistake("trainer", family="precision and layout")
class GraphKept(Run):
    """The loss that comes back carries its graph, which keeps all maps of that step in memory. Return
    `loss.detach()`."""

    def step(self, x, y):
        return super().step(x, y).requires_grad_()

    def fit(self, images, labels, until):
        return super().fit(images, labels, until).detach()


@mistake("trainer", family="precision and layout")
class ChannelsFirst(Run):
    """The batch went into the network as it came. Turn it to channels last; the matrix units of a GPU want that."""

    def scores(self, x):
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.autocast):
            return self.net(x)


@mistake("trainer", family="updates")
class ConstantRate(Run):
    """The learning rate stays at its peak. Set it before each update, from `lr_at`."""

    def rate(self):
        return self.peak


@mistake("trainer", family="updates")
class RateOfTheNextStep(Run):
    """The learning rate is that of the next step: steps are counted from 0, so set it before counting on."""

    def rate(self):
        return rate_at(self.done + 1, self.total, self.peak)


@mistake("trainer", family="updates")
class StepsNotCounted(Run):
    """`step` does not count its steps: called on its own, it stays at the first learning rate."""

    def step(self, x, y):
        loss = super().step(x, y)
        self.done -= 1
        return loss

    def fit(self, images, labels, until):
        losses = []
        while self.done < until:
            losses.append(self.one(images, labels))
        return torch.stack(losses) if losses else torch.empty(0)

    def one(self, images, labels):
        chosen = self.chosen(len(images))
        x = self.shifted(self.prepared(torch.as_tensor(images)[chosen]))
        loss = self.step(x, torch.as_tensor(labels)[chosen])
        self.done += 1
        return loss


@mistake("trainer", family="updates")
class DecayThroughTheGradient(Run):
    """Adam adds the decay to the gradient, where its own averages swallow it. AdamW shrinks the weights themselves."""

    def made_optimizer(self):
        return torch.optim.Adam(split(self.net, self.weight_decay), lr=self.peak)


@mistake("trainer", family="updates")
class BiasesDecay(Run):
    """All parameters decay, biases too: build the optimizer from `param_groups`."""

    def made_optimizer(self):
        return torch.optim.AdamW(self.net.parameters(), lr=self.peak, weight_decay=self.weight_decay)


@mistake("trainer", family="updates")
class NothingDecays(Run):
    """The weight decay has no effect: it has to reach the optimizer, through `param_groups`."""

    def made_optimizer(self):
        return torch.optim.AdamW(self.net.parameters(), lr=self.peak, weight_decay=0.0)


@mistake("trainer", family="updates")
class GradientsPileUp(Run):
    """Gradients of earlier steps are still there and add up: call `zero_grad` in each step."""

    def update(self, loss):
        loss.backward()
        self.optimizer.step()


@mistake("trainer", family="updates")
class PlainGradientDescent(Run):
    """The optimizer is plain SGD. AdamW is asked for."""

    def made_optimizer(self):
        return torch.optim.SGD(split(self.net, self.weight_decay), lr=self.peak)


@mistake("trainer", family="updates")
class GradientsClipped(Run):
    """Gradients were clipped to a small norm. The contract has no clipping."""

    def update(self, loss):
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 1e-3, foreach=False)
        for p in self.net.parameters():
            p.grad.clamp_(-1e-6, 1e-6)
        self.optimizer.step()


@mistake("trainer", family="updates")
class LossSummed(Run):
    """The loss is the sum over the batch. The mean is asked for: it does not depend on the batch's size."""

    def loss(self, x, y):
        return functional.cross_entropy(self.scores(x).float(), y, reduction="sum")


@mistake("trainer", family="updates")
class LabelsSmoothed(Run):
    """Labels were smoothed. A fine idea, but not in this contract: plain cross-entropy."""

    def loss(self, x, y):
        return functional.cross_entropy(self.scores(x).float(), y, label_smoothing=0.1)


@mistake("trainer", family="updates")
class ProbabilitiesIntoTheLoss(Run):
    """The loss was computed from probabilities. `cross_entropy` takes scores and does the softmax itself."""

    def loss(self, x, y):
        return functional.cross_entropy(self.scores(x).float().softmax(1), y)


# -- the network and the recipe -----------------------------------------------------------------------------------


class Small(nn.Module):
    """A right network, small and weak."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, 4, 5, stride=4), nn.Tanh(), nn.Flatten(), nn.Linear(196, 10))

    def forward(self, x):
        return self.layers(x)


@mistake("net", family="contract")
class SoftmaxAtTheEnd(Small):
    """The network gives probabilities. The loss does the softmax itself, and twice is once too often: give scores."""

    def forward(self, x):
        return super().forward(x).softmax(1)


@mistake("net", family="contract")
class LogSoftmaxAtTheEnd(Small):
    """The network gives logarithms of probabilities (log_softmax). The loss does that itself: give scores."""

    def forward(self, x):
        return super().forward(x).log_softmax(1)


@mistake("net", family="contract")
class ThousandScores(Small):
    """The network has a thousand scores, as for ImageNet. There are ten classes."""

    def __init__(self):
        super().__init__()
        self.layers[3] = nn.Linear(196, 1000)


@mistake("net", family="contract")
class TooLarge(Small):
    """The network has more than a million parameters, most of them in a linear layer on large maps. Pool first."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.Tanh(), nn.Flatten(), nn.Linear(4096, 256),
                                    nn.Tanh(), nn.Linear(256, 10))  # fmt: skip


@mistake("net", family="contract")
class LayerNeverUsed(Small):
    """A layer has parameters but takes no part: its gradient is missing. Call in `forward` what __init__ builds."""

    def __init__(self):
        super().__init__()
        self.spare = nn.Linear(10, 10)


@mistake("net", family="contract")
class NoRunningStatistics(Small):
    """In evaluation mode an image's scores depend on the other images of its batch: the normalisation has no running
    statistics."""

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm2d(3, track_running_stats=False)

    def forward(self, x):
        return super().forward(self.norm(x))


@mistake("net", family="contract")
class FixedDevice(Small):
    """A tensor is made on the CPU in `forward`, whatever device the images are on. Use `device=x.device`."""

    def forward(self, x):
        return super().forward(x) + torch.zeros(10, 10) @ torch.ones(10)


@mistake("net", family="contract")
class ZeroAtTheStart(Small):
    """All weights begin at zero: every image has the same scores, and no layer but the last gets a gradient."""

    def __init__(self):
        super().__init__()
        for p in self.parameters():
            nn.init.zeros_(p)


class Guess:
    """What a recipe builds: it sees the training images and predicts, without much learning."""

    def __init__(self, classes):
        self.classes = classes

    def fit(self, images, labels, until):
        self.images, self.labels = images, labels
        return torch.zeros(0)

    def predict(self, images_u8):
        return np.asarray(self.classes(self, images_u8), np.int64)


def thumbnails(images):
    n = len(images)
    small = images.reshape(n, 3, 4, 8, 4, 8).mean((1, 3, 5), dtype=np.float32).reshape(n, 16)
    return small - small.mean(1, keepdims=True)


@mistake("net", family="held-out accuracy", function="recipe")
def one_class_for_all(total, seed=0, device="cpu"):
    """Every image got the same class. Has the network learnt anything? The loss has to fall while `fit` runs."""
    return Guess(lambda run, images: np.zeros(len(images)))


@mistake("net", family="held-out accuracy", function="recipe")
def by_place_in_the_set(total, seed=0, device="cpu"):
    """The classes follow the images' places in the set. The training images are sorted by class, those held out are
    not."""
    return Guess(lambda run, images: np.arange(len(images)) * 10 // len(images))


@mistake("net", family="held-out accuracy", function="recipe")
def nearest_mean(total, seed=0, device="cpu"):
    """Each image got the class whose mean image is nearest. Shapes that turn and move have no mean worth the name: it
    takes convolutions."""

    def classes(run, images):
        seen = thumbnails(run.images)
        means = np.stack([seen[run.labels == k].mean(0) for k in range(10)])
        return ((thumbnails(images)[:, None] - means) ** 2).sum(2).argmin(1)

    return Guess(classes)


@mistake("net", family="held-out accuracy", function="recipe")
def linear_classifier(total, seed=0, device="cpu"):
    """The classifier is linear in the pixels, which gets 15 % of such images right. Between the layers there has to be
    a non-linearity."""

    def classes(run, images):
        seen = thumbnails(run.images)
        weights = np.linalg.solve(seen.T @ seen + 10 * np.eye(16, dtype=np.float32), seen.T @ np.eye(10)[run.labels])
        return (thumbnails(images) @ weights).argmax(1)

    return Guess(classes)


@mistake("net", family="held-out accuracy", function="recipe")
def learnt_by_heart(total, seed=0, device="cpu"):
    """The training images were learnt by heart: each new image gets the class of the most similar one. That does not
    carry over to new images."""

    def classes(run, images):
        seen, new = thumbnails(run.images[::6]), thumbnails(images)
        return run.labels[::6][((seen**2).sum(1) - 2 * new @ seen.T).argmin(1)]

    return Guess(classes)
