"""Hidden tests of unit 11. PyTorch's autograd and the library's own networks are the oracles."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from autograder.testing import Suite, Trial, instruments
from cnnkit import zoo

Array = np.ndarray[Any, Any]
Tensor = torch.Tensor

suite = Suite(
    without=("torchvision", "timm"),
    serves={"cnnkit.ops": ("conv2d", "conv2d_backward", "relu", "relu_backward")},
)

arrays = suite.exercise(
    "residual-forward",
    28,
    "residual_forward(x, params, stride, option)",
    "residual_backward(dout, x, params, stride, option)",
)
basic = suite.exercise("basic-block", 12, "BasicBlock(in_channels, channels, stride, option)")
bottleneck = suite.exercise("bottleneck", 10, "Bottleneck(in_channels, channels, stride, option)")
preact = suite.exercise("pre-act-block", 8, "PreActBlock(in_channels, channels, stride)")
family = suite.exercise("make-resnet", 16, "make_resnet(depth, width, option)")
dense = suite.exercise("dense-layer", 6, "DenseLayer(in_channels, growth)")
dropped = suite.exercise("stochastic-depth", 5, "StochasticDepth(p)")
norms = suite.exercise("gradient-norms", 5, "gradient_norms(model, batch)")


# -- the block in NumPy -------------------------------------------------------------------------------------------


class Numbers(dict[str, Any]):
    """A dict of parameters that messages do not print."""

    def __repr__(self) -> str:
        return "numbers of the tests"


def random_params(t: Trial, c: int, f: int, projected: bool = False) -> Numbers:
    """Parameters of a block without any symmetry."""
    params = Numbers(
        w1=t.rng.normal(0, (2 / (9 * c)) ** 0.5, (f, c, 3, 3)),
        b1=t.rng.uniform(-0.5, 0.5, f),
        w2=t.rng.normal(0, (2 / (9 * f)) ** 0.5, (f, f, 3, 3)),
        b2=t.rng.uniform(-0.5, 0.5, f),
    )
    if projected:
        params |= {"ws": t.rng.normal(0, c**-0.5, (f, c, 1, 1)), "bs": t.rng.uniform(-0.5, 0.5, f)}
    return params


def block(x: Tensor, p: dict[str, Tensor], stride: int, option: str) -> Tensor:
    """The block in torch."""
    inner = functional.conv2d(x, p["w1"], p["b1"], stride, 1).relu()
    branch = functional.conv2d(inner, p["w2"], p["b2"], 1, 1)
    if stride == 1 and branch.shape[1] == x.shape[1]:
        skip = x
    elif option == "B":
        skip = functional.conv2d(x, p["ws"], p["bs"], stride)
    else:
        zeros = x.new_zeros(len(x), branch.shape[1] - x.shape[1], *branch.shape[2:])
        skip = torch.cat([x[:, :, ::stride, ::stride], zeros], 1)
    return (branch + skip).relu()


def expected_maps(x: Array, params: dict[str, Array], stride: int = 1, option: str = "A") -> Array:
    tensors = {name: torch.from_numpy(np.array(values)) for name, values in params.items()}
    result: Array = block(torch.from_numpy(np.array(x)), tensors, stride, option).numpy()
    return result


def expected_gradients(
    dout: Array, x: Array, params: dict[str, Array], stride: int = 1, option: str = "A"
) -> tuple[Array, dict[str, Array]]:
    """By autograd."""
    leaves = {name: torch.from_numpy(np.array(values)).requires_grad_() for name, values in params.items()}
    source = torch.from_numpy(np.array(x)).requires_grad_()
    y = block(source, leaves, stride, option)
    found = torch.autograd.grad((y * torch.from_numpy(dout)).sum(), [source, *leaves.values()])
    gradients = [g.numpy() for g in found]
    return gradients[0], dict(zip(leaves, gradients[1:], strict=True))


def both_of(found: Any) -> Any:
    """The pair (dx, grads), or what came in its place, twice."""
    if type(found) in (tuple, list) and len(found) == 2:
        return found
    return 2 * [f"a {type(found).__name__}, not the pair (dx, grads)"]


def gradients_of_parameters(function: Any, dout: Array, x: Array, params: Any, *options: Any) -> Any:
    """The gradients of the parameters, by name."""
    _, grads = both_of(function(dout, x, params, *options))
    return {name: grads[name] for name in sorted(grads)} if isinstance(grads, dict) else grads


def gradient_of_x(function: Any, dout: Array, x: Array, params: Any, *options: Any) -> Any:
    """The gradient of x."""
    dx, _ = both_of(function(dout, x, params, *options))
    return dx


def zero_block(t: Trial, f: int) -> Numbers:
    """Parameters with which the branch gives 0."""
    params = random_params(t, f, f)
    params["w2"], params["b2"] = params["w2"] * 0, params["b2"] * 0
    return params


# images, channels in and out, rows, columns, stride
SAME = [(2, 3, 3, 5, 4, 1), (1, 1, 1, 4, 6, 1), (3, 2, 2, 3, 3, 1), (1, 4, 4, 1, 5, 1)]
CHANGED = [(2, 3, 5, 6, 4, 2), (1, 2, 4, 5, 7, 2), (2, 1, 3, 4, 3, 1), (1, 3, 3, 7, 5, 2), (2, 2, 5, 7, 8, 3)]


@arrays.family("forward", 6)
def maps_of_a_plain_block(t: Trial) -> None:
    for n, c, f, h, w, _ in SAME:
        x, params = t.rng.normal(0, 1, (n, c, h, w)), random_params(t, c, f)
        for option in ((), (1, "B")):
            t.equal(expected_maps(x, params), x, params, *option)
    x, params = t.rng.normal(0, 1, (2, 3, 4, 5)), zero_block(t, 3)
    t.case("the branch gives 0").equal(np.maximum(x, 0), x, params)


@arrays.family("shortcuts", 8)
def maps_where_the_shape_changes(t: Trial) -> None:
    for n, c, f, h, w, stride in CHANGED:
        x = t.rng.normal(0, 1, (n, c, h, w))
        for option in ("A", "B"):
            params = random_params(t, c, f, option == "B")
            t.equal(expected_maps(x, params, stride, option), x, params, stride, option)


@arrays.family("gradients of parameters", 5)
def gradients_through_the_branch(t: Trial) -> None:
    trial = t.on("residual_backward").through(gradients_of_parameters)
    for index, (n, c, f, h, w, stride) in enumerate([*SAME[:2], *CHANGED]):
        option = "AB"[index % 2]
        x, params = t.rng.normal(0, 1, (n, c, h, w)), random_params(t, c, f, option == "B" and index > 1)
        dout = t.rng.normal(0, 1, (n, f, -(-h // stride), -(-w // stride)))
        grads = expected_gradients(dout, x, params, stride, option)[1]
        trial.equal({name: grads[name] for name in sorted(grads)}, dout, x, params, stride, option)


@arrays.family("gradient of x", 5)
def gradients_through_both_ways(t: Trial) -> None:
    trial = t.on("residual_backward").through(gradient_of_x)
    for n, c, f, h, w, stride in [*SAME[:3], *CHANGED]:
        for option in ("A", "B"):
            x = t.rng.normal(0, 1, (n, c, h, w))
            params = random_params(t, c, f, option == "B" and (stride > 1 or c != f))
            dout = t.rng.normal(0, 1, (n, f, -(-h // stride), -(-w // stride)))
            trial.equal(expected_gradients(dout, x, params, stride, option)[0], dout, x, params, stride, option)
    x, dout = t.rng.normal(0, 1, (2, 2, 3, 4)), t.rng.normal(0, 1, (2, 2, 3, 4))
    trial.case("the branch gives 0").equal(dout * (x > 0), dout, x, zero_block(t, 2))


def everything_after(function: Any, dout: Array, x: Array, params: Any, *options: Any) -> list[Any]:
    """The arguments after a backward pass."""
    function(dout, x, params, *options)
    return [dout, x, {name: params[name] for name in sorted(params)}]


def types_of_gradients(function: Any, dout: Array, x: Array, params: Any, *options: Any) -> Any:
    """The types of the gradients."""
    dx, grads = both_of(function(dout, x, params, *options))
    if not isinstance(grads, dict):
        return grads
    found = {"dx": dx, **{f"grads[{name!r}]": grads[name] for name in sorted(grads)}}
    return {name: str(getattr(values, "dtype", type(values).__name__)) for name, values in found.items()}


@arrays.family("contract", 4)
def arguments_types_and_errors(t: Trial) -> None:
    backward = t.on("residual_backward")
    for option, c, f, stride in (("A", 3, 3, 1), ("A", 2, 4, 2), ("B", 2, 3, 2)):
        x, params = t.rng.normal(0, 1, (2, c, 4, 5)), random_params(t, c, f, option == "B")
        dout = t.rng.normal(0, 1, (2, f, -(-4 // stride), -(-5 // stride)))
        t.preserves(x, params, stride, option)
        after = [dout, x, {name: params[name] for name in sorted(params)}]
        backward.through(everything_after).equal(after, dout, x, params, stride, option)
        single = Numbers({name: values.astype(np.float32) for name, values in params.items()})
        t.dtype(np.float32, x.astype(np.float32), single, stride, option)
        types = dict.fromkeys(["dx", *(f"grads[{name!r}]" for name in sorted(params))], "float32")
        backward.through(types_of_gradients).equal(
            types, dout.astype(np.float32), x.astype(np.float32), single, stride, option
        )
    x, params = t.rng.normal(0, 1, (1, 4, 4, 4)), random_params(t, 4, 2)
    t.case("4 channels in, 2 out").raises(ValueError, x, params, 1, "A")
    params = random_params(t, 4, 5, True)
    for option in ("C", "a", ""):
        t.case("no such option").raises(ValueError, x, params, 2, option)


# -- what the tests do with a learner's block ---------------------------------------------------------------------


def layers(made_by: Any, *sizes: Any) -> dict[str, Any]:
    """Names and shapes of all that a state dict holds, and the number of parameters."""
    made = made_by(*sizes).to("meta")
    shapes = {name: list(values.shape) for name, values in made.state_dict().items()}
    return {"shapes": dict(sorted(shapes.items())), "parameters": sum(p.numel() for p in made.parameters())}


def filled(made_by: Any, sizes: tuple[Any, ...], parameters: Any, train: bool) -> Any:
    made = made_by(*sizes)
    made.double()
    made.load_state_dict(parameters)
    made.train(train)
    return made


def output(made_by: Any, sizes: tuple[Any, ...], parameters: Any, x: Tensor) -> Any:
    """The result in eval mode, with the tests' own parameters."""
    return filled(made_by, sizes, parameters, False)(x).detach()


