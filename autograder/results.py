"""The one record that every reader of a grading run shares: gradebook, feedback, report, scripts.

`results.jsonl` holds one `Result` per line; `results.schema.json` beside this file is its JSON schema.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

SCHEMA_PATH = Path(__file__).with_name("results.schema.json")
Status = Literal["ok", "timeout", "crashed", "rejected"]
STATUSES: tuple[Status, ...] = get_args(Status)


@dataclass(frozen=True)
class Family:
    """One named group of hidden tests of an exercise, passed or failed as a whole."""

    name: str
    score: float
    points: float
    message: str = ""  # empty when all went well; else written for the learner
    mistake: str | None = None  # name of the known mistake that the answer behaves like


@dataclass(frozen=True)
class Exercise:
    """What one exercise earned. Its id is its function's name in kebab-case."""

    id: str
    score: float
    points: float
    families: tuple[Family, ...] = ()
    measures: Mapping[str, float] = field(default_factory=dict, hash=False)  # for a leaderboard: the less, the better


@dataclass(frozen=True)
class Result:
    """What one submission to one unit earned.

    Status: "ok" when the whole submission ran; "timeout" or "crashed" when part of it did (what it earned
    elsewhere counts); "rejected" when it could not be read at all.
    """

    learner: str
    unit: str
    score: float
    max_score: float
    status: Status
    message: str
    seconds: float
    exercises: tuple[Exercise, ...] = ()

    def to_json(self) -> str:
        """One line of results.jsonl, keys in the order of the schema."""
        return to_json(asdict(self))

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Result:
        """The inverse of `to_json` after `json.loads`.

        Raises:
            ValueError: If a field is missing, unknown or has a status that does not exist.
        """
        try:
            exercises = tuple(
                Exercise(**{**exercise, "families": tuple(Family(**family) for family in exercise["families"])})
                for exercise in record["exercises"]
            )
            result = cls(**{**record, "exercises": exercises})
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a result record: {error}") from error
        if result.status not in STATUSES:
            raise ValueError(f"status {result.status!r} is none of {', '.join(STATUSES)}")
        return result


def to_json(content: Any) -> str:
    """JSON on one line that may be printed, logged and split at any kind of line end.

    Letters of all languages stay readable. What is none (control characters, signs that turn the direction of writing,
    halves of surrogate pairs as in file names that are not UTF-8) is escaped as JSON allows.

    Raises:
        ValueError: If a number is not finite.
    """
    text = json.dumps(content, ensure_ascii=False, allow_nan=False)
    if text.isprintable():
        return text
    return "".join(json.dumps(c)[1:-1] if unicodedata.category(c)[0] == "C" or c in "\u2028\u2029" else c for c in text)
