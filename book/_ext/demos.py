"""The directive `demo`: a live figure, which is a custom element from `book/widgets`, on this page only.

Until its module has loaded, and where scripts do not run, the element shows its text alternative.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator


class Demo(nodes.paragraph):
    """A live figure; to a builder that knows nothing of it, a paragraph with its text alternative."""


class DemoDirective(SphinxDirective):
    """`{demo} NAME`, of the element NAME in `widgets/NAME.js`; `:alt:` says what it shows, the content what to do."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {"alt": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        if "alt" not in self.options:
            raise self.error("a demo needs an :alt: text")
        if not Path(self.env.srcdir, "widgets", f"{name}.js").exists():
            raise self.error(f"no module widgets/{name}.js")
        live = Demo("", self.options["alt"], element=name)
        return [nodes.container("", live, *self.parse_content_to_nodes(), classes=["demo"])]


def visit_demo(self: HTML5Translator, node: Demo) -> None:
    name, alt = node["element"], escape(node.astext())
    self.body.append(f'<{name} role="group" aria-label="Live figure"><p>{alt}</p></{name}>\n')
    raise nodes.SkipNode


def add_modules(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None) -> None:
    """Put the modules of a page's live figures into that page: a page opened as a file may load none."""
    for name in sorted({demo["element"] for demo in tree.findall(Demo)}) if tree else ():
        module = Path(app.srcdir, "widgets", f"{name}.js").read_text(encoding="utf-8")
        app.add_js_file(None, type="module", body=f"\n{module}")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("demo", DemoDirective)
    app.add_node(Demo, html=(visit_demo, None))
    app.connect("html-page-context", add_modules)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
