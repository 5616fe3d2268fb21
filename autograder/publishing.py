"""Writes what readers see from the records: results, gradebook, feedback, report; puts parts of a class together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from autograder import autograded, feedback, records, release, report
from autograder.errors import AutograderError
from autograder.held import held
from autograder.printable import printable
from autograder.units import course_root, load_course


def publish(root: Path, out: Path, db: str | None, fresh: Collection[tuple[str, str]] = ()) -> int:
    """Write results, gradebook, feedback and report from the records; how many there are.

    Args:
        root: The course.
        out: The folder that holds the records.
        db: The gradebook; by default one in `out`.
        fresh: Units and learners whose feedback has just been written.
    """
    from autograder import gradebook  # half a second of imports, which `warm_up` makes beside other things

    found = records.load_all(out)
    records.write_results(out, found)
    units = load_course(root)
    names = {record.result.unit for record in found}
    graded = [units[name] for name in units if name in names]
    gradebook.write(db or gradebook.default_url(out), graded, release.build_sources(root, names), found)
    for record in found:
        if (record.result.unit, record.result.learner) not in fresh:
            feedback.write(out, record)
    report.write(out, found)
    return len(found)


def warm_up() -> None:
    """Import what the gradebook needs while something else is waited for."""
    from autograder import gradebook

    gradebook.warm_up()


def publish_again(course: Path | None, out: Path, db: str | None) -> str:
    """Write everything that readers see anew from the records; a line on what was written.

    Raises:
        AutograderError: If there are no records.
    """
    if not (out / records.FOLDER).is_dir():
        raise AutograderError(f"{out}: nothing has been graded into this folder")
    with held(out):
        count = publish(course_root(course), out, db)
    return f"{count} results written to {out}"


def merge(course: Path | None, parts: Sequence[Path], out: Path, db: str | None) -> str:
    """Put the parts of a class, graded apart, together in one folder; a line on what was written.

    Raises:
        AutograderError: If a folder is no part, or two were graded with different secrets.
    """
    root = course_root(course)
    units = load_course(root)
    found: dict[tuple[str, str], tuple[records.Record, Path]] = {}
    for part in parts:
        if not (part / records.FOLDER).is_dir():
            raise AutograderError(f"{printable(str(part))}: nothing has been graded into this folder")
        for record in records.load_all(part):
            key = record.result.unit, record.result.learner
            if key not in found or found[key][0].graded < record.graded:
                found[key] = record, part
    with held(out):
        known = {secret for folder in (*parts, out) if (secret := records.read_secret(folder))}
        if len(known) > 1:
            raise AutograderError(
                "these parts were graded with different secrets: their random tests were not the same"
            )
        for secret in known:
            records.keep_secret(out, secret)
        for record, part in found.values():
            records.save(out, record)
            autograded.copy(part, out, units[record.result.unit], record.result.learner)
        count = publish(root, out, db)
        autograded.Writer(root, out).configure(db)
    return f"{len(found)} results of {len(parts)} parts merged; {count} written to {out}"
