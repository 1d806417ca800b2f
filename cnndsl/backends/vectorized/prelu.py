"""PRELU: f(x) = x above 0, w*x below, a slope w for each channel. x, y: D,H,W,B or D,B, seen as D,P; w: D."""

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
    """y[d] = x[d]*s[d] with s[d] = 1 where x[d] > 0, w[d] elsewhere. Saves x."""
    y = ctx.output(xs[0].shape)
    x, Y, w = channels(xs[0]), channels(y), params["weight"]

    def work(part: slice, memory: Memory) -> None:
        for some in blocks(part, 2 * x[0].nbytes):
            np.multiply(x[some], _slopes(w[some], x[some], memory), out=Y[some])

    ctx.split(len(x), 4 * x.size, work)
    return y, x, {}


def backward(
    a: Any, params: Mapping[str, Array], x: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array | None], dict[str, Array]]:
    """dx[d] = dy[d]*s[d]; dw[d] = sum of dy[d]*x[d] where x[d] is not above 0."""
    w, dY = params["weight"], channels(dy)
    dw = ctx.gradient("weight", w.shape)
    dx = ctx.gradient("x0", dy.shape) if ctx.wanted[0] else None
    dX = None if dx is None else channels(dx)

    def work(part: slice, memory: Memory) -> None:
        for some in blocks(part, 3 * x[0].nbytes):
            below = np.minimum(x[some], 0, out=memory.scratch("below", x[some].shape))
            np.multiply(below, dY[some], out=below)
            np.sum(below, axis=1, out=dw[some])
            if dX is not None:
                np.multiply(dY[some], _slopes(w[some], x[some], memory), out=dX[some])

    ctx.split(len(x), 6 * x.size, work)
    return (dx,), {"weight": dw}


def _slopes(w: Array, x: Array, memory: Memory) -> Array:
    """s, in scratch memory."""
    above = np.greater(x, 0, out=memory.scratch("above", x.shape, bool))
    slopes = memory.scratch("slopes", x.shape)
    slopes[...] = w[:, None]
    np.copyto(slopes, 1, where=above)
    return slopes


KERNELS = {"PRELU": Kernel(forward, backward, layout="lanes")}
