"""SILU: f(x) = x*s(x), s(x) = 1/(1 + exp(-x)). x, y: any one shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel


def forward(
    a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """y = x * s(x)"""
    (x,) = xs
    y = x * _sigmoid(x)
    return y, x, {}


def backward(
    a: Any, params: Mapping[str, Array], x: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx = dy * f'(x) with f'(x) = s(x) + x*s(x)*(1 - s(x))"""
    s = _sigmoid(x)
    dx = dy * (s + x * s * (1 - s))
    return (dx,), {}


def _sigmoid(x: Array) -> Array:
    """s(x) = 1/(1 + exp(-x)); below 0 as exp(x)/(1 + exp(x)), so that nothing overflows."""
    e = np.exp(-np.abs(x))
    s: Array = np.where(x < 0, e, 1) / (1 + e)
    return s


KERNELS = {"SILU": Kernel(forward, backward)}
