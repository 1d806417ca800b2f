"""IDX files: where the four of a set are, and what their headers say. Standard library only.

An IDX file is two zero bytes, a type code, the rank, the lengths as big-endian 32-bit numbers, and the values in row
order (Y. LeCun, http://yann.lecun.com/exdb/mnist). A header is believed only after it was held against the file's own
size. Whether a file is gzipped is seen from its first two bytes, not from its name.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import struct
import sys
import zlib
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import BinaryIO, cast

from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.recipe.facts import Facts, Found

PARTS = ("train-images", "train-labels", "t10k-images", "t10k-labels")
"""The four files of a set, without their endings."""

GZIP_MAGIC = b"\x1f\x8b"
LARGEST_RATIO = 1032
"""Deflate cannot shrink anything by more."""
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Type:
    """A type of values: its name, bytes a value, and `array` typecode."""

    name: str
    size: int
    typecode: str


TYPES = {
    0x08: Type("unsigned bytes", 1, "B"),
    0x09: Type("signed bytes", 1, "b"),
    0x0B: Type("16-bit integers", 2, "h"),
    0x0C: Type("32-bit integers", 4, "i"),
    0x0D: Type("32-bit floating numbers", 4, "f"),
    0x0E: Type("64-bit floating numbers", 8, "d"),
}
IMAGE_TYPES = (0x08, 0x0D, 0x0E)
LABEL_TYPES = (0x08, 0x09, 0x0B, 0x0C)


@dataclass(frozen=True, slots=True)
class Header:
    """Type code and lengths: (N, H, W) or (N, H, W, D) of images, (N,) of labels."""

    code: int
    shape: tuple[int, ...]

    @property
    def type(self) -> Type:
        return TYPES[self.code]

    @property
    def payload(self) -> int:
        """Bytes that must follow the header."""
        return prod(self.shape) * self.type.size

    @property
    def length(self) -> int:
        """Bytes of the header itself."""
        return 4 + 4 * len(self.shape)


def damaged(path: Path, found: str, needed: str = "", code: str = "E602") -> CnnError:
    """The error of a file that is not as it should be: which, what was found, what is needed."""
    return CnnError(Diagnostic(code, f"{path}: {found}", help=(needed,) if needed else ()))


def part_names(part: str) -> tuple[str, ...]:
    """The file names that a part may have: ``train-images-idx3-ubyte``, with a dot, and each with ``.gz``."""
    ranks = ("idx3", "idx4") if part.endswith("images") else ("idx1",)
    plain = [f"{part}{sign}{rank}-ubyte" for rank in ranks for sign in ("-", ".")]
    return (*plain, *(f"{name}.gz" for name in plain))


def find_parts(folder: Path) -> dict[str, Path]:
    """The parts of a set that lie in a folder, by name; a raw file before a gzipped one."""
    found = {}
    for part in PARTS:
        path = next((folder / name for name in part_names(part) if os.path.exists(folder / name)), None)
        if path is not None:
            found[part] = path
    return found


@contextmanager
def opened(path: Path) -> Iterator[tuple[BinaryIO, int, bool]]:
    """The file's contents as a stream, unpacked where it is gzipped; its size on disk; and whether it is gzipped.

    Raises CnnError (E602) for what is not a file or cannot be opened, and in place of any error that reading raises.
    """
    if not os.path.isfile(path):
        raise damaged(path, "is not a file", "a data file is a regular file")
    try:
        with path.open("rb") as raw:
            zipped = raw.read(2) == GZIP_MAGIC
            raw.seek(0)
            stream = cast(BinaryIO, gzip.GzipFile(fileobj=raw, mode="rb")) if zipped else raw
            yield stream, path.stat().st_size, zipped
    except EOFError as error:
        raise damaged(path, "its gzip stream ends early", "get the file again") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise damaged(path, f"its gzip stream is damaged ({error})", "get the file again") from error
    except OSError as error:
        raise damaged(path, f"cannot be read: {error.strerror or error}") from error


def read_header(path: Path, stream: BinaryIO, size: int, zipped: bool, *, images: bool) -> Header:
    """Reads and checks a header; `size` is that of the file on disk. Leaves the stream at the first value.

    Raises CnnError (E602).
    """
    what = "images" if images else "labels"
    start = stream.read(4)
    if len(start) < 4:
        raise damaged(path, f"has {len(start)} bytes", "an IDX file begins with a header of at least 8 bytes")
    zeros, code, rank = struct.unpack(">HBB", start)
    if zeros or code not in TYPES:
        raise damaged(
            path,
            f"begins with {start.hex(' ')}",
            "an IDX file begins with 00 00, a type code (08 for bytes) and the rank",
        )
    _check_kind(path, code, rank, images)
    lengths = stream.read(4 * rank)
    if len(lengths) < 4 * rank:
        raise damaged(path, f"ends inside its header, after {4 + len(lengths)} bytes", f"a header of {4 + 4 * rank}")
    header = Header(code, struct.unpack(f">{rank}I", lengths))
    shown = "x".join(map(str, header.shape))
    if 0 in header.shape:
        raise damaged(path, f"its header says {shown}: no {what}", "at least one", code="E605")
    needed = header.length + header.payload
    if not zipped and size != needed:
        raise damaged(path, f"its header says {shown}, {needed} bytes in all, but the file has {size}", _again(size))
    if zipped and needed > size * LARGEST_RATIO:
        raise damaged(
            path, f"its header says {shown}, {needed} bytes, which cannot be packed into {size}", _again(size)
        )
    return header


def _again(size: int) -> str:
    return "get the file again" if size else "the file is empty"


def _check_kind(path: Path, code: int, rank: int, images: bool) -> None:
    """Refuses labels in place of images, images in place of labels, and types and ranks that are neither."""
    if images and rank == 1 and code in LABEL_TYPES:
        raise damaged(path, "holds labels (rank 1), not images", "images have rank 3 or 4; are the two exchanged?")
    if not images and rank in (3, 4) and code in IMAGE_TYPES:
        raise damaged(path, f"holds images (rank {rank}), not labels", "labels have rank 1; are the two exchanged?")
    ranks, codes, what = ((3, 4), IMAGE_TYPES, "images") if images else ((1,), LABEL_TYPES, "labels")
    if rank not in ranks:
        raise damaged(path, f"has rank {rank}", f"{what} have rank {' or '.join(map(str, ranks))}")
    if code not in codes:
        names = ", ".join(f"{c:02x} ({TYPES[c].name})" for c in codes)
        raise damaged(path, f"holds {TYPES[code].name} (type code {code:02x})", f"{what} have one of {names}")


def read_payload(path: Path, stream: BinaryIO, header: Header) -> bytearray:
    """The values' bytes, as many as the header says and not one more; grows only as bytes arrive.

    Raises CnnError (E602).
    """
    data = bytearray()
    while len(data) < header.payload:
        chunk = stream.read(min(CHUNK, header.payload - len(data)))
        if not chunk:
            raise damaged(path, f"ends after {len(data)} bytes of values", f"its header says {header.payload}")
        data += chunk
    if stream.read(1):
        raise damaged(path, "has more bytes behind its last value", f"its header says {header.payload} bytes of values")
    return data


def digest(path: Path) -> str:
    """SHA-256 of a file's contents, unpacked where it is gzipped; read in chunks. Raises CnnError (E602)."""
    found = hashlib.sha256()
    with opened(path) as (stream, _, _):
        while chunk := stream.read(CHUNK):
            found.update(chunk)
    return found.hexdigest()


