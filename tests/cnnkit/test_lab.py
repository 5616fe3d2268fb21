"""The course's own training run: its parts do what they say, and a tiny run writes what it promises."""

import io
import json
import re
import signal

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode

from cnnkit import _run, _tricks, data, lab

TINY = _run.Task((4, 6, 8), 16, 2, 0.05, 0.05, flips=True, target=0.5)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def tiny(tricks=frozenset(lab.TRICKS), seed=0, epochs=2, task=TINY, muon=False):
    return lab.Run(_run.load("shapes10", 3, 48), task, frozenset(tricks), "cpu", epochs, seed, muon)


def one_epoch(run):
    """The mean loss of an epoch."""
    return float(torch.stack(list(run.rest_of_epoch())).mean())


def command(folder, *more):
    return ["--device", "cpu", "--epochs", "2", "--images", "256", "--out", str(folder), *more]


def test_whitened_patches_have_no_correlation_and_spread_one():
    torch.manual_seed(0)
    x = torch.randn(64, 3, 9, 9).cumsum(3)  # neighbours are alike
    layer = nn.Conv2d(3, 24, 2)
    _tricks.whiten(layer, x)
    with torch.no_grad():
        y = functional.conv2d(x, layer.weight[:12]).transpose(0, 1).flatten(1)
    np.testing.assert_allclose((y @ y.T / y.shape[1]).numpy(), np.eye(12), atol=0.02)
    assert torch.equal(layer.weight[12:], -layer.weight[:12])
    assert not layer.weight.requires_grad and layer.bias.requires_grad


def test_dirac_convolutions_pass_their_channels_on():
    torch.manual_seed(0)
    first = next(part for part in _tricks.network((30, 30, 30), dirac=True)[2:] if isinstance(part, nn.Conv2d))
    x = torch.randn(2, 24, 5, 5)
    torch.testing.assert_close(first(x)[:, :24], x)
    plain = next(part for part in _tricks.network((30, 30, 30), dirac=False)[2:] if isinstance(part, nn.Conv2d))
    assert not torch.allclose(plain(x)[:, :24], x)


def test_every_image_is_mirrored_in_every_other_epoch():
    x, numbers = torch.randn(4, 3, 5, 5), torch.tensor([0, 1, 2, 7])
    even, odd = _tricks.mirrored(x, numbers, 0), _tricks.mirrored(x, numbers, 1)
    for image, number, a, b in zip(x, numbers, even, odd, strict=True):
        turned, same = (a, b) if number % 2 == 0 else (b, a)
        assert torch.equal(turned, image.flip(2)) and torch.equal(same, image)


def test_crops_are_windows_of_the_padded_images():
    x = torch.arange(2 * 3 * 6 * 5.0).reshape(2, 3, 6, 5)
    around = functional.pad(x, (2,) * 4, mode="reflect")
    moved = _tricks.cropped(x, _tricks.moves(2, [1])[0])
    for image, own in zip(moved, around, strict=True):
        assert any(torch.equal(image, own[:, i : i + 6, j : j + 5]) for i in range(5) for j in range(5))


def test_an_epoch_has_every_image_once_and_leaves_the_rest():
    assert sorted(_tricks.order(50, 0, 3).tolist()) == list(range(50))
    assert not torch.equal(_tricks.order(50, 0, 3), _tricks.order(50, 0, 4))
    run = tiny()
    assert run.per_epoch == 3 and len(list(run.rest_of_epoch())) == 3


