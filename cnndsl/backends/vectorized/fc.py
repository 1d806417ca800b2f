"""FC: y = W x + b (the tutorial's section 3)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.ops.fc import FC


def forward(
    a: FC, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """x: B,D,H,W or B,I; W: N,I with I = D*H*W; b: N; y: B,N. Saves x as B,I."""
    W = params["weight"]
    x = xs[0].reshape(xs[0].shape[0], W.shape[1])
    y = np.matmul(x, W.T, out=ctx.output((x.shape[0], a.units)))
    if "bias" in params:
        np.add(y, params["bias"], out=y)
    return y, x, {}


def backward(
    a: FC, params: Mapping[str, Array], x: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array | None], dict[str, Array]]:
    """dW = dy^T x; db = sum of dy over samples; dx = dy W, in the shape of the input."""
    W = params["weight"]
    dparams = {"weight": np.matmul(dy.T, x, out=ctx.gradient("weight", W.shape))}
    if "bias" in params:
        dparams["bias"] = np.sum(dy, axis=0, out=ctx.gradient("bias", (a.units,)))
    if not ctx.wanted[0]:
        return (None,), dparams
    dx = np.matmul(dy, W, out=ctx.gradient("x0", x.shape))
    return (dx.reshape(x.shape[0], *ctx.inputs[0].shape),), dparams


KERNELS = {"FC": Kernel(forward, backward)}
