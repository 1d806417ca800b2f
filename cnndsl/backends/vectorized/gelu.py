"""GELU: f(x) = x*P(x), where P is the normal distribution and p its density."""

from __future__ import annotations

from math import pi, sqrt
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Memory
from cnndsl.backends.vectorized.elementwise import activation
from cnndsl.backends.vectorized.normal import normal


def _value(a: Any, memory: Memory, x: Array, y: Array) -> None:
    np.multiply(x, normal(memory, x), out=y)


def _slope(a: Any, memory: Memory, x: Array) -> Array:
    """P(x) + x*p(x) with p(x) = exp(-x*x/2)/sqrt(2*pi)."""
    slope = np.multiply(x, x, out=memory.scratch("slope", x.shape))
    np.multiply(slope, -0.5, out=slope)
    np.exp(slope, out=slope)
    np.multiply(slope, 1 / sqrt(2 * pi), out=slope)
    np.multiply(slope, x, out=slope)
    return np.add(slope, normal(memory, x), out=slope)


KERNELS = {"GELU": activation(_value, _slope, saves="x")}
