"""OUT/report.html, for whoever teaches: how the class did, where, which mistakes it makes, what went wrong."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder import feedback, pages
from autograder.feedback import STATUS_WORDS
from autograder.printable import printable, printable_name
from autograder.records import Record, write_whole
from autograder.results import Result, Status

FILE = "report.html"
BINS = 10
MAX_NAMES = 60  # learners listed for one mistake
MAX_RANKS = 10  # of a leaderboard
MAX_MISTAKES = 8  # seen at once; the others are folded away


@dataclass(frozen=True)
class Cell:
    """What one learner earned in one exercise."""

    score: float
    points: float

    @property
    def kind(self) -> str:
        """One of three, which the page tells apart by colour and weight."""
        return "all" if self.score >= self.points else "some" if self.score else "none"


@dataclass(frozen=True)
class Row:
    """One submission."""

    learner: str
    href: str
    score: float
    max_score: float
    status: Status
    message: str
    seconds: float
    cells: tuple[Cell | None, ...]  # in the order of the unit's exercises

    @property
    def share(self) -> float:
        return self.score / self.max_score if self.max_score else 0.0


@dataclass(frozen=True)
class Bar:
    """One bar of the distribution, in the drawing's coordinates."""

    label: str
    count: int
    x: float
    height: float


@dataclass(frozen=True)
class MistakeCount:
    """A known mistake and who made it."""

    name: str
    exercise: str
    why: str
    learners: tuple[tuple[str, str], ...]  # name and link
    count: int


@dataclass(frozen=True)
class Board:
    """Who has the least of something that the tests measured."""

    name: str
    exercise: str
    best: tuple[tuple[str, str, float], ...]  # learner, link and figure
    count: int


@dataclass(frozen=True)
class UnitReport:
    """How the class did in one unit."""

    name: str
    anchor: str
    max_score: float
    exercises: tuple[tuple[str, float, float], ...]  # id, points, mean
    rows: tuple[Row, ...]
    bars: tuple[Bar, ...]
    mistakes: tuple[MistakeCount, ...]
    boards: tuple[Board, ...] = ()

    @property
    def troubled(self) -> list[Row]:
        """The submissions that did not run to their end."""
        return [row for row in self.rows if row.status != "ok"]

    @property
    def mean(self) -> float:
        return statistics.fmean(row.score for row in self.rows)

    @property
    def median(self) -> float:
        return statistics.median(row.score for row in self.rows)

    @property
    def full(self) -> int:
        return sum(row.score >= row.max_score for row in self.rows)

    @property
    def distribution(self) -> str:
        """The drawing in words."""
        counted = ", ".join(f"{bar.label}: {bar.count}" for bar in self.bars if bar.count)
        return f"Number of submissions by share of the points. {counted}."


def write(out: Path, records: Iterable[Record]) -> Path:
    """Write the class report and return where it is.

    Raises:
        AutograderError: If it cannot be written.
    """
    return write_whole(out / FILE, render(records))


def render(records: Iterable[Record]) -> str:
    """The class report as one HTML page."""
    by_unit = defaultdict(list)
    for record in records:
        by_unit[record.result.unit].append(record)
    everything = [record for unit in by_unit.values() for record in unit]
    return pages.render(
        "report.html",
        script="report.js",
        units=[_unit(by_unit[unit], number) for number, unit in enumerate(sorted(by_unit), 1)],
        learners=len({record.result.learner for record in everything}),
        submissions=len(everything),
        levels=sorted({printable(record.isolation) for record in everything}),
        graded=printable(max((record.graded for record in everything), default=""))[:16].replace("T", " "),
        words=STATUS_WORDS,
        seen=MAX_MISTAKES,
        unsafe=feedback.UNSAFE,
    )


def _unit(records: Sequence[Record], number: int) -> UnitReport:
    points: dict[str, float] = {}
    for record in records:
        points |= {exercise.id: exercise.points for exercise in record.result.exercises}
    rows = tuple(_row(record.result, list(points)) for record in records)
    columns = zip(*(row.cells for row in rows), strict=True)
    means = [statistics.fmean(cell.score if cell else 0.0 for cell in column) for column in columns]
    return UnitReport(
        name=feedback.title(records[0].result.unit),
        anchor=f"unit-{number}",
        max_score=max(row.max_score for row in rows),
        exercises=tuple(
            (printable(name), worth, mean) for (name, worth), mean in zip(points.items(), means, strict=True)
        ),
        rows=tuple(sorted(rows, key=lambda row: row.learner.casefold())),
        bars=tuple(_bars([row.share for row in rows])),
        mistakes=tuple(_mistakes(records)),
        boards=tuple(_boards(records)),
    )


def _row(result: Result, exercises: Sequence[str]) -> Row:
    cells = {exercise.id: Cell(exercise.score, exercise.points) for exercise in result.exercises}
    return Row(
        printable_name(result.learner),
        feedback.href(result.learner, result.unit),
        result.score,
        result.max_score,
        result.status,
        printable(result.message),
        result.seconds,
        tuple(cells.get(name) for name in exercises) if result.status != "rejected" else (None,) * len(exercises),
    )


def _bars(shares: Sequence[float]) -> Iterable[Bar]:
    """Ten bars for the shares below full marks, and one for full marks."""
    counts = Counter(BINS if share >= 1 else int(share * BINS) for share in shares)
    most = max(counts.values())
    for bin_ in range(BINS + 1):
        label = f"{100 * bin_ // BINS} % up to {100 * (bin_ + 1) // BINS} %" if bin_ < BINS else "100 %"
        gap = 8 if bin_ == BINS else 0
        yield Bar(label, counts[bin_], 50 * bin_ + gap, round(120 * counts[bin_] / most, 1))


def _mistakes(records: Iterable[Record]) -> list[MistakeCount]:
    """The named mistakes, the most frequent first; a learner counts once for each."""
    found: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    reasons: dict[tuple[str, str], str] = {}
    for record in records:
        result = record.result
        for exercise in result.exercises:
            for family in exercise.families:
                if family.mistake is not None:
                    key = (exercise.id, family.mistake)
                    found[key][result.learner] = feedback.href(result.learner, result.unit)
                    reasons.setdefault(key, feedback.family_view(family).why.partition(" Or: ")[0])
    counted = [
        MistakeCount(
            printable(mistake).replace("-", " "),
            printable(exercise),
            reasons[exercise, mistake],
            tuple((printable_name(learner), href) for learner, href in list(who.items())[:MAX_NAMES]),
            len(who),
        )
        for (exercise, mistake), who in found.items()
    ]
    return sorted(counted, key=lambda mistake: (-mistake.count, mistake.exercise, mistake.name))


def _boards(records: Iterable[Record]) -> Iterable[Board]:
    """A leaderboard for each thing that the tests measured."""
    found: dict[tuple[str, str], list[tuple[float, str, str]]] = defaultdict(list)
    for result in (record.result for record in records):
        for exercise in result.exercises:
            for name, value in exercise.measures.items():
                who = printable_name(result.learner), feedback.href(result.learner, result.unit)
                found[exercise.id, name].append((value, *who))
    for (id_, what), figures in found.items():
        best = tuple((learner, href, value) for value, learner, href in sorted(figures)[:MAX_RANKS])
        yield Board(printable(what), printable(id_), best, len(figures))
