"""Files that somebody asks a network about: which there are, and the images in them. What kind a file is, its first
bytes say, not its name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.data.idx import open_images
from cnndsl.data.images import DEPTHS
from cnndsl.data.npz import open_array, read_values
from cnndsl.data.pictures import header, read
from cnndsl.data.pixels import as_images, checked, laid_out
from cnndsl.data.preparation import Preparation
from cnndsl.data.rows import Rows, Stored, stays
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.memory import check_room
from cnndsl.recipe import npz
from cnndsl.recipe.idx import GZIP_MAGIC, TYPES, damaged
from cnndsl.recipe.images import LITTER

READ = "images that Pillow reads, arrays in .npy and .npz files, and IDX files"
NPY, ZIP = b"\x93NUMPY", b"PK"
LONGEST_HEADER = 10_000


class Given(NamedTuple):
    """An image D, H, W with pixels from 0 to `pixel_max`; the file it is from, and which of several it is there."""

    path: Path
    sample: int | None
    image: Array


class Listed(NamedTuple):
    """A file that is asked about, or what is wrong with what was named."""

    path: Path
    wrong: Diagnostic | None = None


def listed(paths: Iterable[Path]) -> Iterator[Listed]:
    """The files, and those in folders and below, in the order of their names, without hidden ones. What is wrong is
    E805 where there is no such file, E605 where a folder has none."""
    for path in paths:
        if os.path.isdir(path):  # of what may not be looked at these say no, where Path's raise
            yield from _inside(path)
        elif os.path.isfile(path):
            yield Listed(path)
        else:
            what = (
                "is not a file: a pipe or a device cannot be read here" if os.path.lexists(path) else "does not exist"
            )
            yield Listed(path, Diagnostic("E805", f"{path} {what}"))


def _inside(folder: Path) -> Iterator[Listed]:
    found = False
    failed: list[OSError] = []
    for place, folders, names in os.walk(folder, onerror=failed.append):
        folders[:] = sorted(name for name in folders if not _hidden(name))
        for name in sorted(names):
            path = Path(place, name)
            if not _hidden(name) and os.path.isfile(path):
                found = True
                yield Listed(path)
    for error in failed:
        message = f"{error.filename} cannot be read: {error.strerror}"
        yield Listed(Path(error.filename), Diagnostic("E805", message))
    if not found and not failed:
        yield Listed(folder, Diagnostic("E605", f"{folder} has no files", help=(f"what is read: {READ}",)))


def _hidden(name: str) -> bool:
    return name.startswith(".") or name.casefold() in LITTER


Resized = Callable[[Path, tuple[int, int]], object]
"""Told of an image file that was brought to the size of the training data, and of the size it had."""


def images(path: Path, known: Preparation, resized: Resized = lambda *_: None) -> Iterator[Given]:
    """The images in a file. Those of image files are brought to the depth and size of the training data, pixels of 255
    to `pixel_max`; arrays must have that size and scale. Raises CnnError: E805 for a file that cannot be opened, E602
    for one that is damaged or does not fit, E802 for one that is too large, E813 without Pillow."""
    start = _start(path)
    if start == NPY:
        yield from _each(path, _npy(path, known), known)
    elif start.startswith(ZIP):
        yield from _each(path, _npz(path, known), known)
    elif start.startswith(GZIP_MAGIC) or (start[:2] == b"\0\0" and start[2] in TYPES and start[3] > 0):
        yield from _each(path, open_images(path), known)
    else:
        yield Given(path, None, _picture(path, known, resized))


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            start = file.read(len(NPY))
    except OSError as error:
        raise CnnError(Diagnostic("E805", f"{path} cannot be read: {error.strerror or error}")) from error
    if not start:
        raise damaged(path, "is empty", f"what is read: {READ}")
    return start.ljust(len(NPY), b"\xff")


def _picture(path: Path, known: Preparation, resized: Resized) -> Array:
    height, width, depth = known.size
    if depth not in DEPTHS:
        needed = f"the network takes images of depth {depth}: give them as arrays, in .npy files"
        raise damaged(path, "image files are grey or red, green and blue", needed)
    try:
        size = header(path).size
        pixels = read(path, depth, known.file_pad, (height, width))
    except CnnError as error:
        (found,) = error.diagnostics
        if found.code != "E602":
            raise
        raise CnnError(replace(found, help=(f"what is read: {READ}",))) from error
    if size != (height, width) and known.resize != (height, width):  # else all were resized as they were read
        resized(path, size)
    return pixels if known.pixel_max == 255 else pixels * np.float32(known.pixel_max / 255)


def _each(path: Path, found: Rows | Array, known: Preparation) -> Iterator[Given]:
    """The images of an array, or of rows that are taken out one by one."""
    if isinstance(found, np.ndarray):
        several = found.ndim == 4 or (found.ndim == 3 and found.shape not in _one(known))
        for index, image in enumerate(as_images(found, known, str(path), "E602")):
            yield Given(path, index if several else None, image)
        return
    for index in range(found.shape[0]):
        taken: Array = np.empty((1, *found.shape[1:]), found.dtype)
        found.take(np.array([index]), taken)
        what = f"{path}, image {index}"
        yield Given(path, index, checked(laid_out(taken, known, what, "E602"), known, what, "E602")[0])


def _one(known: Preparation) -> tuple[tuple[int, ...], ...]:
    height, width, depth = known.size
    return (depth, height, width), (height, width, depth)


def _rows(shape: tuple[int, ...], kind: str, size: int, known: Preparation) -> bool:
    """Whether an array of that shape, type and size is better left on disk, and can be."""
    fits = shape[1:] in _one(known) or (known.size[2] == 1 and shape[1:] == known.size[:2])
    return fits and kind in npz.IMAGE_TYPES and stays(size)


def _npz(path: Path, known: Preparation) -> Rows | Array:
    member = npz.asked(path)
    if _rows(member.shape, member.type, member.payload, known):
        return open_array(path, member)
    return read_values(path, member)


def _npy(path: Path, known: Preparation) -> Rows | Array:
    shape, fortran, dtype, start = _header(path)
    size = prod(shape) * dtype.itemsize
    if not fortran and _rows(shape, dtype.str[1:], size, known):
        return Stored(path, start, shape, dtype)
    check_room(size, f"{path}: holding its array")
    try:
        found: Array = np.load(path, allow_pickle=False)
    except Exception as error:  # whatever reading a damaged file stumbles over
        raise damaged(path, f"is a damaged .npy file ({type(error).__name__})", "get the file again") from error
    return found


def _header(path: Path) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """Shape, whether columns come first, type, and the byte that the first value is at: held against the file's size.
    Raises CnnError (E602)."""
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    try:
        with path.open("rb") as file:
            reader = readers[np.lib.format.read_magic(file)]
            shape, fortran, dtype = reader(file, max_header_size=LONGEST_HEADER)
            start, length = file.tell(), os.fstat(file.fileno()).st_size
    except Exception as error:
        raise damaged(path, f"is a damaged .npy file ({type(error).__name__})", "get the file again") from error
    if dtype.hasobject or dtype.kind not in "biuf":
        help = "objects and records are not read: they may hold programs" if dtype.hasobject else "give real numbers"
        raise damaged(path, f"holds an array of {dtype}, not of real numbers", help)
    needed = start + prod(shape) * dtype.itemsize
    if min(shape, default=1) < 0 or needed != length:
        shown = "x".join(map(str, shape)) or "one value"
        raise damaged(path, f"says {shown} of {dtype}, {needed:,} bytes in all, but has {length:,}", "get it again")
    return shape, fortran, dtype, start


class Group(NamedTuple):
    """Some images, and all of them in one array N, D, H, W."""

    given: list[Given]
    images: Array


def grouped(found: Iterable[Given], size: int) -> Iterator[Group]:
    """So many images at a time, the last of what is left over."""
    several = iter(found)
    while given := list(islice(several, size)):
        yield Group(given, np.stack([one.image for one in given]))
