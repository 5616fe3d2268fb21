"""Hidden tests of unit 09. The oracles are PyTorch's modules on the meta device, which have parameters but no memory,
PyTorch's own windows on images of one channel, and sets of pixels that a unit can reach.

A whole forward pass on the meta device would be a simpler oracle; it takes PyTorch a second to get ready for that, in
each tester anew. The course's own tests compare the two.
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as nn

from autograder.testing import Suite, Trial

Layers = list[dict[str, Any]]
Shape = tuple[int, ...]
Learner = Callable[..., Any]

suite = Suite(without=("torch", "scipy"))

tables = suite.exercise("summarize", 28, "summarize(spec, in_shape)")
sums = suite.exercise("total", 5, "total(rows)")
fields = suite.exercise("receptive-field", 15, "receptive_field(spec)")
memory = suite.exercise("training-memory", 12, "training_memory(rows, batch, bytes_per_value, optimizer)")
networks = suite.exercise("spec", 10, "spec(name)")
claims = suite.exercise("audit", 10, "audit()")


# -- networks -----------------------------------------------------------------------------------------------------


class Network(str):
    """A network's layers, and as a string their short form for messages."""

    layers: Layers
    rows: list[str]  # what the rows of its table stand for

    def __new__(cls, layers: Layers) -> Network:
        self = super().__new__(cls, in_short(layers))
        self.layers = layers
        self.rows = ["input", *labels(layers)]
        return self


def labels(layers: Layers) -> Iterator[str]:
    """The kinds of the rows of a network, but for the input."""
    for layer in layers:
        for part in layer.get("branches", [layer.get("layers", [])]):
            yield from labels(part)
        if layer["kind"] != "head":
            yield layer["kind"]


def fresh(layers: Layers) -> Layers:
    """A copy that a learner may change; pairs are tuples and need none."""
    copies = [dict(layer) for layer in layers]
    for layer in copies:
        if "branches" in layer:
            layer["branches"] = [fresh(branch) for branch in layer["branches"]]
        elif "layers" in layer:
            layer["layers"] = fresh(layer["layers"])
    return copies


def in_short(layers: Layers) -> str:
    return ", ".join(map(layer_in_short, layers))


def layer_in_short(layer: dict[str, Any]) -> str:
    if layer["kind"] == "inception":
        return f"inception[{' | '.join(map(in_short, layer['branches']))}]"
    if layer["kind"] == "head":
        return f"head[{in_short(layer['layers'])}]"
    options = ",".join(f"{key}={value}".replace(" ", "") for key, value in layer.items() if key != "kind")
    return f"{layer['kind']}({options})" if options else str(layer["kind"])


def conv(out: int, k: Any, **options: Any) -> dict[str, Any]:
    return {"kind": "conv", "out": out, "k": k, **options}


def pool(k: Any, **options: Any) -> dict[str, Any]:
    return {"kind": "pool", "k": k, **options}


def fc(out: int, **options: Any) -> dict[str, Any]:
    return {"kind": "fc", "out": out, **options}


RELU, LRN, FLATTEN, GLOBAL = ({"kind": kind} for kind in ("relu", "lrn", "flatten", "global_pool"))


def inception(*branches: Layers, **options: Any) -> dict[str, Any]:
    return {"kind": "inception", "branches": list(branches), **options}


def head(*layers: dict[str, Any], **options: Any) -> dict[str, Any]:
    return {"kind": "head", "layers": list(layers), **options}


def pair(option: Any) -> tuple[Any, Any]:
    return tuple(option) if isinstance(option, tuple | list) else (option, option)


def window(layer: dict[str, Any]) -> tuple[Any, ...]:
    """Kernel, stride, padding and dilation, all as pairs."""
    stride = layer["k"] if layer["kind"] == "pool" else 1
    return tuple(map(pair, (layer["k"], layer.get("s", stride), layer.get("p", 0), layer.get("d", 1))))


# -- PyTorch as the oracle ----------------------------------------------------------------------------------------


class Conv(torch.nn.Conv2d):
    """Without values for its parameters."""

    def reset_parameters(self) -> None:
        return


class Linear(torch.nn.Linear):
    """Without values for its parameters."""

    def reset_parameters(self) -> None:
        return


def module_of(layer: dict[str, Any], shape: Shape) -> torch.nn.Module:
    """PyTorch's layer for an input of this shape, as far as parameters go."""
    if layer["kind"] == "conv":
        k, s, p, d = window(layer)
        groups, bias = layer.get("groups", 1), layer.get("bias", True)
        return Conv(shape[0], layer["out"], k, s, p, d, groups, bias, device="meta")
    if layer["kind"] == "fc":
        return Linear(shape[0], layer["out"], layer.get("bias", True), device="meta")
    return torch.nn.Identity()


def shape_after(layer: dict[str, Any], shape: Shape) -> Shape:
    """What PyTorch makes of a shape; it computes one channel, since all have the same size."""
    image = torch.zeros((1, 1, *shape[1:]))
    match layer["kind"]:
        case "conv":
            k, *options = window(layer)
            return (layer["out"], *nn.conv2d(image, torch.zeros((1, 1, *k)), None, *options).shape[2:])
        case "pool":
            return (shape[0], *nn.max_pool2d(image, *window(layer)).shape[2:])
        case "global_pool":
            return (shape[0], *nn.adaptive_avg_pool2d(image, 1).shape[2:])
        case "fc":
            return (layer["out"],)
        case "flatten":
            return (math.prod(shape),)
    return shape


