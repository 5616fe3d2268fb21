"""What belongs together stays on one line: a short formula and the punctuation behind it, a number and its %."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

LONGEST = 24  # characters of TeX: a longer formula has to break on a telephone
PUNCTUATION = re.compile(r"[.,;:!?)]+")
BEFORE_PERCENT = re.compile(r"(?<=\d) %|^ %")
VERBATIM = (nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.raw, nodes.comment)


class KeepTogether(SphinxPostTransform):
    """Runs when computed numbers stand in the text already."""

    default_priority = 900
    formats = ("html",)

    def run(self, **_: Any) -> None:
        for formula in list(self.document.findall(nodes.math)):
            keep_with_punctuation(formula)
        for text in list(self.document.findall(nodes.Text)):
            if " %" in text and not isinstance(text.parent, VERBATIM):
                text.parent.replace(text, nodes.Text(BEFORE_PERCENT.sub("\N{NO-BREAK SPACE}%", text)))


def keep_with_punctuation(formula: nodes.math) -> None:
    """Put a formula and the punctuation that follows it into one element, if it is short."""
    following = formula.next_node(siblings=True, descend=False)
    if not isinstance(following, nodes.Text) or len(formula.astext()) > LONGEST:
        return
    if found := PUNCTUATION.match(following):
        parent, place = formula.parent, formula.parent.index(formula)
        kept = nodes.inline("", "", formula.deepcopy(), nodes.Text(found.group()), classes=["kept"])
        parent[place : place + 2] = [kept, nodes.Text(following[found.end() :])]


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_post_transform(KeepTogether)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
