"""The test template: imports the instructor's tests once, then forks a tester per submission.

Like the learner's template it only imports, with one thread. It runs outside the sandbox and never runs learner code.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import resource
import socket
import sys
import types
from collections.abc import Callable
from typing import Any, NoReturn

from autograder import forkserver, testing
from autograder.sandbox import system
from autograder.trusted import tester
from autograder.wire.channel import Channel, Closed
from autograder.wire.codec import Decoder

ALWAYS = ("numpy.random", "numpy.testing")  # loaded at first use, which would be in each tester anew
EXTRA_MEMORY = 6 << 30  # bytes of address space beyond the template's own: an answer may be large, never unbounded


def main() -> NoReturn:
    """Entry point: argv is the control socket's number and, as JSON, what `engine.trusted_command` says."""
    control = Channel(socket.socket(fileno=int(sys.argv[1])))
    settings = json.loads(sys.argv[2])
    gc.disable()  # nothing is garbage yet: looking for it is a tenth of the imports' time
    for name in (*settings["preload"], *ALWAYS):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    hidden = load(settings["tests"]) if settings["tests"] else None
    if suite := getattr(hidden, "suite", None):
        with contextlib.suppress(Exception):  # which the first tester that needs them reports
            _ = suite.mistakes  # loaded now, not in each tester anew
    served = {name: function(name) for name in settings["served"]}
    for cell, source in settings["cells"]:
        with contextlib.suppress(SyntaxError):  # which the first tester reports
            tester.compiled(source, cell)
    if settings["gpu"]:
        testing.grade_on_gpu()
    control.send(["ok", "ready"])
    forkserver.serve(control, lambda *job: fork(control, tester.Instructors(hidden, served), *job))


def load(folder: str) -> types.ModuleType | None:
    """The unit's hidden_tests module, its folder being on the import path."""
    sys.path.insert(0, folder)
    try:
        return importlib.import_module("hidden_tests")
    except ModuleNotFoundError as error:
        if error.name == "hidden_tests":
            return None
        raise


def function(name: str) -> Callable[..., Any]:
    """The function of a dotted name, its module imported."""
    module, _, attribute = name.rpartition(".")
    found: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    return found


def fork(
    control: Channel, instructors: tester.Instructors, descriptors: list[int], cores: list[int]
) -> tuple[int, int]:
    """Fork a tester, bound to a core if one is given; its descriptors are the jail's socket and the controller's."""
    pid = os.fork()
    if pid:
        return pid, pid
    try:
        control.close()
        system.prctl(system.PR_SET_PDEATHSIG, 9)
        if not testing.on_gpu():  # whose driver reserves more addresses than any bound would leave
            limit_memory()
        for core in cores:
            system.stay_on(core)
        report = Channel(socket.socket(fileno=descriptors[1]))
        with contextlib.suppress(Closed):
            run(socket.socket(fileno=descriptors[0]), report, instructors)
    finally:
        os._exit(0)


def run(jail: socket.socket, report: Channel, instructors: tester.Instructors) -> None:
    """Receive the job, grade it, and turn an error of the tests' own into an event."""
    tree, buffers = report.receive()
    job = Decoder(buffers).decode(tree)
    job["steps"] = [(role, cell, source.decode(), points) for role, cell, source, points in job["steps"]]
    try:
        tester.grade(jail, report, job, instructors)
    except Closed:
        raise
    except Exception as error:
        report.send(["failed", f"{type(error).__name__}: {error}"[:4_000]])


def limit_memory() -> None:
    """Bound what an answer can make this process hold."""
    with open("/proc/self/statm") as statm:
        in_use = int(statm.read().split()[0]) * resource.getpagesize()
    limit: Any = in_use + EXTRA_MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


if __name__ == "__main__":
    main()
