"""MUL: the product of the branches, value by value.

x0, x1, ..., y: D, H, W, or D for vectors, which join as D, 1, 1; an x of D, 1, 1 stands for D, H, W with one value a
channel.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel


def forward(
    a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, tuple[Array, ...], dict[str, Array]]:
    """y[d, i, j] = x0[d, i, j] * x1[d, i, j] * ..."""
    y = np.ones((len(xs[0]), *ctx.node.type.shape), xs[0].dtype)
    for x in xs:
        y *= _spread(x, y)
    return y, xs, {}


def backward(
    a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], dy: Array, ctx: Context
) -> tuple[tuple[Array, ...], dict[str, Array]]:
    """dx0[d, i, j] = dy[d, i, j] * x1[d, i, j] * x2[d, i, j] * ...: dy times all the others

    Where x0 has one value a channel, dx0[d] is the sum of this over i and j.
    """
    dxs = []
    for index, x in enumerate(xs):
        dx = dy.copy()
        for other in (*xs[:index], *xs[index + 1 :]):
            dx *= _spread(other, dy)
        if _spread(x, dy).shape != dy.shape:
            dx = dx.sum(axis=(2, 3))
        dxs.append(dx.reshape(x.shape))
    return tuple(dxs), {}


def _spread(x: Array, y: Array) -> Array:
    """x with as many axes as y: a vector beside maps has one value a channel."""
    return x.reshape(*x.shape, 1, 1) if x.ndim < y.ndim else x


KERNELS = {"MUL": Kernel(forward, backward)}
