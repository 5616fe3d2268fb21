# %% [markdown]
r"""
# Inside the network, and symmetry

**50 bonus points, about 3 hours.** Goes with the chapter *Inside the network and symmetry* of the book.

A trained network gives scores and no reasons. In the first half you write four instruments that look for reasons:
which pixels a score depends on, which part of an image it would miss, where a class shows up in an inner map, and
what made a single inner value so large. In the second half you build symmetry in: a convolution that turns when the
image turns, wavelets that are stable without learning anything, and a number that says how well a symmetry holds.

You need PyTorch. While your answers are graded, the course's own library and libraries for these methods are out of
reach.

**How to work.** Run the cells from the top. Write your code in place of each `raise NotImplementedError`, then run the
check below it: it tries the worked examples, and if no error comes, they are right. Hints open with a click. In a
terminal, `autograder check inside.ipynb` runs all the tests and prints your points, and what went wrong and why.
"""

# %% setup="imports"
import contextlib
import math

import torch
from torch import nn
from torch.nn import functional

# %% [markdown]
r"""
## Conventions of the whole notebook

| | |
|---|---|
| images | `x`, shape `(N, C, H, W)`: number of images, channels, rows, columns |
| a network | `net`, an `nn.Module`; `net(x)` gives **scores**, shape `(N, classes)`, before any softmax |
| `classes` | the class to be explained for each image: a tensor of N whole numbers |
| one map for each image | shape `(N, H, W)` |

An instrument must not change what it measures. Four rules hold for every function here that is given a network:

1. Scores are those of **evaluation mode**, whatever mode the network comes in. Afterwards each part of it is in the
   mode in which it was, and a network can have parts in both modes.
2. The `.grad` and `requires_grad` of its parameters, its running statistics and its hooks are what they were.
3. The images stay as they are. What comes back is a tensor of its own, of the images' type, that carries no gradient.
4. Arguments that do not fit together raise `ValueError`, with a message that says what was given and expected.

`evaluating`, in the next cell, does the work of the first rule: `with evaluating(net): …`.
"""


# %% setup="examples"
@contextlib.contextmanager
def evaluating(net):
    """Evaluation mode within the `with` block; each part's own mode after it."""
    modes = {part: part.training for part in net.modules()}
    net.eval()
    try:
        yield
    finally:
        for part, mode in modes.items():
            part.training = mode


def fill(layer, weight, bias=None):
    """The layer with these weights, read row by row, in float64."""
    with torch.no_grad():
        layer.double().weight.copy_(torch.tensor(weight, dtype=torch.float64).reshape(layer.weight.shape))
        if bias is not None:
            layer.bias.copy_(torch.tensor(bias, dtype=torch.float64))
    return layer


def tensor(values):
    """Numbers as a tensor of float64."""
    return torch.tensor(values, dtype=torch.float64)


def same(found, expected):
    """An error that shows both tensors, where they differ."""
    torch.testing.assert_close(found, expected, msg=f"yours is {found}, expected {expected}")


# Class 0 counts nothing; class 1 weighs the red pixels by 3 and -1, the green ones by -5 and 2.
TWO_PIXELS = nn.Sequential(nn.Flatten(), fill(nn.Linear(4, 2, bias=False), [0, 0, 0, 0, 3, -1, -5, 2]))
SIX_PIXELS = nn.Sequential(nn.Flatten(), fill(nn.Linear(6, 1, bias=False), [3, -1, 2, 1, 0, -2]))
SIX_VALUES = tensor([[[[2, 5, 1], [0, 4, 3]]]])
# Two maps, x and 5 - x, and a score that weighs the first by 2 and 0, the second by -1 and -2.
TWO_MAPS = nn.Sequential(
    fill(nn.Conv2d(1, 2, 1), [1, -1], [0, 5]), nn.Flatten(), fill(nn.Linear(4, 1, bias=False), [2, 0, -1, -2])
)
ROW = nn.Sequential(fill(nn.Conv2d(1, 1, (1, 2), bias=False), [2, -1]), nn.ReLU(), nn.MaxPool2d((1, 2)))
ROW_VALUES = tensor([[[[1, 3, 0, 2, 5]]]])

