"""Runs jobs: one submission to one unit, from its steps to what each exercise earned.

A job needs a learner template (untrusted, sandboxed) and a test template (trusted), both warm and both specific to the
unit. The engine starts them when a unit first needs them and again when one dies; each worker thread then pairs a
fresh jail with a fresh tester and listens to the tester until it is done.
"""

from __future__ import annotations

import ast
import contextlib
import json
import os
import queue
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from autograder.course import Role, Unit
from autograder.errors import AutograderError
from autograder.forkserver import Template, TemplateDied
from autograder.plan import Step, exercise_id
from autograder.results import Exercise, Family, Status
from autograder.sandbox import gpu, owned
from autograder.sandbox.cgroup import Bounds, open_bounds
from autograder.sandbox.jail import Limits
from autograder.sandbox.policy import ENVIRONMENT, Level, Policy, importable
from autograder.sources import defined
from autograder.trusted.session import Patience
from autograder.wire.channel import Channel, Closed
from autograder.wire.codec import Encoder
from autograder.wire.frames import WireError

MARGIN = 30.0  # seconds beyond the learner's whole time that the tester's own work may take
LONGEST_ARGUMENT = 1 << 17  # bytes that Linux takes, the last of them 0
ATTEMPTS = 2  # a job whose template died is run again
WITH_A_GPU = Limits(memory=16 << 30, addresses=False, processes=256, open_files=1024)  # its libraries take gigabytes


class CourseBroken(AutograderError):
    """The instructor's own tests or set-up do not run: no learner is to blame."""


@dataclass(frozen=True)
class Job:
    """One submission, ready to run: plain data."""

    learner: str
    unit: str
    steps: tuple[Step, ...]


@dataclass
class CellReport:
    """What became of one cell of the notebook."""

    id: str
    role: Role
    error: str | None = None
    output: str = ""
    traceback: str = ""
    died: str | None = None


@dataclass
class Outcome:
    """What a job gave."""

    status: Status = "ok"
    message: str = ""
    seconds: float = 0.0
    level: Level | None = None  # of isolation; None where no code was run
    gpu: str = ""  # its model, where tests used one
    exercises: list[Exercise] = field(default_factory=list)
    cells: list[CellReport] = field(default_factory=list)


class Engine:
    """A pool of templates; `run` may be called from any number of threads.

    Args:
        units: Every unit that jobs may name.
        policy: What learner code can reach; the unit's own needs are added to it. If finding out takes time, a
            function that is called while the first test template starts.
        secret: Seeds the hidden tests, together with the learner's name.
        patience: How long learner code may take; a unit that says it needs more gets more.
        gpus: The numbers of those that units whose tests can use one get, each for one job at a time.
    """

    def __init__(
        self,
        units: Mapping[str, Unit],
        policy: Policy | Callable[[], Policy],
        secret: str,
        patience: Patience | None = None,
        gpus: Sequence[int] = (),
    ) -> None:
        self.units = units
        self.policy = policy
        self.secret = secret
        self.patience = patience or Patience()
        self.bounds = open_bounds()
        self.cores = Cores()
        self.gpus = Gpus(gpus)
        self.rooms: dict[tuple[str, int | None], Room] = {}  # by unit and GPU
        self.lock = threading.Lock()
        self.closed = False

    def run(self, job: Job) -> Outcome:
        """Grade one job.

        Raises:
            CourseBroken: If the instructor's side fails.
        """
        with self.gpus.one(self.units[job.unit]) as number:
            for attempt in range(ATTEMPTS):
                room = self.room(job.unit, number)
                try:
                    return self._run_in(room, job)
                except TemplateDied:
                    self._replace(room)
                    if attempt + 1 == ATTEMPTS:
                        raise
        raise AssertionError("unreachable")

    def warm_up(self, unit: str) -> None:
        """Start what a unit needs, ahead of its first job."""
        with self.gpus.one(self.units[unit]) as number:
            self._room(unit, number)

    def room(self, unit: str, number: int | None = None) -> Room:
        """The unit's templates, ready, with the GPU of this number if one is given."""
        room = self._room(unit, number)
        room.ready()
        return room

    def _room(self, unit: str, number: int | None) -> Room:
        with self.lock:
            if self.closed:
                raise TemplateDied("grading was stopped")
            if (unit, number) not in self.rooms:
                self.rooms[unit, number] = Room(self.units[unit], self.policy, self.bounds, number)
            return self.rooms[unit, number]

    def close(self) -> None:
        """End all templates and everything under them; what is running fails."""
        with self.lock:
            self.closed = True
            for room in self.rooms.values():
                room.close()
            self.rooms.clear()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _replace(self, dead: Room) -> None:
        key = (dead.unit.name, dead.gpu)
        with self.lock:
            if self.rooms.get(key) is dead:
                dead.close()
                del self.rooms[key]

    def _run_in(self, room: Room, job: Job) -> Outcome:
        started = time.monotonic()
        jail_end, tester_end = socket.socketpair()
        ours, theirs = socket.socketpair()
        report = Channel(ours)
        try:
            with self.cores.one() as core, room.jail(jail_end, core), room.tester(core, tester_end, theirs):
                outcome = self._listen(report, room.unit, job)
        finally:
            for end in (ours, jail_end, tester_end, theirs):
                end.close()
        outcome.level = room.policy.level
        outcome.gpu = "" if room.gpu is None else gpu.name(room.gpu)
        outcome.seconds = round(time.monotonic() - started, 3)
        return outcome

    def _listen(self, report: Channel, unit: Unit, job: Job) -> Outcome:
        patience = self.patience.at_least(unit.patience)
        encoder = Encoder()
        tree = encoder.encode(
            {
                "learner": job.learner,
                "secret": self.secret,
                "names": sorted(answered(unit)),
                "patience": asdict(patience),
                "steps": [[s.role.value, s.id, s.source.encode(errors="replace"), s.points] for s in job.steps],
            }
        )
        deadline = time.monotonic() + patience.total + MARGIN
        outcome = Outcome()
        deaths: list[str] = []
        try:
            report.send(tree, encoder.buffers, deadline=deadline)
            while True:
                event, _ = report.receive(deadline)
                if event[0] == "done":
                    deaths += event[1]
                    break
                take(event, outcome, unit.name)
        except TimeoutError:
            deaths.append("timeout")
            outcome.message = "the notebook as a whole took too long; what was graded until then counts"
        except (Closed, WireError):
            deaths.append("crashed")
            outcome.message = "grading was cut off; what was graded until then counts"
        outcome.exercises = complete(outcome.exercises, unit, outcome.message)
        if deaths:
            outcome.status = "timeout" if deaths[0] == "timeout" else "crashed"
            outcome.message = outcome.message or explain(deaths, outcome)
        return outcome


