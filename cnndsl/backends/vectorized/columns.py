"""Windows as the columns of a matrix (im2col), for blocks of samples.

Inside a block the samples come last: the cells of one tap are then long runs of memory whatever the size of the map.
Shapes: a block of S samples is D,H,W,S; its columns are D,F,F,H2,W2,S, seen as G matrices of D/G*F*F rows.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cnndsl.backends.protocol import Array, Context
from cnndsl.backends.vectorized.blocks import blocks
from cnndsl.ops.window import Axis

BLOCK_SAMPLES = 16
"""Samples of a block: a cache line of float32, so that turning samples last reads and writes whole lines."""
BLOCK_BYTES = 32 << 20
"""What the columns of a block may take, where one sample does not take more."""


def column_blocks(x: Array, rows: Axis, columns: Axis) -> Iterator[slice]:
    """The batch in blocks for the columns of x: B,D,H,W."""
    values = x.shape[1] * rows.window * columns.window * rows.output * columns.output
    return blocks(len(x), values * x.itemsize, BLOCK_BYTES, BLOCK_SAMPLES)


def samples_last(x: Array) -> Array:
    """The view of S,D,H,W as D,H,W,S."""
    return x.transpose(1, 2, 3, 0)


def im2col(x: Array, rows: Axis, columns: Axis, groups: int, ctx: Context) -> Array:
    """The columns of a block S,D,H,W, in scratch memory: G, D/G*F*F, H2*W2*S."""
    padded = ctx.scratch("padded", (x.shape[1], rows.padded, columns.padded, x.shape[0]))
    if rows.padded > rows.input or columns.padded > columns.input:
        padded.fill(0)
    np.copyto(inside(padded, rows, columns), samples_last(x))
    found = windows(padded, rows, columns)
    cols = ctx.scratch("cols", found.shape)
    np.copyto(cols, found)
    return by_group(cols, groups, 3)


def col2im(cols: Array, rows: Axis, columns: Axis, dx: Array, ctx: Context) -> None:
    """Adds up columns, tap by tap, where their windows lay; writes dx: S,D,H,W."""
    samples, depth = dx.shape[:2]
    padded = ctx.scratch("padded", (depth, rows.padded, columns.padded, samples), zero=True)
    cells = windows(padded, rows, columns)
    parts = cols.reshape(cells.shape)
    for i in range(rows.window):
        for j in range(columns.window):
            np.add(cells[:, i, j], parts[:, i, j], out=cells[:, i, j])
    np.copyto(samples_last(dx), inside(padded, rows, columns))


def as_rows(x: Array, groups: int, tag: str, ctx: Context) -> Array:
    """A block S,D,H,W in scratch memory with the samples last: G, D/G, H*W*S."""
    turned = samples_last(x)
    found = ctx.scratch(tag, turned.shape)
    np.copyto(found, turned)
    return by_group(found, groups, 1)


def by_group(x: Array, groups: int, axes: int) -> Array:
    """G matrices of an array whose first `axes` axes are rows."""
    count = 1
    for size in x.shape[:axes]:
        count *= size
    return x.reshape(groups, count // groups, -1)


def windows(padded: Array, rows: Axis, columns: Axis) -> Array:
    """A view of D,H,W,S as D,F,F,H2,W2,S: for every tap the cells that it sees."""
    depth, _, _, samples = padded.shape
    channel, row, column, sample = padded.strides
    return as_strided(
        padded,
        (depth, rows.window, columns.window, rows.output, columns.output, samples),
        (channel, row * rows.dilate, column * columns.dilate, row * rows.stride, column * columns.stride, sample),
    )


def inside(padded: Array, rows: Axis, columns: Axis) -> Array:
    """The view of D,H,W,S without the pads."""
    return padded[:, rows.before : rows.before + rows.input, columns.before : columns.before + columns.input]
