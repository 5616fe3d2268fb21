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
