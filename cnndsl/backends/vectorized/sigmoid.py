"""SIGMOID: f(x) = 1 / (1 + exp(-x))."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel


def forward(
    a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """y = t/(1 + t) below 0 and 1/(1 + t) above, with t = exp(-|x|), which cannot overflow. Saves y."""
    (x,) = xs
    y = np.abs(x, out=ctx.output(x.shape))
    np.negative(y, out=y)
    np.exp(y, out=y)
    divisor = np.add(y, 1, out=ctx.scratch("divisor", x.shape))
    positive = np.greater_equal(x, 0, out=ctx.scratch("positive", x.shape, bool))
    np.maximum(y, positive, out=y)
    np.divide(y, divisor, out=y)
    return y, y, {}


def backward(
    a: Any, params: Mapping[str, Array], y: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx = dy * y*(1 - y)."""
    dx = np.subtract(1, y, out=ctx.gradient("x0", dy.shape))
    np.multiply(dx, y, out=dx)
    np.multiply(dx, dy, out=dx)
    return (dx,), {}


KERNELS = {"SIGMOID": Kernel(forward, backward)}
