"""The Neocognitron: S-cells that learn features without a teacher, C-cells that forgive small shifts."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from cnnkit.zoo._registry import register
from cnnkit.zoo._trace import Counted, Window


def gaussian_window(size: int, planes: int = 1) -> Tensor:
    """Positive weights that fall from the centre and sum to 1 over window and planes, shape (1, planes, size, size)."""
    distance = torch.arange(size, dtype=torch.float32) - (size - 1) / 2
    row = torch.exp(-(distance**2) / (2 * (size / 3) ** 2))
    window = row[:, None] * row
    return (window / window.sum() / planes).expand(1, planes, size, size).clone()


def centred(x: Tensor, size: int, out: int) -> Tensor:
    """Pad or crop maps so that windows of a size at step 1 have `out` positions, centred on those of `x`."""
    margin = out + size - 1 - x.shape[-1]
    low = margin // 2
    return functional.pad(x, (low, margin - low, low, margin - low))


class SLayer(Counted):
    """S-cells: each plane answers to one feature, and less if other things are near (shunting inhibition).

    u = r · max(0, (1 + Σ a x) / (1 + 2r / (1 + r) · b · v) − 1), with v = √(Σ c x²).
    Source: Fukushima 1980.

    Args:
        in_planes: Planes in.
        planes: Planes out.
        size: Side of the windows.
        out: Side of the planes out.
        r: How much of a feature must be there; larger is stricter.
    """

    excitatory: Tensor
    inhibitory: Tensor
    nearness: Tensor

    def __init__(self, in_planes: int, planes: int, size: int, out: int, r: float) -> None:
        super().__init__()
        self.size, self.out, self.r = size, out, r
        # No gradient reaches them: they grow by `reinforce`. The start is small and differs from plane to plane.
        start = 0.01 * torch.rand(planes, in_planes, size, size) * gaussian_window(size, in_planes)
        self.excitatory = nn.Parameter(start, requires_grad=False)
        self.inhibitory = nn.Parameter(torch.zeros(planes), requires_grad=False)
        self.register_buffer("nearness", gaussian_window(size, in_planes))

    def forward(self, x: Tensor) -> Tensor:
        """Responses, shape (N, planes, out, out), of C-planes of shape (N, in_planes, H, H)."""
        x = centred(x, self.size, self.out)
        near = functional.conv2d(x.square(), self.nearness).sqrt()
        inhibition = 2 * self.r / (1 + self.r) * self.inhibitory[:, None, None] * near
        excitation = functional.conv2d(x, self.excitatory)
        return self.r * torch.relu((1 + excitation) / (1 + inhibition) - 1)

    @torch.no_grad()
    def reinforce(self, x: Tensor, rate: float) -> None:
        """Let the seed cells learn what they saw: Δa = rate · c · x and Δb = rate · v / 2.

        At each position the strongest cell of all planes is a candidate, among the candidates of a plane the strongest
        is its seed, and all cells of the plane share what it learns. Source: Fukushima 1980.

        Args:
            x: C-planes of one pattern, shape (1, in_planes, H, H).
            rate: Speed of learning, q in the paper.
        """
        responses = self(x)[0]
        x = centred(x, self.size, self.out)
        best = (responses == responses.amax(0)) & (responses > 0)
        for plane, candidates in enumerate(torch.where(best, responses, torch.zeros_like(responses))):
            if candidates.max() <= 0:
                continue
            top, left = divmod(int(candidates.argmax()), self.out)
            seen = x[:, :, top : top + self.size, left : left + self.size]
            self.excitatory[plane] += rate * (self.nearness * seen)[0]
            self.inhibitory[plane] += rate / 2 * (self.nearness * seen.square()).sum().sqrt()

    def macs(self, x: Tensor, y: Tensor) -> int:
        return y.numel() * self.excitatory[0].numel() + y[:, 0].numel() * self.nearness.numel()

    def window(self, x: Tensor) -> Window:
        return Window((self.size,) * 2, (1, 1), (1, 1))


class CLayer(Counted):
    """C-cells: a plane answers if any near S-cell of its plane does, less if many of other planes do.

    A plane's blurred answer u and the mean v of all give ψ((1 + u) / (1 + v) − 1); ψ(x) = x / (0.5 + x) above 0.
    Source: Fukushima 1980.
    """

    spread: Tensor

    def __init__(self, size: int, out: int) -> None:
        super().__init__()
        self.size, self.out = size, out
        self.register_buffer("spread", gaussian_window(size))

    def forward(self, x: Tensor) -> Tensor:
        """Responses, shape (N, C, out, out), of S-planes of shape (N, C, H, H)."""
        x = centred(x, self.size, self.out)
        planes = x.shape[1]
        blurred = functional.conv2d(x, self.spread.expand(planes, 1, -1, -1), groups=planes)
        y = torch.relu((1 + blurred) / (1 + blurred.mean(1, keepdim=True)) - 1)
        return y / (0.5 + y)

    def macs(self, x: Tensor, y: Tensor) -> int:
        return y.numel() * self.size**2

    def window(self, x: Tensor) -> Window:
        return Window((self.size,) * 2, (1, 1), (1, 1))


@register(
    "neocognitron",
    paper="Fukushima, Neocognitron: a self-organizing neural network model for a mechanism of pattern recognition "
    "unaffected by shift in position, Biological Cybernetics",
    year=1980,
    input_shape=(1, 16, 16),
    parameters=24 * (25 + 24 * 25 + 24 * 25 + 3),
    difference="Windows and sizes of the planes are the paper's; its fixed weights that fall from the centre are not "
    "printed: ours are Gaussian. Planes are centred on each other, and what lies outside is zero. The count is of "
    "weights that learn, shared within a plane.",
)
class Neocognitron(nn.Module):
    """Three pairs of S- and C-layers with 24 planes each: 16 × 16 pixels become 24 cells that see the whole image.

    Args:
        num_classes: Planes of the last layer, one a pattern that it may discover.
        planes: Planes of the other layers.
        selectivity: r of the three S-layers.
    """

    def __init__(
        self, num_classes: int = 24, planes: int = 24, selectivity: tuple[float, float, float] = (4.0, 1.5, 1.5)
    ) -> None:
        super().__init__()
        r1, r2, r3 = selectivity
        self.s1, self.c1 = SLayer(1, planes, 5, 16, r1), CLayer(5, 10)
        self.s2, self.c2 = SLayer(planes, planes, 5, 8, r2), CLayer(5, 6)
        self.s3, self.c3 = SLayer(planes, num_classes, 5, 2, r3), CLayer(2, 1)
        self.flatten = nn.Flatten()

    def forward(self, x: Tensor) -> Tensor:
        """Responses of the last C-cells, shape (N, num_classes), to images of shape (N, 1, 16, 16) from 0 to 1."""
        y: Tensor = self.c3(self.s3(self.c2(self.s2(self.c1(self.s1(x))))))
        return self.flatten(y)  # type: ignore[no-any-return]

    def learn(self, images: Tensor, rounds: int = 20, rates: tuple[float, float, float] = (1.0, 16.0, 16.0)) -> None:
        """Let each S-layer discover features, one after another, without labels.

        Source: Fukushima 1980, for the rates.

        Args:
            images: Patterns, shape (N, 1, 16, 16), from 0 to 1.
            rounds: How often each layer sees all patterns.
            rates: Speed of learning of the three S-layers.
        """
        y = images
        for s, c, rate in zip((self.s1, self.s2, self.s3), (self.c1, self.c2, self.c3), rates, strict=True):
            for _ in range(rounds):
                for image in y:
                    s.reinforce(image[None], rate)
            y = c(s(y))
