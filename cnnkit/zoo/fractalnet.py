"""FractalNet: very deep without shortcuts, by a block that contains itself."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from cnnkit.zoo._layers import ConvBnRelu, kaiming, scaled
from cnnkit.zoo._registry import register


class FractalBlock(nn.Module):
    """Columns of 1, 2, 4, … convolutions side by side; columns that end a convolution at the same depth are averaged.

    Column j has 2^j convolutions, each of which spans 2^(columns − 1 − j) of the block's 2^(columns − 1) levels.

    Args:
        in_channels: Channels in.
        channels: Channels of all convolutions.
        columns: Number of columns.
        drop: Probability that an average leaves out one of its columns in training (local drop-path).
    """

    def __init__(self, in_channels: int, channels: int, columns: int, drop: float = 0.15) -> None:
        super().__init__()
        self.drop = drop
        self.columns = nn.ModuleList(
            nn.ModuleList(ConvBnRelu(in_channels if i == 0 else channels, channels, 3, padding=1) for i in range(2**j))
            for j in range(columns)
        )

    def forward(self, x: Tensor, only: int | None = None) -> Tensor:
        """Feature maps, shape (N, channels, H, W), of maps of shape (N, in_channels, H, W).

        Args:
            x: The maps.
            only: A column to use alone (global drop-path), or None for all.
        """
        if only is not None:
            for layer in self.columns[only].children():
                x = layer(x)
            return x
        depth = 2 ** (len(self.columns) - 1)
        inputs = [x] * len(self.columns)
        for level in range(1, depth + 1):
            ending = [j for j in range(len(self.columns)) if level % (depth >> j) == 0]
            results = [self.columns[j].get_submodule(str(level // (depth >> j) - 1))(inputs[j]) for j in ending]
            joined = self.join(results)
            for j in ending:
                inputs[j] = joined
        return inputs[-1]

    def join(self, results: list[Tensor]) -> Tensor:
        """The mean of the results; in training of those that drop-path leaves, at least one."""
        if self.training and self.drop and len(results) > 1:
            kept = [y for y, draw in zip(results, torch.rand(len(results)).tolist(), strict=True) if draw >= self.drop]
            results = kept or [results[int(torch.randint(len(results), ()))]]
        return sum(results[1:], start=results[0]) / len(results)


@register(
    "fractalnet",
    paper="Larsson, Maire and Shakhnarovich, FractalNet: ultra-deep neural networks without residuals, ICLR",
    year=2017,
    input_shape=(3, 32, 32),
    parameters=33_724_618,
    published_parameters=38_600_000,
    result="5.22 % test error on CIFAR-10, 4.60 % with drop-path and dropout",
    conditions="single network of 20 layers, shifted and flipped training images",
    difference="The layers that the paper describes (5 blocks of 3 columns with 64, 128, 256, 512 and 512 maps) sum to "
    "33.7 million, as in other implementations; the paper says 38.6 million, and we do not know what the rest is.",
)
class FractalNet(nn.Module):
    """Five fractal blocks, a 2 × 2 pooling after each, one linear layer.

    Args:
        num_classes: Classes of the output.
        columns: Columns of each block; the depth is 5 × 2^(columns − 1).
        channels: Maps of the blocks.
        width: Multiplies the maps.
        drop: Probability of local drop-path. In training, half of the batches use one column of all blocks instead.
    """

    def __init__(
        self,
        num_classes: int = 10,
        columns: int = 3,
        channels: tuple[int, ...] = (64, 128, 256, 512, 512),
        width: float = 1.0,
        drop: float = 0.15,
    ) -> None:
        super().__init__()
        sizes = [3, *(scaled(c, width) for c in channels)]
        self.blocks = nn.ModuleList(FractalBlock(i, out, columns, drop) for i, out in pairwise(sizes))
        self.dropouts = nn.ModuleList(nn.Dropout(0.1 * i) for i in range(len(channels)))
        self.pools = nn.ModuleList(nn.MaxPool2d(2) for _ in channels)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(sizes[-1], num_classes)
        self.column_count, self.drop = columns, drop
        kaiming(self)

    def forward(self, x: Tensor) -> Tensor:
        """Class scores, shape (N, num_classes), of images of shape (N, 3, 32, 32)."""
        only = None
        if self.training and self.drop and torch.rand(()) < 0.5:
            only = int(torch.randint(self.column_count, ()))
        for block, dropout, pool in zip(self.blocks, self.dropouts, self.pools, strict=True):
            x = pool(dropout(block(x, only)))
        scores: Tensor = self.fc(self.flatten(x))
        return scores
