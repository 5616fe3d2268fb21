# %% [markdown]
r"""
# The GPU training lab

**60 points, about 6 hours.** Goes with the chapter *The GPU training lab* of the book.

You write a small training program of the kind that holds speed records: images that stay bytes until the device has
them, augmentation without a loop, a triangular learning rate, mixed precision, a run that can be interrupted in the
middle of an epoch and resumed to the last bit. At the end it has to learn: from 6,000 images that nobody has seen
before, in 322 steps, to at least 95 % on images held out.

No GPU is needed. Everything here runs on a CPU, and the tests find out without a GPU what would be slow or wrong on
one: they count operations, look for places where the program waits for the device, and hand over tensors that have
a shape and no data. If you have a GPU, the last section says how to use it. While your answers are graded, the
course's own training program `cnnkit.lab` is out of reach.

**How to work.** Run the cells from the top. Write your code in place of each `raise NotImplementedError`, then run the
check below it: it tries the worked examples, and if no error comes, they are right. Hints open with a click. In a
terminal, `autograder check gpu_lab.ipynb` runs all the tests and prints your points, and what went wrong and why.
"""

# %% setup="imports"
import copy
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional

# %% [markdown]
r"""
## Conventions of the whole notebook

| | |
|---|---|
| stored images | `images_u8`, shape `(N, C, H, W)`, bytes from 0 to 255 (`uint8`): a NumPy array or a tensor |
| prepared images | `x`, shape `(N, C, H, W)`, `float32` on the device, in the memory order *channels last* |
| classes | `labels` or `y`, shape `(N,)`, `int64`, from 0 to 9 |
| device | `"cpu"`, `"cuda"`, or `"meta"`: tensors that have a shape and no data |
| step | one batch, one update of the weights; `total` steps make a run |

Why these? A byte takes a quarter of a float's way over the bus. *Channels last* keeps the channels of a pixel
together in memory, as the matrix units of a GPU want them; the shape stays `(N, C, H, W)`. And a program that waits
for the device after every step (`.item()`, `.cpu()`, `print(loss)`) leaves it idle for most of the time.
"""

# %% setup="tools"
MEAN = (0.4914, 0.4822, 0.4465)  # red, green, blue: means and standard deviations of the images of CIFAR-10
STD = (0.2470, 0.2435, 0.2616)


class Watch(nn.Module):
    """A layer that changes nothing and notes what passes through it: `notes` has one dict for each batch."""

    def __init__(self):
        super().__init__()
        self.notes = []

    def forward(self, x):
        last = x.dim() == 4 and x.is_contiguous(memory_format=torch.channels_last)
        kinds = {"shape": list(x.shape), "dtype": str(x.dtype).removeprefix("torch."), "channels last": last}
        modes = {"training": self.training, "gradients": torch.is_grad_enabled()}
        self.notes.append({**kinds, **modes, "values": x.detach().clone()})
        return x


def seed_of(*numbers):
    """A seed for a generator, mixed from whole numbers such as a run's seed and the number of an epoch."""
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


def wait_for(device):
    """Come back when the device has done all it was asked for; a function stands for a device that is simulated."""
    if callable(device):
        device()
    elif torch.device(device).type == "cuda":
        torch.cuda.synchronize(device)


# %% [markdown]
r"""
## 1. From bytes to numbers (5 points)

A network learns best from numbers around 0 with a spread around 1: each channel is divided by 255, then its mean is
subtracted, then it is divided by its standard deviation (`MEAN` and `STD` above). Send the bytes to the device first
and compute there: that is a quarter of the traffic, and the device is faster at it.

**By hand.** A pixel with red 255, green 0 and blue 51. Red: (1 − 0.4914) / 0.2470 = 2.0591. Green: (0 − 0.4822) /
0.2435 = −1.9803. Blue: (0.2 − 0.4465) / 0.2616 = −0.9423.
"""


