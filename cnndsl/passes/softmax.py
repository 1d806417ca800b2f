"""logits: leaves out a SOFTMAX or SIGMOID in front of an output, for a loss that takes logits and has it in itself."""

from __future__ import annotations

from dataclasses import dataclass

from cnndsl.ir.graph import Graph


@dataclass(frozen=True, slots=True)
class Logits:
    """The named output becomes the input of the layer of that keyword, which goes where nothing else reads it."""

    output: str = "main"
    keyword: str = "SOFTMAX"
    name: str = "logits"

    def apply(self, graph: Graph) -> Graph:
        last = graph.output(self.output)
        if last.keyword != self.keyword:
            return graph
        outputs = {**graph.outputs, self.output: last.inputs[0]}
        unread = not graph.consumers[last.name] and last.name not in outputs.values()
        nodes = tuple(node for node in graph.nodes if not (unread and node is last))
        return Graph(graph.name, nodes, outputs)
