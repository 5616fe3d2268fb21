"""A run that is stopped, killed or hindered loses nothing that it had finished and leaves nothing behind."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from odd_ones import Folder, right

from autograder.held import LOCK
from autograder.release import build_release

TOY = Path(__file__).with_name("toy_course")
COMMAND = Path(sys.executable).with_name("autograder")
UNIT = "01_words"
CLASS = [f"learner{number:02}" for number in range(12)]
SLEEPERS = set(CLASS[3::4])  # their code holds the run up
NAP = 2.0
SLEEP = f"import time\ntime.sleep({NAP})"
ROOT = os.geteuid() == 0


@dataclass
class Class:
    """A course, its submissions and the folder of their results."""

    place: Path

    @property
    def out(self) -> Path:
        return self.place / "out"

    def command(self, *more: str) -> list[str]:
        folders = ["--course", "course", "--submitted", "submitted", "--out", "out"]
        return [str(COMMAND), "grade", *folders, "--workers", "2", "--timeout", "10", *more]

    def start(self, *more: str) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen(
            self.command(*more), cwd=self.place, stdout=pipe, stderr=pipe, text=True, start_new_session=True
        )

    def run(self, *before: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*before, *self.command()], cwd=self.place, capture_output=True, text=True, check=False)

    def scores(self) -> dict[str, float]:
        """What is on the disk; every file there must be whole."""
        records = [json.loads(file.read_text()) for file in (self.out / "records").glob("*/*.json")]
        return {record["result"]["learner"]: record["result"]["score"] for record in records}

    def times(self) -> dict[str, int]:
        return {file.stem: file.stat().st_mtime_ns for file in (self.out / "records").glob("*/*.json")}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("class")
    course = shutil.copytree(TOY, place / "course")
    build_release(course)
    released = json.loads((course / "exercises" / UNIT / "words.ipynb").read_text())
    for learner in CLASS:
        folder = Folder(place / "submitted" / learner / UNIT, right(released), "words.ipynb", released)
        if learner in SLEEPERS:
            folder.insert(SLEEP, 2)
        folder.write()
    return place


@pytest.fixture
def group(template: Path, tmp_path: Path) -> Class:
    return Class(shutil.copytree(template, tmp_path / "class"))


def until(condition: Callable[[], object], seconds: float = 20.0) -> bool:
    """Whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def descendants(pid: int) -> set[int]:
    """A process's children, their children and so on."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return {child.pid for child in psutil.Process(pid).children(recursive=True)}
    return set()


def alive(pids: set[int]) -> set[int]:
    return {pid for pid in pids if Path(f"/proc/{pid}").exists() and "\nState:\tZ" not in status(pid)}


def status(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return "\nState:\tZ"


def in_the_middle(group: Class, *more: str) -> subprocess.Popen[str]:
    """A run of which some submissions are graded and some are not."""
    run = group.start(*more)
    assert until(lambda: 3 <= len(group.times()) < len(CLASS)), run.communicate(timeout=30)
    return run


def goes_on(group: Class) -> None:
    """The next run grades only the rest, rightly."""
    before = group.times()
    assert 0 < len(before) < len(CLASS)
    done = group.run()
    assert done.returncode == 0, done.stderr
    assert f"{len(CLASS) - len(before)} graded in" in done.stdout
    assert f"{len(before)} unchanged since the last run" in done.stdout
    after = group.times()
    assert {name: after[name] for name in before} == before
    assert group.scores() == dict.fromkeys(CLASS, 7.0)
    assert not list(group.out.rglob(".part-*"))
    assert len((group.out / "results.jsonl").read_text().splitlines()) == len(CLASS)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_run_that_is_told_to_stop_keeps_what_is_done(group: Class, number: signal.Signals) -> None:
    run = in_the_middle(group)
    below = descendants(run.pid)
    os.killpg(run.pid, number)
    began = time.monotonic()
    said, errors = run.communicate(timeout=20)
    assert time.monotonic() - began < 5
    assert run.returncode == 130
    assert "Traceback" not in errors
    left = len(CLASS) - len(group.times())
    assert f"stopped with {left} left: the same command goes on where this one stopped" in said
    assert not alive(below)
    assert set(group.scores().values()) == {7.0}
    if number is signal.SIGINT:
        goes_on(group)


@pytest.mark.parametrize("level", ["A", "C"])
def test_a_run_that_is_killed_leaves_nothing_and_the_next_goes_on(group: Class, level: str) -> None:
    run = in_the_middle(group, "--level", level)
    below = descendants(run.pid)
    assert below
    os.kill(run.pid, signal.SIGKILL)
    run.communicate(timeout=20)
    assert until(lambda: not alive(below), 5), [status(pid)[:200] for pid in alive(below)]
    assert set(group.scores().values()) == {7.0}
    (group.out / "records" / UNIT / ".part-1-1").write_text("{")
    goes_on(group)
    assert not owned_by(run.pid)


def owned_by(pid: int) -> list[Path]:
    """Temporary folders and cgroups of a controller."""
    found = list(Path(tempfile.gettempdir()).glob(f"autograder-*-{pid}-*"))
    for mount in ("/sys/fs/cgroup/memory", "/sys/fs/cgroup/pids"):
        found += Path(mount).rglob(f"autograder-*-{pid}-*")
    return found


@pytest.mark.parametrize("which", ["trusted.template", "bwrap"])
def test_a_template_that_is_killed_while_jobs_run_costs_nothing(group: Class, which: str) -> None:
    run = in_the_middle(group)
    children = [
        int(pid) for file in Path(f"/proc/{run.pid}/task").glob("*/children") for pid in file.read_text().split()
    ]
    (template,) = [pid for pid in children if which in Path(f"/proc/{pid}/cmdline").read_text()]
    os.kill(template, signal.SIGKILL)
    said, errors = run.communicate(timeout=60)
    assert run.returncode == 0, errors
    assert f"{len(CLASS)} graded in" in said
    assert group.scores() == dict.fromkeys(CLASS, 7.0)


def test_a_second_run_into_the_same_folder_is_refused(group: Class) -> None:
    group.out.mkdir()
    with (group.out / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("4711")
        lock.flush()
        done = group.run()
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "another run (process 4711) is writing to out: wait until it is done" in done.stderr
    assert os.listdir(group.out) == [LOCK]  # noqa: PTH208


def test_an_out_that_is_a_file_is_one_clear_line(group: Class) -> None:
    group.out.write_text("")
    done = group.run()
    assert done.returncode == 2
    assert done.stderr.endswith("Error: Invalid value for '--out': Directory 'out' is a file.\n")


def mounted(options: str) -> list[str]:
    """Runs a command with a small or read-only tmpfs as OUT, which no one else sees and which ends with it."""
    return ["unshare", "-m", "sh", "-c", f'mount -t tmpfs -o {options} none out && "$@"; code=$?; {KEEP}', "sh"]


KEEP = "cp -r out kept; exit $code"


@pytest.mark.skipif(not ROOT, reason="mounting needs root")
def test_a_folder_that_cannot_be_written_to_is_one_clear_line(group: Class) -> None:
    group.out.mkdir()
    done = group.run(*mounted("ro"))
    assert (done.returncode, done.stderr) == (2, "autograder: cannot write to out: Read-only file system\n")


@pytest.mark.skipif(not ROOT, reason="mounting needs root")
@pytest.mark.parametrize("size", ["4k", "64k", "300k"])
def test_a_full_disk_is_one_clear_line_and_keeps_what_is_done(group: Class, size: str) -> None:
    group.out.mkdir()
    done = group.run(*mounted(f"size={size}"))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1
    assert "No space left on device" in done.stderr or "disk is full" in done.stderr
    group.out.rmdir()
    (group.place / "kept").rename(group.out)
    assert set(group.scores().values()) <= {7.0}


def test_json_lines_tell_of_each_submission(group: Class) -> None:
    for learner in CLASS[2:]:
        shutil.rmtree(group.place / "submitted" / learner)
    (group.place / "submitted" / CLASS[1] / UNIT / "words.ipynb").write_text("")
    run = group.start("--json-log")
    _, errors = run.communicate(timeout=60)
    lines = [json.loads(line) for line in errors.splitlines()]
    assert {(line["learner"], line["status"], line["score"]) for line in lines} == {
        (CLASS[0], "ok", 7),
        (CLASS[1], "rejected", 0),
    }
    assert [(line["done"], line["total"]) for line in lines] == [(1, 2), (2, 2)]
