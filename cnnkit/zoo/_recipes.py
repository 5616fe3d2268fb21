"""The networks that `cnnkit.zoo.compare` trains, each with the recipe that it is trained by.

What is the same for all:

- Images: each channel of each image with mean 0 and variance 1. Without that, VGG D, NiN and GoogLeNet stayed at
  chance for 120 to 150 steps.
- Weights of a network without batch normalisation are drawn as He et al. 2015 (PReLU) have it, linear layers included.
  Those of the scores are a tenth of that, and the scores begin at 1: NiN, SqueezeNet and All-CNN put them through a
  ReLU, and a class that begins below 0 for all images is never learnt. ConvNeXt's factors of 1e-6, made for hundreds of
  epochs, begin at 1.
- No dropout and no drop-path but in the network that is named after it: every image is seen once, so nothing can be
  learnt by heart.
- A learning rate that rises in the first fifth and falls to 0.

What differs is the optimiser and its highest rate, one recipe for each kind of network. They were chosen by the mean
training loss of the last tenth of 150 steps (or as many as the table says), with other images and weights (seed 1) than
those of the comparison:

===================================  ==========================  =====================================================
recipe                               for networks                measured
===================================  ==========================  =====================================================
`NORMALISED`: AdamW, rate 1e-2       with batch normalisation    3e-3 → 1e-2: Inception v2 1.47 → 1.36, DenseNet
                                                                 1.48 → 1.26, scattering 1.03 → 0.97; ResNet-18
                                                                 1.35 → 1.41
`BARE`: AdamW, rate 1e-3             without                     5e-4 → 1e-3, 250 steps: VGG A 1.60 → 1.48
`SMALL`: AdamW, rate 3e-3            LeNet-5, ConvNeXt           LeNet-5 learns more than with 1e-3; ConvNeXt 2.36 with
                                                                 1e-3 and 2.26 with 3e-3 (factors still of 1e-6)
`MOMENTUM`: momentum 0.9, rate 0.1,  MobileNet                   2.06 with `NORMALISED`, 1.59 with this
decay 1e-4
`GENTLE`: the same, rate 0.025       plain and residual          the rate 0.1 of the paper that compared them (He et al.
                                     networks of two depths      2016, section 4.2), as 32 is to its batches of 128
===================================  ==========================  =====================================================

`python -m cnnkit.zoo.compare --seed 1 --steps 150 --rate 3e-3 --only inception_v2 --out FOLDER` measures one of them.
With AdamW, gradients are shortened to length 1.

With the rate 0.1 the two depths were, in percent of training images wrong in the last tenth of 400 steps of seeds 0 and
1: plain 50 and 60 (20 layers), 85 and 82 (56 layers); residual 43 and 52 (20), 63 and 63 (56). A residual network of 56
layers then loses time at first, when its loss goes up; hence the rate of 0.025, at which it does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from cnnkit.data import CLASSES
from cnnkit.zoo import _registry
from cnnkit.zoo.convnext import LayerScale

BATCHES = nn.modules.batchnorm._BatchNorm


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes:
        momentum: Gradient descent with momentum; if not, AdamW.
        rate: Highest learning rate.
    """

    momentum: bool
    rate: float


NORMALISED, BARE, SMALL = Recipe(False, 1e-2), Recipe(False, 1e-3), Recipe(False, 3e-3)
MOMENTUM, GENTLE = Recipe(True, 0.1), Recipe(True, 0.025)


@dataclass(frozen=True)
class Entrant:
    """A network of the comparison.

    Attributes:
        family: What the plot calls it.
        recipe: How it is trained.
        name: Its name in the zoo.
        options: Those of `build`: a reduced width, mostly.
        side: Images are resized to this many pixels, for networks that shrink them at once.
        channels: 1 for grey images.
    """

    family: str
    recipe: Recipe
    name: str
    options: dict[str, Any] = field(default_factory=dict)
    side: int = 32
    channels: int = 3


