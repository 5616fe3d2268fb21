"""Lays a submission beside its unit: which text runs, in which order, and what a person should know of it.

Only a learner's answers and own cells come from the submission. Set-up and tests are the instructor's, whatever the
submission holds in their place. Nothing that a submission says of its cells is believed further than for finding the
learner's answers: by nbgrader's id, else by the notebook's, else by the functions that a cell defines.

Learners' text is looked at by regular expressions and never parsed: Python's parser can be made to use up memory, and
this runs on the trusted side.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from autograder import marks
from autograder.commands import MAX_CODE, neutralised
from autograder.course import Cell, Role, Unit
from autograder.intake import Submission
from autograder.notebooks import NotebookCell
from autograder.sources import defined
from autograder.units import mentioned

STUBS = (marks.CODE_STUB, "# YOUR CODE HERE\nraise NotImplementedError()")
DEFINITION = re.compile(r"^(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)|^(\w+)[ \t]*(?::[^=\n]*)?=(?!=)", re.MULTILINE)
DIGEST = re.compile(r"[0-9a-f]{8}")  # the id that a cell without a name is given: it tells no one anything
LOCKED = (Role.SETUP, Role.CHECK, Role.TESTS)
WORDS = {Role.SETUP: "set-up cell", Role.CHECK: "visible test cell", Role.TESTS: "test cell"}
FOREIGN = "nothing of this unit was found in the notebook: is it another unit's?"


@dataclass(frozen=True)
class Step:
    """One cell to run."""

    role: Role
    id: str
    source: str
    points: float = 0.0


@dataclass(frozen=True)
class Plan:
    """What to run of a submission."""

    steps: tuple[Step, ...]
    notes: tuple[str, ...]  # for the learner and whoever grades
    answers: Mapping[str, str] = field(default_factory=dict)  # by exercise, code or prose; "" where there is none


def plan(unit: Unit, submission: Submission) -> Plan:
    """The steps of a submission to a unit, in the order in which they run."""
    cells = [LearnerCell(cell, number) for number, cell in enumerate(submission.cells, 1)]
    pairs = Alignment(unit, cells)
    notes = [*submission.notes, *(pairs.notes if pairs.found_any() else [FOREIGN])]
    steps: list[Step] = []
    for entry in pairs.order():
        if isinstance(entry, Cell):
            steps.append(Step(entry.role, entry.id, entry.source, entry.points))
            continue
        source, taken = neutralised(entry.cell.source)
        role, ident = pairs.part[entry.number] or (Role.CODE, "")
        steps.append(Step(role, ident, source))
        if taken:
            notes.append(f"{_place(ident)}: {_lines(taken)} for Jupyter only (%magic, !command, help?): not run")
    return Plan(tuple(steps), tuple(dict.fromkeys(notes)), pairs.answers())


@dataclass(frozen=True)
class LearnerCell:
    """A submitted cell and its place, from 1."""

    cell: NotebookCell
    number: int

    @functools.cached_property
    def defines(self) -> frozenset[str]:
        """Names that the cell seems to bind at its top level."""
        found = DEFINITION.finditer(self.cell.source[:MAX_CODE])
        return frozenset(match[1] or match[2] for match in found)


@dataclass(frozen=True)
class _Facts:
    """What a unit's own cells imply; learned once per unit."""

    required: Mapping[str, frozenset[str]]  # answer cell -> names that tests need of it
    released: Mapping[str, frozenset[str]]  # cell -> forms of its released text
    texts: Mapping[str, str]  # released text -> cell
    uses: Mapping[str, tuple[str, ...]]  # exercise -> its answer cells


@functools.lru_cache(maxsize=64)
def _facts(unit: Unit) -> _Facts:
    answers = [cell for cell in unit.cells if cell.role is Role.ANSWER]
    needed = {cell.id: mentioned(cell.source) for cell in unit.cells if cell.role in (Role.CHECK, Role.TESTS)}
    used = frozenset().union(*needed.values())
    names = {cell.id: frozenset(defined(cell.source)) for cell in answers}
    released = {cell.id: frozenset(map(normal, _released(cell))) for cell in unit.cells}
    return _Facts(
        required={ident: own & used or own for ident, own in names.items()},
        released=released,
        texts={text: ident for ident, texts in released.items() for text in texts},
        uses={
            exercise_id(cell.id): tuple(ident for ident, own in names.items() if own & needed[cell.id])
            for cell in unit.cells
            if cell.role is Role.TESTS
        },
    )


def exercise_id(cell: str) -> str:
    """The exercise that a test cell grades."""
    return cell.removeprefix("test-")


def _released(cell: Cell) -> Iterable[str]:
    """What a cell may look like in the learner's notebook before anyone worked on it."""
    if cell.role is Role.ANSWER:
        bare = marks.SOLUTION[0] not in cell.source
        return [stub if bare else marks.replaced(cell.source, marks.SOLUTION, stub) for stub in STUBS]
    return [marks.replaced(cell.source, marks.HIDDEN_TESTS)]


