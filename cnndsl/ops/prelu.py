"""PRELU: f(x) = x above 0, w*x below, with a slope w that each channel learns."""

from __future__ import annotations

from cnndsl.ops.spec import Inputs, NoArguments, Op, ParamSpec, input_only, same_type


def params(a: NoArguments, inputs: Inputs) -> tuple[ParamSpec, ...]:
    """A slope a channel."""
    return (ParamSpec("weight", (inputs[0].depth,), init=0.25),)


OP = Op(
    "PRELU",
    NoArguments,
    same_type,
    kind="activation",
    summary="f(x) = x above 0, a learned slope for each channel below",
    doc="""LEAKY whose slope below 0 is learned, one for each channel, starting at 0.25 (He and others 2015). Weight
decay does not touch the slopes, which it would push towards RELU. On a vector every value is a channel. Parameters: D.
Also as the trailing word of a layer: `prelu`.""",
    examples=("PRELU", "CONV 3x3 *8 prelu"),
    params=params,
    activation_word="prelu",
    rectifier=True,
    reads=input_only,
    overwrites=True,
)