# %% exercise="prepare"
def prepare(images_u8, device):
    """Images as the network wants them.

    Args:
        images_u8: Bytes, shape (N, 3, H, W): a NumPy array, or a tensor that may be on the device already.
        device: Where the result lies.

    Returns:
        A new tensor (N, 3, H, W), float32, channels last: (value / 255 - MEAN) / STD for each channel.

    Raises:
        ValueError: If the images are no bytes (uint8) or have no four axes.
    """
    ### BEGIN SOLUTION
    images = torch.as_tensor(images_u8)
    if images.dtype != torch.uint8 or images.dim() != 4:
        raise ValueError(f"expected bytes of shape (N, 3, H, W), got {images.dtype} of shape {tuple(images.shape)}")
    x = images.to(device).to(torch.float32, memory_format=torch.channels_last)
    mean = torch.tensor(MEAN, device=device).view(3, 1, 1)
    std = torch.tensor(STD, device=device).view(3, 1, 1)
    return (x / 255 - mean) / std
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint</summary>

`torch.as_tensor` takes arrays and tensors alike. `.to(device)` moves bytes as long as they are bytes;
`.to(torch.float32, memory_format=torch.channels_last)` changes type and memory order at once. Give `MEAN` and `STD`
the shape `(3, 1, 1)`, so that they meet the channels' axis.

</details>
"""

# %% points=5 tests="prepare"
pixel = np.array([255, 0, 51], np.uint8).reshape(1, 3, 1, 1)
x = prepare(pixel, "cpu")
assert x.dtype == torch.float32, f"the result is {x.dtype}"
assert x.shape == (1, 3, 1, 1), f"the result has shape {tuple(x.shape)}"
# (1 - 0.4914) / 0.2470, (0 - 0.4822) / 0.2435, (51/255 - 0.4465) / 0.2616
np.testing.assert_allclose(x.flatten().numpy(), [2.0591, -1.9803, -0.9423], atol=1e-4)
assert prepare(torch.from_numpy(pixel), "meta").is_meta, "the result is not on the device that was asked for"

# %% [markdown]
r"""
## 2. Every image somewhere else (8 points)

Shifted by a pixel or two, a star is still a star: the network gets each image at a new place in every epoch. Mirror
images are another matter: here a letter S and its mirror image are two classes, and a flip changes the label.

```text
. # # #      # # # .
# . . .      . . . #
. # # .      . # # .
. . . #      # . . .
# # # .      . # # #
class "ess"  class "zed"
```

Pad each image with `pad` zeros on all sides (after `prepare`, 0 is the mean colour), then cut out a window of the old
size. Its place is drawn for each image on its own, rows and columns alike from 0 to 2 · pad: (2 · pad + 1)² places,
all equally likely. Python must not visit the images one by one: on a GPU, each line of a loop is a kernel launch.

**By hand.** The image `[1 2 3]`, one row, with pad 1 in a row of `[0 1 2 3 0]`: the window at column 0 is `[0 1 2]`,
at column 1 `[1 2 3]`, at column 2 `[2 3 0]`. If the window's row is not the middle one, all is 0.
"""


# %% exercise="augment"
def augment(x, generator, pad=2):
    """Images moved at random, each by a shift of its own.

    Args:
        x: Images, shape (N, C, H, W), of any float type, on any device.
        generator: A `torch.Generator`, the only source of chance; it may be on another device than x.
        pad: Largest shift along each axis, in pixels.

    Returns:
        A new tensor of the shape, type and device of x. What moves in from outside is 0. No loop over images,
        no look at values: the number of operations does not depend on N.
    """
    ### BEGIN SOLUTION
    n, c, h, w = x.shape
    padded = functional.pad(x, (pad, pad, pad, pad))
    places = torch.randint(0, 2 * pad + 1, (2, n), generator=generator, device=generator.device).to(x.device)
    rows = places[0, :, None] + torch.arange(h, device=x.device)  # (N, H)
    columns = places[1, :, None] + torch.arange(w, device=x.device)  # (N, W)
    image = torch.arange(n, device=x.device).view(n, 1, 1, 1)
    channel = torch.arange(c, device=x.device).view(1, c, 1, 1)
    moved = padded[image, channel, rows[:, None, :, None], columns[:, None, None, :]]
    return moved.contiguous(memory_format=torch.channels_last)
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: one look-up for all images</summary>

`padded[image, channel, row, column]` with four tensors of indices that broadcast to `(N, C, H, W)` picks every pixel
of the result at once. The row of pixel i in image n is `place[n] + i`.

</details>
<details><summary>Hint: devices</summary>

`torch.randint(..., generator=generator, device=generator.device)` draws where the generator is; `.to(x.device)`
brings the numbers to the images. `torch.arange(h, device=x.device)` is born there.

</details>
"""

