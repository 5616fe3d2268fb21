"""What the tests in a browser share: Chromium, and the built book on a server."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from browsing import MODES, ROOT, SITE, Reader, served
from playwright.sync_api import Browser, sync_playwright


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window; a machine that has none fails the test, and is told what to do."""
    found = subprocess.run([ROOT / "scripts/find-chromium"], capture_output=True, text=True)
    if found.returncode:
        pytest.fail("no Chromium or Chrome on this machine: run scripts/system-packages browser", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found.stdout.strip(), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def readers(browser: Browser) -> dict[str, Reader]:
    """A reader for each mode, kept for all pages."""
    return {mode: Reader(browser.new_context(reduced_motion="reduce", **MODES[mode])) for mode in MODES}


@pytest.fixture
def reader(browser: Browser) -> Iterator[Reader]:
    """A reader who has been nowhere yet, on a wide light page."""
    context = browser.new_context(reduced_motion="reduce", **MODES["light"])
    yield Reader(context)
    context.close()


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Path], str]]:
    """Serves folders until the end of the session."""
    with ExitStack() as stack:
        yield lambda folder: stack.enter_context(served(folder))


@pytest.fixture(scope="session")
def book(serve: Callable[[Path], str]) -> str:
    """The address of the built book."""
    if not (SITE / "index.html").exists():
        pytest.fail("no book to open: build it with make book", pytrace=False)
    return serve(SITE)
