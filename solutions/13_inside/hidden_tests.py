"""Hidden tests of unit 13. Gradients are computed layer by layer, without autograd; scattering by sums over pixels."""

from __future__ import annotations

import contextlib
import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.nn.grad import conv2d_input

from autograder.testing import Suite, Trial, instruments

Tensor = torch.Tensor

suite = Suite(without=("cnnkit", "torchvision", "timm", "captum", "escnn", "e2cnn", "kymatio"))

pixels = suite.exercise("saliency", 8, "saliency(net, x, classes)")
covered = suite.exercise("occlusion-map", 8, "occlusion_map(net, x, classes, size, stride, value)")
cam = suite.exercise("grad-cam", 8, "grad_cam(net, x, classes, layer)")
pattern = suite.exercise("deconv-patch", 8, "deconv_patch(features, x, layer, channel)")
lifted = suite.exercise("p4-lift-conv", 10, "p4_lift_conv(x, w, b, padding)")
scattered = suite.exercise("scattering1", 4, "scattering1(x, scales, angles)")
broken = suite.exercise("equivariance-error", 4, "equivariance_error(f, x, g, g_out)")


# -- networks with random numbers, and what they compute in evaluation mode ---------------------------------------


def normal(t: Trial, *shape: int) -> Tensor:
    """Numbers without any symmetry."""
    return torch.from_numpy(t.rng.normal(0.1, 1.0, shape))


def drawn(t: Trial, *parts: nn.Module) -> nn.Sequential:
    """The parts in a row, in float64, with random numbers."""
    net = nn.Sequential(*parts).double()
    with torch.no_grad():
        for name, values in net.state_dict().items():
            if name.endswith("running_var"):
                values.copy_(torch.from_numpy(t.rng.uniform(0.5, 1.5, values.shape)))
            elif values.is_floating_point():
                values.copy_(normal(t, *values.shape))
    return net


def classifier(t: Trial, channels: int, h: int, w: int, numbers: int = 4) -> nn.Sequential:
    """Convolution, ReLU, pooling, convolution, a smooth bend, scores."""
    parts: list[nn.Module] = [
        nn.Conv2d(channels, 3, (3, 2)),
        nn.ReLU(),
        nn.MaxPool2d(2, 2),
        nn.Conv2d(3, 5, 2),
        nn.Tanh(),
    ]
    rows, columns = (h - 2) // 2 - 1, (w - 1) // 2 - 1
    return drawn(t, *parts, nn.Flatten(), nn.Linear(5 * rows * columns, numbers))


def moody(t: Trial, h: int, w: int) -> nn.Sequential:
    """A network whose parts do something else in training mode: normalisation and dropout."""
    parts: list[nn.Module] = [nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5)]
    return drawn(t, *parts, nn.Flatten(), nn.Linear(4 * (h - 2) * (w - 2), 3))


@torch.no_grad()
def ahead(part: Any, x: Tensor) -> Tensor:
    """One layer in evaluation mode, whatever mode it is in."""
    if isinstance(part, nn.BatchNorm2d):
        return functional.batch_norm(x, part.running_mean, part.running_var, part.weight, part.bias)
    y: Tensor = x if isinstance(part, nn.Dropout) else part(x.clone())
    return y


@torch.no_grad()
def behind(part: Any, x: Tensor, dy: Tensor) -> Tensor:
    """The gradient for a layer's input."""
    if isinstance(part, nn.Conv2d):
        gradient: Tensor = conv2d_input(x.shape, part.weight, dy, part.stride, part.padding)  # type: ignore[no-untyped-call]
        return gradient
    if isinstance(part, nn.ReLU):
        return dy * (x > 0)
    if isinstance(part, nn.Tanh):
        return dy * (1 - torch.tanh(x) ** 2)
    if isinstance(part, nn.MaxPool2d):
        return unpooled(part, x, dy)
    if isinstance(part, nn.BatchNorm2d):
        assert part.running_var is not None
        return dy * (part.weight / (part.running_var + part.eps).sqrt()).view(1, -1, 1, 1)
    if isinstance(part, nn.Linear):
        return dy @ part.weight
    return dy.reshape(x.shape)  # Flatten, Dropout


def unpooled(part: nn.MaxPool2d, x: Tensor, dy: Tensor) -> Tensor:
    """Each value at the place of its window's maximum."""
    switches = functional.max_pool2d(x, part.kernel_size, part.stride, part.padding, return_indices=True)[1]
    return torch.zeros_like(x).flatten(2).scatter(2, switches.flatten(2), dy.flatten(2)).view_as(x)


