"""Grades a class: submissions in, results out. What each step means lives in the module that it calls."""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, as_completed
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from autograder import autograded, feedback, intake, places, records
from autograder.course import Role, Unit
from autograder.engine import Engine, Job, Outcome, complete
from autograder.errors import AutograderError
from autograder.held import Stop, held
from autograder.notebooks import NotebookCell
from autograder.places import Place, Site
from autograder.plan import belongs_to, plan
from autograder.printable import printable, printable_name
from autograder.progress import Progress
from autograder.publishing import publish, warm_up
from autograder.records import Answer, Record, fingerprint
from autograder.results import Result, Status
from autograder.sandbox.policy import Level, Policy, choose_level
from autograder.trusted.session import Patience
from autograder.units import check_name, course_root, load_course

PACKAGE = Path(__file__).parent
MAX_WARNINGS = 20  # printed: a folder that holds no class at all has thousands
NO_GPU = "--gpus all: this machine has no GPU whose driver is loaded (no /dev/nvidia0)"
Keep = Callable[["Work", Outcome], Record]  # puts a result on the disk and counts it


@dataclass(frozen=True)
class Options:
    """What the command line can choose."""

    units: tuple[str, ...] = ()
    db: str | None = None
    workers: int | None = None
    secret: str | None = None
    regrade: bool = False
    level: Level | None = None
    unsafe: bool = False
    timeout: float | None = None  # seconds for one cell
    json_log: bool = False
    cluster: str | None = None  # address of a Dask scheduler
    shard: tuple[int, int] | None = None  # which part of how many, from 1
    gpus: tuple[int, ...] | None = None  # for units that can use one

    @property
    def patience(self) -> Patience:
        """How long learner code may take."""
        usual = Patience()
        return usual if self.timeout is None else replace(usual, call=min(usual.call, self.timeout), cell=self.timeout)


@dataclass
class Done:
    """What a run did."""

    out: Path
    level: Level = "unsafe"  # as long as nothing better is known
    graded: int = 0
    kept: int = 0
    left: int = 0
    failed: int = 0  # could not be graded though nothing is wrong with them that we know
    seconds: float = 0.0
    statuses: dict[Status, int] = field(default_factory=dict)
    stopped: bool = False

    def count(self, status: Status) -> None:
        """Note one more graded submission."""
        self.graded += 1
        self.statuses[status] = self.statuses.get(status, 0) + 1

    def summary(self) -> str:
        """The closing lines."""
        kinds = ", ".join(f"{self.statuses[status]} {status}" for status in sorted(self.statuses))
        parts = [f"{self.graded} graded in {self.seconds:.1f} s" + (f" ({kinds})" if kinds else "")]
        if self.kept:
            parts.append(f"{self.kept} unchanged since the last run")
        parts.append(f"isolation level {self.level}")
        lines = ["; ".join(parts), f"report  {self.out / 'report.html'}"]
        if self.failed:
            lines.append(f"{self.failed} could not be graded: the same command tries again")
        if self.stopped:
            lines.append(f"stopped with {self.left} left: the same command goes on where this one stopped")
        return "\n".join(lines)


def grade_class(course: Path | None, submitted: Path, out: Path, options: Options, screen: Console) -> Done:
    """Grade all submissions of a class that have not been graded yet, then write everything that readers see.

    Raises:
        AutograderError: With what is wrong and what to do.
    """
    stop = Stop()
    with held(out), stop.on_signals():
        return _grade_class(course, submitted, out, options, screen, stop)


