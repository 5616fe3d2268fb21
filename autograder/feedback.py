"""What a learner is told: as a page of its own, OUT/feedback/<learner>/<unit>.html, and the same words in a terminal.

A page shows what was tried, what differed and which known mistake that looks like, beside the learner's own code. It
never shows the source of hidden tests, which it is never given.
"""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes

import click

from autograder import pages
from autograder.pages import number
from autograder.printable import printable, printable_lines, printable_name
from autograder.records import Record, file_name, write_whole
from autograder.results import Exercise, Family, Status

FOLDER = "feedback"
MAX_NOTES = 20
MAX_NOTE = 300  # characters
MAX_WIDTH = 100  # columns
MAX_LINES = 12  # of what was printed
CALL = re.compile(r"(\w+\(.*?\)): (.*)", re.DOTALL)  # how a message of a hidden test begins: the call, then the fault
STATUS_WORDS: dict[Status, str] = {
    "ok": "graded",
    "timeout": "ran out of time",
    "crashed": "crashed",
    "rejected": "could not be read",
}
UNSAFE = "Graded without isolation: the code could reach the tests, so nobody can vouch for this score."
LOOKS_LIKE = "Looks like a known mistake"
AGAIN = "same as above"
CODE, PRINTED, STOPPED, CHECKED = "Your code", "What it printed last", "It stopped with", "The visible tests said"


@dataclass(frozen=True)
class FamilyView:
    """One family of hidden tests in words."""

    name: str
    score: float
    points: float
    call: str = ""  # the configuration that showed the fault
    fault: str = ""
    mistake: str = ""
    why: str = ""
    again: str = ""  # instead of a fault that an earlier family of the exercise has, too

    @property
    def passed(self) -> bool:
        return self.score >= self.points and not self.fault and not self.again


@dataclass(frozen=True)
class ExerciseView:
    """One exercise in words."""

    id: str
    score: float
    points: float
    families: tuple[FamilyView, ...]
    source: str = ""
    output: str = ""
    error: str = ""
    check: str = ""

    @property
    def full(self) -> bool:
        return self.score >= self.points

    @property
    def segments(self) -> Iterator[tuple[float, float, bool]]:
        """The points as parts of a bar of length 100: start, length, whether earned."""
        start = 0.0
        for family in self.families:
            length = 100 * family.points / self.points if self.points else 0.0
            yield round(start, 2), round(max(length - 1, 0.5), 2), family.passed
            start += length

    @property
    def texts(self) -> list[tuple[str, str, bool]]:
        """Label, text, and whether it is to be seen at once: the answer and what came of running it."""
        found = ((STOPPED, self.error), (CHECKED, self.check), (CODE, self.source), (PRINTED, self.output))
        return [(label, text, not self.full and label != PRINTED) for label, text in found if text]


@dataclass(frozen=True)
class View:
    """All that feedback says: printable, not yet escaped for HTML."""

    learner: str
    unit: str
    score: float
    max_score: float
    status: Status
    headline: str
    start: str  # where to look first
    trouble: str  # what happened to a submission that is not ok
    unsafe: str
    notes: tuple[str, ...]
    exercises: tuple[ExerciseView, ...]
    by_hand: tuple[tuple[str, str], ...]
    graded: str
    isolation: str

    @property
    def share(self) -> float:
        """The part of the points that was earned, 0 to 1."""
        return self.score / self.max_score if self.max_score else 0.0


def path(out: Path, learner: str, unit: str) -> Path:
    """Where a learner's feedback is."""
    return out / FOLDER / file_name(learner) / f"{file_name(unit)}.html"


def href(learner: str, unit: str) -> str:
    """A link to a learner's feedback from a page in OUT."""
    place = path(Path(), learner, unit)
    return "/".join(quote_from_bytes(str(part).encode("utf-8", "surrogateescape"), safe="") for part in place.parts)


def write(out: Path, record: Record) -> Path:
    """Write a learner's feedback and return where it is.

    Raises:
        AutograderError: If it cannot be written.
    """
    return write_whole(path(out, record.result.learner, record.result.unit), render(record))


def render(record: Record) -> str:
    """A learner's feedback as one HTML page."""
    return pages.render("feedback.html", view=view(record), code=CODE, looks_like=LOOKS_LIKE)


def view(record: Record) -> View:
    """What to say of a record."""
    result = record.result
    was_read = result.status != "rejected"
    exercises = tuple(_exercise(exercise, record) for exercise in result.exercises if was_read)
    by_hand = [(printable(name), _by_hand(points)) for name, points in record.by_hand.items() if was_read]
    notes = [_short(note) for note in record.notes[:MAX_NOTES]]
    if len(record.notes) > MAX_NOTES:
        notes.append(f"and {len(record.notes) - MAX_NOTES} more")
    return View(
        learner=printable_name(result.learner),
        unit=title(result.unit),
        score=result.score,
        max_score=result.max_score,
        status=result.status,
        headline=_headline(result.status, exercises),
        start=_start(exercises),
        trouble=_short(result.message) if result.status != "ok" else "",
        unsafe=UNSAFE if record.isolation == "unsafe" else "",
        notes=tuple(notes),
        exercises=exercises,
        by_hand=tuple(by_hand),
        graded=printable(record.graded)[:16].replace("T", " "),
        isolation=printable(record.isolation),
    )


def title(unit: str) -> str:
    """A unit's name for people: "04 conv forward"."""
    return printable(unit).replace("_", " ")


