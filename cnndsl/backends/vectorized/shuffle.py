"""SHUFFLE: channels dealt out in turn (Zhang and others 2017). x, y: N,D,H,W or N,D, read as g rows of D/g channels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.ops.shuffle import Shuffle


def forward(
    a: Shuffle, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, None, dict[str, Array]]:
    """y[i*g + j] = x[j*(D/g) + i], for group j and channel i of it."""
    y = ctx.output(xs[0].shape)
    for group in range(a.groups):
        np.copyto(y[:, group :: a.groups], xs[0][:, _group(a, y, group)])
    return y, None, {}


def backward(
    a: Shuffle, params: Mapping[str, Array], saved: None, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx[j*(D/g) + i] = dy[i*g + j]."""
    dx = ctx.gradient("x0", dy.shape)
    for group in range(a.groups):
        np.copyto(dx[:, _group(a, dy, group)], dy[:, group :: a.groups])
    return (dx,), {}


def _group(a: Shuffle, x: Array, group: int) -> slice:
    """The channels of a group."""
    share = x.shape[1] // a.groups
    return slice(group * share, (group + 1) * share)


KERNELS = {"SHUFFLE": Kernel(forward, backward, layout="either")}
