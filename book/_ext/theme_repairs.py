"""Repairs of what the theme and its extensions put on every page: faults for screen readers, and weight nobody uses.

A page is changed once, when it is written. Each repair says where it must match; where it does not, the build warns,
and warnings fail the build: a new version of the theme does not go unnoticed.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pydata_sphinx_theme
from docutils import nodes
from jinja2 import FileSystemBytecodeCache
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)
THEME = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
STYLESHEET = "styles/pydata-sphinx-theme.css"

# Scripts and styles of extensions that Jupyter Book loads and no page of ours uses, by what they contain.
UNUSED = re.compile(r"thebe|THEBE|MathJax|togglebutton|toggleHint|toggleOpen|design-tabs")

# A kernel of 3×3 weights on an image, in the book's blue.
ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Cpath d='M0 0h16v16H0z' fill='%230072b2'/%3E"
    "%3Cpath d='M3 3h2v2H3zM7 3h2v2H7zM11 3h2v2h-2zM3 7h2v2H3zM7 7h2v2H7zM3 11h2v2H3z' fill='%23fff'/%3E%3C/svg%3E"
)

# Kinds of words in code that have the colour of all text there: names, punctuation, space.
UNCOLOURED = "n|nn|nx|p|pm|w"

# What the theme's own script sets at the end.
THEME_IN_USE = """{ light: "light", dark: "dark" }[localStorage.getItem("mode")]
      || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")"""


@dataclass(frozen=True)
class Repair:
    """One replacement; `when` is a text that says whether a page must have a match, "" for all pages."""

    why: str
    pattern: str
    replacement: str
    when: str = ""


PAGE = (
    Repair(
        "1.5 MB of script for a dozen icons, which course.css draws",
        r'  <!-- So that users can add custom icons -->\n  <script defer src="[^"]*fontawesome\.js[^"]*"></script>\n',
        "",
    ),
    Repair(
        "the viewport is set twice",
        r'(<meta name="viewport" content="width=device-width, initial-scale=1" ?/?>\n)+',
        "",
    ),
    Repair(
        "a reader's choice of colours is known, but not obeyed before the whole page has been laid out in others",
        r'(?<=dataset\.theme = )localStorage\.getItem\("theme"\) \|\| "auto"',
        THEME_IN_USE,
    ),
    Repair(
        "a style sheet of one line, which loads another",
        r'<link href="([^"]*)styles/theme\.css[^"]*"',
        r'<link href="\1basic.css"',
    ),
    Repair(
        "the page is not drawn before scripts have come that it does not need",
        r'<script src="([^"]*(doctools|sphinx_highlight|clipboard\.min|copybutton|sphinx-book-theme)\.js[^"]*)">'
        r'(?!.*id="search-results")',
        r'<script defer="defer" src="\1">',
        when='<article class="bd-article">',
    ),
    Repair(
        "the sidebar is in no landmark",
        r'<div id="pst-primary-sidebar" class=',
        '<div id="pst-primary-sidebar" role="complementary" aria-label="Book" class=',
    ),
    Repair(
        "the name of the search button hides its text",
        r'(class="btn search-button-field [^>]*) aria-label="Search"',
        r"\1",
    ),
    Repair(
        "the names of the icons are no part of the button's name",
        r'(<i class="theme-switch[^>]*) title="[^"]*"',
        r"\1",
    ),
    Repair(
        "the button for the list of chapters has no name",
        r'<button class="sidebar-toggle primary-toggle btn',
        '<button aria-label="List of chapters" class="sidebar-toggle primary-toggle btn',
    ),
    Repair(
        "the button for the contents has no name",
        r'<button class="sidebar-toggle secondary-toggle',
        '<button aria-label="Contents of this page" class="sidebar-toggle secondary-toggle',
        when="secondary-toggle",
    ),
    Repair(
        "the name of the summary hides its text",
        r'<summary aria-label="Toggle hidden content">',
        "<summary>",
        when="hide_input",
    ),
    Repair(
        "deprecated roles in the list of references",
        r' role="doc-(biblioentry|backlink|biblioref)"',
        "",
        when='class="citation"',
    ),
    Repair(
        "a list whose children are no list items",
        r'<div role="list" class="citation-list">',
        '<div class="citation-list">',
        when='class="citation"',
    ),
    Repair(
        "a third of a page's elements are names and brackets in code, which have the colour of what is around them",
        rf'<span class="(?:{UNCOLOURED})">([^<]*)</span>',
        r"\1",
        when='<span class="p">',
    ),
    Repair(
        "browsers ask the server for an icon that is not there",
        r"</head>",
        f'<link rel="icon" href="{ICON}"/>\n</head>',
    ),
    Repair(
        "an empty corner of a table is no header",
        r'<th class="head[^"]*"><p></p></th>',
        "<td></td>",
        when='<th class="head"><p></p></th>',
    ),
    Repair(
        "the search index is loaded before anybody searches",
        r'(\s*<script src="[^"]*(searchtools|language_data|searchindex)\.js"></script>\n){3}(?!.*id="search-results")',
        "\n",
        when='<article class="bd-article">',
    ),
    Repair(
        "set-up of a service that is not used",
        r'<script type="text/x-thebe-config">.*?</script>\s*<script>kernelName[^<]*</script>',
        "",
        when="x-thebe-config",
    ),
)

