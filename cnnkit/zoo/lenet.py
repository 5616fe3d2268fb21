"""LeNet-5 as it was published in 1998, and as it is written today."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnnkit.zoo._layers import ConvNet
from cnnkit.zoo._registry import register
from cnnkit.zoo._trace import Counted, Window

PAPER = "LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, Proc. IEEE"

# Which of the 6 maps of S2 each of the 16 maps of C3 sees. Source: LeCun et al. 1998, table I.
CONNECTIONS = (
    (0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5),
    (0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5),
    (0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5), (0, 1, 2, 3, 4, 5),
)  # fmt: skip

# The ten digits, 5 × 7 pixels, a row of pixels as a binary number.
DIGITS = (
    (14, 17, 19, 21, 25, 17, 14), (4, 12, 4, 4, 4, 4, 14), (14, 17, 1, 2, 4, 8, 31), (31, 2, 4, 2, 1, 17, 14),
    (2, 6, 10, 18, 31, 2, 2), (31, 16, 30, 1, 1, 17, 14), (6, 8, 16, 30, 17, 17, 14), (31, 1, 2, 4, 8, 8, 8),
    (14, 17, 17, 14, 17, 17, 14), (14, 17, 17, 15, 1, 2, 12),
)  # fmt: skip


class Squash(nn.Module):
    """1.7159 tanh(2x/3), which is 1 at 1 and -1 at -1. Source: LeCun et al. 1998, eq. 6 and appendix A."""

    def forward(self, x: Tensor) -> Tensor:
        """Squashed values, same shape."""
        return 1.7159 * torch.tanh(2 / 3 * x)


class Subsampling(Counted):
    """Sum of each 2 × 2 window, times one trained coefficient a map, plus one trained bias a map."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels, 1, 1), 0.25))
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Maps of half the size, shape (N, C, H // 2, W // 2)."""
        return 4 * functional.avg_pool2d(x, 2) * self.weight + self.bias

    def macs(self, x: Tensor, y: Tensor) -> int:
        return y.numel()

    def window(self, x: Tensor) -> Window:
        return Window((2, 2), (2, 2), (1, 1))


class TableConv2d(Counted):
    """A convolution in which each output map sees only the input maps that a table names.

    Args:
        in_channels: Input maps.
        table: For each output map, the input maps that it sees.
        size: Side of the kernels.
    """

    def __init__(self, in_channels: int, table: tuple[tuple[int, ...], ...], size: int) -> None:
        super().__init__()
        self.in_channels, self.size = in_channels, size
        self.outputs = [out for out, inputs in enumerate(table) for _ in inputs]
        self.inputs = [i for inputs in table for i in inputs]
        self.weight = nn.Parameter(torch.empty(len(self.inputs), size, size))
        self.bias = nn.Parameter(torch.zeros(len(table)))
        nn.init.uniform_(self.weight, -2.4 / (4 * size**2), 2.4 / (4 * size**2))

    def forward(self, x: Tensor) -> Tensor:
        """Feature maps, shape (N, len(table), H - size + 1, W - size + 1)."""
        kernels = self.weight.new_zeros(len(self.bias), self.in_channels, self.size, self.size)
        kernels[self.outputs, self.inputs] = self.weight
        return functional.conv2d(x, kernels, self.bias)

    def macs(self, x: Tensor, y: Tensor) -> int:
        return self.weight.numel() * y[0, 0].numel() * len(x)

    def window(self, x: Tensor) -> Window:
        return Window((self.size, self.size), (1, 1), (1, 1))


class RadialBasis(Counted):
    """Minus the squared distance to a fixed code of each class, 84 values of ±1: the pixels of a drawn character.

    The loss of the paper (eq. 9) is the cross-entropy of these scores, except for one constant term. The ten digits
    are drawn anew: the characters of the paper's figure 3 are not copied. For another number of classes the codes are
    drawn at random, as the paper suggests for unrelated classes.
    """

    codes: Tensor

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        if num_classes == len(DIGITS):
            codes = [_character(rows) for rows in DIGITS]
        else:
            signs = torch.Generator().manual_seed(0)
            codes = (2.0 * torch.randint(2, (num_classes, 84), generator=signs, device="cpu") - 1).tolist()
        self.register_buffer("codes", torch.tensor(codes))

    def forward(self, x: Tensor) -> Tensor:
        """Scores, shape (N, num_classes), of values of shape (N, 84)."""
        return -(x[:, None] - self.codes).square().sum(2)

    def macs(self, x: Tensor, y: Tensor) -> int:
        return y.numel() * x.shape[1]


def _character(rows: tuple[int, ...]) -> list[float]:
    """A digit in the middle of 12 rows of 7 pixels, black 1 and white -1, row after row."""
    grid = [[-1.0] * 7 for _ in range(12)]
    for i, row in enumerate(rows):
        for j in range(5):
            grid[i + 2][j + 1] = 1.0 if row >> (4 - j) & 1 else -1.0
    return [pixel for line in grid for pixel in line]


@register(
    "lenet5",
    paper=PAPER,
    year=1998,
    input_shape=(1, 32, 32),
    parameters=60_000,
    published_parameters=60_000,
    result="0.95 % test error on MNIST; 0.8 % with distorted training images",
    conditions="single network",
    difference="The ten output codes are drawn anew: the paper shows them in a figure only.",
)
class LeNet5(nn.Module):
    """The network of 1998: trained subsampling, a connection table for C3, squashing, radial-basis output."""

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, 5)
        self.s2 = Subsampling(6)
        self.c3 = TableConv2d(6, CONNECTIONS, 5)
        self.s4 = Subsampling(16)
        self.c5 = nn.Conv2d(16, 120, 5)
        self.flatten = nn.Flatten()
        self.f6 = nn.Linear(120, 84)
        self.output = RadialBasis(num_classes)
        self.squash = Squash()
        for layer in (self.c1, self.c5, self.f6):
            fan_in = math.prod(layer.weight.shape[1:])
            nn.init.uniform_(layer.weight, -2.4 / fan_in, 2.4 / fan_in)  # LeCun et al. 1998, section II B
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """Scores, shape (N, num_classes), of images of shape (N, 1, 32, 32)."""
        y = self.squash(self.s2(self.squash(self.c1(x))))
        y = self.squash(self.s4(self.squash(self.c3(y))))
        y = self.squash(self.f6(self.flatten(self.squash(self.c5(y)))))
        scores: Tensor = self.output(y)
        return scores


@register(
    "lenet5_modern",
    paper=PAPER,
    year=1998,
    input_shape=(1, 32, 32),
    parameters=61_706,
    difference="All maps of C3 see all maps of S2, ReLU, max pooling and a linear output: the common form of today.",
)
def lenet5_modern(num_classes: int = 10, in_channels: int = 1) -> ConvNet:
    """LeNet-5 with ReLU, max pooling and full connections; `in_channels` is 3 for colour images."""
    features = nn.Sequential(
        nn.Conv2d(in_channels, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)
    )
    classifier = nn.Sequential(
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, num_classes)
    )
    return ConvNet(features, classifier)