def scores(net: nn.Sequential, x: Tensor, classes: Tensor) -> Tensor:
    """The score of each image's class."""
    for part in net:
        x = ahead(part, x)
    return x[torch.arange(len(x)), classes]


def gradient(net: nn.Sequential, x: Tensor, classes: Tensor, down_to: int = -1) -> tuple[Tensor, Tensor]:
    """What layer number `down_to` gives (-1: the images), and the gradient of each image's score for it."""
    inputs = [x]
    for part in net:
        inputs.append(ahead(part, inputs[-1]))
    dy = torch.zeros_like(inputs[-1])
    dy[torch.arange(len(x)), classes] = 1.0
    for number in range(len(net) - 1, down_to, -1):
        dy = behind(net[number], inputs[number], dy)
    return inputs[down_to + 1], dy


def some_classes(t: Trial, count: int, numbers: int) -> Tensor:
    """A class for each image, no two neighbours of the same."""
    first = int(t.rng.integers(numbers))
    return torch.tensor([(first + i) % numbers for i in range(count)])


# -- what the tests do with a network beside the learner's function ------------------------------------------------

KEPT = {
    "the result is a tensor": True,
    "each part is in its earlier mode": True,
    "the parameters' .grad is as before": True,
    "the parameters' requires_grad is as before": True,
    "no hook is left": True,
    "parameters and running statistics are as before": True,
    "the result carries no gradient": True,
}


def left_behind(function: Any, net: nn.Module, x: Tensor, *arguments: Any) -> dict[str, bool]:
    """What the call leaves behind in the network."""
    lent = instruments.lend(function, net)
    before, numbers = instruments.examine(lent), {name: v.clone() for name, v in lent.state_dict().items()}
    result = function(lent, x, *arguments)
    after, numbers_after = instruments.examine(lent), lent.state_dict()
    found = (
        isinstance(result, Tensor),
        before["training"] == after["training"],
        all(g is None for g in after["gradients"].values()),
        before["requires_grad"] == after["requires_grad"],
        after["hooks"] == 0,
        all(torch.equal(v, numbers_after[name]) for name, v in numbers.items()),
        not getattr(result, "requires_grad", False),
    )
    return dict(zip(KEPT, found, strict=True))


def with_a_network(function: Any, net: nn.Module, x: Tensor, *arguments: Any) -> Tensor:
    """The result with this network."""
    result: Tensor = function(instruments.lend(function, net), x, *arguments)
    return result


def in_training_mode(function: Any, net: nn.Module, x: Tensor, classes: Tensor, **options: Any) -> Tensor:
    """The result for a network that comes in training mode."""
    lent = instruments.lend(function, net)
    instruments.seed(function, 5)
    result: Tensor = function(lent, x, classes, *options.values())
    return result


def in_float32(function: Any, net: nn.Module, x: Tensor, *arguments: Any) -> str:
    """The type of the result, images and network being of float32."""
    return str(getattr(function(net.float(), x.float(), *arguments), "dtype", "not that of a tensor"))


def keeps_its_hands_off(t: Trial, x: Tensor, classes: Tensor, *arguments: Any) -> None:
    """What the notebook's rules 2 and 3 say, with networks in several modes."""
    rest = moody(t, *x.shape[2:]).eval()
    t.preserves(rest, x, classes, *arguments)
    t.case("a network in evaluation mode").through(left_behind).equal(KEPT, rest, x, classes, *arguments)
    h, w = x.shape[2:]
    parts = [nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Dropout(0.5), nn.Flatten()]
    trained = drawn(t, *parts, nn.Linear(4 * (h - 2) * (w - 2), 3)).train()
    t.case("a network in training mode").through(left_behind).equal(KEPT, trained, x, classes, *arguments)
    mixed = copy.deepcopy(rest).train()
    mixed[1].eval()
    t.case("a network in training mode, its part 1 in evaluation mode").through(left_behind).equal(
        KEPT, mixed, x, classes, *arguments
    )
    frozen = copy.deepcopy(rest)
    frozen[:2].requires_grad_(False)
    t.case("the parameters of parts 0 and 1 are frozen").through(left_behind).equal(
        KEPT, frozen, x, classes, *arguments
    )
    t.through(in_float32).equal("torch.float32", rest, x, classes, *arguments)


