"""What excites a feature map: Zeiler & Fergus's way back from an inner map to the pixels."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.grad import conv2d_input


@torch.no_grad()
def deconv(features: nn.Sequential, x: Tensor, layer: int, channel: int) -> Tensor:
    """The pattern in one image that causes the strongest value of a map, drawn with the network's own kernels.

    On the way back a pooling puts each value where its maximum was (switches), a ReLU keeps positive values only, and
    a convolution is replaced by the transposed one without bias. Response normalisation is left out on the way back.
    Source: Zeiler & Fergus 2014, section 2.1.

    Args:
        features: Convolutions, ReLU, max pooling and response normalisation, such as `build("zfnet").features`.
        x: One image, shape (1, C, H, W).
        layer: Number of the layer in `features` whose map is shown.
        channel: Number of the map.

    Returns:
        Shape (1, C, H, W).

    Raises:
        ValueError: If `x` is not one image, or there is no such layer or map, or a layer is of another kind.
    """
    if len(x) != 1 or not 0 <= layer < len(features):
        raise ValueError(f"given {len(x)} images and layer {layer}, expected one and a layer below {len(features)}")
    inputs, switches = [], {}
    for i, module in enumerate(list(features.children())[: layer + 1]):
        inputs.append(x)
        if isinstance(module, nn.MaxPool2d):
            switches[i] = functional.max_pool2d(
                x, module.kernel_size, module.stride, module.padding, ceil_mode=module.ceil_mode, return_indices=True
            )[1]
        x = module(x.clone())  # some modules work in place
    if not 0 <= channel < x.shape[1]:
        raise ValueError(f"channel is {channel}, expected one below {x.shape[1]}")
    strongest = x[0, channel] == x[0, channel].max()
    y = torch.zeros_like(x)
    y[0, channel] = torch.where(strongest, x[0, channel], 0.0)
    for i in range(layer, -1, -1):
        y = _back(features[i], y, inputs[i], switches.get(i))
    return y


def _back(module: nn.Module, y: Tensor, x: Tensor, switch: Tensor | None) -> Tensor:
    """One layer backwards: from a map like its output to one like its input `x`."""
    if isinstance(module, nn.ReLU):
        return torch.relu(y)
    if isinstance(module, nn.LocalResponseNorm | nn.Dropout | nn.Identity):
        return y
    if switch is not None:
        plane = torch.zeros(*x.shape[:2], x.shape[2] * x.shape[3], dtype=x.dtype)
        return plane.scatter_reduce(2, switch.flatten(2), y.flatten(2), "amax", include_self=False).view_as(x)
    if isinstance(module, nn.Conv2d):
        kernels, stride, padding = module.weight, module.stride, module.padding
        result: Tensor = conv2d_input(x.shape, kernels, y, stride, padding, module.dilation, module.groups)  # type: ignore[no-untyped-call]
        return result
    ways = "convolution, ReLU, max pooling, response normalisation and dropout"
    raise ValueError(f"cannot go back through {type(module).__name__}, only through {ways}")
