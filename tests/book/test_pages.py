"""What holds for every page: links, images, nothing from outside, weight."""

from __future__ import annotations

import gzip
import re
import tomllib
from pathlib import Path
from urllib.parse import unquote

import yaml
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]
LARGEST_PAGE = 250 * 1024  # bytes, gzipped, with scripts, styles and figures; without fonts
COLUMN = 74  # characters of code that a page of 1200 pixels shows without scrolling


def local_references(page: BeautifulSoup) -> set[str]:
    found = {str(tag[name]) for name in ("href", "src") for tag in page.find_all(attrs={name: True})}
    return {reference for reference in found if not re.match(r"(https?|mailto|data):", reference)}


def sources(pages: dict[str, BeautifulSoup]) -> dict[str, BeautifulSoup]:
    """The pages that have a source, which the index and the search have not."""
    names = {path.with_suffix(".html").name for path in (ROOT / "book").glob("*.md")}
    return {name: page for name, page in pages.items() if name in names}


def test_every_internal_link_and_anchor_resolves(site: Path, pages: dict[str, BeautifulSoup]) -> None:
    missing = []
    for name, page in pages.items():
        for reference in local_references(page):
            path, _, anchor = reference.partition("#")
            target = unquote(path.partition("?")[0]) or name
            lost = anchor and target in pages and not pages[target].find(id=unquote(anchor))
            if lost or not (site / target).exists():
                missing.append(f"{name}: {reference}")
    assert missing == []


def test_no_page_loads_anything_from_outside(pages: dict[str, BeautifulSoup]) -> None:
    for name, page in pages.items():
        tags = page.select("script, link:not([rel=canonical]), img, iframe")
        loaded = [str(tag.get("src") or tag.get("href")) for tag in tags]
        assert [url for url in loaded if url.startswith(("http:", "https:", "//"))] == [], name


def test_style_sheets_load_nothing_from_outside(site: Path) -> None:
    for sheet in site.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert not re.search(r"url\([\"']?(https?:)?//|@import [^;]*(https?:)?//", text), sheet


def test_every_image_is_described_in_words(pages: dict[str, BeautifulSoup]) -> None:
    for name, page in pages.items():
        for image in page.select("article img"):
            alt = str(image.get("alt", ""))
            assert len(alt.split()) >= 8, f"{name}: {image}"
            assert not re.search(r"\.(svg|png)$|_build|/", alt), f"{name}: {alt}"


def test_drawings_come_in_pairs_for_light_and_dark(pages: dict[str, BeautifulSoup]) -> None:
    drawings = pages["convolution_layer.html"].select("figure.drawing")
    assert len(drawings) >= 6
    for drawing in drawings:
        assert [str(image["class"][0]) for image in drawing.select("img")] == ["only-light", "only-dark"]
        assert drawing.select_one("figcaption")


def test_formulas_are_in_the_page_with_mathml(pages: dict[str, BeautifulSoup]) -> None:
    article = pages["convolution_layer.html"].select_one("article")
    assert article
    assert len(article.select("span.math math, div.math math")) > 50
    assert not article.select(".katex-error")
    assert "\\(" not in article.get_text()


def test_code_that_is_shown_fits_its_column(pages: dict[str, BeautifulSoup]) -> None:
    for name, page in pages.items():
        shown = [code for code in page.select(".cell_input pre") if not code.find_parent(class_="tag_hide-input")]
        wide = [line for code in shown for line in code.get_text().splitlines() if len(line) > COLUMN]
        assert not wide, f"{name}: {wide[0]}"


def test_page_is_light(site: Path, pages: dict[str, BeautifulSoup]) -> None:
    for name, page in pages.items():
        tags = page.select("link[rel=stylesheet], script[src], img:not(.only-dark)")
        files = {str(tag.get("src") or tag.get("href")).partition("?")[0] for tag in tags}
        weight = sum(len(gzip.compress((site / file).read_bytes())) for file in {name, *files})
        assert weight < LARGEST_PAGE, f"{name} {weight}"


def test_the_course_s_home_is_written_in_one_place(pages: dict[str, BeautifulSoup]) -> None:
    home = re.search(r"url: https://(github\.com/\S+)", (ROOT / "_config.yml").read_text(encoding="utf-8"))
    assert home
    sources = [path for path in (ROOT / "book").rglob("*") if path.suffix in (".md", ".py", ".js", ".css", ".yml")]
    assert [path for path in sources if home[1] in path.read_text(encoding="utf-8")] == []
    assert pages["convolution_layer.html"].select_one(f"a[href^='https://{home[1]}/edit/main/book/']")


def test_every_page_says_what_a_link_to_it_shows(site: Path, pages: dict[str, BeautifulSoup]) -> None:
    base = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["html"]["baseurl"]
    for name, page in sources(pages).items():
        facts = {str(tag["property"]): str(tag["content"]) for tag in page.select("meta[property]")}
        description = page.select_one("meta[name=description]")
        assert description and facts["og:description"] == description["content"], name
        assert facts["og:url"] == f"{base}{name}" == page.select_one("link[rel=canonical]")["href"]  # type: ignore[index]
        heading = page.select_one("h1")
        assert heading and heading.get_text().startswith(facts["og:title"]), name
        assert (site / facts["og:image"].removeprefix(base)).read_bytes().startswith(b"\x89PNG"), name
        assert len(facts["og:image:alt"].split()) >= 8


def test_the_map_of_the_site_has_every_page(site: Path, pages: dict[str, BeautifulSoup]) -> None:
    places = re.findall(r"<loc>https://\S+?/(\w+\.html)</loc>", (site / "sitemap.xml").read_text(encoding="utf-8"))
    assert places == sorted(sources(pages))


def test_every_page_has_its_version_and_a_link_to_its_source(pages: dict[str, BeautifulSoup]) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    for name, page in sources(pages).items():
        foot = page.select_one("footer.bd-footer-content")
        assert foot and f"Version {version}:" in foot.get_text(), name
        assert page.select_one(f"a[href$='/edit/main/book/{Path(name).stem}.md']"), name
