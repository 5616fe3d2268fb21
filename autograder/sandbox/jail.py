"""One jail per submission: forked from the warm template into namespaces of its own.

What holds it in, from the outside in, at level A:
- the template runs under bubblewrap as an ordinary user: no network, a read-only view of the interpreter and nothing
  of the course, no capabilities outside its own user namespace;
- each jail has its own user, process, mount, network, IPC and host-name namespaces, so that one learner's processes
  cannot see, signal or outlive another's; the end of its first process ends all;
- the only places it can write to are two small tmpfs, gone with it;
- a filter lets through only the system calls that numerical programs need;
- resource limits on every process: memory, CPU time, file size, processes, open files; no core dumps; and limits on
  all of them together, see `cgroup`.

Level B is the same with one bubblewrap, and so one template, per submission: for machines that refuse namespaces within
namespaces. Level C needs no namespaces at all: Landlock leaves it a read-only view of the interpreter and one scratch
folder, the filter refuses networks, the keeper ends every process that it started; started by root, each jail runs as a
user of its own. At level "unsafe" only the resource limits hold.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
from dataclasses import asdict, dataclass
from typing import Any, NoReturn

from autograder.sandbox import filter, landlock, system
from autograder.sandbox.worker import Worker
from autograder.wire.channel import Channel

SCRATCH = ("/tmp", "/dev/shm")  # where learner code can write, each jail to its own
FIRST_USER = 200_000  # level C under root: each jail's user is this plus a process number
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

    memory: int = 1 << 30  # bytes beyond the template's own
    addresses: bool = True  # whether that holds for reserved addresses too: a GPU's driver reserves far more
    cpu_seconds: int = 120
    file_bytes: int = 64 << 20
    scratch_bytes: int = 128 << 20  # all files together
    processes: int = 64
    open_files: int = 256
    core: int = -1  # the one that all run on; -1: any

    @property
    def jail_memory(self) -> int:
        """Bytes that all processes of the jail may use together."""
        return 2 * self.memory

    def pairs(self) -> list[list[str | int]]:
        """Plain data, to be sent to the template."""
        return [[name, value] for name, value in asdict(self).items()]


@dataclass(frozen=True)
class Confinement:
    """How a jail is closed off, decided once in the template.

    Args:
        level: "A", "B", "C" or "unsafe".
        filter: System call filter as BPF instructions; empty for none.
        readable: What Landlock leaves readable at level C.
        scratch: The one folder that is writable at level C.
        kept: Folders below the scratch places of level A that stay visible, as an interpreter that lies there.
        devices: Files of a GPU that Landlock leaves open at level C.
    """

    level: str
    filter: bytes = b""
    readable: tuple[str, ...] = ()
    scratch: str = "/tmp"
    kept: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()


def fork(confinement: Confinement, descriptors: list[int], arguments: list[Any]) -> tuple[int, int]:
    """Fork a jail that serves the channel given.

    Args:
        confinement: How it is closed off.
        descriptors: One connected socket, the other end being the tester's, then the doors of control groups.
        arguments: The limits as a list of pairs.

    Returns:
        The process to wait for and the process to kill: the keeper outside and the first process inside.
    """
    limits = Limits(**dict(arguments))
    report, told = os.pipe()
    keeper = os.fork()
    if keeper == 0:
        try:
            os.close(report)
            _keep(told, descriptors, limits, confinement)
        finally:
            os._exit(70)
    os.close(told)
    with open(report, "rb") as answer:
        first = answer.read()
    return keeper, int(first or keeper)


def _keep(told: int, descriptors: list[int], limits: Limits, confinement: Confinement) -> NoReturn:
    """Start the jail's first process, wait for it, and end with it and with all that it started."""
    if confinement.level == "A":
        _own_namespaces()
    else:
        system.prctl(system.PR_SET_CHILD_SUBREAPER, 1)
    first = os.fork()
    if first == 0:
        os.close(told)
        descriptor, *doors = descriptors
        for door in doors:
            with contextlib.suppress(OSError):  # each process's own limits hold all the same
                os.write(door, b"0")  # this process moves in; what it starts will be there too
        _close_all_but(descriptor)
        _enter(limits, confinement)
        Worker(Channel(socket.socket(fileno=descriptor))).serve()
    os.write(told, str(first).encode())
    os.close(told)
    _close_all_but(-1)
    _, status = os.waitpid(first, 0)
    if confinement.level != "A":
        _end_descendants()
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def _own_namespaces() -> None:
    user, group = os.getuid(), os.getgid()
    system.unshare(NAMESPACES)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w") as control:
            control.write(text)


def _enter(limits: Limits, confinement: Confinement) -> None:
    """Close this process off, step by step, each for good."""
    system.prctl(system.PR_SET_PDEATHSIG, signal.SIGKILL)
    if confinement.level == "A":
        _own_files(limits, confinement.kept)
    os.setsid()  # kill(0, …) would reach the template's process group otherwise
    os.chdir(confinement.scratch)
    if limits.core >= 0:
        system.stay_on(limits.core)
    _limit(limits, confinement.level)
    if confinement.level == "C":
        _own_user(confinement.scratch)
        usual = (confinement.scratch, "/dev/null", "/dev/zero", "/dev/urandom")
        landlock.restrict(confinement.readable, [*usual, *confinement.devices])
    if confinement.filter:
        filter.load(confinement.filter)


def _own_user(scratch: str) -> None:
    """Started by root: a user that owns nothing but the scratch folder and shares its name with no other jail."""
    if os.getuid() == 0:
        user = FIRST_USER + os.getpid()
        os.chown(scratch, user, user)
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)


def _end_descendants() -> None:
    """Kill until there is nothing left to kill: whatever the jail started is this process's child by now."""
    while True:
        for child in _children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _children() -> list[int]:
    with open(f"/proc/self/task/{os.getpid()}/children") as children:
        return [int(pid) for pid in children.read().split()]


def _own_files(limits: Limits, kept: tuple[str, ...]) -> None:
    system.mount("none", "/", None, system.MS_PRIVATE | system.MS_REC)
    flags = system.MS_NOSUID | system.MS_NODEV
    system.mount("proc", "/proc", "proc", flags | system.MS_NOEXEC)
    opened = {folder: os.open(folder, os.O_PATH) for folder in kept}
    for place in SCRATCH:
        options = f"size={limits.scratch_bytes // 2},nr_inodes=4096,mode=1777"
        system.mount("tmpfs", place, "tmpfs", flags, options)
    for folder, descriptor in opened.items():
        os.makedirs(folder)  # noqa: PTH103
        system.mount(f"/proc/self/fd/{descriptor}", folder, None, system.MS_BIND | system.MS_REC)
        os.close(descriptor)


def _limit(limits: Limits, level: str) -> None:
    with open("/proc/self/statm") as statm:
        in_use = int(statm.read().split()[0]) * resource.getpagesize()
    for kind, value in (
        (resource.RLIMIT_AS, in_use + limits.memory if limits.addresses else resource.RLIM_INFINITY),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_NPROC, limits.processes + (0 if level == "A" else _processes_of_this_user())),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (value, value))


def _processes_of_this_user() -> int:
    """The limit counts all processes of a user, those outside the jail too."""
    user, count = os.getuid(), 0
    for entry in os.scandir("/proc"):
        with contextlib.suppress(OSError):
            count += entry.name.isdigit() and entry.stat().st_uid == user
    return count


def _close_all_but(descriptor: int) -> None:
    """Close everything that this process inherited, except one socket and the standard streams."""
    os.closerange(3, descriptor)
    os.closerange(max(descriptor + 1, 3), 1 << 16)
