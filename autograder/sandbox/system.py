"""The few system calls that Python 3.11 does not offer."""

from __future__ import annotations

import contextlib
import ctypes
import os

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
SECCOMP_MODE_FILTER = 2

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Move this process to namespaces of its own."""
    _checked(_libc.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    """mount(2)."""
    encoded = (text.encode() if text is not None else None for text in (source, target, kind))
    data = options.encode() if options is not None else None
    _checked(_libc.mount(*encoded, ctypes.c_ulong(flags), data), f"mount {target}")


def prctl(option: int, value: int) -> None:
    """prctl(2) with one argument."""
    _checked(_libc.prctl(option, value, 0, 0, 0), f"prctl {option}")


def seccomp(program: int) -> None:
    """Load the seccomp filter at an address."""
    _checked(_libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.c_void_p(program), 0, 0), "seccomp")


def stay_on(core: int) -> None:
    """Run on this core only, and whatever this process starts; as before where that is not possible.

    It shares the core with a process that it takes turns with: to be woken is then no reason to interrupt that one.
    """
    with contextlib.suppress(OSError):
        os.sched_setaffinity(0, {core})
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
