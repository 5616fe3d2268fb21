# %% [markdown]
r"""
# Residual networks and after

**90 points, about 5 hours.** Goes with the chapter *Residual networks and after* of the book.

A network of 56 layers can do all that one of 20 layers can: the other 36 need only hand on what they get. Trained, it
was worse, on the training images too. Nothing vanished; it was hard to *find* layers that hand on. In 2015, He, Zhang,
Ren and Sun built the handing on in: a block computes $F(x) + x$, and a block that should do nothing has to learn
$F = 0$.

You write such a block forward and backward in NumPy, then the blocks of the well-known networks in PyTorch, and put
them together to all ResNets from 18 to 152 layers.

**How to work.** Run the cells from the top. Write your code in place of each `raise NotImplementedError`, then run the
check below it: it tries the worked examples, and if no error comes, they are right. Hints open with a click. In a
terminal, `autograder check residual.ipynb` runs all the tests and prints your points, and what went wrong and why.
"""

# %% setup="imports"
import numpy as np
import torch
from torch import nn
from torch.nn import functional

from cnnkit.ops import conv2d, conv2d_backward, relu, relu_backward


def load(block, numbers):
    """The block with numbers in some of its parameters: a dict from names to lists, read row by row."""
    state = dict(block.state_dict())
    for name, values in numbers.items():
        assert name in state, f"the block has no parameter {name}; it has {', '.join(state)}"
        state[name] = torch.tensor(values, dtype=torch.float32).reshape(state[name].shape)
    block.load_state_dict(state)
    return block


def count(block):
    """The number of parameters of a block, which loses their values by it: only shapes stay."""
    return sum(parameter.numel() for parameter in block.to("meta").parameters())


# %% [markdown]
r"""
## Conventions of the whole notebook

| | |
|---|---|
| feature maps | `x`, shape `(N, C, H, W)` |
| upstream gradient | `dout`, shape of the block's result |
| stride | of the block: the maps that come out have ⌈H / stride⌉ rows and ⌈W / stride⌉ columns |
| shortcut | what is added to the branch: `x` itself, or, where the shape changes, option "A" or "B" |

**Option A**: every stride-th row and column of `x`, and behind its channels as many channels of zeros as are missing.
No parameters. **Option B**: a 1×1 convolution with the stride. Where the shape does not change, that is with stride 1
and as many channels out as in, the shortcut is `x` under both options.

The first exercise is in NumPy, with `conv2d`, `conv2d_backward`, `relu` and `relu_backward` of the earlier units. All
others are in PyTorch. As in unit 10, docstrings name the attributes with parameters, by which the tests load their own
numbers; they are torchvision's names, so that weights trained elsewhere fit your networks. A convolution that batch
normalisation follows has no bias. Nothing changes the maps that go in: `y += x` is fine, `x += y` is not.
"""

# %% setup="examples"
PIXELS = np.array([[[[1.0, -2.0]]]])
PARAMS = {
    "w1": np.array([[[[0.0, 0.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.0, 0.0]]]]),
    "b1": np.array([3.0]),
    "w2": np.array([[[[0.0, 0.0, 0.0], [0.0, 2.0, -1.0], [0.0, 0.0, 0.0]]]]),
    "b2": np.array([-1.0]),
}


# %% [markdown]
r"""
## 1. A residual block in NumPy (28 points)

$$y=\mathrm{relu}\big(F(x)+s(x)\big),\qquad F(x)=w_2*\mathrm{relu}(w_1*x+b_1)+b_2$$

Here $*$ is the layer `conv2d`. Both kernels are 3×3 with padding 1; the first has the stride. $s$ is the shortcut. The
last ReLU comes **after** the sum. Backward, the sum hands the same gradient to both of its terms, and where a value
was used twice, its gradients add up: $x$ goes into the branch and into the shortcut, so that `dx` has two parts. The
part that comes through the shortcut passes no kernel: this is what keeps gradients alive through a hundred blocks.

**By hand.** One channel, $x=(1\;\;{-2})$, all kernels zero but for the middle row: $w_1:(0\;1\;1)$, $b_1=3$,
$w_2:(0\;2\;{-1})$, $b_2=-1$. First convolution: $1-2+3=2$ and $-2+3=1$, both positive. Second: $2\cdot2-1\cdot1-1=2$
and $2\cdot1-1=1$. Sum with $x$: $(3\;\;{-1})$, so $y=(3\;\;0)$.

Backward with `dout` $(1\;\;1)$: the last ReLU leaves $(1\;\;0)$. Through the shortcut: $(1\;\;0)$. Through $w_2$:
$(2\;\;{-1})$; the inner ReLU lets both pass; through $w_1$: $2\cdot1=2$ and $2\cdot1-1\cdot1=1$. Together
`dx` $=(3\;\;1)$.
"""


