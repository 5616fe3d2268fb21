"""A jail as a whole stays within its bounds, by the kernel or by the watchdog, and nothing of either is left."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest
from test_engine import CELLS, HIDDEN_TESTS, MISTAKES, job, scores

from autograder import doctor
from autograder.course import Unit
from autograder.engine import Engine
from autograder.sandbox import cgroup, owned
from autograder.sandbox.cgroup import MOUNT, Bounds, Groups, Watchdog, find_bases, sweep
from autograder.sandbox.jail import Limits
from autograder.sandbox.policy import Level, Policy
from autograder.trusted.session import Patience

PATIENCE = Patience(call=4.0, cell=4.0, step=10.0, total=60.0, after_timeout=1.0)
LIMITS = Limits(memory=128 << 20)
BASES = find_bases()
# Four processes hold 100 MB each, which each of them may.
MANY = """
import os, time
def count_words(text):
    for _ in range(4):
        if os.fork() == 0:
            held = bytearray(b'x') * (100 << 20)
            time.sleep(1)
            os._exit(0)
    return f'{sum(os.wait()[1] == 0 for _ in range(4))} lived'"""
HIDDEN = """
import os, time
def count_words(text):
    held = []
    for _ in range(16):
        held.append(os.memfd_create('x'))
        for _ in range(30):
            os.write(held[-1], b'x' * (1 << 20))
    time.sleep(1)
    return 'all of it was had'"""


@pytest.fixture
def unit(tmp_path: Path) -> Unit:
    (tmp_path / "hidden_tests.py").write_text(HIDDEN_TESTS)
    (tmp_path / "mistakes.py").write_text(MISTAKES)
    return Unit("01_words", "words", CELLS, tmp_path)


def groups_left() -> list[Path]:
    return [path for base, _ in BASES for path in base.glob(f"autograder-*-{os.getpid()}-*")]


@pytest.mark.parametrize("answer", [MANY, HIDDEN], ids=["many processes", "files in memory"])
@pytest.mark.parametrize("level", ["A", "C"])
@pytest.mark.parametrize("kind", ["cgroup", "watchdog"])
def test_a_jail_gets_no_more_memory_than_it_may(unit: Unit, kind: str, level: Level, answer: str) -> None:
    if kind == "cgroup" and not BASES:
        pytest.skip("no control group can be made here")
    with Engine({unit.name: unit}, Policy(level, limits=LIMITS), "secret", PATIENCE) as engine:
        engine.bounds = bounds(kind)
        outcome = engine.run(job(count_words=answer))
        earned = scores(outcome)
        assert earned["count-words"] == 0
        # The kernel does not count such files when it chooses what to kill, and at level C it gets no advice.
        assert earned["double"] == 2 or (kind, level, answer) == ("cgroup", "C", HIDDEN)
        message = outcome.exercises[0].families[0].message
        assert "all of it was had" not in message
        assert "4 lived" not in message
        assert scores(engine.run(job())) == {"count-words": 4, "double": 2}
    assert not groups_left()


def bounds(kind: str) -> Bounds:
    return Groups(BASES) if kind == "cgroup" else Watchdog()


@pytest.mark.skipif(not BASES, reason="no control group can be made here")
@pytest.mark.parametrize("resource", ["memory", "pids"])
def test_every_hierarchy_in_which_a_group_can_be_made_is_used(resource: str) -> None:
    own = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
    place = next((cgroup.MOUNT / resource / path.lstrip("/") for _, name, path in own if name == resource), None)
    if place is None or not os.access(place, os.W_OK):
        pytest.skip(f"no hierarchy of the first version for {resource} that can be written to")
    assert place in [base for base, files in BASES if resource in files]


@pytest.mark.skipif(not BASES, reason="no control group can be made here")
def test_a_groups_limits_are_set_and_there_is_no_swap_beyond_them() -> None:
    wanted = {
        "memory.max": 1 << 27,
        "memory.swap.max": 0,
        "memory.limit_in_bytes": 1 << 27,
        "memory.memsw.limit_in_bytes": 1 << 27,
        "pids.max": 65,
    }
    with Groups(BASES).doors(1 << 27, 65):
        made = [group for base, _ in BASES for group in base.glob(f"{owned.prefix()}*")]
        found = {name: int((group / name).read_text()) for group in made for name in wanted if (group / name).exists()}
    assert len(made) == len(BASES)
    assert found == {name: wanted[name] for name in found}


@pytest.mark.skipif(not BASES, reason="no control group can be made here")
def test_groups_cost_less_than_three_milliseconds() -> None:
    groups, times = Groups(BASES), []
    for _ in range(50):
        began = time.perf_counter()
        with groups.doors(1 << 30, 64):
            pass
        times.append(time.perf_counter() - began)
    assert sorted(times)[25] < 3e-3


@pytest.mark.skipif(not BASES, reason="no control group can be made here")
def test_groups_of_a_controller_that_is_gone_are_swept_with_what_is_in_them() -> None:
    child = subprocess.Popen(["true"])
    child.wait()
    name = owned.prefix().replace(f"-{os.getpid()}-", f"-{child.pid}-") + "0"
    sleeper = subprocess.Popen(["sleep", "100"])
    kept = [base / f"{owned.prefix()}0" for base, _ in BASES]
    for base, _ in BASES:
        (base / name).mkdir()
        (base / name / "cgroup.procs").write_text(str(sleeper.pid))
    for place in kept:
        place.mkdir()
    try:
        sweep()
        assert sleeper.wait(5) == -9
        assert not [base for base, _ in BASES if (base / name).exists()]
        assert all(place.exists() for place in kept)
    finally:
        for place in kept:
            place.rmdir()


@pytest.mark.parametrize(
    ("tree", "own", "expected"),
    [
        ({}, "0::/a", []),
        ({"memory/a": 1, "pids/b": 1}, "4:memory:/a\n5:pids:/b\n0::/", ["memory/a", "pids/b"]),
        ({"memory/a": 1}, "4:memory:/a\n5:pids:/b\n0::/", ["memory/a"]),
        ({"pids/b": 1}, "5:pids:/b\n0::/", []),
        ({"user/session": "", "user": "cpu memory pids"}, "0::/user/session", ["user"]),
        ({"user/session": "", "user": "cpu"}, "0::/user/session", []),
    ],
)
def test_groups_are_made_where_limits_can_be_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tree: dict[str, object], own: str, expected: list[str]
) -> None:
    for place, passed_on in tree.items():
        (tmp_path / place).mkdir(parents=True, exist_ok=True)
        if isinstance(passed_on, str):
            (tmp_path / place / "cgroup.subtree_control").write_text(passed_on)
    monkeypatch.setattr(cgroup, "_takes", lambda base, files: base.is_dir())
    assert [str(base.relative_to(tmp_path)) for base, _ in find_bases(tmp_path, own)] == expected


def test_a_machine_without_groups_has_the_watchdog(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroup, "find_bases", lambda: [])
    assert cgroup.open_bounds().kind == "watchdog"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([], "no control group can be made: a watchdog looks"),
        ([{"memory": "memory.limit_in_bytes"}], "control groups for a submission's memory as a whole"),
        ([{"memory": "memory.max", "pids": "pids.max"}], "control groups for a submission's memory and processes"),
    ],
)
def test_the_doctor_says_what_bounds_a_submission(
    monkeypatch: pytest.MonkeyPatch, files: list[dict[str, str]], said: str
) -> None:
    monkeypatch.setattr(cgroup, "find_bases", lambda: [(MOUNT, names) for names in files])
    healthy, lines = doctor.examine()
    assert healthy
    assert any(line.startswith(f"ok    {said}") for line in lines)


def test_the_doctor_answers_where_the_kernel_has_no_control_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise FileNotFoundError("/proc/self/cgroup")

    monkeypatch.setattr(cgroup, "find_bases", fails)
    healthy, lines = doctor.examine()
    assert healthy
    assert any(line.startswith("ok    no control group can be made") for line in lines)


def test_names_tell_whose_they_are() -> None:
    assert not owned.abandoned(f"{owned.prefix()}x")
    assert owned.abandoned(owned.prefix().replace(f"-{os.getpid()}-", "-999999999-") + "x")
    for name in ("autograder-x", "autograder-1-2-3-x", "other", f"{owned.prefix()}x-y"):
        assert not owned.abandoned(name)


def test_nothing_of_ours_is_left() -> None:
    assert not [path for path in MOUNT.rglob("autograder-*") if owned.abandoned(path.name)]
