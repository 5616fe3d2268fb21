"""Submissions that are honest and broken, each in a way that was seen in a real class or is one step from it.

Each row breaks a copy of a right notebook of the toy course, says what it still earns and what the record says of it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]
WORDS, AVERAGES = "01_words", "02_averages"
NOTEBOOKS = {WORDS: "words.ipynb", AVERAGES: "averages.ipynb"}
FULL = {WORDS: 7.0, AVERAGES: 5.0}
ANSWERS = {
    "is-palindrome": """def is_palindrome(text):
    letters = [letter for letter in text.lower() if letter in ALPHABET]
    return letters == letters[::-1]""",
    "encode": """def encode(text, shift):
    return "".join(ALPHABET[(ALPHABET.index(c) + shift) % 26] if c in ALPHABET else c for c in text.lower())


def decode(text, shift):
    return encode(text, -shift)""",
    "keys": "Twenty-six.",
    "mean_solution": """def mean(numbers):
    if not numbers:
        raise ValueError("no numbers")
    return math.fsum(numbers) / len(numbers)""",
    "median_solution": "def median(numbers):\n    return statistics.median(numbers)",
    "robust": "The median.",
}


@dataclass
class Folder:
    """What one learner hands in for one unit: a right notebook until `write` is told otherwise."""

    place: Path
    notebook: Json
    name: str
    released: Json  # the notebook before anyone worked on it

    def cell(self, ident: str) -> Json:
        """The cell that nbgrader knows by this id."""
        return next(c for c in self.notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == ident)

    def answer(self, ident: str, text: str) -> None:
        self.cell(ident)["source"] = text

    def before(self, ident: str, text: str) -> None:
        """Put a line into an answer, before what it holds."""
        self.answer(ident, text + "\n" + ANSWERS[ident])

    def insert(self, text: str, at: int = 0, kind: str = "code") -> None:
        extra: Json = {"execution_count": None, "outputs": []} if kind == "code" else {}
        cell = {"cell_type": kind, "id": f"mine-{at}-{len(text)}", "metadata": {}, "source": text, **extra}
        self.notebook["cells"].insert(at, cell)

    def remove(self, ident: str) -> None:
        self.notebook["cells"].remove(self.cell(ident))

    def write(self, data: bytes | str | None = None, name: str = "") -> None:
        """Write the notebook, or these bytes in its place."""
        text = json.dumps(self.notebook, ensure_ascii=False) if data is None else data
        file = self.place / (name or self.name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)


def right(notebook: Json) -> Json:
    """A released notebook with all answers right."""
    done = copy.deepcopy(notebook)
    for cell in done["cells"]:
        ident = cell["metadata"].get("nbgrader", {}).get("grade_id")
        cell["source"] = ANSWERS.get(ident, cell["source"])
    return done


@dataclass(frozen=True)
class Odd:
    """One row: what is odd, how it is made, what it earns, what its record says of it."""

    what: str
    make: Callable[[Folder], None]
    score: float = 7
    status: str = "ok"
    says: str = ""  # of message, notes or what an exercise says; "": nothing but the score
    unit: str = WORDS


def changed(change: Callable[[Folder], object]) -> Callable[[Folder], None]:
    """Make the right notebook, change it, write it."""

    def make(folder: Folder) -> None:
        change(folder)
        folder.write()

    return make


def first(line: str, ident: str = "encode") -> Callable[[Folder], None]:
    """An answer that begins with this."""
    return changed(lambda f: f.before(ident, line))


def own(text: str, at: int = 2) -> Callable[[Folder], None]:
    """One more cell of the learner's."""
    return changed(lambda f: f.insert(text, at))


def instead(text: str) -> Callable[[Folder], None]:
    """Another answer to the second exercise; `decode` is wrong unless it says otherwise."""
    return changed(lambda f: f.answer("encode", f"def decode(text, shift):\n    return text\n\n\n{text}"))


