"""A gradient cell by cell, against differences. Whole layers and networks are tried by the conformance kit."""

from __future__ import annotations

import numpy as np
import pytest

from .support import BACKENDS, Net, program, random_state

EPS, TOLERANCE = 1e-6, 1e-5


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
