"""One run at a time in a folder, and a run that is told to stop stops between two results."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from autograder.errors import AutograderError
from autograder.printable import printable

LOCK = ".lock"
UNFINISHED = ".part-*"  # what `records.write_whole` leaves if it is killed
FOLDERS = ("", "records/*/", "autograded/*/*/", "feedback/*/*/")


@contextmanager
def held(out: Path) -> Iterator[None]:
    """Keep other runs out of a folder; the system lets go of it whatever becomes of this process.

    Raises:
        AutograderError: If another run is in it, or it cannot be written to.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(out / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise AutograderError(f"cannot write to {printable(str(out))}: {error.strerror}") from None
    try:
        _lock(descriptor, out)
        with suppress(OSError):  # a disk that is full is told of by whoever writes what counts
            os.truncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        for folder in FOLDERS:
            for part in out.glob(folder + UNFINISHED):
                part.unlink(missing_ok=True)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, out: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
            return  # a file system without locks
        who = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
        raise AutograderError(
            f"another run{f' (process {printable(who)})' if who else ''} is writing to {printable(str(out))}: "
            "wait until it is done, or stop it, or choose another folder"
        ) from None


class Stop:
    """Signals that stop a run act as Ctrl-C, which keeps what is done; never between a result and its count."""

    SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self.shielded = False
        self.asked = False

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Turn the signals into KeyboardInterrupt."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        old = {number: signal.signal(number, self._interrupt) for number in self.SIGNALS}
        try:
            yield
        finally:
            for number, handler in old.items():
                signal.signal(number, handler)

    @contextmanager
    def later(self) -> Iterator[None]:
        """What is within comes to its end first."""
        self.shielded = True
        try:
            yield
        finally:
            self.shielded = False
        if self.asked:
            self.asked = False
            raise KeyboardInterrupt

    def _interrupt(self, *_: object) -> None:
        if not self.shielded:
            raise KeyboardInterrupt
        self.asked = True