def measured(layers: Layers, shape: Shape) -> list[tuple[Shape, int, int, int]]:
    """Shape, parameters, multiplications and new values of the input and of each layer, as PyTorch has them."""
    rows = [(shape, 0, 0, math.prod(shape))]
    passed_on(layers, shape, rows)
    return rows


def passed_on(layers: Layers, shape: Shape, rows: list[tuple[Shape, int, int, int]]) -> Shape:
    """What the layers make of a shape; a row for each of them is added to `rows`."""
    for layer in layers:
        if layer["kind"] == "inception":
            ends = [passed_on(branch, shape, rows) for branch in layer["branches"]]
            shape = (sum(end[0] for end in ends), *ends[0][1:])
            rows.append((shape, 0, 0, 0))
        elif layer["kind"] == "head":
            passed_on(layer["layers"], shape, rows)
        else:
            sizes = {name: p.numel() for name, p in module_of(layer, shape).named_parameters()}
            shape = shape_after(layer, shape)
            new = 0 if layer["kind"] in ("relu", "flatten") else math.prod(shape)
            rows.append((shape, sum(sizes.values()), sizes.get("weight", 0) * math.prod(shape[1:]), new))
    return shape


# -- random networks ----------------------------------------------------------------------------------------------


def random_option(rng: np.random.Generator, low: int, high: int) -> Any:
    """One number for both axes, or a pair."""
    rows, columns = (int(n) for n in rng.integers(low, high, 2))
    return rows if rng.random() < 0.4 else (rows, columns)


def random_conv(rng: np.random.Generator, channels: int) -> dict[str, Any]:
    groups = int(rng.choice([g for g in (1, 2, 3) if channels % g == 0]))
    options: dict[str, Any] = {"groups": groups} if groups > 1 else {}
    for key, low, high in (("s", 1, 4), ("p", 0, 3), ("d", 1, 3)):
        if rng.random() < 0.5:
            options[key] = random_option(rng, low, high)
    if rng.random() < 0.3:
        options["bias"] = False
    return conv(groups * int(rng.integers(1, 5)), random_option(rng, 1, 4), **options)


def random_pool(rng: np.random.Generator) -> dict[str, Any]:
    options: dict[str, Any] = {"s": random_option(rng, 1, 4)} if rng.random() < 0.6 else {}
    k = random_option(rng, 2, 4)
    return pool(k, **options, **({"p": random_option(rng, 0, 2)} if rng.random() < 0.4 else {}))


def random_network(rng: np.random.Generator, end: int | None = None) -> tuple[Network, Shape]:
    """Three layers with windows, others between them, and one of four ends; no size is like another."""
    shape = (int(rng.integers(1, 5)), *map(int, rng.integers(19, 40, 2)))
    channels, layers = shape[0], []
    for _ in range(3):
        layers.append(random_conv(rng, channels) if rng.random() < 0.7 else random_pool(rng))
        channels = layers[-1].get("out", channels)
        layers += [[], [RELU], [LRN]][rng.integers(3)]
    ends: list[Layers] = [[], [GLOBAL], [FLATTEN, fc(3)], [GLOBAL, FLATTEN, fc(5), RELU, fc(2, bias=False)]]
    layers += ends[rng.integers(4) if end is None else end]
    return (Network(layers), shape) if fits(layers, shape) else random_network(rng, end)


