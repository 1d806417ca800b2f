"""SOFTMAX: y = exp(x) / sum(exp(x)) over the depth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel


def forward(
    a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """x, y: B,D or B,D,H,W. The largest x is taken off first, so that exp cannot overflow. Saves y."""
    (x,) = xs
    y = ctx.output(x.shape)
    total = ctx.scratch("total", (x.shape[0], 1, *x.shape[2:]))
    np.max(x, axis=1, keepdims=True, out=total)
    np.subtract(x, total, out=y)
    np.exp(y, out=y)
    np.sum(y, axis=1, keepdims=True, out=total)
    np.divide(y, total, out=y)
    return y, y, {}


def backward(
    a: Any, params: Mapping[str, Array], y: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx = y * (dy - sum(dy*y)), the sum over the depth."""
    dx = np.multiply(dy, y, out=ctx.gradient("x0", dy.shape))
    total = ctx.scratch("total", (y.shape[0], 1, *y.shape[2:]))
    np.sum(dx, axis=1, keepdims=True, out=total)
    np.subtract(dy, total, out=dx)
    np.multiply(dx, y, out=dx)
    return (dx,), {}


KERNELS = {"SOFTMAX": Kernel(forward, backward)}
