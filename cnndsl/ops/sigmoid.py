"""SIGMOID: f(x) = 1 / (1 + exp(-x))."""

from __future__ import annotations

from cnndsl.ops.spec import NoArguments, Op, output_only, same_type

OP = Op(
    "SIGMOID",
    NoArguments,
    same_type,
    kind="activation",
    summary="f(x) = 1 / (1 + exp(-x))",
    doc="""Its slope, f(x)*(1 - f(x)), is at most 1/4, so that a deep network of these starves its first layers (the
tutorial's section 2). Also as the trailing word of a layer: `sigmoid`.""",
    examples=("SIGMOID", "FC 84 sigmoid"),
    activation_word="sigmoid",
    reads=output_only,
    overwrites=True,
)
