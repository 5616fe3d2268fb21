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
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sample_records import record

from autograder import autograded, gradebook, grading, release
from autograder.notebooks import NotebookCell, read_ipynb, to_ipynb
from autograder.units import load_course

TOY = Path(__file__).with_name("toy_course")
WORDS, AVERAGES = "01_words", "02_averages"
NOTEBOOKS = {WORDS: "words", AVERAGES: "averages"}
ODD = "Åsa O'Neil 2 & 3"  # nbgrader's CSV knows no quotes, its searches read [ and * as patterns
HIDDEN = ("math.isclose(mean", "statistics.median(sample)", "no melon", "letters_of_either_case", "HIDDEN TESTS")
MARK = "document.title='INJECTED'"  # what injected code does, if it runs
SCRIPT = f'<script>{MARK};alert(1)</script><img src=x onerror="{MARK}">'
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


def test_no_graded_notebook_holds_hidden_tests_or_anything_live(graded: Class) -> None:
    for learner, unit in graded.scores():
        text = graded.path(learner, unit).read_text()
        assert not [part for part in HIDDEN if part in text], (learner, unit)
        for cell in graded.notebook(learner, unit)["cells"]:
            assert set(cell["metadata"]) <= {"nbgrader", "deletable", "editable"}
            assert cell["cell_type"] != "raw"
            if cell["cell_type"] == "markdown":
                assert not re.search(r"<\w|]\(|]:", "".join(cell["source"]))
            for output in cell.get("outputs", []):
                assert set(output.get("data", {})) <= {"text/plain"}
                assert "\\u001b" not in json.dumps(output)


def test_outputs_say_the_score_and_what_failed(graded: Class) -> None:
    cells = {cell["id"]: cell for cell in graded.notebook("eve", WORDS)["cells"]}
    said, score = cells["test-is-palindrome"]["outputs"]
    assert "".join(said["text"]).startswith("1 of 4 points\n✗ letters: 0 of 3 points\n    is_palindrome(text='levels')")
    assert score["data"] == {"text/plain": ["1.0"]}
    assert "invalid JSON" in "".join(graded.notebook("ida", WORDS)["cells"][0]["outputs"][0]["text"])


def test_a_lost_notebook_comes_back_with_the_next_run(graded: Class) -> None:
    path = graded.path("eve", WORDS)
    before = {cell["id"]: cell["source"] for cell in graded.notebook("eve", WORDS)["cells"]}
    path.unlink()
    done = grading.grade_class(graded.course, graded.submitted, graded.out, grading.Options(), Console(quiet=True))
    assert (done.graded, done.kept) == (0, 8)
    assert {cell["id"]: cell["source"] for cell in graded.notebook("eve", WORDS)["cells"]} == before


def test_a_name_that_would_act_in_formgraders_pages_never_gets_there(graded: Class) -> None:
    unit = load_course(graded.course)[WORDS]
    for name in ("<img src=x onerror=alert(1)>", 'a" onclick="alert(1)', "a,b*[c]?"):
        place = autograded.path(graded.out, unit, name)
        assert place is not None and not set(place.parts[-3]) & set('<>"*?,[]')
    assert autograded.path(graded.out, unit, "ä" * 128) is None
    assert autograded.path(graded.out, unit, ODD) == graded.path(ODD, WORDS)


# -- nbgrader's programs -------------------------------------------------------------------------------------------


def test_export_gives_the_scores(graded: Class) -> None:
    graded.nbgrader("export")
    with (graded.out / "grades.csv").open(newline="") as file:
        exported = {(row["student_id"], row["assignment"]): float(row["score"]) for row in csv.DictReader(file)}
    assert {key: exported[key] for key in graded.scores()} == graded.scores()


