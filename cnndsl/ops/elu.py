"""ELU: f(x) = x above 0, a*(exp(x) - 1) below."""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.ops.spec import Op, input_only, number, same_type


@dataclass(frozen=True, slots=True, kw_only=True)
class Elu:
    alpha: float = number(
        schema={"type": "number", "minimum": 0, "maximum": 1000},
        default=1.0,
        doc="a: far below 0 the values come to -a",
    )


OP = Op(
    "ELU",
    Elu,
    same_type,
    kind="activation",
    summary="f(x) = x above 0, a*(exp(x) - 1) below",
    doc="""The exponential linear unit (Clevert and others 2015): below 0 it bends down to -a, so that the mean of its
values lies nearer to 0 than RELU's. Its slope there is a*exp(x), a at 0 itself. No parameters. Also as the trailing
word of a layer: `elu`, `elu 0.5`.""",
    examples=("ELU", "ELU 0.5", "CONV 3x3 *8 elu"),
    activation_word="elu",
    rectifier=True,
    reads=input_only,
    overwrites=True,
)
