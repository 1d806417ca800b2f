"""HSWISH: f(x) = x*h(x) with h(x) = clip(x/6 + 1/2, 0, 1). x, y: any one shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel


def forward(
    a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """y = x * h(x)"""
    (x,) = xs
    return x * np.clip(x / 6 + 0.5, 0, 1), x, {}


def backward(
    a: Any, params: Mapping[str, Array], x: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx = dy * f'(x) with f'(x) = h(x) + x*h'(x); h'(x) is 1/6 where -3 < x < 3, and 0 elsewhere."""
    bent = np.where((x > -3) & (x < 3), x / 6, 0)
    return (dy * (np.clip(x / 6 + 0.5, 0, 1) + bent),), {}


KERNELS = {"HSWISH": Kernel(forward, backward)}