# %% exercise="residual-forward"
def residual_forward(x, params, stride=1, option="A"):
    """The feature maps that come out of a residual block.

    Args:
        x: Feature maps, shape (N, C, H, W).
        params: A dict of arrays: "w1", shape (F, C, 3, 3); "b1", (F,); "w2", (F, F, 3, 3); "b2", (F,). Under option
            "B", where stride is not 1 or C is not F, also "ws", (F, C, 1, 1), and "bs", (F,), of the shortcut.
        stride: Stride of the first convolution and of the shortcut.
        option: "A" or "B".

    Returns:
        Shape (N, F, ceil(H / stride), ceil(W / stride)), a new array of x's dtype (a float type).

    Raises:
        ValueError: If option is neither "A" nor "B"; under option "A", if F is less than C.
    """
    ### BEGIN SOLUTION
    branch = conv2d(relu(conv2d(x, params["w1"], params["b1"], stride, 1)), params["w2"], params["b2"], 1, 1)
    return relu(branch + shortcut(x, params, stride, option))


def shortcut(x, params, stride, option):
    channels = len(params["w1"])
    if option not in ("A", "B"):
        raise ValueError(f"option is {option!r}, expected 'A' or 'B'")
    if stride == 1 and channels == x.shape[1]:
        return x
    if option == "B":
        return conv2d(x, params["ws"], params["bs"], stride)
    if channels < x.shape[1]:
        raise ValueError(f"option 'A' adds channels, but {x.shape[1]} come in and {channels} go out")
    return np.pad(x[:, :, ::stride, ::stride], ((0, 0), (0, channels - x.shape[1]), (0, 0), (0, 0)))
    ### END SOLUTION


def residual_backward(dout, x, params, stride=1, option="A"):
    """The gradients of residual_forward.

    Args:
        dout: Upstream gradient, of the shape of residual_forward(x, params, stride, option).
        x: Feature maps, shape (N, C, H, W).
        params: As for residual_forward.
        stride: As for residual_forward.
        option: As for residual_forward.

    Returns:
        The pair (dx, grads): the gradient of x, of x's shape, and a dict with the gradient of each of `params` under
        the same name. New arrays of x's dtype.

    Raises:
        ValueError: As residual_forward.
    """
    ### BEGIN SOLUTION
    first = conv2d(x, params["w1"], params["b1"], stride, 1)
    inner = relu(first)
    total = conv2d(inner, params["w2"], params["b2"], 1, 1) + shortcut(x, params, stride, option)
    dtotal = relu_backward(dout, total)

    grads = {}
    dinner, grads["w2"], grads["b2"] = conv2d_backward(dtotal, inner, params["w2"], 1, 1)
    dx, grads["w1"], grads["b1"] = conv2d_backward(relu_backward(dinner, first), x, params["w1"], stride, 1)
    if stride == 1 and dtotal.shape[1] == x.shape[1]:
        return dx + dtotal, grads
    if option == "A":  # the channels of zeros get a gradient that nobody asks for
        dx[:, :, ::stride, ::stride] += dtotal[:, : x.shape[1]]
        return dx, grads
    dskip, grads["ws"], grads["bs"] = conv2d_backward(dtotal, x, params["ws"], stride, 0)
    return dx + dskip, grads
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: option A</summary>

`x[:, :, ::stride, ::stride]` takes every stride-th row and column. `np.pad` takes one pair for each of the four axes;
only the one of the channels gets zeros, and only behind.

</details>
<details><summary>Hint: backward</summary>

