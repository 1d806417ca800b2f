"""GN: group normalization (Wu and He 2018). x, y: D,H,W,B or D,B, seen as G, D/G, H*W, B."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnndsl.backends.layout import samples_last
from cnndsl.backends.protocol import Array, Context, Kernel, Memory
from cnndsl.backends.vectorized.standard import Affine, gradients, standardized
from cnndsl.ops.gn import GN

Saved = tuple[Array, Array, Array]
"""The input, its mean, and 1/sqrt(var + eps)."""


def forward(
    a: GN, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Saved, dict[str, Array]]:
    """y[d] = scale[d]*(x[d] - mean)/sqrt(var + eps) + shift[d], the statistics of one sample's group."""
    y = ctx.output(xs[0].shape)
    x, Y = _groups(a, xs[0]), _groups(a, y)
    mean, inverse = (ctx.save(tag, (a.groups, 1, 1, x.shape[3])) for tag in ("mean", "inverse"))
    scale, shift = (params[name].reshape(a.groups, -1, 1, 1) for name in ("weight", "bias"))

    def work(part: slice, memory: Memory) -> None:
        for i in range(part.start, part.stop):
            g = slice(i, i + 1)
            mean[g], inverse[g] = standardized(x[g], Y[g], Affine(scale[g], shift[g]), a.eps, memory)

    ctx.split(a.groups, 8 * x.size, work)
    return y, (x, mean, inverse), {}


def backward(
    a: GN, params: Mapping[str, Array], saved: Saved, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx as the mean and the deviation depend on it too; dscale = sum of dy*n, dshift = sum of dy."""
    x, mean, inverse = saved
    dx = ctx.gradient("x0", dy.shape)
    dY, dX = _groups(a, dy), _groups(a, dx)
    scale = params["weight"].reshape(a.groups, -1, 1, 1)
    dscale, dshift = (ctx.gradient(name, params[name].shape) for name in ("weight", "bias"))
    dscales, dshifts = dscale.reshape(a.groups, -1), dshift.reshape(a.groups, -1)

    def work(part: slice, memory: Memory) -> None:
        for i in range(part.start, part.stop):
            g = slice(i, i + 1)
            dscales[g], dshifts[g] = gradients(x[g], mean[g], inverse[g], scale[g], dY[g], dX[g], memory)

    ctx.split(a.groups, 12 * x.size, work)
    return (dx,), {"weight": dscale, "bias": dshift}


def _groups(a: GN, x: Array) -> Array:
    depth, batch = x.shape[1], x.shape[0]
    return samples_last(x).reshape(a.groups, depth // a.groups, int(np.prod(x.shape[2:])), batch)


KERNELS = {"GN": Kernel(forward, backward, layout="lanes")}
