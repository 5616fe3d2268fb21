"""Examines the machine: can it hold learner code in, and if not, what must change."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys

from autograder.sandbox import cgroup, filter, gpu, policy

LEVELS: dict[policy.Level, str] = {
    "A": "bubblewrap, and for each submission namespaces of its own in a warm process",
    "B": "one bubblewrap per submission",
    "C": "Landlock and a system call filter, without namespaces",
}


def examine() -> tuple[bool, list[str]]:
    """Whether this machine can grade safely, and a line for each thing that was looked at."""
    lines = [
        f"ok    Python {platform.python_version()} on Linux {platform.release()}, {os.cpu_count()} cores",
        _bubblewrap(),
        _filter(),
    ]
    if os.geteuid() == 0:
        lines.append("ok    started by root: learner code runs as an ordinary user all the same")
    for level, what in LEVELS.items():
        try:
            policy.probe(level)
            lines.append(f"ok    isolation level {level}: {what}")
        except policy.SandboxUnavailable as error:
            lines.append(f"no    isolation level {level}: {error}")
    lines.append(_bounds())
    lines += [f"ok    GPU {number}: {gpu.name(number)}" for number in gpu.found()]
    if not any(line.startswith("ok    isolation") for line in lines):
        lines.append("FAIL  learner code cannot be isolated here")
    healthy = sys.platform == "linux" and not any(line.startswith("FAIL") for line in lines)
    return healthy, lines


def _bubblewrap() -> str:
    if shutil.which("bwrap") is None:
        return "no    bubblewrap is missing: run 'apt-get install bubblewrap' as root"
    version = subprocess.run(["bwrap", "--version"], capture_output=True, text=True, check=False).stdout.strip()
    return f"ok    {version}"


def _filter() -> str:
    try:
        return f"ok    system call filter, {len(filter.compile_filter()) // 8} instructions"
    except OSError as error:
        return f"FAIL  the system call filter cannot be built: {error}; install libseccomp2"


def _bounds() -> str:
    bounds = cgroup.open_bounds()
    if not isinstance(bounds, cgroup.Groups):
        often = f"{1 / cgroup.INTERVAL:.0f} times a second"
        return f"ok    no control group can be made: a watchdog looks {often} at a submission's memory"
    what = " and processes" if any("pids" in files for _, files in bounds.bases) else ""
    return f"ok    control groups for a submission's memory{what} as a whole"
