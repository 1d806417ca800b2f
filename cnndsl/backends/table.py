"""TableBackend: a table of kernels, layer keyword to Kernel, becomes a backend."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from cnndsl.backends.protocol import Kernel, Objective, Options, State
from cnndsl.backends.tableprogram import TableProgram
from cnndsl.backends.tabletraining import TableTraining
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.ir.graph import Graph, Node


def kernels_in(folder: ModuleType) -> dict[str, Kernel]:
    """The kernels of a package by layer keyword: every module in it that has KERNELS. There is no list to keep."""
    found: dict[str, Kernel] = {}
    for entry in iter_modules(folder.__path__):
        found.update(getattr(import_module(f"{folder.__name__}.{entry.name}"), "KERNELS", {}))
    return found


class TableBackend:
    """A backend from kernels. A layer that `kernels` lacks is taken from `fallback`; `borrowed` says which."""

    def __init__(self, name: str, kernels: Mapping[str, Kernel], fallback: Mapping[str, Kernel] | None = None):
        self.name = name
        self._own = dict(kernels)
        self._all = {**(fallback or {}), **kernels}

    def borrowed(self, graph: Graph) -> tuple[Node, ...]:
        """The nodes that run on a kernel of the fallback."""
        return tuple(n for n in _computing(graph) if n.keyword not in self._own and n.keyword in self._all)

    def compile(self, graph: Graph, options: Options) -> TableProgram:
        """Raises CnnError: E807 for each layer without a kernel, E806 for an unknown dtype."""
        missing: dict[str, Node] = {}
        for node in _computing(graph):
            if node.keyword not in self._all:
                missing.setdefault(node.keyword, node)
        if missing:
            raise CnnError(
                Diagnostic("E807", f"backend `{self.name}` has no kernel for {keyword}", span=node.span)
                for keyword, node in missing.items()
            )
        kernels = {node.name: self._all[node.keyword] for node in _computing(graph)}
        return TableProgram(self.name, graph, kernels, options)

    def compile_training(self, graph: Graph, objective: Objective, state: State, options: Options) -> TableTraining:
        """A training program that starts from copies of `state`. Raises CnnError as `compile`; E702, E806."""
        return TableTraining(self.compile(graph, options), objective, state)


def _computing(graph: Graph) -> tuple[Node, ...]:
    return tuple(node for node in graph if node.inputs)
