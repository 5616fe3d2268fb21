"""The tricks of the speed records of CIFAR-10, one function or class each; `cnnkit.lab` puts them together.

Sources: Jordan 2024 (94 % on CIFAR-10 in 3.29 seconds on a single GPU); Page 2018 (How to train your ResNet); Muon:
Jordan et al. 2024.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

TRICKS = {
    "whitening": "the first layer is computed from patches of the training images and stays as it is",
    "dirac": "convolutions begin as the identity, as far as channels go",
    "smoothing": "labels share a fifth of their weight among all classes",
    "nesterov": "momentum that looks ahead",
    "flip": "every image is mirrored in every other epoch (CIFAR-10 only: it changes the classes of shapes10)",
    "averaging": "predictions use a running average of the weights",
    "views": "scores are averaged over shifted (CIFAR-10: and mirrored) views of an image",
}
MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)  # red, green, blue of CIFAR-10


# -- the network ----------------------------------------------------------------------------------------------------


class Scale(nn.Module):
    """Scores made smaller, so that training begins unsure."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return x * self.factor


def network(widths: Sequence[int], dirac: bool) -> nn.Sequential:
    """The network of the records: a layer of 2×2 patches, three blocks of two convolutions, a linear layer.

    Args:
        widths: Channels of the three blocks.
        dirac: Whether convolutions begin as the identity.
    """
    layers: list[nn.Module] = [nn.Conv2d(3, 24, 2), nn.GELU()]
    into = 24
    for out in widths:
        first, second = (nn.Conv2d(c, out, 3, padding=1, bias=False) for c in (into, out))
        layers += [first, nn.MaxPool2d(2), nn.BatchNorm2d(out), nn.GELU(), second, nn.BatchNorm2d(out), nn.GELU()]
        into = out
        if dirac:
            for convolution in (first, second):
                nn.init.dirac_(convolution.weight[: convolution.in_channels])
    return nn.Sequential(*layers, nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(into, 10, bias=False), Scale(1 / 9))


def whiten(convolution: nn.Conv2d, x: Tensor) -> None:
    """Make a layer's kernels the principal directions of the images' patches, each divided by its spread.

    Args:
        convolution: Has twice as many kernels as a patch has values: each direction comes with its negative. Its
            kernels are frozen, its biases are not.
        x: Prepared images.
    """
    side = convolution.kernel_size[0]
    patches = functional.unfold(x, side).transpose(1, 2).reshape(-1, 3 * side * side)  # one row per patch
    covariance = patches.T @ patches / len(patches)
    values, vectors = torch.linalg.eigh(covariance)
    kernels = (vectors / (values + 5e-4).sqrt()).T.reshape(-1, 3, side, side)
    with torch.no_grad():
        convolution.weight.copy_(torch.cat([kernels, -kernels]))
        if convolution.bias is not None:
            convolution.bias.zero_()
    convolution.weight.requires_grad_(False)


# -- images on the device -------------------------------------------------------------------------------------------


@functools.cache
def statistics(device: torch.device) -> tuple[Tensor, Tensor]:
    """Mean and spread of the channels, on a device: copied there once, since a copy waits for all that is queued."""
    mean, std = (torch.tensor(values, device=device).view(3, 1, 1) for values in (MEAN, STD))
    return mean, std


def prepared(images: Tensor) -> Tensor:
    """Bytes as float32 around 0, channels last."""
    mean, std = statistics(images.device)
    return ((images.float() / 255 - mean) / std).contiguous(memory_format=torch.channels_last)


def moves(count: int, seeds: Iterable[int], pad: int = 2) -> Tensor:
    """Where the windows of `count` images begin, for a batch of each seed: (batches, 2, count), rows and columns."""
    generators = (torch.Generator().manual_seed(seed) for seed in seeds)
    return torch.stack([torch.randint(0, 2 * pad + 1, (2, count), generator=generator) for generator in generators])


def cropped(x: Tensor, places: Tensor, pad: int = 2) -> Tensor:
    """Each image moved by up to `pad` pixels, to its place of `moves`; what comes in is mirrored at the edge."""
    n, _, h, w = x.shape
    windows = functional.pad(x, (pad,) * 4, mode="reflect").unfold(2, h, 1).unfold(3, w, 1)
    chosen = windows[torch.arange(n, device=x.device), :, places[0], places[1]]
    return chosen.contiguous(memory_format=torch.channels_last)


def mirrored(x: Tensor, numbers: Tensor, epoch: int) -> Tensor:
    """Images mirrored in every other epoch: those with odd numbers in odd epochs, the others in even ones."""
    turn = ((numbers + epoch) % 2 == 0).view(-1, 1, 1, 1)
    return torch.where(turn, x.flip(3), x)


def views(x: Tensor, flips: bool) -> list[Tensor]:
    """An image as it is, and moved by a pixel both ways along one diagonal; where they may, their mirror images too."""
    around = functional.pad(x, (1,) * 4, mode="reflect")
    h, w = x.shape[2:]
    seen = [x, around[:, :, :h, :w], around[:, :, 2 : 2 + h, 2 : 2 + w]]
    return [*seen, *(view.flip(3) for view in seen)] if flips else seen


def order(count: int, seed: int, epoch: int) -> Tensor:
    """The order of the images in an epoch: it follows from the seed and the epoch, so that a run can be resumed."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed_of(seed, 0, epoch)))


def seed_of(*numbers: int) -> int:
    """A seed for a generator, mixed from whole numbers."""
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


# -- the optimizer --------------------------------------------------------------------------------------------------


def orthogonal(matrix: Tensor, steps: int = 3) -> Tensor:
    """The nearest matrix, about, whose rows (or columns) are orthogonal and of length 1.

    Source: Jordan et al. 2024 (Muon): an iteration of Newton and Schulz, its polynomial chosen for speed. Singular
    values end between 0.7 and 1.2, which is near enough for an update.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    x: Tensor = matrix / (matrix.norm() + 1e-7)
    x = x.T if len(matrix) > matrix.shape[1] else x
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if len(matrix) > matrix.shape[1] else x


class Muon(torch.optim.Optimizer):
    """Momentum whose updates of kernels are made orthogonal: no direction of a layer is left behind.

    Args:
        params: Kernels, (F, ...) each; they are kept at a norm of √F, since a normalisation follows.
        lr: Learning rate.
        momentum: Share of the earlier updates that stays.
        nesterov: Whether the momentum looks ahead.
    """

    def __init__(self, params: Iterable[Any], lr: float, momentum: float = 0.6, nesterov: bool = True) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "nesterov": nesterov})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One update."""
        for group in self.param_groups:
            for kernel in (p for p in group["params"] if p.grad is not None):
                state = self.state[kernel]
                momentum = state.setdefault("momentum", torch.zeros_like(kernel))
                momentum.mul_(group["momentum"]).add_(kernel.grad)
                update = kernel.grad.add(momentum, alpha=group["momentum"]) if group["nesterov"] else momentum
                kernel.mul_(len(kernel) ** 0.5 / (kernel.norm() + 1e-7))
                kernel.sub_(orthogonal(update.flatten(1)).view_as(kernel), alpha=group["lr"])