def output_and_statistics(made_by: Any, sizes: tuple[Any, ...], parameters: Any, x: Tensor) -> dict[str, Any]:
    """The result in train mode, and the running statistics after it."""
    made = filled(made_by, sizes, parameters, True)
    y = made(x).detach()
    return {"result": y, "statistics": {name: v for name, v in made.state_dict().items() if "running" in name}}


def reached(made_by: Any, sizes: tuple[Any, ...], parameters: Any, x: Tensor, dout: Tensor) -> dict[str, bool]:
    """Which parameters a gradient reaches, and whether it reaches the maps that go in."""
    done = instruments.vjp(filled(made_by, sizes, parameters, True), [x], dout)
    found = {name: g is not None and bool((g != 0).any()) for name, g in done["parameters"].items()}
    return {**found, "x": done["inputs"][0] is not None and bool((done["inputs"][0] != 0).any())}


def gradients(made_by: Any, sizes: tuple[Any, ...], parameters: Any, x: Tensor, dout: Tensor) -> dict[str, Any]:
    """The gradients of all parameters and of the maps that go in."""
    done = instruments.vjp(filled(made_by, sizes, parameters, True), [x], dout)
    return {**done["parameters"], "x": done["inputs"][0]}


def is_made(made_by: Any, *sizes: Any) -> bool:
    """Whether there is such a module."""
    made_by(*sizes)
    return True