def rejects(t: Trial, x: Tensor, *arguments: Any) -> None:
    """ValueError for classes that do not fit."""
    net = drawn(t, nn.Conv2d(2, 2, 1), nn.Flatten(), nn.Linear(x[0].numel(), 3))
    t.case("two images, one class").raises(ValueError, net, x, torch.tensor([1]), *arguments)
    t.case("two images, three classes").raises(ValueError, net, x, torch.tensor([0, 1, 2]), *arguments)
    t.case("class 3 of 3, counted from 0").raises(ValueError, net, x, torch.tensor([0, 3]), *arguments)
    t.case("a negative class").raises(ValueError, net, x, torch.tensor([-1, 0]), *arguments)
    t.case("x has 3 axes").raises(ValueError, net, x[0], torch.tensor([1, 0]), *arguments)


# -- saliency ------------------------------------------------------------------------------------------------------


@pixels.family("linear score", 2)
def weights_are_the_derivative(t: Trial) -> None:
    """A linear score, one image: the answer is in the weights."""
    for c, h, w in ((1, 3, 4), (3, 2, 5), (2, 4, 3), (4, 1, 6)):
        net, x = drawn(t, nn.Flatten(), nn.Linear(c * h * w, 3)), normal(t, 1, c, h, w)
        chosen = int(net(x).argmin())  # not the class that the network would give
        expected = net[1].weight.detach()[chosen].view(1, c, h, w).abs().amax(1)
        t.equal(expected, net, x, torch.tensor([chosen]))


@pixels.family("networks", 3)
def derivative_of_a_network(t: Trial) -> None:
    """Several images, each with its class, and networks with bends."""
    for n, c, h, w in ((2, 1, 7, 6), (3, 2, 6, 8), (4, 3, 8, 7), (1, 2, 7, 9)):
        net, x, classes = classifier(t, c, h, w), normal(t, n, c, h, w), some_classes(t, n, 4)
        t.equal(gradient(net, x, classes)[1].abs().amax(1), net, x, classes)


@pixels.family("evaluation mode", 1)
def saliency_in_evaluation_mode(t: Trial) -> None:
    net, x, classes = moody(t, 6, 5).train(), normal(t, 1, 2, 6, 5), some_classes(t, 1, 3)
    t.through(in_training_mode).equal(gradient(net, x, classes)[1].abs().amax(1), net, x, classes)


@pixels.family("hands off", 2)
def saliency_changes_nothing(t: Trial) -> None:
    x = normal(t, 2, 2, 6, 5)
    keeps_its_hands_off(t, x, some_classes(t, 2, 3))
    net, classes = moody(t, 6, 5).eval().requires_grad_(False), some_classes(t, 2, 3)
    if t.passed("networks"):
        frozen = t.case("all parameters are frozen").through(with_a_network)
        frozen.equal(gradient(net, x, classes)[1].abs().amax(1), net, x, classes)
    rejects(t, x)


# -- occlusion -----------------------------------------------------------------------------------------------------


def drops(net: nn.Sequential, x: Tensor, classes: Tensor, size: int, stride: int = 1, value: float = 0.0) -> Tensor:
    """The score's drop for each place of the square, with a mask for each."""
    h, w = x.shape[2:]
    rows, columns = torch.arange(h)[:, None], torch.arange(w)
    whole, result = scores(net, x, classes), []
    for top in range(0, h - size + 1, stride):
        for left in range(0, w - size + 1, stride):
            inside = (rows >= top) & (rows < top + size) & (columns >= left) & (columns < left + size)
            result.append(whole - scores(net, torch.where(inside, value, x), classes))
    return torch.stack(result, 1).view(len(x), len(range(0, h - size + 1, stride)), -1)


@covered.family("linear score", 3)
def covered_share_of_a_sum(t: Trial) -> None:
    """A linear score, one image, a black square: each place hides its share of the sum."""
    for c, h, w, size, stride in ((1, 4, 5, 2, 1), (3, 5, 4, 3, 1), (2, 5, 7, 2, 2), (2, 6, 4, 1, 3), (3, 3, 5, 3, 1)):
        net, x = drawn(t, nn.Flatten(), nn.Linear(c * h * w, 3)), normal(t, 1, c, h, w)
        chosen = int(net(x).argmin())  # not the class that the network would give
        share = (net[1].weight.detach()[chosen].view(1, c, h, w) * x).sum(1)
        expected = share.unfold(1, size, stride).unfold(2, size, stride).sum((3, 4))
        t.equal(expected, net, x, torch.tensor([chosen]), size, stride)


