"""GN: group normalization (Wu and He 2018).

x, y: B, D, H, W or B, D; scale and shift: D. Group i has the D/g channels from i*D/g on.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.ops.gn import GN


def forward(
    a: GN, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, tuple[Array, Array], dict[str, Array]]:
    """y[d] = scale[d] * n[d] + shift[d] with n = (x - mean)/sqrt(var + eps)

    mean and var are those of one sample over the channels of d's group and all positions. Saves n and sqrt(var + eps),
    the latter a sample and group.
    """
    (x,) = xs
    y, normal = np.empty_like(x), np.empty_like(x)
    deviation = np.empty((len(x), a.groups), x.dtype)
    for s, i in np.ndindex(deviation.shape):
        group = _channels(a, x, i)
        mean = x[s, group].mean()
        var = ((x[s, group] - mean) ** 2).mean()
        deviation[s, i] = np.sqrt(var + a.eps)
        normal[s, group] = (x[s, group] - mean) / deviation[s, i]
    for d in range(x.shape[1]):
        y[:, d] = params["weight"][d] * normal[:, d] + params["bias"][d]
    return y, (normal, deviation), {}


def backward(
    a: GN, params: Mapping[str, Array], saved: tuple[Array, Array], dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """mean and var depend on x too; with dn[d] = scale[d]*dy[d] and means over one sample's group

    dx = (dn - mean of dn - n * mean of dn*n) / sqrt(var + eps)
    dscale[d] = sum of dy[d]*n[d], dshift[d] = sum of dy[d], over all samples and positions
    """
    normal, deviation = saved
    dx, dn = np.empty_like(dy), np.empty_like(dy)
    dscale, dshift = np.empty_like(params["weight"]), np.empty_like(params["bias"])
    for d in range(dy.shape[1]):
        dscale[d] = (dy[:, d] * normal[:, d]).sum()
        dshift[d] = dy[:, d].sum()
        dn[:, d] = params["weight"][d] * dy[:, d]
    for s, i in np.ndindex(deviation.shape):
        group = _channels(a, dy, i)
        n, g = normal[s, group], dn[s, group]
        dx[s, group] = (g - g.mean() - n * (g * n).mean()) / deviation[s, i]
    return (dx,), {"weight": dscale, "bias": dshift}


def _channels(a: GN, x: Array, i: int) -> slice:
    """The channels of group i."""
    share = x.shape[1] // a.groups
    return slice(i * share, (i + 1) * share)


KERNELS = {"GN": Kernel(forward, backward)}
