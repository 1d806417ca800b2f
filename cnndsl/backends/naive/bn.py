"""BN: batch normalization (Ioffe and Szegedy 2015, algorithm 1).

x, y: B, D, H, W or B, D; everything else: D.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.ops.bn import BN


def forward(
    a: BN, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, tuple[Array, Array], dict[str, Array]]:
    """For each channel d, y = scale * n + shift with n = (x - mean)/sqrt(var + eps).

    In training mean and var are those of the batch over all positions, and for the K values of a channel

    running_mean <- (1 - momentum) * running_mean + momentum * mean
    running_var  <- (1 - momentum) * running_var  + momentum * var * K/(K - 1)

    Outside training mean and var are the running ones. Saves n and sqrt(var + eps). Raises CnnError (E810) where a
    channel has one value in training.
    """
    (x,) = xs
    y, normal = np.empty_like(x), np.empty_like(x)
    mean, var = params["running_mean"].copy(), params["running_var"].copy()
    running = {"running_mean": mean.copy(), "running_var": var.copy()}
    count = x[:, 0].size
    if ctx.training and count < 2:
        raise CnnError(Diagnostic("E810", f"{ctx.node.name} is given one value a channel, which has no variance"))
    for d in range(x.shape[1]):
        if ctx.training:
            mean[d] = x[:, d].sum() / count
            var[d] = ((x[:, d] - mean[d]) ** 2).sum() / count
            running["running_mean"][d] += a.momentum * (mean[d] - running["running_mean"][d])
            running["running_var"][d] += a.momentum * (var[d] * count / (count - 1) - running["running_var"][d])
        normal[:, d] = (x[:, d] - mean[d]) / np.sqrt(var[d] + a.eps)
        y[:, d] = params["weight"][d] * normal[:, d] + params["bias"][d] if a.scale else normal[:, d]
    return y, (normal, np.sqrt(var + a.eps)), running if ctx.training else {}


def backward(
    a: BN, params: Mapping[str, Array], saved: tuple[Array, Array], dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """mean and var depend on x too; through all three ways

    dx = scale/sqrt(var + eps) * (dy - (sum of dy)/K - n * (sum of dy*n)/K)
    dscale = sum of dy*n, dshift = sum of dy
    """
    normal, deviation = saved
    dx, dscale, dshift = np.empty_like(dy), np.empty_like(deviation), np.empty_like(deviation)
    count = dy[:, 0].size
    for d in range(dy.shape[1]):
        dscale[d] = (dy[:, d] * normal[:, d]).sum()
        dshift[d] = dy[:, d].sum()
        slope = (params["weight"][d] if a.scale else 1) / deviation[d]
        dx[:, d] = slope * (dy[:, d] - dshift[d] / count - normal[:, d] * dscale[d] / count)
    return (dx,), {"weight": dscale, "bias": dshift} if a.scale else {}


KERNELS = {"BN": Kernel(forward, backward)}
