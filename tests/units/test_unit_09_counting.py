"""Unit 09: what the curriculum asks of it, and its numbers."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from autograder.notebooks import read_ipynb, to_ipynb
from autograder.release import student_version
from autograder.sources import expand, read_source
from autograder.testing.matrix import Unit
from autograder.testing.suite import load_module

FOLDER = Path(__file__).resolve().parents[2] / "solutions" / "09_counting"
POINTS = {"summarize": 28, "total": 5, "receptive-field": 15, "training-memory": 12, "spec": 10, "audit": 10}
PARAMETERS = {
    "lenet-5": 61_706,
    "alexnet": 62_378_344,
    "alexnet-two-towers": 60_965_224,
    "vgg-a": 132_863_336,
    "vgg-a-lrn": 132_863_336,
    "vgg-b": 133_047_848,
    "vgg-c": 133_638_952,
    "vgg-d": 138_357_544,
    "vgg-e": 143_667_240,
    "googlenet": 6_998_552,
    "googlenet-aux": 13_378_280,
}


@pytest.fixture(scope="module")
def tests() -> Any:
    return load_module(FOLDER / "hidden_tests.py")


def test_points_are_those_of_the_curriculum(unit: Unit) -> None:
    assert {name: tests.points for name, tests in unit.suite.exercises.items()} == POINTS
    assert sum(POINTS.values()) == 80
    assert len(unit.suite.exercises["audit"].families) == 10


def test_torch_and_scipy_are_withheld(unit: Unit) -> None:
    assert unit.suite.without == ("torch", "scipy")


def test_mistakes_of_the_curriculum_are_known(unit: Unit) -> None:
    asked = """biases-omitted three-volumes-in-megabytes vgg-in-mebibytes pools-have-parameters sizes-without-jump
    dilation-ignored size-without-dilation flops-for-macs batch-not-multiplied backward-pass-forgotten"""
    assert set(asked.split()) <= {mistake.name for mistake in unit.suite.mistakes}


@pytest.mark.parametrize("name", PARAMETERS)
def test_networks_have_the_published_number_of_parameters(answers: dict[str, Any], tests: Any, name: str) -> None:
    shape = tests.shape_for(name)
    rows = answers["summarize"](answers["spec"](name), shape)
    assert answers["total"](rows)[0] == PARAMETERS[name]
    assert sum(row[1] for row in tests.measured(tests.right_network(name), shape)) == PARAMETERS[name]


def test_audit_has_the_values_of_the_book(answers: dict[str, Any]) -> None:
    assert answers["audit"]() == {
        "kernel": 28,
        "layer": 2_800,
        "vgg16_values": 15_237_608,
        "vgg16_mb": pytest.approx(60.95, abs=0.01),
        "three_volumes_mib": 73.5,
        "alexnet_conv1": 34_944,
        "alexnet_one_tower": 62_378_344,
        "alexnet_two_towers": 60_965_224,
        "alexnet_last_volume": (256, 6, 6),
        "googlenet": 6_998_552,
    }


def test_release_does_not_hold_the_answers_of_the_audit(answers: dict[str, Any]) -> None:
    text = student_version(to_ipynb(expand(read_source(FOLDER))))
    released = "\n".join(cell.source for cell in read_ipynb(text.encode()))
    plain = re.sub(r"(?<=\d)[_,](?=\d{3})", "", released)
    for key, value in answers["audit"]().items():
        if isinstance(value, int) and value > 100:
            assert str(value) not in plain, key
    assert not re.search(r"73\.5|60\.9|61 MB|15\.2 M|62\.[34] M|61\.0 M|7\.0 M|6\.99", plain)
    assert not re.search(r"256, 6, 6|6×6×256|256×6×6|28 parameters", plain)


def test_sentences_on_the_audit_do_not_tell_its_values(unit: Unit, answers: dict[str, Any]) -> None:
    values = [value for value in answers["audit"]().values() if not isinstance(value, tuple)]
    for mistake in unit.suite.mistakes.of("audit"):
        numbers = re.findall(r"\d[\d.]*", re.sub(r"(?<=\d)[_,](?=\d{3})", "", mistake.sentence))
        found = [float(number.rstrip(".")) for number in numbers]
        assert not any(abs(number - value) < 0.1 for number in found for value in values), mistake.name


def test_numbers_of_the_lecture(answers: dict[str, Any]) -> None:
    summarize, total, spec = answers["summarize"], answers["total"], answers["spec"]
    vgg = summarize(spec("vgg-d"), (3, 224, 224))
    params, macs, values = total(vgg)
    assert (params, macs, values) == (138_357_544, 15_470_264_320, 15_237_608)
    assert 3 * vgg[1][4] == 9_633_792
    assert answers["training_memory"](vgg, 1, 4, "sgd") == 4 * (2 * values - 150_528 + 2 * params)
    kinds = [layer["kind"] for layer in spec("vgg-e")]
    assert (kinds.count("conv"), kinds.count("fc"), kinds.count("pool")) == (16, 3, 5)
    assert answers["receptive_field"](spec("alexnet")) == (195, 32, -64)
    assert answers["receptive_field"](spec("vgg-d")) == (212, 32, -90)
    last = [row for row in vgg if len(row[1]) == 3][-1]
    assert last[1] == (512, 7, 7)


def test_googlenet_has_22_layers_with_weights_on_its_longest_path_and_5_pools(answers: dict[str, Any]) -> None:
    layers = answers["spec"]("googlenet")

    def depth(network: list[dict[str, Any]]) -> int:
        deep = (max(map(depth, layer["branches"])) if layer["kind"] == "inception" else 0 for layer in network)
        return sum(layer["kind"] in ("conv", "fc") for layer in network) + sum(deep)

    assert depth(layers) == 22
    assert sum(layer["kind"] in ("pool", "global_pool") for layer in layers) == 5


class Concatenation(torch.nn.Module):
    def __init__(self, branches: list[torch.nn.Module]) -> None:
        super().__init__()
        self.branches = torch.nn.ModuleList(branches)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([branch(x) for branch in self.branches], 1)


class Exit(torch.nn.Module):
    def __init__(self, side: torch.nn.Module) -> None:
        super().__init__()
        self.side = side

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.side(x)
        return x


def whole_module(layers: list[dict[str, Any]], kinds: dict[torch.nn.Module, str]) -> torch.nn.Module:
    """The network as PyTorch's own modules, which find the sizes of their inputs themselves."""
    modules: list[torch.nn.Module] = []
    for layer in layers:
        match layer["kind"]:
            case "conv":
                made: torch.nn.Module = torch.nn.LazyConv2d(
                    layer["out"],
                    layer["k"],
                    layer.get("s", 1),
                    layer.get("p", 0),
                    layer.get("d", 1),
                    layer.get("groups", 1),
                    layer.get("bias", True),
                    device="meta",
                )
            case "pool":
                made = torch.nn.MaxPool2d(layer["k"], layer.get("s"), layer.get("p", 0))
            case "fc":
                made = torch.nn.LazyLinear(layer["out"], layer.get("bias", True), device="meta")
            case "inception":
                made = Concatenation([whole_module(branch, kinds) for branch in layer["branches"]])
            case "head":
                made = Exit(whole_module(layer["layers"], kinds))
            case "lrn":
                made = torch.nn.LocalResponseNorm(3)
            case "global_pool":
                made = torch.nn.AdaptiveAvgPool2d(1)
            case kind:
                made = {"relu": torch.nn.ReLU, "flatten": torch.nn.Flatten}[kind]()
        kinds[made] = layer["kind"]
        modules.append(made)
    return torch.nn.Sequential(*modules)


