"""CONV by matrix products, a block of samples at a time.

Shapes: x: B,D,H,W; y: B,N,H2,W2; W: N,D/G,F,F with G groups; b: N, or N,H2,W2. Matrices have the group in front.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.backends.vectorized.columns import (
    as_rows,
    block_memory,
    by_group,
    col2im,
    column_blocks,
    column_memory,
    im2col,
    seen,
)
from cnndsl.backends.vectorized.sums import channel_sums
from cnndsl.ops.axis import Axis
from cnndsl.ops.conv import Conv
from cnndsl.ops.window import axes


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
        product, found = block_memory("rows", seen(y[block]).shape, columns, ctx)
        np.matmul(W, cols, out=by_group(product, a.groups, 1))
        if "bias" in params:
            b = params["bias"]
            np.add(found, b.reshape(*b.shape, *(1,) * (4 - b.ndim)), out=found)
        np.copyto(seen(y[block]), found)
    return y, x, {}


def backward(
    a: Conv, params: Mapping[str, Array], x: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array | None], dict[str, Array]]:
    """dW = sum of dy times the windows of x; db = sum of dy; dx = the gradients of the windows, W^T dy, added up."""
    rows, columns = axes(a, ctx.inputs[0])
    W = params["weight"]
    dW = ctx.gradient("weight", W.shape)
    dx = ctx.gradient("x0", x.shape) if ctx.wanted[0] else None
    if dx is not None and _flips(a, rows, columns, ctx.inputs[0].depth):
        _backward_flipped(a, W, x, dy, dx, dW, ctx)
    else:
        _backward(a, W, x, dy, dx, dW, ctx)
    dparams = {"weight": dW}
    if a.bias == "position":
        dparams["bias"] = np.sum(dy, axis=0, out=ctx.gradient("bias", dy.shape[1:]))
    elif a.bias == "filter":
        dparams["bias"] = channel_sums(dy.reshape(*dy.shape[:2], rows.output * columns.output))
    return (dx,), dparams


def _backward(a: Conv, weight: Array, x: Array, dy: Array, dx: Array | None, dW: Array, ctx: Context) -> None:
    """dW = dy cols(x)^T; dx = col2im(W^T dy)."""
    rows, columns = axes(a, ctx.inputs[0])
    W, dW = by_group(weight, a.groups, 1), by_group(dW, a.groups, 1)
    total = _Total((a.groups, W.shape[2], W.shape[1]), ctx)
    for block in column_blocks(x, rows, columns):
        cols = im2col(x[block], rows, columns, a.groups, ctx)
        dys = as_rows(dy[block], a.groups, columns, ctx)
        total.add(cols, dys)
        if dx is not None:
            lies, parts = column_memory(dx[block], rows, columns, ctx)
            np.matmul(W.transpose(0, 2, 1), dys, out=by_group(lies, a.groups, 3))
            col2im(parts, rows, columns, dx[block], ctx)
    np.copyto(dW, total.sum.transpose(0, 2, 1))


class _Total:
    """The gradient of the weights as it adds up over blocks: G,K,M, with K rows of columns and M rows of maps.

    The columns stand on the left because BLAS is quicker with the longer side there.
    """

    def __init__(self, shape: tuple[int, int, int], ctx: Context):
        self.sum = ctx.scratch("total", shape, zero=True)
        self._part = ctx.scratch("part", shape)

    def add(self, cols: Array, maps: Array) -> None:
        """Adds cols maps^T; cols: G,K,P, maps: G,M,P."""
        np.matmul(cols, maps.transpose(0, 2, 1), out=self._part)
        np.add(self.sum, self._part, out=self.sum)


def _flips(a: Conv, rows: Axis, columns: Axis, depth: int) -> bool:
    """Whether dx is had sooner from the windows of dy, which need no adding up. Only stride 1 has such windows."""
    from_dy = a.filters * rows.input * columns.input
    from_x = depth * rows.output * columns.output
    return a.stride == (1, 1) and from_dy <= 3 * from_x


def _backward_flipped(a: Conv, weight: Array, x: Array, dy: Array, dx: Array, dW: Array, ctx: Context) -> None:
    """dx = W' * dy and dW' = x cols(dy)^T at stride 1, where W' are the filters turned by 180 degrees."""
    filters, depth, height, width = weight.shape
    shape = (a.groups, filters // a.groups, depth, height, width)
    turned = weight.reshape(shape).transpose(0, 2, 1, 3, 4)[..., ::-1, ::-1]
    W = ctx.scratch("flipped", turned.shape)
    np.copyto(W, turned)
    total = _Total((a.groups, filters // a.groups * height * width, depth), ctx)
    rows, columns = map(_back, axes(a, ctx.inputs[0]))
    for block in column_blocks(dy, rows, columns):
        cols = im2col(dy[block], rows, columns, a.groups, ctx)
        total.add(cols, as_rows(x[block], a.groups, columns, ctx))
        product, found = block_memory("rows", seen(dx[block]).shape, columns, ctx)
        np.matmul(by_group(W, a.groups, 2), cols, out=by_group(product, a.groups, 1))
        np.copyto(seen(dx[block]), found)
    by_tap = total.sum.reshape(a.groups, filters // a.groups, height, width, depth)[:, :, ::-1, ::-1]
    np.copyto(dW.reshape(shape), by_tap.transpose(0, 1, 4, 2, 3))


def _back(axis: Axis) -> Axis:
    """The axis from y back to x, at stride 1."""
    reach = axis.extent - 1
    return Axis(axis.output, axis.window, 1, axis.dilate, reach - axis.before, reach - axis.after, axis.input)


KERNELS = {"CONV": Kernel(forward, backward)}
