"""SIGMOID: f(x) = 1 / (1 + exp(-x))."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel, Memory
from cnndsl.backends.vectorized.elementwise import each_block


def forward(
    a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """x and y have one shape. Saves y."""
    (x,) = xs
    y = ctx.output(x.shape)
    each_block(ctx, _values, x, y)
    return y, y, {}


def _values(memory: Memory, x: Array, y: Array) -> None:
    """y = t/(1 + t) below 0 and 1/(1 + t) above, with t = exp(-|x|), which cannot overflow."""
    positive = np.greater_equal(x, 0, out=memory.scratch("positive", x.shape, bool))
    np.abs(x, out=y)
    np.negative(y, out=y)
    np.exp(y, out=y)
    divisor = np.add(y, 1, out=memory.scratch("divisor", x.shape))
    np.maximum(y, positive, out=y)
    np.divide(y, divisor, out=y)


def backward(
    a: Any, params: Mapping[str, Array], y: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx = dy * y*(1 - y)."""
    dx = ctx.gradient("x0", dy.shape)
    each_block(ctx, _gradient, y, dy, dx)
    return (dx,), {}


def _gradient(memory: Memory, y: Array, dy: Array, dx: Array) -> None:
    slope = np.subtract(1, y, out=memory.scratch("slope", y.shape))
    np.multiply(slope, y, out=slope)
    np.multiply(dy, slope, out=dx)


KERNELS = {"SIGMOID": Kernel(forward, backward, layout="either")}
