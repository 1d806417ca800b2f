"""Whether a run that is taken up again has the data that it began with."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import numpy as np

from cnndsl.data.dataset import Dataset, Part
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.recipe.spec import MAIN


def identity(dataset: Dataset) -> dict[str, Any]:
    """What tells a data set from another one, as far as labels and sizes do it: pixels are not read for it."""
    return {"name": dataset.name, "train": _part(dataset.train), "test": _part(dataset.test)}


def _part(part: Part) -> dict[str, Any]:
    found: dict[str, Any] = {"images": [int(n) for n in part.images.shape]}
    for name, target in sorted(part.targets.items()):
        little = target.dtype.newbyteorder("<") if target.dtype.kind == "f" else "<i8"
        key = "labels" if name == MAIN else f"labels of {name}"
        found[key] = sha256(np.ascontiguousarray(target, little).tobytes()).hexdigest()
    return found


def check(dataset: Dataset, about: Mapping[str, Any]) -> None:
    """Raises CnnError (E605) where run.json speaks of other data than these."""
    before, now = about.get("data"), identity(dataset)
    if isinstance(before, Mapping) and before.get("train") and before != now:
        what = next((part for part in ("name", "train", "test") if before.get(part) != now[part]), "name")
        told = {"name": "another set", "train": "other training samples", "test": "other test samples"}[what]
        help = ("give the folder with the same data by `--data`, or begin a new run",)
        raise CnnError(Diagnostic("E605", f"`{dataset.name}`: the run began with {told} than are here now", help=help))
