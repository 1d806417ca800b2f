"""Division, normalizing, padding and batches."""

from __future__ import annotations

from fractions import Fraction
from math import sqrt

import numpy as np
import pytest

from cnndsl.data.dataset import Dataset, Part
from cnndsl.data.samples import Samples, divide, prepare
from cnndsl.data.scaling import SCALINGS, Scaling, moments
from cnndsl.data.sets import load
from cnndsl.recipe.pixels import Bare, Moments
from cnndsl.recipe.spec import Setting

AUTO, NONE = Setting("auto", None), Setting("none", None)


@pytest.fixture
def numbered():
    """Samples of one pixel each, whose value is their index."""

    def make(count: int, **options) -> Samples:
        images = np.arange(count, dtype=np.uint8).reshape(count, 1, 1, 1)
        part = Part(images, np.arange(count))
        return Samples(part, np.arange(count), Scaling(np.ones(1), np.zeros(1)), **options)

    return make


def order(samples: Samples, size: int, seed: int, epoch: int, **options) -> list[list[int]]:
    return [batch.labels.tolist() for batch in samples.batches(size, seed, epoch, **options)]


def flat(batches: list[list[int]]) -> list[int]:
    return [label for batch in batches for label in batch]


def test_division_is_stratified_and_rounded_down() -> None:
    labels = np.repeat([0, 1, 2], [10, 19, 5])
    trained, validating = divide(labels, 0.9, seed=1)
    # 9 of 10; 17.1 of 19 -> 17; 4.5 of 5 -> 4
    assert np.bincount(labels[trained]).tolist() == [9, 17, 4]
    assert np.bincount(labels[validating]).tolist() == [1, 2, 1]
    assert sorted([*trained, *validating]) == list(range(34))
    assert (np.diff(trained) > 0).all()


def test_the_share_is_the_decimal_number_written() -> None:
    labels = np.zeros(100, int)
    # 0.29*100 is 28.999999999999996 in binary
    assert len(divide(labels, 0.29, seed=0)[0]) == 29
    assert len(divide(labels, 0.07, seed=0)[0]) == 7
    assert len(divide(labels, 1e-3, seed=0)[0]) == 1


def test_everything_is_trained_on_with_split_1() -> None:
    trained, validating = divide(np.arange(20) % 3, 1.0, seed=0)
    assert trained.tolist() == list(range(20))
    assert len(validating) == 0


def test_division_depends_on_the_seed() -> None:
    labels = np.arange(200) % 4
    same = [divide(labels, 0.5, seed=s)[0].tolist() for s in (1, 1, 2)]
    assert same[0] == same[1] != same[2]


