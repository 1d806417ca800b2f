"""Memory of the vectorized kernels: taken once, whatever the blocks, whatever the batch before."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

from cnndsl.backends import team
from cnndsl.backends.protocol import Objective, Options
from cnndsl.backends.vectorized import blocks, elementwise, tiles
from cnndsl.ir.graph import Graph
from cnndsl.training.losses import CrossEntropy
from cnndsl.training.optim import SGD

from .support import BACKENDS, Net, batch, program, random_state


def every_layer() -> Graph:
    """Every layer at least once, with windows that overlap, hang over, are dilated, padded and grouped."""
    net = Net(18, 16, 6)
    net("CONV", window=(3, 3), filters=12, pad=(1, 1, 1, 1))
    net("BN")
    stem = net("RELU")
    left = net("CONV", window=(3, 3), filters=12, pad=(2, 2, 2, 2), dilate=(2, 2), groups=3)
    net("POOL", stem, mode="max", window=(3, 3), stride=(1, 1), pad=(1, 1, 1, 1))
    right = net("CONV", window=(1, 1), filters=12, bias="none")
    both = net("ADD", left, right)
    tanh = net("TANH")
    net("CONCAT", both, tanh)
    net("CONV", window=(5, 3), filters=8, stride=(2, 1), fit="ceil")
    net("SIGMOID")
    net("POOL", mode="mean", window=(3, 2), stride=(2, 2), fit="ceil")
    net("DROPOUT", rate=0.3)
    net("POOL", mode="max", window=(2, 2), fit="floor")
    net("FLATTEN")
    net("FC", units=10)
    return net.graph()


def pass_both_ways(graph: Graph, count: int, made: Any = None) -> dict[str, Any]:
    """Output and all gradients of a batch."""
    made = made or program("vectorized", graph)
    state, x = random_state(graph), batch(graph, count)
    forward = made.forward(state, x, training=True)
    gradients = made.backward(state, forward.tape, {"main": np.cos(forward.outputs["main"])})
    return {"main": forward.outputs["main"], "input": gradients.input, **gradients.params, **forward.buffers}


def test_a_step_takes_no_large_memory_after_the_first() -> None:
    graph, count = every_layer(), 32
    objective = Objective({"main": CrossEntropy()}, SGD(momentum=0.9))
    training = BACKENDS["vectorized"].compile_training(graph, objective, random_state(graph), Options())
    x, target = batch(graph, count).astype(np.float32), np.arange(count) % 10
    for step in range(2):
        training.step(x, {"main": target}, step=step, lr=1e-3)
    tracemalloc.start()
    try:
        training.step(x, {"main": target}, step=2, lr=1e-3)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < sum(node.type.count for node in graph) * count * 4 / 10


@pytest.mark.parametrize(
    ("tile", "budget", "least"), [(1, 1, 1), (40, 1 << 14, 1), (1 << 20, 1 << 30, 1 << 40), (4096, 1 << 20, 1)]
)
def test_the_size_of_tiles_and_who_works_on_them_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, tile: int, budget: int, least: int
) -> None:
    graph = every_layer()
    usual = pass_both_ways(graph, 7)
    monkeypatch.setattr(tiles, "TILE_COLUMNS", tile)
    monkeypatch.setattr(tiles, "TILE_BYTES", budget)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", budget)
    monkeypatch.setattr(elementwise, "BLOCK", tile)
    monkeypatch.setattr(team, "LEAST", least)
    monkeypatch.setattr(team.team(), "size", 3)
    other = pass_both_ways(graph, 7)
    for name, array in usual.items():
        np.testing.assert_allclose(other[name], array, rtol=1e-9, atol=1e-10, err_msg=name)


def test_a_smaller_batch_after_a_larger_one() -> None:
    graph = every_layer()
    used = program("vectorized", graph)
    pass_both_ways(graph, 33, used)
    after, fresh = pass_both_ways(graph, 5, used), pass_both_ways(graph, 5)
    for name, array in fresh.items():
        np.testing.assert_array_equal(after[name], array, err_msg=name)
