"""Right answers of unit 07 in other styles than the reference's. Each must get full marks."""

from __future__ import annotations

import math

import numpy as np

from autograder.testing import Alternatives
from cnnkit.ops import conv2d, conv2d_backward, max_pool2d, max_pool2d_backward

alternative = Alternatives()


def as_float(x):
    return np.asarray(x, dtype=x.dtype if np.issubdtype(x.dtype, np.floating) else float)


# -- activations ----------------------------------------------------------------------------------------------------


@alternative("relu", style="masks")
def relu_by_mask(x):
    y = as_float(x).copy()
    y[y < 0] = 0
    return y


@alternative("relu", style="masks", function="relu_backward")
def relu_backward_by_mask(dout, x):
    dx = dout.astype(as_float(x).dtype)
    dx[x <= 0] = 0
    return dx


@alternative("relu", style="loops")
def relu_one_by_one(x):
    x = as_float(x)
    return np.array([max(value, 0.0) for value in x.ravel()], x.dtype).reshape(x.shape)


@alternative("relu", style="arithmetic", function="relu_backward")
def relu_backward_by_sign(dout, x):
    return (dout * (1 + np.sign(as_float(x))) / 2 * (x != 0)).astype(as_float(x).dtype)


@alternative("relu", style="arithmetic", function="leaky_relu")
def leaky_by_two_parts(x, slope=0.01):
    x = as_float(x)
    return np.maximum(x, 0) + slope * np.minimum(x, 0)


@alternative("relu", style="masks", function="leaky_relu_backward")
def leaky_backward_by_mask(dout, x, slope=0.01):
    dx = dout.astype(as_float(x).dtype)
    dx[x <= 0] *= slope
    return dx


@alternative("relu", style="masks", function="elu")
def elu_by_mask(x, alpha=1.0):
    y = as_float(x).copy()
    y[y < 0] = alpha * (np.exp(y[y < 0]) - 1)
    return y


@alternative("relu", style="loops", function="elu")
def elu_one_by_one(x, alpha=1.0):
    x = as_float(x)
    values = [value if value > 0 else alpha * (math.exp(value) - 1) for value in x.ravel()]
    return np.array(values, x.dtype).reshape(x.shape)


@alternative("relu", style="where, warnings ignored", function="elu")
def elu_by_where(x, alpha=1.0):
    x = as_float(x)
    with np.errstate(over="ignore"):
        return np.where(x > 0, x, alpha * (np.exp(x) - 1)).astype(x.dtype)


@alternative("relu", style="from the value", function="elu_backward")
def elu_backward_from_the_value(dout, x, alpha=1.0):
    y = elu_by_mask(x, alpha)
    slope = np.where(x > 0, 1, y + alpha)
    return (dout * slope).astype(y.dtype)


@alternative("relu", style="by the tanh", function="sigmoid")
def sigmoid_by_tanh(x):
    return (np.tanh(as_float(x) / 2) + 1) / 2


@alternative("relu", style="where, warnings ignored", function="sigmoid")
def sigmoid_as_written(x):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-as_float(x)))


@alternative("relu", style="masks", function="sigmoid")
def sigmoid_by_mask(x):
    x = as_float(x)
    y = np.empty_like(x)
    y[x >= 0] = 1 / (1 + np.exp(-x[x >= 0]))
    e = np.exp(x[x < 0])
    y[x < 0] = e / (1 + e)
    return y


@alternative("relu", style="symmetry", function="sigmoid_backward")
def sigmoid_backward_by_symmetry(dout, x):
    return dout * sigmoid_by_tanh(x) * sigmoid_by_tanh(-as_float(x))


@alternative("relu", style="by the sigmoid", function="tanh")
def tanh_by_sigmoid(x):
    return 2 * sigmoid_by_mask(2 * as_float(x)) - 1


@alternative("relu", style="loops", function="tanh")
def tanh_one_by_one(x):
    x = as_float(x)
    return np.array([math.tanh(value) for value in x.ravel()], x.dtype).reshape(x.shape)


