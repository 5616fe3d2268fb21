"""Tensors, modules and gradients of torch across the sandbox: as in one process."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from torch import nn

from autograder.forkserver import Template
from autograder.sandbox.jail import Limits
from autograder.sandbox.policy import Policy
from autograder.testing import instruments
from autograder.testing.calls import Call, Signature, run
from autograder.trusted.proxy import Proxy, fetch
from autograder.trusted.session import Patience, Session
from autograder.wire.codec import Decoder, Encoder
from autograder.wire.frames import WireError

Fetch = Callable[[str, str], object]
PATIENCE = Patience(call=10.0, cell=10.0, step=60.0, total=120.0, after_timeout=1.0)
NET = """
class Net(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(3, channels, 3)
        self.norm = nn.BatchNorm2d(channels)
    def forward(self, x):
        return torch.relu(self.norm(self.conv(x)))
"""
exec("import torch\nfrom torch import nn\n" + NET)  # the same class here, so that both sides can be compared


@pytest.fixture(scope="module")
def template() -> Iterator[Template]:
    policy = Policy(preload=("numpy", "torch"))
    template = Template(policy.command(), policy.environment())
    template.ready()
    yield template
    template.close()


@pytest.fixture
def there(template: Template) -> Iterator[Fetch]:
    """Runs a cell in a jail of its own and gives what it calls by a name."""
    running: list[tuple[int, Session]] = []

    def start(source: str, name: str) -> object:
        ours, theirs = socket.socketpair()
        pid = template.spawn(Limits().pairs(), theirs)
        session = Session(ours, PATIENCE)
        running.append((pid, session))
        outcome = session.run("answer", "import torch\nfrom torch import nn\n" + source)
        assert outcome.error is None, outcome
        session.begin_step()
        return fetch(session, name)

    yield start
    for pid, session in running:
        session.close()
        template.kill(pid)


def here(source: str, name: str) -> object:
    namespace: dict[str, object] = {}
    exec("import torch\nfrom torch import nn\n" + source, namespace)
    return namespace[name]


@pytest.fixture(params=["here", "there"])
def learners(request: pytest.FixtureRequest, there: Fetch) -> Fetch:
    """The learner's code in this process, and in a jail: what holds for one must hold for the other."""
    return here if request.param == "here" else there


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.int64, torch.uint8, torch.bool])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3, 4)])
def test_a_tensor_crosses(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    value = torch.arange(torch.Size(shape).numel()).reshape(shape).to(dtype)
    encoder = Encoder()
    tree = encoder.encode(value)
    back = Decoder([memoryview(bytes(b)) for b in encoder.buffers]).decode(tree)
    assert back.dtype == dtype
    assert torch.equal(back, value)


@pytest.mark.parametrize(
    "tree",
    [
        ["T", 0, "float32", [3], "cpu", False],  # ten bytes are no three numbers
        ["T", 0, "float32", [-1], "cpu", False],
        ["T", 0, "nothing", [1], "cpu", False],
        ["T", 0, "float32", [1], "cuda", False],
        ["T", 9, "float32", [1], "cpu", False],
        ["T", 0, "float32", [2**40, 2**40], "cpu", False],
        ["M", ["os", "system", [], [], [], []]],
        ["V", 0, [1], [1], 0],
    ],
)
def test_a_malformed_tensor_is_refused(tree: list[object]) -> None:
    with pytest.raises(WireError):
        Decoder([memoryview(bytes(10))]).decode(tree)


def test_a_view_that_leaves_its_tensor_is_refused() -> None:
    base = torch.zeros(4)
    assert Decoder([], known=[base]).decode(["V", 0, [2], [2], 1]).shape == (2,)
    for shape, strides, offset in [([5], [1], 0), ([2], [9], 0), ([1], [1], -1), ([1], [1], 4)]:
        with pytest.raises(WireError):
            Decoder([], known=[base]).decode(["V", 0, shape, strides, offset])


def test_a_call_with_tensors(learners: Fetch) -> None:
    f = learners("def f(x): return x * 2, {'half': x.bfloat16()}", "f")
    call = Call(Signature.parse("f(x)"), (torch.arange(3.0),), {})
    outcome = run(f, call)  # type: ignore[arg-type]
    assert torch.equal(outcome.value[0], torch.tensor([0.0, 2.0, 4.0]))
    assert outcome.value[1]["half"].dtype == torch.bfloat16
    assert not outcome.changed and not outcome.shared


@pytest.mark.parametrize(
    ("body", "changed", "shared"), [("x += 1; return x.sum()", ("x",), ()), ("return x[1:]", (), ("x",))]
)
def test_changes_and_shared_memory_show(learners: Fetch, body: str, changed: tuple[str], shared: tuple[str]) -> None:
    f = learners(f"def f(x): {body}", "f")
    outcome = run(f, Call(Signature.parse("f(x)"), (torch.arange(3.0),), {}))  # type: ignore[arg-type]
    assert (outcome.changed, outcome.shared) == (changed, shared)


def test_a_module_is_built_loaded_and_called(learners: Fetch) -> None:
    ours = globals()["Net"](4).double()
    net = learners(NET, "Net")(4).double()  # type: ignore[operator]
    net.load_state_dict(ours.state_dict())
    x = torch.randn(2, 3, 5, 5, dtype=torch.float64)
    assert torch.allclose(net(x), ours(x), atol=1e-12)
    assert sum(p.numel() for p in net.parameters()) == sum(p.numel() for p in ours.parameters())
    assert net.eval().training is False
    assert net.conv.weight.shape == (4, 3, 3, 3)
    assert torch.allclose(net.state_dict()["norm.running_mean"], ours.norm.running_mean)


def test_gradients_of_a_module(learners: Fetch) -> None:
    ours = globals()["Net"](4).double()
    net = learners(NET, "Net")(4).double()  # type: ignore[operator]
    net.load_state_dict(ours.state_dict())
    x, dout = torch.randn(2, 3, 5, 5, dtype=torch.float64), torch.randn(2, 4, 3, 3, dtype=torch.float64)
    expected, seen = instruments.vjp(ours, [x], dout), instruments.vjp(net, [x], dout)
    assert torch.allclose(seen["inputs"][0], expected["inputs"][0])
    assert seen["parameters"].keys() == dict(ours.named_parameters()).keys()
    for name, gradient in expected["parameters"].items():
        assert torch.allclose(seen["parameters"][name], gradient), name


def test_a_module_is_an_argument_and_its_parameters_may_change(learners: Fetch) -> None:
    f = learners("def f(net, x):\n    net[0].bias.data += 1\n    return net(x)", "f")
    net = nn.Sequential(nn.Conv2d(1, 2, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(8, 3))
    x = torch.randn(1, 1, 5, 5)
    bias = net[0].bias.detach().clone()
    y = f(net, x)  # type: ignore[operator]
    assert torch.equal(net[0].bias, bias + 1)
    assert torch.allclose(y, net(x), atol=1e-6)


def test_a_lent_module_is_seen_after_the_call(learners: Fetch) -> None:
    source = """
def f(net, x):
    net.train()
    net[0].register_forward_hook(lambda *_: None)
    net(x).sum().backward()
def leaves_it(net, x):
    return net(x)
"""
    f = learners(source, "f")
    net = nn.Sequential(nn.Linear(2, 1)).eval()
    lent = instruments.lend(f, net)
    before = instruments.examine(lent)
    f(lent, torch.ones(3, 2))  # type: ignore[operator]
    after = instruments.examine(lent)
    assert before["training"] == {"": False, "0": False} and after["training"] == {"": True, "0": True}
    assert (before["hooks"], after["hooks"]) == (0, 1)
    assert before["gradients"]["0.weight"] is None
    assert torch.equal(after["gradients"]["0.weight"], torch.full((1, 2), 3.0))
    assert net.training is False


def test_both_sides_are_seeded_alike(learners: Fetch) -> None:
    f = learners("import numpy as np\ndef f(): return torch.rand(3), np.random.rand(2)", "f")
    instruments.seed(f, 7)
    ours, theirs = f()  # type: ignore[operator]
    torch.manual_seed(7)
    np.random.seed(7)
    assert torch.equal(ours, torch.rand(3))
    assert np.array_equal(theirs, np.random.rand(2))


def test_a_generator_comes_back_advanced(learners: Fetch) -> None:
    f = learners("def f(g): return torch.rand(3, generator=g)", "f")
    generator, twin = torch.Generator().manual_seed(3), torch.Generator().manual_seed(3)
    assert torch.equal(f(generator), torch.rand(3, generator=twin))  # type: ignore[operator]
    assert torch.equal(torch.rand(1, generator=generator), torch.rand(1, generator=twin))


def test_operations_are_counted(learners: Fetch) -> None:
    f = learners("def f(x):\n    for _ in range(5): x = x + 1\n    return x", "f")
    seen = instruments.operations(f, torch.zeros(2))
    assert sum(seen["counts"].values()) == 5
    assert torch.equal(seen["result"], torch.full((2,), 5.0))


def test_tensors_without_data_find_code_that_looks_at_values(learners: Fetch) -> None:
    x = torch.empty(2, 3, device="meta")
    f = learners(
        "def f(x): return x.flatten(1) @ torch.zeros(3, 4, device=x.device)\ndef g(x): return x.sum().item()", "f"
    )
    assert f(x).shape == (2, 4) and f(x).is_meta  # type: ignore[operator]
    with pytest.raises(RuntimeError):
        learners("def g(x): return x.sum().item()", "g")(x)  # type: ignore[operator]


def test_a_class_of_the_tests_own_is_refused_with_a_reason(there: Fetch) -> None:
    class Local(nn.Module):
        pass

    f = there("def f(net): return 1", "f")
    assert isinstance(f, Proxy)
    with pytest.raises(Exception, match="class of the tests' own"):
        f(Local())  # type: ignore[operator]
