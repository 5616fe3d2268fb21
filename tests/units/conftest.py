"""What tests of units share."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """On small arrays two threads spend their time waiting for each other."""
    import torch

    torch.set_num_threads(1)
