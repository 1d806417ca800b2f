"""A fused node run step by step: what every table of kernels can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np

from cnndsl.backends import calls
from cnndsl.backends.layout import lies_in, shaped
from cnndsl.backends.protocol import Array, Context, Kernel, Layout
from cnndsl.ir.graph import Node
from cnndsl.ir.types import TensorType
from cnndsl.passes.fused import Fused


def steps(node: Node, given: TensorType) -> tuple[Node, ...]:
    """The steps of a fused node with an input of that type; of any other node the node itself."""
    return node.attrs.nodes(given) if isinstance(node.attrs, Fused) else (node,)


def chained(node: Node, given: TensorType, kernels: Mapping[str, Kernel]) -> Kernel:
    """The kernel of a fused node: forward of each step by its own kernel, in memory that the next step may overwrite.
    There is no backward: fusion is for inference."""
    body = steps(node, given)
    before = (given, *(step.type for step in body))
    first = kernels[body[0].keyword].layout

    def forward(
        a: Fused, params: Mapping[str, Array], xs: tuple[Array, ...], ctx: Context
    ) -> tuple[Array, None, dict[str, Array]]:
        (y,) = xs
        first_x = y
        layout = ctx.layout
        for step, x in zip(body, before, strict=False):
            kernel = kernels[step.keyword]
            layout = layout if kernel.layout == "either" else kernel.layout
            inner = ctx.within(step, (x,), layout, last=step is body[-1])
            y, _, _ = calls.forward(kernel, step, params_of(step, params), (turned(y, layout),), inner)
            if not isinstance(y, np.ndarray) or y.shape != (len(first_x), *step.type.shape):
                raise calls.wrong(kernel, step, "its output has not the shape that its size rule says")
        return turned(y, ctx.layout), None, {}

    return Kernel(forward, _no_backward, first)


def params_of(step: Node, params: Mapping[str, Array]) -> dict[str, Array]:
    """The arrays of one step by its own names."""
    return {spec.name: params[spec.full(step.name)] for spec in step.params}


def turned(x: Array, layout: Layout) -> Array:
    """The tensor in that layout: a copy where it lies otherwise."""
    if lies_in(x, layout):
        return x
    copy = shaped(np.empty(x.size, x.dtype), x.shape, layout)
    np.copyto(copy, x)
    return copy


def _no_backward(*given: Any) -> NoReturn:
    raise RuntimeError("fused steps are for inference; training runs them one by one")
