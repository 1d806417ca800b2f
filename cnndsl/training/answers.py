"""What a network's outputs say: classes with their probabilities where its losses know any, else plain numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from cnndsl.backends.protocol import Array, Backend, Options, State
from cnndsl.ir.graph import Graph
from cnndsl.recipe.heads import trained
from cnndsl.recipe.spec import Recipe
from cnndsl.training.objective import leading, trained_graph

Scale: TypeAlias = Literal["softmax", "sigmoid", "none"]
"""Which probabilities an output's values are: of classes that exclude each other, of each by itself, or none."""


@dataclass(frozen=True, slots=True)
class Output:
    """One output's `values` for N samples: N, K probabilities, or with the scale ``none`` its numbers in their own
    shape."""

    values: Array
    scale: Scale


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a network says of N samples. `outputs` has all of its outputs by name, `leads` is the one that is spoken of.

    `classes`: N, the number of the likeliest class, None where the output is no classes. `values`: N, K, what it gives
    for each of them; `probabilities` are the same, None where the loss knows none. `names`: what the classes are
    called, their numbers where nobody said. An output of one number under `bce` has two classes, 0 and 1.
    """

    classes: Array | None
    values: Array
    names: tuple[str, ...]
    outputs: Mapping[str, Output]
    leads: str

    @property
    def scale(self) -> Scale:
        return self.outputs[self.leads].scale

    @property
    def probabilities(self) -> Array | None:
        return None if self.scale == "none" else self.values

    @property
    def chosen(self) -> tuple[str, ...]:
        """The name of each sample's class; empty where the output is no classes."""
        return () if self.classes is None else tuple(self.names[int(at)] for at in self.classes)

    def __len__(self) -> int:
        return len(self.values)


class Asker:
    """A network with weights, ready to be asked. `classes` is how many the data have, 0 where their targets are no
    labels, and `names` what they are called.

    `leads` is the output that is spoken of, `scales` says of each what its values are, `names` has all classes of the
    leading one, and is empty where it is no classes.
    """

    def __init__(
        self,
        graph: Graph,
        recipe: Recipe,
        backend: Backend,
        state: State,
        *,
        classes: int,
        names: tuple[str, ...] = (),
        dtype: str = "float32",
    ):
        self._losses = {name: loss.word for name, loss in trained(recipe, graph.outputs).items()}
        self._program = backend.compile(trained_graph(graph, recipe), Options(dtype, recipe.seed))
        self._state = state
        self.leads = leading(recipe, graph)
        self.scales = {name: SCALES.get(self._losses.get(name, ""), "none") for name in graph.outputs}
        count = graph.output(self.leads).type.count
        count += count == 1 and self.scales[self.leads] == "sigmoid"
        numbers = map(str, range(len(names), count))
        labelled = classes > 0 or self.scales[self.leads] != "none"
        self.names = (*names[:count], *numbers) if labelled else ()

    def __call__(self, x: Array) -> Prediction:
        """What it says of a batch that is made ready. Raises CnnError (E809) on one that does not fit."""
        with np.errstate(all="ignore"):
            found = self._program.forward(self._state, x).outputs
            outputs = {name: scaled(self._losses.get(name, ""), array) for name, array in found.items()}
        values = outputs[self.leads].values
        values = values.reshape(len(values), -1)
        return Prediction(values.argmax(axis=1) if self.names else None, values, self.names, outputs, self.leads)


def joined(parts: Sequence[Prediction], count: int | None = None) -> Prediction:
    """What was said of several batches, one behind the other; of `count` samples, where that is given."""
    first = parts[0]
    outputs = {
        name: Output(np.concatenate([part.outputs[name].values for part in parts])[:count], output.scale)
        for name, output in first.outputs.items()
    }
    classes = [part.classes for part in parts if part.classes is not None]
    values = np.concatenate([part.values for part in parts])[:count]
    return Prediction(np.concatenate(classes)[:count] if classes else None, values, first.names, outputs, first.leads)


def scaled(loss: str, output: Array) -> Output:
    """An output before its loss, as probabilities where the loss knows them; float64 then. Of equal ones the first
    counts; one number under `bce` becomes those of 0 and 1."""
    scale = SCALES.get(loss, "none")
    if scale == "none":
        return Output(output.copy(), scale)
    logits = output.reshape(len(output), -1).astype(np.float64)
    if scale == "softmax":
        return Output(softmax(logits), scale)
    if logits.shape[1] == 1:
        logits = np.concatenate((-logits, logits), axis=1)
    return Output(1 / (1 + np.exp(-logits)), scale)


def softmax(logits: Array) -> Array:
    """exp(x)/sum exp(x) of each row."""
    found: Array = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
    found /= found.sum(axis=1, keepdims=True)
    return found


SCALES: Mapping[str, Scale] = {"cross_entropy": "softmax", "bce": "sigmoid"}
"""Losses that know probabilities."""
