"""RELU: f(x) = max(0, x)."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Memory
from cnndsl.backends.vectorized.elementwise import activation


def _value(a: Any, memory: Memory, x: Array, y: Array) -> None:
    np.maximum(x, 0, out=y)


def _slope(a: Any, memory: Memory, y: Array) -> Array:
    """1 where y > 0, else 0."""
    return np.greater(y, 0, out=memory.scratch("slope", y.shape))


KERNELS = {"RELU": activation(_value, _slope, saves="y")}
