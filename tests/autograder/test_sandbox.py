"""The jail: what a learner's code can and cannot do, and that nothing of it stays."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from autograder.forkserver import Template, TemplateDied
from autograder.sandbox.jail import Limits
from autograder.sandbox.policy import Policy
from autograder.wire.channel import Channel

LIMITS = Limits(memory=512 << 20, cpu_seconds=5, scratch_bytes=32 << 20, file_bytes=16 << 20)
Ask = Callable[[str], list[Any]]


@pytest.fixture(scope="module")
def template() -> Iterator[Template]:
    policy = Policy(preload=("numpy",), without=("torch", "scipy", "numpy.convolve"), limits=LIMITS)
    template = Template(policy.command(), policy.environment())
    template.ready()
    yield template
    template.close()


@pytest.fixture
def ask(template: Template) -> Iterator[Ask]:
    ours, theirs = socket.socketpair()
    pid = template.spawn(LIMITS.pairs(), theirs)
    channel = Channel(ours)

    def run(source: str) -> list[Any]:
        channel.send(["run", "cell", source])
        answer, _ = channel.receive(time.monotonic() + 20)
        return list(answer)

    yield run
    channel.close()
    template.kill(pid)


def printed(answer: list[Any]) -> str:
    assert answer[0] == "ok", answer
    return str(answer[3]).strip()


def refused(answer: list[Any], name: str) -> bool:
    return answer[0] == "error" and answer[1] == name


def test_honest_code_runs(ask: Ask) -> None:
    assert printed(ask("import numpy as np\nprint(np.arange(3).sum())")) == "3"
    assert printed(ask("import threading\nt = threading.Thread(target=print, args=(5,))\nt.start(); t.join()")) == "5"
    assert printed(ask("import subprocess\nprint(subprocess.check_output(['echo', 'hi']))")) == r"b'hi\n'"
    assert printed(ask("from multiprocessing import Pool\nwith Pool(2) as p: print(p.map(abs, [-1, 2]))")) == "[1, 2]"


def test_it_sees_neither_the_course_nor_the_host(ask: Ask) -> None:
    here = Path(__file__).resolve().parents[2]
    places = [str(here / name) for name in ("solutions", "tests", "README.md")]
    code = f"import os\nprint([place for place in {places} if os.path.exists(place)])"
    assert printed(ask(code)) == "[]"
    assert printed(ask("import os\nprint(sorted(os.listdir('/course/autograder')))")).count("trusted") == 0
    assert printed(ask("import os\nprint([k for k in os.environ if 'SECRET' in k or 'USER' in k])")) == "[]"
    assert printed(ask("import os\nprint(len([p for p in os.listdir('/proc') if p.isdigit()]))")) == "1"


def test_it_runs_as_an_ordinary_user_without_capabilities_outside(ask: Ask) -> None:
    assert printed(ask("import os\nprint(os.getuid() != 0)")) == "True"
    assert refused(ask("open('/proc/sys/kernel/hostname', 'w')"), "PermissionError")


@pytest.mark.parametrize(
    "code",
    [
        "import socket; socket.socket()",
        "import ctypes, os\nif ctypes.CDLL(None).unshare(0x10000000): raise PermissionError",
        "import ctypes, os\nif ctypes.CDLL(None).ptrace(16, 1, 0, 0): raise PermissionError",
        "import os; os.setuid(0)",
        "import os; os.chroot('/tmp')",
    ],
)
def test_dangerous_system_calls_are_refused(ask: Ask, code: str) -> None:
    assert refused(ask(code), "PermissionError")


def test_it_can_write_only_to_its_own_small_scratch_space(ask: Ask) -> None:
    for place in ("/", "/usr/lib", "/course", "/dev"):
        assert refused(ask(f"open('{place}/x', 'w')"), "OSError") or refused(
            ask(f"open('{place}/x', 'w')"), "PermissionError"
        )
    assert printed(ask("print(open('/tmp/x', 'w').write('abc'))")) == "3"
    assert refused(ask("f = open('/tmp/big', 'wb')\nf.truncate(10 << 30)"), "OSError")
    filling = "for i in range(9):\n    with open(f'/tmp/{i}', 'wb') as f: f.write(bytes(4 << 20))"
    assert refused(ask(filling), "OSError")


def test_one_learners_files_are_not_there_for_the_next(template: Template, ask: Ask) -> None:
    ours, theirs = socket.socketpair()
    first, channel = template.spawn(LIMITS.pairs(), theirs), Channel(ours)
    channel.send(["run", "cell", "for place in ('/tmp', '/dev/shm'): open(f'{place}/left', 'w').close()"])
    answer, _ = channel.receive(time.monotonic() + 20)
    assert answer[0] == "ok"
    look = "import os\nprint([place for place in ('/tmp', '/dev/shm') if 'left' in os.listdir(place)])"
    assert printed(ask(look)) == "[]"
    template.kill(first)
    channel.close()


def test_memory_is_bounded_and_running_out_of_it_is_an_ordinary_error(ask: Ask) -> None:
    assert refused(ask("x = bytearray(1 << 31)"), "MemoryError")
    assert printed(ask("print('still here')")) == "still here"


def test_processes_are_bounded_and_end_with_the_jail(template: Template) -> None:
    idle = running("autograder.sandbox.template")
    ours, theirs = socket.socketpair()
    pid = template.spawn(LIMITS.pairs(), theirs)
    channel = Channel(ours)
    bomb = "import os\nwhile True:\n    if os.fork() == 0:\n        os.setsid()\n        while True: pass"
    channel.send(["run", "cell", bomb])
    answer, _ = channel.receive(time.monotonic() + 20)
    assert answer[1] == "BlockingIOError"
    assert running("autograder.sandbox.template") > idle + 10
    template.kill(pid)
    channel.close()
    assert running("autograder.sandbox.template") == idle


def running(name: str) -> int:
    """How many processes below this one have a name in their command; other runs' do not count."""
    count = 0
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            count += name in " ".join(process.cmdline())
    return count


