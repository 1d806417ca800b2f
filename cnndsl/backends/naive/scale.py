"""SCALE: a learned factor for each channel. x, y: D, H, W or D; w: D."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel


def forward(
    a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """y[d] = w[d] * x[d]"""
    (x,) = xs
    w = params["weight"]
    y = np.empty_like(x)
    for d in range(x.shape[1]):
        y[:, d] = w[d] * x[:, d]
    return y, x, {}


def backward(
    a: Any, params: Mapping[str, Array], x: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx[d] = w[d] * dy[d]; dw[d] = sum of dy[d]*x[d] over all samples and positions"""
    w = params["weight"]
    dx, dw = np.empty_like(x), np.empty_like(w)
    for d in range(x.shape[1]):
        dx[:, d] = w[d] * dy[:, d]
        dw[d] = (dy[:, d] * x[:, d]).sum()
    return (dx,), {"weight": dw}


KERNELS = {"SCALE": Kernel(forward, backward)}
