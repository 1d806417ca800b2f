"""Losses. Each gives the mean over the batch and its gradient by the network's output."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from cnndsl.backends.border import refuse
from cnndsl.backends.protocol import Array, Loss
from cnndsl.data.dataset import is_labels
from cnndsl.recipe.spec import Setting


def labels(target: Array, classes: int) -> Array:
    """The target as N whole numbers below `classes`. Raises CnnError (E809) for anything else."""
    if not is_labels(target):
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


class _Memory:
    """An array that is written again at every call: of the shape and type of the one given."""

    def __init__(self) -> None:
        self._flat: Array = np.empty(0)

    def like(self, array: Array) -> Array:
        if self._flat.size < array.size or self._flat.dtype != array.dtype:
            self._flat = np.empty(array.size, array.dtype)
        return self._flat[: array.size].reshape(array.shape)


class CrossEntropy:
    """Cross-entropy of softmax(logits) against (1 - s)*onehot + s/K, with s the smoothing and K the classes.

    Logits are N, K or N, K, 1, 1; targets are N whole numbers below K. With `classes`, one weight a class, each
    sample counts as much as its label's. The gradient, (softmax - target)/N, has the logits' shape and type; it is
    written to an array that the next call writes again. Raises CnnError (E809) for other targets.
    """

    name = "cross_entropy"

    def __init__(self, smooth: float = 0.0, classes: Array | None = None):
        self.smooth, self.classes = smooth, classes
        self._memory = _Memory()

    def __call__(self, output: Array, target: Array) -> tuple[float, Array]:
        count, classes = len(output), output.size // len(output)
        logits, target = output.reshape(count, classes), labels(target, classes)
        gradient = self._memory.like(logits)
        rows = np.arange(count)
        np.subtract(logits, logits.max(axis=1, keepdims=True), out=gradient)
        chosen = gradient[rows, target].astype(np.float64)
        spread = gradient.sum(axis=1, dtype=np.float64) if self.smooth else 0.0
        np.exp(gradient, out=gradient)
        total = gradient.sum(axis=1, keepdims=True)
        loss = np.log(total[:, 0], dtype=np.float64) - (1 - self.smooth) * chosen - self.smooth / classes * spread
        gradient /= total
        if self.smooth:
            gradient -= self.smooth / classes
        gradient[rows, target] -= 1 - self.smooth
        gradient /= count
        if self.classes is not None:
            weights = self.classes[target]
            loss *= weights
            gradient *= weights[:, np.newaxis].astype(gradient.dtype)
        return float(loss.sum() / count), gradient.reshape(output.shape)


class MeanSquares:
    """The mean of (output - target)^2 over all elements of the batch.

    Targets are whole numbers, N, which stand for their onehot vectors, or numbers in the output's shape. With `classes`
    each sample counts as much as its label's. The gradient, 2*(output - target)/elements, is written to an array that
    the next call writes again. Raises CnnError (E809) for other targets.
    """

    name = "mse"

    def __init__(self, classes: Array | None = None) -> None:
        self.classes = classes
        self._memory = _Memory()

    def __call__(self, output: Array, target: Array) -> tuple[float, Array]:
        flat = output.reshape(len(output), -1)
        gradient = self._memory.like(flat)
        _less_target(flat, target, output.shape, gradient)
        squares = np.square(gradient, dtype=np.float64).sum(axis=1)
        if self.classes is not None:
            squares *= _weigh(gradient, self.classes, target)
        gradient *= 2 / flat.size
        return float(squares.sum() / flat.size), gradient.reshape(output.shape)


class BinaryCrossEntropy:
    """Binary cross-entropy of sigmoid(logits) against targets from 0 to 1, the mean over all elements of the batch:
    max(x, 0) - x*t + log(1 + exp(-|x|)), which does not overflow.

    Targets are whole numbers, N, which stand for their onehot vectors, or for themselves where the output is one number
    a sample; or numbers in the output's shape. With `classes` each sample counts as much as its label's. The
    gradient, (sigmoid(x) - t)/elements, is written to an array that the next call writes again. Raises CnnError (E809)
    for other targets.
    """

    name = "bce"

    def __init__(self, classes: Array | None = None) -> None:
        self.classes = classes
        self._memory, self._targets = _Memory(), _Memory()

    def __call__(self, output: Array, target: Array) -> tuple[float, Array]:
        flat = output.reshape(len(output), -1)
        gradient, wanted = self._memory.like(flat), self._targets.like(flat)
        known = target
        if is_labels(target) and flat.shape[1] == 1:
            known = labels(target, 2)
            wanted[:] = known[:, np.newaxis]
        else:
            wanted.fill(0)
            _less_target(wanted, target, output.shape, wanted)
            np.negative(wanted, out=wanted)
        if wanted.size and not (wanted.min() >= 0 and wanted.max() <= 1):
            raise refuse("E809", f"targets of bce go from 0 to 1, found {wanted.min():g} to {wanted.max():g}")
        np.exp(-np.abs(flat), out=gradient)
        losses = np.maximum(flat, 0, dtype=np.float64) - flat * wanted.astype(np.float64) + np.log1p(gradient)
        sums = losses.sum(axis=1)
        np.divide(np.where(flat >= 0, 1, gradient), 1 + gradient, out=gradient)
        gradient -= wanted
        if self.classes is not None:
            sums *= _weigh(gradient, self.classes, known)
        gradient /= flat.size
        return float(sums.sum() / flat.size), gradient.reshape(output.shape)


def _less_target(flat: Array, target: Array, shape: tuple[int, ...], out: Array) -> None:
    """`flat`, N, K, less the target: labels stand for their onehot vectors. Raises CnnError (E809)."""
    if is_labels(target):
        known = labels(target, flat.shape[1])
        np.copyto(out, flat)
        out[np.arange(len(flat)), known] -= 1
    elif target.shape not in (shape, flat.shape) and (target.ndim > 1 or flat.shape[1] > 1):
        message = f"targets have shape {target.shape}, and the output {shape}"
        raise refuse("E809", message, "give labels as whole numbers, or targets in the output's shape")
    else:
        np.subtract(flat, target.reshape(flat.shape), out=out)


def _weigh(gradient: Array, classes: Array, target: Array) -> Array:
    """Scales the gradient's rows by what their labels count, and gives that."""
    weights: Array = classes[labels(target, len(classes))]
    gradient *= weights[:, np.newaxis].astype(gradient.dtype)
    return weights


