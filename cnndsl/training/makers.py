"""What makes what we bring of losses, optimizers, schedules, metrics, augmentations and data sets, by key and word of
the train block."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cnndsl.data import augment, sets
from cnndsl.training import losses, metrics, optim, schedule

MAKERS: Mapping[str, Mapping[str, Callable[[Any], Any]]] = {
    "loss": losses.MAKERS,
    "optimizer": optim.MAKERS,
    "schedule": schedule.MAKERS,
    "metric": metrics.MAKERS,
    "data": sets.MAKERS,
    "augment": augment.MAKERS,
}
