"""LEAKY: f(x) = x above 0, a*x below."""

from __future__ import annotations

import numpy as np

from cnndsl.backends.protocol import Array, Memory
from cnndsl.backends.vectorized.elementwise import activation
from cnndsl.ops.leaky import Leaky


def _value(a: Leaky, memory: Memory, x: Array, y: Array) -> None:
    np.multiply(x, _slope(a, memory, x), out=y)


def _slope(a: Leaky, memory: Memory, x: Array) -> Array:
    """1 where x > 0, a elsewhere."""
    slope = memory.scratch("slope", x.shape)
    slope.fill(a.slope)
    np.copyto(slope, 1, where=np.greater(x, 0, out=memory.scratch("above", x.shape, bool)))
    return slope


KERNELS = {"LEAKY": activation(_value, _slope, saves="x")}
