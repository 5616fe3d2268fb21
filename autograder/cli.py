"""The command line. Each command is a few lines over the module that does the work."""

from __future__ import annotations

import gc
import logging
import sys
from pathlib import Path
from typing import NoReturn

import click

from autograder.results import SCHEMA_PATH
from autograder.sandbox import gpu
from autograder.sandbox.policy import Level

OUTPUT = click.Path(file_okay=False, path_type=Path)
FOLDER = click.Path(exists=False, file_okay=True, path_type=Path)
course_option = click.option(
    "--course",
    type=FOLDER,
    default=None,
    help="The course: a folder with solutions/ (percent sources) or source/ (nbgrader's layout). "
    "Default: this folder or the nearest one above it that has one.",
)
level_option = click.option(
    "--level",
    type=click.Choice(["A", "B", "C"]),
    default=None,
    help="Use this level of isolation; see `autograder doctor`.  [default: the strongest that works here]",
)


class Shard(click.ParamType):  # type: ignore[type-arg]
    """A part of a class, such as 2/8."""

    name = "I/N"

    def convert(self, value: str, param: click.Parameter | None, context: click.Context | None) -> tuple[int, int]:
        """The numbers of `2/8`."""
        number, _, count = value.partition("/")
        if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
            self.fail(f"{value!r} is no part of a class: 2/8 is the second of eight", param, context)
        return int(number), int(count)


class Gpus(click.ParamType):  # type: ignore[type-arg]
    """GPUs of this machine, such as 0,1 or all."""

    name = "N,…"

    def convert(self, value: str, param: click.Parameter | None, context: click.Context | None) -> tuple[int, ...]:
        """Their numbers."""
        try:
            return gpu.chosen(value)
        except ValueError as error:
            self.fail(str(error), param, context)


gpus_option = click.option(
    "--gpus",
    type=Gpus(),
    default=None,
    help="Grade units that can use a GPU on these, one submission each: 0,1 or all.  [default: on the processor]",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="cnn-course", prog_name="autograder")
def cli() -> None:
    """Grade notebooks with hidden tests that never enter the learner's process.

    \b
    autograder grade --submitted submitted --out graded      grade a class
    autograder check conv_forward.ipynb                      grade one notebook, for yourself
    """


@cli.command()
@click.option("--submitted", type=FOLDER, required=True, help="Submissions: DIR/<learner>/<unit>/<notebook>.ipynb.")
@click.option("--out", type=OUTPUT, required=True, help="Where results, gradebook, feedback and report go.")
@course_option
@click.option("--unit", "units", multiple=True, help="Grade this unit only; may be given more than once.")
@click.option("--db", default=None, help="The gradebook's SQLAlchemy URL.  [default: SQLite, OUT/gradebook.db]")
@click.option("--workers", type=click.IntRange(1), default=None, help="Submissions at a time.  [default: one a core]")
@click.option("--timeout", type=click.FloatRange(0.1), default=None, help="Seconds for one cell.  [default: 60]")
@click.option(
    "--secret", envvar="AUTOGRADER_SECRET", default=None, help="Seeds the hidden tests.  [default: kept in OUT]"
)
@click.option("--regrade", is_flag=True, help="Grade again what has been graded and has not changed.")
@level_option
@click.option("--unsafe", is_flag=True, help="Go on where learner code cannot be isolated. Results say so.")
@click.option("--cluster", default=None, help="Grade on the workers of this Dask scheduler, such as tcp://host:8786.")
@click.option("--shard", type=Shard(), default=None, help="Grade part I of N only; `autograder merge` joins the parts.")
@gpus_option
@click.option("-q", "--quiet", is_flag=True, help="Print errors and the closing line only.")
@click.option("--json-log", is_flag=True, help="A line of JSON on stderr for each submission, instead of progress.")
def grade(
    submitted: Path,
    out: Path,
    course: Path | None,
    units: tuple[str, ...],
    db: str | None,
    workers: int | None,
    timeout: float | None,
    secret: str | None,
    regrade: bool,
    level: Level | None,
    unsafe: bool,
    cluster: str | None,
    shard: tuple[int, int] | None,
    gpus: tuple[int, ...] | None,
    quiet: bool,
    json_log: bool,
) -> None:
    """Grade a class.

    Reads nbgrader's layout, writes OUT/results.jsonl, OUT/gradebook.db (nbgrader's own), OUT/feedback/ and
    OUT/report.html. What has been graded and has not changed since is not graded again, so a run that was stopped
    goes on where it was.
    """
    from autograder import grading

    options = grading.Options(
        units, db, workers, secret, regrade, level, unsafe, timeout, json_log, cluster, shard, gpus
    )
    done = grading.grade_class(course, submitted, out, options, grading.console(quiet or json_log))
    click.echo(done.summary())
    sys.exit(130 if done.stopped else 1 if done.failed else 0)


