"""Training images varied: flipped, moved, turned, with a part cut out; other ones in every epoch.

What is done to a sample comes from (seed, augmentation, epoch, its index in the set) and from nothing else, so that
batch size, order, and where in an epoch a training was taken up again make no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import pi
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from cnndsl.backends.protocol import Array
from cnndsl.data.draw import generator
from cnndsl.recipe.spec import Setting


class Augmentation(Protocol):
    """One way to vary images. `numbers`: how many random numbers it needs for each."""

    @property
    def numbers(self) -> int: ...

    def __call__(self, images: Array, random: Array) -> Array:
        """The images varied, of the same shape and type, in an array of its own or in place. `images`, N, D, H, W, are
        pixels from 0 (black) to 1 as the network gets them, before `normalize`; `random`, N, `numbers`, of float64,
        lies in [0, 1)."""
        ...


def is_alike(shape: tuple[int, ...], dtype: np.dtype[Any], found: Any) -> bool:
    """Whether something is what an augmentation should give: an array of that shape and type, of finite numbers."""
    same = isinstance(found, np.ndarray) and found.shape == shape and found.dtype == dtype
    return same and bool(np.isfinite(found).all())


@dataclass(frozen=True, slots=True)
class Flip:
    """Left and right exchanged, every other time."""

    numbers: int = 1

    def __call__(self, images: Array, random: Array) -> Array:
        chosen = random[:, 0] < 0.5
        images[chosen] = images[chosen][..., ::-1]
        return images


@dataclass(frozen=True, slots=True)
class Move:
    """Moved by up to `pixels` along each side, each whole number of pixels as likely; what comes in is 0."""

    pixels: int
    numbers: int = 2

    def __call__(self, images: Array, random: Array) -> Array:
        p, (count, depth, height, width) = self.pixels, images.shape
        wide = np.zeros((count, depth, height + 2 * p, width + 2 * p), images.dtype)
        wide[:, :, p : p + height, p : p + width] = images
        top, left = (random * (2 * p + 1)).astype(np.intp).T
        windows = sliding_window_view(wide, (height, width), axis=(2, 3))
        found: Array = windows[np.arange(count), :, top, left]
        return found


@dataclass(frozen=True, slots=True)
class Rotate:
    """Turned about the middle by up to `degrees` either way, each angle as likely: bilinear between the four pixels
    around where a pixel comes from, and 0 outside."""

    degrees: float
    numbers: int = 1

    def __call__(self, images: Array, random: Array) -> Array:
        count, depth, height, width = images.shape
        angle = (2 * random - 1) * self.degrees * pi / 180
        cos, sin = np.cos(angle)[:, :, np.newaxis], np.sin(angle)[:, :, np.newaxis]
        down = np.arange(height)[:, np.newaxis] - (height - 1) / 2
        right = np.arange(width) - (width - 1) / 2
        y = cos * down + sin * right + (height - 1) / 2  # N, H, W: where each pixel comes from
        x = cos * right - sin * down + (width - 1) / 2
        top, left = np.floor(y), np.floor(x)
        low, far = y - top, x - left
        framed = np.zeros((count, depth, height + 2, width + 2), images.dtype)
        framed[:, :, 1:-1, 1:-1] = images
        flat = framed.reshape(count, depth, -1)
        found = np.zeros((count, depth, height * width), images.dtype)
        for rows, share_y in ((top, 1 - low), (top + 1, low)):
            for columns, share_x in ((left, 1 - far), (left + 1, far)):
                at = np.clip(rows + 1, 0, height + 1) * (width + 2) + np.clip(columns + 1, 0, width + 1)
                at = at.astype(np.intp).reshape(count, 1, -1)
                share = (share_y * share_x).astype(images.dtype).reshape(count, 1, -1)
                found += np.take_along_axis(flat, at, axis=2) * share
        return found.reshape(images.shape)


@dataclass(frozen=True, slots=True)
class Cutout:
    """A square of `pixels` by `pixels` set to 0 (T. DeVries and G. Taylor 2017): its middle lies anywhere in the image,
    and what of it lies outside is lost."""

    pixels: int
    numbers: int = 2

    def __call__(self, images: Array, random: Array) -> Array:
        height, width = images.shape[2:]
        rows, columns = (self._inside(random[:, k], side) for k, side in enumerate((height, width)))
        images[np.broadcast_to((rows[:, :, np.newaxis] & columns[:, np.newaxis])[:, np.newaxis], images.shape)] = 0
        return images

    def _inside(self, random: Array, side: int) -> Array:
        """N, side: whether a row or column is in the square."""
        first = (random * side).astype(np.intp) - self.pixels // 2
        after = np.arange(side) - first[:, np.newaxis]
        return (after >= 0) & (after < self.pixels)


MAKERS: Mapping[str, Callable[[Any], Augmentation]] = {
    "flip": lambda _: Flip(),
    "crop": lambda attrs: Move(attrs.pixels),
    "shift": lambda attrs: Move(attrs.pixels),
    "rotate": lambda attrs: Rotate(attrs.degrees),
    "cutout": lambda attrs: Cutout(attrs.pixels),
}
"""Word of the recipe to augmentation. A crop of an image with zeros around is the image moved."""


LIGHT = frozenset({"flip", "crop", "shift", "cutout"})
"""Words of those that only move or clear pixels: on a small network they cost less than the thread that would make
their batches ahead (tests/bench/ahead.py)."""


class Step(NamedTuple):
    """An augmentation, and the word that names it."""

    word: str
    augmentation: Augmentation


def steps(settings: Sequence[Setting]) -> tuple[Step, ...]:
    """The augmentations of a recipe, in the order they are written."""
    return tuple(Step(setting.word, setting.made(MAKERS)) for setting in settings)


class Draws:
    """The random numbers of an epoch: of every sample of a set that has `count`."""

    def __init__(self, steps: Sequence[Step], count: int, seed: int, epoch: int):
        self._steps = [
            (step.augmentation, generator(seed, "augment", step.word, epoch).random((count, step.augmentation.numbers)))
            for step in steps
        ]

    def vary(self, images: Array, indices: Array) -> Array:
        """The images varied one augmentation after the other; `indices` are theirs in the set."""
        for augmentation, numbers in self._steps:
            images = augmentation(images, numbers[indices])
        return images
