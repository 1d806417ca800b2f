"""naive and vectorized after 20 training steps by the shipped optimizers and loss, with BN and DROPOUT: one network."""

from __future__ import annotations

import numpy as np
import pytest

import cnndsl
from cnndsl.backends.protocol import Options
from cnndsl.training.init import initial_state
from cnndsl.training.objective import make_objective

NETWORK = """
INPUT 6x6x2
CONV 3x3 *4 pad 1 nobias -> BN -> RELU -> DROPOUT 0.3
ADD( CONV 3x3 *4 pad 1 nobias -> BN noscale | ID ) -> TANH
POOL max 3 stride 2 ceil
CONCAT( POOL mean 3 stride 1 pad 1 | CONV 1x1 *3 sigmoid )
DROPOUT 0.5
FC 5
"""
BATCHES = (6, 6, 4)


def trained(backend: str, optimizer: str) -> tuple[dict[str, np.ndarray], list[float]]:  # type: ignore[type-arg]
    network = cnndsl.loads(f"{NETWORK}\ntrain {{ optimizer {optimizer}; loss cross_entropy smooth 0.1; seed 5 }}")
    state = initial_state(network.graph, 5, network.recipe.init, "float64")
    objective = make_objective(network.recipe, network.graph)
    program = network.registry.backend(backend).compile_training(
        network.graph, objective, state, Options("float64", seed=5)
    )
    rng = np.random.default_rng(8)
    losses = []
    for step in range(20):
        batch = BATCHES[step % len(BATCHES)]
        x, target = rng.normal(size=(batch, 2, 6, 6)), rng.integers(0, 5, batch)
        losses.append(program.step(x, {"main": target}, step=step, lr=network.recipe.optimizer.attrs.lr).loss)
    return {**program.state(), **program.slots()}, losses


@pytest.mark.parametrize(
    "optimizer", ["sgd lr 0.05 momentum 0.9 decay 1e-3", "sgd lr 0.05 momentum 0.9 nesterov", "adam lr 0.01"]
)
def test_twenty_steps(optimizer: str) -> None:
    naive, first = trained("naive", optimizer)
    vectorized, second = trained("vectorized", optimizer)
    assert naive.keys() == vectorized.keys()
    start = initial_state(cnndsl.loads(NETWORK).graph, 5, cnndsl.loads(NETWORK).recipe.init, "float64")
    assert all(np.abs(naive[name] - start[name]).max() > 1e-4 for name in start)
    for name, array in naive.items():
        np.testing.assert_allclose(vectorized[name], array, rtol=0, atol=1e-8, err_msg=name)
    np.testing.assert_allclose(first, second, rtol=0, atol=1e-8)
