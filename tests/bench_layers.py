"""Times the reference solutions' layers against PyTorch's on one thread, on this machine, in one run.

Part of `make bench`. Both run in turns; the ratio of the medians is what counts. Beside them stands the rate at which
NumPy multiplies large matrices here, and what part of it the reference reaches.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

ROOT = Path(__file__).parents[1]
LAYERS = {  # name: (N, C, H, W), F, K, stride, padding
    "(64,3,32,32) to 32, 3x3": ((64, 3, 32, 32), 32, 3, 1, 1),
    "(32,64,28,28) to 64, 3x3": ((32, 64, 28, 28), 64, 3, 1, 1),
    "(32,256,14,14) to 256, 3x3": ((32, 256, 14, 14), 256, 3, 1, 1),
    "AlexNet's conv1, 16 images": ((16, 3, 227, 227), 96, 11, 4, 0),
}
POOLS = {  # name: (N, C, H, W), window, stride
    "max pooling (32,64,56,56), 2x2 / 2": ((32, 64, 56, 56), 2, 2),
    "max pooling (16,96,55,55), 3x3 / 2": ((16, 96, 55, 55), 3, 2),
}
ROUNDS = 7


def main() -> None:
    """Print the figures and keep them in _build/bench/layers.json."""
    figures = layers()
    for name, value in figures.items():
        print(f"{name:75} {value}")
    out = ROOT / "_build" / "bench"
    out.mkdir(parents=True, exist_ok=True)
    (out / "layers.json").write_text(json.dumps(figures, indent=1) + "\n")


def layers() -> dict[str, Any]:
    """All figures."""
    forward, backward, pool = (
        reference("04_conv_forward", "conv2d"),
        reference("05_conv_backward", "conv2d_backward"),
        reference("06_pooling", "max_pool2d"),
    )
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        peak = matrix_product_rate()
        figures: dict[str, Any] = {"matrix product, float32, Gflop/s": round(peak / 1e9, 1)}
        for name, (shape, kernels, size, stride, padding) in LAYERS.items():
            figures |= convolution(name, forward, backward, shape, kernels, size, stride, padding, peak)
        for name, (shape, size, stride) in POOLS.items():
            x = np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
            given = torch.from_numpy(x)
            ours, theirs = in_turns(
                lambda x=x, k=size, s=stride: pool(x, k, s),
                lambda g=given, k=size, s=stride: functional.max_pool2d(g, k, s, return_indices=True),
            )
            figures[f"{name}: forward, times PyTorch's"] = round(ours / theirs, 2)
    finally:
        torch.set_num_threads(threads)
    return figures


def reference(unit: str, name: str) -> Callable[..., Any]:
    """A function of a unit's solution."""
    path = ROOT / "solutions" / unit / f"{unit[3:]}.py"
    namespace: dict[str, Any] = {"__name__": path.stem}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), namespace)
    found: Callable[..., Any] = namespace[name]
    return found


def convolution(
    name: str, forward: Any, backward: Any, shape: Any, kernels: int, size: int, stride: int, padding: int, peak: float
) -> dict[str, Any]:
    """One layer's figures, forward and backward."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape, dtype=np.float32)
    w = rng.standard_normal((kernels, shape[1], size, size), dtype=np.float32)
    b = rng.standard_normal(kernels, dtype=np.float32)
    xt, wt, bt = (torch.from_numpy(value).requires_grad_() for value in (x, w, b))
    with torch.no_grad():
        ours, theirs = in_turns(
            lambda: forward(x, w, b, stride=stride, padding=padding),
            lambda: functional.conv2d(xt, wt, bt, stride, padding),
        )
    y = functional.conv2d(xt, wt, bt, stride, padding)
    upstream = torch.randn_like(y)
    dout = upstream.numpy()
    back, their_back = in_turns(
        lambda: backward(dout, x, w, stride=stride, padding=padding),
        lambda: torch.autograd.grad(y, (xt, wt, bt), upstream, retain_graph=True),
    )
    work = 2.0 * y.numel() * w[0].size
    return {
        f"{name}: forward, times PyTorch's": round(ours / theirs, 2),
        f"{name}: backward, times PyTorch's": round(back / their_back, 2),
        f"{name}: forward, part of the matrix product's rate": round(work / ours / peak, 2),
    }


def in_turns(ours: Callable[[], Any], theirs: Callable[[], Any]) -> tuple[float, float]:
    """Median seconds of both, run in turns."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS + 1):
        for function, taken in zip((ours, theirs), times, strict=True):
            started = time.perf_counter()
            function()
            taken.append(time.perf_counter() - started)
    return statistics.median(times[0][1:]), statistics.median(times[1][1:])


def matrix_product_rate(size: int = 1024) -> float:
    """Floating-point operations per second of NumPy's product of two large matrices, the best of several."""
    a = np.random.default_rng(0).standard_normal((size, size), dtype=np.float32)
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.perf_counter()
        a @ a
        best = min(best, time.perf_counter() - started)
    return 2.0 * size**3 / best


if __name__ == "__main__":
    main()
