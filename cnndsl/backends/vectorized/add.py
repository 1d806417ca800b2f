"""ADD: y = x0 + x1 + ..., value by value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel


def forward(
    a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, None, dict[str, Array]]:
    """xs, y: B,D,H,W; a vector B,D stands for B,D,1,1."""
    shape = (xs[0].shape[0], *ctx.node.type.shape)
    y = ctx.output(shape)
    np.copyto(y, xs[0].reshape(shape))
    for x in xs[1:]:
        np.add(y, x.reshape(shape), out=y)
    return y, None, {}


def backward(
    a: Any, params: Mapping[str, Array], saved: None, dy: Array, ctx: Context
) -> tuple[tuple[Array, ...], dict[str, Array]]:
    """Every dx is dy."""
    return tuple(dy.reshape(dy.shape[0], *x.shape) for x in ctx.inputs), {}


KERNELS = {"ADD": Kernel(forward, backward)}
