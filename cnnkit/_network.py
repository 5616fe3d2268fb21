"""Activations, linear layers, the loss and normalisation of units 07 and 08, computed by torch on NumPy arrays."""

from __future__ import annotations

import numpy as np

from cnnkit._arrays import Array, array, float_type, tensor, with_axes, with_shape, working_type


def relu(x: Array) -> Array:
    """Each value, or 0 where it is negative.

    Args:
        x: Any shape.

    Returns:
        The same shape, a new array: of x's dtype if that is a float type, else float64.
    """
    with_axes("x", x, np.ndim(x))
    return array(tensor(x, working_type(x)).relu(), float_type(x))


def relu_backward(dout: Array, x: Array) -> Array:
    """The gradient of `relu`: the upstream gradient where x is positive, 0 elsewhere, at 0 too.

    Args:
        dout: Upstream gradient, of x's shape.
        x: Input of the forward pass.

    Returns:
        The same shape, a new array: of x's dtype if that is a float type, else float64.

    Raises:
        ValueError: If the shapes differ.
    """
    with_axes("x", x, np.ndim(x))
    with_shape("dout", dout, x.shape)
    work = working_type(x)
    return array(tensor(dout, work) * (tensor(x, work) > 0), float_type(x))


def linear(x: Array, w: Array, b: Array | None = None) -> Array:
    """The fully connected layer x wᵀ + b.

    Args:
        x: Inputs, shape (N, D).
        w: Weights, shape (M, D): one row for each output.
        b: Biases, shape (M,), or None for none.

    Returns:
        Shape (N, M), a new array: of x's dtype if that is a float type, else float64.

    Raises:
        ValueError: If x or w does not have 2 axes, or sizes do not fit together.
    """
    import torch

    check_linear(x, w)
    if b is not None:
        with_shape("b", b, (len(w),))
    work = working_type(x)
    bias = None if b is None else tensor(b, work)
    return array(torch.nn.functional.linear(tensor(x, work), tensor(w, work), bias), float_type(x))


def linear_backward(dout: Array, x: Array, w: Array) -> tuple[Array, Array, Array]:
    """The gradients of `linear`.

    Args:
        dout: Upstream gradient, shape (N, M).
        x: Inputs, shape (N, D).
        w: Weights, shape (M, D).

    Returns:
        (dx, dw, db) of the shapes of x, w and (M,), new arrays: of x's dtype if that is a float type, else float64.

    Raises:
        ValueError: If an argument does not have 2 axes, or sizes do not fit together.
    """
    check_linear(x, w)
    with_shape("dout", dout, (len(x), len(w)))
    work, result = working_type(x), float_type(x)
    upstream = tensor(dout, work)
    dx, dw = upstream @ tensor(w, work), upstream.T @ tensor(x, work)
    return array(dx, result), array(dw, result), array(upstream.sum(dim=0), result)


def check_linear(x: Array, w: Array) -> None:
    """Refuse inputs and weights that do not fit together.

    Raises:
        ValueError: If ranks are not 2 or the number of values differs.
    """
    values, expected = with_axes("x", x, 2).shape[1], with_axes("w", w, 2).shape[1]
    if values != expected:
        raise ValueError(f"x has {values} values a row but w expects {expected}")


def softmax_cross_entropy(logits: Array, y: Array) -> tuple[float, Array]:
    """The mean cross-entropy of the softmax of logits, and its gradient.

    Args:
        logits: Scores, shape (N, K).
        y: The right classes, whole numbers from 0 to K - 1, shape (N,).

    Returns:
        (loss, dlogits): the mean over the N rows as a float, and its gradient, shape (N, K), a new array: of the
        logits' dtype if that is a float type, else float64.

    Raises:
        ValueError: If logits does not have 2 axes, y does not have N whole numbers, a class is out of range, or N = 0.
    """
    import torch

    n, classes = with_axes("logits", logits, 2).shape
    with_shape("y", y, (n,))
    if n == 0 or y.dtype.kind not in "iu" or not 0 <= y.min() <= y.max() < classes:
        raise ValueError(f"y must hold {max(n, 1)} whole numbers from 0 to {classes - 1}, it is {kind_and_range(y)}")
    scores, right = tensor(logits, working_type(logits)), tensor(y, np.dtype(np.int64))
    loss = torch.nn.functional.cross_entropy(scores, right)
    dlogits = scores.softmax(dim=1)
    dlogits[torch.arange(n), right] -= 1
    return float(loss), array(dlogits / n, float_type(logits))


