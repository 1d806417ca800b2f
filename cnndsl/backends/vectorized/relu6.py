"""RELU6: f(x) = min(max(0, x), 6)."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Memory
from cnndsl.backends.vectorized.elementwise import activation


def _value(a: Any, memory: Memory, x: Array, y: Array) -> None:
    np.maximum(x, 0, out=y)
    np.minimum(y, 6, out=y)


def _slope(a: Any, memory: Memory, y: Array) -> Array:
    """1 where 0 < y < 6, else 0."""
    below = np.less(y, 6, out=memory.scratch("below", y.shape, bool))
    slope = np.greater(y, 0, out=memory.scratch("slope", y.shape))
    return np.multiply(slope, below, out=slope)


KERNELS = {"RELU6": activation(_value, _slope, saves="y")}
