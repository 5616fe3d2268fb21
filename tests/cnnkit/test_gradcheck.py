"""The gradient checker finds wrong gradients and leaves x as it was."""

import numpy as np
import pytest

from cnnkit.gradcheck import check_gradient, numerical_gradient


def cubes(x):
    return x**3


def test_central_differences_of_cubes_are_three_squares_plus_eps_squared():
    x = np.array([[1.0, -2.0, 0.5], [3.0, 0.25, -1.5]])
    dout = np.array([[2.0, -1.0, 0.5], [1.5, 3.0, -2.0]])
    found = numerical_gradient(cubes, x, dout, eps=1e-3)
    np.testing.assert_allclose(found, dout * (3 * x**2 + 1e-6), atol=1e-9)  # ((x+e)³-(x-e)³)/2e = 3x² + e²


def test_x_is_restored_bit_for_bit_even_after_an_exception():
    x = np.array([0.1, 0.2, 0.3])
    before = x.copy()
    numerical_gradient(np.sum, x, 1.0)
    assert x.tobytes() == before.tobytes()

    def fails(values):
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        numerical_gradient(fails, x, 1.0)
    assert x.tobytes() == before.tobytes()


def test_a_function_that_returns_its_argument_has_the_upstream_gradient():
    x, dout = np.array([1.0, 2.0]), np.array([3.0, -4.0])
    np.testing.assert_allclose(numerical_gradient(lambda values: values, x, dout), dout, atol=1e-9)


def test_a_right_gradient_is_called_right():
    x = np.array([[1.0, -2.0], [0.5, 3.0]])
    found = check_gradient(cubes, x, 3 * x**2, np.ones_like(x))
    assert found.ok and found.wrong == 0 and found.error < 1e-8
    assert str(found).startswith("the gradient agrees; worst at (")


def test_the_worst_value_is_reported():
    x = np.array([[1.0, -2.0], [0.5, 3.0]])
    wrong = 3 * x**2
    wrong[0, 1] += 0.01
    wrong[1, 0] -= 5
    found = check_gradient(cubes, x, wrong, np.ones_like(x))
    assert (found.ok, found.worst, found.wrong, found.size) == (False, (1, 0), 2, 4)
    assert str(found).startswith("2 of 4 values differ; worst at (1, 0) it is -4.25, by central differences 0.75")


def test_nan_is_never_right():
    x = np.array([1.0, 2.0])
    found = check_gradient(cubes, x, np.array([3.0, np.nan]), np.ones(2))
    assert not found.ok and found.worst == (1,)


@pytest.mark.parametrize("x", [np.ones(2, np.float32), np.ones(2, int), [1.0, 2.0]])
def test_only_float64_arrays_are_taken(x):
    with pytest.raises(ValueError, match="float64"):
        numerical_gradient(cubes, x, 1.0)


def test_a_gradient_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"shape \(2,\), x has \(3,\)"):
        check_gradient(cubes, np.ones(3), np.ones(2))
