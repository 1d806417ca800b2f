"""Model: a program together with its parameters, for driving from Python."""

from __future__ import annotations

import os
from collections import UserDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from cnndsl.backends import border
from cnndsl.backends.protocol import Array, Gradients, Program, Tape
from cnndsl.diagnostics import CnnError, Diagnostic
from cnndsl.ir.graph import Graph
from cnndsl.state import weights as files
from cnndsl.state.weights import WEIGHTS
from cnndsl.words import nearest


@dataclass(frozen=True, slots=True)
class Step:
    """One forward pass: what came out, and what `Model.backward` needs to go back (its `tape`)."""

    outputs: Mapping[str, Array]
    tape: Tape | None

    @property
    def output(self) -> Array:
        """The main output: (batch, D, H, W), or (batch, N) for a vector. Raises CnnError (E806) where the network has
        heads only."""
        if "main" not in self.outputs:
            message = f"the network has no main output; its outputs are {', '.join(self.outputs)}: see `outputs`"
            raise CnnError(Diagnostic("E806", message))
        return self.outputs["main"]


class Arrays(UserDict[str, Array]):
    """Arrays by full name, of a fixed set of names, each of its shape and type: real numbers of any kind are turned
    into that type. Setting another one raises CnnError: E806 for a name, E809 for a shape, or for no real numbers."""

    def __init__(self, arrays: Mapping[str, Array], what: str, elsewhere: Collection[str], where: str):
        self._like = {name: (array.shape, array.dtype) for name, array in arrays.items()}
        self._what, self._elsewhere, self._where = what, frozenset(elsewhere), where
        super().__init__(arrays)

    def __setitem__(self, name: str, array: Array) -> None:
        if name not in self._like:
            near = nearest(str(name), self._like)
            help = f"it is one of the {self._where}" if name in self._elsewhere else near and f"did you mean `{near}`?"
            message = f"the network has no {self._what} {name!r} to set"
            raise CnnError(Diagnostic("E806", message, help=(help,) if help else ()))
        shape, dtype = self._like[name]
        found = border.numbers(array, dtype, name)
        if found.shape != shape:
            raise CnnError(Diagnostic("E809", f"{name} has shape {shape}, and cannot be set to one of {found.shape}"))
        super().__setitem__(name, found)


class Model:
    """A compiled network with parameters of its own.

    `parameters` and `buffers` (running statistics) map full names to arrays; change them as you like, in place or by
    setting others of the same shape, or `load` those of a run.

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
        learned = {name: array for name, array in state.items() if name in trained}
        kept = {name: array for name, array in state.items() if name not in trained}
        self.parameters = Arrays(learned, "parameter", kept, "buffers")
        self.buffers = Arrays(kept, "buffer", learned, "parameters")
        self.steps = 0

    @property
    def graph(self) -> Graph:
        return self.program.graph

    @property
    def state(self) -> dict[str, Array]:
        """Parameters and buffers together."""
        return {**self.parameters, **self.buffers}

    def load(self, path: str | os.PathLike[str]) -> Model:
        """Takes the parameters and buffers of a file of weights (safetensors), or of a run's folder; gives the model
        itself. Nothing is changed where they do not fit. Raises CnnError: E805 for a file that cannot be opened, E701
        for one that is damaged, E702, with the first five differences, for the weights of another network."""
        if not isinstance(path, str | os.PathLike):
            message = f"weights are loaded from the path of a file or a run's folder, found {type(path).__name__}"
            raise CnnError(Diagnostic("E806", message))
        place = Path(path)
        place = place / WEIGHTS if place.is_dir() else place
        dtype = next((array.dtype.name for array in self.state.values()), "float32")
        found = files.fitted(self.graph, files.load(place), place, dtype)
        self.parameters.update({name: found[name] for name in self.parameters})
        self.buffers.update({name: found[name] for name in self.buffers})
        return self

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
