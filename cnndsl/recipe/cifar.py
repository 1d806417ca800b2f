"""CIFAR-10 in its binary version: where the six files are, and what their sizes say. Standard library only.

A file has 10,000 records of 3,073 bytes: a label and 3x32x32 pixels (https://www.cs.toronto.edu/~kriz/cifar.html).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from cnndsl.recipe.facts import Facts, Found
from cnndsl.recipe.idx import damaged

SIZE = (32, 32, 3)
RECORDS = 10_000
RECORD = 1 + 32 * 32 * 3
PARTS = (*(f"data_batch_{n}.bin" for n in range(1, 6)), "test_batch.bin")
FOLDERS = ("", "cifar-10-batches-bin")
OTHERS = ("cifar-10-python.tar.gz", "cifar-10-batches-py", "cifar-10-binary.tar.gz")
"""What the set also comes as: it is there, but cannot be looked into."""


def found_parts(folder: Path) -> Found:
    """The six files in a folder or in the one that the archive unpacks to; else another version, under its name."""
    found = [{p: folder / inner / p for p in PARTS if os.path.exists(folder / inner / p)} for inner in FOLDERS]
    parts = max(found, key=len)
    if not parts:
        other = next((name for name in OTHERS if os.path.exists(folder / name)), None)
        if other is not None:
            return Found({other: folder / other})
    return Found(parts, tuple(p for p in PARTS if p not in parts))


def facts(parts: Mapping[str, Path], classes: int | None = None) -> Facts:
    """Size and classes of the six files, which are of the right length. Raises CnnError (E602)."""
    for name in PARTS:
        if name in parts:
            _check(parts[name])
    return Facts(SIZE, classes or 10)


def _check(path: Path) -> None:
    needed = RECORDS * RECORD
    if not os.path.isfile(path):
        raise damaged(path, "is not a file", "a data file is a regular file")
    try:
        size = path.stat().st_size
    except OSError as error:
        raise damaged(path, f"cannot be read: {error.strerror or error}") from error
    if size != needed:
        raise damaged(
            path, f"has {size:,} bytes", f"10,000 images of CIFAR-10 are {needed:,} bytes; get the file again"
        )
