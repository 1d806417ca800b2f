"""ADD: the sum of its branches."""

from __future__ import annotations

from cnndsl.ops.spec import Inputs, NoArguments, Op, Reject, TensorType, neither


def infer(a: NoArguments, inputs: Inputs) -> TensorType:
    first = inputs[0]
    for index, other in enumerate(inputs):
        if _extent(other) != _extent(first):
            raise Reject(
                "E401",
                f"needs equal sizes, and its branches give {' and '.join(map(str, inputs))}",
                label=f"gives {other}, the first branch {first}",
                input_index=index,
                help=tuple(_help(first, other)),
            )
    return next((t for t in inputs if not t.flat), first)


def _extent(t: TensorType) -> tuple[int, int, int]:
    """A vector of N joins as 1x1xN."""
    return t.height, t.width, t.depth


def _help(first: TensorType, other: TensorType) -> list[str]:
    if (first.height, first.width) == (other.height, other.width):
        return [f"give the branches one depth, for example by `CONV 1x1 *{first.depth}` at the end of this one"]
    return ["give the branches one size: look at their strides and pads"]


OP = Op(
    "ADD",
    NoArguments,
    infer,
    kind="join",
    summary="the sum of the branches, value by value",
    doc="""`ADD( a | b )`: every branch starts from the same tensor, and the results are summed. They must have one
size. `ID` is the empty branch: `ADD( CONV 3x3 *8 pad 1 | ID )` is a residual block (He and others 2015). The
gradient goes to every branch unchanged, and where a tensor is used twice, its gradients add.""",
    examples=("ADD( CONV 3x3 *3 pad 1 | ID )",),
    reads=neither,
    hands_on="gradient",
)