def raw(convert: Callable[[str], bytes | str]) -> Callable[[Folder], None]:
    """The bytes of the right notebook, changed."""
    return lambda f: f.write(convert(json.dumps(f.notebook, ensure_ascii=False, indent=1)))


# -- cells ---------------------------------------------------------------------------------------------------------


def copied(f: Folder) -> None:
    """The answer's cell pasted once more, untouched, below."""
    stub = next(cell for cell in f.released["cells"] if cell["id"] == "encode")
    f.notebook["cells"].append(stub | {"id": "pasted"})


def copied_and_worked_on(f: Folder) -> None:
    cells, good = f.notebook["cells"], f.cell("encode")
    at = cells.index(good)
    cells[at] = good | {"source": "def encode(text, shift):\n    return text\n\ndef decode(t, s):\n    return t"}
    cells.insert(at + 1, good | {"id": "pasted"})


def renamed(f: Folder) -> None:
    f.cell("encode")["metadata"]["nbgrader"]["grade_id"] = "encode-copy1"
    next(c for c in f.notebook["cells"] if c["id"] == "encode")["id"] = "x1"


def stripped(f: Folder) -> None:
    """Some services keep no metadata and give new ids."""
    for number, cell in enumerate(f.notebook["cells"]):
        cell["metadata"] = {"id": f"colab{number}", "colab": {"base_uri": "https://localhost/"}}
        cell["id"] = f"n{number}"
    f.notebook["metadata"] = {"colab": {"provenance": []}, "kernelspec": {"name": "python3"}}


def in_another_cell(f: Folder) -> None:
    f.answer("encode", "# see below")
    f.notebook["cells"].append({"cell_type": "code", "metadata": {}, "source": ANSWERS["encode"], "id": "below"})


def in_the_test_cell(f: Folder) -> None:
    f.answer("test-encode", ANSWERS["encode"])
    f.answer("encode", next(cell["source"] for cell in f.released["cells"] if cell["id"] == "encode"))


def all_in_one(f: Folder) -> None:
    code = "\n\n".join([ANSWERS["is-palindrome"], ANSWERS["encode"]])
    f.notebook["cells"] = [{"cell_type": "code", "metadata": {}, "source": "import string\n" + code, "id": "all"}]


