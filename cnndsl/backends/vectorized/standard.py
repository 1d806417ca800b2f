"""What GN and LN share: y = scale*n + shift with n = (x - mean)/sqrt(var + eps), over some channels of one sample.

Everything is seen as G,C,P,B: mean and deviation are one for each G and B, over C channels and P places; scale and
shift, G,C,1,1, are one a channel. Sums are products with a row of equal numbers, which BLAS adds up with less rounding
than one after the other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cnndsl.backends.protocol import Array, Memory


class Affine(NamedTuple):
    """Scale and shift a channel: G,C,1,1."""

    scale: Array
    shift: Array


def standardized(x: Array, y: Array, affine: Affine, eps: float, memory: Memory) -> tuple[Array, Array]:
    """Writes y, and gives the mean and 1/sqrt(var + eps): G,1,1,B, in new memory."""
    mean = _mean(x)
    np.subtract(x, mean, out=y)
    squares = np.multiply(y, y, out=memory.scratch("squares", y.shape))
    inverse = 1 / np.sqrt(_mean(squares) + y.dtype.type(eps))
    np.multiply(y, inverse, out=y)
    np.multiply(y, affine.scale, out=y)
    np.add(y, affine.shift, out=y)
    return mean, inverse


def gradients(
    x: Array, mean: Array, inverse: Array, scale: Array, dy: Array, dx: Array, memory: Memory
) -> tuple[Array, Array]:
    """Writes dx = (dn - mean of dn - n * mean of dn*n)/sqrt(var + eps) with dn = scale*dy, and gives this part's sums
    of dy*n and of dy: G,C."""
    n = np.subtract(x, mean, out=memory.scratch("n", x.shape))
    np.multiply(n, inverse, out=n)
    products = np.multiply(dy, n, out=memory.scratch("products", x.shape))
    dscale, dshift = products.sum(axis=(2, 3)), dy.sum(axis=(2, 3))
    np.multiply(products, scale, out=products)
    through_deviation = _mean(products)
    dn = np.multiply(dy, scale, out=products)
    through_mean = _mean(dn)
    np.multiply(n, through_deviation, out=n)
    np.subtract(dn, n, out=dn)
    np.subtract(dn, through_mean, out=dn)
    np.multiply(dn, inverse, out=dx)
    return dscale, dshift


def _mean(x: Array) -> Array:
    """G,C,P,B over C and P: G,1,1,B."""
    groups, channels, places, columns = x.shape
    share = np.full((1, channels * places), 1 / (channels * places), x.dtype)
    return np.asarray(np.matmul(share, x.reshape(groups, channels * places, columns))[:, :, None])
