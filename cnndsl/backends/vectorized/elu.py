"""ELU: f(x) = x above 0, a*(exp(x) - 1) below."""

from __future__ import annotations

import numpy as np

from cnndsl.backends.protocol import Array, Memory
from cnndsl.backends.vectorized.elementwise import activation
from cnndsl.ops.elu import Elu


def _value(a: Elu, memory: Memory, x: Array, y: Array) -> None:
    """The exponential is asked only where x < 0, so that nothing overflows."""
    above = np.greater(x, 0, out=memory.scratch("above", x.shape, bool))
    bent = np.minimum(x, 0, out=memory.scratch("bent", x.shape))
    np.expm1(bent, out=bent)
    np.multiply(bent, a.alpha, out=bent)
    np.copyto(bent, x, where=above)
    np.copyto(y, bent)


def _slope(a: Elu, memory: Memory, x: Array) -> Array:
    """1 where x > 0, a*exp(x) elsewhere."""
    slope = np.minimum(x, 0, out=memory.scratch("slope", x.shape))
    np.exp(slope, out=slope)
    np.multiply(slope, a.alpha, out=slope)
    np.copyto(slope, 1, where=np.greater(x, 0, out=memory.scratch("above", x.shape, bool)))
    return slope


KERNELS = {"ELU": activation(_value, _slope, saves="x")}
