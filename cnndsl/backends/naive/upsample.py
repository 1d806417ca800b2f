"""UPSAMPLE: k rows and l columns of every one, each channel by itself. x: D, H, W; y: D, k*H, l*W."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import floor

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.ops.upsample import Upsample


def forward(
    a: Upsample, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, None, dict[str, Array]]:
    """nearest: y[d, i, j] = x[d, i // k, j // l]

    bilinear: y[d, i, j] = sum of u * v * x[d, row, column] over two rows of weights u and two columns of weights v:
    row r = floor(p) of weight 1 - (p - r) and row r + 1 of weight p - r, where p = (i + 1/2)/k - 1/2, at least 0 and at
    most H - 1.
    """
    (x,) = xs
    y = np.zeros((len(x), *ctx.node.type.shape), x.dtype)
    for s, d, i, j in np.ndindex(y.shape):
        for weight, row, column in _sources(a, ctx, i, j):
            y[s, d, i, j] += weight * x[s, d, row, column]
    return y, None, {}


def backward(
    a: Upsample, params: Mapping[str, Array], saved: None, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx[d, row, column] = sum of weight * dy[d, i, j] over the outputs i, j that were made of it"""
    dx = np.zeros((len(dy), *ctx.inputs[0].shape), dy.dtype)
    for s, d, i, j in np.ndindex(dy.shape):
        for weight, row, column in _sources(a, ctx, i, j):
            dx[s, d, row, column] += weight * dy[s, d, i, j]
    return (dx,), {}


def _sources(a: Upsample, ctx: Context, i: int, j: int) -> Iterator[tuple[float, int, int]]:
    """The cells of x that output i, j is made of, with their weights."""
    along = _between if a.method == "bilinear" else _nearest
    x = ctx.inputs[0]
    for u, row in along(i, a.factor[0], x.height):
        for v, column in along(j, a.factor[1], x.width):
            yield u * v, row, column


def _nearest(i: int, k: int, size: int) -> Iterator[tuple[float, int]]:
    yield 1.0, i // k


def _between(i: int, k: int, size: int) -> Iterator[tuple[float, int]]:
    p = min(max((i + 0.5) / k - 0.5, 0), size - 1)
    r = floor(p)
    yield 1 - (p - r), r
    if p > r:
        yield p - r, r + 1


KERNELS = {"UPSAMPLE": Kernel(forward, backward)}
