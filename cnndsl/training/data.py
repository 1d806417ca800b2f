"""Data sets as arrays, and where they come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.recipe import cifar, npz
from cnndsl.recipe.facts import Facts
from cnndsl.recipe.idx import damaged, survey
from cnndsl.recipe.places import known_facts, locate, surveyed
from cnndsl.recipe.spec import Setting
from cnndsl.training.draw import generator
from cnndsl.training.idx import as_labels, read_images
from cnndsl.training.memory import check_room
from cnndsl.training.npz import read_array

DIGITS_TRAIN = 1437
"""Of the 1,797 digits the first so many are trained on; the last 360 are the test part."""

NAMES: Mapping[str, tuple[str, ...]] = {
    "fashion_mnist": (
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ),
    "cifar10": ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
}
"""What the classes of a set are called."""


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
    found: Dataset = setting.made(MAKERS)(setting, base, data_folder)
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
    surveyed(setting, parts)
    known = known_facts(setting)
    found = survey(parts, known.classes if known else None)
    images = read_images(parts["train-images"])
    return Dataset(
        name=setting.word,
        train=Part(images, as_labels(found.train_labels)),
        test=Part(read_images(parts["t10k-images"]), as_labels(found.test_labels)),
        classes=found.classes,
        pixel_max=255 if images.dtype == np.uint8 else 1,
        names=NAMES.get(setting.word, ()),
    )


def _cifar10(setting: Setting, base: Path, data_folder: Path | None) -> Dataset:
    parts = locate(setting, base, data_folder)
    facts = surveyed(setting, parts)
    if any(name not in parts for name in cifar.PARTS):
        help = ("unpack cifar-10-binary.tar.gz, and name its folder with `--data`",)
        message = f"{next(iter(parts.values()))}: this version reads the binary version of CIFAR-10 only"
        raise CnnError(Diagnostic("E811", message, setting.span, help=help))
    check_room(len(cifar.PARTS) * cifar.RECORDS * cifar.RECORD, "holding CIFAR-10")
    read = [_records(parts[name], facts.classes or 0) for name in cifar.PARTS]
    *train, test = read
    whole = Part(np.concatenate([part.images for part in train]), np.concatenate([part.labels for part in train]))
    return Dataset(
        name="cifar10", train=whole, test=test, classes=facts.classes or 0, pixel_max=255, names=NAMES["cifar10"]
    )


def _records(path: Path, classes: int) -> Part:
    """The images and labels of one file of CIFAR-10. Raises CnnError (E602)."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise damaged(path, f"cannot be read: {error.strerror or error}") from error
    if len(data) != cifar.RECORDS * cifar.RECORD:
        raise damaged(path, "its length changed while it was read")
    records = np.frombuffer(data, np.uint8).reshape(cifar.RECORDS, cifar.RECORD)
    labels = records[:, 0].astype(np.int64)
    if labels.max() >= classes:
        first = int(np.argmax(labels >= classes))
        raise damaged(path, f"label {first} is {labels[first]}", f"labels go from 0 to {classes - 1}")
    height, width, depth = cifar.SIZE
    return Part(records[:, 1:].reshape(-1, depth, height, width), labels)


def _npz(setting: Setting, base: Path, data_folder: Path | None) -> Dataset:
    path = locate(setting, base, data_folder)["file"]
    found = npz.survey(path)
    if found.classes is None or found.train_labels is None or found.test_labels is None:
        shown = found.members["y_train"].shown
        help = ("labels are whole numbers, one an image",)
        message = f"{path}: y_train is {shown}, and this version cannot train on targets that are not labels yet"
        raise CnnError(Diagnostic("E811", message, setting.span, help=help))
    train, test = (read_array(path, found.members[f"x_{part}"]) for part in ("train", "test"))
    return Dataset(
        name="npz",
        train=Part(train, as_labels(found.train_labels)),
        test=Part(test, as_labels(found.test_labels)),
        classes=found.classes,
        pixel_max=255 if train.dtype == np.uint8 else 1,
    )


def _random(setting: Setting, base: Path, data_folder: Path | None) -> Dataset:
    attrs = setting.attrs
    (height, width, depth), tests = attrs.size, max(1, attrs.count // 5)
    check_room((attrs.count + tests) * (height * width * depth + 8), "holding random images")

    def part(name: str, count: int) -> Part:
        images = generator(0, "random", name).integers(0, 256, (count, depth, height, width), np.uint8)
        return Part(images, np.arange(count, dtype=np.int64) % attrs.classes)

    return Dataset(
        name="random", train=part("train", attrs.count), test=part("test", tests), classes=attrs.classes, pixel_max=255
    )


LOADERS: Mapping[str, Callable[[Setting, Path, Path | None], Dataset]] = {
    "digits": _digits,
    "mnist": _idx,
    "fashion_mnist": _idx,
    "cifar10": _cifar10,
    "idx": _idx,
    "npz": _npz,
    "random": _random,
}
"""Word of the recipe to loader. A set that is not here can be checked, and not trained on yet."""

MAKERS: Mapping[str, Callable[[Any], Callable[[Setting, Path, Path | None], Dataset]]] = {
    word: lambda _, load=load: load  # type: ignore[misc]
    for word, load in LOADERS.items()
}
"""Word of the recipe to what gives its loader."""
