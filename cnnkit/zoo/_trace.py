"""What a network's layers cost, what they see and where their inputs come from, without computing them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

Size = tuple[int, ...]


class Window(NamedTuple):
    """What one output value of a layer sees of the layer's input, for each spatial axis."""

    kernel: Size
    stride: Size
    dilation: Size


class Counted(nn.Module):
    """A layer of our own that the table shows as one row, because it says itself what it costs and what it sees."""

    def macs(self, x: Tensor, y: Tensor) -> int:
        """Products for a batch `x` with the result `y`."""
        raise NotImplementedError

    def window(self, x: Tensor) -> Window | None:
        """The window of one output value for a batch `x`, or None if it is one pixel."""
        return None


@dataclass(frozen=True)
class Row:
    """One layer, or one place where branches meet, for one input.

    Attributes:
        name: Where the layer is in the network, as in its state dict. A meeting of branches has the name of the module
            that does it, with its kind at the end.
        kind: What it is: the layer's class and window; "add" or "concat" where branches meet; "input" for the first.
        inputs: Names of the rows whose results it takes: one, or several where branches meet.
        input_shape: Shape of what it takes without the batch axis; of the first of its inputs where branches meet.
        output_shape: Shape of its result without the batch axis.
        parameters: Trained parameters; a layer that is used twice has them in its first row only.
        activations: Values of its result; 0 where branches meet, which is counted as done in place.
        macs: Multiply-adds: products of convolutions and linear layers; biases, normalisation, pooling and sums of
            branches count as none.
        receptive_field: Pixels of the network's input that one value sees, for each spatial axis. Where branches
            meet it is the largest of theirs, and it can be larger than the image.
        jump: Pixels of the network's input between neighbouring values, for each spatial axis.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    input_shape: Size
    output_shape: Size
    parameters: int
    activations: int
    macs: int
    receptive_field: Size
    jump: Size

    @property
    def joins(self) -> bool:
        """Whether branches meet here."""
        return len(self.inputs) > 1


def layer_rows(network: nn.Module, input_shape: Size) -> list[Row]:
    """The rows of any network on the meta device, in the order in which its layers ran.

    Raises:
        ValueError: If the network is on another device, where it would be computed.
    """
    devices = {t.device.type for t in (*network.parameters(), *network.buffers())} - {"meta"}
    if devices:
        raise ValueError(f'the network is on {sorted(devices)}, expected "meta": call network.to("meta")')
    ones = (1,) * (len(input_shape) - 1)
    x = torch.empty(1, *input_shape, device="meta").as_subclass(_Traced)
    tracer = _Tracer([Row("input", "input", (), input_shape, input_shape, 0, x.numel(), 0, ones, ones)])
    x.at, x.tracer = _At("input", ones, ones), tracer
    with torch.no_grad(), tracer.watching(network):
        network(x)
    return tracer.rows


class _At(NamedTuple):
    """The row that a tensor comes from; receptive field of a value, and distance of neighbours, in input pixels."""

    source: str
    size: Size
    jump: Size


class _Tracer:
    """The rows so far, and the module that is running."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        self.running: list[str] = []
        self.counted: set[int] = set()

    @contextmanager
    def watching(self, network: nn.Module) -> Iterator[None]:
        """The network in evaluation mode with hooks on its layers; afterwards as it was."""
        modes = {module: module.training for module in network.modules()}
        handles = []
        for name, module, leaf in _walk(network):
            if leaf:
                handles.append(module.register_forward_hook(self.recorder(name)))
            else:
                handles.append(module.register_forward_pre_hook(lambda m, x, name=name: self.running.append(name)))
                handles.append(module.register_forward_hook(lambda m, x, y: void(self.running.pop())))
        network.eval()
        try:
            yield
        finally:
            for module, mode in modes.items():
                module.training = mode
            for handle in handles:
                handle.remove()

    def recorder(self, name: str) -> Any:
        """A hook that appends the row of a layer."""

        def record(module: nn.Module, inputs: tuple[Tensor, ...], y: Tensor) -> None:
            x = inputs[0]
            if not isinstance(x, _Traced) or not isinstance(y, _Traced):
                raise TypeError(f"{name} takes or gives a tensor that does not come from the network's input")
            window = _window(module, x, y)
            seen = x.at if window is None else _widen(x.at, window)
            own = [p for p in module.parameters() if id(p) not in self.counted]
            self.counted.update(map(id, own))
            shown = isinstance(module, Counted | nn.LocalResponseNorm) or next(module.parameters(), None) is not None
            y.at = seen
            if (shown or window is not None) and not isinstance(module, nn.Flatten):
                title = self.free(name)
                y.at = seen._replace(source=title)
                parameters, macs = sum(p.numel() for p in own), _macs(module, x, y)
                self.rows.append(
                    Row(
                        title, _kind(module, window), (x.at.source,), tuple(x.shape[1:]), tuple(y.shape[1:]),
                        parameters, y.numel(), macs, seen.size, seen.jump,
                    )
                )  # fmt: skip

        return record

    def free(self, name: str) -> str:
        """The name; with a number behind it where a layer is used again."""
        names, number, title = {row.name for row in self.rows}, 1, name
        while title in names:
            number += 1
            title = f"{name} ({number})"
        return title

    def join(self, kind: str, sources: list[_At], first: Tensor, y: Tensor) -> _At:
        """Append the row of a meeting of branches; a + b + c meet once."""
        module = f"{self.running[-1]}." if self.running and self.running[-1] else ""
        names = list(dict.fromkeys(at.source for at in sources))
        used = {name for row in self.rows for name in row.inputs}
        title = ""
        for row in [row for row in self.rows if row.name in names and row.joins and row.kind == kind]:
            if row.name not in used and row.name.startswith(module + kind):
                i = names.index(row.name)
                names[i : i + 1] = row.inputs
                self.rows.remove(row)
                title = title or row.name
        name = title or self.free(f"{module}{kind}")
        size, jump = _largest([at.size for at in sources]), _largest([at.jump for at in sources])
        shapes = tuple(first.shape[1:]), tuple(y.shape[1:])
        self.rows.append(Row(name, kind, tuple(dict.fromkeys(names)), *shapes, 0, 0, 0, size, jump))
        return _At(name, size, jump)


