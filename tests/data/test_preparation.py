"""What is done to pixels before a network gets them, against the formula worked out here and Pillow."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnndsl.data import preparation
from cnndsl.data.dataset import Dataset, Part
from cnndsl.data.pixels import as_images
from cnndsl.data.preparation import Preparation
from cnndsl.data.samples import prepare
from cnndsl.recipe.spec import Setting

KNOWN = Preparation((3, 4, 2), 255.0, (0.5, 0.25), (-1.0, 2.0), pad=1)


def test_pixels_are_scaled_and_shifted_and_the_pad_is_black() -> None:
    images = np.arange(48, dtype=np.uint8).reshape(2, 2, 3, 4)
    x = KNOWN.apply(images, "float64")
    assert x.shape == (2, 2, 5, 6)
    black = np.pad(images.astype(float), ((0, 0), (0, 0), (1, 1), (1, 1)))
    assert np.array_equal(x[:, 0], black[:, 0] * 0.5 - 1)
    assert np.array_equal(x[:, 1], black[:, 1] * 0.25 + 2)
    assert KNOWN.output == (5, 6, 2)


def test_resizing_is_pillows() -> None:
    image = pytest.importorskip("PIL.Image")
    pixels = np.random.default_rng(0).random((9, 7), np.float32)
    known = Preparation((9, 7, 1), 1.0, (1.0,), (0.0,), resize=(4, 5))
    wanted = np.asarray(image.fromarray(pixels).resize((5, 4), image.Resampling.BILINEAR))
    assert known.apply(pixels[None, None])[0, 0] == pytest.approx(wanted, abs=1e-5)


def test_it_is_what_the_batches_of_training_are_made_by() -> None:
    random = np.random.default_rng(1)
    images, labels = random.integers(0, 256, (20, 3, 5, 5)).astype(np.uint8), np.arange(20) % 2
    part = Part(images, labels)
    data = Dataset(name="made", train=part, test=part, classes=2, pixel_max=255, pad=2, names=("a", "b"))
    ready = prepare(data, split=0.5, normalize=Setting("auto", None), seed=3)
    kept = preparation.load(json.loads(json.dumps(ready.preparation.plain())))
    assert kept == ready.preparation
    assert (kept.size, kept.classes, kept.names) == ((5, 5, 3), 2, ("a", "b"))
    (batch,) = ready.test.in_order(20)
    assert np.array_equal(kept.apply(images), batch.x)
    trained = images[ready.train.indices] / 255
    mean, deviation = trained.mean(axis=(0, 2, 3)), trained.std(axis=(0, 2, 3))
    wanted = (images / 255 - mean[:, None, None]) / deviation[:, None, None]
    assert kept.apply(images, "float64")[:, :, 2:-2, 2:-2] == pytest.approx(wanted, abs=1e-12)


@given(
    st.floats(1e-9, 1e9),
    st.lists(st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 2), min_size=1, max_size=4),
)
def test_json_keeps_every_bit(top: float, channels: list[tuple[float, float]]) -> None:
    scale, shift = zip(*channels, strict=True)
    known = Preparation((8, 9, len(channels)), top, scale, shift, names=("a\n\u2028", "é"))
    assert preparation.load(json.loads(json.dumps(known.plain()))) == known


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"size": [3, 4]}, "size"),
        ({"size": [3, 4, 0]}, "size"),
        ({"size": [3.0, 4, 2]}, "no whole number"),
        ({"pixel_max": 0}, "pixel_max"),
        ({"scale": [1.0]}, "one number a channel"),
        ({"scale": [float("nan"), 1.0]}, "not finite"),
        ({"shift": [10**400, 1]}, "not finite"),
        ({"names": [1]}, "names"),
        ({"pad": -1}, "pad"),
        ({"more": 1}, "more"),
    ],
)
def test_what_cannot_be_is_named(change: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        preparation.load({**KNOWN.plain(), **change})
    with pytest.raises(ValueError, match="preparation"):
        preparation.load([])


GREY = Preparation((2, 3, 1), 255.0, (1.0,), (0.0,))


@pytest.mark.parametrize("shape", [(2, 3), (1, 2, 3), (2, 3, 1), (4, 2, 3), (4, 1, 2, 3), (4, 2, 3, 1)])
def test_images_are_given_in_any_of_these_forms(shape: tuple[int, ...]) -> None:
    values = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    found = as_images(values, GREY)
    assert found.shape == (found.shape[0], 1, 2, 3)
    assert np.array_equal(found.ravel(), values.ravel())


def test_colours_may_come_last() -> None:
    known = Preparation((4, 5, 3), 255.0, (1.0,) * 3, (0.0,) * 3)
    image = np.random.default_rng(0).integers(0, 256, (4, 5, 3)).astype(np.uint8)
    assert np.array_equal(as_images(image, known)[0, 2], image[:, :, 2])
    assert np.array_equal(as_images([image, image], known)[1, 0], image[:, :, 0])


def test_numbers_of_other_kinds_are_brought_to_the_scale() -> None:
    bright = np.full((2, 3), 255, np.uint8)
    unit = Preparation((2, 3, 1), 1.0, (1.0,), (0.0,))
    assert np.array_equal(as_images(bright, unit), np.ones((1, 1, 2, 3)))
    assert np.array_equal(as_images(bright > 0, GREY), np.full((1, 1, 2, 3), 255.0))
    assert np.array_equal(as_images(bright.tolist(), GREY)[0, 0], bright)
    assert np.array_equal(as_images(np.full((2, 3), -7.5), unit), np.full((1, 1, 2, 3), -7.5))


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (np.zeros((3, 2)), "3x2 is no image of 2x3x1"),
        (np.zeros((4, 3, 2, 3)), "4x3x2x3 is no image"),
        (5, "one number is no image"),
        ([[1, 2], [3]], "are no array"),
        ("text", "real numbers"),
        (np.array([[None] * 3] * 2), "real numbers, found object"),
        (np.zeros((2, 3), complex), "real numbers, found complex128"),
        (np.full((2, 3), np.nan), "image 0 has a pixel that is not a finite number"),
        (np.full((2, 3), -3), "pixels from -3 to -3, and the network was trained on pixels from 0 to 255"),
        (np.full((2, 3), 300), "from 300 to 300"),
        (np.linspace(0, 1, 6).reshape(2, 3), "from 0 to 1, and the network was trained on pixels from 0 to 255"),
    ],
)
def test_what_is_no_image_is_told(values: object, says: str, refused) -> None:
    assert says in str(refused("E809", lambda: as_images(values, GREY)))