def balanced(target: Array, classes: int) -> Array:
    """What each class counts so that rare ones count more: N/(K*count), 1 on average over the samples; a class without
    samples counts nothing."""
    counts = np.bincount(labels(target, classes), minlength=classes)
    return np.divide(len(target), classes * counts, out=np.zeros(classes), where=counts > 0)


MAKERS: Mapping[str, Callable[[Any], Loss]] = {
    "cross_entropy": lambda attrs: CrossEntropy(attrs.smooth),
    "mse": lambda _: MeanSquares(),
    "bce": lambda _: BinaryCrossEntropy(),
}
"""Word of the recipe to loss."""


def make_loss(setting: Setting, classes: Array | None = None) -> Loss:
    """The loss that a recipe's setting names; `classes` is what each class counts in it. Raises CnnError (E811) for
    `classes` and a loss of a plugin, which cannot weigh samples."""
    made: Loss = setting.made(MAKERS)
    if classes is not None:
        if not isinstance(made, CrossEntropy | MeanSquares | BinaryCrossEntropy):
            help = ("leave `classweight` out, or train by cross_entropy, mse or bce",)
            raise refuse("E811", f"`classweight` does not go with `loss {setting.word}`", *help)
        made.classes = classes
    return made


def is_made(setting: Setting) -> bool:
    """Whether there is a loss for a recipe's setting: ours, or that of a plugin."""
    return setting.word in MAKERS or (setting.entry is not None and setting.entry.make is not None)
