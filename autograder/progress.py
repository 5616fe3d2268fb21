"""What a run shows while it goes on: a bar with counts, rate and the names of what went wrong, or JSON lines."""

from __future__ import annotations

import sys
import time
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from autograder.printable import printable, printable_name
from autograder.records import Record
from autograder.results import Status, to_json

LOGGED = ("learner", "unit", "status", "score", "max_score", "seconds", "message")


class Counts(Protocol):
    """What a run has done so far."""

    graded: int
    statuses: dict[Status, int]


class Progress:
    """Shows each graded submission.

    Args:
        screen: Where the bar and the notes go; a quiet one shows neither.
        total: How many submissions there are to grade.
        json_log: Write a line of JSON to standard error for each one.
    """

    def __init__(self, screen: Console, total: int, json_log: bool = False) -> None:
        self.total = total
        self.json_log = json_log
        self.started = time.monotonic()
        columns = (
            TextColumn("grading"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[kinds]}", markup=False),
        )
        self.bar = Bar(*columns, console=screen, disable=not screen.is_terminal, transient=True)
        self.task = self.bar.add_task("", total=total, rate="", kinds="")

    def __enter__(self) -> Progress:
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def advance(self, record: Record, done: Counts) -> None:
        """One more is graded."""
        result = record.result
        rate = done.graded / max(time.monotonic() - self.started, 0.001)
        odd = ", ".join(f"{count} {status}" for status, count in sorted(done.statuses.items()) if status != "ok")
        self.bar.update(self.task, advance=1, rate=f"{rate:.1f}/s", kinds=odd)
        if self.json_log:
            facts = {name: getattr(result, name) for name in LOGGED}
            sys.stderr.write(to_json({**facts, "done": done.graded, "total": self.total}) + "\n")
            sys.stderr.flush()
        if result.status != "ok":
            self.note(f"{printable_name(result.learner)} {result.unit}: {result.status}: {result.message}")

    def note(self, text: str) -> None:
        """A line for whoever grades."""
        self.bar.console.print(printable(text), markup=False, highlight=False, soft_wrap=True)
