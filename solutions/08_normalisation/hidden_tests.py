"""Hidden tests of unit 08. PyTorch is the oracle; it is out of the learner's reach."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as nn

from autograder.testing import Suite, Trial

Array = np.ndarray[Any, Any]
Learners = Callable[..., Any]

suite = Suite(without=("torch", "scipy", "numpy.convolve", "numpy.correlate"))

responses = suite.exercise("lrn", 12, "lrn(x, n, k, alpha, beta)")
contrast = suite.exercise("local-contrast-norm", 8, "local_contrast_norm(x, size, floor)")
batch = suite.exercise("batchnorm2d-forward", 22, "batchnorm2d_forward(x, gamma, beta, state, train, eps, momentum)")
batch_back = suite.exercise("batchnorm2d-backward", 20, "batchnorm2d_backward(dout, x, gamma, state, train, eps)")
group = suite.exercise(
    "groupnorm", 15, "groupnorm(x, G, gamma, beta, eps)", "groupnorm_backward(dout, x, G, gamma, eps)"
)
drop = suite.exercise("dropout", 13, "dropout(x, p, rng, train)", "dropout_backward(dout, mask, p)")

# (N, C, H, W): square and not, one image, one channel, one row, one pixel.
SHAPES = [(2, 3, 5, 4), (1, 4, 3, 6), (3, 1, 4, 2), (4, 5, 1, 1), (2, 6, 1, 3), (1, 2, 4, 4)]


def random_shape(rng: np.random.Generator) -> tuple[int, ...]:
    """Sizes at random, with two values per channel or more."""
    n, c, h, w = (int(size) for size in rng.integers((1, 1, 1, 2), (4, 7, 6, 7)))
    return n, c, h, w


def shapes(rng: np.random.Generator, count: int = 4) -> list[tuple[int, ...]]:
    """The fixed shapes and some at random."""
    return [*SHAPES, *(random_shape(rng) for _ in range(count))]


def sizeable(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Values of both signs, none near 0."""
    return rng.uniform(0.5, 1.5, shape) * rng.choice([-1.0, 1.0], shape)


def scales(rng: np.random.Generator, c: int) -> tuple[Array, Array]:
    """gamma and beta, no two alike."""
    return rng.uniform(0.5, 2.0, c), rng.uniform(1.0, 3.0, c)


def tensor(values: Array) -> torch.Tensor:
    """In float64 unless the values are float32."""
    dtype = torch.float32 if values.dtype == np.float32 else torch.float64
    return torch.from_numpy(values.astype(values.dtype)).to(dtype)


# -- lrn ----------------------------------------------------------------------------------------------------------


def torch_lrn(x: Array, n: int = 5, k: float = 2.0, alpha: float = 1e-4, beta: float = 0.75) -> Array:
    """PyTorch divides alpha by n."""
    y: Array = nn.local_response_norm(tensor(x), n, alpha=n * alpha, beta=beta, k=k).numpy()
    return y


def constants(rng: np.random.Generator) -> dict[str, float]:
    """k, alpha and beta that all matter."""
    k, alpha, beta = (float(value) for value in rng.uniform((0.8, 0.4, 0.3), (2.5, 1.8, 0.9)))
    return {"k": k, "alpha": alpha, "beta": beta}


@responses.family("formula", 4)
def one_channel_at_a_time(t: Trial) -> None:
    """n = 1: no neighbours."""
    for shape in shapes(t.rng):
        x, options = sizeable(t.rng, shape), constants(t.rng)
        t.case("n = 1: only the value's own square").equal(torch_lrn(x, 1, **options), x, 1, **options)


@responses.family("neighbours", 5)
def neighbours_are_channels(t: Trial) -> None:
    """k = 0, alpha = beta = 1 leave the sum alone; all constants where they are right without neighbours."""
    plain = {"k": 0.0, "alpha": 1.0, "beta": 1.0}
    for index, shape in enumerate(shapes(t.rng)):
        x, n = sizeable(t.rng, shape), (3, 5, 2, 3, 4, 7)[index % 6]
        t.equal(torch_lrn(x, n, **plain), x, n, **plain)
        if t.passed("formula"):
            options = constants(t.rng)
            t.equal(torch_lrn(x, n, **options), x, n, **options)
    x = sizeable(t.rng, (2, 9, 2, 3))
    t.case("fewer neighbours than channels").equal(torch_lrn(x, 5, **plain), x, 5, **plain)
    if t.passed("formula"):
        x = 100 * x
        t.case("the paper's constants").equal(torch_lrn(x), x)


