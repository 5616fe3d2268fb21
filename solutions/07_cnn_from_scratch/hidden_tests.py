"""Hidden tests of unit 07: a convolutional network from scratch."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.nn import functional as nn

from autograder.testing import Suite, Trial

Array = np.ndarray[Any, Any]

suite = Suite(
    without=("torch", "scipy", "numpy.convolve", "numpy.correlate"),
    serves={
        "cnnkit.ops": ("conv2d", "conv2d_backward", "max_pool2d", "max_pool2d_backward"),
        "cnnkit.data": ("shapes10",),
    },
)
activations = suite.exercise(
    "relu",
    15,
    "relu(x)",
    "relu_backward(dout, x)",
    "leaky_relu(x, slope)",
    "leaky_relu_backward(dout, x, slope)",
    "elu(x, alpha)",
    "elu_backward(dout, x, alpha)",
    "sigmoid(x)",
    "sigmoid_backward(dout, x)",
    "tanh(x)",
    "tanh_backward(dout, x)",
    "maxout(x, k)",
    "maxout_backward(dout, x, k)",
)
dense = suite.exercise("linear", 10, "linear(x, w, b)", "linear_backward(dout, x, w)")
loss = suite.exercise("softmax-cross-entropy", 20, "softmax_cross_entropy(logits, y)")
weights = suite.exercise("kaiming-normal", 5, "kaiming_normal(shape, rng)")
descent = suite.exercise("sgd-momentum-step", 10, "sgd_momentum_step(params, grads, state, lr, mu, wd)")
network = suite.exercise("lenet", 30, "LeNet(in_shape, n_classes, rng)")
share = suite.exercise("accuracy", 5, "accuracy(logits, y)")
training = suite.exercise(
    "train",
    15,
    "train(model, data, epochs, batch, lr, mu, wd, rng)",
    "train_lenet(data, x_new, rng)",
    "train_parts(params, function, data, epochs, batch, lr, mu, wd, rng)",
)


# -- activations --------------------------------------------------------------------------------------------------

ORACLES: dict[str, Any] = {
    "relu": torch.relu,
    "leaky_relu": nn.leaky_relu,
    "elu": nn.elu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
}
SHAPES = [(7,), (3, 4), (1, 5), (2, 3, 4), (2, 1, 3, 2)]


def check_activation(t: Trial, name: str, *options: tuple[float, ...]) -> None:
    """Values and slopes against torch and its autograd: at random, at 0, far from 0."""
    for number, shape in enumerate(SHAPES):
        option = options[number % len(options)] if options else ()
        x = 2 * t.rng.standard_normal(shape)
        check_at(t, name, x, option)
    for option in options or ((),):
        check_at(t.case("zeros are among the values"), name, np.array([-1.5, 0.0, 0.5, -0.0]), option)
        check_at(t.case("large values are among them"), name, np.array([1000.0, -1000.0, 3.0, -40.0]), option)


def check_at(t: Trial, name: str, x: Array, option: tuple[float, ...]) -> None:
    dout = t.rng.standard_normal(x.shape)
    values = torch.from_numpy(x.copy()).requires_grad_()
    result = ORACLES[name](values, *option)
    (slopes,) = torch.autograd.grad((result * torch.from_numpy(dout)).sum(), values)
    t.on(name).equal(result.detach().numpy(), x, *option)
    t.on(f"{name}_backward").equal(slopes.numpy(), dout, x, *option)


@activations.family("relu", 3)
def relu_cuts(t: Trial) -> None:
    check_activation(t, "relu")


@activations.family("leaky relu and elu", 3)
def two_that_let_something_through(t: Trial) -> None:
    check_activation(t, "leaky_relu", (), (0.2,), (0.05,))
    check_activation(t, "elu", (), (0.3,), (2.5,))


@activations.family("sigmoid and tanh", 3)
def two_that_saturate(t: Trial) -> None:
    check_activation(t, "sigmoid")
    check_activation(t, "tanh")


@activations.family("maxout", 4)
def maxout_keeps_winners(t: Trial) -> None:
    """Matrices and feature maps; all negative; ties."""
    for shape, k in (((3, 6), 2), ((2, 6), 3), ((4, 5), 5), ((2, 4), 1), ((2, 6, 3), 2), ((2, 6, 3, 4), 3)):
        x = t.rng.standard_normal(shape)
        check_maxout(t, x, k)
        check_maxout(t.case("all values are negative"), -1 - np.abs(x), k)
    check_maxout(t.case("several values are the largest"), t.rng.integers(0, 2, (3, 6, 4)).astype(float), 3)
    maxout = t.on("maxout")
    maxout.case("5 channels, 2 compete").raises(ValueError, t.rng.standard_normal((2, 5)), 2)
    maxout.case("4 channels, 3 compete").raises(ValueError, t.rng.standard_normal((6, 4, 3)), 3)


def check_maxout(t: Trial, x: Array, k: int) -> None:
    groups = x.reshape(len(x), -1, k, *x.shape[2:])
    dout = t.rng.standard_normal(groups[:, :, 0].shape)
    best = groups == groups.max(axis=2, keepdims=True)
    first = best & (np.cumsum(best, axis=2) == 1)
    t.on("maxout").equal(groups.max(axis=2), x, k)
    t.on("maxout_backward").equal((first * dout[:, :, None]).reshape(x.shape), dout, x, k)


@activations.family("contract", 2)
def activations_keep_types_and_arguments(t: Trial) -> None:
    x, dout = t.rng.standard_normal((2, 3, 4)), t.rng.standard_normal((2, 3, 4))
    for name in ORACLES:
        t.on(name).preserves(x)
        t.on(name).case("nothing is to be cut").preserves(np.abs(x) + 1)
        t.on(f"{name}_backward").preserves(dout, np.abs(x) + 1)
        t.on(name).dtype(np.float32, x.astype(np.float32))
        t.on(f"{name}_backward").dtype(np.float32, dout.astype(np.float32), x.astype(np.float32))
        t.on(name).dtype(np.float64, np.array([1, 2, 3]))
    t.on("maxout").case("one channel competes with itself").preserves(x, 1)
    t.on("maxout_backward").case("one channel competes with itself").preserves(dout, x, 1)
    t.on("maxout").dtype(np.float32, x.astype(np.float32), 3)
    t.on("maxout").dtype(np.float64, t.rng.integers(0, 9, (2, 4)), 2)
    t.on("maxout_backward").dtype(np.float32, dout[:, :1].astype(np.float32), x.astype(np.float32), 3)


# -- linear -------------------------------------------------------------------------------------------------------

SIZES = [(1, 1, 1), (2, 3, 4), (4, 3, 2), (1, 5, 2), (5, 1, 3), (3, 4, 1), (3, 3, 3), (6, 2, 5)]  # (N, D, M)


@dense.family("values", 4)
def weighted_sums(t: Trial) -> None:
    for n, d, m in SIZES:
        x, w, b = t.rng.standard_normal((n, d)), t.rng.standard_normal((m, d)), 1 + t.rng.random(m)
        t.equal(np.einsum("nd,md->nm", x, w) + b, x, w, b)


@dense.family("gradients", 4)
def gradients_of_sums(t: Trial) -> None:
    backward = t.on("linear_backward")
    for n, d, m in SIZES:
        x, w, dout = (t.rng.standard_normal(shape) for shape in ((n, d), (m, d), (n, m)))
        expected = np.einsum("nm,md->nd", dout, w), np.einsum("nm,nd->md", dout, x), np.einsum("nm->m", dout)
        backward.equal(expected, dout, x, w)


@dense.family("contract", 2)
def linear_contract(t: Trial) -> None:
    x, w, b, dout = (t.rng.standard_normal(shape) for shape in ((3, 4), (2, 4), (2,), (3, 2)))
    backward = t.on("linear_backward")
    t.preserves(x, w, b)
    backward.preserves(dout, x, w)
    backward.case("one image, one output").preserves(dout[:1, :1], x[:1], w[:1])
    single = [a.astype(np.float32) for a in (x, w, b)]
    t.dtype(np.float32, *single)
    t.dtype(np.float64, *(t.rng.integers(0, 9, a.shape) for a in (x, w, b)))
    backward.through(types_of_results).equal(["float32"] * 3, dout.astype(np.float32), *single[:2])
    t.case("x has 4 values a row, w expects 3").raises(ValueError, x, w[:, :3], b)
    t.case("x has 1 value a row, w expects 4").raises(ValueError, x[:, :1], w, b)
    t.case("2 outputs, 1 bias").raises(ValueError, x, w, b[:1])
    t.case("x has 1 axis").raises(ValueError, x[0], w, b)
    backward.case("3 images, dout is for 1").raises(ValueError, dout[:1], x, w)


def types_of_results(function: Any, *args: Any) -> list[str]:
    """The element types of the results."""
    return [str(result.dtype) for result in function(*args)]


# -- the loss -----------------------------------------------------------------------------------------------------


def only_loss(function: Any, logits: Array, y: Array) -> Any:
    """The loss that softmax_cross_entropy returns."""
    value = one_of_two(function(logits, y), 0)
    return float(np.asarray(value).item()) if isinstance(value, np.ndarray) and value.size == 1 else value


def only_gradient(function: Any, logits: Array, y: Array) -> Any:
    """The gradient that softmax_cross_entropy returns."""
    return one_of_two(function(logits, y), 1)


def one_of_two(results: Any, wanted: int) -> Any:
    """One of a function's results; where there are not two, all that came, so that a message says what that is."""
    return results[wanted] if isinstance(results, tuple | list) and len(results) == 2 else results


