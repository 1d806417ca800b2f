"""TableBackend: a table of kernels, layer keyword to Kernel, becomes a backend.

A program goes through the nodes in order and back again. What a pass needs comes from a workspace, which a tape holds
until it is dropped: two tapes that are alive together never share memory.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

import numpy as np

from cnndsl.backends import border
from cnndsl.backends.context import TableContext
from cnndsl.backends.protocol import Array, Forward, Gradients, Kernel, Objective, Options, State, Tape
from cnndsl.backends.tabletraining import TableTraining
from cnndsl.backends.workspace import Pool, Workspace
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.ir.graph import Graph, Node

Params = Mapping[str, Mapping[str, Array]]
"""Node name -> local name (``weight``) -> array."""


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


@dataclass(slots=True, weakref_slot=True, eq=False)
class TableTape:
    """One forward pass: what each kernel saved, and the memory it lies in."""

    program: TableProgram
    batch: int
    space: Workspace
    contexts: dict[str, TableContext]
    saved: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Array] = field(default_factory=dict)
    buffers: dict[str, Array] = field(default_factory=dict)


class TableProgram:
    """A compiled network. `forward` and `backward` give copies, which stay valid; `run` and `pull` give memory that
    the next pass overwrites, for who reads it at once."""

    def __init__(self, backend: str, graph: Graph, kernels: Mapping[str, Kernel], options: Options):
        self.graph = graph
        self.dtype = border.dtype_of(options.dtype)
        self._backend = backend
        self._kernels = kernels
        self._seed = options.seed
        self._spaces, self._scratches = Pool(), Pool()
        self._input_types = {node.name: graph.input_types(node) for node in graph}
        self._wanted = {asked: _wanted(graph, asked) for asked in (False, True)}

    def forward(self, state: State, x: Array, *, training: bool = False, step: int = 0) -> Forward:
        """Outputs of a batch; see Program. Raises CnnError: E809 for the input, E702 for the state."""
        arrays = border.arrays(state, self.graph.params, self.dtype, what="the weights")
        x = border.batch(x, self.graph.input.type, self.dtype, "the input")
        buffers = {name: arrays[name].copy() for name, spec in self.graph.params.items() if not spec.trained}
        space = self._spaces.take()
        if training:  # the caller may fill its array anew before backward
            kept = space.array((self.graph.input.name, "y"), x.shape, self.dtype)
            np.copyto(kept, x)
            x = kept
        tape = self.run(self.by_node(arrays), x, training=training, step=step, space=space)
        outputs = {name: array.copy() for name, array in tape.outputs.items()}
        buffers.update({name: array.copy() for name, array in tape.buffers.items()})
        if training:
            weakref.finalize(tape, self._spaces.give, space).atexit = False
        else:
            self._spaces.give(space)
        return Forward(outputs, tape if training else None, buffers)

    def backward(
        self, state: State, tape: Tape | None, dys: Mapping[str, Array], *, input_gradient: bool = True
    ) -> Gradients:
        """Gradients; see Program. Parameters that no asked output depends on have none.

        Raises CnnError: E806 without a tape of this program's, E809 for `dys`, E702 for the state.
        """
        if not isinstance(tape, TableTape) or tape.program is not self:
            raise border.refuse("E806", "backward needs the tape of a forward pass of this program with training=True")
        arrays = border.arrays(state, self.graph.params, self.dtype, what="the weights")
        checked = {}
        for name, dy in dys.items():
            if name not in tape.outputs:
                raise border.refuse("E809", f"there is no output `{name}`; outputs are {', '.join(tape.outputs)}")
            checked[name] = border.gradient(dy, tape.outputs[name].shape, self.dtype, name)
        found = self.pull(self.by_node(arrays), tape, checked, input_gradient=input_gradient)
        dx = found.input.copy() if found.input is not None else None
        return Gradients(dx, {name: array.copy() for name, array in found.params.items()})

    def by_node(self, arrays: State) -> Params:
        """The arrays as kernels take them."""
        return {
            node.name: {spec.name: arrays[name] for name, spec in node.param_names().items()} for node in self.graph
        }

    def take(self) -> Workspace:
        """A workspace for `run`; give it back when nothing in it is read any more."""
        return self._spaces.take()

    def give(self, space: Workspace) -> None:
        self._spaces.give(space)

    def run(
        self,
        params: Params,
        x: Array,
        *,
        training: bool,
        step: int,
        space: Workspace,
        input_gradient: bool = True,
    ) -> TableTape:
        """Forward over the nodes in order, in `space`. Raises CnnError (E809) for an empty batch in training."""
        tape = TableTape(self, len(x), space, {})
        if not len(x):
            if training:
                raise border.refuse("E809", "a training step needs at least one sample")
            for name, at in self.graph.outputs.items():
                tape.outputs[name] = np.empty((0, *self.graph[at].type.shape), self.dtype)
            return tape
        wanted = self._wanted[input_gradient]
        values = {self.graph.input.name: x}
        with self._working() as scratches:
            for node in self.graph.nodes[1:]:
                ctx = TableContext(
                    node,
                    self._input_types[node.name],
                    wanted[node.name],
                    space,
                    scratches,
                    self.dtype,
                    training=training,
                    draw=(self._seed, step),
                )
                xs = tuple(values[name] for name in node.inputs)
                forward = self._kernels[node.name].forward
                y, saved, buffers = self._call(node, forward, params[node.name], xs, ctx)
                self._check(node, "its output", y, (len(x), *node.type.shape))
                values[node.name] = y
                if training:
                    tape.contexts[node.name] = ctx
                    tape.saved[node.name] = saved
                    tape.buffers.update({f"{node.name}.{name}": array for name, array in buffers.items()})
        tape.outputs.update({name: values[at] for name, at in self.graph.outputs.items()})
        return tape

    def pull(
        self, params: Params, tape: TableTape, dys: Mapping[str, Array], *, input_gradient: bool = True
    ) -> Gradients:
        """Backward over the nodes, last first. Where a tensor is used more than once its gradients add."""
        wanted = self._wanted[input_gradient]
        found: dict[str, Array] = {}
        totals = _Totals(tape.space)
        with self._working() as scratches:
            for name, given in dys.items():
                totals.add(self.graph.outputs[name], given)
            for node in reversed(self.graph.nodes[1:]):
                dy = totals.pop(node.name)
                trained = [name for name, spec in node.param_names().items() if spec.trained]
                if dy is None or not (trained or any(wanted[node.name])):
                    continue
                ctx = tape.contexts[node.name]
                ctx.wanted, ctx.scratches = wanted[node.name], scratches
                saved, backward = tape.saved[node.name], self._kernels[node.name].backward
                dxs, dparams = self._call(node, backward, params[node.name], saved, dy, ctx)
                if len(dxs) != len(node.inputs):
                    raise self._wrong(node, f"{len(dxs)} gradients for {len(node.inputs)} inputs")
                for source, asked, dx in zip(node.inputs, ctx.wanted, dxs, strict=True):
                    if asked and dx is not None:
                        self._check(node, f"the gradient of {source}", dx, (tape.batch, *self.graph[source].type.shape))
                        totals.add(source, dx)
                for name in trained:
                    spec = self.graph.params[name]
                    self._check(node, f"the gradient of {spec.name}", dparams.get(spec.name), spec.shape)
                    found[name] = dparams[spec.name]
        if not input_gradient:
            return Gradients(None, found)
        dx = totals.pop(self.graph.input.name)
        return Gradients(np.zeros((tape.batch, *self.graph.input.type.shape), self.dtype) if dx is None else dx, found)

    def _call(self, node: Node, kernel: Callable[..., Any], *given: Any) -> Any:
        try:
            return kernel(node.attrs, *given)
        except Exception as error:
            error.add_note(f"raised by the kernel of {node.keyword} in backend `{self._backend}`, at {node.name}")
            raise

    @contextmanager
    def _working(self) -> Iterator[Workspace]:
        """Scratch memory, and silence: what overflows or is not a number goes through as that."""
        scratches = self._scratches.take()
        with np.errstate(all="ignore"):
            yield scratches
        self._scratches.give(scratches)

    def _check(self, node: Node, what: str, given: Any, shape: tuple[int, ...]) -> None:
        """A kernel may come from anybody. Raises CnnError (E808)."""
        if isinstance(given, np.ndarray):
            if given.shape == shape and given.dtype == self.dtype and given.flags.c_contiguous:
                return
            found = f"{given.dtype} {given.shape}" + ("" if given.flags.c_contiguous else " and not C-contiguous")
        else:
            found = type(given).__name__
        raise self._wrong(node, f"{what} is {found}, not {self.dtype} {shape}")

    def _wrong(self, node: Node, what: str) -> CnnError:
        where = f"the kernel of {node.keyword} in backend `{self._backend}`"
        return border.refuse("E808", f"{where} is not right: at {node.name}, {what}")


class _Totals:
    """Gradients of tensors as they come in.

    The first is only referred to: it may be memory that another tensor's gradient lies in too. The second makes a sum
    of its own, to which further ones are added.
    """

    def __init__(self, space: Workspace):
        self._space = space
        self._found: dict[str, Array] = {}
        self._own: set[str] = set()

    def add(self, name: str, dy: Array) -> None:
        first = self._found.get(name)
        if first is None:
            self._found[name] = dy
            return
        if name in self._own:
            np.add(first, dy, out=first)
            return
        self._found[name] = np.add(first, dy, out=self._space.array((name, "sum"), dy.shape, dy.dtype))
        self._own.add(name)

    def pop(self, name: str) -> Array | None:
        return self._found.pop(name, None)


def _wanted(graph: Graph, input_gradient: bool) -> dict[str, tuple[bool, ...]]:
    """Node name -> which of its input gradients somebody reads: those above which something is trained."""
    needed: dict[str, bool] = {graph.input.name: input_gradient}
    wanted: dict[str, tuple[bool, ...]] = {}
    for node in graph.nodes[1:]:
        wanted[node.name] = tuple(needed[name] for name in node.inputs)
        needed[node.name] = any(wanted[node.name]) or any(spec.trained for spec in node.params)
    return wanted
