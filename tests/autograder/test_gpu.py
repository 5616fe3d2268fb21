"""Grading with a GPU, on a machine that has none: other device files stand for a card's."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from autograder.cli import cli
from autograder.course import Cell, Role, Unit
from autograder.engine import Engine, Gpus, Job, Outcome
from autograder.plan import Step
from autograder.sandbox import gpu
from autograder.sandbox.policy import LEVELS, Level, Policy
from autograder.trusted.session import Patience

STAND_INS = [Path("/dev") / name for name in ("fuse", "kmsg", "autofs")]  # none is in a sandbox that shows no GPU
HIDDEN_TESTS = """
from autograder.testing import Suite, Trial, instruments, on_gpu

suite = Suite(gpu=True)
see = suite.exercise("see", 1, "see()")


def revealed(see):
    "What is seen."
    if on_gpu():
        instruments.reveal_gpu(see)
    return see()


@see.family("values", 1)
def values(t: Trial) -> None:
    t.through(revealed).equal([on_gpu(), None])
"""
SEE = """
import os

def device(path):
    try:
        return not os.close(os.open(path, os.O_RDONLY))
    except OSError as error:
        return error.errno not in (2, 13)  # no such file, or not for you

BEFORE = os.environ.get("CUDA_VISIBLE_DEVICES")
def see():
    return [device({path!r}), os.environ.get("CUDA_VISIBLE_DEVICES")]
print(BEFORE)
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with two cards."""
    for name in ("nvidia0", "nvidia3", "nvidiactl", "nvidia-uvm", "nvidia-modeset"):
        (tmp_path / name).touch()
    about = tmp_path / "gpus" / "0000:3b:00.0"
    about.mkdir(parents=True)
    (about / "information").write_text("Model: \t\t NVIDIA Teapot\nDevice Minor: \t 3\n")
    monkeypatch.setattr(gpu, "DEVICES", tmp_path)
    monkeypatch.setattr(gpu, "DRIVER", about.parent)
    return tmp_path


def test_cards_are_found_and_named(machine: Path) -> None:
    assert gpu.found() == gpu.chosen("all") == (0, 3)
    assert gpu.chosen("3, 0,3") == (3, 0)
    assert gpu.files(3) == [str(machine / name) for name in ("nvidia3", "nvidiactl", "nvidia-uvm")]
    assert (gpu.name(3), gpu.name(0)) == ("NVIDIA Teapot", "NVIDIA GPU")


@pytest.mark.parametrize(
    ("text", "words"), [("1", "no GPU 1 here, only 0, 3"), ("x", "'x' names no GPUs"), ("", "names no GPUs")]
)
def test_cards_that_are_not_there_are_refused(machine: Path, text: str, words: str) -> None:
    done = CliRunner().invoke(cli, ["grade", "--submitted", ".", "--out", "out", "--gpus", text])
    assert done.exit_code == 2
    assert words in " ".join(done.output.split())


def test_each_card_serves_one_job_at_a_time() -> None:
    gpus, wants, wants_none = Gpus((4, 5)), Unit("u", "u", (), gpu=True), Unit("v", "v", ())
    waiting = threading.Event()
    third: list[int | None] = []

    def queue() -> None:
        waiting.set()
        with gpus.one(wants) as number:
            third.append(number)

    with gpus.one(wants) as first, gpus.one(wants_none) as none:
        assert none is None
        with gpus.one(wants) as second:
            assert {first, second} == {4, 5}
            thread = threading.Thread(target=queue)
            thread.start()
            waiting.wait(5)
            thread.join(0.1)
            assert thread.is_alive()
        thread.join(5)
        assert third == [second]
    with Gpus(()).one(wants) as number:
        assert number is None


def graded(folder: Path, level: Level, path: Path, *gpus: int) -> Outcome:
    (folder / "hidden_tests.py").write_text(HIDDEN_TESTS)
    test = 'from hidden_tests import suite; suite.grade("see", see)'
    cells = (Cell("see", Role.ANSWER, SEE.format(path=str(path))), Cell("test-see", Role.TESTS, test, 1))
    unit = Unit("01_see", "see", cells, folder, gpu=True)
    job = Job("ada", unit.name, tuple(Step(cell.role, cell.id, cell.source, cell.points) for cell in cells))
    with Engine({unit.name: unit}, Policy(level), "secret", Patience(call=5, step=20), gpus) as engine:
        return engine.run(job)


@pytest.mark.parametrize("level", [level for level in LEVELS if level != "unsafe"])
def test_a_sandbox_shows_the_card_that_it_was_given_and_cuda_only_to_the_tests(
    level: Level, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = next((p for p in STAND_INS if p.exists() and p.stat().st_mode & stat.S_IROTH), None)
    if card is None:
        pytest.skip(f"none of {', '.join(map(str, STAND_INS))} is here to stand for a card")
    monkeypatch.setattr(gpu, "files", lambda number: [str(card)] if number == 3 else [])
    seen = graded(tmp_path, level, card, 3)
    assert seen.exercises[0].score == 1, seen
    assert (seen.gpu, seen.cells[0].output) == ("NVIDIA GPU", "\n")  # the cell ran as without one
    unseen = graded(tmp_path, level, card)
    assert unseen.exercises[0].score == 1, unseen
    assert (unseen.gpu, unseen.cells[0].output) == ("", "None\n")