def _grade_class(
    course: Path | None, submitted: Path, out: Path, options: Options, screen: Console, stop: Stop
) -> Done:
    started = time.monotonic()
    if options.gpus == () and not options.cluster:
        raise AutograderError(NO_GPU)
    root = course_root(course)
    known = load_course(root)
    units = load_course(root, options.units) if options.units else known
    entries, warnings = intake.find(submitted, units, known)
    more = len(warnings) - MAX_WARNINGS
    for warning in warnings[:MAX_WARNINGS] + ([f"and {more} more such notes"] if more > 0 else []):
        screen.print(f"note: {printable(warning)}", markup=False, highlight=False, soft_wrap=True)
    if options.shard:
        entries = [entry for entry in entries if in_shard(entry, *options.shard)]
        if not (options.secret or records.read_secret(out)):
            raise AutograderError("parts of a class need the same secret: add --secret, or set AUTOGRADER_SECRET")
    elif not entries:
        raise AutograderError(f"nothing to grade in {submitted}: expected <learner>/<unit>/<notebook>.ipynb")
    secret = options.secret or records.kept_secret(out)
    policy = functools.cache(lambda: Policy(level=choose_level(options.level, options.unsafe)))
    isolated = not options.unsafe or (not options.cluster and policy().level != "unsafe")
    gpus = options.gpus is not None
    keys = {name: unit_key(units[name], secret, isolated, gpus) for name in {entry.unit for entry in entries}}
    done = Done(out)
    todo = []
    fresh: set[tuple[str, str]] = set()  # units and learners whose feedback was written as they were graded
    pages = autograded.Writer(root, out)
    for entry in entries:
        work = Work.read(entry, units[entry.unit], keys[entry.unit])
        old = None if options.regrade else records.load(out, entry.unit, entry.learner)
        if old is not None and old.fingerprint == work.fingerprint:
            done.kept += 1
            pages.write(work.unit, work.cells, old)
        else:
            todo.append(work)

    def keep(work: Work, outcome: Outcome) -> Record:
        done.level = max(done.level, outcome.level or done.level)  # the weakest so far
        record = work.record(outcome, outcome.level or done.level)
        with stop.later():
            records.save(out, record)
            pages.write(work.unit, work.cells, record, outcome.cells)
            feedback.write(out, record)
            fresh.add((work.unit.name, work.learner))
            done.count(outcome.status)
        return record

    with contextlib.ExitStack() as stack:
        if options.cluster:
            site = Site(root.resolve(), secret, options.patience, options.level, options.unsafe, gpus)
            on_gpu = frozenset(name for name in keys if gpus and units[name].gpu)
            place = stack.enter_context(places.cluster(options.cluster, site, on_gpu))
            done.level = "A"
        else:
            engine = stack.enter_context(Engine(units, policy, secret, options.patience, options.gpus or ()))
            if todo:
                engine.warm_up(todo[0].unit.name)
                threading.Thread(target=warm_up, daemon=True).start()
            done.level = policy().level
            workers = min(options.workers or os.cpu_count() or 1, len(todo))
            place = stack.enter_context(places.here(engine, max(1, workers)))
        progress = stack.enter_context(Progress(screen, len(todo), options.json_log))
        run_all(place, todo, keep, done, progress)
    publish(root, out, options.db, fresh)
    pages.configure(options.db)
    done.seconds = time.monotonic() - started
    return done


def check_notebook(
    course: Path | None,
    notebook: Path,
    unit: str | None,
    level: Level | None,
    unsafe: bool,
    gpus: tuple[int, ...] | None = None,
) -> tuple[Record, str]:
    """Grade one notebook for its owner; its record and its feedback as text.

    Raises:
        AutograderError: If it cannot be graded.
    """
    units = load_course(course_root(course))
    if unit is not None:
        check_name(unit, units)
    try:
        submission = intake.read_file(notebook, "you", unit or "")
    except intake.Rejected as error:
        raise AutograderError(f"{printable(str(notebook))}: {str(error).removeprefix(f'{notebook}: ')}") from None
    chosen = units[unit or guess_unit(units, notebook, submission)]
    submission = replace(submission, unit=chosen.name)
    work = Work.of(submission, chosen, "")
    assert work.job is not None
    if gpus == ():
        raise AutograderError(NO_GPU)
    level = choose_level(level, unsafe)
    with Engine(units, Policy(level=level), secrets.token_hex(), gpus=gpus or ()) as engine:
        outcome = engine.run(work.job)
    record = work.record(outcome, level)
    return record, feedback.to_terminal(record)


def guess_unit(units: Mapping[str, Unit], notebook: Path, submission: intake.Submission) -> str:
    """The unit whose cells a notebook has, or whose name it or its folder bears.

    Raises:
        AutograderError: If there is none.
    """
    names = {unit.notebook: unit.name for unit in units.values()} | {name: name for name in units}
    found = belongs_to(submission, units) or names.get(notebook.stem) or names.get(notebook.resolve().parent.name)
    if found is None:
        raise AutograderError(
            f"cannot tell which unit {printable_name(notebook.name)} belongs to: add --unit, one of {', '.join(units)}"
        )
    return found


def console(quiet: bool) -> Console:
    """Where progress and notes are shown."""
    return Console(stderr=True, quiet=quiet)