Maker = Callable[..., nn.Module]
FIRST = "The layers come first: see the family 'layers'."


def numbers(t: Trial, shapes: dict[str, list[int]]) -> Numbers:
    """Random parameters for a module with which values keep their size and no two layers are alike."""
    state = Numbers()
    for name, shape in shapes.items():
        if name.endswith("num_batches_tracked"):
            state[name] = torch.tensor(3)
        elif len(shape) == 1 and name.endswith(("running_var", "weight")):
            state[name] = torch.from_numpy(t.rng.uniform(0.5, 1.5, shape))
        elif len(shape) == 1:
            state[name] = torch.from_numpy(t.rng.uniform(-0.3, 0.5, shape))
        else:
            fan_in = int(np.prod(shape[1:]))
            state[name] = torch.from_numpy(t.rng.normal(0.0, (2 / fan_in) ** 0.5, shape))
    return state


@functools.cache
def oracle(maker: Maker, sizes: tuple[Any, ...]) -> nn.Module:
    """The library's module in float64, made once: each test loads numbers of its own."""
    return maker(*sizes).double()


def with_numbers(maker: Maker, sizes: tuple[Any, ...], parameters: Numbers, train: bool) -> nn.Module:
    """The oracle with these parameters."""
    module = oracle(maker, sizes).train(train)
    module.load_state_dict(parameters)
    return module


