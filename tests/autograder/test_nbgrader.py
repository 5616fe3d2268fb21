"""nbgrader's own programs on what the grader wrote, and the grader inside nbgrader's."""

from __future__ import annotations

import csv
import html
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sample_records import record

from autograder import autograded, grading, release
from autograder.notebooks import NotebookCell, read_ipynb, to_ipynb
from autograder.units import load_course

TOY = Path(__file__).with_name("toy_course")
WORDS, AVERAGES = "01_words", "02_averages"
NOTEBOOKS = {WORDS: "words", AVERAGES: "averages"}
ODD = "Åsa O'Neil, [x] +1"
HIDDEN = ("math.isclose(mean", "statistics.median(sample)", "no melon", "letters_of_either_case", "HIDDEN TESTS")
MARK = "document.title='INJECTED'"  # what injected code does, if it runs
SCRIPT = f"<script>{MARK};alert(1)</script><img src=x onerror=\"{MARK}\">"
PROSE = f"""# Mine {SCRIPT}

[click](javascript:{MARK}) ![seen](https://example.org/seen.png) [ref][1] <javascript:{MARK}>

[1]: javascript:{MARK}

```mermaid
graph TD; A-->B
```
"""
PRINTS = f"print({SCRIPT!r}, '\\x1b[31mred\\x1b[0m \\x1b]0;title\\x07')\n"
BIN = Path(sys.executable).parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


# -- a class -------------------------------------------------------------------------------------------------------


def edited(cells: tuple[NotebookCell, ...], **texts: str) -> list[NotebookCell]:
    """Cells with other texts, by nbgrader's id with _ for -."""
    return [replace(cell, source=texts.get(cell.grade_id.replace("-", "_"), cell.source)) for cell in cells]


def injected(cells: tuple[NotebookCell, ...]) -> str:
    """A notebook that attacks whoever looks at it: by prose, raw cells, code, prints, outputs and metadata."""
    texts = {"is_palindrome": PRINTS + "def is_palindrome(text):\n    return True", "keys": PROSE}
    more = [NotebookCell("markdown", PROSE, "mine"), NotebookCell("raw", SCRIPT, "raw")]
    content = json.loads(to_ipynb([*more, *edited(cells, **texts)]))
    content["metadata"]["title"] = SCRIPT
    for cell in content["cells"]:
        cell["metadata"] |= {"raw_mimetype": "text/html", "tags": [SCRIPT], "collapsed": True}
        if cell["cell_type"] == "code":
            data = {"text/html": SCRIPT, "application/javascript": MARK, "image/svg+xml": SCRIPT, "text/plain": "3"}
            forged = {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": 1}
            cell["outputs"] = [forged, {"output_type": "stream", "name": "stdout", "text": SCRIPT}]
    return json.dumps(content)


def released_cells(sources: Path, unit: str) -> tuple[NotebookCell, ...]:
    path = sources / unit / f"{NOTEBOOKS[unit]}.ipynb"
    return read_ipynb(release.student_version(path.read_text()).encode())


def submissions(sources: Path) -> dict[tuple[str, str], str]:
    """A handful of each kind."""
    words, averages = (released_cells(sources, unit) for unit in (WORDS, AVERAGES))
    right = {unit: (sources / unit / f"{NOTEBOOKS[unit]}.ipynb").read_text() for unit in NOTEBOOKS}
    mean = "def mean(numbers):\n    print('hello from mean')\n    return sum(numbers) / len(numbers)"
    half = "print('set up')\ndef median(numbers):\n    return sorted(numbers)[len(numbers) // 2]"
    loop = "def median(numbers):\n    raise SystemExit('no median')"
    deleted = [cell for cell in edited(averages, mean_solution=mean) if cell.grade_id != "median_tests"]
    return {
        ("ada", WORDS): right[WORDS],
        ("ada", AVERAGES): right[AVERAGES],
        ("bob", AVERAGES): to_ipynb(averages),
        (ODD, AVERAGES): to_ipynb(edited(averages, mean_solution="1 / 0", median_solution=half, robust="Why?")),
        ("eve", WORDS): injected(words),
        ("fay", AVERAGES): to_ipynb(deleted),
        ("gil", AVERAGES): to_ipynb(edited(averages, mean_solution=mean, median_solution=loop)),
        ("ida", WORDS): "{ this is no notebook",
    }


@dataclass
class Class:
    """A graded class."""

    course: Path
    submitted: Path
    out: Path

    def nbgrader(self, *arguments: str, cwd: Path | None = None) -> str:
        """Run one of nbgrader's programs; what it said."""
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *arguments],
            cwd=cwd or self.out,
            env=environment(self.out),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        said = done.stdout + done.stderr
        assert done.returncode == 0, said
        return said

    def notebook(self, learner: str, unit: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.path(learner, unit).read_text())
        return content

    def path(self, learner: str, unit: str) -> Path:
        return self.out / "autograded" / learner / unit / f"{NOTEBOOKS[unit]}.ipynb"

    def scores(self) -> dict[tuple[str, str], float]:
        results = [json.loads(line) for line in (self.out / "results.jsonl").read_text().splitlines()]
        return {(result["learner"], result["unit"]): result["score"] for result in results}


