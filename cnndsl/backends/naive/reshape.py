"""RESHAPE: the same values in the same order, as a map. x: D, H, W or I; y: D2, H2, W2."""

from __future__ import annotations

from collections.abc import Mapping

from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.ops.reshape import Reshape


def forward(
    a: Reshape, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, None, dict[str, Array]]:
    """y[d, i, j] = v[(d*H2 + i)*W2 + j], where v is x as FLATTEN gives it."""
    (x,) = xs
    return x.reshape(len(x), *ctx.node.type.shape), None, {}


def backward(
    a: Reshape, params: Mapping[str, Array], saved: None, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dv[(d*H2 + i)*W2 + j] = dy[d, i, j]"""
    return (dy.reshape(len(dy), *ctx.inputs[0].shape),), {}


KERNELS = {"RESHAPE": Kernel(forward, backward)}
