"""LEAKY: f(x) = x above 0, a*x below."""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.ops.spec import Op, input_only, number, same_type


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaky:
    slope: float = number(
        schema={"type": "number", "minimum": 0, "maximum": 1}, default=0.01, doc="slope a of the part below 0"
    )


OP = Op(
    "LEAKY",
    Leaky,
    same_type,
    kind="activation",
    summary="f(x) = x above 0, a*x below",
    doc="""A RELU that is never quite dead: below 0 it keeps the small slope a (Maas, Hannun and Ng 2013). At 0 its
slope is taken as a. No parameters. Also as the trailing word of a layer: `leaky`, `leaky 0.1`.""",
    examples=("LEAKY", "LEAKY 0.1", "CONV 3x3 *8 leaky"),
    activation_word="leaky",
    rectifier=True,
    reads=input_only,
    overwrites=True,
)
