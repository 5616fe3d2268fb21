"""The grader inside nbgrader's own `nbgrader autograde` and `nbgrader generate_feedback`.

In nbgrader_config.py, `Execute` takes the place of nbgrader's preprocessor of that name, and `Feedback` goes first:

    c.Autograde.autograde_preprocessors = [
        "autograder.nbgrader_plugin.Execute",
        "nbgrader.preprocessors.SaveAutoGrades",
        "nbgrader.preprocessors.AssignLatePenalties",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    c.GenerateFeedback.preprocessors = [
        "autograder.nbgrader_plugin.Feedback",
        "nbgrader.preprocessors.GetGrades",
        "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    ]
    c.AutograderPlugin.records = "graded"  # what `autograder grade --out graded` has graded is not run again

What runs is the file that was handed in, read as `autograder grade` reads it, never the copy that nbgrader made of it.
"""

from __future__ import annotations

import atexit
import functools
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbgrader import utils
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Unicode
from traitlets.config import SingletonConfigurable

from autograder import autograded, grading, intake, marks, records, release
from autograder.course import Unit
from autograder.engine import CellReport, Engine
from autograder.errors import AutograderError
from autograder.notebooks import METADATA
from autograder.plan import normal
from autograder.printable import printable_lines
from autograder.records import MAX_OUTPUT, Record, tail
from autograder.sandbox.policy import Level, Policy, choose_level
from autograder.units import load_course


class AutograderPlugin(SingletonConfigurable):
    """What nbgrader_config.py can choose."""

    course = Unicode("", help="Has solutions/ or source/. Default: nbgrader's course folder.").tag(config=True)
    records = Unicode("", help="The folder that `autograder grade --out` wrote, if it ran ahead.").tag(config=True)
    level = Unicode("", help="A, B or C: the isolation to use. Default: the strongest that works.").tag(config=True)
    unsafe = Bool(False, help="Go on where learner code cannot be isolated.").tag(config=True)


@dataclass(frozen=True)
class Course:
    """A course, ready to grade; one for all notebooks of a process."""

    root: Path
    units: Mapping[str, Unit]
    writer: autograded.Writer
    engine: Engine
    level: Level
    secret: str
    out: Path | None


@functools.cache
def opened(root: Path, out: Path | None, level: str, unsafe: bool) -> Course:
    """The course of these settings.

    Raises:
        AutograderError: If there is none, or learner code cannot be isolated here.
    """
    if level and level not in ("A", "B", "C"):
        raise AutograderError(f"AutograderPlugin.level is {level!r}: expected A, B or C")
    units = load_course(root)
    chosen = choose_level(level or None, unsafe)  # type: ignore[arg-type]
    secret = records.kept_secret(out) if out else secrets.token_hex()
    engine = Engine(units, Policy(level=chosen), secret)
    atexit.register(engine.close)
    return Course(root, units, autograded.Writer(root, out or root), engine, chosen, secret, out)


@functools.cache
def prose(root: Path, unit: str) -> frozenset[str]:
    """The instructor's own prose cells of a unit; none where there is no such course."""
    try:
        units = load_course(root)
        return autograded.Template.read(units[unit], release.build_sources(root, [unit])).prose
    except (AutograderError, KeyError):
        return frozenset()


class Preprocessor(NbGraderPreprocessor):  # type: ignore[misc]
    """A preprocessor that knows nbgrader's course folder."""

    @property
    def folders(self) -> Any:
        """nbgrader's CourseDirectory, which the converter has that this preprocessor's exporter belongs to."""
        owner = self.parent
        while owner is not None and not hasattr(owner, "coursedir"):
            owner = owner.parent
        if owner is None:
            raise AutograderError("this preprocessor works inside nbgrader's converters only")
        return owner.coursedir

    @property
    def settings(self) -> AutograderPlugin:
        """The section c.AutograderPlugin."""
        return AutograderPlugin(config=self.config)

    @property
    def root(self) -> Path:
        """The course."""
        return Path(self.folders.root, self.settings.course).resolve()


