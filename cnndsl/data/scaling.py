"""How pixels are shifted and scaled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.data.rows import CHUNK, Rows, chunks, rows


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """What is done to a channel's pixels: x = pixel*scale + shift. One of each a channel, float64."""

    scale: Array
    shift: Array


def moments(images: Rows | Array, indices: Array, pixel_max: float) -> tuple[Array, Array]:
    """Mean and deviation (divided by the count) of each channel's pixels, over `pixel_max`, of the samples named.

    One pass. Sums of bytes are exact, and floating numbers are counted from their first pixel, so that the deviation of
    equal pixels is 0 and not a rounding error.
    """
    found = rows(images)
    measure = _bytes if found.dtype == np.uint8 else _floats
    mean, deviation = np.array(measure(found, indices)).T / pixel_max
    return mean, deviation


def _bytes(images: Rows, indices: Array) -> list[tuple[float, float]]:
    totals, squares = [0] * images.shape[1], [0] * images.shape[1]
    count = len(indices) * images.shape[2] * images.shape[3]
    for chunk in chunks(images, indices, CHUNK):
        for channel in range(images.shape[1]):
            pixels = chunk[:, channel].astype(np.float32).reshape(-1)
            whole = len(pixels) // EXACT * EXACT
            for part in (pixels[:whole].reshape(-1, EXACT), pixels[np.newaxis, whole:]):
                totals[channel] += int(part.sum(axis=1).sum(dtype=np.float64))
                squares[channel] += int(np.einsum("ij,ij->i", part, part).sum(dtype=np.float64))
    return [(t / count, sqrt(count * s - t * t) / count) for t, s in zip(totals, squares, strict=True)]


EXACT = 256
"""So many squares of bytes add up to less than 2^24, the last whole number before which float32 rounds nothing."""


def _floats(images: Rows, indices: Array) -> list[tuple[float, float]]:
    """Chunks are joined as in equation 1.5 of Chan, Golub and LeVeque, Updating formulae and a pairwise algorithm for
    computing sample variances, 1979."""
    origin: Array | None = None
    mean = squares = np.zeros(images.shape[1])
    before = 0
    for chunk in chunks(images, indices, CHUNK):
        if origin is None:
            origin = chunk[0, :, 0, 0].astype(np.float64)
        pixels = chunk - origin[:, np.newaxis, np.newaxis]
        count, own = pixels[:, 0].size, pixels.mean(axis=(0, 2, 3))
        pixels -= own[:, np.newaxis, np.newaxis]
        pixels *= pixels
        apart, all_ = own - mean, before + count
        squares = squares + pixels.sum(axis=(0, 2, 3)) + apart**2 * (before * count / all_)
        mean, before = mean + apart * (count / all_), all_
    assert origin is not None
    return list(zip((origin + mean).tolist(), np.sqrt(squares / before).tolist(), strict=True))


def _auto(attrs: Any, images: Rows | Array, indices: Array, pixel_max: float) -> Scaling:
    mean, deviation = moments(images, indices, pixel_max)
    deviation[deviation == 0] = 1
    return Scaling(1 / (pixel_max * deviation), -mean / deviation)


def _none(attrs: Any, images: Rows | Array, indices: Array, pixel_max: float) -> Scaling:
    depth = images.shape[1]
    return Scaling(np.full(depth, 1 / pixel_max), np.zeros(depth))


def _given(attrs: Any, images: Rows | Array, indices: Array, pixel_max: float) -> Scaling:
    depth = images.shape[1]
    mean, deviation = (np.broadcast_to(np.array(n, float), depth) for n in (attrs.mean, attrs.deviation))
    return Scaling(1 / (pixel_max * deviation), -mean / deviation)


SCALINGS: Mapping[str, Callable[[Any, Rows, Array, float], Scaling]] = {
    "auto": _auto,
    "none": _none,
    "mean": _given,
    "": _given,
}
"""Word of the recipe's `normalize` to what it does: from its arguments, images, indices of those trained on, and pixel
maximum."""
