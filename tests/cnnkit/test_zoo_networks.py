"""cnnkit.zoo: every network learns, and each of the unusual ones does what it is known for."""

import itertools
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from cnnkit import zoo

# Options that make each network small enough for a few steps, and one input.
W32, W64 = {"width": 0.125}, {"width": 0.0625}
SMALL: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {
    "lenet5": ({}, (1, 32, 32)),
    "lenet5_modern": ({}, (1, 32, 32)),
    **{n: ({**W32, "image_size": 67}, (3, 67, 67)) for n in ("alexnet", "alexnet_two_towers")},
    **{n: ({**W32, "image_size": 64}, (3, 64, 64)) for n in ("alexnet_owt", "zfnet")},
    **{f"vgg_{c}": ({**W32, "image_size": 32}, (3, 32, 32)) for c in ("a", "a_lrn", "b", "c", "d", "e")},
    "nin": (W32, (3, 32, 32)),  # codespell:ignore nin
    "all_cnn_c": (W32, (3, 32, 32)),
    **{n: ({**W32, "image_size": 80}, (3, 80, 80)) for n in ("googlenet", "googlenet_auxiliary")},
    "inception_v2": (W32, (3, 64, 64)),
    "inception_v3": (W64, (3, 75, 75)),
    "inception_v3_auxiliary": (W64, (3, 299, 299)),
    "squeezenet": ({"width": 0.25}, (3, 64, 64)),
    **{f"resnet{d}": (W32, (3, 64, 64)) for d in (18, 34, 50)},
    **{f"resnet{d}": (W64, (3, 32, 32)) for d in (101, 152)},
    **{n: (W64, (3, 64, 64)) for n in ("wide_resnet50_2", "resnext50_32x4d")},
    "resnext101_32x4d": (W64, (3, 32, 32)),
    **{n: (W32, (3, 64, 64)) for n in ("plain18", "plain34")},
    **{f"resnet{d}": ({"width": 0.25}, (3, 16, 16)) for d in (20, 32, 44, 56, 110)},
    **{f"plain{d}": ({"width": 0.25}, (3, 16, 16)) for d in (20, 56)},
    "preact_resnet110": ({"width": 0.25, "depth": 20}, (3, 16, 16)),
    "preact_resnet164": ({"width": 0.25, "depth": 20}, (3, 16, 16)),
    "wide_resnet28_10": ({"width": 1, "depth": 10}, (3, 16, 16)),
    "resnet110_stochastic_depth": ({"width": 0.25, "depth": 20}, (3, 16, 16)),
    **{f"densenet{d}": ({"counts": (2, 2, 2, 2), "growth": 8, "stem": 16}, (3, 64, 64)) for d in (121, 169, 201)},
    **{n: ({"counts": (2, 2, 2), "growth": 8}, (3, 16, 16)) for n in ("densenet40", "densenet_bc100")},
    "fractalnet": ({"width": 0.125, "drop": 0.0}, (3, 32, 32)),
    "mobilenet_v1": (W32, (3, 64, 64)),
    "convnext_t": ({"width": 0.125, "counts": (1, 1, 2, 1)}, (3, 64, 64)),
    "tdnn": ({}, (16, 15)),
    "scattering1": ({}, (1, 32, 32)),
    "scattering2": ({"scales": 2, "angles": 4}, (1, 32, 32)),
    "p4_cnn": ({"channels": 4}, (1, 28, 28)),
    "p4m_cnn": ({"channels": 3}, (1, 28, 28)),
    "context_basic": ({"num_classes": 3}, (3, 24, 24)),
    "context_large": ({"num_classes": 3}, (3, 24, 24)),
    "dilated_front_end": ({"width": 0.03125, "num_classes": 3}, (3, 380, 380)),
}  # fmt: skip


def test_every_network_is_tried() -> None:
    assert set(SMALL) | {"neocognitron"} == set(zoo.names())