def environment(home: Path) -> dict[str, str]:
    """nbgrader calls programs beside Python by name; settings of this machine's users have no say."""
    folders = {name: str(home / ".home") for name in ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
    return {**os.environ, **folders, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "JUPYTER_PLATFORM_DIRS": "1"}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Class:
    folder = tmp_path_factory.mktemp("class")
    course = Path(shutil.copytree(TOY, folder / "course"))
    for (learner, unit), text in submissions(release.build_sources(course)).items():
        path = folder / "submitted" / learner / unit / f"{NOTEBOOKS[unit]}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(text)
    there = Class(course, folder / "submitted", folder / "out")
    grading.grade_class(course, there.submitted, there.out, grading.Options(), Console(quiet=True))
    return there


# -- the notebooks -------------------------------------------------------------------------------------------------


def test_the_class_has_mixed_scores(graded: Class) -> None:
    assert graded.scores() == {
        ("ada", WORDS): 7,
        ("ada", AVERAGES): 5,
        ("bob", AVERAGES): 0,
        (ODD, AVERAGES): 1,
        ("eve", WORDS): 1,
        ("fay", AVERAGES): 0,
        ("gil", AVERAGES): 0,
        ("ida", WORDS): 0,
    }


def test_graded_notebooks_are_valid_and_have_all_cells_of_nbgrader(graded: Class) -> None:
    import nbformat

    for learner, unit in graded.scores():
        notebook = nbformat.read(graded.path(learner, unit), as_version=4)  # type: ignore[no-untyped-call]
        nbformat.validate(notebook)
        names = [c.metadata.nbgrader.grade_id for c in notebook.cells if "nbgrader" in c.metadata]
        source = graded.course / "_build" / "source" / unit / f"{NOTEBOOKS[unit]}.ipynb"
        wanted = [cell.grade_id for cell in read_ipynb(source.read_bytes()) if cell.grade]
        assert sorted(names) == sorted(wanted), (learner, unit)


@pytest.mark.parametrize("unit", NOTEBOOKS)
def test_an_untouched_submission_keeps_texts_metadata_and_checksums_of_nbgrader(unit: str, tmp_path: Path) -> None:
    course = Path(shutil.copytree(TOY, tmp_path / "course"))
    sources = release.build_sources(course)
    cells = released_cells(sources, unit)
    template = autograded.Template.read(load_course(course)[unit], sources)
    notebook = json.loads(autograded.to_json(template, cells, record("ada", unit=unit, layout={}), []))
    ours = [(c["cell_type"], "".join(c["source"]), c["id"], c["metadata"]) for c in notebook["cells"]]
    assert ours == [(c.kind, c.source, c.id, dict(c.metadata)) for c in cells]
