"""The logistic function s(x) = 1/(1 + exp(-x))."""

from __future__ import annotations

import numpy as np

from cnndsl.backends.protocol import Array, Memory


def logistic(memory: Memory, x: Array, y: Array) -> Array:
    """y = s(x), as t/(1 + t) below 0 and 1/(1 + t) above with t = exp(-|x|), which cannot overflow. y may lie where x
    does."""
    positive = np.greater_equal(x, 0, out=memory.scratch("positive", x.shape, bool))
    np.abs(x, out=y)
    np.negative(y, out=y)
    np.exp(y, out=y)
    divisor = np.add(y, 1, out=memory.scratch("divisor", x.shape))
    np.maximum(y, positive, out=y)
    return np.divide(y, divisor, out=y)
