"""LRN: local response normalization (Krizhevsky and others 2012, section 3.3). x, y: D, H, W or D."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.ops.lrn import LRN


def forward(
    a: LRN, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, tuple[Array, Array], dict[str, Array]]:
    """y[d] = x[d] / s[d]^beta with s[d] = k + alpha/n * sum of x[c]^2 over the n channels c around d

    Channels before the first and behind the last are left out of the sum. Saves x and s.
    """
    (x,) = xs
    s = np.empty_like(x)
    for d in range(x.shape[1]):
        s[:, d] = a.k + a.alpha / a.channels * (x[:, _around(a, d)] ** 2).sum(axis=1)
    return x / s**a.beta, (x, s), {}


def backward(
    a: LRN, params: Mapping[str, Array], saved: tuple[Array, Array], dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """x[d] stands in its own numerator, and in s[c] for each of the n channels c around it:

    dx[d] = dy[d]/s[d]^beta - 2*alpha*beta/n * x[d] * sum over c of dy[c]*x[c]/s[c]^(beta + 1)
    """
    x, s = saved
    shares = dy * x / s ** (a.beta + 1)
    dx = np.empty_like(x)
    for d in range(x.shape[1]):
        others = shares[:, _around(a, d)].sum(axis=1)
        dx[:, d] = dy[:, d] / s[:, d] ** a.beta - 2 * a.alpha * a.beta / a.channels * x[:, d] * others
    return (dx,), {}


def _around(a: LRN, d: int) -> slice:
    """The n channels with d in the middle, cut off at the first; a slice ends at the last by itself."""
    half = a.channels // 2
    return slice(max(0, d - half), d + half + 1)


KERNELS = {"LRN": Kernel(forward, backward)}
