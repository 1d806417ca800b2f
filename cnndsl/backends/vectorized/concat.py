"""CONCAT: the inputs stacked along depth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel


def _parts(y: Array, ctx: Context) -> Iterator[Array]:
    """The part of y that each input fills, in that input's shape."""
    start = 0
    for x in ctx.inputs:
        yield y[:, start : start + x.depth].reshape(y.shape[0], *x.shape)
        start += x.depth


def forward(
    a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, None, dict[str, Array]]:
    """xs: B,D_i,H,W; y: B,sum(D_i),H,W. A vector B,D stands for B,D,1,1."""
    y = ctx.output((xs[0].shape[0], *ctx.node.type.shape))
    for part, x in zip(_parts(y, ctx), xs, strict=True):
        np.copyto(part, x)
    return y, None, {}


def backward(
    a: Any, params: Mapping[str, Array], saved: None, dy: Array, ctx: Context
) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    """Every dx is its part of dy."""
    dxs: list[Array | None] = []
    for index, part in enumerate(_parts(dy, ctx)):
        if not ctx.wanted[index]:
            dxs.append(None)
            continue
        dx = ctx.gradient(f"x{index}", part.shape)
        np.copyto(dx, part)
        dxs.append(dx)
    return tuple(dxs), {}


KERNELS = {"CONCAT": Kernel(forward, backward, layout="either")}
