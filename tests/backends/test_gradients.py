"""Gradients against central differences, in float64: sum(r * outputs) changes as its gradient says it does."""

from __future__ import annotations

import numpy as np
import pytest

from cnndsl.backends.protocol import Array
from cnndsl.ir.graph import Graph

from .geometry import KINDS, NETWORKS, layers
from .support import BACKENDS, Net, program, random_state, spread

EPS, TOLERANCE = 1e-6, 1e-5
DIRECTIONS = 3


def check(backend: str, graph: Graph, *, directions: int = DIRECTIONS) -> None:
    """Along random directions of the input and of every parameter; all cells of an array move at once."""
    rng = np.random.default_rng(0)
    made = program(backend, graph, seed=7)
    state = random_state(graph)
    x = spread(rng, (2, *graph.input.type.shape))
    first = made.forward(state, x, training=True, step=3)
    r = {name: rng.normal(size=y.shape) for name, y in first.outputs.items()}
    gradients = made.backward(state, first.tape, r)
    assert gradients.input is not None
    assert set(gradients.params) == {name for name, spec in graph.params.items() if spec.trained}

    def loss(changed: dict[str, Array], x: Array) -> float:
        outputs = made.forward({**state, **changed}, x, training=True, step=3).outputs
        return sum(float((r[name] * y).sum()) for name, y in outputs.items())

    for _ in range(directions):
        v = rng.normal(size=x.shape)
        slope = (loss({}, x + EPS * v) - loss({}, x - EPS * v)) / (2 * EPS)
        np.testing.assert_allclose((gradients.input * v).sum(), slope, atol=TOLERANCE, rtol=TOLERANCE)
        for name, g in gradients.params.items():
            v = rng.normal(size=g.shape)
            slope = (loss({name: state[name] + EPS * v}, x) - loss({name: state[name] - EPS * v}, x)) / (2 * EPS)
            np.testing.assert_allclose((g * v).sum(), slope, atol=TOLERANCE, rtol=TOLERANCE, err_msg=name)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", KINDS)
def test_layers(backend: str, kind: str) -> None:
    """500 layers drawn at random, with every option."""
    for graph in layers(kind, seed=1):
        try:
            check(backend, graph)
        except Exception as error:
            error.add_note(f"{graph.input.type} -> {graph.nodes[1:]}")
            raise


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", NETWORKS)
def test_networks(backend: str, name: str) -> None:
    check(backend, NETWORKS[name](), directions=6)


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_cell_of_a_convolution(backend: str) -> None:
    """One cell at a time, where the last row and column lie in no window."""
    net = Net(6, 5, 2)
    net("CONV", window=(3, 2), filters=2, stride=(2, 2), pad=(1, 0, 0, 0), fit="floor")
    graph = net.graph()
    made, state = program(backend, graph), random_state(graph)
    x = np.random.default_rng(0).normal(size=(1, *graph.input.type.shape))
    first = made.forward(state, x, training=True)
    dx = made.backward(state, first.tape, {"main": np.ones_like(first.outputs["main"])}).input
    assert dx is not None
    for index in np.ndindex(x.shape):
        moved = x.copy()
        moved[index] += EPS
        slope = (made.forward(state, moved).outputs["main"] - first.outputs["main"]).sum() / EPS
        np.testing.assert_allclose(dx[index], slope, atol=TOLERANCE, rtol=TOLERANCE)
    assert not dx[..., 4].any()
