"""LN: layer normalization over depth (Ba and others 2016). x, y: B, D, H, W or B, D; scale and shift: D."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.ops.ln import LN


def forward(
    a: LN, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, tuple[Array, Array], dict[str, Array]]:
    """y[d] = scale[d] * n[d] + shift[d] with n = (x - mean)/sqrt(var + eps)

    mean and var are over the D channels of one position of one sample. Saves n and sqrt(var + eps), the latter a sample
    and position.
    """
    (x,) = xs
    y = np.empty_like(x)
    mean = x.mean(axis=1, keepdims=True)
    var = ((x - mean) ** 2).mean(axis=1, keepdims=True)
    deviation = np.sqrt(var + a.eps)
    normal = (x - mean) / deviation
    for d in range(x.shape[1]):
        y[:, d] = params["weight"][d] * normal[:, d] + params["bias"][d]
    return y, (normal, deviation), {}


def backward(
    a: LN, params: Mapping[str, Array], saved: tuple[Array, Array], dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """mean and var depend on x too; with dn[d] = scale[d]*dy[d] and means over depth

    dx = (dn - mean of dn - n * mean of dn*n) / sqrt(var + eps)
    dscale[d] = sum of dy[d]*n[d], dshift[d] = sum of dy[d], over all samples and positions
    """
    normal, deviation = saved
    dn = np.empty_like(dy)
    dscale, dshift = np.empty_like(params["weight"]), np.empty_like(params["bias"])
    for d in range(dy.shape[1]):
        dscale[d] = (dy[:, d] * normal[:, d]).sum()
        dshift[d] = dy[:, d].sum()
        dn[:, d] = params["weight"][d] * dy[:, d]
    through_mean = dn.mean(axis=1, keepdims=True)
    through_var = normal * (dn * normal).mean(axis=1, keepdims=True)
    return ((dn - through_mean - through_var) / deviation,), {"weight": dscale, "bias": dshift}


KERNELS = {"LN": Kernel(forward, backward)}
