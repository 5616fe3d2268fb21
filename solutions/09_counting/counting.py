# %% [markdown]
r"""
# Counting: parameters, memory, arithmetic, receptive fields

**80 points, about 3 hours.** Goes with the chapter *Counting* of the book.

Will this network fit on my graphics card? How much of its time goes into which layer? How much of the image does a
unit see? No training is needed to answer these questions, only careful counting. Published tables are full of
numbers that were not counted carefully: in the end you check ten of them.

You write a small accountant for convolutional networks. Python's integers are all it needs. While your answers are
graded, PyTorch and SciPy are out of reach.

**How to work.** Run the cells from the top. Write your code in place of each `raise NotImplementedError`, then run the
check below it: it tries the worked examples, and if no error comes, they are right. Hints open with a click. In a
terminal, `autograder check counting.ipynb` runs all the tests and prints your points, and what went wrong and why.
"""

# %% setup="imports"
import math


def pair(option):
    """The (rows, columns) of an option that is one number for both, or a pair already."""
    return tuple(option) if isinstance(option, tuple | list) else (option, option)


def show(rows):
    """Print the rows of a network as a table."""
    print(f"{'name':24}{'shape':>18}{'parameters':>14}{'MACs':>16}{'activations':>14}")
    for name, shape, params, macs, activations in rows:
        print(f"{name:24}{'×'.join(map(str, shape)):>18}{params:14,}{macs:16,}{activations:14,}")


# %% [markdown]
r"""
## How a network is written down

A network is a list of layers in their order, and a layer is a dict:

| `kind` | keys, with the value that counts where the key is left out | what it does to the shape |
|---|---|---|
| `"conv"` | `out`, `k`, `s` = 1, `p` = 0, `d` = 1, `groups` = 1, `bias` = True | `(C, H, W)` → `(out, OH, OW)` |
| `"pool"` | `k`, `s` = `k`, `p` = 0 (largest value or average: it counts the same) | `(C, H, W)` → `(C, OH, OW)` |
| `"fc"` | `out`, `bias` = True | `(n,)` → `(out,)` |
| `"relu"`, `"lrn"` | none | none |
| `"global_pool"` | none: the average of each channel | `(C, H, W)` → `(C, 1, 1)` |
| `"flatten"` | none | `(C, H, W)` → `(C·H·W,)` |
| `"inception"` | `branches`: a list of networks | channels side by side: `(C₁ + C₂ + …, H, W)` |
| `"head"` | `layers`: a network | none: its result leaves the network here |

- Every layer may have a `name`; where it has none, its `kind` is its name.
- `k`, `s`, `p`, `d` are kernel size, stride, padding on each side, and dilation (1 is dense): one number, or a pair
  `(rows, columns)`. `groups` splits channels and kernels as in PyTorch.
- Sizes follow PyTorch, for `conv` and (with d = 1) for `pool`; what does not fill a window is left out:
  $$\left\lfloor \frac{n + 2p - d\,(k - 1) - 1}{s} \right\rfloor + 1$$
- All branches of an `inception` module get the module's input. Their results are **concatenated**: put side by side
  along the channels, in the order of the branches. A branch may be empty (it passes
  the input on) or hold another module.
- A `head` is a side exit, such as GoogLeNet's auxiliary classifiers: it gets what the next layer gets, and the next
  layer does not notice. Heads stand in the network itself, never inside a branch.

Shapes are those of one image, `(channels, rows, columns)`, and `(values,)` after `flatten`. Arguments stay as they
are, and what makes no network raises `ValueError` with a message that says what was given and what was expected.
"""

# %% setup="examples"
# The small networks that are worked by hand below.
SMALL = [
    {"kind": "conv", "out": 4, "k": (3, 2), "s": (2, 1), "p": (1, 0)},
    {"kind": "relu"},
    {"kind": "pool", "k": 2},
    {"kind": "flatten"},
    {"kind": "fc", "out": 3, "name": "scores"},
]
SMALL_ROWS = [
    ("input", (2, 7, 6), 0, 0, 84),
    ("conv", (4, 4, 5), 52, 960, 80),
    ("relu", (4, 4, 5), 0, 0, 0),
    ("pool", (4, 2, 2), 0, 0, 16),
    ("flatten", (16,), 0, 0, 0),
    ("scores", (3,), 51, 48, 3),
]
MODULE = [
    {
        "kind": "inception",
        "name": "mix",
        "branches": [
            [{"kind": "conv", "out": 2, "k": 1}],
            [{"kind": "conv", "out": 1, "k": 1, "name": "reduce"}, {"kind": "conv", "out": 4, "k": 3, "p": 1}],
            [{"kind": "pool", "k": 3, "s": 1, "p": 1}],
        ],
    },
    {"kind": "head", "name": "side", "layers": [{"kind": "flatten"}, {"kind": "fc", "out": 2}]},
    {"kind": "conv", "out": 2, "k": 3, "bias": False},
]
CHAIN = [
    {"kind": "conv", "out": 8, "k": 3, "s": 2, "p": 1},
    {"kind": "relu"},
    {"kind": "conv", "out": 8, "k": 5, "p": 2},
    {"kind": "pool", "k": 2},
]
# What the networks of exercise 5 take, by the first word of their names.
INPUTS = {"lenet": (1, 32, 32), "alexnet": (3, 227, 227), "vgg": (3, 224, 224), "googlenet": (3, 224, 224)}

