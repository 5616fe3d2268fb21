"""Right answers of unit 09 in other styles than the reference's. Each must get full marks."""

from __future__ import annotations

import functools
import itertools
import math
import operator

import numpy as np

from autograder.testing import Alternatives

alternative = Alternatives()


# -- summarize ----------------------------------------------------------------------------------------------------


def both(option):
    return option if isinstance(option, tuple | list) else (option, option)


def windows(layer, shape):
    """How many windows fit, by enumerating where they start."""
    if len(shape) != 3:
        raise ValueError(f"a {layer['kind']} needs (C, H, W), got {shape}")
    strides = both(layer.get("s", 1 if layer["kind"] == "conv" else layer["k"]))
    found = []
    for axis in range(2):
        k, p, d = (both(layer.get(key, default))[axis] for key, default in (("k", 0), ("p", 0), ("d", 1)))
        starts = range(-p, shape[1 + axis] + p - d * (k - 1), strides[axis])
        found.append(len(starts))
    if 0 in found:
        raise ValueError(f"no window of {layer['k']} fits into {shape}")
    return tuple(found)


def conv_rule(layer, shape):
    size = windows(layer, shape)
    groups = layer.get("groups", 1)
    if shape[0] % groups or layer["out"] % groups:
        raise ValueError(f"{groups} groups divide neither {shape[0]} nor {layer['out']}")
    kh, kw = both(layer["k"])
    weights = layer["out"] * shape[0] * kh * kw // groups
    out = (layer["out"], *size)
    return out, weights + layer.get("bias", True) * layer["out"], weights * size[0] * size[1], math.prod(out)


def pool_rule(layer, shape):
    out = (shape[0], *windows(layer, shape))
    return out, 0, 0, math.prod(out)


def fc_rule(layer, shape):
    if len(shape) != 1:
        raise ValueError(f"fc needs (n,), got {shape}")
    weights = layer["out"] * shape[0]
    return (layer["out"],), weights + layer.get("bias", True) * layer["out"], weights, layer["out"]


def volume_rule(layer, shape):
    if len(shape) != 3:
        raise ValueError(f"{layer['kind']} needs (C, H, W), got {shape}")
    out = shape if layer["kind"] == "lrn" else (shape[0], 1, 1)
    return out, 0, 0, math.prod(out)


def free_rule(layer, shape):
    return (shape if layer["kind"] == "relu" else (math.prod(shape),)), 0, 0, 0


RULES = {
    "conv": conv_rule,
    "pool": pool_rule,
    "fc": fc_rule,
    "lrn": volume_rule,
    "global_pool": volume_rule,
    "relu": free_rule,
    "flatten": free_rule,
}


def rule_of(layer):
    if layer["kind"] not in RULES:
        raise ValueError(f"unknown kind {layer['kind']!r}")
    return RULES[layer["kind"]]


def concatenated(shapes):
    if any(len(shape) != 3 or shape[1:] != shapes[0][1:] for shape in shapes):
        raise ValueError(f"cannot concatenate {shapes}")
    return (sum(shape[0] for shape in shapes), *shapes[0][1:])


@alternative("summarize", style="a table of functions, recursion over modules")
def table_of_functions(spec, in_shape):
    rows, shape = [("input", tuple(in_shape), 0, 0, math.prod(in_shape))], tuple(in_shape)
    for layer in spec:
        name = layer.get("name", layer["kind"])
        if layer["kind"] == "head":
            rows += [(f"{name}/{inner}", *rest) for inner, *rest in table_of_functions(layer["layers"], shape)[1:]]
        elif layer["kind"] == "inception":
            parts = [table_of_functions(branch, shape) for branch in layer["branches"]]
            rows += [(f"{name}/{inner}", *rest) for part in parts for inner, *rest in part[1:]]
            shape = concatenated([part[-1][1] for part in parts])
            rows.append((name, shape, 0, 0, 0))
        else:
            shape, *counts = rule_of(layer)(layer, shape)
            rows.append((name, shape, *counts))
    return rows


def generated(layers, shape, prefix):
    """Yields rows, returns the last shape."""
    for layer in layers:
        name = prefix + layer.get("name", layer["kind"])
        match layer:
            case {"kind": "head", "layers": side}:
                yield from generated(side, shape, name + "/")
            case {"kind": "inception", "branches": branches}:
                ends = []
                for branch in branches:
                    ends.append((yield from generated(branch, shape, name + "/")))
                shape = concatenated(ends)
                yield name, shape, 0, 0, 0
            case _:
                shape, *counts = rule_of(layer)(layer, shape)
                yield name, shape, *counts
    return shape


