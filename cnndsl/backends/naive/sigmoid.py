"""SIGMOID: f(x) = 1/(1 + exp(-x)) (the tutorial's section 2). x, y: any one shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel


def forward(
    a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """y = 1/(1 + exp(-x)); below 0 as exp(x)/(1 + exp(x)), so that nothing overflows."""
    (x,) = xs
    e = np.exp(-np.abs(x))
    y = np.where(x < 0, e, 1) / (1 + e)
    return y, y, {}


def backward(
    a: Any, params: Mapping[str, Array], y: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx = dy * f'(x) with f'(x) = y*(1 - y), at most 1/4."""
    return (dy * (y * (1 - y)),), {}


KERNELS = {"SIGMOID": Kernel(forward, backward)}
