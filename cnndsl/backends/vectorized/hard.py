"""The line that stands for the logistic function: h(x) = clip(x/6 + 1/2, 0, 1)."""

from __future__ import annotations

import numpy as np

from cnndsl.backends.protocol import Array, Memory


def hard(x: Array, y: Array) -> Array:
    """y = h(x); y may lie where x does."""
    np.divide(x, 6, out=y)
    np.add(y, 0.5, out=y)
    return np.clip(y, 0, 1, out=y)


def rising(memory: Memory, x: Array) -> Array:
    """Where -3 < x < 3."""
    found = np.greater(x, -3, out=memory.scratch("rising", x.shape, bool))
    return np.logical_and(found, np.less(x, 3, out=memory.scratch("below", x.shape, bool)), out=found)
