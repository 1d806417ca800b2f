"""SOFTPLUS: f(x) = log(1 + exp(x))."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Memory
from cnndsl.backends.vectorized.elementwise import activation
from cnndsl.backends.vectorized.logistic import logistic


def _value(a: Any, memory: Memory, x: Array, y: Array) -> None:
    """max(0, x) + log(1 + exp(-|x|)), which overflows nowhere."""
    bent = np.abs(x, out=memory.scratch("bent", x.shape))
    np.negative(bent, out=bent)
    np.exp(bent, out=bent)
    np.log1p(bent, out=bent)
    np.maximum(x, 0, out=y)
    np.add(y, bent, out=y)


def _slope(a: Any, memory: Memory, x: Array) -> Array:
    """1/(1 + exp(-x))."""
    return logistic(memory, x, memory.scratch("slope", x.shape))


KERNELS = {"SOFTPLUS": activation(_value, _slope, saves="x")}
