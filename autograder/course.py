"""What the instructor wrote, as data: a course has units, a unit has cells, a cell has a role.

Roles come from the instructor's sources alone; nothing that a submission says of itself is believed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class Role(StrEnum):
    """What a cell of the instructor's source notebook is for."""

    PROSE = "prose"  # Markdown, raw: never run
    SETUP = "setup"  # read-only code that later cells need: runs beside the learner's code and beside the tests
    CODE = "code"  # other code, a demonstration or a place to try things: runs beside the learner's code only
    ANSWER = "answer"  # the learner writes this code
    CHECK = "check"  # visible tests, worth no points: run on the trusted side
    TESTS = "tests"  # hidden tests, worth points: run on the trusted side
    WRITTEN = "written"  # prose or code that a person grades


@dataclass(frozen=True)
class Cell:
    """One cell of a source notebook, solution and hidden tests included."""

    id: str  # nbgrader's grade_id, else the notebook's cell id
    role: Role
    source: str
    points: float = 0.0
    released: bool = True  # False: made for the trusted side, no cell of the learner's notebook


@dataclass(frozen=True)
class Unit:
    """One nbgrader assignment of one notebook."""

    name: str  # the assignment, such as "04_conv_forward"
    notebook: str  # the notebook's name without its suffix, such as "conv_forward"
    cells: tuple[Cell, ...]
    tests: Path | None = None  # folder that holds hidden_tests.py, put on the import path of the trusted side
    without: tuple[str, ...] = ()  # modules and dotted functions out of the learner's reach while this is graded
    # By module, functions that the tests' side computes for the learner's code.
    serves: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    patience: Mapping[str, float] = field(default_factory=dict, hash=False)  # what of the usual `Patience` is too short
    gpu: bool = False  # whether the tests can use a GPU

    @property
    def exercises(self) -> tuple[Cell, ...]:
        """The cells that earn points, in the notebook's order."""
        return tuple(cell for cell in self.cells if cell.role in (Role.TESTS, Role.WRITTEN))
