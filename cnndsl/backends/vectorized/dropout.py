"""DROPOUT: inverted dropout; nothing happens outside training."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.ops.dropout import Dropout


def forward(
    a: Dropout, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array | None, dict[str, Array]]:
    """y = x/(1 - p) where a uniform number is at least p, else 0. Saves that mask."""
    (x,) = xs
    if not ctx.training:
        return x, None, {}
    keep = np.greater_equal(ctx.uniform(x.shape), a.rate, out=ctx.save("keep", x.shape, bool))
    y = np.divide(x, 1 - a.rate, out=ctx.output(x.shape))
    np.multiply(y, keep, out=y)
    return y, keep, {}


def backward(
    a: Dropout, params: Mapping[str, Array], keep: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx = dy/(1 - p) where kept, else 0."""
    dx = np.divide(dy, 1 - a.rate, out=ctx.gradient("x0", dy.shape))
    np.multiply(dx, keep, out=dx)
    return (dx,), {}


KERNELS = {"DROPOUT": Kernel(forward, backward)}
