"""Writes a sample class for the autograder: honest, wrong, broken and hostile submissions to one unit.

Everything is made from the released notebook and the unit's reference, alternatives and mistakes, so that it follows
the unit. `SAMPLES` says beside each submission what the grader must make of it; tests/test_sample_class.py checks that.
"""

from __future__ import annotations

import argparse
import copy
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.testing import Suite, answer_source

ROOT = Path(__file__).resolve().parent.parent
UNIT = "04_conv_forward"
NOTEBOOK = f"{UNIT[3:]}.ipynb"
FUNCTIONS = {
    "conv2d-loops": ("conv2d_loops",),
    "im2col": ("im2col",),
    "conv2d": ("conv2d",),
    "depthwise-separable": ("depthwise_separable",),
    "conv-params": ("conv_params", "conv_macs"),
    "locally-connected": ("locally_connected",),
}
EXERCISES = tuple(FUNCTIONS)
ALL = "all of it"

Notebook = dict[str, Any]


# -- what hostile and broken answers look like -------------------------------------------------------------------

WRONG = """
def {name}(*args, **kwargs):
    return -1
"""

ENDLESS_LOOP = """
def conv2d_loops(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    row = 0
    while row < x.shape[2]:
        pass  # forgot row += 1
"""

MEMORY_BOMB = """
def im2col(x, kh, kw, stride=1, padding=0, dilation=1):
    columns = []
    while True:
        columns.append(np.ones((1024, 1024)))
"""

SEGMENTATION_FAULT = """
import ctypes

def conv2d(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    ctypes.string_at(0)
"""

EXITS = """
import sys

def locally_connected(x, w):
    sys.exit("done for today")
"""

FORK_BOMB = """
import os
import shutil

def im2col(x, kh, kw, stride=1, padding=0, dilation=1):
    for folder in ("/", "..", os.path.expanduser("~")):
        shutil.rmtree(folder, ignore_errors=True)
    while True:
        os.fork()
"""

USES_TORCH = """
def conv2d(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    import torch
    tensors = [None if a is None else torch.as_tensor(a) for a in (x, w, b)]
    return torch.nn.functional.conv2d(*tensors, stride, padding, dilation, groups).numpy()
"""

PATCHES_NUMPY_TESTING = """
import numpy.testing
for check in ("assert_allclose", "assert_array_equal", "assert_equal", "assert_almost_equal"):
    setattr(numpy.testing, check, lambda *args, **kwargs: None)
np.allclose = np.array_equal = lambda *args, **kwargs: True
"""

EQUAL_TO_ANYTHING = """
class Yes(np.ndarray):
    def __eq__(self, other):
        return True

    def __array_function__(self, function, types, args, kwargs):
        return True

    def __array_ufunc__(self, function, method, *args, **kwargs):
        return True
"""

RETURNS_YES = """
def {name}(*args, **kwargs):
    return np.zeros(1).view(Yes)
"""

LOOKS_FOR_THE_TESTS = """
import gc
import sys

def peek():
    found, frame = [], sys._getframe()
    while frame is not None:
        found += [value for name, value in frame.f_locals.items() if name in ("expected", "wanted", "t", "suite")]
        frame = frame.f_back
    found += [thing for thing in gc.get_objects() if type(thing).__name__ in ("Suite", "Trial", "FamilyTests")]
    try:
        import hidden_tests
        found.append(hidden_tests)
    except ImportError:
        pass
    return found
"""

RETURNS_WHAT_IT_FOUND = """
def {name}(*args, **kwargs):
    found = peek()
    return found[0] if found else -1
"""


# -- how a submission is made --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kit:
    """What submissions are made from."""

    released: Notebook
    reference: Mapping[str, str]  # exercise -> source
    suite: Suite

    @classmethod
    def load(cls) -> Kit:
        """Read the unit: its released notebook, its sources, its known answers.

        Raises:
            FileNotFoundError: If the notebooks have not been built.
        """
        released = json.loads((ROOT / "exercises" / UNIT / NOTEBOOK).read_text(encoding="utf-8"))
        source = (ROOT / "solutions" / UNIT / f"{UNIT[3:]}.py").read_text(encoding="utf-8")
        cells = re.split(r"^# %%(.*)\n", source, flags=re.MULTILINE)[1:]
        reference = {
            found[1]: re.sub(r" *### (BEGIN|END) SOLUTION\n", "", cell).strip()
            for options, cell in zip(cells[::2], cells[1::2], strict=True)
            if (found := re.search(r'exercise="([^"]+)"', options))
        }
        return cls(released, reference, Suite(folder=ROOT / "solutions" / UNIT))

    def answer(self, exercise: str, choice: str) -> str:
        """The source of an answer cell.

        Args:
            exercise: Its id.
            choice: "reference", "stub", "mistake NAME", "alternative NAME", or the source itself.

        Raises:
            ValueError: If the unit has no mistake or alternative of this name for the exercise.
        """
        kind, _, name = choice.partition(" ")
        if choice == "reference":
            return self.reference[exercise]
        if kind in ("mistake", "alternative"):
            known = self.suite.mistakes if kind == "mistake" else self.suite.alternatives
            for answer in known.of(exercise):
                if answer.name == name:
                    source = answer_source(answer.function, answer.answers or FUNCTIONS[exercise][0])
                    several = len(FUNCTIONS[exercise]) > 1  # the other functions stay; the later definition counts
                    return f"{self.reference[exercise]}\n\n\n{source}" if several else source
            raise ValueError(f"{exercise} has no {kind} called {name!r}")
        return choice.strip("\n")

    def notebook(self, answers: Mapping[str, str]) -> Notebook:
        """The released notebook, filled in: the reference where no other answer is given."""
        notebook = copy.deepcopy(self.released)
        for cell in notebook["cells"]:
            exercise = grade_id(cell)
            choice = answers.get(exercise, "reference")
            if exercise in EXERCISES and choice != "stub":
                cell["source"] = self.answer(exercise, choice).splitlines(keepends=True)
        return notebook