def version_3(f: Folder) -> None:
    cells = []
    for cell in f.notebook["cells"]:
        kind, text = cell["cell_type"], cell["source"]
        old = {"input": text, "language": "python", "outputs": [], "collapsed": False} if kind == "code" else {}
        cells.append({"cell_type": kind, "metadata": cell["metadata"], **(old or {"source": text})})
    sheets = [{"cells": cells[:5], "metadata": {}}, {"cells": cells[5:], "metadata": {}}]
    f.write(json.dumps({"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0, "worksheets": sheets}))


def version_2(f: Folder) -> None:
    """Before there was any metadata on cells."""
    cells = [
        {"cell_type": "code", "input": c["source"], "language": "python", "outputs": []}
        if c["cell_type"] == "code"
        else {"cell_type": c["cell_type"], "source": c["source"]}
        for c in f.notebook["cells"]
    ]
    f.write(json.dumps({"metadata": {"name": "words"}, "nbformat": 2, "worksheets": [{"cells": cells}]}))


def other_kernel(f: Folder) -> None:
    f.notebook["metadata"]["kernelspec"] = {"name": "ir", "language": "R", "display_name": "R"}
    f.notebook["metadata"]["language_info"] = {"name": "R"}


def large_outputs(f: Folder) -> None:
    f.cell("encode")["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * 15_000_000}]


def no_sources(f: Folder) -> None:
    for cell in f.notebook["cells"]:
        if cell["cell_type"] == "code" and "encode" in cell["id"]:
            del cell["source"]


# -- files ---------------------------------------------------------------------------------------------------------


def beside(path: str, text: str) -> Callable[[Folder], None]:
    """Another file beside a right notebook."""

    def make(f: Folder) -> None:
        f.write()
        f.write(text, path)

    return make


def startup(f: Folder) -> None:
    for place in (".ipython/profile_default/startup/00.py", "ipython_config.py", "usercustomize.py"):
        f.write("raise SystemExit('never run this')", place)
    f.write()


def torch_folder(f: Folder) -> None:
    for name in ("torch", "numpy", "string"):
        f.write("raise SystemExit('never import this')", f"{name}/__init__.py")
    f.write()


def deleted(ident: str) -> Callable[[Folder], None]:
    """A cell that the learner deleted."""
    return changed(lambda f: f.remove(ident))


def two_without_the_name(f: Folder) -> None:
    f.write(name="first.ipynb")
    f.write(name="second.ipynb")


HANG = "import signal\nfor s in range(1, 32):\n    if s not in (9, 17, 19):\n        signal.signal(s, signal.SIG_IGN)\n"
BOMB = "def encode(text, shift):\n    held = []\n    while True:\n        held.append(bytearray(1 << 31))"
FORKS = "def encode(text, shift):\n    import os\n    while True:\n        os.fork()"

ODD_ONES = (
    # cells
    Odd("nothing odd", changed(lambda f: None)),
    Odd("nothing odd, plain nbgrader", changed(lambda f: None), 5, unit=AVERAGES),
    Odd("an answer copied, the copy untouched", changed(copied), says="the cell encode stands twice"),
    Odd("an answer copied, the copy right", changed(copied_and_worked_on), says="the cell encode stands twice"),
    Odd("an answer deleted", deleted("encode"), 4, says="the answer cell encode is missing"),
    Odd("a visible test deleted", deleted("check-encode"), says="check-encode was deleted: put back"),
    Odd("a test deleted", deleted("test-encode"), says="test cell test-encode was deleted: put back"),
    Odd("a test deleted, plain nbgrader", deleted("mean_tests"), 5, says="was deleted: put back", unit=AVERAGES),
    Odd("the set-up deleted", deleted("imports"), says="the set-up cell imports was deleted: put back"),
    Odd("a prose answer deleted", deleted("keys"), says="the written answer keys is missing"),
    Odd(
        "an answer turned into prose",
        changed(lambda f: f.cell("encode").update(cell_type="markdown")),
        says="was no code cell any more",
    ),
    Odd(
        "a test turned into prose, plain nbgrader",
        changed(lambda f: f.cell("median_tests").update(cell_type="raw")),
        5,
        unit=AVERAGES,
    ),
    Odd("an answer renamed", changed(renamed), says="the answer encode was found in cell"),
    Odd("metadata stripped", changed(stripped)),
    Odd("metadata stripped, plain nbgrader", changed(stripped), 5, unit=AVERAGES),
    Odd("the answer in another cell", changed(in_another_cell), says="the answer encode was found in cell 14"),
    Odd("the answer in the test cell", changed(in_the_test_cell), says="the answer encode was found in cell 10"),
    Odd("all in one cell", changed(all_in_one), says="was found in cell 1"),
    Odd("cells without text", changed(no_sources), 4),
    Odd("cells in reverse order", changed(lambda f: f.notebook["cells"].reverse())),
    Odd("cells that are no objects", changed(lambda f: f.notebook["cells"].extend([None, 3, "x", []]))),
    # files
    Odd("renamed", lambda f: f.write(name="words (1).ipynb"), says="was named words (1).ipynb instead of words.ipynb"),
    Odd("bad JSON", raw(lambda t: t[: len(t) // 2]), 0, "rejected", "not a notebook: invalid JSON in line"),
    Odd("trailing garbage", raw(lambda t: t + "\n}<<<<<<< HEAD"), 0, "rejected", "invalid JSON"),
    Odd("a merge conflict", raw(lambda t: "<<<<<<< HEAD\n" + t), 0, "rejected", "invalid JSON in line 1"),
    Odd("an empty file", raw(lambda t: ""), 0, "rejected", "the file is empty"),
    Odd("zeros only", raw(lambda t: b"\0" * 4096), 0, "rejected", "the file is empty"),
    Odd("a zip", raw(lambda t: b"PK\x03\x04" + b"\xff" * 99), 0, "rejected", "it is a zip archive"),
    Odd("a script", raw(lambda t: "# %%\nprint(1)"), 0, "rejected", "it is a Python script"),
    Odd("a web page", raw(lambda t: "<!DOCTYPE html><title>Log in</title>"), 0, "rejected", "it is an HTML page"),
    Odd("a list", raw(lambda t: "[]"), 0, "rejected", "holds a list"),
    Odd("no file", lambda f: f.place.mkdir(parents=True), 0, "rejected", "no notebook was handed in"),
    Odd("another name for a folder", lambda f: f.write(name="words.ipynb/words.ipynb"), 0, "rejected", "a folder"),
    Odd("in a folder below", lambda f: f.write(name="words/words.ipynb"), 0, "rejected", "no notebook was handed in"),
    Odd("two notebooks", lambda f: (f.write(), f.write("{}", "Untitled.ipynb"))[0]),
    Odd("two notebooks, no name right", two_without_the_name, 0, "rejected", "2 notebooks were handed in"),
    Odd("checkpoints", beside(".ipynb_checkpoints/words-checkpoint.ipynb", "{")),
    Odd("nbgrader's time stamp", beside("timestamp.txt", "2026-02-30 99:99 NOPE")),
    Odd("a folder named torch", torch_folder),
    Odd("an IPython startup file", startup),
    Odd("a byte order mark", raw(lambda t: b"\xef\xbb\xbf" + t.encode())),
    Odd("UTF-16", raw(lambda t: t.encode("utf-16"))),
    Odd("CRLF", raw(lambda t: t.replace("\n", "\r\n").replace("\\n", "\\r\\n"))),
    Odd("version 3", version_3),
    Odd("version 2", version_2),
    Odd("version 99", changed(lambda f: f.notebook.update(nbformat=99, nbformat_minor="x"))),
    Odd("no version, no metadata", raw(lambda t: json.dumps({"cells": json.loads(t)["cells"]}))),
    Odd("another kernel", changed(other_kernel)),
    Odd("outputs of 15 MB", changed(large_outputs)),
    Odd("25 MB", raw(lambda t: t + " " * 25_000_000), 0, "rejected", "larger than 20 MB"),
    Odd("another unit's notebook", raw(lambda t: json.dumps({"cells": []})), 0, says="is it another unit's?"),
    # code
    Odd("shell and pip lines", first("!pip install numpy\n%pip install torch\npip install x"), says="for Jupyter only"),
    Odd("magics", first("%matplotlib inline\n%load_ext autoreload\n%autoreload 2"), says="for Jupyter only"),
    Odd("a cell in bash", own("%%bash\nfor i in 1 2; do echo $i; done"), says="lines 1, 2 are for Jupyter only"),
    Odd("%%time over an answer", first("%%time"), says="for Jupyter only"),
    Odd("a line of help", first("str.lower?"), says="for Jupyter only"),
    Odd("input()", own("name = input('Your name? ')")),
    Odd("input() in an answer", first("name = input('Your name? ')"), 4, says="encode"),
    Odd("sys.exit() at the end", own("import sys\nsys.exit(0)", 12)),
    Odd("sys.exit() in an answer", instead("def encode(t, s):\n    import sys\n    sys.exit()"), 4, says="SystemExit"),
    Odd("exit()", own("exit()")),
    Odd("a warning on stderr", first("import sys, warnings\nwarnings.warn('deprecated')\nprint('!', file=sys.stderr)")),
    Odd("warnings are errors", first("import warnings\nwarnings.simplefilter('error')")),
    Odd("200,000 small prints", own("for i in range(200_000):\n    print(i)")),
    Odd("200 MB on one line", own("print('x' * 200_000_000)")),
    Odd("200 MB past Python", own("import os\nfor _ in range(200):\n    os.write(1, b'x' * 1_000_000)")),
    Odd(
        "an endless loop", instead("def encode(t, s):\n    while True: pass"), 4, "timeout", "encode: the code ran out"
    ),
    Odd("an endless loop, signals ignored", own(HANG + "while True:\n    pass"), 7, "timeout", "ran out of time"),
    Odd("endless prints", instead("def encode(t, s):\n    while True: print('x')"), 4, "timeout", "ran out of time"),
    Odd("a sleep", own("import time\ntime.sleep(1e6)"), 7, "timeout", "cell 3: the code ran out of time"),
    Odd("a memory bomb", instead(BOMB), 4, "ok", "needs more memory than there is"),
    Odd("a memory bomb in a cell", own("held = [0] * (1 << 40)")),
    Odd("more processes than there may be", instead(FORKS), 4, "ok", "raised BlockingIOError: [Errno 11]"),
    Odd("a process that died", own("import os\nos.kill(os.getpid(), 9)"), 7, "crashed", "cell 3: the code ended"),
    Odd("a crash in C", instead("import ctypes\nctypes.string_at(0)"), 4, "crashed", "encode: the code ended"),
    Odd("a stack without end", instead("def encode(t, s):\n    return encode(t, s)"), 4, says="RecursionError"),
    Odd("an indent of tabs and blanks", instead("def encode(t, s):\n\tif s:\n        return t"), 4, says="encode"),
    Odd("a bracket never closed", instead("def encode(t, s):\n    return (t"), 4, says="encode"),
    Odd("prose in a code cell", own("My answer is: see below!")),
    Odd("await at the top", own("import asyncio\nawait asyncio.sleep(0)\nx = [y async for y in agen()]")),
    Odd("an event loop", own("import asyncio\nasyncio.run(asyncio.sleep(0))")),
    Odd(
        "a pool of processes", own("from multiprocessing import Pool\nwith Pool(2) as p:\n    print(p.map(abs, [-1]))")
    ),
    Odd(
        "threads left running", own("import threading, time\nthreading.Thread(target=time.sleep, args=(1e6,)).start()")
    ),
    Odd("numpy overwritten", own("import numpy as np\nnp = None")),
    Odd("builtins overwritten", own("list = [1]\nlen = 3\nstr = 'x'\nprint = None\nsum = max = min = 0")),
    Odd("the set-up's name overwritten", own("ALPHABET = 'abc'", 4), 1),
    Odd("an import of colab", own("from google.colab import drive\ndrive.mount('/content/drive')")),
    Odd("an import that is missing", first("import does_not_exist"), 4, says="encode"),
    Odd("a file that is missing", own("data = open('/home/me/data.csv').read()")),
    Odd("a download", own("import urllib.request\nurllib.request.urlopen('http://example.org')")),
    Odd("an answer of another kind", instead("encode = 'abc'\ndecode = 3"), 4, says="encode"),
    Odd("an answer of None", instead("def encode(t, s):\n    pass\ndef decode(t, s):\n    pass"), 4, says="None"),
    Odd("one of two functions right", instead("def encode(t, s):\n    return 1\ndef decode(t, s): return 'abc'"), 5),
    Odd("letters of other alphabets", first("π, имя, 名前 = 3, 'x', '\N{PARTY POPPER}'")),
    Odd("blanks that do not break", instead("def encode(t,\u00a0s):\n    return t"), 4, says="encode"),
    Odd("a null byte", instead("def encode(t, s):\n    return t\0"), 4, says="encode"),
    Odd("half a surrogate pair", first("x = '\\ud800'\nprint(x)")),
    Odd("a long line", first("x = '" + "a" * 300_000 + "'")),
    Odd("a deep bracket", instead("(" * 5_000 + ")" * 5_000), 4, says="encode"),
)
LEARNERS = {odd.what: f"l{number:02}" for number, odd in enumerate(ODD_ONES)}
LEARNERS["nothing odd"] = "Åsa Öberg-名前 O'Neil"
