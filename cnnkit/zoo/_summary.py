"""The layer table of a network of the zoo, and its stages: what the book prints and what it draws."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import nn

from cnnkit.zoo._registry import build, entry
from cnnkit.zoo._trace import Row, Size, layer_rows


@dataclass(frozen=True)
class Summary:
    """The layer table of one network. `print` shows it as text."""

    name: str
    rows: tuple[Row, ...]

    @property
    def parameters(self) -> int:
        """Trained parameters of all rows."""
        return sum(row.parameters for row in self.rows)

    @property
    def activations(self) -> int:
        """Values of the input and of all rows."""
        return sum(row.activations for row in self.rows)

    @property
    def macs(self) -> int:
        """Multiply-adds of all rows."""
        return sum(row.macs for row in self.rows)

    def __getitem__(self, name: str) -> Row:
        """The first row of this name."""
        for row in self.rows:
            if row.name == name:
                return row
        raise ValueError(f"{self.name} has no row {name!r}, only {[row.name for row in self.rows]}")

    def __str__(self) -> str:
        titles = ["layer", "kind", "output", "parameters", "activations", "multiply-adds", "field"]
        lines = [[row.name, row.kind, _by(row.output_shape), *_counts(row), _field(row)] for row in self.rows]
        table = [titles, *lines, ["total", self.name, "", *_counts(self), ""]]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        aligned = [
            "  ".join(f"{cell:{'<' if i < 2 else '>'}{widths[i]}}" for i, cell in enumerate(line)).rstrip()
            for line in table
        ]
        rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
        return "\n".join([aligned[0], rule, *aligned[1:-1], rule, aligned[-1]])


def _by(sizes: Size) -> str:
    return "×".join(map(str, sizes))


def _counts(row: Row | Summary) -> list[str]:
    return [f"{count:,}" for count in (row.parameters, row.activations, row.macs)]


def _field(row: Row) -> str:
    sizes = row.receptive_field
    return str(sizes[0]) if len(set(sizes)) == 1 else _by(sizes)


@dataclass(frozen=True)
class Block:
    """One box of a diagram: a layer, or a module of several layers.

    Attributes:
        name: Name of the module.
        kind: What it is, such as "Conv2d 3×3", "Inception" or "Bottleneck".
        rows: Its layers and meetings of branches, in the order in which they ran.
    """

    name: str
    kind: str
    rows: tuple[Row, ...]

    @property
    def input_shape(self) -> Size:
        """Shape of what it takes, without the batch axis."""
        return self.rows[0].input_shape

    @property
    def output_shape(self) -> Size:
        """Shape of its result, without the batch axis."""
        return self.rows[-1].output_shape

    @property
    def parameters(self) -> int:
        """Trained parameters."""
        return sum(row.parameters for row in self.rows)

    @property
    def macs(self) -> int:
        """Multiply-adds."""
        return sum(row.macs for row in self.rows)

    @property
    def branches(self) -> tuple[tuple[Row, ...], ...]:
        """The layers of each branch that ends where the last of them meet, in the order of that meeting.

        An identity shortcut is an empty branch. Layers before the fork are in no branch, and layers that two branches
        of three share (FractalNet) are in both. Without a meeting there is one branch: all layers.
        """
        joins = [i for i, row in enumerate(self.rows) if row.joins]
        if not joins:
            return (self.rows,)
        before = {row.name: row for row in self.rows[: joins[-1]]}

        def reached(name: str) -> dict[str, None]:
            if name not in before:
                return {}
            return {n: None for source in before[name].inputs for n in reached(source)} | {name: None}

        ways = [reached(name) for name in self.rows[joins[-1]].inputs]
        shared = set(ways[0]).intersection(*ways[1:])
        return tuple(tuple(before[name] for name in before if name in way and name not in shared) for way in ways)


@dataclass(frozen=True)
class Stage:
    """Like blocks one after another, which a diagram draws as one box with their number.

    Attributes:
        name: Name of the module that holds all of them, or of the first of them.
        inputs: Names of the stages that it takes maps from.
        blocks: The blocks. The first can differ: it may change the size and the number of maps.
    """

    name: str
    inputs: tuple[str, ...]
    blocks: tuple[Block, ...]

    @property
    def kind(self) -> str:
        """What the blocks are."""
        return self.blocks[0].kind

    @property
    def count(self) -> int:
        """How many blocks."""
        return len(self.blocks)

    @property
    def rows(self) -> tuple[Row, ...]:
        """The layers of all blocks."""
        return tuple(row for block in self.blocks for row in block.rows)

    @property
    def input_shape(self) -> Size:
        """Shape of what it takes, without the batch axis."""
        return self.blocks[0].input_shape

    @property
    def output_shape(self) -> Size:
        """Shape of its result, without the batch axis."""
        return self.blocks[-1].output_shape

    @property
    def receptive_field(self) -> Size:
        """Pixels of the network's input that a value of the result sees, for each spatial axis."""
        return self.blocks[-1].rows[-1].receptive_field

    @property
    def parameters(self) -> int:
        """Trained parameters."""
        return sum(block.parameters for block in self.blocks)

    @property
    def macs(self) -> int:
        """Multiply-adds."""
        return sum(block.macs for block in self.blocks)


