"""Names for what a controller leaves if it is killed, so that the next one can tell what belongs to no one any more."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import tempfile
from pathlib import Path


def prefix() -> str:
    """How the names of this process's temporary things begin."""
    return f"autograder-{_namespace()}-{os.getpid()}-{_start(os.getpid())}-"


def abandoned(name: str) -> bool:
    """Whether a name is that of a controller which is gone; those that are out of sight are left alone."""
    match name.split("-"):
        case ["autograder", namespace, pid, start, _] if namespace == _namespace() and pid.isdecimal():
            return _start(int(pid)) != start
    return False


def sweep_folders() -> None:
    """Delete temporary folders of controllers that are gone."""
    with contextlib.suppress(OSError):
        for place in Path(tempfile.gettempdir()).glob("autograder-*"):
            if abandoned(place.name):  # it may belong to the jail's user by now
                shutil.rmtree(place, ignore_errors=True)


@functools.cache
def _namespace() -> str:
    """The process namespace, which gives process numbers their meaning."""
    return str(os.stat("/proc/self/ns/pid").st_ino)  # noqa: PTH116


def _start(pid: int) -> str:
    """When a process started, in ticks since boot; nothing if it is gone."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[19]
    except OSError:
        return ""
