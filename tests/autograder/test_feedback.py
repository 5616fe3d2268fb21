"""Feedback: says what a learner needs, in a page and in a terminal alike, and nothing that anyone smuggled in."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote_to_bytes

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_records import HOSTILE, LAYOUT, TODO, all_faults, record, sample_class, typical

from autograder import feedback
from autograder.pages import TEMPLATES, number, prose
from autograder.records import MAX_OUTPUT, MAX_SOURCE, Answer, Record

VOID = {"meta", "br", "input", "circle", "rect", "path"}
ALLOWED = {
    "svg",
    "circle",
    "text",
    "rect",
    "figure",
    "header",
    "footer",
    "main",
    "nav",
    "section",
    "details",
    "summary",
}
ALLOWED |= {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "div",
    "p",
    "b",
    "h1",
    "h2",
    "h3",
    "ul",
    "li",
    "a",
    "span",
}
ALLOWED |= {"pre", "code"}
INLINE = {"a", "b", "code", "span", "small"}


class Page(HTMLParser):
    """The tags, attributes and text of a page; fails where tags do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.ids: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.words.append("" if tag in INLINE else " ")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    def values(self, attribute: str) -> list[str]:
        return [value for _, name, value in self.attributes if name == attribute]

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


def terminal(made: Record) -> str:
    return " ".join(click.unstyle(feedback.to_terminal(made, 80)).split())


def test_page_and_terminal_say_the_same() -> None:
    page, text = Page(feedback.render(typical())).text, terminal(typical())
    for words in (
        "3 of 6 exercises earn full marks. Start with conv2d-loops: stride and padding.",
        "b=None, stride=2, padding=1) (rows left over)",
        "The result has shape (2, 4, 4, 2) where (2, 4, 4, 3) is expected.",
        "Looks like a known mistake",
        "padding on one axis",
        "adds zeros on all four sides, so the width grows by 2·padding as well.",
        "check-im2col: the visible tests had been changed; the original ones were used.",
        "AssertionError: conv2d should be faster than its loops",
        "shape of the result: (2, 4, 7, 3)",
        "up to 2 points more, given by a person",
        "14 of 30",
    ):
        assert words in page and words in text, words


def test_page_shows_the_learners_code_and_all_families() -> None:
    page = Page(feedback.render(typical())).text
    assert "window = x[n, :, i * stride : i * stride + KH" in page
    for family in LAYOUT["conv2d-loops"]:
        assert family in page
    assert page.count("✗failed") == 4 and page.count("✓passed") == 11


@pytest.mark.parametrize(
    ("made", "headline"),
    [
        (record("ada"), "Everything passes."),
        (record("ada", all_faults(TODO)), "No exercise earns points yet. Start with conv2d-loops: basic."),
        (record("ada", status="rejected", message="a symbolic link"), "This notebook could not be read"),
        (record("ada", layout={}), "A person grades this unit."),
        (record("ada", {("conv2d", "speed"): ("x", None)}), "5 of 6 exercises earn full marks."),
    ],
)
def test_headline_fits(made: Record, headline: str) -> None:
    assert headline in Page(feedback.render(made)).text
    assert headline in terminal(made)


def test_rejected_submission_is_told_why_and_nothing_else() -> None:
    made = record("ada", all_faults("not graded"), status="rejected", message="it is a PDF file", by_hand={"why": 2})
    for text in (Page(feedback.render(made)).text, terminal(made)):
        assert "it is a PDF file" in text
        assert "given by a person" not in text and "conv2d-loops" not in text


def test_fault_of_several_families_is_told_once() -> None:
    page = Page(feedback.render(record("ada", all_faults(TODO)))).text
    assert page.count("Not written yet") == len(LAYOUT)
    assert page.count("same as above") == sum(len(families) - 1 for families in LAYOUT.values())


def test_missing_isolation_is_said() -> None:
    made = record("ada", isolation="unsafe")
    assert feedback.UNSAFE in Page(feedback.render(made)).text and feedback.UNSAFE in terminal(made)


def test_full_marks_fold_the_code_away() -> None:
    assert "<details open>" not in feedback.render(record("ada"))
    assert "<details open>" in feedback.render(typical())


