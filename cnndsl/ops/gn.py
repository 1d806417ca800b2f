"""GN: group normalization."""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.ops.groups import check_groups
from cnndsl.ops.spec import Inputs, Op, ParamSpec, TensorType, count, input_only, option, whole_map


@dataclass(frozen=True, slots=True, kw_only=True)
class GN:
    groups: int = count(doc="groups of channels, a mean and a deviation each; they divide the depth")
    eps: float = option(
        1e-5, schema={"type": "number", "exclusiveMinimum": 0, "maximum": 1}, doc="added to the variance"
    )


def infer(a: GN, inputs: Inputs) -> TensorType:
    (x,) = inputs
    most = x.depth if x.count > x.depth else x.depth - 1  # a single value has no deviation
    check_groups("GN", "groups", a.groups, x, range(1, most + 1))
    return x


def params(a: GN, inputs: Inputs) -> tuple[ParamSpec, ...]:
    """Scale and shift a channel."""
    shape = (inputs[0].depth,)
    return (ParamSpec("weight", shape, init=1.0), ParamSpec("bias", shape))


OP = Op(
    "GN",
    GN,
    infer,
    kind="norm",
    summary="group normalization, a mean and a deviation for each sample and group of channels",
    doc="""y = scale*(x - mean)/sqrt(var + eps) + shift, with mean and biased variance over the D/g channels of a
group and all positions, each sample by itself (Wu and He 2018): the batch's size does not matter, and training and use
are the same. Scale and shift are learned a channel; weight decay does not touch them. One group is the layer
normalization of a whole map, D groups are instance normalization; where a group has a single value, only the shift
remains of it. Parameters: 2*D.""",
    examples=("GN 4", "GN 8 eps 1e-3"),
    params=params,
    reach=whole_map,
    reads=input_only,
)