# %% [markdown]
r"""
## 1. Saliency (8 points)

By how much would a score change if a pixel changed a little? That is the score's derivative with respect to the pixel,
and backpropagation gives it for all pixels at once: the same pass that training uses, run to the image instead of the
kernels. Simonyan, Vedaldi and Zisserman (2014) draw its magnitude, and of the channels of a pixel the largest:

$$S_{ij} = \max_c \left|\frac{\partial\, \text{score}}{\partial x_{cij}}\right|$$

**By hand.** An image of 1×2 pixels, red and green. The score is linear: it weighs the red pixels by 3 and −1, the
green ones by −5 and 2. The derivatives are these weights, whatever the image, and the saliency is
$(\max(3, 5)\;\;\max(1, 2)) = (5\;\;2)$.
"""


# %% exercise="saliency"
def saliency(net, x, classes):
    """How strongly the score of each image's class depends on each pixel.

    Args:
        net: Gives scores, shape (N, K), of images.
        x: Images, shape (N, C, H, W).
        classes: A class for each image, shape (N,).

    Returns:
        Shape (N, H, W): the largest magnitude, over channels, of the score's derivative.

    Raises:
        ValueError: If x does not have 4 axes, if there is not one class for each image, or a class is none of K.
    """
    ### BEGIN SOLUTION
    if x.ndim != 4 or classes.shape != (len(x),):
        raise ValueError(
            f"x has shape {tuple(x.shape)}, classes {tuple(classes.shape)}; expected (N, C, H, W) and (N,)"
        )
    pixels = x.detach().clone().requires_grad_()
    with evaluating(net), torch.enable_grad():
        scores = net(pixels)
        if classes.min() < 0 or classes.max() >= scores.shape[1]:
            raise ValueError(f"classes are {classes.tolist()}, expected numbers below {scores.shape[1]}")
        # Images do not see each other in evaluation mode: the sum's gradient holds each image's own.
        total = scores[torch.arange(len(x)), classes].sum()
        (gradient,) = torch.autograd.grad(total, pixels)
    return gradient.abs().amax(dim=1)
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: a derivative with respect to the image</summary>

Autograd follows what requires a gradient. A copy of the images can: `x.detach().clone().requires_grad_()`. Then
`torch.autograd.grad(score, pixels)` gives a tuple with one gradient and writes nothing to any `.grad`; `backward()`
would add to the `.grad` of all parameters.

</details>
<details><summary>Hint: one score for each image</summary>

`scores[torch.arange(N), classes]` picks one number from each row. Their sum is one number, and since image 0 has no
influence on the score of image 1, its gradient is what you want for every image.

</details>
"""

# %% points=8 tests="saliency"
image = tensor([[[[7, 1]], [[2, 4]]]])
same(saliency(TWO_PIXELS, image, torch.tensor([1])), tensor([[[5, 2]]]))  # max(3, 5), max(1, 2)

# Two images, two classes: class 0 depends on nothing.
twice = saliency(TWO_PIXELS, torch.cat([image, image]), torch.tensor([0, 1]))
same(twice, tensor([[[0, 0]], [[5, 2]]]))

# The score of max(0, 2x0 - x1) + max(0, 3x1 - x0) at x = (1, 5): only the second is open, so the derivative is (-1, 3).
bend = nn.Sequential(nn.Flatten(), fill(nn.Linear(2, 2, bias=False), [2, -1, -1, 3]), nn.ReLU())
bend.append(fill(nn.Linear(2, 1, bias=False), [1, 1]))
same(saliency(bend, tensor([[[[1, 5]]]]), torch.tensor([0])), tensor([[[1, 3]]]))

# %% [markdown]
r"""
## 2. Occlusion (8 points)

A derivative tells what a *little* change does. Zeiler and Fergus (2014) ask for a large one: put a grey square over a
part of the image, look how far the score drops, move the square, look again. No gradient is needed, but one pass for
each place of the square.

