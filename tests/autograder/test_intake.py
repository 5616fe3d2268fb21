"""Submissions come in: any file, any bytes. Nothing outside the folder is read, nothing raises but a clear refusal."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder import intake
from autograder.errors import AutograderError
from autograder.intake import Entry, Limits, Rejected, Submission
from autograder.notebooks import KINDS
from autograder.units import load_course

UNITS = load_course(Path(__file__).parent / "toy_course")
WORDS = {"01_words": UNITS["01_words"]}
SMALL = {"cells": [{"cell_type": "code", "source": "x = 1"}]}


def hand_in(root: Path, learner: str = "ada", content: Any = SMALL, name: str = "words.ipynb") -> Path:
    path = root / learner / "01_words" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def read_only_one(root: Path, limits: Limits | None = None) -> Submission:
    (entry,), _ = intake.find(root, WORDS)
    return intake.read(entry, limits)


def refusal(root: Path, limits: Limits | None = None) -> str:
    with pytest.raises(Rejected) as error:
        read_only_one(root, limits)
    assert "\n" not in str(error.value)
    return str(error.value)


def sources(content: Any) -> list[str]:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return [cell.source for cell in intake.parse(data, "ada", "01_words").cells]


# -- what is found -----------------------------------------------------------------------------------------------


def test_submissions_are_found_by_learner_and_unit(tmp_path: Path) -> None:
    for learner in ("zoe", "ada", "Ben van Dijk", "ünal"):
        hand_in(tmp_path, learner)
    (tmp_path / "ada" / "02_averages").mkdir()
    (tmp_path / "notes.txt").write_text("ignored")
    (tmp_path / ".git").mkdir()
    (tmp_path / "ada" / "01_words" / ".ipynb_checkpoints").mkdir()
    (tmp_path / "ada" / "01_words" / "data.csv").write_text("ignored")
    entries, warnings = intake.find(tmp_path, UNITS)
    assert [(entry.learner, entry.unit) for entry in entries] == [
        ("Ben van Dijk", "01_words"),
        ("ada", "01_words"),
        ("ada", "02_averages"),
        ("zoe", "01_words"),
        ("ünal", "01_words"),
    ]
    assert entries[1].path == tmp_path / "ada" / "01_words" / "words.ipynb"
    assert warnings == []


def test_folders_that_are_no_units_are_named_once(tmp_path: Path) -> None:
    for learner in ("ada", "ben", "cho", "dan"):
        (tmp_path / learner / "01_word").mkdir(parents=True)
    (tmp_path / "ada" / "02_averages").mkdir()
    (tmp_path / "eve").mkdir()
    entries, warnings = intake.find(tmp_path, WORDS, known=["02_averages"])
    assert entries == []
    assert warnings == [
        "eve: no submission (expected eve/<unit>/<notebook>.ipynb)",
        "ada, ben, cho and 1 more: no unit 01_word: did you mean 01_words?",
    ]


def test_every_folder_is_a_unit_where_none_are_named(tmp_path: Path) -> None:
    hand_in(tmp_path)
    (entry,), _ = intake.find(tmp_path)
    assert entry == Entry("ada", "01_words", tmp_path, "words")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(AutograderError, match=r"nowhere: no such folder; expected <learner>/<unit>/"):
        intake.find(tmp_path / "nowhere")
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(AutograderError, match="cannot be read: Not a directory"):
        intake.find(file)


def test_names_with_control_characters_are_graded_and_shown_escaped(tmp_path: Path) -> None:
    hand_in(tmp_path, "a\nb\x1b[2J")
    assert read_only_one(tmp_path).learner == "a\nb\x1b[2J"
    (tmp_path / "c" / "x\ny").mkdir(parents=True)
    _, warnings = intake.find(tmp_path, WORDS)
    assert warnings == ["c: no unit x\\ny: there are 01_words"]


def test_names_that_are_no_text_are_passed_over(tmp_path: Path) -> None:
    os.mkdir(os.fsencode(tmp_path) + b"/\xff")  # noqa: PTH102  # Path has no bytes
    entries, warnings = intake.find(tmp_path, WORDS)
    assert entries == []
    assert warnings == ["\\xff: not graded: the folder's name is not UTF-8"]


@pytest.mark.parametrize("name", ["01_words.ipynb", "words (1).ipynb", "Homework.IPYNB"])
def test_another_name_is_accepted_with_a_note(tmp_path: Path, name: str) -> None:
    hand_in(tmp_path, name=name)
    assert read_only_one(tmp_path).notes == (f"the notebook was named {name} instead of words.ipynb",)


def test_the_right_name_wins(tmp_path: Path) -> None:
    hand_in(tmp_path, name="words-Copy1.ipynb", content=b"")
    hand_in(tmp_path)
    submission = read_only_one(tmp_path)
    assert submission.notes == () and submission.cells[0].source == "x = 1"


def test_two_wrong_names_cannot_be_chosen_from(tmp_path: Path) -> None:
    hand_in(tmp_path, name="a.ipynb")
    hand_in(tmp_path, name="b.ipynb")
    assert refusal(tmp_path) == "2 notebooks were handed in and none is named words.ipynb"


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ada" / "01_words").mkdir(parents=True)
    assert refusal(tmp_path) == "no notebook was handed in: expected words.ipynb"


# -- what is not opened ------------------------------------------------------------------------------------------


def test_links_are_refused_at_every_level(tmp_path: Path) -> None:
    secret = hand_in(tmp_path / "elsewhere", "ben")
    folder = tmp_path / "submitted" / "ada" / "01_words"
    folder.mkdir(parents=True)
    (folder / "words.ipynb").symlink_to(secret)
    assert refusal(tmp_path / "submitted") == "the notebook is a symbolic link: hand in the file itself"
    (folder / "words.ipynb").unlink()
    folder.rmdir()
    folder.symlink_to(secret.parent)
    assert refusal(tmp_path / "submitted").startswith("the folder 01_words is a symbolic link")
    folder.unlink()
    folder.parent.rmdir()
    folder.parent.symlink_to(secret.parent.parent)
    entries, warnings = intake.find(tmp_path / "submitted", WORDS)
    assert entries == []
    assert warnings == ["ada: the folder is a symbolic link: not followed, nothing of it is graded"]
    with pytest.raises(Rejected, match="the folder ada is a symbolic link"):
        intake.read(Entry("ada", "01_words", tmp_path / "submitted", "words"))


def test_a_link_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "ada" / "01_words"
    folder.mkdir(parents=True)
    (folder / "words.ipynb").symlink_to("words.ipynb")
    assert "symbolic link" in refusal(tmp_path)


def test_the_instructors_own_folder_may_be_a_link(tmp_path: Path) -> None:
    hand_in(tmp_path / "real")
    (tmp_path / "link").symlink_to("real")
    assert read_only_one(tmp_path / "link").cells


def test_a_hard_link_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(json.dumps(SMALL))
    path = hand_in(tmp_path / "submitted")
    path.unlink()
    path.hardlink_to(secret)
    assert "hard link" in refusal(tmp_path / "submitted")


@pytest.mark.parametrize("kind", ["pipe", "socket", "folder"])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = hand_in(tmp_path)
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        monkeypatch.chdir(path.parent)  # the names of sockets must be short
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path.name)
    assert refusal(tmp_path) == "the notebook is not a file but a folder, a pipe or a device"


def test_a_file_is_measured_before_it_is_read(tmp_path: Path) -> None:
    path = hand_in(tmp_path)
    with path.open("r+b") as file:
        file.truncate(10_000_000_000)  # sparse: no room on the disk
    assert refusal(tmp_path) == "the notebook is larger than 20 MB: clear its outputs and hand it in again"
    hand_in(tmp_path)
    assert "larger than 1e-05 MB" in refusal(tmp_path, Limits(size=10))


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    if os.getuid() == 0:
        pytest.skip("root may read everything")
    hand_in(tmp_path).chmod(0)
    assert refusal(tmp_path) == "the notebook cannot be read: Permission denied"


def test_a_folder_that_went_away_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="cannot be read: No such file"):
        intake.read(Entry("ada", "01_words", tmp_path, "words"))


def test_no_descriptor_stays_open(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    hand_in(tmp_path)
    read_only_one(tmp_path)
    hand_in(tmp_path, content=b"{")
    refusal(tmp_path)
    (tmp_path / "ada" / "01_words" / "words.ipynb").unlink()
    refusal(tmp_path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_file_of_ones_own_may_be_a_link(tmp_path: Path) -> None:
    hand_in(tmp_path)
    (tmp_path / "mine.ipynb").symlink_to(tmp_path / "ada" / "01_words" / "words.ipynb")
    assert intake.read_file(tmp_path / "mine.ipynb", "you", "01_words").cells
    with pytest.raises(Rejected, match="no such file"):
        intake.read_file(tmp_path / "other.ipynb", "you", "01_words")
    with pytest.raises(Rejected, match="not a file"):
        intake.read_file(tmp_path, "you", "01_words")


# -- what is in it -----------------------------------------------------------------------------------------------


def test_the_digest_is_that_of_the_bytes() -> None:
    one, two = (intake.parse(json.dumps(SMALL, indent=n).encode(), "ada", "u") for n in (1, 2))
    assert one.cells == two.cells and one.digest != two.digest and len(one.digest) == 64


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"cells": [{"cell_type": "code", "source": ["a\n", "b"]}]}, ["a\nb"]),
        ({"cells": [{"cell_type": "code", "source": ["a", None, 3, ["b"], "c"]}]}, ["ac"]),
        ({"cells": [{"cell_type": "code"}, {"cell_type": "code", "source": 7}]}, ["", ""]),
        ({"cells": [None, 3, {"cell_type": "video", "source": "x"}, {"source": "y"}]}, []),
        ({"cells": [{"cell_type": "code", "source": "a\r\nb\rc", "id": 5, "metadata": [1]}]}, ["a\nb\nc"]),
        ({"worksheets": [{"cells": [{"cell_type": "code", "input": "a"}]}, {"cells": 3}, 4]}, ["a"]),
        ({"worksheets": [{"cells": [{"cell_type": "heading", "level": 1, "source": "T"}]}]}, ["T"]),
        (b"\xef\xbb\xbf" + json.dumps(SMALL).encode(), ["x = 1"]),
        (json.dumps(SMALL).encode("utf-16"), ["x = 1"]),
        (b'{"cells": [{"cell_type": "code", "source": "\xe9t\xe9"}]}', ["\ufffdt\ufffd"]),
        (b'{"cells": [{"cell_type": "code", "source": "\\ud800"}]}', ["?"]),
        (b'{"cells": [], "cells": [{"cell_type": "code", "source": "last"}]}', ["last"]),
        (b'{"cells": [{"cell_type": "code", "source": "a", "metadata": {"n": NaN}}]}', ["a"]),
    ],
)
def test_odd_notebooks_are_read(content: Any, expected: list[str]) -> None:
    assert sources(content) == expected


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf \n\0", "the file is empty"),
        (b'{"cells": [', "not a notebook: invalid JSON in line 1, column 12"),
        (b'{"cells": [\n<<<<<<< HEAD\n', "not a notebook: invalid JSON in line 2, column 1"),
        (b"<!DOCTYPE html>", "not a notebook: it is an HTML page"),
        (b"PK\x03\x04", "not a notebook: it is a zip archive"),
        (b"# %%\nx = 1", "not a notebook: it is a Python script or plain text"),
        (b"[]", "not a notebook: the JSON holds a list, not an object with cells"),
        (b"null", "not a notebook: the JSON holds a NoneType, not an object with cells"),
        (b"{}", "not a notebook: it has no list of cells"),
        (b'{"cells": {}}', "not a notebook: it has no list of cells"),
        (b'{"worksheets": 1}', "not a notebook: it has no list of cells"),
        (b"[" * 100_000, "not a notebook: its JSON is nested too deep"),
        (b"[" * 1_100_000, "the notebook holds far more structure than any notebook needs"),
        (b"1" * 10_000, "not a notebook: it holds a number that cannot be read"),
        (json.dumps({"cells": [{}] * 2_001}).encode(), "the notebook has 2001 cells, at most 2000 are read"),
    ],
)
def test_what_is_no_notebook_is_refused_in_one_line(content: bytes, said: str) -> None:
    with pytest.raises(Rejected) as error:
        intake.parse(content, "ada", "01_words")
    assert str(error.value) == said


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)
cells = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.sampled_from([*KINDS, "heading", "video"]) | json_values,
        "source": st.text() | st.lists(st.text() | json_values) | json_values,
        "input": json_values,
        "id": st.sampled_from(["encode", "imports"]) | json_values,
        "metadata": st.fixed_dictionaries({"nbgrader": json_values | st.just({"grade_id": "\ud800"})}) | json_values,
    },
)
notebooks = st.fixed_dictionaries(
    {}, optional={"cells": st.lists(cells | json_values, max_size=5) | json_values, "worksheets": json_values}
)


def must_be_sound(data: bytes) -> None:
    try:
        submission = intake.parse(data, "ada", "01_words")
    except Rejected as error:
        assert "\n" not in str(error)
        return
    for cell in submission.cells:
        assert cell.kind in KINDS
        for text in (cell.source, cell.id, cell.grade_id):
            text.encode()


@given(notebooks)
def test_any_structure_is_read_or_refused(notebook: Any) -> None:
    must_be_sound(json.dumps(notebook).encode())


@given(st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    must_be_sound(data)


@given(st.data())
def test_any_damage_is_read_or_refused(data: st.DataObject) -> None:
    good = json.dumps({"cells": [{"cell_type": "code", "source": ["é = 1\n"], "id": "encode"}]}).encode()
    start = data.draw(st.integers(0, len(good)))
    end = data.draw(st.integers(start, len(good)))
    must_be_sound(good[:start] + data.draw(st.binary(max_size=8)) + good[end:])
