"""What the book offers works without a mouse, and without a server or a network."""

from __future__ import annotations

import re

import pytest
from browsing import MODES, SITE, Reader
from playwright.sync_api import Browser, Locator, Page, expect

# A live figure, its page, its slider, and what it says before and after one press of the right arrow on that.
FIGURES = [
    ("conv-stepper", "convolution_layer.html", "step", "Output row 0, column 0:", "Output row 0, column 1:"),
    ("backward-stepper", "backpropagation.html", "step", "Window 0 holds 1 and 2.", "Window 1 holds 2 and 4."),
    ("memory-fit", "counting.html", "batch", "Batch 64:", "Batch 128:"),
]


def focused(page: Page) -> str:
    """The text of the element that has the focus."""
    return str(page.evaluate("() => document.activeElement.textContent.trim()"))


def theme(page: Page) -> str:
    return str(page.evaluate("() => document.documentElement.dataset.theme"))


def outline(element: Locator) -> str:
    """How the browser draws the frame around an element."""
    return str(element.evaluate("(element) => getComputedStyle(element).outlineStyle"))


def answers(page: Page) -> list[Locator]:
    return page.locator(".question").first.locator("details").all()


def assert_a_figure_obeys_the_arrows(page: Page, name: str, slider: str, before: str, after: str) -> None:
    figure = page.locator(name)
    said = figure.locator("p[aria-live]")
    expect(said).to_contain_text(before)
    figure.locator("select").first.focus()
    for _ in range(figure.locator("select").count()):
        page.keyboard.press("Tab")
    knob = figure.locator(f"[name={slider}]")
    expect(knob).to_be_focused()
    assert outline(knob) == "solid"
    page.keyboard.press("ArrowRight")
    expect(said).to_contain_text(after)
    page.keyboard.press("Shift+Tab")
    words = said.text_content()
    page.keyboard.press("ArrowDown")  # another entry of the last list
    expect(said).not_to_have_text(words or "")


def test_the_first_stop_is_a_link_past_the_navigation(book: str, reader: Reader) -> None:
    page = reader.open(book, "pooling.html")
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to main content"
    page.keyboard.press("Enter")
    assert page.evaluate("() => location.hash") == "#main-content"


def test_an_answer_opens_and_closes_by_keys_and_says_whether_it_is_right(book: str, reader: Reader) -> None:
    page = reader.open(book, "pooling.html")
    first, second, *_ = answers(page)
    first.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(first.locator(".why")).to_be_visible()
    assert re.match("Right|Wrong", first.locator(".why").inner_text())
    page.keyboard.press("Enter")
    expect(first.locator(".why")).to_be_hidden()
    page.keyboard.press("Tab")
    expect(second.locator("summary")).to_be_focused()
    assert outline(second.locator("summary")) != "none"
    page.keyboard.press("Space")
    expect(second.locator(".why")).to_be_visible()


@pytest.mark.parametrize(("name", "page", "slider", "before", "after"), FIGURES, ids=[figure[0] for figure in FIGURES])
def test_a_live_figure_obeys_the_arrow_keys(
    name: str, page: str, slider: str, before: str, after: str, book: str, reader: Reader
) -> None:
    assert_a_figure_obeys_the_arrows(reader.open(book, page), name, slider, before, after)


def test_every_live_figure_of_the_book_is_tested_here() -> None:
    assert {path.stem for path in (SITE.parents[1] / "book/widgets").glob("*.js")} == {name for name, *_ in FIGURES}


def test_search_opens_by_keys_and_finds_a_word(book: str, reader: Reader) -> None:
    page = reader.open(book, "index.html")
    page.keyboard.press("Control+k")
    page.keyboard.type("dilation")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=dilation*")
    expect(page.locator("#search-results li a").first).to_be_visible()
    assert reader.faults == []


def test_the_theme_changes_by_keys_and_stays(book: str, reader: Reader) -> None:
    page = reader.open(book, "pooling.html")
    page.locator("button.theme-switch-button:visible").first.focus()
    for _ in range(3):
        if theme(page) == "dark":
            break
        page.keyboard.press("Enter")
    assert theme(page) == "dark"
    reader.open(book, "counting.html")
    assert theme(page) == "dark"


def test_the_list_of_chapters_opens_by_keys_on_a_narrow_screen(book: str, browser: Browser) -> None:
    context = browser.new_context(reduced_motion="reduce", **MODES["narrow"])
    page = Reader(context).open(book, "pooling.html")
    page.get_by_role("button", name="List of chapters").focus()
    page.keyboard.press("Enter")
    chapter = page.get_by_role("link", name="Counting").first
    expect(chapter).to_be_visible()
    page.keyboard.press("Escape")
    expect(chapter).to_be_hidden()
    context.close()


@pytest.mark.parametrize("name", [figure[1] for figure in FIGURES])
def test_a_page_opened_as_a_file_works_without_a_network(name: str, reader: Reader) -> None:
    figure, _, slider, before, after = next(entry for entry in FIGURES if entry[1] == name)
    reader.page.context.set_offline(True)
    page = reader.open(f"{SITE.as_uri()}/", name)
    assert_a_figure_obeys_the_arrows(page, figure, slider, before, after)
    summary = answers(page)[0].locator("summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(answers(page)[0].locator(".why")).to_be_visible()
    assert page.evaluate("() => [...document.fonts].some((font) => font.status === 'loaded')")
    assert reader.faults == []
