"""A tensor in lanes as one row of values a channel."""

from __future__ import annotations

from cnndsl.backends.layout import samples_last
from cnndsl.backends.protocol import Array


def channels(x: Array) -> Array:
    """N,D,H,W or N,D in lanes as D,P: all positions of all samples in one run of memory."""
    depth = x.shape[1]
    return samples_last(x).reshape(depth, x.size // depth)