def shapes_of(module: nn.Module) -> dict[str, list[int]]:
    """Names and shapes of all that a state dict holds, by name."""
    return {name: list(values.shape) for name, values in sorted(module.state_dict().items())}


def maps(t: Trial, *shape: int) -> Tensor:
    """Maps without any symmetry, negative values among them."""
    return torch.from_numpy(t.rng.normal(0.2, 1.0, shape))


@functools.cache
def described(maker: Maker, sizes: tuple[Any, ...]) -> dict[str, Any]:
    """What `layers` must find."""
    module = oracle(maker, sizes)
    return {"shapes": shapes_of(module), "parameters": sum(p.numel() for p in module.parameters())}


def check_layers(t: Trial, maker: Maker, cases: list[tuple[Any, ...]]) -> None:
    """Names, shapes and number of parameters."""
    for sizes in cases:
        t.through(layers).equal(described(maker, sizes), *sizes)


def check_values(t: Trial, maker: Maker, cases: list[tuple[tuple[Any, ...], tuple[int, ...]]]) -> None:
    """The result in eval and in train mode, running statistics, and that the maps that go in stay."""
    t.true(t.passed("layers"), FIRST)
    if not t.passed("layers"):
        return
    for index, (sizes, (n, h, w)) in enumerate(cases):
        x = maps(t, n, sizes[0], h, w)
        parameters = numbers(t, described(maker, sizes)["shapes"])
        with torch.no_grad():
            expected = with_numbers(maker, sizes, parameters, train=False)(x.clone())
        t.through(output).within(1e-6, 1e-6).equal(expected, sizes, parameters, x)
        if index == 0:
            t.through(output).preserves(sizes, parameters, x)
        if index < 2:
            expected_too = trained(maker, sizes, parameters, x)
            t.through(output_and_statistics).within(1e-6, 1e-6).equal(expected_too, sizes, parameters, x)


def trained(maker: Maker, sizes: tuple[Any, ...], parameters: Numbers, x: Tensor) -> dict[str, Any]:
    """What `output_and_statistics` must find."""
    ours = with_numbers(maker, sizes, parameters, train=True)
    with torch.no_grad():
        result = ours(x.clone())
    return {"result": result, "statistics": {n: v.clone() for n, v in ours.state_dict().items() if "running" in n}}


