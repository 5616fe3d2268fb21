"""The learner's template: imports what notebooks need, once, then forks a jail per submission. Runs inside bubblewrap.

It must stay single-threaded and run nothing but imports: a child forked from a process with threads can deadlock.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import importlib.abc
import importlib.machinery
import json
import os
import socket
import sys
import types
from collections.abc import Sequence
from typing import Any, NoReturn

from autograder import forkserver
from autograder.sandbox import filter, jail, served
from autograder.wire.channel import Channel


def main() -> NoReturn:
    """Entry point: argv is the control socket's number and, as JSON, the settings that `Policy` makes."""
    control = Channel(socket.socket(fileno=int(sys.argv[1])))
    settings = json.loads(sys.argv[2])
    gc.disable()  # nothing is garbage yet: looking for it is a tenth of the imports' time
    served.install(settings["serves"])
    for name in settings["preload"]:
        with contextlib.suppress(Exception):  # what is not installed fails in the learner's cell, with its message
            importlib.import_module(name)
    withhold(settings["without"])
    threads = len(os.listdir("/proc/self/task"))  # noqa: PTH208
    if threads != 1:
        sys.exit(f"the template has {threads} threads; it may only import, with one")
    confinement = jail.Confinement(
        settings["level"],
        b"" if settings["level"] == "unsafe" else filter.compile_filter(),
        tuple(settings["readable"]),
        settings["scratch"],
        tuple(settings["kept"]),
        tuple(settings["devices"]),
    )
    control.send(["ok", "ready"])
    forkserver.serve(control, functools.partial(jail.fork, confinement))


class Withheld(importlib.abc.MetaPathFinder):
    """Refuses to import modules that are out of the learner's reach."""

    def __init__(self, names: set[str]) -> None:
        self.names = names

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Raise for a withheld module; leave all others to the next finder."""
        if fullname.partition(".")[0] in self.names:
            raise ImportError(refusal(fullname))
        return None


def withhold(names: Sequence[str]) -> None:
    """Put modules ("torch") and functions ("numpy.convolve") out of reach in this process and all its children."""
    modules = {name for name in names if "." not in name}
    sys.meta_path.insert(0, Withheld(modules))
    for loaded in [name for name in sys.modules if name.partition(".")[0] in modules]:
        del sys.modules[loaded]
    for name in names:
        if "." in name:
            _withhold_function(name)


def _withhold_function(name: str) -> None:
    module, _, attribute = name.rpartition(".")
    try:
        function = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError):
        return

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise ImportError(refusal(name))

    for loaded in list(sys.modules.values()):
        for key, value in list(vars(loaded).items()) if isinstance(loaded, types.ModuleType) else ():
            if value is function:
                setattr(loaded, key, refuse)


def refusal(name: str) -> str:
    """What a learner reads who asks for something withheld."""
    return f"{name} is out of reach while this unit is graded: write this part yourself"


if __name__ == "__main__":
    main()
