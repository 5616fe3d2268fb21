"""Which pages are executed again when a module changes: those that import it, directly or not."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = {
    "cnnkit/__init__.py": "from importlib import import_module\n",
    "cnnkit/ops.py": "from cnnkit._arrays import array\nimport numpy as np\n",
    "cnnkit/_arrays.py": "import math\n",
    "cnnkit/data.py": "def images():\n    from cnnkit._fetch import fetch\n",
    "cnnkit/_fetch.py": "",
    "cnnkit/zoo/__init__.py": "from cnnkit.zoo.vgg import vgg\n",
    "cnnkit/zoo/vgg.py": "from ._layers import layer\n",
    "cnnkit/zoo/_layers.py": "",
    "book/lecture.py": "import matplotlib\n",
    "book/figures/__init__.py": "from importlib import import_module\n",
    "book/figures/_shared.py": "from . import canvas\n",
    "book/figures/one.py": "from ._shared import sheet\n",
    "book/figures/two.py": "from cnnkit import zoo\n",
}
ALL = {name for name in MODULES if name.startswith("cnnkit")}
OPS = {"cnnkit/__init__.py", "cnnkit/ops.py", "cnnkit/_arrays.py"}
DATA = {"cnnkit/__init__.py", "cnnkit/data.py", "cnnkit/_fetch.py"}
ZOO = {"cnnkit/__init__.py", "cnnkit/zoo/__init__.py", "cnnkit/zoo/vgg.py", "cnnkit/zoo/_layers.py"}


@pytest.fixture
def extensions(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "book/_ext"))
    import freshness

    yield freshness
    for name in ("freshness", "imports"):
        del sys.modules[name]


@pytest.fixture
def top(tmp_path: Path) -> Path:
    for name, text in MODULES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def page(*cells: str) -> str:
    return "# Title\n\n" + "\n".join(f"```{{code-cell}}\n:tags: [hide-input]\n{cell}\n```\n" for cell in cells)


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        (page(), set()),
        (page("import numpy as np", "from lecture import begin"), {"book/lecture.py"}),
        (page("from cnnkit.ops import conv2d"), OPS),
        (page("from cnnkit import data"), DATA),
        (page("def f():\n    from cnnkit import data, ops as o"), OPS | DATA),
        (page("from cnnkit.zoo import vgg"), ZOO),
        (page("x = 1", "from cnnkit.zoo.vgg import vgg"), ZOO),
        (page("import cnnkit"), ALL),
        (page("import cnnkit.ops"), ALL),
        (page("from cnnkit import *"), ALL),
        (page("import importlib.util"), ALL),
        (page("__import__(name)"), ALL),
        (page("%run cnnkit/data.py"), ALL),
        (page("x = 1").replace("```\n", ""), ALL),
        ("~~~{code-cell}\nx = 1\n~~~\n", ALL),
    ],
)
def test_page_needs_what_its_cells_import(text: str, needed: set[str], top: Path, extensions: ModuleType) -> None:
    assert extensions.Imports(top).of_page(text) == {top / name for name in needed}


def test_drawing_needs_what_it_imports_from_the_folder_and_the_library(top: Path, extensions: ModuleType) -> None:
    imports = extensions.Imports(top)
    figures = {"book/figures/__init__.py", "book/figures/one.py", "book/figures/_shared.py"}
    assert imports.of_module(top / "book/figures/one.py") == {top / name for name in figures}
    assert imports.of_module(top / "book/figures/two.py") == {top / name for name in ZOO | {"book/figures/two.py"}}


def test_only_pages_that_import_a_changed_module_change(top: Path, extensions: ModuleType) -> None:
    texts = {"plain": page("x = 1"), "ops": page("from cnnkit import ops"), "zoo": page("from cnnkit import zoo")}
    pages = {name: top / f"{name}.md" for name in texts}
    for name, text in texts.items():
        pages[name].write_text(text)

    def hashes() -> dict[str, str]:
        imports = extensions.Imports(top, top / "imports")
        found = extensions.dependencies(top, pages, imports)
        imports.note()
        return found

    extensions.note(top, hashes())
    assert extensions.changed(top, hashes()) == set()
    (top / "cnnkit/_arrays.py").write_text("import cmath\n")
    assert extensions.changed(top, hashes()) == {"ops"}
    (top / "book/_assets").mkdir()
    (top / "book/_assets/runs.json").write_text("[1]")
    pages["zoo"].write_text(texts["zoo"].replace("zoo\n", "zoo\nopen('_assets/runs.json')\n"))
    extensions.note(top, hashes())
    (top / "book/_assets/runs.json").write_text("[2]")
    assert extensions.changed(top, hashes()) == {"zoo"}
    (top / "requirements.txt").write_text("numpy==2.0\n")
    assert extensions.changed(top, hashes()) == set(pages)


def test_texts_that_are_as_they_were_are_not_parsed_again(
    top: Path, extensions: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, notes = page("from cnnkit.ops import conv2d"), top / "imports"
    module = sys.modules["imports"]
    parsed: list[str] = []
    parse = module.all_imported
    monkeypatch.setattr(module, "all_imported", lambda code, package: parsed.append(code) or parse(code, package))

    def needed() -> set[str]:
        imports = module.Imports(top, notes)
        files = imports.of_page(text)
        imports.note()
        return {file.relative_to(top).as_posix() for file in files}

    assert needed() == OPS
    assert len(parsed) == 1 + len(OPS)
    assert needed() == OPS
    assert len(parsed) == 1 + len(OPS)
    (top / "cnnkit/_arrays.py").write_text("from cnnkit.data import images\n")
    assert needed() == OPS | DATA
    assert len(parsed) == 2 + len(OPS | DATA)
    notes.write_text("{")
    assert needed() == OPS | DATA


def test_a_module_that_appears_is_found_by_pages_that_were_read_before(top: Path, extensions: ModuleType) -> None:
    text, notes = page("import aside"), top / "imports"
    for expected in (set(), {top / "book/aside.py"}):
        imports = extensions.Imports(top, notes)
        assert imports.of_page(text) == expected
        imports.note()
        (top / "book/aside.py").touch()


def test_real_pages_do_not_all_depend_on_all(extensions: ModuleType) -> None:
    imports = extensions.Imports(ROOT)
    sizes = {path.stem: len(imports.of_page(path.read_text(encoding="utf-8"))) for path in ROOT.glob("book/*.md")}
    assert sizes["glossary"] == 0
    assert 0 < sizes["history"] < sizes["pooling"] < sizes["counting"] < len(imports.library)
