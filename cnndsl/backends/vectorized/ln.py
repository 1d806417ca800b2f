"""LN: layer normalization over depth (Ba and others 2016). x, y: D,H,W,B or D,B, seen as 1,D,1,P of P positions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel, Memory
from cnndsl.backends.vectorized.blocks import blocks
from cnndsl.backends.vectorized.channels import channels
from cnndsl.backends.vectorized.standard import Affine, gradients, standardized
from cnndsl.ops.ln import LN

Saved = tuple[Array, Array, Array]
"""The input, its mean, and 1/sqrt(var + eps)."""


def forward(
    a: LN, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Saved, dict[str, Array]]:
    """y[d] = scale[d]*(x[d] - mean)/sqrt(var + eps) + shift[d], the statistics of one position."""
    y = ctx.output(xs[0].shape)
    x, Y = _positions(xs[0]), _positions(y)
    mean, inverse = (ctx.save(tag, (1, 1, 1, x.shape[3])) for tag in ("mean", "inverse"))
    affine = Affine(*(params[name][None, :, None, None] for name in ("weight", "bias")))

    def work(part: slice, memory: Memory) -> None:
        for some in blocks(part, 2 * x.shape[1] * x.itemsize):
            at = (..., some)
            mean[at], inverse[at] = standardized(x[at], Y[at], affine, a.eps, memory)

    ctx.split(x.shape[3], 8 * x.size, work)
    return y, (x, mean, inverse), {}


def backward(
    a: LN, params: Mapping[str, Array], saved: Saved, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx as the mean and the deviation depend on it too; dscale = sum of dy*n, dshift = sum of dy."""
    x, mean, inverse = saved
    dx = ctx.gradient("x0", dy.shape)
    dY, dX, scale = _positions(dy), _positions(dx), params["weight"][None, :, None, None]

    def work(part: slice, memory: Memory) -> tuple[Array, Array]:
        total = np.zeros((2, 1, x.shape[1]), x.dtype)
        for some in blocks(part, 4 * x.shape[1] * x.itemsize):
            at = (..., some)
            total += gradients(x[at], mean[at], inverse[at], scale, dY[at], dX[at], memory)
        return total[0, 0], total[1, 0]

    sums = ctx.split(x.shape[3], 12 * x.size, work)
    dscale, dshift = (np.sum(found, axis=0) for found in zip(*sums, strict=True))
    return (dx,), {"weight": dscale, "bias": dshift}


def _positions(x: Array) -> Array:
    return channels(x)[None, :, None]


KERNELS = {"LN": Kernel(forward, backward, layout="lanes")}