def fits(layers: Layers, shape: Shape) -> bool:
    """Whether every window fits into its input, with room to spare."""
    sizes = shape[1:]
    for layer in layers:
        if layer["kind"] in ("conv", "pool"):
            axes = [*zip(sizes, *window(layer), strict=True)]
            if min(n - d * (k - 1) for n, k, _, _, d in axes) < 2:
                return False
            sizes = tuple((n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in axes)
    return True


# -- summarize ----------------------------------------------------------------------------------------------------


def column(summarize: Learner, network: Network, in_shape: Shape, index: int) -> list[Any]:
    """One column of a learner's table."""
    rows = summarize(fresh(network.layers), in_shape)
    if not isinstance(rows, list | tuple):
        raise TypeError(f"the result is of class {type(rows).__name__}, a list of rows is expected")
    for number, row in enumerate(rows):
        if not isinstance(row, list | tuple) or len(row) != 5:
            raise TypeError(f"row {number} is no tuple (name, out_shape, params, macs, activations)")
    return [row[index] for row in rows]


def numbered(network: Network, values: list[Any]) -> dict[str, Any]:
    """A column with what its rows stand for; a wrong number of rows comes first in messages."""
    names = [*network.rows, *("beyond the network" for _ in values[len(network.rows) :])]
    rows = {f"row {i}, {name}": value for i, (name, value) in enumerate(zip(names, values, strict=False))}
    return {"number of rows": len(values), "column": rows}


def shapes_in(summarize: Learner, network: Network, in_shape: Shape) -> dict[str, Any]:
    """Shapes that summarize finds."""
    return numbered(network, column(summarize, network, in_shape, 1))


def params_in(summarize: Learner, network: Network, in_shape: Shape) -> dict[str, Any]:
    """Parameters that summarize counts."""
    return numbered(network, column(summarize, network, in_shape, 2))


def macs_in(summarize: Learner, network: Network, in_shape: Shape) -> dict[str, Any]:
    """Multiply-accumulates that summarize counts."""
    return numbered(network, column(summarize, network, in_shape, 3))


def activations_in(summarize: Learner, network: Network, in_shape: Shape) -> dict[str, Any]:
    """Activations that summarize counts."""
    return numbered(network, column(summarize, network, in_shape, 4))


def params_but_zeros(summarize: Learner, network: Network, in_shape: Shape) -> list[Any]:
    """Parameters that summarize counts, rows with 0 left out."""
    return [value for value in column(summarize, network, in_shape, 2) if value != 0]


def macs_but_zeros(summarize: Learner, network: Network, in_shape: Shape) -> list[Any]:
    """Multiply-accumulates that summarize counts, rows with 0 left out."""
    return [value for value in column(summarize, network, in_shape, 3) if value != 0]


def activations_but_zeros(summarize: Learner, network: Network, in_shape: Shape) -> list[Any]:
    """Activations that summarize counts, rows with 0 left out."""
    return [value for value in column(summarize, network, in_shape, 4) if value != 0]


def names_in(summarize: Learner, network: Network, in_shape: Shape) -> list[str]:
    """Names that summarize gives."""
    return [row[0] for row in summarize(fresh(network.layers), in_shape)]


COLUMNS = {
    "shapes": (shapes_in, shapes_in),
    "parameters": (params_in, params_but_zeros),
    "multiplications": (macs_in, macs_but_zeros),
    "activations": (activations_in, activations_but_zeros),
}


@functools.lru_cache(maxsize=100)
def measured_once(network: Network, shape: Shape) -> list[tuple[Shape, int, int, int]]:
    """What `measured` finds; families share many networks. Its short form tells a network from all others."""
    return measured(network.layers, shape)


def expect(t: Trial, family: str, network: Network, shape: Shape) -> None:
    """Expect PyTorch's numbers in one column; where shapes or rows are not right, in its rows that are not 0."""
    values = [row[list(COLUMNS).index(family)] for row in measured_once(network, shape)]
    whole = family == "shapes" or t.passed("shapes")
    adapter = COLUMNS[family][not whole]
    t.through(adapter).equal(numbered(network, values) if whole else [v for v in values if v], network, shape)


# Sizes that do not divide, one option at a time, then together.
WINDOWS: list[tuple[Layers, Shape]] = [
    ([conv(3, 3)], (2, 9, 7)),
    ([conv(5, (2, 3))], (1, 5, 8)),
    ([conv(2, 3, s=2), RELU], (3, 8, 11)),
    ([conv(2, 2, s=(3, 1))], (3, 9, 6)),
    ([conv(4, 3, p=2)], (2, 4, 6)),
    ([conv(4, 3, p=(0, 1))], (2, 5, 7)),
    ([conv(2, 3, d=2)], (2, 8, 9)),
    ([conv(2, (2, 3), d=(3, 1))], (1, 7, 6)),
    ([conv(6, 3, s=2, p=1, groups=2)], (4, 10, 7)),
    ([pool(2)], (3, 7, 10)),
    ([pool(3, s=2), LRN], (2, 8, 12)),
    ([pool(3, s=1, p=1)], (5, 6, 4)),
    ([conv(7, 1), GLOBAL], (2, 4, 3)),
    ([pool((3, 2))], (2, 10, 9)),
    ([conv(3, 5)], (1, 5, 6)),
    ([pool(2), FLATTEN, fc(4), RELU, fc(2)], (3, 5, 8)),
]


@tables.family("shapes", 7)
def shapes(t: Trial) -> None:
    """Sizes of every kind of layer, and of random networks."""
    for layers, shape in WINDOWS:
        expect(t, "shapes", Network(layers), shape)
    for _ in range(8):
        expect(t, "shapes", *random_network(t.rng))


def unshaped(rng: np.random.Generator, size: int, kernel: int) -> Iterator[tuple[Network, Shape]]:
    """Networks whose counts do not depend on strides, paddings or sizes: square images, kernels from 1 to `kernel`."""
    for groups, bias in ((1, True), (2, True), (3, False), (1, False)):
        c, f, g = (int(n) for n in rng.integers(2, 7, 3))
        k, last = (int(n) for n in rng.integers(1, kernel + 1, 2))
        options = {"groups": groups} if groups > 1 else {}
        layers = [conv(f * groups, k, **options, **({} if bias else {"bias": False})), RELU, conv(g, last), LRN]
        yield Network(layers), (c * groups, size, size)
        yield Network([fc(f, bias=bias), RELU, fc(g)]), (c,)


@tables.family("parameters", 6)
def parameters(t: Trial) -> None:
    """Weights and biases, groups, flat layers; whole networks where the shapes are right."""
    for network, shape in unshaped(t.rng, 20, 3):
        expect(t, "parameters", network, shape)
    if t.passed("shapes"):
        for layers, shape in WINDOWS[1::2]:
            expect(t, "parameters", Network(layers), shape)
        for _ in range(8):
            expect(t, "parameters", *random_network(t.rng))


@tables.family("multiplications", 5)
def multiplications(t: Trial) -> None:
    """Weights times positions; whole networks where the shapes are right."""
    for network, shape in unshaped(t.rng, 1, 1):
        expect(t, "multiplications", network, shape)
    if t.passed("shapes"):
        for layers, shape in WINDOWS:
            expect(t, "multiplications", Network(layers), shape)
        for _ in range(8):
            expect(t, "multiplications", *random_network(t.rng))


@tables.family("activations", 4)
def activations(t: Trial) -> None:
    """Values of new volumes; nothing for what works in place."""
    for network, shape in unshaped(t.rng, 1, 1):
        expect(t, "activations", network, shape)
    if t.passed("shapes"):
        for layers, shape in WINDOWS[::2]:
            expect(t, "activations", Network(layers), shape)
        for number in range(6):  # with every end: flatten must not be left to chance
            expect(t, "activations", *random_network(t.rng, number % 4))


def random_module(rng: np.random.Generator, plain: bool) -> Layers:
    """A module with three branches, a head and a layer after it; `plain` ones have no windows larger than 1×1."""
    a, b, c, d, e = (int(n) for n in rng.integers(1, 8, 5))
    if plain:
        mix = inception([conv(a, 1)], [conv(b, 1), RELU, conv(c, 1)], [LRN, conv(d, 1)])
    else:
        k = int(rng.choice([3, 5]))
        mix = inception([conv(a, 1)], [conv(b, 1), RELU, conv(c, k, p=k // 2)], [pool(3, s=1, p=1)])
    side = head(conv(2, 1), RELU, conv(3, 1)) if plain else head(conv(2, 1), GLOBAL, FLATTEN, fc(3))
    return [conv(e, 1), mix, side, RELU, conv(a + 1, 1)]


@tables.family("modules", 4)
def modules(t: Trial) -> None:
    """Branches and heads, in those columns that are right without them."""
    right = [family for family in COLUMNS if t.passed(family)]
    t.true(bool(right), "Modules count once one of the columns is right without them.")
    plain = "shapes" not in right
    columns = 6 if plain else 9
    cases = [(random_module(t.rng, plain), (int(t.rng.integers(1, 5)), 6, columns)) for _ in range(4)]
    inner = inception([conv(3, 1)], [conv(2, 1)])
    cases.append(([inception([], [conv(4, 1)]), conv(2, 1)], (3, 5, 5)))  # one branch passes its input on
    cases.append(([inception([conv(2, 1), inner], [conv(1, 1)]), RELU], (4, 3, 3)))  # a module in a module
    if not plain:
        reduction = inception([conv(4, 3, s=2)], [conv(2, 1), conv(3, 3, p=1), conv(5, 3, s=2)], [pool(3, s=2)])
        cases.append(([reduction, head(pool(2), FLATTEN, fc(2)), conv(2, 1)], (3, 12, 9)))
    for layers, shape in cases:
        for family in right:
            expect(t, family, Network(layers), shape)


@tables.family("contract", 2)
def contract(t: Trial) -> None:
    """Names, arguments untouched, errors."""
    named = [conv(2, 1, name="first"), RELU, conv(3, 1), pool(1, name="small"), FLATTEN, fc(2, name="scores")]
    names = ["input", "first", "relu", "conv", "small", "flatten", "scores"]
    if t.passed("shapes"):
        t.through(names_in).equal(names, Network(named), (3, 1, 1))
    t.preserves(named, (3, 1, 1))
    if t.passed("modules") and t.passed("shapes"):
        branches = [conv(1, 1, name="one"), RELU], [inception([conv(2, 1)], name="in")]
        module = [inception(*branches, name="mix"), head(FLATTEN, fc(2), name="side"), inception([RELU])]
        inside = ["mix/one", "mix/relu", "mix/in/conv", "mix/in", "mix", "side/flatten", "side/fc"]
        t.through(names_in).equal(["input", *inside, "inception/relu", "inception"], Network(module), (2, 3, 4))
        t.preserves(module, (2, 3, 4))
    refuses(t)


def refuses(t: Trial) -> None:
    """ValueError for what makes no network."""
    t.case("there is no kind 'blur'").raises(ValueError, [conv(2, 1), {"kind": "blur"}], (3, 5, 4))
    t.case("3 channels do not split into 2 groups").raises(ValueError, [conv(4, 1, groups=2)], (3, 5, 4))
    t.case("3 kernels do not split into 2 groups").raises(ValueError, [conv(3, 1, groups=2)], (4, 5, 4))
    t.case("a conv gets flat values").raises(ValueError, [FLATTEN, conv(2, 1)], (3, 5, 4))
    t.case("a pool gets flat values").raises(ValueError, [FLATTEN, pool(1)], (3, 5, 4))
    t.case("an lrn gets flat values").raises(ValueError, [FLATTEN, LRN], (3, 5, 4))
    t.case("a global_pool gets flat values").raises(ValueError, [GLOBAL, FLATTEN, GLOBAL], (3, 5, 4))
    t.case("an fc gets a volume").raises(ValueError, [conv(2, 1), fc(2)], (3, 5, 4))
    if t.passed("shapes"):
        t.case("7 rows do not fit into 6").raises(ValueError, [conv(2, (7, 1))], (3, 6, 9))
        t.case("7 columns do not fit into 6").raises(ValueError, [conv(2, (1, 7))], (3, 9, 6))
        t.case("a pooling of 4 does not fit into 3 rows").raises(ValueError, [pool(4)], (3, 3, 8))
        t.case("7 dilated rows do not fit into 6").raises(ValueError, [conv(2, 3, d=3)], (3, 6, 9))
        t.case("9 rows do not fit into 6 and padding 1").raises(ValueError, [conv(2, 9, p=1)], (3, 6, 9))
    if t.passed("modules") and t.passed("shapes"):
        uneven = [inception([conv(2, 1)], [conv(2, (3, 1))])]
        t.case("branches of 5 and 3 rows").raises(ValueError, uneven, (3, 5, 4))
        uneven = [inception([conv(2, (1, 2))], [conv(2, 1)])]
        t.case("branches of 3 and 4 columns").raises(ValueError, uneven, (3, 5, 4))


# -- total --------------------------------------------------------------------------------------------------------


def random_rows(rng: np.random.Generator, count: int, params: bool = True, values: bool = True) -> list[Any]:
    """Rows of no network in particular, the input first."""
    shape = (int(rng.integers(1, 5)), *map(int, rng.integers(2, 20, 2)))
    rows: list[Any] = [("input", shape, 0, 0, math.prod(shape) if values else 0)]
    for number in range(count):
        shape = tuple(map(int, rng.integers(2, 20, 3)))
        counts = (int(n) for n in rng.integers((10, 1000), (500, 9000)))
        weights, macs = counts if number % 3 or number == count - 1 else (0, 0)
        new = math.prod(shape) if number % 3 < 2 or number == count - 1 else 0
        rows.append((f"layer {number}", shape, weights * params, macs * params * values, new * values))
    return rows


@sums.family("sums", 4)
def columns_are_added_up(t: Trial) -> None:
    for count in range(1, 9):
        rows = random_rows(t.rng, count)
        t.equal(tuple(sum(row[i] for row in rows) for i in (2, 3, 4)), rows)
    huge = [("input", (1,), 0, 0, 1), ("layer", (1,), 2**40 + 1, 2**62 + 1, 2**45), ("layer", (1,), 7, 2**62, 1)]
    t.case("large counts").equal((2**40 + 8, 2**63 + 1, 2**45 + 2), huge)


@sums.family("contract", 1)
def sums_of_any_table(t: Trial) -> None:
    t.preserves(random_rows(t.rng, 4))
    if t.passed("sums"):
        t.case("no row at all").equal((0, 0, 0), [])


# -- receptive_field ----------------------------------------------------------------------------------------------


def reached(layers: Layers, units: set[int]) -> set[int]:
    """The positions of the input, along one axis, that can change these units of the last layer."""
    for layer in reversed(layers):
        if layer["kind"] in ("conv", "pool"):
            (k, _), (s, _), (p, _), (d, _) = window(layer)
            units = {s * unit + d * tap - p for unit in units for tap in range(k)}
        elif layer["kind"] == "inception":
            units = set().union(*(reached(branch, units) for branch in layer["branches"]))
    return units


def field_of(layers: Layers) -> tuple[int, int, int]:
    """Size, jump and start, read off what the first two units reach."""
    first, second = (reached(layers, {unit}) for unit in (0, 1))
    return max(first) - min(first) + 1, min(second) - min(first), min(first)


def size_in(receptive_field: Learner, spec: Network) -> Any:
    """The size that receptive_field finds."""
    return receptive_field(fresh(spec.layers))[0]


def jump_in(receptive_field: Learner, spec: Network) -> Any:
    """The jump that receptive_field finds."""
    return receptive_field(fresh(spec.layers))[1]


def start_in(receptive_field: Learner, spec: Network) -> Any:
    """The start that receptive_field finds."""
    return receptive_field(fresh(spec.layers))[2]


PARTS = {"size": size_in, "jump": jump_in, "start": start_in}


def expect_part(t: Trial, part: str, layers: Layers) -> None:
    """Expect one of the three numbers."""
    t.through(PARTS[part]).equal(field_of(layers)[list(PARTS).index(part)], Network(layers))


def random_chain(rng: np.random.Generator, strides: bool) -> Layers:
    """A few square layers with windows, others between them."""
    layers: Layers = []
    for _ in range(int(rng.integers(2, 5))):
        k, p, d, s = (int(n) for n in rng.integers((1, 0, 1, 1), (5, 3, 3, 4)))
        if rng.random() < 0.7:
            layers.append(conv(2, k, s=s if strides else 1, p=p, **({"d": d} if d > 1 and strides else {})))
        else:
            layers.append(pool(k + 1, s=s if strides else 1, **({"p": 1} if p else {})))
        layers += [[], [RELU], [LRN]][rng.integers(3)]
    return layers


CHAINS: list[Layers] = [
    [conv(2, 3, s=2), conv(2, 2)],
    [pool(2), pool(3, s=2), conv(2, 3)],
    [conv(2, 3, s=3), RELU, pool(2, s=1), conv(2, 2, s=2), conv(2, 3)],
    [conv(2, 5, s=2, p=2), conv(2, 3, p=1, d=2), pool(3)],
    [conv(2, 2, d=3), pool(3, s=2, p=1), conv(2, 3, p=2, s=2), conv(2, 3, p=1)],
]


@fields.family("jump", 3)
def jumps(t: Trial) -> None:
    """Strides of convolutions and poolings, given or not."""
    for layers in [*CHAINS, *(random_chain(t.rng, strides=True) for _ in range(8))]:
        expect_part(t, "jump", layers)


def chains(t: Trial) -> list[Layers]:
    """Without strides and dilations; with both where the jump is right."""
    steady = [[conv(2, 4, s=1, p=1)], [conv(2, 3, s=1), conv(2, 3, s=1, p=2), RELU, pool(3, s=1, p=1)]]
    steady += [random_chain(t.rng, strides=False) for _ in range(6)]
    if not t.passed("jump"):
        return steady
    spread = [conv(2, 3, d=d) for d in (1, 2, 4)]
    return [*steady, *CHAINS, spread, *(random_chain(t.rng, strides=True) for _ in range(8))]


@fields.family("size", 6)
def sizes(t: Trial) -> None:
    """How many pixels the first unit reaches."""
    for layers in chains(t):
        expect_part(t, "size", layers)


@fields.family("start", 3)
def starts(t: Trial) -> None:
    """The first pixel that the first unit reaches."""
    for layers in chains(t):
        expect_part(t, "start", layers)


@fields.family("modules", 2)
def modules_and_heads(t: Trial) -> None:
    """What any branch sees; nothing of a head's. Those of the three numbers that are right without modules."""
    right = [part for part in ("jump", "size", "start") if t.passed(part)]
    t.true(bool(right), "Modules count once size, jump or start is right without them.")
    side = head(pool(5, s=3), conv(2, 1), FLATTEN, fc(2))
    mix = inception([conv(2, 1)], [conv(2, 1), conv(2, 3, p=1)], [conv(2, 5, p=2)], [pool(3, s=1, p=1), conv(2, 1)])
    cases: list[Layers] = [
        [mix],
        [inception([conv(2, 5)], [conv(2, 7, p=3), RELU], [])],
        [inception([conv(2, 3)], [conv(2, 3, p=2)]), conv(2, 2)],  # neither branch sees what the other sees
        [inception([conv(2, 3, p=1), inception([conv(2, 3)], [conv(2, 1)])], [conv(2, 2)])],
        [side, conv(2, 3, p=1), side],
    ]
    if "jump" in right:
        reduction = inception([conv(2, 3, s=2)], [conv(2, 3, p=1), conv(2, 3, s=2)], [pool(3, s=2)])
        cases += [[conv(2, 3, s=2), mix, conv(2, 3)], [pool(2), reduction, conv(2, 3, p=1)]]
        cases += [[*random_chain(t.rng, True), mix, side, *random_chain(t.rng, True)] for _ in range(4)]
    for layers in cases:
        for part in right:
            expect_part(t, part, layers)


@fields.family("contract", 1)
def where_it_ends(t: Trial) -> None:
    """Nothing after the first layer that sees everything; errors; arguments untouched."""
    chain = [conv(2, 3), RELU, conv(2, 2)]
    parts = [part for part in ("jump", "size", "start") if t.passed(part)]
    for end in ([FLATTEN, fc(5), RELU, fc(2)], [GLOBAL, FLATTEN, fc(3)], [GLOBAL, conv(2, 3, p=1)]):
        for part in parts:
            t.through(PARTS[part]).equal(field_of(chain)[list(PARTS).index(part)], Network(chain + end))
    t.preserves(chain + [pool(2), inception([conv(1, 1)], [RELU])] * t.passed("modules"))
    t.case("kernels of 3×2").raises(ValueError, [conv(2, (3, 2))])
    t.case("strides of 1 and 2").raises(ValueError, [conv(2, 3), conv(2, 3, s=(1, 2))])
    t.case("paddings of 1 and 0").raises(ValueError, [pool(3, s=1, p=(1, 0))])
    t.case("dilations of 1 and 2").raises(ValueError, [conv(2, 3, d=(1, 2))])
    if len(parts) == 3:
        t.case("no layer at all").equal((1, 1, 0), [])
        t.case("pairs of equal numbers").equal((3, 2, -1), [conv(2, (3, 3), s=(2, 2), p=(1, 1))])
    if t.passed("modules") and t.passed("jump"):
        t.case("branches of jumps 2 and 1").raises(ValueError, [inception([conv(2, 3, s=2)], [conv(2, 3)])])


# -- training_memory ----------------------------------------------------------------------------------------------


@memory.family("activations", 5)
def activations_and_their_gradients(t: Trial) -> None:
    """Tables without parameters: the batch, the bytes, the backward pass, the input."""
    for count in range(8):
        rows = random_rows(t.rng, count, params=False)
        batch, size = int(t.rng.integers(1, 200)), int(t.rng.choice([1, 2, 4, 8]))
        values = 2 * sum(row[4] for row in rows) - rows[0][4]
        t.equal(values * batch * size, rows, batch, size, "sgd")


@memory.family("parameters", 3)
def parameters_and_their_gradients(t: Trial) -> None:
    """Tables without activations: twice the parameters, whatever the batch."""
    for count in range(1, 9):
        rows = random_rows(t.rng, count, values=False)
        batch, size = int(t.rng.integers(1, 200)), int(t.rng.choice([1, 2, 4, 8]))
        t.equal(2 * sum(row[2] for row in rows) * size, rows, batch, size, "sgd")


def beyond_sgd(training_memory: Learner, rows: Any, batch: int, bytes_per_value: int, optimizer: str) -> Any:
    """What training_memory adds to plain SGD for an optimizer."""
    plain = training_memory([*rows], batch, bytes_per_value, "sgd")
    return training_memory([*rows], batch, bytes_per_value, optimizer) - plain


def share_of_sgd(training_memory: Learner, rows: Any, batch: int, bytes_per_value: int, optimizer: str) -> Any:
    """What training_memory adds to plain SGD for an optimizer, as a part of plain SGD's bytes."""
    plain = training_memory([*rows], batch, bytes_per_value, "sgd")
    return (training_memory([*rows], batch, bytes_per_value, optimizer) - plain) / plain


@memory.family("optimizers", 3)
def what_optimizers_keep(t: Trial) -> None:
    """One value for each parameter with momentum, two with Adam; where units are not right, compared with SGD."""
    for count in range(1, 9):
        batch = int(t.rng.integers(2, 200)) if t.passed("parameters") else 1
        size = int(t.rng.choice([1, 2, 4, 8]))
        rows = random_rows(t.rng, count, values=t.passed("activations"))
        for optimizer, kept in (("momentum", 1), ("adam", 2)):
            if t.passed("activations"):
                params = sum(row[2] for row in rows)
                t.through(beyond_sgd).equal(kept * params * size, rows, batch, size, optimizer)
            else:
                t.through(share_of_sgd).within(1e-6).equal(kept / 2, rows, batch, size, optimizer)


@memory.family("contract", 1)
def memory_contract(t: Trial) -> None:
    """Errors, arguments untouched, large numbers."""
    rows = random_rows(t.rng, 3)
    t.preserves(rows, 2, 4, "adam")
    t.case("there is no such optimizer").raises(ValueError, rows, 2, 4, "lion")
    t.case("names are written in small letters").raises(ValueError, rows, 2, 4, "Adam")
    t.case("no image at all").raises(ValueError, rows, 0, 4, "sgd")
    t.case("fewer than no images").raises(ValueError, rows, -3, 4, "momentum")


# -- spec ---------------------------------------------------------------------------------------------------------

INPUTS = {"lenet": (1, 32, 32), "alexnet": (3, 227, 227), "vgg": (3, 224, 224), "googlenet": (3, 224, 224)}
KINDS = ("conv", "pool", "fc", "lrn", "global_pool", "inception", "head")
STAGES = {"a": "11222", "a-lrn": "11222", "b": "22222", "c": "22333", "d": "22333", "e": "22444"}
MODULES = """3a 64 96 128 16 32 32|3b 128 128 192 32 96 64|pool|4a 192 96 208 16 48 64|head|4b 160 112 224 24 64 64
|4c 128 128 256 24 64 64|4d 112 144 288 32 64 64|head|4e 256 160 320 32 128 128|pool|5a 256 160 320 32 128 128
|5b 384 192 384 48 128 128"""


def classifier(*sizes: int) -> Layers:
    return [FLATTEN, *(layer for size in sizes for layer in (fc(size), RELU))][:-1]


def activated(*layers: dict[str, Any]) -> Layers:
    """The layers with a relu after every conv."""
    return [each for layer in layers for each in ([layer, RELU] if layer["kind"] == "conv" else [layer])]


def lenet() -> Layers:
    return activated(conv(6, 5), pool(2), conv(16, 5), pool(2), conv(120, 5)) + classifier(84, 10)


def alexnet(groups: int) -> Layers:
    first = activated(conv(96, 11, s=4), LRN, pool(3, s=2), conv(256, 5, p=2, groups=groups), LRN, pool(3, s=2))
    rest = [conv(384, 3, p=1), conv(384, 3, p=1, groups=groups), conv(256, 3, p=1, groups=groups), pool(3, s=2)]
    return first + activated(*rest) + classifier(4096, 4096, 1000)


def vgg(letter: str) -> Layers:
    layers: Layers = []
    for stage, (width, count) in enumerate(zip((64, 128, 256, 512, 512), STAGES[letter], strict=True)):
        for number in range(int(count)):
            layers += activated(conv(width, 1) if letter == "c" and number == 2 else conv(width, 3, p=1))
        layers += [LRN] * (letter == "a-lrn" and stage == 0) + [pool(2)]
    return layers + classifier(4096, 4096, 1000)


def googlenet(heads: bool) -> Layers:
    down = pool(3, s=2, p=1)
    layers = activated(conv(64, 7, s=2, p=3), down, LRN, conv(64, 1), conv(192, 3, p=1), LRN, down)
    for entry in MODULES.replace("\n", "").split("|"):
        if entry == "pool":
            layers.append(down)
        elif entry == "head":
            layers += [head(*activated(pool(5, s=3), conv(128, 1)), *classifier(1024, 1000))] * heads
        else:
            one, reduce3, three, reduce5, five, after = map(int, entry.split()[1:])
            branches = [[conv(one, 1)], [conv(reduce3, 1), conv(three, 3, p=1)], [conv(reduce5, 1), conv(five, 5, p=2)]]
            branches.append([pool(3, s=1, p=1), conv(after, 1)])
            layers.append(inception(*(activated(*branch) for branch in branches)))
    return [*layers, GLOBAL, *classifier(1000)]


def right_network(name: str) -> Layers:
    """The layers that the notebook's tables ask for."""
    family, _, variant = name.partition("-")
    if family == "lenet":
        return lenet()
    if family == "vgg":
        return vgg(variant)
    return alexnet(2 if variant else 1) if family == "alexnet" else googlenet(variant == "aux")


def counted(layers: Layers, shape: Shape) -> Iterator[tuple[str, dict[str, Any]]]:
    """Kind, and shape, parameters and window, of every layer but relu and flatten; fc takes any shape as flat."""
    for layer in layers:
        kind, detail = layer["kind"], {}
        if kind in ("conv", "pool"):
            detail = dict(zip(("kernel", "stride", "padding", "dilation"), window(layer), strict=True))
            axes = zip(shape[1:], *detail.values(), strict=True)
            size = [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in axes]
            channels, shape = shape[0], (layer["out"] if kind == "conv" else shape[0], *size)
            if kind == "conv":
                depth, bias = channels // layer.get("groups", 1), bool(layer.get("bias", True))
                detail["parameters"] = shape[0] * (depth * math.prod(detail["kernel"]) + bias)
        elif kind == "fc":
            detail["parameters"] = layer["out"] * (math.prod(shape) + bool(layer.get("bias", True)))
            shape = (layer["out"],)
        elif kind == "global_pool":
            shape = (shape[0], 1, 1)
        elif kind == "head":
            yield from counted(layer["layers"], shape)
        elif kind == "inception":
            parts = [list(counted(branch, shape)) for branch in layer["branches"]]
            yield from (row for part in parts for row in part)
            ends = [part[-1][1]["shape"] for part in parts]
            shape = (sum(end[0] for end in ends), *ends[0][1:])
        elif kind in ("relu", "flatten"):
            continue
        yield kind, {"shape": shape, **detail}


def shape_for(name: str) -> Shape:
    return INPUTS[name.partition("-")[0]]


def kinds_in(spec: Learner, name: str) -> dict[str, int]:
    """How many layers of each kind spec has."""
    found = Counter(kind for kind, _ in counted(spec(name), shape_for(name)))
    return {kind: found[kind] for kind in KINDS}


def in_order(rows: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """Layers by their place. In messages a wrong number of them comes first, then the first of a wrong kind.

    What a layer is not stands before what it is: messages name the kind that a learner has there.
    """
    order = {
        f"layer {i} is of kind {each}": each == kind
        for i, (kind, _) in enumerate(rows, 1)
        for each in sorted(KINDS, key=kind.__eq__)
    }
    details = {f"layer {i}": detail for i, (_, detail) in enumerate(rows, 1)}
    return {"number of layers": len(rows), "order of layers": order, "layers": details}


def layers_in(spec: Learner, name: str) -> dict[str, Any]:
    """Kind, shape, parameters and window of each layer of spec; branches and heads count, relu and flatten do not."""
    return in_order([*counted(spec(name), shape_for(name))])


def places(layers: Layers) -> dict[str, Any]:
    """Where relu and flatten stand."""
    kinds = list(labels(layers))
    found = {kind: [i for i, each in enumerate(kinds, 1) if each == kind] for kind in ("relu", "flatten")}
    return {"number of layers": len(kinds), **{f"places of {kind}": numbers for kind, numbers in found.items()}}


def places_in(spec: Learner, name: str) -> dict[str, Any]:
    """The layers of spec, and where among them a relu or flatten stands."""
    return places(spec(name))


def expect_network(t: Trial, name: str) -> None:
    """Expect the layers that the tables ask for; where a relu or flatten stands is another family's question."""
    layers = right_network(name)
    rows = list(counted(layers, shape_for(name)))
    kinds = Counter(kind for kind, _ in rows)
    t.through(kinds_in).equal({kind: kinds[kind] for kind in KINDS}, name)
    t.through(layers_in).equal(in_order(rows), name)


CHAPTERS = {
    "LeNet-5 and VGG": ("lenet-5", "vgg-a", "vgg-a-lrn", "vgg-b", "vgg-c", "vgg-d", "vgg-e"),
    "AlexNet": ("alexnet", "alexnet-two-towers"),
    "GoogLeNet": ("googlenet", "googlenet-aux"),
}


@networks.family("LeNet-5 and VGG", 3)
def lenet_and_vgg(t: Trial) -> None:
    for name in CHAPTERS["LeNet-5 and VGG"]:
        expect_network(t, name)


@networks.family("AlexNet", 3)
def both_alexnets(t: Trial) -> None:
    for name in CHAPTERS["AlexNet"]:
        expect_network(t, name)


@networks.family("GoogLeNet", 3)
def both_googlenets(t: Trial) -> None:
    for name in CHAPTERS["GoogLeNet"]:
        expect_network(t, name)


@networks.family("contract", 1)
def networks_contract(t: Trial) -> None:
    """Where relu and flatten stand; errors."""
    for chapter, names in CHAPTERS.items():
        for name in names if t.passed(chapter) else ():
            t.through(places_in).equal(places(right_network(name)), name)
    t.case("there is no such network").raises(ValueError, "vgg-f")
    t.case("there is no such network").raises(ValueError, "lenet")


# -- audit --------------------------------------------------------------------------------------------------------


def answer_to(audit: Learner, key: str) -> Any:
    """The value that audit gives."""
    return audit()[key]


@functools.cache
def params_of(name: str) -> int:
    """Parameters of a network of the tables, counted by PyTorch."""
    return sum(row[1] for row in measured(right_network(name), shape_for(name)))


@claims.family("one kernel", 1)
def one_kernel(t: Trial) -> None:
    t.through(answer_to).equal(sum(p.numel() for p in module_of(conv(1, 3), (3,)).parameters()), "kernel")


@claims.family("a layer of kernels", 1)
def a_layer_of_kernels(t: Trial) -> None:
    t.through(answer_to).equal(sum(p.numel() for p in module_of(conv(100, 3), (3,)).parameters()), "layer")


@functools.cache
def values_of_vgg() -> int:
    """Activations of VGG-16, the input's included."""
    return sum(row[3] for row in measured(vgg("d"), INPUTS["vgg"]))


@claims.family("VGG-16: values", 1)
def vgg_in_values(t: Trial) -> None:
    t.through(answer_to).equal(values_of_vgg(), "vgg16_values")


@claims.family("VGG-16: megabytes", 1)
def vgg_in_megabytes(t: Trial) -> None:
    t.through(answer_to).within(0.1).equal(4e-6 * values_of_vgg(), "vgg16_mb")


@claims.family("three volumes", 1)
def three_volumes(t: Trial) -> None:
    volume = torch.empty((64, 224, 224), dtype=torch.float32, device="meta")
    t.through(answer_to).within(0.1).equal(3 * 2 * volume.nbytes / 2**20, "three_volumes_mib")


@claims.family("AlexNet: first layer", 1)
def first_layer_of_alexnet(t: Trial) -> None:
    t.through(answer_to).equal(measured(alexnet(1)[:1], INPUTS["alexnet"])[1][1], "alexnet_conv1")


@claims.family("AlexNet: one tower", 1)
def one_tower(t: Trial) -> None:
    t.through(answer_to).equal(params_of("alexnet"), "alexnet_one_tower")


@claims.family("AlexNet: two towers", 1)
def two_towers(t: Trial) -> None:
    t.through(answer_to).equal(params_of("alexnet-two-towers"), "alexnet_two_towers")


@claims.family("AlexNet: last volume", 1)
def last_volume(t: Trial) -> None:
    volumes = [row[0] for row in measured(alexnet(1), INPUTS["alexnet"]) if len(row[0]) == 3]
    t.through(answer_to).equal(volumes[-1], "alexnet_last_volume")


@claims.family("GoogLeNet", 1)
def parameters_of_googlenet(t: Trial) -> None:
    t.through(answer_to).equal(params_of("googlenet"), "googlenet")
