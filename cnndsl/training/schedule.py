"""The learning rate at each step.

A warmup comes first: over its epochs the rate rises by the same amount a step, and has reached what the optimizer says
at its last step. `cosine` and `onecycle` then run over the steps that are left; the epochs of `step` are counted from
the first of the training (as in Goyal and others 2017).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from math import cos, pi
from typing import Any

from cnndsl.recipe.spec import Setting

RISE, START, END = 0.3, 25.0, 1e4
"""Of `onecycle`: the share of steps in which the rate rises, lr over its start, and its start over its end."""


def _constant(attrs: Any, step: int, steps: int, epoch: int) -> float:
    return 1.0


def _stairs(attrs: Any, step: int, steps: int, epoch: int) -> float:
    return float(attrs.factor ** (epoch // attrs.every))


def _cosine(attrs: Any, step: int, steps: int, epoch: int) -> float:
    return _between(1.0, 0.0, step / steps)


def _onecycle(attrs: Any, step: int, steps: int, epoch: int) -> float:
    """Smith and Topin 2019, with half cosines in place of lines. The first step has the lowest rate of the rise, the
    last one the lowest of all."""
    top = RISE * steps - 1
    if step <= top:
        return _between(1 / START, 1.0, step / top if top else 1.0)
    return _between(1.0, 1 / START / END, (step - top) / (steps - 1 - top))


def _between(first: float, last: float, share: float) -> float:
    """Along half a cosine."""
    return last + (first - last) * (1 + cos(pi * share)) / 2


SCHEDULES: Mapping[str, Callable[[Any, int, int, int], float]] = {
    "constant": _constant,
    "step": _stairs,
    "cosine": _cosine,
    "onecycle": _onecycle,
}
"""Word of the recipe to factor of the rate: from arguments, step and number of steps after the warmup, and epoch. All
count from 0."""

MAKERS: Mapping[str, Callable[[Any], Callable[[int, int, int], float]]] = {
    word: partial(partial, factor) for word, factor in SCHEDULES.items()
}
"""Word of the recipe to what gives the factor for its arguments."""


def rate(setting: Setting, lr: float, *, step: int, steps: int, steps_per_epoch: int) -> float:
    """The learning rate of a step, counted from 0, of so many in all."""
    warmup: int = setting.attrs.warmup * steps_per_epoch
    if step < warmup:
        return lr * (step + 1) / warmup
    factor = setting.made(MAKERS)(step - warmup, steps - warmup, step // steps_per_epoch)
    return float(lr * factor)