def cross_entropy(logits: Array, y: Array) -> tuple[float, Array]:
    """By torch and its autograd, in float64."""
    scores = torch.from_numpy(logits.astype(np.float64)).requires_grad_()
    value = nn.cross_entropy(scores, torch.from_numpy(y.astype(np.int64)))
    return value.item(), torch.autograd.grad(value, scores)[0].numpy()


def random_scores(t: Trial) -> list[tuple[Array, Array]]:
    """Logits and classes of different sizes."""
    sizes = [(1, 2), (2, 3), (3, 2), (4, 4), (5, 3), (1, 6), (7, 5), (3, 1)]
    return [(2 * t.rng.standard_normal(size), t.rng.integers(0, size[1], size[0])) for size in sizes]


@loss.family("loss", 6)
def loss_of_random_scores(t: Trial) -> None:
    for logits, y in random_scores(t):
        t.through(only_loss).equal(cross_entropy(logits, y)[0], logits, y)


@loss.family("gradient", 6)
def gradient_of_random_scores(t: Trial) -> None:
    for logits, y in random_scores(t):
        t.through(only_gradient).equal(cross_entropy(logits, y)[1], logits, y)


@loss.family("stability", 5)
def loss_of_large_scores(t: Trial) -> None:
    """Logits of ±1000: with a large common part, rows at different heights, far apart."""
    t.true(t.passed("loss") or t.passed("gradient"), "Large logits count once the loss or its gradient is right.")
    heights = {
        "near 1000": 1000.0,
        "near -1000": -1000.0,
        "in rows near 0, 1000 and -1000": [[0.0], [1000.0], [-1000.0]],
    }
    for where, height in heights.items():
        check_large(t.case(f"logits {where}"), height + t.rng.standard_normal((3, 4)), t.rng.integers(0, 4, 3))
    logits, y = 1000 * np.sign(t.rng.standard_normal((4, 3))), t.rng.integers(0, 3, 4)
    logits[np.arange(4), (y + 1) % 3], logits[0, y[0]] = 1000, -1000
    check_large(t.case("logits of 1000 and -1000"), logits, y)


