"""What a learner's code gets to see, and how strongly this machine can hold it in."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from autograder.errors import AutograderError
from autograder.sandbox.jail import Limits

Level = Literal["A", "unsafe"]
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
        level: "A" (bubblewrap, one set of namespaces per submission) or "unsafe" (resource limits only).
        preload: Modules that the template imports before it forks.
        without: Modules and dotted functions that are out of reach.
        libraries: Folders of packages that learners may import, such as the course's own library.
        limits: What one submission may use.
    """

    level: Level = "A"
    preload: tuple[str, ...] = ("numpy",)
    without: tuple[str, ...] = ()
    libraries: tuple[Path, ...] = ()
    limits: Limits = field(default_factory=Limits)

    def command(self) -> list[str]:
        """The command that starts the learner template, "{control}" standing for its control socket."""
        confine = self.level != "unsafe"
        settings = json.dumps({"preload": self.preload, "without": self.without, "confine": confine})
        if self.level == "unsafe":
            return [sys.executable, "-m", "autograder.sandbox.template", "{control}", settings]
        start = f"import sys; sys.path.insert(0, {str(INSIDE)!r}); from autograder.sandbox.template import main; main()"
        inside = [sys.executable, "-I", "-c", start, "{control}", settings]
        plan = {"binds": self._binds(), "before": self._before(), "after": [*self._after(), "--", *inside]}
        return [sys.executable, "-I", str(PACKAGE / "sandbox" / "launch.py"), json.dumps(plan)]

    def environment(self) -> dict[str, str]:
        """The template's whole environment: nothing of the instructor's."""
        if self.level == "unsafe":
            return {**ENVIRONMENT, "PYTHONPATH": os.pathsep.join(map(str, [PACKAGE.parent, *self._library_parents()]))}
        return {**ENVIRONMENT, "PATH": os.environ.get("PATH", ENVIRONMENT["PATH"])}

    def _library_parents(self) -> list[Path]:
        return [library.parent for library in self.libraries]

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
        return [*options, "--proc", "/proc", "--dev", "/dev", "--size", str(64 << 20), "--tmpfs", "/tmp"]

    def _after(self) -> list[str]:
        hidden = [part for place in self._withheld_folders() for part in ("--size", "4096", "--tmpfs", str(place))]
        variables = [part for pair in ENVIRONMENT.items() for part in ("--setenv", *pair)]
        return [*hidden, "--clearenv", *variables, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp"]

    def _withheld_folders(self) -> list[Path]:
        """Folders of the interpreter's packages that must not even be there."""
        names = [name for name in self.without if "." not in name]
        places = {Path(sysconfig.get_path(kind)) for kind in ("purelib", "platlib")}
        return sorted(place / name for place in places for name in names if (place / name).is_dir())


def choose_level(unsafe: bool = False) -> Level:
    """The strongest level that this machine gives.

    Raises:
        SandboxUnavailable: If there is none and `unsafe` does not allow to go without.
    """
    try:
        probe()
    except SandboxUnavailable:
        if unsafe:
            return "unsafe"
        raise
    return "A"


def probe() -> None:
    """Try what level A needs: bubblewrap, and namespaces within its namespaces.

    Raises:
        SandboxUnavailable: With the reason and what to do.
    """
    if shutil.which("bwrap") is None:
        raise SandboxUnavailable("bubblewrap is not installed: run 'apt-get install bubblewrap' as root")
    nested = "unshare --user --pid --mount --net --ipc --uts --fork true"
    plan = {"binds": [], "before": Policy()._before(), "after": ["--", "/bin/sh", "-c", nested]}
    command = [sys.executable, "-I", str(PACKAGE / "sandbox" / "launch.py"), json.dumps(plan)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        raise SandboxUnavailable(
            f"user namespaces are refused here ({reason[0]}): allow them "
            "(sysctl kernel.unprivileged_userns_clone=1, or an AppArmor profile for bwrap on Ubuntu 24.04 and later)"
        )


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
