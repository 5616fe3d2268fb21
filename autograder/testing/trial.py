"""What a family of hidden tests works with: the learner's function, a random generator, and checks.

A check that fails does not stop the family: what the other calls give helps to name the mistake. A time-out, a crash
and an exception out of `call` do.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder.testing import judges
from autograder.testing.calls import (
    Call,
    Clock,
    Function,
    LearnerCrashed,
    LearnerTimeout,
    Outcome,
    Signature,
    clock_of,
    run,
)
from autograder.testing.judges import DOUBLE, SINGLE, Judge, Tolerance

TIMINGS = 5  # calls in a row of which the best counts
PAUSES = (0.0, 0.01, 0.03, 0.1, 0.3)  # seconds before each further round of timings


class FamilyEnds(Exception):
    """The rest of a family cannot run; what failed is in the log."""


@dataclass(frozen=True)
class Record:
    """One call, what became of it and what was expected."""

    call: Call
    outcome: Outcome
    judge: Judge
    right: bool
    slow: bool = False


@dataclass
class Log:
    """What happened in one family.

    Attributes:
        to_first_fault: Whether the first fault ends it: enough for a verdict, too little for a mistake's name.
    """

    family: str
    records: list[Record] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    checks: int = 0
    measures: dict[str, float] = field(default_factory=dict)
    to_first_fault: bool = False


class Trial:
    """One run of one family against one learner's functions.

    Attributes:
        rng: Random generator, seeded by the course's secret, the learner, the exercise and the family.
    """

    def __init__(
        self,
        log: Log,
        functions: dict[str, Function],
        signatures: tuple[Signature, ...],
        rng: np.random.Generator,
        passed: frozenset[str] = frozenset(),
    ) -> None:
        self.rng = rng
        self._passed = passed
        self._log = log
        self._functions = functions
        self._signatures = {signature.name: signature for signature in signatures}
        self._signature = signatures[0]
        self._adapter: Function | None = None
        self._case = ""
        self._tolerance: Tolerance | None = None

    def on(self, function: str) -> Trial:
        """The same trial for another function of the exercise."""
        other = copy.copy(self)
        other._signature = self._signatures[function]
        return other

    def through(self, adapter: Function) -> Trial:
        """The same trial, its checks calling `adapter(function, *args, **kwargs)`: for classes, and for several calls.

        Args:
            adapter: Uses the learner's function or class, by calls and attributes, and returns plain data. What is
                raised in it counts as the learner's. Its docstring's first line stands in messages.
        """
        other = copy.copy(self)
        other._adapter = adapter
        return other

    def passed(self, family: str) -> bool:
        """Whether an earlier family of the exercise passed.

        What combines its subject with this family's is best tested only then: one mistake costs one family.
        """
        return family in self._passed

    def case(self, text: str) -> Trial:
        """The same trial; a message says in these words what is special about the arguments."""
        other = copy.copy(self)
        other._case = text
        return other

    def within(self, absolute: float, relative: float = 0.0) -> Trial:
        """The same trial with another tolerance than 1e-9 (float64) or 1e-4 of the largest value (float32)."""
        other = copy.copy(self)
        other._tolerance = Tolerance(absolute, relative)
        return other

    def equal(self, expected: Any, /, *args: Any, **kwargs: Any) -> None:
        """Expect this value, and this shape, of a call."""
        call = self._call(args, kwargs)
        self._check(call, judges.equals(expected, self._tolerance_for(call)))

    def raises(self, kind: type[Exception], /, *args: Any, **kwargs: Any) -> None:
        """Expect this exception of a call."""
        self._check(self._call(args, kwargs), judges.raised(kind))

    def preserves(self, *args: Any, **kwargs: Any) -> None:
        """Expect that a call changes no argument and that its result shares no memory with one."""
        self._check(self._call(args, kwargs), judges.leaves_arguments)

    def dtype(self, dtype: Any, /, *args: Any, **kwargs: Any) -> None:
        """Expect an array of this element type."""
        self._check(self._call(args, kwargs), judges.has_dtype(np.dtype(dtype)))

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The result of a call, plain data; anything else ends the family."""
        return self._demand(self._call(args, kwargs), judges.returned)

    def array(self, shape: tuple[int, ...], /, *args: Any, **kwargs: Any) -> np.ndarray[Any, Any]:
        """The array of this shape that a call gives; anything else ends the family."""
        result: np.ndarray[Any, Any] = self._demand(self._call(args, kwargs), judges.has_shape(shape))
        return result

    def true(self, condition: Any, message: str) -> None:
        """Expect a condition; the message tells the learner what is wrong where it does not hold."""
        self._log.checks += 1
        if not bool(condition):
            self._fail(message)

    def measure(self, name: str, value: float) -> None:
        """Keep a figure for the class's leaderboard, where the least comes first; it earns nothing."""
        self._log.measures[name] = float(value)

    def agree(self, expected: Any, result: Any, message: str) -> None:
        """Expect two results to be equal; the message says why they should be."""
        fault = judges.difference(expected, result, self._tolerance or DOUBLE)
        self.true(fault is None, f"{message}: {fault}")

    def faster(
        self, reference: Callable[..., Any], ratio: float, /, *args: Any, share: float = 1.0, **kwargs: Any
    ) -> None:
        """Expect the reference's result in at most 1/ratio of its time, the best of several timings of both.

        Args:
            reference: Gives the result, in the way that is timed against.
            ratio: How many times faster the learner's function is to be.
            args: Both get them, and kwargs.
            share: How much of the work the reference does in that way; the rest is taken to last as long in proportion.
            kwargs: See args.
        """
        call = self._call(args, kwargs)
        clock = clock_of(self._functions[call.signature.name])
        outcome, expected, ours = self._outcome(call, clock), *timed(reference, args, kwargs, share)
        judge = judges.equals(expected, self._tolerance_for(call))
        fault, theirs = judge(outcome), outcome.seconds
        for number, pause in enumerate(() if fault else PAUSES):
            time.sleep(pause)  # what else the machine does may be over by then
            theirs = min(theirs, *(self._outcome(call, clock).seconds for _ in range(1 if theirs > 0.02 else TIMINGS)))
            ours = min(ours, timed(reference, args, kwargs, share)[1]) if number else ours
            if ours >= ratio * theirs or (number > 1 and 2 * ours < ratio * theirs):
                break  # fast enough, or far too slow
        slow = fault is None and ours < ratio * theirs
        self._record(Record(call, outcome, judge, fault is None, slow))
        if slow:
            fault = f"took {1000 * theirs:.1f} ms, {compared(ours, theirs, ratio)}"
        if fault:
            self._fail(self._say(call, fault))

    def _call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
        return Call(self._signature, args, kwargs, self._adapter)

    def _tolerance_for(self, call: Call) -> Tolerance:
        return self._tolerance or (SINGLE if call.single_precision() else DOUBLE)

    def _outcome(self, call: Call, clock: Clock = time.perf_counter) -> Outcome:
        try:
            outcome = run(self._functions[call.signature.name], call, clock)
        except (LearnerTimeout, LearnerCrashed) as error:
            self._fail(self._say(call, str(error)))
            raise FamilyEnds from None
        on_gpu = "CUDA out of memory" in outcome.message
        if outcome.error == "MemoryError" or on_gpu:  # the next call would take as long to fill the memory again
            self._fail(self._say(call, f"needs more memory than {'the GPU has' if on_gpu else 'there is'}"))
            raise FamilyEnds
        return outcome

    def _check(self, call: Call, judge: Judge) -> Outcome:
        outcome = self._outcome(call)
        fault = judge(outcome)
        self._record(Record(call, outcome, judge, fault is None))
        if fault:
            self._fail(self._say(call, fault))
        return outcome

    def _demand(self, call: Call, judge: Judge) -> Any:
        outcome = self._check(call, judge)
        if judge(outcome):
            raise FamilyEnds
        return outcome.value

    def _record(self, record: Record) -> None:
        self._log.checks += 1
        self._log.records.append(record)

    def _fail(self, message: str) -> None:
        self._log.faults.append(message)
        if self._log.to_first_fault:
            raise FamilyEnds

    def _say(self, call: Call, fault: str) -> str:
        return f"{call}{f' ({self._case})' if self._case else ''}: {fault}."


def compared(ours: float, theirs: float, ratio: float) -> str:
    """How a learner's time compares with the reference's, in words."""
    if ratio >= 1:
        return f"{ours / theirs:.1f} times as fast as plain loops; {ratio:g} is asked"
    return f"{theirs / ours:.1f} times as long as the course's own; at most {1 / ratio:.3g} is asked"


def timed(
    reference: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], share: float
) -> tuple[Any, float]:
    """A function's result and the processor time in seconds that the whole would take, of which it did a share."""
    started = time.thread_time()
    result = reference(*args, **kwargs)
    return result, (time.thread_time() - started) / share
