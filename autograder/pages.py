"""HTML pages that need nothing besides themselves and run nothing that came from a learner.

Every value is escaped by the template engine, control characters before that. A content security policy allows the
page's own style sheet and script, by their digests, and nothing else: no request, no inline handler, no form.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

TEMPLATES = Path(__file__).with_name("templates")
TICKS = re.compile(r"`([^`\n]+)`")


def render(template: str, script: str = "", **values: Any) -> str:
    """A page from a template, with the common style sheet and, if one is named, a script."""
    style = _file("style.css")
    code = _file(script) if script else ""
    policy = f"default-src 'none'; style-src {_digest(style)}; base-uri 'none'; form-action 'none'"
    if code:
        policy += f"; script-src {_digest(code)}"
    page = _environment().get_template(template)
    return page.render(style=Markup(style), script=Markup(code), policy=policy, **values)


@functools.lru_cache(maxsize=1024)  # many learners leave an exercise as it was
def highlighted(source: str) -> Markup:
    """Python code, escaped, its parts marked by pygments. Blanks at line ends go: pygments takes long for many."""
    import pygments

    lines = "\n".join(line.rstrip() for line in source.split("\n"))
    return Markup(pygments.highlight(lines, *_highlighter()))


@functools.cache
def _highlighter() -> tuple[Any, Any]:
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    return PythonLexer(stripnl=False, ensurenl=False), HtmlFormatter(nowrap=True)


def prose(text: str) -> Markup:
    """Text, escaped, in which `…` becomes code."""
    return Markup(TICKS.sub(r"<code>\1</code>", str(escape(text))))


def number(value: float) -> str:
    """Points: without decimals where there are none."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"prose": prose, "number": number, "mean": "{:.1f}".format, "highlighted": highlighted}
    return environment


@functools.cache
def _file(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
