"""A batch in blocks of samples, so that what a kernel works on stays in cache."""

from __future__ import annotations

from collections.abc import Iterator

BLOCK_BYTES = 1 << 20
"""About what one block's working memory may take."""


def blocks(batch: int, sample_bytes: int, budget: int | None = None, most: int | None = None) -> Iterator[slice]:
    """Consecutive slices of a batch, of a power of two samples, whose working memory keeps to `budget`.

    `sample_bytes` is what one sample takes; `most` bounds the samples of a block.
    """
    fitting = max(1, (budget or BLOCK_BYTES) // max(1, sample_bytes))
    size = 1 << min(fitting, most or fitting).bit_length() - 1
    for start in range(0, batch, size):
        yield slice(start, min(start + size, batch))