class Named(TorchDispatchMode):
    """Notes the names of the operations that are carried out."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.names.add(function.overloadpacket.__name__)
        return function(*args, **(kwargs or {}))


def test_a_step_neither_reads_from_the_device_nor_copies_to_it():
    steps = tiny().rest_of_epoch()
    next(steps)  # copies what all of them need
    with Named() as operations:
        next(steps)
    assert {"convolution", "index"} <= operations.names
    assert not operations.names & {"_local_scalar_dense", "lift_fresh", "randint", "randperm", "nonzero"}


def test_the_average_lags_behind_the_weights_and_predictions_use_it():
    run = tiny()
    one_epoch(run)
    own = {name: values.clone() for name, values in run.net.state_dict().items()}
    assert any(not torch.equal(own[name], run.average[name]) for name in own)
    run.accuracy()
    assert all(torch.equal(values, own[name]) for name, values in run.net.state_dict().items())


@pytest.mark.parametrize("trick", lab.TRICKS)
def test_every_trick_changes_the_run(trick):
    with_it, without = tiny(), tiny(set(lab.TRICKS) - {trick})
    x = _tricks.prepared(with_it.test[:8])
    losses = [one_epoch(run) for run in (with_it, without)]
    scores = []
    for run in (with_it, without):
        if "averaging" in run.tricks:
            run.net.load_state_dict(run.average)
        run.net.eval()
        with torch.inference_mode():
            scores.append(run.seen(x))
    assert losses[0] != losses[1] or not torch.equal(*scores)


def test_the_same_seed_is_the_same_run():
    losses = [one_epoch(tiny(seed=seed)) for seed in (1, 1, 2)]
    assert losses[0] == losses[1] != losses[2]


def test_shapes_are_never_mirrored():
    assert not _run.TASKS["shapes10"].flips  # a letter S would become the class of its mirror image


def test_updates_of_muon_are_nearly_orthogonal():
    for shape in ((6, 20), (20, 6)):
        matrix = torch.randn(*shape, generator=torch.Generator().manual_seed(1))
        values = torch.linalg.svdvals(_tricks.orthogonal(matrix, steps=6))
        assert values.min() > 0.6 and values.max() < 1.3


def test_muon_trains_kernels_and_momentum_the_rest():
    run = tiny(muon=True)
    momentum, muon = run.optimizers
    assert {p.dim() for group in muon.param_groups for p in group["params"]} == {4}
    assert {p.dim() for group in momentum.param_groups for p in group["params"]} == {1, 2}
    before = {name: values.clone() for name, values in run.net.named_parameters()}
    one_epoch(run)
    unmoved = [name for name, values in run.net.named_parameters() if torch.equal(values, before[name])]
    assert unmoved == ["0.weight"]  # the whitening layer


def test_a_run_writes_its_figures_and_plots(tmp_path):
    out = io.StringIO()
    assert lab.main(command(tmp_path, "--without", "views"), out) == 0
    names = {"figures.json", "loss.svg", "accuracy.svg", "throughput.svg", "memory.svg", "run.pt"}
    assert {path.name for path in tmp_path.iterdir()} == names
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert len(figures["loss"]) == len(figures["accuracy"]) == len(figures["memory"]) == 2
    assert figures["settings"]["tricks"] == sorted(set(lab.TRICKS) - {"views"})
    assert all(0 <= accuracy <= 1 for accuracy in figures["accuracy"])
    assert "epoch 2/2" in out.getvalue() and "images/s" in out.getvalue()
    assert "95% was not reached" in out.getvalue()
    assert "\r" not in out.getvalue()  # a file gets whole lines


def test_a_run_says_how_much_of_the_arithmetic_it_used(tmp_path):
    out = io.StringIO()
    assert lab.main(command(tmp_path), out) == 0
    figures = json.loads((tmp_path / "figures.json").read_text())
    found = figures["arithmetic"]
    share = found["flops_per_image"] * np.median(figures["throughput"]) / found["matrix_product"]
    assert found["share"] == pytest.approx(share)
    assert 0 < share < 1
    assert re.search(r"[\d.]+% of the [\d,]+ GFLOP/s that a product of large matrices reaches here", out.getvalue())


def test_operations_are_those_of_the_layers():
    run = tiny(_tricks.TRICKS)
    forward, learning = [], []

    def note(layer, inputs, y):
        flops = 2 * layer.weight.numel() * y[0, 0].numel()  # each weight once at each place
        forward.append(flops)
        learning.append(layer.weight.requires_grad)

    for layer in run.net.modules():
        if isinstance(layer, torch.nn.Conv2d | torch.nn.Linear):
            layer.register_forward_hook(note)
    run.net(torch.zeros(2, 3, 32, 32))
    assert learning == [False] + [True] * (len(learning) - 1)  # the whitening layer is not trained
    # Beside the forward pass, gradients of weights that learn and of the maps below: the first layer's bias learns.
    asked = sum(forward) + 2 * sum(forward[1:])
    assert run.operations() == asked


def test_a_terminal_sees_every_step(tmp_path, monkeypatch):
    monkeypatch.setattr(lab, "DRAWN_EVERY", 0.0)
    out = Terminal()
    lab.main(command(tmp_path), out)
    states = out.getvalue().split("\r\x1b[K")
    assert "step 1/2" in states[1] and "step 2/2" in states[2] and states[3].startswith("epoch 1/2  loss")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of a run that nobody interrupted."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("whole")
    assert lab.main(command(folder), io.StringIO()) == 0
    return folder


@pytest.mark.parametrize("stop", [1, 2])
def test_a_run_stopped_by_ctrl_c_and_resumed_is_the_same_run(whole, tmp_path, monkeypatch, stop):
    step, out = _run.Run.step, io.StringIO()

    def stopping(run, x, y):
        loss = step(run, x, y)
        if run.done == stop:
            signal.raise_signal(signal.SIGINT)
        return loss

    with monkeypatch.context() as patch:
        patch.setattr(_run.Run, "step", stopping)
        assert lab.main(command(tmp_path), out) == 130
    assert f"stopped after step {stop} of 4" in out.getvalue()
    assert (tmp_path / "figures.json").exists()
    assert lab.main(command(tmp_path, "--resume"), out) == 0
    one, other = (json.loads((folder / "figures.json").read_text()) for folder in (whole, tmp_path))
    assert one["loss"] == other["loss"] and one["accuracy"] == other["accuracy"]
    one, other = (torch.load(folder / "run.pt", weights_only=True)["run"] for folder in (whole, tmp_path))
    for kept in ("net", "average"):
        assert all(torch.equal(one[kept][name], other[kept][name]) for name in one[kept])


def test_the_second_ctrl_c_stops_at_once():
    with lab.Interrupt() as stopped:
        assert not stopped()
        signal.raise_signal(signal.SIGINT)
        assert stopped()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_only_a_run_with_the_same_settings_is_resumed(tmp_path):
    out = io.StringIO()
    assert lab.main(command(tmp_path, "--resume"), out) == 1
    assert "no run to go on with" in out.getvalue()
    assert lab.main(command(tmp_path), out) == 0
    assert lab.main(command(tmp_path, "--resume", "--seed", "1"), out) == 1
    assert "seed 0, now 1" in out.getvalue()
    (tmp_path / "run.pt").write_bytes(b"something else")
    assert lab.main(command(tmp_path, "--resume"), out) == 1
    assert "is no run of this program" in out.getvalue()


def test_errors_are_told_in_a_line(tmp_path, monkeypatch):
    def nowhere():
        raise data.Cifar10Error("CIFAR-10 could not be downloaded:\nhttps://example.org: no route to host")

    monkeypatch.setattr(data, "cifar10", nowhere)
    out = io.StringIO()
    assert lab.main(["--data", "cifar10", "--device", "cpu", "--out", str(tmp_path)], out) == 1
    assert "error: CIFAR-10 could not be downloaded" in out.getvalue()
    (tmp_path / "file").write_text("")
    assert lab.main(command(tmp_path / "file" / "folder"), out) == 1


@pytest.mark.parametrize("device", ["tpu", "cuda:x", "cuda:99"])
def test_a_device_that_is_not_there_is_refused(device, capsys):
    with pytest.raises(SystemExit):
        lab.main(["--device", device])
    assert f"--device is {device}" in capsys.readouterr().err


def test_plots_are_the_same_bytes_each_time(tmp_path):
    first, second = (lab.plot(tmp_path / name, [3.0, 2.0, 1.5], "loss") for name in ("a.svg", "b.svg"))
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("arguments", [["--epochs", "0"], ["--images", "20"], ["--without", "magic"], ["--seed", "-1"]])
def test_what_makes_no_run_is_refused(arguments, capsys):
    with pytest.raises(SystemExit):
        lab.main(arguments)
    assert "error" in capsys.readouterr().err
