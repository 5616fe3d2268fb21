"""Residual networks: ImageNet's 18 to 152 and CIFAR's 6n+2, their blocks, and the wider and grouped ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnnkit.zoo._layers import kaiming, scaled
from cnnkit.zoo._registry import register

PAPER = "He, Zhang, Ren and Sun, Deep residual learning for image recognition, CVPR"


class PadShortcut(nn.Module):
    """Shortcut A: every `stride`-th pixel, and maps of zeros after the channels that there are; no parameters."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.added, self.stride = out_channels - in_channels, stride

    def forward(self, x: Tensor) -> Tensor:
        """Maps of shape (N, out_channels, ceil(H / stride), ceil(W / stride))."""
        return functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.added))


def shortcut(in_channels: int, out_channels: int, stride: int, option: str) -> nn.Module | None:
    """What the skip connection does, or None where it changes nothing.

    Args:
        in_channels: Channels in.
        out_channels: Channels out.
        stride: Step between pixels.
        option: "A" for zeros in new channels, "B" for a 1 × 1 convolution with batch normalisation.

    Raises:
        ValueError: If there is no such option.
    """
    if option not in ("A", "B"):
        raise ValueError(f"option is {option!r}, expected 'A' or 'B'")
    if stride == 1 and in_channels == out_channels:
        return None
    if option == "A":
        return PadShortcut(in_channels, out_channels, stride)
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels))


class BasicBlock(nn.Module):
    """Two 3 × 3 convolutions with batch normalisation, added to the shortcut before the last ReLU.

    Args:
        in_channels: Channels in.
        channels: Channels of both convolutions.
        stride: Stride of the first convolution.
        option: Shortcut "A" or "B" where the shape changes.
    """

    expansion = 1

    def __init__(self, in_channels: int, channels: int, stride: int = 1, option: str = "B") -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = shortcut(in_channels, channels, stride, option)

    def branch(self, x: Tensor) -> Tensor:
        """What is added to the shortcut."""
        y: Tensor = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return y

    def forward(self, x: Tensor) -> Tensor:
        """Feature maps, shape (N, channels, H / stride, W / stride), of maps of shape (N, in_channels, H, W)."""
        y: Tensor = self.relu(self.branch(x) + (x if self.downsample is None else self.downsample(x)))
        return y


class PlainBlock(BasicBlock):
    """Two 3 × 3 convolutions with batch normalisation and ReLU, without a shortcut; otherwise a `BasicBlock`."""

    def __init__(self, in_channels: int, channels: int, stride: int = 1) -> None:
        super().__init__(in_channels, channels, stride, "A")
        self.downsample = None

    def forward(self, x: Tensor) -> Tensor:
        """Feature maps, shape (N, channels, H / stride, W / stride), of maps of shape (N, in_channels, H, W)."""
        y: Tensor = self.relu(self.branch(x))
        return y


