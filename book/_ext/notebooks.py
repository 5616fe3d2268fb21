"""Directives that send the reader to a graded notebook: `notebook` to the whole, `practise` to one exercise of it.

Points and time are read from the released notebook, so that they have one home.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

COLAB = "https://colab.research.google.com/github"


class NotebookDirective(SphinxDirective):
    """What both directives need: the released notebook and its points."""

    def released(self, unit: str) -> Path:
        """Path of the notebook from the repository's top, which is the parent of the book's folder."""
        path = Path("exercises", unit, f"{unit.partition('_')[2]}.ipynb")
        if not (self.top / path).exists():
            raise self.error(f"{path} does not exist: `make exercises` makes it")
        self.env.note_dependency(str(self.top / path))
        return path

    @property
    def top(self) -> Path:
        return Path(self.env.srcdir).parent

    def cells(self, unit: str) -> list[dict[str, Any]]:
        """The cells of the released notebook."""
        cells: list[dict[str, Any]] = json.loads((self.top / self.released(unit)).read_text(encoding="utf-8"))["cells"]
        return cells

    def hours(self, unit: str) -> str:
        """What the first cell says of the time it takes: "about 3 hours"."""
        found = re.search(r"about \d+ hours?", "".join(self.cells(unit)[0]["source"]))
        if not found:
            raise self.error(f"the first cell of {unit} does not say 'about N hours'")
        return found[0]

    def points(self, unit: str) -> dict[str, int]:
        """Points of each graded cell by its grade id."""
        graded = [cell["metadata"].get("nbgrader", {}) for cell in self.cells(unit)]
        return {mark["grade_id"]: int(mark["points"]) for mark in graded if mark.get("grade")}


class Notebook(NotebookDirective):
    """`{notebook} 04_conv_forward`, its content a text before the links."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        unit = self.arguments[0]
        path = self.released(unit)
        repository = self.config.html_theme_options["repository_url"].partition("github.com/")[2]
        branch = self.config.html_theme_options["repository_branch"]
        target = os.path.relpath(self.top / path, Path(self.env.doc2path(self.env.docname)).parent)
        download = addnodes.download_reference(
            "", "", nodes.inline("", "Download"), reftarget=target, refdoc=self.env.docname
        )
        colab = nodes.reference(
            "", "Open in Colab", refuri=f"{COLAB}/{repository}/blob/{branch}/{path}", internal=False
        )
        facts = f"{sum(self.points(unit).values())} points, {self.hours(unit)}. "
        links = nodes.paragraph("", "", nodes.Text(facts), download, nodes.Text(" · "), colab)
        title = nodes.paragraph("", "", nodes.strong("", "The notebook "), nodes.literal("", path.name))
        card = nodes.container("", title, *self.parse_content_to_nodes(), links, classes=["notebook-card"])
        self.set_source_info(card)
        return [card]


class Practise(NotebookDirective):
    """`{practise} 04_conv_forward im2col`: a line that names one exercise, its points, and what its content says."""

    required_arguments = 2
    has_content = True

    def run(self) -> list[nodes.Node]:
        unit, exercise = self.arguments
        points = self.points(unit).get(f"test-{exercise}")
        if points is None:
            raise self.error(f"{unit} has no exercise {exercise}")
        line = nodes.paragraph(
            "", "", nodes.strong("", "In the notebook "), nodes.literal("", exercise.replace("-", "_"))
        )
        line += nodes.Text(f" ({points} points): ")
        for child in self.parse_content_to_nodes()[0].children:
            line += child
        return [nodes.container("", line, classes=["practise"])]


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("notebook", Notebook)
    app.add_directive("practise", Practise)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
