"""IDX files: good ones of every kind, and everything that can be wrong with one."""

from __future__ import annotations

import gzip
import os
import random
import struct
from pathlib import Path

import numpy as np
import pytest

from cnndsl.data import idx as module
from cnndsl.data.idx import as_labels, read_images
from cnndsl.diagnostics import CnnError
from cnndsl.recipe.idx import find_parts, part_names, read_labels, survey


def idx_bytes(code: int, shape: tuple[int, ...], payload: bytes) -> bytes:
    return struct.pack(f">HBB{len(shape)}I", 0, code, len(shape), *shape) + payload


IMAGES = idx_bytes(8, (3, 2, 4), bytes(range(24)))
LABELS = idx_bytes(8, (3,), bytes([2, 0, 1]))
GOOD = {
    "train-images-idx3-ubyte": IMAGES,
    "train-labels-idx1-ubyte": LABELS,
    "t10k-images-idx3-ubyte": IMAGES,
    "t10k-labels-idx1-ubyte": LABELS,
}


@pytest.fixture
def put(tmp_path):
    def write(data: bytes, name: str = "file") -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


@pytest.fixture
def survey_of(tmp_path):
    """The survey of the good set with some of its files replaced."""

    def run(classes: int | None = None, **changed: bytes):
        for name, data in {**GOOD, **{k.replace("_", "-"): v for k, v in changed.items()}}.items():
            (tmp_path / name).write_bytes(data)
        return survey(find_parts(tmp_path), classes)

    return run


def message(error: CnnError) -> str:
    """Everything a person is told."""
    (found,) = error.diagnostics
    return " | ".join((found.message, *found.notes, *found.help))


def test_bytes(put) -> None:
    images = read_images(put(IMAGES))
    assert (images.dtype, images.shape) == (np.uint8, (3, 1, 2, 4))
    # row order: image 1 begins with value 8, its second row with 12
    assert (images[1, 0, 0, 0], images[1, 0, 1, 0], images[2, 0, 1, 3]) == (8, 12, 23)


def test_depth_comes_last_in_the_file(put) -> None:
    images = read_images(put(idx_bytes(8, (1, 2, 2, 3), bytes(range(12)))))
    assert images.shape == (1, 3, 2, 2)
    # stored H, W, D: position (1, 0) holds 6, 7, 8 for the three channels
    assert images[0, :, 1, 0].tolist() == [6, 7, 8]
    assert images.flags.c_contiguous


@pytest.mark.parametrize(("code", "form", "dtype"), [(0x0D, "f", np.float32), (0x0E, "d", np.float64)])
def test_floating_numbers_are_big_endian(put, code, form, dtype) -> None:
    images = read_images(put(idx_bytes(code, (1, 1, 2), struct.pack(f">2{form}", 0.5, -3.0))))
    assert images.dtype == dtype
    assert images.dtype.isnative
    assert images.reshape(-1).tolist() == [0.5, -3.0]


@pytest.mark.parametrize(("code", "form"), [(0x08, "B"), (0x09, "b"), (0x0B, "h"), (0x0C, "i")])
def test_labels_of_every_whole_type(put, code, form) -> None:
    labels = as_labels(read_labels(put(idx_bytes(code, (3,), struct.pack(f">3{form}", 7, 0, 101)))))
    assert labels.dtype == np.int64
    assert labels.tolist() == [7, 0, 101]


@pytest.mark.parametrize("name", ["file", "file.gz"])
@pytest.mark.parametrize("packed", [False, True])
def test_gzip_is_seen_by_its_magic(put, name, packed) -> None:
    images = read_images(put(gzip.compress(IMAGES, mtime=0) if packed else IMAGES, name))
    assert images.reshape(-1).tolist() == list(range(24))


def test_survey(survey_of) -> None:
    found = survey_of()
    assert (found.size, found.classes) == ((2, 4, 1), 3)
    assert found.train_labels.tolist() == [2, 0, 1]
    assert survey_of(classes=10).classes == 10


HUGE = 2**32 - 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "has 0 bytes"),
        (IMAGES[:3], "has 3 bytes"),
        (IMAGES[:4], "header"),
        (IMAGES[:15], "ends inside its header"),
        (IMAGES[:20], "40 bytes in all, but the file has 20"),
        (IMAGES + b"!", "40 bytes in all, but the file has 41"),
        (gzip.compress(IMAGES[:20], mtime=0), "ends after 4 bytes"),
        (gzip.compress(IMAGES + b"!", mtime=0), "more bytes behind its last value"),
        (gzip.compress(IMAGES, mtime=0)[:-3], "gzip stream ends early"),
        (gzip.compress(IMAGES, mtime=0)[:-8] + bytes(8), "gzip stream is damaged"),
        (gzip.compress(IMAGES, mtime=0) + b"garbage", "gzip stream is damaged"),
        (idx_bytes(8, (HUGE, 28, 28), bytes(100)), "3367254359296"),
        (gzip.compress(idx_bytes(8, (HUGE, 28, 28), bytes(100)), mtime=0), "cannot be packed into"),
        (idx_bytes(8, (HUGE,) * 4, bytes(100)), "but the file has"),
        (b"\0\0\x08\xc8" + bytes(800), "rank 200"),
        (b"\0\0\x08\x00", "rank 0"),
        (idx_bytes(7, (1, 1, 1), b"0"), "begins with 00 00 07 03"),
        (b"\x89PNG\r\n\x1a\n", "begins with 89 50 4e 47"),
        (idx_bytes(0x0C, (1, 1, 1), bytes(4)), "32-bit integers"),
        (LABELS, "exchanged"),
        (idx_bytes(0x0D, (2, 1, 1), struct.pack(">2f", 1.0, float("nan"))), "image 1 has a pixel"),
    ],
)
def test_images_that_are_not_right(put, refused, data, words) -> None:
    error = refused("E602", lambda: read_images(put(data)))
    assert words in message(error)
    assert "file: " in message(error)
    assert error.exit_code == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (IMAGES, "exchanged"),
        (idx_bytes(8, (2, 2), bytes(4)), "rank 2"),
        (idx_bytes(0x0D, (1,), bytes(4)), "32-bit floating"),
        (idx_bytes(0x09, (2,), b"\x01\xff"), "label 1 is -1"),
        (LABELS[:-1], "11 bytes in all, but the file has 10"),
    ],
)
def test_labels_that_are_not_right(put, refused, data, words) -> None:
    assert words in message(refused("E602", lambda: read_labels(put(data))))


