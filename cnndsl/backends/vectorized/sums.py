"""Sums a channel, over the batch and all positions, without a temporary array of the batch's size."""

from __future__ import annotations

import numpy as np

from cnndsl.backends.protocol import Array


def channel_sums(x: Array) -> Array:
    """sum of x; x: B,D,P, the result: D. A product with ones, which sums many short rows faster than np.sum does."""
    ones = np.ones(x.shape[2], x.dtype)
    return np.asarray(np.matmul(x, ones).sum(axis=0))


def channel_products(x: Array, z: Array) -> Array:
    """sum of x*z; x, z: B,D,P, the result: D."""
    return np.asarray(np.einsum("bdp,bdp->d", x, z))
