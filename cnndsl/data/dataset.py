"""Dataset and Part: images and labels, to train on and to test on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from cnndsl.backends.protocol import Array
from cnndsl.data.rows import Rows, rows
from cnndsl.recipe.facts import Facts
from cnndsl.recipe.spec import MAIN


def is_labels(target: Array) -> bool:
    """Whether targets are the numbers of classes: whole, one a sample."""
    return target.ndim == 1 and target.dtype.kind in "iu"


@dataclass(frozen=True, slots=True, eq=False, init=False)
class Part:
    """Images N, D, H, W, of bytes or floating numbers, and targets by output, ``main`` always among them.

    Targets are labels, N of int64, or floating numbers: N, K, or N, D, H, W, or N. Images may be given as an array;
    they are taken out a few at a time, since a set may be larger than memory.
    """

    images: Rows
    targets: Mapping[str, Array]

    def __init__(self, images: Rows | Array, labels: Array, heads: Mapping[str, Array] = MappingProxyType({})):
        targets = {**heads, MAIN: labels}
        for name, target in targets.items():
            if len(images.shape) != 4 or target.shape[:1] != images.shape[:1]:
                raise ValueError(f"images are N, D, H, W and {name} labels N, not {images.shape} and {target.shape}")
        object.__setattr__(self, "images", rows(images))
        object.__setattr__(self, "targets", targets)

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def labels(self) -> Array:
        """The targets of the main output."""
        return self.targets[MAIN]

    def first(self, count: int) -> Part:
        """The first samples only."""
        heads = {name: target[:count] for name, target in self.targets.items()}
        return Part(self.images.first(count), heads.pop(MAIN), heads)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Dataset:
    """A training and a test part.

    `pixel_max` is what a pixel is divided by to lie between 0 and 1: 255 for bytes, 16 for digits, 1 for floating
    numbers. `pad` rows and columns of zeros are put around every image when batches are made, and then it is brought to
    `resize`, height and width. `classes` is how many there are, 0 where the main targets are not labels; `names` what
    they are called (empty where nobody said); `file_pad` how many rows and columns of zeros were put around image files
    as they were read. `origins` says of outputs where their targets are from, for messages.
    """

    name: str
    train: Part
    test: Part
    classes: int
    pixel_max: float
    pad: int = 0
    resize: tuple[int, int] | None = None
    file_pad: int = 0
    names: tuple[str, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def facts(self) -> Facts:
        """Size of an image, after `pad` and `resize`, and number of classes."""
        _, depth, height, width = self.train.images.shape
        if self.resize is not None:
            return Facts((*self.resize, depth), self.classes or None, resized=True)
        return Facts((height + 2 * self.pad, width + 2 * self.pad, depth), self.classes or None)
