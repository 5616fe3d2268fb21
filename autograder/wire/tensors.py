"""Tensors, random generators and modules of torch as data; torch is never imported here.

Where it is not loaded nothing is of its kind, and a frame that says so is malformed. Modules go one way only, from the
tests to the learner's side: by the name of their class, which that side imports, and what they hold.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

DTYPES = (
    *("float64", "float32", "float16", "bfloat16", "complex128", "complex64"),
    *("int64", "int32", "int16", "int8", "uint8", "bool"),
)
PLACES = ("cpu", "meta")


def torch() -> Any:
    """The module, where something has imported it; else None."""
    return sys.modules.get("torch")


def is_tensor(value: Any) -> bool:
    """Whether a value is a tensor, of whatever class."""
    return isinstance(value, getattr(torch(), "Tensor", ()))


def is_generator(value: Any) -> bool:
    """Whether a value is one of torch's random generators."""
    return isinstance(value, getattr(torch(), "Generator", ()))


def is_module(value: Any) -> bool:
    """Whether a value is one of torch's modules."""
    return isinstance(value, getattr(getattr(torch(), "nn", None), "Module", ()))


def data(tensor: Any) -> bytes:
    """The bytes of a tensor's elements, in row-major order."""
    flat = tensor.detach().cpu().contiguous().reshape(-1)
    return bytes(flat.view(torch().uint8).numpy().data) if flat.numel() else b""


def array(tensor: Any) -> Any:
    """The elements as a NumPy array; bfloat16, which NumPy does not know, as float32."""
    plain = tensor.detach().cpu()
    return (plain.float() if plain.dtype == torch().bfloat16 else plain).numpy()


def describe(tensor: Any) -> list[Any]:
    """Element type, shape, place and whether a gradient is wanted.

    Raises:
        ValueError: If it is sparse, quantised or of an element type that does not cross.
    """
    dtype = str(tensor.dtype).removeprefix("torch.")
    if dtype not in DTYPES or tensor.layout != torch().strided:
        raise ValueError(f"a tensor of {dtype} with layout {tensor.layout} cannot cross")
    place = "meta" if tensor.is_meta else "cpu"
    return [dtype, list(tensor.shape), place, bool(tensor.requires_grad)]


def tensor(raw: Any, into: Any, dtype: str, shape: list[int], place: str, wants_gradient: bool) -> Any:
    """The tensor that `describe` and `data` tell of, written into `into` where one is given.

    Raises:
        ValueError: If the parts do not fit together, or `into` has another shape or element type.
    """
    if torch() is None or dtype not in DTYPES or place not in PLACES:
        raise ValueError("no such tensor")
    kind = getattr(torch(), dtype)
    if place == "meta":
        made = torch().empty(shape, dtype=kind, device="meta")
    elif len(raw):
        flat = torch().frombuffer(bytearray(raw), dtype=torch().uint8)
        made = ((flat != 0) if dtype == "bool" else flat.view(kind)).reshape(shape)
    else:
        made = torch().empty(shape, dtype=kind)
        if made.numel():
            raise ValueError("elements are missing")
    if into is not None:
        if into.shape != made.shape or into.dtype != made.dtype:
            raise ValueError("a tensor argument got another shape or dtype in place")
        into.data.copy_(made)
        return into
    return made.requires_grad_(bool(wants_gradient and (made.is_floating_point() or made.is_complex())))


def share_memory(base: Any, value: Any) -> bool:
    """Whether two tensors of one element type use the same memory."""
    if base.is_meta or value.is_meta or value.layout != torch().strided or base.dtype != value.dtype:
        return False
    first, second = base.untyped_storage(), value.untyped_storage()
    return value.numel() > 0 and bool(first.data_ptr() == second.data_ptr() and first.nbytes() > 0)


def offset(base: Any, value: Any) -> int:
    """How many elements a view starts after its base."""
    return int(value.storage_offset() - base.storage_offset())


def view(base: Any, shape: list[int], strides: list[int], offset: int) -> Any:
    """A view of a tensor; torch refuses one that leaves its memory."""
    flat = base.detach().contiguous()
    return flat.as_strided(shape, strides, flat.storage_offset() + offset)


def state(generator: Any) -> bytes:
    """The state of a generator on the CPU."""
    return bytes(generator.get_state().numpy().data)


def generator(raw: Any, into: Any) -> Any:
    """The generator of a state; `into` is brought to it where one is given."""
    made = torch().Generator() if into is None else into
    made.set_state(torch().frombuffer(bytearray(raw), dtype=torch().uint8))
    return made


def take_apart(module: Any, encode: Callable[[Any], Any]) -> list[Any]:
    """A module as its class and what it holds, children included.

    Raises:
        ValueError: If the learner's side cannot know its class.
    """
    kind = type(module)
    if kind.__module__ == "hidden_tests" or "." in kind.__qualname__:
        raise ValueError(f"{kind.__qualname__} is a class of the tests' own: the learner's side does not know it")
    common = vars(torch().nn.Module())
    plain = {name: value for name, value in vars(module).items() if name not in common or name == "training"}
    return [
        kind.__module__,
        kind.__qualname__,
        [[name, encode(value)] for name, value in plain.items()],
        [[name, encode(value)] for name, value in module._parameters.items()],
        [[name, encode(value)] for name, value in module._buffers.items()],
        [[name, child and take_apart(child, encode)] for name, child in module._modules.items()],
    ]


def put_together(parts: list[Any], decode: Callable[[Any], Any]) -> Any:
    """The module that `take_apart` tells of; imports its class, so never for the trusted side.

    Raises:
        ValueError: If its class is no module of torch's.
    """
    home, name, plain, parameters, buffers, children = parts
    nn = torch().nn
    kind: Any = getattr(importlib.import_module(home), name)
    if not (isinstance(kind, type) and issubclass(kind, nn.Module)):
        raise ValueError(f"{home}.{name} is no module")
    module = nn.Module.__new__(kind)
    nn.Module.__init__(module)
    for key, value in plain:
        setattr(module, key, decode(value))
    for key, value in parameters:
        held = decode(value)
        module.register_parameter(key, None if held is None else nn.Parameter(held.detach(), held.requires_grad))
    for key, value in buffers:
        module.register_buffer(key, decode(value))
    for key, child in children:
        module.add_module(key, child and put_together(child, decode))
    return module
