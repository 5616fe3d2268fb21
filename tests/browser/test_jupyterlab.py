"""The released notebooks in JupyterLab, as a learner opens them: prose renders, and checks say what is wrong."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import pytest
from browsing import ROOT, Reader
from playwright.sync_api import Locator, Page, TimeoutError, expect

from autograder.testing import Suite, answer_source

UNITS = sorted(path.name for path in (ROOT / "solutions").glob("[0-9][0-9]_*"))
UNIT = "02_convolution_1d"
EXERCISE = "correlate1d"
TOKEN = "learner"
KERNEL_STARTS = 60_000  # milliseconds; seldom more than five seconds
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},  # all cells in the page
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}

NOTEBOOK = ".jp-NotebookPanel:not(.lm-mod-hidden)"  # the one in front
# What a learner would see that should not be there. A backslash alone is a picture of a bar in unit 01.
BLEMISHES = r"""() => [...document.querySelectorAll("NOTEBOOK .jp-MarkdownCell")].flatMap((cell) => {
  const text = cell.querySelector(".jp-RenderedMarkdown")?.cloneNode(true);
  if (!text) return [`not rendered: ${cell.textContent}`];
  text.querySelectorAll("code, pre, mjx-container").forEach((part) => part.remove());
  const raw = text.textContent.match(/.*(\$|\\[a-z]|\*\*|\]\().*/g) ?? [];
  const errors = [...cell.querySelectorAll("mjx-merror")].map((error) => error.textContent);
  const images = [...cell.querySelectorAll("img")].filter((image) => !image.naturalWidth).map((image) => image.src);
  const links = [...cell.querySelectorAll(".jp-RenderedMarkdown a:not(.jp-InternalAnchorLink)")]
    .map((link) => link.getAttribute("href"))
    .filter((href) => !/^https:/.test(href ?? "") && !document.getElementById(href?.slice(1)));
  return [...raw, ...errors, ...images, ...links];
})""".replace("NOTEBOOK", NOTEBOOK)

OPEN = """async (path) => {
  await jupyterapp.started;
  await jupyterapp.commands.execute("docmanager:open", { path });
}"""

# What is run before the kernel is ready is lost, or asks for another kernel.
RUN_ALL = """async () => {
  await jupyterapp.shell.currentWidget.sessionContext.ready;
  await jupyterapp.commands.execute("notebook:run-all-cells");
}"""


def cells_of(unit: str) -> list[dict[str, str]]:
    """The cells of a released notebook, with their sources in one piece."""
    notebook = json.loads((ROOT / "exercises" / unit / f"{unit[3:]}.ipynb").read_text(encoding="utf-8"))
    return [{**cell, "source": "".join(cell["source"])} for cell in notebook["cells"]]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a JupyterLab that has a copy of the exercises, and nothing of its user's."""
    home = tmp_path_factory.mktemp("jupyterlab")
    shutil.copytree(ROOT / "exercises", home / "exercises")
    for name, settings in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    places = {f"JUPYTER_{kind}_DIR": str(home / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    places |= {"JUPYTERLAB_SETTINGS_DIR": str(home / "settings"), "IPYTHONDIR": str(home / "ipython")}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"]
    command += [f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={home / 'exercises'}"]
    command += ["--LabApp.expose_app_in_browser=True"]
    with (home / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=home, env=os.environ | places, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}/"
    wait_for(f"{address}api?token={TOKEN}", home / "log")
    yield address
    server.terminate()
    with suppress(subprocess.TimeoutExpired):  # a kernel that is only just starting can keep it
        server.wait(20)
    server.kill()
    server.wait()


def wait_for(address: str, log: Path) -> None:
    """Come back when a server answers."""
    for _ in range(300):
        with suppress(OSError), urlopen(address):
            return
        time.sleep(0.1)
    pytest.fail(f"JupyterLab does not start: {log.read_text()}", pytrace=False)


def opened(reader: Reader, lab: str, unit: str) -> Page:
    """The page with a unit's notebook, when its cells are there."""
    page = reader.page
    if not page.url.startswith(lab):  # JupyterLab takes seconds to start in a browser: all notebooks are opened in one
        reader.open(lab, f"lab?token={TOKEN}")
        page.wait_for_function("() => window.jupyterapp")
    reader.faults.clear()
    page.evaluate(OPEN, f"{unit}/{unit[3:]}.ipynb")
    expect(page.locator(f"{NOTEBOOK} .jp-Cell")).to_have_count(len(cells_of(unit)), timeout=30_000)
    return page


@pytest.mark.parametrize("unit", UNITS)
def test_notebook_renders(unit: str, lab: str, readers: dict[str, Reader]) -> None:
    page = opened(readers["light"], lab, unit)
    prose = "\n".join(cell["source"] for cell in cells_of(unit) if cell["cell_type"] == "markdown")
    headings = re.findall("^#+ (.*)", re.sub("(?s)```.*?```", "", prose), re.MULTILINE)
    shown = page.locator(f"{NOTEBOOK} .jp-RenderedMarkdown :is(h1, h2, h3)")
    expect(shown).to_have_count(len(headings), timeout=30_000)  # cells are there before their prose is
    assert [text.rstrip("¶") for text in shown.all_inner_texts()] == headings
    with suppress(TimeoutError):  # formulas are set one after the other
        page.wait_for_function(f"() => !({BLEMISHES})().length", timeout=10_000)
    assert page.evaluate(BLEMISHES) == []
    # JupyterLab warns of its own slowness; errors, and what it asks of others, are no business of a notebook's.
    assert [fault for fault in readers["light"].faults if not fault.startswith("warning: ")] == []


def cell(page: Page, grade_id: str) -> Locator:
    """A cell by the name that it has in its file."""
    return page.locator(f"{NOTEBOOK} .jp-Cell").nth([one["id"] for one in cells_of(UNIT)].index(grade_id))


def run(page: Page, grade_id: str, source: str | None = None) -> Locator:
    """What a cell prints, after another source was typed into it."""
    editor = cell(page, grade_id).locator(".cm-content")
    editor.click()
    if source is not None:
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(source)
    page.keyboard.press("Control+Enter")
    expect(cell(page, grade_id).locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[\d+\]:"), timeout=KERNEL_STARTS)
    return cell(page, grade_id).locator(".jp-OutputArea-output")


def test_checks_help_from_the_first_run_to_the_right_answer(lab: str, readers: dict[str, Reader]) -> None:
    page = opened(readers["light"], lab, UNIT)
    page.evaluate(RUN_ALL)
    untouched = cell(page, f"check-{EXERCISE}").locator(".jp-OutputArea-output")
    expect(untouched).to_contain_text("raise NotImplementedError", timeout=KERNEL_STARTS)
    expect(page.locator(f"{NOTEBOOK} .jp-OutputArea-output")).to_have_count(1)  # what comes after it was not run

    suite = Suite(folder=ROOT / "solutions" / UNIT)
    mistake = next(one for one in suite.mistakes.of(EXERCISE) if one.name == "flipped-kernel")
    expect(run(page, EXERCISE, answer_source(mistake.function, EXERCISE))).to_have_count(0)
    expect(run(page, f"check-{EXERCISE}")).to_contain_text("is the kernel flipped")

    right = next(iter(suite.alternatives.of(EXERCISE)))
    expect(run(page, EXERCISE, answer_source(right.function, EXERCISE))).to_have_count(0)
    expect(run(page, f"check-{EXERCISE}")).to_have_count(0)
