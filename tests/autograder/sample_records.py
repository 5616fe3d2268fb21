"""A made-up class for tests and for looking at pages: one of everything that can happen."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from autograder.records import Answer, Record, fingerprint
from autograder.results import Exercise, Family, Result, Status

UNIT = "04_conv_forward"
LAYOUT: dict[str, dict[str, float]] = {
    "conv2d-loops": {"basic": 10, "stride and padding": 8, "dilation and groups": 8, "contract": 4},
    "im2col": {"layout": 10, "stride and padding": 8, "dilation": 7},
    "conv2d": {"agrees with the loops": 16, "speed": 10, "contract": 4},
    "depthwise-separable": {"values": 7, "equals grouped convolution": 3},
    "conv-params": {"parameters": 3, "operations": 4},
    "locally-connected": {"values": 8},
}
FLIPPED = (
    "conv2d_loops(x of shape (2, 3, 7, 5), w of shape (4, 3, 3, 2), b of shape (4,)): "
    "120 of 160 values are wrong, the first at index (0, 0, 0, 0), where yours is -1.20418.\n"
    "The kernel was flipped: the layer computes cross-correlation, `x[i + k] * w[k]`, where the first kernel entry "
    "meets the first pixel of the window."
)
ONE_AXIS = (
    "conv2d_loops(x of shape (2, 3, 7, 5), w of shape (4, 3, 3, 2), b=None, stride=2, padding=1) (rows left over): "
    "the result has shape (2, 4, 4, 2) where (2, 4, 4, 3) is expected.\n"
    "Only the rows were padded: `padding` adds zeros on all four sides, so the width grows by 2·padding as well."
)
LATE_BIAS = (
    "conv2d(x of shape (1, 2, 6, 6), w of shape (3, 2, 3, 3), b of shape (3,)): 48 of 48 values are wrong, the first "
    "at index (0, 0, 0, 0), where yours is 4.5.\n"
    "The bias was added once per input channel: it belongs to the output channel and is added once."
)
SLICED = (
    "conv2d_loops(x of shape (1, 4, 6, 6), w of shape (4, 2, 3, 3), b=None, groups=2): 64 of 64 values are wrong, the "
    "first at index (0, 0, 0, 0), where yours is 0.27.\n"
    "The groups were interleaved: group g reads the channels from g·C/groups on, one block, not every groups-th one."
)
COLUMNS = (
    "im2col(x of shape (2, 3, 7, 5), kh=3, kw=2): 1080 of 1080 values are wrong, the first at index (0, 0, 1), where "
    "yours is -0.512.\n"
    "The rows are ordered by pixel first: in this layout all entries of one channel's kernel come before the next."
)
SLOW = (
    "conv2d(x of shape (8, 16, 28, 28), w of shape (32, 16, 3, 3)): "
    "took 812.4 ms, 1.1 times as fast as plain loops; 20 is asked."
)
ENDLESS = "im2col(x of shape (1, 1, 3, 3), kh=2, kw=2): did not finish within 10 s."
KILLED = "locally_connected(x of shape (2, 3, 6, 6)): the process was killed (out of memory or time, most likely)."
TODO = "conv_macs(C=3, F=8, k=3, out_size=(28, 28), groups=1): not written yet (it raises NotImplementedError)."
USUAL: list[tuple[tuple[str, str], tuple[str, str | None]]] = [
    (("conv2d-loops", "basic"), (FLIPPED, "flipped-kernel")),
    (("conv2d-loops", "stride and padding"), (ONE_AXIS, "padding-on-one-axis")),
    (("conv2d-loops", "dilation and groups"), (SLICED, "interleaved-groups")),
    (("im2col", "layout"), (COLUMNS, "columns-by-pixel")),
    (("im2col", "dilation"), (COLUMNS.replace("layout", "order"), "columns-by-pixel")),
    (("conv2d", "agrees with the loops"), (LATE_BIAS, "bias-per-channel")),
    (("conv2d", "speed"), (SLOW, None)),
    (("conv-params", "operations"), (TODO, None)),
    (("locally-connected", "values"), ("locally_connected(x of shape (2, 3, 6, 6)): yours is 4.", None)),
]
HOSTILE = "<script>alert('x')</script><img src=x onerror=alert(1)>\x1b[2J\u202etxt.exe"

LOOPS = '''\
def conv2d_loops(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Cross-correlate x with w, one output pixel at a time."""
    N, C, H, W = x.shape
    F, CG, KH, KW = w.shape
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (0, 0)))
    OH = (H + 2 * padding - dilation * (KH - 1) - 1) // stride + 1
    OW = (W - dilation * (KW - 1) - 1) // stride + 1
    y = np.zeros((N, F, OH, OW), dtype=x.dtype)
    for n in range(N):
        for f in range(F):
            for i in range(OH):
                for j in range(OW):
                    window = x[n, :, i * stride : i * stride + KH, j * stride : j * stride + KW]
                    y[n, f, i, j] = (window * w[f]).sum()  # TODO: groups?
    print("shape of the result:", y.shape)
    return y if b is None else y + b[None, :, None, None]
