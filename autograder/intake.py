"""Takes in what learners handed in: finds the files, reads their bytes once, and trusts neither.

A submitted folder may hold anything: links to other learners' work or to this machine's files, pipes that never end,
files of any size. Only regular files with one name are read, by descriptors that follow no link at any level below
the folder that the instructor named, and never more bytes than the limit. Everything else is refused in one line.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from autograder.course import Unit
from autograder.errors import AutograderError
from autograder.notebooks import MAX_CELLS, NotebookCell, Unreadable, clean, read_ipynb
from autograder.printable import printable_name
from autograder.units import UnknownUnit, check_name

SUFFIX = ".ipynb"
MAX_LISTED = 1_000  # files of one learner's folder that are looked at to find a notebook
FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class Rejected(Exception):
    """A submission cannot be graded at all; the message says why, in one line for the learner."""


@dataclass(frozen=True)
class Limits:
    """What is read at most."""

    size: int = 20_000_000  # bytes of one notebook
    cells: int = MAX_CELLS


@dataclass(frozen=True)
class Entry:
    """Where one learner's submission to one unit should be; nothing of it has been read."""

    learner: str
    unit: str
    root: Path  # the submitted folder: what lies below it is not trusted
    notebook: str  # the name that the notebook should have, without its suffix

    @property
    def path(self) -> Path:
        """Where the notebook should be."""
        return self.root / self.learner / self.unit / f"{self.notebook}{SUFFIX}"


@dataclass(frozen=True)
class Submission:
    """One notebook as it was handed in."""

    learner: str
    unit: str
    cells: tuple[NotebookCell, ...]
    digest: str  # of its bytes
    notes: tuple[str, ...] = ()


def find(
    submitted: Path, units: Mapping[str, Unit] | None = None, known: Iterable[str] = ()
) -> tuple[list[Entry], list[str]]:
    """All submissions in a folder of nbgrader's layout, by learner and unit, and what is odd about the rest.

    Args:
        submitted: Holds <learner>/<unit>/<notebook>.ipynb.
        units: Those to look for; by default each folder of a learner counts as one.
        known: Names of further units, whose folders are passed over in silence.

    Raises:
        AutograderError: If the submitted folder is missing or cannot be read.
    """
    entries: list[Entry] = []
    warnings: list[str] = []
    strangers: dict[str, list[str]] = {}  # folder that is no unit -> learners who have it
    for learner, is_link in _learners(submitted, warnings):
        if is_link:
            warnings.append(f"{learner}: the folder is a symbolic link: not followed, nothing of it is graded")
            continue
        names = _folders(submitted / learner, warnings)
        for name in names:
            if units is None or name in units:
                notebook = units[name].notebook if units else notebook_name(name)
                entries.append(Entry(learner, name, submitted, notebook))
            elif name not in known:
                strangers.setdefault(name, []).append(learner)
        if not names:
            warnings.append(f"{learner}: no submission (expected {learner}/<unit>/<notebook>{SUFFIX})")
    for name, learners in sorted(strangers.items()):
        warnings.append(_not_a_unit(name, learners, list(dict.fromkeys([*(units or ()), *known]))))
    return sorted(entries, key=lambda entry: (entry.learner, entry.unit)), warnings


def notebook_name(unit: str) -> str:
    """A unit's notebook by the course's habit: "04_conv_forward" has "conv_forward"."""
    number, _, rest = unit.partition("_")
    return rest if number.isdigit() and rest else unit


def _learners(submitted: Path, warnings: list[str]) -> Iterator[tuple[str, bool]]:
    try:
        with os.scandir(submitted) as listing:
            found = sorted((item.name, item.is_symlink(), item.is_dir()) for item in listing)
    except FileNotFoundError:
        raise AutograderError(
            f"{submitted}: no such folder; expected <learner>/<unit>/<notebook>{SUFFIX} in it"
        ) from None
    except OSError as error:
        raise AutograderError(f"{submitted}: cannot be read: {error.strerror}") from None
    for name, is_link, is_folder in found:
        if not name.startswith(".") and (is_link or is_folder):
            if _is_sound(name):
                yield name, is_link
            else:
                warnings.append(f"{printable_name(name)}: not graded: the folder's name is not UTF-8")


def _is_sound(name: str) -> bool:
    """Whether a name is text: databases and JSON take no other."""
    return clean(name) == name


def _folders(learner: Path, warnings: list[str]) -> list[str]:
    """The subfolders of a learner's folder; links among them are kept, to be refused when they are read."""
    try:
        descriptor = os.open(learner, FOLDER_FLAGS)
        try:
            with os.scandir(descriptor) as listing:
                seen = list(itertools.islice(listing, MAX_LISTED + 1))
                names = [i.name for i in seen if i.is_symlink() or i.is_dir(follow_symlinks=False)]
        finally:
            os.close(descriptor)
    except OSError as error:
        warnings.append(f"{learner.name}: cannot be read: {error.strerror}")
        return []
    if len(seen) > MAX_LISTED:
        warnings.append(f"{learner.name}: more than {MAX_LISTED} entries; only some of them were looked at")
    return sorted(name for name in names if not name.startswith("."))


