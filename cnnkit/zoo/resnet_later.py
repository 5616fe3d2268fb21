"""What came of residual networks: pre-activation, width, groups (ResNeXt), and layers dropped at random."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from cnnkit.zoo._layers import kaiming, scaled
from cnnkit.zoo._registry import register
from cnnkit.zoo.resnet import IMAGENET, BasicBlock, Block, Bottleneck, ResNet, stage

PREACT_PAPER = "He, Zhang, Ren and Sun, Identity mappings in deep residual networks, ECCV"
WIDE_PAPER = "Zagoruyko and Komodakis, Wide residual networks, BMVC"
RESNEXT_PAPER = "Xie, Girshick, Dollár, Tu and He, Aggregated residual transformations for deep neural networks, CVPR"


class PreActBlock(nn.Module):
    """BN, ReLU, 3 × 3, twice; nothing comes after the addition. A 1 × 1 shortcut sees the maps after the first ReLU.

    Args:
        in_channels: Channels in.
        channels: Channels of both convolutions.
        stride: Stride of the first convolution.
        dropout: Share of values set to zero between the convolutions in training.
    """

    expansion = 1

    def __init__(self, in_channels: int, channels: int, stride: int = 1, dropout: float = 0.0) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.relu = nn.ReLU()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.dropout = nn.Dropout(dropout)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        same = stride == 1 and in_channels == channels
        self.downsample = None if same else nn.Conv2d(in_channels, channels, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Feature maps, shape (N, channels, H / stride, W / stride), of maps of shape (N, in_channels, H, W)."""
        active = self.relu(self.bn1(x))
        skip: Tensor = x if self.downsample is None else self.downsample(active)
        branch: Tensor = self.conv2(self.dropout(self.relu(self.bn2(self.conv1(active)))))
        return branch + skip


