"""SOFTPLUS: f(x) = log(1 + exp(x))."""

from __future__ import annotations

from cnndsl.ops.spec import NoArguments, Op, input_only, same_type

OP = Op(
    "SOFTPLUS",
    NoArguments,
    same_type,
    kind="activation",
    summary="f(x) = log(1 + exp(x))",
    doc="""A smooth RELU, above 0 everywhere (Dugas and others 2001; Glorot, Bordes and Bengio 2011). Its slope is the
sigmoid 1/(1 + exp(-x)). No parameters. Also as the trailing word of a layer: `softplus`.""",
    examples=("SOFTPLUS", "FC 84 softplus"),
    activation_word="softplus",
    reads=input_only,
    overwrites=True,
)
