"""Known answers of a unit as runnable code: wrong ones to be recognised, right ones in other styles."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from autograder.testing.calls import Function

F = TypeVar("F", bound=Function)


@dataclass(frozen=True)
class Answer:
    """One known answer.

    Attributes:
        name: The function's name in kebab-case.
        function: The code itself, called as the learner's function is.
        exercises: Ids of the exercises that it answers.
        family: The family that a mistake must cost; empty for a right answer.
        style: How a right answer goes about it; empty for a mistake.
        sentence: What was done and why it is wrong, for the learner.
        answers: The name of the function that it stands for, where the exercise has several.
    """

    name: str
    function: Function
    exercises: tuple[str, ...]
    family: str = ""
    style: str = ""
    sentence: str = ""
    answers: str | None = None


class Answers:
    """The known answers of one file, in its order."""

    def __init__(self) -> None:
        self._answers: list[Answer] = []

    def __iter__(self) -> Iterator[Answer]:
        return iter(self._answers)

    def __len__(self) -> int:
        return len(self._answers)

    def of(self, exercise: str) -> list[Answer]:
        """Those that answer one exercise."""
        return [answer for answer in self._answers if exercise in answer.exercises]

    def _add(self, answer: Answer) -> None:
        if any(answer.name == other.name for other in self._answers):
            raise ValueError(f"two answers are called {answer.name}")
        self._answers.append(answer)


class Mistakes(Answers):
    """Wrong answers. The docstring of each is the sentence that a learner reads."""

    def __call__(self, *exercises: str, family: str, function: str | None = None) -> Callable[[F], F]:
        """Register the decorated function.

        Args:
            exercises: Ids of the exercises where this mistake can be made.
            family: The family of tests that it must fail.
            function: The function it stands for, where the exercise has several and it is not the first.

        Raises:
            ValueError: If it has no docstring, or its name is taken.
        """

        def register(wrong: F) -> F:
            sentence = " ".join((inspect.getdoc(wrong) or "").split())
            if not sentence or not exercises:
                raise ValueError(f"the mistake {wrong.__name__} has no sentence or no exercise")
            self._add(Answer(kebab(wrong), wrong, exercises, family=family, sentence=sentence, answers=function))
            return wrong

        return register


class Alternatives(Answers):
    """Right answers in other styles than the reference's."""

    def __call__(self, *exercises: str, style: str, function: str | None = None) -> Callable[[F], F]:
        """Register the decorated function; the arguments are those of `Mistakes`."""

        def register(right: F) -> F:
            self._add(Answer(kebab(right), right, exercises, style=style, answers=function))
            return right

        return register


def kebab(function: Function) -> str:
    """The name of a function or class in kebab-case."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", function.__name__.strip("_")).replace("_", "-").lower()
