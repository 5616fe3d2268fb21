"""A unit's own solution, as functions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autograder.notebooks import read_percent


def reference_functions(folder: Path) -> dict[str, Any]:
    """All names that the set-up and solution cells of a unit's percent text define.

    Args:
        folder: The unit's folder, which names the text: `04_conv_forward` holds `conv_forward.py`.
    """
    path = folder / f"{folder.name.partition('_')[2]}.py"
    namespace: dict[str, Any] = {"__name__": path.stem}
    for cell in read_percent(path.read_text(encoding="utf-8")):
        if cell.kind == "code" and cell.metadata.keys() & {"setup", "exercise"}:
            padding = "\n" * cell.line  # so that a traceback shows the right line
            exec(compile(padding + cell.source, str(path), "exec"), namespace)
    return namespace
