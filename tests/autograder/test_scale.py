"""A class that outgrows one machine: parts that are graded apart and merged, and workers of a Dask cluster."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from odd_ones import Folder, right

from autograder import places
from autograder.errors import AutograderError
from autograder.places import Site
from autograder.release import build_release
from autograder.trusted.session import Patience

TOY = Path(__file__).with_name("toy_course")
BIN = Path(sys.executable).parent
UNIT = "01_words"
CLASS = [f"learner{number:02}" for number in range(12)]
SHARED = ("--secret", "shared")
FULL = 7.0
DIES = "import os\nos._exit(3)"


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a course and the submissions to it; one learner's code ends its process, one hands in nothing."""
    place = tmp_path_factory.mktemp("school")
    course = shutil.copytree(TOY, place / "course")
    build_release(course)
    released = json.loads((course / "exercises" / UNIT / "words.ipynb").read_text())
    for learner in CLASS:
        folder = Folder(place / "submitted" / learner / UNIT, right(released), "words.ipynb", released)
        if learner == CLASS[4]:
            folder.insert(DIES, 2)
        folder.write()
    (place / "submitted" / CLASS[5] / UNIT / "words.ipynb").write_text("{")
    return place


def autograder(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(BIN / "autograder"), *arguments]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, timeout=120)


def grade(place: Path, out: str, *more: str) -> subprocess.CompletedProcess[str]:
    folders = ("--course", "course", "--submitted", "submitted", "--out", out, "--timeout", "10")
    done = autograder(place, "grade", *folders, *SHARED, *more)
    assert done.returncode == 0, done.stderr
    return done


def results(folder: Path) -> list[dict[str, Any]]:
    """What readers see, but for how long it took."""
    lines = (folder / "results.jsonl").read_text().splitlines()
    return [{**json.loads(line), "seconds": 0} for line in lines]


def files(folder: Path) -> set[str]:
    own = {".lock", "gradebook.db"}
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.name not in own}


@pytest.fixture(scope="module")
def whole(school: Path) -> Path:
    """The class graded in one piece."""
    grade(school, "whole")
    autograder(school, "report", "--course", "course", "--out", "whole")
    return school / "whole"


def test_parts_merged_are_the_class_graded_in_one_piece(school: Path, whole: Path) -> None:
    for number in (1, 2):
        grade(school, f"part{number}", "--shard", f"{number}/2")
    sizes = [len(results(school / f"part{number}")) for number in (1, 2)]
    assert sum(sizes) == len(CLASS) and all(sizes)
    done = autograder(school, "merge", "part1", "part2", "--course", "course", "--out", "merged")
    assert done.returncode == 0, done.stderr
    assert f"{len(CLASS)} results of 2 parts merged" in done.stdout
    assert results(school / "merged") == results(whole)
    assert [result["score"] for result in results(whole)].count(FULL) >= len(CLASS) - 2
    kept = {file for file in files(whole) if file != "secret"}
    assert files(school / "merged") - {"secret"} == kept
    again = grade(school, "merged")
    assert f"{len(CLASS)} unchanged since the last run" in again.stdout


def test_parts_need_a_secret_that_they_share(school: Path) -> None:
    folders = ("--course", "course", "--submitted", "submitted", "--out", "lonely")
    done = autograder(school, "grade", *folders, "--shard", "1/2")
    assert done.returncode == 2
    assert "parts of a class need the same secret" in done.stderr


@pytest.mark.parametrize("shard", ["0/2", "3/2", "1", "a/b", "1/0"])
def test_a_part_that_is_none_is_an_error_of_use(school: Path, shard: str) -> None:
    done = autograder(school, "grade", "--submitted", "submitted", "--out", "none", "--shard", shard)
    assert done.returncode == 2
    assert "2/8 is the second of eight" in done.stderr


def test_what_was_never_graded_cannot_be_merged(school: Path) -> None:
    done = autograder(school, "merge", "submitted", "--course", "course", "--out", "none")
    assert done.returncode == 2
    assert "nothing has been graded into this folder" in done.stderr


class Cluster:
    """A Dask scheduler and workers, each a process of its own, as an administrator starts them."""

    def __init__(self, place: Path, workers: int) -> None:
        self.file = place / "scheduler.json"
        self.running = [self.start("scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(self.file))]
        self.workers = [
            self.start("worker", "--scheduler-file", str(self.file), "--nthreads", "1", "--no-nanny", "--no-dashboard")
            for _ in range(workers)
        ]
        self.running += self.workers

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [str(BIN / "dask"), *arguments]
        with self.file.with_name(f"{arguments[0]}.log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, cwd=self.file.parent, start_new_session=True)

    @property
    def address(self) -> str:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, ValueError, KeyError):
                return str(json.loads(self.file.read_text())["address"])
            time.sleep(0.1)
        raise TimeoutError("the scheduler did not start")

    def close(self) -> None:
        for process in self.running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), workers=2)
    yield cluster
    cluster.close()


def test_a_cluster_gives_the_same_results(school: Path, whole: Path, cluster: Cluster) -> None:
    done = grade(school, "there", "--cluster", cluster.address)
    assert f"{len(CLASS)} graded" in done.stdout
    assert "isolation level A" in done.stdout
    assert results(school / "there") == results(whole)
    assert files(school / "there") - {"secret"} == files(whole) - {"secret"}
    again = grade(school, "there", "--cluster", cluster.address)
    assert f"{len(CLASS)} unchanged since the last run" in again.stdout


def test_a_cluster_without_a_gpu_says_so_before_anything_waits_for_one(school: Path, cluster: Cluster) -> None:
    site = Site(school / "course", "secret", Patience(), None, False, gpus=True)
    with (
        pytest.raises(AutograderError, match="has a GPU to give"),
        places.cluster(cluster.address, site, frozenset({"12_lab"})),
    ):
        pytest.fail("it started all the same")


def test_a_worker_that_dies_costs_no_result(school: Path, whole: Path, cluster: Cluster) -> None:
    os.killpg(cluster.workers[0].pid, signal.SIGKILL)
    grade(school, "fewer", "--cluster", cluster.address)
    assert results(school / "fewer") == results(whole)


def test_an_address_where_nobody_answers_is_told_in_one_line(school: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "2s")
    folders = ("--course", "course", "--submitted", "submitted", "--out", "nobody")
    done = autograder(school, "grade", *folders, "--cluster", "tcp://127.0.0.1:9")
    assert done.returncode == 2
    assert "no Dask scheduler answers at tcp://127.0.0.1:9" in done.stderr
    assert "Traceback" not in done.stderr