def summary(name: str, *, input_shape: Size | None = None, **options: object) -> Summary:
    """The layer table of a network of the zoo. Nothing is computed: weights and maps are on the meta device.

    Args:
        name: One of `names()`.
        input_shape: One input without the batch axis; the published one if not given.
        options: Those of `build`.

    Returns:
        A row for the input, for each layer with parameters, each pooling, each normalisation and each meeting of
        branches. Layers that work value by value (ReLU, dropout) have none: they are counted as done in place.
    """
    return Summary(name, tuple(layer_rows(*_on_meta(name, input_shape, options))))


def layers(name: str, *, input_shape: Size | None = None, **options: object) -> tuple[Row, ...]:
    """The rows of `summary`, which takes the same arguments. Each says which rows its inputs come from."""
    return summary(name, input_shape=input_shape, **options).rows


def stages(name: str, *, input_shape: Size | None = None, **options: object) -> tuple[Stage, ...]:
    """A network as the boxes of a diagram, from the input on. It takes the arguments of `summary`.

    Returns:
        Stages of one or more blocks of the same kind. Together they have each row of `layers` once, in order. Batch
        and layer normalisation belong to the convolution before them.
    """
    network, shape = _on_meta(name, input_shape, options)
    groups: list[list[Block]] = []
    for block in _blocks(network, layer_rows(network, shape)):
        if groups and _alike(network, groups[-1], block):
            groups[-1].append(block)
        else:
            groups.append([block])
    names = [_stage_name(network, group) for group in groups]
    home = {row.name: n for n, group in zip(names, groups, strict=True) for block in group for row in block.rows}
    return tuple(Stage(n, _sources(n, group, home), tuple(group)) for n, group in zip(names, groups, strict=True))


def _on_meta(name: str, input_shape: Size | None, options: dict[str, object]) -> tuple[nn.Module, Size]:
    with torch.device("meta"):
        network = build(name, **options)
    return network.to("meta"), entry(name).input_shape if input_shape is None else input_shape


def _open(module: nn.Module) -> bool:
    """Whether a module is a list of blocks, and not a block of its own kind."""
    return type(module) in (nn.Sequential, nn.ModuleList, nn.ModuleDict)


def _block_name(network: nn.Module, row: str) -> str:
    """The outermost module around a row that is not a list of modules; the row itself where there is none."""
    module, path = network, row.split(".")
    for depth, key in enumerate(path):
        child = dict(module.named_children()).get(key)
        if child is None:
            return row  # branches that meet in the network's own forward
        if not _open(child):
            return ".".join(path[: depth + 1])
        module = child
    return row


def _blocks(network: nn.Module, rows: Iterable[Row]) -> list[Block]:
    groups: list[tuple[str, list[Row]]] = []
    for row in rows:
        name = _block_name(network, row.name)
        norm = name == row.name and "Norm" in row.kind and "Response" not in row.kind
        if groups and (groups[-1][0] == name or (norm and "Conv" in groups[-1][1][-1].kind)):
            groups[-1][1].append(row)
        else:
            groups.append((name, [row]))
    return [Block(name, _block_kind(network, name, members), tuple(members)) for name, members in groups]


def _block_kind(network: nn.Module, name: str, rows: list[Row]) -> str:
    """The layer's kind if there is one, with or without normalisation; otherwise the module's."""
    others = [row for row in rows if "Norm" not in row.kind]
    if len(others) <= 1:
        return (others or rows)[0].kind
    return _label(network.get_submodule(name))


def _label(module: nn.Module) -> str:
    return str(getattr(module, "label", type(module).__name__))


def _alike(network: nn.Module, group: list[Block], block: Block) -> bool:
    """Whether a block goes into one box with those before it."""
    first, last = group[0], group[-1]
    if block.kind != last.kind or _parent(block.name) != _parent(last.name):
        return False
    if _whole(network, _parent(block.name)):
        return True
    numbered = block.name.rpartition(".")[2].isdigit()
    same = block.parameters == last.parameters or (last is first and first.input_shape != first.output_shape)
    return numbered and same and block.output_shape == last.output_shape


def _parent(name: str) -> str:
    return name.rpartition(".")[0]


def _whole(network: nn.Module, name: str) -> bool:
    """Whether a module is a row of blocks of one kind, such as a stage of a residual network."""
    module = network.get_submodule(name)
    kinds = {_label(child) for child in module.children()}
    return bool(name) and type(module) is nn.Sequential and len(kinds) == 1 and not _open(next(module.children()))


def _stage_name(network: nn.Module, group: list[Block]) -> str:
    parent = _parent(group[0].name)
    return parent if len(group) > 1 and _whole(network, parent) else group[0].name


def _sources(name: str, group: list[Block], home: dict[str, str]) -> tuple[str, ...]:
    taken = [home[source] for block in group for row in block.rows for source in row.inputs]
    return tuple(source for source in dict.fromkeys(taken) if source != name)
