"""What tests of the grader share: a warm learner template and sessions in fresh jails."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest

from autograder.forkserver import Template
from autograder.sandbox.jail import Limits
from autograder.sandbox.policy import Policy
from autograder.testing import clock_with, seed_with, take_reports
from autograder.trusted.session import Patience, Session

PATIENCE = Patience(call=2.0, cell=2.0, step=20.0, total=60.0, after_timeout=1.0)
NewSession = Callable[[str], Session]


@pytest.fixture
def fresh_reports() -> Iterator[None]:
    """Tests that are seeded, and no report of an earlier test."""
    seed_with("secret", "ada")
    take_reports()
    yield
    take_reports()
    seed_with("", "")
    clock_with(None)


@pytest.fixture(scope="session")
def learner_template() -> Iterator[Template]:
    policy = Policy(preload=("numpy",), without=("torch", "scipy"), serves={"course.ops": ("double",)})
    template = Template(policy.command(), policy.environment())
    template.ready()
    yield template
    template.close()


@pytest.fixture
def new_session(learner_template: Template) -> Iterator[NewSession]:
    """Starts a session in a jail of its own and runs one cell there."""
    running: list[tuple[int, Session]] = []

    def start(source: str) -> Session:
        ours, theirs = socket.socketpair()
        pid = learner_template.spawn(Limits(memory=256 << 20).pairs(), theirs)
        session = Session(ours, PATIENCE, {"course.ops.double": lambda value: 2 * value})
        running.append((pid, session))
        outcome = session.run("answer", "import numpy as np\n" + source)
        assert outcome.error is None, outcome
        return session

    yield start
    for pid, session in running:
        session.close()
        learner_template.kill(pid)
