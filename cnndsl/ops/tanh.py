"""TANH: f(x) = tanh(x)."""

from __future__ import annotations

from cnndsl.ops.spec import NoArguments, Op, output_only, same_type

OP = Op(
    "TANH",
    NoArguments,
    same_type,
    kind="activation",
    summary="f(x) = tanh(x)",
    doc="""Its slope is 1 - f(x)**2, at most 1. Also as the trailing word of a layer: `tanh`.""",
    examples=("TANH", "FC 84 tanh"),
    activation_word="tanh",
    reads=output_only,
    overwrites=True,
)