def test_digits_divide_by_class(data_setting) -> None:
    digits = load(data_setting("digits"), None)
    trained, validating = divide(digits.train.labels, 0.9, seed=0)
    counts = np.bincount(digits.train.labels)
    assert np.bincount(digits.train.labels[trained]).tolist() == [count * 9 // 10 for count in counts.tolist()]
    assert len(trained) + len(validating) == 1437


def test_moments_by_hand() -> None:
    # Channel 0 of the two samples: 0, 255, 255, 0 -> 0, 1, 1, 0: mean 1/2, deviation 1/2.
    # Channel 1: 0, 0, 0, 204 -> 0, 0, 0, 0.8: mean 0.2, variance (3*0.04 + 0.36)/4 = 0.12.
    # The third sample is not named and must not count.
    images = np.array(
        [[[[0, 255]], [[0, 0]]], [[[255, 0]], [[0, 204]]], [[[9, 9]], [[9, 9]]]], dtype=np.uint8
    )  # 3, 2, 1, 2
    for pixels in (images, images.astype(np.float32), images.astype(np.float64)):
        mean, deviation = moments(pixels, np.array([0, 1]), 255)
        np.testing.assert_allclose(mean, [0.5, 0.2], rtol=1e-12)
        np.testing.assert_allclose(deviation, [0.5, sqrt(0.12)], rtol=1e-12)


def test_moments_of_the_largest_bytes_are_exact() -> None:
    """In rational numbers: of 999 bytes 255, 700 of 254 and 3 of 0, at odd places of rows and chunks."""
    values = np.repeat(np.array([255, 254, 0], np.uint8), [999, 700, 3]).reshape(2, 851, 1, 1).transpose(1, 0, 2, 3)
    mean, deviation = moments(np.ascontiguousarray(values), np.arange(851), 1)
    for channel, parts in enumerate(([(255, 851)], [(255, 148), (254, 700), (0, 3)])):
        exact = Fraction(sum(v * n for v, n in parts), 851)
        assert mean[channel] == float(exact)
        variance = sum((v - exact) ** 2 * n for v, n in parts) / 851
        assert deviation[channel] == pytest.approx(sqrt(variance), rel=1e-15)


@pytest.mark.parametrize("value", [np.uint8(77), np.float32(0.1), np.float64(1e6 / 3)])
def test_deviation_of_equal_pixels_is_one(value) -> None:
    images = np.full((1237, 1, 3, 3), value)
    scaling = SCALINGS["auto"](None, images, np.arange(1237), 1.0)
    assert scaling.scale.tolist() == [1.0]
    assert scaling.shift[0] == pytest.approx(-float(value), rel=1e-15)


def test_moments_of_many_chunks(monkeypatch) -> None:
    images = np.random.default_rng(0).integers(0, 256, (50, 2, 4, 4)).astype(np.uint8)
    expected = [(images[:, c] / 255).mean() for c in (0, 1)], [(images[:, c] / 255).std() for c in (0, 1)]
    monkeypatch.setattr("cnndsl.data.scaling.CHUNK", 40)
    for pixels in (images, images.astype(np.float32)):
        np.testing.assert_allclose(moments(pixels, np.arange(50), 255), expected, rtol=1e-12)


def test_auto_by_hand() -> None:
    """Pad comes before normalizing: its zeros become (0 - mean)/deviation, and do not count in the mean."""
    images = np.array([0, 16, 16, 0], np.uint8).reshape(2, 1, 1, 2)
    data = Dataset(
        name="x",
        train=Part(images, np.zeros(2, int)),
        test=Part(images, np.ones(2, int)),
        classes=2,
        pixel_max=16,
        pad=1,
    )
    ready = prepare(data, split=1.0, normalize=AUTO, seed=0, dtype="float64")
    # mean 1/2, deviation 1/2: 0 -> -1, 1 -> 1
    (batch,) = ready.test.in_order(5)
    rows = [[-1, -1, -1, -1], [-1, -1, 1, -1], [-1, -1, -1, -1]]
    assert batch.x.tolist() == [[rows], [[rows[0], [-1, 1, -1, -1], rows[0]]]]
    assert batch.labels.tolist() == [1, 1]


def test_none_divides_by_the_pixel_maximum_only() -> None:
    images = np.array([0, 4, 8, 16], np.uint8).reshape(1, 1, 2, 2)
    part = Part(images, np.zeros(1, int))
    data = Dataset(name="x", train=part, test=part, classes=1, pixel_max=16)
    (batch,) = prepare(data, split=1.0, normalize=NONE, seed=0).test.in_order(1)
    assert batch.x.dtype == np.float32
    assert batch.x.reshape(-1).tolist() == [0, 0.25, 0.5, 1]


def test_numbers_given_by_hand() -> None:
    """Bytes 0 and 255 are 0 and 1; less the mean, over the deviation: (0 - 0.5)/0.25 = -2, (1 - 0.5)/0.25 = 2."""
    images = np.array([[[[0]], [[255]]], [[[51]], [[0]]]], np.uint8)
    for setting, expected in (
        (Setting("mean", Moments(mean=(0.5,), deviation=(0.25,))), [[-2, 2], [-1.2, -2]]),
        (Setting("", Bare(values=(0.5, 0.0, 0.25, 0.5))), [[-2, 2], [-1.2, 0]]),
    ):
        part = Part(images, np.array([0, 1]))
        data = Dataset(name="x", train=part, test=part, classes=2, pixel_max=255)
        ready = prepare(data, split=1.0, normalize=setting, seed=0, dtype="float64")
        (batch,) = ready.test.in_order(2)
        np.testing.assert_allclose(batch.x[:, :, 0, 0], expected, atol=1e-12)


def test_validation_and_test_have_no_part_in_the_mean(dataset) -> None:
    data = dataset(count=60)
    ready = prepare(data, split=0.5, normalize=AUTO, seed=3, dtype="float64")
    seen = np.concatenate([batch.x.copy() for batch in ready.train.in_order(7)])
    assert len(seen) == 30
    assert seen.mean() == pytest.approx(0, abs=1e-12)
    assert seen.std() == pytest.approx(1, rel=1e-12)


def test_no_sample_is_in_two_parts(dataset) -> None:
    data = dataset(count=60)
    ready = prepare(data, split=0.8, normalize=NONE, seed=3, dtype="float64")
    trained, validating = ({x.tobytes() for b in s.in_order(8) for x in b.x} for s in ready[:2])
    assert len(trained | validating) == 60
    assert not trained & validating


def test_the_order_depends_on_seed_and_epoch_only(numbered) -> None:
    samples = numbered(50)
    third = order(samples, 8, seed=1, epoch=3)
    assert sorted(flat(third)) == list(range(50))
    assert [len(batch) for batch in third] == [8, 8, 8, 8, 8, 8, 2]
    again = numbered(50)
    next(iter(again.batches(3, 9, 9)))
    assert order(again, 8, seed=1, epoch=3) == third
    # Another size of batches cuts the same order elsewhere.
    assert flat(order(samples, 5, seed=1, epoch=3)) == flat(third)
    assert flat(order(samples, 8, seed=1, epoch=4)) != flat(third)
    assert flat(order(samples, 8, seed=2, epoch=3)) != flat(third)


def test_images_and_labels_stay_together(numbered) -> None:
    for batch in numbered(50).batches(8, 0, 1):
        assert batch.x.reshape(-1).tolist() == batch.labels.tolist() == batch.indices.tolist()


def test_memory_is_used_again(numbered) -> None:
    samples = numbered(20)
    first, second, third = (batch.x for batch in samples.batches(8, 0, 1))
    assert np.shares_memory(first, second)
    assert np.shares_memory(first, third)
    assert [len(x) for x in (first, second, third)] == [8, 8, 4]


@pytest.mark.parametrize(
    ("count", "size", "skip_lone", "sizes"),
    [
        (9, 4, False, [4, 4, 1]),
        (9, 4, True, [4, 4]),
        (10, 4, True, [4, 4, 2]),
        (1, 4, True, [1]),
        (3, 1, True, [1, 1, 1]),
        (3, 100, True, [3]),
    ],
)
def test_a_last_batch_of_one(numbered, count, size, skip_lone, sizes) -> None:
    samples = numbered(count)
    assert [len(batch) for batch in order(samples, size, 0, 1, skip_lone=skip_lone)] == sizes
    assert samples.steps(size, skip_lone=skip_lone) == len(sizes)


def test_it_is_not_always_the_same_sample_that_is_left_out(numbered) -> None:
    samples = numbered(9)
    left = {frozenset(range(9)) - set(flat(order(samples, 4, 0, e, skip_lone=True))) for e in range(20)}
    assert len(left) > 3