Compute again what went into each ReLU; its gradient asks where that was positive. Then walk back: last ReLU, second
convolution, inner ReLU, first convolution. `conv2d_backward(dout, x, w, stride, padding)` gives `(dx, dw, db)`.

</details>
<details><summary>Hint: the gradient of option A</summary>

Forward takes every stride-th pixel; backward puts each gradient where its pixel came from, and the other pixels get
none from the shortcut: `dx[:, :, ::stride, ::stride] += …`. The channels of zeros have no pixel.

</details>
"""

# %% points=28 tests="residual-forward"
y = residual_forward(PIXELS, PARAMS)
np.testing.assert_allclose(y, [[[[3, 0]]]], err_msg="the example above")
dx, grads = residual_backward(np.ones((1, 1, 1, 2)), PIXELS, PARAMS)
np.testing.assert_allclose(dx, [[[[3, 1]]]], err_msg="1 + 2 and 0 + 1: shortcut and branch")
# b2 sees the gradient (1 0), b1 the gradient (2 -1).
np.testing.assert_allclose([grads["b2"][0], grads["b1"][0]], [1, 1])

# A branch of zeros: the block is relu(x), and dx is dout where x is positive.
zeros = {name: np.zeros_like(values) for name, values in PARAMS.items()}
np.testing.assert_allclose(residual_forward(PIXELS, zeros), [[[[1, 0]]]])
np.testing.assert_allclose(residual_backward(np.array([[[[5.0, 7.0]]]]), PIXELS, zeros)[0], [[[[5, 0]]]])

# Stride 2 and two channels out. Option A: every second pixel, and a channel of zeros.
wider = {"w1": np.zeros((2, 1, 3, 3)), "b1": np.zeros(2), "w2": np.zeros((2, 2, 3, 3)), "b2": np.zeros(2)}
row = np.array([[[[1.0, 2.0, 3.0]]]])
np.testing.assert_allclose(residual_forward(row, wider, 2, "A"), [[[[1, 3]], [[0, 0]]]])
# Option B: 10·1 + 0.5 and 10·3 + 0.5; -1 + 4 and -3 + 4.
wider |= {"ws": np.array([10.0, -1.0]).reshape(2, 1, 1, 1), "bs": np.array([0.5, 4.0])}
np.testing.assert_allclose(residual_forward(row, wider, 2, "B"), [[[[10.5, 30.5]], [[3, 1]]]])

# %% [markdown]
r"""
## 2. The basic block (12 points)

The block of ResNet-18 and ResNet-34, in PyTorch, with batch normalisation:

$$y=\mathrm{relu}\big(\mathrm{bn}_2(w_2*\mathrm{relu}(\mathrm{bn}_1(w_1*x)))+s(x)\big)$$

Under option B the shortcut has batch normalisation behind its convolution.

**By hand.** From 64 to 128 channels, stride 2, option B: $64\cdot128\cdot9+128\cdot128\cdot9+64\cdot128=229{,}376$
weights and $3\cdot2\cdot128=768$ for three normalisations: 230,144 parameters. With option A there are 221,696. If
$\mathrm{bn}_2$ has the weight 0, as many begin training, then the block is relu(x): $(1\;\;{-2})\to(1\;\;0)$.
"""


# %% exercise="basic-block"
class BasicBlock(nn.Module):
    """Two 3×3 convolutions with batch normalisation, added to the shortcut before the last ReLU.

    Args:
        in_channels: Channels in.
        channels: Channels of both convolutions.
        stride: Stride of the first convolution, and of the shortcut.
        option: "A" or "B": the shortcut where the shape changes.

    Attributes with parameters: conv1, bn1, conv2, bn2; and under option "B", only where the shape changes,
    downsample, an nn.Sequential of a 1×1 convolution and batch normalisation. No convolution has a bias.

    Call: maps of shape (N, in_channels, H, W) give maps of shape (N, channels, ceil(H / stride), ceil(W / stride)).
    """

    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = make_shortcut(in_channels, channels, stride, option)
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        branch = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(branch + self.downsample(x))


def make_shortcut(in_channels, channels, stride, option):
    """What the shortcut of a block does: a module."""
    if stride == 1 and in_channels == channels:
        return nn.Identity()
    if option == "A":
        return PadShortcut(channels - in_channels, stride)
    return nn.Sequential(nn.Conv2d(in_channels, channels, 1, stride, bias=False), nn.BatchNorm2d(channels))


class PadShortcut(nn.Module):
    """Every stride-th pixel, and channels of zeros behind those that there are."""

    def __init__(self, added, stride):
        super().__init__()
        self.added, self.stride = added, stride

    def forward(self, x):
        return functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.added))
        ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: no downsample where none is needed</summary>

`nn.Identity()` is a module without parameters that returns what it gets: a shortcut that is always there makes
`forward` the same for all cases.

</details>
<details><summary>Hint: option A in torch</summary>

`functional.pad(x, (0, 0, 0, 0, 0, n))` reads its pairs from the **last** axis on: none for columns, none for rows, none
before the channels and n behind them.

</details>
"""

