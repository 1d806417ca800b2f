"""Folders of image files: which are read, how they become pixels, and everything that can be wrong with them."""

from __future__ import annotations

import os
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

import cnndsl
from cnndsl.data.pictures import Pictures, header, read
from cnndsl.data.sets import load
from cnndsl.recipe.facts import Facts
from cnndsl.recipe.images import listing
from cnndsl.recipe.places import facts

Image = pytest.importorskip("PIL.Image")


def told(error) -> str:
    return " | ".join(" | ".join((d.message, *d.notes, *d.help)) for d in error.diagnostics)


def picture(path: Path, pixels, mode: str | None = None, **options) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(np.asarray(pixels))
    (image if mode is None else image.convert(mode)).save(path, **options)
    return path


def grey(value: int, size=(4, 3)) -> np.ndarray:
    return np.full(size, value, np.uint8)


@pytest.fixture
def photos(tmp_path):
    """Two classes of twelve grey images 4x3, whose pixels are 10*label + number."""
    for label, name in enumerate(("cat", "dog")):
        for number in range(12):
            picture(tmp_path / "photos" / name / f"{number:02}.png", grey(100 * label + number))
    return tmp_path / "photos"


@pytest.fixture
def setting(data_setting):
    def make(folder="photos", **options):
        return data_setting("images", folder=str(folder), **options)

    return make


# ---- what is read


def test_a_folder_of_classes(photos, setting, tmp_path) -> None:
    found = load(setting(), tmp_path)
    assert (found.names, found.classes, found.pixel_max) == (("cat", "dog"), 2, 255)
    assert found.facts == Facts((4, 3, 1), 2)
    assert (len(found.train), len(found.test)) == (22, 2)
    for part in (found.train, found.test):
        images = np.asarray(part.images)
        assert (images == images[:, :, :1, :1]).all()
        np.testing.assert_array_equal(images[:, 0, 0, 0] >= 100, part.labels)
    pixels = [*np.asarray(found.train.images)[:, 0, 0, 0].tolist(), *np.asarray(found.test.images)[:, 0, 0, 0].tolist()]
    assert sorted(pixels) == [*range(12), *range(100, 112)]


def test_the_first_so_many_have_every_class(photos, setting, tmp_path) -> None:
    assert load(setting(limit=6), tmp_path).train.labels.tolist() == [0, 1, 0, 1, 0, 1]


def test_a_tenth_is_for_the_test_and_stays_so(photos) -> None:
    before = listing(photos)
    assert [len(files) for files in before.test] == [1, 1]
    picture(photos / "cat" / "another.png", grey(0))
    for number in range(12, 30):
        picture(photos / "dog" / f"{number}.png", grey(0))
    after = listing(photos)
    assert [len(files) for files in after.test] == [1, 3]
    assert listing(photos) == after
    for part in (before, after):
        assert not {p for files in part.train for p in files} & {p for files in part.test for p in files}


def test_the_tenth_is_known(photos) -> None:
    """Of 00.png to 11.png, the one whose name has the lowest SHA-256: `printf 00.png | sha256sum` and so on."""
    assert [files[0].name for files in listing(photos).test] == ["03.png", "03.png"]


def test_two_parts(tmp_path, setting) -> None:
    for part, count in (("train", 3), ("test", 2)):
        for label, name in enumerate("ab"):
            for number in range(count):
                picture(tmp_path / "p" / part / name / f"{number}.png", grey(10 * label + number))
    found = load(setting("p"), tmp_path)
    assert np.asarray(found.train.images)[:, 0, 0, 0].tolist() == [0, 10, 1, 11, 2, 12]
    assert np.asarray(found.test.images)[:, 0, 0, 0].tolist() == [0, 10, 1, 11]
    assert facts(setting("p"), tmp_path) == Facts(None, 2)


def test_litter_does_not_count(photos, setting, tmp_path) -> None:
    for name in (".DS_Store", ".hidden/x.png", "__MACOSX/x", "readme.txt"):
        (photos / name).parent.mkdir(exist_ok=True)
        (photos / name).write_bytes(b"none")
    (photos / "cat" / "Thumbs.db").write_bytes(b"none")
    (photos / "cat" / ".DS_Store").write_bytes(b"none")
    assert load(setting(), tmp_path).classes == 2


def test_links_are_what_they_lead_to(photos, setting, tmp_path) -> None:
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "a").symlink_to(photos / "cat")
    (tmp_path / "linked" / "b").mkdir()
    for number in range(2):
        (tmp_path / "linked" / "b" / f"{number}.png").symlink_to(photos / "dog" / "00.png")
    assert np.asarray(load(setting("linked"), tmp_path).test.images)[1, 0, 0, 0] == 100


