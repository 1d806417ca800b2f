"""BN: batch normalization (Ioffe and Szegedy 2015).

Shapes: x, y: B,D,H,W or B,D, seen as B,D,P; everything else: D.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.backends.vectorized.blocks import blocks
from cnndsl.backends.vectorized.sums import channel_products, channel_sums
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
    positions = ctx.inputs[0].height * ctx.inputs[0].width
    x = xs[0].reshape(*xs[0].shape[:2], positions)
    y = ctx.output(xs[0].shape).reshape(x.shape)
    sample = x.itemsize * ctx.inputs[0].count
    if ctx.training:
        count = x.shape[0] * x.shape[2]
        if count < 2:
            raise CnnError(Diagnostic("E810", f"{ctx.node.name} is given one value a channel, which has no variance"))
        mean, var = channel_sums(x) / count, np.zeros(x.shape[1], x.dtype)
    else:
        mean, var = params["running_mean"], params["running_var"]
    for block in blocks(len(x), 2 * sample):
        np.subtract(x[block], mean[:, None], out=y[block])
        if ctx.training:
            var += channel_products(y[block], y[block]) / count
    inverse = 1 / np.sqrt(var + x.dtype.type(a.eps))
    factor = params["weight"] * inverse if a.scale else inverse
    for block in blocks(len(x), sample):
        np.multiply(y[block], factor[:, None], out=y[block])
        if a.scale:
            np.add(y[block], params["bias"][:, None], out=y[block])
    y = y.reshape(xs[0].shape)
    if not ctx.training:
        return y, None, {}
    running = {
        "running_mean": (1 - a.momentum) * params["running_mean"] + a.momentum * mean,
        "running_var": (1 - a.momentum) * params["running_var"] + a.momentum * count / (count - 1) * var,
    }
    return y, Saved(x, mean, inverse), running


def backward(
    a: BN, params: Mapping[str, Array], saved: Saved, dy: Array, ctx: Context
) -> tuple[tuple[Array | None], dict[str, Array]]:
    """With n = (x - mean)*inverse: dscale = sum of dy*n, dshift = sum of dy,
    dx = scale*inverse*(dy - mean of dy - n * mean of dy*n)."""
    x, mean, inverse = saved
    shape, dy = dy.shape, dy.reshape(x.shape)
    count = x.shape[0] * x.shape[2]
    dx = ctx.gradient("x0", shape).reshape(x.shape)
    dscale = np.zeros_like(mean)
    for block in blocks(len(x), 3 * x[0].nbytes):
        np.subtract(x[block], mean[:, None], out=dx[block])
        dscale += channel_products(dy[block], dx[block])
    dscale *= inverse
    dshift = channel_sums(dy)
    dparams = {"weight": dscale, "bias": dshift} if a.scale else {}
    if not ctx.wanted[0]:
        return (None,), dparams
    factor = params["weight"] * inverse if a.scale else inverse
    for block in blocks(len(x), 2 * x[0].nbytes):
        np.multiply(dx[block], (inverse * dscale / count)[:, None], out=dx[block])
        np.subtract(dy[block], dx[block], out=dx[block])
        np.subtract(dx[block], (dshift / count)[:, None], out=dx[block])
        np.multiply(dx[block], factor[:, None], out=dx[block])
    return (dx.reshape(shape),), dparams


KERNELS = {"BN": Kernel(forward, backward)}