# %% points=8 tests="augment"
row = torch.tensor([[[[1.0, 2.0, 3.0]]]])
seen = augment(row.repeat(900, 1, 1, 1), torch.Generator().manual_seed(0), pad=1)
assert seen.shape == (900, 1, 1, 3), f"the result has shape {tuple(seen.shape)}"
windows, counts = torch.unique(seen.reshape(900, 3), dim=0, return_counts=True)
assert windows.tolist() == [[0, 0, 0], [0, 1, 2], [1, 2, 3], [2, 3, 0]], f"the windows seen are {windows.tolist()}"
# Two of three rows of windows lie outside: about 600 of 900 are empty, about 100 of each other kind.
assert 500 < counts[0] < 700 and counts[1:].min() > 50, f"they were seen {counts.tolist()} times"
again = augment(row.repeat(900, 1, 1, 1), torch.Generator().manual_seed(0), pad=1)
assert torch.equal(seen, again), "the same seed must give the same shifts"

# %% [markdown]
r"""
## 3. The learning rate: up, then down (5 points)

The first steps are taken carefully, since the weights are random and batch normalisation has seen nothing; then the
rate falls in a straight line to 0, so that the weights settle. The triangle is older than most networks that use it.

With `warm = max(1, total // 5)` steps of warming up, counting steps from 0:

$$\text{rate}(s) = \text{peak} \cdot \begin{cases} (s + 1) / \text{warm} & s < \text{warm} \\
(\text{total} - s) / (\text{total} - \text{warm} + 1) & \text{warm} \le s < \text{total} \\ 0 & s \ge \text{total}
\end{cases}$$

**By hand.** total 10, peak 0.9: warm is 2. Steps 0 and 1 have 0.45 and 0.9. Then 9 parts are left: step 2 has
0.9 · 8/9 = 0.8, step 3 has 0.7, and so on to 0.1 at step 9.
"""


