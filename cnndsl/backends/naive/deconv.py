"""DECONV: every input cell lays the filters down, times its value (CONV of section 5.1 transposed).

x: D, H, W; W: D, N/G, F, F for G groups; b: N, or N, H2, W2 by position; y: N, H2, W2. Channel d of the input reaches
the N/G maps of its group.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from cnndsl.backends.naive.taps import inside
from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.ops.axis import Axis
from cnndsl.ops.deconv import Deconv, axes


def forward(
    a: Deconv, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """At stride 1 a convolution in the sense of equation 8, for each map k:

    y[k, i, j] = sum over d, m, n of W[d, k, m, n] * x[d, i - m, j - n] + b[k]

    With stride S, dilation and padding P the same sum, from where it starts: W[d, k, m, n] * x[d, i, j] is added to
    row i*S + m*dilate - P of y[k]; what falls outside is lost. By position b[k] is b[k, i, j].
    """
    (x,) = xs
    W, b = params["weight"], params.get("bias")
    windows = axes(a, ctx.inputs[0])
    y = np.zeros((len(x), *ctx.node.type.shape), x.dtype)
    for s, d, i, j in np.ndindex(x.shape):
        for k, m, n, channel, row, column in _taps(W, d // (x.shape[1] // a.groups), windows, i, j):
            y[s, channel, row, column] += W[d, k, m, n] * x[s, d, i, j]
    if b is not None:
        for s, k, row, column in np.ndindex(y.shape):
            y[s, k, row, column] += b[(k, row, column)[: b.ndim]]
    return y, x, {}


def backward(
    a: Deconv, params: Mapping[str, Array], x: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """Back through the same products, which for x is CONV's sum (equation 4); at stride 1

    dx[d, i, j] = sum over k, m, n of W[d, k, m, n] * dy[k, i + m, j + n]
    dW[d, k, m, n] = sum over i, j of x[d, i, j] * dy[k, i + m, j + n]
    db[k] = sum over i, j of dy[k, i, j], by position db[k, i, j] = dy[k, i, j]
    """
    W, b = params["weight"], params.get("bias")
    windows = axes(a, ctx.inputs[0])
    dx, dW = np.zeros_like(x), np.zeros_like(W)
    for s, d, i, j in np.ndindex(x.shape):
        for k, m, n, channel, row, column in _taps(W, d // (x.shape[1] // a.groups), windows, i, j):
            dx[s, d, i, j] += W[d, k, m, n] * dy[s, channel, row, column]
            dW[d, k, m, n] += x[s, d, i, j] * dy[s, channel, row, column]
    if b is None:
        return (dx,), {"weight": dW}
    db = np.zeros_like(b)
    for s, k, row, column in np.ndindex(dy.shape):
        db[(k, row, column)[: db.ndim]] += dy[s, k, row, column]
    return (dx,), {"weight": dW, "bias": db}


def _taps(
    W: Array, group: int, windows: tuple[Axis, Axis], i: int, j: int
) -> Iterator[tuple[int, int, int, int, int, int]]:
    """The weights k, m, n that input cell i, j of that group lays down, and the cells channel, row, column of y that
    they fall on."""
    rows, columns = windows
    for k in range(W.shape[1]):
        for m, row in inside(rows, i):
            for n, column in inside(columns, j):
                yield k, m, n, group * W.shape[1] + k, row, column


KERNELS = {"DECONV": Kernel(forward, backward)}