class Cores:
    """Gives each job a core for its jail and its tester: they take turns, and waking another core costs more than both.

    Measured: 23 µs for a message there and back on one core, 154 µs between two that were idle in between.
    """

    def __init__(self) -> None:
        self.jobs = dict.fromkeys(sorted(os.sched_getaffinity(0)), 0)
        self.lock = threading.Lock()

    @contextlib.contextmanager
    def one(self) -> Iterator[int]:
        """The core with the fewest jobs."""
        with self.lock:
            core = min(self.jobs, key=self.jobs.__getitem__)
            self.jobs[core] += 1
        try:
            yield core
        finally:
            with self.lock:
                self.jobs[core] -= 1


class Gpus:
    """Gives each job that can use a GPU one of its own; with all of them in use, jobs wait."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self.numbers = tuple(numbers)
        self.free: queue.SimpleQueue[int] = queue.SimpleQueue()
        for number in self.numbers:
            self.free.put(number)

    @contextlib.contextmanager
    def one(self, unit: Unit) -> Iterator[int | None]:
        """The number of one that is free; None where the unit has no use for it, or there is none at all."""
        if not (unit.gpu and self.numbers):
            yield None
            return
        number = self.free.get()
        try:
            yield number
        finally:
            self.free.put(number)


class Room:
    """The two templates of one unit, and the GPU that they share if any."""

    def __init__(
        self, unit: Unit, policy: Policy | Callable[[], Policy], bounds: Bounds, number: int | None = None
    ) -> None:
        self.unit = unit
        self.bounds = bounds
        self.gpu = number
        self.tests = Template(*trusted_command(unit, number))
        try:
            self.policy = confined(policy if isinstance(policy, Policy) else policy(), unit, number)
        except BaseException:
            self.tests.close()
            raise
        self.learner = Template(self.policy.command(), self.policy.environment())
        self.lock = threading.Lock()
        self.is_ready = False

    def ready(self) -> None:
        """Wait until both have imported everything.

        Raises:
            CourseBroken: If one does not come up, with what it said.
        """
        with self.lock:
            if self.is_ready:
                return
            for side, template in (("learner's side", self.learner), ("tests", self.tests)):
                try:
                    template.ready()
                except TemplateDied as error:
                    self.close()
                    raise CourseBroken(f"{self.unit.name}: the {side} did not start: {error}") from None
            self.is_ready = True

    @contextlib.contextmanager
    def jail(self, end: socket.socket, core: int) -> Iterator[None]:
        """A jail that serves this end of a socket pair; gone afterwards, with all it started.

        At level A it is forked from the warm template. At the others a sandbox holds one submission, so each gets a
        template of its own.
        """
        with contextlib.ExitStack() as stack:
            template = self.learner
            if not self.policy.shared_template:
                scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix=owned.prefix()))
                policy = replace(self.policy, scratch=scratch) if self.policy.level in ("C", "unsafe") else self.policy
                template = Template(policy.command(), policy.environment())
                stack.callback(template.close)
                template.ready()
            limits = replace(self.policy.limits, core=core)
            doors = stack.enter_context(self.bounds.doors(limits.jail_memory, 4 * limits.processes))
            pid = template.spawn(limits.pairs(), end, *doors)
            stack.callback(template.kill, pid)
            with self.bounds.watch(template.process.pid, pid, limits.jail_memory):
                yield

    @contextlib.contextmanager
    def tester(self, core: int, *ends: socket.socket) -> Iterator[None]:
        """A tester that holds these ends: the jail's other one and the controller's."""
        pid = self.tests.spawn([core], *ends)
        try:
            yield
        finally:
            self.tests.kill(pid)

    def close(self) -> None:
        """End both templates."""
        self.learner.close()
        self.tests.close()


def confined(policy: Policy, unit: Unit, number: int | None = None) -> Policy:
    """A policy with a unit's own needs: what its cells import ahead, what is withheld, what is served; and its GPU."""
    without = (*policy.without, *unit.without)
    withheld = {name for name in without if "." not in name}
    modules = importable(sorted(imports(unit) | set(policy.preload)))
    preload = [name for name in modules if name.partition(".")[0] not in withheld and name not in unit.serves]
    limits = policy.limits if number is None else WITH_A_GPU
    return replace(policy, preload=tuple(preload), without=without, serves=unit.serves, limits=limits, gpu=number)


