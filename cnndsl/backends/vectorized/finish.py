"""What is done to a tile of maps behind the matrix product, while it is in cache."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from cnndsl.backends.protocol import Array


class Finish(NamedTuple):
    """y = factor*y + shift, then max(0, y) where `rectified`, then min(y, ceiling). `factor`: N; `shift`: N, or
    N,H2,W2."""

    factor: Array | None = None
    shift: Array | None = None
    rectified: bool = False
    ceiling: float | None = None

    def of(self, channels: slice) -> Finish:
        """The same for some channels alone."""
        factor, shift = (None if array is None else array[channels] for array in (self.factor, self.shift))
        return self._replace(factor=factor, shift=shift)

    def maps(self, y: Array, rows: slice) -> None:
        """Some rows of maps, N,n,W2,b, in place."""
        shift = self.shift
        if shift is not None:
            shift = shift[:, rows, :, None] if shift.ndim == 3 else shift[:, None, None, None]
        self._finish(y, None if self.factor is None else self.factor[:, None, None, None], shift)

    def units(self, y: Array) -> None:
        """Vectors, N,B, in place."""
        factor, shift = (None if array is None else array[:, None] for array in (self.factor, self.shift))
        self._finish(y, factor, shift)

    def _finish(self, y: Array, factor: Any, shift: Any) -> None:
        if factor is not None:
            np.multiply(y, factor, out=y)
        if shift is not None:
            np.add(y, shift, out=y)
        if self.rectified:
            np.maximum(y, 0, out=y)
        if self.ceiling is not None:
            np.minimum(y, self.ceiling, out=y)
