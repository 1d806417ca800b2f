"""Team: a few threads that share the work of one kernel.

NumPy's own loops run on one thread, and let other threads run meanwhile. So the work of a kernel is split into as many
parts as there are threads, and the matrix products inside a part run on one, which also spares the library's own
threads from spinning for each other where another process wants a core. Parts are cut by their number alone and their
results come in order: the same number of threads gives the same bits.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from typing import TypeVar

import numpy as np
from threadpoolctl import ThreadpoolController

LEAST = 6 << 20
"""Values read and written, some 2 ms of them, below which two threads that pass one interpreter lock to and fro are no
quicker than one."""

R = TypeVar("R")


def parts(count: int, number: int) -> list[slice]:
    """`count` things in at most `number` parts of nearly the same size, none empty but where there is nothing."""
    number = max(1, min(number, count))
    cuts = [count * i // number for i in range(number + 1)]
    return [slice(a, b) for a, b in pairwise(cuts)]


class Team:
    """`size` threads, the caller's own among them. The others start with the first work that is worth it."""

    def __init__(self, size: int):
        self.size = max(1, size)
        self._pool: ThreadPoolExecutor | None = None
        self._owner = 0
        self._lock = threading.Lock()

    def split(self, count: int, values: int, work: Callable[[int, slice], R]) -> list[R]:
        """What `work` gives for each part of ``range(count)``, called with the part's number and the part.

        `values` says how many values are touched in all: little work is not split. Parts must not write what others
        read or write. What a part raises is raised here, when all have ended.
        """
        cut = parts(count, self.size if values >= LEAST else 1)
        if len(cut) == 1:
            return [work(0, cut[0])]
        helpers = self._helpers()
        waiting = [helpers.submit(_quietly, work, i, part) for i, part in enumerate(cut[1:], start=1)]
        try:
            first = work(0, cut[0])
        finally:  # nobody may still be writing when this returns or raises
            for future in waiting:
                future.exception()
        return [first, *(future.result() for future in waiting)]

    def _helpers(self) -> ThreadPoolExecutor:
        """The other threads; new ones in a process that was forked off."""
        with self._lock:
            if self._pool is None or self._owner != os.getpid():
                self._pool = ThreadPoolExecutor(self.size - 1, thread_name_prefix="cnndsl")
                self._owner = os.getpid()
            return self._pool


def _quietly(work: Callable[[int, slice], R], number: int, part: slice) -> R:
    with np.errstate(all="ignore"):
        return work(number, part)


class _Products:
    """The libraries that multiply matrices for NumPy, kept to one thread while any program runs."""

    def __init__(self) -> None:
        self._libraries = ThreadpoolController().select(user_api="blas").lib_controllers
        self._lock = threading.Lock()
        self._running = 0
        self._before: list[int] = []
        self.threads = max(self._numbers(), default=1)

    def _numbers(self) -> list[int]:
        return [library.get_num_threads() or 1 for library in self._libraries]

    def enter(self) -> None:
        with self._lock:
            self._running += 1
            if self._running == 1:
                self._before = self._numbers()
                self._set([1] * len(self._before))

    def leave(self) -> None:
        with self._lock:
            self._running -= 1
            if not self._running:
                self._set(self._before)

    def _set(self, numbers: list[int]) -> None:
        for library, number in zip(self._libraries, numbers, strict=True):
            library.set_num_threads(number)


@cache
def _products() -> _Products:
    return _Products()


@cache
def team() -> Team:
    """The team of this process: as many threads as NumPy's matrix library takes, which OPENBLAS_NUM_THREADS and the
    like set, and the processors that the process may use."""
    return Team(_products().threads)


@contextmanager
def alone() -> Iterator[None]:
    """While a program runs: every matrix product on one thread, and back to what it was when the last one ends."""
    products = _products()
    products.enter()
    try:
        yield
    finally:
        products.leave()
