"""Builds notebooks from the percent sources of a course.

    solutions/NN_unit/unit.py  →  _build/source/NN_unit/unit.ipynb  →  exercises/NN_unit/unit.ipynb

The first step expands the cell options, the second runs nbgrader's own preprocessors in this process: the result is
byte for byte what `nbgrader generate_assignment` writes, in a tenth of the time. nbgrader's source folder must never
hold the percent text itself, since nbgrader copies what lies beside a notebook into the release, answers and all.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from autograder import marks
from autograder.errors import AutograderError
from autograder.lint import lint
from autograder.notebooks import to_ipynb, write_if_changed
from autograder.sources import UNIT_NAME, CourseError, expand, read_source, source_folders
from autograder.units import notebook_folders

SOURCES = Path("_build", "source")
RELEASE = Path("exercises")
STAMPS = Path("_build", "release.json")  # digests of what was built from what, to build nothing twice


def build_sources(course: Path, units: Collection[str] | None = None) -> Path:
    """Write nbgrader's source notebooks, with solutions and hidden tests, and return the folder that has them.

    Args:
        course: The folder that has solutions/ or source/.
        units: Only these, as they are: their rules were looked after when they were released.

    Raises:
        CourseError: If a unit breaks a rule; then nothing was written.
        AutograderError: If a notebook cannot be written.
    """
    sources = _source_texts(course, units)
    plain = [folder for folder in notebook_folders(course) if units is None or folder.name in units]
    if plain and not sources:
        return course / "source"
    for folder in plain:
        sources |= {Path(folder.name, file.name): file.read_text(encoding="utf-8") for file in folder.glob("*.ipynb")}
    if units is None:
        _sync(course / SOURCES, sources)
    else:
        _write_all(course / SOURCES, sources)
    return course / SOURCES


def build_release(course: Path, check: bool = False) -> list[Path]:
    """Write the learners' notebooks; those that are up to date are left alone.

    Args:
        course: The folder that has solutions/.
        check: Write nothing, only compare.

    Returns:
        The notebooks that were written or removed, or with `check` would have been, relative to the course.

    Raises:
        CourseError: If a unit breaks a rule; then nothing was written.
        AutograderError: If a notebook cannot be written.
    """
    sources = _source_texts(course)
    if not sources:
        raise CourseError(f"{course}: nothing to release from: expected solutions/<NN_unit>/<unit>.py")
    folder = course / RELEASE
    stamps = {} if check else _stamps(course)
    texts = {path: _student_text(path, source, folder, stamps) for path, source in sources.items()}
    if check:
        return [RELEASE / path for path in _differing(folder, texts)]
    changed = [RELEASE / path for path in _sync(folder, texts)]
    stamps = {str(path): _stamp(source, texts[path]) for path, source in sources.items()}
    _write_all(course, {STAMPS: json.dumps(stamps, indent=1, sort_keys=True) + "\n"})
    return changed


def _source_texts(course: Path, units: Collection[str] | None = None) -> dict[Path, str]:
    """The expanded notebook of each percent source, by NN_unit/unit.ipynb; of some units, without a look at the rules.

    Raises:
        CourseError: With the faults of all units.
    """
    texts: dict[Path, str] = {}
    faults: list[str] = []
    for folder in source_folders(course):
        if units is not None and folder.name not in units:
            continue
        try:
            source = read_source(folder)
            faults += lint(source) if units is None else ()
            texts[Path(source.unit, f"{source.notebook}.ipynb")] = to_ipynb(expand(source))
        except AutograderError as error:
            faults += str(error).split("\n")
    if faults:
        raise CourseError("\n".join(fault.removeprefix(f"{course}/") for fault in faults))
    return texts


def _student_text(path: Path, source: str, folder: Path, stamps: Mapping[str, str]) -> str:
    """The learners' notebook: the one that is there if it was built from the same source, else a new one."""
    if str(path) in stamps and (folder / path).is_file():
        present = (folder / path).read_bytes().decode(errors="replace")
        if stamps[str(path)] == _stamp(source, present):
            return present
    try:
        return student_version(source)
    except (RuntimeError, ValueError) as error:
        raise CourseError(f"{path}: nbgrader refuses it: {error}") from None


def student_version(text: str) -> str:
    """What nbgrader makes of a source notebook for learners.

    Raises:
        RuntimeError: If marks do not fit to the cells.
        ValueError: If the nbgrader metadata are not valid.
    """
    import nbformat  # the imports take longer than the work: only when there is some
    from nbgrader import preprocessors as nbgrader

    steps: list[Any] = [
        nbgrader.IncludeHeaderFooter(),
        nbgrader.LockCells(),
        nbgrader.ClearSolutions(code_stub={"python": marks.CODE_STUB}),
        nbgrader.ClearOutput(),
        nbgrader.CheckCellMetadata(),
        nbgrader.ComputeChecksums(),  # nbgrader's SaveCells, which follows it, writes to the gradebook only
        nbgrader.ClearHiddenTests(),
        nbgrader.ClearMarkScheme(),
        nbgrader.ComputeChecksums(),
        nbgrader.CheckCellMetadata(),
    ]
    notebook: Any = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
    resources: Any = {}
    for step in steps:
        notebook, resources = step(notebook, resources)
    return str(nbformat.writes(notebook)) + "\n"  # type: ignore[no-untyped-call]


def _stamp(source: str, release: str) -> str:
    parts = [importlib.metadata.version("nbgrader"), marks.CODE_STUB, source, release]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _stamps(course: Path) -> dict[str, str]:
    try:
        stamps = json.loads((course / STAMPS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamps if isinstance(stamps, dict) else {}


def _differing(folder: Path, texts: Mapping[Path, str]) -> list[Path]:
    """Notebooks of units that have another text than they should, are missing, or have lost their source."""
    wrong = [
        path
        for path, text in texts.items()
        if not (folder / path).is_file() or (folder / path).read_bytes() != text.encode()
    ]
    return sorted(wrong + _orphans(folder, texts))


def _orphans(folder: Path, texts: Mapping[Path, str]) -> list[Path]:
    units = {path.parent.name for path in texts}
    found = [path.relative_to(folder) for path in folder.glob("*/*.ipynb")]
    return [p for p in found if p not in texts and (UNIT_NAME.fullmatch(p.parent.name) or p.parent.name in units)]


def _sync(folder: Path, texts: Mapping[Path, str]) -> list[Path]:
    """Make a folder of notebooks what it should be; the paths that changed."""
    changed = _write_all(folder, texts)
    for path in _orphans(folder, texts):
        (folder / path).unlink()
        changed.append(path)
    return sorted(changed)


def _write_all(folder: Path, texts: Mapping[Path, str]) -> list[Path]:
    try:
        return [path for path, text in texts.items() if write_if_changed(folder / path, text)]
    except OSError as error:
        raise AutograderError(f"cannot write {error.filename or folder}: {error.strerror}") from None
