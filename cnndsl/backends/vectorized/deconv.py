"""DECONV: the way back of a convolution, taken forward.

Shapes: x: D,H,W,B; y: N,H2,W2,B; W: D,N/G,F,F with G groups; b: N, or N,H2,W2. The convolution that is turned around
goes from y to x, with D filters.
"""

from __future__ import annotations

from collections.abc import Mapping

from cnndsl.backends.layout import samples_last
from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.backends.vectorized import windows
from cnndsl.backends.vectorized.conv import bias_gradient
from cnndsl.backends.vectorized.finish import Finish
from cnndsl.backends.vectorized.windows import Windows
from cnndsl.ops.deconv import Deconv, axes


def forward(
    a: Deconv, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """y = the windows W^T x laid down and added up, + b. Saves x."""
    x = samples_last(xs[0])
    y = ctx.output((xs[0].shape[0], *ctx.node.type.shape))
    maps = samples_last(y)
    windows.back(_windows(a, ctx), params["weight"], x, maps, ctx, None)
    Finish(shift=params.get("bias")).maps(maps, slice(None))
    return y, x, {}


def backward(
    a: Deconv, params: Mapping[str, Array], x: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array | None], dict[str, Array]]:
    """dx = W * dy, the convolution; dW = sum of x times the windows of dy; db = sum of dy."""
    weight, maps, w = params["weight"], samples_last(dy), _windows(a, ctx)
    dx = None
    if ctx.wanted[0]:
        dx = ctx.gradient("x0", (dy.shape[0], *ctx.inputs[0].shape))
        windows.convolved(w, weight, maps, samples_last(dx), ctx, Finish())
    dW = ctx.gradient("weight", weight.shape)
    windows.weights(w, maps, x, dW, ctx)
    return (dx,), {"weight": dW, **bias_gradient(a.bias, maps, ctx)}


def _windows(a: Deconv, ctx: Context) -> Windows:
    return Windows(*axes(a, ctx.inputs[0]), a.groups)


KERNELS = {"DECONV": Kernel(forward, backward, layout="lanes")}
