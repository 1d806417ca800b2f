"""fuse: puts a convolution or FC together with what follows it, for inference.

A chain begins at a CONV, DWCONV, DECONV or FC and takes in, in this order and each at most once, a BN, an activation
and a POOL, as long as nothing else reads what lies between and no output is there. RULES is the table.
"""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.ir.graph import Graph, Node
from cnndsl.passes.fused import Fused, FusedOperation, Step

HEADS = ("CONV", "DWCONV", "DECONV", "FC")
"""Layers that a chain begins with."""

RULES: tuple[tuple[str, str], ...] = (("keyword", "BN"), ("kind", "activation"), ("keyword", "POOL"))
"""What a chain takes in behind its head: a property of the layer, and its value."""


@dataclass(frozen=True, slots=True)
class Fuse:
    """Every chain of at least two steps becomes one node, under the name of its last step. For inference only: a BN in
    training needs the whole batch before it gives anything."""

    name: str = "fuse"

    def apply(self, graph: Graph) -> Graph:
        nodes: list[Node] = []
        taken: set[str] = set()
        for node in graph:
            if node.name in taken:
                continue
            chain = _chain(graph, node) if node.keyword in HEADS else (node,)
            if len(chain) == 1:
                nodes.append(node)
                continue
            taken.update(link.name for link in chain)
            nodes.append(_fused(graph, chain))
        return Graph(graph.name, tuple(nodes), graph.outputs)


def _chain(graph: Graph, head: Node) -> tuple[Node, ...]:
    """The head and what is taken in behind it."""
    chain = [head]
    for what, value in RULES:
        readers = graph.consumers[chain[-1].name]
        if len(readers) != 1 or chain[-1].name in graph.outputs.values():
            break
        (reader,) = readers
        if getattr(reader.op, what) == value and len(reader.inputs) == 1:
            chain.append(reader)
    return tuple(chain)


def _fused(graph: Graph, chain: tuple[Node, ...]) -> Node:
    attrs = Fused(tuple(Step(node.name, node.op, node.attrs) for node in chain))
    op = FusedOperation({node.keyword: node.op for node in chain})
    params = op.params(attrs, graph.input_types(chain[0]))
    return Node(chain[-1].name, op, attrs, chain[0].inputs, chain[-1].type, params, chain[0].span)
