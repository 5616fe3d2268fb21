"""Values to bytes and back: data only, in frames with a bounded header and raw buffers.

Theory of operation. A message is a tree. What msgpack knows (None, bool, 64-bit int, float, str) stands for itself;
everything else is a list that starts with a one-letter tag. Arrays and bytes travel as raw buffers after the header.

Mutable values (arrays, lists, dicts, sets, random generators) are numbered in the order in which they are met, on both
sides alike. A second meeting is written as that number, so sharing and cycles survive. After a remote call the same
numbers say which arguments were changed in place, and which results are an argument, or a view of one: the caller sees
what it would have seen had the call been local.

Nothing here imports, calls or looks up anything by a name that came over the wire.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import msgpack
import numpy as np

MAX_HEADER = 1 << 20  # bytes
MAX_PAYLOAD = 128 << 20  # bytes, all buffers of a frame together
MAX_DEPTH = 64
MAX_TEXT = 1 << 18  # characters of one string
PREFIX = struct.Struct(">IQ")  # header bytes, payload bytes
GENERATORS = {"PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"}


class WireError(Exception):
    """What came over the wire, or was to go over it, is not data within the bounds."""


class Reference:
    """Something that stays on the other side: its number there and what kind of thing it is."""

    __slots__ = ("kind", "name", "number")

    def __init__(self, number: int, kind: str, name: str) -> None:
        self.number = number
        self.kind = kind  # "callable", "object" or "iterator"
        self.name = name


class Encoder:
    """Turns values into a tree and buffers.

    Args:
        export: Called with what is not data; returns the reference to send in its place. Without it such a value
            is an error.
        known: Mutable values that the other side already holds, in their order.
    """

    def __init__(self, export: Callable[[Any], Reference] | None = None, known: list[Any] | None = None) -> None:
        self.export = export
        self.objects: list[Any] = list(known or ())
        self.numbers = {id(value): index for index, value in enumerate(self.objects)}
        self.arrays = [(i, v) for i, v in enumerate(self.objects) if isinstance(v, np.ndarray)]
        self.buffers: list[bytes | memoryview] = []
        self.size = 0

    def encode(self, value: Any, depth: int = 0) -> Any:
        """The tree of one value.

        Raises:
            WireError: If it is too deep, too large, or not data.
        """
        if depth > MAX_DEPTH:
            raise WireError(f"nested deeper than {MAX_DEPTH} levels")
        kind = type(value)
        if value is None or kind is bool or kind is float:
            return value
        if kind is int:
            return value if -(2**63) <= value < 2**63 else ["I", hex(value)]
        if kind is str:
            return value if len(value) <= MAX_TEXT else value[:MAX_TEXT]
        if kind is complex:
            return ["c", value.real, value.imag]
        if kind is bytes:
            return ["b", self._buffer(value)]
        if isinstance(value, np.generic) and value.dtype.kind in "biufc":
            return ["n", value.dtype.str, self._buffer(value.tobytes())]
        if isinstance(value, tuple):
            return ["t", [self.encode(item, depth + 1) for item in value]]
        if kind is slice:
            return ["S", [self.encode(item, depth + 1) for item in (value.start, value.stop, value.step)]]
        if value is Ellipsis:
            return ["E"]
        number = self.numbers.get(id(value))
        if number is not None:
            return ["o", number]
        if isinstance(value, np.ndarray | list | dict | set | frozenset | np.random.Generator):
            return self._mutable(value, depth)
        if self.export is None:
            raise WireError(f"a {kind.__name__} is not data and cannot cross")
        reference = self.export(value)
        return ["r", reference.number, reference.kind, reference.name[:200]]

    def contents(self, value: Any, depth: int = 0) -> Any:
        """The tree of what a mutable value holds now, whether or not it is known."""
        if isinstance(value, np.ndarray):
            if value.dtype.kind not in "biufc":
                raise WireError(f"an array of dtype {value.dtype} is not data and cannot cross")
            flat = np.ascontiguousarray(value)
            buffer = self._buffer(flat.reshape(-1).view(np.uint8).data if flat.size else b"")
            return ["a", flat.dtype.str, list(value.shape), buffer, value.flags.writeable]
        if isinstance(value, np.random.Generator):
            state = value.bit_generator.state
            return ["g", self._plain(state)]
        if isinstance(value, dict):
            items = [[self.encode(k, depth + 1), self.encode(v, depth + 1)] for k, v in value.items()]
            return ["d", items]
        tag = "l" if isinstance(value, list) else "f" if isinstance(value, frozenset) else "s"
        return [tag, [self.encode(item, depth + 1) for item in value]]

    def _mutable(self, value: Any, depth: int) -> Any:
        if isinstance(value, np.ndarray):
            view = self._view(value)
            if view is not None:
                return view
        self.numbers[id(value)] = len(self.objects)
        self.objects.append(value)  # also keeps the id from being reused
        return self.contents(value, depth)

    def _view(self, value: np.ndarray[Any, Any]) -> Any:
        """Where `value` lies within an array that both sides hold, or None."""
        if value.size == 0:
            return None
        for number, base in self.arrays:
            if base.flags.c_contiguous and np.may_share_memory(base, value):
                offset = value.__array_interface__["data"][0] - base.__array_interface__["data"][0]
                low, high = np.lib.array_utils.byte_bounds(value)
                first, last = np.lib.array_utils.byte_bounds(base)
                if first <= low and high <= last and value.dtype.kind in "biufc":
                    return ["v", number, value.dtype.str, list(value.shape), list(value.strides), offset]
        return None

    def _plain(self, state: Any) -> Any:
        """A bit generator's state: nested dicts of ints, strings and integer arrays."""
        if isinstance(state, dict):
            return ["d", [[key, self._plain(item)] for key, item in state.items()]]
        if isinstance(state, np.ndarray):
            return ["A", state.dtype.str, list(state.shape), self._buffer(state.tobytes())]
        return self.encode(state.item() if isinstance(state, np.generic) else state)

    def _buffer(self, data: bytes | memoryview) -> int:
        self.size += len(data)
        if self.size > MAX_PAYLOAD:
            raise WireError(f"more than {MAX_PAYLOAD >> 20} MiB of data in one message")
        self.buffers.append(data)
        return len(self.buffers) - 1


