"""CONV by matrix products, a block of samples at a time.

Shapes: x: B,D,H,W; y: B,N,H2,W2; W: N,D/G,F,F with G groups; b: N. Matrices have the group in front.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.backends.vectorized.columns import as_rows, by_group, col2im, column_blocks, im2col, samples_last
from cnndsl.backends.vectorized.sums import channel_sums
from cnndsl.ops.conv import Conv
from cnndsl.ops.window import Axis, axes


def forward(
    a: Conv, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """y = W * x + b (the tutorial's equation 4), with the windows of x as columns. Saves x."""
    (x,) = xs
    rows, columns = axes(a, ctx.inputs[0])
    W = by_group(params["weight"], a.groups, 1)
    y = ctx.output((x.shape[0], a.filters, rows.output, columns.output))
    for block in column_blocks(x, rows, columns):
        cols = im2col(x[block], rows, columns, a.groups, ctx)
        product = np.matmul(W, cols, out=ctx.scratch("rows", (*W.shape[:2], cols.shape[2])))
        turned = samples_last(y[block])
        if "bias" in params:
            np.add(product.reshape(turned.shape), params["bias"][:, None, None, None], out=turned)
        else:
            np.copyto(turned, product.reshape(turned.shape))
    return y, x, {}


def backward(
    a: Conv, params: Mapping[str, Array], x: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array | None], dict[str, Array]]:
    """dW = sum of dy times the windows of x; db = sum of dy; dx = the windows' gradients, W^T dy, added up."""
    rows, columns = axes(a, ctx.inputs[0])
    W = params["weight"]
    dW = ctx.gradient("weight", W.shape)
    dx = ctx.gradient("x0", x.shape) if ctx.wanted[0] else None
    if dx is not None and _flips(a, x, dy):
        _backward_flipped(a, W, x, dy, rows, columns, dx, dW, ctx)
    else:
        _backward(a, W, x, dy, rows, columns, dx, dW, ctx)
    dparams = {"weight": dW}
    if "bias" in params:
        dparams["bias"] = channel_sums(dy.reshape(*dy.shape[:2], rows.output * columns.output))
    return (dx,), dparams


def _backward(
    a: Conv,
    weight: Array,
    x: Array,
    dy: Array,
    rows: Axis,
    columns: Axis,
    dx: Array | None,
    dW: Array,
    ctx: Context,
) -> None:
    """dW = dy cols(x)^T; dx = col2im(W^T dy)."""
    W = by_group(weight, a.groups, 1)
    total = by_group(dW, a.groups, 1)
    total.fill(0)
    part = ctx.scratch("part", total.shape)
    for block in column_blocks(x, rows, columns):
        cols = im2col(x[block], rows, columns, a.groups, ctx)
        dys = as_rows(dy[block], a.groups, "rows", ctx)
        np.matmul(dys, cols.transpose(0, 2, 1), out=part)
        np.add(total, part, out=total)
        if dx is not None:
            np.matmul(W.transpose(0, 2, 1), dys, out=cols)
            col2im(cols, rows, columns, dx[block], ctx)


def _flips(a: Conv, x: Array, dy: Array) -> bool:
    """Whether dx is had sooner from the windows of dy, which need no adding up. Only stride 1 has such windows."""
    return a.stride == (1, 1) and dy.shape[1] * x[0, 0].size <= 3 * x.shape[1] * dy[0, 0].size


def _backward_flipped(
    a: Conv, W: Array, x: Array, dy: Array, rows: Axis, columns: Axis, dx: Array, dW: Array, ctx: Context
) -> None:
    """dx = W' * dy and dW' = x cols(dy)^T, where W' are the filters turned by 180 degrees; stride 1."""
    filters, depth, height, width = W.shape
    shape = (a.groups, filters // a.groups, depth, height, width)
    turned = W.reshape(shape).transpose(0, 2, 1, 3, 4)[..., ::-1, ::-1]
    flipped = ctx.scratch("flipped", turned.shape)
    np.copyto(flipped, turned)
    total = ctx.scratch("total", (a.groups, depth, filters // a.groups * height * width), zero=True)
    part = ctx.scratch("part", total.shape)
    rows, columns = _back(rows), _back(columns)
    for block in column_blocks(dy, rows, columns):
        cols = im2col(dy[block], rows, columns, a.groups, ctx)
        xs = as_rows(x[block], a.groups, "rows", ctx)
        np.matmul(xs, cols.transpose(0, 2, 1), out=part)
        np.add(total, part, out=total)
        product = np.matmul(flipped.reshape(total.shape), cols, out=xs)
        np.copyto(samples_last(dx[block]), product.reshape(samples_last(dx[block]).shape))
    np.copyto(dW.reshape(shape), total.reshape(turned.shape)[..., ::-1, ::-1].transpose(0, 2, 1, 3, 4))


def _back(axis: Axis) -> Axis:
    """The axis from y back to x, at stride 1."""
    reach = axis.extent - 1
    return Axis(axis.output, axis.window, 1, axis.dilate, reach - axis.before, reach - axis.after, axis.input)


KERNELS = {"CONV": Kernel(forward, backward)}
