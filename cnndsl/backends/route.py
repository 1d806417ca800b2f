"""Route: a graph with a kernel for every node, how tensors lie on the way, and where."""

from __future__ import annotations

from collections.abc import Mapping

from cnndsl.backends.protocol import Kernel, Layout
from cnndsl.ir.graph import Graph
from cnndsl.passes.plan import Mode, Plan, plan, wanted


class Route:
    """The way a program takes through a network: one in training, another, of fewer nodes, outside."""

    def __init__(self, graph: Graph, kernels: Mapping[str, Kernel]):
        self.graph = graph
        self.kernels = kernels
        self.layouts = _layouts(graph, kernels)
        self.wanted = {asked: wanted(graph, asked) for asked in (False, True)}
        self._plans: dict[tuple[Mode, bool], Plan] = {}

    def plan(self, mode: Mode, *, input_gradient: bool) -> Plan:
        """Where the tensors of a pass lie; found once."""
        key = (mode, input_gradient)
        if key not in self._plans:
            self._plans[key] = plan(self.graph, mode, input_gradient=input_gradient)
        return self._plans[key]

    @property
    def first_layout(self) -> Layout:
        """How the first reader of the input takes it."""
        readers = self.graph.consumers[self.graph.input.name]
        return self.layouts[readers[0].name] if readers else "rows"


def _layouts(graph: Graph, kernels: Mapping[str, Kernel]) -> dict[str, Layout]:
    """Node name -> how its kernel takes and gives tensors."""
    found: dict[str, Layout] = {graph.input.name: "rows"}
    for node in graph.nodes[1:]:
        layout = kernels[node.name].layout
        found[node.name] = found[node.inputs[0]] if layout == "either" else layout
    return found
