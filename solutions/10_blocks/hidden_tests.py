"""Hidden tests of unit 10. Each block's formula, written with torch's functions, is the oracle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from autograder.testing import Suite, Trial, instruments

Tensor = torch.Tensor
Shapes = dict[str, list[int]]

suite = Suite(without=("cnnkit", "torchvision", "timm"))

mlpconv = suite.exercise("nin-block", 8, "NiNBlock(in_channels, out_channels, k, s, p)")
inception = suite.exercise("inception", 18, "Inception(in_channels, c1, c3r, c3, c5r, c5, pp)")
factorised = suite.exercise("factorised-inception", 8, "FactorisedInception(in_channels, c1, cnr, cn, dnr, dn, pp, n)")
fire = suite.exercise("fire", 8, "Fire(in_channels, s, e1, e3)")
separable = suite.exercise("separable-conv", 8, "SeparableConv(in_channels, out_channels, k, stride)")
converted = suite.exercise("fc-to-conv", 15, "fc_to_conv(linear, C, H, W)")
sliding = suite.exercise("slide", 5, "slide(net, img)")
cropped = suite.exercise("crops-agree", 10, "crops_agree(net, img, crop, step)")


# -- what the tests do with a learner's class ---------------------------------------------------------------------


class Numbers(dict[str, Tensor]):
    """A state dict that messages do not print."""

    def __repr__(self) -> str:
        return "numbers of the tests"


def layers(block: Any, *sizes: int) -> dict[str, Any]:
    """Names and shapes of all that a state dict holds, and the number of parameters."""
    made = block(*sizes)
    shapes = {name: list(values.shape) for name, values in made.state_dict().items()}
    return {"shapes": dict(sorted(shapes.items())), "parameters": sum(p.numel() for p in made.parameters())}


def filled(block: Any, sizes: tuple[int, ...], parameters: Numbers, train: bool) -> Any:
    made = block(*sizes)
    made.double()
    made.load_state_dict(parameters)
    made.train(train)
    return made


def output(block: Any, sizes: tuple[int, ...], parameters: Numbers, x: Tensor, train: bool = False) -> Any:
    """The maps that come out, with the tests' own parameters."""
    return filled(block, sizes, parameters, train)(x)


def output_and_statistics(block: Any, sizes: tuple[int, ...], parameters: Numbers, x: Tensor) -> dict[str, Any]:
    """The maps that come out in train mode, and the running statistics after it."""
    made = filled(block, sizes, parameters, True)
    y = made(x)
    return {"maps": y, "statistics": {name: v for name, v in made.state_dict().items() if "running" in name}}


def reached(block: Any, sizes: tuple[int, ...], parameters: Numbers, x: Tensor, dout: Tensor) -> dict[str, bool]:
    """Which parameters a gradient reaches, and whether it reaches the maps that go in."""
    done = instruments.vjp(filled(block, sizes, parameters, True), [x], dout)
    found = {name: g is not None and bool((g != 0).any()) for name, g in done["parameters"].items()}
    return {**found, "x": done["inputs"][0] is not None and bool((done["inputs"][0] != 0).any())}


def gradients(block: Any, sizes: tuple[int, ...], parameters: Numbers, x: Tensor, dout: Tensor) -> dict[str, Any]:
    """The gradients of all parameters and of the maps that go in."""
    done = instruments.vjp(filled(block, sizes, parameters, True), [x], dout)
    return {**done["parameters"], "x": done["inputs"][0]}


# -- names, shapes and formulas of the blocks ---------------------------------------------------------------------


def conv(name: str, into: int, out: int, kh: int, kw: int | None = None) -> Shapes:
    """A convolution with bias."""
    return {f"{name}.weight": [out, into, kh, kw or kh], f"{name}.bias": [out]}


def conv_bn(name: str, into: int, out: int, kh: int = 1, kw: int | None = None) -> Shapes:
    """A ConvBnRelu of the set-up cell."""
    norm = {f"{name}.bn.{part}": [out] for part in ("weight", "bias", "running_mean", "running_var")}
    return {f"{name}.conv.weight": [out, into, kh, kw or kh], **norm, f"{name}.bn.num_batches_tracked": []}


