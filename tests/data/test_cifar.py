"""CIFAR-10 in each of its forms, made small: the same images come out of all, and what was tampered with is refused."""

from __future__ import annotations

import gzip
import hashlib
import io
import pickle
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import cnndsl
from cnndsl.data.sets import load
from cnndsl.recipe import cifar
from cnndsl.recipe.facts import Facts
from cnndsl.recipe.places import absent, facts, known_facts

pytestmark = pytest.mark.usefixtures("bare_system")
FORMS = ("binary", "binary archive", "python", "python archive")


def told(error) -> str:
    return " | ".join(" | ".join((d.message, *d.notes, *d.help)) for d in error.diagnostics)


def batches() -> list[tuple[np.ndarray, list[int]]]:
    """Six batches of two images."""
    made = []
    for number in range(6):
        images = np.full((2, 3, 32, 32), number, np.uint8)
        images[1, 0] = 200
        images[1, 1, 0, 0] = 100
        made.append((images, [number, 9]))
    return made


def binary(images, labels) -> bytes:
    return b"".join(bytes([label]) + image.tobytes() for image, label in zip(images, labels, strict=True))


def pickle_of(images, labels, protocol: int = 2) -> bytes:
    rows = images.reshape(len(images), -1)
    return pickle.dumps({b"batch_label": b"a batch", b"labels": labels, b"data": rows, b"filenames": [b"x"]}, protocol)


def tar(members: list[tuple[str, bytes]], kind: bytes = tarfile.REGTYPE) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in members:
            entry = tarfile.TarInfo(name)
            entry.size, entry.type = len(data) if kind == tarfile.REGTYPE else 0, kind
            entry.linkname = "" if kind == tarfile.REGTYPE else "/etc/passwd"
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


@pytest.fixture
def small(monkeypatch):
    """Takes files of two images for the ones that were published: `small(binary=archive bytes, python=…, sums=…)`."""
    monkeypatch.setattr(cifar, "RECORDS", 2)

    def publish(*, binary: bytes = b"", python: bytes = b"", files: list[bytes] = ()) -> None:
        one, two = (
            replace(version, size=len(data), sha256=hashlib.sha256(data).hexdigest())
            for version, data in ((cifar.BINARY, binary), (cifar.PYTHON, python))
        )
        if files:
            two = replace(two, sums=tuple(hashlib.md5(data).hexdigest() for data in files))
        monkeypatch.setattr(cifar, "BINARY", one)
        monkeypatch.setattr(cifar, "PYTHON", two)
        monkeypatch.setattr(cifar, "VERSIONS", (one, two))

    return publish


@pytest.fixture
def put(small):
    """Writes the set into a folder in one of its forms."""

    def write(form: str, folder: Path, protocol: int = 2) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        version, make = (cifar.BINARY, binary) if "binary" in form else (cifar.PYTHON, pickle_of)
        options = {} if "binary" in form else {"protocol": protocol}
        files = [make(*batch, **options) for batch in batches()]
        members = [(f"{version.folder}/{part}", data) for part, data in zip(version.parts, files, strict=True)]
        packed = tar([(version.folder + "/readme.html", b"more"), *members])
        small(**{form.split()[0]: packed}, files=files if "python" in form else ())
        if "archive" in form:
            (folder / version.archive).write_bytes(packed)
        else:
            for name, data in zip(version.parts, files, strict=True):
                (folder / name).write_bytes(data)
        return folder

    return write


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("inner", ["", "cifar10"])
def test_every_form(put, data_setting, tmp_path, form, inner) -> None:
    put(form, tmp_path / inner)
    setting = data_setting("cifar10", pad=4)
    assert facts(setting, Path(), tmp_path) == known_facts(setting) == Facts((40, 40, 3), 10)
    found = load(setting, Path(), tmp_path)
    expected = batches()
    np.testing.assert_array_equal(found.train.images, np.concatenate([images for images, _ in expected[:5]]))
    np.testing.assert_array_equal(found.test.images, expected[5][0])
    assert found.train.labels.tolist() == [0, 9, 1, 9, 2, 9, 3, 9, 4, 9]
    assert found.test.labels.tolist() == [5, 9]
    assert (found.train.labels.dtype, found.pixel_max, found.names[9]) == (np.int64, 255, "truck")
    assert sorted(path.name for path in tmp_path.rglob("*.bin")) == sorted(
        cifar.BINARY.parts if form == FORMS[0] else ()
    )


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_of_any_protocol(put, data_setting, tmp_path, protocol) -> None:
    put("python", tmp_path / "cifar-10-batches-py", protocol)
    assert load(data_setting("cifar10"), Path(), tmp_path).train.images.first(8).__array__()[7, 0, 3, 3] == 200