SHEET = (
    Repair("fonts with thousands of icons", r"@font-face\{[^}]*fontawesome[^}]*\}", ""),
    Repair("names of thousands of icons", r"\.fa-[a-z0-9-]+:before(,\.fa-[a-z0-9-]+:before)*\{content:[^}]*\}", ""),
)


def repaired(text: str, repairs: tuple[Repair, ...], where: str) -> str:
    """The text after all repairs; one that should match and does not is reported."""
    for repair in repairs:
        after, count = re.subn(repair.pattern, repair.replacement, text, flags=re.DOTALL)
        if not count and (not repair.when or repair.when in text):
            logger.warning("%s: nothing to repair any more: %s", where, repair.why, type="theme_repairs")
        text = after
    return text


def repair_pages(app: Sphinx) -> None:
    """Let every page pass through the repairs when it is written; keep what the theme's templates are compiled to."""
    if app.builder.format != "html":
        return
    compiled = Path(app.doctreedir, "templates")
    compiled.mkdir(parents=True, exist_ok=True)
    app.builder.templates.environment.bytecode_cache = FileSystemBytecodeCache(str(compiled))
    render: Callable[[str, dict[str, Any]], str] = app.builder.templates.render

    def render_repaired(template: str, context: dict[str, Any]) -> str:
        text = render(template, context)
        return repaired(text, PAGE, str(context.get("pagename"))) if "</html>" in text else text

    app.builder.templates.render = render_repaired


def drop_unused(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None) -> None:
    """Leave out scripts and styles that the page does not use."""
    for kind in ("script_files", "css_files"):
        for file in list(context[kind]):
            inline = str(getattr(file, "attributes", {}).get("body", ""))
            if UNUSED.search(f"{getattr(file, 'filename', file)} {inline}"):
                context[kind].remove(file)


@lru_cache(1)
def stylesheet() -> str:
    """The theme's style sheet without its icons."""
    return repaired((THEME / STYLESHEET).read_text(encoding="utf-8"), SHEET, STYLESHEET)


def repair_files(app: Sphinx, error: Exception | None) -> None:
    """Put the repaired style sheet in place, and take away what no page loads any more."""
    if error or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    (static / STYLESHEET).write_text(stylesheet(), encoding="utf-8")
    shutil.rmtree(static / "vendor", ignore_errors=True)
    for file in {*static.glob("scripts/fontawesome*"), *static.glob("**/*.map")}:
        file.unlink()


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("builder-inited", repair_pages)
    app.connect("html-page-context", drop_unused, priority=900)
    app.connect("build-finished", repair_files)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
