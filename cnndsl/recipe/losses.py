"""Losses, and what is measured."""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.arguments import NoArguments, option
from cnndsl.recipe.spec import Entry, Key


def _weight() -> float:
    found: float = option(
        1.0,
        schema={"type": "number", "exclusiveMinimum": 0, "maximum": 1000},
        doc="what the loss counts beside those of other outputs",
    )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossEntropy:
    smooth: float = option(
        0.0,
        schema={"type": "number", "minimum": 0, "exclusiveMaximum": 1},
        doc="label smoothing: the target is (1 - s)*onehot + s/K",
    )
    weight: float = _weight()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    weight: float = _weight()


LOSS = Key(
    "loss",
    (
        Entry(
            "loss",
            "cross_entropy",
            CrossEntropy,
            "of the softmax of the logits",
            ("loss cross_entropy", "loss aux1 cross_entropy weight 0.3"),
        ),
        Entry(
            "loss",
            "mse",
            Plain,
            "squared difference from the target, 1 for the label and 0 for the others; the mean over all elements",
            ("loss value mse",),
        ),
        Entry("loss", "bce", Plain, "binary cross-entropy of each element", ("loss bce",)),
    ),
    default="cross_entropy",
    takes="outputs",
    about="what is made small, for each output",
)

METRIC = Key(
    "metric",
    (
        Entry("metric", "accuracy", NoArguments, "share of samples that are right", ("metric accuracy",)),
        Entry(
            "metric", "top5", NoArguments, "share whose label is among the five likeliest", ("metric accuracy top5",)
        ),
        Entry("metric", "loss", NoArguments, "the loss alone", ("metric loss",)),
        Entry("metric", "confusion", NoArguments, "which class is taken for which", ("metric confusion",)),
    ),
    default="accuracy",
    takes="several",
    about="what is measured beside the loss",
)