# %% exercise="lr-at"
def lr_at(step, total, peak):
    """The learning rate of one step.

    Args:
        step: Number of the step, from 0.
        total: Number of steps of the whole run.
        peak: The largest learning rate.

    Returns:
        A float, by the formula above.

    Raises:
        ValueError: If step is negative or total is not positive.
    """
    ### BEGIN SOLUTION
    if step < 0 or total < 1:
        raise ValueError(f"step {step} of {total}: a step is counted from 0, and a run has at least one")
    warm = max(total // 5, 1)
    if step < warm:
        return peak * (step + 1) / warm
    return peak * max(total - step, 0) / (total - warm + 1)
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint</summary>

The two lines meet in the highest point: at step warm − 1 the first gives the peak, and so would the second.

</details>
"""

# %% points=5 tests="lr-at"
rates = [lr_at(step, 10, 0.9) for step in range(11)]
np.testing.assert_allclose(rates, [0.45, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0], atol=1e-12)
# 322 steps: 64 to warm up, then 259 parts are left, of which the last step takes one.
np.testing.assert_allclose(lr_at(321, 322, 0.01), 0.01 / 259)

# %% [markdown]
r"""
## 4. What decays, and what does not (4 points)

Weight decay pulls weights towards 0. That makes sense for the weights of convolutions and linear layers, which have
two axes or more. A bias or the scale of a normalisation is not made simpler by being small: those, with one axis or
none, are left alone. Optimizers of PyTorch take a list of groups, each a dict with options of its own.

**By hand.** A 3×3 convolution from 3 to 8 channels, a normalisation, a linear layer from 8 to 10:

| parameter | shape | axes | decays |
|---|---|---|---|
| weight of the convolution | (8, 3, 3, 3) | 4 | yes |
| bias of the convolution | (8,) | 1 | no |
| scale and shift of the normalisation | (8,) and (8,) | 1 | no |
| weight of the linear layer | (10, 8) | 2 | yes |
| bias of the linear layer | (10,) | 1 | no |
"""


# %% exercise="param-groups"
def param_groups(model, weight_decay):
    """The parameters of a model in two groups, for an optimizer of `torch.optim`.

    Args:
        model: A module.
        weight_decay: The decay for parameters of two axes or more.

    Returns:
        A list of two dicts with the keys "params" (a list) and "weight_decay": first the parameters that decay, then
        the others, with a decay of 0.0; each in the order of `model.parameters()`. A frozen parameter
        (requires_grad is False) is in none of them, one that two layers share is in a group once.
    """
    ### BEGIN SOLUTION
    learning = [p for p in model.parameters() if p.requires_grad]
    return [
        {"params": [p for p in learning if p.dim() >= 2], "weight_decay": weight_decay},
        {"params": [p for p in learning if p.dim() < 2], "weight_decay": 0.0},
    ]
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint</summary>

`model.parameters()` gives a shared parameter once. `p.dim()` is its number of axes.

</details>
"""

# %% points=4 tests="param-groups"
model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(8, 10))
decaying, others = param_groups(model, 0.05)
# The weights of the convolution and of the linear layer decay: 8·3·3·3 = 216 and 10·8 = 80 numbers.
sizes = [p.numel() for p in decaying["params"]]
assert sizes == [216, 80], f"the parameters that decay have the sizes {sizes}"
# The convolution's bias, scale and shift of the normalisation, the linear layer's bias do not.
sizes = [p.numel() for p in others["params"]]
assert sizes == [8, 8, 8, 10], f"the parameters that do not decay have the sizes {sizes}"
decays = decaying["weight_decay"], others["weight_decay"]
assert decays == (0.05, 0.0), f"yours decay by {decays}"

# %% [markdown]
r"""
## 5. How fast is it? (4 points)

A call that asks a GPU for work comes back at once; the work goes on behind Python's back. Whoever reads the clock
then measures how fast Python can ask. The right way: call a few times to warm up (memory is set aside, kernels are
chosen), **wait for the device**, read the clock, call, **wait again**, read the clock. Waiting after each call would
be wrong too: the device would stand still until the next one is asked for.

`wait_for(device)` from the set-up waits. It also takes a function that simulates a device; the tests use that.

**By hand.** A device needs 2 ms for a piece of work, and Python asks for 5 of them in 0.1 ms. Without waiting, that
looks like 5 / 0.1 ms = 50,000 a second; with waiting it is 5 / 10 ms = 500 a second.
"""


# %% exercise="throughput"
def throughput(fn, warmup, iters, device):
    """How many calls a second a device gets done.

    Args:
        fn: Called without arguments.
        warmup: Number of calls before the clock starts.
        iters: Number of calls while it runs.
        device: What has to be waited for, by `wait_for`.

    Returns:
        Calls per second, a float.

    Raises:
        ValueError: If iters is not positive or warmup is negative.
    """
    ### BEGIN SOLUTION
    if iters < 1 or warmup < 0:
        raise ValueError(f"{warmup} calls to warm up and {iters} to measure: at least 0 and 1 are needed")
    for _ in range(warmup):
        fn()
    wait_for(device)
    started = time.perf_counter()
    for _ in range(iters):
        fn()
    wait_for(device)
    return iters / (time.perf_counter() - started)
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint</summary>

`time.perf_counter()` is the clock for short times. `wait_for` is called twice in all.

</details>
"""

# %% points=4 tests="throughput"
calls = []
rate = throughput(lambda: calls.append(time.sleep(0.002)), 3, 5, "cpu")
assert len(calls) == 8, f"3 calls to warm up and 5 to measure are 8, not {len(calls)}"
assert 5 < rate <= 500, f"a call takes 2 ms or a little more, so at most 500 a second: yours is {rate:.0f}"

# %% [markdown]
r"""
## 6. The trainer (24 points)

