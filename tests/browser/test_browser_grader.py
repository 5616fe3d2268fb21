"""What graders and learners open: a feedback page and the class report, without errors and readable by everyone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from browsing import MODES, ROOT, Reader

from autograder import feedback, report


def samples() -> ModuleType:
    """The class of the grader's own tests."""
    path = ROOT / "tests/autograder/sample_records.py"
    spec = spec_from_file_location("sample_records", path)
    assert spec and spec.loader
    module = sys.modules[path.stem] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the report and all feedback of a class."""
    folder = tmp_path_factory.mktemp("results")
    made = samples()
    records = made.sample_class()
    pages = {"report.html": report.render([*records, made.record("ada.lovelace", unit="05_conv_backward")])}
    pages |= {f"feedback-{number}.html": feedback.render(one) for number, one in enumerate(records[:10])}
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


PAGES = ["report.html", *(f"feedback-{number}.html" for number in range(10))]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("page", PAGES)
def test_page_has_no_fault(
    page: str, mode: str, results: Path, serve: Callable[[Path], str], readers: dict[str, Reader]
) -> None:
    reader = readers[mode]
    reader.open(serve(results), page)
    assert reader.violations() == []
    assert reader.sideways() <= 0
    assert reader.faults == []


def test_feedback_sent_as_a_file_opens_without_a_network(results: Path, reader: Reader) -> None:
    reader.page.context.set_offline(True)
    page = reader.open(f"{results.as_uri()}/", "feedback-0.html")
    assert page.get_by_role("heading", level=1).is_visible()
    assert reader.faults == []
