"""Reads and writes notebooks: percent text that an author wrote, .ipynb bytes that anyone may have made.

Nothing else knows the formats. Reading an .ipynb is tolerant, since other services and old versions write it in many
ways, and takes nothing but each cell's kind, text and names; it never raises anything but `Unreadable`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MAX_CELLS = 2_000
MAX_BRACKETS = 1_000_000  # each opens a Python object of about 64 bytes

KINDS = ("code", "markdown", "raw")
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
MARKER = re.compile(r"# %%(?:\s+(?:\[(?P<kind>\w+)\])?(?P<options>.*))?")
OPTION = re.compile(r"""\s*(\w+)=("[^"]*"|\d+(?:\.\d+)?)(?=\s|$)""")
PROSE = re.compile(r'r"""(.*)"""', re.DOTALL)
COMMENTED_MAGIC = re.compile(r"^# ?(?=%{1,2}[a-zA-Z]|![a-zA-Z])", re.MULTILINE)
OTHER_FORMATS = {
    b"PK": "a zip archive",
    b"%PDF": "a PDF file",
    b"<!": "an HTML page",
    b"<html": "an HTML page",
    b"#": "a Python script or plain text",
    b"\x1f\x8b": "a gzip archive",
}


class Unreadable(ValueError):
    """This is no notebook; the message says in one line what it is or where it breaks."""


@dataclass(frozen=True)
class NotebookCell:
    """One cell as a file holds it."""

    kind: str  # one of KINDS
    source: str
    id: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict, hash=False)
    line: int = 0  # where it begins in a percent text

    @property
    def grade(self) -> Mapping[str, Any]:
        """The cell's nbgrader metadata, empty where there is none."""
        grade = self.metadata.get("nbgrader")
        return grade if isinstance(grade, dict) else {}

    @property
    def grade_id(self) -> str:
        """The name nbgrader knows the cell by, or nothing."""
        name = self.grade.get("grade_id")
        return clean(name) if isinstance(name, str) else ""


