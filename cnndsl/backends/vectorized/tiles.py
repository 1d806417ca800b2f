"""Windows cut into tiles that are small enough to be multiplied while they are in cache. Needs no NumPy."""

from __future__ import annotations

from typing import NamedTuple

from cnndsl.ops.axis import Axis

TILE_COLUMNS = 4096
"""Columns of a tile: enough to make up for reading the weights again."""
TILE_BYTES = 5 << 20
"""About what the columns of a tile may take."""


class Tile(NamedTuple):
    """Rows of windows, and samples."""

    rows: slice
    samples: slice


def tiles(rows: Axis, columns: Axis, batch: int, column_bytes: int) -> list[Tile]:
    """All windows in tiles; a column takes `column_bytes`. Only where one row of windows is too much for a tile are
    samples split too."""
    most = max(1, min(TILE_COLUMNS, TILE_BYTES // column_bytes))
    samples = min(batch, max(1, most // columns.output)) if columns.output * batch > 2 * most else batch
    height = max(1, most // (columns.output * samples))
    return [
        Tile(slice(r, min(r + height, rows.output)), slice(b, min(b + samples, batch)))
        for r in range(0, rows.output, height)
        for b in range(0, batch, samples)
    ]
