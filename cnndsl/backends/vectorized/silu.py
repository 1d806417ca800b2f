"""SILU: f(x) = x*s(x), s(x) = 1/(1 + exp(-x))."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Memory
from cnndsl.backends.vectorized.elementwise import activation
from cnndsl.backends.vectorized.logistic import logistic


def _value(a: Any, memory: Memory, x: Array, y: Array) -> None:
    np.multiply(x, logistic(memory, x, memory.scratch("s", x.shape)), out=y)


def _slope(a: Any, memory: Memory, x: Array) -> Array:
    """s + x*s*(1 - s) = s*(1 + x*(1 - s))."""
    s = logistic(memory, x, memory.scratch("s", x.shape))
    slope = np.subtract(1, s, out=memory.scratch("slope", x.shape))
    np.multiply(slope, x, out=slope)
    np.add(slope, 1, out=slope)
    return np.multiply(slope, s, out=slope)


KERNELS = {"SILU": activation(_value, _slope, saves="x")}
