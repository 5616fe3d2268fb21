"""The class report: right numbers, every name, and nothing that runs but its own script."""

from __future__ import annotations

import base64
import hashlib
import re
import statistics
from dataclasses import replace
from pathlib import Path

import pytest
from sample_records import HOSTILE, UNIT, record, sample_class
from test_feedback import Page

from autograder import feedback, report
from autograder.records import Record

CLASS = sample_class()


@pytest.fixture(scope="module")
def text() -> str:
    return report.render(CLASS)


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    page = Page(re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL))
    assert len(set(page.values("id"))) == len(page.values("id"))
    return page


def test_numbers_are_those_of_the_class(page: Page) -> None:
    scores = [made.result.score for made in CLASS]
    assert "24 learners, 24 submissions." in page.text
    assert f"Mean {statistics.fmean(scores):.1f} of 110" in page.text
    assert f"Median {statistics.median(scores):.1f}" in page.text
    assert f"Full marks {sum(score == 110 for score in scores)}" in page.text


def test_every_learner_has_a_row_and_a_link_to_the_feedback(page: Page) -> None:
    for made in CLASS:
        assert feedback.href(made.result.learner, UNIT) in page.values("href")
    assert page.tags.count("tr") == len(CLASS) + 3  # head, mean, points


def test_what_went_wrong_is_listed_with_its_reason(page: Page) -> None:
    for words in (
        r"two\nlines ran out of time im2col: the code ran out of time; everything else was graded",
        "memory-hog crashed locally-connected: the code ended its process",
        "broken could not be read not a notebook: invalid JSON in line 3, column 14",
    ):
        assert words in page.text


def test_mistakes_are_counted_by_learner_and_sorted() -> None:
    flipped = ("It differs.\nThe kernel was flipped. Or: something else.", "flipped-kernel")
    late = ("It differs.\nThe bias came late.", "late-bias")
    both = {("conv2d-loops", family): flipped for family in ("basic", "contract")}
    text = Page(report.render([record("a", both), record("b", both), record("c", {("conv2d", "speed"): late})])).text
    assert "2 flipped kernel conv2d-loops The kernel was flipped. 2 learners a, b" in text
    assert "1 late bias conv2d The bias came late. 1 learner c" in text
    assert text.index("flipped kernel") < text.index("late bias")


def test_distribution_is_described_in_words() -> None:
    half = {("conv2d-loops", family): ("x", None) for family in ("basic", "stride and padding")}
    labels = Page(report.render([record("a"), record("b"), record("c", half)])).values("aria-label")
    assert "Number of submissions by share of the points. 80 % up to 90 %: 1, 100 %: 2." in labels


def test_units_have_sections_of_their_own() -> None:
    other = record("ada.lovelace", unit="05_pooling", layout={"max-pool": {"values": 5}})
    page = Page(report.render([*CLASS, other]))
    assert "24 learners, 25 submissions to 2 units." in page.text
    assert {"#unit-1", "#unit-2"} <= set(page.values("href")) and {"unit-1", "unit-2"} <= set(page.values("id"))


def test_only_the_reports_own_style_and_script_may_run(text: str, page: Page) -> None:
    policy = next(value for value in page.values("content") if "default-src" in value)
    for tag in ("style", "script"):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';") and "unsafe" not in policy
    assert not [name for _, name, _ in page.attributes if name.startswith("on") or name == "style"]
    assert not page.values("src") and not re.search(r"url\(|@import|https?:", text)


def test_hostile_names_and_messages_stay_text() -> None:
    made = record(HOSTILE.replace("/", ""), {("conv2d", "speed"): (f"x\n{HOSTILE}", HOSTILE)}, status="crashed")
    page = Page(report.render([replace(made, result=replace(made.result, message=HOSTILE))]))
    assert "img" not in page.tags and page.tags.count("script") == 1
    assert r"\x1b[2J\u202etxt.exe" in page.text


def test_missing_isolation_is_said() -> None:
    assert feedback.UNSAFE in Page(report.render([record("ada", isolation="unsafe"), record("bob")])).text


def test_report_of_nothing_and_of_one(tmp_path: Path) -> None:
    assert "Nothing has been graded yet." in Page(report.render([])).text
    assert "1 learner, 1 submission." in Page(report.render([record("ada")])).text
    assert report.write(tmp_path, [record("ada", layout={})]) == tmp_path / "report.html"


def test_leaderboards_have_the_least_first() -> None:
    def measured(learner: str, seconds: float | None) -> Record:
        made = record(learner)
        first, *others = made.result.exercises
        exercises = (replace(first, measures={} if seconds is None else {"seconds": seconds}), *others)
        return replace(made, result=replace(made.result, exercises=exercises))

    text = Page(report.render([measured("slow", 12.5), measured("quick", 3.25), measured("none", None)])).text
    assert "Leaderboard of conv2d-loops: seconds quick 3.25 slow 12.50" in text
    many = Page(report.render([measured(f"learner{i}", float(i)) for i in range(12)])).text
    assert "learner9 9.00 The first 10 of 12." in many
    assert "Leaderboard" not in Page(report.render([record("ada")])).text
