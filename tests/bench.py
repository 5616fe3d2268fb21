"""Measures the grader against plain nbgrader on the same notebooks, on this machine, in one run.

Run by `make bench`. Prints medians and writes them, with machine and versions, to _build/bench/grader.json.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
import torch
from attack_nbgrader import against_nbgrader

from autograder.course import Cell
from autograder.forkserver import Template
from autograder.sandbox.policy import Policy
from autograder.testing import Answer, Suite, answer_source
from autograder.units import load_course

ROOT = Path(__file__).parents[1]
UNIT = "04_conv_forward"
NOTEBOOK = "conv_forward.ipynb"
CONFIG = """c = get_config()
c.CourseDirectory.root = {root!r}
c.ClearSolutions.code_stub = {{"python": "raise NotImplementedError"}}
c.Application.log_level = "ERROR"
"""


@dataclass(frozen=True)
class Cost:
    """What a command took."""

    wall: float  # seconds
    cpu: float  # seconds that the machine's cores were busy meanwhile: the kernel does not tell what killed jails used


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--class-size", type=int, default=20, help="submissions graded by both (default: 20)")
    parser.add_argument("--many", type=int, default=200, help="mixed submissions graded by ours (default: 200)")
    parser.add_argument(
        "--grow", type=int, nargs="*", default=[10, 100], help="sizes of classes to compare the cost of"
    )
    parser.add_argument("--no-attacks", action="store_true", help="leave out the attacks on plain nbgrader")
    parser.add_argument("--rounds", type=int, default=3, help="times that ours is measured (default: 3)")
    options = parser.parse_args()
    torch.set_num_threads(1)  # as the grader has it: what its bare cost is compared with
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        figures = measure(Path(folder), options.class_size, options.many, options.rounds)
        figures |= growing(Path(folder), options.grow)
    if not options.no_attacks:
        tried, won = against_nbgrader()
        figures[f"of {tried} cheats that fail here, succeed against plain nbgrader"] = len(won)
        figures["the cheats that succeed there"] = won
    for name, value in figures.items():
        print(f"{name:58} {value}")
    out = ROOT / "_build" / "bench"
    out.mkdir(parents=True, exist_ok=True)
    (out / "grader.json").write_text(json.dumps(figures, indent=1) + "\n")


def measure(folder: Path, class_size: int, many: int, rounds: int) -> dict[str, Any]:
    """All figures."""
    answers = known_answers()
    honest = [answer for answer in answers if answer is None or not answer.family]
    small = make_class(folder / "small", (honest * class_size)[:class_size])
    large = make_class(folder / "large", (answers * many)[:many])
    ours = [grade(small, folder / f"small-{i}") for i in range(rounds)]
    theirs = nbgrader(folder / "course", small)
    crowd = grade(large, folder / "large-0")
    wrong = wrong_scores(folder / "large-0", answers)
    wall, cpu = (statistics.median(getattr(cost, name) for cost in ours) for name in ("wall", "cpu"))
    bare = (warm_cost((answers * many)[:many]) - warm_cost((honest * class_size)[:class_size])) / (many - class_size)
    return {
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}",
        "versions": ", ".join(f"{name} {version(name)}" for name in ("nbgrader", "numpy", "torch")),
        f"class of {class_size}: plain nbgrader, wall seconds": round(theirs.wall, 1),
        f"class of {class_size}: plain nbgrader, CPU seconds": round(theirs.cpu, 1),
        f"class of {class_size}: ours, wall seconds (median of {rounds})": round(wall, 2),
        f"class of {class_size}: ours, CPU seconds (median of {rounds})": round(cpu, 2),
        f"class of {class_size}: times faster, start included": round(theirs.wall / wall, 1),
        f"{many} mixed: ours, wall seconds": round(crowd.wall, 1),
        f"{many} mixed: CPU seconds per submission": round(crowd.cpu / many, 3),
        f"{many} mixed: throughput, times nbgrader's": round(theirs.wall / class_size / (crowd.wall / many), 1),
        f"{many} mixed: wrong scores": wrong,
        "marginal CPU seconds of one more submission": round((crowd.cpu - cpu) / (many - class_size), 3),
        "the same cells and tests in a warm process, CPU seconds": round(bare, 3),
        "private memory of an idle jail, MiB": round(idle_jail(), 1),
    }


def growing(folder: Path, sizes: Sequence[int]) -> dict[str, Any]:
    """What one submission costs in classes of several sizes, start left out."""
    start = grade(make_class(folder / "one", [None]), folder / "one-0")
    figures = {}
    for size in sizes:
        cost = grade(make_class(folder / f"grow{size}", ([*known_answers()] * size)[:size]), folder / f"grow{size}-0")
        figures[f"class of {size}: seconds by the clock for each submission, start left out"] = round(
            (cost.wall - start.wall) / max(size - 1, 1), 3
        )
    return figures


def suite() -> Suite:
    """The unit's hidden tests."""
    folder = str(ROOT / "solutions" / UNIT)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    found = import_module("hidden_tests").suite
    assert isinstance(found, Suite)
    return found


def known_answers() -> list[Answer | None]:
    """The reference (None), the alternatives, the mistakes."""
    return [None, *suite().alternatives, *suite().mistakes]


