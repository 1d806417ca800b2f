"""Rows: the same images from memory and from a file, whatever the file's layout."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np
import pytest

from cnndsl.data.rows import Held, Stored, chunks, rows

DICE = np.random.default_rng(0)


@pytest.fixture
def stored(tmp_path: Path):
    """Writes an array N, D, H, W behind some bytes that are not of it, in a type and an order, and opens it."""

    def write(images, dtype="u1", *, depth_last: bool = False, flat: bool = False, start: int = 13) -> Stored:
        kept = images[:, 0] if flat else images.transpose(0, 2, 3, 1) if depth_last else images
        path = tmp_path / "images"
        path.write_bytes(b"?" * start + np.ascontiguousarray(kept).astype(dtype).tobytes() + b"behind")
        return Stored(path, start, kept.shape, np.dtype(dtype), depth_last=depth_last)

    return write


def taken(found, indices):
    out = np.full((len(indices), *found.shape[1:]), 99, found.dtype)
    found.take(np.array(indices, int), out)
    return out


@pytest.mark.parametrize("dtype", ["u1", "<f4", ">f4", ">f8", "<f8"])
@pytest.mark.parametrize(("depth", "depth_last", "flat"), [(1, False, True), (3, False, False), (3, True, False)])
def test_a_file_gives_what_memory_gives(stored, dtype, depth, depth_last, flat) -> None:
    images = DICE.integers(0, 256, (20, depth, 4, 5)).astype(np.dtype(dtype).newbyteorder("="))
    found = stored(images, dtype, depth_last=depth_last, flat=flat)
    assert (found.shape, found.dtype) == (images.shape, images.dtype)
    for indices in ([3], [0, 1, 2, 19], [7, 6, 5, 5, 5], [], list(range(20)), [19, 0, 1]):
        for source in (found, Held(images)):
            np.testing.assert_array_equal(taken(source, indices), images[indices])
    np.testing.assert_array_equal(np.asarray(found), images)
    np.testing.assert_array_equal(np.asarray(found.first(7)), images[:7])
    assert (found.first(7).shape[0], found.first(99).shape[0]) == (7, 20)


def test_depth_one_at_the_end_is_no_turn(stored) -> None:
    images = DICE.integers(0, 256, (3, 1, 4, 5)).astype(np.uint8)
    np.testing.assert_array_equal(np.asarray(stored(images, depth_last=True)), images)


def test_arrays_in_any_order_are_held(stored) -> None:
    images = DICE.integers(0, 256, (6, 2, 3, 4)).astype(">f4")
    np.testing.assert_array_equal(
        taken(rows(images.transpose(3, 1, 2, 0)), [3, 1]), images.transpose(3, 1, 2, 0)[[3, 1]]
    )
    assert rows(images).dtype == np.float32
    array = images.astype(np.float32)
    assert np.shares_memory(np.asarray(rows(array)), array)  # nothing is copied that need not be


def test_chunks_are_all_there_once(stored) -> None:
    images = DICE.integers(0, 256, (11, 1, 2, 2)).astype(np.uint8)
    for source in (stored(images), Held(images)):
        for values in (1, 4, 12, 1000):
            parts = [part.copy() for part in chunks(source, np.arange(1, 11), values)]
            np.testing.assert_array_equal(np.concatenate(parts), images[1:])
    assert [len(part) for part in chunks(Held(images), np.arange(11), 16)] == [4, 4, 3]


def test_a_file_that_is_cut_while_it_is_open(stored, refused, tmp_path) -> None:
    images = DICE.integers(0, 256, (10, 1, 4, 4)).astype(np.uint8)
    found = stored(images)
    os.truncate(tmp_path / "images", 13 + 5 * 16 + 3)
    np.testing.assert_array_equal(taken(found, [0, 4, 2]), images[[0, 4, 2]])
    for indices in ([5], [9], [0, 1, 2, 3, 4, 5]):
        (told,) = refused("E602", lambda indices=indices: taken(found, indices)).diagnostics
        assert "images: ends before byte" in told.message
        assert "cut" in told.help[0]


def test_a_file_that_is_taken_away_is_still_read(stored, tmp_path) -> None:
    images = DICE.integers(0, 256, (10, 1, 4, 4)).astype(np.uint8)
    found = stored(images)
    (tmp_path / "images").unlink()
    np.testing.assert_array_equal(taken(found, [9]), images[[9]])


def test_a_file_that_is_not_there(refused, tmp_path) -> None:
    refused("E602", lambda: Stored(tmp_path / "none", 0, (1, 1, 1), np.dtype("u1")))


def test_files_are_closed(stored, tmp_path: Path) -> None:
    def held() -> int:
        links = (Path("/proc/self/fd", name) for name in os.listdir("/proc/self/fd"))
        return sum(link.is_symlink() and str(link.readlink()).startswith(str(tmp_path)) for link in links)

    for _ in range(20):
        part = stored(np.zeros((2, 1, 1, 1), np.uint8)).first(1)
        assert held() in (1, 2)
    taken(part, [0])  # the part holds the file of the whole
    del part
    assert held() == 0


@pytest.mark.parametrize("positioned", [True, False])
def test_threads_do_not_disturb_each_other(stored, monkeypatch, positioned) -> None:
    if not positioned:
        monkeypatch.delattr(os, "preadv")
    images = DICE.integers(0, 256, (200, 3, 4, 5)).astype(np.uint8)
    found, wrong = stored(images, depth_last=True), []

    def work(seed: int) -> None:
        dice = np.random.default_rng(seed)
        for _ in range(200):
            indices = dice.integers(0, 200, 8)
            if not np.array_equal(taken(found, indices), images[indices]):
                wrong.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
