"""Dataset and Part: images and labels, to train on and to test on."""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.backends.protocol import Array
from cnndsl.data.rows import Rows, rows
from cnndsl.recipe.facts import Facts


@dataclass(frozen=True, slots=True, eq=False, init=False)
class Part:
    """Images N, D, H, W, of bytes or floating numbers, and their labels, N of int64.

    Images may be given as an array; they are taken out a few at a time, since a set may be larger than memory.
    """

    images: Rows
    labels: Array

    def __init__(self, images: Rows | Array, labels: Array):
        if len(images.shape) != 4 or labels.shape != images.shape[:1]:
            raise ValueError(f"images are N, D, H, W and labels N, not {images.shape} and {labels.shape}")
        object.__setattr__(self, "images", rows(images))
        object.__setattr__(self, "labels", labels)

    def __len__(self) -> int:
        return len(self.labels)

    def first(self, count: int) -> Part:
        """The first samples only."""
        return Part(self.images.first(count), self.labels[:count])


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Dataset:
    """A training and a test part.

    `pixel_max` is what a pixel is divided by to lie between 0 and 1: 255 for bytes, 16 for digits, 1 for floating
    numbers. `pad` rows and columns of zeros are put around every image when batches are made, and then it is brought to
    `resize`, height and width. `classes` is how many there are, `names` what they are called (empty where nobody said).
    """

    name: str
    train: Part
    test: Part
    classes: int
    pixel_max: float
    pad: int = 0
    resize: tuple[int, int] | None = None
    names: tuple[str, ...] = ()

    @property
    def facts(self) -> Facts:
        """Size of an image, after `pad` and `resize`, and number of classes."""
        _, depth, height, width = self.train.images.shape
        if self.resize is not None:
            return Facts((*self.resize, depth), self.classes, resized=True)
        return Facts((height + 2 * self.pad, width + 2 * self.pad, depth), self.classes)
