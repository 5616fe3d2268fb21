"""Formulas become HTML and MathML while the book is built: a reader's browser runs no script for them.

KaTeX (version 0.19.1, MIT licence, beside this file) runs in V8 through the mini-racer wheel. What it gave is kept
beside the doctrees: where a page is edited, only its new formulas are rendered.
A formula that KaTeX cannot read is a warning at its line, and warnings fail the build.
"""

from __future__ import annotations

import hashlib
import json
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

if TYPE_CHECKING:
    from py_mini_racer import MiniRacer

KATEX = Path(__file__).with_name("katex") / "katex.min.js"
logger = logging.getLogger(__name__)


@lru_cache(1)
def engine() -> MiniRacer:
    """One V8 with KaTeX in it, started at the first formula of a build."""
    from py_mini_racer import MiniRacer  # a large library, and most builds need none of it

    racer = MiniRacer()
    racer.eval(KATEX.read_text(encoding="utf-8"))
    return racer


def html_of(tex: str, display: bool) -> str:
    """HTML of one formula, with MathML for screen readers.

    Raises:
        ValueError: If KaTeX cannot read the formula.
    """
    from py_mini_racer import JSEvalException

    options = {"displayMode": display, "strict": "error", "throwOnError": True}
    try:
        return str(engine().call("katex.renderToString", tex, options))
    except JSEvalException as error:
        reason = str(error).partition("ParseError: ")[2].splitlines()
        raise ValueError(reason[0] if reason else str(error)) from None


class Rendered:
    """HTML of all formulas that were ever rendered, by the same KaTeX in the same way.

    Args:
        file: Where it is kept.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.grown = False

    def html_of(self, tex: str, display: bool) -> str:
        """As the function of this name."""
        key = f"{'display' if display else 'inline'} {tex}"
        if key not in self.known:
            self.known[key] = html_of(tex, display)
            self.grown = True
        return self.known[key]

    @cached_property
    def known(self) -> dict[str, str]:
        """HTML by formula; read when the first one is asked for."""
        try:
            kept = json.loads(self.file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return dict(kept["formulas"]) if kept["by"] == self.by else {}

    @cached_property
    def by(self) -> str:
        """What all of it depends on."""
        return hashlib.sha256(KATEX.read_bytes() + Path(__file__).read_bytes()).hexdigest()

    def keep(self, *_: Any) -> None:
        """Write what is new."""
        if self.grown:
            new = self.file.with_suffix(".new")
            new.write_text(json.dumps({"by": self.by, "formulas": self.known}), encoding="utf-8")
            new.replace(self.file)


def rendered(node: nodes.Element, display: bool, formulas: Rendered) -> str:
    """HTML of a formula's node; a formula with an error is reported and shown as it was written."""
    tex = node.astext().strip()
    try:
        return formulas.html_of(tex, display)
    except ValueError as error:
        logger.warning("formula %r: %s", tex, error, location=node, type="formulas")
        return f"<code>{nodes.unescape(tex)}</code>"


def visit_inline(self: HTML5Translator, node: nodes.math, formulas: Rendered) -> None:
    html = rendered(node, display=False, formulas=formulas)
    self.body.append(self.starttag(node, "span", "", CLASS="math") + html + "</span>")
    raise nodes.SkipNode


def visit_block(self: HTML5Translator, node: nodes.math_block, formulas: Rendered) -> None:
    self.body.append(self.starttag(node, "div", CLASS="math"))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append(rendered(node, display=True, formulas=formulas) + "</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    formulas = Rendered(Path(app.doctreedir, "formulas.json"))
    inline, block = partial(visit_inline, formulas=formulas), partial(visit_block, formulas=formulas)
    app.add_html_math_renderer("katex", (inline, None), (block, None))
    app.connect("build-finished", formulas.keep)
    app.add_css_file("katex/katex.min.css")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}
