"""POOL: every window becomes one value, each channel by itself (the tutorial's sections 5.2 and 6.2).

x: D, H, W; y: D, H2, W2.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.ops.pool import Pool, axes
from cnndsl.ops.window import Axis


def forward(
    a: Pool, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """max: y[d, i, j] = the largest x[d, row, column] of window i, j; mean: their sum over their count."""
    (x,) = xs
    y = np.zeros((len(x), *ctx.node.type.shape), x.dtype)
    for s, d, i, j in np.ndindex(y.shape):
        if a.mode == "max":
            y[s, d, i, j] = x[s, d][_largest(a, x[s, d], ctx, i, j)]
        else:
            y[s, d, i, j] = sum(x[s, d][cell] for cell in _cells(a, ctx, i, j)) / _count(a, ctx, i, j)
    return y, x, {}


def backward(
    a: Pool, params: Mapping[str, Array], x: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """max: dy goes to the window's largest cell (section 6.2.1); mean: to all its cells alike (section 6.2.2).

    Where windows overlap, their shares add; the Kronecker product of the tutorial is the case without overlap.
    """
    dx = np.zeros_like(x)
    for s, d, i, j in np.ndindex(dy.shape):
        if a.mode == "max":
            dx[s, d][_largest(a, x[s, d], ctx, i, j)] += dy[s, d, i, j]
        else:
            for cell in _cells(a, ctx, i, j):
                dx[s, d][cell] += dy[s, d, i, j] / _count(a, ctx, i, j)
    return (dx,), {}


def _largest(a: Pool, x: Array, ctx: Context, i: int, j: int) -> tuple[int, int]:
    """Where the largest value of window i, j lies in x: H, W; among equal values the first in row order."""
    best, *others = _cells(a, ctx, i, j)
    for cell in others:
        if x[cell] > x[best] or np.isnan(x[cell]):  # not-a-number must not disappear here
            best = cell
    return best


def _count(a: Pool, ctx: Context, i: int, j: int) -> int:
    """What the mean divides by: the cells that are there; with `countpad` the written pad too, never the overhang."""
    if not a.countpad:
        return len(_cells(a, ctx, i, j))
    rows, columns = axes(a, ctx.inputs[0])
    return len(_padded(rows, i)) * len(_padded(columns, j))


def _cells(a: Pool, ctx: Context, i: int, j: int) -> list[tuple[int, int]]:
    """The cells of window i, j that lie inside the input, in row order."""
    rows, columns = axes(a, ctx.inputs[0])
    return [
        (row, column)
        for row in _padded(rows, i)
        if 0 <= row < rows.input
        for column in _padded(columns, j)
        if 0 <= column < columns.input
    ]


def _padded(axis: Axis, i: int) -> range:
    """Rows of window i in the input and its pads, counted from the input's first; what hangs over is cut off."""
    start = i * axis.stride - axis.before
    return range(start, min(start + axis.window, axis.input + axis.after))


KERNELS = {"POOL": Kernel(forward, backward)}
