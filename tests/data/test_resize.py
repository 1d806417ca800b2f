"""Resizing: numbers worked by hand, Pillow's own BILINEAR, and UPSAMPLE's definition."""

from __future__ import annotations

import numpy as np
import pytest

import cnndsl
from cnndsl.data.dataset import Dataset, Part
from cnndsl.data.resize import Resizer, weights
from cnndsl.data.samples import prepare
from cnndsl.data.sets import load
from cnndsl.recipe.facts import Facts
from cnndsl.recipe.spec import Setting
from cnndsl.testing.build import Net
from tests.backends.support import program

SIZES = [
    ((5, 7), (5, 7)),
    ((5, 7), (10, 14)),
    ((8, 8), (3, 5)),
    ((9, 4), (1, 1)),
    ((1, 1), (4, 3)),
    ((28, 28), (32, 20)),
]


def test_by_hand() -> None:
    # Twice as many: cells lie at -1/4, 1/4, 3/4, 5/4 of the two there were; beyond the outermost there is only that.
    np.testing.assert_allclose(weights(2, 4), [[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]], atol=1e-15)
    # Half as many: cells lie at 1/2 and 5/2, and nearness falls to 0 in two pixels: 3/4, 3/4, 1/4 of the first three.
    np.testing.assert_allclose(weights(4, 2), np.array([[3, 3, 1, 0], [0, 1, 3, 3]]) / 7, atol=1e-15)
    np.testing.assert_array_equal(weights(3, 3), np.eye(3))
    # One of three: it lies on the middle one, and nearness falls to 0 in three pixels: 2/3, 1, 2/3.
    np.testing.assert_allclose(weights(3, 1), [[2 / 7, 3 / 7, 2 / 7]], atol=1e-15)


@pytest.mark.parametrize(("old", "new"), SIZES)
def test_as_pillow_does_it(old, new) -> None:
    image = pytest.importorskip("PIL.Image")
    x = np.random.default_rng(0).random(old).astype(np.float32)
    height, width = new
    expected = np.asarray(image.fromarray(x).resize((width, height), image.Resampling.BILINEAR))
    out = np.empty((1, 1, height, width), np.float32)
    Resizer(old, new, "float32")(x[np.newaxis, np.newaxis], out)
    np.testing.assert_allclose(out[0, 0], expected, atol=1e-6)


def test_growing_is_upsample_bilinear() -> None:
    net = Net(3, 4, 2)
    net("UPSAMPLE", factor=(2, 3), method="bilinear")
    x = np.random.default_rng(0).random((2, 2, 3, 4))
    (expected,) = program("naive", net.graph()).forward({}, x).outputs.values()
    out = np.empty((2, 2, 6, 12))
    Resizer((3, 4), (6, 12), "float64")(x, out)
    np.testing.assert_allclose(out, expected, atol=1e-15)


@pytest.mark.parametrize(("old", "new"), SIZES)
def test_even_images_stay_even(old, new) -> None:
    out = np.empty((2, 3, *new), np.float32)
    Resizer(old, new, "float32")(np.full((2, 3, *old), 0.7, np.float32), out)
    np.testing.assert_allclose(out, 0.7, rtol=1e-6)


def test_a_batch_is_padded_then_resized_then_normalized() -> None:
    """By the definition: bytes over 255, pad, resize; then the mean and deviation of the bytes before padding."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (6, 2, 5, 4), np.uint8)
    part = Part(images, np.arange(6) % 2)
    data = Dataset(name="a", train=part, test=part, classes=2, pixel_max=255, pad=2, resize=(7, 12))
    assert data.facts == Facts((7, 12, 2), 2, resized=True)
    ready = prepare(data, split=1, normalize=Setting("auto", None), seed=0, dtype="float64")
    pixels = images / 255
    padded = np.pad(pixels, ((0, 0), (0, 0), (2, 2), (2, 2)))
    resized = np.einsum("yh,ndhw,xw->ndyx", weights(9, 7), padded, weights(8, 12))
    mean, deviation = (f(pixels, axis=(0, 2, 3), keepdims=True) for f in (np.mean, np.std))
    found = [batch.x.copy() for batch in ready.test.in_order(4)]
    assert [x.shape for x in found] == [(4, 2, 7, 12), (2, 2, 7, 12)]
    np.testing.assert_allclose(np.concatenate(found), (resized - mean) / deviation, rtol=0, atol=1e-12)


@pytest.mark.parametrize("resize", [None, (8, 8)])
def test_the_size_that_images_have_changes_nothing(data_setting, resize) -> None:
    digits = load(data_setting("digits", resize=resize), None)
    plain = load(data_setting("digits"), None)
    one, two = (prepare(d, split=0.9, normalize=Setting("auto", None), seed=0).test for d in (digits, plain))
    np.testing.assert_array_equal(next(iter(one.in_order(9))).x, next(iter(two.in_order(9))).x)


def test_training_on_resized_images() -> None:
    program = "INPUT 16x12x1\nFC 10\ntrain { data digits resize 16x12; epochs 8 }"
    assert cnndsl.train(cnndsl.loads(program)).test.test_accuracy > 0.83  # 0.875 as they are
