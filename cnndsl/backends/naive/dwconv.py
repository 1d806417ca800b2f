"""DWCONV: every output cell is a sum over one window of one channel (the tutorial's equation 1, channel by channel).

x: D, H, W; W: N, 1, F, F with N = D*T; b: N, or N, H2, W2 by position; y: N, H2, W2. Filter k sees channel k // T.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from cnndsl.backends.naive.taps import inside
from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.ops.axis import Axis
from cnndsl.ops.dwconv import DWConv
from cnndsl.ops.window import axes


def forward(
    a: DWConv, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """For each filter k = d*T + t of channel d:

    y[k, i, j] = sum over m, n of W[k, 0, m, n] * x[d, i + m, j + n] + b[k]

    With stride S, dilation and padding P, row i + m is row i*S + m*dilate - P; outside the input x is 0. By position
    b[k] is b[k, i, j].
    """
    (x,) = xs
    W, b = params["weight"], params.get("bias")
    windows = axes(a, ctx.inputs[0])
    y = np.zeros((len(x), *ctx.node.type.shape), x.dtype)
    for s, k, i, j in np.ndindex(y.shape):
        for m, n, row, column in _taps(windows, i, j):
            y[s, k, i, j] += W[k, 0, m, n] * x[s, k // a.times, row, column]
        if b is not None:
            y[s, k, i, j] += b[(k, i, j)[: b.ndim]]
    return y, x, {}


def backward(
    a: DWConv, params: Mapping[str, Array], x: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """As in CONV, but a channel hears only from its own filters; at stride 1, with k = d*T + t,

    dx[d, i, j] = sum over t, m, n of W[k, 0, m, n] * dy[k, i - m, j - n]
    dW[k, 0, m, n] = sum over i, j of dy[k, i, j] * x[d, i + m, j + n]
    db[k] = sum over i, j of dy[k, i, j], by position db[k, i, j] = dy[k, i, j]
    """
    W, b = params["weight"], params.get("bias")
    windows = axes(a, ctx.inputs[0])
    dx, dW, db = np.zeros_like(x), np.zeros_like(W), np.zeros_like(W[:, 0, 0, 0] if b is None else b)
    for s, k, i, j in np.ndindex(dy.shape):
        for m, n, row, column in _taps(windows, i, j):
            dx[s, k // a.times, row, column] += W[k, 0, m, n] * dy[s, k, i, j]
            dW[k, 0, m, n] += dy[s, k, i, j] * x[s, k // a.times, row, column]
        db[(k, i, j)[: db.ndim]] += dy[s, k, i, j]
    return (dx,), {"weight": dW} if b is None else {"weight": dW, "bias": db}


def _taps(windows: tuple[Axis, Axis], i: int, j: int) -> Iterator[tuple[int, int, int, int]]:
    """The weights m, n of a filter and the cells row, column under them at output i, j."""
    rows, columns = windows
    for m, row in inside(rows, i):
        for n, column in inside(columns, j):
            yield m, n, row, column


KERNELS = {"DWCONV": Kernel(forward, backward)}
