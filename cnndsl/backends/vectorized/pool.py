"""POOL, tap by tap: for every cell of the window, all windows of a block of samples at once.

Shapes: x: B,D,H,W; y: B,D,H2,W2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.backends.vectorized.blocks import blocks
from cnndsl.ops.axis import Axis
from cnndsl.ops.pool import Pool, axes

Saved = tuple[Array, Array]
Index = tuple[Any, ...]


def forward(
    a: Pool, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Saved, dict[str, Array]]:
    """y = max or mean of each window (the tutorial's section 5.2). Saves x and y."""
    (x,) = xs
    rows, columns = axes(a, ctx.inputs[0])
    y = ctx.output((*x.shape[:2], rows.output, columns.output))
    if _whole(rows, columns):
        (np.max if a.mode == "max" else np.mean)(x, axis=(2, 3), out=y[:, :, 0, 0])
        return y, (x, y), {}
    for block in blocks(len(x), ctx.inputs[0].count * x.itemsize):
        if a.mode == "max":
            _max(x[block], rows, columns, y[block])
        else:
            _mean(x[block], rows, columns, _cells(rows, columns, a.countpad, x.dtype), y[block])
    return y, (x, y), {}


def backward(
    a: Pool, params: Mapping[str, Array], saved: Saved, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx: dy to the largest cell of each window, the first in row order; or the same share to every cell."""
    x, y = saved
    rows, columns = axes(a, ctx.inputs[0])
    dx = ctx.gradient("x0", x.shape)
    if a.mode == "max" and _whole(rows, columns):
        _whole_max_gradient(x, dy, dx)
        return (dx,), {}
    for block in blocks(len(x), 2 * ctx.inputs[0].count * x.itemsize):
        if a.mode == "max":
            _max_gradient(x[block], y[block], dy[block], rows, columns, dx[block], ctx)
        else:
            _mean_gradient(dy[block], rows, columns, _cells(rows, columns, a.countpad, x.dtype), dx[block], ctx)
    return (dx,), {}


def _max(x: Array, rows: Axis, columns: Axis, y: Array) -> None:
    """y = the largest cell of each window; the pads are -inf."""
    y.fill(-np.inf)
    for outputs, inputs in _taps(rows, columns):
        np.maximum(y[outputs], x[inputs], out=y[outputs])


def _max_gradient(x: Array, y: Array, dy: Array, rows: Axis, columns: Axis, dx: Array, ctx: Context) -> None:
    """A window's gradient goes to the first cell that equals its maximum, so that ties agree across backends."""
    undecided = ctx.scratch("undecided", dy.shape, bool)
    undecided.fill(True)
    hit = ctx.scratch("hit", dy.shape, bool)
    part = ctx.scratch("part", dy.shape)
    overlap = _overlap(rows, columns)
    if overlap or not _tiled(rows, columns):
        dx.fill(0)
    for outputs, inputs in _taps(rows, columns):
        np.equal(x[inputs], y[outputs], out=hit[outputs])
        np.logical_and(hit[outputs], undecided[outputs], out=hit[outputs])
        np.not_equal(undecided[outputs], hit[outputs], out=undecided[outputs])
        if overlap:
            np.multiply(dy[outputs], hit[outputs], out=part[outputs])
            np.add(dx[inputs], part[outputs], out=dx[inputs])
        else:
            np.multiply(dy[outputs], hit[outputs], out=dx[inputs])


def _whole_max_gradient(x: Array, dy: Array, dx: Array) -> None:
    """The same for one window that is the whole map."""
    dx.fill(0)
    first = np.argmax(x.reshape(-1, x.shape[2] * x.shape[3]), axis=1)
    dx.reshape(len(first), -1)[np.arange(len(first)), first] = dy.reshape(-1)


def _mean(x: Array, rows: Axis, columns: Axis, cells: Array, y: Array) -> None:
    """y = the sum of each window over its number of cells."""
    y.fill(0)
    for outputs, inputs in _taps(rows, columns):
        np.add(y[outputs], x[inputs], out=y[outputs])
    np.divide(y, cells, out=y)


def _mean_gradient(dy: Array, rows: Axis, columns: Axis, cells: Array, dx: Array, ctx: Context) -> None:
    """Every cell of a window gets dy over their number."""
    share = np.divide(dy, cells, out=ctx.scratch("part", dy.shape))
    if _whole(rows, columns):
        np.copyto(dx, share)
        return
    overlap = _overlap(rows, columns)
    if overlap or not _tiled(rows, columns):
        dx.fill(0)
    for outputs, inputs in _taps(rows, columns):
        if overlap:
            np.add(dx[inputs], share[outputs], out=dx[inputs])
        else:
            np.copyto(dx[inputs], share[outputs])


def _taps(rows: Axis, columns: Axis) -> Iterator[tuple[Index, Index]]:
    """For each tap, in row order: the windows where it meets a real cell, and those cells."""
    for i in range(rows.window):
        for j in range(columns.window):
            (top, above), (left, before) = _reach(rows, i), _reach(columns, j)
            yield (..., top, left), (..., above, before)


def _reach(axis: Axis, tap: int) -> tuple[slice, slice]:
    """The windows along an axis whose tap lies inside the input, and where it lies."""
    offset = tap - axis.before
    start = max(0, -(offset // axis.stride))
    stop = max(start, min(axis.output, (axis.input - 1 - offset) // axis.stride + 1))
    first = start * axis.stride + offset
    return slice(start, stop), slice(first, first + (stop - start) * axis.stride, axis.stride)


def _cells(rows: Axis, columns: Axis, countpad: bool, dtype: Any) -> Array:
    """What a mean divides by, H2,W2: the real cells of each window, with `countpad` also those of the pads."""

    def along(axis: Axis) -> Array:
        starts = np.arange(axis.output) * axis.stride
        low, high = (0, axis.before + axis.input + axis.after) if countpad else (axis.before, axis.before + axis.input)
        return np.minimum(starts + axis.window, high) - np.maximum(starts, low)

    return np.multiply.outer(along(rows), along(columns)).astype(dtype)


def _whole(rows: Axis, columns: Axis) -> bool:
    """Whether there is one window, and it is the whole map."""
    return all(axis.window == axis.input == axis.padded for axis in (rows, columns))


def _overlap(rows: Axis, columns: Axis) -> bool:
    """Whether a cell can lie in more than one window."""
    return rows.window > rows.stride or columns.window > columns.stride


def _tiled(rows: Axis, columns: Axis) -> bool:
    """Whether every cell lies in a window, given that none lies in two."""
    return all(a.window == a.stride and a.output * a.stride >= a.before + a.input for a in (rows, columns))


KERNELS = {"POOL": Kernel(forward, backward)}
