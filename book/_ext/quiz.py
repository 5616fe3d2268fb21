"""The directive `question`: a quiz question whose answers open and say why they are right or wrong.

Its content is the question, then a definition list: each term an answer, each definition starting with "Right" or
"Wrong". In HTML an answer is a `details` element, which needs no script; elsewhere the definition list stays.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator


class Question(nodes.container):
    """A question with its answers."""


class Answers(nodes.definition_list):
    """The answers of one question."""


class Answer(nodes.definition_list_item):
    """One answer, with what there is to say about it."""


class QuestionDirective(SphinxDirective):
    """A question with answers, of which exactly one is right."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        number = self.env.temp_data["quiz"] = self.env.temp_data.get("quiz", 0) + 1
        *text, answers = self.parse_content_to_nodes()
        if not isinstance(answers, nodes.definition_list) or not text:
            raise self.error("a question is a text, then a definition list of answers")
        verdicts = [item[-1].astext().split(maxsplit=1)[0].strip(".:,") for item in answers]
        if sorted(set(verdicts)) != ["Right", "Wrong"] or verdicts.count("Right") != 1:
            raise self.error(
                f"one answer must start with 'Right', all others with 'Wrong'; these start with {verdicts}"
            )
        listing = Answers()
        for item, verdict in zip(answers, verdicts, strict=True):
            listing += Answer("", *item.children, verdict=verdict.lower())
        heading = nodes.paragraph("", "", nodes.strong("", f"Question {number}."), classes=["question-number"])
        question = Question("", heading, *text, listing)
        self.set_source_info(question)
        return [question]


def visit_block(self: HTML5Translator, node: nodes.Element) -> None:
    self.body.append(self.starttag(node, "div", CLASS=type(node).__name__.lower()))


def depart_block(self: HTML5Translator, node: nodes.Element) -> None:
    self.body.append("</div>\n")


def visit_answer(self: HTML5Translator, node: Answer) -> None:
    term, definition = node.children
    self.body.append(f'<details class="answer {node["verdict"]}"><summary>')
    for child in term.children:
        child.walkabout(self)
    self.body.append('</summary><div class="why">')
    for child in definition.children:
        child.walkabout(self)
    self.body.append("</div></details>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("question", QuestionDirective)
    app.add_node(Question, html=(visit_block, depart_block))
    app.add_node(Answers, html=(visit_block, depart_block))
    app.add_node(Answer, html=(visit_answer, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
