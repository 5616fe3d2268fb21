"""The book's own extensions and drawings."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
import torch
from bs4 import BeautifulSoup
from nbformat.v4 import new_output
from py_mini_racer import MiniRacer
from sphinxcontrib.bibtex.domain import BibtexDomain

BOOK = Path(__file__).resolve().parents[2] / "book"


def extension(name: str) -> ModuleType:
    spec = spec_from_file_location(name, BOOK / "_ext" / f"{name}.py")
    assert spec and spec.loader
    module = module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def draw(folder: Path, names: list[str], seed: str) -> dict[str, bytes]:
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    subprocess.run([sys.executable, "-m", "figures", str(folder), *names], cwd=BOOK, env=environment, check=True)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_every_drawing_is_on_the_site(site: Path) -> None:
    names = {path.stem for path in (BOOK / "figures").glob("[a-z]*.py")}
    assert len(names) >= 40
    on_site = {path.name for path in (site / "_images").glob("*-*.svg")}
    assert {f"{name}-{theme}.svg" for name in names for theme in ("light", "dark")} <= on_site


def test_drawings_are_the_same_bytes_each_time_and_on_the_site(tmp_path: Path, site: Path) -> None:
    names = sorted(path.stem for path in (BOOK / "figures").glob("[a-z]*.py"))[::7]
    first, second = draw(tmp_path / "a", names, "1"), draw(tmp_path / "b", names, "2")
    assert first == second
    assert len(first) == 2 * len(names)
    for name, svg in first.items():
        assert (site / "_images" / name).read_bytes() == svg


@pytest.mark.parametrize("tex", [r"\frac{a", r"\unknown", "x^2^3", "a & b"])
def test_a_formula_with_an_error_is_refused(tex: str) -> None:
    with pytest.raises(ValueError, match="KaTeX"):
        extension("formulas").html_of(tex, True)


def test_a_formula_becomes_html_and_mathml() -> None:
    html = extension("formulas").html_of("x^2", False)
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in html
    assert 'aria-hidden="true"' in html


def test_a_formula_is_rendered_once_and_again_where_katex_or_its_use_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    formulas = extension("formulas")
    asked: list[tuple[str, bool]] = []
    monkeypatch.setattr(formulas, "html_of", lambda tex, display: asked.append((tex, display)) or f"<{tex}>")

    def build(*names: str) -> list[str]:
        rendered = formulas.Rendered(tmp_path / "formulas.json")
        html = [rendered.html_of(name, False) for name in names]
        rendered.keep()
        return html

    assert build("a", "b") == build("a", "b") == ["<a>", "<b>"]
    build("c")
    formulas.Rendered(tmp_path / "formulas.json").html_of("a", True)
    assert asked == [("a", False), ("b", False), ("c", False), ("a", True)]
    (tmp_path / "formulas.json").write_text("{")
    build("a")
    monkeypatch.setattr(formulas.Rendered, "by", "another")
    build("a")
    assert asked[4:] == [("a", False)] * 2


def test_a_line_that_a_kernel_sends_in_two_pieces_stays_one_line() -> None:
    pieces = [
        new_output("stream", name="stdout", text=text) for text in ("rows", " (96, 363) columns", " (363, 3025)\n")
    ]
    error = new_output("stream", name="stderr", text="slow\n")
    done = extension("execution").joined([*pieces[:2], error, pieces[2]])
    assert [(output.name, output.text) for output in done] == [
        ("stdout", "rows (96, 363) columns (363, 3025)\n"),
        ("stderr", "slow\n"),
    ]


def test_punctuation_stays_with_the_formula_before_it_and_percent_with_its_number(
    pages: dict[str, BeautifulSoup],
) -> None:
    assert pages["training.html"].select(".kept > .math")
    articles = [article.get_text() for page in pages.values() if (article := page.find("article"))]
    assert len(re.findall(r"\d\N{NO-BREAK SPACE}%", " ".join(articles))) > 100


def test_a_repair_that_finds_nothing_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    repairs = extension("theme_repairs")
    broken = (repairs.Repair("it is broken", "broken", "whole"),)
    assert repairs.repaired("a broken page", broken, "page") == "a whole page"
    assert not caplog.records
    assert repairs.repaired("a whole page", broken, "page") == "a whole page"
    assert [record.getMessage() for record in caplog.records] == ["page: nothing to repair any more: it is broken"]


def test_the_short_way_to_a_page_s_list_of_references_finds_what_the_long_one_does(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(BOOK / "_ext"))
    domain = object.__new__(extension("references").CiteDomain)
    domain.data = pickle.loads((site.parent / ".doctrees/environment.pickle").read_bytes()).domaindata["cite"]
    assert len(domain.bibliographies) > 10
    for key in domain.bibliographies:
        found = list(domain.get_filtered_entries(key))
        assert found
        assert found == list(BibtexDomain.get_filtered_entries(domain, key))


def test_the_stepper_computes_what_torch_computes() -> None:
    source = (BOOK / "widgets" / "conv-stepper.js").read_text(encoding="utf-8").replace("export ", "")
    browser = MiniRacer()
    browser.eval("class HTMLElement {}; const customElements = { define() {} };" + source)
    random = torch.Generator().manual_seed(0)

    def draw(low: int, high: int, shape: tuple[int, ...] = ()) -> torch.Tensor:
        return torch.randint(low, high, shape, generator=random)

    compared = 0
    for _ in range(200):
        kernel = draw(-3, 4, (int(draw(1, 4)), int(draw(1, 4))))
        image = draw(-5, 6, (int(draw(1, 8)), int(draw(1, 8))))
        stride, padding, dilation = int(draw(1, 4)), int(draw(0, 3)), int(draw(1, 3))
        options = {"stride": stride, "padding": padding, "dilation": dilation}
        output = browser.call("correlate", image.tolist(), kernel.tolist(), options)["output"]
        spans = [dilation * (k - 1) + 1 for k in kernel.shape]
        if any(n + 2 * padding < span for n, span in zip(image.shape, spans, strict=True)):
            assert [line for line in output if len(line)] == []
            continue
        expected = torch.nn.functional.conv2d(image[None, None].double(), kernel[None, None].double(), **options)
        assert torch.equal(torch.tensor([list(line) for line in output], dtype=torch.float64), expected[0, 0])
        compared += 1
    assert compared > 100


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_word_in_code_loses_its_colour(theme: str, site: Path) -> None:
    sheet = (site / "_static" / "pygments.css").read_text(encoding="utf-8")

    def colours(selector: str) -> list[str]:
        rule = re.escape(f'html[data-theme="{theme}"] {selector} {{') + r"[^}]*\bcolor: (#\w+)"
        return re.findall(rule, sheet)

    around = colours(".highlight")
    assert len(around) == 1
    assert all(colours(f".highlight .{kind}") == around for kind in extension("theme_repairs").UNCOLOURED.split("|"))