@alternative("summarize", style="a generator that returns the shape")
def rows_by_generator(spec, in_shape):
    shape = tuple(int(n) for n in in_shape)
    return [("input", shape, 0, 0, math.prod(shape)), *generated(spec, shape, "")]


@alternative("summarize", style="a stack in place of recursion")
def explicit_stack(spec, in_shape):
    shape = tuple(in_shape)
    rows = [("input", shape, 0, 0, functools.reduce(operator.mul, shape, 1))]
    tasks = [("run", layer, "") for layer in reversed(spec)]
    shapes, ends = [], []
    while tasks:
        task, layer, prefix = tasks.pop()
        if task == "branch ends":
            ends[-1].append(shape)
            shape = shapes[-1]
        elif task == "join":
            shapes.pop()
            shape = concatenated(ends.pop())
            rows.append((prefix, shape, 0, 0, 0))
        elif task == "head ends":
            shape = shapes.pop()
        elif layer["kind"] == "inception":
            name = prefix + layer.get("name", "inception")
            shapes.append(shape)
            ends.append([])
            tasks.append(("join", None, name))
            for branch in reversed(layer["branches"]):
                tasks.append(("branch ends", None, name))
                tasks += [("run", inner, name + "/") for inner in reversed(branch)]
        elif layer["kind"] == "head":
            name = prefix + layer.get("name", "head")
            shapes.append(shape)
            tasks.append(("head ends", None, name))
            tasks += [("run", inner, name + "/") for inner in reversed(layer["layers"])]
        else:
            shape, *counts = rule_of(layer)(layer, shape)
            rows.append((prefix + layer.get("name", layer["kind"]), shape, *counts))
    return rows