@covered.family("networks", 2)
def covered_images_of_a_network(t: Trial) -> None:
    """Several images, each with its class, squares of any grey, networks with bends; and an object put somewhere."""
    for n, c, h, w, size, stride in ((2, 1, 7, 6, 2, 1), (3, 2, 6, 8, 3, 2), (2, 3, 8, 7, 4, 3)):
        net, x, classes = classifier(t, c, h, w), normal(t, n, c, h, w), some_classes(t, n, 4)
        grey = round(float(t.rng.uniform(0.3, 2.0)), 2)
        t.equal(drops(net, x, classes, size, stride, grey), net, x, classes, size, stride, grey)
    net, x, _ = planted(t)
    t.case("an object stands on an empty ground").equal(
        drops(net, x, torch.tensor([1]), 3, 1), net, x, torch.tensor([1]), 3
    )


def planted(t: Trial) -> tuple[nn.Sequential, Tensor, tuple[int, int]]:
    """A network that looks for an object of 3×3 pixels, an image with one, and where it stands."""
    thing = t.rng.uniform(0.5, 1.5, (3, 3))
    net = drawn(t, nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.MaxPool2d((9, 8)), nn.Flatten(), nn.Linear(2, 2))
    with torch.no_grad():
        net[0].weight[0, 0], net[0].weight[1, 0] = torch.from_numpy(thing), torch.from_numpy(-thing)
        net[4].weight.copy_(torch.tensor([[-1.0, 1.0], [1.0, -1.0]]))
    row, column = int(t.rng.integers(0, 7)), int(t.rng.integers(0, 6))
    x = torch.from_numpy(t.rng.uniform(0.0, 0.01, (1, 1, 9, 8)))
    x[0, 0, row : row + 3, column : column + 3] += torch.from_numpy(thing)
    return net, x, (row, column)


@covered.family("evaluation mode", 1)
def occlusion_in_evaluation_mode(t: Trial) -> None:
    net, x, classes = moody(t, 6, 5).train(), normal(t, 3, 2, 6, 5), some_classes(t, 3, 3)
    t.through(in_training_mode).equal(drops(net, x, classes, 3, 2), net, x, classes, size=3, stride=2)


@covered.family("hands off", 2)
def occlusion_changes_nothing(t: Trial) -> None:
    x = normal(t, 2, 2, 6, 5)
    keeps_its_hands_off(t, x, some_classes(t, 2, 3), 3, 2)
    rejects(t, x, 2)
    net = drawn(t, nn.Flatten(), nn.Linear(60, 3))
    t.case("the square is wider than the image").raises(ValueError, net, x, torch.tensor([0, 1]), 6)
    t.case("the square is taller than the image").raises(
        ValueError, net, x.transpose(2, 3).contiguous(), torch.tensor([0, 1]), 6
    )


# -- Grad-CAM ------------------------------------------------------------------------------------------------------


def explained(net: nn.Sequential, x: Tensor, classes: Tensor, layer: int) -> Tensor:
    """Grad-CAM's formula; the resizing by hand, one axis after the other."""
    maps, dy = gradient(net, x, classes, layer)
    small = torch.einsum("nm,nmij->nij", dy.mean((2, 3)), maps).clamp(min=0)
    return torch.einsum("ia,nab,jb->nij", mixing(x.shape[2], small.shape[1]), small, mixing(x.shape[3], small.shape[2]))


def mixing(large: int, small: int) -> Tensor:
    """The shares of `small` values in each of `large` ones that lie between their middles."""
    shares = torch.zeros(large, small, dtype=torch.float64)
    for i in range(large):
        place = min(max((i + 0.5) * small / large - 0.5, 0.0), small - 1.0)
        below = min(int(place), small - 1)
        shares[i, below] += 1 - (place - below)
        shares[i, min(below + 1, small - 1)] += place - below
    return shares


def same_size(t: Trial, h: int, w: int, c: int = 2) -> nn.Sequential:
    """A network whose maps are as large as the image up to the last layer."""
    parts: list[nn.Module] = [nn.Conv2d(c, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 3, 3, padding=1), nn.Tanh()]
    return drawn(t, *parts, nn.Flatten(), nn.Linear(3 * h * w, 3))