def check_large(t: Trial, logits: Array, y: Array) -> None:
    expected = cross_entropy(logits, y)
    if t.passed("loss"):
        t.through(only_loss).equal(expected[0], logits, y)
    if t.passed("gradient"):
        t.through(only_gradient).equal(expected[1], logits, y)


@loss.family("contract", 3)
def loss_contract(t: Trial) -> None:
    logits, y = t.rng.standard_normal((4, 3)), np.array([2, 0, 1, 2])
    t.preserves(logits, y)
    gradient = t.through(only_gradient)
    gradient.dtype(np.float64, logits, y)
    gradient.dtype(np.float32, logits.astype(np.float32), y)
    gradient.dtype(np.float64, t.rng.integers(-3, 4, logits.shape), y)
    t.through(kind_of_loss).equal("a number", logits, y)
    t.case("class 3 of 3").raises(ValueError, logits, np.array([2, 0, 3, 2]))
    t.case("class -1").raises(ValueError, logits, np.array([2, 0, -1, 2]))
    t.case("4 rows, 3 classes").raises(ValueError, logits, y[:3])
    t.case("4 rows, 1 class").raises(ValueError, logits, y[:1])
    t.case("logits have 1 axis").raises(ValueError, logits[0], y)


def kind_of_loss(function: Any, logits: Array, y: Array) -> str:
    """What kind of thing softmax_cross_entropy returns as the loss."""
    results = function(logits, y)
    if not isinstance(results, tuple | list):
        return "not a pair"
    return "a number" if np.ndim(results[0]) == 0 else "an array"


# -- weights ------------------------------------------------------------------------------------------------------


def spread(function: Any, shape: tuple[int, ...], seed: int) -> dict[str, Any]:
    """Mean, spread and shape of many weights from kaiming_normal, in units of the asked standard deviation."""
    values = np.asarray(function(shape, np.random.default_rng(seed)))
    unit = values / np.sqrt(2 / np.prod(shape[1:]))
    return {"shape": values.shape, "mean": float(unit.mean()), "deviation": float(unit.std())}


@weights.family("spread", 3)
def weights_have_the_right_size(t: Trial) -> None:
    """Mean and standard deviation of some 20,000 weights."""
    for shape in ((400, 2, 5, 5), (10, 2000), (2000, 10), (70, 300), (30, 40, 3, 5)):
        close = t.case(f"{np.prod(shape)} weights").within(5.5 / np.sqrt(np.prod(shape)))
        close.through(spread).equal({"shape": shape, "mean": 0.0, "deviation": 1.0}, shape, int(t.rng.integers(1000)))
    t.case("a shape of one axis").through(spread).raises(ValueError, (5,), 0)


def draws(function: Any, seed: int) -> dict[str, bool]:
    """Weights from kaiming_normal, drawn again and again from generators."""
    rng = np.random.default_rng(seed)
    first, second = function((4, 3), rng), function((4, 3), rng)
    again, other = function((4, 3), np.random.default_rng(seed)), function((4, 3), np.random.default_rng(seed + 1))
    many = np.asarray(function((100, 200), rng))
    far_out = np.mean(np.abs(many) > 2.5 * np.sqrt(np.mean(many**2)))  # 0.0124, give or take 0.0008
    return {
        "the same generator goes on to other weights": not np.array_equal(first, second),
        "the same seed gives the same weights": np.array_equal(first, again),
        "another seed gives others": not np.array_equal(first, other),
        "as many weights are far out as in a normal distribution": 0.008 < float(far_out) < 0.017,
        "no two outputs have the same weights": len(np.unique(first, axis=0)) == len(first),
    }


