"""RELU: f(x) = max(0, x)."""

from __future__ import annotations

from cnndsl.ops.spec import NoArguments, Op, output_only, same_type

OP = Op(
    "RELU",
    NoArguments,
    same_type,
    kind="activation",
    summary="f(x) = max(0, x)",
    doc="""The tutorial's section 2: quick to compute, a slope of 1 where it is active, and not active at all below 0.
At 0 its slope is taken as 0. Also as the trailing word of a layer: `relu`.""",
    examples=("RELU", "CONV 3x3 *8 relu"),
    activation_word="relu",
    rectifier=True,
    reads=output_only,
    overwrites=True,
)