def read_ipynb(data: bytes, max_cells: int = MAX_CELLS) -> tuple[NotebookCell, ...]:
    """The cells of a notebook of any version; unknown kinds of cells are left out.

    Raises:
        Unreadable: If the bytes hold no notebook or more than `max_cells` cells.
    """
    notebook = _load(data)
    if not isinstance(notebook, dict):
        raise Unreadable(f"not a notebook: the JSON holds a {type(notebook).__name__}, not an object with cells")
    cells = notebook.get("cells")
    if cells is None and isinstance(notebook.get("worksheets"), list):  # versions 2 and 3
        sheets = [sheet.get("cells") for sheet in notebook["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets if isinstance(sheet, list) for cell in sheet]
    if not isinstance(cells, list):
        raise Unreadable("not a notebook: it has no list of cells")
    if len(cells) > max_cells:
        raise Unreadable(f"the notebook has {len(cells)} cells, at most {max_cells} are read")
    return tuple(_cell(cell) for cell in cells if isinstance(cell, dict) and _kind(cell) in KINDS)


def _load(data: bytes) -> Any:
    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise Unreadable("the file is empty")
    if data.count(b"[") + data.count(b"{") > MAX_BRACKETS:
        raise Unreadable("the notebook holds far more structure than any notebook needs")
    try:
        return json.loads(data.decode(json.detect_encoding(data[:4]), "replace").lstrip("\ufeff"))
    except json.JSONDecodeError as error:
        kind = next((name for start, name in OTHER_FORMATS.items() if data.startswith(start)), "")
        where = f"it is {kind}" if kind else f"invalid JSON in line {error.lineno}, column {error.colno}"
        raise Unreadable(f"not a notebook: {where}") from None
    except RecursionError:
        raise Unreadable("not a notebook: its JSON is nested too deep") from None
    except ValueError:
        raise Unreadable("not a notebook: it holds a number that cannot be read") from None


def _kind(cell: dict[str, Any]) -> str:
    kind = cell.get("cell_type")
    return "markdown" if kind == "heading" else kind if isinstance(kind, str) else ""


def _cell(cell: dict[str, Any]) -> NotebookCell:
    metadata, name = cell.get("metadata"), cell.get("id")
    return NotebookCell(
        kind=_kind(cell),
        source=_text(cell["source"] if "source" in cell else cell.get("input")),
        id=clean(name) if isinstance(name, str) else "",
        metadata=metadata if isinstance(metadata, dict) else {},
    )


def _text(source: Any) -> str:
    parts = source if isinstance(source, list) else [source]
    text = "".join(part for part in parts if isinstance(part, str))
    return clean(text.replace("\r\n", "\n").replace("\r", "\n"))


def clean(text: str) -> str:
    """The text with what UTF-8 cannot hold (half of a surrogate pair) replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")


def read_percent(text: str) -> tuple[NotebookCell, ...]:
    """The cells of a jupytext percent text; the options of its markers become the cells' metadata.

    Prose must stand in r-strings of three double quotes, so that the file stays a Python module without surprises.

    Raises:
        Unreadable: With the line and what is wrong there.
    """
    cells: list[NotebookCell] = []
    marker, start, body = "", 0, list[str]()
    for number, line in enumerate([*text.split("\n"), "# %%"], 1):
        if MARKER.fullmatch(line):
            if start:
                cells.append(_percent_cell(marker, "\n".join(body), start))
            elif "".join(body).strip():
                raise Unreadable("line 1: text before the first `# %%`")
            marker, start, body = line, number, []
        else:
            body.append(line)
    return tuple(cells)


def _percent_cell(marker: str, body: str, line: int) -> NotebookCell:
    match = MARKER.fullmatch(marker)
    assert match is not None
    kind, options = match["kind"] or "code", _options(match["options"] or "", line)
    source = body.strip("\n").rstrip()
    if kind == "code":
        return NotebookCell("code", COMMENTED_MAGIC.sub("", source), metadata=options, line=line)
    prose = PROSE.fullmatch(source)
    if kind != "markdown" or prose is None or '"""' in prose[1]:
        raise Unreadable(f'line {line}: a prose cell is `# %% [markdown]` and a raw string: r"""…"""')
    return NotebookCell("markdown", prose[1].strip("\n"), metadata=options, line=line)


def _options(text: str, line: int) -> dict[str, str | int | float]:
    options: dict[str, str | int | float] = {}
    rest = text.strip()
    while match := OPTION.match(rest):
        name, value = match.groups()
        if name in options:
            raise Unreadable(f"line {line}: the option {name} is given twice")
        options[name] = value[1:-1] if value[0] == '"' else float(value) if "." in value else int(value)
        rest = rest[match.end() :]
    if rest.strip():
        raise Unreadable(f'line {line}: cannot read the options at {rest.strip()!r}: expected name="text" or name=1')
    return options


def to_ipynb(cells: Iterable[NotebookCell]) -> str:
    """A notebook of format 4.5, byte for byte as nbformat writes it."""
    content = {
        "cells": [_as_json(cell) for cell in cells],
        "metadata": METADATA,
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, ensure_ascii=False, indent=1, separators=(",", ": "), sort_keys=True) + "\n"


def _as_json(cell: NotebookCell) -> dict[str, Any]:
    only_code: dict[str, Any] = {"execution_count": None, "outputs": []} if cell.kind == "code" else {}
    return {
        "cell_type": cell.kind,
        "id": cell.id,
        "metadata": dict(cell.metadata),
        "source": cell.source.splitlines(keepends=True),
        **only_code,
    }


def write_if_changed(path: Path, text: str) -> bool:
    """Give a file this text; an equal file keeps its time of change. Whether something was written.

    Raises:
        OSError: If it cannot be written; the old file is then whole.
    """
    data = text.encode()
    if path.is_file() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return True
