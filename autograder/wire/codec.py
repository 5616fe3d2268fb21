"""Values to bytes and back: data only, in frames with a bounded header and raw buffers.

Theory of operation. A message is a tree. What msgpack knows (None, bool, 64-bit int, float, str) stands for itself;
everything else is a list that starts with a one-letter tag. Arrays and bytes travel as raw buffers after the header.

Mutable values (arrays, lists, dicts, sets, random generators) are numbered in the order in which they are met, on both
sides alike. A second meeting is written as that number, so sharing and cycles survive. After a remote call the same
numbers say which arguments were changed in place, and which results are an argument, or a view of one: the caller sees
what it would have seen had the call been local.

Nothing here imports, calls or looks up anything by a name that came over the wire, but for modules of torch, which a
decoder takes on the learner's side only.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.wire import tensors
from autograder.wire.frames import MAX_PAYLOAD, WireError, natural

MAX_DEPTH = 64
MAX_TEXT = 1 << 18  # characters of one string
COPIED = 1 << 14  # bytes of an array below which a copy costs less than a view
MALFORMED = (TypeError, ValueError, KeyError, IndexError, OverflowError, AttributeError, MemoryError, RuntimeError)
SCALARS = (bool, int, float, str)
MUTABLE = (np.ndarray, list, dict, set, frozenset, np.random.Generator)
GENERATORS = {"PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"}


class Reference:
    """Something that stays on the other side: its number there and what kind of thing it is."""

    __slots__ = ("kind", "name", "number")

    def __init__(self, number: int, kind: str, name: str) -> None:
        self.number = number
        self.kind = kind  # "callable", "object", "iterator", or "own": something that the receiver handed out itself
        self.name = name


class Encoder:
    """Turns values into a tree and buffers.

    Args:
        export: Called with what is not data; returns the reference to send in its place. Without it such a value
            is an error.
        known: Mutable values that the other side already holds, in their order.
        modules: Whether modules of torch go as data, to a decoder that takes them.
    """

    def __init__(
        self,
        export: Callable[[Any], Reference] | None = None,
        known: list[Any] | None = None,
        modules: bool = False,
    ) -> None:
        self.export = export
        self.modules = modules
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
        if isinstance(value, tuple):
            return ["t", [self.encode(item, depth + 1) for item in value]]
        if isinstance(value, np.generic) and value.dtype.kind in "biufc":
            return ["n", value.dtype.str, self._buffer(value.tobytes())]
        if kind is slice:
            return ["S", [self.encode(item, depth + 1) for item in (value.start, value.stop, value.step)]]
        if value is Ellipsis:
            return ["E"]
        number = self.numbers.get(id(value))
        if number is not None:
            return ["o", number]
        if isinstance(value, MUTABLE):
            return self._mutable(value, depth)
        if tensors.is_tensor(value) or tensors.is_generator(value):
            return self._mutable(value, depth)
        if self.modules and tensors.is_module(value):
            return self._module(value, depth)
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
            data = flat.tobytes() if flat.nbytes < COPIED else flat.reshape(-1).view(np.uint8).data
            return ["a", flat.dtype.str, list(value.shape), self._buffer(data), value.flags.writeable]
        if isinstance(value, np.random.Generator):
            state = value.bit_generator.state
            return ["g", self._plain(state)]
        if tensors.is_tensor(value):
            return self._tensor(value)
        if tensors.is_generator(value):
            return ["G", self._buffer(tensors.state(value))]
        if isinstance(value, dict):
            items = [[self.encode(k, depth + 1), self.encode(v, depth + 1)] for k, v in value.items()]
            return ["d", items]
        tag = "l" if isinstance(value, list) else "f" if isinstance(value, frozenset) else "s"
        return [tag, [self.encode(item, depth + 1) for item in value]]

    def _mutable(self, value: Any, depth: int) -> Any:
        view = None
        if isinstance(value, np.ndarray):
            view = self._view(value)
        elif tensors.is_tensor(value):
            view = self._view_of_tensor(value)
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

    def _module(self, value: Any, depth: int) -> Any:
        try:
            return ["M", tensors.take_apart(value, lambda part: self.encode(part, depth + 1))]
        except ValueError as error:
            raise WireError(str(error)) from None

    def _view_of_tensor(self, value: Any) -> Any:
        """Where a tensor lies within one that both sides hold, or None."""
        for number, base in enumerate(self.objects):
            if tensors.is_tensor(base) and tensors.share_memory(base, value):
                return ["V", number, list(value.shape), list(value.stride()), tensors.offset(base, value)]
        return None

    def _tensor(self, value: Any) -> Any:
        try:
            about = tensors.describe(value)
        except ValueError as error:
            raise WireError(str(error)) from None
        return ["T", self._buffer(b"" if value.is_meta else tensors.data(value)), *about]

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
        modules: Whether modules of torch may come, whose classes are then imported: never on the trusted side.
    """

    def __init__(
        self,
        buffers: list[memoryview],
        resolve: Callable[[Reference], Any] | None = None,
        known: list[Any] | None = None,
        modules: bool = False,
    ) -> None:
        self.buffers = buffers
        self.resolve = resolve
        self.modules = modules
        self.objects: list[Any] = list(known or ())

    def decode(self, tree: Any, depth: int = 0) -> Any:
        """The value of one tree.

        Raises:
            WireError: If the tree is not one that `Encoder` writes.
        """
        if depth > MAX_DEPTH:
            raise WireError(f"nested deeper than {MAX_DEPTH} levels")
        if tree is None or isinstance(tree, SCALARS):
            return tree
        try:
            return self._tagged(tree, depth)
        except WireError:
            raise
        except MALFORMED as error:
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
                return self.objects[natural(rest[0])]
            case "v":
                return self._view(*rest)
            case "V":
                return tensors.view(self.objects[natural(rest[0])], *rest[1:])
            case "r":
                return self._reference(*rest)
            case "M" if self.modules:
                return tensors.put_together(rest[0], lambda part: self.decode(part, depth + 1))
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
            case "T" | "G":
                return self._of_torch(tag, into, *rest)
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
        sizes = tuple(map(natural, shape))
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

    def _of_torch(self, tag: str, into: Any, buffer: int, *about: Any) -> Any:
        raw = self._buffer(buffer)
        if tag == "G":
            value = tensors.generator(raw, into)
        else:
            dtype, shape, place, wants_gradient = about
            value = tensors.tensor(raw, into, dtype, [natural(size) for size in shape], place, wants_gradient)
        if into is None:
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
        base = self.objects[natural(number)]
        if not (isinstance(base, np.ndarray) and base.flags.c_contiguous):
            raise WireError("a view of what is no plain array")
        flat = base.reshape(-1).view(np.uint8)
        view: np.ndarray[Any, Any] = np.ndarray(
            tuple(map(natural, shape)), _dtype(dtype), flat, natural(offset), tuple(strides)
        )
        return view  # numpy itself refuses one that leaves the buffer

    def _reference(self, number: int, kind: str, name: str) -> Any:
        if self.resolve is None or kind not in ("callable", "object", "iterator", "own"):
            raise WireError("a reference where data was expected")
        return self.resolve(Reference(natural(number), kind, str(name)[:200]))

    def _buffer(self, number: int) -> memoryview:
        return self.buffers[natural(number)]


@functools.lru_cache(64)
def _dtype(text: Any) -> np.dtype[Any]:
    if not isinstance(text, str) or len(text) > 8 or text[1:2] not in tuple("biufc"):
        raise WireError("not a numeric dtype")
    return np.dtype(text)
