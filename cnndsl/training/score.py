"""How right a network is: sums over samples, and a pass over all samples of a part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from cnndsl.backends.protocol import Array, Loss
from cnndsl.data.samples import Samples
from cnndsl.recipe.spec import MAIN


class Score(NamedTuple):
    """Sums over samples: of losses, of right answers, of samples."""

    losses: float = 0.0
    right: int = 0
    samples: int = 0

    def add(self, loss: float, output: Array, labels: Array) -> Score:
        """With one batch more: its mean loss, its outputs and its labels."""
        samples = len(labels)
        right = int(np.count_nonzero(chosen(output) == labels))
        return Score(self.losses + loss * samples, self.right + right, self.samples + samples)

    @property
    def loss(self) -> float:
        return self.losses / self.samples

    @property
    def accuracy(self) -> float:
        return self.right / self.samples


def chosen(output: Array) -> Array:
    """The class with the largest output, for each sample: N of N, K or N, K, 1, 1."""
    found: Array = output.reshape(len(output), -1).argmax(axis=1)
    return found


Predict = Callable[[Array], Mapping[str, Array]]
"""Outputs of a batch outside training, by name."""


def scored(predict: Predict, loss: Loss, samples: Samples, batch: int, seen: Callable[[Array, Array], object]) -> Score:
    """The score of all samples, in batches of that size; `seen` is told the outputs and labels of each batch."""
    score = Score()
    for x, labels in samples.in_order(batch):
        with np.errstate(all="ignore"):
            output = predict(x)[MAIN]
            value, _ = loss(output, labels)
        seen(output, labels)
        score = score.add(value, output, labels)
    return score
