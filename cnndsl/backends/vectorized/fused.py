"""Fused steps: what follows a convolution or FC is done to each tile while it is in cache.

A BN is a factor and a shift a channel, y = factor*x + shift with factor = scale/sqrt(var + eps) and
shift = (bias - mean)*factor + shift of the BN; then comes RELU, and what is left runs as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from cnndsl.backends.chain import chained, params_of, steps
from cnndsl.backends.protocol import Array, Context, Kernel
from cnndsl.backends.vectorized import conv, fc
from cnndsl.backends.vectorized.finish import Finish
from cnndsl.ir.graph import Node
from cnndsl.ir.types import TensorType
from cnndsl.ops.bn import BN
from cnndsl.passes.fused import Fused

HEADS: Mapping[str, Callable[[Any, Array, Array, Context, Finish], Array]] = {
    "CONV": conv.apply,
    "DWCONV": conv.apply,
    "FC": fc.apply,
}
CEILINGS = {"RELU": None, "RELU6": 6.0}
"""The activations that are done tile by tile: max(0, y), and the number that y is cut to."""


def kernel(node: Node, given: TensorType, kernels: Mapping[str, Kernel]) -> Kernel:
    """The kernel of a fused node, for an input of that type."""
    body = steps(node, given)
    plain = chained(node, given, kernels)
    if body[0].keyword not in HEADS:
        return plain
    count = 1 + _taken(body[1:])
    head, rest = body[:count], body[count:]
    left = chained(_node(node, rest, head[-1]), head[-1].type, kernels) if rest else None

    def forward(
        a: Fused, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
    ) -> tuple[Array, None, dict[str, Array]]:
        inner = ctx.within(head[0], (given,), "lanes", last=left is None)
        own = params_of(head[0], params)
        y = HEADS[head[0].keyword](head[0].attrs, own["weight"], xs[0], inner, _finish(head, own.get("bias"), params))
        if left is not None:
            y, _, _ = left.forward(a, params, (y,), ctx)
        return y, None, {}

    return Kernel(forward, plain.backward, "lanes")


def _taken(behind: tuple[Node, ...]) -> int:
    """How many of the steps behind the head are done tile by tile."""
    count = 0
    if count < len(behind) and behind[count].keyword == "BN":
        count += 1
    if count < len(behind) and behind[count].keyword in CEILINGS:
        count += 1
    return count


def _node(node: Node, rest: tuple[Node, ...], before: Node) -> Node:
    """What is left, as a fused node of its own."""
    names = {step.name for step in rest}
    body = tuple(step for step in node.attrs.body if step.name in names)
    return Node(node.name, node.op, Fused(body), (before.name,), node.type)


def _finish(head: tuple[Node, ...], bias: Array | None, params: Mapping[str, Array]) -> Finish:
    factor = None
    for step in head[1:]:
        if step.keyword == "BN":
            factor, bias = _affine(step.attrs, params_of(step, params), bias)
    last = head[-1].keyword
    return Finish(factor, bias, rectified=last in CEILINGS, ceiling=CEILINGS.get(last))


def _affine(a: BN, params: Mapping[str, Array], bias: Array | None) -> tuple[Array, Array]:
    """Factor and shift of a BN behind that bias, N or N,H2,W2."""
    mean, var = params["running_mean"], params["running_var"]
    factor = 1 / np.sqrt(var + var.dtype.type(a.eps))
    if a.scale:
        factor = factor * params["weight"]
    shape = (-1,) if bias is None else (-1, *(1,) * (bias.ndim - 1))
    shift = (-mean.reshape(shape) if bias is None else bias - mean.reshape(shape)) * factor.reshape(shape)
    return factor, shift + params["bias"].reshape(shape) if a.scale else shift
