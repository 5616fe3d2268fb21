"""What every chapter has: a quiz that explains its answers, and exercises with folded solutions."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup

EXERCISES = {  # how many a chapter has
    "history": 6,
    "convolution_mathematics": 6,
    "convolution_layer": 6,
    "backpropagation": 6,
    "pooling": 6,
    "training": 6,
    "normalisation": 6,
    "counting": 6,
    "case_studies": 6,
    "residual_networks": 6,
    "gpu_lab": 6,
    "inside": 5,
}


@pytest.mark.parametrize("chapter", EXERCISES)
def test_each_question_has_one_right_answer_and_says_why(chapter: str, pages: dict[str, BeautifulSoup]) -> None:
    questions = pages[f"{chapter}.html"].select(".question")
    assert 3 <= len(questions) <= 5
    for question in questions:
        verdicts = [answer.get_text().split(maxsplit=1)[0] for answer in question.select(".why")]
        assert verdicts.count("Right.") == 1
        assert set(verdicts) == {"Right.", "Wrong."}
        assert question.select_one("details.right .why").get_text().startswith("Right.")  # type: ignore[union-attr]


@pytest.mark.parametrize("chapter", EXERCISES)
def test_each_exercise_has_a_folded_solution(chapter: str, pages: dict[str, BeautifulSoup]) -> None:
    page = pages[f"{chapter}.html"]
    article = page.find("article")
    assert article
    solutions = page.select("details.sd-dropdown")
    assert len(solutions) == len(re.findall(r"Exercise\s+\d\.", article.get_text())) == EXERCISES[chapter]
    assert not any(solution.has_attr("open") for solution in solutions)
