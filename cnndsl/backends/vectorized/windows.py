"""Convolutions as matrix products, tile by tile: what CONV, DECONV and their ways back are made of.

A convolution takes maps x: D,H,W,B to y: N,H2,W2,B by weights W: N,D/G,F,F with G groups. Matrices have the group in
front. DECONV is one turned around: it goes from y to x.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cnndsl.backends.protocol import Array, Context, Memory
from cnndsl.backends.vectorized.columns import as_matrix, col2im, dense, im2col
from cnndsl.backends.vectorized.finish import Finish
from cnndsl.backends.vectorized.phases import Phase, is_turned, phases
from cnndsl.backends.vectorized.tiles import tiles
from cnndsl.ops.axis import Axis


class Windows(NamedTuple):
    """Where the windows of a convolution lie in x, and its groups."""

    rows: Axis
    columns: Axis
    groups: int = 1


def convolved(w: Windows, weight: Array, x: Array, y: Array, ctx: Context, finish: Finish) -> None:
    """y = W cols(x), each tile finished before the next begins."""
    groups, filters = w.groups, len(weight) // w.groups
    W = weight.reshape(groups, filters, -1)
    height = W.shape[2] * groups
    cut = tiles(w.rows, w.columns, x.shape[3], height * x.itemsize)

    def work(part: slice, memory: Memory) -> None:
        for tile in cut[part]:
            cols = im2col(x, w.rows, w.columns, tile, memory)
            found = y[:, tile.rows, :, tile.samples]
            _multiply(W, cols.reshape(groups, -1, cols.shape[1]), found, memory)
            finish.maps(found, tile.rows)

    ctx.split(len(cut), _work(weight, height, y), work)


def weights(w: Windows, x: Array, y: Array, dW: Array, ctx: Context) -> None:
    """dW = y cols(x)^T, added up over tiles; cols(x) on the left, where BLAS is quicker with the longer side."""
    groups, filters, height = w.groups, len(dW) // w.groups, dW[0].size
    cut = tiles(w.rows, w.columns, x.shape[3], height * groups * x.itemsize)

    def work(part: slice, memory: Memory) -> Array:
        total = memory.scratch("total", (groups, height, filters), zero=True)
        for tile in cut[part]:
            cols = im2col(x, w.rows, w.columns, tile, memory).reshape(groups, height, -1)
            maps = as_matrix(y[:, tile.rows, :, tile.samples], groups, "maps", memory)
            np.add(total, np.matmul(cols, maps.transpose(0, 2, 1), out=memory.scratch("share", total.shape)), out=total)
        return total

    total = _added(ctx.split(len(cut), _work(dW, height * groups, y), work))
    np.copyto(dW.reshape(groups, filters, height), total.transpose(0, 2, 1))


def back(w: Windows, weight: Array, y: Array, x: Array, ctx: Context, gradient: tuple[Array, Array] | None) -> None:
    """x = the windows W^T y laid down and added up: the way from y to x. With `gradient`, (x of the way there, dW),
    the weights' gradient on the same way: dW = y cols(x)^T. Either by scattering, or by the turned filters, whichever
    is less work."""
    (_turned if is_turned(w.rows, w.columns, len(x), len(weight)) else _scattered)(w, weight, y, x, ctx, gradient)


def _scattered(
    w: Windows, weight: Array, y: Array, x: Array, ctx: Context, gradient: tuple[Array, Array] | None
) -> None:
    """x = col2im(W^T y), dW = y cols(seen)^T. Parts are groups, or channels of x where there is one group: what they
    write is theirs alone."""
    rows, columns, groups = w
    window, depth, filters = weight[0, 0].size, weight.shape[1], len(weight) // groups
    shape = (groups, filters, depth, window)
    W = weight.reshape(shape)
    cut = tiles(rows, columns, x.shape[3], depth * window * groups * x.itemsize)

    def work(part: slice, memory: Memory) -> None:
        inner = (part, slice(None), slice(None)) if groups > 1 else (slice(None), slice(None), part)
        V, channels = W[inner], part if groups == 1 else slice(part.start * depth, part.stop * depth)
        some, each = V.shape[0], V.shape[2] * window
        V = V.reshape(some, filters, each).transpose(0, 2, 1)
        maps_of = slice(part.start * filters, part.stop * filters) if groups > 1 else slice(None)
        total = None if gradient is None else memory.scratch("total", (some, each, filters), zero=True)
        x[channels] = 0
        for tile in cut:
            maps = as_matrix(y[maps_of, tile.rows, :, tile.samples], some, "maps", memory)
            if gradient is not None and total is not None:
                cols = im2col(gradient[0][channels], rows, columns, tile, memory)
                share = memory.scratch("share", total.shape)
                np.add(total, np.matmul(cols.reshape(some, each, -1), maps.transpose(0, 2, 1), out=share), out=total)
            parts = memory.scratch("parts", (some, each, maps.shape[2]))
            np.matmul(V, maps, out=parts)
            taps = (-1, rows.window, columns.window, tile.rows.stop - tile.rows.start, columns.output)
            col2im(parts.reshape(*taps, tile.samples.stop - tile.samples.start), rows, columns, tile, x[channels])
        if gradient is not None and total is not None:
            dW = gradient[1].reshape(shape)
            dW[inner] = total.transpose(0, 2, 1).reshape(dW[inner].shape)

    times = 2 if gradient is None else 3
    ctx.split(groups if groups > 1 else depth, times * _work(weight, depth * window * groups, y), work)


def _turned(w: Windows, weight: Array, y: Array, x: Array, ctx: Context, gradient: tuple[Array, Array] | None) -> None:
    """x and dW from the windows of y, phase by phase: x = W' cols(y), dW' = seen cols(y)^T, where W' are the filters
    turned by 180 degrees."""
    count, depth, height, width = weight.shape
    shape = (w.groups, count // w.groups, depth, height, width)
    W = weight.reshape(shape)
    seen, dW = (None, None) if gradient is None else (gradient[0], gradient[1].reshape(shape))
    if dW is not None:
        dW.fill(0)
    vertical, horizontal = phases(w.rows), phases(w.columns)
    for above in vertical:
        for beside in horizontal:
            cells = (slice(None), above.cells, beside.cells)
            if above.taps and beside.taps:
                own = None if seen is None or dW is None else (seen[cells], dW)
                _phase(W, y, x[cells], above, beside, ctx, own)
            else:
                x[cells].fill(0)


def _phase(
    W: Array, y: Array, x: Array, above: Phase, beside: Phase, ctx: Context, gradient: tuple[Array, Array] | None
) -> None:
    """One phase of `_turned`: x is its cells alone. W, dW: G,N/G,D/G,F,F."""
    groups, filters, depth = W.shape[:3]
    taps = (slice(None),) * 3 + np.ix_(above.taps, beside.taps)
    turned = ctx.scratch("turned", (groups, depth, filters, len(above.taps), len(beside.taps)))
    np.copyto(turned, W[taps].transpose(0, 2, 1, 3, 4))
    W = turned.reshape(groups, depth, -1)
    rows, columns, height = above.axis, beside.axis, W.shape[2]
    cut = tiles(rows, columns, y.shape[3], height * groups * y.itemsize)

    def work(part: slice, memory: Memory) -> Array | None:
        total = None if gradient is None else memory.scratch("total", (groups, height, depth), zero=True)
        for tile in cut[part]:
            cols = im2col(y, rows, columns, tile, memory).reshape(groups, height, -1)
            if gradient is not None and total is not None:
                cells = as_matrix(gradient[0][:, tile.rows, :, tile.samples], groups, "cells", memory)
                share = memory.scratch("share", total.shape)
                np.add(total, np.matmul(cols, cells.transpose(0, 2, 1), out=share), out=total)
            _multiply(W, cols, x[:, tile.rows, :, tile.samples], memory)
        return total

    totals = ctx.split(len(cut), 2 * _work(W, height * groups, x), work)
    if gradient is not None:
        shape = (groups, filters, len(above.taps), len(beside.taps), depth)
        gradient[1][taps] = _added([t for t in totals if t is not None]).reshape(shape).transpose(0, 1, 4, 2, 3)


def _multiply(W: Array, cols: Array, out: Array, memory: Memory) -> None:
    """out = W cols, group by group; W: G,M,K, cols: G,K,P, out: G*M,n,W2,b of P cells a channel."""
    groups, rows = W.shape[:2]
    if dense(out):
        np.matmul(W, cols, out=out.reshape(groups, rows, -1))
        return
    product = memory.scratch("product", (groups, rows, cols.shape[2]))
    np.matmul(W, cols, out=product)
    np.copyto(out, product.reshape(out.shape))


def _added(totals: list[Array]) -> Array:
    """The sum of what the parts found, in their order."""
    for other in totals[1:]:
        np.add(totals[0], other, out=totals[0])
    return totals[0]


def _work(weight: Array, height: int, maps: Array) -> int:
    """The work of a convolution, in values that are copied: the columns, and the products by the speed of both."""
    positions = maps[0].size
    return int(height * positions + weight.size * positions // 16)
