"""The time-delay neural network: convolution along time, for speech."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnnkit.zoo._registry import register
from cnnkit.zoo._trace import Counted, Window


class Evidence(Counted):
    """Sum over time of the squares of each row: the longer and the surer, the more."""

    def forward(self, x: Tensor) -> Tensor:
        """Scores, shape (N, C), of rows of shape (N, C, L)."""
        return x.square().sum(2)

    def macs(self, x: Tensor, y: Tensor) -> int:
        return x.numel()

    def window(self, x: Tensor) -> Window:
        return Window(tuple(x.shape[2:]), (1,), (1,))


@register(
    "tdnn",
    paper="Waibel, Hanazawa, Hinton, Shikano and Lang, Phoneme recognition using time-delay neural networks, "
    "IEEE Transactions on Acoustics, Speech, and Signal Processing",
    year=1989,
    input_shape=(16, 15),
    parameters=515,
    result="98.5 % of 1,946 tokens of B, D and G right; the best hidden Markov model 93.7 %",
    conditions="three speakers, a network for each of them",
    difference="The output is the plain sum of squares over time, without weights of its own.",
)
class TDNN(nn.Module):
    """16 mel-scale coefficients × 15 frames of 10 ms; 8 units that see 3 frames, 3 units that see 5 of theirs.

    Args:
        num_classes: Phonemes.
        hidden: Units of the first hidden layer.
    """

    def __init__(self, num_classes: int = 3, hidden: int = 8) -> None:
        super().__init__()
        self.hidden1 = nn.Conv1d(16, hidden, 3)
        self.hidden2 = nn.Conv1d(hidden, num_classes, 5)
        self.output = Evidence()

    def forward(self, x: Tensor) -> Tensor:
        """Evidence for each phoneme, shape (N, num_classes), of sound of shape (N, 16, L), L ≥ 7 frames."""
        y: Tensor = self.output(torch.sigmoid(self.hidden2(torch.sigmoid(self.hidden1(x)))))
        return y
