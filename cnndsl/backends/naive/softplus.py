"""SOFTPLUS: f(x) = log(1 + exp(x)). x, y: any one shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel


def forward(
    a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """y = log(1 + exp(x)) = max(0, x) + log(1 + exp(-|x|)), which overflows nowhere"""
    (x,) = xs
    y = np.maximum(0, x) + np.log1p(np.exp(-np.abs(x)))
    return y, x, {}


def backward(
    a: Any, params: Mapping[str, Array], x: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx = dy * f'(x) with f'(x) = exp(x)/(1 + exp(x)); above 0 as 1/(1 + exp(-x)), so that nothing overflows."""
    e = np.exp(-np.abs(x))
    dx = dy * (np.where(x < 0, e, 1) / (1 + e))
    return (dx,), {}


KERNELS = {"SOFTPLUS": Kernel(forward, backward)}