def family_view(family: Family) -> FamilyView:
    """A family in words: its message taken apart into call, fault and why the mistake is wrong."""
    message, why = family.message, ""
    if family.mistake is not None and "\n" in message:
        message, _, why = message.rpartition("\n")
    match = CALL.fullmatch(message)
    call, fault = match.groups() if match else ("", message)
    return FamilyView(
        printable(family.name),
        family.score,
        family.points,
        printable(call),
        printable_lines(fault[:1].upper() + fault[1:] if match else fault).strip(),
        printable(family.mistake or "").replace("-", " "),
        printable(why),
    )


def _exercise(exercise: Exercise, record: Record) -> ExerciseView:
    answer = record.answers.get(exercise.id)
    texts = (answer.source, answer.output, answer.error, answer.check) if answer else ("", "", "", "")
    source, output, error, check = (printable_lines(text).strip("\n") for text in texts)
    families = _once(map(family_view, exercise.families))
    return ExerciseView(printable(exercise.id), exercise.score, exercise.points, families, source, output, error, check)


def _once(families: Iterable[FamilyView]) -> tuple[FamilyView, ...]:
    """The families, each fault told once, and why a mistake is wrong, too."""
    faults: set[str] = set()
    mistakes: set[str] = set()
    result = []
    for family in families:
        told, explained = family.fault in faults, family.mistake in mistakes
        faults.add(family.fault)
        mistakes.add(family.mistake)
        if told and family.fault:
            family = FamilyView(family.name, family.score, family.points, again=AGAIN)
        elif explained and family.mistake:
            family = replace(family, why="")
        result.append(family)
    return tuple(result)


def _headline(status: Status, exercises: Sequence[ExerciseView]) -> str:
    full = sum(exercise.full for exercise in exercises)
    if status == "rejected":
        return "This notebook could not be read, so nothing in it could be graded."
    if not exercises:
        return "A person grades this unit."
    if full == len(exercises):
        return "Everything passes."
    if not any(exercise.score for exercise in exercises):
        return "No exercise earns points yet."
    earn = "earns" if full == 1 else "earn"
    return f"{full or 'None'} of {len(exercises)} exercises {earn} full marks."


def _start(exercises: Sequence[ExerciseView]) -> str:
    """Where to look first: at a fault that has a name, else at the first."""
    failed = [(e, f) for e in exercises for f in e.families if not f.passed]
    exercise, family = next(((e, f) for e, f in failed if f.mistake), failed[0] if failed else (None, None))
    return f"Start with {exercise.id}: {family.name}." if exercise and family else ""


def _by_hand(points: float) -> str:
    return f"up to {number(points)} {'point' if points == 1 else 'points'} more, given by a person"


def _short(text: str) -> str:
    shown = printable(text)
    return shown if len(shown) <= MAX_NOTE else shown[: MAX_NOTE - 1] + "…"


# -- the terminal --------------------------------------------------------------------------------------------------


def to_terminal(record: Record, width: int | None = None) -> str:
    """A learner's feedback in a terminal. Colours are ANSI's; `click.echo` drops them where they are not wanted."""
    width = min(width or shutil.get_terminal_size().columns, MAX_WIDTH)
    return "\n".join(_lines(view(record), width))


def _lines(shown: View, width: int) -> Iterator[str]:
    score = f"{number(shown.score)} of {number(shown.max_score)} points"
    yield f"{click.style(shown.unit, bold=True)}, {shown.learner}: {click.style(score, bold=True)}"
    yield from _wrapped(f"{shown.headline} {shown.start}".strip(), width)
    for warning in filter(None, (shown.trouble, shown.unsafe)):
        yield from _wrapped(warning, width, "! ", fg="yellow")
    for note in shown.notes:
        yield from _wrapped(note, width, "- ")
    for exercise in shown.exercises:
        yield from _exercise_lines(exercise, width)
    for name, points in shown.by_hand:
        yield ""
        yield f"{click.style(name, bold=True)}  {points}"


def _exercise_lines(exercise: ExerciseView, width: int) -> Iterator[str]:
    score = f"{number(exercise.score)} of {number(exercise.points)}"
    yield ""
    yield f"{_mark(exercise.full)} {click.style(exercise.id, bold=True)}  {score}"
    if exercise.full:
        return
    for family in exercise.families:
        points = f"{number(family.score)} of {number(family.points)}"
        yield f"  {_mark(family.passed)} {family.name}  {points}{', ' if family.again else ''}{family.again}"
        yield from _wrapped(family.call, width, "    ", dim=True)
        yield from _wrapped(family.fault, width, "    ")
        if family.mistake:
            reason = f": {family.why}" if family.why else "."
            yield from _wrapped(f"{LOOKS_LIKE}, {family.mistake}{reason}", width, "    ", fg="yellow")
    for label, text, _ in exercise.texts:
        if label != CODE:
            yield f"  {label}:"
            yield from ("  │ " + line for line in text.split("\n")[-MAX_LINES:])


def _mark(passed: bool) -> str:
    return click.style("✓", fg="green", bold=True) if passed else click.style("✗", fg="red", bold=True)


def _wrapped(text: str, width: int, indent: str = "", **style: Any) -> Iterator[str]:
    for part in text.split("\n") if text else ():
        for line in textwrap.wrap(part, width, initial_indent=indent, subsequent_indent=" " * len(indent)):
            yield click.style(line, **style) if style else line
