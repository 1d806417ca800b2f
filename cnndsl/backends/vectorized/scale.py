"""SCALE: a learned factor for each channel. x, y: D,H,W,B or D,B, seen as D,P; w: D."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel, Memory
from cnndsl.backends.vectorized.blocks import blocks
from cnndsl.backends.vectorized.channels import channels


def forward(
    a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """y[d] = w[d]*x[d]. Saves x."""
    y = ctx.output(xs[0].shape)
    x, Y, w = channels(xs[0]), channels(y), params["weight"]

    def work(part: slice, memory: Memory) -> None:
        np.multiply(x[part], w[part, None], out=Y[part])

    ctx.split(len(x), 2 * x.size, work)
    return y, x, {}


def backward(
    a: Any, params: Mapping[str, Array], x: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array | None], dict[str, Array]]:
    """dx[d] = w[d]*dy[d]; dw[d] = sum of dy[d]*x[d]."""
    w, dY = params["weight"], channels(dy)
    dw = ctx.gradient("weight", w.shape)
    dx = ctx.gradient("x0", dy.shape) if ctx.wanted[0] else None
    dX = None if dx is None else channels(dx)

    def work(part: slice, memory: Memory) -> None:
        for some in blocks(part, x[0].nbytes):
            products = np.multiply(dY[some], x[some], out=memory.scratch("products", x[some].shape))
            np.sum(products, axis=1, out=dw[some])
            if dX is not None:
                np.multiply(dY[some], w[some, None], out=dX[some])

    ctx.split(len(x), 4 * x.size, work)
    return (dx,), {"weight": dw}


KERNELS = {"SCALE": Kernel(forward, backward, layout="lanes")}
