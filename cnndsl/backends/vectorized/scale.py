"""SCALE: y = w*x, a learned factor for each channel."""

from __future__ import annotations

from cnndsl.backends.protocol import Array, Memory
from cnndsl.backends.vectorized.factors import learned


def _factor(w: Array, x: Array, memory: Memory) -> Array:
    return w[:, None]


def _share(x: Array, memory: Memory) -> Array:
    return x


KERNELS = {"SCALE": learned(_factor, _share)}
