"""Arrays of .npz files. Headers, and everything that can be wrong with them, are in `cnndsl.recipe.npz`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.data.dataset import Dataset, Part
from cnndsl.data.idx import as_labels, check_pixels
from cnndsl.data.rows import Held, Rows, Stored, stays
from cnndsl.memory import check_room
from cnndsl.recipe.idx import damaged
from cnndsl.recipe.npz import Member, Survey, opened, payload, survey, target_name
from cnndsl.recipe.places import locate
from cnndsl.recipe.spec import MAIN, Setting


def load(setting: Setting, base: Path, data_folder: Path | None) -> Dataset:
    path = locate(setting, base, data_folder)["file"]
    found = survey(path)
    train, test = (_part(path, found, part) for part in ("train", "test"))
    return Dataset(
        name="npz",
        train=train,
        test=test,
        classes=found.classes or 0,
        pixel_max=255 if train.images.dtype == np.uint8 else 1,
        origins={name: f"{path}: {target_name(name, 'train')}" for name in found.labels},
    )


def _part(path: Path, found: Survey, part: str) -> Part:
    targets = {}
    for name, both in found.labels.items():
        if both is not None:
            targets[name] = as_labels(both[0] if part == "train" else both[1])
        else:
            targets[name] = read_targets(path, found.members[target_name(name, part)])
    images = open_array(path, found.members[f"x_{part}"])
    return Part(images, targets.pop(MAIN), targets)


def read_targets(path: Path, member: Member) -> Array:
    """Targets that are not labels, in the shape they are stored, as floating numbers: float32 where they fit into it
    exactly, else float64. Raises CnnError: E602 for what is damaged or not finite, E802 for what is too large."""
    values = read_values(path, member)
    found: Array = np.ascontiguousarray(values, np.float32 if member.type in EXACT else np.float64)
    finite = np.isfinite(found).reshape(len(found), -1).all(axis=1)
    if not finite.all():
        raise damaged(path, f"{member.name}: target {int(np.argmin(finite))} is not a finite number")
    return found


EXACT = ("f4", "u1", "i1", "b1", "u2", "i2")
"""Types of which float32 has every value."""


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
    images = read_values(path, member)
    if images.ndim == 3:
        images = images[:, np.newaxis]
    images = np.ascontiguousarray(images, np.dtype(member.type))
    check_pixels(path, images, f"{member.name}: ")
    return images


def read_values(path: Path, member: Member) -> Array:
    """An array as it is stored. Raises CnnError (E602, E802)."""
    with opened(path) as archive:
        check_room(member.payload, f"{path}: holding {member.name}", UNPACK)
        data = payload(path, archive, member)
    values: Array = np.frombuffer(data, _dtype(member))
    return values.reshape(member.shape, order="F" if member.fortran else "C")


def _dtype(member: Member) -> np.dtype[Any]:
    dtype = np.dtype(member.type)
    return dtype.newbyteorder("S") if member.swapped else dtype