@cam.family("maps", 4)
def maps_weighed_by_mean_gradients(t: Trial) -> None:
    """Maps as large as the image: values, and where an object stands."""
    for n, c, h, w, layer in ((1, 2, 5, 6, 0), (2, 1, 6, 4, 1), (3, 3, 4, 5, 2), (2, 2, 5, 5, 3), (3, 1, 4, 6, 1)):
        net, x, classes = same_size(t, h, w, c), normal(t, n, c, h, w), some_classes(t, n, 3)
        t.equal(explained(net, x, classes, layer), net, x, classes, str(layer))
    net, x, (row, column) = planted(t)
    t.case(f"an object stands around row {row + 1}, column {column + 1}").equal(
        explained(net, x, torch.tensor([1]), 1), net, x, torch.tensor([1]), "1"
    )


@cam.family("resizing", 1)
def maps_resized_to_the_image(t: Trial) -> None:
    for n, c, h, w, layer in ((2, 1, 7, 6, 0), (1, 2, 8, 10, 2), (3, 2, 6, 9, 3)):
        net, x, classes = classifier(t, c, h, w), normal(t, n, c, h, w), some_classes(t, n, 4)
        t.equal(explained(net, x, classes, layer), net, x, classes, str(layer))


@cam.family("evaluation mode", 1)
def grad_cam_in_evaluation_mode(t: Trial) -> None:
    expected = torch.zeros(1)
    while not (expected > 0.1).any():  # a map that is 0 everywhere may be so in training mode too
        x, classes = normal(t, 1, 2, 6, 5), some_classes(t, 1, 3)
        parts = [nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5), nn.Flatten()]
        net = drawn(t, *parts, nn.Linear(4 * 30, 3)).train()
        expected = explained(net, x, classes, 2)
    t.through(in_training_mode).equal(expected, net, x, classes, layer="2")


def hooks_after_a_refusal(function: Any, net: nn.Module, x: Tensor, *arguments: Any) -> dict[str, bool]:
    """What a call that raises ValueError leaves behind in the network."""
    lent = instruments.lend(function, net)
    with contextlib.suppress(ValueError):
        function(lent, x, *arguments)
    return {"no hook is left": instruments.examine(lent)["hooks"] == 0}


@cam.family("hands off", 2)
def grad_cam_changes_nothing(t: Trial) -> None:
    x, classes = normal(t, 2, 2, 6, 5), some_classes(t, 2, 3)
    keeps_its_hands_off(t, x, classes, "2")
    net = same_size(t, 6, 5).requires_grad_(False)
    if t.passed("maps"):
        frozen = t.case("all parameters are frozen").through(with_a_network)
        frozen.equal(explained(net, x, classes, 1), net, x, classes, "1")
    rejects(t, x, "0")
    t.case("there is no such part").raises(ValueError, net, x, classes, "features.7")
    refused = t.case("class 3 of 3, counted from 0").through(hooks_after_a_refusal)
    refused.equal({"no hook is left": True}, net, x, torch.tensor([0, 3]), "0")


# -- the way back --------------------------------------------------------------------------------------------------


@torch.no_grad()
def way_back(features: nn.Sequential, x: Tensor, layer: int, channel: int) -> Tensor:
    """Zeiler and Fergus's pattern."""
    inputs = [x]
    for part in features[: layer + 1]:
        inputs.append(ahead(part, inputs[-1]))
    top = inputs[-1][0, channel]
    back = torch.zeros_like(inputs[-1])
    row, column = divmod(int(np.argmax(top.numpy())), top.shape[1])
    back[0, channel, row, column] = top[row, column]
    for number in range(layer, -1, -1):
        part = features[number]
        back = back.clamp(min=0) if isinstance(part, nn.ReLU) else behind(part, inputs[number], back)
    return back


@pattern.family("one convolution", 2)
def strongest_value_times_its_kernel(t: Trial) -> None:
    """One layer: the kernel, in the place of the strongest window, times its value."""
    for c, h, w, options in (
        (1, 5, 6, {}),
        (2, 6, 5, {"stride": 2}),
        (3, 4, 7, {"padding": 1}),
        (2, 7, 8, {"stride": (3, 2), "padding": (0, 1)}),
    ):
        features, x = drawn(t, nn.Conv2d(c, 4, (2, 3), **options)), normal(t, 1, c, h, w)
        for channel in (0, 3):
            t.equal(way_back(features, x, 0, channel), features, x, 0, channel)