# %% [markdown]
r"""
## 1. The table of a network (28 points)

One row for the input and one for each layer: `(name, out_shape, params, macs, activations)`.

- **params**: weights and biases. A convolution has `out · (C / groups) · KH · KW` weights and, with `bias`, `out`
  biases; `fc` has `n · out` weights and `out` biases; all others have none.
- **macs**: multiply-accumulates for one image. Every weight of a `conv` is used once at each of its `OH · OW`
  positions, every weight of an `fc` once. Biases and all other layers count 0. One MAC is two floating-point
  operations (FLOPs), a multiplication and an addition: many tables mix the two.
- **activations**: values that this row adds to memory. `conv`, `pool`, `fc`, `lrn` and `global_pool` write a new
  volume of `out_shape`, and the input is one. `relu` overwrites what it gets, `flatten` reads the same memory in
  another shape, and branches write side by side into the volume they end in: these count 0.

**By hand.** `SMALL` on an image of shape (2, 7, 6). Its convolution has (7 + 2 − 3) // 2 + 1 = 4 rows and
6 − 2 + 1 = 5 columns; 4·(2·3·2) weights + 4 biases = 52; 48 weights at 20 positions make 960 MACs. The pooling leaves
the fifth column out.

| name | out_shape | params | macs | activations |
|---|---|---|---|---|
| input | (2, 7, 6) | 0 | 0 | 84 |
| conv | (4, 4, 5) | 52 | 960 | 80 |
| relu | (4, 4, 5) | 0 | 0 | 0 |
| pool | (4, 2, 2) | 0 | 0 | 16 |
| flatten | (16,) | 0 | 0 | 0 |
| scores | (3,) | 16·3 + 3 = 51 | 48 | 3 |

A module gives the rows of its branches one after the other, each named `module/layer`, and then a row of its own with
the concatenated shape and 0, 0, 0. A head gives the rows of its layers in the same way, and none of its own. `MODULE`
on (3, 5, 4):

| name | out_shape | params | macs | activations |
|---|---|---|---|---|
| input | (3, 5, 4) | 0 | 0 | 60 |
| mix/conv | (2, 5, 4) | 8 | 120 | 40 |
| mix/reduce | (1, 5, 4) | 4 | 60 | 20 |
| mix/conv | (4, 5, 4) | 40 | 720 | 80 |
| mix/pool | (3, 5, 4) | 0 | 0 | 60 |
| mix | (2 + 4 + 3, 5, 4) | 0 | 0 | 0 |
| side/flatten | (180,) | 0 | 0 | 0 |
| side/fc | (2,) | 362 | 360 | 2 |
| conv | (2, 3, 2) | 162 | 972 | 12 |
"""


