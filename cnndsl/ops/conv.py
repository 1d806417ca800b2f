"""CONV: cross-correlation with N filters."""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.ops import window
from cnndsl.ops.spec import Cost, Inputs, Op, ParamSpec, Reject, TensorType, choice, option, size, times
from cnndsl.ops.window import Fit


@dataclass(frozen=True, slots=True, kw_only=True)
class Conv:
    window: tuple[int, ...] = size(ranks=(2, 3), doc="filter: height x width, and if written the depth it sees")
    filters: int = times(doc="number of filters, the depth of the output")
    stride: tuple[int, int] = option(1, axes=2, minimum=1, doc="rows and columns from one window to the next")
    pad: tuple[int, int, int, int] = option(0, axes=4, doc="zeros around the input: top, left, bottom, right")
    dilate: tuple[int, int] = option(1, axes=2, minimum=1, doc="distance of neighbouring taps")
    groups: int = option(1, minimum=1, maximum=9_999_999_999, doc="groups of channels that do not see each other")
    fit: Fit = choice(
        {"floor": "floor", "ceil": "ceil", "same": "same"},
        default="exact",
        doc="rows that fill no window: an error, dropped (floor), hung over (ceil); same pads to ceil(W1/S)",
    )
    bias: str = choice({"nobias": "none"}, default="filter", doc="a bias for each filter, or none")


def infer(a: Conv, inputs: Inputs) -> TensorType:
    (x,) = inputs
    window.reject_vector(x)
    if a.groups > 1 and (x.depth % a.groups or a.filters % a.groups):
        both = [str(g) for g in range(2, min(x.depth, a.filters, 4096) + 1) if x.depth % g == a.filters % g == 0]
        raise Reject(
            "E306",
            f"groups {a.groups} do not divide both the input's depth {x.depth} and the {a.filters} filters",
            blame="groups",
            label="must divide both",
            help=(f"groups that do: {', '.join(both[:6])}" if both else "leave `groups` out",),
        )
    seen = x.depth // a.groups
    if len(a.window) == 3 and a.window[2] != seen:
        share = f"{x.depth}/{a.groups} = {seen}" if a.groups > 1 else str(seen)
        right = f"{a.window[0]}x{a.window[1]}x{seen}"
        raise Reject(
            "E303",
            f"filter depth is {a.window[2]}, but it sees a depth of {share}",
            blame="window",
            label=f"depth {a.window[2]}",
            help=(f"write `{right}`, or leave the depth out: `{a.window[0]}x{a.window[1]}`",),
        )
    rows, columns = window.axes(a, x)
    return TensorType(rows.output, columns.output, a.filters)


def params(a: Conv, inputs: Inputs) -> tuple[ParamSpec, ...]:
    """Weights N, D/groups, F, F and a bias a filter: (F*F*D/groups + 1)*N, the tutorial's section 5.1.4."""
    seen, taps = inputs[0].depth // a.groups, a.window[0] * a.window[1]
    shape = (a.filters, seen, a.window[0], a.window[1])
    fan = (taps * seen, taps * a.filters // a.groups)
    weight = ParamSpec("weight", shape, init="weight", fan=fan, decays=True)
    return (weight, ParamSpec("bias", (a.filters,))) if a.bias == "filter" else (weight,)


def cost(a: Conv, inputs: Inputs, output: TensorType) -> Cost:
    return Cost(macs=output.count * a.window[0] * a.window[1] * inputs[0].depth // a.groups)


def arithmetic(a: Conv, inputs: Inputs, output: TensorType) -> str:
    return window.arithmetic(a, inputs[0])


OP = Op(
    "CONV",
    Conv,
    infer,
    kind="conv",
    summary="convolution layer: N filters slide over the input",
    doc="""Cross-correlation of the input with N filters (the tutorial's equation 4); each filter gives one map, so
the output's depth is N. The output's size is W2 = (W1 - F + 2P)/S + 1, the same for H; a size that is not whole is
an error unless `floor`, `ceil` or `same` says what to do. A filter's third number is the depth it expects; it is
checked, and may be left out. Weights are laid out N, D/groups, F, F. Parameters: (F*F*D/groups + 1)*N.""",
    examples=("CONV 3x3 *16 pad 1 relu", "CONV 3x3x3 *2 stride 2 pad 1", "CONV 5 *8 stride 2x1 same nobias"),
    check=window.check,
    params=params,
    cost=cost,
    arithmetic=arithmetic,
    takes_activation=True,
)
