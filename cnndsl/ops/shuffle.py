"""SHUFFLE: the channels of groups dealt out in turn."""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.ops.groups import check_groups
from cnndsl.ops.spec import Inputs, Op, TensorType, count, neither


@dataclass(frozen=True, slots=True, kw_only=True)
class Shuffle:
    groups: int = count(doc="groups of channels; they divide the depth")


def infer(a: Shuffle, inputs: Inputs) -> TensorType:
    (x,) = inputs
    check_groups("SHUFFLE", "groups", a.groups, x, range(2, x.depth))
    return x


OP = Op(
    "SHUFFLE",
    Shuffle,
    infer,
    kind="shape",
    summary="channels in another order: the first of each group, then the second of each",
    doc="""The channel shuffle of ShuffleNet (Zhang and others 2017): the depth is read as g rows of D/g channels, and
written column by column, so that a layer of groups behind it sees something of every group before it. Channel
i*g + j of the output is channel j*(D/g) + i of the input. No parameters.""",
    examples=("SHUFFLE 2", "CONV 1x1 *12 groups 4 -> SHUFFLE 4 -> CONV 1x1 *12 groups 4"),
    reads=neither,
)
