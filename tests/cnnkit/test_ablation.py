"""The runs that tell what each trick is worth: which there are, that they can be stopped, what is written."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from cnnkit import ablation
from cnnkit._tricks import TRICKS

BOOK = Path(__file__).parents[2] / "book" / "_assets" / "ablation.json"
SMALL = ["--epochs", "1", "--images", "128", "--seeds", "1"]


def test_each_recipe_lacks_one_trick() -> None:
    found = ablation.recipes("cifar10")
    everything = frozenset(TRICKS)
    assert found[ablation.EVERYTHING] == (everything, False)
    assert found[ablation.MUON] == (everything, True)
    assert found[ablation.NOTHING] == (frozenset(), False)
    assert [everything - tricks for tricks, _ in list(found.values())[1:-2]] == [{name} for name in TRICKS]
    assert not any("flip" in tricks for tricks, _ in ablation.recipes("shapes10").values())


def test_what_is_done_is_kept_and_the_rest_is_done_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, asked = ablation.train, []

    def stopped(settings: ablation.Settings, recipe: str, seed: int, out: io.StringIO) -> ablation.Trained:
        asked.append(recipe)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return real(settings, recipe, seed, out)

    monkeypatch.setattr(ablation, "recipes", lambda _: dict.fromkeys(("a", "b"), (frozenset({"views"}), False)))
    monkeypatch.setattr(ablation, "train", stopped)
    arguments = ["--out", str(tmp_path), *SMALL]
    assert ablation.main(arguments, io.StringIO()) == 130
    first = ablation.read(tmp_path / "ablation.json")
    assert [run.recipe for run in first.runs] == ["a"]
    out = io.StringIO()
    assert ablation.main(arguments, out) == 0
    assert asked == ["a", "b", "b"]
    both = ablation.read(tmp_path / "ablation.json")
    assert both.runs[0] == first.runs[0]
    assert both.runs[1].accuracy == first.runs[0].accuracy  # the same tricks, the same seed
    assert out.getvalue().count("held out") == 1
    assert ablation.main([*arguments, "--epochs", "2"], out) == 2
    assert "has other settings" in out.getvalue()


def test_the_table_is_in_the_order_of_the_means() -> None:
    runs = [
        ablation.Trained(name, seed, [0.1, end], 1.0)
        for name, ends in ((ablation.NOTHING, (0.5, 0.7)), (ablation.EVERYTHING, (0.8, 0.9)))
        for seed, end in enumerate(ends)
    ]
    rows = ablation.table(ablation.Ablation(ablation.Settings(), {}, runs)).splitlines()
    assert [row.split("  ")[0] for row in rows[1:]] == ["all tricks", "no tricks"]
    assert rows[1].split()[2:] == ["85.0%"]
    assert rows[2].split()[2:] == ["60.0%", "-30.0", "-20.0"]


def test_the_books_file_is_whole() -> None:
    found = ablation.read(BOOK)
    assert list(ablation.missing(found)) == []
    assert json.loads(BOOK.read_text())["settings"] == vars(ablation.Settings())
