"""TANH: f(x) = tanh(x)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel, Memory
from cnndsl.backends.vectorized.elementwise import each_block


def forward(
    a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """y = tanh(x); x and y have one shape. Saves y."""
    (x,) = xs
    y = ctx.output(x.shape)
    each_block(ctx, lambda _, x, y: np.tanh(x, out=y), x, y)
    return y, y, {}


def backward(
    a: Any, params: Mapping[str, Array], y: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx = dy * (1 - y**2)."""
    dx = ctx.gradient("x0", dy.shape)
    each_block(ctx, _gradient, y, dy, dx)
    return (dx,), {}


def _gradient(memory: Memory, y: Array, dy: Array, dx: Array) -> None:
    slope = np.multiply(y, y, out=memory.scratch("slope", y.shape))
    np.subtract(1, slope, out=slope)
    np.multiply(dy, slope, out=dx)


KERNELS = {"TANH": Kernel(forward, backward, layout="either")}
