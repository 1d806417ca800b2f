"""CONV: every output cell is a sum over one window (the tutorial's sections 5.1 and 6.1).

x: D, H, W; W: N, D/G, F, F for G groups; b: N, or N, H2, W2 by position; y: N, H2, W2. Filter k sees the D/G channels
of its group.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from cnndsl.backends.naive.taps import inside
from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.ops.axis import Axis
from cnndsl.ops.conv import Conv
from cnndsl.ops.window import axes


def forward(
    a: Conv, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """Equation 4 (equation 1 is its case of depth 1), for each filter k:

    y[k, i, j] = sum over d, m, n of W[k, d, m, n] * x[d, i + m, j + n] + b[k]

    With stride S, dilation and padding P, row i + m is row i*S + m*dilate - P; outside the input x is 0. By
    position b[k] is b[k, i, j]. The activation f of equation 4 is a layer of its own.
    """
    (x,) = xs
    W, b = params["weight"], params.get("bias")
    windows = axes(a, ctx.inputs[0])
    y = np.zeros((len(x), *ctx.node.type.shape), x.dtype)
    for s, k, i, j in np.ndindex(y.shape):
        for d, m, n, channel, row, column in _taps(W, k // (a.filters // a.groups), windows, i, j):
            y[s, k, i, j] += W[k, d, m, n] * x[s, channel, row, column]
        if b is not None:
            y[s, k, i, j] += b[(k, i, j)[: b.ndim]]
    return y, x, {}


def backward(
    a: Conv, params: Mapping[str, Array], x: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """Every product of forward hands its share back the way it came. Collected by input cell, at stride 1, that is

    dx[d, i, j] = sum over k, m, n of W[k, d, m, n] * dy[k, i - m, j - n]     (equation 7, over the N filters of 9)
    dW[k, d, m, n] = sum over i, j of dy[k, i, j] * x[d, i + m, j + n]         (section 6.1.2)
    db[k] = sum over i, j of dy[k, i, j], by position db[k, i, j] = dy[k, i, j]

    At stride S the tutorial spreads dy out with zeros to the map of stride 1. The sum over windows below is the same
    sum, also where (W1 - F + 2P)/S is not whole: rows that no window covers get 0. The factor f' of equation 7 belongs
    to the activation's own layer.
    """
    W, b = params["weight"], params.get("bias")
    windows = axes(a, ctx.inputs[0])
    dx, dW, db = np.zeros_like(x), np.zeros_like(W), np.zeros_like(W[:, 0, 0, 0] if b is None else b)
    for s, k, i, j in np.ndindex(dy.shape):
        for d, m, n, channel, row, column in _taps(W, k // (a.filters // a.groups), windows, i, j):
            dx[s, channel, row, column] += W[k, d, m, n] * dy[s, k, i, j]
            dW[k, d, m, n] += dy[s, k, i, j] * x[s, channel, row, column]
        db[(k, i, j)[: db.ndim]] += dy[s, k, i, j]
    return (dx,), {"weight": dW} if b is None else {"weight": dW, "bias": db}


def _taps(
    W: Array, group: int, windows: tuple[Axis, Axis], i: int, j: int
) -> Iterator[tuple[int, int, int, int, int, int]]:
    """The weights d, m, n of a filter of that group and the cells channel, row, column under them at output i, j.

    Cells in the pad and in what hangs over are left out: they read 0.
    """
    rows, columns = windows
    seen = W.shape[1]
    for d in range(seen):
        for m, row in inside(rows, i):
            for n, column in inside(columns, j):
                yield d, m, n, group * seen + d, row, column


KERNELS = {"CONV": Kernel(forward, backward)}