@alternative("relu", style="factors", function="tanh_backward")
def tanh_backward_by_factors(dout, x):
    t = np.tanh(as_float(x))
    return dout * (1 - t) * (1 + t)


def must_split(x, k):
    if x.shape[1] % k != 0:
        raise ValueError(f"x has {x.shape[1]} channels, not a multiple of {k}")


@alternative("relu", style="slices with a step", function="maxout")
def maxout_by_slices(x, k):
    must_split(x, k)
    y = as_float(x)[:, ::k].copy()
    for j in range(1, k):
        np.maximum(y, x[:, j::k], out=y)
    return y


@alternative("relu", style="loops", function="maxout")
def maxout_by_loops(x, k):
    must_split(x, k)
    groups = [as_float(x)[:, m : m + k].max(axis=1) for m in range(0, x.shape[1], k)]
    return np.stack(groups, axis=1)


@alternative("relu", style="slices with a step", function="maxout_backward")
def maxout_backward_by_slices(dout, x, k):
    best, dx = maxout_by_slices(x, k), np.zeros_like(as_float(x))
    free = np.ones(best.shape, bool)
    for j in range(k):
        wins = free & (x[:, j::k] == best)
        dx[:, j::k] = dout * wins
        free &= ~wins
    return dx


@alternative("relu", style="index arrays", function="maxout_backward")
def maxout_backward_by_indices(dout, x, k):
    groups = as_float(x).reshape(len(x), x.shape[1] // k, k, -1)
    n, m, _, p = groups.shape
    dx = np.zeros(groups.shape, groups.dtype)
    images, group, pixels = np.ogrid[:n, :m, :p]
    dx[images, group, groups.argmax(axis=2), pixels] = dout.reshape(n, m, p)
    return dx.reshape(x.shape)


# -- linear ---------------------------------------------------------------------------------------------------------


def refuse(x, w, b):
    if not (x.ndim == w.ndim == 2 and x.shape[1] == w.shape[1] and b.shape == w.shape[:1]):
        raise ValueError(f"x {x.shape}, w {w.shape} and b {b.shape} make no layer")


@alternative("linear", style="loops")
def linear_by_loops(x, w, b):
    refuse(x, w, b)
    y = np.zeros((len(x), len(w)), as_float(x).dtype)
    for n in range(len(x)):
        for m in range(len(w)):
            y[n, m] = b[m]
            for d in range(x.shape[1]):
                y[n, m] += x[n, d] * w[m, d]
    return y


@alternative("linear", style="einsum")
def linear_by_einsum(x, w, b):
    refuse(x, w, b)
    return np.einsum("nd,md->nm", as_float(x), as_float(w)) + as_float(b)


@alternative("linear", style="broadcasting")
def linear_by_broadcasting(x, w, b):
    refuse(x, w, b)
    return (as_float(x)[:, None, :] * w[None]).sum(axis=2) + b


@alternative("linear", style="bias as a further weight")
def bias_as_a_weight(x, w, b):
    refuse(x, w, b)
    longer = np.hstack([as_float(x), np.ones((len(x), 1), as_float(x).dtype)])
    return longer @ np.hstack([w, b[:, None]]).T


def refuse_dout(dout, x, w):
    if dout.shape != (x.shape[0], w.shape[0]):
        raise ValueError(f"dout {dout.shape} is not {(x.shape[0], w.shape[0])}")


@alternative("linear", style="einsum", function="linear_backward")
def linear_backward_by_einsum(dout, x, w):
    refuse_dout(dout, x, w)
    return np.einsum("nm,md->nd", dout, w), np.einsum("nm,nd->md", dout, x), np.einsum("nm->m", dout)


@alternative("linear", style="loops", function="linear_backward")
def linear_backward_by_loops(dout, x, w):
    refuse_dout(dout, x, w)
    dtype = as_float(x).dtype
    dx, dw, db = np.zeros(x.shape, dtype), np.zeros(w.shape, dtype), np.zeros(len(w), dtype)
    for n, m in np.ndindex(*dout.shape):
        dx[n] += dout[n, m] * w[m]
        dw[m] += dout[n, m] * x[n]
        db[m] += dout[n, m]
    return dx, dw, db


@alternative("linear", style="outer products", function="linear_backward")
def linear_backward_by_outer_products(dout, x, w):
    refuse_dout(dout, x, w)
    dw = sum(np.outer(d, row) for d, row in zip(dout, x, strict=True))
    return dout.dot(w), dw, np.ones(len(x), dout.dtype) @ dout


# -- softmax_cross_entropy ------------------------------------------------------------------------------------------


def refuse_classes(logits, y):
    if logits.ndim != 2 or y.ndim != 1 or len(y) != len(logits):
        raise ValueError(f"logits {logits.shape} and y {y.shape} do not belong together")
    if ((y < 0) | (y >= logits.shape[1])).any():
        raise ValueError(f"y holds {y.min()} to {y.max()}, there are {logits.shape[1]} classes")


@alternative("softmax-cross-entropy", style="loops")
def cross_entropy_by_loops(logits, y):
    refuse_classes(logits, y)
    dlogits, loss = np.zeros(logits.shape, as_float(logits).dtype), 0.0
    for i, row in enumerate(as_float(logits)):
        top = max(row)
        exponentials = [math.exp(value - top) for value in row]
        total = sum(exponentials)
        loss += math.log(total) + top - row[y[i]]
        for k, e in enumerate(exponentials):
            dlogits[i, k] = (e / total - (k == y[i])) / len(y)
    return float(loss / len(y)), dlogits


@alternative("softmax-cross-entropy", style="logaddexp")
def cross_entropy_by_logaddexp(logits, y):
    refuse_classes(logits, y)
    z = as_float(logits)
    log_total = np.logaddexp.reduce(z, axis=1)
    p = np.exp(z - log_total[:, None])
    p[range(len(y)), y] -= 1
    return float(np.mean(log_total - z[range(len(y)), y])), p / len(y)


@alternative("softmax-cross-entropy", style="one-hot matrix")
def cross_entropy_by_one_hot(logits, y):
    refuse_classes(logits, y)
    z = as_float(logits)
    one_hot = np.eye(z.shape[1], dtype=z.dtype)[y]
    z = z - z.max(1)[:, None]
    total = np.exp(z).sum(1)
    loss = -(one_hot * (z - np.log(total)[:, None])).sum() / len(y)
    return float(loss), ((np.exp(z).T / total).T - one_hot) / len(y)


@alternative("softmax-cross-entropy", style="differences from the right logit")
def cross_entropy_by_differences(logits, y):
    refuse_classes(logits, y)
    z = as_float(logits)
    away = z - np.take_along_axis(z, y[:, None], axis=1)  # of the right class: 0
    top = away.max(axis=1, keepdims=True)
    e = np.exp(away - top)
    losses = np.log(e.sum(axis=1)) + top[:, 0]
    dlogits = e / e.sum(axis=1, keepdims=True)
    np.subtract.at(dlogits, (np.arange(len(y)), y), 1)
    return losses.mean().item(), dlogits / len(y)


# -- kaiming_normal -------------------------------------------------------------------------------------------------


def inputs_of(shape):
    if len(shape) < 2:
        raise ValueError(f"{shape} has no inputs")
    return math.prod(shape[1:])


@alternative("kaiming-normal", style="rng.normal")
def by_normal(shape, rng):
    return rng.normal(0.0, math.sqrt(2 / inputs_of(shape)), shape)


@alternative("kaiming-normal", style="standard normal divided")
def divided_by_half_the_inputs(shape, rng):
    return rng.standard_normal(shape) / np.sqrt(inputs_of(shape) / 2)


@alternative("kaiming-normal", style="one output at a time")
def output_by_output(shape, rng):
    deviation = (2 / inputs_of(shape)) ** 0.5
    return np.stack([rng.normal(size=shape[1:]) * deviation for _ in range(shape[0])])


@alternative("kaiming-normal", style="Box and Muller")
def from_uniform_numbers(shape, rng):
    deviation = (2 / inputs_of(shape)) ** 0.5
    radius, angle = np.sqrt(-2 * np.log(1 - rng.random(shape))), 2 * np.pi * rng.random(shape)
    return deviation * radius * np.cos(angle)


@alternative("kaiming-normal", style="in place")
def filled_in_place(shape, rng):
    weights = np.empty(shape)
    rng.standard_normal(out=weights)
    weights *= np.sqrt(2.0 / inputs_of(shape))
    return weights


# -- sgd_momentum_step ----------------------------------------------------------------------------------------------


def must_match(params, grads):
    if set(params) != set(grads) or any(params[name].shape != grads[name].shape for name in params):
        raise ValueError(f"params {sorted(params)} and grads {sorted(grads)} do not match")


@alternative("sgd-momentum-step", style="velocities in place")
def velocities_in_place(params, grads, state, lr, mu=0.9, wd=0.0):
    must_match(params, grads)
    for name in params:
        v = state.setdefault(name, np.zeros_like(params[name]))
        v *= mu
        v += grads[name]
        if params[name].ndim >= 2:
            v += wd * params[name]
        params[name] -= lr * v


@alternative("sgd-momentum-step", style="first step apart")
def first_step_apart(params, grads, state, lr, mu=0.9, wd=0.0):
    must_match(params, grads)
    for name, p in params.items():
        g = grads[name].copy()
        if p.ndim != 1:
            g += wd * p
        if name not in state:
            state[name] = g
        else:
            state[name] = mu * state[name] + g
        p[...] = p - lr * state[name]


@alternative("sgd-momentum-step", style="comprehensions")
def by_comprehensions(params, grads, state, lr, mu=0.9, wd=0.0):
    must_match(params, grads)
    decays = {name: wd * (p.ndim > 1) for name, p in params.items()}
    state.update({name: mu * state.get(name, 0.0) + grads[name] + decays[name] * p for name, p in params.items()})
    for name in params:
        np.subtract(params[name], lr * state[name], out=params[name], casting="same_kind")


@alternative("sgd-momentum-step", style="slices")
def written_through_slices(params, grads, state, lr, mu=0.9, wd=0.0):
    must_match(params, grads)
    if not state:
        state.update((name, np.zeros(p.shape, p.dtype)) for name, p in params.items())
    for name, p in params.items():
        decay = np.zeros_like(p) if p.ndim == 1 else wd * p
        state[name][...] = mu * state[name] + (grads[name] + decay)
        p[:] -= lr * state[name]


# -- LeNet ----------------------------------------------------------------------------------------------------------

NAMES = ("conv1", "conv2", "fc1", "fc2", "fc3")


def new_params(in_shape, n_classes, rng):
    c, h, w = in_shape
    h, w = (h // 2 - 4) // 2, (w // 2 - 4) // 2
    if min(h, w) <= 0:
        raise ValueError(f"no pixel is left of images of shape {in_shape}")
    params = {}
    for name, shape in zip(
        NAMES, [(6, c, 5, 5), (16, 6, 5, 5), (120, 16 * h * w), (84, 120), (n_classes, 84)], strict=True
    ):
        params[name + "_w"] = by_normal(shape, rng)
        params[name + "_b"] = np.zeros(shape[0])
    return params


@alternative("lenet", style="written out")
class WrittenOut:
    def __init__(self, in_shape, n_classes, rng):
        self.params = new_params(in_shape, n_classes, rng)

    def forward(self, x):
        p = self.params
        h = max_pool2d(np.maximum(conv2d(x, p["conv1_w"], p["conv1_b"], 1, 2), 0), 2)[0]
        h = max_pool2d(np.maximum(conv2d(h, p["conv2_w"], p["conv2_b"]), 0), 2)[0]
        h = h.reshape(x.shape[0], -1)
        h = np.maximum(h @ p["fc1_w"].T + p["fc1_b"], 0)
        h = np.maximum(h @ p["fc2_w"].T + p["fc2_b"], 0)
        return h @ p["fc3_w"].T + p["fc3_b"]

    def loss(self, x, y):
        p, g = self.params, {}
        z1 = conv2d(x, p["conv1_w"], p["conv1_b"], 1, 2)
        h1, i1 = max_pool2d(np.maximum(z1, 0), 2)
        z2 = conv2d(h1, p["conv2_w"], p["conv2_b"])
        h2, i2 = max_pool2d(np.maximum(z2, 0), 2)
        flat = h2.reshape(len(x), -1)
        a3 = np.maximum(flat @ p["fc1_w"].T + p["fc1_b"], 0)
        a4 = np.maximum(a3 @ p["fc2_w"].T + p["fc2_b"], 0)
        loss, d = cross_entropy_by_logaddexp(a4 @ p["fc3_w"].T + p["fc3_b"], y)
        g["fc3_w"], g["fc3_b"] = d.T @ a4, d.sum(0)
        d = d @ p["fc3_w"] * (a4 > 0)
        g["fc2_w"], g["fc2_b"] = d.T @ a3, d.sum(0)
        d = d @ p["fc2_w"] * (a3 > 0)
        g["fc1_w"], g["fc1_b"] = d.T @ flat, d.sum(0)
        d = (d @ p["fc1_w"]).reshape(h2.shape)
        d = max_pool2d_backward(d, i2, z2.shape) * (z2 > 0)
        d, g["conv2_w"], g["conv2_b"] = conv2d_backward(d, h1, p["conv2_w"])
        d = max_pool2d_backward(d, i1, z1.shape) * (z1 > 0)
        _, g["conv1_w"], g["conv1_b"] = conv2d_backward(d, x, p["conv1_w"], 1, 2)
        return loss, {name: g[name] for name in p}


class Convolution:
    def __init__(self, name, padding):
        self.name, self.padding = name, padding

    def forward(self, x, params):
        self.x, self.w = x, params[f"{self.name}_w"]
        return conv2d(x, self.w, params[f"{self.name}_b"], 1, self.padding)

    def backward(self, d, grads):
        dx, grads[f"{self.name}_w"], grads[f"{self.name}_b"] = conv2d_backward(d, self.x, self.w, 1, self.padding)
        return dx


class Dense:
    def __init__(self, name):
        self.name = name

    def forward(self, x, params):
        self.x, self.w = x, params[f"{self.name}_w"]
        return linear_by_einsum(x, self.w, params[f"{self.name}_b"])

    def backward(self, d, grads):
        dx, grads[f"{self.name}_w"], grads[f"{self.name}_b"] = linear_backward_by_einsum(d, self.x, self.w)
        return dx


class Rectifier:
    def forward(self, x, params):
        self.x = x
        return relu_by_mask(x)

    def backward(self, d, grads):
        return relu_backward_by_mask(d, self.x)


class Pooling:
    def forward(self, x, params):
        self.shape = x.shape
        out, self.idx = max_pool2d(x, 2)
        return out

    def backward(self, d, grads):
        return max_pool2d_backward(d, self.idx, self.shape)


class Flattening:
    def forward(self, x, params):
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, d, grads):
        return d.reshape(self.shape)


@alternative("lenet", style="layer objects")
class LayerByLayer:
    def __init__(self, in_shape, n_classes, rng):
        self.params = new_params(in_shape, n_classes, rng)
        self.layers = [
            Convolution("conv1", 2), Rectifier(), Pooling(), Convolution("conv2", 0), Rectifier(), Pooling(),
            Flattening(), Dense("fc1"), Rectifier(), Dense("fc2"), Rectifier(), Dense("fc3"),
        ]  # fmt: skip

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x, self.params)
        return x

    def loss(self, x, y):
        loss, d = cross_entropy_by_one_hot(self.forward(x), y)
        grads = {}
        for layer in reversed(self.layers):
            d = layer.backward(d, grads)
        return loss, grads