def check_gradients(t: Trial, maker: Maker, sizes: tuple[Any, ...], size: tuple[int, ...]) -> None:
    """Every parameter gets a gradient; where values are right, the right one."""
    t.true(t.passed("layers"), FIRST)
    if not t.passed("layers"):
        return
    parameters, x = numbers(t, described(maker, sizes)["shapes"]), maps(t, size[0], sizes[0], *size[1:])
    ours, source = with_numbers(maker, sizes, parameters, train=True), x.clone().requires_grad_()
    y = ours(source * 1.0)
    dout = torch.from_numpy(t.rng.normal(0.0, 1.0, tuple(y.shape)))
    named = dict(ours.named_parameters())
    found = torch.autograd.grad((y * dout).sum(), [*named.values(), source])
    expected = dict(zip([*named, "x"], found, strict=True))
    t.through(reached).equal(dict.fromkeys(expected, True), sizes, parameters, x, dout)
    if t.passed("values"):
        t.through(gradients).within(1e-6, 1e-6).equal(expected, sizes, parameters, x, dout)


# -- BasicBlock, Bottleneck, PreActBlock, DenseLayer --------------------------------------------------------------

BASIC: list[tuple[Any, ...]] = [
    (3, 5, 2),
    (4, 4),
    (3, 5, 2, "A"),
    (4, 4, 1, "A"),
    (2, 3, 1, "B"),
    (4, 4, 2, "B"),
    (3, 3, 3, "A"),
]
IMAGES = [(2, 6, 5), (1, 5, 4), (2, 7, 6), (3, 4, 5), (1, 3, 6), (2, 5, 5), (1, 7, 8)]


@basic.family("layers", 3)
def basic_has_its_layers(t: Trial) -> None:
    check_layers(t, zoo.BasicBlock, BASIC)


@basic.family("values", 6)
def basic_adds_its_branch(t: Trial) -> None:
    check_values(t, zoo.BasicBlock, [*zip(BASIC, IMAGES, strict=True)])
    if t.passed("layers"):
        parameters, x = numbers(t, described(zoo.BasicBlock, (3, 3))["shapes"]), maps(t, 2, 3, 4, 5)
        parameters["bn2.weight"], parameters["bn2.bias"] = parameters["bn2.weight"] * 0, parameters["bn2.bias"] * 0
        t.case("the branch gives 0").through(output).equal(x.relu(), (3, 3), parameters, x)


@basic.family("gradients", 3)
def basic_learns_in_every_layer(t: Trial) -> None:
    check_gradients(t, zoo.BasicBlock, (3, 4, 2), (2, 6, 5))
    if t.passed("layers"):
        check_gradients(t, zoo.BasicBlock, (3, 3, 1, "A"), (2, 4, 3))


NARROW: list[tuple[Any, ...]] = [(3, 2, 2), (8, 2), (3, 2, 2, "A"), (12, 3, 1, "A"), (5, 2, 1, "B"), (4, 1, 2, "B")]


@bottleneck.family("layers", 2)
def bottleneck_has_its_layers(t: Trial) -> None:
    check_layers(t, zoo.Bottleneck, NARROW)


@bottleneck.family("values", 6)
def bottleneck_adds_its_branch(t: Trial) -> None:
    check_values(t, zoo.Bottleneck, [*zip(NARROW, IMAGES, strict=False)])


@bottleneck.family("gradients", 2)
def bottleneck_learns_in_every_layer(t: Trial) -> None:
    check_gradients(t, zoo.Bottleneck, (3, 2, 2), (2, 6, 5))


PREACT: list[tuple[Any, ...]] = [(3, 5, 2), (4, 4), (2, 3, 1), (4, 4, 2), (3, 2, 3)]


@preact.family("layers", 2)
def preact_has_its_layers(t: Trial) -> None:
    check_layers(t, zoo.PreActBlock, PREACT)


@preact.family("values", 4)
def preact_adds_its_branch(t: Trial) -> None:
    check_values(t, zoo.PreActBlock, [*zip(PREACT, IMAGES, strict=False)])


