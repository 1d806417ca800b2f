"""Arrays in an .npz file: which there are, and what their headers say. Standard library only, and no pickles.

An .npz file is a zip archive of .npy files: a magic string, a version, the length of a header, and the header, which is
the text of a Python dictionary of three entries; it is read as text, never evaluated. Lengths are believed only after
they were held against those of the archive's directory.
"""

from __future__ import annotations

import os
import re
import struct
import sys
import zipfile
import zlib
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path

from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.recipe.facts import Facts, Found
from cnndsl.recipe.idx import LARGEST_RATIO, damaged
from cnndsl.recipe.spec import MAIN

ARRAYS = ("x_train", "y_train", "x_test", "y_test")
MOST_MEMBERS = 1_000
LONGEST_HEADER = 4_096
CHUNK = 1 << 20

IMAGE_TYPES = {"u1": "bytes", "f4": "32-bit floating numbers", "f8": "64-bit floating numbers"}
LABEL_TYPES = {
    "b1": "B", "u1": "B", "u2": "H", "u4": "I", "u8": "Q", "i1": "b", "i2": "h", "i4": "i", "i8": "q"
}  # fmt: skip
"""Type of a label to its typecode in `array`."""

TARGET_TYPES = (*LABEL_TYPES, "f4", "f8")

_HEADER = re.compile(
    r"\{\s*'descr':\s*'(?P<order>[<>|=])(?P<type>[a-zA-Z][0-9]{1,3})',\s*"
    r"'fortran_order':\s*(?P<fortran>True|False),\s*"
    r"'shape':\s*\((?P<shape>(?:[0-9]{1,18},?\s*)*)\),?\s*\}\s*"
)


@dataclass(frozen=True, slots=True)
class Member:
    """An array of the archive: type (``u1``) and whether its bytes are swapped here, lengths, order, the bytes of its
    header, and where in the file its first value is, if it is stored as it is: without packing, in row order."""

    name: str
    type: str
    swapped: bool
    shape: tuple[int, ...]
    fortran: bool
    header: int
    place: int | None = None

    @property
    def payload(self) -> int:
        """Bytes that follow the header."""
        return prod(self.shape) * int(self.type[1:]) * (4 if self.type[0] == "U" else 1)

    @property
    def shown(self) -> str:
        return f"{'x'.join(map(str, self.shape)) or 'one value'} of type {self.type}"


def found_parts(path: Path) -> Found:
    """The file itself, if it is there."""
    return Found({"file": path}) if os.path.exists(path) else Found(lacking=(path.name,))


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive. Raises CnnError (E602) for what is none, and in place of any error that reading raises."""
    if not os.path.isfile(path):
        raise damaged(path, "is not a file", "a data file is a regular file")
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except OSError as error:
        raise damaged(path, f"cannot be read: {error.strerror or error}") from error
    except (
        zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, OverflowError, NotImplementedError,
        RuntimeError, IndexError, KeyError, MemoryError,
    ) as error:  # fmt: skip
        raise damaged(path, f"is not a whole .npz file ({error})", "get the file again") from error


def headers(path: Path, archive: zipfile.ZipFile) -> dict[str, Member]:
    """What the archive's arrays are, by name, those that a data set has names for. Raises CnnError (E602)."""
    entries = archive.infolist()
    if len(entries) > MOST_MEMBERS:
        raise damaged(path, f"has {len(entries):,} members", f"{MOST_MEMBERS:,} is the limit")
    found: dict[str, Member] = {}
    for entry in entries:
        name = entry.filename.removesuffix(".npy")
        if not re.fullmatch(r"[xy](_[a-z][a-z0-9_]*)?_(train|test)", name):
            continue
        if name in found:
            raise damaged(path, f"has {name} twice")
        found[name] = _member(path, archive, entry, name)
    return found


