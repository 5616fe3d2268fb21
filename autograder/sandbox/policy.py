"""What a learner's code gets to see, and how strongly this machine can hold it in."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import socket
import sys
import sysconfig
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from autograder.errors import AutograderError
from autograder.forkserver import Template, TemplateDied
from autograder.sandbox import gpu, owned
from autograder.sandbox.jail import SCRATCH, Limits
from autograder.wire.channel import Channel, Closed

Level = Literal["A", "B", "C", "unsafe"]
LEVELS: tuple[Level, ...] = get_args(Level)
PACKAGE = Path(__file__).resolve().parents[1]
INSIDE = Path("/course")  # where the sandbox's own modules and the course's libraries lie inside

ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "MPLBACKEND": "Agg",
    "MPLCONFIGDIR": "/tmp",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
}


class SandboxUnavailable(AutograderError):
    """This machine cannot hold learner code in; the message says what to change."""


@dataclass(frozen=True)
class Policy:
    """Everything that decides what learner code can reach.

    Args:
        level: "A" (one bubblewrap, namespaces per submission), "B" (one bubblewrap per submission), "C" (Landlock, no
            namespaces) or "unsafe" (resource limits only); see `jail`.
        preload: Modules that the template imports before it forks.
        without: Modules and dotted functions that are out of reach.
        libraries: Folders of packages that learners may import.
        serves: Modules and those of their functions that the tests' side computes for learner code; see `served`.
        limits: What one submission may use.
        scratch: The one folder that learner code can write to.
        gpu: The number of the GPU that it may use; see `gpu`.
    """

    level: Level = "A"
    preload: tuple[str, ...] = ("numpy",)
    without: tuple[str, ...] = ()
    libraries: tuple[Path, ...] = ()
    serves: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    limits: Limits = field(default_factory=Limits)
    scratch: str = "/tmp"
    gpu: int | None = None

    def command(self) -> list[str]:
        """The command that starts the learner template, "{control}" standing for its control socket."""
        if self.level in ("C", "unsafe"):
            plain = [sys.executable, "-m", "autograder.sandbox.template", "{control}", self._settings()]
            plan: dict[str, Any] = {"expose": [host for host, _ in self._binds()], "command": plain}
            return [sys.executable, "-I", str(PACKAGE / "sandbox" / "launch.py"), json.dumps(plan)]
        start = f"import sys; sys.path.insert(0, {str(INSIDE)!r}); from autograder.sandbox.template import main; main()"
        inside = [sys.executable, "-I", "-c", start, "{control}", self._settings()]
        plan = {"binds": self._binds(), "before": self._before(), "after": [*self._after(), "--", *inside]}
        return [sys.executable, "-I", str(PACKAGE / "sandbox" / "launch.py"), json.dumps(plan)]

    def environment(self) -> dict[str, str]:
        """The template's whole environment: nothing of the instructor's."""
        if self.level in ("C", "unsafe"):
            path = os.pathsep.join(map(str, [PACKAGE.parent, *{library.parent for library in self.libraries}]))
            return {**self._variables(), "PYTHONPATH": path, "HOME": self.scratch, "TMPDIR": self.scratch}
        return {**self._variables(), "PATH": os.environ.get("PATH", ENVIRONMENT["PATH"])}

    @property
    def shared_template(self) -> bool:
        """Whether one warm template serves all submissions, rather than each its own."""
        return self.level == "A"

    def _variables(self) -> dict[str, str]:
        return ENVIRONMENT | (gpu.HIDDEN if self.gpu is not None else {})

    def _devices(self) -> list[str]:
        return [] if self.gpu is None else gpu.files(self.gpu)

    def _settings(self) -> str:
        settings = {"preload": self.preload, "without": self.without, "serves": dict(self.serves)}
        settings |= {"level": self.level, "scratch": self.scratch, "devices": self._devices()}
        inside = [place for _, place in self._binds()]
        kept = [place for place in inside if any(Path(place).is_relative_to(scratch) for scratch in SCRATCH)]
        return json.dumps({**settings, "kept": kept, "readable": self._readable() if self.level == "C" else []})

    def _readable(self) -> list[str]:
        """What Landlock lets a jail read at level C: the same as bubblewrap shows at the others."""
        folders = [Path("/usr"), *(Path("/") / name for name in ("bin", "lib", "lib64", "sbin"))]
        folders += [Path("/sys"), gpu.DRIVER.parent] if self.gpu is not None else []
        withheld = self._withheld_folders()
        for host, _ in self._binds():
            folders += split_around(Path(host), withheld)
        return [str(folder) for folder in folders if folder.exists()]

    def _binds(self) -> list[list[str]]:
        """Host folders and where they lie inside; the order matters, later ones lie on earlier ones."""
        interpreter = {Path(p).resolve() for p in (sys.base_prefix, sys.base_exec_prefix)} - {Path("/usr")}
        folders = [(p, p) for p in sorted(interpreter)]
        folders.append((Path(sys.prefix), Path(sys.prefix)))
        folders += [(Path(path), Path(path)) for path in ("/etc/ld.so.cache",) if Path(path).exists()]
        own = [PACKAGE / name for name in ("__init__.py", "forkserver.py", "sandbox", "wire")]
        folders += [(path, INSIDE / "autograder" / path.name) for path in own]
        folders += [(library, INSIDE / library.name) for library in self.libraries]
        return [[str(host), str(inside)] for host, inside in folders]

    def _before(self) -> list[str]:
        options = ["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
        options += ["--ro-bind", "/usr", "/usr"]
        for name in ("bin", "lib", "lib64", "sbin"):
            path = Path("/") / name
            if path.is_symlink():
                options += ["--symlink", str(path.readlink()), str(path)]
            elif path.exists():
                options += ["--ro-bind", str(path), str(path)]
        options += ["--proc", "/proc", "--dev", "/dev", "--size", str(64 << 20), "--tmpfs", "/tmp"]
        if self.gpu is not None:  # its libraries look for the card's place in the machine
            options += ["--ro-bind", "/sys", "/sys"]
        return options + [part for file in self._devices() for part in ("--dev-bind", file, file)]

    def _after(self) -> list[str]:
        hidden = [part for place in self._withheld_folders() for part in ("--size", "4096", "--tmpfs", str(place))]
        variables = [part for pair in self._variables().items() for part in ("--setenv", *pair)]
        return [*hidden, "--clearenv", *variables, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp"]

    def _withheld_folders(self) -> list[Path]:
        """Folders of the interpreter's packages that must not even be there."""
        names = [name for name in self.without if "." not in name]
        places = {Path(sysconfig.get_path(kind)) for kind in ("purelib", "platlib")}
        return sorted(place / name for place in places for name in names if (place / name).is_dir())