def make_class(folder: Path, answers: Sequence[Answer | None]) -> Path:
    """Submissions in nbgrader's layout: the reference with one known answer in its place."""
    source = json.loads((ROOT / "_build" / "source" / UNIT / NOTEBOOK).read_text())
    for number, answer in enumerate(answers):
        notebook = json.loads(json.dumps(source))
        for cell in notebook["cells"]:
            name = cell["metadata"].get("nbgrader", {}).get("grade_id")
            if answer is not None and name in answer.exercises:
                function = answer.answers or suite().exercises[name].functions[0]
                cell["source"] = "".join(cell["source"]) + "\n\n" + answer_source(answer.function, function)
        place = folder / f"learner{number:04}" / UNIT
        place.mkdir(parents=True)
        (place / NOTEBOOK).write_text(json.dumps(notebook))
    return folder


def timed(command: Sequence[str], **options: Any) -> Cost:
    """Run a command; it must succeed."""
    before, started = busy(), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    wall, after = time.perf_counter() - started, busy()
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return Cost(wall, after - before)


def busy() -> float:
    """Seconds that all cores together have worked so far, for whomever: nothing else should run."""
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system + times.irq + times.softirq)


def grade(submitted: Path, out: Path) -> Cost:
    """Our grader, as an instructor starts it."""
    program = Path(sys.executable).with_name("autograder")
    command = [str(program), "grade", "--submitted", str(submitted), "--out", str(out), "--course", str(ROOT), "-q"]
    return timed(command)


def nbgrader(course: Path, submitted: Path) -> Cost:
    """nbgrader's own autograde; its kernel finds the hidden tests on its path, as it must."""
    shutil.copytree(ROOT / "_build" / "source", course / "source")
    for learner in submitted.iterdir():
        shutil.copytree(learner, course / "submitted" / learner.name)
    (course / "nbgrader_config.py").write_text(CONFIG.format(root=str(course)))
    binaries = Path(sys.executable).parent
    path = f"{binaries}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT / "solutions" / UNIT)}
    program = str(binaries / "nbgrader")
    timed([program, "generate_assignment", UNIT], cwd=course, env=environment)
    return timed([program, "autograde", UNIT], cwd=course, env=environment)


def wrong_scores(out: Path, answers: Sequence[Answer | None]) -> int:
    """How many results are not what the same tests give in this process."""
    wrong = 0
    expected: dict[str, Mapping[str, float]] = {}
    for line in (out / "results.jsonl").read_text().splitlines():
        result = json.loads(line)
        answer = answers[int(result["learner"].removeprefix("learner")) % len(answers)]
        name = "" if answer is None else answer.name
        if name not in expected:
            expected[name] = lost_families(answer)
        lost = {
            f"{e['id']}: {f['name']}": f["points"] for e in result["exercises"] for f in e["families"] if f["message"]
        }
        wrong += {key for key in lost if "speed" not in key} != {key for key in expected[name] if "speed" not in key}
    return wrong


def lost_families(answer: Answer | None) -> dict[str, float]:
    """The families that a known answer fails, by the tests themselves: its own, and those of functions that call it."""
    lost: dict[str, float] = {}
    if answer is None:
        return lost
    names = with_answer(answer)
    for tests in suite().exercises.values():
        report = suite().report(tests.id, *[names[name] for name in tests.functions])
        lost |= {f"{tests.id}: {family.name}": family.points for family in report.families if family.message}
    return lost


@functools.cache
def cells() -> tuple[Cell, ...]:
    """The unit's cells."""
    return load_course(ROOT)[UNIT].cells


def with_answer(answer: Answer | None) -> dict[str, Any]:
    """The names that the instructor's cells define, with a known answer in the place of the reference's."""
    namespace: dict[str, Any] = {}
    for cell in cells():
        if cell.role in ("setup", "answer"):
            exec(cell.source, namespace)
    if answer is not None:
        for exercise in answer.exercises:
            exec(answer_source(answer.function, answer.answers or suite().exercises[exercise].functions[0]), namespace)
    return namespace


def warm_cost(answers: Sequence[Answer | None]) -> float:
    """CPU seconds of a class's cells and all tests in this process, where everything is imported."""
    return sum(map(bare_cost, answers))


@functools.cache
def bare_cost(answer: Answer | None) -> float:
    """CPU seconds of one known answer's cells and all tests in this process, the median of three."""
    costs = []
    for _ in range(3):
        started = time.process_time()
        names = with_answer(answer)
        for tests in suite().exercises.values():
            suite().report(tests.id, *[names[name] for name in tests.functions])
        costs.append(time.process_time() - started)
    return statistics.median(costs)


def idle_jail() -> float:
    """MiB that a jail which waits for work has for itself."""
    import socket

    policy = Policy()
    template = Template(policy.command(), policy.environment())
    template.ready()
    before = set(ours())
    end, other = socket.socketpair()
    jail = template.spawn(policy.limits.pairs(), other)
    time.sleep(0.3)
    private = sum(private_kib(pid) for pid in set(ours()) - before) / 1024
    template.kill(jail)
    end.close()
    template.close()
    return private


def ours() -> list[str]:
    """Processes of the learner's side."""
    found = []
    for place in Path("/proc").iterdir():
        try:
            if place.name.isdigit() and b"autograder.sandbox" in (place / "cmdline").read_bytes():
                found.append(place.name)
        except OSError:
            continue
    return found


def private_kib(pid: str) -> int:
    """KiB of memory that a process shares with no other."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))


if __name__ == "__main__":
    main()