class Decoder:
    """Turns a tree and buffers back into values.

    Args:
        buffers: The raw buffers of the frame.
        resolve: Called with a reference; returns what stands for it on this side. Without it a reference is an error.
        known: Mutable values that both sides hold, in their order.
    """

    def __init__(
        self,
        buffers: list[memoryview],
        resolve: Callable[[Reference], Any] | None = None,
        known: list[Any] | None = None,
    ) -> None:
        self.buffers = buffers
        self.resolve = resolve
        self.objects: list[Any] = list(known or ())

    def decode(self, tree: Any, depth: int = 0) -> Any:
        """The value of one tree.

        Raises:
            WireError: If the tree is not one that `Encoder` writes.
        """
        if depth > MAX_DEPTH:
            raise WireError(f"nested deeper than {MAX_DEPTH} levels")
        if tree is None or isinstance(tree, bool | int | float | str):
            return tree
        try:
            return self._tagged(tree, depth)
        except WireError:
            raise
        except (TypeError, ValueError, KeyError, IndexError, OverflowError, AttributeError, MemoryError) as error:
            raise WireError(f"malformed value: {type(error).__name__}") from None

    def _tagged(self, tree: Any, depth: int) -> Any:
        if not isinstance(tree, list) or not tree:
            raise WireError("malformed value")
        tag, *rest = tree
        match tag:
            case "I":
                return int(rest[0][:5000], 16)
            case "c":
                return complex(rest[0], rest[1])
            case "b":
                return bytes(self._buffer(rest[0]))
            case "n":
                return np.frombuffer(self._buffer(rest[1]), _dtype(rest[0]), 1)[0]
            case "t":
                return tuple(self.decode(item, depth + 1) for item in rest[0])
            case "S":
                start, stop, step = (self.decode(item, depth + 1) for item in rest[0])
                return slice(start, stop, step)
            case "E":
                return Ellipsis
            case "o":
                return self.objects[_index(rest[0])]
            case "v":
                return self._view(*rest)
            case "r":
                return self._reference(*rest)
            case _:
                return self.mutable(tree, None, depth)

    def mutable(self, tree: Any, into: Any, depth: int = 0) -> Any:
        """The mutable value of a tree; written into `into` where one is given, which is then its identity."""
        tag, *rest = tree
        match tag:
            case "a":
                return self._array(into, *rest)
            case "g":
                return self._generator(into, rest[0])
            case "l":
                items: list[Any] = [] if into is None else into
                self._number(items, into)
                items[:] = [self.decode(item, depth + 1) for item in rest[0]]
                return items
            case "d":
                mapping: dict[Any, Any] = {} if into is None else into
                self._number(mapping, into)
                pairs = [(self.decode(k, depth + 1), self.decode(v, depth + 1)) for k, v in rest[0]]
                mapping.clear()
                mapping.update(pairs)
                return mapping
            case "s" | "f":
                members: set[Any] = set() if into is None else into
                slot = self._number(members, into)
                values = [self.decode(item, depth + 1) for item in rest[0]]
                if tag == "f":
                    frozen = frozenset(values)
                    if slot is not None:
                        self.objects[slot] = frozen
                    return frozen
                members.clear()
                members.update(values)
                return members
            case _:
                raise WireError("unknown kind of value")

    def _number(self, value: Any, into: Any) -> int | None:
        if into is not None:
            return None
        self.objects.append(value)
        return len(self.objects) - 1

    def _array(self, into: Any, dtype: str, shape: list[int], buffer: int, writeable: bool) -> Any:
        kind = _dtype(dtype)
        sizes = tuple(_index(size) for size in shape)
        raw = np.frombuffer(self._buffer(buffer), kind)
        if into is not None:
            if into.shape != sizes or into.dtype != kind:
                raise WireError("an array argument got another shape or dtype in place")
            np.copyto(into, raw.reshape(sizes))
            return into
        value = raw.reshape(sizes).copy()
        value.flags.writeable = bool(writeable)
        self.objects.append(value)
        return value

    def _generator(self, into: Any, tree: Any) -> np.random.Generator:
        state = self._plain(tree)
        if state.get("bit_generator") not in GENERATORS:
            raise WireError("unknown random generator")
        generator: np.random.Generator = into
        if generator is None:
            generator = np.random.Generator(getattr(np.random, state["bit_generator"])())
            self.objects.append(generator)
        generator.bit_generator.state = state
        return generator

    def _plain(self, tree: Any) -> Any:
        if isinstance(tree, list) and tree[0] == "d":
            return {str(key): self._plain(item) for key, item in tree[1]}
        if isinstance(tree, list) and tree[0] == "A":
            return np.frombuffer(self._buffer(tree[3]), _dtype(tree[1])).reshape(tree[2]).copy()
        return self.decode(tree)

    def _view(self, number: int, dtype: str, shape: list[int], strides: list[int], offset: int) -> Any:
        base = self.objects[_index(number)]
        if not (isinstance(base, np.ndarray) and base.flags.c_contiguous):
            raise WireError("a view of what is no plain array")
        flat = base.reshape(-1).view(np.uint8)
        view: np.ndarray[Any, Any] = np.ndarray(
            tuple(map(_index, shape)), _dtype(dtype), flat, _index(offset), tuple(strides)
        )
        return view  # numpy itself refuses one that leaves the buffer

    def _reference(self, number: int, kind: str, name: str) -> Any:
        if self.resolve is None or kind not in ("callable", "object", "iterator"):
            raise WireError("a reference where data was expected")
        return self.resolve(Reference(_index(number), kind, str(name)[:200]))

    def _buffer(self, number: int) -> memoryview:
        return self.buffers[_index(number)]


