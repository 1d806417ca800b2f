"""SILU: f(x) = x / (1 + exp(-x))."""

from __future__ import annotations

from cnndsl.ops.spec import NoArguments, Op, input_only, same_type

OP = Op(
    "SILU",
    NoArguments,
    same_type,
    kind="activation",
    summary="f(x) = x / (1 + exp(-x))",
    doc="""x times its sigmoid s(x) = 1/(1 + exp(-x)), also called swish (Hendrycks and Gimpel 2016; Ramachandran and
others 2017). Its slope is s(x) + x*s(x)*(1 - s(x)). No parameters. Also as the trailing word of a layer: `silu`.""",
    examples=("SILU", "CONV 3x3 *8 silu"),
    activation_word="silu",
    rectifier=True,
    reads=input_only,
    overwrites=True,
)
