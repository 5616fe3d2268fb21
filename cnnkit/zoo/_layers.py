"""Parts that several families share."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn


def scaled(channels: int, width: float, multiple: int = 1) -> int:
    """A number of channels times `width`, rounded to a multiple and never below it."""
    return max(multiple, round(channels * width / multiple) * multiple)


def values_out(features: nn.Module, input_shape: tuple[int, ...]) -> int:
    """Number of values that a module gives for one input of this shape; nothing is computed."""
    with torch.no_grad():
        y: Tensor = copy.deepcopy(features).to("meta").eval()(torch.empty(1, *input_shape, device="meta"))
    return y.numel()


def kaiming(network: nn.Module) -> None:
    """Draw the weights of convolutions and linear layers for ReLU, set biases to zero.

    Source: He et al. 2015 (PReLU), eq. 10, with fan-out for convolutions as in the ResNet code.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv1d | nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.01)
        else:
            continue
        if module.bias is not None:
            nn.init.zeros_(module.bias)


class ConvNet(nn.Module):
    """`features`, then all their values in one row, then `classifier`: AlexNet, VGG and most others."""

    def __init__(self, features: nn.Module, classifier: nn.Module) -> None:
        super().__init__()
        self.features = features
        self.flatten = nn.Flatten()
        self.classifier = classifier

    def forward(self, x: Tensor) -> Tensor:
        """Class scores, shape (N, num_classes), of images of shape (N, C, H, W)."""
        y: Tensor = self.classifier(self.flatten(self.features(x)))
        return y


class ConvBnRelu(nn.Module):
    """Convolution without bias, batch normalisation, ReLU.

    Args:
        in_channels: Channels in.
        out_channels: Channels out.
        kernel_size: Side of the kernel, or (rows, columns).
        stride: Step between windows.
        padding: Zeros on each side, or (rows, columns).
        groups: Groups of channels that do not mix.
        eps: Added to the variance.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int = 1,
        padding: int | tuple[int, int] = 0,
        groups: int = 1,
        eps: float = 1e-5,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(out_channels, eps=eps)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Feature maps, shape (N, out_channels, H', W'), of maps of shape (N, in_channels, H, W)."""
        y: Tensor = self.relu(self.bn(self.conv(x)))
        return y


class Branches(nn.Module):
    """Modules side by side on the same maps, their results one after another: `branch1`, `branch2` and so on.

    Args:
        branches: The modules.
        label: What a diagram calls it; the name of the class if not given.
    """

    def __init__(self, *branches: nn.Module, label: str = "") -> None:
        super().__init__()
        self.label = label or type(self).__name__
        for i, branch in enumerate(branches):
            self.add_module(f"branch{i + 1}", branch)

    def forward(self, x: Tensor) -> Tensor:
        """Feature maps, shape (N, sum of the branches' channels, H', W'), of maps of shape (N, C, H, W)."""
        return torch.cat([branch(x) for branch in self.children()], dim=1)


def conv_relu(in_channels: int, out_channels: int, size: int, stride: int = 1, padding: int = 0) -> list[nn.Module]:
    """A convolution with bias and a ReLU, to be put into a Sequential."""
    return [nn.Conv2d(in_channels, out_channels, size, stride, padding), nn.ReLU(inplace=True)]


def head(values: int, hidden: int, num_classes: int, dropout: float = 0.5) -> nn.Sequential:
    """AlexNet's three linear layers with dropout before the first two, numbered as in torchvision's AlexNet."""
    return nn.Sequential(
        nn.Dropout(dropout),
        nn.Linear(values, hidden),
        nn.ReLU(inplace=True),
        nn.Dropout(dropout),
        nn.Linear(hidden, hidden),
        nn.ReLU(inplace=True),
        nn.Linear(hidden, num_classes),
    )