def test_the_data_folder_goes_first(photos, setting, tmp_path) -> None:
    assert load(setting("gone"), tmp_path / "nowhere", photos).classes == 2


# ---- how they become pixels


COLOURS = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [10, 20, 30]]], np.uint8)
LUMA = np.array([[76, 150], [29, 18]])  # 0.299 R + 0.587 G + 0.114 B, ITU-R 601-2: 76.2, 149.7, 29.1, 18.2


def test_colours(tmp_path) -> None:
    path = picture(tmp_path / "a.png", COLOURS)
    np.testing.assert_array_equal(read(path, 3), COLOURS.transpose(2, 0, 1))
    np.testing.assert_array_equal(read(path, 1)[0], LUMA)
    np.testing.assert_array_equal(read(picture(tmp_path / "b.png", LUMA.astype(np.uint8)), 3), [LUMA] * 3)
    assert not header(path).grey
    assert header(path).size == (2, 2)


def test_a_palette(tmp_path) -> None:
    path = picture(tmp_path / "a.png", COLOURS, "P", bits=8)
    with Image.open(path) as image:
        assert image.mode == "P"
        expected = np.asarray(image.convert("RGB"))
    np.testing.assert_array_equal(read(path, 3), expected.transpose(2, 0, 1))


def test_two_colours(tmp_path) -> None:
    path = picture(tmp_path / "a.png", grey(255), "1")
    assert header(path).grey
    assert (read(path, 1) == 255).all()


@pytest.mark.parametrize("kind", ["RGBA", "LA", "P"])
def test_what_is_transparent_is_laid_on_black(tmp_path, kind) -> None:
    """White, of alpha 0, 51 and 255: 0, a fifth, and all of it."""
    image = Image.new("RGBA", (3, 1))
    for x, alpha in enumerate((0, 51, 255)):
        image.putpixel((x, 0), (255, 255, 255, alpha))
    if kind == "P":  # a palette has one colour that is clear
        image = Image.new("P", (3, 1))
        image.putpalette([255, 255, 255, 51, 51, 51, 255, 255, 255])
        for x in range(3):
            image.putpixel((x, 0), x)
        image.save(tmp_path / "a.png", transparency=0)
    else:
        image.convert(kind).save(tmp_path / "a.png")
    for depth in (1, 3):
        assert read(tmp_path / "a.png", depth).tolist() == [[[0, 51, 255]]] * depth
    assert header(tmp_path / "a.png").grey == (kind == "LA")


@pytest.mark.parametrize("suffix", ["png", "tiff", "pgm"])
def test_16_bits(tmp_path, suffix) -> None:
    """257 steps of 16 bits are one of 8: 0, 128 (rounded down), 129, 257, 65,535 are 0, 0, 1, 1, 255."""
    values = np.array([[0, 128, 129, 257, 65_535]], np.uint16)
    path = tmp_path / f"a.{suffix}"
    if suffix == "pgm":
        path.write_bytes(b"P5\n5 1\n65535\n" + values.astype(">u2").tobytes())
    else:
        picture(path, values)
    assert read(path, 1).tolist() == [[[0, 0, 1, 1, 255]]]
    assert read(path, 3).tolist() == [[[0, 0, 1, 1, 255]]] * 3
    assert header(path).grey


@pytest.mark.parametrize(
    ("suffix", "exact"), [("bmp", True), ("gif", False), ("webp", True), ("tga", True), ("jpg", False)]
)
def test_other_formats(tmp_path, suffix, exact) -> None:
    options = {"lossless": True} if suffix == "webp" else {"quality": 95, "subsampling": 0} if suffix == "jpg" else {}
    pixels = np.kron(COLOURS, np.ones((8, 8, 1), np.uint8))
    found = read(picture(tmp_path / f"a.{suffix}", pixels, **options), 3).astype(int)
    assert np.abs(found - pixels.transpose(2, 0, 1)).mean() < (0.1 if exact else 8)


def test_the_first_frame(tmp_path) -> None:
    first, second = (Image.fromarray(grey(value)) for value in (10, 200))
    for name in ("a.gif", "a.tiff"):
        first.save(tmp_path / name, save_all=True, append_images=[second])
        assert (read(tmp_path / name, 1) == 10).all()


SEEN = {
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: np.transpose,
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).T,
    8: np.rot90,
}
"""What is seen of what is stored, by the orientation, as EXIF 2.3 says it in section 4.6.4: which side is the 0th row,
and which the 0th column."""


