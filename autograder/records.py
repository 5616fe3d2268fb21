"""What is kept of each grading: OUT/records/<unit>/<learner>.json, from which everything else is derived.

A record is written whole or not at all, as soon as its submission is graded: a run that is stopped, even by a power
cut, loses only what was running. Its fingerprint says what was graded, so that the next run can go on.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from autograder.errors import AutograderError
from autograder.printable import printable
from autograder.results import Result, to_json

ODD = re.compile(r'[<>"*?,\[\]]')

FOLDER = "records"
RESULTS = "results.jsonl"
SECRET = "secret"  # the same class graded twice gets the same random tests
FORMAT = 1  # of a record; one of another format is graded again
MAX_SOURCE = 20_000  # characters of an answer that feedback shows
MAX_OUTPUT = 4_000  # characters of what it printed
MAX_NAME = 240  # bytes; file systems allow 255


@dataclass(frozen=True)
class Answer:
    """What a learner wrote for one exercise, and what came of running it. Long texts are cut."""

    source: str
    output: str = ""  # the last that it printed
    error: str = ""  # the end of the traceback, where the cell itself failed
    check: str = ""  # what the visible tests said, where they failed

    def __post_init__(self) -> None:
        object.__setattr__(self, "source", head(self.source, MAX_SOURCE))
        for name in ("output", "error", "check"):
            object.__setattr__(self, name, tail(getattr(self, name), MAX_OUTPUT))


@dataclass(frozen=True)
class Record:
    """One graded submission: its result and what only its feedback needs."""

    result: Result
    fingerprint: str  # of all that the result depends on
    isolation: str  # the level of isolation that held the learner's code
    graded: str  # when, as ISO 8601 in UTC
    notes: tuple[str, ...] = ()  # for the learner, such as cells that were put back
    answers: Mapping[str, Answer] = field(default_factory=dict)  # by exercise; a deleted answer has an empty source
    by_hand: Mapping[str, float] = field(default_factory=dict)  # exercises that a person grades, and their points

    def to_json(self) -> str:
        """The text of a record's file."""
        return to_json({"format": FORMAT, **asdict(self)}) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Record:
        """The inverse of `to_json`.

        Raises:
            ValueError: If the text is no record of this format.
        """
        try:
            content = json.loads(text)
        except RecursionError:
            raise ValueError("not a record: nested too deep") from None
        if not isinstance(content, dict) or content.pop("format", None) != FORMAT:
            raise ValueError(f"not a record of format {FORMAT}")
        try:
            content["result"] = Result.from_dict(content["result"])
            content["notes"] = tuple(content["notes"])
            content["answers"] = {name: Answer(**answer) for name, answer in content["answers"].items()}
            return cls(**content)
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"not a record: {error}") from error


def fingerprint(*parts: str | bytes) -> str:
    """One digest of all that a result depends on; the order of the parts counts, and where each ends."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8))
        digest.update(data)
    return digest.hexdigest()


def path(out: Path, unit: str, learner: str) -> Path:
    """Where a record is.

    Raises:
        ValueError: If a name is none of a file.
    """
    return out / FOLDER / file_name(unit) / f"{file_name(learner)}.json"


def file_name(name: str) -> str:
    """The name itself; one that leaves no room for a suffix is cut and told apart by a digest.

    Raises:
        ValueError: If it is no name of a file.
    """
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise ValueError(f"{name!r} is no name of a file")
    data = os.fsencode(name)
    if len(data) <= MAX_NAME:
        return name
    return os.fsdecode(data[: MAX_NAME - 20]).rstrip() + "~" + fingerprint(data)[:16]


def save(out: Path, record: Record) -> None:
    """Write a record to the disk; once this returns it survives a power cut.

    Raises:
        AutograderError: If it cannot be written; an old record is then whole.
    """
    write_whole(path(out, record.result.unit, record.result.learner), record.to_json(), durable=True)


def load(out: Path, unit: str, learner: str) -> Record | None:
    """The record of one submission; None where there is none, or none that can be read: it is graded again then."""
    try:
        record = Record.from_json(path(out, unit, learner).read_bytes())
    except (OSError, ValueError):
        return None
    return record if (record.result.unit, record.result.learner) == (unit, learner) else None


def load_all(out: Path) -> list[Record]:
    """All records, by unit and learner.

    Raises:
        AutograderError: If one cannot be read: leaving it out would take a learner's points away.
    """
    found = []
    for file in (out / FOLDER).glob("*/*.json"):
        try:
            found.append(Record.from_json(file.read_bytes()))
        except (OSError, ValueError) as error:
            raise AutograderError(
                f"cannot read the record {printable(str(file))}: {printable(str(error))}; delete it and grade again"
            ) from error
    return sorted(found, key=lambda record: (record.result.unit, record.result.learner))


def write_results(out: Path, records: Iterable[Record]) -> Path:
    """Write OUT/results.jsonl, one line for each record, and return where it is."""
    lines = [record.result.to_json() + "\n" for record in records]
    return write_whole(out / RESULTS, "".join(lines))


def write_whole(file: Path, text: str, durable: bool = False) -> Path:
    """Write a file whole or not at all; one that holds this text already is left alone.

    Raises:
        AutograderError: If it cannot be written; an old file is then whole.
    """
    data = text.encode("utf-8", "backslashreplace")
    part = file.with_name(f".part-{os.getpid()}-{threading.get_ident()}")
    try:
        if not durable and file.is_file() and file.read_bytes() == data:
            return file
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("wb") as stream:
                stream.write(data)
                stream.flush()
                if durable:
                    os.fsync(stream.fileno())
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise AutograderError(f"cannot write {printable(str(file))}: {error.strerror}") from error
    return file


def head(text: str, limit: int) -> str:
    """The text, or its beginning and how much is missing."""
    if len(text) <= limit:
        return text
    kept = limit - 100
    return f"{text[:kept]}\n… {len(text) - kept:,} more characters are not shown"


def tail(text: str, limit: int) -> str:
    """The text, or its end and how much is missing."""
    if len(text) <= limit:
        return text
    kept = limit - 100
    return f"… {len(text) - kept:,} characters before this are not shown\n{text[-kept:]}"


def student_id(learner: str) -> str:
    """The learner's name as nbgrader can hold it: the name itself, unless it has characters that it trips over.

    Formgrader takes names for HTML, `generate_feedback` for patterns of file names, `export` for a column of its table.
    """
    shown = ODD.sub("_", printable(learner))
    return shown if shown == learner else f"{shown}~{fingerprint(learner)[:8]}"


def kept_secret(out: Path) -> str:
    """The secret that a class's earlier run kept in its folder, or a new one.

    Raises:
        AutograderError: If the folder cannot be written to.
    """
    return read_secret(out) or keep_secret(out, secrets.token_hex(16))


def read_secret(out: Path) -> str:
    """The secret in a folder; empty if there is none."""
    with suppress(OSError):
        return (out / SECRET).read_text(encoding="ascii").strip()
    return ""


def keep_secret(out: Path, secret: str) -> str:
    """Write a class's secret where its next run looks for it."""
    file = write_whole(out / SECRET, secret + "\n", durable=True)
    file.chmod(0o600)
    return secret
