"""Where each data set is loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from cnndsl.data import cifar, digits, idx, npz, random
from cnndsl.data.dataset import Dataset
from cnndsl.recipe.spec import Setting

Loader: TypeAlias = Callable[[Setting, Path, Path | None], Dataset]
"""From what the recipe's `data` says, the folder of the `.cnn` file, and what ``--data`` names."""

LOADERS: Mapping[str, Loader] = {
    "digits": digits.load,
    "mnist": idx.load,
    "fashion_mnist": idx.load,
    "cifar10": cifar.load,
    "idx": idx.load,
    "npz": npz.load,
    "random": random.load,
}
"""By word of the recipe. A set that is not here can be checked, and not trained on yet."""

MAKERS: Mapping[str, Callable[[Any], Loader]] = {
    word: lambda _, load=load: load  # type: ignore[misc]
    for word, load in LOADERS.items()
}
"""Word of the recipe to what gives its loader."""


def load(setting: Setting, base: Path, data_folder: Path | None = None) -> Dataset:
    """The data set that a recipe's `data` names.

    `base` is the folder of the `.cnn` file, `data_folder` what ``--data`` names. Raises CnnError: E601 where files are
    not there, E602 and E605 where they are damaged or do not belong together, E802 where they are too large.
    """
    found: Dataset = setting.made(MAKERS)(setting, base, data_folder)
    limit = setting.attrs.limit
    if limit is not None:
        found = replace(found, train=found.train.first(limit), test=found.test.first(limit))
    return replace(found, pad=setting.attrs.pad, resize=setting.attrs.resize)
