"""ELU: f(x) = x above 0, a*(exp(x) - 1) below. x, y: any one shape."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.ops.elu import Elu


def forward(
    a: Elu, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, Array, dict[str, Array]]:
    """y = x where x > 0, a*(exp(x) - 1) elsewhere; exp is asked only there, so that nothing overflows."""
    (x,) = xs
    return np.where(x > 0, x, a.alpha * np.expm1(np.minimum(x, 0))), x, {}


def backward(
    a: Elu, params: Mapping[str, Array], x: Array, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx = dy * f'(x): dy where x > 0, dy*a*exp(x) elsewhere, at 0 too."""
    return (dy * np.where(x > 0, 1, a.alpha * np.exp(np.minimum(x, 0))),), {}


KERNELS = {"ELU": Kernel(forward, backward)}