@preact.family("gradients", 2)
def preact_learns_in_every_layer(t: Trial) -> None:
    check_gradients(t, zoo.PreActBlock, (3, 4, 2), (2, 6, 5))
    if t.passed("layers"):
        check_gradients(t, zoo.PreActBlock, (3, 3), (2, 4, 3))


class DenseLayer(zoo.DenseLayer):
    """The library's changes what goes in."""

    def forward(self, x: Tensor) -> Tensor:
        """On a copy of x."""
        return torch.cat([x, super().forward(x.clone())[:, x.shape[1] :]], 1)


DENSE: list[tuple[Any, ...]] = [(3, 2), (5, 1), (2, 4), (6, 3)]


@dense.family("layers", 2)
def dense_has_its_layers(t: Trial) -> None:
    check_layers(t, DenseLayer, DENSE)


@dense.family("values", 3)
def dense_stacks_new_maps(t: Trial) -> None:
    check_values(t, DenseLayer, [*zip(DENSE, IMAGES, strict=False)])


@dense.family("gradients", 1)
def dense_learns_in_every_layer(t: Trial) -> None:
    check_gradients(t, DenseLayer, (3, 2), (2, 4, 5))


# -- the family ---------------------------------------------------------------------------------------------------


def in_parts(made_by: Any, depth: int, width: float) -> dict[str, int]:
    """How many weights, biases and statistics each part of the network has."""
    return counted(made_by(depth, width).to("meta").state_dict())


def counted(state: dict[str, Any]) -> dict[str, int]:
    """How many entries of a state dict are of which part of a network."""
    parts = [name.partition(".")[0] for name in state]
    return {part: parts.count(part) for part in sorted(set(parts))}


# Described once, when this module is read, and not for each learner anew. Small networks come first.
NETWORKS = {
    sizes: described(zoo.make_resnet, sizes) for sizes in ((8,), (20, 1, "A"), (18, 1 / 16), (34, 1 / 16), (50, 1 / 32))
}
DEEP = {depth: counted(zoo.make_resnet(depth, 1 / 64).state_dict()) for depth in (101, 152)}
WIDTHS = {
    sizes: described(zoo.make_resnet, sizes)
    for sizes in ((8, 1.3, "A"), (8, 0.03), (8, 2, "B"), (18, 0.11), (18, 0.2, "A"))
}


@family.family("layers", 6)
def networks_have_their_layers(t: Trial) -> None:
    for sizes, expected in NETWORKS.items():
        t.through(layers).equal(expected, *sizes)
    for depth, expected in DEEP.items():
        t.through(in_parts).equal(expected, depth, 1 / 64)


@family.family("widths and options", 3)
def widths_are_rounded(t: Trial) -> None:
    for sizes, expected in WIDTHS.items():
        t.through(layers).equal(expected, *sizes)


def check_network(t: Trial, sizes: tuple[Any, ...], shape: tuple[int, ...]) -> None:
    """The scores in eval and train mode, and the statistics."""
    seen = 0.0
    while seen < 0.01:  # in a narrow network the only map of a layer may be 0 everywhere: then no image shows
        parameters, x = numbers(t, described(zoo.make_resnet, sizes)["shapes"]), maps(t, *shape)
        with torch.no_grad():
            ours = with_numbers(zoo.make_resnet, sizes, parameters, train=False)
            scores, others = ours(x.clone()), ours(-x)
        seen = float((scores - others).abs().max())
    built = t.case("built of your own blocks").within(1e-6, 1e-6)
    built.through(output).equal(scores, sizes, parameters, x)
    if sizes[0] == 8:
        expected = trained(zoo.make_resnet, sizes, parameters, x)
        built.through(output_and_statistics).equal(expected, sizes, parameters, x)


@family.family("values", 5)
def networks_give_the_scores(t: Trial) -> None:
    t.true(t.passed("layers"), FIRST)
    if t.passed("layers"):
        check_network(t, (8, 0.25), (2, 3, 12, 9))
        check_network(t, (8, 1, "A"), (2, 3, 8, 11))
        check_network(t, (50, 1 / 64), (1, 3, 34, 41))


