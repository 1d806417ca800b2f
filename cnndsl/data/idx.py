"""IDX files as arrays. Headers, and everything that can be wrong with them, are in `cnndsl.recipe.idx`."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.data.dataset import Dataset, Part
from cnndsl.data.rows import CHUNK, Held, Rows, Stored, chunks, rows, stays
from cnndsl.memory import check_room
from cnndsl.recipe.idx import Header, damaged, opened, read_header, read_payload, survey
from cnndsl.recipe.places import known_facts, locate, surveyed, verify
from cnndsl.recipe.spec import Setting

LARGEST_PIXEL = 1e18
"""Beyond it squares of float32 overflow, and no image has such values."""


NAMES: Mapping[str, tuple[str, ...]] = {
    "fashion_mnist": (
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ),
}
"""What the classes of a set are called."""


def load(setting: Setting, base: Path, data_folder: Path | None) -> Dataset:
    parts = locate(setting, base, data_folder)
    surveyed(setting, parts)
    verify(setting, parts)
    known = known_facts(setting)
    found = survey(parts, known.classes if known else None)
    images = open_images(parts["train-images"])
    return Dataset(
        name=setting.word,
        train=Part(images, as_labels(found.train_labels)),
        test=Part(open_images(parts["t10k-images"]), as_labels(found.test_labels)),
        classes=found.classes,
        pixel_max=255 if images.dtype == np.uint8 else 1,
        names=NAMES.get(setting.word, ()),
    )


def open_images(path: Path) -> Rows:
    """The images of a file, N, D, H, W: uint8, or float32 or float64 as they are stored. Many of them stay in the file.

    A file of rank 3 gives depth 1; one of rank 4 is stored N, H, W, D. Raises CnnError: E602 for a file that is damaged
    or of another kind or holds values that are not finite, E605 for one without images, E802 for one too large.
    """
    with opened(path) as (stream, size, zipped):
        header = read_header(path, stream, size, zipped, images=True)
    if zipped or not stays(header.payload):
        return Held(read_images(path))
    images = Stored(path, header.length, header.shape, _dtype(header), depth_last=len(header.shape) == 4)
    check_pixels(path, images)
    return images


def read_images(path: Path) -> Array:
    """The same in memory, however many they are."""
    with opened(path) as (stream, size, zipped):
        header = read_header(path, stream, size, zipped, images=True)
        help = ("unpack it with `gunzip`: an unpacked file is read from disk as it is needed",) if zipped else ()
        check_room(header.payload, f"{path}: holding its images", *help)
        data = read_payload(path, stream, header)
    images: Array = np.frombuffer(data, _dtype(header)).reshape(header.shape)
    if images.ndim == 3:
        images = images[:, np.newaxis]
    else:
        images = images.transpose(0, 3, 1, 2)
    images = np.ascontiguousarray(images, images.dtype.newbyteorder("="))
    check_pixels(path, images)
    return images


def _dtype(header: Header) -> np.dtype[Any]:
    return np.dtype(header.type.typecode).newbyteorder(">")


def check_pixels(path: Path, images: Rows | Array, name: str = "") -> None:
    """Raises CnnError (E602) where a pixel is not a finite number, or larger than LARGEST_PIXEL. One pass."""
    if images.dtype.kind != "f":
        return
    index = 0
    for chunk in chunks(rows(images), np.arange(images.shape[0]), CHUNK):
        for image in np.abs(chunk, out=chunk):
            largest = float(image.max(initial=0))  # not a number, where one is
            if not isfinite(largest):
                raise damaged(path, f"{name}image {index} has a pixel that is not a finite number")
            if largest > LARGEST_PIXEL:
                raise damaged(path, f"{name}image {index} has a pixel of {largest:g}; {LARGEST_PIXEL:g} is the limit")
            index += 1


def as_labels(labels: array[int]) -> Array:
    """Labels as int64."""
    return np.array(labels, dtype=np.int64)
