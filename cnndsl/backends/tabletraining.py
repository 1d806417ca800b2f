"""A whole training step from a table program: forward, loss, backward, update."""

from __future__ import annotations

from collections.abc import Mapping
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
            if spec.trained
        }

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
            loss = 0.0
            dys = {}
            for name, function in objective.losses.items():
                weight = objective.weights.get(name, 1.0)
                with np.errstate(all="ignore"):
                    value, dy = function(tape.outputs[name], wanted[name])
                dy = border.gradient(dy, tape.outputs[name].shape, program.dtype, name)
                # a loss may give the memory of its last gradient again, and two outputs may share a loss
                dys[name] = np.multiply(dy, weight, out=space.array((name, "dy"), dy.shape, program.dtype))
                loss += weight * float(value)
            gradients = program.pull(self._params, tape, dys, input_gradient=False)
            self._update(gradients.params, step, lr)
            for name, array in tape.buffers.items():
                np.copyto(self._state[name], array)
        finally:
            program.give(space)
        return Step(loss, tape.outputs)

    def _targets(self, targets: Mapping[str, Array], count: int) -> dict[str, Array]:
        border.named(targets, "targets")
        for name in self._objective.losses:
            if name not in targets:
                raise border.refuse("E809", f"there is no target for output `{name}`")
        return {name: border.target(targets[name], count, name) for name in self._objective.losses}

    def _update(self, gradients: Mapping[str, Array], step: int, lr: float) -> None:
        update, clip = self._objective.optimizer.update, self._objective.clip
        with np.errstate(all="ignore"):
            if clip is not None:
                _shorten(gradients, clip)
            for name, g in gradients.items():
                decay = self.graph.params[name].decays
                update(self._state[name], g, self._slots[name], step=step + 1, lr=lr, decay=decay)

    def predict(self, x: Array) -> dict[str, Array]:
        """Outputs outside training, as copies. Raises CnnError (E809)."""
        program = self._program
        x = border.batch(x, self.graph.input.type, program.dtype, "the input")
        space = program.take()
        try:
            tape = program.run(self._params, x, mode="inference", step=0, space=space)
            return {name: array.copy() for name, array in tape.outputs.items()}
        finally:
            program.give(space)

    def state(self) -> dict[str, Array]:
        """Copies of parameters and buffers, by full name."""
        return {name: array.copy() for name, array in self._state.items()}

    def slots(self) -> dict[str, Array]:
        """Copies of the optimizer's memory: ``conv1.weight/velocity``."""
        return {f"{name}/{slot}": a.copy() for name, found in self._slots.items() for slot, a in found.items()}

    def load(self, state: State, slots: State) -> None:
        """Takes copies of what `state` and `slots` gave before, to go on from there. Raises CnnError (E702, E809)."""
        dtype = self._program.dtype
        specs = {f"{name}/{slot}": self.graph.params[name] for name, found in self._slots.items() for slot in found}
        given = border.arrays(state, self.graph.params, dtype, what="the weights")
        memory = border.arrays(slots, specs, dtype, what="the optimizer's arrays")
        for name, array in given.items():
            np.copyto(self._state[name], array)
        for name, found in self._slots.items():
            for slot, array in found.items():
                np.copyto(array, memory[f"{name}/{slot}"])


BLOCK = 32_768
"""Values that are squared at a time."""


def _shorten(gradients: Mapping[str, Array], longest: float) -> None:
    """Scales all gradients where together they are longer than `longest`. The length is summed in float64."""
    total = 0.0
    for g in gradients.values():
        flat = g.reshape(-1)
        for start in range(0, flat.size, BLOCK):
            block = flat[start : start + BLOCK].astype(np.float64)
            total += float(block @ block)
    length = total**0.5
    if length > longest:
        for g in gradients.values():
            np.multiply(g, longest / length, out=g)
