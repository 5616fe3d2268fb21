"""The wire: data comes through unchanged, anything else is refused, in-place changes and views show on both sides."""

from __future__ import annotations

import math
import socket
import threading
import time
from typing import Any

import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.wire import codec, frames
from autograder.wire.channel import Channel, Closed
from autograder.wire.codec import Decoder, Encoder, Reference
from autograder.wire.frames import WireError

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.complex_numbers()
arrays = hnp.arrays(
    st.sampled_from(["f4", "f8", "i4", "i8", "u1", "?", "c16"]), hnp.array_shapes(min_dims=0, min_side=0, max_side=4)
)
keys = st.integers() | st.text() | st.tuples(st.integers(), st.text())
values = st.recursive(
    scalars | arrays,
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(keys, inner) | st.sets(keys),
    max_leaves=12,
)


def there_and_back(value: Any) -> Any:
    encoder = Encoder()
    frame = frames.pack(encoder.encode(value), encoder.buffers)
    data = b"".join(frame)
    header, payload = frames.lengths(data[: frames.PREFIX.size])
    start = frames.PREFIX.size
    assert len(data) == start + header + payload
    tree, buffers = frames.unpack(data[start : start + header], memoryview(data)[start + header :])
    return Decoder(buffers).decode(tree)


def alike(a: Any, b: Any) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return bool(a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes())
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(alike(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict):
        return len(a) == len(b) and all(k in b and alike(v, b[k]) for k, v in a.items())
    if isinstance(a, complex):
        return alike(a.real, b.real) and alike(a.imag, b.imag)
    if isinstance(a, float) and math.isnan(a):
        return math.isnan(b)
    return bool(a == b)


@given(values)
def test_data_comes_back_unchanged(value: Any) -> None:
    assert alike(there_and_back(value), value)


def test_sharing_and_cycles_survive() -> None:
    inner = [1]
    outer: list[Any] = [inner, inner]
    outer.append(outer)
    back = there_and_back(outer)
    assert back[0] is back[1]
    assert back[2] is back


def test_a_random_generator_continues_where_it_was() -> None:
    rng = np.random.default_rng(5)
    rng.random(3)
    back = there_and_back(rng)
    assert back.random() == rng.random()


def test_numpy_scalars_keep_their_type() -> None:
    back = there_and_back(np.float32(1.5))
    assert type(back) is np.float32
    assert back == 1.5


@pytest.mark.parametrize("value", [object(), print, np.array([object()]), np.array(["text"]), {1: open}])
def test_what_is_not_data_does_not_cross(value: Any) -> None:
    with pytest.raises(WireError):
        Encoder().encode(value)


def test_nesting_deeper_than_the_cap_does_not_cross() -> None:
    nested: list[Any] = []
    for _ in range(codec.MAX_DEPTH + 2):
        nested = [nested]
    with pytest.raises(WireError, match="nested deeper"):
        Encoder().encode(nested)


def test_a_result_that_is_a_view_of_an_argument_arrives_as_one() -> None:
    ours, theirs = np.arange(12.0).reshape(3, 4), np.arange(12.0).reshape(3, 4)
    encoder = Encoder(known=[theirs])
    tree = encoder.encode([theirs.T, theirs[1:, ::2], theirs])
    transposed, part, same = Decoder([memoryview(b) for b in encoder.buffers], known=[ours]).decode(tree)
    assert same is ours
    assert np.shares_memory(transposed, ours)
    assert np.array_equal(transposed, ours.T)
    assert np.array_equal(part, ours[1:, ::2])
    ours[1, 2] = 99
    assert part[0, 1] == 99


@pytest.mark.parametrize(
    "tree",
    [
        ["v", 0, "<f8", [1000], [8], 0],
        ["v", 0, "<f8", [3], [-8], 0],
        ["v", 0, "<f8", [3], [8], 1 << 62],
        ["v", 5, "<f8", [3], [8], 0],
        ["a", "|O8", [1], 0, True],
        ["a", "<f8", [-1], 0, True],
        ["a", "<f8", [1 << 40], 0, True],
        ["o", 7],
        ["o", -1],
        ["r", 0, "callable", "f"],
        ["?"],
        [],
        ["l", 5],
        ["d", [[["l", []], 1]]],
        ["g", ["d", [["bit_generator", "os"]]]],
        ["n", "<f8", 3],
        {"a": 1},
    ],
)
def test_malformed_values_are_refused(tree: Any) -> None:
    with pytest.raises(WireError):
        Decoder([memoryview(bytes(24))], known=[np.zeros(3)]).decode(tree)


@given(st.binary(max_size=200))
def test_random_headers_raise_nothing_but_wire_errors(header: bytes) -> None:
    try:
        tree, buffers = frames.unpack(header, memoryview(b"x" * 64))
        Decoder(buffers, lambda reference: reference).decode(tree)
    except WireError:
        pass


trees = st.recursive(
    st.none() | st.integers(-5, 70) | st.floats() | st.sampled_from([*"abcdfgilnorstvEISA", "<f8", "|u1", "PCG64"]),
    lambda inner: st.lists(inner, max_size=5),
    max_leaves=15,
)


@given(trees)
def test_random_trees_raise_nothing_but_wire_errors(tree: Any) -> None:
    header = msgpack.packb([tree, [8, 16]])
    try:
        unpacked, buffers = frames.unpack(header, memoryview(bytes(24)))
        Decoder(buffers, lambda reference: reference, [np.zeros(3), [], {}]).decode(unpacked)
    except WireError:
        pass


def test_bounds_are_checked_before_memory_is_taken() -> None:
    with pytest.raises(WireError, match="out of bounds"):
        frames.lengths(frames.PREFIX.pack(10, frames.MAX_PAYLOAD + 1))
    with pytest.raises(WireError, match="out of bounds"):
        frames.lengths(frames.PREFIX.pack(frames.MAX_HEADER + 1, 0))


def test_a_reference_names_what_stays_on_the_other_side() -> None:
    tree = Encoder(lambda value: Reference(3, "callable", "f")).encode([len])
    (reference,) = Decoder([], lambda reference: reference).decode(tree)
    assert (reference.number, reference.kind, reference.name) == (3, "callable", "f")


def test_a_channel_carries_frames_larger_than_the_socket_buffer() -> None:
    left, right = (Channel(end) for end in socket.socketpair())
    array = np.arange(500_000.0)
    encoder = Encoder()
    tree = encoder.encode(array)
    sender = threading.Thread(target=left.send, args=(tree, encoder.buffers))
    sender.start()
    received, buffers = right.receive(time.monotonic() + 10)
    sender.join()
    assert np.array_equal(Decoder(buffers).decode(received), array)
    left.close()
    with pytest.raises(Closed):
        right.receive(time.monotonic() + 1)
    right.close()


def test_the_trusted_side_waits_no_longer_than_its_deadline() -> None:
    left, right = (Channel(end) for end in socket.socketpair())
    left.socket.sendall(frames.PREFIX.pack(10, 0) + b"half")
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        right.receive(started + 0.2)
    assert time.monotonic() - started < 2
    left.close()
    right.close()
