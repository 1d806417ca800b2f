"""IDX files as arrays. Headers, and everything that can be wrong with them, are in `cnndsl.recipe.idx`."""

from __future__ import annotations

from array import array
from math import isfinite
from pathlib import Path

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.recipe.idx import damaged, opened, read_header, read_payload
from cnndsl.training.memory import check_room

LARGEST_PIXEL = 1e18
"""Beyond it squares of float32 overflow, and no image has such values."""


def read_images(path: Path) -> Array:
    """The images of a file, N, D, H, W: uint8, or float32 or float64 as they are stored.

    A file of rank 3 gives depth 1; one of rank 4 is stored N, H, W, D. Raises CnnError: E602 for a file that is damaged
    or of another kind or holds values that are not finite, E605 for one without images, E802 for one too large.
    """
    with opened(path) as (stream, size, zipped):
        header = read_header(path, stream, size, zipped, images=True)
        check_room(header.payload, f"{path}: holding its images")
        data = read_payload(path, stream, header)
    images: Array = np.frombuffer(data, np.dtype(header.type.typecode).newbyteorder(">")).reshape(header.shape)
    if images.ndim == 3:
        images = images[:, np.newaxis]
    else:
        images = images.transpose(0, 3, 1, 2)
    images = np.ascontiguousarray(images, images.dtype.newbyteorder("="))
    check_pixels(path, images)
    return images


def check_pixels(path: Path, images: Array, name: str = "") -> None:
    """Raises CnnError (E602) where a pixel is not a finite number, or larger than LARGEST_PIXEL."""
    if images.dtype.kind != "f":
        return
    for index, image in enumerate(images):
        largest = float(np.abs(image).max(initial=0))  # not a number, where one is
        if not isfinite(largest):
            raise damaged(path, f"{name}image {index} has a pixel that is not a finite number")
        if largest > LARGEST_PIXEL:
            raise damaged(path, f"{name}image {index} has a pixel of {largest:g}; {LARGEST_PIXEL:g} is the limit")


def as_labels(labels: array[int]) -> Array:
    """Labels as int64."""
    return np.array(labels, dtype=np.int64)
