"""HSWISH: f(x) = x * clip(x/6 + 1/2, 0, 1)."""

from __future__ import annotations

from cnndsl.ops.spec import NoArguments, Op, input_only, same_type

OP = Op(
    "HSWISH",
    NoArguments,
    same_type,
    kind="activation",
    summary="f(x) = x * clip(x/6 + 1/2, 0, 1)",
    doc="""SILU with straight lines in place of its sigmoid, quick to compute (Howard and others 2019, MobileNetV3): x
times HSIGMOID. Its slope is x/3 + 1/2 between -3 and 3, 0 from there down and 1 from there up. No parameters. Also as
the trailing word of a layer: `hswish`.""",
    examples=("HSWISH", "CONV 3x3 *8 hswish"),
    activation_word="hswish",
    rectifier=True,
    reads=input_only,
    overwrites=True,
)