Now the program itself, a class with five methods.

- **`step`** takes one batch and makes one update (10 points): learning rate by `lr_at`; forward pass under
  `torch.autocast` in `bfloat16`, so that convolutions compute with half the bytes; the loss in `float32`; weights
  and their gradients stay `float32`. The optimizer is AdamW, whose decay is *decoupled*: the weights shrink by
  rate · decay, whatever the gradients are. No value is read back from the device.
- **`fit`** makes steps until `until` of them have been made in all (8 points, with the next): every epoch in a new
  order, each image at most once, each batch freshly augmented. If the batches do not come out even, the images left
  over sit out this epoch.
- **`state_dict` / `load_state_dict`**: what a run needs to go on, as plain data (dicts, lists, tensors, numbers). A
  run that is stopped in the middle of an epoch and resumed in a new process must end with the same weights **to the
  last bit**.
- **`predict`** gives classes (6 points): in evaluation mode, without gradients, without augmentation, in parts of at
  most 1,000 images, and without a trace: afterwards, training goes on as if nothing had been asked.

**By hand: one step.** A weight of 2 has the gradient −0.3; the rate is 0.45 and the decay 0.1. First it shrinks, to
2 · (1 − 0.45 · 0.1) = 1.91. Then AdamW divides the average of the gradients by the root of the average of their
squares. In the first step that is −0.3 / 0.3 = −1, however large the gradient is, so the weight becomes
1.91 + 0.45 = 2.36. A bias of 0 with the same gradient becomes 0.45.

