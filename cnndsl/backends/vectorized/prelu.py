"""PRELU: f(x) = x above 0, w*x below, a slope w for each channel."""

from __future__ import annotations

import numpy as np

from cnndsl.backends.protocol import Array, Memory
from cnndsl.backends.vectorized.factors import learned


def _slopes(w: Array, x: Array, memory: Memory) -> Array:
    """1 where x > 0, w elsewhere."""
    above = np.greater(x, 0, out=memory.scratch("above", x.shape, bool))
    slopes = memory.scratch("slopes", x.shape)
    slopes[...] = w[:, None]
    np.copyto(slopes, 1, where=above)
    return slopes


def _below(x: Array, memory: Memory) -> Array:
    """min(x, 0)."""
    return np.minimum(x, 0, out=memory.scratch("below", x.shape))


KERNELS = {"PRELU": learned(_slopes, _below)}