@pattern.family("switches and ReLU", 4)
def back_through_several_layers(t: Trial) -> None:
    """Pooling, ReLU and two convolutions, from layers in the middle too."""
    for c, h, w in ((1, 11, 13), (2, 10, 12), (3, 9, 14)):
        parts: list[nn.Module] = [nn.Conv2d(c, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 5, (2, 3))]
        features, x = drawn(t, *parts, nn.ReLU(), nn.MaxPool2d((1, 2)), nn.Conv2d(5, 3, 2)), normal(t, 1, c, h, w)
        for layer, channel in ((2, 1), (3, 4), (5, 0), (6, 2)):
            t.equal(way_back(features, x, layer, channel), features, x, layer, channel)


@pattern.family("hands off", 2)
def way_back_changes_nothing(t: Trial) -> None:
    """The image, a ReLU in place, what is left behind, several maxima, and arguments that do not fit."""
    x = normal(t, 1, 2, 6, 5)
    features = drawn(t, nn.ReLU(inplace=True), nn.Conv2d(2, 3, 3), nn.ReLU(inplace=True))
    t.case("the first layer works in place").preserves(features, x, 2, 1)
    t.preserves(drawn(t, nn.Conv2d(2, 3, 3)), x, 0, 1)
    t.through(left_behind).equal(KEPT, features.train(), x, 1, 0)
    features = drawn(t, nn.Conv2d(2, 3, 3, padding=1), nn.ReLU())
    coarse = drawn(t, nn.Conv2d(2, 3, 3))  # without padding all windows of ones are equal
    with torch.no_grad():
        coarse[0].weight.round_()
        coarse[0].bias.fill_(40.0)
    t.case("there is no layer 2").raises(ValueError, features, x, 2, 0)
    t.case("there is no map 3").raises(ValueError, features, x, 1, 3)
    t.case("two images").raises(ValueError, features, torch.cat([x, x]), 1, 0)
    if t.passed("one convolution"):
        even = torch.ones(1, 2, 6, 5, dtype=torch.float64)
        t.case("several values are the largest").equal(way_back(coarse, even, 0, 0), coarse, even, 0, 0)


# -- p4 ------------------------------------------------------------------------------------------------------------


def four_poses(x: Tensor, w: Tensor, b: Tensor | None = None, padding: int = 0) -> Tensor:
    """The image is turned instead of the kernel, and the map is turned back."""
    poses = []
    for turns in range(4):
        y = functional.conv2d(torch.rot90(x, -turns, (2, 3)), w, b, padding=padding)
        poses.append(torch.rot90(y, turns, (2, 3)))
    return torch.stack(poses, 2)


SHAPES = [(2, 3, 7, 5, 4, 3), (1, 1, 6, 4, 1, 2), (3, 2, 5, 8, 3, 1), (1, 4, 4, 6, 2, 4), (2, 1, 9, 5, 3, 5)]


@lifted.family("poses", 5)
def kernels_in_four_poses(t: Trial) -> None:
    """Values, and that turning the image turns the maps and moves the poses on."""
    for index, (n, c, h, w, f, k) in enumerate([*SHAPES, *SHAPES[:3]]):
        x, kernels, b = normal(t, n, c, h, w), normal(t, f, c, k, k), normal(t, f)
        t.equal(four_poses(x, kernels, b), x, kernels, b)
        if index % 3 == 0:
            t.equal(four_poses(x, kernels), x, kernels)
    x, kernels = normal(t, 2, 2, 6, 7), normal(t, 3, 2, 3, 3)
    for turns in (1, 2, 3):
        x_turned = torch.rot90(x, turns, (2, 3))
        expected = torch.rot90(four_poses(x, kernels), turns, (3, 4)).roll(turns, 2)
        t.case(f"the image of a call before, turned by {turns} quarter turns").within(1e-6).equal(
            expected, x_turned, kernels
        )


@lifted.family("padding", 1)
def padded_images_turn_too(t: Trial) -> None:
    for padding, (n, c, h, w, f, k) in zip((1, 2, 3), SHAPES, strict=False):
        x, kernels, b = normal(t, n, c, h, w), normal(t, f, c, k, k), normal(t, f)
        t.equal(four_poses(x, kernels, b, padding), x, kernels, b, padding)


def gradients(function: Any, x: Tensor, w: Tensor, b: Tensor, dout: Tensor) -> list[Any]:
    """The gradients of x, w and b for a random upstream gradient."""
    found: list[Any] = instruments.vjp(function, [x, w, b], dout)["inputs"]
    return found


