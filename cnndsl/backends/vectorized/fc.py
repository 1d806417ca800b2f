"""FC: y = W x + b (the tutorial's section 3), with samples as columns: Y = W X + b.

Shapes: x: D,H,W,B or I,B, seen as I,B with I = D*H*W; W: N,I; b: N; y: N,B.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnndsl.backends.layout import samples_last
from cnndsl.backends.protocol import Array, Context, Kernel, Memory
from cnndsl.backends.vectorized.finish import Finish
from cnndsl.ops.fc import FC


def forward(
    a: FC, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """Y = W X + b. Saves x as I,B."""
    W = params["weight"]
    y = apply(a, W, xs[0], ctx, Finish(shift=params.get("bias")))
    return y, samples_last(xs[0]).reshape(W.shape[1], -1), {}


def apply(a: FC, W: Array, given: Array, ctx: Context, finish: Finish) -> Array:
    """W X for a tensor in lanes, each part finished at once."""
    x = samples_last(given).reshape(W.shape[1], -1)
    y = ctx.output((given.shape[0], a.units))
    Y = samples_last(y)

    def rows(part: slice, memory: Memory) -> None:
        np.matmul(W[part], x, out=Y[part])
        finish.of(part).units(Y[part])

    ctx.split(a.units, _values(W, x), rows)
    return y


def backward(
    a: FC, params: Mapping[str, Array], x: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array | None], dict[str, Array]]:
    """dW = dY X^T; db = sum of dY over samples; dX = W^T dY, in the shape of the input."""
    W = params["weight"]
    dY = samples_last(dy)
    dW = ctx.gradient("weight", W.shape)
    ctx.split(a.units, _values(W, x), lambda part, _: np.matmul(dY[part], x.T, out=dW[part]))
    dparams = {"weight": dW}
    if "bias" in params:
        dparams["bias"] = np.sum(dY, axis=1, out=ctx.gradient("bias", (a.units,)))
    if not ctx.wanted[0]:
        return (None,), dparams
    dx = ctx.gradient("x0", (dy.shape[0], *ctx.inputs[0].shape))
    dX = samples_last(dx).reshape(x.shape)
    ctx.split(len(x), _values(W, x), lambda part, _: np.matmul(W.T[part], dY, out=dX[part]))
    return (dx,), dparams


def _values(W: Array, x: Array) -> int:
    """How much work the product of W: N,I and x: I,B is, as values that are copied."""
    return int(W.size + W.size * x.shape[1] // 4)


KERNELS = {"FC": Kernel(forward, backward, layout="lanes")}
