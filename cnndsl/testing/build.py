"""Net: networks built from records, where a program in the language would hide what is meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from cnndsl.builtin import PLUGIN
from cnndsl.ir.graph import Graph, Node
from cnndsl.ir.types import TensorType
from cnndsl.ops.spec import Op


@cache
def layers() -> Mapping[str, Op]:
    """Our own layers by keyword."""
    return {op.keyword: op for op in PLUGIN.layers}


class Net:
    """Builds a graph: each call adds a layer behind the last one, or behind the named ones, and gives its name.

    >>> net = Net(4, 4, 1)
    >>> net("CONV", window=(3, 3), filters=2)
    'conv1'
    """

    def __init__(self, height: int, width: int, depth: int):
        self.nodes: dict[str, Node] = {}
        self.last = "input"
        self("INPUT", size=(height, width, depth))

    def __call__(self, keyword: str, *inputs: str, **attrs: Any) -> str:
        number = 1 + sum(node.keyword == keyword for node in self.nodes.values())
        name = "input" if keyword == "INPUT" else f"{keyword.lower()}{number}"
        sources = () if keyword == "INPUT" else inputs or (self.last,)
        types = tuple(self.nodes[source].type for source in sources)
        self.nodes[name] = layer(name, keyword, attrs, sources, types)
        self.last = name
        return name

    def graph(self, **outputs: str) -> Graph:
        """The graph; without names the last layer is the output `main`."""
        return Graph("net", tuple(self.nodes.values()), outputs or {"main": self.last})


def layer(
    name: str, keyword: str, attrs: Mapping[str, Any], inputs: Sequence[str], types: tuple[TensorType, ...]
) -> Node:
    """A node. Raises Reject where the layer does not take these inputs."""
    op = layers()[keyword]
    made = op.attrs(**attrs)
    return Node(name, op, made, tuple(inputs), op.infer(made, types), op.params(made, types))
