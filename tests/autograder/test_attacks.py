"""Every attack earns nothing, learns nothing, leaves nothing, and the next submission is graded right."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from attacks import FAMILIES
from test_engine import CELLS, HIDDEN_TESTS, MISTAKES, job, scores

from autograder.course import Unit
from autograder.engine import Engine, Outcome
from autograder.sandbox.policy import Policy
from autograder.trusted.session import Patience

PATIENCE = Patience(call=1.0, cell=1.0, step=4.0, total=20.0, after_timeout=0.5)
SECRET = "CANARY-SECRET"
LEFT = {"left-by-ada", "results.jsonl", "x", "pipe", "etc", "root", *map(str, range(200))}  # what attacks create
ATTACKS = [(family, name) for family, attacks in FAMILIES.items() for name in attacks]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("unit")
    (folder / "hidden_tests.py").write_text(f"{HIDDEN_TESTS}\nCANARY = 'CANARY-HIDDEN'\n")
    (folder / "mistakes.py").write_text(MISTAKES)
    unit = Unit("01_words", "words", CELLS, folder)
    os.environ["AUTOGRADER_SECRET"] = SECRET
    before = processes()
    with Engine({unit.name: unit}, Policy(), SECRET, PATIENCE) as engine:
        engine.room(unit.name)
        yield engine
    del os.environ["AUTOGRADER_SECRET"]
    deadline = time.monotonic() + 5
    while processes() - before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not processes() - before, "processes are left when grading is over"


def processes() -> set[int]:
    """The grader's processes below this one, and those that lost their parent: other runs' do not count."""
    parents = dict(filter(None, map(with_parent, Path("/proc").iterdir())))
    return {pid for pid in parents if is_ours(pid) and (os.getpid() in above(pid, parents) or parents[pid] == 1)}


def with_parent(place: Path) -> tuple[int, int] | None:
    try:
        return int(place.name), int((place / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError):
        return None


def above(pid: int, parents: dict[int, int]) -> set[int]:
    found: set[int] = set()
    while pid in parents and pid not in found:
        found.add(pid)
        pid = parents[pid]
    return found


def is_ours(pid: int) -> bool:
    try:
        return b"autograder" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def host_state() -> dict[str, str | set[str] | set[int]]:
    """What an attack on the host would change."""
    kernel = ("kernel/core_pattern", "kernel/hostname", "vm/overcommit_memory")
    return {
        **{name: Path("/proc/sys", name).read_text() for name in kernel},
        "mounts": Path("/proc/self/mounts").read_text(),
        "abstract sockets": str("autograder-attack" in Path("/proc/net/unix").read_text()),
        "files": LEFT & {place.name for folder in ("/tmp", "/dev/shm") for place in Path(folder).iterdir()},
        "processes": processes(),
    }


def visible(outcome: Outcome) -> str:
    """All that a learner may get to see of an outcome."""
    cells = [text for cell in outcome.cells for text in (cell.error, cell.output, cell.traceback)]
    families = [family.message for exercise in outcome.exercises for family in exercise.families]
    return "\n".join(filter(None, [outcome.message, *cells, *families]))


@pytest.mark.parametrize(("family", "name"), ATTACKS)
def test_an_attack_fails(engine: Engine, family: str, name: str) -> None:
    before = host_state()
    outcome = engine.run(job(count_words=FAMILIES[family][name]))
    assert host_state() == before
    earned = scores(outcome)
    assert earned["count-words"] == 0
    assert earned["double"] == 2 or (family == "forging" and earned["double"] == 0)  # who forges may fool itself
    if family != "injecting":
        assert "CANARY" not in visible(outcome).replace(name, "")
    clean = engine.run(job())
    assert (scores(clean), clean.status) == ({"count-words": 4, "double": 2}, "ok")


@pytest.fixture(scope="module", params=["B", "C"])
def weaker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("unit")
    (folder / "hidden_tests.py").write_text(f"{HIDDEN_TESTS}\nCANARY = 'CANARY-HIDDEN'\n")
    (folder / "mistakes.py").write_text(MISTAKES)
    unit = Unit("01_words", "words", CELLS, folder)
    with Engine({unit.name: unit}, Policy(request.param), SECRET, PATIENCE) as engine:
        engine.room(unit.name)
        yield engine


@pytest.mark.parametrize(("family", "name"), ATTACKS[::5])
def test_an_attack_fails_at_the_other_levels_too(weaker: Engine, family: str, name: str) -> None:
    before = host_state()
    outcome = weaker.run(job(count_words=FAMILIES[family][name]))
    assert host_state() == before
    assert scores(outcome)["count-words"] == 0
    if family != "injecting":
        assert "CANARY" not in visible(outcome).replace(name, "")
    clean = weaker.run(job())
    assert (scores(clean), clean.status) == ({"count-words": 4, "double": 2}, "ok")


def test_there_are_enough_attacks_of_every_kind() -> None:
    assert len(ATTACKS) >= 60
    assert all(len(attacks) >= 10 for attacks in FAMILIES.values())
