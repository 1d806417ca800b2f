"""Losses, and how weights start."""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.arguments import NoArguments, number, option
from cnndsl.recipe.spec import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossEntropy:
    smooth: float = option(
        0.0,
        schema={"type": "number", "minimum": 0, "exclusiveMaximum": 1},
        doc="label smoothing: the target is (1 - s)*onehot + s/K",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Normal:
    deviation: float = number(
        schema={"type": "number", "exclusiveMinimum": 0, "maximum": 1000}, doc="standard deviation"
    )


ENTRIES = (
    Entry("loss", "cross_entropy", CrossEntropy, "of the softmax of the logits", ("loss cross_entropy",)),
    Entry("init", "auto", NoArguments, "He before the ReLU family, else Xavier", ("init auto",)),
    Entry("init", "he", NoArguments, "normal, deviation sqrt(2/fan in)", ("init he",)),
    Entry("init", "xavier", NoArguments, "uniform, bound sqrt(6/(fan in + fan out))", ("init xavier",)),
    Entry("init", "normal", Normal, "normal, of the given deviation", ("init normal 0.01",)),
    Entry("init", "zeros", NoArguments, "all zero: a network that cannot learn, for comparison", ("init zeros",)),
)
