"""Bounds a jail as a whole, beside the limits that each of its processes has.

Where control groups can be written to (mostly: where root grades), each jail gets one for memory and one for processes
(version 1), or one for both (version 2). Its first process is handed the open control files and moves itself in before
any learner code runs; its memory is then counted with all that it starts, files in its scratch folders included. When
that is too much the kernel kills the largest process. Afterwards the groups are removed; those that a killed controller
left, the next one removes.

Elsewhere a thread of the controller looks at the jails a few times a second and kills as the kernel would.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from io import FileIO
from pathlib import Path
from typing import Protocol

from autograder.sandbox import owned

MOUNT = Path("/sys/fs/cgroup")
VERSION_1 = {"memory": "memory.limit_in_bytes", "pids": "pids.max"}
TRIAL = 1 << 20  # a limit that any resource takes: as many bytes, or processes, of which 4 million are too many
INTERVAL = 0.1  # seconds between two looks of the watchdog
REMOVAL = 2.0  # seconds to wait for the last process of a group to go
MAX_DEPTH = 8  # of groups in which others' are looked for


class Bounds(Protocol):
    """What bounds jails."""

    kind: str

    def doors(self, memory: int, processes: int) -> contextlib.AbstractContextManager[list[FileIO]]:
        """Files for a jail's first process to write "0" to; what stands behind them is gone at the end."""

    def watch(self, template: int, keeper: int, memory: int) -> contextlib.AbstractContextManager[None]:
        """Bound a jail that runs, where its doors did not."""


class Groups:
    """Control groups, one set for each jail.

    Args:
        bases: Folders in which groups are made, and the files of each that hold limits, by "memory" and "pids".
    """

    kind = "cgroup"
    number = itertools.count()

    def __init__(self, bases: Sequence[tuple[Path, dict[str, str]]]) -> None:
        self.bases = bases

    @contextlib.contextmanager
    def doors(self, memory: int, processes: int) -> Iterator[list[FileIO]]:
        """Make a jail's groups; kill and remove what is in them at the end."""
        name = f"{owned.prefix()}{next(self.number)}"
        limits = {"memory": memory, "pids": processes}
        with contextlib.ExitStack() as stack:
            opened = []
            for base, files in self.bases:
                with contextlib.suppress(OSError):  # no more room for groups: each process's own limits hold
                    group = base / name
                    group.mkdir()
                    stack.callback(remove, group)
                    for resource, file in files.items():
                        (group / file).write_text(str(limits[resource]))
                    for file, most in (("memory.swap.max", 0), ("memory.memsw.limit_in_bytes", memory)):
                        if "memory" in files and (group / file).exists():  # or what is too much goes to the disk
                            (group / file).write_text(str(most))
                    opened.append(stack.enter_context(FileIO(group / "cgroup.procs", "w")))
            yield opened

    @contextlib.contextmanager
    def watch(self, template: int, keeper: int, memory: int) -> Iterator[None]:
        """Nothing: the kernel watches."""
        yield


def find_bases(mount: Path = MOUNT, own: str | None = None) -> list[tuple[Path, dict[str, str]]]:
    """Where this process may make groups that limit memory and, if possible, processes; nothing if nowhere.

    Args:
        mount: Where the hierarchies are mounted.
        own: The text of /proc/self/cgroup.
    """
    lines = (Path("/proc/self/cgroup").read_text() if own is None else own).splitlines()
    paths = {names: path.lstrip("/") for _, names, path in (line.split(":", 2) for line in lines)}
    found = []
    for resource, file in VERSION_1.items():
        if resource in paths and _takes(base := mount / resource / paths[resource], {resource: file}):
            found.append((base, {resource: file}))
    if any("memory" in files for _, files in found):
        return found
    files = {"memory": "memory.max", "pids": "pids.max"}
    place = mount / paths.get("", "")
    for base in (place, *place.parents):
        if not base.is_relative_to(mount):
            break
        with contextlib.suppress(OSError):
            # A group that has processes of its own passes no limits on: the nearest one above that does serves.
            if files.keys() <= set((base / "cgroup.subtree_control").read_text().split()) and _takes(base, files):
                return [(base, files)]
    return []


def _takes(base: Path, files: dict[str, str]) -> bool:
    """Whether a group with limits can be made here."""
    trial = base / f"{owned.prefix()}trial"
    try:
        trial.mkdir()
    except OSError:
        return False
    try:
        for file in files.values():
            with (trial / file).open("r+") as limit:
                limit.write(str(TRIAL))
        return True
    except OSError:
        return False
    finally:
        with contextlib.suppress(OSError):
            trial.rmdir()


def remove(group: Path) -> None:
    """End all that is in a group and remove it; what does not go in time is left for the next start."""
    deadline = time.monotonic() + REMOVAL
    while True:
        try:
            group.rmdir()
            return
        except FileNotFoundError:
            return
        except OSError:
            if time.monotonic() > deadline:
                return
        with contextlib.suppress(OSError):
            for pid in (group / "cgroup.procs").read_text().split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
        time.sleep(0.005)


