"""What tests of units share."""

from __future__ import annotations

from typing import Any

import pytest

from autograder.testing.matrix import Unit


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """On small arrays two threads spend their time waiting for each other."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def unit(request: pytest.FixtureRequest) -> Unit:
    """The unit in a test file's FOLDER."""
    return Unit.load(request.module.FOLDER)


@pytest.fixture(scope="module")
def answers(unit: Unit) -> dict[str, Any]:
    """What the unit's own solution defines."""
    return unit.reference
