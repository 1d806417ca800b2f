"""Bad data files and sets at the edges: a clear error, or a training that is right."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

import cnndsl
from cnndsl.data.sets import load
from tests.data.damage import FORMS, damage


def told(error) -> str:
    return " | ".join((error.diagnostics[0].message, *error.diagnostics[0].help))


@pytest.mark.parametrize("form", FORMS)
def test_damaged_files(form, tmp_path, monkeypatch) -> None:
    """Whole: python -m tests.data.damage."""
    monkeypatch.setattr("cnndsl.memory.budget", lambda: None)
    seed = int(np.random.SeedSequence().entropy) % 1_000_000  # type: ignore[arg-type]
    counts, failures = damage(form, tmp_path, every=5, flips=300, seed=seed)
    assert not failures, f"seed {seed}"
    assert counts["E602"] > 50


# ---- archives that are not what they say


def saved(arrays: dict[str, np.ndarray], packed: bool = True) -> bytes:  # type: ignore[type-arg]
    out = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(out, **arrays)
    return out.getvalue()


def arrays(count: int = 6, side: int = 4) -> dict[str, np.ndarray]:  # type: ignore[type-arg]
    return {
        name: array
        for part in ("train", "test")
        for name, array in (
            (f"x_{part}", np.zeros((count, side, side), np.uint8)),
            (f"y_{part}", np.arange(count) % 2),
        )
    }


def test_a_small_file_that_holds_much(data_setting, refused, monkeypatch, tmp_path) -> None:
    """A file of 60 KB whose arrays are 32 MB, on a machine that gives 10 MB: refused before anything is unpacked."""
    (tmp_path / "a.npz").write_bytes(saved(arrays(1_000, 128)))
    assert (tmp_path / "a.npz").stat().st_size < 60_000
    for module in ("cnndsl.memory", "cnndsl.data.rows"):
        monkeypatch.setattr(f"{module}.budget", lambda: 10_000_000)
    monkeypatch.setattr("cnndsl.data.npz.payload", lambda *_: pytest.fail("was unpacked"))
    said = told(refused("E802", lambda: load(data_setting("npz", file="a.npz"), tmp_path)))
    assert "x_train needs 15.6 MiB" in said


def test_a_member_that_says_more_than_any_packing_can_hold(data_setting, refused, tmp_path) -> None:
    """The directory of the archive says 4 GB for 100 bytes."""
    whole = bytearray(saved(arrays()))
    at = whole.index(b"PK\x01\x02")
    struct.pack_into("<I", whole, at + 24, 4_000_000_000)
    (tmp_path / "a.npz").write_bytes(whole)
    said = told(refused("E602", lambda: load(data_setting("npz", file="a.npz"), tmp_path)))
    assert "cannot have 4,000,000,000 bytes" in said


def test_an_encrypted_member(data_setting, refused, tmp_path) -> None:
    whole = bytearray(saved(arrays(), packed=False))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        whole[whole.index(mark) + offset] |= 1
    (tmp_path / "a.npz").write_bytes(whole)
    assert "x_train is encrypted" in told(refused("E602", lambda: load(data_setting("npz", file="a.npz"), tmp_path)))


def test_a_member_of_an_unknown_packing(data_setting, refused, tmp_path) -> None:
    whole = bytearray(saved(arrays(), packed=False))
    for mark, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        struct.pack_into("<H", whole, whole.index(mark) + offset, 99)
    (tmp_path / "a.npz").write_bytes(whole)
    refused("E602", lambda: load(data_setting("npz", file="a.npz"), tmp_path))


def test_targets_of_a_head_twice(data_setting, refused, tmp_path) -> None:
    with warnings.catch_warnings(), zipfile.ZipFile(tmp_path / "a.npz", "w") as out:
        warnings.simplefilter("ignore")
        side = {f"y_side_{part}": np.zeros(6, int) for part in ("train", "test")}
        for name, array in [*arrays().items(), *side.items(), *side.items()]:
            with out.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, array)
    said = told(refused("E602", lambda: load(data_setting("npz", file="a.npz"), tmp_path)))
    assert "y_side_train twice" in said


# ---- sets at the edges


def trained(folder: Path, body: str, train: str, **changes):
    np.savez(folder / "a.npz", **{**arrays(), **changes})
    text = f'INPUT 4x4x1\n{body}\ntrain {{ data npz "a.npz"; split 1; epochs 2; {train}; backend naive }}'
    return cnndsl.train(cnndsl.loads(text, base=folder))


@pytest.mark.parametrize("value", [0, 77, 255])
def test_images_that_are_all_the_same(tmp_path, value) -> None:
    """Their deviation is 0, and taken as 1: what is left is 0, and a bias alone gives ln 2 for two equal classes."""
    same = np.full((6, 4, 4), value, np.uint8)
    found = trained(tmp_path, "FC 2", "optimizer sgd lr 0.1", x_train=same, x_test=same)
    assert found.test.test_loss == pytest.approx(np.log(2), rel=1e-6)


def test_a_batch_that_is_larger_than_the_set(tmp_path) -> None:
    found = trained(tmp_path, "FC 2", "batch 1000")
    assert (found.test.steps, found.history[-1].epoch) == (2, 2)


@pytest.mark.parametrize(("body", "steps"), [("FC 3; BN; FC 2", 2), ("FC 3; FC 2", 4)])
def test_a_last_batch_of_one(tmp_path, body, steps) -> None:
    """Under BN it is left out; its variance would be 0."""
    images = np.random.default_rng(0).integers(0, 256, (6, 4, 4), np.uint8)
    found = trained(tmp_path, body.replace("; ", "\n"), "batch 5", x_train=images)
    assert found.test.steps == steps
    assert np.isfinite(found.test.test_loss)


@pytest.mark.parametrize("part", ["train", "test"])
def test_a_part_without_images(tmp_path, refused, part) -> None:
    empty = {f"x_{part}": np.zeros((0, 4, 4), np.uint8), f"y_{part}": np.zeros(0, int)}
    assert f"x_{part} is 0x4x4" in told(refused("E605", lambda: trained(tmp_path, "FC 2", "batch 2", **empty)))
