"""Every system that the course names, small enough to read, built by name and checked against its paper.

network = zoo.build("vgg_d", num_classes=10)
print(zoo.entry("vgg_d").published)
print(zoo.summary("vgg_d"))
"""

from cnnkit.zoo._registry import Entry, build, entry, names
from cnnkit.zoo._summary import Block, Stage, Summary, layers, stages, summary
from cnnkit.zoo._trace import Row, Window, layer_rows
from cnnkit.zoo._weights import load_torchvision
from cnnkit.zoo.alexnet import alexnet, alexnet_owt, alexnet_two_towers, zfnet
from cnnkit.zoo.convnext import ConvNeXt, ConvNeXtBlock
from cnnkit.zoo.deconvnet import deconv
from cnnkit.zoo.densenet import DenseLayer, densenet
from cnnkit.zoo.dilated import context, dilated_front_end
from cnnkit.zoo.equivariant import GroupCNN, GroupConv2d, gaussian_derivatives, steer
from cnnkit.zoo.fractalnet import FractalBlock, FractalNet
from cnnkit.zoo.inception import GoogLeNet, Inception
from cnnkit.zoo.inception_bn import FactorisedInception, InceptionV3, inception_v2
from cnnkit.zoo.lenet import LeNet5, lenet5_modern
from cnnkit.zoo.mobilenet import SeparableConv, mobilenet_v1
from cnnkit.zoo.neocognitron import CLayer, Neocognitron, SLayer
from cnnkit.zoo.network_in_network import NiNBlock, all_cnn_c, network_in_network
from cnnkit.zoo.resnet import BasicBlock, Bottleneck, PlainBlock, ResNet, gradient_norms, make_resnet
from cnnkit.zoo.resnet_later import PreActBlock, PreActBottleneck, PreActResNet, StochasticDepth
from cnnkit.zoo.scattering import Scattering, scattering
from cnnkit.zoo.squeezenet import Fire, squeezenet
from cnnkit.zoo.tdnn import TDNN
from cnnkit.zoo.vgg import vgg

__all__ = [
    "TDNN",
    "BasicBlock",
    "Block",
    "Bottleneck",
    "CLayer",
    "ConvNeXt",
    "ConvNeXtBlock",
    "DenseLayer",
    "Entry",
    "FactorisedInception",
    "Fire",
    "FractalBlock",
    "FractalNet",
    "GoogLeNet",
    "GroupCNN",
    "GroupConv2d",
    "Inception",
    "InceptionV3",
    "LeNet5",
    "Neocognitron",
    "NiNBlock",
    "PlainBlock",
    "PreActBlock",
    "PreActBottleneck",
    "PreActResNet",
    "ResNet",
    "Row",
    "SLayer",
    "Scattering",
    "SeparableConv",
    "Stage",
    "StochasticDepth",
    "Summary",
    "Window",
    "alexnet",
    "alexnet_owt",
    "alexnet_two_towers",
    "all_cnn_c",
    "build",
    "context",
    "deconv",
    "densenet",
    "dilated_front_end",
    "entry",
    "gaussian_derivatives",
    "gradient_norms",
    "inception_v2",
    "layer_rows",
    "layers",
    "lenet5_modern",
    "load_torchvision",
    "make_resnet",
    "mobilenet_v1",
    "names",
    "network_in_network",
    "scattering",
    "squeezenet",
    "stages",
    "steer",
    "summary",
    "vgg",
    "zfnet",
]
