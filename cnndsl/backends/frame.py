"""Frame: one pass of one batch size, laid out in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnndsl.backends.context import TableContext
from cnndsl.backends.protocol import Array, Layout
from cnndsl.backends.team import Team
from cnndsl.backends.workspace import Workspace
from cnndsl.ir.graph import Graph
from cnndsl.passes.plan import Plan, wanted


class Frame:
    """The contexts of all nodes, each with its places in one arena. A program keeps the last one made in each
    workspace, so that at the next step of the same size there is nothing left to lay out."""

    def __init__(
        self,
        graph: Graph,
        plan: Plan,
        batch: int,
        space: Workspace,
        dtype: np.dtype[Any],
        layouts: Mapping[str, Layout],
        *,
        training: bool,
        input_gradient: bool,
        team: Team,
    ):
        self.plan = plan
        arena = space.array("arena", (plan.cells * batch,), dtype)
        self._places = [arena[b.offset * batch : (b.offset + b.cells) * batch] for b in plan.buffers]
        asked = wanted(graph, input_gradient)
        self.contexts: dict[str, TableContext] = {}
        for node in graph.nodes[1:]:
            places = {"y": self._places[plan.outputs[node.name]]}
            for k in range(len(node.inputs)):
                if (node.name, k) in plan.shares:
                    places[f"x{k}"] = self._places[plan.shares[node.name, k]]
            self.contexts[node.name] = TableContext(
                node,
                graph.input_types(node),
                asked[node.name],
                space,
                [],
                dtype,
                training=training,
                draw=(0, 0),
                team=team,
                layout=layouts[node.name],
                places=places,
            )

    def output(self, name: str) -> Array:
        """The memory of a node's output."""
        return self._places[self.plan.outputs[name]]

    def sum(self, name: str, k: int) -> Array | None:
        """The memory of the sum that the gradient by input k is added to, if there is one."""
        index = self.plan.sums.get((name, k))
        return None if index is None else self._places[index]
