"""Weights that others trained: torchvision's files fit AlexNet, VGG, ResNet, DenseNet and others by name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor, nn

# The files of torchvision's DenseNets are older than its names: norm.1 is norm1 today.
OLD_NAME = re.compile(r"(denselayer\d+\.(?:norm|conv))\.([12])\.")


def load_torchvision(network: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Copy weights into a network of the zoo by name.

    torchvision's names and layers are those of alexnet_owt (torchvision's alexnet), vgg_a, vgg_b, vgg_d and vgg_e
    (vgg11, vgg13, vgg16, vgg19), squeezenet, the ImageNet networks resnet18 to resnet152, wide_resnet50_2 and
    resnext50_32x4d, and densenet121, densenet169 and densenet201. torchvision's Inception networks differ.

    Args:
        network: Such a network, as `build` gives it.
        state: Names and weights, as `torch.load(file, weights_only=True)` gives them.

    Raises:
        ValueError: If a name or a shape does not fit; the message says which. The network is then as it was.
    """
    given = {OLD_NAME.sub(r"\1\2.", name): tensor for name, tensor in state.items()}
    own = network.state_dict()
    for name in own:  # older files do not have the number of batches that a batch normalisation saw
        if name.endswith("num_batches_tracked"):
            given.setdefault(name, own[name])
    missing, unknown = own.keys() - given.keys(), given.keys() - own.keys()
    if missing or unknown:
        raise ValueError(f"names differ: missing {_few(missing)}, unknown {_few(unknown)}")
    for name, tensor in given.items():
        if tensor.shape != own[name].shape:
            raise ValueError(f"{name} has shape {tuple(tensor.shape)}, expected {tuple(own[name].shape)}")
    network.load_state_dict(given)


def _few(names: set[str]) -> str:
    """Up to four of the names."""
    listing = ", ".join(sorted(names)[:4]) or "none"
    return f"{listing} and {len(names) - 4} more" if len(names) > 4 else listing
