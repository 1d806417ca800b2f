"""PRELU: f(x) = x above 0, w*x below (He and others 2015). x, y: D, H, W or D; w: D."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel


def forward(
    a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """y[d] = x[d] where x[d] > 0, w[d]*x[d] elsewhere"""
    (x,) = xs
    w = params["weight"]
    y = np.empty_like(x)
    for d in range(x.shape[1]):
        y[:, d] = np.where(x[:, d] > 0, x[:, d], w[d] * x[:, d])
    return y, x, {}


def backward(
    a: Any, params: Mapping[str, Array], x: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx[d] = dy[d] where x[d] > 0, w[d]*dy[d] elsewhere, at 0 too

    dw[d] = sum of dy[d]*x[d] over all samples and positions where x[d] is not above 0
    """
    w = params["weight"]
    dx, dw = np.empty_like(x), np.empty_like(w)
    for d in range(x.shape[1]):
        dx[:, d] = np.where(x[:, d] > 0, dy[:, d], w[d] * dy[:, d])
        dw[d] = np.where(x[:, d] > 0, 0, dy[:, d] * x[:, d]).sum()
    return (dx,), {"weight": dw}


KERNELS = {"PRELU": Kernel(forward, backward)}
