"""TableBackend: a table of kernels, layer keyword to Kernel, becomes a backend."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from cnndsl.backends.chain import chained
from cnndsl.backends.protocol import Kernel, Objective, Options, State
from cnndsl.backends.route import Route
from cnndsl.backends.tableprogram import TableProgram
from cnndsl.backends.tabletraining import TableTraining
from cnndsl.backends.team import team
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.ir.graph import Graph, Node
from cnndsl.ir.types import DTYPES, TensorType
from cnndsl.passes.fused import KEYWORD
from cnndsl.passes.lists import FUSING, INFERENCE_UNFUSED, TRAINING
from cnndsl.passes.run import run


def kernels_in(folder: ModuleType) -> dict[str, Kernel]:
    """The kernels of a package by layer keyword: every module in it that has KERNELS. There is no list to keep."""
    found: dict[str, Kernel] = {}
    for entry in iter_modules(folder.__path__):
        found.update(getattr(import_module(f"{folder.__name__}.{entry.name}"), "KERNELS", {}))
    return found


FusedKernel = Callable[[Node, TensorType, Mapping[str, Kernel]], Kernel]
"""Gives the kernel of a fused node for an input of that type, from the kernels of its steps."""


Need = Callable[[Graph, int, int, int], int]
"""Bytes that kernels work in, of a graph, for a batch, numbers of so many bytes, and so many threads."""


class TableBackend:
    """A backend from kernels. A layer that `kernels` lacks is taken from `fallback`; `borrowed` says which. `fused`
    gives kernels of fused nodes; without it their steps run one by one. `need` says what memory the kernels work in;
    without it they are taken to need none worth counting."""

    def __init__(
        self,
        name: str,
        kernels: Mapping[str, Kernel],
        fallback: Mapping[str, Kernel] | None = None,
        fused: FusedKernel = chained,
        need: Need | None = None,
    ):
        self.name = name
        self._own = dict(kernels)
        self._all = {k: _stamped(kernel, name) for k, kernel in {**(fallback or {}), **kernels}.items()}
        self._fused = fused
        self._need = need

    def borrowed(self, graph: Graph) -> tuple[Node, ...]:
        """The nodes that run on a kernel of the fallback."""
        return tuple(n for n in _computing(graph) if n.keyword not in self._own and n.keyword in self._all)

    def workspace(self, graph: Graph, batch: int, dtype: str) -> int:
        """Bytes; see `cnndsl.backends.protocol.Sized`."""
        return 0 if self._need is None else self._need(graph, batch, DTYPES[dtype], team().size)

    def compile(self, graph: Graph, options: Options) -> TableProgram:
        """Raises CnnError: E807 for each layer without a kernel, E806 for an unknown dtype."""
        missing: dict[str, Node] = {}
        for node in _computing(graph):
            if node.keyword not in self._all and node.keyword != KEYWORD:
                missing.setdefault(node.keyword, node)
        if missing:
            raise CnnError(
                Diagnostic("E807", f"backend `{self.name}` has no kernel for {keyword}", span=node.span)
                for keyword, node in missing.items()
            )
        training = run(graph, TRAINING)
        passes = (*INFERENCE_UNFUSED, *options.passes, *(FUSING if options.fuse else ()))
        inference = run(graph, passes)
        routes = (Route(training, self._kernels(training)), Route(inference, self._kernels(inference)))
        return TableProgram(self.name, graph, *routes, options)

    def _kernels(self, graph: Graph) -> dict[str, Kernel]:
        """Node name to kernel."""
        return {
            node.name: self._fused(node, graph.input_types(node)[0], self._all)
            if node.keyword == KEYWORD
            else self._all[node.keyword]
            for node in _computing(graph)
        }

    def compile_training(self, graph: Graph, objective: Objective, state: State, options: Options) -> TableTraining:
        """A training program that starts from copies of `state`. Raises CnnError as `compile`; E702, E806."""
        return TableTraining(self.compile(graph, options), objective, state)


def _stamped(kernel: Kernel, backend: str) -> Kernel:
    return kernel if kernel.origin else kernel._replace(origin=f"backend `{backend}`")


def _computing(graph: Graph) -> tuple[Node, ...]:
    return tuple(node for node in graph if node.inputs)
