"""A whole training step from a table program: forward, loss, backward, update."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from cnndsl.backends import border
from cnndsl.backends.protocol import Array, Objective, State, Step

if TYPE_CHECKING:
    from cnndsl.backends.tableprogram import TableProgram


class TableTraining:
    """See `cnndsl.backends.protocol.TrainingProgram`. The arrays of the state are its own and change in place."""

    def __init__(self, program: TableProgram, objective: Objective, state: State):
        self.graph = program.graph
        self._program = program
        self._objective = objective
        unknown = [name for name in (*objective.losses, *objective.weights) if name not in self.graph.outputs]
        if unknown:
            outputs = ", ".join(self.graph.outputs)
            raise border.refuse("E806", f"a loss is given for `{unknown[0]}`; the network's outputs are {outputs}")
        if not objective.losses:
            raise border.refuse("E806", "there is no loss to train by")
        given = border.arrays(state, self.graph.params, program.dtype, what="the weights")
        self._state = {name: array.copy() for name, array in given.items()}
        self._params = program.by_node(self._state)
        self._slots = {
            name: {slot: np.zeros_like(self._state[name]) for slot in objective.optimizer.slots}
            for name, spec in self.graph.params.items()
            if spec.trained and name not in objective.frozen
        }

        self._averages = {name: self._state[name].copy() for name in self._slots} if objective.ema else {}
        self._asked = program.by_node({**self._state, **self._averages})

    def step(self, x: Array, targets: Mapping[str, Array], *, step: int, lr: float) -> Step:
        """One step; see TrainingProgram. Where it raises, nothing has changed.

        Raises CnnError: E809 for arrays that do not fit, E810 where BN has one value a channel, E806 for a step or a
        learning rate that is none.
        """
        program, objective = self._program, self._objective
        x = border.batch(x, self.graph.input.type, program.dtype, "the input")
        step, lr = border.counted(step, "the step"), border.rate(lr)
        wanted = self._targets(targets, len(x))
        space = program.take()
        try:
            tape = program.run(self._params, x, mode="step", step=step, space=space, input_gradient=False)
            losses, dys = {}, {}
            for name, function in objective.losses.items():
                with np.errstate(all="ignore"):
                    value, dy = function(tape.outputs[name], wanted[name])
                dy = border.gradient(dy, tape.outputs[name].shape, program.dtype, name)
                # a loss may give the memory of its last gradient again, and two outputs may share a loss
                weighed = space.array((name, "dy"), dy.shape, program.dtype)
                dys[name] = np.multiply(dy, objective.weights.get(name, 1.0), out=weighed)
                losses[name] = float(value)
            gradients = program.pull(self._params, tape, dys, input_gradient=False).params
            trained = {name: gradients[name] for name in self._slots if name in gradients}
            loss = sum(objective.weights.get(name, 1.0) * value for name, value in losses.items())
            done = Step(loss, tape.outputs, losses, {name: length(g) for name, g in trained.items()})
            if done.finite:
                self._update(trained, done.norm, step, lr)
                for name, array in tape.buffers.items():
                    if name not in objective.frozen:
                        np.copyto(self._state[name], array)
        finally:
            program.give(space)
        return done

    def _targets(self, targets: Mapping[str, Array], count: int) -> dict[str, Array]:
        border.named(targets, "targets")
        for name in self._objective.losses:
            if name not in targets:
                raise border.refuse("E809", f"there is no target for output `{name}`")
        return {name: border.target(targets[name], count, name) for name in self._objective.losses}

    def _update(self, gradients: Mapping[str, Array], norm: float, step: int, lr: float) -> None:
        update, clip = self._objective.optimizer.update, self._objective.clip
        with np.errstate(all="ignore"):
            for name, g in gradients.items():
                if clip is not None and norm > clip:
                    np.multiply(g, clip / norm, out=g)
                decay = self.graph.params[name].decays
                update(self._state[name], g, self._slots[name], step=step + 1, lr=lr, decay=decay)
            for name, average in self._averages.items():
                self._average(average, self._state[name], gradients[name], first=step == 0)

    def _average(self, average: Array, w: Array, scratch: Array, *, first: bool) -> None:
        """The gradient is not needed any more: its memory is scratch."""
        if first:
            np.copyto(average, w)
        elif self._objective.ema is not None:
            np.subtract(w, average, out=scratch)
            scratch *= 1 - self._objective.ema
            average += scratch

    def predict(self, x: Array) -> dict[str, Array]:
        """Outputs outside training, as copies; see TrainingProgram. Raises CnnError (E809)."""
        program = self._program
        x = border.batch(x, self.graph.input.type, program.dtype, "the input")
        space = program.take()
        try:
            tape = program.run(self._asked, x, mode="inference", step=0, space=space)
            return {name: array.copy() for name, array in tape.outputs.items()}
        finally:
            program.give(space)

    def state(self, *, copy: bool = True) -> dict[str, Array]:
        """Parameters and buffers, by full name."""
        return _given(self._state, copy)

    def slots(self, *, copy: bool = True) -> dict[str, Array]:
        """The optimizer's memory: ``conv1.weight/velocity``."""
        return _given({f"{name}/{slot}": a for name, found in self._slots.items() for slot, a in found.items()}, copy)

    def averages(self, *, copy: bool = True) -> dict[str, Array]:
        """The averaged parameters, by full name."""
        return _given(self._averages, copy)

    def load(self, state: State, slots: State, averages: State) -> None:
        """Takes copies of what was given before, to go on from there. Raises CnnError (E702, E809)."""
        dtype = self._program.dtype
        specs = {f"{name}/{slot}": self.graph.params[name] for name, found in self._slots.items() for slot in found}
        given = border.arrays(state, self.graph.params, dtype, what="the weights")
        memory = border.arrays(slots, specs, dtype, what="the optimizer's arrays")
        means = {name: self.graph.params[name] for name in self._averages}
        averaged = border.arrays(averages, means, dtype, what="the averages")
        for name, array in given.items():
            np.copyto(self._state[name], array)
        for name, array in averaged.items():
            np.copyto(self._averages[name], array)
        for name, found in self._slots.items():
            for slot, array in found.items():
                np.copyto(array, memory[f"{name}/{slot}"])


def _given(arrays: State, copy: bool) -> dict[str, Array]:
    """As copies, or as views that cannot be written to."""
    if copy:
        return {name: array.copy() for name, array in arrays.items()}
    views = {name: array.view() for name, array in arrays.items()}
    for view in views.values():
        view.flags.writeable = False
    return views


SAFE = (1e-30, 1e30)
"""Between these a sum of squares in float32 has lost nothing to its range."""


def length(g: Array) -> float:
    """The length (L2) of an array as one vector. Summed in the array's own type, which costs next to nothing, and in
    float64 where that would overflow or vanish."""
    flat = g.reshape(-1)
    with np.errstate(all="ignore"):
        total = float(flat @ flat)
        if not SAFE[0] < total < SAFE[1]:
            largest = float(np.abs(flat).max(initial=0))
            if not 0 < largest < np.inf:
                return largest
            wide = flat.astype(np.float64) / largest
            return largest * sqrt(float(wide @ wide))
    return sqrt(total)
