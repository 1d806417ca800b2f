"""Rows: images that are taken out a few at a time, from an array in memory or from a file that stays on disk.

A file is read at places that are named with every read, and never mapped into memory: what was read is held by nobody,
so the memory it takes does not grow with the set, and a file that is cut while it is read is an error and no signal.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator
from itertools import pairwise
from math import prod
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.memory import budget
from cnndsl.recipe.idx import damaged

STREAMED = 1 << 30
"""Images of more bytes stay on disk, where their file lets them."""
CHUNK = 1 << 20
"""Values that are looked at together, where all of them are."""


def stays(size: int) -> bool:
    """Whether images of so many bytes are better left on disk: they are many, or memory cannot take them."""
    limit = budget()
    return size > STREAMED or (limit is not None and size > limit)


class Rows(Protocol):
    """Images N, D, H, W of one type, in native byte order. Several threads may take from them at once."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> np.dtype[Any]: ...

    def take(self, indices: Array, out: Array) -> None:
        """Writes the images of these indices, n of them and all there, into `out`: n, D, H, W of the same type and in
        row order. Raises CnnError (E602) where a file is not what it was any more."""

    def first(self, count: int) -> Rows:
        """The first images only."""


class Held:
    """Images of an array in memory."""

    def __init__(self, array: Array):
        self._array: Array = np.ascontiguousarray(array, array.dtype.newbyteorder("="))
        self.shape, self.dtype = self._array.shape, self._array.dtype

    def take(self, indices: Array, out: Array) -> None:
        np.take(self._array, indices, axis=0, out=out, mode="clip")

    def first(self, count: int) -> Held:
        return Held(self._array[:count])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self._array, dtype, copy=copy)


class Stored:
    """Images of a file: `shape`, N, H, W or N, D, H, W, of values in row order from byte `start` on.

    `dtype` is the type of a value with its byte order; with `depth_last` the file has N, H, W, D. Raises CnnError
    (E602) where the file cannot be opened.
    """

    def __init__(
        self, path: Path, start: int, shape: tuple[int, ...], dtype: np.dtype[Any], *, depth_last: bool = False
    ):
        self._file, self._start, self._stored, self._kept = _File(path), start, dtype, shape[1:]
        count, *size = shape
        if len(size) == 2:
            size, depth_last = [1, *size], False
        elif depth_last:
            size, depth_last = [size[2], *size[:2]], size[2] != 1
        self._turned, self._size = depth_last, prod(size) * dtype.itemsize
        self.shape, self.dtype = (count, *size), dtype.newbyteorder("=")

    def take(self, indices: Array, out: Array) -> None:
        if not len(indices):
            return
        if self._turned:
            turned = np.empty((len(indices), *self._kept), self._stored)
            self._read(indices, turned.view(self.dtype))
            out[:] = turned.transpose(0, 3, 1, 2)
        else:
            self._read(indices, out)
            if self._stored != self.dtype:
                out.byteswap(inplace=True)

    def first(self, count: int) -> Stored:
        found = Stored.__new__(Stored)
        found.__dict__.update(self.__dict__, shape=(min(count, self.shape[0]), *self.shape[1:]))
        return found

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        found: Array = np.empty(self.shape, self.dtype)
        self.take(np.arange(len(found)), found)
        return found if dtype is None else found.astype(dtype, copy=False)

    def _read(self, indices: Array, out: Array) -> None:
        """Images that lie side by side are read at once."""
        view, size = out.data.cast("B"), self._size
        breaks = (np.flatnonzero(np.diff(indices) != 1) + 1).tolist()
        for begin, end in pairwise((0, *breaks, len(indices))):
            self._file.read(view[begin * size : end * size], self._start + int(indices[begin]) * size)


class _File:
    """A file that is open for as long as somebody holds it."""

    def __init__(self, path: Path):
        try:
            self._handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        except OSError as error:
            raise damaged(path, f"cannot be read: {error.strerror or error}") from error
        self._path, self._lock = path, Lock()
        weakref.finalize(self, os.close, self._handle)

    def read(self, into: memoryview, place: int) -> None:
        """Fills `into` from a byte of the file on. Raises CnnError (E602)."""
        while into:
            try:
                count = self._some(into, place)
            except OSError as error:
                raise damaged(self._path, f"cannot be read at byte {place}: {error.strerror or error}") from error
            if not count:
                found = f"ends before byte {place + len(into)}, and was longer when it was opened"
                raise damaged(self._path, found, "something has cut the file while it was in use")
            into, place = into[count:], place + count

    def _some(self, into: memoryview, place: int) -> int:
        if hasattr(os, "preadv"):
            return os.preadv(self._handle, [into], place)
        with self._lock:  # a system whose reads have no place of their own
            os.lseek(self._handle, place, os.SEEK_SET)
            data = os.read(self._handle, len(into))
        into[: len(data)] = data
        return len(data)


def rows(images: Rows | Array) -> Rows:
    """Images as rows, whatever they are given as."""
    return Held(images) if isinstance(images, np.ndarray) else images


def chunks(images: Rows, indices: Array, values: int) -> Iterator[Array]:
    """The images of these indices, a few at a time: about so many values. Each is valid until the next."""
    step = min(max(1, values // prod(images.shape[1:])), len(indices))
    memory: Array = np.empty((step, *images.shape[1:]), images.dtype)
    for start in range(0, len(indices), max(step, 1)):
        part = indices[start : start + step]
        images.take(part, memory[: len(part)])
        yield memory[: len(part)]