@responses.family("contract", 3)
def lrn_contract(t: Trial) -> None:
    """Input untouched, element types, errors."""
    x = sizeable(t.rng, (2, 4, 3, 2))
    options = constants(t.rng)
    t.preserves(x, 3, **options)
    t.preserves(x, 1, **options)
    t.preserves(x, 3, 1.0, 0.0, 0.0)
    t.dtype(np.float64, x, 3, **options)
    t.dtype(np.float32, x.astype(np.float32), 3, **options)
    whole = t.rng.integers(1, 100, x.shape)
    t.dtype(np.float64, whole, 3, **options)
    t.dtype(np.float64, whole.astype(np.uint8), 3, **options)
    if t.passed("neighbours"):
        small = whole.astype(np.uint8)
        t.case("squares exceed what uint8 holds").equal(torch_lrn(small, 3), small, 3)
    t.case("x has 3 axes").raises(ValueError, x[0], 3)
    t.case("x has 5 axes").raises(ValueError, x[None], 3)
    t.case("n is 0").raises(ValueError, x, 0)
    t.case("n is negative").raises(ValueError, x, -3)


# -- local_contrast_norm ------------------------------------------------------------------------------------------


def torch_contrast(x: Array, size: int, floor: float = 1e-4) -> Array:
    """Means by average pooling over replicated borders."""

    def window_mean(maps: torch.Tensor) -> torch.Tensor:
        return nn.avg_pool2d(nn.pad(maps, (size // 2,) * 4, mode="replicate"), size, 1)

    values = tensor(x)
    v = values - window_mean(values)
    y: Array = (v / window_mean(v * v).sqrt().clamp_min(floor)).numpy()
    return y


def inside(f: Learners, x: Array, size: int) -> Array:
    """local_contrast_norm at pixels whose windows do not feel the border."""
    y: Array = f(x, size)
    margin = 2 * (size // 2)
    return np.array(y[:, :, margin : y.shape[2] - margin, margin : y.shape[3] - margin])


@contrast.family("inside", 4)
def away_from_the_border(t: Trial) -> None:
    """Only pixels that are two half windows or more from the border."""
    for size, shape in [(3, (2, 3, 7, 6)), (3, (1, 1, 5, 8)), (5, (2, 2, 10, 9))]:
        x = t.rng.standard_normal(shape)
        margin = 2 * (size // 2)
        expected = torch_contrast(x, size)[:, :, margin:-margin, margin:-margin]
        t.through(inside).equal(expected, x, size)
        t.through(inside).case("the same image, brighter").equal(expected, x + 5.0, size)
    for _ in range(5):
        n, c, h, w = (int(length) for length in t.rng.integers((1, 1, 5, 5), (3, 4, 9, 9)))
        x = t.rng.standard_normal((n, c, h, w))
        t.through(inside).equal(torch_contrast(x, 3)[:, :, 2:-2, 2:-2], x, 3)


@contrast.family("borders", 1)
def nearest_pixels_go_on(t: Trial) -> None:
    for shape, size in zip(SHAPES, (3, 5, 3, 3, 1, 7), strict=True):
        x = t.rng.standard_normal(shape)
        t.equal(torch_contrast(x, size), x, size)
    x = t.rng.standard_normal((2, 2, 6, 5))
    t.case("all pixels").equal(torch_contrast(x, 3), x, 3)


@contrast.family("flat places", 1)
def the_floor_holds(t: Trial) -> None:
    shape = (2, 2, 7, 8)
    x = np.broadcast_to(t.rng.uniform(1.0, 2.0, (2, 2, 1, 1)), shape).copy()
    t.case("each channel is constant").within(1e-9).equal(np.zeros(shape), x, 3)
    x = 1e-6 * t.rng.standard_normal(shape)
    expected = torch_contrast(x, 3)[:, :, 2:-2, 2:-2]
    t.through(inside).case("nearly constant: the floor is larger than the contrast").equal(expected, x, 3)
    if t.passed("inside") and t.passed("borders"):
        x = t.rng.standard_normal(shape)
        for floor in (0.3, 0.8, 20.0):
            t.equal(torch_contrast(x, 3, floor), x, 3, floor)


@contrast.family("contract", 2)
def contrast_contract(t: Trial) -> None:
    """Input untouched, element types, errors."""
    x = t.rng.standard_normal((2, 3, 5, 4))
    t.preserves(x, 3)
    t.preserves(x, 1)
    t.dtype(np.float64, x, 3)
    t.dtype(np.float32, x.astype(np.float32), 3)
    whole = t.rng.integers(0, 256, x.shape)
    t.dtype(np.float64, whole, 3)
    t.dtype(np.float64, whole.astype(np.uint8), 3)
    t.case("x has 3 axes").raises(ValueError, x[0], 3)
    t.case("x has 2 axes").raises(ValueError, x[0, 0], 3)
    t.case("an even window has no middle").raises(ValueError, x, 4)
    t.case("an even window has no middle").raises(ValueError, x, 2)
    t.case("a window without pixels").raises(ValueError, x, 0)
    t.case("a negative size").raises(ValueError, x, -3)


# -- batchnorm2d_forward ------------------------------------------------------------------------------------------


def torch_batchnorm(x: Array, gamma: Array, beta: Array, eps: float = 1e-5) -> Array:
    """In training."""
    y: Array = nn.batch_norm(tensor(x), None, None, *map(tensor, (gamma, beta)), training=True, eps=eps).numpy()
    return y


def normalised_by(x: Array, mean: Array, var: Array, gamma: Array, beta: Array, eps: float = 1e-5) -> Array:
    """In evaluation."""
    y: Array = nn.batch_norm(*map(tensor, (x, mean, var, gamma, beta)), training=False, eps=eps).numpy()
    return y


def training(f: Learners, x: Array, gamma: Array, beta: Array, **options: Any) -> Any:
    """batchnorm2d_forward in training, with a fresh state."""
    state = {"running_mean": np.zeros(x.shape[1:2]), "running_var": np.ones(x.shape[1:2])}
    return f(x, gamma, beta, state, **options)


def evaluation(
    f: Learners, x: Array, gamma: Array, beta: Array, running_mean: Array, running_var: Array, **options: Any
) -> Any:
    """batchnorm2d_forward in evaluation."""
    state = {"running_mean": running_mean.copy(), "running_var": running_var.copy()}
    return f(x, gamma, beta, state, False, **options)


def state_after(f: Learners, x: Array, running_mean: Array, running_var: Array, **options: Any) -> Any:
    """The state after a training step of batchnorm2d_forward."""
    return after(f, x[None], running_mean, running_var, (True,), **options)


def state_after_steps(
    f: Learners, steps: Array, running_mean: Array, running_var: Array, train: tuple[bool, ...], **options: Any
) -> Any:
    """The state after several steps of batchnorm2d_forward in a row, in training or not."""
    return after(f, steps, running_mean, running_var, train, **options)


def after(f: Learners, steps: Array, mean: Array, var: Array, train: tuple[bool, ...], **options: Any) -> Any:
    """Call f once for each step and return what the state holds then."""
    state = {"running_mean": mean, "running_var": var}
    for x, training in zip(steps, train, strict=True):
        f(x, np.ones_like(mean), np.zeros_like(mean), state, training, **options)
    return np.array(state["running_mean"]), np.array(state["running_var"])


def arrays_of_the_state(f: Learners, x: Array, running_mean: Array, running_var: Array) -> dict[str, bool]:
    """What batchnorm2d_forward does to the arrays of the state in training."""
    state = {"running_mean": running_mean, "running_var": running_var}
    held = dict(state)
    f(x, np.ones_like(running_mean), np.zeros_like(running_mean), state, True)
    return {f"{name} is the same array as before": np.shares_memory(state[name], held[name]) for name in held}


def running(steps: Array, mean: Array, var: Array, train: tuple[bool, ...], momentum: float = 0.1) -> tuple[Array, ...]:
    """PyTorch's running statistics."""
    statistics = torch.from_numpy(mean.copy()), torch.from_numpy(var.copy())
    for x, training in zip(steps, train, strict=True):
        nn.batch_norm(tensor(x), *statistics, training=training, momentum=momentum)
    return tuple(values.numpy() for values in statistics)


@batch.family("training", 8)
def channels_get_mean_0_and_variance_1(t: Trial) -> None:
    """Values in training; also where eps matters, and where the mean is large."""
    trial = t.through(training)
    for shape in shapes(t.rng):
        x, (gamma, beta) = 2 * t.rng.standard_normal(shape) + 3, scales(t.rng, shape[1])
        trial.equal(torch_batchnorm(x, gamma, beta), x, gamma, beta)
    x, (gamma, beta) = t.rng.standard_normal((2, 3, 4, 5)), scales(t.rng, 3)
    trial.equal(torch_batchnorm(x, gamma, beta, 0.3), x, gamma, beta, eps=0.3)
    x = 1e-3 * x + 1
    trial.case("a variance of 1e-6, less than eps").equal(torch_batchnorm(x, gamma, beta), x, gamma, beta)
    offset = torch_batchnorm(x + 999, gamma, beta)
    trial.case("mean 1000, variance 1e-6").within(1e-8).equal(offset, x + 999, gamma, beta)
    constant = np.full((2, 3, 2, 2), 5.0)
    trial.case("all values alike").equal(torch_batchnorm(constant, gamma, beta), constant, gamma, beta)


@batch.family("running statistics", 5)
def state_follows_the_batches(t: Trial) -> None:
    """After one step, after three, with other momenta; evaluation between leaves it."""
    for shape in shapes(t.rng, 2):
        x, mean, var = t.rng.standard_normal(shape) + 2, *scales(t.rng, shape[1])
        t.through(state_after).equal(running(x[None], mean, var, (True,)), x, mean, var)
    trial = t.through(state_after_steps)
    steps, (mean, var) = t.rng.standard_normal((3, 2, 3, 4, 2)) + np.arange(3).reshape(3, 1, 1, 1, 1), scales(t.rng, 3)
    train = (True, True, True)
    trial.case("three steps").equal(running(steps, mean, var, train), steps, mean, var, train)
    for momentum in (0.25, 0.01, 1.0, 0.0):
        expected = running(steps, mean, var, train, momentum)
        trial.case("three steps").equal(expected, steps, mean, var, train, momentum=momentum)
    small = 1e-3 * steps
    trial.case("variance 1e-6").within(1e-12, 1e-12).equal(
        running(small, mean, var, train, 1.0), small, mean, var, train, momentum=1.0
    )


@batch.family("evaluation", 4)
def running_statistics_stand_in(t: Trial) -> None:
    """eps = 0, no scales and no shifts at first; the rest where training has them right."""
    for shape in shapes(t.rng, 2):
        x, (gamma, beta) = t.rng.standard_normal(shape), scales(t.rng, shape[1])
        mean, var, ones = t.rng.standard_normal(shape[1]), t.rng.uniform(0.3, 3.0, shape[1]), np.ones(shape[1])
        t.through(evaluation).equal(
            normalised_by(x, mean, var, ones, 0 * ones, 0.0), x, ones, 0 * ones, mean, var, eps=0.0
        )
        if t.passed("training"):
            t.through(evaluation).equal(normalised_by(x, mean, var, gamma, beta), x, gamma, beta, mean, var)
            t.through(evaluation).equal(
                normalised_by(x, mean, 1e-6 * var, gamma, beta), x, gamma, beta, mean, 1e-6 * var
            )
    x, mean, var = t.rng.standard_normal((1, 3, 1, 1)), t.rng.standard_normal(3), t.rng.uniform(0.3, 3.0, 3)
    expected = normalised_by(x, mean, var, np.ones(3), np.zeros(3), 0.0)
    t.through(evaluation).case("a single value per channel").equal(
        expected, x, np.ones(3), np.zeros(3), mean, var, eps=0.0
    )
    x = t.rng.standard_normal((2, 3, 4, 2))
    t.through(evaluation).preserves(x, np.ones(3), np.zeros(3), mean, var)
    t.through(state_after_steps).case("two steps in evaluation").equal(
        (mean, var), np.stack([x, x + 1]), mean, var, (False, False)
    )


@batch.family("contract", 3)
def batchnorm_contract(t: Trial) -> None:
    """Inputs untouched, element types, errors."""
    shape = (2, 3, 4, 2)
    x, (gamma, beta) = t.rng.standard_normal(shape) + 1, scales(t.rng, 3)
    mean, var = t.rng.standard_normal(3), t.rng.uniform(0.3, 3.0, 3)
    trial, later = t.through(training), t.through(evaluation)
    trial.preserves(x, gamma, beta)
    same = [f"{name} is the same array as before" for name in ("running_mean", "running_var")]
    t.through(arrays_of_the_state).equal(dict.fromkeys(same, True), x, mean, var)
    trial.dtype(np.float64, x, gamma, beta)
    trial.dtype(np.float32, *(values.astype(np.float32) for values in (x, gamma, beta)))
    later.dtype(np.float32, *(values.astype(np.float32) for values in (x, gamma, beta)), mean, var)
    whole = t.rng.integers(0, 256, shape)
    for kind in (np.int64, np.uint8):
        trial.dtype(np.float64, whole.astype(kind), gamma, beta)
        later.dtype(np.float64, whole.astype(kind), gamma, beta, mean, var)
    trial.case("x has 3 axes").raises(ValueError, x[0], gamma[:1], beta[:1])
    trial.case("x has 2 axes").raises(ValueError, x[0, 0], gamma[:1], beta[:1])
    trial.case("3 channels, 1 scale").raises(ValueError, x, gamma[:1], beta)
    trial.case("3 channels, 1 shift").raises(ValueError, x, gamma, beta[:1])
    trial.case("1 channel, 3 scales").raises(ValueError, x[:, :1], gamma, beta[:1])
    later.case("3 channels, 1 running mean").raises(ValueError, x, gamma, beta, mean[:1], var)
    later.case("3 channels, 1 running variance").raises(ValueError, x, gamma, beta, mean, var[:1])
    single = x[:1, :, :1, :1]
    trial.case("one value per channel has no unbiased variance").raises(ValueError, single, gamma, beta)


@batch.family("speed", 2)
def no_loop_over_values(t: Trial) -> None:
    t.true(t.passed("training"), "Speed counts once the values are right: see the family 'training'.")
    if t.passed("training"):
        x, (gamma, beta) = t.rng.standard_normal((4, 3, 22, 26)), scales(t.rng, 3)
        t.through(training).faster(plain_loops, 5, x, gamma, beta)


def plain_loops(x: Array, gamma: Array, beta: Array) -> Array:
    """Value by value: what the learner's is timed against."""
    n, c, h, w = x.shape
    y = np.empty_like(x)
    for channel in range(c):
        total = squares = 0.0
        for i, row, column in np.ndindex(n, h, w):
            total += x[i, channel, row, column]
        mean = total / (n * h * w)
        for i, row, column in np.ndindex(n, h, w):
            squares += (x[i, channel, row, column] - mean) ** 2
        std = np.sqrt(squares / (n * h * w) + 1e-5)
        for i, row, column in np.ndindex(n, h, w):
            y[i, channel, row, column] = gamma[channel] * (x[i, channel, row, column] - mean) / std + beta[channel]
    return y


# -- batchnorm2d_backward -----------------------------------------------------------------------------------------


def gradients(layer: Callable[..., torch.Tensor], dout: Array, *arrays: Array) -> tuple[Array, ...]:
    """PyTorch's gradients of a layer with respect to all arrays."""
    leaves = [tensor(values).requires_grad_() for values in arrays]
    total = (layer(*leaves) * tensor(dout)).sum()  # handing dout to grad would import SymPy, 0.6 s for each learner
    found = torch.autograd.grad(total, leaves)
    return tuple(gradient.numpy() for gradient in found)


def torch_batchnorm_backward(dout: Array, x: Array, gamma: Array, eps: float = 1e-5) -> tuple[Array, ...]:
    """In training."""

    def layer(x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor) -> torch.Tensor:
        return nn.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)

    return gradients(layer, dout, x, gamma, np.zeros_like(gamma))


def torch_evaluation_backward(
    dout: Array, x: Array, gamma: Array, mean: Array, var: Array, eps: float = 1e-5
) -> tuple[Array, ...]:
    """In evaluation."""
    statistics = tensor(mean), tensor(var)

    def layer(x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor) -> torch.Tensor:
        return nn.batch_norm(x, *statistics, gamma, beta, training=False, eps=eps)

    return gradients(layer, dout, x, gamma, np.zeros_like(gamma))


def central_differences(dout: Array, x: Array, gamma: Array, axes: tuple[int, ...], groups: int, eps: float) -> Array:
    """The derivatives of (y * dout).sum() for every value of x, all perturbed copies at once.

    Args:
        dout: Upstream gradient, shape (N, C, H, W).
        x: Feature maps, shape (N, C, H, W).
        gamma: Scales, shape (C,).
        axes: The axes averaged over, once x has the shape (N, G, C/G, H, W).
        groups: G.
        eps: Added to the variance.
    """
    n, c, h, w = x.shape
    step = 1e-5
    copies = x + np.concatenate([step * np.eye(x.size), -step * np.eye(x.size)]).reshape(-1, *x.shape)
    split = copies.reshape(-1, n, groups, c // groups, h, w)
    over = tuple(axis + 1 for axis in axes)
    mean, var = split.mean(axis=over, keepdims=True), split.var(axis=over, keepdims=True)
    y = ((split - mean) / np.sqrt(var + eps)).reshape(copies.shape) * gamma[:, None, None]
    up, down = np.split((y * dout).sum(axis=(1, 2, 3, 4)), 2)
    slopes: Array = ((up - down) / (2 * step)).reshape(x.shape)
    return slopes


def part(results: Any, wanted: int | slice) -> Any:
    """Some of a function's results; where there are not three, all that came, so that a message says what that is."""
    return results[wanted] if isinstance(results, tuple | list) and len(results) == 3 else results


def dx_alone(f: Learners, dout: Array, x: Array, gamma: Array, **options: Any) -> Any:
    """dx, the first result of batchnorm2d_backward."""
    return part(f(dout, x, gamma, **options), 0)


def dgamma_and_dbeta(f: Learners, dout: Array, x: Array, gamma: Array, **options: Any) -> Any:
    """dgamma and dbeta, the second and third result of batchnorm2d_backward."""
    return part(f(dout, x, gamma, **options), slice(1, 3))


def evaluation_backward(
    f: Learners, dout: Array, x: Array, gamma: Array, running_mean: Array, running_var: Array, **options: Any
) -> Any:
    """batchnorm2d_backward in evaluation."""
    return f(dout, x, gamma, {"running_mean": running_mean, "running_var": running_var}, train=False, **options)


def random_gradient(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[Array, Array, Array]:
    """dout, x and gamma without any symmetry."""
    return rng.standard_normal(shape), 2 * rng.standard_normal(shape) + 3, scales(rng, shape[1])[0]


@batch_back.family("dgamma and dbeta", 5)
def sums_over_images_and_positions(t: Trial) -> None:
    for shape in shapes(t.rng):
        dout, x, gamma = random_gradient(t.rng, shape)
        t.through(dgamma_and_dbeta).equal(torch_batchnorm_backward(dout, x, gamma)[1:], dout, x, gamma)
    dout, x, gamma = random_gradient(t.rng, (2, 3, 4, 3))
    t.through(dgamma_and_dbeta).equal(torch_batchnorm_backward(dout, x, gamma, 0.3)[1:], dout, x, gamma, eps=0.3)


@batch_back.family("dx", 8)
def every_path_to_x(t: Trial) -> None:
    """Against autograd, against central differences, and orthogonal to shifts of a channel."""
    for shape in shapes(t.rng):
        dout, x, gamma = random_gradient(t.rng, shape)
        t.through(dx_alone).equal(torch_batchnorm_backward(dout, x, gamma)[0], dout, x, gamma)
    dout, x, gamma = random_gradient(t.rng, (2, 3, 4, 3))
    t.through(dx_alone).equal(torch_batchnorm_backward(dout, x, gamma, 0.3)[0], dout, x, gamma, eps=0.3)
    small = 1e-3 * x
    expected = torch_batchnorm_backward(dout, small, gamma)[0]
    t.through(dx_alone).case("a variance of 1e-6").within(1e-9, 1e-11).equal(expected, dout, small, gamma)
    dout, x, gamma = random_gradient(t.rng, (2, 2, 2, 3))
    slopes = central_differences(dout, x, gamma, (0, 3, 4), 2, 0.1)
    t.through(dx_alone).case("against central differences").within(1e-6).equal(slopes, dout, x, gamma, eps=0.1)


@batch_back.family("evaluation", 4)
def statistics_are_constants(t: Trial) -> None:
    """eps = 0 and gamma = 1 at first; the rest where training has them right."""
    for shape in shapes(t.rng, 2):
        dout, x, gamma = random_gradient(t.rng, shape)
        mean, var, ones = t.rng.standard_normal(shape[1]), t.rng.uniform(0.3, 3.0, shape[1]), np.ones(shape[1])
        expected = torch_evaluation_backward(dout, x, ones, mean, var, 0.0)
        t.through(evaluation_backward).equal(expected, dout, x, ones, mean, var, eps=0.0)
        if t.passed("dgamma and dbeta") and t.passed("dx"):
            expected = torch_evaluation_backward(dout, x, gamma, mean, var)
            t.through(evaluation_backward).equal(expected, dout, x, gamma, mean, var)
    t.through(evaluation_backward).preserves(dout, x, gamma, mean, var)


@batch_back.family("contract", 3)
def backward_contract(t: Trial) -> None:
    """Inputs untouched, element types, errors."""
    dout, x, gamma = random_gradient(t.rng, (2, 3, 4, 2))
    t.preserves(dout, x, gamma)
    for kind, result in ((np.float64, np.float64), (np.float32, np.float32), (np.int64, np.float64)):
        t.through(result_types).equal((np.dtype(result).name,) * 3, dout, x.astype(kind), gamma)
    t.case("dout has fewer rows than x").raises(ValueError, dout[:, :, :1], x, gamma)
    t.case("dout has one image, x has two").raises(ValueError, dout[:1], x, gamma)
    t.case("3 channels, 1 scale").raises(ValueError, dout, x, gamma[:1])
    t.case("x has 3 axes").raises(ValueError, dout[0], x[0], gamma[:1])
    t.case("in evaluation without a state").raises(ValueError, dout, x, gamma, None, False)


def result_types(f: Learners, dout: Array, x: Array, *arguments: Any) -> Any:
    """The element types of dx, dgamma and dbeta."""
    results = f(dout, x, *arguments)
    if not isinstance(results, tuple | list):
        return results
    return tuple(str(np.asarray(result).dtype) for result in results)


# -- groupnorm ----------------------------------------------------------------------------------------------------

GROUPED = [(2, 6, 3, 4), (1, 4, 2, 3), (3, 4, 1, 1), (2, 9, 2, 1), (1, 6, 1, 5), (2, 8, 2, 2)]
GROUPS = [2, 2, 2, 3, 3, 4]


def grouped(rng: np.random.Generator) -> list[tuple[tuple[int, ...], int]]:
    """Shapes and numbers of groups; one group and groups of one channel among them."""
    cases = [*zip(GROUPED, GROUPS, strict=True), ((2, 3, 2, 4), 1), ((2, 3, 4, 2), 3)]
    for _ in range(3):
        n, depth, h, w, groups = (int(size) for size in rng.integers((1, 2, 1, 1, 2), (4, 4, 4, 5, 4)))
        cases.append(((n, depth * groups, h, w), groups))
    return cases


def torch_groupnorm(x: Array, G: int, gamma: Array, beta: Array, eps: float = 1e-5) -> Array:
    """PyTorch's layer."""
    y: Array = nn.group_norm(tensor(x), G, *map(tensor, (gamma, beta)), eps=eps).numpy()
    return y


def torch_groupnorm_backward(dout: Array, x: Array, G: int, gamma: Array, eps: float = 1e-5) -> tuple[Array, ...]:
    """PyTorch's gradients."""

    def layer(x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor) -> torch.Tensor:
        return nn.group_norm(x, G, gamma, beta, eps=eps)

    return gradients(layer, dout, x, gamma, np.zeros_like(gamma))


@group.family("values", 5)
def each_group_of_each_image(t: Trial) -> None:
    for shape, groups in grouped(t.rng):
        x, (gamma, beta) = 2 * t.rng.standard_normal(shape) + 3, scales(t.rng, shape[1])
        t.equal(torch_groupnorm(x, groups, gamma, beta), x, groups, gamma, beta)
    x, (gamma, beta) = t.rng.standard_normal((2, 6, 3, 2)), scales(t.rng, 6)
    t.equal(torch_groupnorm(x, 3, gamma, beta, 0.3), x, 3, gamma, beta, eps=0.3)
    x = 1e-3 * x
    t.case("a variance of 1e-6, less than eps").equal(torch_groupnorm(x, 3, gamma, beta), x, 3, gamma, beta)


def group_dx(f: Learners, dout: Array, x: Array, G: int, gamma: Array, **options: Any) -> Any:
    """dx, the first result of groupnorm_backward."""
    return part(f(dout, x, G, gamma, **options), 0)


def group_dgamma_and_dbeta(f: Learners, dout: Array, x: Array, G: int, gamma: Array, **options: Any) -> Any:
    """dgamma and dbeta, the second and third result of groupnorm_backward."""
    return part(f(dout, x, G, gamma, **options), slice(1, 3))


@group.family("dgamma and dbeta", 2)
def scales_and_shifts_of_groups(t: Trial) -> None:
    trial = t.on("groupnorm_backward").through(group_dgamma_and_dbeta)
    for shape, groups in grouped(t.rng):
        dout, x, gamma = random_gradient(t.rng, shape)
        trial.equal(torch_groupnorm_backward(dout, x, groups, gamma)[1:], dout, x, groups, gamma)


@group.family("dx", 5)
def every_path_within_a_group(t: Trial) -> None:
    """Against autograd and against central differences."""
    trial = t.on("groupnorm_backward").through(group_dx)
    for shape, groups in grouped(t.rng):
        dout, x, gamma = random_gradient(t.rng, shape)
        trial.equal(torch_groupnorm_backward(dout, x, groups, gamma)[0], dout, x, groups, gamma)
    dout, x, gamma = random_gradient(t.rng, (2, 4, 1, 3))
    trial.equal(torch_groupnorm_backward(dout, x, 2, gamma, 0.3)[0], dout, x, 2, gamma, eps=0.3)
    slopes = central_differences(dout, x, gamma, (2, 3, 4), 2, 0.1)
    trial.case("against central differences").within(1e-6).equal(slopes, dout, x, 2, gamma, eps=0.1)


@group.family("contract", 3)
def groupnorm_contract(t: Trial) -> None:
    """Inputs untouched, element types, errors; both functions."""
    dout, x, gamma = random_gradient(t.rng, (2, 6, 3, 2))
    beta = scales(t.rng, 6)[1]
    t.preserves(x, 2, gamma, beta)
    t.dtype(np.float64, x, 2, gamma, beta)
    t.dtype(np.float32, x.astype(np.float32), 2, gamma.astype(np.float32), beta.astype(np.float32))
    t.dtype(np.float32, x.astype(np.float32), 2, gamma, beta)
    whole = t.rng.integers(0, 256, x.shape)
    for kind in (np.int64, np.uint8):
        t.dtype(np.float64, whole.astype(kind), 2, gamma, beta)
    t.case("6 channels do not split into 4 groups").raises(ValueError, x, 4, gamma, beta)
    t.case("more groups than channels").raises(ValueError, x, 12, gamma, beta)
    t.case("6 channels, 1 scale").raises(ValueError, x, 2, gamma[:1], beta)
    t.case("6 channels, 1 shift").raises(ValueError, x, 2, gamma, beta[:1])
    t.case("x has 3 axes").raises(ValueError, x[0], 1, gamma[:3], beta[:3])
    back = t.on("groupnorm_backward")
    back.preserves(dout, x, 2, gamma)
    for kind, result in ((np.float64, np.float64), (np.float32, np.float32), (np.int64, np.float64)):
        back.through(result_types).equal((np.dtype(result).name,) * 3, dout, x.astype(kind), 2, gamma)
    back.case("6 channels do not split into 4 groups").raises(ValueError, dout, x, 4, gamma)
    back.case("dout has one image, x has two").raises(ValueError, dout[:1], x, 2, gamma)
    back.case("6 channels, 1 scale").raises(ValueError, dout, x, 2, gamma[:1])
    back.case("x has 3 axes").raises(ValueError, dout[0], x[0], 1, gamma[:3])


# -- dropout ------------------------------------------------------------------------------------------------------
# Every call gets a seed, not a generator: that would go on, and its description differs from process to process.


def with_seed(f: Learners, x: Array, p: float, seed: int, train: bool = True) -> Any:
    """The result of dropout, given a generator of this seed."""
    return f(x, p, np.random.default_rng(seed), train)


def masked_difference(f: Learners, x: Array, p: float, seed: int) -> Any:
    """The result of dropout less x * mask / (1 - p), by its own mask."""
    y, mask = with_seed(f, x, p, seed)
    return y - x * mask / (1 - p)


def kind_of_mask(f: Learners, x: Array, p: float, seed: int) -> Any:
    """The type and shape of dropout's mask."""
    mask = with_seed(f, x, p, seed)[1]
    return str(mask.dtype), tuple(mask.shape)


def kept(f: Learners, x: Array, p: float, rng: np.random.Generator) -> Any:
    """Where dropout kept a value, by the result alone."""
    return np.asarray(f(x, p, rng, True)[0]) != 0


def share_is_right(f: Learners, x: Array, p: float, seed: int) -> bool:
    """Whether dropout keeps about 1 - p of the values."""
    share = float(kept(f, x, p, np.random.default_rng(seed)).mean())
    return bool(abs(share - (1 - p)) <= 6 * np.sqrt(p * (1 - p) / x.size))  # six standard deviations


def number_varies(f: Learners, x: Array, p: float, seed: int) -> bool:
    """Whether dropout keeps different numbers of values in 16 calls with one generator."""
    rng = np.random.default_rng(seed)
    return len({int(kept(f, x, p, rng).sum()) for _ in range(16)}) > 1  # with 128 coins, alike once in 10**17 runs


def chance_is_independent(f: Learners, x: Array, p: float, seed: int) -> Any:
    """Whether two images, two channels, two rows, two columns are dropped differently by dropout."""
    mask = kept(f, x, p, np.random.default_rng(seed))
    pairs = [(mask.take(0, axis), mask.take(1, axis)) for axis in range(4)]
    return tuple(bool((one != other).mean() > p * (1 - p)) for one, other in pairs)  # half of what chance gives


def two_calls_differ(f: Learners, x: Array, p: float, seed: int) -> bool:
    """Whether two calls of dropout with the same generator draw different masks."""
    rng = np.random.default_rng(seed)
    return bool((kept(f, x, p, rng) != kept(f, x, p, rng)).any())


def repeatable(f: Learners, x: Array, p: float, seed: int) -> bool:
    """Whether dropout draws the same mask from two generators of the same seed."""
    first, second = (kept(f, x, p, np.random.default_rng(seed)) for _ in range(2))
    return bool((first == second).all())


def type_with_seed(f: Learners, x: Array, p: float, seed: int, train: bool = True) -> str:
    """The element type of dropout's result."""
    return str(np.asarray(with_seed(f, x, p, seed, train)[0]).dtype)


def seed(rng: np.random.Generator) -> int:
    """A seed for one call."""
    return int(rng.integers(2**31))


@drop.family("training", 4)
def what_is_kept_is_scaled(t: Trial) -> None:
    for shape in [(4, 3, 5), (30,), (2, 3, 4, 5), *(random_shape(t.rng) for _ in range(5))]:
        x, p = sizeable(t.rng, shape), float(t.rng.uniform(0.15, 0.6))
        t.through(masked_difference).equal(np.zeros(shape), x, p, seed(t.rng))
        t.through(kind_of_mask).equal(("bool", shape), x, p, seed(t.rng))
    t.through(masked_difference).case("nothing is dropped").equal(np.zeros(shape), x, 0.0, seed(t.rng))


@drop.family("chance", 3)
def every_value_has_a_coin(t: Trial) -> None:
    x = sizeable(t.rng, (4, 4, 16, 16))
    for p in (0.25, 0.6):
        t.through(share_is_right).equal(True, x, p, seed(t.rng))
    t.through(number_varies).equal(True, x[:2, :1, :8, :8], 0.4, seed(t.rng))
    t.through(chance_is_independent).equal((True,) * 4, x, 0.4, seed(t.rng))
    t.through(two_calls_differ).equal(True, x, 0.4, seed(t.rng))
    t.through(repeatable).equal(True, x, 0.4, seed(t.rng))


@drop.family("evaluation", 2)
def nothing_happens(t: Trial) -> None:
    for shape in [(4, 3, 5), (30,), (2, 3, 4, 5)]:
        x = sizeable(t.rng, shape)
        t.through(with_seed).equal((x, None), x, 0.4, seed(t.rng), False)
        t.through(with_seed).preserves(x, 0.4, seed(t.rng), False)


@drop.family("gradient", 2)
def gradients_pass_where_values_did(t: Trial) -> None:
    back = t.on("dropout_backward")
    for shape in [(4, 3, 5), (30,), (2, 3, 4, 5), *(random_shape(t.rng) for _ in range(5))]:
        dout, p = t.rng.standard_normal(shape), float(t.rng.uniform(0.15, 0.6))
        mask = t.rng.random(shape) >= p
        leaf = torch.ones(shape, dtype=torch.float64, requires_grad=True)
        (leaf * torch.from_numpy(mask) / (1 - p) * torch.from_numpy(dout)).sum().backward()
        assert leaf.grad is not None
        back.equal(leaf.grad.numpy(), dout, mask, p)
    back.case("from evaluation").equal(dout, dout, None, 0.4)


@drop.family("contract", 2)
def dropout_contract(t: Trial) -> None:
    """Inputs untouched, element types, errors; both functions."""
    x, mask = sizeable(t.rng, (3, 4, 5)), t.rng.random((3, 4, 5)) >= 0.4
    t.through(with_seed).preserves(x, 0.4, seed(t.rng))
    for kind, result in ((np.float64, "float64"), (np.float32, "float32"), (np.int64, "float64")):
        whole = (10 * x).astype(kind)
        t.through(type_with_seed).equal(result, whole, 0.4, seed(t.rng))
        t.through(type_with_seed).equal(result, whole, 0.4, seed(t.rng), False)
        t.on("dropout_backward").dtype(result, whole, mask, 0.4)
    for p in (-0.1, 1.0, 1.5):
        t.through(with_seed).raises(ValueError, x, p, seed(t.rng))
    back = t.on("dropout_backward")
    back.preserves(x, mask, 0.4)
    back.case("from evaluation").preserves(x, None, 0.4)
    back.case("the mask is for one row, dout has three").raises(ValueError, x, mask[:1], 0.4)
