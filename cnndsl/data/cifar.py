"""CIFAR-10 as arrays. Where its files are, and what their sizes say, is in `cnndsl.recipe.cifar`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cnndsl.data.dataset import Dataset, Part
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.memory import check_room
from cnndsl.recipe import cifar
from cnndsl.recipe.idx import damaged
from cnndsl.recipe.places import locate, surveyed
from cnndsl.recipe.spec import Setting

NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def load(setting: Setting, base: Path, data_folder: Path | None) -> Dataset:
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
    return Dataset(name="cifar10", train=whole, test=test, classes=facts.classes or 0, pixel_max=255, names=NAMES)


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
