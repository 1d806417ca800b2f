"""CIFAR-10: where its files are, in which of its forms, and what their sizes say. Standard library only.

It comes in a binary version, 10,000 records of 3,073 bytes a file, a label and 3x32x32 pixels, and in a version for
Python, a pickle a file; each of six files, or packed into one archive (https://www.cs.toronto.edu/~kriz/cifar.html).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cnndsl.recipe.facts import Facts, Found
from cnndsl.recipe.idx import damaged

SIZE = (32, 32, 3)
RECORDS = 10_000
RECORD = 1 + 32 * 32 * 3
LARGEST = 64 << 20
"""Bytes of a file, at most; the largest pickle has 31,035,999."""
SITE = "https://www.cs.toronto.edu/~kriz/cifar.html"
AGAIN = f"get it again from {SITE}"


@dataclass(frozen=True, slots=True)
class Version:
    """A form of the set: its six files, five to train on and the test, the folder that they lie in, and the archive
    that holds it: its size and SHA-256. `sums` are the files' MD5, empty where nobody has published them."""

    parts: tuple[str, ...]
    folder: str
    archive: str
    size: int
    sha256: str
    sums: tuple[str, ...] = ()


BINARY = Version(
    (*(f"data_batch_{n}.bin" for n in range(1, 6)), "test_batch.bin"),
    "cifar-10-batches-bin",
    "cifar-10-binary.tar.gz",
    170_052_171,
    # As MLDatasets for Julia has it; the MD5 that goes with it is on the set's own page.
    "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
)
PYTHON = Version(
    (*(f"data_batch_{n}" for n in range(1, 6)), "test_batch"),
    "cifar-10-batches-py",
    "cifar-10-python.tar.gz",
    170_498_071,
    # As Keras has it, in keras/datasets/cifar10.py.
    "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
    # As torchvision has them, in torchvision/datasets/cifar.py.
    (
        "c99cafc152244af753f735de768cd75f",
        "d4bba439e000b95fd0a9bffe97cbabec",
        "54ebc095f3ab1f0389bbae665268c751",
        "634d18415352ddfa80567beed471001a",
        "482c414d41f54cd18b22e5b47cb7c3cb",
        "40351d587109b95175f43aff81a1287e",
    ),
)
VERSIONS = (BINARY, PYTHON)


def found_parts(folder: Path) -> Found:
    """The six files of a version, in a folder or in the one that its archive unpacks to; else an archive; else those of
    the six that are there."""
    unpacked = list(_unpacked(folder))
    whole = next((found for version, found in unpacked if len(found) == len(version.parts)), None)
    if whole is not None:
        return Found(whole)
    packed = next((v.archive for v in VERSIONS if os.path.exists(folder / v.archive)), None)
    if packed is not None:
        return Found({packed: folder / packed})
    version, most = max(unpacked, key=lambda pair: len(pair[1]))
    return Found(most, tuple(part for part in version.parts if part not in most))


def _unpacked(folder: Path) -> Iterator[tuple[Version, dict[str, Path]]]:
    for version in VERSIONS:
        for place in (folder, folder / version.folder):
            yield version, {part: place / part for part in version.parts if os.path.exists(place / part)}


def version_of(parts: Mapping[str, Path]) -> Version:
    """The version that files or an archive are of."""
    return next(v for v in VERSIONS if v.archive in parts or parts.keys() & set(v.parts))


def facts(parts: Mapping[str, Path], classes: int | None = None) -> Facts:
    """Size and classes; the files have lengths that they may have. Raises CnnError (E602)."""
    version = version_of(parts)
    for name, path in parts.items():
        if not os.path.isfile(path):
            raise damaged(path, "is not a file", "a data file is a regular file")
        try:
            size = path.stat().st_size
        except OSError as error:
            raise damaged(path, f"cannot be read: {error.strerror or error}") from error
        check_length(path, version, name, size)
    return Facts(SIZE, classes or 10)


def check_length(path: Path, version: Version, name: str, size: int) -> None:
    """Raises CnnError (E602) where a file, or an archive, cannot have its length."""
    if name == version.archive:
        if size != version.size:
            raise damaged(path, f"has {size:,} bytes", f"{name} has {version.size:,} bytes; {AGAIN}")
    elif version is BINARY:
        needed = RECORDS * RECORD
        if size != needed:
            raise damaged(path, f"has {size:,} bytes", f"10,000 images of CIFAR-10 are {needed:,} bytes; {AGAIN}")
    elif not RECORDS * (RECORD - 1) <= size <= LARGEST:
        raise damaged(path, f"has {size:,} bytes", f"10,000 images of CIFAR-10 are about 31,000,000 bytes; {AGAIN}")
