"""FLATTEN: a map becomes a vector."""

from __future__ import annotations

from cnndsl.ops.spec import Inputs, NoArguments, Op, TensorType, neither


def infer(a: NoArguments, inputs: Inputs) -> TensorType:
    return TensorType.vector(inputs[0].count)


def arithmetic(a: NoArguments, inputs: Inputs, output: TensorType) -> str:
    x = inputs[0]
    return "" if x.flat else f"{x.height}*{x.width}*{x.depth} = {x.count}"


OP = Op(
    "FLATTEN",
    NoArguments,
    infer,
    kind="shape",
    summary="the map as a vector, in D, H, W order",
    doc="""All values in one vector: first the depth, then rows, then columns. FC does it by itself, so it is rarely
written.""",
    examples=("FLATTEN",),
    arithmetic=arithmetic,
    reads=neither,
    hands_on="all",
)
