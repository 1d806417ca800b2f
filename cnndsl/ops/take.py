"""TAKE: some of the channels."""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.arguments import LARGEST_COUNT
from cnndsl.ops.spec import Change, Inputs, Op, Reject, TensorType, neither, number


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    start: int = number(
        schema={"type": "integer", "minimum": 0, "maximum": LARGEST_COUNT},
        letter="A",
        doc="the first channel taken, from 0",
    )
    stop: int = number(
        schema={"type": "integer", "minimum": 1, "maximum": LARGEST_COUNT},
        letter="B",
        doc="the first channel not taken",
    )


def check(a: Take) -> None:
    """Raises Reject (E204) where no channel is taken."""
    if a.start >= a.stop:
        raise Reject(
            "E204",
            f"takes no channel from {a.start} to before {a.stop}",
            blame="stop",
            label=f"must be above {a.start}",
        )


def infer(a: Take, inputs: Inputs) -> TensorType:
    (x,) = inputs
    if a.stop > x.depth:
        last, fits = a.stop - 1, f"TAKE {a.start} {x.depth}"
        raise Reject(
            "E204",
            f"takes channels {a.start} to {last}, and its input has a depth of {x.depth}: channels 0 to {x.depth - 1}",
            blame="stop",
            label=f"must be at most {x.depth}",
            help=(Change(f"write `{fits}`", {"stop": str(x.depth)}),) if a.start < x.depth else (),
        )
    depth = a.stop - a.start
    return TensorType.vector(depth) if x.flat else TensorType(x.height, x.width, depth)


def arithmetic(a: Take, inputs: Inputs, output: TensorType) -> str:
    return f"{a.stop} - {a.start} = {output.depth}"


OP = Op(
    "TAKE",
    Take,
    infer,
    kind="shape",
    summary="channels a to b - 1",
    doc="""`TAKE a b` gives the b - a channels from a on, counted from 0, of a map or a vector: `TAKE 0 8` is the first
eight. So a tensor is split: `CONCAT( TAKE 0 8 | TAKE 8 16 -> CONV 3x3 *8 pad 1 )`, as in ShuffleNet V2 (Ma and others
2018). The other channels get a gradient of 0. No parameters.""",
    examples=("TAKE 0 2", "CONCAT( TAKE 0 1 | TAKE 1 3 -> CONV 3x3 *8 pad 1 )"),
    check=check,
    arithmetic=arithmetic,
    reads=neither,
)