def split_around(folder: Path, hidden: Sequence[Path]) -> list[Path]:
    """The folder itself, or what is left of it around folders below it that must not show."""
    if not any(place.is_relative_to(folder) for place in hidden):
        return [folder]
    return [part for child in folder.iterdir() if child not in hidden for part in split_around(child, hidden)]


def choose_level(forced: Level | None = None, unsafe: bool = False) -> Level:
    """The strongest level that this machine gives, or the one asked for.

    Args:
        forced: The level to use; it must work.
        unsafe: Whether to go on without isolation where there is none.

    Raises:
        SandboxUnavailable: If the machine gives none, or not the one asked for.
    """
    candidates: list[Level] = [forced] if forced else ["A", "B", "C", *(["unsafe"] if unsafe else [])]  # type: ignore[list-item]
    reasons = []
    for level in candidates:
        try:
            probe(level)
        except SandboxUnavailable as error:
            reasons.append(f"level {level}: {error}")
        else:
            return level
    raise SandboxUnavailable(
        "this machine cannot isolate learner code:\n  " + "\n  ".join(reasons) + "\n--unsafe grades all the same"
    )


def probe(level: Level) -> None:
    """Try whether a level works here, by starting a template and a jail.

    Raises:
        SandboxUnavailable: With the reason and what to do.
    """
    if level in ("A", "B") and shutil.which("bwrap") is None:
        raise SandboxUnavailable("bubblewrap is not installed: run 'apt-get install bubblewrap' as root")
    with tempfile.TemporaryDirectory(prefix=owned.prefix()) as scratch:
        policy = Policy(level, preload=(), scratch=scratch if level in ("C", "unsafe") else "/tmp")
        template = Template(policy.command(), policy.environment(), patience=20)
        try:
            template.ready()
            ours, theirs = socket.socketpair()
            with ours:
                jail = template.spawn(policy.limits.pairs(), theirs)
                channel = Channel(ours)
                channel.send(["run", "probe", PROBE])
                answer, _ = channel.receive(time.monotonic() + 20)
                template.kill(jail)
            if answer[0] != "ok":
                raise SandboxUnavailable(f"a jail does not run Python: {answer[1:3]}")
        except (TemplateDied, Closed, TimeoutError) as error:
            raise SandboxUnavailable(f"{last_line(str(error))}{ADVICE.get(level, '')}") from None
        finally:
            template.close()


PROBE = "import colorsys"  # of the interpreter's library, and nothing has imported it before
ADVICE = {
    "A": "; allow namespaces within namespaces (a container needs --security-opt seccomp=unconfined)",
    "B": "; allow user namespaces (sysctl kernel.unprivileged_userns_clone=1; from Ubuntu 24.04 on an AppArmor profile"
    " for bwrap, or sysctl kernel.apparmor_restrict_unprivileged_userns=0)",
    "C": "; needs Linux 5.13 or later with Landlock switched on (lsm=landlock,…)",
}


def last_line(text: str) -> str:
    """The last line of what a program said."""
    return (text.strip().splitlines() or ["it does not start"])[-1]


def importable(modules: Sequence[str]) -> tuple[str, ...]:
    """Those of the modules that are installed."""
    found = []
    for name in modules:
        try:
            if importlib.util.find_spec(name.partition(".")[0]) is not None:
                found.append(name)
        except (ImportError, ValueError):
            continue
    return tuple(found)
