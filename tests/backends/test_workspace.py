"""Workspace and pool."""

from __future__ import annotations

import numpy as np

from cnndsl.backends.workspace import ALIGNMENT, Pool, Workspace

F4, F8 = np.dtype("float32"), np.dtype("float64")


def test_the_same_key_gives_the_same_memory() -> None:
    space = Workspace()
    first = space.array("a", (4, 3), F4)
    first[...] = 5
    assert space.array("a", (4, 3), F4) is first
    assert not np.shares_memory(first, space.array("b", (4, 3), F4))
    held = space.size
    smaller = space.array("a", (2, 3), F4)
    assert np.shares_memory(first, smaller)
    assert np.array_equal(smaller, np.full((2, 3), 5))
    assert space.size == held
    assert space.array("a", (5, 3), F4).shape == (5, 3)
    assert space.size > held


def test_arrays_are_aligned_and_contiguous() -> None:
    space = Workspace()
    for size in (0, 1, 7, 100_000):
        array = space.array(size, (size, 2), F8)
        assert array.ctypes.data % ALIGNMENT == 0 or size == 0
        assert array.flags.c_contiguous
        assert array.shape == (size, 2)


def test_zero_is_cleared_once_and_whenever_the_view_changes() -> None:
    space = Workspace()
    padded = space.array("p", (2, 4, 4), F4, zero=True)
    assert not padded.any()
    padded[:, 1:3, 1:3] = 1
    again = space.array("p", (2, 4, 4), F4, zero=True)
    assert again is padded
    assert again.sum() == 8
    assert not space.array("p", (1, 4, 4), F4, zero=True).any()
    assert not space.array("p", (2, 4, 4), F4, zero=True).any()


def test_zero_after_somebody_wrote_without_it() -> None:
    space = Workspace()
    space.array("p", (3,), F4, zero=True)
    space.array("p", (3,), F4)[...] = 9
    assert not space.array("p", (3,), F4, zero=True).any()


def test_another_type_on_the_same_key() -> None:
    space = Workspace()
    space.array("p", (8,), F4)[...] = 9
    assert space.array("p", (8,), np.dtype(bool), zero=True).dtype == bool
    assert space.array("p", (8,), F8).dtype == F8


def test_pool_gives_the_latest_again() -> None:
    pool = Pool()
    first, second = pool.take(), pool.take()
    assert first is not second
    pool.give(first)
    pool.give(second)
    assert pool.take() is second
    assert pool.take() is first
