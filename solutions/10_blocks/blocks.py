# %% [markdown]
r"""
# Blocks: networks made of small networks

**80 points, about 4 hours.** Goes with the chapter *Case studies I* of the book.

After VGG, networks were no longer built from layers but from **blocks**: small networks with a few numbers to choose,
repeated. You write five of them, from Network in Network to MobileNet. Then you take a classifier apart, turn its
linear layers into convolutions, let it slide over a larger image, and measure when that gives the same scores as
cutting the image into crops. It is often said that it always does. It does not, and you will have the number.

You need PyTorch. While your answers are graded, the course's own library is out of reach.

**How to work.** Run the cells from the top. Write your code in place of each `raise NotImplementedError`, then run the
check below it: it tries the worked examples, and if no error comes, they are right. Hints open with a click. In a
terminal, `autograder check blocks.ipynb` runs all the tests and prints your points, and what went wrong and why.
"""

# %% setup="imports"
import torch
from torch import nn
from torch.nn import functional

# %% [markdown]
r"""
## Conventions of the whole notebook

| | |
|---|---|
| feature maps | `x`, shape `(N, C, H, W)`: number of images, channels, rows, columns |
| a block | a class, `nn.Module`: built with numbers of channels, called with feature maps |
| "keeps the size" | the maps that come out have as many rows and columns as those that go in |

The first five exercises ask for a class. Its docstring names the **attributes with parameters**, and the tests load
their own numbers into them by these names, so that your block and theirs compute with the same ones. What has no
parameters (ReLU, pooling) you may write as you like: as an attribute or as a function. Three rules hold for them all:

1. Nothing changes the maps that go in: no `inplace` on `x` itself.
2. Each convolution and each attribute is a layer of its own: none is used twice.
3. The block works in every float type, on images of every size, in `train()` and in `eval()` mode.

A convolution has a bias, unless batch normalisation follows: that has a shift of its own, and a bias before it would
be subtracted with the mean.
"""


# %% setup="examples"
class ConvBnRelu(nn.Module):
    """Convolution without bias, batch normalisation, ReLU: `conv` and `bn` have the parameters."""

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, groups=1):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        return torch.relu(self.bn(self.conv(x)))


def load(block, numbers):
    """The block with numbers in some of its parameters: a dict from names to lists, read row by row."""
    state = dict(block.state_dict())
    for name, values in numbers.items():
        assert name in state, f"the block has no parameter {name}; it has {', '.join(state)}"
        state[name] = torch.tensor(values, dtype=torch.float32).reshape(state[name].shape)
    block.load_state_dict(state)
    return block


def same(found, expected, **tolerances):
    """An error that shows both tensors, where they differ."""
    torch.testing.assert_close(found, expected, **tolerances, msg=f"yours is {found}, expected {expected}")


def count(block):
    """The number of parameters of a block."""
    return sum(parameter.numel() for parameter in block.parameters())


def classifier(padding):
    """A small classifier for images of 14×14 pixels in one channel, step 4; its weights are always the same."""
    torch.manual_seed(2)
    side = 2 if padding == 0 else 3  # of the maps that reach Flatten
    net = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=padding),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 6, 3, padding=padding),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(6 * side * side, 8),
        nn.ReLU(),
        nn.Linear(8, 3),
    )
    for layer in net:
        if not isinstance(layer, nn.ReLU | nn.MaxPool2d | nn.Flatten):
            nn.init.kaiming_normal_(layer.weight)
    return net.double()


NAMES = ("without padding", "with padding 1")
IMAGE = torch.rand(1, 1, 34, 34, dtype=torch.float64, generator=torch.Generator().manual_seed(7))


# %% [markdown]
r"""
## 1. Network in Network (8 points)

A kernel is a linear function of its window. Lin, Chen and Yan (2014) put a small network there instead: a k×k
convolution, a ReLU, and two 1×1 convolutions with ReLU, which see one position each and mix its channels. The same
small network slides over all windows, so it is three layers of the kind you know.

**By hand.** One channel. The image $\begin{pmatrix}1&2&0\\3&1&4\end{pmatrix}$, the kernel
$\begin{pmatrix}1&-1\\0&2\end{pmatrix}$ with bias 1: $1-2+0+2+1=2$ and $2-0+0+8+1=11$. The first 1×1 kernel, 2 with
bias −6: $-2\to0$ and $16$. The second, −0.5 with bias 10: $10$ and $2$.
"""


