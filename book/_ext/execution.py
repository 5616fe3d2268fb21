"""Execute the pages that have changed side by side, each on one core, before Sphinx reads them one by one.

Sphinx then finds what they gave in the cache. A page that fails here is executed again when it is read, by itself, and
gives its message then. Now and then one does: kernels that start together may be given the same port.

A kernel sends what a cell prints in pieces, cut anywhere. MyST-NB ends a line behind each of them; here they are joined
before.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from jupyter_cache import get_cache
from myst_nb.core import render
from myst_nb.core.execute import ExecutionError, create_client
from myst_nb.core.read import create_nb_reader
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


class Quiet(logging.LoggerAdapter[logging.Logger]):
    """Not Sphinx's: what fails here, and not later, is no warning of the build."""

    def process(self, message: str, options: MutableMapping[str, Any]) -> tuple[str, MutableMapping[str, Any]]:
        return message, {}  # without the options that only Sphinx's knows


logger = Quiet(logging.getLogger(__name__))
# Several threads for arrays as small as the pages' gain nothing, and where cores are busy they wait for each other.
THREADS = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}


def execute(env: BuildEnvironment, page: Path) -> None:
    """Bring a page's results into the cache, if it has code and they are not there yet."""
    text = page.read_text(encoding="utf-8")
    reader = create_nb_reader(str(page), env.myst_config, env.mystnb_config, text)
    if reader is None:
        return
    with (
        contextlib.suppress(ExecutionError, RuntimeError),  # the latter from a kernel that does not start
        create_client(reader.read(text), str(page), env.mystnb_config, logger, reader.read_fmt),
    ):
        pass


def execute_all(app: Sphinx, env: BuildEnvironment, names: Sequence[str]) -> None:
    """Bring the results of these pages into the cache."""
    os.environ.update(THREADS)  # of this process's kernels
    assert get_cache(env.mystnb_config.execution_cache_path).db is not None  # made once, before several ask for it
    pages = [Path(env.doc2path(name)) for name in names]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(lambda page: execute(env, page), pages):
            pass


def joined(outputs: Sequence[NotebookNode]) -> list[NotebookNode]:
    """A cell's outputs, all that went to one stream being one of them."""
    kept: list[NotebookNode] = []
    streams: dict[str, NotebookNode] = {}
    for output in outputs:
        if output["output_type"] == "stream" and output["name"] in streams:
            streams[output["name"]]["text"] += output["text"]
            continue
        kept.append(output)
        if output["output_type"] == "stream":
            streams[output["name"]] = output
    return kept


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("env-before-read-docs", execute_all)
    merge = render.coalesce_streams
    render.coalesce_streams = lambda outputs: merge(joined(outputs))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
