"""Subject: the backend on trial, with naive beside it, and passes through both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from cnndsl.backends.protocol import Array, Backend, Options, Program
from cnndsl.ir.graph import Graph
from cnndsl.plugins import Registry


class Pass(NamedTuple):
    """All that comes out of one pass: outputs by name, buffers, and gradients where it went back."""

    outputs: Mapping[str, Array]
    buffers: Mapping[str, Array]
    dx: Array | None
    dparams: Mapping[str, Array]

    def arrays(self) -> dict[str, Array]:
        """All arrays, named as a person would."""
        found = {f"output {name}": y for name, y in self.outputs.items()}
        found |= self.buffers
        found |= {f"gradient of {name}": g for name, g in self.dparams.items()}
        return found if self.dx is None else {**found, "gradient of the input": self.dx}


@dataclass(frozen=True, slots=True)
class Subject:
    """`backend` is on trial, `naive` defines what is right. `seed` draws what is random. `size` is how many of the
    random networks are tried, of 1 for all."""

    backend: Backend
    naive: Backend
    registry: Registry
    seed: int = 0
    size: float = 1.0
    options: Options = field(default_factory=lambda: Options("float64", seed=5))

    @property
    def name(self) -> str:
        return self.backend.name

    def program(self, graph: Graph, dtype: str = "float64", *, fuse: bool = True) -> Program:
        return self.backend.compile(graph, Options(dtype, self.options.seed, fuse))

    def reference(self, graph: Graph, dtype: str = "float64") -> Program:
        return self.naive.compile(graph, Options(dtype, self.options.seed, fuse=False))

    def rng(self, salt: int = 0) -> np.random.Generator:
        return np.random.default_rng((self.seed, salt))


def through(
    program: Program, state: Mapping[str, Array], x: Array, dys: Mapping[str, Array] | None = None, *, step: int = 2
) -> Pass:
    """A training pass, and back from these gradients of the outputs, or from the outputs themselves."""
    forward = program.forward(state, x, training=True, step=step)
    assert forward.tape is not None
    gradients = program.backward(state, forward.tape, forward.outputs if dys is None else dys)
    return Pass(forward.outputs, forward.buffers, gradients.input, gradients.params)


def outside(program: Program, state: Mapping[str, Array], x: Array) -> Pass:
    """A pass outside training."""
    forward = program.forward(state, x)
    return Pass(forward.outputs, forward.buffers, None, {})


def random_state(graph: Graph, rng: np.random.Generator) -> dict[str, Array]:
    """Parameters and buffers of any value, variances above 0."""
    return {
        name: rng.uniform(0.5, 2, spec.shape) if name.endswith("_var") else rng.normal(size=spec.shape)
        for name, spec in graph.params.items()
    }


def spread(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Values in random order, 0.1 apart and none near 0: off the kinks of RELU and the ties of a maximum."""
    values = (np.arange(np.prod(shape)) - np.prod(shape) // 2 + 0.5) * 0.1
    return rng.permutation(values).reshape(shape)


def batch_of(graph: Graph, count: int) -> tuple[int, ...]:
    return (count, *graph.input.type.shape)