@alternative("lenet", style="closures on a tape")
class OnATape:
    def __init__(self, in_shape, n_classes, rng):
        self.params = new_params(in_shape, n_classes, rng)

    def record(self, x):
        tape, p = [], self.params
        for name, padding in (("conv1", 2), ("conv2", 0)):
            z = conv2d(x, p[f"{name}_w"], p[f"{name}_b"], 1, padding)
            tape.append(lambda d, x=x, name=name, pad=padding: (conv2d_backward(d, x, p[f"{name}_w"], 1, pad), name))
            tape.append(lambda d, z=z: ((d * (z > 0),), None))
            x, idx = max_pool2d(np.maximum(z, 0), 2)
            tape.append(lambda d, idx=idx, shape=z.shape: ((max_pool2d_backward(d, idx, shape),), None))
        tape.append(lambda d, shape=x.shape: ((d.reshape(shape),), None))
        x = x.reshape(len(x), -1)
        for name in ("fc1", "fc2", "fc3"):
            if name != "fc1":
                tape.append(lambda d, x=x: ((d * (x > 0),), None))
                x = np.maximum(x, 0)
            tape.append(lambda d, x=x, name=name: (linear_backward_by_einsum(d, x, p[f"{name}_w"]), name))
            x = linear_by_broadcasting(x, p[f"{name}_w"], p[f"{name}_b"])
        return x, tape

    def forward(self, x):
        return self.record(x)[0]

    def loss(self, x, y):
        logits, tape = self.record(x)
        loss, d = cross_entropy_by_differences(logits, y)
        grads = {}
        for back in reversed(tape):
            (d, *rest), name = back(d)
            if name:
                grads[f"{name}_w"], grads[f"{name}_b"] = rest
        return loss, grads