def sweep(mount: Path = MOUNT) -> None:
    """Remove the groups of controllers that are gone."""
    for hierarchy in (mount, mount / "memory", mount / "pids"):
        if (hierarchy / "cgroup.procs").exists():
            for place, folders, _ in os.walk(hierarchy):
                if len(Path(place).relative_to(hierarchy).parts) >= MAX_DEPTH:
                    folders.clear()
                for name in [name for name in folders if name.startswith("autograder-")]:
                    folders.remove(name)
                    if owned.abandoned(name):
                        remove(Path(place, name))


class Watchdog:
    """A thread that kills the largest process of a jail that takes more memory than it may."""

    kind = "watchdog"

    def __init__(self, interval: float = INTERVAL) -> None:
        self.interval = interval
        self.jails: dict[object, tuple[int, int]] = {}  # a key for each -> its keeper's process, its bytes
        self.changed = threading.Condition()
        self.thread: threading.Thread | None = None

    @contextlib.contextmanager
    def doors(self, memory: int, processes: int) -> Iterator[list[FileIO]]:
        """None."""
        yield []

    @contextlib.contextmanager
    def watch(self, template: int, keeper: int, memory: int) -> Iterator[None]:
        """Look at a jail until the end.

        Args:
            template: The process, as seen from here, below which the jail's keeper is.
            keeper: The keeper's process as seen from the template.
            memory: Bytes of the whole jail.
        """
        seen = find_keeper(template, keeper)
        if seen is None:
            yield
            return
        key = object()
        with self.changed:
            self.jails[key] = (seen, memory)
            if self.thread is None:
                self.thread = threading.Thread(target=self._look, name="watchdog", daemon=True)
                self.thread.start()
            self.changed.notify()
        try:
            yield
        finally:
            with self.changed:
                del self.jails[key]

    def _look(self) -> None:
        while True:
            with self.changed:
                while not self.jails:
                    self.changed.wait()
                jails = list(self.jails.values())
            for keeper, memory in jails:
                bound(keeper, memory)
            time.sleep(self.interval)


def bound(keeper: int, memory: int) -> list[int]:
    """Kill a jail's largest processes until the others take no more than this; which ones."""
    pids = descendants(keeper)
    files = {pid: hidden_files(pid) for pid in pids}
    if sum(map(resident, pids)) + total(files) <= memory:
        return []  # counts what processes share once for each: the true sum is smaller still
    sizes = {pid: proportional(pid) for pid in pids}
    killed: list[int] = []
    while sizes and sum(sizes.values()) + total(files) > memory:
        largest = max(sizes, key=lambda pid: sizes[pid] + sum(files[pid].values()))
        with contextlib.suppress(OSError):
            os.kill(largest, signal.SIGKILL)
            killed.append(largest)
        del sizes[largest], files[largest]
    return killed


def total(files: Mapping[int, Mapping[tuple[int, int], int]]) -> int:
    """Bytes of all files, those that several processes hold counted once."""
    return sum({file: size for held in files.values() for file, size in held.items()}.values())


def find_keeper(template: int, keeper: int) -> int | None:
    """The process below a template that has this number in the template's own namespace."""
    for pid in descendants(template):
        with contextlib.suppress(OSError, StopIteration, ValueError):
            with open(f"/proc/{pid}/status") as status:
                numbers = next(line for line in status if line.startswith("NSpid:")).split()[1:]
            if int(numbers[-1]) == keeper and len(numbers) <= 2:
                return pid
    return None


def descendants(pid: int) -> list[int]:
    """A process's children, their children and so on."""
    found, left = [], [pid]
    while left:
        parent = left.pop()
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{parent}/task"):  # noqa: PTH208
                with open(f"/proc/{parent}/task/{thread}/children") as file:
                    children = [int(child) for child in file.read().split()]
                found += children
                left += children
    return found


def resident(pid: int) -> int:
    """Bytes of memory that a process has, shared ones included."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def proportional(pid: int) -> int:
    """Bytes of memory that a process has, shared ones divided among those who share them."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/smaps_rollup") as file:
        for line in file:
            if line.startswith("Pss:"):
                return int(line.split()[1]) << 10
    return resident(pid)


def hidden_files(pid: int) -> dict[tuple[int, int], int]:
    """Bytes of files in memory that only open descriptors hold, by device and number."""
    sizes = {}
    with contextlib.suppress(OSError):
        for descriptor in os.scandir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                status = descriptor.stat()
                if status.st_nlink == 0 and status.st_blocks:
                    sizes[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sizes


def open_bounds() -> Bounds:
    """The best that this machine gives, what others left swept away."""
    owned.sweep_folders()
    with contextlib.suppress(OSError, ValueError):
        if bases := find_bases():
            sweep()
            return Groups(bases)
    return Watchdog()
