"""DROPOUT: values left out at random while training."""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.ops.spec import Op, neither, number, same_type


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropout:
    rate: float = number(
        schema={"type": "number", "minimum": 0, "exclusiveMaximum": 1}, doc="share of the values that is left out"
    )


OP = Op(
    "DROPOUT",
    Dropout,
    same_type,
    kind="noise",
    summary="leaves out a share of the values while training",
    doc="""In training each value is zero with probability p, and the others are divided by 1 - p, so that nothing
has to change outside training, where DROPOUT does nothing (inverted dropout; Srivastava and others 2014). The mask
comes from the seed, the step, the layer and the value's index, and is the same on every backend.""",
    examples=("DROPOUT 0.5",),
    reads=neither,
    overwrites=True,
)