# %% exercise="nin-block"
class NiNBlock(nn.Module):
    """A k×k convolution and two 1×1 convolutions, ReLU after each of the three.

    Args:
        in_channels: Channels in.
        out_channels: Channels of each of the three convolutions.
        k: Side of the first kernel.
        s: Stride of the first convolution.
        p: Padding of the first convolution.

    Attributes with parameters: conv1, conv2, conv3, in the order of use, with biases.

    Call: maps of shape (N, in_channels, H, W) give maps of shape (N, out_channels, OH, OW).
    """

    def __init__(self, in_channels, out_channels, k, s=1, p=0):
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(in_channels, out_channels, k, s, p)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 1)
        self.conv3 = nn.Conv2d(out_channels, out_channels, 1)
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        for conv in (self.conv1, self.conv2, self.conv3):
            x = torch.relu(conv(x))
        return x
        ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: what a class for a block looks like</summary>

`__init__` makes the layers and keeps them as attributes, as in `self.conv1 = nn.Conv2d(…)`; `forward` uses them and
returns the result. `ConvBnRelu` above is one. `block(x)` calls `forward`.

</details>
<details><summary>Hint: load_state_dict complains</summary>

"Missing key(s)": the tests look for a parameter that your block does not have under that name. "Unexpected key(s)":
your block has one that is not asked for. "Size mismatch": the numbers of channels or the kernel's size are others.

</details>
"""

# %% points=8 tests="nin-block"
block = load(
    NiNBlock(1, 1, 2),
    {"conv1.weight": [1, -1, 0, 2], "conv1.bias": [1], "conv2.weight": [2], "conv2.bias": [-6]}
    | {"conv3.weight": [-0.5], "conv3.bias": [10]},
)
# 2 and 11; -2, which ReLU makes 0, and 16; 10 and 2.
same(block(torch.tensor([[[[1.0, 2.0, 0.0], [3.0, 1.0, 4.0]]]])), torch.tensor([[[[10.0, 2.0]]]]))

# The first block for CIFAR: (5·5·3 + 1)·192 = 14,592 parameters, and twice (192 + 1)·192 = 37,056.
block = NiNBlock(3, 192, 5, 1, 2)
assert count(block) == 14_592 + 2 * 37_056, f"yours has {count(block):,} parameters"
assert block(torch.zeros(1, 3, 32, 32)).shape == (1, 192, 32, 32), "padding 2 keeps the size of a 5×5 convolution"
assert NiNBlock(3, 4, 3, 2)(torch.zeros(2, 3, 9, 7)).shape == (2, 4, 4, 3), "stride 2 is for the first convolution only"

# %% [markdown]
r"""
## 2. Inception (18 points)

Which kernel is best, 1×1, 3×3, 5×5, or pooling? GoogLeNet (2014) takes all four side by side and lets the next layer
choose: the maps of the four branches are stacked, channel after channel. What makes it affordable are the 1×1
convolutions: they **reduce** the channels before the large kernels see them.

| branch | layers, each convolution with a ReLU behind it | channels out |
|---|---|---|
| 1 | 1×1 | `c1` |
| 2 | 1×1 to `c3r` channels, then 3×3 | `c3` |
| 3 | 1×1 to `c5r` channels, then 5×5 | `c5` |
| 4 | maximum of 3×3 at stride 1, then 1×1 | `pp` |

All branches keep the size.