@pytest.mark.parametrize("made", sample_class(), ids=lambda made: ascii(made.result.learner))
def test_page_is_harmless_and_complete_in_itself(made: Record) -> None:
    text = feedback.render(made)
    page = Page(text)
    assert set(page.tags) <= ALLOWED
    assert not [name for _, name, _ in page.attributes if name.startswith("on") or name == "style"]
    assert not page.values("src") and all(link.startswith("#exercise-") for link in page.values("href"))
    assert not re.search(r"url\(|@import|https?:", text)
    assert all(character.isprintable() or character == "\n" for character in text)
    policy = next(value for value in page.values("content") if "default-src" in value)
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_page_has_landmarks_headings_and_unique_ids() -> None:
    page = Page(feedback.render(typical()))
    assert page.tags.count("main") == page.tags.count("h1") == page.tags.count("nav") == 1
    assert page.values("lang") == ["en"]
    assert len(set(page.values("id"))) == len(page.values("id"))
    headings = [int(tag[1]) for tag in page.tags if re.fullmatch("h[1-6]", tag)]
    assert headings[0] == 1 and all(b - a <= 1 for a, b in pairwise(headings))
    assert "80 of 110 points" in page.values("aria-label")


@settings(max_examples=40, deadline=None)
@given(st.text() | st.sampled_from([HOSTILE, "</pre></code></script>", "`<b>`", "{{ 7 * 7 }}", "{% raw %}"]))
def test_nothing_a_learner_writes_becomes_markup(text: str) -> None:
    answers = {"conv2d-loops": Answer(text, text, text, text)}
    faults = {("conv2d-loops", "basic"): (f"{text}\n{text}", text), ("im2col", "layout"): (text, None)}
    usual = record("x", faults, answers={"conv2d-loops": Answer("1", "1", "1", "1")}, notes=["x"])
    made = record(text or "x", faults, answers=answers, notes=[text], status="crashed", message=text)
    assert set(Page(feedback.render(made)).tags) <= set(Page(feedback.render(usual)).tags) | {"pre", "code", "span"}
    shown = click.unstyle(feedback.to_terminal(made))
    assert not any((ord(c) < 32 and c not in "\n\t") or 0x7F <= ord(c) < 0xA0 for c in shown)


def test_template_language_in_an_answer_stays_text() -> None:
    made = record("{{ 7 * 7 }}", all_faults("{{ 7 * 7 }}"), notes=["{% if %}"])
    assert "{{ 7 * 7 }}" in Page(feedback.render(made)).text


def test_ticks_become_code_after_escaping() -> None:
    assert prose("`a<b` & `c`") == "<code>a&lt;b</code> &amp; <code>c</code>"


@pytest.mark.parametrize("text", ["\t\n", "(", "f'{", "@", "\\", "1e@", " \n", "'''", "\x0b\n", "lambda "])
def test_no_answer_takes_long_to_show(text: str) -> None:
    answer = Answer(text * 10**6, text * 10**6)
    started = time.process_time()
    page = feedback.render(record("ada", all_faults(TODO), answers={"conv2d-loops": answer}))
    assert time.process_time() - started < 3  # measured: 0.3; 7 without care
    assert len(page) < 30 * (MAX_SOURCE + MAX_OUTPUT)


def test_hundreds_of_notes_are_cut() -> None:
    made = record("ada", notes=[f"cell {i}: " + "x" * 10**5 for i in range(500)])
    assert "and 480 more" in terminal(made)
    assert len(feedback.render(made)) < 60_000


@pytest.mark.parametrize("learner", ["ada", "two\nlines", "50 % off?#now", "李", "\udcff", "'\"<&>", "x" * 255])
def test_link_leads_to_the_page(tmp_path: Path, learner: str) -> None:
    page = feedback.write(tmp_path, record(learner))
    link = feedback.href(learner, "04_conv_forward")
    assert re.fullmatch(r"[\w.~%/-]+", link, re.ASCII)
    assert tmp_path / Path(unquote_to_bytes(link).decode("utf-8", "surrogateescape")) == page
    assert page.is_file()


def test_terminal_keeps_to_its_width() -> None:
    made = replace(typical(), answers={})
    assert max(len(line) for line in click.unstyle(feedback.to_terminal(made, 60)).split("\n")) <= 60


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "0"), (3.0, "3"), (2.5, "2.5"), (1 / 3, "0.33"), (1234567, "1234567")]
)
def test_points_are_short(value: float, shown: str) -> None:
    assert number(value) == shown


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_has_enough_contrast(theme: int) -> None:
    blocks = re.findall(r":root \{(.*?)\}", (TEMPLATES / "style.css").read_text(), re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#\w{6});", blocks[theme]))
    pairs = [(text, ground) for text in ("ink", "soft", "accent") for ground in ("page", "card", "code")]
    pairs += [(text, ground) for text in ("ink", "soft") for ground in ("bad-bg", "note-bg")]
    pairs += [
        ("good", "card"),
        ("good", "code"),
        ("bad", "card"),
        ("bad", "code"),
        ("bad", "bad-bg"),
        ("note", "note-bg"),
    ]
    pairs += [(text, "code") for text in ("keyword", "string", "number", "name", "remark")]
    for text, ground in pairs:
        dark, light = sorted((luminance(colours[text]), luminance(colours[ground])))
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)
