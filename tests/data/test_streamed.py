"""Images that stay in their files: the same training as from memory, and memory that does not grow with the set."""

from __future__ import annotations

import gzip
import os
import struct
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import cnndsl
from cnndsl.data import idx, npz
from cnndsl.data.rows import Held, Stored
from cnndsl.data.sets import load
from tests.data.streamed import peaks

DICE = np.random.default_rng(0)


@pytest.fixture
def from_disk(monkeypatch) -> None:
    """Every set stays on disk."""
    monkeypatch.setattr("cnndsl.data.rows.STREAMED", 0)


@pytest.fixture
def little_memory(monkeypatch) -> None:
    """A machine that can give 100 bytes to images."""
    for module in ("cnndsl.memory", "cnndsl.data.rows"):
        monkeypatch.setattr(f"{module}.budget", lambda: 100)


def told(error) -> str:
    return " | ".join((error.diagnostics[0].message, *error.diagnostics[0].help))


def write_idx(folder: Path, dtype: str, depth: int) -> None:
    code = {"u1": 0x08, ">f4": 0x0D, ">f8": 0x0E}[dtype]
    for part, count in (("train", 50), ("t10k", 20)):
        shape = (count, 6, 5) if depth == 1 else (count, 6, 5, depth)
        images = DICE.integers(0, 256, shape).astype(dtype)
        head = struct.pack(f">HBB{len(shape)}I", 0, code, len(shape), *shape)
        (folder / f"{part}-images-idx{len(shape)}-ubyte").write_bytes(head + images.tobytes())
        labels = bytes(i % 3 for i in range(count))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">HBBI", 0, 8, 1, count) + labels)


def write_npz(folder: Path, dtype: str, depth: int, packed: bool = False, order: str = "C") -> None:
    arrays = {}
    for part, count in (("train", 50), ("test", 20)):
        shape = (count, 6, 5) if depth == 1 else (count, depth, 6, 5)
        arrays[f"x_{part}"] = np.asarray(DICE.integers(0, 256, shape).astype(dtype), order=order)
        arrays[f"y_{part}"] = np.arange(count) % 3
    (np.savez_compressed if packed else np.savez)(folder / "a.npz", **arrays)


WRITERS = {"idx": (write_idx, {"folder": "."}), "npz": (write_npz, {"file": "a.npz"})}


@pytest.mark.parametrize("word", WRITERS)
@pytest.mark.parametrize("dtype", ["u1", ">f4", ">f8"])
@pytest.mark.parametrize("depth", [1, 2])
def test_training_from_disk_gives_the_same_bits(word, dtype, depth, data_setting, monkeypatch, tmp_path) -> None:
    write, options = WRITERS[word]
    write(tmp_path, dtype, depth)
    place = 'idx "."' if word == "idx" else 'npz "a.npz"'
    network = cnndsl.loads(
        f"INPUT 6x5x{depth}\nFC 3\ntrain {{ data {place}; batch 7; epochs 2; optimizer sgd lr 1e-3; backend naive }}",
        base=tmp_path,
    )
    found = []
    for bound, kind in ((1 << 30, Held), (0, Stored)):
        monkeypatch.setattr("cnndsl.data.rows.STREAMED", bound)
        assert isinstance(load(data_setting(word, **options), tmp_path).train.images, kind)
        found.append({name: array.tobytes() for name, array in cnndsl.train(network).model.state.items()})
    assert found[0] == found[1]


@pytest.mark.parametrize("word", WRITERS)
def test_a_file_cut_during_training(word, data_setting, refused, tmp_path, from_disk) -> None:
    write, options = WRITERS[word]
    write(tmp_path, "u1", 1)
    found = load(data_setting(word, **options), tmp_path)
    (path,) = {*tmp_path.glob("train-images*"), *tmp_path.glob("*.npz")}
    os.truncate(path, 400)
    out = np.empty((50, 1, 6, 5), np.uint8)
    assert path.name in told(refused("E602", lambda: found.train.images.take(np.arange(50), out)))


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e38])
@pytest.mark.parametrize("word", WRITERS)
def test_pixels_on_disk_are_looked_at(word, bad, data_setting, refused, tmp_path, from_disk) -> None:
    write, options = WRITERS[word]
    write(tmp_path, ">f4", 1)
    path = tmp_path / ("train-images-idx3-ubyte" if word == "idx" else "a.npz")
    whole = bytearray(path.read_bytes())
    start = 16 if word == "idx" else whole.index(b"\x93NUMPY") + 128
    struct.pack_into(">f", whole, start + 4 * (30 * 7 + 11), bad)
    path.write_bytes(whole)
    assert "image 7 has a pixel" in told(refused("E602", lambda: load(data_setting(word, **options), tmp_path)))


def test_what_does_not_fit_and_is_packed(data_setting, refused, tmp_path, little_memory) -> None:
    write_npz(tmp_path, "u1", 1, packed=True)
    said = told(refused("E802", lambda: load(data_setting("npz", file="a.npz"), tmp_path)))
    assert "1.5 KiB, of which this machine can give 100 bytes" in said
    assert "`numpy.savez`" in said
    write_npz(tmp_path, "u1", 1, order="F")
    assert "in row order" in told(refused("E802", lambda: load(data_setting("npz", file="a.npz"), tmp_path)))
    write_idx(tmp_path, "u1", 1)
    raw = tmp_path / "train-images-idx3-ubyte"
    (tmp_path / f"{raw.name}.gz").write_bytes(gzip.compress(raw.read_bytes()))
    assert isinstance(load(data_setting("idx", folder="."), tmp_path).train.images, Stored)
    raw.unlink()
    assert "gunzip" in told(refused("E802", lambda: load(data_setting("idx", folder="."), tmp_path)))


def test_a_member_is_found_behind_what_else_is_in_the_archive(tmp_path, from_disk) -> None:
    """Names, fields of their own, and bytes before the archive move a member; NumPy reads what it should be."""
    write_npz(tmp_path, "u1", 2)
    with np.load(tmp_path / "a.npz") as found:
        arrays = dict(found)
        with zipfile.ZipFile(tmp_path / "b.npz", "w") as out:
            for name in ("other", *arrays):
                info = zipfile.ZipInfo(f"{name}.npy")
                info.extra = struct.pack("<HH6s", 0xCAFE, 6, b"padded")
                with out.open(info, "w", force_zip64=name == "x_train") as member:
                    np.lib.format.write_array(member, arrays.get(name, np.zeros(9)))
    for before in (b"", b"#!/bin/sh\n"):
        path = tmp_path / "c.npz"
        path.write_bytes(before + (tmp_path / "b.npz").read_bytes())
        images = npz.open_array(path, npz.survey(path).members["x_train"])
        assert isinstance(images, Stored)
        np.testing.assert_array_equal(np.asarray(images), arrays["x_train"])


def test_files_of_ordinary_size_are_held(tmp_path) -> None:
    write_idx(tmp_path, "u1", 1)
    assert isinstance(idx.open_images(tmp_path / "train-images-idx3-ubyte"), Held)


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_memory_does_not_grow_with_the_set() -> None:
    small, large = peaks("none")
    assert large - small < 200
