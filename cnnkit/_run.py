"""One training run of `cnnkit.lab`: data and numbers of a task, and the steps."""

from __future__ import annotations

import copy
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from cnnkit import data
from cnnkit._tricks import Muon, cropped, mirrored, moves, network, order, prepared, seed_of, views, whiten


@dataclass(frozen=True)
class Task:
    """A data set and the numbers that go with it.

    Attributes:
        widths: Channels of the three blocks.
        rate: Peak of the learning rate of momentum.
        muon: Peak of the learning rate of Muon.
        flips: Whether a mirror image is of the same class.
        target: Accuracy that the run is timed to.
    """

    widths: tuple[int, int, int]
    batch: int
    epochs: int
    rate: float
    muon: float
    flips: bool
    target: float


TASKS = {
    "shapes10": Task((12, 32, 48), 128, 7, 0.1, 0.1, flips=False, target=0.95),
    "cifar10": Task((64, 256, 256), 1024, 10, 0.4, 0.24, flips=True, target=0.94),
}


@dataclass(frozen=True)
class Images:
    """A data set: bytes (N, 3, H, W) and classes (N,), for training and held out."""

    train: NDArray[np.uint8]
    labels: NDArray[np.int64]
    test: NDArray[np.uint8]
    answers: NDArray[np.int64]