$$M_{ij} = \text{score}(x) -
\text{score}(x \text{ with the square's corner at row } i\cdot\text{stride}, \text{ column } j\cdot\text{stride})$$

**By hand.** An image and the weights of a linear score, which is $6-5+2+0+0-6=-3$:

$$\begin{pmatrix}2&5&1\\0&4&3\end{pmatrix},\qquad\begin{pmatrix}3&-1&2\\1&0&-2\end{pmatrix}$$

A black square of 2×2 has two places. On the left it hides $6-5+0+0=1$ of the score, so the score drops by 1. On the
right it hides $-5+2+0-6=-9$: the score *rises* by 9, the drop is −9. The map is $(1\;\;{-9})$.
"""


# %% exercise="occlusion-map"
def occlusion_map(net, x, classes, size, stride=1, value=0.0):
    """How far the score of each image's class drops when a square of the image is covered.

    Args:
        net: Gives scores, shape (N, K), of images.
        x: Images, shape (N, C, H, W).
        classes: A class for each image, shape (N,).
        size: Side of the square, in pixels.
        stride: Step between places of the square, in pixels.
        value: What the covered pixels become, in all channels.

    Returns:
        Shape (N, (H - size) // stride + 1, (W - size) // stride + 1): the drop at each place; negative where the score
        rises. All places lie within the image.

    Raises:
        ValueError: If x does not have 4 axes, if there is not one class for each image, if a class is none of K, or
            if the square is larger than the image.
    """
    ### BEGIN SOLUTION
    if x.ndim != 4 or classes.shape != (len(x),):
        raise ValueError(
            f"x has shape {tuple(x.shape)}, classes {tuple(classes.shape)}; expected (N, C, H, W) and (N,)"
        )
    n, _, h, w = x.shape
    if size > min(h, w):
        raise ValueError(f"the square's side is {size}, but images have {h}×{w} pixels")
    rows, columns = range(0, h - size + 1, stride), range(0, w - size + 1, stride)
    drops = torch.empty((n, len(rows), len(columns)), dtype=x.dtype, device=x.device)
    with evaluating(net), torch.no_grad():
        scores = net(x.clone())  # a copy: a network may work in place
        if classes.min() < 0 or classes.max() >= scores.shape[1]:
            raise ValueError(f"classes are {classes.tolist()}, expected numbers below {scores.shape[1]}")
        for i, top in enumerate(rows):
            for j, left in enumerate(columns):
                covered = x.clone()
                covered[:, :, top : top + size, left : left + size] = value
                drops[:, i, j] = (scores - net(covered))[torch.arange(n), classes]
    return drops
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: where to start</summary>

Two loops, over the rows and the columns where the square's upper left corner can be:
`range(0, H - size + 1, stride)`. In the innermost one, `x.clone()`, an assignment to a slice, and one call of the
network for all images.

</details>
<details><summary>Hint: no gradients are needed</summary>

Within `torch.no_grad()` the network records nothing, which saves time and memory, and the result carries no gradient.

</details>
"""

# %% points=8 tests="occlusion-map"
# 6 - 5 + 0 + 0 = 1 is hidden on the left, -5 + 2 + 0 - 6 = -9 on the right.
same(occlusion_map(SIX_PIXELS, SIX_VALUES, torch.tensor([0]), 2), tensor([[[1, -9]]]))

# Single pixels, two apart: each hides its own weight times its value.
drops = occlusion_map(SIX_PIXELS, SIX_VALUES, torch.tensor([0]), 1, stride=2)
same(drops, tensor([[[6, 2]]]))

# Covered with 1: the weights 3, -1, 1, 0 meet 2 - 1, 5 - 1, 0 - 1, 4 - 1, so the drop is 3 - 4 - 1 + 0 = -2.
drops = occlusion_map(SIX_PIXELS, SIX_VALUES, torch.tensor([0]), 2, value=1.0)
same(drops[:, :, :1], tensor([[[-2]]]))

# %% [markdown]
r"""
## 3. Grad-CAM (8 points)

Inner maps still have places, and they know more than pixels do. **Grad-CAM** (Selvaraju and others 2017) asks which
of a layer's maps $A^k$ speak for a class, and adds those up. The weight of a map is the mean derivative of the class's
score over the map's P places; what speaks against the class is cut off:

$$\alpha_k = \frac{1}{P}\sum_{i,j}\frac{\partial\,\text{score}}{\partial A^k_{ij}},\qquad
L_{ij} = \max\Big(0,\ \sum_k \alpha_k A^k_{ij}\Big)$$

The result is resized to the image, by bilinear interpolation as `functional.interpolate` does it by default
(`align_corners=False`).

**By hand.** The image $(1\;\;4)$, two maps: $A^1 = x = (1\;\;4)$ and $A^2 = 5 - x = (4\;\;1)$. The score weighs $A^1$
by $(2\;\;0)$ and $A^2$ by $({-1}\;\;{-2})$, so $\alpha_1 = 1$ and $\alpha_2 = -1.5$. At the first place
$1\cdot1-1.5\cdot4=-5$, which becomes 0; at the second $4-1.5=2.5$. The map is $(0\;\;2.5)$.
"""


# %% exercise="grad-cam"
def grad_cam(net, x, classes, layer):
    """Where a layer's maps speak for each image's class.

    Args:
        net: Gives scores, shape (N, K), of images.
        x: Images, shape (N, C, H, W).
        classes: A class for each image, shape (N,).
        layer: Name of a part of the network whose output is maps, shape (N, M, h, w), such as "features.3":
            `net.get_submodule(layer)` is the part.

    Returns:
        Shape (N, H, W): the map, resized to the image, not scaled.

    Raises:
        ValueError: If x does not have 4 axes, if there is not one class for each image, if a class is none of K, or
            if the network has no part of this name.
    """
    ### BEGIN SOLUTION
    if x.ndim != 4 or classes.shape != (len(x),):
        raise ValueError(
            f"x has shape {tuple(x.shape)}, classes {tuple(classes.shape)}; expected (N, C, H, W) and (N,)"
        )
    if layer not in dict(net.named_modules()):
        raise ValueError(f"there is no part {layer!r}, only {', '.join(dict(net.named_modules()))}")
    seen = []
    hook = net.get_submodule(layer).register_forward_hook(lambda part, given, maps: seen.append(maps))
    try:
        with evaluating(net), torch.enable_grad():
            scores = net(x.detach().clone().requires_grad_())  # the maps need a gradient, whatever is frozen
            if classes.min() < 0 or classes.max() >= scores.shape[1]:
                raise ValueError(f"classes are {classes.tolist()}, expected numbers below {scores.shape[1]}")
            total = scores[torch.arange(len(x)), classes].sum()
            (gradient,) = torch.autograd.grad(total, seen[0])
    finally:
        hook.remove()
    weights = gradient.mean(dim=(2, 3), keepdim=True)  # (N, M, 1, 1)
    cam = torch.relu((weights * seen[0].detach()).sum(dim=1, keepdim=True))  # (N, 1, h, w)
    return functional.interpolate(cam, size=x.shape[2:], mode="bilinear")[:, 0]
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: looking at an inner map</summary>

`handle = part.register_forward_hook(function)` has `function(part, inputs, output)` called in each forward pass; let it
put `output` into a list. `handle.remove()` takes the hook away again, and belongs into a `finally`, so that it happens
even if the network raises an error.

</details>
<details><summary>Hint: its gradient</summary>

`torch.autograd.grad(total, maps)` works for inner tensors too, if they are part of the computation. Where all
parameters are frozen (`requires_grad` is False), nothing is recorded, unless the images you pass require a gradient.

</details>
"""

# %% points=8 tests="grad-cam"
# The weights of the maps are 1 and -1.5: 1·1 - 1.5·4 = -5, cut off; 1·4 - 1.5·1 = 2.5.
cam = grad_cam(TWO_MAPS, tensor([[[[1, 4]]]]), torch.tensor([0]), "0")
same(cam, tensor([[[0, 2.5]]]))

# A pooling before it halves the map to (0 2.5): resized, that is 0, a quarter and three quarters of the way, 2.5.
halved = nn.Sequential(nn.AvgPool2d((1, 2)), TWO_MAPS)
cam = grad_cam(halved, tensor([[[[0, 2, 3, 5]]]]), torch.tensor([0]), "1.0")
same(cam, tensor([[[0, 0.625, 1.875, 2.5]]]))

# %% [markdown]
r"""
## 4. The way back (8 points)

What in the image made one inner value large? Zeiler and Fergus (2014) run the network backwards, from one value of
one map to a pattern of pixels. Each layer has a way back:

| layer | way back |
|---|---|
| convolution | the transposed convolution with the same kernels, without bias |
| ReLU | ReLU again: what is negative on the way back is cut off |
| max pooling | each value goes to the place its maximum came from; the **switches** remember it. All else is 0 |

It is nearly the gradient, but for the ReLU: backpropagation stops where the *forward* value was negative.

**By hand.** The image $(1\;\;3\;\;0\;\;2\;\;5)$ and the kernel $(2\;\;{-1})$ give $({-1}\;\;6\;\;{-2}\;\;{-1})$, then
$(0\;\;6\;\;0\;\;0)$, then, by pooling pairs, $(6\;\;0)$. The strongest value is the 6. Back: $(6\;\;0)$, unpooled
$(0\;\;6\;\;0\;\;0)$, ReLU changes nothing, and 6 times the kernel at its place: $(0\;\;12\;\;{-6}\;\;0\;\;0)$.
"""


# %% exercise="deconv-patch"
def deconv_patch(features, x, layer, channel):
    """The pattern of pixels behind the strongest value of one map.

    Args:
        features: An nn.Sequential of Conv2d (any stride and padding; no dilation, no groups), ReLU, and MaxPool2d whose
            windows do not overlap.
        x: One image, shape (1, C, H, W).
        layer: Number of the layer in `features` that gives the map; the layers behind it play no part.
        channel: Number of the map.

    Returns:
        Shape (1, C, H, W): the way back of the map's strongest value (the first one, row by row, of several), with
        all other values of that layer set to 0. It starts with the way back of layer `layer` itself.

    Raises:
        ValueError: If x is not one image, or there is no such layer or map.
    """
    ### BEGIN SOLUTION
    if x.ndim != 4 or len(x) != 1:
        raise ValueError(f"x has shape {tuple(x.shape)}, expected one image, (1, C, H, W)")
    if not 0 <= layer < len(features):
        raise ValueError(f"layer is {layer}, expected a number below {len(features)}")
    with torch.no_grad():
        maps, inputs, switches = x.clone(), [], {}
        for number in range(layer + 1):
            part = features[number]
            inputs.append(maps.shape)
            if isinstance(part, nn.MaxPool2d):
                options = part.kernel_size, part.stride, part.padding
                maps, switches[number] = functional.max_pool2d(maps, *options, return_indices=True)
            else:
                maps = part(maps.clone())  # a ReLU may work in place
        if not 0 <= channel < maps.shape[1]:
            raise ValueError(f"channel is {channel}, expected a number below {maps.shape[1]}")
        back = torch.zeros_like(maps)
        place = maps[0, channel].argmax()
        back[0, channel].view(-1)[place] = maps[0, channel].flatten()[place]
        for number in range(layer, -1, -1):
            part = features[number]
            if isinstance(part, nn.ReLU):
                back = torch.relu(back)
            elif isinstance(part, nn.MaxPool2d):
                plane = torch.zeros(inputs[number], dtype=x.dtype).flatten(2)
                back = plane.scatter(2, switches[number].flatten(2), back.flatten(2)).view(inputs[number])
            else:
                back = torch.nn.grad.conv2d_input(inputs[number], part.weight, back, part.stride, part.padding)
    return back
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: switches</summary>

`functional.max_pool2d(x, …, return_indices=True)` gives the maxima and, for each, the number of its place in the plane
of `x`. `functional.max_unpool2d`, or `scatter` on flattened planes, puts values there.

</details>
<details><summary>Hint: the size of a transposed convolution</summary>

`functional.conv_transpose2d(back, weight, stride=…, padding=…)` can come out too small, where a stride left rows over.
`output_padding` adds them: what is missing to the size of the layer's input. Or `torch.nn.grad.conv2d_input`, which is
given that size.

</details>
"""

# %% points=8 tests="deconv-patch"
# (-1 6 -2 -1), (0 6 0 0), (6 0); back: 6 at place 1, times the kernel (2 -1).
same(deconv_patch(ROW, ROW_VALUES, 2, 0), tensor([[[[0, 12, -6, 0, 0]]]]))
same(deconv_patch(ROW, ROW_VALUES, 0, 0), tensor([[[[0, 12, -6, 0, 0]]]]))

# Two convolutions, kernels (2 -1) and (-1 1): maps (0 6 0 0), then (6 -6 0). The strongest value, 6 at place 0, comes
# back as (-6 6 0 0), and the ReLU cuts that to (0 6 0 0).
second = nn.Sequential(*ROW[:2], fill(nn.Conv2d(1, 1, (1, 2), bias=False), [-1, 1]))
same(deconv_patch(second, ROW_VALUES, 2, 0), tensor([[[[0, 12, -6, 0, 0]]]]))

# %% [markdown]
r"""
## 5. A convolution that turns (10 points)

Shift an image, and the maps of a convolution shift. Turn it, and nothing comparable happens. Cohen and Welling (2016)
use each kernel in four poses, turned by 0, 1, 2 and 3 quarter turns. The result has an axis more, the pose, and now
turning the image turns each map *and* moves the maps on by one pose: the layer is **equivariant** to quarter turns,
whatever the kernel. The group of shifts and quarter turns is called p4; this first layer **lifts** an image to it.

**By hand.** `torch.rot90` turns to the left:

$$w = \begin{pmatrix}1&2\\3&4\end{pmatrix},\quad\begin{pmatrix}2&4\\1&3\end{pmatrix},\quad
\begin{pmatrix}4&3\\2&1\end{pmatrix},\quad\begin{pmatrix}3&1\\4&2\end{pmatrix}$$

The image $\begin{pmatrix}1&0\\2&5\end{pmatrix}$ has one window: $1+6+20=27$, $2+2+15=19$, $4+4+5=13$, $3+8+10=21$.
Turned to the left, it is $\begin{pmatrix}0&5\\1&2\end{pmatrix}$: $10+3+8=21$, then 27, 19, 13. The same four numbers,
one pose further.
"""


# %% exercise="p4-lift-conv"
def p4_lift_conv(x, w, b=None, padding=0):
    """The feature maps of kernels in four poses.

    Args:
        x: Images, shape (N, C, H, W).
        w: Square kernels, shape (F, C, K, K).
        b: Biases, shape (F,), the same for the four poses of a kernel, or None for none.
        padding: Rows and columns of zeros on each side.

    Returns:
        Shape (N, F, 4, OH, OW): [:, :, r] are the maps of the kernels turned to the left by r quarter turns. Gradients
        flow to x, w and b.

    Raises:
        ValueError: If x or w does not have 4 axes, if the kernels are not square, if w does not have C channels, or if
            b does not have F values.
    """
    ### BEGIN SOLUTION
    if x.ndim != 4 or w.ndim != 4:
        raise ValueError(f"x and w need 4 axes, but have {x.ndim} and {w.ndim}")
    if w.shape[2] != w.shape[3]:
        raise ValueError(f"kernels are {w.shape[2]}×{w.shape[3]}, but must be square to be turned")
    if w.shape[1] != x.shape[1]:
        raise ValueError(f"x has {x.shape[1]} channels but w expects {w.shape[1]}")
    if b is not None and b.shape != w.shape[:1]:
        raise ValueError(f"b has shape {tuple(b.shape)}, but there are {len(w)} kernels")
    poses = [functional.conv2d(x, torch.rot90(w, r, (2, 3)), b, padding=padding) for r in range(4)]
    return torch.stack(poses, dim=2)
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: four ordinary convolutions</summary>

`torch.rot90(w, r, (2, 3))` turns all kernels r times. Four calls of `functional.conv2d` and one `torch.stack` do it;
think about which axis to stack on.

</details>
"""

# %% points=10 tests="p4-lift-conv"
kernel, pixels = tensor([[[[1, 2], [3, 4]]]]), tensor([[[[1, 0], [2, 5]]]])
y = p4_lift_conv(pixels, kernel)
assert y.shape == (1, 1, 4, 1, 1), f"the result has shape {tuple(y.shape)}"
same(y.flatten(), tensor([27, 19, 13, 21]))  # 1 + 6 + 20, 2 + 2 + 15, 4 + 4 + 5, 3 + 8 + 10
same(p4_lift_conv(torch.rot90(pixels, 1, (2, 3)), kernel).flatten(), tensor([21, 27, 19, 13]))

# Each map turned, and all moved on by one pose: that is what turning the image must do.
picture, kernels = torch.arange(60.0).reshape(1, 2, 5, 6).sin(), torch.arange(54.0).reshape(3, 2, 3, 3).cos()
turned_output = torch.rot90(p4_lift_conv(picture, kernels), 1, (3, 4)).roll(1, dims=2)
torch.testing.assert_close(p4_lift_conv(torch.rot90(picture, 1, (2, 3)), kernels), turned_output)

# %% [markdown]
r"""
## 6. Scattering, first order (4 points)

How much can a network do whose kernels nobody trained? Bruna and Mallat (2013) take **wavelets**: little waves of
several lengths and directions, complex-valued. One layer of their **scattering transform** is

$$S_0 = (x * \phi)\downarrow,\qquad S_\lambda = \big(|x * \psi_\lambda| * \phi\big)\downarrow$$

with wavelets $\psi_\lambda$, a low-pass $\phi$ that averages over about $2^J$ pixels, and ↓ that keeps every $2^J$-th
row and column, from the first. The modulus takes away the phase, so that what is left moves little when the image
does; the average makes it stable.

All convolutions here are circular: with a hat for the discrete Fourier transform, $x * \psi$ is the inverse transform
of $\hat x\,\hat\psi$. The next cell gives you $\hat\psi$ and $\hat\phi$, which are real.

**By hand.** A wave $x_{ij} = \cos\omega j$ is half $e^{i\omega j}$ and half $e^{-i\omega j}$. A wavelet that lets the
first through with the factor $g$ and stops the second gives $\frac g2 e^{i\omega j}$: it swings, but its modulus is
$\frac g2$ at all pixels, and so is the average.
"""


# %% setup="wavelets"
def bump(height, width, sigma, centre, theta, slant):
    """Fourier transform of a Gaussian of width sigma times a wave of frequency centre and direction theta."""
    v = 2 * math.pi * torch.fft.fftfreq(height, dtype=torch.float64)[:, None]
    u = 2 * math.pi * torch.fft.fftfreq(width, dtype=torch.float64)[None, :]
    total = torch.zeros(height, width, dtype=torch.float64)
    for i in (-1, 0, 1):  # a sampled function's spectrum repeats
        for j in (-1, 0, 1):
            y, x = v + 2 * math.pi * i, u + 2 * math.pi * j
            along = math.cos(theta) * x + math.sin(theta) * y - centre
            across = (math.cos(theta) * y - math.sin(theta) * x) / slant
            total += torch.exp(-(sigma**2) / 2 * (along**2 + across**2))
    return total


def wavelets(height, width, scales, angles):
    """Fourier transforms of Morlet wavelets, shape (scales * angles, height, width), the shortest waves first."""
    bank = []
    for scale in range(scales):
        for k in range(angles):
            shape = (0.8 * 2**scale, 0.75 * math.pi / 2**scale, math.pi * k / angles, 4 / angles)
            wave, envelope = bump(height, width, *shape), bump(height, width, shape[0], 0.0, *shape[2:])
            # Less as much of the envelope as brings the mean to zero.
            bank.append(wave - wave[0, 0] / envelope[0, 0] * envelope)
    return torch.stack(bank)


def low_pass(height, width, scales):
    """Fourier transform of the average over about 2^scales pixels, shape (height, width)."""
    average = bump(height, width, 0.4 * 2**scales, 0.0, 0.0, 1.0)
    return average / average[0, 0]


# %% exercise="scattering1"
def scattering1(x, scales=2, angles=4):
    """Averages of the images, and of the moduli of their wavelet transforms.

    Args:
        x: Images, shape (N, C, H, W), H and W multiples of 2^scales.
        scales: J, lengths of the wavelets.
        angles: L, directions of the wavelets.

    Returns:
        Shape (N, C, 1 + J L, H / 2^J, W / 2^J), of x's type: the average first, then the wavelets in the order of
        `wavelets(H, W, scales, angles)`.

    Raises:
        ValueError: If x does not have 4 axes, or H or W is no multiple of 2^scales.
    """
    ### BEGIN SOLUTION
    if x.ndim != 4:
        raise ValueError(f"x needs 4 axes, but has {x.ndim}")
    step, (h, w) = 2**scales, x.shape[2:]
    if h % step or w % step:
        raise ValueError(f"images have {h}×{w} pixels, expected multiples of {step}")
    images = x[:, :, None].to(torch.float64)  # (N, C, 1, H, W): an axis for the wavelets
    bands = torch.fft.ifft2(torch.fft.fft2(images) * wavelets(h, w, scales, angles)).abs()
    layers = torch.cat([images, bands], dim=2)
    smooth = torch.fft.ifft2(torch.fft.fft2(layers) * low_pass(h, w, scales)).real
    return smooth[..., ::step, ::step].to(x.dtype)
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: all wavelets at once</summary>

`torch.fft.fft2` transforms the last two axes. With `x[:, :, None]`, an axis of length 1 before them, the product with
`wavelets(…)` is of shape (N, C, J L, H, W).

</details>
"""

# %% points=4 tests="scattering1"
# A constant image: its average is itself, and a wavelet's mean is 0.
flat = scattering1(torch.full((1, 1, 8, 12), 3.0, dtype=torch.float64))
assert flat.shape == (1, 1, 9, 2, 3), f"the result has shape {tuple(flat.shape)}"
same(flat[:, :, :1], torch.full((1, 1, 1, 2, 3), 3.0, dtype=torch.float64))
same(flat[:, :, 1:], torch.zeros(1, 1, 8, 2, 3, dtype=torch.float64))

# The wave of the example: three periods in eight columns. All four values are half of the wavelet's factor.
wave = torch.cos(2 * math.pi * 3 / 8 * torch.arange(8, dtype=torch.float64)).expand(1, 1, 8, 8)
factors = wavelets(8, 8, 2, 4)[0, 0]
one_sided = float(factors[3] / 2), float(factors[-3] / 2)
values = scattering1(wave)[0, 0, 1]
message = f"yours are {values.flatten().tolist()}"
assert all(abs(value - one_sided[0]) <= 2 * one_sided[1] + 1e-6 for value in values.flatten()), message

# %% [markdown]
r"""
## 7. How well does a symmetry hold? (4 points)

A function f is equivariant to g if it does not matter which of the two comes first: $f(g(x)) = g'(f(x))$, where $g'$ is
what g does to outputs. For a shift, that is the same shift; for your lifting layer, a turn and a step in the poses; for
an invariant function, nothing at all. Borders, strides and pooling break it a little. By how much is a number:

$$\text{error} = \frac{\lVert f(g(x)) - g'(f(x))\rVert}{\lVert g'(f(x))\rVert}$$

with the root of the sum of all squares as the norm. Where the denominator is 0, the error is 0 if the numerator is too,
and infinite otherwise.

**By hand.** $f(x) = (1\cdot x_0\;\;2\cdot x_1\;\;3\cdot x_2)$, and g moves every value one place to the right, the last
one to the front. For $x = (1\;\;4\;\;2)$: $f(g(x)) = f(2\;\;1\;\;4) = (2\;\;2\;\;12)$ and
$g(f(x)) = g(1\;\;8\;\;6) = (6\;\;1\;\;8)$. The difference is $({-4}\;\;1\;\;4)$, the error
$\sqrt{33}/\sqrt{101} = 0.5716$.
"""


# %% exercise="equivariance-error"
def equivariance_error(f, x, g, g_out=None):
    """How far a function is from being equivariant, relative to the size of its output.

    Args:
        f: A function of a tensor that gives a tensor.
        x: What to try it with.
        g: A transformation of x.
        g_out: What g does to outputs of f; None if it is g itself.

    Returns:
        A float: 0 where f and g can be exchanged.

    Raises:
        ValueError: If f(g(x)) and g_out(f(x)) do not have the same shape.
    """
    ### BEGIN SOLUTION
    first, second = f(g(x)), (g_out or g)(f(x))
    if first.shape != second.shape:
        raise ValueError(f"f(g(x)) has shape {tuple(first.shape)}, g_out(f(x)) has {tuple(second.shape)}")
    error, size = (first - second).norm().item(), second.norm().item()
    if size == 0:
        return 0.0 if error == 0 else math.inf
    return error / size
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: the norm</summary>

`tensor.norm()` is the root of the sum of squares of all values, whatever the shape; `.item()` makes it a number.

</details>
"""


# %% points=4 tests="equivariance-error"
def weigh(x):
    return x * torch.tensor([1.0, 2.0, 3.0], dtype=x.dtype)


def move(x):
    return torch.roll(x, 1, dims=-1)


def stay(x):
    return x


error = equivariance_error(weigh, tensor([1, 4, 2]), move)
assert abs(error - (33 / 101) ** 0.5) < 1e-9, f"yours is {error}"  # (-4 1 4) against (6 1 8)
assert equivariance_error(torch.square, tensor([1, 4, 2]), move) == 0, "squares can be taken before or after a move"
assert equivariance_error(torch.amax, tensor([1, 4, 2]), move, stay) == 0, "the largest value is invariant"

# %% [markdown]
r"""
## What you have built

- Four instruments that ask a network for its reasons and leave it as it was.
- A convolution that turns with the image, wavelets that nobody trained, and a number for how well a symmetry holds.

This is the last unit. Point your instruments at a network that you trained in unit 12: what does it look at?
"""
