"""The directive `drawing`: a figure that a module of `book/figures` draws, in the colours of each theme."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from imports import shared
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

THEMES = ("light", "dark")


def figures(source: Path) -> ModuleType:
    """The package of drawings in the book's folder, loaded when first needed: it brings matplotlib with it."""
    if "figures" not in sys.modules:
        folder = source / "figures"
        spec = importlib.util.spec_from_file_location("figures", folder / "__init__.py")
        assert spec and spec.loader
        package = sys.modules["figures"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(package)
    return sys.modules["figures"]


class Drawing(SphinxDirective):
    """`{drawing} NAME`, with the caption as its content; `:alt:` says without sight what there is to see."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {"alt": directives.unchanged_required, "name": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        if "alt" not in self.options:
            raise self.error("a drawing needs an :alt: text")
        name = self.arguments[0]
        figure = nodes.figure("", classes=["drawing"])
        self.set_source_info(figure)
        images = nodes.container()  # apart from the caption, which the theme would hide beside a hidden image
        for theme, path in zip(THEMES, self.drawn(name), strict=True):
            uri = Path(os.path.relpath(path, Path(self.env.doc2path(self.env.docname)).parent)).as_posix()
            images += nodes.image("", uri=uri, alt=self.options["alt"], classes=[f"only-{theme}"], loading="lazy")
        caption, *legend = self.parse_content_to_nodes()
        figure += [images, nodes.caption("", "", *caption.children)]
        if legend:
            figure += nodes.legend("", *legend)
        self.add_name(figure)
        return [figure]

    def drawn(self, name: str) -> list[Path]:
        """The two SVG files, drawn anew where they are older than what they depend on."""
        source = Path(self.env.srcdir)
        module = source / "figures" / f"{name}.py"
        if not module.exists():
            raise self.error(f"no drawing {module}")
        needs = {source / "_assets/course.mplstyle", *shared(self.env.srcdir, self.env.doctreedir).of_module(module)}
        folder = Path(self.env.doctreedir).parent / "figures"
        paths = [folder / f"{name}-{theme}.svg" for theme in THEMES]
        for need in sorted(needs):
            self.env.note_dependency(str(need))
        newest = max(need.stat().st_mtime for need in needs)
        for theme, path in zip(THEMES, paths, strict=True):
            if not path.exists() or path.stat().st_mtime < newest:
                folder.mkdir(parents=True, exist_ok=True)
                path.write_bytes(figures(source).svg(name, theme))
        return paths


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("drawing", Drawing)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