FAMILIES = (
    Entrant("LeNet-5", SMALL, "lenet5_modern", {"in_channels": 3}),
    Entrant("AlexNet", BARE, "alexnet", {"width": 0.125, "image_size": 67}, 67),
    Entrant("AlexNet, 2 towers", BARE, "alexnet_two_towers", {"width": 0.125, "image_size": 67}, 67),
    Entrant("ZFNet", BARE, "zfnet", {"width": 0.125, "image_size": 64}, 64),
    Entrant("VGG A", BARE, "vgg_a", {"width": 0.125, "image_size": 32}),
    Entrant("VGG D", BARE, "vgg_d", {"width": 0.125, "image_size": 32}),
    Entrant("NiN", BARE, "nin", {"width": 0.25}, 16),  # codespell:ignore nin
    Entrant("GoogLeNet", BARE, "googlenet", {"width": 0.25, "image_size": 32}),
    Entrant("Inception v2", NORMALISED, "inception_v2", {"width": 0.25}),
    Entrant("Inception v3", NORMALISED, "inception_v3", {"width": 0.0625}, 75),
    Entrant("SqueezeNet", BARE, "squeezenet", {"width": 0.5}),
    Entrant("All-CNN-C", BARE, "all_cnn_c", {"width": 0.25}, 16),
    Entrant("ResNet-18", NORMALISED, "resnet18", {"width": 0.25}),
    Entrant("ResNet-50", NORMALISED, "resnet50", {"width": 0.125}),
    Entrant("ResNet-20, shortcuts A", NORMALISED, "resnet20", {"width": 0.5}, 16),
    Entrant("ResNet-20, shortcuts B", NORMALISED, "resnet20", {"width": 0.5, "option": "B"}, 16),
    Entrant("Pre-activation 20", NORMALISED, "preact_resnet110", {"depth": 20, "width": 0.5}, 16),
    Entrant("Wide ResNet 10-1", NORMALISED, "wide_resnet28_10", {"depth": 10, "width": 1}, 16),
    Entrant("ResNeXt-50", NORMALISED, "resnext50_32x4d", {"width": 0.125}),
    Entrant("Stochastic depth 20", NORMALISED, "resnet110_stochastic_depth", {"depth": 20, "width": 0.5}, 16),
    Entrant("DenseNet-BC 22", NORMALISED, "densenet_bc100", {"counts": (3, 3, 3), "stem": 16, "growth": 8}, 16),
    Entrant("FractalNet", NORMALISED, "fractalnet", {"width": 0.0625, "drop": 0.0}),
    Entrant("MobileNet v1", MOMENTUM, "mobilenet_v1", {"width": 0.25}, 64),
    Entrant("ConvNeXt", SMALL, "convnext_t", {"width": 0.25, "counts": (2, 2, 2, 2), "p": 0.0}),
    Entrant("Scattering, order 2", NORMALISED, "scattering2", {"scales": 2, "angles": 4}, channels=1),
    Entrant("p4", NORMALISED, "p4_cnn", {"channels": 6}, 28, 1),
    Entrant("p4m", NORMALISED, "p4m_cnn", {"channels": 4}, 28, 1),
)
DEPTHS = tuple(
    Entrant(f"{kind} {depth}", GENTLE, name, {"depth": depth, "width": 0.25, "option": option}, 16)
    for kind, name, option in (("plain", "plain20", "none"), ("residual", "resnet20", "A"))
    for depth in (20, 56)
)


def built(entrant: Entrant) -> nn.Module:
    """The network for ten classes, with the weights that it begins with, and without dropout."""
    network = _registry.build(entrant.name, num_classes=len(CLASSES), **entrant.options)
    modules = list(network.modules())
    for module in modules:
        if isinstance(module, nn.Dropout):
            module.p = 0.0
        if isinstance(module, LayerScale):
            nn.init.ones_(module.weight)
    if not any(isinstance(module, BATCHES) for module in modules):
        draw_weights([module for module in modules if isinstance(module, nn.Conv2d | nn.Linear)])
    return network


@torch.no_grad()
def draw_weights(layers: list[nn.Conv2d | nn.Linear]) -> None:
    """Draw the weights of a network's layers, of which the last one gives the scores."""
    for layer in layers:
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        if layer.bias is not None:
            nn.init.constant_(layer.bias, float(layer is layers[-1]))
    layers[-1].weight.mul_(0.1)


def optimizer_of(entrant: Entrant, network: nn.Module) -> torch.optim.Optimizer:
    """What trains the network; its learning rate is set before each step."""
    if entrant.recipe.momentum:
        return torch.optim.SGD(network.parameters(), entrant.recipe.rate, momentum=0.9, weight_decay=1e-4)
    return torch.optim.AdamW(network.parameters(), entrant.recipe.rate, weight_decay=0.01, fused=True)
