"""The sample class gets what its own table says: full points, named mistakes, zeros, and no harm to anybody else."""

from __future__ import annotations

import html
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 300  # for a whole class, on a machine that is busy with other things too


def load_sample_class() -> Any:
    spec = importlib.util.spec_from_file_location("sample_class", ROOT / "solutions/sample_class.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["sample_class"] = module
    spec.loader.exec_module(module)
    return module


sample_class = load_sample_class()
SAMPLES = sample_class.SAMPLES


def grade(folder: Path) -> str:
    command = [Path(sys.executable).with_name("autograder"), "grade"]
    folders = ["--submitted", folder / "submitted", "--out", folder / "out"]
    done = subprocess.run([*command, *folders], cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the class and all that the grader made of it."""
    folder = tmp_path_factory.mktemp("class")
    sample_class.write_class(folder / "submitted")
    grade(folder)
    return folder


@pytest.fixture(scope="module")
def results(graded: Path) -> dict[str, Any]:
    lines = (graded / "out/results.jsonl").read_text(encoding="utf-8").splitlines()
    return {record["learner"]: record for record in map(json.loads, lines)}


def test_every_submission_has_one_result(results: dict[str, Any]) -> None:
    assert sorted(results) == sorted(sample.learner for sample in SAMPLES)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.learner)
def test_a_submission_gets_the_expected_status(sample: Any, results: dict[str, Any]) -> None:
    assert results[sample.learner]["status"] in sample.status


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.learner)
def test_a_submission_loses_what_it_must_and_nothing_else(sample: Any, results: dict[str, Any]) -> None:
    result = results[sample.learner]
    exercises = {exercise["id"]: exercise for exercise in result["exercises"]}
    assert list(exercises) == list(sample_class.EXERCISES)
    assert result["score"] == sum(exercise["score"] for exercise in exercises.values())
    rejected = result["status"] == "rejected"
    for name, exercise in exercises.items():
        lost = {family["name"] for family in exercise["families"] if family["score"] < family["points"]}
        family = sample_class.ALL if rejected else sample.loses.get(name)
        if family is None:
            assert exercise["score"] == exercise["points"], name
        elif family == sample_class.ALL:
            assert exercise["score"] == 0, name
        else:
            assert family in lost, name
            assert 0 < exercise["score"] < exercise["points"], name


def mistakes_made(sample: Any) -> dict[str, str]:
    choices = sample.answers.items()
    return {exercise: choice.split()[1] for exercise, choice in choices if choice.startswith("mistake ")}


@pytest.mark.parametrize(
    "sample", [sample for sample in SAMPLES if mistakes_made(sample)], ids=lambda sample: sample.learner
)
def test_a_known_mistake_is_named(sample: Any, results: dict[str, Any]) -> None:
    for name, mistake in mistakes_made(sample).items():
        exercise = next(e for e in results[sample.learner]["exercises"] if e["id"] == name)
        family = next(family for family in exercise["families"] if family["name"] == sample.loses[name])
        assert family["mistake"] == mistake


@pytest.mark.parametrize("sample", [sample for sample in SAMPLES if sample.says], ids=lambda sample: sample.learner)
def test_a_learner_reads_what_happened(sample: Any, graded: Path) -> None:
    page = (graded / "out/feedback" / sample.learner / f"{sample_class.UNIT}.html").read_text(encoding="utf-8")
    text = html.unescape(re.sub(r"<[^>]*>", "", page))
    assert any(words.lower() in text.lower() for words in sample.says)


def test_the_class_is_made_the_same_again_and_not_graded_again(graded: Path) -> None:
    files = sorted(path for path in (graded / "submitted").rglob("*.ipynb") if not path.is_symlink())
    before = [(path.stat().st_mtime_ns, path.read_bytes()) for path in files]
    sample_class.write_class(graded / "submitted")
    assert [(path.stat().st_mtime_ns, path.read_bytes()) for path in files] == before
    assert f"{len(SAMPLES)} unchanged" in grade(graded)
