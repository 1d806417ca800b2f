"""Data sets as arrays, and where they come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.recipe.data import FACTS, Facts
from cnndsl.recipe.idx import damaged, survey
from cnndsl.recipe.places import locate
from cnndsl.recipe.spec import Setting
from cnndsl.training.idx import as_labels, read_images

DIGITS_TRAIN = 1437
"""Of the 1,797 digits the first so many are trained on; the last 360 are the test part."""

NAMES: Mapping[str, tuple[str, ...]] = {
    "fashion_mnist": (
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ),
}


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Images N, D, H, W, of bytes or floating numbers, and their labels, N of int64."""

    images: Array
    labels: Array

    def __post_init__(self) -> None:
        if self.images.ndim != 4 or self.labels.shape != self.images.shape[:1]:
            raise ValueError(f"images are N, D, H, W and labels N, not {self.images.shape} and {self.labels.shape}")

    def __len__(self) -> int:
        return len(self.labels)

    def first(self, count: int) -> Part:
        """The first samples only."""
        return Part(self.images[:count], self.labels[:count])


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Dataset:
    """A training and a test part.

    `pixel_max` is what a pixel is divided by to lie between 0 and 1: 255 for bytes, 16 for digits, 1 for floating
    numbers. `pad` rows and columns of zeros are put around every image when batches are made. `classes` is how many
    there are, `names` what they are called (empty where nobody said).
    """

    name: str
    train: Part
    test: Part
    classes: int
    pixel_max: float
    pad: int = 0
    names: tuple[str, ...] = ()

    @property
    def facts(self) -> Facts:
        """Size of an image, `pad` included, and number of classes."""
        _, depth, height, width = self.train.images.shape
        return Facts((height + 2 * self.pad, width + 2 * self.pad, depth), self.classes)


def load(setting: Setting, base: Path, data_folder: Path | None = None) -> Dataset:
    """The data set that a recipe's `data` names.

    `base` is the folder of the `.cnn` file, `data_folder` what ``--data`` names. Raises CnnError: E601 where files are
    not there, E602 and E605 where they are damaged or do not belong together, E802 where they are too large.
    """
    found = LOADERS[setting.word](setting, base, data_folder)
    limit = setting.attrs.limit
    if limit is not None:
        found = replace(found, train=found.train.first(limit), test=found.test.first(limit))
    return replace(found, pad=setting.attrs.pad)


def _digits(setting: Setting, base: Path, data_folder: Path | None) -> Dataset:
    packed = files("cnndsl.training").joinpath("datasets/digits.npz").read_bytes()
    with np.load(BytesIO(packed), allow_pickle=False) as members:
        images, labels = members["images"][:, np.newaxis], members["labels"].astype(np.int64)
    return Dataset(
        name="digits",
        train=Part(images[:DIGITS_TRAIN], labels[:DIGITS_TRAIN]),
        test=Part(images[DIGITS_TRAIN:], labels[DIGITS_TRAIN:]),
        classes=10,
        pixel_max=16,
    )


def _idx(setting: Setting, base: Path, data_folder: Path | None) -> Dataset:
    parts = locate(setting, base, data_folder)
    known = FACTS.get(setting.word)
    found = survey(parts, known.classes if known else None)
    if known and found.size != known.size:
        shown, needed = ("x".join(map(str, size)) for size in (found.size, known.size))
        raise damaged(
            parts["train-images"],
            f"its images are {shown}",
            f"those of {setting.word} are {needed}; is `--data` right?",
        )
    images = read_images(parts["train-images"])
    return Dataset(
        name=setting.word,
        train=Part(images, as_labels(found.train_labels)),
        test=Part(read_images(parts["t10k-images"]), as_labels(found.test_labels)),
        classes=found.classes,
        pixel_max=255 if images.dtype == np.uint8 else 1,
        names=NAMES.get(setting.word, ()),
    )


LOADERS: Mapping[str, Callable[[Setting, Path, Path | None], Dataset]] = {
    "digits": _digits,
    "mnist": _idx,
    "fashion_mnist": _idx,
    "idx": _idx,
}
"""Word of the recipe to loader."""
