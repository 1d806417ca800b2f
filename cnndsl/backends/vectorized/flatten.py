"""FLATTEN: the map as a vector, in D, H, W order, which is how it lies in memory already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnndsl.backends.protocol import Array, Context, Kernel


def forward(
    a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, None, dict[str, Array]]:
    """x: B,D,H,W; y: B, D*H*W, the same memory."""
    (x,) = xs
    return x.reshape(x.shape[0], ctx.node.type.count), None, {}


def backward(
    a: Any, params: Mapping[str, Array], saved: None, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx is dy in the shape of x."""
    return (dy.reshape(dy.shape[0], *ctx.inputs[0].shape),), {}


KERNELS = {"FLATTEN": Kernel(forward, backward)}
