"""RELU: f(x) = max(0, x)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel


def forward(
    a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """y = max(0, x); x and y have one shape. Saves y."""
    (x,) = xs
    y = np.maximum(x, 0, out=ctx.output(x.shape))
    return y, y, {}


def backward(
    a: Any, params: Mapping[str, Array], y: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx = dy where y > 0, else 0."""
    dx = ctx.gradient("x0", dy.shape)
    np.greater(y, 0, out=dx)
    np.multiply(dy, dx, out=dx)
    return (dx,), {}


KERNELS = {"RELU": Kernel(forward, backward)}
