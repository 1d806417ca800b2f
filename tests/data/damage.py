"""Data files that are cut, or have a bit flipped: each is refused with a code, or gives arrays of the true shape.

    python -m tests.data.damage [SEED]       # cut at every byte, and 5,000 bits of each form flipped

What is told of a file is never a traceback, and never arrays of another length than were written.
"""

from __future__ import annotations

import gzip
import struct
import sys
import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from random import Random

import numpy as np

from cnndsl.data import rows
from cnndsl.data.sets import load
from cnndsl.diagnostics import CnnError
from cnndsl.recipe.data import SETS
from cnndsl.recipe.spec import Setting

SHAPES = ((6, 1, 4, 3), (4, 1, 4, 3))
TOLD = {"E602", "E605", "E802"}


def idx_files(packed: bool) -> dict[str, bytes]:
    files = {}
    for part, (count, _, height, width) in zip(("train", "t10k"), SHAPES, strict=True):
        pixels = bytes(range(count * height * width))
        files[f"{part}-images-idx3-ubyte"] = struct.pack(">HBB3I", 0, 8, 3, count, height, width) + pixels
        files[f"{part}-labels-idx1-ubyte"] = struct.pack(">HBBI", 0, 8, 1, count) + bytes(i % 3 for i in range(count))
    return {name: gzip.compress(data, mtime=0) if packed else data for name, data in files.items()}


def npz_files(packed: bool) -> dict[str, bytes]:
    arrays = {}
    for part, (count, _, height, width) in zip(("train", "test"), SHAPES, strict=True):
        arrays[f"x_{part}"] = np.arange(count * height * width, dtype=np.float32).reshape(count, height, width)
        arrays[f"y_{part}"] = np.arange(count) % 3
        arrays[f"y_side_{part}"] = np.ones((count, 2))
    out = BytesIO()
    (np.savez_compressed if packed else np.savez)(out, **arrays)
    return {"a.npz": out.getvalue()}


FORMS: dict[str, tuple[str, Callable[[bool], dict[str, bytes]], bool, int]] = {
    "idx": ("idx", idx_files, False, 1 << 30),
    "idx, gzipped": ("idx", idx_files, True, 1 << 30),
    "idx, read from disk": ("idx", idx_files, False, 0),
    "npz": ("npz", npz_files, False, 1 << 30),
    "npz, packed": ("npz", npz_files, True, 1 << 30),
    "npz, read from disk": ("npz", npz_files, False, 0),
}
"""The set's word, what makes its files, whether they are packed, and from how many bytes on they stay on disk."""


def outcome(word: str, folder: Path) -> str:
    """The code that a set is refused with, or ``read`` for one whose arrays have the true shapes; else AssertionError,
    or what was raised."""
    options = {"folder": "."} if word == "idx" else {"file": "a.npz"}
    try:
        found = load(Setting(word, SETS[word].attrs(**options)), folder)
        for part, shape in zip((found.train, found.test), SHAPES, strict=True):
            assert np.asarray(part.images).shape == shape
            assert all(len(target) == shape[0] for target in part.targets.values())
    except CnnError as error:
        (told,) = error.diagnostics
        assert told.code in TOLD, told
        return told.code
    return "read"


def attempts(files: dict[str, bytes], every: int, flips: int, dice: Random) -> list[tuple[str, bytes, str]]:
    """A file's name, what becomes of it, and how that is told: cut after `every` so many bytes, and flipped bits."""
    found = []
    for name, data in files.items():
        for length in range(0, len(data), every):
            found.append((name, data[:length], f"{name} cut to {length} bytes"))
    for _ in range(flips):
        name = dice.choice(sorted(files))
        changed, bit = bytearray(files[name]), dice.randrange(8 * len(files[name]))
        changed[bit // 8] ^= 1 << bit % 8
        found.append((name, bytes(changed), f"{name} with bit {bit} flipped"))
    return found


def damage(form: str, folder: Path, *, every: int, flips: int, seed: int) -> tuple[dict[str, int], list[str]]:
    """How often what came out, and what failed: a cut file that was read, or any exception that is no CnnError."""
    word, make, packed, bound = FORMS[form]
    files, counts, failures = make(packed), dict[str, int](), []
    for name, data in files.items():
        (folder / name).write_bytes(data)
    before, rows.STREAMED = rows.STREAMED, bound
    try:
        assert outcome(word, folder) == "read"
        for name, data, said in attempts(files, every, flips, Random(seed)):
            (folder / name).write_bytes(data)
            try:
                what = outcome(word, folder)
            except BaseException as error:
                what = f"{type(error).__name__}: {error}"
                failures.append(f"{form}: {said}: {what}")
            if what == "read" and "cut" in said:
                failures.append(f"{form}: {said}: it was read")
            counts[what] = counts.get(what, 0) + 1
            (folder / name).write_bytes(files[name])
    finally:
        rows.STREAMED = before
    return counts, failures


def main(seed: int) -> int:
    failed = 0
    for form in FORMS:
        with tempfile.TemporaryDirectory() as folder:
            counts, failures = damage(form, Path(folder), every=1, flips=5_000, seed=seed)
        shown = ", ".join(f"{what} {count:,}" for what, count in sorted(counts.items()))
        print(f"{form}: {sum(counts.values()):,} damaged files: {shown}; {len(failures)} failed (seed {seed})")
        print(*failures[:20], sep="\n", end="\n" if failures else "")
        failed += len(failures)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 0))
