"""LRN: local response normalization (Krizhevsky and others 2012). x, y: D,H,W,B or D,B, seen as D,P."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel, Memory
from cnndsl.backends.vectorized.blocks import blocks
from cnndsl.backends.vectorized.channels import channels
from cnndsl.ops.lrn import LRN


def forward(
    a: LRN, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """y = x / s^beta with s[d] = k + alpha/n * sum of x[c]^2 over the n channels c around d. Saves x."""
    y = ctx.output(xs[0].shape)
    x, Y = channels(xs[0]), channels(y)

    def work(part: slice, memory: Memory) -> None:
        for some in blocks(part, 4 * len(x) * x.itemsize):
            s = _strength(a, x[:, some], memory)
            np.multiply(x[:, some], _power(s, -a.beta, memory), out=Y[:, some])

    ctx.split(x.shape[1], 12 * x.size, work)
    return y, x, {}


def backward(
    a: LRN, params: Mapping[str, Array], x: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx[d] = dy[d]/s[d]^beta - 2*alpha*beta/n * x[d] * sum over c of dy[c]*x[c]/s[c]^(beta + 1)."""
    dY, dx = channels(dy), ctx.gradient("x0", dy.shape)
    dX = channels(dx)

    def work(part: slice, memory: Memory) -> None:
        for some in blocks(part, 7 * len(x) * x.itemsize):
            s, seen = _strength(a, x[:, some], memory), x[:, some]
            straight = np.multiply(dY[:, some], _power(s, -a.beta, memory), out=memory.scratch("straight", s.shape))
            shares = np.multiply(straight, seen, out=memory.scratch("shares", s.shape))
            np.divide(shares, s, out=shares)
            others = _around(a, shares, memory)
            np.multiply(others, seen, out=others)
            np.multiply(others, 2 * a.alpha * a.beta / a.channels, out=others)
            np.subtract(straight, others, out=dX[:, some])

    ctx.split(x.shape[1], 20 * x.size, work)
    return (dx,), {}


def _strength(a: LRN, x: Array, memory: Memory) -> Array:
    """s, in scratch memory."""
    squares = np.multiply(x, x, out=memory.scratch("squares", x.shape))
    found = memory.scratch("s", x.shape)
    np.multiply(_around(a, squares, memory), a.alpha / a.channels, out=found)
    return np.add(found, a.k, out=found)


def _around(a: LRN, x: Array, memory: Memory) -> Array:
    """For each channel the sum of the n around it, fewer at the first and the last, in scratch memory."""
    depth, half = len(x), a.channels // 2
    found = memory.scratch("around", x.shape)
    np.copyto(found, x)
    for step in range(1, min(half, depth - 1) + 1):
        np.add(found[step:], x[:-step], out=found[step:])
        np.add(found[:-step], x[step:], out=found[:-step])
    return found


def _power(s: Array, exponent: float, memory: Memory) -> Array:
    """s^exponent, in scratch memory."""
    found = memory.scratch("power", s.shape)
    np.power(s, s.dtype.type(exponent), out=found)
    return found


KERNELS = {"LRN": Kernel(forward, backward, layout="lanes")}