def image_header(path: Path) -> Header:
    """The header of a file of images. Raises CnnError (E602)."""
    with opened(path) as (stream, size, zipped):
        return read_header(path, stream, size, zipped, images=True)


def read_labels(path: Path) -> array[int]:
    """All labels of a file, none negative. Raises CnnError (E602)."""
    with opened(path) as (stream, size, zipped):
        header = read_header(path, stream, size, zipped, images=False)
        labels: array[int] = array(header.type.typecode)
        labels.frombytes(read_payload(path, stream, header))
    if sys.byteorder == "little":
        labels.byteswap()
    lowest = min(labels)
    if lowest < 0:
        raise damaged(path, f"label {labels.index(lowest)} is {lowest}", "labels count from 0")
    return labels


@dataclass(frozen=True, slots=True)
class Survey:
    """What a set's headers and labels say: (N, H, W) or (N, H, W, D) and labels of both parts, number of classes."""

    train: Header
    test: Header
    train_labels: array[int]
    test_labels: array[int]
    classes: int

    @property
    def size(self) -> tuple[int, int, int]:
        """Height x width x depth of an image."""
        _, height, width, *depth = self.train.shape
        return height, width, depth[0] if depth else 1


def survey(parts: Mapping[str, Path], classes: int | None = None) -> Survey:
    """Reads headers and labels of the four files and holds them against each other.

    `classes` is how many there are where that is known; else one more than the highest label. Raises CnnError (E602,
    E605).
    """
    train, train_labels = _pair(parts["train-images"], parts["train-labels"], classes)
    test, test_labels = _pair(parts["t10k-images"], parts["t10k-labels"], classes)
    if train.shape[1:] != test.shape[1:] or train.code != test.code:
        shown = [f"{'x'.join(map(str, h.shape[1:]))} of {h.type.name}" for h in (train, test)]
        raise CnnError(
            Diagnostic(
                "E605",
                f"training images are {shown[0]}, test images {shown[1]}",
                notes=(f"training: {parts['train-images']}", f"test: {parts['t10k-images']}"),
                help=("both must be of one kind",),
            )
        )
    if classes is None:
        classes = max(max(train_labels), max(test_labels)) + 1
    return Survey(train, test, train_labels, test_labels, classes)


def _pair(images: Path, names: Path, classes: int | None) -> tuple[Header, array[int]]:
    header, labels = image_header(images), read_labels(names)
    if header.shape[0] != len(labels):
        raise CnnError(
            Diagnostic(
                "E605",
                f"{header.shape[0]:,} images and {len(labels):,} labels do not belong together",
                notes=(f"images: {images}", f"labels: {names}"),
                help=("there must be one label for each image",),
            )
        )
    if classes is not None:
        _check_labels(names, labels, classes)
    return header, labels


def _check_labels(path: Path, labels: array[int], classes: int) -> None:
    if max(labels) >= classes:
        first = next(i for i, label in enumerate(labels) if label >= classes)
        raise damaged(path, f"label {first} is {labels[first]}", f"labels go from 0 to {classes - 1}")


def found_parts(folder: Path) -> Found:
    """Which of the four files lie in a folder."""
    parts = find_parts(folder)
    return Found(parts, tuple(part_names(part)[0] for part in PARTS if part not in parts))


def facts(parts: Mapping[str, Path], classes: int | None = None) -> Facts:
    """Size and classes of four files that are there. Raises CnnError (E602, E605)."""
    found = survey(parts, classes)
    return Facts(found.size, found.classes)
