"""Nothing of `solutions/` that a learner should write, or should not see, is in the book or in `exercises/`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]
SECRETS = ("hidden_tests.py", "mistakes.py", "alternatives.py")
PUBLISHED_TEXT = {".html", ".js", ".json", ".ipynb", ".md", ".py", ".svg", ".txt", ".css", ".csv", ".xml"}
WORD = re.compile(r"\w+")
ANSWER = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.DOTALL)


def squeeze(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def lines(text: str, shortest: int) -> set[str]:
    squeezed = {squeeze(line) for line in text.splitlines()}
    return {
        line for line in squeezed if len(line) >= shortest and not line.startswith(("import ", "from ", "#", "def "))
    }


def forbidden() -> set[str]:
    """Lines of answers, hidden tests, mistakes and alternatives that the unit does not show its learners itself."""
    secret: set[str] = set()
    shown: set[str] = set()
    for unit in sorted((ROOT / "solutions").glob("[0-9][0-9]_*")):
        source = (unit / f"{unit.name[3:]}.py").read_text(encoding="utf-8")
        secret |= {line for answer in ANSWER.findall(source) for line in lines(answer, 25)}
        shown |= lines(ANSWER.sub("", source), 25)
        for name in SECRETS:
            secret |= lines((unit / name).read_text(encoding="utf-8"), 40)
    return secret - shown


def leaks(secret: set[str], text: str) -> list[str]:
    """The secret lines in a text; a look at their words first saves most of the searching."""
    words = set(WORD.findall(text))
    return [line for line in secret if words.issuperset(WORD.findall(line)[1:-1]) and line in text]


def published_text(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        return "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
    if path.suffix == ".html":
        return text + BeautifulSoup(text, "html.parser").get_text()
    return text


def published() -> list[Path]:
    folders = [ROOT / "_build" / "html", ROOT / "exercises"]
    return [
        path for folder in folders for path in folder.rglob("*") if path.is_file() and path.suffix in PUBLISHED_TEXT
    ]


@pytest.mark.usefixtures("site")
def test_no_line_of_a_solution_is_published() -> None:
    secret = forbidden()
    assert len(secret) > 100
    found = {}
    for path in published():
        text = squeeze(published_text(path))
        leaked = leaks(secret, text)
        if leaked or "BEGIN HIDDEN TESTS" in text or "BEGIN SOLUTION" in text:
            found[str(path.relative_to(ROOT))] = leaked
    assert found == {}


@pytest.mark.usefixtures("site")
def test_no_secret_file_is_published() -> None:
    assert [path for path in published() if path.name in SECRETS] == []


def test_the_search_would_find_a_leak(tmp_path: Path) -> None:
    line = sorted(forbidden())[0]
    page = tmp_path / "page.html"
    words = "</span> <span>".join(line.replace("&", "&amp;").replace("<", "&lt;").split(" "))
    page.write_text(f"<pre><span>{words}</span></pre>", encoding="utf-8")
    assert leaks({line}, squeeze(published_text(page))) == [line]