@alternative("lenet", style="recursion over the layers")
class Recursive:
    def __init__(self, in_shape, n_classes, rng):
        self.params = new_params(in_shape, n_classes, rng)

    def forward(self, x):
        return self.through(x, NAMES, lambda logits: (logits, None))[0]

    def loss(self, x, y):
        grads = {}
        loss, _ = self.through(x, NAMES, lambda logits: cross_entropy_by_logaddexp(logits, y), grads)
        return loss, grads

    def through(self, x, names, end, grads=None):
        if not names:
            return end(x)
        name, *others = names
        w, b = self.params[f"{name}_w"], self.params[f"{name}_b"]
        if name.startswith("fc"):
            flat = x.reshape(len(x), -1)
            z = flat @ w.T + b
            result, d = self.through(np.maximum(z, 0) if others else z, others, end, grads)
            if d is None:
                return result, None
            d = d.reshape(z.shape) * ((z > 0) if others else 1)
            dx, grads[f"{name}_w"], grads[f"{name}_b"] = d @ w, d.T @ flat, d.sum(axis=0)
            return result, dx.reshape(x.shape)
        padding = 2 if name == "conv1" else 0
        z = conv2d(x, w, b, 1, padding)
        out, idx = max_pool2d(np.maximum(z, 0), 2)
        result, d = self.through(out, others, end, grads)
        if d is None:
            return result, None
        d = max_pool2d_backward(d, idx, z.shape) * (z > 0)
        dx, grads[f"{name}_w"], grads[f"{name}_b"] = conv2d_backward(d, x, w, 1, padding)
        return result, dx


