"""Running passes: each gives a new graph, which is verified before the next one sees it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from cnndsl.ir.graph import Graph
from cnndsl.ir.verify import GraphError, verify


class Pass(Protocol):
    """A frozen dataclass whose fields are its options."""

    @property
    def name(self) -> str: ...

    def apply(self, graph: Graph) -> Graph: ...


def run(graph: Graph, passes: Iterable[Pass]) -> Graph:
    """The graph after all passes. Raises GraphError, naming the pass that broke it."""
    for step in passes:
        try:
            graph = verify(step.apply(graph))
        except GraphError as error:
            raise GraphError(f"after pass {step.name}: {error}") from error
    return graph
