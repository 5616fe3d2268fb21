"""Unit 08: what the curriculum asks of it, and its numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from autograder.lint import lint
from autograder.sources import expand, read_source
from autograder.testing.matrix import Unit
from autograder.testing.suite import load_suite

FOLDER = Path(__file__).resolve().parents[2] / "solutions" / "08_normalisation"
POINTS = {
    "lrn": 12,
    "local-contrast-norm": 8,
    "batchnorm2d-forward": 22,
    "batchnorm2d-backward": 20,
    "groupnorm": 15,
    "dropout": 13,
}


def test_points_are_those_of_the_curriculum(unit: Unit) -> None:
    assert {name: tests.points for name, tests in unit.suite.exercises.items()} == POINTS
    assert sum(POINTS.values()) == 90


def test_the_build_takes_the_notebook() -> None:
    source = read_source(FOLDER)
    assert expand(source)
    assert not lint(source)


def test_torch_scipy_and_numpys_convolutions_are_withheld(unit: Unit) -> None:
    assert unit.suite.without == ("torch", "scipy", "numpy.convolve", "numpy.correlate")


def test_mistakes_of_the_curriculum_are_known(unit: Unit) -> None:
    assert len(unit.suite.mistakes) >= 60
    asked = """eps-outside-the-root eps-left-out momentum-of-the-old biased-running-variance
    batch-statistics-in-evaluation state-updated-in-evaluation within-a-channel alpha-divided-by-n groups-interleaved
    scaled-in-evaluation one-mask-for-all-images"""
    assert set(asked.split()) <= {mistake.name for mistake in unit.suite.mistakes}


def test_a_mistake_costs_no_other_exercises_points(unit: Unit) -> None:
    for mistake in unit.suite.mistakes:
        assert len(mistake.exercises) == 1, mistake.name


def test_alpha_is_that_of_the_paper(answers: dict[str, Any]) -> None:
    x = np.random.default_rng(0).standard_normal((2, 7, 3, 4))
    layer = torch.nn.LocalResponseNorm(5, alpha=5 * 0.3, beta=0.6, k=2.0)
    np.testing.assert_allclose(answers["lrn"](x, 5, 2.0, 0.3, 0.6), layer(torch.from_numpy(x)).numpy(), rtol=1e-12)


def test_batch_normalisation_is_that_of_torch_over_three_steps(answers: dict[str, Any]) -> None:
    rng = np.random.default_rng(1)
    layer = torch.nn.BatchNorm2d(3, dtype=torch.float64)
    gamma, beta, state = np.ones(3), np.zeros(3), answers["fresh_state"](3)
    for step in range(3):
        x = (step + 1) * rng.standard_normal((2, 3, 4, 5)) + step
        y = answers["batchnorm2d_forward"](x, gamma, beta, state)
        np.testing.assert_allclose(y, layer(torch.from_numpy(x)).detach().numpy(), atol=1e-12)
    assert layer.running_mean is not None and layer.running_var is not None
    np.testing.assert_allclose(state["running_mean"], layer.running_mean.numpy(), rtol=1e-12)
    np.testing.assert_allclose(state["running_var"], layer.running_var.numpy(), rtol=1e-12)
    y = answers["batchnorm2d_forward"](x, gamma, beta, state, train=False)
    np.testing.assert_allclose(y, layer.eval()(torch.from_numpy(x)).detach().numpy(), atol=1e-12)


def test_numbers_of_the_notebook(answers: dict[str, Any]) -> None:
    by_hand = answers["local_contrast_norm"](answers["LINE"], 3).ravel()
    assert [f"{value:.4f}" for value in by_hand] == ["-0.5222", "-1.0190", "1.0820"]
    state = answers["fresh_state"](1)
    answers["batchnorm2d_forward"](answers["TWO_IMAGES"], np.ones(1), np.zeros(1), state, eps=0.5)
    assert f"{state['running_var'][0]:.4f}" == "1.3667"
    y = answers["batchnorm2d_forward"](answers["TWO_IMAGES"], np.full(1, 2.0), np.ones(1), state, False, eps=0.5)
    assert f"{y[0, 0, 0, 0]:.4f}" == "2.0247"


def test_a_mistake_in_another_style_is_recognised() -> None:
    suite = load_suite(FOLDER)

    def keras_momentum(x, gamma, beta, state, train=True, eps=1e-5, momentum=0.1):  # type: ignore[no-untyped-def]
        if x.ndim != 4 or any(v.shape != (x.shape[1],) for v in (gamma, beta, *state.values())):
            raise ValueError
        m = x.size // x.shape[1]
        if train and m == 1:
            raise ValueError
        y = np.empty(x.shape, x.dtype if x.dtype.kind == "f" else np.float64)
        for c in range(x.shape[1]):
            mean, var = state["running_mean"][c], state["running_var"][c]
            if train:
                mean, var = x[:, c].mean(), x[:, c].var()
                state["running_mean"][c] = momentum * state["running_mean"][c] + (1 - momentum) * mean
                state["running_var"][c] = momentum * state["running_var"][c] + (1 - momentum) * var * m / (m - 1)
            y[:, c] = gamma[c] * (x[:, c] - mean) / np.sqrt(var + eps) + beta[c]
        return y

    families = {family.name: family for family in suite.report("batchnorm2d-forward", keras_momentum).families}
    assert families["running statistics"].mistake == "momentum-of-the-old"
    assert (
        "three steps" in families["running statistics"].message
        or "a training step" in families["running statistics"].message
    )
    assert [name for name, family in families.items() if family.message] == ["running statistics"]


def test_messages_hold_no_expected_value(unit: Unit) -> None:
    for exercise, tests in unit.suite.exercises.items():
        for mistake in unit.suite.mistakes.of(exercise)[::5]:
            for log in unit.suite.run(exercise, *unit.functions(tests, mistake)):
                assert all("array(" not in fault and len(fault) < 600 for fault in log.faults), mistake.name
