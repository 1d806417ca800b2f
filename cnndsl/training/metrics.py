"""What is measured of a network's answers, beside its losses. Each is made anew for every pass over a part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.data.dataset import is_labels
from cnndsl.recipe.spec import Setting

AMONG = 5
"""How many of the likeliest classes `top5` looks at."""


Better: TypeAlias = Literal["higher", "lower"] | None


class Metric(Protocol):
    """Something counted over samples. `better` is which of two values is better; None where that cannot be said."""

    @property
    def name(self) -> str: ...

    @property
    def better(self) -> Better: ...

    def add(self, output: Array, target: Array) -> None:
        """Counts a batch: the output that leads, and its target, labels N where the data have labels."""
        ...

    def value(self) -> Any:
        """What was counted so far, as JSON can say it; None where nothing could be."""
        ...


def chosen(output: Array) -> Array:
    """The class with the largest output, for each sample: N of N, K or N, K, 1, 1; of one number a sample, whether it
    is above 0."""
    flat = output.reshape(len(output), -1)
    found: Array = flat.argmax(axis=1) if flat.shape[1] > 1 else (flat[:, 0] > 0).astype(np.int64)
    return found


class Accuracy:
    """The share of samples whose label is chosen."""

    name: str = "accuracy"
    better: Better = "higher"

    def __init__(self) -> None:
        self.right = self.samples = 0

    def add(self, output: Array, target: Array) -> None:
        if is_labels(target):
            self.samples += len(target)
            self.right += int(np.count_nonzero(chosen(output) == target))

    def value(self) -> float | None:
        return self.right / self.samples if self.samples else None


class Top5(Accuracy):
    """The share of samples whose label is among the five largest outputs. Of equal ones the first count."""

    name: str = "top5"

    def add(self, output: Array, target: Array) -> None:
        if is_labels(target):
            flat = output.reshape(len(output), -1)
            own = flat[np.arange(len(flat)), target][:, np.newaxis]
            before = np.arange(flat.shape[1]) < target[:, np.newaxis]
            ranks = ((flat > own) | ((flat == own) & before)).sum(axis=1)
            self.samples += len(target)
            self.right += int(np.count_nonzero(ranks < AMONG))


class Confusion:
    """Which class is taken for which: K lists of K counts, a row a label, a column what was chosen."""

    name: str = "confusion"
    better: Better = None

    def __init__(self) -> None:
        self.counts: Array | None = None

    def add(self, output: Array, target: Array) -> None:
        if not is_labels(target):
            return
        classes = max(2, output[0].size)
        if self.counts is None:
            self.counts = np.zeros((classes, classes), np.int64)
        np.add.at(self.counts, (target, chosen(output)), 1)

    def value(self) -> list[list[int]] | None:
        return None if self.counts is None else self.counts.tolist()


class Loss:
    """Stands for the loss, which is measured in any case."""

    name: str = "loss"
    better: Better = "lower"

    def add(self, output: Array, target: Array) -> None:
        """Nothing: the loss is summed where it is computed."""

    def value(self) -> None:
        return None


MAKERS: Mapping[str, Callable[[Any], Metric]] = {
    "accuracy": lambda _: Accuracy(),
    "top5": lambda _: Top5(),
    "loss": lambda _: Loss(),
    "confusion": lambda _: Confusion(),
}
"""Word of the recipe to metric."""


def make_metric(setting: Setting) -> Metric:
    """The metric that a recipe's setting names, with nothing counted yet."""
    made: Metric = setting.made(MAKERS)
    return made
