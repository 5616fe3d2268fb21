"""cnnkit.zoo.compare: a comparison of two small networks from end to end, and what its lists hold."""

import functools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from cnnkit import zoo
from cnnkit.zoo import _recipes, compare

QUICK = ["--steps", "3", "--batch", "4", "--tests", "8", "--jobs", "1"]
LENET = compare.Outcome("LeNet-5", "lenet5_modern", {}, 3e-3, 0, 1, 1, 1, False, 1.0, [1.0], [0.9], 0.5)


def test_small_comparison_writes_results_and_plots(tmp_path: Path) -> None:
    said: list[str] = []
    words = ["--out", str(tmp_path), "--only", "lenet5_modern,plain20,resnet20", *QUICK]
    assert compare.main(words, said.append) == 0
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert [o["family"] for o in results["families"]][:1] == ["LeNet-5"]
    seen = [(o["family"], o["seed"]) for o in results["depths"]]
    assert seen == [(f"{kind} {depth}", s) for kind in ("plain", "residual") for depth in (20, 56) for s in (0, 1)]
    for outcome in (*results["families"], *results["depths"]):
        assert 0 <= outcome["accuracy"] <= 1
        assert outcome["steps"] == len(outcome["losses"]) == len(outcome["errors"]) == 3
        assert not outcome["stopped"]
        assert outcome["seconds"] > 0
    assert results["machine"]["torch"] == torch.__version__
    for name in ("families", "depths"):
        assert (tmp_path / f"{name}.svg").read_text(encoding="utf-8").startswith("<?xml")
    assert said[0] == "11 networks, 11 minutes at most\n"
    assert said[-2].startswith("11/11  ")


def test_results_can_be_read_and_drawn_again(tmp_path: Path) -> None:
    results = compare.collected(compare.Settings(), [LENET])
    compare.write(tmp_path / "results.json", results)
    assert compare.read(tmp_path / "results.json") == results
    plots = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        folder.mkdir()
        compare.draw(results, folder)
        plots.append((folder / "families.svg").read_bytes())
    assert plots[0] == plots[1]


def test_resumed_run_trains_only_what_is_missing(tmp_path: Path) -> None:
    words = ["--out", str(tmp_path), "--only", "lenet5_modern", *QUICK]
    assert compare.main(words, lambda text: None) == 0
    before = (tmp_path / "results.json").read_bytes()
    said: list[str] = []
    assert compare.main([*words, "--resume"], said.append) == 0
    assert said[0] == "0 networks, 0 minutes at most\n"
    assert (tmp_path / "results.json").read_bytes() == before
    assert compare.main([*words, "--resume", "--seed", "7"], said.append) == 2
    assert "other settings" in said[-1]


def test_same_seed_gives_the_same_result() -> None:
    settings = compare.Settings(steps=4, batch=8, tests=20)
    first, second = (compare.train(compare.FAMILIES[0], settings) for _ in range(2))
    assert (first.losses, first.accuracy) == (second.losses, second.accuracy)


def test_training_stops_when_its_time_is_over() -> None:
    outcome = compare.train(compare.FAMILIES[0], compare.Settings(steps=200, batch=8, tests=8, seconds=0.05))
    assert outcome.stopped
    assert 1 <= outcome.steps < 200


def test_lenet_learns_by_its_recipe() -> None:
    outcome = compare.train(compare.FAMILIES[0], compare.Settings(steps=120, tests=200))
    assert outcome.losses[-1] < outcome.losses[0] - 0.4  # measured: from 2.3 to 1.6
    assert outcome.accuracy > 0.3


def test_every_entrant_is_of_the_zoo_and_has_a_name_of_its_own() -> None:
    entrants = [*compare.FAMILIES, *compare.DEPTHS]
    assert {entrant.name for entrant in entrants} <= set(zoo.names())
    assert len({entrant.family for entrant in entrants}) == len(entrants)


@pytest.mark.parametrize("entrant", compare.FAMILIES, ids=lambda entrant: str(entrant.family))
def test_recipe_follows_from_whether_a_network_normalises_batches(entrant: _recipes.Entrant) -> None:
    with torch.device("meta"):
        modules = list(_recipes.built(entrant).modules())
    normalised = any(isinstance(module, _recipes.BATCHES) for module in modules)
    assert (entrant.recipe in (_recipes.NORMALISED, _recipes.MOMENTUM)) == normalised
    assert all(module.p == 0 for module in modules if isinstance(module, nn.Dropout))


