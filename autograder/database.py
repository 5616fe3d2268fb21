"""Opens nbgrader's gradebook, in any database that SQLAlchemy knows; complaints come as one clear line."""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from autograder.errors import AutograderError
from autograder.printable import printable


@functools.cache
def nbgrader_api() -> Any:
    """nbgrader's models. Their import would build a parser of internationalised addresses, which takes 0.7 s."""
    spared = "rfc3987_syntax" not in sys.modules
    if spared:
        sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]  # its import fails, jsonschema does without
    try:
        import nbgrader.api
    finally:
        if spared:
            del sys.modules["rfc3987_syntax"]
    return nbgrader.api


@contextlib.contextmanager
def opened(db_url: str | sa.URL, course_id: str) -> Iterator[Session]:
    """A session on the gradebook, which is created where there is none.

    Raises:
        AutograderError: With what the database complains of, in one line.
    """
    try:
        url = sa.make_url(db_url)
    except sa.exc.ArgumentError:
        shown = printable(str(db_url).rpartition("@")[2])  # no password
        raise AutograderError(f"{shown!r} is no database: expected the form sqlite:////folder/gradebook.db") from None
    name = f"the gradebook {printable(url.render_as_string(hide_password=True))}"
    try:
        _create(url)
        with nbgrader_api().Gradebook(url, course_id) as gradebook:
            yield gradebook.db
    except ModuleNotFoundError as error:
        raise AutograderError(f"{name} needs the Python package {error.name}, which is not installed") from error
    except sa.exc.NoSuchModuleError as error:
        raise AutograderError(f"{name}: SQLAlchemy knows no database of that kind") from error
    except sa.exc.DBAPIError as error:
        raise AutograderError(f"{name}: {_complaint(str(error.orig))}") from error
    except nbgrader_api().InvalidEntry as error:
        raise AutograderError(f"{name}: {_complaint(str(error))}") from error


def _complaint(said: str) -> str:
    """A database's complaint in one line, with what to do."""
    line = printable(said.strip().partition("\n")[0])
    if "locked" in line:
        return f"{line}: another program is using it; close that, then run `autograder report`"
    if "readonly" in line or "read-only" in line:
        return f"{line}: allow writing, or choose another with --db"
    if "no such column" in line or "no such table" in line:
        return f"{line}: of another nbgrader; make a copy, then run `nbgrader db upgrade`"
    return line


def _create(url: sa.URL) -> None:
    """Note the version in a database without tables; nbgrader then creates them.

    By itself it would start the program `alembic` to learn the version, which takes two seconds.
    """
    engine = sa.create_engine(url)
    try:
        if not sa.inspect(engine).get_table_names():
            nbgrader_api()
            from alembic.script import ScriptDirectory
            from nbgrader.dbutil import ALEMBIC_DIR

            head = ScriptDirectory(ALEMBIC_DIR).get_current_head()
            with engine.begin() as connection:
                connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
                connection.execute(sa.text("INSERT INTO alembic_version VALUES (:head)"), {"head": head})
    finally:
        engine.dispose()


def insert(session: Session, model: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows."""
    if rows:
        session.execute(sa.insert(model), rows)


def update(session: Session, model: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Change rows, each found by its id."""
    if rows:
        session.execute(sa.update(model), rows)
