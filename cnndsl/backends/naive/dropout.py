"""DROPOUT: inverted dropout (Srivastava and others 2014). x, y: any one shape."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.ops.dropout import Dropout


def forward(
    a: Dropout, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array | None, dict[str, Array]]:
    """y = x/(1 - p) where the value's random number u is at least p, else 0; outside training y = x.

    Saves where u >= p.
    """
    (x,) = xs
    if not ctx.training:
        return x, None, {}
    kept = ctx.uniform(x.shape) >= a.rate
    y = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        if kept[index]:
            y[index] = x[index] / (1 - a.rate)
    return y, kept, {}


def backward(
    a: Dropout, params: Mapping[str, Array], kept: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx = dy/(1 - p) where u >= p, else 0."""
    dx = np.zeros_like(dy)
    for index in np.ndindex(dy.shape):
        if kept[index]:
            dx[index] = dy[index] / (1 - a.rate)
    return (dx,), {}


KERNELS = {"DROPOUT": Kernel(forward, backward)}
