"""CONV: matrix products of windows; where every group is one channel, tap by tap as DWCONV.

Shapes: x: D,H,W,B; y: N,H2,W2,B; W: N,D/G,F,F with G groups; b: N, or N,H2,W2.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnndsl.backends.layout import samples_last
from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.backends.vectorized import depthwise, windows
from cnndsl.backends.vectorized.finish import Finish
from cnndsl.backends.vectorized.sums import channel_sums
from cnndsl.backends.vectorized.windows import Windows
from cnndsl.ops.conv import Conv
from cnndsl.ops.dwconv import DWConv
from cnndsl.ops.window import axes


def forward(
    a: Conv | DWConv, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """y = W * x + b (the tutorial's equation 4). Saves x."""
    y = apply(a, params["weight"], xs[0], ctx, Finish(shift=params.get("bias")))
    return y, samples_last(xs[0]), {}


def apply(a: Conv | DWConv, weight: Array, x: Array, ctx: Context, finish: Finish) -> Array:
    """The convolution of a tensor in lanes, each part finished before the next begins."""
    w = _windows(a, ctx)
    y = ctx.output((x.shape[0], len(weight), w.rows.output, w.columns.output))
    way = depthwise.convolved if _alone(weight, w) else windows.convolved
    way(w, weight, samples_last(x), samples_last(y), ctx, finish)
    return y


def backward(
    a: Conv | DWConv, params: Mapping[str, Array], x: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array | None], dict[str, Array]]:
    """dW = sum of dy times the windows of x; db = sum of dy; dx = the windows W^T dy, laid down and added up."""
    weight, maps, w = params["weight"], samples_last(dy), _windows(a, ctx)
    dW = ctx.gradient("weight", weight.shape)
    dx = ctx.gradient("x0", (dy.shape[0], *ctx.inputs[0].shape)) if ctx.wanted[0] else None
    if _alone(weight, w):
        depthwise.back(w, weight, x, maps, None if dx is None else samples_last(dx), dW, ctx)
    elif dx is None:
        windows.weights(w, x, maps, dW, ctx)
    else:
        windows.back(w, weight, maps, samples_last(dx), ctx, (x, dW))
    return (dx,), {"weight": dW, **bias_gradient(a.bias, maps, ctx)}


def bias_gradient(bias: str, dy: Array, ctx: Context) -> dict[str, Array]:
    """The gradient of a bias a filter or by position, from that of the maps in lanes."""
    if bias == "position":
        return {"bias": np.sum(dy, axis=3, out=ctx.gradient("bias", dy.shape[:3]))}
    return {"bias": channel_sums(dy, ctx)} if bias == "filter" else {}


def _windows(a: Conv | DWConv, ctx: Context) -> Windows:
    return Windows(*axes(a, ctx.inputs[0]), a.groups if isinstance(a, Conv) else ctx.inputs[0].depth)


def _alone(weight: Array, w: Windows) -> bool:
    """Whether each filter sees one channel of several: a matrix of one row a group would be read for nothing."""
    return weight.shape[1] == 1 and w.groups > 1


KERNELS = {"CONV": Kernel(forward, backward, layout="lanes"), "DWCONV": Kernel(forward, backward, layout="lanes")}
