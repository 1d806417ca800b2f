"""RELU6: f(x) = min(max(0, x), 6)."""

from __future__ import annotations

from cnndsl.ops.spec import NoArguments, Op, output_only, same_type

OP = Op(
    "RELU6",
    NoArguments,
    same_type,
    kind="activation",
    summary="f(x) = min(max(0, x), 6)",
    doc="""RELU with a ceiling, as MobileNetV2 uses it (Krizhevsky 2010; Sandler and others 2018): what never passes 6
fits into few bits. Its slope is 1 between 0 and 6, and taken as 0 at both ends. No parameters. Also as the trailing
word of a layer: `relu6`.""",
    examples=("RELU6", "CONV 3x3 *8 relu6"),
    activation_word="relu6",
    rectifier=True,
    reads=output_only,
    overwrites=True,
)
