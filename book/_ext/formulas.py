"""Formulas become HTML and MathML while the book is built: a reader's browser runs no script for them.

KaTeX (version 0.19.1, MIT licence, beside this file) runs in V8 through the mini-racer wheel.
A formula that KaTeX cannot read is a warning at its line, and warnings fail the build.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from docutils import nodes
from py_mini_racer import JSEvalException, MiniRacer
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

KATEX = Path(__file__).with_name("katex") / "katex.min.js"
logger = logging.getLogger(__name__)


@lru_cache(1)
def engine() -> MiniRacer:
    """One V8 with KaTeX in it, started at the first formula of a build."""
    racer = MiniRacer()
    racer.eval(KATEX.read_text(encoding="utf-8"))
    return racer


@lru_cache(None)
def html_of(tex: str, display: bool) -> str:
    """HTML of one formula, with MathML for screen readers.

    Raises:
        ValueError: If KaTeX cannot read the formula.
    """
    options = {"displayMode": display, "strict": "error", "throwOnError": True}
    try:
        return str(engine().call("katex.renderToString", tex, options))
    except JSEvalException as error:
        reason = str(error).partition("ParseError: ")[2].splitlines()
        raise ValueError(reason[0] if reason else str(error)) from None


def rendered(node: nodes.Element, display: bool) -> str:
    """HTML of a formula's node; a formula with an error is reported and shown as it was written."""
    tex = node.astext().strip()
    try:
        return html_of(tex, display)
    except ValueError as error:
        logger.warning("formula %r: %s", tex, error, location=node, type="formulas")
        return f"<code>{nodes.unescape(tex)}</code>"


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    self.body.append(self.starttag(node, "span", "", CLASS="math") + rendered(node, display=False) + "</span>")
    raise nodes.SkipNode


def visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    self.body.append(self.starttag(node, "div", CLASS="math"))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append(rendered(node, display=True) + "</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_html_math_renderer("katex", (visit_inline, None), (visit_block, None))
    app.add_css_file("katex/katex.min.css")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}
