"""cnnkit.zoo: the list of systems, building by name, and the layer table."""

import contextlib
import math

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cnnkit import zoo

# Systems that the course names, each by one of its networks.
COURSE = {
    "lenet5", "lenet5_modern", "alexnet", "alexnet_two_towers", "zfnet", "vgg_a", "vgg_a_lrn", "vgg_b", "vgg_c",
    "vgg_d", "vgg_e", "googlenet", "googlenet_auxiliary", "inception_v2", "inception_v3", "squeezenet", "all_cnn_c",
    "nin",  # codespell:ignore nin
    "resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnet20", "resnet32", "resnet44", "resnet56",
    "resnet110", "preact_resnet110", "wide_resnet28_10", "resnext50_32x4d", "resnet110_stochastic_depth",
    "densenet121", "densenet40", "fractalnet", "mobilenet_v1", "convnext_t", "context_basic", "tdnn", "neocognitron",
    "scattering1", "scattering2", "p4_cnn", "p4m_cnn",
}  # fmt: skip

# Receptive fields that others published: Araujo, Norris and Sim, Computing receptive fields of convolutional neural
# networks, Distill 2019 (there, the residual networks have the stride of a stage where 1 × 1 kernels meet).
PUBLISHED_FIELDS = [
    ("alexnet", {}, "features.14", 195),
    ("vgg_d", {}, "features.30", 212),
    ("mobilenet_v1", {}, "features.13.1.conv", 315),
    ("inception_v2", {}, "features.5b.concat", 699),
    ("inception_v3", {}, "last.2.concat", 1311),
    ("resnet50", {"stride_first": True}, "layer4.2.conv3", 483),
    ("resnet152", {"stride_first": True}, "layer4.2.conv3", 1507),
]


# Networks with products that are no convolutions: torch's own count leaves them out, test_zoo_counts has their figures.
OWN_PRODUCTS = {"lenet5", "tdnn", "neocognitron", "scattering1", "scattering2"}