@lifted.family("gradients", 2)
def gradients_of_all_poses_meet(t: Trial) -> None:
    """A kernel's gradient is the sum over its four poses."""
    for n, c, h, w, f, k in SHAPES[:3]:
        x, kernels, b = normal(t, n, c, h, w), normal(t, f, c, k, k), normal(t, f)
        dout = normal(t, n, f, 4, h - k + 1, w - k + 1)
        dx, dw = torch.zeros_like(x), torch.zeros_like(kernels)
        for r in range(4):
            dx += conv2d_input(x.shape, torch.rot90(kernels, r, (2, 3)), dout[:, :, r])
            share = functional.conv2d(x.transpose(0, 1), dout[:, :, r].transpose(0, 1)).transpose(0, 1)
            dw += torch.rot90(share, -r, (2, 3))
        t.through(gradients).equal([dx, dw, dout.sum((0, 2, 3, 4))], x, kernels, b, dout)


@lifted.family("contract", 2)
def lifting_contract(t: Trial) -> None:
    x, w, b = normal(t, 2, 3, 6, 5), normal(t, 4, 3, 3, 3), normal(t, 4)
    t.preserves(x, w, b)
    single = [a.float() for a in (x, w, b)]
    if t.passed("poses"):
        t.equal(four_poses(*single), *single)
    t.case("kernels of 2×3").raises(ValueError, x, w[:, :, :2], b)
    t.case("x has 3 channels, w expects 2").raises(ValueError, x, w[:, :2], b)
    t.case("4 kernels, 3 biases").raises(ValueError, x, w, b[:3])
    t.case("x has 3 axes").raises(ValueError, x[0], w, b)
    t.case("w has 3 axes").raises(ValueError, x, w[0], b)


# -- scattering ----------------------------------------------------------------------------------------------------


def spectrum(h: int, w: int, sigma: float, centre: float, theta: float, slant: float) -> Any:
    """The notebook's bump, by NumPy."""
    total = np.zeros((h, w))
    for i in (-1, 0, 1):
        for j in (-1, 0, 1):
            y = 2 * np.pi * (np.fft.fftfreq(h)[:, None] + i)
            x = 2 * np.pi * (np.fft.fftfreq(w)[None, :] + j)
            along = np.cos(theta) * x + np.sin(theta) * y - centre
            across = (np.cos(theta) * y - np.sin(theta) * x) / slant
            total += np.exp(-(sigma**2) / 2 * (along**2 + across**2))
    return total


def filters(h: int, w: int, scales: int, angles: int) -> tuple[Any, Any]:
    """Wavelets (J L, H, W) and average (H, W), in space."""
    bank = []
    for scale in range(scales):
        for k in range(angles):
            sigma, theta, slant = 0.8 * 2**scale, np.pi * k / angles, 4 / angles
            wave = spectrum(h, w, sigma, 0.75 * np.pi / 2**scale, theta, slant)
            envelope = spectrum(h, w, sigma, 0.0, theta, slant)
            bank.append(np.fft.ifft2(wave - wave[0, 0] / envelope[0, 0] * envelope))
    average = spectrum(h, w, 0.4 * 2**scales, 0.0, 0.0, 1.0)
    return np.array(bank), np.fft.ifft2(average / average[0, 0]).real


def circular(images: Any, kernels: Any) -> Any:
    """Convolution on the torus by sums over pixels: images (..., H, W), kernels (P, H, W) to (..., P, H, W)."""
    h, w = kernels.shape[-2:]
    rows = (np.arange(h)[:, None] - np.arange(h)) % h
    columns = (np.arange(w)[:, None] - np.arange(w)) % w
    matrices = kernels[:, rows[:, None, :, None], columns[None, :, None, :]].reshape(len(kernels), h * w, h * w)
    return np.einsum("pij,...j->...pi", matrices, images.reshape(*images.shape[:-2], -1)).reshape(
        *images.shape[:-2], len(kernels), h, w
    )


def scattering(x: Tensor, scales: int = 2, angles: int = 4) -> Tensor:
    """The first two layers of the transform."""
    images = x.double().numpy()
    waves, average = filters(*images.shape[2:], scales, angles)
    layers = np.concatenate([images[:, :, None], np.abs(circular(images, waves))], axis=2)
    smooth = circular(layers, average[None])[:, :, :, 0, :: 2**scales, :: 2**scales]
    return torch.from_numpy(np.ascontiguousarray(smooth)).to(x.dtype)


