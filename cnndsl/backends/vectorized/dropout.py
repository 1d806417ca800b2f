"""DROPOUT: inverted dropout; nothing happens outside training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnndsl.backends.layout import samples_first, samples_last
from cnndsl.backends.protocol import Array, Context, Kernel, Memory
from cnndsl.backends.vectorized.elementwise import each_block
from cnndsl.ops.dropout import Dropout


def forward(
    a: Dropout, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array | None, dict[str, Array]]:
    """y = x/(1 - p) where a uniform number is at least p, else 0. Saves that mask, which lies as x does."""
    (x,) = xs
    if not ctx.training:
        return x, None, {}
    if ctx.layout == "rows":
        keep = ctx.save("keep", x.shape, bool)
    else:
        keep = samples_first(ctx.save("keep", samples_last(x).shape, bool))
    np.greater_equal(ctx.uniform(x.shape), a.rate, out=keep)
    y = ctx.output(x.shape)
    each_block(ctx, _kept(a), x, keep, y)
    return y, keep, {}


def backward(
    a: Dropout, params: Mapping[str, Array], keep: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx = dy/(1 - p) where kept, else 0."""
    dx = ctx.gradient("x0", dy.shape)
    each_block(ctx, _kept(a), dy, keep, dx)
    return (dx,), {}


def _kept(a: Dropout) -> Any:
    def work(memory: Memory, x: Array, keep: Array, y: Array) -> None:
        np.divide(x, 1 - a.rate, out=y)
        np.multiply(y, keep, out=y)

    return work


KERNELS = {"DROPOUT": Kernel(forward, backward, layout="either")}