def pack(tree: Any, buffers: list[bytes | memoryview]) -> list[bytes | memoryview]:
    """The pieces of one frame, to be written one after the other.

    Raises:
        WireError: If header or payload exceed their bounds.
    """
    sizes = [len(buffer) for buffer in buffers]
    packed: bytes = msgpack.packb([tree, sizes], unicode_errors="backslashreplace")
    if len(packed) > MAX_HEADER:
        raise WireError(f"more than {MAX_HEADER >> 20} MiB of structure in one message")
    return [PREFIX.pack(len(packed), sum(sizes)) + packed, *buffers]


def lengths(prefix: bytes) -> tuple[int, int]:
    """Header and payload length of a frame from its first bytes.

    Raises:
        WireError: If they exceed the bounds.
    """
    header, payload = PREFIX.unpack(prefix)
    if header > MAX_HEADER or payload > MAX_PAYLOAD:
        raise WireError(f"a frame of {header} + {payload} bytes is out of bounds")
    return header, payload


def unpack(header: bytes, payload: memoryview) -> tuple[Any, list[memoryview]]:
    """Tree and buffers of a frame.

    Raises:
        WireError: If the header is not one that `pack` writes.
    """
    try:
        tree, sizes = msgpack.unpackb(header, strict_map_key=True, max_ext_len=0, max_map_len=0)
    except Exception:
        raise WireError("malformed header") from None
    if not isinstance(sizes, list):
        raise WireError("malformed header")
    buffers, start = [], 0
    for size in sizes:
        end = start + _index(size)
        if end > len(payload):
            raise WireError("buffers exceed the payload")
        buffers.append(payload[start:end])
        start = end
    return tree, buffers


def _index(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise WireError("a size or number is not a natural number")
    return value


def _dtype(text: Any) -> np.dtype[Any]:
    if not isinstance(text, str) or len(text) > 8 or text[1:2] not in tuple("biufc"):
        raise WireError("not a numeric dtype")
    return np.dtype(text)
