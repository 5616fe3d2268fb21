"""Plots of the book: images and feature maps in a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from numpy.typing import NDArray


def show_maps(image: NDArray[Any], maps: Mapping[str, NDArray[Any]]) -> Figure:
    """An image in grey, then feature maps of it, all on one scale: blue below zero, white at zero, red above.

    Args:
        image: The image, shape (H, W).
        maps: Names and feature maps, shape (H', W') each, drawn from left to right.

    Raises:
        ValueError: If an array has not two dimensions, or there is no feature map.
    """
    for name, values in {"image": image, **maps}.items():
        if values.ndim != 2:
            raise ValueError(f"{name} has shape {values.shape}, expected two dimensions")
    if not maps:
        raise ValueError("no feature maps to show")
    largest = max(float(np.abs(values).max()) for values in maps.values())
    figure, axes = plt.subplots(1, len(maps) + 1, figsize=(6, 6 / (len(maps) + 1)), squeeze=False)
    axes[0, 0].imshow(image, cmap="gray", interpolation="nearest")
    for ax, values in zip(axes[0, 1:], maps.values(), strict=True):
        scaled = ax.imshow(values, cmap="RdBu_r", vmin=-largest, vmax=largest, interpolation="nearest")
    for ax, name in zip(axes[0], ["image", *maps], strict=True):
        ax.set(xticks=[], yticks=[], xlabel=name)
        ax.spines[:].set_visible(False)
    figure.colorbar(scaled, ax=list(axes[0, 1:]), shrink=0.7, label="response")
    return figure
