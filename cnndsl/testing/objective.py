"""The smallest loss and optimizer that train."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnndsl.backends.protocol import Array


class Squares:
    """Half the sum of squares, a sample."""

    name = "squares"

    def __call__(self, output: Array, target: Array) -> tuple[float, Array]:
        difference = output - target.astype(output.dtype)
        return float((difference**2).sum() / 2 / len(output)), difference / len(output)


class SGD:
    """w <- w - lr*v with v <- momentum*v + g; decay is added to the gradient. Notes the steps it was called with."""

    name = "sgd"
    slots: tuple[str, ...] = ("velocity",)

    def __init__(self, momentum: float = 0.0, decay: float = 0.0):
        self.momentum, self.decay = momentum, decay
        self.steps: list[int] = []

    def update(self, w: Array, g: Array, slots: Mapping[str, Array], *, step: int, lr: float, decay: bool) -> None:
        self.steps.append(step)
        if decay:
            g += self.decay * w
        v = slots["velocity"]
        np.multiply(v, self.momentum, out=v)
        v += g
        w -= lr * v