# %% points=12 tests="basic-block"
zero_gamma = load(BasicBlock(1, 1), {"bn2.weight": [0]})
y = zero_gamma(torch.tensor([[[[1.0, -2.0]]]]))
torch.testing.assert_close(y, torch.tensor([[[[1.0, 0.0]]]]), msg="with a branch of zeros the block is relu(x)")

# Parameters: 229,376 + 768 with option B; without the shortcut's 64·128 + 256 with option A.
assert count(BasicBlock(64, 128, 2)) == 230_144, f"yours has {count(BasicBlock(64, 128, 2)):,}"
assert count(BasicBlock(64, 128, 2, "A")) == 221_696, f"yours has {count(BasicBlock(64, 128, 2, 'A')):,}"
# Where the shape does not change there is no convolution in the shortcut: 2·64·64·9 + 2·128.
assert count(BasicBlock(64, 64)) == 73_984, f"yours has {count(BasicBlock(64, 64)):,}"
shape = tuple(BasicBlock(3, 5, 2)(torch.zeros(2, 3, 7, 6)).shape)
assert shape == (2, 5, 4, 3), f"stride 2 makes 4×3 of 7×6; yours is {shape}"

# %% [markdown]
r"""
## 3. The bottleneck (10 points)

From 50 layers on, two 3×3 convolutions would be too expensive. A **bottleneck** goes down to a quarter of the channels
with a 1×1 convolution, does its 3×3 there, and goes up again with another 1×1: three layers, and cheaper than two.

The stride is in the 3×3 convolution. (The paper had it in the first 1×1, which throws three quarters of the maps away
unseen; today's code has moved it.)

**By hand.** 256 channels in and out, 64 inside: $256\cdot64+64\cdot64\cdot9+64\cdot256=69{,}632$ weights, and
$2\cdot(64+64+256)=768$ for normalisation: 70,400. Two 3×3 convolutions of 256 channels have 1,179,648 weights.
"""


# %% exercise="bottleneck"
class Bottleneck(nn.Module):
    """1×1, 3×3 and 1×1 convolutions with batch normalisation, added to the shortcut before the last ReLU.

    Args:
        in_channels: Channels in.
        channels: Channels of the first two convolutions; 4 times as many come out.
        stride: Stride of the 3×3 convolution, and of the shortcut.
        option: "A" or "B": the shortcut where the shape changes.

    Attributes with parameters: conv1, bn1, conv2, bn2, conv3, bn3; and under option "B", only where the shape
    changes, downsample, an nn.Sequential of a 1×1 convolution and batch normalisation. No convolution has a bias.

    Call: maps of shape (N, in_channels, H, W) give maps of shape (N, 4 * channels, ceil(H / stride), ceil(W / stride)).
    """

    def __init__(self, in_channels, channels, stride=1, option="B"):
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(in_channels, channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, 4 * channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * channels)
        self.downsample = make_shortcut(in_channels, 4 * channels, stride, option)
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        inner = torch.relu(self.bn1(self.conv1(x)))
        inner = torch.relu(self.bn2(self.conv2(inner)))
        return torch.relu(self.bn3(self.conv3(inner)) + self.downsample(x))
        ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint</summary>

How many ReLUs are there? Two inside the branch, after the first and the second normalisation, and one after the sum.
The third normalisation has none behind it, or the branch could only add.

