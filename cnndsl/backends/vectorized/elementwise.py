"""What layers share that work on every value by itself: all values in one row, in blocks that stay in cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnndsl.backends.layout import samples_last
from cnndsl.backends.protocol import Array, Context, Memory

BLOCK = 1 << 15
"""Values of a block: 128 KiB of float32, of which a few arrays fit a processor's own cache."""


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
