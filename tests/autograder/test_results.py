"""Results and records: the contract holds, what is written is whole, names do no harm."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample_records import HOSTILE, record, sample_class, typical

from autograder import records
from autograder.errors import AutograderError
from autograder.printable import printable, printable_lines, printable_name
from autograder.records import Answer, Record
from autograder.results import SCHEMA_PATH, Result

SCHEMA = json.loads(SCHEMA_PATH.read_text())
CONTRACT = ["learner", "unit", "score", "max_score", "status", "message", "seconds", "exercises"]
names = st.text(st.characters(blacklist_characters="/\0"), min_size=1, max_size=80).filter(
    lambda n: n not in (".", "..")
)


def valid(line: str) -> dict[str, object]:
    content: dict[str, object] = json.loads(line)
    jsonschema.validate(content, SCHEMA)
    return content


def test_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_every_line_follows_the_schema_in_the_order_of_the_contract(tmp_path: Path) -> None:
    path = records.write_results(tmp_path, sample_class())
    lines = path.read_text().split("\n")
    assert lines.pop() == ""
    for line, made in zip(lines, sample_class(), strict=True):
        content = valid(line)
        assert list(content) == CONTRACT == list(SCHEMA["properties"])
        assert Result.from_dict(content) == made.result


@pytest.mark.parametrize(
    "change", [{"status": "lost"}, {"score": -1}, {"extra": 1}, {"learner": ""}, {"exercises": [{"id": "x"}]}]
)
def test_schema_refuses_what_is_no_result(change: dict[str, object]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**json.loads(typical().result.to_json()), **change}, SCHEMA)


def test_result_of_an_unknown_status_or_field_is_refused() -> None:
    content = json.loads(typical().result.to_json())
    for change in ({"status": "lost"}, {"extra": 1}, {"exercises": [{}]}):
        with pytest.raises(ValueError, match=r"status|not a result"):
            Result.from_dict({**content, **change})


def test_numbers_that_json_does_not_have_are_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        replace(typical().result, score=float("nan")).to_json()


@given(names)
def test_any_name_comes_back_from_one_harmless_line(name: str) -> None:
    made = record(name)
    line = made.result.to_json()
    assert len(line.splitlines()) == 1 and printable(line) == line
    line.encode()
    assert valid(line)["learner"] == name
    assert Record.from_json(made.to_json()) == made


def test_letters_of_all_languages_stay_readable() -> None:
    assert '"learner": "李 Núñez"' in record("李 Núñez").result.to_json()


@pytest.mark.parametrize(
    "learner", ["ada", "two\nlines", "x" * 255, "é" * 127, "\udcff\udcfe", "'\"<&>", " ", "a.json", "~"]
)
def test_record_of_an_odd_name_is_saved_and_found_again(tmp_path: Path, learner: str) -> None:
    made = record(learner)
    records.save(tmp_path, made)
    assert records.load(tmp_path, made.result.unit, learner) == made
    assert records.load_all(tmp_path) == [made]


def test_two_long_names_are_kept_apart(tmp_path: Path) -> None:
    for end in "ab":
        records.save(tmp_path, record("x" * 254 + end))
    assert len(records.load_all(tmp_path)) == 2


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/etc/passwd", "a\0b"])
def test_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no name of a file"):
        records.path(tmp_path, "unit", name)


def test_records_are_sorted_and_strangers_are_left_alone(tmp_path: Path) -> None:
    for made in sample_class():
        records.save(tmp_path, made)
    (tmp_path / "records" / "04_conv_forward" / ".part-1-2").write_text("half of a rec")
    found = [made.result.learner for made in records.load_all(tmp_path)]
    assert found == sorted(made.result.learner for made in sample_class())


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 1}', '{"format": 99}', "\0\xff", "[" * 100_000])
def test_damaged_record_is_graded_again_but_never_passed_over(tmp_path: Path, text: str) -> None:
    records.save(tmp_path, record("ada"))
    path = records.path(tmp_path, "04_conv_forward", "ada")
    path.write_text(text)
    assert records.load(tmp_path, "04_conv_forward", "ada") is None
    with pytest.raises(AutograderError, match=r"cannot read the record .*ada\.json"):
        records.load_all(tmp_path)


def test_missing_record_is_none(tmp_path: Path) -> None:
    assert records.load(tmp_path, "04_conv_forward", "ada") is None
    assert records.load_all(tmp_path) == []


def test_record_is_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records.save(tmp_path, record("ada"))
    before = records.load_all(tmp_path)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(AutograderError, match=r"cannot write .*ada\.json: No space left"):
        records.save(tmp_path, replace(record("ada"), fingerprint="new"))
    assert records.load_all(tmp_path) == before
    assert [path.name for path in (tmp_path / "records" / "04_conv_forward").iterdir()] == ["ada.json"]


def test_out_that_is_a_file_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(AutograderError, match=r"cannot write .*out/results.jsonl"):
        records.write_results(tmp_path / "out", [])


def test_equal_file_keeps_its_time_of_change(tmp_path: Path) -> None:
    path = records.write_results(tmp_path, [typical()])
    os.utime(path, (1, 1))
    records.write_results(tmp_path, [typical()])
    assert path.stat().st_mtime == 1


def test_fingerprint_tells_parts_apart() -> None:
    assert records.fingerprint("ab", "c") != records.fingerprint("a", "bc")
    assert records.fingerprint("é") == records.fingerprint("é".encode())
    assert records.fingerprint("\udcff")


def test_long_answers_are_cut_once() -> None:
    answer = Answer("s" * 10**6, "o" * 10**6, "e" * 10**6)
    assert len(answer.source) <= records.MAX_SOURCE and "more characters are not shown" in answer.source
    assert len(answer.output) <= records.MAX_OUTPUT and answer.output.startswith("… ")
    assert replace(answer) == answer


def test_control_characters_are_shown_as_escapes() -> None:
    assert printable("a\x1b[2J\n\u202e\x9b\udcff\U000e0001é李") == r"a\x1b[2J\n\u202e\x9b\xff\U000e0001é李"
    assert printable_lines("\x1b[31mred\x1b[0m\tnext\r\nline\x07") == "red\tnext\nline\\x07"
    assert printable_lines("10 %\r50 %\r100 %\ndone") == "100 %\ndone"
    assert [printable_name(name) for name in ("Ada L.", " ada", "a  b", " ")] == ["Ada L.", "' ada'", "'a  b'", "' '"]
    assert printable_lines(HOSTILE).isprintable()


@given(st.text())
def test_nothing_that_moves_a_cursor_is_left(text: str) -> None:
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in printable(text))
    assert not any((ord(c) < 32 and c not in "\n\t") or 0x7F <= ord(c) < 0xA0 for c in printable_lines(text))
