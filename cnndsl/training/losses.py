"""Losses. Each gives the mean over the batch and its gradient by the network's output."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Loss
from cnndsl.recipe.spec import Setting


class CrossEntropy:
    """Cross-entropy of softmax(logits) against (1 - s)*onehot + s/K, with s the smoothing and K the classes.

    Logits are N, K or N, K, 1, 1; targets are N whole numbers below K. The gradient, (softmax - target)/N, has the
    logits' shape and type; it is written to an array that the next call writes again.
    """

    name = "cross_entropy"

    def __init__(self, smooth: float = 0.0):
        self.smooth = smooth
        self._memory: Array = np.empty(0)

    def __call__(self, output: Array, target: Array) -> tuple[float, Array]:
        count, classes = len(output), output.size // len(output)
        logits = output.reshape(count, classes)
        gradient = self._gradient(logits)
        rows = np.arange(count)
        np.subtract(logits, logits.max(axis=1, keepdims=True), out=gradient)
        chosen = gradient[rows, target].sum(dtype=np.float64)
        spread = gradient.sum(dtype=np.float64) if self.smooth else 0.0
        np.exp(gradient, out=gradient)
        total = gradient.sum(axis=1, keepdims=True)
        loss = np.log(total).sum(dtype=np.float64) - (1 - self.smooth) * chosen - self.smooth / classes * spread
        gradient /= total
        if self.smooth:
            gradient -= self.smooth / classes
        gradient[rows, target] -= 1 - self.smooth
        gradient /= count
        return float(loss / count), gradient.reshape(output.shape)

    def _gradient(self, logits: Array) -> Array:
        if self._memory.size < logits.size or self._memory.dtype != logits.dtype:
            self._memory = np.empty(logits.size, logits.dtype)
        return self._memory[: logits.size].reshape(logits.shape)


class MeanSquares:
    """The mean of (output - target)^2 over all elements of the batch.

    Targets are whole numbers, N, which stand for their onehot vectors, or numbers in the output's shape. The gradient,
    2*(output - target)/elements, is written to an array that the next call writes again.
    """

    name = "mse"

    def __init__(self) -> None:
        self._memory: Array = np.empty(0)

    def __call__(self, output: Array, target: Array) -> tuple[float, Array]:
        count = len(output)
        flat = output.reshape(count, output.size // count)
        if self._memory.size < flat.size or self._memory.dtype != flat.dtype:
            self._memory = np.empty(flat.size, flat.dtype)
        gradient = self._memory[: flat.size].reshape(flat.shape)
        if target.dtype.kind in "iu" and target.ndim == 1:
            np.copyto(gradient, flat)
            gradient[np.arange(count), target] -= 1
        else:
            np.subtract(flat, target.reshape(flat.shape), out=gradient)
        loss = float(np.square(gradient, dtype=np.float64).sum()) / flat.size
        gradient *= 2 / flat.size
        return loss, gradient.reshape(output.shape)


MAKERS: Mapping[str, Callable[[Any], Loss]] = {
    "cross_entropy": lambda attrs: CrossEntropy(attrs.smooth),
    "mse": lambda _: MeanSquares(),
}
"""Word of the recipe to loss."""


def make_loss(setting: Setting) -> Loss:
    """The loss that a recipe's setting names."""
    made: Loss = setting.made(MAKERS)
    return made
