"""GELU: f(x) = x * P(x), P the normal distribution."""

from __future__ import annotations

from cnndsl.ops.spec import NoArguments, Op, input_only, same_type

OP = Op(
    "GELU",
    NoArguments,
    same_type,
    kind="activation",
    summary="f(x) = x * P(x), P the normal distribution",
    doc="""x times the probability P(x) = (1 + erf(x/sqrt(2)))/2 that a standard normal value lies below x (Hendrycks
and Gimpel 2016): by erf, not by the approximation with tanh. Its slope is P(x) + x*exp(-x**2/2)/sqrt(2*pi). No
parameters. Also as the trailing word of a layer: `gelu`.""",
    examples=("GELU", "CONV 3x3 *8 gelu"),
    activation_word="gelu",
    rectifier=True,
    reads=input_only,
    overwrites=True,
)