def normal(text: str) -> str:
    """The text without differences that no one sees; one that is too long to be anyone's is left as it is."""
    if len(text) > MAX_CODE:
        return text
    return "\n".join(line.rstrip() for line in text.strip().split("\n"))


class Alignment:
    """Which submitted cell stands for which cell of the unit."""

    def __init__(self, unit: Unit, cells: Sequence[LearnerCell]) -> None:
        self.unit = unit
        self.facts = _facts(unit)
        self.cells = cells
        self.notes: list[str] = []
        self.part: dict[int, tuple[Role, str] | None] = {}  # place of a submitted cell -> what it runs as
        self.places: dict[str, list[LearnerCell]] = {cell.id: [] for cell in unit.cells}
        self.texts: dict[str, str] = {}  # answer or written cell -> what the learner wrote
        self._match_names()
        self._match_texts()
        self._find_answers()
        self._judge_locked()
        self._read_written()
        self._keep_own_code()

    # -- which cell is which ---------------------------------------------------------------------------------

    def _match_names(self) -> None:
        """By nbgrader's id, else by the notebook's own."""
        for learner in self.cells:
            name = next((n for n in (learner.cell.grade_id, learner.cell.id) if n in self.places), None)
            if name is not None:
                self.places[name].append(learner)

    def _match_texts(self) -> None:
        """By the released text, for cells whose ids are gone."""
        taken = {learner.number for found in self.places.values() for learner in found}
        for learner in self.cells:
            ident = self.facts.texts.get(normal(learner.cell.source))
            if learner.number not in taken and ident is not None and not self.places[ident]:
                self.places[ident].append(learner)

    def _find_answers(self) -> None:
        """Choose the cells that answer each exercise, wherever the learner put them."""
        for cell in self.unit.cells:
            if cell.role is Role.ANSWER:
                self._find_answer(cell)

    def _find_answer(self, cell: Cell) -> None:
        own = [learner for learner in self.places[cell.id] if _is_code(learner.cell)]
        worked = [learner for learner in own if not self._untouched(cell, learner)]
        elsewhere = []
        if not any(self.facts.required[cell.id] <= learner.defines for learner in worked):
            elsewhere = self._defining(cell)
        chosen = sorted([*worked, *elsewhere] or own, key=lambda learner: learner.number)
        for learner in own:
            self.part[learner.number] = None  # an untouched copy must not undo what was worked on
        for learner in chosen:
            last = learner is chosen[-1]
            self.part[learner.number] = (Role.ANSWER, cell.id) if last else (Role.CODE, f"cell {learner.number}")
        self.places[cell.id] = chosen
        self.texts[cell.id] = "\n\n".join(learner.cell.source for learner in chosen)
        self._note_answer(cell, own, elsewhere)

    def _note_answer(self, cell: Cell, own: Sequence[LearnerCell], elsewhere: Sequence[LearnerCell]) -> None:
        if elsewhere:
            where = " and ".join(str(learner.number) for learner in elsewhere)
            self.notes.append(f"the answer {cell.id} was found in cell {where} of the notebook")
        elif not own:
            self.notes.append(f"the answer cell {cell.id} is missing")
        if len(own) > 1:
            times = "twice" if len(own) == 2 else f"{len(own)} times"
            self.notes.append(f"the cell {cell.id} stands {times}: the last one that was worked on counts")
        if any(learner.cell.kind != "code" for learner in own):
            self.notes.append(f"the cell {cell.id} was no code cell any more: it was run as code")

    def _untouched(self, cell: Cell, learner: LearnerCell) -> bool:
        return normal(learner.cell.source) in self.facts.released[cell.id]

    def _defining(self, cell: Cell) -> list[LearnerCell]:
        """Code cells that define what the exercise asks for, are no exercise's and not the instructor's."""
        answers = [ident for ident in self.places if ident in self.facts.required]
        taken = {learner.number for ident in answers for learner in self.places[ident]}
        return [
            learner
            for learner in self.cells
            if self.facts.required[cell.id] & learner.defines
            and learner.cell.kind == "code"
            and learner.number not in taken
            and normal(learner.cell.source) not in self.facts.texts
        ]

    def _judge_locked(self) -> None:
        """Say which of the instructor's cells were changed."""
        for cell in self.unit.cells:
            if cell.role not in LOCKED or not cell.released:
                continue
            found = [learner for learner in self.places[cell.id] if learner.number not in self.part]
            if not found:
                self.notes.append(f"the {WORDS[cell.role]} {cell.id} was deleted: put back")
            elif any(not self._untouched(cell, learner) for learner in found):
                self.notes.append(f"the {WORDS[cell.role]} {cell.id} was edited: the original was used")
            self.places[cell.id] = found

    def _read_written(self) -> None:
        """The prose that a person will grade; where its id is gone, what follows the question."""
        for number, cell in enumerate(self.unit.cells):
            if cell.role is not Role.WRITTEN:
                continue
            found = self.places[cell.id] or self._after(self.unit.cells[:number])
            if not found:
                self.notes.append(f"the written answer {cell.id} is missing")
            self.texts[cell.id] = "\n\n".join(learner.cell.source for learner in found)

    def _after(self, before: Sequence[Cell]) -> list[LearnerCell]:
        question = self.places[before[-1].id] if before else []
        place = question[-1].number if question else len(self.cells)
        known = {learner.number for found in self.places.values() for learner in found}
        return [learner for learner in self.cells[place : place + 1] if learner.number not in known]

    def _keep_own_code(self) -> None:
        """All other code is the learner's own and runs where it stands."""
        locked = [cell.id for cell in self.unit.cells if cell.role in LOCKED]
        instructors = {learner.number for ident in locked for learner in self.places[ident]}
        names = {found[0].number: ident for ident, found in self.places.items() if len(found) == 1}
        names = {number: ident for number, ident in names.items() if not DIGEST.fullmatch(ident)}
        for learner in self.cells:
            if learner.cell.kind == "code" and learner.number not in self.part and learner.number not in instructors:
                self.part[learner.number] = (Role.CODE, names.get(learner.number, f"cell {learner.number}"))

    def found_any(self) -> bool:
        """Whether the notebook has anything of the unit."""
        return any(self.places.values())

    # -- what follows from it --------------------------------------------------------------------------------

    def order(self) -> list[Cell | LearnerCell]:
        """All that runs: the learner's cells as they stand, the instructor's where they belong among them.

        Set-up comes before the answers that follow it in the unit, tests come after those that precede them, even
        where the learner moved or deleted cells.
        """
        own = [learner for learner in self.cells if self.part.get(learner.number)]
        slots: list[list[Cell | LearnerCell]] = [[] for _ in range(len(own) + 1)]  # before each own one, and at the end
        place = {learner.number: index for index, learner in enumerate(own)}
        here = 0
        for index, cell in enumerate(self.unit.cells):
            if cell.role in LOCKED:
                slot = self._stands_at(cell, own, here)
                if cell.role is Role.SETUP:
                    later = [place[n.number] for c in self.unit.cells[index:] for n in self._answered(c)]
                    slot = min([slot, *later])
                else:
                    earlier = [place[n.number] + 1 for c in self.unit.cells[:index] for n in self._answered(c)]
                    slot = max([slot, *earlier])
                slots[slot].append(cell)
                here = slot
            else:
                here = max([here, *(place[n.number] + 1 for n in self.places[cell.id] if n.number in place)])
        result: list[Cell | LearnerCell] = []
        for slot_cells, learner_cell in zip(slots, [*own, None], strict=True):
            result += slot_cells
            if learner_cell is not None:
                result.append(learner_cell)
        return result

    def _stands_at(self, cell: Cell, own: Sequence[LearnerCell], default: int) -> int:
        """How many of the learner's cells stand before one of the instructor's; the default if it was deleted."""
        found = self.places[cell.id]
        return sum(learner.number < found[0].number for learner in found and own) if found else default

    def _answered(self, cell: Cell) -> Sequence[LearnerCell]:
        return self.places[cell.id] if cell.role is Role.ANSWER else ()

    def answers(self) -> dict[str, str]:
        """What the learner wrote, by exercise."""
        result: dict[str, str] = {}
        for cell in self.unit.cells:
            if cell.role is Role.WRITTEN:
                result[cell.id] = self.texts[cell.id]
            elif cell.role is Role.TESTS:
                exercise = exercise_id(cell.id)
                parts = [self.texts[ident] for ident in self.facts.uses[exercise]]
                result[exercise] = "\n\n".join(part for part in parts if part)
        return result


def belongs_to(submission: Submission, units: Mapping[str, Unit]) -> str | None:
    """The unit whose cells a notebook has most of; None where it has none of any."""

    def shared(unit: Unit) -> int:
        ids = {cell.id for cell in unit.cells if cell.role is not Role.PROSE}
        names = frozenset().union(*_facts(unit).required.values())
        by_id = sum(bool({cell.grade_id, cell.id} & ids) for cell in submission.cells)
        return by_id + sum(len(LearnerCell(cell, 0).defines & names) for cell in submission.cells)

    best = max(units.values(), key=shared, default=None)
    return best.name if best is not None and shared(best) else None


def _is_code(cell: NotebookCell) -> bool:
    """A code cell, or one of another kind that holds code: its kind was changed by mistake."""
    return cell.kind == "code" or DEFINITION.search(cell.source) is not None


def _place(ident: str) -> str:
    return ident if ident.startswith("cell ") else f"cell {ident}"


def _lines(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:5])) + (", …" if len(numbers) > 5 else "")
    return f"line {shown} is" if len(numbers) == 1 else f"lines {shown} are"
