"""Convolutions whose filters see one channel each, tap by tap: for every weight of a filter, all windows of some
channels at once.

x: D,H,W,B; W: D*T,1,F,F; y: D*T,H2,W2,B. Channel d has the filters d*T to d*T + T - 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Context, Memory
from cnndsl.backends.vectorized.blocks import blocks
from cnndsl.backends.vectorized.columns import met_by
from cnndsl.backends.vectorized.finish import Finish
from cnndsl.backends.vectorized.windows import Windows

CACHED = 1 << 19
"""Bytes that the channels of a block may take: they are gone over once a tap."""


def convolved(w: Windows, weight: Array, x: Array, y: Array, ctx: Context, finish: Finish) -> None:
    """y[k] = sum over taps of W[k] times the cells under them, finished block by block."""
    W, Y = _filters(weight, len(x)), _maps(y, len(x))
    times = Y.shape[1]

    def work(part: slice, memory: Memory) -> None:
        for some in blocks(part, x[0].nbytes + 2 * Y[0].nbytes, CACHED):
            product = memory.scratch("product", Y[some, 0].shape)
            for t in range(times):
                _taps_added(w, W[some, t], x[some], Y[some, t], product)
            filters = slice(some.start * times, some.stop * times)
            finish.of(filters).maps(y[filters], slice(None))

    ctx.split(len(x), 2 * W[0].size * y.size // times, work)


def _taps_added(w: Windows, W: Array, x: Array, y: Array, product: Array) -> None:
    """One filter of each channel. The tap that meets every window goes first and needs no zeros before it."""
    taps = sorted(_taps(w), key=lambda tap: -_size(tap[1]))
    full = bool(taps) and _size(taps[0][1]) == w.rows.output * w.columns.output
    if not full:
        y.fill(0)
    for number, (tap, met, cells) in enumerate(taps):
        factor = W[(slice(None), *tap)][:, None, None, None]
        if number == 0 and full:
            np.multiply(x[cells], factor, out=y)
        else:
            np.multiply(x[cells], factor, out=product[met])
            np.add(y[met], product[met], out=y[met])


def back(w: Windows, weight: Array, x: Array, dy: Array, dx: Array | None, dW: Array, ctx: Context) -> None:
    """dW[k] = sum of dy[k] times the cells under a tap; dx, where it is wanted, the sum of W[k] times dy[k]."""
    W, dY, dW = _filters(weight, len(x)), _maps(dy, len(x)), _filters(dW, len(x))
    taps = list(_taps(w))
    dW.fill(0)

    def work(part: slice, memory: Memory) -> None:
        for some in blocks(part, 2 * x[0].nbytes + 2 * dY[0].nbytes, CACHED):
            product = memory.scratch("product", dY[some, 0].shape)
            if dx is not None:
                dx[some] = 0
            for t in range(dY.shape[1]):
                for tap, met, cells in taps:
                    seen, share = dY[some, t][met], product[met]
                    np.multiply(seen, x[some][cells], out=share)
                    np.sum(share, axis=(1, 2, 3), out=dW[(some, t, *tap)])
                    if dx is not None:
                        np.multiply(seen, W[(some, t, *tap)][:, None, None, None], out=share)
                        np.add(dx[some][cells], share, out=dx[some][cells])

    ctx.split(len(x), 4 * W[0].size * dy.size // dY.shape[1], work)


def _filters(weight: Array, depth: int) -> Array:
    """D*T,1,F,F as D,T,F,F."""
    return weight.reshape(depth, -1, *weight.shape[2:])


def _maps(y: Array, depth: int) -> Array:
    """D*T,H2,W2,B as D,T,H2,W2,B."""
    return y.reshape(depth, -1, *y.shape[1:])


def _taps(w: Windows) -> Iterator[tuple[tuple[int, int], tuple[Any, ...], tuple[Any, ...]]]:
    """Each tap that meets the input, with the windows where it does, and the cells it meets there."""
    for i in range(w.rows.window):
        for j in range(w.columns.window):
            (top, above), (left, before) = met_by(w.rows, i), met_by(w.columns, j)
            if top.start < top.stop and left.start < left.stop:
                yield (i, j), (slice(None), top, left), (slice(None), above, before)


def _size(met: tuple[Any, ...]) -> int:
    return int((met[1].stop - met[1].start) * (met[2].stop - met[2].start))