@pytest.mark.parametrize("name", SMALL)
def test_a_few_steps_lower_the_loss(name: str) -> None:
    torch.manual_seed(0)
    options, shape = SMALL[name]
    network = zoo.build(name, **options).train()
    x = torch.randn(2 if shape[-1] > 100 else 6, *shape)
    first = network(x)
    classes = first.shape[1]
    labels = torch.arange(len(x)) % classes
    if first.dim() == 4:  # an answer a pixel: the class of its own strongest input map
        labels = torch.randint(classes, (len(x), *first.shape[2:]))
    scores = getattr(network, "with_auxiliary", lambda x: [network(x)])
    optimizer = torch.optim.Adam(network.parameters(), 3e-3)
    losses = []
    for _ in range(30 if name == "plain56" else 6):  # deep and without shortcuts: slow to start
        loss = sum(functional.cross_entropy(y, labels) for y in scores(x))
        assert isinstance(loss, Tensor)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        assert all(p.grad is not None for p in network.parameters())
        optimizer.step()
        losses.append(loss.item())
    assert all(map(math.isfinite, losses))
    assert min(losses[-3:]) < 0.95 * losses[0] if first.dim() == 2 else losses[-1] < losses[0]


# -- LeNet-5 --------------------------------------------------------------------------------------------------------


def test_c3_of_lenet_sees_the_maps_of_the_table_only() -> None:
    network = zoo.LeNet5()
    x = torch.randn(1, 6, 14, 14)
    rest = network.c3(x)
    inputs_of = [{i for i in range(6) if (network.c3(x + bump(i)) - rest)[0, out].abs().max() > 0} for out in range(16)]
    assert [len(maps) for maps in inputs_of] == [3] * 6 + [4] * 9 + [6]
    assert inputs_of[0] == {0, 1, 2}
    assert inputs_of[14] == {0, 2, 3, 5}


def bump(i: int) -> Tensor:
    x = torch.zeros(1, 6, 14, 14)
    x[:, i] = 1.0
    return x


def test_scores_of_lenet_are_distances_to_its_codes() -> None:
    network = zoo.LeNet5()
    codes = network.output.codes
    assert codes.shape == (10, 84)
    assert set(codes.flatten().tolist()) == {-1.0, 1.0}
    assert len({tuple(code.tolist()) for code in codes}) == 10
    y = torch.randn(3, 84)
    assert torch.allclose(network.output(y), -(torch.cdist(y, codes) ** 2), rtol=1e-4)
    assert torch.allclose(network.squash(torch.tensor([1.0, -1.0])), torch.tensor([1.0, -1.0]), atol=1e-4)


def test_codes_for_other_classes_are_the_same_each_time() -> None:
    assert torch.equal(zoo.LeNet5(26).output.codes, zoo.LeNet5(26).output.codes)


# -- AlexNet, GoogLeNet ---------------------------------------------------------------------------------------------


def test_towers_of_alexnet_do_not_mix_in_their_grouped_layers() -> None:
    network = zoo.build("alexnet_two_towers", width=0.125, image_size=67).eval()
    layer = network.get_submodule("features")[4]  # type: ignore[index]
    x = torch.randn(1, 12, 7, 7)
    changed = x.clone()
    changed[:, 6:] += 1
    same = (layer(x) == layer(changed)).flatten(2).all(2)[0]
    assert same.tolist() == [True] * 16 + [False] * 16


def test_response_normalisation_is_the_paper_s() -> None:
    lrn = zoo.build("alexnet", width=0.125, image_size=67).get_submodule("features")[2]  # type: ignore[index]
    x = 100 * torch.randn(1, 9, 2, 2, dtype=torch.float64)
    expected = torch.empty_like(x)
    for i in range(9):
        near = x[:, max(0, i - 2) : i + 3].square().sum(1)
        expected[:, i] = x[:, i] / (2 + 1e-4 * near) ** 0.75  # Krizhevsky et al. 2012, section 3.3
    assert torch.allclose(lrn(x), expected, rtol=1e-12)


def test_normalisation_comes_before_pooling_in_alexnet_and_after_it_in_zfnet() -> None:
    def order(name: str) -> list[str]:
        return [row.kind.split()[0] for row in zoo.layers(name)[1:5]]

    assert order("alexnet") == ["Conv2d", "LocalResponseNorm", "MaxPool2d", "Conv2d"]
    assert order("zfnet") == ["Conv2d", "MaxPool2d", "LocalResponseNorm", "Conv2d"]


