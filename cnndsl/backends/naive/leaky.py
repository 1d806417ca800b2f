"""LEAKY: f(x) = x above 0, a*x below. x, y: any one shape."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.ops.leaky import Leaky


def forward(
    a: Leaky, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """y = x where x > 0, a*x elsewhere"""
    (x,) = xs
    return np.where(x > 0, x, a.slope * x), x, {}


def backward(
    a: Leaky, params: Mapping[str, Array], x: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx = dy * f'(x): dy where x > 0, a*dy elsewhere, at 0 too."""
    return (np.where(x > 0, dy, a.slope * dy),), {}


KERNELS = {"LEAKY": Kernel(forward, backward)}
