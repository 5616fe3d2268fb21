"""ConvNeXt: a ResNet brought up to the habits of 2022."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnnkit.zoo._layers import scaled
from cnnkit.zoo._registry import register
from cnnkit.zoo.resnet_later import StochasticDepth


class ChannelNorm(nn.LayerNorm):
    """Layer normalisation of each pixel over its channels, for maps of shape (N, C, H, W)."""

    def forward(self, x: Tensor) -> Tensor:
        """Maps of the same shape."""
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class LayerScale(nn.Module):
    """One trained factor a channel."""

    def __init__(self, channels: int, value: float = 1e-6) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels, 1, 1), value))

    def forward(self, x: Tensor) -> Tensor:
        """Maps of the same shape (N, C, H, W)."""
        return x * self.weight


class ConvNeXtBlock(nn.Module):
    """7 × 7 depthwise, layer normalisation, 1 × 1 to four times the channels, GELU, 1 × 1 back, scaled, plus the input.

    Args:
        channels: Channels in and out.
        p: Probability to drop the branch in training.
    """

    def __init__(self, channels: int, p: float = 0.0) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.norm = ChannelNorm(channels, eps=1e-6)
        self.pwconv1 = nn.Conv2d(channels, 4 * channels, 1)
        self.act = nn.GELU()
        self.pwconv2 = nn.Conv2d(4 * channels, channels, 1)
        self.scale = LayerScale(channels)
        self.drop = StochasticDepth(p)

    def forward(self, x: Tensor) -> Tensor:
        """Feature maps of the same shape (N, C, H, W)."""
        branch: Tensor = self.drop(self.scale(self.pwconv2(self.act(self.pwconv1(self.norm(self.dwconv(x)))))))
        return x + branch


class Downsample(nn.Sequential):
    """Between two stages: layer normalisation, then a 2 × 2 convolution at stride 2."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(ChannelNorm(in_channels, eps=1e-6), nn.Conv2d(in_channels, out_channels, 2, 2))


@register(
    "convnext_t",
    paper="Liu, Mao, Wu, Feichtenhofer, Darrell and Xie, A ConvNet for the 2020s, CVPR",
    year=2022,
    input_shape=(3, 224, 224),
    parameters=28_589_128,
    published_parameters=29_000_000,
    result="82.1 % top-1 right on ImageNet (17.9 % error)",
    conditions="single network, one crop of 224 pixels, trained on ImageNet-1K only; 4.5 billion multiply-adds",
)
class ConvNeXt(nn.Module):
    """ConvNeXt-T: stages of 3, 3, 9 and 3 blocks; the image shrinks by 4 first, then by 2 between stages.

    Args:
        num_classes: Classes of the output.
        counts: Blocks of each stage.
        width: Multiplies the channels 96, 192, 384 and 768.
        p: Probability to drop the last block's branch in training; it grows in a line from 0.
    """

    def __init__(
        self,
        num_classes: int = 1000,
        counts: tuple[int, ...] = (3, 3, 9, 3),
        width: float = 1.0,
        p: float = 0.1,
    ) -> None:
        super().__init__()
        channels = [scaled(96 * 2**i, width) for i in range(len(counts))]
        rates = iter([p * i / max(1, sum(counts) - 1) for i in range(sum(counts))])
        layers: list[nn.Module] = [nn.Conv2d(3, channels[0], 4, 4), ChannelNorm(channels[0], eps=1e-6)]
        for i, count in enumerate(counts):
            if i:
                layers.append(Downsample(channels[i - 1], channels[i]))
            layers += [ConvNeXtBlock(channels[i], next(rates)) for _ in range(count)]
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.norm = ChannelNorm(channels[-1], eps=1e-6)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(channels[-1], num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """Class scores, shape (N, num_classes), of images of shape (N, 3, H, W)."""
        scores: Tensor = self.fc(self.flatten(self.norm(self.avgpool(self.features(x)))))
        return scores
