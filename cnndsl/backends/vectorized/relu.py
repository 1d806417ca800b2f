"""RELU: f(x) = max(0, x)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel, Memory
from cnndsl.backends.vectorized.elementwise import each_block


def forward(
    a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """y = max(0, x); x and y have one shape. Saves y."""
    (x,) = xs
    y = ctx.output(x.shape)
    each_block(ctx, lambda _, x, y: np.maximum(x, 0, out=y), x, y)
    return y, y, {}


def backward(
    a: Any, params: Mapping[str, Array], y: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx = dy where y > 0, else 0."""
    dx = ctx.gradient("x0", dy.shape)
    each_block(ctx, _gradient, y, dy, dx)
    return (dx,), {}


def _gradient(memory: Memory, y: Array, dy: Array, dx: Array) -> None:
    active = np.greater(y, 0, out=memory.scratch("active", y.shape))
    np.multiply(dy, active, out=dx)


KERNELS = {"RELU": Kernel(forward, backward, layout="either")}
