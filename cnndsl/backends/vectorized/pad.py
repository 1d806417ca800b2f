"""PAD: zeros on each side. x: N,D,H,W; y: N, before + D + after, top + H + bottom, left + W + right; or vectors."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.ops.pad import Pad


def forward(
    a: Pad, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, None, dict[str, Array]]:
    """y is x where it lies, and 0 around it."""
    y = ctx.output((xs[0].shape[0], *ctx.node.type.shape))
    y.fill(0)
    np.copyto(y[_inside(a, ctx)], xs[0])
    return y, None, {}


def backward(
    a: Pad, params: Mapping[str, Array], saved: None, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx is that part of dy."""
    dx = ctx.gradient("x0", (dy.shape[0], *ctx.inputs[0].shape))
    np.copyto(dx, dy[_inside(a, ctx)])
    return (dx,), {}


def _inside(a: Pad, ctx: Context) -> tuple[slice, ...]:
    """Where in y the cells of x lie."""
    starts = (a.depth[0], *a.pad[:2])
    return (slice(None), *(slice(start, start + n) for start, n in zip(starts, ctx.inputs[0].shape, strict=False)))


KERNELS = {"PAD": Kernel(forward, backward, layout="either")}
