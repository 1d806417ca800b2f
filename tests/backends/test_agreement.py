"""The backends compute what naive computes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from cnndsl.backends.protocol import Array, Objective, Options
from cnndsl.ir.graph import Graph

from .geometry import KINDS, NETWORKS, layers
from .support import BACKENDS, Net, program, random_state, spread
from .training import SGD, Squares

OTHERS = [name for name in BACKENDS if name != "naive"]


def compare(backend: str, graph: Graph, dtype: str = "float64", rtol: float = 1e-10, atol: float = 1e-10) -> None:
    """Outputs, running statistics and all gradients of one pass, in training and outside."""
    rng = np.random.default_rng(0)
    state = random_state(graph)
    x = spread(rng, (2, *graph.input.type.shape))
    results = []
    dys: dict[str, Array] = {}
    for name in ("naive", backend):
        made = program(name, graph, dtype, seed=5)
        passed = made.forward(state, x, training=True, step=2)
        dys = dys or {output: rng.normal(size=y.shape) for output, y in passed.outputs.items()}
        gradients = made.backward(state, passed.tape, dys)
        assert gradients.input is not None
        arrays = {"dx": gradients.input, **{f"d {k}": g for k, g in gradients.params.items()}}
        arrays |= {f"y {k}": y for k, y in passed.outputs.items()} | passed.buffers
        arrays |= {f"predicted {k}": y for k, y in made.forward(state, x).outputs.items()}
        results.append(arrays)
    defined, found = results
    assert found.keys() == defined.keys()
    for name, array in defined.items():
        np.testing.assert_allclose(found[name], array, rtol=rtol, atol=atol, err_msg=name)


@pytest.mark.parametrize("backend", OTHERS)
@pytest.mark.parametrize("kind", KINDS)
def test_layers(backend: str, kind: str) -> None:
    """500 layers drawn at random, with every option."""
    for graph in layers(kind, seed=2):
        try:
            compare(backend, graph)
        except Exception as error:
            error.add_note(f"{graph.input.type} -> {graph.nodes[1:]}")
            raise


@pytest.mark.parametrize("backend", OTHERS)
@pytest.mark.parametrize("kind", KINDS)
def test_layers_in_float32(backend: str, kind: str) -> None:
    for graph in layers(kind, seed=3)[::3]:
        compare(backend, graph, "float32", rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("backend", OTHERS)
@pytest.mark.parametrize("name", NETWORKS)
def test_networks(backend: str, name: str) -> None:
    compare(backend, NETWORKS[name]())


@pytest.mark.parametrize("backend", OTHERS)
@pytest.mark.parametrize("name", ["inception", "residual", "pooled"])
def test_twenty_steps_of_training(backend: str, name: str) -> None:
    """With BN and DROPOUT; the last batch of every five is smaller."""
    graph = NETWORKS[name]()
    states: list[Mapping[str, Array]] = []
    for chosen in ("naive", backend):
        rng = np.random.default_rng(3)
        objective = Objective({"main": Squares()}, SGD(momentum=0.9))
        training = BACKENDS[chosen].compile_training(
            graph, objective, random_state(graph), Options(dtype="float64", seed=1)
        )
        for step in range(20):
            count = 2 if step % 5 == 4 else 3
            x = rng.normal(size=(count, *graph.input.type.shape))
            target = rng.normal(size=(count, *graph.output().type.shape))
            training.step(x, {"main": target}, step=step, lr=0.01)
        states.append({**training.state(), **training.slots()})
    defined, found = states
    assert found.keys() == defined.keys()
    for key, array in defined.items():
        np.testing.assert_allclose(found[key], array, rtol=1e-8, atol=1e-8, err_msg=key)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_network_is_its_layers_one_after_the_other(backend: str) -> None:
    net = Net(5, 5, 2)
    net("CONV", window=(3, 3), filters=3, pad=(1, 1, 1, 1))
    net("SIGMOID")
    net("POOL", mode="max", window=(2, 2), fit="ceil")
    whole = net.graph()
    state = random_state(whole)
    x = np.random.default_rng(0).normal(size=(2, 2, 5, 5))
    y = x
    for node in whole.nodes[1:]:
        before = whole.input_types(node)[0]
        single = Net(before.height, before.width, before.depth)
        made = single(node.keyword, **{f: getattr(node.attrs, f) for f in type(node.attrs).__dataclass_fields__})
        params = {name.replace(node.name, made): state[name] for name in node.param_names()}
        y = program(backend, single.graph()).forward(params, y).outputs["main"]
    np.testing.assert_allclose(program(backend, whole).forward(state, x).outputs["main"], y, rtol=1e-12)
