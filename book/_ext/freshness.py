"""Build again what Sphinx and the cache of executed pages do not see: they look at the pages alone."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


def changed_since_last_time(stamp: Path, files: Iterable[Path]) -> bool:
    """True if the files are not those of the last call with this stamp."""
    contents = [f"{file.name}\0".encode() + file.read_bytes() for file in sorted(files) if file.is_file()]
    now = hashlib.sha256(b"\0".join(contents)).hexdigest()
    if stamp.exists() and stamp.read_text() == now:
        return False
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(now)
    return True


def outdated(app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]) -> list[str]:
    """All pages, where what they import, or what the extensions and the site's own files make of them, has changed."""
    book = Path(app.srcdir)
    cache = Path(app.outdir).parent / ".jupyter_cache"
    library = [*book.parent.glob("cnnkit/**/*.py"), book / "_assets/course.mplstyle", book.parent / "requirements.txt"]
    site = [*book.glob("_ext/**/*.py"), *book.glob("_assets/site/**/*"), *book.glob("widgets/*")]
    executed_anew = changed_since_last_time(cache / "depends-on", library)
    if executed_anew:
        for entry in set(cache.iterdir()) - {cache / "depends-on"}:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    written_anew = changed_since_last_time(Path(app.doctreedir) / "depends-on", site)
    return sorted(env.found_docs) if executed_anew or written_anew else []


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("env-get-outdated", outdated)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