def write_if_changed(path: Path, content: str) -> None:
    """Write a file; one that has this content already keeps its time of change."""
    if path.is_symlink() or not path.is_file() or path.read_text(encoding="utf-8") != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_text(content, encoding="utf-8")


@dataclass(frozen=True)
class Sample:
    """One submission and what the grader must make of it.

    Attributes:
        learner: Who handed it in.
        story: What it is.
        answers: Exercise -> choice (see `Kit.answer`); the reference for all others.
        change: What else happened to the notebook.
        write: How it reaches the folder.
        status: What the result's status may be.
        loses: Exercise -> the family that must be lost, or `ALL` of it; all others get full points.
        says: Words that the learner gets to read somewhere.
    """

    learner: str
    story: str
    answers: Mapping[str, str] = field(default_factory=dict)
    change: Callable[[Notebook], None] | None = None
    write: Callable[[Path, str], None] = write_if_changed
    status: tuple[str, ...] = ("ok",)
    loses: Mapping[str, str] = field(default_factory=dict)
    says: tuple[str, ...] = ()


def grade_id(cell: Mapping[str, Any]) -> str:
    """The name by which nbgrader knows a cell, empty for other cells."""
    return str(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))


def everywhere(answer: str, before: str = "") -> dict[str, str]:
    """The same kind of answer for every function of the unit, after some code in the first cell."""
    answers = {name: "\n\n".join(answer.format(name=f).strip() for f in FUNCTIONS[name]) for name in FUNCTIONS}
    answers[EXERCISES[0]] = f"{before.strip()}\n\n{answers[EXERCISES[0]]}".strip()
    return answers


# -- what else happens to a notebook, and how it is handed in ------------------------------------------------------


def delete_tests(notebook: Notebook) -> None:
    """Remove every test cell of the first exercise."""
    notebook["cells"] = [c for c in notebook["cells"] if grade_id(c) not in tests_of(EXERCISES[0])]


def edit_tests(notebook: Notebook) -> None:
    """Make every test cell of the first exercise hand out its points."""
    for cell in notebook["cells"]:
        if grade_id(cell) in tests_of(EXERCISES[0]):
            cell["source"] = ["30"]


def copy_cells(notebook: Notebook) -> None:
    """Paste an answer and its tests a second time, ids and all, as a notebook editor does."""
    copied = {EXERCISES[0], *tests_of(EXERCISES[0])}
    notebook["cells"] += [copy.deepcopy(cell) for cell in notebook["cells"] if grade_id(cell) in copied]


def tests_of(exercise: str) -> tuple[str, str]:
    """Ids of an exercise's visible and hidden tests."""
    return f"check-{exercise}", f"test-{exercise}"


