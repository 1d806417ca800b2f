"""POOL: every window becomes one value, each channel by itself (the tutorial's sections 5.2 and 6.2).

x: D, H, W; y: D, H2, W2.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.ops.axis import Axis
from cnndsl.ops.pool import Pool, axes


def forward(
    a: Pool, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """max: y[d, i, j] = the largest x[d, row, column] of window i, j; mean: their sum over their count."""
    (x,) = xs
    rows, columns = axes(a, ctx.inputs[0])
    y = np.zeros((len(x), *ctx.node.type.shape), x.dtype)
    for s, d, i, j in np.ndindex(y.shape):
        cells = _cells(rows, i, columns, j)
        if a.mode == "max":
            y[s, d, i, j] = x[s, d][_largest(x[s, d], cells)]
        else:
            y[s, d, i, j] = sum(x[s, d][cell] for cell in cells) / _count(a, rows, i, columns, j)
    return y, x, {}


def backward(
    a: Pool, params: Mapping[str, Array], x: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """max: dy goes to the window's largest cell (section 6.2.1); mean: to all its cells alike (section 6.2.2).

    Where windows overlap, their shares add; the Kronecker product of the tutorial is the case without overlap.
    """
    rows, columns = axes(a, ctx.inputs[0])
    dx = np.zeros_like(x)
    for s, d, i, j in np.ndindex(dy.shape):
        cells = _cells(rows, i, columns, j)
        if a.mode == "max":
            dx[s, d][_largest(x[s, d], cells)] += dy[s, d, i, j]
        else:
            for cell in cells:
                dx[s, d][cell] += dy[s, d, i, j] / _count(a, rows, i, columns, j)
    return (dx,), {}


def _largest(x: Array, cells: list[tuple[int, int]]) -> tuple[int, int]:
    """Where in x: H, W the largest of these cells lies; among equal values the first in row order."""
    best, *others = cells
    for cell in others:
        if x[cell] > x[best] or np.isnan(x[cell]):  # not-a-number must not disappear here
            best = cell
    return best


def _count(a: Pool, rows: Axis, i: int, columns: Axis, j: int) -> int:
    """What the mean divides by: the cells that are there; with `countpad` the written pad too, never the overhang."""
    if a.countpad:
        return len(_padded(rows, i)) * len(_padded(columns, j))
    return len(_cells(rows, i, columns, j))


def _cells(rows: Axis, i: int, columns: Axis, j: int) -> list[tuple[int, int]]:
    """The cells of window i, j that lie inside the input, in row order."""
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
