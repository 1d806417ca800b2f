"""LN: layer normalization over depth."""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.ops.spec import Inputs, Op, ParamSpec, input_only, option, same_type


@dataclass(frozen=True, slots=True, kw_only=True)
class LN:
    eps: float = option(
        1e-5, schema={"type": "number", "exclusiveMinimum": 0, "maximum": 1}, doc="added to the variance"
    )


def params(a: LN, inputs: Inputs) -> tuple[ParamSpec, ...]:
    """Scale and shift a channel."""
    shape = (inputs[0].depth,)
    return (ParamSpec("weight", shape, init=1.0), ParamSpec("bias", shape))


OP = Op(
    "LN",
    LN,
    same_type,
    kind="norm",
    summary="layer normalization, a mean and a deviation over depth at each position",
    doc="""y = scale*(x - mean)/sqrt(var + eps) + shift, with mean and biased variance over the D channels of one
position of one sample (Ba and others 2016; over depth as in ConvNeXt, Liu and others 2022). Scale and shift are
learned a channel; weight decay does not touch them. Over height and width too it is `GN 1`. Parameters: 2*D.""",
    examples=("LN", "LN eps 1e-6"),
    params=params,
    reads=input_only,
)