def kind_and_range(y: Array) -> str:
    """What labels hold, in words."""
    return f"{y.dtype} from {y.min()} to {y.max()}" if y.size else "empty"


def batchnorm2d_forward(
    x: Array,
    gamma: Array,
    beta: Array,
    state: dict[str, Array],
    train: bool = True,
    eps: float = 1e-5,
    momentum: float = 0.1,
) -> Array:
    """The channels normalised over the batch, then scaled by gamma and shifted by beta, as PyTorch does it.

    Args:
        x: Feature maps, shape (N, C, H, W).
        gamma: Scales, shape (C,).
        beta: Shifts, shape (C,).
        state: "running_mean" and "running_var", shape (C,) each. In training both arrays are changed in place:
            (1 - momentum) * running + momentum * batch, with the unbiased variance of the batch.
        train: Normalise by the batch's mean and biased variance; otherwise by the running ones.
        eps: Added to the variance, under the square root.
        momentum: Weight of the batch in the running statistics.

    Returns:
        Shape (N, C, H, W), a new array: of x's dtype if that is a float type, else float64.

    Raises:
        ValueError: If x does not have 4 axes; if another array does not have C values; in training, if a channel has
            one value only.
    """
    import torch

    running = check_batchnorm(x, {"gamma": gamma, "beta": beta, **statistics(state)}, train)[2:]
    work = working_type(x)
    images, scale, shift = (tensor(values, work) for values in (x, gamma, beta))
    mean, var = (tensor(values.copy(), work) for values in running)
    y, _, _ = torch.native_batch_norm(images, scale, shift, mean, var, train, momentum, eps)
    if train:
        for values, new in zip(running, (mean, var), strict=True):
            values[...] = new.numpy()
    return array(y, float_type(x))


def batchnorm2d_backward(
    dout: Array,
    x: Array,
    gamma: Array,
    state: dict[str, Array] | None = None,
    train: bool = True,
    eps: float = 1e-5,
) -> tuple[Array, Array, Array]:
    """The gradients of `batchnorm2d_forward`. What it needs of the forward pass it computes anew.

    Args:
        dout: Upstream gradient, shape (N, C, H, W).
        x: Feature maps of the forward pass, shape (N, C, H, W).
        gamma: Scales, shape (C,).
        state: "running_mean" and "running_var", shape (C,) each, where train is false; never changed.
        train: As in the forward pass.
        eps: As in the forward pass.

    Returns:
        (dx, dgamma, dbeta) of shapes (N, C, H, W), (C,) and (C,), new arrays: of x's dtype if that is a float type,
        else float64.

    Raises:
        ValueError: If x does not have 4 axes; if dout does not have x's shape; if another array does not have C
            values; if there is no state to normalise by; in training, if a channel has one value only.
    """
    import torch

    if not train and state is None:
        raise ValueError("state is None, expected running statistics: they normalise where train is false")
    known = {} if train or state is None else statistics(state)
    running = check_batchnorm(x, {"gamma": gamma, **known}, train)[1:]
    with_shape("dout", dout, x.shape)
    work = working_type(x)
    upstream, images, scale = (tensor(values, work) for values in (dout, x, gamma))
    mean, var = [tensor(values, work) for values in running] if running else (None, None)
    spread, centre = torch.var_mean(images, dim=(0, 2, 3), correction=0)
    batch = (centre, (spread + eps).rsqrt()) if train else (None, None)
    gradients = torch.ops.aten.native_batch_norm_backward(
        upstream, images, scale, mean, var, *batch, train, eps, (True, True, True)
    )
    dx, dgamma, dbeta = (array(gradient, float_type(x)) for gradient in gradients)
    return dx, dgamma, dbeta


def statistics(state: dict[str, Array]) -> dict[str, Array]:
    """The running statistics of a state, by name, in order.

    Raises:
        ValueError: If one is missing.
    """
    names = ("running_mean", "running_var")
    if missing := [name for name in names if name not in state]:
        raise ValueError(f"state has no {missing[0]}, only {', '.join(state) or 'nothing'}")
    return {name: state[name] for name in names}


def check_batchnorm(x: Array, values: dict[str, Array], train: bool) -> list[Array]:
    """The values of the channels, in order.

    Raises:
        ValueError: If x does not have 4 axes, an array does not have C values, or there is no variance to train with.
    """
    channels = with_axes("x", x, 4).shape[1]
    if train and x.size <= channels:
        raise ValueError(f"x has shape {x.shape}: one value a channel has no variance to train with")
    return [with_shape(name, array_, (channels,)) for name, array_ in values.items()]
