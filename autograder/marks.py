"""The marked regions of a cell, line by line as nbgrader reads them."""

from __future__ import annotations

SOLUTION = ("BEGIN SOLUTION", "END SOLUTION")
CODE_STUB = "raise NotImplementedError"  # what learners find in the place of a solution
HIDDEN_TESTS = ("BEGIN HIDDEN TESTS", "END HIDDEN TESTS")


def inside(text: str, marks: tuple[str, str]) -> str:
    """The lines between the marks, without the lines of the marks."""
    kept, within = [], False
    for line in text.split("\n"):
        if any(mark in line for mark in marks):
            within = marks[0] in line
        elif within:
            kept.append(line)
    return "\n".join(kept)


def replaced(text: str, marks: tuple[str, str], stub: str | None = None) -> str:
    """The text with each marked region taken out or replaced by a stub, indented like its first mark."""
    kept, within = [], False
    for line in text.split("\n"):
        if marks[0] in line:
            within = True
            indent = line[: len(line) - len(line.lstrip())]
            kept += [indent + part for part in stub.split("\n")] if stub is not None else []
        elif marks[1] in line:
            within = False
        elif not within:
            kept.append(line)
    return "\n".join(kept)
