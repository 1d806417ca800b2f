"""Model: a program together with its parameters, for driving from Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cnndsl.backends.protocol import Array, Gradients, Program, Tape
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.ir.graph import Graph


@dataclass(frozen=True, slots=True)
class Step:
    """One forward pass: what came out, and what `Model.backward` needs to go back (its `tape`)."""

    outputs: Mapping[str, Array]
    tape: Tape | None

    @property
    def output(self) -> Array:
        """The main output: (batch, D, H, W), or (batch, N) for a vector."""
        return self.outputs["main"]


class Model:
    """A compiled network with parameters of its own.

    `parameters` and `buffers` (running statistics) map full names to arrays; change them as you like, in place or by
    setting others of the same shape.

    >>> import cnndsl, numpy
    >>> model = cnndsl.compile("INPUT 8x8x1; CONV 3x3 *4 relu; FC 2", seed=1)
    >>> step = model.forward(numpy.ones((5, 1, 8, 8)), training=True)
    >>> gradients = model.backward(step, numpy.ones_like(step.output))
    >>> gradients.params["conv1.weight"].shape
    (4, 1, 3, 3)
    """

    def __init__(self, program: Program, state: Mapping[str, Array]):
        trained = {name for name, spec in program.graph.params.items() if spec.trained}
        self.program = program
        self.parameters: dict[str, Array] = {name: array for name, array in state.items() if name in trained}
        self.buffers: dict[str, Array] = {name: array for name, array in state.items() if name not in trained}
        self.steps = 0

    @property
    def graph(self) -> Graph:
        return self.program.graph

    @property
    def state(self) -> dict[str, Array]:
        """Parameters and buffers together."""
        return {**self.parameters, **self.buffers}

    def forward(self, x: Array, *, training: bool = False) -> Step:
        """Runs a batch: (batch, D, H, W), or (batch, N) where the input is a vector. With `training`, DROPOUT drops,
        BN takes the batch's statistics and updates its running ones, and the step can go `backward`. Raises CnnError
        (E809) on an array that does not fit."""
        found = self.program.forward(self.state, x, training=training, step=self.steps)
        if training:
            self.steps += 1
            self.buffers.update(found.buffers)
        return Step(found.outputs, found.tape)

    def backward(self, step: Step, dy: Array | Mapping[str, Array]) -> Gradients:
        """Gradients of a loss from its gradient by the main output (or by several outputs, by name): `.params` by full
        name, `.input` in the input's shape. Raises CnnError: E806 on a step that was not run with ``training=True``,
        E809 on a gradient of another shape than its output."""
        if not isinstance(step, Step):
            message = f"`backward` takes what `forward` gave, found {type(step).__name__}"
            raise CnnError(Diagnostic("E806", message))
        if step.tape is None:
            help = ("call `forward(x, training=True)`",)
            raise CnnError(Diagnostic("E806", "this step was not run for training: it cannot go backward", help=help))
        dys = dy if isinstance(dy, Mapping) else {"main": dy}
        return self.program.backward(self.state, step.tape, dys)

    def predict(self, x: Array) -> Array:
        """The main output outside training: probabilities where the network ends in SOFTMAX, else logits."""
        return self.forward(x).output