@family.family("contract", 2)
def depths_that_there_are_not(t: Trial) -> None:
    for depth in (2, 7, 9, 16, 19, 21, 36, 51, 100, 0, -4):
        t.case("no network has this depth").through(is_made).raises(ValueError, depth)


# -- stochastic depth ---------------------------------------------------------------------------------------------

IMAGES_DRAWN = 3000


def fates(made_by: Any, p: float, seed: int, shape: tuple[int, ...], value: float) -> dict[str, Any]:
    """What becomes of many equal images in training mode."""
    instruments.seed(made_by, seed)
    made = made_by(p)
    made.train()
    y = made(torch.full(shape, value, dtype=torch.float64)).flatten(1)
    kept = y[:, 0] != 0
    return {
        "values": sorted({round(v, 9) for v in y.flatten().tolist()}),
        "all values of an image share its fate": bool((y == y[:, :1]).all()),
        "share of images dropped": share_in_words(float((~kept).double().mean()), p, shape[0]),
    }


def share_in_words(share: float, p: float, images: int) -> str:
    """Which probability a share speaks for."""
    tolerance = 5 * (p * (1 - p) / images) ** 0.5
    near = (words for words, value in (("p", p), ("1 - p", 1 - p)) if abs(share - value) <= tolerance)
    return next(near, f"about {share:.1f}")


def shapes_and_order(made_by: Any, p: float, seed: int, x: Tensor) -> Any:
    """Whether each image comes out as zeros or divided by 1 - p."""
    instruments.seed(made_by, seed)
    y = made_by(p)(x)
    right = [bool((v == 0).all()) or bool(torch.allclose(v * (1 - p), u)) for u, v in zip(x, y, strict=True)]
    return drawn_images(tuple(y.shape), str(y.dtype), right)


def drawn_images(shape: tuple[int, ...], dtype: str, right: list[bool]) -> dict[str, Any]:
    """What `shapes_and_order` gives."""
    return {"shape": str(shape), "type": dtype, "each image is 0 or x / (1 - p)": right}


def two_calls(made_by: Any, p: float, seed: int) -> bool:
    """Whether two calls draw anew."""
    instruments.seed(made_by, seed)
    made, x = made_by(p), torch.ones(200, 1, 1, 1)
    return bool((made(x) != made(x)).any())


def in_eval_mode(made_by: Any, p: float, seed: int, x: Tensor) -> Any:
    """What comes out in eval mode."""
    instruments.seed(made_by, seed)
    return made_by(p).eval()(x)


def gradient_in_training(made_by: Any, p: float, seed: int, x: Tensor) -> Any:
    """Whether the gradient of each image is that of what came out."""
    instruments.seed(made_by, seed)
    made = made_by(p)
    done = instruments.vjp(made, [x], torch.ones_like(x))
    return bool(torch.allclose(done["inputs"][0] * x, done["out"]))


@dropped.family("training", 3)
def images_are_dropped_and_the_mean_stays(t: Trial) -> None:
    for p in (0.25, 0.6, float(t.rng.uniform(0.1, 0.4))):
        seed, value = int(t.rng.integers(2**31)), float(t.rng.uniform(1, 3))
        expected = {
            "values": [0.0, round(value / (1 - p), 9)],
            "all values of an image share its fate": True,
            "share of images dropped": "p",
        }
        t.through(fates).within(1e-6).equal(expected, p, seed, (IMAGES_DRAWN, 2, 1, 2), value)
    for shape in ((5, 3, 4, 2), (4, 6), (3, 2, 2)):
        x = maps(t, *shape)
        expected_shapes = drawn_images(shape, "torch.float64", [True] * shape[0])
        t.through(shapes_and_order).equal(expected_shapes, 0.5, int(t.rng.integers(2**31)), x)
    t.through(two_calls).equal(True, 0.5, int(t.rng.integers(2**31)))
    x = maps(t, 4, 2, 3, 3)
    whole = drawn_images((4, 2, 3, 3), "torch.float64", [True] * 4)
    t.case("nothing is dropped").through(shapes_and_order).equal(whole, 0.0, 1, x)
    t.through(gradient_in_training).equal(True, 0.4, int(t.rng.integers(2**31)), maps(t, 6, 2, 2, 2))


