"""MUL: the product of its branches."""

from __future__ import annotations

from cnndsl.ops.spec import Inputs, NoArguments, Op, Reject, TensorType, input_only


def infer(a: NoArguments, inputs: Inputs) -> TensorType:
    largest = next((t for t in inputs if not _single(t)), inputs[0])
    for index, other in enumerate(inputs):
        if other.depth != inputs[0].depth:
            help = f"give the branches one depth, for example by `CONV 1x1 *{inputs[0].depth}` at the end of this one"
            raise _unlike(inputs, index, inputs[0], "" if other.flat else help)
        if not _single(other) and (other.height, other.width) != (largest.height, largest.width):
            help = f"give the branches one size, or one value a channel by `POOL mean global`: 1x1x{other.depth}"
            raise _unlike(inputs, index, largest, help)
    return next((t for t in (largest, *inputs) if not t.flat), largest)


def _single(t: TensorType) -> bool:
    """One value a channel: 1x1xD, or a vector of D. It multiplies all positions of the others."""
    return t.height == t.width == 1


def _unlike(inputs: Inputs, index: int, like: TensorType, help: str) -> Reject:
    which = "first branch" if like == inputs[0] else "one before it"
    return Reject(
        "E401",
        f"needs equal sizes or 1x1 of the same depth, and its branches give {' and '.join(map(str, inputs))}",
        label=f"gives {inputs[index]}, the {which} {like}",
        input_index=index,
        help=(help or f"end this one in {like.depth} values",),
    )


OP = Op(
    "MUL",
    NoArguments,
    infer,
    kind="join",
    summary="the product of the branches, value by value",
    doc="""`MUL( a | b )`: every branch starts from the same tensor, and the results are multiplied. They have one
size, or are 1x1xD (or a vector of D), one factor for each channel at all positions, as a squeeze-and-excitation block
gates its input (Hu and others 2017). A branch's gradient is the output's times the values of all other branches,
summed over the positions where it is one factor for all. No parameters.""",
    examples=("MUL( ID | POOL mean global -> FC 2 relu -> FC 3 sigmoid )", "MUL( ID | CONV 3x3 *3 pad 1 sigmoid )"),
    reads=input_only,
)
