"""Unit 12: what the curriculum asks of it, and its numbers. Its long run is that of the generic tests."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from autograder.testing.matrix import Unit

FOLDER = Path(__file__).resolve().parents[2] / "solutions" / "12_gpu_lab"
POINTS = {"prepare": 5, "augment": 8, "lr-at": 5, "param-groups": 4, "throughput": 4, "trainer": 24, "net": 10}


def test_points_are_those_of_the_curriculum(unit: Unit) -> None:
    assert {name: tests.points for name, tests in unit.suite.exercises.items()} == POINTS
    assert sum(POINTS.values()) == 60
    families = {family.name: family.points for family in unit.suite.exercises["trainer"].families}
    assert sum(families[name] for name in ("updates", "precision and layout", "device")) == 10
    assert sum(families[name] for name in ("epochs", "batches", "resume")) == 8
    assert sum(families[name] for name in ("predictions", "no trace")) == 6


def test_the_courses_own_training_program_is_withheld(unit: Unit) -> None:
    assert {"cnnkit.lab", "cnnkit._run", "cnnkit._tricks"} <= set(unit.suite.without)


def test_a_long_run_is_waited_for(unit: Unit) -> None:
    assert unit.suite.patience == {"call": 30, "step": 180}


def test_planted_bugs_of_the_design_are_known(unit: Unit) -> None:
    assert len(unit.suite.mistakes) >= 90
    asked = """loss-read-back looks-at-values indices-on-the-processor begins-at-zero one-part-too-few full-precision
    weights-in-half-precision loss-in-half-precision mirrored-too one-shift-for-all last-place-missing
    generator-ignored decay-through-the-gradient biases-decay left-in-evaluation-mode augmented-once
    drawn-with-replacement never-shuffled one-order-for-all optimizer-not-saved steps-not-saved generator-not-saved
    resumes-at-the-epochs-start loop-over-images loop-over-places image-by-image two-passes-forward seed-ignored
    predicts-in-training-mode statistics-refreshed channels-first labels-stay-behind by-place-in-the-set"""
    assert set(asked.split()) <= {mistake.name for mistake in unit.suite.mistakes}


@pytest.fixture
def card(unit: Unit, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The hidden tests as they run with a GPU, a processor standing for it, with less to do."""
    tests = sys.modules[unit.suite.exercises["trainer"].families[0].check.__module__]
    smaller = {"CARD": "cpu", "WARM": 1, "SHORT": 1, "LONG": 3, "ROUNDS": 1, "BATCH": 8, "LONGER": 8.0}
    for name, value in {**smaller, "on_gpu": lambda: True, "wide": lambda: tests.small(10)}.items():
        monkeypatch.setattr(tests, name, value)
    return tests


def test_on_a_gpu_steps_are_timed_beside_the_courses_own(card: Any, unit: Unit, answers: dict[str, Any]) -> None:
    def faults(cls: Any) -> list[str]:
        (log,) = [log for log in unit.suite.run("trainer", cls, verdict_on="device") if log.family == "device"]
        return log.faults

    class Slow(answers["Trainer"]):  # type: ignore[misc]
        def step(self, x: Any, y: Any) -> Any:
            time.sleep(0.5)
            return super().step(x, y)

    class Full(answers["Trainer"]):  # type: ignore[misc]
        def fit(self, images: Any, labels: Any, until: int) -> Any:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    assert faults(answers["Trainer"]) == []
    (slow,) = faults(Slow)
    assert re.fullmatch(r"3 steps on the GPU took [\d.]+ times as long as the course's own; 8 are allowed\.", slow)
    (full,) = faults(Full)
    assert full.endswith("needs more memory than the GPU has.")


def test_on_a_gpu_the_long_run_is_made_there(card: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[Any, ...]] = []

    class Made:
        def fit(self, images: Any, labels: Any, until: int) -> None:
            assert len(images) == len(labels)

        def predict(self, images: Any) -> Any:
            return np.zeros(len(images), np.int64)

    def recipe(*arguments: Any) -> Made:
        made.append(arguments)
        return Made()

    card.held_out(recipe, np.zeros(4), np.zeros(4), np.zeros(2), 7)
    assert made == [(card.STEPS, 7, "cpu")]


def test_numbers_worked_by_hand(answers: dict[str, Any]) -> None:
    pixel = np.array([255, 0, 51], np.uint8).reshape(1, 3, 1, 1)
    np.testing.assert_allclose(answers["prepare"](pixel, "cpu").flatten(), [2.0591, -1.9803, -0.9423], atol=1e-4)
    rates = [answers["lr_at"](step, 10, 0.9) for step in range(11)]
    np.testing.assert_allclose(rates, [0.45, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0], atol=1e-12)
    assert sum(p.numel() for p in answers["Net"]().parameters()) == 55_106


def test_one_step_worked_by_hand(answers: dict[str, Any]) -> None:
    net = nn.Sequential(nn.Flatten(), nn.Linear(3, 2))
    net[1].weight.data = torch.tensor([[2.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    net[1].bias.data = torch.zeros(2)
    trainer = answers["Trainer"](net, 10, peak=0.9, weight_decay=0.1, autocast=False)
    loss = trainer.step(torch.tensor([1.0, -2.0, 0.5]).view(1, 3, 1, 1), torch.tensor([0]))
    np.testing.assert_allclose(loss, np.log1p(np.exp(-2)), rtol=1e-6)
    weights = [[2.36, -0.45, 0.45], [-0.45, 0.45, -0.45]]  # 2 · (1 - 0.45 · 0.1) + 0.45, and so on
    np.testing.assert_allclose(net[1].weight.detach(), weights, rtol=1e-5)
    np.testing.assert_allclose(net[1].bias.detach(), [0.45, -0.45], rtol=1e-5)


def test_a_prepared_batch_is_channels_last_and_stays_so(answers: dict[str, Any]) -> None:
    x = answers["prepare"](np.zeros((4, 3, 8, 8), np.uint8), "cpu")
    moved = answers["augment"](x, torch.Generator().manual_seed(0))
    assert x.is_contiguous(memory_format=torch.channels_last)
    assert moved.is_contiguous(memory_format=torch.channels_last)


def test_a_state_does_not_change_with_later_steps(answers: dict[str, Any]) -> None:
    net = nn.Sequential(nn.Flatten(), nn.Linear(12, 2))
    trainer = answers["Trainer"](net, 10, batch=4, pad=0)
    images, labels = np.arange(96, dtype=np.uint8).reshape(8, 3, 2, 2), np.arange(8) % 2
    trainer.fit(images, labels, 3)
    state = trainer.state_dict()
    weights, averages = state["net"]["1.weight"].clone(), state["optimizer"]["state"][0]["exp_avg"].clone()
    trainer.fit(images, labels, 7)
    assert torch.equal(state["net"]["1.weight"], weights)
    assert torch.equal(state["optimizer"]["state"][0]["exp_avg"], averages)
    assert state["done"] == 3
