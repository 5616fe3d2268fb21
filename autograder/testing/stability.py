"""Whether the hidden tests judge known answers alike whatever the seed: right ones in full, mistakes lose their family.

Usage: python -m autograder.testing.stability [--seeds N] [--first SEED] [--processes N] [solutions/NN_unit ...]
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import multiprocessing
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from pathlib import Path

from rich.console import Console
from rich.progress import track

from autograder.testing.matrix import Unit
from autograder.testing.reports import seed_with

Job = tuple[Path, int]  # a unit's folder and a seed
INTERRUPTED = 130  # as a shell has it for SIGINT


@functools.cache
def loaded(folder: Path) -> Unit:
    """A unit, read once in each process."""
    return Unit.load(folder)


def wrong_verdicts(folder: Path, seed: int) -> list[str]:
    """Right answers of a unit that lose points with this seed, and mistakes that survive it."""
    seed_with("tests of the course", str(seed))
    try:
        return [*loaded(folder).wronged(), *loaded(folder).survivors()]
    except Exception as error:
        return [f"the tests themselves failed: {type(error).__name__}: {error}"]


@contextlib.contextmanager
def ctrl_c_held_back() -> Iterator[None]:
    """Let processes be started that never see Ctrl-C, which a terminal sends to all; this one answers it afterwards."""
    came: list[int] = []
    answer = signal.signal(signal.SIGINT, lambda number, _: came.append(number))  # another thread may get it
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # what is started inherits this
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        signal.signal(signal.SIGINT, answer)
    if came and callable(answer):  # not where Ctrl-C is ignored, as in a shell's background
        answer(came[0], None)


def run(jobs: Sequence[Job], processes: int) -> Iterator[tuple[Job, list[str]]]:
    """Each unit and seed with its wrong verdicts, as they come."""
    pool = ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"))
    try:
        with ctrl_c_held_back():
            futures: dict[Future[list[str]], Job] = {pool.submit(wrong_verdicts, *job): job for job in jobs}
        for future in as_completed(futures):
            yield futures[future], future.result()
    except BaseException:
        for process in pool._processes.values():
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print each wrong verdict when it is found, then a line for each unit; 1 if there was any."""
    parser = argparse.ArgumentParser(prog="python -m autograder.testing.stability", description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, help="units (default: all in solutions/)")
    parser.add_argument("--seeds", type=int, default=200, help="how many seeds to try (default: 200)")
    parser.add_argument("--first", type=int, default=0, help="the first of them (default: 0)")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="default: one per core")
    options = parser.parse_args(arguments)
    os.environ["OMP_NUM_THREADS"] = "1"  # for the processes, each of which has a core of its own
    folders = options.folders or sorted(path.parent for path in Path("solutions").glob("*/hidden_tests.py"))
    if not folders:
        parser.error("no unit: name its folder, or run this where solutions/ is")
    jobs = [
        (folder.resolve(), seed) for folder in folders for seed in range(options.first, options.first + options.seeds)
    ]
    screen, done, wrong, status = Console(), Counter[str](), Counter[str](), 0
    try:
        found = run(jobs, options.processes)
        for (folder, seed), verdicts in track(
            found, "trying", len(jobs), console=screen, disable=not screen.is_terminal
        ):
            done[folder.name] += 1
            wrong[folder.name] += len(verdicts)
            for verdict in verdicts:
                line = " ".join(verdict.splitlines())
                screen.print(f"{folder.name}, seed {seed}: {line}", markup=False, highlight=False, soft_wrap=True)
    except KeyboardInterrupt:
        status = INTERRUPTED
    for folder in folders:
        name = folder.resolve().name
        print(f"{name}: {done[name]} of {options.seeds} seeds tried, {wrong[name]} wrong verdicts")
    return 1 if wrong.total() else status


if __name__ == "__main__":
    sys.exit(main())
