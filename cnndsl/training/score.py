"""How right a network is: sums over samples, and a pass over all samples of a part."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Loss
from cnndsl.data.dataset import is_labels
from cnndsl.data.samples import Supply
from cnndsl.training.metrics import Metric, chosen


@dataclass(slots=True)
class Sums:
    """Over samples: their number, by output the losses and how many answers were right (of outputs whose targets are
    labels), and the loss of all outputs together."""

    samples: int = 0
    loss_sum: float = 0.0
    losses: dict[str, float] = field(default_factory=dict)
    right: dict[str, int] = field(default_factory=dict)

    def add(
        self, loss: float, losses: Mapping[str, float], outputs: Mapping[str, Array], targets: Mapping[str, Array]
    ) -> None:
        """Counts a batch: mean losses, outputs and targets by output."""
        count = len(next(iter(targets.values())))
        self.samples += count
        self.loss_sum += loss * count
        for name, value in losses.items():
            self.losses[name] = self.losses.get(name, 0.0) + value * count
            if is_labels(targets[name]):
                right = int(np.count_nonzero(chosen(outputs[name]) == targets[name]))
                self.right[name] = self.right.get(name, 0) + right

    @property
    def loss(self) -> float:
        """The mean over samples of the weighted sum of all outputs' losses."""
        return self.loss_sum / self.samples

    def accuracy(self, output: str) -> float | None:
        """The share of right answers of an output; None where its targets are no labels."""
        return self.right[output] / self.samples if output in self.right else None

    def heads(self) -> dict[str, dict[str, float]]:
        """By output its own loss and accuracy, where there are several."""
        if len(self.losses) < 2:
            return {}
        shares = {name: {"accuracy": right / self.samples} for name, right in self.right.items()}
        return {name: {"loss": total / self.samples, **shares.get(name, {})} for name, total in self.losses.items()}


@dataclass(frozen=True, slots=True)
class Measured:
    """A pass over a part: the sums, and what the metrics of the leading output gave, by name."""

    sums: Sums
    values: Mapping[str, Any]


Predict = Callable[[Array], Mapping[str, Array]]
"""Outputs of a batch outside training, by name."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """How answers are judged: by output a loss and what it counts, the output that `leads`, and its metrics."""

    losses: Mapping[str, Loss]
    weights: Mapping[str, float]
    leads: str

    def measure(
        self,
        predict: Predict,
        samples: Supply,
        batch: int,
        metrics: Iterable[Metric] = (),
        seen: Callable[[Mapping[str, Array], Mapping[str, Array]], object] = lambda *_: None,
    ) -> Measured:
        """All samples, in batches of that size; `seen` is told the outputs and targets of each."""
        sums, counted = Sums(), tuple(metrics)
        for found in samples.in_order(batch):
            targets = targets_of(found, self.losses)
            with np.errstate(all="ignore"):
                outputs = predict(found.x)
                losses = {name: loss(outputs[name], targets[name])[0] for name, loss in self.losses.items()}
            total = sum(self.weights[name] * value for name, value in losses.items())
            sums.add(total, losses, outputs, targets)
            for metric in counted:
                metric.add(outputs[self.leads], targets[self.leads])
            seen(outputs, targets)
        return Measured(sums, {m.name: m.value() for m in counted if m.value() is not None})


def targets_of(batch: Any, outputs: Iterable[str]) -> dict[str, Array]:
    """The targets of each output in a batch: its own, or where the data have none for it the main ones."""
    return {name: batch.targets.get(name, batch.labels) for name in outputs}
