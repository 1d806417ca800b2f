"""Images brought to another size: bilinear between points in the middle of pixels, over all pixels when they shrink."""

from __future__ import annotations

import numpy as np

from cnndsl.backends.protocol import Array


def weights(old: int, new: int) -> Array:
    """new,old of float64: what each of `old` pixels gives to each of `new` along one axis. Rows sum to 1.

    Pixel i lies at (i + 1/2)*old/new - 1/2 of the old ones, and each of these weighs by its nearness: 1 where it lies
    itself, falling evenly to 0 one pixel away, or old/new pixels away where the image shrinks, so that every pixel has
    its part. What lies outside has no weight. Growing, it is `bilinear` of UPSAMPLE; shrinking, BILINEAR of Pillow.
    """
    step = old / new
    at = (np.arange(new) + 0.5) * step - 0.5
    near = 1 - np.abs(at[:, np.newaxis] - np.arange(old)) / max(step, 1)
    found: Array = np.maximum(0, near)
    found /= found.sum(axis=1, keepdims=True)
    return found


class Resizer:
    """Brings images N, D, h, w of floating numbers to N, D, H, W of the same type."""

    def __init__(self, old: tuple[int, int], new: tuple[int, int], dtype: str):
        self._rows, self._columns = (weights(a, b).astype(dtype) for a, b in zip(old, new, strict=True))
        self._wide: Array = np.empty(0, dtype)

    def __call__(self, images: Array, out: Array) -> None:
        """Writes into `out`: rows R and columns C make R x C^T of an image x."""
        count, depth, height, _ = images.shape
        shape = (count, depth, height, len(self._columns))
        if len(self._wide) < count:
            self._wide = np.empty(shape, self._columns.dtype)
        wide = self._wide[:count]
        np.matmul(images, self._columns.T, out=wide)
        np.matmul(self._rows, wide, out=out)
