"""One jail per submission: forked from the warm template into namespaces of its own.

What holds it in, from the outside in:
- the template runs under bubblewrap as an ordinary user: no network, a read-only view of the interpreter and nothing
  of the course, no capabilities outside its own user namespace;
- each jail has its own user, process, mount, network, IPC and host-name namespaces, so that one learner's processes
  cannot see, signal or outlive another's; the end of its first process ends all;
- the only places it can write to are two small tmpfs, gone with it;
- a filter lets through only the system calls that numerical programs need;
- resource limits on every process: memory, CPU time, file size, processes, open files; no core dumps.
"""

from __future__ import annotations

import os
import resource
import socket
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, NoReturn

from autograder.sandbox import system
from autograder.sandbox.worker import Worker
from autograder.wire.channel import Channel

NAMESPACES = (
    system.CLONE_NEWUSER
    | system.CLONE_NEWPID
    | system.CLONE_NEWNS
    | system.CLONE_NEWNET
    | system.CLONE_NEWIPC
    | system.CLONE_NEWUTS
)


@dataclass(frozen=True)
class Limits:
    """What one submission may use, counted for each of its processes."""

    memory: int = 2 << 30  # bytes of address space beyond the template's own
    cpu_seconds: int = 120
    file_bytes: int = 64 << 20
    scratch_bytes: int = 128 << 20  # all files together
    processes: int = 64
    open_files: int = 256

    def as_dict(self) -> dict[str, int]:
        """Plain data, to be sent to the template."""
        return asdict(self)


def fork(confine: Callable[[], None], descriptors: list[int], arguments: list[Any]) -> tuple[int, int]:
    """Fork a jail that serves the channel given.

    Args:
        confine: Called last, before anything of the learner's runs: loads the system call filter.
        descriptors: One connected socket; the other end is the tester's.
        arguments: [level, limits as a list of pairs].

    Returns:
        The process to wait for and the process to kill: the keeper outside and the first process inside.
    """
    level, limits = arguments[0], Limits(**dict(arguments[1]))
    report, told = os.pipe()
    keeper = os.fork()
    if keeper == 0:
        try:
            os.close(report)
            _keep(told, descriptors[0], level, limits, confine)
        finally:
            os._exit(70)
    os.close(told)
    with open(report, "rb") as answer:
        first = answer.read()
    return keeper, int(first or keeper)


def _keep(told: int, descriptor: int, level: str, limits: Limits, confine: Callable[[], None]) -> NoReturn:
    """Outside the new process namespace: start its first process, wait for it, end with it."""
    if level == "A":
        user, group = os.getuid(), os.getgid()
        system.unshare(NAMESPACES)
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            with open(f"/proc/self/{name}", "w") as control:
                control.write(text)
    first = os.fork()
    if first == 0:
        os.close(told)
        _close_all_but(descriptor)
        if level == "A":
            _own_files(limits)
        os.setsid()  # kill(0, …) would reach the template's process group otherwise
        _limit(limits)
        confine()
        Worker(Channel(socket.socket(fileno=descriptor))).serve()
    os.write(told, str(first).encode())
    os.close(told)
    _close_all_but(-1)
    _, status = os.waitpid(first, 0)
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def _own_files(limits: Limits) -> None:
    system.prctl(system.PR_SET_PDEATHSIG, 9)
    system.mount("none", "/", None, system.MS_PRIVATE | system.MS_REC)
    flags = system.MS_NOSUID | system.MS_NODEV
    system.mount("proc", "/proc", "proc", flags | system.MS_NOEXEC)
    for place in ("/tmp", "/dev/shm"):
        options = f"size={limits.scratch_bytes // 2},nr_inodes=4096,mode=1777"
        system.mount("tmpfs", place, "tmpfs", flags, options)
    os.chdir("/tmp")


def _limit(limits: Limits) -> None:
    with open("/proc/self/statm") as statm:
        in_use = int(statm.read().split()[0]) * resource.getpagesize()
    for kind, value in (
        (resource.RLIMIT_AS, in_use + limits.memory),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_NPROC, limits.processes),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (value, value))


def _close_all_but(descriptor: int) -> None:
    """Close everything that this process inherited, except one socket and the standard streams."""
    os.closerange(3, descriptor)
    os.closerange(max(descriptor + 1, 3), 1 << 16)
