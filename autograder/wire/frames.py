"""Frames: a header with the structure of a message, then its raw buffers, all within bounds."""

from __future__ import annotations

import struct
from typing import Any

import msgpack

MAX_HEADER = 1 << 20  # bytes
MAX_PAYLOAD = 128 << 20  # bytes, all buffers of a frame together
PREFIX = struct.Struct(">IQ")  # header bytes, payload bytes


class WireError(Exception):
    """What came over the wire, or was to go over it, is not data within the bounds."""


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


def lengths(prefix: bytes | memoryview) -> tuple[int, int]:
    """Header and payload length of a frame from its first bytes.

    Raises:
        WireError: If they exceed the bounds.
    """
    header, payload = PREFIX.unpack(prefix)
    if header > MAX_HEADER or payload > MAX_PAYLOAD:
        raise WireError(f"a frame of {header} + {payload} bytes is out of bounds")
    return header, payload


def unpack(header: bytes | memoryview, payload: memoryview) -> tuple[Any, list[memoryview]]:
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
        end = start + natural(size)
        if end > len(payload):
            raise WireError("buffers exceed the payload")
        buffers.append(payload[start:end])
        start = end
    return tree, buffers


def natural(value: Any) -> int:
    """The value itself, a natural number.

    Raises:
        WireError: If it is none.
    """
    if type(value) is not int or value < 0:
        raise WireError("a size or number is not a natural number")
    return value