class PreActBottleneck(nn.Module):
    """The same with 1 × 1, 3 × 3 and 1 × 1 convolutions, the last with 4 × channels maps."""

    expansion = 4

    def __init__(self, in_channels: int, channels: int, stride: int = 1) -> None:
        super().__init__()
        out = channels * self.expansion
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, channels, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, out, 1, bias=False)
        self.relu = nn.ReLU()
        same = stride == 1 and in_channels == out
        self.downsample = None if same else nn.Conv2d(in_channels, out, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Feature maps, shape (N, 4 × channels, H / stride, W / stride), of maps of shape (N, in_channels, H, W)."""
        active = self.relu(self.bn1(x))
        skip: Tensor = x if self.downsample is None else self.downsample(active)
        y = self.conv1(active)
        branch: Tensor = self.conv3(self.relu(self.bn3(self.conv2(self.relu(self.bn2(y))))))
        return branch + skip


class PreActResNet(nn.Module):
    """A network of pre-activation blocks for CIFAR: three stages, BN and ReLU before the last average.

    Args:
        block: Makes a block from channels in, channels and stride.
        expansion: Channels out of a block, as a multiple of its channels.
        count: Blocks of each stage.
        channels: Channels of the blocks of the first stage.
        num_classes: Classes of the output.
    """

    def __init__(self, block: Block, expansion: int, count: int, channels: int, num_classes: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        maps = 16
        stages = []
        for i in range(3):
            out = channels * 2**i * expansion
            stages.append(stage(block, maps, out, channels * 2**i, count, 1 if i == 0 else 2))
            maps = out
        self.layer1, self.layer2, self.layer3 = stages
        self.bn = nn.BatchNorm2d(maps)
        self.relu = nn.ReLU(inplace=True)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(maps, num_classes)
        kaiming(self)

    def forward(self, x: Tensor) -> Tensor:
        """Class scores, shape (N, num_classes), of images of shape (N, 3, H, W)."""
        y = self.layer3(self.layer2(self.layer1(self.conv1(x))))
        scores: Tensor = self.fc(self.flatten(self.avgpool(self.relu(self.bn(y)))))
        return scores


@register(
    "preact_resnet110",
    paper=PREACT_PAPER,
    year=2016,
    input_shape=(3, 32, 32),
    parameters=1_730_522,
    result="6.37 % test error on CIFAR-10",
    conditions="single network, median of 5 runs, shifted and flipped training images",
    difference="A 1 × 1 convolution where the shape changes; the paper prints no count for this depth.",
)
def preact_resnet110(num_classes: int = 10, depth: int = 110, width: float = 1.0) -> PreActResNet:
    """Pre-activation network of `PreActBlock`s; depth 6n + 2."""
    return PreActResNet(PreActBlock, 1, (depth - 2) // 6, scaled(16, width), num_classes)


@register(
    "preact_resnet164",
    paper=PREACT_PAPER,
    year=2016,
    input_shape=(3, 32, 32),
    parameters=1_703_258,
    published_parameters=1_700_000,
    result="5.46 % test error on CIFAR-10",
    conditions="single network, median of 5 runs, shifted and flipped training images",
)
def preact_resnet164(num_classes: int = 10, depth: int = 164, width: float = 1.0) -> PreActResNet:
    """Pre-activation network of bottlenecks; depth 9n + 2."""
    return PreActResNet(PreActBottleneck, 4, (depth - 2) // 9, scaled(16, width), num_classes)


@register(
    "wide_resnet28_10",
    paper=WIDE_PAPER,
    year=2016,
    input_shape=(3, 32, 32),
    parameters=36_479_194,
    published_parameters=36_500_000,
    result="4.00 % test error on CIFAR-10, 3.89 % with dropout",
    conditions="single network, shifted and flipped training images",
)
def wide_resnet28_10(num_classes: int = 10, depth: int = 28, width: float = 10, dropout: float = 0.0) -> PreActResNet:
    """WRN-depth-width: few pre-activation blocks of many channels; depth 6n + 4."""
    block = partial(PreActBlock, dropout=dropout)
    return PreActResNet(block, 1, (depth - 4) // 6, scaled(16, width), num_classes)


def _bottlenecks(depth: int, inner: float, groups: int, num_classes: int = 1000, width: float = 1.0) -> ResNet:
    """ResNet of bottlenecks whose inner channels are `inner` times the usual ones, in groups."""

    def block(in_channels: int, channels: int, stride: int) -> Bottleneck:
        return Bottleneck(in_channels, channels, stride, inner=scaled(channels, inner, groups), groups=groups)

    return ResNet(block, 4, IMAGENET[depth], scaled(64, width), 64, True, num_classes)


wide_resnet50_2 = register(
    "wide_resnet50_2",
    paper=WIDE_PAPER,
    year=2016,
    input_shape=(3, 224, 224),
    parameters=68_883_240,
    published_parameters=68_900_000,
    result="21.9 % top-1 and 6.03 % top-5 error on ILSVRC-2012 validation",
    conditions="single network, one crop",
)(partial(_bottlenecks, depth=50, inner=2, groups=1))

resnext50 = register(
    "resnext50_32x4d",
    paper=RESNEXT_PAPER,
    year=2017,
    input_shape=(3, 224, 224),
    parameters=25_028_904,
    published_parameters=25_000_000,
    result="22.2 % top-1 error on ILSVRC-2012 validation",
    conditions="single network, one crop",
)(partial(_bottlenecks, depth=50, inner=2, groups=32))

resnext101 = register(
    "resnext101_32x4d",
    paper=RESNEXT_PAPER,
    year=2017,
    input_shape=(3, 224, 224),
    parameters=44_177_704,
    result="21.2 % top-1 and 5.6 % top-5 error on ILSVRC-2012 validation",
    conditions="single network, one crop",
)(partial(_bottlenecks, depth=101, inner=2, groups=32))


class StochasticDepth(nn.Module):
    """Drops its input with probability `p` in training and divides it by 1 − p otherwise: the mean stays the same.

    The paper scales at test time instead. `p` is the probability to drop; the paper's p is that to survive.

    Args:
        p: Probability to drop, at least 0 and below 1.
        each_image: Draw for each image of the batch, not once for all; the paper draws once for all.
    """

    def __init__(self, p: float, each_image: bool = True) -> None:
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError(f"p is {p}, expected a probability to drop, at least 0 and below 1")
        self.p, self.each_image = p, each_image

    def forward(self, x: Tensor) -> Tensor:
        """Maps of the same shape (N, C, H, W)."""
        if not self.training or self.p == 0:
            return x
        draws = torch.rand((len(x) if self.each_image else 1, *(1,) * (x.dim() - 1)), device=x.device)
        return x * (draws >= self.p) / (1 - self.p)


class StochasticBlock(BasicBlock):
    """A `BasicBlock` whose branch is dropped with probability `p`."""

    def __init__(self, in_channels: int, channels: int, stride: int, option: str, p: float) -> None:
        super().__init__(in_channels, channels, stride, option)
        self.drop = StochasticDepth(p, each_image=False)

    def branch(self, x: Tensor) -> Tensor:
        """What is added to the shortcut."""
        y: Tensor = self.drop(super().branch(x))
        return y


@register(
    "resnet110_stochastic_depth",
    paper="Huang, Sun, Liu, Sedra and Weinberger, Deep networks with stochastic depth, ECCV",
    year=2016,
    input_shape=(3, 32, 32),
    parameters=1_727_962,
    published_parameters=1_700_000,
    result="5.23 % test error on CIFAR-10; 6.41 % for the same network with constant depth",
    conditions="single network, shifted and flipped training images, survival falling in a line from 1 to 0.5",
    difference="Scaled in training, not at test time.",
)
def resnet110_stochastic_depth(
    num_classes: int = 10, depth: int = 110, last_p: float = 0.5, width: float = 1.0
) -> ResNet:
    """CIFAR's ResNet whose l-th of L blocks is dropped with probability `last_p` × l / L in training."""
    blocks = (depth - 2) // 2
    rates = iter([last_p * (i + 1) / blocks for i in range(blocks)])

    def block(in_channels: int, channels: int, stride: int) -> StochasticBlock:
        return StochasticBlock(in_channels, channels, stride, "A", next(rates))

    return ResNet(block, 1, (blocks // 3,) * 3, scaled(16, width), 16, False, num_classes)