**By hand.** One channel everywhere, the image $(1\;\;2)$. Branch 1 with weight 2: $(2\;\;4)$. Branch 2 reduces with
−1 and bias 3 to $(2\;\;1)$; a 3×3 kernel whose middle row is $(1\;2\;3)$ gives $2\cdot2+3\cdot1=7$ and
$1\cdot2+2\cdot1=4$. Branch 3 reduces with 1; a 5×5 kernel with the middle row $(0\;1\;1\;{-1}\;0)$ gives $1-2\to0$ and
$1+2=3$. Branch 4: the maximum is 2 at both places, times 10: $(20\;\;20)$. Stacked: four maps.
"""


# %% exercise="inception"
class Inception(nn.Module):
    """Four branches side by side, their maps stacked in the order of the branches.

    Args:
        in_channels: Channels in.
        c1: Channels of branch 1, the 1×1 convolution.
        c3r: Channels of the reduction in branch 2.
        c3: Channels of its 3×3 convolution.
        c5r: Channels of the reduction in branch 3.
        c5: Channels of its 5×5 convolution.
        pp: Channels of branch 4, the 1×1 convolution after pooling.

    Attributes with parameters: conv1; reduce3, conv3; reduce5, conv5; project (branch 4). All with biases.

    Call: maps of shape (N, in_channels, H, W) give maps of shape (N, c1 + c3 + c5 + pp, H, W).
    """

    def __init__(self, in_channels, c1, c3r, c3, c5r, c5, pp):
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(in_channels, c1, 1)
        self.reduce3 = nn.Conv2d(in_channels, c3r, 1)
        self.conv3 = nn.Conv2d(c3r, c3, 3, padding=1)
        self.reduce5 = nn.Conv2d(in_channels, c5r, 1)
        self.conv5 = nn.Conv2d(c5r, c5, 5, padding=2)
        self.project = nn.Conv2d(in_channels, pp, 1)
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        branch1 = self.conv1(x)
        branch2 = self.conv3(torch.relu(self.reduce3(x)))
        branch3 = self.conv5(torch.relu(self.reduce5(x)))
        branch4 = self.project(functional.max_pool2d(x, 3, stride=1, padding=1))
        return torch.relu(torch.cat([branch1, branch2, branch3, branch4], dim=1))  # every branch ends in a ReLU
        ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: stacking</summary>

`torch.cat([a, b], dim=1)` puts the channels of `b` after those of `a`. All other axes must agree, so each branch has
to keep the size: a k×k kernel does with padding (k − 1)/2.

</details>
<details><summary>Hint: pooling that keeps the size</summary>

`functional.max_pool2d(x, 3)` has stride 3 if you do not say otherwise. Give it `stride=1` and `padding=1`; the padding
of a maximum counts as −∞, not as 0.

</details>
"""

# %% points=18 tests="inception"
middle3, middle5 = [0, 0, 0, 1, 2, 3, 0, 0, 0], [0] * 10 + [0, 1, 1, -1, 0] + [0] * 10
block = load(
    Inception(1, 1, 1, 1, 1, 1, 1),
    {"conv1.weight": [2], "reduce3.weight": [-1], "conv3.weight": middle3, "reduce5.weight": [1]}
    | {"conv5.weight": middle5, "project.weight": [10], "reduce3.bias": [3]}
    | {f"{name}.bias": [0] for name in ("conv1", "conv3", "reduce5", "conv5", "project")},
)
y = block(torch.tensor([[[[1.0, 2.0]]]]))
assert y.shape == (1, 4, 1, 2), f"four maps of one row and two columns are expected, yours is {tuple(y.shape)}"
# Branch by branch; a wrong order shows in the rows.
same(y[0, :, 0], torch.tensor([[2.0, 4.0], [7.0, 4.0], [0.0, 3.0], [20.0, 20.0]]))

# GoogLeNet's block 3a: 12,352 + (18,528 + 110,720) + (3,088 + 12,832) + 6,176 = 163,696 parameters.
block = Inception(192, 64, 96, 128, 16, 32, 32)
assert count(block) == 163_696, f"yours has {count(block):,} parameters"
# 64 + 128 + 32 + 32 = 256 maps of the same size.
assert block(torch.zeros(1, 192, 6, 5)).shape == (1, 256, 6, 5), "every branch keeps the size"
# Its first three branches have 157,184 weights; without the reductions they would have 387,072.
weights = sum(p.numel() for name, p in block.state_dict().items() if "weight" in name)
assert weights == 157_184 + 192 * 32, f"yours has {weights:,} weights"
assert 192 * 64 + 192 * 128 * 9 + 192 * 32 * 25 == 387_072