</details>
"""

# %% points=10 tests="bottleneck"
assert count(Bottleneck(256, 64)) == 70_400, f"yours has {count(Bottleneck(256, 64)):,}"
# 64 channels in, 256 out: a shortcut of 64·256 + 512 at stride 1 already. 4,096 + 36,864 + 16,384 + 768 + 16,896.
assert count(Bottleneck(64, 64)) == 75_008, f"yours has {count(Bottleneck(64, 64)):,}"
y = load(Bottleneck(4, 1).eval(), {"bn3.weight": [0, 0, 0, 0]})(torch.tensor([[[[3.0]], [[-1.0]], [[0.5]], [[2.0]]]]))
torch.testing.assert_close(y.flatten(), torch.tensor([3.0, 0.0, 0.5, 2.0]), msg="a branch of zeros: relu(x)")
shape = tuple(Bottleneck(3, 2, 2)(torch.zeros(2, 3, 7, 6)).shape)
assert shape == (2, 8, 4, 3), f"stride 2 makes 4×3 of 7×6, in 4·2 maps; yours is {shape}"

# %% [markdown]
r"""
## 4. Nothing after the sum (8 points)

The ReLU after the sum stands in the way: what a block hands on is cut at 0 each time. In 2016 the same authors moved
normalisation and ReLU **before** each convolution. After the sum comes nothing, and from the first block to the last
there is a way that only adds.

$$a=\mathrm{relu}(\mathrm{bn}_1(x)),\qquad y=w_2*\mathrm{relu}(\mathrm{bn}_2(w_1*a))+s$$

$s$ is $x$ itself where the shape does not change, else a 1×1 convolution of $a$ (not of $x$), without normalisation.

**By hand.** One pixel, $x=-3$, kernels of zeros: $y=-3$. The basic block gives relu(−3) = 0.
"""


# %% exercise="pre-act-block"
class PreActBlock(nn.Module):
    """Batch normalisation, ReLU and a 3×3 convolution, twice, added to the shortcut; nothing comes after the sum.

    Args:
        in_channels: Channels in.
        channels: Channels of both convolutions.
        stride: Stride of the first convolution, and of the shortcut.

    Attributes with parameters: bn1, conv1, bn2, conv2; and, only where the shape changes, downsample, a 1×1
    convolution of the maps after bn1 and ReLU. No convolution has a bias.

    Call: maps of shape (N, in_channels, H, W) give maps of shape (N, channels, ceil(H / stride), ceil(W / stride)).
    """

    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        ### BEGIN SOLUTION
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.downsample = None
        if stride != 1 or in_channels != channels:
            self.downsample = nn.Conv2d(in_channels, channels, 1, stride, bias=False)
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        active = torch.relu(self.bn1(x))
        shortcut = x if self.downsample is None else self.downsample(active)
        return self.conv2(torch.relu(self.bn2(self.conv1(active)))) + shortcut
        ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint</summary>

The first normalisation sees the maps that come in: how many channels does it have? The second sees those of the first
convolution.

</details>
"""

# %% points=8 tests="pre-act-block"
block = load(PreActBlock(1, 1), {"conv2.weight": [0] * 9})
torch.testing.assert_close(block(torch.tensor([[[[-3.0, 2.0]]]])), torch.tensor([[[[-3.0, 2.0]]]]))

# 64·128·9 + 128·128·9 + 64·128 weights; 2·64 + 2·128 for normalisation.
assert count(PreActBlock(64, 128, 2)) == 229_376 + 384, f"yours has {count(PreActBlock(64, 128, 2)):,}"
# The shortcut's convolution sees maps after ReLU, and nothing cuts its result: of (-3 2) in eval mode it makes (0 -2).
block = load(PreActBlock(1, 2).eval(), {"downsample.weight": [-1, 0], "conv2.weight": [0] * 36})
y = block(torch.tensor([[[[-3.0, 2.0]]]]))
torch.testing.assert_close(y, torch.tensor([[[[0.0, -2.0]], [[0.0, 0.0]]]]), rtol=1e-4, atol=1e-6)

