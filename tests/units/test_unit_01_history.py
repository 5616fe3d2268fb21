"""Unit 01: what the curriculum asks of it, and its numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.lint import lint
from autograder.sources import expand, read_source
from autograder.testing.matrix import Unit
from autograder.testing.suite import load_suite

FOLDER = Path(__file__).resolve().parents[2] / "solutions" / "01_history"
POINTS = {"gabor": 10, "simple-cell": 10, "complex-cell": 10, "orientation-tuning": 5, "s-layer": 15}


def test_points_are_those_of_the_curriculum(unit: Unit) -> None:
    assert {name: tests.points for name, tests in unit.suite.exercises.items()} == POINTS
    assert sum(POINTS.values()) == 50


def test_the_build_takes_the_notebook() -> None:
    source = read_source(FOLDER)
    assert expand(source)
    assert not lint(source)


def test_torch_scipy_and_numpys_convolutions_are_withheld(unit: Unit) -> None:
    assert unit.suite.without == ("torch", "scipy", "numpy.convolve", "numpy.correlate")


def test_mistakes_of_the_curriculum_are_known(unit: Unit) -> None:
    assert len(unit.suite.mistakes) >= 60
    asked = """rows-and-columns-exchanged not-rectified sum-without-squares mean-not-zero mean-of-the-fields-kept
    pooled-over-features"""
    assert set(asked.split()) <= {mistake.name for mistake in unit.suite.mistakes}


def test_numbers_of_the_notebook(answers: dict[str, Any]) -> None:
    kernel = answers["gabor"](3, 0.0, 4.0, 1.0, np.pi / 2)
    assert [f"{value:.3f}" for value in kernel[:2, 0]] == ["0.326", "0.537"]
    bell = np.exp([-1.0, -0.5])
    assert [f"{value:.3f}" for value in bell] == ["0.368", "0.607"]
    squares = 4 * bell[0] ** 2 + 2 * bell[1] ** 2
    assert (f"{squares:.3f}", f"{squares**0.5:.3f}") == ("1.277", "1.130")


def test_bars_and_stripes_stand_as_the_table_says(answers: dict[str, Any]) -> None:
    rising, falling = answers["bar"](np.pi / 4), answers["bar"](3 * np.pi / 4)
    assert rising[0, -1] == rising[-1, 0] == falling[0, 0] == falling[-1, -1] == 1
    assert rising[0, 0] == falling[0, -1] == 0
    upright, level = answers["bar"](0.0), answers["bar"](np.pi / 2)
    np.testing.assert_allclose(upright[:, 7], 1)
    np.testing.assert_allclose(level[7], 1, atol=1e-12)
    assert answers["sketch"](rising).splitlines()[0].endswith("@@")


@pytest.mark.parametrize("own", range(8))
def test_cells_prefer_the_bar_of_their_own_angle(answers: dict[str, Any], own: int) -> None:
    thetas = np.arange(8) * np.pi / 8

    def cell(image: np.ndarray[Any, Any]) -> float:
        return float(answers["complex_cell"](image, thetas[own])[0, 0])

    assert answers["orientation_tuning"](cell, thetas).argmax() == own


def test_complex_cells_mind_the_phase_less_than_simple_cells(answers: dict[str, Any]) -> None:
    row, column = np.mgrid[:15, :15] - 7.0
    phases = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    gratings = [np.cos(2 * np.pi / 5 * (column * np.cos(0.6) + row * np.sin(0.6)) + phase) for phase in phases]
    kernel = answers["gabor"](15, 0.6, 5.0, 2.5)
    simple = np.array([answers["simple_cell"](grating, kernel)[0, 0] for grating in gratings])
    energy = np.array([answers["complex_cell"](grating, 0.6)[0, 0] for grating in gratings])
    assert simple.min() == 0
    assert np.ptp(energy) / energy.max() < 0.05


def test_s_cells_are_the_limit_of_fukushimas_formula(answers: dict[str, Any]) -> None:
    rng = np.random.default_rng(3)
    x, templates, r = rng.random((2, 4, 5)), rng.random((3, 2, 2, 2)), 4.0
    ours = answers["s_layer"](x, templates, r / (1 + r))
    for f, i, j in np.ndindex(*ours.shape):
        window = 1e8 * x[:, i : i + 2, j : j + 2]
        excitation = float((window * templates[f]).sum() / np.linalg.norm(templates[f]))
        inhibition = float(np.linalg.norm(window))
        theirs = r * max(0.0, (1 + excitation) / (1 + r / (1 + r) * inhibition) - 1)
        assert theirs == pytest.approx(ours[f, i, j], abs=1e-6)


def test_a_mistake_in_another_style_is_recognised() -> None:
    suite = load_suite(FOLDER)

    def without_rectification(image, kernel):  # type: ignore[no-untyped-def]
        if image.ndim != 2 or kernel.ndim != 2 or (np.array(image.shape) < kernel.shape).any():
            raise ValueError
        values = image.astype(image.dtype if image.dtype.kind == "f" else float)
        answers = np.zeros(np.array(image.shape) - kernel.shape + 1, values.dtype)
        for (u, v), weight in np.ndenumerate(kernel):
            answers += values[u : u + len(answers), v : v + answers.shape[1]] * values.dtype.type(weight)
        return answers

    families = {family.name: family for family in suite.report("simple-cell", without_rectification).families}
    assert families["rectification"].mistake == "not-rectified"
    assert [name for name, family in families.items() if family.message] == ["rectification"]


def test_messages_hold_no_expected_value(unit: Unit) -> None:
    for exercise, tests in unit.suite.exercises.items():
        for mistake in unit.suite.mistakes.of(exercise)[::5]:
            for log in unit.suite.run(exercise, *unit.functions(tests, mistake)):
                assert all("array(" not in fault and len(fault) < 600 for fault in log.faults), mistake.name
