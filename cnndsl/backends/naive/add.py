"""ADD: the sum of the branches, value by value. x0, x1, ..., y: D, H, W, or D for vectors, which join as D, 1, 1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel


def forward(
    a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, None, dict[str, Array]]:
    """y = x0 + x1 + ..."""
    y = np.zeros((len(xs[0]), *ctx.node.type.shape), xs[0].dtype)
    for x in xs:
        y += x.reshape(y.shape)
    return y, None, {}


def backward(
    a: Any, params: Mapping[str, Array], saved: None, dy: Array, ctx: Context
) -> tuple[tuple[Array, ...], dict[str, Array]]:
    """dx0 = dx1 = ... = dy"""
    return tuple(dy.reshape(len(dy), *x.shape) for x in ctx.inputs), {}


KERNELS = {"ADD": Kernel(forward, backward)}
