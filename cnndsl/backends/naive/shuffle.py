"""SHUFFLE: channels dealt out in turn (Zhang and others 2017). x, y: D, H, W or D, read as g rows of D/g channels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.ops.shuffle import Shuffle


def forward(
    a: Shuffle, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, None, dict[str, Array]]:
    """y[i*g + j] = x[j*(D/g) + i], for group j and channel i of it"""
    (x,) = xs
    y = np.empty_like(x)
    for to, source in _moves(a, x.shape[1]):
        y[:, to] = x[:, source]
    return y, None, {}


def backward(
    a: Shuffle, params: Mapping[str, Array], saved: None, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx[j*(D/g) + i] = dy[i*g + j]"""
    dx = np.empty_like(dy)
    for to, source in _moves(a, dy.shape[1]):
        dx[:, source] = dy[:, to]
    return (dx,), {}


def _moves(a: Shuffle, depth: int) -> Iterator[tuple[int, int]]:
    """Every channel of the output, and the one of the input that goes there."""
    share = depth // a.groups
    for j, i in np.ndindex(a.groups, share):
        yield i * a.groups + j, j * share + i


KERNELS = {"SHUFFLE": Kernel(forward, backward)}