def load(name: str, seed: int, count: int = 6_000) -> Images:
    """The images of a task; shapes10 is drawn, CIFAR-10 downloaded once.

    Args:
        name: A key of `TASKS`.
        seed: Of shapes10.
        count: Training images of shapes10; a third as many are held out.
    """
    if name == "cifar10":
        return Images(*data.cifar10())
    images, classes = data.shapes10(count + count // 3, seed, "easy")
    return Images(images[:count], classes[:count], images[count:], classes[count:])


def matrix_product(device: torch.device) -> float:
    """FLOPs per second that the device reaches in a product of large matrices, of the type in which a run computes."""
    n, kind = (8192, torch.bfloat16) if device.type == "cuda" else (1024, torch.float32)
    a = torch.ones(n, n, dtype=kind, device=device)
    best = 0.0
    for _ in range(5):
        started = time.perf_counter()
        float((a @ a)[0, 0])  # read back: the product is done
        best = max(best, 2 * n**3 / (time.perf_counter() - started))
    return best


class Run:
    """One training run.

    Args:
        images: The data.
        task: Its numbers.
        tricks: Names out of `TRICKS`.
        device: Where to compute.
        epochs: How many.
        seed: Decides weights, orders and shifts.
        muon: Whether kernels are trained by Muon.
    """

    def __init__(
        self, images: Images, task: Task, tricks: frozenset[str], device: str, epochs: int, seed: int = 0,
        muon: bool = False,
    ) -> None:  # fmt: skip
        self.task, self.tricks, self.device, self.epochs, self.seed = task, tricks, torch.device(device), epochs, seed
        self.train, self.labels, self.test, self.answers = (
            torch.from_numpy(part).to(self.device)
            for part in (images.train, images.labels, images.test, images.answers)
        )
        torch.manual_seed(seed)
        self.net = network(task.widths, "dirac" in tricks).to(self.device)
        self.net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        if "whitening" in tricks:
            whiten(self.net[0], prepared(self.train[:500]))  # type: ignore[arg-type]
        # An average over about 20 steps; buffers (running statistics) are averaged too.
        self.average = {name: values.clone() for name, values in self.net.state_dict().items()}
        self.optimizers = self.made_optimizers(muon)
        self.per_epoch = len(self.train) // task.batch
        self.total = epochs * self.per_epoch
        self.done = 0  # steps made: order, shifts and learning rate follow from it
        self.losses: list[Tensor] = []  # of this epoch
        self.seconds = 0.0  # spent on this epoch

    def made_optimizers(self, muon: bool) -> list[torch.optim.Optimizer]:
        """Momentum for all that learns; with Muon, for all but the kernels of convolutions."""
        nesterov = "nesterov" in self.tricks
        learning = [p for p in self.net.parameters() if p.requires_grad]
        kernels = [p for p in learning if muon and p.dim() == 4]
        decaying = [p for p in learning if p.dim() > 1 and not (muon and p.dim() == 4)]
        others = [p for p in learning if p.dim() < 2]
        groups = [{"params": decaying, "weight_decay": 5e-4}, {"params": others, "weight_decay": 0.0}]
        made: list[torch.optim.Optimizer] = [
            torch.optim.SGD(groups, lr=self.task.rate, momentum=0.9, nesterov=nesterov)
        ]
        return [*made, Muon(kernels, self.task.muon, nesterov=nesterov)] if muon else made

    def share_of_peak(self) -> float:
        """The learning rate as a share of its peak: up over a fifth of the steps, then down to 0."""
        warm = max(1, self.total // 5)
        return min((self.done + 1) / warm, (self.total - self.done) / (self.total - warm + 1))

    def scores(self, x: Tensor) -> Tensor:
        """What the network says; in bfloat16 on a GPU (most CPUs have no units for it)."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            y: Tensor = self.net(x)
        return y.float()

    def rest_of_epoch(self) -> Iterator[Tensor]:
        """Make the steps that are left of an epoch; the loss of each, on the device."""
        epoch = self.done // self.per_epoch
        places = order(len(self.train), self.seed, epoch).to(self.device)
        steps = range(epoch * self.per_epoch, (epoch + 1) * self.per_epoch)
        # All of an epoch's in one copy: a copy in each step would wait for the device.
        shifts = moves(self.task.batch, [seed_of(self.seed, 1, step) for step in steps]).to(self.device)
        self.net.train()
        for start in range(self.done % self.per_epoch, self.per_epoch):
            chosen = places[start * self.task.batch : (start + 1) * self.task.batch]
            x = cropped(prepared(self.train[chosen]), shifts[start])
            if "flip" in self.tricks and self.task.flips:
                x = mirrored(x, chosen, epoch)
            self.losses.append(self.step(x, self.labels[chosen]))
            yield self.losses[-1]

    def step(self, x: Tensor, y: Tensor) -> Tensor:
        """One update of the weights, and of their average."""
        smoothing = 0.2 if "smoothing" in self.tricks else 0.0
        loss = functional.cross_entropy(self.scores(x), y, label_smoothing=smoothing)
        self.net.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        for optimizer, peak in zip(self.optimizers, (self.task.rate, self.task.muon), strict=False):
            for group in optimizer.param_groups:
                group["lr"] = peak * self.share_of_peak()
            optimizer.step()
        self.done += 1
        self.follow()
        return loss.detach()

    def follow(self) -> None:
        """Move the average towards the weights."""
        share = max(0.05, 1 / self.done)
        for name, values in self.net.state_dict().items():
            if values.is_floating_point():
                self.average[name].lerp_(values, share)
            else:
                self.average[name].copy_(values)

    def accuracy(self) -> float:
        """Share of the images held out whose class is found."""
        own = {name: values.clone() for name, values in self.net.state_dict().items()}
        if "averaging" in self.tricks:
            self.net.load_state_dict(self.average)
        self.net.eval()
        right = torch.zeros((), device=self.device)
        with torch.inference_mode():
            for part, answers in zip(torch.split(self.test, 500), torch.split(self.answers, 500), strict=True):
                right += (self.seen(prepared(part)).argmax(1) == answers).sum()
        self.net.load_state_dict(own)
        return float(right) / max(1, len(self.test))

    def seen(self, x: Tensor) -> Tensor:
        """Scores of images, averaged over views of them."""
        if "views" not in self.tricks:
            return self.scores(x)
        return torch.stack([self.scores(view) for view in views(x, self.task.flips)]).mean(0)

    def memory(self) -> float:
        """Peak of the memory in MiB."""
        if self.device.type == "cuda":
            return torch.cuda.max_memory_allocated(self.device) / 2**20
        unit = 2**20 if sys.platform == "darwin" else 2**10
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit

    def operations(self) -> float:
        """FLOPs of convolutions and matrix products for one image, forward and backward; counted, not computed."""
        net, images = copy.deepcopy(self.net).train(), prepared(self.train[: self.task.batch])
        with FlopCounterMode(display=False) as counter:
            net(images).sum().backward()
        return int(counter.get_total_flops()) / len(images)

    def wait(self) -> None:
        """Until the device has done all it was asked for."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def state_dict(self) -> dict[str, Any]:
        """All that the run needs to go on."""
        optimizers = [optimizer.state_dict() for optimizer in self.optimizers]
        parts = {"net": self.net.state_dict(), "average": self.average, "optimizers": optimizers}
        return {**parts, "done": self.done, "losses": self.losses, "seconds": self.seconds}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where another run with the same settings was."""
        self.net.load_state_dict(state["net"])
        self.average = state["average"]
        for optimizer, own in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(own)
        self.done, self.losses, self.seconds = state["done"], state["losses"], state["seconds"]
