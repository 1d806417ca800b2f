"""How pixels are shifted and scaled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array

CHUNK = 1 << 22


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """What is done to a channel's pixels: x = pixel*scale + shift. One of each a channel, float64."""

    scale: Array
    shift: Array


def moments(images: Array, indices: Array, pixel_max: float) -> tuple[Array, Array]:
    """Mean and deviation (divided by the count) of each channel's pixels, over `pixel_max`, of the samples named.

    Sums of bytes are exact, and floating numbers are counted from their first pixel, so that the deviation of equal
    pixels is 0 and not a rounding error.
    """
    measure = _bytes if images.dtype == np.uint8 else _floats
    found = [measure(images[:, channel], indices) for channel in range(images.shape[1])]
    mean, deviation = np.array(found).T / pixel_max
    return mean, deviation


def _chunks(plane: Array, indices: Array) -> Iterator[Array]:
    step = max(1, CHUNK // plane[0].size)
    return (plane[indices[start : start + step]] for start in range(0, len(indices), step))


def _bytes(plane: Array, indices: Array) -> tuple[float, float]:
    counts = np.zeros(256, np.int64)
    for chunk in _chunks(plane, indices):
        counts += np.bincount(chunk.reshape(-1), minlength=256)
    histogram = counts.tolist()
    count, total = sum(histogram), sum(value * n for value, n in enumerate(histogram))
    squares = sum(value * value * n for value, n in enumerate(histogram))
    return total / count, sqrt(count * squares - total * total) / count


def _floats(plane: Array, indices: Array) -> tuple[float, float]:
    count, origin = len(indices) * plane[0].size, float(plane[indices[0]].flat[0])
    offset = sum(float((chunk - np.float64(origin)).sum()) for chunk in _chunks(plane, indices)) / count
    squares = sum(float(((chunk - np.float64(origin) - offset) ** 2).sum()) for chunk in _chunks(plane, indices))
    return origin + offset, sqrt(squares / count)


def _auto(attrs: Any, images: Array, indices: Array, pixel_max: float) -> Scaling:
    mean, deviation = moments(images, indices, pixel_max)
    deviation[deviation == 0] = 1
    return Scaling(1 / (pixel_max * deviation), -mean / deviation)


def _none(attrs: Any, images: Array, indices: Array, pixel_max: float) -> Scaling:
    depth = images.shape[1]
    return Scaling(np.full(depth, 1 / pixel_max), np.zeros(depth))


def _given(attrs: Any, images: Array, indices: Array, pixel_max: float) -> Scaling:
    depth = images.shape[1]
    mean, deviation = (np.broadcast_to(np.array(n, float), depth) for n in (attrs.mean, attrs.deviation))
    return Scaling(1 / (pixel_max * deviation), -mean / deviation)


SCALINGS: Mapping[str, Callable[[Any, Array, Array, float], Scaling]] = {
    "auto": _auto,
    "none": _none,
    "mean": _given,
    "": _given,
}
"""Word of the recipe's `normalize` to what it does: from its arguments, images, indices of those trained on, and pixel
maximum."""
