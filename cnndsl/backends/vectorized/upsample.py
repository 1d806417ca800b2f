"""UPSAMPLE: k rows and l columns of every one. x: D,H,W,B; y: D,k*H,l*W,B."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from cnndsl.backends.layout import samples_last
from cnndsl.backends.protocol import Array, Context, Kernel, Memory
from cnndsl.backends.vectorized.blocks import blocks
from cnndsl.ops.upsample import Upsample


def forward(
    a: Upsample, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, None, dict[str, Array]]:
    """nearest: cells repeated. bilinear: U x V^T with the weights of rows U: kH,H and of columns V: lW,W."""
    y = ctx.output((xs[0].shape[0], *ctx.node.type.shape))
    x, maps = samples_last(xs[0]), samples_last(y)

    def work(part: slice, memory: Memory) -> None:
        for some in blocks(part, 2 * maps[0].nbytes):
            if a.method == "nearest":
                np.copyto(_repeats(a, maps[some]), x[some, :, None, :, None])
            else:
                _bilinear(a, x[some], maps[some], memory)

    ctx.split(len(x), 2 * maps.size, work)
    return y, None, {}


def backward(
    a: Upsample, params: Mapping[str, Array], saved: None, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx: the gradients of all cells that were made of one; bilinear U^T dy V."""
    dx = ctx.gradient("x0", (dy.shape[0], *ctx.inputs[0].shape))
    maps, cells = samples_last(dy), samples_last(dx)

    def work(part: slice, memory: Memory) -> None:
        for some in blocks(part, 2 * maps[0].nbytes):
            if a.method == "nearest":
                _summed(a, maps[some], cells[some])
            else:
                _bilinear_back(a, maps[some], cells[some], memory)

    ctx.split(len(maps), 2 * maps.size, work)
    return (dx,), {}


def _repeats(a: Upsample, y: Array) -> Array:
    """D,kH,lW,B as D,H,k,W,l,B."""
    (k, width), (depth, height, columns, batch) = a.factor, y.shape
    return y.reshape(depth, height // k, k, columns // width, width, batch)


def _summed(a: Upsample, dy: Array, dx: Array) -> None:
    repeats = _repeats(a, dy)
    dx.fill(0)
    for i in range(a.factor[0]):
        for j in range(a.factor[1]):
            np.add(dx, repeats[:, :, i, :, j], out=dx)


def _bilinear(a: Upsample, x: Array, y: Array, memory: Memory) -> None:
    depth, height, width, batch = x.shape
    U, V = (weights(n, k, x.dtype.str) for n, k in zip((height, width), a.factor, strict=True))
    wide = memory.scratch("wide", (depth, height, len(V), batch))
    np.matmul(V, x, out=wide)
    np.matmul(U, wide.reshape(depth, height, -1), out=y.reshape(depth, len(U), -1))


def _bilinear_back(a: Upsample, dy: Array, dx: Array, memory: Memory) -> None:
    depth, height, width, batch = dx.shape
    U, V = (weights(n, k, dx.dtype.str) for n, k in zip((height, width), a.factor, strict=True))
    wide = memory.scratch("wide", (depth, height, len(V), batch))
    np.matmul(U.T, dy.reshape(depth, len(U), -1), out=wide.reshape(depth, height, -1))
    np.matmul(V.T, wide, out=dx)


@lru_cache(maxsize=64)
def weights(n: int, k: int, dtype: str) -> Array:
    """k*n,n: what each of n cells gives to each of k*n along one axis. Cell i lies at (i + 1/2)/k - 1/2, kept between
    the first and the last, and is made of the two around it by nearness."""
    at = np.clip((np.arange(k * n) + 0.5) / k - 0.5, 0, n - 1)
    found: Array = np.maximum(0, 1 - np.abs(at[:, None] - np.arange(n))).astype(dtype)
    found.flags.writeable = False
    return found


KERNELS = {"UPSAMPLE": Kernel(forward, backward, layout="lanes")}
