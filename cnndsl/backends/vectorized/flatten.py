"""FLATTEN: the map as a vector, in D, H, W order, which is how it lies in memory already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnndsl.backends.layout import samples_first, samples_last
from cnndsl.backends.protocol import Array, Context, Kernel


def forward(
    a: Any, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
) -> tuple[Array, None, dict[str, Array]]:
    """x: B,D,H,W; y: B, D*H*W, the same memory."""
    return _seen(xs[0], ctx.node.type.shape, ctx), None, {}


def backward(
    a: Any, params: Mapping[str, Array], saved: None, dy: Array, ctx: Context
) -> tuple[tuple[Array], dict[str, Array]]:
    """dx is dy in the shape of x."""
    return (_seen(dy, ctx.inputs[0].shape, ctx),), {}


def _seen(x: Array, shape: tuple[int, ...], ctx: Context) -> Array:
    """The same memory as samples of another shape."""
    if ctx.layout == "rows":
        return x.reshape(x.shape[0], *shape)
    return samples_first(samples_last(x).reshape(*shape, x.shape[0]))


KERNELS = {"FLATTEN": Kernel(forward, backward, layout="either"), "RESHAPE": Kernel(forward, backward, layout="either")}
