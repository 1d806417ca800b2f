"""CONV by matrix products: windows become the columns of a matrix (im2col), a block of samples at a time.

Shapes: x: B,D,H,W; y: B,N,H2,W2; W: N,D/G,F,F with G groups; b: N. A block of S samples has the columns
D,F,F,S,H2,W2, seen as G matrices of K = D/G*F*F rows.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.backends.vectorized.blocks import blocks
from cnndsl.backends.vectorized.sums import channel_sums
from cnndsl.ops.conv import Conv
from cnndsl.ops.window import Axis, axes


def forward(
    a: Conv, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """y = W * x + b (the tutorial's equation 4). Saves x."""
    (x,) = xs
    W = params["weight"]
    rows, columns = axes(a, ctx.inputs[0])
    y = ctx.output((x.shape[0], a.filters, rows.output, columns.output))
    correlate(x, W.reshape(a.groups, a.filters // a.groups, -1), params.get("bias"), rows, columns, y, ctx)
    return y, x, {}


def backward(
    a: Conv, params: Mapping[str, Array], x: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array | None], dict[str, Array]]:
    """dW = sum of dy times the windows of x; db = sum of dy; dx = dy through the same weights."""
    W = params["weight"]
    rows, columns = axes(a, ctx.inputs[0])
    dparams = {"weight": weight_gradient(x, dy, rows, columns, a.groups, ctx.gradient("weight", W.shape), ctx)}
    if "bias" in params:
        dparams["bias"] = channel_sums(dy.reshape(*dy.shape[:2], -1))
    if not ctx.wanted[0]:
        return (None,), dparams
    dx = ctx.gradient("x0", x.shape)
    if a.stride == (1, 1) and dy.shape[1] * x[0, 0].size <= 4 * x.shape[1] * dy[0, 0].size:
        flipped_gradient(dy, W, a.groups, rows, columns, dx, ctx)
    else:
        scattered_gradient(dy, W, a.groups, rows, columns, dx, ctx)
    return (dx,), dparams


def correlate(x: Array, W: Array, b: Array | None, rows: Axis, columns: Axis, y: Array, ctx: Context) -> None:
    """Writes W * x + b to y; W: G,N/G,K."""
    groups, filters, _ = W.shape
    positions = rows.output * columns.output
    for block in blocks(len(x), column_bytes(x, rows, columns)):
        cols = im2col(x[block], rows, columns, groups, ctx)
        product = np.matmul(W, cols, out=ctx.scratch("product", (groups, filters, cols.shape[2])))
        by_sample = product.reshape(groups * filters, -1, positions).transpose(1, 0, 2)
        out = y[block].reshape(by_sample.shape)
        if b is None:
            np.copyto(out, by_sample)
        else:
            np.add(by_sample, b[:, None], out=out)


def weight_gradient(x: Array, dy: Array, rows: Axis, columns: Axis, groups: int, dW: Array, ctx: Context) -> Array:
    """dW = sum over samples and positions of dy times the windows of x; written to dW and returned."""
    total = dW.reshape(groups, dW.shape[0] // groups, -1)
    total.fill(0)
    for block in blocks(len(x), column_bytes(x, rows, columns)):
        cols = im2col(x[block], rows, columns, groups, ctx)
        dy_rows = by_filter(dy[block], groups, ctx)
        part = np.matmul(dy_rows, cols.transpose(0, 2, 1), out=ctx.scratch("part", total.shape))
        np.add(total, part, out=total)
    return dW


def flipped_gradient(dy: Array, W: Array, groups: int, rows: Axis, columns: Axis, dx: Array, ctx: Context) -> None:
    """dx at stride 1: dy, padded, correlated with the filters turned by 180 degrees."""
    filters, depth, height, width = W.shape
    by_group = W.reshape(groups, filters // groups, depth, height, width)
    turned = by_group.transpose(0, 2, 1, 3, 4)[..., ::-1, ::-1]
    flipped = ctx.scratch("flipped", turned.shape)
    np.copyto(flipped, turned)
    correlate(dy, flipped.reshape(groups, depth, -1), None, _back(rows), _back(columns), dx, ctx)


def _back(axis: Axis) -> Axis:
    """The axis from y back to x, at stride 1."""
    reach = axis.extent - 1
    return Axis(axis.output, axis.window, 1, axis.dilate, reach - axis.before, reach - axis.after, axis.input)


def scattered_gradient(dy: Array, W: Array, groups: int, rows: Axis, columns: Axis, dx: Array, ctx: Context) -> None:
    """dx at any stride: columns of gradients, W^T dy, added tap by tap to where the windows lay (col2im)."""
    filters, depth, height, width = W.shape
    weights = W.reshape(groups, filters // groups, -1).transpose(0, 2, 1)
    for block in blocks(len(dx), column_bytes(dx, rows, columns)):
        dy_rows = by_filter(dy[block], groups, ctx)
        cols = ctx.scratch("cols", (groups, weights.shape[1], dy_rows.shape[2]))
        np.matmul(weights, dy_rows, out=cols)
        samples = block.stop - block.start
        padded = ctx.scratch("padded", (groups * depth, samples, rows.padded, columns.padded), zero=True)
        taps = windows(padded, rows, columns)
        parts = cols.reshape(taps.shape)
        for i in range(height):
            for j in range(width):
                np.add(taps[:, i, j], parts[:, i, j], out=taps[:, i, j])
        np.copyto(dx[block].transpose(1, 0, 2, 3), inside(padded, rows, columns))


def im2col(x: Array, rows: Axis, columns: Axis, groups: int, ctx: Context) -> Array:
    """The windows of a block as columns: G, K, S*H2*W2."""
    samples, depth = x.shape[:2]
    by_channel = x.transpose(1, 0, 2, 3)
    if (rows.padded, columns.padded) != x.shape[2:]:
        padded = ctx.scratch("padded", (depth, samples, rows.padded, columns.padded), zero=True)
        np.copyto(inside(padded, rows, columns), by_channel)
        by_channel = padded
    found = windows(by_channel, rows, columns)
    cols = ctx.scratch("cols", found.shape)
    np.copyto(cols, found)
    return cols.reshape(groups, depth // groups * rows.window * columns.window, -1)


def windows(padded: Array, rows: Axis, columns: Axis) -> Array:
    """A view of D,S,H,W as D,F,F,S,H2,W2: for every tap the cells that it sees."""
    channel, sample, row, column = padded.strides
    return as_strided(
        padded,
        (padded.shape[0], rows.window, columns.window, padded.shape[1], rows.output, columns.output),
        (channel, row * rows.dilate, column * columns.dilate, sample, row * rows.stride, column * columns.stride),
    )


def inside(padded: Array, rows: Axis, columns: Axis) -> Array:
    """The view of D,S,H,W without the pads."""
    return padded[:, :, rows.before : rows.before + rows.input, columns.before : columns.before + columns.input]


def by_filter(dy: Array, groups: int, ctx: Context) -> Array:
    """A block of dy as G, N/G, S*H2*W2."""
    samples, filters, height, width = dy.shape
    found = ctx.scratch("dy_rows", (filters, samples, height, width))
    np.copyto(found, dy.transpose(1, 0, 2, 3))
    return found.reshape(groups, filters // groups, -1)


def column_bytes(x: Array, rows: Axis, columns: Axis) -> int:
    """Bytes of one sample's columns."""
    taps = rows.window * columns.window
    return x.itemsize * x.shape[1] * taps * rows.output * columns.output


KERNELS = {"CONV": Kernel(forward, backward)}
