"""Where jobs run: in threads over this machine's engine, or on the workers of a Dask cluster."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autograder.engine import Engine, Job, Outcome
from autograder.errors import AutograderError
from autograder.forkserver import TemplateDied
from autograder.printable import printable
from autograder.sandbox.policy import Level, Policy, choose_level
from autograder.trusted.session import Patience
from autograder.units import load_course

PATIENCE = 15  # seconds until a scheduler counts as not there


@dataclass(frozen=True)
class Place:
    """Runs jobs.

    Attributes:
        submit: Starts a job when there is room; its future gives the outcome.
        stop: Ends what is running, unfinished and unrecorded.
        lost: What a future raises if the process that ran the job died, maybe by another job's doing.
    """

    submit: Callable[[Job], Future[Outcome]]
    stop: Callable[[], None]
    lost: tuple[type[BaseException], ...]


@contextmanager
def here(engine: Engine, workers: int) -> Iterator[Place]:
    """This machine, with so many jobs at a time."""
    pool = ThreadPoolExecutor(workers)
    try:
        yield Place(lambda job: pool.submit(engine.run, job), engine.close, (TemplateDied,))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@dataclass(frozen=True)
class Site:
    """All that a worker of a cluster must know beside the job; the course lies at the same place for all of them."""

    course: Path
    secret: str
    patience: Patience
    level: Level | None
    unsafe: bool


@contextmanager
def cluster(address: str, site: Site) -> Iterator[Place]:
    """The workers of a Dask scheduler; each holds an engine of its own, and keeps it for later runs.

    Raises:
        AutograderError: If there is no such scheduler, or it has no workers.
    """
    from distributed import Client, KilledWorker

    try:
        client = Client(address, timeout=PATIENCE)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TimeoutError) as error:
        raise AutograderError(f"no Dask scheduler answers at {printable(address)}: {printable(str(error))}") from None
    with client:
        if not client.scheduler_info(n_workers=1)["workers"]:
            raise AutograderError(f"the Dask scheduler at {printable(address)} has no workers: start `dask worker`")
        executor: Executor = client.get_executor(pure=False)  # type: ignore[no-untyped-call]
        stop = functools.partial(executor.shutdown, wait=False, cancel_futures=True)
        try:
            yield Place(lambda job: executor.submit(run_at, site, job), stop, (TemplateDied, KilledWorker))
        finally:
            executor.shutdown(wait=False)


_engines: dict[Site, Engine] = {}
_lock = threading.Lock()


def run_at(site: Site, job: Job) -> Outcome:
    """Grade one job in this process, a worker's, by the engine that it keeps for this site."""
    return _engine(site).run(job)


def _engine(site: Site) -> Engine:
    with _lock:
        if site not in _engines:
            for other in list(_engines):
                _engines.pop(other).close()
            policy = Policy(level=choose_level(site.level, site.unsafe))
            _engines[site] = Engine(load_course(site.course), policy, site.secret, site.patience)
        return _engines[site]
