"""Which known mistake an answer behaves like: the one that gives the same outcome, call for call.

A mistake that explains every call of the exercise is preferred. Where there is none, as when an answer has two
faults, one that explains every call of the failing family will do, unless the family that it was written for passed.
"""

from __future__ import annotations

import io
import itertools
import pickle
import re
import time
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from autograder.testing.answers import Answer
from autograder.testing.calls import Call, Outcome, is_data, quiet, run
from autograder.testing.judges import LOOSE, SINGLE, difference
from autograder.testing.trial import Log, Record
from autograder.wire import tensors

Replays = dict[tuple[str, str, int, bytes], tuple[Call, Outcome]]
LARGEST_KEY = 1 << 20  # bytes
SECONDS = 5.0  # of processor time that naming may take per exercise


class Namer:
    """Compares one answer's recorded calls with the known mistakes of its exercise.

    Args:
        logs: All families of the exercise.
        mistakes: In the order of preference.
        first: The name of the exercise's first function, for which a mistake stands unless it says otherwise.
        replays: What the mistakes gave before, for calls of the same values: worth keeping where many answers get
            the same tests.
    """

    def __init__(
        self, logs: Sequence[Log], mistakes: Iterable[Answer], first: str, replays: Replays | None = None
    ) -> None:
        self.logs = logs
        self.mistakes = list(mistakes)
        self.first = first
        self.ends = time.process_time() + SECONDS
        self.replays = replays
        self.seen: dict[tuple[str, int], bool] = {}
        self.passed = {log.family for log in logs if not log.faults}
        self.found: list[Answer] = []  # what explained every call before
        self.sorted: dict[tuple[str, ...], list[Record]] = {}

    @quiet()
    def name(self, log: Log, all_of_them: bool = False) -> list[Answer]:
        """The mistakes that explain why this family failed: the likeliest first, none if none is known.

        What explained another family is tried first, then what this one was written to catch. Where one of these
        explains every call, the others are tried only if all are asked for.
        """
        candidates = [mistake for mistake in self.mistakes if self.concerns(mistake, log)]
        groups: tuple[list[Answer], ...] = ([], [], [])
        for mistake in candidates:
            groups[0 if mistake in self.found else 1 if mistake.family == log.family else 2].append(mistake)
        matching: list[Answer] = []
        for group in groups:
            if all_of_them or not matching:
                matching += [mistake for mistake in group if self.explains(mistake, log, self.logs)]
        self.found += matching
        return matching or [
            mistake
            for group in groups
            for mistake in group
            if mistake.family not in self.passed and self.explains(mistake, log, [log])
        ]

    def concerns(self, mistake: Answer, log: Log) -> bool:
        """Whether a mistake stands for a function that went wrong in this family."""
        wrong = [record for record in log.records if fails(record)] or log.records
        return any(record.call.signature.name == self.function(mistake) for record in wrong)

    def function(self, mistake: Answer) -> str:
        """The function that a mistake stands for."""
        return mistake.answers or self.first

    def explains(self, mistake: Answer, log: Log, logs: Sequence[Log]) -> bool:
        """Whether a mistake can be why this family failed and reproduces its function's outcomes in all these logs."""
        slow = any(record.slow for record in log.records)
        if slow and mistake.family != log.family:
            return False
        return all(self.reproduces(mistake, record) for record in self.records(self.function(mistake), logs))

    def records(self, function: str, logs: Sequence[Log]) -> list[Record]:
        """The calls of a function: first what went wrong and is small, which tells mistakes apart soonest."""
        key = function, *(log.family for log in logs)
        if key not in self.sorted:
            own = [r for log in logs for r in log.records if r.call.signature.name == function]
            self.sorted[key] = sorted(own, key=lambda record: (not fails(record), size(record)))
        return self.sorted[key]

    def reproduces(self, mistake: Answer, record: Record) -> bool:
        """Whether a mistake gives the recorded outcome and the same verdict."""
        key = (mistake.name, id(record))
        if key not in self.seen:
            if time.process_time() > self.ends:
                return False
            outcome = self.replay(mistake, record.call)
            self.seen[key] = alike(record, outcome) and (record.judge(outcome) is None) == record.right
        return self.seen[key]

    def replay(self, mistake: Answer, call: Call) -> Outcome:
        """What a mistake gives for a call."""
        key = None if self.replays is None else fingerprint(mistake, call)
        if self.replays is None or key is None:
            return run(mistake.function, call)
        if key not in self.replays:
            self.replays[key] = call, run(mistake.function, call)  # with the call, so that no id is given twice
        return self.replays[key][1]


def fingerprint(mistake: Answer, call: Call) -> tuple[str, str, int, bytes] | None:
    """The same for calls of the same values; None where that cannot be told, or would be long."""
    try:
        text = io.BytesIO()
        Plain(text).dump((call.args, dict(call.kwargs)))
    except Exception:  # whatever a value's own code raises: functions within functions, modules with hooks
        return None
    values = text.getvalue()
    return None if len(values) > LARGEST_KEY else (mistake.name, call.signature.name, id(call.adapter), values)


class Plain(pickle.Pickler):
    """Writes tensors by their values alone: what torch writes of them differs each time."""

    def reducer_override(self, value: Any) -> Any:
        """How a tensor is written; all else as ever."""
        if not tensors.is_tensor(value):
            return NotImplemented
        return tuple, ((str(value.dtype), tuple(value.shape), value.requires_grad, tensors.data(value)),)


def fails(record: Record) -> bool:
    """Whether a recorded call did not go as expected."""
    return record.slow or not record.right


def size(record: Record) -> int:
    """How many numbers go into a call and come out of it."""
    values = [*record.call.args, *record.call.kwargs.values(), record.outcome.value]
    flat = itertools.chain.from_iterable(value if isinstance(value, tuple) else (value,) for value in values)
    return sum(value.size for value in flat if isinstance(value, np.ndarray))


def alike(record: Record, other: Outcome) -> bool:
    """Whether two outcomes of a call are the same but for rounding."""
    mine = record.outcome
    if mine.error or other.error:
        return mine.error == other.error and (mine.error != "RuntimeError" or opening(mine) == opening(other))
    if not (is_data(mine.value) and is_data(other.value)):
        return type(mine.value) is type(other.value)
    tolerance = SINGLE if record.call.single_precision() else LOOSE
    return difference(mine.value, other.value, tolerance) is None


def opening(outcome: Outcome) -> str:
    """How an error's message begins, but for numbers: torch raises RuntimeError for whatever went wrong."""
    return re.sub(r"\d+", "", outcome.message)[:40]
