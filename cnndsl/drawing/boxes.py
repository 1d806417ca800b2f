"""What stands in a box: a layer, and the norms, activations and noise that follow it and nothing else reads between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cnndsl.drawing.words import phrase
from cnndsl.ir.graph import Graph, Node
from cnndsl.ops.spec import Op

FOLLOWERS = ("norm", "activation", "noise")


@dataclass(slots=True)
class Box:
    """Nodes drawn as one, in order; `inputs` are the numbers of the boxes that the first of them reads, `outputs` the
    names of the network's outputs that it gives."""

    nodes: list[Node]
    inputs: tuple[int, ...]
    outputs: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.nodes[0].name

    @property
    def kind(self) -> str:
        return kind(self.nodes[0])

    @property
    def size(self) -> str:
        """Size of what the last of the nodes gives."""
        return str(self.nodes[-1].type)

    @property
    def lines(self) -> list[str]:
        """The layers in the words of the language: the first, those that follow it, and the output's name."""
        first, *rest = (phrase(node, short=True) for node in self.nodes)
        lines = [] if self.kind == "input" else [" -> ".join([first, *rest])]
        if rest and " " in first:
            lines = [first, " -> ".join(rest)]
        return [*lines, *([f"output {', '.join(self.outputs)}"] if self.outputs else [])]


def kind(node: Node) -> str:
    return node.op.kind if isinstance(node.op, Op) else ""


def boxes(graph: Graph) -> list[Box]:
    """The boxes of a graph, in topological order."""
    made: list[Box] = []
    where: dict[str, int] = {}
    for node in graph:
        before = graph[node.inputs[0]] if len(node.inputs) == 1 else None
        if before is not None and kind(node) in FOLLOWERS and _alone(graph, before):
            where[node.name] = where[before.name]
            made[where[node.name]].nodes.append(node)
        else:
            where[node.name] = len(made)
            made.append(Box([node], tuple(where[name] for name in node.inputs)))
    if len(graph.outputs) > 1:
        for name, at in graph.outputs.items():
            made[where[at]].outputs.append(name)
    return made


def _alone(graph: Graph, node: Node) -> bool:
    """Whether what follows a node may stand in its box."""
    consumers: Mapping[str, tuple[Node, ...]] = graph.consumers
    return kind(node) != "input" and len(consumers[node.name]) == 1 and node.name not in graph.outputs.values()
