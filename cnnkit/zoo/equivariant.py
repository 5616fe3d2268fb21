"""Group convolution: a network that turns with the image; and kernels that can be steered to any angle."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnnkit.zoo._registry import register
from cnnkit.zoo._trace import Counted, Window

# An element of p4 or p4m is m * 4 + r: mirror left and right m times, then turn by r quarter turns to the left.


def transform(x: Tensor, element: int) -> Tensor:
    """Mirror and turn the last two axes."""
    return torch.rot90(x.flip(-1) if element >= 4 else x, element % 4, (-2, -1))


def compose(second: int, first: int) -> int:
    """The element that does `first`, then `second`."""
    mirrored, turns = first // 4, first % 4
    if second >= 4:  # a mirror turns the other way what was turned before
        mirrored, turns = 1 - mirrored, -turns
    return mirrored * 4 + (turns + second) % 4


def inverse(element: int) -> int:
    """The element that undoes this one."""
    return element if element >= 4 else -element % 4


class GroupConv2d(Counted):
    """A convolution over positions, quarter turns and mirrors: each kernel is used in all poses.

    Args:
        in_channels: Channels in.
        out_channels: Channels out; each has a map for each pose.
        size: Side of the kernels.
        order: 4 for turns (p4), 8 for turns and mirrors (p4m).
        lift: Whether the input is an image, without poses.
    """

    def __init__(self, in_channels: int, out_channels: int, size: int, order: int = 4, lift: bool = False) -> None:
        super().__init__()
        self.size, self.order, self.lift = size, order, lift
        poses = 1 if lift else order
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels, poses, size, size))
        nn.init.normal_(self.weight, std=math.sqrt(2 / (in_channels * poses * size**2)))

    def kernels(self) -> Tensor:
        """The kernels in all poses, shape (F × order, C × poses, size, size)."""
        poses = []
        for g in range(self.order):
            # The map of pose h in the input plays for pose g the part that pose g⁻¹h plays for the kernel at rest.
            source = [0] if self.lift else [compose(inverse(g), h) for h in range(self.order)]
            poses.append(transform(self.weight[:, :, source], g))
        return torch.stack(poses, dim=1).flatten(2, 3).flatten(0, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Maps, shape (N, F, order, H', W'), of an image (N, C, H, W) or of maps (N, C, order, H, W)."""
        x = x if self.lift else x.flatten(1, 2)
        y = functional.conv2d(x, self.kernels())
        return y.view(len(x), -1, self.order, *y.shape[2:])

    def macs(self, x: Tensor, y: Tensor) -> int:
        return y.numel() * self.weight[0].numel()

    def window(self, x: Tensor) -> Window:
        return Window((self.size,) * 2, (1, 1), (1, 1))


class PoseNorm(Counted):
    """Batch normalisation with one mean and one variance for all poses of a channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bn = nn.BatchNorm3d(channels)

    def forward(self, x: Tensor) -> Tensor:
        """Maps of the same shape (N, C, poses, H, W)."""
        y: Tensor = self.bn(x)
        return y

    def macs(self, x: Tensor, y: Tensor) -> int:
        return 0


class SpatialMaxPool(Counted):
    """Largest value of each 2 × 2 window of each pose."""

    def forward(self, x: Tensor) -> Tensor:
        """Maps of half the size, shape (N, C, poses, H / 2, W / 2)."""
        y = functional.max_pool2d(x.flatten(1, 2), 2)
        return y.view(*x.shape[:3], *y.shape[2:])

    def macs(self, x: Tensor, y: Tensor) -> int:
        return 0

    def window(self, x: Tensor) -> Window:
        return Window((2, 2), (2, 2), (1, 1))


class PoseMax(Counted):
    """Largest value over poses and positions: it stays the same when the image is turned."""

    def forward(self, x: Tensor) -> Tensor:
        """Scores, shape (N, C), of maps of shape (N, C, poses, H, W)."""
        return x.amax(dim=(2, 3, 4))

    def macs(self, x: Tensor, y: Tensor) -> int:
        return 0

    def window(self, x: Tensor) -> Window:
        return Window(tuple(x.shape[3:]), (1, 1), (1, 1))


class GroupCNN(nn.Module):
    """Seven group convolutions without padding; the largest value over poses at the end makes the scores invariant.

    Args:
        order: 4 for p4, 8 for p4m.
        num_classes: Classes of the output.
        channels: Channels of the six inner layers.
    """

    def __init__(self, order: int, num_classes: int = 10, channels: int = 10) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for i in range(6):
            layers.append(GroupConv2d(1 if i == 0 else channels, channels, 3, order, lift=i == 0))
            layers += [PoseNorm(channels), nn.ReLU()]
            if i == 1:
                layers.append(SpatialMaxPool())
        self.features = nn.Sequential(*layers)
        self.last = GroupConv2d(channels, num_classes, 4, order)
        self.largest = PoseMax()

    def forward(self, x: Tensor) -> Tensor:
        """Class scores, shape (N, num_classes), of images of shape (N, 1, 28, 28)."""
        scores: Tensor = self.largest(self.last(self.features(x)))
        return scores


def _register(
    name: str, order: int, channels: int, parameters: int, result: str | None, conditions: str, difference: str
) -> Callable[..., nn.Module]:
    return register(
        name,
        paper="Cohen and Welling, Group equivariant convolutional networks, ICML",
        year=2016,
        input_shape=(1, 28, 28),
        parameters=parameters,
        result=result,
        conditions=conditions,
        difference=difference,
    )(partial(GroupCNN, order=order, channels=channels))


p4_cnn = _register(
    "p4_cnn", 4, 10, 24_610, "2.28 % test error on rotated MNIST", "single network, 12,000 training images",
    "The paper says that it has about as many parameters as the ordinary network with 20 channels (5.03 % error).",
)  # fmt: skip
p4m_cnn = _register(
    "p4m_cnn",
    8,
    7,
    26_747,
    None,
    "",
    "The paper has no p4m network for digits; 7 channels keep the count near p4_cnn's.",
)


def gaussian_derivatives(size: int, sigma: float) -> Tensor:
    """Derivatives of a Gaussian along x and along y, sampled at pixels, shape (2, size, size)."""
    position = torch.arange(size, dtype=torch.float64) - (size - 1) / 2
    y, x = position[:, None], position[None, :]
    bell = torch.exp(-(x**2 + y**2) / (2 * sigma**2))
    return torch.stack([-x * bell, -y * bell]) / sigma**2


def steer(basis: Tensor, theta: float | Tensor) -> Tensor:
    """The derivative along direction `theta`, as a sum of the two kernels or of two maps: no new convolution.

    Source: Freeman & Adelson 1991.

    Args:
        basis: Derivatives along x and y, or maps filtered with them, shape (2, H, W).
        theta: Direction in radians, from x (right) to y (down): a number, or one a pixel, shape (H, W).

    Returns:
        Shape (H, W).
    """
    angle = torch.as_tensor(theta, dtype=basis.dtype)
    return torch.cos(angle) * basis[0] + torch.sin(angle) * basis[1]