# %% exercise="summarize"
def summarize(spec, in_shape):
    """The rows of a network's table: what each layer makes of the shape, and what it costs.

    Args:
        spec: The network, a list of dicts as in the table "How a network is written down".
        in_shape: Shape of one image (C, H, W), or (n,) for a network that begins with flat values.

    Returns:
        A list of tuples (name, out_shape, params, macs, activations): the first row is ("input", in_shape, 0, 0,
        number of input values), then one row for each layer. out_shape is a tuple, the counts are ints. Modules and
        heads give the rows of their layers, named "module/layer"; a module then has a row of its own.

    Raises:
        ValueError: If a kind is unknown; if no window of a conv or pool fits into its padded input; if channels or
            out do not split evenly into groups; if conv, pool, lrn or global_pool get flat values, or fc gets a
            volume; if the branches of a module end in different rows and columns.
    """
    ### BEGIN SOLUTION
    shape = tuple(in_shape)
    rows = [("input", shape, 0, 0, math.prod(shape))]
    for layer in spec:
        kind = layer["kind"]
        name = layer.get("name", kind)
        params = macs = activations = 0
        if kind in ("conv", "pool", "lrn", "global_pool") and len(shape) != 3:
            raise ValueError(f"{name}: {kind} expects a volume (C, H, W), but gets {shape}")
        if kind == "fc" and len(shape) != 1:
            raise ValueError(f"{name}: fc expects flat values (n,), but gets {shape}; put a flatten before it")

        if kind in ("conv", "pool"):
            channels, *sizes = shape
            options = zip(
                sizes,
                pair(layer["k"]),
                pair(layer.get("s", layer["k"] if kind == "pool" else 1)),
                pair(layer.get("p", 0)),
                pair(layer.get("d", 1)),
                strict=True,
            )
            size = [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in options]
            if min(size) < 1:
                raise ValueError(f"{name}: windows of {layer['k']} do not fit into {shape} with padding")
            shape = (layer.get("out", channels), *size)
        if kind == "conv":
            groups, (kh, kw) = layer.get("groups", 1), pair(layer["k"])
            if channels % groups or shape[0] % groups:
                raise ValueError(f"{name}: {channels} channels, {shape[0]} kernels do not split into {groups} groups")
            weights = shape[0] * (channels // groups) * kh * kw
            params, macs = weights + shape[0] * layer.get("bias", True), weights * math.prod(size)
        elif kind == "fc":
            macs = shape[0] * layer["out"]
            shape = (layer["out"],)
            params = macs + layer["out"] * layer.get("bias", True)
        elif kind == "flatten":
            shape = (math.prod(shape),)
        elif kind == "global_pool":
            shape = (shape[0], 1, 1)
        elif kind in ("inception", "head"):
            ends = []
            for part in layer["branches"] if kind == "inception" else [layer["layers"]]:
                inner = summarize(part, shape)
                rows += [(f"{name}/{row[0]}", *row[1:]) for row in inner[1:]]
                ends.append(inner[-1][1])
            if kind == "head":
                continue  # the next layer gets what the head got
            if len({end[1:] for end in ends}) != 1 or len(ends[0]) != 3:
                raise ValueError(f"{name}: branches end in {ends}, which cannot stand side by side")
            shape = (sum(end[0] for end in ends), *ends[0][1:])
        elif kind not in ("pool", "relu", "lrn"):
            raise ValueError(f"{name}: there is no kind {kind!r}")
        if kind in ("conv", "pool", "fc", "lrn", "global_pool"):
            activations = math.prod(shape)
        rows.append((name, shape, params, macs, activations))
    return rows
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: the plan</summary>

Carry one variable, `shape`, from layer to layer. For each kind, work out the new shape and the three counts, append a
row. `layer.get("s", 1)` is the stride or, where the key is missing, 1. `math.prod((4, 2, 2))` is 16.

</details>
<details><summary>Hint: modules and heads</summary>

A branch is a network: call `summarize` for it, with the shape at the module's entrance. Leave out the first of the rows
it gives, since that is the input once more. Where the branch ends, its last row tells.

</details>
"""

# %% points=28 tests="summarize"
rows = summarize(SMALL, (2, 7, 6))
assert len(rows) == 6, f"the input and five layers make 6 rows, yours are {len(rows)}"
for row, expected in zip(rows, SMALL_ROWS, strict=True):
    assert tuple(row) == expected, f"the row {tuple(row)} should be {expected}"

# Ten kernels of 5×5 with padding 2 on a colour image of 32×32: (5·5·3 + 1)·10 = 760 parameters, and the size stays.
(_, volume) = summarize([{"kind": "conv", "out": 10, "k": 5, "p": 2}], (3, 32, 32))
assert volume == ("conv", (10, 32, 32), 760, 750 * 32 * 32, 10_240), f"yours is {volume}"

# Dilation 2 spreads 3 values over 5 pixels: 9 - 5 + 1 = 5 positions. In 2 groups, kernels are 4 / 2 = 2 channels deep.
(_, spread) = summarize([{"kind": "conv", "out": 6, "k": 3, "d": 2, "groups": 2, "bias": False}], (4, 9, 9))
assert spread == ("conv", (6, 5, 5), 6 * 2 * 9, 6 * 2 * 9 * 25, 150), f"yours is {spread}"

# VGG's first fc layer: 7·7·512·4096 weights and 4096 biases, 102,764,544 in all.
(_, _, first) = summarize([{"kind": "flatten"}, {"kind": "fc", "out": 4096}], (512, 7, 7))
assert first[2:] == (102_764_544, 102_760_448, 4096), f"yours is {first}"

rows = summarize(MODULE, (3, 5, 4))
names = ["input", "mix/conv", "mix/reduce", "mix/conv", "mix/pool", "mix", "side/flatten", "side/fc", "conv"]
assert [row[0] for row in rows] == names, f"your names are {[row[0] for row in rows]}"
assert rows[5] == ("mix", (9, 5, 4), 0, 0, 0), f"2 + 4 + 3 channels stand side by side; yours is {rows[5]}"
assert rows[7][2] == 180 * 2 + 2, f"the head sees all 9·5·4 = 180 values; yours has {rows[7][2]} parameters"
assert rows[8][1:3] == ((2, 3, 2), 162), f"the layer after the head sees 9 channels; yours is {rows[8]}"

# %% [markdown]
r"""
## 2. The last line of the table (5 points)

Add up the columns. Heads and branches have rows like all others, so nothing needs a special case.

**By hand.** The table of `SMALL`: 52 + 51 = 103 parameters, 960 + 48 = 1008 MACs, 84 + 80 + 16 + 3 = 183 activations.
"""


# %% exercise="total"
def total(rows):
    """The sums of a table's columns.

    Args:
        rows: Rows as `summarize` gives them: tuples (name, out_shape, params, macs, activations), any number of them.

    Returns:
        A tuple of three ints: parameters, multiply-accumulates, activations.
    """
    ### BEGIN SOLUTION
    params = sum(row[2] for row in rows)
    macs = sum(row[3] for row in rows)
    activations = sum(row[4] for row in rows)
    return params, macs, activations
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint</summary>

`sum(row[2] for row in rows)` adds up one column.

</details>
"""

# %% points=5 tests="total"
assert total(SMALL_ROWS) == (103, 1008, 183), f"yours is {total(SMALL_ROWS)}"
assert total(SMALL_ROWS[:1]) == (0, 0, 84), "the input alone has no parameters, but 84 values"
assert total([]) == (0, 0, 0), "a table without rows adds up to zeros"

# %% [markdown]
r"""
## 3. How much of the image a unit sees (15 points)

The **receptive field** of a unit is the stretch of pixels, along one axis, that can change its value. Three numbers
describe it for a whole layer: unit $i$ sees the pixels from $\text{start} + i \cdot \text{jump}$ on, `size` of them.
Of the image itself, unit $i$ is pixel $i$: size 1, jump 1, start 0. A `conv` or `pool` changes them like this:

$$
\begin{aligned}
\text{size} &\leftarrow \text{size} + d\,(k-1)\cdot\text{jump}\\
\text{start} &\leftarrow \text{start} - p\cdot\text{jump}\\
\text{jump} &\leftarrow \text{jump}\cdot s \qquad\text{(last: the first two need the old one)}
\end{aligned}
$$

`start` is negative where the first window begins in the padding. `size` runs from the first pixel to the last, gaps
between them included. An `inception` module sees what any of its branches sees: from the leftmost start to the
rightmost end. Heads, `relu` and `lrn` (which looks across channels, not across pixels) change nothing.

After `flatten`, `global_pool` or `fc` every unit sees the whole image: stop at the first of them.

**By hand.** `CHAIN`, and how wide a window it takes to see that much at once:

| layer | size | jump | start |
|---|---|---|---|
| image | 1 | 1 | 0 |
| conv 3×3, stride 2, padding 1 | 1 + 2·1 = 3 | 2 | 0 − 1·1 = −1 |
| conv 5×5, padding 2 | 3 + 4·2 = 11 | 2 | −1 − 2·2 = −5 |
| pool 2×2, stride 2 | 11 + 1·2 = 13 | 4 | −5 |
"""


# %% exercise="receptive-field"
def receptive_field(spec):
    """The receptive field of a network's units: size, jump and start, in pixels of the input along one axis.

    Args:
        spec: The network, a list of dicts. Only what stands before the first flatten, global_pool or fc counts.

    Returns:
        A tuple of three ints (size, jump, start): unit i sees `size` pixels, the first of them at start + i * jump.

    Raises:
        ValueError: If an option is a pair of two different numbers, so that rows and columns would need an answer
            each; if the branches of a module have different jumps.
    """
    ### BEGIN SOLUTION
    size, jump, start = 1, 1, 0
    for layer in spec:
        kind = layer["kind"]
        if kind in ("flatten", "global_pool", "fc"):
            break
        if kind in ("conv", "pool"):
            stride = layer.get("s", layer["k"] if kind == "pool" else 1)
            options = [pair(option) for option in (layer["k"], stride, layer.get("p", 0), layer.get("d", 1))]
            if any(rows != columns for rows, columns in options):
                raise ValueError(f"rows and columns differ in {layer}: one receptive field cannot stand for both")
            (k, s, p, d) = (rows for rows, _ in options)
            size += d * (k - 1) * jump
            start -= p * jump
            jump *= s
        elif kind == "inception":
            fields = [receptive_field(branch) for branch in layer["branches"]]  # in units of the module's input
            if len({step for _, step, _ in fields}) != 1:
                raise ValueError(f"the branches of {layer.get('name', kind)} have different jumps: {fields}")
            first = min(begin for _, _, begin in fields)
            end = max(begin + extent for extent, _, begin in fields)
            size += (end - first - 1) * jump
            start += first * jump
            jump *= fields[0][1]
    return size, jump, start
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: modules</summary>

Call `receptive_field` for each branch: it tells how the branch looks at the module's input, which is `jump` pixels from
unit to unit. A branch that sees positions −2 … 2 there and one that sees 0 … 0 see −2 … 2 together.

</details>
<details><summary>Hint: a check of your own</summary>

Three layers of 3×3 see 7 pixels, as one of 7×7 does. With a pooling of 2 between the first and the second, they see
1 + 2 + 1 + 2·2 + 2·2 = 12.

</details>
"""

# %% points=15 tests="receptive-field"
assert receptive_field([]) == (1, 1, 0), "a unit of the image sees itself"
assert receptive_field(CHAIN[:1]) == (3, 2, -1), f"after the first layer; yours is {receptive_field(CHAIN[:1])}"
assert receptive_field(CHAIN[:3]) == (11, 2, -5), f"3 + 4·2 = 11; yours is {receptive_field(CHAIN[:3])}"
assert receptive_field(CHAIN) == (13, 4, -5), f"11 + 1·2 = 13; yours is {receptive_field(CHAIN)}"

# Three layers of 3×3 see as much as one of 7×7.
three = [{"kind": "conv", "out": 9, "k": 3, "p": 1}] * 3
assert receptive_field(three) == receptive_field([{"kind": "conv", "out": 9, "k": 7, "p": 3}]) == (7, 1, -3)

# Dilation 1, 2, 4: 1 + 2·1 + 2·2 + 2·4 = 15 pixels with three layers of 3×3.
growing = [{"kind": "conv", "out": 9, "k": 3, "d": d} for d in (1, 2, 4)]
assert receptive_field(growing) == (15, 1, 0), f"yours is {receptive_field(growing)}"

# The module's widest branch sees 3 pixels, from -1 on; the head changes nothing; the last layer adds 2.
assert receptive_field(MODULE) == (5, 1, -1), f"yours is {receptive_field(MODULE)}"

# %% [markdown]
r"""
## 4. What training keeps in memory (12 points)

Inference can forget a volume as soon as the next one is there. Training cannot: the backward pass needs them. At its
peak, a step of training with a batch of images holds

- for each image of the batch: all activations, and a gradient of the same size for each of them. The input (the first
  row) is kept too, since the first layer's weights need it, but nobody asks for its gradient;
- once, whatever the batch: all parameters, a gradient for each, and what the optimizer remembers: nothing (`"sgd"`),
  one value for each parameter (`"momentum"`), or two (`"adam"`).

We leave out what depends on the library: buffers of an algorithm, positions kept by max pooling, the allocator's waste.

**By hand.** `SMALL` with a batch of 10, momentum, 4 bytes for a value (float32): 183 activations and 183 − 84 = 99
gradients for each image, 3 values for each of 103 parameters. (282·10 + 3·103)·4 = 3129·4 = 12,516 bytes.

One kilobyte (kB) is 1000 bytes, one kibibyte (KiB) 1024; a megabyte is 10⁶ bytes, a mebibyte (MiB) 2²⁰, which is
4.9 % more. Graphics cards are sold in GB and fill up in GiB.
"""


# %% exercise="training-memory"
def training_memory(rows, batch, bytes_per_value, optimizer):
    """The bytes that a step of training holds at its peak.

    Args:
        rows: Rows as `summarize` gives them; the first one is the input.
        batch: Number of images in a batch, at least 1.
        bytes_per_value: Bytes of one number: 4 for float32, 2 for float16.
        optimizer: "sgd", "momentum" or "adam", which keep 0, 1 and 2 values for each parameter.

    Returns:
        An int: bytes for activations and their gradients (for each image; the input has no gradient), and for
        parameters, their gradients and the optimizer's values (once).

    Raises:
        ValueError: If the optimizer is none of the three, or the batch is smaller than 1.
    """
    ### BEGIN SOLUTION
    kept = {"sgd": 0, "momentum": 1, "adam": 2}
    if optimizer not in kept:
        raise ValueError(f"optimizer is {optimizer!r}, expected one of {', '.join(kept)}")
    if batch < 1:
        raise ValueError(f"batch is {batch}, expected at least 1")
    params = sum(row[2] for row in rows)
    activations = sum(row[4] for row in rows)
    gradients = sum(row[4] for row in rows[1:])  # none for the input
    values = batch * (activations + gradients) + params * (1 + 1 + kept[optimizer])
    return values * bytes_per_value
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint</summary>

Count values first, in two heaps: those that there are once for each image and those that there are once. Multiply by
the batch the first heap only, and both by the bytes.

</details>
"""

# %% points=12 tests="training-memory"
assert training_memory(SMALL_ROWS, 10, 4, "momentum") == 12_516, (
    f"yours is {training_memory(SMALL_ROWS, 10, 4, 'momentum')}"
)

# Without momentum, one value less for each of the 103 parameters; with Adam, one more.
assert training_memory(SMALL_ROWS, 10, 4, "sgd") == 12_516 - 103 * 4
assert training_memory(SMALL_ROWS, 10, 4, "adam") == 12_516 + 103 * 4

# Twice the batch: 10 · 282 · 4 bytes more, and not one byte more for parameters.
assert training_memory(SMALL_ROWS, 20, 4, "momentum") == 12_516 + 10 * 282 * 4

# Adam and the 138,357,544 parameters of VGG-16: 4 values of 4 bytes each, more than 2 GiB before the first image.
heavy = [("input", (1,), 0, 0, 0), ("all of VGG-16", (1,), 138_357_544, 0, 0)]
assert training_memory(heavy, 1, 4, "adam") == 2_213_720_704

# %% [markdown]
r"""
## 5. Networks that made history (10 points)

Write down the networks below, which the chapter *Case studies I* tells of. A `relu` stands after every `conv` and `fc`
but the last `fc` (also in heads and branches), before any `lrn` or `pool`; a `flatten` before the first `fc`. Dropout
changes no count and is left out. Names of layers are yours to choose.

**`"lenet-5"`**, on (1, 32, 32), as it is built today: `relu` for its tanh, every kernel sees all channels, pooling has
no parameters. Kernels 5×5, no padding: conv 6, pool 2, conv 16, pool 2, conv 120, fc 84, fc 10.

**`"alexnet"`**, on (3, 227, 227), in one tower: conv 96 of 11×11 stride 4, lrn, pool 3 stride 2; conv 256 of 5×5
padding 2, lrn, pool 3 stride 2; conv 384, conv 384, conv 256, all 3×3 padding 1; pool 3 stride 2; fc 4096, fc 4096, fc
1000. **`"alexnet-two-towers"`**, the original, spread over two cards: the second, fourth and fifth convolution have
`groups` 2.

**`"vgg-a"`** to **`"vgg-e"`** and **`"vgg-a-lrn"`**, on (3, 224, 224): five stages of 64, 128, 256, 512, 512 kernels,
each stage followed by pool 2; then fc 4096, fc 4096, fc 1000. Kernels are 3×3 with padding 1.

| | convolutions in the five stages | |
|---|---|---|
| A | 1, 1, 2, 2, 2 | |
| A-LRN | 1, 1, 2, 2, 2 | an lrn in the first stage, after its relu |
| B | 2, 2, 2, 2, 2 | |
| C | 2, 2, 3, 3, 3 | the last one of stages 3, 4 and 5 is 1×1, padding 0 |
| D | 2, 2, 3, 3, 3 | called VGG-16: 13 convolutions and 3 fc |
| E | 2, 2, 4, 4, 4 | called VGG-19: 16 convolutions and 3 fc |

**`"googlenet"`**, on (3, 224, 224): conv 64 of 7×7 stride 2 padding 3; pool; lrn; conv 64 of 1×1; conv 192 of 3×3
padding 1; lrn; pool; modules 3a, 3b; pool; modules 4a to 4e; pool; modules 5a, 5b; global_pool; fc 1000. Its four pools
are 3×3, stride 2, padding 1. A module has four branches, in this order:

1. conv 1×1
2. conv 1×1 ("reduce"), conv 3×3 padding 1
3. conv 1×1 ("reduce"), conv 5×5 padding 2
4. pool 3×3 stride 1 padding 1, conv 1×1

**`"googlenet-aux"`** has two heads, after modules 4a and 4d, of pool 5 stride 3, conv 128 of 1×1, fc 1024, fc 1000
each.

| module | 1×1 | 3×3 reduce | 3×3 | 5×5 reduce | 5×5 | after the pool |
|---|---|---|---|---|---|---|
| 3a | 64 | 96 | 128 | 16 | 32 | 32 |
| 3b | 128 | 128 | 192 | 32 | 96 | 64 |
| 4a | 192 | 96 | 208 | 16 | 48 | 64 |
| 4b | 160 | 112 | 224 | 24 | 64 | 64 |
| 4c | 128 | 128 | 256 | 24 | 64 | 64 |
| 4d | 112 | 144 | 288 | 32 | 64 | 64 |
| 4e | 256 | 160 | 320 | 32 | 128 | 128 |
| 5a | 256 | 160 | 320 | 32 | 128 | 128 |
| 5b | 384 | 192 | 384 | 48 | 128 | 128 |

**By hand.** LeNet-5: (25 + 1)·6 = 156, (150 + 1)·16 = 2,416, (400 + 1)·120 = 48,120, 121·84 = 10,164 and 85·10 = 850
parameters, 61,706 in all. The third convolution's volume is 1×1: its kernels are as large as what they look at.
"""


# %% exercise="spec"
def spec(name):
    """The layers of a network that made history.

    Args:
        name: "lenet-5", "alexnet", "alexnet-two-towers", "vgg-a", "vgg-a-lrn", "vgg-b", "vgg-c", "vgg-d", "vgg-e",
            "googlenet" or "googlenet-aux".

    Returns:
        A list of dicts, in the form of this notebook.

    Raises:
        ValueError: If there is no network of this name.
    """

    ### BEGIN SOLUTION
    def conv(out, k, **options):
        return [{"kind": "conv", "out": out, "k": k, **options}, {"kind": "relu"}]

    def pool(k, s, p=0):
        return [{"kind": "pool", "k": k, "s": s, "p": p}]

    def classifier(*sizes):
        layers = [{"kind": "flatten"}]
        for size in sizes:
            layers += [{"kind": "fc", "out": size}, {"kind": "relu"}]
        return layers[:-1]

    def module(title, one, reduce3, three, reduce5, five, projection):
        branches = [
            conv(one, 1),
            conv(reduce3, 1) + conv(three, 3, p=1),
            conv(reduce5, 1) + conv(five, 5, p=2),
            pool(3, 1, 1) + conv(projection, 1),
        ]
        return [{"kind": "inception", "name": title, "branches": branches}]

    def head(title):
        layers = pool(5, 3) + conv(128, 1) + classifier(1024, 1000)
        return [{"kind": "head", "name": title, "layers": layers}] if name == "googlenet-aux" else []

    lrn = [{"kind": "lrn"}]
    stages = {
        "vgg-a": (1, 1, 2, 2, 2),
        "vgg-a-lrn": (1, 1, 2, 2, 2),
        "vgg-b": (2, 2, 2, 2, 2),
        "vgg-c": (2, 2, 3, 3, 3),
        "vgg-d": (2, 2, 3, 3, 3),
        "vgg-e": (2, 2, 4, 4, 4),
    }
    if name == "lenet-5":
        return conv(6, 5) + pool(2, 2) + conv(16, 5) + pool(2, 2) + conv(120, 5) + classifier(84, 10)
    if name in ("alexnet", "alexnet-two-towers"):
        towers = 1 if name == "alexnet" else 2
        layers = conv(96, 11, s=4) + lrn + pool(3, 2)
        layers += conv(256, 5, p=2, groups=towers) + lrn + pool(3, 2)
        layers += conv(384, 3, p=1) + conv(384, 3, p=1, groups=towers) + conv(256, 3, p=1, groups=towers) + pool(3, 2)
        return layers + classifier(4096, 4096, 1000)
    if name in stages:
        layers = []
        for stage, (width, number) in enumerate(zip((64, 128, 256, 512, 512), stages[name], strict=True)):
            for i in range(number):
                small = name == "vgg-c" and i == 2
                layers += conv(width, 1 if small else 3, p=0 if small else 1)
            layers += (lrn if name == "vgg-a-lrn" and stage == 0 else []) + pool(2, 2)
        return layers + classifier(4096, 4096, 1000)
    if name in ("googlenet", "googlenet-aux"):
        layers = conv(64, 7, s=2, p=3) + pool(3, 2, 1) + lrn
        layers += conv(64, 1) + conv(192, 3, p=1) + lrn + pool(3, 2, 1)
        layers += module("3a", 64, 96, 128, 16, 32, 32) + module("3b", 128, 128, 192, 32, 96, 64) + pool(3, 2, 1)
        layers += module("4a", 192, 96, 208, 16, 48, 64) + head("aux1") + module("4b", 160, 112, 224, 24, 64, 64)
        layers += module("4c", 128, 128, 256, 24, 64, 64) + module("4d", 112, 144, 288, 32, 64, 64) + head("aux2")
        layers += module("4e", 256, 160, 320, 32, 128, 128) + pool(3, 2, 1)
        layers += module("5a", 256, 160, 320, 32, 128, 128) + module("5b", 384, 192, 384, 48, 128, 128)
        return [*layers, {"kind": "global_pool"}, *classifier(1000)]
    raise ValueError(f"there is no network {name!r}")
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: less to write</summary>

Write small functions that give lists of layers (a convolution with its relu, a module from its six numbers) and join
the lists with `+`. A loop over the table of stages makes all six VGGs.

</details>
<details><summary>Hint: where is my fault?</summary>

`show(summarize(spec("googlenet"), INPUTS["googlenet"]))` prints the table. Compare the shapes with those of the
paper: 3a ends in (256, 28, 28), 4a in (512, 14, 14), 5b in (1024, 7, 7).

</details>
"""

# %% points=10 tests="spec"
assert [layer["kind"] for layer in spec("lenet-5")].count("relu") == 4, "a relu after three conv and one fc"
counts = [row[2] for row in summarize(spec("lenet-5"), INPUTS["lenet"]) if row[2]]
assert counts == [156, 2_416, 48_120, 10_164, 850], f"your LeNet-5 has {counts}"
for name, convolutions in (("vgg-a", 8), ("vgg-b", 10), ("vgg-c", 13), ("vgg-d", 13), ("vgg-e", 16)):
    kinds = [layer["kind"] for layer in spec(name)]
    assert kinds.count("conv") == convolutions, f"{name} has {kinds.count('conv')} convolutions"
    assert kinds.count("fc") == 3, f"{name} has {kinds.count('fc')} fc layers"

# VGG-16 has 138,357,544 parameters and needs 15.5 billion MACs for one image.
params, macs, _ = total(summarize(spec("vgg-d"), INPUTS["vgg"]))
assert (params, macs) == (138_357_544, 15_470_264_320), f"your VGG-16 has {params} parameters and {macs} MACs"

# What the last pooling of AlexNet and of VGG-16 sees of the image.
assert receptive_field(spec("alexnet")) == (195, 32, -64), f"yours is {receptive_field(spec('alexnet'))}"
assert receptive_field(spec("vgg-d")) == (212, 32, -90), f"yours is {receptive_field(spec('vgg-d'))}"

# GoogLeNet's nine modules, and the channels that the last convolutions of their branches make together.
modules = [layer["branches"] for layer in spec("googlenet") if layer["kind"] == "inception"]
lasts = [[[layer for layer in branch if layer["kind"] == "conv"][-1]["out"] for branch in module] for module in modules]
channels = [sum(outs) for outs in lasts]
assert channels == [256, 480, 512, 512, 512, 528, 832, 832, 1024], f"your modules end in {channels} channels"

# %% [markdown]
r"""
## 6. Audit (10 points)

Ten claims from lecture slides and lecture notes that circulate. All of them are wrong. Count anew, with your functions
or on paper.

| key | the claim | what you return |
|---|---|---|
| `"kernel"` | "A kernel of 3×3 on a colour image has 27 parameters." | its parameters, with the bias |
| `"layer"` | "A layer of 100 such kernels has 270 parameters." | the layer's parameters |
| `"vgg16_values"` | "VGG-16 computes 24 M values for one image." | activations of `"vgg-d"`, input included |
| `"vgg16_mb"` | "They take 93 MB." | the same values in float32 (4 bytes each), in MB of 10⁶ bytes |
| `"three_volumes_mib"` | "Three volumes of 224×224×64 with gradients take 72 MB." | in MiB of 2²⁰ bytes, in float32 |
| `"alexnet_conv1"` | "AlexNet's first layer has 11·11·3·96 = 34,848 parameters." | the layer's parameters |
| `"alexnet_one_tower"` | "AlexNet in one tower has 62,369,152 parameters." | its parameters |
| `"alexnet_two_towers"` | "In two towers it has as many." | its parameters |
| `"alexnet_last_volume"` | "AlexNet's last volume is 7×7×512." | the last one before `flatten`, as a shape |
| `"googlenet"` | "GoogLeNet has 5 M parameters." | those of `"googlenet"`, without auxiliary heads |

No worked example this time, and no value to compare with: nobody will tell you the right number when you read a slide,
either. The check below only sees that your answers have the right form and are not the claims themselves.
"""


# %% exercise="audit"
def audit():
    """The right values of ten claims.

    Returns:
        A dict with the ten keys of the table above. Values are ints, but for "vgg16_mb" and "three_volumes_mib"
        (numbers, right to a tenth) and "alexnet_last_volume" (a tuple of three ints).
    """
    ### BEGIN SOLUTION
    image = INPUTS["vgg"]
    vgg = summarize(spec("vgg-d"), image)
    alexnet = summarize(spec("alexnet"), INPUTS["alexnet"])
    towers = summarize(spec("alexnet-two-towers"), INPUTS["alexnet"])
    kernel = summarize([{"kind": "conv", "out": 1, "k": 3}], image)
    values = total(vgg)[2]
    return {
        "kernel": total(kernel)[0],
        "layer": 100 * total(kernel)[0],
        "vgg16_values": values,
        "vgg16_mb": values * 4 / 1e6,
        "three_volumes_mib": 3 * (224 * 224 * 64) * 2 * 4 / 2**20,
        "alexnet_conv1": alexnet[1][2],
        "alexnet_one_tower": total(alexnet)[0],
        "alexnet_two_towers": total(towers)[0],
        "alexnet_last_volume": [row[1] for row in alexnet if len(row[1]) == 3][-1],
        "googlenet": total(summarize(spec("googlenet"), INPUTS["googlenet"]))[0],
    }
    ### END SOLUTION


# %% [markdown]
r"""
<details><summary>Hint: which claims are wrong in which way</summary>

Look for biases that were left out, layers or groups that were forgotten, the units of memory, and a network that was
taken for another.

</details>
"""

# %% points=10 tests="audit"
values = audit()
claims = {
    "kernel": 27,
    "layer": 270,
    "vgg16_values": 24_000_000,
    "vgg16_mb": 93,
    "three_volumes_mib": 72,
    "alexnet_conv1": 34_848,
    "alexnet_one_tower": 62_369_152,
    "alexnet_two_towers": values["alexnet_one_tower"],
    "alexnet_last_volume": (512, 7, 7),
    "googlenet": 5_000_000,
}
assert set(values) == set(claims), f"missing or unknown keys: {set(values) ^ set(claims)}"
for key, claim in claims.items():
    assert values[key] != claim, f"{key}: your value is the claim itself"
assert len(values["alexnet_last_volume"]) == 3, "a shape of three numbers"
assert values["vgg16_mb"] * 1e6 < 5 * values["vgg16_values"], "a value takes 4 bytes"

# %% [markdown]
r"""
## What you have built

- A table that tells, before any training, what a network costs: parameters, arithmetic, memory.
- The receptive field, which tells what a network can see.
- Ten corrected slides. Where a number matters, count it.

Nothing you wrote here is needed in a later unit.
"""