@pytest.mark.filterwarnings("ignore:Lazy modules")
def test_the_oracle_agrees_with_hooks_on_whole_modules(tests: Any) -> None:
    from torch.utils.flop_counter import FlopCounterMode

    rng = np.random.default_rng(0)
    networks = [tests.random_network(rng) for _ in range(12)]
    networks += [(tests.Network(tests.random_module(rng, False)), (3, 6, 9)) for _ in range(3)]
    networks += [
        (tests.Network(tests.right_network(name)), tests.shape_for(name)) for name in ("googlenet-aux", "vgg-c")
    ]
    for network, shape in networks:
        kinds: dict[torch.nn.Module, str] = {}
        module, rows = whole_module(network.layers, kinds), []

        def note(made: torch.nn.Module, _: Any, y: torch.Tensor, kinds: Any = kinds, rows: list[Any] = rows) -> None:
            if kinds[made] != "head":
                params = sum(p.numel() for p in made.parameters(recurse=False))
                new = y.numel() if kinds[made] not in ("relu", "flatten", "inception") else 0
                rows.append((tuple(y.shape[1:]), params, new))

        for made in kinds:
            made.register_forward_hook(note)
        with FlopCounterMode(display=False) as flops:
            module(torch.empty((1, *shape), device="meta"))
        measured = tests.measured(network.layers, shape)
        assert [(row[0], row[1], row[3]) for row in measured[1:]] == rows
        assert 2 * sum(row[2] for row in measured) == flops.get_total_flops()