def test_feedback_is_made_and_holds_our_words_and_nothing_live(graded: Class) -> None:
    for unit in NOTEBOOKS:
        graded.nbgrader("generate_feedback", unit)
    pages = {key: graded.out / "feedback" / key[0] / key[1] / f"{NOTEBOOKS[key[1]]}.html" for key in graded.scores()}
    texts = {key: path.read_text() for key, path in pages.items()}
    for key, text in texts.items():
        assert not [part for part in HIDDEN if part in html.unescape(text)], key
        assert_harmless(text)
    assert "is_palindrome(text='levels')" in html.unescape(texts["eve", WORDS])
    assert "Returned True." in texts["eve", WORDS]
    assert "set up" in texts[ODD, AVERAGES]
    assert "ZeroDivisionError" in texts[ODD, AVERAGES]


class Tags(HTMLParser):
    """What a browser would run or fetch of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.live: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            runs = name.startswith("on") and MARK in (value or "")
            if runs or (value or "").strip().lower().startswith(("javascript:", "data:text")):
                self.live.append(f"{tag} {name}")
            if name == "src" and value in ("x", "https://example.org/seen.png"):
                self.live.append(f"{tag} {name}={value}")

    def handle_data(self, data: str) -> None:
        if self.cdata_elem and MARK in data:
            self.live.append(f"{self.cdata_elem} {data}")


def assert_harmless(page: str) -> None:
    """Nothing that runs or is fetched came from a learner."""
    assert Tags(page).live == []
    assert "\x1b" not in page
    assert 'class="mermaid"' not in page


CONFIG = """
c = get_config()
c.CourseDirectory.root = {root!r}
c.CourseDirectory.source_directory = "_build/source"
c.CourseDirectory.db_url = {url!r}
c.Autograde.autograde_preprocessors = [
    "autograder.nbgrader_plugin.Execute",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.GenerateFeedback.preprocessors = [
    "autograder.nbgrader_plugin.Feedback",
    "nbgrader.preprocessors.GetGrades",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
c.AutograderPlugin.records = {records!r}
"""


def book(url: str) -> dict[tuple[str, ...], tuple[float | None, bool]]:
    from nbgrader.api import Gradebook

    with Gradebook(url) as found:
        return {
            (entry.student.id, entry.assignment.name, entry.name): (entry.auto_score, entry.needs_manual_grade)
            for assignment in found.assignments
            for submission in assignment.submissions
            for notebook in submission.notebooks
            for entry in notebook.grades
        }


@pytest.mark.parametrize("ahead", [False, True], ids=["alone", "after autograder grade"])
def test_nbgrader_autograde_gives_the_same_scores(graded: Class, ahead: bool, tmp_path: Path) -> None:
    shutil.copytree(graded.course, tmp_path, dirs_exist_ok=True)
    ignored = shutil.ignore_patterns("ida")  # nbgrader itself refuses what is no notebook
    shutil.copytree(graded.submitted, tmp_path / "submitted", ignore=ignored)
    url = f"sqlite:///{tmp_path / 'book.db'}"
    gradebook.write(url, load_course(tmp_path).values(), tmp_path / "_build" / "source", [])
    config = CONFIG.format(root=str(tmp_path), url=url, records=str(graded.out) if ahead else "")
    (tmp_path / "nbgrader_config.py").write_text(config)
    units = [AVERAGES] if ahead else [WORDS, AVERAGES]
    said = "".join(graded.nbgrader("autograde", unit, cwd=tmp_path) for unit in units)
    assert said.count("Taking the result") == (5 if ahead else 0)
    wanted = {key: value for key, value in book(f"sqlite:///{graded.out / 'gradebook.db'}").items() if key[0] != "ida"}
    assert book(url) == {key: value for key, value in wanted.items() if key[1] in units}
    if not ahead:
        path = tmp_path / "feedback" / "eve" / WORDS / "words.html"
        graded.nbgrader("generate_feedback", WORDS, cwd=tmp_path)
        assert "Returned True." in path.read_text()
        assert_harmless(path.read_text())


def test_feedback_of_plain_nbgraders_notebooks_loses_hidden_tests_and_all_that_is_live(graded: Class) -> None:
    import nbformat

    from autograder.nbgrader_plugin import Feedback

    cells = read_ipynb((graded.course / "_build" / "source" / WORDS / "words.ipynb").read_bytes())
    notebook = nbformat.reads(injected(cells), as_version=4)  # type: ignore[no-untyped-call]
    cleaner = Feedback()
    for cell in notebook.cells:
        cleaner.clean(cell, frozenset())
    text = json.dumps(notebook)
    assert "letters_of_either_case" not in text
    assert "HIDDEN TESTS" not in text
    assert "text/html" not in text
    assert all(o.output_type == "stream" for cell in notebook.cells for o in cell.get("outputs", []))
    assert not any(re.search(r"<\w|]\(", cell.source) for cell in notebook.cells if cell.cell_type == "markdown")


# -- in a browser --------------------------------------------------------------------------------------------------

EXTENSIONS = (
    "jupyterlab",
    "notebook",
    "notebook_shim",
    "jupyter_lsp",
    "jupyterlab_jupytext",
    "jupyter_server_terminals",
)


@pytest.fixture(scope="module")
def server(graded: Class) -> Iterator[str]:
    """A Jupyter server with formgrader, started in the folder of the results."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    extensions = {**dict.fromkeys(EXTENSIONS, False), "nbgrader.server_extensions.formgrader": True}
    options = [f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=", "--ServerApp.password="]
    options += [f"--ServerApp.jpserver_extensions={extensions!r}", "--allow-root", "--no-browser"]
    with (graded.out / "server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyter_server", "--ip=127.0.0.1", *options],
            cwd=graded.out,
            env=environment(graded.out),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        for _ in range(300):
            time.sleep(0.1)
            try:
                urllib.request.urlopen(f"{address}/formgrader/api/assignments", timeout=20).close()
                break
            except OSError:
                assert process.poll() is None, (graded.out / "server.log").read_text()
        yield address
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def browse(tmp_path: Path) -> Callable[[str], str]:
    """Opens a page in a real browser and gives what its document has become."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: formgrader's pages were not opened")
    quiet = ["gpu", "quic", "background-networking", "component-update", "sync"]
    switches = ["--headless", "--no-sandbox", "--no-first-run", *(f"--disable-{name}" for name in quiet)]
    switches += ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--virtual-time-budget=5000"]

    def browse(url: str) -> str:
        command = [CHROMIUM, *switches, f"--user-data-dir={tmp_path / 'browser'}", "--dump-dom", url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        return done.stdout

    return browse


def listed(server: str, unit: str) -> dict[str, str]:
    """Formgrader's submissions to a unit: ids by learner."""
    with urllib.request.urlopen(f"{server}/formgrader/api/submitted_notebooks/{unit}/{NOTEBOOKS[unit]}") as answer:
        return {entry["student"]: entry["id"] for entry in json.load(answer)}


def test_formgrader_lists_everyone_with_the_score(server: str, browse: Callable[[str], str]) -> None:
    page = browse(f"{server}/formgrader/gradebook/{AVERAGES}/averages")
    rows = dict(re.findall(r'class="name-shown" href="[^"]*">([^<]*)</a></td><td[^>]*>([^<]*)</td>', page))
    assert {html.unescape(name): score for name, score in rows.items()} == {
        "ada": "5 / 6",
        "bob": "0 / 6",
        ODD: "1 / 6",
        "fay": "0 / 6",
        "gil": "0 / 6",
    }


def test_formgrader_shows_a_submission_and_runs_nothing_of_it(
    graded: Class, server: str, browse: Callable[[str], str]
) -> None:
    address = f"{server}/formgrader/submissions/{listed(server, WORDS)['eve']}"
    page = browse(address)
    assert "<title>words</title>" in page
    assert_harmless(page)
    assert "is_palindrome(text='levels')" in html.unescape(page)
    assert 'id="test-is-palindrome"' in page
    path = graded.path("eve", WORDS)
    kept = path.read_text()
    try:  # the same submission as plain nbgrader shows it: this test can fail
        path.write_text((graded.submitted / "eve" / WORDS / "words.ipynb").read_text().replace("alert(1)", ""))
        assert "<title>INJECTED</title>" in browse(address)
    finally:
        path.write_text(kept)