# %% [markdown]
r"""
## 5. The whole family (16 points)

All ResNets are made of the same parts: a first convolution with normalisation and ReLU, three or four **stages** of
blocks, the average of each map, a linear layer. From stage to stage the channels double and the first block has stride
2; the first stage keeps the size.

| | for ImageNet: depth 18, 34, 50, 101, 152 | for CIFAR: all other depths of the form 6n + 2 |
|---|---|---|
| first convolution | 7×7, stride 2, padding 3, to 64 channels | 3×3, padding 1, to 16 channels |
| after its ReLU | maximum of 3×3, stride 2, padding 1 | nothing |
| stages | 4, `channels` of the blocks 64·width, doubling | 3, `channels` 16·width, doubling |
| blocks | BasicBlock for 18 and 34, else Bottleneck | BasicBlock |
| classes | 1000 | 10 |

Blocks in each stage: 18: 2, 2, 2, 2 · 34 and 50: 3, 4, 6, 3 · 101: 3, 4, 23, 3 · 152: 3, 8, 36, 3 · CIFAR: n, n, n.
`width` multiplies the channels of all blocks (64 or 16 times it is rounded, at least 1, before it doubles); the first
convolution stays as it is. 50 and 152 are of the form 6n + 2 too, but are ImageNet's.

**By hand.** Depth 20 is 1 + 3·3·2 + 1 layers with parameters, n = 3. With option A: the first convolution 432 + 32; the
stages 14,016, 51,072 and 203,520; the linear layer 650. Together 269,722; the paper says 0.27 million.
"""


