"""Where jobs run: in threads over this machine's engine, or on the workers of a Dask cluster."""

from __future__ import annotations

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
from autograder.sandbox import gpu
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
    gpus: bool = False  # whether jobs may use those of the workers


@contextmanager
def cluster(address: str, site: Site, on_gpu: frozenset[str] = frozenset()) -> Iterator[Place]:
    """The workers of a Dask scheduler; each holds an engine of its own, and keeps it for later runs.

    Args:
        address: The scheduler's.
        site: What its workers must know.
        on_gpu: Units whose jobs need the resource GPU, one each.

    Raises:
        AutograderError: If there is no such scheduler, it has no workers, or none with a GPU where one is needed.
    """
    from distributed import Client, KilledWorker

    try:
        client = Client(address, timeout=PATIENCE)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TimeoutError) as error:
        raise AutograderError(f"no Dask scheduler answers at {printable(address)}: {printable(str(error))}") from None
    with client:
        workers = client.scheduler_info(n_workers=-1)["workers"].values()
        if not workers:
            raise AutograderError(f"the Dask scheduler at {printable(address)} has no workers: start `dask worker`")
        if on_gpu and not any(worker["resources"].get("GPU") for worker in workers):
            raise AutograderError(
                f"no worker of {printable(address)} has a GPU to give: start one with `dask worker --resources GPU=1`"
            )
        plain: Executor = client.get_executor(pure=False)  # type: ignore[no-untyped-call]
        with_gpu: Executor = client.get_executor(pure=False, resources={"GPU": 1})  # type: ignore[no-untyped-call]

        def submit(job: Job) -> Future[Outcome]:
            return (with_gpu if job.unit in on_gpu else plain).submit(run_at, site, job)

        def stop() -> None:
            for executor in (plain, with_gpu):
                executor.shutdown(wait=False, cancel_futures=True)

        try:
            yield Place(submit, stop, (TemplateDied, KilledWorker))
        finally:
            for executor in (plain, with_gpu):
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
            gpus = gpu.found() if site.gpus else ()
            _engines[site] = Engine(load_course(site.course), policy, site.secret, site.patience, gpus)
        return _engines[site]
