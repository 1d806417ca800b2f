"""dead: leaves out the nodes that no output depends on."""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.ir.graph import Graph


@dataclass(frozen=True, slots=True)
class Dead:
    """INPUT stays, even where nothing reads it. Parameters of the nodes left out go with them."""

    name: str = "dead"

    def apply(self, graph: Graph) -> Graph:
        alive = {graph.input.name, *graph.outputs.values()}
        for node in reversed(graph.nodes):
            if node.name in alive:
                alive.update(node.inputs)
        return Graph(graph.name, tuple(node for node in graph if node.name in alive), graph.outputs)