@dropped.family("eval", 1)
def nothing_happens_in_eval_mode(t: Trial) -> None:
    for p in (0.0, 0.3, 0.9):
        x = maps(t, 7, 2, 3, 2)
        t.through(in_eval_mode).equal(x, p, int(t.rng.integers(2**31)), x)


@dropped.family("contract", 1)
def probabilities_are_checked(t: Trial) -> None:
    for p in (-0.1, 1.0, 1.5):
        t.through(is_made).raises(ValueError, p)
    for p in (0.0, 0.99):
        t.through(is_made).equal(True, p)


# -- norms of gradients -------------------------------------------------------------------------------------------


def network(t: Trial, normalised: bool) -> nn.Sequential:
    """A classifier with nested parts."""
    inner: list[nn.Module] = [nn.Conv2d(4, 3, 3, padding=1, bias=not normalised)]
    inner += [nn.BatchNorm2d(3)] * normalised + [nn.ReLU(), nn.Conv2d(3, 4, 1)]
    net = nn.Sequential(
        nn.Conv2d(2, 4, 3),
        nn.ReLU(),
        nn.Sequential(*inner),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 3),
    ).double()
    net.load_state_dict(numbers(t, shapes_of(net)))
    return net


def lengths(net: nn.Module, images: Tensor, labels: Tensor) -> dict[str, float]:
    """By autograd."""
    kernels = {name: part.weight for name, part in net.named_modules() if isinstance(part, nn.Conv2d)}
    loss = functional.cross_entropy(net(images), labels)
    found = torch.autograd.grad(loss, list(kernels.values()))
    return {name: float((g**2).sum() ** 0.5) for name, g in zip(kernels, found, strict=True)}


class Batch(tuple[Tensor, Tensor]):
    """Images and labels that messages do not print."""

    def __repr__(self) -> str:
        return f"images of shape {tuple(self[0].shape)} and their labels"


def names_and_lengths(function: Any, model: nn.Module, batch: Any) -> dict[str, Any]:
    """The lengths by name."""
    return in_order(function(model, batch))


def in_order(found: Any) -> dict[str, Any]:
    """A dict, and the order of its names."""
    return {"names in order": list(found), "lengths": dict(found)}


def model_afterwards(function: Any, model: nn.Module, batch: Any) -> dict[str, Any]:
    """The model after the call: gradients kept, modes, what learns."""
    lent = instruments.lend(function, model)
    function(lent, batch)
    seen = instruments.examine(lent)
    state = {name: values for name, values in lent.state_dict().items() if "num_batches" not in name}
    return {**seen, "parameters": {name: v for name, v in state.items() if "running" not in name}}


@norms.family("lengths", 3)
def lengths_of_all_kernels(t: Trial) -> None:
    for normalised in (False, True, False):
        net, n = network(t, normalised), int(t.rng.integers(2, 5))
        images, labels = maps(t, n, 2, 5, 6), torch.from_numpy(t.rng.integers(0, 3, n))
        t.through(names_and_lengths).equal(in_order(lengths(net, images, labels)), net, Batch((images, labels)))


@norms.family("contract", 2)
def model_stays_as_it_is(t: Trial) -> None:
    for train, kept in ((True, False), (False, True)):
        net = network(t, True).train(train)
        images, labels = maps(t, 3, 2, 5, 4), torch.from_numpy(t.rng.integers(0, 3, 3))
        if not kept:
            t.through(names_and_lengths).equal(in_order(lengths(net, images, labels)), net, Batch((images, labels)))
        before = instruments.examine(net)
        parameters = {name: p.detach().clone() for name, p in net.named_parameters()}
        t.through(model_afterwards).equal({**before, "parameters": parameters}, net, Batch((images, labels)))
