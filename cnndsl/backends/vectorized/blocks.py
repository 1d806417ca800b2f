"""Work in blocks, so that what a kernel works on stays in cache."""

from __future__ import annotations

from collections.abc import Iterator

BLOCK_BYTES = 1 << 20
"""About what one block's working memory may take."""


def blocks(part: slice, bytes_each: int, budget: int | None = None) -> Iterator[slice]:
    """Consecutive slices of a part whose working memory keeps to `budget`; one thing takes `bytes_each`."""
    size = max(1, (budget or BLOCK_BYTES) // max(1, bytes_each))
    for start in range(part.start, part.stop, size):
        yield slice(start, min(start + size, part.stop))
