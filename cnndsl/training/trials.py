"""Short trainings that answer a question before the long one: does it learn at all, and at which rate.

Both use a trainer up: they change its parameters, and leave nothing behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, count, islice, repeat
from time import perf_counter

from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.training.trainer import Trainer, Tried

ENOUGH, SHARE = 300, 0.1
"""How many steps `overfit` goes at most, and to what share of its start a loss without labels has to fall."""
LOWEST, HIGHEST, STEPS = 1e-6, 10.0, 120
"""Rates that `find_rate` goes through, and in how many steps."""
SMOOTH, AWAY = 0.9, 4.0
"""How much of the smoothed loss stays at each step, and how many times its lowest value is too much."""
FALL = 1e-6
"""A loss that does not fall by this share has not fallen."""
SLOPE = 6
"""The fall at a rate is taken over so many steps before and behind it."""


@dataclass(frozen=True, slots=True)
class Overfitted:
    """What became of one batch of `samples`, learned again and again: `learned` is whether every label was right in the
    end (without labels: whether the loss fell to a tenth). `norms` are the lengths of the first step's gradients, by
    parameter; `seconds` what a step takes; `stopped` what was not finite, if something was."""

    samples: int
    steps: int
    first_loss: float
    last_loss: float
    accuracy: float | None
    learned: bool
    norms: dict[str, float]
    seconds: float
    stopped: str | None = None


def overfit(trainer: Trainer, steps: int = ENOUGH) -> Overfitted:
    """Trains on one batch alone, at the optimizer's full rate: a network that cannot learn even that by heart has a
    mistake in it, or a rate that does not fit. DROPOUT is on as in training."""
    batch = next(trainer.batches(1))
    batch = batch._replace(x=batch.x.copy())
    start = perf_counter()
    seen: list[Tried] = []
    for tried in trainer.trial(repeat(batch, steps), lambda _: trainer.recipe.optimizer.attrs.lr):
        seen.append(tried)
        if tried.stopped or _by_heart(tried, seen[0]):
            break
    last = seen[-1]
    return Overfitted(
        samples=len(batch.x),
        steps=len(seen),
        first_loss=seen[0].loss,
        last_loss=last.loss,
        accuracy=last.accuracy,
        learned=last.stopped is None and _by_heart(last, seen[0]),
        norms=seen[0].norms,
        seconds=(perf_counter() - start) / len(seen),
        stopped=last.stopped,
    )


def _by_heart(now: Tried, first: Tried) -> bool:
    return now.accuracy == 1 if now.accuracy is not None else now.loss <= SHARE * first.loss


@dataclass(frozen=True, slots=True)
class Rates:
    """The loss at each rate, smoothed, as far as it went; `steepest` is the rate at which it falls fastest, `lowest`
    that of the lowest loss."""

    tried: tuple[tuple[float, float], ...]
    steepest: float
    lowest: float

    @property
    def advice(self) -> float:
        """A rate to begin with, rounded to one digit: a tenth of the one at which the loss is lowest, since from there
        on it rises."""
        return float(f"{self.lowest / 10:.0e}")


def find_rate(trainer: Trainer, steps: int = STEPS) -> Rates:
    """The range test of L. N. Smith 2017 (section 3.3): the rate rises from step to step, by the same factor, until the
    loss runs away. Raises CnnError (E806) where it falls nowhere."""
    factor = (HIGHEST / LOWEST) ** (1 / (steps - 1))
    batches = islice(chain.from_iterable(trainer.batches(epoch) for epoch in count(1)), steps)
    mean = 0.0
    seen: list[tuple[float, float]] = []
    for number, tried in enumerate(trainer.trial(batches, lambda step: LOWEST * factor**step)):
        if tried.stopped:
            break
        mean = SMOOTH * mean + (1 - SMOOTH) * tried.loss
        smoothed = mean / (1 - SMOOTH ** (number + 1))
        seen.append((tried.lr, smoothed))
        if smoothed > AWAY * min(loss for _, loss in seen):
            break
    if not seen:
        raise CnnError(Diagnostic("E806", "the loss is not a finite number at the lowest rate"))
    falls = [(seen[at - SLOPE][1] - seen[at + SLOPE][1], seen[at][0]) for at in range(SLOPE, len(seen) - SLOPE)]
    lowest = min(seen, key=lambda pair: pair[1])
    if not falls or lowest[1] >= (1 - FALL) * seen[0][1]:
        help = ("look at the network with `cnndsl run --dry`",)
        raise CnnError(Diagnostic("E806", "the loss falls at no rate", help=help))
    return Rates(tuple(seen), max(falls)[1], lowest[0])
