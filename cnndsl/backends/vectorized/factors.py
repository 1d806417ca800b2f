"""What SCALE and PRELU share: y = x*s, with s made of a learned number w for each channel. x, y: D,H,W,B or D,B, seen
as D,P; w: D."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel, Memory
from cnndsl.backends.vectorized.blocks import blocks
from cnndsl.backends.vectorized.channels import channels

Factor = Callable[[Array, Array, Memory], Array]
"""factor(w, x, memory): s for some channels, in scratch memory or as a view of w."""
Share = Callable[[Array, Memory], Array]
"""share(x, memory): the derivative of y by w, value by value."""


def learned(factor: Factor, share: Share) -> Kernel:
    """The kernel: dx = dy*s, dw[d] = sum of dy[d] times the derivative by w. Backward reads x."""

    def forward(
        a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
    ) -> tuple[Array, Array, dict[str, Array]]:
        y = ctx.output(xs[0].shape)
        x, Y, w = channels(xs[0]), channels(y), params["weight"]

        def work(part: slice, memory: Memory) -> None:
            for some in blocks(part, 2 * x[0].nbytes):
                np.multiply(x[some], factor(w[some], x[some], memory), out=Y[some])

        ctx.split(len(x), 4 * x.size, work)
        return y, x, {}

    def backward(
        a: Any, params: Mapping[str, Array], x: Array, dy: Array, ctx: Context
    ) -> tuple[tuple[Array | None], dict[str, Array]]:
        w, dY = params["weight"], channels(dy)
        dw = ctx.gradient("weight", w.shape)
        dx = ctx.gradient("x0", dy.shape) if ctx.wanted[0] else None
        dX = None if dx is None else channels(dx)

        def work(part: slice, memory: Memory) -> None:
            for some in blocks(part, 3 * x[0].nbytes):
                products = memory.scratch("products", x[some].shape)
                np.sum(np.multiply(dY[some], share(x[some], memory), out=products), axis=1, out=dw[some])
                if dX is not None:
                    np.multiply(dY[some], factor(w[some], x[some], memory), out=dX[some])

        ctx.split(len(x), 6 * x.size, work)
        return (dx,), {"weight": dw}

    return Kernel(forward, backward, layout="lanes")
