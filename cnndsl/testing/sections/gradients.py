"""Gradients against central differences, in float64: sum(r * outputs) changes as its gradient says it does."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from cnndsl.backends.protocol import Array
from cnndsl.ir.graph import Graph
from cnndsl.testing.geometry import KINDS, drawn
from cnndsl.testing.networks import NETWORKS
from cnndsl.testing.subject import Subject, batch_of, random_state, spread
from cnndsl.testing.trial import Section, Trial, close, same_names

EPS, TOLERANCE = 1e-6, 1e-5
STEP = 3
"""The training step whose masks DROPOUT draws."""


def trials(subject: Subject) -> Iterator[Trial]:
    for number, kind in enumerate(KINDS):
        for text, graph in drawn(kind, subject.rng(number), 0.5 * subject.size):
            yield Trial(text, partial(check, subject, graph, 2))
    for name in NETWORKS:
        yield Trial(f"network {name}", partial(_network, subject, name))


def _network(subject: Subject, name: str) -> float:
    return check(subject, NETWORKS[name](), 6)


def check(subject: Subject, graph: Graph, directions: int) -> float:
    """Along random directions of the input and of every parameter; all cells of an array move at once."""
    rng = subject.rng(1000)
    program, state = subject.program(graph), random_state(graph, rng)
    x = spread(rng, batch_of(graph, 2))
    first = program.forward(state, x, training=True, step=STEP)
    assert first.tape is not None
    r = {name: rng.normal(size=y.shape) for name, y in first.outputs.items()}
    gradients = program.backward(state, first.tape, r)
    same_names("gradients", gradients.params, (name for name, spec in graph.params.items() if spec.trained))
    found = {"the input": gradients.input, **gradients.params}

    def loss(changed: dict[str, Array]) -> float:
        given = changed.pop("the input", x)
        outputs = program.forward({**state, **changed}, given, training=True, step=STEP).outputs
        return sum(float((r[name] * y).sum()) for name, y in outputs.items())

    worst = 0.0
    for name, g in found.items():
        at = x if name == "the input" else state[name]
        worst = max(worst, close(f"gradient of {name}", g, np.zeros(at.shape), rtol=0, atol=np.inf))
        for _ in range(directions):
            v = rng.normal(size=at.shape)
            slope = (loss({name: at + EPS * v}) - loss({name: at - EPS * v})) / (2 * EPS)
            along = np.array((g * v).sum() if g is not None else np.nan)
            what = f"gradient of {name} along a direction"
            worst = max(worst, close(what, along, np.array(slope), rtol=TOLERANCE, atol=TOLERANCE))
    return worst


SECTION = Section("gradients", "central differences of eps 1e-6 in float64, to rtol 1e-5 and atol 1e-5", trials)
