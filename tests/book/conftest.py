from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def site() -> Path:
    """The built book, brought up to date as `make book` does it."""
    command = [sys.executable, "scripts/book", "build", "book", "-W", "-n", "--keep-going"]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout[-2000:] + built.stderr[-4000:]
    return ROOT / "_build" / "html"


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[str, BeautifulSoup]:
    """The pages by the name of their file."""
    return {path.name: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser") for path in site.glob("*.html")}


@pytest.fixture(scope="module")
def text(request: pytest.FixtureRequest, pages: dict[str, BeautifulSoup]) -> str:
    """The words of the page that a test file is named after."""
    article = pages[f"{request.module.__name__.removeprefix('test_')}.html"].find("article")
    assert article
    return re.sub(r"\s+", " ", article.get_text())