def numbers(t: Trial, shapes: Shapes) -> Numbers:
    """Random parameters with which values keep their size and no two layers are alike."""
    state = Numbers()
    for name, shape in shapes.items():
        if name.endswith("num_batches_tracked"):
            state[name] = torch.tensor(3)
        elif name.endswith(("running_var", "bn.weight")):
            state[name] = torch.from_numpy(t.rng.uniform(0.5, 1.5, shape))
        elif len(shape) == 1:
            state[name] = torch.from_numpy(t.rng.uniform(-0.3, 0.7, shape))
        else:
            deviation = (2 / (shape[1] * shape[2] * shape[3])) ** 0.5
            state[name] = torch.from_numpy(t.rng.normal(0.0, deviation, shape))
    return state


def maps(t: Trial, *shape: int) -> Tensor:
    """Maps without any symmetry, negative values among them."""
    return torch.from_numpy(t.rng.normal(0.2, 1.0, shape))


Layer = Callable[..., Tensor]
Formula = Callable[[Layer, Tensor, tuple[int, ...]], Tensor]


def compute(
    formula: Formula, p: dict[str, Tensor], x: Tensor, sizes: tuple[int, ...], train: bool = False
) -> tuple[Tensor, dict[str, Tensor]]:
    """What a block's formula gives with these parameters, and the running statistics after it."""
    after = {name: values.clone() for name, values in p.items() if "running" in name}

    def layer(name: str, y: Tensor, **options: Any) -> Tensor:
        """ReLU of a convolution, with batch normalisation where there is one."""
        if f"{name}.weight" in p:
            return functional.conv2d(y, p[f"{name}.weight"], p[f"{name}.bias"], **options).relu()
        y = functional.conv2d(y, p[f"{name}.conv.weight"], **options)
        mean, var, weight, bias = (p[f"{name}.bn.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
        if train:
            n = y.numel() / y.shape[1]
            mean, var = y.mean((0, 2, 3)), y.var((0, 2, 3), unbiased=False)
            after[f"{name}.bn.running_mean"].mul_(0.9).add_(0.1 * mean.detach())
            after[f"{name}.bn.running_var"].mul_(0.9).add_(0.1 * var.detach() * n / (n - 1))
        y = (y - mean.view(-1, 1, 1)) / (var.view(-1, 1, 1) + 1e-5).sqrt()
        return (y * weight.view(-1, 1, 1) + bias.view(-1, 1, 1)).relu()

    return formula(layer, x, sizes), after


def nin_shapes(into: int, out: int, k: int, s: int = 1, p: int = 0) -> Shapes:
    return {**conv("conv1", into, out, k), **conv("conv2", out, out, 1), **conv("conv3", out, out, 1)}


def nin_formula(layer: Layer, x: Tensor, sizes: tuple[int, ...]) -> Tensor:
    _, _, _, s, p = (*sizes, *(1, 0)[len(sizes) - 3 :])
    return layer("conv3", layer("conv2", layer("conv1", x, stride=s, padding=p)))


def inception_shapes(into: int, c1: int, c3r: int, c3: int, c5r: int, c5: int, pp: int) -> Shapes:
    second = {**conv("reduce3", into, c3r, 1), **conv("conv3", c3r, c3, 3)}
    third = {**conv("reduce5", into, c5r, 1), **conv("conv5", c5r, c5, 5)}
    return {**conv("conv1", into, c1, 1), **second, **third, **conv("project", into, pp, 1)}


def inception_formula(layer: Layer, x: Tensor, sizes: tuple[int, ...]) -> Tensor:
    second = layer("conv3", layer("reduce3", x), padding=1)
    third = layer("conv5", layer("reduce5", x), padding=2)
    return torch.cat([layer("conv1", x), second, third, layer("project", functional.max_pool2d(x, 3, 1, 1))], 1)


def factorised_shapes(into: int, c1: int, cnr: int, cn: int, dnr: int, dn: int, pp: int, n: int = 7) -> Shapes:
    second = {**conv_bn("branch2.0", into, cnr), **conv_bn("branch2.1", cnr, cnr, 1, n)}
    second |= conv_bn("branch2.2", cnr, cn, n, 1)
    third = {**conv_bn("branch3.0", into, dnr), **conv_bn("branch3.1", dnr, dnr, n, 1)}
    third |= {**conv_bn("branch3.2", dnr, dnr, 1, n), **conv_bn("branch3.3", dnr, dnr, n, 1)}
    third |= conv_bn("branch3.4", dnr, dn, 1, n)
    return {**conv_bn("branch1", into, c1), **second, **third, **conv_bn("branch4", into, pp)}


def factorised_formula(layer: Layer, x: Tensor, sizes: tuple[int, ...]) -> Tensor:
    half = (sizes[7] if len(sizes) > 7 else 7) // 2
    row, column = (0, half), (half, 0)
    second, third = layer("branch2.0", x), layer("branch3.0", x)
    for i, padding in enumerate((row, column)):
        second = layer(f"branch2.{i + 1}", second, padding=padding)
    for i, padding in enumerate((column, row, column, row)):
        third = layer(f"branch3.{i + 1}", third, padding=padding)
    window = torch.ones(x.shape[1], 1, 3, 3, dtype=x.dtype) / 9
    pooled = functional.conv2d(x, window, padding=1, groups=x.shape[1])
    return torch.cat([layer("branch1", x), second, third, layer("branch4", pooled)], 1)


def fire_shapes(into: int, s: int, e1: int, e3: int) -> Shapes:
    return {**conv("squeeze", into, s, 1), **conv("expand1x1", s, e1, 1), **conv("expand3x3", s, e3, 3)}


def fire_formula(layer: Layer, x: Tensor, sizes: tuple[int, ...]) -> Tensor:
    y = layer("squeeze", x)
    return torch.cat([layer("expand1x1", y), layer("expand3x3", y, padding=1)], 1)


def separable_shapes(into: int, out: int, k: int = 3, stride: int = 1) -> Shapes:
    return {**conv_bn("depthwise", 1, into, k), **conv_bn("pointwise", into, out)}


def separable_formula(layer: Layer, x: Tensor, sizes: tuple[int, ...]) -> Tensor:
    into, _, k, stride = (*sizes, *(3, 1)[len(sizes) - 2 :])
    return layer("pointwise", layer("depthwise", x, stride=stride, padding=k // 2, groups=into))


# -- the families that all blocks have ----------------------------------------------------------------------------

FIRST = "The layers come first: see the family 'layers'."


def check_layers(t: Trial, shapes: Callable[..., Shapes], cases: list[tuple[int, ...]]) -> None:
    """Names, shapes and number of parameters, for sizes none of which agree by accident."""
    for sizes in cases:
        expected = shapes(*sizes)
        stored = ("running_mean", "running_var", "num_batches_tracked")
        trained = [shape for name, shape in expected.items() if not name.endswith(stored)]
        total = sum(int(torch.Size(shape).numel()) for shape in trained)
        t.through(layers).equal({"shapes": dict(sorted(expected.items())), "parameters": total}, *sizes)


def check_values(
    t: Trial, shapes: Callable[..., Shapes], formula: Formula, cases: list[tuple[tuple[int, ...], tuple[int, ...]]]
) -> None:
    """The maps that come out, in eval mode, with random parameters; the maps that go in stay."""
    t.true(t.passed("layers"), FIRST)
    if not t.passed("layers"):
        return
    trial = t.through(output).within(1e-6, 1e-6)
    for number, (sizes, (n, h, w)) in enumerate(cases):
        parameters, x = numbers(t, shapes(*sizes)), maps(t, n, sizes[0], h, w)
        trial.equal(compute(formula, parameters, x, sizes)[0], sizes, parameters, x)
        if number == 0:
            trial.preserves(sizes, parameters, x)


def check_gradients(
    t: Trial, shapes: Callable[..., Shapes], formula: Formula, sizes: tuple[int, ...], size: tuple[int, ...]
) -> None:
    """Every parameter gets a gradient; where values are right, the right one."""
    t.true(t.passed("layers"), FIRST)
    if not t.passed("layers"):
        return
    parameters, x = numbers(t, shapes(*sizes)), maps(t, size[0], sizes[0], *size[1:])
    leaves = {name: values.clone().requires_grad_(values.is_floating_point()) for name, values in parameters.items()}
    source = x.clone().requires_grad_()
    y, _ = compute(formula, leaves, source, sizes, train=True)
    dout = torch.from_numpy(t.rng.normal(0.0, 1.0, tuple(y.shape)))
    wanted = {name: leaf for name, leaf in leaves.items() if "running" not in name and leaf.requires_grad}
    found = torch.autograd.grad((y * dout).sum(), [*wanted.values(), source])
    expected = dict(zip([*wanted, "x"], found, strict=True))
    t.through(reached).equal(dict.fromkeys(expected, True), sizes, parameters, x, dout)
    if t.passed("values"):
        t.through(gradients).within(1e-6, 1e-6).equal(expected, sizes, parameters, x, dout)


def check_training(
    t: Trial, shapes: Callable[..., Shapes], formula: Formula, sizes: tuple[int, ...], size: tuple[int, ...]
) -> None:
    """The maps in train mode, and the statistics that stay."""
    parameters, x = numbers(t, shapes(*sizes)), maps(t, size[0], sizes[0], *size[1:])
    y, after = compute(formula, parameters, x, sizes, train=True)
    expected = {"maps": y, "statistics": after}
    t.through(output_and_statistics).within(1e-6, 1e-6).equal(expected, sizes, parameters, x)


# -- Network in Network -------------------------------------------------------------------------------------------

NIN_SIZES = [(3, 4, 3, 1, 0), (2, 5, 2, 1, 0), (3, 2, 5, 1, 2), (1, 3, 3, 2, 0), (4, 3, 3, 2, 1), (2, 4, 1, 1, 0)]


@mlpconv.family("layers", 2)
def nin_has_three_convolutions(t: Trial) -> None:
    check_layers(t, nin_shapes, [(3, 5, 2), (4, 3, 5, 2, 1), (1, 6, 1)])


@mlpconv.family("values", 4)
def nin_computes_its_formula(t: Trial) -> None:
    images = [(2, 6, 7), (1, 5, 4), (2, 4, 6), (1, 8, 7), (3, 6, 5), (2, 3, 4)]
    check_values(t, nin_shapes, nin_formula, [*zip(NIN_SIZES, images, strict=True), ((2, 3, 3), (1, 5, 6))])


@mlpconv.family("gradients", 2)
def nin_learns_in_every_layer(t: Trial) -> None:
    check_gradients(t, nin_shapes, nin_formula, (2, 4, 3, 1, 1), (2, 5, 6))


# -- Inception ----------------------------------------------------------------------------------------------------

# The last but one has as many channels in each branch: what was stacked along another axis comes out, in a wrong shape.
BRANCHES = [
    (5, 2, 3, 4, 6, 7, 8),
    (3, 4, 1, 2, 2, 1, 5),
    (2, 1, 2, 3, 1, 4, 2),
    (4, 3, 2, 3, 2, 3, 3),
    (4, 3, 5, 1, 2, 6, 3),
]
BRANCH_IMAGES = [(2, 6, 7), (1, 5, 8), (3, 4, 3), (2, 6, 5), (2, 1, 1)]


@inception.family("layers", 4)
def inception_has_six_convolutions(t: Trial) -> None:
    check_layers(t, inception_shapes, [*BRANCHES, (16, 8, 9, 10, 3, 4, 5)])


@inception.family("values", 10)
def inception_stacks_its_branches(t: Trial) -> None:
    check_values(t, inception_shapes, inception_formula, [*zip(BRANCHES, BRANCH_IMAGES, strict=True)])
    if t.passed("layers"):
        for sizes in [tuple(int(c) for c in t.rng.integers(1, 6, 7)) for _ in range(4)]:
            check_values(t, inception_shapes, inception_formula, [(sizes, tuple(map(int, t.rng.integers(1, 8, 3))))])


@inception.family("gradients", 4)
def inception_learns_in_every_branch(t: Trial) -> None:
    check_gradients(t, inception_shapes, inception_formula, (4, 3, 3, 4, 3, 5, 6), (2, 6, 5))


# -- factorised Inception -----------------------------------------------------------------------------------------

LONG = [(5, 2, 3, 4, 6, 7, 8, 3), (3, 4, 2, 1, 2, 5, 3, 5), (2, 1, 2, 3, 4, 2, 5), (3, 2, 4, 2, 3, 2, 2, 1)]
LONG_IMAGES = [(2, 6, 7), (1, 5, 8), (2, 4, 9), (2, 4, 3)]


@factorised.family("layers", 2)
def factorised_has_long_kernels(t: Trial) -> None:
    check_layers(t, factorised_shapes, LONG)


@factorised.family("values", 4)
def factorised_stacks_its_branches(t: Trial) -> None:
    check_values(t, factorised_shapes, factorised_formula, [*zip(LONG, LONG_IMAGES, strict=True)])
    if t.passed("layers"):
        check_training(t, factorised_shapes, factorised_formula, (3, 2, 3, 2, 2, 3, 1, 3), (2, 5, 4))


@factorised.family("gradients", 2)
def factorised_learns_in_every_branch(t: Trial) -> None:
    check_gradients(t, factorised_shapes, factorised_formula, (3, 2, 3, 4, 3, 2, 3, 3), (2, 5, 6))


# -- Fire ---------------------------------------------------------------------------------------------------------

FIRES = [(5, 2, 3, 4), (3, 4, 2, 2), (2, 1, 5, 3), (6, 3, 1, 4)]  # the second: as many channels in both expansions
FIRE_IMAGES = [(2, 6, 7), (1, 5, 4), (3, 3, 6), (2, 1, 5)]


@fire.family("layers", 2)
def fire_has_three_convolutions(t: Trial) -> None:
    check_layers(t, fire_shapes, [*FIRES, (16, 4, 8, 9)])


@fire.family("values", 4)
def fire_stacks_its_expansions(t: Trial) -> None:
    check_values(t, fire_shapes, fire_formula, [*zip(FIRES, FIRE_IMAGES, strict=True)])
    if t.passed("layers"):
        for sizes in [tuple(int(c) for c in t.rng.integers(1, 6, 4)) for _ in range(4)]:
            check_values(t, fire_shapes, fire_formula, [(sizes, tuple(map(int, t.rng.integers(1, 8, 3))))])


@fire.family("gradients", 2)
def fire_learns_in_every_layer(t: Trial) -> None:
    check_gradients(t, fire_shapes, fire_formula, (4, 3, 4, 5), (2, 6, 5))


# -- separable convolution ----------------------------------------------------------------------------------------

SEPARABLES = [(3, 5, 3, 1), (4, 2, 5, 2), (1, 3, 3, 3), (5, 4, 1, 2), (2, 6)]
SEPARABLE_IMAGES = [(2, 6, 7), (1, 9, 8), (2, 7, 8), (3, 4, 5), (1, 5, 4)]


@separable.family("layers", 2)
def separable_has_two_convolutions(t: Trial) -> None:
    check_layers(t, separable_shapes, SEPARABLES)


@separable.family("values", 4)
def separable_computes_its_formula(t: Trial) -> None:
    check_values(t, separable_shapes, separable_formula, [*zip(SEPARABLES, SEPARABLE_IMAGES, strict=True)])
    if t.passed("layers"):
        for sizes in ((3, 4, 3, 1), (2, 5, 5, 2)):
            check_training(t, separable_shapes, separable_formula, sizes, (2, 6, 5))


@separable.family("gradients", 2)
def separable_learns_in_every_layer(t: Trial) -> None:
    check_gradients(t, separable_shapes, separable_formula, (3, 4, 3, 1), (2, 6, 5))


# -- a linear layer as a convolution ------------------------------------------------------------------------------


def linear_layer(t: Trial, inputs: int, outputs: int, bias: bool = True) -> nn.Linear:
    """A linear layer in float64 with random numbers."""
    layer = nn.Linear(inputs, outputs, bias=bias, dtype=torch.float64)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(torch.from_numpy(t.rng.normal(0.0, inputs**-0.5, tuple(parameter.shape))))
    return layer


def on_maps(function: Any, linear: nn.Linear, size: tuple[int, int, int], x: Tensor) -> Any:
    """What the convolution gives on maps."""
    return function(linear, *size)(x)


def kind_of_layer(function: Any, linear: nn.Linear, size: tuple[int, int, int]) -> dict[str, Any]:
    """Which convolution comes back."""
    dtype = str(linear.weight.dtype)  # before the call, which may change it
    made = function(linear, *size)
    bias = made.bias
    return {
        "shape of weight": list(made.weight.shape),
        "shape of bias": None if bias is None else list(bias.shape),
        "its weights have the linear layer's dtype": str(made.weight.dtype) == dtype,
        "channels in": made.in_channels,
        "channels out": made.out_channels,
        "stride": tuple(made.stride),
        "padding": tuple(made.padding),
        "parameters that learn": sum(p.numel() for p in made.parameters() if p.requires_grad),
    }


def is_converted(function: Any, linear: nn.Linear, size: tuple[int, int, int]) -> bool:
    """Whether a convolution comes back."""
    function(linear, *size)
    return True


def linear_afterwards(function: Any, linear: nn.Linear, size: tuple[int, int, int], x: Tensor) -> Any:
    """What the linear layer gives after the convolution's parameters were set to 0."""
    lent = instruments.lend(function, linear)
    made = function(lent, *size)
    made.load_state_dict({name: torch.zeros_like(values) for name, values in made.state_dict().items()})
    return lent(x)


# C, H, W, outputs, and how much larger the maps are than H×W.
SIZES = [(3, 2, 4, 5, (0, 0)), (2, 3, 2, 4, (2, 3)), (4, 1, 1, 3, (3, 2)), (1, 3, 5, 2, (1, 0)), (5, 2, 3, 1, (0, 2))]


@converted.family("values", 8)
def convolution_is_the_linear_layer_at_each_position(t: Trial) -> None:
    random = [tuple(int(v) for v in t.rng.integers(1, 5, 4)) for _ in range(4)]
    for c, h, w, f, (down, right) in [*SIZES, *((*sizes, (1, 2)) for sizes in random)]:
        linear, x = linear_layer(t, c * h * w, f), maps(t, 2, c, h + down, w + right)
        columns = functional.unfold(x, (h, w)).transpose(1, 2)  # (N, positions, C·H·W)
        expected = linear(columns).transpose(1, 2).reshape(2, f, down + 1, right + 1).detach()
        t.through(detached).within(1e-9).equal(expected, linear, (c, h, w), x)


def detached(function: Any, linear: nn.Linear, size: tuple[int, int, int], x: Tensor) -> Any:
    """What the convolution gives on maps."""
    return function(linear, *size)(x).detach()


@converted.family("layer", 4)
def it_is_a_plain_convolution(t: Trial) -> None:
    for (c, h, w, f, _), bias in zip(SIZES[:4], (True, False, True, False), strict=True):
        for dtype in (torch.float64, torch.float32):
            linear = linear_layer(t, c * h * w, f, bias).to(dtype)
            expected = {
                "shape of weight": [f, c, h, w],
                "shape of bias": [f] if bias else None,
                "its weights have the linear layer's dtype": True,
                "channels in": c,
                "channels out": f,
                "stride": (1, 1),
                "padding": (0, 0),
                "parameters that learn": f * c * h * w + f * bias,
            }
            t.case(f"the linear layer has {dtype}").through(kind_of_layer).equal(expected, linear, (c, h, w))


@converted.family("contract", 3)
def linear_layer_stays_and_sizes_are_checked(t: Trial) -> None:
    linear, x = linear_layer(t, 24, 5), maps(t, 3, 24)
    t.through(linear_afterwards).equal(linear(x).detach(), linear, (3, 2, 4), x)
    for size in ((3, 2, 5), (3, 2, 3), (2, 2, 4), (24, 2, 4), (6, 8, 1)):
        text = f"{size[0]}·{size[1]}·{size[2]} values, 24 inputs"
        t.case(text).through(is_converted).raises(ValueError, linear, size)


# -- sliding and cropping -----------------------------------------------------------------------------------------


def network(t: Trial, channels: int, padding: int, hidden: tuple[int, ...], side: int, classes: int) -> nn.Sequential:
    """A classifier with one pooling (step 2) whose flattened maps are side×side, all weights random."""
    parts: list[nn.Module] = [nn.Conv2d(channels, 3, 3, padding=padding), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
    into = 3 * side * side
    for out in hidden:
        parts += [nn.Linear(into, out), nn.ReLU()]
        into = out
    net = nn.Sequential(*parts, nn.Linear(into, classes)).double()
    with torch.no_grad():
        for parameter in net.parameters():
            fan_in = parameter[0].numel() if parameter.dim() > 1 else 4
            parameter.copy_(torch.from_numpy(t.rng.normal(0.1, fan_in**-0.5, tuple(parameter.shape))))
    return net


def size_for(padding: int, side: int) -> int:
    """Rows and columns of an image for which the flattened maps of `network` are side×side."""
    return 2 * side + 2 - 2 * padding


def scores_of_crops(net: nn.Sequential, img: Tensor, crop: int, step: int) -> Tensor:
    """The scores of each crop, in their places."""
    rows = [
        torch.stack(
            [net(img[:, :, i : i + crop, j : j + crop]) for j in range(0, img.shape[3] - crop + 1, step)], dim=-1
        )
        for i in range(0, img.shape[2] - crop + 1, step)
    ]
    return torch.stack(rows, dim=-2).detach()


def slid(net: nn.Sequential, img: Tensor) -> Tensor:
    """The scores of the converted network, by windows of the maps before Flatten."""
    flat = next(i for i, layer in enumerate(net) if isinstance(layer, nn.Flatten))
    features = net[:flat](img)
    inputs = next(layer.in_features for layer in net[flat:] if isinstance(layer, nn.Linear))
    side = round((inputs / features.shape[1]) ** 0.5)
    h, w = features.shape[2] - side + 1, features.shape[3] - side + 1
    windows = functional.unfold(features, side).transpose(1, 2)
    return net[flat + 1 :](windows).transpose(1, 2).reshape(len(img), -1, h, w).detach()


def scores(function: Any, net: nn.Sequential, img: Tensor) -> Any:
    """The scores at all positions."""
    return function(net, img).detach()


def network_afterwards(function: Any, net: nn.Sequential, img: Tensor, crop: Tensor, *more: int) -> dict[str, Any]:
    """The network after the call: its scores for one crop, and the modes of its layers."""
    lent = instruments.lend(function, net)
    function(lent, img, *more)
    seen = instruments.examine(lent)
    return {"scores": lent(crop).detach(), "after the call": in_words(seen["training"], seen["requires_grad"])}


def in_words(training: dict[str, bool], learns: dict[str, bool]) -> dict[str, bool]:
    """The modes of a network's layers, and which parameters learn, as statements."""
    modes = {f"{f'its layer {name}' if name else 'the network'} is in train mode": on for name, on in training.items()}
    return {**modes, **{f"its parameter {name} requires a gradient": on for name, on in learns.items()}}


def as_it_was(net: nn.Sequential, crop: Tensor) -> dict[str, Any]:
    """What `network_afterwards` must see."""
    training = {name: part.training for name, part in net.named_modules()}
    learns = {name: True for name, _ in net.named_parameters()}
    return {"scores": net(crop).detach(), "after the call": in_words(training, learns)}


# channels, padding, hidden layers, side, classes, images, rows and columns more than the classifier's
NETWORKS: list[tuple[int, int, tuple[int, ...], int, int, int, tuple[int, int]]] = [
    (1, 0, (5,), 2, 3, 1, (6, 4)),
    (2, 0, (), 3, 2, 2, (0, 2)),
    (1, 0, (4, 6), 1, 3, 2, (4, 0)),
    (2, 0, (3,), 2, 4, 1, (3, 5)),
    (1, 1, (5,), 2, 3, 2, (4, 6)),
    (3, 1, (), 3, 1, 1, (2, 1)),
    (1, 0, (4,), 2, 3, 1, (0, 0)),
    (1, 1, (4,), 4, 2, 1, (2, 4)),
]


@sliding.family("scores", 3)
def scores_at_all_positions(t: Trial) -> None:
    for channels, padding, hidden, side, classes, n, (down, right) in NETWORKS:
        net = network(t, channels, padding, hidden, side, classes)
        size = size_for(padding, side)
        img = maps(t, n, channels, size + down, size + right)
        t.through(scores).equal(slid(net, img), net, img)


@sliding.family("contract", 2)
def network_stays_as_it_is(t: Trial) -> None:
    for train in (True, False):
        net = network(t, 1, 0, (5,), 2, 3).train(train)
        img, crop = maps(t, 1, 1, 10, 8), maps(t, 2, 1, 6, 6)
        t.through(network_afterwards).equal(as_it_was(net, crop), net, img, crop)
        t.through(scores).preserves(net, img)


def largest_difference(net: nn.Sequential, img: Tensor, crop: int, step: int) -> float:
    return float((slid(net, img) - scores_of_crops(net, img, crop, step)).abs().max())


def negated(net: nn.Sequential) -> nn.Sequential:
    """A network whose scores are those of this one times −1: the largest difference is of the other sign."""
    last = nn.Linear(net[-1].in_features, net[-1].out_features, dtype=torch.float64)
    last.load_state_dict({name: -values for name, values in net[-1].state_dict().items()})
    return nn.Sequential(*net[:-1], last)


def told_apart(t: Trial) -> tuple[nn.Sequential, Tensor]:
    """A network and images whose largest difference no part of the scores shows: drawn until that is so.

    It is in the last image, not of the first class, in the last row of crops and there in neither corner.
    """
    while True:
        net, img = network(t, 1, 1, (), 3, 3), maps(t, 2, 1, 16, 16)
        img[:, :, 9] *= 20  # the crops end before or hold this row, but for the last ones, which begin behind it
        slid_scores, crops = slid(net, img), scores_of_crops(net, img, 6, 2)
        found = (slid_scores - crops).abs()
        parts = [found[:-1], found[:, :1], found[:, :, :-1], found[..., :1], found[..., -1:]]
        if max(abs(slid_scores.max() - crops.max()), *(part.max() for part in parts)) < 0.99 * found.max():
            return net, img


@cropped.family("difference", 6)
def largest_difference_of_all_scores(t: Trial) -> None:
    for channels, padding, hidden, side, classes, n, (down, right) in (NETWORKS[3], *NETWORKS[4:]):
        net, size = network(t, channels, padding, hidden, side, classes), size_for(padding, side)
        img = maps(t, n, channels, size + 2 * (down // 2), size + 2 * (right // 2))
        img[:-1] *= 0.01  # where there are several images, the last decides
        t.case(f"padding {padding}").equal(largest_difference(net, img, size, 2), net, img, size, 2)
    net, img = network(t, 1, 0, (), 2, 3), maps(t, 1, 1, 16, 16)
    t.case("36 crops, padding 0").equal(0.0, net, img, 6, 2)
    net, img = told_apart(t)
    expected = largest_difference(net, img, 6, 2)
    t.case("36 crops, padding 1, one row is bright").equal(expected, net, img, 6, 2)
    t.case("36 crops, padding 1, the scores' signs turned").equal(expected, negated(net), img, 6, 2)


@cropped.family("contract", 4)
def positions_must_be_crops(t: Trial) -> None:
    for train in (True, False):
        net = network(t, 1, 1, (4,), 3, 3).train(train)
        img, crop = maps(t, 1, 1, 10, 8), maps(t, 2, 1, 6, 6)
        t.through(network_afterwards).equal(as_it_was(net, crop), net, img, crop, 6, 2)
    img = maps(t, 1, 1, 14, 10)
    for step in (1, 3, 4, 6):
        t.case(f"the network's step is 2, the crops' {step}").raises(ValueError, net, img, 6, step)
    t.case("crops larger than the classifier's").raises(ValueError, net, img, 8, 2)
    t.case("rows agree, columns do not").raises(ValueError, net, img[:, :, :6], 6, 4)
    t.case("columns agree, rows do not").raises(ValueError, net, img[..., :6], 6, 4)