@pytest.mark.parametrize("data", [idx_bytes(8, (0, 2, 2), b""), idx_bytes(8, (1, 0, 2), b"")])
def test_an_empty_set(put, refused, data) -> None:
    assert "no images" in message(refused("E605", lambda: read_images(put(data))))


def test_counts_that_do_not_agree(survey_of, refused) -> None:
    many = idx_bytes(8, (60_000, 1, 1), bytes(60_000))
    few = idx_bytes(8, (59_999,), bytes(59_999))
    error = refused("E605", lambda: survey_of(train_images_idx3_ubyte=many, train_labels_idx1_ubyte=few))
    assert "60,000 images and 59,999 labels" in message(error)


def test_images_and_labels_exchanged(survey_of, refused) -> None:
    error = refused("E602", lambda: survey_of(train_images_idx3_ubyte=LABELS, train_labels_idx1_ubyte=IMAGES))
    assert "train-images-idx3-ubyte: holds labels" in message(error)


def test_a_label_out_of_range(survey_of, refused) -> None:
    wrong = idx_bytes(8, (3,), bytes([9, 10, 3]))
    error = refused("E602", lambda: survey_of(classes=10, t10k_labels_idx1_ubyte=wrong))
    assert "label 1 is 10" in message(error)
    assert "from 0 to 9" in message(error)
    assert survey_of(t10k_labels_idx1_ubyte=wrong).classes == 11


@pytest.mark.parametrize("other", [idx_bytes(8, (3, 4, 2), bytes(24)), idx_bytes(0x0D, (3, 2, 4), bytes(96))])
def test_training_and_test_images_of_two_kinds(survey_of, refused, other) -> None:
    assert "training images are 2x4" in message(refused("E605", lambda: survey_of(t10k_images_idx3_ubyte=other)))


def test_what_is_not_a_file(tmp_path, refused) -> None:
    refused("E602", lambda: read_images(tmp_path))
    refused("E602", lambda: read_images(tmp_path / "nowhere"))
    refused("E602", lambda: read_images(Path("/dev/zero")))
    os.mkfifo(tmp_path / "pipe")
    refused("E602", lambda: read_images(tmp_path / "pipe"))


def test_an_error_while_reading(put, refused, monkeypatch) -> None:
    path = put(IMAGES)

    def broken(*_: object, **__: object) -> bytearray:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(module, "read_payload", broken)
    assert "Input/output error" in message(refused("E602", lambda: read_images(path)))


def test_a_set_that_is_too_large_for_the_machine(put, refused, monkeypatch) -> None:
    monkeypatch.setattr("cnndsl.memory.budget", lambda: 10)
    assert "24 bytes" in message(refused("E802", lambda: read_images(put(IMAGES))))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("data", "read"), [(IMAGES, read_images), (LABELS, read_labels)])
def test_truncated_at_every_byte(put, data, read, packed) -> None:
    whole = gzip.compress(data, mtime=0) if packed else data
    assert len(read(put(whole))) == 3
    for length in range(len(whole)):
        with pytest.raises(CnnError):
            read(put(whole[:length]))


@pytest.mark.parametrize("packed", [False, True])
def test_5000_flipped_bits(put, packed, monkeypatch) -> None:
    """Either a clear error, or an array of the true shape: a flipped pixel cannot be seen in a raw file."""
    monkeypatch.setattr("cnndsl.memory.budget", lambda: None)
    dice = random.Random(1)
    data, accepted = gzip.compress(IMAGES, mtime=0) if packed else IMAGES, 0
    for _ in range(2_500):
        for original, read, shape in ((data, read_images, (3, 1, 2, 4)), (LABELS, read_labels, (3,))):
            changed = bytearray(original)
            bit = dice.randrange(8 * len(changed))
            changed[bit // 8] ^= 1 << bit % 8
            try:
                found = np.asarray(read(put(bytes(changed))))
            except CnnError:
                continue
            assert found.shape == shape
            accepted += 1
    assert accepted > 500


def test_file_names(tmp_path) -> None:
    assert part_names("t10k-labels") == (
        "t10k-labels-idx1-ubyte",
        "t10k-labels.idx1-ubyte",
        "t10k-labels-idx1-ubyte.gz",
        "t10k-labels.idx1-ubyte.gz",
    )
    for name in ("train-images.idx3-ubyte", "train-labels-idx1-ubyte.gz", "t10k-images-idx4-ubyte", "other"):
        (tmp_path / name).touch()
    assert {part: path.name for part, path in find_parts(tmp_path).items()} == {
        "train-images": "train-images.idx3-ubyte",
        "train-labels": "train-labels-idx1-ubyte.gz",
        "t10k-images": "t10k-images-idx4-ubyte",
    }
    assert find_parts(tmp_path / "nowhere") == {}