# %% exercise="make-resnet"
def make_resnet(depth, width=1, option="B"):
    """The residual network of a depth.

    Args:
        depth: 18, 34, 50, 101 or 152 for ImageNet's networks; another 6n + 2 (8, 14, 20, …) for CIFAR's.
        width: Multiplies the channels of all blocks, a positive number.
        option: "A" or "B": the shortcut of all blocks. "A" is for widths of at least 1: it cannot take channels away.

    Returns:
        An nn.Module. Attributes with parameters: conv1 (without bias), bn1; layer1 to layer3 or layer4, each an
        nn.Sequential of blocks; fc, a linear layer. Called with images (N, 3, H, W) it gives scores (N, classes).

    Raises:
        ValueError: If there is no network of this depth.
    """
    ### BEGIN SOLUTION
    if depth in IMAGENET:
        block, expansion = (BasicBlock, 1) if depth < 50 else (Bottleneck, 4)
        return ResNet(block, expansion, IMAGENET[depth], max(1, round(64 * width)), 64, 1000, option)
    if depth < 8 or depth % 6 != 2:
        raise ValueError(f"depth is {depth}, expected one of {list(IMAGENET)}, or 6n + 2 with n of at least 1")
    return ResNet(BasicBlock, 1, 3 * [(depth - 2) // 6], max(1, round(16 * width)), 16, 10, option)


IMAGENET = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


class ResNet(nn.Module):
    """A first convolution, stages of blocks, the average of each map, a linear layer."""

    def __init__(self, block, expansion, counts, channels, stem, classes, option):
        super().__init__()
        large = stem == 64
        self.conv1 = nn.Conv2d(3, stem, 7, 2, 3, bias=False) if large else nn.Conv2d(3, stem, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(stem)
        self.maxpool = nn.MaxPool2d(3, 2, 1) if large else nn.Identity()
        self.stages = len(counts)
        before = stem
        for i, blocks in enumerate(counts):
            layers = []
            for j in range(blocks):
                layers.append(block(before, channels, 2 if i > 0 and j == 0 else 1, option))
                before = channels * expansion
            setattr(self, f"layer{i + 1}", nn.Sequential(*layers))
            channels *= 2
        self.fc = nn.Linear(before, classes)

    def forward(self, x):
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        for i in range(self.stages):
            x = getattr(self, f"layer{i + 1}")(x)
        return self.fc(x.mean((2, 3)))

    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: what changes from block to block</summary>

Write a loop that knows how many channels the last block gave. The first block of a stage takes those, and has stride 2
from the second stage on; all others take what their own stage gives.

</details>
<details><summary>Hint: a network for several depths</summary>

A class `ResNet` that gets the block's class, the numbers of blocks, the channels and the classes; `make_resnet` looks
them up in a dict by depth. Classes and helpers may stand in the same cell.

</details>
"""

# %% points=16 tests="make-resnet"
# Depth 20 as worked above, and with option B two shortcuts more: 16·32 + 64 and 32·64 + 128.
assert count(make_resnet(20, option="A")) == 269_722, f"yours has {count(make_resnet(20, option='A')):,}"
assert count(make_resnet(20)) == 269_722 + 576 + 2_176, f"yours has {count(make_resnet(20)):,}"
# ResNet-18 for ImageNet; and a quarter as wide.
assert count(make_resnet(18)) == 11_689_512, f"yours has {count(make_resnet(18)):,}"
assert count(make_resnet(18, width=0.25)) == 846_216, f"yours has {count(make_resnet(18, width=0.25)):,}"
shape = tuple(make_resnet(8)(torch.zeros(2, 3, 32, 32)).shape)
assert shape == (2, 10), f"two images and ten classes; yours is {shape}"
shape = tuple(make_resnet(50, width=1 / 16)(torch.zeros(2, 3, 64, 64)).shape)
assert shape == (2, 1000), f"two images and a thousand classes; yours is {shape}"
try:
    make_resnet(21)
    raise AssertionError("there is no network of 21 layers: ValueError is expected")
except ValueError:
    pass

# %% [markdown]
r"""
## 6. Dense layers (6 points)

If adding what came before is good, why not keep it? A **dense layer** (DenseNet, 2017) stacks its few new maps behind
all that it got; the next layer sees everything. Batch normalisation and ReLU come before each of two convolutions: a
1×1 to 4·`growth` channels, a 3×3 to `growth` channels.

**By hand.** 64 channels in, growth 32: $64\cdot128+128\cdot32\cdot9=45{,}056$ weights and $2\cdot64+2\cdot128=384$ for
normalisation. 96 channels come out, the first 64 of them unchanged, negative values included.
"""


# %% exercise="dense-layer"
class DenseLayer(nn.Module):
    """The maps that go in, and behind them `growth` new ones.

    Args:
        in_channels: Channels in.
        growth: New channels.

    Attributes with parameters, in the order of use: norm1, conv1 (1×1, to 4 * growth channels), norm2, conv2 (3×3, to
    growth channels). No convolution has a bias.

    Call: maps of shape (N, in_channels, H, W) give maps of shape (N, in_channels + growth, H, W).
    """

    def __init__(self, in_channels, growth):
        super().__init__()
        ### BEGIN SOLUTION
        self.norm1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, 4 * growth, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(4 * growth)
        self.conv2 = nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False)
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        new = self.conv1(torch.relu(self.norm1(x)))
        new = self.conv2(torch.relu(self.norm2(new)))
        return torch.cat([x, new], dim=1)
        ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint</summary>

`torch.cat([a, b], dim=1)`: which of the two comes first? An `nn.ReLU(inplace=True)` straight on `x` would change the
maps that you want to hand on.

</details>
"""

# %% points=6 tests="dense-layer"
assert count(DenseLayer(64, 32)) == 45_056 + 384, f"yours has {count(DenseLayer(64, 32)):,}"
x = torch.tensor([[[[1.0, -2.0]], [[0.5, -3.0]]]])
y = DenseLayer(2, 3)(x)
assert y.shape == (1, 5, 1, 2), f"2 + 3 channels are expected, yours is {tuple(y.shape)}"
torch.testing.assert_close(y[:, :2], x, msg="the maps that go in come out first, unchanged")

# %% [markdown]
r"""
## 7. Stochastic depth (5 points)

A residual block can be left out: the shortcut remains. Stochastic depth (2016) leaves out branches at random while
training, which makes a deep network as cheap as a shallow one, and better. This module stands at the end of a branch.
With probability p it sets an image's maps to 0; otherwise it divides them by 1 − p, so that the mean stays the same,
and in `eval()` mode it does nothing. Here p is the probability to **drop**; the paper's p is that to survive.

**By hand.** p = 1/4, value 3: 0 in a quarter of the cases, 3 / (3/4) = 4 in three quarters. Mean: 3.
"""


# %% exercise="stochastic-depth"
class StochasticDepth(nn.Module):
    """Drops the maps of whole images at random in training mode, and keeps the mean.

    Args:
        p: Probability to drop, at least 0 and below 1.

    Call: maps of any shape (N, …) give maps of the same shape. In training mode, each image is drawn on its own: with
    probability p all its values become 0, else all are divided by 1 - p. In eval mode the maps come out as they are.

    Raises:
        ValueError: If p is below 0, or 1 or more.
    """

    def __init__(self, p):
        super().__init__()
        ### BEGIN SOLUTION
        if not 0 <= p < 1:
            raise ValueError(f"p is {p}, expected at least 0 and less than 1")
        self.p = p
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        if not self.training:
            return x
        survives = torch.rand(len(x), *[1] * (x.dim() - 1)) >= self.p  # (N, 1, …): one draw for each image
        return x * survives / (1 - self.p)
        ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint</summary>

`torch.rand(N, 1, 1, 1) >= p` is True with probability 1 − p, and broadcasting gives all values of an image the same
draw. `self.training` tells the mode.

</details>
"""

# %% points=5 tests="stochastic-depth"
torch.manual_seed(0)
drop = StochasticDepth(0.25)
y = drop(torch.full((4000, 2), 3.0))
assert set(y.flatten().tolist()) == {0.0, 4.0}, "0, or 3 / (1 - 0.25) = 4"
assert bool((y[:, 0] == y[:, 1]).all()), "all values of an image have the same fate"
assert abs(float((y[:, 0] == 0).float().mean()) - 0.25) < 0.04, "a quarter is dropped"
assert abs(float(y.mean()) - 3) < 0.15, "the mean stays"
torch.testing.assert_close(drop.eval()(torch.full((2, 3), 3.0)), torch.full((2, 3), 3.0))

# %% [markdown]
r"""
## 8. How large are the gradients? (5 points)

"Deep networks do not train because gradients vanish" is quickly said. With batch normalisation they do not, as He et
al. noted of their plain networks; but do not believe it, measure it: the length of the gradient of each convolution's
kernels, layer by layer.

**By hand.** A 1×1 convolution with two kernels of weight 0, a pixel of value 3, two classes, the right one is class 0.
Both scores are 0, both probabilities 1/2; the gradient of the scores is $(-\frac12,\frac12)$, that of the kernels
$(-\frac32,\frac32)$. Its length is $\sqrt{4.5}=2.1213$.
"""


# %% exercise="gradient-norms"
def gradient_norms(model, batch):
    """The lengths of the gradients of all convolutions' kernels.

    Args:
        model: A classifier. It is used in the mode that it is in; its parameters and their `.grad` stay as they are.
        batch: The pair (images, labels): images of shape (N, C, H, W), whole numbers of shape (N,).

    Returns:
        A dict from the name of each nn.Conv2d in the model (as named_modules gives it, in that order) to a float: the
        square root of the sum of squares of the gradient of its weight. The loss is the mean cross-entropy.
    """
    ### BEGIN SOLUTION
    images, labels = batch
    kernels = {name: part.weight for name, part in model.named_modules() if isinstance(part, nn.Conv2d)}
    loss = functional.cross_entropy(model(images), labels)
    gradients = torch.autograd.grad(loss, list(kernels.values()))
    return {name: gradient.norm().item() for name, gradient in zip(kernels, gradients, strict=True)}
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint</summary>

`loss.backward()` adds to the `.grad` of every parameter. `torch.autograd.grad(loss, list_of_tensors)` returns the
gradients instead and leaves the model alone.

</details>
"""

# %% points=5 tests="gradient-norms"
model = nn.Sequential(load(nn.Conv2d(1, 2, 1, bias=False), {"weight": [0, 0]}), nn.Flatten())
norms = gradient_norms(model, (torch.tensor([[[[3.0]]]]), torch.tensor([0])))
assert list(norms) == ["0"], f"one convolution, called 0; yours are {list(norms)}"
assert abs(norms["0"] - 4.5**0.5) < 1e-5, f"the square root of 4.5 is 2.1213, yours is {norms['0']}"

# %% [markdown]
r"""
## What you have built

- A residual block with its gradients, and every ResNet from 8 to 152 layers and beyond, with torchvision's names.
- What came after: pre-activation, dense layers, stochastic depth; and a way to look at gradients before you talk
  about them.

Unit 12 trains a network on a GPU. Nothing you wrote here is needed there.
"""
