"""Samples made ready for a network: divided into parts, normalized, padded, resized, in batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from math import floor
from typing import NamedTuple, Protocol

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.data.ahead import AHEAD, ahead
from cnndsl.data.augment import LIGHT, Draws, Step, steps
from cnndsl.data.dataset import Dataset, Part, is_labels
from cnndsl.data.draw import generator
from cnndsl.data.preparation import Maker, Preparation, preparation
from cnndsl.data.rows import Held
from cnndsl.data.scaling import SCALINGS, Scaling
from cnndsl.recipe.spec import MAIN, Setting


class Batch(NamedTuple):
    """Images N, D, H, W of the program's type, valid until the next batch; targets by output, ``main`` always among
    them: labels N, or floating numbers; and which samples of the part they are."""

    x: Array
    targets: Mapping[str, Array]
    indices: Array

    @property
    def labels(self) -> Array:
        """The targets of the main output."""
        return self.targets[MAIN]

    def kept(self) -> Batch:
        """The same, for as long as it is held."""
        return self._replace(x=self.x.copy())


class Supply(Protocol):
    """Samples made ready: batches of them, in any epoch's order or as they stand in the set."""

    def __len__(self) -> int: ...

    @property
    def indices(self) -> Array:
        """Which samples of the part these are, in ascending order."""

    def steps(self, size: int, *, skip_lone: bool = False) -> int:
        """Number of batches in an epoch."""

    def batches(self, size: int, seed: int, epoch: int, *, skip_lone: bool = False, skip: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, the last one of what is left over; without the first `skip`, which are not made.

        The order comes from (seed, epoch) and from nothing else. With `skip_lone` a last batch of one sample is left
        out: BN has no variance of one value.
        """

    def in_order(self, size: int) -> Iterator[Batch]:
        """All samples as they stand in the set, for evaluation."""


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

    A batch is gathered into memory of its own, which the next batch writes again.
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
        self._part, self._indices = part, indices
        self._make = Maker(part.images.shape[1:], scaling, pad, resize, dtype)
        self._raw: Array = np.empty((0, *part.images.shape[1:]), part.images.dtype)

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
            self._raw = np.empty((size, *self._raw.shape[1:]), self._raw.dtype)
        raw = self._raw[:count]
        self._part.images.take(indices, raw)
        return Batch(
            self._make(raw, size), {name: target[indices] for name, target in self._part.targets.items()}, indices
        )


class Varied:
    """Samples that are varied anew in every epoch, and are as they are in order. `plain` gives them normalized,
    `pixels` the same ones from 0 to 1, `scaling` what is between the two where a pixel is at most `pixel_max`."""

    def __init__(
        self, plain: Samples, pixels: Samples, scaling: Scaling, pixel_max: float, steps: Sequence[Step], count: int
    ):
        self._plain, self._pixels, self._steps, self._count = plain, pixels, steps, count
        self._scale = (scaling.scale * pixel_max)[:, np.newaxis, np.newaxis]
        self._shift = scaling.shift[:, np.newaxis, np.newaxis]

    def __len__(self) -> int:
        return len(self._plain)

    @property
    def indices(self) -> Array:
        return self._plain.indices

    def steps(self, size: int, *, skip_lone: bool = False) -> int:
        return self._plain.steps(size, skip_lone=skip_lone)

    def batches(self, size: int, seed: int, epoch: int, *, skip_lone: bool = False, skip: int = 0) -> Iterator[Batch]:
        draws = Draws(self._steps, self._count, seed, epoch)
        for batch in self._pixels.batches(size, seed, epoch, skip_lone=skip_lone, skip=skip):
            x = draws.vary(batch.x.copy(), batch.indices)  # the pad around the next ones must stay
            np.multiply(x, self._scale.astype(x.dtype), out=x)
            x += self._shift.astype(x.dtype)
            yield batch._replace(x=x)

    def in_order(self, size: int) -> Iterator[Batch]:
        return self._plain.in_order(size)


class ReadAhead:
    """Samples whose batches are made in a thread while others are trained on."""

    def __init__(self, supply: Supply):
        self._supply = supply

    def __len__(self) -> int:
        return len(self._supply)

    @property
    def indices(self) -> Array:
        return self._supply.indices

    def steps(self, size: int, *, skip_lone: bool = False) -> int:
        return self._supply.steps(size, skip_lone=skip_lone)

    def batches(self, size: int, seed: int, epoch: int, *, skip_lone: bool = False, skip: int = 0) -> Iterator[Batch]:
        return ahead(self._supply.batches(size, seed, epoch, skip_lone=skip_lone, skip=skip), Batch.kept)

    def in_order(self, size: int) -> Iterator[Batch]:
        return ahead(self._supply.in_order(size), Batch.kept)


class Ready(NamedTuple):
    """A data set made ready for training: what is trained on, what validates (may be empty), what tests; and how."""

    train: Supply
    validation: Supply
    test: Supply
    preparation: Preparation


def is_slow(part: Part, augment: Sequence[Setting]) -> bool:
    """Whether batches cost enough to make that a thread should make them ahead: the images lie on disk, or are turned,
    or varied by a plugin."""
    return not isinstance(part.images, Held) or any(a.word not in LIGHT for a in augment)


def batches_held(dataset: Dataset, split: float, augment: Sequence[Setting]) -> int:
    """How many batches of images are in memory at one time in the training: one of each part, and those made ahead,
    with the one that a thread is at, and the one that is trained on."""
    parts = [(dataset.train, augment), *([(dataset.train, ())] if split < 1 else []), (dataset.test, ())]
    return len(parts) + max((AHEAD + 2) * is_slow(*part) for part in parts)


def prepare(
    dataset: Dataset,
    *,
    split: float,
    normalize: Setting,
    seed: int,
    augment: Sequence[Setting] = (),
    dtype: str = "float32",
) -> Ready:
    """Divides the training part, and normalizes everything by the pixels that are trained on. Batches that cost
    much to make are made ahead in a thread.

    Neither what validates nor what tests has a part in the mean and the deviation, and neither is varied.
    """
    trained, validating = divide(dataset.train.labels, split, seed)
    scaling = SCALINGS[normalize.word](normalize.attrs, dataset.train.images, trained, dataset.pixel_max)
    parts = ((dataset.train, trained), (dataset.train, validating), (dataset.test, np.arange(len(dataset.test))))

    def samples(part: Part, indices: Array, scaling: Scaling) -> Samples:
        return Samples(part, indices, scaling, pad=dataset.pad, resize=dataset.resize, dtype=dtype)

    found: list[Supply] = [samples(part, indices, scaling) for part, indices in parts]
    if augment:
        depth = dataset.train.images.shape[1]
        unit = Scaling(np.full(depth, 1 / dataset.pixel_max), np.zeros(depth))
        plain, pixels = (samples(*parts[0], s) for s in (scaling, unit))
        found[0] = Varied(plain, pixels, scaling, dataset.pixel_max, steps(augment), len(dataset.train))
    slow = [is_slow(part, varied) for (part, _), varied in zip(parts, (augment, (), ()), strict=True)]
    ready = [ReadAhead(supply) if costs else supply for supply, costs in zip(found, slow, strict=True)]
    return Ready(ready[0], ready[1], ready[2], preparation(dataset, scaling))