@pytest.mark.parametrize("orientation", SEEN)
@pytest.mark.parametrize("suffix", ["jpg", "webp", "tiff"])
def test_how_the_camera_was_held(refused, tmp_path, orientation, suffix) -> None:
    pixels = np.kron(np.array([[0, 60, 120], [180, 240, 30]], np.uint8), np.ones((8, 8), np.uint8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if suffix == "webp" else {}
    stored = read(picture(tmp_path / f"stored.{suffix}", pixels, "RGB" if options else None, **options), 1)[0]
    path = picture(tmp_path / f"turned.{suffix}", pixels, "RGB" if options else None, exif=exif, **options)
    if suffix == "tiff" and orientation >= 5:
        assert "save it upright" in told(refused("E602", lambda: header(path)))
        return
    np.testing.assert_array_equal(read(path, 1)[0], SEEN[orientation](stored))
    assert header(path).size == ((16, 24) if orientation < 5 else (24, 16))


def test_depth_is_the_networks(photos, setting, tmp_path) -> None:
    picture(photos / "dog" / "00.png", np.stack([grey(100)] * 3, 2))
    assert load(setting(), tmp_path).facts.size == (4, 3, 3)
    assert load(setting(), tmp_path, None, (4, 3, 1)).facts.size == (4, 3, 1)
    assert load(setting(), tmp_path, None, (4, 3, 7)).facts.size == (4, 3, 3)


# ---- sizes


def test_several_sizes(photos, setting, refused, tmp_path) -> None:
    picture(photos / "dog" / "05.png", grey(105, (5, 4)))
    said = told(refused("E607", lambda: load(setting(), tmp_path, None, (8, 6, 1))))
    assert f"{photos / 'cat' / '00.png'} is 4x3, and {photos / 'dog' / '05.png'} is 5x4" in said
    assert '`data images "photos" resize 8x6`' in said
    found = load(setting(resize=(8, 6)), tmp_path)
    assert found.facts == Facts((8, 6, 1), 2, resized=True)
    assert found.pad == 0
    assert sorted(
        np.unique(np.asarray(found.train.images)).tolist() + np.unique(np.asarray(found.test.images)).tolist()
    ) == [
        *range(12),
        *range(100, 112),
    ]


def test_pad_then_resize(photos, setting, tmp_path) -> None:
    """4x3 with a pad of 2 is 8x7, brought to 4x7: as `resize` does it of other sets, rounded to bytes."""
    from cnndsl.data.resize import weights

    found = load(setting(resize=(4, 7), pad=2), tmp_path)
    assert found.facts == Facts((4, 7, 1), 2, resized=True)
    whole = np.zeros((8, 7))
    whole[2:6, 2:5] = 100
    expected = weights(8, 4) @ whole @ weights(7, 7).T
    one = np.asarray(load(setting(), tmp_path).train.images)[:, 0, 0, 0].tolist().index(100)
    np.testing.assert_allclose(np.asarray(found.train.images)[one, 0], expected, atol=1)


def test_nothing_is_decoded_for_a_network_of_another_size(photos, setting, refused, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("cnndsl.data.pictures.read", lambda *_: pytest.fail("an image was decoded"))
    text = f'INPUT 9x9x1\nFC 2\ntrain {{ data images "{photos}" resize 8 }}'
    refused("E603", lambda: cnndsl.train(cnndsl.loads(text)))


def test_pad_alone_is_left_to_the_batches(photos, setting, tmp_path) -> None:
    found = load(setting(pad=2), tmp_path)
    assert (found.pad, np.asarray(found.train.images).shape[2:], found.facts.size) == (2, (4, 3), (8, 7, 1))


def test_pictures_are_taken_in_any_order(photos) -> None:
    paths = sorted(photos.glob("*/*.png"))
    pictures = Pictures(paths, 1, (4, 3))
    out = np.empty((4, 1, 4, 3), np.uint8)
    pictures.take(np.array([13, 0, 13, 5]), out)
    assert out[:, 0, 0, 0].tolist() == [101, 0, 101, 5]
    assert (pictures.shape, pictures.dtype, len(pictures)) == ((24, 1, 4, 3), np.uint8, 24)
    assert pictures.first(3).shape == (3, 1, 4, 3)
    np.testing.assert_array_equal(pictures.first(3).whole()[:, 0, 0, 0], [0, 1, 2])


def test_more_than_memory_holds(photos, setting, tmp_path, monkeypatch) -> None:
    """Images are decoded when they are taken, and training is the same to the bit."""
    text = f'INPUT 4x3x1\nFC 2\ntrain {{ data images "{photos}"; epochs 2; batch 5; split 0.8 }}'
    held = cnndsl.train(cnndsl.loads(text))
    monkeypatch.setattr("cnndsl.memory.budget", lambda *_: 24 * 12 * 4 - 1)
    assert isinstance(load(setting(), tmp_path).train.images, Pictures)
    monkeypatch.setattr("cnndsl.memory.budget", lambda *_: 24 * 12 * 4)
    assert not isinstance(load(setting(), tmp_path).train.images, Pictures)
    monkeypatch.setattr("cnndsl.data.images.HELD", 1 << 40)
    monkeypatch.setattr("cnndsl.memory.budget", lambda *_: 1 << 30)
    taken = cnndsl.train(cnndsl.loads(text))
    assert taken.test.test_loss == held.test.test_loss
    for name, array in held.model.state.items():
        np.testing.assert_array_equal(taken.model.state[name], array)


def test_an_image_that_changed_meanwhile(photos, refused) -> None:
    pictures = Pictures([photos / "cat" / "00.png"], 1, (4, 3))
    picture(photos / "cat" / "00.png", grey(0, (5, 3)))
    assert "is 5x3x1 now, and was 4x3x1 before" in told(refused("E602", pictures.whole))


# ---- what is refused


def png(width: int, height: int) -> bytes:
    """A PNG of that size by its header, with next to nothing in it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no image that can be read"),
        (b"some words", "is no image that can be read"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 4 3\n%%EndComments\n", "is no image that can be read"),
        (png(20_000, 20_000), "is too large for an image"),
        (png(10_000, 10_000), "is too large for an image"),
        (b"P5\n4 3\n255\n" + bytes(5), "get the file again"),
        (b"PF\n4 3\n-1.0\n" + bytes(4 * 3 * 4 * 3), ""),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_bad_file(photos, setting, refused, tmp_path, content, said) -> None:
    (photos / "dog" / "05.png").write_bytes(content)
    message = told(refused("E602", lambda: load(setting(resize=(4, 3)), tmp_path)))
    assert str(photos / "dog" / "05.png") in message
    assert said in message


def test_a_truncated_file(photos, setting, refused, tmp_path) -> None:
    path = picture(photos / "dog" / "05.png", np.random.default_rng(0).integers(0, 256, (4, 3), np.uint8))
    path.write_bytes(path.read_bytes()[:-30])
    assert f"{path}: cannot be read: " in told(refused("E602", lambda: load(setting(), tmp_path)))


def test_a_program_is_never_started(photos, setting, refused, tmp_path, monkeypatch) -> None:
    """Pillow reads EPS by Ghostscript."""
    monkeypatch.setattr("subprocess.Popen", lambda *_, **__: pytest.fail("a program was started"))
    text = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 4 3\n%%EndComments\nshowpage\n%%EOF\n"
    (photos / "dog" / "05.eps").write_bytes(text)
    refused("E602", lambda: load(setting(resize=(4, 3)), tmp_path))


def test_pixels_of_floating_numbers(photos, setting, refused, tmp_path) -> None:
    picture(photos / "cat" / "00.tiff", np.ones((4, 3), np.float32))
    assert "floating numbers" in told(refused("E602", lambda: load(setting(), tmp_path)))
    (photos / "cat" / "00.tiff").unlink()
    picture(photos / "cat" / "01.tiff", np.full((4, 3), 70_000, np.int32))
    assert "more than 16 bits" in told(refused("E602", lambda: load(setting(), tmp_path)))


def test_several_bad_files_are_told_at_once(photos, setting, refused, tmp_path) -> None:
    for number in range(3, 10):
        (photos / "dog" / f"{number:02}.png").write_bytes(b"none")
    with pytest.raises(cnndsl.CnnError) as caught:
        load(setting(), tmp_path)
    assert [d.code for d in caught.value.diagnostics] == ["E602"] * 5


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "tiff", "webp", "bmp"])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_cut_anywhere(tmp_path, suffix) -> None:
    """Refused, or, where only trailers are lacking, an image of the size there was."""
    path = picture(tmp_path / f"a.{suffix}", np.kron(COLOURS, np.ones((4, 4, 1), np.uint8)))
    whole, shape = path.read_bytes(), read(path, 3).shape
    refusals = 0
    for length in range(0, len(whole), max(1, len(whole) // 60)):
        path.write_bytes(whole[:length])
        codes, found = outcome(path)
        assert codes <= {"E602"}
        refusals += bool(codes)
        assert found is None or found.shape == shape
    assert refusals > 30


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "tiff", "webp", "bmp"])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_flipped_bits_give_no_traceback(tmp_path, suffix) -> None:
    path = picture(tmp_path / f"a.{suffix}", COLOURS)
    whole = path.read_bytes()
    step = max(1, len(whole) * 8 // 150)
    for bit in range(0, len(whole) * 8, step):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        codes, found = outcome(path)
        assert codes <= {"E602"}
        assert found is None or (found.dtype, len(found)) == (np.uint8, 3)


def outcome(path: Path):
    """The codes that an image is refused with, or none, and its pixels."""
    try:
        header(path)
        return set(), read(path, 3)
    except cnndsl.CnnError as error:
        return {d.code for d in error.diagnostics}, None


def make(folder: Path, *names: str) -> None:
    for name in names:
        if name.endswith("/"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        else:
            picture(folder / name, grey(1))


@pytest.mark.parametrize(
    ("names", "code", "said"),
    [
        (["1.png"], "E605", "has no folders, and so no classes"),
        (["a/1.png", "a/2.png", "b/"], "E605", "b: the class has no images"),
        (["a/1.png", "a/2.png", "b/1.png"], "E605", "b: the class has only one image"),
        (["a/1.png", "a/2.png", "b/more/1.png"], "E602", "more: is a folder inside of a class"),
        (["train/a/1.png"], "E605", "no folder `test`"),
        (["train/a/1.png", "val/a/1.png"], "E605", "no folder `test`"),
        (["train/1.png", "train/2.png", "test/1.png", "test/2.png"], "E605", "train has no folders"),
        (["train/a/1.png", "test/a/1.png", "val/a/1.png"], "E605", "has a folder `val` beside"),
        (["train/a/1.png", "train/b/1.png", "test/a/1.png"], "E605", "train has a class `b`, which"),
        (["train/a/1.png", "test/a/1.png", "test/c/1.png"], "E605", "test has a class `c`, which"),
        (["train/a/1.png", "test/"], "E605", "test has no folders"),
        (["train/a/1.png", "test/a/"], "E605", "the class has no images"),
    ],
)
def test_folders_that_cannot_be(tmp_path, setting, refused, names, code, said) -> None:
    make(tmp_path / "p", *names)
    assert said in told(refused(code, lambda: facts(setting("p"), tmp_path)))
    assert said in told(refused(code, lambda: load(setting("p"), tmp_path)))


def test_a_class_may_be_called_train(tmp_path, setting) -> None:
    make(tmp_path / "p", *(f"{name}/{n}.png" for name in ("bus", "train") for n in range(3)))
    assert load(setting("p"), tmp_path).names == ("bus", "train")


def test_links_that_lead_nowhere_and_pipes(photos, setting, refused, tmp_path) -> None:
    (photos / "cat" / "link.png").symlink_to(tmp_path / "gone")
    assert "is a link that leads nowhere" in told(refused("E602", lambda: load(setting(), tmp_path)))
    (photos / "cat" / "link.png").unlink()
    (photos / "cat" / "circle").symlink_to(photos / "cat" / "circle")
    refused("E602", lambda: load(setting(), tmp_path))
    (photos / "cat" / "circle").unlink()
    os.mkfifo(photos / "cat" / "pipe.png")
    assert "is not a regular file" in told(refused("E602", lambda: load(setting(), tmp_path)))


def test_what_may_not_be_read(photos, setting, refused, tmp_path, monkeypatch) -> None:
    real = os.scandir

    def scandir(path):
        if str(path).endswith("dog"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert f"{photos / 'dog'}: cannot be read: Permission denied" in told(
        refused("E602", lambda: load(setting(), tmp_path))
    )


def test_without_pillow(photos, setting, refused, tmp_path, monkeypatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "PIL"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "PIL", None)
    error = refused("E813", lambda: load(setting(), tmp_path))
    assert told(error) == "reading image files needs Pillow, which is not installed | pip install 'cnndsl[images]'"
    assert facts(setting(), tmp_path) == Facts(None, 2)


def test_training_on_folders(tmp_path) -> None:
    """Dark and bright images of several sizes, told apart."""
    rng = np.random.default_rng(0)
    for label, name in enumerate(("dark", "bright")):
        for number in range(20):
            size = (10 + number % 3, 12, 3)
            pixels = rng.integers(0, 100, size) + 120 * label
            picture(tmp_path / "photos" / name / f"{number}.png", pixels.astype(np.uint8))
    text = 'INPUT 8x8x1\nFC 2\ntrain { data images "photos" resize 8; epochs 5; batch 8; split 1 }'
    done = cnndsl.train(cnndsl.loads(text, base=tmp_path))
    assert (done.test.test, done.test.test_accuracy) == (4, 1)