@weights.family("randomness", 2)
def weights_come_from_the_generator(t: Trial) -> None:
    asked = dict.fromkeys(draws(lambda shape, rng: rng.standard_normal(shape), 0), True)
    t.through(draws).equal(asked, int(t.rng.integers(1000)))


# -- a step -------------------------------------------------------------------------------------------------------


def several_steps(
    step: Any, params: dict[str, Array], gradients: list[dict[str, Array]], lrs: list[float], mu: float, wd: float
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Several steps of sgd_momentum_step in a row; parameters and state after them."""
    state: dict[str, Array] = {}
    for grads, lr in zip(gradients, lrs, strict=True):
        step(params, grads, state, lr, mu, wd)
    return params, state


def steps_in_closed_form(
    params: dict[str, Array], gradients: list[dict[str, Array]], lrs: list[float], mu: float, wd: float
) -> tuple[dict[str, Array], dict[str, Array]]:
    """The same without recursion: the velocity of step t is the sum of mu^(t - i) times gradient i."""
    result, velocities = {}, {}
    for name, start in params.items():
        decay = wd if start.ndim > 1 else 0.0
        places, slopes = [start], []
        for t, lr in enumerate(lrs):
            slopes.append(gradients[t][name] + decay * places[-1])
            powers = np.array([mu ** (t - i) for i in range(t + 1)])
            velocities[name] = np.tensordot(powers, np.array(slopes), 1)
            places.append(places[-1] - lr * velocities[name])
        result[name] = places[-1]
    return result, velocities


def random_params(t: Trial) -> dict[str, Array]:
    shapes = {"conv_w": (2, 3, 2, 1), "conv_b": (2,), "fc_w": (3, 4), "fc_b": (3,)}
    shapes |= {"raw": (3,), "mix_b": (2, 3)}  # whose names do not tell how many axes they have
    return {name: 1 + t.rng.standard_normal(shape) for name, shape in shapes.items()}


@descent.family("momentum", 4)
def velocity_remembers(t: Trial) -> None:
    """One step; four steps; a step size that changes; no momentum; all without decay."""
    for mu, lrs in ((0.9, [0.1]), (0.9, [0.1] * 4), (0.5, [0.2] * 3), (0.9, [0.3, 0.1, 0.02]), (0.0, [0.1, 0.2])):
        params = random_params(t)
        gradients = [random_params(t) for _ in lrs]
        t.through(several_steps).equal(
            steps_in_closed_form(params, gradients, lrs, mu, 0.0), params, gradients, lrs, mu, 0.0
        )


@descent.family("decay", 3)
def weights_decay_and_biases_do_not(t: Trial) -> None:
    """One step; where momentum is right, several."""
    for mu, wd, lrs in ((0.0, 0.1, [0.1]), (0.9, 0.02, [0.3, 0.1, 0.2]))[: 1 + t.passed("momentum")]:
        params = random_params(t)
        gradients = [random_params(t) for _ in lrs]
        expected = steps_in_closed_form(params, gradients, lrs, mu, wd)
        t.through(several_steps).equal(expected, params, gradients, lrs, mu, wd)


def who_sees_it(step: Any, params: dict[str, Array], grads: dict[str, Array]) -> dict[str, bool]:
    """Two steps of sgd_momentum_step, and who notices them."""
    held, kept = dict(params), {name: g.copy() for name, g in grads.items()}
    start = {name: p.copy() for name, p in params.items()}
    state: dict[str, Array] = {}
    step(params, grads, state, 0.1, 0.9, 0.01)
    seen = {"state has the velocities by name": state.keys() == params.keys()}
    seen["grads is as it was"] = all(np.array_equal(grads[name], kept[name]) for name in kept)
    velocities = {name: np.array(v) for name, v in state.items()}
    for g in grads.values():
        g += 1
    seen["state does not change with grads"] = all(np.array_equal(state[name], velocities[name]) for name in state)
    step(params, grads, state, 0.1, 0.9, 0.01)
    seen["params holds the same arrays as before"] = all(np.shares_memory(params[name], held[name]) for name in held)
    seen["these arrays hold new values"] = any(not np.array_equal(held[name], start[name]) for name in held)
    return seen


@descent.family("in place", 3)
def a_step_is_seen_by_everyone(t: Trial) -> None:
    params, grads = random_params(t), random_params(t)
    asked = dict.fromkeys(who_sees_it(plain_step, random_params(t), random_params(t)), True)
    t.through(who_sees_it).equal(asked, params, grads)
    single = [{name: a.astype(np.float32) for name, a in arrays.items()} for arrays in (params, grads)]
    t.through(types_after_a_step).equal(dict.fromkeys(params, "float32"), *single)
    fewer = {name: g for name, g in grads.items() if name != "fc_b"}
    t.case("no gradient of fc_b").raises(ValueError, params, fewer, {}, 0.1, 0.9, 0.0)
    t.case("the gradient of fc_b is of shape (1,)").raises(
        ValueError, params, {**grads, "fc_b": grads["fc_b"][:1]}, {}, 0.1, 0.9, 0.0
    )


def types_after_a_step(step: Any, params: dict[str, Array], grads: dict[str, Array]) -> dict[str, str]:
    """The element types of the parameters after sgd_momentum_step."""
    step(params, grads, {}, 0.1, 0.9, 0.01)
    return {name: str(p.dtype) for name, p in params.items()}


def plain_step(
    params: dict[str, Array], grads: dict[str, Array], state: dict[str, Array], lr: float, mu: float, wd: float
) -> None:
    """The step, for the simulations of these tests."""
    for name, p in params.items():
        state[name] = mu * state.get(name, 0.0) + grads[name] + (wd * p if p.ndim > 1 else 0.0)
        p -= lr * state[name]


# -- LeNet --------------------------------------------------------------------------------------------------------

LAYERS = ("conv1", "conv2", "fc1", "fc2", "fc3")
NETS = [((1, 12, 12), 2), ((2, 14, 17), 3), ((3, 13, 20), 4)]  # in_shape, n_classes


def lenet_shapes(in_shape: tuple[int, int, int], n_classes: int) -> dict[str, tuple[int, ...]]:
    """The shapes of LeNet's parameters by name."""
    channels, rows, columns = in_shape
    flat = 16 * ((rows // 2 - 4) // 2) * ((columns // 2 - 4) // 2)
    kernels = [(6, channels, 5, 5), (16, 6, 5, 5), (120, flat), (84, 120), (n_classes, 84)]
    shapes = {}
    for name, shape in zip(LAYERS, kernels, strict=True):
        shapes |= {f"{name}_w": shape, f"{name}_b": shape[:1]}
    return shapes


def random_lenet(t: Trial, in_shape: tuple[int, int, int], n_classes: int) -> dict[str, Array]:
    """Parameters of a net whose layers all matter; no bias is 0."""
    shapes = lenet_shapes(in_shape, n_classes)
    return {
        name: t.rng.standard_normal(shape) * (np.sqrt(2 / np.prod(shape[1:])) if len(shape) > 1 else 0.3)
        for name, shape in shapes.items()
    }


def twin(params: dict[str, Any], x: Any) -> Any:
    """LeNet in torch."""
    x = nn.max_pool2d(nn.conv2d(x, params["conv1_w"], params["conv1_b"], padding=2).relu(), 2)
    x = nn.max_pool2d(nn.conv2d(x, params["conv2_w"], params["conv2_b"]).relu(), 2).flatten(1)
    for name in ("fc1", "fc2"):
        x = nn.linear(x, params[f"{name}_w"], params[f"{name}_b"]).relu()
    return nn.linear(x, params["fc3_w"], params["fc3_b"])


def twins_loss(params: dict[str, Array], x: Array, y: Array) -> tuple[float, dict[str, Array]]:
    """Loss and gradients by torch's autograd."""
    tensors = {name: torch.from_numpy(p.copy()).requires_grad_() for name, p in params.items()}
    value = nn.cross_entropy(twin(tensors, torch.from_numpy(x)), torch.from_numpy(y))
    gradients = torch.autograd.grad(value, list(tensors.values()))
    return value.item(), {name: g.numpy() for name, g in zip(tensors, gradients, strict=True)}


def fresh_params(make: Any, in_shape: tuple[int, int, int], n_classes: int, seed: int) -> dict[str, Array]:
    """The params of a new LeNet."""
    found: dict[str, Array] = make(in_shape, n_classes, np.random.default_rng(seed)).params
    return found


def shapes_of(make: Any, in_shape: tuple[int, int, int], n_classes: int) -> dict[str, list[int]]:
    """Names and shapes of the params of a new LeNet."""
    return {name: list(p.shape) for name, p in fresh_params(make, in_shape, n_classes, 0).items()}


def first_weights(make: Any, seed: int) -> dict[str, Any]:
    """How the params of a new LeNet((1, 28, 28), 10, rng) begin, in units of the asked standard deviation."""
    params = fresh_params(make, (1, 28, 28), 10, seed)
    wide = {name: float(p.std() * np.sqrt(np.prod(p.shape[1:]) / 2)) for name, p in params.items() if p.ndim > 1}
    return {
        "deviation": {name: 1.0 if abs(ratio - 1) < 0.28 else ratio for name, ratio in wide.items()},
        "largest bias": max((float(np.abs(p).max()) for p in params.values() if p.ndim == 1), default=-1.0),
        "types": sorted({str(p.dtype) for p in params.values()}),
    }


def seeds_of_nets(make: Any, seed: int) -> dict[str, bool]:
    """New LeNets from the same seed and from others."""
    first, again, other = (fresh_params(make, (1, 12, 12), 2, number) for number in (seed, seed, seed + 1))
    heavy = [name for name, p in first.items() if p.ndim > 1]
    return {
        "the same seed gives the same net": all(np.array_equal(first[name], again[name]) for name in first),
        "another seed gives another one": not any(np.array_equal(first[name], other[name]) for name in heavy),
    }


@network.family("parameters", 6)
def parameters_have_names_shapes_and_sizes(t: Trial) -> None:
    for in_shape, n_classes in [*NETS, ((1, 28, 28), 10)]:
        expected = {name: list(shape) for name, shape in lenet_shapes(in_shape, n_classes).items()}
        t.through(shapes_of).equal(expected, in_shape, n_classes)
    sizes = dict.fromkeys([f"{name}_w" for name in LAYERS], 1.0)
    asked = {"deviation": sizes, "largest bias": 0.0, "types": ["float64"]}
    t.case("28 % more or less are taken for 1").through(first_weights).equal(asked, int(t.rng.integers(1000)))
    asked_of_seeds = dict.fromkeys(["the same seed gives the same net", "another seed gives another one"], True)
    t.through(seeds_of_nets).equal(asked_of_seeds, int(t.rng.integers(1000)))


def logits_with(make: Any, params: dict[str, Array], in_shape: tuple[int, ...], n_classes: int, x: Array) -> Array:
    """The logits of a LeNet whose params were replaced."""
    net = make(in_shape, n_classes, np.random.default_rng(0))
    net.params = params
    logits: Array = net.forward(x)
    return logits


def loss_with(
    make: Any, params: dict[str, Array], in_shape: tuple[int, ...], n_classes: int, x: Array, y: Array
) -> Any:
    """Loss and gradients of a LeNet whose params were replaced."""
    net = make(in_shape, n_classes, np.random.default_rng(0))
    net.params = params
    return net.loss(x, y)


@network.family("forward", 8)
def logits_are_those_of_a_twin(t: Trial) -> None:
    for number, (in_shape, n_classes) in enumerate([*NETS, ((1, 28, 28), 10)]):
        params, x = random_lenet(t, in_shape, n_classes), t.rng.standard_normal((1 + number, *in_shape))
        tensors = {name: torch.from_numpy(p) for name, p in params.items()}
        t.through(logits_with).equal(twin(tensors, torch.from_numpy(x)).numpy(), params, in_shape, n_classes, x)


@network.family("loss and gradients", 12)
def gradients_are_those_of_a_twin(t: Trial) -> None:
    for number, (in_shape, n_classes) in enumerate(NETS):
        params, x = random_lenet(t, in_shape, n_classes), t.rng.standard_normal((2 + number, *in_shape))
        y = t.rng.integers(0, n_classes, len(x))
        t.through(loss_with).equal(twins_loss(params, x, y), params, in_shape, n_classes, x, y)


def several_calls(make: Any, params: dict[str, Array], x: Array, y: Array) -> dict[str, bool]:
    """A LeNet is used several times."""
    net = make((1, 12, 12), 2, np.random.default_rng(0))
    net.params = params
    start, images, classes = {name: p.copy() for name, p in params.items()}, x.copy(), y.copy()
    loss, grads = net.loss(x, y)
    kept = {name: np.array(g) for name, g in grads.items()}
    logits = net.forward(x[:1])
    again, more = net.loss(x, y)
    held = net.params
    return {
        "params are as they were": all(np.array_equal(held[name], start[name]) for name in start),
        "images and classes are as they were": np.array_equal(x, images) and np.array_equal(y, classes),
        "a second call gives the same loss": abs(loss - again) < 1e-12,
        "a second call gives the same gradients": all(np.allclose(more[name], kept[name]) for name in kept),
        "earlier gradients stay what they were": all(np.array_equal(grads[name], kept[name]) for name in kept),
        "an image alone gives its own logits": np.allclose(logits, np.asarray(net.forward(x))[:1]),
    }


@network.family("contract", 4)
def a_net_can_be_used_again(t: Trial) -> None:
    params, x = random_lenet(t, (1, 12, 12), 2), t.rng.standard_normal((4, 1, 12, 12))
    asked = ("params are as they were", "images and classes are as they were", "a second call gives the same loss",
             "a second call gives the same gradients", "earlier gradients stay what they were",
             "an image alone gives its own logits")  # fmt: skip
    t.through(several_calls).equal(dict.fromkeys(asked, True), params, x, np.array([0, 1, 1, 0]))
    t.case("no row is left").through(shapes_of).raises(ValueError, (1, 11, 16), 2)
    t.case("no column is left").through(shapes_of).raises(ValueError, (1, 16, 11), 2)


# -- accuracy -----------------------------------------------------------------------------------------------------


@share.family("values", 4)
def share_of_right_rows(t: Trial) -> None:
    for n, classes in ((1, 2), (2, 3), (5, 3), (7, 4), (10, 2), (3, 5), (40, 6), (13, 3)):
        logits, y = t.rng.standard_normal((n, classes)) - 2, t.rng.integers(0, classes, n)
        y[: n // 3] = logits[: n // 3].argmax(axis=1)
        t.equal(sum(int(np.argmax(row)) == right for row, right in zip(logits, y, strict=True)) / n, logits, y)
    t.case("two classes have the largest logit").equal(
        2 / 3, np.array([[3.0, 3.0], [1.0, 1.0], [2.0, 2.0]]), np.array([0, 0, 1])
    )


@share.family("contract", 1)
def accuracy_contract(t: Trial) -> None:
    logits, y = t.rng.standard_normal((4, 3)), np.array([2, 0, 1, 2])
    logits[range(4), [1, 2, 0, 2]] += 10
    t.preserves(logits, y)
    t.case("4 rows, 1 class").raises(ValueError, logits, y[:1])
    t.case("4 rows, 3 classes").raises(ValueError, logits, y[:3])
    t.case("logits have 1 axis").raises(ValueError, logits[0], y[:3])


# -- training -----------------------------------------------------------------------------------------------------


class Recorder:
    """A linear model with a squared loss that remembers what it was asked. The first number of an image is its own."""

    def __init__(self) -> None:
        self.batches: list[tuple[Array, Array]] = []
        self.losses: list[float] = []
        self.params: list[dict[str, Array]] = []

    def __call__(self, params: dict[str, Array], x: Array, y: Array) -> tuple[float, dict[str, Array]]:
        x, y = np.asarray(x), np.asarray(y)
        self.batches.append((x.copy(), y.copy()))
        self.params.append({name: np.array(p) for name, p in params.items()})
        value, grads = squares(params, x, y)
        self.losses.append(value)
        return value, grads


def squares(params: dict[str, Array], x: Array, y: Array) -> tuple[float, dict[str, Array]]:
    """Mean squared distance of x w + b from y, and its gradients."""
    away = x @ params["w"] + params["b"] - y[:, None]
    share = away / len(x)
    return 0.5 * float(np.mean(np.sum(away**2, axis=1))), {"w": x.T @ share, "b": share.sum(axis=0)}


def recorded(
    train_parts: Any, x: Array, y: Array, epochs: int, batch: int, seed: int, mu: float = 0.0, wd: float = 0.0
) -> tuple[Recorder, Any, dict[str, Array], dict[str, Array]]:
    """What a training asked of its model; its history, the params before and after."""
    model = Recorder()
    rng = np.random.default_rng(seed)
    params = {"w": rng.standard_normal((x.shape[1], 2)), "b": rng.standard_normal(2)}
    start = {name: p.copy() for name, p in params.items()}

    def ask(params: dict[str, Array], x: Array, y: Array) -> tuple[float, dict[str, Array]]:
        return model(params, x, y)

    history, after = train_parts(params, ask, (x, y), epochs, batch, 0.05, mu, wd, rng)
    return model, history, start, after


def numbered(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Images of three numbers, the first of them 0, 1, 2, …; the classes are ten times that."""
    x = rng.standard_normal((n, 3))
    x[:, 0] = np.arange(n)
    return x, 10 * np.arange(n)


def epochs_of(train_parts: Any, n: int, epochs: int, batch: int, seed: int) -> dict[str, Any]:
    """Which images a training with train sees: batch sizes, how often each image in each epoch."""
    x, y = numbered(n, np.random.default_rng(seed))
    model, _, _, _ = recorded(train_parts, x, y, epochs, batch, seed)
    steps = -(-n // batch)
    seen = np.zeros((epochs, n), int)
    for step, (images, _) in enumerate(model.batches[: epochs * steps]):
        np.add.at(seen[step // steps], np.rint(images[:, 0]).astype(int), 1)
    pairs = [images.shape[:1] == y.shape and bool(np.all(10 * images[:, 0] == y)) for images, y in model.batches]
    return {
        "batch sizes": [len(images) for images, _ in model.batches],
        "how often an image was seen": seen,
        "every image comes with its own class": all(pairs),
    }


def replayed(train_parts: Any, n: int, epochs: int, batch: int, seed: int, mu: float, wd: float) -> dict[str, Any]:
    """How far train's parameters are from those that the same batches give by right steps."""
    x, y = numbered(n, np.random.default_rng(seed))
    model, _, params, after = recorded(train_parts, x / n, y / (10 * n), epochs, batch, seed, mu, wd)
    state: dict[str, Array] = {}
    away = [0.0]
    for (images, classes), asked in zip(model.batches, model.params, strict=True):
        away.append(max(float(np.abs(asked[name] - params[name]).max()) for name in params))
        plain_step(params, squares(params, images, classes)[1], state, 0.05, mu, wd)
    end = max(float(np.abs(after[name] - params[name]).max()) for name in params)
    return {"batches": bool(model.batches), "before a step": max(away), "at the end": end}


@training.family("epochs", 3)
def every_image_once_an_epoch(t: Trial) -> None:
    """Batches that fit, that do not, one that is larger than all images, single images."""
    for n, epochs, batch in ((6, 2, 3), (7, 3, 3), (5, 2, 8), (4, 1, 1), (9, 2, 4)):
        sizes = [min(batch, n - first) for first in range(0, n, batch)] * epochs
        asked = {"batch sizes": sizes, "how often an image was seen": np.ones((epochs, n), int)}
        asked["every image comes with its own class"] = True
        t.on("train_parts").through(epochs_of).equal(asked, n, epochs, batch, int(t.rng.integers(1000)))


def orders(train_parts: Any, seed: int) -> dict[str, bool]:
    """In which order a training with train sees 12 images: three epochs, the same seed again, another one."""
    x, y = numbered(12, np.random.default_rng(seed))
    found = []
    for number in (seed, seed, seed + 1):
        model, _, _, _ = recorded(train_parts, x, y, 3, 4, number)
        seen = np.concatenate([images[:, 0] for images, _ in model.batches])
        found.append(seen[: len(seen) // 3 * 3].reshape(3, -1))
    first, again, other = found
    batches = [{frozenset(order[i : i + 4]) for i in range(0, len(order), 4)} for order in first]
    return {
        "images are shuffled": not np.array_equal(first[0], np.sort(first[0])),
        "each epoch has an order of its own": not any(np.array_equal(first[0], order) for order in first[1:]),
        "images of a batch are mixed anew": any(batches[0] != others for others in batches[1:]),
        "the same seed gives the same order": np.array_equal(first, again),
        "another seed gives another order": not np.array_equal(first, other),
    }


@training.family("shuffling", 2)
def every_epoch_has_its_order(t: Trial) -> None:
    asked = ("images are shuffled", "each epoch has an order of its own", "images of a batch are mixed anew",
             "the same seed gives the same order", "another seed gives another order")  # fmt: skip
    t.on("train_parts").through(orders).equal(dict.fromkeys(asked, True), int(t.rng.integers(1000)))


@training.family("steps", 4)
def every_batch_makes_its_step(t: Trial) -> None:
    """Plain steps; momentum; decay."""
    for mu, wd in ((0.0, 0.0), (0.9, 0.0), (0.0, 0.1), (0.8, 0.02)):
        asked = {"batches": True, "before a step": 0.0, "at the end": 0.0}
        t.on("train_parts").through(replayed).equal(asked, 7, 3, 3, int(t.rng.integers(1000)), mu, wd)


def told(train_parts: Any, n: int, epochs: int, batch: int, seed: int) -> dict[str, Any]:
    """How far the history that train returns is from the losses that its model gave."""
    x, y = numbered(n, np.random.default_rng(seed))
    model, history, _, _ = recorded(train_parts, x / n, y / (10 * n), epochs, batch, seed)
    steps = -(-n // batch)
    sizes = np.array([len(images) for images, _ in model.batches])
    sums = np.add.reduceat(np.array(model.losses) * sizes, np.arange(0, len(sizes), steps))
    away = {name: np.zeros(0) for name in ("loss", "epoch_loss")}
    for name, right in (("loss", model.losses), ("epoch_loss", sums / n)):
        values = np.array(history[name], float)
        away[name] = values - right if values.shape == np.shape(right) else values
    return {"names": sorted(history), "differences": away}


@training.family("history", 2)
def history_tells_the_losses(t: Trial) -> None:
    for n, epochs, batch in ((6, 2, 3), (7, 3, 3), (6, 2, 4))[: 1 + 2 * t.passed("epochs")]:
        away = {"loss": np.zeros(-(-n // batch) * epochs), "epoch_loss": np.zeros(epochs)}
        asked = {"names": ["epoch_loss", "loss"], "differences": away}
        t.on("train_parts").through(told).equal(asked, n, epochs, batch, int(t.rng.integers(1000)))


ENOUGH = 0.7  # of the new images
DIRECTIONS = np.array([(0, 1), (1, 0), (1, 1), (1, -1)])


def lines(count: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Images of bright lines in noise and the numbers of their directions, by arithmetic on all images at once."""
    y = rng.integers(0, 4, count)
    x = 0.3 * rng.standard_normal((count, 1, 12, 12))
    step, length = DIRECTIONS[y], rng.integers(5, 8, count)
    reach = step * (length - 1)[:, None]
    start = np.floor(rng.random((count, 2)) * (12 - np.abs(reach))).astype(int) + np.maximum(-reach, 0)
    for i in range(7):
        on = np.flatnonzero(i < length)
        rows, columns = (start[on] + i * step[on]).T
        x[on, 0, rows, columns] += 1.5
    return x, y


def verdict(train_lenet: Any, x: Array, y: Array, x_new: Array, y_new: Array, seed: int) -> dict[str, Any]:
    """What train_lenet makes of new images: the shape of its answer, and the share of right classes."""
    found = np.asarray(train_lenet((x, y), x_new, np.random.default_rng(seed)))
    right = float(np.mean(found == y_new)) if found.shape == y_new.shape else 0.0
    alike = bool(found.size and (found == found.flat[0]).all())
    level = "enough" if right >= ENOUGH else "chance" if 0.12 < right < 0.42 else "between" if right > 0.12 else "worse"
    return {"shape": found.shape, "right": level, "all alike": alike}


@training.family("accuracy", 4)
def a_network_learns(t: Trial) -> None:
    """Lines in noise, the training set sorted by classes in a secret order; the labels of the others stay here.

    Over 40 seeds the reference had 89 to 100 % of the new images right; a linear classifier has 40 %.
    """
    names = t.rng.permutation(4)
    x, y = lines(480, t.rng)
    x_new, y_new = lines(400, t.rng)
    order = np.argsort(names[y], kind="stable")
    found = (
        t.on("train_lenet")
        .through(verdict)
        .call(x[order], names[y][order], x_new, names[y_new], int(t.rng.integers(1000)))
    )
    t.true(found["shape"] == y_new.shape, f"train_lenet returned the shape {found['shape']} for 400 new images.")
    t.true(found["right"] == "enough", f"train_lenet: fewer than {ENOUGH:.0%} of the new images are right.")
