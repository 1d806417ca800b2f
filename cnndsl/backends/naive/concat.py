"""CONCAT: the branches stacked along depth. xs: D0, H, W and D1, H, W and so on; y: D0 + D1 + ..., H, W.

A vector among maps stands for D, 1, 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel


def forward(
    a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, None, dict[str, Array]]:
    """y[d] = x0[d] for the first D0 channels, then y[D0 + d] = x1[d], and so on."""
    y = np.empty((len(xs[0]), *ctx.node.type.shape), xs[0].dtype)
    start = 0
    for x in xs:
        stop = start + x.shape[1]
        y[:, start:stop] = x.reshape(len(x), x.shape[1], *y.shape[2:])
        start = stop
    return y, None, {}


def backward(
    a: Any, params: Mapping[str, Array], saved: None, dy: Array, ctx: Context
) -> tuple[tuple[Array, ...], dict[str, Array]]:
    """dx0[d] = dy[d] for the first D0 channels, then dx1[d] = dy[D0 + d], and so on."""
    dxs = []
    start = 0
    for x in ctx.inputs:
        stop = start + x.depth
        dxs.append(dy[:, start:stop].reshape(len(dy), *x.shape).copy())
        start = stop
    return tuple(dxs), {}


KERNELS = {"CONCAT": Kernel(forward, backward)}
