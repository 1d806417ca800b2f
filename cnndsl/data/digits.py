"""The digits that ship with the package."""

from __future__ import annotations

from importlib.resources import files
from io import BytesIO
from pathlib import Path

import numpy as np

from cnndsl.data.dataset import Dataset, Part
from cnndsl.recipe.spec import Setting

TRAIN = 1437
"""Of the 1,797 digits the first so many are trained on; the last 360 are the test part."""


def load(setting: Setting, base: Path, data_folder: Path | None) -> Dataset:
    packed = files("cnndsl.data").joinpath("files/digits.npz").read_bytes()
    with np.load(BytesIO(packed), allow_pickle=False) as members:
        images, labels = members["images"][:, np.newaxis], members["labels"].astype(np.int64)
    return Dataset(
        name="digits",
        train=Part(images[:TRAIN], labels[:TRAIN]),
        test=Part(images[TRAIN:], labels[TRAIN:]),
        classes=10,
        pixel_max=16,
    )
