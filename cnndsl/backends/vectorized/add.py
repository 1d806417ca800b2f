"""ADD: y = x0 + x1 + ..., value by value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.backends.vectorized.elementwise import each_block


def forward(
    a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, None, dict[str, Array]]:
    """xs, y: B,D,H,W; a vector B,D stands for B,D,1,1."""
    y = ctx.output((xs[0].shape[0], *ctx.node.type.shape))
    if len(xs) == 1:
        np.copyto(y, xs[0].reshape(y.shape))
        return y, None, {}
    each_block(ctx, lambda _, first, second, y: np.add(first, second, out=y), xs[0], xs[1], y)
    for x in xs[2:]:
        each_block(ctx, lambda _, x, y: np.add(y, x, out=y), x, y)
    return y, None, {}


def backward(
    a: Any, params: Mapping[str, Array], saved: None, dy: Array, ctx: Context
) -> tuple[tuple[Array, ...], dict[str, Array]]:
    """Every dx is dy."""
    return tuple(dy.reshape(dy.shape[0], *x.shape) for x in ctx.inputs), {}


KERNELS = {"ADD": Kernel(forward, backward, layout="either")}
