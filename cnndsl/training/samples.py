"""Samples made ready for a network: divided into parts, normalized, padded, in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import floor, sqrt
from typing import Any, NamedTuple

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.recipe.spec import Setting
from cnndsl.training.data import Dataset, Part
from cnndsl.training.draw import generator

CHUNK = 1 << 22


class Batch(NamedTuple):
    """Images N, D, H, W of the program's type, and labels. Both are valid until the next batch."""

    x: Array
    labels: Array


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """What is done to a channel's pixels: x = pixel*scale + shift. One of each a channel, float64."""

    scale: Array
    shift: Array


def divide(labels: Array, share: float, seed: int) -> tuple[Array, Array]:
    """Indices of the samples that are trained on and of those that validate, each in ascending order.

    Of each class `share` is trained on, rounded down, but at least one sample; which ones depends on the seed. The
    share is taken as the decimal number it was written as: 0.29 of 100 is 29.
    """
    trained = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        count = max(1, floor(Fraction(repr(share)) * len(members)))
        trained.append(generator(seed, "split", int(label)).permutation(members)[:count])
    chosen = np.zeros(len(labels), bool)
    chosen[np.concatenate(trained)] = True
    return np.flatnonzero(chosen), np.flatnonzero(~chosen)


def moments(images: Array, indices: Array, pixel_max: float) -> tuple[Array, Array]:
    """Mean and deviation (divided by the count) of each channel's pixels, over `pixel_max`, of the samples named.

    Sums of bytes are exact, and floating numbers are counted from their first pixel, so that the deviation of equal
    pixels is 0 and not a rounding error.
    """
    measure = _bytes if images.dtype == np.uint8 else _floats
    found = [measure(images[:, channel], indices) for channel in range(images.shape[1])]
    mean, deviation = np.array(found).T / pixel_max
    return mean, deviation


def _chunks(plane: Array, indices: Array) -> Iterator[Array]:
    step = max(1, CHUNK // plane[0].size)
    return (plane[indices[start : start + step]] for start in range(0, len(indices), step))


def _bytes(plane: Array, indices: Array) -> tuple[float, float]:
    counts = np.zeros(256, np.int64)
    for chunk in _chunks(plane, indices):
        counts += np.bincount(chunk.reshape(-1), minlength=256)
    histogram = counts.tolist()
    count, total = sum(histogram), sum(value * n for value, n in enumerate(histogram))
    squares = sum(value * value * n for value, n in enumerate(histogram))
    return total / count, sqrt(count * squares - total * total) / count


def _floats(plane: Array, indices: Array) -> tuple[float, float]:
    count, origin = len(indices) * plane[0].size, float(plane[indices[0]].flat[0])
    offset = sum(float((chunk - np.float64(origin)).sum()) for chunk in _chunks(plane, indices)) / count
    squares = sum(float(((chunk - np.float64(origin) - offset) ** 2).sum()) for chunk in _chunks(plane, indices))
    return origin + offset, sqrt(squares / count)


def _auto(attrs: Any, images: Array, indices: Array, pixel_max: float) -> Scaling:
    mean, deviation = moments(images, indices, pixel_max)
    deviation[deviation == 0] = 1
    return Scaling(1 / (pixel_max * deviation), -mean / deviation)


def _none(attrs: Any, images: Array, indices: Array, pixel_max: float) -> Scaling:
    depth = images.shape[1]
    return Scaling(np.full(depth, 1 / pixel_max), np.zeros(depth))


def _given(attrs: Any, images: Array, indices: Array, pixel_max: float) -> Scaling:
    depth = images.shape[1]
    mean, deviation = (np.broadcast_to(np.array(n, float), depth) for n in (attrs.mean, attrs.deviation))
    return Scaling(1 / (pixel_max * deviation), -mean / deviation)


SCALINGS: Mapping[str, Callable[[Any, Array, Array, float], Scaling]] = {
    "auto": _auto,
    "none": _none,
    "mean": _given,
    "": _given,
}
"""Word of the recipe's `normalize` to what it does: from its arguments, images, indices of those trained on, and pixel
maximum."""


class Samples:
    """Some samples of a part, made ready: batches of them, in any epoch's order.

    A batch is gathered into memory of its own, which the next batch writes again. Padding happens after normalizing as
    if it had happened before: a pad of 0 becomes `shift`.
    """

    def __init__(self, part: Part, indices: Array, scaling: Scaling, *, pad: int = 0, dtype: str = "float32"):
        self._part, self._indices, self._pad = part, indices, pad
        self._scale = scaling.scale.astype(dtype)[:, np.newaxis, np.newaxis]
        self._shift = scaling.shift.astype(dtype)[:, np.newaxis, np.newaxis]
        self._raw: Array = np.empty((0, *part.images.shape[1:]), part.images.dtype)
        self._x: Array = np.empty(0)

    def __len__(self) -> int:
        return len(self._indices)

    def steps(self, size: int, *, skip_lone: bool = False) -> int:
        """Number of batches in an epoch."""
        whole, rest = divmod(len(self), size)
        return whole + (rest > 0 and not (skip_lone and rest == 1 and whole > 0))

    def batches(self, size: int, seed: int, epoch: int, *, skip_lone: bool = False) -> Iterator[Batch]:
        """The batches of an epoch, the last one of what is left over.

        The order comes from (seed, epoch) and from nothing else. With `skip_lone` a last batch of one sample is left
        out: BN has no variance of one value. The order is another one in every epoch, so it is another sample that is
        left out, and no batch is larger than `size`, for which memory was estimated.
        """
        order = self._indices[generator(seed, "order", epoch).permutation(len(self))]
        for step in range(self.steps(size, skip_lone=skip_lone)):
            yield self._gather(order[step * size : (step + 1) * size], size)

    def in_order(self, size: int) -> Iterator[Batch]:
        """All samples as they stand in the set, for evaluation."""
        for start in range(0, len(self), size):
            yield self._gather(self._indices[start : start + size], size)

    def _gather(self, indices: Array, size: int) -> Batch:
        count, size = len(indices), min(size, len(self))
        if len(self._raw) < size:
            self._allocate(size)
        raw, x, pad = self._raw[:count], self._x[:count], self._pad
        np.take(self._part.images, indices, axis=0, out=raw, mode="clip")
        inner = x[:, :, pad : x.shape[2] - pad, pad : x.shape[3] - pad]
        np.multiply(raw, self._scale, out=inner)
        inner += self._shift
        return Batch(x, self._part.labels[indices])

    def _allocate(self, size: int) -> None:
        _, depth, height, width = self._raw.shape
        self._raw = np.empty((size, depth, height, width), self._raw.dtype)
        self._x = np.empty((size, depth, height + 2 * self._pad, width + 2 * self._pad), self._scale.dtype)
        self._x[:] = self._shift


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
        return Samples(part, indices, scaling, pad=dataset.pad, dtype=dtype)

    return Ready(
        samples(dataset.train, trained),
        samples(dataset.train, validating),
        samples(dataset.test, np.arange(len(dataset.test))),
    )