# -- accuracy -------------------------------------------------------------------------------------------------------


def refuse_rows(logits, y):
    if logits.ndim != 2 or y.shape != (logits.shape[0],):
        raise ValueError(f"{logits.shape} logits, {y.shape} classes")


@alternative("accuracy", style="loops")
def counted(logits, y):
    refuse_rows(logits, y)
    right = 0
    for row, k in zip(logits, y, strict=True):
        if max(range(len(row)), key=lambda j: row[j]) == k:
            right += 1
    return right / len(y)


@alternative("accuracy", style="count_nonzero")
def count_of_zeros(logits, y):
    refuse_rows(logits, y)
    return 1 - np.count_nonzero(np.argmax(logits, axis=1) - y) / y.size


@alternative("accuracy", style="stable sort")
def by_sorting(logits, y):
    refuse_rows(logits, y)
    return (np.argsort(-logits, axis=1, kind="stable")[:, 0] == y).sum() / len(y)


@alternative("accuracy", style="confusion matrix")
def by_confusion(logits, y):
    refuse_rows(logits, y)
    k = logits.shape[1]
    table = np.bincount(k * y + logits.argmax(1), minlength=k * k).reshape(k, k)
    return float(np.trace(table) / table.sum())


# -- train ----------------------------------------------------------------------------------------------------------