'''


def record(
    learner: str,
    faults: Mapping[tuple[str, str], tuple[str, str | None]] = {},
    *,
    unit: str = UNIT,
    layout: Mapping[str, Mapping[str, float]] = LAYOUT,
    status: Status = "ok",
    message: str = "",
    notes: Sequence[str] = (),
    answers: Mapping[str, Answer] | None = None,
    isolation: str = "A",
    by_hand: Mapping[str, float] | None = None,
) -> Record:
    """A record in which everything passed but the (exercise, family) in `faults`, with their message and mistake."""
    exercises = []
    for name, families in layout.items():
        done = []
        for family, points in families.items():
            text, mistake = faults.get((name, family), ("", None))
            done.append(Family(family, 0.0 if text else float(points), float(points), text, mistake))
        exercises.append(Exercise(name, sum(f.score for f in done), sum(f.points for f in done), tuple(done)))
    if status == "rejected":
        exercises = [Exercise(e.id, 0.0, e.points, ()) for e in exercises]
    result = Result(
        learner,
        unit,
        sum(e.score for e in exercises),
        sum(e.points for e in exercises),
        status,
        message,
        1.25,
        tuple(exercises),
    )
    return Record(
        result,
        fingerprint(learner, unit),
        isolation,
        "2026-11-21T09:30:00+00:00",
        tuple(notes),
        answers if answers is not None else {"conv2d-loops": Answer(LOOPS)},
        by_hand or {},
    )


def all_faults(text: str) -> dict[tuple[str, str], tuple[str, str | None]]:
    """The same message for every family."""
    return {(name, family): (text, None) for name, families in LAYOUT.items() for family in families}


def typical() -> Record:
    """What most learners see: some things right, some wrong, one mistake named."""
    faults = {
        ("conv2d-loops", "stride and padding"): (ONE_AXIS, "padding-on-one-axis"),
        ("conv2d-loops", "dilation and groups"): (
            "conv2d_loops(x of shape (1, 4, 6, 6), w of shape (4, 1, 3, 3), b=None, stride=1, padding=0, dilation=1, "
            "groups=4): raised ValueError: operands could not be broadcast together.",
            None,
        ),
        ("conv2d", "speed"): (SLOW, None),
        ("conv-params", "operations"): (TODO, None),
    }
    printed = "".join(f"shape of the result: (2, 4, {i}, 3)\n" for i in range(1, 8))
    answers = {
        "conv2d-loops": Answer(LOOPS, output=printed),
        "im2col": Answer("def im2col(x, kh, kw, stride=1, padding=0, dilation=1):\n    return ...\n"),
        "conv2d": Answer(
            "def conv2d(x, w, b=None, **options):\n    return conv2d_loops(x, w, b, **options)\n",
            check="AssertionError: conv2d should be faster than its loops",
        ),
        "conv-params": Answer(
            "def conv_params(C, F, k, groups=1, bias=True):\n    ...\n\n\ndef conv_macs(C, F, k, out_size, groups=1):\n"
            "    raise NotImplementedError\n"
        ),
    }
    notes = ("check-im2col: the visible tests had been changed; the original ones were used.",)
    return record("ada.lovelace", faults, notes=notes, answers=answers, by_hand={"why-sharing": 2})


def sample_class(size: int = 24) -> list[Record]:
    """A class with odd names, every status and a spread of scores."""
    flipped = {("conv2d-loops", "basic"): (FLIPPED, "flipped-kernel")}
    late = {("conv2d", "agrees with the loops"): (LATE_BIAS, "bias-per-channel")}
    endless = {("im2col", family): (ENDLESS, None) for family in LAYOUT["im2col"]}
    memory = {("locally-connected", "values"): (KILLED, None)}
    timeout = "im2col: the code ran out of time; everything else was graded"
    crashed = "locally-connected: the code ended its process; everything else was graded"
    records = [
        typical(),
        record("grace.hopper"),
        record("李小龍", flipped),
        record("José Núñez", late | flipped),
        record('o\'brien "ed" & co', late),
        record("two\nlines", endless, status="timeout", message=timeout),
        record("memory-hog", memory, status="crashed", message=crashed),
        record("broken", status="rejected", message="not a notebook: invalid JSON in line 3, column 14", answers={}),
        record("mallory", all_faults(HOSTILE), answers={"conv2d-loops": Answer(HOSTILE, HOSTILE, HOSTILE, HOSTILE)}),
        record("untouched", all_faults(TODO), answers={"conv2d-loops": Answer("raise NotImplementedError")}),
    ]
    rng = random.Random(0)
    for number in range(len(records), size):
        records.append(record(f"learner-{number:03d}", dict(rng.sample(USUAL, rng.choice((1, 2, 2, 3, 4, 6))))))
    return records
