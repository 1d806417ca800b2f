"""MUL: the product of the branches, value by value. xs, y: D,H,W,B; an x of D,1,1,B or D,B has one factor a channel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnndsl.backends.layout import samples_last
from cnndsl.backends.protocol import Array, Context, Kernel, Memory
from cnndsl.backends.vectorized.blocks import blocks


def forward(
    a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, tuple[Array, ...], dict[str, Array]]:
    """y = x0 * x1 * .... Saves the xs."""
    y = ctx.output((xs[0].shape[0], *ctx.node.type.shape))
    Y, factors = _places(y), tuple(_places(x) for x in xs)

    def work(part: slice, memory: Memory) -> None:
        for some in blocks(part, 2 * Y[0].nbytes):
            np.copyto(Y[some], factors[0][some])
            for x in factors[1:]:
                np.multiply(Y[some], x[some], out=Y[some])

    ctx.split(len(Y), 2 * len(xs) * Y.size, work)
    return y, factors, {}


def backward(
    a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], dy: Array, ctx: Context
) -> tuple[tuple[Array | None, ...], dict[str, Array]]:
    """Every dx is dy times all the others, summed over the positions where it is one factor for all."""
    dY = _places(dy)
    dxs = [
        ctx.gradient(f"x{k}", (dy.shape[0], *x.shape)) if wanted else None
        for k, (x, wanted) in enumerate(zip(ctx.inputs, ctx.wanted, strict=True))
    ]

    def work(part: slice, memory: Memory) -> None:
        for some in blocks(part, 3 * dY[0].nbytes):
            for k, dx in enumerate(dxs):
                if dx is None:
                    continue
                found, place = memory.scratch("found", dY[some].shape), _places(dx)[some]
                np.copyto(found, dY[some])
                for x in (*xs[:k], *xs[k + 1 :]):
                    np.multiply(found, x[some], out=found)
                if place.shape == found.shape:
                    np.copyto(place, found)
                else:
                    np.matmul(np.ones((1, found.shape[1]), found.dtype), found, out=place)

    ctx.split(len(dY), 3 * len(xs) * dY.size, work)
    return tuple(dxs), {}


def _places(x: Array) -> Array:
    """D,H,W,B or D,B as D,P,B."""
    return samples_last(x).reshape(x.shape[1], int(np.prod(x.shape[2:])), x.shape[0])


KERNELS = {"MUL": Kernel(forward, backward, layout="lanes")}
