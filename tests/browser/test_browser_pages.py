"""Every page of the book in a browser: no errors, nothing from outside, readable with and without sight."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import MODES, SITE, Reader
from playwright.sync_api import Browser

PAGES = sorted(path.name for path in SITE.glob("*.html"))
HIDDEN_IMAGES = """() => [...document.images]
  .map((image) => { image.loading = "eager"; return image })
  .filter((image) => getComputedStyle(image).display !== "none")
  .map((image) => image.decode().then(() => "", () => image.currentSrc))"""


def test_there_are_pages(book: str) -> None:
    sources = {path.stem for path in (SITE.parents[1] / "book").glob("*.md")}
    assert {Path(page).stem for page in PAGES} >= sources


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("page", PAGES)
def test_page_has_no_fault(page: str, mode: str, book: str, readers: dict[str, Reader]) -> None:
    reader = readers[mode]
    opened = reader.open(book, page)
    theme = opened.evaluate("() => document.documentElement.dataset.theme")
    assert theme == MODES[mode]["color_scheme"]
    assert [image for image in opened.evaluate(f"async () => Promise.all(({HIDDEN_IMAGES})())") if image] == []
    opened.wait_for_timeout(400)  # the theme's script for regions that scroll waits 300 ms
    assert reader.violations() == []
    assert reader.sideways() <= 0
    assert reader.faults == []


def test_a_page_has_its_colours_before_any_script_file_has_come(book: str, browser: Browser) -> None:
    context = browser.new_context(**MODES["dark"])
    page = context.new_page()
    page.route("**/*.js*", lambda route: route.abort())
    for chosen, expected in (("", "dark"), ("light", "light"), ("auto", "dark")):
        page.goto(f"{book}pooling.html")
        page.evaluate("(mode) => mode && localStorage.setItem('mode', mode)", chosen)
        page.reload()
        assert page.evaluate("() => document.documentElement.dataset.theme") == expected
    context.close()
