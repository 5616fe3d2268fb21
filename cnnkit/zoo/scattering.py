"""The scattering transform: a convolutional network whose kernels are wavelets, not learnt."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from cnnkit.zoo._layers import ConvNet
from cnnkit.zoo._registry import register
from cnnkit.zoo._trace import Counted, Window


def frequencies(size: int) -> tuple[Tensor, Tensor]:
    """Vertical and horizontal frequency of each value of a discrete Fourier transform, in radians a pixel."""
    omega = 2 * math.pi * torch.fft.fftfreq(size, device="cpu")
    return omega[:, None].expand(size, size), omega.expand(size, size)


def bump(size: int, sigma: float, centre: float, theta: float, slant: float) -> Tensor:
    """Fourier transform of a Gaussian of width `sigma` pixels times a wave of frequency `centre` and direction `theta`.

    The spectrum repeats with the period of sampling, so the bump is summed over the nearest repetitions.

    Returns:
        Shape (size, size).
    """
    v, u = frequencies(size)
    total = torch.zeros(size, size, device="cpu")
    for i in (-1, 0, 1):
        for j in (-1, 0, 1):
            y, x = v + 2 * math.pi * i, u + 2 * math.pi * j
            along = math.cos(theta) * x + math.sin(theta) * y
            across = (math.cos(theta) * y - math.sin(theta) * x) / slant
            total += torch.exp(-(sigma**2) / 2 * ((along - centre) ** 2 + across**2))
    return total


def morlet(size: int, scale: int, theta: float, angles: int) -> Tensor:
    """Fourier transform of a Morlet wavelet with mean zero, shape (size, size), real.

    Args:
        size: Side of the image.
        scale: j: the wave's length doubles with each.
        theta: Direction of the wave, in radians.
        angles: Number of directions over a half turn; the more, the narrower.
    """
    sigma, centre, slant = 0.8 * 2**scale, 3 * math.pi / 4 / 2**scale, 4 / angles
    wave, envelope = bump(size, sigma, centre, theta, slant), bump(size, sigma, 0.0, theta, slant)
    return wave - wave[0, 0] / envelope[0, 0] * envelope


class Scattering(Counted):
    """Averages of |image * wavelet|, and of |(|image * wavelet|) * coarser wavelet|: stable to small deformations.

    Convolutions are circular and done by the Fourier transform. Source: Bruna & Mallat 2013, section 2.

    Args:
        size: Side of the images, a multiple of 2^scales.
        scales: J: averages are over about 2^J pixels, and as far apart.
        angles: L, directions of the wavelets.
        order: 1 or 2 wavelets on a path.
    """

    average: Tensor
    wavelets: Tensor

    def __init__(self, size: int, scales: int = 2, angles: int = 8, order: int = 2) -> None:
        super().__init__()
        if order not in (1, 2):
            raise ValueError(f"order is {order}, expected 1 or 2")
        if size % 2**scales:
            raise ValueError(f"size is {size}, expected a multiple of 2^scales = {2**scales}")
        self.scales, self.angles, self.order = scales, angles, order
        average = bump(size, 0.8 * 2 ** (scales - 1), 0.0, 0.0, 1.0)
        bank = [morlet(size, j, math.pi * k / angles, angles) for j in range(scales) for k in range(angles)]
        wavelets = torch.stack(bank)  # (scales * angles, size, size), finest first
        coverage = (wavelets**2).sum(0)
        # Together the wavelets must not enlarge an image: Σ |ψ(ω)|² + |ψ(−ω)|² ≤ 2.
        both = coverage + coverage.flip(0, 1).roll((1, 1), (0, 1))
        self.register_buffer("average", average / average[0, 0])
        self.register_buffer("wavelets", wavelets * (2 / both.max()).sqrt())

    @property
    def paths(self) -> int:
        """Maps out for each channel in: 1 + JL, and L² J (J − 1) / 2 of the second order."""
        first = self.scales * self.angles
        return 1 + first + (self.angles**2 * math.comb(self.scales, 2) if self.order == 2 else 0)

    def forward(self, x: Tensor) -> Tensor:
        """Averages, shape (N, C × paths, H / 2^scales, W / 2^scales), of images of shape (N, C, H, W)."""
        first = self.modulus(x[:, :, None], self.wavelets)  # (N, C, JL, H, W)
        layers = [x[:, :, None], first]
        if self.order == 2:
            n = self.angles
            layers += [
                self.modulus(first[:, :, i : i + 1], self.wavelets[(i // n + 1) * n :])
                for i in range((self.scales - 1) * n)
            ]
        maps = torch.cat(layers, dim=2).flatten(1, 2)
        smooth: Tensor = torch.fft.ifft2(torch.fft.fft2(maps) * self.average).real
        step = 2**self.scales
        return smooth[:, :, ::step, ::step]

    @staticmethod
    def modulus(x: Tensor, wavelets: Tensor) -> Tensor:
        """|x * wavelet| for each wavelet, shape (N, C, wavelets, H, W), of maps of shape (N, C, 1, H, W)."""
        filtered: Tensor = torch.fft.ifft2(torch.fft.fft2(x) * wavelets)
        return filtered.abs()

    def macs(self, x: Tensor, y: Tensor) -> int:
        """Products with the kernels' spectra; the Fourier transforms are not counted."""
        return x.numel() * (2 * self.paths - 1)  # each path but the first is filtered, and each is averaged

    def window(self, x: Tensor) -> Window:
        return Window(tuple(x.shape[2:]), (2**self.scales,) * 2, (1, 1))  # a wavelet has no end


def scattering(order: int, num_classes: int = 10, size: int = 32, scales: int = 3, angles: int = 6) -> ConvNet:
    """Scattering, batch normalisation, one linear layer.

    Args:
        order: 1 or 2.
        num_classes: Classes of the output.
        size: Side of the images.
        scales: See `Scattering`.
        angles: See `Scattering`.
    """
    transform = Scattering(size, scales, angles, order)
    features = nn.Sequential(transform, nn.BatchNorm2d(transform.paths))
    return ConvNet(features, nn.Linear(transform.paths * (size // 2**scales) ** 2, num_classes))


def _register(order: int, parameters: int, result: str | None, conditions: str) -> Callable[..., nn.Module]:
    return register(
        f"scattering{order}",
        paper="Bruna and Mallat, Invariant scattering convolution networks, IEEE Transactions on Pattern Analysis and "
        "Machine Intelligence",
        year=2013,
        input_shape=(1, 32, 32),
        parameters=parameters,
        result=result,
        conditions=conditions,
        difference="The kernels have no parameters; those counted are of the normalisation and the linear classifier, "
        "which stand for the paper's affine-space classifier and support vector machine.",
    )(partial(scattering, order=order))


scattering1 = _register(1, 2 * 19 + 19 * 16 * 10 + 10, None, "")
scattering2 = _register(
    2, 2 * 127 + 127 * 16 * 10 + 10, "0.43 % test error on MNIST", "affine-space classifier (PCA), 60,000 images"
)