@pytest.mark.parametrize("form", ["binary", "python"])
def test_a_folder_as_the_archive_unpacks(put, data_setting, tmp_path, form) -> None:
    put(form, tmp_path / "cifar10" / (cifar.BINARY if form == "binary" else cifar.PYTHON).folder)
    assert len(load(data_setting("cifar10"), Path(), tmp_path).train) == 10


def test_files_come_before_archives(put, data_setting, tmp_path) -> None:
    put("python archive", tmp_path)
    (tmp_path / cifar.PYTHON.archive).write_bytes(b"damaged")
    put("binary", tmp_path)
    assert len(load(data_setting("cifar10"), Path(), tmp_path).test) == 2


def test_a_part_of_the_files_beside_an_archive(put, data_setting, tmp_path) -> None:
    """As an interrupted `tar xzf` leaves them."""
    put("binary", tmp_path)
    (tmp_path / "test_batch.bin").unlink()
    put("python archive", tmp_path)
    assert len(load(data_setting("cifar10"), Path(), tmp_path).test) == 2


@pytest.mark.parametrize("form", ["binary", "python"])
def test_a_part_of_the_files(put, data_setting, refused, tmp_path, form) -> None:
    put(form, tmp_path)
    last = "test_batch.bin" if form == "binary" else "test_batch"
    (tmp_path / last).unlink()
    said = told(refused("E601", lambda: load(data_setting("cifar10"), Path(), tmp_path)))
    assert "has 5 of the six files of cifar10" in said
    assert f"it lacks {last} " in f"{said} "


def test_a_file_of_another_length(put, data_setting, refused, tmp_path) -> None:
    put("binary", tmp_path)
    with (tmp_path / "data_batch_3.bin").open("ab") as file:
        file.write(b"x")
    assert "has 6,147 bytes" in told(refused("E602", lambda: facts(data_setting("cifar10"), Path(), tmp_path)))
    put("python", tmp_path / "b")
    (tmp_path / "b" / "data_batch_2").write_bytes(b"short")
    assert "has 5 bytes" in told(refused("E602", lambda: facts(data_setting("cifar10"), Path(), tmp_path / "b")))


def test_a_label_that_is_not_there(put, small, data_setting, refused, tmp_path) -> None:
    path = put("binary", tmp_path) / "data_batch_1.bin"
    path.write_bytes(b"\x0a" + path.read_bytes()[1:])
    assert "label 0 is 10" in told(refused("E602", lambda: load(data_setting("cifar10"), Path(), tmp_path)))
    for label in (-1, 10, 2**63):
        files = [pickle_of(images, [3, label]) for images, _ in batches()]
        small(files=files)
        for name, data in zip(cifar.PYTHON.parts, files, strict=True):
            (tmp_path / "p").mkdir(exist_ok=True)
            (tmp_path / "p" / name).write_bytes(data)
        said = told(refused("E602", lambda: load(data_setting("cifar10"), Path(), tmp_path / "p")))
        assert "label 1 is" in said


class Canary:
    sung = False

    def __reduce__(self):
        return sing, ()


def sing():
    Canary.sung = True


IMAGES = batches()[0][0].reshape(2, -1)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([1, 2], "no images"),
        ({b"data": IMAGES}, "no labels"),
        ({b"data": IMAGES, b"labels": np.array([1, 2])}, "no labels"),
        ({b"data": IMAGES, b"labels": [1, True]}, "no labels"),
        ({b"data": IMAGES, b"labels": [1, 2, 3]}, "no labels"),
        ({b"data": IMAGES[:1], b"labels": [1, 2], b"more": bytes(3072)}, "no images"),
        ({b"data": IMAGES.astype(np.int16), b"labels": [1, 2]}, "no images"),
        ({b"data": IMAGES, b"labels": [1, 2], b"more": Canary()}, "asks for"),
        ({b"data": IMAGES, b"labels": [1, 2], Canary(): 1}, "asks for"),
    ],
)
def test_other_contents(small, data_setting, refused, tmp_path, content, said) -> None:
    """Even where the file is the one that was published."""
    data = pickle.dumps(content) + b"" if not isinstance(content, list) else pickle.dumps([*content, bytes(6144)])
    small(files=[data] * 6)
    for name in cifar.PYTHON.parts:
        (tmp_path / name).write_bytes(data)
    assert said in told(refused("E602", lambda: load(data_setting("cifar10"), Path(), tmp_path)))
    assert not Canary.sung