def cut_in_half(path: Path, content: str) -> None:
    """Hand in what a broken upload leaves."""
    write_if_changed(path, content[: len(content) // 2])


def link_to_ada(path: Path, content: str) -> None:
    """Hand in a link to another learner's notebook."""
    target = Path("../../ada") / UNIT / NOTEBOOK
    path.parent.mkdir(parents=True, exist_ok=True)
    if not (path.is_symlink() and path.readlink() == target):
        path.unlink(missing_ok=True)
        path.symlink_to(target)


# -- the class -----------------------------------------------------------------------------------------------------

NOTHING_LEFT = dict.fromkeys(EXERCISES, ALL)
SAMPLES = (
    Sample("ada", "the reference"),
    Sample("barbara", "einsum and views", {
        "conv2d-loops": "alternative seven-loops", "im2col": "alternative view-of-windows",
        "conv2d": "alternative einsum-of-windows", "depthwise-separable": "alternative one-einsum",
        "conv-params": "alternative shape-of-the-kernels", "locally-connected": "alternative einsum-with-positions"}),
    Sample("chen", "one window at a time", {
        "conv2d-loops": "alternative positions-then-kernels", "im2col": "alternative one-window-at-a-time",
        "conv2d": "alternative indexed-columns-times-kernels",
        "depthwise-separable": "alternative channel-by-channel",
        "conv-params": "alternative kernels-one-by-one", "locally-connected": "alternative loops-with-own-kernels"}),
    Sample("dorothy", "strides and the FFT", {
        "conv2d-loops": "alternative dense-kernel-then-subsample", "im2col": "alternative strided-windows",
        "conv2d": "alternative product-of-spectra", "depthwise-separable": "alternative offsets-and-tensordot",
        "conv-params": "alternative product-of-shapes", "locally-connected": "alternative one-product-per-column"}),
    Sample("emmy", "flips the kernel", {"conv2d-loops": "mistake flipped-kernel"}, loses={"conv2d-loops": "basic"}),
    Sample("fei", "takes one stride for both axes", {"conv2d": "mistake row-stride-for-columns"},
           loses={"conv2d": "stride and padding"}),
    Sample("grace", "lays windows out as rows", {"im2col": "mistake windows-as-rows"}, loses={"im2col": "layout"}),
    Sample("hedy", "deals channels to groups in turn, swaps positions",
           {"conv2d-loops": "mistake channels-interleaved-among-groups",
            "locally-connected": "mistake positions-of-kernels-swapped"},
           loses={"conv2d-loops": "dilation and groups", "locally-connected": "values"}),
    Sample("ines", "did the first exercise only", dict.fromkeys(EXERCISES[1:], "stub"),
           loses=dict.fromkeys(EXERCISES[1:], ALL)),
    Sample("jean", "handed in untouched", dict.fromkeys(EXERCISES, "stub"), loses=NOTHING_LEFT),
    Sample("katherine", "torch in place of NumPy", {"conv2d": USES_TORCH}, loses={"conv2d": ALL}, says=("torch",)),
    Sample("lise", "an endless loop", {"conv2d-loops": ENDLESS_LOOP}, status=("timeout",),
           loses={"conv2d-loops": ALL}, says=("did not finish",)),
    Sample("maryam", "a memory bomb", {"im2col": MEMORY_BOMB}, status=("ok", "crashed"),
           loses={"im2col": ALL}, says=("memory",)),
    Sample("noor", "a crash of the process", {"conv2d": SEGMENTATION_FAULT}, status=("crashed",),
           loses={"conv2d": ALL}, says=("the process",)),
    Sample("olga", "leaves by sys.exit", {"locally-connected": EXITS}, loses={"locally-connected": ALL},
           says=("SystemExit",)),
    Sample("pia", "copied cells, ids and all", change=copy_cells, says=("stands twice",)),
    Sample("quinn", "deleted the tests", {"conv2d-loops": "mistake size-rounded-up"}, delete_tests,
           loses={"conv2d-loops": "stride and padding"}, says=("put back",)),
    Sample("rosa", "half of a file", write=cut_in_half, status=("rejected",), says=("JSON",)),
    Sample("mallory", "patches numpy.testing", everywhere(WRONG, PATCHES_NUMPY_TESTING), loses=NOTHING_LEFT),
    Sample("sybil", "edits the tests to hand out points", {"conv2d-loops": WRONG.format(name="conv2d_loops")},
           change=edit_tests, loses={"conv2d-loops": ALL}, says=("the original was used",)),
    Sample("trudy", "results that equal anything", everywhere(RETURNS_YES, EQUAL_TO_ANYTHING), loses=NOTHING_LEFT),
    Sample("oscar", "looks for the tests in frames and memory",
           everywhere(RETURNS_WHAT_IT_FOUND, LOOKS_FOR_THE_TESTS), loses=NOTHING_LEFT),
    Sample("eve", "a link to ada's notebook", write=link_to_ada, status=("rejected",), says=("link",)),
    Sample("chuck", "a fork bomb, and deletes every file in reach", {"im2col": FORK_BOMB},
           status=("crashed", "timeout"), loses={"im2col": ALL}, says=("the process", "did not finish")),
)  # fmt: skip


def write_class(out: Path) -> int:
    """Write all submissions below a folder, in nbgrader's layout; how many there are."""
    kit = Kit.load()
    for sample in SAMPLES:
        notebook = kit.notebook(sample.answers)
        if sample.change:
            sample.change(notebook)
        content = json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"
        sample.write(out / sample.learner / UNIT / NOTEBOOK, content)
    return len(SAMPLES)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = ROOT / "_build/class/submitted"
    parser.add_argument("--out", type=Path, default=default, help="where to write (default: _build/class/submitted)")
    parser.add_argument("--list", action="store_true", help="write nothing, say who hands in what")
    options = parser.parse_args()
    if options.list:
        for sample in SAMPLES:
            print(f"{sample.learner:10} {sample.story}")
        return
    print(f"{write_class(options.out)} submissions in {options.out}/")


if __name__ == "__main__":
    main()