def test_auxiliary_heads_come_first_and_need_not_be_there() -> None:
    options = {"num_classes": 4, "width": 0.0625, "image_size": 80}
    x = torch.randn(1, 3, 80, 80)
    with_heads = zoo.build("googlenet_auxiliary", **options).eval()
    without = zoo.build("googlenet", **options).eval()
    assert isinstance(with_heads, zoo.GoogLeNet)
    assert isinstance(without, zoo.GoogLeNet)
    without.load_state_dict({k: v for k, v in with_heads.state_dict().items() if not k.startswith("auxiliary")})
    scores = with_heads.with_auxiliary(x)
    assert [tuple(y.shape) for y in scores] == [(1, 4)] * 3
    assert torch.equal(scores[-1], without(x))
    with pytest.raises(ValueError, match="image_size is 64, expected at least 65"):
        zoo.build("googlenet_auxiliary", image_size=64)


# -- residual networks ----------------------------------------------------------------------------------------------


def test_shortcut_a_takes_every_second_pixel_and_adds_maps_of_zeros() -> None:
    block = zoo.BasicBlock(2, 4, 2, option="A").eval()
    nn.init.zeros_(block.bn2.weight)
    x = torch.rand(1, 2, 5, 6)
    y = block(x)
    assert torch.equal(y[:, :2], x[:, :, ::2, ::2])
    assert not y[:, 2:].any()


def test_pre_activation_block_adds_nothing_after_the_sum() -> None:
    block = zoo.PreActBlock(3, 3).eval()
    nn.init.zeros_(block.conv2.weight)
    x = torch.randn(2, 3, 4, 4)
    assert torch.equal(block(x), x)


def test_unknown_shortcut_and_depth_are_refused() -> None:
    with pytest.raises(ValueError, match="option is 'C', expected 'A' or 'B'"):
        zoo.make_resnet(20, option="C")
    with pytest.raises(ValueError, match="expected 'A' or 'B'"):
        zoo.make_resnet(50, option="none")
    with pytest.raises(ValueError, match="depth is 21"):
        zoo.make_resnet(21)


def test_plain_network_is_the_residual_one_without_its_shortcuts() -> None:
    plain, residual = zoo.build("plain20"), zoo.build("resnet20")
    assert {k: v.shape for k, v in plain.state_dict().items()} == {k: v.shape for k, v in residual.state_dict().items()}
    assert not any(row.joins for row in zoo.layers("plain20"))
    assert sum(row.joins for row in zoo.layers("resnet20")) == 9


def test_stochastic_depth_keeps_the_mean() -> None:
    torch.manual_seed(0)
    drop = zoo.StochasticDepth(0.3)
    y = drop(torch.ones(20_000, 1, 1, 1))
    assert sorted(set(y.flatten().tolist())) == pytest.approx([0, 1 / 0.7])
    assert y.mean().item() == pytest.approx(1, abs=0.02)
    assert torch.equal(drop.eval()(y), y)
    with pytest.raises(ValueError, match="p is 1"):
        zoo.StochasticDepth(1)


def test_last_blocks_are_dropped_most_often() -> None:
    network = zoo.build("resnet110_stochastic_depth", depth=20)
    rates = [m.p for m in network.modules() if isinstance(m, zoo.StochasticDepth)]
    assert rates == pytest.approx([0.5 * (i + 1) / 9 for i in range(9)])


def test_gradient_norms_name_each_convolution_and_leave_no_gradient() -> None:
    network = zoo.make_resnet(8, width=0.25)
    norms = zoo.gradient_norms(network, (torch.randn(4, 3, 16, 16), torch.arange(4)))
    assert list(norms) == [name for name, m in network.named_modules() if isinstance(m, nn.Conv2d)]
    assert all(length > 0 for length in norms.values())
    assert all(p.grad is None for p in network.parameters())