def gradient_extent(network: nn.Module, shape: tuple[int, ...], row: str) -> tuple[int, ...]:
    """Rows and columns of the input that move one value in the middle of a row's maps."""
    for module in list(network.modules()):
        for key, part in module.named_children():
            if isinstance(part, nn.MaxPool2d):  # a maximum has a gradient in one place only
                setattr(module, key, nn.AvgPool2d(part.kernel_size, part.stride, part.padding, part.ceil_mode))
            if isinstance(part, nn.ReLU):
                setattr(module, key, nn.Identity())
    for p in network.parameters():
        p.data.abs_().add_(0.01)  # nothing cancels
    found: list[torch.Tensor] = []
    owner, _, meeting = row.rpartition(".")
    at = network.get_submodule(owner if meeting.split()[0] in ("add", "concat") else row)
    at.register_forward_hook(lambda module, x, y: found.append(y))
    x = torch.rand(1, *shape, dtype=torch.float64, requires_grad=True)
    network.double().eval()(x)
    y = found[0]
    y[0, :, y.shape[2] // 2, y.shape[3] // 2].sum().backward()
    assert x.grad is not None
    seen = x.grad[0].sum(0).nonzero()
    return tuple((seen.amax(0) - seen.amin(0) + 1).tolist())


# Classes of the published networks where they are neither ImageNet's thousand nor ten.
CLASSES = {"context_basic": 21, "context_large": 21, "dilated_front_end": 21, "tdnn": 3, "neocognitron": 24}


# More of the same layers as a network beside them: their products are not counted a second time, which takes long.
DEEPER = {
    "densenet169", "densenet201", "preact_resnet110", "resnet101", "resnet110", "resnet110_stochastic_depth",
    "resnet152", "resnet44", "resnet56", "resnext101_32x4d", "plain56",
}  # fmt: skip


class TestList:
    def test_every_system_of_the_course_is_there(self) -> None:
        assert set(zoo.names()) >= COURSE
        assert zoo.names() == sorted(zoo.names())

    def test_unknown_name_lists_the_near_ones(self) -> None:
        with pytest.raises(ValueError, match=r"'resnet51'.*resnet50"):
            zoo.build("resnet51")
        with pytest.raises(ValueError, match=r"'???'.*alexnet, .*zfnet".replace("?", r"\?")):
            zoo.entry("???")

    @pytest.mark.parametrize("name", zoo.names())
    def test_entry_names_paper_year_and_conditions(self, name: str) -> None:
        entry = zoo.entry(name)
        assert entry.name == name
        assert len(entry.paper) > 20
        assert 1980 <= entry.year <= 2022
        assert bool(entry.result) == bool(entry.conditions)
        assert entry.published == ("not published" if entry.published_parameters is None else entry.published)

    @pytest.mark.parametrize("name", zoo.names())
    def test_published_count_is_ours_rounded_or_the_difference_is_explained(self, name: str) -> None:
        entry = zoo.entry(name)
        published = entry.published_parameters
        if published is None:
            return
        last_digit = 10 ** (len(str(published)) - len(str(published).rstrip("0")))
        assert abs(entry.parameters - published) <= last_digit / 2 or len(entry.difference) > 20


class TestSummary:
    @pytest.mark.parametrize("name", zoo.names())
    def test_rows_hold_all_parameters_and_products_and_end_in_the_output(self, name: str) -> None:
        entry = zoo.entry(name)
        with torch.device("meta"):
            network = zoo.build(name).to("meta")
        outputs: list[tuple[int, ...]] = []
        network.register_forward_hook(lambda module, x, y: outputs.append(tuple(y.shape)))
        counting = name not in OWN_PRODUCTS | DEEPER
        count = FlopCounterMode(display=False)
        with count if counting else contextlib.nullcontext():
            rows = zoo.layer_rows(network, entry.input_shape)
        assert sum(row.parameters for row in rows) == sum(p.numel() for p in network.parameters()) == entry.parameters
        assert rows[0].output_shape == entry.input_shape
        if counting:
            assert 2 * sum(row.macs for row in rows) == count.get_total_flops()
        assert math.prod(outputs[0]) == math.prod(rows[-1].output_shape)
        sides = {"context_basic": (64, 64), "context_large": (64, 64), "dilated_front_end": (66, 66)}
        assert outputs[0] == (1, CLASSES.get(name, 1000 if entry.input_shape[-1] > 200 else 10), *sides.get(name, ()))
        names = [row.name for row in rows]
        assert len(set(names)) == len(names)
        for i, row in enumerate(rows[1:], 1):
            assert row.inputs
            assert set(row.inputs) <= set(names[:i])
            if not row.joins:
                source = rows[names.index(row.inputs[0])]
                assert math.prod(row.input_shape) == math.prod(source.output_shape)
                assert all(new >= old for new, old in zip(row.receptive_field, source.receptive_field, strict=True))

    @pytest.mark.parametrize(("name", "options", "row", "side"), PUBLISHED_FIELDS)
    def test_receptive_field_is_the_published_one(
        self, name: str, options: dict[str, object], row: str, side: int
    ) -> None:
        assert zoo.summary(name, **options)[row].receptive_field == (side, side)

    def test_receptive_field_of_cifar_networks_grows_by_the_closed_form(self) -> None:
        for n in (3, 9):
            # stem 3; each of the 2n convolutions of a stage adds twice the step: 2, 4 and 8, but the first of a stage
            # is still taken at the step before.
            side = 3 + 2 * 2 * n + (2 + 4 * (2 * n - 1)) + (4 + 8 * (2 * n - 1))
            last = zoo.summary(f"resnet{6 * n + 2}")[f"layer3.{n - 1}.conv2"]
            assert last.receptive_field == (side, side)

    @pytest.mark.parametrize(
        ("name", "options", "shape", "row"),
        [
            ("lenet5_modern", {}, (1, 32, 32), "features.5"),
            ("vgg_a", {"width": 0.02, "image_size": 192}, (3, 192, 192), "features.20"),
            ("nin", {"width": 0.05}, (3, 64, 64), "features.6.4"),  # codespell:ignore nin
            ("all_cnn_c", {"width": 0.05}, (3, 80, 80), "features.19"),
            ("resnet20", {"width": 0.25, "depth": 8, "option": "B"}, (3, 96, 96), "layer3.0.add"),
            ("densenet_bc100", {"counts": (2, 2), "growth": 4}, (3, 48, 48), "features.denseblock2.denselayer2.concat"),
            ("squeezenet", {"width": 0.1}, (3, 320, 320), "features.12.concat"),
            ("context_basic", {"num_classes": 2}, (2, 96, 96), "14"),
            ("fractalnet", {"width": 0.1, "channels": (32, 32, 8, 8, 8, 8)}, (3, 64, 64), "blocks.1.add (2)"),
            ("inception_v2", {"width": 0.1}, (3, 512, 512), "features.4a.concat"),
        ],
    )  # fmt: skip
    def test_receptive_field_is_where_the_input_matters(self, name, options, shape, row) -> None:  # type: ignore[no-untyped-def]
        claimed = zoo.summary(name, input_shape=shape, **options)[row].receptive_field
        assert gradient_extent(zoo.build(name, **options), shape, row) == claimed

    def test_activations_of_vgg16_are_the_figure_of_the_errata(self) -> None:
        table = zoo.summary("vgg_d")
        assert table.activations == 15_237_608
        assert round(4 * table.activations / 1e6) == 61

    def test_text_shows_each_row_and_the_total(self) -> None:
        text = str(zoo.summary("lenet5"))
        lines = text.splitlines()
        assert lines[0].split() == ["layer", "kind", "output", "parameters", "activations", "multiply-adds", "field"]
        assert lines[5].split() == ["c3", "TableConv2d", "5×5", "16×10×10", "1,516", "1,600", "150,000", "14"]
        assert lines[-1].split() == ["total", "lenet5", "60,000", "9,118", "328,096"]
        assert text == str(zoo.summary("lenet5"))
        assert {len(line) for line in lines[:-1]} == {len(lines[0])}

    def test_shared_layer_counts_its_parameters_once(self) -> None:
        conv = nn.Conv2d(2, 2, 3, padding=1, device="meta")
        rows = zoo.layer_rows(nn.Sequential(conv, conv), (2, 5, 5))
        assert [row.name for row in rows] == ["input", "0", "0 (2)"]
        assert [row.inputs for row in rows] == [(), ("input",), ("0",)]
        assert [row.parameters for row in rows] == [0, 38, 0]
        assert [row.macs for row in rows] == [0, 900, 900]

    def test_unknown_row_raises(self) -> None:
        with pytest.raises(ValueError, match="no row 'c9'"):
            zoo.summary("lenet5")["c9"]

    def test_network_keeps_its_mode_and_has_no_hooks_left(self) -> None:
        network = nn.Sequential(nn.Conv2d(1, 1, 3, device="meta"), nn.BatchNorm2d(1, device="meta"))
        zoo.layer_rows(network, (1, 5, 5))
        assert network.training
        assert not any(module._forward_hooks for module in network.modules())

    def test_options_and_input_shape_reach_the_network(self) -> None:
        table = zoo.summary("vgg_d", input_shape=(3, 32, 32), num_classes=7, image_size=32)
        assert table.rows[-1].output_shape == (7,)
        assert table["features.30"].output_shape == (512, 1, 1)

    def test_network_that_would_be_computed_raises(self) -> None:
        with pytest.raises(ValueError, match=r"is on \['cpu'\], expected \"meta\""):
            zoo.layer_rows(nn.Conv2d(1, 1, 1), (1, 3, 3))

    def test_parts_keep_their_own_mode(self) -> None:
        network = nn.Sequential(nn.BatchNorm2d(1, device="meta"), nn.Dropout())
        network[0].eval()
        zoo.layer_rows(network, (1, 5, 5))
        assert [m.training for m in network] == [False, True]

    def test_jump_is_the_product_of_the_strides(self) -> None:
        assert zoo.summary("vgg_d")["features.30"].jump == (32, 32)
        assert zoo.summary("tdnn")["hidden2"].jump == (1,)


class TestGraph:
    """Where branches leave and meet."""

    def test_inception_joins_four_branches(self) -> None:
        rows = {row.name: row for row in zoo.layers("googlenet")}
        join = rows["blocks.3a.concat"]
        assert join.kind == "concat"
        assert join.inputs == (
            "blocks.3a.branch1.0",
            "blocks.3a.branch2.2",
            "blocks.3a.branch3.2",
            "blocks.3a.branch4.1",
        )
        assert join.output_shape == (64 + 128 + 32 + 32, 28, 28)
        assert (join.parameters, join.activations, join.macs) == (0, 0, 0)
        assert rows["blocks.3b.branch1.0"].inputs == ("blocks.3a.concat",)

    def test_residual_blocks_add_their_shortcut(self) -> None:
        rows = {row.name: row for row in zoo.layers("resnet18")}
        assert rows["layer1.0.add"].inputs == ("layer1.0.bn2", "maxpool")
        assert rows["layer1.1.add"].inputs == ("layer1.1.bn2", "layer1.0.add")
        assert rows["layer2.0.add"].inputs == ("layer2.0.bn2", "layer2.0.downsample.1")

    def test_dense_layers_hand_on_what_they_got(self) -> None:
        rows = {row.name: row for row in zoo.layers("densenet40")}
        layer = "features.denseblock1.denselayer"
        assert rows[f"{layer}2.concat"].inputs == (f"{layer}1.concat", f"{layer}2.conv1")

    def test_fractal_columns_meet_at_each_level(self) -> None:
        rows = {row.name: row for row in zoo.layers("fractalnet")}
        joins = {name: row.inputs for name, row in rows.items() if row.joins and name.startswith("blocks.0")}
        column = "blocks.0.columns.{}.{}.bn".format
        assert list(joins.values()) == [
            (column(1, 0), column(2, 1)),
            (column(0, 0), column(1, 1), column(2, 3)),
        ]
        assert rows["blocks.0.columns.2.2.conv"].inputs == ("blocks.0.add",)

    def test_sum_of_three_is_one_meeting(self) -> None:
        class Three(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.a, self.b, self.c = (nn.Conv2d(1, 1, 1, device="meta") for _ in range(3))

            def forward(self, x: torch.Tensor) -> torch.Tensor:
                y: torch.Tensor = self.a(x) + self.b(x) + self.c(x)
                return y

        last = zoo.layer_rows(Three(), (1, 4, 4))[-1]
        assert (last.name, last.inputs) == ("add", ("a", "b", "c"))


STAGES = {
    "alexnet": [
        ("input", 1), ("Conv2d 11×11 /4", 1), ("LocalResponseNorm", 1), ("MaxPool2d 3×3 /2", 1), ("Conv2d 5×5", 1),
        ("LocalResponseNorm", 1), ("MaxPool2d 3×3 /2", 1), ("Conv2d 3×3", 2), ("Conv2d 3×3", 1),
        ("MaxPool2d 3×3 /2", 1), ("Linear", 2), ("Linear", 1),
    ],
    "resnet50": [
        ("input", 1), ("Conv2d 7×7 /2", 1), ("MaxPool2d 3×3 /2", 1), ("Bottleneck", 3), ("Bottleneck", 4),
        ("Bottleneck", 6), ("Bottleneck", 3), ("AdaptiveAvgPool2d 7×7 /7", 1), ("Linear", 1),
    ],
    "densenet121": [
        ("input", 1), ("Conv2d 7×7 /2", 1), ("MaxPool2d 3×3 /2", 1), ("DenseLayer", 6), ("Transition", 1),
        ("DenseLayer", 12), ("Transition", 1), ("DenseLayer", 24), ("Transition", 1), ("DenseLayer", 16),
        ("BatchNorm2d", 1), ("AdaptiveAvgPool2d 7×7 /7", 1), ("Linear", 1),
    ],
    "convnext_t": [
        ("input", 1), ("Conv2d 4×4 /4", 1), ("ConvNeXtBlock", 3), ("Conv2d 2×2 /2", 1), ("ConvNeXtBlock", 3),
        ("Conv2d 2×2 /2", 1), ("ConvNeXtBlock", 9), ("Conv2d 2×2 /2", 1), ("ConvNeXtBlock", 3),
        ("AdaptiveAvgPool2d 7×7 /7", 1), ("ChannelNorm", 1), ("Linear", 1),
    ],
    "lenet5": [
        ("input", 1), ("Conv2d 5×5", 1), ("Subsampling 2×2 /2", 1), ("TableConv2d 5×5", 1), ("Subsampling 2×2 /2", 1),
        ("Conv2d 5×5", 1), ("Linear", 1), ("RadialBasis", 1),
    ],
}  # fmt: skip


class TestStages:
    """The boxes of a diagram."""

    @pytest.mark.parametrize("name", STAGES)
    def test_stages_are_the_paper_s(self, name: str) -> None:
        assert [(stage.kind, stage.count) for stage in zoo.stages(name)] == STAGES[name]

    @pytest.mark.parametrize("name", ["googlenet_auxiliary", "fractalnet", "resnet20", "p4_cnn", "tdnn"])
    def test_stages_hold_each_row_once_and_name_where_they_take_maps_from(self, name: str) -> None:
        stages, rows = zoo.stages(name), zoo.layers(name)
        assert tuple(row for stage in stages for row in stage.rows) == rows
        names = [stage.name for stage in stages]
        assert len(set(names)) == len(names)
        for i, stage in enumerate(stages[1:], 1):
            assert set(stage.inputs) <= set(names[:i])
            assert stage.inputs
        assert sum(stage.parameters for stage in stages) == zoo.entry(name).parameters
        assert sum(stage.macs for stage in stages) == zoo.summary(name).macs
        assert stages[-1].receptive_field == rows[-1].receptive_field
        assert stages[0].input_shape == zoo.entry(name).input_shape

    def test_auxiliary_heads_leave_the_row_of_stages(self) -> None:
        inputs = {stage.name: stage.inputs for stage in zoo.stages("googlenet_auxiliary")}
        assert inputs["auxiliary.4a"] == inputs["blocks.4b"] == ("blocks.4a",)

    def test_branches_of_an_inception_block(self) -> None:
        block = next(stage for stage in zoo.stages("googlenet") if stage.name == "blocks.3a").blocks[0]
        kinds = [[row.kind for row in branch] for branch in block.branches]
        pool = ["MaxPool2d 3×3", "Conv2d 1×1"]
        assert kinds == [["Conv2d 1×1"], ["Conv2d 1×1", "Conv2d 3×3"], ["Conv2d 1×1", "Conv2d 5×5"], pool]
        assert (block.input_shape, block.output_shape) == ((192, 28, 28), (256, 28, 28))

    def test_identity_shortcut_is_an_empty_branch_and_a_projection_is_not(self) -> None:
        layer2 = next(stage for stage in zoo.stages("resnet50") if stage.name == "layer2")
        assert [len(branch) for branch in layer2.blocks[0].branches] == [6, 2]
        assert [len(branch) for branch in layer2.blocks[1].branches] == [6, 0]

    def test_layers_before_the_fork_are_in_no_branch(self) -> None:
        fire = next(stage for stage in zoo.stages("squeezenet") if stage.kind == "Fire").blocks[0]
        assert [[row.name for row in branch] for branch in fire.branches] == [
            ["features.3.expand1x1"],
            ["features.3.expand3x3"],
        ]

    def test_plain_network_has_one_branch(self) -> None:
        stage = zoo.stages("plain20")[2]
        assert stage.kind == "PlainBlock"
        assert len(stage.blocks[0].branches) == 1
