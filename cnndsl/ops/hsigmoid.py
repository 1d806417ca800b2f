"""HSIGMOID: f(x) = clip(x/6 + 1/2, 0, 1)."""

from __future__ import annotations

from cnndsl.ops.spec import NoArguments, Op, input_only, same_type

OP = Op(
    "HSIGMOID",
    NoArguments,
    same_type,
    kind="activation",
    summary="f(x) = clip(x/6 + 1/2, 0, 1)",
    doc="""A sigmoid of three straight lines, 0 below -3 and 1 above 3 (Howard and others 2019, MobileNetV3, where it
gates channels). Its slope is 1/6 between -3 and 3, and taken as 0 at both. No parameters. Also as the trailing word of
a layer: `hsigmoid`.""",
    examples=("HSIGMOID", "FC 16 hsigmoid"),
    activation_word="hsigmoid",
    reads=input_only,
    overwrites=True,
)
