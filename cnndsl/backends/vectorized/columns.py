"""Windows as the columns of a matrix (im2col), tile by tile.

Maps are D,H,W,B: samples last, so that what one tap of all windows in a row sees is one long run of memory. A tile is
some rows of windows for some samples; its columns are a matrix of D*F*F rows and n*W2*b columns, one a window. Tiles
are small enough to be multiplied while they are still in cache.
"""

from __future__ import annotations

from math import prod

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cnndsl.backends.protocol import Array, Memory
from cnndsl.backends.vectorized.tiles import Tile
from cnndsl.ops.axis import Axis


def im2col(x: Array, rows: Axis, columns: Axis, tile: Tile, memory: Memory) -> Array:
    """The columns of a tile of x: D,H,W,B as a matrix D*F*F, n*W2*b. Pads are 0; `before` may be negative, where
    windows begin inside of x."""
    depth, samples = x.shape[0], tile.samples.stop - tile.samples.start
    count = tile.rows.stop - tile.rows.start
    top = tile.rows.start * rows.stride - rows.before
    height = (count - 1) * rows.stride + rows.extent
    width = (columns.output - 1) * columns.stride + columns.extent
    cells = _cut(x[..., tile.samples], top, height, -columns.before, width, memory)
    shape = (depth, rows.window, columns.window, count, columns.output, samples)
    if rows.window == columns.window == rows.stride == columns.stride == 1 and dense(cells):
        return cells.reshape(depth, -1)
    channel, row, column, sample = cells.strides
    seen = as_strided(
        cells,
        shape,
        (channel, row * rows.dilate, column * columns.dilate, row * rows.stride, column * columns.stride, sample),
    )
    found = memory.scratch("cols", shape)
    np.copyto(found, seen)
    return found.reshape(prod(shape[:3]), -1)


def _cut(x: Array, top: int, height: int, left: int, width: int, memory: Memory) -> Array:
    """The cells of D,H,W,B from a row and a column on; where there are none, 0."""
    _, rows, columns, _ = x.shape
    if top >= 0 and left >= 0 and top + height <= rows and left + width <= columns:
        return x[:, top : top + height, left : left + width]
    found = memory.scratch("cut", (x.shape[0], height, width, x.shape[3]))
    first, last = max(0, -top), max(0, min(height, rows - top))
    before, after = max(0, -left), max(0, min(width, columns - left))
    if first >= last or before >= after:
        found.fill(0)
        return found
    found[:, :first] = 0
    found[:, last:] = 0
    found[:, first:last, :before] = 0
    found[:, first:last, after:] = 0
    found[:, first:last, before:after] = x[:, top + first : top + last, left + before : left + after]
    return found


def met_by(axis: Axis, tap: int) -> tuple[slice, slice]:
    """The windows along an axis whose tap lies inside the input, and the cells where it lies."""
    offset = tap * axis.dilate - axis.before
    start = max(0, -(offset // axis.stride))
    stop = max(start, min(axis.output, (axis.input - 1 - offset) // axis.stride + 1))
    first = start * axis.stride + offset
    return slice(start, stop), slice(first, first + (stop - start) * axis.stride, axis.stride)


def col2im(parts: Array, rows: Axis, columns: Axis, tile: Tile, dx: Array) -> None:
    """Adds the columns of a tile, D,F,F,n,W2,b, to the cells of dx: D,H,W,B that they lay over, tap by tap."""
    for i in range(rows.window):
        met, above = met_by(rows, i)
        start, stop = max(met.start, tile.rows.start), min(met.stop, tile.rows.stop)
        if start >= stop:
            continue
        skipped = (start - met.start) * rows.stride
        above = slice(above.start + skipped, above.start + skipped + (stop - start) * rows.stride, rows.stride)
        for j in range(columns.window):
            beside, left = met_by(columns, j)
            cells = dx[:, above, left, tile.samples]
            part = parts[:, i, j, start - tile.rows.start : stop - tile.rows.start, beside]
            np.add(cells, part, out=cells)


def dense(x: Array) -> bool:
    """Whether height, width and samples are one run of memory in every channel."""
    _, height, width, samples = x.shape
    item = x.itemsize
    return x.strides[1:] == (width * samples * item, samples * item, item) or height * width * samples == 1


def as_matrix(x: Array, groups: int, tag: str, memory: Memory) -> Array:
    """D,n,W,b as G matrices D/G, n*W*b: as it lies where that can be, else a copy in scratch memory."""
    if not dense(x):
        copy = memory.scratch(tag, x.shape)
        np.copyto(copy, x)
        x = copy
    return x.reshape(groups, x.shape[0] // groups, -1)
