"""TANH: f(x) = tanh(x). x, y: any one shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel


def forward(
    a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """y = tanh(x)"""
    (x,) = xs
    y = np.tanh(x)
    return y, y, {}


def backward(
    a: Any, params: Mapping[str, Array], y: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx = dy * f'(x) with f'(x) = 1 - y*y."""
    return (dy * (1 - y * y),), {}


KERNELS = {"TANH": Kernel(forward, backward)}
