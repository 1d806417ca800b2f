"""FLATTEN: a map becomes a vector, first the depth, then rows, then columns. x: D, H, W; y: D*H*W."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnndsl.backends.protocol import Array, Context, Kernel


def forward(
    a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, None, dict[str, Array]]:
    """y[(d*H + i)*W + j] = x[d, i, j]"""
    (x,) = xs
    return x.reshape(len(x), ctx.node.type.count), None, {}


def backward(
    a: Any, params: Mapping[str, Array], saved: None, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx[d, i, j] = dy[(d*H + i)*W + j]"""
    return (dy.reshape(len(dy), *ctx.inputs[0].shape),), {}


KERNELS = {"FLATTEN": Kernel(forward, backward)}
