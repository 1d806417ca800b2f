"""POOL, tap by tap: for every cell of the window, all windows at once.

Shapes: x: B,D,H,W; y: B,D,H2,W2. `whole` is the window that is the whole map (``global``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.ops.pool import Pool, axes
from cnndsl.ops.window import Axis


def forward(
    a: Pool, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array | None, dict[str, Array]]:
    """y = max or mean of each window (the tutorial's section 5.2). `max` saves which tap was the largest."""
    (x,) = xs
    rows, columns = axes(a, ctx.inputs[0])
    y = ctx.output((*x.shape[:2], rows.output, columns.output))
    if a.mode == "max":
        return y, _max(x, rows, columns, y, ctx), {}
    _mean(x, a.countpad, rows, columns, y)
    return y, None, {}


def backward(
    a: Pool, params: Mapping[str, Array], largest: Array | None, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx: to the largest cell of each window, or the same share to every cell."""
    rows, columns = axes(a, ctx.inputs[0])
    dx = ctx.gradient("x0", (*dy.shape[:2], rows.input, columns.input))
    if largest is not None:
        _max_gradient(dy, largest, rows, columns, dx, ctx)
    else:
        _mean_gradient(dy, a.countpad, rows, columns, dx, ctx)
    return (dx,), {}


def _max(x: Array, rows: Axis, columns: Axis, y: Array, ctx: Context) -> Array:
    """Writes the maxima to y; gives for each window the number of the tap that has it, the first in row order.

    Taps come in row order, so among the taps that were larger than all before them the last has the maximum.
    """
    count = rows.window * columns.window
    largest = ctx.save("largest", y.shape, np.min_scalar_type(count))
    if _whole(rows, columns):
        cells = x.reshape(*x.shape[:2], count)
        largest[:, :, 0, 0] = np.argmax(cells, axis=2)
        np.max(cells, axis=2, out=y[:, :, 0, 0])
        return largest
    larger = ctx.scratch("larger", y.shape, bool)
    number = ctx.scratch("number", y.shape, largest.dtype)
    y.fill(-np.inf)
    first = _first(rows)[:, None] * columns.window + _first(columns)
    np.copyto(largest, first.astype(largest.dtype))
    for tap, outputs, inputs in _taps(rows, columns):
        cells, best, at = x[inputs], y[outputs], largest[outputs]
        np.greater(cells, best, out=larger[outputs])
        np.maximum(cells, best, out=best)
        np.multiply(larger[outputs], largest.dtype.type(tap), out=number[outputs])
        np.maximum(at, number[outputs], out=at)
    return largest


def _max_gradient(dy: Array, largest: Array, rows: Axis, columns: Axis, dx: Array, ctx: Context) -> None:
    if _whole(rows, columns):
        dx.fill(0)
        cells = dx.reshape(*dx.shape[:2], rows.input * columns.input)
        np.put_along_axis(cells, largest[:, :, :, 0].astype(np.intp), dy[:, :, :, 0], axis=2)
        return
    chosen = ctx.scratch("larger", dy.shape, bool)
    overlap = _overlap(rows, columns)
    part = ctx.scratch("part", dy.shape)
    if overlap or not _tiled(rows, columns):
        dx.fill(0)
    for tap, outputs, inputs in _taps(rows, columns):
        np.equal(largest[outputs], tap, out=chosen[outputs])
        if overlap:
            np.multiply(dy[outputs], chosen[outputs], out=part[outputs])
            np.add(dx[inputs], part[outputs], out=dx[inputs])
        else:
            np.multiply(dy[outputs], chosen[outputs], out=dx[inputs])


def _mean(x: Array, countpad: bool, rows: Axis, columns: Axis, y: Array) -> None:
    """Writes the means to y."""
    if _whole(rows, columns):
        np.mean(x, axis=(2, 3), out=y[:, :, 0, 0])
        return
    y.fill(0)
    for _, outputs, inputs in _taps(rows, columns):
        np.add(y[outputs], x[inputs], out=y[outputs])
    np.divide(y, _cells(rows, columns, countpad, y.dtype), out=y)


def _mean_gradient(dy: Array, countpad: bool, rows: Axis, columns: Axis, dx: Array, ctx: Context) -> None:
    share = np.divide(dy, _cells(rows, columns, countpad, dy.dtype), out=ctx.scratch("share", dy.shape))
    if _whole(rows, columns):
        np.copyto(dx, share)
        return
    overlap = _overlap(rows, columns)
    if overlap or not _tiled(rows, columns):
        dx.fill(0)
    for _, outputs, inputs in _taps(rows, columns):
        if overlap:
            np.add(dx[inputs], share[outputs], out=dx[inputs])
        else:
            np.copyto(dx[inputs], share[outputs])


Index = tuple[Any, ...]


def _taps(rows: Axis, columns: Axis) -> Iterator[tuple[int, Index, Index]]:
    """For each tap, in row order: its number, the windows where it meets a real cell, and those cells."""
    for i in range(rows.window):
        for j in range(columns.window):
            (top, above), (left, before) = _reach(rows, i), _reach(columns, j)
            yield i * columns.window + j, (..., top, left), (..., above, before)


def _reach(axis: Axis, tap: int) -> tuple[slice, slice]:
    """The windows along an axis whose tap lies inside the input, and where it lies."""
    offset = tap - axis.before
    start = max(0, -(offset // axis.stride))
    stop = max(start, min(axis.output, (axis.input - 1 - offset) // axis.stride + 1))
    first = start * axis.stride + offset
    return slice(start, stop), slice(first, first + (stop - start) * axis.stride, axis.stride)


def _first(axis: Axis) -> Array:
    """Of each window along an axis, the first tap inside the input."""
    return np.maximum(0, axis.before - np.arange(axis.output) * axis.stride)


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
