"""CONV: cross-correlation with N filters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from cnndsl.ops import window
from cnndsl.ops.axis import Fit
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
from cnndsl.ops.window import FIT_DOC, FITS

BIASES = {"nobias": "none", "bias filter": "filter", "bias position": "position"}
BIAS_DOC = (
    "a bias for each filter (`bias filter`, the default), for each value of the output (`bias position`), or none"
)
"""How CONV and its kin declare their biases."""
MOST_GROUPS = 9_999_999_999


@dataclass(frozen=True, slots=True, kw_only=True)
class Conv:
    window: tuple[int, ...] = size(ranks=(2, 3), doc="filter: height x width, and if written the depth it sees")
    filters: int = times(doc="number of filters, the depth of the output")
    stride: tuple[int, int] = option(1, axes=2, minimum=1, doc="rows and columns from one window to the next")
    pad: tuple[int, int, int, int] = option(0, axes=4, doc="zeros around the input: top, left, bottom, right")
    dilate: tuple[int, int] = option(1, axes=2, minimum=1, doc="distance of neighbouring taps")
    groups: int = option(1, minimum=1, maximum=MOST_GROUPS, doc="groups of channels that do not see each other")
    fit: Fit = choice(FITS, default="exact", doc=FIT_DOC)
    bias: str = choice(BIASES, default="filter", doc=BIAS_DOC)


def infer(a: Conv, inputs: Inputs) -> TensorType:
    (x,) = inputs
    window.reject_vector(x)
    check_groups(a.groups, x.depth, a.filters, help=tuple(_other_groups(a, x)))
    seen = x.depth // a.groups
    if len(a.window) == 3 and a.window[2] != seen:
        share = f"{x.depth}/{a.groups} = {seen}" if a.groups > 1 else str(seen)
        raise Reject(
            "E303",
            f"filter depth is {a.window[2]}, but it sees a depth of {share}",
            blame="window",
            label=f"depth {a.window[2]}",
            help=tuple(_other_depth(a, x)),
        )
    rows, columns = window.axes(a, x)
    return TensorType(rows.output, columns.output, a.filters)


def check_groups(groups: int, depth: int, filters: int, *, help: tuple[str | Change, ...]) -> None:
    """Raises Reject (E306) for groups that do not divide both."""
    if depth % groups or filters % groups:
        raise Reject(
            "E306",
            f"groups {groups} do not divide both the input's depth {depth} and the {filters} filters",
            blame="groups",
            label="must divide both",
            help=help,
        )


def nearest_groups(groups: int, depth: int, filters: int) -> list[int]:
    """Groups that divide both, 1 among them, those nearest to the number written first."""
    both = (g for g in range(1, min(depth, filters, 4096) + 1) if depth % g == filters % g == 0)
    return sorted(both, key=lambda g: (g == 1, abs(g - groups), g))


def groups_change(groups: int) -> Change:
    """The way out that takes other groups."""
    if groups == 1:
        return Change("leave `groups` out", {"groups": ""})
    return Change(f"use `groups {groups}`", {"groups": f"groups {groups}"})


def _other_groups(a: Conv, x: TensorType) -> Iterator[Change]:
    """Groups that divide both, the nearest first, each tried."""
    if x.depth % a.groups or a.filters % a.groups:
        near = (g for g in nearest_groups(a.groups, x.depth, a.filters) if _works(replace(a, groups=g), x))
        yield from (groups_change(g) for g, _ in zip(near, range(3), strict=False))


def _other_depth(a: Conv, x: TensorType) -> Iterator[str | Change]:
    """The filter's depth as it must be, or left out; tried."""
    plain = f"{a.window[0]}x{a.window[1]}"
    right = f"{plain}x{x.depth // a.groups}"
    if _works(replace(a, window=a.window[:2]), x):
        yield Change(f"write `{right}`", {"window": right})
        yield Change(f"or leave the depth out: `{plain}`", {"window": plain})
    else:
        yield f"write `{right}`, or leave the depth out: `{plain}`"


def _works(a: Conv, x: TensorType) -> bool:
    try:
        infer(a, (x,))
    except Reject:
        return False
    return True


def params(a: Conv, inputs: Inputs) -> tuple[ParamSpec, ...]:
    """Weights N, D/groups, F, F and a bias a filter: (F*F*D/groups + 1)*N, the tutorial's section 5.1.4.

    `bias position` has N*H2*W2 biases in place of N.
    """
    seen, taps = inputs[0].depth // a.groups, a.window[0] * a.window[1]
    shape = (a.filters, seen, a.window[0], a.window[1])
    fan = (taps * seen, taps * a.filters // a.groups)
    weight = ParamSpec("weight", shape, init="weight", fan=fan, decays=True)
    return (weight, *bias(a.bias, infer(a, inputs)))


def bias(word: str, output: TensorType) -> tuple[ParamSpec, ...]:
    """The bias that the word asks for: N, or for each position N, H2, W2."""
    shapes = {"none": (), "filter": ((output.depth,),), "position": (output.shape,)}
    return tuple(ParamSpec("bias", shape) for shape in shapes[word])


def cost(a: Conv, inputs: Inputs, output: TensorType) -> Cost:
    return Cost(macs=output.count * a.window[0] * a.window[1] * inputs[0].depth // a.groups)


def arithmetic(a: Conv, inputs: Inputs, output: TensorType) -> str:
    return window.arithmetic(a, inputs[0])


def reach(a: Conv, inputs: Inputs, output: TensorType) -> Reach:
    return window.reach(a)


OP = Op(
    "CONV",
    Conv,
    infer,
    kind="conv",
    summary="convolution layer: N filters slide over the input",
    doc="""Cross-correlation of the input with N filters (the tutorial's equation 4); each filter gives one map, so
the output's depth is N. The output's size is W2 = (W1 - F + 2P)/S + 1, the same for H; a size that is not whole is
an error unless `floor`, `ceil` or `same` says what to do. A filter's third number is the depth it expects; it is
checked, and may be left out. Weights are laid out N, D/groups, F, F. Parameters: (F*F*D/groups + 1)*N; with
`bias position` each value of the output has a bias of its own, N*H2*W2 of them (the last layer of AlphaGo's policy
network). Multiplications: F*F*D/groups for each value of the output.""",
    examples=(
        "CONV 3x3 *16 pad 1 relu",
        "CONV 3x3x3 *2 stride 2 pad 1",
        "CONV 5 *8 stride 2x1 same nobias",
        "CONV 1x1 *1 bias position",
    ),
    check=window.check,
    params=params,
    cost=cost,
    arithmetic=arithmetic,
    reach=reach,
    void=window.void,
    fills=lambda a, inputs: window.fills(a, inputs[0]),
    lost=lambda a, inputs: window.lost(a, inputs[0]),
    takes_activation=True,
    reads=input_only,
)