def perturbed(network: list[dict[str, Any]], x: torch.Tensor) -> torch.Tensor:
    """A network along one axis, all weights 1, so that every pixel in a field has an influence."""
    for layer in network:
        if layer["kind"] in ("conv", "pool"):
            k, s, p = layer["k"], layer.get("s", layer["k"] if layer["kind"] == "pool" else 1), layer.get("p", 0)
            weight = torch.ones((1, 1, k), dtype=x.dtype)
            x = torch.nn.functional.conv1d(x, weight, None, s, p, layer.get("d", 1))
        elif layer["kind"] == "inception":
            ends = [perturbed(branch, x) for branch in layer["branches"]]
            size = min(end.shape[-1] for end in ends)
            x = sum((end[..., :size] for end in ends), torch.zeros(()))
    return x


def test_receptive_fields_are_what_a_perturbation_of_the_input_reaches(answers: dict[str, Any], tests: Any) -> None:
    rng = np.random.default_rng(1)
    mix = tests.inception([tests.conv(2, 1)], [tests.conv(2, 5, p=1)], [tests.pool(3, s=1, p=1)])
    for _ in range(10):
        layers = [*tests.random_chain(rng, True), mix, *tests.random_chain(rng, True)]
        size, jump, start = answers["receptive_field"](layers)
        assert (size, jump, start) == tests.field_of(layers)
        x = torch.zeros((1, 1, 3 * size + 4 * jump), dtype=torch.float64, requires_grad=True)
        y = perturbed(layers, x)
        unit = int(-start // jump) + 1  # the first one that sees no padding on the left
        seen = torch.autograd.grad(y[0, 0, unit], x)[0][0, 0].nonzero().flatten()
        assert int(seen[0]) == start + unit * jump
        assert int(seen[-1]) == start + unit * jump + size - 1


def test_hidden_tests_are_ready_without_a_forward_pass_on_the_meta_device() -> None:
    code = """
import sys
from pathlib import Path
from autograder.testing.matrix import Unit
unit = Unit.load(Path(sys.argv[1]))
before = set(sys.modules)
for tests in unit.suite.exercises.values():
    assert unit.suite.report(tests.id, *unit.functions(tests)).score == tests.points
print(len([name for name in set(sys.modules) - before if name.startswith(("torch", "sympy"))]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(FOLDER)],
        cwd=FOLDER.parents[1],
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    assert int(done.stdout) < 10  # PyTorch's reference implementations alone are some hundred modules, and a second


def test_messages_name_the_layer_and_hold_no_expected_value(unit: Unit) -> None:
    tests = unit.suite.exercises["summarize"]
    for mistake in unit.suite.mistakes.of("summarize")[::5]:
        for log in unit.suite.run("summarize", *unit.functions(tests, mistake)):
            assert all(len(fault) < 400 for fault in log.faults)
    (pools,) = (m for m in unit.suite.mistakes if m.name == "pools-have-parameters")
    report = unit.suite.report("summarize", *unit.functions(tests, pools))
    (message,) = (family.message for family in report.families if family.message)
    assert ", pool'" in message
    assert "nothing in it is learned" in message


def test_a_layer_of_another_kind_is_named(answers: dict[str, Any], unit: Unit) -> None:
    def spec(name):  # type: ignore[no-untyped-def]
        layers = answers["spec"](name)
        if name.startswith("alexnet"):
            at = [layer["kind"] for layer in layers].index("lrn")
            layers[at : at + 2] = layers[at + 1], layers[at]
        return layers

    (message,) = (family.message for family in unit.suite.report("spec", spec).families if family.message)
    assert "this should not be so: layer 2 is of kind pool." in message
    assert "lrn" not in message


def test_a_mistake_in_another_style_is_recognised(unit: Unit) -> None:
    def receptive_field(spec):  # type: ignore[no-untyped-def]
        if any(isinstance(value, tuple) and value[0] != value[1] for layer in spec for value in layer.values()):
            raise ValueError("two answers")
        size, jump, start = 1, 1, 0
        for layer in spec:
            if layer["kind"] in ("flatten", "fc", "global_pool"):
                break
            if "k" in layer:
                size += layer.get("d", 1) * (layer["k"] - 1)  # the jump is missing
                start -= layer.get("p", 0) * jump
                jump *= layer.get("s", 1 if layer["kind"] == "conv" else layer["k"])
        return size, jump, start

    families = {f.name: f for f in unit.suite.report("receptive-field", receptive_field).families}
    assert families["size"].mistake == "sizes-without-jump"
    assert families["jump"].score == 3
    assert families["start"].score == 3
