"""SOFTMAX: shares that sum to one along the depth, at every position by itself. x, y: D, H, W or D."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel


def forward(
    a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """y[d] = exp(x[d]) / sum over c of exp(x[c]); the largest x is taken off first, which changes nothing but size."""
    (x,) = xs
    e = np.exp(x - x.max(axis=1, keepdims=True))
    y = e / e.sum(axis=1, keepdims=True)
    return y, y, {}


def backward(
    a: Any, params: Mapping[str, Array], y: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx[d] = y[d] * (dy[d] - sum over c of dy[c]*y[c])"""
    return (y * (dy - (dy * y).sum(axis=1, keepdims=True)),), {}


KERNELS = {"SOFTMAX": Kernel(forward, backward)}
