"""A batch in blocks of samples, so that what a kernel works on stays in cache."""

from __future__ import annotations

from collections.abc import Iterator

BLOCK_BYTES = 4 << 20
"""About what one block's working memory may take."""


def blocks(batch: int, sample_bytes: int) -> Iterator[slice]:
    """Consecutive slices of a batch whose working memory, `sample_bytes` a sample, is about BLOCK_BYTES each."""
    size = max(1, BLOCK_BYTES // max(1, sample_bytes))
    for start in range(0, batch, size):
        yield slice(start, min(start + size, batch))