def test_what_is_withheld_is_gone_and_says_so(ask: Ask) -> None:
    for code in ("import torch", "import scipy.signal", "import numpy as np\nnp.convolve([1], [1])"):
        answer = ask(code)
        assert refused(answer, "ImportError")
        assert "out of reach while this unit is graded" in answer[2]


def test_output_is_bounded_and_keeps_both_ends(ask: Ask) -> None:
    text = printed(ask("print('start')\nfor i in range(200_000): print(i)\nprint('x' * 50_000_000, end='end')"))
    assert text.startswith("start\n0\n1")
    assert text.endswith("end")
    assert "left out" in text
    assert len(text) < 20_000


def test_a_cell_that_forks_does_not_answer_twice(ask: Ask) -> None:
    assert ask("import os\npid = os.fork()")[0] == "ok"
    assert printed(ask("print(pid > 0)")) == "True"


def test_a_template_that_cannot_start_says_why() -> None:
    template = Template(["/bin/sh", "-c", "echo no such thing >&2; exit 3"], dict(os.environ), patience=5)
    with pytest.raises(TemplateDied, match="no such thing"):
        template.ready()
    template.close()


def test_the_sandbox_ends_with_its_controller(template: Template) -> None:
    other = Template(Policy().command(), Policy().environment())
    other.ready()
    before = running("autograder.sandbox.template")
    other.control.close()
    other.process.wait(5)
    assert running("autograder.sandbox.template") < before
    other.close()


def test_an_interpreter_below_tmp_stays_visible_and_read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "seen").write_text("by the jail")
    usual = Policy._binds
    place = str(tmp_path)
    assert place.startswith("/tmp/")
    monkeypatch.setattr(Policy, "_binds", lambda self: [*usual(self), [place, place]])
    template = Template(Policy().command(), Policy().environment())
    template.ready()
    ours, theirs = socket.socketpair()
    pid = template.spawn(LIMITS.pairs(), theirs)
    channel = Channel(ours)
    code = f"print(open('{place}/seen').read())\ntry: open('{place}/new', 'w')\nexcept OSError as e: print(e.errno)"
    channel.send(["run", "cell", code])
    answer, _ = channel.receive(time.monotonic() + 20)
    template.kill(pid)
    template.close()
    channel.close()
    assert printed(list(answer)) == "by the jail\n30"