@scattered.family("values", 3)
def averages_of_moduli(t: Trial) -> None:
    for n, c, h, w, scales, angles in ((1, 1, 8, 8, 2, 4), (2, 2, 8, 4, 2, 4), (1, 3, 4, 6, 1, 3), (2, 1, 12, 8, 2, 2)):
        x = normal(t, n, c, h, w)
        t.equal(scattering(x, scales, angles), x, scales, angles)
    x = normal(t, 1, 2, 4, 8)
    t.case("scales and angles as they are by default").equal(scattering(x), x)


@scattered.family("contract", 1)
def scattering_contract(t: Trial) -> None:
    x = normal(t, 1, 2, 8, 4)
    t.preserves(x)
    if t.passed("values"):
        t.equal(scattering(x.float()), x.float())
    t.case("6 rows are no multiple of 4").raises(ValueError, x[:, :, :6])
    t.case("3 columns are no multiple of 4").raises(ValueError, x[..., :3])
    t.case("x has 3 axes").raises(ValueError, x[0])


# -- equivariance --------------------------------------------------------------------------------------------------


def weigh_places(x: Tensor) -> Tensor:
    """Each place has a weight of its own: nothing can be exchanged with that."""
    return x * torch.arange(1.0, x.numel() + 1, dtype=x.dtype).view(x.shape)


def smooth(x: Tensor) -> Tensor:
    """Neighbours added on a ring, bent: equivariant to shifts."""
    return torch.tanh(2 * x + torch.roll(x, 1, -1))


def padded(x: Tensor) -> Tensor:
    """Neighbours added, with a zero at the border."""
    return x + functional.pad(x, (1, 0))[..., :-1]


def shift(x: Tensor) -> Tensor:
    """One place to the right, on a ring."""
    return torch.roll(x, 1, -1)


def turn(x: Tensor) -> Tensor:
    """A quarter turn to the left."""
    return torch.rot90(x, 1, (-2, -1))


def same(x: Tensor) -> Tensor:
    """Nothing happens."""
    return x


def total(x: Tensor) -> Tensor:
    """The sum of each row."""
    return x.sum(-1, keepdim=True)


def half(x: Tensor) -> Tensor:
    """Every second value of a row."""
    return x[..., ::2]


def nothing(x: Tensor) -> Tensor:
    """Zeros."""
    return 0 * x


def first_place(x: Tensor) -> Tensor:
    """All but the first value of each row becomes 0."""
    return x * (torch.arange(x.shape[-1]) == 0)


def measured(f: Callable[..., Tensor], x: Tensor, g: Callable[..., Tensor], g_out: Any = None) -> float:
    """The formula."""
    here, there = f(g(x)), (g_out or g)(f(x))
    return math.dist(here.flatten().tolist(), there.flatten().tolist()) / math.hypot(*there.flatten().tolist())


@broken.family("same action", 2)
def the_same_on_both_sides(t: Trial) -> None:
    for f, g, shape in (
        (weigh_places, shift, (5,)),
        (padded, shift, (2, 3, 6)),
        (weigh_places, turn, (4, 4)),
        (padded, turn, (1, 2, 5, 5)),
    ):
        x = normal(t, *shape)
        t.equal(measured(f, x, g), f, x, g)
    t.case("neighbours on a ring: nothing is broken").equal(0.0, smooth, normal(t, 3, 7), shift)


@broken.family("action on outputs", 1)
def another_action_on_outputs(t: Trial) -> None:
    x = normal(t, 4, 6)
    t.case("a sum is invariant").equal(0.0, total, x, shift, same)
    t.equal(measured(half, x, shift, same), half, x, shift, same)
    t.equal(measured(padded, x, same, shift), padded, x, same, shift)


@broken.family("contract", 1)
def numbers_and_errors(t: Trial) -> None:
    x = normal(t, 3, 4)
    t.preserves(padded, x, shift)
    t.case("all outputs are 0").equal(0.0, nothing, x, shift)
    only = torch.zeros(1, 4, dtype=torch.float64)
    only[0, 3] = 2.0
    t.case("g(f(x)) is 0, f(g(x)) is not").equal(math.inf, first_place, only, shift)
    t.case("f(g(x)) has 4×3 values, g(f(x)) has 2×3").raises(ValueError, half, x, turn)
    t.case("shapes that could be stretched to each other").raises(ValueError, total, x, same, shift_and_widen)


def shift_and_widen(x: Tensor) -> Tensor:
    """Rows of one value become rows of four."""
    return x.expand(*x.shape[:-1], 4)
