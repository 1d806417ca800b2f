"""quiet: leaves out what does nothing outside training."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cnndsl.ir.graph import Graph


@dataclass(frozen=True, slots=True)
class Quiet:
    """Who reads a node of kind noise (DROPOUT) reads its input instead. For inference only."""

    name: str = "quiet"

    def apply(self, graph: Graph) -> Graph:
        stands: dict[str, str] = {}
        nodes = []
        for node in graph:
            inputs = tuple(stands.get(name, name) for name in node.inputs)
            if node.op.kind == "noise":
                stands[node.name] = inputs[0]
            else:
                nodes.append(node if inputs == node.inputs else replace(node, inputs=inputs))
        outputs = {name: stands.get(at, at) for name, at in graph.outputs.items()}
        return Graph(graph.name, tuple(nodes), outputs)
