"""Optimizers, and what the learning rate does as training goes on."""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.arguments import choice, option
from cnndsl.recipe.spec import Entry, Key

RATE = {"type": "number", "exclusiveMinimum": 0, "maximum": 1000}
SHARE = {"type": "number", "minimum": 0, "exclusiveMaximum": 1}
DECAY = {"type": "number", "minimum": 0, "maximum": 1000}
EPS = {"type": "number", "exclusiveMinimum": 0, "maximum": 1}
EPOCHS = {"type": "integer", "minimum": 0, "maximum": 1_000_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class SGD:
    """v <- momentum*v + g, w <- w - lr*v; decay is L2 in the gradient, on weights only."""

    lr: float = option(0.1, schema=RATE, doc="learning rate")
    momentum: float = option(0.0, schema=SHARE, doc="share of the last step that goes on")
    nesterov: bool = choice({"nesterov": True}, default=False, doc="look ahead: w <- w - lr*(g + momentum*v)")
    decay: float = option(0.0, schema=DECAY, doc="weight decay, in the gradient")

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
    decay: float = option(0.0, schema=DECAY, doc="weight decay, in the gradient")

    @property
    def slots(self) -> tuple[str, ...]:
        """Arrays kept for each parameter: running means of the gradient and of its square."""
        return ("mean", "square")


@dataclass(frozen=True, slots=True, kw_only=True)
class RMSProp:
    """s <- rho*s + (1 - rho)*g*g, w <- w - lr*g/(sqrt(s) + eps); decay is L2 in the gradient, on weights only."""

    lr: float = option(1e-3, schema=RATE, doc="learning rate")
    rho: float = option(0.9, schema=SHARE, doc="memory of the square")
    eps: float = option(1e-8, schema=EPS, doc="added to the root of the square")
    decay: float = option(0.0, schema=DECAY, doc="weight decay, in the gradient")

    @property
    def slots(self) -> tuple[str, ...]:
        """Arrays kept for each parameter: the running mean of the gradient's square."""
        return ("square",)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdamW:
    """Loshchilov and Hutter 2019: as Adam, and w <- w - lr*decay*w beside it, on weights only."""

    lr: float = option(1e-3, schema=RATE, doc="learning rate")
    beta1: float = option(0.9, schema=SHARE, doc="memory of the mean")
    beta2: float = option(0.999, schema=SHARE, doc="memory of the square")
    eps: float = option(1e-8, schema=EPS, doc="added to the root of the square")
    decay: float = option(0.01, schema=DECAY, doc="weight decay, beside the gradient")

    @property
    def slots(self) -> tuple[str, ...]:
        """Arrays kept for each parameter: running means of the gradient and of its square."""
        return ("mean", "square")


def _warmup() -> int:
    found: int = option(0, schema=EPOCHS, doc="epochs in which the rate first rises to lr, by the same amount a step")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    warmup: int = _warmup()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stairs:
    every: int = option(30, schema={**EPOCHS, "minimum": 1}, doc="epochs between two changes, from the first one on")
    factor: float = option(
        0.1, schema={"type": "number", "exclusiveMinimum": 0, "maximum": 1}, doc="what the rate is multiplied by"
    )
    warmup: int = _warmup()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosine:
    warmup: int = _warmup()


@dataclass(frozen=True, slots=True, kw_only=True)
class OneCycle:
    warmup: int = _warmup()


OPTIMIZER = Key(
    "optimizer",
    (
        Entry("optimizer", "sgd", SGD, "gradient descent with momentum", ("optimizer sgd lr 0.05 momentum 0.9",)),
        Entry("optimizer", "adam", Adam, "a step size for each weight", ("optimizer adam lr 1e-3",)),
        Entry("optimizer", "rmsprop", RMSProp, "steps of the gradient's own scale", ("optimizer rmsprop lr 1e-3",)),
        Entry("optimizer", "adamw", AdamW, "adam, with decay beside the gradient", ("optimizer adamw decay 0.05",)),
    ),
    default="sgd",
    about="how weights go down the gradient: sgd, adam, adamw, rmsprop",
)

SCHEDULE = Key(
    "schedule",
    (
        Entry("schedule", "constant", Constant, "lr throughout", ("schedule constant warmup 5",)),
        Entry("schedule", "step", Stairs, "lower every so many epochs", ("schedule step every 30 factor 0.1",)),
        Entry(
            "schedule",
            "cosine",
            Cosine,
            "from lr to 0 along half a cosine, over the steps after the warmup",
            ("schedule cosine warmup 5",),
        ),
        Entry(
            "schedule",
            "onecycle",
            OneCycle,
            "from lr/25 up to lr in 3 steps of 10, then down to lr/250,000, along cosines",
            ("schedule onecycle",),
        ),
    ),
    default="constant",
    about="how the learning rate changes while training",
)
