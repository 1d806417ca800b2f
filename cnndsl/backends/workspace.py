"""Workspace: memory that is taken at the first step and used again at the next ones."""

from __future__ import annotations

from collections.abc import Hashable
from math import prod
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array

ALIGNMENT = 64
"""Bytes: a cache line, and the widest vector register."""


class _Block:
    """Bytes, and the array they were last given out as."""

    __slots__ = ("cleared", "memory", "view")

    def __init__(self) -> None:
        self.memory = _bytes(0)
        self.view: Array = self.memory
        self.cleared = False

    def shaped(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> bool:
        """Makes `view` an array of that shape over these bytes; grows them only where they are too few.

        False where it was that array already.
        """
        if self.view.shape == shape and self.view.dtype == dtype:
            return False
        size = prod(shape) * dtype.itemsize
        if size > self.memory.size:
            self.memory = _bytes(size)
        self.view = self.memory[:size].view(dtype).reshape(shape)
        return True


def _bytes(size: int) -> Array:
    raw = np.empty(size + ALIGNMENT, dtype=np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + size]


class Workspace:
    """Arrays by key. The same key gives the same memory; a smaller batch gets a view of it."""

    def __init__(self) -> None:
        self._blocks: dict[Hashable, _Block] = {}

    def array(self, key: Hashable, shape: tuple[int, ...], dtype: np.dtype[Any], *, zero: bool = False) -> Array:
        """The array of that key, with whatever it held before.

        With `zero` it is cleared when it is made, and again whenever it is not the array that was given out, cleared,
        the last time: what a kernel has left alone since then is still zero.
        """
        block = self._blocks.get(key)
        if block is None:
            block = self._blocks[key] = _Block()
        changed = block.shaped(shape, dtype)
        if zero and (changed or not block.cleared):
            block.view.fill(0)
        block.cleared = zero
        return block.view

    @property
    def size(self) -> int:
        """Bytes held."""
        return sum(block.memory.size for block in self._blocks.values())


class Pool:
    """Workspaces that nobody uses now. Taking and giving are safe between threads."""

    def __init__(self) -> None:
        self._free: list[Workspace] = []

    def take(self) -> Workspace:
        """One that was given back, the latest first, or a new one."""
        try:
            return self._free.pop()
        except IndexError:
            return Workspace()

    def give(self, space: Workspace) -> None:
        """Whoever takes it next overwrites it."""
        self._free.append(space)