def test_committed_results_are_of_these_networks_and_recipes() -> None:
    committed = compare.read(Path(__file__).parents[2] / "book/_assets/comparison.json")
    assert committed.settings == compare.Settings()
    for outcome, entrant in zip(committed.families, compare.FAMILIES, strict=True):
        assert (outcome.family, outcome.name, outcome.options) == (
            entrant.family,
            entrant.name,
            listed(entrant.options),
        )
        assert outcome.rate == entrant.recipe.rate
        assert outcome.macs == compare.macs(entrant)
        assert not outcome.stopped
        assert outcome.accuracy > 0.2  # all have left chance, which is 0.1
    last = {(outcome.family, outcome.seed): outcome.errors[-1] for outcome in committed.depths}
    for seed in range(committed.settings.seeds):
        assert last["plain 56", seed] > last["plain 20", seed] + 0.05
        assert last["residual 56", seed] < last["residual 20", seed]


def listed(options: dict[str, Any]) -> dict[str, Any]:
    """Options as JSON has them."""
    found: dict[str, Any] = json.loads(json.dumps(options))
    return found


def test_network_without_normalisation_begins_with_scores_that_depend_on_the_image() -> None:
    entrant = next(entrant for entrant in compare.FAMILIES if entrant.family == "VGG D")
    torch.manual_seed(0)
    x, _ = compare.images_for(entrant, slice(0, 16), compare.Settings(steps=1, tests=16, batch=1))
    torch.testing.assert_close(x.mean((2, 3)), torch.zeros(16, 3), atol=1e-5, rtol=0)  # float32 means of 1024 pixels
    with torch.no_grad():
        spread = _recipes.built(entrant)(x).std(0).mean()
    assert 0.01 < spread < 10  # with the zoo's own weights: below 1e-3


@pytest.mark.parametrize("entrant", compare.FAMILIES[3::6], ids=lambda entrant: str(entrant.family))
def test_entrants_are_cheap_enough(entrant: _recipes.Entrant) -> None:
    assert 0 < compare.macs(entrant) < 10e6  # else the whole takes more than minutes


def test_results_are_written_as_they_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Iterator[compare.Outcome]:
        yield LENET
        raise KeyboardInterrupt

    monkeypatch.setattr(compare, "run", broken)
    said: list[str] = []
    assert compare.main(["--out", str(tmp_path)], said.append) == 130
    assert "1 networks are in" in said[-1]
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert [o["family"] for o in results["families"]] == ["LeNet-5"]
    assert (tmp_path / "families.svg").exists()


@pytest.mark.parametrize(("processes", "seconds"), [(1, 0), (2, 0), (3, 0), (3, 3)])
def test_ctrl_c_ends_all_processes_and_keeps_what_is_done(processes: int, seconds: float, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "cnnkit.zoo.compare", "--out", str(tmp_path), "--only", "plain20", "--steps", "2000"]
    few = ["--batch", "4", "--tests", "8"]
    heard = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # also where the tests run in a background
    with subprocess.Popen(
        [*words, *few], stderr=subprocess.PIPE, text=True, start_new_session=True, preexec_fn=heard
    ) as process:
        try:
            assert process.stderr is not None
            assert process.stderr.readline().startswith("4 networks")
            until = time.monotonic() + 60
            while process.poll() is None and time.monotonic() < until and not started(process.pid, processes):
                time.sleep(0.01)
            time.sleep(seconds)
            os.killpg(process.pid, signal.SIGINT)  # as a terminal sends it: to all of them
            rest = process.stderr.read()  # ends when the workers have ended too
            assert process.wait(30) == 130
        finally:
            process.kill()
    assert "stopped; " in rest
    assert "Traceback" not in rest


def started(pid: int, processes: int) -> bool:
    """Whether a process has started so many: multiprocessing's resource tracker, then two workers."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return len(children.read_text().split()) >= processes


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
    for option in ("--out", "--only", "--jobs", "--resume", "--steps", "--batch", "--tests"):
        assert option in shown
    for option in ("--seconds", "--seed", "--seeds", "--rate"):
        assert option in shown
