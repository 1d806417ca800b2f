"""Losses. Each gives the mean over the batch and its gradient by the network's output."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from cnndsl.backends.border import refuse
from cnndsl.backends.protocol import Array, Loss
from cnndsl.recipe.spec import Setting


def labels(target: Array, classes: int) -> Array:
    """The target as N whole numbers below `classes`. Raises CnnError (E809) for anything else."""
    if target.ndim != 1 or target.dtype.kind not in "iu":
        found = f"{target.dtype} of shape {target.shape}"
        raise refuse("E809", f"labels are whole numbers, one a sample, found {found}", *_ways(target))
    if target.size and not (target.min() >= 0 and target.max() < classes):
        at = int(np.argmax((target < 0) | (target >= classes)))
        raise refuse("E809", f"label {target[at]} of sample {at} is none of the classes, 0 to {classes - 1}")
    return target


def _ways(target: Array) -> tuple[str, ...]:
    if target.ndim == 2 and target.shape[1] == 1 and target.dtype.kind in "iu":
        return ("leave out the second axis: `labels[:, 0]`",)
    if target.ndim == 1:
        return ("turn them into whole numbers: `labels.astype(int)`",)
    return ("of one vector a sample, the label is the place of the 1: `labels.argmax(axis=1)`",) * (target.ndim == 2)


class CrossEntropy:
    """Cross-entropy of softmax(logits) against (1 - s)*onehot + s/K, with s the smoothing and K the classes.

    Logits are N, K or N, K, 1, 1; targets are N whole numbers below K. The gradient, (softmax - target)/N, has the
    logits' shape and type; it is written to an array that the next call writes again. Raises CnnError (E809) for other
    targets.
    """

    name = "cross_entropy"

    def __init__(self, smooth: float = 0.0):
        self.smooth = smooth
        self._memory: Array = np.empty(0)

    def __call__(self, output: Array, target: Array) -> tuple[float, Array]:
        count, classes = len(output), output.size // len(output)
        logits, target = output.reshape(count, classes), labels(target, classes)
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
    2*(output - target)/elements, is written to an array that the next call writes again. Raises CnnError (E809) for
    other targets.
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
            gradient[np.arange(count), labels(target, flat.shape[1])] -= 1
        elif target.shape not in (output.shape, flat.shape) and (target.ndim > 1 or flat.shape[1] > 1):
            message = f"targets have shape {target.shape}, and the output {output.shape}"
            raise refuse("E809", message, "give labels as whole numbers, or targets in the output's shape")
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


def is_made(setting: Setting) -> bool:
    """Whether there is a loss for a recipe's setting: ours, or that of a plugin."""
    return setting.word in MAKERS or (setting.entry is not None and setting.entry.make is not None)