def _member(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> Member:
    if entry.flag_bits & 0x1:
        raise damaged(path, f"{name} is encrypted")
    if entry.file_size > entry.compress_size * LARGEST_RATIO + 64:
        raise damaged(path, f"{name} cannot have {entry.file_size:,} bytes, packed into {entry.compress_size:,}")
    with archive.open(entry) as stream:
        start = stream.read(8)
        if len(start) < 8 or start[:6] != b"\x93NUMPY" or start[6] not in (1, 2, 3):
            raise damaged(path, f"{name} is not an .npy file", "save the arrays with `numpy.savez`")
        width, form = (2, "<H") if start[6] == 1 else (4, "<I")
        raw = stream.read(width)
        length = struct.unpack(form, raw)[0] if len(raw) == width else 0
        if not 0 < length <= LONGEST_HEADER:
            raise damaged(path, f"{name} has a header of {length:,} bytes", f"{LONGEST_HEADER:,} is the limit")
        text = stream.read(length).decode("latin-1")
    said = _HEADER.fullmatch(text)
    if said is None:
        raise damaged(
            path, f"{name} is not an array of plain numbers", "objects and records are not read: they may hold programs"
        )
    swapped = {"<": sys.byteorder == "big", ">": sys.byteorder == "little"}.get(said["order"], False)
    shape = tuple(int(n) for n in re.findall("[0-9]+", said["shape"]))
    fortran, header = said["fortran"] == "True", 8 + width + length
    first = _start(archive, entry) if entry.compress_type == zipfile.ZIP_STORED and not fortran else None
    place = first + header if first is not None else None
    member = Member(name, said["type"], swapped, shape, fortran, header, place)
    if len(text) != length or entry.file_size != member.header + member.payload:
        needed = member.header + member.payload
        raise damaged(path, f"{name} says {member.shown}, {needed:,} bytes in all, but has {entry.file_size:,}")
    return member


def _start(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> int | None:
    """Where a member that is not packed begins, behind its name and what its own header has besides (APPNOTE.TXT of
    PKWARE, 4.3.7). None where its two lengths are not one."""
    if entry.compress_size != entry.file_size or archive.fp is None:
        return None
    archive.fp.seek(entry.header_offset + 26)
    lengths = struct.unpack("<HH", archive.fp.read(4))
    start: int = entry.header_offset + 30 + sum(lengths)
    return start


def asked(path: Path) -> Member:
    """The array of images in a file that somebody asks about: its only one, else `x`, else `x_test`. Raises CnnError
    (E602)."""
    with opened(path) as archive:
        entries = archive.infolist()
        if len(entries) > MOST_MEMBERS:
            raise damaged(path, f"has {len(entries):,} members", f"{MOST_MEMBERS:,} is the limit")
        names = [entry.filename.removesuffix(".npy") for entry in entries]
        chosen = names if len(names) == 1 else [name for name in ("x", "x_test") if name in names][:1]
        if not chosen:
            has = f"it has {', '.join(names[:8])}" if names else "it is empty"
            raise damaged(path, "does not say which of its arrays are images", f"call it `x`; {has}")
        if names.count(chosen[0]) > 1:
            raise damaged(path, f"has {chosen[0]} twice")
        return _member(path, archive, entries[names.index(chosen[0])], chosen[0])


def payload(path: Path, archive: zipfile.ZipFile, member: Member) -> bytearray:
    """An array's bytes, as many as its header says; grows only as bytes arrive. Raises CnnError (E602)."""
    data = bytearray()
    with archive.open(f"{member.name}.npy") as stream:
        stream.read(member.header)
        while len(data) < member.payload:
            chunk = stream.read(min(CHUNK, member.payload - len(data)))
            if not chunk:
                raise damaged(path, f"{member.name} ends after {len(data):,} bytes of values")
            data += chunk
        if stream.read(1):  # and with it the checksum is looked at
            raise damaged(path, f"{member.name} has more bytes behind its last value")
    return data


@dataclass(frozen=True, slots=True)
class Survey:
    """What a file says: its arrays; by output, ``main`` always among them, the labels of both parts, None where its
    targets are not labels."""

    members: Mapping[str, Member]
    labels: Mapping[str, tuple[array[int], array[int]] | None]

    @property
    def size(self) -> tuple[int, int, int]:
        """Height x width x depth of an image."""
        _, *depth, height, width = self.members["x_train"].shape
        return height, width, depth[0] if depth else 1

    @property
    def classes(self) -> int | None:
        """One more than the highest label of the main output."""
        both = self.labels[MAIN]
        return None if both is None else max(map(max, both)) + 1


def survey(path: Path) -> Survey:
    """Reads headers and labels and holds them against each other. Raises CnnError (E602, E605)."""
    with opened(path) as archive:
        members = headers(path, archive)
        lacking = [name for name in ARRAYS if name not in members]
        if lacking:
            has = f"it has {', '.join(members)}" if members else "it has none of them"
            raise damaged(path, f"lacks {', '.join(lacking)}", f"arrays are named {', '.join(ARRAYS)}; {has}")
        for part in ("train", "test"):
            _check_images(path, members[f"x_{part}"])
            for name, member in members.items():
                if name[0] == "y" and name.endswith(f"_{part}"):
                    _check_count(path, members[f"x_{part}"], member)
        first, second = members["x_train"], members["x_test"]
        if (first.shape[1:], first.type) != (second.shape[1:], second.type):
            raise _apart(path, f"x_train is {first.shown}, x_test {second.shown}", "both must be of one kind")
        names = [found[1] for name in members if (found := re.fullmatch("y_(?:(.+)_)?(?:train|test)", name))]
        labels = {name or MAIN: _both(path, archive, members, name) for name in dict.fromkeys(names)}
    return Survey(members, labels)


def target_name(output: str, part: str) -> str:
    """What the array of an output's targets is called."""
    return f"y_{part}" if output == MAIN else f"y_{output}_{part}"


def _both(
    path: Path, archive: zipfile.ZipFile, members: Mapping[str, Member], head: str | None
) -> tuple[array[int], array[int]] | None:
    """Labels of both parts of an output; None where its targets are not labels."""
    names = [target_name(head or MAIN, part) for part in ("train", "test")]
    if head == MAIN:
        raise damaged(path, f"has targets of a head called {MAIN}", "those of the main output are y_train and y_test")
    lacking = [name for name in names if name not in members]
    if lacking:
        raise damaged(path, f"lacks {lacking[0]}", f"a head's targets are {names[0]} and {names[1]}")
    train, test = (_labels(path, archive, members[name]) for name in names)
    shown = " and ".join(f"{name} is {members[name].shown}" for name in names)
    if (train is None) != (test is None):
        raise _apart(path, shown, "both must be labels, or neither")
    if train is not None and test is not None:
        return train, test
    first, second = (members[name] for name in names)
    if first.shape[1:] != second.shape[1:]:
        raise _apart(path, shown, "both must be of one kind")
    wrong = next((m for m in (first, second) if m.type not in TARGET_TYPES or m.payload == 0), None)
    if wrong is not None:
        raise damaged(path, f"{wrong.name} is {wrong.shown}", "targets are whole or floating numbers")
    return None


def _apart(path: Path, found: str, needed: str) -> CnnError:
    return CnnError(Diagnostic("E605", f"{path}: {found}", help=(needed,)))


def _check_images(path: Path, member: Member) -> None:
    if len(member.shape) not in (3, 4) or member.type not in IMAGE_TYPES:
        kinds = ", ".join(f"{t} ({what})" for t, what in IMAGE_TYPES.items())
        raise damaged(path, f"{member.name} is {member.shown}", f"images are N, H, W or N, D, H, W, of type {kinds}")
    if 0 in member.shape:
        raise _apart(path, f"{member.name} is {member.shown}: no images", "at least one is needed")


def _check_count(path: Path, images: Member, member: Member) -> None:
    count = member.shape[0] if member.shape else 0
    if count != images.shape[0]:
        found = f"{images.shape[0]:,} images in {images.name} and {count:,} values in {member.name}"
        raise _apart(path, found, "there must be one for each image")


def _labels(path: Path, archive: zipfile.ZipFile, member: Member) -> array[int] | None:
    """The labels of a part: whole numbers, one a sample. None where the array is of another kind. Raises CnnError
    (E602) for names of classes."""
    if member.type[0] in "US":
        help = "number the names from 0: `names, y = np.unique(labels, return_inverse=True)`"
        raise damaged(path, f"{member.name} holds texts, and labels are whole numbers", help)
    if member.type not in LABEL_TYPES or prod(member.shape[1:]) != 1:
        return None
    labels: array[int] = array(LABEL_TYPES[member.type])
    labels.frombytes(payload(path, archive, member))
    if member.swapped:
        labels.byteswap()
    lowest = min(labels)
    if lowest < 0:
        raise damaged(path, f"{member.name}: label {labels.index(lowest)} is {lowest}", "labels count from 0")
    return labels


def facts(parts: Mapping[str, Path], classes: int | None = None) -> Facts:
    """Size and classes of a file that is there. Raises CnnError (E602, E605)."""
    found = survey(parts["file"])
    return Facts(found.size, found.classes if classes is None else classes)
