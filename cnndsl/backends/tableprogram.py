"""TableProgram: a network run node by node, each by its kernel, forward and back again.

What a pass needs comes from a workspace, which a tape holds until it is dropped: two tapes that are alive together
never share memory.
"""

from __future__ import annotations

import weakref
from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cnndsl.backends import border, calls
from cnndsl.backends.context import TableContext
from cnndsl.backends.frame import Frame
from cnndsl.backends.layout import lies_in, shaped
from cnndsl.backends.protocol import Array, Forward, Gradients, Kernel, Layout, Options, State, Tape
from cnndsl.backends.route import Route
from cnndsl.backends.team import alone, team
from cnndsl.backends.workspace import Pool, Workspace
from cnndsl.ir.graph import Graph, Node
from cnndsl.passes.plan import Mode

Params = Mapping[str, Mapping[str, Array]]
"""Node name -> local name (``weight``) -> array."""


@dataclass(slots=True, weakref_slot=True, eq=False)
class TableTape:
    """One forward pass: what each kernel saved, and the memory it lies in."""

    program: TableProgram
    batch: int
    space: Workspace
    frame: Frame | None = None
    saved: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Array] = field(default_factory=dict)
    buffers: dict[str, Array] = field(default_factory=dict)


class TableProgram:
    """A compiled network. `forward` and `backward` give copies, which stay valid; `run` and `pull` give memory that
    the next pass overwrites, for who reads it at once."""

    def __init__(self, backend: str, graph: Graph, training: Route, inference: Route, options: Options):
        self.graph = graph
        self.training = training
        self.inference = inference
        self.dtype = border.dtype_of(options.dtype)
        self._backend = backend
        self._seed = options.seed
        self._spaces, self._scratches = Pool(), Pool()
        self._frames: dict[Workspace, tuple[Hashable, Frame]] = {}

    def forward(self, state: State, x: Array, *, training: bool = False, step: int = 0) -> Forward:
        """Outputs of a batch; see Program. Raises CnnError: E809 for the input, E702 for the state, E806 for what is
        neither."""
        arrays = border.arrays(state, self.graph.params, self.dtype, what="the weights")
        x = border.batch(x, self.graph.input.type, self.dtype, "the input")
        step = border.counted(step, "the step")
        buffers = {name: arrays[name].copy() for name, spec in self.graph.params.items() if not spec.trained}
        space = self._spaces.take()
        mode: Mode = "tape" if training else "inference"
        tape = self.run(self.by_node(arrays), x, mode=mode, step=step, space=space)
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

        Raises CnnError: E806 without a tape of this program's or names, E809 for `dys`, E702 for the state.
        """
        if not isinstance(tape, TableTape) or tape.program is not self:
            raise border.refuse("E806", "backward needs the tape of a forward pass of this program with training=True")
        arrays = border.arrays(state, self.graph.params, self.dtype, what="the weights")
        checked = {}
        for name, dy in border.named(dys, "the gradients of outputs").items():
            if name not in tape.outputs:
                raise border.refuse("E809", f"there is no output `{name}`; outputs are {', '.join(tape.outputs)}")
            given = border.gradient(dy, tape.outputs[name].shape, self.dtype, name)
            checked[name] = border.finite(given, f"the gradient of output `{name}`")
        found = self.pull(self.by_node(arrays), tape, checked, input_gradient=input_gradient)
        dx = found.input.copy() if found.input is not None else None
        return Gradients(dx, {name: array.copy() for name, array in found.params.items()})

    def by_node(self, arrays: State) -> Params:
        """The arrays as kernels take them: a node of steps that were fused has theirs by their full names."""
        found: dict[str, dict[str, Array]] = {}
        for node in (*self.training.graph, *self.inference.graph):
            own = found.setdefault(node.name, {})
            own.update((spec.local, arrays[name]) for name, spec in node.param_names().items())
        return found

    def take(self) -> Workspace:
        """A workspace for `run`; give it back when nothing in it is read any more."""
        return self._spaces.take()

    def give(self, space: Workspace) -> None:
        self._spaces.give(space)

    def run(
        self, params: Params, x: Array, *, mode: Mode, step: int, space: Workspace, input_gradient: bool = True
    ) -> TableTape:
        """Forward over the nodes in order, in `space`. Raises CnnError (E809) for an empty batch in training."""
        training = mode != "inference"
        route = self.training if training else self.inference
        tape = TableTape(self, len(x), space)
        if not len(x):
            if training:
                raise border.refuse("E809", "a training step needs at least one sample")
            for name, at in self.graph.outputs.items():
                tape.outputs[name] = np.empty((0, *self.graph[at].type.shape), self.dtype)
            return tape
        frame = tape.frame = self._frame(route, len(x), mode, space, input_gradient)
        values = {self.graph.input.name: _Value(self.graph.input.name, x, space)}
        if training:  # the caller may fill its array anew before backward
            kept = shaped(frame.output(self.graph.input.name), x.shape, route.first_layout)
            np.copyto(kept, x)
            values[self.graph.input.name] = _Value(self.graph.input.name, kept, space)
        with self._working() as scratches:
            for node in route.graph.nodes[1:]:
                ctx = frame.contexts[node.name]
                ctx.scratches, ctx.draw = scratches, (self._seed, step)
                xs = tuple(values[name].lying(ctx.layout) for name in node.inputs)
                kernel = route.kernels[node.name]
                y, saved, buffers = calls.forward(kernel, node, params[node.name], xs, ctx)
                values[node.name] = _Value(node.name, self._settled(kernel, node, y, xs, ctx), space)
                if training:
                    tape.saved[node.name] = saved
                    tape.buffers.update({f"{node.name}.{name}": array for name, array in buffers.items()})
        tape.outputs.update({name: values[at].lying("rows") for name, at in route.graph.outputs.items()})
        return tape

    def _frame(self, route: Route, batch: int, mode: Mode, space: Workspace, input_gradient: bool) -> Frame:
        """The frame of that size: the workspace's last one where it is the same."""
        key = (batch, mode, input_gradient)
        held = self._frames.get(space)
        if held is None or held[0] != key:
            found = Frame(
                route.graph,
                route.plan(mode, input_gradient=input_gradient),
                batch,
                space,
                self.dtype,
                route.layouts,
                training=mode != "inference",
                input_gradient=input_gradient,
                team=team(),
            )
            held = self._frames[space] = (key, found)
        return held[1]

    def _settled(self, kernel: Kernel, node: Node, y: Any, xs: tuple[Array, ...], ctx: TableContext) -> Array:
        """The output, checked, in memory that it may stay in."""
        shape = (len(xs[0]), *node.type.shape)
        self._check(kernel, node, "its output", y, shape, ctx.layout)
        if ctx.is_output(y) or not any(np.may_share_memory(y, x) for x in xs):
            return y  # type: ignore[no-any-return]
        kept = ctx.output(shape)  # a view of an input, whose memory may be given to others
        np.copyto(kept, y)
        return kept

    def pull(
        self, params: Params, tape: TableTape, dys: Mapping[str, Array], *, input_gradient: bool = True
    ) -> Gradients:
        """Backward over the nodes, last first. Where a tensor is used more than once its gradients add."""
        frame, size = tape.frame, tape.batch
        assert frame is not None
        route, asked = self.training, self.training.wanted[input_gradient]
        found: dict[str, Array] = {}
        totals: dict[str, _Value] = {}
        with self._working() as scratches:
            for name, given in dys.items():
                at = self.graph.outputs[name]
                if at in totals:
                    given = given + totals[at].array
                totals[at] = _Value(at, given, tape.space, "gradient")
            for node in reversed(route.graph.nodes[1:]):
                total = totals.pop(node.name, None)
                trained = [name for name, spec in node.param_names().items() if spec.trained]
                if total is None or not (trained or any(asked[node.name])):
                    continue
                ctx = frame.contexts[node.name]
                ctx.wanted, ctx.scratches = asked[node.name], scratches
                dy = total.lying(ctx.layout)
                kernel = route.kernels[node.name]
                dxs, dparams = calls.backward(kernel, node, params[node.name], tape.saved[node.name], dy, ctx)
                for k, (source, dx) in enumerate(zip(node.inputs, dxs, strict=True)):
                    if ctx.wanted[k] and dx is not None:
                        shape = (size, *self.graph[source].type.shape)
                        self._check(kernel, node, f"the gradient of {source}", dx, shape, ctx.layout)
                        self._add(totals, node, k, dx, dy, frame, tape.space)
                for name in trained:
                    spec = self.graph.params[name]
                    self._check(
                        kernel, node, f"the gradient of {spec.name}", dparams.get(spec.name), spec.shape, "rows"
                    )
                    found[name] = dparams[spec.name]
            if not input_gradient:
                return Gradients(None, found)
            dx = totals.pop(self.graph.input.name, None)
            if dx is None:
                return Gradients(np.zeros((size, *self.graph.input.type.shape), self.dtype), found)
            return Gradients(dx.lying("rows"), found)

    def _add(
        self, totals: dict[str, _Value], node: Node, k: int, dx: Array, dy: Array, frame: Frame, space: Workspace
    ) -> None:
        """Adds a gradient to its tensor's, where the plan puts the sum; see `_Planner._share`."""
        source, ctx = node.inputs[k], frame.contexts[node.name]
        there = totals.get(source)
        place = frame.sum(node.name, k)
        if place is not None:
            total = shaped(place, dx.shape, ctx.layout)
            if there is None:
                np.copyto(total, dx)
            else:
                np.add(there.lying(ctx.layout), dx, out=total)
            dx = total
        elif not ctx.is_gradient(k, dx) and np.may_share_memory(dx, dy):
            kept = ctx.gradient(f"x{k}", dx.shape)  # dy's memory may be given to others
            np.copyto(kept, dx)
            dx = kept
        totals[source] = _Value(source, dx, space, "gradient")

    @contextmanager
    def _working(self) -> Iterator[list[Workspace]]:
        """Scratch memory, and silence: what overflows or is not a number goes through as that."""
        taken = [self._scratches.take() for _ in range(team().size)]
        with alone(), np.errstate(all="ignore"):
            yield taken
        for scratches in reversed(taken):
            self._scratches.give(scratches)

    def _check(self, kernel: Kernel, node: Node, what: str, given: Any, shape: tuple[int, ...], layout: Layout) -> None:
        """A kernel may come from anybody. Raises CnnError (E808)."""
        if isinstance(given, np.ndarray):
            fits = given.shape == shape and given.dtype == self.dtype
            if fits and lies_in(given, layout):
                return
            found = f"{given.dtype} {given.shape}" + (" and not C-contiguous" if fits else "")
        else:
            found = type(given).__name__
        raise calls.wrong(kernel, node, f"{what} is {found}, not {self.dtype} {shape}")


class _Value:
    """A tensor, or its gradient, in the layouts that were asked for."""

    __slots__ = ("_kind", "_name", "_others", "_space", "array")

    def __init__(self, name: str, array: Array, space: Workspace, kind: str = "y"):
        self._name = name
        self.array = array
        self._space = space
        self._kind = kind
        self._others: dict[Layout, Array] = {}

    def lying(self, layout: Layout) -> Array:
        """The array in that layout, turned where it lies otherwise."""
        if lies_in(self.array, layout):
            return self.array
        if layout not in self._others:
            memory = self._space.array((self._name, self._kind, layout), (self.array.size,), self.array.dtype)
            turned = shaped(memory, self.array.shape, layout)
            np.copyto(turned, self.array)
            self._others[layout] = turned
        return self._others[layout]
