"""SOFTMAX: values become shares that sum to one."""

from __future__ import annotations

from cnndsl.ops.spec import NoArguments, Op, output_only, same_type

OP = Op(
    "SOFTMAX",
    NoArguments,
    same_type,
    kind="shape",
    summary="exp(x) over its sum, along depth",
    doc="""y = exp(x) / sum(exp(x)) over the depth, at every position by itself. As the last step before the loss
`cross_entropy` it is folded into the loss, which takes logits; leave it out, and the loss is the same.""",
    examples=("SOFTMAX",),
    reads=output_only,
)
