"""Build again what Sphinx and the cache of executed pages do not see: they look at the pages alone."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

STAMP = "depends-on"


def digest(files: Iterable[Path]) -> str:
    """One hash of the names and contents of files."""
    contents = [f"{file.name}\0".encode() + file.read_bytes() for file in sorted(files) if file.is_file()]
    return hashlib.sha256(b"\0".join(contents)).hexdigest()


class Freshness:
    """Compares what the pages depend on with what the last finished build depended on."""

    def __init__(self) -> None:
        self.stamps: dict[Path, str] = {}

    def changed(self, folder: Path, files: Iterable[Path]) -> bool:
        """True if the files are not those of the last finished build; `folder` holds what was made of them."""
        stamp = folder / STAMP
        self.stamps[stamp] = digest(files)
        return not stamp.exists() or stamp.read_text() != self.stamps[stamp]

    def outdated(
        self, app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
    ) -> list[str]:
        """All pages, where what they import has changed, or what the extensions and the site's files make of them."""
        book, cache = Path(app.srcdir), Path(app.outdir).parent / ".jupyter_cache"
        library = [
            *book.parent.glob("cnnkit/**/*.py"),
            book / "lecture.py",
            book / "_assets/course.mplstyle",
            book.parent / "requirements.txt",
        ]
        site = [*book.glob("_ext/**/*.py"), *book.glob("_assets/site/**/*"), *book.glob("widgets/*")]
        execute, write = self.changed(cache, library), self.changed(Path(app.doctreedir), site)
        if execute:
            shutil.rmtree(cache, ignore_errors=True)
        return sorted(env.found_docs) if execute or write else []

    def finished(self, app: Sphinx, error: Exception | None) -> None:
        """Note what this build depended on."""
        for stamp, value in self.stamps.items():
            if not error:
                stamp.parent.mkdir(parents=True, exist_ok=True)
                stamp.write_text(value)


def setup(app: Sphinx) -> dict[str, Any]:
    freshness = Freshness()
    app.connect("env-get-outdated", freshness.outdated)
    app.connect("build-finished", freshness.finished)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
