"""Known wrong answers of unit 09. Each docstring is the sentence that a learner reads."""

from __future__ import annotations

import math

from autograder.testing import Mistakes

mistake = Mistakes()


# -- a right summarize whose every rule can be exchanged ----------------------------------------------------------


def pair(option):
    return tuple(option) if isinstance(option, tuple | list) else (option, option)


def stride(layer):
    return pair(layer.get("s", layer["k"] if layer["kind"] == "pool" else 1))


def axes(layer, shape):
    """Per axis: size, kernel, stride, padding, dilation."""
    options = pair(layer["k"]), stride(layer), pair(layer.get("p", 0)), pair(layer.get("d", 1))
    return list(zip(shape[1:], *options, strict=True))


def floored(n, k, s, p, d):
    return (n + 2 * p - d * (k - 1) - 1) // s + 1


def sizes(layer, shape, formula=floored):
    return tuple(formula(*axis) for axis in axes(layer, shape))


def conv_weights(layer, shape, out):
    return layer["out"] * (shape[0] // layer.get("groups", 1)) * math.prod(pair(layer["k"]))


def conv_biases(layer, shape, out):
    return layer["out"] if layer.get("bias", True) else 0


def conv_macs(layer, shape, out):
    return conv_weights(layer, shape, out) * math.prod(out[1:])


def fc_weights(layer, shape, out):
    return shape[0] * layer["out"]


def nothing(layer, shape, out):
    return 0


def new_values(layer, shape, out):
    return math.prod(out)


def out_shape(layer, shape):
    kind = layer["kind"]
    if kind in ("conv", "pool"):
        return (layer.get("out", shape[0]), *sizes(layer, shape))
    if kind == "global_pool":
        return (shape[0], 1, 1)
    return {"fc": (layer.get("out"),), "flatten": (math.prod(shape),)}.get(kind, shape)


PARAMS = {
    "conv": lambda layer, shape, out: conv_weights(layer, shape, out) + conv_biases(layer, shape, out),
    "fc": lambda layer, shape, out: fc_weights(layer, shape, out) + conv_biases(layer, shape, out),
}
MACS = {"conv": conv_macs, "fc": fc_weights}
VALUES = {kind: new_values for kind in ("conv", "pool", "fc", "lrn", "global_pool")}


def refuse(layer, shape):
    kind = layer["kind"]
    if kind in ("conv", "pool", "lrn", "global_pool") and len(shape) != 3:
        raise ValueError(f"{kind} expects a volume, but gets {shape}")
    if kind == "fc" and len(shape) != 1:
        raise ValueError(f"fc expects flat values, but gets {shape}")
    if kind == "conv" and (shape[0] % layer.get("groups", 1) or layer["out"] % layer.get("groups", 1)):
        raise ValueError(f"{shape[0]} channels and {layer['out']} kernels do not split into {layer['groups']} groups")
    if kind in ("conv", "pool") and any(n + 2 * p <= d * (k - 1) for n, k, _, p, d in axes(layer, shape)):
        raise ValueError(f"a window of {layer['k']} does not fit into {shape}")
    if kind not in ("conv", "pool", "lrn", "global_pool", "fc", "flatten", "relu"):
        raise ValueError(f"there is no kind {kind!r}")


def tolerating(words):
    """All checks but the one whose message has these words."""

    def check(layer, shape):
        try:
            refuse(layer, shape)
        except ValueError as error:
            if words not in str(error):
                raise

    return check


def side_by_side(ends, shape):
    if len({end[1:] for end in ends}) != 1 or len(ends[0]) != 3:
        raise ValueError(f"branches end in {ends}")
    return (sum(end[0] for end in ends), *ends[0][1:])


def run_in_parallel(layer, shape, rules):
    """The rows of a module's branches, and where they end."""
    rows, ends = [], []
    for branch in layer["branches"]:
        inner = table(branch, shape, **rules)
        rows += inner[1:]
        ends.append(inner[-1][1])
    return rows, ends


def table(
    spec,
    in_shape,
    shapes=out_shape,
    params=PARAMS,
    macs=MACS,
    values=VALUES,
    input_values=math.prod,
    check=refuse,
    branches=run_in_parallel,
    join=side_by_side,
    join_values=nothing,
    head_goes_on=False,
    title=lambda layer: layer.get("name", layer["kind"]),
    inside="{}/{}",
):
    rules = {**locals()}
    del rules["spec"], rules["in_shape"]
    shape = tuple(in_shape)
    rows = [("input", shape, 0, 0, input_values(shape))]
    for layer in spec:
        kind, name = layer["kind"], title(layer)
        if kind in ("inception", "head"):
            if kind == "inception":
                inner, ends = branches(layer, shape, rules)
            else:
                inner = table(layer["layers"], shape, **rules)
                ends = [inner[-1][1]]
                inner = inner[1:]
            rows += [(inside.format(name, row[0]), *row[1:]) for row in inner]
            if kind == "inception":
                out = join(ends, shape)
                rows.append((name, out, 0, 0, join_values(layer, shape, out)))
                shape = out
            elif head_goes_on:
                shape = ends[0]
            continue
        check(layer, shape)
        out = shapes(layer, shape)
        counts = (counter.get(kind, nothing)(layer, shape, out) for counter in (params, macs, values))
        rows.append((name, out, *counts))
        shape = out
    return rows


def resized(formula, kinds=("conv", "pool")):
    """Another formula for the sizes."""
    return lambda layer, shape: (
        (layer.get("out", shape[0]), *sizes(layer, shape, formula))
        if layer["kind"] in kinds
        else out_shape(layer, shape)
    )


def with_options(change, kinds=("conv", "pool")):
    """The shapes of layers whose options were read in another way."""
    return lambda layer, shape: out_shape(change(layer) if layer["kind"] in kinds else layer, shape)


def biased(weights, biases=conv_biases):
    """Parameters of a convolution: weights and biases, counted in another way."""
    return {**PARAMS, "conv": lambda *args: weights(*args) + biases(*args)}


# -- summarize: shapes --------------------------------------------------------------------------------------------


@mistake("summarize", family="shapes")
def stride_ignored(spec, in_shape):
    """The stride was not used: windows stand s pixels apart, which divides the number of positions by s."""
    return table(spec, in_shape, shapes=resized(lambda n, k, s, p, d: floored(n, k, 1, p, d)))


@mistake("summarize", family="shapes")
def padding_ignored(spec, in_shape):
    """The padding was not used. It adds p pixels on both sides: n + 2p pixels lie in a row."""
    return table(spec, in_shape, shapes=resized(lambda n, k, s, p, d: floored(n, k, s, 0, d)))


@mistake("summarize", family="shapes")
def padding_on_one_side(spec, in_shape):
    """The padding was added once. It stands on both sides: n + 2p pixels lie in a row."""

    def shapes(layer, shape):
        return resized(lambda n, k, s, p, d: (n + p - d * (k - 1) - 1) // s + 1)(layer, shape)

    return table(spec, in_shape, shapes=shapes)


@mistake("summarize", family="shapes")
def dilation_ignored(spec, in_shape):
    """The dilation was not used. A dilated kernel of k values reaches over d·(k − 1) + 1 pixels."""
    return table(spec, in_shape, shapes=resized(lambda n, k, s, p, d: floored(n, k, s, p, 1)))


@mistake("summarize", family="shapes")
def extent_is_kernel_times_dilation(spec, in_shape):
    """The dilated kernel was taken to be d·k pixels wide. Between k values there are k − 1 steps: d·(k − 1) + 1."""
    return table(spec, in_shape, shapes=resized(lambda n, k, s, p, d: floored(n, d * k, s, p, 1)))


@mistake("summarize", family="shapes")
def dilation_counts_zeros_between(spec, in_shape):
    """Dilation 1 was taken for one gap between neighbours. Here, as in PyTorch, 1 is the dense kernel."""
    return table(spec, in_shape, shapes=resized(lambda n, k, s, p, d: floored(n, k, s, p, d + 1), ("conv",)))


@mistake("summarize", family="shapes")
def sizes_rounded_up(spec, in_shape):
    """Sizes that do not divide were rounded up. What does not fill a window is left out: round down."""
    return table(spec, in_shape, shapes=resized(lambda n, k, s, p, d: -(-(n + 2 * p - d * (k - 1) - 1) // s) + 1))


@mistake("summarize", family="shapes")
def pools_rounded_up(spec, in_shape):
    """Pooling rounded its sizes up, as Caffe does. This course follows PyTorch, which rounds down."""

    def upwards(n, k, s, p, d):
        return -(-(n + 2 * p - k) // s) + 1

    return table(spec, in_shape, shapes=resized(upwards, ("pool",)))


@mistake("summarize", family="shapes")
def sizes_rounded_to_nearest(spec, in_shape):
    """Sizes that do not divide were rounded to the nearest number. What does not fill a window is left out."""
    return table(spec, in_shape, shapes=resized(lambda n, k, s, p, d: round((n + 2 * p - d * (k - 1) - 1) / s + 1)))


@mistake("summarize", family="shapes")
def sizes_not_rounded(spec, in_shape):
    """Sizes were divided with /, which gives floats. Half a position does not exist: divide with //."""
    return table(spec, in_shape, shapes=resized(lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1) / s + 1))


@mistake("summarize", family="shapes")
def size_without_plus_one(spec, in_shape):
    """Sizes are one too small: (n + 2p − k) / s counts the steps between windows; there is one window more."""
    return table(spec, in_shape, shapes=resized(lambda *axis: floored(*axis) - 1), check=tolerating("do not split"))


@mistake("summarize", family="shapes")
def size_one_too_large(spec, in_shape):
    """Sizes are one too large: the kernel reaches over d·(k − 1) + 1 pixels, and the last 1 was forgotten."""
    return table(spec, in_shape, shapes=resized(lambda n, k, s, p, d: (n + 2 * p - d * (k - 1)) // s + 1))


@mistake("summarize", family="shapes")
def size_divided_by_stride(spec, in_shape):
    """Sizes were divided by the stride alone, as if padding always made up for the kernel. Use the whole formula."""
    return table(spec, in_shape, shapes=resized(lambda n, k, s, p, d: -(-n // s)))


@mistake("summarize", family="shapes")
def square_images_assumed(spec, in_shape):
    """The number of rows was used for the columns too. Each axis has a size of its own."""

    def shapes(layer, shape):
        out = out_shape(layer, shape)
        return (out[0], out[1], out[1]) if layer["kind"] in ("conv", "pool") else out

    return table(spec, in_shape, shapes=shapes)


def both_axes(index):
    """A change of a layer: each of its pairs becomes one of its two numbers."""

    def change(layer):
        return {key: value[index] if isinstance(value, tuple) else value for key, value in layer.items()}

    return change


@mistake("summarize", family="shapes")
def first_option_for_both_axes(spec, in_shape):
    """Of a pair, the first number was used for both axes. It is for the rows, the second is for the columns."""
    return table(spec, in_shape, shapes=with_options(both_axes(0)))


@mistake("summarize", family="shapes")
def second_option_for_both_axes(spec, in_shape):
    """Of a pair, the second number was used for both axes. The first is for the rows, the second for the columns."""
    return table(spec, in_shape, shapes=with_options(both_axes(1)))


@mistake("summarize", family="shapes")
def pairs_swapped(spec, in_shape):
    """Pairs were read as (columns, rows). They are (rows, columns), in the order of the axes."""

    def swapped(layer):
        return {key: value[::-1] if isinstance(value, tuple) else value for key, value in layer.items()}

    return table(spec, in_shape, shapes=with_options(swapped))


@mistake("summarize", family="shapes")
def pools_move_one_pixel(spec, in_shape):
    """A pool without "s" got stride 1. Where the key is missing, its stride is its kernel size."""
    return table(spec, in_shape, shapes=with_options(lambda layer: {"s": 1, **layer}, ("pool",)))


@mistake("summarize", family="shapes")
def pools_never_overlap(spec, in_shape):
    """A pool's stride was always its kernel size. Where there is an "s", that is the stride: windows may overlap."""
    return table(spec, in_shape, shapes=with_options(lambda layer: {**layer, "s": layer["k"]}, ("pool",)))


@mistake("summarize", family="shapes")
def pools_halve(spec, in_shape):
    """Every pool halved the sizes. Only one of 2×2 with stride 2 does; use the formula."""
    return table(spec, in_shape, shapes=resized(lambda n, k, s, p, d: n // 2, ("pool",)))


@mistake("summarize", family="shapes")
def pools_without_padding(spec, in_shape):
    """The padding of pools was not used. They may have a "p" as convolutions do."""
    return table(spec, in_shape, shapes=with_options(lambda layer: {**layer, "p": 0}, ("pool",)))


@mistake("summarize", family="shapes")
def stride_of_convolutions_is_kernel(spec, in_shape):
    """A conv without "s" got its kernel size as stride, as a pool does. For a conv, the value left out is 1."""

    def defaulted(layer):
        return {"s": layer["k"], **layer}

    return table(spec, in_shape, shapes=with_options(defaulted, ("conv",)))


@mistake("summarize", family="shapes")
def convolutions_keep_channels(spec, in_shape):
    """A conv kept the number of channels. Each kernel makes one channel: there are `out` of them."""
    return table(
        spec,
        in_shape,
        shapes=lambda layer, shape: (
            (shape[0], *sizes(layer, shape)) if layer["kind"] == "conv" else out_shape(layer, shape)
        ),
    )


@mistake("summarize", family="shapes")
def channels_added_to_input(spec, in_shape):
    """A conv added its `out` channels to those of its input. They take the input's place."""

    def shapes(layer, shape):
        extra = shape[0] if layer["kind"] == "conv" else 0
        out = out_shape(layer, shape)
        return (out[0] + extra, *out[1:])

    return table(spec, in_shape, shapes=shapes, check=tolerating("do not split"))


@mistake("summarize", family="shapes")
def channels_divided_by_groups(spec, in_shape):
    """The output of a grouped conv has `out` channels in all, not `out / groups`."""

    def shapes(layer, shape):
        out = out_shape(layer, shape)
        return (out[0] // layer.get("groups", 1), *out[1:])

    return table(spec, in_shape, shapes=shapes, check=tolerating("do not split"))


@mistake("summarize", family="shapes")
def pools_merge_channels(spec, in_shape):
    """A pool left one channel. Pooling treats every channel on its own and keeps their number."""
    return table(
        spec,
        in_shape,
        shapes=lambda layer, shape: (1, *sizes(layer, shape)) if layer["kind"] == "pool" else out_shape(layer, shape),
        check=tolerating("do not split"),
    )


@mistake("summarize", family="shapes")
def flatten_takes_channels_only(spec, in_shape):
    """flatten gave as many values as there are channels. It keeps all of them: C·H·W."""
    return table(
        spec,
        in_shape,
        shapes=lambda layer, shape: shape[:1] if layer["kind"] == "flatten" else out_shape(layer, shape),
    )


@mistake("summarize", family="shapes")
def flatten_takes_positions_only(spec, in_shape):
    """flatten gave H·W values. Every channel has that many: C·H·W in all."""
    return table(
        spec,
        in_shape,
        shapes=lambda layer, shape: (math.prod(shape[1:]),) if layer["kind"] == "flatten" else out_shape(layer, shape),
    )


@mistake("summarize", family="shapes")
def global_pool_drops_axes(spec, in_shape):
    """global_pool gave flat values (C,). It gives a volume of one position, (C, 1, 1); flatten makes it flat."""
    return table(
        spec,
        in_shape,
        shapes=lambda layer, shape: shape[:1] if layer["kind"] == "global_pool" else out_shape(layer, shape),
        check=tolerating("do not split"),
    )


@mistake("summarize", family="shapes")
def global_pool_over_channels(spec, in_shape):
    """global_pool averaged over the channels too. Each channel has an average of its own: (C, 1, 1)."""
    return table(
        spec,
        in_shape,
        shapes=lambda layer, shape: (1, 1, 1) if layer["kind"] == "global_pool" else out_shape(layer, shape),
    )


@mistake("summarize", family="shapes")
def batch_axis_added(spec, in_shape):
    """Shapes begin with an axis for the images. They are those of one image: (C, H, W), or (n,) when flat."""
    return [(row[0], (1, *row[1]), *row[2:]) for row in table(spec, in_shape)]


@mistake("summarize", family="shapes")
def channels_last(spec, in_shape):
    """Shapes are written (rows, columns, channels). This course, like PyTorch, has the channels first: (C, H, W)."""
    return [(row[0], (*row[1][1:], row[1][0]), *row[2:]) for row in table(spec, in_shape)]


@mistake("summarize", family="shapes")
def shapes_before_layers(spec, in_shape):
    """Each row has the shape that the layer gets. It must have the shape that the layer makes."""
    rows = table(spec, in_shape)
    before = [rows[0], *rows[:-1]]
    return [(row[0], old[1], *row[2:]) for row, old in zip(rows, before, strict=True)]


@mistake("summarize", family="shapes")
def fc_keeps_a_volume(spec, in_shape):
    """The result of fc was given as a volume (out, 1, 1). It is flat: (out,)."""
    return [(r[0], (*r[1], 1, 1) if r[0] == "fc" else r[1], *r[2:]) for r in table(spec, in_shape)]


@mistake("summarize", family="shapes")
def input_row_missing(spec, in_shape):
    """The row of the input is missing. The table begins with ("input", in_shape, 0, 0, number of values)."""
    return table(spec, in_shape)[1:]


@mistake("summarize", family="shapes")
def rows_without_cost_left_out(spec, in_shape):
    """Layers without parameters and new values have no row. Every layer has one, relu and flatten too."""
    rows = table(spec, in_shape)
    return [row for row in rows if any(row[2:])]


@mistake("summarize", family="shapes")
def input_row_at_the_end(spec, in_shape):
    """The row of the input stands last. It comes first, then the layers in their order."""
    rows = table(spec, in_shape)
    return [*rows[1:], rows[0]]


# -- summarize: parameters ----------------------------------------------------------------------------------------


@mistake("summarize", family="parameters")
def biases_omitted(spec, in_shape):
    """Biases were left out. Each kernel and each unit of an fc has one, unless the layer says `bias` False."""
    return table(spec, in_shape, params={"conv": conv_weights, "fc": fc_weights})


@mistake("summarize", family="parameters")
def biases_of_convolutions_omitted(spec, in_shape):
    """The biases of convolutions were left out. Each kernel has one: 28 parameters for 3×3×3, not 27."""
    return table(spec, in_shape, params={**PARAMS, "conv": conv_weights})


@mistake("summarize", family="parameters")
def biases_of_fc_omitted(spec, in_shape):
    """The biases of fc layers were left out. Each of the `out` units has one."""
    return table(spec, in_shape, params={**PARAMS, "fc": fc_weights})


@mistake("summarize", family="parameters")
def biases_always_counted(spec, in_shape):
    """Biases were counted although `bias` is False. Such a layer has weights only."""

    def out(layer, *_):
        return layer["out"]

    return table(
        spec,
        in_shape,
        params={"conv": lambda *args: conv_weights(*args) + out(*args), "fc": lambda *a: fc_weights(*a) + out(*a)},
    )


@mistake("summarize", family="parameters")
def conv_bias_option_ignored(spec, in_shape):
    """A convolution with `bias` False got biases. Such a convolution has weights only."""

    def with_biases(layer, shape, out):
        return conv_weights(layer, shape, out) + layer["out"]

    return table(spec, in_shape, params={**PARAMS, "conv": with_biases})


@mistake("summarize", family="parameters")
def fc_bias_option_ignored(spec, in_shape):
    """An fc with `bias` False got biases. The key means the same for fc as for conv."""
    return table(spec, in_shape, params={**PARAMS, "fc": lambda layer, shape, _: (shape[0] + 1) * layer["out"]})


@mistake("summarize", family="parameters")
def one_bias_for_each_channel(spec, in_shape):
    """A kernel got a bias for each of its channels. It adds up all of them and has one bias."""
    params = biased(conv_weights, lambda layer, shape, _: layer["out"] * shape[0] * layer.get("bias", True))
    return table(spec, in_shape, params=params)


@mistake("summarize", family="parameters")
def one_bias_for_a_layer(spec, in_shape):
    """A convolution got one bias in all. Each of its kernels has one."""
    return table(spec, in_shape, params=biased(conv_weights, lambda layer, *_: 1 * layer.get("bias", True)))


@mistake("summarize", family="parameters")
def one_bias_for_each_position(spec, in_shape):
    """Each position of the feature maps got a bias. Biases are shared over positions, as kernels are."""
    params = biased(conv_weights, lambda layer, _, out: math.prod(out) * layer.get("bias", True))
    return table(spec, in_shape, params=params)


@mistake("summarize", family="parameters")
def biases_for_input_channels(spec, in_shape):
    """A convolution got as many biases as its input has channels. It has one for each kernel, `out` in all."""
    return table(
        spec, in_shape, params=biased(conv_weights, lambda layer, shape, _: shape[0] * layer.get("bias", True))
    )


@mistake("summarize", family="parameters")
def biases_divided_by_groups(spec, in_shape):
    """The biases were divided by the groups. Groups make kernels shallower; there are still `out` of them."""
    params = biased(conv_weights, lambda layer, *_: layer["out"] // layer.get("groups", 1) * layer.get("bias", True))
    return table(spec, in_shape, params=params)


@mistake("summarize", family="parameters")
def groups_ignored_in_parameters(spec, in_shape):
    """The groups were not used. A kernel of a group is C / groups channels deep, not C."""
    params = biased(lambda layer, shape, _: layer["out"] * shape[0] * math.prod(pair(layer["k"])))
    return table(spec, in_shape, params=params)


@mistake("summarize", family="parameters")
def parameters_divided_by_groups_twice(spec, in_shape):
    """The weights were divided by the groups twice. Each kernel is C / groups deep, and there are still `out`."""
    params = biased(lambda layer, shape, out: conv_weights(layer, shape, out) // layer.get("groups", 1))
    return table(spec, in_shape, params=params)


@mistake("summarize", family="parameters")
def square_kernels_assumed(spec, in_shape):
    """The rows of a kernel were used for its columns too. A kernel has KH·KW values in each channel."""
    params = biased(
        lambda layer, shape, _: layer["out"] * (shape[0] // layer.get("groups", 1)) * pair(layer["k"])[0] ** 2
    )
    return table(spec, in_shape, params=params)


@mistake("summarize", family="parameters")
def kernel_side_for_area(spec, in_shape):
    """A kernel of k×k was counted as k values in each channel. It has k·k."""
    params = biased(lambda layer, shape, _: layer["out"] * (shape[0] // layer.get("groups", 1)) * pair(layer["k"])[0])
    return table(spec, in_shape, params=params)


@mistake("summarize", family="parameters")
def kernel_depth_forgotten(spec, in_shape):
    """Kernels were counted as flat. A kernel is as deep as its input (or group) has channels."""
    return table(spec, in_shape, params=biased(lambda layer, *_: layer["out"] * math.prod(pair(layer["k"]))))


@mistake("summarize", family="parameters")
def number_of_kernels_forgotten(spec, in_shape):
    """The weights of one kernel were counted. The layer has `out` kernels."""
    return table(spec, in_shape, params=biased(lambda layer, *args: conv_weights(layer, *args) // layer["out"]))


@mistake("summarize", family="parameters")
def depth_is_out(spec, in_shape):
    """Kernels were taken to be `out` channels deep. Their depth is that of the input, their number is `out`."""
    params = biased(lambda layer, *_: layer["out"] ** 2 // layer.get("groups", 1) * math.prod(pair(layer["k"])))
    return table(spec, in_shape, params=params)


@mistake("summarize", family="parameters")
def depth_of_the_image(spec, in_shape):
    """All kernels were taken to be as deep as the image. A kernel is as deep as the volume that it looks at."""
    params = biased(
        lambda layer, *_: layer["out"] * (in_shape[0] // layer.get("groups", 1)) * math.prod(pair(layer["k"]))
    )
    return table(spec, in_shape, params=params)


@mistake("summarize", family="parameters")
def dilated_extent_counted(spec, in_shape):
    """The gaps of dilated kernels were counted as weights. Dilation spreads the k·k weights, it adds none."""

    def spread(layer, shape, _):
        extents = (d * (k - 1) + 1 for _, k, _, _, d in axes(layer, shape))
        return layer["out"] * (shape[0] // layer.get("groups", 1)) * math.prod(extents)

    return table(spec, in_shape, params=biased(spread))


@mistake("summarize", family="parameters")
def weights_not_shared(spec, in_shape):
    """Each position got kernels of its own, as in a locally connected layer. A convolution shares them."""
    return table(spec, in_shape, params=biased(conv_macs))


@mistake("summarize", family="parameters")
def convolution_counted_as_fc(spec, in_shape):
    """A convolution was counted as if each output saw the whole input. It sees a window of k·k positions only."""
    return table(spec, in_shape, params=biased(lambda layer, shape, out: math.prod(shape) * math.prod(out)))


@mistake("summarize", family="parameters")
def pools_have_parameters(spec, in_shape):
    """Pooling windows were counted as parameters. Pooling compares or averages; nothing in it is learned."""

    def windows(layer, shape, _):
        return shape[0] * math.prod(pair(layer["k"]))

    return table(spec, in_shape, params={**PARAMS, "pool": windows})


@mistake("summarize", family="parameters")
def pool_windows_have_parameters(spec, in_shape):
    """A pool was counted with k·k parameters. Pooling compares or averages; nothing in it is learned."""
    return table(spec, in_shape, params={**PARAMS, "pool": lambda layer, *_: math.prod(pair(layer["k"]))})


@mistake("summarize", family="parameters")
def pools_have_a_scale(spec, in_shape):
    """A pool was counted with a factor and a bias for each channel, as in LeNet-5 of 1998. Here it has none."""
    return table(spec, in_shape, params={**PARAMS, "pool": lambda layer, shape, _: 2 * shape[0]})


@mistake("summarize", family="parameters")
def lrn_has_parameters(spec, in_shape):
    """lrn was counted with a scale and a shift for each channel, as batch normalisation has. It learns nothing."""
    return table(spec, in_shape, params={**PARAMS, "lrn": lambda layer, shape, _: 2 * shape[0]})


@mistake("summarize", family="parameters")
def relus_have_parameters(spec, in_shape):
    """relu was counted with a parameter for each channel. It takes max(0, x) and learns nothing."""
    return table(spec, in_shape, params={**PARAMS, "relu": lambda layer, shape, _: shape[0]})


@mistake("summarize", family="parameters")
def fc_adds_inputs_and_outputs(spec, in_shape):
    """The weights of fc were counted as n + out. Each output has a weight for each input: n · out."""
    return table(
        spec,
        in_shape,
        params={**PARAMS, "fc": lambda layer, shape, _: shape[0] + layer["out"] * (1 + layer.get("bias", True))},
    )


@mistake("summarize", family="parameters")
def fc_biases_for_inputs(spec, in_shape):
    """fc got a bias for each of its inputs. Biases belong to outputs: `out` of them."""
    return table(
        spec,
        in_shape,
        params={**PARAMS, "fc": lambda layer, shape, _: shape[0] * (layer["out"] + layer.get("bias", True))},
    )


@mistake("summarize", family="parameters")
def fc_has_one_bias(spec, in_shape):
    """fc got one bias in all. Each of its `out` units has one."""
    return table(
        spec,
        in_shape,
        params={**PARAMS, "fc": lambda layer, shape, _: shape[0] * layer["out"] + layer.get("bias", True)},
    )


@mistake("summarize", family="parameters")
def fc_not_counted(spec, in_shape):
    """The parameters of fc layers were left out. They have n · out weights, often more than all kernels together."""
    return table(spec, in_shape, params={"conv": PARAMS["conv"]})


@mistake("summarize", family="parameters")
def parameters_in_bytes(spec, in_shape):
    """Parameters were given in bytes, four for each. The table counts values; bytes come in exercise 4."""
    return [(*row[:2], 4 * row[2], *row[3:]) for row in table(spec, in_shape)]


@mistake("summarize", family="parameters")
def parameters_added_up_so_far(spec, in_shape):
    """Each row holds the sum of all parameters up to there. A row has those of its own layer."""
    rows = table(spec, in_shape)
    return [(*row[:2], sum(r[2] for r in rows[: i + 1]), *row[3:]) for i, row in enumerate(rows)]


# -- summarize: multiplications -----------------------------------------------------------------------------------


@mistake("summarize", family="multiplications")
def flops_for_macs(spec, in_shape):
    """Multiplications and additions were counted separately: those are FLOPs, two for each multiply-accumulate."""
    return [(*row[:3], 2 * row[3], row[4]) for row in table(spec, in_shape)]


@mistake("summarize", family="multiplications")
def positions_of_the_input(spec, in_shape):
    """The positions of the input were counted. A kernel is used once at each position of the output, OH·OW."""

    def counted(layer, shape, out):
        return conv_weights(layer, shape, out) * math.prod(shape[1:])

    return table(spec, in_shape, macs={**MACS, "conv": counted})


@mistake("summarize", family="multiplications")
def positions_of_the_padded_input(spec, in_shape):
    """The positions of the padded input were counted. A kernel is used once at each output position, OH·OW."""

    def counted(layer, shape, out):
        return conv_weights(layer, shape, out) * math.prod(n + 2 * p for n, _, _, p, _ in axes(layer, shape))

    return table(spec, in_shape, macs={**MACS, "conv": counted})


@mistake("summarize", family="multiplications")
def positions_at_stride_one(spec, in_shape):
    """The positions were counted as if the stride were 1. With stride s there are fewer windows in each direction."""

    def counted(layer, shape, out):
        return conv_weights(layer, shape, out) * math.prod(
            floored(n, k, 1, p, d) for n, k, _, p, d in axes(layer, shape)
        )

    return table(spec, in_shape, macs={**MACS, "conv": counted})


@mistake("summarize", family="multiplications")
def positions_forgotten(spec, in_shape):
    """Each weight of a convolution was counted once. It is used at every one of the OH·OW positions."""
    return table(spec, in_shape, macs={**MACS, "conv": conv_weights})


@mistake("summarize", family="multiplications")
def square_maps_assumed(spec, in_shape):
    """The positions were counted as OH·OH. The feature map has OH rows and OW columns."""
    return table(
        spec,
        in_shape,
        macs={**MACS, "conv": lambda layer, shape, out: conv_weights(layer, shape, out) * out[1] ** 2},
    )


@mistake("summarize", family="multiplications")
def biases_multiplied(spec, in_shape):
    """Biases of convolutions were counted as multiplications. They are only added: weights · positions."""

    def counted(layer, shape, out):
        return PARAMS["conv"](layer, shape, out) * math.prod(out[1:])

    return table(spec, in_shape, macs={**MACS, "conv": counted})


@mistake("summarize", family="multiplications")
def fc_biases_multiplied(spec, in_shape):
    """Biases of fc were counted as multiplications. They are only added: n · out."""
    return table(spec, in_shape, macs={**MACS, "fc": PARAMS["fc"]})


@mistake("summarize", family="multiplications")
def all_biases_multiplied(spec, in_shape):
    """MACs were counted as parameters times positions. Biases are parameters, but nothing is multiplied by them."""

    def counted(layer, shape, out):
        return PARAMS["conv"](layer, shape, out) * math.prod(out[1:])

    return table(spec, in_shape, macs={"conv": counted, "fc": PARAMS["fc"]})


@mistake("summarize", family="multiplications")
def groups_ignored_in_multiplications(spec, in_shape):
    """The groups were not used. In g groups a kernel meets C / g channels, which is g times less work."""

    def counted(layer, shape, out):
        return math.prod(out) * shape[0] * math.prod(pair(layer["k"]))

    return table(spec, in_shape, macs={**MACS, "conv": counted})


@mistake("summarize", family="multiplications")
def channels_not_multiplied(spec, in_shape):
    """Each output was counted with k·k products. A window has k·k pixels in each of its channels."""

    def counted(layer, shape, out):
        return math.prod(out) * math.prod(pair(layer["k"]))

    return table(spec, in_shape, macs={**MACS, "conv": counted})


@mistake("summarize", family="multiplications")
def kernels_not_multiplied(spec, in_shape):
    """The work of one kernel was counted. The layer has `out` of them."""
    return table(spec, in_shape, macs={**MACS, "conv": lambda layer, *args: conv_macs(layer, *args) // layer["out"]})


@mistake("summarize", family="multiplications")
def square_kernels_multiplied(spec, in_shape):
    """A kernel's rows were used for its columns too. It makes KH·KW products in each channel."""

    def counted(layer, shape, out):
        return math.prod(out) * (shape[0] // layer.get("groups", 1)) * pair(layer["k"])[0] ** 2

    return table(spec, in_shape, macs={**MACS, "conv": counted})


@mistake("summarize", family="multiplications")
def gaps_multiplied(spec, in_shape):
    """The gaps of dilated kernels were counted as work. Dilation spreads the products, it adds none."""

    def counted(layer, shape, out):
        extents = (d * (k - 1) + 1 for _, k, _, _, d in axes(layer, shape))
        return math.prod(out) * (shape[0] // layer.get("groups", 1)) * math.prod(extents)

    return table(spec, in_shape, macs={**MACS, "conv": counted})


@mistake("summarize", family="multiplications")
def pools_multiply(spec, in_shape):
    """The comparisons of pooling were counted. Nothing is multiplied by a weight there: 0 MACs."""
    return table(
        spec,
        in_shape,
        macs={**MACS, "pool": lambda layer, shape, out: math.prod(out) * math.prod(pair(layer["k"]))},
    )


@mistake("summarize", family="multiplications")
def relus_multiply(spec, in_shape):
    """The comparisons of relu were counted. Nothing is multiplied by a weight there: 0 MACs."""
    return table(spec, in_shape, macs={**MACS, "relu": new_values})


@mistake("summarize", family="multiplications")
def lrn_multiplies(spec, in_shape):
    """The divisions of lrn were counted. Only products with weights count here: 0 MACs."""
    return table(spec, in_shape, macs={**MACS, "lrn": new_values})


@mistake("summarize", family="multiplications")
def global_pool_adds(spec, in_shape):
    """The additions of global_pool were counted. Nothing is multiplied by a weight there: 0 MACs."""
    return table(spec, in_shape, macs={**MACS, "global_pool": lambda layer, shape, out: math.prod(shape)})


@mistake("summarize", family="multiplications")
def fc_does_not_multiply(spec, in_shape):
    """The MACs of fc layers were left out. Each of their weights is used once: n · out."""
    return table(spec, in_shape, macs={"conv": conv_macs})


@mistake("summarize", family="multiplications")
def gigamacs(spec, in_shape):
    """MACs were given in billions. The table counts them one by one."""
    return [(*row[:3], row[3] / 1e9, row[4]) for row in table(spec, in_shape)]


# -- summarize: activations ---------------------------------------------------------------------------------------


@mistake("summarize", family="activations")
def relus_take_memory(spec, in_shape):
    """The values of relu were counted. It overwrites what it gets and needs no new memory: 0."""
    return table(spec, in_shape, values={**VALUES, "relu": new_values})


@mistake("summarize", family="activations")
def flatten_takes_memory(spec, in_shape):
    """The values of flatten were counted. It reads the same memory in another shape: 0."""
    return table(spec, in_shape, values={**VALUES, "flatten": new_values})


@mistake("summarize", family="activations")
def everything_takes_memory(spec, in_shape):
    """Every row counts its values. relu overwrites what it gets and flatten reads the same memory: these count 0."""
    return table(spec, in_shape, values={**VALUES, "relu": new_values, "flatten": new_values})


@mistake("summarize", family="activations")
def input_takes_no_memory(spec, in_shape):
    """The input was counted with 0 values. It stays in memory as all volumes do: C·H·W."""
    return table(spec, in_shape, input_values=lambda shape: 0)


@mistake("summarize", family="activations")
def pools_take_no_memory(spec, in_shape):
    """Pools were counted with 0 values. They write a new volume, though a smaller one."""
    return table(spec, in_shape, values={kind: count for kind, count in VALUES.items() if kind != "pool"})


@mistake("summarize", family="activations")
def lrn_takes_no_memory(spec, in_shape):
    """lrn was counted with 0 values. It cannot overwrite its input, which its neighbours need: a new volume."""
    return table(spec, in_shape, values={kind: count for kind, count in VALUES.items() if kind != "lrn"})


@mistake("summarize", family="activations")
def fc_takes_no_memory(spec, in_shape):
    """fc was counted with 0 values. It writes `out` new ones."""
    return table(spec, in_shape, values={kind: count for kind, count in VALUES.items() if kind != "fc"})


@mistake("summarize", family="activations")
def global_pool_takes_no_memory(spec, in_shape):
    """global_pool was counted with 0 values. It writes one new value for each channel."""
    return table(spec, in_shape, values={kind: count for kind, count in VALUES.items() if kind != "global_pool"})


@mistake("summarize", family="activations")
def only_layers_with_weights_take_memory(spec, in_shape):
    """Only conv and fc were counted. pool, lrn and global_pool write new volumes too."""
    return table(spec, in_shape, values={"conv": new_values, "fc": new_values})


@mistake("summarize", family="activations")
def channels_take_no_memory(spec, in_shape):
    """Only the positions of a volume were counted. Each channel has that many values: C·H·W."""
    rows = table(spec, in_shape)
    return [(*r[:4], r[4] // r[1][0] if len(r[1]) == 3 else r[4]) for r in rows]


@mistake("summarize", family="activations")
def volumes_before_layers(spec, in_shape):
    """Each row counts the values that the layer gets. They were counted in the row before: count what it makes."""
    counted = {kind: (lambda layer, shape, out: math.prod(shape)) for kind in VALUES}
    return table(spec, in_shape, values=counted)


@mistake("summarize", family="activations")
def volumes_before_and_after(spec, in_shape):
    """Each row counts the values that the layer gets and those it makes. The first were counted in the row before."""
    counted = {kind: (lambda layer, shape, out: math.prod(shape) + math.prod(out)) for kind in VALUES}
    return table(spec, in_shape, values=counted)


@mistake("summarize", family="activations")
def activations_in_bytes(spec, in_shape):
    """Activations were given in bytes, four for each. The table counts values; bytes come in exercise 4."""
    return [(*row[:4], 4 * row[4]) for row in table(spec, in_shape)]


@mistake("summarize", family="activations")
def gradients_in_the_table(spec, in_shape):
    """Activations were counted twice, with their gradients. The table is for the forward pass."""
    return [(*row[:4], 2 * row[4]) for row in table(spec, in_shape)]


@mistake("summarize", family="activations")
def columns_of_windows_counted(spec, in_shape):
    """The matrix of im2col was counted, every window in full. That is one way to compute; the volume is what stays."""

    def copied(layer, shape, out):
        return shape[0] * math.prod(pair(layer["k"])) * math.prod(out[1:])

    return table(spec, in_shape, values={**VALUES, "conv": copied})


@mistake("summarize", family="activations")
def weights_among_activations(spec, in_shape):
    """The parameters were added to the activations. They have a column of their own."""
    return [(*row[:4], row[2] + row[4]) for row in table(spec, in_shape)]


# -- summarize: modules -------------------------------------------------------------------------------------------


@mistake("summarize", family="modules")
def branches_one_after_the_other(spec, in_shape):
    """Each branch got the result of the branch before it. All of them get the module's input."""

    def chained(layer, shape, rules):
        rows, ends = [], []
        for branch in layer["branches"]:
            inner = table(branch, shape, **rules)
            rows += inner[1:]
            shape = inner[-1][1]
            ends.append(shape)
        return rows, ends

    return table(spec, in_shape, branches=chained)


@mistake("summarize", family="modules")
def last_branch_goes_on(spec, in_shape):
    """The module's result was that of its last branch. It is all branches' channels side by side: add them up."""
    return table(spec, in_shape, join=lambda ends, shape: ends[-1])


@mistake("summarize", family="modules")
def first_branch_goes_on(spec, in_shape):
    """The module's result was that of its first branch. It is all branches' channels side by side: add them up."""
    return table(spec, in_shape, join=lambda ends, shape: ends[0])


@mistake("summarize", family="modules")
def branches_added(spec, in_shape):
    """The branches were added value by value, as in a residual block. They are concatenated: channels add up."""
    return table(spec, in_shape, join=lambda ends, shape: (max(end[0] for end in ends), *ends[0][1:]))


@mistake("summarize", family="modules")
def branches_below_each_other(spec, in_shape):
    """The branches were put below each other, so that their rows add up. They stand side by side in the channels."""

    def stacked(ends, shape):
        side_by_side(ends, shape)
        return (ends[0][0], sum(end[1] for end in ends), ends[0][2])

    return table(spec, in_shape, join=stacked)


@mistake("summarize", family="modules")
def input_among_the_branches(spec, in_shape):
    """The module's input was put beside its branches, as in a DenseNet. Only the branches' results are there."""
    return table(spec, in_shape, join=lambda ends, shape: side_by_side([shape, *ends], shape))


@mistake("summarize", family="modules")
def concatenation_takes_memory(spec, in_shape):
    """The module's row counts its values again. The branches wrote them side by side; they were counted there."""
    return table(spec, in_shape, join_values=new_values)


@mistake("summarize", family="modules")
def module_row_missing(spec, in_shape):
    """The module has no row of its own. After those of its branches comes one with the concatenated shape."""
    return [row for row in table([marked(layer) for layer in spec], in_shape) if not row[0].endswith("\0")]


def marked(layer):
    """A module with a sign at the end of its name."""
    if layer["kind"] != "inception":
        return layer
    branches = [[marked(inner) for inner in branch] for branch in layer["branches"]]
    return {**layer, "name": layer.get("name", layer["kind"]) + "\0", "branches": branches}


@mistake("summarize", family="modules")
def module_in_one_row(spec, in_shape):
    """A module has one row with the sums of its branches. Each layer of a branch has a row, the module has 0, 0, 0."""
    rows, merged, sums = table([marked(layer) for layer in spec], in_shape), [], [0, 0, 0]
    for row in rows:
        if "\0/" in row[0]:
            sums = [a + b for a, b in zip(sums, row[2:], strict=True)]
        elif row[0].endswith("\0"):
            merged.append((row[0][:-1], row[1], *sums))
            sums = [0, 0, 0]
        else:
            merged.append(row)
    return merged


@mistake("summarize", family="modules")
def module_row_before_its_branches(spec, in_shape):
    """A module's row stands before those of its branches. First come the branches, then what they end in."""
    rows, ordered, inner = table([marked(layer) for layer in spec], in_shape), [], []
    for row in rows:
        if "\0/" in row[0]:
            inner.append((row[0].replace("\0", ""), *row[1:]))
        elif row[0].endswith("\0"):
            ordered += [(row[0][:-1], *row[1:]), *inner]
            inner = []
        else:
            ordered.append(row)
    return ordered


@mistake("summarize", family="modules")
def inputs_of_branches_counted(spec, in_shape):
    """Each branch has a row for its input. The module's input was counted once and is not copied: leave them out."""

    def with_input(layer, shape, rules):
        inner = [table(branch, shape, **rules) for branch in layer["branches"]]
        return [row for rows in inner for row in rows], [rows[-1][1] for rows in inner]

    return table(spec, in_shape, branches=with_input)


@mistake("summarize", family="modules")
def first_branch_only(spec, in_shape):
    """Only the first branch of a module was followed. Every branch has rows, and channels in the result."""

    def first(layer, shape, rules):
        return run_in_parallel({**layer, "branches": layer["branches"][:1]}, shape, rules)

    return table(spec, in_shape, branches=first)


@mistake("summarize", family="modules")
def last_branch_forgotten(spec, in_shape):
    """The last branch of a module was left out. Every branch has rows, and channels in the result."""

    def but_last(layer, shape, rules):
        return run_in_parallel({**layer, "branches": layer["branches"][:-1]}, shape, rules)

    return table(spec, in_shape, branches=but_last)


@mistake("summarize", family="modules")
def branches_in_reverse(spec, in_shape):
    """The rows of the branches come in reverse order. They follow each other as the branches do."""

    def backwards(layer, shape, rules):
        return run_in_parallel({**layer, "branches": layer["branches"][::-1]}, shape, rules)

    return table(spec, in_shape, branches=backwards)


@mistake("summarize", family="modules")
def empty_branches_dropped(spec, in_shape):
    """A branch without layers was dropped. It passes the module's input on: its channels are part of the result."""

    def filled(layer, shape, rules):
        return run_in_parallel({**layer, "branches": list(filter(None, layer["branches"]))}, shape, rules)

    return table(spec, in_shape, branches=filled)


@mistake("summarize", family="modules")
def modules_not_nested(spec, in_shape):
    """A module inside a branch was refused. A branch is a network like any other: call your function for it."""

    def flat(layer, shape, rules):
        if any(inner["kind"] == "inception" for branch in layer["branches"] for inner in branch):
            raise ValueError("a module in a module")
        return run_in_parallel(layer, shape, rules)

    return table(spec, in_shape, branches=flat)


@mistake("summarize", family="modules")
def head_goes_on(spec, in_shape):
    """The layer after a head got the head's result. A head is a side exit: the next layer gets what the head got."""
    return table(spec, in_shape, head_goes_on=True)


@mistake("summarize", family="modules")
def heads_left_out(spec, in_shape):
    """Heads were left out. They have parameters and cost memory and work in training: their layers have rows."""
    return table([layer for layer in spec if layer["kind"] != "head"], in_shape)


@mistake("summarize", family="modules")
def head_has_a_row(spec, in_shape):
    """A head has a row of its own. Only its layers have rows: what it ends in does not go on."""
    rows = table(spec, in_shape)
    heads = [layer for layer in spec if layer["kind"] == "head"]
    for layer in heads:
        prefix = layer.get("name", "head") + "/"
        last = max(i for i, row in enumerate(rows) if row[0].startswith(prefix))
        rows.insert(last + 1, (prefix[:-1], rows[last][1], 0, 0, 0))
    return rows


@mistake("summarize", family="modules")
def rows_of_modules_in_lists(spec, in_shape):
    """The rows of a module's layers were put into a list of their own. All stand in one list: use +=, not append."""
    rows, nested, inner = table([marked(layer) for layer in spec], in_shape), [], []
    for row in rows:
        if "\0/" in row[0]:
            inner.append(row)
        else:
            nested += [inner, row] if inner else [row]
            inner = []
    return nested


# -- summarize: contract ------------------------------------------------------------------------------------------


@mistake("summarize", family="contract")
def kinds_for_names(spec, in_shape):
    """Rows carry the kinds of layers where these have names. A layer's `name` comes first, its kind is a stopgap."""
    return table(spec, in_shape, title=lambda layer: layer["kind"])


@mistake("summarize", family="contract")
def numbered_names(spec, in_shape):
    """Layers without a name were numbered. Where there is no `name`, the kind alone is the name."""
    count = iter(range(1, 1000))
    return table(spec, in_shape, title=lambda layer: layer.get("name", f"{layer['kind']}{next(count)}"))


@mistake("summarize", family="contract")
def none_for_names(spec, in_shape):
    """Layers without a name got None. Where there is no `name`, the kind is the name."""
    return table(spec, in_shape, title=lambda layer: layer.get("name"))


@mistake("summarize", family="contract")
def names_are_demanded(spec, in_shape):
    """A layer without a name was refused. The key may be missing: layer.get("name", layer["kind"])."""

    def title(layer):
        if "name" not in layer:
            raise ValueError(f"a {layer['kind']} has no name")
        return layer["name"]

    return table(spec, in_shape, title=title)


@mistake("summarize", family="contract")
def names_without_module(spec, in_shape):
    """Layers in modules and heads have their own names only. The module's name and a slash stand before them."""
    return table(spec, in_shape, inside="{1}")


@mistake("summarize", family="contract")
def names_with_dots(spec, in_shape):
    """Names in modules were joined with a dot. A slash is asked for: "module/layer"."""
    return table(spec, in_shape, inside="{}.{}")


@mistake("summarize", family="contract")
def input_called_image(spec, in_shape):
    """The first row has another name. It must be called "input"."""
    return [("image", *row[1:]) if i == 0 else row for i, row in enumerate(table(spec, in_shape))]


@mistake("summarize", family="contract")
def defaults_written_into_layers(spec, in_shape):
    """Missing options were written into the caller's layers. Read them with layer.get, which changes nothing."""
    for layer in spec:
        layer.setdefault("name", layer["kind"])
    return table(spec, in_shape)


@mistake("summarize", family="contract")
def spec_emptied(spec, in_shape):
    """The caller's list was emptied layer by layer. Loop over it; take nothing out."""
    rows = table(spec, in_shape)
    spec.clear()
    return rows


@mistake("summarize", family="contract")
def unknown_kinds_skipped(spec, in_shape):
    """A kind that does not exist was treated like relu. A slip of the pen would go unseen: raise ValueError."""
    return table(spec, in_shape, check=tolerating("there is no kind"))


@mistake("summarize", family="contract")
def empty_volumes_made(spec, in_shape):
    """A window larger than its padded input gave an empty volume. Nothing useful can follow: raise ValueError."""
    return table(spec, in_shape, check=tolerating("does not fit"))


@mistake("summarize", family="contract")
def only_rows_checked(spec, in_shape):
    """Whether a window fits was checked for the rows only. It can be too wide as well: raise ValueError."""

    def check(layer, shape):
        if layer["kind"] not in ("conv", "pool") or len(shape) != 3:
            return refuse(layer, shape)
        return refuse(layer, (shape[0], shape[1], 1000))

    return table(spec, in_shape, check=check)


@mistake("summarize", family="contract")
def fit_checked_without_padding(spec, in_shape):
    """Windows were compared with the kernel size alone, without dilation. A dilated kernel reaches further."""

    def check(layer, shape):
        return refuse({**layer, "d": 1}, shape)

    return table(spec, in_shape, check=check)


@mistake("summarize", family="contract")
def uneven_groups_accepted(spec, in_shape):
    """Channels or kernels that do not split evenly into groups were accepted. Raise ValueError."""
    return table(spec, in_shape, check=tolerating("do not split"))


@mistake("summarize", family="contract")
def uneven_kernels_accepted(spec, in_shape):
    """Only the input's channels were divided by the groups. `out` must split evenly as well: raise ValueError."""

    def check(layer, shape):
        refuse({**layer, "out": 0} if layer["kind"] == "conv" else layer, shape)

    return table(spec, in_shape, check=check)


@mistake("summarize", family="contract")
def fc_flattens_by_itself(spec, in_shape):
    """An fc took a volume and flattened it. In this format flatten is a layer: without it, raise ValueError."""

    def shapes(layer, shape):
        return out_shape(layer, shape)

    return table(spec, in_shape, check=tolerating("fc expects"), shapes=shapes)


def lenient(layer, shape):
    """The shape after a layer, flat values taken for channels of one position."""
    return out_shape(layer, shape if len(shape) == 3 or layer["kind"] not in ("conv", "pool") else (*shape, 1, 1))


@mistake("summarize", family="contract")
def flat_values_have_positions(spec, in_shape):
    """A conv, pool, lrn or global_pool after flatten was accepted. They need a volume (C, H, W): raise ValueError."""

    def check(layer, shape):
        if len(shape) == 3 or layer["kind"] in ("fc", "relu", "flatten"):
            refuse(layer, shape)

    return table(spec, in_shape, check=check, shapes=lenient)


@mistake("summarize", family="contract")
def lrn_on_flat_values(spec, in_shape):
    """An lrn after flatten was accepted. It works across channels and needs a volume (C, H, W): raise ValueError."""

    def check(layer, shape):
        if layer["kind"] != "lrn":
            refuse(layer, shape)

    return table(spec, in_shape, check=check)


@mistake("summarize", family="contract")
def uneven_branches_accepted(spec, in_shape):
    """Branches of different sizes were put side by side. Their rows and columns must agree: raise ValueError."""
    return table(spec, in_shape, join=lambda ends, shape: (sum(end[0] for end in ends), *ends[0][1:]))


@mistake("summarize", family="contract")
def only_rows_of_branches_compared(spec, in_shape):
    """Only the rows of the branches were compared. Their columns must agree as well: raise ValueError."""

    def join(ends, shape):
        side_by_side([(*end[:2], 1) for end in ends], shape)
        return (sum(end[0] for end in ends), *ends[0][1:])

    return table(spec, in_shape, join=join)


@mistake("summarize", family="contract")
def assertion_for_value_error(spec, in_shape):
    """Bad networks were met with `assert`. Assertions are for tests and vanish under python -O: raise ValueError."""
    try:
        return table(spec, in_shape)
    except ValueError as error:
        raise AssertionError(str(error)) from None


@mistake("summarize", family="contract")
def none_for_value_error(spec, in_shape):
    """Bad networks were met with a message and None. The caller goes on and fails later: raise ValueError."""
    try:
        return table(spec, in_shape)
    except ValueError:
        return None


# -- total --------------------------------------------------------------------------------------------------------


def summed(rows):
    return tuple(sum(row[i] for row in rows) for i in (2, 3, 4))


@mistake("total", family="sums")
def multiplications_first(rows):
    """The sums come in another order. Parameters first, then multiply-accumulates, then activations."""
    params, macs, activations = summed(rows)
    return macs, params, activations


@mistake("total", family="sums")
def activations_second(rows):
    """The sums come in another order. They follow the columns: parameters, multiply-accumulates, activations."""
    params, macs, activations = summed(rows)
    return params, activations, macs


@mistake("total", family="sums")
def parameters_only(rows):
    """Only the parameters were added up. Three sums are asked for: parameters, MACs, activations."""
    return summed(rows)[0]


@mistake("total", family="sums")
def activations_missing(rows):
    """The sum of the activations is missing. Three sums are asked for."""
    return summed(rows)[:2]


@mistake("total", family="sums")
def input_left_out(rows):
    """The first row was left out. The input's values are activations too."""
    return summed(rows[1:])


@mistake("total", family="sums")
def last_row_left_out(rows):
    """The last row was left out: a range that ends at len(rows) - 1 does not reach it."""
    return summed(rows[:-1])


@mistake("total", family="sums")
def largest_volume(rows):
    """The largest number of activations was taken. In training all volumes stay: add them up."""
    params, macs, activations = summed(rows)
    return params, macs, max((row[4] for row in rows), default=activations)


@mistake("total", family="sums")
def largest_of_each_column(rows):
    """The largest value of each column was taken. The last line of a table has the sums."""
    return tuple(max((row[i] for row in rows), default=0) for i in (2, 3, 4))


@mistake("total", family="sums")
def last_value_of_each_column(rows):
    """Each row replaced the one before it: write += for =."""
    return tuple(rows[-1][2:]) if rows else (0, 0, 0)


@mistake("total", family="sums")
def all_shapes_counted(rows):
    """The activations were counted from the shapes. Rows of relu and flatten add no values: use the last column."""
    params, macs, _ = summed(rows)
    return params, macs, sum(math.prod(row[1]) for row in rows)


@mistake("total", family="sums")
def flops_in_the_sum(rows):
    """The sum of the MACs was doubled. That makes FLOPs; multiply-accumulates are asked for."""
    params, macs, activations = summed(rows)
    return params, 2 * macs, activations


@mistake("total", family="sums")
def sums_in_floats(rows):
    """The sums are floats, which cannot count beyond 2⁵³. Python's ints can: add up the ints as they are."""
    return tuple(float(value) for value in summed(rows))


@mistake("total", family="sums")
def sums_in_32_bits(rows):
    """The sums were made in 64 or fewer bits and wrapped around. Python's ints have no limit: use sum()."""
    return tuple((value + 2**31) % 2**32 - 2**31 for value in summed(rows))


@mistake("total", family="sums")
def sums_in_millions(rows):
    """The sums were given in millions. Counts are asked for."""
    return tuple(value / 1e6 for value in summed(rows))


@mistake("total", family="sums")
def sums_in_a_dict(rows):
    """The sums came in a dict. A tuple of three ints is asked for."""
    return dict(zip(("params", "macs", "activations"), summed(rows), strict=True))


@mistake("total", family="sums")
def one_sum_for_all(rows):
    """All columns were added up into one number. They count different things: three sums."""
    return sum(summed(rows))


@mistake("total", family="sums")
def average_of_columns(rows):
    """The columns were averaged. The last line of a table has the sums."""
    return tuple(value // max(len(rows), 1) for value in summed(rows))


@mistake("total", family="contract")
def rows_taken_out(rows):
    """The caller's table was emptied row by row. Loop over it; take nothing out."""
    found = summed(rows)
    rows.clear()
    return found


@mistake("total", family="contract")
def sum_written_into_the_table(rows):
    """The sums were appended to the caller's table. Return them; the argument stays as it is."""
    found = summed(rows)
    rows.append(("total", (), *found))
    return found


@mistake("total", family="contract")
def empty_table_refused(rows):
    """A table without rows was an error. Sums over nothing are 0."""
    if not rows:
        raise ValueError("no rows")
    return summed(rows)


@mistake("total", family="contract")
def none_for_an_empty_table(rows):
    """A table without rows gave None. Sums over nothing are 0."""
    return summed(rows) if rows else None


# -- receptive_field ----------------------------------------------------------------------------------------------


def grown(size, jump, k, s, p, d):
    return size + d * (k - 1) * jump


def moved(start, jump, k, s, p, d):
    return start - p * jump


def stepped(jump, k, s, p, d):
    return jump * s


def one_number(option):
    rows, columns = pair(option)
    if rows != columns:
        raise ValueError(f"rows and columns differ: {option}")
    return rows


def union(fields, field):
    """The field behind a module: branches' fields in units of the module's input, and its own."""
    if len({jump for _, jump, _ in fields}) != 1:
        raise ValueError(f"branches have different jumps: {fields}")
    size, jump, start = field
    first = min(begin for _, _, begin in fields)
    end = max(begin + extent for extent, _, begin in fields)
    return size + (end - first - 1) * jump, jump * fields[0][1], start + first * jump


def field(
    spec,
    size=grown,
    jump=stepped,
    start=moved,
    join=union,
    number=one_number,
    ends=("flatten", "global_pool", "fc"),
    heads=False,
    default=lambda layer: layer["k"] if layer["kind"] == "pool" else 1,
):
    rules = {**locals()}
    del rules["spec"]
    extent, step, first = 1, 1, 0
    for layer in spec:
        kind = layer["kind"]
        if kind in ends:
            break
        if kind in ("conv", "pool"):
            values = (layer["k"], layer.get("s", default(layer)), layer.get("p", 0), layer.get("d", 1))
            k, s, p, d = map(number, values)
            extent, first, step = (
                size(extent, step, k, s, p, d),
                start(first, step, k, s, p, d),
                jump(step, k, s, p, d),
            )
        elif kind == "inception":
            fields = [field(branch, **rules) for branch in layer["branches"]]
            extent, step, first = join(fields, (extent, step, first))
        elif kind == "head" and heads:
            inner = field(layer["layers"], **rules)
            extent, step, first = union([inner], (extent, step, first))
    return extent, step, first


@mistake("receptive-field", family="jump")
def strides_added(spec):
    """The strides were added. Steps multiply: two layers of stride 2 make units 4 pixels apart."""
    return field(spec, jump=lambda jump, k, s, p, d: jump + s - 1)


@mistake("receptive-field", family="jump")
def jump_of_convolutions_only(spec):
    """The strides of pools were left out. A pool moves by its stride as a convolution does."""
    convolutions = [layer for layer in spec if layer["kind"] != "pool"]
    size, _, start = field(spec)
    return size, field(convolutions)[1], start


@mistake("receptive-field", family="jump")
def jump_of_pools_only(spec):
    """The strides of convolutions were left out. Every stride multiplies the jump."""
    pools = [layer for layer in spec if layer["kind"] not in ("conv",)]
    size, _, start = field(spec)
    return size, field(pools)[1], start


@mistake("receptive-field", family="jump")
def pools_step_by_one(spec):
    """A pool without "s" got stride 1. Where the key is missing, its stride is its kernel size."""
    return field(spec, default=lambda layer: 1)


@mistake("receptive-field", family="jump")
def convolutions_step_by_kernel(spec):
    """A conv without "s" got its kernel size as stride, as a pool does. For a conv, the value left out is 1."""
    return field(spec, default=lambda layer: layer["k"])


@mistake("receptive-field", family="jump")
def last_stride_only(spec):
    """The jump is the last layer's stride. It is counted in pixels of the image: the product of all strides."""
    size, _, start = field(spec)
    return size, field(spec, jump=lambda jump, k, s, p, d: s)[1], start


@mistake("receptive-field", family="jump")
def jump_always_one(spec):
    """The jump stayed 1. A stride of s makes neighbouring units s times as far apart."""
    return field(spec, jump=lambda jump, k, s, p, d: 1)


@mistake("receptive-field", family="jump")
def largest_stride(spec):
    """The jump is the largest stride. Strides of all layers multiply."""
    return field(spec, jump=lambda jump, k, s, p, d: max(jump, s))


@mistake("receptive-field", family="jump")
def dilation_in_the_jump(spec):
    """The dilation was multiplied into the jump. It spreads a kernel's values, not the units: stride only."""
    return field(spec, jump=lambda jump, k, s, p, d: jump * s * d)


@mistake("receptive-field", family="jump")
def kernels_multiplied(spec):
    """The jump was multiplied by kernel sizes. Windows overlap: the stride tells how far apart they are."""
    size, _, start = field(spec)
    return size, field(spec, jump=lambda jump, k, s, p, d: jump * k)[1], start


@mistake("receptive-field", family="jump")
def jump_divided(spec):
    """The jump was divided by the strides. Later units lie further apart in the image: multiply."""
    size, _, start = field(spec)
    return size, 1 / field(spec)[1], start


@mistake("receptive-field", family="jump")
def jump_before_the_last_layer(spec):
    """The jump leaves the last stride out. It must be that of the units behind the last layer."""
    size, _, start = field(spec)
    last = max((i for i, layer in enumerate(spec) if layer["kind"] in ("conv", "pool", "inception")), default=0)
    return size, field(spec[:last])[1], start


@mistake("receptive-field", family="jump")
def start_before_jump(spec):
    """Jump and start were exchanged. The order is (size, jump, start)."""
    size, jump, start = field(spec)
    return size, start, jump


@mistake("receptive-field", family="size")
def sizes_without_jump(spec):
    """The receptive field grew by k − 1 in every layer. Behind strides a step is `jump` pixels wide: (k − 1) · jump."""
    return field(spec, size=lambda size, jump, k, s, p, d: size + d * (k - 1))


@mistake("receptive-field", family="size")
def size_with_the_new_jump(spec):
    """The jump was multiplied by the stride before the size used it. The kernel steps over the layer's
    input: the old jump."""
    return field(spec, size=lambda size, jump, k, s, p, d: size + d * (k - 1) * jump * s)


@mistake("receptive-field", family="size")
def size_without_dilation(spec):
    """The dilation was ignored. A kernel of k values with dilation d reaches over d·(k − 1) + 1 units."""
    return field(spec, size=lambda size, jump, k, s, p, d: size + (k - 1) * jump)


@mistake("receptive-field", family="size")
def dilated_kernel_too_wide(spec):
    """The dilated kernel was taken to be d·k wide. Between k values there are k − 1 steps: d·(k − 1)."""
    return field(spec, size=lambda size, jump, k, s, p, d: size + (d * k - 1) * jump)


@mistake("receptive-field", family="size")
def kernels_added(spec):
    """The whole kernel was added in every layer. The first of its values is where the field already is: k − 1."""
    return field(spec, size=lambda size, jump, k, s, p, d: size + d * k * jump)


@mistake("receptive-field", family="size")
def sizes_multiplied(spec):
    """Kernel sizes were multiplied. Neighbouring windows overlap: each layer adds d·(k − 1)·jump."""
    return field(spec, size=lambda size, jump, k, s, p, d: size * k)


@mistake("receptive-field", family="size")
def size_of_convolutions_only(spec):
    """Pools were left out of the size. A pool looks at k units, as a convolution does."""
    _, jump, start = field(spec)
    size, step = 1, 1
    for layer in spec:
        inner = field([layer])
        size += (inner[0] - 1) * step * (layer["kind"] != "pool")
        step *= inner[1]
    return size, jump, start


@mistake("receptive-field", family="size")
def sizes_begin_at_zero(spec):
    """The size began at 0. A unit of the image sees one pixel, itself."""
    size, jump, start = field(spec)
    return size - 1, jump, start


@mistake("receptive-field", family="size")
def padding_in_the_size(spec):
    """The padding was subtracted from the size. The window is as wide in the padding; only its start moves."""
    return field(spec, size=lambda size, jump, k, s, p, d: size + (d * (k - 1) - 2 * p) * jump)


@mistake("receptive-field", family="size")
def padding_makes_it_larger(spec):
    """The padding was added to the size. The window is as wide as without it; only its start moves."""
    return field(spec, size=lambda size, jump, k, s, p, d: size + (d * (k - 1) + 2 * p) * jump)


@mistake("receptive-field", family="size")
def kernel_of_the_last_layer(spec):
    """The size is the last layer's kernel. The field is counted in pixels of the image, through all layers."""
    return field(spec, size=lambda size, jump, k, s, p, d: d * (k - 1) + 1)


@mistake("receptive-field", family="size")
def half_the_size(spec):
    """Half of each kernel was added, on one side. The field grows on both sides: d·(k − 1)·jump in all."""
    return field(spec, size=lambda size, jump, k, s, p, d: size + d * ((k - 1) // 2) * jump)


@mistake("receptive-field", family="size")
def stride_for_jump(spec):
    """The size grew by (k − 1) times the layer's own stride. What counts are the strides of the layers before it."""
    return field(spec, size=lambda size, jump, k, s, p, d: size + d * (k - 1) * s)


@mistake("receptive-field", family="size")
def area_for_size(spec):
    """The size is the number of pixels in the square. It is asked for along one axis."""
    size, jump, start = field(spec)
    return size**2, jump, start


@mistake("receptive-field", family="size")
def relu_sees_more(spec):
    """relu and lrn made the field wider. They look at one position only and change nothing."""
    size, jump, start = field(spec)
    return size + sum(layer["kind"] in ("relu", "lrn") for layer in spec), jump, start


@mistake("receptive-field", family="start")
def start_ignores_padding(spec):
    """The padding was left out: the start stayed at 0. With padding p the first window begins p units earlier."""
    return field(spec, start=lambda start, *_: 0)


@mistake("receptive-field", family="start")
def start_ignores_padding_of_pools(spec):
    """The padding of pools was left out. Their first window begins p units earlier, as a convolution's does."""
    size, jump, _ = field(spec)
    start, step = 0, 1
    for layer in spec:
        inner = field([layer])
        start += inner[2] * step * (layer["kind"] != "pool")
        step *= inner[1]
    return size, jump, start


@mistake("receptive-field", family="start")
def start_to_the_right(spec):
    """The padding was added to the start. It stands before the image, so the first window begins earlier: subtract."""
    return field(spec, start=lambda start, jump, k, s, p, d: start + p * jump)


@mistake("receptive-field", family="start")
def start_without_jump(spec):
    """The paddings were added up as they are. p units of a later layer are p · jump pixels of the image."""
    return field(spec, start=lambda start, jump, k, s, p, d: start - p)


@mistake("receptive-field", family="start")
def start_with_the_new_jump(spec):
    """The jump was multiplied by the stride before the start used it. The padding is in units of the layer's input."""
    return field(spec, start=lambda start, jump, k, s, p, d: start - p * jump * s)


@mistake("receptive-field", family="start")
def centre_for_start(spec):
    """The centre of the first field was given. The start is the first pixel that the first unit sees."""
    size, jump, start = field(spec)
    return size, jump, start + (size - 1) // 2


@mistake("receptive-field", family="start")
def centre_in_half_pixels(spec):
    """The centre of the first field was given, half pixels included. The start is the first pixel that is seen."""
    size, jump, start = field(spec)
    return size, jump, start + size / 2


@mistake("receptive-field", family="start")
def start_inside_the_image(spec):
    """A start before the image was set to 0. Keep it negative: it tells that the window begins in the padding."""
    size, jump, start = field(spec)
    return size, jump, max(start, 0)


@mistake("receptive-field", family="start")
def start_counts_from_one(spec):
    """Pixels were counted from 1. The image's first pixel is pixel 0."""
    size, jump, start = field(spec)
    return size, jump, start + 1


@mistake("receptive-field", family="start")
def start_of_the_last_layer(spec):
    """The start is the last layer's alone. The paddings of all layers add up."""
    return field(spec, start=lambda start, jump, k, s, p, d: -p * jump)


@mistake("receptive-field", family="start")
def start_from_size(spec):
    """The start was taken to be half the field before 0, which holds for "same" padding only. Use the paddings."""
    size, jump, _ = field(spec)
    return size, jump, -((size - 1) // 2)


@mistake("receptive-field", family="start")
def padding_times_dilation(spec):
    """The padding was multiplied by the dilation. Padding is counted in units of the input, dilated or not."""
    return field(spec, start=lambda start, jump, k, s, p, d: start - p * d * jump)


@mistake("receptive-field", family="modules")
def modules_skipped(spec):
    """Modules were skipped. A module sees what any of its branches sees."""
    return field([layer for layer in spec if layer["kind"] != "inception"])


@mistake("receptive-field", family="modules")
def first_branch_sees(spec):
    """Only the first branch of a module was looked at. The module sees what any of its branches sees."""
    return field(spec, join=lambda fields, outer: union(fields[:1], outer))


@mistake("receptive-field", family="modules")
def last_branch_sees(spec):
    """Only the last branch of a module was looked at. The module sees what any of its branches sees."""
    return field(spec, join=lambda fields, outer: union(fields[-1:], outer))


@mistake("receptive-field", family="modules")
def widest_branch_sees(spec):
    """The widest branch was taken for the module. Another one may see further to the left or right: take the union."""
    return field(spec, join=lambda fields, outer: union([max(fields, key=lambda one: one[0])], outer))


@mistake("receptive-field", family="modules")
def narrowest_branch_sees(spec):
    """The narrowest branch was taken for the module. A unit behind it sees what any branch sees: take the union."""
    return field(spec, join=lambda fields, outer: union([min(fields, key=lambda one: one[0])], outer))


@mistake("receptive-field", family="modules")
def fields_of_branches_intersected(spec):
    """What all branches see was taken. A unit behind the module sees what any of them sees: the union."""

    def common(fields, outer):
        first = max(begin for _, _, begin in fields)
        end = min(begin + extent for extent, _, begin in fields)
        return union([(end - first, fields[0][1], first)], outer)

    return field(spec, join=common)


@mistake("receptive-field", family="modules")
def largest_numbers_of_branches(spec):
    """The largest size and the earliest start were combined although they belong to different branches. Find
    the ends first."""

    def mixed(fields, outer):
        widest, first = max(one[0] for one in fields), min(one[2] for one in fields)
        return union([(widest, fields[0][1], first)], outer)

    return field(spec, join=mixed)


@mistake("receptive-field", family="modules")
def branches_chained(spec):
    """The branches were followed one after the other. They stand side by side: each starts at the module's input."""

    def chain(fields, outer):
        for one in fields:
            outer = union([one], outer)
        return outer

    return field(spec, join=chain)


@mistake("receptive-field", family="modules")
def sizes_of_branches_added(spec):
    """The branches' sizes were added up. They look at the same pixels: take the union."""

    def added(fields, outer):
        return union([(sum(one[0] for one in fields), fields[0][1], min(one[2] for one in fields))], outer)

    return field(spec, join=added)


@mistake("receptive-field", family="modules")
def branches_counted_in_pixels(spec):
    """The branches' fields were not multiplied by the jump. They are counted in units of the module's input."""

    def unscaled(fields, outer):
        size, jump, start = outer
        extent, step, first = union(fields, (1, 1, 0))
        return size + extent - 1, jump * step, start + first

    return field(spec, join=unscaled)


@mistake("receptive-field", family="modules")
def strides_in_modules_ignored(spec):
    """The strides inside modules were left out of the jump. Units behind the module are further apart by them."""

    def unmoved(fields, outer):
        size, _, start = union(fields, outer)
        return size, outer[1], start

    return field(spec, join=unmoved)


@mistake("receptive-field", family="modules")
def heads_see(spec):
    """A head was counted among the layers. It is a side exit: what follows does not look through it."""
    return field(spec, heads=True)


@mistake("receptive-field", family="modules")
def heads_end_it(spec):
    """Nothing after a head was looked at. A head is a side exit, and the network goes on behind it."""
    return field(spec, ends=("flatten", "global_pool", "fc", "head"))


@mistake("receptive-field", family="contract")
def kernel_of_flatten_asked(spec):
    """Every layer was asked for its kernel; flatten, fc and global_pool have none, and None is no number. Stop."""
    for layer in spec:
        if layer["kind"] in ("flatten", "fc", "global_pool"):
            return layer.get("k") - 1
    return field(spec)


@mistake("receptive-field", family="contract")
def global_pool_does_not_end_it(spec):
    """Layers after global_pool were counted. It averages the whole image: every unit behind it sees everything."""
    return field(spec, ends=("flatten", "fc"))


@mistake("receptive-field", family="contract")
def empty_network_refused(spec):
    """An empty network was an error. Units of the image see themselves: (1, 1, 0)."""
    if not spec:
        raise ValueError("no layer")
    return field(spec)


@mistake("receptive-field", family="contract")
def rows_stand_for_both(spec):
    """Where rows and columns differ, those of the rows were taken. One number cannot stand for both: raise
    ValueError."""
    return field(spec, number=lambda option: pair(option)[0])


@mistake("receptive-field", family="contract")
def columns_stand_for_both(spec):
    """Where rows and columns differ, those of the columns were taken. Raise ValueError: two answers would be needed."""
    return field(spec, number=lambda option: pair(option)[1])


@mistake("receptive-field", family="contract")
def only_kernels_compared(spec):
    """Only the kernel's rows and columns were compared. Strides, paddings and dilations can differ as well."""
    for layer in spec:
        if "k" in layer:
            one_number(layer["k"])
    return field(spec, number=lambda option: pair(option)[0])


@mistake("receptive-field", family="contract")
def all_pairs_refused(spec):
    """Every pair was refused. One of two equal numbers is as good as a single number."""

    def number(option):
        if isinstance(option, tuple):
            raise ValueError(f"{option} is a pair")
        return option

    return field(spec, number=number)


@mistake("receptive-field", family="contract")
def type_error_for_pairs(spec):
    """Pairs of different numbers ended in a TypeError from the arithmetic. Look at them first and raise ValueError."""
    try:
        return field(spec)
    except ValueError as error:
        if "rows and columns" in str(error):
            raise TypeError("can't multiply sequence by non-int") from None
        raise


@mistake("receptive-field", family="contract")
def different_jumps_accepted(spec):
    """Branches with different jumps were accepted. Their volumes cannot stand side by side: raise ValueError."""

    def first_jump(fields, outer):
        return union([(size, fields[0][1], start) for size, _, start in fields], outer)

    return field(spec, join=first_jump)


@mistake("receptive-field", family="contract")
def network_emptied(spec):
    """The caller's list was emptied layer by layer. Loop over it; take nothing out."""
    found = field(spec)
    spec.clear()
    return found


@mistake("receptive-field", family="contract")
def strides_written_into_layers(spec):
    """Missing strides were written into the caller's layers. Read them with layer.get, which changes nothing."""
    found = field(spec)
    for layer in spec:
        if "k" in layer:
            layer.setdefault("s", 1)
    return found


@mistake("receptive-field", family="contract")
def assertion_for_unequal_pairs(spec):
    """Bad networks were met with `assert`. Assertions vanish under python -O: raise ValueError."""
    try:
        return field(spec)
    except ValueError as error:
        raise AssertionError(str(error)) from None


# -- training_memory ----------------------------------------------------------------------------------------------

KEPT = {"sgd": 0, "momentum": 1, "adam": 2}


def memory_of(
    rows,
    batch,
    bytes_per_value,
    optimizer,
    images=lambda a, g, batch: batch * (a + g),
    once=lambda params, kept, batch: params * (2 + kept),
    kept=KEPT,
    check=True,
):
    if check and optimizer not in kept:
        raise ValueError(f"optimizer {optimizer!r} is none of {', '.join(kept)}")
    if check and batch < 1:
        raise ValueError(f"a batch of {batch}, at least 1 expected")
    params = sum(row[2] for row in rows)
    activations = sum(row[4] for row in rows)
    gradients = sum(row[4] for row in rows[1:])
    values = images(activations, gradients, batch) + once(params, kept.get(optimizer, 0), batch)
    return values * bytes_per_value


@mistake("training-memory", family="activations")
def batch_not_multiplied(rows, batch, bytes_per_value, optimizer):
    """The activations of one image were counted. Each image of the batch has its own."""
    return memory_of(rows, batch, bytes_per_value, optimizer, images=lambda a, g, batch: a + g)


@mistake("training-memory", family="activations")
def backward_pass_forgotten(rows, batch, bytes_per_value, optimizer):
    """The gradients of the activations were forgotten. The backward pass makes one of the same size for each."""
    return memory_of(rows, batch, bytes_per_value, optimizer, images=lambda a, g, batch: batch * a)


@mistake("training-memory", family="activations")
def activations_forgotten(rows, batch, bytes_per_value, optimizer):
    """Activations were left out: only parameters were counted. The batch's volumes are often the larger part."""
    return memory_of(rows, batch, bytes_per_value, optimizer, images=lambda a, g, batch: 0)


@mistake("training-memory", family="activations")
def input_has_a_gradient(rows, batch, bytes_per_value, optimizer):
    """The input was counted with a gradient. Nobody asks how the loss depends on the image: only the other rows."""
    return memory_of(rows, batch, bytes_per_value, optimizer, images=lambda a, g, batch: batch * 2 * a)


@mistake("training-memory", family="activations")
def input_not_kept(rows, batch, bytes_per_value, optimizer):
    """The input was left out. The first layer's weights need it for their gradients, so it stays."""
    return memory_of(rows, batch, bytes_per_value, optimizer, images=lambda a, g, batch: batch * 2 * g)


@mistake("training-memory", family="activations")
def gradients_of_one_image(rows, batch, bytes_per_value, optimizer):
    """The gradients of the activations were counted once. Each image of the batch has its own, as for activations."""
    return memory_of(rows, batch, bytes_per_value, optimizer, images=lambda a, g, batch: batch * a + g)


@mistake("training-memory", family="activations")
def activations_of_one_image(rows, batch, bytes_per_value, optimizer):
    """The activations were counted once, only their gradients for each image. Both are there for each image."""
    return memory_of(rows, batch, bytes_per_value, optimizer, images=lambda a, g, batch: a + batch * g)


@mistake("training-memory", family="activations")
def largest_volume_only(rows, batch, bytes_per_value, optimizer):
    """Only the largest volume was counted, as for inference. Training keeps all of them for the backward pass."""
    largest = max(row[4] for row in rows)
    return memory_of(rows, batch, bytes_per_value, optimizer, images=lambda a, g, batch: batch * 2 * largest)


@mistake("training-memory", family="activations")
def shapes_for_activations(rows, batch, bytes_per_value, optimizer):
    """The values were counted from the shapes. Rows of relu and flatten add none: use the column of activations."""
    total = sum(math.prod(row[1]) for row in rows)
    first = math.prod(rows[0][1])
    return memory_of(rows, batch, bytes_per_value, optimizer, images=lambda a, g, batch: batch * (2 * total - first))


@mistake("training-memory", family="activations")
def values_for_bytes(rows, batch, bytes_per_value, optimizer):
    """The number of values was given. Each takes bytes_per_value bytes."""
    return memory_of(rows, batch, 1, optimizer)


@mistake("training-memory", family="activations")
def four_bytes_always(rows, batch, bytes_per_value, optimizer):
    """Every value was counted with 4 bytes. The caller says how many: 2 for float16."""
    return memory_of(rows, batch, 4, optimizer)


@mistake("training-memory", family="activations")
def bytes_taken_for_bits(rows, batch, bytes_per_value, optimizer):
    """The bytes were divided by 8, as if they were bits. bytes_per_value is in bytes already."""
    return memory_of(rows, batch, bytes_per_value, optimizer) // 8


@mistake("training-memory", family="activations")
def megabytes(rows, batch, bytes_per_value, optimizer):
    """The result is in megabytes. Bytes are asked for."""
    return memory_of(rows, batch, bytes_per_value, optimizer) / 1e6


@mistake("training-memory", family="activations")
def mebibytes(rows, batch, bytes_per_value, optimizer):
    """The result is in mebibytes. Bytes are asked for."""
    return memory_of(rows, batch, bytes_per_value, optimizer) / 2**20


@mistake("training-memory", family="activations")
def bytes_as_a_float(rows, batch, bytes_per_value, optimizer):
    """The result is a float. Bytes are counted with ints."""
    return float(memory_of(rows, batch, bytes_per_value, optimizer))


@mistake("training-memory", family="activations")
def multiplications_for_activations(rows, batch, bytes_per_value, optimizer):
    """The column of the MACs was taken for activations. A row is (name, out_shape, params, macs, activations)."""
    changed = [(*row[:4], row[3]) for row in rows]
    return memory_of(changed, batch, bytes_per_value, optimizer)


@mistake("training-memory", family="activations")
def last_gradient_forgotten(rows, batch, bytes_per_value, optimizer):
    """The last row was left without gradient, in place of the first. The backward pass begins at the last one."""
    last = rows[-1][4]
    first = rows[0][4]
    return memory_of(rows, batch, bytes_per_value, optimizer, images=lambda a, g, batch: batch * (a + g + first - last))


@mistake("training-memory", family="parameters")
def parameters_for_each_image(rows, batch, bytes_per_value, optimizer):
    """The parameters were multiplied by the batch. All images share them, and their gradients are summed."""
    return memory_of(rows, batch, bytes_per_value, optimizer, once=lambda n, kept, batch: batch * n * (2 + kept))


@mistake("training-memory", family="parameters")
def gradients_of_parameters_forgotten(rows, batch, bytes_per_value, optimizer):
    """The gradients of the parameters were forgotten. There is one for each parameter."""
    return memory_of(rows, batch, bytes_per_value, optimizer, once=lambda n, kept, batch: n * (1 + kept))


@mistake("training-memory", family="parameters")
def parameters_forgotten(rows, batch, bytes_per_value, optimizer):
    """The parameters themselves were forgotten: only what belongs to them was counted."""
    return memory_of(rows, batch, bytes_per_value, optimizer, once=lambda n, kept, batch: n * kept)


@mistake("training-memory", family="parameters")
def gradients_of_parameters_for_each_image(rows, batch, bytes_per_value, optimizer):
    """The parameters' gradients were kept for each image. They are summed over the batch: one for each parameter."""
    return memory_of(rows, batch, bytes_per_value, optimizer, once=lambda n, kept, batch: n * (1 + batch + kept))


@mistake("training-memory", family="parameters")
def parameters_of_first_layer(rows, batch, bytes_per_value, optimizer):
    """Only one row's parameters were counted: each row replaced the one before it. Add them up."""
    last = rows[-1][2]
    return memory_of(rows, batch, bytes_per_value, optimizer, once=lambda n, kept, batch: last * (2 + kept))


@mistake("training-memory", family="parameters")
def parameters_in_single_precision(rows, batch, bytes_per_value, optimizer):
    """Parameters were counted with 4 bytes whatever was asked. bytes_per_value is for all values."""
    images = memory_of(rows, batch, bytes_per_value, optimizer, once=lambda *_: 0)
    return images + memory_of(rows, batch, 4, optimizer, images=lambda *_: 0)


@mistake("training-memory", family="parameters")
def multiplications_for_parameters(rows, batch, bytes_per_value, optimizer):
    """The column of the MACs was taken for parameters. A row is (name, out_shape, params, macs, activations)."""
    changed = [(*row[:2], row[3], *row[3:]) for row in rows]
    return memory_of(changed, batch, bytes_per_value, optimizer)


@mistake("training-memory", family="optimizers")
def optimizer_ignored(rows, batch, bytes_per_value, optimizer):
    """What the optimizer remembers was left out: one value for each parameter with momentum, two with Adam."""
    return memory_of(rows, batch, bytes_per_value, optimizer, once=lambda n, kept, batch: 2 * n)


@mistake("training-memory", family="optimizers")
def adam_keeps_one_value(rows, batch, bytes_per_value, optimizer):
    """Adam was counted with one value for each parameter. It keeps the mean of the gradients and of their squares."""
    return memory_of(rows, batch, bytes_per_value, optimizer, kept={**KEPT, "adam": 1})


@mistake("training-memory", family="optimizers")
def adam_keeps_three_values(rows, batch, bytes_per_value, optimizer):
    """Adam was counted with three values for each parameter. It keeps two; the gradient was counted already."""
    return memory_of(rows, batch, bytes_per_value, optimizer, kept={**KEPT, "adam": 3})


@mistake("training-memory", family="optimizers")
def momentum_keeps_nothing(rows, batch, bytes_per_value, optimizer):
    """Momentum was counted like plain SGD. It keeps a velocity for each parameter."""
    return memory_of(rows, batch, bytes_per_value, optimizer, kept={**KEPT, "momentum": 0})


@mistake("training-memory", family="optimizers")
def momentum_keeps_two_values(rows, batch, bytes_per_value, optimizer):
    """Momentum was counted with two values for each parameter. It keeps one, the velocity."""
    return memory_of(rows, batch, bytes_per_value, optimizer, kept={**KEPT, "momentum": 2})


@mistake("training-memory", family="optimizers")
def optimizer_keeps_for_each_image(rows, batch, bytes_per_value, optimizer):
    """What the optimizer remembers was multiplied by the batch. It belongs to parameters, which all images share."""
    return memory_of(rows, batch, bytes_per_value, optimizer, once=lambda n, kept, batch: n * (2 + kept * batch))


@mistake("training-memory", family="optimizers")
def optimizer_without_bytes(rows, batch, bytes_per_value, optimizer):
    """What the optimizer remembers was added as a number of values. It has to be multiplied by the bytes as well."""
    plain = memory_of(rows, batch, bytes_per_value, optimizer, once=lambda n, kept, batch: 2 * n)
    return plain + KEPT[optimizer] * sum(row[2] for row in rows)


@mistake("training-memory", family="optimizers")
def optimizer_keeps_one_number(rows, batch, bytes_per_value, optimizer):
    """The optimizer was counted with one or two numbers in all. It keeps them for each parameter."""
    return memory_of(rows, batch, bytes_per_value, optimizer, once=lambda n, kept, batch: 2 * n + kept)


@mistake("training-memory", family="optimizers")
def optimizer_keeps_activations(rows, batch, bytes_per_value, optimizer):
    """What the optimizer remembers was counted for activations. It belongs to parameters."""
    values = sum(row[4] for row in rows)
    return memory_of(rows, batch, bytes_per_value, optimizer, once=lambda n, kept, batch: 2 * n + kept * values)


@mistake("training-memory", family="contract")
def unknown_optimizers_keep_nothing(rows, batch, bytes_per_value, optimizer):
    """An unknown optimizer was treated like plain SGD. A slip of the pen would go unseen: raise ValueError."""
    if batch < 1:
        raise ValueError(f"a batch of {batch}")
    return memory_of(rows, batch, bytes_per_value, optimizer, check=False)


@mistake("training-memory", family="contract")
def capital_letters_accepted(rows, batch, bytes_per_value, optimizer):
    """ "Adam" was taken for "adam". The contract knows three names in small letters: raise ValueError for others."""
    return memory_of(rows, batch, bytes_per_value, optimizer.lower())


@mistake("training-memory", family="contract")
def key_error_for_optimizers(rows, batch, bytes_per_value, optimizer):
    """An unknown optimizer ended in a KeyError from a dict. Say what was given and what was expected: ValueError."""
    return memory_of(rows, batch, bytes_per_value, optimizer) if KEPT[optimizer] < 3 else None


@mistake("training-memory", family="contract")
def empty_batches_accepted(rows, batch, bytes_per_value, optimizer):
    """A batch without images was accepted. Training needs at least one: raise ValueError."""
    if optimizer not in KEPT:
        raise ValueError(f"there is no {optimizer}")
    return memory_of(rows, batch, bytes_per_value, optimizer, check=False)


@mistake("training-memory", family="contract")
def only_negative_batches_refused(rows, batch, bytes_per_value, optimizer):
    """A batch of 0 was accepted. Training needs at least one image: raise ValueError."""
    return memory_of(rows, batch or 1, bytes_per_value, optimizer)


@mistake("training-memory", family="contract")
def input_row_removed(rows, batch, bytes_per_value, optimizer):
    """The first row was taken out of the caller's table. Use a slice, rows[1:], which is a new list."""
    found = memory_of(rows, batch, bytes_per_value, optimizer)
    rows.pop(0)
    return found


@mistake("training-memory", family="contract")
def assertion_for_optimizers(rows, batch, bytes_per_value, optimizer):
    """Bad arguments were met with `assert`. Assertions vanish under python -O: raise ValueError."""
    try:
        return memory_of(rows, batch, bytes_per_value, optimizer)
    except ValueError as error:
        raise AssertionError(str(error)) from None


# -- spec ---------------------------------------------------------------------------------------------------------

STAGES = {
    "vgg-a": (1, 1, 2, 2, 2),
    "vgg-a-lrn": (1, 1, 2, 2, 2),
    "vgg-b": (2, 2, 2, 2, 2),
    "vgg-c": (2, 2, 3, 3, 3),
    "vgg-d": (2, 2, 3, 3, 3),
    "vgg-e": (2, 2, 4, 4, 4),
}
INCEPTIONS = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


def conv(out, k, p=0, s=1, groups=1, **options):
    return [{"kind": "conv", "out": out, "k": k, "p": p, "s": s, "groups": groups, **options}, {"kind": "relu"}]


def pool(k, s, p=0):
    return [{"kind": "pool", "k": k, "s": s, "p": p}]


def only(kind):
    return [{"kind": kind}]


def classify(*outs):
    layers = only("flatten")
    for out in outs:
        layers += [{"kind": "fc", "out": out}, {"kind": "relu"}]
    return layers[:-1]


def lenet():
    return conv(6, 5) + pool(2, 2) + conv(16, 5) + pool(2, 2) + conv(120, 5) + classify(84, 10)


def alexnet(towers, groups=(1, 2, 1, 2, 2)):
    g = groups if towers == 2 else (1, 1, 1, 1, 1)
    return [
        *conv(96, 11, s=4, groups=g[0]),
        *only("lrn"),
        *pool(3, 2),
        *conv(256, 5, 2, groups=g[1]),
        *only("lrn"),
        *pool(3, 2),
        *conv(384, 3, 1, groups=g[2]),
        *conv(384, 3, 1, groups=g[3]),
        *conv(256, 3, 1, groups=g[4]),
        *pool(3, 2),
        *classify(4096, 4096, 1000),
    ]


def vgg(name, stages=STAGES, widths=(64, 128, 256, 512, 512), pointwise_in=("vgg-c",), pointwise_padding=0):
    layers = []
    for stage, (width, number) in enumerate(zip(widths, stages[name], strict=True)):
        for i in range(number):
            small = name in pointwise_in and i == 2
            layers += conv(width, 1, pointwise_padding) if small else conv(width, 3, 1)
        layers += only("lrn") * (name == "vgg-a-lrn" and stage == 0) + pool(2, 2)
    return layers + classify(4096, 4096, 1000)


def parallel(title, one, reduce3, three, reduce5, five, after):
    branches = [
        conv(one, 1),
        conv(reduce3, 1) + conv(three, 3, 1),
        conv(reduce5, 1) + conv(five, 5, 2),
        pool(3, 1, 1) + conv(after, 1),
    ]
    return [{"kind": "inception", "name": title, "branches": branches}]


def side_exit():
    return [{"kind": "head", "layers": pool(5, 3) + conv(128, 1) + classify(1024, 1000)}]


def googlenet(heads, numbers=INCEPTIONS, module=parallel, exits=("4a", "4d")):
    layers = conv(64, 7, 3, 2) + pool(3, 2, 1) + only("lrn")
    layers += conv(64, 1) + conv(192, 3, 1) + only("lrn") + pool(3, 2, 1)
    for title, six in numbers.items():
        layers += module(title, *six)
        layers += side_exit() * (heads and title in exits) + pool(3, 2, 1) * (title in ("3b", "4e"))
    return layers + only("global_pool") + classify(1000)


def network(name):
    if name == "lenet-5":
        return lenet()
    if name in ("alexnet", "alexnet-two-towers"):
        return alexnet(1 if name == "alexnet" else 2)
    if name in STAGES:
        return vgg(name)
    if name in ("googlenet", "googlenet-aux"):
        return googlenet(name == "googlenet-aux")
    raise ValueError(f"there is no network {name!r}")


def changed(layers, change):
    """The network with every layer replaced by what `change` makes of it: a list of layers."""
    result = []
    for layer in layers:
        if layer["kind"] == "inception":
            layer = {**layer, "branches": [changed(branch, change) for branch in layer["branches"]]}
        elif layer["kind"] == "head":
            layer = {**layer, "layers": changed(layer["layers"], change)}
        result += change(layer)
    return result


LENET_AND_VGG = "LeNet-5 and VGG"


@mistake("spec", family=LENET_AND_VGG)
def lenet_padded(name):
    """LeNet-5's first convolution was padded. That is for digits of 28×28; the network takes 32×32 and pads nothing."""
    layers = network(name)
    return [{**layers[0], "p": 2}, *layers[1:]] if name == "lenet-5" else layers


@mistake("spec", family=LENET_AND_VGG)
def lenet_with_fc_for_the_third_convolution(name):
    """LeNet-5's third layer of weights was written as fc 120. It is a convolution: 120 kernels of 5×5."""
    if name != "lenet-5":
        return network(name)
    return conv(6, 5) + pool(2, 2) + conv(16, 5) + pool(2, 2) + classify(120, 84, 10)


@mistake("spec", family=LENET_AND_VGG)
def lenet_without_the_hidden_fc(name):
    """LeNet-5's fc of 84 units is missing. Two fc follow the convolutions: 84 and 10."""
    if name != "lenet-5":
        return network(name)
    return conv(6, 5) + pool(2, 2) + conv(16, 5) + pool(2, 2) + conv(120, 5) + classify(10)


@mistake("spec", family=LENET_AND_VGG)
def lenet_with_widths_doubled(name):
    """LeNet-5's first convolutions have 6 and 16 kernels, not 20 and 50: those are of Caffe's version."""
    if name != "lenet-5":
        return network(name)
    return conv(20, 5) + pool(2, 2) + conv(50, 5) + pool(2, 2) + conv(120, 5) + classify(84, 10)


@mistake("spec", family=LENET_AND_VGG)
def vgg_without_padding(name):
    """The convolutions of VGG were not padded. With padding 1 a 3×3 kernel keeps the size."""
    unpadded = changed(network(name), lambda layer: [{**layer, "p": 0}] if layer["kind"] == "conv" else [layer])
    return unpadded if name in STAGES else network(name)


@mistake("spec", family=LENET_AND_VGG)
def vgg_c_without_pointwise(name):
    """VGG-C was written like VGG-D. The last convolution of its stages 3, 4 and 5 is 1×1."""
    return vgg(name, pointwise_in=()) if name in STAGES else network(name)


@mistake("spec", family=LENET_AND_VGG)
def vgg_d_with_pointwise(name):
    """VGG-D has only 3×3 kernels. The 1×1 convolutions belong to C alone."""
    return vgg(name, pointwise_in=("vgg-c", "vgg-d")) if name in STAGES else network(name)


@mistake("spec", family=LENET_AND_VGG)
def vgg_c_pads_pointwise(name):
    """The 1×1 convolutions of VGG-C were padded. Padding 1 makes their volumes two pixels larger: padding 0."""
    return vgg(name, pointwise_padding=1) if name in STAGES else network(name)


@mistake("spec", family=LENET_AND_VGG)
def vgg_widens_to_1024(name):
    """VGG's last stage got 1024 kernels. It has 512, as the stage before it: the doubling ends there."""
    return vgg(name, widths=(64, 128, 256, 512, 1024)) if name in STAGES else network(name)


@mistake("spec", family=LENET_AND_VGG)
def vgg_without_the_last_pool(name):
    """The pool after VGG's last stage is missing. Each of the five stages ends in one: 7×7 is left of 224×224."""
    layers = network(name)
    last = max(i for i, layer in enumerate(layers) if layer["kind"] == "pool")
    return layers[:last] + layers[last + 1 :] if name in STAGES else layers


@mistake("spec", family=LENET_AND_VGG)
def vgg_e_with_three(name):
    """VGG-E was given three convolutions in its last stages. Four there make 16 with those of the first stages."""
    return vgg(name, {**STAGES, "vgg-e": STAGES["vgg-d"]}) if name in STAGES else network(name)


@mistake("spec", family=LENET_AND_VGG)
def vgg_16_has_16_convolutions(name):
    """VGG-16 was given 16 convolutions. Its name counts layers with weights: 13 convolutions and 3 fc."""
    return vgg(name, {**STAGES, "vgg-d": STAGES["vgg-e"]}) if name in STAGES else network(name)


@mistake("spec", family=LENET_AND_VGG)
def vgg_b_like_a(name):
    """VGG-B was written like A. It has two convolutions in each of the first two stages."""
    return vgg(name, {**STAGES, "vgg-b": STAGES["vgg-a"]}) if name in STAGES else network(name)


@mistake("spec", family=LENET_AND_VGG)
def vgg_a_lrn_without_lrn(name):
    """VGG-A-LRN has no lrn. It is A with one in the first stage, after its relu."""
    return network("vgg-a" if name == "vgg-a-lrn" else name)


@mistake("spec", family=LENET_AND_VGG)
def vgg_a_lrn_normalised_everywhere(name):
    """VGG-A-LRN has an lrn in every stage. Only the first has one."""
    if name != "vgg-a-lrn":
        return network(name)
    return changed(network("vgg-a"), lambda layer: [{"kind": "lrn"}, layer] if layer["kind"] == "pool" else [layer])


@mistake("spec", family=LENET_AND_VGG)
def vgg_without_the_second_fc(name):
    """VGG has one hidden fc. Two of 4096 units stand before the one of 1000."""
    layers = network(name)
    return layers[:-3] + layers[-1:] if name in STAGES else layers


@mistake("spec", family=LENET_AND_VGG)
def vgg_pools_overlap(name):
    """VGG's pools were written as AlexNet's, 3×3 with stride 2. They are 2×2 with stride 2."""

    def overlap(layer):
        return [{**layer, "k": 3, "p": 1}] if layer["kind"] == "pool" else [layer]

    return changed(network(name), overlap) if name in STAGES else network(name)


@mistake("spec", family="AlexNet")
def alexnet_without_stride(name):
    """AlexNet's first convolution has no stride. It moves by 4 pixels, from 227 to 55."""
    layers = network(name)
    return [{**layers[0], "s": 1}, *layers[1:]] if name.startswith("alexnet") else layers


@mistake("spec", family="AlexNet")
def alexnet_with_padding_first(name):
    """AlexNet's first convolution was padded, as for images of 224×224. On 227×227 it has no padding."""
    layers = network(name)
    return [{**layers[0], "p": 2}, *layers[1:]] if name.startswith("alexnet") else layers


@mistake("spec", family="AlexNet")
def alexnet_of_2014(name):
    """These are the widths of "One weird trick" (64, 192, 384, 256, 256), which PyTorch has. The original is wider."""
    if not name.startswith("alexnet"):
        return network(name)
    widths = iter((64, 192, 384, 256, 256))
    return changed(
        network(name), lambda layer: [{**layer, "out": next(widths)}] if layer["kind"] == "conv" else [layer]
    )


@mistake("spec", family="AlexNet")
def alexnet_pools_do_not_overlap(name):
    """AlexNet's pools were written as 2×2. They are 3×3 with stride 2: their windows overlap."""

    def smaller(layer):
        return [{**layer, "k": 2}] if layer["kind"] == "pool" else [layer]

    return changed(network(name), smaller) if name.startswith("alexnet") else network(name)


@mistake("spec", family="AlexNet")
def alexnet_pools_after_every_convolution(name):
    """A pool follows every convolution. AlexNet has three: after the first, second and fifth."""
    if not name.startswith("alexnet"):
        return network(name)
    seen = iter((False, False, True, True, False))

    def pooled(layer):
        return [layer, {"kind": "pool", "k": 3, "s": 1, "p": 1}] if layer["kind"] == "conv" and next(seen) else [layer]

    return changed(network(name), pooled)


@mistake("spec", family="AlexNet")
def alexnet_without_lrn(name):
    """The lrn layers of AlexNet are missing. One follows the first convolution, one the second."""
    layers = network(name)
    return [layer for layer in layers if layer["kind"] != "lrn"] if name.startswith("alexnet") else layers


@mistake("spec", family="AlexNet")
def alexnet_pools_before_lrn(name):
    """The pools stand before the lrn. In the paper, and here, the lrn comes first."""
    layers = network(name)
    if name.startswith("alexnet"):
        for i, layer in enumerate(layers[:-1]):
            if layer["kind"] == "lrn" and layers[i + 1]["kind"] == "pool":
                layers[i], layers[i + 1] = layers[i + 1], layers[i]
    return layers


@mistake("spec", family="AlexNet")
def towers_do_not_divide(name):
    """The two towers were written without groups. In the second, fourth and fifth convolution each tower sees
    its half."""
    return network("alexnet" if name == "alexnet-two-towers" else name)


@mistake("spec", family="AlexNet")
def towers_never_meet(name):
    """The third convolution was given groups too. It is where the towers meet: it sees all channels."""
    return alexnet(2, (1, 2, 2, 2, 2)) if name == "alexnet-two-towers" else network(name)


@mistake("spec", family="AlexNet")
def towers_meet_later(name):
    """The fifth convolution has no groups. The second, fourth and fifth have two, each tower with its own half."""
    return alexnet(2, (1, 2, 1, 2, 1)) if name == "alexnet-two-towers" else network(name)


@mistake("spec", family="AlexNet")
def one_of_the_towers(name):
    """Only one of the two towers was written, with half of the kernels. Groups stand for both of them."""
    if name != "alexnet-two-towers":
        return network(name)
    return changed(
        alexnet(1), lambda layer: [{**layer, "out": layer["out"] // 2}] if layer["kind"] == "conv" else [layer]
    )


@mistake("spec", family="AlexNet")
def groups_in_one_tower(name):
    """ "alexnet" was written with groups. In one tower all kernels see all channels; groups are for the two towers."""
    return network("alexnet-two-towers" if name == "alexnet" else name)


@mistake("spec", family="AlexNet")
def alexnet_last_pool_missing(name):
    """The pool after AlexNet's fifth convolution is missing. It leaves 6×6 of 13×13."""
    layers = network(name)
    last = max(i for i, layer in enumerate(layers) if layer["kind"] == "pool")
    return layers[:last] + layers[last + 1 :] if name.startswith("alexnet") else layers


@mistake("spec", family="AlexNet")
def alexnet_one_hidden_fc(name):
    """AlexNet has one hidden fc. Two of 4096 units stand before the one of 1000."""
    layers = network(name)
    return layers[:-3] + layers[-1:] if name.startswith("alexnet") else layers


def for_googlenet(name, **options):
    return googlenet(name.endswith("aux"), **options) if name.startswith("googlenet") else network(name)


@mistake("spec", family="GoogLeNet")
def modules_without_reduction(name):
    """The 1×1 convolutions before 3×3 and 5×5 are missing. They make the modules cheap: "reduce" in the table."""

    def naive(title, one, reduce3, three, reduce5, five, after):
        branches = [conv(one, 1), conv(three, 3, 1), conv(five, 5, 2), pool(3, 1, 1) + conv(after, 1)]
        return [{"kind": "inception", "name": title, "branches": branches}]

    return for_googlenet(name, module=naive)


@mistake("spec", family="GoogLeNet")
def five_by_five_is_three(name):
    """The 5×5 branch has 3×3 kernels, as in PyTorch's GoogLeNet. The paper, and this table, have 5×5."""

    def small(title, one, reduce3, three, reduce5, five, after):
        branches = [
            conv(one, 1),
            conv(reduce3, 1) + conv(three, 3, 1),
            conv(reduce5, 1) + conv(five, 3, 1),
            pool(3, 1, 1) + conv(after, 1),
        ]
        return [{"kind": "inception", "name": title, "branches": branches}]

    return for_googlenet(name, module=small)


@mistake("spec", family="GoogLeNet")
def nothing_after_the_pool(name):
    """The 1×1 convolution after a module's pool is missing. Without it the pool passes all channels on."""

    def unprojected(title, one, reduce3, three, reduce5, five, after):
        (module,) = parallel(title, one, reduce3, three, reduce5, five, after)
        module["branches"][3] = pool(3, 1, 1)
        return [module]

    return for_googlenet(name, module=unprojected)


@mistake("spec", family="GoogLeNet")
def convolution_before_the_pool(name):
    """In the pool's branch the 1×1 convolution comes first. It comes after the pool."""

    def swapped(title, one, reduce3, three, reduce5, five, after):
        (module,) = parallel(title, one, reduce3, three, reduce5, five, after)
        module["branches"][3] = conv(after, 1) + pool(3, 1, 1)
        return [module]

    return for_googlenet(name, module=swapped)


@mistake("spec", family="GoogLeNet")
def pools_in_modules_without_padding(name):
    """The pools inside the modules were not padded. Branches must end in the same size: padding 1, stride 1."""

    def unpadded(title, one, reduce3, three, reduce5, five, after):
        (module,) = parallel(title, one, reduce3, three, reduce5, five, after)
        module["branches"][3] = pool(3, 1) + conv(after, 1)
        return [module]

    return for_googlenet(name, module=unpadded)


@mistake("spec", family="GoogLeNet")
def convolutions_in_modules_without_padding(name):
    """The 3×3 and 5×5 convolutions of the modules were not padded. Branches must end in the same size."""

    def unpadded(title, one, reduce3, three, reduce5, five, after):
        (module,) = parallel(title, one, reduce3, three, reduce5, five, after)
        module["branches"][1:3] = [conv(reduce3, 1) + conv(three, 3), conv(reduce5, 1) + conv(five, 5)]
        return [module]

    return for_googlenet(name, module=unpadded)


@mistake("spec", family="GoogLeNet")
def branches_in_another_order(name):
    """The branches come in another order. It is 1×1, 3×3, 5×5, pool: the order of the channels behind the module."""

    def reordered(title, *numbers):
        (module,) = parallel(title, *numbers)
        module["branches"] = module["branches"][::-1]
        return [module]

    return for_googlenet(name, module=reordered)


@mistake("spec", family="GoogLeNet")
def columns_of_the_table_swapped(name):
    """The numbers of "3×3 reduce" and "3×3" were exchanged. The reduction comes first and is the smaller one."""

    def exchanged(title, one, reduce3, three, reduce5, five, after):
        return parallel(title, one, three, reduce3, five, reduce5, after)

    return for_googlenet(name, module=exchanged)


@mistake("spec", family="GoogLeNet")
def modules_of_stage_four_missing(name):
    """Modules 4c and 4d are missing. There are nine modules: two, five, two."""
    fewer = {title: six for title, six in INCEPTIONS.items() if title not in ("4c", "4d")}
    return for_googlenet(name, numbers=fewer, exits=("4a", "4b"))


@mistake("spec", family="GoogLeNet")
def same_module_nine_times(name):
    """All modules have the numbers of 3a. Each has a row of its own in the table."""
    return for_googlenet(name, numbers={title: INCEPTIONS["3a"] for title in INCEPTIONS})


@mistake("spec", family="GoogLeNet")
def googlenet_pools_without_padding(name):
    """The pools between the stages were not padded. Padding 1 gives 56, 28, 14 and 7 from 112, 56, 28 and 14."""

    def unpadded(layer):
        return [{**layer, "p": 0}] if layer["kind"] == "pool" and layer["k"] == 3 and layer["s"] == 2 else [layer]

    return changed(network(name), unpadded) if name.startswith("googlenet") else network(name)


@mistake("spec", family="GoogLeNet")
def first_convolution_without_padding(name):
    """GoogLeNet's first convolution was not padded. With padding 3 it goes from 224 to 112."""
    layers = network(name)
    return [{**layers[0], "p": 0}, *layers[1:]] if name.startswith("googlenet") else layers


@mistake("spec", family="GoogLeNet")
def googlenet_without_lrn(name):
    """The two lrn layers of GoogLeNet are missing: one after the first pool, one before the second."""
    layers = network(name)
    return [layer for layer in layers if layer["kind"] != "lrn"] if name.startswith("googlenet") else layers


@mistake("spec", family="GoogLeNet")
def googlenet_without_global_pool(name):
    """The global_pool before the classifier is missing. Without it the fc gets 7·7·1024 values, not 1024."""
    layers = network(name)
    return [layer for layer in layers if layer["kind"] != "global_pool"] if name.startswith("googlenet") else layers


@mistake("spec", family="GoogLeNet")
def heads_always(name):
    """ "googlenet" was written with its auxiliary heads. Those belong to "googlenet-aux"."""
    return network("googlenet-aux" if name == "googlenet" else name)


@mistake("spec", family="GoogLeNet")
def heads_never(name):
    """ "googlenet-aux" has no heads. Two stand behind the modules 4a and 4d."""
    return network("googlenet" if name == "googlenet-aux" else name)


@mistake("spec", family="GoogLeNet")
def heads_before_their_modules(name):
    """The heads stand in other places. They follow the modules 4a and 4d."""
    return for_googlenet(name, exits=("3b", "4c"))


@mistake("spec", family="GoogLeNet")
def heads_without_convolution(name):
    """The heads have no convolution. Between pool and fc stands one of 1×1 with 128 kernels."""

    def bare(layer):
        if layer["kind"] != "head":
            return [layer]
        return [{**layer, "layers": [inner for inner in layer["layers"] if inner["kind"] != "conv"]}]

    return changed(network(name), bare)


@mistake("spec", family="GoogLeNet")
def googlenet_with_hidden_fc(name):
    """GoogLeNet was given fc layers of 4096 units. After the global_pool there is one fc, of 1000."""
    if not name.startswith("googlenet"):
        return network(name)
    return network(name)[:-2] + classify(4096, 4096, 1000)


@mistake("spec", family="contract")
def relus_missing(name):
    """The relu layers are missing. Without them, layers that follow each other would be one linear layer."""
    return changed(network(name), lambda layer: [layer] if layer["kind"] != "relu" else [])


@mistake("spec", family="contract")
def relus_in_modules_missing(name):
    """The relu layers inside modules are missing. One stands after every convolution there, reductions included."""

    def bare(layer):
        if layer["kind"] != "inception":
            return [layer]
        return [{**layer, "branches": [[x for x in branch if x["kind"] != "relu"] for branch in layer["branches"]]}]

    return changed(network(name), bare)


@mistake("spec", family="contract")
def relus_after_fc_missing(name):
    """No relu stands after the hidden fc layers. Without one, two fc layers are as good as one."""
    layers, kept = network(name), []
    for i, layer in enumerate(layers):
        if layer["kind"] != "relu" or layers[i - 1]["kind"] != "fc":
            kept.append(layer)
    return kept


@mistake("spec", family="contract")
def relu_after_the_scores(name):
    """A relu follows the last fc. Scores of classes may be negative: there is none."""
    return [*network(name), {"kind": "relu"}]


@mistake("spec", family="contract")
def relus_after_pools(name):
    """relu layers follow pools too. One after each conv and fc is enough: the largest of positive
    values is positive."""
    return changed(network(name), lambda layer: [layer, {"kind": "relu"}] if layer["kind"] == "pool" else [layer])


@mistake("spec", family="contract")
def flatten_missing(name):
    """The flatten before the first fc is missing. In this format an fc needs flat values."""
    return changed(network(name), lambda layer: [layer] if layer["kind"] != "flatten" else [])


@mistake("spec", family="contract")
def none_for_unknown_names(name):
    """A name that does not exist gave None. The caller goes on and fails later: raise ValueError."""
    try:
        return network(name)
    except ValueError:
        return None


@mistake("spec", family="contract")
def key_error_for_names(name):
    """A name that does not exist ended in a KeyError. Say what was given and what was expected: ValueError."""
    try:
        return network(name)
    except ValueError:
        raise KeyError(name) from None


@mistake("spec", family="contract")
def beginnings_of_names_accepted(name):
    """The name was compared by its beginning, so that a name that does not exist gave a network. Raise ValueError."""
    if name.startswith("lenet"):
        return lenet()
    return network("vgg-e" if name.startswith("vgg-") and name not in STAGES else name)


# -- audit --------------------------------------------------------------------------------------------------------


def answers(**wrong):
    """Ten right values but for those given."""
    values = {
        "kernel": 3 * 3 * 3 + 1,
        "layer": (3 * 3 * 3 + 1) * 100,
        "vgg16_values": 15_237_608,
        "vgg16_mb": 15_237_608 * 4 / 1e6,
        "three_volumes_mib": 3 * 224 * 224 * 64 * 2 * 4 / 2**20,
        "alexnet_conv1": (11 * 11 * 3 + 1) * 96,
        "alexnet_one_tower": 62_378_344,
        "alexnet_two_towers": 60_965_224,
        "alexnet_last_volume": (256, 6, 6),
        "googlenet": 6_998_552,
    }
    return {**values, **wrong}


@mistake("audit", family="one kernel")
def kernel_without_bias():
    """That is the claim: 3·3·3 = 27 leaves the bias out. Each kernel has one."""
    return answers(kernel=27)


@mistake("audit", family="one kernel")
def kernel_of_one_channel():
    """A kernel of 3×3 and a bias make 10 parameters on a grey image. On a colour image it is three channels deep."""
    return answers(kernel=10)


@mistake("audit", family="one kernel")
def kernel_with_three_biases():
    """The kernel was counted with a bias for each channel. It adds up its channels and has one bias."""
    return answers(kernel=30)


@mistake("audit", family="one kernel")
def kernel_as_a_string():
    """The number came as a string, which cannot be calculated with. Return an int."""
    return answers(kernel="3·3·3 + 1")


@mistake("audit", family="a layer of kernels")
def layer_without_biases():
    """100 · 27 leaves the biases out. Each of the 100 kernels has one."""
    return answers(layer=2_700)


@mistake("audit", family="a layer of kernels")
def layer_of_ten_kernels():
    """That is the claim, 270: ten kernels without biases. The layer has 100, each with a bias."""
    return answers(layer=270)


@mistake("audit", family="a layer of kernels")
def layer_with_one_bias():
    """100 · 27 + 1 counts one bias for the whole layer. Each kernel has one."""
    return answers(layer=2_701)


@mistake("audit", family="a layer of kernels")
def layer_without_depth():
    """100 · 10 takes the image for a grey one. On a colour image each kernel is three channels deep."""
    return answers(layer=1_000)


@mistake("audit", family="VGG-16: values")
def vgg_without_the_input():
    """The input's 150,528 values are missing. They are the first row of the table."""
    return answers(vgg16_values=15_087_080)


@mistake("audit", family="VGG-16: values")
def vgg_claim_repeated():
    """That is the claim, 24 M values. Add up the column of activations instead of the slide's rounded numbers."""
    return answers(vgg16_values=24_000_000)


@mistake("audit", family="VGG-16: values")
def vgg_with_relus():
    """The values of every relu were counted once more. It overwrites what it gets: 0 new values."""
    return answers(vgg16_values=28_792_552)


@mistake("audit", family="VGG-16: values")
def vgg_with_relus_and_flatten():
    """Every row of the table was counted with its shape. relu and flatten add no values."""
    return answers(vgg16_values=28_817_640)


@mistake("audit", family="VGG-16: values")
def vgg_without_pools():
    """The pools' values are missing. They write new volumes, too."""
    return answers(vgg16_values=13_707_240)


@mistake("audit", family="VGG-16: values")
def vgg_19_for_16():
    """These are the values of VGG-19, configuration E. VGG-16 is D."""
    return answers(vgg16_values=16_542_184)


@mistake("audit", family="VGG-16: values")
def vgg_rounded():
    """The number was rounded. Here it is asked for exactly, as the table gives it."""
    return answers(vgg16_values=15_200_000)


@mistake("audit", family="VGG-16: values")
def vgg_parameters_for_values():
    """These are VGG-16's parameters. The claim is about activations, the values that it computes for an image."""
    return answers(vgg16_values=138_357_544)


@mistake("audit", family="VGG-16: megabytes")
def vgg_in_mebibytes():
    """The bytes were divided by 2²⁰: that gives MiB. One MB is 10⁶ bytes."""
    return answers(vgg16_mb=15_237_608 * 4 / 2**20)


@mistake("audit", family="VGG-16: megabytes")
def vgg_megabytes_claimed():
    """That is the claim. 4 bytes for each value, divided by 10⁶, gives less."""
    return answers(vgg16_mb=93)


@mistake("audit", family="VGG-16: megabytes")
def vgg_megabytes_with_gradients():
    """The gradients were counted too. The claim is about what the forward pass computes."""
    return answers(vgg16_mb=15_237_608 * 8 / 1e6)


@mistake("audit", family="VGG-16: megabytes")
def vgg_in_bytes():
    """The number is in bytes. Divide by 10⁶ for MB."""
    return answers(vgg16_mb=15_237_608 * 4)


@mistake("audit", family="VGG-16: megabytes")
def vgg_millions_of_values():
    """These are millions of values. Each takes 4 bytes in float32."""
    return answers(vgg16_mb=15.237608)


@mistake("audit", family="VGG-16: megabytes")
def vgg_megabytes_without_the_input():
    """The input's 150,528 values, 0.6 MB, are missing."""
    return answers(vgg16_mb=15_087_080 * 4 / 1e6)


@mistake("audit", family="three volumes")
def three_volumes_in_megabytes():
    """The bytes were divided by 10⁶: that gives MB. One MiB is 2²⁰ bytes."""
    return answers(three_volumes_mib=3 * 224 * 224 * 64 * 8 / 1e6)


@mistake("audit", family="three volumes")
def three_volumes_claimed():
    """That is the claim, worked out with rounded numbers: 3·224·224·64 values are fewer than 10 million."""
    return answers(three_volumes_mib=72)


@mistake("audit", family="three volumes")
def three_volumes_without_gradients():
    """The gradients are missing: each value has one of the same size."""
    return answers(three_volumes_mib=3 * 224 * 224 * 64 * 4 / 2**20)


@mistake("audit", family="three volumes")
def one_volume():
    """That is one volume with its gradient. The claim is about three."""
    return answers(three_volumes_mib=224 * 224 * 64 * 8 / 2**20)


@mistake("audit", family="three volumes")
def three_volumes_in_kibibytes_of_1000():
    """The bytes were divided by 1024·1000, a mixture of both units. One MiB is 1024·1024 bytes."""
    return answers(three_volumes_mib=3 * 224 * 224 * 64 * 8 / 1_024_000)


@mistake("audit", family="three volumes")
def three_volumes_with_the_image():
    """The image was counted as well. The claim is about the three volumes alone."""
    return answers(three_volumes_mib=(3 * 64 + 3) * 224 * 224 * 8 / 2**20)


@mistake("audit", family="AlexNet: first layer")
def first_layer_without_biases():
    """That is the claim: 11·11·3·96 leaves the 96 biases out."""
    return answers(alexnet_conv1=34_848)


@mistake("audit", family="AlexNet: first layer")
def first_layer_not_shared():
    """Each position was given kernels of its own, 55·55 times as many. A convolution shares them."""
    return answers(alexnet_conv1=105_705_600)


@mistake("audit", family="AlexNet: first layer")
def first_layer_of_one_channel():
    """The kernels were taken to be one channel deep. On a colour image they are three channels deep."""
    return answers(alexnet_conv1=122 * 96)


@mistake("audit", family="AlexNet: first layer")
def first_layer_rounded():
    """The number was rounded. Count it exactly: the weights of each kernel, and what comes with them."""
    return answers(alexnet_conv1=35_000)


@mistake("audit", family="AlexNet: first layer")
def first_layer_of_one_tower():
    """Only the 48 kernels of one tower were counted. The layer has 96."""
    return answers(alexnet_conv1=364 * 48)


@mistake("audit", family="AlexNet: one tower")
def one_tower_claimed():
    """That is the claim. It leaves the fc layers' 9,192 biases out."""
    return answers(alexnet_one_tower=62_369_152)


@mistake("audit", family="AlexNet: one tower")
def one_tower_without_biases():
    """All biases were left out, those of the convolutions too."""
    return answers(alexnet_one_tower=62_367_776)


@mistake("audit", family="AlexNet: one tower")
def one_tower_without_biases_of_convolutions():
    """The biases of the convolutions were left out: 96 + 256 + 384 + 384 + 256."""
    return answers(alexnet_one_tower=62_376_968)


@mistake("audit", family="AlexNet: one tower")
def one_tower_with_groups():
    """These are the parameters of two towers. In one tower all kernels see all channels: more weights."""
    return answers(alexnet_one_tower=60_965_224)


@mistake("audit", family="AlexNet: one tower")
def one_tower_of_pytorch():
    """These are the parameters of PyTorch's AlexNet, which has 64 and 192 kernels in its first layers."""
    return answers(alexnet_one_tower=61_100_840)


@mistake("audit", family="AlexNet: one tower")
def one_tower_in_millions():
    """The number was rounded to millions. Count it exactly."""
    return answers(alexnet_one_tower=62_000_000)


@mistake("audit", family="AlexNet: two towers")
def two_towers_claimed():
    """That is the claim: as many as in one tower. With groups, three convolutions have half of their weights."""
    return answers(alexnet_two_towers=62_378_344)


@mistake("audit", family="AlexNet: two towers")
def two_towers_divided_throughout():
    """The third convolution was divided, too. There the towers meet, and kernels see all channels."""
    return answers(alexnet_two_towers=60_522_856)


@mistake("audit", family="AlexNet: two towers")
def two_towers_in_millions():
    """The number was rounded to millions, as the paper does. Count it exactly."""
    return answers(alexnet_two_towers=60_000_000)


@mistake("audit", family="AlexNet: two towers")
def two_towers_without_biases():
    """The biases were left out: 1,376 of the convolutions and 9,192 of the fc layers."""
    return answers(alexnet_two_towers=60_954_656)


@mistake("audit", family="AlexNet: two towers")
def two_towers_without_biases_of_fc():
    """The biases of the fc layers were left out: 4096 + 4096 + 1000."""
    return answers(alexnet_two_towers=60_956_032)


@mistake("audit", family="AlexNet: two towers")
def second_convolution_not_divided():
    """The second convolution was counted with all 96 channels. In two towers it sees 48."""
    return answers(alexnet_two_towers=61_272_424)


@mistake("audit", family="AlexNet: last volume")
def last_volume_of_vgg():
    """That is the claim, and VGG's last volume after five pools. AlexNet has three pools and ends smaller."""
    return answers(alexnet_last_volume=(512, 7, 7))


@mistake("audit", family="AlexNet: last volume")
def last_volume_channels_last():
    """The channels stand last. A shape is (channels, rows, columns)."""
    return answers(alexnet_last_volume=(6, 6, 256))


@mistake("audit", family="AlexNet: last volume")
def last_volume_before_the_pool():
    """That is the volume before the last pool. The last one before flatten is behind it."""
    return answers(alexnet_last_volume=(256, 13, 13))


@mistake("audit", family="AlexNet: last volume")
def last_volume_rounded_up():
    """The last pool's size was rounded up, or padded. Rows and columns that do not fill a window are left out."""
    return answers(alexnet_last_volume=(256, 7, 7))


@mistake("audit", family="AlexNet: last volume")
def last_volume_flat():
    """The values were multiplied. The shape is asked for, a tuple of three."""
    return answers(alexnet_last_volume=9_216)


@mistake("audit", family="AlexNet: last volume")
def last_volume_of_one_tower():
    """That is the half of one tower. The volume has the channels of both together."""
    return answers(alexnet_last_volume=(128, 6, 6))


@mistake("audit", family="GoogLeNet")
def googlenet_claimed():
    """That is the claim, 5 M. Add up the parameters of all rows."""
    return answers(googlenet=5_000_000)


@mistake("audit", family="GoogLeNet")
def googlenet_with_heads():
    """The auxiliary heads were counted. They are there in training only; the claim is about the network without."""
    return answers(googlenet=13_378_280)


@mistake("audit", family="GoogLeNet")
def googlenet_without_biases():
    """The biases were left out: one for each kernel and each class."""
    return answers(googlenet=6_990_272)


@mistake("audit", family="GoogLeNet")
def googlenet_of_pytorch():
    """These are the parameters of PyTorch's GoogLeNet, with batch normalisation and 3×3 in place of 5×5."""
    return answers(googlenet=6_624_904)


@mistake("audit", family="GoogLeNet")
def googlenet_without_classifier():
    """The last fc is missing: 1024·1000 weights and 1000 biases."""
    return answers(googlenet=5_973_552)


@mistake("audit", family="GoogLeNet")
def googlenet_in_millions():
    """The number was rounded to 7 million. Count it exactly."""
    return answers(googlenet=7_000_000)