@dataclass(frozen=True)
class Work:
    """One submission to be graded, or the reason why it cannot be."""

    learner: str
    unit: Unit
    fingerprint: str
    job: Job | None = None
    notes: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)  # what the learner wrote, by exercise
    rejection: str = ""
    cells: tuple[NotebookCell, ...] = ()  # of the submission, for nbgrader's eyes

    @classmethod
    def read(cls, entry: intake.Entry, unit: Unit, key: str) -> Work:
        """Read a submission and lay out its steps; a submission that cannot be read says why."""
        try:
            return cls.of(intake.read(entry), unit, key)
        except intake.Rejected as error:
            return cls(entry.learner, unit, fingerprint(key, str(error)), rejection=str(error))

    @classmethod
    def of(cls, submission: intake.Submission, unit: Unit, key: str) -> Work:
        """The work that a submission makes."""
        laid_out = plan(unit, submission)
        job = Job(submission.learner, unit.name, laid_out.steps)
        key = fingerprint(key, submission.digest)
        cells = autograded.slim(submission.cells)
        return cls(submission.learner, unit, key, job, laid_out.notes, laid_out.answers, cells=cells)

    def record(self, outcome: Outcome, level: Level) -> Record:
        """What is kept of the outcome."""
        by_hand = {cell.id: cell.points for cell in self.unit.exercises if cell.role is Role.WRITTEN}
        result = Result(
            learner=self.learner,
            unit=self.unit.name,
            score=round(sum(exercise.score for exercise in outcome.exercises), 6),
            max_score=round(sum(exercise.points for exercise in outcome.exercises), 6),
            status=outcome.status,
            message=outcome.message,
            seconds=outcome.seconds,
            exercises=tuple(outcome.exercises),
        )
        graded = datetime.now(UTC).isoformat(timespec="seconds")
        notes = (*self.notes, *([where(outcome)] if self.unit.gpu else []))
        return Record(result, self.fingerprint, level, graded, notes, self.answers(outcome), by_hand)

    def answers(self, outcome: Outcome) -> dict[str, Answer]:
        """What the learner wrote for each exercise and what came of running it."""
        cells = {cell.id: cell for cell in outcome.cells if cell.role is Role.ANSWER}
        checks = {cell.id.removeprefix("check-"): cell for cell in outcome.cells if cell.role is Role.CHECK}
        answers = {}
        for exercise, text in self.texts.items():
            cell, check = cells.get(exercise), checks.get(exercise)
            error = (cell.traceback or cell.error or "") if cell else ""
            answers[exercise] = Answer(text, cell.output if cell else "", error, (check.error or "") if check else "")
        return answers


def where(outcome: Outcome) -> str:
    """A note on how a unit was graded that can be graded in two ways."""
    if outcome.gpu:
        return f"graded on a GPU ({outcome.gpu}): the code ran there and was timed"
    return "graded without a GPU: the code was tried for what would be wrong or slow on one"


def in_shard(entry: intake.Entry, number: int, count: int) -> bool:
    """Whether a submission belongs to this part of the class: the same one wherever and whenever it is asked."""
    return int(fingerprint(entry.unit, entry.learner)[:8], 16) % count == number - 1


def run_all(place: Place, todo: Sequence[Work], keep: Keep, done: Done, progress: Progress) -> None:
    """Grade what is to be graded, each result on disk as soon as it is there. Ctrl-C keeps what is done."""
    pending: dict[Future[Outcome], Work] = {}
    alone: list[Work] = []  # their template died twice, maybe by another's doing

    def finish(work: Work, outcome: Outcome) -> None:
        progress.advance(keep(work, outcome), done)

    try:
        for work in todo:
            if work.job is None:
                finish(work, rejected(work))
            else:
                pending[place.submit(work.job)] = work
        for future in as_completed(tuple(pending)):
            work = pending.pop(future)
            try:
                finish(work, future.result())
            except place.lost:
                alone.append(work)
        for work in alone:
            assert work.job is not None
            pending[future := place.submit(work.job)] = work
            try:
                finish(work, future.result())
            except place.lost as error:
                done.failed += 1
                progress.note(f"{printable_name(work.learner)} {work.unit.name}: not graded: {error}")
            del pending[future]
    except KeyboardInterrupt:
        done.stopped = True
        done.left = len(todo) - done.graded
    finally:
        for future in pending:
            future.cancel()
        if pending:
            place.stop()


def rejected(work: Work) -> Outcome:
    """The outcome of a submission that could not be read: nothing earned, and why."""
    outcome = Outcome("rejected", work.rejection)
    outcome.exercises = complete([], work.unit, work.rejection)
    return outcome


def unit_key(unit: Unit, secret: str, isolated: bool, gpus: bool) -> str:
    """A digest of all that a unit's results depend on beside the submission."""
    needs = (unit.without, unit.serves, unit.patience, unit.gpu and gpus)
    parts: list[str | bytes] = [repr(unit.cells), repr(needs), secret, str(isolated)]
    if unit.tests is not None:
        parts += [file.read_bytes() for file in sorted(unit.tests.glob("*.py"))]
    parts += [file.read_bytes() for file in sorted(PACKAGE.glob("t*/**/*.py"))]  # testing, trusted: what decides
    return fingerprint(*parts)