@alternative("summarize", style="shapes first, then counts from neighbouring shapes; NumPy for sizes")
def shapes_then_counts(spec, in_shape):
    rows = [["input", tuple(in_shape), 0, 0, int(np.prod(in_shape))]]
    shape = tuple(in_shape)
    for layer in spec:
        kind, before = layer["kind"], shape
        name = layer.get("name", kind)
        if kind in ("inception", "head"):
            inner = [shapes_then_counts(part, before) for part in layer.get("branches", [layer.get("layers")])]
            rows += [[f"{name}/{row[0]}", *row[1:]] for part in inner for row in part[1:]]
            if kind == "inception":
                shape = concatenated([part[-1][1] for part in inner])
                rows.append([name, shape, 0, 0, 0])
            continue
        if kind not in RULES or (len(shape) != 3 and kind not in ("fc", "relu", "flatten")):
            raise ValueError(f"{kind} on {shape}")
        if kind in ("conv", "pool"):
            k, p, d = (np.broadcast_to(layer.get(key, default), 2) for key, default in (("k", 1), ("p", 0), ("d", 1)))
            s = np.broadcast_to(layer.get("s", layer["k"] if kind == "pool" else 1), 2)
            size = (np.array(shape[1:]) + 2 * p - d * (k - 1) - 1) // s + 1
            if (size < 1).any():
                raise ValueError(f"{kind} of {layer['k']} on {shape}")
            shape = (layer.get("out", shape[0]), *size.tolist())
        elif kind == "fc":
            if len(shape) != 1:
                raise ValueError(f"fc on {shape}")
            shape = (layer["out"],)
        elif kind == "flatten":
            shape = (math.prod(shape),)
        elif kind == "global_pool":
            shape = (*shape[:1], 1, 1)
        weights, g = 0, layer.get("groups", 1)
        if kind == "conv":
            if before[0] % g + shape[0] % g:
                raise ValueError(f"{g} groups")
            weights = shape[0] * (before[0] // g) * int(np.prod(np.broadcast_to(layer["k"], 2)))
        elif kind == "fc":
            weights = before[0] * shape[0]
        biases = shape[0] if weights and layer.get("bias", True) else 0
        new = math.prod(shape) if kind not in ("relu", "flatten") else 0
        rows.append([name, shape, weights + biases, weights * math.prod(shape[1:]), new])
    return [tuple(row) for row in rows]


# -- total --------------------------------------------------------------------------------------------------------


@alternative("total", style="a loop with three counters")
def three_counters(rows):
    params = macs = activations = 0
    for _, _, p, m, a in rows:
        params += p
        macs += m
        activations += a
    return params, macs, activations


@alternative("total", style="zip of the columns")
def columns_by_zip(rows):
    columns = list(zip(*rows, strict=True))[2:] or [(), (), ()]
    return tuple(map(sum, columns))


@alternative("total", style="reduce over rows")
def reduced(rows):
    return functools.reduce(lambda sums, row: tuple(map(operator.add, sums, row[2:])), rows, (0, 0, 0))


@alternative("total", style="recursion")
def first_and_rest(rows):
    if not rows:
        return 0, 0, 0
    rest = first_and_rest(rows[1:])
    return rows[0][2] + rest[0], rows[0][3] + rest[1], rows[0][4] + rest[2]


@alternative("total", style="NumPy with Python's integers")
def array_of_objects(rows):
    counts = np.array([row[2:] for row in rows], dtype=object).reshape(-1, 3)
    return tuple(int(value) for value in counts.sum(axis=0))


# -- receptive_field ----------------------------------------------------------------------------------------------


def square(layer):
    """k, s, p, d of a layer whose axes agree."""
    stride = layer["k"] if layer["kind"] == "pool" else 1
    options = [both(option) for option in (layer["k"], layer.get("s", stride), layer.get("p", 0), layer.get("d", 1))]
    if any(a != b for a, b in options):
        raise ValueError(f"axes differ in {layer}")
    return [a for a, _ in options]


def before_the_end(spec):
    return list(itertools.takewhile(lambda layer: layer["kind"] not in ("flatten", "global_pool", "fc"), spec))


def same_jump(jumps):
    if len(set(jumps)) != 1:
        raise ValueError(f"branches have jumps {jumps}")
    return jumps[0]


@alternative("receptive-field", style="backwards: what a stretch of units needs of the layer before")
def interval_backwards(spec):
    def needs(layers, first, last):
        jump = 1
        for layer in reversed(layers):
            if layer["kind"] in ("conv", "pool"):
                k, s, p, d = square(layer)
                first, last, jump = first * s - p, last * s - p + d * (k - 1), jump * s
            elif layer["kind"] == "inception":
                found = [needs(branch, first, last) for branch in layer["branches"]]
                jump *= same_jump([one[2] for one in found])
                first, last = min(one[0] for one in found), max(one[1] for one in found)
        return first, last, jump

    first, last, jump = needs(before_the_end(spec), 0, 0)
    return last - first + 1, jump, first


@alternative("receptive-field", style="sets of pixels that the first two units reach")
def reachable_sets(spec):
    def pixels(layers, units):
        for layer in reversed(layers):
            if layer["kind"] in ("conv", "pool"):
                k, s, p, d = square(layer)
                units = {unit * s - p + tap * d for unit in units for tap in range(k)}
            elif layer["kind"] == "inception":
                same_jump([steps(branch) for branch in layer["branches"]])
                units = set.union(*[pixels(branch, units) for branch in layer["branches"]])
        return units

    def steps(layers):
        return min(pixels(layers, {1})) - min(pixels(layers, {0}))

    layers = before_the_end(spec)
    seen = pixels(layers, {0})
    return max(seen) - min(seen) + 1, steps(layers), min(seen)


@alternative("receptive-field", style="closed sums with products of strides")
def sums_of_products(spec):
    windowed = [layer for layer in before_the_end(spec) if layer["kind"] in ("conv", "pool", "inception")]
    local = []  # (first, last, stride) of each layer in units of its input
    for layer in windowed:
        if layer["kind"] == "inception":
            fields = [sums_of_products(branch) for branch in layer["branches"]]
            ends = [start + size - 1 for size, _, start in fields]
            local.append((min(f[2] for f in fields), max(ends), same_jump([f[1] for f in fields])))
        else:
            k, s, p, d = square(layer)
            local.append((-p, d * (k - 1) - p, s))
    jumps = [math.prod(stride for _, _, stride in local[:i]) for i in range(len(local) + 1)]
    first = sum(low * jump for (low, _, _), jump in zip(local, jumps, strict=False))
    last = sum(high * jump for (_, high, _), jump in zip(local, jumps, strict=False))
    return last - first + 1, jumps[-1], first


@alternative("receptive-field", style="composition of maps, folded by reduce")
def composed_maps(spec):
    def local(layer):
        if layer["kind"] == "inception":
            maps = [composed_maps(branch) for branch in layer["branches"]]
            low = min(start for _, _, start in maps)
            return max(start + size for size, _, start in maps) - low, same_jump([jump for _, jump, _ in maps]), low
        if layer["kind"] in ("conv", "pool"):
            k, s, p, d = square(layer)
            return d * (k - 1) + 1, s, -p
        return 1, 1, 0

    def after(outer, inner):
        return outer[0] + (inner[0] - 1) * outer[1], outer[1] * inner[1], outer[2] + inner[2] * outer[1]

    return functools.reduce(after, map(local, before_the_end(spec)), (1, 1, 0))


# -- training_memory ----------------------------------------------------------------------------------------------


def asked(batch, optimizer):
    if optimizer not in ("sgd", "momentum", "adam"):
        raise ValueError(f"no optimizer {optimizer}")
    if batch < 1:
        raise ValueError(f"batch {batch}")


@alternative("training-memory", style="row by row")
def row_by_row(rows, batch, bytes_per_value, optimizer):
    asked(batch, optimizer)
    copies = {"sgd": 2, "momentum": 3, "adam": 4}[optimizer]
    total = 0
    for index, (_, _, params, _, activations) in enumerate(rows):
        total += copies * params * bytes_per_value
        total += (1 if index == 0 else 2) * batch * activations * bytes_per_value
    return total


@alternative("training-memory", style="match on the optimizer, heaps by name")
def named_heaps(rows, batch, bytes_per_value, optimizer):
    if batch < 1:
        raise ValueError(f"a batch of {batch} images")
    params = sum(params for _, _, params, _, _ in rows)
    match optimizer:
        case "sgd":
            state = 0
        case "momentum":
            state = params
        case "adam":
            state = params + params
        case _:
            raise ValueError(f"unknown optimizer {optimizer!r}")
    volumes = [activations * batch for *_, activations in rows]
    heaps = {
        "activations": sum(volumes),
        "their gradients": sum(volumes[1:]),
        "parameters": params,
        "gradients": params,
        "state": state,
    }
    return bytes_per_value * sum(heaps.values())


@alternative("training-memory", style="twice everything, without the input's gradient")
def twice_but_input(rows, batch, bytes_per_value, optimizer):
    asked(batch, optimizer)
    params, values = (sum(row[i] for row in rows) for i in (2, 4))
    doubled = 2 * (params + batch * values) - batch * rows[0][4]
    return (doubled + ["sgd", "momentum", "adam"].index(optimizer) * params) * bytes_per_value


@alternative("training-memory", style="NumPy with Python's integers")
def dot_products(rows, batch, bytes_per_value, optimizer):
    asked(batch, optimizer)
    counts = np.array([(row[2], row[4]) for row in rows], dtype=object)
    factors = np.full(counts.shape, 2, dtype=object)
    factors[:, 0] += {"sgd": 0, "momentum": 1, "adam": 2}[optimizer]
    factors[0, 1] = 1
    factors[:, 1] *= batch
    return int((counts * factors).sum()) * bytes_per_value


# -- spec ---------------------------------------------------------------------------------------------------------

STAGES = {"a": "11222", "a-lrn": "11222", "b": "22222", "c": "22333", "d": "22333", "e": "22444"}
NINE = """
3a 64 96 128 16 32 32
3b 128 128 192 32 96 64
4a 192 96 208 16 48 64
4b 160 112 224 24 64 64
4c 128 128 256 24 64 64
4d 112 144 288 32 64 64
4e 256 160 320 32 128 128
5a 256 160 320 32 128 128
5b 384 192 384 48 128 128
"""


def parsed(text):
    """Layers from words: c64k3p1 is a conv, m3s2 a pool, f10 an fc, n an lrn, g a global_pool, v a flatten."""
    layers = []
    for word in text.split():
        numbers = {}
        key = word[0]
        for sign, digits in itertools.groupby(word, str.isdigit):
            if sign:
                numbers[key] = int("".join(digits))
            else:
                key = "".join(digits)
        if word[0] == "c":
            options = {
                name: numbers[sign] for sign, name in (("s", "s"), ("p", "p"), ("g", "groups")) if sign in numbers
            }
            layers += [{"kind": "conv", "out": numbers["c"], "k": numbers["k"], **options}, {"kind": "relu"}]
        elif word[0] == "m":
            layers.append({"kind": "pool", "k": numbers["m"], "s": numbers["s"], "p": numbers.get("p", 0)})
        elif word[0] == "f":
            layers += [{"kind": "fc", "out": numbers["f"]}, {"kind": "relu"}]
        else:
            layers.append({"kind": {"n": "lrn", "g": "global_pool", "v": "flatten"}[word[0]]})
    return layers


@alternative("spec", style="a small language and its parser")
def small_language(name):
    def ends_in_scores(text):
        return parsed(text)[:-1]

    if name == "lenet-5":
        return ends_in_scores("c6k5 m2s2 c16k5 m2s2 c120k5 v f84 f10")
    if name == "alexnet":
        text = "c96k11s4 n m3s2 c256k5p2 n m3s2 c384k3p1 c384k3p1 c256k3p1 m3s2 v f4096 f4096 f1000"
        return ends_in_scores(text)
    if name == "alexnet-two-towers":
        text = "c96k11s4 n m3s2 c256k5p2g2 n m3s2 c384k3p1 c384k3p1g2 c256k3p1g2 m3s2 v f4096 f4096 f1000"
        return ends_in_scores(text)
    if name.startswith("vgg-") and name[4:] in STAGES:
        words = []
        for width, count in zip((64, 128, 256, 512, 512), STAGES[name[4:]], strict=True):
            words += [f"c{width}k3p1"] * int(count)
            if name == "vgg-c" and count == "3":
                words[-1] = f"c{width}k1"
            words += ["n"] * (name == "vgg-a-lrn" and width == 64) + ["m2s2"]
        return ends_in_scores(" ".join(words) + " v f4096 f4096 f1000")
    if name not in ("googlenet", "googlenet-aux"):
        raise ValueError(f"no network {name!r}")
    layers = parsed("c64k7s2p3 m3s2p1 n c64k1 c192k3p1 n m3s2p1")
    for line in NINE.split("\n")[1:-1]:
        title, a, b, c, d, e, f = line.split()
        texts = f"c{a}k1", f"c{b}k1 c{c}k3p1", f"c{d}k1 c{e}k5p2", f"m3s1p1 c{f}k1"
        layers.append({"kind": "inception", "name": title, "branches": [parsed(text) for text in texts]})
        if name == "googlenet-aux" and title in ("4a", "4d"):
            layers.append({"kind": "head", "layers": ends_in_scores("m5s3 c128k1 v f1024 f1000")})
        if title in ("3b", "4e"):
            layers += parsed("m3s2p1")
    return layers + ends_in_scores("g v f1000")


class Builder:
    """Collects layers; each method adds one and gives the builder back."""

    def __init__(self):
        self.layers = []

    def add(self, kind, **options):
        self.layers.append({"kind": kind, **options})
        return self

    def conv(self, out, k, **options):
        return self.add("conv", out=out, k=(k, k), **options).add("relu")

    def pool(self, k, s=None, p=0):
        return self.add("pool", k=(k, k), s=(s or k, s or k), p=(p, p))

    def classify(self, *sizes):
        self.add("flatten")
        for size in sizes[:-1]:
            self.add("fc", out=size, bias=True).add("relu")
        return self.add("fc", out=sizes[-1])

    def module(self, a, b, c, d, e, f):
        branches = [
            Builder().conv(a, 1),
            Builder().conv(b, 1).conv(c, 3, p=1),
            Builder().conv(d, 1).conv(e, 5, p=2),
            Builder().pool(3, 1, 1).conv(f, 1),
        ]
        return self.add("inception", branches=[branch.layers for branch in branches])


@alternative("spec", style="a builder with methods, options as pairs")
def builder(name):
    net = Builder()
    kind, _, variant = name.partition("-")
    if name == "lenet-5":
        net.conv(6, 5).pool(2).conv(16, 5).pool(2).conv(120, 5).classify(84, 10)
    elif name in ("alexnet", "alexnet-two-towers"):
        split = {"groups": 2 if variant else 1}
        net.conv(96, 11, s=4).add("lrn").pool(3, 2).conv(256, 5, p=2, **split).add("lrn").pool(3, 2)
        net.conv(384, 3, p=1).conv(384, 3, p=1, **split).conv(256, 3, p=1, **split).pool(3, 2)
        net.classify(4096, 4096, 1000)
    elif kind == "vgg" and variant in STAGES:
        for stage in range(5):
            count = int(STAGES[variant][stage])
            for i in range(count):
                k = 1 if variant == "c" and i == 2 else 3
                net.conv(min(64 * 2**stage, 512), k, p=k // 2)
            if variant == "a-lrn" and stage == 0:
                net.add("lrn")
            net.pool(2)
        net.classify(4096, 4096, 1000)
    elif name in ("googlenet", "googlenet-aux"):
        net.conv(64, 7, s=2, p=3).pool(3, 2, 1).add("lrn").conv(64, 1).conv(192, 3, p=1).add("lrn").pool(3, 2, 1)
        for title, *numbers in (line.split() for line in NINE.strip().splitlines()):
            net.module(*map(int, numbers))
            if variant and title in ("4a", "4d"):
                net.add("head", layers=Builder().pool(5, 3).conv(128, 1).classify(1024, 1000).layers)
            if title in ("3b", "4e"):
                net.pool(3, 2, 1)
        net.add("global_pool").classify(1000)
    else:
        raise ValueError(f"no network {name!r}")
    return net.layers


def with_relus(layers):
    """A relu after every conv and fc, but for the last layer of the network."""
    for i, layer in enumerate(layers):
        if layer["kind"] == "inception":
            yield {**layer, "branches": [[*with_relus(branch), *last_relu(branch)] for branch in layer["branches"]]}
        elif layer["kind"] == "head":
            yield {**layer, "layers": list(with_relus(layer["layers"]))}
        else:
            yield layer
        if layer["kind"] in ("conv", "fc") and i < len(layers) - 1:
            yield {"kind": "relu"}


def last_relu(branch):
    return [{"kind": "relu"}] if branch[-1]["kind"] == "conv" else []


def c(out, k, s=1, p=0, groups=1):
    return {"kind": "conv", "out": out, "k": k, "s": s, "p": p, "groups": groups}


def m(k, s, p=0):
    return {"kind": "pool", "k": k, "s": s, "p": p}


def f(out):
    return {"kind": "fc", "out": out}


def nine_modules(aux):
    for line in NINE.strip().split("\n"):
        title, *numbers = line.split()
        one, reduce3, three, reduce5, five, after = map(int, numbers)
        branches = [
            [c(one, 1)],
            [c(reduce3, 1), c(three, 3, p=1)],
            [c(reduce5, 1), c(five, 5, p=2)],
            [m(3, 1, 1), c(after, 1)],
        ]
        yield {"kind": "inception", "name": f"inception {title}", "branches": branches}
        if aux and title in ("4a", "4d"):
            yield {"kind": "head", "layers": [m(5, 3), c(128, 1), {"kind": "flatten"}, f(1024), f(1000)]}
        if title in ("3b", "4e"):
            yield m(3, 2, 1)


@alternative("spec", style="layers without relu first, relus put in by a pass over them")
def relus_by_a_pass(name):
    flat, lrn = {"kind": "flatten"}, {"kind": "lrn"}
    fully = [flat, f(4096), f(4096), f(1000)]
    if name == "lenet-5":
        layers = [c(6, 5), m(2, 2), c(16, 5), m(2, 2), c(120, 5), flat, f(84), f(10)]
    elif name in ("alexnet", "alexnet-two-towers"):
        g = 1 + name.endswith("towers")
        layers = [c(96, 11, 4), lrn, m(3, 2), c(256, 5, 1, 2, g), lrn, m(3, 2)]
        layers += [c(384, 3, 1, 1), c(384, 3, 1, 1, g), c(256, 3, 1, 1, g), m(3, 2), *fully]
    elif name.startswith("vgg-") and name[4:] in STAGES:
        layers = []
        for width, count in zip((64, 128, 256, 512, 512), map(int, STAGES[name[4:]]), strict=True):
            stage = [c(width, 3, 1, 1) for _ in range(count)]
            if name == "vgg-c" and count == 3:
                stage[2] = c(width, 1)
            layers += [*stage, *([lrn] if name == "vgg-a-lrn" and width == 64 else []), m(2, 2)]
        layers += fully
    elif name in ("googlenet", "googlenet-aux"):
        layers = [c(64, 7, 2, 3), m(3, 2, 1), lrn, c(64, 1), c(192, 3, 1, 1), lrn, m(3, 2, 1)]
        layers += [*nine_modules(name == "googlenet-aux"), {"kind": "global_pool"}, flat, f(1000)]
    else:
        raise ValueError(f"no network {name!r}")
    return list(with_relus(layers))


@alternative("spec", style="one dict of functions, networks derived from each other")
def derived_networks(name):
    def relu(*layers):
        return [
            part for layer in layers for part in ((layer, {"kind": "relu"}) if layer["kind"] == "conv" else (layer,))
        ]

    def scores(*sizes):
        hidden = [part for size in sizes[:-1] for part in (f(size), {"kind": "relu"})]
        return [{"kind": "flatten"}, *hidden, f(sizes[-1])]

    def vgg(letter):
        stages = []
        for width, count in zip((64, 128, 256, 512, 512), STAGES[letter], strict=True):
            stages += [*relu(*[c(width, 3, p=1)] * int(count)), m(2, 2)]
        return stages + scores(4096, 4096, 1000)

    def vgg_with_lrn():
        layers = vgg("a")
        return [*layers[:2], {"kind": "lrn"}, *layers[2:]]

    def vgg_with_pointwise():
        layers, pools = vgg("d"), 0
        for i, layer in enumerate(layers):
            pools += layer["kind"] == "pool"
            if layer["kind"] == "pool" and pools > 2:
                layers[i - 2] = {**layers[i - 2], "k": 1, "p": 0}
        return layers

    def alexnet():
        first = relu(c(96, 11, 4), {"kind": "lrn"}, m(3, 2), c(256, 5, p=2), {"kind": "lrn"}, m(3, 2))
        return first + relu(c(384, 3, p=1), c(384, 3, p=1), c(256, 3, p=1), m(3, 2)) + scores(4096, 4096, 1000)

    def towers():
        number, layers = 0, []
        for layer in alexnet():
            number += layer["kind"] == "conv"
            layers.append({**layer, "groups": 2} if layer["kind"] == "conv" and number in (2, 4, 5) else layer)
        return layers

    def googlenet_aux():
        stem = relu(c(64, 7, 2, 3), m(3, 2, 1), {"kind": "lrn"}, c(64, 1), c(192, 3, p=1), {"kind": "lrn"}, m(3, 2, 1))
        for layer in nine_modules(aux=True):
            if layer["kind"] == "inception":
                layer["branches"] = [relu(*branch) for branch in layer["branches"]]
            elif layer["kind"] == "head":
                layer["layers"] = relu(m(5, 3), c(128, 1)) + scores(1024, 1000)
            stem.append(layer)
        return [*stem, {"kind": "global_pool"}, *scores(1000)]

    networks = {
        "lenet-5": lambda: relu(c(6, 5), m(2, 2), c(16, 5), m(2, 2), c(120, 5)) + scores(84, 10),
        "alexnet": alexnet,
        "alexnet-two-towers": towers,
        "vgg-a": lambda: vgg("a"),
        "vgg-a-lrn": vgg_with_lrn,
        "vgg-b": lambda: vgg("b"),
        "vgg-c": vgg_with_pointwise,
        "vgg-d": lambda: vgg("d"),
        "vgg-e": lambda: vgg("e"),
        "googlenet": lambda: [layer for layer in googlenet_aux() if layer["kind"] != "head"],
        "googlenet-aux": googlenet_aux,
    }
    if name not in networks:
        raise ValueError(f"no network {name!r}; there are {', '.join(networks)}")
    return networks[name]()


# -- audit --------------------------------------------------------------------------------------------------------


@alternative("audit", style="numbers counted on paper")
def on_paper():
    return {
        "kernel": 28,
        "layer": 2800,
        "vgg16_values": 15_237_608,
        "vgg16_mb": 60.95,
        "three_volumes_mib": 73.5,
        "alexnet_conv1": 34_944,
        "alexnet_one_tower": 62_378_344,
        "alexnet_two_towers": 60_965_224,
        "alexnet_last_volume": (256, 6, 6),
        "googlenet": 6_998_552,
    }


def weights_of(channels, layers):
    """Parameters of convolutions (out, k, groups) that follow each other."""
    params = 0
    for out, k, groups in layers:
        params += out * (channels // groups * k * k + 1)
        channels = out
    return params


@alternative("audit", style="arithmetic on lists of layers")
def lists_of_layers():
    values, size = 3 * 224 * 224, 224
    for width, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        values += count * width * size * size
        size //= 2
        values += width * size * size
    values += 4096 + 4096 + 1000
    fully = sum((n + 1) * out for n, out in ((9216, 4096), (4096, 4096), (4096, 1000)))
    google, channels = weights_of(3, [(64, 7, 1), (64, 1, 1), (192, 3, 1)]), 192
    for line in NINE.strip().splitlines():
        a, b, c3, d, e, g = map(int, line.split()[1:])
        for branch in ([(a, 1, 1)], [(b, 1, 1), (c3, 3, 1)], [(d, 1, 1), (e, 5, 1)], [(g, 1, 1)]):
            google += weights_of(channels, branch)
        channels = a + c3 + e + g
    towers = {
        g: weights_of(3, [(96, 11, 1), (256, 5, g), (384, 3, 1), (384, 3, g), (256, 3, g)]) + fully for g in (1, 2)
    }
    return {
        "kernel": weights_of(3, [(1, 3, 1)]),
        "layer": weights_of(3, [(100, 3, 1)]),
        "vgg16_values": values,
        "vgg16_mb": values * 4 / 10**6,
        "three_volumes_mib": 3 * 64 * 224**2 * 2 * 4 / 1024**2,
        "alexnet_conv1": weights_of(3, [(96, 11, 1)]),
        "alexnet_one_tower": towers[1],
        "alexnet_two_towers": towers[2],
        "alexnet_last_volume": [256, 6, 6],
        "googlenet": google + 1025 * 1000,
    }


@alternative("audit", style="other exercises' answers: a builder and a table of functions")
def by_own_functions():
    def table(name, side):
        return table_of_functions(builder(name), (3, side, side))

    vgg, one, two = table("vgg-d", 224), table("alexnet", 227), table("alexnet-two-towers", 227)
    layer = table_of_functions([{"kind": "conv", "out": 100, "k": 3}], (3, 9, 9))[1][2]
    activations = sum(row[4] for row in vgg)
    return {
        "googlenet": sum(row[2] for row in table("googlenet", 224)),
        "alexnet_last_volume": next(row[1] for row in reversed(one) if len(row[1]) == 3),
        "alexnet_two_towers": sum(row[2] for row in two),
        "alexnet_one_tower": sum(row[2] for row in one),
        "alexnet_conv1": one[1][2],
        "three_volumes_mib": 3 * vgg[1][4] * 2 * 4 / 2**20,
        "vgg16_mb": activations * 4e-6,
        "vgg16_values": activations,
        "layer": layer,
        "kernel": layer // 100,
    }


@alternative("audit", style="NumPy on the shapes of weights")
def shapes_of_weights():
    def counted(*shapes):
        return sum(int(np.prod(shape)) + shape[0] for shape in shapes)

    fully = (4096, 9216), (4096, 4096), (1000, 4096)
    first, third = (96, 3, 11, 11), (384, 256, 3, 3)
    volumes = np.array([(3, 224)] + [(64, 224)] * 2 + [(64, 112)] + [(128, 112)] * 2 + [(128, 56)] + [(256, 56)] * 3)
    deep = np.array([(256, 28)] + [(512, 28)] * 3 + [(512, 14)] * 4 + [(512, 7)])
    values = sum(int((v[:, 0] * v[:, 1] ** 2).sum()) for v in (volumes, deep)) + 2 * 4096 + 1000
    nine = np.array([line.split()[1:] for line in NINE.strip().splitlines()], dtype=int)
    ends = nine[:, [0, 2, 4, 5]].sum(axis=1)
    google = counted((64, 3, 7, 7), (64, 64, 1, 1), (192, 64, 3, 3), (1000, 1024))
    for (a, b, c3, d, e, g), channels in zip(nine.tolist(), [192, *ends.tolist()[:-1]], strict=True):
        google += counted((a, channels), (b, channels), (c3, b, 3, 3), (d, channels), (e, d, 5, 5), (g, channels))
    return {
        "kernel": counted((1, 3, 3, 3)),
        "layer": counted((100, 3, 3, 3)),
        "vgg16_values": values,
        "vgg16_mb": np.float64(values) * 4 / 1e6,
        "three_volumes_mib": 3 * np.zeros((64, 224, 224), np.float32).nbytes * 2 / 2**20,
        "alexnet_conv1": counted(first),
        "alexnet_one_tower": counted(first, (256, 96, 5, 5), third, (384, 384, 3, 3), (256, 384, 3, 3), *fully),
        "alexnet_two_towers": counted(first, (256, 48, 5, 5), third, (384, 192, 3, 3), (256, 192, 3, 3), *fully),
        "alexnet_last_volume": (256, 6, 6),
        "googlenet": google,
    }
