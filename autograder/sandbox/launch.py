"""Starts bubblewrap as an ordinary user, whoever starts this.

As root it first makes a mount namespace of its own in which the folders that the sandbox shows are reachable (root's
interpreter often lies where nobody else can go), then drops to an ordinary user for good: started by root itself,
bubblewrap would let learner code write the host's kernel settings.
"""

from __future__ import annotations

import json
import os
import sys
from typing import NoReturn

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))  # noqa: PTH100, PTH120

from autograder.sandbox import system

NOBODY = 65534
STAGE = "/mnt"


def main() -> NoReturn:
    """Entry point: argv is {"binds": [[host folder, place inside], …], "before": […], "after": […]} as JSON.

    With {"expose": […], "command": […]} instead, it runs the command itself, the folders being reachable for everyone.
    """
    plan = json.loads(sys.argv[1])
    if "expose" in plan:
        if os.geteuid() == 0:
            expose(plan["expose"])
        os.execvp(plan["command"][0], plan["command"])
    binds = plan["binds"]
    if os.geteuid() == 0:
        binds = stage(binds)
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    shown = [part for source, place in binds for part in ("--ro-bind", source, place)]
    command = ["bwrap", *plan["before"], *shown, *plan["after"]]
    os.execvp(command[0], command)


def stage(binds: list[list[str]]) -> list[list[str]]:
    """Mount each folder where an ordinary user can reach it, visible to this process alone."""
    system.unshare(system.CLONE_NEWNS)
    system.mount("none", "/", None, system.MS_PRIVATE | system.MS_REC)
    opened = [(os.open(source, os.O_PATH), os.path.isdir(source), place) for source, place in binds]  # noqa: PTH112
    system.mount("tmpfs", STAGE, "tmpfs", system.MS_NOSUID | system.MS_NODEV, "size=1m,mode=755")
    staged = []
    for number, (descriptor, is_folder, place) in enumerate(opened):
        target = f"{STAGE}/{number}"
        if is_folder:
            os.mkdir(target)  # noqa: PTH102
        else:
            os.close(os.open(target, os.O_CREAT | os.O_WRONLY))
        system.mount(f"/proc/self/fd/{descriptor}", target, None, system.MS_BIND | system.MS_REC)
        os.close(descriptor)
        staged.append([target, place])
    return staged


def expose(folders: list[str]) -> None:
    """Make folders that lie where only root can go reachable for every user, visible to this process alone."""
    closed = {folder: first_closed(folder) for folder in folders}
    if not any(closed.values()):
        return
    system.unshare(system.CLONE_NEWNS)
    system.mount("none", "/", None, system.MS_PRIVATE | system.MS_REC)
    opened = {folder: os.open(folder, os.O_PATH) for folder, place in closed.items() if place}
    for place in {place for place in closed.values() if place}:
        system.mount("tmpfs", place, "tmpfs", system.MS_NOSUID | system.MS_NODEV, "size=1m,mode=755")
    for folder, descriptor in opened.items():
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103
        system.mount(f"/proc/self/fd/{descriptor}", folder, None, system.MS_BIND | system.MS_REC)
        os.close(descriptor)


def first_closed(folder: str) -> str | None:
    """The outermost folder on the way to this one that other users may not enter."""
    way = folder.rstrip("/").split("/")[1:-1]
    above = ["/" + "/".join(way[:depth]) for depth in range(1, len(way) + 1)]
    return next((place for place in above if not os.stat(place).st_mode & 0o001), None)  # noqa: PTH116


if __name__ == "__main__":
    main()