def test_a_file_that_was_changed(put, data_setting, refused, tmp_path) -> None:
    path = put("python", tmp_path) / "data_batch_4"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1  # a pixel
    path.write_bytes(data)
    said = told(refused("E602", lambda: load(data_setting("cifar10"), Path(), tmp_path)))
    assert "data_batch_4: is not the data_batch_4 that was published" in said
    assert "get it again from https://www.cs.toronto.edu" in said


@pytest.mark.parametrize("form", ["binary archive", "python archive"])
def test_an_archive_that_was_changed(put, data_setting, refused, tmp_path, form) -> None:
    put(form, tmp_path)
    path = next(tmp_path.glob("*.tar.gz"))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    said = told(refused("E602", lambda: load(data_setting("cifar10"), Path(), tmp_path)))
    assert "is not the archive of that name that was published" in said
    path.write_bytes(data[:-1])
    assert f"has {len(data) - 1:,} bytes" in told(
        refused("E602", lambda: facts(data_setting("cifar10"), Path(), tmp_path))
    )


FILES = [
    (f"cifar-10-batches-bin/{name}", binary(*batch)) for name, batch in zip(cifar.BINARY.parts, batches(), strict=True)
]


@pytest.mark.parametrize(
    ("packed", "said"),
    [
        (tar(FILES[:5]), "lacks test_batch.bin"),
        (tar([*FILES, FILES[0]]), "data_batch_1.bin twice"),
        (tar([(FILES[0][0], FILES[0][1][:-1]), *FILES[1:]]), "has 6,145 bytes"),
        (tar(FILES, tarfile.SYMTYPE), "not as a file"),
        (tar(FILES, tarfile.LNKTYPE), "not as a file"),
        (tar(FILES, tarfile.FIFOTYPE), "not as a file"),
        (tar(FILES, tarfile.CHRTYPE), "not as a file"),
        (tar([(f"elsewhere/{name.split('/')[1]}", data) for name, data in FILES]), "lacks data_batch_1.bin"),
        (tar([(f"{n}", b"") for n in range(200)]), "too many members"),
        (tar([("big", bytes(cifar.LARGEST + 1))]), "too large: 'big'"),
        (tar(FILES)[:-300], "is not a whole archive"),
        (gzip.compress(b"no archive" * 100, mtime=0), "is not a whole archive"),
        (gzip.compress(b"", mtime=0), "is not a whole archive"),
        (b"no archive", "is not a whole archive"),
        (b"", "is not a whole archive"),
    ],
)  # fmt: skip
def test_other_archives(small, data_setting, refused, tmp_path, packed, said) -> None:
    """Even where the archive is the one that was published."""
    small(binary=packed)
    (tmp_path / cifar.BINARY.archive).write_bytes(packed)
    assert said in told(refused("E602", lambda: load(data_setting("cifar10"), Path(), tmp_path)))


def outcome(setting, folder: Path):
    """The codes that loading is refused with, or none, and the set."""
    try:
        return set(), load(setting, Path(), folder)
    except cnndsl.CnnError as error:
        return {d.code for d in error.diagnostics}, None


def test_an_archive_cut_anywhere(small, data_setting, refused, tmp_path) -> None:
    whole = tar(FILES)
    for length in range(0, len(whole), 5):
        small(binary=whole[:length])
        (tmp_path / cifar.BINARY.archive).write_bytes(whole[:length])
        codes, found = outcome(data_setting("cifar10"), tmp_path)
        assert codes <= {"E602"}
        if found is not None:  # only the end of the archive is lacking, and none of the files
            np.testing.assert_array_equal(found.test.images, batches()[5][0])


def test_a_folder_of_the_name_of_a_file(put, data_setting, refused, tmp_path) -> None:
    put("binary archive", tmp_path)
    (tmp_path / cifar.BINARY.archive).unlink()
    (tmp_path / cifar.BINARY.archive).mkdir()
    assert "is not a file" in told(refused("E602", lambda: load(data_setting("cifar10"), Path(), tmp_path)))


def test_what_check_says_without_files(data_setting, tmp_path) -> None:
    (d,) = absent(data_setting("cifar10"), Path(), tmp_path)
    assert "cifar-10-python.tar.gz" in d.help[0]
    (tmp_path / cifar.PYTHON.archive).touch()
    assert absent(data_setting("cifar10"), Path(), tmp_path) == ()


def test_published_sums_are_whole() -> None:
    assert all(len(bytes.fromhex(version.sha256)) == 32 for version in cifar.VERSIONS)
    assert [len(bytes.fromhex(one)) for one in cifar.PYTHON.sums] == [16] * 6
