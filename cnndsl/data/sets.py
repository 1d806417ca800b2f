"""Where each data set is loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from cnndsl.data import cifar, digits, idx, images, npz, random
from cnndsl.data.dataset import Dataset
from cnndsl.recipe.spec import Setting

Loader: TypeAlias = Callable[..., Dataset]
"""From what the recipe's `data` says, the folder of the `.cnn` file, and what ``--data`` names."""

LOADERS: Mapping[str, Loader] = {
    "digits": digits.load,
    "mnist": idx.load,
    "fashion_mnist": idx.load,
    "cifar10": cifar.load,
    "idx": idx.load,
    "npz": npz.load,
    "images": images.load,
    "random": random.load,
}
"""By word of the recipe. A set that is not here can be checked, and not trained on yet."""

TURNED = ("images",)
"""Sets whose files can be brought to the depth that a network takes."""

MAKERS: Mapping[str, Callable[[Any], Loader]] = {
    word: lambda _, load=load: load  # type: ignore[misc]
    for word, load in LOADERS.items()
}
"""Word of the recipe to what gives its loader."""


def load(
    setting: Setting, base: Path, data_folder: Path | None = None, wanted: tuple[int, int, int] | None = None
) -> Dataset:
    """The data set that a recipe's `data` names.

    `base` is the folder of the `.cnn` file, `data_folder` what ``--data`` names, `wanted` the size that the network
    takes, height x width x depth: sets of image files come in its depth. Raises CnnError: E601 where files are
    not there, E602 and E605 where they are damaged or do not belong together, E802 where they are too large.
    """
    maker, sized = setting.made(MAKERS), {"wanted": wanted} if setting.word in TURNED else {}
    found: Dataset = maker(setting, base, data_folder, **sized)
    limit = setting.attrs.limit
    if limit is not None:
        found = replace(found, train=found.train.first(limit), test=found.test.first(limit))
    if found.resize is not None:  # as its files were read
        return found
    return replace(found, pad=setting.attrs.pad, resize=setting.attrs.resize)