**By hand: resuming.** 10 images, batches of 2: an epoch has 5 steps. Step 7 (counted from 0) is in epoch 7 // 5 = 1,
and is its batch 7 % 5 = 2: images 4 and 5 of that epoch's order. If order and shifts are functions of the seed, the
epoch and the step, the *number of steps made* is all that a run has to remember of its chances.
"""


# %% exercise="trainer"
class Trainer:
    """Trains a network.

    Args:
        net: The network, any module that maps (N, 3, H, W) to scores (N, classes). It is trained in place.
        total: Number of steps of the whole run.
        peak: Largest learning rate, for `lr_at`.
        weight_decay: For `param_groups`. The optimizer is AdamW with its other defaults.
        batch: Images of a step.
        pad: Largest shift, for `augment`.
        seed: Decides the orders and shifts: the same seed, the same run, whatever else draws random numbers.
        device: Where to compute.
        autocast: Whether the network computes in bfloat16.
    """

    def __init__(self, net, total, peak=0.01, weight_decay=0.05, batch=128, pad=2, seed=0, device="cpu", autocast=True):
        ### BEGIN SOLUTION
        self.device = torch.device(device)
        self.net = net.to(device=self.device, memory_format=torch.channels_last)
        self.total, self.peak, self.batch, self.pad, self.seed = total, peak, batch, pad, seed
        self.autocast = autocast
        self.optimizer = torch.optim.AdamW(param_groups(self.net, weight_decay), lr=peak)
        self.done = 0  # steps made: all that the run has to remember of its chances
        ### END SOLUTION

    def step(self, x, y):
        """One update.

        Args:
            x: Prepared and augmented images on the device.
            y: Their classes on the device.

        Returns:
            The loss before the update, mean cross-entropy: a float32 tensor without axes and without gradient, on
            the device.
        """
        ### BEGIN SOLUTION
        self.net.train()
        for group in self.optimizer.param_groups:
            group["lr"] = lr_at(self.done, self.total, self.peak)
        x = x.contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.autocast):
            scores = self.net(x)
        loss = functional.cross_entropy(scores.float(), y)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self.done += 1
        return loss.detach()
        ### END SOLUTION

    def fit(self, images, labels, until):
        """Steps until `until` of them have been made in all; may be called again to go on.

        Args:
            images: The whole training set, bytes of shape (N, 3, H, W), at least one batch: array or tensor.
            labels: Their classes, shape (N,): array or tensor.
            until: Number of steps after which to stop.

        Returns:
            The losses of these steps, a float32 tensor (steps,) on the CPU.
        """
        ### BEGIN SOLUTION
        images = torch.as_tensor(images, device=self.device)
        labels = torch.as_tensor(labels, device=self.device)
        losses = []
        while self.done < until:
            epoch, place = divmod(self.done, len(images) // self.batch)
            if place == 0 or not losses:  # order and shifts follow from the seed, the epoch and the step
                orders = torch.Generator().manual_seed(seed_of(self.seed, 0, epoch))
                order = torch.randperm(len(images), generator=orders).to(self.device)
            chosen = order[place * self.batch : (place + 1) * self.batch]
            shifts = torch.Generator(self.device).manual_seed(seed_of(self.seed, 1, self.done))
            x = augment(prepare(images[chosen], self.device), shifts, self.pad)
            losses.append(self.step(x, labels[chosen]))
        return torch.stack(losses).cpu() if losses else torch.empty(0)
        ### END SOLUTION

    def state_dict(self):
        """All that the run needs to go on, as plain data; a copy, which further steps do not change."""
        ### BEGIN SOLUTION
        net = {name: values.clone() for name, values in self.net.state_dict().items()}
        return {"net": net, "optimizer": copy.deepcopy(self.optimizer.state_dict()), "done": self.done}
        ### END SOLUTION

    def load_state_dict(self, state):
        """Go on where another trainer, built with the same arguments, was when it gave this state."""
        ### BEGIN SOLUTION
        self.net.load_state_dict(state["net"])
        self.optimizer.load_state_dict(copy.deepcopy(state["optimizer"]))  # else both would use the same averages
        self.done = state["done"]
        ### END SOLUTION

    def predict(self, images_u8):
        """Classes of images.

        Args:
            images_u8: Bytes, shape (N, 3, H, W): array or tensor, any number of them.

        Returns:
            A NumPy array (N,) of int64: for each image the class with the highest score.
        """
        ### BEGIN SOLUTION
        was_training = self.net.training
        self.net.eval()
        classes = []
        with torch.inference_mode(), torch.autocast(self.device.type, torch.bfloat16, enabled=self.autocast):
            for part in torch.as_tensor(images_u8).split(1000):
                classes.append(self.net(prepare(part, self.device)).argmax(1))
        self.net.train(was_training)
        return torch.cat(classes).cpu().numpy()
        ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: step</summary>

`with torch.autocast(device_type, torch.bfloat16, enabled=...)` around the forward pass alone; then
`functional.cross_entropy(scores.float(), y)` outside of it. `zero_grad`, `backward`, `step` as always. Set the rate
in every dict of `optimizer.param_groups` before the update. Return `loss.detach()`: it has no graph to keep alive.

</details>
<details><summary>Hint: see what the network gets</summary>

Put a `Watch()` between the layers of a network of your own, train it for a few steps in a cell that you delete later,
and look at its notes:

```python
watch = Watch()
head = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 10)
net = nn.Sequential(nn.Conv2d(3, 4, 3), watch, *head)
trainer = Trainer(net, total=10, batch=8)
trainer.fit(np.zeros((16, 3, 8, 8), np.uint8), np.zeros(16, np.int64), until=2)
trainer.predict(np.zeros((5, 3, 8, 8), np.uint8))
names = "shape", "dtype", "channels last", "training", "gradients"
for note in watch.notes:
    print(*(note[name] for name in names))
```

In training that should be `[8, 4, 6, 6] bfloat16 True True True`, when predicting `[5, 4, 6, 6] bfloat16 True False
False`.

</details>
<details><summary>Hint: fit</summary>

Make an epoch's order from the seed and the number of the epoch: `torch.randperm(n, generator=...)` with a fresh
generator each time, seeded with `seed_of(seed, epoch)` from the set-up; likewise the shifts of each step.

</details>
<details><summary>Hint: the state</summary>

The network's and the optimizer's own `state_dict()` (AdamW remembers two averages for each weight), and how many
steps have been made. These dicts hold the live tensors: copy them, or the next step changes what you saved. If you
keep a `torch.Generator` instead, its `get_state()` is a tensor, and where you are in which order has to be saved too.

</details>
"""

