"""TAKE: channels a to b - 1. x: N,D,H,W or N,D; y: N,b-a,H,W or N,b-a."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.ops.take import Take


def forward(
    a: Take, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, None, dict[str, Array]]:
    """y[d] = x[a + d]."""
    y = ctx.output((xs[0].shape[0], *ctx.node.type.shape))
    np.copyto(y, xs[0][:, a.start : a.stop])
    return y, None, {}


def backward(
    a: Take, params: Mapping[str, Array], saved: None, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx[a + d] = dy[d], and 0 for the channels that are not taken."""
    dx = ctx.gradient("x0", (dy.shape[0], *ctx.inputs[0].shape))
    dx[:, : a.start] = 0
    np.copyto(dx[:, a.start : a.stop], dy)
    dx[:, a.stop :] = 0
    return (dx,), {}


KERNELS = {"TAKE": Kernel(forward, backward, layout="either")}
