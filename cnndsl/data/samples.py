"""Samples made ready for a network: divided into parts, normalized, padded, resized, in batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import floor
from typing import NamedTuple

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.data.dataset import Dataset, Part, is_labels
from cnndsl.data.draw import generator
from cnndsl.data.resize import Resizer
from cnndsl.data.scaling import SCALINGS, Scaling
from cnndsl.recipe.spec import MAIN, Setting


class Batch(NamedTuple):
    """Images N, D, H, W of the program's type, valid until the next batch, and targets by output, ``main`` always
    among them: labels N, or floating numbers."""

    x: Array
    targets: Mapping[str, Array]

    @property
    def labels(self) -> Array:
        """The targets of the main output."""
        return self.targets[MAIN]


def divide(labels: Array, share: float, seed: int) -> tuple[Array, Array]:
    """Indices of the samples that are trained on and of those that validate, each in ascending order.

    Of each class `share` is trained on, rounded down, but at least one sample; which ones depends on the seed. Targets
    that are not labels are of one class. The share is taken as the decimal number it was written as: 0.29 of 100 is 29.
    """
    trained = []
    if not is_labels(labels):
        labels = np.zeros(len(labels), np.int64)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        count = max(1, floor(Fraction(repr(share)) * len(members)))
        trained.append(generator(seed, "split", int(label)).permutation(members)[:count])
    chosen = np.zeros(len(labels), bool)
    chosen[np.concatenate(trained)] = True
    return np.flatnonzero(chosen), np.flatnonzero(~chosen)


class Samples:
    """Some samples of a part, made ready: batches of them, in any epoch's order.

    A batch is gathered into memory of its own, which the next batch writes again. Padding and resizing happen after
    normalizing as if they had happened before: a pad of 0 becomes `shift`, and the weights of a mean sum to 1.
    """

    def __init__(
        self,
        part: Part,
        indices: Array,
        scaling: Scaling,
        *,
        pad: int = 0,
        resize: tuple[int, int] | None = None,
        dtype: str = "float32",
    ):
        self._part, self._indices, self._pad = part, indices, pad
        _, _, height, width = part.images.shape
        self._padded = (height + 2 * pad, width + 2 * pad)
        self._size = self._padded if resize is None else resize
        self._resizer = None if self._size == self._padded else Resizer(self._padded, self._size, dtype)
        self._scale = scaling.scale.astype(dtype)[:, np.newaxis, np.newaxis]
        self._shift = scaling.shift.astype(dtype)[:, np.newaxis, np.newaxis]
        self._raw: Array = np.empty((0, *part.images.shape[1:]), part.images.dtype)
        self._whole = self._x = np.empty(0)

    def __len__(self) -> int:
        return len(self._indices)

    @property
    def indices(self) -> Array:
        """Which samples of the part these are, in ascending order."""
        return self._indices

    def steps(self, size: int, *, skip_lone: bool = False) -> int:
        """Number of batches in an epoch."""
        whole, rest = divmod(len(self), size)
        return whole + (rest > 0 and not (skip_lone and rest == 1 and whole > 0))

    def batches(self, size: int, seed: int, epoch: int, *, skip_lone: bool = False, skip: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, the last one of what is left over; without the first `skip`, which are not made.

        The order comes from (seed, epoch) and from nothing else. With `skip_lone` a last batch of one sample is left
        out: BN has no variance of one value. The order is another one in every epoch, so it is another sample that is
        left out, and no batch is larger than `size`, for which memory was estimated.
        """
        order = self._indices[generator(seed, "order", epoch).permutation(len(self))]
        for step in range(skip, self.steps(size, skip_lone=skip_lone)):
            yield self._gather(order[step * size : (step + 1) * size], size)

    def in_order(self, size: int) -> Iterator[Batch]:
        """All samples as they stand in the set, for evaluation."""
        for start in range(0, len(self), size):
            yield self._gather(self._indices[start : start + size], size)

    def _gather(self, indices: Array, size: int) -> Batch:
        count, size = len(indices), min(size, len(self))
        if len(self._raw) < size:
            self._allocate(size)
        raw, whole, x, pad = self._raw[:count], self._whole[:count], self._x[:count], self._pad
        self._part.images.take(indices, raw)
        inner = whole[:, :, pad : whole.shape[2] - pad, pad : whole.shape[3] - pad]
        np.multiply(raw, self._scale, out=inner)
        inner += self._shift
        if self._resizer is not None:
            self._resizer(whole, x)
        return Batch(x, {name: target[indices] for name, target in self._part.targets.items()})

    def _allocate(self, size: int) -> None:
        self._raw = np.empty((size, *self._raw.shape[1:]), self._raw.dtype)
        depth = self._raw.shape[1]
        self._whole = np.empty((size, depth, *self._padded), self._scale.dtype)
        self._whole[:] = self._shift
        self._x = self._whole if self._resizer is None else np.empty((size, depth, *self._size), self._scale.dtype)


class Ready(NamedTuple):
    """A data set made ready for training: what is trained on, what validates (may be empty), what tests."""

    train: Samples
    validation: Samples
    test: Samples


def prepare(dataset: Dataset, *, split: float, normalize: Setting, seed: int, dtype: str = "float32") -> Ready:
    """Divides the training part, and normalizes everything by the pixels that are trained on.

    Neither what validates nor what tests has a part in the mean and the deviation.
    """
    trained, validating = divide(dataset.train.labels, split, seed)
    scaling = SCALINGS[normalize.word](normalize.attrs, dataset.train.images, trained, dataset.pixel_max)

    def samples(part: Part, indices: Array) -> Samples:
        return Samples(part, indices, scaling, pad=dataset.pad, resize=dataset.resize, dtype=dtype)

    return Ready(
        samples(dataset.train, trained),
        samples(dataset.train, validating),
        samples(dataset.test, np.arange(len(dataset.test))),
    )
