"""What is done to a tile of maps behind the matrix product, while it is in cache."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cnndsl.backends.protocol import Array


class Finish(NamedTuple):
    """y = factor*y + shift, then max(0, y) where `rectified`. `factor`: N; `shift`: N, or N,H2,W2."""

    factor: Array | None = None
    shift: Array | None = None
    rectified: bool = False

    def maps(self, y: Array, rows: slice) -> None:
        """Some rows of maps, N,n,W2,b, in place."""
        if self.factor is not None:
            np.multiply(y, self.factor[:, None, None, None], out=y)
        if self.shift is not None:
            shift = self.shift
            np.add(y, shift[:, rows, :, None] if shift.ndim == 3 else shift[:, None, None, None], out=y)
        if self.rectified:
            np.maximum(y, 0, out=y)

    def units(self, y: Array, part: slice) -> None:
        """Some units of vectors, n,B, in place."""
        if self.factor is not None:
            np.multiply(y, self.factor[part, None], out=y)
        if self.shift is not None:
            np.add(y, self.shift[part, None], out=y)
        if self.rectified:
            np.maximum(y, 0, out=y)
