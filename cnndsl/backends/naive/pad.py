"""PAD: zeros on each side. x: D, H, W; y: before + D + after, top + H + bottom, left + W + right; or vectors."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.ops.pad import Pad


def forward(
    a: Pad, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, None, dict[str, Array]]:
    """y[before + d, top + i, left + j] = x[d, i, j], and 0 elsewhere."""
    (x,) = xs
    y = np.zeros((len(x), *ctx.node.type.shape), x.dtype)
    y[_inside(a, ctx)] = x
    return y, None, {}


def backward(
    a: Pad, params: Mapping[str, Array], saved: None, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx[d, i, j] = dy[before + d, top + i, left + j]"""
    return (dy[_inside(a, ctx)].copy(),), {}


def _inside(a: Pad, ctx: Context) -> tuple[slice, ...]:
    """Where in y the cells of x lie, samples first."""
    top, left, *_ = a.pad
    starts = (a.depth[0], top, left)
    return (slice(None), *(slice(start, start + n) for start, n in zip(starts, ctx.inputs[0].shape, strict=False)))


KERNELS = {"PAD": Kernel(forward, backward)}
