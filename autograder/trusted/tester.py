"""Grades one submission: runs its cells in the jail, the instructor's tests here, and reports as it goes.

A tester is forked from the test template, in which the instructor's modules are imported already. It holds oracles,
seeds and hidden labels; the jail at the other end of its socket gets to see none of them.
"""

from __future__ import annotations

import ast
import builtins
import functools
import math
import socket
import sys
import time
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from autograder import testing
from autograder.course import Role
from autograder.trusted.proxy import fetch
from autograder.trusted.session import JailLost, Patience, Session
from autograder.wire.channel import Channel

SETUP_FAILED = "the instructor's own set-up failed on the trusted side"


@dataclass(frozen=True)
class Instructors:
    """What the test template has imported for its testers.

    Attributes:
        hidden: The unit's hidden_tests module, if it has one.
        served: Functions that learner code may call by these dotted names.
    """

    hidden: types.ModuleType | None = None
    served: Mapping[str, Callable[..., Any]] = field(default_factory=dict)


def grade(jail: socket.socket, report: Channel, job: dict[str, Any], instructors: Instructors) -> None:
    """Run every step of a job; send ["cell", …] and ["exercise", …] events, then ["done", deaths].

    Args:
        jail: Connected to the pristine process of a jail.
        report: The controller's channel.
        job: learner, secret, names (that solution cells define), patience, steps [[role, id, source, points], …].
        instructors: What the tests need.
    """
    if instructors.hidden is not None:
        sys.modules["hidden_tests"] = instructors.hidden
    testing.seed_with(job["secret"], job["learner"])
    patience = Patience(**job["patience"])
    session = Session(jail, patience, instructors.served)
    testing.clock_with(session.processor_time)
    tester = Tester(session, report, frozenset(job["names"]), time.monotonic() + patience.total)
    try:
        for role, cell, source, points in job["steps"]:
            tester.step(Role(role), cell, source, points)
    except JailLost as lost:
        tester.session.deaths.append("crashed")
        report.send(["lost", str(lost)])
    report.send(["done", tester.session.deaths])


class Tester:
    """The state of one grading: the learner's session and the trusted namespace that tests run in."""

    def __init__(self, session: Session, report: Channel, names: frozenset[str], ends: float) -> None:
        self.session = session
        self.report = report
        self.names = names  # that the instructor's solution cells define: all that tests may fetch
        self.ends = ends
        self.hung: set[str] = set()  # names whose tests did not come back once
        self.tried = ""  # the hidden tests whose visible ones ran last, in a copy that is still there
        self.namespace: dict[str, Any] = {"__name__": "__main__", "__builtins__": builtins}

    def step(self, role: Role, cell: str, source: str, points: float) -> None:
        """Do what a cell's role asks for."""
        if role is not Role.TESTS:
            self.tried = ""
        if role is Role.SETUP:
            exec(compile(source, f"<{cell}>", "exec"), self.namespace)
        if role in (Role.SETUP, Role.CODE, Role.ANSWER):
            if time.monotonic() < self.ends:
                self.run(role, cell, source)
        elif role is Role.CHECK:
            self.check(cell, source)
        elif role is Role.TESTS:
            self.tests(cell, source, points)

    def run(self, role: Role, cell: str, source: str) -> None:
        """A cell of the learner's side."""
        outcome = self.session.run(cell, source)
        said = [outcome.error, outcome.output, outcome.traceback, outcome.died]
        self.report.send(["cell", role.value, cell, *said])

    def check(self, cell: str, source: str) -> None:
        """Visible tests: worth nothing, but their first failure is worth knowing."""
        error, _ = self.execute(cell, source)
        self.tried = f"test-{cell.removeprefix('check-')}"
        self.report.send(["cell", Role.CHECK.value, cell, error, "", "", None])

    def tests(self, cell: str, source: str, points: float) -> None:
        """Hidden tests: an error earns nothing, a number at the end is the score, anything else is full marks."""
        testing.take_reports()
        error, value = self.execute(cell, source, "hidden_tests" in sys.modules, go_on=cell == self.tried)
        self.session.end_step()
        reports = testing.take_reports()
        if reports:
            families = [
                [family.name, float(family.score), float(family.points), family.message, family.mistake]
                for report in reports
                for family in report.families
            ]
            score = min(math.fsum(report.score for report in reports), points)
        else:
            score = 0.0 if error else value if value is not None else points
            score = min(max(score, 0.0), points)
            families = [["tests", score, points, error or "", None]]
        measures = [[name, value] for report in reports for name, value in report.measures.items()]
        self.report.send(["exercise", cell, score, points, families, measures])

    def execute(
        self, cell: str, source: str, lazily: bool = False, go_on: bool = False
    ) -> tuple[str | None, float | None]:
        """Run a test cell here, the learner's names being proxies; its error and the number it ends with.

        Lazily, a name that the learner's notebook does not define fails where it is used: a suite then grades the
        exercise's other functions. The learner's process is a fresh copy, unless it is to go on in the last one.
        """
        if time.monotonic() >= self.ends:
            return "the notebook as a whole ran out of time before this exercise was tested", None
        deaths = len(self.session.deaths)
        code = compiled(source, cell)
        names = code.names & self.names
        try:
            self.session.begin_step(bool(names & self.hung), go_on)
            namespace = self.namespace | {name: fetch(self.session, name, lazily) for name in names}
            return None, run_to_value(code, namespace)
        except JailLost:
            raise
        except Exception as error:
            return one_line(error), None
        finally:
            if "timeout" in self.session.deaths[deaths:]:
                self.hung |= names


@dataclass(frozen=True)
class Code:
    """A test cell, ready to run."""

    names: frozenset[str]  # that it mentions
    body: types.CodeType
    last: types.CodeType | None  # the expression that it ends with, if it does


@functools.cache
def compiled(source: str, cell: str) -> Code:
    """The code of a test cell. The template compiles all that a unit has, its testers find them here.

    Raises:
        SyntaxError: If it is none.
    """
    tree = ast.parse(source)
    names = frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    end = tree.body[-1] if tree.body else None
    last = None
    if isinstance(end, ast.Expr):
        tree.body.pop()
        last = compile(ast.Expression(end.value), f"<{cell}>", "eval")
    return Code(names, compile(tree, f"<{cell}>", "exec"), last)


def run_to_value(code: Code, namespace: dict[str, Any]) -> float | None:
    """Run a test cell; where it ends with an expression whose value is a number, that number, as nbgrader counts it."""
    exec(code.body, namespace)
    value: Any = eval(code.last, namespace) if code.last else None
    return float(value) if type(value) in (int, float) else None


def one_line(error: Exception) -> str:
    """An exception for a learner: its class and the first lines of its message."""
    lines: Iterable[str] = str(error).strip().splitlines()[:12]
    text = "\n".join(lines)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
