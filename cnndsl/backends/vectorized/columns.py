"""Windows as the columns of a matrix (im2col), for blocks of samples.

Shapes: a block of S samples is seen as D,H,W,S and its columns as D,F,F,H2,W2,S, or G matrices of D/G*F*F rows. In
memory the samples come last where rows are short, so that the cells of one tap are long runs whatever the size of the
map, and before the rows where those are long themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cnndsl.backends.protocol import Array, Context
from cnndsl.backends.vectorized.blocks import blocks
from cnndsl.ops.axis import Axis

BLOCK_COLUMNS = 8192
"""Columns of a block, unless that is less than BLOCK_SAMPLES: enough to make up for reading the weights again."""
BLOCK_SAMPLES = 8
"""Least samples of a block: they lie side by side, so with fewer the runs of memory would be short."""
BLOCK_BYTES = 16 << 20
"""What the columns of a block may take, where one sample does not take more."""
LONG_ROW = 16
"""Columns of the output from which rows are long."""


def column_blocks(x: Array, rows: Axis, columns: Axis) -> Iterator[slice]:
    """The batch in blocks for the columns of x: B,D,H,W."""
    positions = rows.output * columns.output
    sample_bytes = x.itemsize * x.shape[1] * rows.window * columns.window * positions
    return blocks(len(x), sample_bytes, BLOCK_BYTES, max(BLOCK_SAMPLES, BLOCK_COLUMNS // positions))


def block_memory(tag: str, shape: tuple[int, ...], columns: Axis, ctx: Context) -> tuple[Array, Array]:
    """Scratch memory for a block of that shape, which ends in rows, columns and samples: as it lies, and as it is
    seen."""
    if columns.output < LONG_ROW:
        lies = ctx.scratch(tag, shape)
        return lies, lies
    *front, height, width, samples = shape
    lies = ctx.scratch(tag, (*front, samples, height, width))
    return lies, np.moveaxis(lies, -3, -1)


def seen(x: Array) -> Array:
    """The view of a block S,D,H,W as D,H,W,S."""
    return x.transpose(1, 2, 3, 0)


def column_memory(x: Array, rows: Axis, columns: Axis, ctx: Context) -> tuple[Array, Array]:
    """Scratch memory for the columns of a block S,D,H,W: as it lies, and as it is seen."""
    shape = (x.shape[1], rows.window, columns.window, rows.output, columns.output, x.shape[0])
    return block_memory("cols", shape, columns, ctx)


def im2col(x: Array, rows: Axis, columns: Axis, groups: int, ctx: Context) -> Array:
    """The columns of a block S,D,H,W, in scratch memory: G, D/G*F*F, H2*W2*S."""
    cells = seen(x)
    if rows.window * columns.window > 1:  # a window of one cell reads no cell twice and has no pads
        _, cells = block_memory("padded", (x.shape[1], rows.padded, columns.padded, x.shape[0]), columns, ctx)
        if rows.padded > rows.input or columns.padded > columns.input:
            cells.fill(0)
        np.copyto(inside(cells, rows, columns), seen(x))
    lies, cols = column_memory(x, rows, columns, ctx)
    np.copyto(cols, windows(cells, rows, columns))
    return by_group(lies, groups, 3)


def col2im(parts: Array, rows: Axis, columns: Axis, dx: Array, ctx: Context) -> None:
    """Adds up columns, tap by tap, where their windows lay; writes dx: S,D,H,W."""
    samples, depth = dx.shape[:2]
    _, padded = block_memory("padded", (depth, rows.padded, columns.padded, samples), columns, ctx)
    padded.fill(0)
    cells = windows(padded, rows, columns)
    for i in range(rows.window):
        for j in range(columns.window):
            np.add(cells[:, i, j], parts[:, i, j], out=cells[:, i, j])
    np.copyto(seen(dx), inside(padded, rows, columns))


def as_rows(x: Array, groups: int, columns: Axis, ctx: Context) -> Array:
    """A block S,D,H,W in scratch memory, in the order of columns: G, D/G, H*W*S."""
    lies, rows = block_memory("rows", seen(x).shape, columns, ctx)
    np.copyto(rows, seen(x))
    return by_group(lies, groups, 1)


def by_group(x: Array, groups: int, axes: int) -> Array:
    """G matrices of an array whose first `axes` axes are rows."""
    return x.reshape(groups, prod(x.shape[:axes]) // groups, -1)


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