@cli.command()
@click.argument("parts", nargs=-1, required=True, type=FOLDER)
@click.option("--out", type=OUTPUT, required=True, help="Where results, gradebook, feedback and report go.")
@course_option
@click.option("--db", default=None, help="The gradebook's SQLAlchemy URL.  [default: SQLite, OUT/gradebook.db]")
def merge(parts: tuple[Path, ...], out: Path, course: Path | None, db: str | None) -> None:
    """Put together the PARTS of a class that `autograder grade --shard` graded apart.

    Of a submission that several parts have, the one graded last counts.
    """
    from autograder import publishing

    click.echo(publishing.merge(course, parts, out, db))


@cli.command()
@click.argument("notebook", type=FOLDER)
@course_option
@click.option("--unit", default=None, help="The unit it belongs to.  [default: told by its name or its cells]")
@gpus_option
@level_option
@click.option("--unsafe", is_flag=True, help="Go on where this machine cannot isolate the notebook's code.")
def check(
    notebook: Path,
    course: Path | None,
    unit: str | None,
    gpus: tuple[int, ...] | None,
    level: Level | None,
    unsafe: bool,
) -> None:
    """Grade one NOTEBOOK and print its feedback. Nothing is written.

    Exits with 0 on full marks, with 1 otherwise, with 2 if it could not be graded.
    """
    from autograder import grading

    record, text = grading.check_notebook(course, notebook, unit, level, unsafe, gpus)
    click.echo(text)
    sys.exit(0 if record.result.score >= record.result.max_score else 1)


@cli.command()
@click.option("--out", type=OUTPUT, required=True, help="The folder that `autograder grade` wrote.")
@course_option
@click.option("--db", default=None, help="The gradebook's SQLAlchemy URL.  [default: SQLite, OUT/gradebook.db]")
def report(out: Path, course: Path | None, db: str | None) -> None:
    """Write results, gradebook, feedback and class report anew from what has been graded."""
    from autograder import publishing

    click.echo(publishing.publish_again(course, out, db))


@cli.command()
@course_option
@click.option("--check", "only_check", is_flag=True, help="Write nothing; fail if a released notebook is out of date.")
def release(course: Path | None, only_check: bool) -> None:
    """Build the learners' notebooks (exercises/) from the instructors' (solutions/)."""
    from autograder import release as builder
    from autograder import units

    root = units.course_root(course)
    if not only_check:
        builder.build_sources(root)
    changed = builder.build_release(root, check=only_check)
    for path in changed:
        click.echo(f"{'out of date' if only_check else 'built'}  {path}")
    sys.exit(1 if only_check and changed else 0)


@cli.command()
def doctor() -> None:
    """Say how well this machine can isolate learner code, and what to change."""
    from autograder import doctor as doctor_module

    healthy, lines = doctor_module.examine()
    click.echo("\n".join(lines))
    sys.exit(0 if healthy else 1)


@cli.command()
def schema() -> None:
    """Print the JSON schema of a line of results.jsonl."""
    click.echo(SCHEMA_PATH.read_text(encoding="utf-8"), nl=False)


def main() -> NoReturn:
    """Entry point: errors of use are one line, never a traceback."""
    from autograder.errors import AutograderError

    logging.getLogger("autograder").addHandler(logging.NullHandler())
    gc.set_threshold(100_000)  # most of what is made here is modules, and no garbage
    try:
        cli(standalone_mode=False)
        gc.freeze()  # or Python looks for garbage in all modules before it ends, a third of a second
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("stopped", err=True)
        sys.exit(130)
    except AutograderError as error:
        click.echo(f"autograder: {error}", err=True)
        sys.exit(2)
    sys.exit(0)
