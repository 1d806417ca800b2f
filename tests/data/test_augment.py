"""Images varied: worked by hand on a few pixels, against SciPy, and the same whatever the batch and the order."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

import cnndsl
from cnndsl.data import digits
from cnndsl.data.augment import Cutout, Draws, Flip, Move, Rotate, Step
from cnndsl.data.dataset import Dataset, Part
from cnndsl.data.samples import ReadAhead, batches_held, prepare
from cnndsl.recipe.block import KEYS
from cnndsl.recipe.spec import Setting

IMAGE = np.arange(1.0, 10).reshape(1, 1, 3, 3)
"""1 2 3, 4 5 6, 7 8 9."""


def setting(word: str, *values: object) -> Setting:
    entry = KEYS["augment"].entry(word)
    names = {"flip": "", "crop": "pixels", "shift": "pixels", "cutout": "pixels", "rotate": "degrees"}
    return Setting(word, entry.attrs(**dict(zip([names[word]] if values else [], values, strict=True))), entry=entry)


def test_flip() -> None:
    x = np.stack([IMAGE[0], IMAGE[0]])
    found = Flip()(x, np.array([[0.49], [0.5]]))
    assert found[0, 0].tolist() == [[3, 2, 1], [6, 5, 4], [9, 8, 7]]
    assert found[1].tolist() == IMAGE[0].tolist()


@pytest.mark.parametrize(
    ("random", "expected"),
    [
        ([0.0, 0.0], [[0, 0, 0], [0, 1, 2], [0, 4, 5]]),  # down and to the right
        ([0.5, 0.5], [[1, 2, 3], [4, 5, 6], [7, 8, 9]]),
        ([0.99, 0.34], [[4, 5, 6], [7, 8, 9], [0, 0, 0]]),  # up
        ([0.34, 0.67], [[2, 3, 0], [5, 6, 0], [8, 9, 0]]),  # to the left
    ],
)
def test_move(random: list[float], expected: list[list[int]]) -> None:
    assert Move(1)(IMAGE.copy(), np.array([random]))[0, 0].tolist() == expected


def test_every_place_is_as_likely() -> None:
    """Of 90,000 images one pixel is lit: it comes to each of 9 places 10,000 times, give or take 5 deviations of 94."""
    x = np.zeros((90_000, 1, 3, 3), np.float32)
    x[:, :, 1, 1] = 1
    found = Move(1)(x, np.random.default_rng(0).random((len(x), 2)))
    assert np.abs(found.sum(axis=(0, 1)) - 10_000).max() < 5 * 94


@pytest.mark.parametrize(
    ("random", "expected"),
    [
        ([0.0, 0.0], [[0, 2, 3], [4, 5, 6], [7, 8, 9]]),  # the middle lies in the corner: a part is lost
        ([0.5, 0.5], [[0, 0, 3], [0, 0, 6], [7, 8, 9]]),
        ([0.99, 0.5], [[1, 2, 3], [0, 0, 6], [0, 0, 9]]),
    ],
)
def test_cutout(random: list[float], expected: list[list[int]]) -> None:
    """A square of 2 begins one pixel above and left of its middle."""
    assert Cutout(2)(IMAGE.copy(), np.array([random]))[0, 0].tolist() == expected
    deep = np.repeat(IMAGE, 3, axis=1)
    assert Cutout(2)(deep, np.array([random]))[0].tolist() == [expected] * 3
    assert not Cutout(9)(IMAGE.copy(), np.array([random])).any()


def test_rotate_by_quarters() -> None:
    """90 degrees to the left: the right column becomes the top row. 180: everything turned over."""
    left = Rotate(90)(IMAGE.copy(), np.array([[1.0]]))
    np.testing.assert_allclose(left[0, 0], [[3, 6, 9], [2, 5, 8], [1, 4, 7]], atol=1e-12)
    right = Rotate(90)(IMAGE.copy(), np.array([[0.0]]))
    np.testing.assert_allclose(right[0, 0], [[7, 4, 1], [8, 5, 2], [9, 6, 3]], atol=1e-12)
    np.testing.assert_allclose(Rotate(180)(IMAGE.copy(), np.array([[1.0]]))[0, 0], IMAGE[0, 0, ::-1, ::-1], atol=1e-12)
    np.testing.assert_array_equal(Rotate(90)(IMAGE.copy(), np.array([[0.5]])), IMAGE)


@pytest.mark.parametrize("shape", [(8, 8), (7, 10), (5, 4)])
def test_rotate_against_scipy(shape: tuple[int, int]) -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    rng = np.random.default_rng(3)
    x, random = rng.random((6, 2, *shape)), rng.random((6, 1))
    found = Rotate(30)(x, random)
    for image, turned, number in zip(x, found, random[:, 0], strict=True):
        for plane, ours in zip(image, turned, strict=True):
            wide = np.pad(plane, 2)  # so that what lies half outside is weighed with zeros
            theirs = ndimage.rotate(wide, (2 * number - 1) * 30, reshape=False, order=1)
            np.testing.assert_allclose(ours, theirs[2:-2, 2:-2], atol=1e-12)


def test_what_is_drawn_depends_on_seed_word_epoch_and_index() -> None:
    steps = (Step("flip", Flip()), Step("shift", Move(3)))
    x = np.random.default_rng(0).random((40, 1, 6, 6))

    def vary(indices: list[int], seed: int = 1, epoch: int = 1, chosen=steps) -> np.ndarray:  # type: ignore[type-arg]
        return Draws(chosen, 40, seed, epoch).vary(x[indices].copy(), np.array(indices))

    whole = vary(list(range(40)))
    np.testing.assert_array_equal(vary([7, 3, 39]), whole[[7, 3, 39]])
    np.testing.assert_array_equal(vary(list(range(40)), chosen=steps[:1])[0], vary([0], chosen=steps[:1])[0])
    assert not np.array_equal(whole, vary(list(range(40)), seed=2))
    assert not np.array_equal(whole, vary(list(range(40)), epoch=2))
    same = (Step("crop", Move(3)), Step("shift", Move(3)))
    assert not np.array_equal(vary([0, 1, 2], chosen=same[:1]), vary([0, 1, 2], chosen=same[1:]))


@pytest.fixture
def data() -> Dataset:
    rng = np.random.default_rng(0)
    images = rng.integers(1, 256, (50, 2, 6, 5)).astype(np.uint8)
    part = Part(images, np.arange(50) % 2)
    return Dataset(name="d", train=part, test=part.first(9), classes=2, pixel_max=255, pad=1)


AUGMENT = (setting("flip"), setting("crop", 2), setting("rotate", 20.0), setting("cutout", 2))


def ready(data: Dataset, augment: tuple[Setting, ...] = AUGMENT, normalize: str = "auto"):
    return prepare(data, split=0.8, normalize=Setting(normalize, None), seed=4, augment=augment, dtype="float64")


def test_batches_of_any_size_and_from_any_place_are_of_the_same_images(data) -> None:
    def images(size: int, skip: int = 0) -> dict[int, bytes]:
        batches = ready(data).train.batches(size, 4, 3, skip=skip)
        return {int(i): x.tobytes() for b in batches for i, x in zip(b.indices, b.x, strict=True)}

    whole = images(16)
    assert len(whole) == 40
    assert images(7) == whole
    late = images(16, skip=2)
    assert late == {i: whole[i] for i in late}
    assert len(late) == 8


def test_zeros_that_come_in_are_black_before_normalizing(data) -> None:
    """Without `normalize` they are 0; with it what 0 becomes. Varied pixels are the normalized ones, moved."""
    bare = ready(data, (setting("shift", 2),), "none").train
    scaled = ready(data, (setting("shift", 2),)).train
    plain = ready(data, ()).train
    black = next(plain.batches(40, 4, 1)).x[:, :, 0, 0]
    for one, two in zip(bare.batches(40, 4, 1), scaled.batches(40, 4, 1), strict=True):
        empty = one.x == 0
        assert empty.any()
        np.testing.assert_allclose(two.x[empty], np.broadcast_to(black[:, :, None, None], empty.shape)[empty])
        deviation = (two.x - black[:, :, None, None]) / np.where(empty, 1, one.x)
        for channel in range(2):  # one factor a channel
            factors = deviation[:, channel][~empty[:, channel]]
            np.testing.assert_allclose(factors, factors[0])


def test_what_validates_and_tests_is_not_varied(data) -> None:
    varied, plain = ready(data), ready(data, ())
    for part in ("validation", "test"):
        for one, two in zip(getattr(varied, part).in_order(4), getattr(plain, part).in_order(4), strict=True):
            np.testing.assert_array_equal(one.x, two.x)
    first, second = next(varied.train.in_order(40)), next(plain.train.in_order(40))
    np.testing.assert_array_equal(first.x, second.x)


def test_a_thread_makes_what_costs_more_than_it(data) -> None:
    for augment, ahead in (
        ((), False),
        ((setting("flip"), setting("crop", 2)), False),
        ((setting("rotate", 10),), True),
        ((setting("flip"), setting("rotate", 10)), True),
    ):
        found = ready(data, augment)
        assert isinstance(found.train, ReadAhead) == ahead
        assert not isinstance(found.validation, ReadAhead)


def test_batches_that_are_held(data) -> None:
    """One a part; and where a thread is at work two that wait, the one it is at, and the one that is trained on."""
    assert batches_held(data, 1.0, ()) == 2
    assert batches_held(data, 0.8, (setting("flip"),)) == 3
    assert batches_held(data, 0.8, (setting("rotate", 10),)) == 3 + 4


def test_other_images_in_every_epoch_and_labels_with_them(data) -> None:
    supply = ready(data).train
    epochs = [[b.kept() for b in supply.batches(40, 4, epoch)] for epoch in (1, 2, 1)]
    one, two, again = ({int(i): x.tobytes() for i, x in zip(b.indices, b.x, strict=True)} for (b,) in epochs)
    assert one == again != two
    assert all(b.labels.tolist() == (b.indices % 2).tolist() for (b,) in epochs)


def test_a_network_learns_what_is_only_there_by_variation() -> None:
    """The digits of the test part one pixel to the right: trained on moved ones, many more of them are right."""
    network = "INPUT 8x8x1\nCONV 3x3 *8 relu; POOL max 2; FC 10\n"
    keys = "data digits; epochs 6; optimizer adam lr 0.01; normalize 0.3 0.4"
    plain, varied = (cnndsl.train(f"{network}train {{ {keys}; {more} }}").model for more in ("", "augment shift 1"))
    test = digits.load(Setting("digits", None), Path(), None).test
    x = np.zeros((360, 1, 8, 8))
    x[:, :, :, 1:] = np.asarray(test.images)[:, :, :, :-1] / 16.0
    right = [int((model.predict((x - 0.3) / 0.4).argmax(1) == test.labels).sum()) for model in (plain, varied)]
    assert right[1] > right[0] + 60


def test_counts_of_flips() -> None:
    """Of 10,000 half are exchanged, give or take 5 deviations of 50."""
    x = np.zeros((10_000, 1, 1, 2), np.float32)
    x[..., 0] = 1
    found = Counter(Draws((Step("flip", Flip()),), 10_000, 0, 1).vary(x, np.arange(10_000))[:, 0, 0, 0].tolist())
    assert abs(found[1.0] - 5000) < 250


def test_islices_end_the_thread(data) -> None:
    import threading

    batches = ready(data).train.batches(2, 4, 1)
    list(islice(batches, 3))
    assert any(t.name == "cnndsl-ahead" for t in threading.enumerate())
    batches.close()
    assert not any(t.name == "cnndsl-ahead" for t in threading.enumerate())
