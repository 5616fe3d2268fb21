"""cnnkit.zoo.compare: a comparison of two small networks from end to end, and what its lists hold."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cnnkit import zoo
from cnnkit.zoo import compare


def test_small_comparison_writes_results_and_plots(tmp_path: Path) -> None:
    said: list[str] = []
    words = ["--out", str(tmp_path), "--only", "lenet5_modern,plain20,resnet20", "--jobs", "1"]
    assert compare.main([*words, "--steps", "3", "--batch", "4", "--tests", "8"], said.append) == 0
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert [o["family"] for o in results["families"]][:1] == ["LeNet-5"]
    assert [o["family"] for o in results["depths"]] == ["plain 20", "plain 56", "residual 20", "residual 56"]
    for outcome in (*results["families"], *results["depths"]):
        assert 0 <= outcome["accuracy"] <= 1
        assert outcome["steps"] == 3
        assert not outcome["stopped"]
        assert len(outcome["losses"]) == 3
        assert outcome["seconds"] > 0
    assert results["families"][0]["parameters"] == 62_006
    assert results["families"][0]["macs"] == 25 * 3 * 6 * 28**2 + 25 * 6 * 16 * 10**2 + 400 * 120 + 120 * 84 + 840
    assert "test accuracy" in (tmp_path / "families.svg").read_text(encoding="utf-8")
    assert "plain 56 layers" in (tmp_path / "depths.svg").read_text(encoding="utf-8")
    assert said[0] == "7 networks, 3 steps each, 5 minutes at most\n"
    assert any("\r\x1b[K7/7 " in line for line in said)


def test_same_seed_gives_the_same_result() -> None:
    settings = compare.Settings(steps=4, batch=8, tests=20)
    first, second = (compare.train(compare.FAMILIES[0], settings) for _ in range(2))
    assert (first.losses, first.accuracy) == (second.losses, second.accuracy)


def test_training_stops_when_its_time_is_over() -> None:
    outcome = compare.train(compare.FAMILIES[0], compare.Settings(steps=10_000, batch=8, tests=8, seconds=0.05))
    assert outcome.stopped
    assert 1 <= outcome.steps < 10_000


def test_every_entrant_is_of_the_zoo_and_has_a_name_of_its_own() -> None:
    entrants = [*compare.FAMILIES, *compare.DEPTHS]
    assert {entrant.name for entrant in entrants} <= set(zoo.names())
    assert len({entrant.family for entrant in entrants}) == len(entrants)


@pytest.mark.parametrize("entrant", compare.FAMILIES[3::6], ids=lambda entrant: str(entrant.family))
def test_entrants_are_cheap_enough(entrant: compare.Entrant) -> None:
    assert 0 < compare.macs(entrant) < 30e6  # else the whole takes more than minutes


def test_results_are_written_as_they_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = compare.Outcome("LeNet-5", "lenet5_modern", {}, 1, 1, 1, False, 1.0, [1.0], 0.5)

    def broken(*_: object) -> Iterator[compare.Outcome]:
        yield outcome
        raise RuntimeError("the machine stopped")

    monkeypatch.setattr(compare, "run", broken)
    with pytest.raises(RuntimeError):
        compare.main(["--out", str(tmp_path)], lambda text: None)
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert [o["family"] for o in results["families"]] == ["LeNet-5"]


def test_plain_and_residual_entrants_differ_in_their_shortcuts_only() -> None:
    plain, residual = compare.DEPTHS[:2], compare.DEPTHS[2:]
    assert [e.options["depth"] for e in plain] == [e.options["depth"] for e in residual] == [20, 56]
    assert [compare.macs(e) for e in plain] == [compare.macs(e) for e in residual]


def test_unknown_network_is_named(tmp_path: Path) -> None:
    said: list[str] = []
    assert compare.main(["--out", str(tmp_path), "--only", "resnet19"], said.append) == 2
    assert "resnet19" in said[0]


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        compare.main(["--help"])
    assert end.value.code == 0
    shown = capsys.readouterr().out
    for option in ("--out", "--only", "--jobs", "--steps", "--batch", "--tests", "--seconds", "--seed"):
        assert option in shown
