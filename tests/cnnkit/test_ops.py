"""cnnkit.ops against torch's autograd, loops written for these tests, and the conventions of the course."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from torch.nn import functional as nn

import cnnkit
from cnnkit import ops
from cnnkit.gradcheck import check_gradient

X = np.random.default_rng(0).standard_normal((2, 4, 7, 6))
W = np.random.default_rng(1).standard_normal((6, 2, 3, 2))
B = np.random.default_rng(2).standard_normal(6)
WT = np.random.default_rng(3).standard_normal((4, 3, 3, 2))
COLS = np.random.default_rng(4).standard_normal((2, 24, 25))
ROWS = np.random.default_rng(5).standard_normal((5, 4))
DENSE = np.random.default_rng(6).standard_normal((3, 4))
LABELS = np.array([0, 3, 1, 1, 2])
STATE = {"running_mean": np.zeros(4), "running_var": np.ones(4)}
IDX = ops.max_pool2d(X, 2)[1]

# Each function with arguments that make sense; the first is the one whose type decides.
CALLS = {
    "pad2d": (X, 0),
    "correlate2d": (X[0, 0], W[0, 0]),
    "conv2d": (X, W, B, 1, 0, 1, 2),
    "conv2d_backward": (np.ones((2, 6, 5, 5)), X, W, 1, 0, 1, 2),
    "im2col": (X, 1, 1),
    "col2im": (COLS, (2, 4, 7, 6), 3, 2),
    "conv_transpose2d": (X, WT, 2, 1, 1),
    "max_pool2d": (X, 1),
    "max_pool2d_backward": (X[:, :, :3, :3], IDX, X.shape),
    "avg_pool2d": (X, 1),
    "avg_pool2d_backward": (X[:, :, :3, :3], X.shape, 2),
    "global_avg_pool": (X[:, :, :1, :1],),
    "global_avg_pool_backward": (X[:, :, 0, 0], (2, 4, 1, 1)),
    "relu": (np.abs(X),),
    "relu_backward": (X, np.abs(X) + 1),
    "linear": (ROWS, DENSE, B[:3]),
    "linear_backward": (np.ones((5, 3)), ROWS, DENSE),
    "softmax_cross_entropy": (ROWS, LABELS),
    "batchnorm2d_forward": (X, B[:4], B[2:], STATE, False),
    "batchnorm2d_backward": (X, X + 1, B[:4]),
}


def arrays_of(result):
    return [a for a in (result if isinstance(result, tuple) else (result,)) if isinstance(a, np.ndarray)]


def as_type(value, dtype):
    floating = isinstance(value, np.ndarray) and value.dtype.kind == "f"
    return value.astype(dtype) if floating else value


def test_every_function_but_out_size_is_called_here():
    assert set(CALLS) == set(ops.__all__) - {"out_size"}


@pytest.mark.parametrize("name", CALLS)
def test_no_argument_is_changed_or_shares_its_memory_with_a_result(name):
    before = [value.tobytes() if isinstance(value, np.ndarray) else None for value in CALLS[name]]
    results = arrays_of(getattr(ops, name)(*CALLS[name]))
    inputs = [value for value in CALLS[name] if isinstance(value, np.ndarray)]
    assert [value.tobytes() if isinstance(value, np.ndarray) else None for value in CALLS[name]] == before
    assert not any(np.may_share_memory(result, value) for result in results for value in inputs)
    assert all(result.flags.writeable and result.flags.c_contiguous for result in results)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("name", CALLS)
def test_the_float_type_is_kept(name, dtype):
    arguments = [as_type(value, dtype) for value in CALLS[name]]
    kinds = {result.dtype for result in arrays_of(getattr(ops, name)(*arguments)) if result.dtype.kind == "f"}
    assert kinds == {np.dtype(dtype)}


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, bool])
@pytest.mark.parametrize("name", CALLS)
def test_whole_numbers_give_float64(name, dtype):
    arguments = [as_type(value, dtype) for value in CALLS[name]]
    kinds = {result.dtype for result in arrays_of(getattr(ops, name)(*arguments)) if result.dtype != np.int64}
    assert kinds == {np.dtype(np.float64)}


@pytest.mark.parametrize("name", CALLS)
def test_read_only_and_reversed_arrays_are_taken(name):
    expected = arrays_of(getattr(ops, name)(*CALLS[name]))
    arguments = []
    for value in CALLS[name]:
        if isinstance(value, np.ndarray):
            value = value[::-1].copy()[::-1]
            value.flags.writeable = False
        arguments.append(value)
    for result, wanted in zip(arrays_of(getattr(ops, name)(*arguments)), expected, strict=True):
        np.testing.assert_array_equal(result, wanted)


def test_out_size_counts_the_places_where_a_window_may_start():
    for n, k, s, p, d in np.ndindex(8, 8, 8, 4, 4):
        n, k, s, d = n + 1, k + 1, s + 1, d + 1
        extent = d * (k - 1) + 1
        starts = [start for start in range(0, n + 2 * p, s) if start + extent <= n + 2 * p]
        if not starts:
            with pytest.raises(ValueError, match="does not fit"):
                ops.out_size(n, k, s, p, d)
            continue
        assert ops.out_size(n, k, s, p, d) == len(starts)


def test_out_size_rounded_up_is_that_of_torchs_pooling():
    for n, k, s in np.ndindex(12, 5, 5):
        n, k, s = n + 1, k + 1, s + 1
        for p in range(k // 2 + 1):
            if n + 2 * p >= k:
                pooled = nn.max_pool1d(torch.zeros(1, 1, n), k, s, p, ceil_mode=True)
                assert ops.out_size(n, k, s, p, ceil=True) == pooled.shape[2], (n, k, s, p)


def test_border_modes_by_hand():
    x = np.array([[1.0, 2.0, 3.0]])
    np.testing.assert_array_equal(ops.pad2d(x, (0, 1, 2, 1)), [[0, 0, 1, 2, 3, 0], [0] * 6])
    np.testing.assert_array_equal(ops.pad2d(x, (0, 0, 2, 1), "reflect"), [[3, 2, 1, 2, 3, 2]])
    np.testing.assert_array_equal(ops.pad2d(x, (1, 0, 1, 0), "edge"), [[1, 1, 2, 3]] * 2)


def test_correlation_by_hand_is_not_flipped():
    # 0·0 + 1·1 + 3·2 + 4·3 = 19
    np.testing.assert_allclose(
        ops.correlate2d(np.arange(9.0).reshape(3, 3), np.arange(4.0).reshape(2, 2)), [[19, 25], [37, 43]]
    )


LAYERS = [
    (1, 0, 1, 1), (2, 1, 1, 1), ((2, 3), (0, 2), 1, 1), (1, 1, 2, 1), ((1, 2), 2, (2, 1), 2), (3, (1, 0), 1, 4),
]  # fmt: skip


@pytest.mark.parametrize(("stride", "padding", "dilation", "groups"), LAYERS)
def test_layer_its_gradients_and_its_columns_are_one_thing(stride, padding, dilation, groups):
    rng = np.random.default_rng(7)
    x, w, b = rng.standard_normal((2, 4, 8, 7)), rng.standard_normal((4, 4 // groups, 3, 2)), rng.standard_normal(4)
    options = stride, padding, dilation
    y = ops.conv2d(x, w, b, *options, groups)
    cols = ops.im2col(x, 3, 2, *options).reshape(2, groups, -1, y[0, 0].size)
    rows = w.reshape(groups, 4 // groups, -1)
    np.testing.assert_allclose(y, (rows @ cols).reshape(y.shape) + b[:, None, None], atol=1e-12)

    dout = rng.standard_normal(y.shape)
    dx, dw, db = ops.conv2d_backward(dout, x, w, *options, groups)
    assert check_gradient(lambda v: ops.conv2d(v, w, b, *options, groups), x, dx, dout).ok
    assert check_gradient(lambda v: ops.conv2d(x, v, b, *options, groups), w, dw, dout).ok
    assert check_gradient(lambda v: ops.conv2d(x, w, v, *options, groups), b, db, dout).ok
    dcols = rows.swapaxes(1, 2) @ dout.reshape(2, groups, 4 // groups, -1)
    dcols = dcols.reshape(2, -1, y[0, 0].size)
    np.testing.assert_allclose(ops.col2im(dcols, x.shape, 3, 2, *options), dx, atol=1e-12)


def test_transposed_convolution_is_the_gradient_for_x():
    rng = np.random.default_rng(8)
    for size, stride, padding in ((8, 2, 1), (7, 3, 0), (9, (2, 3), (1, 0)), (6, 1, 2)):
        x, w = rng.standard_normal((2, 3, size, size)), rng.standard_normal((4, 3, 3, 2))
        y = ops.conv2d(x, w, None, stride, padding)
        dout = rng.standard_normal(y.shape)
        (sh, sw), (ph, pw) = np.broadcast_to(stride, 2).tolist(), np.broadcast_to(padding, 2).tolist()
        more = ((size + 2 * ph - 3) % sh, (size + 2 * pw - 2) % sw)  # rows and columns that the layer left over
        dx = ops.conv2d_backward(dout, x, w, stride, padding)[0]
        np.testing.assert_allclose(ops.conv_transpose2d(dout, w, stride, padding, more), dx, atol=1e-12)


def test_max_pooling_and_its_gradient():
    x = np.array([[[[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]]])
    out, idx = ops.max_pool2d(x, 2)
    np.testing.assert_array_equal(out, [[[[6, 8], [3, 4]]]])
    np.testing.assert_array_equal(idx, [[[[5, 7], [8, 15]]]])  # 1·4+1, 1·4+3, 2·4+0, 3·4+3
    assert ops.max_pool2d(np.zeros((1, 1, 2, 2)), 2)[1].item() == 0  # of equal values the first wins
    assert ops.max_pool2d(np.full((1, 1, 2, 2), -5.0), 2, padding=1)[0].max() == -5  # padding never wins

    rng = np.random.default_rng(9)
    x = rng.permutation(2 * 2 * 7 * 6).reshape(2, 2, 7, 6) / 10
    for k, stride, padding in ((3, 2, 1), ((2, 3), 1, (1, 0)), (2, None, 0)):
        out, idx = ops.max_pool2d(x, k, stride, padding)
        dout = rng.standard_normal(out.shape)
        dx = ops.max_pool2d_backward(dout, idx, x.shape)
        assert check_gradient(lambda v, o=(k, stride, padding): ops.max_pool2d(v, *o)[0], x, dx, dout).ok


@pytest.mark.parametrize("count_include_pad", [True, False])
def test_average_pooling_and_its_gradient(count_include_pad):
    rng = np.random.default_rng(10)
    x = rng.standard_normal((2, 2, 7, 6))
    for options in ((3, 2, 1), ((2, 3), 1, (1, 0)), (2, None, 0)):
        options = (*options, count_include_pad)
        dout = rng.standard_normal(ops.avg_pool2d(x, *options).shape)
        dx = ops.avg_pool2d_backward(dout, x.shape, *options)
        assert check_gradient(lambda v, o=options: ops.avg_pool2d(v, *o), x, dx, dout).ok
    corner = ops.avg_pool2d(np.ones((1, 1, 4, 4)), 2, 2, 1, count_include_pad)[0, 0, 0, 0]
    assert corner == (0.25 if count_include_pad else 1)


def test_global_average_and_its_gradient():
    rng = np.random.default_rng(11)
    x, dout = rng.standard_normal((2, 3, 4, 5)), rng.standard_normal((2, 3))
    np.testing.assert_allclose(ops.global_avg_pool(x), x.mean(axis=(2, 3)))
    assert check_gradient(ops.global_avg_pool, x, ops.global_avg_pool_backward(dout, x.shape), dout).ok


def test_relu_at_its_kink():
    x = np.array([-1.0, -0.0, 0.0, 2.0, np.nan])
    np.testing.assert_array_equal(ops.relu(x), [0, 0, 0, 2, np.nan])
    np.testing.assert_array_equal(ops.relu_backward(np.array([5.0, 5, 5, 5, 5]), x), [0, 0, 0, 5, 0])


def test_linear_and_its_gradients():
    rng = np.random.default_rng(12)
    x, w, b = rng.standard_normal((3, 4)), rng.standard_normal((2, 4)), rng.standard_normal(2)
    np.testing.assert_allclose(ops.linear(x, w, b), x @ w.T + b)
    dout = rng.standard_normal((3, 2))
    dx, dw, db = ops.linear_backward(dout, x, w)
    assert check_gradient(lambda v: ops.linear(v, w, b), x, dx, dout).ok
    assert check_gradient(lambda v: ops.linear(x, v, b), w, dw, dout).ok
    assert check_gradient(lambda v: ops.linear(x, w, v), b, db, dout).ok


def test_cross_entropy_is_stable_and_its_gradient_right():
    loss, dlogits = ops.softmax_cross_entropy(np.array([[1e3, 0.0], [0.0, 1e3]]), np.array([0, 0]))
    assert loss == 500  # rows cost 0 and 1000
    np.testing.assert_allclose(dlogits, [[0, 0], [-0.5, 0.5]])
    logits, y = np.random.default_rng(13).standard_normal((4, 3)), np.array([2, 0, 1, 1])
    dlogits = ops.softmax_cross_entropy(logits, y)[1]
    assert check_gradient(lambda v: ops.softmax_cross_entropy(v, y)[0], logits, dlogits).ok


@pytest.mark.parametrize("train", [True, False])
def test_batch_normalisation_is_torchs(train):
    rng = np.random.default_rng(14)
    theirs = torch.nn.BatchNorm2d(3, eps=1e-3, momentum=0.2, dtype=torch.float64).train(train)
    gamma, beta = rng.standard_normal(3), rng.standard_normal(3)
    state = {"running_mean": rng.standard_normal(3), "running_var": 1 + rng.random(3)}
    theirs.weight.data, theirs.bias.data = torch.from_numpy(gamma.copy()), torch.from_numpy(beta.copy())
    theirs.running_mean, theirs.running_var = (torch.from_numpy(values.copy()) for values in state.values())
    for _ in range(3):
        x, dout = rng.standard_normal((2, 3, 4, 5)), rng.standard_normal((2, 3, 4, 5))
        images = torch.from_numpy(x).requires_grad_()
        expected = theirs(images)
        gradients = torch.autograd.grad(expected, (images, theirs.weight, theirs.bias), torch.from_numpy(dout))
        y = ops.batchnorm2d_forward(x, gamma, beta, state, train, 1e-3, 0.2)
        np.testing.assert_allclose(y, expected.detach(), atol=1e-12)
        ours = ops.batchnorm2d_backward(dout, x, gamma, None if train else state, train, 1e-3)
        for gradient, wanted in zip(ours, gradients, strict=True):
            np.testing.assert_allclose(gradient, wanted, atol=1e-11)
    np.testing.assert_allclose(state["running_mean"], theirs.running_mean, atol=1e-12)
    np.testing.assert_allclose(state["running_var"], theirs.running_var, atol=1e-12)


REFUSED = [
    ("x has 4 channels but w expects 2", lambda: ops.conv2d(X, W)),
    ("x has 3 axes", lambda: ops.conv2d(X[0], W)),
    ("4 channels and 6 kernels do not split into 3 groups", lambda: ops.conv2d(X, W, None, groups=3)),
    (r"b has shape \(5,\), expected \(6,\)", lambda: ops.conv2d(X, W, B[:5], groups=2)),
    ("a window of 3 rows does not fit into 2 rows", lambda: ops.conv2d(X[:, :, :2], W, groups=2)),
    (r"a window of 7 rows does not fit into 2 \+ 2·1 = 4 rows", lambda: ops.im2col(X[:, :, :2], 4, 1, 1, 1, 2)),
    ("stride is 0, expected at least 1", lambda: ops.conv2d(X, W, None, 0, groups=2)),
    ("stride is 1.5, expected a whole number or", lambda: ops.im2col(X, 1, 1, 1.5)),
    (r"padding is \(1, 2, 3\), expected a whole number or", lambda: ops.im2col(X, 1, 1, 1, (1, 2, 3))),
    ("x is a list, expected a NumPy array", lambda: ops.im2col(X.tolist(), 1, 1)),
    ("x is an array of complex128", lambda: ops.im2col(X + 1j, 1, 1)),
    (r"dout has shape \(2, 6, 5, 4\), expected \(2, 6, 5, 5\)",
     lambda: ops.conv2d_backward(np.ones((2, 6, 5, 4)), X, W, groups=2)),
    (r"cols has shape \(2, 24, 24\), expected \(2, 24, 25\)", lambda: ops.col2im(COLS[..., :24], X.shape, 3, 2)),
    ("output_padding is 2, expected less than the stride, 2", lambda: ops.conv_transpose2d(X, WT, 2, 0, 2)),
    ("x has 4 channels but w expects 3", lambda: ops.conv_transpose2d(X, WT[:3])),
    ("cuts everything off", lambda: ops.conv_transpose2d(X[:, :, :1], WT, 1, 2)),
    ("padding is 2, expected at most half of the window, 3", lambda: ops.max_pool2d(X, 3, 1, 2)),
    ("a window of 8 rows does not fit", lambda: ops.avg_pool2d(X, 8)),
    ("idx must hold whole numbers from 0 to 3",
     lambda: ops.max_pool2d_backward(X[:, :, :1, :1], IDX[:, :, -1:, -1:], (2, 4, 2, 2))),
    ("the same N, C expected", lambda: ops.max_pool2d_backward(X, IDX, (2, 3, 7, 6))),
    (r"dout has shape \(2, 4\), expected \(2, 3\)", lambda: ops.global_avg_pool_backward(X[:, :, 0, 0], (2, 3, 1, 1))),
    ("expected at least one pixel", lambda: ops.global_avg_pool(X[:, :, :0])),
    ("x has 4 values a row but w expects 3", lambda: ops.linear(ROWS, DENSE[:, :3])),
    ("y must hold 5 whole numbers from 0 to 2, it is int64 from 0 to 3",
     lambda: ops.softmax_cross_entropy(ROWS[:, :3], LABELS)),
    ("it is float64", lambda: ops.softmax_cross_entropy(ROWS, LABELS / 1)),
    ("one value a channel has no variance", lambda: ops.batchnorm2d_forward(X[:1, :, :1, :1], B[:4], B[:4], STATE)),
    ("state is None", lambda: ops.batchnorm2d_backward(X, X, B[:4], train=False)),
    ("state has no running_var, only running_mean",
     lambda: ops.batchnorm2d_forward(X, B[:4], B[:4], {"running_mean": B[:4]})),
    (r"gamma has shape \(3,\), expected \(4,\)", lambda: ops.batchnorm2d_forward(X, B[:3], B[:4], STATE)),
    ("mode is 'wrap', expected one of zero, reflect, edge", lambda: ops.pad2d(X, 1, "wrap")),
    ("cannot be mirrored", lambda: ops.pad2d(X[:, :, :1], 1, "reflect")),
    ("p is -1", lambda: ops.pad2d(X, -1)),
    (r"shape \(3,\), expected at least 2 axes", lambda: ops.pad2d(X[0, 0, 0, :3], 1)),
]  # fmt: skip


@pytest.mark.parametrize(("message", "call"), REFUSED)
def test_what_makes_no_layer_is_refused_with_what_was_given_and_expected(message, call):
    with pytest.raises(ValueError, match=message):
        call()


def test_importing_the_parts_imports_neither_torch_nor_matplotlib():
    code = (
        "import sys, cnnkit, cnnkit.ops, cnnkit.gradcheck, cnnkit.data; "
        "sys.exit(' '.join({'torch', 'matplotlib'} & sys.modules.keys()) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (0, "")


def test_importing_cnnkit_alone_does_not_import_numpy():
    code = "import sys, cnnkit; sys.exit('numpy' if 'numpy' in sys.modules else 0)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_parts_load_by_name():
    assert cnnkit.ops is ops
    with pytest.raises(AttributeError, match="no part 'nothing'"):
        cnnkit.nothing  # noqa: B018