def test_fractal_block_is_the_mean_of_its_columns_at_the_end() -> None:
    block = zoo.FractalBlock(2, 3, columns=2, drop=0.0).eval()
    x = torch.randn(1, 2, 5, 5)
    assert torch.allclose(block(x), (block(x, only=0) + block(x, only=1)) / 2)


def test_drop_path_leaves_at_least_one_column() -> None:
    torch.manual_seed(0)
    block = zoo.FractalBlock(1, 1, columns=2, drop=0.9).train()
    a, b = torch.tensor([1.0]), torch.tensor([3.0])
    assert {block.join([a, b]).item() for _ in range(300)} == {1.0, 2.0, 3.0}


# -- group convolution, steering ------------------------------------------------------------------------------------


def poses(mirrors: bool) -> list[Callable[[Tensor], Tensor]]:
    turns = [lambda x, r=r: torch.rot90(x, r, (-2, -1)) for r in range(4)]
    return turns + ([lambda x, t=t: t(x.flip(-1)) for t in turns] if mirrors else [])  # type: ignore[misc]


@pytest.mark.parametrize(("name", "mirrors"), [("p4_cnn", False), ("p4m_cnn", True)])
def test_scores_of_group_networks_do_not_change_when_the_image_is_turned(name: str, mirrors: bool) -> None:
    torch.manual_seed(0)
    network = zoo.build(name, channels=3).double()
    network(torch.randn(8, 1, 28, 28, dtype=torch.float64))  # batch normalisation learns its means
    network.eval()
    x = torch.randn(2, 1, 28, 28, dtype=torch.float64)
    for pose in poses(mirrors):
        assert torch.allclose(network(pose(x)), network(x), atol=1e-10)  # float64 sums in another order
    if not mirrors:
        assert not torch.allclose(network(x.flip(-1)), network(x), atol=1e-3)


def test_maps_of_a_group_convolution_turn_and_change_places() -> None:
    torch.manual_seed(0)
    lift, inner = zoo.GroupConv2d(2, 3, 3, lift=True).double(), zoo.GroupConv2d(3, 2, 3).double()
    x = torch.randn(1, 2, 9, 9, dtype=torch.float64)
    y, turned = inner(lift(x)), inner(lift(torch.rot90(x, 1, (-2, -1))))
    assert torch.allclose(turned, torch.rot90(y, 1, (-2, -1)).roll(1, dims=2), atol=1e-10)


def test_ordinary_network_is_not_invariant() -> None:
    torch.manual_seed(0)
    network = zoo.build("lenet5_modern").eval()
    x = torch.randn(1, 1, 32, 32)
    assert not torch.allclose(network(torch.rot90(x, 1, (-2, -1))), network(x), atol=1e-4)


def test_steered_kernel_is_the_derivative_along_its_direction() -> None:
    basis = zoo.gaussian_derivatives(9, 1.5)
    position = torch.arange(9, dtype=torch.float64) - 4
    y, x = position[:, None], position[None, :]
    for theta in (0.0, 0.3, 2.0, -1.1):
        along = math.cos(theta) * x + math.sin(theta) * y
        expected = -along / 1.5**2 * torch.exp(-(x**2 + y**2) / (2 * 1.5**2))
        assert torch.allclose(zoo.steer(basis, theta), expected, atol=1e-12)


def test_steering_maps_equals_filtering_with_the_steered_kernel() -> None:
    basis = zoo.gaussian_derivatives(5, 1.0)
    image = torch.randn(1, 1, 12, 12, dtype=torch.float64)
    maps = functional.conv2d(image, basis[:, None])[0]
    direct = functional.conv2d(image, zoo.steer(basis, 0.7)[None, None])[0, 0]
    assert torch.allclose(zoo.steer(maps, 0.7), direct, atol=1e-12)
    strongest = torch.atan2(maps[1], maps[0])  # each pixel has its own direction
    assert torch.allclose(zoo.steer(maps, strongest), maps.square().sum(0).sqrt(), atol=1e-12)


# -- scattering -----------------------------------------------------------------------------------------------------


