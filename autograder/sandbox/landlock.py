"""Landlock: what files a process may touch, decided by the process itself, for good, without any privilege.

Used where namespaces are refused (level C). Source: the kernel's Documentation/userspace-api/landlock.rst.
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same numbers on every architecture
VERSION = 1
PATH_BENEATH = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
READ = EXECUTE | READ_FILE | READ_DIR
FOR_FILES = EXECUTE | WRITE_FILE | READ_FILE | 1 << 14 | 1 << 15  # truncate, ioctl
FIRST = (1 << 13) - 1  # rights of the first version, each later one added some
ADDED = {2: 1 << 13, 3: 1 << 14, 5: 1 << 15}  # refer, truncate, ioctl on devices
NET_TCP = 0b11  # bind, connect: since version 4
SCOPES = 0b11  # abstract Unix sockets, signals: since version 6


class Ruleset(ctypes.Structure):
    """The kernel's landlock_ruleset_attr."""

    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class PathBeneath(ctypes.Structure):
    """The kernel's landlock_path_beneath_attr."""

    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


_libc = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """The kernel's Landlock version; 0 where there is none."""
    return max(int(_libc.syscall(CREATE_RULESET, None, 0, VERSION)), 0)


def restrict(readable: Iterable[str], writable: Iterable[str]) -> None:
    """Confine this process and all that it starts to these files and folders, and to no network.

    Args:
        readable: May be read and executed, with all that lies below.
        writable: May be read and changed.

    Raises:
        OSError: If the kernel refuses.
    """
    kernel = version()
    if kernel == 0:
        raise OSError("this kernel has no Landlock")
    files = FIRST | sum(right for since, right in ADDED.items() if kernel >= since)
    rules = Ruleset(files, NET_TCP if kernel >= 4 else 0, SCOPES if kernel >= 6 else 0)
    size = 24 if kernel >= 6 else 16 if kernel >= 4 else 8
    ruleset = _checked(_libc.syscall(CREATE_RULESET, ctypes.byref(rules), size, 0), "landlock_create_ruleset")
    try:
        for path, rights in [*((p, READ) for p in readable), *((p, files & ~EXECUTE) for p in writable)]:
            _allow(ruleset, path, rights & files)
        _checked(_libc.prctl(38, 1, 0, 0, 0), "no_new_privs")
        _checked(_libc.syscall(RESTRICT_SELF, ruleset, 0), "landlock_restrict_self")
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= FOR_FILES
        rule = PathBeneath(rights, descriptor)
        _checked(_libc.syscall(ADD_RULE, ruleset, PATH_BENEATH, ctypes.byref(rule), 0), f"landlock_add_rule {path}")
    finally:
        os.close(descriptor)


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return int(result)
