"""Frames over a Unix socket, with deadlines; the trusted side never waits without one."""

from __future__ import annotations

import array
import socket
import struct
import time
from typing import Any

from autograder.wire import frames

CREDENTIALS = struct.Struct("=iII")  # of a process: its number, its user, its group
BLOCK = 1 << 14  # bytes that are read at once, or written: each piece wakes the other side
NOTHING = memoryview(b"")


class Closed(Exception):
    """The other side is gone."""


class Channel:
    """One end of a stream of frames.

    Args:
        sock: A connected Unix stream socket; the channel owns it from now on.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.descriptors: list[int] = []  # passed along with the last frame read by `receive_with_descriptors`
        self.ahead = NOTHING  # read, and not yet asked for

    def send(
        self,
        tree: Any,
        buffers: list[bytes | memoryview] | None = None,
        descriptors: tuple[int, ...] = (),
        deadline: float | None = None,
    ) -> None:
        """Write one frame.

        Args:
            tree: What `Encoder.encode` gave, or plain lists and scalars.
            buffers: The encoder's buffers.
            descriptors: Open files to pass along.
            deadline: On `time.monotonic`'s clock.

        Raises:
            WireError: If the frame is out of bounds; nothing was written.
            TimeoutError: If the other side did not read it in time.
            Closed: If the other side is gone.
        """
        pieces = frames.pack(tree, buffers or [])
        if sum(map(len, pieces)) <= BLOCK:
            pieces = [b"".join(pieces)]
        first, *rest = pieces
        try:
            if descriptors:
                self._patience(deadline)
                sent = self.socket.sendmsg(
                    [first], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
                )
                first = first[sent:]
            for piece in (first, *rest):
                self._patience(deadline)
                self.socket.sendall(piece)
        except TimeoutError:
            raise
        except OSError as error:
            raise Closed(str(error)) from None

    def receive(self, deadline: float | None = None) -> tuple[Any, list[memoryview]]:
        """Read one frame; open files that came along are dropped by the kernel.

        Raises:
            WireError: If it is malformed or out of bounds.
            TimeoutError: If it was not complete in time.
            Closed: If the other side is gone.
        """
        header, payload = frames.lengths(self._read(frames.PREFIX.size, deadline))
        head = self._read(header, deadline)
        return frames.unpack(head, self._read(payload, deadline))

    def sender(self, deadline: float) -> int:
        """The process that wrote what is to be read next, as the kernel tells it; 0 if this one cannot see it.

        The socket needs SO_PASSCRED. Nothing is read. What was read ahead does not count: nobody asked for it.

        Raises:
            TimeoutError: If nothing came in time.
            Closed: If the other side is gone.
        """
        try:
            self._patience(deadline)
            data, messages, _, _ = self.socket.recvmsg(1, socket.CMSG_SPACE(CREDENTIALS.size), socket.MSG_PEEK)
        except TimeoutError:
            raise
        except OSError as error:
            raise Closed(str(error)) from None
        for level, kind, content in messages:
            if data and level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
                return int(CREDENTIALS.unpack(content)[0])
        return 0

    def receive_with_descriptors(self) -> tuple[Any, list[memoryview]]:
        """Read one frame and keep the open files that came with it in `descriptors`. Never for the trusted side."""
        self.descriptors = []
        if not self.ahead:
            try:
                self.socket.settimeout(None)
                block, self.descriptors, _, _ = socket.recv_fds(self.socket, BLOCK, 4)
            except OSError as error:
                raise Closed(str(error)) from None
            if not block:
                raise Closed("end of stream")
            self.ahead = memoryview(block)
        return self.receive()

    def close(self) -> None:
        """Close this end; the other side reads the end of the stream."""
        self.socket.close()

    def _read(self, size: int, deadline: float | None) -> memoryview:
        if len(self.ahead) < size:
            self._read_on(size, deadline)
        data, rest = self.ahead[:size], self.ahead[size:]
        self.ahead = rest or NOTHING  # an empty rest would keep the whole frame in memory until the next
        return data

    def _read_on(self, size: int, deadline: float | None) -> None:
        """Read until this much is there, and with it what else has come: seldom more than the rest of the frame."""
        data = bytearray(max(size, BLOCK))
        done = len(self.ahead)
        data[:done] = self.ahead
        view = memoryview(data)
        try:
            while done < size:
                self._patience(deadline)
                count = self.socket.recv_into(view[done:])
                if count == 0:
                    raise Closed("end of stream")
                done += count
        except TimeoutError:
            raise
        except OSError as error:
            raise Closed(str(error)) from None
        finally:
            self.ahead = view[:done]

    def _patience(self, deadline: float | None) -> None:
        if deadline is None:
            if self.socket.gettimeout() is not None:
                self.socket.settimeout(None)
            return
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.socket.settimeout(left)