def test_scattering_has_the_published_number_of_paths() -> None:
    for scales, angles in itertools.product((2, 3), (4, 6)):
        first, second = (zoo.Scattering(32, scales, angles, order) for order in (1, 2))
        assert first.paths == 1 + scales * angles
        assert second.paths == first.paths + angles**2 * scales * (scales - 1) // 2
        assert second(torch.zeros(1, 2, 32, 32)).shape == (1, 2 * second.paths, 32 // 2**scales, 32 // 2**scales)


def test_first_order_does_not_change_with_the_second() -> None:
    x = torch.randn(1, 1, 32, 32)
    assert torch.allclose(zoo.Scattering(32, order=2)(x)[:, :17], zoo.Scattering(32, order=1)(x), atol=1e-6)


def test_wavelets_have_mean_zero_and_do_not_enlarge() -> None:
    transform = zoo.Scattering(32, 3, 6)
    assert transform.wavelets[:, 0, 0].abs().max() < 1e-6
    assert not transform(torch.ones(1, 1, 32, 32))[:, 1:].abs().max() > 1e-5
    x, y = torch.randn(2, 1, 1, 32, 32)
    filtered = torch.fft.ifft2(torch.fft.fft2(x - y) * transform.wavelets)
    assert filtered.abs().square().sum() <= (x - y).square().sum() * (1 + 1e-5)


def test_scattering_moves_less_than_the_image_under_a_shift() -> None:
    torch.manual_seed(0)
    x = functional.interpolate(torch.randn(4, 1, 8, 8), 32, mode="bicubic")
    transform = zoo.Scattering(32, 3, 6)

    def change(f: Callable[[Tensor], Tensor]) -> float:
        return float((f(x.roll(1, -1)) - f(x)).norm() / f(x).norm())

    assert change(transform) < 0.5 * change(lambda x: x)


def test_orientation_of_a_grating_is_the_strongest_path() -> None:
    transform = zoo.Scattering(32, scales=2, angles=8, order=1)
    position = torch.arange(32.0)
    wave = torch.cos(3 * math.pi / 4 * position).round(decimals=6)
    across = transform(wave.expand(1, 1, 32, 32))[0, 1:9].mean((1, 2))
    down = transform(wave[:, None].expand(1, 1, 32, 32))[0, 1:9].mean((1, 2))
    assert (int(across.argmax()), int(down.argmax())) == (0, 4)


def test_scattering_refuses_what_does_not_divide() -> None:
    with pytest.raises(ValueError, match="size is 30, expected a multiple"):
        zoo.Scattering(30)
    with pytest.raises(ValueError, match="order is 3"):
        zoo.Scattering(32, order=3)


# -- Neocognitron ---------------------------------------------------------------------------------------------------


def bars() -> Tensor:
    """A vertical bar, a horizontal bar, a diagonal and a cross."""
    x = torch.zeros(4, 1, 16, 16)
    x[0, 0, 3:13, 7:9] = 1
    x[1, 0, 7:9, 3:13] = 1
    x[2, 0] = torch.eye(16).maximum(torch.eye(16).roll(1, 0))
    x[3] = torch.maximum(x[0], x[1])
    return x


def test_neocognitron_tells_patterns_apart_that_nobody_labelled() -> None:
    torch.manual_seed(0)
    network = zoo.Neocognitron()
    x = bars()
    assert not network(x).any()
    network.learn(x)
    y = network(x)
    assert len({int(i) for i in y.argmax(1)}) >= 3
    assert (y.max(1).values > 0).sum() >= 3
    for shifted in (x.roll(1, -1), x.roll(1, -2)):
        assert (network(shifted).argmax(1) == y.argmax(1)).float().mean() >= 0.75


def test_s_cell_answers_what_it_learnt_and_not_an_empty_field() -> None:
    torch.manual_seed(0)
    layer = zoo.SLayer(1, 2, 5, 16, r=4.0)
    x = bars()[:1]
    before = layer.excitatory.clone()
    layer.reinforce(x, 1.0)
    changed = (layer.excitatory != before).flatten(1).any(1)
    assert changed.sum() >= 1
    assert torch.equal(layer.inhibitory > 0, changed)
    assert layer(x).max() > 0
    assert not layer(torch.zeros_like(x)).any()


def test_s_layer_is_the_formula_of_the_paper() -> None:
    torch.manual_seed(0)
    layer = zoo.SLayer(2, 1, 3, 4, r=1.5)
    nn.init.uniform_(layer.excitatory)
    nn.init.constant_(layer.inhibitory, 2.0)
    x = torch.rand(1, 2, 6, 6)
    for i, j in itertools.product(range(4), range(4)):
        seen = x[0, :, i : i + 3, j : j + 3]
        v = (layer.nearness[0] * seen**2).sum().sqrt()
        u = 1.5 * ((1 + (layer.excitatory[0] * seen).sum()) / (1 + 3 / 2.5 * 2.0 * v) - 1).clamp(min=0)
        assert layer(x)[0, 0, i, j].item() == pytest.approx(u.item(), abs=1e-5)


def test_c_cell_forgives_a_shift() -> None:
    layer = zoo.CLayer(5, 10)
    x = torch.zeros(1, 4, 16, 16)
    x[0, 0, 8, 8] = 5
    y, moved = layer(x), layer(x.roll(1, -1))
    assert y[0, 0, 5, 5] > 0
    assert moved[0, 0, 5, 5] > 0.5 * y[0, 0, 5, 5]
    assert not y[0, 1:].any()


# -- Zeiler and Fergus ----------------------------------------------------------------------------------------------


def test_deconvolution_of_one_linear_layer_draws_its_kernel_where_it_fired() -> None:
    conv = nn.Conv2d(1, 2, 3)
    x = torch.rand(1, 1, 8, 8)
    response = conv(x)[0, 1]
    row, column = divmod(int(response.argmax()), 6)
    picture = zoo.deconv(nn.Sequential(conv), x, layer=0, channel=1)
    expected = torch.zeros(8, 8)
    expected[row : row + 3, column : column + 3] = conv.weight[1, 0] * response.max()
    assert torch.allclose(picture[0, 0], expected, atol=1e-6)


def test_unpooling_puts_the_value_where_the_maximum_was() -> None:
    x = torch.zeros(1, 1, 4, 4)
    x[0, 0, 1, 2] = 7.0
    assert torch.equal(zoo.deconv(nn.Sequential(nn.MaxPool2d(2)), x, 0, 0), x)


def test_deconvolution_of_zfnet_stays_in_the_receptive_field_of_the_strongest_value() -> None:
    torch.manual_seed(0)
    network = zoo.build("zfnet", width=0.0625, image_size=96).eval()
    features = network.get_submodule("features")
    assert isinstance(features, nn.Sequential)
    x = torch.randn(1, 3, 96, 96)
    picture = zoo.deconv(features, x, layer=4, channel=2)
    assert picture.shape == x.shape
    extent = picture[0].abs().sum(0).nonzero()
    side = zoo.summary("zfnet")["features.4"].receptive_field[0]
    assert 0 < int((extent.amax(0) - extent.amin(0) + 1).max()) <= side


def test_deconvolution_says_what_it_cannot_do() -> None:
    x = torch.zeros(1, 1, 4, 4)
    with pytest.raises(ValueError, match="cannot go back through Sigmoid"):
        zoo.deconv(nn.Sequential(nn.Sigmoid()), x, 0, 0)
    with pytest.raises(ValueError, match="layer 3, expected one and a layer below 1"):
        zoo.deconv(nn.Sequential(nn.ReLU()), x, 3, 0)
    with pytest.raises(ValueError, match="channel is 5, expected one below 1"):
        zoo.deconv(nn.Sequential(nn.ReLU()), x, 0, 5)


# -- dilation -------------------------------------------------------------------------------------------------------


def test_context_module_starts_as_the_identity() -> None:
    network = zoo.build("context_basic", num_classes=3)
    x = torch.rand(1, 3, 20, 20)
    assert torch.allclose(network(x), x, atol=1e-6)


def test_front_end_gives_an_answer_for_every_eighth_pixel() -> None:
    shapes = [zoo.summary("dilated_front_end", input_shape=(3, n, n)).rows[-1].output_shape for n in (900, 908)]
    assert shapes == [(21, 66, 66), (21, 67, 67)]
