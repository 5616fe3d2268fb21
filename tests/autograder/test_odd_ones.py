"""A class of odd ones, graded by the real command: none stops the batch, none loses a point that it had earned."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from odd_ones import FULL, LEARNERS, NOTEBOOKS, ODD_ONES, WORDS, Folder, Odd, right

from autograder.release import build_release
from autograder.results import STATUSES

TOY = Path(__file__).with_name("toy_course")
COMMAND = Path(sys.executable).with_name("autograder")


@dataclass
class Graded:
    """What the command left."""

    done: subprocess.CompletedProcess[str]
    records: dict[str, dict[str, Any]]  # by learner


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graded]:
    place = tmp_path_factory.mktemp("odd")
    course = shutil.copytree(TOY, place / "course")
    build_release(course)
    released = {
        "01_words": json.loads((course / "exercises/01_words/words.ipynb").read_text()),
        "02_averages": json.loads((course / "source/02_averages/averages.ipynb").read_text()),
    }
    for odd in ODD_ONES:
        folder = place / "submitted" / LEARNERS[odd.what] / odd.unit
        odd.make(Folder(folder, right(released[odd.unit]), NOTEBOOKS[odd.unit], released[odd.unit]))
    command = [COMMAND, "grade", "--course", course, "--submitted", place / "submitted", "--out", place / "out"]
    done = subprocess.run(
        [*command, "--workers", "4", "--timeout", "3"], capture_output=True, text=True, check=False, cwd=place
    )
    files = (place / "out" / "records").glob("*/*.json")
    records = [json.loads(file.read_text()) for file in files]
    yield Graded(done, {record["result"]["learner"]: record for record in records})
    shutil.rmtree(place)


def test_the_whole_batch_is_graded(graded: Graded) -> None:
    assert graded.done.returncode == 0, graded.done.stderr[-3_000:]
    assert "Traceback" not in graded.done.stderr
    assert graded.records.keys() == set(LEARNERS.values())
    assert f"{len(ODD_ONES)} graded in" in graded.done.stdout


@pytest.mark.parametrize("odd", ODD_ONES, ids=lambda odd: odd.what)
def test_an_odd_one(graded: Graded, odd: Odd) -> None:
    record = graded.records[LEARNERS[odd.what]]
    result = record["result"]
    said = "\n".join(map(str, explanations(record)))
    assert (result["score"], result["status"]) == (odd.score, odd.status), said
    assert odd.says in said
    assert result["max_score"] == FULL[odd.unit]
    assert result["status"] in STATUSES
    assert (result["status"] == "ok") == (result["message"] == "")
    for line in (result["message"], *record["notes"]):
        assert len(line.splitlines()) <= 1
        assert len(line) <= 300
    if odd.score < FULL[odd.unit]:
        assert said, "points are missing and nothing says why"


def explanations(record: dict[str, Any]) -> list[str]:
    """All that a record says beside numbers."""
    exercises = record["result"]["exercises"]
    families = [f"{e['id']}: {f['message']}" for e in exercises for f in e["families"] if f["message"]]
    errors = [f"{name}: {answer['error']}" for name, answer in record["answers"].items() if answer["error"]]
    return [record["result"]["message"], *record["notes"], *families, *errors]


def test_there_are_enough_and_each_is_told_apart() -> None:
    assert len(ODD_ONES) >= 30
    assert len({odd.what for odd in ODD_ONES}) == len(ODD_ONES) == len(LEARNERS)
    assert sum(odd.score == FULL[odd.unit] for odd in ODD_ONES) >= 30
    assert {odd.unit for odd in ODD_ONES} > {WORDS}
