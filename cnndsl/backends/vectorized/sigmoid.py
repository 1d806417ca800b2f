"""SIGMOID: f(x) = 1/(1 + exp(-x))."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Memory
from cnndsl.backends.vectorized.elementwise import activation
from cnndsl.backends.vectorized.logistic import logistic


def _value(a: Any, memory: Memory, x: Array, y: Array) -> None:
    logistic(memory, x, y)


def _slope(a: Any, memory: Memory, y: Array) -> Array:
    """y*(1 - y)."""
    slope = np.subtract(1, y, out=memory.scratch("slope", y.shape))
    return np.multiply(slope, y, out=slope)


KERNELS = {"SIGMOID": activation(_value, _slope, saves="y")}