def trusted_command(unit: Unit, number: int | None = None) -> tuple[list[str], dict[str, str]]:
    """Command and environment of a unit's test template."""
    served = [f"{module}.{name}" for module, names in unit.serves.items() for name in names]
    settings = {
        "preload": importable(sorted(imports(unit))),
        "tests": str(unit.tests) if unit.tests else None,
        "served": served,
        "gpu": number is not None,
        "cells": [(cell.id, cell.source) for cell in unit.cells if cell.role in (Role.CHECK, Role.TESTS)],
    }
    argument = json.dumps(settings)
    if len(argument) >= LONGEST_ARGUMENT:
        argument = json.dumps(settings | {"cells": []})  # then each tester compiles its own
    threads = {name: value for name, value in ENVIRONMENT.items() if name.endswith("_NUM_THREADS")}
    environment = {**os.environ, **threads, "MPLBACKEND": "Agg"}
    if number is not None:
        environment |= {gpu.VISIBLE: str(number), "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
    return [sys.executable, "-m", "autograder.trusted.template", "{control}", argument], environment


def take(event: Any, outcome: Outcome, unit: str) -> None:
    """Add one of the tester's events to the outcome.

    Raises:
        CourseBroken: If it says that the instructor's own code failed.
    """
    match event:
        case ["cell", role, cell, error, output, trace, died]:
            outcome.cells.append(CellReport(cell, Role(role), error, output, trace, died))
        case ["exercise", cell, score, points, families, measures]:
            done = tuple(Family(name, s, p, message, mistake) for name, s, p, message, mistake in families)
            outcome.exercises.append(Exercise(exercise_id(cell), score, points, done, dict(measures)))
        case ["lost", why]:
            outcome.message = why
        case ["failed", why]:
            raise CourseBroken(f"{unit}: the instructor's tests failed to run: {why}")


def complete(done: list[Exercise], unit: Unit, reason: str) -> list[Exercise]:
    """All exercises of the unit in its order; those that were never graded earn nothing and say why."""
    graded = {exercise.id: exercise for exercise in done}
    result = []
    for cell in unit.exercises:
        if cell.role is Role.TESTS:
            missing = Exercise(
                exercise_id(cell.id), 0.0, cell.points, (Family("tests", 0.0, cell.points, reason or "not graded"),)
            )
            result.append(graded.get(exercise_id(cell.id), missing))
    return result


def explain(deaths: list[str], outcome: Outcome) -> str:
    """One line on what hung or died."""
    hung = [cell.id for cell in outcome.cells if cell.died]
    failing = [e.id for e in outcome.exercises if any(marks_death(family) for family in e.families)]
    places = ", ".join(dict.fromkeys([*hung, *failing])) or "the notebook"
    what = {"timeout": "ran out of time", "crashed": "ended its process"}[deaths[0]]
    return f"{places}: the code {what}; everything else was graded"


def marks_death(family: Family) -> bool:
    """Whether a family's message tells of a hang or a crash."""
    return "did not finish" in family.message or "the process" in family.message


def answered(unit: Unit) -> frozenset[str]:
    """The names that the instructor's solution cells define at the top level: what tests may fetch.

    What they import is not among them: the learner's would stand over the trusted one.
    """
    return frozenset().union(*(defined(c.source, imports=False) for c in unit.cells if c.role is Role.ANSWER))


def imports(unit: Unit) -> set[str]:
    """The modules that the instructor's set-up cells import."""
    modules: set[str] = set()
    for cell in unit.cells:
        if cell.role is Role.SETUP:
            with contextlib.suppress(SyntaxError):
                for node in ast.walk(ast.parse(cell.source)):
                    if isinstance(node, ast.Import):
                        modules |= {alias.name for alias in node.names}
                    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                        modules.add(node.module)
    return modules