@alternative("train", style="array_split of a permutation", function="train_parts")
def split_permutation(params, function, data, epochs, batch, lr, mu, wd, rng):
    x, y = data
    state, steps, means = {}, [], []
    for _ in range(epochs):
        order = rng.permutation(len(x))
        parts = np.array_split(order, range(batch, len(x), batch))
        losses = []
        for part in parts:
            loss, grads = function(params, x[part], y[part])
            velocities_in_place(params, grads, state, lr, mu, wd)
            losses.append(float(loss))
        steps.extend(losses)
        means.append(float(np.average(losses, weights=[len(part) for part in parts])))
    return {"loss": steps, "epoch_loss": means}, params


@alternative("train", style="shuffled copies", function="train_parts")
def shuffled_copies(params, function, data, epochs, batch, lr, mu, wd, rng):
    x, y = data[0].copy(), data[1].copy()
    state, history = {}, {"epoch_loss": [], "loss": []}
    order = np.arange(len(x))
    for _ in range(epochs):
        rng.shuffle(order)
        x_now, y_now, sums = data[0][order], data[1][order], 0.0
        at = 0
        while at < len(x):
            loss, grads = function(params, x_now[at : at + batch], y_now[at : at + batch])
            first_step_apart(params, grads, state, lr, mu, wd)
            history["loss"].append(float(loss))
            sums += float(loss) * len(y[at : at + batch])
            at += batch
        history["epoch_loss"].append(sums / len(x))
    return history, params