# %% points=24 tests="trainer"
# One step: three inputs, two classes, all weights 0 but one. Step 0 of 10 has the rate 0.9 / 2 = 0.45.
net = nn.Sequential(nn.Flatten(), nn.Linear(3, 2))
net[1].weight.data = torch.tensor([[2.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
net[1].bias.data = torch.zeros(2)
trainer = Trainer(net, total=10, peak=0.9, weight_decay=0.1, autocast=False)
x, y = torch.tensor([1.0, -2.0, 0.5]).view(1, 3, 1, 1), torch.tensor([0])
loss = trainer.step(x, y)
assert loss.shape == () and not loss.requires_grad, "the loss is a tensor without axes and without gradient"
# The scores are 2 and 0: the loss is ln(1 + exp(-2)).
np.testing.assert_allclose(float(loss), 0.12693, rtol=1e-3)
# Then the weights of class 0 are 2.36, -0.45, 0.45 with bias 0.45, those of class 1 -0.45, 0.45, -0.45 with -0.45:
# the scores are 2.36 + 0.9 + 0.225 + 0.45 = 3.935 and -2.025, the loss is ln(1 + exp(-5.96)).
np.testing.assert_allclose(float(trainer.step(x, y)), 0.002577, rtol=1e-2, err_msg="rate, decay or AdamW differ")

# A whole run.
images = np.zeros((32, 3, 8, 8), np.uint8)
labels = np.arange(32) % 2
images[labels == 1, 0] = 255  # class 1 is red, class 0 is black
net = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
trainer = Trainer(net, total=40, peak=0.05, batch=8, seed=3)
losses = trainer.fit(images, labels, until=10)
assert losses.shape == (10,), f"10 steps give 10 losses, yours have shape {tuple(losses.shape)}"
state = trainer.state_dict()
losses = trainer.fit(images, labels, until=40)
assert losses.shape == (30,), f"from step 10 to step 40 there are 30 losses, yours have shape {tuple(losses.shape)}"
assert losses[-5:].mean() < 0.1, f"red and black are easy to tell apart, but the loss is still {losses[-1]:.3f}"
np.testing.assert_array_equal(trainer.predict(images), labels)

# Resumed after 10 steps in a trainer with other weights: the same end.
other = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
resumed = Trainer(other, total=40, peak=0.05, batch=8, seed=3)
resumed.load_state_dict(state)
assert torch.equal(resumed.fit(images, labels, until=40), losses), "a resumed run must be the same to the last bit"

# %% [markdown]
r"""
## 7. A network that learns it, and the recipe (10 points)

Everything together. `Net` is yours to design; `recipe` builds the trainer, with the numbers you chose. Graded on data
that is drawn for you alone: 6,000 images for training, *sorted by class*, their classes renumbered at random; 322
steps; 2,000 images held out, of which at least 95 % must be right. The course's own network of 55,000 parameters
reaches more than that and needs about 15 seconds of one CPU core; a run that takes more than three times as long is
stopped.

The data is `shapes10`, level "easy": ten shapes turned, stretched, moved and textured, dark on light or light on dark,
with a line across. A linear classifier gets 15 % of them right.

**By hand: how large are the parts?** A 3×3 convolution from 3 to 8 channels has 3·3·3·8 = 216 weights, and works on
32·32 positions: 221,184 multiplications for an image. One from 48 to 96 channels has 41,472 weights, and on 4·4
positions 663,552 multiplications. Halve the size often, and the weights are cheap.
"""


# %% exercise="net"
class Net(nn.Module):
    """Maps images (N, 3, 32, 32) to scores (N, 10); built without arguments, of at most a million parameters.

    Scores are not probabilities: the loss takes care of that.
    """

    def __init__(self):
        super().__init__()
        ### BEGIN SOLUTION
        layers = []
        for into, out in ((3, 8), (8, 24), (24, 48), (48, 96)):
            convolution = nn.Conv2d(into, out, 3, padding=1, bias=False)  # the normalisation has the bias
            pooling = nn.MaxPool2d(2) if into < 48 else nn.AdaptiveMaxPool2d(1)  # at last: wherever it is
            layers += [convolution, pooling, nn.BatchNorm2d(out), nn.ReLU()]  # pooling first leaves less to do
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(96, 10))
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        return self.layers(x)
        ### END SOLUTION


def recipe(total, seed=0, device="cpu"):
    """A trainer with a new network, ready for `fit`.

    Args:
        total: Number of steps that the run will have.
        seed: Decides the first weights, the orders and the shifts.
        device: Where to compute.
    """
    ### BEGIN SOLUTION
    torch.manual_seed(seed)
    half = torch.device(device).type == "cuda"  # most CPUs have no units for bfloat16 and would only lose time
    return Trainer(Net(), total, peak=0.01, weight_decay=0.05, batch=128, seed=seed, device=device, autocast=half)
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: look at the images first</summary>

In a cell that you delete later:

```python
import matplotlib.pyplot as plt
from cnnkit.data import CLASSES, shapes10

images, labels = shapes10(20, seed=5, level="easy")
figure, axes = plt.subplots(2, 10, figsize=(12, 3))
for axis, image, label in zip(axes.flat, images, labels):
    axis.imshow(image.transpose(1, 2, 0))
    axis.set_title(CLASSES[label])
    axis.axis("off")
```

</details>
<details><summary>Hint: try it in full</summary>

This is what the grader does, with other images:

```python
from cnnkit.data import shapes10

images, labels = shapes10(6_000, seed=1, level="easy")
held_out, answers = shapes10(2_000, seed=2, level="easy")
trainer = recipe(322)
for until in range(46, 323, 46):  # 6,000 images are 46 batches of 128: seven epochs
    losses = trainer.fit(images, labels, until)
    print(until, losses.mean().item(), (trainer.predict(held_out) == answers).mean())
```

Do not put it into a cell that stays in the notebook: it would run again while your notebook is graded.

</details>
<details><summary>Hint: what helps</summary>

Batch normalisation and a high rate: with 322 steps there is no time to be careful. Max pooling between the
convolutions. At the end a maximum or a mean over all positions: a shape may be anywhere.

</details>
"""

# %% points=10 tests="net"
scores = Net()(torch.zeros(2, 3, 32, 32))
assert scores.shape == (2, 10), f"two images have scores of shape (2, 10), yours have {tuple(scores.shape)}"
count = sum(p.numel() for p in Net().parameters())
assert count <= 1_000_000, f"your network has {count:,} parameters"
# Two classes, told apart by the place of a bright square: 12 steps must lower the loss.
images = np.full((128, 3, 32, 32), 60, np.uint8)
labels = np.arange(128) % 2
images[labels == 0, :, 4:12, 4:12] = 220
images[labels == 1, :, 4:12, 6:10] = 220
losses = recipe(12, seed=1).fit(images, labels, until=12)
assert losses[-3:].mean() < losses[:3].mean(), f"the losses are {losses.tolist()}"

# %% [markdown]
r"""
## On a GPU, and against the clock

`recipe(322, device="cuda")` is all that changes. Measure with `throughput`, not by the clock on the wall; compare
with and without `autocast`, with and without *channels last*, with batches of 128 and 1,024.

The leaderboard counts the seconds from the moment your program gets the data to the moment it hands over
predictions that are at least 95 % right, on data drawn anew. What the records of the last years are made of: a first
layer computed from the training images (whitening), convolutions that begin as the identity (dirac), label smoothing,
Nesterov momentum, averaged weights, predictions averaged over shifted views. `make train` runs a program of the
course's own that has all of these as switches, so that you can see what each is worth; have your own answer first. In a
terminal, in the course's folder:

```sh
python -m cnnkit.lab                              # all tricks, 90 s on a CPU
python -m cnnkit.lab --without whitening          # what is it worth?
python -m cnnkit.lab --optimizer muon             # that of the latest records
python -m cnnkit.lab --data cifar10 --device cuda # photographs, on a GPU
```

In one run of each with seed 0, 95 % was reached after 6 of 7 epochs with momentum, and after 3 with Muon.
"""
