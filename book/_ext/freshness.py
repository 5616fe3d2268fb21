"""Build again what Sphinx and the cache of executed pages do not see: they look at the pages alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from imports import Imports, shared
from jupyter_cache import get_cache
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

STAMP = "depends-on"
ASSETS = "book/_assets"  # from the repository's top
EVERY_PAGE = ("requirements.txt", f"{ASSETS}/course.mplstyle")


def digest(files: Iterable[Path]) -> str:
    """One hash of the names and contents of files."""
    contents = [f"{file.name}\0".encode() + file.read_bytes() for file in sorted(files) if file.is_file()]
    return hashlib.sha256(b"\0".join(contents)).hexdigest()


def dependencies(top: Path, pages: dict[str, Path], imports: Imports) -> dict[str, str]:
    """For each page a hash of what its cells depend on besides themselves: what they import, and files they name."""
    always = {top / name for name in EVERY_PAGE}
    assets = [path for path in (top / ASSETS).glob("*") if path.is_file()]
    texts = {name: page.read_text(encoding="utf-8") for name, page in pages.items()}
    return {
        name: digest(always | imports.of_page(text) | {path for path in assets if path.name in text})
        for name, text in texts.items()
    }


def forget(cache: Path, fresh: set[str]) -> None:
    """Drop from the cache whatever is not of a page with one of these file names."""
    results = get_cache(str(cache))
    for record in results.list_cache_records():
        if Path(record.uri).name not in fresh:
            results.remove_cache(record.pk)


def changed(folder: Path, hashes: dict[str, str]) -> set[str]:
    """The names whose hash is not the one that was noted in a folder."""
    try:
        before = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return set(hashes)
    return {name for name, value in hashes.items() if before.get(name) != value}


def note(folder: Path, hashes: dict[str, str]) -> None:
    """Write down what a folder's contents were made of."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / STAMP).write_text(json.dumps(hashes, indent=1, sort_keys=True), encoding="utf-8")


class Freshness:
    """Compares what pages depend on with what the results in the cache, and the last finished build, depended on."""

    def __init__(self) -> None:
        self.hashes: dict[str, str] = {}
        self.imports: Imports | None = None

    def outdated(
        self, app: Sphinx, env: BuildEnvironment, added: set[str], changed_pages: set[str], removed: set[str]
    ) -> list[str]:
        """Pages whose imports have changed; all where what the extensions and the site's files make of them has."""
        book, cache = Path(app.srcdir), Path(app.outdir).parent / ".jupyter_cache"
        pages = {name: Path(env.doc2path(name)) for name in env.found_docs}
        self.imports = shared(app.srcdir, app.doctreedir)
        hashes = dependencies(book.parent, pages, self.imports)
        stale = changed(cache, hashes)
        if stale:
            if cache.exists():
                forget(cache, {page.name for name, page in pages.items() if name not in stale})
            note(cache, hashes)
        site = [*book.glob("_ext/**/*.py"), *book.glob("_assets/site/**/*"), *book.glob("widgets/*")]
        self.hashes = hashes | {"": digest(site)}
        unlike = changed(Path(app.doctreedir), self.hashes)
        return sorted(pages if "" in unlike else unlike)

    def finished(self, app: Sphinx, error: Exception | None) -> None:
        """Note what this build depended on."""
        if self.imports:
            self.imports.note()
        if self.hashes and not error:
            note(Path(app.doctreedir), self.hashes)


def setup(app: Sphinx) -> dict[str, Any]:
    freshness = Freshness()
    app.connect("env-get-outdated", freshness.outdated)
    app.connect("build-finished", freshness.finished)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
