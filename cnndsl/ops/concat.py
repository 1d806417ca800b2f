"""CONCAT: the branches stacked along depth."""

from __future__ import annotations

from cnndsl.ops.spec import Inputs, NoArguments, Op, Reject, TensorType, neither


def infer(a: NoArguments, inputs: Inputs) -> TensorType:
    first = inputs[0]
    for index, other in enumerate(inputs):
        if (other.height, other.width) != (first.height, first.width):
            raise Reject(
                "E402",
                f"needs one height and width, and its branches give {' and '.join(map(str, inputs))}",
                label=f"gives {other}, the first branch {first}",
                input_index=index,
                help=("give the branches one height and width: look at their strides and pads",),
            )
    depth = sum(t.depth for t in inputs)
    if all(t.flat for t in inputs):
        return TensorType.vector(depth)
    return TensorType(first.height, first.width, depth)


def arithmetic(a: NoArguments, inputs: Inputs, output: TensorType) -> str:
    return " + ".join(str(t.depth) for t in inputs) + f" = {output.depth}"


OP = Op(
    "CONCAT",
    NoArguments,
    infer,
    kind="join",
    summary="the branches stacked along depth",
    doc="""`CONCAT( a | b | c )`: every branch starts from the same tensor, and the results are stacked along depth
in the order they are written, as in an inception block (Szegedy and others 2014). Heights and widths must be equal.""",
    examples=("CONCAT( CONV 1x1 *8 | CONV 3x3 *8 pad 1 | ID )",),
    arithmetic=arithmetic,
    reads=neither,
)
