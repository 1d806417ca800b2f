"""DECONV: transposed convolution, CONV run backwards from its output's size to its input's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from cnndsl.ops import window
from cnndsl.ops.axis import Axis
from cnndsl.ops.conv import BIAS_DOC, BIASES, MOST_GROUPS, bias, check_groups, groups_change, nearest_groups
from cnndsl.ops.spec import (
    Change,
    Cost,
    Inputs,
    Op,
    ParamSpec,
    Reach,
    Reject,
    TensorType,
    choice,
    input_only,
    option,
    size,
    times,
)
from cnndsl.ops.ways import other_pad_text, pair_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Deconv:
    window: tuple[int, int] = size(ranks=(2,), doc="filter: height x width")
    filters: int = times(doc="number of filters, the depth of the output")
    stride: tuple[int, int] = option(1, axes=2, minimum=1, doc="rows and columns from one window to the next")
    pad: tuple[int, int, int, int] = option(0, axes=4, doc="cells cut off the output: top, left, bottom, right")
    extra: tuple[int, int] = option(0, axes=2, doc="rows and columns more at the end; below the stride or dilation")
    dilate: tuple[int, int] = option(1, axes=2, minimum=1, doc="distance of neighbouring taps")
    groups: int = option(1, minimum=1, maximum=MOST_GROUPS, doc="groups of channels that do not see each other")
    bias: str = choice(BIASES, default="filter", doc=BIAS_DOC)


def check(a: Deconv) -> None:
    """What is wrong whatever the input is. Raises Reject: E305 pad too wide, E307 too much extra."""
    window.check_pad(a.window, a.dilate, a.pad, sure=False)
    most = tuple(max(s, d) - 1 for s, d in zip(a.stride, a.dilate, strict=True))
    for extra, limit, name in zip(a.extra, most, ("height", "width"), strict=True):
        if extra > limit:
            largest = tuple(min(e, m) for e, m in zip(a.extra, most, strict=True))
            text = f"extra {pair_text(largest)}" if any(largest) else ""
            said = f"use `{text}`" if text else "leave `extra` out"
            raise Reject(
                "E307",
                f"extra {extra} is not below the stride or dilation of {limit + 1} along the {name}",
                blame="extra",
                label=f"at most {limit}",
                help=(said if any(a.pad) else Change(said, {"extra": text}),),
            )


def axes(a: Deconv, x: TensorType) -> tuple[Axis, Axis]:
    """The windows of the convolution that this one turns around: they slide over the output, and each belongs to one
    cell of the input. Raises Reject as `check`; E304 on a vector, E308 a size below 1."""
    window.reject_vector(x)
    check(a)
    rows, columns = (_axis(a, w1, which) for which, w1 in enumerate((x.height, x.width)))
    if rows.input < 1 or columns.input < 1:
        raise _too_small(a, x)
    return rows, columns


def _axis(a: Deconv, w1: int, which: int) -> Axis:
    """W2 = (W1 - 1)*S - 2P + F + extra along height (0) or width (1)."""
    f, s, dilate, before, after = a.window[which], a.stride[which], a.dilate[which], a.pad[which], a.pad[which + 2]
    w2 = (w1 - 1) * s - before - after + (f - 1) * dilate + 1 + a.extra[which]
    return Axis(w2, f, s, dilate, before, after, w1)


def _too_small(a: Deconv, x: TensorType) -> Reject:
    sizes = [_axis(a, w1, which).input for which, w1 in enumerate((x.height, x.width))]
    height, width = _lines(a, x)
    return Reject(
        "E308",
        f"output size is below 1: {sizes[0]}x{sizes[1]}",
        blame="pad",
        label="cuts off all there is",
        notes=(f"H and W: {height}",) if height == width else (f"H: {height}", f"W: {width}"),
        help=tuple(_narrower(a, x)),
    )


def _narrower(a: Deconv, x: TensorType) -> Iterator[Change]:
    """The widest narrower pad that leaves something, tried."""
    top, left, bottom, right = a.pad
    for most in range(max(a.pad) - 1, -1, -1):
        pad = (min(top, most), min(left, most), min(bottom, most), min(right, most))
        tried = replace(a, pad=pad)
        height, width = (_axis(tried, w1, which).input for which, w1 in enumerate((x.height, x.width)))
        if height > 0 and width > 0:
            told, argument = other_pad_text(pad)
            yield Change(f"{told}, which gives {height}x{width}", {"pad": argument})
            return


def infer(a: Deconv, inputs: Inputs) -> TensorType:
    (x,) = inputs
    window.reject_vector(x)
    check_groups(a.groups, x.depth, a.filters, help=tuple(_other_groups(a, x)))
    rows, columns = axes(a, x)
    return TensorType(rows.input, columns.input, a.filters)


def _other_groups(a: Deconv, x: TensorType) -> Iterator[Change]:
    """The nearest groups that divide both, where the size is right."""
    if x.depth % a.groups or a.filters % a.groups:
        try:
            axes(a, x)
        except Reject:
            return
        yield from map(groups_change, nearest_groups(a.groups, x.depth, a.filters)[:3])


def params(a: Deconv, inputs: Inputs) -> tuple[ParamSpec, ...]:
    """Weights D, N/groups, F, F and a bias a filter: F*F*D*N/groups + N."""
    depth, taps = inputs[0].depth, a.window[0] * a.window[1]
    shape = (depth, a.filters // a.groups, *a.window)
    fan = (taps * depth // a.groups, taps * a.filters // a.groups)
    weight = ParamSpec("weight", shape, init="weight", fan=fan, decays=True)
    return (weight, *bias(a.bias, infer(a, inputs)))


def cost(a: Deconv, inputs: Inputs, output: TensorType) -> Cost:
    return Cost(macs=inputs[0].count * a.window[0] * a.window[1] * a.filters // a.groups)


def _lines(a: Deconv, x: TensorType) -> tuple[str, str]:
    """(W1 - 1)*S - 2P + F + extra with its numbers, for height and width."""

    def line(which: int, w1: int) -> str:
        axis = _axis(a, w1, which)
        pads = f"2*{axis.before}" if axis.before == axis.after else f"({axis.before} + {axis.after})"
        return f"({w1} - 1)*{axis.stride} - {pads} + {axis.extent} + {a.extra[which]} = {axis.input}"

    return line(0, x.height), line(1, x.width)


def arithmetic(a: Deconv, inputs: Inputs, output: TensorType) -> str:
    height, width = _lines(a, inputs[0])
    return height if height == width else f"H: {height}; W: {width}"


def reach(a: Deconv, inputs: Inputs, output: TensorType) -> Reach:
    """An output cell lies under the windows of as many input cells as strides fit into a window."""
    rows, columns = axes(a, inputs[0])
    height, width = ((axis.extent - 1) // axis.stride + 1 for axis in (rows, columns))
    return Reach((height, width), (Fraction(1, a.stride[0]), Fraction(1, a.stride[1])))


OP = Op(
    "DECONV",
    Deconv,
    infer,
    kind="conv",
    summary="transposed convolution: N filters laid down by every cell of the input",
    doc="""Every cell of the input lays the filters down, times its own value, S cells apart, and what overlaps adds up
(Zeiler and others 2010; Dumoulin and Visin 2016). It is the transposed map of the CONV with the same window, stride,
pad and dilation, so the output's size is W2 = (W1 - 1)*S - 2P + F + extra, the same for H, with F the extent of a
dilated filter: the pad is cut off, and `extra` chooses among the sizes that such a CONV with `floor` brings to W1.
Weights are laid out D, N/groups, F, F. Parameters: F*F*D*N/groups + N; multiplications: H1*W1*F*F*D*N/groups.""",
    examples=("DECONV 2x2 *16 stride 2", "DECONV 4 *8 pad 1 stride 2 relu", "DECONV 3x3 *3 pad 1 stride 2 extra 1"),
    check=check,
    params=params,
    cost=cost,
    arithmetic=arithmetic,
    reach=reach,
    void=window.void,
    takes_activation=True,
    reads=input_only,
)
