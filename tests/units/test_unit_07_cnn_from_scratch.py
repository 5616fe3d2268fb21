"""Unit 07: what the curriculum asks of it, and its numbers."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np

import cnnkit.ops
from autograder.testing import seed_with
from autograder.testing.matrix import Unit

FOLDER = Path(__file__).resolve().parents[2] / "solutions" / "07_cnn_from_scratch"
POINTS = {
    "relu": 15,
    "linear": 10,
    "softmax-cross-entropy": 20,
    "kaiming-normal": 5,
    "sgd-momentum-step": 10,
    "lenet": 30,
    "accuracy": 5,
    "train": 15,
}


def test_points_are_those_of_the_curriculum(unit: Unit) -> None:
    assert {name: tests.points for name, tests in unit.suite.exercises.items()} == POINTS
    assert sum(POINTS.values()) == 110


def test_torch_and_scipy_are_withheld_and_layers_of_earlier_units_served(unit: Unit) -> None:
    assert unit.suite.without == ("torch", "scipy", "numpy.convolve", "numpy.correlate")
    assert unit.suite.serves["cnnkit.ops"] == ("conv2d", "conv2d_backward", "max_pool2d", "max_pool2d_backward")
    asked = {function for tests in unit.suite.exercises.values() for function in tests.functions}
    served = {name for names in unit.suite.serves.values() for name in names}
    assert not asked & served


def test_mistakes_of_the_curriculum_are_known(unit: Unit) -> None:
    asked = """no-maximum-subtracted sum-over-images loss-divided-twice gradient-not-divided gradient-divided-twice
    slope-from-upstream relu-gradient-from-upstream root-forgotten fan-out-for-fan-in uphill velocity-with-wrong-sign
    classes-not-shuffled classes-of-the-training-images last-batch-dropped gradients-accumulate gradients-pile-up"""
    assert set(asked.split()) <= {mistake.name for mistake in unit.suite.mistakes}
    assert len(unit.suite.mistakes) >= 300


def test_numbers_worked_by_hand(answers: dict[str, Any]) -> None:
    loss, dlogits = answers["softmax_cross_entropy"](np.log([[1.0, 2.0, 5.0], [3.0, 1.0, 1.0]]), np.array([1, 0]))
    assert round(loss, 4) == 0.9486
    np.testing.assert_allclose(dlogits, np.array([[1 / 8, 2 / 8 - 1, 5 / 8], [3 / 5 - 1, 1 / 5, 1 / 5]]) / 2)
    net = answers["LeNet"]((1, 28, 28), 10, np.random.default_rng(0))
    sizes = [
        net.params[f"{name}_w"].size + net.params[f"{name}_b"].size for name in ("conv1", "conv2", "fc1", "fc2", "fc3")
    ]
    assert sizes == [156, 2_416, 48_120, 10_164, 850]
    assert sum(sizes) == 61_706
    params, state = {"w": np.array([[10.0]])}, {}
    for expected in (9.89, 9.68111):
        answers["sgd_momentum_step"](params, {"w": np.ones((1, 1))}, state, 0.1, 0.9, 0.01)
        assert abs(params["w"].item() - expected) < 1e-12


def test_the_library_computes_the_same(answers: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    x, w, b, y = (
        rng.standard_normal((5, 4)),
        rng.standard_normal((3, 4)),
        rng.standard_normal(3),
        np.array([2, 0, 1, 1, 2]),
    )
    calls: dict[str, tuple[Any, ...]] = {
        "relu": (x,),
        "relu_backward": (x[::-1], x),
        "linear": (x, w, b),
        "linear_backward": (x[:, :3], x, w),
        "softmax_cross_entropy": (x, y),
    }
    for name, arguments in calls.items():
        mine, theirs = answers[name](*arguments), getattr(cnnkit.ops, name)(*arguments)
        for one, other in zip(*(r if isinstance(r, tuple) else (r,) for r in (mine, theirs)), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-12)


def test_a_stale_net_is_recognised_in_another_style(unit: Unit, answers: dict[str, Any]) -> None:
    class Stale(answers["LeNet"]):  # type: ignore[misc]
        def __init__(self, in_shape: Any, n_classes: int, rng: Any) -> None:
            super().__init__(in_shape, n_classes, rng)
            self.mine = self.params

        def forward(self, x: Any) -> Any:
            given, self.params = self.params, self.mine
            logits = super().forward(x)
            self.params = given
            return logits

    seed_with("tests of the course", "0")
    _, forward, _, _ = unit.suite.report("lenet", Stale).families
    assert forward.score == 0
    assert "params" in forward.message


def test_labels_of_new_images_stay_with_the_tests(unit: Unit, answers: dict[str, Any]) -> None:
    seen: list[Any] = []
    generators: list[np.random.Generator] = []

    def spy(data: Any, x_new: Any, rng: Any) -> Any:
        generators.append(copy.deepcopy(rng))
        seen.extend([data[0].shape, data[1].shape, x_new.shape, np.diff(data[1]).min()])
        return np.zeros(len(x_new), int)

    seed_with("tests of the course", "0")
    functions = [spy if name == "train_lenet" else answers[name] for name in unit.suite.exercises["train"].functions]
    accuracy = unit.suite.report("train", *functions).families[-1]
    assert seen == [(480, 1, 12, 12), (480,), (400, 1, 12, 12), 0]  # sorted by class
    (given,) = (rng.bit_generator.state for rng in generators)  # one that drew the labels could be wound back to them
    assert any(np.random.default_rng(seed).bit_generator.state == given for seed in range(1000))
    assert accuracy.mistake == "likeliest-class-of-the-training-set"
