"""CLIP's kernel: the same for every backend that takes a table."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl_sample.clip import Clip


def forward(
    a: Clip, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """y = min(max(x, low), high); any shape."""
    (x,) = xs
    y = ctx.output(x.shape)
    np.clip(x, a.low, a.high, out=y)
    return y, x, {}


def backward(
    a: Clip, params: Mapping[str, Array], saved: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx = dy where low < x < high, else 0."""
    dx = ctx.gradient("x0", dy.shape)
    np.multiply(dy, (saved > a.low) & (saved < a.high), out=dx)
    return (dx,), {}


CLIP = Kernel(forward, backward)
