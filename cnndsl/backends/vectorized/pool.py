"""POOL, tap by tap: for every cell of the window, all windows of some channels at once.

Shapes: x: D,H,W,B; y: D,H2,W2,B.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from cnndsl.backends.layout import samples_last
from cnndsl.backends.protocol import Array, Context, Kernel, Memory
from cnndsl.backends.vectorized.blocks import blocks
from cnndsl.backends.vectorized.columns import met_by
from cnndsl.ops.axis import Axis
from cnndsl.ops.pool import Pool, axes

Saved = tuple[Array, Array]
Index = tuple[Any, ...]


def forward(
    a: Pool, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Saved, dict[str, Array]]:
    """y = max or mean of each window (the tutorial's section 5.2). Saves x and y."""
    rows, columns = axes(a, ctx.inputs[0])
    x, y = samples_last(xs[0]), ctx.output((*xs[0].shape[:2], rows.output, columns.output))
    maps = samples_last(y)

    def work(part: slice, memory: Memory) -> None:
        for some in blocks(part, x[0].nbytes + maps[0].nbytes):
            if _whole(rows, columns):
                cells = x[some].reshape(-1, rows.input * columns.input, x.shape[3])
                (np.max if a.mode == "max" else np.mean)(cells, axis=1, out=maps[some, 0, 0])
            elif a.mode == "max":
                _max(x[some], rows, columns, maps[some])
            else:
                _mean(x[some], rows, columns, _cells(rows, columns, a.countpad, x.dtype), maps[some])

    ctx.split(len(x), 2 * x.size, work)
    return y, (x, maps), {}


def backward(
    a: Pool, params: Mapping[str, Array], saved: Saved, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx: dy to the largest cell of each window, the first in row order; or the same share to every cell."""
    x, y = saved
    rows, columns = axes(a, ctx.inputs[0])
    dx = ctx.gradient("x0", (dy.shape[0], *ctx.inputs[0].shape))
    maps, cells = samples_last(dy), samples_last(dx)

    def work(part: slice, memory: Memory) -> None:
        for some in blocks(part, 2 * x[0].nbytes + 3 * maps[0].nbytes):
            if a.mode == "max":
                _max_gradient(x[some], y[some], maps[some], rows, columns, cells[some], memory)
            else:
                counts = _cells(rows, columns, a.countpad, dy.dtype)
                _mean_gradient(maps[some], rows, columns, counts, cells[some], memory)

    ctx.split(len(cells), 6 * cells.size, work)
    return (dx,), {}


def _max(x: Array, rows: Axis, columns: Axis, y: Array) -> None:
    """y = the largest cell of each window; the pads are -inf."""
    y.fill(-np.inf)
    for outputs, inputs in _taps(rows, columns):
        np.maximum(y[outputs], x[inputs], out=y[outputs])


def _max_gradient(x: Array, y: Array, dy: Array, rows: Axis, columns: Axis, dx: Array, memory: Memory) -> None:
    """A window's gradient goes to the first cell that equals its maximum, so that ties agree across backends."""
    undecided = memory.scratch("undecided", dy.shape, bool)
    undecided.fill(True)
    hit = memory.scratch("hit", dy.shape, bool)
    part = memory.scratch("part", dy.shape)
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


def _mean(x: Array, rows: Axis, columns: Axis, cells: Array, y: Array) -> None:
    """y = the sum of each window over its number of cells."""
    y.fill(0)
    for outputs, inputs in _taps(rows, columns):
        np.add(y[outputs], x[inputs], out=y[outputs])
    np.divide(y, cells, out=y)


def _mean_gradient(dy: Array, rows: Axis, columns: Axis, cells: Array, dx: Array, memory: Memory) -> None:
    """Every cell of a window gets dy over their number."""
    share = np.divide(dy, cells, out=memory.scratch("part", dy.shape))
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
            (top, above), (left, before) = met_by(rows, i), met_by(columns, j)
            yield (slice(None), top, left), (slice(None), above, before)


def _cells(rows: Axis, columns: Axis, countpad: bool, dtype: Any) -> Array:
    """What a mean divides by, H2,W2,1: the real cells of each window, with `countpad` also those of the pads."""

    def along(axis: Axis) -> Array:
        starts = np.arange(axis.output) * axis.stride
        low, high = (0, axis.before + axis.input + axis.after) if countpad else (axis.before, axis.before + axis.input)
        return np.minimum(starts + axis.window, high) - np.maximum(starts, low)

    return np.multiply.outer(along(rows), along(columns)).astype(dtype)[..., None]


def _whole(rows: Axis, columns: Axis) -> bool:
    """Whether there is one window, and it is the whole map."""
    return all(axis.window == axis.input == axis.padded for axis in (rows, columns))


def _overlap(rows: Axis, columns: Axis) -> bool:
    """Whether a cell can lie in more than one window."""
    return rows.window > rows.stride or columns.window > columns.stride


def _tiled(rows: Axis, columns: Axis) -> bool:
    """Whether every cell lies in a window, given that none lies in two."""
    return all(a.window == a.stride and a.output * a.stride >= a.before + a.input for a in (rows, columns))


KERNELS = {"POOL": Kernel(forward, backward, layout="lanes")}
