"""CIFAR-10 as arrays, from any of its forms. Where its files are, and what sizes say, is in `cnndsl.recipe.cifar`.

Archives are read where they are: nothing is unpacked to disk, and nothing of a pickle is run.
"""

from __future__ import annotations

import hashlib
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.data.dataset import Dataset, Part
from cnndsl.data.pickled import plain
from cnndsl.data.pickledarrays import SYMBOLS
from cnndsl.memory import check_room
from cnndsl.recipe import cifar
from cnndsl.recipe.idx import damaged
from cnndsl.recipe.places import locate, surveyed
from cnndsl.recipe.spec import Setting

NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
MOST_MEMBERS = 100
"""Of an archive; CIFAR-10's have nine."""


def load(setting: Setting, base: Path, data_folder: Path | None) -> Dataset:
    parts = locate(setting, base, data_folder)
    classes = surveyed(setting, parts).classes or 0
    version = cifar.version_of(parts)
    height, width, depth = cifar.SIZE
    count = len(version.parts) * cifar.RECORDS
    check_room(count * cifar.RECORD + 4 * cifar.LARGEST, "holding CIFAR-10")
    images = np.empty((count, depth, height, width), np.uint8)
    labels = np.empty(count, np.int64)
    missing = set(version.parts)
    for name, path, data in _packed(parts[version.archive], version) if version.archive in parts else _files(parts):
        read = _records if version is cifar.BINARY else _pickled
        start = version.parts.index(name) * cifar.RECORDS
        own = slice(start, start + cifar.RECORDS)
        images[own], labels[own] = read(path, data, name)
        _check_labels(path, labels[own], classes)
        missing.remove(name)
    if missing:
        raise damaged(parts[version.archive], f"lacks {min(missing)}", cifar.AGAIN)
    last = count - cifar.RECORDS
    return Dataset(
        name="cifar10",
        train=Part(images[:last], labels[:last]),
        test=Part(images[last:], labels[last:]),
        classes=classes,
        pixel_max=255,
        names=NAMES,
    )


def _files(parts: Mapping[str, Path]) -> Iterator[tuple[str, Path, bytes]]:
    """Name, place and bytes of each of the six files. Raises CnnError (E602)."""
    version = cifar.version_of(parts)
    for name, path in parts.items():
        try:
            with path.open("rb") as stream:
                data = stream.read(cifar.LARGEST + 1)
        except OSError as error:
            raise damaged(path, f"cannot be read: {error.strerror or error}") from error
        cifar.check_length(path, version, name, len(data))
        yield name, path, data


def _packed(archive: Path, version: cifar.Version) -> Iterator[tuple[str, Path, bytes]]:
    """The same out of an archive, which is read once to see that it is the one that was published, and once for its
    members. Raises CnnError (E602)."""
    try:
        with archive.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
            if found != version.sha256:
                message = f"is not the archive of that name that was published: its SHA-256 is {found}"
                help = f"{version.archive} has {version.sha256}; {cifar.AGAIN}, or name a folder of unpacked files"
                raise damaged(archive, message, help)
            stream.seek(0)
            yield from _members(archive, stream, version)
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise damaged(archive, f"is not a whole archive ({error})", cifar.AGAIN) from error
    except OSError as error:
        raise damaged(archive, f"cannot be read: {error.strerror or error}", cifar.AGAIN) from error


def _members(archive: Path, stream: BinaryIO, version: cifar.Version) -> Iterator[tuple[str, Path, bytes]]:
    seen: set[str] = set()
    with tarfile.open(fileobj=stream, mode="r|gz") as members:
        for number, member in enumerate(members):
            place = PurePosixPath(member.name)
            if number >= MOST_MEMBERS or member.size > cifar.LARGEST:
                raise damaged(archive, f"has too many members, or one that is too large: {member.name[:100]!r}")
            if place.parent.name != version.folder or place.name not in version.parts:
                continue
            if not member.isreg() or place.name in seen:
                raise damaged(archive, f"has {place.name} twice, or not as a file", cifar.AGAIN)
            seen.add(place.name)
            cifar.check_length(archive / place.name, version, place.name, member.size)
            content = members.extractfile(member)
            assert content is not None
            data = content.read()
            if len(data) != member.size:
                raise EOFError(f"{place.name} ends early")
            yield place.name, archive / place.name, data


def _records(path: Path, data: bytes, name: str) -> tuple[Array, Array]:
    """Images and labels of a file of the binary version."""
    height, width, depth = cifar.SIZE
    records = np.frombuffer(data, np.uint8).reshape(cifar.RECORDS, cifar.RECORD)
    return records[:, 1:].reshape(-1, depth, height, width), records[:, 0].astype(np.int64)


def _pickled(path: Path, data: bytes, name: str) -> tuple[Array, Array]:
    """Images and labels of a file of the version for Python. Raises CnnError (E602)."""
    wanted = dict(zip(cifar.PYTHON.parts, cifar.PYTHON.sums, strict=True))[name]
    found = hashlib.md5(data, usedforsecurity=False).hexdigest()
    if found != wanted:
        message = f"is not the {name} that was published: its MD5 is {found}, and not {wanted}"
        raise damaged(path, message, f"{cifar.AGAIN}; images of your own go into an .npz file")
    batch = plain(data, path, SYMBOLS)
    images, labels = (_entry(batch, key) for key in ("data", "labels"))
    height, width, depth = cifar.SIZE
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8 or images.shape != (cifar.RECORDS, 3 * 32 * 32):
        raise damaged(path, "has no images: `data`, 10,000 x 3,072 bytes", cifar.AGAIN)
    if not isinstance(labels, list) or len(labels) != cifar.RECORDS or any(type(n) is not int for n in labels):
        raise damaged(path, "has no labels: `labels`, a list of 10,000 whole numbers", cifar.AGAIN)
    return images.reshape(-1, depth, height, width), np.array([min(max(n, -1), 256) for n in labels], np.int64)


def _entry(batch: object, key: str) -> object:
    return batch.get(key.encode(), batch.get(key)) if isinstance(batch, dict) else None


def _check_labels(path: Path, labels: Array, classes: int) -> None:
    wrong = (labels < 0) | (labels >= classes)
    if wrong.any():
        first = int(np.argmax(wrong))
        raise damaged(path, f"label {first} is {labels[first]}", f"labels go from 0 to {classes - 1}")
