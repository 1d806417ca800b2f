"""RELU6: f(x) = min(max(0, x), 6). x, y: any one shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel


def forward(
    a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """y = min(max(0, x), 6)"""
    (x,) = xs
    y = np.minimum(np.maximum(0, x), 6)
    return y, y, {}


def backward(
    a: Any, params: Mapping[str, Array], y: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx = dy * f'(x): dy where 0 < y < 6, which is where 0 < x < 6, and 0 elsewhere, at 0 and 6 too."""
    dx = np.where((y > 0) & (y < 6), dy, 0)
    return (dx,), {}


KERNELS = {"RELU6": Kernel(forward, backward)}
