"""HSWISH: f(x) = x*h(x) with h(x) = clip(x/6 + 1/2, 0, 1)."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Memory
from cnndsl.backends.vectorized.elementwise import activation
from cnndsl.backends.vectorized.hard import hard, rising


def _value(a: Any, memory: Memory, x: Array, y: Array) -> None:
    np.multiply(x, hard(x, memory.scratch("h", x.shape)), out=y)


def _slope(a: Any, memory: Memory, x: Array) -> Array:
    """h(x) + x/6 where -3 < x < 3, h(x) elsewhere."""
    bent = np.divide(x, 6, out=memory.scratch("bent", x.shape))
    np.multiply(bent, rising(memory, x), out=bent)
    return np.add(bent, hard(x, memory.scratch("h", x.shape)), out=bent)


KERNELS = {"HSWISH": activation(_value, _slope, saves="x")}
