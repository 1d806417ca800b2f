"""Optimizers."""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.arguments import choice, option
from cnndsl.recipe.spec import Entry

RATE = {"type": "number", "exclusiveMinimum": 0, "maximum": 1000}
SHARE = {"type": "number", "minimum": 0, "exclusiveMaximum": 1}
DECAY = {"type": "number", "minimum": 0, "maximum": 1000}
EPS = {"type": "number", "exclusiveMinimum": 0, "maximum": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class SGD:
    """v <- momentum*v + g, w <- w - lr*v; decay is L2 in the gradient, on weights only."""

    lr: float = option(0.1, schema=RATE, doc="learning rate")
    momentum: float = option(0.0, schema=SHARE, doc="share of the last step that goes on")
    nesterov: bool = choice({"nesterov": True}, default=False, doc="look ahead: w <- w - lr*(g + momentum*v)")
    decay: float = option(0.0, schema=DECAY, doc="weight decay")

    @property
    def slots(self) -> tuple[str, ...]:
        """Arrays kept for each parameter."""
        return ("velocity",) if self.momentum else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Adam:
    """Kingma and Ba 2015, algorithm 1; decay is L2 in the gradient, on weights only."""

    lr: float = option(1e-3, schema=RATE, doc="learning rate")
    beta1: float = option(0.9, schema=SHARE, doc="memory of the mean")
    beta2: float = option(0.999, schema=SHARE, doc="memory of the square")
    eps: float = option(1e-8, schema=EPS, doc="added to the root of the square")
    decay: float = option(0.0, schema=DECAY, doc="weight decay")

    @property
    def slots(self) -> tuple[str, ...]:
        """Arrays kept for each parameter: running means of the gradient and of its square."""
        return ("mean", "square")


ENTRIES = (
    Entry("optimizer", "sgd", SGD, "gradient descent with momentum", ("optimizer sgd lr 0.05 momentum 0.9",)),
    Entry("optimizer", "adam", Adam, "a step size for each weight", ("optimizer adam lr 1e-3",)),
)
