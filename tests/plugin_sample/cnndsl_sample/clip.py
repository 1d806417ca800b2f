"""CLIP: values held between two bounds."""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.ops.spec import Inputs, Op, Reject, TensorType, option

BOUND = {"type": "number", "minimum": -1e6, "maximum": 1e6}


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    low: float = option(0.0, schema=BOUND, doc="smallest value")
    high: float = option(1.0, schema=BOUND, doc="largest value")


def infer(a: Clip, inputs: Inputs) -> TensorType:
    if a.low >= a.high:
        raise Reject("E204", f"low {a.low:g} is not below high {a.high:g}", blame="low", label="too large")
    return inputs[0]


OP = Op(
    "CLIP",
    Clip,
    infer,
    kind="activation",
    summary="min(max(x, low), high)",
    doc="Values below `low` become `low`, values above `high` become `high`; the gradient passes in between.",
    examples=("CLIP", "CLIP low -1 high 6"),
    activation_word="clip",
)
