"""FC: every output is a weighted sum of every input (the tutorial's section 5.3).

x: any shape, read as I values in D, H, W order; W: N, I; b: N; y: N.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.ops.fc import FC


def forward(
    a: FC, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """y[j] = sum over i of W[j, i] * x[i] + b[j]"""
    W, b = params["weight"], params.get("bias")
    x = xs[0].reshape(len(xs[0]), -1)
    y = np.zeros((len(x), a.units), x.dtype)
    for s, j in np.ndindex(y.shape):
        for i in range(x.shape[1]):
            y[s, j] += W[j, i] * x[s, i]
        if b is not None:
            y[s, j] += b[j]
    return y, x, {}


def backward(
    a: FC, params: Mapping[str, Array], x: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx[i] = sum over j of W[j, i] * dy[j]; over all samples dW[j, i] = dy[j] * x[i] (section 6), db[j] = dy[j]"""
    W = params["weight"]
    dx, dW, db = np.zeros_like(x), np.zeros_like(W), np.zeros_like(W[:, 0])
    for s, j in np.ndindex(dy.shape):
        for i in range(x.shape[1]):
            dx[s, i] += W[j, i] * dy[s, j]
            dW[j, i] += dy[s, j] * x[s, i]
        db[j] += dy[s, j]
    dparams = {"weight": dW, "bias": db} if "bias" in params else {"weight": dW}
    return (dx.reshape(len(x), *ctx.inputs[0].shape),), dparams


KERNELS = {"FC": Kernel(forward, backward)}