@alternative("train", style="a generator of batches", function="train_parts")
def batches_from_a_generator(params, function, data, epochs, batch, lr, mu, wd, rng):
    def batches():
        keys = rng.random(len(data[0]))
        order = np.argsort(keys)
        for number in range(math.ceil(len(order) / batch)):
            chosen = order[number * batch : (number + 1) * batch]
            yield data[0][chosen], data[1][chosen]

    state, history = {}, {"loss": [], "epoch_loss": []}
    for _ in range(epochs):
        seen = []
        for x, y in batches():
            loss, grads = function(params, x, y)
            by_comprehensions(params, grads, state, lr, mu, wd)
            history["loss"].append(float(loss))
            seen += [float(loss)] * len(y)
        history["epoch_loss"].append(sum(seen) / len(seen))
    return history, params


@alternative("train", style="one loop over steps", function="train_parts")
def one_loop_over_steps(params, function, data, epochs, batch, lr, mu, wd, rng):
    n = len(data[0])
    per_epoch = -(-n // batch)
    state, losses, sums = {}, [], np.zeros(epochs)
    for step in range(epochs * per_epoch):
        epoch, place = divmod(step, per_epoch)
        if place == 0:
            order = rng.choice(n, n, replace=False)
        chosen = order[place * batch : place * batch + batch]
        loss, grads = function(params, data[0][chosen], data[1][chosen])
        written_through_slices(params, grads, state, lr, mu, wd)
        losses.append(float(loss))
        sums[epoch] += loss * len(chosen)
    return {"loss": losses, "epoch_loss": (sums / n).tolist()}, params


@alternative("train", style="another net and another schedule", function="train_lenet")
def larger_batches_of_larger_steps(data, x_new, rng):
    net = LayerByLayer(data[0].shape[1:], data[1].max() + 1, rng)

    def function(params, x, y):
        return net.loss(x, y)

    split_permutation(net.params, function, data, 7, 16, 0.008, 0.9, 0.0, rng)
    return np.array([int(np.argmax(row)) for row in net.forward(x_new)])
