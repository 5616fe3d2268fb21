"""Runs the attack suite's cheats against plain nbgrader, to show what they are worth there.

Part of `make bench`. The attacks that only break things are left out, and all of it runs in a sandbox: nbgrader would
let them loose on this machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "autograder"))

from attacks import FAMILIES  # noqa: E402

UNIT, NOTEBOOK = "01_words", "words"
PATIENCE = 60  # seconds for one submission
HIDDEN = """### BEGIN HIDDEN TESTS
# CANARY-HIDDEN
for text in ("", "one", "one two", "a b c d", " one   two "):
    expected = len(text.split())
    answer = count_words(text)
    assert answer == expected, (answer, text)
### END HIDDEN TESTS"""
CONFIG = """c = get_config()
c.CourseDirectory.root = {root!r}
c.ClearSolutions.code_stub = {{"python": "raise NotImplementedError"}}
c.ExecutePreprocessor.timeout = 10
"""


def against_nbgrader() -> tuple[int, list[str]]:
    """How many cheats were tried, and the names of those that succeeded."""
    attacks = {
        f"{family}: {name}": code for family in ("reading", "forging") for name, code in FAMILIES[family].items()
    }
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        course = Path(folder)
        course.chmod(0o777)
        write_course(course, attacks)
        learners = {f"learner{number:02}": name for number, name in enumerate(attacks)}
        stopped = grade(course, list(learners))
        won = [name for learner, name in learners.items() if learner in stopped or succeeded(course, learner)]
    return len(attacks), won


def cell(grade_id: str, source: str, points: int = 0, solution: bool = False) -> Any:
    """A code cell with nbgrader's metadata."""
    made = nbformat.v4.new_code_cell(source, id=grade_id)
    made.metadata["nbgrader"] = {
        "cell_type": "code",
        "grade": points > 0,
        "grade_id": grade_id,
        "locked": not solution,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    } | ({"points": points} if points else {})
    return made


def notebook(answer: str, tests: str) -> str:
    """The unit's notebook with one answer."""
    cells = [cell("count-words", answer, solution=True), cell("test-count-words", tests, 4)]
    made = nbformat.v4.new_notebook(cells=cells)
    made.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return nbformat.writes(made)


def write_course(course: Path, attacks: dict[str, str]) -> None:
    """A course in nbgrader's layout with a submission for each attack."""
    solution = "### BEGIN SOLUTION\ndef count_words(text): return len(text.split())\n### END SOLUTION"
    place = course / "source" / UNIT
    place.mkdir(parents=True)
    (place / f"{NOTEBOOK}.ipynb").write_text(notebook(solution, HIDDEN))
    for number, code in enumerate(attacks.values()):
        place = course / "submitted" / f"learner{number:02}" / UNIT
        place.mkdir(parents=True)
        (place / f"{NOTEBOOK}.ipynb").write_text(notebook(code, ""))
    (course / "nbgrader_config.py").write_text(CONFIG.format(root=str(course)))


def grade(course: Path, learners: list[str]) -> set[str]:
    """nbgrader's commands, in a sandbox of their own; the learners whose grading never ended."""
    nbgrader(course, "generate_assignment", UNIT)
    return {name for name in learners if not nbgrader(course, "autograde", UNIT, f"--student={name}")}


def nbgrader(course: Path, *command: str) -> bool:
    """Run one of nbgrader's programs; whether it came to an end."""
    programs = Path(sys.executable).parent
    sandbox = ["bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    sandbox += ["--tmpfs", "/tmp", "--bind", str(course), str(course), "--chdir", str(course)]
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "HOME": str(course)}
    call = [*sandbox, str(programs / "nbgrader"), *command]
    try:
        subprocess.run(call, env=environment, capture_output=True, check=False, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return False
    return True


def succeeded(course: Path, learner: str) -> bool:
    """Whether a wrong answer earned points, or the hidden tests came out."""
    graded = course / "autograded" / learner / UNIT / f"{NOTEBOOK}.ipynb"
    if graded.is_file():
        answer = nbformat.read(graded, as_version=4).cells[0]
        if "CANARY" in "".join(str(output.get("text", "")) for output in answer.get("outputs", [])):
            return True
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        try:
            score: float = gradebook.find_submission(UNIT, learner).score
        except Exception:  # never graded
            return False
    return score > 0
