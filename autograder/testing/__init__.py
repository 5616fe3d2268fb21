"""What authors of hidden tests import. It knows learners' functions, numbers and arrays; it knows no subject.

A unit's `hidden_tests.py` builds a `Suite` of exercises, each with families of tests; `suite.grade` runs them against
a learner's functions, real ones or proxies, and says what was wrong in words that help.
"""

from autograder.testing import instruments
from autograder.testing.answers import Alternatives, Answer, Mistakes
from autograder.testing.calls import GradingStopped, LearnerCrashed, LearnerTimeout, clock_with
from autograder.testing.reports import grade_on_gpu, on_gpu, seed_with, take_reports
from autograder.testing.source import answer_source
from autograder.testing.suite import ExerciseTests, FamilyTests, Suite
from autograder.testing.trial import Trial

__all__ = [
    "Alternatives",
    "Answer",
    "ExerciseTests",
    "FamilyTests",
    "GradingStopped",
    "LearnerCrashed",
    "LearnerTimeout",
    "Mistakes",
    "Suite",
    "Trial",
    "answer_source",
    "clock_with",
    "grade_on_gpu",
    "instruments",
    "on_gpu",
    "seed_with",
    "take_reports",
]