def void(value: object) -> None:
    """Nothing: what a hook gives back would replace the result."""


class _Traced(Tensor):
    """A tensor that remembers where it comes from, through additions, concatenations and reshapes."""

    at: _At
    tracer: _Tracer

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = super().__torch_function__(func, types, args, kwargs or {})  # type: ignore[no-untyped-call]
        given = [t for t in _tensors((args, *(kwargs or {}).values())) if hasattr(t, "at")]
        results = list(_tensors((result,)))
        if given and results:
            sources = list(dict.fromkeys(t.at for t in given))
            at = sources[0]
            if len({source.source for source in sources}) > 1:
                at = given[0].tracer.join(_meeting(func), sources, given[0], results[0])
            for tensor in results:
                tensor.at, tensor.tracer = at, given[0].tracer
        return result


def _meeting(func: Any) -> str:
    """How a function of torch joins tensors, in a word."""
    name = str(getattr(func, "__name__", func)).strip("_")
    return {"cat": "concat", "iadd": "add", "radd": "add"}.get(name, name)


def _walk(module: nn.Module, name: str = "") -> Iterator[tuple[str, nn.Module, bool]]:
    """Names, modules, and whether each is one layer."""
    children = list(module.named_children())
    leaf = isinstance(module, Counted) or not children
    if not (leaf and isinstance(module, nn.Sequential | nn.ModuleList | nn.ModuleDict)):
        yield name, module, leaf
    if not leaf:
        for key, child in children:
            yield from _walk(child, f"{name}.{key}" if name else key)


def _macs(module: nn.Module, x: Tensor, y: Tensor) -> int:
    if isinstance(module, Counted):
        return module.macs(x, y)
    if isinstance(module, nn.Conv1d | nn.Conv2d | nn.Linear):
        return y.numel() * (module.weight.numel() // module.weight.shape[0])  # products for one value × values
    return 0


def _window(module: nn.Module, x: Tensor, y: Tensor) -> Window | None:
    axes = x.dim() - 2
    if isinstance(module, Counted):
        return module.window(x)
    if isinstance(module, nn.Conv1d | nn.Conv2d):
        return Window(tuple(module.kernel_size), tuple(module.stride), tuple(module.dilation))
    if isinstance(module, nn.MaxPool2d | nn.AvgPool2d):
        return Window(_tuple(module.kernel_size, axes), _tuple(module.stride, axes), _tuple(_dilation(module), axes))
    if isinstance(module, nn.AdaptiveAvgPool2d):
        strides = tuple(n // out for n, out in zip(x.shape[2:], y.shape[2:], strict=True))
        kernel = tuple(n - s * (out - 1) for n, s, out in zip(x.shape[2:], strides, y.shape[2:], strict=True))
        return Window(kernel, strides, (1,) * axes)
    if isinstance(module, nn.Flatten) and axes > 0:
        return Window(tuple(x.shape[2:]), (1,) * axes, (1,) * axes)  # what follows sees every position
    return None


def _dilation(pool: nn.MaxPool2d | nn.AvgPool2d) -> int | Size:
    return pool.dilation if isinstance(pool, nn.MaxPool2d) else 1


def _tuple(value: int | Size, axes: int) -> Size:
    return (value,) * axes if isinstance(value, int) else tuple(value)


def _kind(module: nn.Module, window: Window | None) -> str:
    kind = type(module).__name__
    if window is None:
        return kind
    text = f"{kind} {'×'.join(map(str, window.kernel))}"
    if set(window.stride) != {1}:
        text += f" /{window.stride[0]}"
    if set(window.dilation) != {1}:
        text += f" dilation {window.dilation[0]}"
    groups = getattr(module, "groups", 1)
    return text + (f" groups {groups}" if groups != 1 else "")


def _widen(at: _At, window: Window) -> _At:
    size = tuple(
        r + (k - 1) * d * j for r, k, d, j in zip(at.size, window.kernel, window.dilation, at.jump, strict=True)
    )
    return _At(at.source, size, tuple(j * s for j, s in zip(at.jump, window.stride, strict=True)))


def _tensors(values: Iterable[Any]) -> Iterator[_Traced]:
    for value in values:
        if isinstance(value, _Traced):
            yield value
        elif type(value) in (tuple, list):
            yield from _tensors(value)


def _largest(sizes: list[Size]) -> Size:
    return tuple(map(max, zip(*sizes, strict=True)))
