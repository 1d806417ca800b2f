"""GELU: f(x) = x*P(x), where P is the normal distribution and p its density. x, y: any one shape."""

from __future__ import annotations

from collections.abc import Mapping
from math import erfc, pi, sqrt
from typing import Any

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel


def forward(
    a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """y = x * P(x)"""
    (x,) = xs
    return x * _below(x), x, {}


def backward(
    a: Any, params: Mapping[str, Array], x: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx = dy * f'(x) with f'(x) = P(x) + x*p(x), p(x) = exp(-x*x/2)/sqrt(2*pi)"""
    p = np.exp(-x * x / 2) / sqrt(2 * pi)
    return (dy * (_below(x) + x * p),), {}


def _below(x: Array) -> Array:
    """P(x) = (1 + erf(x/sqrt(2)))/2 = erfc(-x/sqrt(2))/2, which loses no digits far below 0."""
    P = np.empty_like(x)
    for index in np.ndindex(x.shape):
        P[index] = erfc(-float(x[index]) / sqrt(2)) / 2
    return P


KERNELS = {"GELU": Kernel(forward, backward)}
