"""Known wrong answers of unit 10. Each docstring is the sentence that a learner reads."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from autograder.testing import Mistakes

mistake = Mistakes()


# -- right building blocks, from which the wrong answers are made -------------------------------------------------


class ConvBnRelu(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, groups=1):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        return torch.relu(self.bn(self.conv(x)))


class NiNParts(nn.Module):
    def __init__(self, in_channels, out_channels, k, s=1, p=0):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, k, s, p)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 1)
        self.conv3 = nn.Conv2d(out_channels, out_channels, 1)

    def forward(self, x):
        return self.conv3(self.conv2(self.conv1(x).relu()).relu()).relu()


class InceptionParts(nn.Module):
    def __init__(self, in_channels, c1, c3r, c3, c5r, c5, pp):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, c1, 1)
        self.reduce3 = nn.Conv2d(in_channels, c3r, 1)
        self.conv3 = nn.Conv2d(c3r, c3, 3, padding=1)
        self.reduce5 = nn.Conv2d(in_channels, c5r, 1)
        self.conv5 = nn.Conv2d(c5r, c5, 5, padding=2)
        self.project = nn.Conv2d(in_channels, pp, 1)

    def pool(self, x):
        return functional.max_pool2d(x, 3, 1, 1)

    def first(self, x):
        return self.conv1(x).relu()

    def second(self, x):
        return self.conv3(self.reduce3(x).relu()).relu()

    def third(self, x):
        return self.conv5(self.reduce5(x).relu()).relu()

    def fourth(self, x):
        return self.project(self.pool(x)).relu()

    def branches(self, x):
        return self.first(x), self.second(x), self.third(x), self.fourth(x)

    def forward(self, x):
        return torch.cat(self.branches(x), 1)


class FactorisedParts(nn.Module):
    def __init__(self, in_channels, c1, cnr, cn, dnr, dn, pp, n=7):
        super().__init__()
        row, column = self.kernels(n)
        self.branch1 = ConvBnRelu(in_channels, c1, 1)
        second = [ConvBnRelu(in_channels, cnr, 1), ConvBnRelu(cnr, cnr, **row), ConvBnRelu(cnr, cn, **column)]
        third = [ConvBnRelu(in_channels, dnr, 1), ConvBnRelu(dnr, dnr, **column), ConvBnRelu(dnr, dnr, **row)]
        third += [ConvBnRelu(dnr, dnr, **column), ConvBnRelu(dnr, dn, **row)]
        self.branch2, self.branch3 = nn.Sequential(*second), nn.Sequential(*third)
        self.branch4 = ConvBnRelu(in_channels, pp, 1)

    def kernels(self, n):
        row = {"kernel_size": (1, n), "padding": (0, n // 2)}
        return row, {"kernel_size": (n, 1), "padding": (n // 2, 0)}

    def pool(self, x):
        return functional.avg_pool2d(x, 3, 1, 1)

    def branches(self, x):
        return self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(self.pool(x))

    def forward(self, x):
        return torch.cat(self.branches(x), 1)


class FireParts(nn.Module):
    def __init__(self, in_channels, s, e1, e3):
        super().__init__()
        self.squeeze = nn.Conv2d(in_channels, s, 1)
        self.expand1x1 = nn.Conv2d(s, e1, 1)
        self.expand3x3 = nn.Conv2d(s, e3, 3, padding=1)

    def squeezed(self, x):
        return self.squeeze(x).relu()

    def parts(self, x):
        y = self.squeezed(x)
        return self.expand1x1(y).relu(), self.expand3x3(y).relu()

    def forward(self, x):
        return torch.cat(self.parts(x), 1)


class SeparableParts(nn.Module):
    def __init__(self, in_channels, out_channels, k=3, stride=1):
        super().__init__()
        self.depthwise = ConvBnRelu(in_channels, in_channels, k, stride, k // 2, in_channels)
        self.pointwise = ConvBnRelu(in_channels, out_channels, 1)

    def forward(self, x):
        return self.pointwise(self.depthwise(x))


def without_biases(block):
    for layer in block.modules():
        if isinstance(layer, nn.Conv2d):
            layer.register_parameter("bias", None)


# -- NiNBlock: layers ---------------------------------------------------------------------------------------------


@mistake("nin-block", family="layers")
class NinAllKernelsLarge(NiNParts):
    """All three convolutions have kernels of k×k. Only the first has; the other two are 1×1 and see one position."""

    def __init__(self, in_channels, out_channels, k, s=1, p=0):
        super().__init__(in_channels, out_channels, k, s, p)
        self.conv2, self.conv3 = (nn.Conv2d(out_channels, out_channels, k, padding=k // 2) for _ in range(2))


@mistake("nin-block", family="layers")
class NinTwoConvolutions(NiNParts):
    """There is one 1×1 convolution behind the k×k one. The block has two of them, each with a ReLU."""

    def __init__(self, in_channels, out_channels, k, s=1, p=0):
        super().__init__(in_channels, out_channels, k, s, p)
        del self.conv3

    def forward(self, x):
        return self.conv2(self.conv1(x).relu()).relu()


@mistake("nin-block", family="layers")
class NinSameLayerTwice(NiNParts):
    """The same 1×1 convolution was used twice, under two names. They are two layers, each with its own parameters."""

    def __init__(self, in_channels, out_channels, k, s=1, p=0):
        super().__init__(in_channels, out_channels, k, s, p)
        self.conv3 = self.conv2


@mistake("nin-block", family="layers")
class NinWithoutBiases(NiNParts):
    """The convolutions have no biases. They do in this block, since no batch normalisation follows."""

    def __init__(self, in_channels, out_channels, k, s=1, p=0):
        super().__init__(in_channels, out_channels, k, s, p)
        without_biases(self)


@mistake("nin-block", family="layers")
class NinWithBatchNormalisation(NiNParts):
    """Batch normalisation was added. Network in Network is older than it: this block has three convolutions only."""

    def __init__(self, in_channels, out_channels, k, s=1, p=0):
        super().__init__(in_channels, out_channels, k, s, p)
        self.bn1 = nn.BatchNorm2d(out_channels)

    def forward(self, x):
        return self.conv3(self.conv2(self.bn1(self.conv1(x)).relu()).relu()).relu()


@mistake("nin-block", family="layers")
class NinMixesBeforeTheWindow(NiNParts):
    """The k×k convolution comes last. The window comes first, then the two 1×1 convolutions that mix its channels."""

    def __init__(self, in_channels, out_channels, k, s=1, p=0):
        super().__init__(in_channels, out_channels, 1)
        self.conv3 = nn.Conv2d(out_channels, out_channels, k, s, p)


@mistake("nin-block", family="layers")
class NinKeepsTheInputsChannels(NiNParts):
    """The 1×1 convolutions go on with in_channels. From the first convolution on there are out_channels channels."""

    def __init__(self, in_channels, out_channels, k, s=1, p=0):
        super().__init__(in_channels, out_channels, k, s, p)
        self.conv1 = nn.Conv2d(in_channels, in_channels, k, s, p)
        self.conv2 = nn.Conv2d(in_channels, in_channels, 1)
        self.conv3 = nn.Conv2d(in_channels, out_channels, 1)


@mistake("nin-block", family="layers")
class NinChannelsExchanged(NiNParts):
    """in_channels and out_channels were exchanged: nn.Conv2d takes the channels in first, then those out."""

    def __init__(self, in_channels, out_channels, k, s=1, p=0):
        super().__init__(out_channels, in_channels, k, s, p)


@mistake("nin-block", family="layers")
class NinLayersInAList(NiNParts):
    """The layers stand in a Python list, where nn.Module does not find them: they would not be trained. Make them
    attributes: self.conv1 and so on."""

    def __init__(self, in_channels, out_channels, k, s=1, p=0):
        super().__init__(in_channels, out_channels, k, s, p)
        self.layers = [self.conv1, self.conv2, self.conv3]
        del self.conv1, self.conv2, self.conv3

    def forward(self, x):
        for layer in self.layers:
            x = layer(x).relu()
        return x


@mistake("nin-block", family="layers")
class NinLayersNumbered(NiNParts):
    """The layers are in an nn.Sequential, so that their names have numbers. The tests load parameters by the names
    conv1, conv2 and conv3."""

    def __init__(self, in_channels, out_channels, k, s=1, p=0):
        super().__init__(in_channels, out_channels, k, s, p)
        first, second, third = self.conv1, self.conv2, self.conv3
        self.layers = nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), third, nn.ReLU())
        del self.conv1, self.conv2, self.conv3

    def forward(self, x):
        return self.layers(x)


# -- NiNBlock: values and gradients -------------------------------------------------------------------------------


@mistake("nin-block", family="values")
class NinNoReluAfterTheFirst(NiNParts):
    """There is no ReLU after the k×k convolution. Without it, this convolution and the next are one linear map."""

    def forward(self, x):
        return self.conv3(self.conv2(self.conv1(x)).relu()).relu()


@mistake("nin-block", family="values")
class NinNoReluAfterTheSecond(NiNParts):
    """There is no ReLU between the two 1×1 convolutions. Without it, they are one linear map."""

    def forward(self, x):
        return self.conv3(self.conv2(self.conv1(x).relu())).relu()


@mistake("nin-block", family="values")
class NinNoReluAtTheEnd(NiNParts):
    """The block ends without a ReLU. One comes after each of the three convolutions, the last one included."""

    def forward(self, x):
        return self.conv3(self.conv2(self.conv1(x).relu()).relu())


@mistake("nin-block", family="values")
class NinReluAtTheEndOnly(NiNParts):
    """There is one ReLU, at the end. One comes after each of the three convolutions."""

    def forward(self, x):
        return self.conv3(self.conv2(self.conv1(x))).relu()


@mistake("nin-block", family="values")
class NinNoRelu(NiNParts):
    """There is no ReLU at all. Three convolutions without anything between them are one linear map."""

    def forward(self, x):
        return self.conv3(self.conv2(self.conv1(x)))


@mistake("nin-block", family="values")
class NinReluFirst(NiNParts):
    """ReLU was applied to the maps that go in. It comes after each convolution, not before the first."""

    def forward(self, x):
        return super().forward(x.relu())


@mistake("nin-block", family="values")
class NinInputOverwritten(NiNParts):
    """The maps that go in were changed in place. Other layers may still need them: work on new tensors."""

    def forward(self, x):
        y = super().forward(x)
        x.relu_()
        return y


@mistake("nin-block", family="values")
class NinStrideIgnored(NiNParts):
    """The stride was left out. The first convolution has stride s."""

    def __init__(self, in_channels, out_channels, k, s=1, p=0):
        super().__init__(in_channels, out_channels, k, 1, p)


@mistake("nin-block", family="values")
class NinPaddingIgnored(NiNParts):
    """The padding was left out. The first convolution has padding p."""

    def __init__(self, in_channels, out_channels, k, s=1, p=0):
        super().__init__(in_channels, out_channels, k, s)


@mistake("nin-block", family="values")
class NinSizeAlwaysKept(NiNParts):
    """The padding was always k // 2. It is an argument, p, and 0 where it is not given."""

    def __init__(self, in_channels, out_channels, k, s=1, p=0):
        super().__init__(in_channels, out_channels, k, s, k // 2)


@mistake("nin-block", family="values")
class NinStrideInEachLayer(NiNParts):
    """All three convolutions have the stride. Only the first has it, or positions would be lost."""

    def __init__(self, in_channels, out_channels, k, s=1, p=0):
        super().__init__(in_channels, out_channels, k, s, p)
        self.conv2, self.conv3 = (nn.Conv2d(out_channels, out_channels, 1, s) for _ in range(2))


@mistake("nin-block", family="values")
class NinPaddingInEachLayer(NiNParts):
    """The 1×1 convolutions have the padding too. It is for the first convolution: behind it, it adds a frame whose
    values are the biases."""

    def __init__(self, in_channels, out_channels, k, s=1, p=0):
        super().__init__(in_channels, out_channels, k, s, p)
        self.conv2, self.conv3 = (nn.Conv2d(out_channels, out_channels, 1, 1, p) for _ in range(2))


@mistake("nin-block", family="values")
class NinStrideAtTheEnd(NiNParts):
    """The stride is in the last convolution. It belongs to the first, with the k×k kernel."""

    def __init__(self, in_channels, out_channels, k, s=1, p=0):
        super().__init__(in_channels, out_channels, k, 1, p)
        self.conv3 = nn.Conv2d(out_channels, out_channels, 1, s)

    def forward(self, x):
        return super().forward(x)[:, :, :-1, :-1] if self.conv3.stride[0] > 1 else super().forward(x)


@mistake("nin-block", family="values")
class NinWithAShortcut(NiNParts):
    """The result of the first convolution was added at the end. This block has no shortcut; that came two years
    later."""

    def forward(self, x):
        y = self.conv1(x).relu()
        return y + self.conv3(self.conv2(y).relu()).relu()


@mistake("nin-block", family="gradients")
class NinFirstResultDetached(NiNParts):
    """The result of the first convolution was detached (detach or .data): no gradient reaches conv1."""

    def forward(self, x):
        return self.conv3(self.conv2(self.conv1(x).relu().detach()).relu()).relu()


@mistake("nin-block", family="gradients")
class NinWithoutGradients(NiNParts):
    """forward runs under torch.no_grad(). Then nothing is recorded and the block cannot be trained."""

    def forward(self, x):
        with torch.no_grad():
            return super().forward(x)


@mistake("nin-block", family="gradients")
class NinInputDetached(NiNParts):
    """The maps that go in were detached. The layers before this block would get no gradient."""

    def forward(self, x):
        return super().forward(x.detach())


# -- Inception: layers --------------------------------------------------------------------------------------------


@mistake("inception", family="layers")
class NoReductions(InceptionParts):
    """The 3×3 and 5×5 kernels see all channels, without a reduction. The 1×1 convolutions before them save most of the
    work."""

    def __init__(self, in_channels, c1, c3r, c3, c5r, c5, pp):
        super().__init__(in_channels, c1, c3r, c3, c5r, c5, pp)
        del self.reduce3, self.reduce5
        self.conv3 = nn.Conv2d(in_channels, c3, 3, padding=1)
        self.conv5 = nn.Conv2d(in_channels, c5, 5, padding=2)

    def second(self, x):
        return self.conv3(x).relu()

    def third(self, x):
        return self.conv5(x).relu()


@mistake("inception", family="layers")
class ReductionAndKernelExchanged(InceptionParts):
    """c3r and c3, and c5r and c5, were exchanged. The reduction has c3r channels, what comes out of the branch c3."""

    def __init__(self, in_channels, c1, c3r, c3, c5r, c5, pp):
        super().__init__(in_channels, c1, c3, c3r, c5, c5r, pp)


@mistake("inception", family="layers")
class ThreeAndFiveExchanged(InceptionParts):
    """The channels of the 3×3 and of the 5×5 branch were exchanged. The arguments are c1, c3r, c3, c5r, c5, pp."""

    def __init__(self, in_channels, c1, c3r, c3, c5r, c5, pp):
        super().__init__(in_channels, c1, c5r, c5, c3r, c3, pp)


@mistake("inception", family="layers")
class ThirdKernelIsThreeByThree(InceptionParts):
    """Branch 3 has a kernel of 3×3. Its kernel is 5×5, with padding 2."""

    def __init__(self, in_channels, c1, c3r, c3, c5r, c5, pp):
        super().__init__(in_channels, c1, c3r, c3, c5r, c5, pp)
        self.conv5 = nn.Conv2d(c5r, c5, 3, padding=1)


@mistake("inception", family="layers")
class TwoThreesForAFive(InceptionParts):
    """Branch 3 has two 3×3 convolutions in place of one of 5×5. That is the later version of the block, with batch
    normalisation."""

    def __init__(self, in_channels, c1, c3r, c3, c5r, c5, pp):
        super().__init__(in_channels, c1, c3r, c3, c5r, c5, pp)
        self.conv5 = nn.Sequential(nn.Conv2d(c5r, c5, 3, padding=1), nn.Conv2d(c5, c5, 3, padding=1))


@mistake("inception", family="layers")
class PoolingNotProjected(InceptionParts):
    """There is no 1×1 convolution after pooling. Without it, each block would hand on all its channels and more."""

    def __init__(self, in_channels, c1, c3r, c3, c5r, c5, pp):
        super().__init__(in_channels, c1, c3r, c3, c5r, c5, pp)
        del self.project

    def fourth(self, x):
        return self.pool(x)


@mistake("inception", family="layers")
class InceptionWithoutBiases(InceptionParts):
    """The convolutions have no biases. They do in this block, since no batch normalisation follows."""

    def __init__(self, in_channels, c1, c3r, c3, c5r, c5, pp):
        super().__init__(in_channels, c1, c3r, c3, c5r, c5, pp)
        without_biases(self)


@mistake("inception", family="layers")
class BranchesInAList(InceptionParts):
    """The layers stand in a Python list, where nn.Module does not find them. Make each an attribute of its own."""

    def __init__(self, in_channels, c1, c3r, c3, c5r, c5, pp):
        super().__init__(in_channels, c1, c3r, c3, c5r, c5, pp)
        self.layers = list(self.children())
        for name in ("conv1", "reduce3", "conv3", "reduce5", "conv5", "project"):
            delattr(self, name)

    def branches(self, x):
        conv1, reduce3, conv3, reduce5, conv5, project = self.layers
        return conv1(x), conv3(reduce3(x).relu()), conv5(reduce5(x).relu()), project(self.pool(x))


@mistake("inception", family="layers")
class ProjectionSeesThePaddedKernel(InceptionParts):
    """The projection after pooling has a kernel of 3×3. It is a 1×1 convolution; the pooling has the 3×3 window."""

    def __init__(self, in_channels, c1, c3r, c3, c5r, c5, pp):
        super().__init__(in_channels, c1, c3r, c3, c5r, c5, pp)
        self.project = nn.Conv2d(in_channels, pp, 3, padding=1)


# -- Inception: values --------------------------------------------------------------------------------------------


@mistake("inception", family="values")
class StackedAlongTheBatch(InceptionParts):
    """The branches were stacked along the images (dim=0). Channels are axis 1."""

    def forward(self, x):
        return torch.cat(self.branches(x), 0)


@mistake("inception", family="values")
class StackedAlongRows(InceptionParts):
    """The branches were stacked along the rows (dim=2). Channels are axis 1."""

    def forward(self, x):
        return torch.cat(self.branches(x), 2)


@mistake("inception", family="values")
class StackedAlongColumns(InceptionParts):
    """The branches were stacked along the columns (dim=3 or -1). Channels are axis 1."""

    def forward(self, x):
        return torch.cat(self.branches(x), -1)


@mistake("inception", family="values")
class BranchesAdded(InceptionParts):
    """The branches were added up. Their maps are stacked: each branch has channels of its own."""

    def forward(self, x):
        return sum(self.branches(x))


@mistake("inception", family="values")
class BranchesInReverse(InceptionParts):
    """The branches were stacked in reverse. The order is 1×1, 3×3, 5×5, pooling."""

    def forward(self, x):
        return torch.cat(self.branches(x)[::-1], 1)


@mistake("inception", family="values")
class PoolingBranchFirst(InceptionParts):
    """The pooling branch was put first. The order is 1×1, 3×3, 5×5, pooling."""

    def forward(self, x):
        first, second, third, fourth = self.branches(x)
        return torch.cat([fourth, first, second, third], 1)


@mistake("inception", family="values")
class FiveBeforeThree(InceptionParts):
    """The 5×5 branch was put before the 3×3 branch. The order is 1×1, 3×3, 5×5, pooling."""

    def forward(self, x):
        first, second, third, fourth = self.branches(x)
        return torch.cat([first, third, second, fourth], 1)


@mistake("inception", family="values")
class FirstBranchLast(InceptionParts):
    """The 1×1 branch was put last. The order is 1×1, 3×3, 5×5, pooling."""

    def forward(self, x):
        first, second, third, fourth = self.branches(x)
        return torch.cat([second, third, fourth, first], 1)


@mistake("inception", family="values")
class PoolingBeforeTheFives(InceptionParts):
    """The pooling branch was put before the 5×5 branch. The order is 1×1, 3×3, 5×5, pooling."""

    def forward(self, x):
        first, second, third, fourth = self.branches(x)
        return torch.cat([first, second, fourth, third], 1)


@mistake("inception", family="values")
class NoReluAfterReductions(InceptionParts):
    """There is no ReLU after the 1×1 reductions. Without it, a reduction and its kernel are one linear map."""

    def second(self, x):
        return self.conv3(self.reduce3(x)).relu()

    def third(self, x):
        return self.conv5(self.reduce5(x)).relu()


@mistake("inception", family="values")
class NoReluAfterTheFirstReduction(InceptionParts):
    """There is no ReLU after the reduction before the 3×3 kernel. Without it, the two are one linear map."""

    def second(self, x):
        return self.conv3(self.reduce3(x)).relu()


@mistake("inception", family="values")
class NoReluAfterTheSecondReduction(InceptionParts):
    """There is no ReLU after the reduction before the 5×5 kernel. Without it, the two are one linear map."""

    def third(self, x):
        return self.conv5(self.reduce5(x).clone()).relu()


@mistake("inception", family="values")
class NoReluAfterBranches(InceptionParts):
    """The branches end without a ReLU. One comes after every convolution, the last of each branch included."""

    def branches(self, x):
        y3, y5 = self.reduce3(x).relu(), self.reduce5(x).relu()
        return self.conv1(x), self.conv3(y3), self.conv5(y5), self.project(self.pool(x))


@mistake("inception", family="values")
class NoReluAfterOneByOne(InceptionParts):
    """The 1×1 branch ends without a ReLU. One comes after every convolution."""

    def first(self, x):
        return self.conv1(x)


@mistake("inception", family="values")
class NoReluAfterProjection(InceptionParts):
    """There is no ReLU after the projection of the pooling branch. One comes after every convolution."""

    def fourth(self, x):
        return self.project(self.pool(x))


@mistake("inception", family="values")
class NoReluAnywhere(InceptionParts):
    """There is no ReLU at all. One comes after each of the six convolutions."""

    def branches(self, x):
        y3, y5 = self.conv3(self.reduce3(x)), self.conv5(self.reduce5(x))
        return self.conv1(x), y3, y5, self.project(self.pool(x))


@mistake("inception", family="values")
class PoolingWithoutPadding(InceptionParts):
    """The pooling branch has no padding: its maps are two rows and columns smaller and cannot be stacked with the
    others. Pooling needs stride=1 and padding=1."""

    def pool(self, x):
        return functional.max_pool2d(x, 3, 1)


@mistake("inception", family="values")
class KernelsWithoutPadding(InceptionParts):
    """The 3×3 and 5×5 convolutions have no padding, so that their maps are smaller than those of the 1×1 branch and
    cannot be stacked with them. They need padding 1 and 2."""

    def __init__(self, in_channels, c1, c3r, c3, c5r, c5, pp):
        super().__init__(in_channels, c1, c3r, c3, c5r, c5, pp)
        self.conv3.padding = self.conv5.padding = (0, 0)


@mistake("inception", family="values")
class PoolingWithItsOwnStride(InceptionParts):
    """The pooling has stride 3, which is what torch takes where none is given. It needs stride=1 to keep the size."""

    def pool(self, x):
        return functional.max_pool2d(x, 3, padding=1)


@mistake("inception", family="values")
class AverageForMaximum(InceptionParts):
    """The pooling branch takes averages. In GoogLeNet it takes the maximum of 3×3 values."""

    def pool(self, x):
        return functional.avg_pool2d(x, 3, 1, 1)


@mistake("inception", family="values")
class ZerosAroundTheMaximum(InceptionParts):
    """Zeros were put around the maps before pooling. Where all values are negative, the zeros win: pass padding=1 to
    the pooling, which pads with −∞."""

    def pool(self, x):
        return functional.max_pool2d(functional.pad(x, (1, 1, 1, 1)), 3, 1)


@mistake("inception", family="values")
class NoPooling(InceptionParts):
    """The fourth branch does not pool: it is a 1×1 convolution like the first. The maximum over 3×3 comes before it."""

    def pool(self, x):
        return x


@mistake("inception", family="values")
class ProjectedBeforePooling(InceptionParts):
    """The fourth branch projects first and pools then. The maximum comes first, the 1×1 convolution after it."""

    def fourth(self, x):
        return self.pool(self.project(x).relu())


@mistake("inception", family="values")
class PoolingWindowOfFive(InceptionParts):
    """The pooling window is 5×5. In this block it is 3×3, with stride 1 and padding 1."""

    def pool(self, x):
        return functional.max_pool2d(x, 5, 1, 2)


@mistake("inception", family="values")
class OneReductionForBoth(InceptionParts):
    """The 5×5 kernel sees the reduction of the 3×3 branch. Each branch has its own reduction."""

    def third(self, x):
        return self.conv5(self.reduce3(x).relu()).relu()


@mistake("inception", family="values")
class ReluOfTheInput(InceptionParts):
    """ReLU was applied to the maps that go in. It comes after each convolution, not before."""

    def forward(self, x):
        return super().forward(x.relu())


@mistake("inception", family="values")
class ReluInPlaceOfTheInput(InceptionParts):
    """ReLU was applied in place to the maps that go in, which changes them for everyone else who holds them."""

    def forward(self, x):
        return super().forward(x.relu_())


# -- Inception: gradients -----------------------------------------------------------------------------------------


@mistake("inception", family="gradients")
class PoolingBranchDetached(InceptionParts):
    """The pooling branch was detached: no gradient goes through it, and its projection never learns."""

    def fourth(self, x):
        return super().fourth(x).detach()


@mistake("inception", family="gradients")
class FirstBranchDetached(InceptionParts):
    """The 1×1 branch was detached: no gradient goes through it, and conv1 never learns."""

    def first(self, x):
        return super().first(x).detach()


@mistake("inception", family="gradients")
class ReductionsDetached(InceptionParts):
    """The reduced maps were detached (detach or .data): reduce3 and reduce5 never learn."""

    def second(self, x):
        return self.conv3(self.reduce3(x).relu().data).relu()

    def third(self, x):
        return self.conv5(self.reduce5(x).relu().data).relu()


@mistake("inception", family="gradients")
class InceptionInputDetached(InceptionParts):
    """The maps that go in were detached. The layers before this block would get no gradient."""

    def forward(self, x):
        return super().forward(x.detach())


@mistake("inception", family="gradients")
class InceptionWithoutGradients(InceptionParts):
    """forward runs under torch.no_grad(). Then nothing is recorded and the block cannot be trained."""

    def forward(self, x):
        with torch.no_grad():
            return super().forward(x)


# -- FactorisedInception ------------------------------------------------------------------------------------------


@mistake("factorised-inception", family="layers")
class SquareKernels(FactorisedParts):
    """The kernels are n×n. This block is about the pair 1×n and n×1, which has 2n weights in place of n²."""

    def kernels(self, n):
        square = {"kernel_size": n, "padding": n // 2}
        return square, square


@mistake("factorised-inception", family="layers")
class RowsAndColumnsExchanged(FactorisedParts):
    """1×n and n×1 were exchanged. Branch 2 has 1×n first, branch 3 n×1; a 1×n kernel has one row and n columns."""

    def kernels(self, n):
        return super().kernels(n)[::-1]


@mistake("factorised-inception", family="layers")
class KernelsAlwaysOfSeven(FactorisedParts):
    """The kernels have the length 7 whatever n is. n is an argument, and 7 only its default."""

    def kernels(self, n):
        return super().kernels(7)


@mistake("factorised-inception", family="layers")
class DefaultLengthThree(FactorisedParts):
    """The kernels have the length 3 where n is not given. The default is 7."""

    def __init__(self, in_channels, c1, cnr, cn, dnr, dn, pp, n=3):
        super().__init__(in_channels, c1, cnr, cn, dnr, dn, pp, n)


@mistake("factorised-inception", family="layers")
class ThirdBranchTooShort(FactorisedParts):
    """Branch 3 has one pair of long kernels, as branch 2. It has two pairs: n×1, 1×n, n×1, 1×n."""

    def __init__(self, in_channels, c1, cnr, cn, dnr, dn, pp, n=7):
        super().__init__(in_channels, c1, cnr, cn, dnr, dn, pp, n)
        self.branch3 = nn.Sequential(self.branch3[0], self.branch3[1], self.branch3[4])


@mistake("factorised-inception", family="layers")
class ChannelsGrowTooEarly(FactorisedParts):
    """The first long kernel of branch 2 has cn channels already. Inside the branch there are cnr, cn come out of the
    last layer."""

    def __init__(self, in_channels, c1, cnr, cn, dnr, dn, pp, n=7):
        super().__init__(in_channels, c1, cnr, cn, dnr, dn, pp, n)
        row, column = self.kernels(n)
        self.branch2[1], self.branch2[2] = ConvBnRelu(cnr, cn, **row), ConvBnRelu(cn, cn, **column)


@mistake("factorised-inception", family="layers")
class InnerAndOuterChannelsExchanged(FactorisedParts):
    """cnr and cn, and dnr and dn, were exchanged. The inner layers have cnr and dnr channels, cn and dn come out."""

    def __init__(self, in_channels, c1, cnr, cn, dnr, dn, pp, n=7):
        super().__init__(in_channels, c1, cn, cnr, dn, dnr, pp, n)


@mistake("factorised-inception", family="values")
class FactorisedInReverse(FactorisedParts):
    """The branches were stacked in reverse. The order is that of the table, 1 to 4."""

    def forward(self, x):
        return torch.cat(self.branches(x)[::-1], 1)


@mistake("factorised-inception", family="values")
class SecondAndThirdExchanged(FactorisedParts):
    """Branch 3 was put before branch 2. The order is that of the table, 1 to 4."""

    def forward(self, x):
        first, second, third, fourth = self.branches(x)
        return torch.cat([first, third, second, fourth], 1)


@mistake("factorised-inception", family="values")
class FactorisedAlongTheBatch(FactorisedParts):
    """The branches were stacked along the images (dim=0). Channels are axis 1."""

    def forward(self, x):
        return torch.cat(self.branches(x), 0)


@mistake("factorised-inception", family="values")
class MaximumForAverage(FactorisedParts):
    """The pooling branch takes the maximum. In this block it takes the average of 3×3 values."""

    def pool(self, x):
        return functional.max_pool2d(x, 3, 1, 1)


@mistake("factorised-inception", family="values")
class ZerosNotCounted(FactorisedParts):
    """At the border, the average was taken over the values that are there. Here the zeros of the padding count: always
    divide by 9."""

    def pool(self, x):
        return functional.avg_pool2d(x, 3, 1, 1, count_include_pad=False)


@mistake("factorised-inception", family="values")
class NothingAveraged(FactorisedParts):
    """The fourth branch does not pool. The average over 3×3 comes before its 1×1 convolution."""

    def pool(self, x):
        return x


@mistake("factorised-inception", family="values")
class AverageAfterProjection(FactorisedParts):
    """The fourth branch averages last. The average comes first, then convolution, normalisation and ReLU."""

    def branches(self, x):
        return self.branch1(x), self.branch2(x), self.branch3(x), self.pool(self.branch4(x))


@mistake("factorised-inception", family="values")
class AverageWithoutPadding(FactorisedParts):
    """The average has no padding: its maps are smaller and cannot be stacked with the others. It needs padding=1."""

    def pool(self, x):
        return functional.avg_pool2d(x, 3, 1)


@mistake("factorised-inception", family="values")
class PaddingInTheWrongDirection(FactorisedParts):
    """The long kernels are padded across their length, so that the maps change their size. A 1×n kernel needs n // 2
    zeros on the left and on the right: padding=(0, n // 2)."""

    def kernels(self, n):
        row, column = super().kernels(n)
        return {**row, "padding": column["padding"]}, {**column, "padding": row["padding"]}


@mistake("factorised-inception", family="values")
class AlwaysInTrainMode(FactorisedParts):
    """Batch normalisation uses the statistics of the batch in eval mode too. In eval mode it uses the running ones."""

    def forward(self, x):
        self.train()
        return super().forward(x)


@mistake("factorised-inception", family="values")
class NormalisedTwice(FactorisedParts):
    """The block was run twice in a forward pass, so that the running statistics moved twice."""

    def forward(self, x):
        super().forward(x)
        return super().forward(x)


@mistake("factorised-inception", family="gradients")
class AverageDetached(FactorisedParts):
    """The pooling branch was detached: no gradient goes through it, and branch4 never learns."""

    def branches(self, x):
        *others, last = super().branches(x)
        return *others, last.detach()


@mistake("factorised-inception", family="gradients")
class LongBranchesDetached(FactorisedParts):
    """The long branches were detached: no gradient goes through them, and branch2 and branch3 never learn."""

    def branches(self, x):
        first, second, third, last = super().branches(x)
        return first, second.detach(), third.detach(), last


@mistake("factorised-inception", family="gradients")
class FactorisedWithoutGradients(FactorisedParts):
    """forward runs under torch.no_grad(). Then nothing is recorded and the block cannot be trained."""

    def forward(self, x):
        with torch.no_grad():
            return super().forward(x)


# -- Fire ---------------------------------------------------------------------------------------------------------


@mistake("fire", family="layers")
class ExpandsTheInput(FireParts):
    """The expansions see the maps that go in. They see the squeezed maps, which is what makes the block small."""

    def __init__(self, in_channels, s, e1, e3):
        super().__init__(in_channels, s, e1, e3)
        self.expand1x1 = nn.Conv2d(in_channels, e1, 1)
        self.expand3x3 = nn.Conv2d(in_channels, e3, 3, padding=1)

    def squeezed(self, x):
        return x


@mistake("fire", family="layers")
class ExpansionsExchanged(FireParts):
    """e1 and e3 were exchanged. The 1×1 expansion has e1 channels, the 3×3 expansion e3."""

    def __init__(self, in_channels, s, e1, e3):
        super().__init__(in_channels, s, e3, e1)


@mistake("fire", family="layers")
class SqueezesWithThreeByThree(FireParts):
    """The squeeze has a kernel of 3×3. It is a 1×1 convolution: it mixes channels and sees no neighbours."""

    def __init__(self, in_channels, s, e1, e3):
        super().__init__(in_channels, s, e1, e3)
        self.squeeze = nn.Conv2d(in_channels, s, 3, padding=1)


@mistake("fire", family="layers")
class ExpansionsInARow(FireParts):
    """The 3×3 expansion sees the result of the 1×1 expansion. Both see the squeezed maps, side by side."""

    def __init__(self, in_channels, s, e1, e3):
        super().__init__(in_channels, s, e1, e3)
        self.expand3x3 = nn.Conv2d(e1, e3, 3, padding=1)

    def parts(self, x):
        y = self.expand1x1(self.squeezed(x)).relu()
        return y, self.expand3x3(y).relu()


@mistake("fire", family="layers")
class FireWithoutBiases(FireParts):
    """The convolutions have no biases. They do in this block, since no batch normalisation follows."""

    def __init__(self, in_channels, s, e1, e3):
        super().__init__(in_channels, s, e1, e3)
        without_biases(self)


@mistake("fire", family="layers")
class BothExpansionsOneByOne(FireParts):
    """Both expansions have kernels of 1×1. The second has 3×3: without it, no value would see a neighbour."""

    def __init__(self, in_channels, s, e1, e3):
        super().__init__(in_channels, s, e1, e3)
        self.expand3x3 = nn.Conv2d(s, e3, 1)


@mistake("fire", family="values")
class ThreeByThreeFirst(FireParts):
    """The 3×3 expansion was put first. The order is 1×1, then 3×3."""

    def forward(self, x):
        return torch.cat(self.parts(x)[::-1], 1)


@mistake("fire", family="values")
class NoReluAfterSqueeze(FireParts):
    """There is no ReLU after the squeeze. Without it, the squeeze and an expansion are one linear map."""

    def squeezed(self, x):
        return self.squeeze(x)


@mistake("fire", family="values")
class NoReluAfterExpansions(FireParts):
    """The expansions end without a ReLU. One comes after each of the three convolutions."""

    def parts(self, x):
        y = self.squeezed(x)
        return self.expand1x1(y), self.expand3x3(y)


@mistake("fire", family="values")
class ReluAfterThreeByThreeOnly(FireParts):
    """The 1×1 expansion ends without a ReLU. One comes after each of the three convolutions."""

    def parts(self, x):
        y = self.squeezed(x)
        return self.expand1x1(y), self.expand3x3(y).relu()


@mistake("fire", family="values")
class ReluAfterOneByOneOnly(FireParts):
    """The 3×3 expansion ends without a ReLU. One comes after each of the three convolutions."""

    def parts(self, x):
        y = self.squeezed(x)
        return self.expand1x1(y).relu(), self.expand3x3(y)


@mistake("fire", family="values")
class NoReluInFire(FireParts):
    """There is no ReLU at all. One comes after each of the three convolutions."""

    def forward(self, x):
        y = self.squeeze(x)
        return torch.cat([self.expand1x1(y), self.expand3x3(y)], 1)


@mistake("fire", family="values")
class ExpansionsAdded(FireParts):
    """The expansions were added up. They are stacked: e1 + e3 channels come out."""

    def forward(self, x):
        return sum(self.parts(x))


@mistake("fire", family="values")
class ExpansionsAlongTheBatch(FireParts):
    """The expansions were stacked along the images (dim=0). Channels are axis 1."""

    def forward(self, x):
        return torch.cat(self.parts(x), 0)


@mistake("fire", family="values")
class ExpansionsAlongRows(FireParts):
    """The expansions were stacked along the rows (dim=2). Channels are axis 1."""

    def forward(self, x):
        return torch.cat(self.parts(x), 2)


@mistake("fire", family="values")
class ExpansionWithoutPadding(FireParts):
    """The 3×3 expansion has no padding: its maps are smaller than those of the 1×1 expansion and cannot be stacked with
    them. It needs padding=1."""

    def __init__(self, in_channels, s, e1, e3):
        super().__init__(in_channels, s, e1, e3)
        self.expand3x3.padding = (0, 0)


@mistake("fire", family="values")
class FireInputOverwritten(FireParts):
    """The maps that go in were changed in place. Other layers may still need them: work on new tensors."""

    def forward(self, x):
        y = super().forward(x)
        x.relu_()
        return y


@mistake("fire", family="gradients")
class SqueezeDetached(FireParts):
    """The squeezed maps were detached: no gradient reaches the squeeze, it never learns."""

    def squeezed(self, x):
        return super().squeezed(x).detach()


@mistake("fire", family="gradients")
class OneExpansionDetached(FireParts):
    """The 1×1 expansion was detached: no gradient goes through it, and expand1x1 never learns."""

    def parts(self, x):
        first, second = super().parts(x)
        return first.detach(), second


@mistake("fire", family="gradients")
class FireWithoutGradients(FireParts):
    """forward runs under torch.no_grad(). Then nothing is recorded and the block cannot be trained."""

    def forward(self, x):
        with torch.no_grad():
            return super().forward(x)


# -- SeparableConv ------------------------------------------------------------------------------------------------


@mistake("separable-conv", family="layers")
class NotDepthwise(SeparableParts):
    """The first convolution has one group: each of its kernels sees all channels. It needs as many groups as
    channels."""

    def __init__(self, in_channels, out_channels, k=3, stride=1):
        super().__init__(in_channels, out_channels, k, stride)
        self.depthwise = ConvBnRelu(in_channels, in_channels, k, stride, k // 2)


@mistake("separable-conv", family="layers")
class OneKernelForAllChannels(SeparableParts):
    """The depthwise convolution gives one map only. It has one kernel, and one map out, for each channel in."""

    def __init__(self, in_channels, out_channels, k=3, stride=1):
        super().__init__(in_channels, out_channels, k, stride)
        self.depthwise = ConvBnRelu(in_channels, 1, k, stride, k // 2)
        self.pointwise = ConvBnRelu(1, out_channels, 1)


@mistake("separable-conv", family="layers")
class PointwiseFirst(SeparableParts):
    """The pointwise convolution comes first. The depthwise one does, on in_channels channels."""

    def __init__(self, in_channels, out_channels, k=3, stride=1):
        super().__init__(in_channels, out_channels, k, stride)
        self.depthwise = ConvBnRelu(out_channels, out_channels, k, stride, k // 2, out_channels)

    def forward(self, x):
        return self.depthwise(self.pointwise(x))


@mistake("separable-conv", family="layers")
class AlwaysThreeByThree(SeparableParts):
    """The depthwise kernels are 3×3 whatever k is. k is an argument, and 3 only its default."""

    def __init__(self, in_channels, out_channels, k=3, stride=1):
        super().__init__(in_channels, out_channels, 3, stride)


@mistake("separable-conv", family="layers")
class PointwiseWithTheLargeKernel(SeparableParts):
    """The pointwise convolution has kernels of k×k. It is 1×1: it mixes channels and sees no neighbours."""

    def __init__(self, in_channels, out_channels, k=3, stride=1):
        super().__init__(in_channels, out_channels, k, stride)
        self.pointwise = ConvBnRelu(in_channels, out_channels, k, 1, k // 2)


@mistake("separable-conv", family="layers")
class OneNormalisation(SeparableParts):
    """The depthwise convolution has no batch normalisation. One follows each of the two convolutions."""

    def __init__(self, in_channels, out_channels, k=3, stride=1):
        super().__init__(in_channels, out_channels, k, stride)
        self.depthwise.bn = nn.Identity()


@mistake("separable-conv", family="layers")
class BiasBeforeNormalisation(SeparableParts):
    """The convolutions have biases. Batch normalisation subtracts the mean, and a bias with it: it would do nothing."""

    def __init__(self, in_channels, out_channels, k=3, stride=1):
        super().__init__(in_channels, out_channels, k, stride)
        self.depthwise.conv = nn.Conv2d(in_channels, in_channels, k, stride, k // 2, groups=in_channels)
        self.pointwise.conv = nn.Conv2d(in_channels, out_channels, 1)


@mistake("separable-conv", family="values")
class PointwiseAppliedFirst(SeparableParts):
    """The pointwise convolution comes first in forward. The depthwise one takes the maps that go in, the pointwise one
    what comes out of it."""

    def forward(self, x):
        return self.depthwise(self.pointwise(x))


@mistake("separable-conv", family="values")
class StrideInThePointwise(SeparableParts):
    """The stride is in the pointwise convolution. The depthwise one has it; what it skips need not be computed."""

    def __init__(self, in_channels, out_channels, k=3, stride=1):
        super().__init__(in_channels, out_channels, k, 1)
        self.pointwise = ConvBnRelu(in_channels, out_channels, 1, stride)


@mistake("separable-conv", family="values")
class StrideInBoth(SeparableParts):
    """Both convolutions have the stride, so that the size shrinks twice. Only the depthwise one has it."""

    def __init__(self, in_channels, out_channels, k=3, stride=1):
        super().__init__(in_channels, out_channels, k, stride)
        self.pointwise = ConvBnRelu(in_channels, out_channels, 1, stride)


@mistake("separable-conv", family="values")
class SeparableStrideIgnored(SeparableParts):
    """The stride was left out. The depthwise convolution has it."""

    def __init__(self, in_channels, out_channels, k=3, stride=1):
        super().__init__(in_channels, out_channels, k)


@mistake("separable-conv", family="values")
class SeparableWithoutPadding(SeparableParts):
    """The depthwise convolution has no padding. With padding k // 2 it keeps the size at stride 1."""

    def __init__(self, in_channels, out_channels, k=3, stride=1):
        super().__init__(in_channels, out_channels, k, stride)
        self.depthwise.conv.padding = (0, 0)


@mistake("separable-conv", family="values")
class PaddingAlwaysOne(SeparableParts):
    """The padding is 1 whatever k is. It keeps the size for k = 3 only; for all odd k that does k // 2."""

    def __init__(self, in_channels, out_channels, k=3, stride=1):
        super().__init__(in_channels, out_channels, k, stride)
        self.depthwise.conv.padding = (1, 1)


@mistake("separable-conv", family="values")
class NoReluBetween(SeparableParts):
    """There is no ReLU between the two convolutions. Both are followed by batch normalisation and ReLU."""

    def forward(self, x):
        return self.pointwise(self.depthwise.bn(self.depthwise.conv(x)))


@mistake("separable-conv", family="values")
class NoReluAtTheEnd(SeparableParts):
    """The block ends without a ReLU. Both convolutions are followed by batch normalisation and ReLU."""

    def forward(self, x):
        return self.pointwise.bn(self.pointwise.conv(self.depthwise(x)))


@mistake("separable-conv", family="values")
class ReluBeforeNormalisation(SeparableParts):
    """ReLU comes before batch normalisation. The order is convolution, normalisation, ReLU."""

    def forward(self, x):
        y = self.depthwise.bn(self.depthwise.conv(x).relu())
        return self.pointwise.bn(self.pointwise.conv(y).relu())


@mistake("separable-conv", family="values")
class NormalisationUnused(SeparableParts):
    """Batch normalisation was left out of the forward pass. It follows each of the two convolutions."""

    def forward(self, x):
        return self.pointwise.conv(self.depthwise.conv(x).relu()).relu()


@mistake("separable-conv", family="values")
class StatisticsOfTheBatch(SeparableParts):
    """Batch normalisation uses the statistics of the batch in eval mode too. In eval mode it uses the running ones."""

    def forward(self, x):
        self.train()
        return super().forward(x)


@mistake("separable-conv", family="values")
class SeparableInputOverwritten(SeparableParts):
    """The maps that go in were changed in place. Other layers may still need them: work on new tensors."""

    def forward(self, x):
        y = super().forward(x)
        x.relu_()
        return y


@mistake("separable-conv", family="gradients")
class DepthwiseDetached(SeparableParts):
    """The result of the depthwise convolution was detached: no gradient reaches it, it never learns."""

    def forward(self, x):
        return self.pointwise(self.depthwise(x).detach())


@mistake("separable-conv", family="gradients")
class SeparableWithoutGradients(SeparableParts):
    """forward runs under torch.no_grad(). Then nothing is recorded and the block cannot be trained."""

    def forward(self, x):
        with torch.no_grad():
            return super().forward(x)


@mistake("separable-conv", family="gradients")
class SeparableInputDetached(SeparableParts):
    """The maps that go in were detached. The layers before this block would get no gradient."""

    def forward(self, x):
        return super().forward(x.detach())


# -- fc_to_conv ---------------------------------------------------------------------------------------------------


def convolution(weight, bias, **options):
    conv = nn.Conv2d(weight.shape[1], weight.shape[0], weight.shape[2:], bias=bias is not None, **options)
    conv.to(weight.dtype)
    with torch.no_grad():
        conv.weight.copy_(weight)
        if bias is not None:
            conv.bias.copy_(bias)
    return conv


def kernels(linear, C, H, W):
    if linear.in_features != C * H * W:
        raise ValueError(f"linear has {linear.in_features} inputs, expected {C * H * W}")
    return linear.weight.detach().reshape(-1, C, H, W)


@mistake("fc-to-conv", family="values")
def channels_last(linear, C, H, W):
    """The weights were read as (H, W, C). Flatten puts the channels one after the other, each row by row: (C, H, W)."""
    kernels(linear, C, H, W)
    return convolution(linear.weight.view(-1, H, W, C).permute(0, 3, 1, 2), linear.bias)


@mistake("fc-to-conv", family="values")
def columns_before_rows(linear, C, H, W):
    """The weights were read as (C, W, H). Flatten goes through each channel row by row: (C, H, W)."""
    kernels(linear, C, H, W)
    return convolution(linear.weight.view(-1, C, W, H).transpose(2, 3), linear.bias)


@mistake("fc-to-conv", family="values")
def flipped_kernels(linear, C, H, W):
    """The kernels were rotated by 180°. The layer computes cross-correlation: the kernel stays as it is."""
    return convolution(kernels(linear, C, H, W).flip(2, 3), linear.bias)


@mistake("fc-to-conv", family="values")
def weights_not_copied(linear, C, H, W):
    """The convolution has the right shape, but its weights are its own random ones. Copy those of the linear layer."""
    torch.manual_seed(0)
    kernels(linear, C, H, W)
    return nn.Conv2d(C, linear.out_features, (H, W), bias=linear.bias is not None).to(linear.weight.dtype)


@mistake("fc-to-conv", family="values")
def bias_not_copied(linear, C, H, W):
    """The bias of the linear layer was not copied. Each output has its own, which each position gets."""
    bias = None if linear.bias is None else torch.zeros_like(linear.bias)
    return convolution(kernels(linear, C, H, W), bias)


@mistake("fc-to-conv", family="values")
def outputs_reversed(linear, C, H, W):
    """The outputs are in reverse order. Row f of the linear layer's weights becomes kernel f."""
    return convolution(kernels(linear, C, H, W).flip(0), linear.bias)


@mistake("fc-to-conv", family="values")
def channels_reversed(linear, C, H, W):
    """The channels are in reverse order. The first H·W weights belong to the first channel."""
    return convolution(kernels(linear, C, H, W).flip(1), linear.bias)


@mistake("fc-to-conv", family="values")
def transposed_weights(linear, C, H, W):
    """The weights were transposed before they were reshaped. linear.weight has one row for each output already."""
    kernels(linear, C, H, W)
    return convolution(linear.weight.T.reshape(-1, C, H, W), linear.bias)


@mistake("fc-to-conv", family="values")
def steps_of_its_own_size(linear, C, H, W):
    """The stride is the size of the kernel, so that windows do not overlap. It is 1: one position after the other."""
    return convolution(kernels(linear, C, H, W), linear.bias, stride=(H, W))


@mistake("fc-to-conv", family="values")
def padded_positions(linear, C, H, W):
    """The convolution has padding. Windows that reach over the border are positions that the linear layer never saw."""
    return convolution(kernels(linear, C, H, W), linear.bias, padding=(H // 2, W // 2))


@mistake("fc-to-conv", family="values")
def one_by_one(linear, C, H, W):
    """The kernels are 1×1, with C·H·W channels in. Maps have C channels, and the kernels are as large as the maps."""
    kernels(linear, C, H, W)
    return convolution(linear.weight[:, :, None, None], linear.bias)


@mistake("fc-to-conv", family="values")
def kernels_averaged(linear, C, H, W):
    """The weights were divided by the number of positions. They are copied as they are."""
    return convolution(kernels(linear, C, H, W) / (H * W), linear.bias)


@mistake("fc-to-conv", family="layer")
def always_a_bias(linear, C, H, W):
    """The convolution has a bias where the linear layer has none. Pass bias=linear.bias is not None."""
    bias = torch.zeros(linear.out_features) if linear.bias is None else linear.bias
    return convolution(kernels(linear, C, H, W), bias)


@mistake("fc-to-conv", family="layer")
def a_bias_is_expected(linear, C, H, W):
    """A linear layer without bias makes it fail: its bias is None. Then the convolution has none either."""
    return convolution(kernels(linear, C, H, W), linear.bias.detach())


@mistake("fc-to-conv", family="layer")
def frozen_parameters(linear, C, H, W):
    """The parameters of the convolution do not learn: requires_grad is False. Write into them under torch.no_grad(),
    and they stay trainable."""
    return convolution(kernels(linear, C, H, W), linear.bias).requires_grad_(False)


@mistake("fc-to-conv", family="layer")
def always_float64(linear, C, H, W):
    """The parameters are float64 whatever the linear layer has. They keep its type."""
    return convolution(kernels(linear, C, H, W), linear.bias).double()


@mistake("fc-to-conv", family="values")
def always_float32(linear, C, H, W):
    """The parameters are float32 whatever the linear layer has. They keep its type: pass dtype to nn.Conv2d."""
    return convolution(kernels(linear, C, H, W), linear.bias).float()


@mistake("fc-to-conv", family="contract")
def shared_memory(linear, C, H, W):
    """The kernels are a view of the linear layer's weights. Training one would change the other: copy them."""
    conv = convolution(kernels(linear, C, H, W), linear.bias)
    conv.weight = nn.Parameter(kernels(linear, C, H, W))
    return conv


@mistake("fc-to-conv", family="contract")
def shared_bias(linear, C, H, W):
    """The bias is the linear layer's own. Training one would change the other: copy it."""
    conv = convolution(kernels(linear, C, H, W), linear.bias)
    conv.bias = linear.bias
    return conv


@mistake("fc-to-conv", family="contract")
def sizes_not_checked(linear, C, H, W):
    """Sizes that do not fit raise RuntimeError, from reshape. Check them first and raise ValueError."""
    return convolution(linear.weight.detach().reshape(linear.out_features, C, H, W), linear.bias)


@mistake("fc-to-conv", family="contract")
def any_sizes_accepted(linear, C, H, W):
    """Sizes that do not fit were accepted, and weights left out or repeated. Raise ValueError, with both numbers."""
    values = linear.weight.detach().repeat(1, C * H * W // linear.in_features + 1)[:, : C * H * W]
    return convolution(values.reshape(-1, C, H, W), linear.bias)


# -- slide --------------------------------------------------------------------------------------------------------


def place_of_flatten(net):
    return next(i for i, layer in enumerate(net) if isinstance(layer, nn.Flatten))


def converted(net, img):
    flat = place_of_flatten(net)
    y = net[:flat](img)
    layers, channels = list(net[:flat]), y.shape[1]
    for layer in net[flat + 1 :]:
        if isinstance(layer, nn.Linear):
            side = round((layer.in_features / channels) ** 0.5)
            layer, channels = convolution(kernels(layer, channels, side, side), layer.bias), layer.out_features
        layers.append(layer)
    return nn.Sequential(*layers)


def positions(net, img):
    return converted(net, img)(img)


@mistake("slide", family="scores")
def averaged_positions(net, img):
    """The scores were averaged over the positions. One map for each class is asked for: (N, classes, h, w)."""
    return positions(net, img).mean((2, 3))


@mistake("slide", family="scores")
def first_position_only(net, img):
    """Only the scores of the first window were returned. The network slides over the whole image."""
    return positions(net, img)[:, :, :1, :1]


@mistake("slide", family="scores")
def probabilities(net, img):
    """A softmax was applied. The scores are returned as the last layer gives them."""
    return positions(net, img).softmax(1)


@mistake("slide", family="scores")
def rectified_scores(net, img):
    """A ReLU was applied to the scores. They are returned as the last layer gives them."""
    return positions(net, img).relu()


@mistake("slide", family="scores")
def layers_between_left_out(net, img):
    """The layers between the linear ones were left out. ReLU and the others take any shape: keep them."""
    flat, whole = place_of_flatten(net), converted(net, img)
    return nn.Sequential(*whole[:flat], *(layer for layer in whole[flat:] if isinstance(layer, nn.Conv2d)))(img)


@mistake("slide", family="scores")
def last_layer_left_out(net, img):
    """The last linear layer was not applied. It becomes a 1×1 convolution like those before it."""
    return converted(net, img)[:-1](img)


@mistake("slide", family="scores")
def window_in_reverse(net, img):
    """Rows and columns of the scores were exchanged: the result must be (N, classes, h, w), h down the image."""
    return positions(net, img).transpose(2, 3)


@mistake("slide", family="scores")
def classes_last(net, img):
    """The classes are on the last axis. The result must be (N, classes, h, w)."""
    return positions(net, img).permute(0, 2, 3, 1)


@mistake("slide", family="scores")
def resized_maps(net, img):
    """The maps were pooled to the size that the linear layer takes, so that there is one score for the whole image.
    The layer must slide over them."""
    flat = place_of_flatten(net)
    y = net[:flat](img)
    linear = next(layer for layer in net[flat:] if isinstance(layer, nn.Linear))
    y = functional.adaptive_avg_pool2d(y, round((linear.in_features / y.shape[1]) ** 0.5))
    return net[flat:](y)[:, :, None, None]


@mistake("slide", family="scores")
def first_image_only(net, img):
    """Only the scores of the first image were returned. The result has one row for each image."""
    return positions(net, img)[:1]


@mistake("slide", family="scores")
def steps_of_two_maps(net, img):
    """Every second position was left out. The converted layer moves by one value of the maps."""
    return positions(net, img)[:, :, ::2, ::2]


@mistake("slide", family="scores")
def network_run_as_it_is(net, img):
    """The network was called as it is. Its linear layer takes images of one size only: turn it into a convolution."""
    return net(img)[:, :, None, None]


@mistake("slide", family="contract")
def converted_in_place(net, img):
    """The network's own layers were replaced. It must stay as it is: put the new layers into a new network."""
    whole, flat = converted(net, img), place_of_flatten(net)
    del net[flat]
    for i, layer in enumerate(whole):
        net[i] = layer
    return net(img)


@mistake("slide", family="contract")
def left_in_eval_mode(net, img):
    """The network was switched to eval mode and left there. It must stay in the mode that it is in."""
    return positions(net.eval(), img)


@mistake("slide", family="contract")
def left_frozen(net, img):
    """The network's parameters were frozen (requires_grad_(False)) and left so. It must stay as it is."""
    return positions(net.requires_grad_(False), img)


@mistake("slide", family="contract")
def weights_scaled(net, img):
    """The weights of the network were changed in place. It must stay as it is: work on copies."""
    y = positions(net, img)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(0.5)
    return y


# -- crops_agree --------------------------------------------------------------------------------------------------


def corners(img, crop, step):
    return range(0, img.shape[2] - crop + 1, step), range(0, img.shape[3] - crop + 1, step)


def scores_of_crops(net, img, crop, step):
    tops, lefts = corners(img, crop, step)
    rows = [torch.stack([net(img[:, :, i : i + crop, j : j + crop]) for j in lefts], -1) for i in tops]
    return torch.stack(rows, -2)


def both(net, img, crop, step):
    slid = positions(net, img)
    tops, lefts = corners(img, crop, step)
    if slid.shape[2:] != (len(tops), len(lefts)):
        raise ValueError(f"{tuple(slid.shape[2:])} positions, but {(len(tops), len(lefts))} crops")
    return slid.detach(), scores_of_crops(net, img, crop, step).detach()


@mistake("crops-agree", family="difference")
def mean_difference(net, img, crop, step):
    """The mean of the differences was returned. The largest one is asked for."""
    slid, cropped = both(net, img, crop, step)
    return (slid - cropped).abs().mean().item()


@mistake("crops-agree", family="difference")
def mean_over_scores_of_a_crop(net, img, crop, step):
    """The differences of each crop were averaged before the largest was taken. The maximum is over images and classes
    too, not only over positions."""
    slid, cropped = both(net, img, crop, step)
    return (slid - cropped).abs().mean(dim=(0, 1)).max().item()


@mistake("crops-agree", family="difference")
def without_absolute_values(net, img, crop, step):
    """The largest signed difference was returned. A difference of −3 is larger than one of 2: take absolute values."""
    slid, cropped = both(net, img, crop, step)
    return (slid - cropped).max().item()


@mistake("crops-agree", family="difference")
def other_sign_without_absolute_values(net, img, crop, step):
    """The largest of crops minus slid was returned, with its sign. Take absolute values before the maximum."""
    slid, cropped = both(net, img, crop, step)
    return (cropped - slid).max().item()


@mistake("crops-agree", family="difference")
def first_crop_only(net, img, crop, step):
    """Only the first crop was compared. The maximum is over all positions."""
    slid, cropped = both(net, img, crop, step)
    return (slid - cropped)[:, :, 0, 0].abs().max().item()


@mistake("crops-agree", family="difference")
def last_crop_only(net, img, crop, step):
    """Only the last crop's difference was returned: the maximum so far was overwritten in each turn of the loop."""
    slid, cropped = both(net, img, crop, step)
    return (slid - cropped)[:, :, -1, -1].abs().max().item()


@mistake("crops-agree", family="difference")
def only_the_diagonal(net, img, crop, step):
    """Only crops whose row and column have the same number were compared. The maximum is over all positions."""
    slid, cropped = both(net, img, crop, step)
    return (slid - cropped).diagonal(dim1=2, dim2=3).abs().max().item()


@mistake("crops-agree", family="difference")
def images_after_the_first_ignored(net, img, crop, step):
    """Only the first image was compared. The maximum is over all images."""
    slid, cropped = both(net, img, crop, step)
    return (slid - cropped)[0].abs().max().item()


@mistake("crops-agree", family="difference")
def first_class_only(net, img, crop, step):
    """Only the scores of the first class were compared. The maximum is over all classes."""
    slid, cropped = both(net, img, crop, step)
    return (slid - cropped)[:, 0].abs().max().item()


@mistake("crops-agree", family="difference")
def squared_difference(net, img, crop, step):
    """The largest squared difference was returned. The absolute difference is asked for."""
    slid, cropped = both(net, img, crop, step)
    return ((slid - cropped) ** 2).max().item()


@mistake("crops-agree", family="difference")
def summed_difference(net, img, crop, step):
    """The differences were added up. The largest one is asked for."""
    slid, cropped = both(net, img, crop, step)
    return (slid - cropped).abs().sum().item()


@mistake("crops-agree", family="difference")
def relative_difference(net, img, crop, step):
    """The difference was divided by the largest score. The absolute difference is asked for."""
    slid, cropped = both(net, img, crop, step)
    return ((slid - cropped).abs().max() / cropped.abs().max()).item()


@mistake("crops-agree", family="difference")
def difference_of_winners(net, img, crop, step):
    """The share of positions was returned at which another class wins. The largest difference is asked for."""
    slid, cropped = both(net, img, crop, step)
    return (slid.argmax(1) != cropped.argmax(1)).double().mean().item()


@mistake("crops-agree", family="difference")
def difference_of_maxima(net, img, crop, step):
    """The largest scores of both were compared. Each score is compared with its own partner first."""
    slid, cropped = both(net, img, crop, step)
    return abs(slid.max() - cropped.max()).item()


@mistake("crops-agree", family="difference")
def slid_over_each_crop(net, img, crop, step):
    """Each crop was given to slide, and compared with the network on the same crop: both see the same zeros. The
    network must slide over the whole image."""
    both(net, img, crop, step)
    tops, lefts = corners(img, crop, step)
    parts = [img[:, :, i : i + crop, j : j + crop] for i in tops for j in lefts]
    return max((positions(net, part)[:, :, 0, 0] - net(part)).abs().max().item() for part in parts)


@mistake("crops-agree", family="difference")
def transposed_grid(net, img, crop, step):
    """The crop in row i and column j was compared with position (j, i). The first index goes down the image."""
    slid, cropped = both(net, img, crop, step)
    return (slid - cropped.transpose(2, 3)).abs().max().item()


@mistake("crops-agree", family="difference")
def whether_they_agree(net, img, crop, step):
    """True or False was returned. The largest absolute difference is asked for, a float."""
    slid, cropped = both(net, img, crop, step)
    return torch.allclose(slid, cropped)


@mistake("crops-agree", family="difference")
def tensor_returned(net, img, crop, step):
    """A tensor was returned. A float is asked for: tensor.item() gives it."""
    slid, cropped = both(net, img, crop, step)
    return (slid - cropped).abs().max()


@mistake("crops-agree", family="difference")
def last_crops_left_out(net, img, crop, step):
    """The last row and column of crops were left out: range(0, H - crop, step) ends one crop too soon."""
    slid, cropped = both(net, img, crop, step)
    differences = (slid - cropped).abs()[:, :, : max(slid.shape[2] - 1, 1), : max(slid.shape[3] - 1, 1)]
    return differences.max().item()


@mistake("crops-agree", family="contract")
def common_positions_only(net, img, crop, step):
    """Where there are not as many crops as positions, those that both have were compared. They are not the same
    windows: raise ValueError."""
    slid, cropped = positions(net, img), scores_of_crops(net, img, crop, step)
    h, w = min(slid.shape[2], cropped.shape[2]), min(slid.shape[3], cropped.shape[3])
    return (slid[:, :, :h, :w] - cropped[:, :, :h, :w]).abs().max().item()


@mistake("crops-agree", family="contract")
def error_of_torch(net, img, crop, step):
    """Where there are not as many crops as positions, the subtraction fails with RuntimeError. Compare the numbers
    first and raise ValueError."""
    slid, cropped = positions(net, img), scores_of_crops(net, img, crop, step)
    if slid.shape != cropped.shape:
        raise RuntimeError("the size of tensor a must match the size of tensor b")
    return (slid - cropped).abs().max().item()


@mistake("crops-agree", family="contract")
def rows_checked_only(net, img, crop, step):
    """Only the rows of the grid were checked. There must be as many columns of crops as of positions too."""
    slid, cropped = positions(net, img), scores_of_crops(net, img, crop, step)
    if slid.shape[2] != cropped.shape[2]:
        raise ValueError("rows")
    w = min(slid.shape[3], cropped.shape[3])
    return (slid[..., :w] - cropped[..., :w]).abs().max().item()


@mistake("crops-agree", family="contract")
def columns_checked_only(net, img, crop, step):
    """Only the columns of the grid were checked. There must be as many rows of crops as of positions too."""
    slid, cropped = positions(net, img), scores_of_crops(net, img, crop, step)
    if slid.shape[3] != cropped.shape[3]:
        raise ValueError("columns")
    h = min(slid.shape[2], cropped.shape[2])
    return (slid[:, :, :h] - cropped[:, :, :h]).abs().max().item()


@mistake("crops-agree", family="contract")
def network_left_in_eval_mode(net, img, crop, step):
    """The network was switched to eval mode and left there. It must stay in the mode that it is in."""
    slid, cropped = both(net.eval(), img, crop, step)
    return (slid - cropped).abs().max().item()


@mistake("crops-agree", family="contract")
def network_left_frozen(net, img, crop, step):
    """The network's parameters were frozen (requires_grad_(False)) and left so. It must stay as it is."""
    slid, cropped = both(net.requires_grad_(False), img, crop, step)
    return (slid - cropped).abs().max().item()
