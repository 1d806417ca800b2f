"""Arrays of .npz files. Headers, and everything that can be wrong with them, are in `cnndsl.recipe.npz`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.data.dataset import Dataset, Part
from cnndsl.data.idx import as_labels, check_pixels
from cnndsl.data.rows import Held, Rows, Stored, stays
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.memory import check_room
from cnndsl.recipe.npz import Member, opened, payload, survey
from cnndsl.recipe.places import locate
from cnndsl.recipe.spec import Setting


def load(setting: Setting, base: Path, data_folder: Path | None) -> Dataset:
    path = locate(setting, base, data_folder)["file"]
    found = survey(path)
    if found.classes is None or found.train_labels is None or found.test_labels is None:
        shown = found.members["y_train"].shown
        help = ("labels are whole numbers, one an image",)
        message = f"{path}: y_train is {shown}, and this version cannot train on targets that are not labels yet"
        raise CnnError(Diagnostic("E811", message, setting.span, help=help))
    train, test = (open_array(path, found.members[f"x_{part}"]) for part in ("train", "test"))
    return Dataset(
        name="npz",
        train=Part(train, as_labels(found.train_labels)),
        test=Part(test, as_labels(found.test_labels)),
        classes=found.classes,
        pixel_max=255 if train.dtype == np.uint8 else 1,
    )


def open_array(path: Path, member: Member) -> Rows:
    """Images, N, D, H, W: uint8, or float32 or float64 as they are stored. An array N, H, W gives depth 1.

    Many of them stay in the file, if they are not packed there; then the archive's checksum is not looked at. Raises
    CnnError: E602 for what is damaged or has values that are not finite, E802 for what is too large.
    """
    if member.place is None or not stays(member.payload):
        return Held(read_array(path, member))
    images = Stored(path, member.place, member.shape, _dtype(member))
    check_pixels(path, images, f"{member.name}: ")
    return images


UNPACK = "save it with `numpy.savez`, not packed and in row order: then it is read from disk as it is needed"


def read_array(path: Path, member: Member) -> Array:
    """The same in memory, however many they are."""
    with opened(path) as archive:
        check_room(member.payload, f"{path}: holding {member.name}", UNPACK)
        data = payload(path, archive, member)
    values: Array = np.frombuffer(data, _dtype(member))
    images = values.reshape(member.shape, order="F" if member.fortran else "C")
    if images.ndim == 3:
        images = images[:, np.newaxis]
    images = np.ascontiguousarray(images, np.dtype(member.type))
    check_pixels(path, images, f"{member.name}: ")
    return images


def _dtype(member: Member) -> np.dtype[Any]:
    dtype = np.dtype(member.type)
    return dtype.newbyteorder("S") if member.swapped else dtype
