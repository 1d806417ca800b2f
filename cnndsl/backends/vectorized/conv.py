"""CONV by matrix products, tile by tile.

Shapes: x: D,H,W,B; y: N,H2,W2,B; W: N,D/G,F,F with G groups; b: N, or N,H2,W2. Matrices have the group in front.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnndsl.backends.layout import samples_last
from cnndsl.backends.protocol import Array, Context, Kernel, Memory
from cnndsl.backends.vectorized.columns import as_matrix, col2im, dense, im2col, tiles
from cnndsl.backends.vectorized.finish import Finish
from cnndsl.backends.vectorized.phases import Phase, phases
from cnndsl.backends.vectorized.sums import channel_sums
from cnndsl.ops.conv import Conv
from cnndsl.ops.window import axes


def forward(
    a: Conv, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """y = W * x + b (the tutorial's equation 4), with the windows of x as columns. Saves x."""
    y = apply(a, params["weight"], xs[0], ctx, Finish(shift=params.get("bias")))
    return y, samples_last(xs[0]), {}


def apply(a: Conv, weight: Array, given: Array, ctx: Context, finish: Finish) -> Array:
    """The convolution of a tensor in lanes, each tile finished before the next begins."""
    rows, columns = axes(a, ctx.inputs[0])
    x = samples_last(given)
    y = ctx.output((given.shape[0], a.filters, rows.output, columns.output))
    maps = samples_last(y)
    W = weight.reshape(a.groups, a.filters // a.groups, -1)
    height = weight[0].size * a.groups
    cut = tiles(rows, columns, x.shape[3], height * x.itemsize)

    def work(part: slice, memory: Memory) -> None:
        for tile in cut[part]:
            cols = im2col(x, rows, columns, tile, memory)
            found = maps[:, tile.rows, :, tile.samples]
            multiply(W, cols.reshape(a.groups, -1, cols.shape[1]), found, memory)
            finish.maps(found, tile.rows)

    ctx.split(len(cut), work_of(weight, height, maps), work)
    return y


def backward(
    a: Conv, params: Mapping[str, Array], x: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array | None], dict[str, Array]]:
    """dW = sum of dy times the windows of x; db = sum of dy; dx = the gradients of the windows, W^T dy, added up, or
    the windows of dy times the turned filters, whichever is less work."""
    W, maps = params["weight"], samples_last(dy)
    dW = ctx.gradient("weight", W.shape)
    dx = None
    if ctx.wanted[0]:
        dx = ctx.gradient("x0", (dy.shape[0], *ctx.inputs[0].shape))
        way = _turned if _turns(a, ctx) else _scattered
        way(a, W, x, maps, samples_last(dx), dW, ctx)
    else:
        _weights(a, x, maps, dW, ctx)
    dparams = {"weight": dW}
    if a.bias == "position":
        dparams["bias"] = np.sum(maps, axis=3, out=ctx.gradient("bias", maps.shape[:3]))
    elif a.bias == "filter":
        dparams["bias"] = channel_sums(maps, ctx)
    return (dx,), dparams


def _weights(a: Conv, x: Array, dy: Array, dW: Array, ctx: Context) -> None:
    """dW = dy cols(x)^T, added up over tiles; cols(x) on the left, where BLAS is quicker with the longer side."""
    rows, columns = axes(a, ctx.inputs[0])
    groups, height = a.groups, dW[0].size
    cut = tiles(rows, columns, x.shape[3], height * groups * x.itemsize)

    def work(part: slice, memory: Memory) -> Array:
        total = memory.scratch("total", (groups, height, a.filters // groups), zero=True)
        for tile in cut[part]:
            cols = im2col(x, rows, columns, tile, memory).reshape(groups, height, -1)
            maps = as_matrix(dy[:, tile.rows, :, tile.samples], groups, "maps", memory)
            np.add(total, np.matmul(cols, maps.transpose(0, 2, 1), out=memory.scratch("share", total.shape)), out=total)
        return total

    total = added(ctx.split(len(cut), work_of(dW, height * groups, dy), work))
    np.copyto(dW.reshape(groups, a.filters // groups, height), total.transpose(0, 2, 1))


def _scattered(a: Conv, weight: Array, x: Array, dy: Array, dx: Array, dW: Array, ctx: Context) -> None:
    """dW = dy cols(x)^T; dx = col2im(W^T dy). Parts are groups, or input channels where there is one group: what they
    write is theirs alone."""
    rows, columns = axes(a, ctx.inputs[0])
    groups, window = a.groups, dW[0, 0].size
    filters, depth = a.filters // groups, dW.shape[1]
    W, dW = weight.reshape(groups, filters, depth, window), dW.reshape(groups, filters, depth, window)
    cut = tiles(rows, columns, x.shape[3], depth * window * groups * x.itemsize)

    def work(part: slice, memory: Memory) -> None:
        inner = (part, slice(None), slice(None)) if groups > 1 else (slice(None), slice(None), part)
        V, channels = W[inner], part if groups == 1 else slice(part.start * depth, part.stop * depth)
        some, each = V.shape[0], V.shape[2] * window
        V = V.reshape(some, filters, each).transpose(0, 2, 1)
        maps_of = slice(part.start * filters, part.stop * filters) if groups > 1 else slice(None)
        total = memory.scratch("total", (some, each, filters), zero=True)
        dx[channels] = 0
        for tile in cut:
            cols = im2col(x[channels], rows, columns, tile, memory)
            maps = as_matrix(dy[maps_of, tile.rows, :, tile.samples], some, "maps", memory)
            share = memory.scratch("share", total.shape)
            np.add(total, np.matmul(cols.reshape(some, each, -1), maps.transpose(0, 2, 1), out=share), out=total)
            parts = memory.scratch("parts", cols.shape)
            np.matmul(V, maps, out=parts.reshape(some, each, -1))
            shape = (-1, rows.window, columns.window, tile.rows.stop - tile.rows.start, columns.output)
            col2im(parts.reshape(*shape, tile.samples.stop - tile.samples.start), rows, columns, tile, dx[channels])
        dW[inner] = total.transpose(0, 2, 1).reshape(dW[inner].shape)

    ctx.split(groups if groups > 1 else depth, 3 * work_of(weight, depth * window * groups, dy), work)


def _turns(a: Conv, ctx: Context) -> bool:
    """Whether dx is had sooner from the windows of dy, which need no adding up, but are as many as x has cells."""
    rows, columns = axes(a, ctx.inputs[0])
    phases_each = a.stride[0] * a.stride[1]
    from_dy = a.filters * rows.input * columns.input / phases_each
    from_x = ctx.inputs[0].depth * rows.output * columns.output
    return from_dy <= TURNED * from_x


TURNED = 3
"""How many times the work of the windows of dy may be that of the windows of x, each of which is used three times."""


def _turned(a: Conv, weight: Array, x: Array, dy: Array, dx: Array, dW: Array, ctx: Context) -> None:
    """dx and dW from the windows of dy, phase by phase: dx = W' cols(dy), dW' = x cols(dy)^T, where W' are the filters
    turned by 180 degrees."""
    filters, depth, height, width = weight.shape
    by_group = (a.groups, filters // a.groups, depth, height, width)
    W, dW = weight.reshape(by_group), dW.reshape(by_group)
    dW.fill(0)
    vertical, horizontal = (phases(axis) for axis in axes(a, ctx.inputs[0]))
    for above in vertical:
        for beside in horizontal:
            target = dx[:, above.cells, beside.cells]
            if above.taps and beside.taps:
                source = x[:, above.cells, beside.cells]
                _phase(a, W, source, dy, target, dW, above, beside, ctx)
            else:
                target.fill(0)


def _phase(
    a: Conv, W: Array, x: Array, dy: Array, dx: Array, dW: Array, above: Phase, beside: Phase, ctx: Context
) -> None:
    """One phase of `_turned`: x and dx are its cells alone. W, dW: G,N/G,D/G,F,F."""
    groups, filters, depth = W.shape[:3]
    taps = (slice(None),) * 3 + np.ix_(above.taps, beside.taps)
    turned = ctx.scratch("turned", (groups, depth, filters, len(above.taps), len(beside.taps)))
    np.copyto(turned, W[taps].transpose(0, 2, 1, 3, 4))
    W = turned.reshape(groups, depth, -1)
    rows, columns, height = above.axis, beside.axis, W.shape[2]
    cut = tiles(rows, columns, dy.shape[3], height * groups * dy.itemsize)

    def work(part: slice, memory: Memory) -> Array:
        total = memory.scratch("total", (groups, height, depth), zero=True)
        for tile in cut[part]:
            cols = im2col(dy, rows, columns, tile, memory).reshape(groups, height, -1)
            cells = as_matrix(x[:, tile.rows, :, tile.samples], groups, "cells", memory)
            np.add(
                total, np.matmul(cols, cells.transpose(0, 2, 1), out=memory.scratch("share", total.shape)), out=total
            )
            multiply(W, cols, dx[:, tile.rows, :, tile.samples], memory)
        return total

    total = added(ctx.split(len(cut), 2 * work_of(W, height * groups, dx), work))
    shape = (groups, filters, len(above.taps), len(beside.taps), depth)
    dW[taps] = total.reshape(shape).transpose(0, 1, 4, 2, 3)


def multiply(W: Array, cols: Array, out: Array, memory: Memory) -> None:
    """out = W cols, group by group; W: G,M,K, cols: G,K,P, out: G*M,n,W2,b of P cells a channel."""
    groups, rows = W.shape[:2]
    if dense(out):
        np.matmul(W, cols, out=out.reshape(groups, rows, -1))
        return
    product = memory.scratch("product", (groups, rows, cols.shape[2]))
    np.matmul(W, cols, out=product)
    np.copyto(out, product.reshape(out.shape))


def added(totals: list[Array]) -> Array:
    """The sum of what the parts found, in their order."""
    for other in totals[1:]:
        np.add(totals[0], other, out=totals[0])
    return totals[0]


def work_of(weight: Array, height: int, maps: Array) -> int:
    """The work of a convolution, in values that are copied: the columns, and the products by the speed of both."""
    positions = maps[0].size
    return int(height * positions + weight.size * positions // 16)


KERNELS = {"CONV": Kernel(forward, backward, layout="lanes")}
