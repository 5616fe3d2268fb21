"""A process that imports once and forks on demand: the same loop serves both sides of the trust boundary."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from io import FileIO
from typing import Any, NoReturn

from autograder.wire.channel import Channel, Closed
from autograder.wire.frames import WireError


class TemplateDied(Exception):
    """The template process is gone or does not answer; start another."""


def serve(control: Channel, child: Callable[[list[int], list[Any]], tuple[int, int]]) -> NoReturn:
    """Fork a child for every "spawn" frame and end it on "kill", until the controller closes.

    Args:
        control: The controller's channel; trusted.
        child: Forks; returns (pid to wait for, pid to kill) in the parent and never returns in the child.
    """
    children: dict[int, int] = {}
    gc.enable()
    gc.freeze()  # what is there now is never collected, so children share its memory instead of copying it
    try:
        while True:
            tree, _ = control.receive_with_descriptors()
            match tree:
                case ["spawn", arguments]:
                    descriptors = control.descriptors
                    pid, victim = child(descriptors, arguments)
                    children[pid] = victim
                    for descriptor in descriptors:
                        os.close(descriptor)
                    control.send(["ok", pid])
                case ["kill", pid]:
                    control.send(["ok", end(pid, children.pop(pid))])
    except (Closed, WireError, KeyboardInterrupt):
        os._exit(0)


def end(pid: int, victim: int) -> int:
    """Kill a child, wait for it, and say how it ended: exit code, or minus the signal."""
    done, status = os.waitpid(pid, os.WNOHANG)
    if not done:
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


class Template:
    """The controller's handle of a fork server.

    Args:
        command: Starts the server; "{control}" in it becomes the number of its control socket.
        environment: Its whole environment.
        patience: Seconds to wait for its first answer and for each later one.
    """

    def __init__(self, command: Sequence[str], environment: dict[str, str], patience: float = 60.0) -> None:
        ours, theirs = socket.socketpair()
        os.set_inheritable(theirs.fileno(), True)
        self.patience = patience
        self.lock = threading.Lock()
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the template
        self.process = subprocess.Popen(
            [part.replace("{control}", str(theirs.fileno())) for part in command],
            env=environment,
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self.errors,
            start_new_session=True,
        )
        theirs.close()
        self.control = Channel(ours)

    def ready(self) -> None:
        """Wait until the template has imported everything.

        Raises:
            TemplateDied: With what it printed, if it did not come up.
        """
        try:
            self._ask(None)
        except TemplateDied:
            self.process.kill()
            self.process.wait()
            self.errors.seek(0)
            said = self.errors.read().decode(errors="replace").strip()
            raise TemplateDied(said[-2_000:] or "the template did not start") from None

    def spawn(self, arguments: list[Any], *ends: socket.socket | FileIO) -> int:
        """Fork a child that gets these ends; they are closed here."""
        try:
            answer = self._ask(["spawn", arguments], tuple(end.fileno() for end in ends))
        finally:
            for side in ends:
                side.close()
        return int(answer)

    def kill(self, pid: int) -> int:
        """End a child and everything it started; its exit code, or minus the signal that ended it."""
        return int(self._ask(["kill", pid]))

    def close(self) -> None:
        """End the template and, with it, all its children."""
        with contextlib.suppress(OSError):
            self.control.socket.shutdown(socket.SHUT_RDWR)  # wakes a thread that waits for an answer
        self.control.close()
        try:
            self.process.wait(2)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.errors.close()

    def _ask(self, tree: Any, descriptors: tuple[int, ...] = ()) -> Any:
        deadline = time.monotonic() + self.patience
        with self.lock:
            try:
                if tree is not None:
                    self.control.send(tree, descriptors=descriptors, deadline=deadline)
                answer, _ = self.control.receive(deadline)
            except (Closed, TimeoutError, WireError) as error:
                raise TemplateDied(f"the template does not answer: {error}") from None
        match answer:
            case ["ok", value]:
                return value
        raise TemplateDied(f"unexpected answer {answer!r}")
