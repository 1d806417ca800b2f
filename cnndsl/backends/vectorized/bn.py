"""BN: batch normalization (Ioffe and Szegedy 2015).

Shapes: x, y: D,H,W,B or D,B, seen as D,P with a channel's values in one run; everything else: D.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel, Memory
from cnndsl.backends.vectorized.blocks import blocks
from cnndsl.backends.vectorized.channels import channels
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.ops.bn import BN


class Saved(NamedTuple):
    """What backward needs: the input, its mean, and 1/sqrt(var + eps)."""

    x: Array
    mean: Array
    inverse: Array


def forward(
    a: BN, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Saved | None, dict[str, Array]]:
    """y = scale*(x - mean)/sqrt(var + eps) + shift, with the batch's mean and variance or the running ones."""
    y = ctx.output(xs[0].shape)
    x, Y = channels(xs[0]), channels(y)
    if not ctx.training:
        mean, inverse = params["running_mean"], _inverse(a, params["running_var"])
        _normalize(a, params, x, mean, inverse, Y, ctx)
        return y, None, {}
    depth, count = x.shape
    if count < 2:
        raise CnnError(Diagnostic("E810", f"{ctx.node.name} is given one value a channel, which has no variance"))
    mean, var = np.empty(depth, x.dtype), np.empty(depth, x.dtype)

    def work(part: slice, memory: Memory) -> None:
        for some in blocks(part, 2 * x[0].nbytes):
            np.mean(x[some], axis=1, out=mean[some])
            np.subtract(x[some], mean[some, None], out=Y[some])
            np.divide(np.einsum("dp,dp->d", Y[some], Y[some]), count, out=var[some])
            _finish(a, params, some, _inverse(a, var[some]), Y)

    ctx.split(depth, 4 * x.size, work)
    running = {
        "running_mean": (1 - a.momentum) * params["running_mean"] + a.momentum * mean,
        "running_var": (1 - a.momentum) * params["running_var"] + a.momentum * count / (count - 1) * var,
    }
    return y, Saved(x, mean, _inverse(a, var)), running


def _inverse(a: BN, var: Array) -> Array:
    return np.asarray(1 / np.sqrt(var + var.dtype.type(a.eps)))


def _normalize(
    a: BN, params: Mapping[str, Array], x: Array, mean: Array, inverse: Array, y: Array, ctx: Context
) -> None:
    """y = scale*(x - mean)*inverse + shift."""

    def work(part: slice, memory: Memory) -> None:
        for some in blocks(part, 2 * x[0].nbytes):
            np.subtract(x[some], mean[some, None], out=y[some])
            _finish(a, params, some, inverse[some], y)

    ctx.split(len(x), 3 * x.size, work)


def _finish(a: BN, params: Mapping[str, Array], some: slice, inverse: Array, y: Array) -> None:
    """y = scale*inverse*y + shift for some channels."""
    if a.scale:
        np.multiply(y[some], (params["weight"][some] * inverse)[:, None], out=y[some])
        np.add(y[some], params["bias"][some, None], out=y[some])
    else:
        np.multiply(y[some], inverse[:, None], out=y[some])


def backward(
    a: BN, params: Mapping[str, Array], saved: Saved, dy: Array, ctx: Context
) -> tuple[tuple[Array | None], dict[str, Array]]:
    """With n = (x - mean)*inverse: dscale = sum of dy*n, dshift = sum of dy,
    dx = scale*inverse*(dy - mean of dy - n * mean of dy*n)."""
    x, mean, inverse = saved
    dY = channels(dy)
    dx = ctx.gradient("x0", dy.shape) if ctx.wanted[0] else None
    dX = None if dx is None else channels(dx)
    dscale, dshift = np.empty_like(mean), np.empty_like(mean)
    factor = params["weight"] * inverse if a.scale else inverse
    count = x.shape[1]

    def work(part: slice, memory: Memory) -> None:
        for some in blocks(part, 3 * x[0].nbytes):
            centred = memory.scratch("centred", x[some].shape) if dX is None else dX[some]
            np.subtract(x[some], mean[some, None], out=centred)
            np.multiply(np.einsum("dp,dp->d", dY[some], centred), inverse[some], out=dscale[some])
            np.sum(dY[some], axis=1, out=dshift[some])
            if dX is not None:
                np.multiply(centred, (inverse[some] * dscale[some] / count)[:, None], out=centred)
                np.subtract(dY[some], centred, out=centred)
                np.subtract(centred, (dshift[some] / count)[:, None], out=centred)
                np.multiply(centred, factor[some, None], out=centred)

    ctx.split(len(x), 5 * x.size, work)
    return (dx,), {"weight": dscale, "bias": dshift} if a.scale else {}


KERNELS = {"BN": Kernel(forward, backward, layout="lanes")}