class Execute(Preprocessor):
    """Grades the submission and gives its cells the outputs from which nbgrader's SaveAutoGrades reads the scores."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Replace the notebook by the graded one."""
        settings, about = self.settings, resources["nbgrader"]
        out = Path(self.folders.root, settings.records).resolve() if settings.records else None
        course = opened(self.root, out, settings.level, settings.unsafe)
        unit = course.units.get(about["assignment"])
        if unit is None or unit.notebook != about["notebook"]:
            raise AutograderError(
                f"{about['assignment']}/{about['notebook']} is no notebook of the course {course.root}"
            )
        submitted = Path(self.folders.format_path(self.folders.submitted_directory, about["student"], unit.name))
        entry = intake.Entry(about["student"], unit.name, submitted.parents[1], unit.notebook)
        isolated = course.level != "unsafe"
        keys = [grading.unit_key(unit, course.secret, isolated, gpus) for gpus in sorted({False, unit.gpu})]
        works = [grading.Work.read(entry, unit, key) for key in keys]
        record, reports = self.graded(course, *works)
        work = works[0]
        text = autograded.to_json(course.writer.template(unit), work.cells, record, reports)
        return nbformat.reads(text, as_version=4), resources  # type: ignore[no-untyped-call]

    def graded(self, course: Course, work: grading.Work, *on_gpu: grading.Work) -> tuple[Record, list[CellReport]]:
        """What `autograder grade` found, on a processor or on a GPU, else what running the submission here gives."""
        old = records.load(course.out, work.unit.name, work.learner) if course.out else None
        if old is not None and old.fingerprint in {one.fingerprint for one in (work, *on_gpu)}:
            self.log.info("Taking the result of `autograder grade`")
            return old, autograded.reports_of(old)
        outcome = course.engine.run(work.job) if work.job else grading.rejected(work)
        if outcome.status != "ok":
            self.log.warning("%s: %s: %s", ascii(work.learner), outcome.status, outcome.message)
        return work.record(outcome, course.level), outcome.cells


class Feedback(Preprocessor):
    """Takes hidden tests and all that a browser could run out of a graded notebook, whoever graded it."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Make each cell plain."""
        known = prose(self.root, resources["nbgrader"]["assignment"])
        for place, cell in enumerate(nb.cells):
            self.clean(cell, known)
            nb.cells[place] = cell
        nb.metadata = nbformat.from_dict(dict(METADATA))  # type: ignore[no-untyped-call]
        return nb, resources

    def clean(self, cell: Any, known: frozenset[str]) -> None:
        """Make one cell plain."""
        grade = cell.metadata.get("nbgrader")
        cell.metadata = nbformat.from_dict({"nbgrader": grade} if grade else {})  # type: ignore[no-untyped-call]
        cell.source = marks.replaced(marks.replaced(cell.source, marks.HIDDEN_TESTS), autograded.MARK_SCHEME)
        locked = utils.is_locked(cell) or normal(cell.source) in known
        if not (locked and cell.cell_type == "markdown"):
            cell.cell_type, cell.source = autograded.plain(cell.cell_type, cell.source)
        if cell.cell_type == "code":
            cell.outputs = [kept for output in cell.outputs for kept in plain_output(output)]
        else:
            cell.pop("outputs", None)
            cell.pop("execution_count", None)


def plain_output(output: Any) -> list[Any]:
    """The text of an output; nothing where it has none."""
    kind = output.get("output_type")
    if kind == "error":
        text = "\n".join(output.get("traceback") or [f"{output.get('ename')}: {output.get('evalue')}"])
    elif kind == "stream":
        text = output.get("text", "")
    else:
        text = output.get("data", {}).get("text/plain", "")
    shown = tail(printable_lines("".join(text)).strip("\n"), MAX_OUTPUT)
    stream = {"output_type": "stream", "name": "stdout", "text": f"{shown}\n"}
    return [nbformat.from_dict(stream)] if shown else []  # type: ignore[no-untyped-call]
