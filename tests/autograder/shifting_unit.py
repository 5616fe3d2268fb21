"""A unit of two functions with hidden tests, notebook, mistakes and alternatives, for tests of autograder.testing."""

from pathlib import Path
from typing import Any

import numpy as np

from autograder.results import Exercise

HIDDEN_TESTS = """
import numpy as np
from autograder.testing import Suite

suite = Suite(without=("torch",))
shift = suite.exercise("shift", 6, "shift(x, by)", "total(x)")

@shift.family("values", 3)
def adds(t):
    for n in (1, 3, 4):
        x = t.rng.standard_normal((2, n))
        t.equal(x + 2, x, 2)
        t.equal(x - 1.5, x, by=-1.5)

@shift.family("sums", 2)
def sums(t):
    x = t.rng.standard_normal(5)
    t.on("total").equal(float(x.sum()), x)

@shift.family("contract", 1)
def contract(t):
    x = t.rng.standard_normal(4)
    t.preserves(x, 1)
    t.dtype(np.float32, x.astype(np.float32), 1)
    t.case("x has no values").raises(ValueError, x[:0], 1)
"""
NOTEBOOK = '''
# %% setup="imports"
import numpy as np

# %% exercise="shift"
def shift(x, by):
    """x with a number added."""
    ### BEGIN SOLUTION
    if not x.size:
        raise ValueError("x has no values")
    return x + np.asarray(by, x.dtype)
    ### END SOLUTION

def total(x):
    """The sum."""
    ### BEGIN SOLUTION
    return float(x.sum())
    ### END SOLUTION
'''
MISTAKES = '''
import numpy as np
from autograder.testing import Mistakes

mistake = Mistakes()
TWICE = 2

@np.errstate(all="ignore")
def checked(x):
    if not x.size:
        raise ValueError("empty")
    return x

@mistake("shift", family="values")
def subtracts(x, by):
    """The number was subtracted. Shifting to the right adds it."""
    return checked(x) - by

@mistake("shift", family="values")
def adds_twice(x, by):
    """The number was added twice, which is once too often."""
    return checked(x) + TWICE * by

@mistake("shift", family="contract")
def accepts_nothing(x, by):
    """An array without values was accepted. There is nothing to shift: raise ValueError."""
    return x + np.asarray(by, x.dtype)

@mistake("shift", family="contract")
def in_place(x, by):
    """The caller's x was changed. Work on a copy."""
    checked(x)[...] += by
    return x.copy()

@mistake("shift", family="sums", function="total")
def mean_for_total(x):
    """The mean was returned. The total is not divided by anything."""
    return float(x.mean())
'''
ALTERNATIVES = """
from autograder.testing import Alternatives

alternative = Alternatives()

@alternative("shift", style="built-in sum", function="total")
def python_sum(x):
    return sum(float(value) for value in x)
"""


def write_unit(folder: Path, hidden_tests: str = HIDDEN_TESTS) -> Path:
    """Write the unit's files; its folder."""
    unit = folder / "99_shifting"
    unit.mkdir(parents=True)
    texts = {"hidden_tests": hidden_tests, "shifting": NOTEBOOK, "mistakes": MISTAKES, "alternatives": ALTERNATIVES}
    for name, text in texts.items():
        (unit / f"{name}.py").write_text(text, encoding="utf-8")
    return unit


def shift(x: Any, by: float) -> Any:
    if not x.size:
        raise ValueError("x has no values")
    return x + np.asarray(by, x.dtype)


def total(x: Any) -> float:
    return float(x.sum())


def lost(report: Exercise) -> dict[str, str]:
    return {family.name: family.message for family in report.families if family.score < family.points}