# %% [markdown]
r"""
## 3. Long, thin kernels (8 points)

Inception v3 (2016) goes on saving: a 7×7 kernel has 49 weights, a 1×7 kernel followed by a 7×1 kernel has 14 and
sees the same window. (The pair is not the same function: it is a product of a row and a column, with a ReLU in
between. It is learnt as it is.) Each convolution here is followed by batch normalisation and ReLU: that is
`ConvBnRelu` above, and all the layers of this block are made of it.

| branch | layers | channels out |
|---|---|---|
| 1 | 1×1 | `c1` |
| 2 | 1×1 to `cnr`; 1×n to `cnr`; n×1 to `cn` | `cn` |
| 3 | 1×1 to `dnr`; n×1, 1×n, n×1 to `dnr` each; 1×n to `dn` | `dn` |
| 4 | average of 3×3 at stride 1, zeros of the padding counted; 1×1 | `pp` |

A 1×n kernel has one row and n columns. All layers keep the size.

**By hand.** With n = 7, 768 channels in and 192 channels everywhere else, branch 2 has $768\cdot192+7\cdot192^2+
7\cdot192^2=663{,}552$ weights. With a 7×7 kernel it would have $768\cdot192+49\cdot192^2=1{,}953{,}792$.
"""


# %% exercise="factorised-inception"
class FactorisedInception(nn.Module):
    """Four branches of 1×n and n×1 convolutions, their maps stacked in the order of the branches.

    Args:
        in_channels: Channels in.
        c1: Channels of branch 1.
        cnr: Inner channels of branch 2.
        cn: Channels that come out of it.
        dnr: Inner channels of branch 3.
        dn: Channels that come out of it.
        pp: Channels of branch 4.
        n: Length of the kernels, odd.

    Attributes with parameters, made of ConvBnRelu, in the order of use: branch1, a single one; branch2, an
    nn.Sequential of 3; branch3, an nn.Sequential of 5; branch4, a single one, after pooling.

    Call: maps of shape (N, in_channels, H, W) give maps of shape (N, c1 + cn + dn + pp, H, W).
    """

    def __init__(self, in_channels, c1, cnr, cn, dnr, dn, pp, n=7):
        super().__init__()
        ### BEGIN SOLUTION
        row = {"kernel_size": (1, n), "padding": (0, n // 2)}
        column = {"kernel_size": (n, 1), "padding": (n // 2, 0)}
        self.branch1 = ConvBnRelu(in_channels, c1, 1)
        self.branch2 = nn.Sequential(
            ConvBnRelu(in_channels, cnr, 1), ConvBnRelu(cnr, cnr, **row), ConvBnRelu(cnr, cn, **column)
        )
        self.branch3 = nn.Sequential(
            ConvBnRelu(in_channels, dnr, 1),
            ConvBnRelu(dnr, dnr, **column),
            ConvBnRelu(dnr, dnr, **row),
            ConvBnRelu(dnr, dnr, **column),
            ConvBnRelu(dnr, dn, **row),
        )
        self.branch4 = ConvBnRelu(in_channels, pp, 1)
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        pooled = functional.avg_pool2d(x, 3, stride=1, padding=1)
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(pooled)], dim=1)
        ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: kernels that are not square</summary>

`kernel_size` and `padding` take a pair `(rows, columns)`. To keep the size, a 1×n kernel needs padding in the
direction of the columns only: `(0, n // 2)`.

</details>
<details><summary>Hint: a bias too many</summary>

`ConvBnRelu` makes its convolution without a bias. Use it rather than layers of your own, and the names will be right
as well: `branch2.0.conv.weight`, `branch2.0.bn.weight`, …

</details>
"""

# %% points=8 tests="factorised-inception"
block = FactorisedInception(768, 192, 192, 192, 192, 192, 192)
names = [name for name in block.state_dict() if name.startswith("branch2") and name.endswith("conv.weight")]
weights = sum(block.state_dict()[name].numel() for name in names)
assert weights == 663_552, f"the convolutions of branch 2 have {weights:,} weights"
shapes = [tuple(block.state_dict()[f"branch3.{i}.conv.weight"].shape[2:]) for i in range(5)]
assert shapes == [(1, 1), (7, 1), (1, 7), (7, 1), (1, 7)], f"the kernels of branch 3 are {shapes}"
shape = tuple(FactorisedInception(5, 2, 3, 4, 2, 6, 1, n=3)(torch.zeros(2, 5, 6, 8)).shape)
assert shape == (2, 2 + 4 + 6 + 1, 6, 8), f"2 + 4 + 6 + 1 maps of the same size are expected, yours is {shape}"

# The four branches in order. In a fresh network in eval mode batch normalisation leaves values as they are, but for
# a factor of 1 / sqrt(1.00001). Image 9, weight 1: branch 1 gives 9; the average over 3×3 has eight zeros in it: 1.
block = FactorisedInception(1, 1, 1, 1, 1, 1, 1, n=3).eval()
ones = {f"branch2.{i}.conv.weight": [1] if i == 0 else [0, 1, 0] for i in range(3)}
ones |= {f"branch3.{i}.conv.weight": [1] if i == 0 else [0, 1, 0] for i in range(5)}
block = load(block, ones | {"branch2.0.conv.weight": [2], "branch3.0.conv.weight": [3]})
block = load(block, {"branch1.conv.weight": [1], "branch4.conv.weight": [1]})
y = block(torch.tensor([[[[9.0]]]]))
same(y[0, :, 0, 0], torch.tensor([9.0, 18.0, 27.0, 1.0]), rtol=1e-3, atol=0)

# %% [markdown]
r"""
## 4. Fire (8 points)

SqueezeNet (2016) reaches AlexNet's accuracy with a fiftieth of its parameters. Its block **squeezes** the maps to few
channels with a 1×1 convolution, then **expands** them with 1×1 and 3×3 convolutions side by side. ReLU comes after
each of the three.

**By hand.** One channel everywhere, the image $(1\;\;3)$. Squeeze with weight 2 and bias −3: $(-1\;\;3)\to(0\;\;3)$.
Expanding with the 1×1 weight 5: $(0\;\;15)$. Expanding with a 3×3 kernel whose middle row is $(1\;{-1}\;2)$:
$-0+2\cdot3=6$ and $1\cdot0-3=-3\to0$.
"""


# %% exercise="fire"
class Fire(nn.Module):
    """A squeeze, and two expansions of it side by side, stacked: 1×1 first, then 3×3. The size is kept.

    Args:
        in_channels: Channels in.
        s: Channels of the squeeze.
        e1: Channels of the 1×1 expansion.
        e3: Channels of the 3×3 expansion.

    Attributes with parameters: squeeze, expand1x1, expand3x3. All with biases.

    Call: maps of shape (N, in_channels, H, W) give maps of shape (N, e1 + e3, H, W).
    """

    def __init__(self, in_channels, s, e1, e3):
        super().__init__()
        ### BEGIN SOLUTION
        self.squeeze = nn.Conv2d(in_channels, s, 1)
        self.expand1x1 = nn.Conv2d(s, e1, 1)
        self.expand3x3 = nn.Conv2d(s, e3, 3, padding=1)
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        squeezed = torch.relu(self.squeeze(x))
        return torch.relu(torch.cat([self.expand1x1(squeezed), self.expand3x3(squeezed)], dim=1))
        ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint</summary>

Both expansions see the same squeezed maps. To stack their results along the channels they must have the same rows and
columns: what padding does the 3×3 convolution need?

</details>
"""

# %% points=8 tests="fire"
block = load(
    Fire(1, 1, 1, 1),
    {"squeeze.weight": [2], "squeeze.bias": [-3], "expand1x1.weight": [5], "expand1x1.bias": [0]}
    | {"expand3x3.weight": [0, 0, 0, 1, -1, 2, 0, 0, 0], "expand3x3.bias": [0]},
)
y = block(torch.tensor([[[[1.0, 3.0]]]]))
assert y.shape == (1, 2, 1, 2), f"two maps of one row and two columns are expected, yours is {tuple(y.shape)}"
same(y[0, :, 0], torch.tensor([[0.0, 15.0], [6.0, 0.0]]))

# SqueezeNet's fire2: (96 + 1)·16 + (16 + 1)·64 + (16·9 + 1)·64 = 1,552 + 1,088 + 9,280 = 11,920 parameters.
assert count(Fire(96, 16, 64, 64)) == 11_920, f"yours has {count(Fire(96, 16, 64, 64)):,} parameters"
assert Fire(4, 2, 3, 5)(torch.zeros(2, 4, 6, 7)).shape == (2, 8, 6, 7), "3 + 5 maps, of the same size"

# %% [markdown]
r"""
## 5. Depthwise separable (8 points)

MobileNet (2017) separates space and channels: a **depthwise** convolution gives each channel a k×k kernel of its own
(as many groups as channels), a **pointwise** one, 1×1, mixes the channels. Batch normalisation and ReLU follow each of
the two: again `ConvBnRelu`.

A full 3×3 convolution from 64 to 128 channels has 64·128·9 = 73,728 weights. Separated: 64·9 + 64·128 = 8,768, with
384 for the two normalisations 9,152: an eighth.

**By hand.** Two channels with one value each, 2 and 3; depthwise kernels whose middle weights are 4 and −1: 8 and
$-3\to0$. Pointwise weights $(1\;\;5)$: $8+5\cdot0=8$. (Fresh batch normalisation in `eval()` mode changes nothing but
the fifth digit.)
"""


# %% exercise="separable-conv"
class SeparableConv(nn.Module):
    """A depthwise convolution, which has the stride, and a pointwise one, each with batch normalisation and ReLU.

    Args:
        in_channels: Channels in.
        out_channels: Channels out.
        k: Side of the depthwise kernels, odd. Padding keeps the size at stride 1.
        stride: Stride of the depthwise convolution.

    Attributes with parameters: depthwise, pointwise; each a ConvBnRelu.

    Call: maps of shape (N, in_channels, H, W) give maps of shape (N, out_channels, ceil(H / stride), ceil(W / stride)).
    """

    def __init__(self, in_channels, out_channels, k=3, stride=1):
        super().__init__()
        ### BEGIN SOLUTION
        self.depthwise = ConvBnRelu(in_channels, in_channels, k, stride, k // 2, groups=in_channels)
        self.pointwise = ConvBnRelu(in_channels, out_channels, 1)
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        return self.pointwise(self.depthwise(x))
        ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint</summary>

`ConvBnRelu` has an argument `groups`. With as many groups as channels, each kernel sees one channel; how many kernels
does the depthwise convolution then have?

</details>
"""

# %% points=8 tests="separable-conv"
block = load(
    SeparableConv(2, 1).eval(),
    {"depthwise.conv.weight": [0] * 4 + [4] + [0] * 8 + [-1] + [0] * 4} | {"pointwise.conv.weight": [1, 5]},
)
same(block(torch.tensor([[[[2.0]], [[3.0]]]])), torch.tensor([[[[8.0]]]]), rtol=1e-4, atol=0)

# 64·9 + 64·128 weights, and 2·64 + 2·128 for batch normalisation.
block = SeparableConv(64, 128)
assert count(block) == 8_768 + 384, f"yours has {count(block):,} parameters"
assert block(torch.zeros(1, 64, 5, 7)).shape == (1, 128, 5, 7), "at stride 1 the size is kept"
# A stride of 2 halves the size, rounded up: 7 becomes 4.
shape = SeparableConv(3, 4, 5, 2)(torch.zeros(2, 3, 7, 8)).shape
assert shape == (2, 4, 4, 4), f"k = 5, stride 2: (2, 4, 4, 4) is expected, yours is {tuple(shape)}"

# %% [markdown]
r"""
## 6. A linear layer is a convolution (15 points)

AlexNet and VGG end in maps of shape (C, H, W), which `nn.Flatten` puts in one row, and a linear layer. Each output of
that layer is a weighted sum of all C·H·W values: the same as **one** window of a convolution whose kernels are as
large as the maps. Nothing is gained on maps of that size. On larger maps, the convolution slides, and the linear layer
cannot.

**By hand.** One output, bias 0.5, maps with C = 2, H = 1, W = 2. `Flatten` takes the channels one after the other, each
row by row. So the weights $(1\;2\;3\;4)$ become the kernel $(1\;2)$ for the first channel and $(3\;4)$ for the second.
On the wider maps $(1\;0\;2)$ and $(0\;1\;1)$ it gives $1+0+0+4+0.5=5.5$ and $0+4+3+4+0.5=11.5$.
"""


# %% exercise="fc-to-conv"
def fc_to_conv(linear, C, H, W):
    """The convolution that does on maps of C×H×W what a linear layer does on them when flattened.

    Args:
        linear: An nn.Linear with C·H·W inputs and F outputs, with or without bias. It stays as it is.
        C: Channels of the maps.
        H: Their rows.
        W: Their columns.

    Returns:
        An nn.Conv2d from C to F channels with kernels of H×W, stride 1, no padding; with a bias if `linear` has one.
        Its parameters are copies of those of `linear`, of the same type, and can be trained.

    Raises:
        ValueError: If `linear` does not have C·H·W inputs.
    """
    ### BEGIN SOLUTION
    if linear.in_features != C * H * W:
        raise ValueError(f"linear has {linear.in_features} inputs, maps of {C}×{H}×{W} have {C * H * W} values")
    conv = nn.Conv2d(C, linear.out_features, (H, W), bias=linear.bias is not None, dtype=linear.weight.dtype)
    with torch.no_grad():
        conv.weight.copy_(linear.weight.view(linear.out_features, C, H, W))
        if linear.bias is not None:
            conv.bias.copy_(linear.bias)
    return conv
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: which shape?</summary>

`linear.weight` has the shape (F, C·H·W), `conv.weight` the shape (F, C, H, W). `Flatten` keeps the order of the
values in memory, and so does `view`.

</details>
<details><summary>Hint: writing into parameters</summary>

Inside `with torch.no_grad():`, `parameter.copy_(values)` writes values into a parameter. `nn.Conv2d(…, bias=False)`
has `bias` None; `nn.Conv2d(…, dtype=torch.float64)` makes parameters of that type.

</details>
"""

# %% points=15 tests="fc-to-conv"
linear = load(nn.Linear(4, 1), {"weight": [1, 2, 3, 4], "bias": [0.5]})
conv = fc_to_conv(linear, 2, 1, 2)
y = conv(torch.tensor([[[[1.0, 0.0, 2.0]], [[0.0, 1.0, 1.0]]]]))
assert y.shape == (1, 1, 1, 2), f"two positions are expected, yours is {tuple(y.shape)}"
same(y, torch.tensor([[[[5.5, 11.5]]]]))

# On maps of its own size, the convolution is the linear layer: 5 outputs of 3·2·4 = 24 values.
linear, maps = nn.Linear(24, 5), torch.rand(2, 3, 2, 4)
torch.testing.assert_close(fc_to_conv(linear, 3, 2, 4)(maps).flatten(1), linear(maps.flatten(1)))

try:
    fc_to_conv(linear, 3, 2, 5)
    raise AssertionError("3·2·5 = 30 values do not fit a linear layer with 24 inputs: ValueError is expected")
except ValueError:
    pass

# %% [markdown]
r"""
## 7. Sliding a classifier (5 points)

A classifier is made for images of one size, 224×224, say, because of its linear layers. Turn all of these into
convolutions, and it takes any larger image and gives **a map of scores** for each class: one score for each position
of a 224×224 window. The step from one window to the next is the product of all strides in the network, 32 for VGG, and
nothing is computed twice.

**By hand.** An image of 384×384 pixels: VGG's five poolings make 12×12 maps of it, and the first linear layer, as a
convolution with kernels of 7×7, gives 12 − 7 + 1 = 6 rows and columns: the scores of 36 windows. `classifier(0)` above
does the same in small: 34×34 pixels become 32, 16, 14, 7, and 7 − 2 + 1 = 6.
"""


# %% exercise="slide"
def slide(net, img):
    """The scores of a classifier at all positions of larger images, in one pass.

    Args:
        net: An nn.Sequential of layers that take maps of any size, one nn.Flatten, and after it linear layers with
            what takes any shape between them (ReLU, Dropout, …). The maps that reach nn.Flatten have as many rows as
            columns in an image of the size that it is made for. It stays as it is, in the mode that it is in.
        img: Images, shape (N, C, H, W), of that size or larger.

    Returns:
        Shape (N, classes, h, w): scores, for h×w positions of the window.
    """
    ### BEGIN SOLUTION
    flat = next(i for i, layer in enumerate(net) if isinstance(layer, nn.Flatten))
    y = net[:flat](img)
    for layer in net[flat + 1 :]:
        if isinstance(layer, nn.Linear):
            channels = y.shape[1]
            side = round((layer.in_features / channels) ** 0.5)  # 1 for all linear layers but the first
            layer = fc_to_conv(layer, channels, side, side)
        y = layer(y)
    return y
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: how large are the kernels?</summary>

Run the layers before `nn.Flatten` first: `net[:i]` is an `nn.Sequential` of the first i layers. The result has C
channels, and the first linear layer has C·H·H inputs. For the linear layers after it, maps have one row and one column.

</details>
"""

# %% points=5 tests="slide"
scores = slide(classifier(0), IMAGE)
assert scores.shape == (1, 3, 6, 6), f"34 pixels: 6×6 positions, yours is {tuple(scores.shape)}"
# At one position: what the classifier says of the crop there. The step is 2·2 = 4 pixels.
crop = IMAGE[:, :, 4:18, 8:22]
same(scores[:, :, 1, 2], classifier(0)(crop))
# On an image of the size that the classifier is made for: its scores, with two axes more.
same(slide(classifier(1), crop)[:, :, 0, 0], classifier(1)(crop))

# %% [markdown]
r"""
## 8. Are the crops identical? (10 points)

It is often written that sliding the converted network over a 384×384 image and running the original one on its 36
crops of 224×224 give identical results. Measure it: the largest difference of any score at any of the positions.

Where would a difference come from? A network that pads puts zeros around **its** input. In a crop, these zeros stand
where the large image has pixels. VGG pads in every layer.

**By hand.** One 3×3 convolution with padding 1 and weights 1, then a linear layer that adds up everything. In a 2×2
crop of an image of ones, each of the four windows sees the 4 ones that are there: together 16. In the middle of a
large image of ones, each sees 9: together 36. The difference is 20.
"""


# %% exercise="crops-agree"
def crops_agree(net, img, crop, step):
    """How far the scores of a sliding classifier are from those of the crops: the largest absolute difference.

    Args:
        net: A classifier as in `slide`. It stays as it is.
        img: Images, shape (N, C, H, W).
        crop: Rows and columns of a crop, the size of image that `net` is made for.
        step: Pixels from one crop to the next, in both directions, beginning at the upper left corner.

    Returns:
        A float: the maximum over images, classes and positions.

    Raises:
        ValueError: If there are not as many positions in `slide(net, img)` as crops, in rows and in columns.
    """
    ### BEGIN SOLUTION
    scores = slide(net, img)
    tops, lefts = (range(0, size - crop + 1, step) for size in img.shape[2:])
    if scores.shape[2:] != (len(tops), len(lefts)):
        raise ValueError(f"{tuple(scores.shape[2:])} positions, but crops at {(len(tops), len(lefts))}")
    worst = 0.0
    for i, top in enumerate(tops):
        for j, left in enumerate(lefts):
            single = net(img[:, :, top : top + crop, left : left + crop])
            worst = max(worst, (single - scores[:, :, i, j]).abs().max().item())
    return worst
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: which crops?</summary>

`range(0, H - crop + 1, step)` are the first rows of the crops. The crop in row i and column j of this grid belongs to
`scores[:, :, i, j]`.

</details>
<details><summary>Hint: a number, not a tensor</summary>

`tensor.item()` gives the number of a tensor that has one.

</details>
"""

# %% points=10 tests="crops-agree"
# The worked example: 36 - 16 = 20 at the position in the middle.
adding = nn.Sequential(nn.Conv2d(1, 1, 3, padding=1, bias=False), nn.Flatten(), nn.Linear(4, 1, bias=False))
adding = load(adding, {"0.weight": [1] * 9, "2.weight": [1] * 4})
largest = crops_agree(adding, torch.ones(1, 1, 6, 6), 2, 1)
assert abs(largest - 20) < 1e-4, f"36 - 16 = 20; yours is {largest}"

# 36 crops of 14×14 from 34×34 pixels, step 4, in float64.
differences = [crops_agree(classifier(padding), IMAGE, 14, 4) for padding in (0, 1)]
for name, difference in zip(NAMES, differences, strict=True):
    print(f"{name}: {difference:.2g}")
assert differences[0] < 1e-12, f"without padding they agree but for rounding; yours differ by {differences[0]}"
# All scores of that network lie between 0.33 and 3.00: 0.81 is no rounding error.
assert abs(differences[1] - 0.8123) < 1e-3, f"the largest difference is 0.8123, yours is {differences[1]:.4f}"

# %% [markdown]
r"""
"Identical" holds for networks without padding. With padding, sliding and cropping are two different computations, and
here the difference, 0.81, is almost a third of the range of the scores. How large it is depends on the network. In
VGG-16 each value of the last maps sees 212 of 224 pixels, so that the zeros at the border reach all of them.

## What you have built

- Five blocks, which, repeated, are Network in Network, GoogLeNet, Inception v3, SqueezeNet and MobileNet.
- A classifier that slides, and the number that says what padding does to it.

Unit 11 goes on to blocks with shortcuts. Nothing you wrote here is needed there.
"""
