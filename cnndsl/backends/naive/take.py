"""TAKE: channels a to b - 1. x: D, H, W or D; y: b - a, H, W or b - a."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.ops.take import Take


def forward(
    a: Take, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, None, dict[str, Array]]:
    """y[d] = x[a + d]"""
    (x,) = xs
    return x[:, a.start : a.stop].copy(), None, {}


def backward(
    a: Take, params: Mapping[str, Array], saved: None, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx[a + d] = dy[d], and 0 for the channels that are not taken"""
    dx = np.zeros((len(dy), *ctx.inputs[0].shape), dy.dtype)
    dx[:, a.start : a.stop] = dy
    return (dx,), {}


KERNELS = {"TAKE": Kernel(forward, backward)}
