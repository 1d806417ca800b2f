"""A pass through a network of one sample that keeps everything: the value and the error term of every cell.

Outside training: DROPOUT hands on, BN takes its running statistics. Everything is in float64.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnndsl.backends import calls
from cnndsl.backends.context import TableContext
from cnndsl.backends.protocol import Array, Kernel, State
from cnndsl.backends.workspace import Workspace
from cnndsl.ir.graph import Graph, Node


@dataclass(frozen=True)
class Kept:
    """A pass: `values` of every node, 1, D, H, W or 1, N; what backward needs of each is kept beside it."""

    graph: Graph
    values: dict[str, Array]
    params: dict[str, dict[str, Array]]
    saved: dict[str, tuple[Any, TableContext]]
    kernels: Mapping[str, Kernel]

    def back(self, node: Node, dy: Array) -> tuple[Array, ...]:
        """The gradients of a node's inputs from that of its output. Raises CnnError (E808)."""
        if node.keyword == "DROPOUT":
            return (dy,)
        own = self.params[node.name]
        if node.keyword == "BN":
            factor = own.get("weight", np.ones(dy.shape[1])) / np.sqrt(own["running_var"] + node.attrs.eps)
            return (dy * factor.reshape(1, -1, *(1,) * (dy.ndim - 2)),)
        saved, ctx = self.saved[node.name]
        dxs, _ = calls.backward(self.kernels[node.keyword], node, own, saved, dy, ctx)
        return dxs

    def again(self, node: Node, xs: tuple[Array, ...]) -> Array:
        """What a node would give of other inputs; nothing that is kept changes. Raises CnnError (E808)."""
        kernel = self.kernels[node.keyword]
        y, _, _ = calls.forward(kernel, node, self.params[node.name], xs, _context(self.graph, node, kernel))
        return np.asarray(y)

    def errors(self, dys: Mapping[str, Array]) -> dict[str, Array]:
        """The error term of every node's output, from those of the network's: the gradient of a loss by it."""
        totals = {name: np.zeros_like(array) for name, array in self.values.items()}
        for name, dy in dys.items():
            totals[self.graph.outputs[name]] += dy
        for node in reversed(self.graph.nodes[1:]):
            for source, dx in zip(node.inputs, self.back(node, totals[node.name]), strict=True):
                totals[source] = totals[source] + dx
        return totals


def forward(graph: Graph, state: State, x: Array, kernels: Mapping[str, Kernel]) -> Kept:
    """A pass of one sample, 1, D, H, W. Raises CnnError (E808)."""
    values: dict[str, Array] = {graph.input.name: x.astype(np.float64)}
    params, saved = {}, {}
    for node in graph.nodes[1:]:
        params[node.name] = {spec.name: state[f"{node.name}.{spec.name}"].astype(np.float64) for spec in node.params}
        kernel = kernels[node.keyword]
        ctx = _context(graph, node, kernel)
        given = tuple(values[name] for name in node.inputs)
        y, kept, _ = calls.forward(kernel, node, params[node.name], given, ctx)
        values[node.name], saved[node.name] = np.array(y), (kept, ctx)
    return Kept(graph, values, params, saved, kernels)


def _context(graph: Graph, node: Node, kernel: Kernel) -> TableContext:
    """What a kernel is given for a pass of one sample, which lies in every layout at once; with memory of its own."""
    space = Workspace()
    return TableContext(
        node,
        graph.input_types(node),
        (True,) * len(node.inputs),
        space,
        [space],
        np.dtype(np.float64),
        training=node.keyword not in ("DROPOUT", "BN"),
        draw=(0, 0),
        layout="lanes" if kernel.layout == "lanes" else "rows",
    )


NAIVE_MOST = 2_000_000
"""Multiplications up to which a pass goes by naive's kernels, in seconds."""


def table(tables: Mapping[str, Mapping[str, Kernel]], graph: Graph) -> Mapping[str, Kernel]:
    """The kernels for a network: naive's, which are the definition; for a large one vectorized's, and naive's for what
    it lacks. What a trace writes out is worked out by itself either way."""
    return tables["naive"] if graph.macs <= NAIVE_MOST else {**tables["naive"], **tables["vectorized"]}
