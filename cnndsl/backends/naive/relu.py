"""RELU: f(x) = max(0, x) (the tutorial's section 2). x, y: any one shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel


def forward(
    a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """y = max(0, x)"""
    (x,) = xs
    y = np.maximum(0, x)
    return y, y, {}


def backward(
    a: Any, params: Mapping[str, Array], y: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx = dy * f'(x): dy where x > 0, which is where y > 0, and 0 elsewhere, at 0 too."""
    return (np.where(y > 0, dy, 0),), {}


KERNELS = {"RELU": Kernel(forward, backward)}