class Bottleneck(nn.Module):
    """1 × 1, 3 × 3 and 1 × 1 convolutions, the last with 4 × channels maps, added to the shortcut before the last ReLU.

    Args:
        in_channels: Channels in.
        channels: A quarter of the channels out.
        stride: Stride of the 3 × 3 convolution.
        option: Shortcut "A" or "B" where the shape changes.
        inner: Channels of the first two convolutions; `channels` if not given.
        groups: Groups of the 3 × 3 convolution (ResNeXt's cardinality).
        stride_first: Put the stride into the first 1 × 1 convolution, as the paper of 2015 did.
    """

    expansion = 4

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        option: str = "B",
        *,
        inner: int | None = None,
        groups: int = 1,
        stride_first: bool = False,
    ) -> None:
        super().__init__()
        inner, out = inner or channels, channels * self.expansion
        first, second = (stride, 1) if stride_first else (1, stride)
        self.conv1 = nn.Conv2d(in_channels, inner, 1, first, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, inner, 3, second, 1, groups=groups, bias=False)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3 = nn.Conv2d(inner, out, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = shortcut(in_channels, out, stride, option)

    def branch(self, x: Tensor) -> Tensor:
        """What is added to the shortcut."""
        y = self.relu(self.bn1(self.conv1(x)))
        branch: Tensor = self.bn3(self.conv3(self.relu(self.bn2(self.conv2(y)))))
        return branch

    def forward(self, x: Tensor) -> Tensor:
        """Feature maps, shape (N, 4 × channels, H / stride, W / stride), of maps of shape (N, in_channels, H, W)."""
        y: Tensor = self.relu(self.branch(x) + (x if self.downsample is None else self.downsample(x)))
        return y


Block = Callable[[int, int, int], nn.Module]


def stage(block: Block, in_channels: int, out_channels: int, channels: int, count: int, stride: int) -> nn.Sequential:
    """`count` blocks one after another, of which the first has the stride and takes `in_channels`."""
    first = block(in_channels, channels, stride)
    return nn.Sequential(first, *(block(out_channels, channels, 1) for _ in range(count - 1)))


class ResNet(nn.Module):
    """A residual network with torchvision's parameter names.

    Args:
        block: Makes a block from channels in, channels and stride.
        expansion: Channels out of a block, as a multiple of its channels.
        counts: Blocks of each stage; the channels double from stage to stage.
        channels: Channels of the blocks of the first stage.
        stem: Channels of the first convolution.
        large: Whether the stem shrinks the image by 4 (ImageNet) or keeps its size (CIFAR).
        num_classes: Classes of the output.
    """

    def __init__(
        self,
        block: Block,
        expansion: int,
        counts: Sequence[int],
        channels: int,
        stem: int,
        large: bool,
        num_classes: int,
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, stem, 7, 2, 3, bias=False) if large else nn.Conv2d(3, stem, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(stem)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1) if large else nn.Identity()
        self.depth = len(counts)
        maps = stem
        for i, count in enumerate(counts):
            out = channels * 2**i * expansion
            self.add_module(f"layer{i + 1}", stage(block, maps, out, channels * 2**i, count, 1 if i == 0 else 2))
            maps = out
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(maps, num_classes)
        kaiming(self)

    def forward(self, x: Tensor) -> Tensor:
        """Class scores, shape (N, num_classes), of images of shape (N, 3, H, W)."""
        y: Tensor = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for i in range(self.depth):
            y = self.get_submodule(f"layer{i + 1}")(y)
        scores: Tensor = self.fc(self.flatten(self.avgpool(y)))
        return scores


IMAGENET = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


def make_resnet(
    depth: int, width: float = 1, option: str = "B", num_classes: int | None = None, stride_first: bool = False
) -> ResNet:
    """ImageNet's ResNet of depth 18, 34, 50, 101 or 152, or else CIFAR's of depth 6n + 2.

    Args:
        depth: Layers with weights, shortcuts not counted.
        width: Multiplies the channels of all blocks.
        option: Shortcut "A" or "B" where the shape changes; "none" for a plain network, without any shortcut.
        num_classes: Classes of the output; 1000 for ImageNet's and 10 for CIFAR's if not given.
        stride_first: Put the stride of bottlenecks into their first convolution, as the paper of 2015 did.

    Raises:
        ValueError: If there is no such depth, or it has bottlenecks and the option is "none".
    """
    basic: Block = PlainBlock if option == "none" else partial(BasicBlock, option=option)
    if depth in IMAGENET:
        channels, classes = scaled(64, width), num_classes or 1000
        if depth < 50:
            return ResNet(basic, 1, IMAGENET[depth], channels, 64, True, classes)
        block = partial(Bottleneck, option=option, stride_first=stride_first)
        return ResNet(block, 4, IMAGENET[depth], channels, 64, True, classes)
    if depth < 8 or depth % 6 != 2:
        raise ValueError(f"depth is {depth}, expected one of {list(IMAGENET)}, or 6n + 2 with n ≥ 1")
    counts = ((depth - 2) // 6,) * 3
    return ResNet(basic, 1, counts, scaled(16, width), 16, False, num_classes or 10)


STRIDE = "The stride is in the 3 × 3 convolution, as in later code; `stride_first=True` gives the paper's."
NORMS = "The paper prints no count for ImageNet, only multiply-adds."
TEN = "ILSVRC-2012 validation, single network, 10 crops; the 3.57 % of the contest are 6 networks"


def _imagenet(depth: int, parameters: int, billions: float, result: str) -> Callable[..., nn.Module]:
    return register(
        f"resnet{depth}",
        paper=PAPER,
        year=2016,
        input_shape=(3, 224, 224),
        parameters=parameters,
        result=result,
        conditions=f"{TEN}; {billions} billion multiply-adds",
        difference=NORMS if depth < 50 else f"{NORMS} {STRIDE}",
    )(partial(make_resnet, depth=depth))


resnet18 = _imagenet(18, 11_689_512, 1.8, "27.88 % top-1 error")
resnet34 = _imagenet(34, 21_797_672, 3.6, "24.52 % top-1 and 7.46 % top-5 error with shortcuts B")
resnet50 = _imagenet(50, 25_557_032, 3.8, "22.85 % top-1 and 6.71 % top-5 error")
resnet101 = _imagenet(101, 44_549_160, 7.6, "21.75 % top-1 and 6.05 % top-5 error")
resnet152 = _imagenet(152, 60_192_808, 11.3, "21.43 % top-1 and 5.71 % top-5 error")


def _cifar(depth: int, parameters: int, published: int, result: str) -> Callable[..., nn.Module]:
    return register(
        f"resnet{depth}",
        paper=PAPER,
        year=2016,
        input_shape=(3, 32, 32),
        parameters=parameters,
        published_parameters=published,
        result=f"{result} test error on CIFAR-10",
        conditions="single network, shortcuts A, shifted and flipped training images",
    )(partial(make_resnet, depth=depth, option="A"))


resnet20 = _cifar(20, 269_722, 270_000, "8.75 %")
resnet32 = _cifar(32, 464_154, 460_000, "7.51 %")
resnet44 = _cifar(44, 658_586, 660_000, "7.17 %")
resnet56 = _cifar(56, 853_018, 850_000, "6.97 %")
resnet110 = _cifar(110, 1_727_962, 1_700_000, "6.43 % (6.61 ± 0.16 % over 5 runs)")


def _plain(
    depth: int, input_shape: tuple[int, ...], parameters: int, result: str | None, conditions: str
) -> Callable[..., nn.Module]:
    return register(
        f"plain{depth}",
        paper=PAPER,
        year=2016,
        input_shape=input_shape,
        parameters=parameters,
        result=result,
        conditions=conditions,
        difference="The paper prints no count of its own: without shortcuts as many as with shortcuts A.",
    )(partial(make_resnet, depth=depth, option="none"))


PLAIN = "ILSVRC-2012 validation, single network, 10 crops"
plain18 = _plain(18, (3, 224, 224), 11_515_688, "27.94 % top-1 error; with shortcuts 27.88 %", PLAIN)
plain34 = _plain(34, (3, 224, 224), 21_623_848, "28.54 % top-1 error; with shortcuts A 25.03 %", PLAIN)
plain20 = _plain(20, (3, 32, 32), 269_722, None, "")
plain56 = _plain(56, (3, 32, 32), 853_018, None, "")


def gradient_norms(model: nn.Module, batch: tuple[Tensor, Tensor]) -> dict[str, float]:
    """Length of the gradient of each convolution's kernels, by name, from the input on. No `.grad` is changed.

    Args:
        model: A classifier.
        batch: Images, shape (N, C, H, W), and their classes, shape (N,).
    """
    images, labels = batch
    kernels = {name: module.weight for name, module in model.named_modules() if isinstance(module, nn.Conv2d)}
    loss = functional.cross_entropy(model(images), labels)
    gradients = torch.autograd.grad(loss, list(kernels.values()))
    return {name: float(g.norm()) for name, g in zip(kernels, gradients, strict=True)}
