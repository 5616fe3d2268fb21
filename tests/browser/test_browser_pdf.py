"""The book on paper: `make pdf` joins its pages and prints them."""

from __future__ import annotations

import re
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest
from browsing import ROOT
from bs4 import BeautifulSoup


@pytest.fixture(scope="module")
def pdf() -> ModuleType:
    spec = spec_from_loader("pdf", SourceFileLoader("pdf", str(ROOT / "scripts/pdf")))
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_page_of_the_contents_is_in_the_book(pdf: ModuleType, book: str) -> None:
    names = pdf.page_names()
    assert names[0] == "index"
    assert set(names) == {path.stem for path in (ROOT / "book").glob("*.md")}


def test_links_between_pages_lead_to_a_place_in_the_joined_page(pdf: ModuleType, book: str) -> None:
    page = BeautifulSoup(pdf.joined(["pooling", "glossary", "notation"]), "html.parser")
    ids = [str(tag["id"]) for tag in page.select("[id]")]
    assert len(ids) == len(set(ids))
    links = [str(tag["href"]) for tag in page.select("body a[href]")]
    assert [link for link in links if link.startswith("#") and link[1:] not in ids] == []
    assert [link for link in links if not re.match(r"#|https?:", link)] == []
    assert "#glossary" in links
    assert page.select("details") and not page.select("details:not([open])")


def test_pages_are_printed_with_an_outline(pdf: ModuleType, book: str, tmp_path: Path) -> None:
    count = pdf.write(["notation", "glossary"], tmp_path / "two.pdf")
    written = (tmp_path / "two.pdf").read_bytes()
    assert count >= 5
    assert b"/Outlines" in written
    assert b"file:" not in written


def test_the_contents_name_the_page_of_each_section(pdf: ModuleType) -> None:
    browser_s = (
        b"%PDF-1.4\n2 0 obj\n<</Type /Page\n/Contents 3 0 R>>\nendobj\n"
        b"9 0 obj\n<</Type /Page\n/Contents 4 0 R>>\nendobj\n"
        b"52 0 obj\n<</Type /Pages\n/Count 2\n/Kids [2 0 R 9 0 R]>>\nendobj\n"
        b"53 0 obj\n<</one [2 0 R /XYZ 0 800 0]\n/one.r#C3#A9sum#C3#A9 [9 0 R /XYZ 0 70 0]>>\nendobj\n"
    )
    numbers = pdf.page_numbers(browser_s)
    assert numbers == {"one": 1, "one.résumé": 2}
    text = "".join(pdf.line_of_contents(place, "words") for place in numbers)
    assert re.findall(r">(\d+)<", pdf.numbered(text, numbers)) == ["1", "2"]


def test_numbers_change_nothing_but_themselves(pdf: ModuleType, book: str, tmp_path: Path) -> None:
    pdf.write(["notation", "glossary"], tmp_path / "two.pdf")
    numbers = pdf.page_numbers((tmp_path / "two.pdf").read_bytes())
    page = BeautifulSoup(pdf.joined(["notation", "glossary"]), "html.parser")
    assert {str(span["data-of"]) for span in page.select(".on-page")} <= numbers.keys()
    assert 2 < numbers["notation"] < numbers["notation.units"] < numbers["glossary"]