def _not_a_unit(name: str, learners: list[str], known: list[str]) -> str:
    who = ", ".join(learners[:3]) + (f" and {len(learners) - 3} more" if len(learners) > 3 else "")
    try:
        check_name(name, known)
    except UnknownUnit as error:
        return f"{who}: {str(error).replace(repr(name), printable_name(name))}"
    return f"{who}: {printable_name(name)} is no unit"


def read(entry: Entry, limits: Limits | None = None) -> Submission:
    """Read one submission.

    Raises:
        Rejected: If there is no notebook, or none that may and can be read.
    """
    limits = limits or Limits()
    with _refusals(), closing(_Folder(entry)) as folder:
        name, note = folder.choose(entry)
        data = folder.read(name, limits.size)
    return parse(data, entry.learner, entry.unit, limits, (note,) if note else ())


def read_file(path: Path, learner: str, unit: str, limits: Limits | None = None) -> Submission:
    """Read a notebook that its owner names on the command line; links are then as good as files.

    Raises:
        Rejected: If it is no notebook.
    """
    limits = limits or Limits()
    with _refusals():
        if not path.is_file():
            raise Rejected(f"{path}: no such file" if not path.exists() else f"{path}: not a file")
        with path.open("rb") as file:
            data = file.read(limits.size + 1)
    return parse(data, learner, unit, limits)


def parse(
    data: bytes, learner: str, unit: str, limits: Limits | None = None, notes: tuple[str, ...] = ()
) -> Submission:
    """The submission that a notebook's bytes hold.

    Raises:
        Rejected: If they hold none.
    """
    limits = limits or Limits()
    if len(data) > limits.size:
        raise Rejected(_too_large(limits.size))
    try:
        cells = read_ipynb(data, limits.cells)
    except Unreadable as error:
        raise Rejected(str(error)) from None
    return Submission(learner, unit, cells, hashlib.sha256(data).hexdigest(), notes)


class _Folder:
    """One learner's folder of one unit, opened so that no link was followed below the submitted folder."""

    def __init__(self, entry: Entry) -> None:
        root = os.open(entry.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            learner = self._open(entry.learner, root)
        finally:
            os.close(root)
        try:
            self.descriptor = self._open(entry.unit, learner)
        finally:
            os.close(learner)

    @staticmethod
    def _open(name: str, parent: int) -> int:
        if stat.S_ISLNK(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
            raise Rejected(f"the folder {printable_name(name)} is a symbolic link: hand in the folder itself")
        return os.open(name, FOLDER_FLAGS, dir_fd=parent)

    def close(self) -> None:
        os.close(self.descriptor)

    def choose(self, entry: Entry) -> tuple[str, str]:
        """The file to read, and a note where it has another name than it should."""
        expected = f"{entry.notebook}{SUFFIX}"
        for name in (expected, f"{entry.unit}{SUFFIX}"):
            if self._exists(name):
                return name, "" if name == expected else f"the notebook was named {name} instead of {expected}"
        with os.scandir(self.descriptor) as listing:
            names = [item.name for item in itertools.islice(listing, MAX_LISTED)]
        names = [name for name in names if name.lower().endswith(SUFFIX) and not name.startswith(".")]
        if not names:
            raise Rejected(f"no notebook was handed in: expected {expected}")
        if len(names) > 1:
            raise Rejected(f"{len(names)} notebooks were handed in and none is named {expected}")
        return names[0], f"the notebook was named {printable_name(names[0])} instead of {expected}"

    def _exists(self, name: str) -> bool:
        try:
            os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    def read(self, name: str, limit: int) -> bytes:
        """The bytes of a regular file with one name."""
        _check_kind(os.stat(name, dir_fd=self.descriptor, follow_symlinks=False), limit)  # opening a device may act
        descriptor = os.open(name, FILE_FLAGS, dir_fd=self.descriptor)
        with os.fdopen(descriptor, "rb") as file:
            _check_kind(os.fstat(descriptor), limit)  # again: it may have been exchanged meanwhile
            return file.read(limit + 1)


def _check_kind(status: os.stat_result, limit: int) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise Rejected("the notebook is a symbolic link: hand in the file itself")
    if not stat.S_ISREG(status.st_mode):
        raise Rejected("the notebook is not a file but a folder, a pipe or a device")
    if status.st_nlink > 1:
        raise Rejected("the notebook is a hard link to a file that stands elsewhere too: hand in a copy")
    if status.st_size > limit:
        raise Rejected(_too_large(limit))


def _too_large(limit: int) -> str:
    return f"the notebook is larger than {limit / 1e6:g} MB: clear its outputs and hand it in again"


@contextmanager
def _refusals() -> Iterator[None]:
    """What the operating system refuses becomes a rejection."""
    try:
        yield
    except OSError as error:
        raise Rejected(f"the notebook cannot be read: {error.strerror or type(error).__name__}") from None
