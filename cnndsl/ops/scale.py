"""SCALE: a learned factor for each channel."""

from __future__ import annotations

from cnndsl.ops.spec import Inputs, NoArguments, Op, ParamSpec, input_only, same_type


def params(a: NoArguments, inputs: Inputs) -> tuple[ParamSpec, ...]:
    """A factor a channel."""
    return (ParamSpec("weight", (inputs[0].depth,), init=1.0),)


OP = Op(
    "SCALE",
    NoArguments,
    same_type,
    kind="norm",
    summary="a learned factor for each channel",
    doc="""y[d] = w[d] * x[d] at every position, with factors that start at 1. At the end of a residual branch it lets
the network learn how much of the branch to use (Touvron and others 2021, LayerScale). Weight decay does not touch the
factors. On a vector every value is a channel. Parameters: D.""",
    examples=("SCALE", "ADD( CONV 3x3 *3 pad 1 -> SCALE | ID )"),
    params=params,
    reads=input_only,
)
