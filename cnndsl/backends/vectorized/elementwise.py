"""What layers share that work on every value by itself: all values in one row, in blocks that stay in cache."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal

import numpy as np

from cnndsl.backends.layout import samples_last
from cnndsl.backends.protocol import Array, Context, Kernel, Memory

BLOCK = 1 << 15
"""Values of a block: 128 KiB of float32, of which a few arrays fit a processor's own cache."""

Value = Callable[[Any, Memory, Array, Array], object]
"""value(attrs, memory, x, y): writes f(x) to y, which may lie where x does."""
Slope = Callable[[Any, Memory, Array], Array]
"""slope(attrs, memory, seen): f' of a block, in scratch memory; `seen` is x, or y where that says it."""


def activation(value: Value, slope: Slope, saves: Literal["x", "y"]) -> Kernel:
    """The kernel of y = f(x), of which dx = dy * f'; backward sees x or y. The layer's `Op.reads` must name that."""

    def forward(
        a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
    ) -> tuple[Array, Array, dict[str, Array]]:
        (x,) = xs
        y = ctx.output(x.shape)
        each_block(ctx, partial(value, a), x, y)
        return y, x if saves == "x" else y, {}

    def backward(
        a: Any, params: Mapping[str, Array], seen: Array, dy: Array, ctx: Context
    ) -> tuple[tuple[Array], dict[str, Array]]:
        dx = ctx.gradient("x0", dy.shape)

        def work(memory: Memory, seen: Array, dy: Array, dx: Array) -> None:
            np.multiply(dy, slope(a, memory, seen), out=dx)

        each_block(ctx, work, seen, dy, dx)
        return (dx,), {}

    return Kernel(forward, backward, layout="either")


def as_it_lies(x: Array) -> Array:
    """All values of a tensor in one row, in the order of its memory."""
    return (x if x.flags.c_contiguous else samples_last(x)).reshape(-1)


def each_block(ctx: Context, work: Callable[..., Any], *arrays: Array) -> None:
    """Calls ``work(memory, *blocks)`` with blocks of the arrays, which have one shape and lie alike."""
    rows = [as_it_lies(array) for array in arrays]
    count = rows[0].size

    def part(cut: slice, memory: Memory) -> None:
        for start in range(cut.start, cut.stop, BLOCK):
            block = slice(start, min(start + BLOCK, cut.stop))
            work(memory, *(row[block] for row in rows))

    ctx.split(count, len(rows) * count, part)
