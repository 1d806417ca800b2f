"""What makes the losses, optimizers, schedules and data sets that we bring, by key and word of the train block."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from cnndsl.training import data, losses, optim, schedule


def _of_schedule(factor: Callable[..., float]) -> Callable[[Any], Callable[[int, int, int], float]]:
    return lambda attrs: partial(factor, attrs)


def _of_data(load: Callable[..., data.Dataset]) -> Callable[[Any], Callable[..., data.Dataset]]:
    return lambda _: load


MAKERS: Mapping[str, Mapping[str, Callable[[Any], Any]]] = {
    "loss": losses.MAKERS,
    "optimizer": optim.MAKERS,
    "schedule": {word: _of_schedule(factor) for word, factor in schedule.SCHEDULES.items()},
    "data": {word: _of_data(load) for word, load in data.LOADERS.items()},
}
